//! A message as it was received (RFC 8489 §5, §6.3).

use core::fmt;
use core::net::SocketAddr;

use super::attribute::{Attribute, AttributeType, ErrorCode};
use super::error::{StunError, StunErrorKind};
use super::{BINDING, COOKIE, FINGERPRINT_XOR, HEADER_BYTES};
use crate::hash::{Crc32, Hash, Hmac, Sha1, Sha256, is_equal};

/// What a message is to its transaction (§5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Class {
    /// Wants a response.
    Request,
    /// Wants none.
    Indication,
    /// Answers a request.
    Success,
    /// Refuses a request.
    Error,
}

impl Class {
    /// The message type of a Binding of this class: its bits stand among those of the method.
    pub(super) const fn message_type(self) -> u16 {
        BINDING
            | match self {
                Self::Request => 0x0000,
                Self::Indication => 0x0010,
                Self::Success => 0x0100,
                Self::Error => 0x0110,
            }
    }
}

/// The 96 random bits that join a response to its request (§5).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionId(pub [u8; 12]);

impl fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Whether a datagram is STUN rather than anything else on the same port: its first two bits, its
/// length and its cookie say so (§5, §6.3). SIP never begins with such a byte (RFC 5626 §8).
#[must_use]
pub fn is_stun(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| first >> 6 == 0)
        && bytes.len() >= HEADER_BYTES
        && bytes.get(4..8) == Some(&COOKIE.to_be_bytes())
}

/// A Binding message whose attributes lie within it, and whose fingerprint, if it has one, is
/// right. What the values say is looked at when they are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message<'a> {
    bytes: &'a [u8],
    class: Class,
    has_fingerprint: bool,
}

impl<'a> Message<'a> {
    /// Takes a whole datagram.
    ///
    /// # Errors
    /// What is wrong with it, and where. Whatever it is, the datagram is to be discarded silently
    /// (§6.3).
    pub fn parse(bytes: &'a [u8]) -> Result<Self, StunError> {
        let fail = |kind, at| Err(StunError { kind, at });
        if !is_stun(bytes) {
            return fail(StunErrorKind::NotStun, 0);
        }
        let class = match be16(bytes, 0) {
            0x0001 => Class::Request,
            0x0011 => Class::Indication,
            0x0101 => Class::Success,
            0x0111 => Class::Error,
            _ => return fail(StunErrorKind::Method, 0),
        };
        let length = usize::from(be16(bytes, 2));
        if length % 4 != 0 || length.wrapping_add(HEADER_BYTES) != bytes.len() {
            return fail(StunErrorKind::Length, 2);
        }
        let mut message = Self {
            bytes,
            class,
            has_fingerprint: false,
        };
        let mut attributes = message.attributes();
        let mut fingerprint = None;
        for attribute in &mut attributes {
            if fingerprint.is_some() {
                return fail(StunErrorKind::AfterFingerprint, attribute.at);
            }
            if attribute.kind == AttributeType::FINGERPRINT {
                fingerprint = Some(attribute);
            }
        }
        if !attributes.rest.is_empty() {
            return fail(StunErrorKind::AttributeLength, attributes.at);
        }
        if let Some(attribute) = fingerprint {
            let before = bytes.get(..usize::from(attribute.at)).unwrap_or_default();
            let right = Crc32::of(before) ^ FINGERPRINT_XOR;
            if attribute.value != right.to_be_bytes() {
                return fail(StunErrorKind::Fingerprint, attribute.at);
            }
            message.has_fingerprint = true;
        }
        Ok(message)
    }

