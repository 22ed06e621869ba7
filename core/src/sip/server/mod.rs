//! A registrar, a proxy and a redirect server as one transaction user (RFC 3261 §10.3, §16, §8.3).
//!
//! ```text
//!                       ┌─ REGISTER of our domain ─────▶ registrar ──┐ writes
//!   request ─▶ validate ┼─ for the server itself ──────▶ OPTIONS     ▼
//!              route    └─ for anyone else ─▶ admit ─┬─▶ proxy ◀── location service
//!                                                    └─▶ redirect ◀──┘
//! ```

mod access;
mod config;
mod event;
mod guards;
mod local;
mod policy;
mod redirect;
mod report;
#[cfg(test)]
mod tests;

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

pub use config::ServerConfig;
pub use event::ServerEvent;
use guards::Guards;
use policy::Policies;
pub use policy::TargetPolicy;
pub(crate) use report::Report;

use crate::arena::Handle;
use crate::machine::FlowId;
use crate::sip::auth::Challenger;
use crate::sip::endpoint::{Endpoint, Events, FlowChange, Stack, TransactionUser, TuEvent};
use crate::sip::message::{HeaderName, Message, Method, StatusCode};
use crate::sip::proxy::{
    Answer, Proxy, ProxySettings, RequestTarget, RouteMark, RoutePlan, Routed, TIMER_C, TargetSet,
    is_sips, validate, validate_forwarding,
};
use crate::sip::registrar::{
    AddressOfRecord, Binding, Domains, EXPIRY, LocationService, Outcome, Registrar, StoredBinding,
    is_open,
};
use crate::sip::transaction::{ServerHandle, UserTimer};
use crate::sip::transport::Source;
use crate::sip::uri::Uri;
use crate::time::Instant;

/// Registrar, proxy and redirect server of one or more domains.
pub struct Server {
    config: ServerConfig,
    domains: Domains,
    guards: Guards,
    policies: Policies,
    registrar: Registrar,
    proxy: Proxy,
}

/// A server with transactions and transport under it.
pub type ServerEndpoint = Endpoint<Server>;

impl Server {
    /// A server nobody has registered with.
    ///
    /// `secret` keys the nonces of its challenges: 32 random bytes, others at each start.
    #[must_use]
    pub fn new(config: ServerConfig, limits: &crate::Limits, secret: [u8; 32]) -> Self {
        let mark = RouteMark::new(config.route_secret.unwrap_or(secret));
        let settings = ProxySettings {
            record_route: config.record_route,
            next_hop: config.next_hop.clone(),
        };
        let domains = Domains::new(&config.domains);
        Self {
            policies: Policies::new(&config, &domains),
            domains,
            guards: Guards::new(&config, secret),
            registrar: Registrar::new(config.expiry, limits.addresses_of_record),
            proxy: Proxy::new(settings, mark, limits.server_transactions),
            config,
        }
    }

    /// Who is registered.
    #[must_use]
    pub fn location(&self) -> &LocationService {
        self.registrar.location()
    }

    fn on_request(
        &mut self,
        stack: &mut Stack,
        transaction: ServerHandle,
        request: Arc<Message>,
        source: Source,
        report: &mut Report<'_>,
    ) {
        let handled = match request.method() {
            Method::Cancel => self.on_cancel(stack, transaction, &request, source, report),
            _ => self.dispatch(stack, transaction, &request, source, report),
        };
        if let Err(answer) = handled {
            if !is_first_challenge(&request, answer.status) {
                report.refused(&request, source, answer.status);
            }
            self.respond(stack, transaction, &request, &answer);
        }
    }

