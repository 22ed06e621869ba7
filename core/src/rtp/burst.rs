//! Bursts and gaps of a stream, as extended reports tell them (RFC 3611 §4.7.2, A.2).
//!
//! ```text
//!             Gmin or more packets received, then one lost
//!    ┌─ gap ──────────────────────────────▶ gap with one lost packet ─┐
//!    │   ▲                                     │ fewer than Gmin, then another lost
//!    │   └── Gmin received ── burst ◀──────────┘
//!    └────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Counted by transitions, as A.2 has it: each event costs a few additions.

use core::time::Duration;

/// Gmin that §4.7.2 recommends.
pub const GAP_THRESHOLD: u8 = 16;

/// What became of one packet that was expected.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fate {
    /// It came, and was played.
    Received,
    /// It never came.
    Lost,
    /// It came, but too late or too early to be played.
    Discarded,
}

/// The counters of A.2, under their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bursts {
    gmin: u8,
    /// Packets received since the last that was not.
    pkt: u64,
    /// Packets lost within the current burst.
    lost: u64,
    loss_count: u64,
    discard_count: u64,
    c11: u64,
    c13: u64,
    c14: u64,
    c22: u64,
    c23: u64,
    c33: u64,
}

/// What a VoIP metrics block says of losses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct BurstMetrics {
    /// Lost, in 1/256 of the packets expected.
    pub loss_rate: u8,
    /// Discarded, in 1/256 of the packets expected.
    pub discard_rate: u8,
    /// Lost or discarded within bursts, in 1/256.
    pub burst_density: u8,
    /// Lost or discarded within gaps, in 1/256.
    pub gap_density: u8,
    /// Mean duration of bursts in ms; 0 if there were none.
    pub burst_duration: u16,
    /// Mean duration of gaps in ms.
    pub gap_duration: u16,
}

impl Bursts {
    /// Nothing expected yet. A threshold of 0 is taken for the recommended one.
    #[must_use]
    pub const fn new(gmin: u8) -> Self {
        Self {
            gmin: if gmin == 0 { GAP_THRESHOLD } else { gmin },
            pkt: 0,
            lost: 0,
            loss_count: 0,
            discard_count: 0,
            c11: 0,
            c13: 0,
            c14: 0,
            c22: 0,
            c23: 0,
            c33: 0,
        }
    }

    /// Gmin.
    #[must_use]
    pub const fn gap_threshold(&self) -> u8 {
        self.gmin
    }

    /// Counts one packet, in the order of sequence numbers.
    pub fn count(&mut self, fate: Fate) {
        match fate {
            Fate::Received => {
                self.pkt = self.pkt.wrapping_add(1);
                return;
            }
            Fate::Lost => self.loss_count = self.loss_count.wrapping_add(1),
            Fate::Discarded => self.discard_count = self.discard_count.wrapping_add(1),
        }
        let received = core::mem::take(&mut self.pkt);
        if received >= u64::from(self.gmin) {
            // The loss before this one stood alone, or it ended a burst.
            let from = if self.lost == 1 {
                &mut self.c14
            } else {
                &mut self.c13
            };
            *from = from.wrapping_add(1);
            self.lost = 1;
            self.c11 = self.c11.wrapping_add(received);
            return;
        }
        self.lost = self.lost.wrapping_add(1);
        match received.checked_sub(1) {
            None => self.c33 = self.c33.wrapping_add(1),
            Some(others) => {
                self.c23 = self.c23.wrapping_add(1);
                self.c22 = self.c22.wrapping_add(others);
            }
        }
    }

    /// The metrics so far, for packets of this duration.
    ///
    /// Where A.2 would divide by nothing, what the text of §4.7.2 says stands: without a burst its
    /// density and duration are zero, and the whole stream is one gap.
    #[must_use]
    pub fn metrics(&self, packet: Duration) -> BurstMetrics {
        let Self {
            c11,
            c13,
            c14,
            c22,
            c23,
            c33,
            ..
        } = *self;
        // A.2 infers what it does not count.
        let (c31, c32) = (c13, c23);
        let gaps = c11.wrapping_add(c14).wrapping_add(c13);
        let bursts = c22
            .wrapping_add(c23)
            .wrapping_add(c31)
            .wrapping_add(c32)
            .wrapping_add(c33);
        let total = gaps.wrapping_add(bursts);
        let ratio = |part: u64, whole: u64| {
            let part = u128::from(part).wrapping_mul(256);
            let fraction = part.checked_div(u128::from(whole)).unwrap_or(0);
            u8::try_from(fraction).unwrap_or(u8::MAX)
        };
        // In thousandths of a millisecond, so that the means do not lose the fraction.
        let micros = packet.as_micros();
        let mean = |packets: u64, count: u64| {
            u128::from(packets)
                .wrapping_mul(micros)
                .checked_div(u128::from(count))
        };
        let to_millis = |micros: u128| u16::try_from(micros / 1000).unwrap_or(u16::MAX);
        let (gap, burst) = match (mean(gaps, c13), mean(total, c13)) {
            (Some(gap), Some(both)) => (gap, both.saturating_sub(gap)),
            _ => (u128::from(total).wrapping_mul(micros), 0),
        };
        BurstMetrics {
            loss_rate: ratio(self.loss_count, total),
            discard_rate: ratio(self.discard_count, total),
            burst_density: self.burst_density(),
            gap_density: ratio(c14, c11.wrapping_add(c14)),
            burst_duration: to_millis(burst),
            gap_duration: to_millis(gap),
        }
    }

    /// 256 · p23 / (p23 + p32), with one fraction instead of three.
    fn burst_density(&self) -> u8 {
        let Self {
            c13, c22, c23, c33, ..
        } = *self;
        let wide = |count: u64| u128::from(count.min(1 << 40));
        let losses = wide(c13).wrapping_add(wide(c23)).wrapping_add(wide(c33));
        // p23: 1 if nothing was received within bursts.
        let (p23, of) = match wide(c22).wrapping_add(wide(c23)) {
            0 => (1, 1),
            received => (wide(c23), received),
        };
        let up = p23.wrapping_mul(losses);
        let down = up.wrapping_add(wide(c23).wrapping_mul(of));
        let density = up.wrapping_mul(256).checked_div(down).unwrap_or(0);
        u8::try_from(density).unwrap_or(u8::MAX)
    }
}

#[cfg(test)]
mod tests;
