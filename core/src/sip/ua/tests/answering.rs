//! The callee's side (RFC 3261 §13.3): ringing on, 2xx until the ACK, and what a lost ACK does.

use super::net::{LATENCY, Net, address, media, sdp};
use crate::sip::ua::{EndReason, UaEvent, UserAgentConfig};

use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

const BOB: &str = "sip:bob@example.org";

/// §13.3.1.4: T1, doubled up to T2, until the ACK; every copy gets an ACK of the same bytes
/// (§13.2.2.4).
#[test]
fn a_2xx_is_sent_until_its_ack_comes_and_every_copy_is_acknowledged() {
    let mut net = Net::pair();
    let (_, b) = net.ringing();
    net.forget();
    net.lose(|sent| sent.label() == "ACK");
    let (bob, now) = net.at(1);
    bob.accept(now, b, media(2)).unwrap();
    net.run_ms(12_000);
    net.lose_nothing_more();
    net.run_ms(8_000);
    let copies = net.sent("200 INVITE");
    let waits: Vec<u128> = copies
        .windows(2)
        .map(|pair| pair[1].at.saturating_duration_since(pair[0].at).as_millis())
        .collect();
    assert_eq!(waits, [500, 1000, 2000, 4000, 4000, 4000]);
    let acks = net.sent("ACK");
    assert_eq!(acks.len(), copies.len());
    assert!(acks.iter().all(|ack| ack.text == acks[0].text));
    assert_eq!(acks[0].cseq(), copies[0].cseq());
    assert_ne!(acks[0].branch(), copies[0].branch());
    assert!(net.saw(1, &UaEvent::Answered { call: b }));
}

/// §13.3.1.4, §15: without an ACK the callee says BYE, but not before 64*T1.
#[test]
fn without_an_ack_the_callee_says_bye_after_64_t1() {
    let mut net = Net::pair();
    let (_, b) = net.ringing();
    net.lose(|sent| sent.label() == "ACK");
    let (bob, now) = net.at(1);
    bob.accept(now, b, media(2)).unwrap();
    let start = now;
    net.run_secs(40);
    let byes = net.sent("BYE");
    assert_eq!(byes.len(), 1);
    let waited = byes[0].at.saturating_duration_since(start);
    assert_eq!(waited, Duration::from_secs(32));
    assert_eq!(net.ended(1), EndReason::Unacknowledged);
    assert_eq!(net.ended(0), EndReason::RemoteHungUp);
    net.assert_idle();
}

/// §15: the callee may hang up before the ACK has come; its BYE may not leave before.
#[test]
fn a_callee_that_hangs_up_at_once_waits_for_the_ack() {
    let mut net = Net::pair();
    let (_, b) = net.ringing();
    net.lose_next("ACK");
    let (bob, now) = net.at(1);
    bob.accept(now, b, media(2)).unwrap();
    bob.hang_up(now, b).unwrap();
    net.run_ms(499);
    assert!(net.sent("BYE").is_empty());
    net.run_ms(100);
    let (ack, bye) = (net.sent("ACK")[1].at, net.sent("BYE")[0].at);
    assert_eq!(bye, ack + LATENCY);
    assert_eq!(net.ended(1), EndReason::HungUp);
    assert_eq!(net.ended(0), EndReason::RemoteHungUp);
    net.assert_idle();
}

/// §13.3.1.1: a provisional response other than 100 every minute.
// shows: S153
#[test]
fn a_phone_that_rings_says_so_every_minute() {
    let mut net = Net::pair();
    let (_, b) = net.ringing();
    net.run_secs(170);
    assert_eq!(net.sent("180 INVITE").len(), 3);
    let caller = net.at(0).0.user().calls().next().unwrap();
    let dialog = net.at(0).0.user().call(caller).unwrap().dialog().unwrap();
    assert_eq!(dialog.state(), crate::sip::dialog::DialogState::Early);
    let rings = net.sent("180 INVITE");
    assert!(
        rings
            .iter()
            .all(|ring| ring.tag("To") == rings[0].tag("To"))
    );
    let (bob, now) = net.at(1);
    bob.accept(now, b, media(2)).unwrap();
    net.run_secs(70);
    assert_eq!(net.sent("180 INVITE").len(), 3);
}

#[test]
fn a_phone_that_never_rings_says_183_every_minute() {
    let mut net = Net::pair();
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.2", media(1)).unwrap();
    net.run_secs(130);
    assert_eq!(net.sent("183 INVITE").len(), 2);
    assert_eq!(net.sent("100 INVITE").len(), 1);
}

