//! Streams that belong together: `a=group` and `a=mid` (RFC 5888).

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::LocalMedia;
use super::slot::{Place, Slot};
use crate::sdp::{Attribute, MediaDescription, SessionDescription};

/// What it means to be in one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupSemantics {
    /// `LS`: play them in step with one another (§7).
    LipSynchronization,
    /// `FID`: one flow, sent to whichever streams have the codec in use (§8).
    FlowIdentification,
}

impl GroupSemantics {
    const ALL: [Self; 2] = [Self::LipSynchronization, Self::FlowIdentification];

    /// The word in `a=group`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LipSynchronization => "LS",
            Self::FlowIdentification => "FID",
        }
    }
}

/// Streams that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// How.
    pub semantics: GroupSemantics,
    /// Which of the local media; possibly none, which only says that groups are understood
    /// (§9.3).
    pub members: Vec<usize>,
}

/// What we know of groups and want of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grouping {
    /// The semantics a peer may ask for. Only who offers may (§9.2).
    pub understood: Vec<GroupSemantics>,
    /// The groups in our offers.
    pub offered: Vec<Group>,
}

impl Grouping {
    /// §8.5.3: members of one flow have to differ in their addresses.
    pub(super) fn is_sound(&self, locals: &[LocalMedia]) -> bool {
        self.offered.iter().all(|group| {
            let addresses = |but: usize| {
                let others = group.members.iter().filter(move |other| **other != but);
                others.filter_map(|other| locals.get(*other).map(|local| local.address))
            };
            group.semantics != GroupSemantics::FlowIdentification
                || group.members.iter().all(|member| {
                    let own = locals.get(*member).map(|local| local.address);
                    addresses(*member).all(|other| Some(other) != own)
                })
        })
    }
}

/// Gives every place a name that no other has (§4, §6).
pub(super) fn name_all(places: &mut [Place]) {
    for at in 0..places.len() {
        if places.get(at).is_none_or(|place| place.mid.is_some()) {
            continue;
        }
        let is_taken = |name: &str| {
            let mut names = places.iter().filter_map(|place| place.mid.as_deref());
            names.any(|other| other == name)
        };
        let mut number = at.saturating_add(1);
        while is_taken(&number.to_string()) {
            number = number.saturating_add(1);
        }
        if let Some(place) = places.get_mut(at) {
            place.mid = Some(number.to_string().into());
        }
    }
}

/// The lines that say which streams belong together. §9.2: none with port 0 is named.
pub(super) fn lines(
    groups: &[Group],
    slots: &[Slot],
    places: &[Place],
) -> impl Iterator<Item = Attribute<'static>> {
    groups.iter().map(|group| {
        let members = group.members.iter();
        let at = members.filter_map(|member| {
            let mut slots = slots.iter();
            slots.position(|slot| slot.local() == Some(*member))
        });
        line(group.semantics.as_str(), at, places)
    })
}

/// The lines that say which places share a transport (RFC 9143 §5).
pub(super) fn bundle_lines(
    bundles: &[&[usize]],
    places: &[Place],
) -> impl Iterator<Item = Attribute<'static>> {
    let line = |bundle: &&[usize]| line("BUNDLE", bundle.iter().copied(), places);
    bundles.iter().map(line)
}

/// The line of one group, with the names of those at these places.
fn line(
    semantics: &str,
    members: impl Iterator<Item = usize>,
    places: &[Place],
) -> Attribute<'static> {
    let mut value = String::from(semantics);
    for name in members.filter_map(|at| places.get(at)?.mid.as_deref()) {
        value.push(' ');
        value.push_str(name);
    }
    Attribute::value("group", value)
}

/// The name of a media description.
fn mid<'m>(media: &'m MediaDescription<'_>) -> Option<&'m str> {
    media.attribute("mid")?.text()
}

/// The names in an offer; `None` if they are of no use (§6: all or none; §4: each once).
pub(super) fn names(session: &SessionDescription<'_>) -> Option<Vec<Box<str>>> {
    let names: Option<Vec<Box<str>>> = session
        .media
        .iter()
        .map(|media| mid(media).map(Box::from))
        .collect();
    let is_new = |(at, name)| !names_before(session, at).any(|other| other == name);
    let unique = session.media.iter().enumerate();
    let unique = unique.filter_map(|(at, media)| Some((at, mid(media)?)));
    let is_unique = unique.clone().count() == session.media.len() && { unique }.all(is_new);
    names.filter(|_| is_unique)
}

fn names_before<'s>(
    session: &'s SessionDescription<'_>,
    at: usize,
) -> impl Iterator<Item = &'s str> {
    session.media.iter().take(at).filter_map(mid)
}

/// Whether an answer names every stream as our offer did; if not, no group of it counts (§9.1).
pub(super) fn agrees(session: &SessionDescription<'_>, places: &[Place]) -> bool {
    let ours = places.iter().map(|place| place.mid.as_deref());
    let mut both = session.media.iter().map(mid).zip(ours);
    both.all(|(theirs, ours)| theirs.is_some() && theirs == ours)
}

/// The groups of the peer's description that we understand, as far as their streams are there.
///
/// A group with a name of no stream is as if it were not there (§6).
pub(super) fn understood(
    session: &SessionDescription<'_>,
    slots: &[Slot],
    semantics: &[GroupSemantics],
) -> Vec<Group> {
    let lines = session.attributes.iter().filter(|one| one.name == "group");
    let group = |line: &Attribute<'_>| {
        let mut words = line.text()?.split_ascii_whitespace();
        let name = words.next()?;
        let known = GroupSemantics::ALL.into_iter();
        let semantics = known
            .filter(|one| semantics.contains(one))
            .find(|one| one.as_str() == name)?;
        let mut members = Vec::new();
        for word in words {
            let at = session
                .media
                .iter()
                .position(|media| mid(media) == Some(word))?;
            members.extend(slots.get(at).and_then(Slot::local));
        }
        Some(Group { semantics, members })
    };
    lines.filter_map(group).collect()
}
