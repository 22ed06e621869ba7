//! The same scenarios under the simulator, under mio and under smol give equal transcripts: over
//! datagrams, over connections, over WebSockets, and over both under TLS.
//!
//! The machines are built from the same seeds and bound to the same addresses, so what they send
//! is compared byte for byte, tags, branches and all. Only what tells the time is put aside: when
//! a packet passed, what a server says about its clock, and the nonces it makes from it together
//! with the answers to them; what a frame of a WebSocket was masked with; a proxy's loop mark, the second half of its branches, is computed from
//! those answers too and gets a number in the order of appearance, and the mark of a route over a
//! connection from a port the system chose. A packet sent again is counted once, and a 100, which is sent only if
//! nothing better comes within 200 ms, not at all: whether that happens is a matter of how busy the
//! computer is.
//!
//! What ran on real sockets was recorded too, and repeats itself byte for byte from its recording.

mod compare;
mod ground;
mod papers;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};

use offhook::Transport;
use offhook::trace::Transcript;
use offhook_conformance::sim::transport_name;
use offhook_conformance::worlds::node::{Act, DOMAIN, Deed, Told};

use crate::compare::{assert_equal, sent};
use crate::ground::{Ground, Mio, Simulated, Smol};
use crate::papers::Papers;

/// Who is in a scenario, what they speak over, and what each is built from.
pub(crate) struct Cast {
    pub(crate) over: Transport,
    pub(crate) papers: Option<Papers>,
    pub(crate) people: Vec<(&'static str, String, SocketAddr)>,
}

/// What each scenario is played over.
const OVER: [Transport; 5] = [
    Transport::Udp,
    Transport::Tcp,
    Transport::Tls,
    Transport::Ws,
    Transport::Wss,
];

const ALICE: usize = 1;
const BOB: usize = 2;

/// What people do when something happens: who, and what to do about which of their calls.
type Manners = fn(who: usize, event: &str) -> &'static [(usize, Act)];

/// Plays a scenario: both register, Alice calls Bob, and from then on manners decide.
fn play(mut ground: impl Ground, over: Transport, manners: Manners, calls: usize) -> Transcript {
    // A transport of `ws` means WSS in a SIPS URI only (RFC 7118).
    let scheme = match over {
        Transport::Wss => "sips",
        Transport::Udp
        | Transport::Tcp
        | Transport::Tls
        | Transport::Ws
        | Transport::Sctp
        | Transport::TlsSctp => "sip",
    };
    let mut log = BTreeSet::new();
    let mut ended = 0;
    assert_eq!(ground.command(ALICE, &Deed::Register(600)), "");
    while let Some((who, told)) = ground.next() {
        let Told::Phone(event) = told else { continue };
        let name = format!("{event:?}");
        let name = name.split([' ', '{']).next().unwrap_or_default();
        match (name, who) {
            ("Registered", ALICE) => {
                assert_eq!(ground.command(BOB, &Deed::Register(600)), "");
            }
            ("Registered", _) | ("RegistrationFailed", _) => {
                let uri = format!("{scheme}:bob@{DOMAIN}");
                ground.command(ALICE, &Deed::Invite(uri));
            }
            ("Ended", _) => {
                ended += 1;
                if ended == calls {
                    ground.command(ALICE, &Deed::Unregister);
                }
            }
            ("Unregistered", ALICE) => {
                ground.command(BOB, &Deed::Unregister);
            }
            _ => {}
        }
        let Some(number) = ground.number(who, &event) else {
            continue;
        };
        // An answer is known at both ends before anybody goes on.
        log.insert((who, name.to_owned()));
        let both = [ALICE, BOB]
            .iter()
            .all(|end| log.contains(&(*end, "Answered".to_owned())));
        let name = if name == "Answered" && both {
            "Talking"
        } else {
            name
        };
        for (actor, act) in manners(who, name) {
            ground.command(*actor, &Deed::Call(number, *act));
        }
    }
    assert_eq!(ended, calls, "the scenario was not played to its end");
    ground.transcript()
}

/// A cast with loopback addresses that nobody else has: they are this process's and this test's.
fn cast(password: &str, over: Transport) -> Cast {
    static TESTS: AtomicU8 = AtomicU8::new(0);
    let test = TESTS.fetch_add(1, Ordering::Relaxed);
    let [.., high, low] = std::process::id().to_be_bytes();
    let address = |n: usize| {
        let last = 1 + test * 3 + u8::try_from(n).unwrap();
        SocketAddr::from(([127, high | 0x80, low, last], 5060))
    };
    let server = address(0);
    let spoken = |n: usize| match over {
        // Only who says that it listens for WebSockets is ever connected to over one.
        Transport::Ws | Transport::Wss => {
            format!("over={} listens={}", transport_name(over), address(n))
        }
        Transport::Udp | Transport::Tcp | Transport::Tls | Transport::Sctp | Transport::TlsSctp => {
            format!("over={}", transport_name(over))
        }
    };
    let phone = |n: usize, user: &str, password: &str| {
        let media = format!("127.0.0.1:{}", 40_000 + 2 * n);
        let over = spoken(n);
        format!(
            "phone user={user} seed={n} media={media} proxy={server} {over} password={password}"
        )
    };
    let people = vec![
        (
            "server",
            format!("server seed=9 users=alice:secret,bob:secret {}", spoken(0)),
            server,
        ),
        ("alice", phone(ALICE, "alice", "secret"), address(ALICE)),
        ("bob", phone(BOB, "bob", password), address(BOB)),
    ];
    let addresses = [server, address(ALICE), address(BOB)];
    let papers = over.is_secure().then(|| Papers::new(addresses, test));
    Cast {
        over,
        papers,
        people,
    }
}

fn everywhere(name: &str, password: &str, calls: usize, messages: usize, manners: Manners) {
    for over in OVER {
        let cast = cast(password, over);
        let name = format!("{name} over {over:?}");
        let simulated = play(Simulated::new(&cast), over, manners, calls);
        let count = compare::messages(&simulated);
        assert_eq!(count, messages, "{name}: {:#?}", sent(&simulated));
        let mio = play(Mio::new(&cast), over, manners, calls);
        assert_equal(&name, "mio", &simulated, &mio);
        let smol = play(Smol::new(&cast), over, manners, calls);
        assert_equal(&name, "smol", &simulated, &smol);
    }
}

#[test]
fn a_call_with_hold_and_resume() {
    everywhere("call", "secret", 2, 39, |who, event| match (who, event) {
        (BOB, "Incoming") => &[(BOB, Act::Ring), (BOB, Act::Accept)],
        (_, "Talking") => &[(ALICE, Act::Hold)],
        (ALICE, "HoldDone") => &[(ALICE, Act::Resume)],
        // Whoever acknowledged hangs up: over two connections, the other's BYE could be first.
        (ALICE, "ResumeDone") => &[(ALICE, Act::HangUp)],
        _ => &[],
    });
}

#[test]
fn a_call_that_is_given_up() {
    everywhere("cancel", "secret", 2, 27, |who, event| match (who, event) {
        (BOB, "Incoming") => &[(BOB, Act::Ring)],
        (ALICE, "Ringing") => &[(ALICE, Act::HangUp)],
        _ => &[],
    });
}

#[test]
fn a_busy_callee() {
    everywhere("busy", "secret", 2, 21, |who, event| match (who, event) {
        (BOB, "Incoming") => &[(BOB, Act::Reject(486))],
        _ => &[],
    });
}

#[test]
fn a_callee_with_a_wrong_password() {
    everywhere("wrong password", "wrong", 1, 16, |_, _| &[]);
}
