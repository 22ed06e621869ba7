//! The user agent: calls, registrations and questions (RFC 3261 §8–§11, §13–§15).
//!
//! [`UserAgent`] is a [`TransactionUser`]; [`UserAgentEndpoint`] is it with the layers below, and
//! has the commands. One file per procedure:
//!
//! | file | what | RFC 3261 |
//! |---|---|---|
//! | `commands` | what the application asks for | |
//! | `events` | what it is told | |
//! | `call` | a call, its dialogs, and how it ends | §13, §15 |
//! | `invite_client`, `invite_final` | INVITE, its responses, ACK | §13.2 |
//! | `invite_server`, `accepted` | being invited, 2xx until its ACK | §13.3 |
//! | `replaces` | which dialog another call may replace | RFC 3891 |
//! | `redirect` | trying elsewhere | §8.1.3.4 |
//! | `repair`, `extensions` | asking again in another way | §8.1.3.5 |
//! | `details` | what an answer says beside its status | §20.33, §20.43 |
//! | `reason` | why it ends | RFC 3326 |
//! | `cancel` | giving up | §9 |
//! | `change`, `reinvite` | hold, resume, glare | §14 |
//! | `modify` | other streams, other formats | RFC 3264 §8 |
//! | `moving` | another address of ours | §12.2, §14.1 |
//! | `update` | changes without an INVITE | RFC 3311 |
//! | `session_timer` | sessions that need a refresh | RFC 4028 |
//! | `early_dialog` | who rings, and who no more | §13.2.2.1, RFC 6228 |
//! | `early_session` | early media | RFC 3262 §5, RFC 6337 |
//! | `reliable`, `prack` | provisional responses that arrive | RFC 3262 |
//! | `bye` | hanging up | §15 |
//! | `identity` | which of our addresses-of-record it is about | §10.2, RFC 5627 §4.4.1 |
//! | `registration` | bindings | §10.2, RFC 5626, RFC 5627, RFC 3608 |
//! | `connected` | who is connected | RFC 4916 |
//! | `info` | what applications say within a call | RFC 6086 |
//! | `options` | capabilities | §11 |
//! | `message`, `messaging` | instant messages | RFC 3428 |
//! | `standalone` | requests that begin nothing | §8.1 |
//! | `requests`, `admission` | what every request goes through | §8.2 |
//! | `draft`, `route` | what every request outside a dialog carries, and which way it takes | §8.1.1, §8.1.2 |
//! | `in_dialog`, `hop` | the same of those inside one | §12.2.1 |
//! | `saved` | what lives longer than the program | §10.2, §12 |

mod accepted;
mod admission;
mod authorize;
mod bye;
mod call;
mod cancel;
mod change;
mod check;
mod commands;
mod config;
mod connected;
mod details;
mod draft;
mod early_dialog;
mod early_session;
mod errors;
mod events;
mod extensions;
mod hop;
mod identity;
mod in_dialog;
mod info;
mod invite_client;
mod invite_final;
mod invite_server;
mod links;
mod message;
mod messaging;
mod modify;
mod moving;
mod options;
mod outcome;
mod peer;
mod prack;
mod reason;
mod redirect;
mod registration;
mod reinvite;
mod reliable;
mod repair;
mod replaces;
mod requests;
mod route;
mod saved;
mod secure;
mod session_timer;
mod standalone;
mod update;

#[cfg(test)]
mod tests;

pub use call::{Call, CallHandle, Role, Stage};
pub use commands::UserAgentEndpoint;
pub use config::{GruuUse, UserAgentConfig};
pub use details::{Details, Warning};
pub use errors::{
    AcceptError, CallError, InDialogError, InviteError, MessageError, ModifyError, RegisterError,
    RequestError, StaleHandle,
};
pub use events::{EndReason, RegistrationFailure, UaEvent};
pub use identity::Identity;
pub use info::Info;
pub use message::{InstantMessage, MessageForm, MessageHandle, OutgoingMessage};
pub use options::{Query, QueryHandle};
pub use peer::SavedPeer;
pub use reason::Reason;
pub use registration::{Binding, InstanceId, RegisteredFlow, Registration, RegistrationHandle};
pub use replaces::{NotReplaceable, Replaceable};
pub use saved::{RestoreError, SavedBinding, SavedCall, SavedFlow, SavedRegistration};
pub use session_timer::{SavedSessionTimer, SessionTimer};

use self::call::{Cx, Kind};
use self::identity::config_of;
use self::links::{ClientUse, Links};
use self::outcome::Outcome;
use self::requests::Request;
use alloc::vec::Vec;
use core::net::SocketAddr;

