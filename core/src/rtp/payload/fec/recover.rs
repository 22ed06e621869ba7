//! Recovery (RFC 5109 §9).

use super::protect::{add, header_of, octets_from};
use super::{Fec, Level};
use crate::rtp::number::{SequenceNumber, Ssrc};
use crate::rtp::packet::FIXED_HEADER;

/// How much of a packet was recovered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Recovered {
    /// How many octets the packet has, RTP header included.
    pub size: usize,
    /// How many of these, from the front on, are known; those behind are zero until another packet
    /// that protects them fills them in ([`Fec::recover_level`]).
    pub known: usize,
}

impl Recovered {
    /// Whether nothing is missing.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.known >= self.size
    }
}

impl Fec<'_> {
    /// The one packet that is missing among those the lowest level protects, if it is one: with
    /// `has`, whether a packet is there.
    pub fn missing(&self, has: impl Fn(SequenceNumber) -> bool) -> Option<SequenceNumber> {
        let mut missing = self
            .protected(self.lowest.mask)
            .filter(|number| !has(*number));
        let first = missing.next()?;
        missing.next().is_none().then_some(first)
    }

    /// Writes the packet that is missing to the front of `out`. `packet_of` gives the others, RTP
    /// headers included; `ssrc` is that of the stream. `None` if the lowest level does not protect
    /// it, another one is missing, what comes out is no RTP packet's length, or it does not fit.
    pub fn recover<'p>(
        &self,
        missing: SequenceNumber,
        ssrc: Ssrc,
        packet_of: impl Fn(SequenceNumber) -> Option<&'p [u8]>,
        out: &mut [u8],
    ) -> Option<Recovered> {
        let at = missing.distance_from(self.base);
        if !self.lowest.mask.contains(at) {
            return None;
        }
        let (mut first, mut timestamp, mut length) = (self.first, self.timestamp, self.length);
        for other in self.protected(self.lowest.mask) {
            if other == missing {
                continue;
            }
            let (bits, _, ticks, octets) = header_of(packet_of(other)?)?;
            first ^= bits;
            timestamp ^= ticks;
            length ^= octets;
        }
        let size = usize::from(length).checked_add(FIXED_HEADER)?;
        let (header, payload) = out
            .get_mut(..size)?
            .split_first_chunk_mut::<FIXED_HEADER>()?;
        let [f0, f1] = first.to_be_bytes();
        let [s0, s1] = missing.as_u16().to_be_bytes();
        let [t0, t1, t2, t3] = timestamp.to_be_bytes();
        let [r0, r1, r2, r3] = ssrc.as_u32().to_be_bytes();
        *header = [f0 | 0x80, f1, s0, s1, t0, t1, t2, t3, r0, r1, r2, r3];
        payload.fill(0);
        let mut known = FIXED_HEADER;
        for level in self.levels() {
            let Some(end) = self.fill(&level, missing, &packet_of, payload) else {
                break;
            };
            known = FIXED_HEADER.saturating_add(end);
        }
        Some(Recovered { size, known })
    }

    /// Fills in what level `level` of this packet knows of a packet of `size` octets in `out` that
    /// was recovered in part from another one, and says how far it is known now.
    pub fn recover_level<'p>(
        &self,
        level: usize,
        missing: SequenceNumber,
        packet_of: impl Fn(SequenceNumber) -> Option<&'p [u8]>,
        out: &mut [u8],
        recovered: Recovered,
    ) -> Option<Recovered> {
        let level = self.levels().nth(level)?;
        let payload = out.get_mut(FIXED_HEADER..recovered.size)?;
        // What lies between has to be known before.
        if FIXED_HEADER.saturating_add(level.start) > recovered.known {
            return None;
        }
        let end = self.fill(&level, missing, &packet_of, payload)?;
        let known = FIXED_HEADER.saturating_add(end).max(recovered.known);
        Some(Recovered { known, ..recovered })
    }

    /// Puts what a level knows of a packet in its place behind the header; says where that ends.
    fn fill<'p>(
        &self,
        level: &Level<'_>,
        missing: SequenceNumber,
        packet_of: &impl Fn(SequenceNumber) -> Option<&'p [u8]>,
        payload: &mut [u8],
    ) -> Option<usize> {
        let others = || self.protected(level.mask).filter(|other| *other != missing);
        if !level.mask.contains(missing.distance_from(self.base)) {
            return None;
        }
        // Nothing is written before it is certain that everything is there.
        if others().any(|other| packet_of(other).is_none()) {
            return None;
        }
        let end = level.start.saturating_add(level.payload.len());
        let end = end.min(payload.len());
        let Some(sum) = payload.get_mut(level.start..end) else {
            // The packet is shorter than that.
            return Some(end);
        };
        sum.fill(0);
        add(sum, level.payload);
        for other in others() {
            add(sum, octets_from(packet_of(other)?, level.start));
        }
        Some(end)
    }
}
