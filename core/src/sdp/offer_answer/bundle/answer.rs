//! Our answers to offers with bundles (RFC 9143 §7.3).

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

use super::works::{Beside, OwnAnswer, TheirOffer};
use super::{
    Others, bundle_of, clashes, described, extend, extension, in_bundle, is_any, is_of_one_kind,
    note, with_transport,
};
use crate::sdp::offer_answer::agree;
use crate::sdp::offer_answer::answer::{Accepted, Match, fit};
use crate::sdp::offer_answer::bundle::Bundling;
use crate::sdp::offer_answer::negotiation::Agreed;
use crate::sdp::offer_answer::slot::{Place, Slot};
use crate::sdp::offer_answer::{LocalMedia, MediaKind, MediaPlan};
use crate::sdp::{MediaDescription, SessionDescription};

/// What an offer says of bundles, where that concerns us.
struct Offered<'s, 'a> {
    session: &'s SessionDescription<'a>,
    /// The same with what the sections of each bundle share.
    shared: SessionDescription<'a>,
    groups: Vec<Group>,
}

/// A bundle of an offer.
struct Group {
    /// As the offer lists its places.
    places: Vec<usize>,
    /// Whether any of it is bundled now: then it goes on, and nothing can be moved out of it
    /// (§7.3.2).
    is_known: bool,
}

/// A bundle we take.
struct JoinedBundle {
    /// The places of its streams, the tagged one first.
    places: Vec<usize>,
    /// The same as kinds of streams.
    kinds: Vec<(usize, MediaKind)>,
    mid_extension: Option<u8>,
}

/// See [`super::works::Works::answered`].
pub(super) fn answered<'s, 'a: 's>(
    agreed: &Agreed,
    session: &'s SessionDescription<'a>,
    locals: &[LocalMedia],
) -> Option<Box<dyn TheirOffer<'a> + 's>> {
    let may = |local: &LocalMedia| local.bundling.is_some();
    if !locals.iter().any(may) && !is_any(agreed) {
        return None;
    }
    let is_bundled = |place: &usize| {
        let slot = agreed.slots.get(*place);
        let local = slot.and_then(Slot::local);
        local.is_some_and(|local| bundle_of(agreed, local).is_some())
    };
    let groups = described(session).into_iter().map(|places| Group {
        is_known: places.iter().any(is_bundled),
        places,
    });
    let groups: Vec<Group> = groups.collect();
    let mut shared = session.clone();
    for group in &groups {
        let sections = || {
            let places = group.places.iter();
            places.filter_map(|place| Some((*place, session.media.get(*place)?)))
        };
        let mut tagged = sections().filter(|(_, media)| media.port != 0 || group.is_known);
        let Some((source, transport)) = tagged.next() else {
            continue;
        };
        for (place, media) in sections().filter(|(place, _)| *place != source) {
            let has_none = media.port == 0 || group.is_known;
            if let Some(slot) = shared
                .media
                .get_mut(place)
                .filter(|_| has_none && is_there(media))
            {
                *slot = with_transport(media, transport);
            }
        }
    }
    Some(Box::new(Offered {
        session,
        shared,
        groups,
    }))
}

/// §7.2: the port zero alone takes a stream away; with `bundle-only` it is there, in its bundle.
fn is_there(media: &MediaDescription<'_>) -> bool {
    media.port != 0 || media.attribute("bundle-only").is_some()
}

impl<'a> TheirOffer<'a> for Offered<'_, 'a> {
    fn shared(&self) -> &SessionDescription<'a> {
        &self.shared
    }

    fn join<'l>(
        &mut self,
        agreed: &Agreed,
        locals: &'l [LocalMedia],
        matches: &mut [Option<Match<'l>>],
    ) -> Box<dyn OwnAnswer> {
        let mut joined = Vec::new();
        for group in &self.groups {
            let one = Joining {
                agreed,
                session: self.session,
                locals,
                group,
            };
            joined.extend(one.join(&mut self.shared, matches));
        }
        // What is to be had only bundled is not had otherwise.
        for (place, slot) in matches.iter_mut().enumerate() {
            let is_joined = joined.iter().any(|one| one.places.contains(&place));
            slot.take_if(|it| it.local.bundling.is_some_and(Bundling::is_only) && !is_joined);
        }
        Box::new(joined)
    }
}

