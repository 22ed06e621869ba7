//! The timers of transactions by the RFC's letters, and what the one queue holds.

use super::client::ClientHandle;
use super::server::ServerHandle;
use crate::sip::transport::TransportTimer;

/// A timer of a transaction. The letters are those of RFC 3261 §17 and RFC 6026; timers that the
/// RFCs describe without giving them a letter have a name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// Send the INVITE again (§17.1.1.2).
    A,
    /// Nothing answered the INVITE (§17.1.1.2).
    B,
    /// Copies of a non-2xx final response have stopped coming (§17.1.1.2).
    D,
    /// Send the request again (§17.1.2.2).
    E,
    /// Nothing final answered the request (§17.1.2.2).
    F,
    /// Send the non-2xx final response again (§17.2.1).
    G,
    /// No ACK came (§17.2.1).
    H,
    /// Copies of the ACK have stopped coming (§17.2.1).
    I,
    /// Copies of the request have stopped coming (§17.2.2).
    J,
    /// Copies of the final response have stopped coming (§17.1.2.2).
    K,
    /// Copies of an accepted INVITE have stopped coming (RFC 6026 §7.1).
    L,
    /// 2xx responses have stopped coming (RFC 6026 §7.2).
    M,
    /// The user has not answered an INVITE at once: say 100 (§17.2.1).
    Trying,
    /// The user has not answered another request, and the client is at its slowest: say 100
    /// (RFC 4320 §4.1).
    LateTrying,
    /// The client of a non-INVITE request has given up and must not be answered any more (RFC
    /// 4320 §4.2).
    Abandon,
    /// A cancelled INVITE got no final response (§9.1).
    Cancelled,
}

/// A deadline of a transaction user: its own kind of timer and the two halves of its own handle.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UserTimer {
    /// Which of the user's timers; the numbers are the user's.
    pub kind: u16,
    /// The place in the user's table, from [`crate::arena::Handle::to_raw`].
    pub index: u32,
    /// The generation that goes with it.
    pub generation: u32,
}

/// What is to happen at a deadline.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TimerKey {
    /// A timer of a client transaction.
    Client(ClientHandle, Timer),
    /// A timer of a server transaction.
    Server(ServerHandle, Timer),
    /// A timer of the transaction user.
    User(UserTimer),
    /// A timer of the transport layer.
    Transport(TransportTimer),
    /// The end of the patience with a search for a server; the two halves of its handle.
    Location((u32, u32)),
}
