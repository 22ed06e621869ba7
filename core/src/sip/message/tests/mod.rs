//! The sections of RFC 3261 that say what a message is: §7, §8.1.1, §8.2.6, §16.6, §18.3.

use super::*;
use crate::Limits;
use crate::sip::header::*;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::SocketAddr;

mod build;
mod fields;
mod framing;
mod hostile;
mod lenient;
mod placement;
mod registry;
mod stream;

const INVITE: &str = "INVITE sip:bob@biloxi.com SIP/2.0\r\n\
    Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds;rport, SIP/2.0/TCP [2001:db8::1]:5070\r\n\
    v: SIP/2.0/TLS last.example.com;branch=x\r\n\
    Max-Forwards: 70\r\n\
    To: Bob <sip:bob@biloxi.com>\r\n\
    f: \"Alice \\\"A\\\"\" <sip:alice@atlanta.com>;tag=1928301774;x=y\r\n\
    Call-ID: a84b4c76e66710@pc33.atlanta.com\r\n\
    CSeq: 314159 INVITE\r\n\
    Subject: I know you're there,\r\n\
    \x20  pick up\r\n\
    Route: <sip:p1.example.com;lr>,\r\n\t<sip:p2.example.com;lr>\r\n\
    Route: <sip:p3.example.com;lr>\r\n\
    Contact: <sip:alice@pc33.atlanta.com>;q=0.7;expires=60\r\n\
    Content-Type: application/sdp\r\n\
    Content-Length: 4\r\n\
    \r\n\
    v=0\r";

fn invite() -> Message {
    Message::parse(INVITE.as_bytes(), &Limits::default()).unwrap()
}

fn source() -> SocketAddr {
    "192.0.2.4:9988".parse().unwrap()
}

#[test]
fn the_parts_of_a_request() {
    let message = invite();
    assert_eq!(message.method(), Method::Invite);
    assert_eq!(message.request_uri(), Some("sip:bob@biloxi.com"));
    assert_eq!(message.status(), None);
    assert_eq!(message.body(), b"v=0\r");
    assert_eq!(message.rows().count(), 13);
    let via = message.top_via().unwrap();
    assert_eq!(via.branch, Some("z9hG4bK776asdhds"));
    assert_eq!(via.rport, Rport::Requested);
    assert_eq!(message.vias().count(), 3);
    let from = message.from().unwrap();
    assert_eq!(from.tag, Some("1928301774"));
    assert_eq!(from.display, Some(&b"Alice \\\"A\\\""[..]));
    assert_eq!(message.to().unwrap().display, Some(&b"Bob"[..]));
    assert_eq!(message.call_id(), Ok("a84b4c76e66710@pc33.atlanta.com"));
    let cseq = message.cseq().unwrap();
    assert_eq!((cseq.number, cseq.method), (314_159, Method::Invite));
    let hosts: Vec<&str> = message.routes().map(|r| r.unwrap().uri).collect();
    assert_eq!(
        hosts,
        [
            "sip:p1.example.com;lr",
            "sip:p2.example.com;lr",
            "sip:p3.example.com;lr"
        ]
    );
    let contact = message.contacts().next().unwrap().unwrap();
    assert_eq!(contact.address().unwrap().expires, Some(60));
    assert_eq!(message.max_forwards(), Ok(Some(70)));
}

#[test]
fn the_source_is_noted_in_the_top_via_only() {
    let message = Message::parse_received(INVITE.as_bytes(), &Limits::default(), source()).unwrap();
    let via = message.top_via().unwrap();
    assert_eq!(via.received, Some(source().ip()));
    assert_eq!(via.rport, Rport::Filled(9988));
    assert_eq!(message.vias().count(), 3);
    assert_eq!(message.body(), b"v=0\r");
    assert_eq!(message.call_id(), Ok("a84b4c76e66710@pc33.atlanta.com"));
    let text = String::from_utf8_lossy(message.as_bytes()).into_owned();
    assert_eq!(
        text.replace(";rport=9988;received=192.0.2.4", ";rport"),
        INVITE
    );
}
