//! When packets came (RFC 3611 §4.3).

use super::{put_range, range};
use crate::rtp::number::{Ssrc, Timestamp};

/// The arrival of each packet of a range without losses, on the source's media clock.
#[derive(Clone, Copy, Debug)]
pub struct ReceiptTimes<'a> {
    /// Whose packets.
    pub source: Ssrc,
    /// T, from 0 to 15: only sequence numbers that are multiples of 2^T are reported on.
    pub thinning: u8,
    /// The first sequence number of the range.
    pub begin: u16,
    /// The one behind the last.
    pub end: u16,
    times: Times<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Times<'a> {
    Wire(&'a [u8]),
    Ours(&'a [Timestamp]),
}

impl<'a> ReceiptTimes<'a> {
    /// The times of the packets in the range that thinning leaves.
    #[must_use]
    pub const fn new(
        source: Ssrc,
        thinning: u8,
        begin: u16,
        end: u16,
        times: &'a [Timestamp],
    ) -> Self {
        Self {
            source,
            thinning: thinning & 0x0f,
            begin,
            end,
            times: Times::Ours(times),
        }
    }

    pub(super) fn parse(type_specific: u8, contents: &'a [u8]) -> Option<Self> {
        let (source, begin, end, rest) = range(contents)?;
        Some(Self {
            source,
            thinning: type_specific & 0x0f,
            begin,
            end,
            times: Times::Wire(rest),
        })
    }

    /// The times, in the order of sequence numbers.
    pub fn times(&self) -> impl Iterator<Item = Timestamp> + use<'a> {
        let (wire, ours): (&[u8], &[Timestamp]) = match self.times {
            Times::Wire(octets) => (octets, &[]),
            Times::Ours(times) => (&[], times),
        };
        let wire = wire
            .chunks_exact(4)
            .map(|octets| Timestamp::new(super::super::word(octets)));
        wire.chain(ours.iter().copied())
    }

    pub(super) fn write(&self, put: &mut dyn FnMut(&[u8])) -> bool {
        put_range(self.source, self.begin, self.end, put);
        for time in self.times() {
            put(&time.as_u32().to_be_bytes());
        }
        true
    }
}

impl PartialEq for ReceiptTimes<'_> {
    fn eq(&self, other: &Self) -> bool {
        let key = |one: &Self| (one.source, one.thinning, one.begin, one.end);
        key(self) == key(other) && self.times().eq(other.times())
    }
}

impl Eq for ReceiptTimes<'_> {}
