//! Properties of the wire formats: what is written is read back, what is read is kept, and no
//! bytes make a parser panic.

use std::path::PathBuf;

use offhook::Limits;
use offhook::sdp::SessionDescription;
use offhook::sip::header::{CSeq, Contact, FromTo, HeaderError, NameAddr, Value, Via};
use offhook::sip::message::{
    Forward, Frame, HeaderName, Message, MessageView, Method, RequestBuilder, ResponseBuilder,
    Scratch, StatusCode, StreamFramer,
};
use proptest::collection::vec;
use proptest::prelude::*;

const TOKEN: &str = "[-a-zA-Z0-9.!%*_+`'~]{1,12}";
const HOST: &str =
    "(([a-z][a-z0-9]{0,6}\\.){0,2}[a-z][a-z0-9]{0,5}|192\\.0\\.2\\.[1-9]|\\[2001:db8::[1-9a-f]\\])";

fn uri() -> impl Strategy<Value = String> {
    let text = format!("sips?:([a-z0-9%_.!~*'()&=+$,;?/-]{{1,8}}@)?{HOST}(:[1-9][0-9]{{0,3}})?");
    let params = "(;(lr|transport=(udp|tcp)|[a-z]{1,5}=[a-z0-9]{1,5}))?";
    let pattern = format!("{text}{params}").replace("%_", "_");
    proptest::string::string_regex(&pattern).unwrap()
}

fn params() -> impl Strategy<Value = String> {
    let name = "x[a-z]{1,6}";
    let value = prop_oneof![
        Just(String::new()),
        TOKEN.prop_map(|token| format!("={token}")),
        "[ !#-\\[\\]-~]{0,10}".prop_map(|text| format!("=\"{text}\"")),
        Just("=\"a\\\"b\\\\\"".to_owned()),
    ];
    let param = (name, value).prop_map(|(name, value)| (name, value));
    vec(param, 0..4).prop_map(|list| {
        // A name may stand only once (RFC 3261 §7.3.1).
        let numbered = list.iter().enumerate();
        numbered
            .map(|(index, (name, value))| format!(";{name}{index}{value}"))
            .collect()
    })
}

fn via() -> impl Strategy<Value = String> {
    let transport = prop_oneof![Just("UDP"), Just("TCP"), Just("TLS"), Just("SCTP")];
    let port = prop_oneof![
        Just(String::new()),
        (1_u16..).prop_map(|port| format!(":{port}"))
    ];
    let branch = "(;branch=z9hG4bK[a-z0-9.]{1,10})?";
    let rport = "(;rport(=[1-9][0-9]{0,3})?)?(;received=192\\.0\\.2\\.[1-9])?(;ttl=[1-9])?";
    (transport, HOST, port, branch, rport, params()).prop_map(
        |(transport, host, port, branch, rport, params)| {
            format!("SIP/2.0/{transport} {host}{port}{branch}{rport}{params}")
        },
    )
}

fn name_addr() -> impl Strategy<Value = String> {
    let display = prop_oneof![
        Just(String::new()),
        TOKEN.prop_map(|token| format!("{token} ")),
        "[ !#-\\[\\]-~äß€]{0,10}".prop_map(|text| format!("\"{text}\" ")),
    ];
    (display, uri(), params())
        .prop_map(|(display, uri, params)| format!("{display}<{uri}>{params}"))
}

/// Reads a value, writes it, reads that, and wants the same.
fn comes_back<'a, T>(
    text: &'a str,
    parse: impl Fn(&'a [u8]) -> Result<T, HeaderError>,
    again: impl Fn(&[u8], &T) -> bool,
) -> Result<(), TestCaseError>
where
    T: Value + std::fmt::Debug,
{
    let first = parse(text.as_bytes());
    let first = first.map_err(|error| TestCaseError::fail(format!("{text}: {error:?}")))?;
    let mut written = Vec::new();
    first.write(&mut written);
    let shown = String::from_utf8_lossy(&written);
    prop_assert!(again(&written, &first), "`{text}` was written as `{shown}`");
    Ok(())
}

