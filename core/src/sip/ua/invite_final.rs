//! The final response to an INVITE that began a call (RFC 3261 §13.2.2.3, §13.2.2.4), and every
//! 2xx after the first: copies of it, and those of other forks.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};

use super::call::{Call, CallHandle, Cx, Leg, LegId, LegState, Stage};
use super::cancel::Cancel;
use super::config::UserAgentConfig;
use super::events::{EndReason, UaEvent};
use super::invite_client::{Ack, Answered, Initial, OutgoingInvite, Purpose, transmit};
use super::links::ClientUse;
use super::outcome::{self, Outcome};
use super::route::Route;
use super::{authorize, body, draft, hop, in_dialog, redirect, session_timer};
use crate::Limits;
use crate::sdp::offer_answer::{LocalMedia, Negotiation};
use crate::sip::dialog::Dialog;
use crate::sip::endpoint::Target;
use crate::sip::message::{Message, StatusCode};
use crate::sip::transaction::ClientHandle;

/// How often an INVITE is sent with a longer session interval, challenges and redirections
/// counted.
const ATTEMPTS: u32 = 16;

impl Call {
    /// Acts on the final outcome of the INVITE that began the call.
    pub(super) fn on_initial_final(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        mut outgoing: Box<OutgoingInvite>,
        outcome: Outcome<'_>,
    ) {
        let status = outcome.status();
        if let (true, Some(response)) = (status.is_success(), outcome.message()) {
            self.on_success(cx, *outgoing, response);
            return;
        }
        // §12.3: a final response other than 2xx ends every early dialog.
        self.legs.clear();
        if outgoing.cancel == Cancel::No && self.stage == Stage::Calling {
            match self.try_again(cx, &mut outgoing, outcome) {
                Ok(true) => {
                    self.outgoing = Some(outgoing);
                    return;
                }
                // §13.3.1: nobody has cancelled, so the invitation has expired; our own patience would
                // have run out at the same moment.
                Ok(false) if status == StatusCode::REQUEST_TERMINATED => {
                    self.end(EndReason::Unanswered);
                }
                Ok(false) => self.end_saying(outcome.end_reason(), outcome.message()),
                Err(reason) => self.end(reason),
            }
        }
        // Given up already: the 487, or whatever came instead, is all there was to wait for.
        self.end(outcome.end_reason());
        if let Some(timer) = outgoing.timer.take() {
            cx.stack.disarm(timer);
        }
    }

    /// Sends the INVITE again if the response asks for a better one (§8.1.3.5), or if there is
    /// another place to try (§8.1.3.4); `false` if not. Call-ID, To and From stay, CSeq goes up.
    fn try_again(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        outgoing: &mut OutgoingInvite,
        outcome: Outcome<'_>,
    ) -> Result<bool, EndReason> {
        let used = ClientUse::Invite(cx.me);
        if let Purpose::Initial(Initial { draft, .. }) = &outgoing.purpose {
            if let Some(found) = outgoing.route.fail_over(cx, draft, outcome, used) {
                // RFC 3263 §4.3: the same request in another transaction.
                return self.send_or_wait(cx, outgoing, found).map(|()| true);
            }
        }
        let status = outcome.status();
        let is_repaired = outgoing.repair(cx, outcome);
        let Purpose::Initial(Initial { draft, targets, .. }) = &mut outgoing.purpose else {
            return Ok(false);
        };
        let challenge = outcome.message().filter(|it| authorize::is_challenge(it));
        if let Some(response) = challenge {
            self.receive_challenge(cx, response)?;
        } else if status == StatusCode::SESSION_INTERVAL_TOO_SMALL {
            // RFC 4028 §7.3: as many times as it asks for more than before, within reason.
            let min = outcome.message().and_then(session_timer::min_se);
            match min.filter(|min| *min > draft.min_se && draft.cseq < ATTEMPTS) {
                Some(min) => draft.min_se = min,
                None => return Ok(false),
            }
        } else if is_repaired {
            // With what has changed, to the same place.
        } else if redirect::is_redirection(status) || redirect::is_local_failure(status) {
            let redirection = outcome
                .message()
                .filter(|_| redirect::is_redirection(status));
            if let Some(response) = redirection.filter(|_| cx.config.follow_redirects) {
                targets.add(response);
            }
            if !targets.next(draft) {
                return Ok(false);
            }
            outgoing.route = Route::Unknown;
        } else {
            return Ok(false);
        }
        draft.cseq = draft.cseq.wrapping_add(1);
        outgoing.credentials = self.initial_credentials(draft, &outgoing.offer);
        let found = outgoing.route.find(cx, draft, used);
        let found = found.map_err(outcome::end_reason)?;
        self.send_or_wait(cx, outgoing, found).map(|()| true)
    }

