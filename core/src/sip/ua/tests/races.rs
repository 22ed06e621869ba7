//! The flows of RFC 5407 §3 in which messages cross, in its order: whatever meets whatever, both
//! sides end in a defined state, and in the same one.

use super::net::{Net, Sent, address, media, response, sdp};
use super::puppets::{alone, call_to_puppet, forget_events, in_dialog, plan};
use crate::sdp::Direction;
use crate::sip::ua::{EndReason, UaEvent, UserAgentConfig};

use core::time::Duration;

/// §3.1.1: the 180 is lost, and the INVITE comes again when the 200 has left. It is the same
/// INVITE, not another call.
#[test]
fn an_invite_that_comes_again_after_the_200_is_the_same_invite() {
    let mut net = Net::pair();
    net.lose(|sent| matches!(sent.label().as_str(), "100 INVITE" | "180 INVITE"));
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.2", media(1)).unwrap();
    net.run_ms(50);
    let b = net.incoming(1);
    let (bob, now) = net.at(1);
    bob.ring(now, b).unwrap();
    // Timer A fires at 500 ms; Bob answers while the copy is on its way.
    net.run_ms(455);
    assert_eq!(net.sent("INVITE").len(), 2);
    let (bob, now) = net.at(1);
    bob.accept(now, b, media(2)).unwrap();
    net.run_ms(100);
    assert!(net.saw(0, &UaEvent::Answered { call: a }));
    assert!(net.saw(1, &UaEvent::Answered { call: b }));
    let incoming = |event: &UaEvent| matches!(event, UaEvent::Incoming { .. });
    assert!(!net.nodes[1].events.iter().any(incoming));
    assert_eq!(net.nodes[1].endpoint.user().live_calls(), 1);
    assert!(net.sent("200 INVITE").len() <= 2);
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.assert_idle();
}

/// §3.1.2: the 200 had left when the CANCEL came.
// shows: S156
#[test]
fn cancel_crosses_200_and_is_followed_by_ack_and_bye() {
    let mut net = Net::pair();
    let (a, b) = net.ringing();
    net.forget();
    let (bob, now) = net.at(1);
    bob.accept(now, b, media(2)).unwrap();
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.run_ms(100);
    let labels = net.labels();
    let count = |label: &str| labels.iter().filter(|one| *one == label).count();
    for label in [
        "1 CANCEL",
        "2 200 INVITE",
        "2 200 CANCEL",
        "1 ACK",
        "1 BYE",
        "2 200 BYE",
    ] {
        assert_eq!(count(label), 1, "{label} in {labels:?}");
    }
    let place = |label: &str| labels.iter().position(|one| one == label);
    assert!(place("1 ACK") < place("1 BYE"));
    assert_eq!(net.ended(0), EndReason::Cancelled);
    assert_eq!(net.ended(1), EndReason::RemoteHungUp);
    net.assert_idle();
}

