//! Start lines, rows, folds and lengths (RFC 3261 §7, §18.3, §20.14).

use super::*;

pub(super) fn parse(text: &str) -> Result<Message, ParseErrorKind> {
    Message::parse(text.as_bytes(), &Limits::default()).map_err(|error| error.kind)
}

fn fault(text: &str) -> Option<ParseErrorKind> {
    parse(text).err()
}

const REQUEST: &str = "OPTIONS sip:a@b.com SIP/2.0\r\n";

fn with_rows(rows: &str) -> Result<Message, ParseErrorKind> {
    parse(&alloc::format!("{REQUEST}{rows}\r\n"))
}

#[test]
fn a_request_line_has_single_spaces() {
    for (line, kind) in [
        ("OPTIONS  sip:a@b.com SIP/2.0", ParseErrorKind::RequestUri),
        ("OPTIONS sip:a@b.com  SIP/2.0", ParseErrorKind::StartLine),
        ("OPTIONS sip:a@b.com SIP/2.0 ", ParseErrorKind::StartLine),
        ("OPTIONS sip:a@b.com; lr SIP/2.0", ParseErrorKind::StartLine),
        ("OPTIONS\tsip:a@b.com SIP/2.0", ParseErrorKind::Method),
        (" OPTIONS sip:a@b.com SIP/2.0", ParseErrorKind::Method),
        ("OPTIONS sip:a@b.com", ParseErrorKind::StartLine),
        ("OPTIONS", ParseErrorKind::StartLine),
        ("OPTIONS <sip:a@b.com> SIP/2.0", ParseErrorKind::RequestUri),
        ("OPT{ONS sip:a@b.com SIP/2.0", ParseErrorKind::Method),
        (
            "OPTIONS sip:\u{e4}@b.com SIP/2.0",
            ParseErrorKind::RequestUri,
        ),
        ("OPTIONS sip:a@b.com SIP/", ParseErrorKind::StartLine),
        ("OPTIONS sip:a@b.com HTTP/1.1", ParseErrorKind::StartLine),
        ("OPTIONS sip:a@b.com SIP/7.0", ParseErrorKind::Version),
        ("OPTIONS sip:a@b.com SIP/2.00", ParseErrorKind::Version),
        ("OPTIONS sip:a@b.com SIP/2.", ParseErrorKind::StartLine),
    ] {
        assert_eq!(
            fault(&alloc::format!("{line}\r\n\r\n")),
            Some(kind),
            "{line}"
        );
    }
    assert_eq!(
        ParseErrorKind::Version.response(),
        Some(StatusCode::VERSION_NOT_SUPPORTED)
    );
}

#[test]
fn the_version_is_compared_without_case_and_the_method_with_it() {
    let message = parse("invite sip:a@b.com sip/2.0\r\n\r\n").unwrap();
    assert_eq!(message.method(), Method::Other("invite"));
    let message = parse("sip/2.0 200 OK\r\n\r\n").unwrap();
    assert_eq!(message.status(), Some(StatusCode::OK));
}

#[test]
fn a_reason_phrase_may_be_empty_but_its_space_stays() {
    let reason = |line: &str| {
        let message = parse(&alloc::format!("{line}\r\n\r\n"))?;
        match message.kind() {
            Kind::Response { reason, .. } => Ok(reason.to_vec()),
            Kind::Request { .. } => panic!("{line}"),
        }
    };
    assert_eq!(reason("SIP/2.0 100 "), Ok(Vec::new()));
    let cyrillic = "\u{43e}\u{43a} 100%";
    let line = alloc::format!("SIP/2.0 200 {cyrillic}");
    assert_eq!(reason(&line), Ok(cyrillic.as_bytes().to_vec()));
    for wrong in [
        "SIP/2.0 200",
        "SIP/2.0  200 OK",
        "SIP/2.0 20 OK",
        "SIP/2.0 2000 OK",
        "SIP/2.0 099 OK",
        "SIP/2.0 700 OK",
        "SIP/2.0 4294967301 OK",
        "SIP/2.0 2x0 OK",
        "SIP/2.0 ",
    ] {
        assert_eq!(reason(wrong), Err(ParseErrorKind::Status), "{wrong}");
    }
    assert_eq!(ParseErrorKind::Status.response(), None);
    assert_eq!(reason("SIP/1.0 200 OK"), Err(ParseErrorKind::Version));
}

