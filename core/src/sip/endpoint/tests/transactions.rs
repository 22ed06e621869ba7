//! Whole transactions between two endpoints.

use core::time::Duration;

use super::{Node, Pair, answer, outgoing};
use crate::machine::{CloseReason, Input, Machine};
use crate::sip::endpoint::{EndpointConfig, SendError, Stack, UserTimer};
use crate::sip::message::Method;
use crate::time::Instant;

const SECOND: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(100);

#[test]
fn a_request_is_answered_and_everything_is_gone_in_the_end() {
    let mut pair = Pair::new();
    pair.b.endpoint.user.answers.insert("OPTIONS", [200].into());
    pair.send(Method::Options);
    pair.run(LONG);
    assert_eq!(pair.first_words(), ["OPTIONS", "200"]);
    assert_eq!(pair.a.log(), ["response 200 OPTIONS", "client ended"]);
    assert_eq!(pair.b.log(), ["request OPTIONS", "server ended"]);
    assert!(pair.a.endpoint.is_idle() && pair.b.endpoint.is_idle());
}

#[test]
fn a_lost_answer_is_repeated_when_the_request_comes_again() {
    let mut pair = Pair::new();
    pair.b.endpoint.user.answers.insert("OPTIONS", [200].into());
    pair.lose.push("200");
    pair.send(Method::Options);
    pair.run(LONG);
    assert_eq!(pair.first_words(), ["OPTIONS", "200", "OPTIONS", "200"]);
    assert_eq!(pair.a.log(), ["response 200 OPTIONS", "client ended"]);
    assert_eq!(pair.b.log(), ["request OPTIONS", "server ended"]);
}

#[test]
fn a_refused_invite_is_acknowledged_by_the_transactions() {
    let mut pair = Pair::new();
    pair.b.endpoint.user.answers.insert("INVITE", [486].into());
    pair.lose.push("ACK");
    pair.send(Method::Invite);
    pair.run(LONG);
    let expected = ["INVITE", "486", "ACK", "486", "ACK"];
    assert_eq!(pair.first_words(), expected, "the first ACK was lost");
    assert_eq!(pair.a.log(), ["response 486 INVITE", "client ended"]);
    assert_eq!(pair.b.log(), ["request INVITE", "server ended"]);
    assert!(pair.a.endpoint.is_idle() && pair.b.endpoint.is_idle());
}

#[test]
fn an_invite_that_is_thought_about_is_quenched_with_100() {
    let mut pair = Pair::new();
    pair.send(Method::Invite);
    pair.run(SECOND * 10);
    assert_eq!(pair.first_words(), ["INVITE", "100"]);
    assert_eq!(pair.wire[1].0, 210);
    assert_eq!(pair.a.log(), ["response 100 INVITE"]);
    assert_eq!(pair.a.endpoint.stack.transaction_count(), (1, 0));
    assert_eq!(pair.b.endpoint.stack.transaction_count(), (0, 1));
}

/// RFC 6026: copies of an accepted INVITE are no new calls, and every 2xx goes up.
// shows: S157
#[test]
fn a_copy_of_an_accepted_invite_is_absorbed() {
    let mut pair = Pair::new();
    pair.b.endpoint.user.answers.insert("INVITE", [200].into());
    pair.lose.push("200");
    let invite = pair.send(Method::Invite);
    pair.run(Duration::from_millis(600));
    assert_eq!(pair.first_words(), ["INVITE", "200", "INVITE"]);
    assert_eq!(pair.b.log(), ["request INVITE"]);
    let (server, _) = pair.b.endpoint.user.received[0];
    for _ in 0..2 {
        let now = pair.now;
        pair.b
            .endpoint
            .command(now, |_, stack, _| answer(stack, server, 200))
            .unwrap();
        pair.run(SECOND);
    }
    assert_eq!(pair.a.log(), ["response 200 INVITE", "response 200 INVITE"]);
    assert!(pair.a.endpoint.stack().sent_request(invite).is_some());
    pair.run(LONG);
    assert_eq!(pair.a.log().last(), Some(&"client ended"));
    assert_eq!(pair.b.log().last(), Some(&"server ended"));
    assert!(pair.a.endpoint.is_idle() && pair.b.endpoint.is_idle());
}

