//! Who is connected, told before the call is answered (RFC 4916 §4.2).

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::net::{Net, Sent, address, media, response, sdp};
use super::puppets::{from_caller, in_dialog};
use crate::sip::ua::{CallHandle, InDialogError, Stage, UaEvent, UserAgentConfig};

const CAROL: &str = "sip:carol@example.com";

fn telling(aor: &str) -> UserAgentConfig {
    UserAgentConfig {
        connected_identity: true,
        ..UserAgentConfig::new(aor)
    }
}

/// Whom the URI of Bob leads to, alone at 192.0.2.1.
fn desk() -> Net {
    Net::new([telling("sip:desk@example.com")])
}

fn uri(value: &str) -> &str {
    let (_, rest) = value.split_once('<').unwrap();
    rest.split_once('>').unwrap().0
}

fn identified(event: &UaEvent) -> Option<String> {
    match event {
        UaEvent::PeerIdentified { from, .. } => Some(from.clone()),
        _ => None,
    }
}

fn identities(net: &mut Net, node: usize) -> Vec<String> {
    net.drain();
    net.nodes[node]
        .events
        .iter()
        .filter_map(identified)
        .collect()
}

/// What was said, without 100.
fn labels(net: &Net) -> Vec<String> {
    let all = net.labels().into_iter();
    all.filter(|it| !it.contains(" 100 ")).collect()
}

const ABLE: &str = "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, PRACK, UPDATE\r\n";

/// A puppet calls, which can do what `more` says: the call.
fn called(net: &mut Net, more: &str) -> CallHandle {
    let invite = from_caller("INVITE", 1, "", more, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &invite);
    net.run_ms(20);
    net.incoming(0)
}

fn early_session(net: &mut Net, call: CallHandle) -> Sent {
    let (agent, now) = net.at(0);
    agent.begin_early_session(now, call, media(1)).unwrap();
    net.puppet_receives("183 INVITE")
}

fn say_carol(net: &mut Net, call: CallHandle) -> Result<(), InDialogError> {
    let (agent, now) = net.at(0);
    agent.change_identity(now, call, CAROL)
}

/// The puppet acknowledges a reliable response.
fn acknowledge(net: &mut Net, reliable: &Sent) {
    let rack = format!("RAck: {} 1 INVITE\r\n", reliable.field("RSeq"));
    let prack = from_caller("PRACK", 2, reliable.tag("To"), &rack, "");
    net.inject(address(9), address(1), &prack);
}

/// The call is answered, and the puppet says that it knows.
fn answer(net: &mut Net, call: CallHandle) -> Sent {
    let (agent, now) = net.at(0);
    agent.accept(now, call, media(1)).unwrap();
    let success = net.puppet_receives("200 INVITE");
    let ack = from_caller("ACK", 1, success.tag("To"), "", "");
    net.inject(address(9), address(1), &ack);
    net.run_ms(30);
    success
}

/// The puppet answers an UPDATE.
fn respond(net: &mut Net, update: &Sent, status: &str) {
    let contact = "Contact: <sip:alice@192.0.2.9>\r\n";
    let answer = response(update, status, "", contact, "");
    net.inject(address(9), address(1), &answer);
    net.run_ms(30);
}

