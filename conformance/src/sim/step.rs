//! What is done to a machine, and what comes of it.

use std::net::SocketAddr;

use offhook::{FlowId, Input, Transport};

use super::promise::Violation;

/// What a step brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<E> {
    /// A datagram for the network.
    Sent {
        /// The socket's address.
        source: SocketAddr,
        /// Where to.
        destination: SocketAddr,
        /// What.
        bytes: Vec<u8>,
    },
    /// Bytes for a connection.
    Written {
        /// Which.
        flow: FlowId,
        /// What.
        bytes: Vec<u8>,
    },
    /// A connection is asked for.
    Connect {
        /// What it is to be called.
        flow: FlowId,
        /// Where to.
        peer: SocketAddr,
        /// Over what.
        transport: Transport,
    },
    /// A connection is closed, or no longer asked for.
    Closed {
        /// Which.
        flow: FlowId,
    },
    /// An event for the application.
    Event(E),
}

/// What came of a step: what left the machine, and its answer to a command.
pub type Stepped<E> = Result<(Vec<Outcome<E>>, String), Violation>;

/// What is done to a machine.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<'a, C> {
    /// An input of the contract.
    Input(Input<'a>),
    /// A command of the application.
    Command(&'a C),
}
