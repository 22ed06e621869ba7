//! The lines of a session description as data (RFC 8866 §5), and how they are written.

use alloc::borrow::Cow;
use alloc::vec::Vec;
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
    /// A name in `.invalid` is how IPv6 writes the unspecified address, `::` (RFC 6157 §4.1).
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match (self.network_type, self.address_type) {
            ("IN", "IP4") => self.address.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
            ("IN", "IP6") if self.is_nowhere() => Some(IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
            ("IN", "IP6") => self.address.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
            _ => None,
        }
    }

    /// Whether the address is a name that no host has (RFC 2606 §2).
    fn is_nowhere(&self) -> bool {
        let name = self.address.as_bytes();
        let name = name.strip_suffix(b".").unwrap_or(name);
        let end = name.last_chunk::<8>();
        end.is_some_and(|end| end.eq_ignore_ascii_case(b".invalid"))
    }

    /// Whether the address is a multicast group.
    #[must_use]
    pub fn is_multicast(&self) -> bool {
        // Most addresses are seen at once not to be one.
        let likely = match self.address.as_bytes() {
            [b'2', b'2' | b'3', ..] => self.address_type == "IP4",
            [b'f' | b'F', ..] => self.address_type == "IP6",
            _ => false,
        };
        likely && self.ip().is_some_and(|ip| ip.is_multicast())
    }

    /// Every address, counted up from the first; just that without a count (§5.7).
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> + use<> {
        let first = self.ip();
        (0..self.count.unwrap_or(1)).map_while(move |offset| match first? {
            IpAddr::V4(ip) => {
                let number = u32::from(ip).checked_add(offset)?;
                Some(IpAddr::V4(number.into()))
            }
            IpAddr::V6(ip) => {
                let number = u128::from(ip).checked_add(offset.into())?;
                Some(IpAddr::V6(number.into()))
            }
        })
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
    /// The session-level attribute of this name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute<'_>> {
        self.attributes.iter().find(|one| one.name == name)
    }
}
