//! Session keys from master keys (RFC 3711 §4.3, RFC 6188 §2, RFC 6904 §3).

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::cipher::{Ciphers, CounterMode, Mac};

use super::error::SetupError;
use super::policy::{MasterKey, Policy};
use super::suite::{AUTHENTICATION_KEY, Cipher};
use super::transform::Transform;

/// What keys are for: encryption, authentication and salt (RFC 3711 §4.3.1, §4.3.2).
const MEDIA_LABELS: [u8; 3] = [0, 1, 2];
const CONTROL_LABELS: [u8; 3] = [3, 4, 5];
/// Encryption and salt of header extensions (RFC 6904 §3).
const EXTENSION_LABELS: [u8; 2] = [6, 7];

/// A key derived as RFC 3711 §4.3.3 says, as long as `out`: the keystream of `prf`, which is AES in
/// counter mode under the master key, from the salt with the label and the number of the derivation
/// on it. A salt shorter than 14 octets, which GCM has, is filled up with zeros behind it.
pub fn derive_key(prf: &dyn CounterMode, salt: &[u8], label: u8, number: u64, out: &mut [u8]) {
    let mut start = [0; 16];
    for (byte, salt) in start.iter_mut().zip(salt.iter().take(14)) {
        *byte = *salt;
    }
    // The label, one octet, stands before the six octets of the number; two are for the blocks.
    let id = (u128::from(label) << 64) | (u128::from(number) << 16);
    for (byte, octet) in start.iter_mut().zip(id.to_be_bytes()) {
        *byte ^= octet;
    }
    out.fill(0);
    prf.apply(&start, out);
}

/// The keys of one kind of packet.
pub(super) struct SessionKeys {
    pub(super) transform: Transform,
    /// For header extensions, if any are encrypted.
    pub(super) extension: Option<Transform>,
    /// None where the cipher authenticates itself.
    pub(super) mac: Option<Box<dyn Mac>>,
}

/// Media or RTCP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Media,
    Control,
}

/// Sets of session keys kept by master key: packets around a new derivation come in any order.
const KEPT: usize = 4;

/// A master key with what is derived from it. Session keys depend on no source, so all share them.
pub(super) struct Keyed {
    master: MasterKey,
    prf: Box<dyn CounterMode>,
    media: Vec<(u64, SessionKeys)>,
    control: Vec<(u64, SessionKeys)>,
    /// Packets it has served.
    media_count: u64,
    control_count: u64,
}

/// RTCP packets that one master key may serve at most (§9.2).
const MOST_CONTROL_PACKETS: u64 = 1 << 31;

impl Keyed {
    pub(super) fn new(
        ciphers: &dyn Ciphers,
        policy: &Policy,
        master: MasterKey,
    ) -> Result<Self, SetupError> {
        let lengths = (master.key().len(), master.salt().len());
        if lengths != (policy.suite.key_length(), policy.suite.salt_length()) {
            return Err(SetupError::KeyLength);
        }
        let prf = ciphers.aes_counter_mode(master.key());
        let mut keyed = Self {
            prf: prf.ok_or(SetupError::NoCipher)?,
            master,
            media: Vec::with_capacity(1),
            control: Vec::with_capacity(1),
            media_count: 0,
            control_count: 0,
        };
        // §4.3.1: the first derivation is before the first packet.
        for kind in [Kind::Media, Kind::Control] {
            keyed
                .session(ciphers, policy, kind, 0)
                .ok_or(SetupError::NoCipher)?;
        }
        Ok(keyed)
    }

    pub(super) const fn master(&self) -> &MasterKey {
        &self.master
    }

    /// Whether it has served all packets it may.
    pub(super) fn is_exhausted(&self, kind: Kind) -> bool {
        match kind {
            Kind::Media => self.media_count >= self.master.lifetime(),
            Kind::Control => self.control_count >= self.master.lifetime().min(MOST_CONTROL_PACKETS),
        }
    }

    /// It served another packet.
    pub(super) fn count(&mut self, kind: Kind) {
        let count = match kind {
            Kind::Media => &mut self.media_count,
            Kind::Control => &mut self.control_count,
        };
        *count = count.saturating_add(1);
    }

    /// It has served what the same master key has served elsewhere.
    pub(super) fn go_on_from(&mut self, other: &Self) {
        self.media_count = other.media_count;
        self.control_count = other.control_count;
    }

