//! A stub resolver as a [`Machine`]: it asks recursive name servers, believes only what answers
//! its question, and keeps what it was told for as long as it may (RFC 1034 §5.3.1, RFC 1035 §7).
//!
//! ```text
//!   resolve ─▶ cache ─▶ in flight already ─▶ lookup ─▶ Transmit | Connect
//!                │              │               ▲
//!                ▼              ▼               └─ Datagram, Stream, Timeout, Closed
//!            Answered       Answered
//! ```
//!
//! Whoever forges an answer has to guess an id of 16 bits, the case of every letter of the name,
//! and the socket the query left from (RFC 5452 §9). The last is for the driver to make worth the
//! guess: it binds some datagram sockets, eight say, to ports the system picks at random, each
//! with [`Input::Bound`], for each family it has servers of. Every query leaves from one of
//! them at random, and is answered only there. A driver that binds none has everything asked over
//! connections.

mod ask;
mod cache;
mod config;
mod lookup;
mod receive;
mod response;
mod stats;
#[cfg(test)]
mod tests;

pub use config::{ResolverConfig, ResolverLimits};
pub use stats::{ResolverDropReason, ResolverStats};

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::fmt;
use core::net::SocketAddr;

use self::cache::Cache;
use self::lookup::{Lookup, SERVERS_MAX};
use super::{Answer, Name, QueryId, Question, RecordKind};
use crate::arena::{Arena, Handle};
use crate::machine::{FlowId, Input, Machine, Output, Transport};
use crate::rng::Rng;
use crate::time::Instant;
use crate::timers::TimerQueue;

/// What a stub resolver tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ResolverEvent {
    /// What came of a question; once for each that was taken.
    Answered {
        /// Which.
        query: QueryId,
        /// What came of it.
        answer: Answer,
    },
}

/// Why a question was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ResolveError {
    /// [`ResolverLimits::queries`] wait for an answer already.
    TooManyQueries,
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooManyQueries => "too many questions wait for an answer",
        })
    }
}

impl core::error::Error for ResolveError {}

/// Asks recursive name servers.
///
/// ```
/// use offhook::dns::stub_resolver::{ResolverConfig, ResolverEvent};
/// use offhook::dns::{Answer, Message, Name, QueryId, Record, RecordData, RecordKind, StubResolver};
/// use offhook::{FlowId, Input, Instant, Machine, Output, Transport};
///
/// let server = "192.0.2.53:53".parse().unwrap();
/// let config = ResolverConfig { servers: vec![server], ..ResolverConfig::default() };
/// let mut resolver = StubResolver::new(config, [7; 32]);
/// let (now, flow) = (Instant::ZERO, FlowId::from_driver(0));
/// let local = "192.0.2.1:40001".parse().unwrap();
/// resolver.handle_input(now, Input::Bound { flow, transport: Transport::Udp, local });
///
/// let name = Name::parse("server1.example.com").unwrap();
/// resolver.resolve(now, QueryId(1), name, RecordKind::A).unwrap();
/// let mut lent = Vec::new();
/// assert_eq!(resolver.poll_output(&mut lent), Output::Transmit { flow, to: server });
///
/// // What a server would do:
/// let mut response = Message::parse(&lent, 8).unwrap();
/// response.is_response = true;
/// let name = response.question.clone().unwrap().name;
/// let data = RecordData::A("192.0.2.5".parse().unwrap());
/// response.answers = vec![Record { name, ttl: 300, data }];
/// let mut bytes = Vec::new();
/// response.write(&mut bytes).unwrap();
///
/// resolver.handle_input(now, Input::Datagram { flow, source: server, bytes: &bytes });
/// let records = response.answers.into();
/// let answer = Answer::Records(records);
/// let answered = ResolverEvent::Answered { query: QueryId(1), answer };
/// assert_eq!(resolver.poll_output(&mut lent), Output::Event(answered));
/// assert_eq!(resolver.poll_output(&mut lent), Output::Wait(None));
/// ```
pub struct StubResolver {
    config: ResolverConfig,
    now: Instant,
    rng: Rng,
    /// Bound sockets and the addresses they are bound to.
    sockets: BTreeMap<FlowId, SocketAddr>,
    lookups: Arena<Lookup>,
    by_question: BTreeMap<Question, Handle<Lookup>>,
    /// Datagrams that wait for their answer.
    datagrams: BTreeMap<(FlowId, u16), Handle<Lookup>>,
    connections: BTreeMap<FlowId, Handle<Lookup>>,
    timers: TimerQueue<Handle<Lookup>>,
    cache: Cache,
    effects: VecDeque<Effect>,
    /// The datagram the driver was given last: a send that failed is reported with nothing but the
    /// flow.
    last_sent: Option<(FlowId, u16)>,
    /// Askers of all lookups.
    waiting: usize,
    /// The server that answered last, with which the next question begins.
    preferred: usize,
    next_flow: u32,
    stats: ResolverStats,
}

/// Something the driver is to do, or the application is to know.
enum Effect {
    Datagram {
        flow: FlowId,
        to: SocketAddr,
        id: u16,
        bytes: Vec<u8>,
    },
    Stream {
        flow: FlowId,
        to: SocketAddr,
        bytes: Vec<u8>,
    },
    Connect {
        flow: FlowId,
        peer: SocketAddr,
    },
    Close {
        flow: FlowId,
    },
    Tell(ResolverEvent),
}

