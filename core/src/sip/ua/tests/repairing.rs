//! Requests that are asked better the second time (RFC 3261 §8.1.3.4, §8.1.3.5), and what is reported
//! of those that cannot be.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::net::{Net, Sent, address, media, response, sdp};
use super::puppets::{alone, call_to_puppet, from_caller};
use crate::sip::message::StatusCode;
use crate::sip::ua::{CallHandle, Details, EndReason, Reason, UaEvent, UserAgentConfig, Warning};

const CONTACT: &str = "Contact: <sip:bob@192.0.2.9>\r\n";

/// Alice has called the puppet: its INVITE.
fn calling(net: &mut Net) -> (Sent, CallHandle) {
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    (net.puppet_receives("INVITE"), a)
}

/// Answers the request that the puppet got.
fn answer(net: &mut Net, request: &Sent, status: &str, more: &str, body: &str) {
    let tag = if request.tag("To").is_empty() {
        "t"
    } else {
        ""
    };
    let text = response(request, status, tag, more, body);
    net.inject(request.to, address(1), &text);
}

/// Refuses the request and waits for the one that comes instead: same Call-ID, To and From, the next
/// CSeq, another branch (§8.1.3.5).
fn refused(net: &mut Net, request: &Sent, status: &str, more: &str) -> Sent {
    answer(net, request, status, more, "");
    let again = net.puppet_receives(&request.label());
    for name in ["Call-ID", "To", "From"] {
        assert_eq!(again.field(name), request.field(name), "{name}");
    }
    assert_eq!(again.cseq(), request.cseq() + 1);
    assert_ne!(again.branch(), request.branch());
    again
}

/// How many requests of a kind were sent, each counted once.
fn tries(net: &Net, label: &str) -> usize {
    let sent = net.sent(label);
    let branches: BTreeSet<&str> = sent.iter().map(|it| it.branch()).collect();
    branches.len()
}

/// Refuses the request for good: how many of its kind have been sent by then.
fn given_up(net: &mut Net, request: &Sent, status: &str, more: &str) -> usize {
    answer(net, request, status, more, "");
    net.run_secs(1);
    tries(net, &request.label())
}

/// Why the call has ended, and what was said of it.
fn ended(net: &mut Net) -> (EndReason, Details) {
    net.expect(0, |event| match event {
        UaEvent::Ended {
            reason, details, ..
        } => Some((*reason, details.as_deref().cloned().unwrap_or_default())),
        _ => None,
    })
}

fn code(status: u16) -> StatusCode {
    StatusCode::new(status).unwrap()
}

/// §8.1.3.5, §21.4.15: without the extensions that the 420 lists, which nobody gets to see again; and
/// only if there is any left to leave out.
#[test]
fn extensions_that_are_not_known_are_left_out() {
    let mut net = alone();
    let (first, a) = calling(&mut net);
    let has = |sent: &Sent, tag: &str| sent.field("Supported").split(", ").any(|it| it == tag);
    assert!(has(&first, "timer") && has(&first, "100rel"));
    assert!(!first.field("Session-Expires").is_empty());
    let second = refused(
        &mut net,
        &first,
        "420 Bad Extension",
        "Unsupported: Timer, x\r\n",
    );
    assert!(!has(&second, "timer") && has(&second, "100rel"));
    assert!(second.fields("Session-Expires").is_empty());
    let third = refused(
        &mut net,
        &second,
        "420 Bad Extension",
        "Unsupported: 100rel\r\n",
    );
    assert!(!has(&third, "timer") && !has(&third, "100rel"));
    assert_eq!(third.body(), first.body());
    // A 421 does not bring back what was left out.
    let required = "Require: timer\r\n";
    assert_eq!(
        given_up(&mut net, &third, "421 Extension Required", required),
        3
    );
    let (reason, details) = ended(&mut net);
    assert_eq!(reason, EndReason::Rejected(StatusCode::EXTENSION_REQUIRED));
    assert_eq!(details.extensions, ["timer"]);
    assert!(net.at(0).0.user().call(a).is_none());
    net.assert_idle();
}

