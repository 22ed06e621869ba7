//! Connections that are used in the other direction too (RFC 5923).
//!
//! Whoever puts `alias` into its Via takes requests on the connection it has opened, as if we had
//! opened one to the address its Via gives. A row of that table wants to know who is there (§8.2,
//! §9): over TLS that is the certificate, which a driver has no way to tell us of yet, so no TLS
//! connection gets a row; over TCP it is trust in a network, which [`TransportPolicy`] speaks of.
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
            Transport::Tcp => self.policy.trusts_tcp_aliases,
            // §8.2, §9.2: only for an identity that was proved.
            Transport::Tls | Transport::Wss => false,
            // RFC 7118: the connection of a client is its flow, not a way to an address.
            Transport::Ws | Transport::Udp => false,
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
        let key = (source.transport, alias);
        // The connection that was there first stays: an alias is no way to take another's place.
        if flow.is_accepted() && flow.alias.is_none() && !self.connections.contains_key(&key) {
            flow.alias = Some(alias);
            self.connections.insert(key, source.flow);
        }
    }
}
