//! Message sessions: `path`, `accept-types`, `accept-wrapped-types` and `max-size` (RFC 4975 §8).

use alloc::vec::Vec;
use core::fmt;

use super::{TypedAttribute, write_list};
use crate::sdp::token::{digits, is_token};

/// `accept-types`: the media types a receiver takes, the preferred one first; `*` for any (§8.6).
/// Media level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptTypes<'a>(pub Vec<&'a str>);

impl<'a> TypedAttribute<'a> for AcceptTypes<'a> {
    const NAME: &'static str = "accept-types";

    fn parse(value: &'a str) -> Option<Self> {
        format_list(value).map(Self)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write_list(f, &self.0, ' ')
    }
}

/// `accept-wrapped-types`: the media types a receiver takes within others only (§8.6). Media level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptWrappedTypes<'a>(pub Vec<&'a str>);

impl<'a> TypedAttribute<'a> for AcceptWrappedTypes<'a> {
    const NAME: &'static str = "accept-wrapped-types";

    fn parse(value: &'a str) -> Option<Self> {
        format_list(value).map(Self)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write_list(f, &self.0, ' ')
    }
}

/// `max-size`: octets of the largest message a receiver takes (§8.6). Media level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxSize(pub u64);

impl TypedAttribute<'_> for MaxSize {
    const NAME: &'static str = "max-size";

    fn parse(value: &str) -> Option<Self> {
        digits(value).map(Self)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// `path`: the MSRP URIs to go through, that of the writer last (§8.2). Media level; the writer
/// gives each a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MsrpPath<'a>(pub Vec<&'a str>);

impl<'a> TypedAttribute<'a> for MsrpPath<'a> {
    const NAME: &'static str = "path";

    fn parse(value: &'a str) -> Option<Self> {
        let uris = value.trim_ascii_end().split(' ');
        let uri = |uri| is_msrp_uri(uri).then_some(uri);
        uris.map(uri).collect::<Option<_>>().map(Self)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write_list(f, &self.0, ' ')
    }
}

/// `format-list`.
fn format_list(value: &str) -> Option<Vec<&str>> {
    let entries = value.trim_ascii_end().split(' ');
    let entry = |entry| is_format_entry(entry).then_some(entry);
    entries.map(entry).collect()
}

fn is_format_entry(entry: &str) -> bool {
    let mut parts = entry.split(';');
    let name = parts.next().unwrap_or_default();
    if name == "*" {
        return parts.next().is_none();
    }
    let quoted = |value: &str| value.len() > 1 && value.starts_with('"') && value.ends_with('"');
    name.split_once('/')
        .is_some_and(|(main, sub)| is_token(main) && is_token(sub))
        && parts.all(|part| {
            part.split_once('=')
                .is_some_and(|(name, value)| is_token(name) && (is_token(value) || quoted(value)))
        })
}

/// `MSRP-URI` (§9): scheme, authority, perhaps a session, and the transport with parameters behind.
fn is_msrp_uri(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once("://") else {
        return false;
    };
    let mut parts = rest.split(';');
    let address = parts.next().unwrap_or_default();
    let (authority, session) = match address.split_once('/') {
        None => (address, None),
        Some((authority, session)) => (authority, Some(session)),
    };
    let of_session = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'=' | b'/')
    };
    let transport = parts.next().unwrap_or_default();
    (scheme.eq_ignore_ascii_case("msrp") || scheme.eq_ignore_ascii_case("msrps"))
        && !authority.is_empty()
        && crate::sdp::token::is_uri(authority.as_bytes())
        && session.is_none_or(|session| !session.is_empty() && session.bytes().all(of_session))
        && !transport.is_empty()
        && transport.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && parts.all(|part| match part.split_once('=') {
            None => is_token(part),
            Some((name, value)) => is_token(name) && is_token(value),
        })
}
