//! SIP over WebSocket (RFC 7118): a driver carries bytes, and everything else happens here.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use super::{Node, Probe};
use crate::machine::{FlowId, Input, Machine, Output, Transport};
use crate::peer::PeerIdentity;
use crate::rng::Rng;
use crate::sip::endpoint::{DropReason, Endpoint, EndpointConfig, KeepAlive, Target};
use crate::sip::message::Method;
use crate::time::Instant;
use crate::websocket::{Opcode, Role, Step, WebSocket, WebSocketLimits, write_frame};

const NOW: Instant = Instant::from_millis(5);
const FLOW: FlowId = FlowId::from_driver(1);
const LIMITS: WebSocketLimits = WebSocketLimits {
    head_bytes: 4096,
    message_bytes: 65_536,
};

/// RFC 7118 §8.1, F1.
const HANDSHAKE: &str = "GET / HTTP/1.1\r\nHost: proxy.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Origin: https://www.example.com\r\nSec-WebSocket-Protocol: sip\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// RFC 7118 §8.1, F3, with another Call-ID for each.
fn register(call_id: &str) -> String {
    format!(
        "REGISTER sip:proxy.example.com SIP/2.0\r\n\
         Via: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK{call_id}\r\n\
         From: sip:alice@example.com;tag=65bnmj.34asd\r\nTo: sip:alice@example.com\r\n\
         Call-ID: {call_id}\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\n\
         Contact: <sip:alice@df7jal23ls0d.invalid;transport=ws>\r\n ;reg-id=1\r\n\r\n"
    )
}

fn peer() -> SocketAddr {
    "192.0.2.9:40000".parse().unwrap()
}

fn connected(flow: FlowId) -> Input<'static> {
    Input::Connected {
        flow,
        transport: Transport::Wss,
        local: "192.0.2.1:443".parse().unwrap(),
        peer: peer(),
        identity: None,
    }
}

fn give(node: &mut Node, now: Instant, flow: FlowId, bytes: &[u8]) {
    node.endpoint
        .handle_input(now, Input::Stream { flow, bytes });
    assert_eq!(node.endpoint.check(), Ok(()));
}

/// What it sends on connections, and whether it closes one.
fn sent(endpoint: &mut Endpoint<Probe>) -> (Vec<Vec<u8>>, bool) {
    let (mut all, mut closed, mut bytes) = (Vec::new(), false, Vec::new());
    loop {
        match endpoint.poll_output(&mut bytes) {
            Output::Transmit { .. } => all.push(bytes.clone()),
            Output::Close { .. } => closed = true,
            Output::Connect { .. } | Output::Resolve { .. } | Output::Event(_) => {}
            Output::Wait(_) => return (all, closed),
        }
    }
}

fn from_client(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    write_frame(
        Role::Client,
        &mut Rng::from_seed([1; 32]),
        opcode,
        payload,
        &mut out,
    );
    out
}

