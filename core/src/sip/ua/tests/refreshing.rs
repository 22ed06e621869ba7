//! Session timers (RFC 4028) from both ends.

use alloc::format;
use core::time::Duration;

use super::net::{Net, Sent, address, media, response, sdp};
use super::puppets::{alone, call_to_puppet, from_caller, in_dialog};
use crate::sip::ua::{CallHandle, EndReason, UaEvent, UserAgentConfig};

const CONTACT: &str = "Contact: <sip:bob@192.0.2.9>\r\n";

/// Bob at 192.0.2.1 answers a puppet's INVITE with these further rows: the 200.
fn answered(config: UserAgentConfig, more: &str) -> (Net, CallHandle, Sent) {
    let mut net = Net::new([config]);
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
    (net, call, success)
}

fn bob() -> UserAgentConfig {
    UserAgentConfig {
        session_interval: None,
        ..UserAgentConfig::new("sip:bob@example.org")
    }
}

/// §9, Table 2: who refreshes, by what the caller supports and asks for.
// shows: S299
#[test]
fn who_refreshes_is_as_in_the_table() {
    let supported = "Supported: timer\r\n";
    let rows = [
        ("", "Session-Expires: 100\r\n", "100;refresher=uas", ""),
        (
            supported,
            "Session-Expires: 100\r\n",
            "100;refresher=uac",
            "timer",
        ),
        (
            supported,
            "Session-Expires: 100;refresher=uac\r\n",
            "100;refresher=uac",
            "timer",
        ),
        (
            supported,
            "Session-Expires: 100;refresher=uas\r\n",
            "100;refresher=uas",
            "timer",
        ),
    ];
    for (supported, expires, answer, require) in rows {
        let more = format!("{supported}{expires}");
        let (mut net, _, success) = answered(bob(), &more);
        assert_eq!(success.field("Session-Expires"), answer, "{more}");
        assert_eq!(success.field("Require"), require, "{more}");
        // Who it is refreshes at half time, and who it is not gives up at two thirds.
        net.forget();
        net.run_ms(50_300);
        let refreshes = net.sent("INVITE").len();
        assert_eq!(refreshes, usize::from(answer.ends_with("uas")), "{more}");
        net.run_secs(18);
        assert!(!net.sent("BYE").is_empty(), "{more}");
        net.run_secs(40);
        assert_eq!(net.ended(0), EndReason::SessionExpired);
    }
    // Nobody wants one.
    let (_, _, success) = answered(bob(), supported);
    assert_eq!(success.field("Session-Expires"), "");
    // We do, and the caller understands: not below its Min-SE.
    let config = UserAgentConfig {
        session_interval: Some(Duration::from_secs(200)),
        ..bob()
    };
    let more = format!("{supported}Min-SE: 300\r\n");
    let (_, _, success) = answered(config.clone(), &more);
    assert_eq!(success.field("Session-Expires"), "300;refresher=uac");
    // A caller that would not understand is not asked.
    let (_, _, success) = answered(config, "");
    assert_eq!(success.field("Session-Expires"), "");
}

/// §9: too short for us is refused with 422 and what would do, if the caller knows what that means.
#[test]
fn an_interval_that_is_too_short_gets_422() {
    let mut net = Net::new([UserAgentConfig {
        shortest_session_interval: Duration::from_secs(600),
        ..bob()
    }]);
    let more = "Supported: timer\r\nSession-Expires: 599\r\n";
    let offer = sdp(9, "sendrecv");
    let invite = from_caller("INVITE", 1, "", more, &offer);
    net.inject(address(9), address(1), &invite);
    let refused = net.puppet_receives("422 INVITE");
    assert_eq!(refused.field("Min-SE"), "600");
    let ack = from_caller("ACK", 1, refused.tag("To"), "", "").replace("ACK1", "INVITE1");
    net.inject(address(9), address(1), &ack);
    let more = "Session-Expires: 599\r\n";
    let invite = from_caller("INVITE", 2, "", more, &offer).replace("Call-ID: c", "Call-ID: d");
    net.inject(address(9), address(1), &invite);
    net.run_ms(20);
    net.incoming(0);
}

/// Answers a request of Alice's as a puppet, and gives what she does next.
fn answer(net: &mut Net, request: &Sent, status: &str, more: &str, next: &str) -> Sent {
    let text = response(request, status, "t", more, "");
    net.inject(address(9), address(1), &text);
    net.puppet_receives(next)
}

