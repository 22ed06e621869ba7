//! RFC 3665 §3.1 to §3.7: sessions that come about.

use offhook::Transport;
use offhook::sdp::{Codec, LocalMedia};
use offhook::sip::auth::Account;
use offhook::sip::endpoint::{Endpoint, EndpointConfig};
use offhook::sip::ua::{
    CallHandle, EndReason, UaEvent, UserAgent, UserAgentConfig, UserAgentEndpoint,
};

use super::stage::{Host, PASSWORD, Stage, play};

const ALICE: Host = Host {
    party: "Alice",
    names: &["client.atlanta.example.com"],
    number: 101,
};

/// §3.1: there is nobody between them.
const DIRECT: &[Host] = &[
    ALICE,
    Host {
        party: "Bob",
        names: &["client.biloxi.example.com", "biloxi.example.com"],
        number: 201,
    },
];

/// §3.2 and others: a proxy for each of them.
pub(crate) const TWO_PROXIES: &[Host] = &[
    ALICE,
    Host {
        party: "Proxy 1",
        names: &["ss1.atlanta.example.com", "atlanta.example.com"],
        number: 111,
    },
    Host {
        party: "Proxy 2",
        names: &["ss2.biloxi.example.com", "biloxi.example.com"],
        number: 222,
    },
    Host {
        party: "Bob",
        names: &["client.biloxi.example.com"],
        number: 201,
    },
    // Bob, after he has moved.
    Host {
        party: "Bob elsewhere",
        names: &["client.chicago.example.com"],
        number: 100,
    },
];

/// §3.5: a gateway of the application layer between Alice and the world.
pub(crate) const GATEWAY: &[Host] = &[
    ALICE,
    Host {
        party: "SIP ALG",
        names: &["alg1.atlanta.example.com"],
        number: 128,
    },
    Host {
        party: "Proxy 2",
        names: &["ss2.biloxi.example.com", "biloxi.example.com"],
        number: 222,
    },
    Host {
        party: "Bob",
        names: &["client.biloxi.example.com"],
        number: 201,
    },
];

/// §3.6: Bob's domain says where he is.
pub(crate) const REDIRECT: &[Host] = &[
    ALICE,
    Host {
        party: "Redirect Server",
        names: &["rs1.biloxi.example.com", "biloxi.example.com"],
        number: 199,
    },
    Host {
        party: "Proxy 3",
        names: &["ss3.chicago.example.com", "chicago.example.com"],
        number: 233,
    },
    Host {
        party: "Bob",
        names: &["client.chicago.example.com"],
        number: 100,
    },
];

pub(crate) const ATLANTA: &str = "sip:ss1.atlanta.example.com";

pub(crate) type Phone = Stage<UserAgentEndpoint>;

pub(crate) fn phone(
    party: &str,
    over: Transport,
    hosts: &'static [Host],
    routes: &[&str],
) -> Phone {
    let mut config = UserAgentConfig::new(match party {
        "Alice" => "sip:alice@atlanta.example.com",
        _ => "sip:bob@biloxi.example.com",
    });
    let user = party.to_lowercase();
    config.accounts.push(Account::new(user, PASSWORD));
    config.outbound_proxies = routes.iter().map(|route| (*route).to_owned()).collect();
    let agent = Endpoint::new(EndpointConfig::default(), UserAgent::new(config), [1; 32]);
    Stage::new(agent, party, over, hosts)
}

fn media(stage: &Phone) -> LocalMedia {
    LocalMedia {
        codecs: vec![Codec::PCMU],
        ptime_ms: None,
        ..LocalMedia::audio(stage.address(4000))
    }
}

pub(crate) fn call(stage: &mut Phone, to: &str) -> CallHandle {
    let (now, media) = (stage.now, media(stage));
    stage.machine.invite(now, to, media).expect("an INVITE")
}

pub(crate) fn call_bob(stage: &mut Phone) -> CallHandle {
    call(stage, "sip:bob@biloxi.example.com")
}

