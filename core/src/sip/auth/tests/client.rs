//! Answering challenges (RFC 3261 §22.1 to §22.3, RFC 8760 §2.4).

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use super::*;
use crate::rng::Rng;
use crate::sip::message::HeaderName;
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
        .answer(&response(&fields), &REGISTER, &alice(), &mut rng)
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
        .answer(&challenge, &REGISTER, &account, &mut rng)
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
        assert!(client.credentials(&REGISTER).is_empty());
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
        .answer(&challenge, &REGISTER, &alice(), &mut rng)
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
    let fields = client.answer(&first, &REGISTER, &wrong, &mut rng).unwrap();
    assert_eq!(verify(&mut guard, &register(&fields)), Verdict::Refused);
    let second = challenge(&mut guard, false);
    let met = client.receive_challenges(&second, &wrong, &mut rng);
    assert_eq!(met, Err(AuthError::Rejected));

    let mut client = ClientAuth::new();
    let fields = client
        .answer(&first, &REGISTER, &alice(), &mut rng)
        .unwrap();
    let late = Instant::ZERO + Duration::from_secs(301);
    let verdict = guard.verify(late, Challenger::Server, &register(&fields), &users);
    assert_eq!(verdict, Verdict::Stale);
    let again = challenge(&mut guard, true);
    let fields = client
        .answer(&again, &REGISTER, &alice(), &mut rng)
        .unwrap();
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
            .answer(&challenge, &REGISTER, &alice(), &mut rng)
            .unwrap();
        assert!(is_accepted(&verify(&mut guard, &register(&fields))));
        client.credentials(&REGISTER);
    }
    // But the same nonce again means no.
    let challenge = response(&guard.challenge(Instant::ZERO, Challenger::Server, false));
    client
        .answer(&challenge, &REGISTER, &alice(), &mut rng)
        .unwrap();
    client.credentials(&REGISTER);
    let met = client.receive_challenges(&challenge, &alice(), &mut rng);
    assert_eq!(met, Err(AuthError::Rejected));
}

/// A 407 with challenges of these realms, each with a nonce nobody has seen.
fn challenged_by(realms: &[&str], serial: &mut u32) -> Message {
    let challenge = |realm: &&str| {
        *serial += 1;
        let value = format!("Digest realm=\"{realm}\", nonce=\"{serial}\", qop=\"auth\"");
        (HeaderName::ProxyAuthenticate, value)
    };
    let fields: Vec<_> = realms.iter().map(challenge).collect();
    message("SIP/2.0 407 Proxy Authentication Required", &fields, "")
}

/// RFC 3261 §22.1: also when another realm of the same response can be answered, and later.
#[test]
fn what_one_realm_has_refused_is_not_sent_again_for_the_sake_of_another() {
    let mut rng = Rng::from_seed([1; 32]);
    let serial = &mut 0;
    let mut client = ClientAuth::new();
    let mut sent = Vec::new();
    let mut rounds = 0;
    let mut client_answers = |realms: &[&str]| {
        let challenge = challenged_by(realms, serial);
        let fields = client.answer(&challenge, &REGISTER, &alice(), &mut rng)?;
        let realms: Vec<_> = fields
            .iter()
            .map(|one| parameter(&one.value, "realm"))
            .collect();
        Ok(realms)
    };
    sent.push(client_answers(&["a"]).unwrap());
    // That of "a" was refused; that of "b" was never tried.
    sent.push(client_answers(&["a", "b"]).unwrap());
    assert_eq!(sent, [["a"], ["b"]]);
    while client_answers(&["a", "b"]).is_ok() {
        rounds += 1;
        assert!(rounds < 2, "tried again and again");
    }
    assert_eq!(client_answers(&["a"]), Err(AuthError::Rejected));
}

/// Two servers that take turns in finding their nonces too old are not obeyed for ever.
#[test]
fn a_request_is_not_repeated_without_end() {
    let mut rng = Rng::from_seed([1; 32]);
    let serial = &mut 0;
    let mut client = ClientAuth::new();
    let mut answer = |client: &mut ClientAuth, realm| {
        let challenge = challenged_by(&[realm], serial);
        client.answer(&challenge, &REGISTER, &alice(), &mut rng)
    };
    let mut rounds = 0;
    while answer(&mut client, if rounds % 2 == 0 { "a" } else { "b" }).is_ok() {
        rounds += 1;
        assert!(rounds <= 16);
    }
    assert!(rounds > 2, "each may ask, and once more");
    // What has gone through once begins anew.
    let mut rng = Rng::from_seed([2; 32]);
    let ok = message("SIP/2.0 200 OK", &[], "");
    client.receive_success(&ok, &mut rng);
    let met = client.receive_challenges(&challenged_by(&["a"], &mut 99), &alice(), &mut rng);
    assert_eq!(met, Ok(()));
}

