//! Why a packet is not protected, or not let in, and why there is no context.

use core::fmt;

use crate::rtp::packet::BufferTooSmall;

/// Why a context cannot be made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SetupError {
    /// The provider has no such cipher.
    NoCipher,
    /// No master key, or more than 16.
    KeyCount,
    /// A master key is not as long as the suite has it.
    KeyLength,
    /// Several master keys that their identifiers do not tell apart (RFC 4568 §6.1): they must
    /// differ and have one length.
    Identifiers,
    /// The key derivation rate is not 1 to 24.
    KeyDerivationRate,
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCipher => "the provider has no such cipher",
            Self::KeyCount => "no master key, or too many",
            Self::KeyLength => "a master key has the wrong length",
            Self::Identifiers => "master keys are not told apart by their identifiers",
            Self::KeyDerivationRate => "key derivation rate out of range",
        })
    }
}

impl core::error::Error for SetupError {}

/// Why a packet cannot be protected. It must not be sent then.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProtectError {
    /// Not an RTP or RTCP packet.
    Malformed,
    /// There is no room for what is added.
    Buffer(BufferTooSmall),
    /// The sequence number was used already, or is too far back to know: the same keystream twice
    /// would give both packets away (RFC 3711 §9.1).
    Repeated,
    /// The master key has served its time (RFC 3711 §9.2).
    KeyExhausted,
    /// One source more than the policy allows.
    TooManyStreams,
    /// The provider has no such cipher any more.
    NoCipher,
}

impl fmt::Display for ProtectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("not a packet to protect"),
            Self::Buffer(error) => error.fmt(f),
            Self::Repeated => f.write_str("sequence number was used already"),
            Self::KeyExhausted => f.write_str("master key is exhausted"),
            Self::TooManyStreams => f.write_str("too many sources"),
            Self::NoCipher => f.write_str("the provider has no such cipher"),
        }
    }
}

impl core::error::Error for ProtectError {}

/// Why a packet is not let in. Nothing is remembered of it, and its octets stay as they were.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnprotectError {
    /// Too short for what it says of itself, or for the fields that are added.
    Malformed,
    /// No master key has the identifier in the packet.
    UnknownKey,
    /// It came before (RFC 3711 §3.3.2).
    Replayed,
    /// It is further back than the window reaches, and so as good as replayed.
    TooOld,
    /// The tag is wrong.
    Authentication,
    /// The master key has served its time (RFC 3711 §9.2).
    KeyExhausted,
    /// Its source would be one more than the policy allows.
    TooManyStreams,
    /// The provider has no such cipher any more.
    NoCipher,
}

impl fmt::Display for UnprotectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a protected packet",
            Self::UnknownKey => "no master key of this identifier",
            Self::Replayed => "packet is replayed",
            Self::TooOld => "packet is older than the replay window",
            Self::Authentication => "authentication failure",
            Self::KeyExhausted => "master key is exhausted",
            Self::TooManyStreams => "too many sources",
            Self::NoCipher => "the provider has no such cipher",
        })
    }
}

impl core::error::Error for UnprotectError {}
