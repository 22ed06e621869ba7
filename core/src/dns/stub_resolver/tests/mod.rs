//! The resolver against a server made of hand: what it asks, what it believes, what it keeps.

mod asking;
mod believing;
mod keeping;
mod streams;

use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use super::*;
use crate::dns::{LookupFailure, Message, Record, RecordData, ResponseCode, Soa};
use crate::machine::CloseReason;

/// The resolver, the time, and what it wanted since it was last asked.
struct Bench {
    resolver: StubResolver,
    now: Instant,
    /// Datagrams and stream bytes that left.
    sent: Vec<(FlowId, SocketAddr, Vec<u8>)>,
    told: Vec<(u64, Answer)>,
    connects: Vec<(FlowId, SocketAddr)>,
    closes: Vec<FlowId>,
    wait: Option<Instant>,
}

fn server(n: u8) -> SocketAddr {
    format!("192.0.2.{n}:53").parse().unwrap()
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn address(n: u8) -> RecordData {
    RecordData::A([10, 0, 0, n].into())
}

fn record(owner: &str, ttl: u32, data: RecordData) -> Record {
    Record {
        name: name(owner),
        ttl,
        data,
    }
}

fn alias(owner: &str, ttl: u32, to: &str) -> Record {
    record(owner, ttl, RecordData::Cname(name(to)))
}

fn zone(owner: &str, ttl: u32, minimum: u32) -> Record {
    let soa = Soa {
        primary: name("ns.example"),
        mailbox: name("root.example"),
        serial: 1,
        refresh: 1,
        retry: 1,
        expire: 1,
        minimum,
    };
    record(owner, ttl, RecordData::Soa(soa))
}

fn config(servers: u8) -> ResolverConfig {
    ResolverConfig {
        servers: (1..=servers).map(server).collect(),
        ..ResolverConfig::default()
    }
}

impl Bench {
    /// With that many servers and sockets.
    fn new(servers: u8, sockets: u32) -> Self {
        Self::with(config(servers), sockets)
    }

    fn with(config: ResolverConfig, sockets: u32) -> Self {
        let mut bench = Self {
            resolver: StubResolver::new(config, [3; 32]),
            now: Instant::from_millis(1000),
            sent: Vec::new(),
            told: Vec::new(),
            connects: Vec::new(),
            closes: Vec::new(),
            wait: None,
        };
        for n in 0..sockets {
            bench.input(Input::Bound {
                flow: FlowId::from_driver(n),
                transport: Transport::Udp,
                local: format!("0.0.0.0:{}", 40_000 + n).parse().unwrap(),
            });
        }
        bench
    }

    fn input(&mut self, input: Input<'_>) {
        self.resolver.handle_input(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        let mut bytes = Vec::new();
        loop {
            match self.resolver.poll_output(&mut bytes) {
                Output::Transmit { flow, to } => self.sent.push((flow, to, bytes.clone())),
                Output::Connect {
                    flow,
                    peer,
                    transport,
                    server_name,
                } => {
                    assert_eq!((transport, server_name), (Transport::Tcp, None));
                    self.connects.push((flow, peer));
                }
                Output::Close { flow } => self.closes.push(flow),
                Output::Event(ResolverEvent::Answered { query, answer }) => {
                    self.told.push((query.0, answer));
                }
                Output::Resolve { .. } => panic!("a resolver asks servers"),
                Output::Wait(deadline) => {
                    assert!(deadline.is_none_or(|at| at > self.now), "P2");
                    self.wait = deadline;
                    break;
                }
            }
        }
        assert_eq!(self.resolver.check(), Ok(()));
    }

    fn resolve(&mut self, query: u64, name: &str, kind: RecordKind) {
        let asked = self.try_resolve(query, name, kind);
        assert_eq!(asked, Ok(()));
    }

    fn try_resolve(
        &mut self,
        query: u64,
        text: &str,
        kind: RecordKind,
    ) -> Result<(), ResolveError> {
        let query = QueryId(query);
        let asked = self.resolver.resolve(self.now, query, name(text), kind);
        self.drain();
        asked
    }

    fn advance(&mut self, by: Duration) {
        self.now += by;
        self.input(Input::Timeout);
    }

    /// Lets time run to the next deadline.
    fn run_to_deadline(&mut self) {
        self.now = self.wait.unwrap();
        self.input(Input::Timeout);
    }

    /// The last datagram that left, read.
    fn query(&self) -> (FlowId, SocketAddr, Message) {
        let (flow, to, bytes) = self.sent.last().unwrap();
        (*flow, *to, Message::parse(bytes, 8).unwrap())
    }

    /// Answers the last datagram, after `change`.
    fn answer(&mut self, change: impl FnOnce(&mut Message)) {
        let (flow, source, mut message) = self.query();
        message.is_response = true;
        change(&mut message);
        self.deliver(flow, source, &message);
    }

    fn deliver(&mut self, flow: FlowId, source: SocketAddr, message: &Message) {
        let mut bytes = Vec::new();
        message.write(&mut bytes).unwrap();
        self.input(Input::Datagram {
            flow,
            source,
            bytes: &bytes,
        });
    }

    fn dropped(&self, reason: ResolverDropReason) -> u64 {
        self.resolver.stats().dropped(reason)
    }

    /// The only thing that was told.
    fn only_answer(&self) -> &Answer {
        let [(_, answer)] = self.told.as_slice() else {
            panic!("told {:?}", self.told);
        };
        answer
    }

    /// Everything has ended: nothing is left but what is kept (P5).
    fn assert_over(&mut self) {
        assert!(self.resolver.is_idle());
        assert_eq!(self.wait, None);
        self.advance(Duration::from_secs(1_000_000));
        assert_eq!(self.resolver.cached(), 0);
    }
}
