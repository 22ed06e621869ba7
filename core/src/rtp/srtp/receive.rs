//! Letting in what is received (RFC 3711 §3.3, §3.4, RFC 7714 §8, §9).

use alloc::vec::Vec;
use core::fmt;

use crate::cipher::{Aead, Ciphers};
use crate::hash::is_equal;

use super::error::{SetupError, UnprotectError};
use super::extension;
use super::index::{ReplayWindow, Seen, estimate};
use super::layout::{CONTROL_CLEAR, CONTROL_INDEX, Layout, control_ssrc};
use super::policy::{MasterKey, Policy};
use super::protection::Protection;
use super::send::{ENCRYPTED, control_associated};
use super::session_keys::{Keyed, Kind, SessionKeys, keyed};
use super::streams::Streams;
use super::suite::GCM_TAG;
use super::transform::{Place, Transform, f8_control_iv, f8_media_iv, gcm_nonce};

/// The cryptographic context of what we receive (RFC 3711 §3.2): the keys, how far each source is,
/// and which packets were there. It changes only for packets whose tag is right.
pub struct ReceiveContext {
    ciphers: &'static dyn Ciphers,
    policy: Policy,
    keys: Vec<Keyed>,
    streams: Streams<Receiving>,
}

/// What is kept of one source.
#[derive(Default)]
struct Receiving {
    media: Option<ReplayWindow>,
    control: Option<ReplayWindow>,
}

impl fmt::Debug for ReceiveContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiveContext")
            .field("policy", &self.policy)
            .field("streams", &self.streams.len())
            .finish_non_exhaustive()
    }
}

