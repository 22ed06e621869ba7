//! A table that is full: what has to be said is said as soon as there is room (RFC 3261 §15).

use super::net::{Net, address, media, response};
use super::puppets::{alone, call_to_puppet};
use crate::sip::endpoint::EndpointConfig;
use crate::sip::ua::{CallHandle, EndReason, UaEvent, UserAgentConfig};

/// A call between two of whom the one called has room for so many requests at once.
fn established(client_transactions: usize) -> (Net, CallHandle, CallHandle) {
    let mut few = EndpointConfig::default();
    few.limits.client_transactions = client_transactions;
    let mut net = Net::with([
        (
            UserAgentConfig::new("sip:alice@192.0.2.1"),
            EndpointConfig::default(),
        ),
        (UserAgentConfig::new("sip:bob@192.0.2.2"), few),
    ]);
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.2", media(1)).unwrap();
    net.run_ms(50);
    let b = net.incoming(1);
    let (bob, now) = net.at(1);
    bob.accept(now, b, media(2)).unwrap();
    net.run_ms(50);
    assert!(net.saw(0, &UaEvent::Answered { call: a }));
    net.forget();
    (net, a, b)
}

fn is_ended(net: &Net, node: usize) -> bool {
    let is_end = |event: &UaEvent| matches!(event, UaEvent::Ended { .. });
    net.nodes[node].events.iter().any(is_end)
}

/// The far end would stay in the call.
#[test]
fn a_bye_for_which_there_is_no_room_is_sent_as_soon_as_there_is() {
    let (mut net, _, b) = established(1);
    // Nobody is there to answer: Timer F gives the room back after 32 s.
    let (bob, now) = net.at(1);
    bob.options(now, "sip:nobody@192.0.2.9").unwrap();
    bob.hang_up(now, b).unwrap();
    net.run_secs(31);
    assert!(net.sent("BYE").is_empty());
    assert!(!is_ended(&net, 0) && !is_ended(&net, 1));
    net.run_secs(3);
    assert_eq!(net.sent("BYE").len(), 1);
    assert_eq!(net.ended(0), EndReason::RemoteHungUp);
    assert_eq!(net.ended(1), EndReason::HungUp);
    net.run_secs(40);
    net.assert_idle();
}

#[test]
fn a_bye_that_waits_for_room_is_not_needed_once_theirs_has_come() {
    let (mut net, a, b) = established(1);
    let (bob, now) = net.at(1);
    bob.options(now, "sip:nobody@192.0.2.9").unwrap();
    bob.hang_up(now, b).unwrap();
    net.run_secs(2);
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.run_secs(50);
    let byes = net.sent("BYE");
    assert_eq!(byes.len(), 1);
    assert_eq!(byes[0].from, address(1));
    assert_eq!(net.sent("200 BYE").len(), 1);
    assert_eq!(net.ended(0), EndReason::HungUp);
    assert_eq!(net.ended(1), EndReason::HungUp);
    net.assert_idle();
}

#[test]
fn a_bye_for_which_there_is_never_room_is_given_up() {
    let (mut net, _, b) = established(0);
    let (bob, now) = net.at(1);
    bob.hang_up(now, b).unwrap();
    net.run_secs(60);
    assert!(!is_ended(&net, 1));
    net.run_secs(10);
    assert_eq!(net.ended(1), EndReason::HungUp);
    assert!(net.sent("BYE").is_empty());
}

/// RFC 3261 §21.5.4: a server on the way kept the BYE from the far end, and says for how long it
/// has no room.
#[test]
fn a_bye_that_a_server_had_no_room_for_comes_again_when_it_says() {
    let mut net = alone();
    let (_, a) = call_to_puppet(&mut net);
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    for _ in 0..3 {
        let bye = net.puppet_receives("BYE");
        let refused = response(
            &bye,
            "503 Service Unavailable",
            "t",
            "Retry-After: 5\r\n",
            "",
        );
        net.inject(address(9), address(1), &refused);
        net.run_ms(4_900);
        assert!(net.sent("BYE").len() == 1 && !is_ended(&net, 0));
        net.forget();
        net.run_ms(200);
    }
    let bye = net.puppet_receives("BYE");
    assert_eq!(bye.cseq(), 5);
    let done = response(&bye, "200 OK", "t", "", "");
    net.inject(address(9), address(1), &done);
    net.run_ms(20);
    assert_eq!(net.ended(0), EndReason::HungUp);
    net.run_secs(40);
    net.assert_idle();
}

/// RFC 3261 §15.1.1: nothing else keeps the dialog, and nothing keeps it for ever.
#[test]
fn a_bye_that_is_refused_for_longer_than_a_minute_is_not_said_again() {
    for more in ["", "Retry-After: 120\r\n"] {
        let mut net = alone();
        let (_, a) = call_to_puppet(&mut net);
        let (alice, now) = net.at(0);
        alice.hang_up(now, a).unwrap();
        let bye = net.puppet_receives("BYE");
        let refused = response(&bye, "503 Service Unavailable", "t", more, "");
        net.inject(address(9), address(1), &refused);
        net.run_ms(20);
        assert_eq!(net.ended(0), EndReason::HungUp);
        net.run_secs(200);
        assert_eq!(net.sent("BYE").len(), 1);
        net.assert_idle();
    }
}
