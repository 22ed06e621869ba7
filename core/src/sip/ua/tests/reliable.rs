//! Reliable provisional responses (RFC 3262) from both ends.

use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use super::net::{Net, address, media, response, sdp};
use super::puppets::{alone, from_caller, plan};
use crate::sdp::Direction;
use crate::sdp::offer_answer::MediaPlan;
use crate::sip::ua::{AcceptError, CallHandle, EndReason, UaEvent, UserAgentConfig};

const SUPPORTED: &str = "Supported: 100rel\r\n";
const REQUIRED: &str = "Require: 100rel\r\n";

fn early(event: &UaEvent) -> Option<MediaPlan> {
    match event {
        UaEvent::EarlyMedia { plan, .. } => Some(plan.clone()),
        _ => None,
    }
}

/// Bob at 192.0.2.1, called by a puppet.
fn called(more: &str, body: &str) -> (Net, CallHandle) {
    let mut net = Net::new([UserAgentConfig::new("sip:bob@example.org")]);
    let invite = from_caller("INVITE", 1, "", more, body);
    net.inject(address(9), address(1), &invite);
    net.run_ms(20);
    let call = net.incoming(0);
    (net, call)
}

fn rseq(sent: &super::net::Sent) -> u32 {
    sent.field("RSeq").parse().unwrap()
}

fn rack(response: u32) -> alloc::string::String {
    format!("RAck: {response} 1 INVITE\r\n")
}

/// §3: the number is at random from 1 to 2³¹ − 1, and one higher each time.
// shows: S291
#[test]
fn a_reliable_response_is_numbered_and_acknowledged() {
    let mut firsts = Vec::new();
    for seed in 1..=3_u8 {
        let (mut net, call) = called(REQUIRED, &sdp(9, "sendrecv"));
        // Something that takes as many random numbers as the seed says.
        for _ in 0..seed {
            let (bob, now) = net.at(0);
            let query = bob.options(now, "sip:carol@192.0.2.8");
            query.unwrap();
        }
        let (bob, now) = net.at(0);
        bob.ring(now, call).unwrap();
        let ringing = net.puppet_receives("180 INVITE");
        assert_eq!(ringing.field("Require"), "100rel");
        let number = rseq(&ringing);
        assert!((1..1 << 31).contains(&number));
        firsts.push(number);
        let tag = ringing.tag("To");
        let prack = from_caller("PRACK", 2, tag, &rack(number), "");
        net.inject(address(9), address(1), &prack);
        net.puppet_receives("200 PRACK");
        // The minute's news is the next one.
        let again = net.puppet_receives("180 INVITE");
        assert_eq!(rseq(&again), number + 1);
    }
    firsts.dedup();
    assert_eq!(firsts.len(), 3, "{firsts:?}");
}

/// §3: a caller that says nothing of 100rel gets none, not even for a description.
#[test]
fn nobody_gets_a_reliable_response_who_has_not_asked() {
    let (mut net, call) = called("", &sdp(9, "sendrecv"));
    let (bob, now) = net.at(0);
    bob.begin_early_session(now, call, media(1)).unwrap();
    let progress = net.puppet_receives("183 INVITE");
    assert_eq!(progress.field("Require"), "");
    assert_eq!(progress.field("RSeq"), "");
    let (bob, now) = net.at(0);
    bob.accept(now, call, media(1)).unwrap();
    let success = net.puppet_receives("200 INVITE");
    // RFC 6337 §3.1.1: what was a preview stands in the 2xx as it was.
    assert_eq!(success.body(), progress.body());
    assert!(!success.body().is_empty());
}

/// §3: T1, doubling without an upper limit; after 64*T1 the INVITE is refused with a 5xx.
// shows: S293
#[test]
fn a_reliable_response_without_prack_comes_again_and_then_the_call_is_given_up() {
    let (mut net, call) = called(SUPPORTED, &sdp(9, "sendrecv"));
    let (bob, now) = net.at(0);
    bob.begin_early_session(now, call, media(1)).unwrap();
    net.run_secs(40);
    let sent = net.sent("183 INVITE");
    let waits: Vec<Duration> = sent
        .windows(2)
        .map(|pair| pair[1].at.saturating_duration_since(pair[0].at))
        .collect();
    let doubling: Vec<Duration> = (0..6).map(|n| Duration::from_millis(500 << n)).collect();
    assert_eq!(waits, doubling);
    assert!(sent.iter().all(|one| one.text == sent[0].text));
    let refused = net.sent("504 INVITE");
    let after = refused[0].at.saturating_duration_since(sent[0].at);
    assert_eq!(after, Duration::from_secs(32));
    assert_eq!(net.ended(0), EndReason::Unacknowledged);
    let tag = net.sent("504 INVITE")[0].tag("To");
    let ack = from_caller("ACK", 1, tag, "", "").replace("ACK1", "INVITE1");
    net.inject(address(9), address(1), &ack);
    net.assert_idle();
}

