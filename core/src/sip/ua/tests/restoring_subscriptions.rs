//! Subscriptions that outlive the program, ours and those of others (RFC 6665 §4.1.2, §4.2.1;
//! RFC 3261 §12): the far end notices nothing but a refresh, or a NOTIFY more.

use core::time::Duration;

use super::event_puppets::{
    asked, bob, bob_alone, notified, notify, presence, puppet_takes, subscribed,
    subscription_ended, told, watching,
};
use super::net::{FLOW, Net, address};
use super::puppets::alone;
use crate::Limits;
use crate::machine::{Input, Machine as _, Transport};
use crate::sip::dialog::SavedDialogError;
use crate::sip::endpoint::{Endpoint, EndpointConfig, SelectError};
use crate::sip::event::SubscriberState;
use crate::sip::ua::{
    RestoreError, SavedSubscription, SavedWatcher, StaleHandle, Subscribe, SubscriptionEnd,
    SubscriptionHandle, UserAgent, UserAgentConfig, WatcherHandle,
};
use crate::time::Instant;

pub(super) const NOW: Duration = Duration::ZERO;
pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const WHOLE: Duration = Duration::from_secs(600);

fn alice() -> UserAgentConfig {
    UserAgentConfig::new("sip:alice@example.org")
}

pub(super) fn saved_ours(net: &mut Net, subscription: SubscriptionHandle) -> SavedSubscription {
    let (agent, now) = net.at(0);
    agent.save_subscription(now, subscription).unwrap()
}

pub(super) fn saved_theirs(net: &mut Net, watcher: WatcherHandle) -> SavedWatcher {
    let (agent, now) = net.at(0);
    agent.save_watcher(now, watcher).unwrap()
}

/// Alice's program starts anew at an address, `away` later, and goes on with what was saved.
pub(super) fn restart_ours(
    net: &mut Net,
    saved: &SavedSubscription,
    host: u8,
    away: Duration,
) -> SubscriptionHandle {
    net.restart(0, alice(), address(host));
    net.forget();
    net.now += away;
    let (agent, now) = net.at(0);
    agent.restore_subscription(now, saved, away).unwrap()
}

pub(super) fn restart_theirs(
    net: &mut Net,
    saved: &SavedWatcher,
    host: u8,
    away: Duration,
) -> WatcherHandle {
    net.restart(0, bob(), address(host));
    net.forget();
    net.now += away;
    let (agent, now) = net.at(0);
    agent.restore_watcher(now, saved, away).unwrap()
}

/// RFC 3261 §12.2.1.1: it is refreshed in the dialog it had, with the next CSeq number, wherever we
/// are now; and what the notifier has sent before is not taken again.
#[test]
fn a_subscription_goes_on_where_it_was_or_elsewhere() {
    for host in [1, 3] {
        let mut net = alone();
        let (first, handle) = subscribed(&mut net, presence());
        let saved = saved_ours(&mut net, handle);
        let handle = restart_ours(&mut net, &saved, host, MINUTE);
        let refresh = net.puppet_receives("SUBSCRIBE");
        assert_eq!(refresh.from, address(host));
        assert_eq!(refresh.cseq(), first.cseq() + 1);
        assert_eq!(refresh.request_uri(), "sip:bob@192.0.2.9");
        for name in ["From", "Call-ID", "Event", "Expires"] {
            assert_eq!(refresh.field(name), first.field(name), "{name}");
        }
        assert_eq!(refresh.tag("To"), "t");
        let ours = alloc::format!("192.0.2.{host}");
        assert!(refresh.field("Contact").contains(&ours));
        puppet_takes(&mut net, &refresh, 500);
        net.run_ms(20);
        // What came before the restart has come.
        let old = notify((&first, "t"), 1, "active").replace("bKt1", "bKold");
        notified(&mut net, &old, "500");
        notified(&mut net, &notify((&first, "t"), 2, "active"), "200");
        assert_eq!(told(&mut net).state, SubscriberState::Active);
        let it = net.at(0).0.user().subscription(handle).unwrap();
        assert_eq!(
            (it.to(), it.event()),
            ("sip:bob@192.0.2.9", &*saved.subscribe.event)
        );
        let last = notify((&first, "t"), 3, "terminated;reason=noresource");
        notified(&mut net, &last, "200");
        let over = (SubscriptionEnd::Terminated, None);
        assert_eq!(subscription_ended(&mut net), over);
        net.assert_idle();
    }
}

