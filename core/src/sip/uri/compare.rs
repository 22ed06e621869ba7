//! When two URIs are the same (RFC 3261 §19.1.4, RFC 5954 §4.2).

use alloc::string::String;
use alloc::vec::Vec;

use super::escape::{is_same, is_same_ignoring_case, unescape};
use super::parts::canonical_name;
use super::urn::are_same_urns;
use super::{SipUri, Uri, UriHeaders, UriParams};

impl Uri<'_> {
    /// Whether both name the same resource: SIP and SIPS URIs by RFC 3261 §19.1.4, telephone
    /// numbers by RFC 3966 §4, URNs by RFC 2141 §5, others byte by byte, their schemes without regard
    /// to case.
    ///
    /// Not transitive: a parameter that only one of them has is ignored.
    #[must_use]
    pub fn equivalent(&self, other: &Uri<'_>) -> bool {
        match (self, other) {
            (Self::Sip(a), Uri::Sip(b)) => a.is_equivalent(b),
            (Self::Tel(a), Uri::Tel(b)) => a.is_equivalent(b),
            (Self::Other { scheme, rest }, Uri::Other { scheme: s, rest: r }) => {
                scheme.eq_ignore_ascii_case(s)
                    && (rest == r || scheme.eq_ignore_ascii_case("urn") && are_same_urns(rest, r))
            }
            (Self::Sip(_) | Self::Tel(_) | Self::Other { .. }, _) => false,
        }
    }
}

impl SipUri<'_> {
    /// Whether both name the same resource (RFC 3261 §19.1.4).
    #[must_use]
    pub fn is_equivalent(&self, other: &SipUri<'_>) -> bool {
        // A SIP and a SIPS URI are never the same; user and password keep their case; a component
        // that is left out is not the same as its default.
        self.secure == other.secure
            && is_same_part(self.user, other.user)
            && is_same_part(self.password, other.password)
            && self.host.is_same(&other.host)
            && self.port == other.port
            && are_same_params(self.params, other.params)
            && are_same_headers(self.headers, other.headers)
    }
}

fn is_same_part(a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => is_same(a, b),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// Parameters that decide even if only one URI has them: the other's default is not their equal.
fn must_be_in_both(name: &str) -> bool {
    matches!(name, "user" | "ttl" | "method" | "maddr" | "transport")
}

fn are_same_params(a: UriParams<'_>, b: UriParams<'_>) -> bool {
    if a.as_str().is_empty() && b.as_str().is_empty() {
        return true;
    }
    let (a, b) = (by_name(a), by_name(b));
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    loop {
        let only = match (a.peek(), b.peek()) {
            (None, None) => return true,
            (Some((name, value)), Some((other, other_value))) if name == other => {
                if !is_same_ignoring_case(value, other_value) {
                    return false;
                }
                a.next();
                b.next();
                continue;
            }
            (Some((name, _)), Some((other, _))) if name < other => a.next(),
            (Some(_), None) => a.next(),
            (_, Some(_)) => b.next(),
        };
        if only.is_some_and(|(name, _)| must_be_in_both(name)) {
            return false;
        }
    }
}

fn by_name(params: UriParams<'_>) -> Vec<(String, &str)> {
    let mut named: Vec<_> = params
        .iter()
        .map(|(name, value)| (canonical_name(name), value.unwrap_or_default()))
        .collect();
    named.sort_unstable();
    named
}

/// Headers are never ignored, in whatever order they come.
fn are_same_headers(a: UriHeaders<'_>, b: UriHeaders<'_>) -> bool {
    canonical_headers(a) == canonical_headers(b)
}

/// Field values are compared without regard to case (RFC 3261 §7.3.1) but for what is defined
/// otherwise: Call-ID, the body, and whatever holds a quoted string.
fn canonical_headers(headers: UriHeaders<'_>) -> Vec<(String, Vec<u8>)> {
    let mut canonical: Vec<_> = headers
        .iter()
        .map(|(name, value)| {
            let name = canonical_name(name);
            let mut value = unescape(value).into_owned();
            let keeps_case = matches!(name.as_str(), "call-id" | "i" | "body");
            if !keeps_case && !value.contains(&b'"') {
                value.make_ascii_lowercase();
            }
            (name, value)
        })
        .collect();
    canonical.sort_unstable();
    canonical
}
