//! The SIP servers a network names to its hosts by DHCP (RFC 3361; RFC 3319 for IPv6): the options,
//! not the protocol, which is the system's.
//!
//! What they name are outbound proxies, in the order in which they are to be tried. A domain among
//! them is located as any other (RFC 3263), so that [`SipServers::uris`] is all that is left to be
//! configured.
//!
//! ```
//! use offhook::dhcp::SipServers;
//!
//! // Code 120, four bytes: an encoding of 0, and a name of one letter.
//! let servers = SipServers::of_v4(&[120, 4, 0, 1, b'a', 0, 255]).unwrap();
//! assert_eq!(servers.unwrap().uris(), ["sip:a"]);
//! ```

mod error;
#[cfg(test)]
mod tests;

pub use error::{DhcpError, DhcpErrorKind};

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::dns::{Name, Reader};
use crate::sip::uri::Host;

/// The option of DHCPv4 (RFC 3361 §3).
pub const SIP_SERVERS_V4: u8 = 120;
/// The option of DHCPv6 that holds names (RFC 3319 §3.1).
pub const SIP_SERVERS_V6_DOMAINS: u16 = 21;
/// The option of DHCPv6 that holds addresses (RFC 3319 §3.2).
pub const SIP_SERVERS_V6_ADDRESSES: u16 = 22;

/// Names or addresses of one option: a handful of providers, not a directory.
const SERVERS_MAX: usize = 32;
/// The options of DHCPv4 that are no more than their code (RFC 2132 §3.1, §3.2).
const PAD: u8 = 0;
const END: u8 = 255;
/// Bytes of the longest part of an option of DHCPv4.
const PART_MAX: usize = 255;

/// The outbound proxies that one network names, the preferred one first; at least one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SipServers {
    /// By their domains.
    Domains(Vec<Name>),
    /// By their addresses.
    Addresses(Vec<IpAddr>),
}

impl SipServers {
    /// Finds the servers in the options of a DHCPv4 message, which are what follows its magic
    /// cookie. Nothing if none are named.
    ///
    /// # Errors
    /// The options or those servers cannot be read.
    pub fn of_v4(options: &[u8]) -> Result<Option<Self>, DhcpError> {
        let (mut value, mut found, mut at) = (Vec::new(), false, 0);
        loop {
            match options.get(at..).unwrap_or_default() {
                [] | [END, ..] => break,
                [PAD, ..] => at += 1,
                [code, length, rest @ ..] => {
                    let part = rest.get(..usize::from(*length));
                    let part = part.ok_or(DhcpErrorKind::Truncated.at(at))?;
                    if *code == SIP_SERVERS_V4 {
                        // RFC 3361 §3, RFC 3396 §7: several instances are one that was cut up.
                        value.extend_from_slice(part);
                        found = true;
                    }
                    at += 2 + part.len();
                }
                [_] => return Err(DhcpErrorKind::Truncated.at(at)),
            }
        }
        found.then(|| Self::parse_v4(&value)).transpose()
    }

    /// Finds the servers in the options of a DHCPv6 message. Nothing if none are named.
    ///
    /// # Errors
    /// The options or those servers cannot be read.
    pub fn of_v6(options: &[u8]) -> Result<Option<Self>, DhcpError> {
        let (mut domains, mut addresses, mut at) = (None, None, 0);
        while at < options.len() {
            let (code, value) = option_v6(options, at)?;
            match code {
                SIP_SERVERS_V6_DOMAINS => domains = Some(Self::parse_v6_domains(value)?),
                SIP_SERVERS_V6_ADDRESSES => addresses = Some(Self::parse_v6_addresses(value)?),
                _ => {}
            }
            at += 4 + value.len();
        }
        // RFC 3319 §4: of both, the names.
        Ok(domains.or(addresses))
    }

    /// Reads the value of option 120, put together if it came in parts (RFC 3361 §3).
    ///
    /// # Errors
    /// What is wrong and where.
    pub fn parse_v4(value: &[u8]) -> Result<Self, DhcpError> {
        match value {
            // §3.1: a pointer counts from the first name on; names are what RFC 1035 calls a
            // message here.
            [0, names @ ..] => domains(names, Compression::Allowed).map_err(|error| error.after(1)),
            [1, addresses @ ..] => {
                let of = |bytes: [u8; 4]| Ipv4Addr::from(bytes).into();
                parse_addresses(addresses, of).map_err(|error| error.after(1))
            }
            [_, ..] => Err(DhcpErrorKind::Encoding.at(0)),
            [] => Err(DhcpErrorKind::Truncated.at(0)),
        }
    }

    /// Reads the value of option 21 (RFC 3319 §3.1).
    ///
    /// # Errors
    /// What is wrong and where.
    pub fn parse_v6_domains(value: &[u8]) -> Result<Self, DhcpError> {
        domains(value, Compression::Forbidden)
    }

