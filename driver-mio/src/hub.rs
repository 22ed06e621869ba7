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

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use offhook::arena::{Arena, Handle};
use offhook::dns::{Answer, LookupFailure};
use offhook::timers::{TimerId, TimerQueue};
use offhook::{CloseReason, FlowId, Input, Instant, Machine, Output, Transport};

use crate::clock::Clock;
use crate::outbox::{Outbox, Sent};
use crate::socket::DatagramSocket;

/// Packets taken from one socket before the timers have their turn.
pub(crate) const BUDGET: usize = 64;
/// Unknown errors in a row after which a socket is given up.
const STRIKES: u32 = 64;
/// No datagram is longer.
const LONGEST_DATAGRAM: usize = 65_535;

/// Names one machine of a driver, and never a later one in its place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MachineId((u32, u32));

/// What a driver has counted since it was built.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Datagrams handed to machines.
    pub received: u64,
    /// Datagrams the sockets took.
    pub sent: u64,
    /// Datagrams that waited for a socket to be writable.
    pub parked: u64,
    /// Datagrams dropped because too many waited, or because their flow was gone.
    pub dropped: u64,
    /// Datagrams the system refused to send to their address: no route, wrong family, too long.
    /// The machine is told at once, unless the datagram had been parked.
    pub undeliverable: u64,
    /// The last of these, and what the system said.
    pub last_undeliverable: Option<(SocketAddr, ErrorKind)>,
    /// Errors on receiving: on some systems the network's answer to an earlier datagram. The
    /// socket is shared by all peers and the error names none, so that no machine is told.
    pub receive_errors: u64,
}

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

struct Slot<M> {
    machine: M,
    flows: BTreeMap<FlowId, usize>,
    next_flow: u32,
    deadline: Option<(Instant, TimerId<MachineId>)>,
    /// Stands in `Hub::undrained`.
    queued: bool,
    /// Stands in `Hub::touched`.
    touched: bool,
}

struct Bound<S> {
    socket: S,
    owner: MachineId,
    flow: FlowId,
    outbox: Outbox,
    strikes: u32,
    /// Stands in `Hub::readable`.
    readable: bool,
}

#[derive(Clone, Copy)]
enum Phase {
    /// So many sockets have their turn yet, and the first so many packets.
    Receiving { sockets: usize, packets: usize },
    /// Everyone had `Timeout`.
    Settled,
}

/// Machines, their sockets and deadlines.
pub(crate) struct Hub<M: Machine, S> {
    pub(crate) clock: Clock,
    pub(crate) stats: Stats,
    machines: Arena<Slot<M>>,
    timers: TimerQueue<MachineId>,
    undrained: VecDeque<MachineId>,
    touched: VecDeque<MachineId>,
    sockets: Vec<Option<Bound<S>>>,
    free: Vec<usize>,
    readable: VecDeque<usize>,
    /// Sockets that began or ceased to have something parked.
    turned: Vec<usize>,
    phase: Phase,
    bytes: Vec<u8>,
    buffer: Vec<u8>,
}

fn handle<M>(id: MachineId) -> Handle<Slot<M>> {
    Handle::from_raw(id.0.0, id.0.1)
}

impl<M: Machine, S: DatagramSocket> Hub<M, S> {
    pub(crate) fn new() -> Self {
        Self {
            clock: Clock::new(),
            stats: Stats::default(),
            machines: Arena::new(u32::MAX as usize),
            timers: TimerQueue::new(),
            undrained: VecDeque::new(),
            touched: VecDeque::new(),
            sockets: Vec::new(),
            free: Vec::new(),
            readable: VecDeque::new(),
            turned: Vec::new(),
            phase: Phase::Settled,
            bytes: Vec::new(),
            buffer: vec![0; LONGEST_DATAGRAM],
        }
    }

    /// Takes a machine in and tells it the world's time.
    pub(crate) fn add(&mut self, machine: M) -> MachineId {
        let slot = Slot {
            machine,
            flows: BTreeMap::new(),
            next_flow: 0,
            deadline: None,
            queued: false,
            touched: false,
        };
        let id = match self.machines.insert(slot) {
            Ok(id) => MachineId(id.to_raw()),
            // Four thousand million machines do not fit in memory before this; the name of none.
            Err(_) => return MachineId((u32::MAX, u32::MAX)),
        };
        let now = self.clock.now();
        let unix = self.clock.unix(now);
        self.deliver(id, now, Input::WallClock { unix });
        id
    }

