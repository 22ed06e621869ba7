//! Why a step of a negotiation was refused.

use core::fmt;

use crate::sdp::SdpError;

/// Why a step of a negotiation was refused. Nothing agreed before has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NegotiationError {
    /// An offer met ours on the way: 491 (RFC 3261 §14.2).
    Glare,
    /// The offer before is still unanswered by us: 500 with Retry-After (RFC 3261 §14.2), or do
    /// not offer yet (RFC 3264 §4).
    OfferUnanswered,
    /// There is no offer that this could be the answer of: ignore it (RFC 3261 §13.2.1).
    NoOffer,
    /// Not a session description: 400.
    Description(SdpError),
    /// The offer has fewer `m=` lines than the session (RFC 3264 §8): 488.
    MediaRemoved,
    /// No stream of the offer can be had: 488; in an answer that has to be given anyway,
    /// [`super::Negotiation::create_refusal`].
    NotAcceptable,
    /// The answer does not fit our offer (RFC 3264 §6): end the call.
    AnswerMismatch,
    /// [`super::LocalMedia`] has no format, no address, or text that cannot be written.
    UnusableMedia,
}

impl fmt::Display for NegotiationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Glare => "offers crossed",
            Self::OfferUnanswered => "an offer is still unanswered",
            Self::NoOffer => "there is no offer to answer",
            Self::Description(error) => return error.fmt(f),
            Self::MediaRemoved => "the offer lacks media descriptions of the session",
            Self::NotAcceptable => "no offered stream can be accepted",
            Self::AnswerMismatch => "the answer does not fit the offer",
            Self::UnusableMedia => "the local media cannot be offered",
        })
    }
}

impl core::error::Error for NegotiationError {}
