//! The stateful proxy (RFC 3261 §16; loops and breadth: RFC 5393; strays: RFC 6026 §7.3).
//!
//! ```text
//!   request ──▶ validate §16.3 ──▶ route §16.4 ──▶ targets §16.5 ──▶ forward §16.6 ──▶ branches
//!   upstream ◀── best response §16.7 ◀──────────── response context ◀───────────────── responses
//! ```
//!
//! One response context per forwarded request holds its branches until every client transaction
//! has ended. Targets are tried in parallel where their q is equal, from the highest q to the
//! lowest.

mod best_response;
mod branch;
mod forward;
mod response;
mod response_context;
mod route;
mod target_set;
mod validate;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

pub(crate) use best_response::Final;
pub(crate) use forward::is_sips;
pub(crate) use route::{RouteMark, RoutePlan};
pub(crate) use target_set::{RequestTarget, TargetSet};
pub(crate) use validate::{Answer, option_tags, validate, validate_forwarding};

use crate::arena::{Arena, Handle};
use crate::sip::endpoint::{Located, LocationHandle, Stack, StackTimer};
use crate::sip::message::{Message, OutgoingRequest, StatusCode};
use crate::sip::server::Report;
use crate::sip::transaction::{ClientHandle, ServerHandle, UserTimer};
use crate::sip::transport::Source;
use best_response::BestResponse;
use branch::Started;
use response_context::{Phase, ResponseContext};

/// Names a response context.
pub(crate) type ContextHandle = Handle<ResponseContext>;

/// What the proxy is told once.
#[derive(Clone, Debug)]
pub(crate) struct ProxySettings {
    /// Whether to stay on the path of dialogs (§16.6 step 4).
    pub(crate) record_route: bool,
    /// Where every request that starts something goes, whatever it asks for.
    pub(crate) next_hop: Option<String>,
}

/// Forwards requests, and merges what comes back.
pub(crate) struct Proxy {
    settings: ProxySettings,
    mark: RouteMark,
    contexts: Arena<ResponseContext>,
    by_client: BTreeMap<ClientHandle, (ContextHandle, usize)>,
    by_server: BTreeMap<ServerHandle, ContextHandle>,
    /// Branches whose server is looked for.
    by_location: BTreeMap<LocationHandle, (ContextHandle, usize)>,
    /// ACKs whose server is.
    acks: BTreeMap<LocationHandle, OutgoingRequest>,
}

/// A request that may be forwarded, and everything that was found out about it.
pub(crate) struct Routed {
    pub(crate) transaction: ServerHandle,
    pub(crate) request: Arc<Message>,
    pub(crate) source: Source,
    pub(crate) plan: RoutePlan,
    pub(crate) targets: TargetSet,
}

impl Proxy {
    /// A proxy with nothing in flight, of at most `capacity` requests at a time.
    pub(crate) fn new(settings: ProxySettings, mark: RouteMark, capacity: usize) -> Self {
        Self {
            settings,
            mark,
            contexts: Arena::new(capacity),
            by_client: BTreeMap::new(),
            by_server: BTreeMap::new(),
            by_location: BTreeMap::new(),
            acks: BTreeMap::new(),
        }
    }

    /// The key under which this proxy knows its own marks again.
    pub(crate) fn mark(&self) -> &RouteMark {
        &self.mark
    }

    /// Whether nothing is in flight.
    pub(crate) fn is_idle(&self) -> bool {
        self.contexts.is_empty()
            && self.by_client.is_empty()
            && self.by_server.is_empty()
            && self.by_location.is_empty()
            && self.acks.is_empty()
    }

    /// The response context of a request that was forwarded.
    pub(crate) fn context_of(&self, server: ServerHandle) -> Option<ContextHandle> {
        self.by_server.get(&server).copied()
    }

    /// Forwards a request to its targets (§16.6) under a new response context.
    ///
    /// # Errors
    /// 480 if there is no target (§16.5), 440 if the request may not have a single branch (RFC
    /// 5393 §5.3.3), 503 if there is no room.
    pub(crate) fn forward(
        &mut self,
        stack: &mut Stack,
        routed: Routed,
        report: &mut Report<'_>,
    ) -> Result<(), StatusCode> {
        if routed.targets.is_empty() {
            return Err(StatusCode::TEMPORARILY_UNAVAILABLE);
        }
        let breadth = forward::incoming_breadth(&routed.request);
        if breadth == 0 {
            return Err(StatusCode::MAX_BREADTH_EXCEEDED);
        }
        let server = routed.transaction;
        let context = ResponseContext {
            request: routed.request,
            server,
            source: routed.source,
            plan: routed.plan,
            targets: routed.targets,
            group: 0,
            branches: alloc::vec::Vec::new(),
            best: BestResponse::default(),
            phase: Phase::Searching,
            reason: Vec::new(),
            breadth,
        };
        let Ok(handle) = self.contexts.insert(context) else {
            return Err(StatusCode::SERVICE_UNAVAILABLE);
        };
        self.by_server.insert(server, handle);
        self.advance(stack, handle, report);
        self.forget_if_over(handle);
        Ok(())
    }

