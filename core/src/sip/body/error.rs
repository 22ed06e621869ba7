//! Why a body cannot be dealt with, and what answers it (RFC 3261 §21.4.13, RFC 5621 §8.4).

use core::fmt;

use crate::sip::message::StatusCode;

/// Why a body cannot be dealt with, and where.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BodyError {
    /// What is wrong.
    pub kind: BodyErrorKind,
    /// Bytes from the start of the body it is wrong in.
    pub at: u32,
}

/// What is wrong with a body.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BodyErrorKind {
    /// A multipart without a boundary, or with one that cannot be one (RFC 2046 §5.1.1).
    Boundary,
    /// No delimiter starts the first part, or none ends the last.
    Delimiter,
    /// A header field of a part is malformed.
    Field,
    /// More parts than [`body_parts`](crate::Limits::body_parts).
    TooManyParts,
    /// Parts in parts beyond [`body_depth`](crate::Limits::body_depth).
    TooDeep,
    /// What is written is not what its Content-Transfer-Encoding says, or that is unknown.
    Encoding,
    /// A part whose handling is required is of a type that is not understood (RFC 5621 §8.4).
    Unsupported,
}

impl BodyError {
    pub(super) const fn new(kind: BodyErrorKind, at: usize) -> Self {
        Self {
            kind,
            at: at as u32,
        }
    }
}

impl BodyErrorKind {
    /// The status that refuses a request with this body.
    #[must_use]
    pub const fn response(self) -> StatusCode {
        match self {
            Self::Boundary | Self::Delimiter | Self::Field | Self::Encoding => {
                StatusCode::BAD_REQUEST
            }
            Self::TooManyParts | Self::TooDeep => StatusCode::REQUEST_ENTITY_TOO_LARGE,
            Self::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    }
}

impl fmt::Display for BodyErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boundary => "missing or malformed boundary",
            Self::Delimiter => "delimiter missing",
            Self::Field => "malformed header field in a part",
            Self::TooManyParts => "too many parts",
            Self::TooDeep => "parts nested too deep",
            Self::Encoding => "malformed or unknown transfer encoding",
            Self::Unsupported => "required part of an unknown type",
        })
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {} of the body", self.kind, self.at)
    }
}

impl core::error::Error for BodyError {}
