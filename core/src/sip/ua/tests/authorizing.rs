//! Credentials over the whole life of a call or a registration (RFC 3261 §22.2, §22.3; RFC 7616).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::net::{Net, Sent, address, media, response, sdp};
use super::puppets::in_dialog;
use crate::limits::Limits;
use crate::sip::auth::{
    Accepted, Account, Algorithm, Challenger, Qop, ServerAuth, ServerAuthConfig, UserStore, Verdict,
};
use crate::sip::message::{Message, StatusCode};
use crate::sip::ua::{EndReason, Info, RegistrationFailure, UaEvent, UserAgentConfig};
use crate::time::Instant;

/// Who guards a realm, and knows alice.
pub(super) struct Guard {
    auth: ServerAuth,
    users: UserStore,
    challenger: Challenger,
}

impl Guard {
    pub(super) fn new(realm: &str, challenger: Challenger, algorithm: Algorithm, qop: Qop) -> Self {
        let mut config = ServerAuthConfig::new(realm);
        config.algorithms = Vec::from([algorithm]);
        config.qops = Vec::from([qop]);
        let mut users = UserStore::new();
        users.add_password("alice", realm, "wonder");
        Self {
            auth: ServerAuth::new(config, [5; 32]),
            users,
            challenger,
        }
    }

    /// Header fields that challenge.
    pub(super) fn challenge(&mut self) -> String {
        let fields = self.auth.challenge(Instant::ZERO, self.challenger, false);
        let rows = fields
            .iter()
            .map(|(name, value)| format!("{}: {value}\r\n", name.as_str()));
        rows.collect()
    }

    pub(super) fn verify(&mut self, request: &Sent) -> Verdict {
        let request = Message::parse(request.text.as_bytes(), &Limits::default()).unwrap();
        self.auth
            .verify(Instant::ZERO, self.challenger, &request, &self.users)
    }

    pub(super) fn accept(&mut self, request: &Sent) -> Accepted {
        match self.verify(request) {
            Verdict::Accepted(accepted) => accepted,
            other => panic!("{other:?}: {}", request.text),
        }
    }

    /// Authentication-Info for a response without a body.
    fn info(&mut self, at: Instant, request: &Sent, accepted: &Accepted) -> String {
        let request = Message::parse(request.text.as_bytes(), &Limits::default()).unwrap();
        let info = self
            .auth
            .authentication_info(at, self.challenger, &request, accepted, b"");
        format!("Authentication-Info: {}\r\n", info.unwrap())
    }
}

fn alice() -> Net {
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.accounts.push(Account::new("alice", "wonder"));
    Net::new([config])
}

fn answer(net: &mut Net, request: &Sent, status: &str, more: &str, body: &str) {
    net.inject(
        address(9),
        address(1),
        &response(request, status, "t", more, body),
    );
    net.run_ms(20);
}

