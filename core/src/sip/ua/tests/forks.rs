//! One INVITE, several peers (RFC 3261 §13.2.2.4), and where requests in a dialog go (§12.2.1.1).

use super::net::{Net, Sent, address, media, response, sdp};
use super::puppets::{forget_events, in_dialog};
use crate::sdp::Direction;
use crate::sip::ua::{CallHandle, EndReason, UaEvent, UserAgentConfig};

use alloc::format;
use alloc::vec::Vec;

fn alice() -> Net {
    Net::new([UserAgentConfig::new("sip:alice@example.org")])
}

fn calling(net: &mut Net) -> (Sent, CallHandle) {
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    (net.puppet_receives("INVITE"), a)
}

fn contact(n: u8) -> alloc::string::String {
    format!("Contact: <sip:bob@192.0.2.{n}>\r\n")
}

/// §13.2.2.4: each 2xx of another peer is a dialog of its own, acknowledged and then ended.
// shows: S180
#[test]
fn the_first_2xx_wins_and_the_others_are_ended() {
    let mut net = alice();
    let (invite, a) = calling(&mut net);
    for (tag, n) in [("one", 7), ("two", 8)] {
        let ringing = response(&invite, "180 Ringing", tag, &contact(n), "");
        net.inject(address(9), address(1), &ringing);
    }
    net.run_ms(20);
    for (tag, n) in [("two", 8), ("one", 7), ("two", 8)] {
        let body = sdp(n, "sendrecv");
        let success = response(&invite, "200 OK", tag, &contact(n), &body);
        net.inject(address(9), address(1), &success);
    }
    net.run_ms(50);
    let acks = net.sent("ACK");
    let tags: Vec<&str> = acks.iter().map(|ack| ack.tag("To")).collect();
    assert_eq!(tags, ["two", "one", "two"]);
    assert_eq!(acks[0].text, acks[2].text);
    assert_eq!(acks[0].to, address(8));
    assert_eq!(acks[1].to, address(7));
    let byes = net.sent("BYE");
    assert_eq!(byes.len(), 1);
    assert_eq!((byes[0].tag("To"), byes[0].to), ("one", address(7)));
    let bye = net.puppet_receives("BYE");
    net.inject(
        address(7),
        address(1),
        &response(&bye, "200 OK", "", "", ""),
    );
    net.run_ms(20);
    let call = net.at(0).0.user().call(a).unwrap();
    assert_eq!(&*call.dialog().unwrap().id().remote_tag, "two");
    let plan = net.expect(0, |event| match event {
        UaEvent::MediaAgreed { plan, .. } => Some(plan.clone()),
        _ => None,
    });
    assert_eq!(plan.remote, ([192, 0, 2, 8], 5000).into());
}

/// A 2xx of a fork may still come when the call with the first is over.
#[test]
fn a_late_fork_is_ended_even_after_the_call() {
    let mut net = alice();
    let (invite, a) = calling(&mut net);
    let first = response(&invite, "200 OK", "one", &contact(9), &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &first);
    net.run_ms(50);
    let (endpoint, now) = net.at(0);
    endpoint.hang_up(now, a).unwrap();
    let bye = net.puppet_receives("BYE");
    net.inject(
        address(9),
        address(1),
        &response(&bye, "200 OK", "", "", ""),
    );
    net.run_secs(7);
    assert_eq!(net.ended(0), EndReason::HungUp);
    net.forget();
    let late = response(&invite, "200 OK", "two", &contact(8), &sdp(8, "sendrecv"));
    net.inject(address(9), address(1), &late);
    net.run_ms(50);
    assert_eq!(net.labels()[1..3], ["1 ACK", "1 BYE"]);
    assert_eq!(net.sent("BYE")[0].tag("To"), "two");
    net.run_secs(40);
    assert!(
        !net.nodes[0]
            .events
            .iter()
            .any(|event| matches!(event, UaEvent::Ended { .. }))
    );
    net.assert_idle();
}

