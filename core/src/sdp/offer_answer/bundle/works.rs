//! Where offers and answers meet bundles, in a program that has any.
//!
//! All of it is reached through [`Bundling`], which only a program names that wants bundles: in any
//! other nothing of them is linked.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::{answer, offer};
use crate::sdp::offer_answer::answer::{Accepted, Match};
use crate::sdp::offer_answer::negotiation::Agreed;
use crate::sdp::offer_answer::slot::{Place, Slot};
use crate::sdp::offer_answer::{LocalMedia, MediaPlan, NegotiationError};
use crate::sdp::{Codec, SessionDescription};

/// That a stream may share a transport with others. Only streams in RTP can, whose RTCP comes to the
/// same port ([`LocalMedia::bundled`]).
#[derive(Clone, Copy, Debug)]
pub struct Bundling {
    is_only: bool,
    works: &'static dyn Works,
}

impl Bundling {
    /// With every stream that may, too, as far as they are of one transport, one address family and
    /// one protection: if the peer wants that as well, and else over a transport of its own.
    pub const SHARED: Self = Self {
        is_only: false,
        works: &Bundles,
    };

    /// As [`Bundling::SHARED`], but it is had so or not at all: `bundle-only` (RFC 9143 §6).
    pub const ONLY: Self = Self {
        is_only: true,
        works: &Bundles,
    };

    /// Whether the stream is had bundled or not at all.
    #[must_use]
    pub const fn is_only(self) -> bool {
        self.is_only
    }
}

impl PartialEq for Bundling {
    fn eq(&self, other: &Self) -> bool {
        self.is_only == other.is_only
    }
}

impl Eq for Bundling {}

/// What does the work for these media, if any of them may be bundled.
pub(in crate::sdp::offer_answer) fn of(locals: &[LocalMedia]) -> Option<&'static dyn Works> {
    let mut wishes = locals.iter().filter_map(|local| local.bundling);
    wishes.next().map(|wish| wish.works)
}

/// The same for a session that is taken up again: what was bundled in it goes on whatever the media
/// want by now.
pub(in crate::sdp::offer_answer) fn restored(agreed: &Agreed) -> Option<&'static dyn Works> {
    match super::is_any(agreed) {
        true => Some(&Bundles),
        false => of(&agreed.locals),
    }
}

/// Our offers and answers.
pub(in crate::sdp::offer_answer) trait Works:
    fmt::Debug + Send + Sync
{
    /// Whether streams that may be bundled can be had that way.
    fn is_sound(&self, locals: &[LocalMedia]) -> bool;

    /// The bundles of an offer of `locals` at these places, if there are any; the numbers of their
    /// formats are given out.
    ///
    /// # Errors
    ///
    /// [`NegotiationError::UnusableMedia`] if a stream that is bundled now has become of another
    /// kind than the rest, or all of a new bundle is to be had only bundled.
    fn offered(
        &self,
        agreed: &Agreed,
        slots: &[Slot],
        locals: &[LocalMedia],
        places: &mut [Place],
    ) -> Result<Option<Arc<dyn OwnOffer>>, NegotiationError>;

    /// The bundles of the peer's offer, if there are any and something of ours may be bundled: else
    /// each stream has its own transport, and one that is `bundle-only` has the port zero, and is
    /// refused for that.
    fn answered<'s, 'a: 's>(
        &self,
        agreed: &Agreed,
        session: &'s SessionDescription<'a>,
        locals: &[LocalMedia],
    ) -> Option<Box<dyn TheirOffer<'a> + 's>>;
}

/// The bundles in an offer of ours.
pub(in crate::sdp::offer_answer) trait OwnOffer:
    fmt::Debug + Send + Sync
{
    /// What is offered at a place as a part of a bundle.
    fn member(&self, place: usize) -> Option<&offer::Member>;

    /// The places of each, the tagged one first.
    fn places(&self) -> Vec<Vec<usize>>;

    /// What an answer has of them.
    ///
    /// # Errors
    ///
    /// [`NegotiationError::AnswerMismatch`]: RFC 9143 §7.4, it bundles what we did not offer so; its
    /// tagged section is refused, or (§7.3) another than that of an offer that goes on with a bundle;
    /// it does not have RTCP on the same port (§9.3.1.3); it has moved out what it may not (§7.3.2).
    fn read<'o, 'a: 'o>(
        &'o self,
        session: &SessionDescription<'a>,
        places: &[Place],
    ) -> Result<Box<dyn TheirAnswer<'a> + 'o>, NegotiationError>;
}

/// What an answer has of the bundles we offered.
pub(in crate::sdp::offer_answer) trait TheirAnswer<'a> {
    /// The answer with what the tagged sections share.
    fn shared(&self) -> &SessionDescription<'a>;

    /// The medium at a place of a bundle, as it is now: at the address of the tagged one.
    fn local(&self, place: usize, locals: &[LocalMedia]) -> Option<LocalMedia>;

    /// Notes the bundles in the plans of their streams.
    fn note(&self, plans: &mut [(usize, MediaPlan)], places: &[Place]);
}

/// What an offer says of bundles, where that concerns us.
pub(in crate::sdp::offer_answer) trait TheirOffer<'a> {
    /// The same with what the sections of each bundle share.
    fn shared(&self) -> &SessionDescription<'a>;

    /// Takes what can be had of the bundles: whatever of `matches` that concerns is changed by it.
    fn join<'l>(
        &mut self,
        agreed: &Agreed,
        locals: &'l [LocalMedia],
        matches: &mut [Option<Match<'l>>],
    ) -> Box<dyn OwnAnswer>;
}

/// The bundles we take.
pub(in crate::sdp::offer_answer) trait OwnAnswer {
    /// The payload types beside which those of a place are chosen; `None` if it is in no bundle.
    fn beside(&self, place: usize, places: &[Place]) -> Option<Box<dyn Beside>>;

    /// Looks what has become of them: without its tagged stream there is none, and nothing of it
    /// (RFC 9143 §7.3.3).
    fn keep(&mut self, accepted: &mut [Option<Accepted<'_>>]);

    /// Whether a stream has all of its transport from another section.
    fn has_beside_tagged(&self, place: usize) -> bool;

    /// The places of each, the tagged one first.
    fn places(&self) -> Vec<&[usize]>;

    /// Notes the bundles in the plans of their streams.
    fn note(&self, plans: &mut [(usize, MediaPlan)], slots: &[Slot], places: &[Place]);
}

/// The payload types of the other streams of a bundle, beside which those of one stream are chosen.
pub(in crate::sdp::offer_answer) trait Beside {
    /// RFC 9143 §9.1.1: whether a number may stand for a format; RFC 5761 §4: not one that looks like
    /// RTCP.
    fn allows(&self, number: u8, codec: &Codec) -> bool;

    /// Whether a number tells whose packet it is.
    fn is_unused(&self, number: u8) -> bool;
}

#[derive(Debug)]
struct Bundles;

impl Works for Bundles {
    fn is_sound(&self, locals: &[LocalMedia]) -> bool {
        super::is_sound(locals)
    }

    fn offered(
        &self,
        agreed: &Agreed,
        slots: &[Slot],
        locals: &[LocalMedia],
        places: &mut [Place],
    ) -> Result<Option<Arc<dyn OwnOffer>>, NegotiationError> {
        offer::offered(agreed, slots, locals, places)
    }

    fn answered<'s, 'a: 's>(
        &self,
        agreed: &Agreed,
        session: &'s SessionDescription<'a>,
        locals: &[LocalMedia],
    ) -> Option<Box<dyn TheirOffer<'a> + 's>> {
        answer::answered(agreed, session, locals)
    }
}
