//! Writing requests (RFC 3261 §8.1.1).

use alloc::vec::Vec;
use core::str;

use crate::sip::header::{Value, Via};
use crate::text::Class;

use super::writer::{BuildError, Writer, write_row};
use super::{HeaderName, Method};

/// A request that is complete but for its top Via, which the transport it goes out on decides
/// (RFC 3261 §18.1.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutgoingRequest {
    pub(super) bytes: Vec<u8>,
    /// Where the start line starts; what stands before it is no part of the request.
    pub(super) start: usize,
    pub(super) method_end: usize,
    pub(super) uri_end: usize,
    /// Where the rows start.
    pub(super) fields: usize,
}

impl OutgoingRequest {
    /// The method.
    #[must_use]
    pub fn method(&self) -> Method<'_> {
        let method = self.bytes.get(self.start..self.method_end);
        let method = method.unwrap_or_default();
        Method::parse(method).unwrap_or(Method::Other(""))
    }

    /// The Request-URI.
    #[must_use]
    pub fn uri(&self) -> &str {
        let uri = self
            .bytes
            .get(self.method_end.saturating_add(1)..self.uri_end);
        str::from_utf8(uri.unwrap_or_default()).unwrap_or_default()
    }

    /// How many bytes it has without its top Via.
    #[must_use]
    pub fn bytes_without_via(&self) -> usize {
        self.bytes.len().saturating_sub(self.start)
    }

    /// The whole request with `via` on top.
    #[must_use]
    pub fn with_via(&self, via: &Via<'_>) -> Vec<u8> {
        let size = self.bytes_without_via().saturating_add(160);
        let mut out = Vec::with_capacity(size);
        self.write_with_via(via, &mut out);
        out
    }

    /// Appends the whole request with `via` on top.
    pub fn write_with_via(&self, via: &Via<'_>, out: &mut Vec<u8>) {
        let start_line = self.bytes.get(self.start..self.fields);
        let rest = self.bytes.get(self.fields..);
        out.extend_from_slice(start_line.unwrap_or_default());
        let start = out.len();
        if write_row(HeaderName::Via, via, out).is_err() {
            // The stack's own words hold no line break; if a configured host name ever did, the
            // breaks are left out rather than sent.
            let mut row = out.split_off(start);
            row.retain(|b| !matches!(b, b'\r' | b'\n' | 0));
            out.extend_from_slice(&row);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(rest.unwrap_or_default());
    }
}

/// Writes a request; see [`OutgoingRequest`].
///
/// ```
/// use offhook::sip::header::{CSeq, FromTo};
/// use offhook::sip::message::{HeaderName, Method, RequestBuilder};
///
/// let request = RequestBuilder::new(Method::Options, "sip:bob@example.com")
///     .field(HeaderName::From, &FromTo::new("sip:alice@example.com", Some("9fxced76sl")))
///     .field(HeaderName::To, &FromTo::new("sip:bob@example.com", None))
///     .field(HeaderName::CallId, "3848276298220188511")
///     .field(HeaderName::CSeq, &CSeq { number: 1, method: Method::Options })
///     .finish()?;
/// assert_eq!(request.method(), Method::Options);
/// # Ok::<(), offhook::sip::message::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RequestBuilder {
    method_end: usize,
    uri_end: usize,
    /// Where the rows start.
    fields: usize,
    writer: Writer,
    /// A bit for each of [`MANDATORY`].
    seen: u8,
}

/// What every request must have (RFC 3261 §8.1.1), besides Via; all may stand once.
const MANDATORY: [HeaderName; 5] = [
    HeaderName::To,
    HeaderName::From,
    HeaderName::CSeq,
    HeaderName::CallId,
    HeaderName::MaxForwards,
];

/// The bit of a name in [`MANDATORY`]; zero for all others.
const fn mandatory_bit(name: HeaderName) -> u8 {
    match name {
        HeaderName::To => 1,
        HeaderName::From => 1 << 1,
        HeaderName::CSeq => 1 << 2,
        HeaderName::CallId => 1 << 3,
        HeaderName::MaxForwards => 1 << 4,
        _ => 0,
    }
}

/// Hops a request may take unless it says otherwise (RFC 3261 §8.1.1.6).
const MAX_FORWARDS: u8 = 70;

/// Room for a request with a small session description, so that nearly all need one allocation.
const USUAL_BYTES: usize = 1000;

impl RequestBuilder {
    /// A request to `uri`, which is what stands on its first line.
    #[must_use]
    pub fn new(method: Method<'_>, uri: &str) -> Self {
        let mut start_line = Vec::with_capacity(uri.len().saturating_add(USUAL_BYTES));
        start_line.extend_from_slice(method.as_str().as_bytes());
        let method_end = start_line.len();
        start_line.push(b' ');
        start_line.extend_from_slice(uri.as_bytes());
        let uri_end = start_line.len();
        start_line.extend_from_slice(b" SIP/2.0\r\n");
        let fields = start_line.len();
        let mut writer = Writer::behind(start_line);
        if matches!(method, Method::Other(name) if Method::from_token(name).is_none()) {
            writer.fail(BuildError::Method);
        }
        if !Class::URI.holds(uri.as_bytes()) {
            writer.fail(BuildError::Uri);
        }
        Self {
            method_end,
            uri_end,
            fields,
            writer,
            seen: 0,
        }
    }

    /// Adds a row. The stack writes Via and the builder Content-Length; they are refused here.
    pub fn field(&mut self, name: HeaderName, value: &(impl Value + ?Sized)) -> &mut Self {
        if name == HeaderName::Via {
            self.writer.fail(BuildError::Reserved(name));
            return self;
        }
        let bit = mandatory_bit(name);
        if self.seen & bit != 0 {
            self.writer.fail(BuildError::Repeated(name));
        }
        self.seen |= bit;
        self.writer.field(name, value);
        self
    }

    /// Adds a row with a name that [`HeaderName`] may not know.
    pub fn field_named(&mut self, name: &str, value: &[u8]) -> &mut Self {
        match HeaderName::from_bytes(name.as_bytes()) {
            HeaderName::Other => self.writer.field_named(name, value),
            known => {
                self.field(known, value);
            }
        }
        self
    }

    /// Adds a body and its Content-Type.
    pub fn body(&mut self, content_type: &str, body: &[u8]) -> &mut Self {
        self.writer.body(content_type, body);
        self
    }

    /// The request. Max-Forwards is added if it was not given.
    ///
    /// # Errors
    /// The first fault of all that was put in, or what is missing.
    pub fn finish(&mut self) -> Result<OutgoingRequest, BuildError> {
        if self.seen & mandatory_bit(HeaderName::MaxForwards) == 0 {
            self.field(HeaderName::MaxForwards, &MAX_FORWARDS);
        }
        for name in MANDATORY {
            if self.seen & mandatory_bit(name) == 0 {
                self.writer.fail(BuildError::Missing(name));
            }
        }
        Ok(OutgoingRequest {
            bytes: self.writer.finish()?,
            start: 0,
            method_end: self.method_end,
            uri_end: self.uri_end,
            fields: self.fields,
        })
    }
}
