//! How long each timer runs (RFC 3261 Appendix A, Table 4, completed by RFC 6026 §8.11).

use core::time::Duration;

use super::timer::Timer;
use crate::machine::Transport;

/// The three numbers every transaction timer is made of, and the two that stand on their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timings {
    /// The estimate of the round-trip time (§17.1.1.1).
    pub t1: Duration,
    /// The longest interval between retransmissions of non-INVITE requests and of responses to
    /// INVITE (§17.1.2.2).
    pub t2: Duration,
    /// The longest time a message stays in the network (§17.1.2.2).
    pub t4: Duration,
    /// Timer C: how long a proxy lets an INVITE ring between provisional responses. More than
    /// three minutes (§16.6 step 11).
    pub c: Duration,
    /// How long a user may think about an INVITE before the transaction says 100 for it
    /// (§17.2.1).
    pub trying: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
            c: Duration::from_secs(185),
            trying: Duration::from_millis(200),
        }
    }
}

/// Timer D does not shrink with T1: the other end's T1 is not known here (RFC 6026 §8.4).
const D_MIN: Duration = Duration::from_secs(32);

impl Timings {
    /// 64·T1: how long either end of a transaction keeps trying.
    #[must_use]
    pub const fn give_up(&self) -> Duration {
        self.t1.saturating_mul(64)
    }

    /// What `timer` is first set to over `transport`.
    #[must_use]
    pub fn first(&self, timer: Timer, transport: Transport) -> Duration {
        let on_unreliable = |span| {
            if transport.is_reliable() {
                Duration::ZERO
            } else {
                span
            }
        };
        match timer {
            Timer::A | Timer::E | Timer::G => self.t1,
            Timer::B | Timer::F | Timer::H | Timer::L | Timer::M | Timer::Cancelled => {
                self.give_up()
            }
            Timer::D => on_unreliable(self.give_up().max(D_MIN)),
            Timer::I | Timer::K => on_unreliable(self.t4),
            Timer::J => on_unreliable(self.give_up()),
            Timer::Trying => self.trying,
            Timer::LateTrying => self.until_e_reaches_t2(),
            Timer::Abandon => self.give_up().saturating_add(self.t4),
        }
    }

    /// The interval after `interval` of a timer that doubles up to T2: E in Trying, G, and a
    /// user's own repetition of a 2xx (§17.1.2.2, §17.2.1, §13.3.1.4).
    #[must_use]
    pub fn doubled(&self, interval: Duration) -> Duration {
        interval.saturating_mul(2).min(self.t2)
    }

    /// How long after its request a client's Timer E is first set to T2 (RFC 4320 §4.1).
    #[must_use]
    pub fn until_e_reaches_t2(&self) -> Duration {
        let mut elapsed = self.t1;
        let mut interval = self.t1;
        // With T1 zero the doubling would never arrive.
        for _ in 0..64 {
            interval = self.doubled(interval);
            if interval >= self.t2 {
                break;
            }
            elapsed = elapsed.saturating_add(interval);
        }
        elapsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Timings = Timings {
        t1: Duration::from_millis(500),
        t2: Duration::from_secs(4),
        t4: Duration::from_secs(5),
        c: Duration::from_secs(185),
        trying: Duration::from_millis(200),
    };

    #[test]
    fn the_defaults_are_those_of_the_appendix() {
        assert_eq!(Timings::default(), T);
        assert!(T.c > Duration::from_secs(180));
    }

    #[test]
    fn every_row_of_table_4_and_its_completion() {
        let rows = [
            (Timer::A, 500, 500),
            (Timer::B, 32_000, 32_000),
            (Timer::D, 32_000, 0),
            (Timer::E, 500, 500),
            (Timer::F, 32_000, 32_000),
            (Timer::G, 500, 500),
            (Timer::H, 32_000, 32_000),
            (Timer::I, 5_000, 0),
            (Timer::J, 32_000, 0),
            (Timer::K, 5_000, 0),
            (Timer::L, 32_000, 32_000),
            (Timer::M, 32_000, 32_000),
        ];
        for (timer, udp, tcp) in rows {
            assert_eq!(
                T.first(timer, Transport::Udp),
                Duration::from_millis(udp),
                "{timer:?} over UDP"
            );
            assert_eq!(
                T.first(timer, Transport::Tcp),
                Duration::from_millis(tcp),
                "{timer:?} over TCP"
            );
        }
    }

    #[test]
    fn everything_else_scales_with_t1_but_not_timer_d() {
        let quick = Timings {
            t1: Duration::from_millis(10),
            ..T
        };
        assert_eq!(quick.first(Timer::B, Transport::Udp).as_millis(), 640);
        assert_eq!(quick.first(Timer::D, Transport::Udp).as_secs(), 32);
        let slow = Timings {
            t1: Duration::from_secs(1),
            ..T
        };
        assert_eq!(slow.first(Timer::D, Transport::Udp).as_secs(), 64);
    }

    #[test]
    fn timer_e_reaches_t2_after_three_and_a_half_seconds() {
        assert_eq!(T.until_e_reaches_t2(), Duration::from_millis(3_500));
        let frozen = Timings {
            t1: Duration::ZERO,
            ..T
        };
        assert_eq!(frozen.until_e_reaches_t2(), Duration::ZERO);
    }
}
