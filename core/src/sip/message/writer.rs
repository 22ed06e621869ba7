//! Rows on their way out, and what must never go out (RFC 3261 §7, §25.1).

use alloc::vec::Vec;
use core::fmt;

use crate::sip::header::Value;
use crate::text::{Class, write_decimal};

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

/// Collects rows and the body, and remembers the first fault.
#[derive(Clone, Debug, Default)]
pub(super) struct Writer {
    pub(super) rows: Vec<u8>,
    body: Vec<u8>,
    has_content_type: bool,
    fault: Option<BuildError>,
}

impl Writer {
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
        if let Err(error) = write_row(name, value, &mut self.rows) {
            self.fail(error);
        }
    }

    pub(super) fn field_named(&mut self, name: &str, value: &[u8]) {
        let known = HeaderName::from_bytes(name.as_bytes());
        if known != HeaderName::Other {
            return self.field(known, value);
        }
        if !Class::TOKEN.holds(name.as_bytes()) {
            return self.fail(BuildError::FieldName);
        }
        self.rows.extend_from_slice(name.as_bytes());
        if let Err(error) = write_value(HeaderName::Other, value, &mut self.rows) {
            self.fail(error);
        }
    }

    pub(super) fn body(&mut self, content_type: &str, body: &[u8]) {
        self.field(HeaderName::ContentType, content_type);
        self.body = body.into();
    }

    /// Appends rows, Content-Length, empty line and body to `out`.
    pub(super) fn finish(&self, out: &mut Vec<u8>) -> Result<(), BuildError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if !self.body.is_empty() && !self.has_content_type {
            return Err(BuildError::Missing(HeaderName::ContentType));
        }
        out.reserve(
            self.rows
                .len()
                .saturating_add(self.body.len())
                .saturating_add(32),
        );
        out.extend_from_slice(&self.rows);
        write_content_length(self.body.len(), out);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.body);
        Ok(())
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
    let written = out.get(start..).unwrap_or_default();
    let is_fine = !written.iter().any(|b| matches!(b, b'\r' | b'\n' | 0));
    out.extend_from_slice(b"\r\n");
    if is_fine {
        Ok(())
    } else {
        Err(BuildError::Value(name))
    }
}

/// RFC 3261 §20.14: a message that we write always says how long its body is.
pub(super) fn write_content_length(length: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(b"Content-Length: ");
    write_decimal(length as u64, out);
    out.extend_from_slice(b"\r\n");
}
