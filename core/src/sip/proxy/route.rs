//! Route information preprocessing (RFC 3261 §16.4), and how the proxy knows itself again.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};

use crate::machine::{FlowId, Transport};
use crate::sip::endpoint::Stack;
use crate::sip::header::NameAddr;
use crate::sip::message::{HeaderName, Message, StatusCode};
use crate::sip::registrar::Domains;
use crate::sip::transaction::SeededHasher;
use crate::sip::transport::{Flow, is_websocket, transport_parameter};
use crate::sip::uri::{SipUri, Uri, UriHeaders, UriParams};

/// The URI parameter that holds the mark of a Record-Route value.
const MARK: &str = "mark";
/// The one that holds the connection it stands for.
const FLOW: &str = "flow";

/// Marks the Record-Route values of this proxy, so that nobody else can make one (§16.6 item 4:
/// the values may carry parameters that keep state).
///
/// The mark depends on a secret and on the Call-ID. A request that brings it back belongs to a
/// dialog whose first request came this way and was let through.
///
/// A value for a client that nobody can connect to names its connection too, under the same mark:
/// the flow token of RFC 5626 §5.2.
#[derive(Clone)]
pub(crate) struct RouteMark {
    key: (u64, u64),
}

impl RouteMark {
    /// Marks under `secret`.
    pub(crate) fn new(secret: [u8; 32]) -> Self {
        let mut rng = crate::Rng::from_seed(secret);
        Self {
            key: (rng.next_u64(), rng.next_u64()),
        }
    }

    /// The Record-Route URI of this proxy on `flow` for the dialog of `call_id`, which leads back
    /// over the same transport.
    pub(crate) fn uri(&self, secure: bool, flow: &Flow, call_id: &str) -> String {
        // RFC 7118 §5.2: both kinds of WebSocket have one name, and the scheme tells them apart.
        let secure = secure || flow.transport() == Transport::Wss;
        let scheme = if secure { "sips" } else { "sip" };
        let sent_by = flow.sent_by();
        let over = transport_parameter(flow.transport(), secure);
        // RFC 7118 §5.3: this client is reached on the connection it has opened, and on no other.
        if flow.is_accepted() && is_websocket(flow.transport()) {
            let (number, mark) = (flow.id().as_u32(), self.of_flow(call_id, flow));
            return format!("{scheme}:{sent_by}{over};lr;{FLOW}={number};{MARK}={mark:016x}");
        }
        let mark = self.of(call_id);
        format!("{scheme}:{sent_by}{over};lr;{MARK}={mark:016x}")
    }

    fn hasher(&self) -> SeededHasher {
        SeededHasher::new(self.key.0, self.key.1)
    }

    fn of(&self, call_id: &str) -> u64 {
        self.hasher().field(call_id.as_bytes()).finish()
    }

    /// RFC 5626 §5.2: over both ends of the connection, for another server in this place might
    /// number another one so.
    fn of_flow(&self, call_id: &str, flow: &Flow) -> u64 {
        let ends = format!("{} {:?}", flow.local(), flow.peer());
        let hasher = self.hasher().field(call_id.as_bytes());
        let hasher = hasher.number(flow.id().as_u32());
        hasher.field(ends.as_bytes()).finish()
    }

    /// Whether the mark in a value of ours is for this Call-ID, and the connection it names.
    fn read(&self, uri: &SipUri<'_>, call_id: &str, stack: &Stack) -> (bool, NamedFlow) {
        let mark = uri.params.get(MARK);
        let mark = mark.and_then(|mark| u64::from_str_radix(mark, 16).ok());
        let Some(number) = uri.params.get(FLOW) else {
            return (mark == Some(self.of(call_id)), NamedFlow::None);
        };
        let flow = number.parse().ok().map(FlowId::from_u32);
        match flow.map(|flow| stack.flow(flow)) {
            Some(Some(flow)) if mark == Some(self.of_flow(call_id, flow)) => {
                (true, NamedFlow::Open(flow.id()))
            }
            Some(None) => (false, NamedFlow::Gone),
            Some(Some(_)) | None => (false, NamedFlow::Forged),
        }
    }
}

/// What a Route value of ours says of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum NamedFlow {
    /// Nothing.
    None,
    /// The request goes on this one.
    Open(FlowId),
    /// There is none of that number any more.
    Gone,
    /// The number is not under our mark.
    Forged,
}

