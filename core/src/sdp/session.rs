//! The lines of a session description as data (RFC 8866 §5), and how they are written.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::media::MediaDescription;
use super::time::TimeDescription;

/// One session description, borrowing from the text it was read from.
///
/// Free text is bytes: `a=charset` may make it something else than UTF-8 (RFC 8866 §6.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionDescription<'a> {
    /// `o=`, who made the session and which version of it this is.
    pub origin: Origin<'a>,
    /// `s=`; `-` where there is nothing to say (§5.3).
    pub session_name: &'a [u8],
    /// `i=`.
    pub information: Option<&'a [u8]>,
    /// `u=`.
    pub uri: Option<&'a [u8]>,
    /// `e=` lines; [`super::Contact`] takes them apart.
    pub emails: Vec<&'a [u8]>,
    /// `p=` lines; [`super::Contact`] takes them apart.
    pub phones: Vec<&'a [u8]>,
    /// `c=`, for every media description without its own.
    pub connection: Option<Connection<'a>>,
    /// `b=` lines.
    pub bandwidths: Vec<Bandwidth<'a>>,
    /// `t=` lines, each with its `r=` and `z=`.
    pub times: Vec<TimeDescription>,
    /// `a=` lines before the first `m=`.
    pub attributes: Vec<Attribute<'a>>,
    /// `m=` sections.
    pub media: Vec<MediaDescription<'a>>,
}

/// `o=` (RFC 8866 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The user, `-` if there is none to name.
    pub username: &'a [u8],
    /// Decimal digits, of any length.
    pub session_id: &'a str,
    /// Decimal digits, of any length.
    pub session_version: &'a str,
    /// `IN`.
    pub network_type: &'a str,
    /// `IP4` or `IP6`.
    pub address_type: &'a str,
    /// An address or a host name.
    pub address: &'a str,
}

/// `c=` (RFC 8866 §5.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection<'a> {
    /// `IN`.
    pub network_type: &'a str,
    /// `IP4` or `IP6`.
    pub address_type: &'a str,
    /// An address or a host name, without what follows a slash.
    pub address: &'a str,
    /// Time to live, with IPv4 multicast only.
    pub ttl: Option<u8>,
    /// How many multicast groups, counted up from `address`.
    pub count: Option<u32>,
}

impl<'a> Connection<'a> {
    /// The line that says `ip`, whose text stands in `text`.
    #[must_use]
    pub const fn to_ip(ip: IpAddr, text: &'a str) -> Self {
        Self {
            network_type: "IN",
            address_type: address_type(ip),
            address: text,
            ttl: None,
            count: None,
        }
    }

    /// The address, unless it is a host name, of another network, or not of the family it claims.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match (self.network_type, self.address_type) {
            ("IN", "IP4") => self.address.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
            ("IN", "IP6") => self.address.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
            _ => None,
        }
    }

    /// Whether the address is a multicast group.
    #[must_use]
    pub fn is_multicast(&self) -> bool {
        self.ip().is_some_and(|ip| ip.is_multicast())
    }
}

/// The `<addrtype>` of an address.
#[must_use]
pub(crate) const fn address_type(ip: IpAddr) -> &'static str {
    match ip {
        IpAddr::V4(_) => "IP4",
        IpAddr::V6(_) => "IP6",
    }
}

/// `b=` (RFC 8866 §5.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bandwidth<'a> {
    /// What the number means.
    pub kind: BandwidthKind<'a>,
    /// The number, in the unit of its kind.
    pub value: u64,
}

/// The modifier of a `b=` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BandwidthKind<'a> {
    /// `CT`: kilobits per second of the whole conference.
    ConferenceTotal,
    /// `AS`: kilobits per second of one medium, RTP's session bandwidth.
    ApplicationSpecific,
    /// `TIAS`: bits per second without transport overhead (RFC 3890 §6.2).
    TransportIndependent,
    /// `RS`: bits per second of RTCP for senders (RFC 3556 §2).
    RtcpSenders,
    /// `RR`: bits per second of RTCP for receivers (RFC 3556 §2).
    RtcpReceivers,
    /// One we do not know, and therefore ignore (§5.8).
    Other(&'a str),
}

impl<'a> BandwidthKind<'a> {
    /// The kind a modifier names.
    #[must_use]
    pub fn from_name(name: &'a str) -> Self {
        match name {
            "CT" => Self::ConferenceTotal,
            "AS" => Self::ApplicationSpecific,
            "TIAS" => Self::TransportIndependent,
            "RS" => Self::RtcpSenders,
            "RR" => Self::RtcpReceivers,
            other => Self::Other(other),
        }
    }

