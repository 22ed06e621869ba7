//! The callee's side of an INVITE (RFC 3261 §13.3), and what is common to every 2xx we send to an
//! INVITE: it is sent again, over every transport, until its ACK comes (§13.3.1.4).
//!
//! ```text
//!   INVITE ──▶ Incoming ── ring: 180, again every minute ── accept: 2xx ──▶ T1, 2*T1 … T2
//!                 │ CANCEL, BYE, Expires: 487                                 │ ACK: done
//!                 │ ring limit: 480; reject                                   │ 64*T1: BYE
//! ```

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::UserAgent;
use super::call::{Call, CallHandle, Cx, Kind, LegId, LegState, Role, Stage};
use super::commands::AcceptError;
use super::draft;
use super::events::{EndReason, UaEvent};
use super::requests::{Refusal, Request, respond};
use crate::sdp::SessionDescription;
use crate::sdp::offer_answer::{LocalMedia, Negotiation, NegotiationError};
use crate::sip::dialog::Dialog;
use crate::sip::endpoint::{Events, Stack, StackTimer, Target};
use crate::sip::message::{HeaderName, Message, OutgoingResponse, ResponseBuilder, StatusCode};
use crate::sip::transaction::ServerHandle;
use crate::time::Instant;

/// How often a ringing callee says so again, lest a proxy give up (§13.3.1.1).
const PROGRESS_INTERVAL: Duration = Duration::from_secs(60);

/// The text of the Warning with a 488 (§20.43: 399 is the miscellaneous one).
const WARNING: &[u8] = b"399 offhook \"No offered media can be accepted\"";

/// The peer's INVITE without final response.
pub(super) struct IncomingInvite {
    pub(super) transaction: ServerHandle,
    /// The last provisional response other than 100.
    progress: Option<StatusCode>,
    /// Whether the caller has said how long the invitation holds.
    expires: bool,
    minute: Option<StackTimer>,
    limit: Option<StackTimer>,
}

/// A 2xx of ours that waits for its ACK.
pub(super) struct Unacknowledged {
    transaction: ServerHandle,
    pub(super) initial: bool,
    leg: LegId,
    cseq: u32,
    response: OutgoingResponse,
    /// Whether it has the offer, so that the ACK has the answer.
    pub(super) offered: bool,
    interval: Duration,
    due: Instant,
    until: Instant,
}

impl UserAgent {
    /// Takes an INVITE that would begin a call.
    pub(super) fn on_invite(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        request: &Request,
    ) -> Result<(), Refusal> {
        let message = &*request.message;
        if self.is_busy(stack) {
            return Err(StatusCode::BUSY_HERE.into());
        }
        // §13.3.1.3: an offer that cannot even be read.
        if let Some(offer) = draft::session(message) {
            if SessionDescription::parse(offer).is_err() {
                return Err(not_acceptable());
            }
        }
        let tag = stack.new_tag();
        let secure = message.request_uri().is_some_and(draft::is_secure);
        let dialog = Dialog::of_request(message, &tag, secure).map_err(|_| {
            // §8.1.1.8: without a Contact there is nowhere to send requests to.
            Refusal::from(StatusCode::BAD_REQUEST)
        })?;
        let from = message.from()?;
        let incoming = UaEvent::Incoming {
            call: CallHandle::from_raw(u32::MAX, u32::MAX),
            from: from.uri.into(),
            display_name: from
                .display
                .and_then(|name| core::str::from_utf8(name).ok())
                .map(String::from),
            to: message.to()?.uri.into(),
        };
        let expires = message.expires().ok().flatten();
        let mut call = Call::new(Role::Callee, &tag);
        call.add_leg(
            dialog,
            LegState::Early,
            Target {
                flow: request.source.flow,
                address: request.source.address,
                transport: request.source.transport,
            },
        );
        let handle = self.calls.insert(call).map_err(|_| StatusCode::BUSY_HERE)?;
        self.live = self.live.saturating_add(1);
        self.links.by_tag.insert(tag.into(), handle);
        self.links.servers.insert(request.transaction, handle);
        self.with_call(stack, events, handle, |call, cx| {
            call.invited(cx, request.transaction, expires);
            if let UaEvent::Incoming {
                from,
                display_name,
                to,
                ..
            } = incoming
            {
                cx.events.push(UaEvent::Incoming {
                    call: handle,
                    from,
                    display_name,
                    to,
                });
            }
        });
        Ok(())
    }
}

