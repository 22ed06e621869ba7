//! Our offers, and how their answers are read (RFC 3264 §5, §7, §8).

use alloc::string::String;
use alloc::vec::Vec;
use core::iter;

use super::agree::{self, Agreement};
use super::bundle::{self, Beside};
use super::describe::Open;
use super::group;
use super::negotiation::{Agreed, Offered};
use super::payload_types::{PayloadTypes, is_like_rtcp};
use super::security::{self, OwnKey};
use super::slot::{self, Slot};
use super::{Format, LocalMedia, MediaPlan, Negotiation, NegotiationError};
use crate::sdp::{MediaDescription, SessionDescription};

impl Negotiation {
    /// Writes the offer of `locals`; there is none if all numbers of a stream are given to formats that
    /// it does not have any more.
    pub(super) fn write_offer(
        &mut self,
        locals: Vec<LocalMedia>,
    ) -> Result<(Vec<u8>, Offered), NegotiationError> {
        let slots = self.slots(&locals);
        slot::grow(&mut self.places, slots.len());
        let wants_groups = |it: &&super::Grouping| !it.offered.is_empty();
        let grouping = self.grouping.as_deref().filter(wants_groups);
        let groups = grouping.map(|it| it.offered.clone());
        self.bundler = bundle::of(&locals).or(self.bundler);
        let bundles = match self.bundler {
            Some(it) => it.offered(&self.agreed, &slots, &locals, &mut self.places)?,
            None => None,
        };
        if groups.is_some() || bundles.is_some() {
            group::name_all(&mut self.places);
        }
        let mut formats = Vec::with_capacity(slots.len());
        // By place; empty where no stream up to there is protected.
        let mut crypto: Vec<Vec<String>> = Vec::new();
        for (at, (slot, place)) in slots.iter().zip(&mut self.places).enumerate() {
            let member = bundles.as_ref().and_then(|it| it.member(at));
            let local = slot.local().and_then(|local| locals.get(local));
            let ours = local.map(|local| match member {
                Some(member) => member.formats.clone(),
                None => offered(local, &mut place.numbers, None),
            });
            if ours.as_ref().is_some_and(Vec::is_empty) {
                return Err(NegotiationError::UnusableMedia);
            }
            formats.push(ours.unwrap_or_default());
            let local = member.map_or(local, |member| Some(&member.written));
            if let Some(local) = local.filter(|local| !local.crypto.is_empty()) {
                let entropy = self.entropy.as_deref_mut();
                crypto.resize_with(formats.len().saturating_sub(1), Vec::new);
                crypto.push(security::offered(local, &mut place.keys, entropy));
            }
        }
        let open = slots.iter().zip(&formats).enumerate();
        let open = open.map(|(at, (slot, formats))| {
            let member = bundles.as_ref().and_then(|it| it.member(at));
            let local = match member {
                Some(member) => &member.written,
                None => locals.get(slot.local()?)?,
            };
            Some(Open {
                local,
                formats,
                direction: local.present_direction(),
                mux: member.map_or_else(|| offers_mux(local, formats), |member| member.says_mux),
                crypto: crypto.get(at).map_or(&[], Vec::as_slice),
            })
        });
        let open: Vec<Option<Open<'_>>> = open.collect();
        let named = bundles.as_ref().map_or_else(Vec::new, |it| it.places());
        let named: Vec<&[usize]> = named.iter().map(Vec::as_slice).collect();
        let text = self.describe(&slots, &open, groups.as_deref(), &named);
        drop(open);
        Ok((text, Offered::new(locals, slots, bundles)))
    }

    /// The places of an offer. §8: every one of the session stays, so a stream keeps its own; a
    /// new one takes that of a dead stream of its kind or stands below all others (§8.1).
    fn slots(&self, locals: &[LocalMedia]) -> Vec<Slot> {
        let before = &self.agreed.slots;
        let is_wanted = |local: usize| locals.get(local).is_some_and(|it| it.address.port() != 0);
        let mut slots: Vec<Slot> = Vec::with_capacity(before.len().max(locals.len()));
        for (at, slot) in before.iter().enumerate() {
            slots.push(match slot {
                Slot::Open { local } if !is_wanted(*local) => self.removed(at, *local),
                other => other.clone(),
            });
        }
        for (local, it) in locals.iter().enumerate() {
            let is_there = |slot: &Slot| slot.local() == Some(local);
            if !is_wanted(local) || slots.iter().any(is_there) {
                continue;
            }
            // Not the place of a stream that this same offer takes away.
            let free = before
                .iter()
                .zip(&slots)
                .position(|(before, now)| before.is_free_for(it) && now.is_free_for(it));
            match free.and_then(|at| slots.get_mut(at)) {
                Some(slot) => *slot = Slot::Open { local },
                None => slots.push(Slot::Open { local }),
            }
        }
        slots
    }

    /// The place of a stream that was agreed and is given up.
    fn removed(&self, at: usize, local: usize) -> Slot {
        let none = PayloadTypes::default();
        let numbers = self.places.get(at).map_or(&none, |place| &place.numbers);
        match self.agreed.locals.get(local) {
            Some(was) => Slot::removed(was, numbers),
            // There is no stream without its media.
            None => Slot::Open { local },
        }
    }

