//! Subscriptions of ours that begin, go on and are left (RFC 6665 §4.1.2, §4.4.1), against notifiers
//! played by hand.

use alloc::vec::Vec;
use core::time::Duration;

use super::authorizing::Guard;
use super::event_puppets::{
    PUPPET, asked, leave, next_subscribe, notified, notify, presence, puppet_answers, puppet_takes,
    subscribed, subscription_ended, subscription_state, told, with_body,
};
use super::net::{Net, address};
use super::puppets::alone;
use crate::sip::auth::{Account, Algorithm, Challenger, Qop};
use crate::sip::event::SubscriberState;
use crate::sip::ua::{Subscribe, SubscriptionEnd, UaEvent, UserAgentConfig};

/// §3.1, §4.1.2.1: what a SUBSCRIBE says, outside a dialog.
#[test]
fn a_subscribe_says_what_for_and_for_how_long() {
    let mut net = alone();
    let wanted = Subscribe {
        accept: ["text/plain".into(), "text/html".into()].into(),
        content_type: "text/x-filter".into(),
        body: b"all".to_vec(),
        ..Subscribe::new("presence.winfo")
    };
    let (first, handle) = asked(&mut net, wanted);
    assert_eq!(first.request_uri(), PUPPET);
    assert_eq!(first.fields("Event"), ["presence.winfo"]);
    assert_eq!(first.fields("Expires"), ["3600"]);
    assert_eq!(first.fields("Accept"), ["text/plain, text/html"]);
    assert_eq!(first.field("Content-Type"), "text/x-filter");
    assert_eq!(first.body(), "all");
    assert_eq!(first.fields("Contact").len(), 1);
    assert!(first.field("Contact").contains("192.0.2.1"));
    assert_eq!((first.tag("To"), first.tag("From").is_empty()), ("", false));
    assert_eq!(
        subscription_state(&mut net, handle),
        Some(SubscriberState::NotifyWait)
    );
    // §4.1.2.1: the notifier has less time.
    puppet_takes(&mut net, &first, 1800);
    net.run_ms(20);
    let expires = Duration::from_secs(1800);
    let subscription = handle;
    let taken = UaEvent::Subscribed {
        subscription,
        expires,
    };
    assert!(net.saw(0, &taken));
    assert_eq!(
        subscription_state(&mut net, handle),
        Some(SubscriberState::NotifyWait)
    );
}

/// §4.1.2.4: there is a subscription from the first NOTIFY on, and that may be there before the 200.
// shows: S309
#[test]
fn a_notify_may_come_before_the_answer() {
    let mut net = alone();
    let (first, handle) = asked(&mut net, presence());
    let early = notify((&first, "t"), 1, "active;expires=600");
    notified(&mut net, &with_body(&early, "text/plain", "here"), "200");
    let notification = told(&mut net);
    assert_eq!(notification.state, SubscriberState::Active);
    assert_eq!(notification.content_type, "text/plain");
    assert_eq!(notification.body, b"here");
    assert_eq!(
        subscription_state(&mut net, handle),
        Some(SubscriberState::Active)
    );
    puppet_takes(&mut net, &first, 600);
    net.run_ms(20);
    assert_eq!(
        subscription_state(&mut net, handle),
        Some(SubscriberState::Active)
    );
    // §4.2.1.2: one that is not authorised yet has nothing in it.
    let (other, handle) = asked(&mut net, presence());
    notified(&mut net, &notify((&other, "p"), 1, "pending"), "200");
    let notification = told(&mut net);
    assert_eq!(notification.state, SubscriberState::Pending);
    assert!(notification.body.is_empty());
    assert_eq!(
        subscription_state(&mut net, handle),
        Some(SubscriberState::Pending)
    );
    puppet_takes(&mut net, &other, 600);
    notified(&mut net, &notify((&other, "p"), 2, "active"), "200");
    assert_eq!(
        subscription_state(&mut net, handle),
        Some(SubscriberState::Active)
    );
    assert_eq!(net.sent("SUBSCRIBE").len(), 2);
}

/// §4.4.1: the NOTIFY makes the dialog, and so its route set and its target, and not the 200.
#[test]
fn the_way_is_that_of_the_notify() {
    let mut net = alone();
    let (first, _) = asked(&mut net, presence());
    let other = "Contact: <sip:other@192.0.2.9>\r\n\
                 Record-Route: <sip:192.0.2.7;lr>\r\nExpires: 600\r\n";
    puppet_answers(&mut net, &first, "200 OK", other);
    let routed = notify((&first, "t"), 1, "active;expires=600").replace(
        "Max-Forwards",
        "Record-Route: <sip:192.0.2.8;lr>, <sip:192.0.2.6;lr>\r\nMax-Forwards",
    );
    notified(&mut net, &routed, "200");
    let refresh = next_subscribe(&mut net);
    assert_eq!(refresh.to, address(8));
    assert_eq!(refresh.request_uri(), PUPPET);
    let routes = ["<sip:192.0.2.8;lr>", "<sip:192.0.2.6;lr>"];
    let found: Vec<&str> = refresh.fields("Route");
    assert_eq!(found.join(", "), routes.join(", "));
}

