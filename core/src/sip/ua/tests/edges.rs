//! A device and the edge proxies it connects to over TCP, played by hand (RFC 5626 §9): Bob at
//! 192.0.2.2, the proxies at 192.0.2.21 and 192.0.2.22.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use core::net::SocketAddr;
use core::time::Duration;

use super::net::{Sent, address, response};
use crate::machine::{CloseReason, FlowId, Input, Machine, Output, Transport};
use crate::peer::PeerIdentity;
use crate::sip::endpoint::{Endpoint, EndpointConfig};
use crate::sip::ua::{
    InstanceId, RegistrationHandle, UaEvent, UserAgent, UserAgentConfig, UserAgentEndpoint,
};
use crate::time::Instant;

pub(super) const INSTANCE: &str = "urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF";
pub(super) const EP1: u8 = 21;
pub(super) const EP2: u8 = 22;
/// What a registrar says that binds flows.
pub(super) const OUTBOUND: &str = "Require: outbound\r\nSupported: path, outbound\r\n";

/// Bob and what he sends.
pub(super) struct Edges {
    pub(super) now: Instant,
    pub(super) agent: UserAgentEndpoint,
    pub(super) events: VecDeque<UaEvent>,
    /// Connections, with whom they are to.
    pub(super) open: Vec<(FlowId, SocketAddr)>,
    /// What came at the proxies, line ends alone left out.
    pub(super) sent: VecDeque<Sent>,
    /// The double line ends that came, by when and whom.
    pub(super) pings: Vec<(Instant, SocketAddr)>,
    /// Whether they are answered.
    pub(super) pongs: bool,
    /// Where his connections are from.
    pub(super) local: SocketAddr,
    /// Who takes no connection.
    pub(super) down: Vec<SocketAddr>,
}

/// The settings of Bob, with an instance and two edge proxies.
pub(super) fn bob() -> UserAgentConfig {
    let mut config = UserAgentConfig::new("sip:bob@example.com");
    config.instance = InstanceId::from_urn(INSTANCE);
    for edge in [
        "sip:192.0.2.21;transport=tcp",
        "sip:192.0.2.22;transport=tcp",
    ] {
        config.outbound_proxies.push(edge.into());
    }
    config
}

/// Bob with his sockets.
fn agent(config: UserAgentConfig, now: Instant, seed: u8) -> UserAgentEndpoint {
    let user = UserAgent::new(config);
    let mut agent = Endpoint::new(EndpointConfig::default(), user, [seed; 32]);
    for (n, transport) in [(0, Transport::Udp), (1, Transport::Tcp)] {
        let bound = Input::Bound {
            flow: FlowId::from_driver(n),
            transport,
            local: address(2),
        };
        agent.handle_input(now, bound);
    }
    agent
}

impl Edges {
    pub(super) fn new(config: UserAgentConfig) -> Self {
        let now = Instant::from_millis(1000);
        Self {
            now,
            agent: agent(config, now, 7),
            events: VecDeque::new(),
            open: Vec::new(),
            sent: VecDeque::new(),
            pings: Vec::new(),
            pongs: true,
            local: SocketAddr::from(([192, 0, 2, 2], 40_000)),
            down: Vec::new(),
        }
    }

    /// Bob asks to be registered for an hour.
    pub(super) fn register(&mut self) -> RegistrationHandle {
        let hour = Duration::from_secs(3600);
        let handle = self.agent.register(self.now, "sip:example.com", hour);
        self.drain();
        handle.unwrap()
    }

    /// Takes outputs until there are none.
    pub(super) fn drain(&mut self) -> Option<Instant> {
        let mut bytes = Vec::new();
        loop {
            match self.agent.poll_output(&mut bytes) {
                Output::Transmit { flow, to } => self.on_transmit(flow, to, &bytes),
                Output::Connect { flow, peer, .. } if self.down.contains(&peer) => {
                    self.close(flow, CloseReason::Unreachable);
                }
                Output::Connect {
                    flow,
                    peer,
                    transport,
                    ..
                } => {
                    self.open.push((flow, peer));
                    let identity = PeerIdentity {
                        uris: Vec::from([alloc::format!("sip:{}", peer.ip())]),
                        dns_names: Vec::new(),
                        is_verified: true,
                    };
                    let connected = Input::Connected {
                        flow,
                        transport,
                        local: self.local,
                        peer,
                        identity: transport.is_secure().then_some(&identity),
                    };
                    self.agent.handle_input(self.now, connected);
                }
                Output::Close { flow } => self.open.retain(|(open, _)| *open != flow),
                Output::Event(event) => self.events.push_back(event),
                Output::Resolve { .. } => panic!("nothing is looked up here"),
                Output::Wait(deadline) => {
                    self.agent.check().unwrap();
                    return deadline;
                }
            }
        }
    }

