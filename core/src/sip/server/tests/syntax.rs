//! What a proxy makes of the syntax of before and beside SIP (RFC 3261 §16.3, §16.6).

use super::*;
use crate::sip::message::HeaderName;

/// §16.2: a proxy forwards whatever method it does not know.
// shows: S084
#[test]
fn methods_of_the_first_drafts_are_forwarded() {
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>");
    for method in ["CAPABILITY", "CONNECTED", "UNREGISTER"] {
        net.ask(ALICE, method, "sip:bob@example.com", "");
        let copy = net.request(BOB, method);
        net.answer(BOB, &copy, 405, "b", "Allow: INVITE");
        let refusal = net.response(ALICE, 405);
        assert_eq!(value(&refusal, HeaderName::Allow), "INVITE");
    }
    net.quiet();
}

/// §16.3 step 1, §7.3.1: header fields of the first drafts mean nothing and are carried; Path is
/// that of RFC 3327 today.
// shows: S085
#[test]
fn header_fields_of_the_first_drafts_are_carried_and_their_uri_is_refused() {
    let rows = "Sequence: 17 INVITE\nCall-Disposition: do-not-forward\nAlternates: sip:b@c;q=1";
    let mut net = Net::open();
    net.register("bob", "<sip:bob@192.0.2.20>");
    net.ask(ALICE, "INVITE", "sip:bob@example.com", rows);
    let copy = net.request(BOB, "INVITE");
    for row in rows.lines() {
        let (name, carried) = row.split_once(": ").unwrap();
        assert_eq!(HeaderName::from_bytes(name.as_bytes()), HeaderName::Other);
        assert_eq!(copy.field_named(name), Some(carried.as_bytes()));
    }
    assert_eq!(HeaderName::from_bytes(b"Path"), HeaderName::Path);
    net.ignore_all();
    net.ask(ALICE, "OPTIONS", "sip://jo@example.com", "");
    net.response(ALICE, 400);
}

/// §16.3 step 2.
// shows: S148
#[test]
fn a_scheme_that_is_not_routed_is_refused() {
    let mut net = Net::open();
    net.ask(ALICE, "INVITE", "h323:user@example.com", "");
    net.response(ALICE, 416);
    net.quiet();
}
