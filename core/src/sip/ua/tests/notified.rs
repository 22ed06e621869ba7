//! How NOTIFYs are answered (RFC 6665 §4.1.3, §8.2.1; RFC 3261 §8.2, §12.2.2).

use super::event_puppets::{
    asked, notified, notify, presence, puppet_sends, puppet_takes, subscribed, told, with_body,
};
use super::net::Net;
use super::puppets::{alone, call_to_puppet, forget_events, in_dialog};
use crate::sip::event::SubscriberState;
use crate::sip::ua::{Subscribe, UaEvent};

fn was_told(net: &Net) -> bool {
    let mut events = net.nodes[0].events.iter();
    events.any(|event| matches!(event, UaEvent::Notified { .. }))
}

/// §4.1.3, §4.4.1: one that is of no subscription is told so.
// shows: S301
#[test]
fn a_notify_that_matches_nothing_is_refused() {
    let mut net = alone();
    let (first, handle) = subscribed(&mut net, presence());
    forget_events(&mut net);
    let good = notify((&first, "t"), 2, "active");
    let ours = alloc::format!(";tag={}", first.tag("From"));
    let call_id = first.field("Call-ID");
    let elsewhere = [
        // Outside any dialog, to another tag, of another Call-ID, from another tag.
        good.replace(&ours, ""),
        good.replace(&ours, ";tag=other"),
        good.replace(call_id, "other"),
        good.replace(";tag=t", ";tag=other"),
        // §8.2.1: of another subscription of the dialog, which it has not.
        good.replace("Event: presence", "Event: presence;id=1"),
    ];
    for (n, text) in elsewhere.iter().enumerate() {
        let text = text.replace("branch=z9hG4bK", &alloc::format!("branch=z9hG4bK{n}"));
        notified(&mut net, &text, "481");
    }
    assert!(!was_told(&net));
    // In the dialog of a call nobody has subscribed to anything.
    let (invite, _) = call_to_puppet(&mut net);
    let more = "Event: refer\r\nSubscription-State: active;expires=60\r\n";
    let lost = in_dialog(&invite, "NOTIFY", 9, more, "");
    notified(&mut net, &lost, "481");
    notified(&mut net, &good, "200");
    let user = net.at(0).0.user();
    let state = user.subscription(handle).map(|it| it.state());
    assert_eq!(state, Some(SubscriberState::Active));
}

/// §4.1.3, §8.2.3: what is missing or of another kind.
#[test]
fn a_notify_that_is_not_in_order_is_refused() {
    let mut net = alone();
    let (first, _) = subscribed(&mut net, presence());
    forget_events(&mut net);
    let good = |cseq| notify((&first, "t"), cseq, "active");
    let other = good(2).replace("Event: presence", "Event: dialog");
    notified(&mut net, &other, "489");
    let template = good(3).replace("Event: presence", "Event: presence.winfo");
    notified(&mut net, &template, "489");
    let without = good(4).replace("Event: presence\r\n", "");
    notified(&mut net, &without, "489");
    let without = good(5).replace("Subscription-State: active\r\n", "");
    notified(&mut net, &without, "400");
    let broken = good(6).replace("State: active", "State: ;=");
    notified(&mut net, &broken, "400");
    assert!(!was_told(&net));
    notified(&mut net, &good(7), "200");
    assert!(was_told(&net));
}

/// §3.1.3: a body of a type that was not asked for.
#[test]
fn a_body_of_another_type_is_refused() {
    let mut net = alone();
    let plain = Subscribe {
        accept: ["text/plain".into(), "image/*".into()].into(),
        ..presence()
    };
    let (first, handle) = subscribed(&mut net, plain.clone());
    forget_events(&mut net);
    let good = |cseq| notify((&first, "t"), cseq, "active");
    let refusal = notified(&mut net, &with_body(&good(2), "text/html", "x"), "415");
    assert_eq!(refusal.field("Accept"), "text/plain, image/*");
    assert!(!was_told(&net));
    for (cseq, kind) in [(3, "TEXT/Plain;charset=utf-8"), (4, "image/png")] {
        notified(&mut net, &with_body(&good(cseq), kind, "x"), "200");
        assert_eq!(told(&mut net).body, b"x");
    }
    // One without a body is of no type.
    notified(&mut net, &good(5), "200");
    let user = net.at(0).0.user();
    assert!(user.subscription(handle).is_some());
    // §4.4.1: a NOTIFY that is refused makes no dialog: another notifier's may.
    let mut net = alone();
    let (first, handle) = asked(&mut net, plain);
    puppet_takes(&mut net, &first, 600);
    let html = notify((&first, "t"), 1, "active");
    notified(&mut net, &with_body(&html, "text/html", "x"), "415");
    let user = net.at(0).0.user();
    let state = user.subscription(handle).map(|it| it.state());
    assert_eq!(state, Some(SubscriberState::NotifyWait));
    notified(&mut net, &notify((&first, "u"), 1, "active"), "200");
    let user = net.at(0).0.user();
    let state = user.subscription(handle).map(|it| it.state());
    assert_eq!(state, Some(SubscriberState::Active));
}

/// RFC 3261 §12.2.2: a number that is not higher than the last is out of order; a gap is none.
#[test]
fn a_notify_out_of_order_is_refused() {
    let mut net = alone();
    let (first, _) = subscribed(&mut net, presence());
    let good = |cseq| notify((&first, "t"), cseq, "active");
    notified(&mut net, &good(5), "200");
    forget_events(&mut net);
    for cseq in [4, 2] {
        notified(&mut net, &good(cseq), "500");
    }
    let same = good(5).replace("branch=z9hG4bK", "branch=z9hG4bKother");
    notified(&mut net, &same, "500");
    assert!(!was_told(&net));
    notified(&mut net, &good(6), "200");
    assert!(was_told(&net));
}

/// RFC 3261 §17.2.2: one that comes twice is told once and answered twice, the first one too.
#[test]
fn a_notify_that_comes_twice_is_told_once() {
    let mut net = alone();
    let (first, _) = asked(&mut net, presence());
    for cseq in [1, 2] {
        let once = notify((&first, "t"), cseq, "active;expires=600");
        let answer = notified(&mut net, &once, "200");
        forget_events(&mut net);
        puppet_sends(&mut net, &once);
        assert_eq!(net.puppet_receives("200 NOTIFY").text, answer.text);
        assert!(!was_told(&net));
    }
}

/// §4.1.3: a word of an extension says that there is a subscription, and no more.
#[test]
fn an_unknown_state_is_a_subscription() {
    let mut net = alone();
    let (first, handle) = asked(&mut net, presence());
    puppet_takes(&mut net, &first, 600);
    notified(
        &mut net,
        &notify((&first, "t"), 1, "waiting;expires=600"),
        "200",
    );
    net.run_secs(60);
    let user = net.at(0).0.user();
    let state = user.subscription(handle).map(|it| it.state());
    assert_eq!(state, Some(SubscriberState::Pending));
}
