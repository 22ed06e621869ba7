//! What can be wrong with credentials that make no sense (RFC 7616 §3.4): the text of a 400.

use core::fmt;

use crate::sip::header::HeaderErrorKind;

/// Why credentials cannot be judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CredentialsFault {
    /// They are not written as credentials are, a parameter comes twice, or one that is always
    /// needed is missing.
    Syntax(HeaderErrorKind),
    /// The name is in an encoding other than UTF-8.
    Username,
    /// The URI is none.
    Uri,
    /// The quality of protection is none that there is.
    Qop,
    /// There is a quality of protection without the client's nonce or its count.
    Protection,
    /// A session key was made without the client's nonce (RFC 3261 §22.4 item 8).
    Session,
}

impl fmt::Display for CredentialsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax(HeaderErrorKind::Parameter) => "a parameter of the credentials is missing",
            Self::Syntax(HeaderErrorKind::Duplicate) => {
                "a parameter of the credentials comes twice"
            }
            Self::Syntax(_) => "the credentials cannot be read",
            Self::Username => "the user name is not in UTF-8",
            Self::Uri => "the uri of the credentials is none",
            Self::Qop => "there is no such qop",
            Self::Protection => "qop needs cnonce and nc",
            Self::Session => "a session key needs qop and cnonce",
        })
    }
}
