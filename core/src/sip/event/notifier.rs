//! The notifier's view of one subscription (RFC 6665 §4.2.2).
//!
//! ```text
//!              SUBSCRIBE received
//!                     │
//!               ┌─────▼──────┐  refused, NOTIFY failure, its time
//!        ┌──────┤  RespWait  ├──over, ended by policy ──────┐
//! policy │      └─────┬──────┘                              │
//! grants │            │ the owner has to be asked           │
//!        │      ┌─────▼──────┐                              │
//!        │      │  Pending   ├──────────────────────────────┤
//!        │      └─────┬──────┘                              │
//!        │            │ granted                             │
//!        │      ┌─────▼──────┐                        ┌─────▼──────┐
//!        └──────▶   Active   ├────────────────────────▶ Terminated │
//!               └────────────┘                        └────────────┘
//! ```

use core::time::Duration;

use super::ends_subscription;
use crate::sip::header::{SubscriptionState, Substate};
use crate::sip::message::StatusCode;
use crate::time::Instant;

/// How far a subscription has come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NotifierState {
    /// SUBSCRIBE has come and is not answered yet.
    RespWait,
    /// It is accepted; whether it is authorised is not known yet.
    Pending,
    /// It is accepted and authorised.
    Active,
    /// It is over.
    Terminated,
}

/// One subscription, seen by the notifier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Notifier {
    state: NotifierState,
    expires_at: Instant,
    /// Why it is over, and after how many seconds it may be tried again.
    reason: Option<(&'static str, Option<u32>)>,
}

impl Notifier {
    /// One whose SUBSCRIBE asks for so many seconds, or is granted no more; none is a question
    /// (§4.4.3).
    #[must_use]
    pub fn new(now: Instant, secs: u32) -> Self {
        Self {
            state: NotifierState::RespWait,
            expires_at: now + Duration::from_secs(secs.into()),
            reason: None,
        }
    }

    /// One that was authorised, or not yet, when it was put away, with so much of its time left.
    #[must_use]
    pub fn resumed(now: Instant, is_authorised: bool, left: Duration) -> Self {
        let mut resumed = Self::new(now, 0);
        resumed.accept(is_authorised);
        resumed.expires_at = now + left;
        resumed
    }

    /// How far it has come.
    #[must_use]
    pub const fn state(&self) -> NotifierState {
        self.state
    }

    /// When it is over without a refresh.
    #[must_use]
    pub const fn expires_at(&self) -> Instant {
        self.expires_at
    }

    /// It is accepted, and authorised or not yet. What was authorised stays so.
    pub fn accept(&mut self, is_authorised: bool) {
        self.state = match (self.state, is_authorised) {
            (NotifierState::RespWait | NotifierState::Pending, true) => NotifierState::Active,
            (NotifierState::RespWait, false) => NotifierState::Pending,
            (state, _) => state,
        };
    }

    /// A SUBSCRIBE in its dialog asks for so many seconds more, from now on (§4.2.1.4). None is its
    /// end.
    pub fn refresh(&mut self, now: Instant, secs: u32) {
        if self.state == NotifierState::Terminated {
            return;
        }
        self.expires_at = now + Duration::from_secs(secs.into());
        if secs == 0 {
            self.terminate("timeout", None);
        }
    }

    /// It is over for this reason, and may be tried again after so many seconds (§4.1.3).
    pub fn terminate(&mut self, reason: &'static str, retry_after: Option<u32>) {
        if self.state != NotifierState::Terminated {
            self.state = NotifierState::Terminated;
            self.reason = Some((reason, retry_after));
        }
    }

    /// Whether its time is over now; it ends then (§4.2.1.4).
    pub fn on_time(&mut self, now: Instant) -> bool {
        let is_over = self.expires_at <= now && self.state != NotifierState::Terminated;
        if is_over {
            self.terminate("timeout", None);
        }
        is_over
    }

    /// A NOTIFY was refused, or not answered at all, which is a 408: whether that ends it (§4.2.2).
    pub fn failed(&mut self, status: StatusCode) -> bool {
        let ends = status == StatusCode::REQUEST_TIMEOUT || ends_subscription(status);
        if ends {
            self.terminate("giveup", None);
        }
        ends
    }

    /// What the next NOTIFY says of it (§4.2.2).
    #[must_use]
    pub fn subscription_state(&self, now: Instant) -> SubscriptionState<'static> {
        let left = self.expires_at.saturating_duration_since(now).as_nanos();
        // What is left of a second is still a part of it.
        let left = u32::try_from(left.div_ceil(1_000_000_000)).unwrap_or(u32::MAX);
        let state = match self.state {
            NotifierState::RespWait | NotifierState::Pending => Substate::Pending,
            NotifierState::Active => Substate::Active,
            NotifierState::Terminated => Substate::Terminated,
        };
        let mut written = SubscriptionState::new(state);
        match self.reason {
            Some((reason, retry_after)) => {
                written.reason = Some(reason);
                written.retry_after = retry_after;
            }
            None => written.expires = Some(left),
        }
        written
    }
}

#[cfg(test)]
mod tests;
