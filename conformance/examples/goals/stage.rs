//! Phones and a server in memory: one clock, and packets that take ten milliseconds.

use std::collections::BTreeMap;
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use offhook::sdp::LocalMedia;
use offhook::sip::endpoint::{Endpoint, EndpointConfig};
use offhook::sip::server::{Server, ServerConfig, ServerEndpoint};
use offhook::sip::ua::{CallHandle, UaEvent, UserAgent, UserAgentConfig, UserAgentEndpoint};
use offhook::trace::{Packet, Transcript};
use offhook::{FlowId, Input, Instant, Limits, Machine, Output, PeerIdentity, Transport};

use super::moment::{Moment, View};

/// What a scene comes to.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The domain of everybody.
pub(crate) const DOMAIN: &str = "example.com";

const LATENCY: Duration = Duration::from_millis(10);

/// Longer than any exchange takes here, and shorter than the first timer that sends again (T1).
const SHORT: Duration = Duration::from_millis(450);

/// One of those on a stage, in the order in which they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Who(usize);

enum Device {
    Phone(UserAgentEndpoint),
    Server(ServerEndpoint),
}

impl Device {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        match self {
            Self::Phone(phone) => phone.handle_input(now, input),
            Self::Server(server) => server.handle_input(now, input),
        }
    }

    /// What the server logs is left out: it has nothing that is not seen in what it says.
    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<Option<UaEvent>> {
        match self {
            Self::Phone(phone) => phone.poll_output(bytes).map(Some),
            Self::Server(server) => server.poll_output(bytes).map(|_| None),
        }
    }
}

struct Actor {
    name: &'static str,
    address: SocketAddr,
    device: Device,
    deadline: Option<Instant>,
    /// Flows of connections, and who is at the other end with which.
    wires: BTreeMap<FlowId, (Who, FlowId)>,
    minted: u32,
    calls: Vec<CallHandle>,
    events: Vec<UaEvent>,
}

/// What is on its way.
enum Arriving {
    Datagram { source: SocketAddr, bytes: Vec<u8> },
    Bytes { flow: FlowId, bytes: Vec<u8> },
    Up { from: Who, flow: FlowId },
}

/// Where a goal is reached, and all that was said on the way there.
#[derive(Default)]
pub(crate) struct Stage {
    now: Instant,
    actors: Vec<Actor>,
    flying: BTreeMap<(Instant, u64), (Who, Arriving)>,
    sent: u64,
    transcript: Transcript,
    moments: Vec<Moment>,
}

/// 192.0.2.n.
fn host(n: usize, port: u16) -> SocketAddr {
    let n = u8::try_from(n).unwrap_or(u8::MAX);
    SocketAddr::from(([192, 0, 2, n], port))
}

const UDP: FlowId = FlowId::from_driver(0);
const TLS: FlowId = FlowId::from_driver(1);

impl Stage {
    /// Somebody comes with a phone; `set` makes its settings other than usual.
    pub(crate) fn phone(
        &mut self,
        name: &'static str,
        set: impl FnOnce(&mut UserAgentConfig),
    ) -> Who {
        let mut config = UserAgentConfig::new(&format!("sip:{name}@{DOMAIN}"));
        // The shorter the messages, the better they are read.
        config.session_interval = None;
        set(&mut config);
        let seed = u8::try_from(name.len() + self.actors.len()).unwrap_or(u8::MAX);
        let agent = Endpoint::new(
            EndpointConfig::default(),
            UserAgent::new(config),
            [seed; 32],
        );
        self.enter(name, Device::Phone(agent))
    }

    /// A registrar and proxy for the domain; `set` makes its settings other than usual.
    pub(crate) fn server(&mut self, set: impl FnOnce(&mut ServerConfig)) -> Who {
        let mut config = ServerConfig::new(DOMAIN);
        set(&mut config);
        let server = Server::new(config, &Limits::default(), [8; 32]);
        let server = Endpoint::new(EndpointConfig::default(), server, [9; 32]);
        self.enter("server", Device::Server(server))
    }

    /// Who comes listens for datagrams, and for connections under TLS.
    fn enter(&mut self, name: &'static str, device: Device) -> Who {
        let who = Who(self.actors.len());
        let address = host(who.0 + 1, 5060);
        let secure = host(who.0 + 1, 5061);
        self.transcript.name(name, SocketAddr::new(address.ip(), 0));
        self.actors.push(Actor {
            name,
            address,
            device,
            deadline: None,
            wires: BTreeMap::new(),
            minted: 2,
            calls: Vec::new(),
            events: Vec::new(),
        });
        for (flow, transport, local) in [
            (UDP, Transport::Udp, address),
            (TLS, Transport::Tls, secure),
        ] {
            let bound = Input::Bound {
                flow,
                transport,
                local,
            };
            self.feed(who, bound);
        }
        who
    }

