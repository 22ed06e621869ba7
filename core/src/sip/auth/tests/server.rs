//! Challenging and judging (RFC 3261 §22, RFC 8760 §2.3, §2.6).

use alloc::format;
use alloc::vec::Vec;

use super::*;
use crate::rng::Rng;
use crate::sip::header::{Credentials, Quoted, Value};
use crate::sip::message::{HeaderName, Message, Method};
use crate::time::Instant;

#[test]
fn a_replayed_request_is_told_that_its_nonce_is_stale() {
    let mut rng = Rng::from_seed([1; 32]);
    let mut guard = guard(|config| config.takes_legacy = true);
    let challenge = response(&guard.challenge(Instant::ZERO, Challenger::Server, false));
    let mut client = ClientAuth::new();
    let fields = client
        .answer(&challenge, Method::Register, URI, b"", &alice(), &mut rng)
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
        .answer(
            &response(&foreign),
            Method::Register,
            URI,
            b"",
            &alice(),
            &mut rng,
        )
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
            .answer(&challenge, Method::Register, URI, b"", &[account], &mut rng)
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
        username: quoted("alice"),
        realm: quoted("example.com"),
        nonce: quoted("1"),
        uri: quoted(URI),
        response: quoted("0123456789abcdef0123456789abcdef"),
        algorithm: Some("MD5"),
        cnonce: Some(quoted("2")),
        opaque: None,
        qop: Some("auth"),
        nonce_count: Some("00000001"),
        is_userhash: false,
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
    assert_eq!(
        judge(&sha(|one| one.qop = Some("none"))),
        Verdict::Malformed
    );
    assert_eq!(judge(&sha(|one| one.cnonce = None)), Verdict::Malformed);
    assert_eq!(
        judge(&sha(|one| one.nonce_count = None)),
        Verdict::Malformed
    );
    let bare = |value: &str| {
        register(&[AuthorizationHeader {
            name: HeaderName::Authorization,
            value: value.into(),
        }])
    };
    assert_eq!(
        judge(&bare("Digest username=\"alice\"")),
        Verdict::Malformed
    );
    assert_eq!(
        judge(&bare("Digest realm=\"example.com")),
        Verdict::Malformed
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
        guard.verify(Instant::ZERO, Challenger::Proxy, &request, users)
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
