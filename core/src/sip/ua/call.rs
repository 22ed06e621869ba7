//! One call: an INVITE usage with all the dialogs it has led to (RFC 3261 §13, §15; the states of
//! RFC 5407 §2).
//!
//! ```text
//!  caller                                           callee
//!    Calling ──1xx──▶ (early legs)                    Offered ──1xx──▶ (early leg)
//!       │  2xx / ACK                                     │  accept / 2xx, resent until ACK
//!       ▼                                                ▼
//!    Established ◀────────── hold, resume ───────▶ Established
//!       │  hang up, fault, ring limit                    │
//!       ▼                                                ▼
//!    Ending: CANCEL or BYE is on its way, or has to wait (for a 1xx, for the ACK)
//!       │  the last answer, or 64*T1
//!       ▼
//!    Ended: told the application; lives on while copies of a 2xx may still come
//! ```
//!
//! Whatever happens to a call ends in [`Call::settle`], which does what the new state allows:
//! BYE once it may be sent, the next re-INVITE once none is under way, the end once nothing is
//! left to do. Nothing else decides these, so no order of events can forget them.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::accepted::Unacknowledged;
use super::authorize;
use super::change::Change;
use super::config::UserAgentConfig;
use super::details::Details;
use super::events::{EndReason, UaEvent};
use super::hop::Hop;
use super::identity::Identity;
use super::in_dialog::Saying;
use super::info::Info;
use super::invite_client::{Answered, OutgoingInvite};
use super::invite_server::IncomingInvite;
use super::links::Links;
use super::message::InstantMessage;
use super::peer::Peer;
use super::prack::Prack;
use super::session_timer::SessionTimer;
use super::update::OutgoingUpdate;
use super::watcher::WatcherHandle;
use crate::arena::Handle;
use crate::sdp::offer_answer::{MediaPlan, Negotiation};
use crate::sip::auth::ClientAuth;
use crate::sip::dialog::Dialog;
use crate::sip::endpoint::{Events, Stack, StackTimer, Target, UserTimer};
use crate::sip::message::Message;
use crate::sip::transaction::ClientHandle;
use crate::time::Instant;

/// Names one call.
pub type CallHandle = Handle<Call>;

/// Which end of the INVITE that began the call we are (RFC 3261 §6).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// We sent it.
    Caller,
    /// We received it.
    Callee,
}

/// How far a call has come, as the application sees it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Stage {
    /// Caller: no final response yet.
    Calling,
    /// Callee: not answered yet.
    Offered,
    /// Both ends have said yes.
    Established,
    /// It is being taken down.
    Ending(EndReason),
    /// It is over.
    Ended,
}

/// Names one dialog of a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct LegId(pub(super) u16);

/// One dialog of a call. A forked INVITE has several until one is chosen.
pub(super) struct Leg {
    pub(super) id: LegId,
    pub(super) dialog: Dialog,
    pub(super) state: LegState,
    /// Offer and answer with this peer, once there has been either.
    pub(super) negotiation: Option<Box<Negotiation>>,
    /// Where to send when the next hop is a name: where this dialog's messages came from.
    pub(super) fallback: Target,
    /// What is known of the next hop.
    pub(super) hop: Hop,
    /// CSeq of the last INVITE received in the dialog.
    pub(super) last_invite: u32,
    /// What the peer has said it can do.
    pub(super) peer: Peer,
    /// Our PRACK that was sent last, and what it acknowledged (RFC 3262 §4).
    pub(super) prack: Option<Box<Prack>>,
    /// Whether the first exchange of the INVITE is over, by a response that is sure to arrive: a
    /// description that comes later in an answer to it says nothing new (RFC 3261 §13.2.1).
    pub(super) is_answered: bool,
    pub(super) session_timer: Option<SessionTimer>,
    /// The largest Min-SE heard in the dialog, in seconds; 0 without one (RFC 4028 §7.4).
    pub(super) min_se: u32,
    /// Until when its BYE is tried; none before the first time.
    pub(super) bye_until: Option<Instant>,
    /// Whether we have sent a REFER in the dialog (RFC 3515 §2.4.6).
    pub(super) has_referred: bool,
}

/// The states of RFC 5407 §2, from the moment there is a dialog.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum LegState {
    /// Provisional responses only.
    Early,
    /// A 199 has ended it before the INVITE has its final response (RFC 6228). A 2xx that comes all
    /// the same makes it [`LegState::Confirmed`].
    Terminated,
    /// 2xx sent or received.
    Confirmed,
    /// BYE sent or received: no new request may be sent, and only BYE is accepted.
    Mortal(Bye),
}

