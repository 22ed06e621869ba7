//! Making the copy of a request for one target (RFC 3261 §16.6 steps 1 to 9).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::response_context::ResponseContext;
use super::route::with_params;
use super::{Proxy, RequestTarget, RoutePlan};
use crate::machine::FlowId;
use crate::sip::endpoint::{Located, Stack, Way};
use crate::sip::message::{BuildError, Forward, HeaderName, Message, Method, OutgoingRequest};
use crate::sip::transport::SelectError;
use crate::sip::uri::Uri;

/// Step 3: what a request without Max-Forwards gets.
const MAX_FORWARDS: u8 = 70;

/// RFC 5393 §5.3.3: what a request without Max-Breadth gets, and the most it may have.
const MAX_BREADTH: u8 = 60;

/// The Max-Breadth of a request, as far as it is honoured.
pub(super) fn incoming_breadth(request: &Message) -> u8 {
    let Some(value) = request.field(HeaderName::MaxBreadth) else {
        return MAX_BREADTH;
    };
    let digits = value.trim_ascii();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return MAX_BREADTH;
    }
    let number = digits.iter().fold(0_u8, |number, digit| {
        number
            .saturating_mul(10)
            .saturating_add(digit.wrapping_sub(b'0'))
    });
    number.min(MAX_BREADTH)
}

/// Shares the free breadth among the targets of a group, down to the last unit: a proxy should
/// not keep any of it for itself (RFC 5393 §5.3.3).
pub(super) fn split(group: Vec<RequestTarget>, free: u8) -> Vec<(RequestTarget, u8)> {
    let count = u8::try_from(group.len()).unwrap_or(u8::MAX).max(1);
    let (share, rest) = (free / count, free % count);
    let with_share = |(at, target)| {
        let extra = usize::from(rest) > at;
        (target, share + u8::from(extra))
    };
    group.into_iter().enumerate().map(with_share).collect()
}

/// Step 7: the URI that says where the copy goes. It is the first Route value, even if that is a
/// strict router's and becomes the Request-URI; without one it is the target.
pub(super) fn next_hop_uri<'a>(
    request: &'a Message,
    plan: &RoutePlan,
    target: &'a RequestTarget,
) -> &'a str {
    match target.path.first() {
        Some(first) => first,
        None => {
            let first = plan.routes(request).next();
            first.map_or(&target.uri, |first| first.uri)
        }
    }
}

/// The copy of a request for one target, but for its Via, which the stack adds (step 8).
///
/// # Errors
/// Something in the request cannot be written.
pub(super) fn copy(
    request: &Message,
    plan: &RoutePlan,
    target: &RequestTarget,
    breadth: u8,
    record_routes: &[String],
) -> Result<OutgoingRequest, BuildError> {
    let mut copy = Forward::request(request);
    // Step 3.
    let max_forwards = match request.max_forwards() {
        Ok(Some(left)) => left.saturating_sub(1),
        Ok(None) | Err(_) => MAX_FORWARDS,
    };
    copy.max_forwards(max_forwards);
    // RFC 5393 §5.3.3.
    copy.replace(HeaderName::MaxBreadth, &breadth);
    // §22.3.
    if let Some(left) = plan.credentials_left(request) {
        copy.remove(HeaderName::ProxyAuthorization);
        for value in left {
            copy.add(HeaderName::ProxyAuthorization, value);
        }
    }
    // Step 4: before every other value, the upstream one first.
    for uri in record_routes {
        copy.push_record_route(uri);
    }
    route(&mut copy, request, plan, target);
    copy.finish()
}

/// Steps 2 and 6: the Request-URI and the Route.
fn route(copy: &mut Forward<'_>, request: &Message, plan: &RoutePlan, target: &RequestTarget) {
    let uri = request_uri(&target.uri);
    let first = next_hop_uri(request, plan, target);
    let by_route = !target.path.is_empty() || plan.has_route(request);
    let strict = by_route && !is_loose(first);
    let (popped, popped_last) = plan.popped();
    for _ in 0..popped {
        copy.pop_route();
    }
    if popped_last {
        copy.pop_last_route();
    }
    if !strict {
        copy.request_uri(&uri);
        for stop in target.path.iter().rev() {
            copy.push_route(stop);
        }
        return;
    }
    // Step 6: a strict router wants to see itself in the Request-URI, and finds the true one at the
    // end of the Route.
    copy.request_uri(&request_uri(first));
    copy.append_route(&uri);
    if target.path.is_empty() {
        copy.pop_route();
    }
    for stop in target.path.iter().skip(1).rev() {
        copy.push_route(stop);
    }
}

