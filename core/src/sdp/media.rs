//! The media section of a session description (RFC 8866 §5.14) and the attributes in it that an
//! RTP session depends on (§6; RFC 3605).

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::attribute::{Decimal, Fmtp, MaxPtime, Ptime, RtcpAddress};
use super::codec::{Codec, RtpMap};
use super::direction::Direction;
use super::session::{Attribute, Bandwidth, BandwidthKind, Connection, SessionDescription};

/// An `m=` line and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaDescription<'a> {
    /// `audio`, `video`, `text`, `application`, `message`, `image` …
    pub media: &'a str,
    /// The port; 0 means that the stream is not wanted (RFC 3264 §6).
    pub port: u16,
    /// How many ports, for layered encodings.
    pub port_count: Option<u32>,
    /// `RTP/AVP` …
    pub proto: &'a str,
    /// Payload types, or whatever `proto` calls a format; the preferred one first.
    pub formats: Vec<Cow<'a, str>>,
    /// `i=`.
    pub information: Option<&'a [u8]>,
    /// `c=` lines; several only for the layers of a multicast encoding (§5.7).
    pub connections: Vec<Connection<'a>>,
    /// `b=` lines.
    pub bandwidths: Vec<Bandwidth<'a>>,
    /// `a=` lines.
    pub attributes: Vec<Attribute<'a>>,
}

