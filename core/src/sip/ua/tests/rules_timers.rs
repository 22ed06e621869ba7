//! Rules of RFC 4028 that no other test holds.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::net::{Net, Sent, address, media, response, sdp};
use super::puppets::from_caller;
use crate::sip::ua::{EndReason, Info, UserAgentConfig};

fn config(name: &str) -> UserAgentConfig {
    UserAgentConfig {
        session_interval: None,
        shortest_session_interval: Duration::from_secs(10),
        ..UserAgentConfig::new(name)
    }
}

/// Bob at 192.0.2.1 answers a puppet's INVITE with these further rows: the 200.
fn answered(more: &str) -> (Net, Sent) {
    let mut net = Net::new([config("sip:bob@example.org")]);
    let invite = from_caller("INVITE", 1, "", more, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &invite);
    net.run_ms(20);
    let call = net.incoming(0);
    let (bob, now) = net.at(0);
    bob.accept(now, call, media(1)).unwrap();
    let success = net.puppet_receives("200 INVITE");
    let ack = from_caller("ACK", 1, success.tag("To"), "", "");
    net.inject(address(9), address(1), &ack);
    net.run_ms(20);
    net.forget();
    (net, success)
}

/// §7.1, §7.4: every request says that we know the timer, whether we ask for one or not; RFC 3262 §4: and
/// none requires anything.
#[test]
fn every_request_says_that_we_know_the_timer() {
    let mut net = Net::new([
        config("sip:alice@example.org"),
        config("sip:bob@example.org"),
    ]);
    let hour = Duration::from_secs(3600);
    let (alice, now) = net.at(0);
    alice.register(now, "sip:192.0.2.9", hour).unwrap();
    alice.options(now, "sip:bob@192.0.2.2").unwrap();
    let a = alice.invite(now, "sip:bob@192.0.2.2", media(1)).unwrap();
    net.run_ms(50);
    let b = net.incoming(1);
    let (bob, now) = net.at(1);
    bob.begin_early_session(now, b, media(2)).unwrap();
    net.run_ms(50);
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    net.run_ms(50);
    let (bob, now) = net.at(1);
    bob.accept(now, b, media(2)).unwrap();
    net.run_ms(50);
    let digit = Info {
        package: None,
        content_type: "application/dtmf-relay".into(),
        body: b"Signal=5\r\n".to_vec(),
    };
    let (alice, now) = net.at(0);
    alice.info(now, a, digit).unwrap();
    alice.resume(now, a).unwrap();
    net.run_ms(50);
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.run_ms(50);
    for method in [
        "REGISTER", "OPTIONS", "INVITE", "PRACK", "UPDATE", "INFO", "BYE",
    ] {
        let sent = net.sent(method);
        assert!(!sent.is_empty(), "{method}");
        for one in sent {
            assert!(one.field("Supported").contains("timer"), "{}", one.text);
            assert!(one.fields("Require").is_empty(), "{}", one.text);
            assert!(one.fields("Proxy-Require").is_empty(), "{}", one.text);
        }
    }
    assert_eq!(net.sent("INVITE").len(), 2);
}

/// §5, §9: nobody is told that less than 90 seconds would do, whatever we are set up with; and Min-SE
/// stands in no response but a 422.
#[test]
fn no_interval_is_below_ninety_seconds() {
    let mut net = Net::new([config("sip:bob@example.org")]);
    let more = "Supported: timer\r\nSession-Expires: 89\r\n";
    let invite = from_caller("INVITE", 1, "", more, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &invite);
    let refused = net.puppet_receives("422 INVITE");
    assert_eq!(refused.field("Min-SE"), "90");
    let more = "Supported: timer\r\nSession-Expires: 90\r\nMin-SE: 90\r\n";
    let (_, success) = answered(more);
    assert!(success.field("Session-Expires").starts_with("90;"));
    assert!(success.fields("Min-SE").is_empty());
}

/// §7.2: a 2xx may set a timer that nobody has asked for, and says who keeps it.
#[test]
fn a_far_end_may_set_a_timer_nobody_asked_for() {
    for (refresher, ours) in [("uac", true), ("uas", false)] {
        let mut net = Net::new([config("sip:alice@example.org")]);
        let (alice, now) = net.at(0);
        alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
        let invite = net.puppet_receives("INVITE");
        assert!(invite.fields("Session-Expires").is_empty());
        let more = format!(
            "Contact: <sip:bob@192.0.2.9>\r\nSupported: timer\r\nRequire: timer\r\n\
             Session-Expires: 100;refresher={refresher}\r\n"
        );
        let success = response(&invite, "200 OK", "t", &more, &sdp(9, "sendrecv"));
        net.inject(address(9), address(1), &success);
        net.puppet_receives("ACK");
        net.forget();
        net.run_secs(49);
        assert!(net.sent("INVITE").is_empty());
        net.run_secs(2);
        assert_eq!(!net.sent("INVITE").is_empty(), ours, "{refresher}");
        if !ours {
            net.run_secs(20);
            assert!(!net.sent("BYE").is_empty());
            net.run_secs(40);
            assert_eq!(net.ended(0), EndReason::SessionExpired);
        }
    }
}

/// §7.4: the Min-SE of a refresh that we have received stands in ours, and the interval is no shorter.
#[test]
fn a_min_se_that_was_heard_is_said_in_our_refresh() {
    let more = "Supported: timer\r\nMin-SE: 120\r\nSession-Expires: 200;refresher=uas\r\n";
    let (mut net, success) = answered(more);
    assert_eq!(success.field("Session-Expires"), "200;refresher=uas");
    let refresh = net.puppet_receives("INVITE");
    assert_eq!(refresh.field("Min-SE"), "120");
    let expires = refresh.field("Session-Expires");
    assert_eq!(expires, "200;refresher=uac");
    assert!(refresh.field("Supported").contains("timer"));
    let name = String::from(refresh.field("Contact"));
    assert_eq!(name, success.field("Contact"));
}
