//! A datagram through both doors, strictly and leniently, read in every way and sent on.

use offhook::Limits;
use offhook::sip::header::{CSeq, Contact, FromTo, HeaderError, Via};
use offhook::sip::message::{
    BuildError, Forward, HeaderName, Mended, Message, MessageView, ParseError, Policy,
    RequestBuilder, ResponseBuilder, Scratch, StatusCode,
};

/// What is ours is longer than what came: more rows and a few hundred octets.
fn wider(limits: &Limits) -> Limits {
    Limits {
        message_bytes: limits.message_bytes + 1000,
        header_fields: limits.header_fields + 8,
        ..limits.clone()
    }
}

/// One datagram: it is refused or read, and what is read can be read again, answered and sent on.
pub fn datagram(bytes: &[u8]) {
    for limits in [Limits::default(), Limits::small()] {
        let strict = both_doors(bytes, &limits, Policy::STRICT);
        let lenient = both_doors(bytes, &limits, Policy::LENIENT);
        if let Ok(message) = &lenient {
            // What was put right is well formed now.
            let again = Message::parse(message.as_bytes(), &wider(&limits)).expect("mended");
            assert!(again.rows().eq(message.rows()));
        }
        if let Ok(message) = &strict {
            assert!(lenient.is_ok(), "refused for being lenient");
            read_everything(message);
            send_on(message, &limits);
            answer(message, &limits);
            write_again(message, &limits);
        }
        let source = "192.0.2.77:5099".parse().expect("an address");
        match (Message::parse_received(bytes, &limits, source), &strict) {
            (Ok(noted), Ok(message)) => is_noted(&noted, message, &limits),
            (noted, strict) => assert_eq!(noted.err(), strict.as_ref().err().copied()),
        }
        if let Some(message) = Message::salvage(bytes, &limits, source) {
            read_everything(&message);
        }
    }
}

/// The owned and the borrowed door give the same.
fn both_doors(bytes: &[u8], limits: &Limits, policy: Policy) -> Result<Message, ParseError> {
    let (mut scratch, mut mended) = (Scratch::new(), Mended::new());
    let view = MessageView::parse_with(bytes, limits, policy, &mut scratch, &mut mended);
    let owned = Message::parse_with(bytes, limits, policy);
    match (&view, &owned) {
        (Ok(view), Ok(message)) => {
            assert_eq!(view.as_bytes(), message.as_bytes());
            assert_eq!(view.body(), message.body());
            assert_eq!(view.kind(), message.kind());
            assert!(view.rows().eq(message.rows()));
            assert!(message.as_bytes().len() <= limits.message_bytes.max(bytes.len()) + 64);
            assert!(message.rows().count() <= limits.header_fields);
        }
        (Err(view), Err(owned)) => assert_eq!(view, owned),
        (view, owned) => panic!("{:?} but {:?}", view.is_ok(), owned.is_ok()),
    }
    if let Ok(message) = &owned {
        // What was accepted is accepted again, and is the same.
        let again = Message::parse(message.as_bytes(), &wider(limits)).expect("accepted before");
        assert_eq!(again.as_bytes(), message.as_bytes());
        assert!(again.rows().eq(message.rows()));
    }
    owned
}

/// Every accessor; a list ends after its first fault, so its length is bounded by the value's.
fn read_everything(message: &Message) {
    let length = message.as_bytes().len();
    let mut findings = 0;
    message.validate(|finding| {
        findings += 1;
        assert!(finding.at as usize <= length, "{finding:?}");
        assert!(finding.answer.is_none() || finding.is_fatal);
    });
    // A row can be repeated, out of place and malformed; the rest is one each.
    assert!(findings <= 3 * message.rows().count() + 32);
    let _ = message.fatal_finding();
    let _ = (message.kind(), message.method(), message.request_uri());
    let _ = (message.top_via(), message.cseq(), message.call_id());
    let _ = (message.from(), message.to(), message.content_type());
    let _ = (message.max_forwards(), message.expires());
    let _ = message.min_expires();
    let _ = message.lists(HeaderName::Supported, "100rel");
    let lists = [
        message.vias().count(),
        message.contacts().count(),
        message.routes().count(),
        message.record_routes().count(),
    ];
    assert!(lists.iter().sum::<usize>() <= length);
    for row in message.rows() {
        assert!(
            message
                .field_named(&String::from_utf8_lossy(row.name_bytes))
                .is_some()
        );
        assert!(row.name == HeaderName::Other || message.field(row.name).is_some());
    }
}

/// A request whose top Via was filled in is the same but for that.
fn is_noted(noted: &Message, message: &Message, limits: &Limits) {
    let again = Message::parse(noted.as_bytes(), &wider(limits)).expect("noted");
    assert!(again.rows().eq(noted.rows()), "places moved wrongly");
    assert_eq!(again.body(), noted.body());
    assert_eq!(noted.body(), message.body());
    assert_eq!(noted.kind(), message.kind());
    let (before, after) = (message.vias().count(), noted.vias().count());
    assert_eq!(before, after);
}

fn is_touched(name: HeaderName) -> bool {
    matches!(
        name,
        HeaderName::Via
            | HeaderName::MaxForwards
            | HeaderName::RecordRoute
            | HeaderName::ContentLength
    )
}

