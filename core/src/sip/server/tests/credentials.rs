//! RFC 3261 §22.1 to §22.4, RFC 8760: what becomes of the credentials in a request.

use super::access::{guarded, register_for, with_password};
use super::*;

/// Credentials of a user of ours for a request, as a header field.
fn credentials(request: &str) -> String {
    let mut lines = request.lines().map(str::trim);
    lines
        .rfind(|line| line.contains("uthorization: "))
        .unwrap()
        .into()
}

// shows: S274
#[test]
fn credentials_are_consumed_by_their_realm_and_by_no_other() {
    let mut net = guarded();
    let foreign = "Proxy-Authorization: Digest  username=\"a\",realm=\"example.org\", nonce=\"n\", \
        uri=\"sip:x\", response=\"0\"\nProxy-Authorization: NoOneKnows this=scheme";
    let asked = net.ask(ALICE, "INVITE", "sip:x@192.0.2.60", foreign);
    let challenged = net.response(ALICE, 407);
    let again = with_password(&asked, &challenged, "alice", "wonderland");
    let ours = credentials(&again);
    net.send(ALICE, &again);
    let invite = net.request("192.0.2.60:5060", "INVITE");
    let kept: Vec<_> = foreign
        .lines()
        .map(|line| line.split_once(": ").unwrap().1)
        .collect();
    let left = values(&invite, HeaderName::ProxyAuthorization);
    assert_eq!(left.len(), 2);
    assert!(
        kept.iter().all(|value| left.iter().any(|one| one == value)),
        "{left:?}"
    );
    net.answer("192.0.2.60:5060", &invite, 200, "x", "");
    let ok = net.response(ALICE, 200);
    // §22.1: neither the ACK, which repeats them, nor anything else of the dialog is asked again.
    let route = value(&ok, HeaderName::RecordRoute);
    let call_id = invite.call_id().unwrap();
    let rows = format!(
        "Route: {route}\nCall-ID: {call_id}\nTo: <sip:x@192.0.2.60>;tag=x\n{ours}\n{foreign}"
    );
    for method in ["ACK", "BYE"] {
        net.ask(ALICE, method, "sip:x@192.0.2.60", &rows);
        let copy = net.request("192.0.2.60:5060", method);
        assert_eq!(
            values(&copy, HeaderName::ProxyAuthorization).len(),
            2,
            "{method}"
        );
    }
}

/// RFC 3856 §6.6.1, RFC 3903 §14, RFC 3428 §11.3: presence and instant messages are as guarded as calls.
// shows: S363
#[test]
fn presence_and_instant_messages_are_challenged_like_calls() {
    let mut net = guarded();
    for method in ["SUBSCRIBE", "PUBLISH", "MESSAGE"] {
        let asked = net.ask(ALICE, method, "sip:x@192.0.2.60", "Event: presence");
        let challenged = net.response(ALICE, 407);
        let wrong = with_password(&asked, &challenged, "alice", "guess");
        net.send(ALICE, &wrong.replace("again", "wrong"));
        let challenged = net.response(ALICE, 407);
        net.send(
            ALICE,
            &with_password(&asked, &challenged, "alice", "wonderland"),
        );
        net.request("192.0.2.60:5060", method);
    }
}

/// Whoever does not know the password learns nothing about who there is: the answers are the same
/// byte by byte.
#[test]
fn nothing_tells_an_unknown_user_from_a_wrong_password() {
    let answer = |user: &str, password: &str, proxy: bool| {
        let mut net = guarded();
        let (asked, status) = if proxy {
            (net.ask(ALICE, "INVITE", "sip:bob@example.com", ""), 407)
        } else {
            net.send(ALICE, &register_for("alice"));
            (register_for("alice"), 401)
        };
        let challenged = net.response(ALICE, status);
        let again = with_password(&asked, &challenged, user, password);
        net.send(ALICE, &again);
        text(&net.response(ALICE, status))
    };
    for proxy in [false, true] {
        let wrong = answer("alice", "looking glass", proxy);
        assert!(!wrong.contains("stale"), "{wrong}");
        for (user, password) in [("nobody", "wonderland"), ("bob", "wonderland"), ("", "")] {
            assert_eq!(answer(user, password, proxy), wrong, "{user:?}");
        }
    }
}

/// RFC 8760 §2.6 item 6, RFC 7616 §3.4.6.
#[test]
fn a_digest_made_for_another_uri_is_refused_unless_that_is_ours_too() {
    let mut net = guarded();
    let mut judge = |made_for: &str, uri: &str| {
        let asked = net.ask(ALICE, "MESSAGE", uri, "");
        let challenged = net.response(ALICE, 407);
        let made = with_password(
            &asked.replace(uri, made_for),
            &challenged,
            "alice",
            "wonderland",
        );
        let made = made.replacen(made_for, uri, 1);
        net.send(ALICE, &made);
        net.receive(ALICE)
    };
    let elsewhere = "sip:x@192.0.2.60";
    let refused = judge("sip:x@192.0.2.61", elsewhere);
    assert_eq!(code(&refused), 400);
    let warning = value(&refused, HeaderName::Warning);
    assert_eq!(
        warning,
        "399 example.com \"the credentials are for another Request-URI\""
    );
    assert_eq!(code(&judge("not a uri", elsewhere)), 400);
    // A proxy before us may have found out where bob is, or who answers for him.
    let ours = "sip:bob@example.com";
    assert_eq!(code(&judge("sip:alice@example.com", ours)), 480);
    assert_eq!(code(&judge("SIP:bob@EXAMPLE.com", ours)), 480);
    assert_eq!(code(&judge("sip:%62ob@example.com", ours)), 480);
}

