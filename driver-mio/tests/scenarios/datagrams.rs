//! Datagram sockets, timers, and what a driver does besides.

use std::collections::BTreeSet;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use offhook::{CloseReason, FlowId, UnixTime};

use super::{Bench, Peer, Told, loopback, soon};

fn has_ipv6() -> bool {
    UdpSocket::bind("[::1]:0").is_ok()
}

pub(super) fn expect_datagram<B: Bench>(bench: &mut B, at: B::Id, bytes: &[u8]) -> SocketAddr {
    match bench.next(soon()) {
        Some((id, Told::Datagram(_, source, got))) if id == at && got == bytes => source,
        other => panic!("expected {bytes:?} at {at:?}: {other:?}"),
    }
}

pub(crate) fn two_machines_of_one_driver_talk<B: Bench>() {
    let families: &[bool] = if has_ipv6() { &[false, true] } else { &[false] };
    for v6 in families {
        let mut bench = B::new();
        let ping = bench.add(Peer::default());
        let echo = bench.add(Peer::echo());
        let (_, ping_at) = bench.bind(ping, loopback(*v6)).expect("a port");
        let (_, echo_at) = bench.bind(echo, loopback(*v6)).expect("a port");
        assert_ne!(ping_at.port(), 0);
        for n in 0..20 {
            bench.peer(ping).send(echo_at, &[n; 200]);
            assert_eq!(expect_datagram(&mut bench, ping, &[n; 200]), echo_at);
        }
        assert_eq!(bench.peer(echo).datagrams, 20);
        assert!(bench.peer(ping).unix > Some(UnixTime::from_nanos(1_600_000_000_000_000_000)));
    }
}

pub(crate) fn one_machine_has_many_sockets_and_tells_them_apart<B: Bench>() {
    let mut bench = B::new();
    let id = bench.add(Peer::default());
    let bound: Vec<_> = (0..8)
        .map(|_| bench.bind(id, loopback(false)).expect("a port"))
        .collect();
    for (n, (flow, at)) in bound.iter().enumerate() {
        assert_eq!(*flow, FlowId::from_driver(n as u32));
        let (next_flow, next_at) = bound[(n + 1) % bound.len()];
        bench.peer(id).send_on(*flow, next_at, &[n as u8]);
        let told = bench.next(soon()).expect("in time").1;
        assert_eq!(told, Told::Datagram(next_flow, *at, vec![n as u8]));
    }
}

pub(crate) fn both_families_may_have_the_same_port<B: Bench>() {
    if !has_ipv6() {
        return;
    }
    let mut bench = B::new();
    let id = bench.add(Peer::default());
    let (_, any) = bench
        .bind(id, "[::]:0".parse().expect("an address"))
        .expect("a port");
    let v4 = SocketAddr::from(([0, 0, 0, 0], any.port()));
    bench.bind(id, v4).expect("IPv4 is not IPv6's");
    let outside = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let to = SocketAddr::from(([127, 0, 0, 1], any.port()));
    outside.send_to(b"v4", to).expect("sent");
    let source = expect_datagram(&mut bench, id, b"v4");
    assert!(source.is_ipv4(), "{source} is not how IPv4 writes itself");
}

pub(crate) fn a_port_in_use_is_an_error_that_names_it<B: Bench>() {
    let taken = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound");
    let mut bench = B::new();
    let id = bench.add(Peer::default());
    let error = bench.bind(id, address).expect_err("it is taken");
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    assert_eq!(bench.peer(id).flow, None);
    bench.bind(id, loopback(false)).expect("the driver goes on");
}

/// Where the system tells, which [`Bench::bind_apart`] says.
pub(crate) fn an_answer_leaves_from_the_address_that_was_hit<B: Bench>() {
    if !cfg!(any(target_os = "linux", target_os = "android")) {
        return;
    }
    let mut bench = B::new();
    let id = bench.add(Peer::echo());
    let v4 = ("0.0.0.0:0", "127.0.0.1:0", &["127.0.0.1", "127.0.0.2"][..]);
    let v6 = ("[::]:0", "[::1]:0", &["::1"][..]);
    let families = if has_ipv6() { &[v4, v6][..] } else { &[v4] };
    for (any, outside, hits) in families {
        let any = any.parse().expect("an address");
        let (whole, bound) = bench.bind_apart(id, any).expect("a port");
        let outside = UdpSocket::bind(outside).expect("a port");
        let second = Duration::from_secs(5);
        outside.set_read_timeout(Some(second)).expect("set");
        let mut flows = BTreeSet::from([whole]);
        for hit in hits.iter().chain(*hits) {
            let to = SocketAddr::new(hit.parse().expect("an address"), bound.port());
            outside.send_to(b"who?", to).expect("sent");
            assert_eq!(
                bench.next(Some(Instant::now() + Duration::from_millis(50))),
                None
            );
            let (length, from) = outside.recv_from(&mut [0; 9]).expect("an answer");
            assert_eq!((length, from), (4, to));
            flows.extend(bench.peer(id).flows.keys());
        }
        // Each address was told once, with the port they share.
        let peer = bench.peer(id);
        let told = peer
            .flows
            .values()
            .filter(|local| local.port() == bound.port());
        assert_eq!(told.count(), 1 + hits.len());
    }
}

