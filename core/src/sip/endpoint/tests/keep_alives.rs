//! Keep-alives: answered, asked, and what follows when nobody answers (RFC 5626 §4.4, §5.4, §8).

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use super::{FLOW, Node};
use crate::limits::Limits;
use crate::machine::{FlowId, Input, Machine, Output, Transport};
use crate::sip::endpoint::{DropReason, EndpointConfig, KeepAlive, KeepAliveError, Target};
use crate::stun::{AttributeType, Class, Message, TransactionId, Writer};
use crate::time::Instant;

const NOW: Instant = Instant::from_millis(5);
const STREAM: FlowId = FlowId::from_driver(1);
const PEER: &str = "192.0.2.9:5060";
const ID: TransactionId = TransactionId([9; 12]);

fn peer() -> SocketAddr {
    PEER.parse().unwrap()
}

/// A node with a socket and a connection.
fn node() -> Node {
    let mut node = Node::new("192.0.2.1:5060", EndpointConfig::default());
    node.endpoint.handle_input(
        NOW,
        Input::Connected {
            flow: STREAM,
            transport: Transport::Tcp,
            local: "192.0.2.1:5060".parse().unwrap(),
            peer: peer(),
            identity: None,
        },
    );
    node.endpoint.user.log.clear();
    node
}

/// What leaves, by flow.
fn sent(node: &mut Node) -> Vec<(FlowId, Vec<u8>)> {
    let (mut all, mut bytes) = (Vec::new(), Vec::new());
    loop {
        match node.endpoint.poll_output(&mut bytes) {
            Output::Transmit { flow, .. } => all.push((flow, bytes.clone())),
            Output::Close { flow } => all.push((flow, b"closed".to_vec())),
            Output::Connect { .. } | Output::Resolve { .. } | Output::Event(_) => {}
            Output::Wait(_) => {
                assert_eq!(node.endpoint.check(), Ok(()));
                return all;
            }
        }
    }
}

fn stream(node: &mut Node, now: Instant, bytes: &[u8]) -> Vec<(FlowId, Vec<u8>)> {
    let flow = STREAM;
    node.endpoint
        .handle_input(now, Input::Stream { flow, bytes });
    sent(node)
}

fn datagram(node: &mut Node, now: Instant, source: &str, bytes: &[u8]) -> Vec<(FlowId, Vec<u8>)> {
    let source = source.parse().unwrap();
    let input = Input::Datagram {
        flow: FLOW,
        source,
        bytes,
    };
    node.endpoint.handle_input(now, input);
    sent(node)
}

fn keep(node: &mut Node, flow: FlowId, interval: KeepAlive) {
    let transport = if flow == FLOW {
        Transport::Udp
    } else {
        Transport::Tcp
    };
    let target = Target {
        flow,
        address: peer(),
        transport,
    };
    let kept = node
        .endpoint
        .command(NOW, |_, stack, _| stack.keep_alive(target, interval));
    assert_eq!(kept, Ok(()));
}

/// Lets time pass until something happens.
fn wake(node: &mut Node) -> (Instant, Vec<(FlowId, Vec<u8>)>) {
    let told = node.log().len();
    loop {
        let at = node.deadline().expect("a deadline");
        node.endpoint.handle_input(at, Input::Timeout);
        let out = sent(node);
        if !out.is_empty() || node.log().len() > told {
            return (at, out);
        }
    }
}

// RFC 5626 §5.4, §4.4.1.
#[test]
fn a_double_crlf_is_answered_at_once_by_a_single_one() {
    let mut node = node();
    assert_eq!(
        stream(&mut node, NOW, b"\r\n\r\n"),
        [(STREAM, b"\r\n".to_vec())]
    );
    // In whatever pieces it comes; a single one is no question.
    assert!(stream(&mut node, NOW, b"\r").is_empty());
    assert!(stream(&mut node, NOW, b"\n").is_empty());
    assert_eq!(
        stream(&mut node, NOW, b"\r\n"),
        [(STREAM, b"\r\n".to_vec())]
    );
    // Line ends with a message between them are no question either.
    let request = "OPTIONS sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKa\r\n\
        From: <sip:a@b.example>;tag=1\r\nTo: <sip:c@d.example>\r\nCall-ID: a\r\n\
        CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
    let text = format!("\r\n{request}\r\n");
    assert!(stream(&mut node, NOW, text.as_bytes()).is_empty());
    assert_eq!(node.log(), ["request OPTIONS"]);
}

