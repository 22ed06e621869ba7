//! The interarrival jitter (RFC 3550 §6.4.1, A.8), in integers.

use core::time::Duration;

use super::number::Timestamp;
use crate::time::Instant;

/// The running estimate for one source.
///
/// Kept sixteen times too large, as A.8 has it for integers: J += |D| − ((J + 8) >> 4).
#[derive(Clone, Copy, Debug, Default)]
pub struct Jitter {
    transit: Option<u32>,
    scaled: u64,
}

impl Jitter {
    /// Nothing received yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            transit: None,
            scaled: 0,
        }
    }

    /// Takes one packet: its timestamp, and when it came on the same clock.
    #[inline]
    pub fn update(&mut self, arrival: u32, timestamp: Timestamp) {
        let transit = arrival.wrapping_sub(timestamp.as_u32());
        if let Some(before) = self.transit {
            let difference = (transit.wrapping_sub(before) as i32).unsigned_abs();
            self.scaled = self
                .scaled
                .wrapping_add(u64::from(difference))
                .wrapping_sub(self.scaled.wrapping_add(8) >> 4);
        }
        self.transit = Some(transit);
    }

    /// Forgets the last packet but not the estimate: the next one is from another stream of time.
    pub fn resume(&mut self) {
        self.transit = None;
    }

    /// The estimate in ticks of the media clock, as a report block carries it.
    #[must_use]
    pub fn ticks(&self) -> u32 {
        u32::try_from(self.scaled >> 4).unwrap_or(u32::MAX)
    }

    /// The estimate as a span of time, its sixteenths of a tick included.
    #[must_use]
    pub fn span(&self, clock_rate: u32) -> Duration {
        span_of(self.scaled, clock_rate.saturating_mul(16))
    }
}

/// An instant on a media clock of `clock_rate` ticks a second, modulo 2^32.
#[must_use]
pub(crate) fn media_ticks(now: Instant, clock_rate: u32) -> u32 {
    ticks_of(Duration::from_nanos(now.as_nanos()), clock_rate) as u32
}

/// How many whole ticks of the media clock a span takes.
#[must_use]
pub(crate) fn ticks_of(span: Duration, clock_rate: u32) -> u64 {
    let rate = u64::from(clock_rate);
    let whole = span.as_secs().wrapping_mul(rate);
    let part = u64::from(span.subsec_nanos()).wrapping_mul(rate) / 1_000_000_000;
    whole.wrapping_add(part)
}

/// How long so many ticks of the media clock take.
#[must_use]
pub(crate) fn span_of(ticks: u64, clock_rate: u32) -> Duration {
    let rate = u64::from(clock_rate.max(1));
    let seconds = ticks.checked_div(rate).unwrap_or(0);
    let rest = ticks.checked_rem(rate).unwrap_or(0);
    let nanos = rest
        .wrapping_mul(1_000_000_000)
        .checked_div(rate)
        .unwrap_or(0);
    Duration::from_secs(seconds).saturating_add(Duration::from_nanos(nanos))
}

#[cfg(test)]
mod tests;
