//! Changing a session that is established (RFC 3261 §14; RFC 6141): our hold and resumption, and
//! whatever the peer asks for.
//!
//! ```text
//!   hold/resume ──▶ wanted ── nothing under way ──▶ re-INVITE ── 2xx ──▶ ACK, done
//!                     ▲                               │ 491, 500 with Retry-After
//!                     └──── 2.1–4 s or 0–2 s ◀────────┤ 401, 407: again with credentials
//!                                                     │ 408, 481, silence: the call ends
//!                                                     └ other: the session stays as it was
//! ```

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use super::authorize;
use super::call::{Call, CallHandle, Cx, Kind, Leg, LegId, LegState, Stage};
use super::cancel::Cancel;
use super::draft;
use super::events::{EndReason, UaEvent};
use super::invite_client::{Answered, OutgoingInvite, Purpose};
use super::invite_server::{negotiate, not_acceptable};
use super::links::ClientUse;
use super::outcome::Outcome;
use super::requests::{Refusal, Request};
use super::route::Route;
use crate::Limits;
use crate::sdp::Direction;
use crate::sdp::offer_answer::NegotiationError;
use crate::sip::endpoint::{Stack, StackTimer};
use crate::sip::message::{HeaderName, Message, Method, StatusCode};

/// How often a re-INVITE that met another one is tried again.
const ATTEMPTS: u8 = 10;
/// The longest Retry-After we wait for in a call.
const RETRY_AFTER_LIMIT: u32 = 32;
/// How many of our 2xx may wait for their ACK at once.
const UNACKNOWLEDGED_LIMIT: usize = 4;

/// What we want changed in a session.
#[derive(Default)]
pub(super) struct Change {
    /// Whether we have the peer on hold.
    pub(super) held: bool,
    /// Hold (`true`) or resumption, if one is asked for and not done.
    pub(super) wanted: Option<bool>,
    /// Until when it has to wait.
    pub(super) retry: Option<StackTimer>,
    attempts: u8,
}

impl Change {
    /// Asks for hold or resumption.
    pub(super) fn want(&mut self, hold: bool) {
        self.wanted = Some(hold);
        self.attempts = 0;
    }

    /// Asks for nothing any more.
    pub(super) fn stop(&mut self, stack: &mut Stack) {
        self.wanted = None;
        if let Some(timer) = self.retry.take() {
            stack.disarm(timer);
        }
    }
}

impl Call {
    /// Sends the re-INVITE that is wanted, if nothing stands in its way: no INVITE may be under
    /// way in either direction (§14.1).
    pub(super) fn start_change(&mut self, cx: &mut Cx<'_, CallHandle>) {
        let Some(hold) = self.change.wanted else {
            return;
        };
        let blocked = self.stage != Stage::Established
            || self.outgoing.is_some()
            || self.incoming.is_some()
            || !self.unacknowledged.is_empty()
            || self.change.retry.is_some();
        if blocked {
            return;
        }
        let Some(leg) = self.legs.first_mut() else {
            return;
        };
        let direction = if hold {
            Direction::SendOnly
        } else {
            Direction::SendRecv
        };
        let offer = leg
            .negotiation
            .as_mut()
            .and_then(|negotiation| negotiation.create_reoffer(direction).ok());
        let id = leg.id;
        let sent = offer.is_some_and(|offer| self.send_change(cx, id, offer.into()));
        if !sent {
            self.refuse_change(cx, StatusCode::SERVICE_UNAVAILABLE);
        }
    }

    fn send_change(&mut self, cx: &mut Cx<'_, CallHandle>, id: LegId, offer: Box<[u8]>) -> bool {
        let uri = self.leg_mut(id).map(|leg| leg.dialog.request_uri());
        let request_uri: Box<str> = uri.unwrap_or_default().into();
        let credentials = self.credentials(Method::Invite, &request_uri, &offer);
        let Some(at) = self.legs.iter().position(|leg| leg.id == id) else {
            return false;
        };
        let Some(leg) = self.legs.get_mut(at) else {
            return false;
        };
        let Ok(target) = draft::locate_in_dialog(cx.stack, cx.config, &leg.dialog, leg.fallback)
        else {
            return false;
        };
        let contact = draft::contact_uri(cx.stack, cx.config, target.flow, leg.dialog.is_secure());
        let mut builder = leg.dialog.request(Method::Invite);
        builder
            .field(HeaderName::Contact, format!("<{contact}>").as_str())
            .field(HeaderName::Allow, draft::ALLOW)
            .field(HeaderName::Supported, "");
        draft::sign(&mut builder, cx.config, &credentials);
        builder.body(draft::SDP, &offer);
        let Some(transaction) = builder
            .finish()
            .ok()
            .and_then(|request| cx.stack.request(&request, target).ok())
        else {
            return false;
        };
        let cseq = leg.dialog.local_seq().unwrap_or(0);
        let used = ClientUse::Invite(cx.me);
        cx.links.clients.insert(transaction, used);
        let limit = cx.config.ring_limit;
        self.outgoing = Some(Box::new(OutgoingInvite {
            transaction: Some(transaction),
            purpose: Purpose::Change(id),
            offer,
            cseq,
            request_uri,
            credentials,
            route: Route::only(target),
            provisional: false,
            cancel: Cancel::No,
            timer: Some(cx.stack.arm(limit, Kind::OutgoingInvite.of(cx.me))),
        }));
        true
    }

