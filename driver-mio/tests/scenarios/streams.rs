//! Connections: how they come up, carry bytes, and end.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use offhook::{CloseReason, FlowId, Transport};
use socket2::{SockRef, Socket};

use super::{Bench, Counts, Limits, Peer, Told, loopback, soon};

const LIMITS: Limits = Limits {
    accepted: 100,
    parked_bytes: 100_000,
    opening: Duration::from_secs(10),
    closing: Duration::from_secs(3),
};

fn flow() -> FlowId {
    FlowId::from_machine(7)
}

/// A machine that listens, and where.
fn listening<B: Bench>(bench: &mut B, peer: Peer) -> (B::Id, SocketAddr) {
    let id = bench.add(peer);
    let (_, at) = bench
        .listen(id, loopback(false), Transport::Tcp)
        .expect("a port");
    (id, at)
}

/// What the driver has to tell next, of whichever machine.
fn told<B: Bench>(bench: &mut B) -> Told {
    bench.next(soon()).expect("in time").1
}

/// The next event of `id`; others are passed over.
fn told_to<B: Bench>(bench: &mut B, id: B::Id) -> Told {
    loop {
        let (who, told) = bench.next(soon()).expect("in time");
        if who == id {
            return told;
        }
    }
}

/// As many bytes of a stream as there are asked for.
fn streamed<B: Bench>(bench: &mut B, id: B::Id, count: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < count {
        match told_to(bench, id) {
            Told::Stream(_, bytes) => all.extend(bytes),
            other => panic!("{other:?} after {} bytes", all.len()),
        }
    }
    all
}

/// A connection of the outside to a machine, and its flow there.
fn visit<B: Bench>(bench: &mut B, id: B::Id, at: SocketAddr) -> (TcpStream, FlowId) {
    let outside = TcpStream::connect(at).expect("connected");
    outside
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("set");
    match told_to(bench, id) {
        Told::Connected(flow, _, peer) => {
            assert_eq!(peer, outside.local_addr().expect("connected"));
            (outside, flow)
        }
        other => panic!("{other:?}"),
    }
}

/// Lets the driver work without anything to be told.
fn turn<B: Bench>(bench: &mut B) {
    let moment = Instant::now() + Duration::from_millis(5);
    let told = bench.next(Some(moment));
    assert!(told.is_none(), "{told:?}");
}

pub(crate) fn bytes_go_both_ways_and_in_order<B: Bench>() {
    let mut bench = B::new();
    let (_, echo_at) = listening(&mut bench, Peer::echo());
    let client = bench.add(Peer::default());
    let peer = bench.peer(client);
    peer.connect(flow(), echo_at, Transport::Tcp);
    assert_eq!(
        told(&mut bench),
        Told::Connected(flow(), Transport::Tcp, echo_at)
    );
    let mut expected = Vec::new();
    for n in 0..200_u8 {
        let piece = vec![n; 37 * usize::from(n)];
        bench.peer(client).send_on(flow(), echo_at, &piece);
        expected.extend(piece);
    }
    assert!(streamed(&mut bench, client, expected.len()) == expected);
    let counts = bench.counts();
    assert_eq!((counts.accepted, counts.connected), (1, 1));
}

pub(crate) fn what_is_sent_before_it_is_up_waits_for_it<B: Bench>() {
    let mut bench = B::new();
    let (_, echo_at) = listening(&mut bench, Peer::echo());
    let client = bench.add(Peer::default());
    let peer = bench.peer(client);
    peer.connect(flow(), echo_at, Transport::Tcp);
    peer.send_on(flow(), echo_at, b"early ");
    peer.send_on(flow(), echo_at, b"bird");
    assert!(matches!(told(&mut bench), Told::Connected(..)));
    assert_eq!(streamed(&mut bench, client, 10), b"early bird");
}

pub(crate) fn the_transport_of_a_listener_is_that_of_its_connections<B: Bench>() {
    let mut bench = B::new();
    let id = bench.add(Peer::default());
    let (listener, at) = bench
        .listen(id, loopback(false), Transport::Ws)
        .expect("a port");
    let outside = TcpStream::connect(at).expect("connected");
    let Told::Connected(flow, transport, peer) = told(&mut bench) else {
        panic!("not connected");
    };
    assert_ne!(flow, listener);
    assert_eq!(transport, Transport::Ws);
    assert_eq!(peer, outside.local_addr().expect("connected"));
}

