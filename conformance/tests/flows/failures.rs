//! RFC 3665 §3.8 to §3.11: sessions that do not come about.

use offhook::Transport;
use offhook::sip::message::StatusCode;
use offhook::sip::ua::EndReason;

use super::sessions::{ATLANTA, TWO_PROXIES, call_bob, end, incoming, phone, ring};
use super::stage::play;

/// RFC 3665 §3.8 as Alice: she gives up.
#[test]
fn no_answer_as_alice() {
    let mut alice = phone("Alice", Transport::Udp, TWO_PROXIES, &[ATLANTA]);
    let mut call = None;
    play(&mut alice, (3665, "3.8"), "Alice", |at, alice| match at {
        "3.8 F1" => call = Some(call_bob(alice)),
        "3.8 F9" => {
            let (now, call) = (alice.now, call.expect("a call"));
            alice.machine.hang_up(now, call).expect("a CANCEL");
        }
        _ => {}
    });
    assert_eq!(end(&alice), EndReason::Cancelled);
}

/// RFC 3665 §3.8 as Bob: he is called in vain.
#[test]
fn no_answer_as_bob() {
    let mut bob = phone("Bob", Transport::Udp, TWO_PROXIES, &[]);
    play(&mut bob, (3665, "3.8"), "Bob", |at, bob| {
        if at == "3.8 F6" {
            ring(bob);
        }
    });
    assert_eq!(end(&bob), EndReason::RemoteCancelled);
}

/// RFC 3665 §3.9 as Alice.
#[test]
fn busy_as_alice() {
    let mut alice = phone("Alice", Transport::Tcp, TWO_PROXIES, &[ATLANTA]);
    play(&mut alice, (3665, "3.9"), "Alice", |at, alice| {
        if at == "3.9 F1" {
            call_bob(alice);
        }
    });
    assert_eq!(end(&alice), EndReason::Rejected(StatusCode::BUSY_HERE));
}

/// RFC 3665 §3.9 as Bob.
#[test]
fn busy_as_bob() {
    let mut bob = phone("Bob", Transport::Tcp, TWO_PROXIES, &[]);
    play(&mut bob, (3665, "3.9"), "Bob", |at, bob| {
        if at == "3.9 F6" {
            let (now, call) = (bob.now, incoming(bob));
            let busy = StatusCode::BUSY_HERE;
            bob.machine.reject(now, call, busy).expect("a refusal");
        }
    });
}

/// RFC 3665 §3.10 as Alice: nobody is there, her proxy says so.
#[test]
fn no_response_as_alice() {
    let mut alice = phone("Alice", Transport::Udp, TWO_PROXIES, &[ATLANTA]);
    play(&mut alice, (3665, "3.10"), "Alice", |at, alice| {
        if at == "3.10 F1" {
            call_bob(alice);
        }
    });
    let silence = StatusCode::REQUEST_TIMEOUT;
    assert_eq!(end(&alice), EndReason::Rejected(silence));
}

/// RFC 3665 §3.11 as Alice.
#[test]
fn temporarily_unavailable_as_alice() {
    let mut alice = phone("Alice", Transport::Udp, TWO_PROXIES, &[ATLANTA]);
    play(&mut alice, (3665, "3.11"), "Alice", |at, alice| {
        if at == "3.11 F1" {
            call_bob(alice);
        }
    });
    let unavailable = StatusCode::TEMPORARILY_UNAVAILABLE;
    assert_eq!(end(&alice), EndReason::Rejected(unavailable));
}

/// RFC 3665 §3.11 as Bob: he looks who it is, and declines in his way.
#[test]
fn temporarily_unavailable_as_bob() {
    let mut bob = phone("Bob", Transport::Udp, TWO_PROXIES, &[]);
    play(&mut bob, (3665, "3.11"), "Bob", |at, bob| match at {
        "3.11 F6" => ring(bob),
        "3.11 F9" => {
            let (now, call) = (bob.now, incoming(bob));
            let status = StatusCode::TEMPORARILY_UNAVAILABLE;
            bob.machine.reject(now, call, status).expect("a refusal");
        }
        _ => {}
    });
}
