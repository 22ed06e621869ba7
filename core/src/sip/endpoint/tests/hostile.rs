//! Datagrams nobody should send, and more of them than there is room for.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Node, first_words};
use crate::limits::Limits;
use crate::machine::{FlowId, Input, Machine};
use crate::sip::endpoint::{DropReason, EndpointConfig};
use crate::sip::message::Method;
use crate::time::Instant;

const NOW: Instant = Instant::from_millis(5);

fn node() -> Node {
    Node::new("192.0.2.1:5060", EndpointConfig::default())
}

fn request(method: &str, branch: &str, rest: &str) -> String {
    format!(
        "{method} sip:bob@192.0.2.1 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK{branch}\r\n\
         From: <sip:alice@example.com>;tag=1\r\n\
         To: <sip:bob@example.com>\r\n\
         Call-ID: {branch}\r\n\
         CSeq: 1 {method}\r\n{rest}\r\n"
    )
}

fn receive(node: &mut Node, text: &str) -> Vec<String> {
    node.receive(NOW, "192.0.2.9:5060", text.as_bytes())
}

#[track_caller]
fn dropped(text: &[u8], reason: DropReason) {
    let mut node = node();
    let sent = node.receive(NOW, "192.0.2.9:5060", text);
    assert!(sent.is_empty(), "{sent:?}");
    assert!(node.log().is_empty());
    assert_eq!(node.endpoint.stats().dropped(reason), 1);
    assert_eq!(node.endpoint.stats().dropped_total(), 1);
}

#[track_caller]
fn refused(text: &str, status: &str) -> String {
    let mut node = node();
    let sent = receive(&mut node, text);
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(first_words(&sent[0]), status);
    assert!(node.log().is_empty());
    assert!(node.endpoint.is_idle());
    assert_eq!(node.endpoint.stats().malformed_answered, 1);
    assert_eq!(receive(&mut node, text), sent, "the same to a copy of it");
    sent[0].clone()
}

#[test]
fn noise_is_dropped_and_counted() {
    dropped(b"\r\n\r\n", DropReason::KeepAlive);
    dropped(b"", DropReason::KeepAlive);
    dropped(&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42], DropReason::NotSip);
    dropped(b"GET / HTTP/1.1\r\n\r\n", DropReason::NotSip);
    dropped(b"SIP/2.0 200 OK\r\n\r\n", DropReason::MalformedResponse);
    dropped(
        b"OPTIONS sip:a@b SIP/2.0\r\n\r\n",
        DropReason::MalformedRequest,
    );
}

/// §18.3.
#[test]
fn a_request_that_is_cut_short_is_answered_and_a_response_is_not() {
    let sent = refused(&request("INVITE", "a", "Content-Length: 9\r\n"), "400");
    assert!(sent.contains("branch=z9hG4bKa"));
    assert!(sent.contains("CSeq: 1 INVITE\r\n"));
    assert!(sent.contains(";tag="), "§8.2.6.2: To has a tag");
    let ack = request("ACK", "a", "Content-Length: 9\r\n");
    dropped(ack.as_bytes(), DropReason::MalformedAck);
    let response = request("INVITE", "a", "Content-Length: 9\r\n");
    let response = response.replacen("INVITE sip:bob@192.0.2.1 SIP/2.0", "SIP/2.0 200 OK", 1);
    dropped(response.as_bytes(), DropReason::MalformedResponse);
}

#[test]
fn a_request_with_another_version_or_method_in_cseq_is_refused() {
    let version = request("OPTIONS", "a", "").replacen("SIP/2.0", "SIP/7.0", 1);
    refused(&version, "505");
    let cseq = request("OPTIONS", "a", "").replace("CSeq: 1 OPTIONS", "CSeq: 1 INVITE");
    refused(&cseq, "400");
}

// RFC 4475 §3.1.2.4, §3.1.2.6, §3.1.2.15.
#[test]
fn what_cannot_be_read_is_copied_into_the_answer() {
    for (old, new) in [
        ("CSeq: 1 OPTIONS", "CSeq: 36893488147419103232 OPTIONS"),
        (
            "To: <sip:bob@example.com>",
            "To: \"Mr. Bob <sip:bob@example.com>",
        ),
        (
            "From: <sip:alice@example.com>;tag=1",
            "From: Bell, Alexander <sip:a.g.bell@bell-tel.com>;tag=43",
        ),
    ] {
        let text = request("OPTIONS", "a", "").replace(old, new);
        assert!(text.contains(new));
        assert!(refused(&text, "400").contains(new));
        let ack = text.replace("OPTIONS", "ACK");
        dropped(ack.as_bytes(), DropReason::MalformedAck);
    }
}