    /// Sends the INVITE that was changed, or waits until it is known where to.
    fn send_or_wait(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        outgoing: &mut OutgoingInvite,
        found: Option<Target>,
    ) -> Result<(), EndReason> {
        outgoing.transaction = None;
        outgoing.provisional = false;
        match found {
            Some(target) => self.transmit_again(cx, outgoing, target),
            None => Ok(()),
        }
    }

    /// Sends the INVITE as it stands in a new transaction.
    pub(super) fn transmit_again(
        &self,
        cx: &mut Cx<'_, CallHandle>,
        outgoing: &mut OutgoingInvite,
        target: Target,
    ) -> Result<(), EndReason> {
        let Purpose::Initial(Initial { draft, .. }) = &outgoing.purpose else {
            return Err(EndReason::Unreachable);
        };
        let way = (target, outgoing.route.proxy());
        let sent = transmit(cx, draft, &outgoing.offer, &outgoing.credentials, way);
        outgoing.transaction = Some(sent.map_err(|_| EndReason::Unreachable)?);
        outgoing.cseq = draft.cseq;
        outgoing.request_uri = draft.request_uri.clone();
        Ok(())
    }

    fn on_success(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        outgoing: OutgoingInvite,
        response: &Message,
    ) {
        if let Some(timer) = outgoing.timer {
            cx.stack.disarm(timer);
        }
        let secure = outgoing.is_secure(cx.config);
        let Purpose::Initial(initial) = outgoing.purpose else {
            return;
        };
        let sent = outgoing.transaction.zip(outgoing.route.target());
        let Some((transaction, target)) = sent else {
            return;
        };
        let mut answered = Answered {
            transaction,
            initial: true,
            offers_nothing: initial.late.is_some(),
            cseq: outgoing.cseq,
            secure,
            credentials: outgoing.credentials,
            target,
            acks: Vec::new(),
            waiting: Vec::new(),
        };
        let leg = self.confirm_leg(cx.config, response, &answered);
        let limits = cx.stack.limits();
        let exchange = leg
            .and_then(|leg| self.leg_mut(leg))
            .map(|leg| {
                leg.peer.extensions = initial.draft.extensions;
                leg.complete_exchange(&initial, response, limits)
            })
            .unwrap_or_default();
        if let Some(leg) = leg {
            self.acknowledge(cx, &mut answered, leg, exchange.answer.as_deref());
        }
        self.answered.push(answered);
        let Some(leg) = leg else {
            // A 2xx that names no dialog: there is nothing to talk through, nor to take down.
            self.end(EndReason::DialogLost);
            return;
        };
        let is_over = |leg: &mut Leg| matches!(leg.state, LegState::Mortal(_));
        if self.leg_mut(leg).is_some_and(is_over) {
            // §15.1.2: the callee's BYE came before this.
            self.end(EndReason::RemoteHungUp);
            return;
        }
        self.choose(leg);
        self.change_follows(leg);
        // §9.1, §15: it was answered while we gave up. The ACK is on its way, BYE follows.
        if self.stage != Stage::Calling {
            return;
        }
        self.stage = Stage::Established;
        let asked = session_timer::asked(cx.config, &initial.draft);
        // One that is there has come with the answer to an UPDATE, which has overtaken this one.
        if self.session_timer().is_none() {
            self.on_session_refreshed(cx, leg, response, asked);
        }
        self.arm_session_timer(cx.stack, cx.me);
        cx.events.push(UaEvent::Answered { call: cx.me });
        self.tell_who_answered(cx);
        match exchange.is_agreed {
            true => self.agree(cx, leg),
            // §13.2.2.4: acknowledged, and then ended at once.
            false => self.end(EndReason::NoCommonMedia),
        }
    }

