//! Transactions over connections: opened, framed, closed.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use super::{Node, Probe, first_words, outgoing};
use crate::limits::Limits;
use crate::machine::{CloseReason, FlowId, Input, Machine, Output, Transport};
use crate::peer::PeerIdentity;
use crate::sip::endpoint::{
    DropReason, Endpoint, EndpointConfig, SelectError, SendError, Target, TransportPolicy,
};
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

/// Where a request to the address in the Via of an accepted connection goes: to that connection?
fn goes_back(trusts_tcp_aliases: bool, parameter: &str) -> bool {
    let transport = TransportPolicy {
        trusts_tcp_aliases,
        ..TransportPolicy::default()
    };
    let config = EndpointConfig {
        transport,
        ..EndpointConfig::default()
    };
    let mut node = Node::new("192.0.2.1:5060", config);
    let flow = FlowId::from_driver(1);
    accepted_from(&mut node, 1, "192.0.2.9:40000");
    let from = "Via: SIP/2.0/TCP 192.0.2.9;";
    let via = format!("Via: SIP/2.0/TCP p1.example.com:5070;{parameter}");
    let text = request("OPTIONS", "a").replace(from, &via);
    let bytes = text.as_bytes();
    node.endpoint
        .handle_input(NOW, Input::Stream { flow, bytes });
    let target = node.endpoint.command(NOW, |_, stack, _| {
        stack.select("sip:192.0.2.9:5070;transport=tcp").unwrap()
    });
    assert_eq!(node.endpoint.check(), Ok(()));
    let reused = target.flow == flow;
    if reused {
        node.endpoint
            .command(NOW, |_, stack, _| stack.close_flow(flow));
        let again = node.endpoint.command(NOW, |_, stack, _| {
            stack.select("sip:192.0.2.9:5070;transport=tcp").unwrap()
        });
        assert_ne!(
            again.flow, flow,
            "§8.2: a connection that is gone is not used"
        );
        assert_eq!(node.endpoint.check(), Ok(()));
    }
    reused
}

// RFC 5923 §8.2.
#[test]
fn a_connection_is_lent_by_alias_and_only_where_that_is_trusted() {
    assert!(goes_back(true, "alias;"));
    assert!(!goes_back(true, ""));
    assert!(!goes_back(false, "alias;"));
}

// RFC 3261 §18.1.1, §19.1.2, §26.2.2.
// shows: S258
#[test]
fn under_tls_the_via_says_so_and_5061_is_the_port_that_stands_for_none() {
    let mut node = node();
    node.send(NOW, Method::Options, "sips:192.0.2.9");
    let asked = outputs(&mut node.endpoint);
    let (
        Output::Connect {
            flow,
            peer,
            transport,
            ..
        },
        _,
    ) = asked[0]
    else {
        panic!("{asked:?}");
    };
    assert_eq!((peer.port(), transport), (5061, Transport::Tls));
    let identity = PeerIdentity {
        uris: vec!["sip:192.0.2.9".into()],
        is_verified: true,
        ..PeerIdentity::default()
    };
    node.endpoint.handle_input(
        NOW,
        Input::Connected {
            flow,
            transport,
            local: local(),
            peer,
            identity: Some(&identity),
        },
    );
    let mut bytes = Vec::new();
    let sent = node.endpoint.poll_output(&mut bytes);
    assert_eq!(sent, Output::Transmit { flow, to: peer });
    let text = String::from_utf8(bytes).unwrap();
    let ours = "Via: SIP/2.0/TLS 192.0.2.1:5061;";
    assert!(text.contains(ours), "{text}");
    // No port is 5061, and 5062 is another's.
    for (sent_by, log) in [("192.0.2.1:5062;", 0), ("192.0.2.1;", 1)] {
        let rest = text.split_once("\r\n").unwrap().1;
        let rest = rest.replacen("192.0.2.1:5061;", sent_by, 1);
        let answer = format!("SIP/2.0 100 Trying\r\n{rest}");
        let bytes = answer.as_bytes();
        node.endpoint
            .handle_input(NOW, Input::Stream { flow, bytes });
        let heard = node
            .log()
            .iter()
            .filter(|line| line.contains("100"))
            .count();
        assert_eq!(heard, log, "{sent_by}");
    }
}

/// §18.1.1: where the other side may connect to, should this connection break.
#[test]
fn a_connection_names_the_port_that_listens() {
    let mut node = node();
    let bound = Input::Bound {
        flow: FlowId::from_driver(9),
        transport: Transport::Tcp,
        local: "0.0.0.0:5070".parse().unwrap(),
    };
    node.endpoint.handle_input(NOW, bound);
    accept(&mut node, FlowId::from_driver(10));
    let stack = node.endpoint.stack();
    let flow = stack.flow(FlowId::from_driver(10)).unwrap();
    assert_eq!(flow.sent_by().host(), "192.0.2.1");
    assert_eq!(flow.sent_by().port(), Some(5070));
    node.endpoint.check().unwrap();
}

