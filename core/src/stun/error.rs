//! Why bytes are no STUN message.

use core::fmt;

/// Why bytes could not be taken as a STUN message, and where.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StunError {
    /// What is wrong.
    pub kind: StunErrorKind,
    /// Bytes from the start to the place.
    pub at: u16,
}

/// What is wrong with bytes that should be a STUN message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StunErrorKind {
    /// Fewer bytes than a header, or another first byte or cookie: something else (§5, §6.3).
    NotStun,
    /// Another method than Binding (§5).
    Method,
    /// The length is not that of what follows, or no multiple of four (§5).
    Length,
    /// An attribute that ends behind the message (§14).
    AttributeLength,
    /// An attribute behind the fingerprint (§14.7).
    AfterFingerprint,
    /// A fingerprint that is not that of the message (§7, §14.7).
    Fingerprint,
    /// A value that is too short or too long for its type (§14).
    Value,
    /// An address of a family there is not (§14.1).
    Family,
    /// An error code outside 300 to 699 (§14.8).
    ErrorCode,
    /// A text that is not UTF-8 (§14.3, §14.8, §14.14).
    Text,
}

impl fmt::Display for StunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.kind {
            StunErrorKind::NotStun => "not stun",
            StunErrorKind::Method => "another method than binding",
            StunErrorKind::Length => "wrong message length",
            StunErrorKind::AttributeLength => "attribute too long",
            StunErrorKind::AfterFingerprint => "attribute behind the fingerprint",
            StunErrorKind::Fingerprint => "wrong fingerprint",
            StunErrorKind::Value => "value of the wrong length",
            StunErrorKind::Family => "unknown address family",
            StunErrorKind::ErrorCode => "error code out of range",
            StunErrorKind::Text => "text that is not utf-8",
        };
        write!(f, "{text} at byte {}", self.at)
    }
}

impl core::error::Error for StunError {}
