//! P7: what a step costs does not depend on how many idle calls exist.
//!
//! Two machines of the same kind are compared, one with a few idle transactions, one with two
//! hundred times as many, step by step in turn, and of each kind of step the fastest run counts:
//! it is the one in which nothing else happened on the computer. A step that visits every idle
//! entry costs hundreds of times as much; one that looks an entry up in a tree or a heap does not
//! cost three times as much.

use std::net::SocketAddr;
use std::time::{Duration, Instant as Clock};

use offhook::{FlowId, Input, Instant, Machine, Output, Transport};
use offhook_conformance::sim::Subject;
use offhook_conformance::worlds::talker::{Talk, Talker};

const FEW: u32 = 50;
const MANY: u32 = 10_000;
const ROUNDS: u32 = 300;
/// How much more a step may cost with many entries: caches miss and trees are deeper.
const FACTOR: u32 = 5;

fn source() -> SocketAddr {
    "192.0.2.2:5060".parse().unwrap()
}

fn drain<M: Machine>(machine: &mut M, bytes: &mut Vec<u8>) {
    while !matches!(machine.poll_output(bytes), Output::Wait(_)) {}
}

fn request(method: &str, number: u32, plan: &str) -> Vec<u8> {
    format!(
        "{method} sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK{method}{number}\r\n\
         From: <sip:b@example.com>;tag=f{number}\r\nTo: <sip:a@example.com>\r\n\
         Call-ID: {method}{number}@example.com\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\n\
         Subject: {plan}\r\nContent-Length: 0\r\n\r\n"
    )
    .into_bytes()
}

/// A machine with so many INVITEs that ring.
struct Ringing {
    talker: Talker,
    now: Instant,
    bytes: Vec<u8>,
}

impl Ringing {
    fn new(count: u32) -> Self {
        let mut ringing = Self {
            talker: Talker::build("talker 7").unwrap(),
            now: Instant::ZERO,
            bytes: Vec::new(),
        };
        ringing.input(Input::Bound {
            flow: FlowId::from_driver(0),
            transport: Transport::Udp,
            local: "192.0.2.1:5060".parse().unwrap(),
        });
        for number in 0..count {
            ringing.datagram(&request("INVITE", number, "180@0"));
        }
        ringing
    }

    fn input(&mut self, input: Input<'_>) {
        self.now += Duration::from_micros(1);
        self.talker.handle_input(self.now, input);
        drain(&mut self.talker, &mut self.bytes);
    }

    fn datagram(&mut self, bytes: &[u8]) {
        self.input(Input::Datagram {
            flow: FlowId::from_driver(0),
            source: source(),
            bytes,
        });
    }
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

fn assert_flat(what: &str, [few, many]: [Duration; 2]) {
    println!("{what}: {few:?} with {FEW} entries, {many:?} with {MANY}");
    // Below a microsecond the clock itself is most of what is measured.
    let few = few.max(Duration::from_micros(1));
    assert!(many <= few * FACTOR, "{what}: {few:?} grew to {many:?}");
}

#[test]
fn a_step_costs_the_same_however_many_transactions_wait() {
    let (mut few, mut many) = (Ringing::new(FEW), Ringing::new(MANY));
    let mut compare = |what: &str, step: &mut dyn FnMut(&mut Ringing, u32)| {
        assert_flat(what, fastest(&mut few, &mut many, step));
    };
    compare("nothing due", &mut |machine, _| {
        machine.input(Input::Timeout)
    });
    compare("a request that comes again", &mut |machine, round| {
        machine.datagram(&request("INVITE", round % FEW, "180@0"));
    });
    compare("a new request", &mut |machine, round| {
        machine.datagram(&request("OPTIONS", round, "200@0"));
    });
    compare("noise", &mut |machine, _| {
        machine.datagram(b"noise\r\n\r\n")
    });
    compare("a command", &mut |machine, _| {
        let talk = Talk::Ask {
            method: "OPTIONS".to_owned(),
            to: source(),
            plan: String::new(),
        };
        let now = machine.now;
        assert!(machine.talker.command(now, &talk).starts_with("number"));
        drain(&mut machine.talker, &mut machine.bytes);
    });
}

#[test]
fn a_step_that_visits_every_entry_would_be_noticed() {
    let mut few: Vec<u32> = (0..FEW).collect();
    let mut many: Vec<u32> = (0..MANY).collect();
    let [few, many] = fastest(&mut few, &mut many, |entries, round| {
        let sum = entries
            .iter()
            .fold(round, |sum, entry| sum.rotate_left(3) ^ entry);
        std::hint::black_box(sum);
    });
    assert!(
        many > few.max(Duration::from_micros(1)) * FACTOR,
        "{few:?} {many:?}"
    );
}
