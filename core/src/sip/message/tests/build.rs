//! Writing requests, responses and forwards (RFC 3261 §8.1.1, §8.2.6, §16.6, §16.7).

use super::*;

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
        .replace("<sip:p1.example.com;lr>,\r\n\t", "");
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
