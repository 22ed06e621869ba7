//! RFC 5922: a connection is used for the domains its certificate proved, and for no other.

use alloc::format;
use alloc::string::String;
use alloc::vec;

use super::super::Node;
use super::{NOW, local, node, outputs, request};
use crate::machine::{FlowId, Input, Machine, Output, Transport};
use crate::peer::PeerIdentity;
use crate::sip::endpoint::DropReason;
use crate::sip::message::Method;

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
