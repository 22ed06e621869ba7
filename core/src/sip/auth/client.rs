//! Answering challenges (RFC 3261 §22.1 to §22.3, RFC 8760 §2.4).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::digest::Protection;
use super::{Account, Algorithm, Challenger, DigestInput, Ha1, Qop};
use crate::rng::Rng;
use crate::sip::header::{AuthenticationInfo, Challenge, Credentials, Quoted, Value, escape};
use crate::sip::message::{HeaderName, Message, Method};
use crate::text::hex_encode;

/// The challenges met on behalf of one call or one registration, and how each is answered.
///
/// Credentials are good for the requests of one Call-ID (RFC 3261 §22.3); keep one of these per
/// dialog or registration, and give every request of it [`ClientAuth::credentials`].
#[derive(Clone, Debug, Default)]
pub struct ClientAuth {
    sessions: Vec<Session>,
}

/// A header field to add to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationHeader {
    /// Authorization or Proxy-Authorization.
    pub name: HeaderName,
    /// Its value; values of the same field must not be joined by commas (RFC 3261 §20.28).
    pub value: String,
}

/// Why a challenge cannot be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthError {
    /// No challenge of a scheme, algorithm and quality that we know: abandon the request.
    NoKnownChallenge,
    /// No account for the realm.
    NoAccount,
    /// The credentials were just refused: name or password is wrong (RFC 3261 §22.1).
    Rejected,
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoKnownChallenge => "no challenge that we can answer",
            Self::NoAccount => "no account for the realm",
            Self::Rejected => "name or password refused",
        })
    }
}

impl core::error::Error for AuthError {}

/// What a server's Authentication-Info was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InfoVerdict {
    /// There is none, or it proves nothing.
    Nothing,
    /// The server knows the password too.
    Verified,
    /// Whoever answered does not know the password.
    Wrong,
}

/// Realms of one request; a response that names more is a joke.
const MAX_SESSIONS: usize = 8;

/// How often a nonce may be called stale on its first use before we stop believing it.
const MAX_STALE: u8 = 2;

/// The authentication session with one realm (RFC 7616 §3.6).
#[derive(Clone, Debug)]
struct Session {
    challenger: Challenger,
    realm: Vec<u8>,
    nonce: Vec<u8>,
    opaque: Option<Vec<u8>>,
    algorithm: Algorithm,
    is_algorithm_named: bool,
    qop: Option<Qop>,
    username: String,
    ha1: Ha1,
    cnonce: String,
    /// How often the nonce was sent.
    count: u32,
    /// How often in a row a nonce was stale when it was new.
    stale: u8,
    /// The Request-URI of the last request.
    uri: String,
}

/// What became of one challenge.
enum Outcome {
    Answerable,
    Rejected,
    NoAccount,
}

impl ClientAuth {
    /// No challenge met yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the challenges of a 401 or 407; then send the request again, with the next CSeq and
    /// [`ClientAuth::credentials`].
    ///
    /// # Errors
    /// If there is no point in that. Credentials that were just refused are not tried again, unless
    /// only the nonce was too old.
    pub fn receive_challenges(
        &mut self,
        response: &Message,
        accounts: &[Account],
        rng: &mut Rng,
    ) -> Result<(), AuthError> {
        let mut worst = AuthError::NoKnownChallenge;
        let mut any = false;
        for challenger in [Challenger::Server, Challenger::Proxy] {
            for (challenge, algorithm, qop) in known(response, challenger, accounts) {
                match self.meet(challenger, &challenge, algorithm, qop, accounts, rng) {
                    Outcome::Answerable => any = true,
                    Outcome::Rejected => worst = AuthError::Rejected,
                    Outcome::NoAccount if worst == AuthError::NoKnownChallenge => {
                        worst = AuthError::NoAccount;
                    }
                    Outcome::NoAccount => {}
                }
            }
        }
        if any { Ok(()) } else { Err(worst) }
    }

    /// The header fields for the next request: one for every realm that has challenged.
    ///
    /// An ACK does not ask: it repeats what its INVITE carried (RFC 3261 §22.1).
    pub fn credentials(
        &mut self,
        method: Method<'_>,
        request_uri: &str,
        body: &[u8],
    ) -> Vec<AuthorizationHeader> {
        let answers = self.sessions.iter_mut();
        answers
            .map(|session| AuthorizationHeader {
                name: session.challenger.credentials_field(),
                value: session.answer(method, request_uri, body),
            })
            .collect()
    }

