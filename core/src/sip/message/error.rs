//! Why bytes are no message, and what answers them (RFC 3261 §18.3, §21).

use core::fmt;

use super::StatusCode;

/// Why bytes could not be taken as a message, and where.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// Bytes from the start to the place.
    pub at: u32,
}

/// What is wrong with bytes that should be a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ParseErrorKind {
    /// There is nothing but line ends.
    Empty,
    /// The whole exceeds [`message_bytes`](crate::Limits::message_bytes).
    MessageTooLong,
    /// The first line is neither a Request-Line nor a Status-Line (RFC 3261 §7.1, §7.2).
    StartLine,
    /// The method is no token.
    Method,
    /// The Request-URI is empty or holds something a URI cannot (RFC 3261 §7.1).
    RequestUri,
    /// Another version than SIP/2.0.
    Version,
    /// The status code has not three digits, or its first digit has no class (RFC 3261 §7.2).
    Status,
    /// A CR without LF or an LF without CR (RFC 3261 §7).
    LineEnd,
    /// The empty line after the header fields is missing (RFC 3261 §7).
    NoEmptyLine,
    /// A line that should be a header field has no name or no colon (RFC 3261 §7.3.1).
    FieldName,
    /// More rows than [`header_fields`](crate::Limits::header_fields).
    TooManyFields,
    /// The Content-Length is no number (RFC 3261 §20.14).
    ContentLength,
    /// Two Content-Length rows say different things.
    ContentLengthConflict,
    /// A message on a stream says nothing of its length (RFC 3261 §18.3).
    NoContentLength,
    /// The body is shorter than its Content-Length (RFC 3261 §18.3).
    BodyTruncated,
    /// The body exceeds [`body_bytes`](crate::Limits::body_bytes).
    BodyTooLong,
}

impl ParseErrorKind {
    /// The status that answers a request with this fault; `None` if nothing can be answered.
    #[must_use]
    pub const fn response(self) -> Option<StatusCode> {
        match self {
            Self::Empty | Self::Status => None,
            Self::Version => Some(StatusCode::VERSION_NOT_SUPPORTED),
            Self::BodyTooLong => Some(StatusCode::REQUEST_ENTITY_TOO_LARGE),
            Self::MessageTooLong => Some(StatusCode::MESSAGE_TOO_LARGE),
            Self::StartLine
            | Self::Method
            | Self::RequestUri
            | Self::LineEnd
            | Self::NoEmptyLine
            | Self::FieldName
            | Self::TooManyFields
            | Self::ContentLength
            | Self::ContentLengthConflict
            | Self::NoContentLength
            | Self::BodyTruncated => Some(StatusCode::BAD_REQUEST),
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Empty => "no message",
            Self::MessageTooLong => "message too long",
            Self::StartLine => "malformed start line",
            Self::Method => "malformed method",
            Self::RequestUri => "malformed request uri",
            Self::Version => "unknown version",
            Self::Status => "malformed status code",
            Self::LineEnd => "line not ended by cr lf",
            Self::NoEmptyLine => "no empty line after the header fields",
            Self::FieldName => "malformed header field name",
            Self::TooManyFields => "too many header fields",
            Self::ContentLength => "malformed content length",
            Self::ContentLengthConflict => "content lengths that differ",
            Self::NoContentLength => "no content length on a stream",
            Self::BodyTruncated => "body shorter than its content length",
            Self::BodyTooLong => "body too long",
        }
    }
}

impl fmt::Display for ParseErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind, self.at)
    }
}

impl core::error::Error for ParseError {}
