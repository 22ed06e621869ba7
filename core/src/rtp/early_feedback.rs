//! When feedback goes out (RFC 4585 §3.5): early if that is allowed, with the next regular report
//! otherwise, and not at all if it would come too late.
//!
//! ```text
//!            event                              te reached
//!  Nothing ────────▶ Early(te), after a dither ───────────▶ sent: tn = tp + 2·T_rr, no other
//!     │                │ another said the same               early one until tn
//!     │                ▼
//!     │             Nothing
//!     └────────────▶ Regular: tn is near, or an early one went out and tn is near enough
//!                      │ tn reached
//!                      ▼
//!                   sent with the regular report; early ones are allowed again
//! ```
//!
//! The messages themselves stay with the caller: this says when, and keeps tp, tn and T_rr as the
//! caller's schedule computes them, with the minimum that [`EarlyFeedback::minimum`] says.

use core::time::Duration;

use super::interval::Planned;
use crate::time::Instant;

/// One participant's feedback timing: the variables of §3.4, under their names.
#[derive(Clone, Debug)]
pub struct EarlyFeedback {
    config: FeedbackTiming,
    tp: Instant,
    tn: Instant,
    t_rr: Duration,
    allow_early: bool,
    /// `None` is the RFC's NaN: no regular report went out yet.
    t_rr_last: Option<Instant>,
    waiting: Waiting,
}

/// What does not change during a session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FeedbackTiming {
    /// Whether there are two members and will be no more: no dither then.
    pub is_point_to_point: bool,
    /// T_max_fb_delay: feedback older than this is of no use.
    pub max_delay: Duration,
    /// T_rr_interval: regular reports come no more often than this, about; zero sets no bound.
    pub regular_interval: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Waiting {
    Nothing,
    Early(Instant),
    Regular,
}

/// What is to be done with a feedback message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Handling {
    /// Keep it for a packet of its own at this instant, te.
    Early(Instant),
    /// Keep it for what is waiting already: the packet's time does not change.
    Merge,
    /// Keep it for the regular report at tn.
    Regular,
    /// Forget it: it would come too late.
    Discard,
}

/// What goes out when tn is reached.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RegularAction {
    /// The whole regular report, with the feedback that waits.
    Report,
    /// The feedback that waits, in a packet of reduced or whole size.
    Feedback,
    /// Nothing: T_rr_interval has not passed.
    Suppress,
}

impl EarlyFeedback {
    /// Joins a session at `now`, with the first regular report planned `t_rr` later.
    #[must_use]
    pub fn new(now: Instant, t_rr: Duration, config: FeedbackTiming) -> Self {
        Self {
            config,
            tp: now,
            tn: now + t_rr,
            t_rr,
            allow_early: true,
            t_rr_last: None,
            waiting: Waiting::Nothing,
        }
    }

    /// Tmin for computing the interval (§3.4 d, §3.5.1): a second before the first report of a
    /// group, to see how large it is, and nothing from then on.
    #[must_use]
    pub const fn minimum(&self) -> Duration {
        match self.t_rr_last {
            None if !self.config.is_point_to_point => Duration::from_secs(1),
            None | Some(_) => Duration::ZERO,
        }
    }

    /// tn: when the next regular report is due.
    #[must_use]
    pub const fn regular_due(&self) -> Instant {
        self.tn
    }

