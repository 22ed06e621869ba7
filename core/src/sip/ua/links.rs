//! Which transaction and which tag belong to what: the way from the wire to a handle.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::call::{CallHandle, LegId};
use super::identity::Identity;
use super::message::MessageHandle;
use super::options::QueryHandle;
use super::registration::{Registered, RegistrationHandle};
use super::subscription::SubscriptionHandle;
use super::watcher::WatcherHandle;
use crate::arena::Handle;
use crate::machine::FlowId;
use crate::sip::auth::Keyring;
use crate::sip::endpoint::LocationHandle;
use crate::sip::transaction::{ClientHandle, ServerHandle};

/// What else uses the dialog of a call (RFC 5057 §4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Usage {
    /// A subscription that a REFER of ours has made.
    Subscription(SubscriptionHandle),
    /// One that a REFER to us has made.
    Watcher(WatcherHandle),
}

/// What a client transaction of ours is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ClientUse {
    /// An INVITE: the first of the call or a later one.
    Invite(CallHandle),
    /// The BYE of one dialog of a call.
    Bye(CallHandle, LegId),
    /// A PRACK in one dialog of a call.
    Prack(CallHandle, LegId),
    /// An INFO in one dialog of a call.
    Info(CallHandle, LegId),
    /// An UPDATE in one dialog of a call.
    Update(CallHandle, LegId),
    /// Whatever is sent in one dialog of a call: its next hop is looked up.
    Hop(CallHandle, LegId),
    /// A CANCEL, whose answer tells nothing: what counts is the final response to the INVITE.
    Cancel,
    /// A MESSAGE in one dialog of a call.
    CallMessage(CallHandle, LegId),
    /// A MESSAGE outside a call.
    Message(MessageHandle),
    /// An OPTIONS.
    Options(QueryHandle),
    /// A REGISTER for the binding of that number.
    Register(RegistrationHandle, u8),
    /// A SUBSCRIBE or REFER.
    Subscribe(SubscriptionHandle),
    /// A NOTIFY.
    Notify(WatcherHandle),
}

impl ClientUse {
    /// The call it is a request of. That of a CANCEL says nothing of the credentials of the call.
    pub(super) fn call(self) -> Option<CallHandle> {
        match self {
            Self::Invite(call)
            | Self::Bye(call, _)
            | Self::Prack(call, _)
            | Self::Info(call, _)
            | Self::Update(call, _)
            | Self::CallMessage(call, _) => Some(call),
            Self::Hop(..)
            | Self::Cancel
            | Self::Message(_)
            | Self::Options(_)
            | Self::Register(..)
            | Self::Subscribe(_)
            | Self::Notify(_) => None,
        }
    }
}

/// The tables.
#[derive(Default)]
pub(super) struct Links {
    /// Calls by the tag we chose for them. The key is random and ours, so nobody can aim at it.
    pub(super) by_tag: BTreeMap<Box<str>, CallHandle>,
    pub(super) clients: BTreeMap<ClientHandle, ClientUse>,
    /// Searches for a server, by what is to be sent there.
    pub(super) locations: BTreeMap<LocationHandle, ClientUse>,
    /// The transactions of INVITEs we received; some outlive their call.
    pub(super) servers: BTreeMap<ServerHandle, CallHandle>,
    /// Registrations and the numbers of their bindings, by the flow their last REGISTER went on, in
    /// order. Most have one, and a tree for it would weigh more than the rest.
    pub(super) registered_on: Vec<(FlowId, RegistrationHandle, u8)>,
    /// What came of them.
    pub(super) registered: Registered,
    /// Calls that have moved and wait for a flow to tell the far end over.
    pub(super) moving: Vec<CallHandle>,
    /// The credentials of each identity that outlive a call or registration.
    pub(super) keyrings: BTreeMap<Identity, Keyring>,
    /// Subscriptions of ours by the tag of the SUBSCRIBE that opened them; several if it forked.
    pub(super) subscribers: BTreeMap<Box<str>, Vec<SubscriptionHandle>>,
    /// Subscriptions of others by the tag we chose for them.
    pub(super) watchers: BTreeMap<Box<str>, WatcherHandle>,
    /// The subscriptions that share the dialog of a call.
    pub(super) usages: BTreeSet<(CallHandle, LegId, Usage)>,
    /// The realm that asked last for what we have not.
    pub(super) unanswered_realm: Option<Box<str>>,
}

impl Links {
    /// Notes that a binding went from one flow to another.
    pub(super) fn register_on(
        &mut self,
        (me, number): (RegistrationHandle, u8),
        before: Option<FlowId>,
        after: Option<FlowId>,
    ) {
        let all = &mut self.registered_on;
        if let Some(Ok(at)) = before.map(|flow| all.binary_search(&(flow, me, number))) {
            all.remove(at);
        }
        let place = after.map(|flow| (flow, all.binary_search(&(flow, me, number))));
        if let Some((flow, Err(at))) = place {
            all.insert(at, (flow, me, number));
        }
    }

    /// The bindings that went on a flow.
    pub(super) fn registered_on(&self, flow: FlowId) -> Vec<(RegistrationHandle, u8)> {
        let first = self.registered_on.partition_point(|(on, ..)| *on < flow);
        let those = self.registered_on.iter().skip(first);
        let those = those.take_while(|(on, ..)| *on == flow);
        those.map(|(_, me, number)| (*me, *number)).collect()
    }

    /// What else uses the dialog of a leg.
    pub(super) fn usages_of(
        &self,
        call: CallHandle,
        leg: LegId,
    ) -> impl Iterator<Item = Usage> + '_ {
        let least = (call, leg, Usage::Subscription(Handle::from_raw(0, 0)));
        let those = self.usages.range(least..);
        let those = those.take_while(move |(on, of, _)| *on == call && *of == leg);
        those.map(|(_, _, usage)| *usage)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_tag.is_empty()
            && self.clients.is_empty()
            && self.locations.is_empty()
            && self.servers.is_empty()
            && self.registered_on.is_empty()
            && self.registered.is_empty()
            && self.moving.is_empty()
            && self.subscribers.is_empty()
            && self.watchers.is_empty()
            && self.usages.is_empty()
    }
}
