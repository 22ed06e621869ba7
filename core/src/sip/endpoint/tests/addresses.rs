//! A socket bound to all addresses, and those of them at which something came in
//! (RFC 3261 §18.1.1, §18.2.2, RFC 3581 §4).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::{FLOW, Node, Probe};
use crate::machine::{CloseReason, FlowId, Input, Machine, Output, Transport};
use crate::sip::endpoint::{Endpoint, EndpointConfig, KeepAlive, Target};
use crate::sip::message::Method;
use crate::sip::transport::server_location::Family;
use crate::sip::uri::HostPort;
use crate::stun::{Class, Message, Writer};
use crate::time::Instant;

const NOW: Instant = Instant::from_millis(5);
const HIT: FlowId = FlowId::from_driver(1);
const PEER: &str = "192.0.2.9:5060";

fn peer() -> SocketAddr {
    PEER.parse().unwrap()
}

/// A node on all addresses, reached at one of them already.
fn node() -> Node {
    let mut node = Node::new("0.0.0.0:5060", EndpointConfig::default());
    bind(&mut node, HIT, Transport::Udp, "192.0.2.1:5060");
    node.endpoint.user.log.clear();
    node
}

fn hit(node: &mut Node, bytes: &[u8]) {
    let input = Input::Datagram {
        flow: HIT,
        source: peer(),
        bytes,
    };
    node.endpoint.handle_input(NOW, input);
}

/// What leaves, by flow.
fn sent(node: &mut Node) -> Vec<(FlowId, Vec<u8>)> {
    let (mut all, mut bytes) = (Vec::new(), Vec::new());
    loop {
        match node.endpoint.poll_output(&mut bytes) {
            Output::Transmit { flow, .. } => all.push((flow, bytes.clone())),
            Output::Wait(_) => return all,
            _ => {}
        }
    }
}

#[test]
fn a_response_leaves_from_the_address_that_the_request_went_to() {
    let mut node = node();
    let request = "OPTIONS sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;rport;branch=z9hG4bKa\r\n\
        From: <sip:a@b.example>;tag=1\r\nTo: <sip:c@d.example>\r\nCall-ID: a\r\n\
        CSeq: 1 NONSENSE\r\nContent-Length: 0\r\n\r\n";
    hit(&mut node, request.as_bytes());
    let [(flow, response)] = &sent(&mut node)[..] else {
        panic!("one response");
    };
    assert_eq!(*flow, HIT);
    let response = String::from_utf8_lossy(response);
    assert!(response.starts_with("SIP/2.0 400 "), "{response}");
    let sent_by = node.endpoint.stack.flow(HIT).unwrap().sent_by();
    assert_eq!(format!("{sent_by}"), "192.0.2.1:5060");
}

#[test]
fn a_new_request_leaves_it_to_the_system_from_where() {
    let mut node = node();
    node.send(NOW, Method::Options, &format!("sip:{PEER}"));
    let sent = sent(&mut node);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].0, FLOW);
}

#[test]
fn what_was_asked_on_the_socket_may_be_answered_at_any_of_its_addresses() {
    let mut node = node();
    keep_alive(&mut node, FLOW);
    let at = node.deadline().unwrap();
    node.endpoint.handle_input(at, Input::Timeout);
    let sent = sent(&mut node);
    let [(FLOW, question)] = &sent[..] else {
        panic!("{sent:?}");
    };
    hit(&mut node, &answer_to(question));
    // It is not asked again before its time.
    let next = node.deadline().unwrap();
    let least = core::time::Duration::from_secs(20);
    assert!(next.saturating_duration_since(at) > least, "{next:?}");
}

/// Asked on both, each answer belongs to the question of the address it came to.
#[test]
fn an_address_that_asks_for_itself_takes_its_own_answers() {
    let mut node = node();
    keep_alive(&mut node, FLOW);
    keep_alive(&mut node, HIT);
    let mut asked = [0, 0];
    for _ in 0..20 {
        let at = node.deadline().unwrap();
        node.endpoint.handle_input(at, Input::Timeout);
        for (flow, question) in sent(&mut node) {
            asked[usize::from(flow == HIT)] += 1;
            let bytes = &answer_to(&question)[..];
            let source = peer();
            let input = Input::Datagram {
                flow,
                source,
                bytes,
            };
            node.endpoint.handle_input(at, input);
        }
    }
    // Neither question is ever repeated: each is asked once in its interval.
    assert_eq!(asked, [10, 10]);
}

