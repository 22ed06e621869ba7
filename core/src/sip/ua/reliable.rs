//! The callee's side of reliable provisional responses (RFC 3262 §3, §5): one at a time, sent again
//! until its PRACK comes.
//!
//! ```text
//!   progress ──▶ 1xx with RSeq n ── T1, 2*T1, 4*T1 … ──▶ 1xx again
//!                  │ PRACK n: 200; what has waited goes next, with n + 1
//!                  │ PRACK of anything else: 481
//!                  └ 64*T1: 504 to the INVITE
//! ```

use alloc::vec::Vec;
use core::time::Duration;

use super::body;
use super::call::{Call, CallHandle, Cx, Kind, LegId};
use super::early_session::EarlySession;
use super::events::EndReason;
use super::reinvite::answer_change;
use super::requests::{Request, respond};
use crate::sip::endpoint::StackTimer;
use crate::sip::header::RAck;
use crate::sip::message::{HeaderName, Message, Method, OutgoingResponse, StatusCode};
use crate::time::Instant;

/// The reliable provisional responses to one INVITE.
#[derive(Default)]
pub(super) struct Reliable {
    /// The RSeq of the last one; 0 before the first.
    last: u32,
    pending: Option<Pending>,
    /// Whether there is more to say once the PRACK is there.
    pub(super) waits: bool,
}

/// The one that has no PRACK yet.
struct Pending {
    response: OutgoingResponse,
    interval: Duration,
    until: Instant,
    timer: StackTimer,
}

impl Reliable {
    /// Whether the last one has no PRACK yet.
    pub(super) const fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// Whether there was one, and the last has had its PRACK.
    pub(super) const fn is_acknowledged(&self) -> bool {
        self.last != 0 && !self.is_pending()
    }

    /// The RSeq of the one that has no PRACK yet.
    pub(super) fn unacknowledged(&self) -> Option<u32> {
        self.is_pending().then_some(self.last)
    }

    /// The RSeq of the next one, which has a turn only when none is pending.
    pub(super) fn next_number<H>(&mut self, cx: &mut Cx<'_, H>) -> u32 {
        self.last = match self.last {
            // From 1 to 2**31 - 1, so that it never has to wrap.
            0 => u32::try_from(cx.stack.rng().below((1 << 31) - 1)).map_or(1, |it| it + 1),
            last => last.saturating_add(1),
        };
        self.last
    }

    /// Sends `response` for the first time. Its copies come T1 apart, then 2*T1 and so on, without
    /// an upper limit.
    pub(super) fn begin(&mut self, cx: &mut Cx<'_, CallHandle>, response: OutgoingResponse) {
        let interval = cx.stack.timings().t1;
        self.pending = Some(Pending {
            response,
            interval,
            until: cx.stack.now() + interval * 64,
            timer: cx.stack.arm(interval, Kind::Reliable.of(cx.me)),
        });
    }

    /// Sends no more copies: there is a final response, or the PRACK has come.
    pub(super) fn stop(&mut self, cx: &mut Cx<'_, CallHandle>) {
        if let Some(pending) = self.pending.take() {
            cx.stack.disarm(pending.timer);
        }
    }
}

impl Call {
    /// Whether a reliable response of ours waits for its PRACK.
    pub(super) fn awaits_prack(&self) -> bool {
        let incoming = self.incoming.as_ref();
        incoming.is_some_and(|incoming| incoming.reliable.is_pending())
    }

    /// Sends a reliable response again, or gives the call up.
    pub(super) fn on_reliable_due(&mut self, cx: &mut Cx<'_, CallHandle>) {
        let Some(incoming) = self.incoming.as_mut() else {
            return;
        };
        let transaction = incoming.transaction;
        let Some(mut pending) = incoming.reliable.pending.take() else {
            return;
        };
        if cx.stack.now() >= pending.until {
            self.end(EndReason::Unacknowledged);
            self.refuse(cx, StatusCode::SERVER_TIME_OUT);
            return;
        }
        let _ = cx.stack.respond(transaction, pending.response.clone());
        pending.interval *= 2;
        let left = pending.until.saturating_duration_since(cx.stack.now());
        let next = pending.interval.min(left);
        pending.timer = cx.stack.arm(next, Kind::Reliable.of(cx.me));
        incoming.reliable.pending = Some(pending);
    }

