//! Why text is no URI.

use core::fmt;

/// Why text could not be taken as a URI, and where.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct UriError {
    /// What is wrong.
    pub kind: UriErrorKind,
    /// Bytes from the start to the place.
    pub at: u32,
}

/// What is wrong with text that should be a URI.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UriErrorKind {
    /// No scheme and colon in front.
    Scheme,
    /// A space, a control character or a byte that is not ASCII.
    Character,
    /// The user part is empty or holds what it must escape.
    User,
    /// The host is missing or malformed.
    Host,
    /// The port is no number up to 65535.
    Port,
    /// A parameter is empty or holds what it must escape.
    Parameter,
    /// A parameter stands twice (RFC 3261 §19.1.1).
    Duplicate,
    /// A header is malformed or holds what it must escape.
    Header,
    /// A telephone number with something else than digits, or a local one without its context
    /// (RFC 3966 §5.1.5).
    Number,
}

impl UriError {
    #[cold]
    pub(super) const fn new(kind: UriErrorKind, at: usize) -> Self {
        Self {
            kind,
            at: at as u32,
        }
    }
}

impl fmt::Display for UriErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "no scheme",
            Self::Character => "character that no uri holds",
            Self::User => "malformed user",
            Self::Host => "malformed host",
            Self::Port => "malformed port",
            Self::Parameter => "malformed parameter",
            Self::Duplicate => "parameter repeated",
            Self::Header => "malformed header",
            Self::Number => "malformed telephone number",
        })
    }
}

impl fmt::Display for UriError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind, self.at)
    }
}

impl core::error::Error for UriError {}
