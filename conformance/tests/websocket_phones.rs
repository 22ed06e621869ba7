//! Two phones and a server that nobody can connect to but by WebSocket: the server reaches each on
//! the connection it has opened (RFC 7118 §5.3, RFC 5626 §5.3, §7), and a phone that loses its own
//! registers over a new one (RFC 5626 §4.5).

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use offhook::sdp::LocalMedia;
use offhook::sip::endpoint::{Endpoint, EndpointConfig};
use offhook::sip::message::StatusCode;
use offhook::sip::server::{Server, ServerConfig};
use offhook::sip::ua::{EndReason, RegistrationHandle, UaEvent, UserAgent, UserAgentConfig};
use offhook::{
    CloseReason, FlowId, Input, Instant, Limits, Machine, Output, PeerIdentity, Transport,
};

const LISTENER: FlowId = FlowId::from_driver(0);

fn server_address() -> SocketAddr {
    "192.0.2.1:8080".parse().expect("an address")
}

/// The connections of a server, each with the phone at its other end.
struct World {
    over: Transport,
    now: Instant,
    server: Endpoint<Server>,
    phones: Vec<Endpoint<UserAgent>>,
    events: Vec<VecDeque<UaEvent>>,
    /// By the flow at the server: whose it is, and its flow there.
    wires: BTreeMap<FlowId, (usize, FlowId)>,
    accepted: u32,
    /// Nobody listens any more.
    deaf: bool,
}

impl World {
    fn new(over: Transport, users: &[&str]) -> Self {
        let config = ServerConfig::new("192.0.2.1");
        let settings = EndpointConfig::default();
        let server = Server::new(config, &Limits::default(), [3; 32]);
        let mut world = Self {
            over,
            now: Instant::from_millis(1),
            server: Endpoint::new(settings, server, [4; 32]),
            phones: Vec::new(),
            events: Vec::new(),
            wires: BTreeMap::new(),
            accepted: 0,
            deaf: false,
        };
        let local = server_address();
        world.server.handle_input(
            world.now,
            Input::Bound {
                flow: LISTENER,
                transport: over,
                local,
            },
        );
        for (at, user) in users.iter().enumerate() {
            let mut config = UserAgentConfig::new(&format!("sip:{user}@192.0.2.1:8080"));
            let scheme = if over == Transport::Wss {
                "sips"
            } else {
                "sip"
            };
            let proxy = format!("{scheme}:{local};transport=ws");
            config.outbound_proxies.push(proxy);
            let seed = [10 + at as u8; 32];
            let agent = UserAgent::new(config);
            world
                .phones
                .push(Endpoint::new(EndpointConfig::default(), agent, seed));
            world.events.push(VecDeque::new());
        }
        world
    }

    /// Carries what there is until nobody has anything to say.
    fn settle(&mut self) -> Option<Instant> {
        let mut bytes = Vec::new();
        loop {
            let mut next = None;
            let mut quiet = true;
            for at in 0..self.phones.len() {
                loop {
                    match self.phones[at].poll_output(&mut bytes) {
                        Output::Wait(deadline) => {
                            next = [next, deadline].into_iter().flatten().min();
                            break;
                        }
                        output => self.on_phone(at, output, &bytes),
                    }
                    quiet = false;
                }
            }
            loop {
                match self.server.poll_output(&mut bytes) {
                    Output::Wait(deadline) => {
                        next = [next, deadline].into_iter().flatten().min();
                        break;
                    }
                    output => self.on_server(output, &bytes),
                }
                quiet = false;
            }
            assert_eq!(self.server.check(), Ok(()));
            for phone in &self.phones {
                assert_eq!(phone.check(), Ok(()));
            }
            if quiet {
                return next;
            }
        }
    }

    fn on_phone(&mut self, at: usize, output: Output<UaEvent>, bytes: &[u8]) {
        match output {
            Output::Transmit { flow, .. } => {
                let wire = self.wires.iter().find(|(_, end)| **end == (at, flow));
                let flow = *wire.expect("a connection").0;
                self.server
                    .handle_input(self.now, Input::Stream { flow, bytes });
            }
            Output::Connect { flow, .. } => self.connect(at, flow),
            Output::Close { flow } => {
                let wire = self.wires.iter().find(|(_, end)| **end == (at, flow));
                if let Some(theirs) = wire.map(|(theirs, _)| *theirs) {
                    self.cut(theirs);
                }
            }
            Output::Event(event) => self.events[at].push_back(event),
            Output::Resolve { .. } => panic!("there is no name to look up"),
            Output::Wait(_) => {}
        }
    }

