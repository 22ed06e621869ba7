//! The simulator watches toys: one that keeps its promises, and one for each that breaks one.

mod faults;
mod shrinking;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use offhook::{FlowId, Input, Instant, Machine, Output};

use super::*;

/// Sends `ping` every second until a `pong` comes; answers pings. What it does wrong is in its
/// description.
struct Toy {
    fault: String,
    now: Instant,
    flow: Option<FlowId>,
    target: Option<SocketAddr>,
    next: Instant,
    out: VecDeque<Output<String>>,
    payloads: VecDeque<Vec<u8>>,
    deaf: bool,
    surprised: bool,
}

static COUNTER: AtomicU32 = AtomicU32::new(0);

impl Toy {
    fn send(&mut self, to: SocketAddr, bytes: &[u8]) {
        let Some(flow) = self.flow else { return };
        let copies = if self.fault == "chatty" { 100 } else { 1 };
        for _ in 0..copies {
            self.out.push_back(Output::Transmit { flow, to });
            let mut bytes = bytes.to_vec();
            if self.fault == "global" {
                bytes.push(COUNTER.fetch_add(1, Ordering::Relaxed).to_le_bytes()[0]);
            }
            self.payloads.push_back(bytes);
        }
    }

    fn ping(&mut self) {
        // Whoever has overslept does not owe all that was missed.
        if let Some(to) = self.target.filter(|_| self.next <= self.now) {
            self.send(to, b"ping");
            self.next = self.now + Duration::from_secs(1);
        }
    }
}

impl Machine for Toy {
    type Event = String;

    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.now = if self.fault == "jagged" {
            now
        } else {
            self.now.max(now)
        };
        match input {
            Input::Bound { flow, .. } => self.flow = Some(flow),
            Input::Datagram { source, bytes, .. } if !self.deaf => {
                if bytes == b"ping" {
                    self.send(source, b"pong");
                } else {
                    assert_ne!((self.fault.as_str(), bytes.len()), ("panics", 4));
                    self.surprised |= self.target.is_none();
                    self.out.push_back(Output::Event("ponged".to_owned()));
                    if self.fault != "leaks" {
                        self.target = None;
                    }
                }
            }
            _ => {}
        }
        self.ping();
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<String> {
        if let Some(output) = self.out.pop_front() {
            if matches!(output, Output::Transmit { .. }) {
                *bytes = self.payloads.pop_front().unwrap();
            }
            return output;
        }
        Output::Wait(self.target.map(|_| {
            if self.fault == "early" {
                self.now
            } else {
                self.next
            }
        }))
    }
}

impl Subject for Toy {
    type Command = String;

    fn build(description: &str) -> Result<Self, String> {
        let fault = description.strip_prefix("toy ").ok_or("not a toy")?;
        Ok(Self {
            fault: fault.to_owned(),
            now: Instant::ZERO,
            flow: None,
            target: None,
            next: Instant::ZERO,
            out: VecDeque::new(),
            payloads: VecDeque::new(),
            deaf: fault == "deaf",
            surprised: false,
        })
    }

    fn command(&mut self, now: Instant, command: &String) -> String {
        self.now = if self.fault == "jagged" {
            now
        } else {
            self.now.max(now)
        };
        self.target = command.parse().ok();
        self.next = self.now;
        self.ping();
        "pinging".to_owned()
    }

    fn check(&self) -> Result<(), String> {
        if self.fault == "unsound" && self.target.is_some() {
            return Err("unsound".to_owned());
        }
        if self.fault == "hasty" && self.surprised {
            return Err("a pong out of nowhere".to_owned());
        }
        Ok(())
    }

    fn idle(&self) -> Result<(), String> {
        let left = self.target.map(|to| format!("still pings {to}"));
        left.map_or(Ok(()), Err)
    }
}

const ONE: &str = "192.0.2.1:7";
const TWO: &str = "192.0.2.2:7";

