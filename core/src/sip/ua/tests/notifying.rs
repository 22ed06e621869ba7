//! What those who watch Bob are told, one after the other, and what becomes of it (RFC 6665 §4.2.2).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::authorizing::Guard;
use super::event_puppets::{
    bob, bob_alone, next_notify, puppet_answers, puppet_sends, state, subscribe, watcher_ended,
    watcher_state, watching,
};
use super::net::{Net, Sent, address};
use crate::sip::auth::{Account, Algorithm, Challenger, Qop};
use crate::sip::event::NotifierState;
use crate::sip::message::StatusCode;
use crate::sip::ua::{WatcherEnd, WatcherError, WatcherHandle};

fn tell(net: &mut Net, watcher: WatcherHandle, words: &str) -> Result<(), WatcherError> {
    let (bob, now) = net.at(0);
    bob.notify(now, watcher, state(words))
}

fn is(notify: &Sent) -> &str {
    notify.field("Subscription-State")
}

/// One after the other and all of them; as many as eight may wait.
#[test]
fn each_state_is_told_in_order() {
    let mut net = bob_alone();
    let (first, watcher) = watching(&mut net);
    let words: Vec<String> = (0..9).map(|n| format!("state {n}")).collect();
    for words in &words {
        tell(&mut net, watcher, words).unwrap();
    }
    assert_eq!(tell(&mut net, watcher, "more"), Err(WatcherError::Pending));
    for (n, words) in (1..).zip(&words) {
        let notify = next_notify(&mut net);
        assert_eq!(notify.body(), words);
        assert_eq!(notify.cseq(), first.cseq() + n);
        assert!(is(&notify).starts_with("active;expires="));
        // Nothing else is told before the answer.
        net.run_ms(200);
        assert_eq!(net.sent("NOTIFY").len(), 1 + usize::try_from(n).unwrap());
        puppet_answers(&mut net, &notify, "200 OK", "");
    }
    net.run_secs(5);
    assert_eq!(net.sent("NOTIFY").len(), 10);
    tell(&mut net, watcher, "more").unwrap();
    assert_eq!(next_notify(&mut net).body(), "more");
}

/// What is to be told before the end is told before it; and nothing after.
#[test]
fn what_waits_is_told_before_the_end() {
    let mut net = bob_alone();
    let (first, watcher) = watching(&mut net);
    for words in ["two", "three"] {
        tell(&mut net, watcher, words).unwrap();
    }
    puppet_sends(&mut net, &subscribe(2, first.tag("From"), 0));
    net.run_ms(20);
    assert_eq!(
        tell(&mut net, watcher, "late"),
        Err(WatcherError::WrongState)
    );
    let two = next_notify(&mut net);
    assert_eq!(two.body(), "two");
    puppet_answers(&mut net, &two, "200 OK", "");
    let three = next_notify(&mut net);
    assert_eq!(three.body(), "three");
    assert_eq!(is(&three), "terminated;reason=timeout");
    puppet_answers(&mut net, &three, "200 OK", "");
    net.run_ms(20);
    assert_eq!(watcher_ended(&mut net, 0), WatcherEnd::Left);
    net.assert_idle();
    assert_eq!(net.sent("NOTIFY").len(), 3);
}

/// §4.1.3, §4.2.2: the reason and when to try again are what the application says.
#[test]
fn the_application_may_end_it() {
    let table = [
        ("deactivated", None, "terminated;reason=deactivated"),
        (
            "probation",
            Some(60),
            "terminated;reason=probation;retry-after=60",
        ),
        ("noresource", None, "terminated;reason=noresource"),
    ];
    for (reason, after, said) in table {
        let mut net = bob_alone();
        let (_, watcher) = watching(&mut net);
        let (agent, now) = net.at(0);
        agent.end_subscription(now, watcher, reason, after).unwrap();
        let again = agent.end_subscription(now, watcher, reason, after);
        assert_eq!(again, Err(WatcherError::WrongState));
        let last = next_notify(&mut net);
        assert_eq!((is(&last), last.body()), (said, "one"));
        puppet_answers(&mut net, &last, "200 OK", "");
        net.run_ms(20);
        assert_eq!(watcher_ended(&mut net, 0), WatcherEnd::Ended);
        assert_eq!(watcher_state(&mut net, watcher), None);
        net.assert_idle();
    }
}

/// §4.2.2: some refusals of a NOTIFY remove the subscription, and so does none; the others do not.
// shows: S316
#[test]
fn some_refusals_of_a_notify_remove_it() {
    let removing = [
        404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604,
    ];
    let keeping = [302, 400, 403, 415, 486, 500, 503, 504, 600, 603];
    for code in removing.into_iter().chain(keeping) {
        let mut net = bob_alone();
        let (first, watcher) = watching(&mut net);
        for words in ["two", "three"] {
            tell(&mut net, watcher, words).unwrap();
        }
        let notify = next_notify(&mut net);
        puppet_answers(&mut net, &notify, &format!("{code} No"), "");
        net.run_ms(20);
        if keeping.contains(&code) {
            let state = watcher_state(&mut net, watcher);
            assert_eq!(state, Some(NotifierState::Active), "{code}");
            assert_eq!(next_notify(&mut net).body(), "three");
            continue;
        }
        let status = StatusCode::new(code).unwrap();
        assert_eq!(watcher_ended(&mut net, 0), WatcherEnd::Refused(status));
        assert_eq!(watcher_state(&mut net, watcher), None);
        puppet_sends(&mut net, &subscribe(2, first.tag("From"), 600));
        net.puppet_receives("481 SUBSCRIBE");
        net.assert_idle();
        assert_eq!(net.sent("NOTIFY").len(), 2, "{code}");
    }
    // Nobody answers: Timer F.
    let mut net = bob_alone();
    let (_, watcher) = watching(&mut net);
    tell(&mut net, watcher, "two").unwrap();
    net.run_secs(33);
    assert_eq!(watcher_ended(&mut net, 0), WatcherEnd::Unreachable);
    net.assert_idle();
}

