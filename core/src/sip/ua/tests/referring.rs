//! REFER and the subscription it makes (RFC 3515, RFC 7647, RFC 4488, RFC 5057 §4) between user agents,
//! and against puppets.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::net::{Net, Sent, address, media, response, sdp};
use super::puppets::{call_to_puppet, from_caller, in_dialog};
use crate::sip::message::StatusCode;
use crate::sip::ua::{
    CallHandle, EndReason, EventService, Refer, Stage, SubscriptionEnd, SubscriptionHandle,
    UaEvent, UserAgentConfig, WatcherEnd, WatcherHandle,
};

fn config(name: &str) -> UserAgentConfig {
    UserAgentConfig {
        events: Some(EventService::referrals()),
        ..UserAgentConfig::new(&format!("sip:{name}@example.org"))
    }
}

/// Alice, Bob and Carol; Alice has called Bob.
fn three() -> (Net, CallHandle, CallHandle) {
    let mut net = Net::new([config("alice"), config("bob"), config("carol")]);
    let (alice, now) = net.at(0);
    let a = alice.invite(now, "sip:bob@192.0.2.2", media(1)).unwrap();
    net.run_ms(50);
    let b = net.incoming(1);
    let (bob, now) = net.at(1);
    bob.accept(now, b, media(2)).unwrap();
    net.run_ms(100);
    (net, a, b)
}

fn refer(net: &mut Net, call: CallHandle, refer: Refer) -> SubscriptionHandle {
    let (alice, now) = net.at(0);
    let made = alice.refer(now, call, refer).unwrap();
    net.run_ms(25);
    made
}

/// Bob, who is in a call with a puppet that has called him; his tag.
fn called_by_puppet() -> (Net, String) {
    let mut net = Net::new([config("bob")]);
    let invite = from_caller("INVITE", 1, "", "", &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &invite);
    net.run_ms(20);
    let call = net.incoming(0);
    let (bob, now) = net.at(0);
    bob.accept(now, call, media(1)).unwrap();
    let tag = net.puppet_receives("200 INVITE").tag("To").to_string();
    net.inject(address(9), address(1), &from_caller("ACK", 1, &tag, "", ""));
    (net, tag)
}

fn referred(event: &UaEvent) -> Option<(WatcherHandle, Option<CallHandle>, String)> {
    match event {
        UaEvent::Referred {
            referral,
            call,
            request,
        } => Some((*referral, *call, request.refer_to.clone())),
        _ => None,
    }
}

fn progress(net: &mut Net, node: usize) -> Vec<(u16, bool)> {
    net.drain();
    let events = net.nodes[node].events.iter();
    let told = events.filter_map(|event| match event {
        UaEvent::ReferProgress {
            status, is_over, ..
        } => Some((status.as_u16(), *is_over)),
        _ => None,
    });
    told.collect()
}

fn answered(event: &UaEvent) -> Option<Option<u16>> {
    match event {
        UaEvent::ReferAnswered { status, .. } => Some(status.map(StatusCode::as_u16)),
        _ => None,
    }
}

fn subscription_ended(event: &UaEvent) -> Option<SubscriptionEnd> {
    match event {
        UaEvent::SubscriptionEnded { reason, .. } => Some(*reason),
        _ => None,
    }
}

fn watcher_ended(event: &UaEvent) -> Option<WatcherEnd> {
    match event {
        UaEvent::WatcherEnded { reason, .. } => Some(*reason),
        _ => None,
    }
}

fn assert_idle(net: &mut Net) {
    net.run_secs(40);
    for node in &net.nodes {
        assert!(node.endpoint.is_idle());
        node.endpoint.check().unwrap();
    }
}

fn hang_up(net: &mut Net, node: usize, call: CallHandle) {
    let (agent, now) = net.at(node);
    agent.hang_up(now, call).unwrap();
    net.run_ms(100);
}

/// The NOTIFYs of a node to one call or REFER: state and first line of each.
fn notified(net: &Net, from: u8) -> Vec<(String, String)> {
    let sent = net.sent("NOTIFY");
    let sent = sent.into_iter().filter(|it| it.from == address(from));
    let told = sent.map(|it| {
        let first = it.body().split("\r\n").next().unwrap();
        (
            it.field("Subscription-State").to_string(),
            first.to_string(),
        )
    });
    told.collect()
}