// The examples of RFC 3261 §7.3.1.
#[test]
fn white_space_around_the_colon_and_folds_mean_nothing() {
    for row in [
        "Subject:            lunch",
        "Subject      :      lunch",
        "Subject            :lunch",
        "Subject: lunch",
        "s:lunch",
        "SUBJECT\t:\tlunch \t",
        "subject:\r\n lunch",
        "S:\r\n \r\n\tlunch\r\n ",
    ] {
        let message = with_rows(&alloc::format!("{row}\r\n")).unwrap();
        assert_eq!(
            message.field(HeaderName::Subject),
            Some(&b"lunch"[..]),
            "{row:?}"
        );
        assert_eq!(message.rows().count(), 1);
    }
    let folded = "Subject: I know you're there,\r\n         pick up the phone\r\n         and talk to me!\r\n";
    let message = with_rows(folded).unwrap();
    let mut subject = Vec::new();
    message
        .field(HeaderName::Subject)
        .unwrap()
        .write(&mut subject);
    assert_eq!(
        subject,
        b"I know you're there, pick up the phone and talk to me!"
    );
}

#[test]
fn rows_and_comma_lists_are_the_same() {
    let spellings = [
        "Route: <sip:alice@atlanta.com>\r\nSubject: Lunch\r\nRoute: <sip:bob@biloxi.com>\r\nRoute: <sip:carol@chicago.com>\r\n",
        "Route: <sip:alice@atlanta.com>, <sip:bob@biloxi.com>\r\nRoute: <sip:carol@chicago.com>\r\nSubject: Lunch\r\n",
        "Subject: Lunch\r\nRoute: <sip:alice@atlanta.com>, <sip:bob@biloxi.com>,\r\n       <sip:carol@chicago.com>\r\n",
    ];
    for rows in spellings {
        let message = with_rows(rows).unwrap();
        let uris: Vec<_> = message.routes().map(|route| route.unwrap().uri).collect();
        assert_eq!(
            uris,
            [
                "sip:alice@atlanta.com",
                "sip:bob@biloxi.com",
                "sip:carol@chicago.com"
            ]
        );
    }
}

#[test]
fn lines_end_in_cr_lf_and_an_empty_one_ends_the_header() {
    for (text, kind) in [
        ("", ParseErrorKind::Empty),
        ("\r\n\r\n", ParseErrorKind::Empty),
        ("OPTIONS sip:a@b.com SIP/2.0", ParseErrorKind::NoEmptyLine),
        ("OPTIONS sip:a@b.com SIP/2.0\r", ParseErrorKind::NoEmptyLine),
        (
            "OPTIONS sip:a@b.com SIP/2.0\r\n",
            ParseErrorKind::NoEmptyLine,
        ),
        (
            "OPTIONS sip:a@b.com SIP/2.0\r\nTo: x\r\n",
            ParseErrorKind::NoEmptyLine,
        ),
        (
            "OPTIONS sip:a@b.com SIP/2.0\r\nTo: x\r\n\r",
            ParseErrorKind::FieldName,
        ),
        ("OPTIONS sip:a@b.com SIP/2.0\n\n", ParseErrorKind::LineEnd),
        (
            "OPTIONS sip:a@b.com SIP/2.0\r\nTo: x\nFrom: y\r\n\r\n",
            ParseErrorKind::LineEnd,
        ),
        (
            "OPTIONS sip:a@b.com SIP/2.0\r\nTo: x\rFrom: y\r\n\r\n",
            ParseErrorKind::LineEnd,
        ),
        (
            "OPTIONS sip:a@b.com SIP/2.0\r\r\n\r\n",
            ParseErrorKind::LineEnd,
        ),
        (
            "OPTIONS sip:a@b.com SIP/2.0\r\n folded\r\n\r\n",
            ParseErrorKind::FieldName,
        ),
        (
            "OPTIONS sip:a@b.com SIP/2.0\r\nTo\r\n\r\n",
            ParseErrorKind::FieldName,
        ),
        (
            "OPTIONS sip:a@b.com SIP/2.0\r\n: x\r\n\r\n",
            ParseErrorKind::FieldName,
        ),
        (
            "OPTIONS sip:a@b.com SIP/2.0\r\nT o: x\r\n\r\n",
            ParseErrorKind::FieldName,
        ),
        (
            "OPTIONS sip:a@b.com SIP/2.0\r\nTo\0: x\r\n\r\n",
            ParseErrorKind::FieldName,
        ),
    ] {
        assert_eq!(fault(text), Some(kind), "{text:?}");
    }
    // RFC 3261 §7.5: line ends before the start line are ignored.
    assert!(parse("\r\n\r\nOPTIONS sip:a@b.com SIP/2.0\r\n\r\n").is_ok());
}

