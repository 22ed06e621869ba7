//! What no real socket does on demand: blocking, breaking, and errors in between.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};

use offhook::Output;
use socket2::SockRef;

use super::datagrams::{ADDRESSES, STRIKES};
use super::*;
use crate::batch::{Arrival, LONGEST};
use crate::net::{DatagramSocket, Path, Shape, StreamSocket};

/// Sends what it is asked to, and tells the application of what it hears.
#[derive(Default)]
struct Talker {
    to_send: u8,
    heard: VecDeque<Vec<u8>>,
    /// On which flow.
    heard_on: Vec<FlowId>,
    bound: Vec<(FlowId, SocketAddr)>,
    /// On which flow it sends; the first if nobody says.
    sends_on: Option<FlowId>,
    ended: Vec<FlowId>,
    closed: Option<CloseReason>,
}

impl Machine for Talker {
    type Event = Vec<u8>;

    fn handle_input(&mut self, _: Instant, input: Input<'_>) {
        match input {
            Input::Datagram { bytes, flow, .. } => {
                self.heard.push_back(bytes.to_vec());
                self.heard_on.push(flow);
            }
            Input::Closed { flow, reason } => {
                self.ended.push(flow);
                self.closed = Some(reason);
            }
            Input::Bound { flow, local, .. } => self.bound.push((flow, local)),
            Input::Timeout
            | Input::Connected { .. }
            | Input::Stream { .. }
            | Input::Resolved { .. }
            | Input::WallClock { .. } => {}
        }
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<Vec<u8>> {
        if let Some(heard) = self.heard.pop_front() {
            return Output::Event(heard);
        }
        if self.to_send == 0 {
            return Output::Wait(None);
        }
        self.to_send -= 1;
        bytes.clear();
        bytes.push(self.to_send);
        Output::Transmit {
            flow: self.sends_on.unwrap_or(FlowId::from_driver(0)),
            to: address(),
        }
    }
}

fn address() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 9))
}

/// A socket that plays a script, and takes as much as it has room for.
#[derive(Clone, Default)]
struct Scripted {
    /// How many it hands over at once, if more than one.
    at_once: Rc<Cell<usize>>,
    /// What address of ours they were sent to, one after the other.
    hits: Rc<RefCell<VecDeque<IpAddr>>>,
    /// From where what was sent left.
    left_from: Rc<RefCell<Vec<Option<IpAddr>>>>,
    incoming: Rc<RefCell<VecDeque<Result<u8, ErrorKind>>>>,
    room: Rc<Cell<usize>>,
    sent: Rc<RefCell<Vec<u8>>>,
}

impl DatagramSocket for Scripted {
    fn receive_one(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        match self.incoming.borrow_mut().pop_front() {
            Some(Ok(byte)) => {
                buffer[0] = byte;
                Ok((1, address()))
            }
            Some(Err(kind)) => Err(kind.into()),
            None => Err(ErrorKind::WouldBlock.into()),
        }
    }

    fn receive(&self, _: Shape, batch: &mut Batch, at_most: usize) -> io::Result<bool> {
        let asked = self.at_once.get().clamp(1, at_most);
        let filled = batch.fill(|arrivals, bytes| {
            let mut filled = 0;
            let pieces = bytes.chunks_exact_mut(LONGEST).zip(arrivals);
            for (piece, arrival) in pieces.take(asked) {
                match self.receive_one(piece) {
                    Ok((length, source)) => {
                        *arrival = Arrival {
                            source,
                            hit: self.hits.borrow_mut().pop_front(),
                            length,
                        }
                    }
                    Err(error) if filled == 0 => return Err(error),
                    Err(_) => break,
                }
                filled += 1;
            }
            Ok(filled)
        })?;
        Ok(filled < asked)
    }

