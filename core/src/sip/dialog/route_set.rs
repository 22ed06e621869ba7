//! The servers a request inside a dialog has to pass (RFC 3261 §12.1, §12.2.1.1).

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::sip::header::{HeaderError, NameAddr};
use crate::sip::message::Message;
use crate::sip::uri::Uri;

/// An ordered list of URIs, with all their parameters.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RouteSet(Box<[Box<str>]>);

impl RouteSet {
    /// The route set of the end that received the request: Record-Route in order
    /// (RFC 3261 §12.1.1).
    ///
    /// # Errors
    /// When a Record-Route value is malformed.
    pub fn of_request(request: &Message) -> Result<Self, HeaderError> {
        Self::collect(request.record_routes())
    }

    /// The route set of the end that sent the request: Record-Route of the response, in reverse
    /// (RFC 3261 §12.1.2).
    ///
    /// # Errors
    /// When a Record-Route value is malformed.
    pub fn of_response(response: &Message) -> Result<Self, HeaderError> {
        let mut set = Self::collect(response.record_routes())?;
        set.0.reverse();
        Ok(set)
    }

    /// A route set that is configured beforehand, first hop first (RFC 3261 §8.1.1.1).
    #[must_use]
    pub fn preloaded<'a>(uris: impl IntoIterator<Item = &'a str>) -> Self {
        Self(uris.into_iter().map(Box::from).collect())
    }

    fn collect<'a>(
        values: impl Iterator<Item = Result<NameAddr<'a>, HeaderError>>,
    ) -> Result<Self, HeaderError> {
        let uris: Result<Vec<Box<str>>, HeaderError> =
            values.map(|value| value.map(|v| v.uri.into())).collect();
        Ok(Self(uris?.into_boxed_slice()))
    }

    /// Whether no server has to be passed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The URIs, first hop first.
    pub fn uris(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|uri| &**uri)
    }

    /// Where a request to `target` goes and what it says, by the three cases of RFC 3261
    /// §12.2.1.1.
    #[must_use]
    pub fn apply<'a>(&self, target: &'a str) -> Routing<'a> {
        let Some((first, rest)) = self.0.split_first() else {
            // Without a route set the target is the Request-URI, and there is no Route.
            return Routing {
                request_uri: Cow::Borrowed(target),
                routes: Vec::new(),
            };
        };
        let bracketed = |uri: &str| format!("<{uri}>");
        if is_loose(first) {
            // A loose router leaves the Request-URI alone: it names the target all the way.
            return Routing {
                request_uri: Cow::Borrowed(target),
                routes: self.uris().map(bracketed).collect(),
            };
        }
        // A strict router replaces the Request-URI by the next Route value: it gets its own URI
        // there, and the target waits at the end of the list.
        let mut routes: Vec<String> = rest.iter().map(|uri| bracketed(uri)).collect();
        routes.push(bracketed(target));
        Routing {
            request_uri: Cow::Owned(without_forbidden_parts(first)),
            routes,
        }
    }

    /// The URI whose host is the next hop for a request to `target` (RFC 3261 §8.1.2): the first
    /// route, strict or loose, else the target.
    #[must_use]
    pub fn next_hop<'a>(&'a self, target: &'a str) -> &'a str {
        self.0.first().map_or(target, |first| first)
    }
}

/// The Request-URI and the Route values of one request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Routing<'a> {
    /// What stands in the request line.
    pub request_uri: Cow<'a, str>,
    /// The values of Route in order, each in angle brackets; empty for none.
    pub routes: Vec<String>,
}

fn is_loose(uri: &str) -> bool {
    match Uri::parse(uri) {
        Ok(Uri::Sip(sip)) => sip.is_loose_router(),
        Ok(Uri::Tel(_) | Uri::Other { .. }) | Err(_) => false,
    }
}

/// Drops what a Request-URI may not carry: header fields and the method parameter
/// (RFC 3261 §19.1.1, table 1).
fn without_forbidden_parts(uri: &str) -> String {
    // A user part may hold `?` and `;`; neither the host nor what follows can hold a bare `@`.
    let (user, host) = match uri.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, uri),
    };
    let host = host.split('?').next().unwrap_or(host);
    let mut out = String::with_capacity(uri.len());
    if let Some(user) = user {
        out.push_str(user);
        out.push('@');
    }
    for (n, part) in host.split(';').enumerate() {
        let name = part.split('=').next().unwrap_or(part);
        if n > 0 && name.eq_ignore_ascii_case("method") {
            continue;
        }
        if n > 0 {
            out.push(';');
        }
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(uris: &[&str]) -> RouteSet {
        RouteSet::preloaded(uris.iter().copied())
    }

    #[test]
    fn without_a_route_set_the_target_is_the_request_uri() {
        let routing = set(&[]).apply("sip:user@remoteua");
        assert_eq!(routing.request_uri, "sip:user@remoteua");
        assert!(routing.routes.is_empty());
    }

    #[test]
    fn behind_a_loose_router_the_target_is_the_request_uri() {
        let set = set(&["sip:p1;lr", "sip:p2"]);
        let routing = set.apply("sip:user@remoteua");
        assert_eq!(routing.request_uri, "sip:user@remoteua");
        assert_eq!(routing.routes, ["<sip:p1;lr>", "<sip:p2>"]);
        assert_eq!(set.next_hop("sip:user@remoteua"), "sip:p1;lr");
    }

    /// The example of RFC 3261 §12.2.1.1.
    #[test]
    fn behind_a_strict_router_the_target_is_the_last_route() {
        let set = set(&["sip:proxy1", "sip:proxy2", "sip:proxy3;lr", "sip:proxy4"]);
        let routing = set.apply("sip:user@remoteua");
        assert_eq!(routing.request_uri, "sip:proxy1");
        assert_eq!(
            routing.routes,
            [
                "<sip:proxy2>",
                "<sip:proxy3;lr>",
                "<sip:proxy4>",
                "<sip:user@remoteua>"
            ]
        );
        assert_eq!(set.next_hop("sip:user@remoteua"), "sip:proxy1");
    }

    #[test]
    fn a_strict_routers_uri_loses_what_a_request_uri_may_not_hold() {
        let set = set(&["sip:a?b;c@p1:5070;method=INVITE;transport=udp?Subject=x"]);
        let routing = set.apply("sip:user@remoteua");
        assert_eq!(routing.request_uri, "sip:a?b;c@p1:5070;transport=udp");
    }
}
