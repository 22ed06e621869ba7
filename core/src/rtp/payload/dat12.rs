//! The 12-bit nonlinear audio of DAT and DV (RFC 3190 §3): sixteen bits, their loud part coarser.

use super::bits::{BitReader, BitWriter};
use super::codec::Codec;

/// 12-bit nonlinear audio of so many channels.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Dat12 {
    channels: u8,
}

impl Dat12 {
    /// Samples from this many channels, at least one.
    #[must_use]
    pub const fn new(channels: u8) -> Self {
        let channels = if channels == 0 { 1 } else { channels };
        Self { channels }
    }

    /// The 12-bit value, −2048 to 2047, of a sample (table 1).
    #[must_use]
    pub const fn compress(sample: i16) -> i16 {
        // The table is the same for both signs, were the negative side one smaller.
        let size = if sample < 0 { !sample } else { sample };
        // 0 below 512, then one more for each doubling.
        let shift = 7_u32.saturating_sub((size as u16).leading_zeros());
        let value = (size >> shift).wrapping_add((shift << 8) as i16);
        if sample < 0 { !value } else { value }
    }

    /// The sample of a 12-bit value: of those that have it, the one nearest to zero.
    #[must_use]
    pub const fn expand(value: i16) -> i16 {
        let size = (if value < 0 { !value } else { value }) & 0x7ff;
        let shift = ((size >> 8) as u32).saturating_sub(1);
        let sample = size.wrapping_sub((shift << 8) as i16) << shift;
        if value < 0 { !sample } else { sample }
    }

    /// What a DV system takes this value for a missing one, made the next larger (§6).
    #[must_use]
    pub const fn for_dv(value: i16) -> i16 {
        if value == -0x800 { -0x7ff } else { value }
    }
}

impl Codec for Dat12 {
    fn encoding_name(&self) -> &'static str {
        "DAT12"
    }

    fn frame_samples(&self) -> usize {
        usize::from(self.channels)
    }

    fn most_octets(&self, samples: usize) -> usize {
        samples.saturating_mul(12).div_ceil(8)
    }

    fn encode(&mut self, samples: &[i16], payload: &mut [u8]) -> Option<usize> {
        if samples.len().checked_rem(self.channels.into()) != Some(0) {
            return None;
        }
        let mut writer = BitWriter::new(payload);
        for sample in samples {
            writer.put(Self::compress(*sample) as u32, 12)?;
        }
        // After an odd number four bits are unused.
        writer.align()?;
        Some(writer.octets())
    }

    fn decode(&mut self, payload: &[u8], samples: &mut [i16]) -> Option<usize> {
        let bits = payload.len().checked_mul(8)?;
        let count = bits / 12;
        if bits % 12 >= 8 || count.checked_rem(self.channels.into()) != Some(0) {
            return None;
        }
        let mut reader = BitReader::new(payload);
        for sample in samples.get_mut(..count)? {
            let code = reader.take(12)? as u16;
            *sample = Self::expand(((code << 4) as i16) >> 4);
        }
        Some(count)
    }
}

#[cfg(test)]
mod tests;
