//! How we describe a session, and what could be one (RFC 3264 §5, §9).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use super::payload_types::PayloadTypes;
use super::redundancy::parity_within;
use super::slot::Closed;
use super::{Format, LocalMedia};
use crate::sdp::session::address_type;
use crate::sdp::{
    Attribute, Bandwidth, BandwidthKind, Connection, Direction, MediaDescription, Origin,
    SessionDescription, TimeDescription,
};
use crate::text::{Decimal, write_ip};

/// A description of what could be negotiated, for a response to OPTIONS or in a 488: every port is
/// zero, so that nobody takes it for an offer (§9).
///
/// `session_id` has to be another one each time. Of the media their kinds and formats count.
#[must_use]
pub fn capabilities(session_id: u64, address: IpAddr, media: &[LocalMedia]) -> Vec<u8> {
    let formats: Vec<Vec<Format>> = media.iter().map(formats).collect();
    let sections = media.iter().zip(&formats).map(|(local, formats)| {
        let open = Open {
            local,
            formats,
            direction: Direction::SendRecv,
            mux: false,
            crypto: &[],
        };
        MediaDescription {
            port: 0,
            ..open.section(None, None)
        }
    });
    let session_id = Decimal::of(session_id >> 2);
    let texts = Texts::new(address, address);
    let times = Vec::from([TimeDescription::default()]);
    let description = texts.description(session_id.as_str(), times, sections.collect());
    description.to_bytes()
}

/// The formats of a stream by the numbers they have before any negotiation.
fn formats(local: &LocalMedia) -> Vec<Format> {
    let mut numbers = PayloadTypes::default();
    let numbered = |codec: &crate::sdp::Codec| {
        Some(Format {
            payload_type: numbers.assign(codec, None, None)?,
            codec: codec.clone(),
        })
    };
    local.codecs.iter().filter_map(numbered).collect()
}

/// The addresses of a description, as text.
pub(super) struct Texts {
    origin: (IpAddr, String),
    connection: (IpAddr, String),
}

impl Texts {
    pub(super) fn new(origin: IpAddr, connection: IpAddr) -> Self {
        Self {
            origin: (origin, written_address(origin)),
            connection: (connection, written_address(connection)),
        }
    }

    /// A session of ours, version 1, in the form of RFC 3264 §5: no name and no contact.
    pub(super) fn description<'t>(
        &'t self,
        session_id: &'t str,
        times: Vec<TimeDescription>,
        media: Vec<MediaDescription<'t>>,
    ) -> SessionDescription<'t> {
        SessionDescription {
            origin: Origin {
                username: b"-",
                session_id,
                session_version: "1",
                network_type: "IN",
                address_type: address_type(self.origin.0),
                address: &self.origin.1,
            },
            session_name: b"-",
            information: None,
            uri: None,
            emails: Vec::new(),
            phones: Vec::new(),
            connection: Some(Connection::to_ip(self.connection.0, &self.connection.1)),
            bandwidths: Vec::new(),
            times,
            attributes: Vec::new(),
            media,
        }
    }
}

/// A stream as it is written: offered, or accepted.
pub(super) struct Open<'a> {
    pub(super) local: &'a LocalMedia,
    /// The formats offered or accepted.
    pub(super) formats: &'a [Format],
    pub(super) direction: Direction,
    /// Whether RTCP may come to the RTP port.
    pub(super) mux: bool,
    /// The `crypto` lines.
    pub(super) crypto: &'a [String],
}

