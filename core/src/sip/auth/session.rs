//! One authentication session with one server (RFC 7616 §3.6): from its challenge to the next.
//!
//! ```text
//!                 first use refused, not stale ──▶ the credentials are wrong
//!                │
//!   challenge ─▶ nonce, nc = 0 ── answer ──▶ nc = 1 ── answer ──▶ nc = 2 …
//!                ▲                            │                    │
//!                └───── nextnonce, or stale ──┴─ another nonce ────┘
//! ```

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::choice::Offer;
use super::client::{InfoVerdict, ProtectedRequest};
use super::digest::{Protection, hash};
use super::{Account, Algorithm, Challenger, DigestInput, Ha1, HexDigest, Qop};
use crate::rng::Rng;
use crate::sip::header::{AuthenticationInfo, Credentials, Quoted, Username, Value, escape};
use crate::text::hex_encode;

/// How often a nonce may be called stale on its first use before we stop believing it.
const MAX_STALE: u8 = 1;

#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) challenger: Challenger,
    pub(super) realm: Vec<u8>,
    nonce: Vec<u8>,
    opaque: Option<Vec<u8>>,
    algorithm: Algorithm,
    is_algorithm_named: bool,
    qop: Option<Qop>,
    takes_userhash: bool,
    username: String,
    ha1: Ha1,
    cnonce: String,
    /// How often the nonce was sent.
    count: u32,
    /// The CSeq number of the first request it was sent in.
    first_cseq: u32,
    /// And of the last one.
    last_cseq: u32,
    /// Whether a request with it has gone through.
    is_proven: bool,
    /// How often in a row a nonce was stale when it was new.
    stale: u8,
    /// The Request-URI of the last request.
    uri: String,
    /// The To URI of the request that was challenged; that of a proxy's challenge does not matter.
    pub(super) to: Box<str>,
    /// Whether it was begun for another call or registration, and has not been used in this one with
    /// success: that it is refused says nothing of name and password.
    is_lent: bool,
}

/// What a new challenge of its realm says of a session.
pub(super) enum Standing {
    /// Its nonce was not sent yet.
    Unused,
    /// Its nonce is too old, for the how manieth time in a row when it was new.
    Outdated(u8),
    /// Name or password is wrong.
    Refused,
}

impl Session {
    /// Begins with a challenge.
    pub(super) fn new(
        challenger: Challenger,
        offer: &Offer<'_>,
        account: &Account,
        (ha1, stale, to): (Ha1, u8, &str),
        rng: &mut Rng,
    ) -> Self {
        let challenge = &offer.challenge;
        Self {
            challenger,
            realm: challenge.realm.escaped().to_vec(),
            nonce: challenge.nonce.escaped().to_vec(),
            opaque: challenge.opaque.map(|opaque| opaque.escaped().to_vec()),
            algorithm: offer.algorithm,
            is_algorithm_named: challenge.algorithm.is_some(),
            qop: offer.qop(account.prefers_integrity),
            takes_userhash: challenge.takes_userhash,
            username: account.username.clone(),
            ha1,
            cnonce: new_cnonce(rng),
            count: 0,
            first_cseq: 0,
            last_cseq: 0,
            is_proven: false,
            stale,
            uri: String::new(),
            to: match challenger {
                Challenger::Server => to.into(),
                Challenger::Proxy => Box::default(),
            },
            is_lent: false,
        }
    }

    /// Takes it over for requests with another Call-ID, whose CSeq numbers are others.
    pub(super) fn lend(&mut self) {
        self.first_cseq = 0;
        self.last_cseq = 0;
        self.is_lent = true;
    }

    /// Whether a request with it has gone through.
    pub(super) const fn is_proven(&self) -> bool {
        self.is_proven && !self.is_lent
    }

    /// Whether it answers the challenges of a realm.
    pub(super) fn is_in_realm(&self, realm: &str) -> bool {
        Quoted::from_escaped(&self.realm).bytes() == realm.as_bytes()
    }

    /// Whether it answers the challenges of that server's realm.
    pub(super) fn is_with(&self, challenger: Challenger, realm: &[u8]) -> bool {
        self.challenger == challenger && self.realm == realm
    }

    /// Whether it answers this very challenge.
    pub(super) fn answers(&self, challenger: Challenger, offer: &Offer<'_>) -> bool {
        self.is_with(challenger, offer.challenge.realm.escaped())
            && self.nonce == offer.challenge.nonce.escaped()
            && self.algorithm == offer.algorithm
    }

