//! RFC 3261 §8.3: who asks for a user is told where to go.

use super::access::with_password;
use super::*;
use crate::sip::auth::Algorithm;
use crate::sip::server::TargetPolicy;

const USER: &str = "sip:bob@example.com";

fn redirecting() -> Net {
    let mut config = ServerConfig::new("example.com");
    config.target_policy = TargetPolicy::Redirect;
    Net::new(config)
}

fn moved(permanently: bool, contacts: &[&str]) -> TargetPolicy {
    let contacts = contacts.iter().map(ToString::to_string).collect();
    TargetPolicy::Moved {
        permanently,
        contacts,
    }
}

fn contacts(response: &Message) -> Vec<String> {
    values(response, HeaderName::Contact)
}

// shows: S107 S203
#[test]
fn the_same_bindings_are_a_list_of_contacts_or_a_set_of_targets() {
    let register = |net: &mut Net| {
        net.register("bob", "<sip:bob@192.0.2.20>;q=0.2;expires=300");
        net.register("bob", "<sip:bob@192.0.2.21>;expires=600");
        net.register("bob", "<mailto:bob@example.com>;q=0.5;expires=900");
        net.pass(Duration::from_secs(100));
    };
    let mut net = redirecting();
    register(&mut net);
    net.ask(ALICE, "INVITE", USER, "");
    let redirected = net.response(ALICE, 302);
    // §8.3, §20.10: each with how long it holds, the most preferred first.
    assert_eq!(
        contacts(&redirected),
        [
            "<sip:bob@192.0.2.21>;expires=500",
            "<mailto:bob@example.com>;q=0.5;expires=800",
            "<sip:bob@192.0.2.20>;q=0.2;expires=200",
        ]
    );
    assert!(redirected.to().unwrap().tag.is_some());
    // §8.3: it sends no requests of its own.
    net.quiet();
    assert!(matches!(
        net.events.last(),
        Some(ServerEvent::Redirected { contacts: 3, .. })
    ));
    net.pass(Duration::from_secs(32));

    let mut net = Net::open();
    register(&mut net);
    net.ask(ALICE, "INVITE", USER, "");
    net.request(BOB2, "INVITE");
}

// shows: S160
#[test]
fn each_user_has_a_policy_of_their_own_or_that_of_their_domain() {
    let mut config = ServerConfig::new("example.com");
    config.domains.push("old.example.com".into());
    let policies = [
        ("Old.example.com", moved(true, &["sip:new@example.com"])),
        ("carol@example.com", TargetPolicy::Redirect),
        ("dave@old.example.com", TargetPolicy::Unavailable),
        ("erin@example.com", TargetPolicy::Unknown),
        ("heidi@example.com", TargetPolicy::Nonexistent),
        (
            "%66rank@example.com",
            moved(false, &["tel:+1-201-555-0123", "no URI"]),
        ),
    ];
    let policies = policies.map(|(of, policy)| (of.to_string(), policy));
    config.target_policies.extend(policies);
    let mut net = Net::new(config);
    for user in ["bob", "carol", "erin", "frank", "heidi"] {
        net.register(user, "<sip:bob@192.0.2.20>");
    }
    net.ask(ALICE, "INVITE", USER, "");
    net.request(BOB, "INVITE");
    let cases = [
        ("sip:carol@example.com", 302, 1),
        ("sip:grace@example.com", 480, 0),
        ("sip:anyone@old.example.com", 301, 1),
        ("sip:dave@old.example.com", 480, 0),
        ("sip:erin@example.com", 404, 0),
        ("sip:heidi@example.com", 604, 0),
        ("sip:frank@example.com", 302, 1),
    ];
    for (uri, status, count) in cases {
        net.ask(ALICE, "INVITE", uri, "");
        let answer = net.response(ALICE, status);
        assert_eq!(contacts(&answer).len(), count, "{uri}");
    }
}

// shows: S107
#[test]
fn what_a_redirect_server_does_not_understand_it_redirects_all_the_same() {
    let mut net = redirecting();
    net.register("bob", "<sip:bob@192.0.2.20>");
    // §8.3: option tags, header fields and methods nobody knows; how far it came is for proxies.
    let strange = "Require: nothing-known
         Proxy-Require: nothing-either
         Max-Forwards: 0
         X-Strange: yes";
    for method in ["INVITE", "OPTIONS", "MESSAGE", "FROBNICATE"] {
        net.ask(ALICE, method, USER, strange);
        let redirected = net.response(ALICE, 302);
        assert_eq!(contacts(&redirected).len(), 1, "{method}");
    }
}

