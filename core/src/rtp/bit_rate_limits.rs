//! Which of several receivers' limits bind a sender (RFC 5104 §3.5.4.2).
//!
//! Each limit is a line: the more packets a second, the more of the bit rate goes into their
//! overhead and the less is left for media. What the sender may do lies under all the lines; the
//! limits whose lines form the edge of that region are the bounding set.
//!
//! ```text
//!  media  |a   c  b            a: low rate, low overhead     binds while packets are few
//!  bits/s |   a  c   b         b: high rate, high overhead   binds where they are many
//!         |      a c   b       c: nowhere the lowest         does not bind
//!         |          a   b
//!         +-----------------▶ packets/s
//! ```

use alloc::vec::Vec;

use super::rtcp::BitRate;

/// The limits that bind, in the order of their overhead: what a TMMBN tells. `max_packet_rate` is
/// SMAXPR, packets per second, if signalling has set one.
///
/// Of limits that are the same in every respect one is kept. The work grows as n·log n.
#[must_use]
pub fn bounding_set(limits: &[BitRate], max_packet_rate: Option<u64>) -> Vec<BitRate> {
    // Steps 1 and 2: by overhead, and of one overhead only the lowest rate.
    let mut candidates = limits.to_vec();
    candidates.sort_by_key(|limit| (limit.overhead, limit.max_total));
    candidates.dedup_by_key(|limit| limit.overhead);
    // Step 3: the lowest rate is the edge where packets are few; of equals the steepest.
    let first = candidates
        .iter()
        .copied()
        .min_by_key(|limit| (limit.max_total, core::cmp::Reverse(limit.overhead)));
    let Some(first) = first else {
        return Vec::new();
    };
    let mut selected: Vec<Side> = Vec::new();
    selected.push(Side {
        limit: first,
        from: Rate::ZERO,
    });
    // Step 4: the next sides are steeper. Steps 5 to 9.
    for limit in candidates {
        if limit.overhead > first.overhead {
            consider(&mut selected, limit, max_packet_rate);
        }
    }
    selected.into_iter().map(|side| side.limit).collect()
}

/// One side of the polygon, and the packet rate at which it begins.
#[derive(Clone, Copy)]
struct Side {
    limit: BitRate,
    from: Rate,
}

/// A packet rate, as a fraction, eightfold.
#[derive(Clone, Copy)]
struct Rate {
    up: u128,
    down: u128,
}

impl Rate {
    const ZERO: Self = Self { up: 0, down: 1 };

    /// The rate at which a limit leaves nothing for media; none without overhead, unless nothing
    /// may be sent at all.
    fn last_of(limit: &BitRate) -> Option<Self> {
        if limit.max_total == 0 {
            return Some(Self::ZERO);
        }
        (limit.overhead > 0).then_some(Self {
            up: u128::from(limit.max_total),
            down: u128::from(limit.overhead),
        })
    }

    /// Where two lines meet, the second being the steeper one (equation 3).
    fn of_crossing(flat: &BitRate, steep: &BitRate) -> Self {
        Self {
            up: u128::from(steep.max_total.saturating_sub(flat.max_total)),
            down: u128::from(steep.overhead.saturating_sub(flat.overhead)),
        }
    }

    /// 64 bits times 9: products fit 128.
    fn is_less_than(self, other: Self) -> bool {
        self.up.wrapping_mul(other.down) < other.up.wrapping_mul(self.down)
    }
}

/// Steps 6 to 8 for one candidate, steeper than all selected.
fn consider(selected: &mut Vec<Side>, limit: BitRate, max_packet_rate: Option<u64>) {
    while let Some(last) = selected.last().copied() {
        let crossing = Rate::of_crossing(&last.limit, &limit);
        // Step 7: the candidate is below where the last side begins, so that side is nowhere the
        // edge. The first one never goes: its rate is the lowest.
        if !last.from.is_less_than(crossing) && selected.len() > 1 {
            selected.pop();
            continue;
        }
        // Step 8: it has to cross before the region ends.
        let ends = Rate::last_of(&last.limit);
        let is_inside = ends.is_none_or(|end| crossing.is_less_than(end));
        let ends = max_packet_rate.map(|rate| Rate {
            up: u128::from(rate).wrapping_mul(8),
            down: 1,
        });
        if is_inside && ends.is_none_or(|end| crossing.is_less_than(end)) {
            selected.push(Side {
                limit,
                from: crossing,
            });
        }
        return;
    }
}

/// Whether a receiver's limit would bind, beside those that the sender said bind it: only then may
/// it be sent (§4.2.1.2).
#[must_use]
pub fn would_bind(limit: BitRate, bounding: &[BitRate], max_packet_rate: Option<u64>) -> bool {
    let others = bounding.iter().filter(|other| other.ssrc != limit.ssrc);
    let mut all: Vec<BitRate> = others.copied().collect();
    // Behind the others: what is no tighter than one that binds already does not replace it.
    all.push(limit);
    bounding_set(&all, max_packet_rate).contains(&limit)
}

#[cfg(test)]
mod tests;
