//! The fourteen rules of message syntax that sloppy code misses (block B1 of the scope, part 2), one
//! test each, in that order.

use offhook::Limits;
use offhook::sip::body::{BodyErrorKind, Part, understood_parts};
use offhook::sip::header::{CSeq, Contact, Date, FromTo, NameAddr, Rport, Token, Value, Via};
use offhook::sip::message::{
    Deviation, Frame, HeaderName, Message, Method, ParseErrorKind, Policy, RequestBuilder, Rule,
    StatusCode, StreamFramer,
};
use offhook::sip::uri::{SipUri, Uri, unescape};

const HEAD: &str = "INVITE sip:bob@example.com SIP/2.0\r\n";

const ROWS: &str = "Via: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK1\r\n\
    Max-Forwards: 70\r\n\
    To: <sip:bob@example.com>\r\n\
    From: <sip:alice@example.com>;tag=1\r\n\
    Call-ID: 1@192.0.2.4\r\n\
    CSeq: 1 INVITE\r\n\
    Contact: <sip:alice@192.0.2.4>\r\n\
    Supported: \r\n";

/// The request with `rows` behind its own, and a body.
fn invite(rows: &str, body: &str) -> String {
    format!("{HEAD}{ROWS}{rows}\r\n{body}")
}

fn parse(text: &str) -> Result<Message, ParseErrorKind> {
    Message::parse(text.as_bytes(), &Limits::default()).map_err(|error| error.kind)
}

fn read(text: &str) -> Message {
    parse(text).unwrap_or_else(|kind| panic!("{text}: {kind}"))
}

/// What refuses a request that frames, if anything does.
fn refusal(text: &str) -> Option<StatusCode> {
    read(text)
        .fatal_finding()
        .map(|finding| finding.answer.expect("a request"))
}

const BAD_REQUEST: Option<StatusCode> = Some(StatusCode::BAD_REQUEST);

fn sip(text: &str) -> SipUri<'_> {
    let Ok(Uri::Sip(uri)) = Uri::parse(text) else {
        panic!("{text}");
    };
    uri
}

// 1. RFC 3261 §7, §7.5, §18.3.
#[test]
fn rule_1_the_empty_line_is_needed_and_the_length_bounds_the_body() {
    let good = invite("", "");
    let without = good.strip_suffix("\r\n").expect("the empty line");
    assert_eq!(parse(without).err(), Some(ParseErrorKind::NoEmptyLine));
    // On a stream, line ends before a message are ignored and what follows is another message.
    let limits = Limits::default();
    let mut framer = StreamFramer::new();
    let two = format!(
        "\r\n\r\n{0}\r\n\r\n{0}",
        invite("Content-Length: 2\r\n", "hi")
    );
    framer.push(two.as_bytes());
    let mut frames = 0;
    while let Some(frame) = framer.next_frame(&limits).expect("no fault") {
        if let Frame::Message(message) = frame {
            let message = Message::parse(message, &limits).expect("a message");
            assert_eq!(message.body(), b"hi");
            frames += 1;
        }
    }
    assert_eq!(frames, 2);
    // In a datagram, what follows is nothing, and a body that ends too early is an error.
    assert_eq!(read(&invite("l: 2\r\n", "hi there")).body(), b"hi");
    let short = parse(&invite("l: 3\r\n", "hi")).err();
    assert_eq!(short, Some(ParseErrorKind::BodyTruncated));
    assert_eq!(ParseErrorKind::BodyTruncated.response(), BAD_REQUEST);
}

