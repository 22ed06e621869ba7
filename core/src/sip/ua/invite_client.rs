//! The caller's side of an INVITE (RFC 3261 §13.2) and what is common to every INVITE we send: its
//! ACK, sent again for every copy of the 2xx (§13.2.2.4; RFC 6026 §7.2), its credentials (§22.2)
//! and the end of its patience.

use alloc::boxed::Box;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::call::{Call, CallHandle, Cx, Kind, LegId, LegState, Stage};
use super::cancel::Cancel;
use super::draft::{self, Draft};
use super::errors::InviteError;
use super::events::UaEvent;
use super::links::ClientUse;
use super::outcome::Outcome;
use super::redirect::TargetSet;
use super::route::Route;
use crate::sdp::offer_answer::{MediaPlan, Negotiation};
use crate::sip::auth::AuthorizationHeader;
use crate::sip::dialog::Dialog;
use crate::sip::endpoint::{Failure, LocationHandle, StackTimer, Target, Way};
use crate::sip::message::{HeaderName, Message, Method, StatusCode};
use crate::sip::transaction::ClientHandle;

/// An INVITE of ours without final response.
pub(super) struct OutgoingInvite {
    /// Absent while its server is looked for.
    pub(super) transaction: Option<ClientHandle>,
    pub(super) purpose: Purpose,
    /// The session description it carries, kept for a repetition with credentials.
    pub(super) offer: Box<[u8]>,
    pub(super) cseq: u32,
    pub(super) request_uri: Box<str>,
    pub(super) credentials: Vec<AuthorizationHeader>,
    pub(super) route: Route,
    /// Whether any provisional response has come, 100 included.
    pub(super) provisional: bool,
    pub(super) cancel: Cancel,
    /// The ring limit, or after CANCEL the guard.
    pub(super) timer: Option<StackTimer>,
}

/// What an INVITE of ours is to bring about.
pub(super) enum Purpose {
    /// A call.
    Initial(Initial),
    /// A change in the session of one dialog.
    Change(LegId),
}

/// What an INVITE that begins a call has beside those inside a dialog.
pub(super) struct Initial {
    pub(super) draft: Draft,
    /// The negotiation that made the offer; each dialog takes a copy.
    pub(super) negotiation: Box<Negotiation>,
    pub(super) targets: TargetSet,
}

impl OutgoingInvite {
    pub(super) fn is_initial(&self) -> bool {
        match self.purpose {
            Purpose::Initial(..) => true,
            Purpose::Change(_) => false,
        }
    }
}

/// An INVITE of ours that was answered 2xx, for as long as copies of the answer may come.
pub(super) struct Answered {
    pub(super) transaction: ClientHandle,
    pub(super) initial: bool,
    pub(super) cseq: u32,
    /// Whether it called a SIPS URI.
    pub(super) secure: bool,
    /// §13.2.2.4: the ACK has the credentials of the INVITE.
    pub(super) credentials: Vec<AuthorizationHeader>,
    /// Where the INVITE went.
    pub(super) target: Target,
    pub(super) acks: Vec<Ack>,
}

/// The ACK for the 2xx of one of the peers an INVITE has reached.
pub(super) struct Ack {
    pub(super) remote_tag: Box<str>,
    pub(super) bytes: Arc<[u8]>,
    pub(super) target: Target,
}

impl Call {
    /// Sends the INVITE that begins the call.
    pub(super) fn send_initial(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        draft: Draft,
        negotiation: Box<Negotiation>,
        offer: Box<[u8]>,
    ) -> Result<(), InviteError> {
        let mut route = Route::Unknown;
        let transaction = match route.find(cx, &draft, ClientUse::Invite(cx.me))? {
            Some(target) => Some(transmit(cx, &draft, &offer, &[], target)?),
            None => None,
        };
        let limit = cx.config.ring_limit;
        self.outgoing = Some(Box::new(OutgoingInvite {
            transaction,
            cseq: draft.cseq,
            request_uri: draft.request_uri.clone(),
            purpose: Purpose::Initial(Initial {
                targets: TargetSet::new(&draft.request_uri),
                draft,
                negotiation,
            }),
            offer,
            credentials: Vec::new(),
            route,
            provisional: false,
            cancel: Cancel::No,
            timer: Some(cx.stack.arm(limit, Kind::OutgoingInvite.of(cx.me))),
        }));
        Ok(())
    }

    /// Takes what came of the search for the server of our INVITE.
    pub(super) fn on_located(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        location: LocationHandle,
        way: Option<Way>,
    ) {
        let is_awaited =
            |outgoing: &mut Box<OutgoingInvite>| outgoing.route.on_located(location, way);
        if !self.outgoing.as_mut().is_some_and(is_awaited) {
            return;
        }
        let Some(mut outgoing) = self.outgoing.take() else {
            return;
        };
        let sent = match outgoing.route.target() {
            Some(target) => self.transmit_again(cx, &mut outgoing, target).is_ok(),
            None => false,
        };
        if sent {
            self.outgoing = Some(outgoing);
        } else {
            self.on_initial_final(cx, outgoing, Outcome::Failed(Failure::Transport));
        }
    }

