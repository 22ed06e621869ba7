//! The scenarios of `scenarios/mod.rs` on mio.

mod scenarios;

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use offhook::{FlowId, Transport};
use offhook_mio::{Driver, Listening, MachineId, StreamLimits};
use scenarios::{Bench, Counts, Limits, Peer, Told};

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

    fn listen(
        &mut self,
        id: MachineId,
        at: SocketAddr,
        transport: Transport,
    ) -> io::Result<(FlowId, SocketAddr)> {
        let listening = match transport {
            Transport::Ws => Listening::Ws,
            _ => Listening::Tcp,
        };
        Driver::listen(self, id, at, listening)
    }

    fn limit(&mut self, limits: Limits) {
        self.set_stream_limits(StreamLimits {
            accepted: limits.accepted,
            parked_bytes: limits.parked_bytes,
            opening: limits.opening,
            closing: limits.closing,
        });
    }

    fn counts(&self) -> Counts {
        let stats = self.stats();
        Counts {
            accepted: stats.accepted,
            turned_away: stats.turned_away,
            connected: stats.connected,
            failed: stats.failed,
        }
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

scenarios! { datagrams, Driver<Peer>:
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
    a_removed_machine_takes_its_sockets_along
}

scenarios! { streams, Driver<Peer>:
    bytes_go_both_ways_and_in_order
    what_is_sent_before_it_is_up_waits_for_it
    the_transport_of_a_listener_is_that_of_its_connections
    a_refused_connection_is_unreachable
    a_connection_that_never_comes_up_is_unreachable_in_time
    the_other_end_s_end_is_told_after_its_last_bytes
    a_reset_is_told_as_such
    a_reader_too_slow_is_given_up_and_the_rest_goes_on
    closing_sends_what_waits_first
    one_more_connection_than_the_limit_is_closed_at_once
    a_removed_machine_sends_what_waits
    a_closed_listener_takes_nobody_and_its_connections_stay
    many_connections_at_once
}
