//! The table of flows and the one queue everything leaves through.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::flow::{Flow, FlowState};
use super::sent_by::SentBy;
use super::server_location::{Family, SelectError};
use super::stats::{DropReason, Stats};
use super::{Target, default_port};
use crate::dns::{QueryId, Question};
use crate::limits::Limits;
use crate::machine::{CloseReason, FlowId, Transport};
use crate::sip::message::{Message, StreamFramer};
use crate::sip::uri::HostPort;

/// What is sent: kept by whoever may have to send it again, never copied before it leaves.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    /// Bytes that were written once.
    Bytes(Arc<[u8]>),
    /// A message that is kept in its read form too.
    Message(Arc<Message>),
}

impl Payload {
    /// What goes on the wire.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Message(message) => message.as_bytes(),
        }
    }
}

/// On whose behalf something is sent: one that is told when it cannot be. The halves are those of
/// a handle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sender {
    /// Nobody who cares.
    Nobody,
    /// A client transaction.
    Client((u32, u32)),
    /// A server transaction.
    Server((u32, u32)),
}

/// Something the driver is to do.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// Send.
    Transmit {
        flow: FlowId,
        to: SocketAddr,
        payload: Payload,
        sender: Sender,
    },
    /// Open a connection.
    Connect {
        flow: FlowId,
        peer: SocketAddr,
        transport: Transport,
    },
    /// Close a flow.
    Close { flow: FlowId },
    /// Look up records.
    Resolve { query: QueryId, question: Question },
}

/// What a report of a closed flow means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lost {
    /// The flow is gone, and every transaction on it with it.
    Flow(FlowId),
    /// The last message on it could not be sent.
    Message(Sender),
}

/// Flows and the transmit queue (RFC 3261 §18).
pub(crate) struct TransportLayer {
    flows: BTreeMap<FlowId, Flow>,
    /// Connections by their far end (§18).
    connections: BTreeMap<(Transport, SocketAddr), FlowId>,
    /// Every sent-by we write, and on how many flows.
    sent_bys: Vec<(SentBy, Transport, u32)>,
    advertised: Vec<(Transport, SentBy)>,
    effects: VecDeque<Effect>,
    /// What the driver was given last: a send that failed is reported with nothing but the flow.
    last_sent: Option<(FlowId, Sender)>,
    next_flow: u32,
    max_flows: usize,
    max_effects: usize,
    pub(crate) stats: Stats,
}

impl TransportLayer {
    /// No flow yet.
    pub(crate) fn new(limits: &Limits, advertised: &[(Transport, String)]) -> Self {
        Self {
            flows: BTreeMap::new(),
            connections: BTreeMap::new(),
            sent_bys: Vec::new(),
            advertised: advertised
                .iter()
                .map(|(transport, text)| (*transport, SentBy::from_text(text)))
                .collect(),
            effects: VecDeque::new(),
            last_sent: None,
            next_flow: 0,
            max_flows: limits.flows,
            max_effects: limits.transmit_queue,
            stats: Stats::default(),
        }
    }

    /// Takes in a datagram socket the driver bound. Answers whether it is in the table now.
    pub(crate) fn on_bound(&mut self, id: FlowId, transport: Transport, local: SocketAddr) -> bool {
        self.insert(id, transport, local, None, FlowState::Open)
    }

    /// Takes in a connection: one that was accepted, or one that was asked for and is up now.
    pub(crate) fn on_connected(
        &mut self,
        id: FlowId,
        transport: Transport,
        local: SocketAddr,
        peer: SocketAddr,
    ) -> bool {
        let Some(flow) = self.flows.get_mut(&id) else {
            return self.insert(id, transport, local, Some(peer), FlowState::Open);
        };
        flow.state = FlowState::Open;
        flow.local = local;
        for payload in core::mem::take(&mut flow.waiting) {
            self.effects.push_back(Effect::Transmit {
                flow: id,
                to: peer,
                payload,
                sender: Sender::Nobody,
            });
        }
        true
    }

    /// Takes note that a flow ended, or that a send on it failed; tells what it takes along.
    pub(crate) fn on_closed(&mut self, id: FlowId, reason: CloseReason) -> Option<Lost> {
        let flow = self.flows.get(&id)?;
        let send_failed = match reason {
            CloseReason::Unreachable | CloseReason::Reset => true,
            CloseReason::Finished | CloseReason::Requested => false,
        };
        // §18.4: an ICMP error says that one destination is out of reach. A datagram socket serves
        // all others as before, and the driver speaks of the datagram it was last given.
        if flow.peer.is_none() && send_failed {
            if let Some((last, sender)) = self.last_sent.take() {
                if last == id {
                    return Some(Lost::Message(sender));
                }
            }
        }
        self.remove(id);
        Some(Lost::Flow(id))
    }

