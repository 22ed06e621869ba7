//! Which of the expected packets came, in which order, and how often (RFC 3550 A.3, RFC 3611 A.2).

use crate::rtp::burst::{BurstMetrics, Bursts, Fate, GAP_THRESHOLD};
use core::time::Duration;

/// How far back a packet may still come: more than A.1 lets be out of order.
const WINDOW: u32 = 128;

/// What a packet is to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// After all of them.
    Newest,
    /// Before one that came already, and for the first time.
    Reordered,
    /// One with its number came already.
    Duplicate,
}

/// The packets of late, and the fates of all before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrivals {
    /// The highest extended sequence number; its bit is the lowest.
    highest: Option<u32>,
    came: u128,
    /// How many of the bits are of packets that were expected.
    expected: u32,
    bursts: Bursts,
    lost: u64,
}

impl Arrivals {
    pub(super) const fn new() -> Self {
        Self {
            highest: None,
            came: 0,
            expected: 0,
            bursts: Bursts::new(GAP_THRESHOLD),
            lost: 0,
        }
    }

    /// Takes a packet by its extended sequence number.
    pub(super) fn take(&mut self, extended: u32) -> Place {
        let Some(highest) = self.highest else {
            self.highest = Some(extended);
            (self.came, self.expected) = (1, 1);
            return Place::Newest;
        };
        let ahead = extended.wrapping_sub(highest);
        if ahead != 0 && ahead < u32::MAX / 2 {
            for _ in 0..ahead {
                self.advance();
            }
            self.came |= 1;
            self.highest = Some(extended);
            return Place::Newest;
        }
        let behind = highest.wrapping_sub(extended);
        let Some(bit) = 1_u128.checked_shl(behind).filter(|_| behind < WINDOW) else {
            return Place::Reordered;
        };
        if self.came & bit != 0 {
            return Place::Duplicate;
        }
        // One from before the first there was is noted, so that a copy of it is known; that others
        // were sent between the two nobody expects (A.3).
        self.came |= bit;
        Place::Reordered
    }

    /// One more number is expected; the oldest has met its fate.
    fn advance(&mut self) {
        if self.expected == WINDOW {
            self.settle(WINDOW.saturating_sub(1));
        } else {
            self.expected = self.expected.saturating_add(1);
        }
        self.came <<= 1;
    }

    fn settle(&mut self, behind: u32) {
        let bit = 1_u128.checked_shl(behind).unwrap_or(0);
        if self.came & bit != 0 {
            self.bursts.count(Fate::Received);
        } else {
            self.bursts.count(Fate::Lost);
            self.lost = self.lost.saturating_add(1);
        }
    }

    /// The source counts anew: what has not come will not.
    pub(super) fn restart(&mut self) {
        for behind in (0..self.expected).rev() {
            self.settle(behind);
        }
        (self.highest, self.came, self.expected) = (None, 0, 0);
    }

    /// How many never came, each counted once; and how the losses lie, for packets of this duration.
    pub(super) fn losses(&self, packet: Duration) -> (u64, BurstMetrics) {
        let mut all = *self;
        all.restart();
        (all.lost, all.bursts.metrics(packet))
    }
}
