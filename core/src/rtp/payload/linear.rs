//! Linear audio: L8 and L16 (RFC 3551 §4.5.10 and §4.5.11), L20 and L24 (RFC 3190 §4).

use super::bits::{BitReader, BitWriter};
use super::codec::Codec;

/// How many bits a sample has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Width {
    /// Eight bits, with an offset of 128.
    L8,
    /// Sixteen bits.
    L16,
    /// Twenty bits; two samples share five octets.
    L20,
    /// Twenty-four bits.
    L24,
}

impl Width {
    /// The bits of a sample.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::L8 => 8,
            Self::L16 => 16,
            Self::L20 => 20,
            Self::L24 => 24,
        }
    }

    /// The encoding's name in SDP.
    #[must_use]
    pub const fn encoding_name(self) -> &'static str {
        match self {
            Self::L8 => "L8",
            Self::L16 => "L16",
            Self::L20 => "L20",
            Self::L24 => "L24",
        }
    }

    /// What a DV system takes this sample for a missing one, made the next larger value (RFC 3190
    /// §6); any other as it is.
    #[must_use]
    pub const fn for_dv(self, sample: i32) -> i32 {
        match self {
            Self::L16 if sample == -0x8000 => -0x7fff,
            // A system of 16 bits leaves out the last four.
            Self::L20 if sample < -0x7_fff0 => -0x7_fff0,
            _ => sample,
        }
    }
}

/// One of these encodings, with so many channels.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Linear {
    width: Width,
    channels: u8,
}

impl Linear {
    /// Samples of this width from this many channels, at least one.
    #[must_use]
    pub const fn new(width: Width, channels: u8) -> Self {
        let channels = if channels == 0 { 1 } else { channels };
        Self { width, channels }
    }

    /// How many samples, of all channels together, a payload of so many octets has. Nothing if
    /// that is not a whole number for each channel, or more is left over than fills an octet.
    #[must_use]
    pub const fn samples(self, octets: usize) -> Option<usize> {
        let bits = octets.saturating_mul(8);
        let (samples, left) = match self.width {
            Width::L8 => (octets, 0),
            Width::L16 => (octets / 2, bits % 16),
            Width::L20 => (bits / 20, bits % 20),
            Width::L24 => (octets / 3, bits % 24),
        };
        match samples.checked_rem(self.channels as usize) {
            Some(0) if left < 8 => Some(samples),
            _ => None,
        }
    }

    /// How many octets so many samples take, of all channels together.
    #[must_use]
    pub const fn octets(self, samples: usize) -> usize {
        samples
            .saturating_mul(self.width.bits() as usize)
            .div_ceil(8)
    }

    /// Packs samples, those of one instant side by side, to the front of `out` and says how many
    /// octets they took. A sample that is too large is cut to the largest there is. Nothing if a
    /// channel has fewer than another, or if there is no room.
    pub fn pack(self, samples: &[i32], out: &mut [u8]) -> Option<usize> {
        self.write(samples.len(), samples.iter().copied(), out)
    }

    /// Unpacks a payload to the front of `samples` and says how many there are. Nothing if they
    /// are not a whole number for each channel, or if there is no room.
    pub fn unpack(self, payload: &[u8], samples: &mut [i32]) -> Option<usize> {
        let count = self.samples(payload.len())?;
        self.read(
            payload,
            count,
            samples.get_mut(..count)?.iter_mut(),
            |value| value,
        )?;
        Some(count)
    }

    fn write(
        self,
        count: usize,
        samples: impl Iterator<Item = i32>,
        out: &mut [u8],
    ) -> Option<usize> {
        if count.checked_rem(self.channels.into()) != Some(0) {
            return None;
        }
        let bits = self.width.bits();
        let most = (1_i32 << bits.wrapping_sub(1)).wrapping_sub(1);
        let out = out.get_mut(..self.octets(count))?;
        let mut writer = BitWriter::new(out);
        for sample in samples {
            let sample = sample.clamp(!most, most);
            let code = if self.width == Width::L8 {
                sample.wrapping_add(128)
            } else {
                sample
            };
            writer.put(code as u32, bits)?;
        }
        writer.align()?;
        Some(writer.octets())
    }

    fn read<'s, S: 's>(
        self,
        payload: &[u8],
        count: usize,
        samples: impl Iterator<Item = &'s mut S>,
        convert: impl Fn(i32) -> S,
    ) -> Option<()> {
        let bits = self.width.bits();
        let unused = 32_u32.wrapping_sub(bits);
        let mut reader = BitReader::new(payload);
        for sample in samples.take(count) {
            let code = reader.take(bits)?;
            *sample = convert(if self.width == Width::L8 {
                (code as i32).wrapping_sub(128)
            } else {
                ((code << unused) as i32) >> unused
            });
        }
        Some(())
    }
}

impl Codec for Linear {
    fn encoding_name(&self) -> &'static str {
        self.width.encoding_name()
    }

    fn frame_samples(&self) -> usize {
        usize::from(self.channels)
    }

    fn most_octets(&self, samples: usize) -> usize {
        self.octets(samples)
    }

    fn encode(&mut self, samples: &[i16], payload: &mut [u8]) -> Option<usize> {
        let bits = self.width.bits();
        let scaled = samples.iter().map(|sample| {
            let wide = i32::from(*sample) << 8;
            wide >> 24_u32.wrapping_sub(bits)
        });
        self.write(samples.len(), scaled, payload)
    }

    fn decode(&mut self, payload: &[u8], samples: &mut [i16]) -> Option<usize> {
        let count = self.samples(payload.len())?;
        let bits = self.width.bits();
        let room = samples.get_mut(..count)?;
        self.read(payload, count, room.iter_mut(), |value| {
            ((value << 24_u32.wrapping_sub(bits)) >> 8) as i16
        })?;
        Some(count)
    }
}

#[cfg(test)]
mod tests;
