//! Our answers (RFC 3264 §6).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use super::agree::{self, Agreement, Spoken};
use super::bundle::{self, Beside};
use super::describe::Open;
use super::group::{self, Group};
use super::negotiation::Agreed;
use super::payload_types::PayloadTypes;
use super::security;
use super::slot::{self, Place, Slot};
use super::{Format, LocalMedia, MediaKind, MediaPlan, Negotiation, NegotiationError};
use crate::rng::Rng;
use crate::sdp::{AnswerDirection, MediaDescription, SessionDescription};

/// The stream of ours that goes with one of the peer's.
pub(super) struct Match<'l> {
    pub(super) at: usize,
    pub(super) local: &'l LocalMedia,
    /// What the multicast group (§6.2) or the bundle of the offer makes of it.
    pub(super) joined: Option<Box<LocalMedia>>,
    pub(super) spoken: Vec<Spoken<'l>>,
}

impl Match<'_> {
    /// Whether it is a multicast group.
    pub(super) fn is_group(&self) -> bool {
        let present = self.joined.as_deref().unwrap_or(self.local);
        present.address.ip().is_multicast()
    }
}

/// A stream we accept.
pub(super) struct Accepted<'l> {
    at: usize,
    local: &'l LocalMedia,
    joined: Option<Box<LocalMedia>>,
    formats: Vec<Format>,
    direction: AnswerDirection,
    pub(super) plan: MediaPlan,
    /// The `crypto` line we took.
    crypto: Option<String>,
}

impl Negotiation {
    /// Writes the answer to an offer; without local media all of it is refused.
    pub(super) fn write_answer(
        &mut self,
        session: &SessionDescription<'_>,
        local: Option<Vec<LocalMedia>>,
    ) -> Result<Vec<u8>, NegotiationError> {
        let locals = local.as_deref().unwrap_or_default();
        self.bundler = bundle::of(locals).or(self.bundler);
        let mut bundles = self
            .bundler
            .and_then(|it| it.answered(&self.agreed, session, locals));
        let shared = bundles.as_ref().map(|it| it.shared());
        let mut matches = self.matches(shared.unwrap_or(session), locals);
        let mut joined = bundles
            .as_mut()
            .map(|it| it.join(&self.agreed, locals, &mut matches));
        let session = bundles.as_ref().map_or(session, |it| it.shared());
        // §6: the session as a whole is refused if nothing fits; but an offer that wants nothing
        // is answered in kind.
        let wanted = session.media.iter().any(|media| media.port != 0);
        if local.is_some() && wanted && !matches.iter().any(Option::is_some) {
            return Err(NegotiationError::NotAcceptable);
        }
        let times = session.times.iter().map(|time| (time.start, time.stop));
        self.times = times.collect();
        slot::grow(&mut self.places, session.media.len());
        let mut slots = Vec::with_capacity(session.media.len());
        let mut accepted = Vec::with_capacity(session.media.len());
        for (at, (media, found)) in session.media.iter().zip(matches).enumerate() {
            let bundles = joined.as_ref();
            let beside = bundles.and_then(|it| it.beside(at, &self.places));
            let entropy = self.entropy.as_deref_mut();
            let place = self.places.get_mut(at);
            let found = found.zip(place);
            accepted.push(found.and_then(|(found, place)| {
                accept(session, media, found, place, entropy, beside.as_deref())
            }));
        }
        if let Some(bundles) = &mut joined {
            bundles.keep(&mut accepted);
        }
        for (media, one) in session.media.iter().zip(&accepted) {
            slots.push(match one {
                Some(one) => Slot::Open { local: one.at },
                None => Slot::closed(media),
            });
        }
        let named = joined.as_ref().map_or_else(Vec::new, |it| it.places());
        let groups = self.name_places(session, &slots, !named.is_empty());
        let open = accepted.iter().enumerate().map(|(at, one)| {
            let one = one.as_ref()?;
            let bundles = joined.as_ref();
            let is_untagged = bundles.is_some_and(|it| it.has_beside_tagged(at));
            Some(Open {
                local: one.joined.as_deref().unwrap_or(one.local),
                formats: &one.formats,
                direction: one.direction.direction(),
                mux: one.plan.rtcp_mux && !is_untagged,
                crypto: one.crypto.as_slice(),
            })
        });
        let open: Vec<Option<Open<'_>>> = open.collect();
        let text = self.describe(&slots, &open, groups.as_deref(), &named);
        let offered = session.media.iter().zip(&accepted);
        let refused = offered.filter(|(media, one)| media.port != 0 && one.is_none());
        let refused = refused.filter_map(|(media, _)| MediaKind::of(media.media));
        let refused: Vec<MediaKind> = refused.collect();
        let mut plans = Vec::with_capacity(accepted.len());
        for one in accepted.into_iter().flatten() {
            let mut plan = one.plan;
            plan.previous_local = self.previous(one.at, &plan);
            plans.push((one.at, plan));
        }
        if let Some(bundles) = &joined {
            bundles.note(&mut plans, &slots, &self.places);
        }
        let mut agreed = Agreed {
            slots,
            locals: local.unwrap_or_else(|| mem::take(&mut self.agreed.locals)),
            plans,
            groups: groups.unwrap_or_default(),
            lack: None,
        };
        agreed.note_lack(&self.agreed, &[], refused.into_iter());
        self.agreed = agreed;
        Ok(text)
    }

