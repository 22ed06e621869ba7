//! When a sender has to stop because the network cannot bear it (RFC 8083 §4).
//!
//! ```text
//!  sending ──▶ Closed ── no report for 3·Td ─────────────────────────▶ RtcpTimeout
//!                │ ▲ ── reports that hear nothing new, k and more ───▶ MediaTimeout
//!                │ │ ── ten times what TCP would reach, on average ──▶ Congestion
//!                └─┘ reports that hear
//! ```
//!
//! It tells; whether to stop, or to send a tenth of it first, is the application's to say (§4.3).

use core::time::Duration;

use crate::time::Instant;

/// k: so many reports that hear nothing new before the path is taken for dead (§4.2).
const NON_REPORTING: u32 = 5;
/// Reports kept: CB_INTERVAL is rarely above a dozen, and no more than this many are averaged.
const HISTORY: usize = 32;

/// Which condition holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Tripped {
    /// Nobody reports on what we send (§4.1).
    RtcpTimeout,
    /// Reports come, and what we send does not arrive (§4.2).
    MediaTimeout,
    /// We send more than ten times what a TCP connection could on this path (§4.3).
    Congestion,
}

/// One report on our stream, and how we sent meanwhile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Observation {
    /// Lost since the report before, in 1/256.
    pub fraction_lost: u8,
    /// The highest sequence number received, with its cycles.
    pub extended_highest_sequence: u32,
    /// The round trip, if the report tells one.
    pub round_trip: Option<Duration>,
    /// Octets sent since the report before, headers of RTP included.
    pub octets: u64,
    /// Packets they were in.
    pub packets: u32,
    /// Td: our deterministic interval.
    pub interval: Duration,
    /// Tdr: the reporter's deterministic interval, as far as we can tell.
    pub reporter_interval: Duration,
}

/// The state for one stream that is sent.
#[derive(Clone, Debug)]
pub struct CircuitBreaker {
    /// Tf.
    frame: Duration,
    /// G.
    group: u32,
    /// Tr.
    round_trip: Option<Duration>,
    last_report: Instant,
    interval: Duration,
    highest: Option<u32>,
    unheard: u32,
    media_timeout: u32,
    history: History,
    is_timed_out: bool,
}

impl CircuitBreaker {
    /// Begins to watch, as sending begins. `frame` is the interval between frames (Tf), `group`
    /// how many have to pass before the codec can change its rate (G); `interval` is Td.
    #[must_use]
    pub fn new(now: Instant, frame: Duration, group: u32, interval: Duration) -> Self {
        let mut breaker = Self {
            frame,
            group: group.max(1),
            round_trip: None,
            last_report: now,
            interval,
            highest: None,
            unheard: 0,
            media_timeout: 0,
            history: History::default(),
            is_timed_out: false,
        };
        breaker.media_timeout = breaker.media_timeout_of(interval);
        breaker
    }