/// §13, as Alice sees it: two 422, each with a longer interval; an UPDATE at half time, which does
/// not forget the interval; and Bob's BYE.
// shows: S297
#[test]
fn the_example_call_flow() {
    let mut net = Net::new([UserAgentConfig {
        session_interval: Some(Duration::from_secs(50)),
        ..UserAgentConfig::new("sip:alice@example.org")
    }]);
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let first = net.puppet_receives("INVITE");
    assert!(first.field("Supported").contains("timer"));
    // §5: nobody asks for less than 90 seconds.
    assert_eq!(first.field("Session-Expires"), "90");
    assert_eq!(first.field("Min-SE"), "");
    let small = "422 Session Interval Too Small";
    answer(&mut net, &first, small, "Min-SE: 3600\r\n", "ACK");
    let second = net.puppet_receives("INVITE");
    assert_eq!(second.field("Session-Expires"), "3600");
    assert_eq!(second.field("Min-SE"), "3600");
    assert_eq!(second.field("Call-ID"), first.field("Call-ID"));
    assert_eq!(second.cseq(), first.cseq() + 1);
    answer(&mut net, &second, small, "Min-SE: 4000\r\n", "ACK");
    let third = net.puppet_receives("INVITE");
    assert_eq!(third.field("Session-Expires"), "4000");
    assert_eq!(third.field("Min-SE"), "4000");
    let more = format!(
        "{CONTACT}Allow: INVITE, UPDATE\r\nSupported: timer\r\nRequire: timer\r\n\
         Session-Expires: 4000;refresher=uac\r\n"
    );
    let text = response(&third, "200 OK", "t", &more, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &text);
    net.puppet_receives("ACK");
    let start = net.now;
    net.run_secs(1990);
    let update = net.puppet_receives("UPDATE");
    let waited = update.at.saturating_duration_since(start);
    assert!(waited.abs_diff(Duration::from_secs(2000)) < Duration::from_millis(50));
    assert_eq!(update.field("Session-Expires"), "4000;refresher=uac");
    // §7.4: those of the 422 were cleared when the dialog came.
    assert_eq!(update.field("Min-SE"), "");
    assert_eq!(update.body(), "");
    let more = "Require: timer\r\nSession-Expires: 4000;refresher=uac\r\n";
    let text = response(&update, "200 OK", "t", more, "");
    net.inject(address(9), address(1), &text);
    net.run_ms(20);
    let bye = in_dialog(&third, "BYE", 1, "", "");
    net.inject(address(9), address(1), &bye);
    net.puppet_receives("200 BYE");
    assert_eq!(net.ended(0), EndReason::RemoteHungUp);
    net.assert_idle();
}

/// §7.2: whatever refreshes the session, both ends are told; and both know how often it has to be,
/// and by whom.
#[test]
fn both_ends_are_told_of_every_refresh() {
    let alice = |interval: Option<u64>| UserAgentConfig {
        session_interval: interval.map(Duration::from_secs),
        ..UserAgentConfig::new("sip:alice@example.org")
    };
    let mut net = Net::new([alice(Some(100)), bob()]);
    let (a, b) = net.established();
    for (node, call, we_refresh) in [(0, a, true), (1, b, false)] {
        let timer = net.nodes[node].endpoint.user().call(call).unwrap();
        let timer = timer.session_timer().unwrap();
        assert_eq!(timer.interval(), Duration::from_secs(100));
        assert_eq!(timer.we_refresh(), we_refresh);
        // The 2xx that begins the session is no refresh.
        assert!(!net.saw(node, &UaEvent::SessionRefreshed { call }));
    }
    let told = |net: &Net, node: usize, call| {
        let is_it = |event: &&UaEvent| **event == UaEvent::SessionRefreshed { call };
        net.nodes[node].events.iter().filter(is_it).count()
    };
    // An UPDATE at half time, then a re-INVITE that is for something else.
    net.run_secs(51);
    assert_eq!(net.sent("UPDATE").len(), 1);
    assert_eq!((told(&net, 0, a), told(&net, 1, b)), (1, 1));
    let (bob, now) = net.at(1);
    bob.hold(now, b).unwrap();
    net.run_ms(50);
    assert_eq!((told(&net, 0, a), told(&net, 1, b)), (2, 2));

    // Where nobody wanted a session timer there is nothing to tell.
    let mut net = Net::new([alice(None), self::bob()]);
    let (a, b) = net.established();
    let call = net.nodes[0].endpoint.user().call(a).unwrap();
    assert_eq!(call.session_timer(), None);
    let (bob, now) = net.at(1);
    bob.hold(now, b).unwrap();
    net.run_ms(50);
    assert_eq!((told(&net, 0, a), told(&net, 1, b)), (0, 0));
}