use crate::arena::{Arena, Handle};
use crate::machine::FlowId;
use crate::sip::endpoint::{
    Events, FlowChange, LocationHandle, SelectError, Stack, TransactionUser, TuEvent, Way,
};
use crate::sip::transaction::{ClientHandle, Failure, ServerHandle, UserTimer};

/// How many registrations and questions one user agent may have.
const OTHERS: usize = 1024;

/// A phone without its sockets and its sound.
pub struct UserAgent {
    config: UserAgentConfig,
    /// The settings of its further identities.
    others: Vec<UserAgentConfig>,
    /// Without a bound of its own: those that are not over are counted in `live` and limited,
    /// and each of the others has a transaction, which are limited too.
    calls: Arena<Call>,
    live: usize,
    registrations: Arena<Registration>,
    queries: Arena<Query>,
    messages: Arena<OutgoingMessage>,
    links: Links,
}

impl UserAgent {
    /// A user agent that does nothing yet.
    #[must_use]
    pub fn new(config: UserAgentConfig) -> Self {
        Self {
            config,
            others: Vec::new(),
            calls: Arena::new(u32::MAX as usize),
            live: 0,
            registrations: Arena::new(OTHERS),
            queries: Arena::new(OTHERS),
            messages: Arena::new(OTHERS),
            links: Links::default(),
        }
    }

    /// What it was told, of its first identity.
    #[must_use]
    pub fn config(&self) -> &UserAgentConfig {
        &self.config
    }

    /// A call, unless nothing is left of it.
    #[must_use]
    pub fn call(&self, call: CallHandle) -> Option<&Call> {
        self.calls.get(call)
    }

    /// A registration, unless it is over.
    #[must_use]
    pub fn registration(&self, registration: RegistrationHandle) -> Option<&Registration> {
        self.registrations.get(registration)
    }

    /// The calls that are not over.
    pub fn calls(&self) -> impl Iterator<Item = CallHandle> {
        let live = self.calls.iter().filter(|(_, call)| call.is_live());
        live.map(|(handle, _)| handle)
    }

    /// How many dialogs a call has.
    #[cfg(test)]
    fn legs_of(&self, call: CallHandle) -> usize {
        self.calls.get(call).map_or(0, |call| call.legs.len())
    }

    /// How many calls are not over.
    #[must_use]
    pub fn live_calls(&self) -> usize {
        self.live
    }

