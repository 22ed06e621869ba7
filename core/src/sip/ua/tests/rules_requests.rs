//! Rules of RFC 3261 §8 to §11 that no other test holds: what makes a request unlike any other, where it
//! goes, and how it is cancelled.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::net::{Net, address, media, response, sdp};
use super::puppets::{alone, from_caller};
use crate::sip::message::StatusCode;
use crate::sip::ua::{EndReason, UserAgentConfig};

fn through(proxy: &str) -> Net {
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.outbound_proxies.push(proxy.into());
    Net::new([config])
}

/// §8.1.1.3, §8.1.1.4, §8.1.1.7: From tag, Call-ID and branch are new ones each time.
#[test]
fn every_request_outside_a_dialog_has_names_of_its_own() {
    let mut net = alone();
    let hour = Duration::from_secs(3600);
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    alice.options(now, "sip:bob@192.0.2.9").unwrap();
    alice.register(now, "sip:192.0.2.9", hour).unwrap();
    net.drain();
    assert_eq!(net.log.len(), 4);
    let names: [fn(&super::net::Sent) -> &str; 3] = [
        |sent| sent.tag("From"),
        |sent| sent.field("Call-ID"),
        |sent| sent.branch(),
    ];
    for name in names {
        let mut all: Vec<&str> = net.log.iter().map(name).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 4, "{all:?}");
        assert!(all.iter().all(|name| name.len() >= 8));
    }
    // §8.1.1.7: which protocol this is.
    for sent in &net.log {
        assert!(sent.field("Via").starts_with("SIP/2.0/UDP "));
    }
}

/// §9.1: whatever names the INVITE names it in the CANCEL, which goes the same way.
#[test]
fn a_cancel_has_the_names_of_its_invite_and_goes_where_it_went() {
    let mut net = through("sip:192.0.2.9:5070");
    let (alice, now) = net.at(0);
    let call = alice.invite(now, "sip:bob@example.com", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let ringing = response(&invite, "180 Ringing", "t", "", "");
    net.inject(invite.to, address(1), &ringing);
    net.run_ms(20);
    let (alice, now) = net.at(0);
    alice.hang_up(now, call).unwrap();
    let cancel = net.puppet_receives("CANCEL");
    assert_eq!(cancel.request_uri(), invite.request_uri());
    for name in ["Call-ID", "To", "From", "Route"] {
        assert_eq!(cancel.fields(name), invite.fields(name), "{name}");
    }
    assert!(!invite.fields("Route").is_empty());
    assert_eq!(cancel.fields("Via"), invite.fields("Via"));
    assert_eq!(cancel.field("CSeq"), format!("{} CANCEL", invite.cseq()));
    assert!(cancel.fields("Require").is_empty());
    assert!(cancel.fields("Proxy-Require").is_empty());
    assert_eq!((cancel.from, cancel.to), (invite.from, invite.to));
}

/// §9.1: an INVITE that is refused while its CANCEL waits for a provisional response needs none.
#[test]
fn a_cancel_that_is_late_is_not_sent() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    let call = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let (alice, now) = net.at(0);
    alice.hang_up(now, call).unwrap();
    let busy = response(&invite, "486 Busy Here", "t", "", "");
    net.inject(address(9), address(1), &busy);
    net.run_ms(50);
    assert!(net.sent("CANCEL").is_empty());
    assert_eq!(net.ended(0), EndReason::Cancelled);
    net.assert_idle();
}

/// §8.1.3.4: a place that refuses, with any code above 399 but those of the whole world, is followed by
/// the next.
#[test]
fn a_place_that_refuses_is_followed_by_the_next() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let places = "Contact: <sip:bob@192.0.2.6>;q=0.9, <sip:bob@192.0.2.7>;q=0.8\r\n\
        Contact: <sip:bob@192.0.2.8>;q=0.7, <sip:bob@192.0.2.5>;q=0.1\r\n";
    let moved = response(&invite, "302 Moved Temporarily", "t", places, "");
    net.inject(address(9), address(1), &moved);
    for (at, status) in [(6, "486 Busy Here"), (7, "500 Oops"), (8, "603 Decline")] {
        let next = net.puppet_receives("INVITE");
        assert_eq!(next.to, address(at));
        let refusal = response(&next, status, "u", "", "");
        net.inject(address(at), address(1), &refusal);
    }
    net.run_ms(50);
    assert_eq!(net.ended(0), EndReason::Rejected(StatusCode::DECLINE));
    assert_eq!(net.sent("INVITE").len(), 4);
    net.assert_idle();
}

