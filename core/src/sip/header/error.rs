//! Why a header field value is malformed.

use core::fmt;

/// Why a header field value could not be taken apart, and where.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct HeaderError {
    /// What is wrong.
    pub kind: HeaderErrorKind,
    /// Bytes from the start of the value to the place.
    pub at: u32,
}

/// What is wrong with a header field value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HeaderErrorKind {
    /// The message has no such field.
    Missing,
    /// The value ends where something is needed.
    End,
    /// A token is needed here.
    Token,
    /// A number is needed here, or it is out of its range.
    Number,
    /// A quoted string does not end, or holds what it must not.
    Quoted,
    /// A host is needed here.
    Host,
    /// The URI is malformed, not ended by `>`, or needs `<` and `>` around it (RFC 3261 §20).
    Uri,
    /// A display name that is neither tokens nor quoted.
    DisplayName,
    /// A parameter that stands twice (RFC 3261 §7.3.1).
    Duplicate,
    /// A parameter that has no value and needs one, or one it cannot have.
    Parameter,
    /// Another protocol than SIP/2.0.
    Protocol,
    /// Something other than what the grammar allows here.
    Syntax,
}

impl HeaderError {
    /// A fault `at` bytes into the value.
    #[must_use]
    #[cold]
    pub const fn new(kind: HeaderErrorKind, at: usize) -> Self {
        Self {
            kind,
            at: at as u32,
        }
    }

    /// The field is not there.
    pub const MISSING: Self = Self {
        kind: HeaderErrorKind::Missing,
        at: 0,
    };
}

impl fmt::Display for HeaderErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "header field missing",
            Self::End => "value ends early",
            Self::Token => "not a token",
            Self::Number => "not a number in range",
            Self::Quoted => "malformed quoted string",
            Self::Host => "malformed host",
            Self::Uri => "malformed uri",
            Self::DisplayName => "malformed display name",
            Self::Duplicate => "parameter repeated",
            Self::Parameter => "parameter missing or malformed",
            Self::Protocol => "unknown protocol",
            Self::Syntax => "malformed",
        })
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            HeaderErrorKind::Missing => self.kind.fmt(f),
            kind => write!(f, "{kind} at byte {}", self.at),
        }
    }
}

impl core::error::Error for HeaderError {}