    /// Acts on a 2xx to an INVITE that has had one: a copy is acknowledged with the same bytes
    /// (§13.2.2.4); one of another fork is acknowledged, and BYE follows.
    pub(super) fn on_further_success(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        transaction: ClientHandle,
        response: &Message,
    ) {
        let Some(at) = self
            .answered
            .iter()
            .position(|one| one.transaction == transaction)
        else {
            return;
        };
        let Ok(to) = response.to() else {
            return;
        };
        let mut answered = self.answered.swap_remove(at);
        let tag = to.tag.unwrap_or_default();
        if let Some(ack) = answered.acks.iter().find(|ack| *ack.remote_tag == *tag) {
            cx.stack.transmit(ack.target, Arc::clone(&ack.bytes));
        } else if answered.initial && answered.acks.len() < cx.stack.limits().forks {
            if let Some(leg) = self.confirm_leg(cx.config, response, &answered) {
                let refusal = refuse_late_offer(cx, &answered, response);
                self.acknowledge(cx, &mut answered, leg, refusal.as_deref());
            }
        }
        self.answered.push(answered);
    }

    /// Confirms the early dialog of a 2xx, or makes the dialog when no provisional response has
    /// (§13.2.2.4); §12.1.2: it is secure if a SIPS URI was called.
    fn confirm_leg(
        &mut self,
        config: &UserAgentConfig,
        response: &Message,
        answered: &Answered,
    ) -> Option<LegId> {
        let tag = response.to().ok()?.tag.unwrap_or_default();
        let Some(id) = self.leg_of_peer(response.call_id().ok()?, tag) else {
            let dialog = Dialog::of_response(response, answered.secure).ok()?;
            let id = self.add_leg(dialog, LegState::Confirmed, answered.target);
            self.leg_mut(id)?.peer.learn(response, config);
            return Some(id);
        };
        let leg = self.leg_mut(id)?;
        leg.peer.learn(response, config);
        // A malformed Record-Route leaves the route set of the provisional response.
        let _ = leg.dialog.confirm_by(response);
        leg.has_moved();
        leg.prack = None;
        if matches!(leg.state, LegState::Early | LegState::Terminated) {
            leg.state = LegState::Confirmed;
        }
        Some(id)
    }

    /// Sends the ACK for a 2xx in the dialog of `leg`, and keeps its bytes for the copies.
    pub(super) fn acknowledge(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        answered: &mut Answered,
        leg: LegId,
        answer: Option<&[u8]>,
    ) {
        let Some(leg) = self.leg_mut(leg) else {
            return;
        };
        let mut builder = leg.dialog.ack(answered.cseq);
        draft::sign(&mut builder, cx.config, &answered.credentials);
        if let Some(answer) = answer {
            builder.body(body::SDP, answer);
        }
        let Ok(ack) = builder.finish() else {
            return;
        };
        hop::look_up(cx, leg);
        if leg.hop.is_sought() {
            if answered.waiting.iter().all(|(of, _)| *of != leg.id) {
                answered.waiting.push((leg.id, ack));
            } else {
                // A copy of the 2xx has come before the answer of the DNS: the peer is not kept
                // waiting for a server that may be dead.
                let _ = cx.stack.send_ack(&ack, leg.fallback);
            }
            return;
        }
        let target = in_dialog::locate(cx, leg);
        let sent = target.map(|target| cx.stack.send_ack(&ack, target));
        // One that could not be sent is tried again with the next copy of the 2xx.
        if let Ok(Ok((target, bytes))) = sent {
            answered.acks.push(Ack {
                remote_tag: leg.dialog.id().remote_tag.clone(),
                bytes,
                target,
            });
        }
    }

    /// Makes `leg` the one the application talks through.
    fn choose(&mut self, leg: LegId) {
        if let Some(at) = self.legs.iter().position(|one| one.id == leg) {
            self.legs.swap(0, at);
        }
    }

