//! Hold, resume and refused changes (RFC 3261 §14, RFC 6141).

use super::net::{Net, address, media, response, sdp};
use crate::sdp::Direction;
use crate::sdp::offer_answer::MediaPlan;
use crate::sip::message::StatusCode;
use crate::sip::ua::{CallError, CallHandle, EndReason, UaEvent, UserAgentConfig};

use alloc::string::String;

fn plan(event: &UaEvent) -> Option<MediaPlan> {
    match event {
        UaEvent::MediaAgreed { plan, .. } => Some(plan.clone()),
        _ => None,
    }
}

fn forget_events(net: &mut Net) {
    net.drain();
    for node in &mut net.nodes {
        node.events.clear();
    }
}

#[test]
fn hold_and_resume_by_the_caller() {
    hold_and_resume(0);
}

#[test]
fn hold_and_resume_by_the_callee() {
    hold_and_resume(1);
}

fn hold_and_resume(holder: usize) {
    let mut net = Net::pair();
    let (a, b) = net.established();
    let calls = [a, b];
    let (mine, theirs) = (calls[holder], calls[1 - holder]);
    forget_events(&mut net);
    net.forget();
    let (endpoint, now) = net.at(holder);
    endpoint.hold(now, mine).unwrap();
    net.run_ms(50);
    assert!(net.sent("INVITE")[0].body().contains("a=sendonly"));
    assert!(net.sent("200 INVITE")[0].body().contains("a=recvonly"));
    assert_eq!(net.expect(holder, plan).direction, Direction::SendOnly);
    assert!(net.saw(holder, &UaEvent::HoldDone { call: mine }));
    assert!(net.at(holder).0.user().call(mine).unwrap().is_held());
    assert_eq!(net.expect(1 - holder, plan).direction, Direction::RecvOnly);
    assert!(net.saw(1 - holder, &UaEvent::RemoteHold { call: theirs }));

    net.forget();
    let (endpoint, now) = net.at(holder);
    endpoint.resume(now, mine).unwrap();
    net.run_ms(50);
    assert_eq!(net.expect(holder, plan).direction, Direction::SendRecv);
    assert!(net.saw(holder, &UaEvent::ResumeDone { call: mine }));
    assert_eq!(net.expect(1 - holder, plan).direction, Direction::SendRecv);
    assert!(net.saw(1 - holder, &UaEvent::RemoteResumed { call: theirs }));
    let (endpoint, now) = net.at(holder);
    endpoint.hang_up(now, mine).unwrap();
    net.assert_idle();
}

/// Both hold, one after the other; when the first resumes, the other is still holding.
#[test]
fn both_sides_hold_and_each_resumes_for_itself() {
    let mut net = Net::pair();
    let (a, b) = net.established();
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    net.run_ms(100);
    let (bob, now) = net.at(1);
    bob.hold(now, b).unwrap();
    net.run_ms(100);
    forget_events(&mut net);
    let (alice, now) = net.at(0);
    alice.resume(now, a).unwrap();
    net.run_ms(100);
    assert_eq!(net.expect(0, plan).direction, Direction::RecvOnly);
    assert_eq!(net.expect(1, plan).direction, Direction::SendOnly);
    let (bob, now) = net.at(1);
    bob.resume(now, b).unwrap();
    net.run_ms(100);
    assert_eq!(net.expect(0, plan).direction, Direction::SendRecv);
    assert_eq!(net.expect(1, plan).direction, Direction::SendRecv);
}

/// §14.1: if the call is hung up meanwhile, the re-INVITE does not take place.
#[test]
fn a_change_that_waits_dies_with_the_call() {
    let mut net = Net::pair();
    let (a, b) = net.established();
    net.forget();
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    let (bob, now) = net.at(1);
    bob.hold(now, b).unwrap();
    net.run_ms(40);
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.run_secs(10);
    assert_eq!(net.sent("INVITE").len(), 2);
    net.assert_idle();
}

