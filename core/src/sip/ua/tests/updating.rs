//! UPDATE (RFC 3311) from both ends, before and after the call is answered.

use alloc::format;
use core::time::Duration;

use super::net::{Net, address, media, response, sdp};
use super::puppets::{alone, call_to_puppet, forget_events, from_caller, in_dialog};
use crate::sdp::Direction;
use crate::sdp::offer_answer::MediaPlan;
use crate::sip::message::StatusCode;
use crate::sip::ua::{CallError, EndReason, Stage, UaEvent, UserAgentConfig};

fn early(event: &UaEvent) -> Option<MediaPlan> {
    match event {
        UaEvent::EarlyMedia { plan, .. } => Some(plan.clone()),
        _ => None,
    }
}

/// §8, Figure 1: a session in the early dialog, changed by the caller, then by the callee, and the
/// call answered after that without another word about the session.
// shows: S236 S248 S296
#[test]
fn the_example_call_flow() {
    let mut net = Net::pair();
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.2", media(1)).unwrap();
    net.run_ms(50);
    let b = net.incoming(1);
    let (bob, now) = net.at(1);
    bob.begin_early_session(now, b, media(2)).unwrap();
    net.run_ms(50);
    assert_eq!(net.expect(0, early).direction, Direction::SendRecv);
    assert_eq!(net.expect(1, early).direction, Direction::SendRecv);
    // The session is there, the dialog still early.
    assert_eq!(
        net.nodes[0].endpoint.user().call(a).unwrap().stage(),
        Stage::Calling
    );
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    net.run_ms(50);
    assert!(net.saw(0, &UaEvent::HoldDone { call: a }));
    assert!(net.saw(1, &UaEvent::RemoteHold { call: b }));
    assert_eq!(net.expect(1, early).direction, Direction::RecvOnly);
    let (bob, now) = net.at(1);
    bob.hold(now, b).unwrap();
    net.run_ms(50);
    assert!(net.saw(1, &UaEvent::HoldDone { call: b }));
    let (bob, now) = net.at(1);
    bob.accept(now, b, media(2)).unwrap();
    net.run_ms(50);
    let flow: alloc::vec::Vec<_> = net
        .labels()
        .into_iter()
        .filter(|label| !label.ends_with("100 INVITE"))
        .collect();
    assert_eq!(
        flow,
        [
            "1 INVITE",
            "2 183 INVITE",
            "1 PRACK",
            "2 200 PRACK",
            "1 UPDATE",
            "2 200 UPDATE",
            "2 UPDATE",
            "1 200 UPDATE",
            "2 200 INVITE",
            "1 ACK"
        ]
    );
    assert_eq!(net.sent("200 INVITE")[0].body(), "");
    assert_eq!(net.sent("ACK")[0].body(), "");
    let stage = net.nodes[0].endpoint.user().call(a).unwrap().stage();
    assert_eq!(stage, Stage::Established);
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.run_ms(50);
    assert_eq!(net.ended(1), EndReason::RemoteHungUp);
    net.assert_idle();
}

/// §5.1: no UPDATE before there is a session to change, nor to a peer that does not take it.
#[test]
fn nothing_is_changed_before_there_is_a_session() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    assert!(invite.field("Allow").contains("UPDATE"));
    let refused = Err(CallError::WrongState(Stage::Calling));
    let (alice, now) = net.at(0);
    assert_eq!(alice.hold(now, a), refused);
    // A preview is not an answer.
    let allow = "Contact: <sip:bob@192.0.2.9>\r\nAllow: INVITE, UPDATE\r\n";
    let preview = response(
        &invite,
        "183 Session Progress",
        "t",
        allow,
        &sdp(9, "sendrecv"),
    );
    net.inject(address(9), address(1), &preview);
    net.run_ms(20);
    let (alice, now) = net.at(0);
    assert_eq!(alice.hold(now, a), refused);
    // An answer is, but from one that takes no UPDATE.
    let reliable =
        "Contact: <sip:bob@192.0.2.9>\r\nAllow: INVITE\r\nRequire: 100rel\r\nRSeq: 1\r\n";
    let progress = response(
        &invite,
        "183 Session Progress",
        "t",
        reliable,
        &sdp(9, "sendrecv"),
    );
    net.inject(address(9), address(1), &progress);
    net.puppet_receives("PRACK");
    let (alice, now) = net.at(0);
    assert_eq!(alice.hold(now, a), refused);
}

