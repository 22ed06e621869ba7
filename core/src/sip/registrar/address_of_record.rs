//! The canonical form of an address-of-record (RFC 3261 §10.3 step 5).

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use super::Domains;
use crate::sip::uri::{SipUri, Uri};

/// A user at a domain the server is responsible for: the key into the location service.
///
/// Parameters are gone, escaped characters stand for themselves, the domain is in small letters;
/// `sip` and `sips` name the same user.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AddressOfRecord(Arc<str>);

impl AddressOfRecord {
    /// The address-of-record a URI names; none for a foreign domain or without a user.
    pub(crate) fn canonical(uri: &SipUri<'_>, domains: &Domains) -> Option<Self> {
        let user = canonical_user(uri)?;
        let domain = domains.domain(uri)?;
        Some(Self(format!("{user}@{domain}").into()))
    }

    /// As [`AddressOfRecord::canonical`], of the text of a URI.
    pub(crate) fn parse(uri: &str, domains: &Domains) -> Option<Self> {
        match Uri::parse(uri).ok()? {
            Uri::Sip(uri) => Self::canonical(&uri, domains),
            Uri::Tel(_) | Uri::Other { .. } => None,
        }
    }

    /// One that was canonical when it was stored.
    pub(crate) fn stored(text: &str) -> Self {
        Self(text.into())
    }

    /// `user@domain`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part behind the user.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The part before the domain.
    #[must_use]
    pub fn user(&self) -> &str {
        // A user name may hold an `@` of its own once it is unescaped; a domain never does.
        self.0.rsplit_once('@').map_or(&self.0, |(user, _)| user)
    }
}

/// The user of a URI with its escapes resolved; none that is not text names anyone.
pub(crate) fn canonical_user(uri: &SipUri<'_>) -> Option<String> {
    let user = uri.unescaped_user()?;
    String::from_utf8(user.into_owned()).ok()
}

impl fmt::Display for AddressOfRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