/// An endless row of 422 is not followed for ever.
#[test]
fn not_every_422_is_followed() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    for min in 0.. {
        let invite = net.puppet_receives("INVITE");
        let min = format!("Min-SE: {}\r\n", 2000 + min);
        answer(
            &mut net,
            &invite,
            "422 Session Interval Too Small",
            &min,
            "ACK",
        );
        net.run_ms(50);
        if net.nodes[0].endpoint.user().live_calls() == 0 {
            break;
        }
    }
    assert!(net.sent("INVITE").len() <= 16);
    // One that asks for no more than it was given is not followed at all.
    let mut net = alone();
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let min = "Min-SE: 0\r\n";
    answer(
        &mut net,
        &invite,
        "422 Session Interval Too Small",
        min,
        "ACK",
    );
    net.run_ms(50);
    assert!(matches!(net.ended(0), EndReason::Rejected(_)));
}

/// §7.2: a far end that knows no session timer is refreshed for our own sake, by re-INVITE with the
/// session as it is; one that knows it and says nothing has turned it off.
#[test]
fn a_far_end_that_knows_no_timer_is_refreshed_for_our_own_sake() {
    let mut net = alone();
    let (_, call) = call_to_puppet(&mut net);
    let start = net.now;
    net.run_secs(890);
    let refresh = net.puppet_receives("INVITE");
    let waited = refresh.at.saturating_duration_since(start);
    assert!(waited.abs_diff(Duration::from_secs(900)) < Duration::from_millis(50));
    assert_eq!(refresh.field("Session-Expires"), "1800;refresher=uac");
    let first = net.sent("INVITE")[0].clone();
    // §7.4: the offer says that nothing has changed.
    assert_eq!(refresh.body(), first.body());
    let text = response(&refresh, "200 OK", "t", CONTACT, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &text);
    net.puppet_receives("ACK");
    let asked = |event: &crate::sip::ua::UaEvent| {
        matches!(event, crate::sip::ua::UaEvent::ChangeRefused { .. })
    };
    assert!(!net.nodes[0].events.iter().any(asked));
    // It is still ours.
    net.run_secs(890);
    let again = net.puppet_receives("INVITE");
    let more = format!("{CONTACT}Supported: timer\r\n");
    let text = response(&again, "200 OK", "t", &more, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &text);
    net.puppet_receives("ACK");
    net.forget();
    net.run_secs(4000);
    assert!(net.log.is_empty(), "{:#?}", net.labels());
    let (alice, now) = net.at(0);
    alice.hang_up(now, call).unwrap();
}

/// §10: a refresh that is refused ends the session when its time has come, not before; 481 at once.
#[test]
fn a_refresh_that_fails_ends_the_session_in_time() {
    let mut net = alone();
    let (_, _) = call_to_puppet(&mut net);
    let start = net.now;
    net.run_secs(890);
    let refresh = net.puppet_receives("INVITE");
    answer(&mut net, &refresh, "503 Service Unavailable", "", "ACK");
    net.run_secs(860);
    let bye = net.puppet_receives("BYE");
    let waited = bye.at.saturating_duration_since(start);
    assert!(waited.abs_diff(Duration::from_secs(1800 - 32)) < Duration::from_millis(50));
    let mut net = alone();
    let (_, _) = call_to_puppet(&mut net);
    net.run_secs(890);
    let refresh = net.puppet_receives("INVITE");
    let gone = "481 Call/Transaction Does Not Exist";
    answer(&mut net, &refresh, gone, "", "ACK");
    net.puppet_receives("BYE");
    net.run_secs(40);
    assert_eq!(net.ended(0), EndReason::DialogLost);
}

/// §7.4: a 422 inside the dialog makes the next refresh longer, and it stays so.
#[test]
fn a_422_inside_a_dialog_is_remembered() {
    let mut net = alone();
    let (_, _) = call_to_puppet(&mut net);
    net.run_secs(890);
    let refresh = net.puppet_receives("INVITE");
    let min = "Min-SE: 5000\r\n";
    answer(
        &mut net,
        &refresh,
        "422 Session Interval Too Small",
        min,
        "ACK",
    );
    let again = net.puppet_receives("INVITE");
    assert_eq!(again.field("Session-Expires"), "5000;refresher=uac");
    assert_eq!(again.field("Min-SE"), "5000");
    assert!(again.at.saturating_duration_since(refresh.at) < Duration::from_secs(1));
}

