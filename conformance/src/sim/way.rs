//! One way between two hosts, in one direction: what it remembers of the datagrams before.

use std::time::Duration;

use offhook::Instant;

use super::chance::Chance;
use super::faults::{Burst, Faults};

/// What a way between two hosts remembers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Way {
    /// It is in a burst of losses.
    bad: bool,
    /// What was sent before has left by then.
    free: Instant,
}

impl Way {
    /// Whether the next datagram is lost in a burst.
    pub(super) fn bursts(&mut self, chance: &mut Chance, burst: Burst) -> bool {
        let turns = if self.bad { burst.end } else { burst.begin };
        self.bad ^= chance.happens(turns);
        let lost = chance.happens(burst.loss);
        self.bad && lost
    }

    /// How long so many bytes wait for those before them, and take to leave; none if too many
    /// bytes wait already.
    pub(super) fn line_up(
        &mut self,
        now: Instant,
        faults: &Faults,
        bytes: usize,
    ) -> Option<Duration> {
        let waiting = self.free.saturating_duration_since(now);
        if faults.bandwidth == 0 {
            return Some(Duration::ZERO);
        }
        if waiting > span(faults.queue, faults.bandwidth) {
            return None;
        }
        let wait = waiting + span(bytes as u64, faults.bandwidth);
        self.free = now + wait;
        Some(wait)
    }
}

/// How long so many bytes take.
fn span(bytes: u64, bandwidth: u64) -> Duration {
    let nanos = u128::from(bytes) * 1_000_000_000;
    let nanos = nanos.checked_div(bandwidth.into()).unwrap_or(0);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
