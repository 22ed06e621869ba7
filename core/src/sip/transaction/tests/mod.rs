//! A machine on a bench: messages, a clock, and one flow whose other end is the test.

mod matching;
mod model;
mod schedule;
mod tables;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use super::{Cx, TimerKey, Timings};
use crate::limits::Limits;
use crate::machine::{FlowId, Transport};
use crate::rng::Rng;
use crate::sip::message::{Message, StatusCode};
use crate::sip::transport::{Effect, Sender, Target, TransportLayer, TransportPolicy};
use crate::time::Instant;
use crate::timers::TimerQueue;

/// What a machine is lent, over a transport of the test's choice.
pub(super) fn bench(transport: Transport) -> (Cx, Target) {
    let flow = FlowId::from_driver(0);
    let address = "192.0.2.2:5060".parse().unwrap();
    let local = "192.0.2.1:5060".parse().unwrap();
    let mut layer = TransportLayer::new(
        &Limits::default(),
        TransportPolicy::default(),
        &[],
        Rng::from_seed([5; 32]),
    );
    if transport.is_reliable() {
        layer.on_connected(flow, transport, local, address, None);
    } else {
        layer.on_bound(flow, transport, local);
    }
    let cx = Cx {
        now: Instant::ZERO,
        timings: Timings::default(),
        timers: TimerQueue::new(),
        transport: layer,
        sender: Sender::Nobody,
    };
    let target = Target {
        flow,
        address,
        transport,
    };
    (cx, target)
}

/// A request with a branch of its own.
pub(super) fn request(method: &str) -> Arc<Message> {
    let text = format!(
        "{method} sip:bob@192.0.2.2 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK74bf9;rport\r\n\
         Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>\r\n\
         Route: <sip:p3.example.com;lr>\r\n\
         Max-Forwards: 70\r\n\
         From: Alice <sip:alice@atlanta.example.com>;tag=9fxced76sl\r\n\
         To: Bob <sip:bob@biloxi.example.com>\r\n\
         Call-ID: 3848276298220188511\r\n\
         CSeq: 986759 {method}\r\n\
         Require: 100rel\r\n\
         Timestamp: 54\r\n\
         Content-Length: 0\r\n\r\n"
    );
    parse(&text)
}

/// A response to it.
pub(super) fn response(method: &str, status: u16) -> Arc<Message> {
    let reason = StatusCode::new(status).unwrap().reason();
    let text = format!(
        "SIP/2.0 {status} {reason}\r\n\
         Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK74bf9;rport=5060;received=192.0.2.1\r\n\
         From: Alice <sip:alice@atlanta.example.com>;tag=9fxced76sl\r\n\
         To: Bob <sip:bob@biloxi.example.com>;tag=314159\r\n\
         Call-ID: 3848276298220188511\r\n\
         CSeq: 986759 {method}\r\n\
         Content-Length: 0\r\n\r\n"
    );
    parse(&text)
}

pub(super) fn parse(text: &str) -> Arc<Message> {
    Arc::new(Message::parse(text.as_bytes(), &Limits::default()).unwrap())
}

/// What was put in the transmit queue, each message by its first words.
pub(super) fn sent(cx: &mut Cx) -> Vec<String> {
    sent_bytes(cx)
        .iter()
        .map(|bytes| {
            let line = String::from_utf8_lossy(bytes);
            let mut words = line.split([' ', '\r']);
            let first = words.next().unwrap();
            if first == "SIP/2.0" {
                words.next().unwrap().to_string()
            } else {
                first.to_string()
            }
        })
        .collect()
}

/// The same, whole.
pub(super) fn sent_bytes(cx: &mut Cx) -> Vec<Vec<u8>> {
    let mut bytes = alloc::vec::Vec::new();
    core::iter::from_fn(move || cx.transport.pop_effect(&mut bytes))
        .map(|effect| match effect {
            Effect::Transmit { payload, .. } => payload.as_bytes().to_vec(),
            Effect::Connect { .. } | Effect::Close { .. } | Effect::Resolve { .. } => {
                panic!("{effect:?}")
            }
        })
        .collect()
}

/// Moves the clock to the next deadline, which must be no later than `limit`.
pub(super) fn next_timer(cx: &mut Cx, limit: Duration) -> Option<TimerKey> {
    let at = cx.timers.next()?;
    if at > Instant::ZERO + limit {
        return None;
    }
    cx.now = at;
    cx.timers.pop_due(at)
}
