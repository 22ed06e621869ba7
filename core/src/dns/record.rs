//! Resource records: the kinds that lead to a SIP server, and what a resolver needs of its own
//! (RFC 1035 §3.2; A §3.4.1, CNAME §3.3.1, SOA §3.3.13; AAAA RFC 3596 §2; SRV RFC 2782; NAPTR
//! RFC 3403 §4).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

use super::error::{DnsError, DnsErrorKind};
use super::name::Name;
use super::read::Reader;

/// A resource record of class IN.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// Whose it is.
    pub name: Name,
    /// Seconds for which it may be kept.
    pub ttl: u32,
    /// What it says.
    pub data: RecordData,
}

/// What a record says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RecordData {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// The name is another name for this one.
    Cname(Name),
    /// Where a zone begins.
    Soa(Soa),
    /// A server of a service.
    Srv(Srv),
    /// A rule that leads on.
    Naptr(Naptr),
}

/// Which kind of record is asked for, or is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RecordKind {
    /// IPv4 addresses (RFC 1035 §3.4.1).
    A,
    /// IPv6 addresses (RFC 3596 §2.1).
    Aaaa,
    /// An alias (RFC 1035 §3.3.1).
    Cname,
    /// The start of a zone (RFC 1035 §3.3.13).
    Soa,
    /// Servers of a service (RFC 2782).
    Srv,
    /// Rules that lead on (RFC 3403).
    Naptr,
}

impl RecordKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::A,
        Self::Aaaa,
        Self::Cname,
        Self::Soa,
        Self::Srv,
        Self::Naptr,
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        match self {
            Self::A => 1,
            Self::Cname => 5,
            Self::Soa => 6,
            Self::Aaaa => 28,
            Self::Srv => 33,
            Self::Naptr => 35,
        }
    }

    /// The kind of that number, if it is one of these.
    #[must_use]
    pub fn from_u16(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_u16() == number)
    }
}

/// The start of a zone; a resolver reads from it how long "there is none" may be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Soa {
    /// The name server the zone comes from.
    pub primary: Name,
    /// The mailbox of whoever is responsible, its `@` written as a dot.
    pub mailbox: Name,
    /// The version of the zone.
    pub serial: u32,
    /// Seconds between two looks of a secondary server at the serial.
    pub refresh: u32,
    /// Seconds until it looks again after a failure.
    pub retry: u32,
    /// Seconds until it gives the zone up.
    pub expire: u32,
    /// Seconds for which a negative answer may be kept (RFC 2308 §4).
    pub minimum: u32,
}

/// One server of a service (RFC 2782).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Srv {
    /// Lower ones are to be tried first.
    pub priority: u16,
    /// Of equal priority, the share of those who choose this one first.
    pub weight: u16,
    /// The port of the service.
    pub port: u16,
    /// The host; the root says that the service is decidedly not offered.
    pub target: Name,
}

/// A rule that leads on (RFC 3403 §4.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Naptr {
    /// Lower ones first; once one of them fits, those of another order are out of the question.
    pub order: u16,
    /// Of equal order, lower ones are preferred.
    pub preference: u16,
    /// What the result of the rule is; `s` says a name that has SRV records.
    pub flags: CharacterString,
    /// What is offered.
    pub services: CharacterString,
    /// A substitution expression, or nothing.
    pub regexp: CharacterString,
    /// The next name to ask for, or the root if there is an expression.
    pub replacement: Name,
}

/// RFC 1035 §3.3: a string of up to 255 bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CharacterString(Box<[u8]>);