/// §3: the second has to wait for the PRACK of the first.
// shows: S292
#[test]
fn a_second_reliable_response_waits_for_the_first_prack() {
    let (mut net, call) = called(REQUIRED, &sdp(9, "sendrecv"));
    let (bob, now) = net.at(0);
    bob.ring(now, call).unwrap();
    let ringing = net.puppet_receives("180 INVITE");
    let (bob, now) = net.at(0);
    bob.begin_early_session(now, call, media(1)).unwrap();
    net.run_ms(400);
    assert_eq!(net.sent("183 INVITE").len(), 0);
    let tag = ringing.tag("To");
    let prack = from_caller("PRACK", 2, tag, &rack(rseq(&ringing)), "");
    net.inject(address(9), address(1), &prack);
    net.puppet_receives("200 PRACK");
    let progress = net.puppet_receives("183 INVITE");
    assert_eq!(rseq(&progress), rseq(&ringing) + 1);
    assert!(progress.body().contains("m=audio"));
}

/// §3: a PRACK for nothing gets 481, whichever of its three numbers is wrong.
#[test]
fn a_prack_for_nothing_gets_481() {
    let (mut net, call) = called(REQUIRED, &sdp(9, "sendrecv"));
    let (bob, now) = net.at(0);
    bob.ring(now, call).unwrap();
    let ringing = net.puppet_receives("180 INVITE");
    let number = rseq(&ringing);
    let wrong = [
        format!("RAck: {} 1 INVITE\r\n", number + 1),
        format!("RAck: {number} 2 INVITE\r\n"),
        format!("RAck: {number} 1 UPDATE\r\n"),
    ];
    for (cseq, rack) in (2..).zip(wrong) {
        let prack = from_caller("PRACK", cseq, ringing.tag("To"), &rack, "");
        net.inject(address(9), address(1), &prack);
        net.puppet_receives("481 PRACK");
    }
    let prack = from_caller("PRACK", 5, ringing.tag("To"), &rack(number), "");
    net.inject(address(9), address(1), &prack);
    net.puppet_receives("200 PRACK");
    // It waits for none any more.
    let prack = from_caller("PRACK", 6, ringing.tag("To"), &rack(number), "");
    net.inject(address(9), address(1), &prack);
    net.puppet_receives("481 PRACK");
}

/// §3, §5: with a description that is not acknowledged the 2xx has to wait, and then it needs none.
// shows: S433
#[test]
fn the_2xx_waits_for_the_prack_of_a_description() {
    let (mut net, call) = called(SUPPORTED, &sdp(9, "sendrecv"));
    let (bob, now) = net.at(0);
    bob.begin_early_session(now, call, media(1)).unwrap();
    assert_eq!(net.expect(0, early).direction, Direction::SendRecv);
    let progress = net.puppet_receives("183 INVITE");
    assert_eq!(progress.field("Require"), "100rel");
    let (bob, now) = net.at(0);
    bob.accept(now, call, media(1)).unwrap();
    net.run_ms(300);
    assert!(net.sent("200 INVITE").is_empty());
    let tag = progress.tag("To");
    let prack = from_caller("PRACK", 2, tag, &rack(rseq(&progress)), "");
    net.inject(address(9), address(1), &prack);
    net.puppet_receives("200 PRACK");
    let success = net.puppet_receives("200 INVITE");
    assert_eq!(success.body(), "");
    assert_eq!(net.expect(0, plan).direction, Direction::SendRecv);
    net.inject(address(9), address(1), &from_caller("ACK", 1, tag, "", ""));
    net.run_ms(20);
    assert!(net.saw(0, &UaEvent::Answered { call }));
}

/// §3: refused, the call needs no PRACK, and no copy follows.
#[test]
fn a_final_response_ends_the_copies() {
    let (mut net, call) = called(SUPPORTED, &sdp(9, "sendrecv"));
    let (bob, now) = net.at(0);
    bob.begin_early_session(now, call, media(1)).unwrap();
    net.puppet_receives("183 INVITE");
    let cancel = from_caller("CANCEL", 1, "", "", "").replace("CANCEL1", "INVITE1");
    net.inject(address(9), address(1), &cancel);
    let refused = net.puppet_receives("487 INVITE");
    net.inject(
        address(9),
        address(1),
        &from_caller("ACK", 1, refused.tag("To"), "", "").replace("ACK1", "INVITE1"),
    );
    net.forget();
    net.run_secs(40);
    assert!(net.sent("183 INVITE").is_empty());
    assert_eq!(net.ended(0), EndReason::RemoteCancelled);
    net.assert_idle();
}