impl ReceiveContext {
    /// A context with these master keys; of several, each packet says which one it was made with.
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
            streams: Streams::new(policy.max_streams),
            policy,
        })
    }

    /// Goes on with these keys. The rollover counters go on as they are, as they must
    /// (RFC 3711 §3.3.1).
    ///
    /// # Errors
    /// [`SetupError`]; the context lets nothing in then.
    pub fn set_keys(&mut self, keys: Vec<MasterKey>) -> Result<(), SetupError> {
        let before = core::mem::take(&mut self.keys);
        let is_kept = before.iter().any(|key| keys.contains(key.master()));
        self.keys = keyed(self.ciphers, &self.policy, keys, before)?;
        if !is_kept {
            // The SRTCP index may begin again at zero after its last. What was there before does
            // not pass with the new keys anyway.
            let windows = self
                .streams
                .rows_mut()
                .filter_map(|row| row.control.as_mut());
            windows.for_each(ReplayWindow::clear);
        }
        Ok(())
    }

    /// The context of what is sent with other keys from now on, perhaps with other transforms. It
    /// knows how far each source is: the rollover counters go on (RFC 3711 §3.3.1). This one still
    /// lets in what was sent before, for as long as it is kept: without an identifier only the tag
    /// tells them apart (RFC 4568 §7.1.4).
    ///
    /// # Errors
    /// [`SetupError`]: the keys do not fit the policy, or the provider lacks the cipher.
    pub fn successor(&self, protection: Protection) -> Result<Self, SetupError> {
        let Protection { policy, keys } = protection;
        let mut next = Self::new(self.ciphers, policy, keys)?;
        let mut is_kept = false;
        for key in &mut next.keys {
            let mut known = self.keys.iter();
            if let Some(known) = known.find(|known| known.master() == key.master()) {
                key.go_on_from(known);
                is_kept = true;
            }
        }
        next.streams = self
            .streams
            .copied(next.policy.max_streams, |row| Receiving {
                media: row.media.clone(),
                // The SRTCP index may begin again, but not under a key it was used with.
                control: row.control.clone().filter(|_| is_kept),
            });
        Ok(next)
    }

    /// Joins a source that has sent for long: how often its sequence numbers have wrapped, and the
    /// last of them, as its key management says (RFC 3711 §3.3.1). Whether there was room.
    pub fn join(&mut self, ssrc: u32, rollovers: u32, sequence: u16) -> bool {
        let index = (u64::from(rollovers) << 16) | u64::from(sequence);
        let window = ReplayWindow::new(self.policy.window, index);
        let spot = self.streams.find(ssrc);
        let row = self.streams.enter(spot, ssrc, Receiving::default);
        row.map(|row| row.media = Some(window)).is_some()
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    fn identifier_length(&self) -> usize {
        self.keys
            .first()
            .map_or(0, |key| key.master().identifier().len())
    }

    /// Which key the identifier at a place in a packet names.
    fn key(&self, packet: &[u8], at: usize) -> Result<usize, UnprotectError> {
        let end = at.saturating_add(self.identifier_length());
        let identifier = packet.get(at..end).ok_or(UnprotectError::Malformed)?;
        let mut keys = self.keys.iter();
        let place = keys.position(|key| key.master().identifier() == identifier);
        place.ok_or(UnprotectError::UnknownKey)
    }

    /// Checks and decrypts a packet of media in place, and says how many octets at the front are
    /// the packet now.
    ///
    /// # Errors
    /// [`UnprotectError`]: the packet is to be dropped.
    pub fn unprotect_rtp(&mut self, packet: &mut [u8]) -> Result<usize, UnprotectError> {
        let layout = Layout::of(packet).ok_or(UnprotectError::Malformed)?;
        let trailer = self.policy.media_tag();
        let trailer = trailer.saturating_add(self.identifier_length());
        let length = packet.len().checked_sub(trailer);
        let length = length.filter(|length| *length >= layout.payload);
        let length = length.ok_or(UnprotectError::Malformed)?;
        let is_aead = self.policy.suite.is_aead();
        let identifier_at = length.saturating_add(if is_aead { GCM_TAG } else { 0 });
        let key = self.key(packet, identifier_at)?;
        let spot = self.streams.find(layout.ssrc);
        if !self.streams.has_room(spot) {
            return Err(UnprotectError::TooManyStreams);
        }
        let window = self.streams.peek(spot).and_then(|row| row.media.as_ref());
        let index = match window {
            None => u64::from(layout.sequence),
            Some(window) => {
                let index = estimate(window.highest(), layout.sequence);
                let index = index.ok_or(UnprotectError::TooOld)?;
                is_new(window, index)?;
                index
            }
        };
        let key = self.keys.get_mut(key).ok_or(UnprotectError::UnknownKey)?;
        if key.is_exhausted(Kind::Media) {
            return Err(UnprotectError::KeyExhausted);
        }
        let session = key.session(self.ciphers, &self.policy, Kind::Media, index);
        let session = session.ok_or(UnprotectError::NoCipher)?;
        open_media(session, &self.policy, &layout, index, packet, length)?;
        key.count(Kind::Media);
        let window = self.policy.window;
        let row = self.streams.enter(spot, layout.ssrc, Receiving::default);
        let row = row.ok_or(UnprotectError::TooManyStreams)?;
        row.media
            .get_or_insert_with(|| ReplayWindow::new(window, index))
            .add(index);
        Ok(length)
    }

    /// Checks and decrypts a compound RTCP packet in place, and says how many octets at the front
    /// are the packet now.
    ///
    /// # Errors
    /// [`UnprotectError`]: the packet is to be dropped.
    pub fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, UnprotectError> {
        let ssrc = control_ssrc(packet).ok_or(UnprotectError::Malformed)?;
        let tag_length = self.policy.suite.control_tag_length();
        let trailer = tag_length.saturating_add(CONTROL_INDEX);
        let trailer = trailer.saturating_add(self.identifier_length());
        let length = packet.len().checked_sub(trailer);
        let length = length.filter(|length| *length >= CONTROL_CLEAR);
        let length = length.ok_or(UnprotectError::Malformed)?;
        // RFC 7714 §9.2: the tag of GCM stands before the index, as the end of the ciphertext.
        let is_aead = self.policy.suite.is_aead();
        let word_at = length.saturating_add(if is_aead { GCM_TAG } else { 0 });
        let rest = packet.get(word_at..).unwrap_or_default();
        let word = *rest.first_chunk().ok_or(UnprotectError::Malformed)?;
        let key = self.key(packet, word_at.saturating_add(CONTROL_INDEX))?;
        let index = u64::from(u32::from_be_bytes(word) & !ENCRYPTED);
        let spot = self.streams.find(ssrc);
        if !self.streams.has_room(spot) {
            return Err(UnprotectError::TooManyStreams);
        }
        let row = self.streams.peek(spot);
        if let Some(window) = row.and_then(|row| row.control.as_ref()) {
            is_new(window, index)?;
        }
        let key = self.keys.get_mut(key).ok_or(UnprotectError::UnknownKey)?;
        if key.is_exhausted(Kind::Control) {
            return Err(UnprotectError::KeyExhausted);
        }
        let session = key.session(self.ciphers, &self.policy, Kind::Control, index);
        let session = session.ok_or(UnprotectError::NoCipher)?;
        open_control(session, &self.policy, ssrc, word, packet, length)?;
        key.count(Kind::Control);
        let window = self.policy.window;
        let row = self.streams.enter(spot, ssrc, Receiving::default);
        let row = row.ok_or(UnprotectError::TooManyStreams)?;
        row.control
            .get_or_insert_with(|| ReplayWindow::new(window, index))
            .add(index);
        Ok(length)
    }
}

/// §3.3.2: only what is ahead of the window, or in it and not there yet, is let in.
fn is_new(window: &ReplayWindow, index: u64) -> Result<(), UnprotectError> {
    match window.look(index) {
        Seen::Not => Ok(()),
        Seen::Already => Err(UnprotectError::Replayed),
        Seen::Unknown => Err(UnprotectError::TooOld),
    }
}

