//! Transactions over connections: opened, framed, closed.

mod associations;
mod identities;
mod patience;
mod reuse;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::{Node, Probe, first_words, outgoing};
use crate::limits::Limits;
use crate::machine::{CloseReason, FlowId, Input, Machine, Output, Transport};
use crate::sip::endpoint::{DropReason, Endpoint, EndpointConfig, SelectError, SendError};
use crate::sip::message::Method;
use crate::time::Instant;

const NOW: Instant = Instant::from_millis(5);
const PEER: &str = "192.0.2.9:5060";

fn peer() -> SocketAddr {
    PEER.parse().unwrap()
}

fn local() -> SocketAddr {
    "192.0.2.1:40000".parse().unwrap()
}

fn node() -> Node {
    Node::new("192.0.2.1:5060", EndpointConfig::default())
}

/// All outputs up to the next wait.
fn outputs(endpoint: &mut Endpoint<Probe>) -> Vec<(Output<String>, String)> {
    let mut bytes = Vec::new();
    let mut all = Vec::new();
    loop {
        match endpoint.poll_output(&mut bytes) {
            Output::Wait(_) => return all,
            output @ Output::Transmit { .. } => {
                let words = first_words(core::str::from_utf8(&bytes).unwrap());
                all.push((output, words));
            }
            Output::Event(_) => {}
            output @ (Output::Connect { .. } | Output::Close { .. } | Output::Resolve { .. }) => {
                all.push((output, String::new()));
            }
        }
    }
}

fn accept(node: &mut Node, flow: FlowId) {
    node.endpoint.handle_input(
        NOW,
        Input::Connected {
            flow,
            transport: Transport::Tcp,
            local: local(),
            peer: peer(),
            identity: None,
        },
    );
}

fn accepted_from(node: &mut Node, number: u32, peer: &str) {
    node.endpoint.handle_input(
        NOW,
        Input::Connected {
            flow: FlowId::from_driver(number),
            transport: Transport::Tcp,
            local: local(),
            peer: peer.parse().unwrap(),
            identity: None,
        },
    );
}

fn request(method: &str, branch: &str) -> String {
    format!(
        "{method} sip:192.0.2.1 SIP/2.0\r\n\
         Via: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bK{branch}\r\n\
         From: <sip:a@b.example>;tag=1\r\nTo: <sip:c@d.example>\r\nCall-ID: {branch}\r\n\
         CSeq: 1 {method}\r\nContent-Length: 0\r\n\r\n"
    )
}

#[test]
fn a_request_waits_for_its_connection() {
    let mut node = node();
    node.send(NOW, Method::Options, "sip:192.0.2.9;transport=tcp");
    node.send(NOW, Method::Options, "sip:192.0.2.9;transport=tcp");
    let asked = outputs(&mut node.endpoint);
    let [
        (
            Output::Connect {
                flow,
                peer,
                transport,
                ..
            },
            _,
        ),
    ] = asked[..]
    else {
        panic!("one connection for both: {asked:?}");
    };
    assert_eq!((peer, transport), (self::peer(), Transport::Tcp));
    accept(&mut node, flow);
    let sent = outputs(&mut node.endpoint);
    assert_eq!(sent.len(), 2);
    for (output, words) in sent {
        assert_eq!(output, Output::Transmit { flow, to: peer });
        assert_eq!(words, "OPTIONS");
    }
}

#[test]
fn a_connection_that_cannot_be_opened_fails_what_waits_for_it() {
    let mut node = node();
    node.send(NOW, Method::Invite, "sip:192.0.2.9;transport=tcp");
    let asked = outputs(&mut node.endpoint);
    let (Output::Connect { flow, .. }, _) = asked[0] else {
        panic!("{asked:?}");
    };
    node.endpoint.handle_input(
        NOW,
        Input::Closed {
            flow,
            reason: CloseReason::Unreachable,
        },
    );
    assert_eq!(node.log(), ["flow#0 Closed", "client failed: Transport"]);
    assert!(node.endpoint.is_idle());
    assert!(node.endpoint.stack().flow(flow).is_none());
}

/// Timers of zero fire in the step that set them (P2): nothing lingers over a connection.
#[test]
fn over_a_connection_everything_ends_with_the_answer() {
    let mut node = node();
    let flow = FlowId::from_driver(1);
    accept(&mut node, flow);
    node.endpoint.user.answers.insert("OPTIONS", [200].into());
    let text = request("OPTIONS", "a");
    node.endpoint.handle_input(
        NOW,
        Input::Stream {
            flow,
            bytes: text.as_bytes(),
        },
    );
    assert_eq!(
        node.log(),
        ["flow#3 Opened", "request OPTIONS", "server ended"]
    );
    assert!(node.endpoint.is_idle());
    assert_eq!(node.endpoint.check(), Ok(()));
    let sent = outputs(&mut node.endpoint);
    assert_eq!(sent[0].0, Output::Transmit { flow, to: peer() });
    assert_eq!(sent[0].1, "200");
}

#[test]
fn messages_are_cut_out_of_a_stream_wherever_it_is_broken() {
    let mut node = node();
    let flow = FlowId::from_driver(1);
    accept(&mut node, flow);
    node.endpoint.user.log.clear();
    let text = format!(
        "{}\r\n\r\n{}{}",
        request("OPTIONS", "a"),
        request("INVITE", "b"),
        request("BYE", "c")
    );
    for bytes in text.as_bytes().chunks(7) {
        node.endpoint
            .handle_input(NOW, Input::Stream { flow, bytes });
    }
    assert_eq!(
        node.log(),
        ["request OPTIONS", "request INVITE", "request BYE"]
    );
    assert_eq!(node.endpoint.stats().dropped(DropReason::KeepAlive), 2);
}

