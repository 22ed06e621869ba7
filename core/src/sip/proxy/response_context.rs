//! The response context (RFC 3261 §16.6, §16.7): one request, its branches, and what came back.
//!
//! ```text
//!                 6xx from a branch, or a CANCEL from upstream
//!   ┌───────────┐ ────────────────────────────────────────────▶ ┌─────────┐
//!   │ Searching │                                               │ Closing │ no new branches
//!   └───────────┘                                               └─────────┘
//!         │  2xx from a branch: forwarded, the others cancelled      │
//!         │  all branches ended, nothing left to try: best forwarded │
//!         └──────────────────────┐        ┌──────────────────────────┘
//!                                ▼        ▼
//!                              ┌────────────┐  every client transaction
//!                              │  Answered  │ ─────────────────────────▶ forgotten
//!                              └────────────┘  has terminated
//! ```

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::best_response::BestResponse;
use super::route::RoutePlan;
use super::target_set::{RequestTarget, TargetSet};
use crate::sip::endpoint::{LocationHandle, Servers, StackTimer};
use crate::sip::header::{Reason, Value};
use crate::sip::message::{Message, Method};
use crate::sip::transaction::{ClientHandle, ServerHandle};
use crate::sip::transport::Source;

/// How far the search for someone who answers has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Branches may be added.
    Searching,
    /// No new branches: waiting for those there are.
    Closing,
    /// A final response was sent upstream.
    Answered,
}

/// How far one branch has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BranchState {
    /// Its server is looked for (RFC 3263).
    Sought(LocationHandle),
    /// Sent, no response yet.
    Trying,
    /// A provisional response came: it may be cancelled (§9.1).
    Proceeding,
    /// A final response came, or was generated in its place.
    Ended,
}

/// Whether a branch is to be cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cancel {
    /// No.
    No,
    /// Yes, as soon as a provisional response allows it (§9.1).
    Wanted,
    /// The CANCEL was sent.
    Sent,
}

/// One forwarded copy of the request.
#[derive(Debug)]
pub(crate) struct Branch {
    /// Its client transaction, until that has terminated.
    pub(crate) client: Option<ClientHandle>,
    /// What is asked for, and of whom if the server that is asked now fails.
    pub(crate) target: RequestTarget,
    pub(crate) others: Servers,
    pub(crate) state: BranchState,
    pub(crate) cancel: Cancel,
    pub(crate) timer_c: Option<StackTimer>,
    /// Its share of the Max-Breadth (RFC 5393 §5.3).
    pub(crate) breadth: u8,
}

impl Branch {
    /// A branch whose request is about to be sent.
    pub(crate) fn new(target: RequestTarget, breadth: u8) -> Self {
        Self {
            client: None,
            target,
            others: Servers::default(),
            state: BranchState::Trying,
            cancel: Cancel::No,
            timer_c: None,
            breadth,
        }
    }
}

/// Everything the proxy knows about a request it has forwarded.
#[derive(Debug)]
pub(crate) struct ResponseContext {
    pub(crate) request: Arc<Message>,
    pub(crate) server: ServerHandle,
    pub(crate) source: Source,
    pub(crate) plan: RoutePlan,
    pub(crate) targets: TargetSet,
    /// The preference of the targets that are being tried now.
    pub(crate) group: u16,
    pub(crate) branches: Vec<Branch>,
    pub(crate) best: BestResponse,
    pub(crate) phase: Phase,
    /// Why its branches are cancelled (RFC 3326); empty before they are, or if nobody says.
    pub(crate) reason: Vec<u8>,
    /// The Max-Breadth the request came with (RFC 5393 §5.3.2).
    pub(crate) breadth: u8,
}

impl ResponseContext {
    /// Says why its other branches are cancelled, unless whoever was first has said so.
    pub(crate) fn give_reason(&mut self, reason: Reason<'_>) {
        if self.reason.is_empty() && self.branches.len() > 1 {
            reason.write(&mut self.reason);
        }
    }

    /// Whether the request is an INVITE.
    pub(crate) fn is_invite(&self) -> bool {
        matches!(self.request.method(), Method::Invite)
    }

    /// Whether no branch is waited for any more.
    pub(crate) fn all_ended(&self) -> bool {
        let mut branches = self.branches.iter();
        branches.all(|branch| branch.state == BranchState::Ended)
    }

    /// The Max-Breadth that no running branch holds (RFC 5393 §5.3.3.1).
    pub(crate) fn free_breadth(&self) -> u8 {
        let running = self
            .branches
            .iter()
            .filter(|branch| branch.state != BranchState::Ended);
        running.fold(self.breadth, |free, branch| {
            free.saturating_sub(branch.breadth)
        })
    }

    /// How many targets may be tried now, and the Max-Breadth they share.
    ///
    /// §16.6: a group of lower preference waits until the one before has ended. RFC 5393 §5.5:
    /// what does not fit into the breadth waits until a branch has ended.
    pub(crate) fn next_width(&self) -> Option<(usize, u8)> {
        if self.phase != Phase::Searching {
            return None;
        }
        let same_group = self.targets.best_q() == Some(self.group);
        if !same_group && !self.all_ended() {
            return None;
        }
        let free = self.free_breadth();
        let width = self.targets.width().min(usize::from(free));
        (width > 0).then_some((width, free))
    }

    /// Whether every transaction is over: a final response was sent and no client transaction is
    /// left that could bring another 2xx (§16.7 step 9).
    pub(crate) fn is_over(&self) -> bool {
        let mut branches = self.branches.iter();
        self.phase == Phase::Answered && branches.all(|branch| branch.client.is_none())
    }

    /// Invariants, for the simulator.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        if self.is_over() {
            return Err("proxy: a response context that should be forgotten");
        }
        if self.phase != Phase::Answered && self.all_ended() {
            return Err("proxy: every branch has ended and nothing was sent upstream");
        }
        for branch in &self.branches {
            let running = match branch.state {
                BranchState::Trying | BranchState::Proceeding => true,
                BranchState::Sought(_) | BranchState::Ended => false,
            };
            if running && branch.client.is_none() {
                return Err("proxy: a running branch without a client transaction");
            }
            if running != branch.timer_c.is_some() && self.is_invite() {
                return Err("proxy: Timer C runs for exactly the running INVITE branches");
            }
            if branch.state == BranchState::Proceeding && branch.cancel == Cancel::Wanted {
                return Err("proxy: a CANCEL is due and was not sent");
            }
        }
        Ok(())
    }
}
