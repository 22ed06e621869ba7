//! A server that needs time for its work, in virtual time: what it gets done must not shrink when
//! more is asked of it than it can do (RFC 5390, RFC 7339).

use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::num::NonZeroU32;
use core::time::Duration;

use super::{FLOW, Node, first_words};
use crate::machine::{Input, Machine, Output};
use crate::sip::endpoint::{DropReason, EndpointConfig, OverloadPolicy, SendError};
use crate::sip::header::{CSeq, FromTo};
use crate::sip::message::{HeaderName, Method, RequestBuilder};
use crate::time::Instant;

/// Requests a second that the server is told to take on: half of what it could serve if it had
/// nothing to refuse.
const RATE: u32 = 100;
/// What it works on a request that it serves, and on whatever else arrives.
const SERVING: Duration = Duration::from_micros(5000);
const REFUSING: Duration = Duration::from_micros(500);
/// Datagrams that wait in front of it; what comes on top is lost.
const QUEUE: usize = 5000;
/// An answer that comes later helps nobody.
const PATIENCE: Duration = Duration::from_secs(2);
const LASTS: Duration = Duration::from_secs(8);
const TICK: Duration = Duration::from_millis(1);
const CLIENTS: usize = 4;

const SERVER: &str = "192.0.2.1:5060";

/// A server with a queue, and the clients that ask it.
struct Crowd {
    now: Instant,
    server: Node,
    clients: Vec<Node>,
    queue: VecDeque<(SocketAddr, Vec<u8>)>,
    /// When the server is done with what it is at.
    free_at: Instant,
    /// When each request was sent, by its Call-ID.
    asked: BTreeMap<u64, Instant>,
    answered_in_time: u32,
    held_back: u32,
}

fn config(is_spoken: bool, rate: Option<u32>) -> EndpointConfig {
    EndpointConfig {
        overload: OverloadPolicy {
            is_spoken,
            requests_per_second: rate.and_then(NonZeroU32::new),
            ..OverloadPolicy::default()
        },
        ..EndpointConfig::default()
    }
}

impl Crowd {
    fn new(clients_heed: bool, rate: Option<u32>) -> Self {
        let mut server = Node::new(SERVER, config(true, rate));
        server.endpoint.user.answers.insert("OPTIONS", [200].into());
        let client = |number| {
            let address = format!("192.0.2.{}:5060", 10 + number);
            Node::new(&address, config(clients_heed, None))
        };
        Self {
            now: Instant::ZERO,
            server,
            clients: (0..CLIENTS).map(client).collect(),
            queue: VecDeque::new(),
            free_at: Instant::ZERO,
            asked: BTreeMap::new(),
            answered_in_time: 0,
            held_back: 0,
        }
    }

    /// Asks `load` times what the server is told to take on, for a while.
    fn run(mut self, load: u32) -> Self {
        let between = Duration::from_secs(1) / (RATE * load);
        let mut next = Instant::ZERO;
        while self.now < Instant::ZERO + LASTS {
            self.now += TICK;
            while next <= self.now {
                self.ask();
                next += between;
            }
            self.serve();
            for place in 0..CLIENTS {
                let now = self.now;
                let client = &mut self.clients[place];
                if client.deadline().is_some_and(|at| at <= now) {
                    client.endpoint.handle_input(now, Input::Timeout);
                }
                self.deliver(place);
            }
        }
        self
    }

    fn ask(&mut self) {
        let number = self.asked.len() as u64;
        let method = Method::Options;
        let request = RequestBuilder::new(method, "sip:bob@192.0.2.1")
            .field(
                HeaderName::From,
                &FromTo::new("sip:a@example.com", Some("1")),
            )
            .field(HeaderName::To, &FromTo::new("sip:bob@example.com", None))
            .field(HeaderName::CallId, number.to_string().as_str())
            .field(HeaderName::CSeq, &CSeq { number: 1, method })
            .finish()
            .unwrap();
        self.asked.insert(number, self.now);
        let client = &mut self.clients[number as usize % CLIENTS];
        let sent = client.endpoint.command(self.now, |_, stack, _| {
            let target = stack.select("sip:192.0.2.1").unwrap();
            stack.request(&request, target)
        });
        match sent {
            Ok(_) => {}
            Err(SendError::HeldBack) => self.held_back += 1,
            Err(other) => panic!("{other}"),
        }
    }

