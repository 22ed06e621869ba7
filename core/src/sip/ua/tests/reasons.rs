//! Why calls end, as Reason says it (RFC 3326), and early dialogs that end before their call
//! (RFC 6228).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::net::{Net, Sent, address, media, response, sdp};
use super::puppets::{alone, call_to_puppet, forget_events, from_caller, in_dialog};
use crate::sip::message::StatusCode;
use crate::sip::ua::{CallError, CallHandle, EndReason, Reason, UaEvent, UserAgentConfig};

const CONTACT: &str = "Contact: <sip:bob@192.0.2.9>\r\n";

fn calling(net: &mut Net) -> (Sent, CallHandle) {
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    (net.puppet_receives("INVITE"), a)
}

fn answer(net: &mut Net, request: &Sent, status: &str, tag: &str, more: &str, body: &str) {
    let text = response(request, status, tag, more, body);
    net.inject(address(9), address(1), &text);
}

/// Why the call has ended, and what was said of it.
fn ended(net: &mut Net) -> (EndReason, Vec<Reason>) {
    net.expect(0, |event| match event {
        UaEvent::Ended {
            reason, details, ..
        } => {
            let reasons = details.as_ref().map(|it| it.reasons.clone());
            Some((*reason, reasons.unwrap_or_default()))
        }
        _ => None,
    })
}

/// RFC 3326 §3.1 seen from those it happens to: a proxy has cancelled the INVITE because another
/// was faster; and as we do it ourselves to a dialog that came too late.
#[test]
fn completed_elsewhere() {
    let mut net = Net::new([UserAgentConfig::new("sip:bob@example.org")]);
    let invite = from_caller("INVITE", 1, "", "", &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &invite);
    net.run_ms(20);
    let b = net.incoming(0);
    let why = "Reason: SIP ;cause=200 ;text=\"Call completed elsewhere\"\r\n";
    let cancel = from_caller("CANCEL", 1, "", why, "").replace("z9hG4bKCANCEL", "z9hG4bKINVITE");
    net.inject(address(9), address(1), &cancel);
    net.puppet_receives("487 INVITE");
    let reason = Reason::sip(StatusCode::OK, "Call completed elsewhere");
    assert_eq!(
        ended(&mut net),
        (EndReason::RemoteCancelled, [reason].into())
    );
    assert!(net.at(0).0.user().call(b).is_none());

    let mut net = alone();
    let (invite, _) = calling(&mut net);
    for tag in ["fast", "slow"] {
        answer(
            &mut net,
            &invite,
            "200 OK",
            tag,
            CONTACT,
            &sdp(9, "sendrecv"),
        );
    }
    let bye = net.puppet_receives("BYE");
    assert_eq!(bye.tag("To"), "slow");
    let text = "SIP;cause=200;text=\"Call completed elsewhere\"";
    assert_eq!(bye.fields("Reason"), [text]);
}

/// RFC 3326 §3.2: an INVITE without offer, a 2xx with one that will not do: an ACK with an answer
/// that refuses it, and at once a BYE that says 488.
#[test]
fn refusing_an_offer_that_comes_in_a_response() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    alice
        .invite_without_offer(now, "sip:bob@192.0.2.9", media(1))
        .unwrap();
    let invite = net.puppet_receives("INVITE");
    assert_eq!(invite.body(), "");
    let offer = sdp(9, "sendrecv").replace("AVP 0", "AVP 31");
    answer(&mut net, &invite, "200 OK", "t", CONTACT, &offer);
    let ack = net.puppet_receives("ACK");
    assert!(ack.body().contains("m=audio 0 "));
    let bye = net.puppet_receives("BYE");
    assert_eq!(
        bye.fields("Reason"),
        ["SIP;cause=488;text=\"Not Acceptable Here\""]
    );
    assert_eq!(bye.at, ack.at);
}

/// RFC 3326 §3.3: a controller has called A without an offer, then finds B busy: its BYE to A says
/// 486. It is what the application says that stands there.
#[test]
fn third_party_call_control() {
    let mut net = alone();
    let (_, a) = call_to_puppet(&mut net);
    let (controller, now) = net.at(0);
    let busy = Reason::sip(StatusCode::BUSY_HERE, "Busy Here");
    controller.hang_up_because(now, a, &[busy]).unwrap();
    let bye = net.puppet_receives("BYE");
    assert_eq!(bye.fields("Reason"), ["SIP;cause=486;text=\"Busy Here\""]);
    answer(&mut net, &bye, "200 OK", "", "", "");
    net.run_ms(20);
    assert_eq!(ended(&mut net).0, EndReason::HungUp);
    // And seen from A.
    let mut net = alone();
    let (invite, _) = call_to_puppet(&mut net);
    let why = "Reason: SIP;cause=486;text=\"Busy Here\"\r\n";
    net.inject(
        address(9),
        address(1),
        &in_dialog(&invite, "BYE", 1, why, ""),
    );
    net.puppet_receives("200 BYE");
    let busy = Reason::sip(StatusCode::BUSY_HERE, "Busy Here");
    assert_eq!(ended(&mut net), (EndReason::RemoteHungUp, [busy].into()));
}

