//! Every 2xx we send to an INVITE, the first of a call or a later one: it is sent again, over every
//! transport, until its ACK comes (RFC 3261 §13.3.1.4).

use alloc::vec::Vec;
use core::time::Duration;

use super::body;
use super::call::{Call, CallHandle, Cx, Kind, LegId, Stage};
use super::contact;
use super::draft;
use super::events::{EndReason, UaEvent};
use super::info;
use super::invite_server::establish;
use super::requests::answer_to;
use crate::sip::message::{HeaderName, Message, OutgoingResponse, StatusCode};
use crate::sip::transaction::ServerHandle;
use crate::time::Instant;

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

impl Call {
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
        let Some(leg) = self.legs.get_mut(at) else {
            return;
        };
        let contact = contact::of_leg(cx, leg);
        let mut builder = answer_to(message, StatusCode::OK, &self.local_tag, cx.config);
        establish(&mut builder, &contact);
        builder
            .field(HeaderName::Allow, draft::allow(cx.config))
            .field(HeaderName::Supported, draft::SUPPORTED);
        info::answer_packages(cx, message, &mut builder);
        leg.on_refreshed(message, cx.config, cx.stack.now(), &mut builder);
        if !body.is_empty() {
            builder.body(body::SDP, body);
        }
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
        // There is hardly ever another.
        self.unacknowledged.reserve_exact(1);
        self.unacknowledged.push(entry);
        self.arm_retransmit(cx);
        self.arm_session_timer(cx.stack, cx.me);
        if !initial {
            self.tell_refreshed(cx);
        }
    }

    fn arm_retransmit(&mut self, cx: &mut Cx<'_, CallHandle>) {
        if let Some(timer) = self.retransmit.take() {
            cx.stack.disarm(timer);
        }
        if self.unacknowledged.is_empty() {
            self.unacknowledged = Vec::new();
            return;
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
            self.say_who_answered(cx, one.leg);
        }
        if !one.offered {
            return;
        }
        // RFC 5407 §3.2.4: with BYE on its way, the answer in the ACK is ignored.
        let answer = body::session(ack, cx.stack.limits()).unwrap_or_default();
        let Some(leg) = self.leg_mut(one.leg) else {
            return;
        };
        if leg.negotiation.is_none() {
            return;
        }
        match leg.receive_answer(&answer) {
            true => self.agree(cx, one.leg),
            false => self.end(EndReason::NoCommonMedia),
        }
    }
}
