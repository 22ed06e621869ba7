//! Which transaction and which tag belong to what: the way from the wire to a handle.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};

use super::call::{CallHandle, LegId};
use super::options::QueryHandle;
use super::register::RegistrationHandle;
use crate::machine::FlowId;
use crate::sip::endpoint::LocationHandle;
use crate::sip::transaction::{ClientHandle, ServerHandle};

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
    /// A CANCEL, whose answer tells nothing: what counts is the final response to the INVITE.
    Cancel,
    /// An OPTIONS.
    Options(QueryHandle),
    /// A REGISTER.
    Register(RegistrationHandle),
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
    /// Registrations by the flow their last REGISTER went on.
    pub(super) registered_on: BTreeSet<(FlowId, RegistrationHandle)>,
}

impl Links {
    pub(super) fn is_empty(&self) -> bool {
        self.by_tag.is_empty()
            && self.clients.is_empty()
            && self.locations.is_empty()
            && self.servers.is_empty()
            && self.registered_on.is_empty()
    }
}