/// Two requests of a dialog may be on their way when the first challenge comes: that to the second
/// says nothing of what was sent because of the first.
#[test]
fn of_two_requests_challenged_at_once_both_are_answered() {
    let mut rng = Rng::from_seed([1; 32]);
    let mut client = ClientAuth::new();
    let with_cseq = |cseq: u32| ProtectedRequest { cseq, ..REGISTER };
    let challenge = |cseq: u32, nonce: &str| {
        let value = format!("Digest realm=\"r\", nonce=\"{nonce}\", qop=\"auth\"");
        let text = message(
            "SIP/2.0 401 Unauthorized",
            &[(HeaderName::WwwAuthenticate, value)],
            "",
        );
        let text = String::from_utf8(text.as_bytes().to_vec()).unwrap();
        let text = text.replace("CSeq: 1 ", &format!("CSeq: {cseq} "));
        Message::parse(text.as_bytes(), &Limits::default()).unwrap()
    };
    let mut answer = |challenge: &Message, cseq| {
        let fields = client.answer(challenge, &with_cseq(cseq), &alice(), &mut rng)?;
        let value = &fields[0].value;
        Ok((parameter(value, "nonce"), value.contains("nc=00000002")))
    };
    // Numbers 1 and 2 were sent without; 3 and 4 repeat them.
    assert_eq!(answer(&challenge(1, "x"), 3), Ok(("x".into(), false)));
    assert_eq!(answer(&challenge(2, "y"), 4), Ok(("x".into(), true)));
    // But with number 3 they were refused.
    assert_eq!(answer(&challenge(3, "x"), 5), Err(AuthError::Rejected));
}

/// RFC 3261 §22.3: one response may have both kinds of challenge, of several realms.
#[test]
fn every_realm_of_a_response_gets_a_header_field_of_its_own() {
    let mut rng = Rng::from_seed([1; 32]);
    let challenge = |realm: &str, algorithm| {
        format!("Digest realm=\"{realm}\", nonce=\"{realm}\", algorithm={algorithm}, qop=\"auth\"")
    };
    let (www, proxy) = (HeaderName::WwwAuthenticate, HeaderName::ProxyAuthenticate);
    let fields = [
        (proxy, challenge("p", "SHA-256")),
        (www, challenge("u", "SHA-512-256")),
        (proxy, challenge("q", "MD5")),
        (proxy, challenge("p", "MD5")),
        (www, challenge("u", "MD5")),
        (www, challenge("nobody", "MD5")),
    ];
    let response = message("SIP/2.0 407 Proxy Authentication Required", &fields, "");
    let accounts = ["p", "q", "u"].map(|realm| Account::new("alice", realm).in_realm(realm));
    let mut client = ClientAuth::new();
    let sent = client.answer(&response, &REGISTER, &accounts, &mut rng);
    let sent: Vec<_> = sent
        .unwrap()
        .into_iter()
        .map(|one| {
            let algorithm = one.value.split("algorithm=").nth(1).unwrap();
            let algorithm = algorithm.split(',').next().unwrap().to_string();
            (one.name, parameter(&one.value, "realm"), algorithm)
        })
        .collect();
    let (www, proxy) = (HeaderName::Authorization, HeaderName::ProxyAuthorization);
    assert_eq!(
        sent,
        [
            (www, "u".into(), "SHA-512-256".into()),
            (proxy, "p".into(), "SHA-256".into()),
            (proxy, "q".into(), "MD5".into()),
        ]
    );
}

#[test]
fn an_account_of_the_realm_goes_first_and_another_one_after_it_was_refused() {
    let mut rng = Rng::from_seed([1; 32]);
    let serial = &mut 0;
    let accounts = [
        Account::new("anyone", "x"),
        Account::new("alice", "y").in_realm("a"),
        Account::new("elsewhere", "z").in_realm("b"),
    ];
    let mut client = ClientAuth::new();
    let mut user = || {
        let challenge = challenged_by(&["a"], serial);
        let fields = client.answer(&challenge, &REGISTER, &accounts, &mut rng)?;
        Ok(parameter(&fields[0].value, "username"))
    };
    assert_eq!(user().as_deref(), Ok("alice"));
    assert_eq!(user().as_deref(), Ok("anyone"));
    assert_eq!(user(), Err(AuthError::Rejected));
}

/// RFC 8760 §3: whoever can do better need not be talked down.
#[test]
fn an_account_may_be_too_good_for_md5() {
    let mut rng = Rng::from_seed([1; 32]);
    let mut careful = alice();
    careful[0].weakest = HashAlgorithm::Sha256;
    let mut both =
        guard(|config| config.algorithms = Vec::from([Algorithm::MD5, Algorithm::SHA_256]));
    let challenge = both.challenge(Instant::ZERO, Challenger::Server, false);
    let mut client = ClientAuth::new();
    let fields = client
        .answer(&response(&challenge), &REGISTER, &careful, &mut rng)
        .unwrap();
    assert!(fields[0].value.contains("algorithm=SHA-256,"));
    let mut weak = guard(|config| config.algorithms = Vec::from([Algorithm::MD5]));
    let challenge = weak.challenge(Instant::ZERO, Challenger::Server, false);
    let met = ClientAuth::new().receive_challenges(&response(&challenge), &careful, &mut rng);
    assert_eq!(met, Err(AuthError::NoKnownChallenge));
}

#[test]
fn integrity_is_taken_where_it_is_preferred_or_all_there_is() {
    let mut rng = Rng::from_seed([1; 32]);
    let mut keen = alice();
    keen[0].prefers_integrity = true;
    let mut qop = |offered: &str, accounts: &[Account]| {
        let value = format!("Digest realm=\"r\", nonce=\"1\", qop=\"{offered}\"");
        let challenge = response(&[(HeaderName::WwwAuthenticate, value)]);
        let fields = ClientAuth::new().answer(&challenge, &REGISTER, accounts, &mut rng);
        let value = fields.unwrap().remove(0).value;
        let qop = value.split("qop=").nth(1).unwrap();
        qop.split(',').next().unwrap().to_string()
    };
    assert_eq!(qop("auth,auth-int", &alice()), "auth");
    assert_eq!(qop("auth-int, auth", &keen), "auth-int");
    assert_eq!(qop("unheard-of,AUTH-INT", &alice()), "auth-int");
    assert_eq!(qop("auth", &keen), "auth");
}