#[test]
fn the_ack_for_a_2xx_goes_up_on_both_sides() {
    let mut pair = Pair::new();
    pair.b.endpoint.user.answers.insert("INVITE", [200].into());
    pair.send(Method::Invite);
    pair.run(SECOND);
    let ack = outgoing(Method::Ack, "sip:192.0.2.2");
    let now = pair.now;
    pair.a.endpoint.command(now, |_, stack, _| {
        let target = stack.select("sip:192.0.2.2").unwrap();
        let refused = stack.request(&ack, target);
        assert_eq!(refused, Err(SendError::WrongMethod));
        let (target, bytes) = stack.send_ack(&ack, target).unwrap();
        stack.transmit(target, bytes);
    });
    pair.run(SECOND);
    assert_eq!(pair.first_words(), ["INVITE", "200", "ACK", "ACK"]);
    assert_eq!(pair.b.log(), ["request INVITE", "ack", "ack"]);
}

// shows: S126
#[test]
fn a_cancel_and_its_invite_complete_independently() {
    let mut pair = Pair::new();
    pair.b.endpoint.user.answers.insert("INVITE", [180].into());
    let invite = pair.send(Method::Invite);
    let now = pair.now;
    let early = pair
        .a
        .endpoint
        .command(now, |_, stack, _| stack.cancel(invite, b""));
    assert_eq!(early, Err(SendError::WrongState), "nothing provisional yet");
    pair.run(SECOND);
    let now = pair.now;
    pair.a
        .endpoint
        .command(now, |_, stack, _| stack.cancel(invite, b""))
        .unwrap();
    pair.run(SECOND);
    assert_eq!(pair.b.log(), ["request INVITE", "request CANCEL"]);
    let [(invited, _), (cancelled, _)] = pair.b.endpoint.user.received[..] else {
        panic!("two requests");
    };
    let now = pair.now;
    pair.b.endpoint.command(now, |_, stack, _| {
        let cancel = stack.received_request(cancelled).unwrap();
        assert_eq!(stack.matching_invite(cancel), Some(invited));
        answer(stack, cancelled, 200).unwrap();
        answer(stack, invited, 487).unwrap();
    });
    pair.run(LONG);
    assert_eq!(
        pair.a.log(),
        [
            "response 180 INVITE",
            "response 200 CANCEL",
            "response 487 INVITE",
            "client ended",
            "client ended",
        ]
    );
    assert!(pair.a.endpoint.is_idle() && pair.b.endpoint.is_idle());
}

#[test]
fn a_cancelled_invite_that_is_never_answered_ends_after_64_t1() {
    let mut pair = Pair::new();
    pair.b.endpoint.user.answers.insert("INVITE", [180].into());
    pair.b.endpoint.user.answers.insert("CANCEL", [200].into());
    let invite = pair.send(Method::Invite);
    pair.run(SECOND);
    let now = pair.now;
    pair.a
        .endpoint
        .command(now, |_, stack, _| stack.cancel(invite, b""))
        .unwrap();
    pair.run(SECOND * 31);
    assert!(pair.a.endpoint.stack().client(invite).is_some());
    pair.run(SECOND);
    assert!(pair.a.endpoint.stack().client(invite).is_none());
    assert_eq!(pair.a.log().last(), Some(&"client failed: Timeout"));
}

#[test]
fn an_invite_to_nowhere_times_out() {
    let mut node = Node::new("192.0.2.1:5060", EndpointConfig::default());
    node.send(Instant::ZERO, Method::Invite, "sip:192.0.2.9");
    while let Some(at) = node.deadline() {
        node.endpoint.handle_input(at, Input::Timeout);
        node.drain(at);
    }
    assert_eq!(node.log(), ["client failed: Timeout"]);
    assert_eq!(node.endpoint.stats().client_failures, 1);
    assert_eq!(node.endpoint.stats().messages_sent, 7);
    assert!(node.endpoint.is_idle());
}

/// §18.4: an ICMP error fails what was sent there and nothing else.
#[test]
fn an_unreachable_destination_fails_its_own_transactions() {
    let mut node = Node::new("192.0.2.1:5060", EndpointConfig::default());
    let now = Instant::from_millis(1);
    let good = node.send(now, Method::Invite, "sip:192.0.2.8");
    let bad = node.send(now, Method::Invite, "sip:192.0.2.9");
    assert_eq!(node.drain(now).len(), 2);
    node.endpoint.handle_input(
        now,
        Input::Closed {
            flow: super::FLOW,
            reason: CloseReason::Unreachable,
        },
    );
    node.drain(now);
    assert_eq!(node.log(), ["client failed: Transport"]);
    assert!(node.endpoint.stack().client(good).is_some());
    assert!(node.endpoint.stack().client(bad).is_none());
    assert!(node.endpoint.stack().flow(super::FLOW).is_some());
}