    /// [`ClientAuth::receive_challenges`] and [`ClientAuth::credentials`] in one.
    ///
    /// # Errors
    /// As the former.
    pub fn answer(
        &mut self,
        response: &Message,
        method: Method<'_>,
        request_uri: &str,
        body: &[u8],
        accounts: &[Account],
        rng: &mut Rng,
    ) -> Result<Vec<AuthorizationHeader>, AuthError> {
        self.receive_challenges(response, accounts, rng)?;
        Ok(self.credentials(method, request_uri, body))
    }

    /// Whether no realm has challenged yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Checks the Authentication-Info of a 2xx to the last request, and keeps the next nonce
    /// (RFC 7616 §3.5).
    pub fn receive_info(&mut self, response: &Message) -> InfoVerdict {
        let Some(value) = response.field(HeaderName::AuthenticationInfo) else {
            return InfoVerdict::Nothing;
        };
        let Ok(info) = AuthenticationInfo::parse(value) else {
            return InfoVerdict::Nothing;
        };
        // The field names no realm; the client's nonce tells whose it is.
        let mut servers = self.sessions.iter_mut();
        let session = servers.find(|one| {
            let is_same = |cnonce: Quoted<'_>| cnonce == *one.cnonce;
            one.challenger == Challenger::Server && info.cnonce.is_none_or(is_same)
        });
        session.map_or(InfoVerdict::Nothing, |session| {
            session.learn(&info, response.body())
        })
    }

    fn meet(
        &mut self,
        challenger: Challenger,
        challenge: &Challenge<'_>,
        algorithm: Algorithm,
        qop: Option<Qop>,
        accounts: &[Account],
        rng: &mut Rng,
    ) -> Outcome {
        let realm = challenge.realm.escaped();
        let is_same = |one: &Session| one.challenger == challenger && one.realm == realm;
        let before = self.sessions.iter().position(is_same);
        let mut stale = 0;
        if let Some(old) = before.map(|at| self.sessions.remove(at)) {
            // A nonce that worked before and is no longer wanted was merely too old, whether the
            // server says so or not. One refused on its first use means what it says.
            let is_first_use = old.count == 1;
            let is_new_nonce = old.nonce != challenge.nonce.escaped();
            if is_first_use {
                stale = old.stale.saturating_add(1);
            }
            let is_believed = challenge.is_stale && stale <= MAX_STALE;
            if !is_new_nonce && old.count > 0 || is_first_use && !is_believed {
                return Outcome::Rejected;
            }
        }
        let realm_text = challenge.realm.bytes();
        let mut fitting = accounts.iter().filter(|one| one.is_for(&realm_text));
        let found = fitting.find_map(|one| Some((one, one.ha1(algorithm.hash, &realm_text)?)));
        let Some((account, ha1)) = found.filter(|_| self.sessions.len() < MAX_SESSIONS) else {
            return Outcome::NoAccount;
        };
        let mut cnonce = [0; 16];
        rng.fill(&mut cnonce);
        self.sessions.push(Session {
            challenger,
            realm: realm.to_vec(),
            nonce: challenge.nonce.escaped().to_vec(),
            opaque: challenge.opaque.map(|opaque| opaque.escaped().to_vec()),
            algorithm,
            is_algorithm_named: challenge.algorithm.is_some(),
            qop,
            username: account.username.clone(),
            ha1,
            cnonce: hex_encode(&cnonce),
            count: 0,
            stale,
            uri: String::new(),
        });
        Outcome::Answerable
    }
}

