//! What was sent lately, for those who ask for it again (RFC 4588 §8.1: `rtx-time`).

use alloc::vec::Vec;
use core::time::Duration;

use super::retransmission::Keeper;
use crate::rtp::number::{SequenceNumber, Ssrc};
use crate::rtp::packet::Header;
use crate::time::Instant;

/// Packets kept at most.
const MOST_PACKETS: u64 = 64;
/// How often one packet is sent again at most: the first retransmission may be lost as well.
const MOST_TIMES: u8 = 2;
/// RFC 4588 §7: what is sent again burdens a network that loses packets already. It may take one
/// octet for so many of the stream itself,
const SHARE: usize = 4;
/// and so many packets on credit, in a burst of losses.
const BURST: usize = 8;

/// A packet that was sent, or none if it has no payload.
#[derive(Debug)]
struct Kept {
    header: Option<Header>,
    payload: Vec<u8>,
    sent: Instant,
    times: u8,
}

/// Packets by the remainder of their numbers; memory is taken at the start.
#[derive(Debug)]
pub(super) struct History {
    time: Duration,
    kept: Vec<Kept>,
    /// Octets that may be sent again now; not known before the first packet.
    credit: Option<usize>,
    is_stopped: bool,
}

impl History {
    pub(super) fn new(time: Duration, ptime: Duration) -> Self {
        let ptime = ptime.as_millis().max(1);
        let packets = time.as_millis().checked_div(ptime).unwrap_or(0);
        let packets = u64::try_from(packets).unwrap_or(MOST_PACKETS);
        let octets = usize::try_from(ptime).unwrap_or(0).saturating_mul(8);
        let kept = (0..packets.saturating_add(2).min(MOST_PACKETS)).map(|_| Kept {
            header: None,
            // A packet with redundant data makes its place grow, once.
            payload: Vec::with_capacity(octets),
            sent: Instant::ZERO,
            times: 0,
        });
        Self {
            time,
            kept: kept.collect(),
            credit: None,
            is_stopped: false,
        }
    }

    fn place(&mut self, number: SequenceNumber) -> Option<&mut Kept> {
        let count = self.kept.len();
        let at = usize::from(number.as_u16()).checked_rem(count)?;
        self.kept.get_mut(at)
    }
}

impl Keeper for History {
    fn sent(&mut self, now: Instant, header: Header, payload: &[u8]) {
        let most = payload.len().saturating_mul(BURST);
        let credit = self.credit.unwrap_or(most);
        let credit = credit.saturating_add(payload.len() / SHARE);
        self.credit = Some(credit.min(most));
        if let Some(place) = self.place(header.sequence) {
            place.header = Some(header);
            place.payload.clear();
            place.payload.extend_from_slice(payload);
            place.sent = now;
            place.times = 0;
        }
    }

    fn find(
        &mut self,
        now: Instant,
        ssrc: Ssrc,
        number: SequenceNumber,
    ) -> Option<(Header, &[u8])> {
        let (time, credit) = (self.time, self.credit.filter(|_| !self.is_stopped)?);
        let place = self.place(number)?;
        let header = place.header?;
        let is_it = header.sequence == number && header.ssrc == ssrc;
        let is_old = now.saturating_duration_since(place.sent) > time;
        if !is_it || is_old || place.times >= MOST_TIMES {
            return None;
        }
        let left = credit.checked_sub(place.payload.len())?;
        place.times = place.times.saturating_add(1);
        self.credit = Some(left);
        let place = self.place(number)?;
        Some((header, &place.payload))
    }

    fn stop(&mut self) {
        self.is_stopped = true;
    }
}
