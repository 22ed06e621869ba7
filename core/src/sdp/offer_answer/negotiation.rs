//! The offer/answer machine; its diagram stands at the top of the module above.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::bundle::{self, OwnOffer, Works};
use super::describe::{self, Open, Texts};
use super::group::{self, Group, Grouping};
use super::slot::{self, Place, Slot};
use super::{LocalMedia, MediaKind, MediaPlan, NegotiationError};
use crate::rng::Rng;
use crate::sdp::{SessionDescription, TimeDescription};
use crate::text::Decimal;

/// The offers and answers of one dialog.
///
/// Local media are a list, and a stream is known by its place in it: later lists keep the order,
/// take a stream away by its port 0 or by being shorter, and add streams at their end.
///
/// A fork of the same INVITE negotiates by itself: clone the negotiation that sent the offer.
#[derive(Clone, Debug)]
pub struct Negotiation {
    pub(super) session_id: u64,
    origin: IpAddr,
    /// The version of `sent`; 0 before anything was sent.
    pub(super) version: u64,
    /// The last description we gave the peer, in an offer or an answer.
    pub(super) sent: Box<[u8]>,
    /// What the places of all descriptions keep.
    pub(super) places: Vec<Place>,
    /// Start and stop of every `t=` line; an answer repeats the offer's (§6).
    pub(super) times: Vec<(u64, u64)>,
    pub(super) grouping: Option<Box<Grouping>>,
    /// Where keys come from.
    pub(super) entropy: Option<Box<Rng>>,
    /// What does the work once any stream may be bundled.
    pub(super) bundler: Option<&'static dyn Works>,
    pub(super) agreed: Agreed,
    state: State,
}

/// What holds until the next exchange is complete.
#[derive(Clone, Debug, Default)]
pub(super) struct Agreed {
    pub(super) slots: Vec<Slot>,
    pub(super) locals: Vec<LocalMedia>,
    /// The streams there are: which of the local media, and the plan.
    pub(super) plans: Vec<(usize, MediaPlan)>,
    pub(super) groups: Vec<Group>,
    /// What is not there; hardly any exchange has that.
    pub(super) lack: Option<Box<Lack>>,
}

/// What an exchange has left without a stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Lack {
    /// The local media that had a stream before or were offered.
    locals: Vec<usize>,
    /// The kinds of the peer's streams that were refused.
    refused: Vec<MediaKind>,
}

