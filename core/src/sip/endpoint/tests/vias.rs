//! What the transport layer does to Vias, and what it does because of them (RFC 3261 §18, RFC
//! 3581).

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::{Node, first_words};
use crate::machine::{FlowId, Input, Machine, Transport};
use crate::sip::endpoint::{DropReason, EndpointConfig};
use crate::sip::message::Method;
use crate::time::Instant;

const NOW: Instant = Instant::from_millis(5);

/// Gives the top Via as the user sees it, and where the 200 goes.
fn served(via: &str, source: &str) -> (String, SocketAddr) {
    let mut node = Node::new("192.0.2.2:5060", EndpointConfig::default());
    node.endpoint.user.answers.insert("OPTIONS", [200].into());
    let text = format!(
        "OPTIONS sip:192.0.2.2 SIP/2.0\r\nVia: {via}\r\nFrom: <sip:a@b.example>;tag=1\r\n\
         To: <sip:c@d.example>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n"
    );
    let source = source.parse().unwrap();
    node.endpoint.handle_input(
        NOW,
        Input::Datagram {
            flow: super::FLOW,
            source,
            bytes: text.as_bytes(),
        },
    );
    let (to, response) = node.drain(NOW).remove(0);
    let row = response.split("\r\n").nth(1).unwrap();
    (row.strip_prefix("Via: ").unwrap().to_string(), to)
}

// shows: S184
#[test]
fn received_is_added_if_sent_by_is_a_name_or_another_address() {
    let source = "192.0.2.4:5060";
    let (via, _) = served("SIP/2.0/UDP bobspc.biloxi.com:5060;branch=z9hG4bKa", source);
    assert!(via.contains(";received=192.0.2.4"), "{via}");
    let (via, _) = served("SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa", source);
    assert!(via.contains(";received=192.0.2.4"), "{via}");
    let (via, _) = served("SIP/2.0/UDP 192.0.2.4:5060;branch=z9hG4bKa", source);
    assert!(!via.contains("received"), "{via}");
}

/// The example of RFC 3581 §6; the answer leaves on the flow the request came on, for there is no
/// other.
// shows: S185
#[test]
fn rport_leads_the_response_back_to_where_the_request_came_from() {
    let (via, to) = served(
        "SIP/2.0/UDP 10.1.1.1:4540;rport;branch=z9hG4bKkjshdyff",
        "192.0.2.1:9988",
    );
    assert!(via.contains("received=192.0.2.1"), "{via}");
    assert!(via.contains("rport=9988"), "{via}");
    assert_eq!(to.to_string(), "192.0.2.1:9988");
    // RFC 3581 §4: received goes with rport even if it says nothing new.
    let (via, _) = served(
        "SIP/2.0/UDP 192.0.2.1:9988;rport;branch=z9hG4bKk",
        "192.0.2.1:9988",
    );
    assert!(via.contains("received=192.0.2.1"), "{via}");
}

#[test]
fn the_response_leaves_on_the_socket_the_request_came_on() {
    let mut node = Node::new("192.0.2.2:5060", EndpointConfig::default());
    node.endpoint.user.answers.insert("OPTIONS", [200].into());
    let second = FlowId::from_driver(1);
    node.endpoint.handle_input(
        NOW,
        Input::Bound {
            flow: second,
            transport: Transport::Udp,
            local: "192.0.2.2:5070".parse().unwrap(),
        },
    );
    let text = "OPTIONS sip:192.0.2.2 SIP/2.0\r\n\
        Via: SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bKa\r\nFrom: <sip:a@b.example>;tag=1\r\n\
        To: <sip:c@d.example>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n";
    node.endpoint.handle_input(
        NOW,
        Input::Datagram {
            flow: second,
            source: "192.0.2.1:5060".parse().unwrap(),
            bytes: text.as_bytes(),
        },
    );
    let output = node.endpoint.poll_output(&mut Vec::new());
    assert!(
        matches!(output, crate::Output::Transmit { flow, .. } if flow == second),
        "{output:?}"
    );
}

fn sent_request(config: EndpointConfig, to: &str) -> (Node, String) {
    let mut node = Node::new("192.0.2.1:5060", config);
    node.send(NOW, Method::Options, to);
    let (_, text) = node.drain(NOW).remove(0);
    (node, text)
}

fn response_to(request: &str, status: &str) -> String {
    let rest = request.split_once("\r\n").unwrap().1;
    format!("SIP/2.0 {status}\r\n{rest}")
}