proptest! {
    #[test]
    fn a_via_comes_back(text in via()) {
        comes_back(&text, Via::parse, |bytes, first| Via::parse(bytes).as_ref() == Ok(first))?;
    }

    #[test]
    fn a_name_addr_comes_back(text in name_addr()) {
        comes_back(&text, NameAddr::parse, |bytes, first| {
            NameAddr::parse(bytes).as_ref() == Ok(first)
        })?;
    }

    #[test]
    fn from_and_to_come_back(text in name_addr(), tag in "(;tag=[a-z0-9]{1,8})?") {
        let text = format!("{text}{tag}");
        comes_back(&text, FromTo::parse, |bytes, first| {
            FromTo::parse(bytes).as_ref() == Ok(first)
        })?;
    }

    #[test]
    fn a_contact_comes_back(
        text in name_addr(),
        rest in "(;q=(0(\\.[0-9]{1,3})?|1(\\.0{1,3})?))?(;expires=[0-9]{1,9})?",
    ) {
        let text = format!("{text}{rest}");
        comes_back(&text, Contact::parse, |bytes, first| {
            Contact::parse(bytes).as_ref() == Ok(first)
        })?;
    }

    #[test]
    fn a_cseq_comes_back(number in 0_u32..=0x7fff_ffff, method in "[A-Z]{1,9}") {
        comes_back(&format!("{number} {method}"), CSeq::parse, |bytes, first| {
            CSeq::parse(bytes).as_ref() == Ok(first)
        })?;
    }
}

/// A request as a transaction user and the stack make it.
fn request() -> impl Strategy<Value = Vec<u8>> {
    let method = prop_oneof![Just("INVITE"), Just("BYE"), Just("REGISTER"), Just("FANCY")];
    let rows = vec(("X-[A-Za-z]{1,8}", "[ -~äß]{0,30}"), 0..5);
    let routes = vec(uri(), 0..3);
    let body = vec(any::<u8>(), 0..60);
    (method, uri(), name_addr(), rows, routes, via(), body).prop_map(
        |(method, uri, to, rows, routes, via, body)| {
            let method = Method::parse(method.as_bytes()).unwrap();
            let mut builder = RequestBuilder::new(method, &uri);
            builder
                .field(HeaderName::From, "<sip:a@example.com>;tag=1")
                .field(HeaderName::To, to.as_str())
                .field(HeaderName::CallId, "c@example.com")
                .field(HeaderName::CSeq, &CSeq { number: 1, method });
            for route in &routes {
                builder.field(HeaderName::Route, format!("<{route}>").as_str());
            }
            for (name, value) in &rows {
                builder.field_named(name, value.trim().as_bytes());
            }
            builder.body("application/x", &body);
            let request = builder.finish().unwrap();
            request.with_via(&Via::parse(via.as_bytes()).unwrap())
        },
    )
}

fn parse(bytes: &[u8]) -> Message {
    Message::parse(bytes, &Limits::default()).unwrap()
}

fn rows(message: &Message) -> Vec<(Vec<u8>, Vec<u8>)> {
    let rows = message.rows();
    rows.map(|row| (row.name_bytes.to_vec(), row.value.to_vec()))
        .collect()
}