/// RFC 8760 §2.6 item 7, RFC 3261 §22.3: INVITE, PRACK, UPDATE, INFO, re-INVITE and BYE, with a body
/// and without; in each the count goes up. The ACK repeats what its INVITE had (§22.1).
// shows: S276
#[test]
fn every_request_of_a_call_vouches_for_its_real_body() {
    for algorithm in Algorithm::ALL {
        let mut guard = Guard::new("example.org", Challenger::Server, algorithm, Qop::AuthInt);
        let mut net = alice();
        let (endpoint, now) = net.at(0);
        let call = endpoint.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
        let first = net.puppet_receives("INVITE");
        assert_eq!(guard.verify(&first), Verdict::Absent);
        let challenge = guard.challenge();
        answer(&mut net, &first, "401 Unauthorized", &challenge, "");
        let invite = net.puppet_receives("INVITE");
        guard.accept(&invite);
        let contact = "Contact: <sip:bob@192.0.2.9>\r\nAllow: INVITE, UPDATE, INFO, PRACK\r\n";
        let reliable = format!("{contact}Require: 100rel\r\nRSeq: 7\r\n");
        let body = sdp(9, "sendrecv");
        answer(&mut net, &invite, "183 Session Progress", &reliable, &body);
        let prack = net.puppet_receives("PRACK");
        guard.accept(&prack);
        answer(&mut net, &prack, "200 OK", "", "");
        let (endpoint, now) = net.at(0);
        endpoint.hold(now, call).unwrap();
        let update = net.puppet_receives("UPDATE");
        assert!(!update.body().is_empty());
        guard.accept(&update);
        let held = sdp(9, "recvonly");
        answer(&mut net, &update, "200 OK", contact, &held);
        let no_update = "Contact: <sip:bob@192.0.2.9>\r\nAllow: INVITE, INFO\r\n";
        net.inject(
            address(9),
            address(1),
            &response(&invite, "200 OK", "t", no_update, ""),
        );
        let ack = net.puppet_receives("ACK");
        assert_eq!(ack.fields("Authorization"), invite.fields("Authorization"));
        let (endpoint, now) = net.at(0);
        endpoint.resume(now, call).unwrap();
        let change = net.puppet_receives("INVITE");
        assert!(!change.body().is_empty());
        guard.accept(&change);
        answer(&mut net, &change, "200 OK", no_update, &sdp(9, "sendrecv"));
        net.puppet_receives("ACK");
        let info = Info {
            content_type: "application/dtmf-relay".into(),
            body: b"Signal=5\r\nDuration=160\r\n".to_vec(),
            package: None,
        };
        let (endpoint, now) = net.at(0);
        endpoint.info(now, call, info).unwrap();
        let info = net.puppet_receives("INFO");
        guard.accept(&info);
        // Another body, and it is not what alice has said.
        let mut forged = info.clone();
        forged.text = info.text.replace("Signal=5", "Signal=9");
        assert_eq!(guard.verify(&forged), Verdict::Refused, "{algorithm:?}");
        answer(&mut net, &info, "200 OK", "", "");
        let (endpoint, now) = net.at(0);
        endpoint.hang_up(now, call).unwrap();
        let bye = net.puppet_receives("BYE");
        guard.accept(&bye);
        assert!(
            bye.field("Authorization").contains("nc=00000006"),
            "{}",
            bye.text
        );
        assert_eq!(guard.verify(&bye), Verdict::Stale, "a replay");
        answer(&mut net, &bye, "200 OK", "", "");
        net.assert_idle();
    }
}

/// RFC 3261 §22.3: a fork may come back with both kinds of challenge at once, and each server wants
/// its own header field.
#[test]
fn one_response_may_ask_for_a_server_and_for_proxies() {
    let mut guards = [("bob", Challenger::Server), ("p", Challenger::Proxy)]
        .map(|(realm, challenger)| Guard::new(realm, challenger, Algorithm::MD5, Qop::Auth));
    let mut net = alice();
    let (endpoint, now) = net.at(0);
    endpoint.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let first = net.puppet_receives("INVITE");
    let challenges: String = guards.iter_mut().map(Guard::challenge).collect();
    answer(
        &mut net,
        &first,
        "407 Proxy Authentication Required",
        &challenges,
        "",
    );
    let second = net.puppet_receives("INVITE");
    let counts = ["Authorization", "Proxy-Authorization"].map(|name| second.fields(name).len());
    assert_eq!(counts, [1, 1]);
    for guard in &mut guards {
        guard.accept(&second);
    }
    // §22.1: all of them stand in the ACK.
    let contact = "Contact: <sip:bob@192.0.2.9>\r\n";
    let ok = response(&second, "200 OK", "t", contact, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &ok);
    let ack = net.puppet_receives("ACK");
    for name in ["Authorization", "Proxy-Authorization"] {
        assert_eq!(ack.fields(name), second.fields(name));
    }
    net.inject(
        address(9),
        address(1),
        &in_dialog(&second, "BYE", 1, "", ""),
    );
    net.run_ms(50);
    assert_eq!(net.ended(0), EndReason::RemoteHungUp);
}

