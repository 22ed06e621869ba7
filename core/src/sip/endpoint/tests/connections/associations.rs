//! RFC 4168: SCTP associations, of which each message comes whole.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use super::super::Node;
use super::{NOW, local, outputs, request};
use crate::machine::{FlowId, Input, Machine, Output, Transport};
use crate::peer::PeerIdentity;
use crate::sip::endpoint::EndpointConfig;
use crate::sip::message::Method;

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
