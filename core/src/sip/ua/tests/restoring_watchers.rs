//! Subscriptions of others that outlive the program (RFC 6665 §4.2.1; RFC 3261 §12): the far end
//! notices nothing but a NOTIFY more.

use core::time::Duration;

use super::event_puppets::{
    asked, asking, bob, bob_alone, notified, notify, presence, puppet_answers, puppet_sends,
    puppet_takes, requested, state, subscribe, watcher_ended, watching,
};
use super::net::{Net, address};
use super::puppets::alone;
use super::restoring_subscriptions::{
    MINUTE, NOW, WHOLE, restart_ours, restart_theirs, saved_ours, saved_theirs,
};
use crate::sip::dialog::SavedDialogError;
use crate::sip::event::{NotifierState, SubscriberState};
use crate::sip::ua::{RestoreError, SavedWatcher, StaleHandle, WatcherEnd};

/// One that was pending is pending still.
#[test]
fn what_is_pending_stays_so() {
    let mut net = alone();
    let (first, handle) = asked(&mut net, presence());
    puppet_takes(&mut net, &first, 600);
    notified(&mut net, &notify((&first, "t"), 1, "pending"), "200");
    let saved = saved_ours(&mut net, handle);
    assert!(!saved.is_active);
    let handle = restart_ours(&mut net, &saved, 1, NOW);
    let it = net.at(0).0.user().subscription(handle).unwrap();
    assert_eq!(it.state(), SubscriberState::Pending);
    let mut net = bob_alone();
    let watcher = asking(&mut net);
    let (agent, now) = net.at(0);
    agent.defer_subscription(now, watcher).unwrap();
    let saved = saved_theirs(&mut net, watcher);
    assert!(!saved.is_active);
    let watcher = restart_theirs(&mut net, &saved, 1, NOW);
    let notify = net.puppet_receives("NOTIFY");
    let is = notify.field("Subscription-State");
    assert!(is.starts_with("pending;expires=") && notify.body().is_empty());
    puppet_answers(&mut net, &notify, "200 OK", "");
    net.run_ms(20);
    let (agent, now) = net.at(0);
    agent
        .grant_subscription(now, watcher, state("yes"))
        .unwrap();
    let notify = net.puppet_receives("NOTIFY");
    assert!(notify.field("Subscription-State").starts_with("active"));
    assert_eq!(notify.body(), "yes");
}

#[test]
fn only_a_watcher_that_is_answered_and_stays_is_saved() {
    let mut net = bob_alone();
    let save = |net: &mut Net, watcher| {
        let (agent, now) = net.at(0);
        agent.save_watcher(now, watcher).map(|_| ())
    };
    let watcher = asking(&mut net);
    assert_eq!(save(&mut net, watcher), Err(StaleHandle));
    let (agent, now) = net.at(0);
    agent.defer_subscription(now, watcher).unwrap();
    assert_eq!(save(&mut net, watcher), Ok(()));
    let (agent, now) = net.at(0);
    agent
        .end_subscription(now, watcher, "rejected", None)
        .unwrap();
    assert_eq!(save(&mut net, watcher), Err(StaleHandle));
    net.run_secs(100);
    assert_eq!(save(&mut net, watcher), Err(StaleHandle));
    net.assert_idle();
}

/// Whoever watches is told the state they were told last, in the dialog they have, wherever we are
/// now; how long they still may, without the time we were away; and refreshes as before.
#[test]
fn a_watcher_is_told_where_we_are() {
    for host in [1, 3] {
        let mut net = bob_alone();
        let (first, watcher) = watching(&mut net);
        net.run(MINUTE);
        let saved = saved_theirs(&mut net, watcher);
        let watcher = restart_theirs(&mut net, &saved, host, MINUTE);
        let next = net.puppet_receives("NOTIFY");
        assert_eq!(next.from, address(host));
        assert_eq!(next.cseq(), first.cseq() + 1);
        for name in ["From", "To", "Call-ID", "Event", "Content-Type"] {
            assert_eq!(next.field(name), first.field(name), "{name}");
        }
        assert_eq!(next.body(), "one");
        let ours = alloc::format!("192.0.2.{host}");
        assert!(next.field("Contact").contains(&ours));
        let left = next.field("Subscription-State");
        assert_eq!(left, "active;expires=480");
        puppet_answers(&mut net, &next, "200 OK", "");
        net.run_ms(20);
        puppet_sends(&mut net, &subscribe(1, first.tag("From"), 600));
        net.puppet_receives("500 SUBSCRIBE");
        puppet_sends(&mut net, &subscribe(3, first.tag("From"), 600));
        assert_eq!(net.puppet_receives("200 SUBSCRIBE").field("Expires"), "600");
        let next = net.puppet_receives("NOTIFY");
        assert_eq!(next.field("Subscription-State"), "active;expires=600");
        puppet_answers(&mut net, &next, "200 OK", "");
        net.run_ms(20);
        let (agent, now) = net.at(0);
        agent.notify(now, watcher, state("two")).unwrap();
        let next = net.puppet_receives("NOTIFY");
        assert_eq!((next.body(), next.cseq()), ("two", first.cseq() + 3));
        puppet_answers(&mut net, &next, "481 Gone", "");
        net.run_ms(20);
        net.assert_idle();
    }
}