/// RFC 3326 §3.4: a gateway cancels with the cause of the REL it got, though the CANCEL has to wait
/// for a provisional response.
#[test]
fn isup_interworking() {
    let mut net = alone();
    let (invite, a) = calling(&mut net);
    let (gateway, now) = net.at(0);
    let normal = Reason::q850(16, "Terminated");
    gateway.hang_up_because(now, a, &[normal]).unwrap();
    net.run_ms(50);
    assert!(net.sent("CANCEL").is_empty());
    answer(&mut net, &invite, "100 Trying", "", "", "");
    let cancel = net.puppet_receives("CANCEL");
    assert_eq!(
        cancel.fields("Reason"),
        ["Q.850;cause=16;text=\"Terminated\""]
    );
    assert_eq!(cancel.branch(), invite.branch());
}

/// RFC 3326 §2: several reasons, each of another protocol. Two of one protocol are neither sent nor
/// believed, and nothing that would break the line is written.
// shows: S090
#[test]
fn no_two_reasons_of_one_protocol() {
    let mut net = alone();
    let (invite, a) = call_to_puppet(&mut net);
    let (alice, now) = net.at(0);
    let sip = Reason::sip(StatusCode::DECLINE, "");
    let other = Reason {
        protocol: "sip".into(),
        ..Reason::sip(StatusCode::BUSY_HERE, "")
    };
    let broken = [
        Reason::q850(17, "busy\r\nVia: x"),
        Reason {
            protocol: "Q 850".into(),
            ..Reason::q850(17, "")
        },
    ];
    let refused = alice.hang_up_because(now, a, &[sip.clone(), other]);
    assert_eq!(refused, Err(CallError::BadReason));
    for reason in broken {
        let refused = alice.hang_up_because(now, a, &[reason]);
        assert_eq!(refused, Err(CallError::BadReason));
    }
    assert_eq!(alice.user().live_calls(), 1);
    let q850 = Reason::q850(21, "call \"rejected\"");
    alice.hang_up_because(now, a, &[sip, q850]).unwrap();
    let bye = net.puppet_receives("BYE");
    let written = "SIP;cause=603, Q.850;cause=21;text=\"call \\\"rejected\\\"\"";
    assert_eq!(bye.fields("Reason"), [written]);
    // Both hang up: what the other says is no reason of ours.
    let why = "Reason: SIP;cause=200, sip;cause=486\r\n";
    net.inject(
        address(9),
        address(1),
        &in_dialog(&invite, "BYE", 1, why, ""),
    );
    net.puppet_receives("200 BYE");
    answer(&mut net, &bye, "200 OK", "", "", "");
    net.run_ms(20);
    assert_eq!(ended(&mut net), (EndReason::HungUp, Vec::new()));
    for (rows, count) in [
        ("Reason: SIP;cause=200, sip;cause=486\r\n", 0),
        ("Reason: SIP;cause=200\r\nReason: Q.850;cause=16\r\n", 2),
        ("Reason: preemption;cause=1;text=\"UA Preemption\"\r\n", 1),
        ("Reason: ;;;\r\n", 0),
        ("", 0),
    ] {
        let mut net = alone();
        let (invite, _) = call_to_puppet(&mut net);
        net.inject(
            address(9),
            address(1),
            &in_dialog(&invite, "BYE", 1, rows, ""),
        );
        net.run_ms(20);
        assert_eq!(ended(&mut net).1.len(), count, "{rows}");
    }
}

/// A plain BYE and a plain CANCEL say nothing.
#[test]
fn without_a_reason_there_is_none() {
    let mut net = alone();
    let (_, a) = call_to_puppet(&mut net);
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    assert!(net.puppet_receives("BYE").fields("Reason").is_empty());
    let (invite, a) = calling(&mut net);
    answer(&mut net, &invite, "180 Ringing", "u", "", "");
    net.run_ms(20);
    let (alice, now) = net.at(0);
    alice.hang_up_because(now, a, &[]).unwrap();
    assert!(net.puppet_receives("CANCEL").fields("Reason").is_empty());
}

fn terminated(event: &UaEvent) -> Option<(usize, Vec<Reason>)> {
    match event {
        UaEvent::EarlyDialogTerminated {
            ringing, details, ..
        } => {
            let reasons = details.as_ref().map(|it| it.reasons.clone());
            Some((*ringing, reasons.unwrap_or_default()))
        }
        _ => None,
    }
}