/// The call that comes in.
pub(crate) fn incoming(stage: &mut Phone) -> CallHandle {
    let mut events = stage.events.iter();
    let call = events.find_map(|event| match event {
        UaEvent::Incoming { call, .. } => Some(*call),
        _ => None,
    });
    call.expect("an incoming call")
}

pub(crate) fn ring(stage: &mut Phone) {
    let (now, call) = (stage.now, incoming(stage));
    stage.machine.ring(now, call).expect("it rings");
}

pub(crate) fn accept(stage: &mut Phone) {
    let (now, call, media) = (stage.now, incoming(stage), media(stage));
    stage.machine.accept(now, call, media).expect("an answer");
}

pub(crate) fn hang_up(stage: &mut Phone) {
    let (now, call) = (stage.now, incoming(stage));
    stage.machine.hang_up(now, call).expect("a BYE");
}

pub(crate) fn end(stage: &Phone) -> EndReason {
    let mut events = stage.events.iter();
    let end = events.find_map(|event| match event {
        UaEvent::Ended { reason, .. } => Some(*reason),
        _ => None,
    });
    end.expect("an end")
}

/// RFC 3665 §3.1 as Alice: she calls, and is hung up on.
#[test]
fn a_session_as_alice() {
    let mut alice = phone("Alice", Transport::Tcp, DIRECT, &[]);
    play(&mut alice, (3665, "3.1"), "Alice", |at, alice| {
        if at == "3.1 F1" {
            call_bob(alice);
        }
    });
    assert_eq!(end(&alice), EndReason::RemoteHungUp);
}

/// RFC 3665 §3.1 as Bob: he answers, and hangs up.
#[test]
fn a_session_as_bob() {
    let mut bob = phone("Bob", Transport::Tcp, DIRECT, &[]);
    play(&mut bob, (3665, "3.1"), "Bob", |at, bob| match at {
        "3.1 F2" => ring(bob),
        "3.1 F3" => accept(bob),
        "3.1 F5" => hang_up(bob),
        _ => {}
    });
    assert_eq!(end(&bob), EndReason::HungUp);
}

/// RFC 3665 §3.2 as Alice: her proxy asks for a password.
#[test]
fn two_proxies_as_alice() {
    let mut alice = phone("Alice", Transport::Tcp, TWO_PROXIES, &[ATLANTA]);
    play(&mut alice, (3665, "3.2"), "Alice", |at, alice| {
        if at == "3.2 F1" {
            call_bob(alice);
        }
    });
    assert_eq!(end(&alice), EndReason::RemoteHungUp);
}

/// RFC 3665 §3.2 as Bob.
#[test]
fn two_proxies_as_bob() {
    let mut bob = phone("Bob", Transport::Tcp, TWO_PROXIES, &[]);
    play(&mut bob, (3665, "3.2"), "Bob", |at, bob| match at {
        "3.2 F9" => ring(bob),
        "3.2 F12" => accept(bob),
        "3.2 F18" => hang_up(bob),
        _ => {}
    });
    assert_eq!(end(&bob), EndReason::HungUp);
}

/// RFC 3665 §3.3 as Alice: both proxies ask for a password, one after the other.
#[test]
fn two_passwords_as_alice() {
    let mut alice = phone("Alice", Transport::Udp, TWO_PROXIES, &[ATLANTA]);
    play(&mut alice, (3665, "3.3"), "Alice", |at, alice| {
        if at == "3.3 F1" {
            call_bob(alice);
        }
    });
    assert_eq!(alice.machine.user().live_calls(), 1);
}

/// RFC 3665 §3.3 as Bob, who does not ring.
#[test]
fn two_passwords_as_bob() {
    let mut bob = phone("Bob", Transport::Udp, TWO_PROXIES, &[]);
    play(&mut bob, (3665, "3.3"), "Bob", |at, bob| {
        if at == "3.3 F16" {
            accept(bob);
        }
    });
    assert_eq!(bob.machine.user().live_calls(), 1);
}

