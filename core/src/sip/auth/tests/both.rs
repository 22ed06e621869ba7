//! A client and a server that have only each other.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::*;
use crate::rng::Rng;
use crate::sip::message::{HeaderName, Method};
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