/// RFC 3515 §4.1: a call is transferred. The referee says at once that it tries, how it goes, and at the
/// end that there is no more to tell; the call between the two is as it was all the while (§2.4.3) and
/// is ended by whoever likes to.
// shows: S321 S322 S323
#[test]
fn a_call_is_transferred() {
    let (mut net, a, b) = three();
    net.forget();
    let made = refer(&mut net, a, Refer::to("sip:carol@192.0.2.3"));
    let (referral, about, uri) = net.expect(1, referred);
    assert_eq!((about, &*uri), (Some(b), "sip:carol@192.0.2.3"));
    let (bob, now) = net.at(1);
    let call = bob.follow_referral(now, referral, media(2)).unwrap();
    net.run_ms(100);
    // RFC 7647 §5: 200, never 202.
    assert_eq!(net.expect(0, answered), Some(200));
    let sent = net.sent("REFER")[0].clone();
    assert_eq!(sent.fields("Refer-To"), ["<sip:carol@192.0.2.3>"]);
    let carols = net.incoming(2);
    let (carol, now) = net.at(2);
    carol.ring(now, carols).unwrap();
    net.run_ms(100);
    let (carol, now) = net.at(2);
    carol.accept(now, carols, media(3)).unwrap();
    net.run_ms(100);
    assert_eq!(
        progress(&mut net, 0),
        [(100, false), (180, false), (200, true)]
    );
    assert_eq!(
        notified(&net, 2),
        [
            ("active;expires=300", "SIP/2.0 100 Trying"),
            ("active;expires=300", "SIP/2.0 180 Ringing"),
            ("terminated;reason=noresource", "SIP/2.0 200 OK"),
        ]
        .map(|(state, line)| (state.to_string(), line.to_string()))
    );
    for notify in net.sent("NOTIFY") {
        // §2.4.4: in the dialog of the REFER; §2.4.6: and of which.
        assert_eq!(notify.field("Call-ID"), sent.field("Call-ID"));
        assert_eq!(notify.field("To"), sent.field("From"));
        assert_eq!(
            notify.field("Event"),
            format!("refer;id={}", sent.cseq()).as_str()
        );
        assert_eq!(notify.field("Content-Type"), "message/sipfrag");
    }
    assert_eq!(
        net.expect(0, subscription_ended),
        SubscriptionEnd::Terminated
    );
    assert_eq!(net.expect(1, watcher_ended), WatcherEnd::Reported);
    assert!(net.nodes[0].endpoint.user().subscription(made).is_none());
    // The end of the subscription is not the end of the dialog.
    for (node, call) in [(0, a), (1, b), (1, call), (2, carols)] {
        let it = net.nodes[node].endpoint.user().call(call).unwrap();
        assert_eq!(it.stage(), Stage::Established);
    }
    hang_up(&mut net, 0, a);
    assert_eq!(net.ended(1), EndReason::RemoteHungUp);
    hang_up(&mut net, 1, call);
    assert_eq!(net.ended(2), EndReason::RemoteHungUp);
    assert_idle(&mut net);
}

/// §2.4.3: that the call asked for fails, however it does, is told, and leaves the call between the two.
// shows: S324
#[test]
fn a_transfer_that_fails_leaves_the_call() {
    let (mut net, a, b) = three();
    for (target, status) in [
        ("sip:carol@192.0.2.3", StatusCode::BUSY_HERE),
        ("sip:nobody@192.0.2.77", StatusCode::REQUEST_TIMEOUT),
    ] {
        refer(&mut net, a, Refer::to(target));
        let (referral, ..) = net.expect(1, referred);
        let (bob, now) = net.at(1);
        bob.follow_referral(now, referral, media(2)).unwrap();
        net.run_ms(100);
        if status == StatusCode::BUSY_HERE {
            let carols = net.incoming(2);
            let (carol, now) = net.at(2);
            carol.reject(now, carols, status).unwrap();
        }
        net.run_secs(40);
        let last = *progress(&mut net, 0).last().unwrap();
        assert_eq!(last, (status.as_u16(), true));
        assert_eq!(
            net.expect(0, subscription_ended),
            SubscriptionEnd::Terminated
        );
        net.nodes[0].events.clear();
    }
    for (node, call) in [(0, a), (1, b)] {
        let it = net.nodes[node].endpoint.user().call(call).unwrap();
        assert_eq!(it.stage(), Stage::Established);
    }
    hang_up(&mut net, 0, a);
    assert_idle(&mut net);
}

