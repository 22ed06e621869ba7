use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use super::digest::hash;
use super::*;
use crate::limits::Limits;
use crate::rng::Rng;
use crate::sip::header::{Credentials, Quoted, Value};
use crate::sip::message::{HeaderName, Message, Method};
use crate::time::Instant;

fn digest(
    algorithm: Algorithm,
    ha1: &Ha1,
    nonce: &str,
    cnonce: Option<&str>,
    method: &str,
    uri: &str,
) -> String {
    let input = DigestInput {
        algorithm,
        nonce: nonce.as_bytes(),
        protection: cnonce.map(|cnonce| Protection {
            qop: Qop::Auth,
            nonce_count: b"00000001",
            cnonce: cnonce.as_bytes(),
        }),
        method,
        uri: uri.as_bytes(),
        body: b"",
    };
    input.digest(ha1).as_str().to_string()
}

/// RFC 2617 §3.5, RFC 7616 §3.9.1 (whose password is "Circle of Life").
// shows: S271
#[test]
fn published_digests() {
    let (user, realm) = ("Mufasa", "testrealm@host.com");
    let ha1 = Ha1::new(HashAlgorithm::Md5, user, realm, "Circle Of Life");
    assert_eq!(
        digest(
            Algorithm::MD5,
            &ha1,
            "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            Some("0a4f113b"),
            "GET",
            "/dir/index.html"
        ),
        "6629fae49393a05397450978507c4ef1"
    );
    let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    for (algorithm, response) in [
        (Algorithm::MD5, "8ca523f5e9506fed4657c9700eebdbec"),
        (
            Algorithm::SHA_256,
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
    ] {
        let ha1 = Ha1::new(
            algorithm.hash,
            user,
            "http-auth@example.org",
            "Circle of Life",
        );
        let computed = digest(
            algorithm,
            &ha1,
            nonce,
            Some(cnonce),
            "GET",
            "/dir/index.html",
        );
        assert_eq!(computed, response);
    }
}

/// RFC 7616 §3.9.2, whose printed values are SHA-512 cut to 256 bits, which is not SHA-512/256.
/// The true ones were computed with another implementation.
#[test]
fn sha_512_256_is_the_one_of_fips_180_4() {
    let (user, realm) = ("J\u{e4}s\u{f8}n Doe", "api@example.org");
    let algorithm = Algorithm::SHA_512_256;
    let ha1 = Ha1::new(algorithm.hash, user, realm, "Secret, or not?");
    let nonce = "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK";
    let cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v";
    let computed = digest(algorithm, &ha1, nonce, Some(cnonce), "GET", "/doe.json");
    assert_eq!(
        computed,
        "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"
    );
    let name = hash(algorithm.hash, &[user.as_bytes(), realm.as_bytes()]);
    assert_eq!(
        name.as_str(),
        "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"
    );
}

/// The parameters of RFC 3261 §22.2. Its printed response is that of RFC 2617 §3.5; with the
/// password "zanzibar" this is the one.
#[test]
fn the_example_of_rfc_3261() {
    let ha1 = Ha1::new(HashAlgorithm::Md5, "bob", "biloxi.com", "zanzibar");
    let computed = digest(
        Algorithm::MD5,
        &ha1,
        "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        Some("0a4f113b"),
        "INVITE",
        "sip:bob@biloxi.com",
    );
    assert_eq!(computed, "89eb0059246c02b2f6ee02c7961d5ea3");
}

/// Session keys and the form of RFC 2069, computed with another implementation.
#[test]
fn session_keys_and_the_form_without_qop() {
    let expected = [
        (
            Algorithm::MD5_SESS,
            Some("0a4f113b"),
            "d20652dbd76d31d860900c50052719f5",
        ),
        (
            Algorithm::SHA_256_SESS,
            Some("0a4f113b"),
            "c7a3482824c9edb1f43c541a2b65b28ac79600c0718ae1c33ad53facdeb09577",
        ),
        (Algorithm::MD5, None, "4441045a8075db3ead543693997e2a0e"),
    ];
    for (algorithm, cnonce, response) in expected {
        let ha1 = Ha1::new(algorithm.hash, "bob", "biloxi.com", "zanzibar");
        let nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
        let computed = digest(algorithm, &ha1, nonce, cnonce, "REGISTER", "sip:biloxi.com");
        assert_eq!(computed, response, "{algorithm:?}");
    }
}

// shows: S276
#[test]
fn without_a_body_auth_int_hashes_the_empty_string() {
    let empty = hash(HashAlgorithm::Md5, &[b""]);
    assert_eq!(empty.as_str(), "d41d8cd98f00b204e9800998ecf8427e");
    let empty = hash(HashAlgorithm::Sha256, &[b""]);
    assert_eq!(
        empty.as_str(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    let ha1 = Ha1::new(HashAlgorithm::Md5, "bob", "biloxi.com", "zanzibar");
    let input = |body| DigestInput {
        algorithm: Algorithm::MD5,
        nonce: b"dcd98b7102dd2f0e8b11d0f600bfb0c093",
        protection: Some(Protection {
            qop: Qop::AuthInt,
            nonce_count: b"00000001",
            cnonce: b"0a4f113b",
        }),
        method: "INVITE",
        uri: b"sip:bob@biloxi.com",
        body,
    };
    assert_eq!(
        input(b"").digest(&ha1).as_str(),
        "2d6fc6e788367208f746582b18a69618"
    );
    assert_ne!(input(b"v=0").digest(&ha1), input(b"").digest(&ha1));
}

const URI: &str = "sip:example.com";

/// A request or response with the fields given.
fn message(start: &str, fields: &[(HeaderName, String)], body: &str) -> Message {
    let mut text = format!(
        "{start}\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@example.com>;tag=1\r\n\
         To: <sip:a@example.com>\r\nCall-ID: 1\r\nCSeq: 1 {}\r\nMax-Forwards: 70\r\n",
        start
            .split(' ')
            .next()
            .filter(|word| *word != "SIP/2.0")
            .unwrap_or("REGISTER"),
    );
    for (name, value) in fields {
        text.push_str(&format!("{}: {value}\r\n", name.as_str()));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    Message::parse(text.as_bytes(), &Limits::default()).unwrap()
}

fn response(fields: &[(HeaderName, String)]) -> Message {
    message("SIP/2.0 401 Unauthorized", fields, "")
}

fn register(fields: &[AuthorizationHeader]) -> Message {
    let fields: Vec<_> = fields
        .iter()
        .map(|one| (one.name, one.value.clone()))
        .collect();
    message(&format!("REGISTER {URI} SIP/2.0"), &fields, "")
}

fn guard(configure: impl FnOnce(&mut ServerAuthConfig)) -> ServerAuth {
    let mut config = ServerAuthConfig::new("example.com");
    configure(&mut config);
    ServerAuth::new(config, [3; 32])
}

fn users(user: &str, realm: &str, algorithm: HashAlgorithm) -> Option<Ha1> {
    let known = user == "alice" && realm == "example.com";
    known.then(|| Ha1::new(algorithm, "alice", "example.com", "wonderland"))
}

fn alice() -> [Account; 1] {
    [Account::new("alice", "wonderland")]
}

fn verify(guard: &mut ServerAuth, request: &Message) -> Verdict {
    guard.verify(Instant::ZERO, Challenger::Server, request, users)
}

fn is_accepted(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Accepted(accepted) if accepted.username == "alice")
}

/// Every algorithm and both qualities, from challenge to verdict.
// shows: S272
#[test]
fn what_a_client_answers_a_server_accepts() {
    let mut rng = Rng::from_seed([1; 32]);
    for algorithm in Algorithm::ALL {
        for qop in [Qop::Auth, Qop::AuthInt] {
            let mut guard = guard(|config| {
                config.algorithms = Vec::from([algorithm]);
                config.qops = Vec::from([qop]);
            });
            assert_eq!(verify(&mut guard, &register(&[])), Verdict::Absent);
            let challenge = guard.challenge(Instant::ZERO, Challenger::Server, false);
            let challenge = response(&challenge);
            let mut client = ClientAuth::new();
            let fields = client
                .answer(&challenge, Method::Register, URI, b"", &alice(), &mut rng)
                .unwrap();
            let verdict = verify(&mut guard, &register(&fields));
            assert!(is_accepted(&verdict), "{algorithm:?} {qop:?} {verdict:?}");
            // And on with the same nonce and the next count.
            let fields = client.credentials(Method::Register, URI, b"");
            assert!(fields[0].value.contains("nc=00000002"));
            assert!(is_accepted(&verify(&mut guard, &register(&fields))));
        }
    }
}

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

/// The flow of RFC 3665 §3.3: one proxy after the other challenges, and the third INVITE satisfies
/// both.
// shows: S275
#[test]
fn two_realms_get_two_credentials() {
    let mut rng = Rng::from_seed([1; 32]);
    let realms = ["atlanta.example.com", "biloxi.example.com"];
    let mut guards = realms.map(|realm| ServerAuth::new(ServerAuthConfig::new(realm), [3; 32]));
    let accounts = realms.map(|realm| Account::new("alice", realm).in_realm(realm));
    let lookup = |user: &str, realm: &str, algorithm| {
        (user == "alice").then(|| Ha1::new(algorithm, user, realm, realm))
    };
    let uri = "sip:bob@biloxi.example.com";
    let start = format!("INVITE {uri} SIP/2.0");
    let mut client = ClientAuth::new();
    let mut fields = Vec::new();
    for (round, realm) in realms.into_iter().enumerate() {
        let request = message(&start, &fields, "");
        let mut passing = guards.iter_mut();
        let refused = loop {
            let guard = passing.next().unwrap();
            let verdict = guard.verify(Instant::ZERO, Challenger::Proxy, &request, lookup);
            if !matches!(verdict, Verdict::Accepted(_)) {
                break guard;
            }
        };
        assert_eq!(refused.realm(), realm);
        let challenge = refused.challenge(Instant::ZERO, Challenger::Proxy, false);
        let challenge = message("SIP/2.0 407 Proxy Authentication Required", &challenge, "");
        let answers = client
            .answer(&challenge, Method::Invite, uri, b"", &accounts, &mut rng)
            .unwrap();
        assert_eq!(answers.len(), round + 1);
        fields = answers
            .into_iter()
            .map(|one| (one.name, one.value))
            .collect();
    }
    let request = message(&start, &fields, "");
    for guard in &mut guards {
        let verdict = guard.verify(Instant::ZERO, Challenger::Proxy, &request, lookup);
        assert!(matches!(verdict, Verdict::Accepted(_)));
    }
}

// shows: S277
#[test]
fn a_server_proves_itself_and_hands_out_the_next_nonce() {
    let mut rng = Rng::from_seed([1; 32]);
    let mut guard = guard(|_| {});
    let challenge = response(&guard.challenge(Instant::ZERO, Challenger::Server, false));
    let mut client = ClientAuth::new();
    let fields = client
        .answer(&challenge, Method::Register, URI, b"", &alice(), &mut rng)
        .unwrap();
    let request = register(&fields);
    let Verdict::Accepted(accepted) = verify(&mut guard, &request) else {
        panic!("refused");
    };
    let info = guard
        .authentication_info(Challenger::Server, &request, &accepted, b"")
        .unwrap();
    let ok = |info: &str| {
        let field = (HeaderName::AuthenticationInfo, info.to_string());
        message("SIP/2.0 200 OK", &[field], "")
    };
    assert_eq!(client.receive_info(&ok(&info)), InfoVerdict::Verified);
    let at = info.find("rspauth=\"").unwrap() + 9;
    let mut forged = info.clone().into_bytes();
    forged[at] = if forged[at] == b'0' { b'1' } else { b'0' };
    let forged = String::from_utf8(forged).unwrap();
    assert_eq!(client.receive_info(&ok(&forged)), InfoVerdict::Wrong);
    assert_eq!(client.receive_info(&response(&[])), InfoVerdict::Nothing);
    let next = ok("nextnonce=\"fresh\"");
    assert_eq!(client.receive_info(&next), InfoVerdict::Nothing);
    let value = &client.credentials(Method::Register, URI, b"")[0].value;
    assert!(value.contains("nonce=\"fresh\"") && value.contains("nc=00000001"));
}

#[test]
fn hashes_can_be_kept_instead_of_passwords() {
    let ha1 = Ha1::new(HashAlgorithm::Md5, "alice", "example.com", "wonderland");
    let kept = Ha1::from_hex(HashAlgorithm::Md5, &ha1.as_str().to_uppercase());
    assert_eq!(kept, Some(ha1));
    assert_eq!(Ha1::from_hex(HashAlgorithm::Sha256, ha1.as_str()), None);
    assert_eq!(
        Ha1::from_hex(HashAlgorithm::Md5, "not thirty-two hexadecimal digit"),
        None
    );
    let shown = format!("{ha1:?} {:?}", alice());
    assert!(
        !shown.contains(ha1.as_str()) && !shown.contains("wonderland"),
        "{shown}"
    );
}
