//! The table of flows.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

use super::flow::{Flow, FlowState};
use super::framing::Framing;
use super::keep_alive::Keeper;
use super::policy::TransportPolicy;
use super::queue::{Effect, Sender};
use super::sent_by::SentBy;
use super::server_location::Family;
use super::stats::{DropReason, Stats};
use super::watch::Watch;
use super::{default_port, is_websocket};
use crate::limits::Limits;
use crate::machine::{CloseReason, FlowId, Transport};
use crate::peer::ServerName;
use crate::rng::Rng;
use crate::sip::uri::HostPort;
use crate::time::Instant;
use crate::websocket::Role;

/// What a report of a closed flow means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lost {
    /// The flow is gone, and every transaction on it with it.
    Flow(FlowId),
    /// A datagram socket does not reach this address any more, or is seen from elsewhere there
    /// (RFC 5626 §4.4.2).
    Path(FlowId, SocketAddr),
    /// The last message on it could not be sent.
    Message(Sender),
}

/// What a keep-alive has told of a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Heard {
    /// Nothing new.
    Nothing,
    /// It was answered for the first time.
    Alive(FlowId, SocketAddr),
    /// It has failed.
    Lost(Lost),
}

/// A deadline of the transport layer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum TransportTimer {
    /// A connection has been silent or half done for too long.
    Watch(FlowId),
    /// A path is to be kept alive, or has not answered.
    KeepAlive(FlowId, SocketAddr),
}

/// What is at the other end of a connection.
pub(super) type FarEnd = (Transport, SocketAddr, Option<ServerName>);

/// Flows and the transmit queue (RFC 3261 §18).
pub(crate) struct TransportLayer {
    pub(super) flows: BTreeMap<FlowId, Flow>,
    /// Connections by their far end (§18), and those that were asked for under TLS by who is there
    /// as well: at one address there may be several domains (RFC 5922 §7.8).
    pub(super) connections: BTreeMap<FarEnd, FlowId>,
    /// The paths that are kept alive (RFC 5626 §4.4).
    pub(super) keepers: BTreeMap<(FlowId, SocketAddr), Keeper>,
    /// How many connections each address has opened to us.
    pub(super) accepted: BTreeMap<IpAddr, usize>,
    /// Every sent-by we write, and on how many flows.
    sent_bys: Vec<(SentBy, Transport, u32)>,
    advertised: Vec<(Transport, SentBy)>,
    /// What we write where our address is of no use to anyone (RFC 7118 Appendix B.1).
    anonymous: Option<SentBy>,
    pub(super) effects: VecDeque<Effect>,
    /// The deadlines that came and went since somebody asked.
    deadlines: Vec<(TransportTimer, Option<Instant>)>,
    /// What the driver was given last: a send that failed is reported with nothing but the flow.
    pub(super) last_sent: Option<(FlowId, Sender)>,
    pub(super) next_flow: u32,
    pub(super) limits: Limits,
    pub(crate) policy: TransportPolicy,
    /// The time of the step.
    pub(super) now: Instant,
    pub(crate) rng: Rng,
    pub(crate) stats: Stats,
}

impl TransportLayer {
    /// No flow yet.
    pub(crate) fn new(
        limits: &Limits,
        policy: TransportPolicy,
        advertised: &[(Transport, String)],
        rng: Rng,
    ) -> Self {
        Self {
            flows: BTreeMap::new(),
            connections: BTreeMap::new(),
            keepers: BTreeMap::new(),
            accepted: BTreeMap::new(),
            sent_bys: Vec::new(),
            advertised: advertised
                .iter()
                .map(|(transport, text)| (*transport, SentBy::from_text(text)))
                .collect(),
            anonymous: None,
            effects: VecDeque::new(),
            deadlines: Vec::new(),
            last_sent: None,
            next_flow: 0,
            limits: limits.clone(),
            policy,
            now: Instant::ZERO,
            rng,
            stats: Stats::default(),
        }
    }

    /// Moves the clock.
    pub(crate) const fn advance(&mut self, now: Instant) {
        self.now = now;
    }

