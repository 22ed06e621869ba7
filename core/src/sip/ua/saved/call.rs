//! An established call as plain data (RFC 3261 §12; RFC 3264 §8; RFC 4028 §10).

use alloc::boxed::Box;
use alloc::string::String;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use super::RestoreError;
use crate::machine::Transport;
use crate::sdp::LocalMedia;
use crate::sdp::offer_answer::{Negotiation, SavedSession};
use crate::sip::dialog::{Dialog, SavedDialog};
use crate::sip::endpoint::{Events, Stack};
use crate::sip::ua::call::{Call, CallHandle, Cx, Leg, LegState, Role, Stage};
use crate::sip::ua::config::UserAgentConfig;
use crate::sip::ua::errors::CallError;
use crate::sip::ua::events::UaEvent;
use crate::sip::ua::moving::Move;
use crate::sip::ua::peer::{Peer, SavedPeer};
use crate::sip::ua::session_timer::{SavedSessionTimer, SessionTimer};
use crate::sip::ua::{UserAgent, contact, hop};
use crate::sip::uri::{Host, Uri};

/// An established call, as of the moment it was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedCall {
    /// The address-of-record of the identity that we are in it, as its settings have it.
    pub address_of_record: String,
    /// Which end of the INVITE that began it we are.
    pub role: Role,
    /// Its dialog.
    pub dialog: SavedDialog,
    /// What was agreed in it.
    pub session: SavedSession,
    /// Whether we have the far end on hold.
    pub is_held: bool,
    /// What the far end has said it can do.
    pub peer: SavedPeer,
    /// The session timer, if either end wanted one.
    pub session_timer: Option<SavedSessionTimer>,
    /// The largest Min-SE heard in the dialog, in seconds; 0 without one (RFC 4028 §7.4).
    pub min_se: u32,
    /// The transport that the messages of the dialog took last.
    pub transport: Transport,
    /// Where they went to.
    pub remote_address: SocketAddr,
    /// Where they came from, as a Contact without GRUU names it: if that would say anything else
    /// after the restart, the far end has to be told.
    pub local_contact: String,
}

impl Call {
    /// What it is now, as plain data.
    pub(super) fn save(&self, cx: &Cx<'_, CallHandle>) -> Result<SavedCall, CallError> {
        let wrong = CallError::WrongState(self.stage);
        // §13.3.1.4: whoever waits for the ACK of its first 2xx does not know yet that there is a call.
        let is_known = !self.unacknowledged.iter().any(|one| one.initial);
        let leg = self.legs.first().filter(|_| is_known);
        let leg = leg.filter(|leg| leg.state == LegState::Confirmed);
        let leg = leg.filter(|_| self.stage == Stage::Established);
        let leg = leg.ok_or(wrong)?;
        let negotiation = leg.negotiation.as_deref();
        let now = cx.stack.now();
        Ok(SavedCall {
            address_of_record: cx.config.aor.clone(),
            role: self.role,
            dialog: leg.dialog.save().ok_or(wrong)?,
            session: negotiation.and_then(Negotiation::save).ok_or(wrong)?,
            is_held: self.change.held,
            peer: leg.peer.save(),
            session_timer: leg.session_timer.map(|timer| timer.save(now)),
            min_se: leg.min_se,
            transport: leg.fallback.transport,
            remote_address: leg.fallback.address,
            local_contact: local_contact(cx.stack, cx.config, leg),
        })
    }

    /// Does what has come up while nobody was here.
    fn resume(&mut self, cx: &mut Cx<'_, CallHandle>, local_contact_before: &str) {
        let Some(leg) = self.legs.first() else {
            return;
        };
        if local_contact(cx.stack, cx.config, leg) != local_contact_before {
            let media = new_address(cx.stack, leg, local_contact_before);
            self.change.want_move(Move { media });
        }
        self.resume_session_timer(cx.stack, cx.me);
    }
}

/// Where the messages of a dialog come from.
fn local_contact(stack: &Stack, config: &UserAgentConfig, leg: &Leg) -> String {
    contact::local_uri(stack, config, leg.fallback.flow, leg.dialog.is_secure())
}

/// The address of ours that has taken the place of the one its media were at, if that is so.
fn new_address(stack: &Stack, leg: &Leg, before: &str) -> Option<IpAddr> {
    let Ok(Uri::Sip(before)) = Uri::parse(before) else {
        return None;
    };
    let Host::Ip(old) = before.host else {
        return None;
    };
    let new = stack.flow(leg.fallback.flow)?.local().ip();
    let is_there = |local: &LocalMedia| local.address.ip() == old;
    let is_off = leg.negotiation.as_ref()?.local().iter().any(is_there);
    (is_off && new != old && !new.is_unspecified()).then_some(new)
}

impl UserAgent {
    pub(super) fn restore_call(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        saved: &SavedCall,
        away: Duration,
    ) -> Result<CallHandle, RestoreError> {
        let identity = self.identity_named(&saved.address_of_record);
        let identity = identity.ok_or(RestoreError::UnknownIdentity)?;
        let dialog = Dialog::restore(&saved.dialog).map_err(RestoreError::Dialog)?;
        let mut negotiation =
            Negotiation::restore(&saved.session).map_err(RestoreError::Session)?;
        if saved.session.local.iter().any(|one| !one.crypto.is_empty()) {
            negotiation.set_entropy(stack.rng().fork());
        }
        let tag = &*saved.dialog.id.local_tag;
        if self.links.by_tag.contains_key(tag) {
            return Err(RestoreError::AlreadyThere);
        }
        if self.is_busy(stack) {
            return Err(RestoreError::LimitReached);
        }
        let address = (saved.transport, saved.remote_address);
        let config = self.config_of(identity);
        let way = super::way(stack, config, &hop::next_hop(&dialog), address);
        let way = way.map_err(RestoreError::NoWay)?;
        let mut call = Call::new(saved.role, tag);
        call.identity = identity;
        call.stage = Stage::Established;
        call.change.held = saved.is_held;
        call.held_by_peer = negotiation.plan().is_some_and(|it| it.is_held_by_peer());
        let id = call.add_leg(dialog, LegState::Confirmed, way);
        if let Some(leg) = call.leg_mut(id) {
            let timer = saved.session_timer.as_ref();
            leg.session_timer = timer.map(|it| SessionTimer::restore(it, away, stack.now()));
            leg.negotiation = Some(Box::new(negotiation));
            leg.peer = Peer::restore(&saved.peer);
            leg.is_answered = true;
            leg.min_se = saved.min_se;
        }
        let handle = self.calls.insert(call);
        let handle = handle.map_err(|_| RestoreError::LimitReached)?;
        self.links.by_tag.insert(tag.into(), handle);
        self.live = self.live.saturating_add(1);
        self.with_call(stack, events, handle, |call, cx| {
            call.resume(cx, &saved.local_contact);
        });
        Ok(handle)
    }
}
