//! A source that may be a stream (RFC 3550 A.1): its packets are kept until there are enough of them.

use alloc::vec::Vec;

use crate::rtp::number::{PayloadType, SequenceNumber, Timestamp};
use crate::rtp::packet::Packet;
use crate::rtp::source::{MAX_DROPOUT, MAX_MISORDER, MIN_SEQUENTIAL};
use crate::time::Instant;

/// How many packets a source shows that nobody announced: what is no RTP may look like it once or
/// twice.
const UNANNOUNCED: usize = 5;
/// So many packets near each other are believed without two in a row: half of the stream is missing.
const MANY: usize = 16;
/// Octets of a payload that are kept: enough for reports of events, and for redundant data of four.
const PAYLOAD: usize = 32;

/// What is remembered of a packet's header, and when it came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) at: Instant,
    pub(super) sequence: SequenceNumber,
    pub(super) timestamp: Timestamp,
    pub(super) payload_type: PayloadType,
    pub(super) octets: usize,
}

/// A packet that waits for others.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) seen: Seen,
    /// The beginning of the payload.
    pub(super) payload: Vec<u8>,
}

/// Packets of one source so far, each near the one before.
#[derive(Debug, Default)]
pub(super) struct Candidate {
    packets: Vec<Held>,
    /// How many came in a row, at best.
    in_a_row: u8,
    row: u8,
}

/// What one more packet made of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Waiting,
    Believed,
}

impl Seen {
    pub(super) fn of(at: Instant, packet: &Packet<'_>) -> Self {
        Self {
            at,
            sequence: packet.sequence(),
            timestamp: packet.timestamp(),
            payload_type: packet.payload_type(),
            octets: packet.payload().len(),
        }
    }
}

impl Candidate {
    pub(super) fn packets(&self) -> &[Held] {
        &self.packets
    }

    /// When its last packet came.
    pub(super) fn last(&self) -> Option<Instant> {
        self.packets.last().map(|held| held.seen.at)
    }

    pub(super) fn take(
        &mut self,
        at: Instant,
        packet: &Packet<'_>,
        is_announced: bool,
    ) -> Progress {
        match self.packets.last().map(|held| held.seen.sequence) {
            Some(before) => {
                let ahead = packet.sequence().distance_from(before);
                let is_near = ahead < MAX_DROPOUT || ahead > 0_u16.wrapping_sub(MAX_MISORDER);
                if !is_near {
                    // A.1: what jumps about is no stream, or begins one here.
                    *self = Self::default();
                }
                self.row = match ahead {
                    1 => self.row.saturating_add(1),
                    _ => 1,
                };
            }
            None => self.row = 1,
        }
        self.in_a_row = self.in_a_row.max(self.row);
        let payload = packet.payload();
        self.packets.push(Held {
            seen: Seen::of(at, packet),
            payload: payload.get(..PAYLOAD).unwrap_or(payload).to_vec(),
        });
        let enough = match is_announced {
            true => usize::from(MIN_SEQUENTIAL),
            false => UNANNOUNCED,
        };
        let count = self.packets.len();
        if count >= MANY || (count >= enough && self.in_a_row >= MIN_SEQUENTIAL) {
            return Progress::Believed;
        }
        Progress::Waiting
    }
}
