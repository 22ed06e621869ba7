//! The table of client transactions.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::Failure;
use super::cx::Cx;
use super::index::Index;
use super::invite_client::InviteClient;
use super::key::Keys;
use super::non_invite_client::NonInviteClient;
use super::timer::Timer;
use super::timings::Timings;
use crate::arena::{Arena, Handle};
use crate::machine::FlowId;
use crate::sip::header::Via;
use crate::sip::message::{Message, Method};
use crate::sip::transport::{Sender, Target};

/// Names a client transaction.
pub type ClientHandle = Handle<ClientTransaction>;

/// One request we sent and what became of it.
#[derive(Debug)]
pub struct ClientTransaction {
    machine: Machine,
    request: Arc<Message>,
    target: Target,
    /// Where the request goes if nobody takes a connection at the target.
    fallback: Option<Target>,
    /// That of the top Via of the request.
    branch: Box<str>,
    key: u64,
}

#[derive(Debug)]
enum Machine {
    Invite(InviteClient),
    NonInvite(NonInviteClient),
}

impl Machine {
    fn new(method: Method<'_>, timings: &Timings) -> Self {
        if method == Method::Invite {
            Self::Invite(InviteClient::new(timings))
        } else {
            Self::NonInvite(NonInviteClient::new(timings))
        }
    }
}

/// What a client transaction tells the user for one message or timer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ClientUp {
    /// The response is for the user.
    Response,
    /// It ended without a final response.
    Failed(Failure),
    /// It ended in good order.
    Terminated,
}

impl ClientTransaction {
    /// The request as it was sent.
    #[must_use]
    pub const fn request(&self) -> &Arc<Message> {
        &self.request
    }

    /// Where it was sent to.
    #[must_use]
    pub const fn target(&self) -> Target {
        self.target
    }

    /// The RFC's name of its state.
    #[must_use]
    pub const fn state_name(&self) -> &'static str {
        match &self.machine {
            Machine::Invite(machine) => machine.state_name(),
            Machine::NonInvite(machine) => machine.state_name(),
        }
    }

    /// Whether nothing has come back yet.
    const fn is_unanswered(&self) -> bool {
        match &self.machine {
            Machine::Invite(machine) => machine.is_unanswered(),
            Machine::NonInvite(machine) => machine.is_unanswered(),
        }
    }

    const fn is_terminated(&self) -> bool {
        match &self.machine {
            Machine::Invite(machine) => machine.is_terminated(),
            Machine::NonInvite(machine) => machine.is_terminated(),
        }
    }
}

/// Client transactions by handle and by branch.
pub(crate) struct ClientTable {
    entries: Arena<ClientTransaction>,
    index: Index,
}