    /// Finds out for whom a request is: for the registrar, for the server itself, or for someone
    /// to whom the proxy knows the way.
    fn dispatch(
        &mut self,
        stack: &mut Stack,
        transaction: ServerHandle,
        request: &Arc<Message>,
        source: Source,
        report: &mut Report<'_>,
    ) -> Result<(), Answer> {
        validate(request)?;
        let mut plan = RoutePlan::new(request, &self.domains, self.proxy.mark(), stack);
        let ends_here = self.config.next_hop.is_none() && !plan.has_route(request);
        if let (true, Ok(Uri::Sip(uri))) = (ends_here, Uri::parse(plan.request_uri(request))) {
            if self.domains.domain(&uri).is_some() {
                // §21.4.1: what we answer ourselves has to be well formed.
                let is_ours = matches!(request.method(), Method::Register) || uri.user.is_none();
                let fault = request.fatal_finding().and_then(|found| found.answer);
                if let Some(status) = fault.filter(|_| is_ours) {
                    return Err(status.into());
                }
                // §10.3 step 1: a REGISTER for another domain is proxied like anything else.
                if matches!(request.method(), Method::Register) {
                    return self.register(stack, transaction, request, source, report);
                }
                if uri.user.is_none() {
                    return self.answer(stack, transaction, request);
                }
            }
        }
        if let Some(address) = self.redirected(request, &plan) {
            self.admit(stack, request, &plan, Challenger::Server)?;
            return self.redirect(stack, transaction, (request, &plan), &address, report);
        }
        validate_forwarding(request, &plan)?;
        self.admit(stack, request, &plan, Challenger::Proxy)?;
        self.consume(request, &mut plan);
        let targets = self.targets(stack, request, &plan)?;
        let routed = Routed {
            transaction,
            request: Arc::clone(request),
            source,
            plan,
            targets,
        };
        self.proxy.forward(stack, routed, report)?;
        Ok(())
    }

    /// §16.5: where a request may go.
    fn targets(
        &self,
        stack: &Stack,
        request: &Message,
        plan: &RoutePlan,
    ) -> Result<TargetSet, Answer> {
        let uri = plan.request_uri(request);
        let mut targets = TargetSet::default();
        let Some(address) = self.local_address(uri) else {
            // A domain of others, or a policy that asks no questions: the request stays as it is.
            targets.add(RequestTarget::only(uri));
            return Ok(targets);
        };
        let address = address.ok_or(StatusCode::NOT_FOUND)?;
        let policy = self.policies.of(&address);
        if !plan.is_marked() && *policy != TargetPolicy::Proxy {
            return Err(match policy {
                TargetPolicy::Unavailable => StatusCode::TEMPORARILY_UNAVAILABLE,
                TargetPolicy::Proxy | TargetPolicy::Unknown => StatusCode::NOT_FOUND,
                TargetPolicy::Nonexistent => StatusCode::DOES_NOT_EXIST_ANYWHERE,
                // §8.3: an ACK or a CANCEL that nothing was sent on for.
                TargetPolicy::Redirect | TargetPolicy::Moved { .. } => {
                    StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST
                }
            }
            .into());
        }
        if !self.knows(&address) {
            return Err(StatusCode::NOT_FOUND.into());
        }
        let sips = is_sips(uri);
        let mut in_clear = false;
        let bindings = self.location().bindings(&address).iter();
        for binding in bindings.filter(|binding| is_open(stack, binding)) {
            // RFC 5630 §5.3: what asks for SIPS goes to SIPS alone.
            if sips && !binding.is_secured() {
                in_clear = true;
                continue;
            }
            targets.add(RequestTarget {
                uri: binding.contact().into(),
                path: binding.path().map(Into::into).collect(),
                flow: binding.flow(),
                q: binding.q(),
            });
        }
        if targets.is_empty() {
            Err(unavailable(&address, in_clear))
        } else {
            Ok(targets)
        }
    }

    /// The address-of-record a Request-URI names: nothing if it is not for us to say where that
    /// leads, and nobody if it names the domain only.
    fn local_address(&self, uri: &str) -> Option<Option<AddressOfRecord>> {
        if self.config.next_hop.is_some() {
            return None;
        }
        match Uri::parse(uri) {
            Ok(Uri::Sip(uri)) => {
                self.domains.domain(&uri)?;
                Some(AddressOfRecord::canonical(&uri, &self.domains))
            }
            Ok(Uri::Tel(_) | Uri::Other { .. }) | Err(_) => None,
        }
    }

