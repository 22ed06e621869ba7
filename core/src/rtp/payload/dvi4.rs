//! DVI4 and VDVI (RFC 3551 §4.5.1 and §4.5.17): a header that says where the decoder stands, so
//! that it can begin at any packet, and the codes of one ADPCM block.

use super::adpcm::Adpcm;
use super::bits::{BitReader, BitWriter};
use super::codec::Codec;

/// Reads the header: the decoder's state and the octets of codes. Nothing if there is no header,
/// or an index that the table of steps does not have.
#[must_use]
pub fn unpack(payload: &[u8]) -> Option<(Adpcm, &[u8])> {
    // The last octet is reserved and ignored.
    let ([high, low, index, _], codes) = payload.split_first_chunk::<4>()?;
    let state = Adpcm::new(i16::from_be_bytes([*high, *low]), *index)?;
    Some((state, codes))
}

/// Writes the header, and gives the octets behind it.
fn pack(state: Adpcm, payload: &mut [u8]) -> Option<&mut [u8]> {
    let (header, codes) = payload.split_first_chunk_mut::<4>()?;
    let [high, low] = state.predicted().to_be_bytes();
    *header = [high, low, state.index(), 0];
    Some(codes)
}

/// DVI4: four bits for each sample of one channel, the earlier one in the upper half of an octet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Dvi4 {
    encoder: Adpcm,
}

impl Codec for Dvi4 {
    fn encoding_name(&self) -> &'static str {
        "DVI4"
    }

    fn frame_samples(&self) -> usize {
        2
    }

    fn most_octets(&self, samples: usize) -> usize {
        samples.div_ceil(2).saturating_add(4)
    }

    fn encode(&mut self, samples: &[i16], payload: &mut [u8]) -> Option<usize> {
        // A last octet could not say that it is half empty.
        if samples.len() % 2 != 0 {
            return None;
        }
        let size = self.most_octets(samples.len());
        let codes = pack(self.encoder, payload.get_mut(..size)?)?;
        for (octet, pair) in codes.iter_mut().zip(samples.chunks_exact(2)) {
            *octet = pair
                .iter()
                .fold(0, |octet, sample| octet << 4 | self.encoder.encode(*sample));
        }
        Some(size)
    }

    fn decode(&mut self, payload: &[u8], samples: &mut [i16]) -> Option<usize> {
        let (mut decoder, codes) = unpack(payload)?;
        let count = codes.len().checked_mul(2)?;
        let samples = samples.get_mut(..count)?;
        for (pair, octet) in samples.chunks_exact_mut(2).zip(codes) {
            for (sample, code) in pair.iter_mut().zip([octet >> 4, *octet]) {
                *sample = decoder.decode(code);
            }
        }
        Some(count)
    }
}

/// The bit pattern of each code in VDVI, and how many bits it has.
const PATTERNS: [(u8, u32); 16] = [
    (0b00, 2),
    (0b010, 3),
    (0b1100, 4),
    (0b1_1100, 5),
    (0b11_1100, 6),
    (0b111_1100, 7),
    (0b1111_1100, 8),
    (0b1111_1110, 8),
    (0b10, 2),
    (0b011, 3),
    (0b1101, 4),
    (0b1_1101, 5),
    (0b11_1101, 6),
    (0b111_1101, 7),
    (0b1111_1101, 8),
    (0b1111_1111, 8),
];

/// VDVI: DVI4 whose small codes take fewer bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Vdvi {
    encoder: Adpcm,
}

impl Codec for Vdvi {
    fn encoding_name(&self) -> &'static str {
        "VDVI"
    }

    fn frame_samples(&self) -> usize {
        1
    }

    fn most_octets(&self, samples: usize) -> usize {
        samples.saturating_add(4)
    }

    fn encode(&mut self, samples: &[i16], payload: &mut [u8]) -> Option<usize> {
        let mut encoder = self.encoder;
        let mut writer = BitWriter::new(pack(encoder, payload)?);
        for sample in samples {
            let code = encoder.encode(*sample);
            let (pattern, width) = PATTERNS.get(usize::from(code)).copied()?;
            writer.put(u32::from(pattern), width)?;
        }
        // No code is fewer than eight ones, so that ones up to the end of the octet are none.
        let left = (writer.bits().wrapping_neg() % 8) as u32;
        writer.put(0xff, left)?;
        self.encoder = encoder;
        writer.octets().checked_add(4)
    }

    fn decode(&mut self, payload: &[u8], samples: &mut [i16]) -> Option<usize> {
        let (mut decoder, codes) = unpack(payload)?;
        let mut reader = BitReader::new(codes);
        let mut room = samples.iter_mut();
        let mut count = 0_usize;
        while reader.left() > 0 {
            let Some(code) = vdvi_code(&mut reader)? else {
                break;
            };
            *room.next()? = decoder.decode(code);
            count = count.wrapping_add(1);
        }
        Some(count)
    }
}

/// The next code: nothing at the padding, and no answer for bits that are neither.
fn vdvi_code(reader: &mut BitReader<'_>) -> Option<Option<u8>> {
    let (mut pattern, mut width) = (0, 0_u32);
    while width < 8 {
        let Some(bit) = reader.small(1) else {
            // Seven ones at most fill the last octet.
            let is_padding = pattern == (1_u8 << width).wrapping_sub(1);
            return is_padding.then_some(None);
        };
        pattern = pattern << 1 | bit;
        width = width.wrapping_add(1);
        let code = PATTERNS.iter().position(|known| *known == (pattern, width));
        if let Some(code) = code {
            return Some(Some(code as u8));
        }
    }
    None
}

#[cfg(test)]
mod tests;