impl ClientTable {
    /// A table of at most `capacity`.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            entries: Arena::new(capacity),
            index: Index::default(),
        }
    }

    /// Sends `request`, whose top Via has `branch`, and follows it. None if the table is full.
    pub(crate) fn start(
        &mut self,
        cx: &mut Cx,
        keys: &Keys,
        branch: Box<str>,
        request: Arc<Message>,
        target: Target,
    ) -> Option<ClientHandle> {
        let method = request.method();
        let key = keys.client(&branch, method.as_str());
        let machine = Machine::new(method, &cx.timings);
        let entry = ClientTransaction {
            machine,
            request,
            target,
            fallback: None,
            branch,
            key,
        };
        let me = self.entries.insert(entry).ok()?;
        self.index.insert(key, me);
        self.begin(cx, me)?;
        Some(me)
    }

    /// Where the request of a transaction goes if nobody takes a connection at its target.
    pub(crate) fn fall_back_on(&mut self, me: ClientHandle, target: Target) {
        if let Some(entry) = self.entries.get_mut(me) {
            entry.fallback = Some(target);
        }
    }

    /// Where to send it instead, if it has not been answered at all; once.
    pub(crate) fn take_fallback(&mut self, me: ClientHandle) -> Option<Target> {
        let entry = self.entries.get_mut(me)?;
        entry.fallback.take().filter(|_| entry.is_unanswered())
    }

    /// Begins anew with `request`, the same but for what its top Via says of the transport, to
    /// another target (§18.1.1).
    pub(crate) fn restart(
        &mut self,
        cx: &mut Cx,
        me: ClientHandle,
        request: Arc<Message>,
        target: Target,
    ) -> Option<()> {
        let entry = self.entries.get_mut(me)?;
        match &mut entry.machine {
            Machine::Invite(machine) => machine.stop(cx),
            Machine::NonInvite(machine) => machine.stop(cx),
        }
        entry.machine = Machine::new(request.method(), &cx.timings);
        entry.request = request;
        entry.target = target;
        self.begin(cx, me)
    }

    fn begin(&mut self, cx: &mut Cx, me: ClientHandle) -> Option<()> {
        cx.sender = Sender::Client(me.to_raw());
        let entry = self.entries.get_mut(me)?;
        let (target, request) = (entry.target, &entry.request);
        match &mut entry.machine {
            Machine::Invite(machine) => machine.start(cx, me, target, request),
            Machine::NonInvite(machine) => machine.start(cx, me, target, request),
        }
        Some(())
    }

    /// The transaction a response with this top Via belongs to (§17.1.3).
    pub(crate) fn matching(
        &self,
        keys: &Keys,
        via: &Via<'_>,
        response: &Message,
    ) -> Option<ClientHandle> {
        let branch = via.branch?;
        let method = response.cseq().ok()?.method;
        let hash = keys.client(branch, method.as_str());
        self.index.under(hash).find(|handle| {
            self.entries
                .get(*handle)
                .is_some_and(|entry| *entry.branch == *branch && entry.request.method() == method)
        })
    }

    /// Hands over a response that matched.
    pub(crate) fn on_response(
        &mut self,
        cx: &mut Cx,
        me: ClientHandle,
        response: &Message,
    ) -> Option<ClientUp> {
        let entry = self.entries.get_mut(me)?;
        cx.sender = Sender::Client(me.to_raw());
        let (target, request) = (entry.target, &entry.request);
        let up = match &mut entry.machine {
            Machine::Invite(machine) => machine.on_response(cx, me, target, request, response),
            Machine::NonInvite(machine) => machine.on_response(cx, me, target, response),
        };
        self.reap(me);
        up
    }

    /// Hands over a timer.
    pub(crate) fn on_timer(
        &mut self,
        cx: &mut Cx,
        me: ClientHandle,
        timer: Timer,
    ) -> Option<ClientUp> {
        let entry = self.entries.get_mut(me)?;
        cx.sender = Sender::Client(me.to_raw());
        let (target, request) = (entry.target, &entry.request);
        let up = match &mut entry.machine {
            Machine::Invite(machine) => machine.on_timer(cx, me, target, request, timer),
            Machine::NonInvite(machine) => machine.on_timer(cx, me, target, request, timer),
        };
        self.reap(me);
        up
    }

    /// Tells one that what it sent did not leave.
    pub(crate) fn on_transport_error(&mut self, cx: &mut Cx, me: ClientHandle) -> Option<ClientUp> {
        let entry = self.entries.get_mut(me)?;
        let up = match &mut entry.machine {
            Machine::Invite(machine) => machine.on_transport_error(cx),
            Machine::NonInvite(machine) => machine.on_transport_error(cx),
        };
        self.reap(me);
        up
    }

    /// The transactions that used a flow.
    pub(crate) fn on_flow(&self, flow: FlowId) -> impl Iterator<Item = ClientHandle> {
        self.entries
            .iter()
            .filter(move |(_, entry)| entry.target.flow == flow)
            .map(|(handle, _)| handle)
    }

    /// The INVITE transaction, if a CANCEL has an effect on it (§9.1).
    pub(crate) fn cancellable(&self, me: ClientHandle) -> Result<&ClientTransaction, NotCancelled> {
        let entry = self.entries.get(me).ok_or(NotCancelled::Stale)?;
        match &entry.machine {
            Machine::Invite(machine) if machine.may_be_cancelled() => Ok(entry),
            Machine::Invite(_) | Machine::NonInvite(_) => Err(NotCancelled::WrongState),
        }
    }

    /// Tells an INVITE transaction that its CANCEL left.
    pub(crate) fn on_cancel(&mut self, cx: &mut Cx, me: ClientHandle) {
        if let Some(entry) = self.entries.get_mut(me) {
            match &mut entry.machine {
                Machine::Invite(machine) => machine.on_cancel(cx, me, entry.target),
                Machine::NonInvite(_) => {}
            }
        }
    }

    /// One of them.
    pub(crate) fn get(&self, me: ClientHandle) -> Option<&ClientTransaction> {
        self.entries.get(me)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many timers they have running; an error if the table and its index differ.
    pub(crate) fn check(&self) -> Result<usize, &'static str> {
        if self.index.len() != self.entries.len() {
            return Err("the client index and the client table differ in length");
        }
        let mut timers = 0;
        for (handle, entry) in self.entries.iter() {
            if entry.is_terminated() {
                return Err("a terminated client transaction was not reaped");
            }
            if !self.index.under(entry.key).any(|found| found == handle) {
                return Err("a client transaction is not in the index");
            }
            timers += match &entry.machine {
                Machine::Invite(machine) => machine.armed().len(),
                Machine::NonInvite(machine) => machine.armed().len(),
            };
        }
        Ok(timers)
    }

    /// The one place where a client transaction is destroyed (§17.1.1.2, §17.1.2.2).
    fn reap(&mut self, me: ClientHandle) {
        if !self
            .entries
            .get(me)
            .is_some_and(ClientTransaction::is_terminated)
        {
            return;
        }
        if let Some(entry) = self.entries.remove(me) {
            self.index.remove(entry.key, me);
        }
    }
}

/// Why there is nothing to cancel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NotCancelled {
    /// The transaction is gone.
    Stale,
    /// No provisional response yet, or a final one already, or not an INVITE.
    WrongState,
}