/// A puppet's INVITE; `more` are further rows.
fn invite(more: &str, body: &str) -> alloc::string::String {
    let kind = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    format!(
        "INVITE sip:bob@192.0.2.1 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKone\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:carol@example.com>;tag=carol\r\n\
         To: <sip:bob@example.org>\r\n\
         Call-ID: c1\r\n\
         CSeq: 10 INVITE\r\n\
         Contact: <sip:carol@192.0.2.9>\r\n\
         {more}{kind}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// §13.3.1: the invitation is good for as long as Expires says.
#[test]
fn an_invitation_that_expires_is_answered_487() {
    let mut net = Net::new([UserAgentConfig::new(BOB)]);
    let text = invite("Expires: 20\r\n", &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &text);
    net.run_ms(19_000);
    assert!(net.sent("487 INVITE").is_empty());
    net.run_ms(1_100);
    assert!(!net.sent("487 INVITE").is_empty());
    assert_eq!(net.ended(0), EndReason::Unanswered);
    net.assert_idle();
}

#[test]
fn a_call_nobody_picks_up_is_answered_480_at_the_limit() {
    let mut config = UserAgentConfig::new(BOB);
    config.ring_limit = Duration::from_secs(30);
    let mut net = Net::new([config]);
    net.inject(address(9), address(1), &invite("", &sdp(9, "sendrecv")));
    net.run_ms(30_100);
    assert!(!net.sent("480 INVITE").is_empty());
    assert_eq!(net.ended(0), EndReason::Unanswered);
    net.assert_idle();
}

fn ack(to_tag: &str, body: &str) -> alloc::string::String {
    let kind = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    format!(
        "ACK sip:bob@192.0.2.1 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKack\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:carol@example.com>;tag=carol\r\n\
         To: <sip:bob@example.org>;tag={to_tag}\r\n\
         Call-ID: c1\r\n\
         CSeq: 10 ACK\r\n\
         {kind}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// §13.2.1, §13.3.1: without an offer in the INVITE it is in the 200, and the answer in the ACK.
#[test]
fn an_invite_without_offer_gets_one_in_the_200() {
    let mut net = Net::new([UserAgentConfig::new(BOB)]);
    net.inject(address(9), address(1), &invite("", ""));
    net.run_ms(20);
    let call = net.incoming(0);
    let (bob, now) = net.at(0);
    bob.accept(now, call, media(1)).unwrap();
    let success = net.puppet_receives("200 INVITE");
    assert!(success.body().contains("m=audio 4000 RTP/AVP 0 8"));
    let agreed = |event: &UaEvent| matches!(event, UaEvent::MediaAgreed { .. });
    assert!(!net.nodes[0].events.iter().any(agreed));
    let text = ack(success.tag("To"), &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &text);
    net.run_ms(20);
    let plan = net.expect(0, |event| match event {
        UaEvent::MediaAgreed { plan, .. } => Some(plan.clone()),
        _ => None,
    });
    assert_eq!(plan.remote, ([192, 0, 2, 9], 5000).into());
}

/// §13.2.1: an ACK without the answer it must have leaves no session to keep.
#[test]
fn an_ack_without_the_answer_ends_the_call() {
    let mut net = Net::new([UserAgentConfig::new(BOB)]);
    net.inject(address(9), address(1), &invite("", ""));
    net.run_ms(20);
    let call = net.incoming(0);
    let (bob, now) = net.at(0);
    bob.accept(now, call, media(1)).unwrap();
    let success = net.puppet_receives("200 INVITE");
    net.inject(address(9), address(1), &ack(success.tag("To"), ""));
    net.puppet_receives("BYE");
    net.run_secs(40);
    assert_eq!(net.ended(0), EndReason::NoCommonMedia);
    net.assert_idle();
}

/// §15.1.2: BYE ends a dialog that is still early, and the INVITE gets a 487.
#[test]
fn a_bye_ends_an_early_dialog() {
    let mut net = Net::new([UserAgentConfig::new(BOB)]);
    net.inject(address(9), address(1), &invite("", &sdp(9, "sendrecv")));
    net.run_ms(20);
    let call = net.incoming(0);
    let (bob, now) = net.at(0);
    bob.ring(now, call).unwrap();
    let ringing = net.puppet_receives("180 INVITE");
    let bye = ack(ringing.tag("To"), "")
        .replace("ACK", "BYE")
        .replace("CSeq: 10", "CSeq: 11");
    net.inject(address(9), address(1), &bye);
    net.puppet_receives("200 BYE");
    net.puppet_receives("487 INVITE");
    assert_eq!(net.ended(0), EndReason::RemoteHungUp);
    net.assert_idle();
}