/// §14.1 with RFC 6141 §4.6: a re-INVITE that is refused changes neither the session nor the
/// target.
// shows: S127
#[test]
fn a_refused_change_leaves_everything_as_it_was() {
    let mut net = Net::pair();
    let (_, b) = net.established();
    forget_events(&mut net);
    let bob = net.at(1).0.user().call(b).unwrap().dialog().unwrap();
    let (target, id) = (String::from(bob.remote_target()), bob.id().clone());
    let offer = sdp(7, "sendrecv").replace("RTP/AVP 0", "RTP/AVP 96");
    let text = alloc::format!(
        "INVITE sip:bob@192.0.2.2 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKother\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:alice@example.org>;tag={}\r\n\
         To: <sip:bob@192.0.2.2>;tag={}\r\n\
         Call-ID: {}\r\n\
         CSeq: 7 INVITE\r\n\
         Contact: <sip:alice@192.0.2.7>\r\n\
         Content-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{offer}",
        id.remote_tag,
        id.local_tag,
        id.call_id,
        offer.len()
    );
    net.inject(address(1), address(2), &text);
    net.run_ms(20);
    let refusal = net.sent("488 INVITE")[0];
    assert!(refusal.field("Warning").starts_with("399 "));
    assert!(net.nodes[1].events.is_empty());
    let bob = net.at(1).0.user().call(b).unwrap().dialog().unwrap();
    assert_eq!(bob.remote_target(), target);
    let (bob, now) = net.at(1);
    bob.hold(now, b).unwrap();
    net.run_secs(1);
    assert!(net.saw(1, &UaEvent::HoldDone { call: b }));
}

/// A puppet that Alice has called and that has answered: its INVITE, and Alice's call.
fn puppet_call(net: &mut Net) -> (super::net::Sent, CallHandle) {
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let contact = "Contact: <sip:bob@192.0.2.9>\r\n";
    let success = response(&invite, "200 OK", "t", contact, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &success);
    net.puppet_receives("ACK");
    (invite, a)
}

fn alice() -> Net {
    Net::new([UserAgentConfig::new("sip:alice@example.org")])
}

/// §14.1: other refusals leave the session, and are told.
#[test]
fn a_hold_that_is_refused_is_reported_and_the_call_goes_on() {
    let mut net = alice();
    let (_, a) = puppet_call(&mut net);
    let (endpoint, now) = net.at(0);
    endpoint.hold(now, a).unwrap();
    let hold = net.puppet_receives("INVITE");
    assert_eq!(hold.cseq(), 2);
    net.inject(
        address(9),
        address(1),
        &response(&hold, "488 Not Acceptable Here", "t", "", ""),
    );
    net.run_ms(50);
    let status = StatusCode::NOT_ACCEPTABLE_HERE;
    assert!(net.saw(
        0,
        &UaEvent::ChangeRefused {
            call: a,
            status,
            details: None
        }
    ));
    assert!(!net.at(0).0.user().call(a).unwrap().is_held());
    // The next description is the version after the one refused, and still a whole offer.
    let (endpoint, now) = net.at(0);
    endpoint.hold(now, a).unwrap();
    let again = net.puppet_receives("INVITE");
    assert!(again.body().contains("a=sendonly"));
}

/// §12.2.1.2: 481, 408 and silence end the dialog, with a BYE.
#[test]
fn a_lost_dialog_is_ended_with_bye() {
    for status in ["481 Gone", "408 Request Timeout", ""] {
        let mut net = alice();
        let (_, a) = puppet_call(&mut net);
        let (endpoint, now) = net.at(0);
        endpoint.hold(now, a).unwrap();
        let hold = net.puppet_receives("INVITE");
        if !status.is_empty() {
            let refusal = response(&hold, status, "t", "", "");
            net.inject(address(9), address(1), &refusal);
        }
        net.run_secs(33);
        assert!(!net.sent("BYE").is_empty(), "{status}");
        net.run_secs(33);
        assert_eq!(net.ended(0), EndReason::DialogLost, "{status}");
        net.assert_idle();
    }
}

/// §14.2: 500 with Retry-After says when to come back.
#[test]
fn a_500_with_retry_after_is_tried_again_then() {
    let mut net = alice();
    let (_, a) = puppet_call(&mut net);
    let (endpoint, now) = net.at(0);
    endpoint.hold(now, a).unwrap();
    let hold = net.puppet_receives("INVITE");
    let later = response(&hold, "500 Later", "t", "Retry-After: 3\r\n", "");
    net.inject(address(9), address(1), &later);
    net.run_ms(2900);
    assert_eq!(net.sent("INVITE").len(), 2);
    net.run_ms(200);
    assert_eq!(net.sent("INVITE").len(), 3);
}

