//! Rules of RFC 3261 §13 to §15 that no other test holds: which description counts, when a change may be
//! sent, and how a session ends.

use alloc::vec::Vec;
use core::time::Duration;

use super::net::{address, media, response, sdp};
use super::puppets::{alone, call_to_puppet, forget_events, in_dialog, plan};
use crate::sip::ua::{EndReason, Stage, UaEvent};

const CONTACT: &str = "Contact: <sip:bob@192.0.2.9>\r\n";

/// Option tags of RFCs on the standards track.
const STANDARD: [&str; 13] = [
    "100rel",
    "199",
    "eventlist",
    "from-change",
    "gruu",
    "histinfo",
    "join",
    "outbound",
    "path",
    "replaces",
    "sec-agree",
    "tdialog",
    "timer",
];

/// §13.2.1: an INVITE says which methods we take, in full, and which extensions; §8.1.1.9: only
/// standard ones, and it insists on none.
#[test]
fn an_invite_says_what_may_be_asked_of_us() {
    let mut net = alone();
    let (invite, _) = call_to_puppet(&mut net);
    let list = |value: &str| value.split(',').map(str::trim).map(Into::into).collect();
    let allow: Vec<alloc::string::String> = list(invite.field("Allow"));
    for method in [
        "INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "PRACK", "UPDATE",
    ] {
        assert!(allow.iter().any(|one| one == method), "{method}");
    }
    let supported: Vec<alloc::string::String> = list(invite.field("Supported"));
    for tag in ["100rel", "timer"] {
        assert!(supported.iter().any(|one| one == tag), "{tag}");
    }
    assert!(
        supported.iter().all(|tag| STANDARD.contains(&tag.as_str())),
        "{supported:?}"
    );
    // §8.2.2.3: what the INVITE does not require, its ACK does not either.
    for sent in [&invite, net.sent("ACK")[0]] {
        assert!(sent.fields("Require").is_empty());
        assert!(sent.fields("Proxy-Require").is_empty());
    }
}

/// §13.2.1: the first description is the answer, and those that follow it are ignored, be the first one
/// a preview or in a reliable response.
#[test]
fn the_first_description_is_the_answer() {
    for first_more in [
        CONTACT,
        "Contact: <sip:bob@192.0.2.9>\r\nRequire: 100rel\r\nRSeq: 1\r\n",
    ] {
        let mut net = alone();
        let (alice, now) = net.at(0);
        alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
        let invite = net.puppet_receives("INVITE");
        let progress = "183 Session Progress";
        let first = response(&invite, progress, "t", first_more, &sdp(7, "sendrecv"));
        net.inject(address(9), address(1), &first);
        net.run_ms(20);
        let second = response(&invite, progress, "t", CONTACT, &sdp(8, "sendrecv"));
        net.inject(address(9), address(1), &second);
        net.run_ms(20);
        let success = response(&invite, "200 OK", "t", CONTACT, &sdp(6, "inactive"));
        net.inject(address(9), address(1), &success);
        net.puppet_receives("ACK");
        let agreed = net.expect(0, plan);
        assert_eq!(agreed.remote, ([192, 0, 2, 7], 5000).into(), "{first_more}");
    }
}

/// §13.2.2.3, §13.2.2.4: once it is answered, a refusal that another server sends changes nothing.
#[test]
fn a_refusal_after_the_2xx_is_ignored() {
    let mut net = alone();
    let (invite, call) = call_to_puppet(&mut net);
    forget_events(&mut net);
    let refusal = response(&invite, "603 Decline", "other", "", "");
    net.inject(address(9), address(1), &refusal);
    net.run_ms(50);
    assert!(net.nodes[0].events.is_empty());
    let stage = net.at(0).0.user().call(call).unwrap().stage();
    assert_eq!(stage, Stage::Established);
    // And once it is refused, a second refusal does not either.
    let mut net = alone();
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    for status in ["486 Busy Here", "404 Not Found"] {
        let refusal = response(&invite, status, "t", "", "");
        net.inject(address(9), address(1), &refusal);
    }
    net.run_ms(50);
    let busy = EndReason::Rejected(crate::sip::message::StatusCode::BUSY_HERE);
    assert_eq!(net.ended(0), busy);
    assert!(net.nodes[0].events.is_empty());
}

/// §14.1: no INVITE of ours while another is under way, ours or theirs.
#[test]
fn a_change_waits_for_the_invite_under_way_in_either_direction() {
    let mut net = alone();
    let (_, call) = call_to_puppet(&mut net);
    let (alice, now) = net.at(0);
    alice.hold(now, call).unwrap();
    let hold = net.puppet_receives("INVITE");
    let (alice, now) = net.at(0);
    alice.resume(now, call).unwrap();
    net.forget();
    let trying = response(&hold, "100 Trying", "", "", "");
    net.inject(address(9), address(1), &trying);
    net.run_secs(5);
    assert!(net.sent("INVITE").is_empty());
    let success = response(&hold, "200 OK", "t", CONTACT, &sdp(9, "recvonly"));
    net.inject(address(9), address(1), &success);
    let resume = net.puppet_receives("INVITE");
    assert!(resume.body().contains("a=sendrecv"));

    let mut net = alone();
    let (invite, call) = call_to_puppet(&mut net);
    let theirs = in_dialog(&invite, "INVITE", 1, "", &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &theirs);
    net.puppet_receives("200 INVITE");
    let (alice, now) = net.at(0);
    alice.hold(now, call).unwrap();
    net.forget();
    net.run_secs(5);
    assert!(net.sent("INVITE").is_empty(), "there was no ACK yet");
    let ack = in_dialog(&invite, "ACK", 1, "", "");
    net.inject(address(9), address(1), &ack);
    net.run_ms(20);
    let from_us = |sent: &&super::net::Sent| sent.from == address(1);
    assert_eq!(net.sent("INVITE").into_iter().filter(from_us).count(), 1);
}

