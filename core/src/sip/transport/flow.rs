//! One bound datagram socket, or one connection.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::layer::Payload;
use super::sent_by::SentBy;
use crate::machine::{FlowId, Transport};
use crate::peer::ServerName;
use crate::sip::message::StreamFramer;

/// A bound datagram socket or a connection, as the transport layer knows it.
#[derive(Debug)]
pub struct Flow {
    pub(super) id: FlowId,
    pub(super) transport: Transport,
    pub(super) local: SocketAddr,
    pub(super) peer: Option<SocketAddr>,
    pub(super) sent_by: SentBy,
    pub(super) state: FlowState,
    /// Whom a connection that was asked for is to.
    pub(super) domain: Option<ServerName>,
    /// The domains the certificate of the other end is for.
    pub(super) peer_domains: Vec<Box<str>>,
    /// What cuts a stream into messages; none for datagrams, and while it is lent.
    pub(super) framer: Option<Box<StreamFramer>>,
    /// Messages that wait for the connection to be up.
    pub(super) waiting: Vec<Payload>,
}

/// How far a flow has come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FlowState {
    /// Asked for, not up yet.
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
}