proptest! {
    #[test]
    fn what_a_builder_writes_is_read_back(
        method in "[A-Z]{1,9}",
        uri in uri(),
        value in "[!-~]([ -~]{0,30}[!-~])?",
        body in vec(any::<u8>(), 0..100),
    ) {
        let method = Method::parse(method.as_bytes()).unwrap();
        let mut builder = RequestBuilder::new(method, &uri);
        let request = builder
            .field(HeaderName::From, "<sip:a@example.com>;tag=1")
            .field(HeaderName::To, "<sip:b@example.com>")
            .field(HeaderName::CallId, "c@example.com")
            .field(HeaderName::CSeq, &CSeq { number: 7, method })
            .field(HeaderName::Subject, value.as_str())
            .body("application/x", &body)
            .finish()
            .unwrap();
        let via = Via::parse(b"SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1").unwrap();
        let message = parse(&request.with_via(&via));
        prop_assert_eq!(message.method(), method);
        prop_assert_eq!(message.request_uri(), Some(uri.as_str()));
        prop_assert_eq!(message.field(HeaderName::Subject), Some(value.as_bytes()));
        prop_assert_eq!(message.body(), &body[..]);
        prop_assert_eq!(message.top_via().unwrap(), via);
    }

    #[test]
    fn no_value_brings_a_line_end_in(value in "[ -~\r\n\0]{0,20}", name in "[ -~\r\n\0]{0,6}") {
        let mut builder = RequestBuilder::new(Method::Options, "sip:a@example.com");
        builder
            .field(HeaderName::From, "<sip:a@example.com>;tag=1")
            .field(HeaderName::To, "<sip:b@example.com>")
            .field(HeaderName::CallId, "c@example.com")
            .field(HeaderName::CSeq, "1 OPTIONS")
            .field_named("X-Odd", value.as_bytes())
            .field_named(&name, b"x");
        if let Ok(request) = builder.finish() {
            let via = Via::parse(b"SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1").unwrap();
            let message = parse(&request.with_via(&via));
            // Via, five mandatory rows, the two above, Content-Length.
            prop_assert_eq!(message.rows().count(), 9);
            prop_assert!(message.body().is_empty());
        }
    }

    #[test]
    fn a_response_copies_what_it_must(request in request(), status in 100_u16..700) {
        let request = parse(&request);
        let status = StatusCode::new(status).unwrap();
        let response = ResponseBuilder::to(&request, status).to_tag("z").finish().unwrap();
        let response = parse(response.as_bytes());
        prop_assert_eq!(response.status(), Some(status));
        for name in [HeaderName::Via, HeaderName::From, HeaderName::CallId, HeaderName::CSeq] {
            let copied: Vec<_> = response.fields(name).collect();
            prop_assert_eq!(copied, request.fields(name).collect::<Vec<_>>());
        }
    }

    #[test]
    fn forwarding_leaves_untouched_rows_as_they_were(request in request()) {
        let request = parse(&request);
        let forward = Forward::request(&request)
            .push_record_route("sip:proxy.example.com;lr")
            .max_forwards(9)
            .finish()
            .unwrap();
        let via = Via::parse(b"SIP/2.0/UDP proxy.example.com;branch=z9hG4bKp").unwrap();
        let forwarded = parse(&forward.with_via(&via));
        let touched = |name: &[u8]| {
            let ours = [&b"max-forwards"[..], b"record-route", b"content-length"];
            ours.iter().any(|our| name.eq_ignore_ascii_case(our))
        };
        let keep = |message: &Message| -> Vec<_> {
            rows(message).into_iter().filter(|(name, _)| !touched(name)).collect()
        };
        let mut kept = keep(&forwarded);
        kept.remove(0);
        prop_assert_eq!(kept, keep(&request));
        prop_assert_eq!(forwarded.body(), request.body());
        prop_assert_eq!(forwarded.max_forwards(), Ok(Some(9)));
        prop_assert_eq!(forwarded.request_uri(), request.request_uri());
    }

    #[test]
    fn a_response_goes_back_the_way_the_request_came(request in request()) {
        let request = parse(&request);
        let forward = Forward::request(&request).max_forwards(9).finish().unwrap();
        let via = Via::parse(b"SIP/2.0/UDP proxy.example.com;branch=z9hG4bKp").unwrap();
        let forwarded = parse(&forward.with_via(&via));
        let answer = ResponseBuilder::to(&forwarded, StatusCode::OK).finish().unwrap();
        let back = Forward::response(&parse(answer.as_bytes())).unwrap();
        let direct = ResponseBuilder::to(&request, StatusCode::OK).finish().unwrap();
        let (back, direct) = (parse(back.as_bytes()), parse(direct.as_bytes()));
        prop_assert_eq!(
            back.fields(HeaderName::Via).collect::<Vec<_>>(),
            direct.fields(HeaderName::Via).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_stream_gives_the_same_messages_however_it_is_cut(
        messages in vec(request(), 1..5),
        gaps in vec(0_usize..3, 5),
        cuts in vec(1_usize..200, 1..20),
    ) {
        let mut stream = Vec::new();
        for (message, gap) in messages.iter().zip(&gaps) {
            stream.extend_from_slice(&b"\r\n".repeat(*gap));
            stream.extend_from_slice(message);
        }
        let limits = Limits::default();
        let mut framer = StreamFramer::new();
        let mut found = Vec::new();
        let mut rest = &stream[..];
        for cut in cuts.iter().cycle() {
            let (chunk, tail) = rest.split_at((*cut).min(rest.len()));
            framer.push(chunk);
            rest = tail;
            while let Some(frame) = framer.next_frame(&limits).unwrap() {
                if let Frame::Message(bytes) = frame {
                    found.push(bytes.to_vec());
                }
            }
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(found, messages);
    }
}

/// The published torture messages and two of our own, to be bent further.
fn corpus() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut found = vec![
        b"INVITE sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n\
          From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: 1\r\n\
          CSeq: 1 INVITE\r\nContact: <sip:a@192.0.2.1>\r\nContent-Length: 0\r\n\r\n"
            .to_vec(),
        b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
          m=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
            .to_vec(),
    ];
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                found.push(bytes);
            }
        }
    }
    found.sort();
    found
}

