//! RFC 5923: a connection lent to the other side by its `alias`, and the port its Via names.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::super::Node;
use super::{NOW, accept, accepted_from, local, node, outputs, request};
use crate::machine::{FlowId, Input, Machine, Output, Transport};
use crate::peer::PeerIdentity;
use crate::sip::endpoint::{EndpointConfig, TransportPolicy};
use crate::sip::message::Method;

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