#[test]
fn a_stream_that_lost_its_step_is_closed() {
    let mut node = node();
    let flow = FlowId::from_driver(1);
    accept(&mut node, flow);
    let text = request("OPTIONS", "a").replace("Length: 0", "Length: x");
    node.endpoint.handle_input(
        NOW,
        Input::Stream {
            flow,
            bytes: text.as_bytes(),
        },
    );
    let sent = outputs(&mut node.endpoint);
    assert_eq!(sent[0].0, Output::Close { flow });
    assert_eq!(node.log(), ["flow#3 Opened", "flow#3 Closed"]);
    assert_eq!(node.endpoint.stats().dropped(DropReason::BrokenStream), 1);
}

/// §17.2.4: whoever would answer over the connection that broke is told, and nobody else.
#[test]
fn a_connection_takes_along_those_who_answer_on_it_and_no_others() {
    let mut node = node();
    let flows = [1, 2].map(FlowId::from_driver);
    for flow in flows {
        accept(&mut node, flow);
    }
    for (at, branch) in [(0, "a"), (1, "b"), (1, "c")] {
        let flow = flows[at];
        let text = request("INVITE", branch);
        let bytes = text.as_bytes();
        let input = Input::Stream { flow, bytes };
        node.endpoint.handle_input(NOW, input);
    }
    node.endpoint.user.log.clear();
    let reason = CloseReason::Finished;
    let input = Input::Closed {
        flow: flows[0],
        reason,
    };
    node.endpoint.handle_input(NOW, input);
    assert_eq!(node.log(), ["flow#3 Closed", "server failed: Transport"]);
    let (invite, _) = node.endpoint.user.received[1];
    node.endpoint
        .command(NOW, |_, stack, _| super::answer(stack, invite, 486))
        .unwrap();
    let sent = outputs(&mut node.endpoint);
    let to = peer();
    let flow = flows[1];
    assert_eq!(sent[0].0, Output::Transmit { flow, to });
}

/// §18.2.2.
#[test]
fn a_response_whose_connection_is_gone_opens_another() {
    let mut node = node();
    let flow = FlowId::from_driver(1);
    accept(&mut node, flow);
    let text = request("INVITE", "a");
    node.endpoint.handle_input(
        NOW,
        Input::Stream {
            flow,
            bytes: text.as_bytes(),
        },
    );
    node.endpoint.handle_input(
        NOW,
        Input::Closed {
            flow,
            reason: CloseReason::Finished,
        },
    );
    let (invite, _) = node.endpoint.user.received[0];
    node.endpoint
        .command(NOW, |_, stack, _| super::answer(stack, invite, 486))
        .unwrap();
    let asked = outputs(&mut node.endpoint);
    let [(Output::Connect { flow, peer, .. }, _)] = asked[..] else {
        panic!("{asked:?}");
    };
    assert_eq!(peer, self::peer());
    accept(&mut node, flow);
    let went = outputs(&mut node.endpoint);
    let (over, words) = &went[0];
    let on_it = matches!(over, Output::Transmit { flow: on, .. } if *on == flow);
    assert!(on_it && words == "486", "{went:?}");
}

/// §13.3.1.4: copies of a 2xx are sent over connections too. As long as one waits for its connection
/// more of them would only come all at once.
#[test]
fn a_copy_of_what_waits_for_its_connection_does_not_wait_beside_it() {
    let mut node = node();
    let flow = FlowId::from_driver(1);
    accept(&mut node, flow);
    let texts = [request("INVITE", "a"), request("INVITE", "b")].concat();
    let bytes = texts.as_bytes();
    node.endpoint
        .handle_input(NOW, Input::Stream { flow, bytes });
    let reason = CloseReason::Finished;
    node.endpoint
        .handle_input(NOW, Input::Closed { flow, reason });
    for number in [0, 1, 0, 1, 1, 0] {
        let (invite, _) = node.endpoint.user.received[number];
        node.endpoint
            .command(NOW, |_, stack, _| super::answer(stack, invite, 200))
            .unwrap();
    }
    let asked = outputs(&mut node.endpoint);
    let [(Output::Connect { flow, .. }, _)] = asked[..] else {
        panic!("{asked:?}");
    };
    accept(&mut node, flow);
    assert_eq!(outputs(&mut node.endpoint).len(), 2, "one of each");
}

#[test]
fn one_flow_too_many_is_closed() {
    let config = EndpointConfig {
        limits: Limits {
            flows: 1,
            ..Limits::default()
        },
        ..EndpointConfig::default()
    };
    let mut node = Node::new("192.0.2.1:5060", config);
    let flow = FlowId::from_driver(1);
    accept(&mut node, flow);
    let sent = outputs(&mut node.endpoint);
    assert_eq!(sent[0].0, Output::Close { flow });
    assert!(node.log().is_empty());
    let refused = node
        .endpoint
        .command(NOW, |_, stack, _| stack.target(Transport::Tcp, peer()));
    assert_eq!(refused, Err(SelectError::TooManyFlows));
    assert!(outputs(&mut node.endpoint).is_empty());
}

#[test]
fn there_is_no_way_without_a_socket() {
    let mut node = node();
    let request = outgoing(Method::Options, "sip:192.0.2.9");
    node.endpoint.command(NOW, |_, stack, _| {
        assert_eq!(
            stack.select("sip:[2001:db8::9]"),
            Err(SelectError::NoFlow),
            "no socket of that family"
        );
        let mut target = stack.select("sip:192.0.2.9").unwrap();
        target.flow = FlowId::from_driver(77);
        assert_eq!(stack.request(&request, target), Err(SendError::NoFlow));
    });
}
