//! One bound datagram socket, or one connection.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::framing::Framing;
use super::is_websocket;
use super::layer::FarEnd;
use super::queue::Payload;
use super::sent_by::SentBy;
use super::watch::Watch;
use crate::machine::{FlowId, Transport};
use crate::peer::ServerName;
use crate::websocket::Role;

/// A bound datagram socket or a connection, as the transport layer knows it.
#[derive(Debug)]
pub struct Flow {
    pub(super) id: FlowId,
    pub(super) transport: Transport,
    pub(super) local: SocketAddr,
    /// The socket bound to all addresses, if this is one address of it.
    pub(super) socket: Option<FlowId>,
    pub(super) peer: Option<SocketAddr>,
    /// The address at which the other end takes requests, if it lends this connection for them
    /// (RFC 5923).
    pub(super) alias: Option<SocketAddr>,
    /// Who opened it: a client is what we are on a connection we asked for.
    pub(super) role: Role,
    pub(super) sent_by: SentBy,
    pub(super) state: FlowState,
    /// Whom a connection that was asked for is to.
    pub(super) domain: Option<ServerName>,
    /// The domains the certificate of the other end is for.
    pub(super) peer_domains: Vec<Box<str>>,
    /// What cuts a stream into messages; none for datagrams, and while it is lent.
    pub(super) framing: Option<Framing>,
    /// Messages that wait for the connection to be up.
    pub(super) waiting: Vec<Payload>,
    /// How long it may go on like this; none for a datagram socket.
    pub(super) watch: Option<Watch>,
    /// Line ends that came since the last message.
    pub(super) crlfs: u8,
    /// Whether a keep-alive was answered since bytes last came.
    pub(super) has_ponged: bool,
}

/// How far a flow has come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FlowState {
    /// Asked for, or shaking hands: not up yet.
    Connecting,
    /// May be sent on.
    Open,
}

impl Flow {
    /// Its name.
    #[must_use]
    pub const fn id(&self) -> FlowId {
        self.id
    }

    /// What it carries.
    #[must_use]
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    /// The address of our end.
    #[must_use]
    pub const fn local(&self) -> SocketAddr {
        self.local
    }

    /// The SIP domains the other end has proved to speak for, by its certificate (RFC 5922 §7.1);
    /// none without TLS, or if it showed no certificate.
    #[must_use]
    pub fn peer_domains(&self) -> &[Box<str>] {
        &self.peer_domains
    }

    /// The socket bound to all addresses, if this is one address of it.
    #[must_use]
    pub const fn socket(&self) -> Option<FlowId> {
        self.socket
    }

    /// The address of the other end; none for a datagram socket, which talks to everyone.
    #[must_use]
    pub const fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// What a Via of a request on this flow says (RFC 3261 §18.1.1).
    #[must_use]
    pub const fn sent_by(&self) -> &SentBy {
        &self.sent_by
    }

    /// How far it has come.
    #[must_use]
    pub const fn state(&self) -> FlowState {
        self.state
    }

    /// Whether the other side opened it.
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        match self.role {
            Role::Server => self.peer.is_some(),
            Role::Client => false,
        }
    }

    /// What stands for it in the table of connections: where it leads, and what its other end has
    /// lent it for.
    pub(super) fn far_ends(&self) -> impl Iterator<Item = FarEnd> {
        let peer = self
            .peer
            .map(|peer| (self.transport, peer, self.domain.clone()));
        peer.into_iter().chain(self.aliases())
    }

    /// The rows of RFC 5923 §5: under TLS one for each domain that was proved, else one for the
    /// address.
    pub(super) fn aliases(&self) -> impl Iterator<Item = FarEnd> {
        let names = self.peer_domains.iter().map(|name| ServerName::new(name));
        let proved = names.filter(Option::is_some);
        let bare = (!self.transport.is_secure()).then_some(None);
        self.alias.into_iter().flat_map(move |alias| {
            let (proved, transport) = (proved.clone(), self.transport);
            let names = proved.chain(bare.clone());
            names.map(move |name| (transport, alias, name))
        })
    }

    /// Whose frames messages go in; none if it is no WebSocket.
    pub(super) const fn frame(&self) -> Option<Role> {
        if is_websocket(self.transport) {
            Some(self.role)
        } else {
            None
        }
    }
}
