//! Connections that are slow, idle, never come up, or are too many from one address.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::super::Node;
use super::{NOW, accept, accepted_from, node, outputs, peer, request};
use crate::limits::Limits;
use crate::machine::{CloseReason, FlowId, Input, Machine, Output, Transport};
use crate::sip::endpoint::{DropReason, EndpointConfig, Target};
use crate::sip::message::Method;

/// The reason a connection was closed for, and when, if time alone passes.
fn closed(node: &mut Node, flow: FlowId) -> Duration {
    loop {
        let at = node.deadline().expect("a deadline");
        node.endpoint.handle_input(at, Input::Timeout);
        let gone = outputs(&mut node.endpoint);
        if gone.contains(&(Output::Close { flow }, String::new())) {
            assert_eq!(node.endpoint.check(), Ok(()));
            return at.saturating_duration_since(NOW);
        }
    }
}

#[test]
fn half_a_message_and_no_message_are_given_up() {
    let flow = FlowId::from_driver(1);
    let half = request("OPTIONS", "a").replace("Length: 0", "Length: 100");
    for bytes in ["", "O", "OPTIONS sip:192.0.2.1 SIP/2.0\r\n", &half] {
        let mut node = node();
        accept(&mut node, flow);
        let bytes = bytes.as_bytes();
        node.endpoint
            .handle_input(NOW, Input::Stream { flow, bytes });
        assert_eq!(closed(&mut node, flow), Duration::from_secs(32));
        assert_eq!(node.endpoint.stats().dropped(DropReason::Stalled), 1);
        assert_eq!(node.log().last(), Some(&"flow#3 Closed"));
    }
}

// A byte now and then moves nothing: the time runs from where the message began.
#[test]
fn a_slow_sender_does_not_win_time() {
    let flow = FlowId::from_driver(1);
    let mut node = node();
    accept(&mut node, flow);
    let whole = request("OPTIONS", "a");
    let bytes = whole.as_bytes();
    node.endpoint
        .handle_input(NOW, Input::Stream { flow, bytes });
    let begun = NOW + Duration::from_secs(20);
    let mut last = begun;
    for second in 0..32 {
        last = begun + Duration::from_secs(second);
        let bytes = &whole.as_bytes()[second as usize..=second as usize];
        node.endpoint
            .handle_input(last, Input::Stream { flow, bytes });
        assert!(node.endpoint.stack().flow(flow).is_some());
    }
    let end = begun + Duration::from_secs(32);
    assert!(last < end);
    node.endpoint.handle_input(end, Input::Timeout);
    assert!(node.endpoint.stack().flow(flow).is_none());
    assert_eq!(node.endpoint.stats().dropped(DropReason::Stalled), 1);
}

#[test]
fn a_connection_nobody_uses_is_closed_and_one_that_is_used_stays() {
    let flow = FlowId::from_driver(1);
    let mut node = node();
    accept(&mut node, flow);
    node.endpoint.user.answers.insert("OPTIONS", [200].into());
    let mut now = NOW;
    for number in 0..5 {
        let text = request("OPTIONS", &format!("b{number}"));
        let bytes = text.as_bytes();
        node.endpoint
            .handle_input(now, Input::Stream { flow, bytes });
        now += Duration::from_secs(19 * 60);
        node.endpoint.handle_input(now, Input::Timeout);
        assert!(node.endpoint.stack().flow(flow).is_some(), "{number}");
    }
    let last = now.saturating_duration_since(NOW) - Duration::from_secs(19 * 60);
    let idle = closed(&mut node, flow) - last;
    assert_eq!(idle, Duration::from_secs(20 * 60));
    assert_eq!(node.endpoint.stats().dropped(DropReason::Idle), 1);
}

#[test]
fn what_is_sent_on_a_connection_is_use_of_it_too() {
    let flow = FlowId::from_driver(1);
    let mut node = node();
    accept(&mut node, flow);
    node.endpoint.handle_input(
        NOW,
        Input::Stream {
            flow,
            bytes: b"\r\n",
        },
    );
    let later = Duration::from_secs(11 * 60);
    let target = Target {
        flow,
        address: peer(),
        transport: Transport::Tcp,
    };
    let bytes = request("OPTIONS", "a").into_bytes().into();
    node.endpoint
        .command(NOW + later, |_, stack, _| stack.transmit(target, bytes));
    assert_eq!(
        closed(&mut node, flow),
        later + Duration::from_secs(20 * 60)
    );
}

#[test]
fn a_connection_that_never_comes_up_is_given_up() {
    let mut node = node();
    node.send(NOW, Method::Invite, "sip:192.0.2.9;transport=tcp");
    let asked = outputs(&mut node.endpoint);
    let (Output::Connect { flow, .. }, _) = asked[0] else {
        panic!("{asked:?}");
    };
    assert_eq!(closed(&mut node, flow), Duration::from_secs(32));
    assert!(node.endpoint.is_idle());
}

#[test]
fn one_address_has_so_many_connections_and_no_more() {
    let config = EndpointConfig {
        limits: Limits {
            connections_per_source: 2,
            ..Limits::default()
        },
        ..EndpointConfig::default()
    };
    let mut node = Node::new("192.0.2.1:5060", config);
    for (number, port) in [(1, 40_001), (2, 40_002), (3, 40_003)] {
        accepted_from(&mut node, number, &format!("192.0.2.9:{port}"));
    }
    accepted_from(&mut node, 4, "192.0.2.10:40001");
    let third = Output::Close {
        flow: FlowId::from_driver(3),
    };
    assert_eq!(outputs(&mut node.endpoint), [(third, String::new())]);
    assert_eq!(
        node.endpoint.stats().dropped(DropReason::TooManyFromSource),
        1
    );
    // A place that becomes free is free.
    node.endpoint.handle_input(
        NOW,
        Input::Closed {
            flow: FlowId::from_driver(1),
            reason: CloseReason::Finished,
        },
    );
    accepted_from(&mut node, 5, "192.0.2.9:40005");
    assert!(node.endpoint.stack().flow(FlowId::from_driver(5)).is_some());
    assert_eq!(node.endpoint.check(), Ok(()));
}