    /// What an answer to `offered` agrees on, but for the local media.
    pub(super) fn read_answer(
        &self,
        answer: &[u8],
        offered: &Offered,
    ) -> Result<Agreed, NegotiationError> {
        let session = SessionDescription::parse(answer).map_err(NegotiationError::Description)?;
        // §6: as many as offered, each of the type offered.
        if session.media.len() != offered.slots.len() {
            return Err(NegotiationError::AnswerMismatch);
        }
        let bundles = match &offered.bundles {
            Some(it) => Some(it.read(&session, &self.places)?),
            None => None,
        };
        let session = bundles.as_ref().map_or(&session, |it| it.shared());
        let mut agreed = Agreed {
            slots: offered.slots.clone(),
            ..Agreed::default()
        };
        let places = session.media.iter().zip(&self.places).enumerate();
        // A plan is large, and most sessions have one: no room for four.
        agreed.plans.reserve_exact(session.media.len());
        for ((number, (media, place)), slot) in places.zip(&mut agreed.slots) {
            let Some(at) = slot.local() else { continue };
            let local = offered.locals.get(at);
            let local = local.filter(|local| media.media == local.kind.as_str());
            let local = local.ok_or(NegotiationError::AnswerMismatch)?;
            if media.port == 0 {
                *slot = Slot::closed(media);
                continue;
            }
            let bundled = bundles.as_ref();
            let bundled = bundled.and_then(|it| it.local(number, &offered.locals));
            let member = offered.bundles.as_ref();
            let member = member.and_then(|it| it.member(number));
            let numbers = member.map(|member| PayloadTypes::of(member.formats.clone()));
            let local = bundled.as_ref().unwrap_or(local);
            let numbers = numbers.as_ref().unwrap_or(&place.numbers);
            let plan = read_section(session, media, local, numbers, &place.keys);
            let plan = plan.filter(|plan| plan.rtcp_mux || bundled.is_none());
            let mut plan = plan.ok_or(NegotiationError::AnswerMismatch)?;
            plan.previous_local = self.previous(at, &plan);
            agreed.plans.push((at, plan));
        }
        if let Some(bundles) = &bundles {
            bundles.note(&mut agreed.plans, &self.places);
        }
        agreed.note_lack(&self.agreed, &offered.slots, iter::empty());
        // RFC 5888 §9.1: with other names no stream is in any group.
        if let Some(grouping) = self.grouping.as_deref() {
            let asked: Vec<_> = grouping
                .offered
                .iter()
                .map(|group| group.semantics)
                .collect();
            if !asked.is_empty() && group::agrees(session, &self.places) {
                agreed.groups = group::understood(session, &agreed.slots, &asked);
            }
        }
        Ok(agreed)
    }
}

/// The formats of an offer, each by a number of its own; in a bundle one that also fits beside those
/// of the other streams.
pub(super) fn offered(
    local: &LocalMedia,
    numbers: &mut PayloadTypes,
    beside: Option<&dyn Beside>,
) -> Vec<Format> {
    let mut formats: Vec<Format> = Vec::with_capacity(local.codecs.len());
    for codec in &local.codecs {
        let number = match local.is_rtp() {
            true => numbers.assign(codec, None, beside),
            false => Some(0),
        };
        let is_given = |one: &Format| local.is_rtp() && Some(one.payload_type) == number;
        if let Some(payload_type) = number.filter(|_| !formats.iter().any(is_given)) {
            let codec = codec.clone();
            formats.push(Format {
                payload_type,
                codec,
            });
        }
    }
    formats
}

/// RFC 5761 §4: numbers that look like RTCP, which a peer's offer may have made us use, keep
/// both apart.
fn offers_mux(local: &LocalMedia, formats: &[Format]) -> bool {
    let like = |one: &Format| is_like_rtcp(one.payload_type);
    local.rtcp_mux && !formats.iter().any(like)
}

/// A section of an answer that accepts the stream.
fn read_section(
    session: &SessionDescription<'_>,
    media: &MediaDescription<'_>,
    local: &LocalMedia,
    numbers: &PayloadTypes,
    keys: &[OwnKey],
) -> Option<MediaPlan> {
    if !agree::is_usable(session, media, local) {
        return None;
    }
    let common = agree::in_answer(media, local, numbers);
    let is_group = local.address.ip().is_multicast();
    // A peer may mark an answer in a way §6.1 forbids; we still do no more than we offered.
    let theirs = media.direction(session);
    let direction = match is_group {
        true => theirs,
        false => theirs.reversed(),
    };
    let agreement = Agreement {
        session,
        media,
        local,
        common: &common,
        direction: direction.and(local.present_direction()),
        mux: local.rtcp_mux && agree::asks_mux(media) && agree::may_mux(&common),
        numbers,
    };
    let mut plan = agreement.plan()?;
    if !local.crypto.is_empty() {
        // RFC 8643 §3.3: an answer without keys declines what was offered beside the clear; with
        // keys that do not fit there is no stream.
        let is_declined = security::is_opportunistic(local) && !security::has_keys(media);
        if !is_declined {
            // RFC 4568 §7.4: without a line of ours the stream would go unprotected.
            plan.crypto = Some(security::agreed(media, local, keys)?);
        }
    }
    Some(plan)
}
