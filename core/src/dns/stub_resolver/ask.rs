//! The way out: whom to ask, from which socket, under which id.

use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use super::lookup::{Asked, Lookup, State, Turn};
use super::{Effect, ResolverDropReason, StubResolver, cache};
use crate::arena::Handle;
use crate::dns::{Answer, LookupFailure, Message, Question};
use crate::machine::FlowId;

/// Bytes of a datagram we say are welcome: what crosses nearly every network in one piece
/// (RFC 6891 §6.2.5).
const PAYLOAD_SIZE: u16 = 1232;

impl StubResolver {
    /// Asks the next server, or gives the question up if there is none.
    pub(super) fn ask(&mut self, handle: Handle<Lookup>) {
        self.retract(handle);
        loop {
            let config = &self.config;
            let Some(lookup) = self.lookups.get_mut(handle) else {
                return;
            };
            let servers = config.servers.len();
            let Some(turn) = lookup.next_turn(servers, config.rounds, config.timeout) else {
                let failure = lookup.failure;
                self.conclude(handle, &Answer::Failed(failure));
                return;
            };
            let Some(server) = config.servers.get(turn.server).copied() else {
                return;
            };
            let asked = match self.pick_socket(server) {
                Some(socket) => self.ask_by_datagram(handle, &turn, socket, server),
                None => self.ask_by_stream(handle, turn.server, turn.timeout),
            };
            if asked {
                return;
            }
        }
    }

    /// Asks a server over a connection; answers false if there are too many of them.
    pub(super) fn ask_by_stream(
        &mut self,
        handle: Handle<Lookup>,
        server: usize,
        timeout: Duration,
    ) -> bool {
        self.retract(handle);
        let too_many = self.connections.len() >= self.config.limits.connections;
        let Some(lookup) = self.lookups.get_mut(handle) else {
            return false;
        };
        let Some(peer) = self.config.servers.get(server).copied() else {
            return false;
        };
        if too_many {
            self.stats.count(ResolverDropReason::TooManyConnections);
            lookup.spend(server, LookupFailure::Unreachable);
            return false;
        }
        let flow = FlowId::from_machine(self.next_flow);
        self.next_flow = self.next_flow.wrapping_add(1);
        lookup.state = State::Connecting(Asked {
            flow,
            server,
            id: (self.rng.next_u32() & 0xffff) as u16,
            question: Question {
                name: lookup.name.clone(),
                kind: lookup.question.kind,
            },
        });
        lookup.timer = Some(self.timers.arm(self.now + timeout, handle));
        self.connections.insert(flow, handle);
        self.effects.push_back(Effect::Connect { flow, peer });
        true
    }

    /// Sends the query on a connection that is up now, its length in front (RFC 1035 §4.2.2).
    pub(super) fn send_on_stream(&mut self, handle: Handle<Lookup>) {
        let Some(lookup) = self.lookups.get_mut(handle) else {
            return;
        };
        let State::Connecting(asked) = &lookup.state else {
            return;
        };
        let asked = asked.clone();
        let Some(to) = self.config.servers.get(asked.server).copied() else {
            return;
        };
        let query = query_bytes(&asked, lookup.edns);
        let length = u16::try_from(query.len()).unwrap_or(u16::MAX);
        let mut bytes = length.to_be_bytes().to_vec();
        bytes.extend_from_slice(&query);
        let flow = asked.flow;
        lookup.state = State::Streaming {
            asked,
            received: Vec::new(),
        };
        self.stats.queries_sent = self.stats.queries_sent.wrapping_add(1);
        self.effects.push_back(Effect::Stream { flow, to, bytes });
    }

    /// Tells all who asked, and keeps the answer for those who will.
    pub(super) fn conclude(&mut self, handle: Handle<Lookup>, answer: &Answer) {
        self.retract(handle);
        let Some(lookup) = self.lookups.remove(handle) else {
            return;
        };
        self.by_question.remove(&lookup.question);
        self.waiting -= lookup.askers.len();
        let answer = cache::with_bounded_ttls(answer, lookup.ttl);
        for query in lookup.askers {
            self.tell(query, answer.clone());
        }
        self.cache.keep(self.now, lookup.question, &answer);
    }

    /// Waits no longer for what was asked last: its id means nothing from here on, and its
    /// connection is closed.
    pub(super) fn retract(&mut self, handle: Handle<Lookup>) {
        let Some(lookup) = self.lookups.get_mut(handle) else {
            return;
        };
        if let Some(timer) = lookup.timer.take() {
            self.timers.cancel(timer);
        }
        match core::mem::replace(&mut lookup.state, State::Idle) {
            State::Idle => {}
            State::Asking(asked) => {
                self.datagrams.remove(&(asked.flow, asked.id));
            }
            State::Connecting(asked) | State::Streaming { asked, .. } => {
                if self.connections.remove(&asked.flow).is_some() {
                    self.effects.push_back(Effect::Close { flow: asked.flow });
                }
            }
        }
    }

    fn ask_by_datagram(
        &mut self,
        handle: Handle<Lookup>,
        turn: &Turn,
        flow: FlowId,
        to: SocketAddr,
    ) -> bool {
        let Some(id) = self.pick_id(flow) else {
            return false;
        };
        let Some(lookup) = self.lookups.get_mut(handle) else {
            return false;
        };
        let rng = &mut self.rng;
        let name = if self.config.random_case {
            lookup.name.respelt(|| rng.next_u32() & 1 == 1)
        } else {
            lookup.name.clone()
        };
        let asked = Asked {
            flow,
            server: turn.server,
            id,
            question: Question {
                name,
                kind: lookup.question.kind,
            },
        };
        let bytes = query_bytes(&asked, lookup.edns);
        lookup.state = State::Asking(asked);
        lookup.timer = Some(self.timers.arm(self.now + turn.timeout, handle));
        self.datagrams.insert((flow, id), handle);
        self.stats.queries_sent = self.stats.queries_sent.wrapping_add(1);
        self.effects.push_back(Effect::Datagram {
            flow,
            to,
            id,
            bytes,
        });
        true
    }

    /// One of the sockets that can reach `server`, each as likely as any other.
    fn pick_socket(&mut self, server: SocketAddr) -> Option<FlowId> {
        let suits = |local: &&SocketAddr| local.is_ipv4() == server.is_ipv4();
        let suitable = self.sockets.values().filter(suits).count();
        let drawn = self.rng.below(u64::try_from(suitable).ok()?);
        let mut sockets = self.sockets.iter().filter(|(_, local)| suits(local));
        let (flow, _) = sockets.nth(usize::try_from(drawn).ok()?)?;
        Some(*flow)
    }

    /// An id that is not in use on that socket.
    fn pick_id(&mut self, flow: FlowId) -> Option<u16> {
        let drawn = (self.rng.next_u32() & 0xffff) as u16;
        let mut ids = (0..=u16::MAX).map(|step| drawn.wrapping_add(step));
        ids.find(|id| !self.datagrams.contains_key(&(flow, *id)))
    }
}

fn query_bytes(asked: &Asked, edns: bool) -> Vec<u8> {
    let payload_size = edns.then_some(PAYLOAD_SIZE);
    let query = Message::query(asked.id, asked.question.clone(), payload_size);
    let mut bytes = Vec::new();
    // A name and a dozen numbers never reach the length of a message.
    let _ = query.write(&mut bytes);
    bytes
}
