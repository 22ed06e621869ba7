//! Who is asked for at the other end of a secured connection, and who is there.
//!
//! A driver speaks TLS and holds certificates against those it trusts; which name a certificate
//! must be for is the protocol's affair (RFC 5922), so the names go through the contract both ways.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The name of the server a connection is for: what it is told is being looked for (RFC 6066 §3),
/// and what its certificate is held against. A host name, or an address in numbers without
/// brackets; in small letters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerName(Box<str>);

impl ServerName {
    /// No host name is longer (RFC 1035 §2.3.4).
    pub const MAX_BYTES: usize = 255;

    /// The name that `text` writes. `None` if that is empty or too long to be one, or no plain
    /// text.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.strip_suffix('.').unwrap_or(text);
        let fits = (1..=Self::MAX_BYTES).contains(&text.len());
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        (fits && plain).then(|| Self(text.to_ascii_lowercase().into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// The names in the certificate of the other end: its SubjectAltName (RFC 5280 §4.2.1.6), as they
/// stand there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PeerIdentity {
    /// Values of type URI.
    pub uris: Vec<String>,
    /// Values of type DNS.
    pub dns_names: Vec<String>,
    /// The certificate is valid and leads to one the driver trusts.
    pub is_verified: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_name_is_small_letters_without_the_last_dot() {
        let name = ServerName::new("SIP.Example.COM.").unwrap();
        assert_eq!(name.as_str(), "sip.example.com");
    }

    #[test]
    fn a_server_name_is_bounded_and_plain() {
        assert_eq!(ServerName::new(""), None);
        assert_eq!(ServerName::new("."), None);
        assert_eq!(ServerName::new(&"a".repeat(256)), None);
        assert!(ServerName::new(&"a".repeat(255)).is_some());
        assert_eq!(ServerName::new("a b"), None);
        assert_eq!(ServerName::new("bücher.example"), None);
    }
}