/// What was left out before the dialog is left out in it.
#[test]
fn a_dialog_keeps_what_its_invite_has_learnt() {
    let mut net = alone();
    let (first, a) = calling(&mut net);
    let second = refused(
        &mut net,
        &first,
        "420 Bad Extension",
        "Unsupported: timer\r\n",
    );
    answer(&mut net, &second, "200 OK", CONTACT, &sdp(9, "sendrecv"));
    net.puppet_receives("ACK");
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    let hold = net.puppet_receives("INVITE");
    assert!(!hold.field("Supported").contains("timer"));
    assert!(hold.fields("Session-Expires").is_empty());
}

/// A 420 that lists nothing of ours cannot be helped: it is reported, once.
#[test]
fn a_420_that_lists_nothing_of_ours_is_reported() {
    let mut net = alone();
    let (first, _) = calling(&mut net);
    let unsupported = "Unsupported: precondition, foo\r\n";
    assert_eq!(
        given_up(&mut net, &first, "420 Bad Extension", unsupported),
        1
    );
    let (reason, details) = ended(&mut net);
    assert_eq!(reason, EndReason::Rejected(StatusCode::BAD_EXTENSION));
    assert_eq!(details.extensions, ["precondition", "foo"]);
}

/// §21.4.16: what we have is required from then on, once; with anything we have not there is no use.
#[test]
fn extensions_that_are_needed_are_required() {
    let mut net = alone();
    let (first, _) = calling(&mut net);
    assert!(first.fields("Require").is_empty());
    let second = refused(
        &mut net,
        &first,
        "421 Extension Required",
        "Require: 100rel\r\n",
    );
    assert_eq!(second.fields("Require"), ["100rel"]);
    assert!(second.field("Supported").contains("100rel"));
    let required = "Require: 100rel\r\n";
    assert_eq!(
        given_up(&mut net, &second, "421 Extension Required", required),
        2
    );
    let mut net = alone();
    let (first, _) = calling(&mut net);
    let required = "Require: 100rel, precondition\r\n";
    assert_eq!(
        given_up(&mut net, &first, "421 Extension Required", required),
        1
    );
    assert_eq!(ended(&mut net).1.extensions, ["100rel", "precondition"]);
}

/// §8.1.3.5, §21.4.11: an INVITE can do without its offer, once; the far end then offers, and gets as
/// its answer what we would have offered.
#[test]
fn an_offer_that_is_too_large_is_left_to_the_far_end() {
    let mut net = alone();
    let (first, a) = calling(&mut net);
    let second = refused(&mut net, &first, "413 Request Entity Too Large", "");
    assert_eq!(second.body(), "");
    assert!(second.fields("Content-Type").is_empty());
    answer(&mut net, &second, "200 OK", CONTACT, &sdp(9, "sendrecv"));
    let ack = net.puppet_receives("ACK");
    assert!(ack.body().contains("m=audio 4000 RTP/AVP 0"));
    assert!(net.saw(0, &UaEvent::Answered { call: a }));
    let plan = net.expect(0, super::puppets::plan);
    assert_eq!(plan.remote, ([192, 0, 2, 9], 5000).into());

    let mut net = alone();
    let (first, _) = calling(&mut net);
    let second = refused(&mut net, &first, "413 Request Entity Too Large", "");
    let later = "Retry-After: 120 (large calls are taken at night);duration=3600\r\n";
    assert_eq!(
        given_up(&mut net, &second, "413 Request Entity Too Large", later),
        2
    );
    let (reason, details) = ended(&mut net);
    assert_eq!(reason, EndReason::Rejected(code(413)));
    assert_eq!(details.retry_after, Some(Duration::from_secs(120)));
    assert_eq!(details.retry_duration, Some(Duration::from_secs(3600)));
}

