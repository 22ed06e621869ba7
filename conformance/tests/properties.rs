//! Properties of messages: what is written is read back, and what is read is kept. The typed fields
//! and URIs have theirs in `header_properties.rs`, whatever bytes in `fuzzing.rs`.

use offhook::Limits;
use offhook::sip::header::{CSeq, Via};
use offhook::sip::message::{
    Forward, Frame, HeaderName, Message, Method, RequestBuilder, ResponseBuilder, StatusCode,
    StreamFramer,
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
