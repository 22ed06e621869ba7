//! Challenging and judging (RFC 3261 §22, RFC 8760 §2.3, §2.6).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;

use super::super::digest::hash;
use super::*;
use crate::rng::Rng;
use crate::sip::header::{Credentials, HeaderErrorKind, Quoted, Username, Value};
use crate::sip::message::{HeaderName, Message, Method};
use crate::time::Instant;

#[test]
fn a_replayed_request_is_told_that_its_nonce_is_stale() {
    let mut rng = Rng::from_seed([1; 32]);
    let mut guard = guard(|config| config.takes_legacy = true);
    let challenge = response(&guard.challenge(Instant::ZERO, Challenger::Server, false));
    let mut client = ClientAuth::new();
    let fields = client
        .answer(&challenge, &REGISTER, &alice(), &mut rng)
        .unwrap();
    let request = register(&fields);
    assert!(is_accepted(&verify(&mut guard, &request)));
    assert_eq!(verify(&mut guard, &request), Verdict::Stale);
    assert_eq!(guard.remembered_nonces(), 1);
    // The same credentials are no good for another method or another body of them.
    let fields: Vec<_> = fields
        .iter()
        .map(|one| (one.name, one.value.clone()))
        .collect();
    let other = message(&format!("OPTIONS {URI} SIP/2.0"), &fields, "");
    assert_eq!(verify(&mut guard, &other), Verdict::Refused);
    // A foreign nonce, and one of a server with another secret.
    let foreign = ServerAuth::new(ServerAuthConfig::new("example.com"), [4; 32]).challenge(
        Instant::ZERO,
        Challenger::Server,
        false,
    );
    let fields = ClientAuth::new()
        .answer(&response(&foreign), &REGISTER, &alice(), &mut rng)
        .unwrap();
    assert_eq!(verify(&mut guard, &register(&fields)), Verdict::Stale);
}

#[test]
fn an_unknown_user_looks_like_a_wrong_password() {
    let mut rng = Rng::from_seed([1; 32]);
    let mut guard = guard(|_| {});
    let challenge = response(&guard.challenge(Instant::ZERO, Challenger::Server, false));
    for account in [
        Account::new("alice", "guess"),
        Account::new("mallory", "wonderland"),
        Account::new("", ""),
    ] {
        let fields = ClientAuth::new()
            .answer(&challenge, &REGISTER, &[account], &mut rng)
            .unwrap();
        assert_eq!(verify(&mut guard, &register(&fields)), Verdict::Refused);
    }
    assert_eq!(
        guard.remembered_nonces(),
        0,
        "only a right digest costs memory"
    );
}

