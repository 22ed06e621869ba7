//! Changes of a session that we want: hold, resumption and other media, what carries them, and when
//! they are tried again (RFC 3261 §14.1; RFC 3311 §5.1, §5.3).
//!
//! ```text
//!   hold/modify ──▶ wanted ── nothing under way ──▶ re-INVITE ── 2xx ──▶ ACK, done
//!                     ▲      │                        │
//!                     │      └ within an INVITE ──▶ UPDATE ── 2xx ──▶ done
//!                     │                               │ 491, 500 with Retry-After
//!                     └──── 2.1–4 s or 0–2 s ◀────────┤ 401, 407: again with credentials
//!                                                     │ 404, 408, 480, 481, silence …: the call ends
//!                                                     └ other: the session stays as it was
//! ```
//!
//! An INVITE that was answered in a reliable provisional response may yet be refused. A re-INVITE then
//! has to be undone: what was before is offered again, so that both ends have one view (RFC 6141 §3.4).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use super::body;
use super::call::{Call, CallHandle, Cx, Kind, Leg, LegId, LegState, Stage};
use super::details::{self, Details};
use super::events::{EndReason, UaEvent};
use super::invite_server::IncomingInvite;
use super::modify::Wanted;
use super::moving::Move;
use super::outcome::Outcome;
use super::session_timer;
use crate::sdp::LocalMedia;
use crate::sip::dialog::Impact;
use crate::sip::endpoint::{Failure, Stack, StackTimer};
use crate::sip::message::{Message, Method, StatusCode};

/// How often a change that met another one is tried again.
const ATTEMPTS: u8 = 10;
/// The longest Retry-After we wait for in a call.
const RETRY_AFTER_LIMIT: u32 = 32;

/// What we want changed in a session.
#[derive(Default)]
pub(super) struct Change {
    /// Whether we have the peer on hold.
    pub(super) held: bool,
    /// Hold (`true`) or resumption, if one is asked for and not done.
    pub(super) wanted: Option<bool>,
    /// What the offer that is under way asks for.
    sent: Option<bool>,
    /// Other media, if they are asked for and not agreed.
    pub(super) media: Option<Box<Wanted>>,
    /// Whether the session is to be refreshed as it is (RFC 4028 §10).
    refresh: bool,
    /// Our identity, if it is to be told (RFC 4916 §4.2, §4.3).
    identify: Option<Telling>,
    /// Whether the application has given it before the call was answered, so that nothing is left to
    /// say of it when it is.
    pub(super) is_identity_given: bool,
    /// What has moved and the peer does not know yet.
    pub(super) moving: Option<Move>,
    /// What of that the offer under way tells.
    sent_move: Option<Move>,
    /// Until when it has to wait.
    pub(super) retry: Option<StackTimer>,
    attempts: u8,
}

/// What we had before a re-INVITE whose changes are executed and that has no final response yet.
pub(super) struct Undo {
    pub(super) locals: Vec<LocalMedia>,
    pub(super) held: bool,
}

/// Who wants our identity told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Teller {
    /// Whoever has answered a call, by RFC 4916 §4.2.
    Answer,
    /// The application.
    Application,
}

/// That our identity is to be told.
#[derive(Clone, Copy, Debug)]
struct Telling {
    teller: Teller,
    /// Whether the request under way has it in From.
    is_sent: bool,
}

/// The request that carries a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Carrier {
    Invite,
    Update,
}

impl Change {
    /// Asks for hold or resumption.
    pub(super) fn want(&mut self, hold: bool) {
        self.wanted = Some(hold);
        self.attempts = 0;
    }

    /// Asks for other media.
    pub(super) fn want_media(&mut self, locals: Vec<LocalMedia>) {
        self.media = Wanted::new(locals);
        self.attempts = 0;
    }

    /// Whether an offer is wanted that nobody has made yet.
    fn wants_offer(&self) -> bool {
        let is_media_new = self.media.as_ref().is_some_and(|wanted| !wanted.is_sent);
        self.wanted.is_some() || is_media_new || self.moving.is_some()
    }

    /// The offer under way is no more.
    fn take_back(&mut self) {
        if let Some(wanted) = &mut self.media {
            wanted.is_sent = false;
        }
    }

    /// Asks for the session as it is, which any other change does as well.
    pub(super) fn want_refresh(&mut self) {
        self.refresh = true;
        self.attempts = 0;
    }

    /// Asks for the peer to be told that we are elsewhere.
    pub(super) fn want_move(&mut self, moving: Move) {
        self.moving = Some(moving);
        self.attempts = 0;
    }