#[test]
fn a_megabyte_of_line_ends_gets_one_answer_for_each_time_it_comes() {
    let mut node = node();
    let flood = b"\r\n".repeat(500_000);
    assert_eq!(stream(&mut node, NOW, &flood).len(), 1);
    assert_eq!(stream(&mut node, NOW, b"\r\n\r\n").len(), 1);
}

// RFC 5626 §8: over UDP line ends are no keep-alive that anybody answers.
#[test]
fn a_datagram_of_line_ends_is_not_answered() {
    let mut node = node();
    assert!(datagram(&mut node, NOW, PEER, b"\r\n\r\n").is_empty());
    assert_eq!(node.endpoint.stats().dropped(DropReason::KeepAlive), 1);
}

// RFC 5626 §4.4.1.
#[test]
fn a_connection_is_pinged_between_95_and_120_seconds_and_lives_as_long_as_it_answers() {
    let mut node = node();
    stream(&mut node, NOW, b"\r\n");
    keep(&mut node, STREAM, KeepAlive::CONNECTION);
    let mut last = NOW;
    let mut gaps = Vec::new();
    for _ in 0..40 {
        let (at, out) = wake(&mut node);
        assert_eq!(out, [(STREAM, b"\r\n\r\n".to_vec())]);
        gaps.push(at.saturating_duration_since(last));
        assert!(
            stream(&mut node, at, b"\r\n").is_empty(),
            "a pong is not answered"
        );
        last = at;
    }
    let range = Duration::from_secs(95)..=Duration::from_secs(120);
    assert!(gaps.iter().all(|gap| range.contains(gap)), "{gaps:?}");
    assert!(
        gaps.windows(2).any(|two| two[0] != two[1]),
        "each is drawn anew"
    );
    assert_eq!(node.endpoint.stats().dropped(DropReason::Idle), 0);
}

// RFC 5626 §4.4.1: ten seconds.
#[test]
fn a_ping_that_is_not_answered_is_the_end_of_the_connection() {
    let mut node = node();
    stream(&mut node, NOW, b"\r\n");
    keep(&mut node, STREAM, KeepAlive::CONNECTION);
    let (asked, out) = wake(&mut node);
    assert_eq!(out, [(STREAM, b"\r\n\r\n".to_vec())]);
    let (at, out) = wake(&mut node);
    assert_eq!(at, asked + Duration::from_secs(10));
    assert_eq!(out, [(STREAM, b"closed".to_vec())]);
    assert_eq!(node.log(), ["flow#3 Closed"]);
    assert_eq!(node.endpoint.stats().dropped(DropReason::FlowFailed), 1);
    assert_eq!(node.deadline(), None, "nothing is left behind");
}

// RFC 5626 §4.4: 80 to 100 per cent of what the server says.
#[test]
fn a_flow_timer_sets_the_pace() {
    let mut node = node();
    stream(&mut node, NOW, b"\r\n");
    keep(&mut node, STREAM, KeepAlive::from_flow_timer(50));
    let mut last = NOW;
    for _ in 0..30 {
        let (at, _) = wake(&mut node);
        let gap = at.saturating_duration_since(last);
        assert!((Duration::from_secs(40)..=Duration::from_secs(50)).contains(&gap));
        stream(&mut node, at, b"\r\n");
        last = at;
    }
}

fn mapped(response_to: &[u8], class: Class, address: &str) -> Vec<u8> {
    let request = Message::parse(response_to).unwrap();
    assert_eq!(request.class(), Class::Request);
    let mut bytes = Vec::new();
    Writer::new(&mut bytes, class, request.transaction_id())
        .xor_mapped_address(address.parse().unwrap())
        .finish();
    bytes
}

// RFC 5626 §4.4.2.
#[test]
fn a_socket_asks_with_stun_every_24_to_29_seconds_and_the_same_address_is_well() {
    let mut node = node();
    stream(&mut node, NOW, b"\r\n");
    keep(&mut node, FLOW, KeepAlive::DATAGRAM);
    let mut last = NOW;
    for _ in 0..20 {
        let (at, out) = wake(&mut node);
        let [(FLOW, request)] = &out[..] else {
            panic!("{out:?}");
        };
        let gap = at.saturating_duration_since(last);
        assert!(
            (Duration::from_secs(24)..=Duration::from_secs(29)).contains(&gap),
            "{gap:?}"
        );
        let answer = mapped(request, Class::Success, "203.0.113.7:4711");
        assert!(datagram(&mut node, at, PEER, &answer).is_empty());
        last = at;
    }
    // §4.5: the first answer is what shows that the path works.
    assert_eq!(node.log(), [format!("flow#1 Alive({PEER})")]);
}

