//! How long to wait before a flow that failed is formed again (RFC 5626 §4.5).

use core::time::Duration;

use crate::rng::Rng;

/// The three times of RFC 5626 §4.5.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BackOff {
    /// The base while no flow to any next hop works.
    pub base_all_failed: Duration,
    /// The base while another flow still works.
    pub base_not_all_failed: Duration,
    /// The upper bound of a wait.
    pub longest: Duration,
}

impl Default for BackOff {
    fn default() -> Self {
        Self {
            base_all_failed: Duration::from_secs(30),
            base_not_all_failed: Duration::from_secs(90),
            longest: Duration::from_secs(1800),
        }
    }
}

impl BackOff {
    /// The least and the longest wait after so many failures in a row; none before the first.
    #[must_use]
    pub fn bounds(&self, failures: u32, all_failed: bool) -> (Duration, Duration) {
        if failures == 0 {
            return (Duration::ZERO, Duration::ZERO);
        }
        let base = if all_failed {
            self.base_all_failed
        } else {
            self.base_not_all_failed
        };
        let factor = 2_u32.saturating_pow(failures);
        let upper = base.saturating_mul(factor).min(self.longest);
        (upper / 2, upper)
    }

    /// How long to wait: between half and all of the upper bound, each as likely as any other.
    pub fn wait(&self, failures: u32, all_failed: bool, rng: &mut Rng) -> Duration {
        let (least, longest) = self.bounds(failures, all_failed);
        between(least, longest, rng)
    }
}

/// A span between two, both possible.
pub(super) fn between(least: Duration, longest: Duration, rng: &mut Rng) -> Duration {
    let spread = longest.saturating_sub(least).as_nanos();
    let spread = u64::try_from(spread).unwrap_or(u64::MAX);
    least.saturating_add(Duration::from_nanos(rng.below(spread.saturating_add(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds at least and at most.
    type Range = (u64, u64);

    /// RFC 5626 Appendix A: failures, and the range if all flows failed or not all; the last row
    /// stands for all that follow.
    const TABLE: [(u32, Range, Range); 7] = [
        (0, (0, 0), (0, 0)),
        (1, (30, 60), (90, 180)),
        (2, (60, 120), (180, 360)),
        (3, (120, 240), (360, 720)),
        (4, (240, 480), (720, 1440)),
        (5, (480, 960), (900, 1800)),
        (6, (900, 1800), (900, 1800)),
    ];

    #[test]
    fn the_waits_are_those_of_the_table() {
        let back_off = BackOff::default();
        let secs = |(least, longest)| (Duration::from_secs(least), Duration::from_secs(longest));
        for (failures, all, some) in TABLE {
            assert_eq!(back_off.bounds(failures, true), secs(all), "{failures}");
            assert_eq!(back_off.bounds(failures, false), secs(some), "{failures}");
        }
        for failures in [7, 31, 32, u32::MAX] {
            assert_eq!(back_off.bounds(failures, true), secs((900, 1800)));
        }
    }

    #[test]
    fn a_wait_is_drawn_from_all_of_its_range() {
        let back_off = BackOff::default();
        let mut rng = Rng::from_seed([4; 32]);
        let waits: alloc::vec::Vec<Duration> =
            (0..200).map(|_| back_off.wait(1, true, &mut rng)).collect();
        let range = Duration::from_secs(30)..=Duration::from_secs(60);
        assert!(waits.iter().all(|wait| range.contains(wait)));
        assert!(waits.iter().min().unwrap() < &Duration::from_secs(33));
        assert!(waits.iter().max().unwrap() > &Duration::from_secs(57));
    }
}
