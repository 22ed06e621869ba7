//! RFC 3666, as telephones and gateways see it: a gateway is a user agent whose user is the telephone
//! network, and what that does is what the gateway is told here.

use offhook::Transport::{self, Tcp, Tls, Udp};
use offhook::sip::auth::Account;
use offhook::sip::message::StatusCode;
use offhook::sip::ua::{EndReason, UserAgentConfig};

use super::hosts::{ENUM, GATEWAYS, Host, OVERFLOW};
use super::phones::{
    Act, Phone, accept, call, end, hang_up, media, phone_with, plays_in, ring, the_call,
};
use super::stage::PASSWORD;

const BOB: &str = "sip:+19725552222@ss1.a.example.com;user=phone";
const CAROL: &str = "sips:+19185553333@ss1.a.example.com;user=phone";

/// Alice, who goes by her telephone number.
fn alice(over: Transport, hosts: &'static [Host]) -> Phone {
    let scheme = if over.is_secure() { "sips" } else { "sip" };
    let mut config = UserAgentConfig::new(&format!(
        "{scheme}:+13145551111@ss1.a.example.com;user=phone"
    ));
    config.accounts.push(Account::new("alice", PASSWORD));
    phone_with(config, "Alice", over, hosts)
}

fn bob(over: Transport) -> Phone {
    let config = UserAgentConfig::new("sip:bob@b.example.com");
    phone_with(config, "Bob", over, GATEWAYS)
}

/// A gateway, which is in From, and in Contact, by its address.
fn gateway(party: &str, user: &str, over: Transport) -> Phone {
    gateway_of(party, user, over, GATEWAYS)
}

fn gateway_of(party: &str, user: &str, over: Transport, hosts: &'static [Host]) -> Phone {
    let host = hosts.iter().find(|host| host.party == party);
    let address = host.expect("a gateway").ip();
    let scheme = if over.is_secure() { "sips" } else { "sip" };
    let config = match user.split_once(';') {
        Some((user, param)) => UserAgentConfig::new(&format!("{scheme}:{user}@{address};{param}")),
        None => UserAgentConfig::new(&format!("{scheme}:{user}@{address}")),
    };
    phone_with(config, party, over, hosts)
}

const ALICES_NUMBER: &str = "+13145551111;user=phone";

fn plays(phone: Phone, section: &str, does: &[(&str, Act)]) -> Phone {
    plays_in(3666, phone, section, does)
}

fn call_bob(phone: &mut Phone) {
    call(phone, BOB);
}

fn call_carol(phone: &mut Phone) {
    call(phone, CAROL);
}

/// What the telephone network says is let through before anyone has answered.
fn let_through(phone: &mut Phone) {
    let (now, call, media) = (phone.now, the_call(phone), media(phone));
    let begun = phone.machine.begin_early_session(now, call, media);
    begun.expect("an early session");
}

fn refuse(phone: &mut Phone, status: u16) {
    let (now, call) = (phone.now, the_call(phone));
    let status = StatusCode::new(status).expect("a status");
    phone.machine.reject(now, call, status).expect("a refusal");
}

/// §2.1, §2.2: she calls somebody in the telephone network, and hangs up.
#[test]
fn a_call_to_the_telephone_network_as_alice() {
    let does = [("F1", call_bob as Act), ("F14", hang_up)];
    let alice_2_1 = plays(alice(Tcp, GATEWAYS), "2.1", &does);
    assert_eq!(end(&alice_2_1), EndReason::HungUp);
    let does = [("F1", call_carol as Act), ("F16", hang_up)];
    let alice_2_2 = plays(alice(Tls, GATEWAYS), "2.2", &does);
    assert_eq!(end(&alice_2_2), EndReason::HungUp);
}

/// §2.1, and §2.5 where it fails: what the switch says before it answers is heard (RFC 3261 §13.2.1, §21.1.5).
// shows: S436
#[test]
fn a_call_to_the_telephone_network_as_the_gateway() {
    let does = [("F7", let_through as Act), ("F10", accept)];
    let answered = plays(gateway("NGW 1", "ngw1", Tcp), "2.1", &does);
    assert_eq!(end(&answered), EndReason::RemoteHungUp);
    let given_up = plays(gateway("NGW 1", "ngw1", Udp), "2.5", &[("F7", let_through)]);
    assert_eq!(end(&given_up), EndReason::RemoteCancelled);
}

/// §2.2.
#[test]
fn a_call_to_a_private_exchange_as_the_gateway() {
    let does = [("F8", ring as Act), ("F12", accept)];
    let gateway = plays(gateway("GW 1", "4443333", Tls), "2.2", &does);
    assert_eq!(end(&gateway), EndReason::RemoteHungUp);
}

/// §2.3: she knows nothing of the gateway that was full.
#[test]
fn an_overflow_as_alice() {
    let does = [("F1", call_bob as Act), ("F16", hang_up)];
    let alice = plays(alice(Udp, OVERFLOW), "2.3", &does);
    assert_eq!(end(&alice), EndReason::HungUp);
}