    pub(crate) fn remove(&mut self, id: MachineId) -> Option<M> {
        let slot = self.machines.remove(handle(id))?;
        if let Some((_, timer)) = slot.deadline {
            self.timers.cancel(timer);
        }
        for token in slot.flows.values() {
            self.drop_socket(*token);
        }
        Some(slot.machine)
    }

    pub(crate) fn machine(&self, id: MachineId) -> Option<&M> {
        Some(&self.machines.get(handle(id))?.machine)
    }

    /// The machine to be commanded; it is drained before anything else happens.
    pub(crate) fn machine_mut(&mut self, id: MachineId) -> Option<&mut M> {
        self.queue(id);
        Some(&mut self.machines.get_mut(handle(id))?.machine)
    }

    /// Gives a socket to a machine, which is told so.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such machine.
    pub(crate) fn attach(
        &mut self,
        id: MachineId,
        local: SocketAddr,
        socket: S,
    ) -> io::Result<(FlowId, usize)> {
        let no_machine = || io::Error::new(ErrorKind::NotFound, "no such machine");
        let slot = self.machines.get_mut(handle(id)).ok_or_else(no_machine)?;
        let flow = FlowId::from_driver(slot.next_flow);
        slot.next_flow = slot.next_flow.wrapping_add(1);
        let token = self.free.pop().unwrap_or(self.sockets.len());
        slot.flows.insert(flow, token);
        let bound = Some(Bound {
            socket,
            owner: id,
            flow,
            outbox: Outbox::default(),
            strikes: 0,
            readable: false,
        });
        match self.sockets.get_mut(token) {
            Some(place) => *place = bound,
            None => self.sockets.push(bound),
        }
        let now = self.clock.now();
        let transport = Transport::Udp;
        self.deliver(
            id,
            now,
            Input::Bound {
                flow,
                transport,
                local,
            },
        );
        Ok((flow, token))
    }

    pub(crate) fn socket_mut(&mut self, token: usize) -> Option<&mut S> {
        Some(&mut self.sockets.get_mut(token)?.as_mut()?.socket)
    }

    /// Whether datagrams wait for this socket to be writable.
    pub(crate) fn is_blocked(&self, token: usize) -> bool {
        let bound = self.sockets.get(token).and_then(Option::as_ref);
        bound.is_some_and(|bound| !bound.outbox.is_empty())
    }

    /// A socket for which [`Hub::is_blocked`] has changed.
    pub(crate) fn next_turned(&mut self) -> Option<usize> {
        self.turned.pop()
    }

    /// The socket has packets, or may have: it is read until it would block.
    pub(crate) fn on_readable(&mut self, token: usize) {
        if let Some(bound) = self.sockets.get_mut(token).and_then(Option::as_mut) {
            if !bound.readable {
                bound.readable = true;
                self.readable.push_back(token);
            }
        }
    }

    /// The socket takes packets again.
    pub(crate) fn on_writable(&mut self, token: usize) {
        let Some(bound) = self.sockets.get_mut(token).and_then(Option::as_mut) else {
            return;
        };
        if bound.outbox.is_empty() {
            return;
        }
        let (socket, stats) = (&bound.socket, &mut self.stats);
        bound.outbox.flush(
            |bytes, to| socket.send(bytes, to),
            |to, result| match result {
                Ok(()) => stats.sent += 1,
                Err(error) => stats.refuse(to, &error),
            },
        );
        if bound.outbox.is_empty() {
            self.turned.push(token);
        }
    }

    /// Begins the round after a wait.
    pub(crate) fn begin_round(&mut self) {
        self.phase = Phase::Receiving {
            sockets: self.readable.len(),
            packets: BUDGET,
        };
        let now = self.clock.now();
        if let Some(unix) = self.clock.stepped(now) {
            let ids: Vec<_> = self.machines.iter().map(|(id, _)| id.to_raw()).collect();
            for id in ids {
                self.deliver(MachineId(id), now, Input::WallClock { unix });
            }
        }
    }

