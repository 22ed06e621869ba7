//! How calls begin and end.

use std::collections::BTreeSet;
use std::time::Duration;

use offhook::sip::ua::{EndReason, UaEvent};

use super::net::{Net, alice, at, ms, sdp};

/// 1. Who gave up just as the other answered had a call nobody knew of, and was charged for it: the
/// phone itself has to acknowledge the answer and hang up.
#[test]
fn pain_01_a_cancel_that_crosses_the_answer() {
    let mut ends = BTreeSet::new();
    // The one gives up at every moment around that in which the other answers.
    for early in 0..40 {
        let mut net = Net::pair();
        let (a, b) = net.ringing();
        if early < 20 {
            net.accepts(1, b);
            net.run(ms(early));
            net.hangs_up(0, a);
        } else {
            net.hangs_up(0, a);
            net.run(ms(early - 20));
            let (bob, now) = net.phone(1);
            // By now he may have heard of it.
            let _ = bob.accept(now, b, super::net::media(2));
        }
        net.run(Duration::from_secs(40));
        let (one, other) = (net.ended(0), net.ended(1));
        let answered = !net.sent("200 INVITE").is_empty();
        if answered {
            // Every answer is acknowledged, and hung up on.
            let kinds = net.kinds();
            let after = kinds
                .iter()
                .position(|kind| kind == "200 INVITE")
                .map(|at| &kinds[at..]);
            for wanted in ["ACK", "BYE"] {
                assert!(
                    after.is_some_and(|after| after.iter().any(|kind| kind == wanted)),
                    "{kinds:?}"
                );
            }
        }
        assert!(
            one.is_some() && other.is_some(),
            "at {early}: {one:?} {other:?}"
        );
        ends.insert(answered);
        net.assert_empty();
    }
    assert_eq!(
        ends.len(),
        2,
        "it was answered sometimes, and sometimes not"
    );
}

/// 2. Nobody was sure who sends a 200 again and who acknowledges it again: calls that both sides had
/// answered fell down after half a minute, or the 200 came for ever.
#[test]
fn pain_02_who_sends_the_2xx_again_and_who_the_ack() {
    for lost in ["200 INVITE", "ACK"] {
        let mut net = Net::pair();
        let mut left = 3;
        net.lose(move |packet| {
            let is_it = left > 0 && packet.kind() == lost;
            left -= i32::from(is_it);
            is_it
        });
        let (a, b) = net.ringing();
        net.accepts(1, b);
        net.run(Duration::from_secs(40));
        let (oks, acks) = (net.sent("200 INVITE").len(), net.sent("ACK").len());
        // Sent until acknowledged, and acknowledged as often as it comes.
        assert_eq!(oks, 4, "{lost}");
        assert_eq!(acks, if lost == "ACK" { 4 } else { 1 });
        assert_eq!((net.ended(0), net.ended(1)), (None, None));
        net.hangs_up(0, a);
        net.run(ms(100));
        assert_eq!(net.ended(1), Some(EndReason::RemoteHungUp));
        net.assert_empty();
    }
    // Nobody ever acknowledges: the callee hangs up, in 64·T1 (RFC 3261 §13.3.1.4).
    let mut net = Net::pair();
    net.lose(|packet| packet.kind() == "ACK");
    let (_, b) = net.ringing();
    net.accepts(1, b);
    net.run(Duration::from_secs(40));
    assert_eq!(net.ended(1), Some(EndReason::Unacknowledged));
    assert_eq!(net.ended(0), Some(EndReason::RemoteHungUp));
    net.assert_empty();
}

/// 5. An INVITE that rang at two phones was acknowledged to the wrong one, and played the tones of the
/// wrong one.
#[test]
fn pain_05_forks_that_are_taken_for_one_another() {
    let mut net = Net::new([alice()]);
    let a = net.call("sip:bob@192.0.2.9");
    let invite = net.hears("INVITE");
    for (tag, host, number) in [("one", 7, 700), ("two", 8, 800)] {
        let rows =
            format!("Contact: <sip:bob@192.0.2.{host}>\r\nRequire: 100rel\r\nRSeq: {number}\r\n");
        let here = sdp(&format!("192.0.2.{host}"), "");
        net.answers_with(&invite, "183 Session Progress", (tag, &rows), &here);
        // What acknowledges it goes to who said it, with the number they gave it.
        let prack = net.hears("PRACK");
        assert!(prack.field("To").ends_with(&format!(";tag={tag}")));
        assert_eq!(prack.to, at(host));
        assert_eq!(prack.field("RAck"), format!("{number} 1 INVITE"));
        net.answers(&prack, "200 OK", ("", ""));
        net.run(ms(50));
        let early = net.told(0, |event| match event {
            UaEvent::EarlyMedia { plan, .. } => Some(plan.remote.to_string()),
            _ => None,
        });
        assert_eq!(early, Some(format!("192.0.2.{host}:5000")));
    }
    // Both answer: the first has the call, the other is hung up on.
    for (tag, host) in [("two", 8), ("one", 7)] {
        let contact = format!("Contact: <sip:bob@192.0.2.{host}>\r\n");
        net.answers(&invite, "200 OK", (tag, &contact));
    }
    let bye = net.hears("BYE");
    assert!(bye.field("To").ends_with(";tag=one") && bye.to == at(7));
    net.answers(&bye, "200 OK", ("", ""));
    net.run(ms(50));
    let call = net.phone(0).0.user().call(a).expect("the call");
    let plan = call.plans().next().expect("its media").1.remote;
    assert_eq!(plan, ([192, 0, 2, 8], 5000).into());
    let mut acks: Vec<&str> = Vec::new();
    for ack in net.sent("ACK") {
        acks.push(ack.field("To").rsplit('=').next().expect("a tag"));
    }
    assert_eq!(acks, ["two", "one"]);
}

