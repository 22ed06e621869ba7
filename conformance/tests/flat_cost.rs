//! P7: what a step costs does not depend on how many idle calls, registrations and transactions
//! exist.
//!
//! Two machines of the same kind are compared, one with a few idle entries, one with two hundred
//! times as many, step by step in turn, and of each kind of step the fastest run counts: it is the
//! one in which nothing else happened on the computer. A step that visits every idle entry costs
//! hundreds of times as much; one that looks an entry up in a tree or a heap does not cost five
//! times as much.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant as Clock};

use offhook::sip::ua::UaEvent;
use offhook::{FlowId, Input, Instant, Output, Transport};
use offhook_conformance::sim::Subject;
use offhook_conformance::worlds::node::{Act, Deed, Node, Told};
use offhook_conformance::worlds::talker::{Talk, Talker};

const FEW: u32 = 20;
const MANY: u32 = 4000;
const ROUNDS: u32 = 300;
/// How much more a step may cost with many entries: caches miss and trees are deeper.
const FACTOR: u32 = 5;

const HERE: &str = "192.0.2.1:5060";
const THERE: &str = "192.0.2.2:5060";

fn at(address: &str) -> SocketAddr {
    address.parse().unwrap()
}

/// A machine with one socket and a clock that moves on a little with every step.
struct Lone<S: Subject> {
    machine: S,
    now: Instant,
    sent: VecDeque<(SocketAddr, Vec<u8>)>,
    events: VecDeque<S::Event>,
    bytes: Vec<u8>,
}

impl<S: Subject> Lone<S> {
    fn new(description: &str, address: &str) -> Self {
        let mut lone = Self {
            machine: S::build(description).unwrap(),
            now: Instant::ZERO,
            sent: VecDeque::new(),
            events: VecDeque::new(),
            bytes: Vec::new(),
        };
        lone.input(Input::Bound {
            flow: FlowId::from_driver(0),
            transport: Transport::Udp,
            local: at(address),
        });
        lone
    }

    fn input(&mut self, input: Input<'_>) {
        self.now += Duration::from_micros(1);
        self.machine.handle_input(self.now, input);
        self.drain();
    }

    fn datagram(&mut self, source: &str, bytes: &[u8]) {
        self.input(Input::Datagram {
            flow: FlowId::from_driver(0),
            source: at(source),
            bytes,
        });
    }

    fn command(&mut self, command: &S::Command) -> String {
        self.now += Duration::from_micros(1);
        let answer = self.machine.command(self.now, command);
        self.drain();
        answer
    }

    fn drain(&mut self) -> Option<Instant> {
        loop {
            match self.machine.poll_output(&mut self.bytes) {
                Output::Transmit { to, .. } => self.sent.push_back((to, self.bytes.clone())),
                Output::Event(event) => self.events.push_back(event),
                Output::Wait(at) => return at,
                Output::Connect { .. } | Output::Close { .. } | Output::Resolve { .. } => {}
            }
        }
    }

    /// Lets time pass until all transactions have ended.
    fn settle(&mut self) {
        let end = self.now + Duration::from_secs(100);
        while let Some(next) = self.drain().filter(|next| *next <= end) {
            self.now = next;
            self.input(Input::Timeout);
        }
        self.now = end;
        self.sent.clear();
        self.events.clear();
    }
}

fn request(method: &str, user: &str, number: u32, rest: &str) -> Vec<u8> {
    let uri = match method {
        "REGISTER" => "sip:example.com".to_owned(),
        _ => format!("sip:{user}@192.0.2.1"),
    };
    format!(
        "{method} {uri} SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK{method}{number}\r\n\
         From: <sip:b@example.com>;tag=f{number}\r\nTo: <sip:{user}@example.com>{rest}\r\n\
         Call-ID: {method}{number}@example.com\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\n\
         Contact: <sip:b@192.0.2.2>\r\nContent-Length: 0\r\n\r\n"
    )
    .into_bytes()
}

/// The fastest time of a step, of a machine with few entries and of one with many.
fn fastest<M>(few: &mut M, many: &mut M, mut step: impl FnMut(&mut M, u32)) -> [Duration; 2] {
    let mut fastest = [Duration::MAX; 2];
    for round in 0..ROUNDS {
        for (machine, fastest) in [&mut *few, &mut *many].into_iter().zip(&mut fastest) {
            let start = Clock::now();
            step(machine, round);
            *fastest = start.elapsed().min(*fastest);
        }
    }
    fastest
}

/// Compares one kind of step.
fn compare<M>(what: &str, [few, many]: &mut [M; 2], step: impl FnMut(&mut M, u32)) {
    let [few, many] = fastest(few, many, step);
    println!("{what}: {few:?} with {FEW}, {many:?} with {MANY}");
    // Below a microsecond the clock itself is most of what is measured.
    let few = few.max(Duration::from_micros(1));
    assert!(many <= few * FACTOR, "{what}: {few:?} grew to {many:?}");
}

fn asks(plan: &str) -> String {
    format!("\r\nSubject: {plan}")
}

