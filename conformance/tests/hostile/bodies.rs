//! Checklist B4, parts 16 to 18: bodies within bodies.

use offhook::Limits;
use offhook::sip::body::{
    BodyErrorKind, Boundary, MultipartBuilder, Part, Parts, SipFragment, understood_parts,
};
use offhook::sip::message::{HeaderName, Message};
use offhook_conformance::fuzzing;

use super::counting;
use super::party::{phone, server};

/// The contents of the parts of `body`, or what is wrong with it.
fn parts(boundary: &str, body: &str) -> Result<Vec<String>, BodyErrorKind> {
    let value = format!("multipart/mixed;boundary=\"{boundary}\"\n{body}");
    fuzzing::multipart(value.as_bytes());
    let boundary = Boundary::parse(boundary.as_bytes()).ok_or(BodyErrorKind::Boundary)?;
    let text = |part: Part<'_>| String::from_utf8_lossy(part.content).into_owned();
    Parts::new(body.as_bytes(), boundary, &Limits::default())
        .map(|part| part.map(text).map_err(|error| error.kind))
        .collect()
}

// RFC 2046 §5.1.1.
#[test]
fn b4_16_multiparts_of_every_broken_shape() {
    assert_eq!(
        parts("", "--\r\n\r\nx\r\n----"),
        Err(BodyErrorKind::Boundary)
    );
    let too_long = "b".repeat(71);
    assert_eq!(parts(&too_long, ""), Err(BodyErrorKind::Boundary));
    // A boundary that another one starts with is not that one.
    let prefix = parts("b", "--b\r\n\r\n--bc\r\n--b c\r\nx\r\n--b--\r\n");
    assert_eq!(prefix, Ok(vec!["--bc\r\n--b c\r\nx".to_owned()]));
    for (name, body) in [
        ("nothing", ""),
        ("no part", "--b--\r\n"),
        ("boundary at the end", "--b"),
        ("boundary at the end of a line", "--b\r\n"),
        ("never closed", "--b\r\n\r\nx\r\n"),
        ("closed by another", "--b\r\n\r\nx\r\n--c--\r\n"),
        ("within a line", "x--b\r\n\r\nx\r\n x--b--"),
    ] {
        assert_eq!(parts("b", body), Err(BodyErrorKind::Delimiter), "{name}");
    }
    assert_eq!(
        parts("b", "--b\r\nno colon\r\n\r\nx\r\n--b--"),
        Err(BodyErrorKind::Field)
    );
    assert_eq!(parts("b", "--b\r\n\r\n\r\n--b--"), Ok(vec![String::new()]));
    let many = format!("{}--b--", "--b\r\n\r\nx\r\n".repeat(10_000));
    let most = counting::peak(|| assert_eq!(parts("b", &many), Err(BodyErrorKind::TooManyParts)));
    assert!(most < 8 * many.len(), "{most} octets for {}", many.len());

    let mut body = "x".to_owned();
    for depth in 0..1000 {
        body = format!("--b{depth}\r\nContent-Type: text/plain\r\n\r\n{body}\r\n--b{depth}--");
        body = body.replacen("text/plain", &inner_type(depth), 1);
    }
    let whole = Part {
        header: b"Content-Type: multipart/mixed;boundary=b999\r\n",
        content: body.as_bytes(),
    };
    let most = counting::peak(|| {
        let found = understood_parts(whole, &Limits::default(), |_| true);
        assert_eq!(found.unwrap_err().kind, BodyErrorKind::TooDeep);
    });
    assert!(most < 4096, "{most} octets to refuse what is too deep");

    let boundary = Boundary::parse(b"gap b").unwrap();
    let mut builder = MultipartBuilder::new(boundary);
    let contents: [&[u8]; 3] = [b"", b"\r\n--gap\r\n--", b"\0\xff\r\n"];
    for content in contents {
        builder.part(&[(HeaderName::ContentType, "text/plain")], content);
    }
    let (_, written) = builder.finish("mixed").unwrap();
    let read: Vec<Vec<u8>> = Parts::new(&written, boundary, &Limits::default())
        .map(|part| part.unwrap().content.to_vec())
        .collect();
    assert_eq!(read, contents);
}

fn inner_type(depth: usize) -> String {
    match depth {
        0 => "text/plain".to_owned(),
        _ => format!("multipart/mixed;boundary=b{}", depth - 1),
    }
}