/// §8.1.3.5, §21.4.14: a number goes to a proxy that does not know numbers as a SIP URI of our own
/// domain (§19.1.6).
#[test]
fn a_number_becomes_a_sip_uri() {
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.outbound_proxies = Vec::from([format!("sip:{}", address(9))]);
    let mut net = Net::new([config]);
    let (alice, now) = net.at(0);
    let number = "tel:+358-555-1234567;postd=PP22";
    alice.invite(now, number, media(1)).unwrap();
    let first = net.puppet_receives("INVITE");
    assert_eq!(first.request_uri(), number);
    assert_eq!(first.field("To"), format!("<{number}>"));
    let second = refused(&mut net, &first, "416 Unsupported URI Scheme", "");
    let uri = "sip:+358-555-1234567;postd=pp22@example.org;user=phone";
    assert_eq!(second.request_uri(), uri);
    assert_eq!(second.to, address(9));
    assert_eq!(
        given_up(&mut net, &second, "416 Unsupported URI Scheme", ""),
        2
    );
    assert_eq!(ended(&mut net).0, EndReason::Rejected(code(416)));
    net.assert_idle();
}

/// RFC 5630 §4: what was to be secured is not sent without security, whatever the answer.
#[test]
fn a_sips_uri_is_never_made_a_sip_uri() {
    for (status, more) in [
        ("416 Unsupported URI Scheme", ""),
        ("480 No", "Warning: 380 192.0.2.9 \"SIPS Not Allowed\"\r\n"),
        ("302 Moved", "Contact: <sip:bob@192.0.2.9>\r\n"),
    ] {
        let mut config = UserAgentConfig::new("sip:alice@example.org");
        config.outbound_proxies = Vec::from([format!("sip:{}", address(9))]);
        let mut net = Net::new([config]);
        let (alice, now) = net.at(0);
        alice.invite(now, "sips:bob@example.com", media(1)).unwrap();
        let first = net.puppet_receives("INVITE");
        assert_eq!(given_up(&mut net, &first, status, more), 1, "{status}");
        assert!(matches!(ended(&mut net).0, EndReason::Rejected(_)));
    }
}

/// §20.33: in each of the answers that may have it.
#[test]
fn when_to_come_back_is_reported() {
    for status in [404, 413, 480, 486, 500, 503, 600, 603] {
        let mut net = alone();
        let (mut invite, _) = calling(&mut net);
        if status == 413 {
            invite = refused(&mut net, &invite, "413 Large", "");
        }
        let sent = tries(&net, "INVITE");
        let status = format!("{status} No");
        assert_eq!(
            given_up(&mut net, &invite, &status, "Retry-After: 18000\r\n"),
            sent
        );
        let details = ended(&mut net).1;
        assert_eq!(
            details.retry_after,
            Some(Duration::from_secs(18_000)),
            "{status}"
        );
        assert_eq!(details.retry_duration, None);
    }
    // One that cannot be read is none.
    let mut net = alone();
    let (invite, _) = calling(&mut net);
    given_up(&mut net, &invite, "486 Busy Here", "Retry-After: soon\r\n");
    assert_eq!(ended(&mut net).1, Details::default());
}

/// §21.4.26, §21.6.4, §20.43: what was not to its liking.
#[test]
fn warnings_are_reported() {
    for status in [488, 606] {
        let mut net = alone();
        let (invite, _) = calling(&mut net);
        let more = "Warning: 305 isi.edu:5060 \"Incompatible \\\"codec\\\"\", \
            370 devnull \"Choose a bigger pipe\"\r\n\
            Reason: SIP;cause=488;text=\"Not here\", Q.850;cause=65\r\n";
        given_up(&mut net, &invite, &format!("{status} Not Acceptable"), more);
        let (reason, details) = ended(&mut net);
        assert_eq!(reason, EndReason::Rejected(code(status)));
        let warning = |code, agent: &str, text: &str| Warning {
            code,
            agent: agent.into(),
            text: text.into(),
        };
        let warnings = [
            warning(305, "isi.edu:5060", "Incompatible \"codec\""),
            warning(370, "devnull", "Choose a bigger pipe"),
        ];
        assert_eq!(details.warnings, warnings);
        let reasons = [
            Reason::sip(StatusCode::NOT_ACCEPTABLE_HERE, "Not here"),
            Reason::q850(65, ""),
        ];
        assert_eq!(details.reasons, reasons);
    }
}