/// §2.4.6: several REFERs in a dialog are told apart by their CSeq, also once the first is over.
// shows: S322
#[test]
fn several_in_a_dialog_are_told_apart() {
    let (mut net, a, _) = three();
    net.forget();
    let mut open = Vec::new();
    for target in ["sip:one@192.0.2.3", "sip:two@192.0.2.3"] {
        let made = refer(&mut net, a, Refer::to(target));
        let (referral, _, uri) = net.expect(1, referred);
        assert_eq!(uri, target);
        let (bob, now) = net.at(1);
        bob.accept_referral(now, referral).unwrap();
        net.run_ms(50);
        open.push((made, referral));
    }
    // The second one ends first, and then the first.
    for (at, status) in [(1, StatusCode::DECLINE), (0, StatusCode::OK)] {
        let (bob, now) = net.at(1);
        bob.report_referral(now, open[at].1, status).unwrap();
        net.run_ms(50);
        let told = net.expect(0, |event| match event {
            UaEvent::ReferProgress {
                subscription,
                status,
                is_over: true,
            } => Some((*subscription, *status)),
            _ => None,
        });
        assert_eq!(told, (open[at].0, status));
    }
    let cseqs: Vec<u32> = net.sent("REFER").iter().map(|it| it.cseq()).collect();
    let [first, second] = [cseqs[0], cseqs[1]].map(|cseq| format!("refer;id={cseq}"));
    let named: Vec<String> = net
        .sent("NOTIFY")
        .iter()
        .map(|it| it.field("Event").to_string())
        .collect();
    assert_eq!(named, [&*first, &*second, &*second, &*first]);
    // One more after both are over is not taken for either.
    let made = refer(&mut net, a, Refer::to("sip:three@192.0.2.3"));
    let (referral, ..) = net.expect(1, referred);
    let (bob, now) = net.at(1);
    bob.report_referral(now, referral, StatusCode::OK)
        .unwrap_err();
    let (bob, now) = net.at(1);
    bob.refuse_subscription(now, referral, StatusCode::DECLINE)
        .unwrap();
    net.run_ms(50);
    assert_eq!(net.expect(0, answered), Some(603));
    assert_eq!(
        net.expect(0, subscription_ended),
        SubscriptionEnd::Refused(StatusCode::DECLINE)
    );
    assert!(net.nodes[0].endpoint.user().subscription(made).is_none());
    hang_up(&mut net, 0, a);
    assert_idle(&mut net);
}

/// §2.4.6: which REFER is the first in a dialog is not for sure where one overtakes another: the late
/// one is refused (RFC 3261 §12.2.2), and what is told of the other says which that is. (Seed 103 of
/// `transfers`.)
#[test]
fn one_that_has_overtaken_another_is_not_taken_for_it() {
    let (mut net, tag) = called_by_puppet();
    let refer_to = "Refer-To: <sip:carol@192.0.2.3>\r\n";
    for cseq in [3, 2] {
        let refer = from_caller("REFER", cseq, &tag, refer_to, "");
        net.inject(address(9), address(1), &refer);
    }
    net.puppet_receives("500 REFER");
    let (referral, ..) = net.expect(0, referred);
    let (bob, now) = net.at(0);
    bob.accept_referral(now, referral).unwrap();
    assert_eq!(net.puppet_receives("NOTIFY").field("Event"), "refer;id=3");
}

