//! The caller's side of reliable provisional responses (RFC 3262 §4, §5): each is acknowledged once,
//! in its turn, by a PRACK in its dialog.
//!
//! ```text
//!   first ──▶ PRACK, n = its RSeq        n + 1 ──▶ PRACK, n = n + 1
//!   n again, or any other ──▶ nothing: the PRACK is sent again by its own transaction
//! ```

use alloc::boxed::Box;

use super::authorize;
use super::body;
use super::call::{Call, CallHandle, Cx, LegId};
use super::in_dialog::InDialog;
use super::invite_client::Purpose;
use super::links::ClientUse;
use super::outcome::Outcome;
use crate::sip::header::{RAck, RSeq};
use crate::sip::message::{HeaderName, Message, Method};
use crate::sip::transaction::ClientHandle;

/// A PRACK of ours, and the response it acknowledged.
pub(super) struct Prack {
    /// The RSeq of the response.
    response: u32,
    /// The CSeq number of the INVITE it belongs to.
    invite: u32,
    /// Our answer, if the response had the offer; kept for a repetition with credentials.
    answer: Option<Box<[u8]>>,
    /// Its transaction until there is a final answer, if it could be sent.
    transaction: Option<ClientHandle>,
}

impl Prack {
    /// Whether it has no answer yet.
    pub(super) const fn is_pending(&self) -> bool {
        self.transaction.is_some()
    }
}

/// The number of a provisional response that is sent reliably.
pub(super) fn number(response: &Message) -> Option<u32> {
    if !response.lists(HeaderName::Require, "100rel") {
        return None;
    }
    let value = response.field(HeaderName::RSeq)?;
    RSeq::parse(value).ok().map(|number| number.0)
}

impl Call {
    /// Whether a reliable response is the next one of its INVITE in this dialog. The first one
    /// sets where the numbers begin.
    pub(super) fn is_in_turn(&mut self, leg: LegId, response: &Message, number: u32) -> bool {
        let (Some(leg), Ok(cseq)) = (self.leg_mut(leg), response.cseq()) else {
            return false;
        };
        match leg.prack.as_ref().filter(|last| last.invite == cseq.number) {
            Some(last) => last.response.checked_add(1) == Some(number),
            None => true,
        }
    }

    /// Takes a reliable response that is in its turn: reads its session description, and
    /// acknowledges it. Whether there are early media now.
    pub(super) fn on_reliable(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        response: &Message,
        number: u32,
    ) -> bool {
        let has_session = body::session(response, cx.stack.limits()).is_some();
        if let Some(leg) = self.leg_mut(id) {
            // RFC 6141 §4.7, §4.9: it may say where the peer is now.
            leg.dialog.refresh_target(response);
        }
        let (Some(mut outgoing), Ok(cseq)) = (self.outgoing.take(), response.cseq()) else {
            return false;
        };
        let mut answer = None;
        let mut is_agreed = false;
        match &outgoing.purpose {
            Purpose::Initial(initial) => {
                let limits = cx.stack.limits();
                let leg = self.leg_mut(id).filter(|leg| !leg.is_answered);
                if let Some(leg) = leg.filter(|_| has_session) {
                    let exchange = leg.complete_exchange(initial, response, limits);
                    answer = exchange.answer;
                    is_agreed = exchange.is_agreed;
                }
            }
            Purpose::Change(_) if has_session && outgoing.undo.is_none() => {
                outgoing.undo = self.undo(id);
                self.on_change_answered(cx, id, response);
            }
            Purpose::Change(_) => {}
        }
        self.outgoing = Some(outgoing);
        let prack = Prack {
            response: number,
            invite: cseq.number,
            answer: answer.map(Into::into),
            transaction: None,
        };
        self.send_prack(cx, id, Box::new(prack));
        is_agreed
    }

    /// Sends a PRACK. One that cannot be sent is missed by the peer, which then ends the call.
    fn send_prack(&mut self, cx: &mut Cx<'_, CallHandle>, id: LegId, mut prack: Box<Prack>) {
        let request = InDialog {
            method: Method::Prack,
            used: ClientUse::Prack(cx.me, id),
            content_type: body::SDP,
            body: prack.answer.as_deref().unwrap_or_default(),
        };
        let acknowledged = RAck {
            response: prack.response,
            sequence: prack.invite,
            method: Method::Invite,
        };
        let sent = self.send_in_dialog(cx, id, &request, |builder| {
            builder.field(HeaderName::RAck, &acknowledged);
        });
        prack.transaction = sent.ok().map(|sent| sent.transaction);
        if let Some(leg) = self.leg_mut(id) {
            leg.prack = Some(prack);
        }
    }

    /// Acts on what became of a PRACK of ours: a challenge is answered. Anything else only says that it
    /// is over, since what ends the call is the final response to the INVITE.
    pub(super) fn on_prack_outcome(
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
        let is_current = |prack: &mut Box<Prack>| prack.transaction == Some(transaction);
        let Some(mut prack) = leg.prack.take_if(is_current) else {
            return;
        };
        prack.transaction = None;
        let challenge = outcome.message().filter(|it| authorize::is_challenge(it));
        if challenge.is_some_and(|it| self.receive_challenge(cx, it).is_ok()) {
            self.send_prack(cx, id, prack);
        } else if let Some(leg) = self.leg_mut(id) {
            leg.prack = Some(prack);
        }
    }
}
