//! What of the protection may be chosen (RFC 3711 §3.2.1, RFC 4568 §6.3), and the master keys
//! (RFC 3711 §3.2.1, §8.1).

use alloc::boxed::Box;
use core::fmt;

use super::suite::{Cipher, Suite};

/// How packets of one direction are protected; the key apart. Both ends must have the same, but for
/// the window and the number of streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The transforms.
    pub suite: Suite,
    /// Whether media is encrypted, and not only authenticated.
    pub encrypts_media: bool,
    /// Whether media has tags. A GCM suite always has them.
    pub authenticates_media: bool,
    /// Whether the RTCP packets we send are encrypted; each says itself whether it is.
    pub encrypts_control: bool,
    /// New session keys every two to the power of so many packets, 1 to 24 (RFC 3711 §4.3.1);
    /// `None`: the first ones stay.
    pub key_derivation_rate: Option<u8>,
    /// How many packets back a late one is still taken, 64 at least and 4096 at most; rounded up
    /// to whole words of 64 (RFC 3711 §3.3.2).
    pub window: u16,
    /// How many sources may use the keys at once. One more is refused: to forget one would let its
    /// packets be replayed.
    pub max_streams: usize,
    /// The identifiers of the header extension elements that are encrypted (RFC 6904 §4).
    pub encrypted_extensions: ExtensionIds,
}

impl Policy {
    /// All defaults of the suite (RFC 3711 §8.2).
    #[must_use]
    pub const fn new(suite: Suite) -> Self {
        Self {
            suite,
            encrypts_media: true,
            authenticates_media: true,
            encrypts_control: true,
            key_derivation_rate: None,
            window: 64,
            max_streams: 32,
            encrypted_extensions: ExtensionIds::NONE,
        }
    }

    /// Whether RTCP packets of ours are marked as encrypted: the NULL cipher encrypts none.
    pub(super) const fn marks_control(&self) -> bool {
        self.encrypts_control && !matches!(self.suite.cipher(), Cipher::Null)
    }

    /// Octets of a media packet's tag.
    pub(super) const fn media_tag(&self) -> usize {
        if self.authenticates_media || self.suite.is_aead() {
            self.suite.tag_length()
        } else {
            0
        }
    }
}

/// A set of identifiers of header extension elements (RFC 8285 §4.1.2), 1 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ExtensionIds([u64; 4]);

impl ExtensionIds {
    /// No element.
    pub const NONE: Self = Self([0; 4]);

    /// These and one more.
    #[must_use]
    pub fn with(mut self, id: u8) -> Self {
        if let Some(word) = self.0.get_mut(usize::from(id >> 6)) {
            *word |= 1 << (id & 63);
        }
        self
    }

    /// Whether the element is one of these.
    #[must_use]
    pub fn has(&self, id: u8) -> bool {
        let word = self.0.get(usize::from(id >> 6));
        word.is_some_and(|word| word >> (id & 63) & 1 == 1)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }
}

/// A master key and its salt, from which the keys of the packets are derived.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey {
    octets: Box<[u8]>,
    key_length: usize,
    identifier: Box<[u8]>,
    lifetime: u64,
}

/// SRTP packets that one master key may serve at most (RFC 3711 §9.2).
const MOST_PACKETS: u64 = 1 << 48;
/// Octets of an MKI at most (RFC 4568 §6.1).
const LONGEST_IDENTIFIER: usize = 128;

impl MasterKey {
    /// The key and behind it the salt; `None` unless they are as long as the suite has them.
    #[must_use]
    pub fn new(suite: Suite, key_and_salt: &[u8]) -> Option<Self> {
        let key_length = suite.key_length();
        let length = key_length.checked_add(suite.salt_length())?;
        (key_and_salt.len() == length).then(|| Self {
            octets: key_and_salt.into(),
            key_length,
            identifier: Box::default(),
            lifetime: MOST_PACKETS,
        })
    }

    /// With an MKI, which stands in every packet made with the key (RFC 3711 §3.1): 1 to 128
    /// octets; others are cut off.
    #[must_use]
    pub fn with_identifier(mut self, identifier: &[u8]) -> Self {
        let longest = identifier.len().min(LONGEST_IDENTIFIER);
        self.identifier = identifier.get(..longest).unwrap_or_default().into();
        self
    }

    /// For so many packets of media, and so many of RTCP, at most: 2^48 and 2^31 in any case
    /// (RFC 3711 §9.2).
    #[must_use]
    pub fn with_lifetime(mut self, packets: u64) -> Self {
        self.lifetime = packets.min(MOST_PACKETS);
        self
    }

    /// The MKI; empty without one.
    #[must_use]
    pub fn identifier(&self) -> &[u8] {
        &self.identifier
    }

    pub(super) fn key(&self) -> &[u8] {
        self.octets.get(..self.key_length).unwrap_or_default()
    }

    pub(super) fn salt(&self) -> &[u8] {
        self.octets.get(self.key_length..).unwrap_or_default()
    }

    pub(super) const fn lifetime(&self) -> u64 {
        self.lifetime
    }
}

/// Without the key.
impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey")
            .field("identifier", &self.identifier)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
