//! A client and a server that have only each other.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use super::*;
use crate::rng::Rng;
use crate::sip::message::{HeaderName, Message, Method};
use crate::time::Instant;

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
                .answer(&challenge, &REGISTER, &alice(), &mut rng)
                .unwrap();
            let verdict = verify(&mut guard, &register(&fields));
            assert!(is_accepted(&verdict), "{algorithm:?} {qop:?} {verdict:?}");
            // And on with the same nonce and the next count.
            let fields = client.credentials(&REGISTER);
            assert!(fields[0].value.contains("nc=00000002"));
            assert!(is_accepted(&verify(&mut guard, &register(&fields))));
        }
    }
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
    let invite = ProtectedRequest {
        method: Method::Invite,
        request_uri: uri,
        ..REGISTER
    };
    let mut client = ClientAuth::new();
    let mut fields = Vec::new();
    for (round, realm) in realms.into_iter().enumerate() {
        let request = message(&start, &fields, "");
        let mut passing = guards.iter_mut();
        let refused = loop {
            let guard = passing.next().unwrap();
            let verdict = guard.verify(Instant::ZERO, Challenger::Proxy, &request, &lookup);
            if !matches!(verdict, Verdict::Accepted(_)) {
                break guard;
            }
        };
        assert_eq!(refused.realm(), realm);
        let challenge = refused.challenge(Instant::ZERO, Challenger::Proxy, false);
        let challenge = message("SIP/2.0 407 Proxy Authentication Required", &challenge, "");
        let answers = client
            .answer(&challenge, &invite, &accounts, &mut rng)
            .unwrap();
        assert_eq!(answers.len(), round + 1);
        fields = answers
            .into_iter()
            .map(|one| (one.name, one.value))
            .collect();
    }
    let request = message(&start, &fields, "");
    for guard in &mut guards {
        let verdict = guard.verify(Instant::ZERO, Challenger::Proxy, &request, &lookup);
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
        .answer(&challenge, &REGISTER, &alice(), &mut rng)
        .unwrap();
    let request = register(&fields);
    let Verdict::Accepted(accepted) = verify(&mut guard, &request) else {
        panic!("refused");
    };
    let server = Challenger::Server;
    let info = guard
        .authentication_info(Instant::ZERO, server, &request, &accepted, b"")
        .unwrap();
    assert!(!info.contains("nextnonce"), "{info}");
    let ok = |info: &str| {
        let field = (HeaderName::AuthenticationInfo, info.to_string());
        message("SIP/2.0 200 OK", &[field], "")
    };
    let mut learn =
        |client: &mut ClientAuth, info: &str| client.receive_success(&ok(info), &mut rng);
    assert_eq!(learn(&mut client, &info), InfoVerdict::Verified);
    let at = info.find("rspauth=\"").unwrap() + 9;
    let mut forged = info.clone().into_bytes();
    forged[at] = if forged[at] == b'0' { b'1' } else { b'0' };
    let forged = String::from_utf8(forged).unwrap();
    let forged = format!("nextnonce=\"of an impostor\", {forged}");
    assert_eq!(learn(&mut client, &forged), InfoVerdict::Wrong);
    assert_eq!(learn(&mut client, "qop=auth"), InfoVerdict::Nothing);
    // Past half of its time the nonce is replaced.
    let late = Instant::ZERO + Duration::from_secs(151);
    let info = guard
        .authentication_info(late, server, &request, &accepted, b"")
        .unwrap();
    assert!(info.contains("nextnonce"), "{info}");
    assert_eq!(learn(&mut client, &info), InfoVerdict::Verified);
    let before = parameter(&fields[0].value, "cnonce");
    let fields = client.credentials(&REGISTER);
    let value = &fields[0].value;
    assert_eq!(parameter(value, "nonce"), parameter(&info, "nextnonce"));
    assert_ne!(parameter(value, "cnonce"), before, "§5.12");
    assert!(value.contains("nc=00000001"), "{value}");
    let verdict = guard.verify(
        late + Duration::from_secs(200),
        server,
        &register(&fields),
        &users,
    );
    assert!(is_accepted(&verdict), "{verdict:?}");
    // What was proven once and is challenged anew was too old.
    let anew = response(&guard.challenge(late, server, false));
    let met = client.receive_challenges(&anew, &alice(), &mut rng);
    assert_eq!(met, Ok(()));
}

