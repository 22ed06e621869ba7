//! The user agent as the transaction user (RFC 3261 §5, §17): what comes up from the layers below,
//! and whose it is.
//!
//! Requests go to `requests`; a response goes, as an [`Outcome`], to whoever has sent the request,
//! and so does what was found of a search for a server. The [`Links`](super::links::Links) know who
//! that is.

use core::net::SocketAddr;

use super::UserAgent;
use super::call::{Cx, Kind};
use super::events::UaEvent;
use super::links::ClientUse;
use super::outcome::Outcome;
use super::registration::{Registration, RegistrationHandle};
use super::requests::Request;
use crate::arena::Handle;
use crate::machine::FlowId;
use crate::sip::endpoint::{
    Events, FlowChange, LocationHandle, SelectError, Stack, TransactionUser, TuEvent, Way,
};
use crate::sip::message::StatusCode;
use crate::sip::transaction::{ClientHandle, Failure, ServerHandle, UserTimer};

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
            Some(Kind::Subscription | Kind::Watcher) => self.on_event_timer(stack, events, timer),
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
            && self.subscriptions.is_empty()
            && self.watchers.is_empty()
            && self.links.is_empty()
            && self.live == 0
    }

    fn check(&self, stack: &Stack) -> Result<(), &'static str> {
        self.check_links(stack)
    }
}

impl UserAgent {
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
                let referral = self.calls.get(call).and_then(|call| call.referral);
                self.with_call(stack, events, call, |call, cx| {
                    call.on_invite_outcome(cx, transaction, outcome);
                });
                let status = outcome.status();
                let rings = status.is_provisional() && status != StatusCode::TRYING;
                if let Some(referral) = referral.filter(|_| rings) {
                    self.on_referral_told(stack, events, (referral, status));
                }
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
            ClientUse::Subscribe(_) | ClientUse::Notify(_) => {
                self.on_event_outcome(stack, events, (used, transaction, outcome));
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
            | ClientUse::Register(..)
            | ClientUse::Subscribe(_)
            | ClientUse::Notify(_) => {}
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
            Some(used @ (ClientUse::Subscribe(_) | ClientUse::Notify(_))) => {
                self.on_event_located(stack, events, (used, location, found));
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
