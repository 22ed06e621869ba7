//! Keys of SRTP in offers and answers (RFC 4568 §5.1, §7.1): which `crypto` line is taken, and what
//! both sides send with.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::net::SocketAddr;

use super::LocalMedia;
use crate::rng::Rng;
use crate::sdp::MediaDescription;
use crate::sdp::attribute::{
    Crypto, CryptoSuite, FecOrder, InlineKey, MasterKeyIdentifier, SessionParameter, TypedAttribute,
};

/// A way to protect a stream that we offer and take.
///
/// What RFC 4568 §6.3 calls negotiated is a part of it: a peer's line must say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalCrypto {
    /// The transforms; one of those this crate knows.
    pub suite: CryptoSuite<'static>,
    /// `UNENCRYPTED_SRTP`: media are not secret.
    pub unencrypted_media: bool,
    /// `UNENCRYPTED_SRTCP`: reports are not secret.
    pub unencrypted_control: bool,
    /// `UNAUTHENTICATED_SRTP`: media may be forged. NOT RECOMMENDED (RFC 4568 §6.3.3).
    pub unauthenticated_media: bool,
    /// `KDR` of what we send: new session keys every two to the power of so many packets, 1 to 24.
    pub key_derivation_rate: Option<u8>,
    /// `WSH`: how far back the peer should look for late packets of ours, 64 at least.
    pub window: Option<u64>,
}

impl LocalCrypto {
    /// A suite with all its defaults.
    #[must_use]
    pub const fn new(suite: CryptoSuite<'static>) -> Self {
        Self {
            suite,
            unencrypted_media: false,
            unencrypted_control: false,
            unauthenticated_media: false,
            key_derivation_rate: None,
            window: None,
        }
    }

    /// Whether it can be written, and means something.
    pub(super) fn is_sound(&self) -> bool {
        self.suite.key_and_salt_length().is_some()
            && matches!(self.key_derivation_rate, None | Some(1..=24))
            && self.window.is_none_or(|window| window >= 64)
            // RFC 7714 §8.2: with GCM all media are both.
            && !(self.suite.is_aead() && (self.unencrypted_media || self.unauthenticated_media))
    }

    fn parameters(&self) -> Vec<SessionParameter<'static>> {
        let flags = [
            (self.unencrypted_media, SessionParameter::UnencryptedSrtp),
            (self.unencrypted_control, SessionParameter::UnencryptedSrtcp),
            (
                self.unauthenticated_media,
                SessionParameter::UnauthenticatedSrtp,
            ),
        ];
        let flags = flags.into_iter().filter(|(is_set, _)| *is_set);
        let rate = self
            .key_derivation_rate
            .map(SessionParameter::KeyDerivationRate);
        let window = self.window.map(SessionParameter::WindowSizeHint);
        let flags = flags.map(|(_, parameter)| parameter);
        rate.into_iter().chain(flags).chain(window).collect()
    }

    /// The line of this way with our key.
    pub(super) fn line(&self, tag: u32, key_and_salt: &[u8]) -> String {
        let key = InlineKey {
            key_and_salt: key_and_salt.to_vec(),
            lifetime: None,
            identifier: None,
        };
        let line = Crypto {
            tag,
            suite: self.suite,
            keys: Vec::from([key]),
            parameters: self.parameters(),
        };
        line.to_text()
    }

    /// What the peer sends with by its line, if the line is this way and asks nothing we do not do.
    fn accepts(&self, line: &Crypto<'_>) -> Option<CryptoSide> {
        if line.suite != self.suite {
            return None;
        }
        let mut said = Self::new(self.suite);
        for parameter in &line.parameters {
            match parameter {
                SessionParameter::KeyDerivationRate(rate) => said.key_derivation_rate = Some(*rate),
                SessionParameter::UnencryptedSrtp => said.unencrypted_media = true,
                SessionParameter::UnencryptedSrtcp => said.unencrypted_control = true,
                SessionParameter::UnauthenticatedSrtp => said.unauthenticated_media = true,
                SessionParameter::WindowSizeHint(packets) => said.window = Some(*packets),
                SessionParameter::FecOrder(FecOrder::FecThenSrtp)
                | SessionParameter::Optional(_) => {}
                // §6.3.4, §6.3.5: error correction behind the protection, or sent elsewhere, is
                // nothing we have.
                SessionParameter::FecOrder(FecOrder::SrtpThenFec) | SessionParameter::FecKey(_) => {
                    return None;
                }
            }
        }
        let is_same = said.unencrypted_media == self.unencrypted_media
            && said.unencrypted_control == self.unencrypted_control
            && said.unauthenticated_media == self.unauthenticated_media;
        let keys: Option<Vec<CryptoKey>> = line.keys.iter().map(CryptoKey::of).collect();
        Some(CryptoSide {
            keys: keys.filter(|_| is_same)?,
            key_derivation_rate: said.key_derivation_rate,
            window: said.window,
        })
    }
}

