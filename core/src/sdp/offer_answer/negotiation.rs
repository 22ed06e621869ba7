//! The offer/answer machine; its diagram stands at the top of the module above.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::mem;
use core::net::IpAddr;

use super::agree;
use super::describe::Texts;
use super::payload_types::PayloadTypes;
use super::slot::{self, Slot};
use super::{Format, LocalMedia, MediaPlan, NegotiationError};
use crate::sdp::{
    AnswerDirection, Direction, MediaDescription, SessionDescription, TimeDescription,
};

/// The offers and answers of one dialog.
///
/// A fork of the same INVITE negotiates by itself: clone the negotiation that sent the offer.
#[derive(Clone, Debug)]
pub struct Negotiation {
    session_id: u64,
    origin: IpAddr,
    /// The version of `sent`; 0 before anything was sent.
    version: u64,
    /// The last description we gave the peer, in an offer or an answer.
    sent: Vec<u8>,
    numbers: PayloadTypes,
    /// Start and stop of every `t=` line; an answer repeats the offer's (§6).
    times: Vec<(u64, u64)>,
    agreed: Agreed,
    state: State,
}

/// What holds until the next exchange is complete.
#[derive(Clone, Debug, Default)]
struct Agreed {
    slots: Vec<Slot>,
    local: Option<LocalMedia>,
    plan: Option<MediaPlan>,
}

#[derive(Clone, Debug)]
enum State {
    /// No offer is under way.
    Stable,
    /// We offered.
    OfferSent(Box<Offered>),
    /// The peer offered this.
    OfferReceived { offer: Box<[u8]> },
}

/// An offer of ours.
#[derive(Clone, Debug)]
struct Offered {
    local: LocalMedia,
    formats: Vec<Format>,
    slots: Vec<Slot>,
    /// What an answer in an unreliable response said (RFC 6337 §3.1.1).
    preview: Option<Agreed>,
}

impl Negotiation {
    /// A session with nothing in it yet.
    ///
    /// `session_id` is a random number, `origin` the address for the `o=` line: it never changes,
    /// wherever the media go (§8).
    #[must_use]
    pub fn new(session_id: u64, origin: IpAddr) -> Self {
        Self {
            // §5: representable in 63 bits.
            session_id: session_id >> 2,
            origin,
            version: 0,
            sent: Vec::new(),
            numbers: PayloadTypes::default(),
            times: Vec::from([(0, 0)]),
            agreed: Agreed::default(),
            state: State::Stable,
        }
    }

    /// Writes an offer of `local`, the first one or one that changes the session: hold and resume
    /// are offers with another [`LocalMedia::direction`] (§8.4).
    ///
    /// # Errors
    ///
    /// [`NegotiationError::OfferUnanswered`] while one is under way either way (§4);
    /// [`NegotiationError::UnusableMedia`].
    pub fn create_offer(&mut self, local: &LocalMedia) -> Result<Vec<u8>, NegotiationError> {
        if !self.is_stable() {
            return Err(NegotiationError::OfferUnanswered);
        }
        if !slot::is_sound(local) {
            return Err(NegotiationError::UnusableMedia);
        }
        let mut formats: Vec<Format> = Vec::new();
        for codec in &local.codecs {
            let number = self.numbers.assign(codec, None);
            let given = |one: &Format| Some(one.payload_type) == number;
            if let Some(payload_type) = number.filter(|_| !formats.iter().any(given)) {
                let codec = codec.clone();
                formats.push(Format {
                    payload_type,
                    codec,
                });
            }
        }
        // §8: every place of the session stays. Ours keeps its own; a new one takes that of a dead
        // audio stream or stands below all others (§8.1).
        let mut slots = self.agreed.slots.clone();
        let own = slots.iter().position(Slot::is_audio);
        let at = own.or_else(|| slots.iter().position(Slot::is_usable));
        match at.and_then(|at| slots.get_mut(at)) {
            Some(slot) => *slot = Slot::Audio,
            None => slots.push(Slot::Audio),
        }
        let audio = slot::audio(local, &formats, local.direction);
        let text = self.describe(local.address.ip(), &slots, Some(audio));
        self.state = State::OfferSent(Box::new(Offered {
            local: local.clone(),
            formats,
            slots,
            preview: None,
        }));
        Ok(text)
    }