/// §8.1.2: a SIPS URI is called over TLS, also where the proxy on the way is named by a SIP URI; and
/// §8.1.3.4: a redirection to a SIP URI is not followed, one to a SIPS URI is.
#[test]
fn a_secured_call_stays_secured_whatever_the_proxy_is_called_and_wherever_it_is_sent() {
    let mut net = through("sip:192.0.2.9");
    let (alice, now) = net.at(0);
    alice.invite(now, "sips:bob@example.com", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    assert!(invite.field("Via").starts_with("SIP/2.0/TLS "));
    assert_eq!(invite.to.port(), 5061);
    let places = "Contact: <sip:bob@192.0.2.8>, <sips:bob@elsewhere.example.com>;q=0.1\r\n";
    let moved = response(&invite, "302 Moved Temporarily", "t", places, "");
    net.inject(invite.to, address(1), &moved);
    let again = net.puppet_receives("INVITE");
    assert_eq!(again.request_uri(), "sips:bob@elsewhere.example.com");
    assert_eq!(again.to, invite.to);
    // In the dialog too.
    let more = "Contact: <sips:bob@192.0.2.8>\r\nRecord-Route: <sip:192.0.2.9;lr>\r\n";
    let success = response(&again, "200 OK", "u", more, &sdp(9, "sendrecv"));
    net.inject(again.to, address(1), &success);
    assert_eq!(net.puppet_receives("ACK").to, invite.to);
}

/// §8.2.2: what is malformed and not needed to process a request is passed over.
#[test]
fn a_malformed_field_that_is_not_needed_is_ignored() {
    let mut net = Net::new([UserAgentConfig::new("sip:bob@example.org")]);
    let more = "Date: the day before\r\nPriority: \"\r\nTimestamp: never\r\nMIME-Version: x y\r\n";
    let options = from_caller("OPTIONS", 1, "", more, "");
    net.inject(address(9), address(1), &options);
    net.puppet_receives("200 OPTIONS");
}

/// §10.2: a Record-Route in the answer to REGISTER makes no route; §10.2.4: a refresh is of our own
/// binding alone, and goes where the first went.
#[test]
fn a_refresh_is_of_our_own_binding_and_follows_no_record_route() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    let hour = Duration::from_secs(3600);
    alice.register(now, "sip:192.0.2.9", hour).unwrap();
    let first = net.puppet_receives("REGISTER");
    let ours = first.field("Contact").split('>').next().unwrap();
    let more = format!(
        "Record-Route: <sip:192.0.2.7;lr>\r\nContact: <sip:alice@192.0.2.77>;expires=7, \
         {ours}>;expires=600\r\n"
    );
    let success = response(&first, "200 OK", "r", &more, "");
    net.inject(address(9), address(1), &success);
    net.run_secs(500);
    let second = net.puppet_receives("REGISTER");
    assert!(second.fields("Route").is_empty());
    assert_eq!(second.to, first.to);
    let contacts = second.fields("Contact");
    assert_eq!(contacts.len(), 1);
    assert!(contacts[0].starts_with(ours) && !contacts[0].contains("192.0.2.77"));
    assert!(!contacts[0].contains("action="));
}

/// RFC 3264 §9: a description of what we can do has a session id of its own each time.
#[test]
fn each_description_of_our_capabilities_is_one_of_its_own() {
    let mut net = Net::new([UserAgentConfig::new("sip:bob@example.org")]);
    let mut origins: Vec<String> = Vec::new();
    for cseq in 1..4 {
        let options = from_caller("OPTIONS", cseq, "", "", "");
        net.inject(address(9), address(1), &options);
        let answer = net.puppet_receives("200 OPTIONS");
        let origin = answer.body().lines().find(|line| line.starts_with("o="));
        origins.push(origin.unwrap().split(' ').nth(1).unwrap().into());
    }
    origins.sort_unstable();
    origins.dedup();
    assert_eq!(origins.len(), 3, "{origins:?}");
}
