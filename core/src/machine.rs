//! The contract between machines and drivers: one input, one output.
//!
//! A driver owns sockets and a clock and knows nothing else. It feeds a [`Machine`] with
//! [`Input`]s, drains its [`Output`]s until [`Output::Wait`], sleeps until that deadline or the
//! next packet, and ends every round with [`Input::Timeout`]:
//!
//! ```text
//!            ┌───────────── handle_input(now, Input) ◀──── packet, closed socket, timeout
//!            ▼
//!        ┌────────┐
//!        │Machine │ ── poll_output(&mut bytes) ──▶ Transmit | Connect | Close | Resolve | Event | Wait
//!        └────────┘
//! ```
//!
//! Promises every machine of this crate keeps, and the simulator checks after each step:
//! no input panics (P1); after a drain the deadline in [`Output::Wait`] is later than the last
//! `now` (P2); the same seed, configuration and inputs give the same outputs (P3); the number of
//! outputs per input is bounded (P4); when everything has ended and time has run out, every table
//! is empty (P5); time going backwards is clamped (P6); a step costs the same however many idle
//! calls exist (P7).

use alloc::vec::Vec;
use core::fmt;
use core::net::SocketAddr;

use crate::dns::{Answer, QueryId, Question};
use crate::peer::{PeerIdentity, ServerName};
use crate::time::{Instant, UnixTime};

/// A protocol brain: bytes and time go in; bytes, deadlines and events come out.
pub trait Machine {
    /// What the application is told.
    type Event;

    /// Takes one input. Total: whatever arrives, it neither fails nor panics.
    fn handle_input(&mut self, now: Instant, input: Input<'_>);

    /// Gives the next output, and [`Output::Wait`] when there is none.
    ///
    /// `bytes` is lent: for [`Output::Transmit`] it is cleared and filled with what to send. The
    /// caller keeps one buffer and lends it again, so that sending does not allocate.
    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<Self::Event>;
}

/// Names one bound datagram socket, one listener, or one connection, of one machine.
///
/// One address of a socket that is bound to all of them may have a name of its own, which the
/// driver tells as a socket bound to it alone: what came in there is answered from there. What is
/// sent on the socket itself leaves from where the system likes, and is answered at one of these.
///
/// Two parties mint them and must not collide: the driver, for the sockets it bound or accepted
/// ([`FlowId::from_driver`]), and the machine, for the connections it asks for with
/// [`Output::Connect`] ([`FlowId::from_machine`]). Odd and even numbers keep them apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowId(u32);

impl FlowId {
    /// The `n`th flow a driver opened for a machine: a bound socket or an accepted connection.
    #[must_use]
    pub const fn from_driver(n: u32) -> Self {
        Self((n << 1) | 1)
    }

    /// The `n`th flow a machine asked for.
    #[must_use]
    pub const fn from_machine(n: u32) -> Self {
        Self(n << 1)
    }

    /// The number itself, for logs and tables.
    #[must_use]
    pub const fn as_u32(self) -> u32 {
        self.0
    }

    /// The flow [`FlowId::as_u32`] gave the number of.
    #[must_use]
    pub const fn from_u32(number: u32) -> Self {
        Self(number)
    }
}

impl fmt::Debug for FlowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "flow#{}", self.0)
    }
}

/// The transports of RFC 3261 §18, RFC 4168 and RFC 7118, as a driver sees them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A byte stream.
    Tcp,
    /// A byte stream under TLS.
    Tls,
    /// WebSocket messages (RFC 7118).
    Ws,
    /// WebSocket messages under TLS (RFC 7118).
    Wss,
    /// The messages of an SCTP association, of which each may come before another that was sent
    /// earlier (RFC 4168 §5.1). No driver here has such sockets.
    Sctp,
    /// A byte stream under TLS in an SCTP association (RFC 4168 §4, §5.1).
    TlsSctp,
}

impl Transport {
    /// Whether it runs under TLS.
    #[must_use]
    pub const fn is_secure(self) -> bool {
        match self {
            Self::Tls | Self::Wss | Self::TlsSctp => true,
            Self::Udp | Self::Tcp | Self::Ws | Self::Sctp => false,
        }
    }

    /// Whether the transport delivers by itself, so that requests are not retransmitted
    /// (RFC 3261 §17).
    #[must_use]
    pub const fn is_reliable(self) -> bool {
        match self {
            Self::Udp => false,
            Self::Tcp | Self::Tls | Self::Ws | Self::Wss | Self::Sctp | Self::TlsSctp => true,
        }
    }
}

