//! Rules of RFC 3261 §12 that whole calls show: what makes a dialog secure, and what moves its target.

use alloc::format;

use super::net::{Net, Sent, address, media, response, sdp};
use super::puppets::{alone, call_to_puppet, from_caller, in_dialog};
use crate::sip::ua::{CallHandle, Stage, UserAgentConfig};

fn bob() -> Net {
    Net::new([UserAgentConfig::new("sip:bob@example.org")])
}

/// Bob answers what a puppet has sent, and gets the ACK for it: his 200.
fn answered(net: &mut Net, invite: &str) -> (CallHandle, Sent) {
    net.inject(address(9), address(1), invite);
    net.run_ms(20);
    let call = net.incoming(0);
    let (bob, now) = net.at(0);
    bob.accept(now, call, media(1)).unwrap();
    let success = net.puppet_receives("200 INVITE");
    let from = success.field("From");
    let ack = from_caller("ACK", 1, success.tag("To"), "", "")
        .replace("<sip:alice@example.org>;tag=f", from);
    net.inject(address(9), address(1), &ack);
    net.run_ms(20);
    (call, success)
}

/// §12.1.1: a caller that knows RFC 2543 only may leave out its tag, and then gets none back.
#[test]
fn a_caller_without_a_tag_is_answered_and_asked_without_one() {
    let mut net = bob();
    let invite = from_caller("INVITE", 1, "", "", &sdp(9, "sendrecv")).replace(";tag=f", "");
    let (call, _) = answered(&mut net, &invite);
    let (bob, now) = net.at(0);
    assert_eq!(bob.user().call(call).unwrap().stage(), Stage::Established);
    bob.hang_up(now, call).unwrap();
    let bye = net.puppet_receives("BYE");
    assert_eq!(bye.field("To"), "<sip:alice@example.org>");
}

/// §12.1.2: nor need a callee have one.
#[test]
fn a_callee_without_a_tag_is_talked_to_without_one() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    let call = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let contact = "Contact: <sip:bob@192.0.2.9>\r\n";
    let success = response(&invite, "200 OK", "", contact, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &success);
    assert_eq!(
        net.puppet_receives("ACK").field("To"),
        "<sip:bob@192.0.2.9>"
    );
    let (alice, now) = net.at(0);
    alice.hang_up(now, call).unwrap();
    assert_eq!(
        net.puppet_receives("BYE").field("To"),
        "<sip:bob@192.0.2.9>"
    );
}

/// §12.1.1: who is called in a secured way names itself by a SIPS URI, in this answer and in what it
/// asks later: by the Request-URI, by the top Record-Route, or without one by the Contact.
#[test]
fn a_secured_way_to_us_asks_for_a_sips_contact() {
    let plain = from_caller("INVITE", 1, "", "", &sdp(9, "sendrecv"));
    let secured = plain.replace("<sip:alice@192.0.2.9>", "<sips:alice@192.0.2.9>");
    let routed = |message: &str, route: &str| {
        let rows = format!("Record-Route: {route}\r\nCall-ID");
        message.replace("Call-ID", &rows)
    };
    for (invite, is_secure) in [
        (plain.clone(), false),
        (
            plain.replace("sip:bob@192.0.2.1 ", "sips:bob@192.0.2.1 "),
            true,
        ),
        (secured.clone(), true),
        (
            routed(&plain, "<sips:192.0.2.9;lr>, <sip:192.0.2.9;lr>"),
            true,
        ),
        // What comes below the top one does not count, nor does the Contact behind it.
        (
            routed(&secured, "<sip:192.0.2.9;lr>, <sips:192.0.2.9;lr>"),
            false,
        ),
    ] {
        let mut net = bob();
        let (_, success) = answered(&mut net, &invite);
        let contact = success.field("Contact");
        assert_eq!(contact.starts_with("<sips:bob@"), is_secure, "{invite}");
    }
}

