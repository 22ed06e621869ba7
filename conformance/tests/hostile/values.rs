//! Checklist B4, parts 7 to 15: the values of header fields, and messages as published and bent.

use offhook::Limits;
use offhook::sip::header::{Contact, FromTo, QValue, Via};
use offhook::sip::message::{Forward, HeaderName, Message, Method, Rule};
use offhook::sip::uri::Uri;
use offhook_conformance::fuzzing;

use super::party::{phone, server};
use super::{refusal, replaced, request, request_with, vectors};

// RFC 3261 §8.1.1.5: less than 2^31; §8.2: what does not match is refused.
#[test]
fn b4_07_sequence_numbers_at_their_bounds_and_methods_that_differ() {
    for (row, status) in [
        ("CSeq: 0 OPTIONS", None),
        ("CSeq: 2147483647 OPTIONS", None),
        ("CSeq: 0000000007 OPTIONS", None),
        ("CSeq: 2147483648 OPTIONS", Some(400)),
        ("CSeq: 4294967296 OPTIONS", Some(400)),
        ("CSeq: 18446744073709551616 OPTIONS", Some(400)),
        ("CSeq: -1 OPTIONS", Some(400)),
        ("CSeq: 7 INVITE", Some(400)),
        ("CSeq: 7 options", Some(400)),
        ("CSeq: 7OPTIONS", Some(400)),
        ("CSeq: OPTIONS 7", Some(400)),
        ("CSeq: 7", Some(400)),
    ] {
        let bytes = replaced("CSeq: 7 OPTIONS", row);
        assert_eq!(refusal(&bytes), status, "{row}");
        let answer = phone().answer(&bytes);
        assert_eq!(answer, Some(status.unwrap_or(200)), "{row}");
    }
    let method = "M".repeat(1024);
    let bytes = request(&method, "sip:b@192.0.2.1", "Content-Length: 0\r\n");
    assert_eq!(refusal(&bytes), None);
    let message = Message::parse(&bytes, &Limits::default()).unwrap();
    assert_eq!(message.method(), Method::Other(&method));
    assert!(matches!(phone().answer(&bytes), Some(405 | 501)));
    assert!(server().answer(&bytes).is_some_and(|status| status >= 400));
}

#[test]
fn b4_08_numbers_at_their_bounds() {
    for (value, status) in [
        ("0", None),
        ("255", None),
        ("007", None),
        ("256", Some(400)),
        ("-1", Some(400)),
        ("4294967366", Some(400)),
        ("", Some(400)),
    ] {
        let bytes = replaced("Max-Forwards: 70", &format!("Max-Forwards: {value}"));
        assert_eq!(refusal(&bytes), status, "Max-Forwards: {value}");
    }
    for (port, is_fine) in [
        ("1", true),
        ("65535", true),
        ("05060", true),
        ("65536", false),
        ("4294967295", false),
        ("18446744073709556676", false),
        ("-1", false),
        ("", false),
    ] {
        let uri = format!("sip:b@192.0.2.1:{port}");
        assert_eq!(Uri::parse(&uri).is_ok(), is_fine, "{uri}");
        let via = format!("SIP/2.0/UDP 192.0.2.2:{port};branch=z9hG4bKx");
        assert_eq!(Via::parse(via.as_bytes()).is_ok(), is_fine, "{via}");
        let bytes = request("OPTIONS", &uri, "");
        assert_eq!(refusal(&bytes).is_none(), is_fine, "{uri}");
    }
    // Nothing listens on port 0; whoever says so gets no crash, and no answer there.
    let zero = replaced("192.0.2.2;branch", "192.0.2.2:0;branch");
    fuzzing::datagram(&zero);
    let _ = phone().datagram(&zero);
    for (q, thousandths) in [
        ("0", Some(0)),
        ("1", Some(1000)),
        ("0.", Some(0)),
        ("0.5", Some(500)),
        ("1.000", Some(1000)),
        ("0.001", Some(1)),
        ("1.0000", None),
        ("1.001", None),
        ("2", None),
        (".", None),
        (".5", None),
        ("0.x", None),
        ("-0", None),
        ("", None),
    ] {
        let read = QValue::parse(q).map(QValue::thousandths);
        assert_eq!(read, thousandths, "{q}");
        let contact = format!("<sip:a@192.0.2.2>;q={q}");
        let contact = Contact::parse(contact.as_bytes());
        assert_eq!(contact.is_ok(), thousandths.is_some(), "q={q}");
    }
}

