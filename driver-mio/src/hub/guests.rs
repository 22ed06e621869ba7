//! Who lives in the slots: the application's machines, and the one that looks names up for them.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use offhook::dns::stub_resolver::{ResolveError, ResolverEvent};
use offhook::dns::{Answer, LookupFailure, QueryId, Question, StubResolver};
use offhook::{Input, Instant, Machine, Output};

use super::Hub;
use super::machines::MachineId;
use crate::names::{Hosts, NameService};
use crate::net::Net;
use crate::socket;

/// Sockets that queries leave from, one of them at random, for each family there are servers of.
const SOCKETS: usize = 8;

/// A machine of the application's, or the resolver they share.
pub(super) enum Guest<M> {
    Machine(M),
    Resolver(Box<StubResolver>),
}

/// What a guest tells.
pub(super) enum Told<E> {
    /// A machine has something for the application.
    Event(E),
    /// The resolver has something for a machine.
    Answered(QueryId, Answer),
}

/// How names are looked up.
#[derive(Default)]
pub(super) struct Names {
    /// What is known without asking anyone.
    hosts: Hosts,
    resolver: Option<MachineId>,
    /// Who asked the resolver, and what they call their question.
    asked: BTreeMap<QueryId, (MachineId, QueryId)>,
    next_query: u64,
}

impl<M> Guest<M> {
    /// The application's machine, if it is that.
    pub(super) fn into_machine(self) -> Option<M> {
        match self {
            Self::Machine(machine) => Some(machine),
            Self::Resolver(_) => None,
        }
    }

    pub(super) const fn machine(&self) -> Option<&M> {
        match self {
            Self::Machine(machine) => Some(machine),
            Self::Resolver(_) => None,
        }
    }

    pub(super) const fn machine_mut(&mut self) -> Option<&mut M> {
        match self {
            Self::Machine(machine) => Some(machine),
            Self::Resolver(_) => None,
        }
    }
}

impl<M: Machine> Machine for Guest<M> {
    type Event = Told<M::Event>;

    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        match self {
            Self::Machine(machine) => machine.handle_input(now, input),
            Self::Resolver(resolver) => resolver.handle_input(now, input),
        }
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<Self::Event> {
        match self {
            Self::Machine(machine) => machine.poll_output(bytes).map(Told::Event),
            Self::Resolver(resolver) => resolver.poll_output(bytes).map(|event| match event {
                ResolverEvent::Answered { query, answer } => Told::Answered(query, answer),
            }),
        }
    }
}

impl<M: Machine, N: Net> Hub<M, N> {
    /// Looks names up with `names` from now on; `open` is what the driver does with a socket.
    ///
    /// # Errors
    /// No socket could be bound; nothing is looked up then.
    pub(crate) fn set_name_service(
        &mut self,
        names: NameService,
        seed: [u8; 32],
        open: impl Fn(&N, UdpSocket, usize) -> io::Result<N::Datagrams>,
    ) -> io::Result<()> {
        self.end_lookups();
        let families = names.families();
        let resolver = StubResolver::new(names.config, seed);
        let id = self.take_in(Guest::Resolver(Box::new(resolver)));
        self.names.hosts = names.hosts;
        self.names.resolver = Some(id);
        let mut bound = families.is_empty();
        let mut refused = Ok(());
        for family in families {
            for _ in 0..SOCKETS {
                match self.bind_resolver(id, family, &open) {
                    Ok(()) => bound = true,
                    Err(error) => refused = Err(error),
                }
            }
        }
        // A family this machine does not have leaves the servers of the other.
        if bound {
            return Ok(());
        }
        self.end_lookups();
        refused
    }

    fn bind_resolver(
        &mut self,
        id: MachineId,
        family: IpAddr,
        open: impl Fn(&N, UdpSocket, usize) -> io::Result<N::Datagrams>,
    ) -> io::Result<()> {
        // Port 0: the system picks one at random, for whoever forges answers to guess.
        let (socket, local) = socket::bind(SocketAddr::new(family, 0))?;
        self.attach(id, local, |net, token| open(net, socket, token))?;
        Ok(())
    }

    /// Closes what names were looked up with, and tells those who wait for it.
    fn end_lookups(&mut self) {
        if let Some(before) = self.names.resolver.take() {
            self.remove(before);
        }
        let now = self.clock.now();
        let answer = &Answer::Failed(LookupFailure::Unreachable);
        for (id, query) in std::mem::take(&mut self.names.asked).into_values() {
            self.deliver(id, now, Input::Resolved { query, answer });
        }
    }

    /// Looks up what a machine asks for.
    pub(super) fn resolve(&mut self, id: MachineId, query: QueryId, question: Question) {
        let now = self.clock.now();
        if let Some(answer) = self.names.hosts.answer(&question) {
            let answer = &answer;
            return self.deliver(id, now, Input::Resolved { query, answer });
        }
        let ours = QueryId(self.names.next_query);
        self.names.next_query = self.names.next_query.wrapping_add(1);
        match self.ask_resolver(now, ours, question) {
            Ok(()) => {
                self.names.asked.insert(ours, (id, query));
            }
            // Saying so lets the machine go on.
            Err(why) => {
                let answer = &Answer::Failed(why);
                self.deliver(id, now, Input::Resolved { query, answer });
            }
        }
    }

    fn ask_resolver(
        &mut self,
        now: Instant,
        query: QueryId,
        question: Question,
    ) -> Result<(), LookupFailure> {
        let resolver = self.names.resolver.ok_or(LookupFailure::NoServer)?;
        match self.slot_mut(resolver).map(|slot| &mut slot.machine) {
            Some(Guest::Resolver(it)) => it
                .resolve(now, query, question.name, question.kind)
                .map_err(|ResolveError::TooManyQueries| LookupFailure::TooManyQueries)?,
            Some(Guest::Machine(_)) | None => return Err(LookupFailure::NoServer),
        }
        self.queue(resolver);
        Ok(())
    }

    /// Hands an answer of the resolver's to the machine that asked.
    pub(super) fn on_answered(&mut self, query: QueryId, answer: &Answer) {
        if let Some((id, query)) = self.names.asked.remove(&query) {
            let now = self.clock.now();
            self.deliver(id, now, Input::Resolved { query, answer });
        }
    }
}
