//! Requests outside a dialog, and what every request and response of ours carries
//! (RFC 3261 §8.1.1, §8.1.2).

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::time::Duration;

use super::call::Cx;
use super::config::UserAgentConfig;
use super::errors::RequestError;
use super::extensions::Extensions;
use super::links::ClientUse;
use super::registration;
use crate::sip::auth::{AuthorizationHeader, ProtectedRequest};
use crate::sip::dialog::RouteSet;
use crate::sip::endpoint::{Located, SelectError, Stack};
use crate::sip::header::{CSeq, NameAddr};
use crate::sip::message::{HeaderName, Method, RequestBuilder, UriRequest};
pub(super) use crate::sip::uri::is_sips as is_secure;
use crate::sip::uri::{SipUri, Uri};

/// The methods we take (RFC 3261 §20.5): SUBSCRIBE where there is a package to subscribe to, REFER
/// where the application follows it.
pub(super) fn allow(config: &UserAgentConfig) -> &'static str {
    match (!config.packages().is_empty(), config.takes_referrals()) {
        (false, false) => "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, MESSAGE, NOTIFY",
        (true, false) => {
            "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, MESSAGE, NOTIFY, SUBSCRIBE"
        }
        (false, true) => {
            "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, MESSAGE, NOTIFY, REFER"
        }
        (true, true) => {
            "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, MESSAGE, NOTIFY, SUBSCRIBE, REFER"
        }
    }
}
/// The extensions we have (§20.37).
pub(super) const EXTENSIONS: [&str; 3] = ["100rel", "timer", "199"];
/// They, as Supported lists them.
pub(super) const SUPPORTED: &str = "100rel, timer, 199";
/// What a device has besides that has an instance (RFC 5626 §4.3, RFC 5627 §4.4).
pub(super) const DEVICE_EXTENSIONS: [&str; 2] = ["outbound", "gruu"];
/// What whoever says who is connected has besides (RFC 4916 §4.1, §4.2).
pub(super) const FROM_CHANGE: &str = "from-change";

/// A header field that a URI asks for: name and value.
type Asked = (Box<str>, Box<[u8]>);

/// The parts of a request outside a dialog that its repetitions share (RFC 3261 §8.1.3.5).
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) request_uri: Box<str>,
    pub(super) to: Box<str>,
    pub(super) from_tag: Box<str>,
    pub(super) call_id: Box<str>,
    pub(super) cseq: u32,
    /// The largest Min-SE of a 422 to it, in seconds; 0 without one (RFC 4028 §7.4).
    pub(super) min_se: u32,
    /// Which extensions it names.
    pub(super) extensions: Extensions,
    /// Whether it is a REGISTER, which goes to the registrar and not through our services.
    is_register: bool,
    /// What the URI asks for besides; hardly any does.
    wishes: Option<Box<Wishes>>,
}

/// The header fields that URIs ask for (RFC 3261 §19.1.5).
#[derive(Clone, Debug, Default)]
struct Wishes {
    /// The URI that the application has given.
    first: Vec<Asked>,
    /// That of a redirection (§8.1.3.4).
    redirected: Vec<Asked>,
}

impl Draft {
    /// A first request with `method` to `uri`, and what else the URI asks for (§19.1.5). A number
    /// goes to whoever is set up to know numbers (RFC 3966 §3): the outbound proxy.
    pub(super) fn new(
        stack: &mut Stack,
        config: &UserAgentConfig,
        method: Method<'_>,
        uri: &str,
    ) -> Result<Self, RequestError> {
        if !config.outbound_proxies.is_empty() && matches!(Uri::parse(uri), Ok(Uri::Tel(_))) {
            return Ok(Self::to(stack, uri, uri, Vec::new()));
        }
        let asked = UriRequest::parse(uri).map_err(|_| RequestError::BadUri)?;
        // §19.1.5: nothing else than was asked for.
        if asked.method().is_some_and(|other| other != method) {
            return Err(RequestError::BadUri);
        }
        let wishes = wishes(&asked).ok_or(RequestError::BadUri)?;
        let to = asked.to().unwrap_or(asked.request_uri());
        Ok(Self::to(stack, asked.request_uri(), to, wishes))
    }

    /// A first REGISTER at `registrar`, of our address-of-record.
    pub(super) fn registering(
        stack: &mut Stack,
        config: &UserAgentConfig,
        registrar: &str,
    ) -> Result<Self, RequestError> {
        let mut draft = Self::new(stack, config, Method::Register, registrar)?;
        if let Ok(Uri::Sip(sip)) = Uri::parse(&draft.request_uri) {
            // §10.2: the Request-URI names the domain and nobody in it.
            let domain = SipUri {
                user: None,
                password: None,
                ..sip
            };
            draft.request_uri = domain.to_string().into();
        }
        draft.to = config.aor.as_str().into();
        draft.is_register = true;
        Ok(draft)
    }

    /// The next of the REGISTERs that had this Call-ID, the last one of them with that CSeq.
    pub(super) fn follow(&mut self, call_id: &str, cseq: u32) {
        self.call_id = call_id.into();
        self.cseq = cseq.wrapping_add(1);
    }

