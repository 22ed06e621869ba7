//! Changing a session that is established by INVITE (RFC 3261 §14; RFC 6141): the re-INVITE that
//! carries a change of ours, and whatever the peer asks for.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::authorize;
use super::body;
use super::call::{Call, CallHandle, Cx, Kind, Leg, LegId, Stage};
use super::cancel::Cancel;
use super::draft;
use super::events::UaEvent;
use super::in_dialog::InDialog;
use super::invite_client::{Answered, OutgoingInvite, Purpose};
use super::invite_server::{negotiate, not_acceptable};
use super::links::ClientUse;
use super::outcome::Outcome;
use super::requests::{Refusal, Request, come_back};
use super::route::Route;
use crate::Limits;
use crate::sdp::offer_answer::NegotiationError;
use crate::sip::endpoint::Stack;
use crate::sip::message::{Message, Method, StatusCode};

/// How many of our 2xx may wait for their ACK at once.
const UNACKNOWLEDGED_LIMIT: usize = 4;

impl Call {
    /// Sends a re-INVITE with `offer`; `false` if it could not be sent.
    pub(super) fn send_change(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        offer: Box<[u8]>,
    ) -> bool {
        let invite = InDialog {
            method: Method::Invite,
            used: ClientUse::Invite(cx.me),
            content_type: body::SDP,
            body: &offer,
        };
        let Ok(sent) = self.send_in_dialog(cx, id, &invite, |_| {}) else {
            return false;
        };
        let leg = self.leg_mut(id);
        let request_uri = leg.map(|leg| leg.dialog.request_uri().into());
        let limit = cx.config.ring_limit;
        self.outgoing = Some(Box::new(OutgoingInvite {
            transaction: Some(sent.transaction),
            purpose: Purpose::Change(id),
            offer,
            cseq: sent.cseq,
            request_uri: request_uri.unwrap_or_default(),
            credentials: sent.credentials,
            route: Route::only(sent.target),
            provisional: false,
            undo: None,
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
                self.refuse_change(cx, status, outcome.details());
            }
            return;
        }
        let Some(before) = outgoing.undo else {
            return self.on_change_failed(cx, id, Method::Invite, outcome);
        };
        if !self.on_failed_in_dialog(Method::Invite, outcome) {
            cx.events.push(UaEvent::ChangeRefused {
                call: cx.me,
                status,
                details: outcome.details(),
            });
            self.undo_change(*before);
        }
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
            offers_nothing: false,
            cseq: outgoing.cseq,
            secure: draft::is_secure(&outgoing.request_uri),
            credentials: outgoing.credentials,
            target,
            acks: Vec::new(),
            waiting: Vec::new(),
        };
        if let Some(leg) = self.leg_mut(id) {
            // RFC 6141 §4.7: the 2xx may say where the peer is now.
            leg.dialog.refresh_target(response);
            leg.has_moved();
            leg.peer.learn(response, cx.config);
            let asked = leg.asked_interval();
            self.on_session_refreshed(cx, id, response, asked);
            self.tell_refreshed(cx);
        }
        self.change.refreshed();
        self.tell_identified(cx);
        // RFC 5407 §3.2.3: also when a BYE has crossed it; the session does not come back.
        self.acknowledge(cx, &mut answered, id, None);
        self.answered.push(answered);
        if self.stage != Stage::Established {
            return;
        }
        // RFC 3262 §5: unless a provisional response had the answer already.
        if outgoing.undo.is_none() {
            self.on_change_answered(cx, id, response);
        }
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
        leg.has_moved();
        // RFC 6086 §5.2.4: what a refused request says of the peer does not count.
        leg.peer.learn(message, cx.config);
        self.learn_identity(cx, id, message);
        let Some(leg) = self.leg_mut(id) else {
            return;
        };
        let negotiation = leg.negotiation.as_ref();
        let offered = negotiation.is_some_and(|negotiation| negotiation.is_offer_sent());
        self.send_success(cx, id, request.transaction, message, &body, offered);
        if !offered {
            self.agree(cx, id);
        }
    }

    /// Why an INVITE inside a dialog cannot be taken now (§14.2).
    fn blocks_reinvite(&self, stack: &mut Stack) -> Option<Refusal> {
        // One before has no final response yet.
        if self.incoming.is_some() {
            return Some(come_back(stack));
        }
        // Ours is under way; RFC 5407 §3.1.5: or our offer in a 2xx that has no ACK yet.
        let pending_offer = self.unacknowledged.iter().any(|one| one.offered);
        if self.outgoing.is_some() || pending_offer {
            return Some(StatusCode::REQUEST_PENDING.into());
        }
        (self.unacknowledged.len() >= UNACKNOWLEDGED_LIMIT).then(|| come_back(stack))
    }
}

/// The description for the 2xx to an INVITE inside a dialog: the answer to its offer, or, if it
/// has none, our offer (§14.2). That to an offer in UPDATE or PRACK is written likewise.
pub(super) fn answer_change(
    leg: &mut Leg,
    message: &Message,
    limits: &Limits,
) -> Result<Vec<u8>, Refusal> {
    let negotiation = leg.negotiation.as_deref_mut().ok_or_else(not_acceptable)?;
    // RFC 6337 §4.3, UAS-UcI: also if it has no offer of its own.
    if negotiation.is_offer_sent() {
        return Err(StatusCode::REQUEST_PENDING.into());
    }
    let local = negotiation.local().to_vec();
    let offer = body::session(message, limits);
    negotiate(negotiation, offer.as_deref(), local).map_err(|error| match error {
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
