//! Names looked up: DNS messages, and a stub resolver as one more machine (RFC 1035, RFC 3596,
//! RFC 2782, RFC 3403).
//!
//! The wire half is [`Name`], [`Record`] and [`Message`]: bounded, with pointers that lead back and
//! nowhere else. The machine half is [`StubResolver`].

pub mod stub_resolver;

mod answer;
mod error;
mod message;
mod name;
mod read;
mod record;
#[cfg(test)]
mod tests;

pub use answer::{Answer, LookupFailure, QueryId};
pub use error::{DnsError, DnsErrorKind};
pub use message::{Message, Question, ResponseCode};
pub use name::Name;
pub(crate) use read::Reader;
pub use record::{CharacterString, Naptr, Record, RecordData, RecordKind, Soa, Srv};
pub use stub_resolver::StubResolver;
