//! What the simulator has found out about subscriptions (RFC 6665), against notifiers played by hand.

use alloc::format;
use alloc::string::{String, ToString as _};
use core::time::Duration;

use super::net::{Net, Sent, address, response};
use super::puppets::alone;
use crate::sip::event::SubscriberState;
use crate::sip::ua::{Subscribe, SubscriptionEnd, SubscriptionHandle, UaEvent};

/// Alice has subscribed to a puppet for so many seconds: the SUBSCRIBE, and the subscription.
fn asked(net: &mut Net, secs: u64) -> (Sent, SubscriptionHandle) {
    let (alice, now) = net.at(0);
    let subscribe = Subscribe {
        expires: Duration::from_secs(secs),
        ..Subscribe::new("presence")
    };
    let made = alice.subscribe(now, "sip:bob@192.0.2.9", subscribe);
    (net.puppet_receives("SUBSCRIBE"), made.unwrap())
}

/// The puppet answers.
fn answers(net: &mut Net, subscribe: &Sent, status: &str, secs: u64) {
    let more = format!("Contact: <sip:bob@192.0.2.9>\r\nExpires: {secs}\r\n");
    let answer = response(subscribe, status, "t", &more, "");
    net.inject(address(9), address(1), &answer);
    net.run_ms(20);
}

/// It takes a SUBSCRIBE, and notifies.
fn takes(net: &mut Net, subscribe: &Sent, secs: u64, state: &str) {
    answers(net, subscribe, "200 OK", secs);
    let notify = notify(subscribe, state);
    net.inject(address(9), address(1), &notify);
    net.run_ms(20);
}

fn notify(subscribe: &Sent, state: &str) -> String {
    let to = subscribe.field("To").to_string();
    let from = match to.contains(";tag=") {
        true => to,
        false => format!("{to};tag=t"),
    };
    let (cseq, call) = (subscribe.cseq(), subscribe.field("Call-ID"));
    format!(
        "NOTIFY sip:alice@192.0.2.1 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{call}{cseq}\r\n\
         Max-Forwards: 70\r\n\
         From: {from}\r\nTo: {}\r\nCall-ID: {call}\r\nCSeq: {cseq} NOTIFY\r\n\
         Contact: <sip:bob@192.0.2.9>\r\n\
         Event: presence\r\nSubscription-State: {state}\r\nContent-Length: 0\r\n\r\n",
        subscribe.field("From"),
    )
}

fn state_of(net: &mut Net, it: SubscriptionHandle) -> Option<SubscriberState> {
    let user = net.at(0).0.user();
    user.subscription(it).map(|it| it.state())
}

/// §4.1.2.2: what was begun anew is another subscription, and the late answer to the refresh of the
/// lost one says nothing of it. (Seed 137 of `subscriptions`.)
#[test]
fn a_late_answer_is_to_what_was_asked() {
    for late in ["481 Call/Transaction Does Not Exist", "200 OK"] {
        let mut net = alone();
        let (first, it) = asked(&mut net, 10);
        takes(&mut net, &first, 10, "active;expires=10");
        let refresh = net.puppet_receives("SUBSCRIBE");
        assert_eq!(refresh.field("Call-ID"), first.field("Call-ID"));
        net.run_secs(6);
        let anew = net.sent("SUBSCRIBE").into_iter().rev();
        let mut anew = anew.filter(|it| it.field("Call-ID") != first.field("Call-ID"));
        let anew = anew.next().unwrap().clone();
        // The answer to the refresh comes before the one to the new SUBSCRIBE, and after it.
        answers(&mut net, &refresh, late, 10);
        assert_eq!(state_of(&mut net, it), Some(SubscriberState::NotifyWait));
        takes(&mut net, &anew, 3600, "active;expires=3600");
        net.run_secs(1);
        assert_eq!(state_of(&mut net, it), Some(SubscriberState::Active));
        let ends = net.nodes[0].events.iter();
        let ends = ends.filter(|event| matches!(event, UaEvent::SubscriptionEnded { .. }));
        assert_eq!(ends.count(), 1, "{late}");
    }
}

/// §4.1.2, §4.1.2.2: a refresh that no NOTIFY follows ends the subscription by its Timer N, though it
/// is taken, and though more of them are sent meanwhile. (Seed 393 of `subscriptions`: the way to the
/// notifier was there, and the way back was not.)
#[test]
fn whoever_is_told_nothing_finds_out() {
    let mut net = alone();
    let (first, it) = asked(&mut net, 20);
    takes(&mut net, &first, 20, "active;expires=20");
    let mut refreshes = 0;
    while state_of(&mut net, it) == Some(SubscriberState::Active) {
        let refresh = net.puppet_receives("SUBSCRIBE");
        if refresh.field("Call-ID") == first.field("Call-ID") {
            refreshes += 1;
            answers(&mut net, &refresh, "200 OK", 20);
        }
    }
    // After 10 s, 20 s, 30 s and 40 s; 64*T1 after the first of them it was over.
    assert_eq!(refreshes, 4);
    let end = net.expect(0, |event| match event {
        UaEvent::SubscriptionEnded {
            reason, retry_in, ..
        } => Some((*reason, *retry_in)),
        _ => None,
    });
    assert_eq!(end, (SubscriptionEnd::Unnotified, Some(Duration::ZERO)));
}
