//! Time as a number the driver supplies: a monotonic [`Instant`] for deadlines, a [`UnixTime`] for
//! what is written on the wire (RFC 3261 §20.17 Date; RFC 3550 §4 NTP timestamps).

use core::ops::{Add, AddAssign};
use core::time::Duration;

/// Nanoseconds since an arbitrary zero that the driver picked; never the wall clock.
///
/// There is no `now()` and no conversion from the standard library's clock: every entry that
/// changes state takes the instant as an argument.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Instant(u64);

impl Instant {
    /// The zero itself.
    pub const ZERO: Self = Self(0);

    /// `nanos` nanoseconds after the zero.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// `millis` milliseconds after the zero, saturating.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// Nanoseconds since the zero.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not later.
    #[must_use]
    pub const fn saturating_duration_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// This much earlier; the zero if that is before it.
    #[must_use]
    pub fn saturating_sub(self, span: Duration) -> Self {
        let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_sub(nanos))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    /// Saturates: a deadline beyond 584 years is "never".
    fn add(self, span: Duration) -> Self {
        let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, span: Duration) {
        *self = *self + span;
    }
}

/// Seconds between the NTP era (1900) and the Unix era (1970).
const NTP_OFFSET: u64 = 2_208_988_800;

/// The world's time: nanoseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct UnixTime(u64);

impl UnixTime {
    /// `nanos` nanoseconds after 1970.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Whole seconds since 1970.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000_000
    }

    /// Nanoseconds since 1970.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// This much later, saturating.
    #[must_use]
    pub fn saturating_add(self, span: Duration) -> Self {
        let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }

    /// The 64-bit NTP timestamp of RFC 3550 §4: 32 bits of seconds since 1900, 32 of fraction.
    #[must_use]
    pub const fn to_ntp(self) -> u64 {
        let secs = (self.as_secs().wrapping_add(NTP_OFFSET)) & 0xffff_ffff;
        let fraction = ((self.0 % 1_000_000_000) << 32) / 1_000_000_000;
        (secs << 32) | fraction
    }
}

/// Turns instants into wall-clock times, from the last [`crate::Input::WallClock`].
///
/// Between two readings the monotonic clock carries it on; without a reading there is no answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct WallClock {
    reading: Option<(Instant, UnixTime)>,
}

impl WallClock {
    /// Notes that at `now` the world's time was `unix`.
    pub fn set(&mut self, now: Instant, unix: UnixTime) {
        self.reading = Some((now, unix));
    }

    /// The world's time at `now`, if it was ever told.
    #[must_use]
    pub fn at(&self, now: Instant) -> Option<UnixTime> {
        let (then, unix) = self.reading?;
        Some(unix.saturating_add(now.saturating_duration_since(then)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ntp_timestamp_of_a_half_second() {
        let unix = UnixTime::from_nanos(1_500_000_000);
        assert_eq!(unix.to_ntp(), ((NTP_OFFSET + 1) << 32) | 0x8000_0000);
    }

    #[test]
    fn adding_saturates() {
        assert_eq!(
            Instant::from_nanos(u64::MAX) + Duration::MAX,
            Instant::from_nanos(u64::MAX)
        );
    }

    #[test]
    fn the_wall_clock_is_carried_by_the_monotonic_one() {
        let mut clock = WallClock::default();
        assert_eq!(clock.at(Instant::ZERO), None);
        clock.set(Instant::from_millis(5), UnixTime::from_nanos(1_000_000_000));
        let later = clock.at(Instant::from_millis(1005));
        assert_eq!(later, Some(UnixTime::from_nanos(2_000_000_000)));
    }
}
