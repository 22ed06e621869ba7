//! Two user agents that subscribe to each other (RFC 6665), over a network that loses what it likes:
//! what is told is told in order, and in the end nothing is left at either end.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::event_puppets::state;
use super::net::Net;
use crate::rng::Rng;
use crate::sip::event::SubscriberState;
use crate::sip::ua::{
    EventService, Subscribe, SubscriptionEnd, SubscriptionHandle, UaEvent, UserAgentConfig,
    WatcherHandle,
};

fn pair() -> Net {
    Net::new(["alice", "bob"].map(|name| UserAgentConfig {
        events: Some(EventService::new(["presence"])),
        ..UserAgentConfig::new(&format!("sip:{name}@example.org"))
    }))
}

/// What one end knows.
#[derive(Default)]
struct End {
    watcher: Option<WatcherHandle>,
    told: Vec<String>,
    over: Vec<SubscriptionEnd>,
    watched_no_more: u32,
}

/// Lets a while pass, in which each end grants what is asked for.
fn pass(net: &mut Net, ends: &mut [End; 2], span: Duration) {
    let until = net.now + span;
    while net.now < until {
        net.run_ms(250);
        for (node, end) in ends.iter_mut().enumerate() {
            while let Some(event) = net.nodes[node].events.pop_front() {
                match event {
                    UaEvent::SubscriptionRequested { watcher, .. } => {
                        let (agent, now) = net.at(node);
                        agent.grant_subscription(now, watcher, state("00")).unwrap();
                        end.watcher = Some(watcher);
                    }
                    UaEvent::Notified { notification, .. } => {
                        end.told.push(String::from_utf8(notification.body).unwrap());
                    }
                    UaEvent::SubscriptionEnded { reason, .. } => end.over.push(reason),
                    UaEvent::WatcherEnded { watcher, .. } => {
                        assert_eq!(end.watcher.take(), Some(watcher));
                        end.watched_no_more += 1;
                    }
                    _ => {}
                }
            }
        }
    }
}

fn subscribe(net: &mut Net, node: usize) -> SubscriptionHandle {
    let to = ["sip:bob@192.0.2.2", "sip:alice@192.0.2.1"][node];
    let (agent, now) = net.at(node);
    let wanted = Subscribe {
        expires: Duration::from_secs(120),
        ..Subscribe::new("presence")
    };
    agent.subscribe(now, to, wanted).unwrap()
}

fn subscribed(net: &mut Net, node: usize, handle: SubscriptionHandle) -> Option<SubscriberState> {
    let user = net.at(node).0.user();
    user.subscription(handle).map(|it| it.state())
}

/// Without losses: SUBSCRIBE, 200, NOTIFY, 200, and the same to refresh and to leave.
#[test]
fn two_of_ours_understand_each_other() {
    let mut net = pair();
    let mut ends = [End::default(), End::default()];
    let handle = subscribe(&mut net, 0);
    pass(&mut net, &mut ends, Duration::from_secs(50));
    let exchange = ["1 SUBSCRIBE", "2 200 SUBSCRIBE", "2 NOTIFY", "1 200 NOTIFY"];
    let mut labels = net.labels();
    labels.retain(|label| !label.contains("100"));
    assert_eq!(labels, exchange);
    pass(&mut net, &mut ends, Duration::from_secs(50));
    let mut labels = net.labels();
    labels.retain(|label| !label.contains("100"));
    assert_eq!(labels[4..], exchange);
    net.forget();
    let (alice, now) = net.at(0);
    alice.leave_subscription(now, handle).unwrap();
    pass(&mut net, &mut ends, Duration::from_secs(5));
    assert_eq!(net.labels(), exchange);
    assert_eq!(ends[0].over, [SubscriptionEnd::Left]);
    assert_eq!(ends[1].watched_no_more, 1);
    net.assert_idle();
}

