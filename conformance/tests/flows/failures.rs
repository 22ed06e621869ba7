//! RFC 3665 §3.8 to §3.11: sessions that do not come about, as Alice and Bob see them.

use offhook::Transport::{Tcp, Udp};
use offhook::sip::message::StatusCode;
use offhook::sip::ua::EndReason;

use super::hosts::EVERYONE;
use super::phones::{Phone, call_bob, end, hang_up, phone, plays, ring, the_call};
use super::sessions::ATLANTA;

/// §3.8: she gives up.
#[test]
fn no_answer_as_alice() {
    let alice = phone("Alice", Udp, EVERYONE, &[ATLANTA]);
    let does = [("F1", call_bob as _), ("F9", hang_up as _)];
    assert_eq!(end(&plays(alice, "3.8", &does)), EndReason::Cancelled);
}

/// §3.8: he is called in vain.
#[test]
fn no_answer_as_bob() {
    let bob = plays(phone("Bob", Udp, EVERYONE, &[]), "3.8", &[("F6", ring)]);
    assert_eq!(end(&bob), EndReason::RemoteCancelled);
}

/// §3.9.
#[test]
fn busy_as_alice() {
    let alice = phone("Alice", Tcp, EVERYONE, &[ATLANTA]);
    let alice = plays(alice, "3.9", &[("F1", call_bob)]);
    assert_eq!(end(&alice), EndReason::Rejected(StatusCode::BUSY_HERE));
}

#[test]
fn busy_as_bob() {
    let bob = phone("Bob", Tcp, EVERYONE, &[]);
    plays(bob, "3.9", &[("F6", is_busy)]);
}

/// §3.10: nobody is there, her proxy says so.
#[test]
fn no_response_as_alice() {
    let alice = phone("Alice", Udp, EVERYONE, &[ATLANTA]);
    let alice = plays(alice, "3.10", &[("F1", call_bob)]);
    let silence = StatusCode::REQUEST_TIMEOUT;
    assert_eq!(end(&alice), EndReason::Rejected(silence));
}

/// §3.11.
#[test]
fn temporarily_unavailable_as_alice() {
    let alice = phone("Alice", Udp, EVERYONE, &[ATLANTA]);
    let alice = plays(alice, "3.11", &[("F1", call_bob)]);
    let unavailable = StatusCode::TEMPORARILY_UNAVAILABLE;
    assert_eq!(end(&alice), EndReason::Rejected(unavailable));
}

/// §3.11: he looks who it is, and declines in his way.
#[test]
fn temporarily_unavailable_as_bob() {
    let does = [("F6", ring as _), ("F9", is_unavailable as _)];
    plays(phone("Bob", Udp, EVERYONE, &[]), "3.11", &does);
}

fn is_busy(phone: &mut Phone) {
    reject(phone, StatusCode::BUSY_HERE);
}

fn is_unavailable(phone: &mut Phone) {
    reject(phone, StatusCode::TEMPORARILY_UNAVAILABLE);
}

fn reject(phone: &mut Phone, status: StatusCode) {
    let (now, call) = (phone.now, the_call(phone));
    phone.machine.reject(now, call, status).expect("a refusal");
}
