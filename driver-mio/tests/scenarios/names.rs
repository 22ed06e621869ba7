//! Names looked up by name servers on loopback, which are made here.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use offhook::dns::{
    Answer, LookupFailure, Message, Name, QueryId, Question, Record, RecordData, RecordKind,
};

use super::{Bench, Peer, Told, loopback, soon};

/// How a name server answers: it changes a response that has the question alone.
type Answering = fn(&mut Message, Over);

/// What a query came over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Over {
    Datagram,
    Stream,
}

/// A name server on a thread of its own, ended with the test.
struct Server {
    at: SocketAddr,
    seen: Arc<Mutex<Vec<(SocketAddr, u16, Over)>>>,
    ends: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    fn start(answering: Answering) -> Self {
        Self::start_with(answering, |_, _, _| {})
    }

    /// `before` sees each query as it comes in a datagram.
    fn start_with(answering: Answering, before: fn(&UdpSocket, &Message, SocketAddr)) -> Self {
        // A port that is free for both.
        let (datagrams, streams) = (0..100)
            .find_map(|_| {
                let datagrams = UdpSocket::bind(loopback(false)).ok()?;
                let streams = TcpListener::bind(datagrams.local_addr().ok()?).ok()?;
                Some((datagrams, streams))
            })
            .expect("a port");
        let at = datagrams.local_addr().expect("bound");
        let (seen, ends) = (Arc::default(), Arc::default());
        let threads = vec![
            {
                let (seen, ends) = (Arc::clone(&seen), Arc::clone(&ends));
                thread::spawn(move || serve_datagrams(&datagrams, answering, before, &seen, &ends))
            },
            {
                let (seen, ends) = (Arc::clone(&seen), Arc::clone(&ends));
                thread::spawn(move || serve_streams(&streams, answering, &seen, &ends))
            },
        ];
        Self {
            at,
            seen,
            ends,
            threads,
        }
    }