/// What a driver tells a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// Nothing but the time: deadlines that have come are acted on.
    Timeout,
    /// A datagram socket is bound and may be sent from, or a listener stands: its connections are
    /// flows of their own, and on it nothing is sent.
    Bound {
        /// The flow the driver minted for it.
        flow: FlowId,
        /// What it, or each of its connections, carries.
        transport: Transport,
        /// The address it is bound to.
        local: SocketAddr,
    },
    /// A connection is up: one that was accepted, or one asked for with [`Output::Connect`].
    Connected {
        /// The flow, minted by whoever opened it.
        flow: FlowId,
        /// What it carries.
        transport: Transport,
        /// Our end.
        local: SocketAddr,
        /// The other end.
        peer: SocketAddr,
        /// The names in its certificate, under TLS and if it showed one. Whether it is who it
        /// should be is for the machine to say (RFC 5922 §7.3).
        identity: Option<&'a PeerIdentity>,
    },
    /// One datagram.
    Datagram {
        /// The socket it arrived on.
        flow: FlowId,
        /// Where it came from.
        source: SocketAddr,
        /// All of it.
        bytes: &'a [u8],
    },
    /// Some bytes of a stream, in order; framing is the machine's job. Of [`Transport::Sctp`] they
    /// are one whole message.
    Stream {
        /// The connection.
        flow: FlowId,
        /// The next bytes.
        bytes: &'a [u8],
    },
    /// A flow is gone, could not be opened, or a send on it failed.
    ///
    /// With [`CloseReason::Unreachable`] on a bound datagram socket, it means the datagram that was
    /// last polled for this flow, and comes before the next is polled: that destination is out of
    /// reach, and the socket stays open for all others.
    Closed {
        /// The flow.
        flow: FlowId,
        /// Why.
        reason: CloseReason,
    },
    /// What came of a question asked with [`Output::Resolve`].
    Resolved {
        /// The machine's name for the question.
        query: QueryId,
        /// What came of it.
        answer: &'a Answer,
    },
    /// The wall clock, once at start and whenever it steps; never used for deadlines.
    WallClock {
        /// Now, in the world's time.
        unix: UnixTime,
    },
}

/// Why a flow ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CloseReason {
    /// The other end closed in good order.
    Finished,
    /// Nobody answers there, or the network says so.
    Unreachable,
    /// The connection broke.
    Reset,
    /// We asked for it, with [`Output::Close`].
    Requested,
}

/// What a machine tells a driver.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Output<E> {
    /// Send the lent bytes.
    Transmit {
        /// On this socket or connection.
        flow: FlowId,
        /// To this address; for a connection it is the peer's.
        to: SocketAddr,
    },
    /// Open a connection; answered by [`Input::Connected`] or [`Input::Closed`].
    Connect {
        /// The flow the machine minted for it.
        flow: FlowId,
        /// Where to.
        peer: SocketAddr,
        /// Over what.
        transport: Transport,
        /// Who is expected there: said to the other end under TLS, and otherwise of no use.
        server_name: Option<ServerName>,
    },
    /// Close a flow.
    Close {
        /// Which.
        flow: FlowId,
    },
    /// Look up records of the DNS; answered by [`Input::Resolved`], at once or later. Whoever has
    /// nothing to look them up with answers that it failed.
    Resolve {
        /// The machine's name for the question.
        query: QueryId,
        /// Whose records, and which.
        question: Question,
    },
    /// Tell the application.
    Event(E),
    /// Nothing more to do before this instant, or before the next input if `None`.
    Wait(Option<Instant>),
}

impl<E> Output<E> {
    /// The same output with another event: for a machine that is made of machines.
    pub fn map<F>(self, event: impl FnOnce(E) -> F) -> Output<F> {
        match self {
            Self::Transmit { flow, to } => Output::Transmit { flow, to },
            Self::Connect {
                flow,
                peer,
                transport,
                server_name,
            } => Output::Connect {
                flow,
                peer,
                transport,
                server_name,
            },
            Self::Close { flow } => Output::Close { flow },
            Self::Resolve { query, question } => Output::Resolve { query, question },
            Self::Event(inner) => Output::Event(event(inner)),
            Self::Wait(deadline) => Output::Wait(deadline),
        }
    }
}