/// A selector that speaks only of changes is silent about what is left behind: a driver that
/// then sleeps until the next deadline needs a minute for this.
pub(crate) fn thousands_at_once_do_not_stall<B: Bench>() {
    let mut bench = B::new();
    let id = bench.add(Peer::echo());
    let (_, at) = bench.bind(id, loopback(false)).expect("a port");
    let minute = bench.now() + Duration::from_secs(60);
    bench.peer(id).deadline = Some(minute);
    let outside = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let waker = bench.waker();
    let mut sent = 0;
    let started = Instant::now();
    for _ in 0..20 {
        // As many as a receive buffer holds, all before the driver looks.
        for _ in 0..150 {
            outside.send_to(&[7; 40], at).expect("sent");
            sent += 1;
        }
        while bench.peer(id).datagrams < sent {
            waker();
            assert_eq!(bench.next(soon()), None);
            assert!(started.elapsed() < Duration::from_secs(20), "stalled");
        }
    }
    assert_eq!(bench.peer(id).datagrams, 3000);
    assert!(started.elapsed() < Duration::from_secs(5));

    // Without anyone who wakes it, the driver must come back to the socket by itself.
    for _ in 0..200 {
        outside.send_to(&[8; 40], at).expect("sent");
    }
    let before = Instant::now();
    assert_eq!(bench.next(Some(before + Duration::from_millis(300))), None);
    assert_eq!(bench.peer(id).datagrams, 3200);
    assert!(bench.peer(id).most_between_timeouts <= 64);
}

pub(crate) fn a_flood_at_one_socket_leaves_the_others_their_turn<B: Bench>() {
    let mut bench = B::new();
    let flooded = bench.add(Peer::default());
    let calm = bench.add(Peer::default());
    let (_, flooded_at) = bench.bind(flooded, loopback(false)).expect("a port");
    let (_, calm_at) = bench.bind(calm, loopback(false)).expect("a port");
    let outside = UdpSocket::bind("127.0.0.1:0").expect("a port");
    for _ in 0..300 {
        outside.send_to(b"flood", flooded_at).expect("sent");
    }
    outside.send_to(b"calm", calm_at).expect("sent");
    let heard_after = (0..)
        .take_while(|_| bench.next(soon()).expect("in time").0 == flooded)
        .count();
    assert!(heard_after <= 128, "after {heard_after}");
}

pub(crate) fn timers_fire_in_order_never_early_and_soon<B: Bench>() {
    let mut bench = B::new();
    let ids: Vec<_> = (0..10).map(|_| bench.add(Peer::default())).collect();
    let start = bench.now();
    for (n, id) in ids.iter().enumerate() {
        // 1.3 ms apart and not in the order of the machines.
        let after = Duration::from_micros(20_000 + 1_300 * ((n as u64 * 7) % 10));
        bench.peer(*id).deadline = Some(start + after);
    }
    let mut last = start;
    for _ in 0..ids.len() {
        let (_, told) = bench.next(soon()).expect("in time");
        let Told::Fired { due, now } = told else {
            panic!("{told:?}")
        };
        assert!(
            now >= due,
            "early by {:?}",
            due.saturating_duration_since(now)
        );
        assert!(due >= last, "out of order");
        last = due;
    }
}

pub(crate) fn a_deadline_taken_back_does_not_fire<B: Bench>() {
    let mut bench = B::new();
    let id = bench.add(Peer::default());
    // On a busy computer the deadline may be over before anybody could take it back.
    let taken_back = (0..100).any(|_| {
        bench.peer(id).deadline = Some(bench.now() + Duration::from_millis(40));
        let told = bench.next(Some(Instant::now() + Duration::from_millis(5)));
        bench.peer(id).deadline = None;
        told.is_none()
    });
    assert!(taken_back, "no time to take a deadline back");
    assert_eq!(
        bench.next(Some(Instant::now() + Duration::from_millis(80))),
        None
    );
}