    /// Whether it is a REGISTER.
    pub(super) const fn is_register(&self) -> bool {
        self.is_register
    }

    fn to(stack: &mut Stack, request_uri: &str, to: &str, first: Vec<Asked>) -> Self {
        let wishes = Wishes {
            first,
            ..Wishes::default()
        };
        let has_any = !wishes.first.is_empty();
        Self {
            request_uri: request_uri.into(),
            to: to.into(),
            from_tag: stack.new_tag().into(),
            call_id: stack.new_call_id().into(),
            cseq: 1,
            min_se: 0,
            extensions: Extensions::default(),
            is_register: false,
            wishes: has_any.then(|| Box::new(wishes)),
        }
    }

    /// The same request to another place, and what the URI of that place asks for (§8.1.3.4); To
    /// stays. `false` if it asks for too much.
    pub(super) fn redirect(&mut self, uri: &UriRequest) -> bool {
        let Some(redirected) = wishes(uri) else {
            return false;
        };
        self.request_uri = uri.request_uri().into();
        self.wishes.get_or_insert_default().redirected = redirected;
        true
    }

    /// Adds a header field of a request that was asked for (RFC 3892 §2.2).
    pub(super) fn ask(&mut self, name: HeaderName, value: &[u8]) {
        let asked = (name.as_str().into(), value.into());
        self.wishes.get_or_insert_default().first.push(asked);
    }

    /// Begins the request with Max-Forwards, Route, From, To, Call-ID and CSeq, to go through the
    /// outbound proxy of that number.
    pub(super) fn begin<H>(
        &self,
        cx: &Cx<'_, H>,
        method: Method<'_>,
        proxy: usize,
    ) -> RequestBuilder {
        let config = cx.config;
        // RFC 3608 §6.1: the way to our services is for what we ask for, once we are registered.
        let services = if self.is_register { &[] } else { services(cx) };
        let routes = preloaded(config, proxy, services);
        let routing = routes.apply(&self.request_uri);
        let mut builder = RequestBuilder::new(method, &routing.request_uri);
        builder.field(HeaderName::MaxForwards, &70_u32);
        for route in &routing.routes {
            builder.field(HeaderName::Route, route.as_str());
        }
        builder
            .field(HeaderName::From, from(config, &self.from_tag).as_str())
            .field(HeaderName::To, &NameAddr::new(&self.to))
            .field(HeaderName::CallId, &*self.call_id)
            .field(
                HeaderName::CSeq,
                &CSeq {
                    number: self.cseq,
                    method,
                },
            );
        // RFC 4028 §7.1: in every request.
        self.extensions.write(&mut builder);
        if let Some(supported) = more_support(config).filter(|_| !self.is_register) {
            builder.field(HeaderName::Supported, supported);
        }
        if let Some(wishes) = &self.wishes {
            wishes.write(&mut builder);
        }
        builder
    }

    /// What its credentials vouch for.
    pub(super) fn protected<'a>(
        &'a self,
        method: Method<'a>,
        body: &'a [u8],
    ) -> ProtectedRequest<'a> {
        ProtectedRequest {
            method,
            request_uri: &self.request_uri,
            cseq: self.cseq,
            body,
        }
    }

    /// Where to send it (RFC 3261 §8.1.2): the outbound proxy, else where the first Route says, else
    /// where the URI does.
    pub(super) fn locate<H>(
        &self,
        cx: &mut Cx<'_, H>,
        used: ClientUse,
    ) -> Result<Located, SelectError> {
        // Whatever leads there, a SIPS resource is looked for as one.
        let secure = is_secure(&self.request_uri);
        let as_one = |uri| {
            if secure {
                secured(uri)
            } else {
                Cow::Borrowed(uri)
            }
        };
        let proxies = &cx.config.outbound_proxies;
        if let ClientUse::Register(_, number) = used {
            let proxy = registration::proxy_of(cx.config, number);
            if let Some(proxy) = proxy.and_then(|proxy| proxies.get(proxy)) {
                return cx.stack.locate(&as_one(proxy));
            }
        }
        if proxies.is_empty() {
            let first = services(cx).first().filter(|_| !self.is_register).cloned();
            let first = first.as_deref().map(as_one);
            return cx
                .stack
                .locate(first.as_deref().unwrap_or(&self.request_uri));
        }
        if secure {
            let proxies = proxies.iter().map(|uri| secured(uri).into_owned());
            let proxies: Vec<String> = proxies.collect();
            return cx.stack.locate_any(&proxies);
        }
        cx.stack.locate_any(proxies)
    }

    /// Whether our Contact has to be a SIPS URI (§8.1.1.8): the Request-URI is one, or the Route that
    /// names the outbound proxy of that number.
    pub(super) fn is_secure(&self, config: &UserAgentConfig, proxy: usize) -> bool {
        is_secure(&self.request_uri) || is_routed_by_sips(config, proxy)
    }
}

/// Whether the Route that names the outbound proxy of that number is a SIPS URI.
pub(super) fn is_routed_by_sips(config: &UserAgentConfig, proxy: usize) -> bool {
    let proxy = config.outbound_proxies.get(proxy);
    config.preload_route && proxy.is_some_and(|uri| is_secure(uri))
}

