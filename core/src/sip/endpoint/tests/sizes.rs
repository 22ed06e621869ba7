//! Requests that do not fit into a datagram (RFC 3261 §18.1.1).

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{FLOW, Node, Sent};
use crate::machine::{CloseReason, FlowId, Input, Machine, Output, Transport};
use crate::sip::endpoint::{EndpointConfig, TransportPolicy};
use crate::sip::header::{CSeq, FromTo};
use crate::sip::message::{HeaderName, Method, RequestBuilder, ResponseBuilder, StatusCode};
use crate::time::Instant;

const NOW: Instant = Instant::from_millis(5);
const TO: &str = "sip:192.0.2.9";

fn node() -> Node {
    Node::new("192.0.2.1:5060", EndpointConfig::default())
}

/// Sends a request with so many bytes of body.
fn send(node: &mut Node, method: Method<'_>, to: &str, body: usize) -> Sent {
    let request = RequestBuilder::new(method, to)
        .field(
            HeaderName::From,
            &FromTo::new("sip:a@example.com", Some("1")),
        )
        .field(HeaderName::To, &FromTo::new(to, None))
        .field(HeaderName::CallId, "call")
        .field(HeaderName::CSeq, &CSeq { number: 1, method })
        .body("text/plain", "x".repeat(body).as_bytes())
        .finish()
        .unwrap();
    node.endpoint.command(NOW, |_, stack, _| {
        let target = stack.select(to).unwrap();
        stack.request(&request, target).unwrap()
    })
}

enum Seen {
    Sent(FlowId, String),
    Connect(FlowId, Transport),
}

fn outputs(node: &mut Node) -> Vec<Seen> {
    let (mut all, mut bytes) = (Vec::new(), Vec::new());
    loop {
        match node.endpoint.poll_output(&mut bytes) {
            Output::Transmit { flow, .. } => {
                all.push(Seen::Sent(flow, String::from_utf8(bytes.clone()).unwrap()));
            }
            Output::Connect {
                flow, transport, ..
            } => all.push(Seen::Connect(flow, transport)),
            Output::Close { .. } | Output::Resolve { .. } | Output::Event(_) => {}
            Output::Wait(_) => {
                assert_eq!(node.endpoint.check(), Ok(()));
                return all;
            }
        }
    }
}

fn via(text: &str) -> &str {
    text.split("\r\n").nth(1).unwrap()
}

/// Bytes of a request as it leaves over UDP, without its body.
fn overhead() -> usize {
    let mut node = node();
    send(&mut node, Method::Options, TO, 1000);
    match &outputs(&mut node)[..] {
        [Seen::Sent(_, text)] => text.len() - 1000,
        _ => panic!("one datagram"),
    }
}

// shows: S114
#[test]
fn up_to_1300_bytes_go_over_udp_and_more_over_tcp_with_a_via_that_says_so() {
    let room = 1300 - overhead();
    let mut node = node();
    send(&mut node, Method::Options, TO, room);
    match &outputs(&mut node)[..] {
        [Seen::Sent(FLOW, text)] => {
            assert_eq!(text.len(), 1300);
            assert!(via(text).starts_with("Via: SIP/2.0/UDP 192.0.2.1:5060;branch="));
        }
        _ => panic!("one datagram"),
    }
    send(&mut node, Method::Options, TO, room + 1);
    let [Seen::Connect(flow, Transport::Tcp)] = outputs(&mut node)[..] else {
        panic!("one connection");
    };
    connected(&mut node, flow);
    match &outputs(&mut node)[..] {
        [Seen::Sent(over, text)] => {
            assert_eq!(*over, flow);
            assert!(via(text).starts_with("Via: SIP/2.0/TCP "), "{}", via(text));
        }
        _ => panic!("one message"),
    }
}

fn connected(node: &mut Node, flow: FlowId) {
    node.endpoint.handle_input(
        NOW,
        Input::Connected {
            flow,
            transport: Transport::Tcp,
            local: "192.0.2.1:40000".parse().unwrap(),
            peer: "192.0.2.9:5060".parse().unwrap(),
            identity: None,
        },
    );
}

// §18.1.1: 200 less than a path MTU that is known; or never, if that is the policy.
// shows: S114
#[test]
fn the_length_is_a_policy() {
    let config = EndpointConfig {
        transport: TransportPolicy {
            datagram_request_bytes: 9000 - 200,
            ..TransportPolicy::default()
        },
        ..EndpointConfig::default()
    };
    let mut node = Node::new("192.0.2.1:5060", config);
    send(&mut node, Method::Options, TO, 5000);
    assert!(matches!(outputs(&mut node)[..], [Seen::Sent(FLOW, _)]));
}