/// §4.1.2.2: it is refreshed before it is over, in its dialog, for as long as before.
#[test]
fn a_subscription_is_refreshed_before_it_is_over() {
    let mut net = alone();
    let (first, handle) = subscribed(&mut net, presence());
    let mut last = (first.clone(), net.now);
    for round in 2..5 {
        let refresh = next_subscribe(&mut net);
        let after = refresh.at.saturating_duration_since(last.1).as_secs();
        assert!((200..590).contains(&after), "{after}");
        assert_eq!(refresh.cseq(), last.0.cseq() + 1);
        assert_eq!(refresh.tag("To"), "t");
        for name in ["From", "Call-ID", "Event", "Expires"] {
            assert_eq!(refresh.field(name), first.field(name), "{name}");
        }
        assert!(refresh.field("Contact").contains("192.0.2.1"));
        puppet_takes(&mut net, &refresh, 600);
        notified(&mut net, &notify((&first, "t"), round, "active"), "200");
        last = (refresh, net.now);
    }
    assert_eq!(
        subscription_state(&mut net, handle),
        Some(SubscriberState::Active)
    );
}

/// §4.1.3: what a NOTIFY says of the time is what holds.
#[test]
fn the_notifier_may_shorten_it() {
    let mut net = alone();
    let (first, _) = subscribed(&mut net, presence());
    let shorter = notify((&first, "t"), 2, "active;expires=100");
    let since = notified(&mut net, &shorter, "200").at;
    let refresh = next_subscribe(&mut net);
    let after = refresh.at.saturating_duration_since(since).as_secs();
    assert!((10..100).contains(&after), "{after}");
}

/// §4.4.3: the state as it is now may be asked for at any time.
#[test]
fn the_application_may_refresh() {
    let mut net = alone();
    let (first, handle) = subscribed(&mut net, presence());
    let (alice, now) = net.at(0);
    alice.refresh_subscription(now, handle).unwrap();
    let refresh = next_subscribe(&mut net);
    assert_eq!((refresh.at, refresh.cseq()), (now, first.cseq() + 1));
    assert_eq!(refresh.tag("To"), "t");
}

/// §4.2.1.1: who asks for too little time is told how much it has to be, in a dialog or outside.
#[test]
fn a_time_that_is_too_short_is_lengthened() {
    let mut net = alone();
    let (first, _) = asked(&mut net, presence());
    let brief = "423 Interval Too Brief";
    puppet_answers(&mut net, &first, brief, "Min-Expires: 1000\r\n");
    let second = next_subscribe(&mut net);
    assert_eq!(second.field("Expires"), "1000");
    assert_eq!(second.field("Call-ID"), first.field("Call-ID"));
    assert_eq!(second.cseq(), first.cseq() + 1);
    puppet_takes(&mut net, &second, 1000);
    notified(&mut net, &notify((&second, "t"), 1, "active"), "200");
    let refresh = next_subscribe(&mut net);
    assert_eq!(refresh.field("Expires"), "1000");
    puppet_answers(&mut net, &refresh, brief, "Min-Expires: 2000\r\n");
    let again = next_subscribe(&mut net);
    assert_eq!(again.field("Expires"), "2000");
    assert_eq!((again.cseq(), again.tag("To")), (refresh.cseq() + 1, "t"));
    // One that is not longer is no reason to ask again.
    puppet_answers(&mut net, &again, brief, "Min-Expires: 2000\r\n");
    net.run_secs(5);
    assert_eq!(net.sent("SUBSCRIBE").len(), 4);
}

/// RFC 3261 §22.2: whoever is asked for credentials has them, in a dialog or outside.
#[test]
fn credentials_are_given_in_a_dialog_and_outside() {
    let mut config = UserAgentConfig::new("sip:alice@example.org");
    config.accounts.push(Account::new("alice", "wonder"));
    let mut net = Net::new([config]);
    let guard = |realm| Guard::new(realm, Challenger::Server, Algorithm::SHA_256, Qop::Auth);
    let mut outer = guard("outer");
    let (first, handle) = asked(&mut net, presence());
    let challenge = outer.challenge();
    puppet_answers(&mut net, &first, "401 Unauthorized", &challenge);
    let second = next_subscribe(&mut net);
    assert_eq!(second.cseq(), first.cseq() + 1);
    assert_eq!(second.field("Call-ID"), first.field("Call-ID"));
    outer.accept(&second);
    puppet_takes(&mut net, &second, 600);
    notified(&mut net, &notify((&second, "t"), 1, "active"), "200");
    let refresh = next_subscribe(&mut net);
    let mut inner = guard("inner");
    let challenge = inner.challenge();
    puppet_answers(&mut net, &refresh, "401 Unauthorized", &challenge);
    let again = next_subscribe(&mut net);
    assert_eq!((again.cseq(), again.tag("To")), (refresh.cseq() + 1, "t"));
    inner.accept(&again);
    puppet_takes(&mut net, &again, 600);
    notified(&mut net, &notify((&second, "t"), 2, "active"), "200");
    // And to leave.
    let bye = leave(&mut net, handle);
    let challenge = guard("third").challenge();
    puppet_answers(&mut net, &bye, "401 Unauthorized", &challenge);
    let bye = next_subscribe(&mut net);
    assert_eq!(bye.field("Expires"), "0");
    puppet_takes(&mut net, &bye, 0);
    let last = notify((&second, "t"), 3, "terminated;reason=timeout");
    notified(&mut net, &last, "200");
    assert_eq!(subscription_ended(&mut net), (SubscriptionEnd::Left, None));
    net.assert_idle();
}