    /// The flow of that name.
    pub(crate) fn flow(&self, id: FlowId) -> Option<&Flow> {
        self.flows.get(&id)
    }

    /// Whether a Via with this sent-by is one of ours (§18.1.2).
    pub(crate) fn is_ours(&self, sent_by: HostPort<'_>) -> bool {
        self.sent_bys
            .iter()
            .any(|(ours, transport, _)| ours.matches(sent_by, default_port(*transport)))
    }

    /// The flow to reach `address` over `transport`: the bound socket that fits best, the
    /// connection that stands already, or a new one (§18.1.1).
    pub(crate) fn target(
        &mut self,
        transport: Transport,
        address: SocketAddr,
    ) -> Result<Target, SelectError> {
        let found = if transport.is_reliable() {
            self.connections.get(&(transport, address)).copied()
        } else {
            self.bound_socket(transport, address.ip())
        };
        let flow = match found {
            Some(flow) => flow,
            None if transport.is_reliable() => self.connect(transport, address)?,
            None => return Err(SelectError::NoFlow),
        };
        Ok(Target {
            flow,
            address,
            transport,
        })
    }

    /// Puts a message in the queue. A message for a flow that is gone, or beyond the bound of the
    /// queue, is dropped and counted; timers see to the rest.
    pub(crate) fn send(&mut self, target: Target, payload: Payload, sender: Sender) {
        let Some(flow) = self.flows.get_mut(&target.flow) else {
            self.stats.count(DropReason::FlowGone);
            return;
        };
        let queued = match flow.state {
            FlowState::Open => self.effects.len(),
            FlowState::Connecting => flow.waiting.len(),
        };
        if queued >= self.max_effects {
            self.stats.count(DropReason::TransmitQueueFull);
            return;
        }
        self.stats.messages_sent = self.stats.messages_sent.wrapping_add(1);
        match flow.state {
            FlowState::Connecting => flow.waiting.push(payload),
            FlowState::Open => self.effects.push_back(Effect::Transmit {
                flow: target.flow,
                to: flow.peer.unwrap_or(target.address),
                payload,
                sender,
            }),
        }
    }

    /// Closes a connection from our side.
    pub(crate) fn close(&mut self, id: FlowId) {
        if self.remove(id) {
            self.effects.push_back(Effect::Close { flow: id });
        }
    }

    /// Adds something the driver is to do that is not about a flow.
    pub(crate) fn push(&mut self, effect: Effect) {
        self.effects.push_back(effect);
    }

    /// The address families of the bound sockets, IPv6 first; both where none is bound.
    pub(crate) fn families(&self) -> Vec<Family> {
        let bound = self.flows.values().filter(|flow| flow.peer.is_none());
        let (mut v4, mut v6) = (false, false);
        for flow in bound {
            v4 |= flow.local.is_ipv4();
            v6 |= flow.local.is_ipv6();
        }
        let known = [(Family::V6, v6), (Family::V4, v4)];
        let known = known.into_iter().filter(|(_, has)| *has || v4 == v6);
        known.map(|(family, _)| family).collect()
    }

    /// The next thing the driver is to do.
    pub(crate) fn pop_effect(&mut self) -> Option<Effect> {
        let effect = self.effects.pop_front()?;
        if let Effect::Transmit { flow, sender, .. } = effect {
            self.last_sent = Some((flow, sender));
        }
        Some(effect)
    }

    /// Lends the framer of a connection.
    pub(crate) fn take_framer(&mut self, id: FlowId) -> Option<Box<StreamFramer>> {
        self.flows.get_mut(&id)?.framer.take()
    }

    /// Takes it back, unless the connection was closed meanwhile.
    pub(crate) fn return_framer(&mut self, id: FlowId, framer: Box<StreamFramer>) {
        if let Some(flow) = self.flows.get_mut(&id) {
            flow.framer = Some(framer);
        }
    }