/// The time it was away for is gone from the time it holds.
#[test]
fn the_time_away_counts() {
    let mut net = alone();
    let (_, handle) = subscribed(&mut net, presence());
    net.run(MINUTE);
    let saved = saved_ours(&mut net, handle);
    assert!(saved.is_active);
    assert!(saved.expires_in > WHOLE - MINUTE * 2 && saved.expires_in <= WHOLE - MINUTE);
    let handle = restart_ours(&mut net, &saved, 1, MINUTE * 3);
    let again = saved_ours(&mut net, handle);
    assert_eq!(again.expires_in, saved.expires_in - MINUTE * 3);
    // Nothing else has changed but the CSeq number of the refresh.
    let mut expected = saved;
    expected.expires_in -= MINUTE * 3;
    expected.dialog.local_seq = expected.dialog.local_seq.map(|number| number + 1);
    assert_eq!(again, expected);
    let mut net = bob_alone();
    let (_, watcher) = watching(&mut net);
    net.run(MINUTE);
    let mut expected = saved_theirs(&mut net, watcher);
    let watcher = restart_theirs(&mut net, &expected, 1, MINUTE * 3);
    expected.expires_in -= MINUTE * 3;
    expected.dialog.local_seq = expected.dialog.local_seq.map(|number| number + 1);
    assert_eq!(saved_theirs(&mut net, watcher), expected);
}

/// §4.1.2.2: whose time is over is begun anew, unrelated to what there was.
#[test]
fn a_subscription_whose_time_is_over_is_begun_anew() {
    for away in [WHOLE, Duration::MAX] {
        let mut net = alone();
        let (first, handle) = subscribed(&mut net, presence());
        let saved = saved_ours(&mut net, handle);
        net.restart(0, alice(), address(1));
        net.forget();
        let (agent, now) = net.at(0);
        let handle = agent.restore_subscription(now, &saved, away).unwrap();
        let anew = net.puppet_receives("SUBSCRIBE");
        assert_eq!(anew.tag("To"), "");
        assert_ne!(anew.field("Call-ID"), first.field("Call-ID"));
        assert_ne!(anew.tag("From"), first.tag("From"));
        assert_eq!(anew.field("Event"), "presence");
        // The notifier of before has nobody here.
        notified(&mut net, &notify((&first, "t"), 2, "active"), "481");
        puppet_takes(&mut net, &anew, 600);
        notified(&mut net, &notify((&anew, "u"), 1, "active"), "200");
        let it = net.at(0).0.user().subscription(handle).unwrap();
        assert_eq!(it.state(), SubscriberState::Active);
    }
}

/// One that cannot be begun anew, as nobody is to be asked at its URI, is over, and told so.
#[test]
fn what_cannot_be_begun_anew_is_over() {
    let mut net = alone();
    let (_, handle) = subscribed(&mut net, presence());
    let mut saved = saved_ours(&mut net, handle);
    saved.to = "mailto:bob@example.org".into();
    net.restart(0, alice(), address(1));
    let (agent, now) = net.at(0);
    agent.restore_subscription(now, &saved, WHOLE).unwrap();
    let over = (SubscriptionEnd::Unreachable, None);
    assert_eq!(subscription_ended(&mut net), over);
    net.assert_idle();
}

/// §4.1.2: there is something to save while there is a subscription, and we want it.
#[test]
fn only_a_subscription_that_stands_is_saved() {
    let mut net = alone();
    let save = |net: &mut Net, handle| {
        let (agent, now) = net.at(0);
        agent.save_subscription(now, handle).map(|_| ())
    };
    let (first, handle) = asked(&mut net, presence());
    assert_eq!(save(&mut net, handle), Err(StaleHandle));
    puppet_takes(&mut net, &first, 600);
    net.run_ms(20);
    assert_eq!(save(&mut net, handle), Err(StaleHandle));
    notified(&mut net, &notify((&first, "t"), 1, "active"), "200");
    assert_eq!(save(&mut net, handle), Ok(()));
    let (agent, now) = net.at(0);
    agent.leave_subscription(now, handle).unwrap();
    assert_eq!(save(&mut net, handle), Err(StaleHandle));
    net.run_secs(100);
    assert_eq!(save(&mut net, handle), Err(StaleHandle));
    net.assert_idle();
}

