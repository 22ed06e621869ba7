//! The transport layer (RFC 3261 §18, RFC 3581): flows, and which one a message takes.
//!
//! ```text
//!   stream   ─▶ framing ┐    SIP, or WebSocket with its handshake (RFC 7118)
//!   datagram ───────────┴─▶ receive ─▶ request (Via filled in) | response (ours) | dropped
//!   request  ─▶ server location ─▶ target ─▶ flow ┐
//!   response ─▶ response path             ─▶ flow ┴─▶ transmit queue
//! ```
//!
//! Beside that it watches connections that stall or idle, keeps paths alive and answers those who
//! do (RFC 5626), and knows which connections may be used backwards (RFC 5923).

mod back_off;
mod connection;
mod flow;
mod framing;
mod identity;
mod keep_alive;
mod layer;
mod policy;
mod queue;
mod reach;
mod receive;
mod response_path;
mod reuse;
mod sent_by;
pub mod server_location;
mod stats;
mod watch;

pub use back_off::BackOff;
pub(crate) use connection::Opened;
pub use flow::{Flow, FlowState};
pub(crate) use framing::{Framing, StreamItem};
pub use keep_alive::{KeepAlive, KeepAliveError};
pub(crate) use layer::{Heard, Lost, TransportLayer, TransportTimer};
pub use policy::TransportPolicy;
pub(crate) use queue::{Effect, Payload, Sender};
pub(crate) use receive::{Received, receive, request_via, response_via};
pub(crate) use response_path::{reopen_at, response_path};
pub use sent_by::SentBy;
pub use server_location::SelectError;
pub use stats::{DropReason, Stats};

use core::net::SocketAddr;

use crate::machine::{FlowId, Transport};

/// Where a request came from, and how.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Source {
    /// The flow it arrived on.
    pub flow: FlowId,
    /// The address it was sent from.
    pub address: SocketAddr,
    /// The transport of the flow.
    pub transport: Transport,
}

/// Where a message goes, and how.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Target {
    /// The flow it leaves on.
    pub flow: FlowId,
    /// The address it is sent to.
    pub address: SocketAddr,
    /// The transport of the flow.
    pub transport: Transport,
}

impl From<Source> for Target {
    /// Back to where it came from, the way it came.
    fn from(source: Source) -> Self {
        Self {
            flow: source.flow,
            address: source.address,
            transport: source.transport,
        }
    }
}

/// The port that stands for none: 5061 under TLS, 5060 otherwise (RFC 3261 §18.1.1), and the web's
/// for WebSocket (RFC 7118 §5.5).
pub(crate) const fn default_port(transport: Transport) -> u16 {
    match transport {
        Transport::Udp | Transport::Tcp | Transport::Sctp => 5060,
        Transport::Tls | Transport::TlsSctp => 5061,
        Transport::Ws => 80,
        Transport::Wss => 443,
    }
}

/// What stands in a Via for the transport (RFC 3261 §20.42, RFC 4168 §4, RFC 7118 §5.2).
pub(crate) const fn via_name(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
        Transport::Tls => "TLS",
        Transport::Ws => "WS",
        Transport::Wss => "WSS",
        Transport::Sctp => "SCTP",
        Transport::TlsSctp => "TLS-SCTP",
    }
}

/// What a SIP or, if `secure`, SIPS URI says so that requests to it go over a transport (RFC 3261
/// §19.1.2), with the semicolon in front; nothing where it means that without saying it.
#[must_use]
pub const fn transport_parameter(transport: Transport, secure: bool) -> &'static str {
    match transport {
        Transport::Udp => "",
        Transport::Tls if secure => "",
        Transport::Tcp => ";transport=tcp",
        Transport::Tls => ";transport=tls",
        Transport::Sctp => ";transport=sctp",
        // In SIPS it names what is below TLS (§26.2.2).
        Transport::TlsSctp if secure => ";transport=sctp",
        Transport::TlsSctp => ";transport=tls-sctp",
        // RFC 7118 §5.2: one name for both; the scheme tells them apart.
        Transport::Ws | Transport::Wss => ";transport=ws",
    }
}

/// Whether messages stand in the frames of a WebSocket (RFC 7118).
pub(crate) const fn is_websocket(transport: Transport) -> bool {
    match transport {
        Transport::Ws | Transport::Wss => true,
        Transport::Udp | Transport::Tcp | Transport::Tls | Transport::Sctp | Transport::TlsSctp => {
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3261 §19.1.2 and §26.2.2, RFC 4168 §4, RFC 7118 §5.2. UDP is what a SIP URI means that
    /// says nothing, and TLS what a SIPS URI does.
    #[test]
    fn a_uri_names_its_transport_unless_it_means_it_anyway() {
        for (transport, sip, sips) in [
            (Transport::Udp, "", ""),
            (Transport::Tcp, ";transport=tcp", ";transport=tcp"),
            (Transport::Tls, ";transport=tls", ""),
            (Transport::Ws, ";transport=ws", ";transport=ws"),
            (Transport::Wss, ";transport=ws", ";transport=ws"),
            (Transport::Sctp, ";transport=sctp", ";transport=sctp"),
            (Transport::TlsSctp, ";transport=tls-sctp", ";transport=sctp"),
        ] {
            assert_eq!(transport_parameter(transport, false), sip);
            assert_eq!(transport_parameter(transport, true), sips);
        }
    }
}
