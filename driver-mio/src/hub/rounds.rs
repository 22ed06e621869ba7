//! The round itself: drain, receive within a budget, time out.

use std::net::SocketAddr;

use offhook::{CloseReason, FlowId, Input, Machine, Output};

use super::guests::Told;
use super::machines::{MachineId, handle};
use super::place::Source;
use super::{Due, Hub, Step, Turn, Until};
use crate::net::Net;

/// Packets taken from one socket before the timers have their turn.
const BUDGET: usize = 64;

#[derive(Clone, Copy)]
pub(super) enum Phase {
    /// So many sockets have their turn yet, and the first so many packets.
    Receiving { sockets: usize, packets: usize },
    /// Everyone had `Timeout`.
    Settled,
}

impl<M: Machine, N: Net> Hub<M, N> {
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
                Output::Connect {
                    flow,
                    peer,
                    transport,
                    server_name,
                } => self.connect(id, flow, peer, transport, server_name.as_ref()),
                Output::Close { flow } => self.close(id, flow, CloseReason::Requested),
                Output::Resolve { query, question } => self.resolve(id, query, question),
                Output::Event(Told::Event(event)) => return Some((id, event)),
                Output::Event(Told::Answered(query, answer)) => self.on_answered(query, &answer),
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
        let place = token.and_then(|token| Some((token, self.places.get(token)?)));
        match place.map(|(token, place)| (token, &place.source)) {
            Some((token, Source::Datagrams(_))) => self.transmit_datagram(token, flow, to),
            Some((token, Source::Connection(_))) => self.transmit_stream(token),
            Some((_, Source::Listener(_))) | None => self.stats.dropped += 1,
        }
    }

    /// Hands one packet to its machine; false when the round has no more to receive.
    fn receive_one(&mut self) -> bool {
        while let Phase::Receiving { sockets, packets } = self.phase {
            let (1.., Some(&token)) = (sockets, self.readable.front()) else {
                return false;
            };
            let place = self.places.get(token).filter(|_| packets > 0);
            let Some(place) = place else {
                self.next_socket(packets == 0);
                continue;
            };
            self.phase = Phase::Receiving {
                sockets,
                packets: packets.saturating_sub(1),
            };
            let turn = match place.source {
                Source::Datagrams(_) => self.receive_datagram(token, packets),
                Source::Connection(_) => self.receive_stream(token),
                Source::Listener(_) => self.accept(token),
            };
            match turn {
                Turn::Told => return true,
                Turn::Again => {}
                Turn::Over => {
                    if let Some(place) = self.places.get_mut(token) {
                        place.readable = false;
                    }
                    self.next_socket(false);
                }
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

    /// Ends the round: the time, for everyone who is due, in the order of the deadlines, and then
    /// for everyone else who had input in it.
    fn time_out(&mut self) {
        let now = self.clock.now();
        while let Some(due) = self.timers.pop_due(now) {
            match due {
                Due::Machine(id) => {
                    if let Some(slot) = self.machines.get_mut(handle(id)) {
                        slot.deadline = None;
                        slot.touched = false;
                        slot.machine.handle_input(now, Input::Timeout);
                    }
                    self.queue(id);
                }
                Due::Place(token) => self.on_patience(token),
            }
        }
        while let Some(id) = self.touched.pop_front() {
            // Whoever was due has had its turn, though it still stands in the queue.
            if let Some(slot) = self.slot_mut(id).filter(|slot| slot.touched) {
                slot.touched = false;
                slot.machine.handle_input(now, Input::Timeout);
                self.queue(id);
            }
        }
    }

    fn on_patience(&mut self, token: usize) {
        match self.places.get_mut(token).map(|place| &mut place.source) {
            Some(Source::Listener(listener)) => {
                listener.rest = None;
                self.on_readable(token);
            }
            Some(Source::Connection(_)) => self.on_impatience(token),
            Some(Source::Datagrams(_)) | None => {}
        }
    }
}