    /// te or tn, whichever comes first.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        match self.waiting {
            Waiting::Early(te) => te.min(self.tn),
            Waiting::Nothing | Waiting::Regular => self.tn,
        }
    }

    /// The timer was reconsidered (RFC 3550 §6.3.6), or members have come or left: tp, tn and T_rr
    /// anew.
    pub fn reschedule(&mut self, planned: Planned) {
        self.tp = planned.previous;
        self.tn = planned.next;
        self.t_rr = planned.interval;
    }

    /// tp, tn and T_rr.
    #[must_use]
    pub const fn planned(&self) -> Planned {
        Planned {
            previous: self.tp,
            next: self.tn,
            interval: self.t_rr,
        }
    }

    /// te, if a packet waits to go out early.
    #[must_use]
    pub const fn early_due(&self) -> Option<Instant> {
        match self.waiting {
            Waiting::Early(te) => Some(te),
            Waiting::Nothing | Waiting::Regular => None,
        }
    }

    /// Something is to be reported (§3.5.2). `random` is spread evenly over all its values.
    pub fn event(&mut self, t0: Instant, random: u32) -> Handling {
        // Step 2a.
        if self.waiting != Waiting::Nothing {
            return Handling::Merge;
        }
        // Step 2b: half a regular interval in a group, so that others may say it first.
        let dither = if self.config.is_point_to_point {
            Duration::ZERO
        } else {
            part(self.t_rr, HALF)
        };
        // Step 3: the regular report is as good.
        if t0 + dither > self.tn {
            self.waiting = Waiting::Regular;
            return Handling::Regular;
        }
        // Step 4a: this participant has had its early packet.
        if !self.allow_early {
            if self.tn.saturating_duration_since(t0) < self.config.max_delay {
                self.waiting = Waiting::Regular;
                return Handling::Regular;
            }
            return Handling::Discard;
        }
        // Step 4b.
        let te = t0 + part(dither, random);
        self.waiting = Waiting::Early(te);
        Handling::Early(te)
    }

    /// Another member has said all that was waiting (step 5a): it is to be forgotten.
    pub fn overheard(&mut self) {
        self.waiting = Waiting::Nothing;
    }

    /// Whether the early packet is due: to be sent, then [`EarlyFeedback::early_sent`].
    #[must_use]
    pub fn is_early_due(&self, now: Instant) -> bool {
        matches!(self.waiting, Waiting::Early(te) if te <= now)
    }

    /// The early packet went out (step 6): one regular report is skipped for it, and there is no
    /// other early one before that time.
    pub fn early_sent(&mut self) {
        self.waiting = Waiting::Nothing;
        self.allow_early = false;
        let previous = self.tn;
        self.tn = self.tp + self.t_rr.saturating_mul(2);
        self.tp = previous;
    }

    /// tn was reached, after reconsideration (§3.5.3). `random` is spread evenly over all its
    /// values. Afterwards the caller computes T_rr and calls [`EarlyFeedback::regular_done`].
    #[must_use]
    pub fn regular(&self, random: u32) -> RegularAction {
        let Some(last) = self
            .t_rr_last
            .filter(|_| !self.config.regular_interval.is_zero())
        else {
            return RegularAction::Report;
        };
        // Between half and one and a half times T_rr_interval.
        let interval = self.config.regular_interval;
        let current = part(interval, HALF).saturating_add(part(interval, random));
        if last + current <= self.tn {
            return RegularAction::Report;
        }
        match self.waiting {
            Waiting::Nothing => RegularAction::Suppress,
            Waiting::Early(_) | Waiting::Regular => RegularAction::Feedback,
        }
    }

    /// What [`EarlyFeedback::regular`] said was done, and the interval was drawn anew.
    pub fn regular_done(&mut self, action: RegularAction, t_rr: Duration) {
        match action {
            RegularAction::Report => {
                self.t_rr_last = Some(self.tn);
                self.waiting = Waiting::Nothing;
            }
            RegularAction::Feedback => self.waiting = Waiting::Nothing,
            RegularAction::Suppress => {}
        }
        // In all cases.
        self.allow_early = true;
        self.tp = self.tn;
        self.t_rr = t_rr;
        self.tn = self.tp + t_rr;
    }
}

/// For [`part`]: the middle of all values.
const HALF: u32 = 1 << 31;

/// The part of a span that `random` is of all its values.
fn part(span: Duration, random: u32) -> Duration {
    let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    let scaled = u128::from(nanos).wrapping_mul(u128::from(random)) >> 32;
    Duration::from_nanos(scaled as u64)
}

#[cfg(test)]
mod tests;
