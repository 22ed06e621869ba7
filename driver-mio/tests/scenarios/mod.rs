//! What a driver must do, told once for both: each brings itself as a [`Bench`].

pub(crate) mod datagrams;
pub(crate) mod groups;
pub(crate) mod names;
pub(crate) mod streams;
pub(crate) mod tls;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use offhook::dns::{Answer, QueryId, Question};
use offhook::{
    CloseReason, FlowId, Input, Machine, Output, PeerIdentity, ServerName, Transport, UnixTime,
};

/// A machine that says what it was told, and sends what it is told to.
#[derive(Default)]
pub(crate) struct Peer {
    pub(crate) echoes: bool,
    /// What it waits for.
    pub(crate) deadline: Option<offhook::Instant>,
    pub(crate) flow: Option<FlowId>,
    /// What is bound, and where.
    pub(crate) flows: BTreeMap<FlowId, SocketAddr>,
    pub(crate) unix: Option<UnixTime>,
    pub(crate) datagrams: u64,
    /// Bytes that came in streams.
    pub(crate) streamed: u64,
    pub(crate) most_between_timeouts: u64,
    since_timeout: u64,
    quiet: bool,
    /// The other end of each connection.
    pub(crate) peers: BTreeMap<FlowId, SocketAddr>,
    /// What its certificate said.
    pub(crate) identities: BTreeMap<FlowId, Option<PeerIdentity>>,
    /// Whom connections are to.
    pub(crate) looks_for: Option<String>,
    out: VecDeque<Saying>,
}

enum Saying {
    Send(FlowId, SocketAddr, Vec<u8>),
    Connect(FlowId, SocketAddr, Transport),
    Close(FlowId),
    Ask(QueryId, Question),
    Tell(Told),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Datagram(FlowId, SocketAddr, Vec<u8>),
    Connected(FlowId, Transport, SocketAddr),
    Stream(FlowId, Vec<u8>),
    Fired {
        due: offhook::Instant,
        now: offhook::Instant,
    },
    Closed(FlowId, CloseReason),
    Resolved(QueryId, Answer),
}

impl Peer {
    pub(crate) fn echo() -> Self {
        Self {
            echoes: true,
            quiet: true,
            ..Self::default()
        }
    }

    pub(crate) fn send(&mut self, to: SocketAddr, bytes: &[u8]) {
        let flow = self.flow.expect("bound");
        self.send_on(flow, to, bytes);
    }

    pub(crate) fn send_on(&mut self, flow: FlowId, to: SocketAddr, bytes: &[u8]) {
        self.out.push_back(Saying::Send(flow, to, bytes.to_vec()));
    }

    pub(crate) fn connect(&mut self, flow: FlowId, to: SocketAddr, transport: Transport) {
        self.out.push_back(Saying::Connect(flow, to, transport));
    }

    pub(crate) fn close(&mut self, flow: FlowId) {
        self.out.push_back(Saying::Close(flow));
    }

    pub(crate) fn ask(&mut self, query: QueryId, question: Question) {
        self.out.push_back(Saying::Ask(query, question));
    }
}

impl Machine for Peer {
    type Event = Told;

