//! The subscriber's view of one subscription (RFC 6665 §4.1.2).
//!
//! ```text
//!               SUBSCRIBE sent
//!                     │
//!               ┌─────▼──────┐  Timer N, refusal, NOTIFY terminated
//!        ┌──────┤ NotifyWait ├──────────────────────────────┐
//! NOTIFY │      └─────┬──────┘                              │
//! active │            │ NOTIFY pending                      │
//!        │      ┌─────▼──────┐  NOTIFY terminated, no       │
//!        │      │  Pending   ├──refresh, Timer N, refusal ──┤
//!        │      └─────┬──────┘  that ends it                │
//!        │            │ NOTIFY active                       │
//!        │      ┌─────▼──────┐  the same              ┌─────▼──────┐
//!        └──────▶   Active   ├────────────────────────▶ Terminated │
//!               └────────────┘                        └────────────┘
//! ```

use core::time::Duration;

use super::{Retry, ends_subscription};
use crate::sip::header::{SubscriptionState, Substate};
use crate::sip::message::StatusCode;
use crate::time::Instant;

/// How far a subscription has come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SubscriberState {
    /// SUBSCRIBE was sent, and nobody has notified yet.
    NotifyWait,
    /// There is one that the notifier has not authorised yet.
    Pending,
    /// There is one.
    Active,
    /// There is none.
    Terminated,
}

/// Why a subscription has ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SubscriberEnd {
    /// SUBSCRIBE was refused (§4.1.2.1, §4.1.2.2).
    Refused(StatusCode),
    /// No NOTIFY has come before Timer N (§4.1.2.2, §4.1.2.4).
    Unnotified,
    /// Its time is over, and it was not refreshed.
    Expired,
    /// The notifier has ended it (§4.1.3).
    Terminated(Retry),
}

/// What has come up with time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SubscriberDue {
    /// It has to be refreshed: a SUBSCRIBE.
    Refresh,
    /// It has ended.
    End(SubscriberEnd),
}

/// One subscription, seen by the subscriber.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subscriber {
    state: SubscriberState,
    /// When Timer N fires, while it runs.
    timer_n: Option<Instant>,
    /// When it is over without a refresh, once that is known.
    expires_at: Option<Instant>,
    refresh_at: Option<Instant>,
    /// The last SUBSCRIBE has asked for the end, or for the state once: only a NOTIFY that says
    /// `terminated` answers that (§4.1.2.3, §4.4.3).
    is_ending: bool,
}

impl Subscriber {
    /// One whose first SUBSCRIBE is being sent; it waits `timer_n`, which is 64*T1, for a NOTIFY.
    #[must_use]
    pub fn new(now: Instant, timer_n: Duration) -> Self {
        Self {
            state: SubscriberState::NotifyWait,
            timer_n: Some(now + timer_n),
            expires_at: None,
            refresh_at: None,
            is_ending: false,
        }
    }

    /// One that was active or pending when it was put away, with so much of its time left.
    #[must_use]
    pub fn resumed(now: Instant, state: SubscriberState, left: Duration) -> Self {
        let mut resumed = Self {
            state,
            timer_n: None,
            expires_at: None,
            refresh_at: None,
            is_ending: false,
        };
        if state != SubscriberState::Terminated {
            resumed.last(now, left);
        }
        resumed
    }

    /// How far it has come.
    #[must_use]
    pub const fn state(&self) -> SubscriberState {
        self.state
    }

