//! Bytes that nobody meant as a message: none may panic, allocate without bound or be misread.

use super::framing::parse;
use super::*;

/// Asks for everything there is to ask.
fn read_all(message: &Message) {
    let _ = (message.kind(), message.method(), message.top_via());
    let _ = (
        message.from(),
        message.to(),
        message.cseq(),
        message.call_id(),
    );
    let _ = (
        message.max_forwards(),
        message.expires(),
        message.content_type(),
    );
    let _ = (message.contacts().count(), message.vias().count());
    let _ = (message.routes().count(), message.record_routes().count());
    for row in message.rows() {
        let _ = (row.name, row.name_bytes, row.value);
    }
    answer(message);
    if message.is_request() {
        let forward = Forward::request(message)
            .max_forwards(1)
            .push_record_route("sip:p.example.com;lr")
            .pop_route()
            .finish();
        if let Ok(forward) = forward {
            let via = Via::parse(b"SIP/2.0/UDP p.example.com;branch=z9hG4bKx").unwrap();
            Message::parse(&forward.with_via(&via), &Limits::default()).unwrap();
        }
    } else {
        let _ = Forward::response(message);
    }
}

/// Answers a request; the answer must be a message.
fn answer(message: &Message) {
    if message.is_request() {
        let response = ResponseBuilder::to(message, StatusCode::OK)
            .to_tag("x")
            .record_route_from_request()
            .finish();
        if let Ok(response) = response {
            Message::parse(response.as_bytes(), &Limits::default()).unwrap();
        }
    }
}

fn samples() -> [Vec<u8>; 2] {
    let response = INVITE.replace("INVITE sip:bob@biloxi.com SIP/2.0", "SIP/2.0 183 Session");
    [INVITE.as_bytes().to_vec(), response.into_bytes()]
}

#[test]
fn every_prefix_is_refused_or_has_the_same_rows() {
    for sample in samples() {
        let header = sample.len() - 4;
        for length in 0..sample.len() {
            let prefix = &sample[..length];
            let result = Message::parse(prefix, &Limits::default());
            let kind = result.as_ref().err().map(|error| error.kind);
            if length < header {
                assert!(result.is_err(), "{length}");
            } else {
                assert_eq!(kind, Some(ParseErrorKind::BodyTruncated), "{length}");
                assert_eq!(kind.unwrap().response(), Some(StatusCode::BAD_REQUEST));
            }
            // What can be salvaged is enough to answer: only a request with all its rows is.
            if let Some(message) = Message::salvage(prefix, &Limits::default(), source()) {
                assert!(length >= header);
                assert_eq!(message.rows().count(), 13);
                let refusal = ResponseBuilder::to(&message, StatusCode::BAD_REQUEST).finish();
                assert!(refusal.is_ok());
                answer(&message);
            }
        }
    }
}

#[test]
fn every_byte_may_be_any_other() {
    let limits = Limits::default();
    for sample in samples() {
        for at in 0..sample.len() {
            for byte in [
                0, b'\r', b'\n', b'\t', b' ', b',', b';', b'"', b'<', b'\\', b'%', 0x7f, 0x80, 0xff,
            ] {
                let mut bent = sample.clone();
                bent[at] = byte;
                if let Ok(message) = Message::parse_received(&bent, &limits, source()) {
                    read_all(&message);
                }
                if let Some(message) = Message::salvage(&bent, &limits, source()) {
                    answer(&message);
                }
            }
        }
    }
}

#[test]
fn both_doors_see_the_same() {
    let mut scratch = Scratch::new();
    let limits = Limits::default();
    for sample in samples() {
        let view = MessageView::parse(&sample, &limits, &mut scratch).unwrap();
        let owned = Message::parse(&sample, &limits).unwrap();
        assert_eq!(view.as_bytes(), owned.as_bytes());
        assert!(view.rows().eq(owned.rows()));
        assert_eq!(view.kind(), owned.kind());
        assert_eq!(view.body(), owned.body());
    }
}