/// §4.2.1.4: whose time has run out meanwhile hears that.
#[test]
fn a_watcher_whose_time_is_over_is_told() {
    for away in [WHOLE, Duration::MAX] {
        let mut net = bob_alone();
        let (first, watcher) = watching(&mut net);
        let saved = saved_theirs(&mut net, watcher);
        net.restart(0, bob(), address(1));
        net.forget();
        let (agent, now) = net.at(0);
        agent.restore_watcher(now, &saved, away).unwrap();
        let last = net.puppet_receives("NOTIFY");
        let is = last.field("Subscription-State");
        assert_eq!(is, "terminated;reason=timeout");
        assert_eq!(last.field("To"), first.field("To"));
        puppet_answers(&mut net, &last, "200 OK", "");
        net.run_ms(20);
        assert_eq!(watcher_ended(&mut net, 0), WatcherEnd::Expired);
        net.assert_idle();
        assert_eq!(net.sent("NOTIFY").len(), 1);
    }
}

/// §8.2.1: the `id` that their Event has stays what names their subscription.
#[test]
fn the_id_of_a_watcher_is_kept() {
    let mut net = bob_alone();
    let with_id = subscribe(1, "", 600).replace("presence", "presence;id=7");
    puppet_sends(&mut net, &with_id);
    net.run_ms(20);
    let watcher = requested(&mut net, 0);
    let (agent, now) = net.at(0);
    agent.defer_subscription(now, watcher).unwrap();
    let saved = saved_theirs(&mut net, watcher);
    assert_eq!(saved.event_id.as_deref(), Some("7"));
    let watcher = restart_theirs(&mut net, &saved, 1, NOW);
    let next = net.puppet_receives("NOTIFY");
    assert_eq!(next.field("Event"), "presence;id=7");
    let it = net.at(0).0.user().watcher_of(watcher).unwrap();
    assert_eq!(it.state(), NotifierState::Pending);
    assert_eq!(it.from(), "sip:alice@example.org");
}

#[test]
fn a_watcher_that_does_not_hold_together_is_refused() {
    use RestoreError as E;
    let mut net = bob_alone();
    let (_, watcher) = watching(&mut net);
    let whole = saved_theirs(&mut net, watcher);
    net.restart(0, bob(), address(1));
    net.forget();
    let mut fault = |change: &dyn Fn(&mut SavedWatcher)| {
        let mut broken = whole.clone();
        change(&mut broken);
        let (agent, now) = net.at(0);
        let error = agent.restore_watcher(now, &broken, NOW);
        assert_eq!(agent.user().watchers().count(), 0);
        net.drain();
        assert!(net.log.is_empty() && net.nodes[0].events.is_empty());
        error.unwrap_err()
    };
    let stranger = fault(&|it| it.address_of_record = "sip:eve@example.org".into());
    assert_eq!(stranger, E::UnknownIdentity);
    let error = fault(&|it| it.dialog.id.remote_tag = "a,b".into());
    assert_eq!(error, E::Dialog(SavedDialogError::Tag));
    let error = fault(&|it| it.dialog.local_seq = Some(u32::MAX));
    assert_eq!(error, E::Dialog(SavedDialogError::Sequence));
    let error = fault(&|it| it.dialog.route_set.push("bob".into()));
    assert_eq!(error, E::Dialog(SavedDialogError::Uri));
    for event in ["", "a b", "presence\r\nEvil: 1", "presence;id=1"] {
        assert_eq!(fault(&|it| it.event = event.into()), E::Event);
    }
    for id in ["", "a b", "7\r\nEvil: 1"] {
        assert_eq!(fault(&|it| it.event_id = Some(id.into())), E::Event);
    }
    let (agent, now) = net.at(0);
    agent.restore_watcher(now, &whole, NOW).unwrap();
    let twice = agent.restore_watcher(now, &whole, NOW);
    assert_eq!(twice, Err(E::AlreadyThere));
}