/// §21.4.13: an offer cannot be written in another language; what would have been taken is reported.
#[test]
fn what_a_415_would_have_taken_is_reported() {
    let mut net = alone();
    let (invite, _) = calling(&mut net);
    let more = "Accept: application/x-sdpng;q=0.5, text/plain\r\nAccept-Encoding: gzip\r\n\
        Accept-Language: en-gb, de;q=0.3\r\n";
    assert_eq!(
        given_up(&mut net, &invite, "415 Unsupported Media Type", more),
        1
    );
    let (reason, details) = ended(&mut net);
    assert_eq!(reason, EndReason::Rejected(code(415)));
    assert_eq!(
        details.accepted_types,
        ["application/x-sdpng;q=0.5", "text/plain"]
    );
    assert_eq!(details.accepted_codings, ["gzip"]);
    assert_eq!(details.accepted_languages, ["en-gb", "de;q=0.3"]);
}

/// RFC 3329 §2.3.1: the security mechanisms that a 494 offers are reported; we have no others to try.
#[test]
fn what_a_494_offers_is_reported() {
    let mut net = alone();
    let (invite, _) = calling(&mut net);
    let more = "Security-Server: ipsec-ike;q=0.1, tls;q=0.2\r\n";
    assert_eq!(
        given_up(&mut net, &invite, "494 Security Agreement Required", more),
        1
    );
    let (reason, details) = ended(&mut net);
    assert_eq!(reason, EndReason::Rejected(code(494)));
    assert_eq!(details.security, ["ipsec-ike;q=0.1", "tls;q=0.2"]);
}

/// §8.1.3.4, §19.1.5: the header fields of a Contact come into the new request, in the place of those
/// that may stand once and beside the others; but none that would lie, and its method neither.
#[test]
fn a_redirection_may_ask_for_header_fields() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    let to = "sip:bob@192.0.2.9?Subject=first&Call-Info=%3Chttp:%2F%2Fa.example%3E";
    alice.invite(now, to, media(1)).unwrap();
    let first = net.puppet_receives("INVITE");
    assert_eq!(first.fields("Subject"), ["first"]);
    // The example of §8.1.3.4.
    let more = "Contact: <sip:user@192.0.2.8;method=BYE?Subject=foo\
        &Call-Info=%3Chttp:%2F%2Fwww.foo.com%3E&From=sip:x&Route=%3Csip:evil%3E&To=sip:y>;q=0.5\r\n\
        Contact: <sip:user@192.0.2.7?Require=precondition>;q=0.9\r\n\
        Contact: <sip:user@192.0.2.8?Subject=other>;q=0.1\r\n";
    answer(&mut net, &first, "302 Moved Temporarily", more, "");
    let second = net.puppet_receives("INVITE");
    // Not the one that asks for what we have not, though it is preferred.
    assert_eq!(second.request_uri(), "sip:user@192.0.2.8");
    assert_eq!(second.fields("Subject"), ["foo"]);
    assert_eq!(
        second.fields("Call-Info"),
        ["<http://a.example>", "<http://www.foo.com>"]
    );
    for name in ["To", "From", "Call-ID"] {
        assert_eq!(second.field(name), first.field(name), "{name}");
    }
    assert!(second.fields("Route").is_empty());
    // The same URI with another subject is the same URI.
    assert_eq!(given_up(&mut net, &second, "486 Busy Here", ""), 2);
}

/// §8.1.3.2: an unknown 3xx is a 300; §21.3.4, §21.3.5: a 305 and a 380 are known, and none to follow.
#[test]
fn an_unknown_redirection_is_followed() {
    for (status, follows) in [
        (300, true),
        (302, true),
        (333, true),
        (305, false),
        (380, false),
    ] {
        let mut net = alone();
        let (first, _) = calling(&mut net);
        let more = "Contact: <sip:bob@192.0.2.8>\r\n";
        answer(&mut net, &first, &format!("{status} Elsewhere"), more, "");
        net.run_secs(1);
        assert_eq!(
            tries(&net, "INVITE"),
            if follows { 2 } else { 1 },
            "{status}"
        );
        if !follows {
            let (reason, details) = ended(&mut net);
            assert_eq!(reason, EndReason::Rejected(code(status)));
            assert_eq!(details.contacts, ["sip:bob@192.0.2.8"]);
        }
    }
}

