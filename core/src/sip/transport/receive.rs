//! What a datagram, or one framed message of a stream, turns out to be (RFC 3261 §18.1.2,
//! §18.2.1, §18.3).

use alloc::sync::Arc;
use core::net::SocketAddr;

use super::layer::TransportLayer;
use super::stats::DropReason;
use crate::limits::Limits;
use crate::sip::header::Via;
use crate::sip::message::{HeaderName, Message, Method, ParseErrorKind, StatusCode};

/// What arrived.
#[derive(Debug)]
pub(crate) enum Received {
    /// A request with everything a transaction needs but for the Via, which [`request_via`] reads;
    /// received and rport are filled in.
    Request(Arc<Message>),
    /// A response, which [`response_via`] is to look at.
    Response(Arc<Message>),
    /// A request that can be answered with this status, but nothing else be done with.
    Refused(Message, StatusCode),
    /// Nothing for us; counted.
    Dropped,
}

/// Reads `bytes` that came from `source`.
pub(crate) fn receive(
    layer: &mut TransportLayer,
    limits: &Limits,
    source: SocketAddr,
    bytes: &[u8],
) -> Received {
    let message = Message::parse_received(bytes, limits, source);
    let verdict = match message.map(Message::noting_essentials) {
        Ok(message) if message.is_request() => request(message),
        Ok(message) => Ok(Received::Response(Arc::new(message))),
        Err(error) => unreadable(limits, source, bytes, error.kind),
    };
    verdict.unwrap_or_else(|reason| {
        layer.stats.count(reason);
        Received::Dropped
    })
}

/// The top Via of a request, which is counted; without one there is nowhere to answer to.
pub(crate) fn request_via<'m>(layer: &mut TransportLayer, request: &'m Message) -> Option<Via<'m>> {
    let Ok(via) = request.top_via() else {
        layer.stats.count(unanswerable(request.as_bytes()));
        return None;
    };
    layer.stats.requests_received = layer.stats.requests_received.wrapping_add(1);
    Some(via)
}

/// The top Via of a response, which is counted. §18.1.2: a response is silently discarded unless we
/// wrote the Via it comes back with.
pub(crate) fn response_via<'m>(
    layer: &mut TransportLayer,
    response: &'m Message,
) -> Option<Via<'m>> {
    match own_via(layer, response) {
        Ok(via) => {
            layer.stats.responses_received = layer.stats.responses_received.wrapping_add(1);
            Some(via)
        }
        Err(reason) => {
            layer.stats.count(reason);
            None
        }
    }
}

fn request(message: Message) -> Result<Received, DropReason> {
    // §8.1.1: the fields every request has. Max-Forwards is missing from those of RFC 2543.
    let complete = message.from().is_ok()
        && message.to().is_ok()
        && message.call_id().is_ok()
        // §8.1.1.5: the method of CSeq is that of the request.
        && message.cseq().is_ok_and(|cseq| cseq.method == message.method());
    if complete {
        return Ok(Received::Request(Arc::new(message)));
    }
    refuse(message, StatusCode::BAD_REQUEST)
}

fn own_via<'m>(layer: &TransportLayer, message: &'m Message) -> Result<Via<'m>, DropReason> {
    let Ok(via) = message.top_via() else {
        return Err(DropReason::MalformedResponse);
    };
    if !layer.is_ours(via.sent_by) {
        return Err(DropReason::ForeignVia);
    }
    let complete = message.cseq().is_ok()
        && message.from().is_ok()
        && message.to().is_ok()
        && message.call_id().is_ok();
    if !complete {
        return Err(DropReason::MalformedResponse);
    }
    Ok(via)
}

fn unreadable(
    limits: &Limits,
    source: SocketAddr,
    bytes: &[u8],
    kind: ParseErrorKind,
) -> Result<Received, DropReason> {
    // §7.5: empty lines before a message are ignored; alone they keep a path open.
    if kind == ParseErrorKind::Empty {
        return Err(DropReason::KeepAlive);
    }
    if !looks_like_sip(bytes) {
        return Err(DropReason::NotSip);
    }
    let Some(status) = kind.response() else {
        return Err(unanswerable(bytes));
    };
    // §18.3: a request that is cut short is answered 400; a response is discarded.
    match Message::salvage(bytes, limits, source) {
        Some(message) => refuse(message, status),
        None => Err(unanswerable(bytes)),
    }
}

/// A request is refused only if the answer would find its way, and an ACK never (§17.1.1.3 knows
/// no response to it).
fn refuse(message: Message, status: StatusCode) -> Result<Received, DropReason> {
    if message.method() == Method::Ack {
        return Err(DropReason::MalformedAck);
    }
    // §8.2.6.2: the answer has copies of these as they are. RFC 4475 §3.1.2.4, §3.1.2.6: it goes out
    // even if they cannot be read.
    let copied = [
        HeaderName::From,
        HeaderName::To,
        HeaderName::CallId,
        HeaderName::CSeq,
    ];
    let is_there = |name| message.field(name).is_some();
    if message.top_via().is_ok() && copied.into_iter().all(is_there) {
        Ok(Received::Refused(message, status))
    } else {
        Err(DropReason::MalformedRequest)
    }
}

fn unanswerable(bytes: &[u8]) -> DropReason {
    if bytes.starts_with(b"SIP/") {
        DropReason::MalformedResponse
    } else if bytes.starts_with(b"ACK ") {
        DropReason::MalformedAck
    } else {
        DropReason::MalformedRequest
    }
}

/// Whether the first line speaks of SIP at all; STUN, RTP and noise do not.
fn looks_like_sip(bytes: &[u8]) -> bool {
    let line = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    line.windows(4)
        .any(|word| word.eq_ignore_ascii_case(b"SIP/"))
}
