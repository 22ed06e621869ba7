//! How subscriptions of ours end, and what follows (RFC 6665 §4.1.2.1, §4.1.2.2, §4.1.3).

use alloc::format;
use core::time::Duration;

use super::event_puppets::{
    asked, next_subscribe, notified, notify, presence, puppet_answers, puppet_takes, subscribed,
    subscription_ended, subscription_state,
};
use super::net::Sent;
use super::puppets::{alone, forget_events};
use crate::sip::event::SubscriberState;
use crate::sip::message::StatusCode;
use crate::sip::ua::{Subscribe, SubscriptionEnd};

/// §4.1.2.2, §4.2.2: what ends a subscription.
const ENDING: [u16; 13] = [
    404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604,
];

fn refused(code: u16) -> SubscriptionEnd {
    SubscriptionEnd::Refused(StatusCode::new(code).unwrap())
}

/// §4.1.2.2: an unrelated SUBSCRIBE.
fn assert_anew(anew: &Sent, first: &Sent) {
    assert_eq!(anew.tag("To"), "");
    assert_ne!(anew.field("Call-ID"), first.field("Call-ID"));
    assert_ne!(anew.tag("From"), first.tag("From"));
    for name in ["Event", "Expires", "To"] {
        assert_eq!(anew.field(name), first.field(name), "{name}");
    }
}

/// §4.1.2.1: what is refused does not exist.
#[test]
fn a_subscribe_may_be_refused() {
    for code in [403, 404, 406, 481, 489, 603] {
        let mut net = alone();
        let (first, handle) = asked(&mut net, presence());
        puppet_answers(&mut net, &first, &format!("{code} No"), "");
        net.run_ms(20);
        assert_eq!(subscription_ended(&mut net), (refused(code), None));
        assert_eq!(subscription_state(&mut net, handle), None);
        // And nobody notifies.
        notified(&mut net, &notify((&first, "t"), 1, "active"), "481");
        net.assert_idle();
        assert_eq!(net.sent("SUBSCRIBE").len(), 1);
    }
}

/// A notifier that is busy is asked again when it likes.
#[test]
fn who_is_busy_is_asked_again() {
    let mut net = alone();
    let (first, handle) = asked(&mut net, presence());
    let busy = "503 Service Unavailable";
    puppet_answers(&mut net, &first, busy, "Retry-After: 30\r\n");
    net.run_ms(20);
    let (reason, after) = subscription_ended(&mut net);
    assert_eq!(reason, refused(503));
    assert_eq!(after, Some(Duration::from_secs(30)));
    let since = net.now;
    let anew = next_subscribe(&mut net);
    assert!(anew.at.saturating_duration_since(since).as_secs() >= 29);
    assert_anew(&anew, &first);
    puppet_takes(&mut net, &anew, 600);
    notified(&mut net, &notify((&anew, "t"), 1, "active"), "200");
    assert_eq!(
        subscription_state(&mut net, handle),
        Some(SubscriberState::Active)
    );
}

/// §8.3.1: 202 says nothing that 200 does not.
#[test]
fn accepted_is_ok() {
    let mut net = alone();
    let (first, handle) = asked(&mut net, presence());
    let more = "Contact: <sip:bob@192.0.2.9>\r\nExpires: 600\r\n";
    puppet_answers(&mut net, &first, "202 Accepted", more);
    notified(&mut net, &notify((&first, "t"), 1, "pending"), "200");
    let refresh = next_subscribe(&mut net);
    puppet_answers(&mut net, &refresh, "202 Accepted", more);
    notified(&mut net, &notify((&first, "t"), 2, "active"), "200");
    net.run_secs(40);
    assert_eq!(
        subscription_state(&mut net, handle),
        Some(SubscriberState::Active)
    );
}