    /// Where somebody is.
    pub(crate) fn address(&self, who: Who) -> SocketAddr {
        self.actors[who.0].address
    }

    /// Sound in G.711 at the place of somebody.
    pub(crate) fn audio(&self, who: Who) -> LocalMedia {
        LocalMedia::audio(SocketAddr::new(self.address(who).ip(), 4000))
    }

    /// Tells a phone to do something, and lets come of it what comes of it at once.
    pub(crate) fn tell<T, E: Error + 'static>(
        &mut self,
        who: Who,
        command: impl FnOnce(&mut UserAgentEndpoint, Instant) -> Result<T, E>,
    ) -> Outcome<T> {
        let now = self.now;
        let result = match &mut self.actors[who.0].device {
            Device::Phone(agent) => command(agent, now),
            Device::Server(_) => return Err("a server is told nothing".into()),
        };
        self.drain(who);
        self.pass(SHORT);
        Ok(result?)
    }

    /// Calls a URI.
    pub(crate) fn invite(
        &mut self,
        who: Who,
        uri: &str,
        media: impl Into<Vec<LocalMedia>>,
    ) -> Outcome<CallHandle> {
        let call = self.tell(who, |agent, now| agent.invite(now, uri, media))?;
        self.actors[who.0].calls.push(call);
        Ok(call)
    }

    /// Somebody takes a call, with all there is to hear.
    pub(crate) fn accept(&mut self, who: Who, call: CallHandle) -> Outcome {
        let media = self.audio(who);
        self.tell(who, |agent, now| agent.accept(now, call, media))
    }

    /// The call that came last to somebody.
    pub(crate) fn incoming(&self, who: Who) -> Outcome<CallHandle> {
        let events = self.events(who).iter().rev();
        let mut calls = events.filter_map(|event| match event {
            UaEvent::Incoming { call, .. } => Some(*call),
            _ => None,
        });
        let name = self.actors[who.0].name;
        calls
            .next()
            .ok_or_else(|| format!("nobody called {name}").into())
    }

    /// How many calls the phones have not forgotten yet.
    #[cfg(test)]
    pub(crate) fn calls(&self) -> usize {
        let calls = self.actors.iter().map(|actor| match &actor.device {
            Device::Phone(agent) => agent.user().calls().count(),
            Device::Server(_) => 0,
        });
        calls.sum()
    }

    /// All that a phone has told.
    pub(crate) fn events(&self, who: Who) -> &[UaEvent] {
        &self.actors[who.0].events
    }

    /// The same of whoever has the name.
    #[cfg(test)]
    pub(crate) fn events_of(&self, name: &str) -> &[UaEvent] {
        let mut actors = self.actors.iter();
        let actor = actors.find(|actor| actor.name == name);
        actor.map_or(&[], |actor| &actor.events)
    }

    /// Keeps what everybody thinks of their calls now.
    pub(crate) fn look(&mut self, when: &'static str) {
        let mut views = Vec::new();
        for actor in &self.actors {
            match &actor.device {
                Device::Phone(agent) => {
                    let view =
                        |call: &CallHandle| View::of(actor.name, agent, *call, &actor.events);
                    views.extend(actor.calls.iter().map(view));
                }
                Device::Server(_) => {}
            }
        }
        let bindings = self.bindings();
        let packets = self.transcript.packets().len();
        self.moments.push(Moment {
            when,
            views,
            bindings,
            packets,
        });
    }

    /// Who can be reached where, as the location service of the server has it.
    fn bindings(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for actor in &self.actors {
            let Device::Server(server) = &actor.device else {
                continue;
            };
            for (address, bindings) in server.bindings() {
                let contacts = bindings.iter().map(|binding| binding.contact().to_owned());
                found.extend(contacts.map(|contact| (address.as_str().to_owned(), contact)));
            }
        }
        found
    }

    /// What was kept, in order.
    pub(crate) fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// All that was sent.
    pub(crate) const fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Lets time pass, and happen what happens in it.
    pub(crate) fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            let arrival = self.flying.keys().next().map(|(at, _)| *at);
            let deadlines = self.actors.iter().filter_map(|actor| actor.deadline);
            let next = deadlines.chain(arrival).min().filter(|at| *at <= end);
            let Some(next) = next else {
                self.now = end;
                return;
            };
            self.now = self.now.max(next);
            if arrival.is_some_and(|at| at <= self.now) {
                if let Some((_, (who, arriving))) = self.flying.pop_first() {
                    self.arrive(who, arriving);
                }
                continue;
            }
            for who in (0..self.actors.len()).map(Who) {
                if self.actors[who.0].deadline.is_some_and(|at| at <= self.now) {
                    self.feed(who, Input::Timeout);
                }
            }
        }
    }

    fn arrive(&mut self, who: Who, arriving: Arriving) {
        match arriving {
            Arriving::Datagram { source, bytes } => {
                let bytes = &bytes;
                let flow = UDP;
                self.feed(
                    who,
                    Input::Datagram {
                        flow,
                        source,
                        bytes,
                    },
                );
            }
            Arriving::Bytes { flow, bytes } => self.feed(
                who,
                Input::Stream {
                    flow,
                    bytes: &bytes,
                },
            ),
            Arriving::Up { from, flow } => self.connected(from, flow, who),
        }
    }

    /// A connection that `from` asked for is up at both ends; who was asked has shown a certificate.
    fn connected(&mut self, from: Who, flow: FlowId, to: Who) {
        let asked = FlowId::from_driver(self.actors[to.0].minted);
        self.actors[to.0].minted += 1;
        let [here, there] = [from, to].map(|who| self.address(who).ip());
        let ports = [SocketAddr::new(here, 49_152), SocketAddr::new(there, 5061)];
        let certificate = PeerIdentity {
            uris: vec![format!("sip:{there}")],
            is_verified: true,
            ..PeerIdentity::default()
        };
        for (who, flow, [local, peer], other, identity) in [
            (to, asked, [ports[1], ports[0]], (from, flow), None),
            (from, flow, ports, (to, asked), Some(&certificate)),
        ] {
            self.actors[who.0].wires.insert(flow, other);
            let connected = Input::Connected {
                flow,
                transport: Transport::Tls,
                local,
                peer,
                identity,
            };
            self.feed(who, connected);
        }
    }

    fn feed(&mut self, who: Who, input: Input<'_>) {
        let now = self.now;
        let device = &mut self.actors[who.0].device;
        device.handle_input(now, input);
        device.handle_input(now, Input::Timeout);
        self.drain(who);
    }

    fn drain(&mut self, who: Who) {
        let mut bytes = Vec::new();
        loop {
            let output = self.actors[who.0].device.poll_output(&mut bytes);
            let actor = &mut self.actors[who.0];
            match output {
                Output::Transmit { flow, to } => self.transmit(who, flow, to, &bytes),
                Output::Connect { flow, peer, .. } => {
                    if let Some(asked) = self.who_is_at(peer) {
                        self.send(asked, Arriving::Up { from: who, flow });
                    }
                }
                Output::Event(Some(event)) => {
                    if let UaEvent::Incoming { call, .. } = &event {
                        actor.calls.push(*call);
                    }
                    actor.events.push(event);
                }
                // Everybody is known by their address, and nobody breaks a connection off.
                Output::Event(None) | Output::Resolve { .. } | Output::Close { .. } => {}
                Output::Wait(deadline) => {
                    actor.deadline = deadline;
                    return;
                }
            }
        }
    }

    fn transmit(&mut self, who: Who, flow: FlowId, to: SocketAddr, bytes: &[u8]) {
        let source = self.address(who);
        let wire = self.actors[who.0].wires.get(&flow).copied();
        self.transcript.push(Packet {
            at: self.now,
            transport: wire.map_or(Transport::Udp, |_| Transport::Tls),
            source,
            destination: to,
            lost: false,
            length: bytes.len(),
            bytes: bytes.to_vec(),
        });
        let bytes = bytes.to_vec();
        match (wire, self.who_is_at(to)) {
            (Some((other, flow)), _) => self.send(other, Arriving::Bytes { flow, bytes }),
            (None, Some(other)) => self.send(other, Arriving::Datagram { source, bytes }),
            (None, None) => {}
        }
    }

    fn send(&mut self, to: Who, arriving: Arriving) {
        self.sent += 1;
        let at = (self.now + LATENCY, self.sent);
        self.flying.insert(at, (to, arriving));
    }

    fn who_is_at(&self, address: SocketAddr) -> Option<Who> {
        let mut actors = self.actors.iter();
        let found = actors.position(|actor| actor.address.ip() == address.ip());
        found.map(Who)
    }
}