    fn handle_input(&mut self, now: offhook::Instant, input: Input<'_>) {
        match input {
            Input::Timeout => {
                self.since_timeout = 0;
                if let Some(due) = self.deadline.filter(|due| *due <= now) {
                    self.deadline = None;
                    self.out.push_back(Saying::Tell(Told::Fired { due, now }));
                }
            }
            Input::Bound { flow, local, .. } => {
                self.flow.get_or_insert(flow);
                self.flows.insert(flow, local);
            }
            Input::Connected {
                flow,
                transport,
                local,
                peer,
                identity,
            } => {
                self.identities.insert(flow, identity.cloned());
                assert_ne!(local, peer);
                assert!(!local.ip().is_unspecified());
                self.peers.insert(flow, peer);
                if !self.quiet {
                    let told = Told::Connected(flow, transport, peer);
                    self.out.push_back(Saying::Tell(told));
                }
            }
            Input::Stream { flow, bytes } => {
                self.streamed += bytes.len() as u64;
                if let Some(peer) = self.peers.get(&flow).copied().filter(|_| self.echoes) {
                    self.send_on(flow, peer, bytes);
                }
                if !self.quiet {
                    let told = Told::Stream(flow, bytes.to_vec());
                    self.out.push_back(Saying::Tell(told));
                }
            }
            Input::Datagram {
                flow,
                source,
                bytes,
            } => {
                self.datagrams += 1;
                self.since_timeout += 1;
                self.most_between_timeouts = self.most_between_timeouts.max(self.since_timeout);
                if self.echoes {
                    self.send_on(flow, source, bytes);
                }
                if !self.quiet {
                    let told = Told::Datagram(flow, source, bytes.to_vec());
                    self.out.push_back(Saying::Tell(told));
                }
            }
            Input::Closed { flow, reason } => {
                self.peers.remove(&flow);
                self.out.push_back(Saying::Tell(Told::Closed(flow, reason)));
            }
            Input::WallClock { unix } => self.unix = Some(unix),
            Input::Resolved { query, answer } => {
                let told = Told::Resolved(query, answer.clone());
                self.out.push_back(Saying::Tell(told));
            }
        }
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<Told> {
        match self.out.pop_front() {
            Some(Saying::Send(flow, to, payload)) => {
                bytes.clear();
                bytes.extend_from_slice(&payload);
                Output::Transmit { flow, to }
            }
            Some(Saying::Connect(flow, peer, transport)) => Output::Connect {
                flow,
                peer,
                transport,
                server_name: self.looks_for.as_deref().and_then(ServerName::new),
            },
            Some(Saying::Close(flow)) => Output::Close { flow },
            Some(Saying::Ask(query, question)) => Output::Resolve { query, question },
            Some(Saying::Tell(told)) => Output::Event(told),
            None => Output::Wait(self.deadline),
        }
    }
}

/// One of the two drivers, made to block.
pub(crate) trait Bench {
    type Id: Copy + PartialEq + std::fmt::Debug;
    fn new() -> Self;
    fn add(&mut self, peer: Peer) -> Self::Id;
    fn remove(&mut self, id: Self::Id) -> Option<Peer>;
    fn bind(&mut self, id: Self::Id, at: SocketAddr) -> io::Result<(FlowId, SocketAddr)>;
    /// Binds all addresses, each of which is a flow of its own.
    fn bind_apart(&mut self, id: Self::Id, at: SocketAddr) -> io::Result<(FlowId, SocketAddr)>;
    /// Sends to groups on the loopback interface, with so many hops to live.
    fn speak(&mut self, id: Self::Id, flow: FlowId, group: Ipv4Addr, hops: u8) -> io::Result<()>;
    /// Joins a group on the loopback interface.
    fn join(&mut self, id: Self::Id, flow: FlowId, group: Ipv4Addr) -> io::Result<()>;
    fn leave(&mut self, id: Self::Id, flow: FlowId, group: Ipv4Addr) -> io::Result<()>;
    fn listen(
        &mut self,
        id: Self::Id,
        at: SocketAddr,
        transport: Transport,
    ) -> io::Result<(FlowId, SocketAddr)>;
    /// The server side of TLS.
    type Server;
    fn server(files: &Papers, clients: Clients<'_>) -> io::Result<Self::Server>;
    fn reload(server: &Self::Server) -> io::Result<()>;
    fn listen_tls(
        &mut self,
        id: Self::Id,
        at: SocketAddr,
        server: &Self::Server,
    ) -> io::Result<SocketAddr>;
    /// Trusts this certificate in connections from here on, and shows these papers.
    fn trust(&mut self, root: &Path, own: Option<&Papers>) -> io::Result<()>;
    /// Looks names up at these servers from here on, over connections alone if that is said.
    fn look_up_over(&mut self, servers: &[SocketAddr], connections: bool) -> io::Result<()>;
    fn look_up_at(&mut self, servers: &[SocketAddr]) -> io::Result<()> {
        self.look_up_over(servers, false)
    }
    fn limit(&mut self, limits: Limits);
    fn counts(&self) -> Counts;
    fn peer(&mut self, id: Self::Id) -> &mut Peer;
    fn now(&self) -> offhook::Instant;
    fn undeliverable(&self) -> u64;
    fn last_undeliverable(&self) -> Option<SocketAddr>;
    fn next(&mut self, deadline: Option<Instant>) -> Option<(Self::Id, Told)>;
    /// What wakes the driver from another thread.
    fn waker(&self) -> Box<dyn Fn() + Send>;
}

/// A certificate and its key, in files.
pub(crate) struct Papers {
    pub(crate) certificates: PathBuf,
    pub(crate) key: PathBuf,
}

/// What is asked of those who connect; a certificate that leads to one in the file.
pub(crate) enum Clients<'p> {
    NotAsked,
    Optional(&'p Path),
    Required(&'p Path),
}

/// The bounds of connections, which each driver has under a name of its own.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) accepted: usize,
    pub(crate) parked_bytes: usize,
    pub(crate) opening: Duration,
    pub(crate) closing: Duration,
}

/// What was counted of connections.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) accepted: u64,
    pub(crate) turned_away: u64,
    pub(crate) connected: u64,
    pub(crate) failed: u64,
}

fn soon() -> Option<Instant> {
    Some(Instant::now() + Duration::from_secs(10))
}

fn loopback(v6: bool) -> SocketAddr {
    let address = if v6 { "[::1]:0" } else { "127.0.0.1:0" };
    address.parse().expect("an address")
}

/// Makes a test of each scenario.
#[macro_export]
macro_rules! scenarios {
    ($module:ident, $bench:ty: $($name:ident)*) => {
        mod $module {
            use super::*;
            $(
                #[test]
                fn $name() {
                    scenarios::$module::$name::<$bench>();
                }
            )*
        }
    };
}