#[test]
fn b4_09_quotes_brackets_and_escapes_that_do_not_end() {
    let nested = format!("{}sip:a{}", "<".repeat(10_000), ">".repeat(10_000));
    for from in [
        "\"a <sip:a@example.com>;tag=1",
        "\"a\\\" <sip:a@example.com>;tag=1",
        "\"a\\",
        "\"",
        "<sip:a@example.com;tag=1",
        "sip:a@example.com>;tag=1",
        "<>;tag=1",
        "<sip:>;tag=1",
        "<sip:a@[2001:db8::1>;tag=1",
        "<sip:a@[>;tag=1",
        "<sip:a@[fe80::1%25eth0]>;tag=1",
        "<sip:%>;tag=1",
        "<sip:a%2@example.com>;tag=1",
        "<sip:a@example.com>;tag=\"1",
        nested.as_str(),
    ] {
        let shown = &from[..from.len().min(40)];
        let bytes = replaced("<sip:a@example.com>;tag=1", from);
        assert_eq!(refusal(&bytes), Some(400), "{shown}");
        assert_eq!(phone().answer(&bytes), Some(400), "{shown}");
    }
    for uri in [
        "<sip:b@192.0.2.1>",
        "<>",
        "sip:",
        "sip:[",
        "sip:b@[",
        "sip:b@192.0.2.1;x=%",
        "sip:b%",
    ] {
        let bytes = request("OPTIONS", uri, "");
        assert_eq!(refusal(&bytes), Some(400), "{uri}");
        assert_eq!(phone().answer(&bytes), Some(400), "{uri}");
        assert_eq!(server().answer(&bytes), Some(400), "{uri}");
    }
    // An escaped NUL is a user like any other (RFC 4475 §3.1.1.4).
    let bytes = request("OPTIONS", "sip:b%00@192.0.2.1", "");
    assert_eq!(refusal(&bytes), None);
    let backslash = FromTo::parse(b"\"\\\\\" <sip:a@example.com>;tag=1").unwrap();
    assert_eq!(backslash.display, Some(&b"\\\\"[..]));
}

// RFC 3261 §7.3.1, §8.1.1, §8.1.1.7, §10.2.2.
#[test]
fn b4_10_what_stands_twice_or_is_empty() {
    for row in [
        "To: <sip:c@example.com>\r\n",
        "f: <sip:c@example.com>;tag=2\r\n",
        "i: d\r\n",
        "CSeq: 8 OPTIONS\r\n",
        "Max-Forwards: 70\r\n",
    ] {
        let bytes = request_with(row);
        assert_eq!(refusal(&bytes), Some(400), "{row}");
        let message = Message::parse(&bytes, &Limits::default()).unwrap();
        assert_eq!(
            message.fatal_finding().map(|found| found.rule),
            Some(Rule::Repeated)
        );
        assert_eq!(phone().answer(&bytes), Some(400), "{row}");
    }
    let register = |rows: &str| request("REGISTER", "sip:example.com", rows);
    for (rows, status) in [
        ("Contact: *\r\nExpires: 0\r\n", 200),
        ("Contact: *\r\nExpires: 60\r\n", 400),
        ("Contact: *\r\n", 400),
        ("Contact: *, <sip:b@192.0.2.2>\r\nExpires: 0\r\n", 400),
        (
            "Contact: *\r\nContact: <sip:b@192.0.2.2>\r\nExpires: 0\r\n",
            400,
        ),
    ] {
        assert_eq!(server().answer(&register(rows)), Some(status), "{rows}");
    }
    for (old, new) in [
        (";tag=1", ";tag="),
        (";branch=z9hG4bKx", ";branch="),
        (";tag=1", ";tag=1;tag=2"),
        ("Call-ID: c@example.com", "Call-ID: "),
        ("Call-ID: c@example.com", "Call-ID: @"),
    ] {
        let bytes = replaced(old, new);
        assert_eq!(refusal(&bytes), Some(400), "{new}");
        let answer = phone().answer(&bytes);
        assert!(matches!(answer, None | Some(400)), "{new}: {answer:?}");
    }
    // The cookie alone says nothing that is unique, but it is no fault either: two requests with
    // it are told apart as RFC 2543 had it, and neither is lost.
    let mut phone = phone();
    let cookie = replaced("z9hG4bKx", "z9hG4bK");
    assert_eq!(phone.answer(&cookie), Some(200));
    // RFC 3261 §7.3.1: a branch in other letters of case is the same.
    let lower = replaced("z9hG4bKx", "Z9HG4BKx");
    let via = Message::parse(&lower, &Limits::default()).unwrap();
    assert!(via.top_via().unwrap().rfc3261_branch().is_some());
}

