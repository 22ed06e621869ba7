//! Which hosts the server is responsible for (RFC 3261 §10.3, §16.5).

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::SocketAddr;

use crate::machine::{FlowId, Transport};
use crate::sip::transport::{Flow, SentBy, default_port};
use crate::sip::uri::{Host, HostPort, SipUri};

/// The configured domains, and the addresses the server listens on.
///
/// An address of the server itself stands for the first configured domain, so that
/// `sip:bob@192.0.2.1:5060` finds who registered as `bob@example.com`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Domains {
    names: Vec<String>,
    local: Vec<Local>,
}

/// A socket the server listens on.
#[derive(Clone, Debug)]
struct Local {
    flow: FlowId,
    transport: Transport,
    address: SocketAddr,
    sent_by: SentBy,
}

impl Local {
    /// Whether `place` is where this socket is, or what we say of it in Via and Record-Route.
    fn is_at(&self, place: HostPort<'_>) -> bool {
        let default = default_port(self.transport);
        let here = HostPort::from_address(self.address);
        let port = place.port.unwrap_or(default);
        self.sent_by.matches(place, default)
            || here.host.is_same(&place.host) && port == self.address.port()
    }
}

impl Domains {
    /// The domains of these names.
    pub(crate) fn new(names: &[String]) -> Self {
        Self {
            names: names.iter().map(|name| name.to_ascii_lowercase()).collect(),
            local: Vec::new(),
        }
    }

    /// Takes in a socket the server listens on.
    pub(crate) fn open(&mut self, flow: &Flow) {
        // The near end of a connection is no place to reach the server at.
        if flow.peer().is_some() {
            return;
        }
        self.close(flow.id());
        self.local.push(Local {
            flow: flow.id(),
            transport: flow.transport(),
            address: flow.local(),
            sent_by: flow.sent_by().clone(),
        });
    }

    /// Forgets a socket.
    pub(crate) fn close(&mut self, flow: FlowId) {
        self.local.retain(|local| local.flow != flow);
    }

    /// Whether a URI names this very server by its address (§16.4).
    pub(crate) fn is_self(&self, uri: &SipUri<'_>) -> bool {
        self.local.iter().any(|local| local.is_at(uri.host_port()))
    }

    /// Whether a Route value leads here: to the address, or to the domain as such.
    pub(crate) fn is_own_route(&self, uri: &SipUri<'_>) -> bool {
        self.is_self(uri) || uri.user.is_none() && self.domain(uri).is_some()
    }

    /// Whether an maddr leads to one of our sockets over the transport and port the URI says
    /// (§16.4).
    pub(crate) fn is_at_maddr(&self, uri: &SipUri<'_>) -> bool {
        let Some(host) = uri.maddr() else {
            return false;
        };
        let place = HostPort {
            host,
            port: uri.port,
        };
        let over = |local: &&Local| match uri.transport() {
            Some(transport) => transport.eq_ignore_ascii_case(name_of(local.transport)),
            None => local.transport == Transport::Udp,
        };
        self.local
            .iter()
            .filter(over)
            .any(|local| local.is_at(place))
    }

    /// The name of the domain a URI belongs to, if the server is responsible for it (§16.5).
    pub(crate) fn domain(&self, uri: &SipUri<'_>) -> Option<Cow<'_, str>> {
        let named = self.names.iter().find(|name| match uri.host {
            Host::Name(host) => host.eq_ignore_ascii_case(name),
            Host::Ip(ip) => Host::parse(name).and_then(|name| name.ip()) == Some(ip),
        });
        if let Some(name) = named {
            // A domain on a port nobody listens on is another server on the same machine.
            let reachable = uri.port.is_none_or(|port| self.listens_on(port));
            return reachable.then_some(Cow::Borrowed(name.as_str()));
        }
        if !self.is_self(uri) {
            return None;
        }
        match self.names.first() {
            Some(name) => Some(Cow::Borrowed(name.as_str())),
            None => {
                let place = SipUri::new(uri.host, None).to_string();
                let host = place.trim_start_matches("sip:");
                Some(Cow::Owned(host.to_ascii_lowercase()))
            }
        }
    }

    fn listens_on(&self, port: u16) -> bool {
        self.local.iter().any(|local| {
            let told = local.sent_by.port();
            let told = told.unwrap_or(default_port(local.transport));
            port == told || port == local.address.port()
        })
    }
}

/// What a transport parameter says (§19.1.1).
const fn name_of(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "udp",
        Transport::Tcp => "tcp",
        Transport::Tls => "tls",
        Transport::Ws => "ws",
        Transport::Wss => "wss",
        Transport::Sctp => "sctp",
        Transport::TlsSctp => "tls-sctp",
    }
}