#[test]
fn the_content_length_says_where_the_body_ends() {
    let body = |rows: &str| {
        parse(&alloc::format!("{REQUEST}{rows}\r\n0123456789")).map(|m| m.body().to_vec())
    };
    assert_eq!(body(""), Ok(b"0123456789".to_vec()));
    assert_eq!(body("Content-Length: 4\r\n"), Ok(b"0123".to_vec()));
    assert_eq!(body("l:  10 \r\n"), Ok(b"0123456789".to_vec()));
    assert_eq!(body("l: 0\r\nContent-Length: 00\r\n"), Ok(Vec::new()));
    for length in ["11", "65535"] {
        let row = alloc::format!("l: {length}\r\n");
        assert_eq!(body(&row), Err(ParseErrorKind::BodyTruncated));
    }
    for length in [
        "2147483648",
        "4294967296",
        "9223372036854775808",
        "18446744073709551616",
        "65536",
    ] {
        let row = alloc::format!("l: {length}\r\n");
        assert_eq!(body(&row), Err(ParseErrorKind::BodyTooLong), "{length}");
    }
    for length in ["-1", "+1", "0x10", "1 0", "1,1", "", "a"] {
        let row = alloc::format!("l: {length}\r\n");
        assert_eq!(body(&row), Err(ParseErrorKind::ContentLength), "{length}");
    }
    assert_eq!(
        body("l: 4\r\nl: 5\r\n"),
        Err(ParseErrorKind::ContentLengthConflict)
    );
    assert_eq!(
        ParseErrorKind::BodyTooLong.response(),
        Some(StatusCode::REQUEST_ENTITY_TOO_LARGE)
    );
}

#[test]
fn what_is_malformed_inside_a_row_is_found_when_it_is_asked_for() {
    let rows = "Via: nonsense\r\nFrom: \"open <sip:a@b>\r\nCSeq: x INVITE\r\nMax-Forwards: 300\r\n\
                Call-ID: a@b@c\r\nContact: ;;,\r\nExpires: Thu, 01 Dec 1994 16:00:00 GMT\r\n";
    let message = with_rows(rows).unwrap();
    assert!(message.top_via().is_err());
    assert!(message.from().is_err());
    assert_eq!(message.to().unwrap_err(), HeaderError::MISSING);
    assert!(message.cseq().is_err());
    assert!(message.call_id().is_err());
    assert!(message.max_forwards().is_err());
    assert!(message.contacts().any(|contact| contact.is_err()));
    assert_eq!(message.rows().count(), 7);
}

// RFC 3261 §28.1 took the absolute date of RFC 2543 away; §10.2.1.1 and §20.19 make what cannot be
// read count as if it were not there, so it must not cost the message.
#[test]
fn an_expires_that_is_a_date_is_malformed_and_the_message_stands() {
    let message = with_rows("Expires: Thu, 01 Dec 1994 16:00:00 GMT\r\n").unwrap();
    assert!(message.expires().is_err());
    let message = with_rows("Expires: 4294967296\r\n").unwrap();
    assert_eq!(message.expires(), Ok(Some(u32::MAX)));
}

