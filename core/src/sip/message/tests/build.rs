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

fn forwarded(rows: &str, change: impl Fn(&mut Forward<'_>)) -> String {
    let text = alloc::format!("OPTIONS sip:a@b.com SIP/2.0\r\n{rows}\r\nbody");
    let message = Message::parse(text.as_bytes(), &Limits::default()).unwrap();
    let mut forward = Forward::request(&message);
    change(&mut forward);
    let request = forward.finish().unwrap();
    let via = Via::parse(b"SIP/2.0/UDP p;branch=b").unwrap();
    let bytes = request.with_via(&via);
    Message::parse(&bytes, &Limits::default()).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let start = "OPTIONS sip:a@b.com SIP/2.0\r\nVia: SIP/2.0/UDP p;branch=b\r\n";
    let text = text.strip_prefix(start).unwrap();
    text.strip_suffix("\r\nbody").unwrap().into()
}

#[test]
fn routes_are_popped_and_pushed_at_both_ends() {
    let rows = "Via: x\r\nRoute: <sip:1>, <sip:2>;a=b\r\nX: y\r\nroute: <sip:3>\r\nl: 4\r\n";
    let kept = |change: fn(&mut Forward<'_>)| forwarded(rows, change);
    assert_eq!(kept(|_| ()), rows);
    assert_eq!(
        kept(|f| {
            f.pop_route();
        }),
        "Via: x\r\nRoute: <sip:2>;a=b\r\nX: y\r\nRoute: <sip:3>\r\nl: 4\r\n"
    );
    assert_eq!(
        kept(|f| {
            f.pop_route().pop_route().pop_last_route();
        }),
        "Via: x\r\nX: y\r\nl: 4\r\n"
    );
    // RFC 3261 §16.6 step 6: towards a strict router, the target becomes the last Route.
    assert_eq!(
        kept(|f| {
            f.pop_last_route()
                .push_route("sip:0")
                .append_route("<sip:9;lr>;x=y");
        }),
        "Via: x\r\nRoute: <sip:0>\r\nRoute: <sip:1>, <sip:2>;a=b\r\nX: y\r\nRoute: <sip:9;lr>;x=y\r\nl: 4\r\n"
    );
    assert_eq!(
        forwarded("l: 4\r\n", |f| {
            f.append_route("sip:9");
        }),
        "Route: <sip:9>\r\nl: 4\r\n"
    );
}

#[test]
fn rows_are_replaced_removed_and_added() {
    let rows = "Via: x\r\ns: one\r\nMax-Forwards: 7\r\nSubject: two\r\nX: y\r\nl: 4\r\n";
    assert_eq!(
        forwarded(rows, |f| {
            f.replace(HeaderName::Subject, "three")
                .remove(HeaderName::MaxForwards)
                .add(HeaderName::Reason, "SIP;cause=200");
        }),
        "Via: x\r\nReason: SIP;cause=200\r\nSubject: three\r\nX: y\r\nl: 4\r\n"
    );
    // RFC 3261 §16.6 step 3 adds Max-Forwards, §20.14 the length on the way to a stream.
    assert_eq!(
        forwarded("X: y\r\n", |f| {
            f.max_forwards(70);
        }),
        "Max-Forwards: 70\r\nX: y\r\nContent-Length: 4\r\n"
    );
    let message = invite();
    let refuse = |change: fn(&mut Forward<'_>)| {
        let mut forward = Forward::request(&message);
        change(&mut forward);
        forward.finish().unwrap_err()
    };
    let refused = refuse(|f| {
        f.request_uri("sip:a b");
    });
    assert_eq!(refused, BuildError::Uri);
    let refused = refuse(|f| {
        f.push_route("<sip:a>\r\nX: y");
    });
    assert_eq!(refused, BuildError::Uri);
    let refused = refuse(|f| {
        f.replace(HeaderName::Subject, "a\nb");
    });
    assert_eq!(refused, BuildError::Value(HeaderName::Subject));
    let refused = refuse(|f| {
        f.remove(HeaderName::Via);
    });
    assert_eq!(refused, BuildError::Reserved(HeaderName::Via));
}

#[test]
fn a_request_is_what_was_put_in() {
    let request = RequestBuilder::new(Method::Other("FOO"), "tel:+1")
        .field(HeaderName::To, &FromTo::new("sip:b@x", None))
        .field(HeaderName::From, &FromTo::new("sip:a@x", Some("t")))
        .field(HeaderName::CallId, "id")
        .field(
            HeaderName::CSeq,
            &CSeq {
                number: 1,
                method: Method::Other("FOO"),
            },
        )
        .field_named("X-Mine", b"folded\r\n value")
        .field_named("supported", b"a, b")
        .body("text/plain", b"hello")
        .finish()
        .unwrap();
    assert_eq!(
        (request.method(), request.uri()),
        (Method::Other("FOO"), "tel:+1")
    );
    let via = Via::parse(b"SIP/2.0/UDP p;branch=b").unwrap();
    let text = String::from_utf8(request.with_via(&via)).unwrap();
    assert_eq!(
        text,
        "FOO tel:+1 SIP/2.0\r\nVia: SIP/2.0/UDP p;branch=b\r\nTo: <sip:b@x>\r\n\
         From: <sip:a@x>;tag=t\r\nCall-ID: id\r\nCSeq: 1 FOO\r\nX-Mine: folded value\r\n\
         Supported: a, b\r\nContent-Type: text/plain\r\nMax-Forwards: 70\r\n\
         Content-Length: 5\r\n\r\nhello"
    );
    let message = Message::parse(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(message.fatal_finding(), None);
    let refused = |build: fn(&mut RequestBuilder)| {
        let mut builder = RequestBuilder::new(Method::Invite, "sip:a@b");
        build(&mut builder);
        builder.finish().unwrap_err()
    };
    for (build, error) in [
        (
            (|b| {
                b.field(HeaderName::Via, "x");
            }) as fn(&mut RequestBuilder),
            BuildError::Reserved(HeaderName::Via),
        ),
        (
            |b| {
                b.field(HeaderName::ContentLength, "1");
            },
            BuildError::Reserved(HeaderName::ContentLength),
        ),
        (
            |b| {
                b.field(HeaderName::To, "x").field(HeaderName::To, "y");
            },
            BuildError::Repeated(HeaderName::To),
        ),
        (
            |b| {
                b.field_named("a b", b"x");
            },
            BuildError::FieldName,
        ),
        (
            |b| {
                b.field_named("X-Mine", b"a\r\nb");
            },
            BuildError::Value(HeaderName::Other),
        ),
        (
            |b| {
                b.field_named("X-Mine", b"a\0");
            },
            BuildError::Value(HeaderName::Other),
        ),
    ] {
        assert_eq!(refused(build), error);
    }
}
