//! Our offers of bundles, and what their answers say of them (RFC 9143 §7.2, §7.4, §7.5).

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::works::{Beside, OwnOffer, TheirAnswer};
use super::{
    Others, bundle_of, clashes, described, extend, extension, in_bundle, is_of_one_kind, note,
    with_transport,
};
use crate::sdp::offer_answer::agree;
use crate::sdp::offer_answer::bundle::Bundling;
use crate::sdp::offer_answer::group;
use crate::sdp::offer_answer::negotiation::Agreed;
use crate::sdp::offer_answer::offer;
use crate::sdp::offer_answer::slot::{Place, Slot};
use crate::sdp::offer_answer::{Format, LocalMedia, MediaKind, MediaPlan, NegotiationError};
use crate::sdp::{MediaDescription, SessionDescription};

/// A bundle in an offer of ours.
#[derive(Debug)]
struct OfferedBundle {
    /// The tagged one first.
    members: Vec<Member>,
    /// Whether nothing of it was agreed before (§7.2), so that its streams may be moved out of it.
    is_new: bool,
    extension: u8,
}

/// A stream in a bundle of an offer.
#[derive(Debug)]
pub(in crate::sdp::offer_answer) struct Member {
    place: usize,
    /// Which of the local media.
    at: usize,
    /// The medium as its section says it.
    pub(in crate::sdp::offer_answer) written: LocalMedia,
    /// What it is offered with. Any number announced before may mean another thing in the bundle.
    pub(in crate::sdp::offer_answer) formats: Vec<Format>,
    /// Whether `rtcp-mux` is in the section.
    pub(in crate::sdp::offer_answer) says_mux: bool,
}

/// The bundles that both sides have, and the answer with what their tagged sections share.
struct Answered<'o, 'a> {
    shared: SessionDescription<'a>,
    bundles: Vec<AnsweredBundle<'o>>,
}

/// A bundle that both sides have.
struct AnsweredBundle<'o> {
    offered: &'o OfferedBundle,
    /// The places of its streams, the tagged one first.
    places: Vec<usize>,
    mid_extension: Option<u8>,
}

/// Who is in a bundle to be offered, before it is written.
struct Draft {
    /// The tagged one of the bundle so far; none if it is new.
    was: Option<usize>,
    /// Places and local media, in the order of the places.
    members: Vec<(usize, usize)>,
}

/// See [`super::works::Works::offered`].
pub(super) fn offered(
    agreed: &Agreed,
    slots: &[Slot],
    locals: &[LocalMedia],
    places: &mut [Place],
) -> Result<Option<Arc<dyn OwnOffer>>, NegotiationError> {
    let drafts = drafts(agreed, slots, locals).into_iter();
    let bundles: Result<Vec<OfferedBundle>, NegotiationError> = drafts
        .map(|draft| draft.write(agreed, locals, places))
        .collect();
    let bundles = bundles?;
    Ok((!bundles.is_empty()).then(|| Arc::new(bundles) as Arc<dyn OwnOffer>))
}

/// §7.5: who is in a bundle stays there as long as it may be bundled, so none moves from one into
/// another (§7.5.2); who is new comes into the first where it fits.
fn drafts(agreed: &Agreed, slots: &[Slot], locals: &[LocalMedia]) -> Vec<Draft> {
    let may_share = |at: usize| {
        let local = locals.get(at)?;
        local.bundling.map(|_| local)
    };
    let wanted = || {
        let open = slots.iter().enumerate();
        let open = open.filter_map(|(place, slot)| Some((place, slot.local()?)));
        open.filter_map(|(place, at)| Some((place, at, may_share(at)?)))
    };
    let mut drafts: Vec<Draft> = Vec::new();
    for (place, at, _) in wanted() {
        let Some(bundle) = bundle_of(agreed, at) else {
            continue;
        };
        let was = Some(bundle.tagged);
        match drafts.iter_mut().find(|draft| draft.was == was) {
            Some(draft) => draft.members.push((place, at)),
            None => drafts.push(Draft {
                was,
                members: Vec::from([(place, at)]),
            }),
        }
    }
    for (place, at, local) in wanted() {
        if bundle_of(agreed, at).is_some() {
            continue;
        }
        let fits = |draft: &&mut Draft| {
            let first = draft.members.first().and_then(|(_, at)| locals.get(*at));
            first.is_some_and(|first| is_of_one_kind(first, local))
        };
        match drafts.iter_mut().find(fits) {
            Some(draft) => draft.members.push((place, at)),
            None => drafts.push(Draft {
                was: None,
                members: Vec::from([(place, at)]),
            }),
        }
    }
    drafts
        .iter_mut()
        .for_each(|draft| draft.members.sort_unstable());
    drafts
}