impl CharacterString {
    /// Those bytes.
    ///
    /// # Errors
    /// There are more than 255.
    pub fn new(bytes: &[u8]) -> Result<Self, DnsError> {
        match u8::try_from(bytes.len()) {
            Ok(_) => Ok(Self(bytes.into())),
            Err(_) => Err(DnsErrorKind::CharacterStringTooLong.at(255)),
        }
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it is `text`, without regard to case.
    #[must_use]
    pub fn is_same(&self, text: &str) -> bool {
        self.0.eq_ignore_ascii_case(text.as_bytes())
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::try_from(self.0.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(&self.0);
    }
}

impl fmt::Debug for CharacterString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl RecordData {
    /// Which kind it is.
    #[must_use]
    pub const fn kind(&self) -> RecordKind {
        match self {
            Self::A(_) => RecordKind::A,
            Self::Aaaa(_) => RecordKind::Aaaa,
            Self::Cname(_) => RecordKind::Cname,
            Self::Soa(_) => RecordKind::Soa,
            Self::Srv(_) => RecordKind::Srv,
            Self::Naptr(_) => RecordKind::Naptr,
        }
    }

    /// Reads the data of a record of that kind. The reader says whether it took the right length.
    pub(super) fn read(kind: RecordKind, reader: &mut Reader<'_>) -> Result<Self, DnsError> {
        Ok(match kind {
            RecordKind::A => Self::A(Ipv4Addr::from_bits(reader.u32()?)),
            RecordKind::Aaaa => {
                let (high, low) = (reader.u64()?, reader.u64()?);
                Self::Aaaa(Ipv6Addr::from_bits(
                    (u128::from(high) << 64) | u128::from(low),
                ))
            }
            RecordKind::Cname => Self::Cname(reader.name()?),
            RecordKind::Soa => Self::Soa(Soa {
                primary: reader.name()?,
                mailbox: reader.name()?,
                serial: reader.u32()?,
                refresh: reader.u32()?,
                retry: reader.u32()?,
                expire: reader.u32()?,
                minimum: reader.u32()?,
            }),
            // Neither RFC 2782 nor RFC 3403 lets the name below be compressed; servers do it all
            // the same, and nothing is lost by understanding it.
            RecordKind::Srv => Self::Srv(Srv {
                priority: reader.u16()?,
                weight: reader.u16()?,
                port: reader.u16()?,
                target: reader.name()?,
            }),
            RecordKind::Naptr => Self::Naptr(Naptr {
                order: reader.u16()?,
                preference: reader.u16()?,
                flags: reader.character_string()?,
                services: reader.character_string()?,
                regexp: reader.character_string()?,
                replacement: reader.name()?,
            }),
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::A(address) => out.extend_from_slice(&address.octets()),
            Self::Aaaa(address) => out.extend_from_slice(&address.octets()),
            Self::Cname(name) => out.extend_from_slice(name.as_wire()),
            Self::Soa(soa) => {
                out.extend_from_slice(soa.primary.as_wire());
                out.extend_from_slice(soa.mailbox.as_wire());
                for number in [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum] {
                    out.extend_from_slice(&number.to_be_bytes());
                }
            }
            Self::Srv(srv) => {
                for number in [srv.priority, srv.weight, srv.port] {
                    out.extend_from_slice(&number.to_be_bytes());
                }
                out.extend_from_slice(srv.target.as_wire());
            }
            Self::Naptr(naptr) => {
                for number in [naptr.order, naptr.preference] {
                    out.extend_from_slice(&number.to_be_bytes());
                }
                for text in [&naptr.flags, &naptr.services, &naptr.regexp] {
                    text.write(out);
                }
                out.extend_from_slice(naptr.replacement.as_wire());
            }
        }
    }
}

/// The number of class IN (RFC 1035 §3.2.4).
pub(super) const CLASS_IN: u16 = 1;

impl Record {
    /// Appends the record, its names uncompressed. The data of no kind reaches 64 kilobytes.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.name.as_wire());
        out.extend_from_slice(&self.data.kind().as_u16().to_be_bytes());
        out.extend_from_slice(&CLASS_IN.to_be_bytes());
        out.extend_from_slice(&self.ttl.to_be_bytes());
        let start = out.len();
        out.extend_from_slice(&[0, 0]);
        self.data.write(out);
        let length = u16::try_from(out.len() - start - 2).unwrap_or(u16::MAX);
        if let Some(place) = out.get_mut(start..start + 2) {
            place.copy_from_slice(&length.to_be_bytes());
        }
    }
}
