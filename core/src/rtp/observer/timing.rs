//! How evenly packets come: the interarrival jitter (RFC 3550 A.8), and how much later than the
//! fastest of them the others were.

use core::time::Duration;

use crate::rtp::jitter::{Jitter, media_ticks};
use crate::rtp::number::Timestamp;
use crate::time::Instant;

/// A transit that differs more from the one before is a new count of the timestamp, not delay.
const PLAUSIBLE: i128 = 10_000_000_000;

/// The clock rates there are, for streams that nobody announced.
const RATES: [u32; 5] = [8_000, 16_000, 32_000, 48_000, 90_000];

/// What was measured of a stream's times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    clock_rate: u32,
    jitter: Jitter,
    pub(super) most_jitter: Duration,
    jitters: Duration,
    count: u32,
    last: Option<Last>,
    /// Transits in nanoseconds, against the first one's.
    least: i128,
    most: i128,
    transits: i128,
}

/// The packet before.
#[derive(Clone, Copy, Debug)]
struct Last {
    at: Instant,
    timestamp: Timestamp,
    transit: i128,
}

impl Timing {
    pub(super) const fn new() -> Self {
        Self {
            clock_rate: 0,
            jitter: Jitter::new(),
            most_jitter: Duration::ZERO,
            jitters: Duration::ZERO,
            count: 0,
            last: None,
            least: 0,
            most: 0,
            transits: 0,
        }
    }

    /// Takes a packet; gives the jitter after it.
    pub(super) fn take(&mut self, at: Instant, timestamp: Timestamp, clock_rate: u32) -> Duration {
        if clock_rate == 0 {
            return Duration::ZERO;
        }
        if clock_rate != self.clock_rate {
            // RFC 7160 §4.1: timestamps of two clocks say nothing of each other.
            self.clock_rate = clock_rate;
            self.jitter = Jitter::new();
            self.last = None;
        }
        self.jitter.update(media_ticks(at, clock_rate), timestamp);
        let now = self.jitter.span(clock_rate);
        self.most_jitter = self.most_jitter.max(now);
        self.jitters = self.jitters.saturating_add(now);
        self.count = self.count.saturating_add(1);
        let later = |last| self.later_by(last, at, timestamp);
        let transit = self.last.map_or(0, later);
        self.least = self.least.min(transit);
        self.most = self.most.max(transit);
        self.transits = self.transits.saturating_add(transit);
        self.last = Some(Last {
            at,
            timestamp,
            transit,
        });
        now
    }

    /// The source counts anew: the next packet has no predecessor.
    pub(super) fn restart(&mut self) {
        self.jitter.resume();
        self.last = None;
    }

    fn later_by(&self, last: Last, at: Instant, timestamp: Timestamp) -> i128 {
        let ticks = i128::from(timestamp.ticks_since(last.timestamp));
        let due = ticks
            .saturating_mul(1_000_000_000)
            .checked_div(i128::from(self.clock_rate))
            .unwrap_or(0);
        let came = i128::from(at.as_nanos()).saturating_sub(i128::from(last.at.as_nanos()));
        let change = came.saturating_sub(due);
        if change.abs() > PLAUSIBLE {
            return last.transit;
        }
        last.transit.saturating_add(change)
    }

    /// The jitter as it is, and its mean over all packets.
    pub(super) fn jitter(&self) -> (Duration, Duration) {
        let mean = self.jitters.checked_div(self.count).unwrap_or_default();
        (self.jitter.span(self.clock_rate), mean)
    }

    /// How much later than the fastest packet the others were: on average, and the slowest (RFC 5481
    /// §4.2).
    pub(super) fn delay_variation(&self) -> (Duration, Duration) {
        let mean = self.transits.checked_div(i128::from(self.count));
        let above = |transit: i128| {
            let nanos = transit.saturating_sub(self.least);
            Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
        };
        (mean.map_or(Duration::ZERO, above), above(self.most))
    }
}

/// The clock that fits best with so many ticks in so much time; the telephone's, if none does.
pub(super) fn likely_clock(ticks: i32, span: Duration) -> u32 {
    let telephone = 8_000;
    let micros = u64::try_from(span.as_micros()).unwrap_or(0);
    let ticks = u64::try_from(ticks).unwrap_or(0);
    let rate = ticks.saturating_mul(1_000_000).checked_div(micros);
    let Some(rate) = rate.filter(|rate| *rate > 0) else {
        return telephone;
    };
    // By the ratio of the larger to the smaller, in thousandths.
    let distance = |known: u32| {
        let known = u64::from(known);
        let (small, large) = (rate.min(known), rate.max(known));
        large.saturating_mul(1000).checked_div(small)
    };
    let best = RATES.into_iter().min_by_key(|known| distance(*known));
    best.unwrap_or(telephone)
}