// RFC 3261 §8.2.2.1, §16.3 item 2.
#[test]
fn b4_11_request_uris_of_other_schemes() {
    let uris = [
        "urn:service:sos",
        "data:,x",
        "http://example.com/",
        "nobody:knows",
        "mailto:b@example.com",
    ];
    for uri in uris {
        let bytes = request("OPTIONS", uri, "");
        assert_eq!(refusal(&bytes), None, "{uri}");
        assert_eq!(phone().answer(&bytes), Some(416), "{uri}");
        assert_eq!(server().answer(&bytes), Some(416), "{uri}");
    }
    let tel = request("OPTIONS", "tel:+12015550123", "");
    assert_eq!(refusal(&tel), None);
    assert!(phone().answer(&tel).is_some_and(|status| status >= 400));
}

// Nothing here formats by what came: a conversion is letters like others, kept to the byte.
#[test]
fn b4_12_conversions_everywhere() {
    let evil = "%s%n%x%08x%p%99999d{}{0}${jndi:x}";
    let user = "%25s%25n%25x";
    let bytes = format!(
        "OPTIONS sip:{user}@192.0.2.1 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK%s%n;x=%s\r\n\
         From: \"{evil}\" <sip:{user}@example.com>;tag=%s%n\r\nTo: {user} <sip:b@example.com>\r\n\
         Call-ID: %s%n@%x\r\nCSeq: 7 OPTIONS\r\nMax-Forwards: 70\r\nSubject: {evil}\r\n\
         X-%s%n: {evil}\r\nUser-Agent: %s%n\r\n\r\n"
    )
    .into_bytes();
    assert_eq!(refusal(&bytes), None);
    let message = Message::parse(&bytes, &Limits::default()).unwrap();
    assert_eq!(message.field(HeaderName::Subject), Some(evil.as_bytes()));
    let forwarded = Forward::request(&message).max_forwards(1).finish().unwrap();
    let via = Via::parse(b"SIP/2.0/UDP p;branch=z9hG4bKp").unwrap();
    let forwarded = forwarded.with_via(&via);
    let row = format!("X-%s%n: {evil}\r\n");
    assert!(
        forwarded
            .windows(row.len())
            .any(|window| window == row.as_bytes())
    );
    for sent in phone().datagram(&bytes) {
        let response = Message::parse(&sent, &Limits::default()).unwrap();
        assert_eq!(
            response.field(HeaderName::From),
            message.field(HeaderName::From)
        );
        assert_eq!(response.call_id(), Ok("%s%n@%x"));
    }
    server().datagram(&bytes);
}

