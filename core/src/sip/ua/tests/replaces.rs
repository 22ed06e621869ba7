//! Which dialog a Replaces names (RFC 3891 §3, §6.1).

use alloc::format;
use alloc::string::String;

use super::net::{Net, address, media, response, sdp};
use super::puppets::{alone, call_to_puppet, from_caller, in_dialog};
use crate::sip::header::Replaces;
use crate::sip::message::StatusCode;
use crate::sip::ua::{CallHandle, NotReplaceable, UserAgentConfig};

const CONTACT: &str = "Contact: <sip:bob@192.0.2.9>\r\n";

/// What the agent finds: the call, whether it is early, and the peer's tag.
fn find(net: &mut Net, value: &str) -> Result<(CallHandle, bool, String), NotReplaceable> {
    let replaces = Replaces::parse(value.as_bytes()).unwrap();
    let found = net.at(0).0.user().replaceable(&replaces)?;
    let tag = String::from(&*found.dialog.id().remote_tag);
    Ok((found.call, found.is_early, tag))
}

fn value(call_id: &str, ours: &str, theirs: &str) -> String {
    format!("{call_id};to-tag={ours};from-tag={theirs}")
}

#[test]
fn an_answered_dialog_is_found_by_its_call_id_and_both_tags() {
    let mut net = alone();
    let (invite, call) = call_to_puppet(&mut net);
    let (id, ours) = (invite.field("Call-ID"), invite.tag("From"));
    let named = value(id, ours, "t");
    assert_eq!(find(&mut net, &named), Ok((call, false, "t".into())));
    // The tags the other way round are another dialog, and so is anything that differs.
    for other in [
        value(id, "t", ours),
        value(id, ours, "T"),
        value(id, "x", "t"),
        value(&format!("x{id}"), ours, "t"),
        value(id, ours, "0"),
    ] {
        let refused = find(&mut net, &other).unwrap_err();
        assert_eq!(refused, NotReplaceable::NotFound, "{other}");
        assert_eq!(refused.status().as_u16(), 481);
    }
    // §3: the flag asks for an early one only.
    let refused = find(&mut net, &format!("{named};early-only")).unwrap_err();
    assert_eq!(refused, NotReplaceable::NotEarly);
    assert_eq!(refused.status(), StatusCode::BUSY_HERE);
    // It names, and does nothing.
    assert_eq!(net.at(0).0.user().live_calls(), 1);
    assert!(net.nodes[0].endpoint.check().is_ok());
}

/// §3: of several early dialogs of one call, the one that is named; and only while it is one.
#[test]
fn an_early_dialog_of_ours_is_found_among_its_forks() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    let call = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    for tag in ["one", "two"] {
        let ringing = response(&invite, "180 Ringing", tag, CONTACT, "");
        net.inject(address(9), address(1), &ringing);
    }
    net.run_ms(20);
    let (id, ours) = (invite.field("Call-ID"), invite.tag("From"));
    for early_only in ["", ";early-only"] {
        for tag in ["one", "two"] {
            let named = format!("{}{early_only}", value(id, ours, tag));
            assert_eq!(find(&mut net, &named), Ok((call, true, tag.into())));
        }
    }
    // RFC 6228: a 199 has ended it.
    let over = response(&invite, "199 Over", "one", "", "");
    net.inject(address(9), address(1), &over);
    net.run_ms(20);
    let refused = find(&mut net, &value(id, ours, "one")).unwrap_err();
    assert_eq!(refused, NotReplaceable::Terminated);
    assert_eq!(refused.status(), StatusCode::DECLINE);
    let success = response(&invite, "200 OK", "two", CONTACT, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &success);
    net.run_ms(20);
    let named = format!("{};early-only", value(id, ours, "two"));
    assert_eq!(find(&mut net, &named), Err(NotReplaceable::NotEarly));
}

