//! Machines: which there are, what each waits for, and how it is told of things.

use std::collections::BTreeMap;

use offhook::arena::Handle;
use offhook::timers::TimerId;
use offhook::{FlowId, Input, Instant, Machine};

use super::guests::Guest;
use super::{Due, Hub};
use crate::net::Net;

/// Names one machine of a driver, and never a later one in its place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MachineId(pub(super) (u32, u32));

pub(super) struct Slot<M> {
    pub(super) machine: Guest<M>,
    /// The token of each flow that is open.
    pub(super) flows: BTreeMap<FlowId, usize>,
    next_flow: u32,
    pub(super) deadline: Option<(Instant, TimerId<Due>)>,
    /// Stands in `Hub::undrained`.
    pub(super) queued: bool,
    /// Stands in `Hub::touched`.
    pub(super) touched: bool,
}

impl<M> Slot<M> {
    pub(super) fn mint(&mut self) -> FlowId {
        let flow = FlowId::from_driver(self.next_flow);
        self.next_flow = self.next_flow.wrapping_add(1);
        flow
    }
}

pub(super) fn handle<M>(id: MachineId) -> Handle<Slot<M>> {
    Handle::from_raw(id.0.0, id.0.1)
}

impl<M: Machine, N: Net> Hub<M, N> {
    /// Takes a machine in and tells it the world's time.
    pub(crate) fn add(&mut self, machine: M) -> MachineId {
        self.take_in(Guest::Machine(machine))
    }

    pub(super) fn take_in(&mut self, machine: Guest<M>) -> MachineId {
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
        for token in slot.flows.into_values() {
            self.leave(token);
        }
        slot.machine.into_machine()
    }

    pub(crate) fn machine(&self, id: MachineId) -> Option<&M> {
        self.machines.get(handle(id))?.machine.machine()
    }

    /// The machine to be commanded; it is drained before anything else happens.
    pub(crate) fn machine_mut(&mut self, id: MachineId) -> Option<&mut M> {
        self.queue(id);
        self.machines.get_mut(handle(id))?.machine.machine_mut()
    }

    pub(super) fn slot_mut(&mut self, id: MachineId) -> Option<&mut Slot<M>> {
        self.machines.get_mut(handle(id))
    }

    pub(super) fn arm(&mut self, id: MachineId, deadline: Option<Instant>) {
        let Some(slot) = self.machines.get_mut(handle(id)) else {
            return;
        };
        if slot.deadline.map(|(at, _)| at) == deadline {
            return;
        }
        if let Some((_, timer)) = slot.deadline.take() {
            self.timers.cancel(timer);
        }
        slot.deadline = deadline.map(|at| (at, self.timers.arm(at, Due::Machine(id))));
    }

    pub(super) fn deliver(&mut self, id: MachineId, now: Instant, input: Input<'_>) {
        if let Some(slot) = self.machines.get_mut(handle(id)) {
            slot.machine.handle_input(now, input);
        }
        self.queue(id);
        self.touch(id);
    }

    pub(super) fn queue(&mut self, id: MachineId) {
        if let Some(slot) = self.machines.get_mut(handle(id)) {
            if !slot.queued {
                slot.queued = true;
                self.undrained.push_back(id);
            }
        }
    }

    pub(super) fn touch(&mut self, id: MachineId) {
        if let Some(slot) = self.machines.get_mut(handle(id)) {
            if !slot.touched {
                slot.touched = true;
                self.touched.push_back(id);
            }
        }
    }
}