    /// Asks for our identity to be told, which any request in the dialog does.
    pub(super) fn want_identity(&mut self, teller: Teller) {
        self.identify = Some(Telling {
            teller,
            is_sent: false,
        });
        self.attempts = 0;
    }

    /// A 2xx has refreshed the session.
    pub(super) fn refreshed(&mut self) {
        self.refresh = false;
    }

    /// A 2xx came to a request of ours: whether the application waits for it.
    pub(super) fn identified(&mut self) -> bool {
        let told = self.identify.take_if(|it| it.is_sent);
        told.is_some_and(|it| it.teller == Teller::Application)
    }

    /// Asks for nothing any more.
    pub(super) fn stop(&mut self, stack: &mut Stack) {
        self.wanted = None;
        self.media = None;
        self.refresh = false;
        self.identify = None;
        self.moving = None;
        if let Some(timer) = self.retry.take() {
            stack.disarm(timer);
        }
    }
}

impl Call {
    /// Whether the session may be changed before the call is answered: it has been agreed in a
    /// response that is sure to arrive, and the peer takes UPDATE (RFC 3311 §5.1).
    pub(super) fn is_changeable_early(&self) -> bool {
        let Some(leg) = self.legs.first() else {
            return false;
        };
        let is_agreed = leg
            .negotiation
            .as_ref()
            .is_some_and(|it| it.plan().is_some());
        leg.state == LegState::Early && leg.is_answered && is_agreed && leg.peer.takes_update
    }

    /// Whether our identity alone may be told before the call is answered. RFC 4916 §4.2: once a reliable
    /// response has its PRACK; that takes no session, as nothing is offered.
    fn is_tellable_early(&self) -> bool {
        if self.change.identify.is_none() || self.change.wants_offer() {
            return false;
        }
        let is_acknowledged = |it: &IncomingInvite| it.reliable.is_acknowledged();
        let is_able = |leg: &Leg| leg.state == LegState::Early && leg.peer.takes_update;
        self.incoming.as_deref().is_some_and(is_acknowledged)
            && self.legs.first().is_some_and(is_able)
    }

    /// Sends the change that is wanted, if nothing stands in its way.
    pub(super) fn start_change(&mut self, cx: &mut Cx<'_, CallHandle>) {
        let wants_offer = self.change.wants_offer();
        if !wants_offer && !self.change.refresh && self.change.identify.is_none() {
            return;
        }
        let Some(carrier) = self.carrier() else {
            return;
        };
        if self.waits_for_flow(cx) {
            return;
        }
        let (wanted, held) = (self.change.wanted, self.change.held);
        let moving = self.change.moving;
        let Some(leg) = self.legs.first_mut() else {
            return;
        };
        let id = leg.id;
        // RFC 4028 §7.4: a mere refresh is best an UPDATE without an offer.
        let sent = if !wants_offer && leg.peer.takes_update {
            self.send_update(cx, id, None)
        } else {
            // RFC 6141 §4.4: where we are is told by itself, so that nobody refuses it for the rest.
            let media = self.change.media.as_mut().filter(|_| moving.is_none());
            let media = media.map(|wanted| {
                wanted.is_sent = true;
                &*wanted.locals
            });
            let offer = leg.reoffer(wanted.unwrap_or(held), media, moving);
            offer.is_some_and(|offer| match carrier {
                Carrier::Invite => self.send_change(cx, id, offer.into()),
                Carrier::Update => self.send_update(cx, id, Some(offer.into())),
            })
        };
        if sent {
            self.change.sent = wanted;
            self.change.sent_move = moving;
            if let Some(identity) = &mut self.change.identify {
                identity.is_sent = true;
            }
        } else {
            self.refuse_change(cx, StatusCode::SERVICE_UNAVAILABLE, None);
        }
    }

    /// What carries a change now; nothing while it has to wait.
    fn carrier(&self) -> Option<Carrier> {
        if self.updating.is_some() || self.change.retry.is_some() {
            return None;
        }
        match self.stage {
            // §14.1: no INVITE may be under way in either direction. RFC 3311 §5.1 recommends the
            // re-INVITE, whose answer may take a person's time.
            Stage::Established => {
                let is_blocked = self.incoming.is_some() || !self.unacknowledged.is_empty();
                match &self.outgoing {
                    Some(_) | None if is_blocked => None,
                    None => Some(Carrier::Invite),
                    // RFC 6141 §3.6: once a re-INVITE of ours has its answer, an UPDATE within it.
                    Some(outgoing) => {
                        let is_free = outgoing.undo.is_some() && self.is_update_free();
                        is_free.then_some(Carrier::Update)
                    }
                }
            }
            Stage::Calling | Stage::Offered => {
                let is_free = self.is_update_free() && self.is_changeable_early();
                (is_free || self.is_tellable_early()).then_some(Carrier::Update)
            }
            Stage::Ending(_) | Stage::Ended => None,
        }
    }