#[test]
fn a_step_costs_the_same_however_many_transactions_wait() {
    let mut pair = [FEW, MANY].map(|count| {
        let mut lone: Lone<Talker> = Lone::new("talker 7", HERE);
        for number in 0..count {
            lone.datagram(THERE, &request("INVITE", "a", number, &asks("180@0")));
        }
        lone
    });
    compare("nothing due", &mut pair, |lone, _| {
        lone.input(Input::Timeout)
    });
    compare("noise", &mut pair, |lone, _| {
        lone.datagram(THERE, b"noise\r\n\r\n")
    });
    compare("an INVITE that comes again", &mut pair, |lone, round| {
        lone.datagram(THERE, &request("INVITE", "a", round % FEW, &asks("180@0")));
    });
    compare("a new request", &mut pair, |lone, round| {
        lone.datagram(THERE, &request("OPTIONS", "a", round, &asks("200@0")));
    });
    compare("a command", &mut pair, |lone, _| {
        let talk = Talk::Ask {
            method: "OPTIONS".to_owned(),
            to: at(THERE),
            plan: String::new(),
        };
        assert!(lone.command(&talk).starts_with("number"));
    });
}

/// Lets two phones talk over a perfect wire until neither has anything to say.
fn exchange(alice: &mut Lone<Node>, bob: &mut Lone<Node>) {
    while deliver(alice, bob, HERE) | deliver(bob, alice, THERE) {}
}

/// Brings what one has sent to the other, who picks up whatever rings.
fn deliver(from: &mut Lone<Node>, to: &mut Lone<Node>, source: &str) -> bool {
    let sent = std::mem::take(&mut from.sent);
    for (_, bytes) in &sent {
        to.datagram(source, bytes);
    }
    while let Some(told) = to.events.pop_front() {
        let (Told::Phone(UaEvent::Incoming { call, .. }), Node::Phone(phone)) = (told, &to.machine)
        else {
            continue;
        };
        let number = phone.number(call).unwrap();
        assert_eq!(to.command(&Deed::Call(number, Act::Accept)), "");
    }
    !sent.is_empty()
}

fn established(lone: &Lone<Node>) -> usize {
    match &lone.machine {
        Node::Phone(phone) => phone.agent().user().live_calls(),
        Node::Server(_) | Node::Audio(_) => 0,
    }
}

#[test]
fn a_step_costs_the_same_however_many_calls_are_up() {
    let mut pair = [FEW, MANY].map(|count| {
        let mut alice: Lone<Node> = Lone::new("phone user=alice seed=1 media=192.0.2.1:4000", HERE);
        let mut bob: Lone<Node> = Lone::new("phone user=bob seed=2 media=192.0.2.2:4000", THERE);
        for _ in 0..count {
            let answer = alice.command(&Deed::Invite("sip:bob@192.0.2.2".to_owned()));
            assert!(answer.starts_with("call"), "{answer}");
            exchange(&mut alice, &mut bob);
        }
        alice.settle();
        assert_eq!(established(&alice), count as usize);
        alice
    });
    compare("nothing due", &mut pair, |lone, _| {
        lone.input(Input::Timeout)
    });
    compare("a question", &mut pair, |lone, round| {
        lone.datagram(THERE, &request("OPTIONS", "alice", round, ""));
    });
    compare("a BYE for no call", &mut pair, |lone, round| {
        lone.datagram(THERE, &request("BYE", "alice", round, ";tag=nobody"));
    });
    compare("a command", &mut pair, |lone, _| {
        lone.sent.clear();
        lone.command(&Deed::Options("sip:bob@192.0.2.2".to_owned()));
        assert_eq!(lone.sent.len(), 1);
    });
    compare("a call that comes in", &mut pair, |lone, round| {
        lone.datagram(THERE, &request("INVITE", "alice", round, ""));
        let told = lone.events.pop_back();
        assert!(
            matches!(told, Some(Told::Phone(UaEvent::Incoming { .. }))),
            "{told:?}"
        );
    });
}

#[test]
fn a_step_costs_the_same_however_many_are_registered() {
    let mut pair = [FEW, MANY].map(|count| {
        let mut lone: Lone<Node> = Lone::new("server seed=3", HERE);
        for number in 0..count {
            let user = format!("user{number}");
            lone.datagram(THERE, &request("REGISTER", &user, number, ""));
            let (_, answer) = lone.sent.pop_back().unwrap();
            assert!(
                answer.starts_with(b"SIP/2.0 200 "),
                "{}",
                String::from_utf8_lossy(&answer)
            );
        }
        lone.settle();
        lone
    });
    compare("nothing due", &mut pair, |lone, _| {
        lone.input(Input::Timeout)
    });
    compare("a refresh", &mut pair, |lone, round| {
        let refresh = request(
            "REGISTER",
            &format!("user{}", round % FEW),
            round + MANY,
            "",
        );
        lone.datagram(THERE, &refresh);
    });
    compare("a call to somebody", &mut pair, |lone, round| {
        let text = String::from_utf8(request("INVITE", "user7", round, "")).unwrap();
        let text = text.replacen("user7@192.0.2.1", "user7@example.com", 1);
        lone.sent.clear();
        lone.datagram(THERE, text.as_bytes());
        assert!(
            lone.sent
                .iter()
                .any(|(_, bytes)| bytes.starts_with(b"INVITE "))
        );
    });
}

#[test]
fn a_step_that_visits_every_entry_would_be_noticed() {
    let mut few: Vec<u32> = (0..FEW).collect();
    let mut many: Vec<u32> = (0..MANY).collect();
    let [few, many] = fastest(&mut few, &mut many, |entries, round| {
        let mut sum = round;
        for entry in &*entries {
            sum = std::hint::black_box(sum.rotate_left(3) ^ entry);
        }
    });
    assert!(
        many > few.max(Duration::from_micros(1)) * FACTOR,
        "{few:?} {many:?}"
    );
}