    /// What it is to its transaction.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.class
    }

    /// Which transaction it belongs to.
    #[must_use]
    pub fn transaction_id(&self) -> TransactionId {
        let id = self.bytes.get(8..20).and_then(|id| id.try_into().ok());
        TransactionId(id.unwrap_or_default())
    }

    /// Whether it has a fingerprint, which is right then.
    #[must_use]
    pub const fn has_fingerprint(&self) -> bool {
        self.has_fingerprint
    }

    /// All attributes, in order.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes {
            rest: self.bytes.get(HEADER_BYTES..).unwrap_or_default(),
            at: HEADER_BYTES as u16,
        }
    }

    /// The first attribute of that type; those behind it are ignored (§14). So is what stands
    /// behind an integrity and is not protected by it, but for what belongs there (§14.5, §14.6).
    #[must_use]
    pub fn attribute(&self, kind: AttributeType) -> Option<Attribute<'a>> {
        self.believable().find(|attribute| attribute.kind == kind)
    }

    /// The address the server saw, hidden or not (§14.2, §14.1); `None` if it says none.
    ///
    /// # Errors
    /// It says one that cannot be read.
    pub fn mapped_address(&self) -> Result<Option<SocketAddr>, StunError> {
        if let Some(hidden) = self.attribute(AttributeType::XOR_MAPPED_ADDRESS) {
            return hidden.xor_address(self.transaction_id()).map(Some);
        }
        let plain = self.attribute(AttributeType::MAPPED_ADDRESS);
        plain.map(|attribute| attribute.address()).transpose()
    }

    /// Why it failed; `None` if it does not say.
    ///
    /// # Errors
    /// It says it in a way that cannot be read.
    pub fn error_code(&self) -> Result<Option<ErrorCode<'a>>, StunError> {
        let attribute = self.attribute(AttributeType::ERROR_CODE);
        attribute.map(|found| found.error_code()).transpose()
    }

    /// The types that have to be understood and are not among `known` (§6.3.1).
    pub fn unknown_required(&self, known: &[AttributeType]) -> impl Iterator<Item = AttributeType> {
        self.believable()
            .map(|attribute| attribute.kind)
            .filter(|kind| kind.is_comprehension_required() && !known.contains(kind))
    }

    /// Whether its MESSAGE-INTEGRITY was made with `key` (§14.5); `None` if it has none.
    #[must_use]
    pub fn is_integral(&self, key: &[u8]) -> Option<bool> {
        let found = self.attribute(AttributeType::MESSAGE_INTEGRITY)?;
        let code = self.code_until::<Sha1>(key, found, 20)?;
        Some(found.value.len() == 20 && is_equal(code.as_ref(), found.value))
    }

    /// Whether its MESSAGE-INTEGRITY-SHA256 was made with `key` (§14.6); `None` if it has none. A
    /// truncated one is refused: no usage here allows it.
    #[must_use]
    pub fn is_integral_sha256(&self, key: &[u8]) -> Option<bool> {
        let found = self.attribute(AttributeType::MESSAGE_INTEGRITY_SHA256)?;
        let code = self.code_until::<Sha256>(key, found, 32)?;
        Some(found.value.len() == 32 && is_equal(code.as_ref(), found.value))
    }

    /// The code over what stands before `attribute`, the length ending with it.
    fn code_until<H: Hash>(
        &self,
        key: &[u8],
        attribute: Attribute<'_>,
        code_bytes: u16,
    ) -> Option<H::Digest> {
        let before = self.bytes.get(..usize::from(attribute.at))?;
        Some(code_over::<H>(key, before, code_bytes))
    }

    fn believable(&self) -> impl Iterator<Item = Attribute<'a>> + use<'a> {
        let mut behind = Behind::Nothing;
        self.attributes()
            .filter(move |attribute| behind.admits(attribute.kind))
    }
}

/// Which integrity stands before an attribute.
#[derive(Clone, Copy)]
enum Behind {
    Nothing,
    Sha1,
    Sha256,
}

impl Behind {
    fn admits(&mut self, kind: AttributeType) -> bool {
        let admits = match self {
            Self::Nothing => true,
            Self::Sha1 => {
                kind == AttributeType::MESSAGE_INTEGRITY_SHA256
                    || kind == AttributeType::FINGERPRINT
            }
            Self::Sha256 => kind == AttributeType::FINGERPRINT,
        };
        if admits {
            match kind {
                AttributeType::MESSAGE_INTEGRITY => *self = Self::Sha1,
                AttributeType::MESSAGE_INTEGRITY_SHA256 => *self = Self::Sha256,
                _ => {}
            }
        }
        admits
    }
}

/// The code of an integrity that stands behind `before`, which begins with the header: the length
/// there is taken to end with the integrity (§14.5, §14.6).
pub(super) fn code_over<H: Hash>(key: &[u8], before: &[u8], code_bytes: u16) -> H::Digest {
    let (start, rest) = before.split_at_checked(2).unwrap_or_default();
    let (_, rest) = rest.split_at_checked(2).unwrap_or_default();
    let until = u16::try_from(before.len().saturating_sub(HEADER_BYTES)).unwrap_or(u16::MAX);
    let length = until.saturating_add(4).saturating_add(code_bytes);
    let mut hmac = Hmac::<H>::new(key);
    hmac.update(start);
    hmac.update(&length.to_be_bytes());
    hmac.update(rest);
    hmac.finish()
}

/// The attributes of a message, in order.
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    rest: &'a [u8],
    at: u16,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    #[inline]
    fn next(&mut self) -> Option<Attribute<'a>> {
        let (head, behind) = self.rest.split_first_chunk::<4>()?;
        let [k0, k1, l0, l1] = *head;
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        let value = behind.get(..length)?;
        // §14: padded to four bytes, whatever the padding holds.
        let padded = length.wrapping_add(3) & !3;
        self.rest = behind.get(padded..)?;
        let at = self.at;
        self.at = at.wrapping_add(4).wrapping_add(padded as u16);
        Some(Attribute {
            kind: AttributeType(u16::from_be_bytes([k0, k1])),
            value,
            at,
        })
    }
}

#[inline]
fn be16(bytes: &[u8], at: usize) -> u16 {
    let pair = bytes.get(at..at.wrapping_add(2));
    pair.and_then(|pair| pair.try_into().ok())
        .map_or(0, u16::from_be_bytes)
}