/// §8.1.3.2: an unknown 4xx or 5xx is a 400 or 500, after which the next place is tried; an unknown 6xx
/// is a 600, which speaks for all places; and an unknown 2xx is a 200.
#[test]
fn unknown_codes_are_those_of_their_class() {
    for (status, moves) in [(499, true), (555, true), (600, false), (699, false)] {
        let mut net = alone();
        let (first, _) = calling(&mut net);
        let more = "Contact: <sip:bob@192.0.2.8>, <sip:bob@192.0.2.7>\r\n";
        answer(&mut net, &first, "300 Multiple Choices", more, "");
        let second = net.puppet_receives("INVITE");
        answer(&mut net, &second, &format!("{status} Whatever"), "", "");
        net.run_ms(50);
        let tried = if moves { 3 } else { 2 };
        assert_eq!(tries(&net, "INVITE"), tried, "{status}");
        if !moves {
            assert_eq!(ended(&mut net).0, EndReason::Rejected(code(status)));
        }
    }
    let mut net = alone();
    let (first, a) = calling(&mut net);
    let body = sdp(9, "sendrecv");
    answer(&mut net, &first, "299 Fine", CONTACT, &body);
    net.puppet_receives("ACK");
    assert!(net.saw(0, &UaEvent::Answered { call: a }));
}

/// However many places a redirection names, and however each of them goes on redirecting, the number of
/// tries is bounded.
#[test]
fn redirections_come_to_an_end() {
    let mut net = alone();
    let (mut invite, _) = calling(&mut net);
    let mut n = 0;
    loop {
        let contacts: String = (0..3)
            .map(|k| format!("Contact: <sip:bob{n}-{k}@192.0.2.9>\r\n"))
            .collect();
        answer(&mut net, &invite, "302 Moved Temporarily", &contacts, "");
        net.run_secs(1);
        n += 1;
        if tries(&net, "INVITE") == n {
            break;
        }
        invite = (*net.sent("INVITE").last().unwrap()).clone();
    }
    assert_eq!(n, 8);
    assert_eq!(ended(&mut net).0, EndReason::Rejected(code(302)));
    net.assert_idle();
}

/// A redirection that is not to be followed tells the application where it leads.
#[test]
fn a_redirection_can_be_reported_instead() {
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.follow_redirects = false;
    let mut net = Net::new([config]);
    let (invite, _) = calling(&mut net);
    let more = "Contact: <sip:bob@192.0.2.8>;q=0.5, <mailto:bob@example.org>\r\n";
    assert_eq!(
        given_up(&mut net, &invite, "302 Moved Temporarily", more),
        1
    );
    let (reason, details) = ended(&mut net);
    assert_eq!(reason, EndReason::Rejected(StatusCode::MOVED_TEMPORARILY));
    assert_eq!(
        details.contacts,
        ["sip:bob@192.0.2.8", "mailto:bob@example.org"]
    );
}

/// OPTIONS is asked better as well, and elsewhere; a REGISTER is.
#[test]
fn other_requests_are_repaired_too() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    let query = alice.options(now, "sip:bob@192.0.2.9").unwrap();
    let first = net.puppet_receives("OPTIONS");
    let second = refused(
        &mut net,
        &first,
        "420 Bad Extension",
        "Unsupported: timer\r\n",
    );
    assert!(!second.field("Supported").contains("timer"));
    answer(
        &mut net,
        &second,
        "302 Moved",
        "Contact: <sip:bob@192.0.2.8>\r\n",
        "",
    );
    let third = net.puppet_receives("OPTIONS");
    assert_eq!(third.request_uri(), "sip:bob@192.0.2.8");
    answer(&mut net, &third, "480 No", "Retry-After: 60\r\n", "");
    net.run_ms(50);
    let details = Details {
        retry_after: Some(Duration::from_secs(60)),
        ..Details::default()
    };
    let answered = UaEvent::OptionsAnswered {
        query,
        status: Some(StatusCode::TEMPORARILY_UNAVAILABLE),
        allow: Vec::new(),
        details: Some(Box::new(details)),
    };
    assert!(net.saw(0, &answered));
    let (alice, now) = net.at(0);
    alice
        .register(now, "sip:192.0.2.9", Duration::from_secs(600))
        .unwrap();
    let first = net.puppet_receives("REGISTER");
    let second = refused(
        &mut net,
        &first,
        "420 Bad Extension",
        "Unsupported: timer\r\n",
    );
    assert!(!second.field("Supported").contains("timer"));
    assert_eq!(second.field("Contact"), first.field("Contact"));
}

