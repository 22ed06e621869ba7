//! RFC 3261 §9.2, §16.10: CANCEL.

use super::*;

fn cancel_of(invite: &str) -> String {
    let rows = invite.lines().filter(|row| !row.contains("Contact:"));
    rows.collect::<Vec<_>>()
        .join("\n")
        .replace("INVITE", "CANCEL")
}

#[test]
fn a_cancel_is_answered_at_once_and_goes_to_whoever_has_shown_life() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>, <sip:bob@192.0.2.21>");
    let asked = net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let rings = net.request(BOB, "INVITE");
    let silent = net.request(BOB2, "INVITE");
    net.answer(BOB, &rings, 180, "b", "");
    net.response(ALICE, 180);
    net.send(ALICE, &cancel_of(&asked));
    let ok = net.response(ALICE, 200);
    assert_eq!(ok.cseq().unwrap().method.as_str(), "CANCEL");
    let cancel = net.request(BOB, "CANCEL");
    assert_eq!(
        branch(&cancel),
        branch(&rings),
        "§9.1: the branch of what it cancels"
    );
    assert_eq!(cancel.vias().count(), 1);
    assert_eq!(cancel.request_uri(), rings.request_uri());
    // §9.1: no provisional response, no CANCEL yet.
    net.quiet();
    net.answer(BOB2, &silent, 100, "", "");
    net.request(BOB2, "CANCEL");
    net.quiet();
    for (peer, invite) in [(BOB, &rings), (BOB2, &silent)] {
        net.answer(peer, invite, 487, peer.get(..10).unwrap_or("t"), "");
        net.request(peer, "ACK");
    }
    let done = net.response(ALICE, 487);
    assert_eq!(done.cseq().unwrap().method.as_str(), "INVITE");
    net.ignore_all();
    net.ends_idle();
}

/// RFC 3326 §2: why the caller gives up is told to those who ring.
#[test]
fn the_reason_of_a_cancel_goes_on_with_it() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>");
    let asked = net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let rings = net.request(BOB, "INVITE");
    net.answer(BOB, &rings, 180, "b", "");
    net.response(ALICE, 180);
    let why = "Reason: Q.850;cause=16\nReason: SIP;cause=600;text=\"Busy Everywhere\"\nCSeq:";
    net.send(ALICE, &cancel_of(&asked).replace("CSeq:", why));
    net.response(ALICE, 200);
    let cancel = net.request(BOB, "CANCEL");
    let both = b"Q.850;cause=16, SIP;cause=600;text=\"Busy Everywhere\"";
    assert_eq!(cancel.field(HeaderName::Reason), Some(&both[..]));
    net.answer(BOB, &rings, 487, "b", "");
    net.ignore_all();
    net.ends_idle();
}

#[test]
fn no_target_is_tried_after_a_cancel() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>, <sip:bob@192.0.2.21>;q=0.1");
    let asked = net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let first = net.request(BOB, "INVITE");
    net.answer(BOB, &first, 180, "b", "");
    net.response(ALICE, 180);
    net.send(ALICE, &cancel_of(&asked));
    net.response(ALICE, 200);
    net.request(BOB, "CANCEL");
    net.answer(BOB, &first, 487, "b", "");
    net.request(BOB, "ACK");
    net.response(ALICE, 487);
    net.quiet();
}

#[test]
fn a_cancel_that_meets_the_200_changes_nothing() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>");
    let asked = net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let invite = net.request(BOB, "INVITE");
    net.answer(BOB, &invite, 200, "b", "Contact: <sip:bob@192.0.2.20>");
    net.response(ALICE, 200);
    net.send(ALICE, &cancel_of(&asked));
    let ok = net.response(ALICE, 200);
    assert_eq!(ok.cseq().unwrap().method.as_str(), "CANCEL");
    net.quiet();
    net.ends_idle();
}

#[test]
fn a_cancelled_branch_that_never_answers_ends_all_the_same() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>");
    let asked = net.ask(ALICE, "INVITE", "sip:bob@example.com", "");
    let invite = net.request(BOB, "INVITE");
    net.answer(BOB, &invite, 180, "b", "");
    net.response(ALICE, 180);
    net.send(ALICE, &cancel_of(&asked));
    net.response(ALICE, 200);
    net.ignore_all();
    net.pass(Duration::from_secs(33));
    net.response(ALICE, 408);
    net.ignore_all();
    net.ends_idle();
}

#[test]
fn a_cancel_of_nothing_goes_on_to_those_who_may_know_more() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>");
    net.ask(ALICE, "CANCEL", "sip:bob@example.com", "");
    let cancel = net.request(BOB, "CANCEL");
    assert_eq!(cancel.vias().count(), 2);
    net.answer(BOB, &cancel, 481, "b", "");
    net.response(ALICE, 481);
    // It cannot be asked for a password, so it does not go to strangers.
    net.ask(ALICE, "CANCEL", "sip:x@192.0.2.60", "");
    net.response(ALICE, 481);
    net.quiet();
    net.ends_idle();
}
