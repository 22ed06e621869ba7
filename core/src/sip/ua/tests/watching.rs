//! Those who watch Bob (RFC 6665 §4.2.1), played by hand: what is asked, granted, deferred, refused,
//! refreshed, left.

use alloc::format;
use core::time::Duration;

use super::event_puppets::{
    asking, bob, bob_alone, next_notify, puppet_answers, puppet_sends, state, subscribe,
    subscribed, watcher_ended, watcher_state, watching,
};
use super::net::{Net, Sent};
use super::puppets::{alone, from_caller};
use crate::sip::event::NotifierState;
use crate::sip::message::StatusCode;
use crate::sip::ua::{
    EventService, EventState, SubscriptionRequest, UaEvent, UserAgentConfig, WatcherEnd,
    WatcherError, WatcherHandle,
};

pub(super) fn request_of(net: &mut Net) -> (WatcherHandle, SubscriptionRequest) {
    net.expect(0, |event| match event {
        UaEvent::SubscriptionRequested { watcher, request } => {
            Some((*watcher, (**request).clone()))
        }
        _ => None,
    })
}

fn is(notify: &Sent) -> &str {
    notify.field("Subscription-State")
}

/// §8.3.2, §4.2.1.1: a package that is not there is refused with those that are; Event is there once.
// shows: S303
#[test]
fn a_package_that_is_not_there_is_refused() {
    let mut net = bob_alone();
    let bad = [
        "Event: conference\r\n",
        "Event: presence.winfo\r\n",
        "Event: PRESENCE\r\n",
        // §4.2.3: PINT is not there either.
        "",
    ];
    for (cseq, event) in (1..).zip(bad) {
        let text = from_caller(
            "SUBSCRIBE",
            cseq,
            "",
            &format!("{event}Expires: 600\r\n"),
            "",
        );
        puppet_sends(&mut net, &text);
        let refusal = net.puppet_receives("489 SUBSCRIBE");
        assert_eq!(refusal.fields("Allow-Events"), ["presence, dialog"]);
    }
    for (cseq, event) in [
        (8, "Event: presence\r\nEvent: dialog\r\n"),
        (9, "Event: ;\r\n"),
    ] {
        let text = from_caller(
            "SUBSCRIBE",
            cseq,
            "",
            &format!("{event}Expires: 600\r\n"),
            "",
        );
        puppet_sends(&mut net, &text);
        net.puppet_receives("400 SUBSCRIBE");
    }
    assert!(net.nodes[0].events.is_empty());
    // What we send has one.
    let mut ours = alone();
    let (first, _) = subscribed(&mut ours, crate::sip::ua::Subscribe::new("dialog"));
    assert_eq!(first.fields("Event"), ["dialog"]);
    net.assert_idle();
}

/// RFC 3515 §2.4.4: nobody subscribes to `refer` by SUBSCRIBE, whoever has it.
#[test]
fn refer_is_nothing_to_subscribe_to() {
    let mut config = bob();
    config.events = Some(EventService {
        takes_referrals: true,
        ..EventService::new(["presence", "refer"])
    });
    let mut net = Net::new([config]);
    let text = from_caller("SUBSCRIBE", 1, "", "Event: refer\r\nExpires: 60\r\n", "");
    puppet_sends(&mut net, &text);
    net.puppet_receives("403 SUBSCRIBE");
    assert!(net.nodes[0].events.is_empty());
    net.assert_idle();
}

/// §4.2.1: the application learns who asks for what.
#[test]
fn the_application_learns_what_is_asked_for() {
    let mut net = bob_alone();
    let more = "Event: presence;id=7\r\nExpires: 600\r\nAccept: text/plain, text/html\r\n\
                Accept: text/xml\r\nContent-Type: text/x-filter\r\n";
    let text = from_caller("SUBSCRIBE", 1, "", more, "");
    puppet_sends(
        &mut net,
        &text.replace("Content-Length: 0\r\n\r\n", "Content-Length: 3\r\n\r\nall"),
    );
    net.run_ms(20);
    let (watcher, asked) = request_of(&mut net);
    assert_eq!(asked.from, "sip:alice@example.org");
    assert_eq!(asked.to, "sip:bob@192.0.2.1");
    assert_eq!(asked.event, "presence");
    assert_eq!(asked.expires, Duration::from_secs(600));
    assert_eq!(asked.accept, ["text/plain", "text/html", "text/xml"]);
    assert_eq!(asked.content_type, "text/x-filter");
    assert_eq!(asked.body, b"all");
    let it = net.at(0).0.user().watcher_of(watcher).unwrap();
    assert_eq!(
        (it.event(), it.state()),
        ("presence", NotifierState::RespWait)
    );
    // §8.2.1: the id is theirs, and names their subscription.
    let (bob, now) = net.at(0);
    bob.grant_subscription(now, watcher, state("one")).unwrap();
    let notify = next_notify(&mut net);
    assert_eq!(notify.field("Event"), "presence;id=7");
    assert_eq!(
        (notify.body(), notify.field("Content-Type")),
        ("one", "text/plain")
    );
}