// 2. RFC 3261 §7.3.1.
#[test]
fn rule_2_rows_are_a_list_but_not_those_of_authentication() {
    let apart = read(&invite(
        "Supported: a\r\nRoute: <sip:a;lr>\r\nk: b,c\r\nRoute: <sip:b,c;lr>\r\n",
        "",
    ));
    let joined = read(&invite(
        "Supported: a, b ,c\r\nRoute: <sip:a;lr>,<sip:b,c;lr>\r\n",
        "",
    ));
    for message in [&apart, &joined] {
        let options: Vec<_> = message
            .elements::<Token<'_>>(HeaderName::Supported)
            .collect();
        assert_eq!(options, ["a", "b", "c"].map(|one| Ok(Token(one))));
        let routes: Vec<_> = message
            .routes()
            .map(|one| one.expect("an address").uri)
            .collect();
        assert_eq!(routes, ["sip:a;lr", "sip:b,c;lr"]);
    }
    let lists = |name: &str| HeaderName::from_bytes(name.as_bytes()).is_list();
    for name in [
        "WWW-Authenticate",
        "Authorization",
        "Proxy-Authenticate",
        "Proxy-Authorization",
    ] {
        assert!(!lists(name), "{name}");
    }
    assert!(lists("Via") && lists("Contact") && lists("Accept"));
    let rows = "Authorization: Digest username=\"a\", realm=\"x\"\r\nAuthorization: Digest realm=\"y\"\r\n";
    let rows = read(&invite(rows, ""));
    assert_eq!(rows.fields(HeaderName::Authorization).count(), 2);
    assert_eq!(rows.fatal_finding(), None);
}

// 3. RFC 3261 §7.1, §7.3.1, §7.3.3.
#[test]
fn rule_3_names_are_read_in_any_case_and_short_and_methods_are_not() {
    let text = "INVITE sip:bob@example.com sip/2.0\r\n\
        v: sip/2.0/udp 192.0.2.4;BRANCH=z9hG4bK1\r\nmAX-fORWARDS: 70\r\nT: <sip:bob@example.com>\r\n\
        f: <sip:alice@example.com>;Tag=1\r\nI: 1\r\ncseq: 1 INVITE\r\nM: <sip:a@h>;EXPIRES=5\r\n\
        C: application/sdp\r\nL: 2\r\nS: hi\r\nK: a\r\nE: identity\r\n\r\nhi";
    let message = read(text);
    assert_eq!(message.fatal_finding(), None);
    assert_eq!(message.top_via().expect("a Via").branch, Some("z9hG4bK1"));
    assert_eq!(message.from().expect("a From").tag, Some("1"));
    let contact = message.contacts().next().expect("one").expect("good");
    assert_eq!(contact.address().expect("an address").expires, Some(5));
    assert!(
        message
            .content_type()
            .expect("good")
            .is_some_and(|it| it.is("application", "sdp"))
    );
    assert_eq!(message.field(HeaderName::Subject), Some(&b"hi"[..]));
    // A method in another case is another method, and the CSeq has to name the same.
    let invite_in_lower_case = invite("", "").replacen("INVITE", "invite", 1);
    assert_eq!(
        read(&invite_in_lower_case).method(),
        Method::Other("invite")
    );
    assert_eq!(
        refusal(&invite_in_lower_case),
        Some(StatusCode::NOT_IMPLEMENTED)
    );
    let sent = RequestBuilder::new(Method::Options, "sip:b@h")
        .field(HeaderName::To, &FromTo::new("sip:b@h", None))
        .field(HeaderName::From, &FromTo::new("sip:a@h", Some("1")))
        .field(HeaderName::CallId, "1")
        .field(
            HeaderName::CSeq,
            &CSeq {
                number: 1,
                method: Method::Options,
            },
        )
        .finish()
        .expect("complete");
    let via = Via::parse(b"SIP/2.0/UDP h;branch=z9hG4bK1").expect("a Via");
    assert!(
        sent.with_via(&via)
            .starts_with(b"OPTIONS sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP")
    );
}

// 4. RFC 3261 §7.3.2, §20.15.
#[test]
fn rule_4_a_field_of_another_class_is_ignored_and_a_body_has_a_type() {
    let misplaced = "Unsupported: ,,\r\nRetry-After: never\r\nRSeq: x\r\nWWW-Authenticate: ?\r\n";
    assert_eq!(refusal(&invite(misplaced, "")), None);
    let bye = invite("", "")
        .replace("INVITE", "BYE")
        .replace("<sip:alice@192", "<<sip:alice@192");
    assert_eq!(refusal(&bye), None, "a BYE has no Contact");
    let without = invite("Content-Length: 2\r\n", "hi");
    let finding = read(&without).fatal_finding().expect("a fault");
    assert_eq!(finding.rule, Rule::NoContentType);
    assert_eq!(
        refusal(&invite("Content-Length: 2\r\nc: text/plain\r\n", "hi")),
        None
    );
}

