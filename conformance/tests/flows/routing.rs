//! RFC 3666, as the proxies see it: which gateway a number leads to, and which if that is full.

use offhook::Transport::{self, Tcp, Tls, Udp};
use offhook::sip::server::TargetPolicy;

use super::hosts::{ENUM, GATEWAYS, Host, OVERFLOW};
use super::servers::{ServerStage, config, server};
use super::stage::{PASSWORD, play};

const DOMAIN: &str = "ss1.a.example.com";
const BOBS_NUMBER: &str = "+19725552222";
const CAROLS_NUMBER: &str = "+19185553333";

/// Proxy 1, which knows where a user is.
fn proxy((user, contacts): (&str, &str), over: Transport) -> ServerStage {
    let mut proxy = server(config(DOMAIN), "Proxy 1", over, GATEWAYS);
    proxy.is_told((user, DOMAIN), contacts, over);
    proxy
}

/// The same, where whoever calls has to show a password, and Alice was asked for hers before.
fn gate((user, contacts): (&str, &str), over: Transport, hosts: &'static [Host]) -> ServerStage {
    let mut config = config(DOMAIN);
    config.realm = "a.example.com".into();
    config.closed.insert(DOMAIN.into());
    for name in ["alice", user] {
        config.users.add_password(name, "a.example.com", PASSWORD);
    }
    let mut proxy = server(config, "Proxy 1", over, hosts);
    proxy.is_told((user, DOMAIN), contacts, over);
    let scheme = if over.is_secure() { "sips" } else { "sip" };
    let uri = format!("{scheme}:{user}@{DOMAIN};user=phone");
    proxy.was_asked("Alice", ("OPTIONS", &uri), over);
    proxy
}

fn plays(mut proxy: ServerStage, section: &str) {
    play(&mut proxy, (3666, section), |_, _| {});
}

/// §2.1, §2.2, §2.5 to §2.7: from Alice to a gateway.
#[test]
fn to_the_telephone_network() {
    let bob = (
        BOBS_NUMBER,
        "<sip:+19725552222@ngw1.a.example.com;user=phone>",
    );
    let carol = (CAROLS_NUMBER, "<sips:4443333@gw1.a.example.com>");
    let nobody = ("+44-1234", "<sip:+44-1234@ngw1.a.example.com;user=phone>");
    for (section, target, over) in [
        ("2.1", bob, Tcp),
        ("2.2", carol, Tls),
        ("2.5", bob, Udp),
        ("2.6", nobody, Tcp),
        ("2.7", bob, Tcp),
    ] {
        plays(gate(target, over, GATEWAYS), section);
    }
}

/// §2.3: the second gateway is asked once the first is full (RFC 3261 §16.7 step 5).
#[test]
fn to_another_gateway_when_the_first_is_full() {
    let gateways = "<sip:+19725552222@ngw1.a.example.com;user=phone>;q=1.0, \
                    <sip:+19725552222@ngw2.a.example.com;user=phone>;q=0.5";
    plays(gate((BOBS_NUMBER, gateways), Udp, OVERFLOW), "2.3");
}

/// §2.4: the number is Bob's in his own domain.
#[test]
fn to_a_number_that_is_a_user_of_ours() {
    let domain = "b.example.com";
    let mut proxy = server(config(domain), "Proxy 3", Udp, ENUM);
    let contact = "<sip:+19725552222@client.b.example.com>";
    proxy.is_told((BOBS_NUMBER, domain), contact, Udp);
    plays(proxy, "2.4");
}

/// §3.1 to §3.3, §3.5 to §3.7, §3.9: from a gateway to Bob, who is a phone or a domain.
#[test]
fn from_the_telephone_network() {
    let phone = "<sip:bob@client.b.example.com>";
    let domain = "<sip:bob@b.example.com>";
    for (section, contact, over) in [
        ("3.1", phone, Udp),
        ("3.2", domain, Tcp),
        ("3.3", phone, Udp),
        ("3.5", domain, Tcp),
        ("3.6", domain, Tcp),
        ("3.7", domain, Udp),
        ("3.9", domain, Tcp),
    ] {
        plays(proxy((BOBS_NUMBER, contact), over), section);
    }
}

/// §3.4: nobody anywhere has the number (RFC 3261 §21.6.3).
#[test]
fn to_a_number_that_nobody_has() {
    let mut config = config(DOMAIN);
    config.target_policy = TargetPolicy::Nonexistent;
    plays(server(config, "Proxy 1", Tcp, GATEWAYS), "3.4");
}

/// §4.1: from a gateway to a gateway.
// shows: S418
#[test]
fn between_two_networks() {
    let carol = (CAROLS_NUMBER, "<sips:4443333@gw2.a.example.com>");
    plays(proxy(carol, Tls), "4.1");
}

/// §4.2: within, if there is a way, and else by the telephone network.
// shows: S418
#[test]
fn between_two_private_exchanges() {
    let gateways = "<sip:4443333@gw2.a.example.com>;q=1.0, \
                    <sip:+19185553333@gw3.a.example.com;user=phone>;q=0.5";
    plays(proxy(("4443333", gateways), Udp), "4.2");
}
