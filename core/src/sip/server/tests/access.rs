//! RFC 3261 §10.3 steps 3 and 4, §16.3 item 6, §22: who may do what.

use super::*;
use crate::rng::Rng;
use crate::sip::auth::{Account, ClientAuth, ProtectedRequest};
use crate::sip::message::Method;

pub(super) fn guarded() -> Net {
    let mut config = ServerConfig::new("example.com");
    config.add_user("alice", "wonderland");
    config.add_user("bob", "zanzibar");
    Net::new(config)
}

/// The request again, one CSeq on, under a branch of its own, with credentials for `challenge`.
pub(super) fn with_password(
    asked: &str,
    challenge: &Message,
    user: &str,
    password: &str,
) -> String {
    let first = asked.lines().next().unwrap();
    let mut words = first.split(' ');
    let (method, uri) = (words.next().unwrap(), words.next().unwrap());
    let account = Account::new(user, password);
    let mut rng = Rng::from_seed([3; 32]);
    let answers = ClientAuth::default()
        .answer(
            challenge,
            &ProtectedRequest {
                method: Method::parse(method.as_bytes()).unwrap(),
                request_uri: uri,
                cseq: 1,
                body: b"",
            },
            &[account],
            &mut rng,
        )
        .unwrap();
    let mut again = asked.replace("z9hG4bK", "z9hG4bKagain").trim().to_string();
    for answer in answers {
        again.push_str(&format!("\n{}: {}", answer.name.as_str(), answer.value));
    }
    again
}

pub(super) fn register_for(user: &str) -> String {
    format!(
        "REGISTER sip:example.com SIP/2.0
         Via: SIP/2.0/UDP {BOB};branch=z9hG4bKr{user}
         Max-Forwards: 70
         From: <sip:{user}@example.com>;tag=1
         To: <sip:{user}@example.com>
         Call-ID: r-{user}
         CSeq: 1 REGISTER
         Contact: <sip:{user}@192.0.2.20>
         Content-Length: 0"
    )
}

// shows: S109
#[test]
fn a_register_without_a_password_is_challenged_strongest_algorithm_first() {
    let mut net = guarded();
    net.send(BOB, &register_for("bob"));
    let challenged = net.response(BOB, 401);
    let challenges = values(&challenged, HeaderName::WwwAuthenticate);
    assert_eq!(challenges.len(), 2);
    assert!(
        challenges[0].contains("algorithm=SHA-256"),
        "{challenges:?}"
    );
    assert!(challenges[1].contains("algorithm=MD5"), "{challenges:?}");
    for challenge in &challenges {
        assert!(challenge.starts_with("Digest ") && challenge.contains("realm=\"example.com\""));
    }
    assert_eq!(net.server.bindings().count(), 0);
    net.send(
        BOB,
        &with_password(&register_for("bob"), &challenged, "bob", "zanzibar"),
    );
    net.response(BOB, 200);
    assert_eq!(net.server.bindings().count(), 1);
}

#[test]
fn a_wrong_password_and_an_unknown_user_look_alike() {
    let mut net = guarded();
    for (user, password) in [("bob", "wrong"), ("nobody", "wrong")] {
        net.send(BOB, &register_for(user));
        let challenged = net.response(BOB, 401);
        net.send(
            BOB,
            &with_password(&register_for(user), &challenged, user, password),
        );
        let again = net.response(BOB, 401);
        assert!(!text(&again).contains("stale=true"));
    }
    // A wrong password is told of, the question for one is not.
    assert_eq!(net.events.len(), 2, "{:?}", net.events);
    assert_eq!(net.server.bindings().count(), 0);
}

#[test]
fn an_old_nonce_is_stale() {
    let mut net = guarded();
    net.send(BOB, &register_for("bob"));
    let challenged = net.response(BOB, 401);
    net.pass(Duration::from_secs(301));
    net.send(
        BOB,
        &with_password(&register_for("bob"), &challenged, "bob", "zanzibar"),
    );
    let again = net.response(BOB, 401);
    assert!(text(&again).contains("stale=true"));
}

// shows: S109
#[test]
fn nobody_registers_for_another() {
    let mut net = guarded();
    net.send(BOB, &register_for("alice"));
    let challenged = net.response(BOB, 401);
    net.send(
        BOB,
        &with_password(&register_for("alice"), &challenged, "bob", "zanzibar"),
    );
    net.response(BOB, 403);
    assert_eq!(net.server.bindings().count(), 0);
}

