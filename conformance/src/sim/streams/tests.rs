//! What a connection of the simulator does to what it carries.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use offhook::{CloseReason, FlowId, Input, Instant, Machine, Output, Transport};

use crate::sim::{CellId, Chance, Faults, Network, Subject, World};

/// Connects, sends and closes as it is commanded, and tells what it hears.
#[derive(Default)]
struct Wire {
    flow: Option<FlowId>,
    peer: Option<SocketAddr>,
    out: VecDeque<Output<Heard>>,
    payloads: VecDeque<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Heard {
    Connected,
    Bytes(Vec<u8>),
    Closed(CloseReason),
}

impl Machine for Wire {
    type Event = Heard;

    fn handle_input(&mut self, _: Instant, input: Input<'_>) {
        let heard = match input {
            Input::Connected { flow, peer, .. } => {
                self.flow = Some(flow);
                self.peer = Some(peer);
                Heard::Connected
            }
            Input::Stream { bytes, .. } => Heard::Bytes(bytes.to_vec()),
            Input::Closed { reason, .. } => {
                self.flow = None;
                Heard::Closed(reason)
            }
            Input::Timeout
            | Input::Bound { .. }
            | Input::Datagram { .. }
            | Input::WallClock { .. }
            | Input::Resolved { .. } => return,
        };
        self.out.push_back(Output::Event(heard));
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<Heard> {
        let Some(output) = self.out.pop_front() else {
            return Output::Wait(None);
        };
        if matches!(output, Output::Transmit { .. }) {
            *bytes = self.payloads.pop_front().unwrap();
        }
        output
    }
}

impl Subject for Wire {
    type Command = String;

    fn build(_: &str) -> Result<Self, String> {
        Ok(Self::default())
    }

