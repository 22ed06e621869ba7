//! Round trips of those who send nothing (RFC 3611 §4.5).

use super::super::entries::Entry;
use crate::rtp::number::Ssrc;

/// The answer to one reference time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DelaySinceReport {
    /// Whose reference time it was.
    pub receiver: Ssrc,
    /// LRR: the middle of it; 0 if none has come.
    pub last: u32,
    /// DLRR: how long ago it came, in 1/65536 s.
    pub delay: u32,
}

impl DelaySinceReport {
    /// The round trip in 1/65536 s, for the receiver it names, when it comes at `arrival`, the
    /// middle of an NTP timestamp. `None` before there was a reference time, or if the clock was set.
    #[must_use]
    pub fn round_trip(&self, arrival: u32) -> Option<u32> {
        let span = arrival.wrapping_sub(self.last).wrapping_sub(self.delay);
        (self.last != 0 && span < 0x8000_0000).then_some(span)
    }
}

impl Entry for DelaySinceReport {
    const WORDS: usize = 3;

    fn from_words([receiver, last, delay]: [u32; 3]) -> Self {
        Self {
            receiver: Ssrc::new(receiver),
            last,
            delay,
        }
    }

    fn to_words(self) -> [u32; 3] {
        [self.receiver.as_u32(), self.last, self.delay]
    }
}