// §18.1.1: nobody takes a connection there.
#[test]
fn where_no_connection_is_taken_the_request_goes_over_udp_after_all() {
    for method in [Method::Invite, Method::Options] {
        let mut node = node();
        send(&mut node, method, TO, 2000);
        let [Seen::Connect(flow, _)] = outputs(&mut node)[..] else {
            panic!("one connection");
        };
        let reason = CloseReason::Unreachable;
        node.endpoint
            .handle_input(NOW, Input::Closed { flow, reason });
        let seen = outputs(&mut node);
        let [Seen::Sent(FLOW, text)] = &seen[..] else {
            panic!("one datagram");
        };
        assert!(via(text).starts_with("Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK"));
        assert!(text.ends_with(&"x".repeat(2000)));
        assert_eq!(text.matches("Via:").count(), 1);
        assert_eq!(
            node.log(),
            ["flow#0 Closed"],
            "the user's request is still under way"
        );
        // It is a transaction over UDP now: sent again after T1, and its answer is found.
        let at = node.deadline().unwrap();
        assert_eq!(at, NOW + core::time::Duration::from_millis(500));
        node.endpoint.handle_input(at, Input::Timeout);
        assert!(matches!(outputs(&mut node)[..], [Seen::Sent(FLOW, _)]));
        let rest = text.split_once("\r\n").unwrap().1;
        let head = rest.split_once("\r\nContent-Type").unwrap().0;
        let answer = format!("SIP/2.0 180 Ringing\r\n{head}\r\nContent-Length: 0\r\n\r\n");
        node.receive(at, "192.0.2.9:5060", answer.as_bytes());
        let told = format!("response 180 {}", method.as_str());
        assert_eq!(node.log().last(), Some(&told.as_str()));
    }
}

#[test]
fn a_connection_that_breaks_after_an_answer_is_not_replaced_by_udp() {
    for method in [Method::Invite, Method::Options] {
        let mut node = node();
        send(&mut node, method, TO, 2000);
        let [Seen::Connect(flow, _)] = outputs(&mut node)[..] else {
            panic!("one connection");
        };
        connected(&mut node, flow);
        let seen = outputs(&mut node);
        let [Seen::Sent(_, text)] = &seen[..] else {
            panic!("one message");
        };
        let rest = text.split_once("\r\n").unwrap().1;
        let head = rest.split_once("\r\nContent-Type").unwrap().0;
        let answer = format!("SIP/2.0 100 Trying\r\n{head}\r\nContent-Length: 0\r\n\r\n");
        let bytes = answer.as_bytes();
        node.endpoint
            .handle_input(NOW, Input::Stream { flow, bytes });
        let reason = CloseReason::Reset;
        node.endpoint
            .handle_input(NOW, Input::Closed { flow, reason });
        assert!(outputs(&mut node).is_empty());
        // An INVITE that was answered waits for its final response, which may come on another
        // connection.
        let failed = node.log().contains(&"client failed: Transport");
        assert_eq!(failed, method == Method::Options);
    }
}

// §18.1.1: there is no connection to a group.
#[test]
fn a_long_request_to_a_group_stays_a_datagram() {
    let mut node = node();
    send(&mut node, Method::Options, "sip:224.0.1.75", 2000);
    assert!(matches!(outputs(&mut node)[..], [Seen::Sent(FLOW, _)]));
}

// §18.2.2: a response goes where its request came from, however long it is.
#[test]
fn a_long_response_stays_on_udp() {
    let mut node = node();
    let text = "OPTIONS sip:192.0.2.1 SIP/2.0\r\n\
        Via: SIP/2.0/UDP 192.0.2.9;rport;branch=z9hG4bKa\r\nFrom: <sip:a@b.example>;tag=1\r\n\
        To: <sip:c@d.example>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n";
    node.receive(NOW, "192.0.2.9:5060", text.as_bytes());
    let (transaction, _) = node.endpoint.user.received[0];
    node.endpoint.command(NOW, |_, stack, _| {
        let request = Arc::clone(stack.received_request(transaction).unwrap());
        let response = ResponseBuilder::to(&request, StatusCode::OK)
            .to_tag("t")
            .body("text/plain", "x".repeat(2000).as_bytes())
            .finish()
            .unwrap();
        stack.respond(transaction, response).unwrap();
    });
    assert!(matches!(outputs(&mut node)[..], [Seen::Sent(FLOW, _)]));
}

// §18.1.1: the ACK of a 2xx takes the connection that stands, and says where it went.
#[test]
fn a_long_ack_takes_the_connection_of_its_invite() {
    let mut node = node();
    send(&mut node, Method::Invite, TO, 2000);
    let [Seen::Connect(flow, _)] = outputs(&mut node)[..] else {
        panic!("one connection");
    };
    connected(&mut node, flow);
    outputs(&mut node);
    let ack = RequestBuilder::new(Method::Ack, TO)
        .field(
            HeaderName::From,
            &FromTo::new("sip:a@example.com", Some("1")),
        )
        .field(HeaderName::To, &FromTo::new(TO, Some("2")))
        .field(HeaderName::CallId, "call")
        .field(
            HeaderName::CSeq,
            &CSeq {
                number: 1,
                method: Method::Ack,
            },
        )
        .body("text/plain", "x".repeat(2000).as_bytes())
        .finish()
        .unwrap();
    let (target, bytes) = node.endpoint.command(NOW, |_, stack, _| {
        let target = stack.select(TO).unwrap();
        assert_eq!(target.flow, FLOW);
        stack.send_ack(&ack, target).unwrap()
    });
    assert_eq!((target.flow, target.transport), (flow, Transport::Tcp));
    let text = core::str::from_utf8(&bytes).unwrap().to_string();
    assert!(via(&text).starts_with("Via: SIP/2.0/TCP "));
    assert!(
        matches!(&outputs(&mut node)[..], [Seen::Sent(over, sent)] if *over == flow && *sent == text)
    );
}