/// A node with an accepted WebSocket that is open.
fn served() -> Node {
    let mut node = Node::new("192.0.2.1:5060", EndpointConfig::default());
    for method in ["REGISTER", "OPTIONS"] {
        node.endpoint.user.answers.insert(method, [200].into());
    }
    node.endpoint.handle_input(NOW, connected(FLOW));
    assert!(node.log().is_empty(), "not open before the handshake");
    give(&mut node, NOW, FLOW, HANDSHAKE.as_bytes());
    let (answer, closed) = sent(&mut node.endpoint);
    let answer = String::from_utf8(answer.concat()).unwrap();
    // F2.
    assert!(
        answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n"),
        "{answer}"
    );
    assert!(answer.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    assert!(answer.contains("\r\nSec-WebSocket-Protocol: sip\r\n"));
    assert!(!closed);
    assert_eq!(node.log(), ["flow#3 Opened"]);
    node.endpoint.user.log.clear();
    node
}

// RFC 7118 §4.1, §4.2, §5.
#[test]
fn each_message_stands_in_a_websocket_message_and_needs_no_content_length() {
    let mut node = served();
    let text = register("a");
    assert!(!text.contains("Content-Length"));
    for opcode in [Opcode::Text, Opcode::Binary] {
        let text = register(if opcode == Opcode::Text { "a" } else { "b" });
        for piece in from_client(opcode, text.as_bytes()).chunks(100) {
            give(&mut node, NOW, FLOW, piece);
        }
        let (frames, _) = sent(&mut node.endpoint);
        let [frame] = &frames[..] else {
            panic!("{frames:?}");
        };
        assert_eq!(frame[0], 0x81, "one whole frame of text");
        assert_eq!(frame[1] & 0x80, 0, "a server does not mask");
        let response = String::from_utf8_lossy(&frame[4..]);
        assert!(response.starts_with("SIP/2.0 200 OK\r\n"), "{response}");
        assert!(response.contains("Via: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK"));
    }
    assert_eq!(
        node.log(),
        [
            "request REGISTER",
            "server ended",
            "request REGISTER",
            "server ended"
        ]
    );
}

// RFC 7118 §5: what comes after the first is not looked at.
#[test]
fn a_websocket_message_holds_one_sip_message() {
    let mut node = served();
    let first = register("a").replacen("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n", 1);
    let both = format!("{first}{}", register("b"));
    give(
        &mut node,
        NOW,
        FLOW,
        &from_client(Opcode::Text, both.as_bytes()),
    );
    assert_eq!(node.log(), ["request REGISTER", "server ended"]);
}

// RFC 7118 §4.2.
#[test]
fn what_is_not_utf8_leaves_in_a_binary_message() {
    let mut node = served();
    let odd = register("a").replacen(
        "To: sip:alice@example.com",
        "To: \"\u{1}\" <sip:alice@example.com>",
        1,
    );
    let mut odd = odd.into_bytes();
    let place = odd.iter().position(|byte| *byte == 1).unwrap();
    odd[place] = 0xfc;
    give(&mut node, NOW, FLOW, &from_client(Opcode::Binary, &odd));
    let (frames, _) = sent(&mut node.endpoint);
    assert_eq!(frames.concat()[0], 0x82);
}

// RFC 5626 §4.4.1, as RFC 7118 §6 lets it come in a message of its own.
#[test]
fn a_double_crlf_in_a_message_is_answered_by_a_single_one() {
    let mut node = served();
    for opcode in [Opcode::Text, Opcode::Binary] {
        give(&mut node, NOW, FLOW, &from_client(opcode, b"\r\n\r\n"));
        let (frames, closed) = sent(&mut node.endpoint);
        assert_eq!(frames.concat(), [0x81, 2, b'\r', b'\n']);
        assert!(!closed);
    }
    give(&mut node, NOW, FLOW, &from_client(Opcode::Text, b"\r\n"));
    assert!(sent(&mut node.endpoint).0.is_empty(), "a pong");
}

// RFC 7118 §6, RFC 5626 §4.4.1: ours go in messages too, and so do the answers.
#[test]
fn a_single_crlf_in_a_message_answers_our_double_one() {
    let mut node = served();
    // Whoever says nothing at all is not waited for that long.
    give(&mut node, NOW, FLOW, &from_client(Opcode::Text, b"\r\n"));
    let target = Target {
        flow: FLOW,
        address: peer(),
        transport: Transport::Wss,
    };
    let kept = node.endpoint.command(NOW, |_, stack, _| {
        stack.keep_alive(target, KeepAlive::CONNECTION)
    });
    assert_eq!(kept, Ok(()));
    for is_answered in [true, true, false] {
        let asked = loop {
            let at = node.deadline().expect("a deadline");
            node.endpoint.handle_input(at, Input::Timeout);
            let (frames, closed) = sent(&mut node.endpoint);
            assert!(!closed, "it is answered");
            if !frames.is_empty() {
                assert_eq!(frames.concat(), *b"\x81\x04\r\n\r\n");
                break at;
            }
        };
        if is_answered {
            give(&mut node, asked, FLOW, &from_client(Opcode::Text, b"\r\n"));
        } else {
            let patience = asked + Duration::from_secs(10);
            node.endpoint.handle_input(patience, Input::Timeout);
            assert!(sent(&mut node.endpoint).1, "not answered, and closed");
        }
    }
}

// RFC 7118 §4.1, RFC 6455 §4.1: the host as the URI has it, with the port if it is not the usual one.
#[test]
fn the_handshake_names_the_host_and_a_port_that_is_not_the_usual_one() {
    for (port, host) in [(443, "edge.example.com"), (8443, "edge.example.com:8443")] {
        let to = format!("sips:edge.example.com:{port};maddr=192.0.2.9;transport=ws");
        let (mut node, asked) = asked(&to, (port, Transport::Wss));
        let identity = PeerIdentity {
            uris: ["sip:edge.example.com".into()].into(),
            is_verified: true,
            ..PeerIdentity::default()
        };
        node.endpoint.handle_input(NOW, asked.up(Some(&identity)));
        let (request, _) = sent(&mut node.endpoint);
        let request = String::from_utf8(request.concat()).unwrap();
        assert!(
            request.starts_with(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n")),
            "{request}"
        );
    }
}

// RFC 6455 §5.5.
#[test]
fn a_ping_is_answered_and_a_close_is_answered_and_obeyed() {
    let mut node = served();
    give(
        &mut node,
        NOW,
        FLOW,
        &from_client(Opcode::Ping, b"are you there"),
    );
    let (frames, closed) = sent(&mut node.endpoint);
    assert_eq!(frames.concat(), b"\x8a\x0dare you there");
    assert!(!closed);
    give(
        &mut node,
        NOW,
        FLOW,
        &from_client(Opcode::Close, &[0x03, 0xe9]),
    );
    let (frames, closed) = sent(&mut node.endpoint);
    assert_eq!(frames.concat(), [0x88, 2, 0x03, 0xe9]);
    assert!(closed);
    assert_eq!(node.log(), ["flow#3 Closed"]);
    assert!(node.endpoint.stack().flow(FLOW).is_none());
    assert_eq!(node.endpoint.stats().dropped(DropReason::BrokenStream), 0);
}

#[test]
fn a_rule_broken_ends_the_connection() {
    let mut node = served();
    let mut unmasked = Vec::new();
    let mut rng = Rng::from_seed([1; 32]);
    write_frame(
        Role::Server,
        &mut rng,
        Opcode::Text,
        b"OPTIONS",
        &mut unmasked,
    );
    give(&mut node, NOW, FLOW, &unmasked);
    let (frames, closed) = sent(&mut node.endpoint);
    assert_eq!(frames.concat(), [0x88, 2, 0x03, 0xea]);
    assert!(closed);
    assert_eq!(node.endpoint.stats().dropped(DropReason::BrokenStream), 1);
}

#[test]
fn a_connection_we_close_says_goodbye() {
    let mut node = served();
    node.endpoint
        .command(NOW, |_, stack, _| stack.close_flow(FLOW));
    let (frames, closed) = sent(&mut node.endpoint);
    assert_eq!(frames.concat(), [0x88, 2, 0x03, 0xe8]);
    assert!(closed);
}

// RFC 7118 §4.1: a client that does not speak SIP is told so.
#[test]
fn a_handshake_for_something_else_is_refused() {
    let mut node = Node::new("192.0.2.1:5060", EndpointConfig::default());
    node.endpoint.handle_input(NOW, connected(FLOW));
    let request = HANDSHAKE.replacen("Protocol: sip", "Protocol: chat", 1);
    give(&mut node, NOW, FLOW, request.as_bytes());
    let (answer, closed) = sent(&mut node.endpoint);
    assert!(answer.concat().starts_with(b"HTTP/1.1 400 Bad Request\r\n"));
    assert!(closed);
    assert_eq!(node.endpoint.stats().dropped(DropReason::Handshake), 1);
}

/// A connection that was asked for.
struct Asked {
    flow: FlowId,
    peer: SocketAddr,
    transport: Transport,
}

impl Asked {
    fn up<'i>(&self, identity: Option<&'i PeerIdentity>) -> Input<'i> {
        Input::Connected {
            flow: self.flow,
            transport: self.transport,
            local: "192.0.2.1:50000".parse().unwrap(),
            peer: self.peer,
            identity,
        }
    }
}