/// RFC 3665 §3.4 as Alice: her proxy is silent, and she tries the other.
#[test]
fn a_proxy_that_fails_as_alice() {
    let both = [ATLANTA, "sip:ss2.biloxi.example.com"];
    let mut alice = phone("Alice", Transport::Udp, TWO_PROXIES, &both);
    play(&mut alice, (3665, "3.4"), "Alice", |at, alice| {
        if at == "3.4 F1" {
            call_bob(alice);
        }
    });
    assert_eq!(end(&alice), EndReason::RemoteHungUp);
}

/// RFC 3665 §3.4 as Bob.
#[test]
fn a_proxy_that_fails_as_bob() {
    let mut bob = phone("Bob", Transport::Udp, TWO_PROXIES, &[]);
    play(&mut bob, (3665, "3.4"), "Bob", |at, bob| match at {
        "3.4 F14" => ring(bob),
        "3.4 F16" => accept(bob),
        "3.4 F20" => hang_up(bob),
        _ => {}
    });
    assert_eq!(end(&bob), EndReason::HungUp);
}

/// RFC 3665 §3.5 as Bob: what stands before Alice changes her description, and he need not know.
#[test]
fn a_gateway_as_bob() {
    let mut bob = phone("Bob", Transport::Udp, GATEWAY, &[]);
    play(&mut bob, (3665, "3.5"), "Bob", |at, bob| match at {
        "3.5 F6" => ring(bob),
        "3.5 F9" => accept(bob),
        _ => {}
    });
    assert_eq!(end(&bob), EndReason::RemoteHungUp);
}

/// RFC 3665 §3.6 as Alice: she is sent elsewhere, and describes her media in the ACK.
#[test]
fn a_redirection_as_alice() {
    let mut alice = phone("Alice", Transport::Udp, REDIRECT, &[]);
    play(&mut alice, (3665, "3.6"), "Alice", |at, alice| {
        if at == "3.6 F1" {
            let (now, media) = (alice.now, media(alice));
            let to = "sip:bob@biloxi.example.com";
            let call = alice.machine.invite_without_offer(now, to, media);
            call.expect("an INVITE");
        }
    });
    assert_eq!(end(&alice), EndReason::RemoteHungUp);
}

/// RFC 3665 §3.6 as Bob: the offer is his.
#[test]
fn a_redirection_as_bob() {
    let mut bob = phone("Bob", Transport::Tcp, REDIRECT, &[]);
    play(&mut bob, (3665, "3.6"), "Bob", |at, bob| match at {
        "3.6 F7" => ring(bob),
        "3.6 F9" => accept(bob),
        "3.6 F13" => hang_up(bob),
        _ => {}
    });
    assert_eq!(end(&bob), EndReason::HungUp);
}

/// RFC 3665 §3.7 as Alice: Bob moves, and says so in a re-INVITE.
#[test]
fn a_move_as_alice() {
    let mut alice = phone("Alice", Transport::Udp, TWO_PROXIES, &[]);
    let mut call = None;
    play(&mut alice, (3665, "3.7"), "Alice", |at, alice| match at {
        "3.7 F1" => call = Some(call_bob(alice)),
        "3.7 F9" => alice.moves("Bob", "Bob elsewhere"),
        "3.7 F12" => {
            let mut plans = alice.events.iter().filter_map(|event| match event {
                UaEvent::MediaAgreed { plan, .. } => Some(plan.remote),
                _ => None,
            });
            let last = plans.next_back().expect("media");
            assert_eq!(last, "192.0.2.100:47172".parse().expect("an address"));
            let (now, call) = (alice.now, call.expect("a call"));
            alice.machine.hang_up(now, call).expect("a BYE");
        }
        _ => {}
    });
    assert_eq!(end(&alice), EndReason::HungUp);
}
