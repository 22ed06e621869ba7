//! Keys of SRTP in the description itself: `crypto` (RFC 4568 §4, §6, §9).

use alloc::vec::Vec;
use core::fmt;

use super::{TypedAttribute, write_list};
use crate::sdp::token::digits;
use crate::text::{base64_decode, base64_encode};

/// `crypto`: one way to protect a stream; the preferred one stands first. Media level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crypto<'a> {
    /// The number by which an answer names it: up to nine digits.
    pub tag: u32,
    /// The transforms.
    pub suite: CryptoSuite<'a>,
    /// The keys the writer sends with; not none. Several only with an identifier each.
    pub keys: Vec<InlineKey<'a>>,
    /// What differs from the defaults of SRTP.
    pub parameters: Vec<SessionParameter<'a>>,
}

/// The transforms of SRTP (RFC 4568 §6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CryptoSuite<'a> {
    /// `AES_CM_128_HMAC_SHA1_80`.
    AesCm128HmacSha1Tag80,
    /// `AES_CM_128_HMAC_SHA1_32`.
    AesCm128HmacSha1Tag32,
    /// `F8_128_HMAC_SHA1_80`.
    F8With128HmacSha1Tag80,
    /// `AES_192_CM_HMAC_SHA1_80` (RFC 6188 §4).
    AesCm192HmacSha1Tag80,
    /// `AES_192_CM_HMAC_SHA1_32`.
    AesCm192HmacSha1Tag32,
    /// `AES_256_CM_HMAC_SHA1_80`.
    AesCm256HmacSha1Tag80,
    /// `AES_256_CM_HMAC_SHA1_32`.
    AesCm256HmacSha1Tag32,
    /// `AEAD_AES_128_GCM` (RFC 7714 §14.1).
    AeadAes128Gcm,
    /// `AEAD_AES_256_GCM`.
    AeadAes256Gcm,
    /// Another one.
    Other(&'a str),
}

impl<'a> CryptoSuite<'a> {
    /// The suite of a name.
    #[must_use]
    pub fn from_name(name: &'a str) -> Self {
        match name {
            "AES_CM_128_HMAC_SHA1_80" => Self::AesCm128HmacSha1Tag80,
            "AES_CM_128_HMAC_SHA1_32" => Self::AesCm128HmacSha1Tag32,
            "F8_128_HMAC_SHA1_80" => Self::F8With128HmacSha1Tag80,
            "AES_192_CM_HMAC_SHA1_80" => Self::AesCm192HmacSha1Tag80,
            "AES_192_CM_HMAC_SHA1_32" => Self::AesCm192HmacSha1Tag32,
            "AES_256_CM_HMAC_SHA1_80" => Self::AesCm256HmacSha1Tag80,
            "AES_256_CM_HMAC_SHA1_32" => Self::AesCm256HmacSha1Tag32,
            "AEAD_AES_128_GCM" => Self::AeadAes128Gcm,
            "AEAD_AES_256_GCM" => Self::AeadAes256Gcm,
            other => Self::Other(other),
        }
    }

    /// The name.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        match self {
            Self::AesCm128HmacSha1Tag80 => "AES_CM_128_HMAC_SHA1_80",
            Self::AesCm128HmacSha1Tag32 => "AES_CM_128_HMAC_SHA1_32",
            Self::F8With128HmacSha1Tag80 => "F8_128_HMAC_SHA1_80",
            Self::AesCm192HmacSha1Tag80 => "AES_192_CM_HMAC_SHA1_80",
            Self::AesCm192HmacSha1Tag32 => "AES_192_CM_HMAC_SHA1_32",
            Self::AesCm256HmacSha1Tag80 => "AES_256_CM_HMAC_SHA1_80",
            Self::AesCm256HmacSha1Tag32 => "AES_256_CM_HMAC_SHA1_32",
            Self::AeadAes128Gcm => "AEAD_AES_128_GCM",
            Self::AeadAes256Gcm => "AEAD_AES_256_GCM",
            Self::Other(name) => name,
        }
    }

    /// How many octets key and salt have together, if the suite is known (§6.2.1 to §6.2.3,
    /// RFC 6188 §4, RFC 7714 §12).
    #[must_use]
    pub const fn key_and_salt_length(&self) -> Option<usize> {
        Some(match self {
            Self::AesCm128HmacSha1Tag80
            | Self::AesCm128HmacSha1Tag32
            | Self::F8With128HmacSha1Tag80 => 30,
            Self::AesCm192HmacSha1Tag80 | Self::AesCm192HmacSha1Tag32 => 38,
            Self::AesCm256HmacSha1Tag80 | Self::AesCm256HmacSha1Tag32 => 46,
            Self::AeadAes128Gcm => 28,
            Self::AeadAes256Gcm => 44,
            Self::Other(_) => return None,
        })
    }

    /// Whether one operation encrypts and authenticates (RFC 7714).
    #[must_use]
    pub const fn is_aead(&self) -> bool {
        matches!(self, Self::AeadAes128Gcm | Self::AeadAes256Gcm)
    }
}