fn run(fault: &str, seed: u64, faults: Faults) -> Result<World<Toy>, Violation> {
    let network = Network::new(Chance::new(seed, 1), faults);
    let mut world = World::new(network, true);
    let one = world.add("one", &format!("toy {fault}"), &[ONE.parse().unwrap()])?;
    world.add("two", "toy fine", &[TWO.parse().unwrap()])?;
    for round in 1..5 {
        world.command(one, &TWO.to_owned())?;
        while world.advance(Instant::from_millis(round * 5000))? {}
    }
    world.network().heal();
    world.drain(Duration::from_secs(60))?;
    Ok(world)
}

fn broken(fault: &str) -> Promise {
    let faults = Faults {
        clock_back: 500,
        ..Faults::none()
    };
    let violation = (0..20).find_map(|seed| run(fault, seed, faults).err());
    let Some(violation) = violation else {
        panic!("`{fault}` was not noticed");
    };
    violation.promise
}

#[test]
fn a_sound_machine_passes_under_any_weather() {
    for seed in 0..200 {
        let faults = Faults::swarm(&mut Chance::new(seed, 0));
        let world = run("fine", seed, faults);
        let mut world = world.unwrap_or_else(|wrong| panic!("seed {seed}, {faults}: {wrong}"));
        assert!(world.next_event().is_some());
    }
}

#[test]
fn each_broken_promise_is_noticed() {
    assert_eq!(broken("early"), Promise::DeadlineAhead);
    assert_eq!(broken("global"), Promise::Repeatable);
    assert_eq!(broken("chatty"), Promise::BoundedOutput);
    assert_eq!(broken("leaks"), Promise::NothingLeft);
    assert_eq!(broken("deaf"), Promise::NothingLeft);
    assert_eq!(broken("jagged"), Promise::ClampedTime);
    assert_eq!(broken("unsound"), Promise::Invariant);
}

#[test]
fn the_seed_decides_everything() {
    let faults = Faults {
        loss: 300,
        latency_max: Duration::from_millis(20),
        ..Faults::none()
    };
    let text = |seed| run("fine", seed, faults).unwrap().transcript().to_text();
    assert_eq!(text(5), text(5));
    assert_ne!(text(5), text(6));
}

#[test]
fn faults_happen_as_often_as_they_should() {
    let faults = Faults {
        loss: 250,
        duplicate: 100,
        ..Faults::none()
    };
    let mut network = Network::new(Chance::new(3, 1), faults);
    let (one, two) = (ONE.parse().unwrap(), TWO.parse().unwrap());
    let mut counts = [0; 3];
    for _ in 0..10_000 {
        counts[network.send(Instant::ZERO, one, two, b"x").len()] += 1;
    }
    assert!((2300..2700).contains(&counts[0]), "{counts:?}");
    assert!((650..850).contains(&counts[2]), "{counts:?}");
}

#[test]
fn a_recording_replays_byte_for_byte_and_a_changed_one_does_not() {
    let faults = Faults {
        clock_back: 100,
        loss: 300,
        duplicate: 300,
        ..Faults::none()
    };
    let world = run("fine", 9, faults).unwrap();
    for cell in world.cells() {
        let text = cell.recording().unwrap().as_text();
        assert_eq!(
            Recording::replay::<Toy>(text).ok(),
            Some(cell.steps() as usize)
        );
        let forged = text.replacen("| ping", "| pang", 1);
        assert!(Recording::replay::<Toy>(&forged).is_err());
    }
}

#[test]
fn a_recording_that_cannot_be_read_says_where() {
    let line = |text: &str| Recording::replay::<Toy>(text).unwrap_err().line;
    assert_eq!(line(""), 1);
    assert_eq!(line("offhook recording 1\nmachine toad\n"), 2);
    let head = "offhook recording 1\nmachine toy fine\n";
    assert_eq!(Recording::replay::<Toy>(head), Ok(0));
    for bad in [
        "> wait never",
        "0.0 timeout",
        "0.000000000 nap",
        "0.000000000 bound 1 udp x",
    ] {
        assert_eq!(line(&format!("{head}\n{bad}\n")), 4, "{bad}");
    }
}
