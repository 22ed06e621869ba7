//! What became of a request of ours.

use alloc::boxed::Box;

use super::details::Details;
use super::events::EndReason;
use crate::sip::endpoint::{Failure, SelectError};
use crate::sip::message::{Message, StatusCode};
use crate::sip::transport::server_location::Exhausted;

/// A response, or the reason why there is none.
#[derive(Clone, Copy)]
pub(super) enum Outcome<'a> {
    Response(&'a Message),
    Failed(Failure),
    /// There is no server to send it to.
    NoWay(SelectError),
}

impl<'a> Outcome<'a> {
    /// The status to act on. RFC 3261 §8.1.3.1: no answer in time is a 408, a transport that
    /// fails is a 503.
    pub(super) fn status(self) -> StatusCode {
        match self {
            // Only responses come up from a client transaction.
            Self::Response(response) => response.status().unwrap_or(StatusCode::BAD_REQUEST),
            Self::Failed(Failure::Timeout) => StatusCode::REQUEST_TIMEOUT,
            Self::Failed(Failure::Transport) | Self::NoWay(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What the far end said, if it said anything.
    pub(super) fn reported(self) -> Option<StatusCode> {
        match self {
            Self::Response(response) => response.status(),
            Self::Failed(_) | Self::NoWay(_) => None,
        }
    }

    /// The response, if there is one.
    pub(super) fn message(self) -> Option<&'a Message> {
        match self {
            Self::Response(response) => Some(response),
            Self::Failed(_) | Self::NoWay(_) => None,
        }
    }

    /// What it says beside its status.
    pub(super) fn details(self) -> Option<Box<Details>> {
        self.message().and_then(Details::of)
    }

    /// Why a call ends by it.
    pub(super) fn end_reason(self) -> EndReason {
        match self {
            Self::Response(_) => EndReason::Rejected(self.status()),
            Self::Failed(Failure::Timeout) => EndReason::TimedOut,
            Self::Failed(Failure::Transport) => EndReason::Unreachable,
            Self::NoWay(why) => end_reason(why),
        }
    }
}

/// Why a call ends that has nowhere to go.
pub(super) fn end_reason(why: SelectError) -> EndReason {
    unlocated(why).map_or(EndReason::Unreachable, EndReason::NotLocated)
}

/// Why a name leads to no server, if that is why there is no way. When every server of a name was
/// tried, it is them that cannot be reached.
pub(super) fn unlocated(why: SelectError) -> Option<Exhausted> {
    match why {
        SelectError::NotLocated(
            why @ (Exhausted::NotOffered | Exhausted::NotFound | Exhausted::LookupFailed(_)),
        ) => Some(why),
        SelectError::NotLocated(Exhausted::UsedUp)
        | SelectError::Malformed
        | SelectError::NotSip
        | SelectError::UnknownTransport
        | SelectError::NeedsResolution
        | SelectError::NoFlow
        | SelectError::TooManyFlows
        | SelectError::TooManyLookups => None,
    }
}