/// A request that has to open a connection, to this port.
fn asked(to: &str, there: (u16, Transport)) -> (Node, Asked) {
    let mut node = Node::new("192.0.2.1:5060", EndpointConfig::default());
    node.send(NOW, Method::Options, to);
    let mut bytes = Vec::new();
    let Output::Connect {
        flow,
        peer,
        transport,
        ..
    } = node.endpoint.poll_output(&mut bytes)
    else {
        panic!("no connection");
    };
    assert_eq!((peer.port(), transport), there);
    let asked = Asked {
        flow,
        peer,
        transport,
    };
    (node, asked)
}

/// A request that has to open a WebSocket, and the handshake that leaves first.
fn asking() -> (Node, FlowId, WebSocket) {
    // RFC 7118 §5.5: the port of the web.
    let (mut node, asked) = asked("sip:192.0.2.9;transport=ws", (80, Transport::Ws));
    let flow = asked.flow;
    node.endpoint.handle_input(NOW, asked.up(None));
    let (request, _) = sent(&mut node.endpoint);
    let [request] = &request[..] else {
        panic!("the handshake alone: {request:?}");
    };
    assert!(request.starts_with(b"GET / HTTP/1.1\r\nHost: 192.0.2.9:80\r\n"));
    let mut server = WebSocket::server("sip", LIMITS);
    server.push(request);
    (node, flow, server)
}