/// Where a request goes, after everything that concerns only this proxy was taken out of it.
#[derive(Clone, Debug)]
pub(crate) struct RoutePlan {
    /// The Request-URI, if it is no longer the one that came.
    request_uri: Option<Box<str>>,
    /// How many Route values at the top were this proxy's.
    popped: usize,
    /// Whether the last Route value has become the Request-URI.
    last_taken: bool,
    /// Whether a mark of ours for this Call-ID came with it.
    marked: bool,
    /// The connection the last value of ours names: each of our two stands for one side of us, and
    /// the one we come to last for where the request goes.
    flow: NamedFlow,
    /// A bit for each Proxy-Authorization value that was for this proxy.
    consumed: u32,
    /// In hexadecimal digits.
    loop_mark: [u8; 16],
}

impl RoutePlan {
    /// Preprocesses the routing information of a request.
    pub(crate) fn new(
        request: &Message,
        domains: &Domains,
        mark: &RouteMark,
        stack: &Stack,
    ) -> Self {
        let call_id = request.call_id().unwrap_or_default();
        let mut plan = Self {
            request_uri: None,
            popped: 0,
            last_taken: false,
            marked: false,
            flow: NamedFlow::None,
            consumed: 0,
            loop_mark: hex(loop_mark(request, mark)),
        };
        let read = |uri: &SipUri<'_>| mark.read(uri, call_id, stack);
        plan.restore_request_uri(request, domains, read);
        plan.strip_maddr(request, domains);
        // The first value names this proxy: this stop is reached. Where it has put in two, one for
        // each side (RFC 5658 §5), both are.
        for route in request.routes().map_while(Result::ok) {
            let Some(uri) = sip_uri(route.uri).filter(|uri| domains.is_own_route(uri)) else {
                break;
            };
            plan.note(read(&uri));
            plan.popped += 1;
        }
        plan
    }

    /// A strict router before us has put our Record-Route value into the Request-URI, and the true
    /// one at the end of the Route: back with it.
    fn restore_request_uri(
        &mut self,
        request: &Message,
        domains: &Domains,
        read: impl Fn(&SipUri<'_>) -> (bool, NamedFlow),
    ) {
        let Some(uri) = sip_uri(request.request_uri().unwrap_or_default()) else {
            return;
        };
        if uri.user.is_some() || !domains.is_self(&uri) || uri.params.get(MARK).is_none() {
            return;
        }
        if let Some(last) = request.routes().map_while(Result::ok).last() {
            self.request_uri = Some(last.uri.into());
            self.last_taken = true;
            self.note(read(&uri));
        }
    }

    /// Notes what a value of ours says.
    fn note(&mut self, (marked, flow): (bool, NamedFlow)) {
        self.marked |= marked;
        self.flow = flow;
    }

    /// An maddr that names this proxy has done its work.
    fn strip_maddr(&mut self, request: &Message, domains: &Domains) {
        let text = self.request_uri(request);
        let Some(uri) = sip_uri(text) else {
            return;
        };
        if uri.maddr().is_some() && domains.is_at_maddr(&uri) {
            // The port and the transport said how to reach the maddr.
            let kept = |name: &str| !["maddr", "transport"].contains(&name);
            let bare = SipUri { port: None, ..uri };
            self.request_uri = Some(with_params(&bare, kept).into());
        }
    }

    /// The Request-URI to go by.
    pub(crate) fn request_uri<'a>(&'a self, request: &'a Message) -> &'a str {
        match &self.request_uri {
            Some(uri) => uri,
            None => request.request_uri().unwrap_or_default(),
        }
    }

    /// The Route values that are left.
    pub(crate) fn routes<'a>(&self, request: &'a Message) -> impl Iterator<Item = NameAddr<'a>> {
        let count = request.routes().map_while(Result::ok).count();
        let left = count.saturating_sub(usize::from(self.last_taken));
        request
            .routes()
            .map_while(Result::ok)
            .take(left)
            .skip(self.popped)
    }

    /// Whether someone else is to be visited before the Request-URI counts.
    pub(crate) fn has_route(&self, request: &Message) -> bool {
        self.routes(request).next().is_some()
    }

    /// How many Route values are to be taken off the top, and whether the last one goes too.
    pub(crate) fn popped(&self) -> (usize, bool) {
        (self.popped, self.last_taken)
    }

    /// Notes that a Proxy-Authorization value was for this proxy (§22.3).
    pub(crate) fn consume(&mut self, place: usize) {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        self.consumed |= 1_u32.checked_shl(place).unwrap_or(0);
    }

    /// The Proxy-Authorization values that are for others, if any was for this proxy.
    pub(crate) fn credentials_left<'m>(
        &self,
        request: &'m Message,
    ) -> Option<impl Iterator<Item = &'m [u8]>> {
        let consumed = self.consumed;
        if consumed == 0 {
            return None;
        }
        let is_left = move |place: usize| {
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            consumed.checked_shr(place).unwrap_or(0) & 1 == 0
        };
        let values = request.fields(HeaderName::ProxyAuthorization).enumerate();
        let left = values.filter(move |(place, _)| is_left(*place));
        Some(left.map(|(_, value)| value))
    }

    /// Whether the request belongs to a dialog that this proxy has let through.
    pub(crate) fn is_marked(&self) -> bool {
        self.marked
    }

    /// The connection the request goes on, whatever its Request-URI (RFC 5626 §5.3.1).
    pub(crate) const fn flow(&self) -> Option<FlowId> {
        match self.flow {
            NamedFlow::Open(flow) => Some(flow),
            NamedFlow::None | NamedFlow::Gone | NamedFlow::Forged => None,
        }
    }

    /// RFC 5626 §5.3.1: 430 for a connection that is gone, 403 for a number nobody has given out.
    pub(crate) const fn check_flow(&self) -> Result<(), StatusCode> {
        match self.flow {
            NamedFlow::None | NamedFlow::Open(_) => Ok(()),
            NamedFlow::Gone => Err(StatusCode::FLOW_FAILED),
            NamedFlow::Forged => Err(StatusCode::FORBIDDEN),
        }
    }

    /// The second part of the branch (RFC 5393 §4.2.1).
    pub(crate) fn loop_mark(&self) -> &str {
        core::str::from_utf8(&self.loop_mark).unwrap_or_default()
    }
}