impl Call {
    fn invited(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        transaction: ServerHandle,
        expires: Option<u32>,
    ) {
        let limit = match expires {
            Some(secs) => Duration::from_secs(secs.into()).min(cx.config.ring_limit),
            None => cx.config.ring_limit,
        };
        let minute = cx.stack.arm(PROGRESS_INTERVAL, Kind::Minute.of(cx.me));
        let limit_timer = cx.stack.arm(limit, Kind::Invitation.of(cx.me));
        self.incoming = Some(Box::new(IncomingInvite {
            transaction,
            progress: None,
            expires: expires.is_some_and(|secs| u64::from(secs) <= limit.as_secs()),
            minute: Some(minute),
            limit: Some(limit_timer),
        }));
    }

    /// Says that we ring (§13.3.1.1); `false` when there is nothing to ring for.
    pub(super) fn ring(&mut self, cx: &mut Cx<'_, CallHandle>) -> bool {
        match self.incoming.as_mut() {
            Some(incoming) => incoming.progress = Some(StatusCode::RINGING),
            None => return false,
        }
        self.send_progress(cx);
        true
    }

    fn send_progress(&mut self, cx: &mut Cx<'_, CallHandle>) {
        let (Some(incoming), Some(leg)) = (&self.incoming, self.legs.first()) else {
            return;
        };
        let Some(message) = cx.stack.received_request(incoming.transaction).cloned() else {
            return;
        };
        // A caller that never heard us ring hears of progress at least (§13.3.1.1: not a 100).
        let status = incoming.progress.unwrap_or(StatusCode::SESSION_PROGRESS);
        let contact = draft::contact(cx, leg);
        let transaction = incoming.transaction;
        let tag = &self.local_tag;
        respond(
            cx.stack,
            cx.config,
            transaction,
            &message,
            status,
            tag,
            |response| {
                establish(response, &contact);
            },
        );
    }

    /// A minute without a final answer: says so again (§13.3.1.1).
    pub(super) fn on_minute(&mut self, cx: &mut Cx<'_, CallHandle>) {
        let Some(incoming) = self.incoming.as_mut() else {
            return;
        };
        incoming.minute = Some(cx.stack.arm(PROGRESS_INTERVAL, Kind::Minute.of(cx.me)));
        self.send_progress(cx);
    }

    /// The invitation has expired (§13.3.1), or has rung for as long as we let it.
    pub(super) fn on_invitation_expired(&mut self, cx: &mut Cx<'_, CallHandle>) {
        let Some(incoming) = self.incoming.as_mut() else {
            return;
        };
        incoming.limit = None;
        let status = if incoming.expires {
            StatusCode::REQUEST_TERMINATED
        } else {
            StatusCode::TEMPORARILY_UNAVAILABLE
        };
        self.end(EndReason::Unanswered);
        self.refuse(cx, status);
    }

    /// The caller has cancelled (§9.2). Without effect once there is a final response.
    pub(super) fn on_cancelled(&mut self, cx: &mut Cx<'_, CallHandle>, invite: ServerHandle) {
        let pending = self.incoming.as_ref();
        if pending.is_some_and(|incoming| incoming.transaction == invite) {
            self.end(EndReason::RemoteCancelled);
            self.refuse(cx, StatusCode::REQUEST_TERMINATED);
        }
    }

    /// Gives the pending INVITE a final response other than 2xx. Its retransmission and its ACK
    /// are the transaction's.
    pub(super) fn refuse(&mut self, cx: &mut Cx<'_, CallHandle>, status: StatusCode) {
        let Some(transaction) = self.take_incoming(cx) else {
            return;
        };
        let Some(message) = cx.stack.received_request(transaction).cloned() else {
            return;
        };
        let tag = &self.local_tag;
        respond(
            cx.stack,
            cx.config,
            transaction,
            &message,
            status,
            tag,
            |response| {
                if status == StatusCode::NOT_ACCEPTABLE_HERE {
                    response.field(HeaderName::Warning, WARNING);
                }
            },
        );
    }