    /// Whether a request with this CSeq number was sent before there was this session, so that a
    /// challenge to it says nothing of the session's credentials.
    pub(super) fn is_younger_than(&self, cseq: u32) -> bool {
        self.count > 0 && cseq < self.first_cseq
    }

    /// The user, and the key with its hash function.
    pub(super) fn key(&self) -> (&str, Algorithm, Ha1) {
        (&self.username, self.algorithm, self.ha1)
    }

    /// What the challenges that its realm has answered with say of it.
    pub(super) fn standing(&self, offers: &[Offer<'_>]) -> Standing {
        let is_known = |offer: &Offer<'_>| offer.challenge.nonce.escaped() == self.nonce;
        let is_stale = offers.iter().any(|offer| offer.challenge.is_stale);
        if self.count == 0 {
            Standing::Unused
        } else if self.is_lent {
            Standing::Outdated(0)
        } else if offers.iter().any(is_known) {
            Standing::Refused
        } else if self.count > 1 || self.is_proven {
            // A nonce that worked before and is no longer wanted was merely too old, whether the
            // server says so or not. One refused on its first use means what it says.
            Standing::Outdated(0)
        } else if is_stale && self.stale < MAX_STALE {
            Standing::Outdated(self.stale.saturating_add(1))
        } else {
            Standing::Refused
        }
    }

    /// The value of the credentials for the next request.
    pub(super) fn answer(&mut self, request: &ProtectedRequest<'_>) -> String {
        self.count = self.count.saturating_add(1);
        if self.count == 1 {
            self.first_cseq = request.cseq;
        }
        self.last_cseq = request.cseq;
        self.uri.clear();
        self.uri.push_str(request.request_uri);
        let nonce_count = format!("{:08x}", self.count);
        let method = request.method.as_str();
        let response = self.digest(method, self.qop, &nonce_count, request.body);
        let with_qop = self.qop.is_some();
        let (hashed, plain);
        let username = if self.takes_userhash {
            // RFC 7616 §3.4.4: "after any other hash calculation", which is with the plain name.
            hashed = self.userhash();
            Username::Hashed(Quoted::from_escaped(hashed.as_bytes()))
        } else {
            plain = escape(&self.username);
            Username::Plain(Quoted::from_escaped(plain.as_bytes()))
        };
        let credentials = Credentials {
            username,
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
        };
        credentials.to_text()
    }

    /// §3.4.4.
    fn userhash(&self) -> HexDigest {
        let realm = Quoted::from_escaped(&self.realm).bytes();
        hash(self.algorithm.hash, &[self.username.as_bytes(), &realm])
    }

    fn digest(&self, method: &str, qop: Option<Qop>, nonce_count: &str, body: &[u8]) -> HexDigest {
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

    /// A request with it has gone through.
    pub(super) fn prove(&mut self) {
        self.is_proven |= self.count > 0;
        self.is_lent = false;
        self.stale = 0;
    }

    /// Whether the server speaks of this session, in the response to a request with this CSeq
    /// number: it names no realm, but the client's nonce (§3.5). What comes late, or again, is no news.
    pub(super) fn is_meant(
        &self,
        challenger: Challenger,
        info: &AuthenticationInfo<'_>,
        cseq: u32,
    ) -> bool {
        let is_same = |cnonce: Quoted<'_>| cnonce == *self.cnonce;
        self.challenger == challenger && self.last_cseq == cseq && info.cnonce.is_none_or(is_same)
    }

    /// Takes what the server says of itself (§3.5); `body` is the response's.
    pub(super) fn learn(
        &mut self,
        info: &AuthenticationInfo<'_>,
        body: &[u8],
        rng: &mut Rng,
    ) -> InfoVerdict {
        let nonce_count = format!("{:08x}", self.count);
        // The count must be that of the request; of another one this proves nothing.
        let is_ours = |count: &str| count.eq_ignore_ascii_case(&nonce_count);
        let response = info
            .response
            .filter(|_| info.nonce_count.is_none_or(is_ours));
        let verdict = match response {
            None => InfoVerdict::Nothing,
            Some(response) => {
                let qop = info.qop.map_or(self.qop, Qop::from_name);
                let own = self.digest("", qop, &nonce_count, body);
                match own.is(response.escaped()) {
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
                // §5.12: nobody who chose the nonce has seen the client's own.
                self.cnonce = new_cnonce(rng);
            }
        }
        verdict
    }
}

fn new_cnonce(rng: &mut Rng) -> String {
    let mut cnonce = [0; 16];
    rng.fill(&mut cnonce);
    hex_encode(&cnonce)
}