/// §5: an offer in PRACK is answered in its 200, and the answer to the INVITE stays without one.
// shows: S295
#[test]
fn an_offer_in_prack_is_answered_in_its_200() {
    let (mut net, call) = called(SUPPORTED, &sdp(9, "sendrecv"));
    let (bob, now) = net.at(0);
    bob.begin_early_session(now, call, media(1)).unwrap();
    let progress = net.puppet_receives("183 INVITE");
    net.expect(0, early);
    let tag = progress.tag("To");
    let hold = sdp(9, "sendonly").replace("o=- 1 1", "o=- 1 2");
    let prack = from_caller("PRACK", 2, tag, &rack(rseq(&progress)), &hold);
    net.inject(address(9), address(1), &prack);
    let done = net.puppet_receives("200 PRACK");
    assert!(done.body().contains("a=recvonly"), "{}", done.text);
    assert_eq!(net.expect(0, early).direction, Direction::RecvOnly);
    let (bob, now) = net.at(0);
    bob.accept(now, call, media(1)).unwrap();
    assert_eq!(net.puppet_receives("200 INVITE").body(), "");
    // One that will not do is refused in a 200 all the same: §3 has no other answer.
    let (mut net, call) = called(SUPPORTED, &sdp(9, "sendrecv"));
    let (bob, now) = net.at(0);
    bob.begin_early_session(now, call, media(1)).unwrap();
    let progress = net.puppet_receives("183 INVITE");
    let tag = progress.tag("To");
    let video = sdp(9, "sendrecv").replace("audio 5000 RTP/AVP 0", "audio 5000 RTP/AVP 31");
    let prack = from_caller("PRACK", 2, tag, &rack(rseq(&progress)), &video);
    net.inject(address(9), address(1), &prack);
    let done = net.puppet_receives("200 PRACK");
    assert!(done.body().contains("m=audio 0 "), "{}", done.text);
}

/// §5: without an offer in the INVITE, ours is in the first reliable response, and the PRACK has
/// the answer.
#[test]
fn our_offer_in_a_reliable_response_is_answered_in_prack() {
    let (mut net, call) = called(SUPPORTED, "");
    let (bob, now) = net.at(0);
    bob.begin_early_session(now, call, media(1)).unwrap();
    let progress = net.puppet_receives("183 INVITE");
    assert!(progress.body().contains("m=audio"));
    let tag = progress.tag("To");
    let answer = sdp(9, "sendrecv");
    let prack = from_caller("PRACK", 2, tag, &rack(rseq(&progress)), &answer);
    net.inject(address(9), address(1), &prack);
    net.puppet_receives("200 PRACK");
    assert_eq!(net.expect(0, early).direction, Direction::SendRecv);
    // A caller that takes no reliable response can be offered nothing yet.
    let (mut net, call) = called("", "");
    let (bob, now) = net.at(0);
    let refused = bob.begin_early_session(now, call, media(1));
    assert_eq!(refused, Err(AcceptError::NotReliable));
}

/// §4: the caller acknowledges each once, in its turn; whatever else comes is as if it had not.
// shows: S294
#[test]
fn a_caller_acknowledges_in_order() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    assert!(invite.field("Supported").contains("100rel"));
    let reliable = |status: &str, number: u32, body: &str| {
        let more = format!("Contact: <sip:bob@192.0.2.9>\r\n{REQUIRED}RSeq: {number}\r\n");
        response(&invite, status, "t", &more, body)
    };
    let first = reliable("183 Session Progress", 7, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &first);
    let prack = net.puppet_receives("PRACK");
    assert_eq!(prack.field("RAck"), "7 1 INVITE");
    assert_eq!(prack.tag("To"), "t");
    assert_eq!(prack.cseq(), 2);
    assert_eq!(prack.request_uri(), "sip:bob@192.0.2.9");
    assert_eq!(net.expect(0, early).direction, Direction::SendRecv);
    let done = response(&prack, "200 OK", "t", "", "");
    net.inject(address(9), address(1), &done);
    net.run_ms(20);
    net.forget();
    // The same again, and one that has overtaken another.
    net.inject(address(9), address(1), &first);
    net.inject(address(9), address(1), &reliable("180 Ringing", 9, ""));
    net.run_ms(200);
    assert!(net.sent("PRACK").is_empty());
    let ringing = |event: &UaEvent| matches!(event, UaEvent::Ringing { status, .. } if status.as_u16() == 180);
    assert!(!net.nodes[0].events.iter().any(ringing));
    net.inject(address(9), address(1), &reliable("180 Ringing", 8, ""));
    let prack = net.puppet_receives("PRACK");
    assert_eq!(prack.field("RAck"), "8 1 INVITE");
    assert!(net.nodes[0].events.iter().any(ringing));
    net.inject(
        address(9),
        address(1),
        &response(&prack, "200 OK", "t", "", ""),
    );
    // The 2xx says nothing new, whatever it carries.
    let contact = "Contact: <sip:bob@192.0.2.9>\r\n";
    let success = response(&invite, "200 OK", "t", contact, "");
    net.inject(address(9), address(1), &success);
    net.puppet_receives("ACK");
    assert!(net.saw(0, &UaEvent::Answered { call: a }));
    assert_eq!(net.expect(0, plan).direction, Direction::SendRecv);
}

