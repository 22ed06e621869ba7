//! Connections that are used in the other direction too (RFC 5923).
//!
//! Whoever puts `alias` into its Via takes requests on the connection it has opened, as if we had
//! opened one to the address its Via gives. A row of that table says who is there (§8.2, §9): over
//! TLS the domains that a certificate proves, and without one there is no row; over TCP it is trust
//! in a network, which [`TransportPolicy`] speaks of.
//!
//! [`TransportPolicy`]: super::TransportPolicy

use core::net::SocketAddr;

use super::layer::TransportLayer;
use super::{Source, default_port};
use crate::machine::Transport;
use crate::sip::header::Via;

impl TransportLayer {
    /// A request came: its connection may be lent to us.
    pub(crate) fn note_alias(&mut self, source: Source, via: &Via<'_>) {
        let is_trusted = match source.transport {
            Transport::Tcp | Transport::Sctp => self.policy.trusts_tcp_aliases,
            // §8.2, §9.2: for an identity that was proved, and the rows say which.
            Transport::Tls | Transport::TlsSctp => true,
            // RFC 7118: the connection of a client is its flow, not a way to an address.
            Transport::Ws | Transport::Wss | Transport::Udp => false,
        };
        if !is_trusted || via.params.get("alias").is_none() {
            return;
        }
        // §8.2: the source address, with the port the Via names.
        let port = via.sent_by.port.unwrap_or(default_port(source.transport));
        let alias = SocketAddr::new(source.address.ip(), port);
        let Some(flow) = self.flows.get_mut(&source.flow) else {
            return;
        };
        if !flow.is_accepted() || flow.alias.is_some() {
            return;
        }
        flow.alias = Some(alias);
        for row in flow.aliases() {
            // The connection that was there first stays: an alias takes nobody's place.
            self.connections.entry(row).or_insert(source.flow);
        }
    }
}