/// A re-INVITE is repaired as an INVITE is, by the same rules and within the same bounds.
#[test]
fn a_change_of_the_session_is_repaired() {
    let mut net = alone();
    let (_, a) = call_to_puppet(&mut net);
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    let first = net.puppet_receives("INVITE");
    let second = refused(
        &mut net,
        &first,
        "420 Bad Extension",
        "Unsupported: timer\r\n",
    );
    assert!(!second.field("Supported").contains("timer"));
    assert!(second.fields("Session-Expires").is_empty());
    assert!(second.body().contains("a=sendonly"));
    let third = refused(
        &mut net,
        &second,
        "421 Extension Required",
        "Require: 100rel\r\n",
    );
    assert_eq!(third.fields("Require"), ["100rel"]);
    let sent = tries(&net, "INVITE");
    let required = "Require: timer\r\nRetry-After: 7\r\n";
    assert_eq!(
        given_up(&mut net, &third, "421 Extension Required", required),
        sent
    );
    let details = net.expect(0, |event| match event {
        UaEvent::ChangeRefused {
            status, details, ..
        } if *status == StatusCode::EXTENSION_REQUIRED => details.clone(),
        _ => None,
    });
    assert_eq!(details.extensions, ["timer"]);
    assert_eq!(details.retry_after, Some(Duration::from_secs(7)));
    // The session is as it was.
    assert!(net.at(0).0.user().live_calls() == 1);
    assert!(!net.at(0).0.user().call(a).unwrap().is_held());
}

/// §21.4.6, §21.4.15, §21.4.16 from the callee's side: each with the list it has to have.
// shows: S288
#[test]
fn methods_and_extensions_we_cannot_serve_are_refused_with_a_list() {
    let mut config = UserAgentConfig::new("sip:bob@example.org");
    config.required_of_callers = ["100rel", "timer"].map(String::from).into();
    let mut net = Net::new([config]);
    let send = |net: &mut Net, method: &str, more: &str| {
        let n = net.log.len();
        let text = from_caller(method, 1, "", more, "")
            .replace("Call-ID: caller", &format!("Call-ID: {n}"))
            .replace("branch=z9hG4bK", &format!("branch=z9hG4bK{n}"));
        net.inject(address(9), address(1), &text);
    };
    send(&mut net, "PUBLISH", "");
    let refusal = net.puppet_receives("405 PUBLISH");
    for method in ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS"] {
        assert!(refusal.field("Allow").split(", ").any(|it| it == method));
    }
    assert!(!refusal.field("Allow").contains("PUBLISH"));
    let both = "Supported: timer\r\nRequire: 100rel";
    send(&mut net, "INVITE", &format!("{both}, foo, bar\r\n"));
    let refusal = net.puppet_receives("420 INVITE");
    assert_eq!(refusal.fields("Unsupported"), ["foo, bar"]);
    send(&mut net, "INVITE", "Supported: timer, foo\r\n");
    let refusal = net.puppet_receives("421 INVITE");
    assert_eq!(refusal.fields("Require"), ["100rel"]);
    send(&mut net, "INVITE", "");
    let refusal = net.puppet_receives("421 INVITE");
    assert_eq!(refusal.fields("Require"), ["100rel, timer"]);
    // Nothing of that is asked of who only wants to know.
    send(&mut net, "OPTIONS", "");
    net.puppet_receives("200 OPTIONS");
    send(&mut net, "INVITE", &format!("{both}\r\n"));
    net.run_ms(20);
    net.incoming(0);
}
