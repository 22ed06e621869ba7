//! Attributes and what their values say (RFC 8489 §14).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::error::{StunError, StunErrorKind};
use super::{COOKIE, TransactionId};

/// The type of an attribute (§18.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AttributeType(pub u16);

impl AttributeType {
    /// The address a request came from, in the clear (§14.1).
    pub const MAPPED_ADDRESS: Self = Self(0x0001);
    /// Whose password is meant (§14.3).
    pub const USERNAME: Self = Self(0x0006);
    /// An HMAC-SHA1 of what stands before it (§14.5).
    pub const MESSAGE_INTEGRITY: Self = Self(0x0008);
    /// Why it failed (§14.8).
    pub const ERROR_CODE: Self = Self(0x0009);
    /// Which attributes were not understood (§14.13).
    pub const UNKNOWN_ATTRIBUTES: Self = Self(0x000a);
    /// Where the user is known (§14.9).
    pub const REALM: Self = Self(0x0014);
    /// What makes a request fresh (§14.10).
    pub const NONCE: Self = Self(0x0015);
    /// An HMAC-SHA256 of what stands before it (§14.6).
    pub const MESSAGE_INTEGRITY_SHA256: Self = Self(0x001c);
    /// The address a request came from (§14.2).
    pub const XOR_MAPPED_ADDRESS: Self = Self(0x0020);
    /// What the sender runs (§14.14).
    pub const SOFTWARE: Self = Self(0x8022);
    /// A CRC-32 of what stands before it (§14.7).
    pub const FINGERPRINT: Self = Self(0x8028);

    /// Whether a message must be refused by who does not understand it (§14).
    #[must_use]
    pub const fn is_comprehension_required(self) -> bool {
        self.0 < 0x8000
    }
}

/// One attribute, its value as it stands in the message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attribute<'a> {
    /// What it is.
    pub kind: AttributeType,
    /// Its value, without padding.
    pub value: &'a [u8],
    /// Bytes from the start of the message to its type.
    pub(super) at: u16,
}

/// What an ERROR-CODE says (§14.8).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ErrorCode<'a> {
    /// 300 to 699.
    pub code: u16,
    /// For people.
    pub reason: &'a str,
}

impl<'a> Attribute<'a> {
    const fn fault(&self, kind: StunErrorKind) -> StunError {
        StunError { kind, at: self.at }
    }

    /// The value as UTF-8: USERNAME, REALM, NONCE, SOFTWARE.
    ///
    /// # Errors
    /// It is not UTF-8.
    pub fn text(&self) -> Result<&'a str, StunError> {
        core::str::from_utf8(self.value).map_err(|_| self.fault(StunErrorKind::Text))
    }

    /// The value as an address in the clear (§14.1).
    ///
    /// # Errors
    /// Its length or family is wrong.
    pub fn address(&self) -> Result<SocketAddr, StunError> {
        let (family, port, address) = match self.value {
            // §14.1: the first byte is ignored.
            [_, family, high, low, address @ ..] => {
                (*family, u16::from_be_bytes([*high, *low]), address)
            }
            _ => return Err(self.fault(StunErrorKind::Value)),
        };
        let fault = |_| self.fault(StunErrorKind::Value);
        let ip = match family {
            1 => IpAddr::V4(<[u8; 4]>::try_from(address).map_err(fault)?.into()),
            2 => IpAddr::V6(<[u8; 16]>::try_from(address).map_err(fault)?.into()),
            _ => return Err(self.fault(StunErrorKind::Family)),
        };
        Ok(SocketAddr::new(ip, port))
    }

    /// The value as an address hidden from translators that would rewrite it (§14.2).
    ///
    /// # Errors
    /// Its length or family is wrong.
    pub fn xor_address(&self, id: TransactionId) -> Result<SocketAddr, StunError> {
        self.address().map(|hidden| xored(hidden, id))
    }

    /// The value as an error (§14.8).
    ///
    /// # Errors
    /// It is too short, out of range, or its reason is not UTF-8.
    pub fn error_code(&self) -> Result<ErrorCode<'a>, StunError> {
        let [_, _, class, number, reason @ ..] = self.value else {
            return Err(self.fault(StunErrorKind::Value));
        };
        let class = u16::from(class & 7);
        if !(3..=6).contains(&class) || *number > 99 {
            return Err(self.fault(StunErrorKind::ErrorCode));
        }
        let code = class.wrapping_mul(100).wrapping_add(u16::from(*number));
        let reason = core::str::from_utf8(reason).map_err(|_| self.fault(StunErrorKind::Text))?;
        Ok(ErrorCode { code, reason })
    }

    /// The value as a list of types (§14.13).
    ///
    /// # Errors
    /// Its length is odd.
    pub fn types(&self) -> Result<impl Iterator<Item = AttributeType> + use<'a>, StunError> {
        if self.value.len() % 2 != 0 {
            return Err(self.fault(StunErrorKind::Value));
        }
        let pairs = self.value.chunks_exact(2);
        Ok(pairs.map(|pair| AttributeType(pair.try_into().map_or(0, u16::from_be_bytes))))
    }
}

/// An address with the cookie and the transaction laid over it, or taken off again (§14.2).
pub(super) fn xored(address: SocketAddr, id: TransactionId) -> SocketAddr {
    let port = address.port() ^ (COOKIE >> 16) as u16;
    let ip = match address.ip() {
        IpAddr::V4(ip) => IpAddr::V4(Ipv4Addr::from_bits(ip.to_bits() ^ COOKIE)),
        IpAddr::V6(ip) => {
            let mut mask = [0; 16];
            let words = COOKIE.to_be_bytes();
            for (to, from) in mask.iter_mut().zip(words.iter().chain(&id.0)) {
                *to = *from;
            }
            IpAddr::V6(Ipv6Addr::from_bits(
                ip.to_bits() ^ u128::from_be_bytes(mask),
            ))
        }
    };
    SocketAddr::new(ip, port)
}