/// RFC 5393 §4.2.1: over everything that decides where a request goes: the Request-URI and the
/// Route as they came, and the credentials that let it through. Over nothing that changes from hop
/// to hop, and not over the method, so that a CANCEL has the branch of its INVITE. Call-ID and CSeq
/// keep two requests apart that go the same way (§4.2.4).
fn loop_mark(request: &Message, mark: &RouteMark) -> u64 {
    let cseq = request.cseq().map_or(0, |cseq| cseq.number);
    let mut hasher = mark
        .hasher()
        .field(request.request_uri().unwrap_or_default().as_bytes())
        .field(request.call_id().unwrap_or_default().as_bytes())
        .number(cseq);
    for name in [HeaderName::Route, HeaderName::ProxyAuthorization] {
        for row in request.fields(name) {
            hasher = hasher.field(row);
        }
    }
    hasher.finish()
}

/// Sixteen hexadecimal digits.
fn hex(number: u64) -> [u8; 16] {
    let mut digits = [0; 16];
    for (place, digit) in digits.iter_mut().rev().enumerate() {
        let nibble = (number >> (4 * place)) as u8 & 15;
        *digit = match nibble {
            0..=9 => b'0' + nibble,
            _ => b'a' - 10 + nibble,
        };
    }
    digits
}

/// The URI with those of its parameters whose names, in small letters, are to be kept, and without
/// headers.
pub(super) fn with_params(uri: &SipUri<'_>, kept: impl Fn(&str) -> bool) -> String {
    let bare = SipUri {
        params: UriParams::EMPTY,
        headers: UriHeaders::EMPTY,
        ..*uri
    };
    let mut text = bare.to_string();
    for (name, value) in uri.params.iter() {
        if kept(&name.to_ascii_lowercase()) {
            text.push(';');
            text.push_str(name);
            if let Some(value) = value {
                text.push('=');
                text.push_str(value);
            }
        }
    }
    text
}

fn sip_uri(text: &str) -> Option<SipUri<'_>> {
    match Uri::parse(text) {
        Ok(Uri::Sip(uri)) => Some(uri),
        Ok(Uri::Tel(_) | Uri::Other { .. }) | Err(_) => None,
    }
}