#[test]
fn numbers_of_rows_keep_to_their_range() {
    for (value, hops) in [
        ("0", Some(0)),
        ("255", Some(255)),
        ("070", Some(70)),
        ("256", None),
        ("-1", None),
        ("", None),
    ] {
        let message = with_rows(&alloc::format!("Max-Forwards: {value}\r\n")).unwrap();
        assert_eq!(message.max_forwards().ok().flatten(), hops, "{value}");
    }
    assert_eq!(with_rows("").unwrap().max_forwards(), Ok(None));
}

#[test]
fn every_name_is_found_in_any_case_and_compact_form() {
    for (name, text) in super::name_table::CANONICAL {
        assert_eq!(HeaderName::from_bytes(text.as_bytes()), name);
        assert_eq!(
            HeaderName::from_bytes(text.to_ascii_uppercase().as_bytes()),
            name
        );
        assert_eq!(
            HeaderName::from_bytes(text.to_ascii_lowercase().as_bytes()),
            name
        );
        assert_eq!(name.as_str(), text);
        // One letter more, less or other is another name.
        assert_eq!(
            HeaderName::from_bytes(alloc::format!("{text}x").as_bytes()),
            HeaderName::Other
        );
        let (shorter, _) = text.split_at(text.len() - 1);
        // To has a compact form that is one letter less.
        let is_other = HeaderName::from_bytes(shorter.as_bytes()) != name;
        assert!(is_other || name == HeaderName::To);
    }
    let compact = [
        ("i", HeaderName::CallId),
        ("m", HeaderName::Contact),
        ("e", HeaderName::ContentEncoding),
        ("l", HeaderName::ContentLength),
        ("c", HeaderName::ContentType),
        ("f", HeaderName::From),
        ("s", HeaderName::Subject),
        ("k", HeaderName::Supported),
        ("t", HeaderName::To),
        ("v", HeaderName::Via),
        ("o", HeaderName::Event),
        ("u", HeaderName::AllowEvents),
        ("r", HeaderName::ReferTo),
        ("b", HeaderName::ReferredBy),
        ("x", HeaderName::SessionExpires),
        ("a", HeaderName::AcceptContact),
        ("j", HeaderName::RejectContact),
        ("d", HeaderName::RequestDisposition),
        ("y", HeaderName::Identity),
        ("n", HeaderName::IdentityInfo),
    ];
    for letter in b'a'..=b'z' {
        let text = String::from(char::from(letter));
        let expected = compact.iter().find(|(short, _)| *short == text);
        let expected = expected.map_or(HeaderName::Other, |(_, name)| *name);
        assert_eq!(HeaderName::from_bytes(text.as_bytes()), expected);
        assert_eq!(
            HeaderName::from_bytes(text.to_ascii_uppercase().as_bytes()),
            expected
        );
    }
    for wrong in ["", "`", "{", "@", "[", "Vi", "Viaa", "Content", "X-Unknown"] {
        assert_eq!(
            HeaderName::from_bytes(wrong.as_bytes()),
            HeaderName::Other,
            "{wrong}"
        );
    }
}

// Methods and fields of the drafts before RFC 2543 are extensions like any other.
// shows: S432
#[test]
fn historic_methods_and_fields_are_carried_as_unknown() {
    for method in ["CAPABILITY", "CONNECTED", "UNREGISTER"] {
        let message = parse(&alloc::format!("{method} sip:a@b.com SIP/2.0\r\n\r\n")).unwrap();
        assert_eq!(message.method(), Method::Other(method));
    }
    let rows = "Sequence: 1\r\nCall-Disposition: x\r\nAlternates: y\r\nSession: media\r\n";
    let message = with_rows(rows).unwrap();
    assert!(message.rows().all(|row| row.name == HeaderName::Other));
    assert_eq!(message.field_named("session"), Some(&b"media"[..]));
    assert!(crate::sip::uri::Uri::parse("sip://jo@x").is_err());
}