// shows: S173
#[test]
fn users_of_the_domain_show_their_password_to_the_proxy_with_407_not_401() {
    let mut net = guarded();
    let asked = net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let challenged = net.response(ALICE, 407);
    assert_eq!(values(&challenged, HeaderName::ProxyAuthenticate).len(), 2);
    assert!(values(&challenged, HeaderName::WwwAuthenticate).is_empty());
    net.send(
        ALICE,
        &with_password(&asked, &challenged, "alice", "wonderland"),
    );
    net.response(ALICE, 480);
    // Nobody is registered, but a stranger's domain is open to her too.
    let asked = net.ask(ALICE, "MESSAGE", "sip:x@192.0.2.60", "");
    let challenged = net.response(ALICE, 407);
    net.send(
        ALICE,
        &with_password(&asked, &challenged, "alice", "wonderland"),
    );
    let copy = net.request("192.0.2.60:5060", "MESSAGE");
    // §22.3: they were for us, and go no further.
    assert!(values(&copy, HeaderName::ProxyAuthorization).is_empty());
}

#[test]
fn nobody_calls_in_the_name_of_another() {
    let mut net = guarded();
    let asked = net.ask(
        ALICE,
        "INVITE",
        "sip:bob@example.com",
        "From: <sip:bob@example.com>;tag=1",
    );
    let challenged = net.response(ALICE, 407);
    net.send(
        ALICE,
        &with_password(&asked, &challenged, "alice", "wonderland"),
    );
    net.response(ALICE, 403);
}

// shows: S173
#[test]
fn strangers_reach_users_but_not_strangers() {
    let mut net = guarded();
    let from = "From: <sip:carol@chicago.invalid>;tag=1";
    net.ask(ALICE, "INVITE", "sip:bob@example.com", from);
    net.response(ALICE, 480);
    net.ask(ALICE, "INVITE", "sip:x@192.0.2.60", from);
    net.response(ALICE, 403);
    // Nor by a detour that a Route lays.
    let rows = format!("{from}\nRoute: <sip:192.0.2.60;lr>");
    net.ask(ALICE, "INVITE", "sip:bob@example.com", &rows);
    net.response(ALICE, 403);
    // Nor as if it were a dialog that nobody has let through.
    let rows = "To: <sip:x@192.0.2.60>;tag=2\nRoute: <sip:192.0.2.1;lr;mark=0123456789abcdef>";
    net.ask(ALICE, "BYE", "sip:x@192.0.2.60", &format!("{from}\n{rows}"));
    net.response(ALICE, 403);
    net.ask(ALICE, "ACK", "sip:x@192.0.2.60", &format!("{from}\n{rows}"));
    net.quiet();
}

#[test]
fn a_domain_it_is_not_responsible_for_is_refused_unless_it_relays() {
    let mut net = Net::open();
    net.ask(ALICE, "MESSAGE", "sip:x@192.0.2.60", "");
    net.response(ALICE, 403);
    // §10.3 step 1: a REGISTER for another domain is a request like any other.
    net.ask(ALICE, "REGISTER", "sip:192.0.2.60", "");
    net.response(ALICE, 403);
    let mut config = ServerConfig::new("example.com");
    config.relay = true;
    let mut net = Net::new(config);
    net.ask(ALICE, "REGISTER", "sip:192.0.2.60", "");
    net.request("192.0.2.60:5060", "REGISTER");
}

#[test]
fn a_request_of_a_dialog_that_came_through_is_not_asked_again() {
    let mut net = guarded();
    net.send(BOB, &register_for("bob"));
    let challenged = net.response(BOB, 401);
    net.send(
        BOB,
        &with_password(&register_for("bob"), &challenged, "bob", "zanzibar"),
    );
    net.response(BOB, 200);
    let asked = net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let challenged = net.response(ALICE, 407);
    net.send(
        ALICE,
        &with_password(&asked, &challenged, "alice", "wonderland"),
    );
    let invite = net.request(BOB, "INVITE");
    net.answer(BOB, &invite, 200, "b", "");
    let ok = net.response(ALICE, 200);
    let route = value(&ok, HeaderName::RecordRoute);
    let call_id = invite.call_id().unwrap();
    let rows = format!("Route: {route}\nCall-ID: {call_id}\nTo: <sip:bob@example.com>;tag=b");
    net.ask(ALICE, "ACK", "sip:bob@192.0.2.20", &rows);
    net.request(BOB, "ACK");
    net.ask(ALICE, "BYE", "sip:bob@192.0.2.20", &rows);
    net.request(BOB, "BYE");
    // The mark holds for this call only.
    let rows = rows.replace(call_id, "another");
    net.ask(ALICE, "BYE", "sip:bob@192.0.2.20", &rows);
    net.response(ALICE, 407);
}

