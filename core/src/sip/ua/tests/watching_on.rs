//! How those who watch Bob go on, and how that ends (RFC 6665 §4.2.1.4, §4.4.3).

use core::time::Duration;

use super::event_puppets::{
    bob, bob_alone, next_notify, puppet_answers, puppet_sends, requested, state, subscribe,
    watcher_ended, watcher_state, watching,
};
use super::net::{Net, Sent};
use super::watching::request_of;
use crate::Limits;
use crate::sip::endpoint::EndpointConfig;
use crate::sip::event::NotifierState;
use crate::sip::ua::WatcherEnd;

fn is(notify: &Sent) -> &str {
    notify.field("Subscription-State")
}

/// §4.2.1.2: a refresh is answered and told at once, whatever is known already, and its time begins
/// then; what is left of it, each NOTIFY says (§4.2.2).
#[test]
fn each_refresh_is_told_once() {
    let mut net = bob_alone();
    let (first, watcher) = watching(&mut net);
    net.run_secs(100);
    let (agent, now) = net.at(0);
    agent.notify(now, watcher, state("two")).unwrap();
    let second = next_notify(&mut net);
    assert_eq!(is(&second), "active;expires=500");
    assert_eq!(second.cseq(), first.cseq() + 1);
    puppet_answers(&mut net, &second, "200 OK", "");
    net.run_secs(100);
    net.forget();
    puppet_sends(&mut net, &subscribe(2, first.tag("From"), 300));
    let answer = net.puppet_receives("200 SUBSCRIBE");
    assert_eq!(answer.field("Expires"), "300");
    assert!(answer.field("Contact").contains("192.0.2.1"));
    let third = next_notify(&mut net);
    assert_eq!(third.at, answer.at);
    assert_eq!((is(&third), third.body()), ("active;expires=300", "two"));
    puppet_answers(&mut net, &third, "200 OK", "");
    net.run_secs(60);
    assert_eq!(net.sent("NOTIFY").len(), 1);
    // RFC 3261 §12.2.2.
    puppet_sends(
        &mut net,
        &subscribe(2, first.tag("From"), 300).replace("bKS", "bKX"),
    );
    net.puppet_receives("500 SUBSCRIBE");
    assert_eq!(
        watcher_state(&mut net, watcher),
        Some(NotifierState::Active)
    );
}

/// §4.2.1.4: who does not refresh is told that it is over, and then it is.
#[test]
fn time_runs_out() {
    let mut net = bob_alone();
    let (first, watcher) = watching(&mut net);
    net.run(Duration::from_millis(599_000));
    assert_eq!(net.sent("NOTIFY").len(), 1);
    let last = next_notify(&mut net);
    let lasted = last.at.saturating_duration_since(first.at);
    assert_eq!(lasted, Duration::from_secs(600));
    assert_eq!(is(&last), "terminated;reason=timeout");
    puppet_answers(&mut net, &last, "200 OK", "");
    net.run_ms(20);
    assert_eq!(watcher_ended(&mut net, 0), WatcherEnd::Expired);
    assert_eq!(watcher_state(&mut net, watcher), None);
    puppet_sends(&mut net, &subscribe(2, first.tag("From"), 600));
    net.puppet_receives("481 SUBSCRIBE");
    net.assert_idle();
}

/// §4.1.2.3, §4.2.1.4: who leaves is told the end.
#[test]
fn who_leaves_is_told_the_end() {
    let mut net = bob_alone();
    let (first, watcher) = watching(&mut net);
    puppet_sends(&mut net, &subscribe(2, first.tag("From"), 0));
    let answer = net.puppet_receives("200 SUBSCRIBE");
    assert_eq!(answer.field("Expires"), "0");
    let last = next_notify(&mut net);
    assert_eq!(is(&last), "terminated;reason=timeout");
    // It is over from then on.
    puppet_sends(&mut net, &subscribe(3, first.tag("From"), 600));
    net.puppet_receives("481 SUBSCRIBE");
    puppet_answers(&mut net, &last, "200 OK", "");
    net.run_ms(20);
    assert_eq!(watcher_ended(&mut net, 0), WatcherEnd::Left);
    assert_eq!(watcher_state(&mut net, watcher), None);
    net.assert_idle();
    assert_eq!(net.sent("NOTIFY").len(), 2);
}

/// §4.4.3: a question is answered with the state and the end in one, and nothing is left.
// shows: S302
#[test]
fn a_question_leaves_nothing() {
    for is_answered in [true, false] {
        let mut net = bob_alone();
        puppet_sends(&mut net, &subscribe(1, "", 0));
        net.run_ms(20);
        let (watcher, asked) = request_of(&mut net);
        assert!(asked.expires.is_zero());
        if is_answered {
            let (agent, now) = net.at(0);
            agent
                .grant_subscription(now, watcher, state("one"))
                .unwrap();
        }
        let answer = net.puppet_receives("200 SUBSCRIBE");
        assert_eq!(answer.field("Expires"), "0");
        let notify = next_notify(&mut net);
        assert_eq!(is(&notify), "terminated;reason=timeout");
        assert_eq!(notify.body(), if is_answered { "one" } else { "" });
        puppet_answers(&mut net, &notify, "200 OK", "");
        net.run_ms(20);
        assert_eq!(watcher_ended(&mut net, 0), WatcherEnd::Left);
        assert_eq!(watcher_state(&mut net, watcher), None);
        net.assert_idle();
        assert_eq!(net.sent("NOTIFY").len(), 1);
    }
}

/// A user agent that is full says when to come again.
#[test]
fn there_are_not_more_than_there_may_be() {
    let endpoint = EndpointConfig {
        limits: Limits {
            subscriptions: 1,
            ..Limits::default()
        },
        ..EndpointConfig::default()
    };
    let mut net = Net::with([(bob(), endpoint)]);
    let (first, _) = watching(&mut net);
    let other = subscribe(1, "", 600)
        .replace("caller", "other")
        .replace("bKS", "bKO");
    puppet_sends(&mut net, &other);
    let refusal = net.puppet_receives("503 SUBSCRIBE");
    assert!(refusal.field("Retry-After").parse::<u32>().unwrap() > 0);
    puppet_sends(&mut net, &subscribe(2, first.tag("From"), 0));
    let last = next_notify(&mut net);
    puppet_answers(&mut net, &last, "200 OK", "");
    net.run_ms(20);
    net.nodes[0].events.clear();
    let other = other.replace("bKO", "bKP").replace("CSeq: 1", "CSeq: 2");
    puppet_sends(&mut net, &other);
    net.run_ms(20);
    requested(&mut net, 0);
}
