//! Where the requests of subscriptions go when the next hop is a name (RFC 3263 §4), and what cannot be
//! asked for at all.

use alloc::vec::Vec;

use core::net::Ipv4Addr;

use super::event_puppets::{
    PUPPET, asked, bob_alone, next_notify, next_subscribe, notified, notify, presence,
    puppet_answers, puppet_sends, puppet_takes, requested, state, subscribe,
};
use super::net::{Net, address};
use super::puppets::alone;
use crate::Limits;
use crate::dns::{Name, Record, RecordData};
use crate::sip::endpoint::EndpointConfig;
use crate::sip::ua::{RequestError, Subscribe, UserAgentConfig};

const NAMED: &str = "<sip:there@edge.example.net:5070>";

/// The name is at 192.0.2.5.
fn zone() -> Vec<Record> {
    let ip = Ipv4Addr::new(192, 0, 2, 5);
    Vec::from([Record {
        name: Name::parse("edge.example.net").unwrap(),
        ttl: 60,
        data: RecordData::A(ip),
    }])
}

/// A notifier whose Contact has a name is refreshed where that leads, from the first NOTIFY on or
/// since it has moved there.
#[test]
fn a_notifier_with_a_name_is_looked_up() {
    for moves in [false, true] {
        let mut net = alone();
        net.zone = Some(zone());
        let (first, _) = asked(&mut net, presence());
        puppet_takes(&mut net, &first, 600);
        let one = notify((&first, "t"), 1, "active;expires=600");
        let two = notify((&first, "t"), 2, "active;expires=600");
        let named = |text: &str| text.replace("<sip:bob@192.0.2.9>", NAMED);
        if moves {
            notified(&mut net, &one, "200");
            notified(&mut net, &named(&two), "200");
        } else {
            notified(&mut net, &named(&one), "200");
        }
        let refresh = next_subscribe(&mut net);
        assert_eq!(refresh.request_uri(), "sip:there@edge.example.net:5070");
        assert_eq!(refresh.to.port(), 5070, "{moves}");
        assert_eq!(refresh.to.ip(), address(5).ip());
    }
}

/// A subscriber whose Contact has a name is told where that leads; or, as long as nobody knows, where
/// it has asked from.
#[test]
fn a_subscriber_with_a_name_is_looked_up() {
    for is_known in [true, false] {
        let mut net = bob_alone();
        net.zone = is_known.then(zone);
        let text = subscribe(1, "", 600).replace("<sip:alice@192.0.2.9>", NAMED);
        puppet_sends(&mut net, &text);
        net.run_ms(20);
        let watcher = requested(&mut net, 0);
        let (bob, now) = net.at(0);
        bob.grant_subscription(now, watcher, state("one")).unwrap();
        let first = next_notify(&mut net);
        assert_eq!(first.request_uri(), "sip:there@edge.example.net:5070");
        puppet_answers(&mut net, &first, "200 OK", "");
        net.run_secs(5);
        let (bob, now) = net.at(0);
        bob.notify(now, watcher, state("two")).unwrap();
        let second = next_notify(&mut net);
        let expected = if is_known { 5070 } else { 5060 };
        assert_eq!(second.to.port(), expected);
    }
}

/// What cannot be written or asked is refused at once, and nothing is sent or left.
#[test]
fn what_cannot_be_asked_for_is_refused() {
    let mut net = alone();
    let (alice, now) = net.at(0);
    for to in ["", "bob", "mailto:bob@example.org", "sip:a b"] {
        let error = alice.subscribe(now, to, presence());
        assert_eq!(error, Err(RequestError::BadUri), "{to}");
    }
    for event in ["", "a b", "presence\r\nEvil: 1"] {
        let error = alice.subscribe(now, PUPPET, Subscribe::new(event));
        assert!(error.is_err(), "{event:?}");
    }
    assert_eq!(alice.user().subscriptions().count(), 0);
    net.assert_idle();
    assert!(net.log.is_empty());
}

/// There are not more subscriptions than there may be; a fork beyond that is told so.
#[test]
fn there_are_not_more_of_ours_than_there_may_be() {
    let endpoint = EndpointConfig {
        limits: Limits {
            subscriptions: 1,
            ..Limits::default()
        },
        ..EndpointConfig::default()
    };
    let mut net = Net::with([(UserAgentConfig::new("sip:alice@example.org"), endpoint)]);
    let forked = Subscribe {
        takes_forks: true,
        ..presence()
    };
    let (first, _) = asked(&mut net, forked);
    let (alice, now) = net.at(0);
    let more = alice.subscribe(now, PUPPET, presence());
    assert_eq!(more, Err(RequestError::LimitReached));
    notified(&mut net, &notify((&first, "t"), 1, "active"), "200");
    notified(&mut net, &notify((&first, "u"), 1, "active"), "503");
    assert_eq!(net.at(0).0.user().subscriptions().count(), 1);
}
