//! The list of addresses our own SSRC was heard from (RFC 3550 §8.2), so that a loop costs one
//! change of SSRC and not a flood of BYEs.

use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use crate::time::Instant;

/// "Should be short, usually empty"; when full, the oldest makes room.
const CONFLICTS: usize = 8;

/// Which of the two streams of a participant a packet belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Channel {
    Data,
    Control,
}

#[derive(Clone, Copy, Debug)]
struct Conflict {
    channel: Channel,
    address: SocketAddr,
    seen: Instant,
}

#[derive(Debug, Default)]
pub(super) struct Conflicts {
    list: Vec<Conflict>,
}

impl Conflicts {
    /// Notes a packet with our own SSRC; says whether its address was known for that already.
    pub(super) fn note(&mut self, now: Instant, channel: Channel, address: SocketAddr) -> bool {
        let known = self
            .list
            .iter_mut()
            .find(|entry| entry.channel == channel && entry.address == address);
        if let Some(entry) = known {
            entry.seen = now;
            return true;
        }
        if self.list.len() >= CONFLICTS {
            let oldest = self.list.iter().map(|entry| entry.seen).min();
            if let Some(at) = self.list.iter().position(|e| Some(e.seen) == oldest) {
                self.list.swap_remove(at);
            }
        }
        self.list.push(Conflict {
            channel,
            address,
            seen: now,
        });
        false
    }

    /// Forgets addresses that were quiet for `span` ("on the order of 10 report intervals").
    pub(super) fn expire(&mut self, now: Instant, span: Duration) {
        self.list
            .retain(|entry| now.saturating_duration_since(entry.seen) <= span);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}