/// The number of early dialogs of one INVITE is bounded; a 2xx is taken from anyone.
#[test]
fn forks_are_bounded_by_the_limit() {
    let mut net = alice();
    let (invite, a) = calling(&mut net);
    for n in 0..40 {
        let ringing = response(&invite, "180 Ringing", &format!("t{n}"), &contact(9), "");
        net.inject(address(9), address(1), &ringing);
    }
    net.run_ms(20);
    let success = response(&invite, "200 OK", "t39", &contact(9), &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &success);
    net.run_ms(20);
    let call = net.at(0).0.user().call(a).unwrap();
    assert_eq!(&*call.dialog().unwrap().id().remote_tag, "t39");
    let forks = net.at(0).0.stack().limits().forks;
    assert!(net.at(0).0.user().legs_of(a) <= forks + 1);
}

/// §12.3: a final response other than 2xx ends all early dialogs.
#[test]
fn a_refusal_ends_every_fork() {
    let mut net = alice();
    let (invite, _) = calling(&mut net);
    for tag in ["one", "two"] {
        let ringing = response(&invite, "180 Ringing", tag, &contact(9), "");
        net.inject(address(9), address(1), &ringing);
    }
    net.inject(
        address(9),
        address(1),
        &response(&invite, "480 Gone", "x", "", ""),
    );
    net.run_ms(50);
    assert!(matches!(net.ended(0), EndReason::Rejected(_)));
    assert_eq!(net.at(0).0.user().calls().count(), 0);
    net.assert_idle();
}

/// RFC 6337 §3.1.1: the description in a 183 is a preview; that of the 2xx is taken to be equal.
#[test]
fn early_media_of_a_fork() {
    let mut net = alice();
    let (invite, a) = calling(&mut net);
    let progress = "183 Session Progress";
    let early = response(&invite, progress, "one", &contact(9), &sdp(7, "sendrecv"));
    net.inject(address(9), address(1), &early);
    net.run_ms(20);
    let preview = net.expect(0, |event| match event {
        UaEvent::EarlyMedia { plan, .. } => Some(plan.clone()),
        _ => None,
    });
    assert_eq!(preview.remote, ([192, 0, 2, 7], 5000).into());
    let success = response(&invite, "200 OK", "one", &contact(9), "");
    net.inject(address(9), address(1), &success);
    net.run_ms(20);
    assert!(net.saw(0, &UaEvent::Answered { call: a }));
    assert!(net.saw(
        0,
        &UaEvent::MediaAgreed {
            call: a,
            plan: preview
        }
    ));
}

/// §13.2.2.4: a 2xx whose answer is no use is acknowledged, and BYE follows at once.
#[test]
fn an_unusable_answer_ends_the_call_after_its_ack() {
    let mut net = alice();
    let (invite, _) = calling(&mut net);
    let body = sdp(9, "sendrecv").replace("AVP 0", "AVP 96");
    let success = response(&invite, "200 OK", "one", &contact(9), &body);
    net.inject(address(9), address(1), &success);
    net.run_ms(50);
    assert_eq!(net.labels()[2..4], ["1 ACK", "1 BYE"]);
    net.run_secs(40);
    assert_eq!(net.ended(0), EndReason::NoCommonMedia);
    net.assert_idle();
}

/// §12.1.2, §12.2.1.1: Record-Route reversed, and the first of it is the next hop.
#[test]
fn requests_in_a_dialog_follow_the_route_set() {
    let mut net = alice();
    let (invite, a) = calling(&mut net);
    let routes = "Record-Route: <sip:192.0.2.7;lr;far=1>, <sip:192.0.2.8:5070;lr>\r\n\
        Contact: <sip:bob@192.0.2.66:5099>\r\n";
    let success = response(&invite, "200 OK", "t", routes, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &success);
    net.run_ms(20);
    let (endpoint, now) = net.at(0);
    endpoint.hang_up(now, a).unwrap();
    net.run_ms(20);
    for label in ["ACK", "BYE"] {
        let sent = net.sent(label)[0];
        assert_eq!(sent.request_uri(), "sip:bob@192.0.2.66:5099");
        assert_eq!(
            sent.fields("Route"),
            ["<sip:192.0.2.8:5070;lr>", "<sip:192.0.2.7;lr;far=1>"]
        );
        assert_eq!(sent.to, ([192, 0, 2, 8], 5070).into());
    }
}

