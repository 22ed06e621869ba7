//! What each named deviation lets pass, and that nothing else passes with it (RFC 4475 §3.1.2).

use super::*;
use crate::sip::message::{Deviation, Mended, MessageView, Policy, Scratch};
use crate::sip::uri::{Uri, UriErrorKind, escape_headers_at};

const ROWS: &str = "To: <sip:b@h>\r\nl: 2\r\n\r\nhi";

fn read(bytes: &[u8], policy: Policy) -> Result<Message, ParseErrorKind> {
    Message::parse_with(bytes, &Limits::default(), policy).map_err(|error| error.kind)
}

/// What came, what it is read as, and the deviation it needs.
fn cases() -> Vec<(String, String, Deviation)> {
    let line = |line: &str| alloc::format!("{line}\r\n{ROWS}");
    let good = line("BYE sip:b@h SIP/2.0");
    let status = line("SIP/2.0 200 OK");
    let spaces = Deviation::StartLineSpaces;
    alloc::vec![
        (
            good.replace("\r\n", "\n"),
            good.clone(),
            Deviation::BareLineFeed
        ),
        (
            alloc::format!("\n{good}"),
            good.clone(),
            Deviation::BareLineFeed
        ),
        (line("BYE  sip:b@h\tSIP/2.0  "), good.clone(), spaces),
        (line(" BYE sip:b@h SIP/2.0"), good.clone(), spaces),
        (line("SIP/2.0  200 OK"), status, spaces),
        (
            line("BYE <sip:b@h> SIP/2.0"),
            good.clone(),
            Deviation::BracketedRequestUri
        ),
        (
            line("SIP/2.0 200"),
            line("SIP/2.0 200 "),
            Deviation::NoReasonSpace
        ),
        (
            good.replace("l: 2", "l: 99"),
            good.clone(),
            Deviation::LengthBeyondDatagram
        ),
        (
            "BYE sip:b@h SIP/2.0\r\nTo: x\r\n".into(),
            "BYE sip:b@h SIP/2.0\r\nTo: x\r\n\r\n".into(),
            Deviation::NoEmptyLine
        ),
        (
            "BYE sip:b@h SIP/2.0\r\nTo: x".into(),
            "BYE sip:b@h SIP/2.0\r\nTo: x\r\n\r\n".into(),
            Deviation::NoEmptyLine
        ),
    ]
}

#[test]
fn each_deviation_passes_by_its_name_only_and_is_put_right() {
    for (came, read_as, deviation) in cases() {
        assert!(read(came.as_bytes(), Policy::STRICT).is_err(), "{came:?}");
        let others = Policy::LENIENT.without(deviation);
        assert!(read(came.as_bytes(), others).is_err(), "{came:?}");
        let policy = Policy::STRICT.with(deviation);
        for policy in [policy, Policy::LENIENT] {
            let message = read(came.as_bytes(), policy).unwrap();
            let expected = read(read_as.as_bytes(), Policy::STRICT).unwrap();
            assert_eq!(
                message.as_bytes().escape_ascii().to_string(),
                expected.as_bytes().escape_ascii().to_string(),
                "{came:?}"
            );
        }
    }
}

// RFC 5118 §4.10 and RFC 4475 §3.1.2.11: these frame, and only validation refuses them.
#[test]
fn three_colons_and_request_uri_headers_are_put_right() {
    let text = "BYE sip:a?b@[2001:db8:::192.0.2.1]?Route=%3Csip:x%3E SIP/2.0\r\n\
                To: <sip:u@[::1]>, <sip:u@[2001:db8:::192.0.2.1]>\r\nSubject: a:::1.2 [:::] [::::1.2]\r\n\r\n";
    let message = read(text.as_bytes(), Policy::STRICT).unwrap();
    assert_eq!(message.as_bytes(), text.as_bytes());
    let message = read(text.as_bytes(), Policy::LENIENT).unwrap();
    let uri = "sip:a?b@[2001:db8::192.0.2.1]";
    assert_eq!(message.request_uri(), Some(uri));
    assert!(crate::sip::uri::Uri::parse(uri).is_ok());
    assert_eq!(
        message.field(HeaderName::To),
        Some(&b"<sip:u@[::1]>, <sip:u@[2001:db8::192.0.2.1]>"[..])
    );
    assert_eq!(
        message.field(HeaderName::Subject),
        Some(&b"a:::1.2 [:::] [::::1.2]"[..])
    );
}

