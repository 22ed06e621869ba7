//! Challenging, and judging what comes back (RFC 3261 §22, RFC 8760 §2.3 and §2.6).

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::digest::Protection;
use super::nonce::Nonces;
use super::{Algorithm, DigestInput, Ha1, Ha1Set, HashAlgorithm, Qop};
use crate::rng::Rng;
use crate::sip::header::{AuthenticationInfo, Challenge, Credentials, Quoted, Value, escape};
use crate::sip::message::{HeaderName, Message, Method, StatusCode};
use crate::time::Instant;

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
        }
    }
}

/// One realm's guard.
#[derive(Clone, Debug)]
pub struct ServerAuth {
    config: ServerAuthConfig,
    secret: Secret,
    nonces: Nonces,
    /// What unknown users are checked against, so that they cost what known ones cost.
    decoy: Ha1Set,
}

#[derive(Clone)]
struct Secret([u8; 32]);

impl core::fmt::Debug for Secret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What to think of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It comes from this user.
    Accepted(Accepted),
    /// ACK and CANCEL must not be challenged (RFC 3261 §22.1); take it as it is.
    Exempt,
    /// No credentials for this realm: challenge.
    Absent,
    /// The right password with a nonce that will not do: challenge with stale=true.
    Stale,
    /// Wrong user, wrong password or an algorithm we did not offer: challenge, or say 403. It does
    /// not tell which.
    Refused,
    /// Credentials that make no sense: 400.
    Malformed,
}

/// Who sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The user.
    pub username: String,
    /// What the user meant to address: need not equal the Request-URI any more, but must be
    /// someone the server takes requests for (RFC 8760 §2.6 item 6).
    pub uri: String,
    algorithm: Algorithm,
    ha1: Ha1,
}

impl ServerAuth {
    /// A guard whose nonces only this secret can make; another one each time the server starts.
    #[must_use]
    pub fn new(config: ServerAuthConfig, secret: [u8; 32]) -> Self {
        let mut rng = Rng::from_seed(secret);
        let mut password = [0; 32];
        rng.fill(&mut password);
        let password = crate::text::hex_encode(&password);
        Self {
            nonces: Nonces::new(config.nonce_lifetime, config.remembered_nonces),
            decoy: Ha1Set::new("", &config.realm, &password),
            secret: Secret(secret),
            config,
        }
    }

