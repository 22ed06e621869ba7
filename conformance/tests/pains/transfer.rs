//! Pain 12, alone.

use std::time::Duration;

use offhook::sip::message::StatusCode;
use offhook::sip::ua::{
    CallHandle, EndReason, EventService, Refer, Stage, UaEvent, UserAgentConfig, WatcherHandle,
};

use super::net::{Net, alice, bob, media, ms};

/// Alice has called Bob, and Carol is there too; all do as they are asked.
fn three() -> (Net, CallHandle, CallHandle) {
    let carol = UserAgentConfig::new("sip:carol@example.org");
    let mut net = Net::new([alice(), bob(), carol].map(|config| UserAgentConfig {
        events: Some(EventService::referrals()),
        ..config
    }));
    let (a, b) = net.ringing();
    net.accepts(1, b);
    net.run(ms(100));
    (net, a, b)
}

/// Alice asks Bob to call Carol, and Bob does.
fn transfers(net: &mut Net, a: CallHandle) -> CallHandle {
    net.phones[1].events.clear();
    net.phones[2].events.clear();
    let (alice, now) = net.phone(0);
    let asked = alice.refer(now, a, Refer::to("sip:carol@192.0.2.3"));
    asked.expect("asked");
    net.run(Duration::from_secs(2));
    let referral: Option<WatcherHandle> = net.told(1, |event| match event {
        UaEvent::Referred { referral, .. } => Some(*referral),
        _ => None,
    });
    let referral = referral.expect("a REFER");
    let (bob, now) = net.phone(1);
    let call = bob.follow_referral(now, referral, media(2));
    let call = call.expect("a call to Carol");
    net.run(Duration::from_secs(2));
    call
}

/// What Alice was told of it: each status, and whether it was the last word.
fn heard(net: &Net) -> Vec<(u16, bool)> {
    let events = net.phones[0].events.iter();
    let told = events.filter_map(|event| match event {
        UaEvent::ReferProgress {
            status, is_over, ..
        } => Some((status.as_u16(), *is_over)),
        _ => None,
    });
    told.collect()
}

fn stage(net: &mut Net, phone: usize, call: CallHandle) -> Option<Stage> {
    net.phone(phone)
        .0
        .user()
        .call(call)
        .map(|call| call.stage())
}

/// Pain 12: A transfer left a subscription behind that nobody ended, or its end took the call with it;
/// what was told after the call was refused as of nobody; the second transfer was taken for the first;
/// and to be told longer a REFER was sent once more, so that the phone rang twice.
#[test]
fn pain_12_the_subscription_that_nobody_asked_for() {
    // The first that is asked for is busy; the second one answers, and every word of it is lost once.
    let (mut net, a, b) = three();
    let call = transfers(&mut net, a);
    let c = net.incoming(2);
    let (carol, now) = net.phone(2);
    carol
        .reject(now, c, StatusCode::BUSY_HERE)
        .expect("refused");
    net.run(ms(100));
    assert_eq!(heard(&net).last(), Some(&(486, true)));
    assert_eq!(stage(&mut net, 1, call), None);
    let mut seen = Vec::new();
    net.lose(move |packet| {
        let is_new = packet.kind().ends_with("NOTIFY") && !seen.contains(&packet.text);
        if is_new {
            seen.push(packet.text.clone());
        }
        is_new
    });
    let call = transfers(&mut net, a);
    let c = net.incoming(2);
    net.accepts(2, c);
    net.run(Duration::from_secs(20));
    assert_eq!(heard(&net).last(), Some(&(200, true)));
    net.lose_nothing_more();
    for (phone, one) in [(0, a), (1, b), (1, call), (2, c)] {
        assert_eq!(stage(&mut net, phone, one), Some(Stage::Established));
    }
    // There were two, copies apart, and what was told names the second.
    let asked = net.sent("REFER");
    let mut numbers: Vec<&str> = asked.iter().map(|it| it.field("CSeq")).collect();
    numbers.dedup();
    assert_eq!(numbers.len(), 2);
    let second = numbers[1].replace(" REFER", "");
    let last = net
        .sent("NOTIFY")
        .last()
        .map(|it| it.field("Event").to_owned());
    assert_eq!(last, Some(format!("refer;id={second}")));
    net.hangs_up(0, a);
    net.hangs_up(1, call);
    net.run(ms(100));
    net.assert_empty();

    // Alice does not wait for the end: what is told after her BYE is still for her.
    let (mut net, a, _) = three();
    let call = transfers(&mut net, a);
    net.hangs_up(0, a);
    net.run(Duration::from_secs(5));
    let c = net.incoming(2);
    net.accepts(2, c);
    net.run(ms(100));
    assert_eq!(net.sent("481 NOTIFY").len(), 0);
    assert_eq!(heard(&net).last(), Some(&(200, true)));
    net.hangs_up(1, call);
    net.run(ms(100));
    net.assert_empty();

    // Bob gives up while it rings: that is the end, and is told as one.
    let (mut net, a, b) = three();
    let call = transfers(&mut net, a);
    net.hangs_up(1, call);
    net.run(ms(100));
    assert_eq!(heard(&net).last(), Some(&(487, true)));
    net.hangs_up(1, b);
    net.run(ms(100));
    assert_eq!(net.ended(0), Some(EndReason::RemoteHungUp));
    net.assert_empty();
}
