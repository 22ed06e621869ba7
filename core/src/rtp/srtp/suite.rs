//! The transforms there are (RFC 3711 §4.1, §4.2, RFC 6188 §3, RFC 7714 §12).

/// Which cipher and which authentication protect the packets, and how long keys and tags are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Suite {
    /// `AES_CM_128_HMAC_SHA1_80` (RFC 3711 §5), which everybody has.
    AesCm128HmacSha1Tag80,
    /// `AES_CM_128_HMAC_SHA1_32`: the tags of media have four octets, those of RTCP ten.
    AesCm128HmacSha1Tag32,
    /// `AES_192_CM_HMAC_SHA1_80` (RFC 6188 §3).
    AesCm192HmacSha1Tag80,
    /// `AES_192_CM_HMAC_SHA1_32`.
    AesCm192HmacSha1Tag32,
    /// `AES_256_CM_HMAC_SHA1_80`.
    AesCm256HmacSha1Tag80,
    /// `AES_256_CM_HMAC_SHA1_32`.
    AesCm256HmacSha1Tag32,
    /// `F8_128_HMAC_SHA1_80` (RFC 3711 §4.1.2).
    F8With128HmacSha1Tag80,
    /// `AEAD_AES_128_GCM` (RFC 7714).
    AeadAes128Gcm,
    /// `AEAD_AES_256_GCM`.
    AeadAes256Gcm,
    /// The NULL cipher with tags of ten octets (RFC 3711 §4.1.3): nothing is secret. For tests.
    NullHmacSha1Tag80,
    /// The NULL cipher, with tags of four octets for media.
    NullHmacSha1Tag32,
}

/// The kind of a suite's cipher.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cipher {
    Null,
    Counter,
    F8,
    Gcm,
}

/// Octets of a GCM tag (RFC 7714 §10).
pub(super) const GCM_TAG: usize = 16;
/// Octets of the session key of HMAC-SHA1 (RFC 3711 §5.2).
pub(super) const AUTHENTICATION_KEY: usize = 20;

impl Suite {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::AesCm128HmacSha1Tag80,
        Self::AesCm128HmacSha1Tag32,
        Self::AesCm192HmacSha1Tag80,
        Self::AesCm192HmacSha1Tag32,
        Self::AesCm256HmacSha1Tag80,
        Self::AesCm256HmacSha1Tag32,
        Self::F8With128HmacSha1Tag80,
        Self::AeadAes128Gcm,
        Self::AeadAes256Gcm,
        Self::NullHmacSha1Tag80,
        Self::NullHmacSha1Tag32,
    ];

    /// The suite of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.as_str() == name)
    }

    /// The name, as IANA has it for key management.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AesCm128HmacSha1Tag80 => "AES_CM_128_HMAC_SHA1_80",
            Self::AesCm128HmacSha1Tag32 => "AES_CM_128_HMAC_SHA1_32",
            Self::AesCm192HmacSha1Tag80 => "AES_192_CM_HMAC_SHA1_80",
            Self::AesCm192HmacSha1Tag32 => "AES_192_CM_HMAC_SHA1_32",
            Self::AesCm256HmacSha1Tag80 => "AES_256_CM_HMAC_SHA1_80",
            Self::AesCm256HmacSha1Tag32 => "AES_256_CM_HMAC_SHA1_32",
            Self::F8With128HmacSha1Tag80 => "F8_128_HMAC_SHA1_80",
            Self::AeadAes128Gcm => "AEAD_AES_128_GCM",
            Self::AeadAes256Gcm => "AEAD_AES_256_GCM",
            Self::NullHmacSha1Tag80 => "NULL_HMAC_SHA1_80",
            Self::NullHmacSha1Tag32 => "NULL_HMAC_SHA1_32",
        }
    }

    /// Octets of a master key, and of the session keys of the cipher.
    #[must_use]
    pub const fn key_length(self) -> usize {
        match self {
            Self::AesCm192HmacSha1Tag80 | Self::AesCm192HmacSha1Tag32 => 24,
            Self::AesCm256HmacSha1Tag80 | Self::AesCm256HmacSha1Tag32 | Self::AeadAes256Gcm => 32,
            Self::AesCm128HmacSha1Tag80
            | Self::AesCm128HmacSha1Tag32
            | Self::F8With128HmacSha1Tag80
            | Self::AeadAes128Gcm
            | Self::NullHmacSha1Tag80
            | Self::NullHmacSha1Tag32 => 16,
        }
    }

    /// Octets of a master salt.
    #[must_use]
    pub const fn salt_length(self) -> usize {
        match self.cipher() {
            Cipher::Gcm => 12,
            Cipher::Null | Cipher::Counter | Cipher::F8 => 14,
        }
    }

    /// Octets of the tag of a media packet.
    #[must_use]
    pub const fn tag_length(self) -> usize {
        match self {
            Self::AesCm128HmacSha1Tag32
            | Self::AesCm192HmacSha1Tag32
            | Self::AesCm256HmacSha1Tag32
            | Self::NullHmacSha1Tag32 => 4,
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => GCM_TAG,
            Self::AesCm128HmacSha1Tag80
            | Self::AesCm192HmacSha1Tag80
            | Self::AesCm256HmacSha1Tag80
            | Self::F8With128HmacSha1Tag80
            | Self::NullHmacSha1Tag80 => 10,
        }
    }

    /// Octets of the tag of an RTCP packet: 80 bits also where media have 32 (RFC 3711 §3.4,
    /// RFC 4568 §6.2.2).
    #[must_use]
    pub const fn control_tag_length(self) -> usize {
        match self.cipher() {
            Cipher::Gcm => GCM_TAG,
            Cipher::Null | Cipher::Counter | Cipher::F8 => 10,
        }
    }

    /// Whether one operation encrypts and authenticates.
    #[must_use]
    pub const fn is_aead(self) -> bool {
        matches!(self.cipher(), Cipher::Gcm)
    }

    pub(super) const fn cipher(self) -> Cipher {
        match self {
            Self::AesCm128HmacSha1Tag80
            | Self::AesCm128HmacSha1Tag32
            | Self::AesCm192HmacSha1Tag80
            | Self::AesCm192HmacSha1Tag32
            | Self::AesCm256HmacSha1Tag80
            | Self::AesCm256HmacSha1Tag32 => Cipher::Counter,
            Self::F8With128HmacSha1Tag80 => Cipher::F8,
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => Cipher::Gcm,
            Self::NullHmacSha1Tag80 | Self::NullHmacSha1Tag32 => Cipher::Null,
        }
    }
}
