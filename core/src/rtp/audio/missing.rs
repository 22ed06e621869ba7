//! Which packets have not come, and when to ask for them (RFC 4588 §6.3).

use alloc::vec::Vec;
use core::time::Duration;

use super::retransmission::Asker;
use crate::rtp::jitter::span_of;
use crate::rtp::number::{SequenceNumber, Timestamp};
use crate::time::Instant;

/// Packets missing at once: more than that is an outage, which nobody repairs.
const MOST: usize = 64;
/// A packet may be overtaken by so much before it counts as lost.
const REORDERED: Duration = Duration::from_millis(10);
/// How often one is asked for at most: the first request may be lost, or its answer.
const MOST_TIMES: u8 = 3;
/// The round trip, as long as nobody knows it.
const ROUND_TRIP: Duration = Duration::from_millis(100);
/// How much later than a round trip an answer may come before it is asked for again.
const SLACK: Duration = Duration::from_millis(20);

/// A packet that has not come.
#[derive(Clone, Copy, Debug)]
struct Gap {
    sequence: u32,
    /// When it is to be asked for next; `None` if it is not any more, though it may still come.
    ask: Option<Instant>,
    /// When it is of no use any more.
    until: Instant,
    times: u8,
}

/// What is missing of one source.
#[derive(Debug)]
pub(super) struct Missing {
    /// How much longer packets wait to be played.
    wait: Duration,
    highest: Option<(u32, Timestamp)>,
    /// In order.
    gaps: Vec<Gap>,
}

impl Missing {
    pub(super) fn new(wait: Duration) -> Self {
        Self {
            wait,
            highest: None,
            gaps: Vec::with_capacity(MOST),
        }
    }
}

impl Asker for Missing {
    fn received(&mut self, now: Instant, sequence: u32, timestamp: Timestamp, clock_rate: u32) {
        let Some((highest, before)) = self.highest else {
            self.highest = Some((sequence, timestamp));
            return;
        };
        let ahead = sequence.wrapping_sub(highest) as i32;
        let Ok(ahead) = u32::try_from(ahead) else {
            return self.repaired(sequence);
        };
        self.highest = Some((sequence, timestamp));
        let lost = ahead.saturating_sub(1);
        if usize::try_from(lost).unwrap_or(MOST) > MOST.saturating_sub(self.gaps.len()) {
            return;
        }
        // Those in between lie evenly between their neighbours, and would have come as evenly.
        let ticks = u64::try_from(timestamp.ticks_since(before)).unwrap_or(0);
        let each = span_of(ticks.checked_div(u64::from(ahead)).unwrap_or(0), clock_rate);
        for back in (1..=lost).rev() {
            let since = each.saturating_mul(back);
            self.gaps.push(Gap {
                sequence: sequence.wrapping_sub(back),
                ask: Some(now + REORDERED),
                until: now + self.wait.saturating_sub(since),
                times: 0,
            });
        }
    }

    fn repaired(&mut self, sequence: u32) {
        self.gaps.retain(|gap| gap.sequence != sequence);
    }

    fn take(&mut self, original: SequenceNumber) -> Option<u32> {
        let is_it = |gap: &Gap| gap.sequence as u16 == original.as_u16() && gap.times > 0;
        let at = self.gaps.iter().position(is_it)?;
        Some(self.gaps.remove(at).sequence)
    }

    fn due(
        &mut self,
        now: Instant,
        round_trip: Option<Duration>,
        out: &mut [SequenceNumber],
    ) -> usize {
        self.gaps.retain(|gap| gap.until > now);
        let trip = round_trip.unwrap_or(ROUND_TRIP);
        let mut places = out.iter_mut();
        let mut count = 0_usize;
        for gap in &mut self.gaps {
            if gap.ask.is_none_or(|ask| ask > now) {
                continue;
            }
            // What cannot be back in time is not asked for (§6.3).
            let is_in_time = round_trip.is_none_or(|trip| now + trip <= gap.until);
            if !is_in_time || gap.times >= MOST_TIMES {
                gap.ask = None;
                continue;
            }
            let Some(place) = places.next() else {
                break;
            };
            *place = SequenceNumber::new(gap.sequence as u16);
            gap.times = gap.times.saturating_add(1);
            gap.ask = Some(now + trip.saturating_add(SLACK));
            count = count.saturating_add(1);
        }
        count
    }

    fn deadline(&self) -> Option<Instant> {
        self.gaps.iter().filter_map(|gap| gap.ask).min()
    }

    fn restart(&mut self) {
        self.highest = None;
        self.gaps.clear();
    }
}