fn credentials(change: impl FnOnce(&mut Credentials<'_>)) -> Message {
    let quoted = |text: &'static str| Quoted::from_escaped(text.as_bytes());
    let mut credentials = Credentials {
        username: Username::Plain(quoted("alice")),
        realm: quoted("example.com"),
        nonce: quoted("1"),
        uri: quoted(URI),
        response: quoted("0123456789abcdef0123456789abcdef"),
        algorithm: Some("MD5"),
        cnonce: Some(quoted("2")),
        opaque: None,
        qop: Some("auth"),
        nonce_count: Some("00000001"),
    };
    change(&mut credentials);
    let value = credentials.to_text();
    register(&[AuthorizationHeader {
        name: HeaderName::Authorization,
        value,
    }])
}

#[test]
fn credentials_are_judged_by_what_is_in_them() {
    let mut guard = guard(|config| config.algorithms = Vec::from([Algorithm::SHA_256]));
    let mut judge = |request: &Message| verify(&mut guard, request);
    let other_realm = credentials(|one| one.realm = Quoted::from_escaped(b"example.org"));
    assert_eq!(judge(&other_realm), Verdict::Absent);
    assert_eq!(
        judge(&credentials(|_| {})),
        Verdict::Refused,
        "MD5 was not offered"
    );
    assert_eq!(
        judge(&credentials(|one| one.algorithm = Some("SHA3"))),
        Verdict::Refused
    );
    let sha = |change: fn(&mut Credentials<'_>)| {
        credentials(|one| {
            one.algorithm = Some("SHA-256");
            change(one);
        })
    };
    assert_eq!(
        judge(&sha(|one| one.qop = Some("auth-int"))),
        Verdict::Refused
    );
    let fault = |fault| Verdict::Malformed(fault);
    assert_eq!(
        judge(&sha(|one| one.qop = Some("none"))),
        fault(CredentialsFault::Qop)
    );
    assert_eq!(
        judge(&sha(|one| one.cnonce = None)),
        fault(CredentialsFault::Protection)
    );
    assert_eq!(
        judge(&sha(|one| one.nonce_count = None)),
        fault(CredentialsFault::Protection)
    );
    let bare = |value: &str| {
        register(&[AuthorizationHeader {
            name: HeaderName::Authorization,
            value: value.into(),
        }])
    };
    assert_eq!(
        judge(&bare("Digest username=\"alice\"")),
        fault(CredentialsFault::Syntax(HeaderErrorKind::Parameter))
    );
    assert_eq!(
        judge(&bare("Digest realm=\"example.com")),
        fault(CredentialsFault::Syntax(HeaderErrorKind::Quoted))
    );
    assert_eq!(
        judge(&sha(|one| one.uri = Quoted::from_escaped(b"alice"))),
        fault(CredentialsFault::Uri)
    );
    assert_eq!(
        judge(&sha(
            |one| one.username = Username::Extended("latin1''alice")
        )),
        fault(CredentialsFault::Username)
    );
    // What cannot be read, but names another realm, is for another server to refuse (§22.3).
    assert_eq!(
        judge(&bare("Digest username=\"alice\", realm=\"example.org\"")),
        Verdict::Absent
    );
    // Basic is never accepted, however right it is (RFC 3261 §22).
    assert_eq!(
        judge(&bare("Basic YWxpY2U6d29uZGVybGFuZA==")),
        Verdict::Absent
    );
}

#[test]
fn a_proxy_challenges_with_407_but_never_an_ack_or_a_cancel() {
    let mut guard = guard(|_| {});
    let mut judge = |start: &str| {
        let request = message(&format!("{start} sip:bob@example.com SIP/2.0"), &[], "");
        guard.verify(Instant::ZERO, Challenger::Proxy, &request, &users)
    };
    assert_eq!(judge("INVITE"), Verdict::Absent);
    assert_eq!(judge("ACK"), Verdict::Exempt);
    assert_eq!(judge("CANCEL"), Verdict::Exempt);
    assert_eq!(Challenger::Proxy.status().as_u16(), 407);
    let fields = guard.challenge(Instant::ZERO, Challenger::Proxy, true);
    assert!(
        fields
            .iter()
            .all(|(name, _)| *name == HeaderName::ProxyAuthenticate)
    );
    assert!(fields[0].1.contains("stale=true"));
}

/// RFC 3856 §6.6.1, RFC 3903 §14: a presence agent or whoever gets a message asks with 401.
// shows: S363
#[test]
fn whoever_serves_presence_or_messages_challenges_with_401() {
    let mut rng = Rng::from_seed([1; 32]);
    let mut guard = guard(|_| {});
    for method in ["SUBSCRIBE", "PUBLISH", "MESSAGE"] {
        let start = format!("{method} {URI} SIP/2.0");
        let mut judge = |fields: &[(HeaderName, String)]| {
            let request = message(&start, fields, "hello");
            verify(&mut guard, &request)
        };
        assert_eq!(judge(&[]), Verdict::Absent);
        assert_eq!(Challenger::Server.status().as_u16(), 401);
        let challenge = guard.challenge(Instant::ZERO, Challenger::Server, false);
        let request = ProtectedRequest {
            method: Method::parse(method.as_bytes()).unwrap(),
            body: b"hello",
            ..REGISTER
        };
        let mut client = ClientAuth::new();
        let sent = client.answer(&response(&challenge), &request, &alice(), &mut rng);
        let sent = sent.unwrap().into_iter().map(|one| (one.name, one.value));
        let request = message(&start, &sent.collect::<Vec<_>>(), "hello");
        assert!(is_accepted(&verify(&mut guard, &request)), "{method}");
    }
}

/// Whether there is such a user or not, as many questions are asked and as many digests made.
#[test]
fn an_unknown_user_costs_what_a_known_one_costs() {
    let mut rng = Rng::from_seed([1; 32]);
    let mut guard = guard(|_| {});
    let challenge = response(&guard.challenge(Instant::ZERO, Challenger::Server, false));
    for name in ["alice", "mallory"] {
        let account = [Account::new(name, "guess")];
        let fields = ClientAuth::new().answer(&challenge, &REGISTER, &account, &mut rng);
        let questions = Cell::new(0);
        let counted = |user: &str, realm: &str, algorithm| {
            questions.set(questions.get() + 1);
            users(user, realm, algorithm)
        };
        let request = register(&fields.unwrap());
        let verdict = guard.verify(Instant::ZERO, Challenger::Server, &request, &counted);
        assert_eq!((verdict, questions.get()), (Verdict::Refused, 1));
    }
}

#[test]
fn a_store_holds_hashes_by_realm_and_knows_hashed_names() {
    let md5 = |realm| Ha1::new(HashAlgorithm::Md5, "bob", realm, "x");
    let mut store = UserStore::new();
    assert!(store.is_empty());
    store.add(
        "bob",
        "a",
        Ha1Set::default().with(HashAlgorithm::Md5, md5("a")),
    );
    store.add_password("bob", "b", "x");
    let ask = |store: &UserStore, realm: &str, algorithm| store.ha1("bob", realm, algorithm);
    assert_eq!(ask(&store, "a", HashAlgorithm::Md5), Some(md5("a")));
    assert_eq!(
        ask(&store, "a", HashAlgorithm::Sha256),
        None,
        "not for this user"
    );
    assert_eq!(ask(&store, "b", HashAlgorithm::Md5), Some(md5("b")));
    assert!(ask(&store, "b", HashAlgorithm::Sha512_256).is_some());
    assert_eq!(ask(&store, "c", HashAlgorithm::Md5), None);
    // One more hash of the same user, from another line of a file.
    let sha = Ha1::new(HashAlgorithm::Sha256, "bob", "a", "x");
    store.add(
        "bob",
        "a",
        Ha1Set::default().with(HashAlgorithm::Sha256, sha),
    );
    assert_eq!(ask(&store, "a", HashAlgorithm::Md5), Some(md5("a")));
    assert_eq!(ask(&store, "a", HashAlgorithm::Sha256), Some(sha));
    let name = hash(HashAlgorithm::Sha256, &[b"bob", b"a"]);
    let unhashed = |digits: &str, realm| store.unhashed(digits, realm, HashAlgorithm::Sha256);
    assert_eq!(unhashed(name.as_str(), "a"), Some("bob"));
    assert_eq!(unhashed(name.as_str(), "b"), None);
    assert_eq!(unhashed("not digits", "a"), None);
    assert!(!format!("{store:?}").contains(sha.as_str()));
}
