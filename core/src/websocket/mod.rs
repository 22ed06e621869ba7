//! WebSocket (RFC 6455): the opening handshake of both sides, and messages in frames.
//!
//! ```text
//!   bytes ─▶ push ─▶ poll ─▶ Step::Open | Message | Pong | Ended     for who uses it
//!                       └──▶ Step::Send                              for the other side
//! ```
//!
//! [`WebSocket`] is one side of one connection over bytes that somebody else carries, TLS or not.
//! Which protocol is spoken inside is the user's word to say and to mean. No extension is ever
//! negotiated, so a message is exactly the bytes of its frames.

mod connection;
mod error;
mod frame;
mod handshake;
mod head;
#[cfg(test)]
mod tests;

pub use connection::{Ended, Step, WebSocket, WebSocketLimits};
pub use error::{FrameError, FrameErrorKind, HandshakeError, HandshakeErrorKind};
pub use frame::{FrameHeader, Opcode, Role, apply_mask, write_frame};
pub use handshake::{ClientHandshake, accept_for, answer, refusal};