/// What was refused was not heard: then nobody says that it was told. (Seed 7 of `transfers`, in which a
/// BYE has overtaken the last NOTIFY.)
#[test]
fn an_end_that_was_not_heard_was_not_told() {
    for (status, end) in [
        ("200 OK", WatcherEnd::Reported),
        (
            "500 No",
            WatcherEnd::Refused(StatusCode::SERVER_INTERNAL_ERROR),
        ),
        (
            "481 No",
            WatcherEnd::Refused(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST),
        ),
    ] {
        let (mut net, tag) = called_by_puppet();
        let refer_to = "Refer-To: <sip:carol@192.0.2.3>\r\n";
        let refer = from_caller("REFER", 2, &tag, refer_to, "");
        net.inject(address(9), address(1), &refer);
        net.run_ms(20);
        let (referral, ..) = net.expect(0, referred);
        let (bob, now) = net.at(0);
        bob.accept_referral(now, referral).unwrap();
        let trying = net.puppet_receives("NOTIFY");
        net.inject(
            address(9),
            address(1),
            &response(&trying, "200 OK", "", "", ""),
        );
        net.run_ms(20);
        let (bob, now) = net.at(0);
        bob.report_referral(now, referral, StatusCode::OK).unwrap();
        let last = net.puppet_receives("NOTIFY");
        assert_eq!(
            last.field("Subscription-State"),
            "terminated;reason=noresource"
        );
        net.inject(address(9), address(1), &response(&last, status, "", "", ""));
        net.run_ms(20);
        assert_eq!(net.expect(0, watcher_ended), end, "{status}");
    }
}

/// RFC 5057 §4.1: the subscription outlives the call in whose dialog it is, whoever hangs up: what is
/// told is taken, and the dialog goes with it and not before.
#[test]
fn the_subscription_outlives_the_call() {
    for hangs_up in [0, 1] {
        let (mut net, a, b) = three();
        refer(&mut net, a, Refer::to("sip:carol@192.0.2.3"));
        let (referral, ..) = net.expect(1, referred);
        let (bob, now) = net.at(1);
        bob.follow_referral(now, referral, media(2)).unwrap();
        net.run_ms(100);
        hang_up(&mut net, hangs_up, [a, b][hangs_up]);
        net.run_secs(10);
        let carols = net.incoming(2);
        let (carol, now) = net.at(2);
        carol.accept(now, carols, media(3)).unwrap();
        net.forget();
        net.run_ms(100);
        assert_eq!(net.sent("200 NOTIFY").len(), 1);
        assert_eq!(*progress(&mut net, 0).last().unwrap(), (200, true));
        assert_eq!(net.expect(1, watcher_ended), WatcherEnd::Reported);
        // Nothing else is taken in a dialog whose call is over.
        hang_up(&mut net, 2, carols);
        assert_idle(&mut net);
    }
}

/// §2.4.4: whoever asked may want to hear no more, with SUBSCRIBE and not with REFER; what it asked for goes on.
#[test]
fn it_may_be_left_and_what_was_asked_for_goes_on() {
    let (mut net, a, _) = three();
    let made = refer(&mut net, a, Refer::to("sip:carol@192.0.2.3"));
    let (referral, ..) = net.expect(1, referred);
    let (bob, now) = net.at(1);
    let call = bob.follow_referral(now, referral, media(2)).unwrap();
    net.run_ms(100);
    net.forget();
    let (alice, now) = net.at(0);
    alice.leave_subscription(now, made).unwrap();
    net.run_ms(100);
    let subscribe = net.sent("SUBSCRIBE")[0].clone();
    assert_eq!(subscribe.field("Expires"), "0");
    assert!(subscribe.field("Event").starts_with("refer;id="));
    assert_eq!(net.sent("200 SUBSCRIBE").len(), 1);
    assert_eq!(net.sent("REFER").len(), 0);
    assert_eq!(
        notified(&net, 2),
        [(
            "terminated;reason=timeout".to_string(),
            "SIP/2.0 100 Trying".to_string()
        )]
    );
    assert_eq!(net.expect(0, subscription_ended), SubscriptionEnd::Left);
    assert_eq!(net.expect(1, watcher_ended), WatcherEnd::Left);
    let carols = net.incoming(2);
    let (carol, now) = net.at(2);
    carol.accept(now, carols, media(3)).unwrap();
    net.run_ms(100);
    assert_eq!(net.sent("CANCEL").len(), 0);
    let it = net.nodes[1].endpoint.user().call(call).unwrap();
    assert_eq!(it.stage(), Stage::Established);
    hang_up(&mut net, 1, call);
    hang_up(&mut net, 0, a);
    assert_idle(&mut net);
}

