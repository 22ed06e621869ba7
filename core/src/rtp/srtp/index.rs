//! Which packet it is: the index from the sequence number (RFC 3711 §3.3.1, appendix A), and which
//! were there already (§3.3.2).

use alloc::boxed::Box;
use alloc::vec;

/// The index a sequence number stands for, next to the highest one so far: appendix A. `None` for
/// one before the first packet of all, or past the last.
pub(super) const fn estimate(highest: u64, sequence: u16) -> Option<u64> {
    let rollovers = highest >> 16;
    let last = (highest & 0xffff) as u16;
    // What is less than half the numbers away belongs to this round, or to the one next to it.
    let rollovers = if last < 0x8000 {
        if sequence.saturating_sub(last) > 0x8000 {
            rollovers.checked_sub(1)
        } else {
            Some(rollovers)
        }
    } else if last.wrapping_sub(0x8000) > sequence {
        rollovers.checked_add(1)
    } else {
        Some(rollovers)
    };
    match rollovers {
        Some(rollovers) if rollovers >> 32 == 0 => Some((rollovers << 16) | sequence as u64),
        _ => None,
    }
}

/// What became of an index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Seen {
    Not,
    Already,
    /// Too far back to know.
    Unknown,
}

/// The replay list: the highest index so far, and a bit for each of the last ones.
#[derive(Clone)]
pub(super) struct ReplayWindow {
    highest: u64,
    /// The bit of an index is at its remainder.
    bits: Box<[u64]>,
}

impl ReplayWindow {
    /// Nothing was there yet. §3.3.2: 64 packets at least.
    pub(super) fn new(packets: u16, first: u64) -> Self {
        let words = usize::from(packets.clamp(64, 4096)).div_ceil(64);
        Self {
            highest: first,
            bits: vec![0; words].into_boxed_slice(),
        }
    }

    pub(super) const fn highest(&self) -> u64 {
        self.highest
    }

    fn size(&self) -> u64 {
        (self.bits.len() as u64).saturating_mul(64)
    }

    fn place(&self, index: u64) -> (usize, u64) {
        let at = index.checked_rem(self.size()).unwrap_or_default();
        ((at >> 6) as usize, 1 << (at & 63))
    }

    pub(super) fn look(&self, index: u64) -> Seen {
        if index > self.highest {
            return Seen::Not;
        }
        if self.highest.saturating_sub(index) >= self.size() {
            return Seen::Unknown;
        }
        let (word, bit) = self.place(index);
        match self.bits.get(word) {
            Some(bits) if bits & bit == 0 => Seen::Not,
            _ => Seen::Already,
        }
    }

    /// Remembers an index that was [`Seen::Not`].
    pub(super) fn add(&mut self, index: u64) {
        if index > self.highest {
            if index.saturating_sub(self.highest) >= self.size() {
                self.bits.fill(0);
            } else {
                // The places of those between are those of packets that fall out of the window.
                for between in self.highest.saturating_add(1)..index {
                    let (word, bit) = self.place(between);
                    if let Some(bits) = self.bits.get_mut(word) {
                        *bits &= !bit;
                    }
                }
            }
            self.highest = index;
        }
        let (word, bit) = self.place(index);
        if let Some(bits) = self.bits.get_mut(word) {
            *bits |= bit;
        }
    }

    /// Forgets all indices: no packet of before is let in any more, for another reason.
    pub(super) fn clear(&mut self) {
        self.bits.fill(0);
        self.highest = 0;
    }
}
