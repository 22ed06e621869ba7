//! Protected packets (RFC 3711), with the keys of the plan (RFC 4568 §7.1).
//!
//! ```text
//!   out:  Session ─▶ protect ─▶ socket
//!   in:   socket ─▶ from whom it may come ─▶ unprotect ─▶ guard ─▶ Session
//! ```
//!
//! The plan says the keys, and a later one may say others. What was sent before with the ones of
//! before is still let in for a while.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::AudioEvent;
use super::stream::AudioStream;
use crate::cipher::Ciphers;
use crate::rtp::drops::DropReason;
use crate::rtp::srtp::{
    ProtectError, Protection, ReceiveContext, SendContext, SetupError, UnprotectError,
};
use crate::time::Instant;

/// How long the keys of before are good where nothing comes that was made with the new ones: as
/// long as an INVITE may wait for what answers or acknowledges it (RFC 3261 §17.1.1.2).
const UNFOLLOWED: Duration = Duration::from_secs(32);
/// And once something has come: for what was overtaken on its way.
const OVERTAKEN: Duration = Duration::from_secs(1);
/// Room for the packets of the usual networks; longer ones make more.
const ROOM: usize = 2048;

/// How the packets of a plan are protected, both ways.
#[derive(Clone, Debug)]
pub struct AudioProtection {
    ciphers: &'static dyn Ciphers,
    send: Protection,
    receive: Protection,
    /// Makes the contexts. It is named here and nowhere in the stream, so that a program without
    /// any protection is not linked with SRTP.
    begin: fn(&Self) -> Result<Box<dyn Contexts>, SetupError>,
}

impl AudioProtection {
    /// With this for what we send, and that for what the far end sends.
    ///
    /// # Errors
    /// [`SetupError`]: keys do not fit their policy, or the provider lacks a cipher.
    pub fn new(
        ciphers: &'static dyn Ciphers,
        send: Protection,
        receive: Protection,
    ) -> Result<Self, SetupError> {
        let one = Self {
            ciphers,
            send,
            receive,
            begin: |one| Ok(Box::new(Pair::new(one)?)),
        };
        Pair::new(&one)?;
        Ok(one)
    }
}

/// Whether keys and transforms are the same, whoever has the ciphers.
impl PartialEq for AudioProtection {
    fn eq(&self, other: &Self) -> bool {
        self.send == other.send && self.receive == other.receive
    }
}

impl Eq for AudioProtection {}

/// Media or reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Media,
    Control,
}

/// Which of the two ends has another address than before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Moved {
    pub(super) here: bool,
    pub(super) there: bool,
}

/// The contexts of both directions.
trait Contexts: fmt::Debug + Send + Sync {
    /// Goes on as another plan says.
    fn renew(&mut self, now: Instant, to: &AudioProtection, moved: Moved)
    -> Result<(), SetupError>;
    /// Octets that protection adds.
    fn overhead(&self, kind: Kind) -> usize;
    fn protect(
        &mut self,
        kind: Kind,
        buffer: &mut [u8],
        length: usize,
    ) -> Result<usize, ProtectError>;
    fn unprotect(
        &mut self,
        now: Instant,
        kind: Kind,
        packet: &mut [u8],
    ) -> Result<usize, UnprotectError>;
}

#[derive(Debug)]
struct Pair {
    agreed: AudioProtection,
    send: SendContext,
    receive: ReceiveContext,
    before: Option<Before>,
}

/// What the far end sent with before.
#[derive(Debug)]
struct Before {
    receive: ReceiveContext,
    until: Instant,
}

impl Pair {
    fn new(agreed: &AudioProtection) -> Result<Self, SetupError> {
        let (send, receive) = (agreed.send.clone(), agreed.receive.clone());
        Ok(Self {
            agreed: agreed.clone(),
            send: SendContext::new(agreed.ciphers, send.policy, send.keys)?,
            receive: ReceiveContext::new(agreed.ciphers, receive.policy, receive.keys)?,
            before: None,
        })
    }
}

impl Contexts for Pair {
    fn renew(
        &mut self,
        now: Instant,
        to: &AudioProtection,
        moved: Moved,
    ) -> Result<(), SetupError> {
        if self.agreed.send != to.send {
            let Protection { policy, keys } = to.send.clone();
            if moved.here {
                // RFC 4568 §7.1.4: who names another address names another key, and begins with
                // it as if nothing had been before: the far end may be another by now.
                self.send = SendContext::new(to.ciphers, policy, keys)?;
            } else {
                self.send.renew(Protection { policy, keys })?;
            }
            self.agreed.send = to.send.clone();
        }
        if self.agreed.receive != to.receive {
            let Protection { policy, keys } = to.receive.clone();
            let next = if moved.there {
                ReceiveContext::new(to.ciphers, policy, keys)?
            } else {
                self.receive.successor(Protection { policy, keys })?
            };
            // §7.1.4: for a while it is to be understood according to the old and the new.
            self.before = Some(Before {
                receive: core::mem::replace(&mut self.receive, next),
                until: now + UNFOLLOWED,
            });
            self.agreed.receive = to.receive.clone();
        }
        Ok(())
    }

    fn overhead(&self, kind: Kind) -> usize {
        match kind {
            Kind::Media => self.send.media_overhead(),
            Kind::Control => self.send.control_overhead(),
        }
    }

    fn protect(
        &mut self,
        kind: Kind,
        buffer: &mut [u8],
        length: usize,
    ) -> Result<usize, ProtectError> {
        match kind {
            Kind::Media => self.send.protect_rtp(buffer, length),
            Kind::Control => self.send.protect_rtcp(buffer, length),
        }
    }