/// The rows a proxy has no business with, as they stand.
fn untouched(message: &Message) -> Vec<(&[u8], &[u8])> {
    let rows = message.rows().filter(|row| !is_touched(row.name));
    rows.map(|row| (row.name_bytes, row.value)).collect()
}

fn our_via() -> Via<'static> {
    Via::parse(b"SIP/2.0/UDP proxy.example.com;branch=z9hG4bKp").expect("a Via")
}

/// Forwarding rewrites what it must and leaves the rest byte for byte (RFC 3261 §16.6, §16.7).
fn send_on(message: &Message, limits: &Limits) {
    let limits = wider(limits);
    if !message.is_request() {
        let Ok(response) = Forward::response(message) else {
            return;
        };
        let response = Message::parse(response.as_bytes(), &limits).expect("a response");
        assert_eq!(untouched(&response), untouched(message));
        assert_eq!(response.body(), message.body());
        return;
    }
    let forward = Forward::request(message)
        .push_record_route("sip:proxy.example.com;lr")
        .max_forwards(9)
        .finish()
        .expect("nothing that can fail");
    let forwarded = forward.with_via(&our_via());
    let forwarded = Message::parse(&forwarded, &limits).expect("a request");
    assert_eq!(untouched(&forwarded), untouched(message));
    assert_eq!(forwarded.body(), message.body());
    assert_eq!(forwarded.request_uri(), message.request_uri());
    assert_eq!(forwarded.method(), message.method());
    assert_eq!(forwarded.max_forwards(), Ok(Some(9)));
    assert_eq!(forwarded.top_via(), Ok(our_via()));
    let vias = |message: &Message| -> Vec<Vec<u8>> {
        message
            .fields(HeaderName::Via)
            .map(<[u8]>::to_vec)
            .collect()
    };
    assert_eq!(vias(&forwarded)[1..], vias(message));
    // Taking a Route away fails if it cannot be read, and otherwise takes exactly one.
    let mut pop = Forward::request(message);
    match pop.pop_route().finish() {
        Ok(popped) => {
            let popped = Message::parse(&popped.with_via(&our_via()), &limits).expect("a request");
            let (before, after) = (message.routes().count(), popped.routes().count());
            assert_eq!(before.saturating_sub(1), after);
        }
        Err(error) => assert_eq!(error, BuildError::Malformed(HeaderName::Route)),
    }
}

/// A request can be answered if it has a Via, and the answer says what it must (§8.2.6.2).
fn answer(message: &Message, limits: &Limits) {
    let mut builder = ResponseBuilder::to(message, StatusCode::OK);
    let Ok(response) = builder.to_tag("t").finish() else {
        let has_via = message.field(HeaderName::Via).is_some();
        assert!(!message.is_request() || !has_via, "no answer");
        return;
    };
    let response = Message::parse(response.as_bytes(), &wider(limits)).expect("a response");
    for name in [HeaderName::Via, HeaderName::CallId, HeaderName::CSeq] {
        let (first, copied) = (message.field(name), response.field(name));
        assert_eq!(first, copied);
    }
    assert_eq!(response.status(), Some(StatusCode::OK));
}

/// The typed values that every message has, so that two messages can be compared by meaning.
type Essence<'a> = (
    Result<FromTo<'a>, HeaderError>,
    Result<FromTo<'a>, HeaderError>,
    Result<CSeq<'a>, HeaderError>,
    Result<&'a str, HeaderError>,
    Vec<Result<Contact<'a>, HeaderError>>,
);

fn essence(message: &Message) -> Essence<'_> {
    (
        message.from(),
        message.to(),
        message.cseq(),
        message.call_id(),
        message.contacts().collect(),
    )
}

/// Builds a request anew from the parts of a valid one.
fn rebuilt(message: &Message) -> Option<Vec<u8>> {
    let mut builder = RequestBuilder::new(message.method(), message.request_uri()?);
    let mut has_body = false;
    for row in message.rows() {
        match row.name {
            HeaderName::Via | HeaderName::ContentLength => {}
            HeaderName::ContentType => {
                let text = String::from_utf8_lossy(row.value);
                let text = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
                builder.body(&text, message.body());
                has_body = true;
            }
            HeaderName::Other => {
                let name = String::from_utf8_lossy(row.name_bytes);
                builder.field_named(&name, row.value);
            }
            name => {
                builder.field(name, row.value);
            }
        }
    }
    assert!(
        has_body || message.body().is_empty(),
        "a body without a type is no valid message"
    );
    let via = message.top_via().ok()?;
    // NUL within a value can be carried on but not written.
    let request = builder.finish().ok()?;
    Some(request.with_via(&via))
}

/// Written from its parts, read and written again, a valid request no longer changes, and means
/// what it meant.
fn write_again(message: &Message, limits: &Limits) {
    if !message.is_request() || message.fatal_finding().is_some() {
        return;
    }
    let limits = wider(&wider(limits));
    let Some(first) = rebuilt(message) else {
        return;
    };
    // Compact names are written in full, so the message may have become too long.
    let Ok(read) = Message::parse(&first, &limits) else {
        assert!(first.len() > limits.message_bytes, "our own is refused");
        return;
    };
    assert_eq!(essence(&read), essence(message));
    assert_eq!(read.body(), message.body());
    assert_eq!(rebuilt(&read), Some(first));
}