/// §3.1.3: a BYE sent in the early dialog meets the 200 on its way. Bob is called no more; his 200
/// still gets its ACK and he does not say BYE for want of it.
#[test]
fn an_early_bye_crosses_the_200() {
    let mut net = Net::new([UserAgentConfig::new("sip:bob@example.org")]);
    let offer = sdp(9, "sendrecv");
    let from_alice = |method: &str, cseq: u32, to_tag: &str, body: &str| {
        let kind = if body.is_empty() {
            ""
        } else {
            "Content-Type: application/sdp\r\n"
        };
        alloc::format!(
            "{method} sip:bob@192.0.2.1 SIP/2.0\r\n\
             Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{method}{cseq}\r\n\
             Max-Forwards: 70\r\n\
             From: <sip:alice@example.org>;tag=f\r\n\
             To: <sip:bob@example.org>{to_tag}\r\n\
             Call-ID: early\r\n\
             CSeq: {cseq} {method}\r\n\
             Contact: <sip:alice@192.0.2.9>\r\n\
             {kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    net.inject(address(9), address(1), &from_alice("INVITE", 1, "", &offer));
    net.run_ms(20);
    let b = net.incoming(0);
    let (bob, now) = net.at(0);
    bob.ring(now, b).unwrap();
    let ringing = net.puppet_receives("180 INVITE");
    let tag = alloc::format!(";tag={}", ringing.tag("To"));
    // Both leave at once.
    let (bob, now) = net.at(0);
    bob.accept(now, b, media(1)).unwrap();
    net.drain();
    net.inject(address(9), address(1), &from_alice("BYE", 2, &tag, ""));
    net.puppet_receives("200 INVITE");
    net.puppet_receives("200 BYE");
    assert_eq!(net.ended(0), EndReason::RemoteHungUp);
    net.inject(address(9), address(1), &from_alice("ACK", 1, &tag, ""));
    net.run_secs(40);
    assert!(net.sent("BYE").iter().all(|bye| bye.from == address(9)));
    assert_eq!(net.sent("200 INVITE").len(), 1);
    net.assert_idle();
}

/// The callee's BYE overtakes its 200, which was lost until then: the call is over before the caller
/// knew that it was answered. The 200 still gets its ACK (RFC 3261 §13.2.2.4), and nobody is asked
/// to talk.
#[test]
fn the_bye_of_the_callee_overtakes_its_200() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let contact = "Contact: <sip:bob@192.0.2.9>\r\n";
    let ringing = response(&invite, "180 Ringing", "t", contact, "");
    net.inject(address(9), address(1), &ringing);
    net.run_ms(20);
    net.inject(
        address(9),
        address(1),
        &in_dialog(&invite, "BYE", 1, "", ""),
    );
    net.puppet_receives("200 BYE");
    forget_events(&mut net);
    let success = response(&invite, "200 OK", "t", contact, &sdp(9, "sendrecv"));
    for _ in 0..2 {
        net.inject(address(9), address(1), &success);
        net.puppet_receives("ACK");
    }
    assert_eq!(net.ended(0), EndReason::RemoteHungUp);
    assert!(net.nodes[0].events.is_empty(), "nothing but its end");
    net.run_secs(40);
    assert!(net.sent("BYE").iter().all(|bye| bye.from == address(9)));
    net.assert_idle();
}

/// §3.1.4: a re-INVITE may come before the ACK for the first 200 is there.
#[test]
fn a_re_invite_before_the_ack_is_answered() {
    let mut net = Net::pair();
    let (a, b) = net.ringing();
    net.lose_next("ACK");
    let (bob, now) = net.at(1);
    bob.accept(now, b, media(2)).unwrap();
    net.run_ms(30);
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    net.run_ms(100);
    assert!(net.saw(0, &UaEvent::HoldDone { call: a }));
    net.run_secs(5);
    assert!(net.saw(1, &UaEvent::Answered { call: b }));
    let (bob, now) = net.at(1);
    bob.hang_up(now, b).unwrap();
    net.run_ms(50);
    assert_eq!(net.ended(1), EndReason::HungUp);
    net.assert_idle();
}

/// §3.1.5: the callee's own offer, in its 200, has no answer yet when another offer comes: 491.
#[test]
fn a_re_invite_before_the_answer_in_the_ack_is_told_to_come_back() {
    let mut net = alone();
    let (invite, _) = call_to_puppet(&mut net);
    forget_events(&mut net);
    // The puppet asks for an offer, keeps its answer back and offers itself.
    net.inject(
        address(9),
        address(1),
        &in_dialog(&invite, "INVITE", 1, "", ""),
    );
    let offered = net.puppet_receives("200 INVITE");
    assert!(offered.body().contains("m=audio"));
    let early = in_dialog(&invite, "INVITE", 2, "", &sdp(9, "sendonly"));
    net.inject(address(9), address(1), &early);
    net.puppet_receives("491 INVITE");
    assert!(net.nodes[0].events.is_empty());
    let answer = in_dialog(&invite, "ACK", 1, "", &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &answer);
    net.run_ms(20);
    assert_eq!(net.expect(0, plan).direction, Direction::SendRecv);
}

/// §3.1.6: BYE overtakes the ACK. The session is over at once and does not come back; the
/// handshake is still completed, and nobody says BYE for want of it.
#[test]
fn a_bye_before_the_ack_ends_the_session_and_the_2xx_still_gets_its_ack() {
    let mut net = Net::pair();
    let (a, b) = net.ringing();
    net.lose_next("ACK");
    let (bob, now) = net.at(1);
    bob.accept(now, b, media(2)).unwrap();
    net.run_ms(30);
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.run_ms(30);
    assert_eq!(net.sent("200 BYE").len(), 1);
    assert_eq!(net.ended(1), EndReason::RemoteHungUp);
    assert_eq!(net.ended(0), EndReason::HungUp);
    net.run_secs(5);
    assert_eq!(net.sent("200 INVITE").len(), 2);
    assert_eq!(net.sent("ACK").len(), 2);
    assert_eq!(net.sent("BYE").len(), 1);
    assert!(net.nodes[1].events.is_empty());
    net.assert_idle();
}

/// §3.2.1: both say BYE at once, and both get a 200.
#[test]
fn byes_cross() {
    let mut net = Net::pair();
    let (a, b) = net.established();
    net.forget();
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    let (bob, now) = net.at(1);
    bob.hang_up(now, b).unwrap();
    net.run_ms(50);
    assert_eq!(net.sent("200 BYE").len(), 2);
    assert_eq!(net.ended(0), EndReason::HungUp);
    assert_eq!(net.ended(1), EndReason::HungUp);
    net.assert_idle();
}

/// §3.2.2: a re-INVITE meets a BYE. Who has said BYE has no dialog to change: 481; who gets the
/// BYE is told of the end, once.
#[test]
fn a_re_invite_crosses_a_bye() {
    let mut net = Net::pair();
    let (a, b) = net.established();
    forget_events(&mut net);
    net.forget();
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    let (bob, now) = net.at(1);
    bob.hold(now, b).unwrap();
    net.run_ms(50);
    assert_eq!(net.sent("200 BYE").len(), 1);
    assert_eq!(net.sent("481 INVITE").len(), 1);
    // The ACK of a refusal is the transaction's, dialog or not.
    assert_eq!(net.sent("ACK").len(), 1);
    assert_eq!(net.sent("ACK")[0].from, address(2));
    assert_eq!(net.ended(0), EndReason::HungUp);
    assert_eq!(net.ended(1), EndReason::RemoteHungUp);
    assert!(net.nodes[1].events.is_empty());
    net.assert_idle();
}

/// §3.2.3: a 2xx to a re-INVITE that comes after our BYE is acknowledged, and nothing
/// more.
#[test]
fn a_2xx_to_a_re_invite_after_bye_is_only_acknowledged() {
    let mut net = alone();
    let (_, a) = call_to_puppet(&mut net);
    forget_events(&mut net);
    let (endpoint, now) = net.at(0);
    endpoint.hold(now, a).unwrap();
    let hold = net.puppet_receives("INVITE");
    let (endpoint, now) = net.at(0);
    endpoint.hang_up(now, a).unwrap();
    let bye = net.puppet_receives("BYE");
    let success = response(&hold, "200 OK", "t", "", &sdp(9, "recvonly"));
    net.inject(address(9), address(1), &success);
    let ack = net.puppet_receives("ACK");
    assert_eq!(ack.cseq(), 2);
    net.inject(
        address(9),
        address(1),
        &response(&bye, "200 OK", "t", "", ""),
    );
    net.run_ms(20);
    assert_eq!(net.ended(0), EndReason::HungUp);
    assert!(
        !net.nodes[0]
            .events
            .iter()
            .any(|event| plan(event).is_some())
    );
    net.assert_idle();
}

/// §3.2.4: the callee's BYE meets the ACK with the answer in it. The session is over before it
/// began; the answer is ignored.
#[test]
fn an_ack_that_comes_after_our_bye_starts_no_session() {
    let mut net = alone();
    let (invite, a) = call_to_puppet(&mut net);
    forget_events(&mut net);
    net.inject(
        address(9),
        address(1),
        &in_dialog(&invite, "INVITE", 1, "", ""),
    );
    net.puppet_receives("200 INVITE");
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.drain();
    let answer = in_dialog(&invite, "ACK", 1, "", &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &answer);
    let bye = net.puppet_receives("BYE");
    net.inject(
        address(9),
        address(1),
        &response(&bye, "200 OK", "t", "", ""),
    );
    net.run_ms(50);
    assert_eq!(net.ended(0), EndReason::HungUp);
    let agreed = net.log.len();
    assert!(
        net.nodes[0]
            .events
            .iter()
            .all(|event| plan(event).is_none())
    );
    net.run_secs(40);
    assert_eq!(net.log.len(), agreed, "nothing more is sent");
    net.assert_idle();
}

/// §3.3.1, RFC 3261 §14.1: two re-INVITEs cross, both get 491; the owner of the Call-ID
/// comes back after 2.1 to 4 s, the other after 0 to 2 s.
#[test]
fn glare_is_resolved_by_who_owns_the_call_id() {
    let mut net = Net::pair();
    let (a, b) = net.established();
    forget_events(&mut net);
    net.forget();
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    let (bob, now) = net.at(1);
    bob.hold(now, b).unwrap();
    net.run_ms(15);
    assert_eq!(net.sent("491 INVITE").len(), 2);
    let start = net.now;
    net.run_secs(5);
    assert!(net.saw(0, &UaEvent::HoldDone { call: a }));
    assert!(net.saw(1, &UaEvent::HoldDone { call: b }));
    let invites = net.sent("INVITE");
    assert_eq!(invites.len(), 4);
    let wait = |at: usize| invites[at].at.saturating_duration_since(start);
    assert_eq!(invites[2].from, address(2));
    assert!(wait(2) <= Duration::from_millis(2010));
    assert_eq!(invites[3].from, address(1));
    assert!(wait(3) >= Duration::from_millis(2100));
    assert!(wait(3) <= Duration::from_millis(4010));
}

/// §3.3.2: an UPDATE with an offer meets a re-INVITE, and both get 491; who owns the Call-ID comes
/// back later.
#[test]
fn an_update_crosses_a_re_invite() {
    let mut net = alone();
    let (invite, a) = call_to_puppet(&mut net);
    forget_events(&mut net);
    net.forget();
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    net.drain();
    let update = in_dialog(&invite, "UPDATE", 1, "", &sdp(9, "sendonly"));
    net.inject(address(9), address(1), &update);
    let held = net.puppet_receives("INVITE");
    net.puppet_receives("491 UPDATE");
    let pending = response(&held, "491 Request Pending", "t", "", "");
    net.inject(address(9), address(1), &pending);
    net.puppet_receives("ACK");
    let refused = net.now;
    // Bob, who does not own the Call-ID, comes first.
    let update = in_dialog(&invite, "UPDATE", 2, "", &sdp(9, "sendonly"));
    net.inject(address(9), address(1), &update);
    let done = net.puppet_receives("200 UPDATE");
    assert!(done.body().contains("a=recvonly"));
    assert!(net.saw(0, &UaEvent::RemoteHold { call: a }));
    let again = net.puppet_receives("INVITE");
    let wait = again.at.saturating_duration_since(refused);
    assert!(wait >= Duration::from_millis(2080) && wait <= Duration::from_millis(4010));
    let answer = response(&again, "200 OK", "t", "", &sdp(9, "inactive"));
    net.inject(address(9), address(1), &answer);
    net.puppet_receives("ACK");
    assert!(net.saw(0, &UaEvent::HoldDone { call: a }));
}

/// §3.3.2: an UPDATE that only refreshes has no offer, and so meets nothing: both succeed.
#[test]
fn an_update_without_an_offer_crosses_a_re_invite() {
    let mut net = alone();
    let (invite, a) = call_to_puppet(&mut net);
    forget_events(&mut net);
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    net.drain();
    let moved = in_dialog(&invite, "UPDATE", 1, "", "")
        .replace("<sip:bob@192.0.2.9>", "<sip:new@192.0.2.9>");
    net.inject(address(9), address(1), &moved);
    let held = net.puppet_receives("INVITE");
    let done = net.puppet_receives("200 UPDATE");
    assert!(done.body().is_empty());
    assert_eq!(done.field("Contact"), "<sip:alice@192.0.2.1:5060>");
    let answer = response(&held, "200 OK", "t", "", &sdp(9, "recvonly"));
    net.inject(address(9), address(1), &answer);
    // It is a target refresh request: what comes next goes to the new Contact.
    let ack = net.puppet_receives("ACK");
    assert_eq!(ack.request_uri(), "sip:new@192.0.2.9");
    assert!(net.saw(0, &UaEvent::HoldDone { call: a }));
}

/// §3.3.3: a REFER meets a BYE and is refused: by 405 here, because this user agent takes no REFER
/// at all, and that is looked at before the dialog is (RFC 3261 §8.2.1).
#[test]
fn a_refer_crosses_a_bye() {
    let mut net = alone();
    let (invite, a) = call_to_puppet(&mut net);
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.drain();
    let refer = in_dialog(
        &invite,
        "REFER",
        1,
        "Refer-To: <sip:carol@192.0.2.8>\r\n",
        "",
    );
    net.inject(address(9), address(1), &refer);
    net.run_ms(20);
    let refused = net
        .log
        .iter()
        .find(|sent| sent.label().ends_with(" REFER") && sent.from == address(1))
        .map(Sent::label);
    assert_eq!(refused.as_deref(), Some("405 REFER"));
    let bye = net.puppet_receives("BYE");
    net.inject(
        address(9),
        address(1),
        &response(&bye, "200 OK", "t", "", ""),
    );
    net.run_ms(20);
    assert_eq!(net.ended(0), EndReason::HungUp);
    net.assert_idle();
}
