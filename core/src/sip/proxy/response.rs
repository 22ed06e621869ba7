//! Response processing (RFC 3261 §16.7): what a branch brings, and what goes upstream.

use alloc::sync::Arc;

use super::best_response::Final;
use super::response_context::{BranchState, Cancel, Phase, ResponseContext};
use super::{ContextHandle, Proxy, Report, timer_c};
use crate::sip::endpoint::Stack;
use crate::sip::header::Reason;
use crate::sip::message::{
    Forward, HeaderName, Message, OutgoingResponse, ResponseBuilder, StatusClass, StatusCode,
};
use crate::sip::transaction::{ClientHandle, Failure};
use crate::text::write_unfolded;

impl Proxy {
    /// A response of a branch: §16.7 steps 1 to 10.
    pub(crate) fn on_response(
        &mut self,
        stack: &mut Stack,
        client: ClientHandle,
        response: &Arc<Message>,
        report: &mut Report<'_>,
    ) {
        let Some((handle, branch)) = self.branch_of(client) else {
            // An answer to one of our own CANCELs: nothing waits for it (step 3).
            return;
        };
        let Some(status) = response.status() else {
            return;
        };
        if status.is_provisional() {
            self.on_provisional(stack, handle, branch, response, status);
        } else if status.is_success() {
            self.on_success(stack, handle, branch, response, report);
        } else if status == StatusCode::SERVICE_UNAVAILABLE && self.fail_over(stack, handle, branch)
        {
            // RFC 3263 §4.3: the next server has it now.
        } else {
            self.on_final(
                stack,
                handle,
                branch,
                Final::Received(Arc::clone(response)),
                report,
            );
        }
    }

    /// A branch got no response: §16.6 step 7 makes it a 408, §16.9 a 503.
    pub(crate) fn on_failure(
        &mut self,
        stack: &mut Stack,
        client: ClientHandle,
        reason: Failure,
        report: &mut Report<'_>,
    ) {
        let Some((handle, branch)) = self.branch_of(client) else {
            return;
        };
        let status = match reason {
            Failure::Timeout => StatusCode::REQUEST_TIMEOUT,
            Failure::Transport => StatusCode::SERVICE_UNAVAILABLE,
        };
        if self.fail_over(stack, handle, branch) {
            return;
        }
        self.release(handle, branch, client);
        self.on_final(stack, handle, branch, Final::Generated(status), report);
    }

    /// A client transaction has ended in good order.
    pub(crate) fn on_terminated(
        &mut self,
        stack: &mut Stack,
        client: ClientHandle,
        report: &mut Report<'_>,
    ) {
        // That it ended after a final response is its own business; that it did not is a timeout.
        self.on_failure(stack, client, Failure::Timeout, report);
    }

    /// Timer C has fired (§16.8).
    pub(crate) fn on_timer_c(
        &mut self,
        stack: &mut Stack,
        handle: ContextHandle,
        branch: usize,
        report: &mut Report<'_>,
    ) {
        let Some(running) = self
            .contexts
            .get_mut(handle)
            .and_then(|context| context.branches.get_mut(branch))
        else {
            return;
        };
        running.timer_c = None;
        match running.state {
            // It rings and rings: the branch is cancelled, and ends with what that brings.
            BranchState::Proceeding => {
                cancel(stack, running, &[]);
                running.timer_c = Some(timer_c(stack, handle, branch));
            }
            BranchState::Trying => {
                let timeout = Final::Generated(StatusCode::REQUEST_TIMEOUT);
                self.on_final(stack, handle, branch, timeout, report);
            }
            // Timer C does not run while a server is looked for.
            BranchState::Sought(_) | BranchState::Ended => {}
        }
    }