/// §3: an early dialog that the other end has begun is none to be replaced; once answered, it is.
#[test]
fn an_early_dialog_of_the_caller_is_not_replaced() {
    let mut net = Net::new([UserAgentConfig::new("sip:bob@example.org")]);
    let offer = sdp(9, "sendrecv");
    let invite = from_caller("INVITE", 1, "", "", &offer);
    net.inject(address(9), address(1), &invite);
    net.run_ms(20);
    let b = net.incoming(0);
    let (bob, now) = net.at(0);
    bob.ring(now, b).unwrap();
    let ringing = net.puppet_receives("180 INVITE");
    let named = value("caller", ringing.tag("To"), "f");
    let refused = find(&mut net, &named).unwrap_err();
    assert_eq!(refused, NotReplaceable::NotOurs);
    assert_eq!(refused.status().as_u16(), 481);
    let (bob, now) = net.at(0);
    bob.accept(now, b, media(1)).unwrap();
    net.run_ms(20);
    assert_eq!(find(&mut net, &named), Ok((b, false, "f".into())));
}

/// §3: a dialog that is being taken down is over, whoever has begun with that.
#[test]
fn a_dialog_that_ends_is_declined() {
    let mut net = alone();
    let (invite, call) = call_to_puppet(&mut net);
    let named = value(invite.field("Call-ID"), invite.tag("From"), "t");
    let (alice, now) = net.at(0);
    alice.hang_up(now, call).unwrap();
    assert_eq!(find(&mut net, &named), Err(NotReplaceable::Terminated));
    let bye = net.puppet_receives("BYE");
    let gone = response(&bye, "200 OK", "", "", "");
    net.inject(address(9), address(1), &gone);
    net.run_ms(20);
    assert_eq!(find(&mut net, &named), Err(NotReplaceable::Terminated));
    // When nothing is left of it, nobody knows that there was one.
    net.run_secs(40);
    assert_eq!(find(&mut net, &named), Err(NotReplaceable::NotFound));
    // A call that was given up.
    let (alice, now) = net.at(0);
    let call = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let ringing = response(&invite, "180 Ringing", "t", CONTACT, "");
    net.inject(address(9), address(1), &ringing);
    net.run_ms(20);
    let (alice, now) = net.at(0);
    alice.hang_up(now, call).unwrap();
    let named = value(invite.field("Call-ID"), invite.tag("From"), "t");
    assert_eq!(find(&mut net, &named), Err(NotReplaceable::Terminated));
}

/// §6.1: zero is also the tag of who has none.
#[test]
fn a_tag_of_zero_is_also_no_tag() {
    let mut net = Net::new([UserAgentConfig::new("sip:bob@example.org")]);
    let offer = sdp(9, "sendrecv");
    let invite = from_caller("INVITE", 1, "", "", &offer).replace(";tag=f", "");
    net.inject(address(9), address(1), &invite);
    net.run_ms(20);
    let b = net.incoming(0);
    let (bob, now) = net.at(0);
    bob.accept(now, b, media(1)).unwrap();
    let success = net.puppet_receives("200 INVITE");
    let named = value("caller", success.tag("To"), "0");
    assert_eq!(find(&mut net, &named), Ok((b, false, String::new())));
    // And of who has chosen just that.
    let mut net = alone();
    let (alice, now) = net.at(0);
    let call = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let success = response(&invite, "200 OK", "0", CONTACT, &offer);
    net.inject(address(9), address(1), &success);
    net.run_ms(20);
    let (id, ours) = (invite.field("Call-ID"), invite.tag("From"));
    let named = value(id, ours, "0");
    assert_eq!(find(&mut net, &named), Ok((call, false, "0".into())));
    // §3: a second 2xx, without a tag: there are two of that name now, and so there is none.
    let success = response(&invite, "200 OK", "", CONTACT, &offer);
    net.inject(address(9), address(1), &success);
    net.run_ms(20);
    assert_eq!(find(&mut net, &named), Err(NotReplaceable::NotFound));
    let text = in_dialog(&invite, "BYE", 1, "", "").replace(";tag=t", ";tag=0");
    net.inject(address(9), address(1), &text);
    net.puppet_receives("200 BYE");
}
