//! RFC 3261 §24: the registration and the session of the examples.

use std::time::Duration;

use offhook::Transport;
use offhook::sip::endpoint::{Endpoint, EndpointConfig};
use offhook::sip::ua::{EndReason, UserAgent, UserAgentConfig};

use super::sessions::{Phone, accept, call, end, hang_up, ring};
use super::stage::{Host, Stage, play};

const HOSTS: &[Host] = &[
    Host {
        party: "Alice",
        names: &["pc33.atlanta.com"],
        number: 1,
    },
    Host {
        party: "atlanta.com proxy",
        names: &["bigbox3.site3.atlanta.com", "atlanta.com"],
        number: 2,
    },
    Host {
        party: "biloxi.com proxy",
        names: &["server10.biloxi.com", "biloxi.com"],
        number: 3,
    },
    Host {
        party: "Bob",
        names: &["bobspc.biloxi.com"],
        number: 4,
    },
    Host {
        party: "Registrar",
        names: &["registrar.biloxi.com"],
        number: 3,
    },
];

fn phone(party: &str, aor: &str, proxy: Option<&str>) -> Phone {
    let mut config = UserAgentConfig::new(aor);
    config.outbound_proxies.extend(proxy.map(str::to_owned));
    // The proxy of her domain is where Alice sends all she has, without a Route.
    config.preload_route = false;
    let agent = Endpoint::new(EndpointConfig::default(), UserAgent::new(config), [1; 32]);
    Stage::new(agent, party, Transport::Udp, HOSTS)
}

/// RFC 3261 §24.1, Bob's side.
#[test]
fn the_registration_as_bob() {
    let mut bob = phone("Bob", "sip:bob@biloxi.com", None);
    play(&mut bob, (3261, "24.1"), "Bob", |at, bob| {
        if at == "24.1 F1" {
            let (now, two_hours) = (bob.now, Duration::from_secs(7200));
            let registrar = "sip:registrar.biloxi.com";
            bob.machine
                .register(now, registrar, two_hours)
                .expect("a registration");
        }
    });
}

/// RFC 3261 §24.2 as Alice.
#[test]
fn the_session_as_alice() {
    let mut alice = phone("Alice", "sip:alice@atlanta.com", Some("sip:atlanta.com"));
    play(&mut alice, (3261, "24.2"), "Alice", |at, alice| {
        if at == "24.2 F1" {
            call(alice, "sip:bob@biloxi.com");
        }
    });
    assert_eq!(end(&alice), EndReason::RemoteHungUp);
}

/// RFC 3261 §24.2 as Bob.
#[test]
fn the_session_as_bob() {
    let mut bob = phone("Bob", "sip:bob@biloxi.com", None);
    play(&mut bob, (3261, "24.2"), "Bob", |at, bob| match at {
        "24.2 F6" => ring(bob),
        "24.2 F9" => accept(bob),
        "24.2 F13" => hang_up(bob),
        _ => {}
    });
    assert_eq!(end(&bob), EndReason::HungUp);
}