// 5. RFC 3261 §20, §20.10; RFC 8217 §3.
#[test]
fn rule_5_without_brackets_parameters_are_the_fields_and_brackets_are_sent() {
    let bare = Contact::parse(b"sip:a@h;transport=tcp;expires=5").expect("good");
    let bare = bare.address().expect("an address");
    assert_eq!((bare.uri, bare.expires), ("sip:a@h", Some(5)));
    assert!(bare.params.get("transport").is_some());
    let inside = Contact::parse(b"<sip:a@h;transport=tcp>;expires=5").expect("good");
    assert_eq!(inside.uri(), Some("sip:a@h;transport=tcp"));
    assert!(NameAddr::parse(b"sip:a@h?Subject=x").is_err());
    for uri in [
        "sip:a,b@h",
        "sip:a@h;transport=tcp",
        "sip:a@h?Subject=x",
        "sip:a@h",
    ] {
        assert_eq!(NameAddr::new(uri).to_text(), format!("<{uri}>"));
        assert_eq!(
            FromTo::new(uri, Some("1")).to_text(),
            format!("<{uri}>;tag=1")
        );
    }
}

// 6. RFC 3261 §7.3.1, §19.1.1.
#[test]
fn rule_6_a_parameter_stands_once_and_an_unknown_one_is_passed_over() {
    assert!(Via::parse(b"SIP/2.0/UDP h;branch=1;x;Branch=2").is_err());
    assert!(FromTo::parse(b"<sip:a@h>;tag=1;TAG=2").is_err());
    assert!(Uri::parse("sip:a@h;x=1;%78=2").is_err());
    let known = Via::parse(b"SIP/2.0/UDP h;new;branch=1;newer=\"a;b\"").expect("good");
    assert_eq!((known.branch, known.rport), (Some("1"), Rport::Absent));
    assert_eq!(
        sip("sip:a@h;new;transport=tcp;newer=1").transport(),
        Some("tcp")
    );
    // Once per value: the next value of a list begins again.
    let two = read(&invite("Route: <sip:a;lr>;x, <sip:b;lr>;x\r\n", ""));
    assert!(two.routes().all(|route| route.is_ok()));
}

// 7. RFC 3261 §8.1.1.5, §20.22, §7.2; RFC 4475 §3.1.2.4, §3.1.2.5, §3.1.2.19.
#[test]
fn rule_7_numbers_have_their_bounds() {
    let with = |old: &str, new: &str| refusal(&invite("", "").replace(old, new));
    assert_eq!(with("CSeq: 1 ", "CSeq: 2147483647 "), None);
    assert_eq!(with("CSeq: 1 ", "CSeq: 2147483648 "), BAD_REQUEST);
    assert_eq!(with("CSeq: 1 ", "CSeq: 36893488147419103232 "), BAD_REQUEST);
    assert_eq!(with("Forwards: 70", "Forwards: 255"), None);
    assert_eq!(with("Forwards: 70", "Forwards: 0"), None);
    assert_eq!(with("Forwards: 70", "Forwards: 256"), BAD_REQUEST);
    assert_eq!(with("Forwards: 70", "Forwards: -1"), BAD_REQUEST);
    for (code, is_status) in [
        ("200", true),
        ("699", true),
        ("700", false),
        ("099", false),
        ("20", false),
        ("4294967301", false),
    ] {
        let response = format!("SIP/2.0 {code} OK\r\n{ROWS}\r\n");
        let expected = (!is_status).then_some(ParseErrorKind::Status);
        assert_eq!(parse(&response).err(), expected, "{code}");
    }
    assert_eq!(ParseErrorKind::Status.response(), None);
    // An Expires beyond 32 bits is as long as there is.
    assert_eq!(
        read(&invite("Expires: 4294967296\r\n", "")).expires(),
        Ok(Some(u32::MAX))
    );
}