    /// Holds the tables against each other.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let connected = self.flows.values().filter(|flow| flow.peer.is_some());
        if connected.count() < self.connections.len() {
            return Err("a connection is listed that is not there");
        }
        let said: usize = self
            .sent_bys
            .iter()
            .map(|(.., flows)| *flows as usize)
            .sum();
        if said != self.flows.len() {
            return Err("the sent-bys do not add up to the flows");
        }
        Ok(())
    }

    /// The bound socket that can reach `ip`: the same family, and the loopback or the link only
    /// from the loopback or the link.
    fn bound_socket(&self, transport: Transport, ip: IpAddr) -> Option<FlowId> {
        self.flows
            .values()
            .filter(|flow| flow.peer.is_none() && flow.transport == transport)
            .filter(|flow| flow.local.is_ipv4() == ip.is_ipv4())
            .max_by_key(|flow| {
                let local = flow.local.ip();
                // Of equals the one that was bound first: `max_by_key` keeps the last.
                (suits(local, ip), core::cmp::Reverse(flow.id))
            })
            .map(|flow| flow.id)
    }

    fn connect(&mut self, transport: Transport, peer: SocketAddr) -> Result<FlowId, SelectError> {
        if self.flows.len() >= self.max_flows {
            return Err(SelectError::TooManyFlows);
        }
        let id = FlowId::from_machine(self.next_flow);
        let local = self.likely_local(peer);
        self.insert(id, transport, local, Some(peer), FlowState::Connecting);
        self.next_flow = self.next_flow.wrapping_add(1);
        self.effects.push_back(Effect::Connect {
            flow: id,
            peer,
            transport,
        });
        Ok(id)
    }

    /// Our address towards `peer` before the connection tells: that of a socket that suits, and
    /// the default port, where connections are expected (§18.1.1).
    fn likely_local(&self, peer: SocketAddr) -> SocketAddr {
        let ip = self
            .bound_socket(Transport::Udp, peer.ip())
            .and_then(|id| Some(self.flows.get(&id)?.local.ip()));
        let unspecified = match peer {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        SocketAddr::new(ip.unwrap_or(unspecified), 0)
    }

    fn insert(
        &mut self,
        id: FlowId,
        transport: Transport,
        local: SocketAddr,
        peer: Option<SocketAddr>,
        state: FlowState,
    ) -> bool {
        self.remove(id);
        if self.flows.len() >= self.max_flows {
            self.stats.count(DropReason::TooManyFlows);
            self.effects.push_back(Effect::Close { flow: id });
            return false;
        }
        let sent_by = self.sent_by_for(transport, local, peer.is_some());
        let known = self
            .sent_bys
            .iter_mut()
            .find(|(ours, over, _)| *ours == sent_by && *over == transport);
        match known {
            Some((_, _, flows)) => *flows = flows.saturating_add(1),
            None => self.sent_bys.push((sent_by.clone(), transport, 1)),
        }
        if let Some(peer) = peer {
            self.connections.insert((transport, peer), id);
        }
        let flow = Flow {
            id,
            transport,
            local,
            peer,
            sent_by,
            state,
            framer: peer.map(|_| Box::default()),
            waiting: Vec::new(),
        };
        self.flows.insert(id, flow);
        true
    }

    fn sent_by_for(&self, transport: Transport, local: SocketAddr, connection: bool) -> SentBy {
        let advertised = self.advertised.iter().find(|(over, _)| *over == transport);
        match advertised {
            Some((_, sent_by)) => sent_by.clone(),
            // The port a connection leaves from is not one that listens.
            None if connection => {
                SentBy::from_address(SocketAddr::new(local.ip(), default_port(transport)))
            }
            None => SentBy::from_address(local),
        }
    }

    fn remove(&mut self, id: FlowId) -> bool {
        let Some(flow) = self.flows.remove(&id) else {
            return false;
        };
        if let Some(peer) = flow.peer {
            let key = (flow.transport, peer);
            if self.connections.get(&key) == Some(&id) {
                self.connections.remove(&key);
            }
        }
        for (sent_by, transport, flows) in &mut self.sent_bys {
            if *sent_by == flow.sent_by && *transport == flow.transport {
                *flows = flows.saturating_sub(1);
            }
        }
        self.sent_bys.retain(|(_, _, flows)| *flows > 0);
        true
    }
}

/// How well a socket bound to `local` suits `to`: 0 hardly, 2 best.
const fn suits(local: IpAddr, to: IpAddr) -> u8 {
    if local.is_unspecified() {
        return 1;
    }
    let same_reach =
        local.is_loopback() == to.is_loopback() && is_link_local(local) == is_link_local(to);
    if same_reach { 2 } else { 0 }
}

const fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}