    fn on_transmit(&mut self, flow: FlowId, to: SocketAddr, bytes: &[u8]) {
        if bytes == b"\r\n\r\n" {
            self.pings.push((self.now, to));
            if self.pongs {
                let bytes = b"\r\n";
                self.agent
                    .handle_input(self.now, Input::Stream { flow, bytes });
            }
            return;
        }
        let sent = Sent {
            at: self.now,
            from: address(2),
            to,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        };
        self.sent.push_back(sent);
    }

    /// Ends a connection.
    pub(super) fn close(&mut self, flow: FlowId, reason: CloseReason) {
        self.open.retain(|(open, _)| *open != flow);
        self.agent
            .handle_input(self.now, Input::Closed { flow, reason });
    }

    /// Bob's program starts anew: his connections are gone, and all he knew.
    pub(super) fn restart(&mut self, config: UserAgentConfig) {
        self.agent = agent(config, self.now, 8);
        self.open.clear();
        self.events.clear();
        self.pings.clear();
        self.sent.clear();
    }

    /// A proxy restarts: its connections are gone.
    pub(super) fn crash(&mut self, edge: u8) {
        let flows = self.open.iter().filter(|(_, peer)| *peer == address(edge));
        let flows: Vec<FlowId> = flows.map(|(flow, _)| *flow).collect();
        for flow in flows {
            self.close(flow, CloseReason::Reset);
        }
        self.drain();
    }

    /// The connection to a proxy.
    pub(super) fn flow_to(&self, edge: u8) -> FlowId {
        let found = self
            .open
            .iter()
            .rev()
            .find(|(_, peer)| *peer == address(edge));
        found.unwrap().0
    }

    /// Lets time pass.
    pub(super) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(next) = self.drain().filter(|next| *next <= end) {
            self.now = next;
            self.agent.handle_input(next, Input::Timeout);
        }
        self.now = end;
    }

    pub(super) fn run_secs(&mut self, secs: u64) {
        self.run(Duration::from_secs(secs));
    }

    /// The next request with this method, and the last byte of the address it came at.
    pub(super) fn receives(&mut self, method: &str) -> (u8, Sent) {
        self.drain();
        while let Some(sent) = self.sent.pop_front() {
            if sent.label() == method {
                let SocketAddr::V4(to) = sent.to else {
                    panic!("only IPv4 here");
                };
                return (to.ip().octets()[3], sent);
            }
        }
        panic!("no {method} came");
    }

    /// Whether nothing has come at the proxies that was not looked at.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.drain();
        self.sent.is_empty()
    }

    /// A proxy sends this to Bob.
    pub(super) fn inject(&mut self, edge: u8, text: &str) {
        let flow = self.flow_to(edge);
        let bytes = text.as_bytes();
        self.agent
            .handle_input(self.now, Input::Stream { flow, bytes });
        self.drain();
    }

    /// A proxy answers.
    pub(super) fn answer(&mut self, (edge, request): &(u8, Sent), status: &str, more: &str) {
        self.inject(*edge, &response(request, status, "r", more, ""));
    }

    /// The registrar answers as one that binds flows, with the Contacts of the request.
    pub(super) fn bind(&mut self, request: &(u8, Sent)) {
        let contact = request.1.field("Contact");
        let more = alloc::format!("{OUTBOUND}Contact: {contact}\r\n");
        self.answer(request, "200 OK", &more);
    }

    /// Bob, registered through both proxies.
    pub(super) fn both() -> (Self, RegistrationHandle) {
        let mut edges = Self::new(bob());
        let handle = edges.register();
        for edge in [EP1, EP2] {
            let register = edges.receives("REGISTER");
            assert_eq!(register.0, edge);
            edges.bind(&register);
        }
        edges.events.clear();
        (edges, handle)
    }

    /// The next event for which `pick` finds something, the ones before it discarded.
    pub(super) fn expect<T>(&mut self, pick: impl Fn(&UaEvent) -> Option<T>) -> T {
        self.drain();
        let mut seen = Vec::new();
        while let Some(event) = self.events.pop_front() {
            if let Some(found) = pick(&event) {
                return found;
            }
            seen.push(event);
        }
        panic!("only {seen:#?}");
    }
}
