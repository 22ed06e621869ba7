//! Hosts and ports (RFC 3261 §25.1 with the IP addresses of RFC 5954 §4.1).

use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::text::{Class, Cursor, has_neighbours_below, write_decimal};

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

    /// RFC 5954 §4.1: four octets in range are an address; otherwise the last label of a name
    /// starts with a letter, so `444.555.666.777` is neither. `text` is all of [`Class::HOST`].
    fn from_name(text: &'a str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.first()?.is_ascii_digit() {
            if let Some(address) = ipv4(bytes) {
                return Some(Self::Ip(IpAddr::V4(address)));
            }
        }
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
                write_address(IpAddr::V6(address), out);
                out.push(b']');
            }
            Self::Ip(address) => write_address(address, out),
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

/// Four numbers below 256 with dots between, without leading zeros. A call reads some fifty, each in
/// half the time the parser of the standard library takes.
fn ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    let mut parts = text.split(|byte| *byte == b'.');
    for octet in &mut octets {
        let part = parts.next()?;
        let is_padded = matches!(part, [b'0', _, ..]);
        if part.is_empty() || part.len() > 3 || is_padded {
            return None;
        }
        let mut number: u16 = 0;
        for byte in part {
            let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
            number = number.wrapping_mul(10).wrapping_add(digit.into());
        }
        *octet = u8::try_from(number).ok()?;
    }
    parts.next().is_none().then(|| octets.into())
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

/// Appends an address in numbers, IPv6 without brackets.
pub(crate) fn write_address(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(address) => {
            // Each with its dot at once, the last of which is one too many.
            let digit = |n: u8| b'0'.wrapping_add(n % 10);
            for n in address.octets() {
                let (hundreds, tens) = (digit(n / 100), digit(n / 10));
                match n {
                    0..=9 => out.extend_from_slice(&[digit(n), b'.']),
                    10..=99 => out.extend_from_slice(&[tens, digit(n), b'.']),
                    100.. => out.extend_from_slice(&[hundreds, tens, digit(n), b'.']),
                }
            }
            out.pop();
        }
        IpAddr::V6(address) => out.extend_from_slice(alloc::format!("{address}").as_bytes()),
    }
}

/// `port = 1*DIGIT`, at most 65535.
pub(crate) fn take_port(cursor: &mut Cursor<'_>) -> Option<u16> {
    u16::try_from(cursor.take_number()?).ok()
}