/// Not one of another transport, another family or another address.
#[test]
fn a_connection_names_no_port_that_listens_for_others() {
    let mut node = node();
    for (number, transport, local) in [
        (6, Transport::Tls, "192.0.2.1:5071"),
        (7, Transport::Tcp, "192.0.2.2:5072"),
        (8, Transport::Tcp, "[::]:5073"),
        (9, Transport::Tcp, "192.0.2.1:5074"),
    ] {
        let flow = FlowId::from_driver(number);
        let local = local.parse().unwrap();
        let bound = Input::Bound {
            flow,
            transport,
            local,
        };
        node.endpoint.handle_input(NOW, bound);
    }
    accept(&mut node, FlowId::from_driver(10));
    let stack = node.endpoint.stack();
    let flow = stack.flow(FlowId::from_driver(10)).unwrap();
    assert_eq!(flow.sent_by().port(), Some(5074));
}

/// RFC 5923 §8: an alias is lent by who opened the connection, not by who took it.
#[test]
fn a_connection_of_ours_is_not_lent_by_what_comes_back_on_it() {
    let transport = TransportPolicy {
        trusts_tcp_aliases: true,
        ..TransportPolicy::default()
    };
    let config = EndpointConfig {
        transport,
        ..EndpointConfig::default()
    };
    let mut node = Node::new("192.0.2.1:5060", config);
    node.send(NOW, Method::Options, "sip:192.0.2.9;transport=tcp");
    let asked = outputs(&mut node.endpoint);
    let (Output::Connect { flow, .. }, _) = asked[0] else {
        panic!("no connection: {asked:?}");
    };
    accept(&mut node, flow);
    let from = "Via: SIP/2.0/TCP 192.0.2.9;";
    let via = "Via: SIP/2.0/TCP 192.0.2.9:5070;alias;";
    let text = request("OPTIONS", "a").replace(from, via);
    let bytes = text.as_bytes();
    node.endpoint
        .handle_input(NOW, Input::Stream { flow, bytes });
    let target = node.endpoint.command(NOW, |_, stack, _| {
        stack.select("sip:192.0.2.9:5070;transport=tcp").unwrap()
    });
    assert_ne!(target.flow, flow);
}

/// Asks for a connection under TLS to `domain`, and brings it up with a certificate of `uri`.
fn secured(node: &mut Node, domain: &str, uri: &str) -> FlowId {
    let target = format!("sip:{domain};maddr=192.0.2.9;transport=tls");
    node.send(NOW, Method::Options, &target);
    let asked = outputs(&mut node.endpoint);
    let (
        Output::Connect {
            flow,
            peer,
            transport,
            server_name,
        },
        _,
    ) = &asked[0]
    else {
        panic!("{asked:?}");
    };
    assert_eq!(*transport, Transport::Tls);
    assert_eq!(server_name.as_ref().unwrap().as_str(), domain);
    let identity = PeerIdentity {
        uris: vec![uri.into()],
        is_verified: true,
        ..PeerIdentity::default()
    };
    node.endpoint.handle_input(
        NOW,
        Input::Connected {
            flow: *flow,
            transport: *transport,
            local: local(),
            peer: *peer,
            identity: Some(&identity),
        },
    );
    *flow
}

/// RFC 5922 §7.3.
// shows: S116
#[test]
fn a_connection_to_who_was_not_asked_for_is_closed_and_fails_what_waits() {
    let mut node = node();
    let flow = secured(&mut node, "example.com", "sip:example.net");
    let done = outputs(&mut node.endpoint);
    assert_eq!(done, [(Output::Close { flow }, String::new())]);
    let log = node.log();
    assert!(log.contains(&"client failed: Transport"), "{log:?}");
    assert!(node.endpoint.is_idle());
    assert_eq!(node.endpoint.stats().dropped(DropReason::WrongIdentity), 1);
    node.endpoint.check().unwrap();
}

#[test]
fn a_connection_to_who_was_asked_for_is_used() {
    let mut node = node();
    let flow = secured(&mut node, "example.com", "sip:EXAMPLE.com");
    let sent = outputs(&mut node.endpoint);
    assert_eq!(sent[0].1, "OPTIONS");
    let stack = node.endpoint.stack();
    assert_eq!(
        *stack.flow(flow).unwrap().peer_domains(),
        ["EXAMPLE.com".into()]
    );
}

/// RFC 5922 §7.8: another domain at the same address has to prove itself on its own.
#[test]
fn a_connection_proven_for_one_domain_is_not_used_for_another() {
    let mut node = node();
    let first = secured(&mut node, "example.com", "sip:example.com");
    outputs(&mut node.endpoint);
    let second = secured(&mut node, "example.net", "sip:example.net");
    assert_ne!(first, second);
    outputs(&mut node.endpoint);
    node.send(
        NOW,
        Method::Options,
        "sip:example.com;maddr=192.0.2.9;transport=tls",
    );
    let sent = outputs(&mut node.endpoint);
    assert!(
        matches!(sent[0].0, Output::Transmit { flow, .. } if flow == first),
        "{sent:?}"
    );
    node.endpoint.check().unwrap();
}