    /// Acts on the final outcome of a re-INVITE of ours.
    pub(super) fn on_change_final(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        outgoing: Box<OutgoingInvite>,
        id: LegId,
        outcome: Outcome<'_>,
    ) {
        if let Some(timer) = outgoing.timer {
            cx.stack.disarm(timer);
        }
        let status = outcome.status();
        if let (true, Some(response)) = (status.is_success(), outcome.message()) {
            self.on_change_success(cx, *outgoing, id, response);
            return;
        }
        if self.stage != Stage::Established {
            return;
        }
        let challenge = outcome.message().filter(|it| authorize::is_challenge(it));
        if let Some(response) = challenge.filter(|_| outgoing.cancel == Cancel::No) {
            let known = self.receive_challenge(cx, response).is_ok();
            if !known || !self.send_change(cx, id, outgoing.offer) {
                self.take_back(id);
                self.refuse_change(cx, status);
            }
            return;
        }
        self.take_back(id);
        // §12.2.1.2, §14.1: the peer has lost the dialog, or does not answer in it.
        let lost = status == StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST
            || status == StatusCode::REQUEST_TIMEOUT
            || outcome.message().is_none();
        if lost {
            self.end(EndReason::DialogLost);
            return;
        }
        let wait = self.wait_before_retry(cx.stack, status, outcome.message());
        match wait.filter(|_| self.change.attempts < ATTEMPTS) {
            Some(wait) => {
                self.change.attempts = self.change.attempts.saturating_add(1);
                self.change.retry = Some(cx.stack.arm(wait, Kind::Glare.of(cx.me)));
            }
            None => self.refuse_change(cx, status),
        }
    }

    /// How long to wait before the re-INVITE is tried again, if it is.
    fn wait_before_retry(
        &self,
        stack: &mut Stack,
        status: StatusCode,
        response: Option<&Message>,
    ) -> Option<Duration> {
        if status == StatusCode::REQUEST_PENDING {
            // §14.1: in steps of 10 ms, 2.1 to 4 s for the owner of the Call-ID and 0 to 2 s for
            // the other, so that they do not meet again.
            let owner = self.legs.first()?.dialog.owns_call_id();
            let steps = if owner {
                210 + stack.rng().below(191)
            } else {
                stack.rng().below(201)
            };
            return Some(Duration::from_millis(steps * 10));
        }
        // §14.2: an INVITE too early is told when to come back.
        if status == StatusCode::SERVER_INTERNAL_ERROR {
            let value = response?.field(HeaderName::RetryAfter)?;
            let digits = value.split(|byte| !byte.is_ascii_digit()).next()?;
            let secs: u32 = core::str::from_utf8(digits).ok()?.parse().ok()?;
            return (secs <= RETRY_AFTER_LIMIT).then(|| Duration::from_secs(secs.into()));
        }
        None
    }

    fn take_back(&mut self, id: LegId) {
        if let Some(leg) = self.leg_mut(id) {
            if let Some(negotiation) = leg.negotiation.as_mut() {
                negotiation.offer_rejected();
            }
        }
    }

    fn refuse_change(&mut self, cx: &mut Cx<'_, CallHandle>, status: StatusCode) {
        self.change.stop(cx.stack);
        cx.events.push(UaEvent::ChangeRefused {
            call: cx.me,
            status,
        });
    }

