//! Who lives in the slots: the application's machines, and the one that looks names up for them.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use offhook::dns::stub_resolver::{ResolveError, ResolverEvent};
use offhook::dns::{Answer, LookupFailure, QueryId, Question, StubResolver};
use offhook::{Input, Instant, Machine, Output};

use super::Hub;
use super::machines::{MachineId, handle};
use crate::names::NameService;
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
pub(super) struct Names<N: Net> {
    service: NameService,
    /// What the driver does with a socket of the resolver's.
    open: Open<N>,
    seed: [u8; 32],
    /// The resolver, once something was asked.
    resolver: Option<MachineId>,
    /// Who asked it, and what they call their question.
    asked: BTreeMap<QueryId, (MachineId, QueryId)>,
    next_query: u64,
}

/// Puts a socket under the watch of the driver.
pub(crate) type Open<N> = fn(&N, UdpSocket, usize) -> io::Result<<N as Net>::Datagrams>;

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
    /// Looks names up with `service` from now on. Sockets for it are bound once a name is asked
    /// for that needs them.
    pub(crate) fn set_name_service(&mut self, service: NameService, seed: [u8; 32], open: Open<N>) {
        let names = Names {
            service,
            open,
            seed,
            resolver: None,
            asked: BTreeMap::new(),
            next_query: 0,
        };
        let Some(before) = self.names.replace(names) else {
            return;
        };
        if let Some(resolver) = before.resolver {
            self.remove(resolver);
        }
        // What they asked is not answered any more.
        let now = self.clock.now();
        let answer = &Answer::Failed(LookupFailure::Unreachable);
        for (id, query) in before.asked.into_values() {
            self.deliver(id, now, Input::Resolved { query, answer });
        }
    }

    /// Looks up what a machine asks for.
    pub(super) fn resolve(&mut self, id: MachineId, query: QueryId, question: Question) {
        let now = self.clock.now();
        let service = self.names.as_ref().map(|names| &names.service);
        let known = service.and_then(|service| service.hosts.answer(&question));
        let answer = match known {
            Some(answer) => answer,
            None => match self.ask_resolver(now, (id, query), question) {
                Ok(()) => return,
                // Saying so lets the machine go on.
                Err(why) => Answer::Failed(why),
            },
        };
        let answer = &answer;
        self.deliver(id, now, Input::Resolved { query, answer });
    }

    fn ask_resolver(
        &mut self,
        now: Instant,
        asker: (MachineId, QueryId),
        question: Question,
    ) -> Result<(), LookupFailure> {
        let resolver = self.resolver()?;
        let names = self.names.as_mut().ok_or(LookupFailure::NoServer)?;
        let query = QueryId(names.next_query);
        names.next_query = names.next_query.wrapping_add(1);
        let slot = self.machines.get_mut(handle(resolver));
        let Some(Guest::Resolver(machine)) = slot.map(|slot| &mut slot.machine) else {
            return Err(LookupFailure::NoServer);
        };
        machine
            .resolve(now, query, question.name, question.kind)
            .map_err(|ResolveError::TooManyQueries| LookupFailure::TooManyQueries)?;
        names.asked.insert(query, asker);
        self.queue(resolver);
        Ok(())
    }

    /// The resolver, which begins with the first question.
    fn resolver(&mut self) -> Result<MachineId, LookupFailure> {
        let names = self.names.as_ref().ok_or(LookupFailure::NoServer)?;
        if let Some(resolver) = names.resolver {
            return Ok(resolver);
        }
        if names.service.config.servers.is_empty() {
            return Err(LookupFailure::NoServer);
        }
        let (families, open) = (names.service.families(), names.open);
        let resolver = StubResolver::new(names.service.config.clone(), names.seed);
        let id = self.take_in(Guest::Resolver(Box::new(resolver)));
        let sockets = families.iter().flat_map(|family| [*family; SOCKETS]);
        // A family this machine does not have leaves the servers of the other.
        let bound = sockets.filter(|family| self.bind_resolver(id, *family, open).is_ok());
        if bound.count() == 0 && !families.is_empty() {
            self.remove(id);
            return Err(LookupFailure::Unreachable);
        }
        if let Some(names) = &mut self.names {
            names.resolver = Some(id);
        }
        Ok(id)
    }

    fn bind_resolver(&mut self, id: MachineId, family: IpAddr, open: Open<N>) -> io::Result<()> {
        // Port 0: the system picks one at random, for whoever forges answers to guess.
        let (socket, local) = socket::bind(SocketAddr::new(family, 0), false)?;
        self.attach(id, local, false, |net, token| open(net, socket, token))?;
        Ok(())
    }

    /// Hands an answer of the resolver's to the machine that asked.
    pub(super) fn on_answered(&mut self, query: QueryId, answer: &Answer) {
        let names = self.names.as_mut();
        if let Some((id, query)) = names.and_then(|names| names.asked.remove(&query)) {
            let now = self.clock.now();
            self.deliver(id, now, Input::Resolved { query, answer });
        }
    }
}