/// 7. What belongs to a call was sent past the proxies, or through them in the wrong order, or to the
/// private address that the far end has behind them.
#[test]
fn pain_07_requests_in_a_call_that_go_to_the_wrong_place() {
    let mut net = Net::new([alice()]);
    let a = net.call("sip:bob@192.0.2.9");
    let invite = net.hears("INVITE");
    let rows = "Record-Route: <sip:192.0.2.8;lr>, <sip:192.0.2.9;lr>\r\n\
                Contact: <sip:bob@10.0.0.5:5062;transport=udp>\r\n";
    net.answers_with(&invite, "200 OK", ("b", rows), &sdp("192.0.2.7", ""));
    let ack = net.hears("ACK");
    net.hangs_up(0, a);
    let bye = net.hears("BYE");
    for request in [ack, bye] {
        // The last proxy that wrote itself down is the first on the way (RFC 3261 §12.1.2), and
        // nothing is sent to where only that proxy reaches.
        assert_eq!(request.to, at(9));
        let route = super::text::elements(&request.text, "Route");
        assert_eq!(route, ["<sip:192.0.2.9;lr>", "<sip:192.0.2.8;lr>"]);
        let uri = request.text.split(' ').nth(1);
        assert_eq!(uri, Some("sip:bob@10.0.0.5:5062;transport=udp"));
    }
}

/// 11. Both sides, or neither, kept a session alive, and calls fell down in the middle of a sentence.
#[test]
fn pain_11_session_timers_that_end_good_calls() {
    let quarter = Duration::from_secs(150);
    for refresher in ["uac", "uas"] {
        let mut config = alice();
        config.session_interval = Some(4 * quarter);
        let mut net = Net::new([config]);
        net.call("sip:bob@192.0.2.9");
        let invite = net.hears("INVITE");
        assert_eq!(invite.field("Session-Expires"), "600");
        let rows = format!(
            "Contact: <sip:bob@192.0.2.9>\r\nAllow: INVITE, ACK, BYE, UPDATE\r\nRequire: timer\r\n\
             Session-Expires: 600;refresher={refresher}\r\n"
        );
        net.answers_with(&invite, "200 OK", ("b", &rows), &sdp("192.0.2.9", ""));
        net.hears("ACK");
        let begin = net.now;
        if refresher == "uac" {
            // We refresh, at half the time and again (RFC 4028 §10).
            for _ in 0..3 {
                let update = net.hears("UPDATE");
                let again = "Session-Expires: 600;refresher=uac\r\nRequire: timer\r\n";
                net.answers(&update, "200 OK", ("", again));
            }
            assert_eq!(net.now.saturating_duration_since(begin).as_secs() / 10, 90);
            assert_eq!(net.ended(0), None);
        } else {
            // They do not: it is not for us to refresh, and shortly before the time is over we say
            // goodbye.
            let bye = net.hears("BYE");
            assert!(net.sent("UPDATE").is_empty());
            let lasted = net.now.saturating_duration_since(begin).as_secs();
            assert!((560..600).contains(&lasted), "{lasted} s");
            net.answers(&bye, "200 OK", ("", ""));
            net.run(ms(50));
            assert_eq!(net.ended(0), Some(EndReason::SessionExpired));
        }
    }
    // With somebody who knows no such timer a call lasts.
    let mut net = Net::new([alice()]);
    net.call("sip:bob@192.0.2.9");
    let invite = net.hears("INVITE");
    let contact = "Contact: <sip:bob@192.0.2.9>\r\nAllow: INVITE, ACK, BYE, UPDATE\r\n";
    net.answers_with(&invite, "200 OK", ("b", contact), &sdp("192.0.2.9", ""));
    net.hears("ACK");
    for _ in 0..3 {
        let update = net.hears("UPDATE");
        net.answers(&update, "200 OK", ("", ""));
    }
    assert_eq!(net.ended(0), None);
}