/// `inline`: a key that stands in the description (§6.1).
#[derive(Clone, PartialEq, Eq)]
pub struct InlineKey<'a> {
    /// The master key and behind it the salt, as long as the suite makes them.
    pub key_and_salt: Vec<u8>,
    /// How many packets the key may serve; not zero, and 2^48 at most. Without it, as the suite.
    pub lifetime: Option<u64>,
    /// What the key is called in the packets.
    pub identifier: Option<MasterKeyIdentifier<'a>>,
}

/// Without the key.
impl fmt::Debug for InlineKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InlineKey")
            .field("lifetime", &self.lifetime)
            .field("identifier", &self.identifier)
            .finish_non_exhaustive()
    }
}

/// The MKI of SRTP: which of several keys a packet was made with (§6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MasterKeyIdentifier<'a> {
    /// A number in decimal digits, which may have more of them than a machine word.
    pub value: &'a str,
    /// How many octets it has in a packet: 1 to 128, the same for all keys of an attribute.
    pub octets: u8,
}

/// Which comes first for the sender, protection or error correction (§6.3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FecOrder {
    /// `FEC_SRTP`: error correction, which goes without saying.
    FecThenSrtp,
    /// `SRTP_FEC`: protection.
    SrtpThenFec,
}

/// A session parameter (§6.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionParameter<'a> {
    /// `KDR`: new session keys every two to the power of so many packets, 1 to 24.
    KeyDerivationRate(u8),
    /// `UNENCRYPTED_SRTP`.
    UnencryptedSrtp,
    /// `UNENCRYPTED_SRTCP`.
    UnencryptedSrtcp,
    /// `UNAUTHENTICATED_SRTP`.
    UnauthenticatedSrtp,
    /// `FEC_ORDER`.
    FecOrder(FecOrder),
    /// `FEC_KEY`: other keys for error correction that is sent elsewhere.
    FecKey(Vec<InlineKey<'a>>),
    /// `WSH`: how many packets the replay window should hold, 64 at least.
    WindowSizeHint(u64),
    /// One we do not know and may ignore: what follows its dash (§6.3.7).
    Optional(&'a str),
}

impl<'a> TypedAttribute<'a> for Crypto<'a> {
    const NAME: &'static str = "crypto";

    fn parse(value: &'a str) -> Option<Self> {
        let mut words = value.split([' ', '\t']).filter(|word| !word.is_empty());
        // No white space before the tag.
        let tag = words.next().filter(|word| value.starts_with(word))?;
        let suite = words.next().filter(|name| is_suite_name(name))?;
        let suite = CryptoSuite::from_name(suite);
        let keys = inline_keys(words.next()?, suite)?;
        let parameters = words.map(|word| SessionParameter::parse(word, suite));
        let crypto = Self {
            tag: u32::try_from(digits(tag)?).ok()?,
            suite,
            keys,
            parameters: parameters.collect::<Option<_>>()?,
        };
        (tag.len() <= 9).then_some(crypto)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write!(f, "{} {} ", self.tag, self.suite.as_str())?;
        write_list(f, &self.keys, ';')?;
        let mut parameters = self.parameters.iter();
        parameters.try_for_each(|parameter| write!(f, " {parameter}"))
    }
}

