//! URIs: `sip`, `sips`, `tel` and all others (RFC 3261 §19.1, RFC 5954, RFC 3966).

use core::fmt;

use crate::text::{Class, find_byte};

mod compare;
mod error;
mod escape;
mod h323;
mod host;
mod parts;
mod sip;
mod tel;
#[cfg(test)]
mod tests;
mod urn;

pub use error::{UriError, UriErrorKind};
pub(crate) use escape::bare_at_in_headers;
pub use escape::{escape_header, escape_headers_at, escape_parameter, escape_user, unescape};
pub use h323::H323Uri;
pub(crate) use host::take_port;
pub use host::{Host, HostPort};
pub use parts::{UriHeaders, UriParams};
pub use sip::SipUri;
pub use tel::TelUri;
pub use urn::{ServiceUrn, UuidUrn};

/// A URI, taken apart if its scheme is known here.
///
/// ```
/// use offhook::sip::uri::Uri;
///
/// let a = Uri::parse("sip:%61lice@atlanta.com;transport=TCP")?;
/// let b = Uri::parse("sip:alice@AtLanTa.CoM;Transport=tcp")?;
/// assert!(a.equivalent(&b));
/// # Ok::<(), offhook::sip::uri::UriError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Uri<'a> {
    /// `sip:` or `sips:` (RFC 3261 §19.1).
    Sip(SipUri<'a>),
    /// `tel:` (RFC 3966).
    Tel(TelUri<'a>),
    /// Any other, kept whole.
    Other {
        /// The scheme, as spelt.
        scheme: &'a str,
        /// What follows the colon.
        rest: &'a str,
    },
}

impl<'a> Uri<'a> {
    /// Takes a URI.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &'a str) -> Result<Self, UriError> {
        let colon = find_byte(text.as_bytes(), b':').unwrap_or_default();
        let before = colon.saturating_add(1);
        let (Some(scheme), Some(rest)) = (text.get(..colon), text.get(before..)) else {
            return Err(UriError::new(UriErrorKind::Scheme, 0));
        };
        if scheme.eq_ignore_ascii_case("sip") {
            return SipUri::take(false, rest, before).map(Self::Sip);
        }
        if scheme.eq_ignore_ascii_case("sips") {
            return SipUri::take(true, rest, before).map(Self::Sip);
        }
        if scheme.eq_ignore_ascii_case("tel") {
            return TelUri::take(rest, before).map(Self::Tel);
        }
        let is_scheme = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
        let starts = scheme
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic());
        if !starts || !scheme.bytes().all(is_scheme) {
            return Err(UriError::new(UriErrorKind::Scheme, 0));
        }
        if !Class::URI.holds(rest.as_bytes()) {
            return Err(UriError::new(UriErrorKind::Character, before));
        }
        Ok(Self::Other { scheme, rest })
    }

    /// The SIP or SIPS URI, if it is one.
    #[must_use]
    pub const fn sip(&self) -> Option<&SipUri<'a>> {
        match self {
            Self::Sip(uri) => Some(uri),
            Self::Tel(_) | Self::Other { .. } => None,
        }
    }
}

/// Whether a URI is a SIP or SIPS URI by its scheme; nothing else of it is looked at.
pub(crate) fn is_sip(uri: &str) -> bool {
    let scheme = uri.split(':').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("sip") || scheme.eq_ignore_ascii_case("sips")
}

/// Whether a URI asks for a secured way all along (RFC 3261 §26.2.2).
pub(crate) fn is_sips(uri: &str) -> bool {
    uri.get(..5)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("sips:"))
}

impl fmt::Display for Uri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sip(uri) => uri.fmt(f),
            Self::Tel(uri) => uri.fmt(f),
            Self::Other { scheme, rest } => write!(f, "{scheme}:{rest}"),
        }
    }
}
