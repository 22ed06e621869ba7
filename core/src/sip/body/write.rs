//! Writing a multipart (RFC 2046 §5.1.1).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::sip::message::HeaderName;
use crate::text::find_byte;

use super::Boundary;

/// Puts parts together; the first fault is kept and told at the end.
#[derive(Clone, Debug)]
pub struct MultipartBuilder {
    boundary: Boundary,
    body: Vec<u8>,
    fault: Option<MultipartError>,
}

/// Why a multipart cannot be written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MultipartError {
    /// There is no part (RFC 2046 §5.1).
    Empty,
    /// A value has a CR, LF or NUL in it.
    LineBreak,
    /// A line of a part starts as the delimiter does.
    Boundary,
}

impl fmt::Display for MultipartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "no part",
            Self::LineBreak => "line break or nul in a value",
            Self::Boundary => "delimiter in a part",
        })
    }
}

impl core::error::Error for MultipartError {}

impl MultipartBuilder {
    /// No part yet. The [`Boundary`] is best taken at random.
    #[must_use]
    pub const fn new(boundary: Boundary) -> Self {
        Self {
            boundary,
            body: Vec::new(),
            fault: None,
        }
    }

    /// Adds a part with these header fields, of which Content-Type should be one.
    pub fn part(&mut self, fields: &[(HeaderName, &str)], content: &[u8]) -> &mut Self {
        if is_delimited(&self.boundary, content) {
            self.note(MultipartError::Boundary);
        }
        self.delimiter(b"\r\n");
        for (name, value) in fields {
            if value.contains(['\r', '\n', '\0']) {
                self.note(MultipartError::LineBreak);
            }
            for part in [name.as_str(), ": ", value, "\r\n"] {
                self.body.extend_from_slice(part.as_bytes());
            }
        }
        self.body.extend_from_slice(b"\r\n");
        self.body.extend_from_slice(content);
        self.body.extend_from_slice(b"\r\n");
        self
    }

    /// The Content-Type, `multipart/` and `subtype`, and the body.
    ///
    /// # Errors
    /// The first fault.
    pub fn finish(mut self, subtype: &str) -> Result<(String, Vec<u8>), MultipartError> {
        if self.body.is_empty() {
            self.note(MultipartError::Empty);
        }
        if !crate::text::Class::TOKEN.holds(subtype.as_bytes()) {
            self.note(MultipartError::LineBreak);
        }
        self.delimiter(b"--\r\n");
        let boundary = self.boundary.as_str();
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok((
                format!("multipart/{subtype};boundary=\"{boundary}\""),
                self.body,
            )),
        }
    }

    fn delimiter(&mut self, end: &[u8]) {
        self.body.extend_from_slice(b"--");
        self.body.extend_from_slice(self.boundary.as_bytes());
        self.body.extend_from_slice(end);
    }

    fn note(&mut self, fault: MultipartError) {
        self.fault.get_or_insert(fault);
    }
}

/// Whether a line of `content` starts with the delimiter.
fn is_delimited(boundary: &Boundary, content: &[u8]) -> bool {
    let mut rest = content;
    loop {
        if boundary.after(rest).is_some() {
            return true;
        }
        match find_byte(rest, b'\n').and_then(|at| rest.get(at.saturating_add(1)..)) {
            Some(after) => rest = after,
            None => return false,
        }
    }
}