/// §4.2.1.1, §4.2.1.4: too little time is refused if it is less than an hour, too much is shortened,
/// and never is any lengthened.
// shows: S306
#[test]
fn nobody_gets_more_time_than_they_asked_for() {
    // Asked for, and granted or, when too little, what it has to be; least and most are 60 and 3600.
    let table = [
        ("1", Err("60")),
        ("59", Err("60")),
        ("60", Ok(60)),
        ("600", Ok(600)),
        ("3600", Ok(3600)),
        ("3601", Ok(3600)),
        ("4294967295", Ok(3600)),
        ("99999999999999999999", Ok(3600)),
    ];
    for (asked, expected) in table {
        let mut net = bob_alone();
        let more = format!("Event: presence\r\nExpires: {asked}\r\n");
        puppet_sends(&mut net, &from_caller("SUBSCRIBE", 1, "", &more, ""));
        let granted = match expected {
            Err(least) => {
                let refusal = net.puppet_receives("423 SUBSCRIBE");
                assert_eq!(refusal.field("Min-Expires"), least, "{asked}");
                net.assert_idle();
                continue;
            }
            Ok(granted) => granted,
        };
        let answer = net.puppet_receives("200 SUBSCRIBE");
        assert_eq!(answer.field("Expires"), format!("{granted}"), "{asked}");
        let notify = next_notify(&mut net);
        assert_eq!(is(&notify), format!("pending;expires={granted}"));
        puppet_answers(&mut net, &notify, "200 OK", "");
        net.run_ms(20);
        // Nor by a refresh.
        let tag = notify.tag("From");
        puppet_sends(&mut net, &subscribe(2, tag, 30));
        let refusal = net.puppet_receives("423 SUBSCRIBE");
        assert_eq!(refusal.field("Min-Expires"), "60");
        puppet_sends(&mut net, &subscribe(3, tag, 100));
        let answer = net.puppet_receives("200 SUBSCRIBE");
        assert_eq!(answer.field("Expires"), "100");
        assert_eq!(is(&next_notify(&mut net)), "pending;expires=100");
    }
    // A notifier's least of more than an hour is an hour.
    let mut config = bob();
    config.events = Some(EventService {
        shortest: Duration::from_secs(7200),
        longest: Duration::from_secs(9000),
        ..EventService::new(["presence"])
    });
    let mut net = Net::new([config]);
    puppet_sends(&mut net, &subscribe(1, "", 3600));
    let answer = net.puppet_receives("200 SUBSCRIBE");
    assert_eq!(answer.field("Expires"), "3600");
}

/// §4.2.1.1, §4.2.1.2, §4.2.1.3: 200 at once, and a NOTIFY with the state at once.
#[test]
fn who_is_granted_is_told_the_state_at_once() {
    let mut net = bob_alone();
    let watcher = asking(&mut net);
    let (agent, now) = net.at(0);
    agent
        .grant_subscription(now, watcher, state("one"))
        .unwrap();
    let answer = net.puppet_receives("200 SUBSCRIBE");
    let notify = next_notify(&mut net);
    assert_eq!((answer.at, notify.at), (now, now));
    // The same dialog, each with where Bob is.
    assert_eq!(answer.tag("To"), notify.tag("From"));
    assert_eq!(notify.field("To"), "<sip:alice@example.org>;tag=f");
    assert_eq!(notify.field("Call-ID"), "caller");
    assert_eq!(notify.request_uri(), "sip:alice@192.0.2.9");
    for one in [&answer, &notify] {
        assert_eq!(one.fields("Contact").len(), 1);
        assert!(one.field("Contact").contains("192.0.2.1"));
    }
    assert_eq!(notify.fields("Event"), ["presence"]);
    assert_eq!(notify.fields("Subscription-State"), ["active;expires=600"]);
    assert_eq!(notify.body(), "one");
    puppet_answers(&mut net, &notify, "200 OK", "");
    net.run_secs(10);
    assert_eq!(net.sent("NOTIFY").len(), 1);
    assert_eq!(
        watcher_state(&mut net, watcher),
        Some(NotifierState::Active)
    );
    // What is granted is granted.
    let (agent, now) = net.at(0);
    let wrong = Err(WatcherError::WrongState);
    let again = agent.grant_subscription(now, watcher, state("two"));
    assert_eq!(again, wrong);
    assert_eq!(agent.defer_subscription(now, watcher), wrong);
    let no = StatusCode::FORBIDDEN;
    assert_eq!(agent.refuse_subscription(now, watcher, no), wrong);
}