/// How a stream is protected: what both lines said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreedCrypto {
    /// The number of the line.
    pub tag: u32,
    /// The transforms, of both directions.
    pub suite: CryptoSuite<'static>,
    /// Whether media are not encrypted.
    pub unencrypted_media: bool,
    /// Whether reports are not encrypted.
    pub unencrypted_control: bool,
    /// Whether media are not authenticated.
    pub unauthenticated_media: bool,
    /// What we send with.
    pub local: CryptoSide,
    /// What the peer sends with.
    pub remote: CryptoSide,
}

/// What one side sends with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CryptoSide {
    /// The master keys; not none. Several have an identifier each.
    pub keys: Vec<CryptoKey>,
    /// New session keys every two to the power of so many packets.
    pub key_derivation_rate: Option<u8>,
    /// How far back the receiver should look for late packets.
    pub window: Option<u64>,
}

/// A master key (RFC 4568 §6.1).
#[derive(Clone, PartialEq, Eq)]
pub struct CryptoKey {
    /// The key and behind it the salt.
    pub key_and_salt: Vec<u8>,
    /// How many packets it may serve, if that is less than the suite allows.
    pub lifetime: Option<u64>,
    /// The MKI as it stands in the packets; empty without one.
    pub identifier: Vec<u8>,
}

/// Without the key.
impl fmt::Debug for CryptoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CryptoKey")
            .field("lifetime", &self.lifetime)
            .field("identifier", &self.identifier)
            .finish_non_exhaustive()
    }
}

impl CryptoKey {
    /// `None` for an identifier that its octets cannot hold.
    fn of(key: &InlineKey<'_>) -> Option<Self> {
        Some(Self {
            key_and_salt: key.key_and_salt.clone(),
            lifetime: key.lifetime,
            identifier: match &key.identifier {
                None => Vec::new(),
                Some(one) => identifier_octets(one)?,
            },
        })
    }
}

/// The number in so many octets, the highest first (RFC 4568 §6.1).
fn identifier_octets(identifier: &MasterKeyIdentifier<'_>) -> Option<Vec<u8>> {
    let mut octets = alloc::vec![0_u8; usize::from(identifier.octets)];
    for digit in identifier.value.bytes() {
        let mut carry = u16::from(digit.wrapping_sub(b'0'));
        for octet in octets.iter_mut().rev() {
            let [high, low] = u16::from(*octet)
                .wrapping_mul(10)
                .wrapping_add(carry)
                .to_be_bytes();
            *octet = low;
            carry = u16::from(high);
        }
        if carry != 0 {
            return None;
        }
    }
    Some(octets)
}

/// A key of ours, kept as long as the stream stays where it is.
#[derive(Clone)]
pub(super) struct OwnKey {
    suite: CryptoSuite<'static>,
    address: SocketAddr,
    octets: Vec<u8>,
}

/// Without the key.
impl fmt::Debug for OwnKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnKey")
            .field("suite", &self.suite)
            .finish_non_exhaustive()
    }
}

/// Our key for a suite: the one the stream has there already, or a new one. §7.1.4: at another
/// address it must be a new one.
fn own_key<'k>(
    keys: &'k mut Vec<OwnKey>,
    entropy: &mut Rng,
    suite: CryptoSuite<'static>,
    address: SocketAddr,
) -> &'k [u8] {
    let is_it = |key: &OwnKey| key.suite == suite && key.address == address;
    if !keys.iter().any(is_it) {
        keys.retain(|key| key.suite != suite);
        let mut octets = alloc::vec![0; suite.key_and_salt_length().unwrap_or_default()];
        entropy.fill(&mut octets);
        keys.push(OwnKey {
            suite,
            address,
            octets,
        });
    }
    let key = keys.iter().find(|key| is_it(key));
    key.map_or(&[], |key| &key.octets)
}