// RFC 5626 §4.4.2, §8.
#[test]
fn another_mapped_address_is_a_failure_of_the_flow() {
    let mut node = node();
    stream(&mut node, NOW, b"\r\n");
    keep(&mut node, FLOW, KeepAlive::DATAGRAM);
    for (address, log) in [("203.0.113.7:4711", 1), ("203.0.113.7:4712", 2)] {
        let (at, out) = wake(&mut node);
        let answer = mapped(&out[0].1, Class::Success, address);
        datagram(&mut node, at, PEER, &answer);
        assert_eq!(node.log().len(), log);
    }
    assert_eq!(node.log()[1], format!("flow#1 Failed({PEER})"));
    assert!(
        node.endpoint.stack().flow(FLOW).is_some(),
        "the socket stays"
    );
}

#[test]
fn a_refusal_is_a_failure_of_the_flow() {
    let mut node = node();
    keep(&mut node, FLOW, KeepAlive::DATAGRAM);
    let (at, out) = wake(&mut node);
    let answer = mapped(&out[0].1, Class::Error, "203.0.113.7:4711");
    datagram(&mut node, at, PEER, &answer);
    assert_eq!(node.log(), [format!("flow#1 Failed({PEER})")]);
}

// RFC 8489 §6.3.3: the exchange is taken to have failed.
#[test]
fn a_success_that_wants_more_than_we_understand_is_a_failure_of_the_flow() {
    for (more, outcome) in [(0x0024, "Failed"), (0x8024, "Alive")] {
        let mut node = node();
        keep(&mut node, FLOW, KeepAlive::DATAGRAM);
        let (at, out) = wake(&mut node);
        let request = Message::parse(&out[0].1).unwrap();
        let mut answer = Vec::new();
        Writer::new(&mut answer, Class::Success, request.transaction_id())
            .xor_mapped_address("203.0.113.7:4711".parse().unwrap())
            .attribute(AttributeType(more), &[0, 0, 0, 1])
            .finish();
        datagram(&mut node, at, PEER, &answer);
        assert_eq!(node.log(), [format!("flow#1 {outcome}({PEER})")]);
    }
}

// RFC 8489 §6.2.1.
#[test]
fn a_question_is_asked_seven_times_and_given_up_after_39_5_seconds() {
    let mut node = node();
    stream(&mut node, NOW, b"\r\n");
    keep(&mut node, FLOW, KeepAlive::DATAGRAM);
    let (first, out) = wake(&mut node);
    let mut times = [0].to_vec();
    while node.log().is_empty() {
        let (at, again) = wake(&mut node);
        if node.log().is_empty() {
            assert_eq!(again, out, "the same request");
        }
        times.push(at.saturating_duration_since(first).as_millis());
    }
    assert_eq!(times, [0, 500, 1500, 3500, 7500, 15_500, 31_500, 39_500]);
    assert_eq!(node.log(), [format!("flow#1 Failed({PEER})")]);
}

#[test]
fn an_answer_from_another_place_or_to_another_question_is_ignored() {
    let mut node = node();
    keep(&mut node, FLOW, KeepAlive::DATAGRAM);
    let (at, out) = wake(&mut node);
    let good = mapped(&out[0].1, Class::Success, "203.0.113.7:4711");
    let mut other = good.clone();
    other[19] ^= 1;
    datagram(&mut node, at, "192.0.2.66:5060", &good);
    datagram(&mut node, at, PEER, &other);
    assert!(node.log().is_empty());
    assert_eq!(node.endpoint.stats().dropped(DropReason::Stun), 2);
    datagram(&mut node, at, PEER, &good);
    // Once more: nobody is asking now.
    datagram(&mut node, at, PEER, &good);
    assert_eq!(node.endpoint.stats().dropped(DropReason::Stun), 3);
    assert_eq!(node.log(), [format!("flow#1 Alive({PEER})")]);
}

// RFC 5626 §8; RFC 8489 §6.3.1.
#[test]
fn a_binding_request_on_the_sip_port_is_told_where_it_came_from() {
    let mut node = node();
    for fingerprint in [false, true] {
        let mut request = Vec::new();
        let mut writer = Writer::new(&mut request, Class::Request, ID);
        if fingerprint {
            writer.finish_with_fingerprint();
        } else {
            writer.finish();
        }
        let out = datagram(&mut node, NOW, "198.51.100.3:34567", &request);
        let [(FLOW, response)] = &out[..] else {
            panic!("{out:?}");
        };
        let response = Message::parse(response).unwrap();
        assert_eq!(
            (response.class(), response.transaction_id()),
            (Class::Success, ID)
        );
        assert_eq!(response.has_fingerprint(), fingerprint);
        let mapped = response.mapped_address().unwrap().unwrap();
        assert_eq!(mapped.to_string(), "198.51.100.3:34567");
        assert!(
            response
                .attribute(AttributeType::XOR_MAPPED_ADDRESS)
                .is_some()
        );
    }
    assert!(node.log().is_empty(), "STUN is not the user's");
}

