//! From a captured frame to the datagram or segment in it, and whether that is meant as SIP.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A datagram found in a frame.
pub(super) struct Datagram<'a> {
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
    /// Whether it is meant as SIP.
    pub(super) is_sip: bool,
    pub(super) payload: &'a [u8],
}

/// A segment of a TCP stream.
pub(super) struct Segment<'a> {
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
    pub(super) sequence: u32,
    /// SYN: the sequence number stands before the first byte.
    pub(super) is_start: bool,
    /// FIN: nothing follows.
    pub(super) is_end: bool,
    /// RST: nothing follows, whatever is missing.
    pub(super) is_reset: bool,
    pub(super) payload: &'a [u8],
}

impl Segment<'_> {
    /// Whether one of the ports is that of SIP.
    pub(super) fn is_by_port(&self) -> bool {
        self.source.port() == SIP || self.destination.port() == SIP
    }
}

/// The port of SIP without TLS (RFC 3261 §19.1.2).
const SIP: u16 = 5060;

/// What a frame holds.
pub(super) enum Content<'a> {
    Datagram(Datagram<'a>),
    Segment(Segment<'a>),
    /// SIP in a part of a packet: not looked at.
    Unread,
    /// Something else.
    Other,
}

/// Takes a frame apart by its link layer (the LINKTYPE numbers of captures).
pub(super) fn content(link: u16, frame: &[u8]) -> Content<'_> {
    match packet(link, frame) {
        Some(packet) => ip(packet).unwrap_or(Content::Other),
        None => Content::Other,
    }
}

/// The IP packet in a frame.
fn packet(link: u16, frame: &[u8]) -> Option<&[u8]> {
    match link {
        // Loopback: four bytes of address family.
        0 | 108 => frame.get(4..),
        1 => ethernet(frame.get(12..)?),
        // Raw IP, by its several numbers.
        12 | 14 | 101 | 228 | 229 => Some(frame),
        // Linux cooked, version 1 and 2: the protocol stands last, and first.
        113 => ethernet(frame.get(14..)?),
        276 => is_ip(half(frame, 0)?).then(|| frame.get(20..))?,
        _ => None,
    }
}

/// From the EtherType on, VLAN tags skipped.
fn ethernet(mut rest: &[u8]) -> Option<&[u8]> {
    while matches!(half(rest, 0)?, 0x8100 | 0x88a8 | 0x9100) {
        rest = rest.get(4..)?;
    }
    is_ip(half(rest, 0)?).then(|| rest.get(2..))?
}

const fn is_ip(ether_type: u16) -> bool {
    matches!(ether_type, 0x0800 | 0x86dd)
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..)?.first_chunk::<2>()?;
    Some(u16::from_be_bytes(*bytes))
}

fn ip(packet: &[u8]) -> Option<Content<'_>> {
    let first = *packet.first()?;
    match first >> 4 {
        4 => {
            let length = usize::from(half(packet, 2)?).min(packet.len());
            // A length of zero: the network card was to fill it in.
            let length = if length == 0 { packet.len() } else { length };
            let header = usize::from(first & 15) * 4;
            let from: [u8; 4] = *packet.get(12..)?.first_chunk()?;
            let to: [u8; 4] = *packet.get(16..)?.first_chunk()?;
            let is_part = half(packet, 6)? & 0x3fff != 0;
            let protocol = *packet.get(9)?;
            let ends = (Ipv4Addr::from(from).into(), Ipv4Addr::from(to).into());
            transport(protocol, is_part, ends, packet.get(header..length)?)
        }
        6 => {
            let from: [u8; 16] = *packet.get(8..)?.first_chunk()?;
            let to: [u8; 16] = *packet.get(24..)?.first_chunk()?;
            let end = usize::from(half(packet, 4)?).saturating_add(40);
            let mut rest = packet.get(40..end.min(packet.len()))?;
            let mut protocol = *packet.get(6)?;
            let mut is_part = false;
            // Hop-by-hop, routing, fragment, destination options.
            while matches!(protocol, 0 | 43 | 44 | 60) {
                let length = match protocol {
                    44 => {
                        is_part = half(rest, 2)? & 0xfff9 != 0;
                        8
                    }
                    _ => usize::from(*rest.get(1)?) * 8 + 8,
                };
                protocol = *rest.first()?;
                rest = rest.get(length..)?;
            }
            let ends = (Ipv6Addr::from(from).into(), Ipv6Addr::from(to).into());
            transport(protocol, is_part, ends, rest)
        }
        _ => None,
    }
}

fn transport(
    protocol: u8,
    is_part: bool,
    (from, to): (IpAddr, IpAddr),
    rest: &[u8],
) -> Option<Content<'_>> {
    let (source, destination) = (half(rest, 0)?, half(rest, 2)?);
    let source = SocketAddr::new(from, source);
    let destination = SocketAddr::new(to, destination);
    let payload = match protocol {
        17 => rest.get(8..)?,
        6 => return segment(source, destination, is_part, rest),
        _ => return Some(Content::Other),
    };
    let is_by_port = source.port() == SIP || destination.port() == SIP;
    let is_sip = is_sip(payload) || (is_by_port && !is_keep_alive(payload));
    if is_part {
        return Some(if is_sip {
            Content::Unread
        } else {
            Content::Other
        });
    }
    let length = usize::from(half(rest, 4)?).saturating_sub(8);
    Some(Content::Datagram(Datagram {
        source,
        destination,
        is_sip,
        payload: payload.get(..length).unwrap_or(payload),
    }))
}

/// RFC 9293 §3.1.
fn segment(
    source: SocketAddr,
    destination: SocketAddr,
    is_part: bool,
    rest: &[u8],
) -> Option<Content<'_>> {
    let sequence = u32::from_be_bytes(*rest.get(4..)?.first_chunk()?);
    let header = usize::from(*rest.get(12)? >> 4) * 4;
    let flags = *rest.get(13)?;
    let payload = rest.get(header..)?;
    if is_part {
        let is_sip = is_sip(payload);
        return Some(if is_sip {
            Content::Unread
        } else {
            Content::Other
        });
    }
    Some(Content::Segment(Segment {
        source,
        destination,
        sequence,
        is_start: flags & 2 != 0,
        is_end: flags & 1 != 0,
        is_reset: flags & 4 != 0,
        payload,
    }))
}

/// Whether the first line that is not empty names SIP.
pub(super) fn is_sip(payload: &[u8]) -> bool {
    let line = payload
        .split(|b| *b == b'\n')
        .take(8)
        .find(|line| !line.trim_ascii().is_empty());
    line.is_some_and(|line| line.windows(4).any(|w| w.eq_ignore_ascii_case(b"SIP/")))
}

/// Line ends or zeros that hold a NAT open, or STUN (RFC 5626 §3.5, §8).
fn is_keep_alive(payload: &[u8]) -> bool {
    let is_nothing = |b: &u8| matches!(b, b'\r' | b'\n' | b' ' | 0);
    payload.iter().all(is_nothing) || payload.first().is_some_and(|first| *first < 4)
}