// RFC 7118 §4.1, §5.1, Appendix B.1.
#[test]
fn a_client_shakes_hands_then_masks_what_it_sends_and_names_no_address() {
    let (mut node, flow, mut server) = asking();
    let mut rng = Rng::from_seed([9; 32]);
    let Some(Step::Send(answer)) = server.poll(&mut rng) else {
        panic!("refused");
    };
    assert_eq!(server.poll(&mut rng), Some(Step::Open));
    give(&mut node, NOW, flow, &answer);
    let (frames, _) = sent(&mut node.endpoint);
    server.push(&frames.concat());
    let Some(Step::Message { bytes, .. }) = server.poll(&mut rng) else {
        panic!("no message");
    };
    let request = String::from_utf8(bytes.to_vec()).unwrap();
    let via = request.split("\r\n").nth(1).unwrap();
    let sent_by = via.strip_prefix("Via: SIP/2.0/WS ").unwrap();
    assert!(
        sent_by.split(';').next().unwrap().ends_with(".invalid"),
        "{via}"
    );
    // §5.3: the answer finds its way without received, and without Content-Length.
    let rest = request.split_once("\r\n").unwrap().1;
    let answer = format!("SIP/2.0 200 OK\r\n{rest}").replace("Content-Length: 0\r\n", "");
    let mut frame = Vec::new();
    write_frame(
        Role::Server,
        &mut rng,
        Opcode::Text,
        answer.as_bytes(),
        &mut frame,
    );
    give(&mut node, NOW, flow, &frame);
    assert_eq!(
        node.log(),
        ["flow#0 Opened", "response 200 OPTIONS", "client ended"]
    );
}

// RFC 7118 §4.1: no 101 is a transport error of the transaction.
#[test]
fn a_server_that_does_not_switch_fails_what_waits_for_it() {
    let (mut node, flow, _) = asking();
    give(
        &mut node,
        NOW,
        flow,
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
    );
    let (frames, closed) = sent(&mut node.endpoint);
    assert!(frames.is_empty() && closed);
    assert_eq!(node.log(), ["flow#0 Closed", "client failed: Transport"]);
    assert!(node.endpoint.is_idle());
}

#[test]
fn a_handshake_that_does_not_end_is_given_up() {
    for (bytes, waits_for) in [("", "its first byte"), ("GET / HTTP/1.1\r\n", "its end")] {
        let mut node = Node::new("192.0.2.1:5060", EndpointConfig::default());
        node.endpoint.handle_input(NOW, connected(FLOW));
        give(&mut node, NOW, FLOW, bytes.as_bytes());
        let late = NOW + Duration::from_secs(32);
        // A byte now and then does not help.
        give(&mut node, NOW + Duration::from_secs(30), FLOW, b"X");
        node.endpoint.handle_input(late, Input::Timeout);
        let (_, closed) = sent(&mut node.endpoint);
        assert!(closed, "{waits_for}");
        assert_eq!(node.endpoint.stats().dropped(DropReason::Stalled), 1);
        assert_eq!(node.log(), ["flow#3 Closed"].map(|line| line.to_string()));
    }
}

// A response has no other way than the connection its request came on (RFC 7118 §5.3).
#[test]
fn a_websocket_client_that_is_gone_is_not_called_back() {
    let mut node = served();
    node.endpoint.user.answers.clear();
    give(
        &mut node,
        NOW,
        FLOW,
        &from_client(Opcode::Text, register("a").as_bytes()),
    );
    node.endpoint.handle_input(
        NOW,
        Input::Closed {
            flow: FLOW,
            reason: crate::CloseReason::Reset,
        },
    );
    let (register, _) = node.endpoint.user.received[0];
    let answered = node
        .endpoint
        .command(NOW, |_, stack, _| super::answer(stack, register, 200));
    assert_eq!(answered, Ok(()));
    let (frames, _) = sent(&mut node.endpoint);
    assert!(frames.is_empty());
    assert_eq!(node.endpoint.stats().dropped(DropReason::FlowGone), 1);
}