/// RFC 6228 §9.1: three ring, two of them refuse, the third answers.
#[test]
fn early_dialogs_end_one_by_one() {
    let mut net = alone();
    let (invite, a) = calling(&mut net);
    // §4: it is asked for.
    assert!(invite.field("Supported").split(", ").any(|it| it == "199"));
    for (tag, n) in [("two", 2), ("three", 3), ("four", 4)] {
        let contact = format!("Contact: <sip:bob@192.0.2.9:{n}>\r\n");
        let body = sdp(n, "sendrecv");
        answer(
            &mut net,
            &invite,
            "183 Session Progress",
            tag,
            &contact,
            &body,
        );
    }
    net.run_ms(20);
    let early = |event: &UaEvent| match event {
        UaEvent::EarlyMedia { plan, .. } => Some(plan.remote),
        _ => None,
    };
    assert_eq!(net.expect(0, early), ([192, 0, 2, 2], 5000).into());
    forget_events(&mut net);
    let over = "199 Early Dialog Terminated";
    let busy = "Reason: SIP;cause=486;text=\"Busy Here\"\r\n";
    answer(&mut net, &invite, over, "two", busy, "");
    net.run_ms(20);
    let reason = Reason::sip(StatusCode::BUSY_HERE, "Busy Here");
    assert_eq!(net.expect(0, terminated), (2, [reason].into()));
    // Its media are over; those of the next are what is heard now.
    assert_eq!(net.expect(0, early), ([192, 0, 2, 3], 5000).into());
    // A copy of it, and whatever else comes late from there, is nothing new.
    answer(&mut net, &invite, over, "two", busy, "");
    answer(
        &mut net,
        &invite,
        "180 Ringing",
        "two",
        CONTACT,
        &sdp(2, "sendrecv"),
    );
    net.run_ms(20);
    assert!(net.nodes[0].events.is_empty());
    answer(&mut net, &invite, over, "three", busy, "");
    net.run_ms(20);
    assert_eq!(net.expect(0, terminated).0, 1);
    // §7: a request from there is answered as after a final response.
    let options = in_dialog(&invite, "OPTIONS", 1, "", "").replace("tag=t\r\n", "tag=two\r\n");
    net.inject(address(9), address(1), &options);
    net.puppet_receives("481 OPTIONS");
    let success = sdp(4, "sendrecv");
    answer(&mut net, &invite, "200 OK", "four", CONTACT, &success);
    net.puppet_receives("ACK");
    net.run_ms(50);
    assert!(net.saw(0, &UaEvent::Answered { call: a }));
    // §4: there is nothing left to end with a BYE.
    assert!(net.sent("BYE").is_empty());
    let call = net.at(0).0.user().call(a).unwrap();
    assert_eq!(&*call.dialog().unwrap().id().remote_tag, "four");
}

/// §4: with none left that rings the INVITE goes on; and a 2xx counts, whatever was said before.
#[test]
fn a_199_is_no_final_response() {
    let mut net = alone();
    let (invite, a) = calling(&mut net);
    let over = "199 Early Dialog Terminated";
    answer(&mut net, &invite, "180 Ringing", "one", CONTACT, "");
    answer(&mut net, &invite, over, "one", "", "");
    net.run_secs(30);
    assert_eq!(net.expect(0, terminated), (0, Vec::new()));
    assert_eq!(net.at(0).0.user().live_calls(), 1);
    answer(
        &mut net,
        &invite,
        "200 OK",
        "one",
        CONTACT,
        &sdp(9, "sendrecv"),
    );
    net.puppet_receives("ACK");
    assert!(net.saw(0, &UaEvent::Answered { call: a }));
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.puppet_receives("BYE");
}

/// §4: of a dialog that has not begun, an unreliable 199 says nothing, and a reliable one is
/// acknowledged; §7: nothing else is sent in it.
#[test]
fn a_199_before_its_dialog() {
    let mut net = alone();
    let (invite, a) = calling(&mut net);
    let over = "199 Early Dialog Terminated";
    answer(&mut net, &invite, over, "one", "", "");
    net.run_ms(20);
    assert!(net.nodes[0].events.is_empty());
    assert_eq!(net.at(0).0.user().legs_of(a), 0);
    let reliable = format!("{CONTACT}Require: 100rel\r\nRSeq: 7\r\nAllow: UPDATE\r\n");
    answer(
        &mut net,
        &invite,
        over,
        "two",
        &reliable,
        &sdp(9, "sendrecv"),
    );
    let prack = net.puppet_receives("PRACK");
    assert_eq!(prack.field("RAck"), "7 1 INVITE");
    let (alice, now) = net.at(0);
    assert!(alice.hold(now, a).is_err());
    net.run_ms(20);
    assert!(
        !net.nodes[0]
            .events
            .iter()
            .any(|event| matches!(event, UaEvent::Ringing { .. } | UaEvent::EarlyMedia { .. }))
    );
    let refused: String = response(&invite, "480 Gone", "x", "", "");
    net.inject(address(9), address(1), &refused);
    net.run_ms(20);
    assert!(matches!(ended(&mut net).0, EndReason::Rejected(_)));
    net.assert_idle();
}

/// §5: of our own accord we send none: what we have to say, we say with the final response.
#[test]
fn a_callee_sends_no_199() {
    let mut net = Net::new([UserAgentConfig::new("sip:bob@example.org")]);
    let invite = from_caller("INVITE", 1, "", "Supported: 199\r\n", &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &invite);
    net.run_ms(20);
    let b = net.incoming(0);
    let (bob, now) = net.at(0);
    bob.ring(now, b).unwrap();
    bob.reject(now, b, StatusCode::BUSY_HERE).unwrap();
    net.puppet_receives("486 INVITE");
    assert!(net.sent("199 INVITE").is_empty());
}
