//! The circuit breaker of what this participant sends (RFC 8083 §4).

use core::time::Duration;

use super::{Session, SessionEvent, State};
use crate::rtp::circuit_breaker::{CircuitBreaker, Observation};
use crate::rtp::rtcp::ReportBlock;

impl Session {
    /// A packet of this size goes out.
    pub(super) fn watch_sending(&mut self, size: usize) {
        if self.breaker.is_none() {
            // Audio codecs can change their rate with every frame: G is 1.
            let interval = self.deterministic_interval();
            let breaker = CircuitBreaker::new(self.now, self.config.frame, 1, interval);
            self.breaker = Some(breaker);
        }
        let (packets, octets) = self.sent.unreported;
        let size = u64::try_from(size).unwrap_or(u64::MAX);
        self.sent.unreported = (packets.saturating_add(1), octets.saturating_add(size));
    }

    /// Somebody reported on what we send.
    pub(super) fn watch_report(&mut self, block: &ReportBlock, round_trip: Option<Duration>) {
        let interval = self.deterministic_interval();
        let Some(breaker) = &mut self.breaker else {
            return;
        };
        let (packets, octets) = core::mem::take(&mut self.sent.unreported);
        let seen = Observation {
            fraction_lost: block.fraction_lost,
            extended_highest_sequence: block.extended_highest_sequence,
            round_trip,
            octets,
            packets,
            interval,
            // §3: by the same algorithm from the same numbers, as far as we know them.
            reporter_interval: interval,
        };
        if let Some(why) = breaker.observe(self.now, &seen) {
            self.report_event(SessionEvent::CircuitBroken(why));
        }
    }

    /// §4.1, looked at with each report of ours: an interval more or less does not matter. Who has
    /// sent nothing for a while does not wait for reports on it.
    pub(super) fn watch_silence(&mut self) {
        if !self.we_sent() {
            self.breaker = None;
            self.sent.unreported = (0, 0);
            return;
        }
        let now = self.now;
        let tripped = self
            .breaker
            .as_mut()
            .and_then(|breaker| breaker.expire(now));
        if let Some(why) = tripped {
            self.report_event(SessionEvent::CircuitBroken(why));
        }
    }

    /// Td with the minimum of five seconds.
    fn deterministic_interval(&self) -> Duration {
        match &self.state {
            State::Member(schedule) => {
                schedule.member_timeout() / crate::rtp::interval::TIMEOUT_MULTIPLIER
            }
            State::Idle | State::Leaving { .. } | State::Ended => crate::rtp::interval::MINIMUM,
        }
    }
}
