//! Round trips of those who send nothing (RFC 3611 §4.5).

use super::super::word;
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

/// A list of answers, as it stood in a packet or as it is to be written.
#[derive(Clone, Copy, Debug)]
pub struct DelaysSinceReport<'a> {
    place: Place<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Place<'a> {
    Wire(&'a [u8]),
    Ours(&'a [DelaySinceReport]),
}

impl<'a> DelaysSinceReport<'a> {
    pub(super) fn parse(contents: &'a [u8]) -> Option<Self> {
        (contents.len() % 12 == 0).then_some(Self {
            place: Place::Wire(contents),
        })
    }

    /// The answers, in order.
    pub fn iter(&self) -> impl Iterator<Item = DelaySinceReport> + use<'a> {
        let (wire, ours): (&[u8], &[DelaySinceReport]) = match self.place {
            Place::Wire(octets) => (octets, &[]),
            Place::Ours(delays) => (&[], delays),
        };
        let wire = wire.chunks_exact(12).map(|octets| DelaySinceReport {
            receiver: Ssrc::new(word(octets)),
            last: octets.get(4..).map_or(0, word),
            delay: octets.get(8..).map_or(0, word),
        });
        wire.chain(ours.iter().copied())
    }

    pub(super) fn write(&self, put: &mut dyn FnMut(&[u8])) {
        for one in self.iter() {
            put(&one.receiver.as_u32().to_be_bytes());
            put(&one.last.to_be_bytes());
            put(&one.delay.to_be_bytes());
        }
    }
}

impl<'a> From<&'a [DelaySinceReport]> for DelaysSinceReport<'a> {
    fn from(delays: &'a [DelaySinceReport]) -> Self {
        Self {
            place: Place::Ours(delays),
        }
    }
}

impl PartialEq for DelaysSinceReport<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for DelaysSinceReport<'_> {}
