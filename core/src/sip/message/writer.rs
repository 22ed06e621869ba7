//! Rows on their way out, and what must never go out (RFC 3261 §7, §25.1).

use alloc::vec::Vec;
use core::fmt;
use core::mem;

use crate::sip::header::Value;
use crate::text::{Class, is_any, write_decimal};

use super::HeaderName;

/// Why a message could not be written. The first fault of a builder stays until it is finished.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BuildError {
    /// The method is no token.
    Method,
    /// The URI is empty or holds what a URI cannot.
    Uri,
    /// The name of a header field is no token.
    FieldName,
    /// A value holds CR, LF or NUL: it would be more than one header field.
    Value(HeaderName),
    /// A field the message must have is not there.
    Missing(HeaderName),
    /// A field that may stand once stands twice.
    Repeated(HeaderName),
    /// A field that the builder or the stack writes itself.
    Reserved(HeaderName),
    /// A field of the message that is forwarded or answered cannot be read.
    Malformed(HeaderName),
    /// A request was needed and this is a response, or the other way round.
    Kind,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, name) = match self {
            Self::Method => ("malformed method", None),
            Self::Uri => ("malformed uri", None),
            Self::FieldName => ("malformed header field name", None),
            Self::Value(name) => ("line break or nul in", Some(name)),
            Self::Missing(name) => ("missing", Some(name)),
            Self::Repeated(name) => ("repeated", Some(name)),
            Self::Reserved(name) => ("not the caller's to write:", Some(name)),
            Self::Malformed(name) => ("malformed", Some(name)),
            Self::Kind => ("a request where a response is needed, or the reverse", None),
        };
        match name {
            Some(name) if *name == HeaderName::Other => write!(f, "{text} an extension field"),
            Some(name) => write!(f, "{text} {}", name.as_str()),
            None => f.write_str(text),
        }
    }
}

impl core::error::Error for BuildError {}

/// Collects the whole message in one buffer, and remembers the first fault.
///
/// Rows stand in the order in which they are added. With a body the buffer ends in the
/// Content-Length, the empty line and the body; a row that comes later still goes in front of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    /// Where the Content-Length starts, once there is a body.
    end_of_rows: Option<usize>,
    has_content_type: bool,
    fault: Option<BuildError>,
}

impl Writer {
    /// Goes on behind a start line, in the buffer it stands in.
    pub(super) fn behind(start_line: Vec<u8>) -> Self {
        Self {
            bytes: start_line,
            ..Self::default()
        }
    }

    pub(super) fn fail(&mut self, error: BuildError) {
        self.fault = self.fault.or(Some(error));
    }

    pub(super) fn field(&mut self, name: HeaderName, value: &(impl Value + ?Sized)) {
        match name {
            HeaderName::Other => return self.fail(BuildError::FieldName),
            HeaderName::ContentLength => return self.fail(BuildError::Reserved(name)),
            HeaderName::ContentType if self.has_content_type => {
                return self.fail(BuildError::Repeated(name));
            }
            HeaderName::ContentType => self.has_content_type = true,
            _ => {}
        }
        let start = self.bytes.len();
        if let Err(error) = write_row(name, value, &mut self.bytes) {
            self.fail(error);
        }
        self.keep_body_last(start);
    }

    pub(super) fn field_named(&mut self, name: &str, value: &[u8]) {
        let known = HeaderName::from_bytes(name.as_bytes());
        if known != HeaderName::Other {
            return self.field(known, value);
        }
        if !Class::TOKEN.holds(name.as_bytes()) {
            return self.fail(BuildError::FieldName);
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(name.as_bytes());
        if let Err(error) = write_value(HeaderName::Other, value, &mut self.bytes) {
            self.fail(error);
        }
        self.keep_body_last(start);
    }

    pub(super) fn body(&mut self, content_type: &str, body: &[u8]) {
        self.field(HeaderName::ContentType, content_type);
        // A second body is a second Content-Type, which is a fault already.
        if self.end_of_rows.is_none() {
            self.bytes.reserve(body.len().saturating_add(40));
            self.end_of_rows = Some(self.bytes.len());
            self.end(body);
        }
    }

    /// Moves the row that starts at `start` in front of the Content-Length.
    fn keep_body_last(&mut self, start: usize) {
        let Some(end_of_rows) = self.end_of_rows.as_mut() else {
            return;
        };
        let row = self.bytes.len().saturating_sub(start);
        if let Some(late) = self.bytes.get_mut(*end_of_rows..) {
            late.rotate_right(row);
        }
        *end_of_rows = end_of_rows.saturating_add(row);
    }

    fn end(&mut self, body: &[u8]) {
        write_content_length(body.len(), &mut self.bytes);
        self.bytes.extend_from_slice(b"\r\n");
        self.bytes.extend_from_slice(body);
    }

    /// All that was put in, with Content-Length, empty line and body.
    pub(super) fn finish(&mut self) -> Result<Vec<u8>, BuildError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if self.end_of_rows.is_none() {
            self.end(b"");
        }
        Ok(mem::take(&mut self.bytes))
    }
}

/// Appends `Name: value CRLF`.
pub(super) fn write_row(
    name: HeaderName,
    value: &(impl Value + ?Sized),
    out: &mut Vec<u8>,
) -> Result<(), BuildError> {
    out.extend_from_slice(name.as_str().as_bytes());
    write_value(name, value, out)
}

fn write_value(
    name: HeaderName,
    value: &(impl Value + ?Sized),
    out: &mut Vec<u8>,
) -> Result<(), BuildError> {
    out.extend_from_slice(b": ");
    let start = out.len();
    value.write(out);
    let is_fine = !breaks_line(out.get(start..).unwrap_or_default());
    out.extend_from_slice(b"\r\n");
    if is_fine {
        Ok(())
    } else {
        Err(BuildError::Value(name))
    }
}

/// Whether a value holds CR, LF or NUL. All three are below 0x0E and hardly anything else is, so a
/// value is looked at byte by byte only if it has such a byte.
fn breaks_line(value: &[u8]) -> bool {
    is_any(value, |byte| byte < 0x0e) && value.iter().any(|b| matches!(b, b'\r' | b'\n' | 0))
}

/// RFC 3261 §20.14: a message that we write always says how long its body is.
pub(super) fn write_content_length(length: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(b"Content-Length: ");
    write_decimal(length as u64, out);
    out.extend_from_slice(b"\r\n");
}
