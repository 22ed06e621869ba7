//! The life of a connection: up, its handshake over, closed (RFC 3261 §18, RFC 7118 §4).

use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::flow::{Flow, FlowState};
use super::framing::Framing;
use super::identity;
use super::layer::TransportLayer;
use super::queue::{Effect, Sender};
use super::stats::DropReason;
use super::watch::Watch;
use super::{default_port, is_websocket};
use crate::machine::{FlowId, Transport};
use crate::peer::PeerIdentity;
use crate::websocket::{Opcode, Role, write_frame};

/// What became of a connection that is up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Opened {
    /// It may be sent on.
    Yes,
    /// It is in the table; a WebSocket shakes hands first.
    NotYet,
    /// There is no room for it.
    TooMany,
    /// Who is there is not who was asked for: it is to be closed.
    WrongIdentity,
}

impl TransportLayer {
    /// Takes in a connection: one that was accepted, or one that was asked for and is up now.
    pub(crate) fn on_connected(
        &mut self,
        id: FlowId,
        transport: Transport,
        local: SocketAddr,
        peer: SocketAddr,
        identity: Option<&PeerIdentity>,
    ) -> Opened {
        if !self.flows.contains_key(&id) && !self.accept(id, transport, local, peer) {
            return Opened::TooMany;
        }
        let Some(flow) = self.flows.get_mut(&id) else {
            return Opened::TooMany;
        };
        flow.local = local;
        flow.peer_domains = identity.map_or(Vec::new(), identity::domains);
        // RFC 5922 §7.3: nothing is sent to whom the domain has not named.
        if let Some(domain) = &flow.domain {
            if !identity::is_for(&flow.peer_domains, domain.as_str()) {
                self.stats.count(DropReason::WrongIdentity);
                return Opened::WrongIdentity;
            }
        }
        if !is_websocket(transport) {
            self.open(id);
            return Opened::Yes;
        }
        self.shake_hands(id, peer);
        Opened::NotYet
    }

    /// A WebSocket begins: the side that opened it asks (RFC 6455 §4.1).
    fn shake_hands(&mut self, id: FlowId, peer: SocketAddr) {
        let Some(flow) = self.flows.get(&id) else {
            return;
        };
        let framing = match flow.role {
            Role::Client => {
                // §4.1: the host as the URI has it, if it had a name.
                let host = match &flow.domain {
                    Some(domain) if peer.port() == default_port(flow.transport) => {
                        String::from(domain.as_str())
                    }
                    Some(domain) => alloc::format!("{}:{}", domain.as_str(), peer.port()),
                    None => alloc::format!("{peer}"),
                };
                let (limits, rng) = (&self.limits, &mut self.rng);
                let (framing, request) = Framing::websocket_client(limits, rng, &host);
                self.send_bare(id, request);
                framing
            }
            Role::Server => Framing::websocket_server(&self.limits),
        };
        self.return_framing(id, framing);
    }

    /// Takes in a connection somebody opened to us.
    fn accept(
        &mut self,
        id: FlowId,
        transport: Transport,
        local: SocketAddr,
        peer: SocketAddr,
    ) -> bool {
        let from_there = self.accepted.get(&peer.ip()).copied().unwrap_or(0);
        if from_there >= self.limits.connections_per_source {
            self.stats.count(DropReason::TooManyFromSource);
            self.effects.push_back(Effect::Close { flow: id });
            return false;
        }
        if !self.insert(id, transport, local, Some(peer), Role::Server, None) {
            return false;
        }
        self.accepted
            .insert(peer.ip(), from_there.saturating_add(1));
        true
    }

    /// A connection is up, its handshake over: what waited for it leaves.
    pub(crate) fn open(&mut self, id: FlowId) {
        let now = self.now;
        let Some(flow) = self.flows.get_mut(&id) else {
            return;
        };
        flow.state = FlowState::Open;
        if let (Role::Client, Some(watch)) = (flow.role, &mut flow.watch) {
            watch.on_whole(now);
        }
        let (frame, to) = (flow.frame(), flow.peer);
        for payload in core::mem::take(&mut flow.waiting) {
            if let Some(to) = to {
                self.effects.push_back(Effect::Transmit {
                    flow: id,
                    to,
                    payload,
                    frame,
                    sender: Sender::Nobody,
                });
            }
        }
        self.arm_watch(id);
    }

    /// Closes a connection from our side; a WebSocket is told so (RFC 6455 §7.1.2).
    pub(crate) fn close(&mut self, id: FlowId) {
        let is_open_websocket = self
            .flows
            .get(&id)
            .is_some_and(|flow| flow.state == FlowState::Open && is_websocket(flow.transport));
        if is_open_websocket {
            let mut bytes = Vec::new();
            if let Some(role) = self.flows.get(&id).and_then(Flow::frame) {
                let code = NORMAL_CLOSURE.to_be_bytes();
                write_frame(role, &mut self.rng, Opcode::Close, &code, &mut bytes);
            }
            self.send_bare(id, bytes);
        }
        self.hang_up(id);
    }

    /// Closes a connection on which all is said.
    pub(crate) fn hang_up(&mut self, id: FlowId) {
        if self.remove(id) {
            self.effects.push_back(Effect::Close { flow: id });
        }
    }

    /// Lends the framing of a connection.
    pub(crate) fn take_framing(&mut self, id: FlowId) -> Option<Framing> {
        let flow = self.flows.get_mut(&id)?;
        flow.has_ponged = false;
        flow.framing.take()
    }

    /// Takes it back, unless the connection was closed meanwhile.
    pub(crate) fn return_framing(&mut self, id: FlowId, framing: Framing) {
        let is_waiting = framing.is_waiting();
        if let Some(flow) = self.flows.get_mut(&id) {
            flow.framing = Some(framing);
            self.settle_watch(id, is_waiting);
        }
    }

    /// A message came in on a connection.
    pub(crate) fn on_stream_message(&mut self, id: FlowId) {
        if let Some(flow) = self.flows.get_mut(&id) {
            flow.crlfs = 0;
        }
        self.on_whole(id);
    }

    /// Something whole came in on a connection.
    pub(crate) fn on_whole(&mut self, id: FlowId) {
        let now = self.now;
        if let Some(watch) = self.watch_mut(id) {
            watch.on_whole(now);
        }
    }

    pub(super) fn watch_mut(&mut self, id: FlowId) -> Option<&mut Watch> {
        self.flows.get_mut(&id)?.watch.as_mut()
    }
}

/// The status code of a WebSocket that has served its purpose (RFC 6455 §7.4.1).
const NORMAL_CLOSURE: u16 = 1000;
