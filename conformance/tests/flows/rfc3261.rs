//! RFC 3261 §24: the registration and the session of the examples.

use std::time::Duration;

use offhook::Transport::Udp;
use offhook::sip::server::ServerConfig;
use offhook::sip::ua::{EndReason, UserAgentConfig};

use super::hosts::RFC_3261;
use super::phones::{Phone, accept, call, end, hang_up, phone_with, ring};
use super::servers::{ServerStage, server};
use super::stage::play;

fn phone(party: &str, aor: &str, proxy: Option<&str>) -> Phone {
    let mut config = UserAgentConfig::new(aor);
    config.outbound_proxies.extend(proxy.map(str::to_owned));
    // The proxy of her domain is where Alice sends all she has, without a Route.
    config.preload_route = false;
    phone_with(config, party, Udp, RFC_3261)
}

/// A proxy that does not stay on the path, and sends on what is for others.
fn proxy(party: &str, domain: &str) -> ServerStage {
    let mut config = ServerConfig::new(domain);
    config.record_route = false;
    config.relay = true;
    server(config, party, Udp, RFC_3261)
}

/// RFC 3261 §24.1, Bob's side.
#[test]
fn the_registration_as_bob() {
    let mut bob = phone("Bob", "sip:bob@biloxi.com", None);
    play(&mut bob, (3261, "24.1"), |at, bob| {
        if at == "F1" {
            let (now, two_hours) = (bob.now, Duration::from_secs(7200));
            let registrar = "sip:registrar.biloxi.com";
            bob.machine
                .register(now, registrar, two_hours)
                .expect("a registration");
        }
    });
}

/// RFC 3261 §24.1, the other side.
#[test]
fn the_registration_as_the_registrar() {
    let mut registrar = server(ServerConfig::new("biloxi.com"), "Registrar", Udp, RFC_3261);
    play(&mut registrar, (3261, "24.1"), |_, _| {});
    let (bob, bindings) = registrar.machine.bindings().next().expect("a binding");
    assert_eq!((bob.as_str(), bindings.len()), ("bob@biloxi.com", 1));
    assert_eq!(bindings[0].seconds_left(registrar.now), 7200);
}

/// RFC 3261 §24.2 as Alice.
#[test]
fn the_session_as_alice() {
    let mut alice = phone("Alice", "sip:alice@atlanta.com", Some("sip:atlanta.com"));
    play(&mut alice, (3261, "24.2"), |at, alice| {
        if at == "F1" {
            call(alice, "sip:bob@biloxi.com");
        }
    });
    assert_eq!(end(&alice), EndReason::RemoteHungUp);
}

/// RFC 3261 §24.2 as the proxy of Alice's domain.
#[test]
fn the_session_as_the_first_proxy() {
    let mut proxy = proxy("atlanta.com proxy", "atlanta.com");
    play(&mut proxy, (3261, "24.2"), |_, _| {});
}

/// RFC 3261 §24.2 as the proxy of Bob's domain, where he has registered as in §24.1.
#[test]
fn the_session_as_the_second_proxy() {
    let mut proxy = proxy("biloxi.com proxy", "biloxi.com");
    proxy.registers("biloxi.com", "sip:bob@192.0.2.4", Udp);
    play(&mut proxy, (3261, "24.2"), |_, _| {});
}

/// RFC 3261 §24.2 as Bob.
#[test]
fn the_session_as_bob() {
    let mut bob = phone("Bob", "sip:bob@biloxi.com", None);
    play(&mut bob, (3261, "24.2"), |at, bob| match at {
        "F6" => ring(bob),
        "F9" => accept(bob),
        "F13" => hang_up(bob),
        _ => {}
    });
    assert_eq!(end(&bob), EndReason::HungUp);
}