    /// Tells the application what is agreed, stream by stream, and whether the peer has put us on hold
    /// or taken us off. Once the call is answered, that of other forks is nothing to it.
    pub(super) fn agree(&mut self, cx: &mut Cx<'_, CallHandle>, id: LegId) {
        let is_early = match self.stage {
            Stage::Calling | Stage::Offered => true,
            Stage::Established | Stage::Ending(_) | Stage::Ended => false,
        };
        if !is_early && self.legs.first().is_none_or(|leg| leg.id != id) {
            return;
        }
        let leg = self.legs.iter().find(|leg| leg.id == id);
        let Some(negotiation) = leg.and_then(|leg| leg.negotiation.as_deref()) else {
            return;
        };
        let (call, events) = (cx.me, &mut *cx.events);
        let mut plans = negotiation.plans().map(|(at, plan)| (at, plan.clone()));
        let first = plans.next().map(|(_, plan)| plan);
        let held = match &first {
            Some(plan) => plan.is_held_by_peer(),
            None => self.held_by_peer,
        };
        let changed = held != self.held_by_peer;
        if let Some(plan) = first {
            events.push(match is_early {
                true => UaEvent::EarlyMedia { call, plan },
                false => UaEvent::MediaAgreed { call, plan },
            });
        }
        for (stream, plan) in plans {
            events.push(UaEvent::StreamAgreed { call, stream, plan });
        }
        for stream in negotiation.streams_lost() {
            events.push(UaEvent::StreamRemoved { call, stream });
        }
        for kind in negotiation.streams_refused() {
            events.push(UaEvent::StreamRefused { call, kind });
        }
        match (changed, held) {
            (true, true) => events.push(UaEvent::RemoteHold { call }),
            (true, false) => events.push(UaEvent::RemoteResumed { call }),
            (false, _) => {}
        }
        self.held_by_peer = held;
    }
}

/// What the session description of a response leads to.
#[derive(Default)]
pub(super) struct Exchange {
    /// Whether there is a stream; none if it is of no use, or not there.
    pub(super) is_agreed: bool,
    /// What the next request has to carry: our answer, if the response had the offer.
    pub(super) answer: Option<Vec<u8>>,
}

impl Leg {
    /// Completes the exchange of the INVITE by a response that is sure to arrive. Once it is
    /// complete, a description that comes again says nothing (RFC 3261 §13.2.1).
    pub(super) fn complete_exchange(
        &mut self,
        initial: &Initial,
        response: &Message,
        limits: &Limits,
    ) -> Exchange {
        let mut exchange = Exchange::default();
        let negotiation = self
            .negotiation
            .get_or_insert_with(|| initial.negotiation.clone());
        if !self.is_answered {
            self.is_answered = true;
            let body = body::session(response, limits).unwrap_or_default();
            match &initial.late {
                // A peer that has sent its answer in a provisional response may leave it out
                // here; of an answer that is no use nothing is agreed.
                None => {
                    let _ = negotiation.receive_answer(&body);
                }
                Some(media) => exchange.answer = answer(negotiation, &body, media.clone()),
            }
        }
        exchange.is_agreed = negotiation.plan().is_some();
        exchange
    }

    /// Takes the answer to an offer of ours that changes the session; `false` if it is of no use. All
    /// streams may be refused only if we want none ourselves.
    pub(super) fn receive_answer(&mut self, answer: &[u8]) -> bool {
        let Some(negotiation) = self.negotiation.as_mut() else {
            return false;
        };
        let mut wanted = negotiation.offered().iter();
        let is_any_wanted = wanted.any(|local| local.address.port() != 0);
        negotiation.receive_answer(answer).is_ok()
            && (negotiation.plan().is_some() || !is_any_wanted)
    }
}

/// The answer to an offer that came in a response. §13.2.2.4: even when it will not do there has to
/// be one, if only to refuse every stream.
fn answer(negotiation: &mut Negotiation, offer: &[u8], media: Vec<LocalMedia>) -> Option<Vec<u8>> {
    negotiation.receive_offer(offer).ok()?;
    let answer = negotiation.create_answer(media);
    answer.or_else(|_| negotiation.create_refusal()).ok()
}

/// The answer to the offer of a fork that was too late: nothing of it is wanted.
fn refuse_late_offer(
    cx: &mut Cx<'_, CallHandle>,
    answered: &Answered,
    response: &Message,
) -> Option<Vec<u8>> {
    if !answered.offers_nothing {
        return None;
    }
    let offer = body::session(response, cx.stack.limits())?.into_owned();
    let local = cx
        .stack
        .flow(answered.target.flow)
        .map(|it| it.local().ip());
    let origin = local.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let mut negotiation = Negotiation::new(cx.stack.rng().next_u64(), origin);
    negotiation.receive_offer(&offer).ok()?;
    negotiation.create_refusal().ok()
}
