//! STUN messages (RFC 8489): read without copying, written into a lent buffer.
//!
//! Here are the bytes; when a message is sent, and what follows from one, is for whoever uses them:
//! the keep-alives of RFC 5626 so far.
//!
//! ```
//! use offhook::stun::{Class, Message, TransactionId, Writer};
//!
//! let id = TransactionId([7; 12]);
//! let mut bytes = Vec::new();
//! Writer::new(&mut bytes, Class::Request, id).finish_with_fingerprint();
//! let request = Message::parse(&bytes)?;
//! assert_eq!((request.class(), request.transaction_id()), (Class::Request, id));
//! assert!(request.has_fingerprint());
//! # Ok::<(), offhook::stun::StunError>(())
//! ```

mod attribute;
mod error;
mod message;
#[cfg(test)]
mod tests;
mod writer;

pub use attribute::{Attribute, AttributeType, ErrorCode};
pub use error::{StunError, StunErrorKind};
pub use message::{Class, Message, TransactionId, is_stun};
pub use writer::Writer;

/// The magic cookie (§5).
const COOKIE: u32 = 0x2112_a442;
/// Bytes of a message before its attributes (§5).
const HEADER_BYTES: usize = 20;
/// What a fingerprint is XORed with, so that another protocol's CRC is none (§14.7).
const FINGERPRINT_XOR: u32 = 0x5354_554e;
/// The only method here (§5).
const BINDING: u16 = 1;
