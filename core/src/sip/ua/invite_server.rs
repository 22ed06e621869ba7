//! The callee's side of an INVITE (RFC 3261 §13.3), up to its final response.
//!
//! ```text
//!   INVITE ──▶ Incoming ── ring: 180, again every minute ── accept: 2xx ──▶ T1, 2*T1 … T2
//!                 │ CANCEL, BYE, Expires: 487                                 │ ACK: done
//!                 │ ring limit: 480; reject                                   │ 64*T1: BYE
//! ```

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::UserAgent;
use super::body;
use super::call::{Call, CallHandle, Cx, Kind, LegState, Role, Stage};
use super::contact;
use super::draft;
use super::early_session::{EarlySession, requires_reliable};
use super::errors::AcceptError;
use super::events::{EndReason, UaEvent};
use super::info;
use super::reliable::Reliable;
use super::requests::{Refusal, Request, answer_to, respond};
use super::secure;
use crate::sdp::SessionDescription;
use crate::sdp::offer_answer::{LocalMedia, Negotiation, NegotiationError};
use crate::sip::dialog::Dialog;
use crate::sip::endpoint::{Events, Stack, StackTimer, Target};
use crate::sip::header::{NameAddr, RSeq};
use crate::sip::message::{HeaderName, Message, ResponseBuilder, StatusCode};
use crate::sip::transaction::ServerHandle;

/// How often a ringing callee says so again, lest a proxy give up (§13.3.1.1).
const PROGRESS_INTERVAL: Duration = Duration::from_secs(60);

/// The text of the Warning with a 488 (§20.43: 399 is the miscellaneous one).
const WARNING: &[u8] = b"399 offhook \"No offered media can be accepted\"";

