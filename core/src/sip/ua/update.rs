//! UPDATE: changing a session without an INVITE (RFC 3311), which is all that can change one before
//! the call is answered.
//!
//! Ours carry the changes of [`change`](super::change), where its diagram stands. What the peer
//! sends is answered at once:
//!
//! | it has an offer, and | answer |
//! |---|---|
//! | ours has no answer yet | 491 |
//! | one of its own has no answer yet | 500, Retry-After |
//! | nothing is under way | 200 with the answer, or 488 |

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::authorize;
use super::body;
use super::call::{Call, CallHandle, Cx, LegId, LegState, Stage};
use super::contact;
use super::draft;
use super::in_dialog::InDialog;
use super::info;
use super::links::ClientUse;
use super::outcome::Outcome;
use super::reinvite::answer_change;
use super::requests::{Refusal, Request, come_back, respond};
use crate::sip::header::NameAddr;
use crate::sip::message::{HeaderName, Method, StatusCode};
use crate::sip::transaction::ClientHandle;

/// An UPDATE of ours without final response.
pub(super) struct OutgoingUpdate {
    pub(super) transaction: ClientHandle,
    /// In which dialog.
    pub(super) leg: LegId,
    /// The offer it carries, kept for a repetition with credentials.
    offer: Option<Box<[u8]>>,
    /// Whether it was sent in an answered call, and so refreshes the session (RFC 4028 §7.2).
    refreshes: bool,
}

impl Call {
    /// Sends an UPDATE; `false` if it could not be sent.
    pub(super) fn send_update(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        offer: Option<Box<[u8]>>,
    ) -> bool {
        let update = InDialog {
            method: Method::Update,
            used: ClientUse::Update(cx.me, id),
            content_type: body::SDP,
            body: offer.as_deref().unwrap_or_default(),
        };
        let Ok(sent) = self.send_in_dialog(cx, id, &update, |_| {}) else {
            return false;
        };
        let leg = self.leg_mut(id);
        let refreshes = leg.is_some_and(|leg| leg.state == LegState::Confirmed);
        self.updating = Some(Box::new(OutgoingUpdate {
            transaction: sent.transaction,
            leg: id,
            offer,
            refreshes,
        }));
        true
    }

    /// Acts on what became of an UPDATE of ours (RFC 3311 §5.3).
    pub(super) fn on_update_outcome(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        transaction: ClientHandle,
        id: LegId,
        outcome: Outcome<'_>,
    ) {
        if outcome.status().is_provisional() {
            return;
        }
        let is_current = |it: &mut Box<OutgoingUpdate>| it.transaction == transaction;
        let Some(update) = self.updating.take_if(is_current) else {
            return;
        };
        match self.stage {
            Stage::Calling | Stage::Offered | Stage::Established => {}
            Stage::Ending(_) | Stage::Ended => return,
        }
        if let (true, Some(response)) = (outcome.status().is_success(), outcome.message()) {
            if let Some(leg) = self.leg_mut(id) {
                // RFC 6141 §4.7: the 2xx may say where the peer is now.
                leg.dialog.refresh_target(response);
                leg.has_moved();
                leg.peer.learn(response, cx.config);
                // The answer to one that was sent before the call was answered says nothing of the
                // session timer, unless the peer had answered the call by then.
                let is_told = response.field(HeaderName::SessionExpires).is_some();
                if update.refreshes || is_told {
                    let asked = leg.asked_interval();
                    self.on_session_refreshed(cx, id, response, asked);
                    self.tell_refreshed(cx);
                }
            }
            if update.offer.is_some() {
                self.on_change_answered(cx, id, response);
            }
            self.change.refreshed();
            self.tell_identified(cx);
            return;
        }
        let is_bare = update.offer.is_none();
        let challenge = outcome.message().filter(|it| authorize::is_challenge(it));
        if let Some(response) = challenge {
            let known = self.receive_challenge(cx, response).is_ok();
            if known && self.send_update(cx, id, update.offer) {
                return;
            }
        }
        let status = outcome.status();
        let is_unknown =
            status == StatusCode::METHOD_NOT_ALLOWED || status == StatusCode::NOT_IMPLEMENTED;
        if let Some(leg) = self.leg_mut(id).filter(|_| is_unknown) {
            // Whatever its Allow said. An INVITE will do, once the call is answered.
            leg.peer.takes_update = false;
            if is_bare {
                return;
            }
        }
        self.on_change_failed(cx, id, Method::Update, outcome);
    }

    /// Answers the peer's UPDATE (RFC 3311 §5.2).
    pub(super) fn on_update(&mut self, cx: &mut Cx<'_, CallHandle>, id: LegId, request: &Request) {
        let tag = self.local_tag.clone();
        let offered = body::session(&request.message, cx.stack.limits()).is_some();
        let answer = if offered {
            self.answer_update(cx, id, request).map(Some)
        } else {
            Ok(None)
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(refusal) => return refusal.send(cx.stack, cx.config, request, &tag),
        };
        self.learn_identity(cx, id, &request.message);
        let Some(leg) = self.leg_mut(id) else {
            return;
        };
        // A target refresh request, with or without an offer.
        leg.dialog.refresh_target(&request.message);
        leg.has_moved();
        leg.peer.learn(&request.message, cx.config);
        let contact = contact::of_leg(cx, leg);
        let now = cx.stack.now();
        let takes_info = request.message.field(HeaderName::RecvInfo).is_some();
        let packages = info::packages(&cx.config.info_packages);
        let refreshes = leg.state == LegState::Confirmed;
        let Request {
            transaction,
            message,
            ..
        } = request;
        let status = StatusCode::OK;
        respond(
            cx.stack,
            cx.config,
            *transaction,
            message,
            status,
            &tag,
            |response| {
                response
                    .field(HeaderName::Contact, &NameAddr::new(&contact))
                    .field(HeaderName::Allow, draft::allow(cx.config))
                    .field(HeaderName::Supported, draft::SUPPORTED);
                if takes_info {
                    response.field(HeaderName::RecvInfo, packages.as_str());
                }
                if refreshes {
                    leg.on_refreshed(message, cx.config, now, response);
                }
                if let Some(answer) = &answer {
                    response.body(body::SDP, answer);
                }
            },
        );
        if refreshes {
            self.arm_session_timer(cx.stack, cx.me);
            self.tell_refreshed(cx);
        }
        if answer.is_some() {
            self.agree(cx, id);
        }
    }

    /// The answer to the offer in an UPDATE.
    fn answer_update(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        request: &Request,
    ) -> Result<Vec<u8>, Refusal> {
        let is_unanswered = self.incoming.is_some();
        let leg = self
            .leg_mut(id)
            .ok_or(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST)?;
        let is_begun = match leg.state {
            LegState::Early | LegState::Terminated => leg.is_answered,
            LegState::Confirmed | LegState::Mortal(_) => true,
        };
        // Before the first exchange is over, the offer of the INVITE is what waits: for us to
        // answer it, or for its answer to come in a response that is sure to arrive.
        if !is_begun && is_unanswered {
            return Err(come_back(cx.stack));
        }
        if !is_begun {
            return Err(StatusCode::REQUEST_PENDING.into());
        }
        answer_change(leg, &request.message, cx.stack.limits())
    }
}