#[test]
fn a_subscription_that_does_not_hold_together_is_refused() {
    use RestoreError as E;
    let mut net = alone();
    let (_, handle) = subscribed(&mut net, presence());
    let whole = saved_ours(&mut net, handle);
    net.restart(0, alice(), address(1));
    net.forget();
    let mut fault = |change: &dyn Fn(&mut SavedSubscription)| {
        let mut broken = whole.clone();
        change(&mut broken);
        let (agent, now) = net.at(0);
        let error = agent.restore_subscription(now, &broken, NOW);
        // However long it was away for.
        assert_eq!(agent.restore_subscription(now, &broken, WHOLE), error);
        assert_eq!(agent.user().subscriptions().count(), 0);
        net.drain();
        assert!(net.log.is_empty() && net.nodes[0].events.is_empty());
        error.unwrap_err()
    };
    let stranger = fault(&|it| it.address_of_record = "sip:eve@example.org".into());
    assert_eq!(stranger, E::UnknownIdentity);
    let dialog = E::Dialog;
    for call_id in ["", "a b", "x\r\nEvil: 1"] {
        let error = fault(&|it| it.dialog.id.call_id = call_id.into());
        assert_eq!(error, dialog(SavedDialogError::CallId));
    }
    for tag in ["", "a b", "a\r\n"] {
        let error = fault(&|it| it.dialog.id.local_tag = tag.into());
        assert_eq!(error, dialog(SavedDialogError::Tag));
    }
    let error = fault(&|it| it.dialog.remote_seq = Some(1 << 31));
    assert_eq!(error, dialog(SavedDialogError::Sequence));
    for uri in ["", "bob", "sip:", "sip:a@b>\r\nEvil: 1"] {
        let error = fault(&|it| it.dialog.remote_target = uri.into());
        assert_eq!(error, dialog(SavedDialogError::Uri));
        assert_eq!(fault(&|it| it.to = uri.into()), E::Uri);
    }
    for event in ["", "a b", "presence\r\nEvil: 1", "presence;id=1"] {
        assert_eq!(fault(&|it| it.subscribe.event = event.into()), E::Event);
    }
    // It is whole after all.
    let (agent, now) = net.at(0);
    agent.restore_subscription(now, &whole, NOW).unwrap();
    let twice = agent.restore_subscription(now, &whole, NOW);
    assert_eq!(twice, Err(E::AlreadyThere));
}

/// Limits are those of subscriptions that are opened or come in, and without a socket there is no way
/// anywhere.
#[test]
fn what_does_not_fit_here_is_refused() {
    let mut net = alone();
    let (_, handle) = subscribed(&mut net, presence());
    let ours = saved_ours(&mut net, handle);
    let mut net = bob_alone();
    let (_, watcher) = watching(&mut net);
    let theirs = saved_theirs(&mut net, watcher);
    let now = Instant::from_millis(1);
    let agent = |config, limits| {
        let endpoint = EndpointConfig {
            limits,
            ..EndpointConfig::default()
        };
        Endpoint::new(endpoint, UserAgent::new(config), [9; 32])
    };
    let full = || Limits {
        subscriptions: 0,
        ..Limits::default()
    };
    let no_way = RestoreError::NoWay(SelectError::NoFlow);
    let mut one = agent(alice(), Limits::default());
    assert_eq!(one.restore_subscription(now, &ours, NOW), Err(no_way));
    let mut other = agent(bob(), Limits::default());
    assert_eq!(other.restore_watcher(now, &theirs, NOW), Err(no_way));
    assert!(one.is_idle() && other.is_idle());
    let (mut one, mut other) = (agent(alice(), full()), agent(bob(), full()));
    for agent in [&mut one, &mut other] {
        let (flow, local) = (FLOW, address(1));
        let transport = Transport::Udp;
        let bound = Input::Bound {
            flow,
            transport,
            local,
        };
        agent.handle_input(now, bound);
    }
    let error = RestoreError::LimitReached;
    assert_eq!(one.restore_subscription(now, &ours, NOW), Err(error));
    assert_eq!(other.restore_watcher(now, &theirs, NOW), Err(error));
    assert!(one.is_idle() && other.is_idle());
}

/// What is subscribed to is saved as it was asked for, with all that a refresh has to say.
#[test]
fn a_refresh_asks_for_what_was_asked_for() {
    let mut net = alone();
    let asked_for = Subscribe {
        accept: ["text/plain".into(), "application/pidf+xml".into()].into(),
        content_type: "application/simple-filter+xml".into(),
        body: b"<filter/>".to_vec(),
        ..presence()
    };
    let (first, handle) = subscribed(&mut net, asked_for);
    let saved = saved_ours(&mut net, handle);
    restart_ours(&mut net, &saved, 1, NOW);
    let refresh = net.puppet_receives("SUBSCRIBE");
    for name in ["Accept", "Content-Type", "Expires"] {
        assert_eq!(refresh.field(name), first.field(name), "{name}");
    }
    assert_eq!(refresh.field("Accept"), "text/plain, application/pidf+xml");
    assert_eq!(refresh.body(), "<filter/>");
}
