//! The layer above transactions: what it is told, and what it must answer.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::net::SocketAddr;

use super::location::{LocationHandle, Way};
use super::stack::Stack;
use crate::machine::FlowId;
use crate::sip::message::Message;
use crate::sip::transaction::{ClientHandle, Failure, ServerHandle, UserTimer};
use crate::sip::transport::{SelectError, Source};

/// RFC 3261 §5 calls the layer above transactions the transaction user: a user agent, a proxy, a
/// registrar. It is told one thing at a time, and acts by calling the [`Stack`] it is lent.
///
/// A request it is told of must be answered with [`Stack::respond`] sooner or later; an INVITE
/// waits for that without a bound of its own.
pub trait TransactionUser {
    /// What the application is told.
    type Event;

    /// Takes what one message or one timer of a transaction came to.
    fn on_event(&mut self, stack: &mut Stack, event: TuEvent, events: &mut Events<Self::Event>);

    /// Takes a timer it has armed with [`Stack::arm`].
    fn on_timer(&mut self, stack: &mut Stack, timer: UserTimer, events: &mut Events<Self::Event>);

    /// Takes note of a flow that came or went. The transactions of a flow that is lost are told of
    /// one by one, after this.
    fn on_flow(
        &mut self,
        stack: &mut Stack,
        flow: FlowId,
        change: FlowChange,
        events: &mut Events<Self::Event>,
    );

    /// Whether all its tables are empty, those of bindings excepted.
    fn is_idle(&self) -> bool;

    /// Holds its tables against each other and against the stack's.
    ///
    /// # Errors
    /// The invariant that does not hold.
    fn check(&self, stack: &Stack) -> Result<(), &'static str>;
}

/// What happened to a flow.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FlowChange {
    /// It may be sent on.
    Opened,
    /// It is gone.
    Closed,
    /// This datagram socket does not reach this address any more, or is seen there from another
    /// address than before: what the other side knows of us is to be renewed (RFC 5626 §4.4.2,
    /// §4.5). The socket stays.
    Failed(SocketAddr),
    /// A keep-alive to this address was answered, the first over this path (RFC 5626 §4.5).
    Alive(SocketAddr),
}

/// What a message or a timer came to: at most one for each.
#[derive(Clone, Debug)]
pub enum TuEvent {
    /// A request that no transaction knows, and a server transaction for it. Every method but ACK,
    /// CANCEL included.
    Request {
        /// Where to answer it.
        transaction: ServerHandle,
        /// The request, with received and rport filled in.
        request: Arc<Message>,
        /// Where it came from.
        source: Source,
    },
    /// An ACK that no transaction absorbed: for a 2xx, or for nothing.
    Ack {
        /// The ACK.
        request: Arc<Message>,
        /// Where it came from.
        source: Source,
        /// The INVITE it matches by its branch: that of a client of RFC 2543, or a mistake. The
        /// ACK for a 2xx has a branch of its own and is matched by its dialog.
        transaction: Option<ServerHandle>,
    },
    /// A provisional or final response, or any further 2xx to an INVITE (RFC 6026 §7.2).
    Response {
        /// The request it answers.
        transaction: ClientHandle,
        /// The response.
        response: Arc<Message>,
    },
    /// A client transaction ended without a final response and is gone. To be taken as 408 or 503
    /// (RFC 3261 §8.1.3.1).
    ClientFailed {
        /// Which; stale by now.
        transaction: ClientHandle,
        /// Why.
        reason: Failure,
    },
    /// A server transaction did not get what it waited for. With [`Failure::Timeout`] it is gone:
    /// no ACK came for a final response (timer H), or the client has given up a request nobody
    /// answered. With [`Failure::Transport`] a response could not be sent, and the transaction
    /// stays where it was (RFC 6026 §8.8).
    ServerFailed {
        /// Which.
        transaction: ServerHandle,
        /// Why.
        reason: Failure,
    },
    /// A client transaction ended in good order.
    ClientTerminated {
        /// Which; stale by now.
        transaction: ClientHandle,
    },
    /// A server transaction ended in good order.
    ServerTerminated {
        /// Which; stale by now.
        transaction: ServerHandle,
    },
    /// What came of a search for a server that [`Stack::locate`] could not end at once.
    Located {
        /// Which; stale by now.
        location: LocationHandle,
        /// The way, or why there is none.
        found: Result<Way, SelectError>,
    },
    /// A response that belongs to no transaction, with a top Via of ours. Everyone but a stateless
    /// proxy ignores it (RFC 6026 §8.9).
    StrayResponse {
        /// The response.
        response: Arc<Message>,
    },
}

/// Takes what the application is to be told.
#[derive(Debug)]
pub struct Events<E>(VecDeque<E>);

impl<E> Events<E> {
    /// Nothing to tell yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(VecDeque::new())
    }

    /// Adds one.
    pub fn push(&mut self, event: E) {
        self.0.push_back(event);
    }

    /// Takes the oldest.
    pub fn pop(&mut self) -> Option<E> {
        self.0.pop_front()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<E> Default for Events<E> {
    fn default() -> Self {
        Self::new()
    }
}