/// How far the BYE of a mortal leg has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Bye {
    /// Ours, to be sent at this time: there was no room for it, here or at a server.
    Wanted(Instant),
    /// Ours, not answered yet.
    Sent(ClientHandle),
    /// Ours, answered; the transaction still absorbs copies of the answer.
    Answered(ClientHandle),
    /// Theirs, or ours when there is no way to send it: nothing more is awaited.
    Done,
}

/// A call.
pub struct Call {
    /// Who we are in it.
    pub(super) identity: Identity,
    pub(super) role: Role,
    pub(super) stage: Stage,
    pub(super) local_tag: Box<str>,
    /// The leg the application talks through stands first once the call is established.
    pub(super) legs: Vec<Leg>,
    next_leg: u16,
    /// Our INVITE that has no final response yet.
    pub(super) outgoing: Option<Box<OutgoingInvite>>,
    /// The peer's INVITE that has no final response yet.
    pub(super) incoming: Option<Box<IncomingInvite>>,
    /// Our INVITEs whose 2xx may still come again.
    pub(super) answered: Vec<Answered>,
    /// Our 2xx that wait for their ACK.
    pub(super) unacknowledged: Vec<Unacknowledged>,
    /// The RSeq of a provisional response whose PRACK the 2xx has not waited for, and the CSeq number of
    /// its INVITE (RFC 3262 §3).
    pub(super) late_prack: Option<(u32, u32)>,
    pub(super) retransmit: Option<StackTimer>,
    /// When the first of the BYEs that wait is sent.
    pub(super) bye_again: Option<StackTimer>,
    pub(super) auth: Option<Box<ClientAuth>>,
    pub(super) change: Change,
    /// Whether the application was told last that the far end has us on hold.
    pub(super) held_by_peer: bool,
    /// Whether the application was told who the far end is (RFC 4916).
    pub(super) is_peer_identified: bool,
    /// Our UPDATE that has no final response yet.
    pub(super) updating: Option<Box<OutgoingUpdate>>,
    /// Our INFOs that have no final response yet.
    pub(super) infos: Vec<Saying<Info>>,
    /// Our MESSAGE that has no final response yet.
    pub(super) messaging: Option<Box<Saying<InstantMessage>>>,
    /// The next refresh, or the end of a session that nobody refreshes.
    pub(super) refresh_timer: Option<StackTimer>,
    /// What the far end said when it ended the call.
    details: Option<Box<Details>>,
    /// The Reason that the application gives for ending it (RFC 3326).
    pub(super) reason: Option<Box<[u8]>>,
    /// Who has asked for the call, and is to be told how it goes (RFC 3515).
    pub(super) referral: Option<WatcherHandle>,
}

/// What a machine of the user agent is lent for one step.
pub(super) struct Cx<'a, H> {
    /// The handle of the machine itself.
    pub(super) me: H,
    /// Who it speaks for.
    pub(super) identity: Identity,
    /// Who it speaks for, and the settings of that.
    pub(super) config: &'a UserAgentConfig,
    pub(super) links: &'a mut Links,
    pub(super) stack: &'a mut Stack,
    pub(super) events: &'a mut Events<UaEvent>,
}

/// What a timer of the user agent is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Our INVITE has rung long enough, or its CANCEL was of no use for 64*T1.
    OutgoingInvite,
    /// A minute of ringing is over (RFC 3261 §13.3.1.1).
    Minute,
    /// The invitation has expired.
    Invitation,
    /// A 2xx has to be sent again.
    Retransmit,
    /// A reliable provisional response has to be sent again (RFC 3262 §3).
    Reliable,
    /// A change of the session may be tried again.
    Glare,
    /// The session needs a refresh, or is over without one (RFC 4028 §10).
    Session,
    /// A registration needs a refresh, or may be tried again.
    Registration,
    /// A BYE that had to wait is sent.
    Bye,
    /// A subscription of ours needs a refresh, is over, or may be begun anew.
    Subscription,
    /// A subscription of somebody else's is over, or has to be answered.
    Watcher,
}

impl Kind {
    const ALL: [Self; 11] = [
        Self::OutgoingInvite,
        Self::Minute,
        Self::Invitation,
        Self::Retransmit,
        Self::Reliable,
        Self::Glare,
        Self::Session,
        Self::Registration,
        Self::Bye,
        Self::Subscription,
        Self::Watcher,
    ];