    /// Whether there is a user of that name; without a list there is any.
    fn knows(&self, address: &AddressOfRecord) -> bool {
        let realm = self.guards.realm_of(address.domain());
        self.config.users.is_empty() || self.config.users.get(address.user(), realm).is_some()
    }

    /// §16.10.
    fn on_cancel(
        &mut self,
        stack: &mut Stack,
        transaction: ServerHandle,
        request: &Arc<Message>,
        source: Source,
        report: &mut Report<'_>,
    ) -> Result<(), Answer> {
        if let Some(invite) = stack.matching_invite(request) {
            self.respond(stack, transaction, request, &StatusCode::OK.into());
            if let Some(context) = self.proxy.context_of(invite) {
                self.proxy.on_cancel(stack, context, request, report);
            }
            return Ok(());
        }
        // We know nothing of what is to be cancelled: whoever does is further down. It cannot be
        // asked for a password (§22.1), so it goes nowhere a stranger could not have sent it.
        validate(request)?;
        let plan = RoutePlan::new(request, &self.domains, self.proxy.mark(), stack);
        let uri = plan.request_uri(request);
        let is_open = self.closed_domain(uri).is_none();
        let known = self.config.next_hop.is_some()
            || plan.is_marked()
            || is_open && self.local_address(uri).is_some();
        if !known || validate_forwarding(request, &plan).is_err() {
            return Err(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST.into());
        }
        let targets = self
            .targets(stack, request, &plan)
            .map_err(|_| StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST)?;
        let routed = Routed {
            transaction,
            request: Arc::clone(request),
            source,
            plan,
            targets,
        };
        self.proxy.forward(stack, routed, report)?;
        Ok(())
    }

    /// An ACK for a 2xx goes to the callee like the INVITE did, without a transaction of its own
    /// (§16.11); one that may not is dropped, since nothing answers an ACK.
    fn on_ack(&mut self, stack: &mut Stack, request: &Message) {
        if validate(request).is_err() {
            return;
        }
        let mut plan = RoutePlan::new(request, &self.domains, self.proxy.mark(), stack);
        let local = self.local_address(plan.request_uri(request)).is_some();
        let known = self.config.next_hop.is_some() || plan.is_marked() || local;
        if !known || validate_forwarding(request, &plan).is_err() {
            return;
        }
        // §22.1: whoever took the INVITE takes its ACK, and the credentials it repeats.
        self.consume(request, &mut plan);
        if let Ok(mut targets) = self.targets(stack, request, &plan) {
            if let Some(target) = targets.next_group(1).first() {
                self.proxy.forward_ack(stack, request, &plan, target);
            }
        }
    }
}

impl TransactionUser for Server {
    type Event = ServerEvent;

    fn on_event(&mut self, stack: &mut Stack, event: TuEvent, events: &mut Events<Self::Event>) {
        let report = &mut Report(events);
        match event {
            TuEvent::Request {
                transaction,
                request,
                source,
            } => self.on_request(stack, transaction, request, source, report),
            TuEvent::Ack { request, .. } => self.on_ack(stack, &request),
            TuEvent::Response {
                transaction,
                response,
            } => self
                .proxy
                .on_response(stack, transaction, &response, report),
            TuEvent::ClientFailed {
                transaction,
                reason,
            } => self.proxy.on_failure(stack, transaction, reason, report),
            TuEvent::ClientTerminated { transaction } => {
                self.proxy.on_terminated(stack, transaction, report);
            }
            // §16.9: that a response could not be sent changes nothing downstream.
            TuEvent::ServerFailed { .. } | TuEvent::ServerTerminated { .. } => {}
            // RFC 6026 §7.3: what no transaction asked for is not passed on.
            TuEvent::StrayResponse { .. } => {}
            TuEvent::Located { location, found } => {
                self.proxy.on_located(stack, location, found.ok(), report);
            }
        }
    }