    /// For every stream of an offer the one of ours to accept it with: the one that stands there
    /// already, or else the first left that will do.
    fn matches<'l>(
        &self,
        session: &SessionDescription<'_>,
        locals: &'l [LocalMedia],
    ) -> Vec<Option<Match<'l>>> {
        let fit = |media: &MediaDescription<'_>, at: usize| fit(session, media, locals, at);
        let mut matches: Vec<Option<Match<'l>>> = Vec::with_capacity(session.media.len());
        for (place, media) in session.media.iter().enumerate() {
            let own = self.agreed.slots.get(place).and_then(Slot::local);
            matches.push(own.and_then(|at| fit(media, at)));
        }
        for (place, media) in session.media.iter().enumerate() {
            if matches.get(place).is_none_or(Option::is_some) {
                continue;
            }
            let is_used = |at: usize| matches.iter().flatten().any(|other| other.at == at);
            let found = (0..locals.len()).filter(|at| !is_used(*at));
            let found = { found }.find_map(|at| fit(media, at));
            if let Some(slot) = matches.get_mut(place) {
                *slot = found;
            }
        }
        matches
    }

    /// Takes the names of the offer's streams, and its groups as far as we understand them;
    /// `None` if there is no use in names (RFC 5888 §6, §9.2, §9.4).
    fn name_places(
        &mut self,
        session: &SessionDescription<'_>,
        slots: &[Slot],
        has_bundles: bool,
    ) -> Option<Vec<Group>> {
        if self.grouping.is_none() && !has_bundles {
            return None;
        }
        let names = group::names(session)?;
        for (place, name) in self.places.iter_mut().zip(names) {
            place.mid = Some(name);
        }
        let grouping = self.grouping.as_deref()?;
        Some(group::understood(session, slots, &grouping.understood))
    }
}

/// The stream of ours that goes with one of the peer's, if it can.
pub(super) fn fit<'l>(
    session: &SessionDescription<'_>,
    media: &MediaDescription<'_>,
    locals: &'l [LocalMedia],
    at: usize,
) -> Option<Match<'l>> {
    let local = locals.get(at)?;
    if !agree::is_usable(session, media, local) {
        return None;
    }
    let is_group = media.rtp_address(session)?.ip().is_multicast();
    let joined = match is_group {
        true => Some(Box::new(agree::joined(session, media, local)?)),
        false => None,
    };
    let must_be_protected = !local.crypto.is_empty() && !security::is_opportunistic(local);
    if must_be_protected && security::chosen(media, local).is_none() {
        return None;
    }
    let spoken = agree::in_offer(media, local);
    agree::is_enough(&spoken, media, local).then_some(Match {
        at,
        local,
        joined,
        spoken,
    })
}

/// Accepts a stream: numbers its formats and says what follows. `None` if our numbers have run
/// out.
fn accept<'l>(
    session: &SessionDescription<'_>,
    media: &MediaDescription<'_>,
    found: Match<'l>,
    place: &mut Place,
    entropy: Option<&mut Rng>,
    beside: Option<&dyn Beside>,
) -> Option<Accepted<'l>> {
    let is_group = found.is_group();
    let Match {
        at,
        local,
        joined,
        spoken,
    } = found;
    let present = joined.as_deref().unwrap_or(local);
    let common = agree::numbered(spoken, present, &mut place.numbers, beside);
    let offered = media.direction(session);
    let direction = match is_group {
        true => AnswerDirection::in_group(offered),
        false => AnswerDirection::to_offer(offered, local.present_direction()),
    };
    let agreement = Agreement {
        session,
        media,
        local: present,
        common: &common,
        direction: direction.direction(),
        mux: present.rtcp_mux && agree::asks_mux(media) && agree::may_mux(&common),
        numbers: match beside {
            // Any number announced before may mean another thing in the bundle.
            Some(_) => &PayloadTypes::default(),
            None => &place.numbers,
        },
    };
    let mut plan = agreement.plan()?;
    let mut crypto = None;
    if !present.crypto.is_empty() {
        match security::chosen(media, present) {
            Some(chosen) => {
                let (line, agreed) = security::answered(chosen, present, &mut place.keys, entropy?);
                (crypto, plan.crypto) = (Some(line), Some(agreed));
            }
            // RFC 8643 §3.2: an answer without keys declines, and the stream is had in the clear.
            None if security::is_opportunistic(present) => {}
            None => return None,
        }
    }
    Some(Accepted {
        at,
        local,
        joined,
        formats: common.into_iter().map(|one| one.ours).collect(),
        direction,
        plan,
        crypto,
    })
}
