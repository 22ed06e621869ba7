//! Calls in bad weather: commands at random moments from both sides, packets lost at random.
//! Whatever happens, every call ends once and nothing is left.

use super::net::{Net, Sent, address, media};
use crate::rng::Rng;
use crate::sip::ua::{CallHandle, UaEvent, UserAgentConfig};

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::time::Duration;

/// Moves every node once, at random.
fn act(net: &mut Net, rng: &mut Rng) {
    for n in 0..2 {
        let calls: Vec<CallHandle> = net.at(n).0.user().calls().collect();
        let other = 2 - u8::try_from(n).unwrap();
        let (phone, now) = net.at(n);
        let own = media(3 - other);
        match (rng.below(12), calls.first().copied()) {
            (0 | 1, None) => {
                let to = alloc::format!("sip:x@{}", address(other));
                let _ = phone.invite(now, &to, own);
            }
            (2, Some(call)) => drop(phone.ring(now, call)),
            (3 | 4, Some(call)) => drop(phone.accept(now, call, own)),
            (5, Some(call)) => drop(phone.hold(now, call)),
            (6, Some(call)) => drop(phone.resume(now, call)),
            (7, Some(call)) => drop(phone.hang_up(now, call)),
            _ => {}
        }
    }
}

fn storm(seed: u8, loss: u64) -> Net {
    let mut rng = Rng::from_seed([seed; 32]);
    let mut net = Net::new(["sip:alice@example.org", "sip:bob@example.org"].map(|aor| {
        let mut config = UserAgentConfig::new(aor);
        config.ring_limit = Duration::from_secs(40);
        config
    }));
    let mut weather = rng.fork();
    net.lose(move |_| weather.below(100) < loss);
    for _ in 0..60 {
        act(&mut net, &mut rng);
        net.run_ms(rng.below(1500));
    }
    net.lose_nothing_more();
    // Whoever still talks to nobody finds out when he says something.
    for n in 0..2 {
        net.run_secs(80);
        let calls: Vec<CallHandle> = net.at(n).0.user().calls().collect();
        for call in calls {
            let (phone, now) = net.at(n);
            let _ = phone.hang_up(now, call);
        }
    }
    net.assert_idle();
    net
}

#[test]
fn every_call_ends_once_and_nothing_is_left() {
    let mut labels = BTreeSet::new();
    for seed in 0..60 {
        let net = storm(seed, u64::from(seed % 4) * 15);
        labels.extend(net.log.iter().map(Sent::label));
        for node in &net.nodes {
            let ended: Vec<CallHandle> = node
                .events
                .iter()
                .filter_map(|event| match event {
                    UaEvent::Ended { call, .. } => Some(*call),
                    _ => None,
                })
                .collect();
            let mut once = ended.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), ended.len(), "seed {seed}");
            let begun = node.events.iter().filter_map(|event| match event {
                UaEvent::Incoming { call, .. } => Some(*call),
                _ => None,
            });
            for call in begun {
                assert!(ended.contains(&call), "seed {seed}: {call:?}");
            }
        }
    }
    // The weather was bad enough to meet all of these.
    for label in [
        "200 CANCEL",
        "481 INVITE",
        "487 INVITE",
        "491 INVITE",
        "200 BYE",
    ] {
        assert!(labels.contains(label), "{label}");
    }
}

/// P3: the same seed, the same packets.
#[test]
fn the_same_weather_gives_the_same_packets() {
    let texts = |seed| {
        let net = storm(seed, 20);
        net.log
            .into_iter()
            .map(|sent| sent.text)
            .collect::<Vec<_>>()
    };
    assert_eq!(texts(3), texts(3));
    assert_ne!(texts(3), texts(4));
}