/// §7.2: any re-INVITE refreshes, whatever it is for; and a peer whose Allow has promised too much gets
/// an INVITE instead of the UPDATE.
#[test]
fn whatever_changes_the_session_refreshes_it() {
    let mut net = Net::pair();
    let (a, _) = net.established();
    net.run_secs(800);
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    net.run_ms(100);
    net.forget();
    net.run_secs(890);
    assert!(net.log.is_empty());
    net.run_secs(20);
    let labels = net.labels();
    assert_eq!(labels, ["1 UPDATE", "2 200 UPDATE"]);
    let (alice, now) = net.at(0);
    alice.hang_up(now, a).unwrap();
    net.assert_idle();

    let mut net = alone();
    let (alice, now) = net.at(0);
    alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let more = format!("{CONTACT}Allow: INVITE, UPDATE\r\n");
    let text = response(&invite, "200 OK", "t", &more, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &text);
    net.puppet_receives("ACK");
    net.run_secs(890);
    let update = net.puppet_receives("UPDATE");
    let next = answer(&mut net, &update, "501 Not Implemented", "", "INVITE");
    assert!(next.body().contains("m=audio"));
}

/// A far end that has vanished leaves nothing behind: the callee, who waits for a refresh, gives up.
#[test]
fn a_far_end_that_vanishes_is_noticed() {
    let mut net = Net::pair();
    let (_, _) = net.established();
    net.lose(|sent| sent.from == address(1));
    net.run_secs(1800);
    assert_eq!(net.ended(1), EndReason::SessionExpired);
    // Alice's refresh had no answer.
    let reason: EndReason = net.ended(0);
    assert_eq!(reason, EndReason::DialogLost);
    net.assert_idle();
}

/// An UPDATE that was sent before the call was answered refreshes nothing, even if its answer comes
/// after that: it is not one of an established session (§7.2).
#[test]
fn the_answer_to_an_early_update_leaves_the_timer_that_came_meanwhile() {
    let mut net = alone();
    let asks = "Supported: 100rel, timer\r\nSession-Expires: 1800\r\n\
                Allow: INVITE, UPDATE, PRACK\r\n";
    let invite = from_caller("INVITE", 1, "", asks, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &invite);
    net.run_ms(20);
    let b = net.incoming(0);
    let (bob, now) = net.at(0);
    bob.begin_early_session(now, b, media(1)).unwrap();
    let progress = net.puppet_receives("183 INVITE");
    let tag = alloc::string::String::from(progress.tag("To"));
    let rack = format!("RAck: {} 1 INVITE\r\n", progress.field("RSeq"));
    let prack = from_caller("PRACK", 2, &tag, &rack, "");
    net.inject(address(9), address(1), &prack);
    net.run_ms(20);
    let (bob, now) = net.at(0);
    bob.hold(now, b).unwrap();
    let update = net.puppet_receives("UPDATE");
    let (bob, now) = net.at(0);
    bob.accept(now, b, media(1)).unwrap();
    let success = net.puppet_receives("200 INVITE");
    assert_eq!(success.field("Session-Expires"), "1800;refresher=uac");
    net.inject(address(9), address(1), &from_caller("ACK", 1, &tag, "", ""));
    let contact = "Contact: <sip:alice@192.0.2.9>\r\n";
    let held = response(&update, "200 OK", "", contact, &sdp(9, "recvonly"));
    net.inject(address(9), address(1), &held);
    net.run_ms(20);
    let timer = net.at(0).0.user().call(b).unwrap().session_timer().unwrap();
    assert_eq!(timer.interval(), Duration::from_secs(1800));
    assert!(!timer.we_refresh());
}

/// An UPDATE from before the caller saw our 2xx does not know of the session timer that began there:
/// it does not turn it off, and its 2xx says once more what has begun (§9).
#[test]
fn an_early_update_that_crosses_the_2xx_leaves_the_timer() {
    for (asked, we_refresh) in [("120;refresher=uac", false), ("120;refresher=uas", true)] {
        let mut net = Net::new([bob()]);
        let asks = format!(
            "Supported: 100rel, timer\r\nSession-Expires: {asked}\r\n\
             Allow: INVITE, UPDATE, PRACK\r\n"
        );
        let invite = from_caller("INVITE", 1, "", &asks, &sdp(9, "sendrecv"));
        net.inject(address(9), address(1), &invite);
        net.run_ms(20);
        let b = net.incoming(0);
        let (bob, now) = net.at(0);
        bob.begin_early_session(now, b, media(1)).unwrap();
        let progress = net.puppet_receives("183 INVITE");
        let tag = alloc::string::String::from(progress.tag("To"));
        let rack = format!("RAck: {} 1 INVITE\r\n", progress.field("RSeq"));
        let prack = from_caller("PRACK", 2, &tag, &rack, "");
        net.inject(address(9), address(1), &prack);
        net.run_ms(20);
        let (bob, now) = net.at(0);
        bob.accept(now, b, media(1)).unwrap();
        assert_eq!(
            net.puppet_receives("200 INVITE").field("Session-Expires"),
            asked
        );
        let knows = "Contact: <sip:alice@192.0.2.9>\r\nSupported: timer\r\n";
        let update = from_caller("UPDATE", 3, &tag, knows, &sdp(9, "sendonly"));
        net.inject(address(9), address(1), &update);
        // The role is one in the transaction: the same end refreshes in both.
        assert_eq!(
            net.puppet_receives("200 UPDATE").field("Session-Expires"),
            asked
        );
        net.inject(address(9), address(1), &from_caller("ACK", 1, &tag, "", ""));
        net.run_ms(20);
        let timer = net.at(0).0.user().call(b).unwrap().session_timer().unwrap();
        assert_eq!(timer.interval(), Duration::from_secs(120));
        assert_eq!(timer.we_refresh(), we_refresh);
    }
}