/// §5.2: an offer that meets ours, or one of its own that waits, is refused; each as the table says.
// shows: S237
#[test]
fn an_offer_in_update_that_comes_too_early_is_refused() {
    // The INVITE's own offer has no answer yet: 500, and when to come back.
    let mut net = Net::new([UserAgentConfig::new("sip:bob@example.org")]);
    let offer = sdp(9, "sendrecv");
    net.inject(
        address(9),
        address(1),
        &from_caller("INVITE", 1, "", "", &offer),
    );
    net.run_ms(20);
    let b = net.incoming(0);
    let (bob, now) = net.at(0);
    bob.ring(now, b).unwrap();
    let ringing = net.puppet_receives("180 INVITE");
    let update = from_caller("UPDATE", 2, ringing.tag("To"), "", &offer);
    net.inject(address(9), address(1), &update);
    let refused = net.puppet_receives("500 UPDATE");
    let after: u32 = refused.field("Retry-After").parse().unwrap();
    assert!(after <= 10);
    // Ours has none yet: 491.
    let mut net = alone();
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let contact = "Contact: <sip:bob@192.0.2.9>\r\n";
    let ringing = response(&invite, "180 Ringing", "t", contact, "");
    net.inject(address(9), address(1), &ringing);
    net.run_ms(20);
    // Nor may we make another.
    let (alice, now) = net.at(0);
    let refused = Err(CallError::WrongState(Stage::Calling));
    assert_eq!(alice.hold(now, a), refused);
    let update = in_dialog(&invite, "UPDATE", 1, "", &offer);
    net.inject(address(9), address(1), &update);
    net.puppet_receives("491 UPDATE");
    // Without an offer there is nothing to meet.
    let update = in_dialog(&invite, "UPDATE", 2, "", "");
    net.inject(address(9), address(1), &update);
    net.puppet_receives("200 UPDATE");
}

/// §5.2: a description that will not do gets 488 with a Warning, and the session stays.
#[test]
fn an_update_that_will_not_do_leaves_the_session() {
    let mut net = alone();
    let (invite, a) = call_to_puppet(&mut net);
    forget_events(&mut net);
    let video = sdp(9, "sendrecv").replace("audio 5000 RTP/AVP 0", "audio 5000 RTP/AVP 31");
    let update = in_dialog(&invite, "UPDATE", 1, "", &video);
    net.inject(address(9), address(1), &update);
    let refused = net.puppet_receives("488 UPDATE");
    assert!(refused.field("Warning").starts_with("399 "));
    assert!(net.nodes[0].events.is_empty());
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    let hold = net.puppet_receives("INVITE");
    assert!(hold.body().contains("a=sendonly"));
}

/// §5.3: after 491 the UPDATE is tried again; the callee, who does not own the Call-ID, within
/// two seconds.
#[test]
fn an_update_of_ours_is_tried_again_after_491() {
    let mut net = Net::new([UserAgentConfig::new("sip:bob@example.org")]);
    let more = "Supported: 100rel\r\nAllow: INVITE, PRACK, UPDATE\r\n";
    let invite = from_caller("INVITE", 1, "", more, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &invite);
    net.run_ms(20);
    let b = net.incoming(0);
    let (bob, now) = net.at(0);
    bob.begin_early_session(now, b, media(1)).unwrap();
    let progress = net.puppet_receives("183 INVITE");
    // §5.1: not before the PRACK.
    let (bob, now) = net.at(0);
    assert_eq!(bob.hold(now, b), Err(CallError::WrongState(Stage::Offered)));
    let rack = format!("RAck: {} 1 INVITE\r\n", progress.field("RSeq"));
    let prack = from_caller("PRACK", 2, progress.tag("To"), &rack, "");
    net.inject(address(9), address(1), &prack);
    net.puppet_receives("200 PRACK");
    let (bob, now) = net.at(0);
    bob.hold(now, b).unwrap();
    let update = net.puppet_receives("UPDATE");
    assert!(update.body().contains("a=sendonly"));
    let pending = response(&update, "491 Request Pending", "", "", "");
    net.inject(address(9), address(1), &pending);
    let refused = net.now;
    let again = net.puppet_receives("UPDATE");
    assert!(again.cseq() > update.cseq());
    let wait = again.at.saturating_duration_since(refused);
    assert!(wait <= Duration::from_millis(2020));
    let busy = response(&again, "488 Not Acceptable Here", "", "", "");
    net.inject(address(9), address(1), &busy);
    net.run_ms(20);
    let refused = UaEvent::ChangeRefused {
        call: b,
        status: StatusCode::NOT_ACCEPTABLE_HERE,
        details: None,
    };
    assert!(net.saw(0, &refused));
    // The call goes on as it was.
    let (bob, now) = net.at(0);
    bob.accept(now, b, media(1)).unwrap();
    net.puppet_receives("200 INVITE");
}

/// Somebody who resumes while the hold is still on its way is off hold in the end.
#[test]
fn what_is_wanted_last_is_what_comes_last() {
    let mut net = Net::pair();
    let (a, b) = net.established();
    forget_events(&mut net);
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    net.drain();
    let (alice, now) = net.at(0);
    alice.resume(now, a).unwrap();
    net.run_secs(1);
    assert!(net.saw(0, &UaEvent::HoldDone { call: a }));
    assert!(net.saw(0, &UaEvent::ResumeDone { call: a }));
    assert!(net.saw(1, &UaEvent::RemoteResumed { call: b }));
    assert!(!net.nodes[0].endpoint.user().call(a).unwrap().is_held());
}