    /// The modifier.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        match self {
            Self::ConferenceTotal => "CT",
            Self::ApplicationSpecific => "AS",
            Self::TransportIndependent => "TIAS",
            Self::RtcpSenders => "RS",
            Self::RtcpReceivers => "RR",
            Self::Other(name) => name,
        }
    }
}

/// `a=` (RFC 8866 §5.13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// The name; its case matters.
    pub name: &'a str,
    /// What follows the colon; nothing for a property attribute.
    pub value: Option<Cow<'a, [u8]>>,
}

impl<'a> Attribute<'a> {
    /// `a=name`.
    #[must_use]
    pub const fn property(name: &'a str) -> Self {
        Self { name, value: None }
    }

    /// `a=name:value`.
    #[must_use]
    pub fn value(name: &'a str, value: impl Into<Cow<'a, str>>) -> Self {
        let value = match value.into() {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        Self {
            name,
            value: Some(value),
        }
    }

    /// The value, if there is one and it is UTF-8.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        core::str::from_utf8(self.value.as_deref()?).ok()
    }
}

impl SessionDescription<'_> {
    /// Appends the description to `out`, in the order of RFC 8866 §5, every line ended by CRLF.
    ///
    /// Nothing is checked: fields taken from elsewhere must not hold line ends.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut lines = Lines(out);
        lines.line('v', b"0");
        lines.line_of(&[
            b"o=",
            self.origin.username,
            b" ",
            self.origin.session_id.as_bytes(),
            b" ",
            self.origin.session_version.as_bytes(),
            b" ",
            self.origin.network_type.as_bytes(),
            b" ",
            self.origin.address_type.as_bytes(),
            b" ",
            self.origin.address.as_bytes(),
        ]);
        lines.line('s', self.session_name);
        for (kind, values) in [
            ('i', self.information.as_slice()),
            ('u', self.uri.as_slice()),
            ('e', &self.emails),
            ('p', &self.phones),
        ] {
            for value in values {
                lines.line(kind, value);
            }
        }
        lines.connections(self.connection.as_slice());
        lines.bandwidths(&self.bandwidths);
        for time in &self.times {
            time.write(&mut lines);
        }
        lines.attributes(&self.attributes);
        for media in &self.media {
            media.write(&mut lines);
        }
    }

    /// The description as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        self.write(&mut out);
        out
    }

    /// The session-level attribute of this name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute<'_>> {
        self.attributes.iter().find(|one| one.name == name)
    }
}

/// Appends lines.
pub(super) struct Lines<'o>(&'o mut Vec<u8>);

impl Lines<'_> {
    pub(super) fn line(&mut self, kind: char, value: &[u8]) {
        let mut letter = [0; 4];
        self.line_of(&[kind.encode_utf8(&mut letter).as_bytes(), b"=", value]);
    }

    pub(super) fn line_of(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.0.extend_from_slice(part);
        }
        self.0.extend_from_slice(b"\r\n");
    }

    /// A line whose value is made of numbers and tokens.
    pub(super) fn line_fmt(&mut self, line: fmt::Arguments<'_>) {
        // Writing into a vector cannot fail: `write_str` below has no error to give.
        let written = self.write_fmt(line);
        debug_assert!(written.is_ok());
        self.0.extend_from_slice(b"\r\n");
    }

    pub(super) fn connections(&mut self, connections: &[Connection<'_>]) {
        for one in connections {
            let (network, family) = (one.network_type, one.address_type);
            self.part(format_args!("c={network} {family} {}", one.address));
            if let Some(ttl) = one.ttl {
                self.part(format_args!("/{ttl}"));
            }
            if let Some(count) = one.count {
                self.part(format_args!("/{count}"));
            }
            self.line_of(&[]);
        }
    }

    pub(super) fn bandwidths(&mut self, bandwidths: &[Bandwidth<'_>]) {
        for one in bandwidths {
            self.line_fmt(format_args!("b={}:{}", one.kind.as_str(), one.value));
        }
    }

    pub(super) fn attributes(&mut self, attributes: &[Attribute<'_>]) {
        for one in attributes {
            match &one.value {
                None => self.line_of(&[b"a=", one.name.as_bytes()]),
                Some(value) => self.line_of(&[b"a=", one.name.as_bytes(), b":", value]),
            }
        }
    }

    pub(super) fn part(&mut self, part: fmt::Arguments<'_>) {
        let written = self.write_fmt(part);
        debug_assert!(written.is_ok());
    }
}

impl Write for Lines<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