    /// A CANCEL from upstream (§16.10): every branch that may be cancelled is, and the others are
    /// as soon as they may. Answers whether there was something to cancel.
    pub(crate) fn on_cancel(
        &mut self,
        stack: &mut Stack,
        handle: ContextHandle,
        request: &Message,
        report: &mut Report<'_>,
    ) {
        if let Some(context) = self.contexts.get_mut(handle) {
            if context.phase == Phase::Searching && context.is_invite() {
                context.phase = Phase::Closing;
            }
            // RFC 3326 §2: the Reason goes on with it.
            for reason in request.fields(HeaderName::Reason) {
                if !context.reason.is_empty() {
                    context.reason.extend_from_slice(b", ");
                }
                write_unfolded(reason, &mut context.reason);
            }
            prune(stack, context);
        }
        // Branches that were never sent have ended with it.
        self.advance(stack, handle, report);
        self.forget_if_over(handle);
    }

    fn on_provisional(
        &mut self,
        stack: &mut Stack,
        handle: ContextHandle,
        branch: usize,
        response: &Message,
        status: StatusCode,
    ) {
        let Some(context) = self.contexts.get_mut(handle) else {
            return;
        };
        let is_invite = context.is_invite();
        let Some(running) = context.branches.get_mut(branch) else {
            return;
        };
        match running.state {
            BranchState::Trying => running.state = BranchState::Proceeding,
            BranchState::Proceeding => {}
            BranchState::Sought(_) | BranchState::Ended => return,
        }
        let trying = status == StatusCode::TRYING;
        // Step 2: any provisional response but 100 shows that someone is being alerted, and sets
        // Timer C anew.
        if is_invite && !trying {
            if let Some(timer) = running.timer_c.take() {
                stack.disarm(timer);
            }
            running.timer_c = Some(timer_c(stack, handle, branch));
        }
        // §9.1: now the CANCEL that had to wait may be sent.
        if running.cancel == Cancel::Wanted {
            cancel(stack, running, &context.reason);
        }
        // Step 5: at once, but never a 100, which is hop by hop; RFC 4320 §4.1: nor any other to a
        // request that is not an INVITE.
        if !trying && is_invite && context.phase != Phase::Answered {
            if let Some(upstream) = upstream(response) {
                send(stack, context, upstream);
            }
        }
    }

    fn on_success(
        &mut self,
        stack: &mut Stack,
        handle: ContextHandle,
        branch: usize,
        response: &Message,
        report: &mut Report<'_>,
    ) {
        let Some(upstream) = upstream(response) else {
            let unusable = Final::Generated(StatusCode::BAD_GATEWAY);
            return self.on_final(stack, handle, branch, unusable, report);
        };
        let Some(context) = self.contexts.get_mut(handle) else {
            return;
        };
        end(stack, context, branch);
        let first = context.phase != Phase::Answered;
        // Step 5: every 2xx to an INVITE, whenever it comes, since its sender has a dialog now that
        // only the caller can end; to other requests exactly one final response.
        if first || context.is_invite() {
            send(stack, context, upstream);
        }
        context.phase = Phase::Answered;
        // Step 10.
        context.give_reason(Reason::COMPLETED_ELSEWHERE);
        prune(stack, context);
        if first {
            report.answered(&context.request, response.status());
        }
        self.forget_if_over(handle);
    }

    /// A branch has ended without success: steps 4 to 7.
    pub(super) fn on_final(
        &mut self,
        stack: &mut Stack,
        handle: ContextHandle,
        branch: usize,
        response: Final,
        report: &mut Report<'_>,
    ) {
        let Some(context) = self.contexts.get_mut(handle) else {
            return;
        };
        if end(stack, context, branch) && context.phase != Phase::Answered {
            let status = response.status();
            let global = status.class() == StatusClass::GlobalFailure;
            context.best.add(response);
            // Step 5: nobody else is asked after a 6xx, but a 2xx of those who were still wins.
            if global {
                context.phase = Phase::Closing;
                context.give_reason(Reason::sip(status.as_u16(), status.reason()));
                prune(stack, context);
            }
            self.advance(stack, handle, report);
        }
        self.forget_if_over(handle);
    }

