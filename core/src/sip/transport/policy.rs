//! What the transport layer does where the RFCs leave a choice.

use core::time::Duration;

/// The settings of the transport layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportPolicy {
    /// The longest request that goes over UDP, in bytes; a longer one goes over TCP, and over UDP
    /// after all only if the other side takes no connection (RFC 3261 §18.1.1). 1300 where the path
    /// MTU is not known, otherwise 200 less than it.
    pub datagram_request_bytes: usize,
    /// How long a connection may take to be up, to bring its first message, or to end a message it
    /// has begun; it is closed then.
    pub stall: Duration,
    /// How long a connection may carry nothing before it is closed. Longer than the longest
    /// keep-alive interval there is, 14 minutes (RFC 5626 §4.4.1).
    pub idle: Duration,
    /// Whether a TCP connection whose requests say `alias` in their Via is used for requests to
    /// the address that Via gives (RFC 5923). TCP proves nobody's identity: only for a network
    /// where everyone is trusted, and never for several domains on one address (§9.3).
    pub trusts_tcp_aliases: bool,
}

impl Default for TransportPolicy {
    fn default() -> Self {
        Self {
            datagram_request_bytes: 1300,
            stall: Duration::from_secs(32),
            idle: Duration::from_secs(20 * 60),
            trusts_tcp_aliases: false,
        }
    }
}
