//! The transaction layer (RFC 3261 §17, RFC 6026): four machines and the tables that hold them.
//!
//! | machine | file | what it is for |
//! |---|---|---|
//! | INVITE client | `invite_client` | repeats an INVITE, acknowledges a refusal |
//! | non-INVITE client | `non_invite_client` | repeats any other request |
//! | INVITE server | `invite_server` | says 100, repeats a refusal until its ACK |
//! | non-INVITE server | `non_invite_server` | answers copies of any other request |
//!
//! Beside each lies a `.table` with every state, event and effect, written by a test.

mod ack;
mod client;
mod cx;
mod index;
mod invite_client;
mod invite_server;
mod key;
mod non_invite_client;
mod non_invite_server;
mod seeded_hash;
mod server;
mod timer;
mod timings;
mod trying;

#[cfg(test)]
mod tests;

pub(crate) use ack::cancel_for;
pub use client::{ClientHandle, ClientTransaction};
pub(crate) use client::{ClientTable, ClientUp, NotCancelled};
pub(crate) use cx::Cx;
pub(crate) use key::Keys;
pub(crate) use seeded_hash::SeededHasher;
pub(crate) use server::{Matched, ServerTable, ServerUp};
pub use server::{RespondError, ServerHandle, ServerTransaction};
pub(crate) use timer::TimerKey;
pub use timer::{Timer, UserTimer};
pub use timings::Timings;

/// Why a transaction failed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Failure {
    /// Nothing came in time. A client acts as if it were a 408 (RFC 3261 §8.1.3.1).
    Timeout,
    /// Nothing could be sent. A client acts as if it were a 503 (RFC 3261 §8.1.3.1).
    Transport,
}