    /// Takes in a datagram socket or a listener the driver bound. Answers whether it is in the
    /// table now.
    pub(crate) fn on_bound(&mut self, id: FlowId, transport: Transport, local: SocketAddr) -> bool {
        self.insert(id, transport, local, None, Role::Server, None)
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

    /// The flows at a local address.
    pub(crate) fn flows_at(&self, local: IpAddr) -> Vec<FlowId> {
        let those = self.flows.values().filter(|flow| flow.local.ip() == local);
        those.map(|flow| flow.id).collect()
    }

    /// Whether a Via with this sent-by is one of ours (§18.1.2).
    pub(crate) fn is_ours(&self, sent_by: HostPort<'_>) -> bool {
        self.sent_bys
            .iter()
            .any(|(ours, transport, _)| ours.matches(sent_by, default_port(*transport)))
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

    /// Wants a deadline, another than before, or none.
    pub(super) fn want_deadline(&mut self, timer: TransportTimer, at: Option<Instant>) {
        self.deadlines.push((timer, at));
    }

    /// The deadlines that are wanted, or no more, since this was asked last.
    pub(crate) fn take_deadlines(&mut self) -> Vec<(TransportTimer, Option<Instant>)> {
        core::mem::take(&mut self.deadlines)
    }

    /// A deadline has come; tells what it takes along.
    pub(crate) fn on_timer(&mut self, timer: TransportTimer) -> Option<Lost> {
        match timer {
            TransportTimer::Watch(id) => self.on_watch(id),
            TransportTimer::KeepAlive(flow, address) => self.on_keeper((flow, address)),
        }
    }

    /// Holds the tables against each other.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let is_there = |(far_end, id): (&FarEnd, &FlowId)| {
            let flow = self.flows.get(id);
            flow.is_some_and(|flow| flow.far_ends().any(|known| known == *far_end))
        };
        if !self.connections.iter().all(is_there) {
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
        let accepted = self
            .flows
            .values()
            .filter(|flow| flow.peer.is_some() && flow.role == Role::Server);
        if accepted.count() != self.accepted.values().sum::<usize>() {
            return Err("the connections of each source do not add up");
        }
        if self
            .keepers
            .keys()
            .any(|(flow, _)| !self.flows.contains_key(flow))
        {
            return Err("a path is kept alive on a flow that is gone");
        }
        Ok(())
    }

    pub(super) fn insert(
        &mut self,
        id: FlowId,
        transport: Transport,
        local: SocketAddr,
        peer: Option<SocketAddr>,
        role: Role,
        domain: Option<ServerName>,
    ) -> bool {
        self.remove(id);
        if self.flows.len() >= self.limits.flows {
            self.stats.count(DropReason::TooManyFlows);
            self.effects.push_back(Effect::Close { flow: id });
            return false;
        }
        let sent_by = self.sent_by_for(transport, local, peer.map(|_| role));
        let known = self
            .sent_bys
            .iter_mut()
            .find(|(ours, over, _)| *ours == sent_by && *over == transport);
        match known {
            Some((_, _, flows)) => *flows = flows.saturating_add(1),
            None => self.sent_bys.push((sent_by.clone(), transport, 1)),
        }
        if let Some(peer) = peer {
            let far_end = (transport, peer, domain.clone());
            self.connections.insert(far_end, id);
        }
        let state = match peer {
            Some(_) => FlowState::Connecting,
            None => FlowState::Open,
        };
        let flow = Flow {
            id,
            transport,
            local,
            socket: self.socket_of(transport, local).filter(|_| peer.is_none()),
            peer,
            alias: None,
            role,
            sent_by,
            state,
            domain,
            peer_domains: Vec::new(),
            framing: peer.map(|_| Framing::sip(transport)),
            waiting: Vec::new(),
            watch: peer.map(|_| Watch::new(self.now)),
            crlfs: 0,
            has_ponged: false,
        };
        self.flows.insert(id, flow);
        self.arm_watch(id);
        true
    }

    /// The datagram socket bound to all addresses that `local` is one of.
    fn socket_of(&self, transport: Transport, local: SocketAddr) -> Option<FlowId> {
        let is_whole = |flow: &&Flow| {
            let all = flow.local;
            let same = flow.transport == transport && all.port() == local.port();
            same && all.is_ipv4() == local.is_ipv4() && all.ip().is_unspecified()
        };
        if transport.is_reliable() || local.ip().is_unspecified() {
            return None;
        }
        self.flows.values().find(is_whole).map(|flow| flow.id)
    }

    /// Asks the driver for a connection.
    pub(super) fn ask_for(
        &mut self,
        flow: FlowId,
        peer: SocketAddr,
        transport: Transport,
        server_name: Option<ServerName>,
    ) {
        self.effects.push_back(Effect::Connect {
            flow,
            peer,
            transport,
            server_name,
        });
    }

    /// `connection` is our role on it; none for a datagram socket.
    fn sent_by_for(
        &mut self,
        transport: Transport,
        local: SocketAddr,
        connection: Option<Role>,
    ) -> SentBy {
        let advertised = self.advertised.iter().find(|(over, _)| *over == transport);
        if let Some((_, sent_by)) = advertised {
            return sent_by.clone();
        }
        match connection {
            // RFC 7118 §5.3, Appendix B.1: nobody ever connects to a WebSocket client.
            Some(Role::Client) if is_websocket(transport) => {
                let rng = &mut self.rng;
                let anonymous = self.anonymous.get_or_insert_with(|| {
                    let label = rng.next_u64();
                    SentBy::from_text(&alloc::format!("{label:016x}.invalid"))
                });
                anonymous.clone()
            }
            // The port a connection leaves from is not one that listens.
            Some(Role::Client | Role::Server) => {
                let port = self.listening_port(transport, local.ip());
                let port = port.unwrap_or(default_port(transport));
                SentBy::from_address(SocketAddr::new(local.ip(), port))
            }
            None => SentBy::from_address(local),
        }
    }

    /// Where connections to `ip` come in (§18.1.1: they may be answered over a new one).
    fn listening_port(&self, transport: Transport, ip: IpAddr) -> Option<u16> {
        let listens = |flow: &&Flow| {
            let local = flow.local.ip();
            let here = local == ip || local.is_unspecified() && local.is_ipv4() == ip.is_ipv4();
            flow.transport == transport && flow.peer.is_none() && here
        };
        self.flows
            .values()
            .find(listens)
            .map(|flow| flow.local.port())
    }

    pub(super) fn remove(&mut self, id: FlowId) -> bool {
        let Some(flow) = self.flows.remove(&id) else {
            return false;
        };
        for far_end in flow.far_ends() {
            if self.connections.get(&far_end) == Some(&id) {
                self.connections.remove(&far_end);
            }
        }
        if let (Some(peer), Role::Server) = (flow.peer, flow.role) {
            let left = self.accepted.get(&peer.ip()).copied().unwrap_or(0);
            match left.saturating_sub(1) {
                0 => self.accepted.remove(&peer.ip()),
                left => self.accepted.insert(peer.ip(), left),
            };
        }
        self.drop_keepers(id);
        if flow.watch.is_some() {
            self.want_deadline(TransportTimer::Watch(id), None);
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
