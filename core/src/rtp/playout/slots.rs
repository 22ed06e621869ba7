//! Packets waiting to be played, in the order of their timestamps, in memory taken once.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::Sound;
use crate::rtp::payload::g711::Law;

/// Mean magnitude of 16-bit samples below which nobody is speaking: some −50 dBov.
const QUIET: u64 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Speech(Law),
    Noise(i16),
}

/// One packet.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) position: i64,
    pub(super) sequence: u32,
    pub(super) content: Content,
    octets: Vec<u8>,
}

impl Slot {
    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Whether it holds next to nothing, so that nobody misses it.
    pub(super) fn is_quiet(&self) -> bool {
        let law = match self.content {
            Content::Noise(_) => return true,
            Content::Speech(law) => law,
        };
        let sum = self.octets.iter().fold(0_u64, |sum, octet| {
            sum.saturating_add(u64::from(law.decode(*octet).unsigned_abs()))
        });
        let count = u64::try_from(self.octets.len()).unwrap_or(u64::MAX);
        sum < count.saturating_mul(QUIET)
    }
}

/// The slots in use, first to be played in front, and the ones that are not.
#[derive(Debug)]
pub(super) struct Slots {
    used: VecDeque<Slot>,
    free: Vec<Slot>,
}

impl Slots {
    pub(super) fn new(count: usize, octets: usize) -> Self {
        let free = (0..count).map(|_| Slot {
            position: 0,
            sequence: 0,
            content: Content::Noise(0),
            // A packet of a longer packetisation time makes its slot grow, once.
            octets: Vec::with_capacity(octets),
        });
        Self {
            used: VecDeque::with_capacity(count),
            free: free.collect(),
        }
    }

    pub(super) fn first(&self) -> Option<&Slot> {
        self.used.front()
    }

    /// Whether there is a packet that begins there.
    pub(super) fn holds(&self, position: i64) -> bool {
        let mut later = self.used.iter().rev();
        later
            .find(|slot| slot.position <= position)
            .is_some_and(|slot| slot.position == position)
    }

    /// Puts a packet in its place; whether there was room.
    pub(super) fn insert(&mut self, position: i64, sequence: u32, sound: Sound<'_>) -> bool {
        let (content, octets) = match sound {
            Sound::Speech(law, octets) => (Content::Speech(law), octets),
            Sound::Noise(magnitude) => (Content::Noise(magnitude), &[][..]),
        };
        let Some(mut slot) = self.free.pop() else {
            return false;
        };
        slot.position = position;
        slot.sequence = sequence;
        slot.content = content;
        slot.octets.clear();
        slot.octets.extend_from_slice(octets);
        // Most packets come last in order, so the search begins at the back.
        let behind = self
            .used
            .iter()
            .rev()
            .take_while(|other| other.position > position)
            .count();
        let at = self.used.len().saturating_sub(behind);
        self.used.insert(at, slot);
        true
    }

    pub(super) fn remove_first(&mut self) {
        if let Some(slot) = self.used.pop_front() {
            self.free.push(slot);
        }
    }

    pub(super) fn clear(&mut self) {
        while !self.used.is_empty() {
            self.remove_first();
        }
    }
}