fn invite(content_type: &str, body: &[u8]) -> Vec<u8> {
    let rows = format!(
        "INVITE sip:b@192.0.2.1 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKx\r\n\
         From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\n\
         Call-ID: c@example.com\r\nCSeq: 7 INVITE\r\nMax-Forwards: 70\r\n\
         Contact: <sip:a@192.0.2.2>\r\nContent-Type: {content_type}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    [rows.as_bytes(), body].concat()
}

// There is no reader of XML here, so what holds is that nothing looks into it: it goes through a
// multipart and a proxy untouched, and a user agent that does not know the type says 415.
#[test]
fn b4_17_xml_of_any_depth_is_carried_and_not_read() {
    let deep = "<a>".repeat(20_000);
    let laughs: String = (1..10)
        .map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10)))
        .collect();
    let laughs = format!("<!DOCTYPE x [<!ENTITY l0 \"ha\">{laughs}]><x>&l9;</x>");
    let very_deep = "<a>".repeat(100_000);
    for xml in [deep.as_str(), &laughs, ""] {
        let bytes = invite("application/pidf+xml", xml.as_bytes());
        let message = Message::parse(&bytes, &Limits::default()).unwrap();
        assert_eq!(message.body(), xml.as_bytes());
        fuzzing::datagram(&bytes);
        let most = counting::peak(|| {
            let boundary = format!("--b\r\nContent-Type: application/xml\r\n\r\n{xml}\r\n--b--");
            let parts = parts("b", &boundary);
            assert_eq!(parts, Ok(vec![xml.to_owned()]));
        });
        assert!(
            most < 16 * (xml.len() + 4096),
            "{most} octets for {}",
            xml.len()
        );
        // Nothing of a type that is not known is no body to be refused.
        let is_refused = phone().answer(&bytes) == Some(415);
        assert_eq!(is_refused, !xml.is_empty());

        let mut proxy = server();
        let register = "REGISTER sip:example.com SIP/2.0\r\n\
             Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKr\r\nMax-Forwards: 70\r\n\
             From: <sip:b@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: r\r\n\
             CSeq: 1 REGISTER\r\nContact: <sip:b@192.0.2.2>\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(proxy.answer(register.as_bytes()), Some(200));
        let asked = String::from_utf8(bytes)
            .unwrap()
            .replacen("b@192.0.2.1", "b@example.com", 1);
        let sent = proxy.datagram(asked.as_bytes());
        let forwarded = sent.iter().find(|bytes| bytes.starts_with(b"INVITE "));
        let forwarded = Message::parse(forwarded.expect("sent on"), &Limits::default()).unwrap();
        assert_eq!(forwarded.body(), xml.as_bytes());
    }
    // Beyond the limit of a body it is 413, unread.
    let bytes = invite("application/pidf+xml", very_deep.as_bytes());
    let wide = Limits {
        message_bytes: 1 << 20,
        ..Limits::default()
    };
    let error = Message::parse(&bytes, &wide).unwrap_err();
    assert_eq!(
        error.kind.response().map(|status| status.as_u16()),
        Some(413)
    );
}

// A fragment within a fragment is a body like any other: only the outermost is taken apart.
#[test]
fn b4_18_fragments_within_fragments() {
    let mut inner = b"SIP/2.0 200 OK\r\n".to_vec();
    for _ in 0..1000 {
        let rows = format!(
            "SIP/2.0 100 Trying\r\nContent-Type: message/sipfrag\r\nContent-Length: {}\r\n\r\n",
            inner.len()
        );
        inner = [rows.as_bytes(), &inner].concat();
    }
    let wide = Limits {
        message_bytes: 1 << 20,
        body_bytes: 1 << 20,
        ..Limits::default()
    };
    let most = counting::peak(|| {
        let fragment = SipFragment::parse(&inner, &wide).unwrap();
        assert_eq!(fragment.status().map(|status| status.as_u16()), Some(100));
        assert!(SipFragment::parse(fragment.body(), &wide).is_ok());
    });
    assert!(most < 8 * inner.len(), "{most} octets for {}", inner.len());
    fuzzing::fragment(&inner);
    for end in 0..inner.len().min(400) {
        fuzzing::fragment(&inner[..end]);
    }
}
