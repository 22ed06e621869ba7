//! Protecting what is sent (RFC 3711 §3.3, §3.4, RFC 7714 §8, §9).

use alloc::vec::Vec;
use core::fmt;

use crate::cipher::Ciphers;
use crate::rtp::packet::BufferTooSmall;

use super::error::{ProtectError, SetupError};
use super::extension;
use super::index::{ReplayWindow, Seen, estimate};
use super::layout::{CONTROL_CLEAR, CONTROL_INDEX, Layout, control_ssrc};
use super::policy::{MasterKey, Policy};
use super::protection::Protection;
use super::session_keys::{Keyed, Kind, SessionKeys, keyed};
use super::streams::Streams;
use super::suite::GCM_TAG;
use super::transform::{Place, Transform, f8_control_iv, f8_media_iv, gcm_nonce};

/// The E flag of an SRTCP packet: it is encrypted.
pub(super) const ENCRYPTED: u32 = 1 << 31;

/// The cryptographic context of what we send (RFC 3711 §3.2): the keys, and how far each of our
/// sources is.
pub struct SendContext {
    ciphers: &'static dyn Ciphers,
    policy: Policy,
    keys: Vec<Keyed>,
    /// Which of them is used.
    current: usize,
    streams: Streams<Sending>,
}

/// What is kept of one of our sources.
struct Sending {
    /// Which packets of media were sent.
    media: Option<ReplayWindow>,
    /// The index of the next SRTCP packet.
    control: u32,
}

impl fmt::Debug for SendContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendContext")
            .field("policy", &self.policy)
            .field("streams", &self.streams.len())
            .finish_non_exhaustive()
    }
}

impl SendContext {
    /// A context with these master keys, of which the first one is used.
    ///
    /// # Errors
    /// [`SetupError`]: the keys do not fit the policy, or the provider lacks the cipher.
    pub fn new(
        ciphers: &'static dyn Ciphers,
        policy: Policy,
        keys: Vec<MasterKey>,
    ) -> Result<Self, SetupError> {
        Ok(Self {
            keys: keyed(ciphers, &policy, keys, Vec::new())?,
            ciphers,
            current: 0,
            streams: Streams::new(policy.max_streams),
            policy,
        })
    }

    /// Goes on with these keys, the first one of them. The rollover counters and the indices go on
    /// as they are, as they must (RFC 3711 §3.3.1, §3.4).
    ///
    /// # Errors
    /// [`SetupError`]; the context is of no use then.
    pub fn set_keys(&mut self, keys: Vec<MasterKey>) -> Result<(), SetupError> {
        let policy = self.policy.clone();
        self.renew(Protection { policy, keys })
    }

    /// As [`SendContext::set_keys`], with transforms that may be others as well.
    ///
    /// # Errors
    /// [`SetupError`]; the context is of no use then.
    pub fn renew(&mut self, protection: Protection) -> Result<(), SetupError> {
        let Protection { policy, keys } = protection;
        let mut before = core::mem::take(&mut self.keys);
        if policy != self.policy {
            before.clear();
            self.policy = policy;
        }
        self.keys = keyed(self.ciphers, &self.policy, keys, before)?;
        self.current = 0;
        Ok(())
    }