#[test]
fn a_binding_request_that_wants_more_is_refused_and_told_why() {
    let mut node = node();
    let mut request = Vec::new();
    Writer::new(&mut request, Class::Request, ID)
        .attribute(AttributeType(0x0024), &[0, 0, 0, 1])
        .finish();
    let out = datagram(&mut node, NOW, PEER, &request);
    let response = Message::parse(&out[0].1).unwrap();
    assert_eq!(response.error_code().unwrap().unwrap().code, 420);
    let unknown = response
        .attribute(AttributeType::UNKNOWN_ATTRIBUTES)
        .unwrap();
    assert_eq!(unknown.value, [0x00, 0x24]);
}

#[test]
fn stun_that_is_malformed_or_only_says_hello_is_not_answered() {
    let mut node = node();
    let mut hello = Vec::new();
    Writer::new(&mut hello, Class::Indication, ID).finish();
    assert!(datagram(&mut node, NOW, PEER, &hello).is_empty());
    let mut broken = hello.clone();
    broken[3] = 4;
    assert!(datagram(&mut node, NOW, PEER, &broken).is_empty());
    let stats = node.endpoint.stats();
    let counts = [DropReason::KeepAlive, DropReason::Stun].map(|reason| stats.dropped(reason));
    assert_eq!(counts, [1, 1]);
}

// RFC 5626 §4.4.1, §4.4.2: the technique is the transport's, nobody can ask for the other.
#[test]
fn line_ends_are_never_sent_over_udp_nor_stun_over_a_connection() {
    let mut node = node();
    stream(&mut node, NOW, b"\r\n");
    keep(&mut node, FLOW, KeepAlive::from_flow_timer(30));
    keep(&mut node, STREAM, KeepAlive::from_flow_timer(30));
    for _ in 0..2 {
        let (_, out) = wake(&mut node);
        for (flow, bytes) in out {
            assert_eq!(flow == FLOW, crate::stun::is_stun(&bytes));
            assert_eq!(flow == STREAM, bytes == b"\r\n\r\n");
        }
    }
}

#[test]
fn a_path_is_forgotten_when_it_is_stopped_or_its_flow_is_gone() {
    let mut node = node();
    stream(&mut node, NOW, b"\r\n");
    keep(&mut node, FLOW, KeepAlive::DATAGRAM);
    keep(&mut node, STREAM, KeepAlive::CONNECTION);
    let target = Target {
        flow: FLOW,
        address: peer(),
        transport: Transport::Udp,
    };
    node.endpoint
        .command(NOW, |_, stack, _| stack.stop_keep_alive(target));
    node.endpoint
        .command(NOW, |_, stack, _| stack.close_flow(STREAM));
    sent(&mut node);
    assert_eq!(node.deadline(), None);
    let gone = Target {
        flow: STREAM,
        ..target
    };
    let refused = node.endpoint.command(NOW, |_, stack, _| {
        stack.keep_alive(gone, KeepAlive::CONNECTION)
    });
    assert_eq!(refused, Err(KeepAliveError::NoFlow));
}

/// Each path that is kept alive is remembered: there are so many and no more, and one that is kept
/// already may go on at another pace.
#[test]
fn so_many_paths_are_kept_alive_and_no_more() {
    let config = EndpointConfig {
        limits: Limits::small(),
        ..EndpointConfig::default()
    };
    let most = config.limits.keep_alives;
    let mut node = Node::new("192.0.2.1:5060", config);
    let mut keep = |number: usize| {
        let target = Target {
            flow: FLOW,
            address: format!("192.0.2.9:{}", 5060 + number).parse().unwrap(),
            transport: Transport::Udp,
        };
        node.endpoint.command(NOW, |_, stack, _| {
            stack.keep_alive(target, KeepAlive::DATAGRAM)
        })
    };
    for number in 0..most {
        assert_eq!(keep(number), Ok(()));
    }
    assert_eq!(keep(most), Err(KeepAliveError::TooMany));
    assert_eq!(keep(0), Ok(()));
}
