//! Rules of RFC 3262 and RFC 3311 that no other test holds.

use alloc::format;
use alloc::string::String;

use super::net::{Net, Sent, address, media, response, sdp};
use super::puppets::from_caller;
use crate::sip::auth::Account;
use crate::sip::ua::{CallHandle, UaEvent, UserAgentConfig};

const REQUIRED: &str = "Require: 100rel\r\n";
const SUPPORTED: &str = "Supported: 100rel\r\nAllow: INVITE, PRACK, UPDATE\r\n";

/// Bob at 192.0.2.1, called by a puppet.
fn called(more: &str, body: &str) -> (Net, CallHandle) {
    let mut net = Net::new([UserAgentConfig::new("sip:bob@example.org")]);
    let invite = from_caller("INVITE", 1, "", more, body);
    net.inject(address(9), address(1), &invite);
    net.run_ms(20);
    let call = net.incoming(0);
    (net, call)
}

fn prack(cseq: u32, acknowledged: &Sent) -> String {
    let rack = format!("RAck: {} 1 INVITE\r\n", acknowledged.field("RSeq"));
    from_caller("PRACK", cseq, acknowledged.tag("To"), &rack, "")
}

/// §3: a 100 is never sent reliably, whatever the caller requires.
#[test]
fn trying_is_never_reliable() {
    let (mut net, _) = called(REQUIRED, &sdp(9, "sendrecv"));
    let trying = net.puppet_receives("100 INVITE");
    assert_eq!(trying.field("RSeq"), "");
    assert_eq!(trying.field("Require"), "");
}

/// §3: the PRACK ends the copies.
#[test]
fn a_prack_ends_the_copies() {
    let (mut net, call) = called(REQUIRED, &sdp(9, "sendrecv"));
    let (bob, now) = net.at(0);
    bob.ring(now, call).unwrap();
    let ringing = net.puppet_receives("180 INVITE");
    net.inject(address(9), address(1), &prack(2, &ringing));
    net.puppet_receives("200 PRACK");
    net.forget();
    net.run_secs(40);
    assert!(net.sent("180 INVITE").is_empty());
}

/// §3: a final response need not wait for the PRACK of a response that describes nothing, and ends its
/// copies; the PRACK that comes then is one for an outstanding response all the same.
#[test]
fn a_prack_that_comes_after_the_2xx_is_answered() {
    let (mut net, call) = called(REQUIRED, &sdp(9, "sendrecv"));
    let (bob, now) = net.at(0);
    bob.ring(now, call).unwrap();
    let ringing = net.puppet_receives("180 INVITE");
    let (bob, now) = net.at(0);
    bob.accept(now, call, media(1)).unwrap();
    let success = net.puppet_receives("200 INVITE");
    net.forget();
    let tag = success.tag("To");
    net.inject(address(9), address(1), &from_caller("ACK", 1, tag, "", ""));
    net.run_secs(2);
    assert!(net.sent("180 INVITE").is_empty());
    net.inject(address(9), address(1), &prack(2, &ringing));
    net.puppet_receives("200 PRACK");
    assert!(net.saw(0, &UaEvent::Answered { call }));
    // It was the only one.
    net.inject(address(9), address(1), &prack(3, &ringing));
    net.puppet_receives("481 PRACK");
}

/// §5: the first reliable response to an INVITE without an offer has ours; who cannot make one yet
/// cannot say yet that it rings.
#[test]
fn nothing_reliable_comes_before_the_offer_it_has_to_carry() {
    let (mut net, call) = called(REQUIRED, "");
    let (bob, now) = net.at(0);
    bob.ring(now, call).unwrap();
    net.run_secs(70);
    let said = |net: &Net| {
        let answers = net.log.iter().filter(|sent| sent.from == address(1));
        let labels = answers.map(Sent::label);
        labels.filter(|label| label != "100 INVITE").count()
    };
    assert_eq!(said(&net), 0, "{:?}", net.labels());
    let (bob, now) = net.at(0);
    bob.begin_early_session(now, call, media(1)).unwrap();
    let progress = net.puppet_receives("183 INVITE");
    assert!(progress.body().contains("m=audio 4000"));
    assert_eq!(progress.field("Require"), "100rel");
    // From then on ringing is nothing but news.
    let rack = format!("RAck: {} 1 INVITE\r\n", progress.field("RSeq"));
    let answer = from_caller("PRACK", 2, progress.tag("To"), &rack, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &answer);
    net.puppet_receives("200 PRACK");
    let (bob, now) = net.at(0);
    bob.ring(now, call).unwrap();
    let ringing = net.puppet_receives("180 INVITE");
    assert_eq!(ringing.field("Require"), "100rel");
    assert_eq!(ringing.body(), "");
}

/// §9: a PRACK is challenged like any other request, and sent again.
#[test]
fn a_challenged_prack_is_sent_again() {
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.accounts.push(Account::new("alice", "wonder"));
    let mut net = Net::new([config]);
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let more = "Contact: <sip:bob@192.0.2.9>\r\nRequire: 100rel\r\nRSeq: 7\r\n";
    let progress = response(&invite, "183 Session Progress", "t", more, "");
    net.inject(address(9), address(1), &progress);
    let first = net.puppet_receives("PRACK");
    let challenge = "WWW-Authenticate: Digest realm=\"example.org\", nonce=\"n1\"\r\n";
    let asked = response(&first, "401 Unauthorized", "t", challenge, "");
    net.inject(address(9), address(1), &asked);
    let again = net.puppet_receives("PRACK");
    assert!(again.field("Authorization").contains("nonce=\"n1\""));
    assert_eq!(again.field("RAck"), first.field("RAck"));
    assert_eq!(again.cseq(), first.cseq() + 1);
}

/// RFC 3311 §4: that UPDATE is taken is said with the first description, and again in the 2xx; §5.1: the
/// Contact of an UPDATE is that of the 2xx.
#[test]
fn who_takes_update_says_so_and_names_one_contact() {
    let (mut net, call) = called(SUPPORTED, &sdp(9, "sendrecv"));
    let (bob, now) = net.at(0);
    bob.begin_early_session(now, call, media(1)).unwrap();
    let progress = net.puppet_receives("183 INVITE");
    assert_eq!(progress.field("Require"), "100rel");
    net.inject(address(9), address(1), &prack(2, &progress));
    net.puppet_receives("200 PRACK");
    let (bob, now) = net.at(0);
    bob.hold(now, call).unwrap();
    let update = net.puppet_receives("UPDATE");
    let answer = sdp(9, "recvonly");
    let done = response(&update, "200 OK", "", "", &answer);
    net.inject(address(9), address(1), &done);
    net.run_ms(20);
    let theirs = from_caller("UPDATE", 3, progress.tag("To"), "", "");
    net.inject(address(9), address(1), &theirs);
    let answered = net.puppet_receives("200 UPDATE");
    let (bob, now) = net.at(0);
    bob.accept(now, call, media(1)).unwrap();
    let success = net.puppet_receives("200 INVITE");
    for said in [&progress, &success] {
        assert!(said.field("Allow").contains("UPDATE"), "{}", said.text);
    }
    for sent in [&update, &answered] {
        assert_eq!(sent.field("Contact"), success.field("Contact"));
    }
}
