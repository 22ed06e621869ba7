//! Asking again for what was refused only because of how it was asked (RFC 3261 §8.1.3.5).
//!
//! | answer | what is changed | where |
//! |---|---|---|
//! | 401, 407 | credentials | [`authorize`](super::authorize) |
//! | 413 | an INVITE goes without its offer: the far end then offers | here |
//! | 415 | a MESSAGE goes with another of its forms | [`message`](super::message) |
//! | 416 | a `tel` URI becomes the SIP URI of the number at our own domain | here |
//! | 420 | the extensions it lists are left out | [`extensions`](super::extensions) |
//! | 421 | the extensions it lists are required, if we have them | [`extensions`](super::extensions) |
//! | 422 | a longer session interval | [`session_timer`](super::session_timer) |
//! | 423 | a longer registration | [`register`](super::register) |
//! | 491, 500 with Retry-After | the change comes later | [`change`](super::change) |
//!
//! Each change can be made once: what was given up is not taken up again, so that nobody can be
//! sent in a circle. What cannot be repaired is reported with all that the answer said
//! ([`Details`](super::Details)).

use alloc::boxed::Box;
use alloc::string::ToString;

use super::authorize;
use super::call::{Call, CallHandle, Cx, LegId};
use super::config::UserAgentConfig;
use super::draft::{self, Draft};
use super::invite_client::{OutgoingInvite, Purpose};
use super::outcome::Outcome;
use super::secure;
use crate::sip::message::{Message, StatusCode};
use crate::sip::uri::Uri;

impl Draft {
    /// Changes the request to what its refusal asks for; `false` if there is nothing to change.
    pub(super) fn repair(&mut self, config: &UserAgentConfig, refusal: &Message) -> bool {
        match refusal.status() {
            Some(StatusCode::UNSUPPORTED_URI_SCHEME) => self.use_sip(config),
            Some(_) | None => self.extensions.learn(refusal),
        }
    }

    /// §8.1.3.5 with 416. RFC 5630 §4: a SIPS URI is never made a SIP URI without being told to.
    fn use_sip(&mut self, config: &UserAgentConfig) -> bool {
        let (Ok(Uri::Tel(number)), Ok(Uri::Sip(ours))) =
            (Uri::parse(&self.request_uri), Uri::parse(&config.aor))
        else {
            return false;
        };
        let domain = ours.host.to_string();
        let uri = number.to_sip(&domain, draft::is_secure(&config.aor));
        self.request_uri = uri.into();
        true
    }
}

impl Call {
    /// Takes note of what the refusal of a request in a dialog asks for, credentials or extensions;
    /// `false` if that is nothing new.
    pub(super) fn is_improved(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        refusal: &Message,
    ) -> bool {
        if authorize::is_challenge(refusal) {
            return self.receive_challenge(cx, refusal).is_ok();
        }
        let leg = self.leg_mut(id);
        leg.is_some_and(|leg| leg.peer.extensions.learn(refusal))
    }
}

impl OutgoingInvite {
    /// Changes the INVITE that begins a call to what its refusal asks for; `false` if there is
    /// nothing to change.
    pub(super) fn repair(&mut self, cx: &mut Cx<'_, CallHandle>, outcome: Outcome<'_>) -> bool {
        let Some(refusal) = outcome.message() else {
            return false;
        };
        match &mut self.purpose {
            Purpose::Initial(_) if outcome.status() == StatusCode::REQUEST_ENTITY_TOO_LARGE => {
                self.leave_out_offer(cx)
            }
            Purpose::Initial(initial) => initial.draft.repair(cx.config, refusal),
            Purpose::Change(_) => false,
        }
    }

    /// §8.1.3.5 with 413: the INVITE without its offer; `false` if it has none. The far end offers
    /// in its 2xx, and we answer with what we would have offered (§13.2.1).
    fn leave_out_offer(&mut self, cx: &mut Cx<'_, CallHandle>) -> bool {
        let Purpose::Initial(initial) = &mut self.purpose else {
            return false;
        };
        if !initial.negotiation.is_offer_sent() {
            return false;
        }
        let media = initial.negotiation.offered().to_vec();
        *initial.negotiation = secure::negotiation(cx.stack.rng(), &media);
        initial.late = Some(media);
        self.offer = Box::default();
        true
    }
}
