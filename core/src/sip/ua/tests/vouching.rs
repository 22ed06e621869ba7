//! Credentials that are used once more, before anybody asks (RFC 3261 §22.2, §22.3).

use core::time::Duration;

use super::authorizing::Guard;
use super::net::{Net, Sent, address, media, response, sdp};
use crate::sip::auth::{Account, Algorithm, Challenger, Qop, Verdict};
use crate::sip::ua::{CallHandle, EndReason, Identity, UaEvent, UserAgentConfig};

const BOB: &str = "sip:bob@192.0.2.9";
const CAROL: &str = "sip:carol@192.0.2.9";

fn guard(challenger: Challenger) -> Guard {
    Guard::new("example.org", challenger, Algorithm::SHA_256, Qop::Auth)
}

fn config() -> UserAgentConfig {
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.accounts.push(Account::new("alice", "wonder"));
    config
}

fn answer(net: &mut Net, request: &Sent, status: &str, more: &str, body: &str) {
    net.inject(
        address(9),
        address(1),
        &response(request, status, "t", more, body),
    );
    net.run_ms(20);
}

/// What the challenge of a guard is answered with.
fn challenge(net: &mut Net, guard: &mut Guard, request: &Sent) {
    let (status, more) = match guard.verify(request) {
        Verdict::Absent => ("", guard.challenge()),
        other => panic!("{other:?}"),
    };
    assert!(status.is_empty());
    let status = match more.starts_with("Proxy") {
        true => "407 Proxy Authentication Required",
        false => "401 Unauthorized",
    };
    answer(net, request, status, &more, "");
}

fn invite(net: &mut Net, to: &str) -> (CallHandle, Sent) {
    let (agent, now) = net.at(0);
    let call = agent.invite(now, to, media(1)).unwrap();
    (call, net.puppet_receives("INVITE"))
}

fn establish(net: &mut Net, guard: &mut Guard, invite: &Sent) {
    guard.accept(invite);
    let contact = "Contact: <sip:bob@192.0.2.9>\r\n";
    answer(net, invite, "200 OK", contact, &sdp(9, "sendrecv"));
    let ack = net.puppet_receives("ACK");
    let fields = |name| (ack.fields(name), invite.fields(name));
    for (acks, invites) in [fields("Authorization"), fields("Proxy-Authorization")] {
        assert_eq!(acks, invites);
    }
}

fn hang_up(net: &mut Net, guard: &mut Guard, call: CallHandle) {
    let (agent, now) = net.at(0);
    agent.hang_up(now, call).unwrap();
    let bye = net.puppet_receives("BYE");
    guard.accept(&bye);
    answer(net, &bye, "200 OK", "", "");
}

/// A call to `to`, challenged and ended.
fn call(net: &mut Net, guard: &mut Guard, to: &str) {
    let (call, first) = invite(net, to);
    challenge(net, guard, &first);
    let second = net.puppet_receives("INVITE");
    establish(net, guard, &second);
    hang_up(net, guard, call);
}

/// §22.2: the next request for the same To has them at once, with a count that goes on, from the
/// INVITE to the BYE; one for another has none.
#[test]
fn a_second_call_to_the_same_destination_is_not_challenged() {
    let mut guard = guard(Challenger::Server);
    let mut net = Net::new([config()]);
    call(&mut net, &mut guard, BOB);
    for count in ["nc=00000003", "nc=00000005"] {
        let (call, first) = invite(&mut net, BOB);
        assert!(first.field("Authorization").contains(count));
        establish(&mut net, &mut guard, &first);
        hang_up(&mut net, &mut guard, call);
    }
    let (_, other) = invite(&mut net, CAROL);
    assert_eq!(other.field("Authorization"), "");
}

/// RFC 7616 §3.4: a nonce is counted by one call at a time. What two calls at once have learned,
/// two calls at once may use.
#[test]
fn calls_at_once_share_no_nonce() {
    let mut guard = guard(Challenger::Server);
    let mut net = Net::new([config()]);
    let mut calls = [(); 2].map(|()| {
        let (call, first) = invite(&mut net, BOB);
        challenge(&mut net, &mut guard, &first);
        let second = net.puppet_receives("INVITE");
        establish(&mut net, &mut guard, &second);
        call
    });
    for _ in 0..2 {
        for call in calls {
            hang_up(&mut net, &mut guard, call);
        }
        calls = [(); 2].map(|()| {
            let (call, first) = invite(&mut net, BOB);
            establish(&mut net, &mut guard, &first);
            call
        });
    }
    let (_, third) = invite(&mut net, BOB);
    assert_eq!(guard.verify(&third), Verdict::Absent);
}

