//! One branch on its way to a server: found, tried, and after a failure the next one
//! (RFC 3261 §16.6 steps 7 to 11; RFC 3263 §4.3).

use core::net::SocketAddr;

use super::best_response::Final;
use super::response_context::{Branch, BranchState, Cancel, Phase};
use super::target_set::RequestTarget;
use super::{ContextHandle, Proxy, Report, forward, timer_c};
use crate::sip::endpoint::{Located, LocationHandle, Stack, Way};
use crate::sip::message::StatusCode;

/// How far a branch has come at once.
pub(super) enum Started {
    /// Sent there.
    Sent(SocketAddr),
    /// Its server is looked for.
    Sought,
}

impl Proxy {
    /// Starts the branch of one target; nothing if it cannot be sent.
    pub(super) fn start_branch(
        &mut self,
        stack: &mut Stack,
        handle: ContextHandle,
        target: RequestTarget,
        breadth: u8,
    ) -> Option<Started> {
        let context = self.contexts.get(handle)?;
        let (request, plan) = (&context.request, &context.plan);
        let located = self.next_hop(stack, request, plan, &target).ok()?;
        let context = self.contexts.get_mut(handle)?;
        let at = context.branches.len();
        context.branches.push(Branch::new(target, breadth));
        let started = self.go(stack, handle, at, located);
        if started.is_none() {
            self.contexts.get_mut(handle)?.branches.pop();
        }
        started
    }

    /// Sends the copy of a branch, or waits until it is known where to.
    fn go(
        &mut self,
        stack: &mut Stack,
        handle: ContextHandle,
        at: usize,
        located: Located,
    ) -> Option<Started> {
        match located {
            Located::Way(way) => self.send_copy(stack, handle, at, way).map(Started::Sent),
            Located::Later(location) => {
                let branch = self.contexts.get_mut(handle)?.branches.get_mut(at)?;
                branch.state = BranchState::Sought(location);
                if let Some(timer) = branch.timer_c.take() {
                    stack.disarm(timer);
                }
                self.by_location.insert(location, (handle, at));
                Some(Started::Sought)
            }
        }
    }

    fn send_copy(
        &mut self,
        stack: &mut Stack,
        handle: ContextHandle,
        at: usize,
        way: Way,
    ) -> Option<SocketAddr> {
        let context = self.contexts.get(handle)?;
        let branch = context.branches.get(at)?;
        let record = self.record_route(stack, context, &branch.target, way.target.flow);
        let plan = &context.plan;
        let copy = forward::copy(
            &context.request,
            plan,
            &branch.target,
            branch.breadth,
            &record,
        );
        let client = stack
            .request_marked(&copy.ok()?, way.target, plan.loop_mark())
            .ok()?;
        let context = self.contexts.get_mut(handle)?;
        let is_invite = context.is_invite();
        let branch = context.branches.get_mut(at)?;
        branch.client = Some(client);
        branch.state = BranchState::Trying;
        branch.others = way.others;
        if let Some(timer) = branch.timer_c.take() {
            stack.disarm(timer);
        }
        if is_invite {
            branch.timer_c = Some(timer_c(stack, handle, at));
        }
        self.by_client.insert(client, (handle, at));
        Some(way.target.address)
    }

    /// Takes what came of the search for the server of a branch or an ACK.
    pub(crate) fn on_located(
        &mut self,
        stack: &mut Stack,
        location: LocationHandle,
        way: Option<Way>,
        report: &mut Report<'_>,
    ) {
        if let Some(ack) = self.acks.remove(&location) {
            if let Some(way) = way {
                let _ = stack.send_ack(&ack, way.target);
            }
            return;
        }
        let Some((handle, at)) = self.by_location.remove(&location) else {
            return;
        };
        let branch = self.contexts.get(handle);
        let branch = branch.and_then(|context| context.branches.get(at));
        if branch.is_none_or(|branch| branch.state != BranchState::Sought(location)) {
            return;
        }
        match way.and_then(|way| self.send_copy(stack, handle, at, way)) {
            Some(next_hop) => {
                if let Some(context) = self.contexts.get(handle) {
                    report.forwarded(&context.request, next_hop, 1);
                }
            }
            // §16.9.
            None => {
                let failed = Final::Generated(StatusCode::SERVICE_UNAVAILABLE);
                self.on_final(stack, handle, at, failed, report);
            }
        }
    }

    /// Sends the copy of a branch whose server has failed to the next one, in another transaction
    /// (RFC 3263 §4.3); false if there is none, or nobody wants it any more.
    pub(super) fn fail_over(
        &mut self,
        stack: &mut Stack,
        handle: ContextHandle,
        at: usize,
    ) -> bool {
        let Some(context) = self.contexts.get_mut(handle) else {
            return false;
        };
        let searching = context.phase == Phase::Searching;
        let Some(branch) = context.branches.get_mut(at) else {
            return false;
        };
        let wanted = branch.cancel == Cancel::No && branch.state != BranchState::Ended;
        if !searching || !wanted {
            return false;
        }
        let others = core::mem::take(&mut branch.others);
        let located = stack.locate_next(others).ok();
        let client = branch.client;
        let gone = located.and_then(|located| self.go(stack, handle, at, located));
        if gone.is_some() {
            if let Some(client) = client {
                // What its transaction still has to say is of no interest.
                self.by_client.remove(&client);
            }
        }
        if let Some(Started::Sought) = gone {
            let context = self.contexts.get_mut(handle);
            if let Some(branch) = context.and_then(|context| context.branches.get_mut(at)) {
                branch.client = None;
            }
        }
        gone.is_some()
    }
}
