//! Typed header fields (RFC 3261 §20): borrowed from a message, and writing themselves.
//!
//! Each type takes a value apart with `parse` and writes it with [`Value::write`], and
//! `parse(write(x)) == x`. What a type has no field for it keeps in its [`Params`].

mod auth_params;
mod challenge;
mod contact;
mod credentials;
mod cseq;
mod date;
mod error;
mod from_to;
mod media_type;
mod name_addr;
mod params;
mod reason;
mod retry_after;
#[cfg(test)]
mod tests;
mod token;
mod value;
mod via;

pub use auth_params::{AuthParams, Quoted, escape};
pub use challenge::Challenge;
pub use contact::{Contact, ContactAddress, QValue};
pub use credentials::{AuthenticationInfo, Credentials};
pub use cseq::CSeq;
pub use date::Date;
pub use error::{HeaderError, HeaderErrorKind};
pub use from_to::FromTo;
pub use media_type::{ContentDisposition, MediaType};
pub use name_addr::NameAddr;
pub use params::{Param, ParamValue, Params};
pub use reason::{Reason, Warning};
pub use retry_after::RetryAfter;
pub use token::{CommaList, Token, TokenWithParams};
pub use value::{Element, List, Value, whole};
pub(crate) use via::{RECEIVED, RPORT};
pub use via::{Rport, Via};