    /// Acts on what became of an INVITE of ours.
    pub(super) fn on_invite_outcome(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        transaction: ClientHandle,
        outcome: Outcome<'_>,
    ) {
        let status = outcome.status();
        let is_current = self
            .outgoing
            .as_ref()
            .is_some_and(|outgoing| outgoing.transaction == Some(transaction));
        if !is_current {
            // Copies of a 2xx and 2xx of further forks; other finals are ignored (§13.2.2.3).
            if let (true, Some(response)) = (status.is_success(), outcome.message()) {
                self.on_further_success(cx, transaction, response);
            }
            return;
        }
        if let (true, Some(response)) = (status.is_provisional(), outcome.message()) {
            self.on_provisional(cx, response, status);
            return;
        }
        let Some(outgoing) = self.outgoing.take() else {
            return;
        };
        match outgoing.purpose {
            Purpose::Initial(..) => self.on_initial_final(cx, outgoing, outcome),
            Purpose::Change(leg) => self.on_change_final(cx, outgoing, leg, outcome),
        }
    }

    fn on_provisional(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        response: &Message,
        status: StatusCode,
    ) {
        let Some(outgoing) = self.outgoing.as_mut() else {
            return;
        };
        outgoing.provisional = true;
        let is_initial = outgoing.is_initial();
        if outgoing.cancel == Cancel::Wanted {
            self.cancel(cx);
        }
        // §8.1.3.2: any provisional response but 100 that we do not know is a 183, and for a
        // caller 183 means what 180 means: there is a far end.
        if status == StatusCode::TRYING || !is_initial {
            return;
        }
        let preview = self.early_leg(cx, response);
        if self.stage != Stage::Calling {
            return;
        }
        cx.events.push(UaEvent::Ringing {
            call: cx.me,
            status,
        });
        if let Some(plan) = preview {
            cx.events.push(UaEvent::EarlyMedia { call: cx.me, plan });
        }
    }

    /// Finds or makes the early dialog of a provisional response (§13.2.2.1), and reads its
    /// session description if it is the first one of this peer.
    fn early_leg(&mut self, cx: &mut Cx<'_, CallHandle>, response: &Message) -> Option<MediaPlan> {
        let tag = response.to().ok()?.tag?;
        let outgoing = self.outgoing.as_ref()?;
        let target = outgoing.route.target()?;
        let Purpose::Initial(initial) = &outgoing.purpose else {
            return None;
        };
        let negotiation = initial.negotiation.clone();
        let secure = draft::is_secure(&outgoing.request_uri);
        let id = match self.leg_of_peer(response.call_id().ok()?, tag) {
            Some(id) => id,
            None if self.legs.len() >= cx.stack.limits().forks => return None,
            None => {
                let dialog = Dialog::of_response(response, secure).ok()?;
                self.add_leg(dialog, LegState::Early, target)
            }
        };
        let leg = self.leg_mut(id)?;
        if leg.negotiation.is_some() {
            return None;
        }
        // RFC 6337 §3.1.1: in an unreliable response this is a preview of the answer, and treated
        // as the answer.
        let mut negotiation = negotiation;
        let answer = draft::session(response, cx.stack.limits())?;
        negotiation.preview_answer(&answer).ok()?;
        let plan = negotiation.plan().cloned();
        leg.negotiation = Some(negotiation);
        plan
    }
}

/// Sends the INVITE of `draft` in a new transaction.
pub(super) fn transmit(
    cx: &mut Cx<'_, CallHandle>,
    draft: &Draft,
    offer: &[u8],
    credentials: &[AuthorizationHeader],
    target: Target,
) -> Result<ClientHandle, InviteError> {
    let secure = draft::is_secure(&draft.request_uri);
    let contact = draft::contact_uri(cx.stack, cx.config, target.flow, secure);
    let mut builder = draft.begin(cx.config, Method::Invite);
    builder
        .field(HeaderName::Contact, format!("<{contact}>").as_str())
        // §13.2.1: what may be asked of us in the dialog, and for how long the invitation holds.
        .field(HeaderName::Allow, draft::ALLOW)
        .field(HeaderName::Supported, "")
        .field(HeaderName::Expires, &draft::seconds(cx.config.ring_limit));
    draft::sign(&mut builder, cx.config, credentials);
    builder.body(draft::SDP, offer);
    let transaction = cx.stack.request(&builder.finish()?, target)?;
    let used = ClientUse::Invite(cx.me);
    cx.links.clients.insert(transaction, used);
    Ok(transaction)
}
