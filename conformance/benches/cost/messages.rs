//! Parsing and writing, over the messages the peers were measured with.

use std::hint::black_box;
use std::net::SocketAddr;

use offhook::Limits;
use offhook::sdp::SessionDescription;
use offhook::sip::header::{FromTo, NameAddr, Value, Via};
use offhook::sip::message::{
    Forward, HeaderName, Message, MessageView, Method, RequestBuilder, Scratch,
};
use offhook::sip::uri::HostPort;

use crate::harness::Bench;

const SIP: [(&str, &[u8]); 4] = [
    (
        "options",
        include_bytes!("../../vectors/messages/options.sip"),
    ),
    (
        "invite",
        include_bytes!("../../vectors/messages/invite.sip"),
    ),
    (
        "invite_big",
        include_bytes!("../../vectors/messages/invite_big.sip"),
    ),
    ("ok200", include_bytes!("../../vectors/messages/ok200.sip")),
];
const SDP: [(&str, &[u8]); 2] = [
    (
        "small_sdp",
        include_bytes!("../../vectors/messages/small.sdp"),
    ),
    ("big_sdp", include_bytes!("../../vectors/messages/big.sdp")),
];

/// The cases the peers have too go by the peers' names.
pub(crate) fn run(bench: &mut Bench) {
    let limits = Limits::default();
    for (name, bytes) in SIP {
        let mut scratch = Scratch::new();
        bench.case(&format!("envelope/{name}"), || {
            let view = MessageView::parse(black_box(bytes), &limits, &mut scratch);
            black_box(view.is_ok());
        });
        let mut scratch = Scratch::new();
        bench.case(&format!("typed/{name}"), || {
            if let Ok(view) = MessageView::parse(black_box(bytes), &limits, &mut scratch) {
                let _ = black_box((view.from(), view.to(), view.top_via(), view.cseq()));
                let _ = black_box((view.call_id(), view.contacts().next()));
            }
        });
        bench.case(&format!("owned/{name}"), || {
            black_box(Message::parse(black_box(bytes), &limits).is_ok());
        });
    }
    validate(bench, &limits);
    received(bench, &limits);
    forward(bench, &limits);
    write(bench);
    for (name, bytes) in SDP {
        bench.case(&format!("sdp_parse/{name}"), || {
            black_box(SessionDescription::parse(black_box(bytes)).is_ok());
        });
        if let Ok(session) = SessionDescription::parse(bytes) {
            bench.case(&format!("sdp_write/{name}"), || {
                black_box(black_box(&session).to_bytes());
            });
        }
    }
}

/// Parsing, and every rule held against every field, as `fatal_finding` does before a request is
/// believed.
fn validate(bench: &mut Bench, limits: &Limits) {
    for (name, bytes) in SIP {
        let mut scratch = Scratch::new();
        bench.case(&format!("validate/{name}"), || {
            if let Ok(view) = MessageView::parse(black_box(bytes), limits, &mut scratch) {
                let mut found = 0;
                view.validate(|_| found += 1);
                black_box(found);
            }
        });
        bench.case(&format!("fatal/{name}"), || {
            if let Ok(view) = MessageView::parse(black_box(bytes), limits, &mut scratch) {
                black_box(view.fatal_finding().is_none());
            }
        });
    }
}

/// The owned form of a request with its source noted in the top Via.
fn received(bench: &mut Bench, limits: &Limits) {
    let source = ([192, 0, 2, 4], 5060).into();
    bench.case("received/invite", || {
        black_box(Message::parse_received(black_box(SIP[1].1), limits, source).is_ok());
    });
}

/// A request on its way through a proxy: another Max-Forwards, one more Record-Route, one more Via.
///
/// Beside it what it cannot do without: a copy of the message into memory of its own, and the three
/// fields as they are written. A request is copied once when its rows are decided and once more
/// when the transport puts its Via on top, so the bar is two copies and the three fields.
fn forward(bench: &mut Bench, limits: &Limits) {
    const ROUTE: &str = "<sip:192.0.2.9;lr>";
    let address = SocketAddr::from(([192, 0, 2, 9], 5060));
    let via = Via::new("UDP", HostPort::from_address(address), "z9hG4bK-7f3a9c0e51");
    let mut out = Vec::with_capacity(8192);
    for (name, bytes) in SIP {
        let Ok(message) = Message::parse(bytes, limits) else {
            continue;
        };
        bench.case(&format!("memcpy/{name}"), || {
            black_box(Vec::from(black_box(message.as_bytes())));
        });
        if !message.is_request() {
            continue;
        }
        bench.case(&format!("forward/{name}"), || {
            let mut forward = Forward::request(black_box(&message));
            forward.max_forwards(69).push_record_route(ROUTE);
            if let Ok(request) = forward.finish() {
                out.clear();
                request.write_with_via(black_box(&via), &mut out);
                black_box(&out);
            }
        });
    }
    bench.case("changed_fields/invite", || {
        out.clear();
        out.extend_from_slice(b"Via: ");
        black_box(&via).write(&mut out);
        out.extend_from_slice(b"\r\nMax-Forwards: ");
        black_box(69_u8).write(&mut out);
        out.extend_from_slice(b"\r\nRecord-Route: ");
        if let Ok(route) = NameAddr::parse(black_box(ROUTE).as_bytes()) {
            route.write(&mut out);
        }
        out.extend_from_slice(b"\r\n");
        black_box(&out);
    });
}

/// The INVITE of the set, from typed fields into a buffer the caller keeps.
fn write(bench: &mut Bench) {
    let bytes = SIP[1].1;
    let Ok(message) = Message::parse(bytes, &Limits::default()) else {
        return;
    };
    let (Ok(from), Ok(to), Ok(via)) = (message.from(), message.to(), message.top_via()) else {
        return;
    };
    let Ok(cseq) = message.cseq() else {
        return;
    };
    let (call_id, body) = (message.call_id().unwrap_or_default(), message.body());
    let contact = message.contacts().next().and_then(Result::ok);
    let uri = message.request_uri().unwrap_or_default();
    let mut out = Vec::with_capacity(2048);
    bench.case("serialise/invite", || {
        let mut builder = RequestBuilder::new(Method::Invite, uri);
        let from: &FromTo<'_> = &from;
        builder
            .field(HeaderName::MaxForwards, &70u32)
            .field(HeaderName::From, from)
            .field(HeaderName::To, &to)
            .field(HeaderName::CallId, call_id)
            .field(HeaderName::CSeq, &cseq);
        if let Some(contact) = &contact {
            builder.field(HeaderName::Contact, contact);
        }
        builder.body("application/sdp", body);
        if let Ok(request) = builder.finish() {
            out.clear();
            request.write_with_via(&via, &mut out);
            black_box(&out);
        }
    });
}
