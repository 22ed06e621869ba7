//! Packets sent lately, to be sent again within the next ones (RFC 2198).

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::Redundancy;
use crate::rtp::number::{PayloadType, Timestamp};
use crate::rtp::payload::red::{Block, MOST_LENGTH, MOST_OFFSET, Redundant};

/// One packet sent.
#[derive(Debug)]
struct Sent {
    payload_type: PayloadType,
    timestamp: Timestamp,
    payload: Vec<u8>,
}

impl Sent {
    /// As a block of a packet of a later timestamp; `None` if it is too old by then.
    fn block(&self, later: Timestamp) -> Option<Block<'_>> {
        let offset = u16::try_from(later.ticks_since(self.timestamp)).ok()?;
        (offset <= MOST_OFFSET).then_some(Block {
            payload_type: self.payload_type,
            offset,
            payload: &self.payload,
        })
    }
}

/// The last packets, the oldest first, in memory taken when redundancy was agreed on.
#[derive(Debug, Default)]
pub(super) struct Before {
    generations: usize,
    has_parity: bool,
    sent: VecDeque<Sent>,
    /// Where a packet with redundancy is put together.
    packed: Vec<u8>,
}

impl Before {
    /// Keeps what this asks for from here on.
    pub(super) fn set(&mut self, redundancy: Option<Redundancy>) {
        let generations = redundancy.map_or(0, |one| one.generations);
        let generations = usize::from(generations.min(Redundancy::MOST_GENERATIONS));
        let has_parity = redundancy.is_some_and(|one| one.parity.is_some());
        if (generations, has_parity) == (self.generations, self.has_parity) {
            return;
        }
        self.generations = generations;
        self.has_parity = has_parity;
        self.sent = VecDeque::with_capacity(generations);
        self.packed = Vec::new();
        if generations > 0 || has_parity {
            let blocks = generations.saturating_add(3).saturating_mul(MOST_LENGTH);
            self.packed.resize(blocks, 0);
        }
    }

    /// Puts what was sent before, and parity, in front of a payload; `None` if there is nothing that
    /// still counts, or it gets too long: then the payload goes out by itself.
    pub(super) fn pack(
        &mut self,
        timestamp: Timestamp,
        primary_type: PayloadType,
        primary: &[u8],
        parity: Option<Block<'_>>,
    ) -> Option<&[u8]> {
        let before = self.sent.iter().filter_map(|sent| sent.block(timestamp));
        let blocks = before.chain(parity);
        blocks.clone().next()?;
        let size = Redundant::pack(blocks, primary_type, primary, &mut self.packed)?;
        self.packed.get(..size)
    }

    /// Keeps a payload that was sent. One too long for a block is not kept, and what is older is
    /// forgotten: the blocks of a packet are those right before it.
    pub(super) fn keep(&mut self, timestamp: Timestamp, payload_type: PayloadType, payload: &[u8]) {
        if self.generations == 0 {
            return;
        }
        if payload.len() > MOST_LENGTH {
            self.sent.clear();
            return;
        }
        let mut place = if self.sent.len() < self.generations {
            Vec::with_capacity(payload.len())
        } else {
            self.sent
                .pop_front()
                .map_or_else(Vec::new, |sent| sent.payload)
        };
        place.clear();
        place.extend_from_slice(payload);
        self.sent.push_back(Sent {
            payload_type,
            timestamp,
            payload: place,
        });
    }
}