    /// The server works on what waits, one after the other.
    fn serve(&mut self) {
        while self.free_at <= self.now {
            let Some((source, bytes)) = self.queue.pop_front() else {
                return;
            };
            // Now, not when it came: it had no time before.
            let flow = FLOW;
            let bytes = bytes.as_slice();
            let arrived = Input::Datagram {
                flow,
                source,
                bytes,
            };
            self.server.endpoint.handle_input(self.now, arrived);
            let answers = drain(&mut self.server);
            let serves = answers.iter().any(|(_, answer)| {
                first_words(&alloc::string::String::from_utf8_lossy(answer)) == "200"
            });
            let began = self.free_at.max(Instant::from_nanos(
                self.now.as_nanos() - TICK.as_nanos() as u64,
            ));
            self.free_at = began + if serves { SERVING } else { REFUSING };
            for (to, answer) in answers {
                self.answer(to, &answer);
            }
        }
    }

    fn answer(&mut self, to: SocketAddr, bytes: &[u8]) {
        let place = self.clients.iter().position(|node| node.address == to);
        let client = &mut self.clients[place.unwrap()];
        let source = self.server.address;
        let flow = FLOW;
        let arrived = Input::Datagram {
            flow,
            source,
            bytes,
        };
        client.endpoint.handle_input(self.now, arrived);
        for response in client.endpoint.user.responses.drain(..) {
            let number = response.call_id().unwrap().parse().unwrap();
            let waited = self.now.saturating_duration_since(self.asked[&number]);
            let is_served = response.status().unwrap().as_u16() == 200;
            if is_served && waited <= PATIENCE {
                self.answered_in_time += 1;
            }
        }
    }

    fn deliver(&mut self, place: usize) {
        let source = self.clients[place].address;
        for (_, bytes) in drain(&mut self.clients[place]) {
            if self.queue.len() < QUEUE {
                self.queue.push_back((source, bytes));
            }
        }
    }

    fn refused(&self) -> u64 {
        let stats = self.server.endpoint.stats();
        stats.dropped(DropReason::Throttled)
    }
}

fn drain(node: &mut Node) -> Vec<(SocketAddr, Vec<u8>)> {
    let mut out = Vec::new();
    let mut bytes = Vec::new();
    loop {
        match node.endpoint.poll_output(&mut bytes) {
            Output::Transmit { to, .. } => out.push((to, bytes.clone())),
            Output::Wait(_) => return out,
            Output::Connect { .. }
            | Output::Close { .. }
            | Output::Resolve { .. }
            | Output::Event(_) => {}
        }
    }
}

/// Served in time at ten times the load, beside what is at once.
const FLAT: f64 = 0.9;

#[track_caller]
fn stays_flat(clients_heed: bool) -> Vec<Crowd> {
    let loads = [1, 3, 10];
    let crowds = loads.map(|load| Crowd::new(clients_heed, Some(RATE)).run(load));
    let served = crowds.iter().map(|crowd| f64::from(crowd.answered_in_time));
    let served: Vec<f64> = served.collect();
    let asked = LASTS.as_secs_f64() * f64::from(RATE);
    assert!(
        served[0] >= asked * 0.98,
        "{served:?}: nobody is refused without need"
    );
    for (load, served) in loads.iter().zip(&served) {
        assert!(
            *served >= asked * FLAT,
            "{served} of {asked} are served at {load} times the load"
        );
    }
    crowds.into()
}

#[test]
fn what_is_served_stays_flat_when_clients_only_know_503() {
    stays_flat(false);
}

// RFC 7339 §5.10.2: it is cheaper for the server if its clients heed what it says.
#[test]
fn what_is_served_stays_flat_when_clients_heed_and_little_is_left_to_refuse() {
    let crowds = stays_flat(true);
    let heaviest = crowds.last().unwrap();
    let asked = heaviest.asked.len() as u64;
    assert!(
        heaviest.refused() * 10 < asked,
        "{} of {asked} are left to the server to refuse",
        heaviest.refused()
    );
    assert!(u64::from(heaviest.held_back) * 10 > asked * 8);
}

/// What this would be without: the model can fail.
#[test]
fn without_a_rate_a_server_is_busy_with_what_nobody_waits_for() {
    let crowd = Crowd::new(false, None).run(10);
    let asked = LASTS.as_secs_f64() * f64::from(RATE);
    assert!(f64::from(crowd.answered_in_time) < asked * FLAT);
}