    fn send(&self, bytes: &[u8], path: Path) -> io::Result<usize> {
        let Some(room) = self.room.get().checked_sub(1) else {
            return Err(ErrorKind::WouldBlock.into());
        };
        self.room.set(room);
        self.left_from.borrow_mut().push(path.from);
        self.sent.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn settings(&self) -> io::Result<SockRef<'_>> {
        Err(ErrorKind::Unsupported.into())
    }
}

/// A stream that refuses to come up.
struct Refused;

impl StreamSocket for Refused {
    fn is_connected(&self) -> io::Result<bool> {
        Err(ErrorKind::ConnectionRefused.into())
    }

    fn local(&self) -> io::Result<SocketAddr> {
        Ok(address())
    }

    fn receive(&self, _: &mut [u8]) -> io::Result<usize> {
        Err(ErrorKind::WouldBlock.into())
    }

    fn send(&self, _: &[u8]) -> io::Result<usize> {
        Err(ErrorKind::WouldBlock.into())
    }

    fn finish(&self) -> io::Result<()> {
        Ok(())
    }
}

/// How many connections come in before the system has no descriptors left.
struct Stage(Cell<u32>);

impl Net for Stage {
    type Datagrams = Scripted;
    type Stream = Refused;
    type Listener = ();

    fn connect(&self, _: Option<IpAddr>, _: SocketAddr, _: usize) -> io::Result<Refused> {
        Ok(Refused)
    }

    fn accept(&self, (): &(), _: usize) -> io::Result<(Refused, SocketAddr)> {
        match self.0.get().checked_sub(1) {
            Some(left) => {
                self.0.set(left);
                Ok((Refused, address()))
            }
            None => Err(ErrorKind::Other.into()),
        }
    }
}

type Tested = Hub<Talker, Stage>;

fn one_socket() -> (Tested, MachineId, usize, Scripted) {
    one_socket_at(address(), false)
}

/// One that is bound to all addresses, which are told apart.
fn all_addresses() -> (Tested, MachineId, usize, Scripted) {
    one_socket_at(SocketAddr::from(([0, 0, 0, 0], 9)), true)
}

fn one_socket_at(local: SocketAddr, apart: bool) -> (Tested, MachineId, usize, Scripted) {
    let mut hub = Hub::new(Stage(Cell::new(0)));
    let id = hub.add(Talker::default());
    let socket = Scripted::default();
    let mut named = 0;
    let attached = hub.attach(id, local, apart, |_, token| {
        named = token;
        Ok(socket.clone())
    });
    attached.unwrap();
    (hub, id, named, socket)
}

/// All events of the rounds it takes until there is nothing to do at once.
fn run(hub: &mut Tested) -> Vec<Vec<u8>> {
    let mut events = Vec::new();
    loop {
        match hub.step() {
            Step::Event(_, event) => events.push(event),
            Step::Wait(Until::Now) => hub.begin_round(),
            Step::Wait(Until::Deadline(_) | Until::Forever) => return events,
        }
    }
}

#[test]
fn what_blocks_leaves_in_order_once_the_socket_is_writable() {
    let (mut hub, id, token, socket) = one_socket();
    socket.room.set(1);
    hub.machine_mut(id).unwrap().to_send = 4;
    run(&mut hub);
    assert_eq!(*socket.sent.borrow(), [3]);
    assert_eq!(hub.next_turned(), Some(token));
    assert_eq!(hub.next_turned(), None);
    assert!(hub.is_blocked(token));

    socket.room.set(2);
    hub.on_writable(token);
    assert!(hub.is_blocked(token));
    assert_eq!(hub.next_turned(), None);

    socket.room.set(9);
    hub.on_writable(token);
    assert!(!hub.is_blocked(token));
    assert_eq!(hub.next_turned(), Some(token));
    assert_eq!(*socket.sent.borrow(), [3, 2, 1, 0]);
    assert_eq!((hub.stats.sent, hub.stats.parked), (4, 3));
}