/// Step 2: a contact may carry what a Request-URI may not (§19.1.1): header fields and a method.
fn request_uri(uri: &str) -> Cow<'_, str> {
    match Uri::parse(uri) {
        Ok(Uri::Sip(sip))
            if !sip.headers.as_str().is_empty() || sip.params.get("method").is_some() =>
        {
            Cow::Owned(with_params(&sip, |name| name != "method"))
        }
        Ok(Uri::Sip(_)) => Cow::Borrowed(uri),
        Ok(Uri::Tel(_) | Uri::Other { .. }) | Err(_) => Cow::Borrowed(uri),
    }
}

/// Step 4: whether a request may make a dialog. Methods nobody knows may too; and a request within
/// a dialog is marked again, for an end that has lost its memory and builds the dialog anew.
fn makes_dialogs(request: &Message) -> bool {
    match request.method() {
        Method::Invite
        | Method::Subscribe
        | Method::Notify
        | Method::Refer
        | Method::Update
        | Method::Other(_) => true,
        Method::Ack
        | Method::Bye
        | Method::Cancel
        | Method::Register
        | Method::Options
        | Method::Info
        | Method::Prack
        | Method::Message
        | Method::Publish => false,
    }
}

fn is_loose(uri: &str) -> bool {
    match Uri::parse(uri) {
        Ok(Uri::Sip(uri)) => uri.is_loose_router(),
        Ok(Uri::Tel(_) | Uri::Other { .. }) | Err(_) => false,
    }
}

impl Proxy {
    /// Step 7: where the copy goes.
    pub(super) fn next_hop(
        &self,
        stack: &mut Stack,
        request: &Message,
        plan: &RoutePlan,
        target: &RequestTarget,
    ) -> Result<Located, SelectError> {
        // RFC 5626 §5.3.1, §7: the connection is known to lead to the very client.
        if let Some(flow) = target.flow.or(plan.flow()) {
            let target = stack.target_on(flow).ok_or(SelectError::NoFlow)?;
            return Ok(Located::Way(Way::only(target)));
        }
        let uri = next_hop_uri(request, plan, target);
        match &self.settings.next_hop {
            // A request that follows a route we have laid goes where that leads.
            Some(next_hop) if !plan.is_marked() => stack.locate(next_hop),
            Some(_) | None => stack.locate(uri),
        }
    }

    /// Step 4: the Record-Route values that keep this proxy on the path, the lowest first.
    pub(super) fn record_route(
        &self,
        stack: &Stack,
        context: &ResponseContext,
        target: &RequestTarget,
        outgoing: FlowId,
    ) -> Vec<String> {
        let request = &context.request;
        let next_hop = next_hop_uri(request, &context.plan, target);
        let secure = is_sips(&target.uri) || is_sips(next_hop);
        let from_secure = context.source.transport.is_secure();
        // Where TLS begins or ends it must stay on the path, whatever the policy.
        let stays = self.settings.record_route || secure != from_secure;
        if !stays || !makes_dialogs(request) {
            return Vec::new();
        }
        let call_id = request.call_id().unwrap_or_default();
        let uri = |flow: FlowId, secure: bool| {
            let flow = stack.flow(flow)?;
            Some(self.mark.uri(secure, flow, call_id))
        };
        // Upstream the scheme is the one the request came with, TLS or not: a client that has not
        // asked for SIPS need not know it.
        let came_to = request.request_uri().into_iter();
        let first_route = request.routes().map_while(Result::ok).next();
        let mut asked = came_to.chain(first_route.map(|route| route.uri));
        let upstream = uri(context.source.flow, asked.any(is_sips));
        let downstream = uri(outgoing, secure);
        // RFC 5658 §5: where the two sides reach us at different addresses, each is told its own.
        if upstream == downstream {
            downstream.into_iter().collect()
        } else {
            upstream.into_iter().chain(downstream).collect()
        }
    }
}

/// Whether a URI asks for TLS all the way.
pub(crate) fn is_sips(uri: &str) -> bool {
    uri.split_once(':')
        .is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("sips"))
}
