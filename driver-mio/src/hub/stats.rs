//! What a driver counts, and the bounds of its connections.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

/// What a driver has counted since it was built.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Datagrams and pieces of streams handed to machines.
    pub received: u64,
    /// Messages the sockets took.
    pub sent: u64,
    /// Messages that waited for a socket to be writable.
    pub parked: u64,
    /// Messages dropped because too many waited, or because their flow was gone.
    pub dropped: u64,
    /// Datagrams the system refused to send to their address: no route, wrong family, too long.
    /// The machine is told at once, unless the datagram had been parked.
    pub undeliverable: u64,
    /// The last of these, and what the system said.
    pub last_undeliverable: Option<(SocketAddr, ErrorKind)>,
    /// Errors on receiving: on some systems the network's answer to an earlier datagram. The
    /// socket is shared by all peers and the error names none, so that no machine is told.
    pub receive_errors: u64,
    /// Connections that came in and were taken.
    pub accepted: u64,
    /// Connections that came in and were closed at once, for there were too many.
    pub turned_away: u64,
    /// Connections that machines asked for and that came up.
    pub connected: u64,
    /// Connections that never came up, in either direction.
    pub failed: u64,
}

impl Stats {
    pub(crate) fn refuse(&mut self, to: SocketAddr, error: &io::Error) {
        self.undeliverable += 1;
        self.last_undeliverable = Some((to, error.kind()));
    }
}

/// The bounds of a driver's connections.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StreamLimits {
    /// Accepted connections that may be open; one more is closed at once.
    pub accepted: usize,
    /// Bytes that may wait on one connection for the other end to read; a connection that would
    /// need more is given up, for a stream has no gaps.
    pub parked_bytes: usize,
    /// How long a connection may take to come up, before it is unreachable; the same again for
    /// the handshake of a secured one.
    pub opening: Duration,
    /// How long a connection that a machine has closed may take to send what waits and to hear the
    /// other end close.
    pub closing: Duration,
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self {
            accepted: 10_000,
            parked_bytes: 256 * 1024,
            opening: Duration::from_secs(10),
            closing: Duration::from_secs(3),
        }
    }
}