/// Both INFOs go out before the first challenge comes back: the second challenge is no refusal of
/// what the first one has led to.
#[test]
fn two_requests_that_are_challenged_at_once_both_go_through() {
    let mut guard = Guard::new("p", Challenger::Proxy, Algorithm::SHA_256, Qop::Auth);
    let mut net = alice();
    let (_, call) = super::puppets::call_to_puppet(&mut net);
    for signal in ["1", "2"] {
        let info = Info {
            content_type: "text/plain".into(),
            body: signal.as_bytes().to_vec(),
            package: None,
        };
        let (endpoint, now) = net.at(0);
        endpoint.info(now, call, info).unwrap();
    }
    let asked = [0, 1].map(|_| net.puppet_receives("INFO"));
    for info in &asked {
        let challenge = guard.challenge();
        let status = "407 Proxy Authentication Required";
        net.inject(
            address(9),
            address(1),
            &response(info, status, "t", &challenge, ""),
        );
    }
    for _ in asked {
        let again = net.puppet_receives("INFO");
        guard.accept(&again);
        net.inject(
            address(9),
            address(1),
            &response(&again, "200 OK", "t", "", ""),
        );
    }
    net.run_ms(50);
    for _ in 0..2 {
        let status = net.expect(0, |event| match event {
            UaEvent::InfoAnswered { status, .. } => Some(*status),
            _ => None,
        });
        assert_eq!(status, Some(StatusCode::OK));
    }
}

/// RFC 7616 §3.5, §3.6: the nonce for the next request came with the answer to the last, and the
/// refresh needs no challenge.
// shows: S277
#[test]
fn a_refresh_uses_the_next_nonce_of_a_server_that_knows_the_password() {
    let mut guard = Guard::new(
        "example.org",
        Challenger::Server,
        Algorithm::SHA_256,
        Qop::Auth,
    );
    let mut net = alice();
    let (endpoint, now) = net.at(0);
    let expires = Duration::from_secs(600);
    endpoint.register(now, "sip:192.0.2.9", expires).unwrap();
    let first = net.puppet_receives("REGISTER");
    let challenge = guard.challenge();
    answer(&mut net, &first, "401 Unauthorized", &challenge, "");
    let second = net.puppet_receives("REGISTER");
    let accepted = guard.accept(&second);
    let aged = Instant::ZERO + Duration::from_secs(200);
    let info = guard.info(aged, &second, &accepted);
    let next = info.split("nextnonce=\"").nth(1).unwrap().split('"').next();
    answer(
        &mut net,
        &second,
        "200 OK",
        &format!("{info}Expires: 600\r\n"),
        "",
    );
    net.run_secs(500);
    let third = net.puppet_receives("REGISTER");
    let authorization = third.field("Authorization");
    assert!(authorization.contains(&format!("nonce=\"{}\"", next.unwrap())));
    assert!(authorization.contains("nc=00000001"), "{authorization}");
    guard.accept(&third);
    assert_eq!(net.sent("401 REGISTER").len(), 1);
}

/// RFC 7616 §3.5: a 200 of somebody who does not know the password may come from anywhere.
#[test]
fn a_registrar_that_proves_itself_wrongly_is_not_believed() {
    let mut guard = Guard::new(
        "example.org",
        Challenger::Server,
        Algorithm::SHA_256,
        Qop::Auth,
    );
    let mut net = alice();
    let (endpoint, now) = net.at(0);
    let expires = Duration::from_secs(600);
    endpoint.register(now, "sip:192.0.2.9", expires).unwrap();
    let first = net.puppet_receives("REGISTER");
    let challenge = guard.challenge();
    answer(&mut net, &first, "401 Unauthorized", &challenge, "");
    let second = net.puppet_receives("REGISTER");
    let accepted = guard.accept(&second);
    let info = guard.info(Instant::ZERO, &second, &accepted);
    let (before, proof) = info.split_once("rspauth=\"").unwrap();
    let forged = format!("{before}rspauth=\"0{proof}");
    answer(
        &mut net,
        &second,
        "200 OK",
        &format!("{forged}Expires: 600\r\n"),
        "",
    );
    let (reason, retry) = net.expect(0, |event| match event {
        UaEvent::RegistrationFailed {
            reason, retry_in, ..
        } => Some((*reason, *retry_in)),
        _ => None,
    });
    assert_eq!(reason, RegistrationFailure::ServerUnproven);
    assert!(retry.is_some(), "it may have been someone on the way");
}