    /// Goes on with the round until there is an event, or nothing left but to wait.
    pub(crate) fn step(&mut self) -> Step<M::Event> {
        loop {
            if let Some((id, event)) = self.drain() {
                return Step::Event(id, event);
            }
            match self.phase {
                Phase::Receiving { .. } => {
                    if !self.receive_one() {
                        self.time_out();
                        self.phase = Phase::Settled;
                    }
                }
                Phase::Settled => return Step::Wait(self.until()),
            }
        }
    }

    fn until(&mut self) -> Until {
        // Budgets ran out before these sockets blocked: an edge-triggered selector, having told
        // of them once, would let them lie for the whole wait.
        if !self.readable.is_empty() {
            return Until::Now;
        }
        self.timers.next().map_or(Until::Forever, Until::Deadline)
    }

    /// Polls the machines that have had input until each waits, or one has an event.
    fn drain(&mut self) -> Option<(MachineId, M::Event)> {
        while let Some(&id) = self.undrained.front() {
            let Some(slot) = self.machines.get_mut(handle(id)) else {
                self.undrained.pop_front();
                continue;
            };
            match slot.machine.poll_output(&mut self.bytes) {
                Output::Transmit { flow, to } => self.transmit(id, flow, to),
                // Datagrams are all this driver carries; saying so lets the machine go on.
                Output::Connect { flow, .. } => self.close(id, flow, CloseReason::Unreachable),
                Output::Close { flow } => self.close(id, flow, CloseReason::Requested),
                // Nothing here looks names up; saying so lets the machine go on.
                Output::Resolve { query, .. } => {
                    let answer = &Answer::Failed(LookupFailure::NoServer);
                    let now = self.clock.now();
                    self.deliver(id, now, Input::Resolved { query, answer });
                }
                Output::Event(event) => return Some((id, event)),
                Output::Wait(deadline) => {
                    slot.queued = false;
                    self.undrained.pop_front();
                    self.arm(id, deadline);
                }
            }
        }
        None
    }

    fn transmit(&mut self, id: MachineId, flow: FlowId, to: SocketAddr) {
        let slot = self.machines.get(handle(id));
        let token = slot.and_then(|slot| slot.flows.get(&flow).copied());
        let bound = token.and_then(|token| Some((token, self.sockets.get_mut(token)?.as_mut()?)));
        let Some((token, bound)) = bound else {
            self.stats.dropped += 1;
            return;
        };
        let (socket, was_blocked) = (&bound.socket, !bound.outbox.is_empty());
        let attempt = |bytes: &[u8], to| socket.send(bytes, to);
        match bound.outbox.send(&self.bytes, to, attempt) {
            Sent::Gone => self.stats.sent += 1,
            Sent::Parked => {
                self.stats.parked += 1;
                if !was_blocked {
                    self.turned.push(token);
                }
            }
            Sent::Dropped => self.stats.dropped += 1,
            Sent::Failed(error) => {
                self.stats.refuse(to, &error);
                // Told before the machine is polled again, this means the datagram it has just
                // given, and that one destination; the socket stays.
                let now = self.clock.now();
                let reason = CloseReason::Unreachable;
                self.deliver(id, now, Input::Closed { flow, reason });
            }
        }
    }

    /// Closes a flow, if it is open, and tells the machine why.
    pub(crate) fn close(&mut self, id: MachineId, flow: FlowId, reason: CloseReason) {
        if let Some(slot) = self.machines.get_mut(handle(id)) {
            if let Some(token) = slot.flows.remove(&flow) {
                self.on_writable(token);
                self.drop_socket(token);
            }
        }
        let now = self.clock.now();
        self.deliver(id, now, Input::Closed { flow, reason });
    }

    fn drop_socket(&mut self, token: usize) {
        if let Some(place) = self.sockets.get_mut(token) {
            if place.take().is_some() {
                self.free.push(token);
            }
        }
    }

    fn arm(&mut self, id: MachineId, deadline: Option<Instant>) {
        let Some(slot) = self.machines.get_mut(handle(id)) else {
            return;
        };
        if slot.deadline.map(|(at, _)| at) == deadline {
            return;
        }
        if let Some((_, timer)) = slot.deadline.take() {
            self.timers.cancel(timer);
        }
        slot.deadline = deadline.map(|at| (at, self.timers.arm(at, id)));
    }