    fn take_incoming(&mut self, cx: &mut Cx<'_, CallHandle>) -> Option<ServerHandle> {
        let incoming = self.incoming.take()?;
        for timer in [incoming.minute, incoming.limit].into_iter().flatten() {
            cx.stack.disarm(timer);
        }
        Some(incoming.transaction)
    }

    /// Answers the call (§13.3.1.4): with the answer to the caller's offer, or with our offer if
    /// there was none.
    pub(super) fn accept(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        media: &LocalMedia,
    ) -> Result<(), AcceptError> {
        let incoming = self.incoming.as_ref().ok_or(AcceptError::NotRinging)?;
        let transaction = incoming.transaction;
        let message = cx.stack.received_request(transaction).cloned();
        let message = message.ok_or(AcceptError::NotRinging)?;
        let session_id = cx.stack.rng().next_u64();
        let mut negotiation = Box::new(Negotiation::new(session_id, media.address.ip()));
        let offer = draft::session(&message);
        let body = match negotiate(&mut negotiation, offer, media) {
            Ok(body) => body,
            Err(NegotiationError::UnusableMedia) => return Err(AcceptError::UnusableMedia),
            Err(_) => {
                self.end(EndReason::NoCommonMedia);
                self.refuse(cx, StatusCode::NOT_ACCEPTABLE_HERE);
                return Err(AcceptError::NoCommonMedia);
            }
        };
        self.take_incoming(cx);
        let Some(leg) = self.legs.first_mut() else {
            return Err(AcceptError::NotRinging);
        };
        leg.dialog.confirm();
        leg.state = LegState::Confirmed;
        let id = leg.id;
        let plan = negotiation.plan().cloned();
        leg.negotiation = Some(negotiation);
        self.stage = Stage::Established;
        self.send_success(cx, id, transaction, &message, &body, offer.is_none());
        // With our offer still unanswered nothing is agreed until the ACK.
        if let Some(plan) = plan {
            self.agree(cx, plan);
        }
        Ok(())
    }

    /// Sends a 2xx to an INVITE and goes on sending it until its ACK comes.
    pub(super) fn send_success(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        transaction: ServerHandle,
        message: &Message,
        body: &[u8],
        offered: bool,
    ) {
        let Some(at) = self.legs.iter().position(|leg| leg.id == id) else {
            return;
        };
        let Some(leg) = self.legs.get(at) else {
            return;
        };
        let contact = draft::contact(cx, leg);
        let mut builder = ResponseBuilder::to(message, StatusCode::OK);
        builder.to_tag(&self.local_tag);
        establish(&mut builder, &contact);
        builder
            .field(HeaderName::Allow, draft::ALLOW)
            .field(HeaderName::Supported, "");
        if !cx.config.user_agent.is_empty() {
            builder.field(HeaderName::Server, cx.config.user_agent.as_str());
        }
        builder.body(draft::SDP, body);
        let Ok(response) = builder.finish() else {
            return;
        };
        let initial = message
            .to()
            .is_ok_and(|to| to.tag.unwrap_or_default().is_empty());
        let timings = *cx.stack.timings();
        let now = cx.stack.now();
        let entry = Unacknowledged {
            transaction,
            initial,
            leg: id,
            cseq: message.cseq().map_or(0, |cseq| cseq.number),
            response: response.clone(),
            offered,
            interval: timings.t1,
            due: now + timings.t1,
            until: now + timings.t1 * 64,
        };
        let _ = cx.stack.respond(transaction, response);
        self.unacknowledged.push(entry);
        self.arm_retransmit(cx);
    }

    fn arm_retransmit(&mut self, cx: &mut Cx<'_, CallHandle>) {
        if let Some(timer) = self.retransmit.take() {
            cx.stack.disarm(timer);
        }
        let next = self.unacknowledged.iter().map(|one| one.due.min(one.until));
        if let Some(next) = next.min() {
            let after = next.saturating_duration_since(cx.stack.now());
            self.retransmit = Some(cx.stack.arm(after, Kind::Retransmit.of(cx.me)));
        }
    }