/// The callee that answers an UPDATE has answered the call if it speaks of the session timer: what it
/// says there is newer than its 2xx to the INVITE, whichever comes first (§9).
#[test]
fn the_answer_to_an_update_that_overtakes_the_2xx_counts() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let reliable = "Contact: <sip:bob@192.0.2.9>\r\nAllow: INVITE, UPDATE\r\n\
                    Require: 100rel\r\nRSeq: 1\r\n";
    let body = sdp(9, "sendrecv");
    let progress = response(&invite, "183 Session Progress", "t", reliable, &body);
    net.inject(address(9), address(1), &progress);
    let prack = net.puppet_receives("PRACK");
    net.inject(
        address(9),
        address(1),
        &response(&prack, "200 OK", "", "", ""),
    );
    net.run_ms(20);
    let (alice, now) = net.at(0);
    alice.hold(now, a).unwrap();
    let update = net.puppet_receives("UPDATE");
    let says = |expires: &str| {
        format!("Contact: <sip:bob@192.0.2.9>\r\nRequire: timer\r\nSession-Expires: {expires}\r\n")
    };
    let newer = says("90;refresher=uac");
    let held = response(&update, "200 OK", "", &newer, &sdp(9, "recvonly"));
    net.inject(address(9), address(1), &held);
    net.run_ms(20);
    let older = says("1800;refresher=uas");
    let success = response(&invite, "200 OK", "t", &older, "");
    net.inject(address(9), address(1), &success);
    net.puppet_receives("ACK");
    let timer = net.at(0).0.user().call(a).unwrap().session_timer().unwrap();
    assert_eq!(timer.interval(), Duration::from_secs(90));
    assert!(timer.we_refresh());
    // And it is kept: nobody refreshes for us.
    net.run_ms(45_100);
    net.puppet_receives("UPDATE");
}

/// §13, as Bob sees it (messages 12 to 24): he says that the caller refreshes, answers her UPDATE with the
/// interval it has, and hangs up 32 s before the end of the next one, which nobody has refreshed.
#[test]
fn the_example_call_flow_as_the_callee_sees_it() {
    let more = "Allow: INVITE, ACK, BYE, UPDATE\r\nSupported: timer\r\n\
        Session-Expires: 4000\r\nMin-SE: 4000\r\n";
    let (mut net, _, success) = answered(bob(), more);
    assert_eq!(success.field("Session-Expires"), "4000;refresher=uac");
    assert!(success.fields("Require").contains(&"timer"));
    net.run_secs(2000);
    let more = "Supported: timer\r\nSession-Expires: 4000;refresher=uac\r\n";
    let update = from_caller("UPDATE", 2, success.tag("To"), more, "");
    net.inject(address(9), address(1), &update);
    let refreshed = net.puppet_receives("200 UPDATE");
    assert_eq!(refreshed.field("Session-Expires"), "4000;refresher=uac");
    assert_eq!(refreshed.field("Require"), "timer");
    net.run_secs(3966);
    assert!(net.sent("BYE").is_empty());
    let bye = net.puppet_receives("BYE");
    let waited = bye.at.saturating_duration_since(refreshed.at);
    assert!(waited.abs_diff(Duration::from_secs(3968)) < Duration::from_millis(50));
    let silence = response(&bye, "408 Request Timeout", "", "", "");
    net.inject(address(9), address(1), &silence);
    net.run_ms(20);
    assert_eq!(net.ended(0), EndReason::SessionExpired);
    net.run_secs(40);
    net.assert_idle();
}
