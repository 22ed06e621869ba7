//! Ending a session that was established (RFC 3261 §15).

use super::authorize;
use super::call::{Bye, Call, CallHandle, Cx, LegId, LegState, Stage};
use super::draft;
use super::events::EndReason;
use super::links::ClientUse;
use super::outcome::Outcome;
use super::requests::{Request, respond};
use crate::sip::message::{HeaderName, Method, StatusCode};
use crate::sip::transaction::ClientHandle;

impl Call {
    /// Sends BYE in one dialog; from here on it is mortal, whether the BYE arrives or not
    /// (§15.1.1).
    pub(super) fn send_bye(&mut self, cx: &mut Cx<'_, CallHandle>, leg: LegId) {
        let me = cx.me;
        let uri = self.leg_mut(leg).map(|leg| leg.dialog.request_uri());
        let credentials = self.credentials(Method::Bye, &uri.unwrap_or_default(), &[]);
        let Some(leg) = self.leg_mut(leg) else {
            return;
        };
        leg.negotiation = None;
        let mut builder = leg.dialog.request(Method::Bye);
        builder.field(HeaderName::Supported, draft::SUPPORTED);
        draft::sign(&mut builder, cx.config, &credentials);
        let sent = builder.finish().ok().and_then(|bye| {
            let target = draft::locate_in_dialog(cx, &leg.dialog, leg.fallback).ok()?;
            cx.stack.request(&bye, target).ok()
        });
        leg.state = LegState::Mortal(match sent {
            Some(transaction) => Bye::Sent(transaction),
            None => Bye::Done,
        });
        if let Some(transaction) = sent {
            let used = ClientUse::Bye(me, leg.id);
            cx.links.clients.insert(transaction, used);
        }
    }

    /// Acts on what became of a BYE of ours.
    pub(super) fn on_bye_outcome(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        transaction: ClientHandle,
        id: LegId,
        outcome: Outcome<'_>,
    ) {
        if outcome.status().is_provisional() {
            return;
        }
        let Some(leg) = self.leg_mut(id) else {
            return;
        };
        if leg.state != LegState::Mortal(Bye::Sent(transaction)) {
            return;
        }
        // §15.1.1: whatever the answer is, or if there is none, the dialog is over.
        leg.state = LegState::Mortal(match outcome {
            Outcome::Response(_) => Bye::Answered(transaction),
            Outcome::Failed(_) | Outcome::NoWay(_) => Bye::Done,
        });
        // But RFC 5407 App. D: a challenge is answered, or the far end would stay in the call.
        let Some(response) = outcome.message().filter(|it| authorize::is_challenge(it)) else {
            return;
        };
        if self.receive_challenge(cx, response).is_ok() {
            self.send_bye(cx, id);
        }
    }

    /// Forgets a BYE whose transaction is over.
    pub(super) fn on_bye_terminated(&mut self, transaction: ClientHandle, id: LegId) {
        if let Some(leg) = self.leg_mut(id) {
            if leg.state == LegState::Mortal(Bye::Answered(transaction)) {
                leg.state = LegState::Mortal(Bye::Done);
            }
        }
    }

    /// Answers the peer's BYE (§15.1.2): 200 to it, 487 to an INVITE that is still pending.
    pub(super) fn on_bye(&mut self, cx: &mut Cx<'_, CallHandle>, id: LegId, request: &Request) {
        let tag = self.local_tag.clone();
        respond(
            cx.stack,
            cx.config,
            request.transaction,
            &request.message,
            StatusCode::OK,
            &tag,
            |_| {},
        );
        let is_chosen = self.legs.first().is_some_and(|leg| leg.id == id);
        let Some(leg) = self.leg_mut(id) else {
            return;
        };
        match leg.state {
            // RFC 5407 §3.2.1: both have hung up at once. Ours goes on as it was.
            LegState::Mortal(_) => return,
            LegState::Early | LegState::Confirmed => leg.state = LegState::Mortal(Bye::Done),
        }
        leg.negotiation = None;
        match self.stage {
            Stage::Offered => {
                self.end(EndReason::RemoteHungUp);
                self.refuse(cx, StatusCode::REQUEST_TERMINATED);
            }
            Stage::Established if is_chosen => self.end(EndReason::RemoteHungUp),
            Stage::Calling | Stage::Established | Stage::Ending(_) | Stage::Ended => {}
        }
    }
}
