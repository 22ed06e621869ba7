//! G.722 (RFC 3551 §4.5.2): an octet for two samples at 16 kHz, counted by a clock of 8000.

use super::depacketiser::{Entry, Payload};

/// A payload of G.722: the octets as the encoder made them, its first bit the most significant
/// one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct G722<'a> {
    /// One octet for each pair of samples.
    pub octets: &'a [u8],
}

impl<'a> G722<'a> {
    /// The encoding's name in SDP.
    pub const ENCODING_NAME: &'static str = "G722";

    /// Reads a payload, which may be any octets.
    #[must_use]
    pub const fn unpack(payload: &'a [u8]) -> Self {
        Self { octets: payload }
    }

    /// How far the timestamp goes on: a tick for each octet, for the clock was written down as
    /// 8000 once and stays so.
    #[must_use]
    pub const fn ticks(&self) -> usize {
        self.octets.len()
    }

    /// How many samples at 16 kHz these are.
    #[must_use]
    pub const fn samples(&self) -> usize {
        self.octets.len().saturating_mul(2)
    }

    /// Writes the payload to the front of `out` and says how many octets it took, unless it does
    /// not fit.
    pub fn pack(&self, out: &mut [u8]) -> Option<usize> {
        out.get_mut(..self.octets.len())?
            .copy_from_slice(self.octets);
        Some(self.octets.len())
    }
}

impl Payload for G722<'_> {
    fn entry(&self) -> Entry {
        Entry::Refresh
    }
}

#[cfg(test)]
mod tests;