/// The lines of an offer, the preferred one first (§5.1.1): each with a tag and a key of its own.
pub(super) fn offered(
    local: &LocalMedia,
    keys: &mut Vec<OwnKey>,
    entropy: Option<&mut Rng>,
) -> Vec<String> {
    let Some(entropy) = entropy else {
        return Vec::new();
    };
    let ways = local.crypto.iter().zip(1_u32..);
    ways.map(|(way, tag)| {
        let key = own_key(keys, entropy, way.suite, local.address);
        way.line(tag, key)
    })
    .collect()
}

/// The first line of an offer that we take, if we want any (§5.1.2, §7.1.2): which of our ways it
/// is, and what it says.
pub(super) fn chosen<'l>(
    media: &MediaDescription<'_>,
    local: &'l LocalMedia,
) -> Option<(&'l LocalCrypto, u32, CryptoSide)> {
    // A line that breaks a rule of §6 is none.
    media.typed::<Crypto<'_>>().find_map(|line| {
        let ways = local.crypto.iter();
        let (way, remote) = { ways }.find_map(|way| Some((way, way.accepts(&line)?)))?;
        Some((way, line.tag, remote))
    })
}

/// The line of our answer, and what is agreed with it.
pub(super) fn answered(
    (way, tag, remote): (&LocalCrypto, u32, CryptoSide),
    local: &LocalMedia,
    keys: &mut Vec<OwnKey>,
    entropy: &mut Rng,
) -> (String, AgreedCrypto) {
    let mut key = own_key(keys, entropy, way.suite, local.address).to_vec();
    // §7.1.2: a key of ours is none of the offer's. One that was sent back to us is given up.
    if remote.keys.iter().any(|theirs| theirs.key_and_salt == key) {
        keys.clear();
        key = own_key(keys, entropy, way.suite, local.address).to_vec();
    }
    (way.line(tag, &key), way.agreed(tag, key, remote))
}

/// What an answer agrees on: one line, and one that we offered (§5.1.3, §7.1.3).
pub(super) fn agreed(
    media: &MediaDescription<'_>,
    local: &LocalMedia,
    keys: &[OwnKey],
) -> Option<AgreedCrypto> {
    let lines = || {
        media
            .attributes
            .iter()
            .filter(|one| one.name == Crypto::NAME)
    };
    let line: Crypto<'_> = lines().next()?.typed()?;
    if lines().count() > 1 {
        return None;
    }
    let at = usize::try_from(line.tag).ok()?.checked_sub(1)?;
    let way = local.crypto.get(at)?;
    let remote = way.accepts(&line)?;
    let own = keys.iter().find(|key| key.suite == way.suite)?;
    // §7.1.2: our own key sent back would be one key both ways.
    let is_own = |key: &CryptoKey| keys.iter().any(|own| own.octets == key.key_and_salt);
    let is_mirrored = remote.keys.iter().any(is_own);
    (!is_mirrored).then(|| way.agreed(line.tag, own.octets.clone(), remote))
}

impl LocalCrypto {
    fn agreed(&self, tag: u32, key_and_salt: Vec<u8>, remote: CryptoSide) -> AgreedCrypto {
        let key = CryptoKey {
            key_and_salt,
            lifetime: None,
            identifier: Vec::new(),
        };
        AgreedCrypto {
            tag,
            suite: self.suite,
            unencrypted_media: self.unencrypted_media,
            unencrypted_control: self.unencrypted_control,
            unauthenticated_media: self.unauthenticated_media,
            local: CryptoSide {
                keys: Vec::from([key]),
                key_derivation_rate: self.key_derivation_rate,
                window: self.window,
            },
            remote,
        }
    }
}

/// Whether a transport is one for protected streams alone.
pub(super) fn is_secure(transport: &str) -> bool {
    matches!(transport, "RTP/SAVP" | "RTP/SAVPF")
}

/// Whether a stream is to be protected if the peer can, and had in the clear if not: keys beside a
/// transport that needs none (RFC 8643 §3.1).
pub(super) fn is_opportunistic(local: &LocalMedia) -> bool {
    !local.crypto.is_empty() && matches!(&*local.transport, "RTP/AVP" | "RTP/AVPF")
}

/// Whether a description has keys at all, good ones or not.
pub(super) fn has_keys(media: &MediaDescription<'_>) -> bool {
    media.attributes.iter().any(|one| one.name == Crypto::NAME)
}

/// The transport of a protected stream: with early feedback if it was so before (RFC 5124).
pub(super) fn secured(transport: &str) -> Cow<'static, str> {
    match transport {
        "RTP/AVP" => Cow::Borrowed("RTP/SAVP"),
        "RTP/AVPF" => Cow::Borrowed("RTP/SAVPF"),
        other => Cow::Owned(other.to_string()),
    }
}
