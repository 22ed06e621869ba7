//! Typed header fields (RFC 3261 §20): borrowed from a message, and writing themselves.
//!
//! Each type takes a value apart with `parse` and writes it with [`Value::write`], and
//! `parse(write(x)) == x`. What a type has no field for it keeps in its [`Params`].

mod contact;
mod cseq;
mod error;
mod from_to;
mod name_addr;
mod params;
mod value;
mod via;

pub use contact::{Contact, ContactAddress, QValue};
pub use cseq::CSeq;
pub use error::{HeaderError, HeaderErrorKind};
pub use from_to::FromTo;
pub use name_addr::NameAddr;
pub use params::{Param, ParamValue, Params};
pub use value::{Element, List, Value, whole};
pub use via::{Rport, Via};