/// §4.2, both ends: once the reliable response has its PRACK, an UPDATE in the early dialog says who is
/// called, and the caller knows before anybody has answered. Nothing more is said of it afterwards.
#[test]
fn who_is_called_is_told_before_it_is_answered() {
    let mut net = Net::new([telling("sip:alice@example.com"), telling(CAROL)]);
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.2", media(1)).unwrap();
    net.run_ms(50);
    let b = net.incoming(1);
    let (carol, now) = net.at(1);
    carol.begin_early_session(now, b, media(2)).unwrap();
    net.run_ms(50);
    let (carol, now) = net.at(1);
    carol.change_identity(now, b, CAROL).unwrap();
    net.run_ms(50);
    assert_eq!(net.expect(0, identified), CAROL);
    let stage = |net: &Net, node: usize, call| {
        let agent = net.nodes[node].endpoint.user();
        agent.call(call).unwrap().stage()
    };
    assert_eq!(stage(&net, 0, a), Stage::Calling);
    assert_eq!(stage(&net, 1, b), Stage::Offered);
    assert!(net.saw(1, &UaEvent::IdentityDone { call: b }));

    let (carol, now) = net.at(1);
    carol.accept(now, b, media(2)).unwrap();
    net.run_ms(500);
    let flow = [
        "1 INVITE",
        "2 183 INVITE",
        "1 PRACK",
        "2 200 PRACK",
        "2 UPDATE",
        "1 200 UPDATE",
        "2 200 INVITE",
        "1 ACK",
    ];
    assert_eq!(labels(&net), flow);
    // The response that made the dialog says that it may happen.
    let progress = net.sent("183 INVITE")[0].clone();
    let supported = progress.fields("Supported").join(", ");
    assert!(supported.contains("from-change"), "{supported}");
    let update = net.sent("UPDATE")[0].clone();
    assert_eq!(uri(update.field("From")), CAROL);
    assert_eq!(uri(update.field("To")), "sip:alice@example.com");
    assert_eq!(update.tag("From"), progress.tag("To"));
    assert_eq!(update.body(), "");
    // A response has the To of its request (RFC 3261 §8.2.6.2).
    let success = net.sent("200 INVITE")[0];
    assert_eq!(uri(success.field("To")), "sip:bob@192.0.2.2");
    // §4.4.1: from then on it is Carol, for both.
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.run_ms(200);
    assert_eq!(uri(net.sent("BYE")[0].field("To")), CAROL);
    net.assert_idle();
}

/// §4.2: not before the PRACK was received and responded to.
#[test]
fn it_waits_for_the_prack() {
    let mut net = desk();
    let more = format!("{ABLE}Supported: 100rel, from-change\r\n");
    let call = called(&mut net, &more);
    let progress = early_session(&mut net, call);
    say_carol(&mut net, call).unwrap();
    net.run_ms(100);
    assert!(net.sent("UPDATE").is_empty());
    acknowledge(&mut net, &progress);
    let update = net.puppet_receives("UPDATE");
    let order = labels(&net);
    let at = |label: &str| order.iter().position(|it| it == label);
    assert!(at("1 200 PRACK") < at("1 UPDATE"), "{order:?}");
    assert_eq!(uri(update.field("From")), CAROL);
    respond(&mut net, &update, "200 OK");
    assert!(net.saw(0, &UaEvent::IdentityDone { call }));
    answer(&mut net, call);
    net.run_ms(500);
    assert_eq!(net.sent("UPDATE").len(), 1);
}

/// §4.2 asks for a reliable response and its PRACK, not for a session: a caller that wants every
/// response to be reliable is told while it rings.
#[test]
fn it_needs_no_early_session() {
    let mut net = desk();
    let more = format!("{ABLE}Require: 100rel\r\nSupported: from-change\r\n");
    let call = called(&mut net, &more);
    let (agent, now) = net.at(0);
    agent.ring(now, call).unwrap();
    let ringing = net.puppet_receives("180 INVITE");
    acknowledge(&mut net, &ringing);
    net.run_ms(30);
    say_carol(&mut net, call).unwrap();
    let update = net.puppet_receives("UPDATE");
    assert_eq!(
        (uri(update.field("From")), update.body()),
        (CAROL, ""),
        "an offer may not be made there (RFC 3311 §5.1)"
    );
    respond(&mut net, &update, "200 OK");
    assert!(net.saw(0, &UaEvent::IdentityDone { call }));
}