impl Draft {
    /// The local medium to be tagged: what was it before, or what can be had by itself, too (§7.2.1).
    fn tagged(&self, locals: &[LocalMedia]) -> Option<usize> {
        let has = |at: &usize| self.members.iter().any(|(_, member)| member == at);
        let may = |at: &usize| {
            let local = locals.get(*at);
            self.was.is_some()
                || local.is_some_and(|local| local.bundling == Some(Bundling::SHARED))
        };
        let mut members = self.members.iter().map(|(_, at)| *at);
        self.was.filter(has).or_else(|| members.find(may))
    }

    fn write(
        self,
        agreed: &Agreed,
        locals: &[LocalMedia],
        places: &mut [Place],
    ) -> Result<OfferedBundle, NegotiationError> {
        let unusable = NegotiationError::UnusableMedia;
        let tagged_at = self.tagged(locals).ok_or(unusable)?;
        let tagged = locals.get(tagged_at).ok_or(unusable)?;
        let is_new = self.was.is_none();
        let was = self.was.and_then(|was| bundle_of(agreed, was));
        let extension = was.and_then(|bundle| bundle.mid_extension);
        let extension = extension.or_else(|| self.free_extension(locals));
        let extension = extension.ok_or(unusable)?;
        let kinds = self.members.iter();
        let kinds = kinds.filter_map(|(place, at)| Some((*place, locals.get(*at)?.kind)));
        let kinds: Vec<(usize, MediaKind)> = kinds.collect();
        let mut members = Vec::with_capacity(self.members.len());
        for (place, at) in self.members {
            let local = locals.get(at).ok_or(unusable)?;
            if !is_of_one_kind(local, tagged) {
                return Err(unusable);
            }
            let beside = Others::of(&kinds, place, places);
            let beside = beside.as_ref().map(|it| it as &dyn Beside);
            let numbers = &mut places.get_mut(place).ok_or(unusable)?.numbers;
            let formats = offer::offered(local, numbers, beside);
            if formats.is_empty() {
                return Err(unusable);
            }
            let is_only = local.bundling.is_some_and(Bundling::is_only);
            let mut written = match (is_new, is_only) {
                (true, true) => only(local, tagged),
                // §7.2, §7.1.3: a transport of its own with all its attributes, in case the stream
                // is moved out. §9.3.1.1: and so perhaps a port for RTCP.
                (true, false) => local.clone(),
                // §7.5, §7.1.3: the bundle has one address, and the tagged section what goes with it.
                (false, _) => in_bundle(local, tagged, at == tagged_at),
            };
            extend(&mut written, extension);
            members.push(Member {
                place,
                at,
                written,
                formats,
                says_mux: match is_new {
                    true => !is_only,
                    false => at == tagged_at,
                },
            });
        }
        // A stable sort: the others keep their order.
        members.sort_by_key(|member| member.at != tagged_at);
        Ok(OfferedBundle {
            members,
            is_new,
            extension,
        })
    }

    /// A number that none of the members has in an `extmap` line of its own: §12 has one meaning for
    /// it in all of a bundle. RFC 8285 §4.2: below 15 it takes the fewest octets, and 15 is none.
    fn free_extension(&self, locals: &[LocalMedia]) -> Option<u8> {
        let own = self.members.iter().filter_map(|(_, at)| locals.get(*at));
        let lines = own.flat_map(|local| &local.attributes);
        let lines = lines.filter(|(name, _)| name == "extmap");
        let number = |text: &str| -> Option<u8> {
            let digits = text.split(|it: char| !it.is_ascii_digit()).next()?;
            digits.parse().ok()
        };
        let used = lines.filter_map(|(_, value)| number(value.as_deref()?));
        let used: Vec<u8> = used.collect();
        let mut all = (1..=14).chain(16..=u8::MAX);
        all.find(|it| !used.contains(it))
    }
}

/// §7.2: the port zero, which who knows no bundles refuses, and nothing about a transport.
fn only(local: &LocalMedia, tagged: &LocalMedia) -> LocalMedia {
    let mut it = in_bundle(local, tagged, false);
    it.address.set_port(0);
    it.attributes.push((Cow::Borrowed("bundle-only"), None));
    it
}

impl OwnOffer for Vec<OfferedBundle> {
    fn member(&self, place: usize) -> Option<&Member> {
        let mut members = self.iter().flat_map(|bundle| &bundle.members);
        members.find(|member| member.place == place)
    }

    fn places(&self) -> Vec<Vec<usize>> {
        let places = |bundle: &OfferedBundle| {
            let members = bundle.members.iter();
            members.map(|member| member.place).collect()
        };
        self.iter().map(places).collect()
    }

    fn read<'o, 'a: 'o>(
        &'o self,
        session: &SessionDescription<'a>,
        places: &[Place],
    ) -> Result<Box<dyn TheirAnswer<'a> + 'o>, NegotiationError> {
        Ok(Box::new(read(session, places, self)?))
    }
}