/// §14.2: a 2xx to a re-INVITE that is never acknowledged ends the call after 64*T1. RFC 6141 §5.4: but
/// not if the peer has sent a newer one meanwhile: it may have moved between them.
#[test]
fn a_re_invite_whose_2xx_is_never_acknowledged_ends_the_call_unless_a_newer_one_came() {
    for newer in [false, true] {
        let mut net = alone();
        let (invite, _) = call_to_puppet(&mut net);
        let theirs = in_dialog(&invite, "INVITE", 1, "", &sdp(9, "sendrecv"));
        net.inject(address(9), address(1), &theirs);
        let success = net.puppet_receives("200 INVITE");
        if newer {
            let theirs = in_dialog(&invite, "INVITE", 2, "", &sdp(9, "sendrecv"));
            net.inject(address(9), address(1), &theirs);
            net.run_ms(20);
            let ack = in_dialog(&invite, "ACK", 2, "", "");
            net.inject(address(9), address(1), &ack);
        }
        net.run_secs(70);
        let byes = net.sent("BYE");
        assert_eq!(byes.is_empty(), newer);
        if let Some(bye) = byes.first() {
            let waited = bye.at.saturating_duration_since(success.at);
            assert_eq!(waited, Duration::from_secs(32));
        }
        assert_eq!(net.at(0).0.user().live_calls(), usize::from(newer));
    }
}

/// §15.1.1: 481, 408 or whatever else is the answer to a BYE: the dialog is over.
#[test]
fn whatever_answers_a_bye_ends_the_call() {
    for status in ["481 Gone", "408 Request Timeout", "500 Oops", "603 Decline"] {
        let mut net = alone();
        let (_, call) = call_to_puppet(&mut net);
        let (alice, now) = net.at(0);
        alice.hang_up(now, call).unwrap();
        let bye = net.puppet_receives("BYE");
        let answer = response(&bye, status, "t", "", "");
        net.inject(address(9), address(1), &answer);
        net.run_ms(20);
        assert_eq!(net.ended(0), EndReason::HungUp, "{status}");
        assert_eq!(net.sent("BYE").len(), 1, "{status}");
        net.assert_idle();
    }
}

/// §15.1.1: from the moment that BYE is sent there is no session: nothing of it is told of any more, and
/// nothing of it can be asked for.
#[test]
fn a_session_is_over_when_its_bye_is_sent() {
    let mut net = alone();
    let (invite, call) = call_to_puppet(&mut net);
    forget_events(&mut net);
    let (alice, now) = net.at(0);
    alice.hang_up(now, call).unwrap();
    let stage = alice.user().call(call).unwrap().stage();
    assert_eq!(stage, Stage::Ending(EndReason::HungUp));
    assert!(alice.hold(now, call).is_err());
    net.puppet_receives("BYE");
    let theirs = in_dialog(&invite, "INVITE", 1, "", &sdp(9, "sendonly"));
    net.inject(address(9), address(1), &theirs);
    net.puppet_receives("481 INVITE");
    let told = |event: &UaEvent| !matches!(event, UaEvent::Ended { .. });
    net.run_secs(40);
    assert!(!net.nodes[0].events.iter().any(told));
    assert_eq!(net.ended(0), EndReason::HungUp);
}

/// RFC 6141 §3.4: what a reliable provisional response to a re-INVITE has settled is undone by its
/// refusal, and so that both ends know what was before is offered again; but a peer that has lost the
/// dialog has lost it (§12.2.1.2).
#[test]
fn a_refusal_after_a_reliable_answer_is_followed_by_what_was_before_and_a_481_ends_the_call() {
    for (status, ends) in [("488 Not Acceptable Here", false), ("481 Gone", true)] {
        let mut net = alone();
        let (_, call) = call_to_puppet(&mut net);
        let (alice, now) = net.at(0);
        alice.hold(now, call).unwrap();
        let hold = net.puppet_receives("INVITE");
        let more = "Require: 100rel\r\nRSeq: 1\r\n";
        let progress = "183 Session Progress";
        let answer = response(&hold, progress, "t", more, &sdp(9, "recvonly"));
        net.inject(address(9), address(1), &answer);
        let prack = net.puppet_receives("PRACK");
        let done = response(&prack, "200 OK", "t", "", "");
        net.inject(address(9), address(1), &done);
        net.run_ms(20);
        assert!(net.saw(0, &UaEvent::HoldDone { call }));
        let refusal = response(&hold, status, "t", "", "");
        net.inject(address(9), address(1), &refusal);
        net.run_ms(20);
        let is_over = !net.sent("BYE").is_empty();
        assert_eq!(is_over, ends, "{status}");
        if !ends {
            let again = net.puppet_receives("INVITE");
            assert!(again.body().contains("a=sendrecv"));
            assert!(!net.at(0).0.user().call(call).unwrap().is_held());
        }
    }
}