/// Authenticates, and then decrypts.
#[inline]
fn open_media(
    session: &SessionKeys,
    policy: &Policy,
    layout: &Layout,
    index: u64,
    packet: &mut [u8],
    length: usize,
) -> Result<(), UnprotectError> {
    let place = Place {
        ssrc: layout.ssrc,
        index,
        f8: f8_media_iv(policy.suite, packet, index),
    };
    let parts = packet.split_at_mut_checked(length);
    let (body, rest) = parts.ok_or(UnprotectError::Malformed)?;
    let clear = if policy.encrypts_media {
        layout.payload
    } else {
        length
    };
    let parts = body.split_at_mut_checked(clear);
    let (header, payload) = parts.ok_or(UnprotectError::Malformed)?;
    if let Transform::Gcm { aead, salt } = &session.transform {
        let nonce = gcm_nonce(salt, place.ssrc, index);
        let tag = rest.first_chunk().ok_or(UnprotectError::Malformed)?;
        if !aead.open(&nonce, header, payload, tag) {
            return Err(UnprotectError::Authentication);
        }
    } else {
        let tag_length = policy.media_tag();
        if let Some(mac) = session.mac.as_ref().filter(|_| tag_length > 0) {
            let rollovers = ((index >> 16) as u32).to_be_bytes();
            let code = mac.code([body, &rollovers]);
            let tag_at = rest.len().saturating_sub(tag_length);
            let tag = rest.get(tag_at..).unwrap_or_default();
            if !is_equal(code.get(..tag_length).unwrap_or_default(), tag) {
                return Err(UnprotectError::Authentication);
            }
        }
        if policy.encrypts_media {
            let payload = body.get_mut(layout.payload..).unwrap_or_default();
            session.transform.apply(&place, payload);
        }
    }
    if let Some(transform) = &session.extension {
        let ids = policy.encrypted_extensions;
        extension::apply(transform, &place, layout, ids, packet);
    }
    Ok(())
}

fn open_control(
    session: &SessionKeys,
    policy: &Policy,
    ssrc: u32,
    word: [u8; 4],
    packet: &mut [u8],
    length: usize,
) -> Result<(), UnprotectError> {
    let is_encrypted = u32::from_be_bytes(word) & ENCRYPTED != 0;
    let place = Place {
        ssrc,
        index: u64::from(u32::from_be_bytes(word) & !ENCRYPTED),
        f8: f8_control_iv(policy.suite, packet, word),
    };
    if let Transform::Gcm { aead, salt } = &session.transform {
        let nonce = gcm_nonce(salt, ssrc, place.index);
        let is_right = open_control_gcm(aead.as_ref(), &nonce, word, packet, length);
        return if is_right {
            Ok(())
        } else {
            Err(UnprotectError::Authentication)
        };
    }
    let end = length.saturating_add(CONTROL_INDEX);
    let body = packet.get(..end).ok_or(UnprotectError::Malformed)?;
    let mac = session.mac.as_ref().ok_or(UnprotectError::NoCipher)?;
    let code = mac.code([body, &[]]);
    let tag_length = policy.suite.control_tag_length();
    let tag_at = packet.len().saturating_sub(tag_length);
    let tag = packet.get(tag_at..).unwrap_or_default();
    if !is_equal(code.get(..tag_length).unwrap_or_default(), tag) {
        return Err(UnprotectError::Authentication);
    }
    if is_encrypted {
        let secret = packet.get_mut(CONTROL_CLEAR..length).unwrap_or_default();
        session.transform.apply(&place, secret);
    }
    Ok(())
}

/// RFC 7714 §9.2, §9.3: packet, tag and word. The tag vouches for the word, and for all of a packet
/// that is not encrypted.
fn open_control_gcm(
    aead: &dyn Aead,
    nonce: &[u8; 12],
    word: [u8; 4],
    packet: &mut [u8],
    length: usize,
) -> bool {
    let Some((body, rest)) = packet.split_at_mut_checked(length) else {
        return false;
    };
    let Some(tag) = rest.first_chunk_mut::<GCM_TAG>() else {
        return false;
    };
    if u32::from_be_bytes(word) & ENCRYPTED != 0 {
        let parts = body.split_at_mut_checked(CONTROL_CLEAR);
        return parts.is_some_and(|(clear, secret)| {
            aead.open(nonce, &control_associated(clear, word), secret, tag)
        });
    }
    // What is authenticated must be in one piece: the word stands in for the tag meanwhile.
    let right = *tag;
    let places = tag.iter_mut().zip(word);
    places.for_each(|(place, octet)| *place = octet);
    let associated = packet.get(..length.saturating_add(CONTROL_INDEX));
    let is_right = associated.is_some_and(|octets| aead.open(nonce, octets, &mut [], &right));
    let places = packet.iter_mut().skip(length).zip(right);
    places.for_each(|(place, octet)| *place = octet);
    is_right
}