    fn unprotect(
        &mut self,
        now: Instant,
        kind: Kind,
        packet: &mut [u8],
    ) -> Result<usize, UnprotectError> {
        let opened = open(&mut self.receive, kind, packet);
        let Some(before) = &mut self.before else {
            return opened;
        };
        if before.until < now {
            self.before = None;
            return opened;
        }
        match opened {
            Ok(length) => {
                before.until = before.until.min(now + OVERTAKEN);
                Ok(length)
            }
            // A packet that is not let in is as it was.
            Err(why) => match open(&mut before.receive, kind, packet) {
                // It came with the old keys, and again.
                Err(UnprotectError::Replayed) => Err(UnprotectError::Replayed),
                opened => opened.map_err(|_| why),
            },
        }
    }
}

fn open(
    context: &mut ReceiveContext,
    kind: Kind,
    packet: &mut [u8],
) -> Result<usize, UnprotectError> {
    match kind {
        Kind::Media => context.unprotect_rtp(packet),
        Kind::Control => context.unprotect_rtcp(packet),
    }
}

/// What becomes of packets between the session and the sockets.
#[derive(Debug, Default)]
pub(super) struct Security {
    mode: Mode,
    /// They stay when a plan goes without: the same keys might come again, and must not begin anew
    /// (RFC 3711 §9.1).
    contexts: Option<Box<dyn Contexts>>,
    /// The packet that is unprotected.
    opened: Vec<u8>,
    /// Whether it was told that a key is exhausted.
    is_told: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Mode {
    #[default]
    Clear,
    Protected,
    /// Protection was agreed on that cannot be had: nothing goes out or comes in.
    Shut,
}

impl Security {
    /// Takes what a plan says.
    pub(super) fn agree(
        &mut self,
        now: Instant,
        protection: Option<&AudioProtection>,
        moved: Moved,
    ) {
        let Some(protection) = protection else {
            self.mode = Mode::Clear;
            return;
        };
        let agreed = match &mut self.contexts {
            Some(contexts) => contexts.renew(now, protection, moved),
            None => (protection.begin)(protection).map(|contexts| {
                self.contexts = Some(contexts);
                self.opened.reserve(ROOM);
            }),
        };
        self.is_told = false;
        self.mode = match agreed {
            Ok(()) => Mode::Protected,
            Err(_) => Mode::Shut,
        };
    }

    /// Octets that protection adds to a packet.
    pub(super) fn overhead(&self, kind: Kind) -> usize {
        match (self.mode, &self.contexts) {
            (Mode::Protected, Some(contexts)) => contexts.overhead(kind),
            (Mode::Protected | Mode::Clear | Mode::Shut, _) => 0,
        }
    }

    fn protect(&mut self, kind: Kind, bytes: &mut Vec<u8>) -> Result<(), ProtectError> {
        let contexts = match (self.mode, &mut self.contexts) {
            (Mode::Clear, _) => return Ok(()),
            (Mode::Protected, Some(contexts)) => contexts,
            (Mode::Protected, None) | (Mode::Shut, _) => return Err(ProtectError::NoCipher),
        };
        let length = bytes.len();
        bytes.resize(length.saturating_add(contexts.overhead(kind)), 0);
        let size = contexts.protect(kind, bytes, length)?;
        bytes.truncate(size);
        Ok(())
    }

    fn unprotect(
        &mut self,
        now: Instant,
        kind: Kind,
        packet: &mut [u8],
    ) -> Result<usize, UnprotectError> {
        match (self.mode, &mut self.contexts) {
            (Mode::Protected, Some(contexts)) => contexts.unprotect(now, kind, packet),
            (Mode::Protected | Mode::Clear | Mode::Shut, _) => Err(UnprotectError::NoCipher),
        }
    }

    fn drop_reason(kind: Kind, why: UnprotectError) -> DropReason {
        match (why, kind) {
            (UnprotectError::Malformed, Kind::Media) => DropReason::NotRtp,
            (UnprotectError::Malformed, Kind::Control) => DropReason::NotRtcp,
            (UnprotectError::Replayed | UnprotectError::TooOld, _) => DropReason::Replayed,
            (UnprotectError::KeyExhausted, _) => DropReason::KeyExhausted,
            (UnprotectError::TooManyStreams, _) => DropReason::TooManyMembers,
            (
                UnprotectError::UnknownKey
                | UnprotectError::Authentication
                | UnprotectError::NoCipher,
                _,
            ) => DropReason::NotAuthentic,
        }
    }
}

impl AudioStream {
    /// Makes of a packet what goes over the wire; whether it may.
    pub(super) fn protect(&mut self, kind: Kind, bytes: &mut Vec<u8>) -> bool {
        match self.security.protect(kind, bytes) {
            Ok(()) => true,
            Err(why) => {
                if why == ProtectError::KeyExhausted {
                    self.tell_exhausted();
                }
                false
            }
        }
    }

    /// Hands `on` what came, if it is what it should be.
    pub(super) fn unprotect(
        &mut self,
        kind: Kind,
        bytes: &[u8],
        on: impl FnOnce(&mut Self, &[u8]),
    ) {
        if self.security.mode == Mode::Clear {
            return on(self, bytes);
        }
        let mut packet = core::mem::take(&mut self.security.opened);
        packet.clear();
        packet.extend_from_slice(bytes);
        match self.security.unprotect(self.now, kind, &mut packet) {
            Ok(length) => on(self, packet.get(..length).unwrap_or_default()),
            Err(why) => {
                self.drops.add(Security::drop_reason(kind, why));
                if why == UnprotectError::KeyExhausted {
                    self.tell_exhausted();
                }
            }
        }
        self.security.opened = packet;
    }

    fn tell_exhausted(&mut self) {
        if !core::mem::replace(&mut self.security.is_told, true) {
            self.tell(AudioEvent::KeyExhausted);
        }
    }
}