/// §4.2: whoever could not be told before must be once it is answered, and of what was given; here the
/// caller takes nothing reliable, or was only told unreliably, or takes no UPDATE (§4.3).
#[test]
fn who_cannot_be_told_before_is_told_after() {
    let all = "INVITE, ACK, CANCEL, BYE, UPDATE";
    for (allow, supported, method) in [
        (all, "from-change", "UPDATE"),
        (all, "100rel, from-change", "UPDATE"),
        ("INVITE, ACK, CANCEL, BYE", "from-change", "INVITE"),
    ] {
        let mut net = desk();
        let more = format!("Allow: {allow}\r\nSupported: {supported}\r\n");
        let call = called(&mut net, &more);
        let (agent, now) = net.at(0);
        agent.ring(now, call).unwrap();
        net.puppet_receives("180 INVITE");
        say_carol(&mut net, call).unwrap();
        net.run_ms(100);
        assert!(net.sent(method).iter().all(|it| it.from != address(1)));
        let (agent, now) = net.at(0);
        agent.accept(now, call, media(1)).unwrap();
        let success = net.puppet_receives("200 INVITE");
        // Only the ACK makes it a full dialog for us to speak in (RFC 3261 §13.3.1.4, §14.1).
        net.run_ms(30);
        assert!(net.sent(method).iter().all(|it| it.from != address(1)));
        let ack = from_caller("ACK", 1, success.tag("To"), "", "");
        net.inject(address(9), address(1), &ack);
        let request = net.puppet_receives(method);
        assert_eq!(uri(request.field("From")), CAROL);
    }
}

/// §4.2: nothing is said to who has not said `from-change`; and it is who is called that may speak.
#[test]
fn it_is_not_said_where_it_is_not_taken() {
    let mut net = desk();
    let more = format!("{ABLE}Supported: 100rel\r\n");
    let call = called(&mut net, &more);
    let progress = early_session(&mut net, call);
    acknowledge(&mut net, &progress);
    net.run_ms(30);
    let refused = say_carol(&mut net, call);
    assert_eq!(refused, Err(InDialogError::IdentityNotTaken));
    answer(&mut net, call);
    net.run_ms(500);
    assert!(net.sent("UPDATE").is_empty());

    let mut net = desk();
    let (agent, now) = net.at(0);
    let call = agent.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    net.puppet_receives("INVITE");
    let refused = say_carol(&mut net, call);
    assert_eq!(refused, Err(InDialogError::NoDialog));
}

/// §4.4.1: no action is taken when it is refused, and what we say of us stays.
#[test]
fn a_refusal_changes_nothing() {
    let mut net = desk();
    let more = format!("{ABLE}Supported: 100rel, from-change\r\n");
    let call = called(&mut net, &more);
    let progress = early_session(&mut net, call);
    acknowledge(&mut net, &progress);
    net.run_ms(30);
    say_carol(&mut net, call).unwrap();
    let update = net.puppet_receives("UPDATE");
    respond(&mut net, &update, "428 Use Identity Header");
    let status = net.expect(0, |event| match event {
        UaEvent::ChangeRefused { status, .. } => Some(status.as_u16()),
        _ => None,
    });
    assert_eq!(status, 428);
    answer(&mut net, call);
    net.run_ms(500);
    assert_eq!(net.sent("UPDATE").len(), 1);
    let (agent, now) = net.at(0);
    agent.hang_up(now, call).unwrap();
    let bye = net.puppet_receives("BYE");
    assert_eq!(uri(bye.field("From")), CAROL);
}

/// RFC 3311 §5.3: what met something else is said again; and who has 405 for UPDATE after all is told
/// in a re-INVITE (§4.3).
#[test]
fn it_is_said_again() {
    for (status, method) in [
        ("500 Later\r\nRetry-After: 1", "UPDATE"),
        ("405 Method Not Allowed", "INVITE"),
    ] {
        let mut net = desk();
        let more = format!("{ABLE}Supported: 100rel, from-change\r\n");
        let call = called(&mut net, &more);
        let progress = early_session(&mut net, call);
        acknowledge(&mut net, &progress);
        net.run_ms(30);
        say_carol(&mut net, call).unwrap();
        let update = net.puppet_receives("UPDATE");
        respond(&mut net, &update, status);
        if method == "INVITE" {
            answer(&mut net, call);
        }
        let again = net.puppet_receives(method);
        assert_eq!(uri(again.field("From")), CAROL);
        assert!(!net.saw(0, &UaEvent::IdentityDone { call }));
    }
}

