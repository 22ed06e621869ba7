//! Challenging, and judging what comes back (RFC 3261 §22, RFC 8760 §2.3 and §2.6).

use alloc::string::String;
use alloc::vec::Vec;

use super::digest::Protection;
use super::nonce::Nonces;
use super::{
    Accepted, Algorithm, Challenger, CredentialsFault, DigestInput, Ha1Set, Qop, ServerAuthConfig,
    Users, Verdict,
};
use crate::rng::Rng;
use crate::sip::header::{
    AuthParams, AuthenticationInfo, Challenge, Credentials, ParamValue, Quoted, Username, Value,
    escape,
};
use crate::sip::message::{HeaderName, Message, Method};
use crate::sip::uri::Uri;
use crate::time::Instant;

/// Credentials in one request that are looked at: as many as a client sends.
const MAX_CREDENTIALS: usize = 16;

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
            // RFC 7616 §4: what names and passwords are hashed as.
            charset: Some("UTF-8"),
            takes_userhash: config.offers_userhash,
        });
        let field = challenger.challenge_field();
        values.map(|value| (field, value.to_text())).collect()
    }

    /// Judges a request.
    ///
    /// `users` is asked once; what it knows changes nothing but the verdict.
    pub fn verify(
        &mut self,
        now: Instant,
        challenger: Challenger,
        request: &Message,
        users: &impl Users,
    ) -> Verdict {
        if matches!(request.method(), Method::Ack | Method::Cancel) {
            return Verdict::Exempt;
        }
        let credentials = match self.find(now, challenger, request) {
            Ok(Some(credentials)) => credentials,
            Ok(None) => return Verdict::Absent,
            Err(fault) => return Verdict::Malformed(fault),
        };
        let Some(name) = credentials.username.text() else {
            return Verdict::Malformed(CredentialsFault::Username);
        };
        let uri = credentials.uri.text();
        if Uri::parse(&uri).is_err() {
            return Verdict::Malformed(CredentialsFault::Uri);
        }
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
            Err(Some(fault)) => return Verdict::Malformed(fault),
            Err(None) => return Verdict::Refused,
        };
        let realm = &self.config.realm;
        let username = match credentials.username {
            Username::Plain(_) | Username::Extended(_) => Some(&*name),
            Username::Hashed(_) => users.unhashed(&name, realm, algorithm.hash),
        };
        let username = username.unwrap_or_default();
        let found = users.ha1(username, realm, algorithm.hash);
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
        let id = self
            .nonces
            .recognise(&self.secret.0, realm, now, input.nonce);
        let count = protection.and_then(|_| credentials.count());
        match id.filter(|id| self.nonces.spend(now, *id, count)) {
            Some(nonce) => Verdict::Accepted(Accepted {
                username: username.into(),
                uri: uri.into_owned(),
                algorithm,
                ha1,
                nonce,
            }),
            None => Verdict::Stale,
        }
    }

    /// The value of the Authentication-Info for the response to an accepted request, with our own
    /// proof that we know the password, and another nonce once the one it came with has lasted for
    /// more than half of its time (RFC 7616 §3.5). `body` is the response's.
    ///
    /// `None` if the request had no qop: a client of RFC 2069 would not understand it.
    #[must_use]
    pub fn authentication_info(
        &mut self,
        now: Instant,
        challenger: Challenger,
        request: &Message,
        accepted: &Accepted,
        body: &[u8],
    ) -> Option<String> {
        let credentials = self.find(now, challenger, request).ok()??;
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
        // A session key is bound to the nonce it was made with.
        let is_ending = self.nonces.is_aging(now, accepted.nonce) && !input.algorithm.is_session;
        let next_nonce =
            is_ending.then(|| self.nonces.make(&self.secret.0, &self.config.realm, now));
        let next_nonce = next_nonce.as_deref().map(str::as_bytes);
        let info = AuthenticationInfo {
            next_nonce: next_nonce.map(Quoted::from_escaped),
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
        now: Instant,
        challenger: Challenger,
        request: &'m Message,
    ) -> Result<Option<Credentials<'m>>, CredentialsFault> {
        let mut fault = None;
        let mut found: Option<Credentials<'m>> = None;
        let is_ours = |one: &Credentials<'_>| {
            let (secret, realm) = (&self.secret.0, &self.config.realm);
            let known = self
                .nonces
                .recognise(secret, realm, now, &one.nonce.bytes());
            known.is_some()
        };
        let values = request.fields(challenger.credentials_field());
        for value in values.take(MAX_CREDENTIALS) {
            match Credentials::parse(value) {
                Ok(Some(credentials)) if credentials.realm == *self.config.realm => {
                    // §22.3: a fork may have led to several servers of one realm, and then there is an
                    // answer for each. Ours is the one with a nonce of ours.
                    if found.as_ref().is_none_or(|one| !is_ours(one)) {
                        found = Some(credentials);
                    }
                }
                // Basic, or another realm's.
                Ok(_) => {}
                Err(error) if self.concerns(value) => {
                    fault = Some(CredentialsFault::Syntax(error.kind));
                }
                Err(_) => {}
            }
        }
        match (found, fault) {
            (Some(credentials), _) => Ok(Some(credentials)),
            (None, Some(fault)) => Err(fault),
            (None, None) => Ok(None),
        }
    }

    /// Whether credentials that cannot be read may be for this realm: those that name another are
    /// for somebody else to refuse.
    fn concerns(&self, value: &[u8]) -> bool {
        let Ok(params) = AuthParams::parse(value) else {
            return true;
        };
        let mut realms = params
            .iter()
            .filter(|param| param.name.eq_ignore_ascii_case("realm"));
        realms.next().is_none_or(|param| match param.value {
            Some(ParamValue::Quoted(inside)) => Quoted::from_escaped(inside) == *self.config.realm,
            Some(ParamValue::Plain(text)) => text == self.config.realm,
            None => true,
        })
    }

    /// What `qop` adds to the digest; `Err(None)` if it is none that was offered.
    fn protection<'c>(
        &self,
        credentials: &'c Credentials<'_>,
        cnonce: Option<&'c [u8]>,
        algorithm: Algorithm,
    ) -> Result<Option<Protection<'c>>, Option<CredentialsFault>> {
        let Some(qop) = credentials.qop else {
            // RFC 3261 §22.4 item 8: without a qop there is no client nonce, hence no session key.
            return match (algorithm.is_session, self.config.takes_legacy) {
                (true, _) => Err(Some(CredentialsFault::Session)),
                (false, true) => Ok(None),
                (false, false) => Err(None),
            };
        };
        let Some(qop) = Qop::from_name(qop) else {
            return Err(Some(CredentialsFault::Qop));
        };
        let (Some(cnonce), Some(nonce_count)) = (cnonce, credentials.nonce_count) else {
            return Err(Some(CredentialsFault::Protection));
        };
        let is_offered =
            self.config.qops.contains(&qop) || qop == Qop::Auth && self.config.qops.is_empty();
        if !is_offered {
            return Err(None);
        }
        Ok(Some(Protection {
            qop,
            nonce_count: nonce_count.as_bytes(),
            cnonce,
        }))
    }
}
