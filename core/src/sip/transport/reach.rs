//! Which flow reaches an address (RFC 3261 §18.1.1).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::Target;
use super::flow::FlowState;
use super::layer::TransportLayer;
use super::locate::SelectError;
use crate::machine::{FlowId, Transport};
use crate::websocket::Role;

impl TransportLayer {
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

    /// A connection to `address` that may be sent on.
    pub(crate) fn open_connection(
        &self,
        transport: Transport,
        address: SocketAddr,
    ) -> Option<Target> {
        let flow = *self.connections.get(&(transport, address))?;
        let is_open = self.flow(flow)?.state() == FlowState::Open;
        is_open.then_some(Target {
            flow,
            address,
            transport,
        })
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
        if self.flows.len() >= self.limits.flows {
            return Err(SelectError::TooManyFlows);
        }
        let id = FlowId::from_machine(self.next_flow);
        let local = self.likely_local(peer);
        self.insert(id, transport, local, Some(peer), Role::Client);
        self.next_flow = self.next_flow.wrapping_add(1);
        self.ask_for(id, peer, transport);
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
