//! The user agent: calls, registrations and questions (RFC 3261 §8–§11, §13–§15).
//!
//! [`UserAgent`] is a [`TransactionUser`](crate::sip::endpoint::TransactionUser);
//! [`UserAgentEndpoint`] is it with the layers below, and has the commands. One file per procedure:
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
//! | `subscription` | subscriptions of ours | RFC 6665 §4.1 |
//! | `watcher` | subscriptions of others | RFC 6665 §4.2 |
//! | `event_service` | what of that others may have | RFC 6665 §4.4.4 |
//! | `event_dialog` | the dialogs of both | RFC 6665 §4.4.1 |
//! | `refer` | asking somebody to call | RFC 3515 |
//! | `message`, `messaging` | instant messages | RFC 3428 |
//! | `standalone` | requests that begin nothing | §8.1 |
//! | `transaction_user` | whose it is what comes from the layers below | §5, §17 |
//! | `requests`, `admission` | what every request goes through | §8.2 |
//! | `draft`, `route` | what every request outside a dialog carries, and which way it takes | §8.1.1, §8.1.2 |
//! | `contact` | where we are reached ourselves | §8.1.1.8 |
//! | `body` | which bodies we read, and the session description in one | §7.4, RFC 5621 |
//! | `in_dialog`, `hop` | the same of those inside one | §12.2.1 |
//! | `saved` | what lives longer than the program | §10.2, §12 |

mod accepted;
mod admission;
mod authorize;
mod body;
mod bye;
mod call;
mod cancel;
mod change;
mod check;
mod commands;
mod config;
mod connected;
mod contact;
mod details;
mod draft;
mod early_dialog;
mod early_session;
mod errors;
mod event_dialog;
mod event_service;
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
mod refer;
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
mod subscription;
mod transaction_user;
mod update;
mod watcher;

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
pub use event_service::EventService;
pub use events::{EndReason, RegistrationFailure, UaEvent};
pub use identity::Identity;
pub use info::Info;
pub use message::{InstantMessage, MessageForm, MessageHandle, OutgoingMessage};
pub use options::{Query, QueryHandle};
pub use peer::SavedPeer;
pub use reason::Reason;
pub use refer::Refer;
pub use registration::{Binding, InstanceId, RegisteredFlow, Registration, RegistrationHandle};
pub use replaces::{NotReplaceable, Replaceable};
pub use saved::{RestoreError, SavedBinding, SavedCall, SavedFlow, SavedRegistration};
pub use session_timer::{SavedSessionTimer, SessionTimer};
pub use subscription::{
    Notification, SavedSubscription, Subscribe, Subscription, SubscriptionEnd, SubscriptionHandle,
};
pub use watcher::{
    EventState, ReferRequest, SavedWatcher, SubscriptionRequest, Watcher, WatcherEnd, WatcherError,
    WatcherHandle,
};

use self::call::Cx;
use self::event_service::Handlers;
use self::identity::config_of;
use self::links::Links;
use alloc::vec::Vec;

use crate::arena::Arena;
use crate::sip::endpoint::{Events, Stack};

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
    /// Without a bound of their own: both are limited where they are added.
    subscriptions: Arena<Subscription>,
    watchers: Arena<Watcher>,
    /// What does all about these, once anything has named it.
    handlers: Option<&'static Handlers>,
    links: Links,
}

impl UserAgent {
    /// A user agent that does nothing yet.
    #[must_use]
    pub fn new(config: UserAgentConfig) -> Self {
        let handlers = config.events.as_ref().map(|it| it.handlers);
        Self {
            config,
            others: Vec::new(),
            calls: Arena::new(u32::MAX as usize),
            live: 0,
            registrations: Arena::new(OTHERS),
            queries: Arena::new(OTHERS),
            messages: Arena::new(OTHERS),
            subscriptions: Arena::new(u32::MAX as usize),
            watchers: Arena::new(u32::MAX as usize),
            handlers,
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
        let told = call.take_referral();
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
        if let Some(told) = told {
            self.on_referral_told(stack, events, told);
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
}
