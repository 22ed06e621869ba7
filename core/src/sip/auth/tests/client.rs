//! Answering challenges (RFC 3261 §22.1 to §22.3, RFC 8760 §2.4).

use alloc::format;
use core::time::Duration;

use super::*;
use crate::rng::Rng;
use crate::sip::message::{HeaderName, Method};
use crate::time::Instant;

#[test]
fn the_topmost_known_algorithm_is_taken() {
    let mut guard = guard(|_| {});
    let mut fields = guard.challenge(Instant::ZERO, Challenger::Server, false);
    let name = HeaderName::WwwAuthenticate;
    fields.insert(
        0,
        (
            name,
            "Digest realm=\"example.com\", nonce=\"1\", algorithm=SHA3-256, qop=\"auth\"".into(),
        ),
    );
    fields.insert(0, (name, "NoOneKnowsThisScheme opaque-data=here".into()));
    fields.insert(0, (name, "Basic realm=\"example.com\"".into()));
    let mut rng = Rng::from_seed([1; 32]);
    let fields = ClientAuth::new()
        .answer(
            &response(&fields),
            Method::Register,
            URI,
            b"",
            &alice(),
            &mut rng,
        )
        .unwrap();
    assert_eq!(fields.len(), 1);
    assert!(fields[0].value.contains("algorithm=SHA-256,"));
    // With nothing but an MD5 hash of the password the second is the topmost we can.
    let hashes = Ha1Set {
        md5: users("alice", "example.com", HashAlgorithm::Md5),
        sha256: None,
        sha512_256: None,
    };
    let account = [Account::from_hashes("alice", "example.com", hashes)];
    let challenge = response(&guard.challenge(Instant::ZERO, Challenger::Server, false));
    let fields = ClientAuth::new()
        .answer(&challenge, Method::Register, URI, b"", &account, &mut rng)
        .unwrap();
    assert!(fields[0].value.contains("algorithm=MD5,"));
    assert!(is_accepted(&verify(&mut guard, &register(&fields))));
}

#[test]
fn a_challenge_nobody_understands_is_no_reason_to_try() {
    let name = HeaderName::WwwAuthenticate;
    let mut rng = Rng::from_seed([1; 32]);
    let unknown = [
        "Basic realm=\"example.com\"",
        "Digest realm=\"example.com\", nonce=\"1\", algorithm=SHA3-256",
        "Digest realm=\"example.com\", nonce=\"1\", qop=\"confidential\"",
        // RFC 3261 §22.4 item 8.
        "Digest realm=\"example.com\", nonce=\"1\", algorithm=MD5-sess",
        // RFC 3665 §2.1 prints one without the comma.
        "Digest realm=\"example.com\" nonce=\"1\"",
        "Digest",
    ];
    for value in unknown {
        let challenge = response(&[(name, value.into())]);
        let mut client = ClientAuth::new();
        let met = client.receive_challenges(&challenge, &alice(), &mut rng);
        assert_eq!(met, Err(AuthError::NoKnownChallenge), "{value}");
        assert!(client.credentials(Method::Register, URI, b"").is_empty());
    }
    let elsewhere = [alice()[0].clone().in_realm("example.org")];
    let challenge = response(&[(name, "Digest realm=\"example.com\", nonce=\"1\"".into())]);
    let met = ClientAuth::new().receive_challenges(&challenge, &elsewhere, &mut rng);
    assert_eq!(met, Err(AuthError::NoAccount));
}

#[test]
fn towards_a_server_without_qop_nothing_is_said_of_counts() {
    let challenge = "Digest realm=\"example.com\", nonce=\"a\\\"b\", opaque=\"\"";
    let challenge = response(&[(HeaderName::WwwAuthenticate, challenge.into())]);
    let mut rng = Rng::from_seed([1; 32]);
    let fields = ClientAuth::new()
        .answer(&challenge, Method::Register, URI, b"", &alice(), &mut rng)
        .unwrap();
    let value = &fields[0].value;
    assert!(!value.contains("cnonce") && !value.contains("qop") && !value.contains("nc="));
    assert!(!value.contains("algorithm"));
    assert!(value.contains("nonce=\"a\\\"b\"") && value.contains("opaque=\"\""));
    let ha1 = users("alice", "example.com", HashAlgorithm::Md5).unwrap();
    let expected = digest(Algorithm::MD5, &ha1, "a\"b", None, "REGISTER", URI);
    assert!(value.contains(&format!("response=\"{expected}\"")));
}

// shows: S272
#[test]
fn refused_credentials_are_not_tried_again_but_stale_ones_are() {
    let mut rng = Rng::from_seed([1; 32]);
    let mut guard = guard(|_| {});
    let challenge = |guard: &mut ServerAuth, is_stale| {
        response(&guard.challenge(Instant::ZERO, Challenger::Server, is_stale))
    };
    let wrong = [Account::new("alice", "looking glass")];
    let mut client = ClientAuth::new();
    let first = challenge(&mut guard, false);
    let fields = client
        .answer(&first, Method::Register, URI, b"", &wrong, &mut rng)
        .unwrap();
    assert_eq!(verify(&mut guard, &register(&fields)), Verdict::Refused);
    let second = challenge(&mut guard, false);
    let met = client.receive_challenges(&second, &wrong, &mut rng);
    assert_eq!(met, Err(AuthError::Rejected));

    let mut client = ClientAuth::new();
    let mut fields = client
        .answer(&first, Method::Register, URI, b"", &alice(), &mut rng)
        .unwrap();
    let late = Instant::ZERO + Duration::from_secs(301);
    let verdict = guard.verify(late, Challenger::Server, &register(&fields), users);
    assert_eq!(verdict, Verdict::Stale);
    for _ in 0..2 {
        let again = challenge(&mut guard, true);
        fields = client
            .answer(&again, Method::Register, URI, b"", &alice(), &mut rng)
            .unwrap();
    }
    assert!(is_accepted(&verify(&mut guard, &register(&fields))));
    // A server that never stops is not believed for ever.
    let again = challenge(&mut guard, true);
    let met = client.receive_challenges(&again, &alice(), &mut rng);
    assert_eq!(met, Err(AuthError::Rejected));
}

#[test]
fn a_nonce_that_worked_may_be_replaced_without_saying_stale() {
    let mut rng = Rng::from_seed([1; 32]);
    let mut guard = guard(|_| {});
    let mut client = ClientAuth::new();
    for _ in 0..5 {
        let challenge = response(&guard.challenge(Instant::ZERO, Challenger::Server, false));
        let fields = client
            .answer(&challenge, Method::Register, URI, b"", &alice(), &mut rng)
            .unwrap();
        assert!(is_accepted(&verify(&mut guard, &register(&fields))));
        client.credentials(Method::Register, URI, b"");
    }
    // But the same nonce again means no.
    let challenge = response(&guard.challenge(Instant::ZERO, Challenger::Server, false));
    client
        .answer(&challenge, Method::Register, URI, b"", &alice(), &mut rng)
        .unwrap();
    client.credentials(Method::Register, URI, b"");
    let met = client.receive_challenges(&challenge, &alice(), &mut rng);
    assert_eq!(met, Err(AuthError::Rejected));
}