/// `1*(ALPHA / DIGIT / "_")`.
fn is_suite_name(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// `key-params` of SRTP. §6.1: of several keys each has an identifier, and all those are of one
/// length.
fn inline_keys<'a>(text: &'a str, suite: CryptoSuite<'_>) -> Option<Vec<InlineKey<'a>>> {
    let keys = text.split(';').map(|key| InlineKey::parse(key, suite));
    let keys = keys.collect::<Option<Vec<_>>>()?;
    let octets = |key: &InlineKey<'_>| key.identifier.map(|one| one.octets);
    let first = keys.first().and_then(octets);
    let are_told_apart = first.is_some() && keys.iter().all(|key| octets(key) == first);
    (keys.len() == 1 || are_told_apart).then_some(keys)
}

impl<'a> InlineKey<'a> {
    /// `"inline:" key-salt ["|" lifetime] ["|" mki]`.
    fn parse(text: &'a str, suite: CryptoSuite<'_>) -> Option<Self> {
        let mut parts = text.strip_prefix("inline:")?.split('|');
        let key_and_salt = key_octets(parts.next()?)?;
        if suite
            .key_and_salt_length()
            .is_some_and(|length| length != key_and_salt.len())
        {
            return None;
        }
        let mut key = Self {
            key_and_salt,
            lifetime: None,
            identifier: None,
        };
        for part in parts {
            // §6.1: only the identifier has a colon, and it comes last.
            match part.split_once(':') {
                _ if key.identifier.is_some() => return None,
                Some((value, octets)) => key.identifier = Some(identifier(value, octets)?),
                None if key.lifetime.is_some() => return None,
                None => key.lifetime = Some(lifetime(part)?),
            }
        }
        Some(key)
    }
}

/// Base64 that need not be filled up at its end (§6.1).
fn key_octets(text: &str) -> Option<Vec<u8>> {
    let bare = text.trim_end_matches('=');
    let mut filled = Vec::from(bare.as_bytes());
    while filled.len() % 4 != 0 {
        filled.push(b'=');
    }
    let octets = base64_decode(&filled)?;
    (!octets.is_empty()).then_some(octets)
}

/// Digits that do not begin with a zero, and are not one.
fn plain(text: &str) -> Option<u64> {
    digits(text).filter(|_| !text.starts_with('0'))
}

/// A number of packets, or two to the power of one.
fn lifetime(text: &str) -> Option<u64> {
    let packets = match text.strip_prefix("2^") {
        Some("0") => 1,
        Some(power) => 1_u64.checked_shl(u32::try_from(plain(power)?).ok()?)?,
        None => plain(text)?,
    };
    (packets <= MOST_PACKETS).then_some(packets)
}

/// What the suites of §6.2 allow, and what the index of SRTP packets can count.
const MOST_PACKETS: u64 = 1 << 48;

fn identifier<'a>(value: &'a str, octets: &str) -> Option<MasterKeyIdentifier<'a>> {
    let is_number = !value.starts_with('0') && crate::sdp::token::is_number(value);
    let octets = u8::try_from(plain(octets)?).ok();
    let octets = octets.filter(|octets| *octets <= 128)?;
    is_number.then_some(MasterKeyIdentifier { value, octets })
}

impl fmt::Display for InlineKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "inline:{}", base64_encode(&self.key_and_salt))?;
        match self.lifetime {
            None => {}
            Some(packets) if packets.is_power_of_two() => {
                write!(f, "|2^{}", packets.trailing_zeros())?;
            }
            Some(packets) => write!(f, "|{packets}")?,
        }
        match self.identifier {
            None => Ok(()),
            Some(one) => write!(f, "|{}:{}", one.value, one.octets),
        }
    }
}

impl<'a> SessionParameter<'a> {
    /// `None` also for one that is not known and may not be ignored (§6.3.7).
    fn parse(word: &'a str, suite: CryptoSuite<'_>) -> Option<Self> {
        let (name, value) = match word.split_once('=') {
            None => (word, None),
            Some((name, value)) => (name, Some(value)),
        };
        Some(match (name, value) {
            ("KDR", Some(rate)) => {
                let rate = u8::try_from(plain(rate)?).ok();
                Self::KeyDerivationRate(rate.filter(|rate| *rate <= 24)?)
            }
            ("UNENCRYPTED_SRTP", None) => Self::UnencryptedSrtp,
            ("UNENCRYPTED_SRTCP", None) => Self::UnencryptedSrtcp,
            ("UNAUTHENTICATED_SRTP", None) => Self::UnauthenticatedSrtp,
            ("FEC_ORDER", Some("FEC_SRTP")) => Self::FecOrder(FecOrder::FecThenSrtp),
            ("FEC_ORDER", Some("SRTP_FEC")) => Self::FecOrder(FecOrder::SrtpThenFec),
            ("FEC_KEY", Some(keys)) => Self::FecKey(inline_keys(keys, suite)?),
            ("WSH", Some(packets)) => {
                Self::WindowSizeHint(plain(packets).filter(|packets| *packets >= 64)?)
            }
            _ => {
                let visible = |name: &&str| {
                    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic())
                };
                let name = word.strip_prefix('-').filter(visible)?;
                Self::Optional(Some(name).filter(|name| !name.starts_with('-'))?)
            }
        })
    }
}

impl fmt::Display for SessionParameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyDerivationRate(rate) => write!(f, "KDR={rate}"),
            Self::UnencryptedSrtp => f.write_str("UNENCRYPTED_SRTP"),
            Self::UnencryptedSrtcp => f.write_str("UNENCRYPTED_SRTCP"),
            Self::UnauthenticatedSrtp => f.write_str("UNAUTHENTICATED_SRTP"),
            Self::FecOrder(FecOrder::FecThenSrtp) => f.write_str("FEC_ORDER=FEC_SRTP"),
            Self::FecOrder(FecOrder::SrtpThenFec) => f.write_str("FEC_ORDER=SRTP_FEC"),
            Self::FecKey(keys) => {
                f.write_str("FEC_KEY=")?;
                write_list(f, keys, ';')
            }
            Self::WindowSizeHint(packets) => write!(f, "WSH={packets}"),
            Self::Optional(name) => write!(f, "-{name}"),
        }
    }
}