/// §4.1.2.4: nobody waits for a NOTIFY for longer than 64*T1, which are 32 seconds; and one that
/// comes later makes nothing.
#[test]
fn nobody_waits_for_a_first_notify_for_ever() {
    let mut net = alone();
    let once = Subscribe {
        is_renewed: false,
        ..presence()
    };
    let (first, handle) = asked(&mut net, once.clone());
    puppet_takes(&mut net, &first, 600);
    net.run_ms(31_900);
    assert_eq!(
        subscription_state(&mut net, handle),
        Some(SubscriberState::NotifyWait)
    );
    net.run_ms(200);
    let over = (SubscriptionEnd::Unnotified, None);
    assert_eq!(subscription_ended(&mut net), over);
    notified(&mut net, &notify((&first, "t"), 1, "active"), "481");
    net.assert_idle();
    // Nobody is there at all.
    let (_, handle) = asked(&mut net, once);
    net.run_secs(33);
    assert_eq!(subscription_state(&mut net, handle), None);
    let (reason, after) = subscription_ended(&mut net);
    let silent = [SubscriptionEnd::Unnotified, SubscriptionEnd::Unreachable];
    assert!(silent.contains(&reason) && after.is_none(), "{reason:?}");
    net.assert_idle();
}

/// §4.1.2.2: after a refresh a NOTIFY is waited for as long; 204 (RFC 5839) says that none comes.
#[test]
fn nobody_waits_for_a_refreshed_state_for_ever() {
    let mut net = alone();
    let (first, _) = subscribed(&mut net, presence());
    let refresh = next_subscribe(&mut net);
    puppet_takes(&mut net, &refresh, 600);
    forget_events(&mut net);
    net.run(Duration::from_millis(31_900) - net.now.saturating_duration_since(refresh.at));
    assert!(
        net.nodes[0]
            .events
            .iter()
            .all(|it| !matches!(it, crate::sip::ua::UaEvent::SubscriptionEnded { .. }))
    );
    net.run_ms(150);
    assert_eq!(subscription_ended(&mut net).0, SubscriptionEnd::Unnotified);
    let anew = next_subscribe(&mut net);
    assert_anew(&anew, &first);
    let mut net = alone();
    let (_, handle) = subscribed(&mut net, presence());
    let refresh = next_subscribe(&mut net);
    let more = "Contact: <sip:bob@192.0.2.9>\r\nExpires: 600\r\n";
    puppet_answers(&mut net, &refresh, "204 No Notification", more);
    net.run_secs(100);
    assert_eq!(
        subscription_state(&mut net, handle),
        Some(SubscriberState::Active)
    );
}

/// §4.1.2.2: some refusals of a refresh end the subscription.
#[test]
fn some_refusals_of_a_refresh_end_it() {
    for code in ENDING {
        let mut net = alone();
        let (first, _) = subscribed(&mut net, presence());
        let refresh = next_subscribe(&mut net);
        puppet_answers(&mut net, &refresh, &format!("{code} No"), "");
        net.run_ms(20);
        let (reason, after) = subscription_ended(&mut net);
        assert_eq!(reason, refused(code));
        notified(&mut net, &notify((&first, "t"), 2, "active"), "481");
        match code {
            // Nobody has refused anything: it was lost.
            481 => assert_anew(&net.sent("SUBSCRIBE")[2].clone(), &first),
            480 => assert_anew(&next_subscribe(&mut net), &first),
            _ => {
                assert_eq!(after, None, "{code}");
                net.assert_idle();
                assert_eq!(net.sent("SUBSCRIBE").len(), 2);
            }
        }
    }
}