/// The referee gives up on the call it was asked for: that is told as well, and the subscription ends.
#[test]
fn that_the_referee_gives_up_is_told() {
    let (mut net, a, _) = three();
    refer(&mut net, a, Refer::to("sip:carol@192.0.2.3"));
    let (referral, ..) = net.expect(1, referred);
    let (bob, now) = net.at(1);
    let call = bob.follow_referral(now, referral, media(2)).unwrap();
    net.run_ms(100);
    let carols = net.incoming(2);
    let (carol, now) = net.at(2);
    carol.ring(now, carols).unwrap();
    net.run_ms(100);
    hang_up(&mut net, 1, call);
    assert_eq!(*progress(&mut net, 0).last().unwrap(), (487, true));
    assert_eq!(
        net.expect(0, subscription_ended),
        SubscriptionEnd::Terminated
    );
    hang_up(&mut net, 0, a);
    assert_idle(&mut net);
}

/// §2.4.2: nobody waits for the user: after a second it is accepted, and told that it is tried; who is
/// not asked until then, or says no, is told so (§2.4.5).
#[test]
fn nobody_waits_for_the_user() {
    let (mut net, a, _) = three();
    net.forget();
    refer(&mut net, a, Refer::to("sip:carol@192.0.2.3"));
    let (referral, ..) = net.expect(1, referred);
    net.run_secs(2);
    assert_eq!(net.expect(0, answered), Some(200));
    let (bob, now) = net.at(1);
    bob.report_referral(now, referral, StatusCode::DECLINE)
        .unwrap();
    net.run_ms(50);
    assert_eq!(progress(&mut net, 0), [(100, false), (603, true)]);
    let states = notified(&net, 2);
    assert!(states[0].0.starts_with("pending;expires="));
    assert_eq!(states[1].0, "terminated;reason=noresource");
    hang_up(&mut net, 0, a);
    assert_idle(&mut net);
}

/// §2.4.4: who neither says how it goes nor that it is over is not waited for for ever.
#[test]
fn a_referee_that_forgets_is_forgotten() {
    let (mut net, a, _) = three();
    refer(&mut net, a, Refer::to("sip:carol@192.0.2.3"));
    let (referral, ..) = net.expect(1, referred);
    let (bob, now) = net.at(1);
    bob.accept_referral(now, referral).unwrap();
    net.run_secs(310);
    assert_eq!(net.expect(1, watcher_ended), WatcherEnd::Expired);
    let how = net.expect(0, subscription_ended);
    assert!(matches!(
        how,
        SubscriptionEnd::Terminated | SubscriptionEnd::Expired
    ));
    hang_up(&mut net, 0, a);
    assert_idle(&mut net);
}

/// §2.4.4: a NOTIFY may come before the answer to the REFER; RFC 7647 §5: a 202 is as good as a 200.
// shows: S301 S321
#[test]
fn a_notify_may_come_first_and_202_is_200() {
    let mut net = super::puppets::alone();
    let (invite, call) = call_to_puppet(&mut net);
    let (alice, now) = net.at(0);
    alice
        .refer(now, call, Refer::to("sip:carol@192.0.2.3"))
        .unwrap();
    let sent = net.puppet_receives("REFER");
    net.inject(
        address(9),
        address(1),
        &notify(&invite, 1, "refer", "active;expires=60", "100 Trying"),
    );
    net.puppet_receives("200 NOTIFY");
    assert_eq!(progress(&mut net, 0), [(100, false)]);
    let accepted = response(&sent, "202 Accepted", "t", "", "");
    net.inject(address(9), address(1), &accepted);
    net.run_ms(50);
    assert_eq!(net.expect(0, answered), Some(202));
    // One that says its number although it is the first, and one that does not.
    for (cseq, event, line, is_over) in [
        (2, format!("refer;id={}", sent.cseq()), "180 Ringing", false),
        (3, "refer".to_string(), "200 OK", true),
    ] {
        let state = if is_over {
            "terminated;reason=noresource"
        } else {
            "active"
        };
        net.inject(
            address(9),
            address(1),
            &notify(&invite, cseq, &event, state, line),
        );
        net.puppet_receives("200 NOTIFY");
    }
    assert_eq!(
        net.expect(0, subscription_ended),
        SubscriptionEnd::Terminated
    );
    // What comes after the end, or belongs to none, is refused.
    for (cseq, event, status) in [
        (4, "refer", "481 NOTIFY"),
        (5, "refer;id=77", "481 NOTIFY"),
        (6, "presence", "489 NOTIFY"),
    ] {
        net.inject(
            address(9),
            address(1),
            &notify(&invite, cseq, event, "active", "200 OK"),
        );
        net.puppet_receives(status);
    }
    let stage = net.nodes[0].endpoint.user().call(call).unwrap().stage();
    assert_eq!(stage, Stage::Established);
}