    fn command(&mut self, _: Instant, command: &String) -> String {
        let output = match (command.split_once(' '), self.flow.zip(self.peer)) {
            (Some(("connect", to)), _) => Output::Connect {
                flow: FlowId::from_machine(0),
                peer: to.parse().unwrap(),
                transport: Transport::Tcp,
                server_name: None,
            },
            (Some(("send", text)), Some((flow, to))) => {
                self.payloads.push_back(text.as_bytes().to_vec());
                Output::Transmit { flow, to }
            }
            (None, Some((flow, _))) if command == "close" => Output::Close { flow },
            _ => return "no connection".to_owned(),
        };
        self.out.push_back(output);
        String::new()
    }

    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    fn idle(&self) -> Result<(), String> {
        Ok(())
    }
}

const SERVER: &str = "192.0.2.2:5060";

/// A world of two, one of whom has asked the other for a connection.
fn asked(faults: Faults) -> (World<Wire>, CellId, CellId) {
    let mut world = World::new(Network::new(Chance::new(7, 1), faults), false);
    let home = "192.0.2.1:5060".parse().unwrap();
    let client = world.add("client", "", &[home]).unwrap();
    let server = world.add("server", "", &[]).unwrap();
    world
        .listen(server, Transport::Tcp, SERVER.parse().unwrap())
        .unwrap();
    world.command(client, &format!("connect {SERVER}")).unwrap();
    (world, client, server)
}

/// A world of two who are connected.
fn connected(faults: Faults) -> (World<Wire>, CellId, CellId) {
    let (mut world, client, server) = asked(Faults::none());
    let heard = heard(&mut world);
    assert_eq!(
        heard,
        [(server, Heard::Connected), (client, Heard::Connected)]
    );
    world.network().set(faults);
    (world, client, server)
}

/// All that is heard from here on.
fn heard(world: &mut World<Wire>) -> Vec<(CellId, Heard)> {
    let end = world.now() + Duration::from_secs(60);
    while world.advance(end).unwrap() {}
    std::iter::from_fn(|| world.next_event()).collect()
}

#[test]
fn bytes_arrive_in_order_however_they_are_cut_and_delayed() {
    let faults = Faults {
        split: 700,
        loss: 300,
        latency_max: Duration::from_millis(500),
        ..Faults::none()
    };
    let (mut world, client, server) = connected(faults);
    let pieces: Vec<String> = (0..100).map(|n| format!("piece {n}, ")).collect();
    for piece in &pieces {
        world.command(client, &format!("send {piece}")).unwrap();
    }
    let parts: Vec<Vec<u8>> = heard(&mut world)
        .into_iter()
        .map(|(who, heard)| match heard {
            Heard::Bytes(bytes) if who == server => bytes,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(parts.len() > pieces.len(), "nothing was cut");
    assert_eq!(parts.concat(), pieces.concat().into_bytes());
}

#[test]
fn where_nobody_listens_nobody_is_reached() {
    let (mut world, client, server) = asked(Faults::none());
    world.kill(server);
    let unreachable = Heard::Closed(CloseReason::Unreachable);
    assert_eq!(heard(&mut world), [(client, unreachable)]);
}

#[test]
fn a_connection_may_be_refused() {
    let faults = Faults {
        refused: 1000,
        ..Faults::none()
    };
    let (mut world, client, _) = asked(faults);
    let unreachable = Heard::Closed(CloseReason::Unreachable);
    assert_eq!(heard(&mut world), [(client, unreachable)]);
}

#[test]
fn when_a_connection_breaks_both_ends_hear_of_it_and_nothing_passes() {
    let faults = Faults {
        reset: 1000,
        ..Faults::none()
    };
    let (mut world, client, server) = connected(faults);
    let message = "a message in the middle of which the connection breaks";
    for message in [message, "and one that does not even leave"] {
        world.command(client, &format!("send {message}")).unwrap();
    }
    let heard = heard(&mut world);
    let [(who, Heard::Bytes(part)), closed @ ..] = heard.as_slice() else {
        panic!("{heard:?}");
    };
    assert!(*who == server && message.as_bytes().starts_with(part));
    assert!(part.len() < message.len(), "all of it arrived");
    let reset = Heard::Closed(CloseReason::Reset);
    assert_eq!(closed, [(client, reset.clone()), (server, reset)]);
}

#[test]
fn the_end_comes_after_the_last_bytes() {
    let faults = Faults {
        latency_max: Duration::from_millis(500),
        ..Faults::none()
    };
    let (mut world, client, server) = connected(faults);
    world
        .command(client, &"send last words".to_owned())
        .unwrap();
    world.command(client, &"close".to_owned()).unwrap();
    let expected = [
        (client, Heard::Closed(CloseReason::Requested)),
        (server, Heard::Bytes(b"last words".to_vec())),
        (server, Heard::Closed(CloseReason::Finished)),
    ];
    assert_eq!(heard(&mut world), expected);
}

#[test]
fn the_connections_of_the_dead_break() {
    let (mut world, client, server) = connected(Faults::none());
    world.kill(server);
    let reset = Heard::Closed(CloseReason::Reset);
    assert_eq!(heard(&mut world), [(client, reset)]);
}

#[test]
fn a_narrow_link_delays_a_stream_and_loses_nothing_of_it() {
    let faults = Faults {
        bandwidth: 100,
        queue: 10,
        ..Faults::none()
    };
    let (mut world, client, server) = connected(faults);
    for _ in 0..10 {
        world
            .command(client, &format!("send {}", "x".repeat(100)))
            .unwrap();
    }
    let start = world.now();
    let end = start + Duration::from_millis(900);
    while world.advance(end).unwrap() {}
    assert_eq!(world.next_event(), None, "faster than the link");
    let parts = heard(&mut world)
        .into_iter()
        .map(|(who, heard)| match heard {
            Heard::Bytes(bytes) if who == server => bytes.len(),
            other => panic!("{other:?}"),
        });
    assert_eq!(parts.sum::<usize>(), 1000);
}