/// §2.3: no circuit is left.
#[test]
fn an_overflow_as_the_gateway_that_is_full() {
    let gateway = gateway_of("NGW 1", "ngw1", Udp, OVERFLOW);
    plays(gateway, "2.3", &[("F4", |gateway| refuse(gateway, 503))]);
}

#[test]
fn an_overflow_as_the_gateway_that_is_not() {
    let gateway = gateway_of("NGW 2", "ngw2", Udp, OVERFLOW);
    let does = [("F9", let_through as Act), ("F12", accept)];
    let gateway = plays(gateway, "2.3", &does);
    assert_eq!(end(&gateway), EndReason::RemoteHungUp);
}

/// §2.4: she has looked his number up, and calls where that has led.
#[test]
fn a_number_that_leads_to_sip_as_alice() {
    let config = UserAgentConfig::new("sip:+13145551111@a.example.com");
    let alice = phone_with(config, "Alice", Udp, ENUM);
    let alice = plays(alice, "2.4", &[("F3", call_what_was_found)]);
    assert_eq!(end(&alice), EndReason::RemoteHungUp);
}

fn call_what_was_found(phone: &mut Phone) {
    // She tells everyone whom she calls, not what she has dialled: To is at first what the Request-URI
    // is (RFC 3261 §8.1.1.2).
    phone.names.say("tel:+19725552222", FOUND);
    call(phone, FOUND);
}

const FOUND: &str = "sip:+19725552222@b.example.com";

/// §2.4: the number stays in To, and is in From once he hangs up.
#[test]
fn a_number_that_leads_to_sip_as_bob() {
    let config = UserAgentConfig::new("sip:+19725552222@b.example.com");
    let does = [("F6", ring as Act), ("F8", accept), ("F12", hang_up)];
    let bob = plays(phone_with(config, "Bob", Udp, ENUM), "2.4", &does);
    assert_eq!(end(&bob), EndReason::HungUp);
}

/// §2.5: she hears why it fails, and gives up.
#[test]
fn a_failure_that_is_heard_as_alice() {
    let does = [("F1", call_bob as Act), ("F9", hang_up)];
    let alice = plays(alice(Udp, GATEWAYS), "2.5", &does);
    assert_eq!(end(&alice), EndReason::Cancelled);
}

/// §2.6: nobody has the number, which the network says with a cause.
#[test]
fn a_number_nobody_has_as_alice() {
    let does = [("F1", (|alice| call(alice, NOBODY)) as Act)];
    let alice = plays(alice(Tcp, GATEWAYS), "2.6", &does);
    assert_eq!(end(&alice), EndReason::Rejected(StatusCode::NOT_FOUND));
}

const NOBODY: &str = "sip:+44-1234@ss1.a.example.com;user=phone";

#[test]
fn a_number_nobody_has_as_the_gateway() {
    let does = [("F8", (|gateway| refuse(gateway, 404)) as Act)];
    plays(gateway("NGW 1", "ngw1", Tcp), "2.6", &does);
}

/// §2.7: the gateway loses its patience.
#[test]
fn no_answer_from_the_telephone_network_as_alice() {
    let alice = plays(alice(Tcp, GATEWAYS), "2.7", &[("F1", call_bob)]);
    let unavailable = StatusCode::TEMPORARILY_UNAVAILABLE;
    assert_eq!(end(&alice), EndReason::Rejected(unavailable));
}

#[test]
fn no_answer_from_the_telephone_network_as_the_gateway() {
    let does = [
        ("F7", let_through as Act),
        ("F11", |gateway| refuse(gateway, 480)),
    ];
    plays(gateway("NGW 1", "ngw1", Tcp), "2.7", &does);
}

/// §3.1, §3.2: whoever calls hangs up.
#[test]
fn a_call_from_the_telephone_network_as_the_gateway() {
    for (section, over, hangs_up) in [("3.1", Udp, "F15"), ("3.2", Tcp, "F12")] {
        let does = [("F2", call_bob as Act), (hangs_up, hang_up)];
        let gateway = plays(gateway("NGW 1", ALICES_NUMBER, over), section, &does);
        assert_eq!(end(&gateway), EndReason::HungUp);
    }
}

/// §3.1.
#[test]
fn a_call_from_the_telephone_network_as_bob() {
    let bob = plays(bob(Udp), "3.1", &[("F5", ring), ("F8", accept)]);
    assert_eq!(end(&bob), EndReason::RemoteHungUp);
}

/// §3.2: he answers before it rings.
#[test]
fn a_call_from_the_telephone_network_as_a_quick_bob() {
    let bob = plays(bob(Tcp), "3.2", &[("F5", accept)]);
    assert_eq!(end(&bob), EndReason::RemoteHungUp);
}

