//! A session before the call is answered (RFC 3262 §5; RFC 6337 §3.1.1): early media, agreed in a
//! provisional response.
//!
//! ```text
//!         caller takes 100rel        its turn         PRACK
//!   None ─────────────────▶ Waiting ─────────▶ Sent ─────────▶ Settled ──▶ 2xx without description
//!     │  caller does not: a preview                              ▲
//!     └────────────▶ Previewed ──▶ 2xx with the same             └── UPDATE may change it now
//! ```

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::body;
use super::call::{Call, CallHandle, Cx};
use super::errors::AcceptError;
use super::invite_server::negotiate;
use super::secure;
use crate::sdp::offer_answer::{LocalMedia, NegotiationError};
use crate::sip::message::{HeaderName, Message, StatusCode};

/// How far the session of a call has come that is not answered yet.
#[derive(Default)]
pub(super) enum EarlySession {
    /// Nothing was described yet.
    #[default]
    None,
    /// This stands in our unreliable responses, and will in the 2xx.
    Previewed(Box<[u8]>),
    /// This is for a reliable response, which waits for the PRACK of the one before.
    Waiting {
        /// Our description.
        body: Box<[u8]>,
        /// Whether it is our offer, which the PRACK answers.
        is_offer: bool,
    },
    /// A reliable response has our description; it has no PRACK yet.
    Sent {
        /// Whether it is our offer, which the PRACK answers.
        is_offer: bool,
    },
    /// The first exchange is over.
    Settled,
}

/// Whether the caller of an INVITE takes reliable provisional responses (RFC 3262 §3).
pub(super) fn takes_reliable(invite: &Message) -> bool {
    invite.lists(HeaderName::Supported, "100rel") || requires_reliable(invite)
}

/// Whether it takes no others.
pub(super) fn requires_reliable(invite: &Message) -> bool {
    invite.lists(HeaderName::Require, "100rel")
}

impl Call {
    /// Describes our media to the caller before the call is answered, in a 183.
    pub(super) fn begin_early_session(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        media: Vec<LocalMedia>,
    ) -> Result<(), AcceptError> {
        let incoming = self.incoming.as_ref().ok_or(AcceptError::NotRinging)?;
        match incoming.session {
            EarlySession::None => {}
            EarlySession::Previewed(_)
            | EarlySession::Waiting { .. }
            | EarlySession::Sent { .. }
            | EarlySession::Settled => {
                return Err(AcceptError::AlreadyDescribed);
            }
        }
        let invite = cx.stack.received_request(incoming.transaction).cloned();
        let invite = invite.ok_or(AcceptError::NotRinging)?;
        let offer = body::session(&invite, cx.stack.limits());
        let is_reliable = takes_reliable(&invite);
        if offer.is_none() && !is_reliable {
            // RFC 3261 §13.2.1: an offer has to be in a response that is sure to arrive.
            return Err(AcceptError::NotReliable);
        }
        let mut negotiation = Box::new(secure::negotiation(cx.stack.rng(), &media));
        let body = negotiate(&mut negotiation, offer.as_deref(), media);
        let body = body.map_err(|error| match error {
            NegotiationError::UnusableMedia => AcceptError::UnusableMedia,
            NegotiationError::Description(_)
            | NegotiationError::OfferUnanswered
            | NegotiationError::Glare
            | NegotiationError::NoOffer
            | NegotiationError::MediaRemoved
            | NegotiationError::NotAcceptable
            | NegotiationError::AnswerMismatch => AcceptError::NoCommonMedia,
        })?;
        let (Some(leg), Some(incoming)) = (self.legs.first_mut(), self.incoming.as_mut()) else {
            return Err(AcceptError::NotRinging);
        };
        let id = leg.id;
        leg.negotiation = Some(negotiation);
        incoming.progress = Some(StatusCode::SESSION_PROGRESS);
        let body = body.into();
        incoming.session = if is_reliable {
            EarlySession::Waiting {
                body,
                is_offer: offer.is_none(),
            }
        } else {
            EarlySession::Previewed(body)
        };
        self.send_progress(cx);
        self.agree(cx, id);
        Ok(())
    }
}