    pub(super) fn of<T>(self, owner: Handle<T>) -> UserTimer {
        let (index, generation) = owner.to_raw();
        UserTimer {
            kind: self as u16,
            index,
            generation,
        }
    }

    pub(super) fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u16 == number)
    }
}

impl Call {
    pub(super) fn new(role: Role, local_tag: &str) -> Self {
        Self {
            identity: Identity::FIRST,
            role,
            stage: match role {
                Role::Caller => Stage::Calling,
                Role::Callee => Stage::Offered,
            },
            local_tag: local_tag.into(),
            legs: Vec::new(),
            next_leg: 0,
            outgoing: None,
            incoming: None,
            answered: Vec::new(),
            unacknowledged: Vec::new(),
            late_prack: None,
            retransmit: None,
            bye_again: None,
            auth: None,
            change: Change::default(),
            held_by_peer: false,
            is_peer_identified: false,
            updating: None,
            infos: Vec::new(),
            messaging: None,
            refresh_timer: None,
            details: None,
            reason: None,
            referral: None,
        }
    }

    /// Who we are in it: the address-of-record that calls or was called.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Which end we are.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// How far it has come.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// The dialog the application talks through: of an established call the one that was
    /// answered first, before that the first early one.
    #[must_use]
    pub fn dialog(&self) -> Option<&Dialog> {
        self.legs.first().map(|leg| &leg.dialog)
    }

    /// Every stream agreed or previewed in that dialog, in the order of the description: its place
    /// in the list of our media, and its plan. Events tell of the first only.
    pub fn plans(&self) -> impl Iterator<Item = (usize, &MediaPlan)> {
        let negotiation = self.legs.first().and_then(|leg| leg.negotiation.as_ref());
        negotiation.into_iter().flat_map(|it| it.plans())
    }

