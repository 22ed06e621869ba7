//! Hosts and ports (RFC 3261 §25.1 with the IP addresses of RFC 5954 §4.1).

use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::text::{Class, Cursor, has_neighbours_below, write_decimal, write_ip};

/// A host: a name, or an address in numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Host<'a> {
    /// A name, as spelt; compare it without regard to case.
    Name(&'a str),
    /// An address; IPv6 stands in brackets on the wire.
    Ip(IpAddr),
}

/// A host and the port beside it, if one is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HostPort<'a> {
    /// The host.
    pub host: Host<'a>,
    /// The port, if it is said.
    pub port: Option<u16>,
}

impl<'a> Host<'a> {
    /// Takes a host: a name, an IPv4 address, or an IPv6 address in brackets.
    pub(crate) fn take(cursor: &mut Cursor<'a>) -> Option<Self> {
        if cursor.peek()? == b'[' {
            cursor.bump();
            let start = cursor.position();
            cursor.take_until(b']')?;
            let address = cursor.since(start)?.parse::<Ipv6Addr>().ok()?;
            cursor.bump();
            return Some(Self::Ip(IpAddr::V6(address)));
        }
        // Most are addresses, which are read at once and not first searched for their end.
        if let Some((address, length)) = ipv4(cursor.rest()) {
            cursor.take(length);
            return Some(Self::Ip(IpAddr::V4(address)));
        }
        Self::from_name(cursor.take_str(Class::HOST))
    }

    /// A host that is `text`, with brackets around IPv6 or without.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut cursor = Cursor::of_str(text);
        if let Some(host) = Self::take(&mut cursor).filter(|_| cursor.is_at_end()) {
            return Some(host);
        }
        // RFC 5118 §4.5: received may carry an IPv6 address without brackets.
        text.parse()
            .ok()
            .map(|address| Self::Ip(IpAddr::V6(address)))
    }

    /// RFC 5954 §4.1: four octets in range are an address, which `text` is not; the last label of a
    /// name starts with a letter, so `444.555.666.777` is neither. `text` is all of [`Class::HOST`].
    fn from_name(text: &'a str) -> Option<Self> {
        let bytes = text.as_bytes();
        let name = bytes.strip_suffix(b".").unwrap_or(bytes);
        let dot = name.iter().rposition(|b| *b == b'.');
        let last_label = dot.map_or(0, |dot| dot.saturating_add(1));
        let starts_well = name.get(last_label)?.is_ascii_alphabetic();
        (starts_well && are_labels(name)).then_some(Self::Name(text))
    }

    /// The address, if it is one in numbers.
    #[must_use]
    pub const fn ip(&self) -> Option<IpAddr> {
        match *self {
            Self::Name(_) => None,
            Self::Ip(address) => Some(address),
        }
    }

    /// Whether both are the same host: names without regard to case, addresses by their bits
    /// (RFC 5954 §4.2). A name never equals an address.
    #[must_use]
    pub fn is_same(&self, other: &Host<'_>) -> bool {
        match (self, other) {
            (Self::Name(a), Host::Name(b)) => a.eq_ignore_ascii_case(b),
            (Self::Ip(a), Host::Ip(b)) => a == b,
            (Self::Name(_), Host::Ip(_)) | (Self::Ip(_), Host::Name(_)) => false,
        }
    }

    /// Appends the host, IPv6 in brackets.
    pub fn write(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Name(name) => out.extend_from_slice(name.as_bytes()),
            Self::Ip(IpAddr::V6(address)) => {
                out.push(b'[');
                write_ip(IpAddr::V6(address), out);
                out.push(b']');
            }
            Self::Ip(address) => write_ip(address, out),
        }
    }
}

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ip(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Ip(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// Four numbers below 256 with dots between, without leading zeros, at the start of `text`, and how
/// long they are; the host ends there.
fn ipv4(text: &[u8]) -> Option<(Ipv4Addr, usize)> {
    let mut octets = [0; 4];
    let mut rest = text;
    for (place, octet) in octets.iter_mut().enumerate() {
        if place > 0 {
            rest = rest.strip_prefix(b".")?;
        }
        let (number, after) = take_octet(rest)?;
        *octet = number;
        rest = after;
    }
    let goes_on = rest.first().is_some_and(|byte| Class::HOST.contains(*byte));
    let length = text.len().wrapping_sub(rest.len());
    (!goes_on).then(|| (octets.into(), length))
}

/// A number below 256 without leading zeros, and what follows.
fn take_octet(text: &[u8]) -> Option<(u8, &[u8])> {
    let digit = |byte: u8| Some(byte.wrapping_sub(b'0')).filter(|digit| *digit < 10);
    let (first, mut rest) = text.split_first()?;
    let mut number = u16::from(digit(*first)?);
    for _ in 0..2 {
        let Some((next, after)) = rest.split_first() else {
            break;
        };
        let Some(next) = digit(*next).filter(|_| number != 0) else {
            break;
        };
        number = number.wrapping_mul(10).wrapping_add(next.into());
        rest = after;
    }
    Some((u8::try_from(number).ok()?, rest))
}

/// RFC 3261 §25.1: labels are not empty and neither start nor end with a hyphen. `name` is all of
/// [`Class::HOST`], in which only `-` and `.` come before the digits: where no two of them meet and
/// none is first or last, the labels are well formed.
fn are_labels(name: &[u8]) -> bool {
    let is_inside = |label: &[u8]| !matches!(label, [] | [b'-', ..] | [.., b'-']);
    let is_whole = !matches!(name, [b'-' | b'.', ..] | [.., b'-' | b'.']);
    is_whole && !has_neighbours_below(name, b'0') || name.split(|b| *b == b'.').all(is_inside)
}

impl<'a> HostPort<'a> {
    /// The host and port that a socket address says.
    #[must_use]
    pub const fn from_address(address: SocketAddr) -> Self {
        Self {
            host: Host::Ip(address.ip()),
            port: Some(address.port()),
        }
    }

    /// A host and port that are all of `text`.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut cursor = Cursor::of_str(text);
        let host = Host::take(&mut cursor)?;
        let port = if cursor.eat(b':') {
            Some(take_port(&mut cursor)?)
        } else {
            None
        };
        cursor.is_at_end().then_some(Self { host, port })
    }

    /// Appends it.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.host.write(out);
        if let Some(port) = self.port {
            out.push(b':');
            write_decimal(u64::from(port), out);
        }
    }
}

/// `port = 1*DIGIT`, at most 65535.
pub(crate) fn take_port(cursor: &mut Cursor<'_>) -> Option<u16> {
    u16::try_from(cursor.take_number()?).ok()
}