pub(crate) fn a_caller_s_deadline_is_kept<B: Bench>() {
    let mut bench = B::new();
    let start = Instant::now();
    assert_eq!(bench.next(Some(start + Duration::from_millis(30))), None);
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(30), "{took:?}");
    // One that has passed is a look, not a wait.
    assert_eq!(bench.next(Some(start)), None);
    assert!(start.elapsed() < Duration::from_secs(5));
}

pub(crate) fn another_thread_wakes_it<B: Bench>() {
    let mut bench = B::new();
    let waker = bench.waker();
    let start = Instant::now();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        waker();
        waker
    });
    assert_eq!(bench.next(None), None);
    assert!(start.elapsed() >= Duration::from_millis(30));
    // A wake before the wait is not lost, and one wake is one wake.
    let waker = thread.join().expect("woken");
    waker();
    assert_eq!(bench.next(None), None);
    let again = Instant::now();
    assert_eq!(bench.next(Some(again + Duration::from_millis(20))), None);
    assert!(again.elapsed() >= Duration::from_millis(20));
}

pub(crate) fn a_bad_destination_harms_nobody_else<B: Bench>() {
    let mut bench = B::new();
    let ping = bench.add(Peer::default());
    let echo = bench.add(Peer::echo());
    let (flow, _) = bench.bind(ping, loopback(false)).expect("a port");
    let (_, echo_at) = bench.bind(echo, loopback(false)).expect("a port");
    // Nobody there: the network's answer, if the system gives it, must not close the socket.
    let gone = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let nobody = gone.local_addr().expect("bound");
    drop(gone);
    let wrong_family: SocketAddr = "[::1]:9".parse().expect("an address");
    let too_long = vec![0; 65_536];
    for _ in 0..100 {
        bench.peer(ping).send(nobody, b"anyone?");
    }
    bench.peer(ping).send(echo_at, &too_long);
    bench.peer(ping).send(wrong_family, b"lost");
    bench.peer(ping).send(echo_at, b"still there");
    for _ in 0..2 {
        let told = bench.next(soon()).expect("in time").1;
        assert_eq!(told, Told::Closed(flow, CloseReason::Unreachable));
    }
    assert_eq!(expect_datagram(&mut bench, ping, b"still there"), echo_at);
    assert_eq!(bench.undeliverable(), 2);
    assert_eq!(bench.last_undeliverable(), Some(wrong_family));
}

pub(crate) fn closing_frees_the_port_and_is_answered<B: Bench>() {
    let mut bench = B::new();
    let id = bench.add(Peer::default());
    let (flow, at) = bench.bind(id, loopback(false)).expect("a port");
    bench.peer(id).close(flow);
    let told = bench.next(soon()).expect("in time").1;
    assert_eq!(told, Told::Closed(flow, CloseReason::Requested));
    let again = UdpSocket::bind(at).expect("the port is free again");
    // What is sent on it now goes nowhere.
    bench.peer(id).send(at, b"lost");
    assert_eq!(
        bench.next(Some(Instant::now() + Duration::from_millis(10))),
        None
    );
    again.set_nonblocking(true).expect("set");
    assert!(again.recv(&mut [0; 9]).is_err());
}

pub(crate) fn a_removed_machine_takes_its_sockets_along<B: Bench>() {
    let mut bench = B::new();
    let gone = bench.add(Peer::default());
    let stays = bench.add(Peer::default());
    let (_, gone_at) = bench.bind(gone, loopback(false)).expect("a port");
    let (_, stays_at) = bench.bind(stays, loopback(false)).expect("a port");
    bench.peer(gone).deadline = Some(bench.now() + Duration::from_millis(1));
    assert!(bench.remove(gone).is_some());
    assert!(bench.remove(gone).is_none());
    let outside = UdpSocket::bind(gone_at).expect("the port is free again");
    outside.send_to(b"to who stays", stays_at).expect("sent");
    expect_datagram(&mut bench, stays, b"to who stays");
    // A new machine in the old place has a name of its own.
    let new = bench.add(Peer::default());
    assert_ne!(new, gone);
    let (flow, _) = bench.bind(new, loopback(false)).expect("a port");
    assert_eq!(flow, FlowId::from_driver(0));
}
