//! What the 2xx to a REGISTER says (RFC 3261 §10.2.4; RFC 3327 §5.1, RFC 3608 §6.1, RFC 5626 §4.2,
//! RFC 5627 §4.2).

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use super::instance::InstanceId;
use crate::machine::Transport;
use crate::sip::endpoint::KeepAlive;
use crate::sip::header::{Contact, ContactAddress, HeaderError, NameAddr};
use crate::sip::message::{HeaderName, Message};
use crate::sip::uri::Uri;

/// How many URIs a Path or a Service-Route may have.
const ROUTE_LIMIT: usize = 16;

/// A 2xx to a REGISTER of ours.
pub(super) struct Reply {
    /// For how many seconds our binding stands.
    pub(super) expires: u32,
    /// Whether the registrar binds flows: it says so (RFC 5626 §4.2.1).
    pub(super) is_outbound: bool,
    /// Whether the first hop has said that it takes keep-alives.
    pub(super) takes_keep_alives: bool,
    /// How often a first hop wants them.
    flow_timer: Option<u32>,
    pub(super) path: Box<[Box<str>]>,
    pub(super) service_route: Box<[Box<str>]>,
    pub(super) pub_gruu: Option<Box<str>>,
    pub(super) temp_gruu: Option<Box<str>>,
}

/// The Contact of ours that a registrar is asked about.
pub(super) struct Ours<'a> {
    pub(super) uri: &'a str,
    pub(super) instance: Option<&'a InstanceId>,
    pub(super) reg_id: Option<u32>,
    /// What was asked for, in seconds.
    pub(super) wanted: u32,
}

impl Reply {
    /// Reads it.
    pub(super) fn read(response: &Message, ours: &Ours<'_>) -> Self {
        let found = ours.find(response);
        // §10.2.4: the time the registrar gave our Contact, else the one in Expires, else what we
        // asked for. Malformed ones are an hour (§10.2).
        let expires = response.expires().unwrap_or(Some(3600));
        let own = found.and_then(|it| it.expires).or(expires);
        let path = uris(response, HeaderName::Path);
        let is_outbound = response.lists(HeaderName::Require, "outbound");
        let first_hop = path.last().map(|uri| &**uri);
        Self {
            expires: own.unwrap_or(ours.wanted).max(1),
            takes_keep_alives: is_outbound || first_hop.is_some_and(is_outbound_uri),
            is_outbound,
            flow_timer: seconds(response.field(HeaderName::FlowTimer)),
            path,
            service_route: uris(response, HeaderName::ServiceRoute),
            pub_gruu: found.and_then(|it| it.pub_gruu()).and_then(gruu),
            temp_gruu: found.and_then(|it| it.temp_gruu()).and_then(gruu),
        }
    }

    /// How the flow is to be kept alive (RFC 5626 §4.4).
    pub(super) fn keep_alive(&self, transport: Transport) -> KeepAlive {
        match self.flow_timer {
            Some(secs) => KeepAlive::from_flow_timer(secs),
            None if transport.is_reliable() => KeepAlive::CONNECTION,
            None => KeepAlive::DATAGRAM,
        }
    }

    /// For how long the binding stands.
    pub(super) const fn span(&self) -> Duration {
        Duration::from_secs(self.expires as u64)
    }
}

impl Ours<'_> {
    /// Our Contact among all bindings: by instance and flow where the registrar tells them apart by
    /// these (RFC 5626 §6), else by comparing URIs (RFC 3261 §10.2.4).
    fn find<'m>(&self, response: &'m Message) -> Option<ContactAddress<'m>> {
        let addresses = || {
            let contacts = response.contacts().filter_map(Result::ok);
            contacts.filter_map(|contact| match contact {
                Contact::Address(address) => Some(address),
                Contact::Star => None,
            })
        };
        let by_instance = |it: &ContactAddress<'_>| {
            let instance = it.instance();
            let is_it = |ours: &InstanceId| instance.is_some_and(|it| same(it, ours.as_str()));
            self.instance.is_some_and(is_it)
                && (self.reg_id.is_none() || it.reg_id() == self.reg_id)
        };
        let by_uri = |it: &ContactAddress<'_>| same(it.uri, self.uri);
        addresses()
            .find(by_instance)
            .or_else(|| addresses().find(by_uri))
    }
}

/// The URIs of Path or Service-Route in order; none if one of them cannot be read, since half a way
/// leads nowhere.
fn uris(response: &Message, name: HeaderName) -> Box<[Box<str>]> {
    if response.field(name).is_none() {
        return Box::default();
    }
    let all = response.elements::<NameAddr<'_>>(name);
    let all = all.map(|one| one.map(|one| Box::from(one.uri)));
    let all: Result<Vec<Box<str>>, HeaderError> = all.take(ROUTE_LIMIT + 1).collect();
    let is_way = |all: &Vec<Box<str>>| {
        all.len() <= ROUTE_LIMIT
            && all
                .iter()
                .all(|uri| matches!(Uri::parse(uri), Ok(Uri::Sip(_))))
    };
    all.ok().filter(is_way).unwrap_or_default().into()
}

/// A URI that is a GRUU; RFC 5627 §4.2: nothing else of it concerns us.
fn gruu(uri: Cow<'_, str>) -> Option<Box<str>> {
    match Uri::parse(&uri) {
        Ok(Uri::Sip(sip)) if sip.gr().is_some() => Some((*uri).into()),
        Ok(Uri::Sip(_) | Uri::Tel(_) | Uri::Other { .. }) | Err(_) => None,
    }
}

fn is_outbound_uri(uri: &str) -> bool {
    match Uri::parse(uri) {
        Ok(Uri::Sip(sip)) => sip.is_outbound(),
        Ok(Uri::Tel(_) | Uri::Other { .. }) | Err(_) => false,
    }
}

/// Whether two URIs are the same by the rules of their scheme (RFC 3261 §19.1.4).
pub(super) fn same(one: &str, other: &str) -> bool {
    match (Uri::parse(one), Uri::parse(other)) {
        (Ok(one), Ok(other)) => one.equivalent(&other),
        (Ok(_) | Err(_), _) => false,
    }
}

/// Whole seconds, whatever stands behind them.
pub(super) fn seconds(value: Option<&[u8]>) -> Option<u32> {
    let digits = value?.split(|byte| !byte.is_ascii_digit()).next()?;
    core::str::from_utf8(digits).ok()?.parse().ok()
}