pub(crate) fn a_connection_leaves_from_where_its_machine_is_bound<B: Bench>() {
    let mut bench = B::new();
    let server = bench.add(Peer::default());
    let any: SocketAddr = "127.0.0.3:0".parse().expect("an address");
    let (_, at) = bench
        .listen(server, loopback(false), Transport::Tcp)
        .expect("a port");
    let client = bench.add(Peer::default());
    if bench.bind(client, any).is_err() {
        // Some systems have one loopback address only.
        return;
    }
    bench.peer(client).connect(flow(), at, Transport::Tcp);
    let Told::Connected(_, _, peer) = told_to(&mut bench, server) else {
        panic!("not connected");
    };
    assert_eq!(peer.ip(), any.ip());
}

pub(crate) fn a_refused_connection_is_unreachable<B: Bench>() {
    let mut bench = B::new();
    let client = bench.add(Peer::default());
    let gone = TcpListener::bind(loopback(false)).expect("a port");
    let nobody = gone.local_addr().expect("bound");
    drop(gone);
    let peer = bench.peer(client);
    peer.connect(flow(), nobody, Transport::Tcp);
    peer.send_on(flow(), nobody, b"lost");
    let closed = Told::Closed(flow(), CloseReason::Unreachable);
    assert_eq!(told(&mut bench), closed);
    // What no connection of streams can be is refused in the same way.
    bench.peer(client).connect(flow(), nobody, Transport::Udp);
    assert_eq!(told(&mut bench), closed);
    assert_eq!(bench.counts().failed, 2);
}

pub(crate) fn a_connection_that_never_comes_up_is_unreachable_in_time<B: Bench>() {
    let mut bench = B::new();
    bench.limit(Limits {
        opening: Duration::from_millis(50),
        ..LIMITS
    });
    // A listener whose queue is full is silent to whoever comes on top.
    let full = Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    full.bind(&loopback(false).into()).expect("a port");
    full.listen(0).expect("listens");
    let at = full.local_addr().expect("bound").as_socket().expect("ip");
    let client = bench.add(Peer::default());
    let mut up = 0;
    for n in 0..8 {
        let flow = FlowId::from_machine(n);
        bench.peer(client).connect(flow, at, Transport::Tcp);
        match told(&mut bench) {
            Told::Connected(..) => up += 1,
            other => {
                assert_eq!(other, Told::Closed(flow, CloseReason::Unreachable));
                break;
            }
        }
    }
    assert!(up < 8, "the queue never filled");
    assert_eq!(bench.counts().failed, 1);
}

pub(crate) fn the_other_end_s_end_is_told_after_its_last_bytes<B: Bench>() {
    let mut bench = B::new();
    let (id, at) = listening(&mut bench, Peer::default());
    let (mut outside, flow) = visit(&mut bench, id, at);
    outside.write_all(b"half a mess").expect("written");
    outside.shutdown(Shutdown::Write).expect("shut down");
    assert_eq!(
        told(&mut bench),
        Told::Stream(flow, b"half a mess".to_vec())
    );
    assert_eq!(told(&mut bench), Told::Closed(flow, CloseReason::Finished));
    // Our end closes too.
    turn(&mut bench);
    assert_eq!(outside.read(&mut [0; 9]).expect("closed in order"), 0);
}

pub(crate) fn a_reset_is_told_as_such<B: Bench>() {
    let mut bench = B::new();
    let (id, at) = listening(&mut bench, Peer::default());
    let (outside, flow) = visit(&mut bench, id, at);
    SockRef::from(&outside)
        .set_linger(Some(Duration::ZERO))
        .expect("set");
    drop(outside);
    assert_eq!(told(&mut bench), Told::Closed(flow, CloseReason::Reset));
}

pub(crate) fn a_reader_too_slow_is_given_up_and_the_rest_goes_on<B: Bench>() {
    let mut bench = B::new();
    bench.limit(LIMITS);
    let (id, at) = listening(&mut bench, Peer::default());
    let (slow, slow_flow) = visit(&mut bench, id, at);
    let (mut quick, quick_flow) = visit(&mut bench, id, at);
    let piece = vec![1; 50_000];
    let closed = loop {
        bench.peer(id).send_on(slow_flow, at, &piece);
        if let Some((_, told)) = bench.next(Some(Instant::now())) {
            break told;
        }
    };
    assert_eq!(closed, Told::Closed(slow_flow, CloseReason::Reset));
    bench.peer(id).send_on(quick_flow, at, b"still there");
    turn(&mut bench);
    let mut got = [0; 11];
    quick.read_exact(&mut got).expect("in time");
    assert_eq!(&got, b"still there");
    drop(slow);
}