    /// Answers a PRACK (RFC 3262 §3): 481 unless it is for the response that waits for it.
    pub(super) fn on_prack(&mut self, cx: &mut Cx<'_, CallHandle>, id: LegId, request: &Request) {
        let tag = self.local_tag.clone();
        let Request {
            transaction,
            message,
            ..
        } = request;
        if !self.is_awaited(message) {
            let status = StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST;
            let config = cx.config;
            respond(
                cx.stack,
                config,
                *transaction,
                message,
                status,
                &tag,
                |_| {},
            );
            return;
        }
        if let Some(incoming) = self.incoming.as_mut() {
            incoming.reliable.stop(cx);
        }
        let answer = self.read_prack(cx, id, message);
        let status = StatusCode::OK;
        respond(
            cx.stack,
            cx.config,
            *transaction,
            message,
            status,
            &tag,
            |response| {
                if let Some(answer) = &answer {
                    response.body(body::SDP, answer);
                }
            },
        );
        self.learn_identity(cx, id, message);
        self.go_on(cx);
    }

    /// Whether a PRACK is for the response that waits for it. §3: also when the call was answered
    /// without waiting.
    fn is_awaited(&mut self, message: &Message) -> bool {
        let value = message.field(HeaderName::RAck).unwrap_or_default();
        let Ok(rack) = RAck::parse(value) else {
            return false;
        };
        let acknowledged = Some((rack.response, rack.sequence));
        let is_awaited = match self.incoming.as_ref() {
            Some(incoming) => {
                let awaited = incoming.reliable.unacknowledged();
                awaited.map(|number| (number, incoming.cseq)) == acknowledged
            }
            None => self
                .late_prack
                .take_if(|late| Some(*late) == acknowledged)
                .is_some(),
        };
        is_awaited && rack.method == Method::Invite
    }

    /// Takes what a PRACK says about the session: the answer to our offer, or, once that or the
    /// caller's own is settled, another offer, which the 2xx answers (RFC 3262 §5).
    fn read_prack(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        message: &Message,
    ) -> Option<Vec<u8>> {
        let session = body::session(message, cx.stack.limits());
        let incoming = self.incoming.as_mut()?;
        let early = core::mem::take(&mut incoming.session);
        let is_offered = matches!(early, EarlySession::Sent { is_offer: true });
        incoming.session = match early {
            EarlySession::Sent { .. } => EarlySession::Settled,
            other @ (EarlySession::None
            | EarlySession::Previewed(_)
            | EarlySession::Waiting { .. }
            | EarlySession::Settled) => other,
        };
        let is_settled = matches!(incoming.session, EarlySession::Settled);
        let leg = self.leg_mut(id)?;
        leg.is_answered = is_settled;
        let mut answer = None;
        if is_offered {
            let negotiation = leg.negotiation.as_mut()?;
            let taken = negotiation.receive_answer(&session.unwrap_or_default());
            if taken.is_err() {
                self.end(EndReason::NoCommonMedia);
                self.refuse(cx, StatusCode::NOT_ACCEPTABLE_HERE);
                return None;
            }
        } else if session.is_some() && is_settled {
            // A matching PRACK has to be answered 2xx, so an offer that will not do is answered by
            // refusing what is in it.
            answer = answer_change(leg, message, cx.stack.limits()).ok();
            if answer.is_none() {
                let negotiation = leg.negotiation.as_mut()?;
                negotiation
                    .receive_offer(&session.unwrap_or_default())
                    .ok()?;
                answer = negotiation.create_refusal().ok();
            }
        } else {
            return None;
        }
        self.agree(cx, id);
        answer
    }

    /// Does what has waited for the PRACK: the answer to the call, or the next news.
    fn go_on(&mut self, cx: &mut Cx<'_, CallHandle>) {
        let Some(incoming) = self.incoming.as_mut() else {
            return;
        };
        let waits = core::mem::take(&mut incoming.reliable.waits);
        if incoming.is_accepted {
            self.establish(cx);
        } else if waits {
            self.send_progress(cx);
        }
    }
}
