//! RFC 3665 §3.1 to §3.7: sessions that come about, as Alice and Bob see them.

use offhook::Transport::{Tcp, Udp};
use offhook::sip::ua::{EndReason, UaEvent};

use super::hosts::{DIRECT, EVERYONE, REDIRECT};
use super::phones::{Phone, accept, call_bob, end, hang_up, media, phone, plays, ring};

pub(crate) const ATLANTA: &str = "sip:ss1.atlanta.example.com";

/// §3.1: she calls, and is hung up on.
#[test]
fn a_session_as_alice() {
    let alice = plays(phone("Alice", Tcp, DIRECT, &[]), "3.1", &[("F1", call_bob)]);
    assert_eq!(end(&alice), EndReason::RemoteHungUp);
}

/// §3.1: he answers, and hangs up.
#[test]
fn a_session_as_bob() {
    let does = [("F2", ring as _), ("F3", accept as _), ("F5", hang_up as _)];
    let bob = plays(phone("Bob", Tcp, DIRECT, &[]), "3.1", &does);
    assert_eq!(end(&bob), EndReason::HungUp);
}

/// §3.2: her proxy asks for a password.
#[test]
fn two_proxies_as_alice() {
    let alice = phone("Alice", Tcp, EVERYONE, &[ATLANTA]);
    let alice = plays(alice, "3.2", &[("F1", call_bob)]);
    assert_eq!(end(&alice), EndReason::RemoteHungUp);
}

#[test]
fn two_proxies_as_bob() {
    let does = [
        ("F9", ring as _),
        ("F12", accept as _),
        ("F18", hang_up as _),
    ];
    let bob = plays(phone("Bob", Tcp, EVERYONE, &[]), "3.2", &does);
    assert_eq!(end(&bob), EndReason::HungUp);
}

/// §3.3: both proxies ask for a password, one after the other.
#[test]
fn two_passwords_as_alice() {
    let alice = phone("Alice", Udp, EVERYONE, &[ATLANTA]);
    let alice = plays(alice, "3.3", &[("F1", call_bob)]);
    assert_eq!(alice.machine.user().live_calls(), 1);
}

/// §3.3: he does not ring.
#[test]
fn two_passwords_as_bob() {
    let bob = phone("Bob", Udp, EVERYONE, &[]);
    let bob = plays(bob, "3.3", &[("F16", accept)]);
    assert_eq!(bob.machine.user().live_calls(), 1);
}

/// §3.4: her proxy is silent, and she tries the other.
#[test]
fn a_proxy_that_fails_as_alice() {
    let both = [ATLANTA, "sip:ss2.biloxi.example.com"];
    let alice = phone("Alice", Udp, EVERYONE, &both);
    let alice = plays(alice, "3.4", &[("F1", call_bob)]);
    assert_eq!(end(&alice), EndReason::RemoteHungUp);
}

#[test]
fn a_proxy_that_fails_as_bob() {
    let does = [
        ("F14", ring as _),
        ("F16", accept as _),
        ("F20", hang_up as _),
    ];
    let bob = plays(phone("Bob", Udp, EVERYONE, &[]), "3.4", &does);
    assert_eq!(end(&bob), EndReason::HungUp);
}

/// §3.5: what she sends goes by what stands before her, and so do her media, as she is told.
#[test]
fn a_gateway_as_alice() {
    let gateway = ["sip:alg1.atlanta.example.com"];
    let alice = phone("Alice", Udp, EVERYONE, &gateway);
    let does = [("F1", call_bob as _), ("F14", hang_up as _)];
    let alice = plays(alice, "3.5", &does);
    assert_eq!(end(&alice), EndReason::HungUp);
    assert_eq!(remote_media(&alice), "192.0.2.128:1734");
}

/// §3.5: what stands before Alice changes her description, and he need not know.
#[test]
fn a_gateway_as_bob() {
    let does = [("F6", ring as _), ("F9", accept as _)];
    let bob = plays(phone("Bob", Udp, EVERYONE, &[]), "3.5", &does);
    assert_eq!(end(&bob), EndReason::RemoteHungUp);
    assert_eq!(remote_media(&bob), "192.0.2.128:2000");
}

/// §3.6: she is sent elsewhere, and describes her media in the ACK.
#[test]
fn a_redirection_as_alice() {
    let alice = phone("Alice", Udp, REDIRECT, &[]);
    let alice = plays(alice, "3.6", &[("F1", call_bob_without_offer)]);
    assert_eq!(end(&alice), EndReason::RemoteHungUp);
}

/// §3.6: the offer is his.
#[test]
fn a_redirection_as_bob() {
    let does = [
        ("F7", ring as _),
        ("F9", accept as _),
        ("F13", hang_up as _),
    ];
    let bob = plays(phone("Bob", Tcp, REDIRECT, &[]), "3.6", &does);
    assert_eq!(end(&bob), EndReason::HungUp);
}

/// §3.7: Bob moves, and says so in a re-INVITE.
#[test]
fn a_move_as_alice() {
    let alice = phone("Alice", Udp, EVERYONE, &[]);
    let does = [
        ("F1", call_bob as _),
        ("F9", bob_moves as _),
        ("F12", hang_up as _),
    ];
    let alice = plays(alice, "3.7", &does);
    assert_eq!(remote_media(&alice), "192.0.2.100:47172");
    assert_eq!(end(&alice), EndReason::HungUp);
}

/// §3.7: the call goes on where he is now.
#[test]
fn a_move_as_bob() {
    let does = [
        ("F4", ring as _),
        ("F6", accept as _),
        ("F9", has_moved as _),
    ];
    let bob = plays(phone("Bob", Udp, EVERYONE, &[]), "3.7", &does);
    assert_eq!(end(&bob), EndReason::RemoteHungUp);
    let mut agreed = bob.events.iter().filter_map(|event| match event {
        UaEvent::MediaAgreed { plan, .. } => Some(plan.local),
        _ => None,
    });
    let last = agreed.next_back().map(|local| local.to_string());
    assert_eq!(last.as_deref(), Some("192.0.2.100:4000"));
}

fn call_bob_without_offer(phone: &mut Phone) {
    let (now, media) = (phone.now, media(phone));
    let to = "sip:bob@biloxi.example.com";
    let call = phone.machine.invite_without_offer(now, to, media);
    call.expect("an INVITE");
}

fn bob_moves(alice: &mut Phone) {
    alice.moves("Bob", "Bob elsewhere");
}

fn has_moved(bob: &mut Phone) {
    let old = bob.address(0).ip();
    bob.settles("Bob elsewhere");
    let (now, new) = (bob.now, bob.address(0).ip());
    bob.machine.local_address_changed(now, old, new);
}

/// Where the media of the other were last.
fn remote_media(phone: &Phone) -> String {
    let mut plans = phone.events.iter().filter_map(|event| match event {
        UaEvent::MediaAgreed { plan, .. } => Some(plan.remote),
        _ => None,
    });
    plans.next_back().expect("media").to_string()
}