// RFC 3261 §7.3.1 wants UTF-8; who sends something else is still who they are.
#[test]
fn b4_13_display_names_that_are_not_utf_8() {
    for name in [
        &b"\"\xff\xfe\xc0\x80\""[..],
        b"\"caf\xe9\"",
        b"\"\xed\xa0\x80\"",
        b"\"\xf4\x90\x80\x80\"",
    ] {
        let text = replaced(
            "<sip:a@example.com>;tag=1",
            "NAME <sip:a@example.com>;tag=1",
        );
        let at = text
            .windows(4)
            .position(|window| window == b"NAME")
            .unwrap();
        let mut bytes = text;
        bytes.splice(at..at + 4, name.iter().copied());
        assert_eq!(refusal(&bytes), None);
        let message = Message::parse(&bytes, &Limits::default()).unwrap();
        let from = message.from().unwrap();
        assert_eq!(from.display, Some(&name[1..name.len() - 1]));
        assert_eq!(from.tag, Some("1"));
        let sent = phone().datagram(&bytes);
        let response = Message::parse(&sent[0], &Limits::default()).unwrap();
        assert_eq!(
            response.field(HeaderName::From),
            message.field(HeaderName::From)
        );
    }
}

/// What was sent in answer to `bytes` is an answer: to a request that is no ACK, well formed and
/// once (RFC 3261 §17, §18.3).
fn is_sane(bytes: &[u8], sent: &[Vec<u8>], what: &str) {
    let finals = sent.iter().filter(|sent| !sent.starts_with(b"SIP/2.0 1"));
    let mut finals: Vec<_> = finals
        .filter(|sent| sent.starts_with(b"SIP/2.0 "))
        .map(|sent| String::from_utf8_lossy(sent))
        .collect();
    // A copy of a request may come just when timer G sends the response again: the same one.
    finals.dedup();
    assert!(
        finals.len() <= 1,
        "{what}: two final responses: {finals:#?}"
    );
    let finals = finals.len();
    let start = bytes
        .iter()
        .position(|byte| !b"\r\n".contains(byte))
        .unwrap_or(0);
    if bytes[start..].starts_with(b"SIP/2.0 ") || bytes[start..].starts_with(b"ACK ") {
        assert_eq!(finals, 0, "{what}: answered what must not be answered");
    }
    for sent in sent {
        // A stray 2xx may be passed through and an answer copies the Via as it came, so what is
        // malformed in a copied row stays; but it frames.
        assert!(Message::parse(sent, &Limits::default()).is_ok(), "{what}");
    }
}

// torture.rs has the verdict on each; this is what a user agent and a server do with them.
#[test]
fn b4_14_every_message_of_rfc_4475_and_rfc_5118() {
    for (name, bytes) in vectors::all() {
        fuzzing::datagram(&bytes);
        is_sane(&bytes, &phone().datagram(&bytes), &name);
        is_sane(&bytes, &server().datagram(&bytes), &name);
        let (mut phone, mut server) = (phone(), server());
        phone.stream(&bytes);
        for byte in &bytes {
            server.stream(&[*byte]);
        }
        phone.settle();
        server.settle();
    }
}

/// Bends a message at `at` in the way of number `kind`.
fn bend(bytes: &[u8], at: usize, kind: usize) -> Vec<u8> {
    let mut bent = bytes.to_vec();
    let end = (at + 5).min(bent.len());
    match kind {
        0 => bent.truncate(at),
        1 => bent[at] ^= 0x20,
        2 => drop(bent.drain(at..end)),
        3 => {
            let twice = bent[at..end].repeat(3);
            bent.splice(at..end, twice);
        }
        4 => bent.swap(at, end - 1),
        5 => drop(bent.splice(at..at, *b"\"<,;")),
        6 => drop(bent.splice(at..at, *b"\r\n\r\n")),
        _ => drop(bent.splice(at..end, *b"99999999999")),
    }
    bent
}

#[test]
fn b4_15_mutations_of_all_of_them() {
    for (name, bytes) in vectors::all() {
        let step = bytes.len() / 60 + 1;
        for at in (0..bytes.len()).step_by(step) {
            // New ones, before the old ones begin to retransmit what they answered.
            let (mut phone, mut server) = (phone(), server());
            for kind in 0..8 {
                let bent = bend(&bytes, at, kind);
                let what = format!("{name}: {at}, {kind}");
                fuzzing::datagram(&bent);
                is_sane(&bent, &phone.datagram(&bent), &what);
                is_sane(&bent, &server.datagram(&bent), &what);
                phone.connect();
                phone.stream(&bent);
            }
        }
    }
}