    fn on_change_success(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        outgoing: OutgoingInvite,
        id: LegId,
        response: &Message,
    ) {
        let sent = outgoing.transaction.zip(outgoing.route.target());
        let Some((transaction, target)) = sent else {
            return;
        };
        let mut answered = Answered {
            transaction,
            initial: false,
            cseq: outgoing.cseq,
            secure: draft::is_secure(&outgoing.request_uri),
            credentials: outgoing.credentials,
            target,
            acks: Vec::new(),
        };
        if let Some(leg) = self.leg_mut(id) {
            // RFC 6141 §4.7: the 2xx may say where the peer is now.
            leg.dialog.refresh_target(response);
        }
        // RFC 5407 §3.2.3: also when a BYE has crossed it; the session does not come back.
        self.acknowledge(cx, &mut answered, id, None);
        self.answered.push(answered);
        if self.stage != Stage::Established {
            return;
        }
        let Some(leg) = self
            .leg_mut(id)
            .filter(|leg| leg.state == LegState::Confirmed)
        else {
            return;
        };
        let answer = draft::session(response, cx.stack.limits()).unwrap_or_default();
        let plan = leg.negotiation.as_mut().and_then(|negotiation| {
            negotiation.receive_answer(&answer).ok()?;
            negotiation.plan().cloned()
        });
        let Some(plan) = plan else {
            self.end(EndReason::NoCommonMedia);
            return;
        };
        self.agree(cx, plan);
        let Some(hold) = self.change.wanted else {
            return;
        };
        self.change.held = hold;
        self.change.stop(cx.stack);
        let call = cx.me;
        cx.events.push(if hold {
            UaEvent::HoldDone { call }
        } else {
            UaEvent::ResumeDone { call }
        });
    }

    /// Answers an INVITE inside a dialog (§14.2). We need nobody's consent: what the peer may ask
    /// of our media was settled when the call was accepted.
    pub(super) fn on_reinvite(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        request: &Request,
    ) {
        let message = &*request.message;
        cx.links.servers.insert(request.transaction, cx.me);
        let number = message.cseq().map_or(0, |cseq| cseq.number);
        let blocked = self.blocks_reinvite(cx.stack);
        let Some(leg) = self.leg_mut(id) else {
            return;
        };
        leg.last_invite = number;
        let body = match blocked {
            Some(refusal) => Err(refusal),
            None => answer_change(leg, message, cx.stack.limits()),
        };
        let body = match body {
            Ok(body) => body,
            Err(refusal) => {
                refusal.send(cx.stack, cx.config, request, &self.local_tag);
                return;
            }
        };
        // RFC 6141 §4.6: the 2xx is what makes the new target count.
        leg.dialog.refresh_target(message);
        let plan = leg
            .negotiation
            .as_ref()
            .filter(|negotiation| negotiation.is_stable())
            .and_then(|negotiation| negotiation.plan().cloned());
        let offered = plan.is_none();
        self.send_success(cx, id, request.transaction, message, &body, offered);
        if let Some(plan) = plan {
            self.agree(cx, plan);
        }
    }

    /// Why an INVITE inside a dialog cannot be taken now (§14.2).
    fn blocks_reinvite(&self, stack: &mut Stack) -> Option<Refusal> {
        let retry_after = |stack: &mut Stack| {
            let secs = format!("{}", stack.rng().below(11));
            Refusal::with(
                StatusCode::SERVER_INTERNAL_ERROR,
                HeaderName::RetryAfter,
                secs.as_bytes(),
            )
        };
        // One before has no final response yet.
        if self.incoming.is_some() {
            return Some(retry_after(stack));
        }
        // Ours is under way; RFC 5407 §3.1.5: or our offer in a 2xx that has no ACK yet.
        let pending_offer = self.unacknowledged.iter().any(|one| one.offered);
        if self.outgoing.is_some() || pending_offer {
            return Some(StatusCode::REQUEST_PENDING.into());
        }
        (self.unacknowledged.len() >= UNACKNOWLEDGED_LIMIT).then(|| retry_after(stack))
    }
}

/// The description for the 2xx to an INVITE inside a dialog: the answer to its offer, or, if it
/// has none, our offer (§14.2).
fn answer_change(leg: &mut Leg, message: &Message, limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let negotiation = leg.negotiation.as_deref_mut().ok_or_else(not_acceptable)?;
    let local = negotiation.local().cloned().ok_or_else(not_acceptable)?;
    let offer = draft::session(message, limits);
    negotiate(negotiation, offer.as_deref(), &local).map_err(|error| match error {
        NegotiationError::Glare => StatusCode::REQUEST_PENDING.into(),
        NegotiationError::OfferUnanswered
        | NegotiationError::NoOffer
        | NegotiationError::Description(_)
        | NegotiationError::MediaRemoved
        | NegotiationError::NotAcceptable
        | NegotiationError::AnswerMismatch
        | NegotiationError::UnusableMedia => not_acceptable(),
    })
}
