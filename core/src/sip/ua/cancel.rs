//! Giving up an INVITE before it is answered (RFC 3261 §9.1).
//!
//! ```text
//!   No ── give up ──▶ Wanted ── first 1xx ──▶ Sent ── 64*T1 without an answer ──▶ over
//!    └── give up, a 1xx has come ────────────▲ └── final response ──▶ over; a 2xx: ACK, BYE
//! ```

use core::time::Duration;

use super::call::{Call, CallHandle, Cx, Kind};
use super::events::EndReason;
use super::links::ClientUse;

/// When a CANCEL or a BYE for which there was no room is tried again, at the soonest.
pub(super) const AGAIN: Duration = Duration::from_secs(1);

/// How far giving up has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cancel {
    /// Nobody gives up.
    No,
    /// §9.1: without any 1xx the CANCEL must wait, lest it overtake the INVITE.
    Wanted,
    /// Sent. The transaction of the INVITE fails if no final response comes within 64*T1: a peer
    /// that knows RFC 2543 only sends no 487.
    Sent,
}

impl Call {
    /// Gives up our INVITE, now or as soon as a provisional response has come.
    pub(super) fn cancel(&mut self, cx: &mut Cx<'_, CallHandle>) {
        let reason = self.reason.as_deref().unwrap_or_default();
        let Some(outgoing) = self.outgoing.as_mut() else {
            return;
        };
        let Some(transaction) = outgoing.transaction else {
            // Nothing was sent yet, and nothing will be.
            if let Some(timer) = outgoing.timer.take() {
                cx.stack.disarm(timer);
            }
            self.outgoing = None;
            return;
        };
        match (outgoing.cancel, outgoing.provisional) {
            (Cancel::Sent, _) => {}
            // Timer B of the transaction ends it if no response ever comes.
            (Cancel::No | Cancel::Wanted, false) => outgoing.cancel = Cancel::Wanted,
            (Cancel::No | Cancel::Wanted, true) => {
                if let Some(timer) = outgoing.timer.take() {
                    cx.stack.disarm(timer);
                }
                match cx.stack.cancel(transaction, reason) {
                    Ok(transaction) => {
                        outgoing.cancel = Cancel::Sent;
                        cx.links.clients.insert(transaction, ClientUse::Cancel);
                    }
                    Err(_) => {
                        outgoing.cancel = Cancel::Wanted;
                        let timer = Kind::OutgoingInvite.of(cx.me);
                        outgoing.timer = Some(cx.stack.arm(AGAIN, timer));
                    }
                }
            }
        }
    }

    /// It has rung for as long as we let it. Once a 1xx has come, no timer of the transaction
    /// would ever end it (§17.1.1.2).
    pub(super) fn on_invite_limit(&mut self, cx: &mut Cx<'_, CallHandle>) {
        let Some(outgoing) = self.outgoing.as_mut() else {
            return;
        };
        outgoing.timer = None;
        if outgoing.is_initial() {
            self.end(EndReason::Unanswered);
        }
        self.cancel(cx);
    }
}