/// One bundle on its way into an answer.
struct Joining<'j, 'l, 'a> {
    agreed: &'j Agreed,
    session: &'j SessionDescription<'a>,
    locals: &'l [LocalMedia],
    group: &'j Group,
}

impl<'l, 'a> Joining<'_, 'l, 'a> {
    fn join(
        &self,
        shared: &mut SessionDescription<'a>,
        matches: &mut [Option<Match<'l>>],
    ) -> Option<JoinedBundle> {
        let Some((tag, media, local)) = self.tagged(matches) else {
            // §7.3.1: there is no bundle then, and §7.3.2, §7.3.3: each stream is moved out of it
            // or, where it cannot be, refused.
            for place in &self.group.places {
                self.leave(*place, matches);
            }
            return None;
        };
        let mid_extension = extension(self.session, media);
        let mut bundle = JoinedBundle {
            places: Vec::from([tag]),
            kinds: Vec::from([(tag, local.kind)]),
            mid_extension,
        };
        if let Some(Some(it)) = matches.get_mut(tag) {
            let mut own = in_bundle(local, local, true);
            if media.attribute("rtcp-mux-only").is_some() {
                own.attributes.push((Cow::Borrowed("rtcp-mux-only"), None));
            }
            it.bundle(own, mid_extension);
        }
        let mut sections = Vec::from([media]);
        for place in self.group.places.iter().filter(|place| **place != tag) {
            let Some(own) = self.session.media.get(*place) else {
                continue;
            };
            let whole = with_transport(own, media);
            let is_one = |it: &&Match<'l>| {
                is_there(own)
                    && self.may_join(it)
                    && is_of_one_kind(it.local, local)
                    // §12: one number for one extension.
                    && extension(self.session, own) == mid_extension
                    && !sections.iter().any(|other| clashes(other, own))
            };
            let found = matches.get(*place).and_then(Option::as_ref);
            let found = found.filter(is_one).map(|it| it.at);
            let found = found.and_then(|at| fit(self.session, &whole, self.locals, at));
            let found = found.filter(|it| it.speaks_beside_rtcp(&whole));
            let Some(mut it) = found else {
                self.leave(*place, matches);
                continue;
            };
            it.bundle(in_bundle(it.local, local, false), mid_extension);
            bundle.places.push(*place);
            bundle.kinds.push((*place, it.local.kind));
            sections.push(own);
            if let Some(slot) = matches.get_mut(*place) {
                *slot = Some(it);
            }
            if let Some(slot) = shared.media.get_mut(*place) {
                *slot = whole;
            }
        }
        Some(bundle)
    }

    /// §7.3.1: the first that is neither refused nor moved out, and has a port. Of a bundle that
    /// goes on it is the first, and no other (§7.3). §9.3.1.1: it says `rtcp-mux`.
    fn tagged(
        &self,
        matches: &[Option<Match<'l>>],
    ) -> Option<(usize, &MediaDescription<'a>, &'l LocalMedia)> {
        let count = match self.group.is_known {
            true => 1,
            false => self.group.places.len(),
        };
        let mut candidates = self.group.places.iter().take(count);
        candidates.find_map(|place| {
            let media = self.session.media.get(*place)?;
            let found = matches.get(*place)?.as_ref()?;
            let is_it = media.port != 0
                && agree::asks_mux(media)
                && self.may_join(found)
                && found.speaks_beside_rtcp(media);
            is_it.then_some((*place, media, found.local))
        })
    }

    /// Whether a stream of ours may be in the bundle. §7.3.2: one that is in it cannot leave it in
    /// an answer, whatever it wants by now.
    fn may_join(&self, it: &Match<'l>) -> bool {
        let is_bundled = bundle_of(self.agreed, it.at).is_some();
        (it.local.bundling.is_some() || is_bundled) && it.local.is_rtp() && !it.is_group()
    }

    /// Moves a stream out of the bundle (§7.3.2), or refuses it.
    fn leave(&self, place: usize, matches: &mut [Option<Match<'l>>]) {
        let (Some(slot), Some(media)) = (matches.get_mut(place), self.session.media.get(place))
        else {
            return;
        };
        let is_mux_only = media.attribute("rtcp-mux-only").is_some();
        slot.take_if(|it| {
            let may_move = !self.group.is_known && media.port != 0;
            !may_move || (is_mux_only && !it.local.rtcp_mux)
        });
        // §9.3.1.2: the attribute goes with it.
        if let Some(it) = slot.as_mut().filter(|_| is_mux_only) {
            let mut own = it.local.clone();
            own.attributes.push((Cow::Borrowed("rtcp-mux-only"), None));
            it.joined = Some(Box::new(own));
        }
    }
}

impl Match<'_> {
    /// Makes it a part of a bundle, of which RTP and RTCP share the port (RFC 5761 §4).
    fn bundle(&mut self, mut own: LocalMedia, mid_extension: Option<u8>) {
        // RFC 8285 §5: in an answer only what was offered.
        if let Some(extension) = mid_extension {
            extend(&mut own, extension);
        }
        agree::keep_beside_rtcp(&mut self.spoken);
        self.joined = Some(Box::new(own));
    }

    /// Whether there is something to speak in by numbers that do not look like RTCP.
    fn speaks_beside_rtcp(&self, media: &MediaDescription<'_>) -> bool {
        let mut spoken = self.spoken.clone();
        agree::keep_beside_rtcp(&mut spoken);
        agree::is_enough(&spoken, media, self.local)
    }
}