// 8. RFC 4475 §3.1.1.4, §3.1.1.5; RFC 3261 §19.1.2.
#[test]
fn rule_8_an_escaped_null_is_data_and_a_percent_outside_uris_too() {
    let uri = sip("sip:null-%00-null@example.com");
    assert_eq!(&*uri.unescaped_user().expect("a user"), b"null-\0-null");
    let text = invite("", "")
        .replace("z9hG4bK1", "z9hG4bK%41%zz")
        .replace("INVITE", "RE%47IST%45R");
    let message = read(&text);
    assert_eq!(message.method(), Method::Other("RE%47IST%45R"));
    assert_eq!(
        message.top_via().expect("a Via").branch,
        Some("z9hG4bK%41%zz")
    );
    // An escape in a host is no host, and is not undone to make one.
    assert!(Uri::parse("sip:bob@%65xample.com").is_err());
    let [once, twice] = ["sip:%2541@h", "sip:%41@h"].map(sip);
    assert_eq!(&*unescape(once.user.expect("a user")), b"%41");
    assert_ne!(once.address_of_record(), twice.address_of_record());
}

// 9. RFC 3261 §7.1, §7.2; RFC 4475 §3.1.1.12, §3.1.1.13, §3.1.2.9.
#[test]
fn rule_9_a_reason_may_be_empty_and_one_space_stands_between_the_parts() {
    let response = |line: &str| parse(&format!("{line}\r\n{ROWS}\r\n"));
    assert!(response("SIP/2.0 200 ").is_ok());
    assert!(response("SIP/2.0 200 = 2**3 * 5**2 \u{43d}\u{43e} \u{41e}\u{41a}").is_ok());
    assert_eq!(response("SIP/2.0 200").err(), Some(ParseErrorKind::Status));
    assert_eq!(
        response("SIP/2.0  200 OK").err(),
        Some(ParseErrorKind::Status)
    );
    let policy = Policy::STRICT.with(Deviation::StartLineSpaces);
    for line in [
        "INVITE  sip:bob@example.com SIP/2.0",
        "INVITE sip:bob@example.com  SIP/2.0",
        "INVITE sip:bob@example.com SIP/2.0 ",
    ] {
        let text = format!("{line}\r\n{ROWS}\r\n");
        assert!(parse(&text).is_err(), "{line}");
        let lenient = Message::parse_with(text.as_bytes(), &Limits::default(), policy);
        assert_eq!(
            lenient.expect("let pass").as_bytes(),
            invite("", "").as_bytes()
        );
    }
}

// 10. RFC 4475 §3.3.8, §3.3.9.
#[test]
fn rule_10_what_may_stand_once_and_stands_twice_is_refused() {
    for row in [
        "CSeq: 2 INVITE",
        "Call-ID: 2",
        "To: <sip:c@h>",
        "From: <sip:c@h>;tag=3",
        "Max-Forwards: 5",
    ] {
        assert_eq!(
            refusal(&invite(&format!("{row}\r\n"), "")),
            BAD_REQUEST,
            "{row}"
        );
    }
    let differ = parse(&invite("l: 2\r\nContent-Length: 3\r\n", "hi!")).err();
    assert_eq!(differ, Some(ParseErrorKind::ContentLengthConflict));
    assert_eq!(
        ParseErrorKind::ContentLengthConflict.response(),
        BAD_REQUEST
    );
    // Of a field that nobody needs the first counts.
    let twice = invite("Subject: a\r\nSubject: b\r\n", "");
    assert_eq!(refusal(&twice), None);
    assert_eq!(read(&twice).field(HeaderName::Subject), Some(&b"a"[..]));
}