impl<'a> TheirAnswer<'a> for Answered<'_, 'a> {
    fn shared(&self) -> &SessionDescription<'a> {
        &self.shared
    }

    fn local(&self, place: usize, locals: &[LocalMedia]) -> Option<LocalMedia> {
        let mut bundles = self.bundles.iter();
        bundles.find_map(|bundle| bundle.local(place, locals))
    }

    fn note(&self, plans: &mut [(usize, MediaPlan)], places: &[Place]) {
        for bundle in &self.bundles {
            bundle.note(plans, places);
        }
    }
}

/// See [`OwnOffer::read`].
fn read<'a, 'o>(
    session: &SessionDescription<'a>,
    places: &[Place],
    offered: &'o [OfferedBundle],
) -> Result<Answered<'o, 'a>, NegotiationError> {
    let mut bundles: Vec<AnsweredBundle<'o>> = Vec::new();
    let mut shared = session.clone();
    // RFC 5888 §9.1: with other names than ours no stream is in any group.
    if group::agrees(session, places) {
        for found in described(session) {
            let bundle = answered(session, &found, offered);
            let bundle = bundle.ok_or(NegotiationError::AnswerMismatch)?;
            let mut before = bundles.iter();
            if before.any(|other| core::ptr::eq(other.offered, bundle.offered)) {
                return Err(NegotiationError::AnswerMismatch);
            }
            let (tagged, others) = bundle.places.split_first().unwrap_or((&0, &[]));
            for place in others {
                let own = session.media.get(*place).zip(session.media.get(*tagged));
                if let Some((slot, (own, tagged))) = shared.media.get_mut(*place).zip(own) {
                    *slot = with_transport(own, tagged);
                }
            }
            bundles.push(bundle);
        }
    }
    let is_bundled = |place: usize| bundles.iter().any(|it| it.places.contains(&place));
    for bundle in offered {
        for member in &bundle.members {
            let section = session.media.get(member.place);
            let is_refused = section.is_none_or(|section| section.port == 0);
            // §7.3.2: what was bundled, or is to be had only so, is not moved out by an answer.
            let may_move = bundle.is_new && member.says_mux;
            if !is_refused && !may_move && !is_bundled(member.place) {
                return Err(NegotiationError::AnswerMismatch);
            }
        }
    }
    Ok(Answered { shared, bundles })
}

/// The bundle that an answer has at these places.
fn answered<'o>(
    session: &SessionDescription<'_>,
    found: &[usize],
    offered: &'o [OfferedBundle],
) -> Option<AnsweredBundle<'o>> {
    let (first, others) = found.split_first()?;
    let member_of = |bundle: &&OfferedBundle| {
        let mut members = bundle.members.iter();
        members.any(|member| member.place == *first)
    };
    let offered = offered.iter().find(member_of)?;
    let tagged = session.media.get(*first).filter(|media| media.port != 0)?;
    let is_tagged = |member: &Member| member.place == *first;
    let may_be_tagged = match offered.is_new {
        true => offered
            .members
            .iter()
            .any(|it| is_tagged(it) && it.says_mux),
        false => offered.members.first().is_some_and(is_tagged),
    };
    if !may_be_tagged || !agree::asks_mux(tagged) {
        return None;
    }
    let mut places = Vec::from([*first]);
    let mut sections: Vec<&MediaDescription<'_>> = Vec::from([tagged]);
    for place in others {
        let media = session.media.get(*place)?;
        if !offered.members.iter().any(|member| member.place == *place) {
            return None;
        }
        // §7.4.1: with the port zero as RFC 8843 had it. Else the stream is refused, whatever the
        // group says (RFC 5888 §9.2).
        if media.port == 0 && media.attribute("bundle-only").is_none() {
            continue;
        }
        if sections.iter().any(|other| clashes(other, media)) {
            return None;
        }
        places.push(*place);
        sections.push(media);
    }
    let agreed =
        |media: &&MediaDescription<'_>| extension(session, media) == Some(offered.extension);
    let mid_extension = sections.iter().all(agreed).then_some(offered.extension);
    Some(AnsweredBundle {
        offered,
        places,
        mid_extension,
    })
}

impl AnsweredBundle<'_> {
    fn local(&self, place: usize, locals: &[LocalMedia]) -> Option<LocalMedia> {
        let tagged = *self.places.first()?;
        let at = |place: usize| {
            let mut members = self.offered.members.iter();
            let member = members.find(|member| member.place == place)?;
            locals.get(member.at)
        };
        let is_in = self.places.contains(&place);
        is_in.then_some(in_bundle(at(place)?, at(tagged)?, place == tagged))
    }

    fn note(&self, plans: &mut [(usize, MediaPlan)], places: &[Place]) {
        let members = self.places.iter().filter_map(|place| {
            let mut offered = self.offered.members.iter();
            let member = offered.find(|member| member.place == *place)?;
            Some((member.at, places.get(*place)?.mid.as_deref()?))
        });
        let members: Vec<(usize, &str)> = members.collect();
        note(plans, &members, self.mid_extension);
    }
}
