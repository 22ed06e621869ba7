//! G.711, µ-law and A-law (ITU-T G.711 tables 1 and 2; RFC 3551 §4.5.14): one octet a sample.
//!
//! Samples are 16-bit linear, as sound hardware has them: the 14 bits of µ-law and the 13 of A-law
//! are their upper bits. A negative sample is measured by its one's complement, as the ITU's own
//! software tools do, so that each interval holds as many negative samples as positive ones.

use super::codec::Codec;

/// Which of the two laws.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Law {
    /// µ-law, PCMU: North America and Japan.
    Mu,
    /// A-law, PCMA: everywhere else.
    A,
}

impl Law {
    /// The name in SDP (RFC 3551 §6).
    #[must_use]
    pub const fn encoding_name(self) -> &'static str {
        match self {
            Self::Mu => "PCMU",
            Self::A => "PCMA",
        }
    }

    /// The octet for a sample.
    #[must_use]
    #[inline]
    pub const fn encode(self, sample: i16) -> u8 {
        match self {
            Self::Mu => encode_mu(sample),
            Self::A => encode_a(sample),
        }
    }

    /// The sample of an octet.
    #[must_use]
    #[inline]
    pub const fn decode(self, octet: u8) -> i16 {
        match self {
            Self::Mu => decode_mu(octet),
            Self::A => decode_a(octet),
        }
    }

    /// Packs samples into octets, as many as the shorter of the two holds, and says how many.
    pub fn pack(self, samples: &[i16], octets: &mut [u8]) -> usize {
        for (octet, sample) in octets.iter_mut().zip(samples) {
            *octet = self.encode(*sample);
        }
        samples.len().min(octets.len())
    }

    /// Unpacks octets into samples, as many as the shorter of the two holds, and says how many.
    pub fn unpack(self, octets: &[u8], samples: &mut [i16]) -> usize {
        let table = match self {
            Self::Mu => &MU,
            Self::A => &A,
        };
        for (sample, octet) in samples.iter_mut().zip(octets) {
            *sample = table.get(usize::from(*octet)).copied().unwrap_or(0);
        }
        samples.len().min(octets.len())
    }
}

impl Codec for Law {
    fn encoding_name(&self) -> &'static str {
        (*self).encoding_name()
    }

    fn frame_samples(&self) -> usize {
        1
    }

    fn most_octets(&self, samples: usize) -> usize {
        samples
    }

    fn encode(&mut self, samples: &[i16], payload: &mut [u8]) -> Option<usize> {
        Some(self.pack(samples, payload.get_mut(..samples.len())?))
    }

    fn decode(&mut self, payload: &[u8], samples: &mut [i16]) -> Option<usize> {
        Some(self.unpack(payload, samples.get_mut(..payload.len())?))
    }
}

/// All 256 µ-law values.
static MU: [i16; 256] = table(Law::Mu);
/// All 256 A-law values.
static A: [i16; 256] = table(Law::A);

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "runs in the compiler, which refuses what does not hold"
)]
const fn table(law: Law) -> [i16; 256] {
    let mut values = [0; 256];
    let mut octet = 0_usize;
    while octet < 256 {
        values[octet] = law.decode(octet as u8);
        octet += 1;
    }
    values
}

/// Where the µ-law segments begin at powers of two: 33 in 14 bits.
const MU_BIAS: u16 = 33 << 2;
/// The largest magnitude µ-law has a code for, in 16 bits.
const MU_CLIP: u16 = 0x7fff - MU_BIAS;

const fn magnitude(sample: i16) -> u16 {
    if sample < 0 {
        !sample as u16
    } else {
        sample as u16
    }
}

const fn encode_mu(sample: i16) -> u8 {
    let mut size = magnitude(sample);
    if size > MU_CLIP {
        size = MU_CLIP;
    }
    let biased = size.wrapping_add(MU_BIAS);
    // Bits 7 to 14 of the biased value name the eight segments, the next four the interval.
    let segment = 8_u32.wrapping_sub(biased.leading_zeros());
    let segment = if segment > 7 { 7 } else { segment };
    let interval = (biased >> segment.wrapping_add(3)) & 0x0f;
    let code = (segment << 4) as u8 | interval as u8;
    // On the line all bits are turned over, so that silence is full of ones.
    if sample < 0 { !(code | 0x80) } else { !code }
}

const fn decode_mu(octet: u8) -> i16 {
    let code = !octet;
    let segment = (code >> 4) & 7;
    let interval = (code & 0x0f) as u16;
    let biased = ((interval << 3) | 0x84) << segment;
    let size = biased.wrapping_sub(MU_BIAS) as i16;
    if code & 0x80 != 0 {
        size.wrapping_neg()
    } else {
        size
    }
}

const fn encode_a(sample: i16) -> u8 {
    let size = magnitude(sample);
    // The first two segments have the same step; from there on each doubles it.
    let segment = 8_u32.wrapping_sub(size.leading_zeros());
    let segment = if size < 256 { 0 } else { segment };
    let shift = if segment == 0 {
        4
    } else {
        segment.wrapping_add(3)
    };
    let interval = (size >> shift) & 0x0f;
    let code = (segment << 4) as u8 | interval as u8;
    // Even bits are turned over on the line; the sign bit is 1 for positive samples.
    if sample < 0 { code ^ 0x55 } else { code ^ 0xd5 }
}

const fn decode_a(octet: u8) -> i16 {
    let code = octet ^ 0x55;
    let segment = (code >> 4) & 7;
    let interval = ((code & 0x0f) as u16) << 4;
    // The value is the middle of the interval.
    let size = if segment == 0 {
        interval | 8
    } else {
        (interval | 0x108) << segment.wrapping_sub(1)
    } as i16;
    if code & 0x80 == 0 {
        size.wrapping_neg()
    } else {
        size
    }
}

#[cfg(test)]
mod tests;
