//! Answering challenges (RFC 3261 §22.1 to §22.3, RFC 8760 §2.4).

use alloc::string::String;
use alloc::vec::Vec;
use core::{fmt, mem};

use super::choice::{Offer, offers};
use super::session::{Session, Standing};
use super::{Account, Algorithm, Challenger, Ha1, HashAlgorithm};
use crate::rng::Rng;
use crate::sip::header::AuthenticationInfo;
use crate::sip::message::{HeaderName, Message, Method};

/// The challenges met on behalf of one call or one registration, and how each is answered.
///
/// Credentials are good for the requests of one Call-ID (RFC 3261 §22.3); keep one of these per
/// dialog or registration, and give every request of it [`ClientAuth::credentials`]. What may be used
/// beyond that, a [`Keyring`](super::Keyring) keeps.
#[derive(Clone, Debug, Default)]
pub struct ClientAuth {
    sessions: Vec<Session>,
    refused: Vec<Refused>,
    /// How often in a row one request was challenged.
    rounds: u8,
    /// Whether the next request is the one that was challenged last.
    repeats: bool,
}

/// A request, as far as its credentials vouch for it.
#[derive(Clone, Copy, Debug)]
pub struct ProtectedRequest<'a> {
    /// Its method.
    pub method: Method<'a>,
    /// Its Request-URI, as in the start line.
    pub request_uri: &'a str,
    /// The number in its CSeq, which goes up by one for a repetition (RFC 3261 §22.2): it tells the
    /// challenge to a request from one to another that was sent before.
    pub cseq: u32,
    /// Its body; empty if there is none.
    pub body: &'a [u8],
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuthError {
    /// No account for the realm.
    NoAccount,
    /// No challenge of a scheme, algorithm and quality that we know: abandon the request.
    NoKnownChallenge,
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

/// How often one request is sent again with other credentials: each of so many realms may ask once,
/// and once more for a nonce that was stale.
const MAX_ROUNDS: u8 = 16;

/// Accounts that were refused and are remembered.
const MAX_REFUSED: usize = 16;

/// Credentials that must not be tried again (RFC 3261 §22.1).
#[derive(Clone, Debug)]
struct Refused {
    realm: Vec<u8>,
    username: String,
    algorithm: HashAlgorithm,
    ha1: Ha1,
}

impl ClientAuth {
    /// No challenge met yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the challenges of a 401 or 407, which may have both kinds, and several of each
    /// (RFC 3261 §22.3); then send the request again, with the next CSeq and
    /// [`ClientAuth::credentials`].
    ///
    /// # Errors
    /// If there is no point in that. Credentials that were refused are not tried again, unless
    /// only the nonce was too old; another account for the same realm is.
    pub fn receive_challenges(
        &mut self,
        response: &Message,
        accounts: &[Account],
        rng: &mut Rng,
    ) -> Result<(), AuthError> {
        self.rounds = self.rounds.saturating_add(1);
        if self.rounds > MAX_ROUNDS {
            return Err(AuthError::Rejected);
        }
        let mut worst = None;
        let mut any = false;
        for challenger in [Challenger::Server, Challenger::Proxy] {
            let mut left: Vec<Offer<'_>> = offers(response, challenger);
            while let Some(first) = left.first() {
                let realm = first.challenge.realm.escaped();
                let (of_realm, others): (Vec<_>, Vec<_>) = left
                    .into_iter()
                    .partition(|offer| offer.challenge.realm.escaped() == realm);
                left = others;
                match self.meet(challenger, &of_realm, response, accounts, rng) {
                    Ok(()) => any = true,
                    Err(error) => worst = worst.max(Some(error)),
                }
            }
        }
        self.repeats = any;
        if any {
            Ok(())
        } else {
            Err(worst.unwrap_or(AuthError::NoKnownChallenge))
        }
    }

    /// The header fields for the next request: one for every realm that has challenged.
    ///
    /// An ACK does not ask: it repeats what its INVITE carried (RFC 3261 §22.1).
    pub fn credentials(&mut self, request: &ProtectedRequest<'_>) -> Vec<AuthorizationHeader> {
        if !mem::take(&mut self.repeats) {
            self.rounds = 0;
        }
        let answers = self.sessions.iter_mut();
        answers
            .map(|session| AuthorizationHeader {
                name: session.challenger.credentials_field(),
                value: session.answer(request),
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
        request: &ProtectedRequest<'_>,
        accounts: &[Account],
        rng: &mut Rng,
    ) -> Result<Vec<AuthorizationHeader>, AuthError> {
        self.receive_challenges(response, accounts, rng)?;
        Ok(self.credentials(request))
    }

    /// Whether no realm has challenged yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Takes a 2xx to the last request: its credentials are right. What Authentication-Info, or
    /// that of a proxy, proves of the server is checked, and the next nonce is kept (RFC 7616 §3.5).
    pub fn receive_success(&mut self, response: &Message, rng: &mut Rng) -> InfoVerdict {
        for session in &mut self.sessions {
            session.prove();
        }
        let server = response.field(HeaderName::AuthenticationInfo);
        let by_server = self.learn(Challenger::Server, server, response, rng);
        // RFC 7616 §3.8: only proxies that have challenged say it.
        let is_proxy = |one: &Session| one.challenger == Challenger::Proxy;
        let mut by_proxy = InfoVerdict::Nothing;
        if self.sessions.iter().any(is_proxy) {
            let proxy = response.field_named("Proxy-Authentication-Info");
            by_proxy = self.learn(Challenger::Proxy, proxy, response, rng);
        }
        match (by_server, by_proxy) {
            (InfoVerdict::Wrong, _) | (_, InfoVerdict::Wrong) => InfoVerdict::Wrong,
            (InfoVerdict::Nothing, other) => other,
            (InfoVerdict::Verified, _) => InfoVerdict::Verified,
        }
    }

    fn learn(
        &mut self,
        challenger: Challenger,
        value: Option<&[u8]>,
        response: &Message,
        rng: &mut Rng,
    ) -> InfoVerdict {
        let Some(Ok(info)) = value.map(AuthenticationInfo::parse) else {
            return InfoVerdict::Nothing;
        };
        let cseq = response.cseq().map_or(0, |cseq| cseq.number);
        let mut sessions = self.sessions.iter_mut();
        let session = sessions.find(|one| one.is_meant(challenger, &info, cseq));
        session.map_or(InfoVerdict::Nothing, |session| {
            session.learn(&info, response.body(), rng)
        })
    }

    /// Those whose credentials were accepted.
    pub(super) fn into_accepted(self) -> impl Iterator<Item = Session> {
        self.sessions.into_iter().filter(Session::is_proven)
    }

    /// Answers the challenge of another call or registration here as well, unasked.
    pub(super) fn adopt(&mut self, mut session: Session) {
        session.lend();
        self.sessions.push(session);
    }

    /// Whether it answers challenges of the realm of another session.
    pub(super) fn answers(&self, other: &Session) -> bool {
        let mut sessions = self.sessions.iter();
        sessions.any(|one| one.is_with(other.challenger, &other.realm))
    }

    /// Takes the challenges of one realm.
    fn meet(
        &mut self,
        challenger: Challenger,
        offers: &[Offer<'_>],
        response: &Message,
        accounts: &[Account],
        rng: &mut Rng,
    ) -> Result<(), AuthError> {
        let Some(realm) = offers.first().map(|offer| offer.challenge.realm) else {
            return Err(AuthError::NoKnownChallenge);
        };
        let cseq = response.cseq().map_or(u32::MAX, |cseq| cseq.number);
        let to = response.to().map_or("", |to| to.uri);
        let is_before = |one: &Session| one.is_with(challenger, realm.escaped());
        let sessions = mem::take(&mut self.sessions);
        let (before, others): (Vec<_>, Vec<_>) = sessions.into_iter().partition(is_before);
        self.sessions = others;
        if !before.is_empty() && before.iter().all(|one| one.is_younger_than(cseq)) {
            // Two requests were challenged at once, and the other one has the answer.
            self.sessions.extend(before);
            return Ok(());
        }
        let mut stale = 0;
        for session in &before {
            match session.standing(offers) {
                Standing::Unused => {}
                Standing::Outdated(times) => stale = stale.max(times),
                Standing::Refused => self.refuse(session),
            }
        }
        let mut error = AuthError::NoAccount;
        let realm_text = realm.bytes();
        let fitting = || accounts.iter().filter(|one| one.is_for(&realm_text));
        // An account for the realm goes before one for any.
        let own = fitting().filter(|one| one.realm.is_some());
        for account in own.chain(fitting().filter(|one| one.realm.is_none())) {
            if self.is_refused(realm.escaped(), &realm_text, account) {
                error = AuthError::Rejected;
            } else if self.begin(challenger, offers, account, (stale, to), rng) {
                return Ok(());
            } else {
                error = error.max(AuthError::NoKnownChallenge);
            }
        }
        Err(error)
    }

    /// Begins a session with every server of a realm that has challenged, with the topmost of its
    /// challenges that the account has the secret for (RFC 8760 §2.4); `false` if there is none.
    fn begin(
        &mut self,
        challenger: Challenger,
        offers: &[Offer<'_>],
        account: &Account,
        (stale, to): (u8, &str),
        rng: &mut Rng,
    ) -> bool {
        let mut seen: Vec<Algorithm> = Vec::new();
        let (mut is_answered, mut any) = (false, false);
        for offer in offers {
            // RFC 8760 §2.3: one server names each algorithm once. The second time it is another
            // server of the realm, reached by a fork (RFC 3261 §22.3), with a nonce of its own.
            if seen.contains(&offer.algorithm) {
                seen.clear();
                is_answered = false;
            }
            seen.push(offer.algorithm);
            let realm = offer.challenge.realm.bytes();
            let key = account.ha1(offer.algorithm.hash, &realm);
            let is_known = |one: &Session| one.answers(challenger, offer);
            let is_full = self.sessions.len() >= MAX_SESSIONS;
            if is_answered || is_full || self.sessions.iter().any(is_known) {
                continue;
            }
            if let Some(ha1) = key {
                let session = Session::new(challenger, offer, account, (ha1, stale, to), rng);
                self.sessions.push(session);
                (is_answered, any) = (true, true);
            }
        }
        any
    }

    fn refuse(&mut self, session: &Session) {
        let (username, algorithm, ha1) = session.key();
        if self.refused.len() < MAX_REFUSED {
            self.refused.push(Refused {
                realm: session.realm.clone(),
                username: username.into(),
                algorithm: algorithm.hash,
                ha1,
            });
        }
    }

    /// Whether that name with that password was refused in that realm.
    fn is_refused(&self, realm: &[u8], realm_text: &[u8], account: &Account) -> bool {
        self.refused.iter().any(|one| {
            one.realm == realm
                && one.username == account.username
                && account.ha1(one.algorithm, realm_text) == Some(one.ha1)
        })
    }
}