    /// Whether we have the far end on hold.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.change.held
    }

    /// The session timer of that dialog, if either end wanted one (RFC 4028).
    #[must_use]
    pub fn session_timer(&self) -> Option<SessionTimer> {
        self.legs.first()?.session_timer
    }

    /// Whether there was ever more than one dialog in it.
    pub(super) fn has_forked(&self) -> bool {
        self.next_leg > 1
    }

    /// Whether it counts against the limit of calls.
    pub(super) fn is_live(&self) -> bool {
        self.stage != Stage::Ended
    }

    /// Whether nothing refers to it any more.
    pub(super) fn is_terminated(&self) -> bool {
        self.stage == Stage::Ended
            && self.outgoing.is_none()
            && self.incoming.is_none()
            && self.answered.is_empty()
            && self.unacknowledged.is_empty()
            && self.legs.is_empty()
    }

    pub(super) fn add_leg(&mut self, dialog: Dialog, state: LegState, fallback: Target) -> LegId {
        let id = LegId(self.next_leg);
        self.next_leg = self.next_leg.wrapping_add(1);
        if self.legs.is_empty() {
            // Most calls have one leg for good.
            self.legs.reserve_exact(1);
        }
        let last_invite = dialog.remote_seq().unwrap_or(0);
        self.legs.push(Leg {
            id,
            dialog,
            state,
            negotiation: None,
            fallback,
            hop: Hop::New,
            last_invite,
            peer: Peer::default(),
            prack: None,
            is_answered: false,
            session_timer: None,
            min_se: 0,
            bye_until: None,
            has_referred: false,
        });
        id
    }

    pub(super) fn leg_mut(&mut self, id: LegId) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.id == id)
    }

    /// The leg whose peer chose this tag.
    pub(super) fn leg_of_peer(&self, call_id: &str, remote_tag: &str) -> Option<LegId> {
        self.legs
            .iter()
            .find(|leg| {
                let id = leg.dialog.id();
                *id.remote_tag == *remote_tag && *id.call_id == *call_id
            })
            .map(|leg| leg.id)
    }

    /// Says why the call is to end, if nothing has before. What has to be sent for it,
    /// [`Call::settle`] sends.
    pub(super) fn end(&mut self, reason: EndReason) {
        match self.stage {
            Stage::Calling | Stage::Offered | Stage::Established => {
                self.stage = Stage::Ending(reason);
            }
            Stage::Ending(_) | Stage::Ended => {}
        }
    }

    /// As [`Call::end`], with what the far end says of it.
    pub(super) fn end_saying(&mut self, reason: EndReason, message: Option<&Message>) {
        if matches!(self.stage, Stage::Ending(_) | Stage::Ended) {
            return;
        }
        self.end(reason);
        self.details = message.and_then(Details::of);
    }

    /// Does what the state of the call now allows. Called after everything that touches it.
    pub(super) fn settle(&mut self, cx: &mut Cx<'_, CallHandle>) {
        self.send_byes(cx);
        self.start_change(cx);
        self.sweep_legs(cx);
        let Stage::Ending(reason) = self.stage else {
            return;
        };
        let waits_for_invite = self.outgoing.as_ref().is_some_and(|o| o.is_initial());
        let waits_for_bye = self.legs.iter().any(|leg| match leg.state {
            LegState::Confirmed | LegState::Mortal(Bye::Wanted(_) | Bye::Sent(_)) => true,
            LegState::Early
            | LegState::Terminated
            | LegState::Mortal(Bye::Answered(_) | Bye::Done) => false,
        });
        if waits_for_invite || waits_for_bye || self.incoming.is_some() {
            return;
        }
        self.stage = Stage::Ended;
        self.change.stop(cx.stack);
        self.stop_session_timer(cx.stack);
        if let Some(timer) = self.bye_again.take() {
            cx.stack.disarm(timer);
        }
        self.updating = None;
        self.infos = Vec::new();
        self.messaging = None;
        if let Some(auth) = self.auth.take() {
            authorize::keep_credentials(cx, *auth);
        }
        for leg in &mut self.legs {
            leg.negotiation = None;
        }
        self.sweep_legs(cx);
        cx.events.push(UaEvent::Ended {
            call: cx.me,
            reason,
            details: self.details.take(),
        });
    }

    /// Sends BYE in every dialog that is not wanted, as soon as it may be sent.
    fn send_byes(&mut self, cx: &mut Cx<'_, CallHandle>) {
        let chosen = match self.stage {
            Stage::Established => self.legs.first().map(|leg| leg.id),
            Stage::Calling | Stage::Offered | Stage::Ending(_) | Stage::Ended => None,
        };
        // §15: the callee must not send BYE before the ACK has come or its waiting has run out.
        if self.unacknowledged.iter().any(|one| one.initial) {
            return;
        }
        let unwanted: Vec<LegId> = self
            .legs
            .iter()
            .filter(|leg| leg.state == LegState::Confirmed && Some(leg.id) != chosen)
            .map(|leg| leg.id)
            .collect();
        for leg in unwanted {
            self.send_bye(cx, leg);
        }
    }

    /// Forgets dialogs that can neither send nor receive anything more.
    fn sweep_legs(&mut self, cx: &Cx<'_, CallHandle>) {
        let inviting = self.outgoing.is_some();
        let calling = self.outgoing.as_ref().is_some_and(|o| o.is_initial())
            || self.answered.iter().any(|one| one.initial);
        let offered = self.incoming.is_some();
        self.legs.retain(|leg| match leg.state {
            // §13.2.2.4: early dialogs live as long as the INVITE that made them.
            LegState::Early | LegState::Terminated => calling || offered,
            LegState::Confirmed => true,
            LegState::Mortal(Bye::Wanted(_) | Bye::Sent(_) | Bye::Answered(_)) => true,
            // RFC 5407 App. D: a re-INVITE under way still needs the dialog for its ACK.
            // RFC 5057 §4.1: and a subscription in it outlives the call.
            LegState::Mortal(Bye::Done) => {
                inviting || cx.links.usages_of(cx.me, leg.id).next().is_some()
            }
        });
    }

    /// Acts on a timer of the call.
    pub(super) fn on_timer(&mut self, cx: &mut Cx<'_, CallHandle>, kind: Kind) {
        match kind {
            Kind::OutgoingInvite => self.on_invite_limit(cx),
            Kind::Minute => self.on_minute(cx),
            Kind::Invitation => self.on_invitation_expired(cx),
            Kind::Retransmit => self.on_retransmit(cx),
            Kind::Reliable => self.on_reliable_due(cx),
            Kind::Glare => self.change.retry = None,
            Kind::Session => self.on_session_timer(cx),
            Kind::Bye => self.on_bye_due(cx),
            Kind::Registration | Kind::Subscription | Kind::Watcher => {}
        }
    }
}