/// §4.1.2.2: the others leave it for the time it has, and it may be tried again in that.
#[test]
fn other_refusals_of_a_refresh_leave_it() {
    for code in [302, 400, 403, 406, 415, 486, 500, 503, 504, 600, 603] {
        let mut net = alone();
        let (first, handle) = subscribed(&mut net, presence());
        let since = net.now;
        let refresh = next_subscribe(&mut net);
        puppet_answers(&mut net, &refresh, &format!("{code} No"), "");
        net.run_secs(40);
        let state = subscription_state(&mut net, handle);
        assert_eq!(state, Some(SubscriberState::Active), "{code}");
        notified(&mut net, &notify((&first, "t"), 2, "active"), "200");
        let again = next_subscribe(&mut net);
        assert_eq!((again.tag("To"), again.cseq()), ("t", refresh.cseq() + 1));
        assert!(again.at.saturating_duration_since(since).as_secs() < 600);
    }
    // Nobody answers at all, to the end.
    let mut net = alone();
    let (first, _) = subscribed(&mut net, presence());
    let since = net.now;
    let end = loop {
        let next = next_subscribe(&mut net);
        if next.tag("To").is_empty() {
            break next;
        }
    };
    assert!(end.at.saturating_duration_since(since).as_secs() <= 600);
    assert_anew(&end, &first);
}

/// §4.1.3: each reason says whether it is tried again, and when.
// shows: S315
#[test]
fn a_reason_says_what_follows() {
    // Reason, and the seconds within which a SUBSCRIBE comes; none if none may.
    let table = [
        ("deactivated", Some((0, 1))),
        ("deactivated;retry-after=100", Some((0, 1))),
        ("probation;retry-after=100", Some((100, 130))),
        ("probation", Some((1, 3600))),
        ("rejected", None),
        ("rejected;retry-after=100", None),
        ("timeout", Some((0, 3600))),
        ("timeout;retry-after=100", Some((0, 3600))),
        ("giveup;retry-after=100", Some((100, 130))),
        ("giveup", Some((0, 3600))),
        ("noresource", None),
        ("noresource;retry-after=100", None),
        ("invariant", None),
        ("invariant;retry-after=100", None),
        ("unheard-of;retry-after=100", Some((100, 130))),
        ("unheard-of", Some((0, 3600))),
    ];
    for (reason, within) in table {
        let mut net = alone();
        let (first, handle) = subscribed(&mut net, presence());
        // §4.1.3: expires means nothing there.
        let value = format!("terminated;expires=600;reason={reason}");
        let answer = notified(&mut net, &notify((&first, "t"), 2, &value), "200");
        let (end, after) = subscription_ended(&mut net);
        assert_eq!(end, SubscriptionEnd::Terminated);
        notified(&mut net, &notify((&first, "t"), 3, "active"), "481");
        match within {
            Some((least, most)) => {
                let anew = match net.sent("SUBSCRIBE").get(1) {
                    Some(anew) => (*anew).clone(),
                    None => next_subscribe(&mut net),
                };
                assert_anew(&anew, &first);
                let took = anew.at.saturating_duration_since(answer.at).as_secs();
                assert!((least..most).contains(&took), "{reason}: {took}");
                assert!(after.is_some_and(|after| after.as_secs() <= took + 1));
                // It is the same one to the application.
                puppet_takes(&mut net, &anew, 600);
                notified(&mut net, &notify((&anew, "t"), 1, "active"), "200");
                let state = subscription_state(&mut net, handle);
                assert_eq!(state, Some(SubscriberState::Active));
            }
            None => {
                assert_eq!(after, None, "{reason}");
                net.assert_idle();
                net.run_secs(4000);
                assert_eq!(net.sent("SUBSCRIBE").len(), 1);
            }
        }
    }
}

/// One that nobody wants renewed stays ended, and so does one that is left meanwhile.
#[test]
fn what_is_not_wanted_is_not_begun_anew() {
    let mut net = alone();
    let once = Subscribe {
        is_renewed: false,
        ..presence()
    };
    let (first, _) = subscribed(&mut net, once);
    let end = notify((&first, "t"), 2, "terminated;reason=deactivated");
    notified(&mut net, &end, "200");
    let over = (SubscriptionEnd::Terminated, None);
    assert_eq!(subscription_ended(&mut net), over);
    net.assert_idle();
    let mut net = alone();
    let (first, handle) = subscribed(&mut net, presence());
    let end = notify((&first, "t"), 2, "terminated;reason=probation");
    notified(&mut net, &end, "200");
    assert!(subscription_ended(&mut net).1.is_some());
    let (alice, now) = net.at(0);
    alice.leave_subscription(now, handle).unwrap();
    assert_eq!(subscription_ended(&mut net), (SubscriptionEnd::Left, None));
    net.assert_idle();
    assert_eq!(net.sent("SUBSCRIBE").len(), 1);
}