    /// Sends an ACK for a 2xx on, without state (§16.11): there will be no answer to it.
    pub(crate) fn forward_ack(
        &mut self,
        stack: &mut Stack,
        request: &Message,
        plan: &RoutePlan,
        target: &RequestTarget,
    ) {
        let breadth = forward::incoming_breadth(request);
        let Ok(copy) = forward::copy(request, plan, target, breadth, &[]) else {
            return;
        };
        match self.next_hop(stack, request, plan, target) {
            // An ACK that gets lost is sent again when the 2xx comes again.
            Ok(Located::Way(way)) => {
                let _ = stack.send_ack(&copy, way.target);
            }
            Ok(Located::Later(location)) => {
                self.acks.insert(location, copy);
            }
            Err(_) => {}
        }
    }

    /// Starts as many branches as may run now (§16.6 steps 1 to 11 for each target).
    fn start_branches(
        &mut self,
        stack: &mut Stack,
        handle: ContextHandle,
        report: &mut Report<'_>,
    ) {
        let mut sent = 0;
        let mut first_hop = None;
        while let Some(group) = self.contexts.get_mut(handle).and_then(next_group) {
            for (target, breadth) in group {
                match self.start_branch(stack, handle, target, breadth) {
                    Some(Started::Sent(address)) => {
                        sent += 1;
                        first_hop = first_hop.or(Some(address));
                    }
                    Some(Started::Sought) => {}
                    None => {
                        // §16.9: what cannot be sent is as good as answered 503.
                        if let Some(context) = self.contexts.get_mut(handle) {
                            let failed = Final::Generated(StatusCode::SERVICE_UNAVAILABLE);
                            context.best.add(failed);
                        }
                    }
                }
            }
        }
        if let (Some(next_hop), Some(context)) = (first_hop, self.contexts.get(handle)) {
            report.forwarded(&context.request, next_hop, sent);
        }
    }

    fn branch_of(&self, client: ClientHandle) -> Option<(ContextHandle, usize)> {
        self.by_client.get(&client).copied()
    }

    /// Notes that the client transaction of a branch is gone.
    fn release(&mut self, handle: ContextHandle, branch: usize, client: ClientHandle) {
        self.by_client.remove(&client);
        if let Some(context) = self.contexts.get_mut(handle) {
            if let Some(branch) = context.branches.get_mut(branch) {
                branch.client = None;
            }
        }
    }

    fn forget_if_over(&mut self, handle: ContextHandle) {
        let over = self
            .contexts
            .get(handle)
            .is_some_and(ResponseContext::is_over);
        if over {
            if let Some(context) = self.contexts.remove(handle) {
                self.by_server.remove(&context.server);
            }
        }
    }

    /// Invariants, for the simulator.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let mut running = 0;
        for (handle, context) in self.contexts.iter() {
            context.check()?;
            if self.by_server.get(&context.server) != Some(&handle) {
                return Err("proxy: a response context its server transaction does not lead to");
            }
            for (at, branch) in context.branches.iter().enumerate() {
                let Some(client) = branch.client else {
                    continue;
                };
                running += 1;
                if self.by_client.get(&client) != Some(&(handle, at)) {
                    return Err("proxy: a branch its client transaction does not lead to");
                }
            }
        }
        if running != self.by_client.len() || self.contexts.len() != self.by_server.len() {
            return Err("proxy: an index holds what no response context does");
        }
        Ok(())
    }
}

/// The first kind number of Timer C; the number of the branch is added to it.
pub(crate) const TIMER_C: u16 = 0x100;

fn timer_c(stack: &mut Stack, context: ContextHandle, branch: usize) -> StackTimer {
    let (index, generation) = context.to_raw();
    let after = stack.timings().c;
    let kind = u16::try_from(branch).unwrap_or(u16::MAX);
    let timer = UserTimer {
        kind: TIMER_C.saturating_add(kind),
        index,
        generation,
    };
    stack.arm(after, timer)
}

fn next_group(context: &mut ResponseContext) -> Option<alloc::vec::Vec<(RequestTarget, u8)>> {
    let (width, free) = context.next_width()?;
    let group = context.targets.next_group(width);
    context.group = group.first()?.q;
    Some(forward::split(group, free))
}
