//! When packets came (RFC 3611 §4.3).

use super::super::entries::{Entries, Entry};
use super::{put_range, range};
use crate::rtp::number::{Ssrc, Timestamp};

/// The arrival of each packet of a range without losses, on the source's media clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReceiptTimes<'a> {
    /// Whose packets.
    pub source: Ssrc,
    /// T, from 0 to 15: only sequence numbers that are multiples of 2^T are reported on.
    pub thinning: u8,
    /// The first sequence number of the range.
    pub begin: u16,
    /// The one behind the last.
    pub end: u16,
    times: Entries<'a, Timestamp>,
}

impl<'a> ReceiptTimes<'a> {
    /// The times of the packets in the range that thinning leaves.
    #[must_use]
    pub fn new(source: Ssrc, thinning: u8, begin: u16, end: u16, times: &'a [Timestamp]) -> Self {
        Self {
            source,
            thinning: thinning & 0x0f,
            begin,
            end,
            times: times.into(),
        }
    }

    pub(super) fn parse(type_specific: u8, contents: &'a [u8]) -> Option<Self> {
        let (source, begin, end, rest) = range(contents)?;
        Some(Self {
            source,
            thinning: type_specific & 0x0f,
            begin,
            end,
            times: Entries::of(rest)?,
        })
    }

    /// The times, in the order of sequence numbers.
    pub fn times(&self) -> impl Iterator<Item = Timestamp> + use<'a> {
        self.times.iter()
    }

    pub(super) fn write(&self, put: &mut dyn FnMut(&[u8])) {
        put_range(self.source, self.begin, self.end, put);
        self.times.write(put);
    }
}

impl Entry for Timestamp {
    const WORDS: usize = 1;

    fn from_words([ticks, ..]: [u32; 3]) -> Self {
        Self::new(ticks)
    }

    fn to_words(self) -> [u32; 3] {
        [self.as_u32(), 0, 0]
    }
}