// RFC 3261 §25.1 (hvalue), RFC 3891 §6.1, RFC 3841 §9.2. The tutorial writes its link so, and has a
// second `%3C` where it closes the bracket; `only` became `require` and `explicit`.
// shows: S144
#[test]
fn an_at_sign_in_the_headers_of_a_uri_is_put_right() {
    let link = "sip:jo@example.com?Replaces=abcd@example.com%3Bto-tag%3D1%3Bfrom-tag%3D2";
    let refused = Uri::parse(link).unwrap_err();
    assert_eq!(refused.kind, UriErrorKind::Header);
    assert_eq!(UriRequest::parse(link), Err(UriRequestError::Uri));
    let escaped = escape_headers_at(link);
    let request = UriRequest::parse(&escaped).unwrap();
    assert_eq!(request.request_uri(), "sip:jo@example.com");
    let fields: Vec<_> = request.fields().collect();
    let replaces = Replaces::parse(fields[0].1).unwrap();
    assert_eq!((fields[0].0, fields.len()), ("Replaces", 1));
    assert_eq!(replaces.call_id.0, "abcd@example.com");
    assert_eq!((replaces.to_tag, replaces.from_tag), ("1", "2"));

    let with = |preference: &str| {
        let uri = alloc::format!("{escaped}&Accept-Contact={preference}");
        UriRequest::parse(&uri).map(|request| request.fields().count())
    };
    let refused = Err(UriRequestError::Value(HeaderName::AcceptContact));
    assert_eq!(with("%3Csip:jo%40example.com%3C%3Bonly%3Dtrue"), refused);
    assert_eq!(with("*%3Baudio%3Brequire%3Bexplicit"), Ok(2));

    // The same in a message. A question mark before the only `@` is part of the user.
    let text = alloc::format!(
        "REFER sip:b@h SIP/2.0\r\nr: <{link}>\r\n\
         m: <sip:a?b@[2001:db8:::192.0.2.1]?x=y@z>\r\n\r\n"
    );
    let strict = read(text.as_bytes(), Policy::STRICT).unwrap();
    let mut found = Vec::new();
    strict.validate(|finding| found.push((finding.rule, finding.name)));
    let fault = Rule::Uri(UriErrorKind::Header);
    assert!(found.contains(&(fault, HeaderName::ReferTo)));
    let lenient = read(text.as_bytes(), Policy::LENIENT).unwrap();
    let name_addr = NameAddr::parse(lenient.field(HeaderName::ReferTo).unwrap()).unwrap();
    assert_eq!(name_addr.uri, escaped);
    let contact = lenient.field(HeaderName::Contact);
    let mended = b"<sip:a?b@[2001:db8::192.0.2.1]?x=y%40z>";
    assert_eq!(contact, Some(&mended[..]));
    let others = Policy::LENIENT.without(Deviation::BareAtInUriHeader);
    let others = read(text.as_bytes(), others).unwrap();
    let name = HeaderName::ReferTo;
    assert_eq!(others.field(name), strict.field(name));
}

// A lone CR, a space inside a URI, lengths that contradict or are no numbers: two readers could
// take such a message for two different ones, so no policy lets it pass.
#[test]
fn what_could_be_read_two_ways_never_passes() {
    for text in [
        "BYE sip:b@h SIP/2.0\r\nTo: x\rFrom: y\r\n\r\n",
        "BYE sip:b@h; lr SIP/2.0\r\n\r\n",
        "BYE sip:b@h SIP/2.0\r\nl: 2\r\nl: 99\r\n\r\nhi",
        "BYE sip:b@h SIP/2.0\r\nl: -1\r\n\r\nhi",
        "BYE sip:b@h SIP/2.0\r\nTo x\r\n\r\n",
        "BYE sip:b@h SIP/3.0\r\n\r\n",
        "SIP/2.0 2000\r\n\r\n",
        "BYE sip:b@h\r\n\r\n",
        "\n\n",
        "",
    ] {
        assert!(read(text.as_bytes(), Policy::LENIENT).is_err(), "{text:?}");
    }
}

#[test]
fn places_are_those_of_what_came() {
    let text = b"\nBYE   sip:b@h SIP/2.0\nTo: x\nFrom y\n\n";
    let limits = Limits::default();
    let mut mended = Mended::new();
    let bytes = mended.mend(text, &limits, Policy::LENIENT).to_vec();
    for word in ["sip:b@h", "To", "x\n", "From"] {
        let word = word.trim_end().as_bytes();
        let place = |bytes: &[u8]| bytes.windows(word.len()).position(|w| w == word).unwrap();
        let at = mended.original(place(&bytes) as u32);
        assert_eq!(at as usize, place(text), "{word:?}");
    }
    let places: Vec<_> = mended.mends().iter().map(|mend| mend.at).collect();
    assert_eq!(places, [0, 4, 22, 28, 35, 36]);
}

#[test]
fn a_good_message_is_read_where_it_stands() {
    let text = alloc::format!("BYE sip:b@h SIP/2.0\r\n{ROWS}");
    let (mut scratch, mut mended) = (Scratch::new(), Mended::new());
    let view = MessageView::parse_with(
        text.as_bytes(),
        &Limits::default(),
        Policy::LENIENT,
        &mut scratch,
        &mut mended,
    )
    .unwrap();
    assert_eq!(view.as_bytes().as_ptr(), text.as_ptr());
}

// What a lenient reader took, it may forward: a strict one must take it. Places never run backwards.
#[test]
fn whatever_is_taken_is_well_formed_afterwards() {
    let limits = Limits::default();
    let mut mended = Mended::new();
    let mut scratch = Scratch::new();
    let uri = "<sip:a@[2001:db8:::192.0.2.1]?x=y>";
    let text = alloc::format!("INVITE {uri}  SIP/2.0\r\nl: 9\nTo: x\r\n\r\nhi");
    let mut taken = 0;
    for (at, _) in text.bytes().enumerate() {
        for new in [
            &b""[..],
            b" ",
            b"\n",
            b"\r",
            b"\r\n",
            b":",
            b"[",
            b"<",
            b"?",
            b"\0",
            b"l",
        ] {
            for until in [at, at + 1] {
                let text = text.as_bytes();
                let bytes = [&text[..at], new, &text[until..]].concat();
                let read = mended.mend(&bytes, &limits, Policy::LENIENT);
                let length = read.len() as u32;
                let strict = MessageView::parse(read, &limits, &mut scratch).is_ok();
                let lenient = Message::parse_with(&bytes, &limits, Policy::LENIENT);
                assert_eq!(lenient.is_ok(), strict);
                if let Ok(message) = lenient {
                    assert!(Message::parse(message.as_bytes(), &limits).is_ok());
                    taken += 1;
                }
                let places: Vec<_> = (0..=length).map(|at| mended.original(at)).collect();
                assert!(places.is_sorted(), "{:?}", bytes.escape_ascii().to_string());
                assert_eq!(places.last().copied(), Some(bytes.len() as u32));
            }
        }
    }
    assert!(taken > 500, "{taken}");
}