#[test]
fn limits_bound_rows_body_and_whole() {
    let limits = Limits {
        header_fields: 60,
        body_bytes: 10,
        message_bytes: 2000,
        ..Limits::default()
    };
    let with = |rows: usize, body: usize| {
        let text = alloc::format!(
            "OPTIONS sip:a@b.com SIP/2.0\r\n{}\r\n{}",
            "X: y\r\n".repeat(rows),
            "b".repeat(body)
        );
        let mut scratch = Scratch::new();
        let view = MessageView::parse(text.as_bytes(), &limits, &mut scratch);
        view.map(|view| view.rows().count())
            .map_err(|error| error.kind)
    };
    assert_eq!(with(60, 10), Ok(60));
    assert_eq!(with(61, 0), Err(ParseErrorKind::TooManyFields));
    assert_eq!(with(0, 11), Err(ParseErrorKind::BodyTooLong));
    assert_eq!(with(0, 2000), Err(ParseErrorKind::MessageTooLong));
}

#[test]
fn a_name_or_a_row_may_be_as_long_as_the_message() {
    let long = "x".repeat(60_000);
    let message = parse(&alloc::format!(
        "A sip:a@b SIP/2.0\r\n{long}: y\r\nY: {long}\r\n\r\n"
    ));
    assert_eq!(message.err(), Some(ParseErrorKind::MessageTooLong));
    let message = parse(&alloc::format!("A sip:a@b SIP/2.0\r\n{long}: y\r\n\r\n")).unwrap();
    assert_eq!(message.rows().next().unwrap().name_bytes.len(), 60_000);
    let vias = "SIP/2.0/UDP h,".repeat(4_000);
    let message = parse(&alloc::format!("A sip:a@b SIP/2.0\r\nVia: {vias}\r\n\r\n")).unwrap();
    assert_eq!(message.vias().filter(Result::is_ok).count(), 4_000);
}

#[test]
fn a_source_is_noted_whatever_the_sender_claims() {
    let filled = |via: &str| {
        let text = alloc::format!(
            "OPTIONS sip:a@b.com SIP/2.0\r\nTo: x\r\nVia: {via}\r\nX: y\r\n\r\nbody"
        );
        let message =
            Message::parse_received(text.as_bytes(), &Limits::default(), source()).unwrap();
        assert_eq!(message.field_named("x"), Some(&b"y"[..]));
        assert_eq!(message.body(), b"body");
        String::from_utf8(message.field(HeaderName::Via).unwrap().to_vec()).unwrap()
    };
    // RFC 3261 §18.2.1: a name, or another address, gets received; the same address does not.
    assert_eq!(
        filled("SIP/2.0/UDP bobspc.biloxi.com:5060"),
        "SIP/2.0/UDP bobspc.biloxi.com:5060;received=192.0.2.4"
    );
    assert_eq!(filled("SIP/2.0/UDP 192.0.2.4"), "SIP/2.0/UDP 192.0.2.4");
    assert_eq!(
        filled("SIP/2.0/UDP 192.0.2.5"),
        "SIP/2.0/UDP 192.0.2.5;received=192.0.2.4"
    );
    // RFC 3581 §4: with rport always both.
    assert_eq!(
        filled("SIP/2.0/UDP 192.0.2.4;rport;branch=a"),
        "SIP/2.0/UDP 192.0.2.4;rport=9988;branch=a;received=192.0.2.4"
    );
    // What the sender says of itself is not believed.
    assert_eq!(
        filled("SIP/2.0/UDP 192.0.2.4;received=203.0.113.1"),
        "SIP/2.0/UDP 192.0.2.4;received=192.0.2.4"
    );
    assert_eq!(
        filled("SIP/2.0/UDP h ; rport = 1 ;x=\"a;rport\" , SIP/2.0/UDP g;rport"),
        "SIP/2.0/UDP h ; rport=9988 ;x=\"a;rport\";received=192.0.2.4 , SIP/2.0/UDP g;rport",
        "what is not replaced stays as it is spelt"
    );
    assert_eq!(filled("nonsense;rport"), "nonsense;rport");
}