#[test]
fn the_network_s_answer_about_one_peer_closes_nothing() {
    let (mut hub, id, token, socket) = one_socket();
    let refused = || Err(ErrorKind::ConnectionRefused);
    socket
        .incoming
        .borrow_mut()
        .extend((0..200).map(|_| refused()));
    socket.incoming.borrow_mut().push_back(Ok(7));
    hub.on_readable(token);
    run(&mut hub);
    // The budget counts errors too: no flood of them keeps the timers waiting.
    assert_eq!(hub.stats.receive_errors, 200);
    assert_eq!(hub.stats.received, 1);
    assert_eq!(hub.machine(id).unwrap().closed, None);
}

#[test]
fn a_socket_that_only_fails_is_given_up() {
    let (mut hub, id, token, socket) = one_socket();
    let broken = || Err(ErrorKind::BrokenPipe);
    let mut script: VecDeque<_> = (1..STRIKES).map(|_| broken()).collect();
    script.push_back(Ok(1));
    script.extend((1..STRIKES).map(|_| broken()));
    *socket.incoming.borrow_mut() = script;
    hub.on_readable(token);
    assert_eq!(run(&mut hub), [[1]]);
    assert_eq!(hub.machine(id).unwrap().closed, None);

    *socket.incoming.borrow_mut() = (0..STRIKES).map(|_| broken()).collect();
    hub.on_readable(token);
    run(&mut hub);
    assert_eq!(hub.machine(id).unwrap().closed, Some(CloseReason::Reset));
    assert!(hub.socket_mut(token).is_none());
}

#[test]
fn an_event_leaves_before_the_next_packet_is_taken() {
    let (mut hub, _, token, socket) = one_socket();
    *socket.incoming.borrow_mut() = [Ok(1), Ok(2), Ok(3)].into();
    hub.on_readable(token);
    hub.begin_round();
    let mut left = Vec::new();
    while let Step::Event(..) = hub.step() {
        left.push(socket.incoming.borrow().len());
    }
    assert_eq!(left, [2, 1, 0]);
}

#[test]
fn what_came_at_once_is_handed_on_one_by_one() {
    let (mut hub, _, token, socket) = one_socket();
    socket.at_once.set(16);
    socket.incoming.borrow_mut().extend((0..100).map(Ok));
    hub.on_readable(token);
    hub.begin_round();
    let mut events = Vec::new();
    while let Step::Event(_, event) = hub.step() {
        events.push(event);
    }
    // The rest is for the next round, and none of it is in hand between two.
    assert_eq!(events, (0..64).map(|n| vec![n]).collect::<Vec<_>>());
    assert_eq!(socket.incoming.borrow().len(), 36);
    assert_eq!(run(&mut hub).len(), 36);
}

#[test]
fn a_socket_that_was_emptied_is_read_again_once_it_is_heard_of() {
    let (mut hub, _, token, socket) = one_socket();
    socket.at_once.set(16);
    // As many as a round takes: it ends before the socket is found empty.
    socket.incoming.borrow_mut().extend((0..63).map(Ok));
    hub.on_readable(token);
    assert_eq!(run(&mut hub).len(), 63);
    socket.incoming.borrow_mut().push_back(Ok(7));
    assert!(run(&mut hub).is_empty());
    hub.on_readable(token);
    assert_eq!(run(&mut hub), [[7]]);
}

#[test]
fn what_is_in_hand_goes_with_its_socket() {
    let (mut hub, id, token, socket) = one_socket();
    socket.at_once.set(16);
    *socket.incoming.borrow_mut() = [Ok(1), Ok(2), Ok(3)].into();
    hub.on_readable(token);
    hub.begin_round();
    assert!(matches!(hub.step(), Step::Event(..)));
    hub.close(id, FlowId::from_driver(0), CloseReason::Requested);
    let other = Scripted::default();
    other.incoming.borrow_mut().push_back(Ok(9));
    let attached = hub.attach(id, address(), false, |_, named| {
        assert_eq!(named, token);
        Ok(other.clone())
    });
    attached.unwrap();
    assert_eq!(run(&mut hub), [[9]]);
}

