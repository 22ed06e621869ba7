//! RFC 3665 §3, as the servers see it.

use offhook::Transport::{self, Tcp, Udp};
use offhook::sip::server::TargetPolicy;

use super::hosts::{EVERYONE, Host, REDIRECT};
use super::servers::{ServerStage, config, server};
use super::stage::{PASSWORD, play};

const BILOXI: &str = "biloxi.example.com";
const BOB: &str = "sip:bob@client.biloxi.example.com";

/// Plays a flow, and has nothing to be told in it.
fn plays(mut server: ServerStage, section: &str) -> ServerStage {
    play(&mut server, (3665, section), |_, _| {});
    server
}

/// Alice's: whoever wants something has to show a password.
fn atlanta(over: Transport) -> ServerStage {
    let mut config = config("atlanta.example.com");
    config.add_user("alice", PASSWORD);
    server(config, "Proxy 1", over, EVERYONE)
}

/// Bob's: whoever calls him gets through.
fn biloxi(over: Transport) -> ServerStage {
    serving("Proxy 2", (BILOXI, BOB), over, EVERYONE)
}

fn serving(
    party: &str,
    (domain, bob): (&str, &str),
    over: Transport,
    hosts: &'static [Host],
) -> ServerStage {
    let mut proxy = server(config(domain), party, over, hosts);
    proxy.registers(domain, bob, over);
    proxy
}

/// Bob's, where it asks callers for a password of its own realm, wherever they come from.
fn closed() -> ServerStage {
    let mut config = config(BILOXI);
    config.closed.insert(BILOXI.into());
    for user in ["alice", "bob"] {
        config.users.add_password(user, BILOXI, PASSWORD);
    }
    let mut proxy = server(config, "Proxy 2", Udp, EVERYONE);
    proxy.registers(BILOXI, BOB, Udp);
    proxy
}

/// Bob's, where it does not stay on the path of the call.
fn off_the_path() -> ServerStage {
    let mut config = config(BILOXI);
    config.record_route = false;
    let mut proxy = server(config, "Proxy 2", Udp, EVERYONE);
    proxy.registers(BILOXI, BOB, Udp);
    proxy
}

/// §3.2 as Alice's proxy: it asks for a password, and sends on what has one.
#[test]
fn two_proxies_as_the_first() {
    plays(atlanta(Tcp), "3.2");
}

/// §3.2 as Bob's proxy: it knows where he is.
#[test]
fn two_proxies_as_the_second() {
    plays(biloxi(Tcp), "3.2");
}

/// §3.3 as Alice's proxy: the challenge of the other goes back to her.
#[test]
fn two_passwords_as_the_first() {
    plays(atlanta(Udp), "3.3");
}

/// §3.3 as Bob's proxy: it knows Alice by the password she has there.
#[test]
fn two_passwords_as_the_second() {
    plays(closed(), "3.3");
}

/// §3.4 as Bob's proxy, to which Alice turns at once.
#[test]
fn a_proxy_that_fails_as_the_second() {
    plays(closed(), "3.4");
}

/// §3.5 as what of the gateway is a proxy: what it sends on is described as it came.
#[test]
fn a_gateway_as_a_proxy() {
    let mut config = config("atlanta.example.com");
    config.relay = true;
    let gateway = server(config, "SIP ALG", Udp, EVERYONE);
    plays(gateway, "3.5");
}

/// §3.5 as Bob's proxy.
#[test]
fn a_gateway_as_the_proxy_behind_it() {
    plays(off_the_path(), "3.5");
}

/// §3.6 as the server of Bob's domain, which knows that he has gone elsewhere.
// shows: S107
#[test]
fn a_redirection_as_the_redirect_server() {
    let mut config = config(BILOXI);
    let moved = TargetPolicy::Moved {
        permanently: false,
        contacts: vec!["sip:bob@chicago.example.com;transport=tcp".into()],
    };
    config
        .target_policies
        .insert(format!("bob@{BILOXI}"), moved);
    plays(server(config, "Redirect Server", Udp, REDIRECT), "3.6");
}

/// §3.6 as the same, where he has registered from there.
#[test]
fn a_redirection_by_what_was_registered() {
    let mut config = config(BILOXI);
    config.target_policy = TargetPolicy::Redirect;
    let mut server = server(config, "Redirect Server", Udp, REDIRECT);
    server.registers(BILOXI, "sip:bob@chicago.example.com;transport=tcp", Udp);
    plays(server, "3.6");
}

/// §3.6 as the proxy of where Bob is.
#[test]
fn a_redirection_as_the_proxy() {
    let bob = ("chicago.example.com", "sip:bob@client.chicago.example.com");
    plays(serving("Proxy 3", bob, Tcp, REDIRECT), "3.6");
}

/// §3.7 as the proxy.
#[test]
fn a_move_as_the_proxy() {
    plays(off_the_path(), "3.7");
}

const FAILURES: [(&str, Transport); 4] = [("3.8", Udp), ("3.9", Tcp), ("3.10", Udp), ("3.11", Udp)];

/// §3.8 to §3.11 as Alice's proxy, which has asked for her password on another day.
#[test]
fn failures_as_the_first() {
    for (section, over) in FAILURES {
        let mut proxy = atlanta(over);
        proxy.was_asked("Alice", ("OPTIONS", "sip:bob@biloxi.example.com"), over);
        plays(proxy, section);
    }
}

/// §3.8 to §3.11 as Bob's proxy.
#[test]
fn failures_as_the_second() {
    for (section, over) in FAILURES {
        plays(biloxi(over), section);
    }
}