/// RFC 7616 §3.4: what is improper or missing is a 4xx, with the reason.
#[test]
fn credentials_that_make_no_sense_are_answered_with_what_is_wrong() {
    let mut net = guarded();
    let whole = "Digest username=\"bob\", realm=\"example.com\", nonce=\"n\", \
        uri=\"sip:example.com\", response=\"0\", qop=auth, cnonce=\"c\", nc=00000001";
    let mut warning = |from: &str, to: &str| {
        let value = whole.replace(from, to);
        let text = format!("{}\nAuthorization: {value}", register_for("bob").trim());
        net.branch += 1;
        let branch = format!("z9hG4bKx{}", net.branch);
        net.send(BOB, &text.replace("z9hG4bKrbob", &branch));
        value_of(&net.response(BOB, 400))
    };
    let cases = [
        (
            "response=\"0\", ",
            "",
            "a parameter of the credentials is missing",
        ),
        (
            "qop=auth",
            "qop=auth, qop=auth",
            "a parameter of the credentials comes twice",
        ),
        (
            "uri=\"sip:example.com\"",
            "uri=\"?\"",
            "the uri of the credentials is none",
        ),
        ("qop=auth", "qop=both", "there is no such qop"),
        (", nc=00000001", "", "qop needs cnonce and nc"),
        ("nc=00000001", "nc=one", "the credentials cannot be read"),
    ];
    for (from, to, why) in cases {
        assert_eq!(warning(from, to), format!("399 example.com \"{why}\""));
    }
}

fn value_of(refused: &Message) -> String {
    value(refused, HeaderName::Warning)
}

/// RFC 3261 §22.1: "each such protection domain has its own set of usernames and passwords".
#[test]
fn every_domain_may_have_a_realm_with_users_of_its_own() {
    let mut config = ServerConfig::new("example.com");
    config.domains.push("Example.ORG".into());
    let realms = [("example.com", "clear"), ("example.org", "green")];
    for (domain, password) in realms {
        config.realms.insert(domain.into(), domain.into());
        config.users.add_password("bob", domain, password);
    }
    config.authenticate = true;
    let mut net = Net::new(config);
    for (domain, password) in realms {
        let register = register_for("bob").replace("example.com", domain);
        let register = register.replace("r-bob", domain);
        for (attempt, password) in [("w", "wrong"), ("r", password)] {
            let register = register.replace("rbob", &format!("{attempt}{domain}"));
            net.send(BOB, &register);
            let challenged = net.response(BOB, 401);
            let realm = value_of_first(&challenged);
            assert!(realm.contains(&format!("realm=\"{domain}\"")), "{realm}");
            net.send(BOB, &with_password(&register, &challenged, "bob", password));
            net.response(BOB, if attempt == "r" { 200 } else { 401 });
        }
    }
    assert_eq!(net.server.bindings().count(), 2);
    // The nonces of one are none to the other, although they come from the same server.
    let asked = net.ask(
        ALICE,
        "MESSAGE",
        "sip:bob@example.com",
        "From: <sip:bob@example.org>;tag=1",
    );
    let challenged = net.response(ALICE, 407);
    let again = with_password(&asked, &challenged, "bob", "green");
    net.send(
        ALICE,
        &again.replace("<sip:bob@example.org>", "<sip:bob@example.com>"),
    );
    let refused = net.response(ALICE, 407);
    assert!(text(&refused).contains("realm=\"example.com\""));
    net.send(ALICE, &again.replace("again", "more"));
    net.request(BOB, "MESSAGE");
}

fn value_of_first(challenged: &Message) -> String {
    values(challenged, HeaderName::WwwAuthenticate).remove(0)
}

/// RFC 7616 §3.5.
#[test]
fn a_registrar_shows_that_it_knows_the_password_too() {
    let mut net = guarded();
    net.send(BOB, &register_for("bob"));
    let challenged = net.response(BOB, 401);
    let again = with_password(&register_for("bob"), &challenged, "bob", "zanzibar");
    net.pass(Duration::from_secs(200));
    net.send(BOB, &again);
    let ok = net.response(BOB, 200);
    let info = value(&ok, HeaderName::AuthenticationInfo);
    for part in [
        "nextnonce=\"",
        "rspauth=\"",
        "qop=auth",
        "cnonce=\"",
        "nc=00000001",
    ] {
        assert!(info.contains(part), "{part} in {info}");
    }
}
