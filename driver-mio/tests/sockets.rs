//! The scenarios of `scenarios/mod.rs` on mio.

mod scenarios;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Instant;

use offhook::{FlowId, Transport};
use offhook_mio::{
    ClientCertificates, Driver, Group, Listening, MachineId, NameService, StreamLimits, TlsClient,
    TlsClientFiles, TlsServer, TlsServerFiles,
};
use scenarios::{Bench, Clients, Counts, Limits, Papers, Peer, Told};

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

    fn bind_apart(&mut self, id: MachineId, at: SocketAddr) -> io::Result<(FlowId, SocketAddr)> {
        self.bind_udp_apart(id, at)
    }

    fn speak(&mut self, id: MachineId, flow: FlowId, group: Ipv4Addr, hops: u8) -> io::Result<()> {
        let group = Group::V4(group, Ipv4Addr::LOCALHOST);
        self.send_to_groups(id, flow, group, hops)
    }

    fn join(&mut self, id: MachineId, flow: FlowId, group: Ipv4Addr) -> io::Result<()> {
        Driver::join(self, id, flow, Group::V4(group, Ipv4Addr::LOCALHOST))
    }

    fn leave(&mut self, id: MachineId, flow: FlowId, group: Ipv4Addr) -> io::Result<()> {
        Driver::leave(self, id, flow, Group::V4(group, Ipv4Addr::LOCALHOST))
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

    type Server = TlsServer;

    fn server(files: &Papers, clients: Clients<'_>) -> io::Result<TlsServer> {
        TlsServer::open(TlsServerFiles {
            certificates: files.certificates.clone(),
            key: files.key.clone(),
            clients: match clients {
                Clients::NotAsked => ClientCertificates::NotAsked,
                Clients::Optional(roots) => ClientCertificates::Optional(roots.to_owned()),
                Clients::Required(roots) => ClientCertificates::Required(roots.to_owned()),
            },
        })
    }

    fn reload(server: &TlsServer) -> io::Result<()> {
        server.reload()
    }

    fn listen_tls(
        &mut self,
        id: MachineId,
        at: SocketAddr,
        server: &TlsServer,
    ) -> io::Result<SocketAddr> {
        let (_, at) = Driver::listen(self, id, at, Listening::Tls(server.clone()))?;
        Ok(at)
    }

    fn trust(&mut self, root: &Path, own: Option<&Papers>) -> io::Result<()> {
        self.set_tls_client(TlsClient::open(TlsClientFiles {
            roots: vec![root.to_owned()],
            certificates: own.map(|own| (own.certificates.clone(), own.key.clone())),
        })?);
        Ok(())
    }

    fn look_up_over(&mut self, servers: &[SocketAddr], connections: bool) -> io::Result<()> {
        let names = NameService::of_servers(servers);
        self.set_name_service(if connections {
            names.over_connections()
        } else {
            names
        })
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
    an_answer_leaves_from_the_address_that_was_hit
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

// shows: S009
#[test]
fn a_group_is_heard_between_joining_and_leaving() {
    scenarios::groups::a_group_is_heard_between_joining_and_leaving::<Driver<Peer>>();
}

scenarios! { streams, Driver<Peer>:
    bytes_go_both_ways_and_in_order
    what_is_sent_before_it_is_up_waits_for_it
    the_transport_of_a_listener_is_that_of_its_connections
    a_connection_leaves_from_where_its_machine_is_bound
    a_refused_connection_is_unreachable
    a_connection_that_never_comes_up_is_unreachable_in_time
    the_other_end_s_end_is_told_after_its_last_bytes
    a_reset_is_told_as_such
    a_reader_too_slow_is_given_up_and_the_rest_goes_on
    closing_sends_what_waits_first
    one_more_connection_than_the_limit_is_closed_at_once
    a_removed_machine_sends_what_waits
    a_closed_listener_takes_nobody_and_its_connections_stay
    a_machine_that_asks_twice_by_one_name_means_the_last
    many_connections_at_once
}

scenarios! { tls, Driver<Peer>:
    bytes_go_both_ways_under_tls_and_the_names_come_along
    who_speaks_1_2_alone_is_understood
    a_server_nobody_vouches_for_is_unreachable
    a_certificate_that_has_run_out_is_unreachable
    without_anyone_to_trust_nothing_is_reached
    which_name_a_certificate_is_for_is_left_to_the_machine
    a_client_shows_its_certificate_when_it_is_asked
    a_client_without_a_certificate_is_turned_away_where_one_is_required
    what_is_read_anew_is_shown_from_then_on
    what_cannot_be_read_leaves_what_was
    the_end_is_said_under_tls_too
    who_does_not_shake_hands_is_let_go_of
    who_speaks_no_tls_is_let_go_of
    who_speaks_1_1_at_most_is_turned_away
    a_reader_too_slow_is_given_up_under_tls_too
}

scenarios! { names, Driver<Peer>:
    each_machine_gets_the_answer_to_what_it_asked
    what_was_cut_off_is_asked_for_over_a_connection
    names_may_be_asked_about_over_connections_alone
    without_a_name_server_each_question_fails_at_once
    this_machine_is_known_without_a_name_server
    a_silent_name_server_is_followed_by_the_next
    queries_leave_from_many_ports_under_many_ids
    an_answer_from_elsewhere_is_not_believed
    whoever_waits_is_told_when_another_name_service_takes_over
}