/// §4.1.4, §4.4.1: each notifier that a forked SUBSCRIBE has reached makes a subscription, each with
/// a dialog and a time of its own.
// shows: S319
#[test]
fn each_fork_is_a_subscription() {
    let mut net = alone();
    let forked = Subscribe {
        takes_forks: true,
        ..presence()
    };
    let (first, one) = asked(&mut net, forked);
    notified(
        &mut net,
        &notify((&first, "t"), 1, "active;expires=600"),
        "200",
    );
    puppet_takes(&mut net, &first, 600);
    let other = notify((&first, "u"), 7, "pending;expires=100");
    notified(&mut net, &other, "200");
    let two = net.expect(0, |event| match event {
        UaEvent::SubscriptionForked {
            subscription,
            first,
        } if *first == one => Some(*subscription),
        _ => None,
    });
    assert_eq!(
        subscription_state(&mut net, one),
        Some(SubscriberState::Active)
    );
    assert_eq!(
        subscription_state(&mut net, two),
        Some(SubscriberState::Pending)
    );
    // The shorter one is refreshed first.
    let refresh = next_subscribe(&mut net);
    assert_eq!((refresh.tag("To"), refresh.cseq()), ("u", first.cseq() + 1));
    assert_eq!(refresh.field("Call-ID"), first.field("Call-ID"));
    puppet_takes(&mut net, &refresh, 600);
    notified(&mut net, &notify((&first, "u"), 8, "active"), "200");
    // After Timer N there is none more.
    notified(&mut net, &notify((&first, "v"), 1, "active"), "481");
    let last = notify((&first, "u"), 9, "terminated;reason=rejected");
    notified(&mut net, &last, "200");
    assert_eq!(subscription_state(&mut net, two), None);
    assert_eq!(
        subscription_state(&mut net, one),
        Some(SubscriberState::Active)
    );
    let refresh = next_subscribe(&mut net);
    assert_eq!((refresh.tag("To"), refresh.cseq()), ("t", first.cseq() + 1));
    puppet_takes(&mut net, &refresh, 600);
    let last = notify((&first, "t"), 2, "terminated;reason=noresource");
    notified(&mut net, &last, "200");
    net.assert_idle();
    // A package that has but one turns the others away.
    let mut net = alone();
    let (first, one) = asked(&mut net, presence());
    notified(&mut net, &notify((&first, "t"), 1, "active"), "200");
    notified(&mut net, &notify((&first, "u"), 1, "active"), "481");
    notified(&mut net, &notify((&first, "t"), 2, "active"), "200");
    assert_eq!(
        subscription_state(&mut net, one),
        Some(SubscriberState::Active)
    );
    assert_eq!(net.at(0).0.user().subscriptions().count(), 1);
}

/// §4.1.4: another fork goes on when the first has ended before it was heard of.
#[test]
fn a_fork_that_ends_leaves_the_others() {
    let mut net = alone();
    let forked = Subscribe {
        takes_forks: true,
        ..presence()
    };
    let (first, _) = asked(&mut net, forked);
    let no = notify((&first, "t"), 1, "terminated;reason=rejected");
    notified(&mut net, &no, "200");
    notified(
        &mut net,
        &notify((&first, "u"), 1, "active;expires=600"),
        "200",
    );
    puppet_takes(&mut net, &first, 600);
    let refresh = next_subscribe(&mut net);
    assert_eq!(refresh.tag("To"), "u");
}

/// RFC 3261 §12.2.1.2: a NOTIFY may say where the notifier is from now on.
#[test]
fn a_notifier_may_move() {
    let mut net = alone();
    let (first, _) = subscribed(&mut net, presence());
    let moved = notify((&first, "t"), 2, "active");
    let moved = moved.replace("<sip:bob@192.0.2.9>", "<sip:new@192.0.2.8>");
    notified(&mut net, &moved, "200");
    let refresh = next_subscribe(&mut net);
    assert_eq!(refresh.to, address(8));
    assert_eq!(refresh.request_uri(), "sip:new@192.0.2.8");
}