impl OwnAnswer for Vec<JoinedBundle> {
    fn beside(&self, place: usize, places: &[Place]) -> Option<Box<dyn Beside>> {
        let mut members = self.iter().map(|bundle| &bundle.kinds);
        let found = members.find_map(|kinds| Others::of(kinds, place, places))?;
        Some(Box::new(found))
    }

    fn keep(&mut self, accepted: &mut [Option<Accepted<'_>>]) {
        let is_there = |place: usize, accepted: &[Option<Accepted<'_>>]| {
            let one = accepted.get(place).and_then(Option::as_ref);
            one.is_some_and(|one| one.plan.rtcp_mux)
        };
        for bundle in self.iter_mut() {
            let tagged = bundle.places.first();
            let has_tagged = tagged.is_some_and(|tagged| is_there(*tagged, accepted));
            bundle.places.retain(|place| {
                let stays = has_tagged && is_there(*place, accepted);
                if let Some(one) = accepted.get_mut(*place).filter(|_| !stays) {
                    *one = None;
                }
                stays
            });
        }
        self.retain(|bundle| !bundle.places.is_empty());
    }

    fn has_beside_tagged(&self, place: usize) -> bool {
        let mut others = self.iter().flat_map(|bundle| bundle.places.iter().skip(1));
        others.any(|it| *it == place)
    }

    fn places(&self) -> Vec<&[usize]> {
        self.iter().map(|bundle| bundle.places.as_slice()).collect()
    }

    fn note(&self, plans: &mut [(usize, MediaPlan)], slots: &[Slot], places: &[Place]) {
        for bundle in self {
            let members = bundle.places.iter().filter_map(|place| {
                let local = slots.get(*place)?.local()?;
                Some((local, places.get(*place)?.mid.as_deref()?))
            });
            let members: Vec<(usize, &str)> = members.collect();
            note(plans, &members, bundle.mid_extension);
        }
    }
}