    /// When [`CircuitBreaker::expire`] is to be asked again.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let due = self.last_report + self.interval.saturating_mul(3);
        (!self.is_timed_out).then_some(due)
    }

    /// §4.1: for three intervals nobody has reported on what we send. Told once, until a report comes.
    pub fn expire(&mut self, now: Instant) -> Option<Tripped> {
        if self.deadline().is_none_or(|due| now < due) {
            return None;
        }
        self.is_timed_out = true;
        Some(Tripped::RtcpTimeout)
    }

    /// Takes one report on our stream.
    pub fn observe(&mut self, now: Instant, seen: &Observation) -> Option<Tripped> {
        let since = now.saturating_duration_since(self.last_report);
        self.last_report = now;
        self.interval = seen.interval;
        self.is_timed_out = false;
        if let Some(new) = seen.round_trip {
            self.round_trip = Some(self.round_trip.map_or(new, |old| smoothed(old, new)));
        }
        let tripped = self
            .watch_media(seen)
            .or_else(|| self.watch_loss(since, seen));
        if tripped.is_some() {
            // What was seen has been told; the next one is about what comes now.
            self.history = History::default();
            self.unheard = 0;
        }
        tripped
    }

    /// §4.2.
    fn watch_media(&mut self, seen: &Observation) -> Option<Tripped> {
        let hears = self.highest != Some(seen.extended_highest_sequence);
        self.highest = Some(seen.extended_highest_sequence);
        let limit = self.media_timeout_of(seen.reporter_interval);
        if hears || seen.packets == 0 {
            // Cancelled, or nothing was sent that could have been heard; and set anew.
            self.unheard = 0;
            self.media_timeout = limit;
            return None;
        }
        // Reconsidered: it grows, and does not shrink.
        self.media_timeout = self.media_timeout.max(limit);
        self.unheard = self.unheard.saturating_add(1);
        (self.unheard >= self.media_timeout).then_some(Tripped::MediaTimeout)
    }

    /// MEDIA_TIMEOUT: k reports, or more where packets or round trips are rarer than reports.
    fn media_timeout_of(&self, reporter: Duration) -> u32 {
        let longest = self
            .frame
            .max(self.round_trip.unwrap_or_default())
            .max(reporter);
        let span = micros(longest).saturating_mul(u64::from(NON_REPORTING));
        let reports = span.div_ceil(micros(reporter).max(1));
        u32::try_from(reports)
            .unwrap_or(u32::MAX)
            .max(NON_REPORTING)
    }

    /// §4.3.
    fn watch_loss(&mut self, since: Duration, seen: &Observation) -> Option<Tripped> {
        self.history.push(seen.fraction_lost, since);
        let round_trip = self.round_trip?;
        // At least a packet every max(Tdr, Tr): below, fractions of few packets say little.
        let slowest = seen.reporter_interval.max(round_trip);
        let spacing = since.checked_div(seen.packets)?;
        let wanted = self.reports_averaged(round_trip, seen);
        if spacing > slowest || self.history.count < wanted {
            return None;
        }
        let (lost, total) = self.history.latest(wanted);
        exceeds(seen, since, round_trip, lost, total).then_some(Tripped::Congestion)
    }

    /// CB_INTERVAL, in reports: three of them, ten round trips, ten groups of frames.
    fn reports_averaged(&self, round_trip: Duration, seen: &Observation) -> usize {
        let reporter = micros(seen.reporter_interval).max(1);
        let groups = micros(self.frame).saturating_mul(u64::from(self.group));
        let long = groups
            .max(micros(round_trip))
            .saturating_mul(10)
            .max(reporter.saturating_mul(3));
        let bound = micros(seen.interval).saturating_mul(3).max(15_000_000);
        // ceil(3·min(…) / (3·Tdr)).
        let reports = long.min(bound).div_ceil(reporter);
        usize::try_from(reports)
            .unwrap_or(HISTORY)
            .clamp(1, HISTORY)
    }
}

/// Tr: four parts of the old value and one of the new (§3).
fn smoothed(old: Duration, new: Duration) -> Duration {
    let sum = old.saturating_mul(4).saturating_add(new);
    sum.checked_div(5).unwrap_or(sum)
}

/// Fractions lost and the spans they are about, the latest in front: no allocation per report.
#[derive(Clone, Copy, Debug, Default)]
struct History {
    reports: [(u8, u64); HISTORY],
    count: usize,
}

impl History {
    fn push(&mut self, fraction: u8, span: Duration) {
        self.reports.rotate_right(1);
        if let Some(first) = self.reports.first_mut() {
            *first = (fraction, micros(span));
        }
        self.count = self.count.saturating_add(1).min(HISTORY);
    }

    /// The average of the latest ones as a fraction, each weighted with its span.
    fn latest(&self, count: usize) -> (u64, u64) {
        let latest = self.reports.iter().take(count);
        latest.fold((0, 0), |(lost, total), (fraction, span)| {
            let lost_now = span.saturating_mul(u64::from(*fraction));
            (
                lost.saturating_add(lost_now),
                total.saturating_add(span.saturating_mul(256)),
            )
        })
    }
}

/// Whether the rate is above ten times s / (Tr·√(2·b·p/3)), with b = 1 and p = lost / total: both
/// sides squared, in integers.
fn exceeds(
    seen: &Observation,
    since: Duration,
    round_trip: Duration,
    lost: u64,
    total: u64,
) -> bool {
    let Some(size) = seen.octets.checked_div(u64::from(seen.packets)) else {
        return false;
    };
    let octets = seen.octets.saturating_mul(1_000_000);
    let Some(rate) = octets.checked_div(micros(since)) else {
        return false;
    };
    // p in parts of a million, so that nothing overflows.
    let loss = lost
        .saturating_mul(1_000_000)
        .checked_div(total)
        .unwrap_or(0);
    // rate · Tr in octets: what is under way. (rate·Tr)²·2p ≥ 3·(10·s)².
    let under_way = rate.saturating_mul(micros(round_trip)) / 1_000_000;
    let square = |octets: u64| u128::from(octets).saturating_mul(octets.into());
    let left = square(under_way).saturating_mul(u128::from(loss).saturating_mul(2));
    left > square(size).saturating_mul(300_000_000)
}

/// A span in microseconds, which 64 bits hold for half a million years: divisions of more are dear on
/// small machines.
fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
