//! When to subscribe again after the notifier has ended a subscription (RFC 6665 §4.1.3).

use core::time::Duration;

use crate::sip::header::SubscriptionState;

/// What a subscriber makes of the end of its subscription.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Retry {
    /// It is not to try again: `rejected`, `noresource`, `invariant`.
    Never,
    /// It is to try again at once: `deactivated`.
    AtOnce,
    /// It is to try again, not before: `probation`; or it may, not before.
    After(Duration),
    /// It may try again: `timeout`, `giveup`, no reason or one that nobody knows.
    AtWill,
}

impl Retry {
    /// What a Subscription-State that says `terminated` asks for.
    #[must_use]
    pub fn of(state: &SubscriptionState<'_>) -> Self {
        let after = state
            .retry_after
            .map(|secs| Duration::from_secs(secs.into()));
        let is = |reason: &str| {
            state
                .reason
                .is_some_and(|it| it.eq_ignore_ascii_case(reason))
        };
        // "The retry-after parameter has no semantics" for these.
        if is("rejected") || is("noresource") || is("invariant") {
            return Self::Never;
        }
        if is("deactivated") {
            return Self::AtOnce;
        }
        if is("timeout") {
            return Self::AtWill;
        }
        match after {
            Some(after) => Self::After(after),
            None if is("probation") => Self::After(PROBATION),
            None => Self::AtWill,
        }
    }
}

/// How long "some later time" is where the notifier does not say.
const PROBATION: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6665 §4.1.3, reason by reason, with and without retry-after.
    #[test]
    fn a_reason_says_whether_to_subscribe_again() {
        let ten = Retry::After(Duration::from_secs(10));
        let table = [
            ("deactivated", Retry::AtOnce, Retry::AtOnce),
            ("Deactivated", Retry::AtOnce, Retry::AtOnce),
            ("probation", Retry::After(PROBATION), ten),
            ("rejected", Retry::Never, Retry::Never),
            ("timeout", Retry::AtWill, Retry::AtWill),
            ("giveup", Retry::AtWill, ten),
            ("noresource", Retry::Never, Retry::Never),
            ("invariant", Retry::Never, Retry::Never),
            ("expired", Retry::AtWill, ten),
        ];
        for (reason, without, with) in table {
            let mut value = alloc::format!("terminated;reason={reason}");
            let state = SubscriptionState::parse(value.as_bytes()).unwrap();
            assert_eq!(Retry::of(&state), without, "{reason}");
            value.push_str(";retry-after=10");
            let state = SubscriptionState::parse(value.as_bytes()).unwrap();
            assert_eq!(Retry::of(&state), with, "{reason}");
        }
        let bare = SubscriptionState::parse(b"terminated").unwrap();
        assert_eq!(Retry::of(&bare), Retry::AtWill);
    }
}