/// §4.2.2: the last NOTIFY is the end however it is answered, or not at all.
#[test]
fn the_last_notify_is_the_last() {
    for answer in ["200 OK", "481 Gone", "500 No", ""] {
        let mut net = bob_alone();
        let (first, _) = watching(&mut net);
        puppet_sends(&mut net, &subscribe(2, first.tag("From"), 0));
        let last = next_notify(&mut net);
        if answer.is_empty() {
            net.run_secs(33);
        } else {
            puppet_answers(&mut net, &last, answer, "");
            net.run_ms(20);
        }
        assert_eq!(watcher_ended(&mut net, 0), WatcherEnd::Left, "{answer}");
        net.assert_idle();
    }
}

/// RFC 3261 §22.2: a NOTIFY that is challenged is told again, with credentials, and nothing is lost or
/// comes before it.
#[test]
fn a_notify_that_is_challenged_is_told_again() {
    let mut config = bob();
    config.accounts.push(Account::new("alice", "wonder"));
    let mut net = Net::new([config]);
    let (_, watcher) = watching(&mut net);
    for words in ["two", "three"] {
        tell(&mut net, watcher, words).unwrap();
    }
    let mut guard = Guard::new("r", Challenger::Server, Algorithm::SHA_256, Qop::Auth);
    let two = next_notify(&mut net);
    assert_eq!(two.body(), "two");
    let challenge = guard.challenge();
    puppet_answers(&mut net, &two, "401 Unauthorized", &challenge);
    let again = next_notify(&mut net);
    assert_eq!((again.body(), again.cseq()), ("two", two.cseq() + 1));
    guard.accept(&again);
    puppet_answers(&mut net, &again, "200 OK", "");
    let three = next_notify(&mut net);
    assert_eq!(three.body(), "three");
    puppet_answers(&mut net, &three, "200 OK", "");
    net.run_ms(20);
    // The end too, and with what it says.
    let (agent, now) = net.at(0);
    agent
        .end_subscription(now, watcher, "noresource", None)
        .unwrap();
    let last = next_notify(&mut net);
    let mut other = Guard::new("s", Challenger::Server, Algorithm::SHA_256, Qop::Auth);
    let challenge = other.challenge();
    puppet_answers(&mut net, &last, "401 Unauthorized", &challenge);
    let last = next_notify(&mut net);
    assert_eq!(
        (is(&last), last.body()),
        ("terminated;reason=noresource", "three")
    );
    other.accept(&last);
    puppet_answers(&mut net, &last, "200 OK", "");
    net.run_ms(20);
    assert_eq!(watcher_ended(&mut net, 0), WatcherEnd::Ended);
    net.assert_idle();
}

/// A refresh while a NOTIFY has no answer yet is answered at once, and told after it.
#[test]
fn a_refresh_does_not_wait_for_a_notify() {
    let mut net = bob_alone();
    let (first, watcher) = watching(&mut net);
    tell(&mut net, watcher, "two").unwrap();
    let two = next_notify(&mut net);
    puppet_sends(&mut net, &subscribe(2, first.tag("From"), 300));
    net.puppet_receives("200 SUBSCRIBE");
    puppet_answers(&mut net, &two, "200 OK", "");
    let next = next_notify(&mut net);
    assert_eq!((next.body(), is(&next)), ("two", "active;expires=300"));
}

/// RFC 3261 §12.1.1, §12.2.1.2: NOTIFYs take the way that the SUBSCRIBE came by, and go to where the
/// subscriber says it is.
#[test]
fn notifies_go_where_the_subscriber_is() {
    let mut net = bob_alone();
    let routed = subscribe(1, "", 600).replace(
        "Max-Forwards",
        "Record-Route: <sip:192.0.2.8;lr>, <sip:192.0.2.7;lr>\r\nMax-Forwards",
    );
    puppet_sends(&mut net, &routed);
    net.run_ms(20);
    let watcher = super::event_puppets::requested(&mut net, 0);
    let (agent, now) = net.at(0);
    agent
        .grant_subscription(now, watcher, state("one"))
        .unwrap();
    let answer = net.puppet_receives("200 SUBSCRIBE");
    assert_eq!(answer.fields("Record-Route").len(), 1);
    let notify = next_notify(&mut net);
    assert_eq!(notify.to, address(8));
    assert_eq!(
        notify.fields("Route").join(", "),
        "<sip:192.0.2.8;lr>, <sip:192.0.2.7;lr>"
    );
    puppet_answers(&mut net, &notify, "200 OK", "");
    let moved = subscribe(2, notify.tag("From"), 600);
    let moved = moved.replace("sip:alice@192.0.2.9", "sip:new@192.0.2.6");
    puppet_sends(&mut net, &moved);
    let notify = next_notify(&mut net);
    assert_eq!(notify.request_uri(), "sip:new@192.0.2.6");
    assert_eq!(notify.to, address(8));
}