/// An address belongs to the socket on all addresses of its transport, port and family alone.
#[test]
fn an_address_is_one_of_the_socket_that_it_fits() {
    for (socket, is_its) in [
        ("0.0.0.0:5060", true),
        ("0.0.0.0:5062", false),
        ("[::]:5060", false),
        ("192.0.2.2:5060", false),
    ] {
        let mut node = Node::new(socket, EndpointConfig::default());
        let listener = FlowId::from_driver(9);
        bind(&mut node, listener, Transport::Tcp, "0.0.0.0:5060");
        bind(&mut node, HIT, Transport::Udp, "192.0.2.1:5060");
        let found = node.endpoint.stack.flow(HIT).unwrap().socket();
        assert_eq!(found, is_its.then_some(FLOW), "{socket}");
    }
}

/// Servers are looked for in the families there are sockets of, and in both before there are any.
#[test]
fn servers_have_addresses_of_the_families_of_the_sockets() {
    let (v4, v6) = ("192.0.2.1:5060", "[2001:db8::1]:5060");
    for (sockets, families) in [
        (&[v4][..], &[Family::V4][..]),
        (&[v6], &[Family::V6]),
        (&[v6, v4, v6], &[Family::V6, Family::V4]),
    ] {
        let mut node = Node::new(sockets[0], EndpointConfig::default());
        for (n, local) in (1..).zip(&sockets[1..]) {
            bind(&mut node, FlowId::from_driver(n), Transport::Udp, local);
        }
        assert_eq!(node.endpoint.stack.cx.transport.families(), families);
    }
}

/// A listener sends nothing: what leaves as a datagram leaves from a socket for datagrams, though
/// others were bound before it.
#[test]
fn datagrams_leave_from_a_socket_for_datagrams() {
    let mut endpoint = Endpoint::new(EndpointConfig::default(), Probe::default(), [7; 32]);
    for (n, transport) in (0..).zip([Transport::Tcp, Transport::Udp]) {
        let bound = Input::Bound {
            flow: FlowId::from_driver(n),
            transport,
            local: "192.0.2.1:5060".parse().unwrap(),
        };
        endpoint.handle_input(NOW, bound);
    }
    let target = endpoint.command(NOW, |_, stack, _| stack.select("sip:192.0.2.9"));
    assert_eq!(target.unwrap().flow, FlowId::from_driver(1));
}

/// RFC 3261 §18.1.2: a response is ours while the sent-by of its Via is that of a socket, or a
/// connection, that is there.
#[test]
fn a_sent_by_is_ours_as_long_as_a_socket_has_it() {
    let mut node = Node::new("192.0.2.1:5060", EndpointConfig::default());
    let sent_by = HostPort::parse("192.0.2.2:5060").unwrap();
    for _ in 0..2 {
        bind(&mut node, HIT, Transport::Udp, "192.0.2.2:5060");
        assert!(node.endpoint.stack.cx.transport.is_ours(sent_by));
        let reason = CloseReason::Finished;
        let closed = Input::Closed { flow: HIT, reason };
        node.endpoint.handle_input(NOW, closed);
        assert!(!node.endpoint.stack.cx.transport.is_ours(sent_by));
    }
}

fn bind(node: &mut Node, flow: FlowId, transport: Transport, local: &str) {
    let local = local.parse().unwrap();
    let bound = Input::Bound {
        flow,
        transport,
        local,
    };
    node.endpoint.handle_input(NOW, bound);
}

fn keep_alive(node: &mut Node, flow: FlowId) {
    let target = Target {
        flow,
        address: peer(),
        transport: Transport::Udp,
    };
    let interval = KeepAlive::DATAGRAM;
    let kept = node
        .endpoint
        .command(NOW, |_, stack, _| stack.keep_alive(target, interval));
    assert_eq!(kept, Ok(()));
}

/// RFC 8489 §6.3.3: the address it came from.
fn answer_to(question: &[u8]) -> Vec<u8> {
    let id = Message::parse(question).unwrap().transaction_id();
    let mut answer = Vec::new();
    let mut writer = Writer::new(&mut answer, Class::Success, id);
    writer.xor_mapped_address("192.0.2.1:5060".parse().unwrap());
    writer.finish();
    answer
}

#[test]
fn an_address_that_goes_takes_its_own_sockets_along_and_no_others() {
    let mut node = Node::new("192.0.2.1:5060", EndpointConfig::default());
    for (flow, local) in [(1, "192.0.2.1:5070"), (2, "192.0.2.2:5060")] {
        let flow = FlowId::from_driver(flow);
        let bound = Input::Bound {
            flow,
            transport: Transport::Udp,
            local: local.parse().unwrap(),
        };
        node.endpoint.handle_input(NOW, bound);
    }
    node.endpoint
        .close_address(NOW, "192.0.2.1".parse().unwrap());
    let left = [0, 1, 2].map(|flow| {
        let flow = FlowId::from_driver(flow);
        node.endpoint.stack().flow(flow).is_some()
    });
    assert_eq!(left, [false, false, true]);
}