    /// The realm guarded.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.config.realm
    }

    /// The header fields of a challenge, in the order they must stand in (RFC 8760 §2.3); the
    /// status is [`Challenger::status`].
    pub fn challenge(
        &mut self,
        now: Instant,
        challenger: Challenger,
        is_stale: bool,
    ) -> Vec<(HeaderName, String)> {
        let config = &self.config;
        let realm = escape(&config.realm);
        let nonce = self.nonces.make(&self.secret.0, &config.realm, now);
        let mut qops = String::new();
        for qop in &config.qops {
            if !qops.is_empty() {
                qops.push(',');
            }
            qops.push_str(qop.as_str());
        }
        if qops.is_empty() {
            qops.push_str(Qop::Auth.as_str());
        }
        let values = config.algorithms.iter().map(|algorithm| Challenge {
            realm: Quoted::from_escaped(realm.as_bytes()),
            nonce: Quoted::from_escaped(nonce.as_bytes()),
            opaque: None,
            domain: None,
            algorithm: Some(algorithm.as_str()),
            is_stale,
            qop: Some(Quoted::from_escaped(qops.as_bytes())),
            takes_userhash: false,
        });
        let field = challenger.challenge_field();
        values.map(|value| (field, value.to_text())).collect()
    }

    /// Judges a request.
    ///
    /// `lookup` gives the [`Ha1`] of a user in a realm for a hash function, or nothing if there is
    /// no such user. It is asked once; what it finds changes nothing but the verdict.
    pub fn verify(
        &mut self,
        now: Instant,
        challenger: Challenger,
        request: &Message,
        lookup: impl FnOnce(&str, &str, HashAlgorithm) -> Option<Ha1>,
    ) -> Verdict {
        if matches!(request.method(), Method::Ack | Method::Cancel) {
            return Verdict::Exempt;
        }
        let credentials = match self.find(challenger, request) {
            Ok(Some(credentials)) => credentials,
            Ok(None) => return Verdict::Absent,
            Err(verdict) => return verdict,
        };
        let Some(algorithm) = Algorithm::from_name(credentials.algorithm) else {
            return Verdict::Refused;
        };
        // A client that picks what was not offered picks it to make guessing easier.
        if !self.config.algorithms.contains(&algorithm) {
            return Verdict::Refused;
        }
        let cnonce = credentials.cnonce.map(Quoted::bytes);
        let protection = match self.protection(&credentials, cnonce.as_deref(), algorithm) {
            Ok(protection) => protection,
            Err(verdict) => return verdict,
        };
        let username = credentials.username.text();
        let found = lookup(&username, &self.config.realm, algorithm.hash);
        let is_known = found.is_some();
        let Some(ha1) = found.or(self.decoy.of(algorithm.hash)) else {
            return Verdict::Refused;
        };
        let input = DigestInput {
            algorithm,
            nonce: &credentials.nonce.bytes(),
            protection,
            method: request.method().as_str(),
            uri: &credentials.uri.bytes(),
            body: request.body(),
        };
        let is_right = input.digest(&ha1).is(credentials.response.escaped());
        // Both are looked at whatever the other says.
        if !(is_right & is_known) {
            return Verdict::Refused;
        }
        // RFC 7616 §3.3: stale only where the digest was right for the nonce.
        let realm = &self.config.realm;
        let id = self
            .nonces
            .recognise(&self.secret.0, realm, now, input.nonce);
        let count = protection.and_then(|_| credentials.count());
        if !id.is_some_and(|id| self.nonces.spend(now, id, count)) {
            return Verdict::Stale;
        }
        Verdict::Accepted(Accepted {
            username: username.into_owned(),
            uri: credentials.uri.text().into_owned(),
            algorithm,
            ha1,
        })
    }

    /// The value of the Authentication-Info for the response to an accepted request, with our own
    /// proof that we know the password (RFC 7616 §3.5). `body` is the response's.
    ///
    /// `None` if the request had no qop: a client of RFC 2069 would not understand it.
    #[must_use]
    pub fn authentication_info(
        &self,
        challenger: Challenger,
        request: &Message,
        accepted: &Accepted,
        body: &[u8],
    ) -> Option<String> {
        let credentials = self.find(challenger, request).ok()??;
        let cnonce = credentials.cnonce?;
        let cnonce_bytes = cnonce.bytes();
        let qop = Qop::from_name(credentials.qop?)?;
        let input = DigestInput {
            algorithm: accepted.algorithm,
            nonce: &credentials.nonce.bytes(),
            protection: Some(Protection {
                qop,
                nonce_count: credentials.nonce_count?.as_bytes(),
                cnonce: &cnonce_bytes,
            }),
            method: "",
            uri: &credentials.uri.bytes(),
            body,
        };
        let response = input.digest(&accepted.ha1);
        let info = AuthenticationInfo {
            next_nonce: None,
            qop: Some(qop.as_str()),
            response: Some(Quoted::from_escaped(response.as_bytes())),
            cnonce: Some(cnonce),
            nonce_count: credentials.nonce_count,
        };
        Some(info.to_text())
    }

    /// How many nonces are remembered, for tests that count what is left behind.
    #[must_use]
    pub fn remembered_nonces(&self) -> usize {
        self.nonces.remembered()
    }

    /// The credentials for this realm: others are none of our business (RFC 3261 §22.3).
    fn find<'m>(
        &self,
        challenger: Challenger,
        request: &'m Message,
    ) -> Result<Option<Credentials<'m>>, Verdict> {
        let mut is_malformed = false;
        for value in request.fields(challenger.credentials_field()) {
            match Credentials::parse(value) {
                Ok(Some(credentials)) if credentials.realm == *self.config.realm => {
                    return Ok(Some(credentials));
                }
                // Basic, or another realm's.
                Ok(_) => {}
                Err(_) => is_malformed = true,
            }
        }
        match is_malformed {
            true => Err(Verdict::Malformed),
            false => Ok(None),
        }
    }

    fn protection<'c>(
        &self,
        credentials: &'c Credentials<'_>,
        cnonce: Option<&'c [u8]>,
        algorithm: Algorithm,
    ) -> Result<Option<Protection<'c>>, Verdict> {
        let Some(qop) = credentials.qop else {
            // RFC 3261 §22.4 item 8: without a qop there is no client nonce, hence no session key.
            return match (algorithm.is_session, self.config.takes_legacy) {
                (true, _) => Err(Verdict::Malformed),
                (false, true) => Ok(None),
                (false, false) => Err(Verdict::Refused),
            };
        };
        let qop = Qop::from_name(qop).ok_or(Verdict::Malformed)?;
        let (Some(cnonce), Some(nonce_count)) = (cnonce, credentials.nonce_count) else {
            return Err(Verdict::Malformed);
        };
        let is_offered =
            self.config.qops.contains(&qop) || qop == Qop::Auth && self.config.qops.is_empty();
        if !is_offered {
            return Err(Verdict::Refused);
        }
        Ok(Some(Protection {
            qop,
            nonce_count: nonce_count.as_bytes(),
            cnonce,
        }))
    }
}