    /// Uses the key of this identifier from now on; whether there is one.
    pub fn use_key(&mut self, identifier: &[u8]) -> bool {
        let place = self
            .keys
            .iter()
            .position(|key| key.master().identifier() == identifier);
        self.current = place.unwrap_or(self.current);
        place.is_some()
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Octets that protection adds to a packet of media.
    #[must_use]
    pub fn media_overhead(&self) -> usize {
        let tag = self.policy.media_tag();
        tag.saturating_add(self.identifier().len())
    }

    /// Octets that protection adds to an RTCP packet; they count for its share of the bandwidth
    /// (RFC 3711 §3.4).
    #[must_use]
    pub fn control_overhead(&self) -> usize {
        let tag = self.policy.suite.control_tag_length();
        let fields = tag.saturating_add(CONTROL_INDEX);
        fields.saturating_add(self.identifier().len())
    }

    fn identifier(&self) -> &[u8] {
        self.keys
            .get(self.current)
            .map_or(&[], |key| key.master().identifier())
    }

    /// Protects the packet of media in the first `length` octets of `buffer`, in place, and says
    /// how many octets it has then: [`SendContext::media_overhead`] more.
    ///
    /// # Errors
    /// [`ProtectError`]; the buffer is as it was then.
    pub fn protect_rtp(&mut self, buffer: &mut [u8], length: usize) -> Result<usize, ProtectError> {
        let needed = length.saturating_add(self.media_overhead());
        let packet = buffer.get(..length).ok_or(ProtectError::Malformed)?;
        let layout = Layout::of(packet).ok_or(ProtectError::Malformed)?;
        let room = buffer.get_mut(..needed);
        let buffer = room.ok_or(ProtectError::Buffer(BufferTooSmall { needed }))?;
        let spot = self.streams.find(layout.ssrc);
        if !self.streams.has_room(spot) {
            return Err(ProtectError::TooManyStreams);
        }
        let window = self.streams.peek(spot).and_then(|row| row.media.as_ref());
        let index = match window {
            None => u64::from(layout.sequence),
            Some(window) => {
                let index = estimate(window.highest(), layout.sequence);
                // §9.1: one keystream for two packets gives both away.
                let index = index.ok_or(ProtectError::Repeated)?;
                match window.look(index) {
                    Seen::Not => index,
                    Seen::Already | Seen::Unknown => return Err(ProtectError::Repeated),
                }
            }
        };
        let key = self.keys.get_mut(self.current);
        let key = key.ok_or(ProtectError::KeyExhausted)?;
        if key.is_exhausted(Kind::Media) {
            return Err(ProtectError::KeyExhausted);
        }
        let session = key.session(self.ciphers, &self.policy, Kind::Media, index);
        let session = session.ok_or(ProtectError::NoCipher)?;
        seal_media(session, &self.policy, &layout, index, buffer, length)
            .ok_or(ProtectError::Malformed)?;
        // RFC 3711 §3.1: the identifier stands before the tag. RFC 7714 §8.2: it stands behind
        // it, for there the tag is a part of the ciphertext.
        let identifier = key.master().identifier();
        let is_aead = self.policy.suite.is_aead();
        let identifier_at = length.saturating_add(if is_aead { GCM_TAG } else { 0 });
        put(buffer, identifier_at, identifier);
        key.count(Kind::Media);
        let window = self.policy.window;
        let row = self.streams.enter(spot, layout.ssrc, Sending::new);
        let row = row.ok_or(ProtectError::TooManyStreams)?;
        row.media
            .get_or_insert_with(|| ReplayWindow::new(window, index))
            .add(index);
        Ok(needed)
    }

    /// Protects the compound RTCP packet in the first `length` octets of `buffer`, in place, and
    /// says how many octets it has then: [`SendContext::control_overhead`] more.
    ///
    /// # Errors
    /// [`ProtectError`]; the buffer is as it was then.
    pub fn protect_rtcp(
        &mut self,
        buffer: &mut [u8],
        length: usize,
    ) -> Result<usize, ProtectError> {
        let needed = length.saturating_add(self.control_overhead());
        let packet = buffer.get(..length).ok_or(ProtectError::Malformed)?;
        let ssrc = control_ssrc(packet).ok_or(ProtectError::Malformed)?;
        let room = buffer.get_mut(..needed);
        let buffer = room.ok_or(ProtectError::Buffer(BufferTooSmall { needed }))?;
        let spot = self.streams.find(ssrc);
        if !self.streams.has_room(spot) {
            return Err(ProtectError::TooManyStreams);
        }
        let index = self.streams.peek(spot).map_or(0, |row| row.control);
        let key = self.keys.get_mut(self.current);
        let key = key.ok_or(ProtectError::KeyExhausted)?;
        if key.is_exhausted(Kind::Control) {
            return Err(ProtectError::KeyExhausted);
        }
        let session = key.session(self.ciphers, &self.policy, Kind::Control, index.into());
        let session = session.ok_or(ProtectError::NoCipher)?;
        let end = seal_control(session, &self.policy, ssrc, index, buffer, length);
        let end = end.ok_or(ProtectError::Malformed)?;
        put(buffer, end, key.master().identifier());
        key.count(Kind::Control);
        let row = self.streams.enter(spot, ssrc, Sending::new);
        let row = row.ok_or(ProtectError::TooManyStreams)?;
        // §3.4: modulo 2^31; the count of the key ends it before one comes twice.
        row.control = index.wrapping_add(1) & !ENCRYPTED;
        Ok(needed)
    }
}

impl Sending {
    const fn new() -> Self {
        Self {
            media: None,
            control: 0,
        }
    }
}

/// Copies to a place in a buffer that has room there.
fn put(buffer: &mut [u8], at: usize, octets: &[u8]) {
    let places = buffer.iter_mut().skip(at);
    places.zip(octets).for_each(|(to, from)| *to = *from);
}

/// Encrypts and authenticates; all but the identifier.
#[inline]
fn seal_media(
    session: &SessionKeys,
    policy: &Policy,
    layout: &Layout,
    index: u64,
    buffer: &mut [u8],
    length: usize,
) -> Option<()> {
    let place = Place {
        ssrc: layout.ssrc,
        index,
        f8: f8_media_iv(policy.suite, buffer, index),
    };
    if let Some(transform) = &session.extension {
        let ids = policy.encrypted_extensions;
        extension::apply(transform, &place, layout, ids, buffer);
    }
    if let Transform::Gcm { aead, salt } = &session.transform {
        let nonce = gcm_nonce(salt, place.ssrc, index);
        let clear = if policy.encrypts_media {
            layout.payload
        } else {
            length
        };
        let (associated, rest) = buffer.split_at_mut_checked(clear)?;
        let (payload, rest) = rest.split_at_mut_checked(length.checked_sub(clear)?)?;
        let tag = aead.seal(&nonce, associated, payload);
        put(rest, 0, &tag);
        return Some(());
    }
    let (packet, rest) = buffer.split_at_mut_checked(length)?;
    if policy.encrypts_media {
        session
            .transform
            .apply(&place, packet.get_mut(layout.payload..)?);
    }
    let tag_length = policy.media_tag();
    if let Some(mac) = session.mac.as_ref().filter(|_| tag_length > 0) {
        // §4.2: the rollover counter is authenticated with the packet and never sent.
        let rollovers = ((index >> 16) as u32).to_be_bytes();
        let code = mac.code([packet, &rollovers]);
        let at = rest.len().checked_sub(tag_length)?;
        rest.get_mut(at..)?.copy_from_slice(code.get(..tag_length)?);
    }
    Some(())
}

/// Encrypts, appends the E flag, the index and the tag; says where the identifier goes.
fn seal_control(
    session: &SessionKeys,
    policy: &Policy,
    ssrc: u32,
    index: u32,
    buffer: &mut [u8],
    length: usize,
) -> Option<usize> {
    let word = if policy.marks_control() {
        index | ENCRYPTED
    } else {
        index
    };
    let word = word.to_be_bytes();
    let place = Place {
        ssrc,
        index: index.into(),
        f8: f8_control_iv(policy.suite, buffer, word),
    };
    let needed = buffer.len();
    if let Transform::Gcm { aead, salt } = &session.transform {
        let nonce = gcm_nonce(salt, ssrc, place.index);
        let (packet, rest) = buffer.split_at_mut_checked(length)?;
        let tag = if policy.marks_control() {
            let (clear, secret) = packet.split_at_mut_checked(CONTROL_CLEAR)?;
            aead.seal(&nonce, &control_associated(clear, word), secret)
        } else {
            // RFC 7714 §9.3: the word goes behind the tag, but is authenticated before it.
            put(rest, 0, &word);
            let end = length.checked_add(CONTROL_INDEX)?;
            aead.seal(&nonce, buffer.get(..end)?, &mut [])
        };
        put(buffer, length, &tag);
        let end = length.checked_add(GCM_TAG)?;
        put(buffer, end, &word);
        return end.checked_add(CONTROL_INDEX);
    }
    if policy.marks_control() {
        let secret = buffer.get_mut(CONTROL_CLEAR..length)?;
        session.transform.apply(&place, secret);
    }
    put(buffer, length, &word);
    let end = length.checked_add(CONTROL_INDEX)?;
    // §3.4: RTCP always has its tag.
    let code = session.mac.as_ref()?.code([buffer.get(..end)?, &[]]);
    let tag_length = policy.suite.control_tag_length();
    let at = needed.checked_sub(tag_length)?;
    put(buffer, at, code.get(..tag_length)?);
    Some(end)
}

/// What a GCM tag vouches for beside an encrypted RTCP packet (RFC 7714 §9.2).
pub(super) fn control_associated(clear: &[u8], word: [u8; 4]) -> [u8; 12] {
    let mut associated = [0; 12];
    let octets = clear.iter().take(CONTROL_CLEAR).chain(&word);
    let places = associated.iter_mut();
    places.zip(octets).for_each(|(to, from)| *to = *from);
    associated
}