#[test]
fn nobody_is_redirected_to_where_they_wanted_to_go() {
    let mut config = ServerConfig::new("example.com");
    let itself = moved(false, &["sip:BOB@example.com", "sip:bob@EXAMPLE.com"]);
    config
        .target_policies
        .insert("bob@example.com".into(), itself);
    let one = moved(false, &["sip:carol@example.com", "sip:carol@other.example"]);
    config
        .target_policies
        .insert("carol@example.com".into(), one);
    let mut net = Net::new(config);
    net.ask(ALICE, "INVITE", USER, "");
    // A user name is told apart by its letters, a host is not (§19.1.4).
    let redirected = net.response(ALICE, 302);
    assert_eq!(contacts(&redirected), ["<sip:BOB@example.com>"]);
    net.ask(ALICE, "INVITE", "sip:carol@example.com", "");
    let redirected = net.response(ALICE, 302);
    assert_eq!(contacts(&redirected), ["<sip:carol@other.example>"]);

    let mut net = redirecting();
    net.register("bob", "<sip:bob@192.0.2.1>");
    // §8.3: 404 if there is nothing else to say.
    net.ask(ALICE, "INVITE", "sip:bob@192.0.2.1", "");
    net.response(ALICE, 404);
}

#[test]
fn a_secured_call_is_not_redirected_into_the_open() {
    let mut config = ServerConfig::new("example.com");
    let both = moved(false, &["sip:bob@a.example", "sips:bob@b.example"]);
    config
        .target_policies
        .insert("bob@example.com".into(), both);
    let open = moved(false, &["sip:carol@a.example"]);
    config
        .target_policies
        .insert("carol@example.com".into(), open);
    let mut net = Net::new(config);
    net.ask(ALICE, "INVITE", "sips:bob@example.com", "");
    let redirected = net.response(ALICE, 302);
    assert_eq!(contacts(&redirected), ["<sips:bob@b.example>"]);
    // RFC 5630 §5.3.
    net.ask(ALICE, "INVITE", "sips:carol@example.com", "");
    let refused = net.response(ALICE, 480);
    assert!(value(&refused, HeaderName::Warning).starts_with("380 "));
}

#[test]
fn who_is_reached_by_a_path_cannot_be_reached_by_others() {
    let mut net = redirecting();
    let register = "REGISTER sip:example.com SIP/2.0
         Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKpath
         Max-Forwards: 70
         From: <sip:bob@example.com>;tag=reg
         To: <sip:bob@example.com>
         Call-ID: path
         CSeq: 1 REGISTER
         Supported: path
         Path: <sip:192.0.2.30;lr>
         Contact: <sip:bob@10.0.0.1>
         Content-Length: 0";
    net.send(ALICE, register);
    net.response(ALICE, 200);
    net.ask(ALICE, "INVITE", USER, "");
    net.response(ALICE, 480);
}

#[test]
fn a_cancel_of_what_was_redirected_is_answered_and_sends_nothing() {
    let mut net = redirecting();
    net.register("bob", "<sip:bob@192.0.2.20>");
    let invite = net.ask(ALICE, "INVITE", USER, "");
    let redirected = net.response(ALICE, 302);
    // §8.3: "for well-formed CANCEL requests it SHOULD return a 2xx".
    net.send(ALICE, &invite.replace("INVITE", "CANCEL"));
    net.response(ALICE, 200);
    let tag = redirected.to().unwrap().tag.unwrap().to_string();
    let ack = invite.replace("INVITE", "ACK").replace(
        "<sip:bob@example.com>",
        &format!("<sip:bob@example.com>;tag={tag}"),
    );
    net.send(ALICE, &ack);
    net.quiet();
    // Neither does one of a transaction it does not know, nor an ACK.
    net.ask(ALICE, "CANCEL", USER, "");
    net.response(ALICE, 481);
    net.ask(ALICE, "ACK", USER, "");
    net.quiet();
    net.ends_idle();
}

#[test]
fn a_redirect_server_asks_for_passwords_as_user_agents_do() {
    let mut config = ServerConfig::new("example.com");
    config.target_policy = TargetPolicy::Redirect;
    config.algorithms = alloc::vec![Algorithm::MD5];
    config
        .add_user("alice", "wonderland")
        .add_user("bob", "zanzibar");
    let mut net = Net::new(config);
    let asked = net.ask(ALICE, "INVITE", USER, "");
    // §22.1: 401, where a proxy has 407.
    let challenged = net.response(ALICE, 401);
    net.send(
        ALICE,
        &with_password(&asked, &challenged, "alice", "wonderland"),
    );
    net.response(ALICE, 480);
    net.ask(
        ALICE,
        "INVITE",
        "sip:nobody@example.com",
        "From: <sip:eve@other.example>;tag=1",
    );
    net.response(ALICE, 404);
}