// 11. RFC 3261 §20.17; RFC 4475 §3.1.2.12.
#[test]
fn rule_11_a_date_is_in_gmt() {
    let date = Date::parse(b"Sat, 13 Nov 2010 23:29:00 GMT").expect("the example");
    assert_eq!(date.to_text(), "Sat, 13 Nov 2010 23:29:00 GMT");
    for wrong in [
        "Fri, 01 Jan 2010 16:00:00 EST",
        "Fri, 01 Jan 2010 16:00:00 +0000",
        "Fri, 01 Jan 2010 16:00:00",
    ] {
        assert!(Date::parse(wrong.as_bytes()).is_err(), "{wrong}");
        // It is not needed, so it costs nothing.
        assert_eq!(
            refusal(&invite(&format!("Date: {wrong}\r\n"), "")),
            None,
            "{wrong}"
        );
    }
}

// 12. RFC 5118 §4.5.
#[test]
fn rule_12_received_is_read_with_and_without_brackets_and_sent_without() {
    for received in ["[2001:db8::9:255]", "2001:db8::9:255"] {
        let text = format!("SIP/2.0/UDP [2001:db8::9:1];received={received};branch=z9hG4bK1");
        let via = Via::parse(text.as_bytes()).expect("good");
        assert_eq!(
            via.received,
            Some("2001:db8::9:255".parse().expect("an address"))
        );
        assert!(
            via.to_text().contains(";received=2001:db8::9:255"),
            "{}",
            via.to_text()
        );
        assert!(via.to_text().starts_with("SIP/2.0/UDP [2001:db8::9:1]"));
    }
}

// 13. RFC 3261 §19.1.4.
#[test]
fn rule_13_a_default_that_is_said_differs_from_one_that_is_not() {
    let same = |a: &str, b: &str| {
        let [a, b] = [a, b].map(|text| Uri::parse(text).expect("a URI"));
        assert_eq!(a.equivalent(&b), b.equivalent(&a));
        a.equivalent(&b)
    };
    let plain = "sip:carol@chicago.com";
    for said in [
        ":5060",
        ";transport=udp",
        ";ttl=1",
        ";user=ip",
        ";method=INVITE",
        ";maddr=chicago.com",
        "?Subject=x",
    ] {
        assert!(!same(plain, &format!("{plain}{said}")), "{said}");
    }
    let [one, other] = ["newparam=5", "newparam=6"].map(|param| format!("{plain};{param}"));
    assert!(same(plain, &one) && same(plain, &other));
    // So it is not transitive.
    assert!(!same(&one, &other));
    assert!(same("sip:a@h?x=1&y=2", "sip:a@h?y=2&x=1"));
}

// 14. RFC 5621 §4.2, §8.4; RFC 3261 §7.4.1.
#[test]
fn rule_14_multiparts_are_taken_apart_and_an_unknown_part_counts_if_it_is_required() {
    let limits = Limits::default();
    let body = |disposition: &str| {
        format!(
            "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--b\r\n\
             Content-Type: image/new\r\n{disposition}\r\nx\r\n--b--\r\n"
        )
    };
    let parts = |disposition: &str| {
        let body = body(disposition);
        let rows = format!(
            "Content-Type: multipart/mixed;boundary=b\r\nl: {}\r\n",
            body.len()
        );
        let message = read(&invite(&rows, &body));
        let is_sdp = |part: &Part<'_>| {
            part.content_type()
                .is_ok_and(|it| it.is("application", "sdp"))
        };
        let parts = understood_parts(Part::of(&message), &limits, is_sdp);
        parts
            .map(|parts| {
                parts
                    .iter()
                    .map(|part| part.content.to_vec())
                    .collect::<Vec<_>>()
            })
            .map_err(|error| error.kind)
    };
    assert_eq!(parts(""), Err(BodyErrorKind::Unsupported));
    let required = "Content-Disposition: render;handling=required\r\n";
    assert_eq!(parts(required), Err(BodyErrorKind::Unsupported));
    assert_eq!(
        BodyErrorKind::Unsupported.response(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    let optional = "Content-Disposition: render;handling=optional\r\n";
    assert_eq!(parts(optional), Ok(vec![b"v=0\r\n".to_vec()]));
}
