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

impl fmt::Display for UriError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.kind {
            UriErrorKind::Scheme => "no scheme",
            UriErrorKind::Character => "character that no uri holds",
            UriErrorKind::User => "malformed user",
            UriErrorKind::Host => "malformed host",
            UriErrorKind::Port => "malformed port",
            UriErrorKind::Parameter => "malformed parameter",
            UriErrorKind::Duplicate => "parameter repeated",
            UriErrorKind::Header => "malformed header",
            UriErrorKind::Number => "malformed telephone number",
        };
        write!(f, "{text} at byte {}", self.at)
    }
}

impl core::error::Error for UriError {}