/// RFC 6026 §8.8.
#[test]
fn a_response_that_cannot_be_sent_is_told_and_ends_nothing() {
    let mut pair = Pair::new();
    pair.b.endpoint.user.answers.insert("INVITE", [180].into());
    pair.send(Method::Invite);
    pair.run(SECOND);
    let now = pair.now;
    pair.b.endpoint.handle_input(
        now,
        Input::Closed {
            flow: super::FLOW,
            reason: CloseReason::Unreachable,
        },
    );
    assert_eq!(pair.b.log().last(), Some(&"server failed: Transport"));
    assert_eq!(pair.b.endpoint.stack().transaction_count(), (0, 1));
}

#[test]
fn a_socket_that_is_gone_takes_its_transactions_along() {
    let mut node = Node::new("192.0.2.1:5060", EndpointConfig::default());
    node.send(Instant::ZERO, Method::Options, "sip:192.0.2.9");
    node.drain(Instant::ZERO);
    node.endpoint.handle_input(
        Instant::ZERO,
        Input::Closed {
            flow: super::FLOW,
            reason: CloseReason::Finished,
        },
    );
    node.drain(Instant::ZERO);
    assert_eq!(node.log(), ["flow#1 Closed", "client failed: Transport"]);
    assert!(node.endpoint.is_idle());
}

/// P6.
#[test]
fn time_does_not_go_back() {
    let mut node = Node::new("192.0.2.1:5060", EndpointConfig::default());
    let late = Instant::from_millis(10_000);
    node.endpoint.handle_input(late, Input::Timeout);
    node.send(Instant::from_millis(1), Method::Options, "sip:192.0.2.9");
    assert_eq!(node.endpoint.stack().now(), late);
    assert_eq!(node.deadline(), Some(late + Duration::from_millis(500)));
}

#[test]
fn timers_of_the_user_fire_and_can_be_disarmed() {
    let mut node = Node::new("192.0.2.1:5060", EndpointConfig::default());
    let timer = |kind| UserTimer {
        kind,
        index: 0,
        generation: 0,
    };
    let forgotten = node.endpoint.command(Instant::ZERO, |_, stack, _| {
        stack.arm(SECOND, timer(1));
        stack.arm(Duration::ZERO, timer(3));
        stack.arm(SECOND, timer(2))
    });
    node.drain(Instant::ZERO);
    node.endpoint.command(Instant::ZERO, |_, stack, _| {
        stack.disarm(forgotten);
        stack.disarm(forgotten);
    });
    node.endpoint
        .handle_input(Instant::from_millis(1000), Input::Timeout);
    node.drain(Instant::from_millis(1000));
    assert_eq!(node.log(), ["timer 3", "timer 1"]);
}

/// P3.
#[test]
fn the_same_seed_gives_the_same_bytes() {
    let run = || {
        let mut node = Node::new("192.0.2.1:5060", EndpointConfig::default());
        node.send(Instant::ZERO, Method::Options, "sip:192.0.2.9");
        node.send(Instant::ZERO, Method::Invite, "sip:192.0.2.9");
        node.drain(Instant::ZERO)
    };
    let sent = run();
    assert_eq!(sent, run());
    assert_ne!(sent[0], sent[1]);
}

/// §9.2: what a CANCEL may still decide.
#[test]
fn an_invite_is_undecided_until_its_final_response() {
    let mut pair = Pair::new();
    pair.send(Method::Options);
    pair.send(Method::Invite);
    pair.run(Duration::from_millis(20));
    let stack = &mut pair.b.endpoint.stack;
    let received = pair.b.endpoint.user.received.clone();
    let [(options, _), (invite, _)] = received.as_slice() else {
        panic!("{received:?}");
    };
    let is_undecided = |stack: &Stack, me| stack.server(me).unwrap().is_undecided_invite();
    assert!(!is_undecided(stack, *options));
    for (status, expected, name) in [(180, true, "Proceeding"), (486, false, "Completed")] {
        answer(stack, *invite, status).unwrap();
        assert_eq!(is_undecided(stack, *invite), expected);
        assert_eq!(stack.server(*invite).unwrap().state_name(), name);
    }
}
