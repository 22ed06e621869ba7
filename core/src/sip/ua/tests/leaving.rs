//! How subscriptions of ours are left, and what is asked for once (RFC 6665 §4.1.2.3, §4.4.3).

use core::time::Duration;

use super::event_puppets::{
    asked, leave, next_subscribe, notified, notify, presence, puppet_answers, puppet_takes,
    subscribed, subscription_ended, subscription_state, told, with_body,
};
use super::puppets::alone;
use crate::sip::event::SubscriberState;
use crate::sip::ua::{StaleHandle, Subscribe, SubscriptionEnd};

/// §4.1.2.3: it is over with the last NOTIFY, which may have a state, or when none comes in time.
// shows: S307
#[test]
fn who_leaves_waits_for_the_last_notify() {
    for comes in [true, false] {
        let mut net = alone();
        let (first, handle) = subscribed(&mut net, presence());
        let bye = leave(&mut net, handle);
        assert_eq!((bye.field("Expires"), bye.tag("To")), ("0", "t"));
        assert_eq!(bye.field("Event"), "presence");
        puppet_takes(&mut net, &bye, 0);
        // 64*T1 are 32 seconds.
        net.run(Duration::from_millis(31_900) - (net.now.saturating_duration_since(bye.at)));
        assert_eq!(
            subscription_state(&mut net, handle),
            Some(SubscriberState::Active)
        );
        if comes {
            let last = notify((&first, "t"), 2, "terminated;reason=timeout");
            notified(&mut net, &with_body(&last, "text/plain", "bye"), "200");
            assert_eq!(told(&mut net).state, SubscriberState::Active);
            assert_eq!(told(&mut net).body, b"bye");
        } else {
            net.run_ms(200);
        }
        let left = (SubscriptionEnd::Left, None);
        assert_eq!(subscription_ended(&mut net), left);
        assert_eq!(subscription_state(&mut net, handle), None);
        net.assert_idle();
        assert_eq!(net.sent("SUBSCRIBE").len(), 2);
    }
}

/// §4.1.2.3: what was told before the end may come after the answer; the end is the last NOTIFY.
#[test]
fn who_leaves_may_hear_more_before_the_end() {
    for state in ["active;expires=0", "active", "pending;expires=300"] {
        let mut net = alone();
        let (first, handle) = subscribed(&mut net, presence());
        let bye = leave(&mut net, handle);
        puppet_takes(&mut net, &bye, 0);
        net.run_secs(1);
        notified(&mut net, &notify((&first, "t"), 2, state), "200");
        net.run_secs(1);
        let last = notify((&first, "t"), 3, "terminated;reason=timeout");
        notified(&mut net, &last, "200");
        let left = (SubscriptionEnd::Left, None);
        assert_eq!(subscription_ended(&mut net), left);
        assert_eq!(net.sent("SUBSCRIBE").len(), 2, "{state}");
        net.assert_idle();
    }
    // And without a last one it does not wait for longer.
    let mut net = alone();
    let (first, handle) = subscribed(&mut net, presence());
    let bye = leave(&mut net, handle);
    puppet_takes(&mut net, &bye, 0);
    net.run_secs(1);
    notified(&mut net, &notify((&first, "t"), 2, "active"), "200");
    net.run_secs(32);
    assert_eq!(subscription_ended(&mut net), (SubscriptionEnd::Left, None));
    net.assert_idle();
}

/// Who leaves before anybody has notified does so once somebody has.
#[test]
fn who_leaves_early_leaves_whoever_notifies() {
    let mut net = alone();
    let (first, handle) = asked(&mut net, presence());
    let (alice, now) = net.at(0);
    alice.leave_subscription(now, handle).unwrap();
    puppet_takes(&mut net, &first, 600);
    net.run_secs(1);
    assert_eq!(net.sent("SUBSCRIBE").len(), 1);
    notified(&mut net, &notify((&first, "t"), 1, "active"), "200");
    let bye = next_subscribe(&mut net);
    assert_eq!((bye.field("Expires"), bye.tag("To")), ("0", "t"));
    puppet_takes(&mut net, &bye, 0);
    notified(&mut net, &notify((&first, "t"), 2, "terminated"), "200");
    assert_eq!(subscription_ended(&mut net), (SubscriptionEnd::Left, None));
    net.assert_idle();
    // Nobody does.
    let mut net = alone();
    let (first, handle) = asked(&mut net, presence());
    let (alice, now) = net.at(0);
    alice.leave_subscription(now, handle).unwrap();
    puppet_takes(&mut net, &first, 600);
    net.run_secs(33);
    assert_eq!(subscription_ended(&mut net), (SubscriptionEnd::Left, None));
    net.assert_idle();
}

/// It is left once, and not refreshed any more.
#[test]
fn who_leaves_has_left() {
    let mut net = alone();
    let (first, handle) = subscribed(&mut net, presence());
    let bye = leave(&mut net, handle);
    let (alice, now) = net.at(0);
    let again = alice.leave_subscription(now, handle);
    assert_eq!(again, Err(StaleHandle));
    let refreshed = alice.refresh_subscription(now, handle);
    assert_eq!(refreshed, Err(StaleHandle));
    puppet_takes(&mut net, &bye, 0);
    net.run_secs(2);
    assert_eq!(net.sent("SUBSCRIBE").len(), 2);
    let last = notify((&first, "t"), 2, "terminated;reason=timeout");
    notified(&mut net, &last, "200");
    net.assert_idle();
}

/// A notifier that has no such subscription any more, or does not answer, is left all the same.
#[test]
fn who_leaves_cannot_be_held() {
    for answer in ["481 Gone", "500 No", "403 No"] {
        let mut net = alone();
        let (_, handle) = subscribed(&mut net, presence());
        let bye = leave(&mut net, handle);
        puppet_answers(&mut net, &bye, answer, "");
        net.run_ms(20);
        let left = (SubscriptionEnd::Left, None);
        assert_eq!(subscription_ended(&mut net), left, "{answer}");
        net.assert_idle();
    }
    let mut net = alone();
    let (_, handle) = subscribed(&mut net, presence());
    leave(&mut net, handle);
    net.run_secs(33);
    assert_eq!(subscription_ended(&mut net), (SubscriptionEnd::Left, None));
    net.assert_idle();
}

/// §4.4.3: the state once, and nothing more, whichever comes first.
#[test]
fn a_poll_is_one_subscribe_and_one_notify() {
    for notify_first in [true, false] {
        let mut net = alone();
        let (first, handle) = asked(&mut net, Subscribe::poll("presence"));
        assert_eq!(first.field("Expires"), "0");
        let state = notify((&first, "t"), 1, "terminated;reason=timeout");
        let state = with_body(&state, "text/plain", "here");
        if !notify_first {
            puppet_takes(&mut net, &first, 0);
            net.run_ms(20);
        }
        notified(&mut net, &state, "200");
        let notification = told(&mut net);
        assert_eq!(notification.body, b"here");
        assert_eq!(notification.reason.as_deref(), Some("timeout"));
        assert_eq!(notification.state, SubscriberState::Terminated);
        let left = (SubscriptionEnd::Left, None);
        assert_eq!(subscription_ended(&mut net), left);
        if notify_first {
            puppet_takes(&mut net, &first, 0);
            net.run_ms(20);
        }
        assert_eq!(subscription_state(&mut net, handle), None);
        net.assert_idle();
        assert_eq!(net.sent("SUBSCRIBE").len(), 1);
    }
}