    /// Somebody has answered (§13.2.2.4). A change may have been made with another one: then it is
    /// still to be made with this one, and what is under way there is of no use.
    pub(super) fn change_follows(&mut self, id: LegId) {
        let updates_another = self.updating.as_ref().is_some_and(|it| it.leg != id);
        if updates_another {
            self.updating = None;
            self.change.take_back();
            self.change.sent = None;
            self.change.sent_move = None;
        }
        if !self.change.held && !updates_another {
            return;
        }
        let leg = self.leg_mut(id);
        let negotiation = leg.and_then(|leg| leg.negotiation.as_deref());
        let on_hold = negotiation.is_some_and(|it| it.local().iter().any(|one| one.on_hold));
        let held = core::mem::replace(&mut self.change.held, on_hold);
        if held != on_hold && self.change.wanted.is_none() {
            self.change.want(held);
        }
    }

    /// Whether an UPDATE with an offer may go in the dialog within an INVITE: no offer is under way,
    /// nor the PRACK for a response that had one or its answer (RFC 6337 §4.3, UAC-IU).
    fn is_update_free(&self) -> bool {
        let Some(leg) = self.legs.first() else {
            return false;
        };
        let negotiation = leg.negotiation.as_ref();
        let is_stable = negotiation.is_some_and(|negotiation| negotiation.is_stable());
        let awaits_answer = leg.prack.as_ref().is_some_and(|prack| prack.is_pending());
        leg.peer.takes_update && is_stable && !awaits_answer && !self.awaits_prack()
    }

    /// Ends the call if a request that failed in its dialog shows that there is none any more
    /// (RFC 5057 §5.1, §5.2); whether it does.
    pub(super) fn on_failed_in_dialog(
        &mut self,
        method: Method<'static>,
        outcome: Outcome<'_>,
    ) -> bool {
        let impact = match outcome {
            Outcome::Response(_) => Impact::of(method, outcome.status()),
            // §12.2.1.2: whatever the reason that no answer comes, it is as silence.
            Outcome::Failed(_) | Outcome::NoWay(_) => {
                Impact::of(method, StatusCode::REQUEST_TIMEOUT)
            }
        };
        // Before it is answered, the INVITE itself tells how it ends.
        if impact == Impact::Transaction || self.stage != Stage::Established {
            return false;
        }
        // The subscriptions in it find out for themselves.
        self.end_saying(EndReason::DialogLost, outcome.message());
        true
    }

    /// Acts on the refusal of a request of a subscription that shares the dialog: that may be the end
    /// of the dialog, and so of the call (RFC 5057 §5.1). Whoever answers a REFER so speaks of whom it
    /// was to call, more often than of itself.
    pub(super) fn on_event_request_failed(&mut self, refusal: &Message) {
        let (Ok(cseq), Some(status)) = (refusal.cseq(), refusal.status()) else {
            return;
        };
        let is_lost = Impact::of(cseq.method, status) == Impact::Dialog;
        if is_lost && cseq.method != Method::Refer && self.stage == Stage::Established {
            self.end_saying(EndReason::DialogLost, Some(refusal));
        }
    }