    /// Offers what we have now, in another direction: hold, resume, or a mere refresh.
    ///
    /// # Errors
    ///
    /// As [`Negotiation::create_offer`]; [`NegotiationError::UnusableMedia`] before any media were
    /// agreed.
    pub fn create_reoffer(&mut self, direction: Direction) -> Result<Vec<u8>, NegotiationError> {
        if !self.is_stable() {
            return Err(NegotiationError::OfferUnanswered);
        }
        let local = self.agreed.local.as_ref();
        let local = LocalMedia {
            direction,
            ..local.ok_or(NegotiationError::UnusableMedia)?.clone()
        };
        self.create_offer(&local)
    }

    /// Takes the answer to our offer, from a reliable message. See [`Negotiation::plan`] next:
    /// there is none if the peer refused the stream.
    ///
    /// # Errors
    ///
    /// [`NegotiationError::NoOffer`], or the exchange failed and is over.
    pub fn receive_answer(&mut self, answer: &[u8]) -> Result<(), NegotiationError> {
        match mem::replace(&mut self.state, State::Stable) {
            State::OfferSent(mut offered) => {
                // RFC 6337 §3.1.1: whatever the real answer says, the preview is taken for it.
                let preview = offered.preview.take();
                self.agreed = match preview {
                    Some(agreed) => agreed,
                    None => self.read_answer(answer, &offered)?,
                };
                Ok(())
            }
            other @ (State::Stable | State::OfferReceived { .. }) => {
                self.state = other;
                Err(NegotiationError::NoOffer)
            }
        }
    }

    /// Takes an answer that came in an unreliable provisional response: media may flow by it, but
    /// the exchange is not over and no new offer may be made (RFC 6337 §3.1.1).
    ///
    /// # Errors
    ///
    /// [`NegotiationError::NoOffer`], or it is no use and the offer still stands.
    pub fn preview_answer(&mut self, answer: &[u8]) -> Result<(), NegotiationError> {
        let State::OfferSent(offered) = &self.state else {
            return Err(NegotiationError::NoOffer);
        };
        if offered.preview.is_some() {
            return Ok(());
        }
        let agreed = self.read_answer(answer, offered)?;
        if let State::OfferSent(offered) = &mut self.state {
            offered.preview = Some(agreed);
        }
        Ok(())
    }

    /// Takes back our offer: it was refused, or never arrived. The session is as before (§4).
    pub fn offer_rejected(&mut self) {
        if matches!(self.state, State::OfferSent(_)) {
            self.state = State::Stable;
        }
    }

    /// Takes the peer's offer, to be answered or rejected when we know what we want.
    ///
    /// # Errors
    ///
    /// [`NegotiationError::Glare`], [`NegotiationError::OfferUnanswered`],
    /// [`NegotiationError::Description`], [`NegotiationError::MediaRemoved`]: the offer is then
    /// rejected already.
    pub fn receive_offer(&mut self, offer: &[u8]) -> Result<(), NegotiationError> {
        self.read_offer(offer)?;
        self.state = State::OfferReceived {
            offer: offer.into(),
        };
        Ok(())
    }

    /// Takes the peer's offer and writes the answer to it, as [`Negotiation::receive_offer`] and
    /// [`Negotiation::create_answer`] do, for when it is known already what we want: the offer is
    /// read once and kept nowhere.
    ///
    /// # Errors
    ///
    /// As those two; the offer is then rejected already.
    pub fn answer_offer(
        &mut self,
        offer: &[u8],
        local: &LocalMedia,
    ) -> Result<Vec<u8>, NegotiationError> {
        let offer = self.read_offer(offer)?;
        if !slot::is_sound(local) {
            return Err(NegotiationError::UnusableMedia);
        }
        self.write_answer(&offer, Some(local))
    }

    /// Whether the offer received could be answered with `local`.
    #[must_use]
    pub fn can_answer(&self, local: &LocalMedia) -> bool {
        self.clone().create_answer(local).is_ok()
    }

    /// Writes the answer to the peer's offer; [`Negotiation::plan`] then says what was agreed.
    ///
    /// # Errors
    ///
    /// [`NegotiationError::NoOffer`]; or [`NegotiationError::NotAcceptable`] or
    /// [`NegotiationError::UnusableMedia`], and the offer still waits for its answer or for
    /// [`Negotiation::reject_offer`].
    pub fn create_answer(&mut self, local: &LocalMedia) -> Result<Vec<u8>, NegotiationError> {
        if !slot::is_sound(local) {
            return Err(NegotiationError::UnusableMedia);
        }
        self.answer(Some(local))
    }