    /// The session keys for an index; derived anew only where the rate says so, and where they
    /// were not needed lately.
    #[inline]
    pub(super) fn session(
        &mut self,
        ciphers: &dyn Ciphers,
        policy: &Policy,
        kind: Kind,
        index: u64,
    ) -> Option<&SessionKeys> {
        let number = match policy.key_derivation_rate {
            None => 0,
            Some(rate) => index.checked_shr(u32::from(rate))?,
        };
        let kept = match kind {
            Kind::Media => &self.media,
            Kind::Control => &self.control,
        };
        let place = match kept.iter().position(|(of, _)| *of == number) {
            Some(place) => place,
            None => {
                let keys = self.derive(ciphers, policy, kind, number)?;
                let kept = match kind {
                    Kind::Media => &mut self.media,
                    Kind::Control => &mut self.control,
                };
                if kept.len() >= KEPT {
                    kept.remove(0);
                }
                kept.push((number, keys));
                kept.len().checked_sub(1)?
            }
        };
        let kept = match kind {
            Kind::Media => &self.media,
            Kind::Control => &self.control,
        };
        kept.get(place).map(|(_, keys)| keys)
    }

    fn derive(
        &self,
        ciphers: &dyn Ciphers,
        policy: &Policy,
        kind: Kind,
        number: u64,
    ) -> Option<SessionKeys> {
        let suite = policy.suite;
        let [encryption, authentication, salt] = match kind {
            Kind::Media => MEDIA_LABELS,
            Kind::Control => CONTROL_LABELS,
        };
        let mac = (suite.cipher() != Cipher::Gcm).then(|| {
            let mut key = [0; AUTHENTICATION_KEY];
            self.derive_one(authentication, number, &mut key);
            ciphers.hmac_sha1(&key)
        });
        // RFC 7714 §8.3: extensions are encrypted in counter mode also with GCM.
        let extension_cipher = match suite.cipher() {
            Cipher::Gcm => Cipher::Counter,
            other => other,
        };
        let extension = if kind == Kind::Media && !policy.encrypted_extensions.is_empty() {
            Some(self.transform(ciphers, policy, extension_cipher, EXTENSION_LABELS, number)?)
        } else {
            None
        };
        Some(SessionKeys {
            transform: self.transform(
                ciphers,
                policy,
                suite.cipher(),
                [encryption, salt],
                number,
            )?,
            extension,
            mac,
        })
    }

    fn transform(
        &self,
        ciphers: &dyn Ciphers,
        policy: &Policy,
        cipher: Cipher,
        [encryption, salt_label]: [u8; 2],
        number: u64,
    ) -> Option<Transform> {
        let (mut key, mut salt) = ([0; 32], [0; 14]);
        let key = key.get_mut(..policy.suite.key_length())?;
        self.derive_one(encryption, number, key);
        // In counter mode the salt has 14 octets, also where the suite's other cipher has 12.
        let length = match cipher {
            Cipher::Gcm => 12,
            Cipher::Null | Cipher::Counter | Cipher::F8 => 14,
        };
        let salt = salt.get_mut(..length)?;
        self.derive_one(salt_label, number, salt);
        Transform::new(ciphers, cipher, key, salt)
    }

    fn derive_one(&self, label: u8, number: u64, out: &mut [u8]) {
        derive_key(self.prf.as_ref(), self.master.salt(), label, number, out);
    }
}

/// Master keys of a context at most.
const MOST_KEYS: usize = 16;

/// The keys of a context, in the order given: keys of before that are among them go on as they
/// are, with what they have served.
pub(super) fn keyed(
    ciphers: &dyn Ciphers,
    policy: &Policy,
    masters: Vec<MasterKey>,
    before: Vec<Keyed>,
) -> Result<Vec<Keyed>, SetupError> {
    if masters.is_empty() || masters.len() > MOST_KEYS {
        return Err(SetupError::KeyCount);
    }
    if !matches!(policy.key_derivation_rate, None | Some(1..=24)) {
        return Err(SetupError::KeyDerivationRate);
    }
    let length = masters.first().map_or(0, |key| key.identifier().len());
    let are_told_apart = masters.iter().enumerate().all(|(at, key)| {
        let identifier = key.identifier();
        let mut earlier = masters.iter().take(at);
        identifier.len() == length && earlier.all(|other| other.identifier() != identifier)
    });
    if !are_told_apart {
        return Err(SetupError::Identifiers);
    }
    let mut before = before;
    let keyed = masters.into_iter().map(|master| {
        match before.iter().position(|kept| *kept.master() == master) {
            Some(at) => Ok(before.swap_remove(at)),
            None => Keyed::new(ciphers, policy, master),
        }
    });
    keyed.collect()
}