    /// Goes on: to the next targets while there are any, to the best response when all branches
    /// have ended.
    pub(super) fn advance(
        &mut self,
        stack: &mut Stack,
        handle: ContextHandle,
        report: &mut Report<'_>,
    ) {
        self.start_branches(stack, handle, report);
        if let Some(context) = self.contexts.get_mut(handle) {
            if context.all_ended() && context.phase != Phase::Answered {
                context.phase = Phase::Answered;
                send_best(stack, context, report);
            }
        }
    }
}

/// Ends a branch; false if it had ended before.
fn end(stack: &mut Stack, context: &mut ResponseContext, branch: usize) -> bool {
    let Some(branch) = context.branches.get_mut(branch) else {
        return false;
    };
    if let Some(timer) = branch.timer_c.take() {
        stack.disarm(timer);
    }
    let running = branch.state != BranchState::Ended;
    branch.state = BranchState::Ended;
    running
}

/// Step 10 and §16.10: gives up the targets that wait, and cancels the branches that run. Only an
/// INVITE can be cancelled (§9.1).
fn prune(stack: &mut Stack, context: &mut ResponseContext) {
    context.targets.clear();
    if !context.is_invite() {
        return;
    }
    for branch in &mut context.branches {
        match branch.state {
            BranchState::Trying => branch.cancel = Cancel::Wanted,
            BranchState::Proceeding => cancel(stack, branch, &context.reason),
            // Nothing was sent, so that nothing is to be cancelled: this is the answer to it.
            BranchState::Sought(_) => {
                branch.state = BranchState::Ended;
                let terminated = Final::Generated(StatusCode::REQUEST_TERMINATED);
                context.best.add(terminated);
            }
            BranchState::Ended => {}
        }
    }
}

/// Sends the CANCEL of a branch, once.
fn cancel(stack: &mut Stack, branch: &mut super::response_context::Branch, reason: &[u8]) {
    if branch.cancel == Cancel::Sent {
        return;
    }
    branch.cancel = Cancel::Sent;
    if let Some(client) = branch.client {
        // Without room for one more transaction the branch ends by its own timers.
        let _ = stack.cancel(client, reason);
    }
}

/// Step 3: the response without our Via. One that has no other was meant for us.
fn upstream(response: &Message) -> Option<OutgoingResponse> {
    let rows = response.fields(HeaderName::Via).take(2).count();
    if rows < 2 {
        response.vias().nth(1)?.ok()?;
    }
    Forward::response(response).ok()
}

/// Step 6, 7 and 9: the best final response goes upstream.
fn send_best(stack: &mut Stack, context: &mut ResponseContext, report: &mut Report<'_>) {
    let best = context.best.choose();
    let status = best.status();
    // RFC 4320 §4.2: a 408 to a request other than INVITE always comes too late to be of use.
    if status == StatusCode::REQUEST_TIMEOUT && !context.is_invite() {
        return;
    }
    let received = match &best {
        Final::Received(response) => upstream(response).map(|mut upstream| {
            for other in context.best.other_challenges(response) {
                for name in [HeaderName::WwwAuthenticate, HeaderName::ProxyAuthenticate] {
                    for challenge in other.fields(name) {
                        upstream.append(name, challenge);
                    }
                }
            }
            upstream
        }),
        Final::Generated(_) => None,
    };
    let upstream = received.or_else(|| {
        let tag = stack.new_tag();
        let mut builder = ResponseBuilder::to(&context.request, status);
        builder.to_tag(&tag);
        builder.finish().ok()
    });
    if let Some(upstream) = upstream {
        send(stack, context, upstream);
    }
    report.answered(&context.request, Some(status));
}

/// Step 9: through the server transaction; when that is gone, by the Via alone.
fn send(stack: &mut Stack, context: &ResponseContext, response: OutgoingResponse) {
    if stack.server(context.server).is_some() {
        // A refused one has come too late, and changes nothing.
        let _ = stack.respond(context.server, response);
    } else if context.is_invite() {
        // RFC 4320 §4.2: only a response to an INVITE may go without its transaction.
        stack.respond_statelessly(&context.request, context.source, response);
    }
}