    /// Writes an answer with every stream refused: for an offer that came in a response, which
    /// has to be answered even when nothing of it will do (RFC 6337 §5.2.4; then say BYE).
    ///
    /// # Errors
    ///
    /// [`NegotiationError::NoOffer`].
    pub fn create_refusal(&mut self) -> Result<Vec<u8>, NegotiationError> {
        self.answer(None)
    }

    /// Forgets the peer's offer, which was answered with an error response (§4).
    pub fn reject_offer(&mut self) {
        if matches!(self.state, State::OfferReceived { .. }) {
            self.state = State::Stable;
        }
    }

    /// What is agreed, or previewed, now.
    #[must_use]
    pub fn plan(&self) -> Option<&MediaPlan> {
        let previewed = match &self.state {
            State::OfferSent(offered) => offered.preview.as_ref(),
            State::Stable | State::OfferReceived { .. } => None,
        };
        previewed.unwrap_or(&self.agreed).plan.as_ref()
    }

    /// What we brought to the last complete exchange.
    #[must_use]
    pub fn local(&self) -> Option<&LocalMedia> {
        self.agreed.local.as_ref()
    }

    /// What we bring in the offer that is under way, if it is ours.
    #[must_use]
    pub fn offered(&self) -> Option<&LocalMedia> {
        match &self.state {
            State::OfferSent(offered) => Some(&offered.local),
            State::Stable | State::OfferReceived { .. } => None,
        }
    }

    /// Whether no offer is under way, so that one may be made.
    #[must_use]
    pub fn is_stable(&self) -> bool {
        matches!(self.state, State::Stable)
    }

    /// Whether we wait for an answer.
    #[must_use]
    pub fn is_offer_sent(&self) -> bool {
        matches!(self.state, State::OfferSent(_))
    }

    /// Whether the peer waits for our answer.
    #[must_use]
    pub fn is_offer_received(&self) -> bool {
        matches!(self.state, State::OfferReceived { .. })
    }