// shows: S274
#[test]
fn a_cancel_is_never_challenged() {
    let mut net = guarded();
    let asked = net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    net.response(ALICE, 407);
    net.send(ALICE, &asked.replace("INVITE", "CANCEL"));
    net.response(ALICE, 200);
}

/// A server whose users can be called by those alone who have a password of their realm.
fn closed() -> Net {
    let mut config = ServerConfig::new("example.com");
    config.domains.push("open.example".into());
    config.realms.insert("open.example".into(), "open".into());
    config.closed.insert("Example.com".into());
    config
        .add_user("bob", "zanzibar")
        .add_user("carol", "chicago");
    config.users.add_password("alice", "open", "wonderland");
    Net::new(config)
}

fn register_bob(net: &mut Net) {
    net.send(BOB, &register_for("bob"));
    let challenged = net.response(BOB, 401);
    let register = with_password(&register_for("bob"), &challenged, "bob", "zanzibar");
    net.send(BOB, &register);
    net.response(BOB, 200);
}

#[test]
fn callers_from_elsewhere_need_a_password_of_a_closed_domain() {
    let mut net = closed();
    register_bob(&mut net);
    let from = "From: <sip:alice@other.example>;tag=1";
    let asked = net.ask(ALICE, "INVITE", "sip:bob@example.com", from);
    let challenged = net.response(ALICE, 407);
    let challenge = &values(&challenged, HeaderName::ProxyAuthenticate)[0];
    assert!(challenge.contains("realm=\"example.com\""), "{challenge}");
    net.send(ALICE, &with_password(&asked, &challenged, "carol", "wrong"));
    net.response(ALICE, 407);
    net.quiet();
    // Whoever they are where they come from: the realm knows them as carol (RFC 3665 §3.3).
    let asked = asked.replace("z9hG4bK", "z9hG4bKnext");
    net.send(
        ALICE,
        &with_password(&asked, &challenged, "carol", "chicago"),
    );
    let invite = net.request(BOB, "INVITE");
    // §22.3: the credentials go no further.
    assert_eq!(values(&invite, HeaderName::ProxyAuthorization).len(), 0);
    // What belongs to the call is asked for nothing (§22.1).
    net.answer(BOB, &invite, 200, "b", "Contact: <sip:bob@192.0.2.20>");
    let ok = net.response(ALICE, 200);
    let route = value(&ok, HeaderName::RecordRoute);
    let bye =
        format!("{from}\nTo: <sip:bob@example.com>;tag=b\nRoute: {route}\nCall-ID: call-1@{ALICE}");
    net.ask(ALICE, "BYE", "sip:bob@192.0.2.20", &bye);
    net.request(BOB, "BYE");
}

#[test]
fn one_of_ours_shows_the_passwords_of_both_realms_or_the_one_they_share() {
    let mut net = closed();
    register_bob(&mut net);
    let from = "From: <sip:alice@open.example>;tag=1";
    let asked = net.ask(ALICE, "INVITE", "sip:bob@example.com", from);
    let own = net.response(ALICE, 407);
    assert!(values(&own, HeaderName::ProxyAuthenticate)[0].contains("realm=\"open\""));
    let signed = with_password(&asked, &own, "alice", "wonderland");
    net.send(ALICE, &signed);
    let theirs = net.response(ALICE, 407);
    assert!(values(&theirs, HeaderName::ProxyAuthenticate)[0].contains("realm=\"example.com\""));

    let from = "From: <sip:carol@example.com>;tag=1";
    let asked = net.ask(ALICE, "INVITE", "sip:bob@example.com", from);
    let challenged = net.response(ALICE, 407);
    net.send(
        ALICE,
        &with_password(&asked, &challenged, "carol", "chicago"),
    );
    net.request(BOB, "INVITE");
}

#[test]
fn a_domain_that_is_not_closed_can_be_called_by_anyone() {
    let mut net = closed();
    let from = "From: <sip:alice@other.example>;tag=1";
    net.ask(ALICE, "INVITE", "sip:alice@open.example", from);
    net.response(ALICE, 480);
    // Nor does a CANCEL of nothing get to where its INVITE could not.
    net.ask(ALICE, "CANCEL", "sip:bob@example.com", from);
    net.response(ALICE, 481);
}
