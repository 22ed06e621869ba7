//! Ending a session that was established (RFC 3261 §15).

use alloc::vec::Vec;
use core::time::Duration;

use super::authorize;
use super::call::{Bye, Call, CallHandle, Cx, Kind, Leg, LegId, LegState, Stage};
use super::cancel::AGAIN;
use super::details::retry_after;
use super::errors::{CallError, InDialogError, RequestError};
use super::events::EndReason;
use super::in_dialog::InDialog;
use super::links::ClientUse;
use super::outcome::Outcome;
use super::requests::{Request, respond};
use crate::sip::endpoint::SendError;
use crate::sip::message::{HeaderName, Message, Method, StatusCode};
use crate::sip::transaction::ClientHandle;
use crate::time::Instant;

/// For how long a BYE is tried for which there is no room. No transaction takes half of it, so that
/// by then there was room if ever there is.
const PATIENCE: Duration = Duration::from_secs(65);

/// Whether what could not be sent may be a moment later: the table of transactions is full, or the
/// server has asked for less (RFC 7339 §5.5).
fn is_for_now(error: InDialogError) -> bool {
    let full = [SendError::TooManyTransactions, SendError::HeldBack];
    matches!(error, InDialogError::Request(RequestError::NotSent(why)) if full.contains(&why))
}

/// When the server that has no room for a request says it is to come again (§20.33, §21.5.4).
fn when_to_come_again(response: &Message) -> Option<Duration> {
    let is_full = response.status() == Some(StatusCode::SERVICE_UNAVAILABLE);
    let seconds = retry_after(response).filter(|_| is_full)?.seconds;
    Some(Duration::from_secs(seconds.into()))
}

impl Leg {
    /// When its BYE is to be sent, if that has to wait.
    pub(super) fn bye_due(&self) -> Option<Instant> {
        match self.state {
            LegState::Mortal(Bye::Wanted(at)) => Some(at),
            LegState::Early
            | LegState::Terminated
            | LegState::Confirmed
            | LegState::Mortal(Bye::Sent(_) | Bye::Answered(_) | Bye::Done) => None,
        }
    }
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
        let until = *leg.bye_until.get_or_insert(cx.stack.now() + PATIENCE);
        let again = cx.stack.now() + AGAIN;
        leg.state = LegState::Mortal(match sent {
            Ok(sent) => Bye::Sent(sent.transaction),
            // Without it the far end would stay in the call.
            Err(error) if is_for_now(error) && again < until => Bye::Wanted(again),
            Err(_) => Bye::Done,
        });
        self.arm_byes(cx);
    }

    /// Sets the timer to the first of the BYEs that wait.
    fn arm_byes(&mut self, cx: &mut Cx<'_, CallHandle>) {
        if let Some(timer) = self.bye_again.take() {
            cx.stack.disarm(timer);
        }
        let first = self.legs.iter().filter_map(Leg::bye_due).min();
        let after = first.map(|first| first.saturating_duration_since(cx.stack.now()));
        self.bye_again = after.map(|after| cx.stack.arm(after, Kind::Bye.of(cx.me)));
    }

    /// Sends the BYEs that have waited for long enough.
    pub(super) fn on_bye_due(&mut self, cx: &mut Cx<'_, CallHandle>) {
        self.bye_again = None;
        let now = cx.stack.now();
        let is_due = |leg: &&Leg| leg.bye_due().is_some_and(|due| due <= now);
        let due: Vec<LegId> = self.legs.iter().filter(is_due).map(|leg| leg.id).collect();
        for leg in due {
            self.send_bye(cx, leg);
        }
        self.arm_byes(cx);
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
        let again = outcome.message().and_then(|response| {
            let after = when_to_come_again(response)?;
            let at = cx.stack.now() + after.max(AGAIN);
            leg.bye_until.is_some_and(|until| at < until).then_some(at)
        });
        // §15.1.1: whatever the answer is, or if there is none, the dialog is over.
        leg.state = LegState::Mortal(match (&outcome, again) {
            // §21.5.4: but a server without room has kept it from the far end, which would stay.
            (_, Some(at)) => Bye::Wanted(at),
            (Outcome::Response(_), None) => Bye::Answered(transaction),
            (Outcome::Failed(_) | Outcome::NoWay(_), None) => Bye::Done,
        });
        if again.is_some() {
            return self.arm_byes(cx);
        }
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
