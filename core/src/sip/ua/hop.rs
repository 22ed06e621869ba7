//! The next hop of a dialog (RFC 3261 §12.2.1.1) when it is a name (RFC 3263): looked up as soon as
//! the dialog is there or its remote target has changed, so that what is sent in it later finds the
//! way known. Only the ACK to a 2xx waits for it; anything else that comes before goes the way the
//! dialog came.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

use super::call::{Call, CallHandle, Cx, Leg, LegId, LegState};
use super::draft;
use super::in_dialog;
use super::invite_client::Ack;
use super::links::ClientUse;
use super::route::Route;
use crate::sip::dialog::Dialog;
use crate::sip::endpoint::{Located, LocationHandle, SelectError, Stack, Target, Way};
use crate::sip::transport::server_location::NextHop;

/// What is known of the next hop.
pub(super) enum Hop {
    /// Nobody has looked at it yet.
    New,
    /// An address, or nothing that can be looked up.
    Plain,
    /// A name.
    Named(Box<Named>),
}

/// A next hop that is looked up.
pub(super) struct Named {
    uri: Box<str>,
    route: Route,
}

impl Hop {
    /// The server it leads to, if that is known.
    pub(super) fn target(&mut self, stack: &mut Stack) -> Option<Result<Target, SelectError>> {
        let Self::Named(named) = self else {
            return None;
        };
        match &mut named.route {
            Route::Known(way) => Some(way.reopen(stack)),
            // A hop is nothing we are registered with.
            Route::Unknown | Route::Sought(_) | Route::Flow(..) => None,
        }
    }

    /// Whether the DNS is being asked.
    pub(super) fn is_sought(&self) -> bool {
        matches!(self, Self::Named(named) if named.route.sought().is_some())
    }

    /// Takes note that the remote target or the route set of the dialog may have changed.
    pub(super) fn has_moved(&mut self, dialog: &Dialog) {
        match self {
            Self::Named(named) if *named.uri == *next_hop(dialog) => {}
            Self::Named(_) | Self::Plain | Self::New => *self = Self::New,
        }
    }

    /// Takes what came of a search; `false` if it is not the one that is under way.
    pub(super) fn on_located(
        &mut self,
        location: LocationHandle,
        found: Result<Way, SelectError>,
    ) -> bool {
        match self {
            Self::Named(named) => named.route.on_located(location, found).is_some(),
            Self::Plain | Self::New => false,
        }
    }
}

/// The URI whose server gets the requests of a dialog. §8.1.2: on the way to a SIPS resource every
/// hop is secured.
pub(super) fn next_hop(dialog: &Dialog) -> Cow<'_, str> {
    match draft::is_secure(dialog.remote_target()) {
        true => draft::secured(dialog.next_hop()),
        false => Cow::Borrowed(dialog.next_hop()),
    }
}

impl Leg {
    /// Takes note that the remote target or the route set may have changed.
    pub(super) fn has_moved(&mut self) {
        self.hop.has_moved(&self.dialog);
    }

    /// A provisional response need not have a Contact (RFC 3261 §13.2.2.1); until there is one there
    /// is no need to know where it is.
    fn awaits_contact(&self) -> bool {
        let dialog = &self.dialog;
        self.state == LegState::Early && dialog.remote_target() == dialog.remote_uri()
    }
}

fn is_name(next_hop: &str) -> bool {
    let next_hop = NextHop::of_uri(next_hop);
    next_hop.is_ok_and(|next_hop| next_hop.address().is_none())
}

impl Call {
    /// Looks up the next hops that are new.
    pub(super) fn look_up_hops(&mut self, cx: &mut Cx<'_, CallHandle>) {
        for leg in &mut self.legs {
            look_up(cx, leg);
        }
    }

    /// Takes what came of a search, and sends the ACKs that have waited for it.
    pub(super) fn on_hop_located(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        location: LocationHandle,
        found: Result<Way, SelectError>,
    ) {
        let Some(leg) = self.legs.iter_mut().find(|leg| leg.id == id) else {
            return;
        };
        if !leg.hop.on_located(location, found) {
            return;
        }
        for answered in &mut self.answered {
            let (ready, others) = core::mem::take(&mut answered.waiting)
                .into_iter()
                .partition::<Vec<_>, _>(|(of, _)| *of == id);
            answered.waiting = others;
            for (_, ack) in ready {
                let target = in_dialog::locate(cx, leg);
                let sent = target.map(|target| cx.stack.send_ack(&ack, target));
                // As any ACK that could not be sent: with the next copy of the 2xx.
                if let Ok(Ok((target, bytes))) = sent {
                    answered.acks.push(Ack {
                        remote_tag: leg.dialog.id().remote_tag.clone(),
                        bytes,
                        target,
                    });
                }
            }
        }
    }
}

/// Looks up the next hop of a leg, if it is new and a name.
pub(super) fn look_up(cx: &mut Cx<'_, CallHandle>, leg: &mut Leg) {
    // One that is not looked at yet stays new: it may be answered with the Contact it has.
    if matches!(leg.hop, Hop::New) && !leg.awaits_contact() {
        let used = ClientUse::Hop(cx.me, leg.id);
        look_up_for(cx, &mut leg.hop, &leg.dialog, used);
    }
}

/// Looks up the next hop of a dialog, if it is new and a name; `used` is told what came of it.
pub(super) fn look_up_for<H>(cx: &mut Cx<'_, H>, hop: &mut Hop, dialog: &Dialog, used: ClientUse) {
    if !matches!(hop, Hop::New) {
        return;
    }
    *hop = Hop::Plain;
    let uri = next_hop(dialog);
    // Whoever has an outbound proxy leaves that to it (§8.1.2).
    if !cx.config.outbound_proxies.is_empty() || !is_name(&uri) {
        return;
    }
    let route = match cx.stack.locate(&uri) {
        Ok(Located::Way(way)) => Route::Known(way),
        Ok(Located::Later(location)) => {
            cx.links.locations.insert(location, used);
            Route::Sought(location)
        }
        Err(_) => return,
    };
    let uri = uri.as_ref().into();
    *hop = Hop::Named(Box::new(Named { uri, route }));
}