/// §4: a 100 that requires 100rel is a 100.
#[test]
fn a_100_is_never_acknowledged() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let more = format!("{REQUIRED}RSeq: 1\r\n");
    let trying = response(&invite, "100 Trying", "t", &more, "");
    net.inject(address(9), address(1), &trying);
    net.run_ms(500);
    assert!(net.sent("PRACK").is_empty());
}

/// RFC 3261 §13.2.1, RFC 3262 §5: an INVITE without an offer is answered by one, and our answer is
/// in the PRACK, or in the ACK if the first reliable response was the 2xx.
// shows: S235
#[test]
fn a_late_offer_is_answered_in_prack_or_ack() {
    let contact = "Contact: <sip:bob@192.0.2.9>\r\n";
    let reliable = format!("{contact}{REQUIRED}RSeq: 1\r\n");
    let mut net = alone();
    let (alice, now) = net.at(0);
    let call = |net: &mut Net| {
        let (alice, now) = net.at(0);
        let to = "sip:bob@192.0.2.9";
        let call = alice.invite_without_offer(now, to, media(1)).unwrap();
        let invite = net.puppet_receives("INVITE");
        assert_eq!(invite.body(), "");
        (call, invite)
    };
    let _ = (alice, now);
    let (_, invite) = call(&mut net);
    let offer = sdp(9, "sendrecv");
    let progress = response(&invite, "183 Session Progress", "t", &reliable, &offer);
    net.inject(address(9), address(1), &progress);
    let prack = net.puppet_receives("PRACK");
    assert!(prack.body().contains("m=audio 4000"), "{}", prack.text);
    assert_eq!(net.expect(0, early).direction, Direction::SendRecv);

    let mut net = alone();
    let (a, invite) = call(&mut net);
    let success = response(&invite, "200 OK", "t", contact, &offer);
    net.inject(address(9), address(1), &success);
    let ack = net.puppet_receives("ACK");
    assert!(ack.body().contains("m=audio 4000"), "{}", ack.text);
    assert_eq!(net.expect(0, plan).direction, Direction::SendRecv);
    // Another fork answers as well: it is answered, refused, and told BYE.
    let late = response(&invite, "200 OK", "u", contact, &offer);
    net.inject(address(9), address(1), &late);
    let ack = net.puppet_receives("ACK");
    assert_eq!(ack.tag("To"), "u");
    assert!(ack.body().contains("m=audio 0 "), "{}", ack.text);
    assert_eq!(net.puppet_receives("BYE").tag("To"), "u");
    let _ = a;

    // §13.2.2.4: one that will not do is answered all the same, and BYE follows.
    let mut net = alone();
    let (_, invite) = call(&mut net);
    let video = offer.replace("audio 5000 RTP/AVP 0", "audio 5000 RTP/AVP 31");
    let success = response(&invite, "200 OK", "t", contact, &video);
    net.inject(address(9), address(1), &success);
    let ack = net.puppet_receives("ACK");
    assert!(ack.body().contains("m=audio 0 "), "{}", ack.text);
    net.puppet_receives("BYE");
}

/// Both ends are ours: early media, the answer, and nothing left over.
#[test]
fn an_early_session_between_two_of_ours() {
    let mut net = Net::pair();
    let (a, b) = net.ringing();
    let (bob, now) = net.at(1);
    bob.begin_early_session(now, b, media(2)).unwrap();
    net.run_ms(100);
    assert_eq!(net.sent("PRACK").len(), 1);
    assert_eq!(net.expect(0, early).direction, Direction::SendRecv);
    let (bob, now) = net.at(1);
    bob.accept(now, b, media(2)).unwrap();
    net.run_ms(100);
    assert!(net.saw(0, &UaEvent::Answered { call: a }));
    assert!(net.saw(1, &UaEvent::Answered { call: b }));
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.assert_idle();
}