impl StubResolver {
    /// A resolver without a socket yet. Everything random in it comes from `seed`.
    #[must_use]
    pub fn new(mut config: ResolverConfig, seed: [u8; 32]) -> Self {
        config.servers.truncate(SERVERS_MAX);
        Self {
            now: Instant::ZERO,
            rng: Rng::from_seed(seed),
            sockets: BTreeMap::new(),
            lookups: Arena::new(config.limits.queries),
            by_question: BTreeMap::new(),
            datagrams: BTreeMap::new(),
            connections: BTreeMap::new(),
            timers: TimerQueue::new(),
            cache: Cache::new(config.limits.cached),
            effects: VecDeque::new(),
            last_sent: None,
            waiting: 0,
            preferred: 0,
            next_flow: 0,
            stats: ResolverStats::default(),
            config,
        }
    }

    /// Asks for the records of a kind that `name` has. The answer comes as
    /// [`ResolverEvent::Answered`] with `query`, at once if it is known. A question that is in
    /// flight already is not sent again.
    ///
    /// # Errors
    /// The question was not taken, and no answer will come.
    pub fn resolve(
        &mut self,
        now: Instant,
        query: QueryId,
        name: Name,
        kind: RecordKind,
    ) -> Result<(), ResolveError> {
        self.advance(now);
        let question = Question { name, kind };
        if let Some(answer) = self.cache.find(self.now, &question) {
            self.stats.cache_hits = self.stats.cache_hits.wrapping_add(1);
            self.tell(query, answer);
            return Ok(());
        }
        if self.waiting >= self.config.limits.queries {
            return Err(ResolveError::TooManyQueries);
        }
        let joined = self.by_question.get(&question).copied();
        if let Some(lookup) = joined.and_then(|handle| self.lookups.get_mut(handle)) {
            lookup.askers.push(query);
            self.waiting += 1;
            return Ok(());
        }
        let lookup = Lookup::new(question.clone(), query, self.preferred);
        let handle = self
            .lookups
            .insert(lookup)
            .map_err(|_| ResolveError::TooManyQueries)?;
        self.waiting += 1;
        self.by_question.insert(question, handle);
        self.ask(handle);
        Ok(())
    }

    /// The counters.
    #[must_use]
    pub const fn stats(&self) -> &ResolverStats {
        &self.stats
    }

    /// How many answers are kept.
    #[must_use]
    pub fn cached(&self) -> usize {
        self.cache.len()
    }

    /// Whether no question waits for an answer.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.lookups.is_empty()
    }

    /// Holds the tables against each other; for tests, after every step.
    ///
    /// # Errors
    /// The invariant that does not hold.
    #[doc(hidden)]
    pub fn check(&self) -> Result<(), &'static str> {
        self.cache.check()?;
        let lookups = || self.lookups.iter().map(|(_, lookup)| lookup);
        if self.by_question.len() != self.lookups.len() {
            return Err("the questions do not add up to the lookups");
        }
        if lookups().map(|lookup| lookup.askers.len()).sum::<usize>() != self.waiting {
            return Err("the askers do not add up");
        }
        if self.datagrams.len() + self.connections.len() != self.lookups.len() {
            return Err("a lookup waits for nothing, or for two things");
        }
        if self.timers.len() != self.lookups.len() {
            return Err("the timers do not add up to the lookups");
        }
        Ok(())
    }

    /// Moves the clock, which never goes back (P6).
    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
        self.cache.expire(self.now);
    }

    fn tell(&mut self, query: QueryId, answer: Answer) {
        let event = ResolverEvent::Answered { query, answer };
        self.effects.push_back(Effect::Tell(event));
    }
}

impl Machine for StubResolver {
    type Event = ResolverEvent;

    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.advance(now);
        match input {
            // It asks servers, not its driver.
            Input::Timeout | Input::Resolved { .. } | Input::WallClock { .. } => {}
            Input::Bound {
                flow,
                transport,
                local,
            } => self.on_bound(flow, transport, local),
            Input::Connected { flow, .. } => self.on_connected(flow),
            Input::Datagram {
                flow,
                source,
                bytes,
            } => self.on_datagram(flow, source, bytes),
            Input::Stream { flow, bytes } => self.on_stream(flow, bytes),
            Input::Closed { flow, reason } => self.on_closed(flow, reason),
        }
        while let Some(handle) = self.timers.pop_due(self.now) {
            self.on_timeout(handle);
        }
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<ResolverEvent> {
        let Some(effect) = self.effects.pop_front() else {
            return Output::Wait(self.timers.next());
        };
        let (flow, to, payload) = match effect {
            Effect::Datagram {
                flow,
                to,
                id,
                bytes,
            } => {
                self.last_sent = Some((flow, id));
                (flow, to, bytes)
            }
            Effect::Stream { flow, to, bytes } => (flow, to, bytes),
            Effect::Connect { flow, peer } => {
                let transport = Transport::Tcp;
                return Output::Connect {
                    flow,
                    peer,
                    transport,
                    server_name: None,
                };
            }
            Effect::Close { flow } => return Output::Close { flow },
            Effect::Tell(event) => return Output::Event(event),
        };
        bytes.clear();
        bytes.extend_from_slice(&payload);
        Output::Transmit { flow, to }
    }
}
