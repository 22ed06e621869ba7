use super::*;
use crate::Limits;
use crate::sip::header::*;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;

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
    v=0\r\nand more";

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
            .replace("and more", "")
            .replace("\nand more", "\n")
            .replacen("v=0\r\n", "v=0\r", 1)
    );
}

#[test]
fn a_response_copies_what_it_must_and_tags_to() {
    let message = invite();
    let response = ResponseBuilder::to(&message, StatusCode::OK)
        .to_tag("abc")
        .field(HeaderName::Contact, &Contact::new("sip:bob@192.0.2.9"))
        .body("application/sdp", b"v=0\r\n")
        .finish()
        .unwrap();
    let parsed = Message::parse(response.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(parsed.status(), Some(StatusCode::OK));
    assert_eq!(parsed.to().unwrap().tag, Some("abc"));
    assert_eq!(parsed.vias().count(), 3);
    assert_eq!(parsed.method(), Method::Invite);
    assert_eq!(parsed.body(), b"v=0\r\n");
    // What a proxy on the way back passes on lacks the first Via and nothing else.
    let passed = Forward::response(&parsed).unwrap();
    let passed = Message::parse(passed.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(passed.vias().count(), 2);
    assert_eq!(passed.top_via().unwrap().transport, "TCP");
    let passed = Message::parse(
        Forward::response(&passed).unwrap().as_bytes(),
        &Limits::default(),
    );
    let passed = passed.unwrap();
    assert_eq!(passed.top_via().unwrap().branch, Some("x"));
    let text = String::from_utf8_lossy(passed.as_bytes()).into_owned();
    assert!(
        text.starts_with("SIP/2.0 200 OK\r\nv: SIP/2.0/TLS last"),
        "{text}"
    );
}

#[test]
fn forwarding_changes_what_is_asked_and_nothing_else() {
    let message = invite();
    let out = Forward::request(&message)
        .request_uri("sip:bob@192.0.2.9")
        .max_forwards(69)
        .push_record_route("sip:proxy.example.com;lr")
        .pop_route()
        .finish()
        .unwrap();
    let via = Via::parse(b"SIP/2.0/UDP proxy.example.com;branch=z9hG4bKproxy").unwrap();
    let text = String::from_utf8(out.with_via(&via)).unwrap();
    let expected = INVITE
        .replace("INVITE sip:bob@biloxi.com SIP/2.0\r\n", "INVITE sip:bob@192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/UDP proxy.example.com;branch=z9hG4bKproxy\r\n")
        .replace("Max-Forwards: 70", "Record-Route: <sip:proxy.example.com;lr>\r\nMax-Forwards: 69")
        .replace("<sip:p1.example.com;lr>,\r\n\t", "")
        .replace("v=0\r\nand more", "v=0\r");
    assert_eq!(text, expected);
}

#[test]
fn builders_refuse_line_breaks_and_what_is_missing() {
    let refused = RequestBuilder::new(Method::Invite, "sip:a@b\r\nX: y").finish();
    assert_eq!(refused, Err(BuildError::Uri));
    let refused = RequestBuilder::new(Method::Invite, "sip:a@b")
        .field(HeaderName::Subject, "a\r\nX: y")
        .finish();
    assert_eq!(refused, Err(BuildError::Value(HeaderName::Subject)));
    let refused = RequestBuilder::new(Method::Invite, "sip:a@b").finish();
    assert_eq!(refused, Err(BuildError::Missing(HeaderName::To)));
}