    /// Acts on a final response to a change that is no 2xx, or on the lack of one.
    pub(super) fn on_change_failed(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        method: Method<'static>,
        outcome: Outcome<'_>,
    ) {
        self.take_back(id);
        let status = outcome.status();
        let is_way_gone = matches!(outcome, Outcome::Failed(Failure::Transport));
        if is_way_gone && self.change.moving.is_some() && self.change.attempts < ATTEMPTS {
            // The address it was sent from is no more; the next one is sent from where we are.
            self.change.attempts = self.change.attempts.saturating_add(1);
            return;
        }
        if self.on_failed_in_dialog(method, outcome) {
            return;
        }
        let min = outcome.message().and_then(session_timer::min_se);
        if let (true, Some(min)) = (status == StatusCode::SESSION_INTERVAL_TOO_SMALL, min) {
            // RFC 4028 §7.4: again at once, with an interval that is long enough.
            let is_new = self.leg_mut(id).is_some_and(|leg| leg.takes_longer(min));
            if is_new && self.change.attempts < ATTEMPTS {
                self.change.attempts = self.change.attempts.saturating_add(1);
                return;
            }
        }
        // §8.1.3.5: again at once, with the extensions it is to name.
        let refusal = outcome.message();
        let is_repaired = refusal.is_some_and(|refusal| {
            let leg = self.leg_mut(id);
            leg.is_some_and(|leg| leg.peer.extensions.learn(refusal))
        });
        if is_repaired && self.change.attempts < ATTEMPTS {
            self.change.attempts = self.change.attempts.saturating_add(1);
            return;
        }
        let wait = self.wait_before_retry(cx.stack, status, outcome.message());
        match wait.filter(|_| self.change.attempts < ATTEMPTS) {
            Some(wait) => {
                self.change.attempts = self.change.attempts.saturating_add(1);
                self.change.retry = Some(cx.stack.arm(wait, Kind::Glare.of(cx.me)));
            }
            None => self.refuse_change(cx, status, outcome.details()),
        }
    }

    /// Takes the answer to the offer of a change, and says that it is done.
    pub(super) fn on_change_answered(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        response: &Message,
    ) {
        let Some(leg) = self.leg_mut(id) else {
            return;
        };
        match leg.state {
            LegState::Early | LegState::Confirmed => {}
            LegState::Terminated | LegState::Mortal(_) => return,
        }
        let answer = body::session(response, cx.stack.limits()).unwrap_or_default();
        if !leg.receive_answer(&answer) {
            if self.stage == Stage::Established {
                self.end(EndReason::NoCommonMedia);
            } else {
                self.refuse_change(cx, StatusCode::NOT_ACCEPTABLE_HERE, None);
            }
            return;
        }
        self.agree(cx, id);
        if let Some(told) = self.change.sent_move.take() {
            // We may have gone on meanwhile.
            self.change.moving = self.change.moving.filter(|it| *it != told);
        }
        let call = cx.me;
        if let Some(hold) = self.change.sent.take() {
            self.change.held = hold;
            // Somebody may have thought better of it meanwhile: then that comes next.
            self.change.wanted = self.change.wanted.filter(|wanted| *wanted != hold);
            cx.events.push(if hold {
                UaEvent::HoldDone { call }
            } else {
                UaEvent::ResumeDone { call }
            });
        }
        if self.change.media.take_if(|wanted| wanted.is_sent).is_some() {
            cx.events.push(UaEvent::ModifyDone { call });
        }
    }

    /// What there is to go back to, before a change is executed.
    pub(super) fn undo(&mut self, id: LegId) -> Option<Box<Undo>> {
        let held = self.change.held;
        let locals = self.leg_mut(id)?.negotiation.as_ref()?.local().to_vec();
        Some(Box::new(Undo { locals, held }))
    }

    /// RFC 6141 §3.4: a re-INVITE was refused whose changes were executed already. What was before it is
    /// offered again, unless something else is wanted meanwhile: the far end's view is then ours.
    pub(super) fn undo_change(&mut self, before: Undo) {
        let is_newer = self.change.wants_offer();
        self.change.held = before.held;
        if !is_newer {
            self.change.want_media(before.locals);
        }
    }

    /// How long to wait before a change is tried again, if it is.
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
        // §14.2: one that came too early is told when to come back.
        if status == StatusCode::SERVER_INTERNAL_ERROR {
            let secs = details::retry_after(response?)?.seconds;
            return (secs <= RETRY_AFTER_LIMIT).then(|| Duration::from_secs(secs.into()));
        }
        None
    }

    /// Takes our offer back: the session is as it was.
    pub(super) fn take_back(&mut self, id: LegId) {
        self.change.take_back();
        if let Some(leg) = self.leg_mut(id) {
            if let Some(negotiation) = leg.negotiation.as_mut() {
                negotiation.offer_rejected();
            }
        }
    }

    /// Says that the change will not be.
    pub(super) fn refuse_change(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        status: StatusCode,
        details: Option<Box<Details>>,
    ) {
        let change = &self.change;
        let was_asked = change.wanted.is_some()
            || change.media.is_some()
            || change.moving.is_some()
            || change
                .identify
                .is_some_and(|it| it.teller == Teller::Application);
        self.change.stop(cx.stack);
        // Nobody has asked for a refresh; without one the session ends when it is time.
        if !was_asked {
            return;
        }
        cx.events.push(UaEvent::ChangeRefused {
            call: cx.me,
            status,
            details,
        });
    }
}