    fn seen(&self) -> Vec<(SocketAddr, u16, Over)> {
        self.seen.lock().expect("no thread failed").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

type Seen = Mutex<Vec<(SocketAddr, u16, Over)>>;

fn serve_datagrams(
    socket: &UdpSocket,
    answering: Answering,
    before: fn(&UdpSocket, &Message, SocketAddr),
    seen: &Seen,
    ends: &AtomicBool,
) {
    let pause = Some(Duration::from_millis(20));
    socket.set_read_timeout(pause).expect("a time-out");
    let mut buffer = [0; 1024];
    while !ends.load(Ordering::SeqCst) {
        let Ok((length, source)) = socket.recv_from(&mut buffer) else {
            continue;
        };
        let query = Message::parse(&buffer[..length], 8).expect("a query");
        let entry = (source, query.id, Over::Datagram);
        seen.lock().expect("no thread failed").push(entry);
        before(socket, &query, source);
        let response = response(query, answering, Over::Datagram);
        socket.send_to(&response, source).expect("sent");
    }
}

fn serve_streams(listener: &TcpListener, answering: Answering, seen: &Seen, ends: &AtomicBool) {
    listener.set_nonblocking(true).expect("it may");
    while !ends.load(Ordering::SeqCst) {
        match listener.accept() {
            Ok((stream, source)) => {
                let id = serve_stream(stream, answering).expect("a whole query");
                let entry = (source, id, Over::Stream);
                seen.lock().expect("no thread failed").push(entry);
            }
            Err(_) => thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// One query and its response, each behind its length (RFC 1035 §4.2.2).
fn serve_stream(mut stream: TcpStream, answering: Answering) -> std::io::Result<u16> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut query)?;
    let query = Message::parse(&query, 8).expect("a query");
    let id = query.id;
    let response = response(query, answering, Over::Stream);
    let length = u16::try_from(response.len()).expect("short");
    stream.write_all(&length.to_be_bytes())?;
    // In two pieces, which is how streams come.
    let (one, other) = response.split_at(response.len() / 2);
    stream.write_all(one)?;
    thread::sleep(Duration::from_millis(5));
    stream.write_all(other)?;
    Ok(id)
}

fn response(mut message: Message, answering: Answering, over: Over) -> Vec<u8> {
    message.is_response = true;
    message.recursion_available = true;
    answering(&mut message, over);
    let mut bytes = Vec::new();
    message.write(&mut bytes).expect("short");
    bytes
}

/// `hN.example` is at 10.0.0.N.
fn known(message: &mut Message, _: Over) {
    let name = message.question.clone().expect("a question").name;
    let number = name.to_string().to_ascii_lowercase();
    let number = number.strip_prefix('h').and_then(|it| it.split_once('.'));
    let number = number.and_then(|(number, _)| number.parse().ok());
    message.answers = vec![address(&name, number.expect("a number"))];
}

fn address(name: &Name, number: u8) -> Record {
    Record {
        name: name.clone(),
        ttl: 300,
        data: RecordData::A([10, 0, 0, number].into()),
    }
}

fn host(number: u8) -> Question {
    Question {
        name: Name::parse(&format!("h{number}.example")).expect("a name"),
        kind: RecordKind::A,
    }
}

/// The next answer that anyone gets: whose it is, to what, and the last number of the address.
fn resolved<B: Bench>(bench: &mut B) -> (B::Id, u64, Result<u8, LookupFailure>) {
    match bench.next(soon()) {
        Some((id, Told::Resolved(query, answer))) => {
            let found = match (&answer, answer.records()) {
                (Answer::Failed(why), _) => Err(*why),
                (_, [record]) => match record.data {
                    RecordData::A(ip) => Ok(ip.octets()[3]),
                    _ => panic!("{record:?}"),
                },
                (_, _) => panic!("{answer:?}"),
            };
            (id, query.0, found)
        }
        other => panic!("expected an answer: {other:?}"),
    }
}

/// A silent name server: nothing is read from it.
fn silent() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind(loopback(false)).expect("a port");
    let at = socket.local_addr().expect("bound");
    (socket, at)
}

pub(crate) fn each_machine_gets_the_answer_to_what_it_asked<B: Bench>() {
    let server = Server::start(known);
    let mut bench = B::new();
    bench.look_up_at(&[server.at]).expect("entropy");
    let machines = [7, 8].map(|number| (bench.add(Peer::default()), number));
    // Both call their question the same.
    for (id, number) in machines {
        bench.peer(id).ask(QueryId(1), host(number));
    }
    for _ in 0..2 {
        let (id, query, found) = resolved(&mut bench);
        assert_eq!(query, 1);
        let expected = machines.iter().find(|(machine, _)| *machine == id);
        assert_eq!(found, Ok(expected.expect("one of them").1));
    }
    // What is known is not asked again.
    let (id, _) = machines[0];
    bench.peer(id).ask(QueryId(2), host(8));
    assert_eq!(resolved(&mut bench), (id, 2, Ok(8)));
    assert_eq!(server.seen().len(), 2);
}

pub(crate) fn what_was_cut_off_is_asked_for_over_a_connection<B: Bench>() {
    let server = Server::start(|message, over| match over {
        Over::Datagram => message.is_truncated = true,
        Over::Stream => known(message, over),
    });
    let mut bench = B::new();
    bench.look_up_at(&[server.at]).expect("entropy");
    let id = bench.add(Peer::default());
    bench.peer(id).ask(QueryId(5), host(9));
    assert_eq!(resolved(&mut bench), (id, 5, Ok(9)));
    // The thread writes it down after it has answered.
    while server.seen().len() < 2 {
        thread::sleep(Duration::from_millis(1));
    }
    let over: Vec<Over> = server.seen().iter().map(|(_, _, over)| *over).collect();
    assert_eq!(over, [Over::Datagram, Over::Stream]);
}

pub(crate) fn names_may_be_asked_about_over_connections_alone<B: Bench>() {
    let server = Server::start(known);
    let mut bench = B::new();
    bench.look_up_over(&[server.at], true).expect("entropy");
    let id = bench.add(Peer::default());
    bench.peer(id).ask(QueryId(5), host(9));
    assert_eq!(resolved(&mut bench), (id, 5, Ok(9)));
    while server.seen().is_empty() {
        thread::sleep(Duration::from_millis(1));
    }
    let over: Vec<Over> = server.seen().iter().map(|(_, _, over)| *over).collect();
    assert_eq!(over, [Over::Stream]);
}

pub(crate) fn without_a_name_server_each_question_fails_at_once<B: Bench>() {
    let mut bench = B::new();
    let id = bench.add(Peer::default());
    bench.peer(id).ask(QueryId(1), host(1));
    let nobody = Err(LookupFailure::NoServer);
    assert_eq!(resolved(&mut bench), (id, 1, nobody));
    bench.look_up_at(&[]).expect("entropy");
    bench.peer(id).ask(QueryId(2), host(1));
    assert_eq!(resolved(&mut bench), (id, 2, nobody));
}

pub(crate) fn this_machine_is_known_without_a_name_server<B: Bench>() {
    let mut bench = B::new();
    bench.look_up_at(&[]).expect("entropy");
    let id = bench.add(Peer::default());
    let name = Name::parse("localhost").expect("a name");
    let kind = RecordKind::A;
    bench.peer(id).ask(QueryId(1), Question { name, kind });
    assert_eq!(resolved(&mut bench), (id, 1, Ok(1)));
}

pub(crate) fn a_silent_name_server_is_followed_by_the_next<B: Bench>() {
    let (_held, silent) = silent();
    let server = Server::start(known);
    let mut bench = B::new();
    bench.look_up_at(&[silent, server.at]).expect("entropy");
    let id = bench.add(Peer::default());
    bench.peer(id).ask(QueryId(1), host(3));
    assert_eq!(resolved(&mut bench), (id, 1, Ok(3)));
}

/// RFC 5452 §9: whoever forges an answer has to guess where the query left from, and its id.
pub(crate) fn queries_leave_from_many_ports_under_many_ids<B: Bench>() {
    let server = Server::start(known);
    let mut bench = B::new();
    bench.look_up_at(&[server.at]).expect("entropy");
    let id = bench.add(Peer::default());
    for number in 0..64 {
        bench.peer(id).ask(QueryId(number.into()), host(number));
        assert_eq!(resolved(&mut bench), (id, number.into(), Ok(number)));
    }
    let seen = server.seen();
    let ports: BTreeSet<u16> = seen.iter().map(|(source, _, _)| source.port()).collect();
    let ids: BTreeSet<u16> = seen.iter().map(|(_, id, _)| *id).collect();
    assert!(ports.len() > 1, "all from {ports:?}");
    assert!(ids.len() > 32, "{ids:?}");
    let steps = seen
        .windows(2)
        .map(|pair| pair[1].1.wrapping_sub(pair[0].1));
    assert!(steps.collect::<BTreeSet<u16>>().len() > 32, "{ids:?}");
}

pub(crate) fn an_answer_from_elsewhere_is_not_believed<B: Bench>() {
    let server = Server::start_with(known, |_, query, source| {
        let forger = UdpSocket::bind(loopback(false)).expect("a port");
        let forged = response(
            query.clone(),
            |message, _| {
                let name = message.question.clone().expect("a question").name;
                message.answers = vec![address(&name, 66)];
            },
            Over::Datagram,
        );
        forger.send_to(&forged, source).expect("sent");
    });
    let mut bench = B::new();
    bench.look_up_at(&[server.at]).expect("entropy");
    let id = bench.add(Peer::default());
    bench.peer(id).ask(QueryId(1), host(4));
    assert_eq!(resolved(&mut bench), (id, 1, Ok(4)));
}

pub(crate) fn whoever_waits_is_told_when_another_name_service_takes_over<B: Bench>() {
    let (held, silent) = silent();
    let server = Server::start(known);
    let mut bench = B::new();
    bench.look_up_at(&[silent]).expect("entropy");
    let (gone, id) = (bench.add(Peer::default()), bench.add(Peer::default()));
    for machine in [gone, id] {
        bench.peer(machine).ask(QueryId(1), host(5));
    }
    // The question is out.
    let now = std::time::Instant::now();
    assert_eq!(bench.next(Some(now)), None);
    held.recv_from(&mut [0; 1024]).expect("asked");
    bench.remove(gone);
    bench.look_up_at(&[server.at]).expect("entropy");
    let unreachable = Err(LookupFailure::Unreachable);
    assert_eq!(resolved(&mut bench), (id, 1, unreachable));
    bench.peer(id).ask(QueryId(2), host(5));
    assert_eq!(resolved(&mut bench), (id, 2, Ok(5)));
}