    /// When it is over without a refresh, if that is known.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Instant> {
        self.expires_at
    }

    /// Whether a NOTIFY is waited for that the last SUBSCRIBE has asked for.
    #[must_use]
    pub const fn awaits_notify(&self) -> bool {
        self.timer_n.is_some()
    }

    /// Whether nothing but the last NOTIFY is waited for.
    #[must_use]
    pub const fn is_ending(&self) -> bool {
        self.is_ending
    }

    /// A SUBSCRIBE was sent that asks for its time (§4.1.2.2).
    pub fn sent(&mut self, now: Instant, timer_n: Duration) {
        // §4.1.2: each has a Timer N of its own, and the first to fire is the end. So whoever refreshes
        // more often than that still finds out that it is told nothing any more.
        let running = match self.state {
            SubscriberState::Terminated => return,
            SubscriberState::NotifyWait => None,
            SubscriberState::Pending | SubscriberState::Active => {
                self.timer_n.filter(|_| !self.is_ending)
            }
        };
        self.timer_n = running.or(Some(now + timer_n));
        self.refresh_at = None;
    }

    /// A SUBSCRIBE was sent that asks for no time: to end it, or for the state once (§4.1.2.3, §4.4.3).
    pub fn sent_last(&mut self, now: Instant, timer_n: Duration) {
        if self.state != SubscriberState::Terminated {
            // The NOTIFYs to refreshes are not told from the last one any more, nor waited for.
            self.is_ending = true;
            self.sent(now, timer_n);
            self.expires_at = None;
        }
    }

    /// The final response to a SUBSCRIBE has come, with this Expires; no response at all is a 408.
    pub fn answered(
        &mut self,
        now: Instant,
        status: StatusCode,
        expires: Option<u32>,
    ) -> Option<SubscriberEnd> {
        match self.state {
            SubscriberState::Terminated => None,
            _ if status.is_success() => {
                // §4.1.2.2: one that says that no NOTIFY will come (RFC 5839).
                if status.as_u16() == 204 {
                    self.timer_n = None;
                }
                // Of one that was asked to end, the last NOTIFY is still to come.
                if let Some(secs) = expires.filter(|secs| *secs > 0) {
                    self.last(now, Duration::from_secs(secs.into()));
                }
                None
            }
            // §4.1.2.1: nothing was created, and no NOTIFY will come.
            SubscriberState::NotifyWait => self.end(SubscriberEnd::Refused(status)),
            // §4.1.2.2: of one that has lasted, some refusals are the end.
            SubscriberState::Pending | SubscriberState::Active => {
                self.timer_n = None;
                // So is any refusal of the end: nobody is there to end it.
                if self.is_ending || ends_subscription(status) {
                    return self.end(SubscriberEnd::Refused(status));
                }
                // And the others leave it for the time it has, in which it may be tried again.
                let left = self.expires_at.map(|at| at.saturating_duration_since(now));
                self.refresh_at = left.filter(|left| *left > SOON).map(|left| now + left / 2);
                None
            }
        }
    }

    /// A NOTIFY has come.
    pub fn notified(
        &mut self,
        now: Instant,
        state: &SubscriptionState<'_>,
    ) -> Option<SubscriberEnd> {
        self.state = match (self.state, state.state) {
            (SubscriberState::Terminated, _) => return None,
            // §4.1.3: whatever else it says, there is no subscription any more.
            (_, Substate::Terminated) => {
                return self.end(SubscriberEnd::Terminated(Retry::of(state)));
            }
            (_, Substate::Active) => SubscriberState::Active,
            (_, Substate::Pending) => SubscriberState::Pending,
            // There is a subscription; what more the word of an extension means, only that knows.
            (SubscriberState::NotifyWait | SubscriberState::Pending, Substate::Other(_)) => {
                SubscriberState::Pending
            }
            (SubscriberState::Active, Substate::Other(_)) => SubscriberState::Active,
        };
        if self.is_ending {
            // It was on its way before, and the last one is still to come.
            return None;
        }
        self.timer_n = None;
        // §4.1.3: the authoritative duration.
        if let Some(secs) = state.expires {
            self.last(now, Duration::from_secs(secs.into()));
        }
        None
    }

    /// It lasts so long, as neither end has said for how long.
    pub fn assume(&mut self, now: Instant, left: Duration) {
        if self.state != SubscriberState::Terminated {
            self.last(now, left);
        }
    }

    /// When [`Subscriber::on_time`] has something to say.
    #[must_use]
    pub fn due_at(&self) -> Option<Instant> {
        [self.timer_n, self.expires_at, self.refresh_at]
            .into_iter()
            .flatten()
            .min()
    }

    /// Acts on the time; to be called until it says nothing.
    pub fn on_time(&mut self, now: Instant) -> Option<SubscriberDue> {
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if is_due(self.timer_n) {
            return self.end(SubscriberEnd::Unnotified).map(SubscriberDue::End);
        }
        if is_due(self.expires_at) {
            return self.end(SubscriberEnd::Expired).map(SubscriberDue::End);
        }
        if is_due(self.refresh_at) {
            self.refresh_at = None;
            return Some(SubscriberDue::Refresh);
        }
        None
    }

    /// Ends it without a word, such as when its dialog is lost.
    pub fn terminate(&mut self) {
        self.state = SubscriberState::Terminated;
        self.timer_n = None;
        self.expires_at = None;
        self.refresh_at = None;
    }

    fn end(&mut self, end: SubscriberEnd) -> Option<SubscriberEnd> {
        self.terminate();
        Some(end)
    }

    /// It goes on for so long; halfway through the next SUBSCRIBE is due, or ten minutes before the
    /// end if that is later.
    fn last(&mut self, now: Instant, left: Duration) {
        if self.is_ending {
            return;
        }
        self.expires_at = Some(now + left);
        let margin = (left / 2).min(MARGIN);
        self.refresh_at = (left > SOON).then(|| now + left.saturating_sub(margin));
    }
}

/// How long before its end a subscription is refreshed at the latest.
const MARGIN: Duration = Duration::from_secs(600);
/// What lasts no longer is not worth a refresh.
const SOON: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests;