impl Agreed {
    /// Notes what has no stream now: of the local media those that had one `before` and those that
    /// were `offered`, and of the peer's streams those that were `refused`.
    pub(super) fn note_lack(
        &mut self,
        before: &Self,
        offered: &[Slot],
        refused: impl Iterator<Item = MediaKind>,
    ) {
        let mut lack = Lack {
            locals: Vec::new(),
            refused: refused.collect(),
        };
        let had = before.plans.iter().map(|(local, _)| *local);
        for local in had.chain(offered.iter().filter_map(Slot::local)) {
            let is_there = self.plans.iter().any(|(other, _)| *other == local);
            if !is_there && !lack.locals.contains(&local) {
                lack.locals.push(local);
            }
        }
        let is_any = !lack.locals.is_empty() || !lack.refused.is_empty();
        self.lack = is_any.then(|| Box::new(lack));
    }
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
pub(super) struct Offered {
    pub(super) locals: Vec<LocalMedia>,
    pub(super) slots: Vec<Slot>,
    pub(super) bundles: Option<Arc<dyn OwnOffer>>,
    /// What an answer in an unreliable response said (RFC 6337 §3.1.1).
    preview: Option<Agreed>,
}

impl Offered {
    pub(super) fn new(
        locals: Vec<LocalMedia>,
        slots: Vec<Slot>,
        bundles: Option<Arc<dyn OwnOffer>>,
    ) -> Self {
        Self {
            locals,
            slots,
            bundles,
            preview: None,
        }
    }
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
            sent: Box::default(),
            places: Vec::new(),
            times: Vec::from([(0, 0)]),
            grouping: None,
            entropy: None,
            bundler: None,
            agreed: Agreed::default(),
            state: State::Stable,
        }
    }

    /// A session with nothing in it yet, whose origin is where the first of `local` is.
    #[must_use]
    pub fn for_media(session_id: u64, local: &[LocalMedia]) -> Self {
        let mut unicast = local.iter().map(|one| one.address.ip());
        let origin = unicast.find(|ip| !ip.is_multicast());
        // Without any media nothing is sent to us, so any address of a host will do.
        Self::new(session_id, origin.unwrap_or(Ipv4Addr::LOCALHOST.into()))
    }

    /// Says which groups of streams we understand and want (RFC 5888); none before this is said.
    /// Our next offer or answer is the first to be made by it.
    pub fn set_grouping(&mut self, grouping: Grouping) {
        self.grouping = Some(Box::new(grouping));
    }

    /// Says where the keys of protected streams come from (RFC 4568 §6.1): without it none can be
    /// had. A clone is to be given another source before it makes keys.
    pub fn set_entropy(&mut self, entropy: Rng) {
        self.entropy = Some(Box::new(entropy));
    }

    /// Gives up our keys of protected streams: our next offer or answer has new ones. An end that
    /// changes no address and gives up no key keeps what it has (RFC 4568 §7.1.4).
    pub fn renew_keys(&mut self) {
        self.places.iter_mut().for_each(|place| place.keys.clear());
    }

    /// Writes an offer of `local`, the first one or one that changes the session: it may add,
    /// move, change and remove streams (§8). No media at all can be offered, too (§5).
    ///
    /// # Errors
    ///
    /// [`NegotiationError::OfferUnanswered`] while one is under way either way (§4);
    /// [`NegotiationError::UnusableMedia`].
    pub fn create_offer(
        &mut self,
        local: impl Into<Vec<LocalMedia>>,
    ) -> Result<Vec<u8>, NegotiationError> {
        let local = local.into();
        if !self.is_stable() {
            return Err(NegotiationError::OfferUnanswered);
        }
        if !self.can_offer(&local) {
            return Err(NegotiationError::UnusableMedia);
        }
        let (text, offered) = self.write_offer(local)?;
        self.state = State::OfferSent(Box::new(offered));
        Ok(text)
    }

    /// Offers what we have now, with the peer on hold or not: hold, resume, or a mere refresh.
    ///
    /// # Errors
    ///
    /// As [`Negotiation::create_offer`]; [`NegotiationError::UnusableMedia`] before any media were
    /// agreed.
    pub fn create_reoffer(&mut self, on_hold: bool) -> Result<Vec<u8>, NegotiationError> {
        if !self.is_stable() {
            return Err(NegotiationError::OfferUnanswered);
        }
        if self.agreed.locals.is_empty() {
            return Err(NegotiationError::UnusableMedia);
        }
        let mut locals = self.agreed.locals.clone();
        for local in &mut locals {
            local.on_hold = on_hold;
        }
        let (text, offered) = self.write_offer(locals)?;
        self.state = State::OfferSent(Box::new(offered));
        Ok(text)
    }

    /// Takes the answer to our offer, from a reliable message. See [`Negotiation::plans`] next:
    /// a stream the peer refused has none.
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
                    None => {
                        let mut agreed = self.read_answer(answer, &offered)?;
                        agreed.locals = offered.locals;
                        agreed
                    }
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
        let mut agreed = self.read_answer(answer, offered)?;
        agreed.locals.clone_from(&offered.locals);
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
        local: impl Into<Vec<LocalMedia>>,
    ) -> Result<Vec<u8>, NegotiationError> {
        let local = local.into();
        let offer = self.read_offer(offer)?;
        if !self.can_offer(&local) {
            return Err(NegotiationError::UnusableMedia);
        }
        self.write_answer(&offer, Some(local))
    }

    /// Whether the offer received could be answered with `local`.
    #[must_use]
    pub fn can_answer(&self, local: impl Into<Vec<LocalMedia>>) -> bool {
        self.clone().create_answer(local).is_ok()
    }

    /// Writes the answer to the peer's offer; [`Negotiation::plans`] then says what was agreed.
    ///
    /// # Errors
    ///
    /// [`NegotiationError::NoOffer`]; or [`NegotiationError::NotAcceptable`] or
    /// [`NegotiationError::UnusableMedia`], and the offer still waits for its answer or for
    /// [`Negotiation::reject_offer`].
    pub fn create_answer(
        &mut self,
        local: impl Into<Vec<LocalMedia>>,
    ) -> Result<Vec<u8>, NegotiationError> {
        let local = local.into();
        if !self.can_offer(&local) {
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

    /// The first stream of what is agreed, or previewed, now: the only one of most calls.
    #[must_use]
    pub fn plan(&self) -> Option<&MediaPlan> {
        self.present().plans.first().map(|(_, plan)| plan)
    }

    /// Every stream that is agreed, or previewed, now: its place in the list of local media, and
    /// its plan. They stand in the order of the description.
    pub fn plans(&self) -> impl Iterator<Item = (usize, &MediaPlan)> {
        let plans = self.present().plans.iter();
        plans.map(|(local, plan)| (*local, plan))
    }

    /// The local media that have no stream since the last exchange: the peer or we have taken it
    /// away (§8.2), or we have offered it and the peer does not want it (§6).
    pub fn streams_lost(&self) -> impl Iterator<Item = usize> {
        let lack = self.present().lack.iter();
        lack.flat_map(|lack| lack.locals.iter().copied())
    }

    /// The kinds of the streams in the peer's last offer for which we had no media left.
    pub fn streams_refused(&self) -> impl Iterator<Item = MediaKind> {
        let lack = self.present().lack.iter();
        lack.flat_map(|lack| lack.refused.iter().copied())
    }

    /// The groups both sides know of now (RFC 5888).
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.present().groups
    }

    /// What we brought to the last complete exchange.
    #[must_use]
    pub fn local(&self) -> &[LocalMedia] {
        &self.agreed.locals
    }

    /// What we bring in the offer that is under way; nothing if there is none of ours.
    #[must_use]
    pub fn offered(&self) -> &[LocalMedia] {
        match &self.state {
            State::OfferSent(offered) => &offered.locals,
            State::Stable | State::OfferReceived { .. } => &[],
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

    fn present(&self) -> &Agreed {
        let previewed = match &self.state {
            State::OfferSent(offered) => offered.preview.as_ref(),
            State::Stable | State::OfferReceived { .. } => None,
        };
        previewed.unwrap_or(&self.agreed)
    }

    /// Whether media can be written down at all, in an offer or an answer: they have formats and an
    /// address, and their texts are of one line.
    #[must_use]
    pub fn can_offer(&self, locals: &[LocalMedia]) -> bool {
        let grouping = self.grouping.as_deref();
        let may_be_keyed = |one: &LocalMedia| one.crypto.is_empty() || self.entropy.is_some();
        locals.iter().all(may_be_keyed)
            && locals.iter().all(slot::is_sound)
            && grouping.is_none_or(|it| it.is_sound(locals))
            && bundle::of(locals).is_none_or(|it| it.is_sound(locals))
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

    fn answer(&mut self, local: Option<Vec<LocalMedia>>) -> Result<Vec<u8>, NegotiationError> {
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

    /// Where we received a stream before, if that is elsewhere now (§8.3.1).
    pub(super) fn previous(&self, local: usize, plan: &MediaPlan) -> Option<SocketAddr> {
        let mut plans = self.agreed.plans.iter();
        let (_, before) = plans.find(|(other, _)| *other == local)?;
        Some(before.local).filter(|before| *before != plan.local)
    }

    /// Writes a description of `slots`, where `open` has each stream that is there, and with the
    /// next version if it differs from the last one. A bundle is its places, the tagged one first.
    pub(super) fn describe(
        &mut self,
        slots: &[Slot],
        open: &[Option<Open<'_>>],
        groups: Option<&[Group]>,
        bundles: &[&[usize]],
    ) -> Vec<u8> {
        let is_named = groups.is_some() || !bundles.is_empty();
        let ips = || {
            open.iter()
                .map(|one| Some(one.as_ref()?.local.address.ip()))
        };
        let mut unicast = ips().flatten().filter(|ip| !ip.is_multicast());
        let connection = unicast.next().unwrap_or(self.origin);
        let is_own = |ip: &IpAddr| *ip != connection;
        let own: Vec<(usize, String)> = ips()
            .enumerate()
            .filter_map(|(at, ip)| Some((at, ip.filter(is_own)?.to_string())))
            .collect();
        let sections = slots.iter().enumerate().filter_map(|(at, slot)| {
            let place = self.places.get(at).filter(|_| is_named);
            let mid = place.and_then(|place| place.mid.as_deref());
            let own = own.iter().find(|(of, _)| *of == at);
            match slot {
                Slot::Open { .. } => {
                    let open = open.get(at)?.as_ref()?;
                    Some(open.section(mid, own.map(|(_, text)| &**text)))
                }
                Slot::Closed(closed) => Some(describe::closed(closed, mid)),
            }
        });
        let times = self.times.iter().map(|(start, stop)| TimeDescription {
            start: *start,
            stop: *stop,
            ..TimeDescription::default()
        });
        let session_id = Decimal::of(self.session_id);
        let texts = Texts::new(self.origin, connection);
        let mut description =
            texts.description(session_id.as_str(), times.collect(), sections.collect());
        if is_named {
            let bundles = group::bundle_lines(bundles, &self.places);
            let groups = groups.unwrap_or_default();
            description.attributes = bundles
                .chain(group::lines(groups, slots, &self.places))
                .collect();
        }
        let version = Decimal::of(self.version);
        let next = Decimal::of(self.version.wrapping_add(1));
        let mut text = Vec::new();
        if !self.sent.is_empty() {
            description.origin.session_version = version.as_str();
            description.write(&mut text);
            if *text == *self.sent {
                return text;
            }
            text.clear();
        }
        // §8: one up from the last description we gave, whether an offer or an answer.
        description.origin.session_version = next.as_str();
        description.write(&mut text);
        drop(description);
        self.version = self.version.wrapping_add(1);
        self.sent = text.as_slice().into();
        text
    }
}
