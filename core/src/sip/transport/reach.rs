//! Which flow reaches an address (RFC 3261 §18.1.1).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::Target;
use super::flow::FlowState;
use super::layer::TransportLayer;
use super::server_location::SelectError;
use crate::machine::{FlowId, Transport};
use crate::peer::ServerName;
use crate::sip::uri::Host;
use crate::websocket::Role;

impl TransportLayer {
    /// The flow to reach `address`, where `domain` is served, over `transport`: the bound socket
    /// that fits best, the connection that stands already, or a new one (§18.1.1).
    pub(crate) fn target(
        &mut self,
        transport: Transport,
        address: SocketAddr,
        domain: Host<'_>,
    ) -> Result<Target, SelectError> {
        let domain = if transport.is_secure() {
            Some(name_of(domain).ok_or(SelectError::Malformed)?)
        } else {
            None
        };
        let found = if transport.is_reliable() {
            let far_end = (transport, address, domain.clone());
            self.connections.get(&far_end).copied()
        } else {
            self.bound_socket(transport, address.ip())
        };
        let flow = match found {
            Some(flow) => flow,
            None if transport.is_reliable() => self.connect(transport, address, domain)?,
            None => return Err(SelectError::NoFlow),
        };
        Ok(Target {
            flow,
            address,
            transport,
        })
    }

    /// A connection to `address`, whoever is there, that may be sent on.
    pub(crate) fn open_connection(
        &self,
        transport: Transport,
        address: SocketAddr,
    ) -> Option<Target> {
        let flow = *self.connections.get(&(transport, address, None))?;
        let is_open = self.flow(flow)?.state() == FlowState::Open;
        is_open.then_some(Target {
            flow,
            address,
            transport,
        })
    }

    /// The bound socket that can reach `ip`: the same family, and the loopback or the link only
    /// from the loopback or the link. One that is bound to all addresses leaves it to the system
    /// from which of them.
    fn bound_socket(&self, transport: Transport, ip: IpAddr) -> Option<FlowId> {
        self.flows
            .values()
            .filter(|flow| flow.peer.is_none() && flow.transport == transport)
            .filter(|flow| flow.socket.is_none())
            .filter(|flow| flow.local.is_ipv4() == ip.is_ipv4())
            .max_by_key(|flow| {
                let local = flow.local.ip();
                // Of equals the one that was bound first: `max_by_key` keeps the last.
                (suits(local, ip), core::cmp::Reverse(flow.id))
            })
            .map(|flow| flow.id)
    }

    fn connect(
        &mut self,
        transport: Transport,
        peer: SocketAddr,
        domain: Option<ServerName>,
    ) -> Result<FlowId, SelectError> {
        if self.flows.len() >= self.limits.flows {
            return Err(SelectError::TooManyFlows);
        }
        let id = FlowId::from_machine(self.next_flow);
        let local = self.likely_local(transport, peer);
        let server_name = domain.clone();
        self.insert(id, transport, local, Some(peer), Role::Client, domain);
        self.next_flow = self.next_flow.wrapping_add(1);
        self.ask_for(id, peer, transport, server_name);
        Ok(id)
    }

    /// Our address towards `peer` before the connection tells: that of a listener or a socket that
    /// suits.
    fn likely_local(&self, transport: Transport, peer: SocketAddr) -> SocketAddr {
        let ip = [transport, Transport::Udp]
            .iter()
            .find_map(|over| self.bound_socket(*over, peer.ip()))
            .and_then(|id| Some(self.flows.get(&id)?.local.ip()));
        let unspecified = match peer {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        SocketAddr::new(ip.unwrap_or(unspecified), 0)
    }
}

/// What a certificate has to name.
fn name_of(domain: Host<'_>) -> Option<ServerName> {
    match domain {
        Host::Name(name) => ServerName::new(name),
        Host::Ip(ip) => ServerName::new(&alloc::format!("{ip}")),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A socket suits best whose address reaches as far as the other's; one on all addresses always
    /// does to some degree.
    #[test]
    fn a_socket_suits_what_its_address_can_reach() {
        let [any, loopback, local, public] =
            ["0.0.0.0", "127.0.0.1", "169.254.1.1", "192.0.2.1"].map(|ip| ip.parse().unwrap());
        for to in [loopback, local, public] {
            assert_eq!(suits(any, to), 1, "{to}");
            for from in [loopback, local, public] {
                let wanted = if from == to { 2 } else { 0 };
                assert_eq!(suits(from, to), wanted, "{from} {to}");
            }
        }
        let [local, public] = ["fe80::1", "2001:db8::1"].map(|ip| ip.parse().unwrap());
        assert_eq!((suits(local, local), suits(local, public)), (2, 0));
    }
}