    fn on_server(&mut self, output: Output<impl Sized>, bytes: &[u8]) {
        match output {
            Output::Transmit { flow, .. } => {
                let (at, flow) = self.wires[&flow];
                self.phones[at].handle_input(self.now, Input::Stream { flow, bytes });
            }
            Output::Close { flow } => self.cut(flow),
            Output::Connect { .. } => panic!("nobody listens but the server"),
            Output::Resolve { .. } => panic!("there is no name to look up"),
            Output::Event(_) | Output::Wait(_) => {}
        }
    }

    fn connect(&mut self, at: usize, flow: FlowId) {
        if self.deaf {
            let reason = CloseReason::Unreachable;
            self.phones[at].handle_input(self.now, Input::Closed { flow, reason });
            return;
        }
        self.accepted += 1;
        let theirs = FlowId::from_driver(self.accepted);
        let port = 40_000 + self.accepted as u16;
        let phone: SocketAddr = format!("192.0.2.{}:{port}", 10 + at).parse().expect("one");
        self.wires.insert(theirs, (at, flow));
        let (transport, server) = (self.over, server_address());
        let shown = PeerIdentity {
            uris: vec!["sip:192.0.2.1".into()],
            is_verified: true,
            ..PeerIdentity::default()
        };
        self.server.handle_input(
            self.now,
            Input::Connected {
                flow: theirs,
                transport,
                local: server,
                peer: phone,
                identity: None,
            },
        );
        self.phones[at].handle_input(
            self.now,
            Input::Connected {
                flow,
                transport,
                local: phone,
                peer: server,
                identity: transport.is_secure().then_some(&shown),
            },
        );
    }

    /// A connection breaks.
    fn cut(&mut self, theirs: FlowId) {
        if let Some((at, flow)) = self.wires.remove(&theirs) {
            let reason = CloseReason::Reset;
            self.server.handle_input(
                self.now,
                Input::Closed {
                    flow: theirs,
                    reason,
                },
            );
            self.phones[at].handle_input(self.now, Input::Closed { flow, reason });
        }
    }

    fn cut_all(&mut self) {
        for flow in self.wires.keys().copied().collect::<Vec<_>>() {
            self.cut(flow);
        }
    }

    /// Lets time pass, deadline by deadline.
    fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(next) = self.settle().filter(|next| *next <= end) {
            self.now = next;
            self.server.handle_input(next, Input::Timeout);
            for phone in &mut self.phones {
                phone.handle_input(next, Input::Timeout);
            }
        }
        self.now = end;
    }

    fn register(&mut self, at: usize) -> RegistrationHandle {
        let hour = Duration::from_secs(3600);
        let registered = self.phones[at].register(self.now, "sip:192.0.2.1:8080", hour);
        let handle = registered.expect("it knows where to");
        self.settle();
        self.expect(at, |event| matches!(event, UaEvent::Registered { .. }));
        handle
    }

    /// The next event of a phone that fits, after whatever came before.
    fn expect(&mut self, at: usize, fits: impl Fn(&UaEvent) -> bool) -> UaEvent {
        let mut seen = Vec::new();
        while let Some(event) = self.events[at].pop_front() {
            if fits(&event) {
                return event;
            }
            seen.push(event);
        }
        panic!("it did not come: {seen:?}");
    }

    fn media(&self, at: usize) -> LocalMedia {
        LocalMedia::audio(SocketAddr::from(([192, 0, 2, 10 + at as u8], 4000)))
    }

    fn bindings(&self) -> usize {
        self.server.bindings().map(|(_, all)| all.len()).sum()
    }
}

/// A call from one to the other, answered; the two handles.
fn call(world: &mut World, callee: &str) {
    let media = world.media(0);
    let called = world.phones[0].invite(world.now, callee, media);
    called.expect("it knows where to");
    world.settle();
}