// shows: S186
#[test]
fn a_response_with_a_foreign_top_via_is_dropped() {
    let (mut node, request) = sent_request(EndpointConfig::default(), "sip:192.0.2.9");
    let ours = response_to(&request, "200 OK");
    for (from, to) in [
        ("192.0.2.1:5060;", "192.0.2.254:5060;"),
        ("192.0.2.1:5060;", "192.0.2.1:5062;"),
        ("192.0.2.1:5060;", "client.example.com;"),
    ] {
        let foreign = ours.replacen(from, to, 1);
        assert_ne!(foreign, ours);
        node.receive(NOW, "192.0.2.9:5060", foreign.as_bytes());
    }
    assert!(node.log().is_empty());
    assert_eq!(node.endpoint.stats().dropped(DropReason::ForeignVia), 3);
    node.receive(NOW, "192.0.2.9:5060", ours.as_bytes());
    assert_eq!(node.log(), ["response 200 OPTIONS"]);
}

// §18.1.2 and §8.1.1: what every message has, it has to be possible to read in a response.
#[test]
fn a_response_of_which_one_field_cannot_be_read_is_dropped() {
    let (mut node, request) = sent_request(EndpointConfig::default(), "sip:192.0.2.9");
    let ours = response_to(&request, "200 OK");
    for name in ["From: ", "To: ", "Call-ID: ", "CSeq: "] {
        for broken in ["", "< <"] {
            let rows = ours.split("\r\n").map(|row| match row.starts_with(name) {
                true => format!("{name}{broken}"),
                false => row.to_string(),
            });
            let response = rows.collect::<Vec<String>>().join("\r\n");
            node.receive(NOW, "192.0.2.9:5060", response.as_bytes());
        }
    }
    assert!(node.log().is_empty(), "{:?}", node.log());
    assert_eq!(
        node.endpoint.stats().dropped(DropReason::MalformedResponse),
        8
    );
    node.receive(NOW, "192.0.2.9:5060", ours.as_bytes());
    assert_eq!(node.log(), ["response 200 OPTIONS"]);
}

#[test]
fn a_response_nobody_asked_for_is_a_stray() {
    let (mut node, request) = sent_request(EndpointConfig::default(), "sip:192.0.2.9");
    let stray = response_to(&request, "200 OK").replacen("branch=z9hG4bK", "branch=z9hG4bKx", 1);
    node.receive(NOW, "192.0.2.9:5060", stray.as_bytes());
    assert_eq!(node.log(), ["stray 200"]);
    assert_eq!(node.endpoint.stats().dropped(DropReason::StrayResponse), 1);
}

#[test]
fn the_via_of_a_request_asks_for_rport_and_says_what_is_advertised() {
    let (_, text) = sent_request(EndpointConfig::default(), "sip:192.0.2.9");
    let via = text.split("\r\n").nth(1).unwrap();
    assert!(via.starts_with("Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK"));
    assert!(via.ends_with(";rport"), "{via}");
    let config = EndpointConfig {
        advertised: [(Transport::Udp, "pbx.example.com".to_string())].into(),
        ..EndpointConfig::default()
    };
    let (mut node, text) = sent_request(config, "sip:192.0.2.9");
    assert!(text.contains("\r\nVia: SIP/2.0/UDP pbx.example.com;branch="));
    node.receive(
        NOW,
        "192.0.2.9:5060",
        response_to(&text, "200 OK").as_bytes(),
    );
    assert_eq!(node.log(), ["response 200 OPTIONS"]);
}

/// §18.1.1, §17.1.3.
// shows: S119
#[test]
fn a_request_to_a_group_says_so_and_takes_one_answer() {
    let (mut node, text) = sent_request(EndpointConfig::default(), "sip:224.0.1.75");
    let via = text.split("\r\n").nth(1).unwrap();
    assert!(via.contains(";maddr=224.0.1.75"), "{via}");
    assert!(via.contains(";ttl=1"), "{via}");
    let first = response_to(&text, "200 OK");
    let second = response_to(&text, "404 Not Found");
    node.receive(NOW, "192.0.2.8:5060", first.as_bytes());
    node.receive(NOW, "192.0.2.9:5060", second.as_bytes());
    assert_eq!(node.log(), ["response 200 OPTIONS"]);
    assert_eq!(node.endpoint.stats().dropped(DropReason::ResponseCopy), 1);
}

#[test]
fn a_mark_stands_at_the_end_of_the_branch() {
    let mut node = Node::new("192.0.2.1:5060", EndpointConfig::default());
    let request = super::outgoing(Method::Options, "sip:192.0.2.9");
    node.endpoint.command(NOW, |_, stack, _| {
        let target = stack.select("sip:192.0.2.9").unwrap();
        stack.request_marked(&request, target, "-loop").unwrap()
    });
    let (_, text) = node.drain(NOW).remove(0);
    assert_eq!(first_words(&text), "OPTIONS");
    assert!(text.contains("-loop;rport\r\n"));
}