/// RFC 7616 §3.5: with `auth-int` the body of the response is vouched for as well.
#[test]
fn a_server_vouches_for_the_body_of_its_response() {
    let mut rng = Rng::from_seed([1; 32]);
    let mut guard = guard(|config| config.qops = Vec::from([Qop::AuthInt]));
    let challenge = response(&guard.challenge(Instant::ZERO, Challenger::Server, false));
    let mut client = ClientAuth::new();
    let fields = client
        .answer(&challenge, &REGISTER, &alice(), &mut rng)
        .unwrap();
    let request = register(&fields);
    let Verdict::Accepted(accepted) = verify(&mut guard, &request) else {
        panic!("refused");
    };
    let (now, server) = (Instant::ZERO, Challenger::Server);
    let info = guard.authentication_info(now, server, &request, &accepted, b"hello");
    let field = [(HeaderName::AuthenticationInfo, info.unwrap())];
    let mut learn = |body| {
        let ok = message("SIP/2.0 200 OK", &field, body);
        client.receive_success(&ok, &mut rng)
    };
    assert_eq!(learn("hello"), InfoVerdict::Verified);
    assert_eq!(learn("hullo"), InfoVerdict::Wrong);
}

/// RFC 7616 §3.8: a proxy says the same in a field of its own.
#[test]
fn a_proxy_proves_itself_too() {
    let mut rng = Rng::from_seed([1; 32]);
    let mut guard = guard(|_| {});
    let challenge = guard.challenge(Instant::ZERO, Challenger::Proxy, false);
    let challenge = message("SIP/2.0 407 Proxy Authentication Required", &challenge, "");
    let mut client = ClientAuth::new();
    let fields = client
        .answer(&challenge, &REGISTER, &alice(), &mut rng)
        .unwrap();
    let request = register(&fields);
    let verdict = guard.verify(Instant::ZERO, Challenger::Proxy, &request, &users);
    let Verdict::Accepted(accepted) = verdict else {
        panic!("refused");
    };
    let info =
        guard.authentication_info(Instant::ZERO, Challenger::Proxy, &request, &accepted, b"");
    let info = info.unwrap();
    let mut hear = |name: &str| {
        let start = format!("SIP/2.0 200 OK\r\n{name}: {info}");
        client.receive_success(&message(&start, &[], ""), &mut rng)
    };
    assert_eq!(hear("Proxy-Authentication-Info"), InfoVerdict::Verified);
    assert_eq!(hear("Authentication-Info"), InfoVerdict::Nothing);
}

/// RFC 3261 §22.3: a fork may reach two servers of one realm, each with nonces of its own. Each
/// finds the answer that is for it.
#[test]
fn two_servers_of_one_realm_get_an_answer_each() {
    let mut rng = Rng::from_seed([1; 32]);
    let config = || ServerAuthConfig::new("example.com");
    let mut guards = [[3; 32], [4; 32]].map(|secret| ServerAuth::new(config(), secret));
    let mut challenges = Vec::new();
    for guard in &mut guards {
        challenges.extend(guard.challenge(Instant::ZERO, Challenger::Proxy, false));
    }
    assert_eq!(challenges.len(), 4);
    let challenge = message("SIP/2.0 407 Proxy Authentication Required", &challenges, "");
    let mut client = ClientAuth::new();
    let fields = client
        .answer(&challenge, &REGISTER, &alice(), &mut rng)
        .unwrap();
    assert_eq!(fields.len(), 2);
    let request = register(&fields);
    for guard in &mut guards {
        let verdict = guard.verify(Instant::ZERO, Challenger::Proxy, &request, &users);
        assert!(is_accepted(&verdict), "{verdict:?}");
    }
}

/// RFC 7616 §3.4.4: the name goes as a hash, and is the plain one in the digest.
#[test]
fn a_name_that_is_hashed_is_found_again() {
    let mut rng = Rng::from_seed([1; 32]);
    let (name, realm) = ("J\u{e4}s\u{f8}n Doe", "example.com");
    let mut store = UserStore::new();
    store.add_password("somebody", realm, "else");
    store.add_password(name, realm, "Secret, or not?");
    for algorithm in Algorithm::ALL {
        let mut guard = guard(|config| {
            config.offers_userhash = true;
            config.algorithms = Vec::from([algorithm]);
        });
        let challenge = guard.challenge(Instant::ZERO, Challenger::Server, false);
        assert!(challenge[0].1.contains("charset=UTF-8, userhash=true"));
        let mut answer = |name: &str| {
            let account = [Account::new(name, "Secret, or not?")];
            let challenge = response(&challenge);
            let mut client = ClientAuth::new();
            let fields = client.answer(&challenge, &REGISTER, &account, &mut rng);
            register(&fields.unwrap())
        };
        let request = answer(name);
        let field = String::from_utf8(request.as_bytes().to_vec()).unwrap();
        assert!(
            field.contains("userhash=true") && !field.contains(name),
            "{field}"
        );
        let mut verify = |request: &Message| {
            let (now, server) = (Instant::ZERO, Challenger::Server);
            guard.verify(now, server, request, &store)
        };
        let Verdict::Accepted(accepted) = verify(&request) else {
            panic!("refused");
        };
        assert_eq!(accepted.username, name);
        assert_eq!(verify(&answer("nobody")), Verdict::Refused);
        assert_eq!(verify(&answer("somebody")), Verdict::Refused);
    }
}
