//! Machines, a clock that jumps, and a network that takes a millisecond and loses nothing.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use offhook::dns::{Answer, LookupFailure};
use offhook::{CloseReason, FlowId, Input, Instant, Machine, Output, Transport, UnixTime};

use crate::Owner;

const LATENCY: Duration = Duration::from_millis(1);

/// Tells the heap whose allocations follow.
pub type Enter<'a> = &'a mut dyn FnMut(Owner);

/// All machines of the scenario, each reached under the addresses bound for it.
pub struct Network<M: Machine> {
    nodes: Vec<Node<M>>,
    wire: VecDeque<Packet>,
    now: Instant,
    bytes: Vec<u8>,
    packets: u32,
}

struct Node<M> {
    owner: Owner,
    machine: M,
    /// The address of `FlowId::from_driver(n)` at place `n`.
    sockets: Vec<SocketAddr>,
    deadline: Option<Instant>,
}

struct Packet {
    at: Instant,
    from: SocketAddr,
    to: SocketAddr,
    bytes: Vec<u8>,
}

impl<M: Machine> Network<M> {
    pub fn new() -> Self {
        Self {
            nodes: Vec::new(),
            wire: VecDeque::new(),
            now: Instant::ZERO,
            bytes: Vec::new(),
            packets: 0,
        }
    }

    pub fn now(&self) -> Instant {
        self.now
    }

    /// Packets delivered so far.
    pub fn packets(&self) -> u32 {
        self.packets
    }

    /// Takes a machine in, and binds addresses for it in the order of its flows.
    pub fn add(
        &mut self,
        enter: Enter<'_>,
        owner: Owner,
        machine: M,
        sockets: &[SocketAddr],
    ) -> usize {
        enter(Owner::Network);
        self.nodes.push(Node {
            owner,
            machine,
            sockets: sockets.to_vec(),
            deadline: None,
        });
        let id = self.nodes.len() - 1;
        // 2030-01-01.
        let unix = UnixTime::from_nanos(1_893_456_000_000_000_000)
            .saturating_add(self.now.saturating_duration_since(Instant::ZERO));
        self.input(enter, id, Input::WallClock { unix });
        for (local, n) in sockets.iter().zip(0..) {
            let bound = Input::Bound {
                flow: FlowId::from_driver(n),
                transport: Transport::Udp,
                local: *local,
            };
            self.input(enter, id, bound);
        }
        id
    }

    /// Takes a machine out; its place stays empty.
    pub fn machine(&self, id: usize) -> Option<&M> {
        Some(&self.nodes.get(id)?.machine)
    }

    /// Commands a machine.
    pub fn command<R>(
        &mut self,
        enter: Enter<'_>,
        id: usize,
        command: impl FnOnce(&mut M, Instant) -> R,
    ) -> Option<R> {
        let node = self.nodes.get_mut(id)?;
        enter(node.owner);
        let result = command(&mut node.machine, self.now);
        node.deadline = Some(self.now);
        enter(Owner::Network);
        Some(result)
    }

    /// Runs until a machine has an event, or until `end`.
    pub fn next_event(&mut self, enter: Enter<'_>, end: Instant) -> Option<(usize, M::Event)> {
        loop {
            for id in 0..self.nodes.len() {
                if let Some(event) = self.drain(enter, id) {
                    return Some((id, event));
                }
            }
            let deadlines = self.nodes.iter().filter_map(|node| node.deadline);
            let packet = self.wire.front().map(|packet| packet.at);
            let next = deadlines.chain(packet).min().filter(|next| *next <= end);
            let Some(next) = next else {
                self.now = end;
                return None;
            };
            self.now = self.now.max(next);
            if packet.is_some_and(|at| at <= self.now) {
                self.deliver(enter);
            } else {
                self.time_out(enter);
            }
        }
    }

    fn drain(&mut self, enter: Enter<'_>, id: usize) -> Option<M::Event> {
        loop {
            let node = self.nodes.get_mut(id)?;
            enter(node.owner);
            let output = node.machine.poll_output(&mut self.bytes);
            enter(Owner::Network);
            match output {
                Output::Transmit { flow, to } => {
                    let index = flow.as_u32() as usize / 2;
                    let from = *node.sockets.get(index)?;
                    self.wire.push_back(Packet {
                        at: self.now + LATENCY,
                        from,
                        to,
                        bytes: self.bytes.as_slice().to_vec(),
                    });
                }
                Output::Connect { flow, .. } => {
                    let reason = CloseReason::Unreachable;
                    self.input(enter, id, Input::Closed { flow, reason });
                }
                Output::Close { flow } => {
                    let reason = CloseReason::Requested;
                    self.input(enter, id, Input::Closed { flow, reason });
                }
                Output::Resolve { query, .. } => {
                    let answer = &Answer::Failed(LookupFailure::NoServer);
                    self.input(enter, id, Input::Resolved { query, answer });
                }
                Output::Event(event) => return Some(event),
                Output::Wait(deadline) => {
                    node.deadline = deadline;
                    return None;
                }
            }
        }
    }

    fn deliver(&mut self, enter: Enter<'_>) {
        let Some(packet) = self.wire.pop_front() else {
            return;
        };
        let place = self.nodes.iter().enumerate().find_map(|(id, node)| {
            let at = node.sockets.iter().position(|local| *local == packet.to)?;
            Some((id, FlowId::from_driver(u32::try_from(at).ok()?)))
        });
        #[cfg(test)]
        if let Ok(text) = core::str::from_utf8(&packet.bytes) {
            let (now, from, to) = (self.now, packet.from, packet.to);
            std::println!("{now:?} {from} -> {to}\n{text}");
        }
        if let Some((id, flow)) = place {
            self.packets += 1;
            let input = Input::Datagram {
                flow,
                source: packet.from,
                bytes: &packet.bytes,
            };
            self.input(enter, id, input);
        }
    }

    fn time_out(&mut self, enter: Enter<'_>) {
        for id in 0..self.nodes.len() {
            let deadline = self.nodes.get(id).and_then(|node| node.deadline);
            if deadline.is_some_and(|deadline| deadline <= self.now) {
                self.input(enter, id, Input::Timeout);
            }
        }
    }

    fn input(&mut self, enter: Enter<'_>, id: usize, input: Input<'_>) {
        if let Some(node) = self.nodes.get_mut(id) {
            enter(node.owner);
            node.machine.handle_input(self.now, input);
            enter(Owner::Network);
        }
    }
}