/// The challenges to answer: of each realm the topmost that we can (RFC 8760 §2.4).
fn known<'m>(
    response: &'m Message,
    challenger: Challenger,
    accounts: &[Account],
) -> Vec<(Challenge<'m>, Algorithm, Option<Qop>)> {
    let mut known: Vec<(Challenge<'m>, Algorithm, Option<Qop>)> = Vec::new();
    for value in response.fields(challenger.challenge_field()) {
        // §2.4: what is not understood is ignored, another scheme as much as another algorithm.
        let Ok(Some(challenge)) = Challenge::parse(value) else {
            continue;
        };
        let Some(algorithm) = Algorithm::from_name(challenge.algorithm) else {
            continue;
        };
        let Some(qop) = choose_qop(&challenge, algorithm) else {
            continue;
        };
        let realm = challenge.realm.bytes();
        let mut fitting = accounts.iter().filter(|one| one.is_for(&realm));
        let has_account = accounts.iter().any(|one| one.is_for(&realm));
        let is_hashed = fitting.any(|one| one.ha1(algorithm.hash, &realm).is_some());
        let is_met =
            |one: &(Challenge<'_>, _, _)| one.0.realm.escaped() == challenge.realm.escaped();
        if (is_hashed || !has_account) && !known.iter().any(is_met) {
            known.push((challenge, algorithm, qop));
        }
    }
    known
}

/// `None` if the challenge cannot be answered, `Some(None)` if it wants no qop.
fn choose_qop(challenge: &Challenge<'_>, algorithm: Algorithm) -> Option<Option<Qop>> {
    if challenge.qops().next().is_none() {
        // RFC 3261 §22.4 item 8: a session key needs a client nonce, and that needs a qop.
        return (!algorithm.is_session).then_some(None);
    }
    // `auth` first: a body may legitimately change on its way through a server.
    let offered = |qop: Qop| challenge.qops().any(|one| Qop::from_name(one) == Some(qop));
    let mut wanted = [Qop::Auth, Qop::AuthInt].into_iter();
    wanted.find(|qop| offered(*qop)).map(Some)
}

impl Session {
    fn answer(&mut self, method: Method<'_>, request_uri: &str, body: &[u8]) -> String {
        self.count = self.count.saturating_add(1);
        self.uri.clear();
        self.uri.push_str(request_uri);
        let nonce_count = format!("{:08x}", self.count);
        let response = self.digest(method.as_str(), self.qop, &nonce_count, body);
        let with_qop = self.qop.is_some();
        let username = escape(&self.username);
        let credentials = Credentials {
            username: Quoted::from_escaped(username.as_bytes()),
            realm: Quoted::from_escaped(&self.realm),
            nonce: Quoted::from_escaped(&self.nonce),
            uri: Quoted::from_escaped(self.uri.as_bytes()),
            response: Quoted::from_escaped(response.as_bytes()),
            // As supplied in the challenge (RFC 7616 §3.4), so not at all if it was not.
            algorithm: self.is_algorithm_named.then_some(self.algorithm.as_str()),
            // RFC 3261 §22.4 item 8: never without a qop.
            cnonce: with_qop.then_some(Quoted::from_escaped(self.cnonce.as_bytes())),
            opaque: self.opaque.as_deref().map(Quoted::from_escaped),
            qop: self.qop.map(Qop::as_str),
            nonce_count: with_qop.then_some(&nonce_count),
            is_userhash: false,
        };
        credentials.to_text()
    }

    fn digest(
        &self,
        method: &str,
        qop: Option<Qop>,
        nonce_count: &str,
        body: &[u8],
    ) -> super::HexDigest {
        let input = DigestInput {
            algorithm: self.algorithm,
            nonce: &Quoted::from_escaped(&self.nonce).bytes(),
            protection: qop.map(|qop| Protection {
                qop,
                nonce_count: nonce_count.as_bytes(),
                cnonce: self.cnonce.as_bytes(),
            }),
            method,
            uri: self.uri.as_bytes(),
            body,
        };
        input.digest(&self.ha1)
    }

    fn learn(&mut self, info: &AuthenticationInfo<'_>, body: &[u8]) -> InfoVerdict {
        let nonce_count = format!("{:08x}", self.count);
        // §3.5: the count must be that of the request; of another one this proves nothing.
        let is_ours = |count: &str| count.eq_ignore_ascii_case(&nonce_count);
        let response = info
            .response
            .filter(|_| info.nonce_count.is_none_or(is_ours));
        let verdict = match response {
            None => InfoVerdict::Nothing,
            Some(response) => {
                let qop = info.qop.map_or(self.qop, Qop::from_name);
                match self
                    .digest("", qop, &nonce_count, body)
                    .is(response.escaped())
                {
                    true => InfoVerdict::Verified,
                    false => InfoVerdict::Wrong,
                }
            }
        };
        // A session key is made with the first nonce; it has no place for another.
        let next = info.next_nonce.filter(|_| !self.algorithm.is_session);
        if let Some(next) = next.filter(|_| verdict != InfoVerdict::Wrong) {
            if next.escaped() != self.nonce.as_slice() {
                self.nonce = next.escaped().to_vec();
                self.count = 0;
            }
        }
        verdict
    }
}