fn notify(invite: &Sent, cseq: u32, event: &str, state: &str, line: &str) -> String {
    let body = format!("SIP/2.0 {line}\r\n");
    let more = format!(
        "Event: {event}\r\nSubscription-State: {state}\r\nContent-Type: message/sipfrag\r\n"
    );
    let text = in_dialog(invite, "NOTIFY", cseq, &more, "");
    let length = format!("Content-Length: {}\r\n\r\n{body}", body.len());
    text.replace("Content-Length: 0\r\n\r\n", &length)
}

/// RFC 4488 §4: whoever asks may not want to be told, and whoever is asked may agree to that; then there
/// is no subscription at all.
#[test]
fn there_may_be_no_subscription() {
    let (mut net, a, _) = three();
    net.forget();
    let unwatched = Refer {
        is_watched: false,
        ..Refer::to("sip:carol@192.0.2.3")
    };
    refer(&mut net, a, unwatched);
    let sent = net.sent("REFER")[0].clone();
    assert_eq!(sent.field("Refer-Sub"), "false");
    assert!(sent.fields("Supported").contains(&"norefersub"));
    let (referral, ..) = net.expect(1, referred);
    let (bob, now) = net.at(1);
    let call = bob.follow_referral(now, referral, media(2)).unwrap();
    net.run_ms(100);
    assert_eq!(net.sent("200 REFER")[0].field("Refer-Sub"), "false");
    assert_eq!(net.expect(0, answered), Some(200));
    assert_eq!(net.expect(0, subscription_ended), SubscriptionEnd::NotMade);
    let carols = net.incoming(2);
    let (carol, now) = net.at(2);
    carol.accept(now, carols, media(3)).unwrap();
    net.run_ms(100);
    assert_eq!(net.sent("NOTIFY").len(), 0);
    hang_up(&mut net, 1, call);
    hang_up(&mut net, 0, a);
    assert_idle(&mut net);
}