    /// Reads the value of option 22 (RFC 3319 §3.2).
    ///
    /// # Errors
    /// What is wrong and where.
    pub fn parse_v6_addresses(value: &[u8]) -> Result<Self, DhcpError> {
        parse_addresses(value, |bytes: [u8; 16]| Ipv6Addr::from(bytes).into())
    }

    /// Appends option 120 with its code and length, in as many parts as it needs (RFC 3361 §3.1,
    /// RFC 3396 §6); names without compression. Addresses of IPv6 are left out: there is no room
    /// for them.
    pub fn write_v4(&self, out: &mut Vec<u8>) {
        let mut value = Vec::new();
        match self {
            Self::Domains(names) => {
                value.push(0);
                value.extend(names.iter().flat_map(|name| name.as_wire()));
            }
            Self::Addresses(addresses) => {
                value.push(1);
                for address in addresses {
                    if let IpAddr::V4(ip) = address {
                        value.extend_from_slice(&ip.octets());
                    }
                }
            }
        }
        for part in value.chunks(PART_MAX) {
            out.push(SIP_SERVERS_V4);
            out.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
            out.extend_from_slice(part);
        }
    }

    /// Appends option 21 or 22 with its code and length (RFC 3319 §3). Addresses of IPv4 are left
    /// out: there is no room for them.
    pub fn write_v6(&self, out: &mut Vec<u8>) {
        let mut value = Vec::new();
        let code = match self {
            Self::Domains(names) => {
                value.extend(names.iter().flat_map(|name| name.as_wire()));
                SIP_SERVERS_V6_DOMAINS
            }
            Self::Addresses(addresses) => {
                for address in addresses {
                    if let IpAddr::V6(ip) = address {
                        value.extend_from_slice(&ip.octets());
                    }
                }
                SIP_SERVERS_V6_ADDRESSES
            }
        };
        // So many names or addresses as are read again have no more bytes than that.
        value.truncate(usize::from(u16::MAX));
        let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
        out.extend_from_slice(&code.to_be_bytes());
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&value);
    }

    /// The URI of each, to be tried as an outbound proxy in this order. A name that can be no host
    /// of a URI is left out.
    #[must_use]
    pub fn uris(&self) -> Vec<String> {
        match self {
            Self::Domains(names) => {
                let texts = names.iter().map(Name::to_string);
                let hosts = texts.filter(|text| Host::parse(text).is_some());
                hosts.map(|host| format!("sip:{host}")).collect()
            }
            Self::Addresses(addresses) => {
                let uri = |ip: &IpAddr| match ip {
                    IpAddr::V4(ip) => format!("sip:{ip}"),
                    IpAddr::V6(ip) => format!("sip:[{ip}]"),
                };
                addresses.iter().map(uri).collect()
            }
        }
    }
}

/// The code and the value of the option at a place.
fn option_v6(options: &[u8], at: usize) -> Result<(u16, &[u8]), DhcpError> {
    let truncated = DhcpErrorKind::Truncated.at(at);
    let Some([a, b, c, d, rest @ ..]) = options.get(at..) else {
        return Err(truncated);
    };
    let length = usize::from(u16::from_be_bytes([*c, *d]));
    let value = rest.get(..length).ok_or(truncated)?;
    Ok((u16::from_be_bytes([*a, *b]), value))
}

/// Whether names may end in a pointer to others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compression {
    /// RFC 3361 §3.1.
    Allowed,
    /// RFC 8415 §10.
    Forbidden,
}

fn domains(bytes: &[u8], compression: Compression) -> Result<SipServers, DhcpError> {
    let mut reader = Reader::new(bytes);
    let mut names = Vec::new();
    while !reader.is_at_end() {
        let at = reader.position();
        let name = reader.name()?;
        let is_whole = reader.position() - at == name.as_wire().len();
        if compression == Compression::Forbidden && !is_whole {
            return Err(DhcpErrorKind::Compressed.at(at));
        }
        // §3.1: the option has three bytes at least, which is one more than the root would need.
        if name.is_root() {
            return Err(DhcpErrorKind::Root.at(at));
        }
        if names.len() == SERVERS_MAX {
            return Err(DhcpErrorKind::TooMany.at(at));
        }
        names.push(name);
    }
    if names.is_empty() {
        return Err(DhcpErrorKind::Truncated.at(0));
    }
    Ok(SipServers::Domains(names))
}

fn parse_addresses<const N: usize>(
    bytes: &[u8],
    address: impl Fn([u8; N]) -> IpAddr,
) -> Result<SipServers, DhcpError> {
    let mut addresses = Vec::new();
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first_chunk() {
        if addresses.len() == SERVERS_MAX {
            return Err(DhcpErrorKind::TooMany.at(bytes.len() - rest.len()));
        }
        addresses.push(address(*first));
        rest = after;
    }
    if addresses.is_empty() || !rest.is_empty() {
        return Err(DhcpErrorKind::Truncated.at(bytes.len() - rest.len()));
    }
    Ok(SipServers::Addresses(addresses))
}
