//! The clock of a driver: nanoseconds since it was built, and the world's time beside them.

use std::time::{Duration, Instant, SystemTime};

use offhook::UnixTime;

/// How far the world's time may drift from the monotonic clock before machines are told again.
const STEP_NANOS: u64 = 500_000_000;
/// How often the two are compared.
const COMPARE_NANOS: u64 = 1_000_000_000;

/// Reads the time for machines, which never do.
#[derive(Debug)]
pub(crate) struct Clock {
    origin: Instant,
    /// The world's time at `origin`, as machines were last told.
    epoch: u64,
    compared: u64,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            origin: Instant::now(),
            epoch: unix_nanos(),
            compared: 0,
        }
    }

    /// The instant machines are given.
    pub(crate) fn now(&self) -> offhook::Instant {
        self.convert(Instant::now())
    }

    /// An instant of the standard library as machines know it; one before the driver was built is
    /// zero.
    pub(crate) fn convert(&self, at: Instant) -> offhook::Instant {
        let nanos = at.saturating_duration_since(self.origin).as_nanos();
        offhook::Instant::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// An instant of the machines' as the standard library knows it; `None` if it is too far off
    /// to be known.
    #[allow(
        dead_code,
        reason = "one selector counts in instants, the other in durations"
    )]
    pub(crate) fn revert(&self, at: offhook::Instant) -> Option<Instant> {
        self.origin.checked_add(Duration::from_nanos(at.as_nanos()))
    }

    /// The world's time at `now`, carried by the monotonic clock.
    pub(crate) fn unix(&self, now: offhook::Instant) -> UnixTime {
        UnixTime::from_nanos(self.epoch.saturating_add(now.as_nanos()))
    }

    /// The world's time if it has been set since machines were last told. Looks once a second.
    pub(crate) fn stepped(&mut self, now: offhook::Instant) -> Option<UnixTime> {
        if now.as_nanos().saturating_sub(self.compared) < COMPARE_NANOS {
            return None;
        }
        self.compared = now.as_nanos();
        self.compare(now, unix_nanos())
    }

    fn compare(&mut self, now: offhook::Instant, unix: u64) -> Option<UnixTime> {
        if self.unix(now).as_nanos().abs_diff(unix) < STEP_NANOS {
            return None;
        }
        self.epoch = unix.saturating_sub(now.as_nanos());
        Some(UnixTime::from_nanos(unix))
    }
}

fn unix_nanos() -> u64 {
    // A machine whose clock stands before 1970 has no world's time worth telling.
    SystemTime::UNIX_EPOCH
        .elapsed()
        .ok()
        .and_then(|since| u64::try_from(since.as_nanos()).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_of_the_wall_clock_is_told_once() {
        let mut clock = Clock::new();
        let now = offhook::Instant::from_millis(3_000);
        let unix = clock.unix(now).as_nanos();
        assert_eq!(clock.compare(now, unix + STEP_NANOS / 2), None);
        let hour_later = unix + 3_600_000_000_000;
        let told = clock.compare(now, hour_later);
        assert_eq!(told, Some(UnixTime::from_nanos(hour_later)));
        assert_eq!(clock.unix(now).as_nanos(), hour_later);
        assert_eq!(clock.compare(now, hour_later), None);
    }

    #[test]
    fn an_instant_before_the_driver_was_built_is_zero() {
        let early = Instant::now();
        std::thread::sleep(Duration::from_millis(2));
        let clock = Clock::new();
        assert_eq!(clock.convert(early), offhook::Instant::ZERO);
        assert!(clock.now() < offhook::Instant::from_millis(60_000));
    }
}