/// §4.4.2 in forks: each early dialog has a remote URI of its own, and who answers is who is spoken to.
#[test]
fn who_answers_is_not_who_said_so_before() {
    for (who, tag, requests) in [
        (CAROL, "t", &[CAROL, CAROL][..]),
        ("sip:bob@192.0.2.9", "u", &[CAROL, "sip:bob@192.0.2.9"][..]),
    ] {
        let mut net = Net::new([telling("sip:alice@example.com")]);
        let (alice, now) = net.at(0);
        let call = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
        let invite = net.puppet_receives("INVITE");
        for tag in ["t", "u"] {
            let more = format!(
                "Contact: <sip:{tag}@192.0.2.9>\r\n{ABLE}Supported: from-change\r\n\
                 Require: 100rel\r\nRSeq: 1\r\n"
            );
            let ringing = response(&invite, "180 Ringing", tag, &more, "");
            net.inject(address(9), address(1), &ringing);
            let prack = net.puppet_receives("PRACK");
            let taken = response(&prack, "200 OK", "", "", "");
            net.inject(address(9), address(1), &taken);
        }
        let update = in_dialog(&invite, "UPDATE", 1, "", "");
        let bob = format!("From: {};tag=t", invite.field("To"));
        assert!(update.contains(&bob));
        let update = update.replace(&bob, &format!("From: Carol <{CAROL}>;tag=t"));
        net.inject(address(9), address(1), &update);
        net.puppet_receives("200 UPDATE");
        assert_eq!(identities(&mut net, 0), [CAROL]);

        let contact = format!("Contact: <sip:{tag}@192.0.2.9>\r\n");
        let success = response(&invite, "200 OK", tag, &contact, &sdp(9, "sendrecv"));
        net.inject(address(9), address(1), &success);
        let ack = net.puppet_receives("ACK");
        assert_eq!(uri(ack.field("To")), who);
        // The last that is said of it is who has answered.
        assert_eq!(identities(&mut net, 0), requests);
        let (alice, now) = net.at(0);
        alice.hang_up(now, call).unwrap();
        assert_eq!(uri(net.puppet_receives("BYE").field("To")), who);
    }
}

/// §4.4.2: an UPDATE that is refused identifies nobody in an early dialog either, and without the
/// setting nobody is.
#[test]
fn nobody_is_identified_by_what_is_refused_or_not_asked_for() {
    for (config, body) in [
        (telling("sip:alice@example.com"), "v=x\r\n"),
        (UserAgentConfig::new("sip:alice@example.com"), ""),
    ] {
        let mut net = Net::new([config]);
        let (alice, now) = net.at(0);
        alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
        let invite = net.puppet_receives("INVITE");
        let more = "Contact: <sip:t@192.0.2.9>\r\nRequire: 100rel\r\nRSeq: 1\r\n";
        let ringing = response(&invite, "180 Ringing", "t", more, "");
        net.inject(address(9), address(1), &ringing);
        net.puppet_receives("PRACK");
        let update = in_dialog(&invite, "UPDATE", 1, "", body);
        let bob = format!("From: {};tag=t", invite.field("To"));
        let update = update.replace(&bob, &format!("From: <{CAROL}>;tag=t"));
        net.inject(address(9), address(1), &update);
        net.run_ms(50);
        let answered = net.labels().iter().any(|it| it.contains("200 UPDATE"));
        assert_eq!(answered, body.is_empty());
        assert!(identities(&mut net, 0).is_empty());
        let contact = "Contact: <sip:t@192.0.2.9>\r\n";
        let success = response(&invite, "200 OK", "t", contact, &sdp(9, "sendrecv"));
        net.inject(address(9), address(1), &success);
        let ack = net.puppet_receives("ACK");
        assert_eq!(
            ack.field("To").to_string(),
            format!("{};tag=t", invite.field("To"))
        );
    }
}
