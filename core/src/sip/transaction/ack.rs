//! Requests a client transaction derives from its own: the ACK for a non-2xx response (RFC 3261
//! §17.1.1.3) and the CANCEL (§9.1).

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::sip::message::{HeaderName, Message};

/// The ACK for `response`, a non-2xx final one to the INVITE `request`.
pub(crate) fn ack_for(request: &Message, response: &Message) -> Option<Arc<[u8]>> {
    // §17.1.1.3: To is that of the response, for its tag; all else is that of the INVITE.
    derived(request, "ACK", response.field(HeaderName::To)?, &[]).map(Arc::from)
}

/// The CANCEL of the INVITE `request`, with this Reason (RFC 3326) if it is not empty.
pub(crate) fn cancel_for(request: &Message, reason: &[u8]) -> Option<Vec<u8>> {
    // §9.1: To as it was sent, even if a response has named a tag meanwhile; no Require and no
    // Proxy-Require.
    derived(request, "CANCEL", request.field(HeaderName::To)?, reason)
}

/// A request of another method with the Request-URI, top Via, From, Call-ID, CSeq number and Route
/// of `request`.
fn derived(request: &Message, method: &str, to: &[u8], reason: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(512);
    for part in [method, " ", request.request_uri()?, " SIP/2.0\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
    let mut row = |name: HeaderName, value: &[u8]| {
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    };
    // The stack puts its own Via in a row of its own, so that the first row is the top value.
    row(HeaderName::Via, request.field(HeaderName::Via)?);
    // The route of the INVITE, for the sake of stateless proxies on it.
    for route in request.fields(HeaderName::Route) {
        row(HeaderName::Route, route);
    }
    row(HeaderName::MaxForwards, b"70");
    row(HeaderName::From, request.field(HeaderName::From)?);
    row(HeaderName::To, to);
    row(HeaderName::CallId, request.field(HeaderName::CallId)?);
    let cseq = alloc::format!("{} {method}", request.cseq().ok()?.number);
    row(HeaderName::CSeq, cseq.as_bytes());
    if !reason.is_empty() {
        row(HeaderName::Reason, reason);
    }
    row(HeaderName::ContentLength, b"0");
    out.extend_from_slice(b"\r\n");
    Some(out)
}