/// §12.2.1.1: a strict router takes the Request-URI, and the target waits at the end.
#[test]
fn a_strict_first_hop_gets_its_own_uri() {
    let mut net = alice();
    let (invite, _) = calling(&mut net);
    let routes = "Record-Route: <sip:192.0.2.7;lr>\r\nRecord-Route: <sip:192.0.2.8>\r\n\
        Contact: <sip:bob@192.0.2.66>\r\n";
    let success = response(&invite, "200 OK", "t", routes, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &success);
    net.run_ms(20);
    let ack = net.sent("ACK")[0];
    assert_eq!(ack.request_uri(), "sip:192.0.2.8");
    assert_eq!(
        ack.fields("Route"),
        ["<sip:192.0.2.7;lr>", "<sip:bob@192.0.2.66>"]
    );
    assert_eq!(ack.to, address(8));
}

/// §12.1.1: the callee copies Record-Route as it stands, and takes the same way back.
#[test]
fn a_callee_copies_record_route_and_follows_it_in_order() {
    let mut net = Net::new([UserAgentConfig::new("sip:bob@example.org")]);
    let body = sdp(9, "sendrecv");
    let text = format!(
        "INVITE sip:bob@192.0.2.1 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKone\r\n\
         Max-Forwards: 70\r\n\
         Record-Route: <sip:192.0.2.7;lr>;near=yes, \"Far\" <sip:192.0.2.8;lr;x=%20>\r\n\
         From: <sip:carol@example.com>;tag=carol\r\n\
         To: <sip:bob@example.org>\r\n\
         Call-ID: c1\r\n\
         CSeq: 10 INVITE\r\n\
         Contact: <sip:carol@192.0.2.66>\r\n\
         Content-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    net.inject(address(9), address(1), &text);
    net.run_ms(20);
    let call = net.incoming(0);
    let (bob, now) = net.at(0);
    bob.accept(now, call, media(1)).unwrap();
    let success = net.puppet_receives("200 INVITE");
    assert_eq!(
        success.fields("Record-Route"),
        ["<sip:192.0.2.7;lr>;near=yes, \"Far\" <sip:192.0.2.8;lr;x=%20>"]
    );
    let ack = format!(
        "ACK sip:bob@192.0.2.1 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKack\r\n\
         From: <sip:carol@example.com>;tag=carol\r\n\
         To: <sip:bob@example.org>;tag={}\r\n\
         Call-ID: c1\r\nCSeq: 10 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
        success.tag("To")
    );
    net.inject(address(9), address(1), &ack);
    net.run_ms(20);
    let (bob, now) = net.at(0);
    bob.hang_up(now, call).unwrap();
    net.run_ms(20);
    let bye = net.sent("BYE")[0];
    assert_eq!(bye.to, address(7));
    assert_eq!(bye.request_uri(), "sip:carol@192.0.2.66");
    assert_eq!(
        bye.fields("Route"),
        ["<sip:192.0.2.7;lr>", "<sip:192.0.2.8;lr;x=%20>"]
    );
}

/// Two far ends ring, and the first has described its media and takes UPDATE: its INVITE and the call.
fn agreed_with_one(net: &mut Net) -> (Sent, CallHandle) {
    let (invite, a) = calling(net);
    let reliable = format!(
        "{}Allow: INVITE, UPDATE\r\nRequire: 100rel\r\nRSeq: 1\r\n",
        contact(7)
    );
    let body = sdp(7, "sendrecv");
    let progress = response(&invite, "183 Session Progress", "one", &reliable, &body);
    net.inject(address(9), address(1), &progress);
    let prack = net.puppet_receives("PRACK");
    net.inject(
        address(7),
        address(1),
        &response(&prack, "200 OK", "", "", ""),
    );
    let ringing = response(&invite, "180 Ringing", "two", &contact(8), "");
    net.inject(address(9), address(1), &ringing);
    net.run_ms(20);
    (invite, a)
}

fn two_answers(net: &mut Net, invite: &Sent) {
    let body = sdp(8, "sendrecv");
    let success = response(invite, "200 OK", "two", &contact(8), &body);
    net.inject(address(9), address(1), &success);
    net.run_ms(20);
}

/// RFC 3264 §8.4: the far end that answers is put on hold as the one that only rang was.
#[test]
fn a_hold_of_one_fork_follows_to_the_one_that_answers() {
    let mut net = alice();
    let (invite, a) = agreed_with_one(&mut net);
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    let update = net.puppet_receives("UPDATE");
    let held = response(&update, "200 OK", "", &contact(7), &sdp(7, "recvonly"));
    net.inject(address(7), address(1), &held);
    net.run_ms(20);
    assert!(net.saw(0, &UaEvent::HoldDone { call: a }));
    assert!(net.at(0).0.user().call(a).unwrap().is_held());
    two_answers(&mut net, &invite);
    // Nobody holds this one yet.
    assert!(!net.at(0).0.user().call(a).unwrap().is_held());
    let change = net.puppet_receives("INVITE");
    assert_eq!((change.tag("To"), change.to), ("two", address(8)));
    assert!(change.body().contains("a=sendonly"), "{}", change.body());
    let held = response(&change, "200 OK", "", &contact(8), &sdp(8, "recvonly"));
    net.inject(address(8), address(1), &held);
    net.run_ms(20);
    assert!(net.saw(0, &UaEvent::HoldDone { call: a }));
    let call = net.at(0).0.user().call(a).unwrap();
    assert!(call.is_held());
    let plans: Vec<_> = call.plans().map(|(_, plan)| plan.direction).collect();
    assert_eq!(plans, [Direction::SendOnly]);
}

/// The answer to a change at a fork that has lost says nothing of the session that there is.
#[test]
fn a_change_under_way_at_a_fork_that_loses_begins_anew_at_the_winner() {
    let mut net = alice();
    let (invite, a) = agreed_with_one(&mut net);
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    let update = net.puppet_receives("UPDATE");
    two_answers(&mut net, &invite);
    let change = net.puppet_receives("INVITE");
    assert_eq!(change.tag("To"), "two");
    forget_events(&mut net);
    let held = response(&update, "200 OK", "", &contact(7), &sdp(7, "recvonly"));
    net.inject(address(7), address(1), &held);
    net.run_ms(20);
    assert!(net.nodes[0].events.is_empty(), "{:?}", net.nodes[0].events);
    let held = response(&change, "200 OK", "", &contact(8), &sdp(8, "recvonly"));
    net.inject(address(8), address(1), &held);
    net.run_ms(20);
    assert!(net.saw(0, &UaEvent::HoldDone { call: a }));
}

/// A fork that has lost may have put us on hold, and may still say so: the one that answers has not.
#[test]
fn a_hold_by_a_fork_that_loses_is_over_when_another_answers() {
    let mut net = alice();
    let (invite, a) = agreed_with_one(&mut net);
    let update = |number, direction| {
        let text = in_dialog(&invite, "UPDATE", number, "", &sdp(7, direction));
        text.replace(";tag=t\r\n", ";tag=one\r\n")
            .replace("192.0.2.9", "192.0.2.7")
    };
    net.inject(address(7), address(1), &update(1, "sendonly"));
    net.run_ms(20);
    assert!(net.saw(0, &UaEvent::RemoteHold { call: a }));
    two_answers(&mut net, &invite);
    assert!(net.saw(0, &UaEvent::RemoteResumed { call: a }));
    forget_events(&mut net);
    net.inject(address(7), address(1), &update(2, "inactive"));
    net.run_ms(20);
    assert_eq!(net.sent("200 UPDATE").len(), 2);
    assert!(net.nodes[0].events.is_empty(), "{:?}", net.nodes[0].events);
}
