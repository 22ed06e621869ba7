//! The scenarios of `scenarios/mod.rs` on mio.

mod scenarios;

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use offhook::FlowId;
use offhook_mio::{Driver, MachineId};
use scenarios::{Bench, Peer, Told};

impl Bench for Driver<Peer> {
    type Id = MachineId;

    fn new() -> Self {
        Driver::new().expect("a selector")
    }

    fn add(&mut self, peer: Peer) -> MachineId {
        Driver::add(self, peer)
    }

    fn remove(&mut self, id: MachineId) -> Option<Peer> {
        Driver::remove(self, id)
    }

    fn bind(&mut self, id: MachineId, at: SocketAddr) -> io::Result<(FlowId, SocketAddr)> {
        self.bind_udp(id, at)
    }

    fn peer(&mut self, id: MachineId) -> &mut Peer {
        self.machine_mut(id).expect("added")
    }

    fn now(&self) -> offhook::Instant {
        Driver::now(self)
    }

    fn undeliverable(&self) -> u64 {
        self.stats().undeliverable
    }

    fn last_undeliverable(&self) -> Option<SocketAddr> {
        self.stats().last_undeliverable.map(|(to, _)| to)
    }

    fn next(&mut self, deadline: Option<Instant>) -> Option<(MachineId, Told)> {
        self.next_event(deadline).expect("the selector works")
    }

    fn waker(&self) -> Box<dyn Fn() + Send> {
        let waker = Driver::waker(self);
        Box::new(move || waker.wake().expect("woken"))
    }
}

scenarios! { Driver<Peer>:
    two_machines_of_one_driver_talk
    one_machine_has_many_sockets_and_tells_them_apart
    both_families_may_have_the_same_port
    a_port_in_use_is_an_error_that_names_it
    thousands_at_once_do_not_stall
    a_flood_at_one_socket_leaves_the_others_their_turn
    timers_fire_in_order_never_early_and_soon
    a_deadline_taken_back_does_not_fire
    a_caller_s_deadline_is_kept
    another_thread_wakes_it
    a_bad_destination_harms_nobody_else
    closing_frees_the_port_and_is_answered
    what_it_cannot_connect_is_unreachable
    a_removed_machine_takes_its_sockets_along
}
