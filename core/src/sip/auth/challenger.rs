//! Who asks for credentials, and with which words (RFC 3261 §22.1).

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::{Algorithm, Qop};
use crate::sip::message::{HeaderName, StatusCode};

/// In which capacity a server challenges (RFC 3261 §22.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Challenger {
    /// As registrar, redirect server or user agent: 401.
    Server,
    /// As proxy: 407.
    Proxy,
}

impl Challenger {
    /// 401 or 407.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Server => StatusCode::UNAUTHORIZED,
            Self::Proxy => StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        }
    }

    /// The field that challenges.
    #[must_use]
    pub const fn challenge_field(self) -> HeaderName {
        match self {
            Self::Server => HeaderName::WwwAuthenticate,
            Self::Proxy => HeaderName::ProxyAuthenticate,
        }
    }

    /// The field that answers.
    #[must_use]
    pub const fn credentials_field(self) -> HeaderName {
        match self {
            Self::Server => HeaderName::Authorization,
            Self::Proxy => HeaderName::ProxyAuthorization,
        }
    }
}

/// What a server asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAuthConfig {
    /// Unique in the world, and readable: it should hold a host name (RFC 3261 §22.1).
    pub realm: String,
    /// The algorithms to challenge with, the preferred one first, each once (RFC 8760 §2.3).
    pub algorithms: Vec<Algorithm>,
    /// The qualities to offer; an empty list stands for `auth`, as there must be one.
    pub qops: Vec<Qop>,
    /// How long a nonce is good.
    pub nonce_lifetime: Duration,
    /// How many nonces in use are remembered; of older ones the client is told that they are
    /// stale.
    pub remembered_nonces: usize,
    /// Whether credentials without qop are taken, as those of clients of RFC 2069. Their nonce is
    /// then good for one request.
    pub takes_legacy: bool,
    /// Whether clients are asked to hash the names of users (RFC 7616 §3.4.4). In SIP the name
    /// usually stands in From as well.
    pub offers_userhash: bool,
}

impl ServerAuthConfig {
    /// SHA-256 and then MD5, quality `auth`, nonces that last five minutes.
    #[must_use]
    pub fn new(realm: impl Into<String>) -> Self {
        Self {
            realm: realm.into(),
            algorithms: Vec::from([Algorithm::SHA_256, Algorithm::MD5]),
            qops: Vec::from([Qop::Auth]),
            nonce_lifetime: Duration::from_secs(300),
            remembered_nonces: 10_000,
            takes_legacy: true,
            offers_userhash: false,
        }
    }
}