/// §14.2, RFC 3725: a re-INVITE without offer gets our whole offer in the 200; its answer is in
/// the ACK.
// shows: S247
#[test]
fn an_offerless_re_invite_gets_an_offer() {
    let mut net = alice();
    let (invite, a) = puppet_call(&mut net);
    forget_events(&mut net);
    let request = |method: &str, branch: &str, body: &str| {
        let kind = if body.is_empty() {
            ""
        } else {
            "Content-Type: application/sdp\r\n"
        };
        alloc::format!(
            "{method} sip:alice@192.0.2.1 SIP/2.0\r\n\
             Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{branch}\r\n\
             Max-Forwards: 70\r\n\
             From: {};tag=t\r\n\
             To: {}\r\n\
             Call-ID: {}\r\n\
             CSeq: 1 {method}\r\n\
             Contact: <sip:bob@192.0.2.9>\r\n\
             {kind}Content-Length: {}\r\n\r\n{body}",
            invite.field("To"),
            invite.field("From"),
            invite.field("Call-ID"),
            body.len()
        )
    };
    net.inject(address(9), address(1), &request("INVITE", "re", ""));
    let success = net.puppet_receives("200 INVITE");
    assert!(success.body().contains("m=audio 4000 RTP/AVP 0 8 "));
    // RFC 5407 §3.1.5: with our offer unanswered, another INVITE is one too many.
    let early = request("INVITE", "early", &sdp(9, "sendrecv")).replace("CSeq: 1", "CSeq: 2");
    net.inject(address(9), address(1), &early);
    net.puppet_receives("491 INVITE");
    assert!(net.nodes[0].events.is_empty());
    let ack = request("ACK", "ack", &sdp(8, "sendonly"));
    net.inject(address(9), address(1), &ack);
    net.run_ms(20);
    let agreed = net.expect(0, plan);
    assert_eq!(agreed.remote, ([192, 0, 2, 8], 5000).into());
    assert_eq!(agreed.direction, Direction::RecvOnly);
    assert!(net.saw(0, &UaEvent::RemoteHold { call: a }));
}

/// Commands that come too early or too late say so.
#[test]
fn a_call_is_held_only_while_it_is_established() {
    let mut net = Net::pair();
    let (a, _) = net.ringing();
    let (alice, now) = net.at(0);
    assert!(matches!(alice.hold(now, a), Err(CallError::WrongState(_))));
    alice.hang_up(now, a).unwrap();
    assert!(matches!(
        alice.hang_up(now, a),
        Err(CallError::WrongState(_))
    ));
    net.assert_idle();
    let (alice, now) = net.at(0);
    assert_eq!(alice.hold(now, a), Err(CallError::Stale));
}

/// §12.1.2 and §12.2.1.1: whoever has called a SIPS URI names itself by one in the whole dialog, and
/// so is asked by one for ever: also in answers, and after an early dialog or without.
#[test]
fn a_dialog_that_a_sips_uri_began_has_sips_contacts() {
    for early in [true, false] {
        let mut config = UserAgentConfig::new("sip:alice@example.org");
        config.outbound_proxies.push("sip:192.0.2.9".into());
        let mut net = Net::new([config]);
        let (alice, now) = net.at(0);
        let call = alice.invite(now, "sips:bob@example.com", media(1)).unwrap();
        let invite = net.puppet_receives("INVITE");
        let contact = "Contact: <sips:bob@192.0.2.9>\r\nRecord-Route: <sip:192.0.2.9;lr>\r\n";
        if early {
            let ringing = response(&invite, "180 Ringing", "b", contact, "");
            net.inject(invite.to, address(1), &ringing);
        }
        let ok = response(&invite, "200 OK", "b", contact, &sdp(9, "sendrecv"));
        net.inject(invite.to, address(1), &ok);
        net.puppet_receives("ACK");
        let (alice, now) = net.at(0);
        alice.hold(now, call).unwrap();
        let hold = net.puppet_receives("INVITE");
        assert_eq!(hold.to, invite.to);
        let named = hold.field("Contact");
        assert!(named.starts_with("<sips:alice@"), "early {early}: {named}");
    }
}