    /// Hands one packet to its machine; false when the round has no more to receive.
    fn receive_one(&mut self) -> bool {
        while let Phase::Receiving { sockets, packets } = self.phase {
            let (1.., Some(&token)) = (sockets, self.readable.front()) else {
                return false;
            };
            let bound = self.sockets.get_mut(token).and_then(Option::as_mut);
            let Some(bound) = bound.filter(|_| packets > 0) else {
                self.next_socket(packets == 0);
                continue;
            };
            self.phase = Phase::Receiving {
                sockets,
                packets: packets.saturating_sub(1),
            };
            match bound.socket.receive(&mut self.buffer) {
                Ok((length, source)) => {
                    bound.strikes = 0;
                    self.stats.received += 1;
                    let (id, flow) = (bound.owner, bound.flow);
                    let now = self.clock.now();
                    let bytes = self.buffer.get(..length).unwrap_or_default();
                    if let Some(slot) = self.machines.get_mut(handle(id)) {
                        let input = Input::Datagram {
                            flow,
                            source,
                            bytes,
                        };
                        slot.machine.handle_input(now, input);
                    }
                    self.queue(id);
                    self.touch(id);
                    return true;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    bound.readable = false;
                    self.next_socket(false);
                }
                Err(error) => self.on_receive_error(token, &error),
            }
        }
        false
    }

    /// Gives the next readable socket its turn, and this one another in the next round or, if it
    /// has no more, when it is readable again.
    fn next_socket(&mut self, again: bool) {
        if let Some(token) = self.readable.pop_front() {
            if again {
                self.readable.push_back(token);
            }
        }
        if let Phase::Receiving { sockets, .. } = self.phase {
            self.phase = Phase::Receiving {
                sockets: sockets.saturating_sub(1),
                packets: BUDGET,
            };
        }
    }

    fn on_receive_error(&mut self, token: usize, error: &io::Error) {
        if error.kind() == ErrorKind::Interrupted {
            return;
        }
        self.stats.receive_errors += 1;
        if is_about_a_peer(error.kind()) {
            return;
        }
        let Some(bound) = self.sockets.get_mut(token).and_then(Option::as_mut) else {
            return;
        };
        bound.strikes += 1;
        if bound.strikes >= STRIKES {
            let (id, flow) = (bound.owner, bound.flow);
            self.close(id, flow, CloseReason::Reset);
        }
    }

    /// Ends the round: the time, for everyone who is due, in the order of the deadlines, and then
    /// for everyone else who had input in it.
    fn time_out(&mut self) {
        let now = self.clock.now();
        while let Some(id) = self.timers.pop_due(now) {
            if let Some(slot) = self.machines.get_mut(handle(id)) {
                slot.deadline = None;
                slot.touched = false;
                slot.machine.handle_input(now, Input::Timeout);
            }
            self.queue(id);
        }
        while let Some(id) = self.touched.pop_front() {
            // Whoever was due has had its turn, though it still stands in the queue.
            if let Some(slot) = self
                .machines
                .get_mut(handle(id))
                .filter(|slot| slot.touched)
            {
                slot.touched = false;
                slot.machine.handle_input(now, Input::Timeout);
                self.queue(id);
            }
        }
    }

    fn deliver(&mut self, id: MachineId, now: Instant, input: Input<'_>) {
        if let Some(slot) = self.machines.get_mut(handle(id)) {
            slot.machine.handle_input(now, input);
        }
        self.queue(id);
        self.touch(id);
    }

    fn queue(&mut self, id: MachineId) {
        if let Some(slot) = self.machines.get_mut(handle(id)) {
            if !slot.queued {
                slot.queued = true;
                self.undrained.push_back(id);
            }
        }
    }

    fn touch(&mut self, id: MachineId) {
        if let Some(slot) = self.machines.get_mut(handle(id)) {
            if !slot.touched {
                slot.touched = true;
                self.touched.push_back(id);
            }
        }
    }
}

/// Whether an error on a shared socket is the network's answer to something sent to one peer.
fn is_about_a_peer(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
    )
}

impl Stats {
    fn refuse(&mut self, to: SocketAddr, error: &io::Error) {
        self.undeliverable += 1;
        self.last_undeliverable = Some((to, error.kind()));
    }
}

#[cfg(test)]
mod tests;
