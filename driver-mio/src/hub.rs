//! The round that both drivers turn: who has sockets, who has something to say, what is due when.
//!
//! ```text
//! drain every machine ─▶ wait ─▶ at most 64 packets per socket, draining after each
//!          ▲                                                    │
//!          └──────────── Timeout for who had input or is due ◀──┘
//! ```
//!
//! An event leaves the round at once, between two packets if need be, so that the application's
//! reaction comes before whatever arrives next; the round goes on where it stopped. Only the waiting
//! differs between the drivers: this file and its neighbours are written once, and the other
//! driver links to them.

mod connections;
mod datagrams;
mod guests;
mod listeners;
mod machines;
mod place;
mod rounds;
mod stats;

use std::collections::VecDeque;

use offhook::arena::Arena;
use offhook::timers::TimerQueue;
use offhook::{CloseReason, FlowId, Input, Instant, Machine};

use self::guests::Names;
use self::machines::Slot;
use self::place::{Place, Places, Source};
use self::rounds::Phase;
use crate::batch::Batch;
use crate::clock::Clock;
use crate::net::{Net, Socket};
use crate::tls::TlsClient;

pub use self::machines::MachineId;
pub use self::stats::{Stats, StreamLimits};

/// Bytes of a stream taken at once.
const PIECE: usize = 65_536;

/// What the round needs next.
pub(crate) enum Step<E> {
    /// Tell the application.
    Event(MachineId, E),
    /// Wait until then, or for a socket.
    Wait(Until),
}

/// How long to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Until {
    /// Look at the sockets, but do not sleep: there is more to do already.
    Now,
    /// No longer than this.
    Deadline(Instant),
    /// For a socket alone.
    Forever,
}

/// Whose time has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Due {
    /// A machine's deadline.
    Machine(MachineId),
    /// The patience with the socket of that token.
    Place(usize),
}

/// What a look at a socket brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    /// A machine may have something to say.
    Told,
    /// Nothing to speak of, but there may be more.
    Again,
    /// There is no more for now.
    Over,
}

/// Machines, their sockets and deadlines.
pub(crate) struct Hub<M: Machine, N: Net> {
    pub(crate) clock: Clock,
    pub(crate) stats: Stats,
    pub(crate) limits: StreamLimits,
    /// How connections under TLS begin, if any may.
    pub(crate) tls: Option<TlsClient>,
    net: N,
    machines: Arena<Slot<M>>,
    /// How names are looked up, if they are.
    names: Option<Names<N>>,
    timers: TimerQueue<Due>,
    undrained: VecDeque<MachineId>,
    touched: VecDeque<MachineId>,
    places: Places<N>,
    readable: VecDeque<usize>,
    /// Sockets that began or ceased to have something that waits.
    turned: Vec<usize>,
    /// Connections that came in and are open.
    accepted: usize,
    phase: Phase,
    bytes: Vec<u8>,
    /// Datagrams that were taken from a socket, and its token.
    batch: Batch,
    in_hand: usize,
    buffer: Vec<u8>,
}

impl<M: Machine, N: Net> Hub<M, N> {
    pub(crate) fn new(net: N) -> Self {
        Self {
            clock: Clock::new(),
            stats: Stats::default(),
            limits: StreamLimits::default(),
            tls: None,
            net,
            machines: Arena::new(u32::MAX as usize),
            names: None,
            timers: TimerQueue::new(),
            undrained: VecDeque::new(),
            touched: VecDeque::new(),
            places: Places::new(),
            readable: VecDeque::new(),
            turned: Vec::new(),
            accepted: 0,
            phase: Phase::Settled,
            bytes: Vec::new(),
            batch: Batch::new(),
            in_hand: usize::MAX,
            buffer: vec![0; PIECE],
        }
    }

    /// What a driver needs to tell its selector something about a socket.
    pub(crate) fn socket_mut(&mut self, token: usize) -> Option<(&N, Socket<'_, N>)> {
        let socket = match &mut self.places.get_mut(token)?.source {
            Source::Datagrams(bound) => Socket::Datagrams(&mut bound.socket),
            Source::Connection(connection) => Socket::Stream(&mut connection.pipe.socket),
            Source::Listener(listener) => Socket::Listener(&mut listener.socket),
        };
        Some((&self.net, socket))
    }

    /// Whether something waits for this socket to be writable.
    pub(crate) fn is_blocked(&self, token: usize) -> bool {
        self.places
            .get(token)
            .is_some_and(|place| match &place.source {
                Source::Datagrams(bound) => !bound.outbox.is_empty(),
                Source::Connection(connection) => connection.is_blocked(),
                Source::Listener(_) => false,
            })
    }

    /// A socket for which [`Hub::is_blocked`] has changed.
    pub(crate) fn next_turned(&mut self) -> Option<usize> {
        self.turned.pop()
    }

    /// The socket has packets, or may have: it is read until it would block.
    pub(crate) fn on_readable(&mut self, token: usize) {
        if let Some(place) = self.places.get_mut(token) {
            if let Source::Datagrams(bound) = &mut place.source {
                bound.on_readable();
            }
            if !place.readable {
                place.readable = true;
                self.readable.push_back(token);
            }
        }
    }

    /// The socket takes packets again.
    pub(crate) fn on_writable(&mut self, token: usize) {
        match self.places.get(token).map(|place| &place.source) {
            Some(Source::Datagrams(_)) => self.flush_datagrams(token),
            Some(Source::Connection(_)) => self.flush_stream(token),
            Some(Source::Listener(_)) | None => {}
        }
    }

    /// Closes a flow, if it is open, and tells the machine why.
    pub(crate) fn close(&mut self, id: MachineId, flow: FlowId, reason: CloseReason) {
        let token = self.slot_mut(id).and_then(|slot| slot.flows.remove(&flow));
        let now = self.clock.now();
        if let Some(token) = token.filter(|token| !self.close_address(*token, flow)) {
            for flow in self.addresses_closed(id, token) {
                self.deliver(id, now, Input::Closed { flow, reason });
            }
            match reason {
                CloseReason::Finished => self.begin_closing(token, true),
                CloseReason::Requested | CloseReason::Unreachable | CloseReason::Reset => {
                    self.leave(token);
                }
            }
        }
        self.deliver(id, now, Input::Closed { flow, reason });
    }

    /// Puts a socket in the table, under the flow of its machine.
    fn occupy(&mut self, place: Place<N>) -> usize {
        let (owner, flow) = (place.owner, place.flow);
        let token = self.places.insert(place);
        if let Some(slot) = self.slot_mut(owner) {
            slot.flows.insert(flow, token);
        }
        token
    }

    /// A machine has done with a socket.
    fn leave(&mut self, token: usize) {
        match self.places.get(token).map(|place| &place.source) {
            Some(Source::Connection(_)) => self.begin_closing(token, false),
            Some(Source::Datagrams(_)) => {
                self.flush_datagrams(token);
                self.vacate(token);
            }
            Some(Source::Listener(_)) => self.vacate(token),
            None => {}
        }
    }

    /// Closes a socket, whatever is left in it.
    fn vacate(&mut self, token: usize) {
        let Some(place) = self.places.remove(token) else {
            return;
        };
        if self.in_hand == token {
            self.batch.clear();
        }
        let patience = match place.source {
            Source::Connection(connection) => {
                self.accepted -= usize::from(connection.accepted);
                connection.patience
            }
            Source::Listener(listener) => listener.rest,
            Source::Datagrams(_) => None,
        };
        if let Some(timer) = patience {
            self.timers.cancel(timer);
        }
    }
}

#[cfg(test)]
mod tests;
