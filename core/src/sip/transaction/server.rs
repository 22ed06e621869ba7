//! The table of server transactions.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::fmt;
use core::net::IpAddr;

use super::Failure;
use super::cx::Cx;
use super::index::Index;
use super::invite_server::InviteServer;
use super::key::{Keys, same_branch, same_fields};
use super::non_invite_server::NonInviteServer;
use super::timer::Timer;
use crate::arena::{Arena, Handle};
use crate::machine::FlowId;
use crate::sip::message::{Message, Method, StatusCode};
use crate::sip::transport::{Sender, Source, Target};

/// Names a server transaction.
pub type ServerHandle = Handle<ServerTransaction>;

/// One request we received and what we made of it.
#[derive(Debug)]
pub struct ServerTransaction {
    machine: Machine,
    request: Arc<Message>,
    source: Source,
    path: Target,
    /// By branch; none for a client of RFC 2543.
    branch_key: Option<u64>,
    /// By From tag, Call-ID and CSeq.
    origin_key: u64,
    /// The To tag of our final response, kept where an ACK has to be matched by it.
    answered_tag: Option<Box<str>>,
}

#[derive(Debug)]
enum Machine {
    Invite(InviteServer),
    NonInvite(NonInviteServer),
}

/// What a server transaction tells the user for one message or timer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ServerUp {
    /// The ACK is for the user.
    Ack,
    /// It ended, or goes on, without what it waited for.
    Failed(Failure),
    /// It ended in good order.
    Terminated,
}

/// Why a response was not sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RespondError {
    /// The transaction is gone; the response has nowhere to go (RFC 6026 §8.3).
    Stale,
    /// A final response was sent already (RFC 3261 §17.2).
    WrongState,
    /// A response nobody may send to a non-INVITE request: 101–199, 408, or 100 over UDP before
    /// the client is down to T2 (RFC 4320 §4).
    NotAllowed,
}

impl fmt::Display for RespondError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stale => "the server transaction is gone",
            Self::WrongState => "a final response was sent already",
            Self::NotAllowed => "this response must not be sent to a non-INVITE request",
        })
    }
}

impl core::error::Error for RespondError {}

impl ServerTransaction {
    /// The request, with received and rport filled in.
    #[must_use]
    pub const fn request(&self) -> &Arc<Message> {
        &self.request
    }

    /// Where it came from.
    #[must_use]
    pub const fn source(&self) -> Source {
        self.source
    }

    /// Where it is answered to (RFC 3261 §18.2.2).
    #[must_use]
    pub const fn path(&self) -> Target {
        self.path
    }

    /// The RFC's name of its state.
    #[must_use]
    pub const fn state_name(&self) -> &'static str {
        match &self.machine {
            Machine::Invite(machine) => machine.state_name(),
            Machine::NonInvite(machine) => machine.state_name(),
        }
    }

    /// Whether the user may still decide an INVITE.
    #[must_use]
    pub const fn is_undecided_invite(&self) -> bool {
        match &self.machine {
            Machine::Invite(machine) => machine.is_undecided(),
            Machine::NonInvite(_) => false,
        }
    }

    const fn is_terminated(&self) -> bool {
        match &self.machine {
            Machine::Invite(machine) => machine.is_terminated(),
            Machine::NonInvite(machine) => machine.is_terminated(),
        }
    }
}

/// What a request turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Matched {
    /// A copy of the request of this transaction, or an ACK for it.
    Transaction(ServerHandle),
    /// An ACK for a transaction that has none: not an INVITE.
    AckOfNothing,
    /// Nothing seen before.
    New,
}

/// Requests with one branch, or one origin. An INVITE and its CANCEL share a branch; a forked request
/// that comes here on several ways shares its origin.
const CROWD: usize = 64;

/// Server transactions by handle, by branch and by origin.
pub(crate) struct ServerTable {
    entries: Arena<ServerTransaction>,
    branches: Index,
    origins: Index,
    /// How many each address has.
    sources: BTreeMap<IpAddr, usize>,
}