/// Whoever ends it over and over is asked less and less often, and soon again once it has lasted.
#[test]
fn whoever_ends_it_over_and_over_is_asked_less_often() {
    let mut net = alone();
    let (mut last, _) = subscribed(&mut net, presence());
    let mut waits = alloc::vec::Vec::new();
    for round in 0..6 {
        let end = notify((&last, "t"), 2, "terminated;reason=deactivated");
        let ended = notified(&mut net, &end, "200").at;
        last = match net.sent("SUBSCRIBE").get(round + 1) {
            Some(anew) => (*anew).clone(),
            None => next_subscribe(&mut net),
        };
        waits.push(last.at.saturating_duration_since(ended).as_secs());
        puppet_takes(&mut net, &last, 600);
        notified(&mut net, &notify((&last, "t"), 1, "active"), "200");
    }
    assert_eq!(waits[0], 0);
    assert!(waits.windows(2).all(|two| two[1] > two[0]), "{waits:?}");
    assert!(waits[5] >= 30, "{waits:?}");
    net.run_secs(120);
    let end = notify((&last, "t"), 2, "terminated;reason=deactivated");
    notified(&mut net, &end, "200");
    net.run_ms(20);
    assert_eq!(net.sent("SUBSCRIBE").len(), 8);
}

/// What comes of a SUBSCRIBE of before is nothing to the one that was begun anew.
#[test]
fn an_answer_of_before_is_nothing_to_what_is_begun_anew() {
    let end = |first: &Sent, cseq| notify((first, "t"), cseq, "terminated;reason=deactivated");
    // The first SUBSCRIBE, and a refresh.
    for refreshed in [false, true] {
        let mut net = alone();
        let (first, handle) = if refreshed {
            subscribed(&mut net, presence())
        } else {
            asked(&mut net, presence())
        };
        let before = if refreshed {
            next_subscribe(&mut net)
        } else {
            first.clone()
        };
        let so_far = net.sent("SUBSCRIBE").len();
        notified(&mut net, &end(&first, 2), "200");
        net.run_ms(20);
        let anew = net.sent("SUBSCRIBE")[so_far].clone();
        assert_anew(&anew, &first);
        puppet_answers(&mut net, &before, "403 Forbidden", "");
        net.run_ms(20);
        let state = subscription_state(&mut net, handle);
        assert_eq!(state, Some(SubscriberState::NotifyWait));
        // Its own answer is heard.
        let brief = "423 Interval Too Brief";
        puppet_answers(&mut net, &anew, brief, "Min-Expires: 1000\r\n");
        net.run_ms(20);
        let longer = net.sent("SUBSCRIBE").pop().unwrap().clone();
        assert_eq!(longer.field("Call-ID"), anew.field("Call-ID"));
        assert_eq!(longer.field("Expires"), "1000");
        puppet_takes(&mut net, &longer, 1000);
        notified(&mut net, &notify((&longer, "t"), 1, "active"), "200");
        let state = subscription_state(&mut net, handle);
        assert_eq!(state, Some(SubscriberState::Active));
    }
}

/// One that was left or has ended meanwhile is not asked for again, whatever its answer asks for.
#[test]
fn an_answer_to_what_is_over_changes_nothing() {
    let mut net = alone();
    let (first, handle) = asked(&mut net, Subscribe::poll("presence"));
    notified(&mut net, &notify((&first, "t"), 1, "terminated"), "200");
    let brief = "423 Interval Too Brief";
    puppet_answers(&mut net, &first, brief, "Min-Expires: 1000\r\n");
    net.run_ms(20);
    assert_eq!(net.sent("SUBSCRIBE").len(), 1);
    assert_eq!(subscription_state(&mut net, handle), None);
    net.assert_idle();
}