/// The peer's INVITE without final response.
pub(super) struct IncomingInvite {
    pub(super) transaction: ServerHandle,
    /// Its CSeq number.
    pub(super) cseq: u32,
    /// The last provisional response other than 100.
    pub(super) progress: Option<StatusCode>,
    /// Those of them that are sent reliably.
    pub(super) reliable: Reliable,
    pub(super) session: EarlySession,
    /// Whether it is answered, as soon as the PRACK has come that the answer has to wait for.
    pub(super) is_accepted: bool,
    /// Whether the caller has said how long the invitation holds.
    expires: bool,
    minute: Option<StackTimer>,
    limit: Option<StackTimer>,
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
        if let Some(offer) = body::session(message, stack.limits()) {
            if SessionDescription::parse(&offer).is_err() {
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
            to: dialog.local_uri().into(),
        };
        let expires = message.expires().ok().flatten();
        let cseq = dialog.remote_seq().unwrap_or(0);
        let mut call = Call::new(Role::Callee, &tag);
        call.identity = self.called(message);
        call.add_leg(dialog, LegState::Early, Target::from(request.source));
        if let Some(leg) = call.legs.first_mut() {
            leg.peer.learn(message, self.config_of(call.identity));
        }
        let handle = self.calls.insert(call).map_err(|_| StatusCode::BUSY_HERE)?;
        self.live = self.live.saturating_add(1);
        self.links.by_tag.insert(tag.into(), handle);
        self.links.servers.insert(request.transaction, handle);
        self.with_call(stack, events, handle, |call, cx| {
            call.invited(cx, request.transaction, cseq, expires);
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
        cseq: u32,
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
            cseq,
            progress: None,
            reliable: Reliable::default(),
            session: EarlySession::None,
            is_accepted: false,
            expires: expires.is_some_and(|secs| u64::from(secs) <= limit.as_secs()),
            minute: Some(minute),
            limit: Some(limit_timer),
        }));
    }

    /// Says that we ring (§13.3.1.1); `false` when there is nothing to ring for. A caller that wants
    /// every word to be reliable, and our offer in the first of them, hears it once there is an offer.
    pub(super) fn ring(&mut self, cx: &mut Cx<'_, CallHandle>) -> bool {
        match self.incoming.as_mut() {
            Some(incoming) => incoming.progress = Some(StatusCode::RINGING),
            None => return false,
        }
        self.send_progress(cx);
        true
    }

    /// Sends the news there is, reliably where the caller wants that (RFC 3262 §3) or where it
    /// describes the session.
    pub(super) fn send_progress(&mut self, cx: &mut Cx<'_, CallHandle>) {
        let (Some(incoming), Some(leg)) = (self.incoming.as_mut(), self.legs.first()) else {
            return;
        };
        let transaction = incoming.transaction;
        let Some(message) = cx.stack.received_request(transaction).cloned() else {
            return;
        };
        let describes = matches!(incoming.session, EarlySession::Waiting { .. });
        let is_reliable = describes || requires_reliable(&message);
        // RFC 3262 §5: the first reliable response to an INVITE without an offer has one.
        if is_reliable
            && matches!(incoming.session, EarlySession::None)
            && body::session(&message, cx.stack.limits()).is_none()
        {
            return;
        }
        if is_reliable && incoming.reliable.is_pending() {
            incoming.reliable.waits = true;
            return;
        }
        // A caller that never heard us ring hears of progress at least (§13.3.1.1: not a 100).
        let status = incoming.progress.unwrap_or(StatusCode::SESSION_PROGRESS);
        let contact = contact::of_leg(cx, leg);
        let number = is_reliable.then(|| incoming.reliable.next_number(cx));
        let mut builder = answer_to(&message, status, &self.local_tag, cx.config);
        establish(&mut builder, &contact);
        // RFC 3311 §4: it is good to know before the call is answered.
        builder.field(HeaderName::Allow, draft::allow(cx.config));
        if let Some(number) = number {
            info::answer_packages(cx, &message, &mut builder);
            builder
                .field(HeaderName::Require, "100rel")
                .field(HeaderName::RSeq, &RSeq(number));
        }
        match &incoming.session {
            EarlySession::Previewed(body) | EarlySession::Waiting { body, .. } => {
                builder.body(body::SDP, body);
            }
            EarlySession::None | EarlySession::Sent { .. } | EarlySession::Settled => {}
        }
        let Ok(response) = builder.finish() else {
            return;
        };
        if is_reliable {
            incoming.reliable.begin(cx, response.clone());
        }
        if let EarlySession::Waiting { is_offer, .. } = incoming.session {
            incoming.session = EarlySession::Sent { is_offer };
        }
        let _ = cx.stack.respond(transaction, response);
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
    pub(super) fn on_cancelled(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        invite: ServerHandle,
        cancel: &Message,
    ) {
        let pending = self.incoming.as_ref();
        if pending.is_some_and(|incoming| incoming.transaction == invite) {
            self.end_saying(EndReason::RemoteCancelled, Some(cancel));
            self.refuse(cx, StatusCode::REQUEST_TERMINATED);
        }
    }

    /// Gives the pending INVITE a final response other than 2xx. Its retransmission and its ACK
    /// are the transaction's.
    pub(super) fn refuse(&mut self, cx: &mut Cx<'_, CallHandle>, status: StatusCode) {
        self.refuse_with(cx, status, |_| {});
    }

    /// As [`Call::refuse`], with what `add` adds.
    pub(super) fn refuse_with(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        status: StatusCode,
        add: impl FnOnce(&mut ResponseBuilder<'_>),
    ) {
        let Some(incoming) = self.take_incoming(cx) else {
            return;
        };
        let transaction = incoming.transaction;
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
                add(response);
            },
        );
    }

    fn take_incoming(&mut self, cx: &mut Cx<'_, CallHandle>) -> Option<Box<IncomingInvite>> {
        let mut incoming = self.incoming.take()?;
        let timers = [incoming.minute.take(), incoming.limit.take()];
        for timer in timers.into_iter().flatten() {
            cx.stack.disarm(timer);
        }
        incoming.reliable.stop(cx);
        Some(incoming)
    }

    /// Answers the call (§13.3.1.4): with the answer to the caller's offer, or with our offer if
    /// there was none. What was settled before it was answered stays.
    pub(super) fn accept(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        media: Vec<LocalMedia>,
    ) -> Result<(), AcceptError> {
        let incoming = self.incoming.as_mut().ok_or(AcceptError::NotRinging)?;
        if incoming.is_accepted {
            return Err(AcceptError::NotRinging);
        }
        match incoming.session {
            EarlySession::None => {}
            // RFC 3262 §3: not before the description is sure to have arrived.
            EarlySession::Sent { .. } => {
                incoming.is_accepted = true;
                return Ok(());
            }
            EarlySession::Previewed(_) | EarlySession::Waiting { .. } | EarlySession::Settled => {
                self.establish(cx);
                return Ok(());
            }
        }
        let message = cx.stack.received_request(incoming.transaction).cloned();
        let message = message.ok_or(AcceptError::NotRinging)?;
        let mut negotiation = Box::new(secure::negotiation(cx.stack.rng(), &media));
        let offer = body::session(&message, cx.stack.limits());
        let body = match negotiate(&mut negotiation, offer.as_deref(), media) {
            Ok(body) => body,
            Err(NegotiationError::UnusableMedia) => return Err(AcceptError::UnusableMedia),
            Err(_) => {
                self.end(EndReason::NoCommonMedia);
                self.refuse(cx, StatusCode::NOT_ACCEPTABLE_HERE);
                return Err(AcceptError::NoCommonMedia);
            }
        };
        let Some(leg) = self.legs.first_mut() else {
            return Err(AcceptError::NotRinging);
        };
        leg.negotiation = Some(negotiation);
        incoming.session = EarlySession::Waiting {
            body: body.into(),
            is_offer: offer.is_none(),
        };
        self.establish(cx);
        Ok(())
    }

    /// Sends the 2xx with what is left to describe.
    pub(super) fn establish(&mut self, cx: &mut Cx<'_, CallHandle>) {
        self.late_prack = self.incoming.as_ref().and_then(|incoming| {
            let number = incoming.reliable.unacknowledged()?;
            Some((number, incoming.cseq))
        });
        let Some(incoming) = self.take_incoming(cx) else {
            return;
        };
        let transaction = incoming.transaction;
        let message = cx.stack.received_request(transaction).cloned();
        let (Some(message), Some(leg)) = (message, self.legs.first_mut()) else {
            return;
        };
        let (body, is_offer) = match incoming.session {
            EarlySession::Previewed(body) => (body, false),
            EarlySession::Waiting { body, is_offer } => (body, is_offer),
            EarlySession::None | EarlySession::Sent { .. } | EarlySession::Settled => {
                (Box::default(), false)
            }
        };
        leg.dialog.confirm();
        leg.state = LegState::Confirmed;
        leg.is_answered = true;
        let id = leg.id;
        self.stage = Stage::Established;
        self.send_success(cx, id, transaction, &message, &body, is_offer);
        // With our offer still unanswered nothing is agreed until the ACK.
        self.agree(cx, id);
    }
}

/// What a response has that makes or confirms a dialog (§12.1.1): the Record-Route of the request
/// and our Contact.
pub(super) fn establish(response: &mut ResponseBuilder<'_>, contact: &str) {
    response.record_route_from_request();
    response.field(HeaderName::Contact, &NameAddr::new(contact));
}

/// The answer to an offer, or an offer if there was none.
pub(super) fn negotiate(
    negotiation: &mut Negotiation,
    offer: Option<&[u8]>,
    media: Vec<LocalMedia>,
) -> Result<Vec<u8>, NegotiationError> {
    match offer {
        Some(offer) => negotiation.answer_offer(offer, media),
        None => negotiation.create_offer(media),
    }
}

/// 488 with the Warning it should have (§13.3.1.3).
pub(super) fn not_acceptable() -> Refusal {
    Refusal::with(
        StatusCode::NOT_ACCEPTABLE_HERE,
        HeaderName::Warning,
        WARNING,
    )
}