/// A fifth of all packets are lost, in both directions, while both tell each other ten states, refresh
/// and leave.
#[test]
fn what_is_lost_is_told_all_the_same() {
    for seed in 0..40 {
        let mut net = pair();
        let mut ends = [End::default(), End::default()];
        let mut rng = Rng::from_seed([seed; 32]);
        net.lose(move |_| rng.below(5) == 0);
        let handles = [subscribe(&mut net, 0), subscribe(&mut net, 1)];
        pass(&mut net, &mut ends, Duration::from_secs(40));
        for n in 1..=10 {
            for (node, end) in ends.iter().enumerate() {
                let watcher = end.watcher.expect("somebody watches");
                let (agent, now) = net.at(node);
                agent
                    .notify(now, watcher, state(&format!("{n:02}")))
                    .unwrap();
            }
            pass(&mut net, &mut ends, Duration::from_secs(20));
        }
        pass(&mut net, &mut ends, Duration::from_secs(40));
        for (node, handle) in handles.into_iter().enumerate() {
            let told = &ends[node].told;
            // In order; a refresh tells one again.
            assert!(told.is_sorted(), "{seed}: {told:?}");
            let mut once = told.clone();
            once.dedup();
            let all: Vec<String> = (0..=10).map(|n| format!("{n:02}")).collect();
            assert_eq!(once, all, "{seed}");
            assert!(ends[node].over.is_empty());
            let state = subscribed(&mut net, node, handle);
            assert_eq!(state, Some(SubscriberState::Active), "{seed}");
            let (agent, now) = net.at(node);
            agent.leave_subscription(now, handle).unwrap();
        }
        pass(&mut net, &mut ends, Duration::from_secs(100));
        for end in &ends {
            assert_eq!(end.over, [SubscriptionEnd::Left], "{seed}");
            assert!(end.watcher.is_none() && end.watched_no_more == 1);
        }
        net.assert_idle();
    }
}

/// One end falls silent: the other finds out, and nothing is left.
#[test]
fn an_end_that_falls_silent_is_noticed() {
    for silent in [0, 1] {
        let mut net = pair();
        let mut ends = [End::default(), End::default()];
        let handle = subscribe(&mut net, 0);
        pass(&mut net, &mut ends, Duration::from_secs(5));
        let gone = net.nodes[silent].address;
        net.lose(move |sent| sent.from == gone);
        pass(&mut net, &mut ends, Duration::from_secs(300));
        // Alice hears no answer to her refresh, whichever of both it is that is not heard.
        assert!(!ends[0].over.is_empty());
        assert!(ends[1].watched_no_more > 0);
        let (alice, now) = net.at(0);
        let _ = alice.leave_subscription(now, handle);
        net.assert_idle();
        assert_eq!(subscribed(&mut net, 0, handle), None);
    }
}

/// Both programs start anew in the middle of it, one after the other, and go on.
#[test]
fn both_ends_go_on_after_a_restart() {
    let mut net = pair();
    let mut ends = [End::default(), End::default()];
    let handle = subscribe(&mut net, 0);
    pass(&mut net, &mut ends, Duration::from_secs(10));
    let subscribe = net.sent("SUBSCRIBE")[0].clone();
    let watcher = ends[1].watcher.unwrap();
    let (alice, now) = net.at(0);
    let ours = alice.save_subscription(now, handle).unwrap();
    let (bob, now) = net.at(1);
    let theirs = bob.save_watcher(now, watcher).unwrap();
    for node in [0, 1] {
        let config = net.at(node).0.user().config().clone();
        let address = net.nodes[node].address;
        net.restart(node, config, address);
    }
    net.forget();
    let away = Duration::from_secs(5);
    net.now += away;
    let (bob, now) = net.at(1);
    let watcher = bob.restore_watcher(now, &theirs, away).unwrap();
    ends[1].watcher = Some(watcher);
    let (alice, now) = net.at(0);
    let handle = alice.restore_subscription(now, &ours, away).unwrap();
    pass(&mut net, &mut ends, Duration::from_secs(200));
    for sent in net.sent("SUBSCRIBE") {
        assert_eq!(sent.field("Call-ID"), subscribe.field("Call-ID"));
    }
    assert!(ends[0].over.is_empty() && ends[1].watched_no_more == 0);
    let (bob, now) = net.at(1);
    bob.notify(now, watcher, state("after")).unwrap();
    pass(&mut net, &mut ends, Duration::from_secs(1));
    assert_eq!(ends[0].told.last().unwrap(), "after");
    let (alice, now) = net.at(0);
    alice.leave_subscription(now, handle).unwrap();
    pass(&mut net, &mut ends, Duration::from_secs(1));
    assert_eq!(ends[0].over, [SubscriptionEnd::Left]);
    net.assert_idle();
}