/// §12.2.1.1: a target refresh names the Contact of before.
#[test]
fn a_target_refresh_names_the_same_contact_as_before() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    let call = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let more = "Contact: <sip:bob@192.0.2.9>\r\nAllow: INVITE, UPDATE\r\nSupported: timer\r\n\
        Session-Expires: 100;refresher=uac\r\n";
    let success = response(&invite, "200 OK", "t", more, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &success);
    net.puppet_receives("ACK");
    let update = net.puppet_receives("UPDATE");
    assert_eq!(update.field("Contact"), invite.field("Contact"));
    let done = response(&update, "200 OK", "t", more, "");
    net.inject(address(9), address(1), &done);
    net.run_ms(20);
    let (alice, now) = net.at(0);
    alice.hold(now, call).unwrap();
    let hold = net.puppet_receives("INVITE");
    assert_eq!(hold.field("Contact"), invite.field("Contact"));
    // So does the answer to one.
    let done = response(&hold, "200 OK", "t", more, &sdp(9, "recvonly"));
    net.inject(address(9), address(1), &done);
    net.puppet_receives("ACK");
    let theirs = in_dialog(&invite, "INVITE", 1, "", &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &theirs);
    let answer = net.puppet_receives("200 INVITE");
    assert_eq!(answer.field("Contact"), invite.field("Contact"));
}

/// §12.2.1.2, RFC 6141 §4.7: the 2xx to a target refresh of ours says where the peer is now; an
/// unreliable provisional response says nothing of the kind.
#[test]
fn the_2xx_to_a_re_invite_moves_the_target() {
    let mut net = alone();
    let (_, call) = call_to_puppet(&mut net);
    let (alice, now) = net.at(0);
    alice.hold(now, call).unwrap();
    let hold = net.puppet_receives("INVITE");
    let progress = response(
        &hold,
        "183 Session Progress",
        "t",
        "Contact: <sip:early@192.0.2.9>\r\n",
        "",
    );
    net.inject(address(9), address(1), &progress);
    net.run_ms(20);
    let target = |net: &mut Net| {
        let call = net.at(0).0.user().call(call).unwrap();
        alloc::string::String::from(call.dialog().unwrap().remote_target())
    };
    assert_eq!(target(&mut net), "sip:bob@192.0.2.9");
    let moved = "Contact: <sip:moved@192.0.2.9>\r\n";
    let success = response(&hold, "200 OK", "t", moved, &sdp(9, "recvonly"));
    net.inject(address(9), address(1), &success);
    let ack = net.puppet_receives("ACK");
    assert_eq!(ack.request_uri(), "sip:moved@192.0.2.9");
    let (alice, now) = net.at(0);
    alice.hang_up(now, call).unwrap();
    let bye = net.puppet_receives("BYE");
    assert_eq!(bye.request_uri(), "sip:moved@192.0.2.9");
}

/// The same in the answer to an UPDATE.
#[test]
fn the_2xx_to_an_update_moves_the_target() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    let call = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let more = "Contact: <sip:bob@192.0.2.9>\r\nAllow: INVITE, UPDATE\r\nSupported: timer\r\n\
        Session-Expires: 100;refresher=uac\r\n";
    let success = response(&invite, "200 OK", "t", more, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &success);
    let update = net.puppet_receives("UPDATE");
    let moved = more.replace("sip:bob@", "sip:moved@");
    let done = response(&update, "200 OK", "t", &moved, "");
    net.inject(address(9), address(1), &done);
    net.run_ms(20);
    let (alice, now) = net.at(0);
    alice.hang_up(now, call).unwrap();
    let bye = net.puppet_receives("BYE");
    assert_eq!(bye.request_uri(), "sip:moved@192.0.2.9");
}

/// §12.2.2, RFC 6141 §4.6: a re-INVITE that we take moves the target as soon as we have answered it.
#[test]
fn a_re_invite_that_is_taken_moves_the_target() {
    let mut net = alone();
    let (invite, call) = call_to_puppet(&mut net);
    let theirs = in_dialog(&invite, "INVITE", 1, "", &sdp(9, "sendrecv"))
        .replace("Contact: <sip:bob@", "Contact: <sip:moved@");
    net.inject(address(9), address(1), &theirs);
    net.puppet_receives("200 INVITE");
    let dialog = net.at(0).0.user().call(call).unwrap().dialog();
    assert_eq!(dialog.unwrap().remote_target(), "sip:moved@192.0.2.9");
    let ack = in_dialog(&invite, "ACK", 1, "", "");
    net.inject(address(9), address(1), &ack);
    net.run_ms(20);
    let (alice, now) = net.at(0);
    alice.hang_up(now, call).unwrap();
    let bye = net.puppet_receives("BYE");
    assert_eq!(bye.request_uri(), "sip:moved@192.0.2.9");
}

