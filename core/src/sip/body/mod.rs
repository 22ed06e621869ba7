//! Bodies and their parts (RFC 3261 §7.4, RFC 5621): MIME multipart (RFC 2046 §5.1), and fragments
//! of SIP messages (RFC 3420).

mod boundary;
mod coding;
mod error;
mod multipart;
mod part;
mod select;
mod sipfrag;
#[cfg(test)]
mod tests;
mod write;

pub use boundary::Boundary;
pub use coding::{ContentCoding, TransferEncoding};
pub use error::{BodyError, BodyErrorKind};
pub use multipart::Parts;
pub use part::Part;
pub use select::understood_parts;
pub use sipfrag::{FragmentError, SipFragment};
pub use write::{MultipartBuilder, MultipartError};