impl ServerTable {
    /// A table of at most `capacity`.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            entries: Arena::new(capacity),
            branches: Index::default(),
            origins: Index::default(),
            sources: BTreeMap::new(),
        }
    }

    /// How many an address has.
    pub(crate) fn of_source(&self, ip: IpAddr) -> usize {
        self.sources.get(&ip).copied().unwrap_or(0)
    }

    /// Takes in a request that matched nothing; `branch_key` is that of its top Via. None if there
    /// is no place for it, or if it has not what makes a transaction.
    pub(crate) fn start(
        &mut self,
        cx: &mut Cx,
        keys: &Keys,
        request: Arc<Message>,
        branch_key: Option<u64>,
        source: Source,
        path: Target,
    ) -> Option<ServerHandle> {
        let method = request.method();
        let origin_key = keys.origin(&request, method)?;
        if self.is_crowded(branch_key, origin_key) {
            return None;
        }
        let machine = if method == Method::Invite {
            Machine::Invite(InviteServer::new())
        } else {
            Machine::NonInvite(NonInviteServer::new(cx.now))
        };
        let entry = ServerTransaction {
            machine,
            request,
            source,
            path,
            branch_key,
            origin_key,
            answered_tag: None,
        };
        let me = self.entries.insert(entry).ok()?;
        if let Some(hash) = branch_key {
            self.branches.insert(hash, me);
        }
        self.origins.insert(origin_key, me);
        let of_source = self.sources.entry(source.address.ip()).or_default();
        *of_source = of_source.saturating_add(1);
        match &mut self.entries.get_mut(me)?.machine {
            Machine::Invite(machine) => machine.start(cx, me, path),
            Machine::NonInvite(machine) => machine.start(cx, me, path),
        }
        Some(me)
    }

    /// The transaction a request belongs to (§17.2.3).
    pub(crate) fn matching(
        &self,
        keys: &Keys,
        request: &Message,
        branch_key: Option<u64>,
    ) -> Matched {
        let method = request.method();
        if let Some(found) = self.lookup(keys, request, branch_key, method) {
            return Matched::Transaction(found);
        }
        if method == Method::Ack && self.is_ack_of_another_method(request, branch_key) {
            return Matched::AckOfNothing;
        }
        Matched::New
    }

    /// The INVITE a CANCEL is about: what the CANCEL would match if it were one (§9.2).
    pub(crate) fn cancelled_by(&self, keys: &Keys, cancel: &Message) -> Option<ServerHandle> {
        let branch_key = keys.server(&cancel.top_via().ok()?);
        self.lookup(keys, cancel, branch_key, Method::Invite)
    }

    /// Whether another transaction has the same From tag, Call-ID and CSeq: the request came here
    /// on two ways (§8.2.2.2).
    pub(crate) fn is_merged(&self, me: ServerHandle) -> bool {
        let Some(entry) = self.entries.get(me) else {
            return false;
        };
        self.origins
            .under(entry.origin_key)
            .filter(|other| *other != me)
            .filter_map(|other| self.entries.get(other))
            .any(|other| same_origin(&entry.request, &other.request).unwrap_or(false))
    }

    /// Hands over a copy of the request.
    pub(crate) fn on_request(&mut self, cx: &mut Cx, me: ServerHandle) -> Option<ServerUp> {
        let entry = self.entries.get_mut(me)?;
        cx.sender = Sender::Server(me.to_raw());
        let up = match &mut entry.machine {
            Machine::Invite(machine) => machine.on_request(cx, entry.path),
            Machine::NonInvite(machine) => machine.on_request(cx, entry.path),
        };
        self.reap(me);
        up
    }

    /// Hands over an ACK.
    pub(crate) fn on_ack(&mut self, cx: &mut Cx, me: ServerHandle) -> Option<ServerUp> {
        let entry = self.entries.get_mut(me)?;
        let up = match &mut entry.machine {
            Machine::Invite(machine) => machine.on_ack(cx, me, entry.path),
            Machine::NonInvite(_) => None,
        };
        self.reap(me);
        up
    }

    /// Sends the user's answer. `to_tag` is that of the answer.
    pub(crate) fn respond(
        &mut self,
        cx: &mut Cx,
        me: ServerHandle,
        status: StatusCode,
        to_tag: impl FnOnce() -> Option<Box<str>>,
        bytes: Arc<[u8]>,
    ) -> Result<(), RespondError> {
        let entry = self.entries.get_mut(me).ok_or(RespondError::Stale)?;
        let path = entry.path;
        cx.sender = Sender::Server(me.to_raw());
        let sent = match &mut entry.machine {
            Machine::Invite(machine) => machine.respond(cx, me, path, status, bytes),
            Machine::NonInvite(machine) => machine.respond(cx, me, path, status, bytes),
        };
        if sent.is_ok() && status.is_final() && entry.branch_key.is_none() {
            entry.answered_tag = to_tag();
        }
        self.reap(me);
        sent
    }

    /// Hands over a timer.
    pub(crate) fn on_timer(
        &mut self,
        cx: &mut Cx,
        me: ServerHandle,
        timer: Timer,
    ) -> Option<ServerUp> {
        let entry = self.entries.get_mut(me)?;
        cx.sender = Sender::Server(me.to_raw());
        let (path, request) = (entry.path, &entry.request);
        let up = match &mut entry.machine {
            Machine::Invite(machine) => machine.on_timer(cx, me, path, request, timer),
            Machine::NonInvite(machine) => machine.on_timer(cx, path, request, timer),
        };
        self.reap(me);
        up
    }

    /// Tells one that what it sent did not leave.
    pub(crate) fn on_transport_error(&mut self, me: ServerHandle) -> Option<ServerUp> {
        let entry = self.entries.get_mut(me)?;
        let up = match &entry.machine {
            Machine::Invite(machine) => machine.on_transport_error(),
            Machine::NonInvite(machine) => machine.on_transport_error(),
        };
        self.reap(me);
        up
    }

    /// The transactions that answer over a flow.
    pub(crate) fn on_flow(&self, flow: FlowId) -> impl Iterator<Item = ServerHandle> {
        self.entries
            .iter()
            .filter(move |(_, entry)| entry.path.flow == flow)
            .map(|(handle, _)| handle)
    }

    /// Answers over another flow from here on.
    pub(crate) fn reroute(&mut self, me: ServerHandle, path: Target) {
        if let Some(entry) = self.entries.get_mut(me) {
            entry.path = path;
        }
    }

    /// One of them.
    pub(crate) fn get(&self, me: ServerHandle) -> Option<&ServerTransaction> {
        self.entries.get(me)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many timers they have running; an error if the table and its indexes differ.
    pub(crate) fn check(&self) -> Result<usize, &'static str> {
        if self.origins.len() != self.entries.len() {
            return Err("the origin index and the server table differ in length");
        }
        let (mut timers, mut branches) = (0, 0);
        for (handle, entry) in self.entries.iter() {
            if entry.is_terminated() {
                return Err("a terminated server transaction was not reaped");
            }
            if let Some(hash) = entry.branch_key {
                branches += 1;
                if !self.branches.under(hash).any(|found| found == handle) {
                    return Err("a server transaction is not in the branch index");
                }
            }
            timers += match &entry.machine {
                Machine::Invite(machine) => machine.armed().len(),
                Machine::NonInvite(machine) => machine.armed().len(),
            };
        }
        if self.sources.values().sum::<usize>() != self.entries.len() {
            return Err("the server transactions of each source do not add up");
        }
        if branches != self.branches.len() {
            return Err("the branch index has entries without a server transaction");
        }
        Ok(timers)
    }

    fn lookup(
        &self,
        keys: &Keys,
        request: &Message,
        branch_key: Option<u64>,
        method: Method<'_>,
    ) -> Option<ServerHandle> {
        match branch_key {
            Some(hash) => self.branches.under(hash).find(|handle| {
                self.entries
                    .get(*handle)
                    .is_some_and(|entry| same_branch(&entry.request, request, method))
            }),
            None => {
                let hash = keys.origin(request, method)?;
                self.origins.under(hash).find(|handle| {
                    self.entries.get(*handle).is_some_and(|entry| {
                        let tag = entry.answered_tag.as_deref();
                        entry.branch_key.is_none()
                            && same_fields(&entry.request, request, method, tag)
                    })
                })
            }
        }
    }

    fn is_ack_of_another_method(&self, ack: &Message, branch_key: Option<u64>) -> bool {
        let Some(hash) = branch_key else {
            return false;
        };
        self.branches
            .under(hash)
            .filter_map(|handle| self.entries.get(handle))
            .any(|entry| same_branch(&entry.request, ack, entry.request.method()))
    }

    /// Whether somebody gives many requests one branch, or one Call-ID, From tag and CSeq: they are
    /// compared one by one.
    fn is_crowded(&self, branch_key: Option<u64>, origin_key: u64) -> bool {
        let has_many = |index: &Index, hash| {
            let mut under = index.under::<ServerTransaction>(hash);
            under.nth(CROWD.saturating_sub(1)).is_some()
        };
        has_many(&self.origins, origin_key)
            || branch_key.is_some_and(|hash| has_many(&self.branches, hash))
    }

    /// The one place where a server transaction is destroyed (§17.2.1, §17.2.2).
    fn reap(&mut self, me: ServerHandle) {
        if !self
            .entries
            .get(me)
            .is_some_and(ServerTransaction::is_terminated)
        {
            return;
        }
        if let Some(entry) = self.entries.remove(me) {
            if let Some(hash) = entry.branch_key {
                self.branches.remove(hash, me);
            }
            self.origins.remove(entry.origin_key, me);
            let ip = entry.source.address.ip();
            if let Some(left) = self.sources.get_mut(&ip) {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    self.sources.remove(&ip);
                }
            }
        }
    }
}

fn same_origin(one: &Message, other: &Message) -> Option<bool> {
    Some(
        one.method() == other.method()
            && one.call_id().ok()? == other.call_id().ok()?
            && one.cseq().ok()?.number == other.cseq().ok()?.number
            && one.from().ok()?.tag == other.from().ok()?.tag,
    )
}