/// §12.2.2, §15.1.2: a BYE out of its order ends nothing; the next one does.
#[test]
fn a_bye_out_of_its_order_ends_nothing() {
    let mut net = alone();
    let (invite, call) = call_to_puppet(&mut net);
    let update = in_dialog(&invite, "UPDATE", 5, "", "");
    net.inject(address(9), address(1), &update);
    net.puppet_receives("200 UPDATE");
    let bye = in_dialog(&invite, "BYE", 4, "", "");
    net.inject(address(9), address(1), &bye);
    net.puppet_receives("500 BYE");
    let stage = net.at(0).0.user().call(call).unwrap().stage();
    assert_eq!(stage, Stage::Established);
    // A gap is in order.
    let bye = in_dialog(&invite, "BYE", 70, "", "");
    net.inject(address(9), address(1), &bye);
    net.puppet_receives("200 BYE");
    assert!(net.at(0).0.user().calls().next().is_none());
}

/// RFC 6141 §4.7, §4.9: a reliable provisional response moves the target, of an early dialog as well as
/// by a re-INVITE; its own PRACK goes to the new one.
#[test]
fn a_reliable_response_moves_the_target() {
    let reliable = |number: u32, user: &str| {
        format!("Require: 100rel\r\nRSeq: {number}\r\nContact: <sip:{user}@192.0.2.9>\r\n")
    };
    let progress = "183 Session Progress";
    let mut net = alone();
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    for (number, user) in [(1, "first"), (2, "second")] {
        let text = response(&invite, progress, "t", &reliable(number, user), "");
        net.inject(address(9), address(1), &text);
        let prack = net.puppet_receives("PRACK");
        assert_eq!(prack.request_uri(), format!("sip:{user}@192.0.2.9"));
        let done = response(&prack, "200 OK", "t", "", "");
        net.inject(address(9), address(1), &done);
        net.run_ms(20);
    }
    let mut net = alone();
    let (_, call) = call_to_puppet(&mut net);
    let (alice, now) = net.at(0);
    alice.hold(now, call).unwrap();
    let hold = net.puppet_receives("INVITE");
    let text = response(&hold, progress, "t", &reliable(1, "moved"), "");
    net.inject(address(9), address(1), &text);
    let prack = net.puppet_receives("PRACK");
    assert_eq!(prack.request_uri(), "sip:moved@192.0.2.9");
}

/// §12.1.2, §8.1.1.8: a Route by SIPS asks for a SIPS Contact, in the INVITE and in the dialog.
#[test]
fn a_route_by_sips_asks_for_a_sips_contact() {
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.outbound_proxies.push("sips:192.0.2.9".into());
    let mut net = Net::new([config]);
    let (alice, now) = net.at(0);
    let call = alice.invite(now, "sip:bob@example.com", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    assert_eq!(invite.field("Route"), "<sips:192.0.2.9;lr>");
    let contact = invite.field("Contact");
    assert!(contact.starts_with("<sips:alice@"), "{contact}");
    let more = "Contact: <sip:bob@192.0.2.8>\r\nRecord-Route: <sips:192.0.2.9;lr>\r\n";
    let success = response(&invite, "200 OK", "t", more, &sdp(9, "sendrecv"));
    net.inject(invite.to, address(1), &success);
    net.puppet_receives("ACK");
    let (alice, now) = net.at(0);
    alice.hold(now, call).unwrap();
    let hold = net.puppet_receives("INVITE");
    assert_eq!(hold.field("Contact"), invite.field("Contact"));
    let (alice, now) = net.at(0);
    alice.options(now, "sip:bob@example.com").unwrap();
    let options = net.puppet_receives("OPTIONS");
    assert!(options.field("Contact").starts_with("<sips:alice@"));
}