/// §4.2.1.1, §4.2.1.3: nobody waits for a user: the SUBSCRIBE is taken within a second, and is
/// pending until somebody has said yes or no.
// shows: S310
#[test]
fn nobody_waits_for_a_user() {
    for grants in [true, false] {
        let mut net = bob_alone();
        let watcher = asking(&mut net);
        let asked_at = net.now;
        let answer = net.puppet_receives("200 SUBSCRIBE");
        let took = answer.at.saturating_duration_since(asked_at);
        assert!(took <= Duration::from_secs(1));
        let notify = next_notify(&mut net);
        assert_eq!(notify.at, answer.at);
        assert!(is(&notify).starts_with("pending;expires="));
        // Nothing of the state is in it.
        assert!(notify.body().is_empty());
        puppet_answers(&mut net, &notify, "200 OK", "");
        net.run_secs(60);
        let (agent, now) = net.at(0);
        let early = agent.notify(now, watcher, state("secret"));
        assert_eq!(early, Err(WatcherError::WrongState));
        if grants {
            agent
                .grant_subscription(now, watcher, state("one"))
                .unwrap();
        } else {
            agent
                .end_subscription(now, watcher, "rejected", None)
                .unwrap();
        }
        let notify = next_notify(&mut net);
        if grants {
            assert!(is(&notify).starts_with("active;expires="));
            assert_eq!(notify.body(), "one");
        } else {
            assert_eq!(is(&notify), "terminated;reason=rejected");
            assert!(notify.body().is_empty());
            puppet_answers(&mut net, &notify, "200 OK", "");
            net.run_ms(20);
            assert_eq!(watcher_ended(&mut net, 0), WatcherEnd::Ended);
            net.assert_idle();
        }
        // §8.3.1: 202 is not said any more; and means 200 to whoever hears it.
        assert!(net.sent("202 SUBSCRIBE").is_empty());
    }
    let mut net = alone();
    let (first, handle) = super::event_puppets::asked(&mut net, super::event_puppets::presence());
    let more = "Contact: <sip:bob@192.0.2.9>\r\nExpires: 300\r\n";
    puppet_answers(&mut net, &first, "202 Accepted", more);
    net.run_ms(20);
    let expires = Duration::from_secs(300);
    let subscription = handle;
    let taken = UaEvent::Subscribed {
        subscription,
        expires,
    };
    assert!(net.saw(0, &taken));
}

/// §4.2.1.3: who may not watch is refused, and nothing is left of them.
#[test]
fn who_may_not_watch_is_refused() {
    for code in [403, 404, 603] {
        let mut net = bob_alone();
        let watcher = asking(&mut net);
        let (agent, now) = net.at(0);
        for wrong in [StatusCode::TRYING, StatusCode::OK] {
            let error = agent.refuse_subscription(now, watcher, wrong);
            assert_eq!(error, Err(WatcherError::NotARefusal));
        }
        let status = StatusCode::new(code).unwrap();
        agent.refuse_subscription(now, watcher, status).unwrap();
        let again = agent.refuse_subscription(now, watcher, status);
        assert_eq!(again, Err(WatcherError::Stale));
        net.puppet_receives(&format!("{code} SUBSCRIBE"));
        assert_eq!(watcher_ended(&mut net, 0), WatcherEnd::Ended);
        net.assert_idle();
        assert!(net.sent("NOTIFY").is_empty());
    }
}

/// §4.5.2: a dialog has one subscription; another one in it is refused, and what names none is told so.
#[test]
fn a_dialog_has_one_subscription() {
    let mut net = bob_alone();
    let (first, watcher) = watching(&mut net);
    let tag = first.tag("From");
    let another = subscribe(2, tag, 600).replace("Event: presence", "Event: dialog");
    puppet_sends(&mut net, &another);
    net.puppet_receives("403 SUBSCRIBE");
    let another = subscribe(3, tag, 600).replace("Event: presence", "Event: presence;id=1");
    puppet_sends(&mut net, &another);
    net.puppet_receives("403 SUBSCRIBE");
    let unheard = subscribe(4, tag, 600).replace("Event: presence", "Event: conference");
    puppet_sends(&mut net, &unheard);
    let refusal = net.puppet_receives("489 SUBSCRIBE");
    assert_eq!(refusal.field("Allow-Events"), "presence, dialog");
    for (n, lost) in [
        subscribe(5, "other", 600),
        subscribe(6, tag, 600).replace("tag=f", "tag=g"),
        subscribe(7, tag, 600).replace("Call-ID: caller", "Call-ID: other"),
    ]
    .into_iter()
    .enumerate()
    {
        puppet_sends(&mut net, &lost);
        let refusal = net.puppet_receives("481 SUBSCRIBE");
        assert_eq!(refusal.cseq(), 5 + u32::try_from(n).unwrap());
    }
    assert_eq!(
        watcher_state(&mut net, watcher),
        Some(NotifierState::Active)
    );
    puppet_sends(&mut net, &subscribe(8, tag, 600));
    net.puppet_receives("200 SUBSCRIBE");
}

/// Whoever has no package is no notifier: nothing is there to subscribe to.
#[test]
fn who_has_no_package_is_watched_by_nobody() {
    let mut net = Net::new([UserAgentConfig::new("sip:bob@example.org")]);
    puppet_sends(&mut net, &subscribe(1, "", 600));
    net.puppet_receives("489 SUBSCRIBE");
    assert!(net.nodes[0].events.is_empty());
    net.assert_idle();
    assert_eq!(EventState::default().body, b"");
}