#[test]
fn each_address_is_a_flow_and_answers_leave_from_it() {
    let (mut hub, id, token, socket) = all_addresses();
    let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
    *socket.incoming.borrow_mut() = [Ok(1), Ok(2), Ok(3), Ok(4)].into();
    *socket.hits.borrow_mut() = [one, other, one].into();
    hub.on_readable(token);
    assert_eq!(run(&mut hub).len(), 4);
    let flows = [0, 1, 2].map(FlowId::from_driver);
    let machine = hub.machine_mut(id).unwrap();
    // Of the last nobody knows where it went.
    assert_eq!(machine.heard_on, [flows[1], flows[2], flows[1], flows[0]]);
    let locals = machine.bound.iter().map(|(_, local)| *local);
    let expected = ["0.0.0.0:9", "192.0.2.1:9", "192.0.2.2:9"].map(|at| at.parse().unwrap());
    assert_eq!(locals.collect::<Vec<SocketAddr>>(), expected);

    socket.room.set(1);
    for flow in flows {
        let machine = hub.machine_mut(id).unwrap();
        (machine.sends_on, machine.to_send) = (Some(flow), 1);
        run(&mut hub);
    }
    // What had to wait leaves from there too.
    socket.room.set(9);
    hub.on_writable(token);
    assert_eq!(*socket.left_from.borrow(), [None, Some(one), Some(other)]);
}

#[test]
fn an_address_that_is_closed_is_the_socket_s_and_the_socket_takes_all_along() {
    let (mut hub, id, token, socket) = all_addresses();
    let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
    let flows = [0, 1, 2].map(FlowId::from_driver);
    *socket.incoming.borrow_mut() = [Ok(1), Ok(2), Ok(3)].into();
    *socket.hits.borrow_mut() = [one, other].into();
    hub.on_readable(token);
    run(&mut hub);
    hub.close(id, flows[1], CloseReason::Requested);
    *socket.incoming.borrow_mut() = [Ok(4)].into();
    *socket.hits.borrow_mut() = [one].into();
    hub.on_readable(token);
    run(&mut hub);
    let machine = hub.machine(id).unwrap();
    assert_eq!(machine.heard_on.last(), Some(&flows[0]));
    assert_eq!((machine.bound.len(), &machine.ended[..]), (3, &flows[1..2]));

    hub.close(id, flows[0], CloseReason::Requested);
    let machine = hub.machine(id).unwrap();
    assert_eq!(machine.ended, [flows[1], flows[2], flows[0]]);
    assert!(hub.slot_mut(id).unwrap().flows.is_empty());
    assert!(hub.socket_mut(token).is_none());
}

#[test]
fn only_so_many_addresses_are_flows() {
    let (mut hub, id, token, socket) = all_addresses();
    for n in 0..=255 {
        socket.incoming.borrow_mut().push_back(Ok(n));
        let address = IpAddr::from([127, 0, 0, n]);
        socket.hits.borrow_mut().push_back(address);
    }
    hub.on_readable(token);
    assert_eq!(run(&mut hub).len(), 256);
    let machine = hub.machine(id).unwrap();
    assert_eq!(machine.bound.len(), 1 + ADDRESSES);
    assert_eq!(machine.heard_on.last(), Some(&FlowId::from_driver(0)));
}

#[test]
fn a_system_out_of_descriptors_is_asked_again_but_not_at_once() {
    let mut hub = Tested::new(Stage(Cell::new(3)));
    let id = hub.add(Talker::default());
    let listening = crate::listen::Listening::Tcp;
    hub.attach_listener(id, address(), listening, |_, _| Ok(()))
        .unwrap();
    run(&mut hub);
    hub.begin_round();
    run(&mut hub);
    assert_eq!(hub.stats.accepted, 3);
    assert!(matches!(hub.step(), Step::Wait(Until::Deadline(_))));
}