impl<'a> Open<'a> {
    /// The section of it; `own_address` is its address as text if that is not the session's.
    pub(super) fn section(
        &self,
        mid: Option<&'a str>,
        own_address: Option<&'a str>,
    ) -> MediaDescription<'a> {
        let local = self.local;
        let is_rtp = local.is_rtp();
        let numbers = self.formats.iter().map(|one| match is_rtp {
            true => Cow::Owned(decimal(one.payload_type.into())),
            false => Cow::Borrowed(&*one.codec.name),
        });
        let ip = local.address.ip();
        let connection = own_address.map(|text| Connection {
            ttl: local
                .multicast_ttl
                .filter(|_| ip.is_multicast() && ip.is_ipv4()),
            ..Connection::to_ip(ip, text)
        });
        let port = local.address.port();
        MediaDescription {
            connections: connection.into_iter().collect(),
            bandwidths: bandwidths(local).collect(),
            attributes: self.attributes(mid),
            ..section(
                local.kind.as_str(),
                port,
                &local.transport,
                numbers.collect(),
            )
        }
    }

    fn attributes(&self, mid: Option<&'a str>) -> Vec<Attribute<'a>> {
        let local = self.local;
        // Two lines for every format, and one each for what follows.
        let count = self.formats.len().saturating_mul(2).saturating_add(6);
        let count = count.saturating_add(self.crypto.len());
        let mut attributes = Vec::with_capacity(count.saturating_add(local.attributes.len()));
        attributes.extend(mid.map(|mid| Attribute::value("mid", mid)));
        for one in self.formats.iter().filter(|_| local.is_rtp()) {
            // §5.1 wants the mapping of static numbers too.
            attributes.push(Attribute::value("rtpmap", map(one)));
            if let Some(parameters) = &one.codec.parameters {
                let number = Decimal::of(one.payload_type.into());
                let value = match parity_within(one, self.formats) {
                    Some(parity) => {
                        let parity = Decimal::of(parity.into());
                        [number.as_str(), " ", parameters, "/", parity.as_str()].concat()
                    }
                    None => [number.as_str(), " ", parameters].concat(),
                };
                attributes.push(Attribute::value("fmtp", value));
            }
        }
        for (name, value) in [("ptime", local.ptime_ms), ("maxptime", local.maxptime_ms)] {
            attributes.extend(value.map(|value| Attribute::value(name, decimal(value.into()))));
        }
        // RFC 3605: only where it is not the next port, which everyone assumes.
        let next = local.address.port().wrapping_add(1);
        if let Some(port) = local.rtcp_port.filter(|port| *port != next) {
            attributes.push(Attribute::value("rtcp", decimal(port.into())));
        }
        if self.mux {
            attributes.push(Attribute::property("rtcp-mux"));
        }
        let crypto = self.crypto.iter();
        attributes.extend(crypto.map(|line| Attribute::value("crypto", &**line)));
        for (name, value) in &local.attributes {
            attributes.push(match value {
                Some(value) => Attribute::value(name, &**value),
                None => Attribute::property(name),
            });
        }
        attributes.push(Attribute::property(self.direction.as_str()));
        attributes
    }
}

/// `payload-type SP encoding-name "/" clock-rate [ "/" channels ]` (RFC 8866 §6.6).
fn map(format: &Format) -> String {
    let codec = &format.codec;
    let number = Decimal::of(format.payload_type.into());
    let rate = Decimal::of(codec.clock_rate.into());
    let (number, name, rate) = (number.as_str(), &*codec.name, rate.as_str());
    match codec.channels {
        0 | 1 => [number, " ", name, "/", rate].concat(),
        channels => {
            let channels = Decimal::of(channels.into());
            [number, " ", name, "/", rate, "/", channels.as_str()].concat()
        }
    }
}

fn written_address(address: IpAddr) -> String {
    let mut text = Vec::with_capacity(40);
    write_ip(address, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// A number in decimal digits.
fn decimal(number: u64) -> String {
    Decimal::of(number).as_str().into()
}

fn bandwidths(local: &LocalMedia) -> impl Iterator<Item = Bandwidth<'static>> {
    let limits = &local.bandwidth;
    let lines = [
        (BandwidthKind::ApplicationSpecific, limits.session_kbps),
        (BandwidthKind::TransportIndependent, limits.media_bps),
        (BandwidthKind::RtcpSenders, limits.rtcp_senders_bps),
        (BandwidthKind::RtcpReceivers, limits.rtcp_receivers_bps),
    ];
    lines.into_iter().filter_map(|(kind, value)| {
        let value = u64::from(value?);
        Some(Bandwidth { kind, value })
    })
}

/// The section of a place that is not used.
pub(super) fn closed<'a>(closed: &'a Closed, mid: Option<&'a str>) -> MediaDescription<'a> {
    let format = Vec::from([Cow::Borrowed(&*closed.format)]);
    MediaDescription {
        attributes: mid
            .map(|mid| Attribute::value("mid", mid))
            .into_iter()
            .collect(),
        ..section(&closed.media, 0, &closed.proto, format)
    }
}

fn section<'a>(
    media: &'a str,
    port: u16,
    proto: &'a str,
    formats: Vec<Cow<'a, str>>,
) -> MediaDescription<'a> {
    MediaDescription {
        media,
        port,
        port_count: None,
        proto,
        formats,
        information: None,
        connections: Vec::new(),
        bandwidths: Vec::new(),
        attributes: Vec::new(),
    }
}