    /// Sends again what is due. §13.3.1.4: T1, doubling up to T2, for 64*T1, and over reliable
    /// transports as well, because a hop further on may not be.
    pub(super) fn on_retransmit(&mut self, cx: &mut Cx<'_, CallHandle>) {
        self.retransmit = None;
        let now = cx.stack.now();
        let limit = cx.stack.timings().t2;
        for one in &mut self.unacknowledged {
            if now < one.due || now >= one.until {
                continue;
            }
            let _ = cx.stack.respond(one.transaction, one.response.clone());
            one.interval = (one.interval * 2).min(limit);
            one.due = now + one.interval;
        }
        while let Some(at) = self.unacknowledged.iter().position(|one| now >= one.until) {
            let one = self.unacknowledged.swap_remove(at);
            self.on_unacknowledged(&one);
        }
        self.arm_retransmit(cx);
    }

    /// §13.3.1.4, §14.2: without an ACK the session is ended, once it may be: at once.
    fn on_unacknowledged(&mut self, one: &Unacknowledged) {
        let Some(leg) = self.leg_mut(one.leg) else {
            return;
        };
        if let Some(negotiation) = leg.negotiation.as_mut().filter(|_| one.offered) {
            negotiation.offer_rejected();
        }
        // RFC 6141 §5.4: the peer has moved if it has sent a newer INVITE meanwhile.
        if one.initial || leg.last_invite <= one.cseq {
            self.end(EndReason::Unacknowledged);
        }
    }

    /// Takes the ACK for a 2xx of ours. A copy of one finds nothing to do.
    pub(super) fn on_ack(&mut self, cx: &mut Cx<'_, CallHandle>, ack: &Message, cseq: u32) {
        let tag = ack
            .from()
            .ok()
            .and_then(|from| from.tag)
            .unwrap_or_default();
        let Some(at) = self.unacknowledged.iter().position(|one| one.cseq == cseq) else {
            return;
        };
        // The dialog may be mortal by now, but if it is there, it has to be the same.
        let peer = self.legs.first().map(|leg| &*leg.dialog.id().remote_tag);
        if peer.is_some_and(|peer| peer != tag) {
            return;
        }
        let one = self.unacknowledged.swap_remove(at);
        self.arm_retransmit(cx);
        if one.initial && self.stage == Stage::Established {
            cx.events.push(UaEvent::Answered { call: cx.me });
        }
        if !one.offered {
            return;
        }
        // RFC 5407 §3.2.4: with BYE on its way, the answer in the ACK is ignored.
        let Some(leg) = self.leg_mut(one.leg) else {
            return;
        };
        let Some(negotiation) = leg.negotiation.as_mut() else {
            return;
        };
        let answer = draft::session(ack).unwrap_or_default();
        let plan = match negotiation.receive_answer(answer) {
            Ok(()) => negotiation.plan().cloned(),
            Err(_) => None,
        };
        match plan {
            Some(plan) => self.agree(cx, plan),
            None => self.end(EndReason::NoCommonMedia),
        }
    }
}

/// What a response has that makes or confirms a dialog (§12.1.1): the Record-Route of the request
/// and our Contact.
fn establish(response: &mut ResponseBuilder<'_>, contact: &str) {
    response.record_route_from_request();
    response.field(HeaderName::Contact, format!("<{contact}>").as_str());
}

/// The answer to an offer, or an offer if there was none.
pub(super) fn negotiate(
    negotiation: &mut Negotiation,
    offer: Option<&[u8]>,
    media: &LocalMedia,
) -> Result<Vec<u8>, NegotiationError> {
    let Some(offer) = offer else {
        return negotiation.create_offer(media);
    };
    negotiation.receive_offer(offer)?;
    let answer = negotiation.create_answer(media);
    if answer.is_err() {
        negotiation.reject_offer();
    }
    answer
}

/// 488 with the Warning it should have (§13.3.1.3).
pub(super) fn not_acceptable() -> Refusal {
    Refusal::with(
        StatusCode::NOT_ACCEPTABLE_HERE,
        HeaderName::Warning,
        WARNING,
    )
}
