//! Ending a session that was established (RFC 3261 §15).

use alloc::vec::Vec;
use core::time::Duration;

use super::authorize;
use super::call::{Bye, Call, CallHandle, Cx, Kind, Leg, LegId, LegState, Stage};
use super::errors::{CallError, InDialogError, RequestError};
use super::events::EndReason;
use super::in_dialog::InDialog;
use super::links::ClientUse;
use super::outcome::Outcome;
use super::requests::{Request, respond};
use crate::sip::endpoint::SendError;
use crate::sip::message::{HeaderName, Method, StatusCode};
use crate::sip::transaction::ClientHandle;

/// When a BYE for which there was no room is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// How often. No transaction takes as long, so that by then there was room if there ever is.
const TRIES: u8 = 64;

/// Whether what could not be sent may be a moment later: the table of transactions is full, or the
/// server has asked for less (RFC 7339 §5.5).
fn is_for_now(error: InDialogError) -> bool {
    let full = [SendError::TooManyTransactions, SendError::HeldBack];
    matches!(error, InDialogError::Request(RequestError::NotSent(why)) if full.contains(&why))
}

impl Call {
    /// Ends the call, however far it has come.
    pub(super) fn hang_up(&mut self, cx: &mut Cx<'_, CallHandle>) -> Result<(), CallError> {
        match self.stage {
            Stage::Calling => {
                self.end(EndReason::Cancelled);
                self.cancel(cx);
                Ok(())
            }
            Stage::Offered => {
                self.end(EndReason::Refused(StatusCode::DECLINE));
                self.refuse(cx, StatusCode::DECLINE);
                Ok(())
            }
            Stage::Established => {
                self.end(EndReason::HungUp);
                Ok(())
            }
            Stage::Ending(_) => Err(CallError::WrongState(self.stage)),
            Stage::Ended => Err(CallError::Stale),
        }
    }

    /// Sends BYE in one dialog; from here on it is mortal, whether the BYE arrives or not
    /// (§15.1.1).
    pub(super) fn send_bye(&mut self, cx: &mut Cx<'_, CallHandle>, id: LegId) {
        let bye = InDialog {
            method: Method::Bye,
            used: ClientUse::Bye(cx.me, id),
            content_type: "",
            body: &[],
        };
        let reason = self.bye_reason(id);
        let sent = self.send_in_dialog(cx, id, &bye, |builder| {
            if !reason.is_empty() {
                builder.field(HeaderName::Reason, reason.as_slice());
            }
        });
        let Some(leg) = self.leg_mut(id) else {
            return;
        };
        leg.negotiation = None;
        let tries = match leg.state {
            LegState::Mortal(Bye::Wanted(tries)) => tries,
            LegState::Early
            | LegState::Terminated
            | LegState::Confirmed
            | LegState::Mortal(Bye::Sent(_) | Bye::Answered(_) | Bye::Done) => 0,
        };
        let bye = match sent {
            Ok(sent) => Bye::Sent(sent.transaction),
            // Without it the far end would stay in the call.
            Err(error) if is_for_now(error) && tries < TRIES => {
                Bye::Wanted(tries.saturating_add(1))
            }
            Err(_) => Bye::Done,
        };
        leg.state = LegState::Mortal(bye);
        if matches!(bye, Bye::Wanted(_)) && self.bye_again.is_none() {
            self.bye_again = Some(cx.stack.arm(AGAIN, Kind::Bye.of(cx.me)));
        }
    }

    /// Tries again to say BYE where there was no room for it.
    pub(super) fn on_bye_due(&mut self, cx: &mut Cx<'_, CallHandle>) {
        self.bye_again = None;
        let wanted = |leg: &&Leg| matches!(leg.state, LegState::Mortal(Bye::Wanted(_)));
        let wanted: Vec<LegId> = self.legs.iter().filter(wanted).map(|leg| leg.id).collect();
        for leg in wanted {
            self.send_bye(cx, leg);
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
            LegState::Mortal(Bye::Sent(_) | Bye::Answered(_) | Bye::Done) => return,
            // One that was not sent yet is not needed any more.
            LegState::Mortal(Bye::Wanted(_))
            | LegState::Early
            | LegState::Terminated
            | LegState::Confirmed => {
                leg.state = LegState::Mortal(Bye::Done);
            }
        }
        leg.negotiation = None;
        match self.stage {
            Stage::Offered => {
                self.end_saying(EndReason::RemoteHungUp, Some(&request.message));
                self.refuse(cx, StatusCode::REQUEST_TERMINATED);
            }
            Stage::Established if is_chosen => {
                self.end_saying(EndReason::RemoteHungUp, Some(&request.message));
            }
            Stage::Calling | Stage::Established | Stage::Ending(_) | Stage::Ended => {}
        }
    }
}