/// The flow that a request to `domain` takes after one came on an accepted TLS connection, whose
/// certificate is for example.com.
fn lent_under_tls(domain: &str, identity: Option<&PeerIdentity>) -> FlowId {
    let mut node = node();
    let flow = FlowId::from_driver(1);
    node.endpoint.handle_input(
        NOW,
        Input::Connected {
            flow,
            transport: Transport::Tls,
            local: local(),
            peer: "192.0.2.9:40000".parse().unwrap(),
            identity,
        },
    );
    let from = "Via: SIP/2.0/TCP 192.0.2.9;";
    let text = request("OPTIONS", "a").replace(from, "Via: SIP/2.0/TLS p1.example.com;alias;");
    let bytes = text.as_bytes();
    node.endpoint
        .handle_input(NOW, Input::Stream { flow, bytes });
    assert_eq!(node.endpoint.check(), Ok(()));
    let uri = format!("sip:{domain};maddr=192.0.2.9;transport=tls");
    let target = node
        .endpoint
        .command(NOW, |_, stack, _| stack.select(&uri).unwrap());
    assert_eq!(node.endpoint.check(), Ok(()));
    target.flow
}

// RFC 5923 §8.2, §9.2, §9.3.
#[test]
fn under_tls_an_alias_is_for_the_domains_that_were_proved() {
    let identity = PeerIdentity {
        uris: vec!["sip:example.com".into()],
        is_verified: true,
        ..PeerIdentity::default()
    };
    let accepted = FlowId::from_driver(1);
    assert_eq!(lent_under_tls("example.com", Some(&identity)), accepted);
    assert_ne!(lent_under_tls("example.net", Some(&identity)), accepted);
    assert_ne!(lent_under_tls("example.com", None), accepted);
    let unverified = PeerIdentity {
        is_verified: false,
        ..identity
    };
    assert_ne!(lent_under_tls("example.com", Some(&unverified)), accepted);
}

/// A driver with SCTP, in which we have asked for a connection and have it.
fn associated(uri: &str, transport: Transport) -> (Node, FlowId, String) {
    let config = EndpointConfig {
        transports: vec![Transport::Sctp, Transport::TlsSctp],
        ..EndpointConfig::default()
    };
    let mut node = Node::new("192.0.2.1:5060", config);
    node.send(NOW, Method::Options, uri);
    let asked = outputs(&mut node.endpoint);
    let [(Output::Connect { flow, peer, .. }, _)] = asked[..] else {
        panic!("one connection: {asked:?}");
    };
    let identity = PeerIdentity {
        dns_names: vec!["192.0.2.9".into()],
        uris: vec!["sip:192.0.2.9".into()],
        is_verified: true,
    };
    let connected = Input::Connected {
        flow,
        transport,
        local: local(),
        peer,
        identity: transport.is_secure().then_some(&identity),
    };
    node.endpoint.handle_input(NOW, connected);
    let mut bytes = Vec::new();
    loop {
        match node.endpoint.poll_output(&mut bytes) {
            Output::Transmit { .. } => {
                return (node, flow, String::from_utf8(bytes).unwrap());
            }
            Output::Event(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// RFC 4168 §4, §5: it is as reliable as TCP, and its messages are whole without saying how long they
/// are (RFC 3261 §18.3).
// shows: S115
#[test]
fn each_message_of_an_association_is_whole() {
    let (mut node, flow, sent) = associated("sip:192.0.2.9;transport=sctp", Transport::Sctp);
    assert!(sent.contains("\r\nVia: SIP/2.0/SCTP 192.0.2.1"), "{sent}");
    let later = NOW + Duration::from_secs(5);
    node.endpoint.handle_input(later, Input::Timeout);
    assert_eq!(outputs(&mut node.endpoint), [], "nothing is sent twice");
    let answer = sent.replace(
        "OPTIONS sip:192.0.2.9;transport=sctp SIP/2.0",
        "SIP/2.0 200 OK",
    );
    let answer = answer.replace("Content-Length: 0\r\n", "");
    let options = request("OPTIONS", "s").replace("/TCP", "/SCTP");
    let message = request("MESSAGE", "m").replace("/TCP", "/SCTP");
    let message = message.replace("Content-Length: 0", "Content-Type: text/plain");
    let message = format!("{message}OPTIONS is no request here");
    for text in [&options, &message, &answer, "\r\n\r\n", "OPTIONS s"] {
        let bytes = text.as_bytes();
        node.endpoint
            .handle_input(later, Input::Stream { flow, bytes });
    }
    let log = node.log();
    let heard = ["request OPTIONS", "request MESSAGE", "response 200 OPTIONS"];
    assert_eq!(log[log.len() - 4..][..3], heard, "{log:?}");
    assert!(node.endpoint.stack().flow(flow).is_some());
}

/// RFC 4168 §4: what a Via says of TLS over SCTP, to which a SIPS URI leads.
// shows: S115
#[test]
fn tls_in_an_association_has_a_name_of_its_own() {
    let (_, _, sent) = associated("sips:192.0.2.9;transport=sctp", Transport::TlsSctp);
    assert!(
        sent.contains("\r\nVia: SIP/2.0/TLS-SCTP 192.0.2.1"),
        "{sent}"
    );
}