/// §3.3: only digits that mean something in there are known of the caller.
#[test]
fn a_call_from_a_private_exchange_as_the_gateway() {
    let gateway = gateway("GW 1", "551313;user=phone", Udp);
    let gateway = plays(gateway, "3.3", &[("F2", call_bob), ("F11", hang_up)]);
    assert_eq!(end(&gateway), EndReason::HungUp);
}

#[test]
fn a_call_from_a_private_exchange_as_bob() {
    let bob = plays(bob(Udp), "3.3", &[("F5", ring), ("F7", accept)]);
    assert_eq!(end(&bob), EndReason::RemoteHungUp);
}

/// §3.4 to §3.6: what is refused over there becomes a release here, or tones.
#[test]
fn a_call_from_the_telephone_network_that_is_refused_as_the_gateway() {
    let unknown: Act = |gateway| call(gateway, "sip:+1972559999@ss1.a.example.com;user=phone");
    for (party, section, does, status) in [
        ("GW 1", "3.4", unknown, 604),
        ("NGW 1", "3.5", call_bob, 600),
        ("NGW 1", "3.6", call_bob, 600),
    ] {
        let gateway = gateway(party, ALICES_NUMBER, Tcp);
        let gateway = plays(gateway, section, &[("F2", does)]);
        let status = StatusCode::new(status).expect("a status");
        assert_eq!(end(&gateway), EndReason::Rejected(status));
    }
}

/// §3.5, §3.6: he is busy wherever he is.
#[test]
fn a_call_from_the_telephone_network_that_is_refused_as_bob() {
    for section in ["3.5", "3.6"] {
        let does = [("F5", (|bob| refuse(bob, 600)) as Act)];
        plays(bob(Tcp), section, &does);
    }
}

/// §3.7: the network gives up, and so the call is cancelled.
#[test]
fn a_network_that_gives_up_as_the_gateway() {
    let gateway = gateway("NGW 1", ALICES_NUMBER, Udp);
    plays(gateway, "3.7", &[("F2", call_bob), ("F12", hang_up)]);
}

/// §3.8: the call is not cancelled, for nobody has said anything to it (RFC 3261 §9.1).
#[test]
fn a_network_that_gives_up_before_anyone_is_heard_as_the_gateway() {
    let mut gateway = plays(
        gateway("NGW 1", ALICES_NUMBER, Udp),
        "3.8",
        &[("F2", call_bob)],
    );
    hang_up(&mut gateway);
    gateway.drain();
    gateway.assert_silent();
}

/// §3.9: the caller gives up while it rings.
#[test]
fn a_caller_that_gives_up_as_the_gateway() {
    let gateway = gateway("NGW 1", ALICES_NUMBER, Tcp);
    let gateway = plays(gateway, "3.9", &[("F2", call_bob), ("F10", hang_up)]);
    assert_eq!(end(&gateway), EndReason::Cancelled);
}

#[test]
fn a_caller_that_gives_up_as_bob() {
    let bob = plays(bob(Tcp), "3.9", &[("F5", ring)]);
    assert_eq!(end(&bob), EndReason::RemoteCancelled);
}

/// §4.1: the network at either end, SIP in between.
#[test]
fn between_two_networks_as_the_first_gateway() {
    let gateway = gateway("NGW 1", ALICES_NUMBER, Tls);
    let gateway = plays(gateway, "4.1", &[("F2", call_carol)]);
    assert_eq!(end(&gateway), EndReason::RemoteHungUp);
}

#[test]
fn between_two_networks_as_the_second_gateway() {
    let gateway = gateway("GW 2", "4443333", Tls);
    let does = [
        ("F6", let_through as Act),
        ("F10", accept),
        ("F16", hang_up),
    ];
    let gateway = plays(gateway, "4.1", &does);
    assert_eq!(end(&gateway), EndReason::HungUp);
}

/// §4.2: a private exchange calls another, and the way within is full.
#[test]
fn between_two_private_exchanges_as_the_first_gateway() {
    let carol: Act = |gateway| call(gateway, "sip:4443333@ss1.a.example.com");
    let gateway = plays(gateway("GW 1", "551313", Udp), "4.2", &[("F2", carol)]);
    assert_eq!(end(&gateway), EndReason::RemoteHungUp);
}

#[test]
fn between_two_private_exchanges_as_the_gateway_that_is_full() {
    let does = [("F4", (|gateway| refuse(gateway, 503)) as Act)];
    plays(gateway("GW 2", "4443333", Udp), "4.2", &does);
}

#[test]
fn between_two_private_exchanges_as_the_gateway_that_is_not() {
    let gateway = gateway("GW 3", "+19185553333;user=phone", Udp);
    let does = [("F11", ring as Act), ("F14", accept), ("F20", hang_up)];
    let gateway = plays(gateway, "4.2", &does);
    assert_eq!(end(&gateway), EndReason::HungUp);
}
