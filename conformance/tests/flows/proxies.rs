//! RFC 3665 §3, as the proxies see it.
//!
//! Bob's proxy in §3.3 and §3.4 asks callers from elsewhere for a password of its own realm, and the
//! server in §3.6 redirects; ours does neither: it lets everyone call its users, and proxies.

use offhook::sip::auth::Algorithm;
use offhook::sip::endpoint::{Endpoint, EndpointConfig};
use offhook::sip::server::{Server, ServerConfig};
use offhook::{Limits, Transport};

use super::sessions::{GATEWAY, REDIRECT, TWO_PROXIES};
use super::stage::{Host, PASSWORD, Stage, play};

type Proxy = Stage<Endpoint<Server>>;

/// Alice's: whoever wants something has to show a password.
fn atlanta(over: Transport) -> Proxy {
    proxy(
        "Proxy 1",
        "atlanta.example.com",
        &["alice"],
        over,
        TWO_PROXIES,
    )
}

/// Bob's: whoever calls him gets through.
fn biloxi(over: Transport, hosts: &'static [Host]) -> Proxy {
    let mut proxy = proxy("Proxy 2", "biloxi.example.com", &[], over, hosts);
    proxy.registers(
        "biloxi.example.com",
        "sip:bob@client.biloxi.example.com",
        over,
    );
    proxy
}

/// Bob's, where it does not stay on the path of the call.
fn off_the_path(hosts: &'static [Host]) -> Proxy {
    let (domain, over) = ("biloxi.example.com", Transport::Udp);
    let mut config = ServerConfig::new(domain);
    config.record_route = false;
    let mut proxy = stage(config, "Proxy 2", over, hosts);
    proxy.registers(domain, "sip:bob@client.biloxi.example.com", over);
    proxy
}

fn proxy(
    party: &str,
    domain: &str,
    users: &[&str],
    over: Transport,
    hosts: &'static [Host],
) -> Proxy {
    let mut config = ServerConfig::new(domain);
    config.algorithms = vec![Algorithm::MD5];
    for user in users {
        config.add_user(user, PASSWORD);
    }
    stage(config, party, over, hosts)
}

fn stage(config: ServerConfig, party: &str, over: Transport, hosts: &'static [Host]) -> Proxy {
    let server = Server::new(config, &Limits::default(), [2; 32]);
    let endpoint = Endpoint::new(EndpointConfig::default(), server, [3; 32]);
    Stage::new(endpoint, party, over, hosts)
}

/// RFC 3665 §3.2 as Alice's proxy: it asks for a password, and sends on what has one.
#[test]
fn two_proxies_as_the_first() {
    play(
        &mut atlanta(Transport::Tcp),
        (3665, "3.2"),
        "Proxy 1",
        |_, _| {},
    );
}

/// RFC 3665 §3.2 as Bob's proxy: it knows where he is.
#[test]
fn two_proxies_as_the_second() {
    let mut proxy = biloxi(Transport::Tcp, TWO_PROXIES);
    play(&mut proxy, (3665, "3.2"), "Proxy 2", |_, _| {});
}

/// RFC 3665 §3.3 as Alice's proxy: the challenge of the other goes back to her.
#[test]
fn two_passwords_as_the_first() {
    play(
        &mut atlanta(Transport::Udp),
        (3665, "3.3"),
        "Proxy 1",
        |_, _| {},
    );
}

/// RFC 3665 §3.5 as Bob's proxy.
#[test]
fn a_gateway_as_the_proxy() {
    let mut proxy = off_the_path(GATEWAY);
    play(&mut proxy, (3665, "3.5"), "Proxy 2", |_, _| {});
}

/// RFC 3665 §3.6 as the proxy of where Bob is.
#[test]
fn a_redirection_as_the_proxy() {
    let (over, domain) = (Transport::Tcp, "chicago.example.com");
    let mut proxy = proxy("Proxy 3", domain, &[], over, REDIRECT);
    proxy.registers(domain, "sip:bob@client.chicago.example.com", over);
    play(&mut proxy, (3665, "3.6"), "Proxy 3", |_, _| {});
}

/// RFC 3665 §3.7 as the proxy.
#[test]
fn a_move_as_the_proxy() {
    let mut proxy = off_the_path(TWO_PROXIES);
    play(&mut proxy, (3665, "3.7"), "Proxy 2", |_, _| {});
}

/// RFC 3665 §3.8 to §3.11 as Alice's proxy, which has asked for her password on another day.
#[test]
fn failures_as_the_first() {
    for section in ["3.8", "3.9", "3.10", "3.11"] {
        let over = if section == "3.9" {
            Transport::Tcp
        } else {
            Transport::Udp
        };
        let mut proxy = atlanta(over);
        proxy.was_asked("Alice", ("OPTIONS", "sip:bob@biloxi.example.com"), over);
        play(&mut proxy, (3665, section), "Proxy 1", |_, _| {});
    }
}

/// RFC 3665 §3.8 to §3.11 as Bob's proxy.
#[test]
fn failures_as_the_second() {
    for section in ["3.8", "3.9", "3.10", "3.11"] {
        let over = if section == "3.9" {
            Transport::Tcp
        } else {
            Transport::Udp
        };
        let mut proxy = biloxi(over, TWO_PROXIES);
        play(&mut proxy, (3665, section), "Proxy 2", |_, _| {});
    }
}
