//! The dialogs of a call that is not answered (RFC 3261 §12.1, §13.2.2.1), one for each far end that
//! rings, and how one of them ends before the call does (RFC 6228).

use super::body;
use super::call::{Call, CallHandle, Cx, LegId, LegState, Stage};
use super::details::Details;
use super::events::UaEvent;
use super::invite_client::Purpose;
use crate::sip::dialog::Dialog;
use crate::sip::message::Message;

impl Call {
    /// The dialog a response belongs to, if it has begun.
    pub(super) fn known_leg(&self, response: &Message) -> Option<LegId> {
        let tag = response.to().ok()?.tag?;
        self.leg_of_peer(response.call_id().ok()?, tag)
    }

    /// Finds or makes the early dialog of a provisional response (§13.2.2.1).
    pub(super) fn early_leg(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        response: &Message,
    ) -> Option<LegId> {
        let tag = response.to().ok()?.tag?;
        let outgoing = self.outgoing.as_ref()?;
        let target = outgoing.route.target()?;
        let secure = outgoing.is_secure(cx.config);
        let extensions = outgoing.extensions();
        let id = match self.leg_of_peer(response.call_id().ok()?, tag) {
            Some(id) => id,
            None if self.legs.len() >= cx.stack.limits().forks => return None,
            None => {
                let dialog = Dialog::of_response(response, secure).ok()?;
                self.add_leg(dialog, LegState::Early, target)
            }
        };
        let leg = self.leg_mut(id)?;
        leg.peer.learn(response, cx.config);
        leg.peer.extensions = extensions;
        Some(id)
    }

    /// Reads the session description of an unreliable response if it is the first one of this
    /// peer. RFC 6337 §3.1.1: it is a preview of the answer, and treated as the answer. `None` if it
    /// previews nothing.
    pub(super) fn preview(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        leg: LegId,
        response: &Message,
    ) -> Option<()> {
        let answer = body::session(response, cx.stack.limits())?;
        let Purpose::Initial(initial) = &self.outgoing.as_ref()?.purpose else {
            return None;
        };
        let mut negotiation = initial.negotiation.clone();
        let leg = self.leg_mut(leg)?;
        if leg.negotiation.is_some() {
            return None;
        }
        negotiation.preview_answer(&answer).ok()?;
        leg.negotiation = Some(negotiation);
        Some(())
    }

    /// Whether a 199 has ended a dialog, and no 2xx has come after all.
    pub(super) fn is_terminated_early(&self, id: LegId) -> bool {
        let leg = self.legs.iter().find(|leg| leg.id == id);
        leg.is_some_and(|leg| leg.state == LegState::Terminated)
    }

    /// RFC 6228 §4: this far end rings no more, and its media are over; others may, and the INVITE
    /// goes on until its final response. Nothing is sent in the dialog but PRACK (§7).
    pub(super) fn terminate_early(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        id: LegId,
        response: &Message,
    ) {
        let Some(at) = self.legs.iter().position(|leg| leg.id == id) else {
            return;
        };
        let was_first = at == 0;
        let mut leg = self.legs.remove(at);
        if leg.state != LegState::Early {
            self.legs.insert(at, leg);
            return;
        }
        leg.state = LegState::Terminated;
        // The application talks through the first one that still rings.
        self.legs.push(leg);
        if self.stage != Stage::Calling {
            return;
        }
        let ringing = self.legs.iter().filter(|leg| leg.state == LegState::Early);
        cx.events.push(UaEvent::EarlyDialogTerminated {
            call: cx.me,
            ringing: ringing.count(),
            details: Details::of(response),
        });
        let next = self.legs.first();
        let next = next.filter(|leg| was_first && leg.state == LegState::Early);
        if let Some(leg) = next.map(|leg| leg.id) {
            self.agree(cx, leg);
        }
    }
}