    fn on_timer(&mut self, stack: &mut Stack, timer: UserTimer, events: &mut Events<Self::Event>) {
        if timer.kind == EXPIRY {
            let record = Handle::from_raw(timer.index, timer.generation);
            if let Some((address, ended)) = self.registrar.on_expiry(stack, record) {
                for binding in ended {
                    events.push(ServerEvent::Expired {
                        address_of_record: address.as_str().into(),
                        contact: binding.contact().into(),
                    });
                }
            }
        } else if let Some(branch) = timer.kind.checked_sub(TIMER_C) {
            let context = Handle::from_raw(timer.index, timer.generation);
            let report = &mut Report(events);
            self.proxy
                .on_timer_c(stack, context, usize::from(branch), report);
        }
    }

    fn on_flow(
        &mut self,
        stack: &mut Stack,
        flow: FlowId,
        change: FlowChange,
        _events: &mut Events<Self::Event>,
    ) {
        match change {
            FlowChange::Opened => {
                if let Some(flow) = stack.flow(flow) {
                    self.domains.open(flow);
                }
            }
            FlowChange::Closed => self.domains.close(flow),
            FlowChange::Failed(_) | FlowChange::Alive(_) => {}
        }
    }

    /// Bindings are what a server is for: they do not count.
    fn is_idle(&self) -> bool {
        self.proxy.is_idle()
    }

    fn check(&self, _stack: &Stack) -> Result<(), &'static str> {
        self.registrar.check()?;
        self.proxy.check()
    }
}

impl Endpoint<Server> {
    /// Who is registered and where, by address-of-record.
    pub fn bindings(&self) -> impl Iterator<Item = (&AddressOfRecord, &[Binding])> {
        self.user().location().iter()
    }

    /// Takes back bindings that [`LocationService::export`] gave, `elapsed` after it did.
    pub fn restore(&mut self, now: Instant, bindings: &[StoredBinding], elapsed: Duration) {
        self.command(now, |server, stack, _| {
            server.registrar.restore(stack, bindings, elapsed);
        });
    }

    /// All bindings as plain data, to be kept while the server is down.
    #[must_use]
    pub fn export(&self, now: Instant) -> Vec<StoredBinding> {
        self.user().location().export(now)
    }
}

/// §16.5: there is no way to a user now; or, `in_clear`, none as secured as was asked for (RFC 5630
/// §5.3).
fn unavailable(address: &AddressOfRecord, in_clear: bool) -> Answer {
    let mut answer = Answer::from(StatusCode::TEMPORARILY_UNAVAILABLE);
    if in_clear {
        let warning = format!("380 {} \"SIPS Not Allowed\"", address.domain());
        answer.fields.push((HeaderName::Warning, warning));
    }
    answer
}

/// Whether a request was only asked for a password it did not bring: that is how every log-in
/// begins, and nothing to be told of.
fn is_first_challenge(request: &Message, status: StatusCode) -> bool {
    let challengers = [Challenger::Server, Challenger::Proxy];
    challengers.iter().any(|challenger| {
        status == challenger.status() && request.field(challenger.credentials_field()).is_none()
    })
}

/// What became of the contacts of a REGISTER, as events.
fn tell(address: &AddressOfRecord, outcomes: Vec<Outcome>, events: &mut Events<ServerEvent>) {
    for outcome in outcomes {
        let address_of_record = address.as_str().into();
        events.push(match outcome {
            Outcome::Added(contact, expires) => ServerEvent::Registered {
                address_of_record,
                contact: contact.into(),
                expires,
                refreshed: false,
            },
            Outcome::Refreshed(contact, expires) => ServerEvent::Registered {
                address_of_record,
                contact: contact.into(),
                expires,
                refreshed: true,
            },
            Outcome::Removed(contact) => ServerEvent::Unregistered {
                address_of_record,
                contact: contact.into(),
            },
        });
    }
}