    /// Lets `act` change a call, then does what its new state allows, and forgets it if nothing
    /// refers to it any more: the one place where calls go.
    fn with_call<R>(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        me: CallHandle,
        act: impl FnOnce(&mut Call, &mut Cx<'_, CallHandle>) -> R,
    ) -> Option<R> {
        let call = self.calls.get_mut(me)?;
        let was_live = call.is_live();
        let mut cx = Cx {
            me,
            identity: call.identity,
            config: config_of(&self.config, &self.others, call.identity),
            links: &mut self.links,
            stack,
            events,
        };
        let result = act(call, &mut cx);
        call.settle(&mut cx);
        call.look_up_hops(&mut cx);
        if was_live && !call.is_live() {
            self.live = self.live.saturating_sub(1);
        }
        if call.is_terminated() {
            self.links.by_tag.remove(&call.local_tag);
            self.links.moving.retain(|waiting| *waiting != me);
            self.calls.remove(me);
        }
        Some(result)
    }

    fn with_registration<R>(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        me: RegistrationHandle,
        act: impl FnOnce(&mut Registration, &mut Cx<'_, RegistrationHandle>) -> R,
    ) -> Option<R> {
        let registration = self.registrations.get_mut(me)?;
        let mut cx = Cx {
            me,
            identity: registration.identity,
            config: config_of(&self.config, &self.others, registration.identity),
            links: &mut self.links,
            stack,
            events,
        };
        let result = act(registration, &mut cx);
        registration.link(me, &mut self.links);
        let identity = registration.identity;
        if registration.is_terminated() {
            self.links.registered.withdraw(identity, me);
            self.registrations.remove(me);
        }
        if !self.links.moving.is_empty() && !self.links.registered.is_recovering(identity) {
            self.resume_moves(stack, events);
        }
        Some(result)
    }

    fn with_query<R>(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        me: QueryHandle,
        act: impl FnOnce(&mut Query, &mut Cx<'_, QueryHandle>) -> R,
    ) -> Option<R> {
        let query = self.queries.get_mut(me)?;
        let mut cx = Cx {
            me,
            identity: query.identity(),
            config: config_of(&self.config, &self.others, query.identity()),
            links: &mut self.links,
            stack,
            events,
        };
        Some(act(query, &mut cx))
    }

    fn on_outcome(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        transaction: ClientHandle,
        used: ClientUse,
        outcome: Outcome<'_>,
    ) {
        let success = outcome.message().filter(|_| outcome.status().is_success());
        let call = used.call().and_then(|call| self.calls.get_mut(call));
        if let (Some(response), Some(call)) = (success, call) {
            call.receive_success(response, stack.rng());
        }
        match used {
            ClientUse::Invite(call) => {
                self.with_call(stack, events, call, |call, cx| {
                    call.on_invite_outcome(cx, transaction, outcome);
                });
            }
            ClientUse::Bye(call, leg) => {
                self.with_call(stack, events, call, |call, cx| {
                    call.on_bye_outcome(cx, transaction, leg, outcome);
                });
            }
            ClientUse::Prack(call, leg) => {
                self.with_call(stack, events, call, |call, cx| {
                    call.on_prack_outcome(cx, transaction, leg, outcome);
                });
            }
            ClientUse::Update(call, leg) => {
                self.with_call(stack, events, call, |call, cx| {
                    call.on_update_outcome(cx, transaction, leg, outcome);
                });
            }
            ClientUse::Info(call, leg) => {
                self.with_call(stack, events, call, |call, cx| {
                    call.on_info_outcome(cx, transaction, leg, outcome);
                });
            }
            ClientUse::CallMessage(call, leg) => {
                self.with_call(stack, events, call, |call, cx| {
                    call.on_message_outcome(cx, transaction, leg, outcome);
                });
            }
            // Nothing is sent to look something up but by the stack.
            ClientUse::Cancel | ClientUse::Hop(..) => {}
            ClientUse::Message(message) => {
                let over = self.with_message(stack, events, message, |message, cx| {
                    message.on_outcome(cx, outcome)
                });
                if over == Some(true) {
                    self.messages.remove(message);
                }
            }
            ClientUse::Options(query) => {
                let over = self.with_query(stack, events, query, |query, cx| {
                    query.on_outcome(cx, outcome)
                });
                if over == Some(true) {
                    self.queries.remove(query);
                }
            }
            ClientUse::Register(registration, number) => {
                self.with_registration(stack, events, registration, |registration, cx| {
                    registration.on_outcome(cx, number, outcome);
                });
            }
        }
    }

    /// Forgets a client transaction that is over. What has an interest in that is a call.
    fn on_client_gone(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        transaction: ClientHandle,
        used: ClientUse,
    ) {
        match used {
            ClientUse::Invite(call) => {
                self.with_call(stack, events, call, |call, _| {
                    call.answered.retain(|one| one.transaction != transaction);
                    call.answered.shrink_to_fit();
                });
            }
            ClientUse::Bye(call, leg) => {
                self.with_call(stack, events, call, |call, _| {
                    call.on_bye_terminated(transaction, leg);
                });
            }
            ClientUse::Cancel
            | ClientUse::Hop(..)
            | ClientUse::Info(..)
            | ClientUse::Prack(..)
            | ClientUse::Update(..)
            | ClientUse::CallMessage(..)
            | ClientUse::Message(_)
            | ClientUse::Options(_)
            | ClientUse::Register(..) => {}
        }
    }

    /// Hands what came of a search for a server to whoever has something to send there.
    fn on_located(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        location: LocationHandle,
        found: Result<Way, SelectError>,
    ) {
        match self.links.locations.remove(&location) {
            Some(ClientUse::Invite(call)) => {
                self.with_call(stack, events, call, |call, cx| {
                    call.on_located(cx, location, found);
                });
            }
            Some(ClientUse::Hop(call, leg)) => {
                self.with_call(stack, events, call, |call, cx| {
                    call.on_hop_located(cx, leg, location, found);
                });
            }
            Some(ClientUse::Message(message)) => {
                let over = self.with_message(stack, events, message, |message, cx| {
                    message.on_located(cx, location, found)
                });
                if over == Some(true) {
                    self.messages.remove(message);
                }
            }
            Some(ClientUse::Options(query)) => {
                let over = self.with_query(stack, events, query, |query, cx| {
                    query.on_located(cx, location, found)
                });
                if over == Some(true) {
                    self.queries.remove(query);
                }
            }
            Some(ClientUse::Register(registration, number)) => {
                self.with_registration(stack, events, registration, |registration, cx| {
                    registration.on_located(cx, number, location, found);
                });
            }
            // These go where something went before.
            Some(
                ClientUse::Bye(..)
                | ClientUse::Info(..)
                | ClientUse::Prack(..)
                | ClientUse::Update(..)
                | ClientUse::CallMessage(..)
                | ClientUse::Cancel,
            )
            | None => {}
        }
    }

    /// Lets the bindings on a flow act; of a datagram socket those whose REGISTER went to `peer`.
    fn with_bindings_on(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        (flow, peer): (FlowId, Option<SocketAddr>),
        act: impl Fn(&mut Registration, &mut Cx<'_, RegistrationHandle>, u8),
    ) {
        for (me, number) in self.links.registered_on(flow) {
            self.with_registration(stack, events, me, |registration, cx| {
                if peer.is_none_or(|peer| registration.goes_to(number, peer)) {
                    act(registration, cx, number);
                }
            });
        }
    }

    fn on_server_gone(&mut self, transaction: ServerHandle) {
        self.links.servers.remove(&transaction);
    }
}

impl TransactionUser for UserAgent {
    type Event = UaEvent;

    fn on_event(&mut self, stack: &mut Stack, event: TuEvent, events: &mut Events<UaEvent>) {
        match event {
            TuEvent::Request {
                transaction,
                request,
                source,
            } => {
                let request = Request {
                    transaction,
                    message: request,
                    source,
                };
                self.on_request(stack, events, &request);
            }
            TuEvent::Ack { request, .. } => self.on_ack(stack, events, &request),
            TuEvent::Response {
                transaction,
                response,
            } => {
                if let Some(used) = self.links.clients.get(&transaction).copied() {
                    let outcome = Outcome::Response(&response);
                    self.on_outcome(stack, events, transaction, used, outcome);
                }
            }
            TuEvent::ClientFailed {
                transaction,
                reason,
            } => {
                if let Some(used) = self.links.clients.remove(&transaction) {
                    let outcome = Outcome::Failed(reason);
                    self.on_outcome(stack, events, transaction, used, outcome);
                    self.on_client_gone(stack, events, transaction, used);
                }
            }
            TuEvent::ClientTerminated { transaction } => {
                if let Some(used) = self.links.clients.remove(&transaction) {
                    self.on_client_gone(stack, events, transaction, used);
                }
            }
            TuEvent::ServerTerminated { transaction }
            | TuEvent::ServerFailed {
                transaction,
                reason: Failure::Timeout,
            } => self.on_server_gone(transaction),
            // RFC 6026 §8.8: the transaction stays, and so does its place here. A response that
            // could not be sent is sent again by it, or by us until the ACK.
            TuEvent::ServerFailed {
                reason: Failure::Transport,
                ..
            } => {}
            TuEvent::Located { location, found } => {
                self.on_located(stack, events, location, found);
            }
            TuEvent::StrayResponse { .. } => {}
        }
    }

    fn on_timer(&mut self, stack: &mut Stack, timer: UserTimer, events: &mut Events<UaEvent>) {
        match Kind::from_number(timer.kind) {
            Some(Kind::Registration) => {
                let me = Handle::from_raw(timer.index, timer.generation);
                self.with_registration(stack, events, me, |registration, cx| {
                    registration.on_timer(cx);
                });
            }
            Some(kind) => {
                let me = Handle::from_raw(timer.index, timer.generation);
                self.with_call(stack, events, me, |call, cx| call.on_timer(cx, kind));
            }
            None => {}
        }
    }

    fn on_flow(
        &mut self,
        stack: &mut Stack,
        flow: FlowId,
        change: FlowChange,
        events: &mut Events<UaEvent>,
    ) {
        match change {
            // RFC 5626 §4.5: what was registered over a flow that is gone is registered over a new
            // one. Whatever else was under way on it is told of one by one.
            FlowChange::Closed => {
                self.with_bindings_on(stack, events, (flow, None), Registration::on_flow_failed);
            }
            FlowChange::Failed(peer) => {
                let path = (flow, Some(peer));
                self.with_bindings_on(stack, events, path, Registration::on_flow_failed);
            }
            FlowChange::Alive(peer) => {
                let path = (flow, Some(peer));
                self.with_bindings_on(stack, events, path, |registration, _, number| {
                    registration.on_alive(number);
                });
            }
            FlowChange::Opened => {}
        }
    }

    fn is_idle(&self) -> bool {
        self.calls.is_empty()
            && self.registrations.is_empty()
            && self.queries.is_empty()
            && self.messages.is_empty()
            && self.links.is_empty()
            && self.live == 0
    }

    fn check(&self, stack: &Stack) -> Result<(), &'static str> {
        self.check_links(stack)
    }
}
