//! A device that has another address than before: its registrations and calls go with it
//! (RFC 3261 §10.2, §12.2, §14.1; RFC 3665 §3.7).
//!
//! ```text
//!   local_address_changed
//!     ├─ what is under way over the old address ends: it cannot be answered
//!     ├─ registrations ─▶ REGISTER with the new Contact, which removes the old one
//!     └─ calls ─▶ re-INVITE (before the answer UPDATE) with the new Contact and the new address of
//!                 their media, as soon as the identity is registered again if it was
//! ```

use alloc::vec::Vec;
use core::net::IpAddr;

use super::UserAgent;
use super::call::{Call, CallHandle, Cx, Leg, Stage};
use super::events::UaEvent;
use super::in_dialog;
use super::registration::RegistrationHandle;
use crate::sdp::LocalMedia;
use crate::sip::endpoint::{Endpoint, Events, Stack};
use crate::time::Instant;

/// What of a call has to be told to the far end after the address has changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Move {
    /// Where its media are now, if they were at the address that is gone; Contact has moved anyway.
    pub(super) media: Option<IpAddr>,
}

impl Endpoint<UserAgent> {
    /// Takes note that this device is at the address `new` and no more at `old`: what is bound to
    /// `old` is closed, registrations are made again from where we are now, the old bindings removed
    /// with them (RFC 3261 §10.2.2), and the far end of every call is told where to find us and,
    /// on the same port at `new`, our media (§14.1). [`UaEvent::MediaAgreed`] says that a call has
    /// moved, [`UaEvent::ChangeRefused`] that it cannot.
    ///
    /// The driver has bound sockets at `new` before, and the application receives its media there.
    /// A call of ours that nobody has answered yet ends: its answer would go to `old`.
    pub fn local_address_changed(&mut self, now: Instant, old: IpAddr, new: IpAddr) {
        self.command(now, |user, stack, events| {
            user.prepare_move(stack, events, old, new);
        });
        self.close_address(now, old);
        self.command(now, UserAgent::complete_move);
    }
}

impl UserAgent {
    /// Notes what is to move, so that nothing is taken for a failure that is only the end of a way.
    fn prepare_move(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        old: IpAddr,
        new: IpAddr,
    ) {
        for me in self.registration_handles() {
            self.with_registration(stack, events, me, |registration, cx| {
                registration.prepare_move(cx, old);
            });
        }
        let calls: Vec<CallHandle> = self.calls().collect();
        for me in calls {
            // Without settling: nothing is to be sent yet.
            if let Some(call) = self.calls.get_mut(me) {
                call.prepare_move(stack, old, new);
            }
        }
    }

    fn complete_move(&mut self, stack: &mut Stack, events: &mut Events<UaEvent>) {
        for me in self.registration_handles() {
            self.with_registration(stack, events, me, |registration, cx| {
                registration.complete_move(cx);
            });
        }
        let calls: Vec<CallHandle> = self.calls().collect();
        for me in calls {
            // What it wants now, it does when it settles.
            self.with_call(stack, events, me, |call, cx| {
                for leg in &mut call.legs {
                    leg.fallback = in_dialog::reopen(cx, leg.fallback).unwrap_or(leg.fallback);
                }
            });
        }
    }

    fn registration_handles(&self) -> Vec<RegistrationHandle> {
        self.registrations.iter().map(|(me, _)| me).collect()
    }

    /// The calls that have waited for a flow go on.
    pub(super) fn resume_moves(&mut self, stack: &mut Stack, events: &mut Events<UaEvent>) {
        for me in core::mem::take(&mut self.links.moving) {
            self.with_call(stack, events, me, |_, _| {});
        }
    }
}

impl Call {
    fn prepare_move(&mut self, stack: &Stack, old: IpAddr, new: IpAddr) {
        match self.stage {
            Stage::Calling | Stage::Offered | Stage::Established => {}
            Stage::Ending(_) | Stage::Ended => return,
        }
        let pending = self.change.moving.and_then(|it| it.media);
        if let Some(wanted) = &mut self.change.media {
            for local in &mut wanted.locals {
                if local.address.ip() == old {
                    local.address.set_ip(new);
                }
            }
        }
        let Some(leg) = self.legs.first() else {
            return;
        };
        let flow = stack.flow(leg.fallback.flow);
        let is_off = flow.is_none_or(|flow| flow.local().ip() == old);
        let Some(negotiation) = &leg.negotiation else {
            return;
        };
        let is_there = |local: &LocalMedia| local.address.ip() == old;
        let is_media_off = negotiation.local().iter().any(is_there) || pending == Some(old);
        if is_off || is_media_off {
            let media = is_media_off.then_some(new).or(pending);
            self.change.want_move(Move { media });
        }
    }

    /// Whether the far end has yet to be told where we are, and cannot be before we have a flow.
    pub(super) fn waits_for_flow(&self, cx: &mut Cx<'_, CallHandle>) -> bool {
        let waits = self.change.moving.is_some() && cx.links.registered.is_recovering(cx.identity);
        if waits && !cx.links.moving.contains(&cx.me) {
            cx.links.moving.push(cx.me);
        }
        waits
    }
}

impl Leg {
    /// An offer of what we have or of other `media`, with the peer on hold or not, and from where we
    /// are now.
    pub(super) fn reoffer(
        &mut self,
        on_hold: bool,
        media: Option<&[LocalMedia]>,
        moving: Option<Move>,
    ) -> Option<Vec<u8>> {
        let negotiation = self.negotiation.as_mut()?;
        let to = moving.and_then(|it| it.media);
        if media.is_none() && to.is_none() {
            return negotiation.create_reoffer(on_hold).ok();
        }
        let mut locals = media.unwrap_or(negotiation.local()).to_vec();
        for local in &mut locals {
            local.on_hold = on_hold;
            if let Some(to) = to {
                local.address.set_ip(to);
            }
        }
        negotiation.create_offer(locals).ok()
    }
}
