//! The transport layer (RFC 3261 §18, RFC 3581): flows, and which one a message takes.
//!
//! ```text
//!   datagram ─▶ receive ─▶ request (Via filled in) | response (ours) | dropped and counted
//!   request  ─▶ server location ─▶ target ─▶ flow ┐
//!   response ─▶ response path             ─▶ flow ┴─▶ transmit queue
//! ```

mod flow;
mod layer;
mod receive;
mod response_path;
mod sent_by;
pub mod server_location;
mod stats;

pub use flow::{Flow, FlowState};
pub(crate) use layer::{Effect, Lost, Payload, Sender, TransportLayer};
pub(crate) use receive::{Received, receive};
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

/// The port that stands for none: 5061 under TLS, 5060 otherwise (RFC 3261 §18.1.1), and the web's
/// for WebSocket (RFC 7118 §5.5).
pub(crate) const fn default_port(transport: Transport) -> u16 {
    match transport {
        Transport::Udp | Transport::Tcp => 5060,
        Transport::Tls => 5061,
        Transport::Ws => 80,
        Transport::Wss => 443,
    }
}

/// What stands in a Via for the transport (RFC 3261 §20.42, RFC 7118 §5.2).
pub(crate) const fn via_name(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
        Transport::Tls => "TLS",
        Transport::Ws => "WS",
        Transport::Wss => "WSS",
    }
}