pub(crate) fn closing_sends_what_waits_first<B: Bench>() {
    let mut bench = B::new();
    bench.limit(Limits {
        parked_bytes: 4_000_000,
        ..LIMITS
    });
    let (id, at) = listening(&mut bench, Peer::default());
    let (mut outside, flow) = visit(&mut bench, id, at);
    let sent = vec![9; 4_000_000];
    let peer = bench.peer(id);
    peer.send_on(flow, at, &sent);
    peer.close(flow);
    // What comes in now is too late for the machine.
    outside.write_all(b"too late").expect("written");
    assert_eq!(told(&mut bench), Told::Closed(flow, CloseReason::Requested));
    let reader = std::thread::spawn(move || {
        let mut got = Vec::new();
        outside.read_to_end(&mut got).expect("closed in order");
        got.len()
    });
    while !reader.is_finished() {
        turn(&mut bench);
    }
    assert_eq!(reader.join().expect("read"), sent.len());
    assert_eq!(bench.peer(id).streamed, 0);
}

pub(crate) fn one_more_connection_than_the_limit_is_closed_at_once<B: Bench>() {
    let mut bench = B::new();
    bench.limit(Limits {
        accepted: 2,
        ..LIMITS
    });
    let (id, at) = listening(&mut bench, Peer::default());
    let (first, first_flow) = visit(&mut bench, id, at);
    let (_second, _) = visit(&mut bench, id, at);
    let mut third = TcpStream::connect(at).expect("the system lets it in");
    turn(&mut bench);
    match third.read(&mut [0; 9]) {
        Ok(0) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(
        bench.counts(),
        Counts {
            accepted: 2,
            turned_away: 1,
            connected: 0,
            failed: 0
        }
    );
    drop(first);
    assert_eq!(
        told(&mut bench),
        Told::Closed(first_flow, CloseReason::Finished)
    );
    visit(&mut bench, id, at);
}

pub(crate) fn a_removed_machine_sends_what_waits<B: Bench>() {
    let mut bench = B::new();
    let (id, at) = listening(&mut bench, Peer::default());
    let (mut outside, flow) = visit(&mut bench, id, at);
    bench.peer(id).send_on(flow, at, b"goodbye");
    turn(&mut bench);
    assert!(bench.remove(id).is_some());
    turn(&mut bench);
    let mut got = Vec::new();
    outside.read_to_end(&mut got).expect("closed in order");
    assert_eq!(got, b"goodbye");
    let refused = TcpStream::connect(at).expect_err("nobody listens");
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}

pub(crate) fn a_closed_listener_takes_nobody_and_its_connections_stay<B: Bench>() {
    let mut bench = B::new();
    let id = bench.add(Peer::default());
    let (listener, at) = bench
        .listen(id, loopback(false), Transport::Tcp)
        .expect("a port");
    let (mut outside, flow) = visit(&mut bench, id, at);
    bench.peer(id).close(listener);
    assert_eq!(
        told(&mut bench),
        Told::Closed(listener, CloseReason::Requested)
    );
    let refused = TcpStream::connect(at).expect_err("nobody listens");
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    outside.write_all(b"still there").expect("written");
    assert_eq!(
        told(&mut bench),
        Told::Stream(flow, b"still there".to_vec())
    );
}

pub(crate) fn many_connections_at_once<B: Bench>() {
    let mut bench = B::new();
    bench.limit(Limits {
        accepted: 200,
        ..LIMITS
    });
    let (_, echo_at) = listening(&mut bench, Peer::echo());
    let client = bench.add(Peer::default());
    for n in 0..200 {
        let flow = FlowId::from_machine(n);
        let peer = bench.peer(client);
        peer.connect(flow, echo_at, Transport::Tcp);
        peer.send_on(flow, echo_at, &n.to_be_bytes());
    }
    let mut heard = 0;
    while heard < 200 {
        match told_to(&mut bench, client) {
            Told::Connected(..) => {}
            Told::Stream(flow, bytes) => {
                let n = u32::from_be_bytes(bytes.try_into().expect("four bytes"));
                assert_eq!(flow, FlowId::from_machine(n));
                heard += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        bench.counts(),
        Counts {
            accepted: 200,
            turned_away: 0,
            connected: 200,
            failed: 0
        }
    );
}
