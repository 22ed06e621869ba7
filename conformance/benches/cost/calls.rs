//! Whole calls in memory: INVITE, 180, 200, ACK, BYE, 200 through two endpoints, with and without a
//! proxy between them that wants a password; and what calls that are merely up hold and cost.

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::Duration;

use offhook::sdp::LocalMedia;
use offhook::sip::auth::Account;
use offhook::sip::endpoint::{Endpoint, EndpointConfig};
use offhook::sip::ua::{CallHandle, UaEvent, UserAgent, UserAgentConfig};
use offhook::{FlowId, Input, Instant, Machine, Output, Transport};

use crate::allocator::allocations;
use crate::guard::{Guard, PASSWORD, Passage, USER};
use crate::harness::Bench;
use crate::worked::Worked;

const FLOW: FlowId = FlowId::from_driver(0);
/// Calls that are up at once while their memory is measured.
const HELD: usize = 1000;
/// Calls that are up beside an idle `Timeout`.
const MANY: usize = 100_000;
/// How often that is measured, and how many pass then: enough for a clock of hundredths of a second.
const SWEEPS: usize = 5;
const TIMEOUTS: u32 = 1_000_000;
/// Longer than any timer of a transaction: what is left belongs to the dialog.
const SETTLED: Duration = Duration::from_secs(64);

/// Two phones with a wire between them, and a clock.
struct Pair {
    phones: [Endpoint<UserAgent>; 2],
    local: [SocketAddr; 2],
    now: Instant,
    bytes: Vec<u8>,
    /// Whether the caller hangs up as soon as it is answered.
    brief: bool,
    answered: Vec<CallHandle>,
    /// Who lets nobody through without a password.
    guard: Option<Guard>,
}

impl Pair {
    fn new(brief: bool) -> Self {
        Self::between(brief, None)
    }

    fn between(brief: bool, guard: Option<Guard>) -> Self {
        let phone = |aor: &str, seed: u8| {
            let mut config = UserAgentConfig::new(aor);
            config.accounts.push(Account::new(USER, PASSWORD));
            let mut endpoint = EndpointConfig::default();
            endpoint.limits.calls = MANY + 1;
            Endpoint::new(endpoint, UserAgent::new(config), [seed; 32])
        };
        let mut pair = Self {
            phones: [
                phone("sip:alice@192.0.2.1", 1),
                phone("sip:bob@192.0.2.2", 2),
            ],
            local: [
                SocketAddr::from(([192, 0, 2, 1], 5060)),
                SocketAddr::from(([192, 0, 2, 2], 5060)),
            ],
            now: Instant::ZERO,
            bytes: Vec::with_capacity(2048),
            brief,
            answered: Vec::new(),
            guard,
        };
        for (phone, local) in pair.phones.iter_mut().zip(pair.local) {
            let transport = Transport::Udp;
            phone.handle_input(
                pair.now,
                Input::Bound {
                    flow: FLOW,
                    transport,
                    local,
                },
            );
        }
        pair.settle();
        pair
    }

    fn media(&self, side: usize) -> LocalMedia {
        LocalMedia::audio(SocketAddr::new(self.local[side].ip(), 4000))
    }

    fn call(&mut self) {
        let media = self.media(0);
        let begun = self.phones[0].invite(self.now, "sip:bob@192.0.2.2", media);
        assert!(begun.is_ok(), "a call could not begin: {begun:?}");
        self.settle();
    }

    /// Delivers until nobody has anything to say.
    fn settle(&mut self) {
        let mut busy = true;
        while busy {
            busy = false;
            for side in [0, 1] {
                loop {
                    match self.phones[side].poll_output(&mut self.bytes) {
                        Output::Transmit { .. } => {
                            busy = true;
                            self.carry(side);
                        }
                        Output::Event(event) => {
                            busy = true;
                            self.react(side, &event);
                        }
                        Output::Wait(_) => break,
                        Output::Connect { .. } | Output::Close { .. } | Output::Resolve { .. } => {}
                    }
                }
            }
        }
    }

    /// Takes what one side has sent to the other, or to whoever stands between them.
    fn carry(&mut self, side: usize) {
        let guard = self.guard.as_mut().filter(|_| side == 0);
        let passage = guard.map_or(Passage::On, |guard| guard.pass(self.now, &self.bytes));
        let (to, bytes) = match &passage {
            Passage::On => (1 - side, &self.bytes),
            Passage::Back(answer) => (side, answer),
            Passage::Over => return,
        };
        let arrived = Input::Datagram {
            flow: FLOW,
            source: self.local[1 - to],
            bytes,
        };
        self.phones[to].handle_input(self.now, arrived);
    }

    fn react(&mut self, side: usize, event: &UaEvent) {
        let media = self.media(side);
        let phone = &mut self.phones[side];
        match event {
            UaEvent::Incoming { call, .. } => {
                let _ = phone.ring(self.now, *call);
                let _ = phone.accept(self.now, *call, media);
            }
            UaEvent::Answered { call } if side == 0 && self.brief => {
                let _ = phone.hang_up(self.now, *call);
            }
            UaEvent::Answered { call } if side == 0 => self.answered.push(*call),
            _ => {}
        }
    }

    fn sleep(&mut self, long: Duration) {
        self.now += long;
        for phone in &mut self.phones {
            phone.handle_input(self.now, Input::Timeout);
        }
        self.settle();
    }
}

/// The cases of whole calls.
pub(crate) fn run(bench: &mut Bench) {
    // Timers run on: each pass moves the clock, so that tables stay as small as in real life.
    let mut pair = Pair::new(true);
    bench.case("call/both_sides", || {
        pair.call();
        pair.now += Duration::from_millis(100);
        black_box(&pair);
    });
    let mut pair = Pair::between(true, Some(Guard::new()));
    bench.case("call/both_sides_digest", || {
        pair.call();
        pair.now += Duration::from_millis(100);
        black_box(&pair);
    });
}

/// Whether an idle `Timeout` costs the same beside one call that is up as beside a hundred thousand,
/// each with the timer of its session.
pub(crate) fn check_sweep(bench: &Bench) -> bool {
    if !bench.wants("call/sweep") {
        return true;
    }
    let mut pairs = [1, MANY].map(|calls| {
        let mut pair = Pair::new(false);
        for _ in 0..calls {
            pair.call();
            pair.now += Duration::from_millis(1);
        }
        pair.sleep(SETTLED);
        assert_eq!(pair.answered.len(), calls);
        pair
    });
    let mut fastest = [f64::INFINITY; 2];
    for _ in 0..SWEEPS {
        for (pair, fastest) in pairs.iter_mut().zip(&mut fastest) {
            let start = Worked::so_far();
            for _ in 0..TIMEOUTS {
                pair.sleep(Duration::from_nanos(1));
            }
            *fastest = fastest.min(start.nanos() / f64::from(TIMEOUTS));
        }
    }
    let [one, many] = fastest;
    println!(
        "handle_input(Timeout) of both ends with nothing due: {one:.1} ns beside one call, {many:.1} ns beside {MANY}"
    );
    let is_flat = many <= one * 2.0;
    if !is_flat {
        println!("DEARER WITH MANY: calls that are up");
    }
    is_flat
}

/// Bytes held for one settled call, averaged over both ends of many; and the calls set up.
pub(crate) fn settled() -> (f64, usize) {
    let mut pair = Pair::new(false);
    let (_, held) = allocations(|| {
        for _ in 0..HELD {
            pair.call();
            pair.now += Duration::from_millis(10);
        }
        pair.sleep(SETTLED);
    });
    (held as f64 / (2 * HELD) as f64, pair.answered.len())
}