#[test]
fn each_side_of_a_call_is_reached_on_the_connection_it_has_opened() {
    for over in [Transport::Ws, Transport::Wss] {
        for ends_it in [0, 1] {
            let mut world = World::new(over, &["alice", "bob"]);
            world.register(0);
            world.register(1);
            call(&mut world, "sip:bob@192.0.2.1:8080");
            let incoming = world.expect(1, |event| matches!(event, UaEvent::Incoming { .. }));
            let UaEvent::Incoming { call: offered, .. } = incoming else {
                panic!("just matched");
            };
            let (now, media) = (world.now, world.media(1));
            world.phones[1].accept(now, offered, media).expect("rings");
            world.settle();
            for at in [0, 1] {
                world.expect(at, |event| matches!(event, UaEvent::Answered { .. }));
            }
            // The ACK has come: the 2xx is not sent again, and the call stands.
            world.pass(Duration::from_secs(40));
            assert_eq!(world.phones[1].user().live_calls(), 1, "{over:?}");
            let mut calls = world.phones[ends_it].user().calls();
            let call = calls.next().expect("a call");
            drop(calls);
            let now = world.now;
            world.phones[ends_it].hang_up(now, call).expect("a call");
            world.settle();
            world.expect(1 - ends_it, |event| {
                matches!(
                    event,
                    UaEvent::Ended {
                        reason: EndReason::RemoteHungUp,
                        ..
                    }
                )
            });
            world.expect(ends_it, |event| {
                matches!(
                    event,
                    UaEvent::Ended {
                        reason: EndReason::HungUp,
                        ..
                    }
                )
            });
            assert_eq!(world.accepted, 2, "{over:?}: one connection each");
        }
    }
}

#[test]
fn a_registration_ends_with_its_connection_and_is_made_anew_on_another() {
    let mut world = World::new(Transport::Ws, &["alice", "bob"]);
    world.register(0);
    world.register(1);
    world.pass(Duration::from_secs(60));
    assert_eq!(world.bindings(), 2);
    world.cut_all();
    world.settle();
    // At once: both had held for longer than the pause after a failure.
    for at in [0, 1] {
        world.expect(at, |event| matches!(event, UaEvent::Registered { .. }));
    }
    assert_eq!(world.accepted, 4);
    call(&mut world, "sip:bob@192.0.2.1:8080");
    world.expect(1, |event| matches!(event, UaEvent::Incoming { .. }));
}

#[test]
fn nobody_is_called_on_a_connection_that_is_gone() {
    let mut world = World::new(Transport::Ws, &["alice", "bob"]);
    world.register(0);
    world.register(1);
    world.deaf = true;
    let bobs = world.wires.iter().find(|(_, end)| end.0 == 1);
    let bobs = *bobs.expect("a connection").0;
    world.cut(bobs);
    world.settle();
    call(&mut world, "sip:bob@192.0.2.1:8080");
    let ended = world.expect(0, |event| matches!(event, UaEvent::Ended { .. }));
    let UaEvent::Ended { reason, .. } = ended else {
        panic!("just matched");
    };
    assert_eq!(
        reason,
        EndReason::Rejected(StatusCode::TEMPORARILY_UNAVAILABLE)
    );
}

#[test]
fn a_registrar_that_hangs_up_each_time_is_asked_again_after_a_pause() {
    let mut world = World::new(Transport::Ws, &["alice"]);
    world.register(0);
    for connections in 1..20 {
        assert_eq!(world.accepted, connections);
        world.cut_all();
        world.pass(Duration::from_millis(29_900));
        assert_eq!(
            world.accepted, connections,
            "RFC 5626 §4.5: after the first failure, half of 60 s at least"
        );
        world.pass(Duration::from_millis(30_200));
        world.expect(0, |event| matches!(event, UaEvent::Registered { .. }));
    }
}

#[test]
fn while_nobody_listens_the_pauses_grow_and_then_it_registers() {
    let mut world = World::new(Transport::Ws, &["alice"]);
    let registration = world.register(0);
    world.pass(Duration::from_secs(60));
    world.deaf = true;
    world.cut_all();
    let mut least = Duration::from_secs(30);
    for _ in 0..4 {
        world.settle();
        let failed = world.expect(0, |event| {
            matches!(event, UaEvent::RegistrationFailed { .. })
        });
        let UaEvent::RegistrationFailed { retry_in, .. } = failed else {
            panic!("just matched");
        };
        let wait = retry_in.expect("another try");
        assert!(wait >= least && wait <= least * 2, "{wait:?} {least:?}");
        world.pass(wait);
        least *= 2;
    }
    world.deaf = false;
    world.pass(least * 2);
    world.expect(0, |event| matches!(event, UaEvent::Registered { .. }));
    let now = world.now;
    world.phones[0]
        .unregister(now, registration)
        .expect("registered");
    world.settle();
    world.expect(0, |event| matches!(event, UaEvent::Unregistered { .. }));
    assert_eq!(world.bindings(), 0);
}