    fn read_offer<'a>(&self, offer: &'a [u8]) -> Result<SessionDescription<'a>, NegotiationError> {
        match self.state {
            State::OfferSent(_) => return Err(NegotiationError::Glare),
            State::OfferReceived { .. } => return Err(NegotiationError::OfferUnanswered),
            State::Stable => {}
        }
        let session = SessionDescription::parse(offer).map_err(NegotiationError::Description)?;
        // §8: the number of media descriptions never goes down.
        if session.media.len() < self.agreed.slots.len() {
            return Err(NegotiationError::MediaRemoved);
        }
        Ok(session)
    }

    fn read_answer(&self, answer: &[u8], offered: &Offered) -> Result<Agreed, NegotiationError> {
        let Offered {
            local,
            formats,
            slots,
            preview: _,
        } = offered;
        let session = SessionDescription::parse(answer).map_err(NegotiationError::Description)?;
        // §6: as many as offered, each of the type offered.
        if session.media.len() != slots.len() {
            return Err(NegotiationError::AnswerMismatch);
        }
        let mut slots = slots.clone();
        let at = slots.iter().position(Slot::is_audio);
        let media = at.and_then(|at| session.media.get(at));
        let media = media.filter(|media| media.media == "audio");
        let media = media.ok_or(NegotiationError::AnswerMismatch)?;
        let mut plan = None;
        if media.port == 0 {
            if let Some(slot) = at.and_then(|at| slots.get_mut(at)) {
                *slot = Slot::closed(media);
            }
        } else {
            let common = agree::in_answer(media, formats);
            // A peer may mark an answer in a way §6.1 forbids; we still do no more than we offered.
            let direction = media.direction(&session).reversed().and(local.direction);
            plan = agree::is_usable(&session, media, local)
                .then(|| agree::plan(&session, media, local, &common, direction, &self.numbers))
                .flatten();
            if plan.is_none() {
                return Err(NegotiationError::AnswerMismatch);
            }
        }
        Ok(Agreed {
            slots,
            local: Some(local.clone()),
            plan,
        })
    }

    fn answer(&mut self, local: Option<&LocalMedia>) -> Result<Vec<u8>, NegotiationError> {
        match mem::replace(&mut self.state, State::Stable) {
            State::OfferReceived { offer } => {
                let session = SessionDescription::parse(&offer);
                let answer = session
                    .map_err(NegotiationError::Description)
                    .and_then(|session| self.write_answer(&session, local));
                if answer.is_err() {
                    self.state = State::OfferReceived { offer };
                }
                answer
            }
            other @ (State::Stable | State::OfferSent(_)) => {
                self.state = other;
                Err(NegotiationError::NoOffer)
            }
        }
    }

    fn write_answer(
        &mut self,
        session: &SessionDescription<'_>,
        local: Option<&LocalMedia>,
    ) -> Result<Vec<u8>, NegotiationError> {
        let chosen = local.and_then(|local| self.choose(session, local));
        // §6: the session as a whole is refused if nothing fits; but an offer that wants nothing
        // is answered in kind.
        let wanted = session.media.iter().any(|media| media.port != 0);
        if local.is_some() && wanted && chosen.is_none() {
            return Err(NegotiationError::NotAcceptable);
        }
        let mut slots: Vec<Slot> = session.media.iter().map(Slot::closed).collect();
        let times = session.times.iter().map(|time| (time.start, time.stop));
        self.times = times.collect();
        let mut agreed = Agreed {
            local: local.cloned().or_else(|| self.agreed.local.take()),
            ..Agreed::default()
        };
        let connection = local.map_or(self.origin, |local| local.address.ip());
        let text = match (local, chosen) {
            (Some(local), Some((at, common))) => {
                let media = session
                    .media
                    .get(at)
                    .ok_or(NegotiationError::NotAcceptable)?;
                if let Some(slot) = slots.get_mut(at) {
                    *slot = Slot::Audio;
                }
                let offered = media.direction(session);
                let direction = AnswerDirection::to_offer(offered, local.direction).direction();
                let numbers = &self.numbers;
                agreed.plan = agree::plan(session, media, local, &common, direction, numbers);
                let formats: Vec<Format> = common.into_iter().map(|one| one.ours).collect();
                let audio = slot::audio(local, &formats, direction);
                self.describe(connection, &slots, Some(audio))
            }
            (Some(_) | None, _) => self.describe(connection, &slots, None),
        };
        agreed.slots = slots;
        self.agreed = agreed;
        Ok(text)
    }

    /// The stream of an offer to accept: the one we have, or else the first that will do.
    fn choose(
        &mut self,
        session: &SessionDescription<'_>,
        local: &LocalMedia,
    ) -> Option<(usize, Vec<agree::Common>)> {
        let own = self.agreed.slots.iter().position(Slot::is_audio);
        let places = own.into_iter().chain(0..session.media.len());
        for at in places {
            let media = session.media.get(at)?;
            if !agree::is_usable(session, media, local) {
                continue;
            }
            let mut numbers = self.numbers.clone();
            let common = agree::in_offer(media, local, &mut numbers);
            if agree::has_voice(&common) {
                self.numbers = numbers;
                return Some((at, common));
            }
        }
        None
    }

    /// Writes a description of `slots`, with the next version if it differs from the last one.
    fn describe(
        &mut self,
        connection: IpAddr,
        slots: &[Slot],
        mut audio: Option<MediaDescription<'_>>,
    ) -> Vec<u8> {
        let media = slots.iter().filter_map(|slot| match slot {
            Slot::Audio => audio.take(),
            Slot::Closed {
                media,
                proto,
                format,
            } => Some(slot::closed(media, proto, format)),
        });
        let times = self.times.iter().map(|(start, stop)| TimeDescription {
            start: *start,
            stop: *stop,
            ..TimeDescription::default()
        });
        let session_id = self.session_id.to_string();
        let texts = Texts::new(self.origin, connection);
        let mut description = texts.description(&session_id, times.collect(), media.collect());
        let version = self.version.to_string();
        description.origin.session_version = &version;
        let mut text = description.to_bytes();
        if text != self.sent {
            // §8: one up from the last description we gave, whether an offer or an answer.
            self.version = self.version.wrapping_add(1);
            let version = self.version.to_string();
            description.origin.session_version = &version;
            text.clear();
            description.write(&mut text);
            self.sent.clone_from(&text);
            self.sent.shrink_to_fit();
        }
        text
    }
}
