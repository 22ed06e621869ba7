//! SIP messages (RFC 3261 §7, §18.3): parsed once into places, read when asked, written whole.
//!
//! Two doors lead through one tokenizer: [`MessageView`] borrows bytes and a reusable [`Scratch`]
//! and allocates nothing; [`Message`] owns one copy of the bytes and is what the machines share.

mod check_extension;
mod error;
mod essentials;
mod forward;
mod from_uri;
mod mend;
mod mend_uri;
mod method;
mod name;
mod name_table;
mod owned;
mod placement;
mod policy;
mod received;
mod request;
mod response;
mod scratch;
mod status;
mod stream;
#[cfg(test)]
mod tests;
mod token;
mod validate;
mod view;
mod writer;

pub use error::{ParseError, ParseErrorKind};
pub use forward::Forward;
pub use from_uri::{UriRequest, UriRequestError};
pub use mend::{Mend, Mended};
pub use method::Method;
pub use name::HeaderName;
pub use owned::Message;
pub use placement::{Presence, presence};
pub use policy::{Deviation, Policy};
pub use request::{OutgoingRequest, RequestBuilder};
pub use response::{OutgoingResponse, ResponseBuilder};
pub use scratch::Scratch;
pub use status::{StatusClass, StatusCode};
pub use stream::{Frame, StreamFramer};
pub use validate::{Finding, Rule};
pub use view::MessageView;
pub use writer::BuildError;

/// What a start line says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind<'a> {
    /// A Request-Line (RFC 3261 §7.1).
    Request {
        /// What is wanted.
        method: Method<'a>,
        /// Of whom.
        uri: &'a str,
    },
    /// A Status-Line (RFC 3261 §7.2).
    Response {
        /// How it went.
        status: StatusCode,
        /// The same for people; any bytes, UTF-8 if all is well.
        reason: &'a [u8],
    },
}

/// One header field row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row<'a> {
    /// Which field it is.
    pub name: HeaderName,
    /// The name as spelt.
    pub name_bytes: &'a [u8],
    /// The value without the white space around it; folds in it are kept.
    pub value: &'a [u8],
}