/// RFC 7647 §4: a far end with a URI of its very device is asked outside the dialog, and told which it is
/// about (RFC 4538 §5); it finds the call by that.
#[test]
fn a_device_is_asked_outside_the_dialog() {
    let mut net = super::puppets::alone();
    let (alice, now) = net.at(0);
    let call = alice.invite(now, "sip:bob@192.0.2.9", media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    let contact = "Contact: <sip:bob@192.0.2.9;gr=urn:uuid:1>\r\n";
    let answer = response(&invite, "200 OK", "t", contact, &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &answer);
    net.puppet_receives("ACK");
    let (alice, now) = net.at(0);
    alice
        .refer(now, call, Refer::to("sip:carol@192.0.2.3"))
        .unwrap();
    let sent = net.puppet_receives("REFER");
    assert_eq!(sent.request_uri(), "sip:bob@192.0.2.9;gr=urn:uuid:1");
    assert_ne!(sent.field("Call-ID"), invite.field("Call-ID"));
    assert_eq!(sent.tag("To"), "");
    assert_eq!(
        sent.field("Target-Dialog"),
        format!(
            "{};local-tag=t;remote-tag={}",
            invite.field("Call-ID"),
            invite.tag("From")
        )
    );
    // The NOTIFY makes the dialog, before the answer.
    let told = format!(
        "NOTIFY sip:alice@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKn1\r\n\
         Max-Forwards: 70\r\nFrom: {};tag=r\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 1 NOTIFY\r\n\
         Contact: <sip:bob@192.0.2.9>\r\nEvent: refer\r\n\
         Subscription-State: terminated;reason=noresource\r\nContent-Type: message/sipfrag\r\n\
         Content-Length: 16\r\n\r\nSIP/2.0 200 OK\r\n",
        sent.field("To"),
        sent.field("From"),
        sent.field("Call-ID")
    );
    net.inject(address(9), address(1), &told);
    net.puppet_receives("200 NOTIFY");
    net.inject(
        address(9),
        address(1),
        &response(&sent, "200 OK", "r", "", ""),
    );
    net.run_ms(50);
    assert_eq!(progress(&mut net, 0), [(200, true)]);
    assert_eq!(
        net.expect(0, subscription_ended),
        SubscriptionEnd::Terminated
    );
    hang_up(&mut net, 0, call);
    let bye = net.puppet_receives("BYE");
    net.inject(
        address(9),
        address(1),
        &response(&bye, "200 OK", "t", "", ""),
    );
    assert_idle(&mut net);
}

/// RFC 4538 §6: the call that a REFER outside its dialog names; one that names none of ours gets 481.
#[test]
fn a_referee_finds_the_call_it_is_about() {
    let mut net = Net::new([config("bob")]);
    let invite = from_caller("INVITE", 1, "", "", &sdp(9, "sendrecv"));
    net.inject(address(9), address(1), &invite);
    net.run_ms(20);
    let call = net.incoming(0);
    let (bob, now) = net.at(0);
    bob.accept(now, call, media(1)).unwrap();
    let tag = net.puppet_receives("200 INVITE").tag("To").to_string();
    net.inject(address(9), address(1), &from_caller("ACK", 1, &tag, "", ""));
    let outside = |n: u32, more: &str| {
        let more = format!("Refer-To: <sip:carol@192.0.2.3>\r\n{more}");
        from_caller("REFER", n, "", &more, "").replace("Call-ID: caller", "Call-ID: outside")
    };
    let named = format!("Target-Dialog: caller;local-tag={tag};remote-tag=f\r\n");
    net.inject(address(9), address(1), &outside(1, &named));
    net.run_ms(20);
    let (referral, about, _) = net.expect(0, referred);
    assert_eq!(about, Some(call));
    let (bob, now) = net.at(0);
    bob.refuse_subscription(now, referral, StatusCode::DECLINE)
        .unwrap();
    net.puppet_receives("603 REFER");
    let wrong = format!("Target-Dialog: caller;local-tag={tag};remote-tag=g\r\n");
    net.inject(address(9), address(1), &outside(2, &wrong));
    net.puppet_receives("481 REFER");
}

/// §2.4.2: not exactly one Refer-To is a 400; who takes no REFER says which methods it takes (RFC 3261
/// §8.2.1), and offers none.
#[test]
fn what_is_no_refer_is_refused() {
    let mut net = Net::new([config("bob")]);
    let two = "Refer-To: <sip:a@192.0.2.3>\r\nRefer-To: <sip:b@192.0.2.3>\r\n";
    for (n, more) in [
        "",
        two,
        "Refer-To: <sip:a@192.0.2.3>, <sip:b@192.0.2.3>\r\n",
    ]
    .into_iter()
    .enumerate()
    {
        let cseq = u32::try_from(n).unwrap() + 1;
        let text = from_caller("REFER", cseq, "", more, "");
        let text = text.replace("Call-ID: caller", &format!("Call-ID: caller{n}"));
        net.inject(address(9), address(1), &text);
        net.puppet_receives("400 REFER");
    }
    let mut net = super::puppets::alone();
    let one = "Refer-To: <sip:a@192.0.2.3>\r\n";
    net.inject(
        address(9),
        address(1),
        &from_caller("REFER", 1, "", one, ""),
    );
    let refused = net.puppet_receives("405 REFER");
    assert!(!refused.field("Allow").contains("REFER"));
    let mut net = Net::new([config("bob")]);
    net.inject(
        address(9),
        address(1),
        &from_caller("OPTIONS", 1, "", "", ""),
    );
    let options = net.puppet_receives("200 OPTIONS");
    assert!(options.field("Allow").ends_with("NOTIFY, REFER"));
}

/// RFC 3892 §2.2: who asked is said to whoever is called, as it was written; and what the URI asks for is
/// in the INVITE (RFC 3261 §19.1.5), such as which call it is to replace.
// shows: S325
#[test]
fn the_call_says_who_asked_and_what_for() {
    let mut net = Net::new([config("bob")]);
    let by = "\"A. Lice\" <sip:alice@example.org>;cid=\"2398@example.org\";x=1";
    let more = format!(
        "Refer-To: <sip:carol@192.0.2.9?Replaces=c%40h%3Bto-tag%3D1%3Bfrom-tag%3D2>\r\n\
         Referred-By: {by}\r\n"
    );
    net.inject(
        address(9),
        address(1),
        &from_caller("REFER", 1, "", &more, ""),
    );
    net.run_ms(20);
    let (referral, about, _) = net.expect(0, referred);
    assert_eq!(about, None);
    let (bob, now) = net.at(0);
    bob.follow_referral(now, referral, media(1)).unwrap();
    let invite = net.puppet_receives("INVITE");
    assert_eq!(invite.request_uri(), "sip:carol@192.0.2.9");
    assert_eq!(invite.field("Referred-By"), by);
    assert_eq!(invite.field("Replaces"), "c@h;to-tag=1;from-tag=2");
}

/// RFC 5057 §5.1: who does not know the subscription ends that; who says that there is no way to it ends
/// the dialog, and the call in it. A REFER that is answered so is about whom it names.
#[test]
fn a_refused_notify_may_end_the_call() {
    for (status, is_lost) in [("481 No", false), ("404 No", true), ("500 No", false)] {
        let mut net = Net::new([config("bob")]);
        let invite = from_caller("INVITE", 1, "", "", &sdp(9, "sendrecv"));
        net.inject(address(9), address(1), &invite);
        net.run_ms(20);
        let call = net.incoming(0);
        let (bob, now) = net.at(0);
        bob.accept(now, call, media(1)).unwrap();
        let tag = net.puppet_receives("200 INVITE").tag("To").to_string();
        net.inject(address(9), address(1), &from_caller("ACK", 1, &tag, "", ""));
        let refer_to = "Refer-To: <sip:carol@192.0.2.3>\r\n";
        net.inject(
            address(9),
            address(1),
            &from_caller("REFER", 2, &tag, refer_to, ""),
        );
        net.run_ms(20);
        let (referral, ..) = net.expect(0, referred);
        let (bob, now) = net.at(0);
        bob.accept_referral(now, referral).unwrap();
        let told = net.puppet_receives("NOTIFY");
        net.inject(address(9), address(1), &response(&told, status, "", "", ""));
        net.run_ms(50);
        let user = net.nodes[0].endpoint.user();
        let stage = user.call(call).map(super::super::Call::stage);
        let is_up = stage == Some(Stage::Established);
        assert_eq!(is_up, !is_lost, "{status}");
        assert_eq!(
            user.watcher_of(referral).is_none(),
            !status.starts_with('5')
        );
    }
    let mut net = super::puppets::alone();
    let (_, call) = call_to_puppet(&mut net);
    let (alice, now) = net.at(0);
    alice
        .refer(now, call, Refer::to("sip:nobody@192.0.2.3"))
        .unwrap();
    let sent = net.puppet_receives("REFER");
    net.inject(
        address(9),
        address(1),
        &response(&sent, "404 Not Found", "", "", ""),
    );
    net.run_ms(50);
    assert_eq!(
        net.expect(0, subscription_ended),
        SubscriptionEnd::Refused(StatusCode::NOT_FOUND)
    );
    let stage = net.nodes[0].endpoint.user().call(call).unwrap().stage();
    assert_eq!(stage, Stage::Established);
}