/// §22.3: what a proxy has asked for must not be used in another dialog, unless it is the outbound
/// proxy and its realm is set.
#[test]
fn a_proxys_credentials_stay_in_their_dialog_unless_its_realm_is_known() {
    for (realm, is_kept) in [
        (None, false),
        (Some("elsewhere.example"), false),
        (Some("example.org"), true),
    ] {
        let mut guard = guard(Challenger::Proxy);
        let mut config = config();
        config.outbound_proxies.push("sip:192.0.2.9".into());
        config.outbound_proxy_realm = realm.map(Into::into);
        let mut net = Net::new([config]);
        call(&mut net, &mut guard, BOB);
        for to in [CAROL, BOB] {
            let (call, first) = invite(&mut net, to);
            let has_any = !first.field("Proxy-Authorization").is_empty();
            assert_eq!(has_any, is_kept, "{realm:?} {to}");
            if is_kept {
                establish(&mut net, &mut guard, &first);
                hang_up(&mut net, &mut guard, call);
            }
        }
    }
}

/// §22.1: a nonce of before that is not taken any more says nothing of the password, even of a server
/// that does not call it stale or gives the same again; a second refusal does.
#[test]
fn an_old_nonce_that_is_refused_is_no_wrong_password() {
    let fields = |nonce: &str| {
        alloc::format!(
            "WWW-Authenticate: Digest realm=\"example.org\", nonce=\"{nonce}\", qop=\"auth\", \
             algorithm=SHA-256\r\n"
        )
    };
    for (next, last) in [("n2", "n3"), ("n1", "n4")] {
        let mut net = Net::new([config()]);
        let (call, first) = invite(&mut net, BOB);
        answer(&mut net, &first, "401 Unauthorized", &fields("n1"), "");
        let second = net.puppet_receives("INVITE");
        let contact = "Contact: <sip:bob@192.0.2.9>\r\n";
        answer(&mut net, &second, "200 OK", contact, &sdp(9, "sendrecv"));
        let (agent, now) = net.at(0);
        agent.hang_up(now, call).unwrap();
        let bye = net.puppet_receives("BYE");
        answer(&mut net, &bye, "200 OK", "", "");
        net.ended(0);
        let (_, first) = invite(&mut net, BOB);
        assert!(first.field("Authorization").contains("nonce=\"n1\""));
        answer(&mut net, &first, "401 Unauthorized", &fields(next), "");
        let again = net.puppet_receives("INVITE");
        assert_eq!(again.cseq(), first.cseq() + 1);
        let nonce = alloc::format!("nonce=\"{next}\"");
        assert!(again.field("Authorization").contains(&nonce));
        answer(&mut net, &again, "401 Unauthorized", &fields(last), "");
        assert_eq!(net.ended(0), EndReason::WrongPassword);
        // What was refused is not kept.
        let (_, third) = invite(&mut net, BOB);
        assert_eq!(third.field("Authorization"), "");
    }
}

/// Each address-of-record has its own.
#[test]
fn another_identity_does_not_use_them() {
    let mut guard = guard(Challenger::Server);
    let mut net = Net::new([config()]);
    let (agent, now) = net.at(0);
    let work = UserAgentConfig {
        aor: "sip:work@example.org".into(),
        ..config()
    };
    let work = agent.add_identity(now, work).unwrap();
    call(&mut net, &mut guard, BOB);
    for (identity, has_any) in [(work, false), (Identity::FIRST, true)] {
        let (agent, now) = net.at(0);
        agent.invite_as(now, identity, BOB, media(1)).unwrap();
        let first = net.puppet_receives("INVITE");
        assert_eq!(!first.field("Authorization").is_empty(), has_any);
    }
}

/// A registration that has ended leaves them to the next one; so does any other question.
#[test]
fn the_next_registration_and_the_next_question_have_them() {
    let mut guard = guard(Challenger::Server);
    let mut net = Net::new([config()]);
    let hour = Duration::from_secs(3600);
    for round in 0..2 {
        let (agent, now) = net.at(0);
        let handle = agent.register(now, "sip:192.0.2.9", hour).unwrap();
        let mut register = net.puppet_receives("REGISTER");
        if round == 0 {
            challenge(&mut net, &mut guard, &register);
            register = net.puppet_receives("REGISTER");
        }
        guard.accept(&register);
        answer(&mut net, &register, "200 OK", "Expires: 3600\r\n", "");
        let (agent, now) = net.at(0);
        agent.unregister(now, handle).unwrap();
        let last = net.puppet_receives("REGISTER");
        guard.accept(&last);
        answer(&mut net, &last, "200 OK", "", "");
        assert!(net.saw(
            0,
            &UaEvent::Unregistered {
                registration: handle
            }
        ));
    }
    for round in 0..2 {
        let (agent, now) = net.at(0);
        agent.options(now, BOB).unwrap();
        let mut options = net.puppet_receives("OPTIONS");
        if round == 0 {
            challenge(&mut net, &mut guard, &options);
            options = net.puppet_receives("OPTIONS");
        }
        guard.accept(&options);
        answer(&mut net, &options, "200 OK", "", "");
    }
    net.assert_idle();
}