/// Bends bytes at a few places.
fn bent() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), 0..4, any::<u8>());
    (prop::sample::select(corpus()), vec(change, 0..6)).prop_map(|(mut bytes, changes)| {
        for (index, kind, byte) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = index.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                _ => bytes.truncate(at),
            }
        }
        bytes
    })
}

/// Reads all that can be read of a message.
fn read_everything(message: &Message) {
    let _ = (
        message.kind(),
        message.method(),
        message.from(),
        message.to(),
    );
    let _ = (message.top_via(), message.cseq(), message.call_id());
    let _ = (
        message.max_forwards(),
        message.expires(),
        message.min_expires(),
    );
    let lists = message.vias().count() + message.contacts().count();
    let _ = lists + message.routes().count() + message.record_routes().count();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_bytes_make_the_message_parser_panic_and_both_doors_agree(bytes in bent()) {
        let limits = Limits::default();
        let mut scratch = Scratch::new();
        let view = MessageView::parse(&bytes, &limits, &mut scratch);
        let owned = Message::parse(&bytes, &limits);
        match (view, owned) {
            (Ok(view), Ok(message)) => {
                let copy = view.to_message();
                prop_assert_eq!(copy.as_bytes(), message.as_bytes());
                prop_assert!(view.rows().eq(message.rows()));
                prop_assert_eq!(view.body(), message.body());
                read_everything(&message);
                // What was accepted is accepted again, and is the same.
                let again = Message::parse(message.as_bytes(), &limits).unwrap();
                prop_assert!(again.rows().eq(message.rows()));
                prop_assert_eq!(again.body(), message.body());
            }
            (Err(view), Err(owned)) => prop_assert_eq!(view, owned),
            (view, owned) => prop_assert!(false, "{:?} but {:?}", view.is_ok(), owned),
        }
        let source = "192.0.2.77:5099".parse().unwrap();
        if let Ok(message) = Message::parse_received(&bytes, &limits, source) {
            read_everything(&message);
        }
        if let Some(message) = Message::salvage(&bytes, &limits, source) {
            read_everything(&message);
        }
        let mut framer = StreamFramer::new();
        framer.push(&bytes);
        while let Ok(Some(_)) = framer.next_frame(&limits) {}
    }

    #[test]
    fn no_bytes_make_the_session_parser_panic_and_what_is_read_is_written_back(bytes in bent()) {
        let body = match bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            Some(end) => &bytes[end + 4..],
            None => &bytes[..],
        };
        if let Ok(session) = SessionDescription::parse(body) {
            let written = session.to_bytes();
            let again = SessionDescription::parse(&written);
            let shown = String::from_utf8_lossy(&written);
            prop_assert_eq!(again.as_ref(), Ok(&session), "{}", shown);
        }
    }
}