/// A next hop on the way to a SIPS resource: as if it were named by a SIPS URI itself (§8.1.2).
pub(super) fn secured(uri: &str) -> Cow<'_, str> {
    match uri.get(..4).zip(uri.get(4..)) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("sip:") => {
            Cow::Owned(format!("sips:{rest}"))
        }
        Some(_) | None => Cow::Borrowed(uri),
    }
}

impl Wishes {
    /// §8.1.3.4: the later word takes the place of the earlier, unless both may stand.
    fn write(&self, builder: &mut RequestBuilder) {
        let is_overruled = |name: &str| {
            let is_single = !HeaderName::from_bytes(name.as_bytes()).is_list();
            is_single && self.redirected.iter().any(|(other, _)| **other == *name)
        };
        let kept = self.first.iter().filter(|(name, _)| !is_overruled(name));
        for (name, value) in kept.chain(&self.redirected) {
            builder.field_named(name, value);
        }
    }
}

/// The header fields a URI asks for (§19.1.5), but for those that every request of ours has anyway;
/// none if an extension is to be required.
fn wishes(uri: &UriRequest) -> Option<Vec<Asked>> {
    let ours = [
        HeaderName::Expires,
        HeaderName::SessionExpires,
        HeaderName::MinSe,
    ];
    let is_ours = |name: &str| ours.iter().any(|it| it.as_str() == name);
    let require = HeaderName::Require.as_str();
    if uri.fields().any(|(name, _)| name == require) {
        return None;
    }
    let fields = uri.fields().filter(|(name, _)| !is_ours(name));
    Some(
        fields
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
    )
}

/// Adds credentials and the name of our software.
pub(super) fn sign(
    builder: &mut RequestBuilder,
    config: &UserAgentConfig,
    credentials: &[AuthorizationHeader],
) {
    for one in credentials {
        builder.field(one.name, one.value.as_str());
    }
    if !config.user_agent.is_empty() {
        builder.field(HeaderName::UserAgent, config.user_agent.as_str());
    }
}

/// What Supported lists besides by the settings, in every request that is no REGISTER (RFC 5626 §4.3)
/// and in every response (RFC 5627 §4.4).
pub(super) fn more_support(config: &UserAgentConfig) -> Option<&'static str> {
    match (config.instance.is_some(), config.connected_identity) {
        (false, false) => None,
        (true, false) => Some("outbound, gruu"),
        (false, true) => Some(FROM_CHANGE),
        (true, true) => Some("outbound, gruu, from-change"),
    }
}

/// The way to our services, once we are registered (RFC 3608 §6.1).
fn services<'c, H>(cx: &'c Cx<'_, H>) -> &'c [Box<str>] {
    let now = cx.stack.now();
    cx.links.registered.service_route(cx.identity, now)
}

/// The route a request begins with: the outbound proxy, and behind it the way to our services
/// (RFC 3608 §6.1).
fn preloaded(config: &UserAgentConfig, proxy: usize, services: &[Box<str>]) -> RouteSet {
    let services = services.iter().map(|uri| &**uri);
    let proxy = config.outbound_proxies.get(proxy);
    let Some(uri) = proxy.filter(|_| config.preload_route) else {
        return RouteSet::preloaded(services);
    };
    match Uri::parse(uri) {
        Ok(Uri::Sip(sip)) if sip.is_loose_router() => {
            RouteSet::preloaded([uri.as_str()].into_iter().chain(services))
        }
        // §16.6 step 6: whoever is set up as a proxy today routes loosely.
        Ok(Uri::Sip(_) | Uri::Tel(_) | Uri::Other { .. }) | Err(_) => {
            let uri = format!("{uri};lr");
            RouteSet::preloaded([uri.as_str()].into_iter().chain(services))
        }
    }
}

fn from(config: &UserAgentConfig, tag: &str) -> String {
    let uri = config.aor.as_str();
    let mut out = String::with_capacity(uri.len().saturating_add(64));
    if let Some(name) = &config.display_name {
        out.push('"');
        for c in name.chars().filter(|c| !c.is_control()) {
            if c == '"' || c == '\\' {
                out.push('\\');
            }
            out.push(c);
        }
        out.push_str("\" ");
    }
    for part in ["<", uri, ">;tag=", tag] {
        out.push_str(part);
    }
    out
}

/// The tokens of a list such as Allow.
pub(super) fn methods<'a>(values: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    values
        .flat_map(|value| value.split(|byte| *byte == b','))
        .filter_map(|token| core::str::from_utf8(token.trim_ascii()).ok())
        .filter(|token| !token.is_empty())
        .map(String::from)
        .collect()
}

/// What stands before the parameters of a value.
pub(super) fn token(value: &[u8]) -> &[u8] {
    value
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default()
        .trim_ascii()
}

/// Whole seconds, for Expires.
pub(super) fn seconds(span: Duration) -> u32 {
    u32::try_from(span.as_secs()).unwrap_or(u32::MAX)
}