impl MediaDescription<'_> {
    /// The attribute of this name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute<'_>> {
        self.attributes.iter().find(|one| one.name == name)
    }

    /// The direction, from here or else from the session, or else both ways (§6.7).
    #[must_use]
    pub fn direction(&self, session: &SessionDescription<'_>) -> Direction {
        direction_in(&self.attributes)
            .or_else(|| direction_in(&session.attributes))
            .unwrap_or_default()
    }

    /// The connection, from here or else from the session (§5.7).
    #[must_use]
    pub fn connection<'c>(&'c self, session: &'c SessionDescription<'_>) -> Option<Connection<'c>> {
        let own = self.connections.first();
        own.or(session.connection.as_ref()).copied()
    }

    /// Where the writer receives RTP, if that is an address and not a name.
    #[must_use]
    pub fn rtp_address(&self, session: &SessionDescription<'_>) -> Option<SocketAddr> {
        let ip = self.connection(session)?.ip()?;
        Some(SocketAddr::new(ip, self.port))
    }

    /// Where the writer receives RTP in each layer of an encoding, the first one first: the
    /// addresses of the `c=` lines in their order, with every other port (§5.7, §5.14).
    ///
    /// With one address all ports are there; with one port all addresses have it.
    pub fn rtp_addresses<'m>(
        &'m self,
        session: &'m SessionDescription<'_>,
    ) -> impl Iterator<Item = SocketAddr> + 'm {
        let own = self.connections.as_slice();
        let inherited = session.connection.as_slice();
        let lines = if own.is_empty() { inherited } else { own };
        let addresses = || lines.iter().flat_map(Connection::addresses);
        let is_one = addresses().nth(1).is_none();
        let repeated = is_one.then(|| addresses().next()).flatten();
        let (most, step) = match self.port_count.unwrap_or(1) {
            1 if is_one => (1, 0),
            1 => (u32::MAX, 0),
            ports => (ports, 2),
        };
        let addresses = addresses().map(Some).chain(core::iter::repeat(repeated));
        let layers = addresses.map_while(|ip| ip).zip(0..most);
        layers.map_while(move |(ip, layer)| {
            let beyond = u16::try_from(layer.checked_mul(step)?).ok()?;
            Some(SocketAddr::new(ip, self.port.checked_add(beyond)?))
        })
    }

    /// Where the writer receives RTCP: what `a=rtcp` says (RFC 3605 §2.1), or the port after the
    /// RTP port.
    #[must_use]
    pub fn rtcp_address(&self, session: &SessionDescription<'_>) -> Option<SocketAddr> {
        let rtp = self.rtp_address(session)?;
        let told = self.typed::<RtcpAddress<'_>>().next();
        let told = told.and_then(|told| told.beside(rtp.ip()));
        Some(told.unwrap_or_else(|| SocketAddr::new(rtp.ip(), rtp.port().wrapping_add(1))))
    }

    /// The payload types of the `m=` line; anything else in it is left out.
    pub fn payload_types(&self) -> impl Iterator<Item = u8> + '_ {
        let numbers = self.formats.iter().filter_map(|format| format.parse().ok());
        numbers.filter(|number| *number < 128)
    }

    /// What a payload type stands for: by `a=rtpmap`, or for good (RFC 3551 §6).
    #[must_use]
    pub fn rtp_map(&self, payload_type: u8) -> Option<RtpMap<'_>> {
        self.mapped(payload_type)
            .or_else(|| RtpMap::from_static_payload_type(payload_type))
    }

    /// What `a=rtpmap` says a payload type stands for.
    #[must_use]
    pub fn mapped(&self, payload_type: u8) -> Option<RtpMap<'_>> {
        // Not all of each is read to find the one.
        let attributes = self.attributes.iter();
        let likely = attributes.filter(|one| leading_number(one) == u64::from(payload_type));
        let mut maps = likely.filter_map(Attribute::typed::<RtpMap<'_>>);
        maps.find(|map| map.payload_type == payload_type)
    }

    /// The parameters of a payload type, from `a=fmtp` (§6.15).
    #[must_use]
    pub fn format_parameters(&self, payload_type: u8) -> Option<&str> {
        self.typed::<Fmtp<'_>>()
            .find(|one| one.payload_type() == Some(payload_type))
            .map(|one| one.parameters)
    }

    /// The whole format behind a payload type, owned.
    #[must_use]
    pub fn codec(&self, payload_type: u8) -> Option<Codec> {
        let parameters = self.format_parameters(payload_type);
        Some(self.rtp_map(payload_type)?.to_codec(parameters))
    }

    /// `a=ptime` in whole milliseconds, at least 1 (§6.4).
    #[must_use]
    pub fn ptime_ms(&self) -> Option<u16> {
        milliseconds(self.typed::<Ptime>().next()?.0)
    }

    /// `a=maxptime` in whole milliseconds, at least 1 (§6.5).
    #[must_use]
    pub fn maxptime_ms(&self) -> Option<u16> {
        milliseconds(self.typed::<MaxPtime>().next()?.0)
    }

    /// The bandwidth of a kind, from here or else from the session.
    #[must_use]
    pub fn bandwidth(
        &self,
        session: &SessionDescription<'_>,
        kind: BandwidthKind<'_>,
    ) -> Option<u64> {
        let of_kind = |lines: &[Bandwidth<'_>]| {
            let found = lines.iter().find(|one| one.kind == kind);
            found.map(|one| one.value)
        };
        of_kind(&self.bandwidths).or_else(|| of_kind(&session.bandwidths))
    }
}

/// The number that the value of an attribute begins with; 0 if with none.
fn leading_number(attribute: &Attribute<'_>) -> u64 {
    let value = attribute.value.as_deref().unwrap_or_default();
    let digits = value.trim_ascii_start().iter().map_while(|byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then_some(u64::from(digit))
    });
    digits.fold(0_u64, |number, digit| {
        number.saturating_mul(10).saturating_add(digit)
    })
}

fn direction_in(attributes: &[Attribute<'_>]) -> Option<Direction> {
    let properties = attributes.iter().filter(|one| one.value.is_none());
    properties
        .filter_map(|one| Direction::from_attribute(one.name))
        .next()
}

/// A packet time of which the whole part is taken, but never nothing (§6.4).
fn milliseconds(time: Decimal) -> Option<u16> {
    u16::try_from(time.whole().max(1)).ok()
}