// §8.2.6.2: an answer that lacks one of these would find nobody.
#[test]
fn without_a_row_that_its_answer_has_to_have_a_request_is_dropped() {
    let whole = request("OPTIONS", "a", "");
    for name in ["Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: "] {
        let rows = whole.split("\r\n").filter(|row| !row.starts_with(name));
        let text = rows.collect::<Vec<&str>>().join("\r\n");
        assert_ne!(text, whole);
        dropped(text.as_bytes(), DropReason::MalformedRequest);
    }
}

#[test]
fn more_rows_than_the_limit_are_answered_400() {
    let rows = "X: y\r\n".repeat(Limits::default().header_fields);
    let sent = refused(&request("OPTIONS", "a", &rows), "400");
    assert!(!sent.contains("X: y"));
}

#[test]
fn too_much_of_a_body_is_413() {
    let limits = Limits {
        body_bytes: 4,
        ..Limits::default()
    };
    let config = EndpointConfig {
        limits,
        ..EndpointConfig::default()
    };
    let mut node = Node::new("192.0.2.1:5060", config);
    let text = request("OPTIONS", "a", "Content-Length: 5\r\n") + "hello";
    let sent = receive(&mut node, &text);
    assert_eq!(first_words(&sent[0]), "413");
}

fn small(server_transactions: usize) -> Node {
    let limits = Limits {
        server_transactions,
        ..Limits::default()
    };
    let config = EndpointConfig {
        limits,
        ..EndpointConfig::default()
    };
    Node::new("192.0.2.1:5060", config)
}

/// §21.5.4.
#[test]
fn beyond_the_limit_a_request_is_told_to_come_again_later() {
    let mut node = small(1);
    receive(&mut node, &request("INVITE", "a", ""));
    let sent = receive(&mut node, &request("INVITE", "b", ""));
    assert_eq!(first_words(&sent[0]), "503");
    assert!(sent[0].contains("Retry-After: 5\r\n"));
    assert!(receive(&mut node, &request("ACK", "c", "")).is_empty());
    assert_eq!(node.log(), ["request INVITE", "ack"]);
    assert_eq!(node.endpoint.stats().dropped(DropReason::Overload), 1);
    assert_eq!(node.endpoint.stack().transaction_count(), (0, 1));
}

#[test]
fn a_flow_nobody_opened_carries_nothing() {
    let mut node = node();
    let bytes = request("OPTIONS", "a", "");
    node.endpoint.handle_input(
        NOW,
        Input::Datagram {
            flow: FlowId::from_driver(9),
            source: "192.0.2.9:5060".parse().unwrap(),
            bytes: bytes.as_bytes(),
        },
    );
    assert_eq!(node.endpoint.stats().dropped(DropReason::UnknownFlow), 1);
    assert!(node.log().is_empty());
}

// shows: S152
#[test]
fn an_ack_for_anything_but_an_invite_is_discarded() {
    let mut node = node();
    receive(&mut node, &request("OPTIONS", "a", ""));
    let ack = request("ACK", "a", "");
    assert!(receive(&mut node, &ack).is_empty());
    assert_eq!(node.log(), ["request OPTIONS"]);
    assert_eq!(node.endpoint.stats().dropped(DropReason::UnexpectedAck), 1);
}

#[test]
fn the_transmit_queue_has_an_end() {
    let limits = Limits {
        transmit_queue: 2,
        ..Limits::default()
    };
    let config = EndpointConfig {
        limits,
        ..EndpointConfig::default()
    };
    let mut node = Node::new("192.0.2.1:5060", config);
    for _ in 0..3 {
        node.send(NOW, Method::Options, "sip:192.0.2.9");
    }
    assert_eq!(node.drain(NOW).len(), 2);
    let stats = node.endpoint.stats();
    assert_eq!(stats.dropped(DropReason::TransmitQueueFull), 1);
}

/// Whatever is done to a message, one byte or one cut at a time: no panic, no broken table.
#[test]
fn bent_requests_do_no_harm() {
    let good = request("INVITE", "a", "Content-Length: 0\r\n").into_bytes();
    let mut node = node();
    for place in 0..good.len() {
        node.receive(NOW, "192.0.2.9:5060", good.get(..place).unwrap());
        for byte in [0, b'\r', b'\n', b' ', b':', b';', b'<', b'"', b'9', 0xff] {
            let mut bent = good.clone();
            bent[place] = byte;
            node.receive(NOW, "192.0.2.9:5060", &bent);
        }
    }
}
