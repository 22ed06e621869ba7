//! What one transaction costs beside a thousand, a hundred thousand and a million others: the four
//! machines of RFC 3261 §17 from their first message until they are forgotten, in an endpoint whose
//! user answers at once.
//!
//! Each pass begins a transaction, and the clock moves so that the oldest of those that linger ends:
//! there are as many after it as before.

use std::hint::black_box;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use offhook::sip::endpoint::{
    Endpoint, EndpointConfig, Events, FlowChange, OverloadPolicy, Stack, Target, TransactionUser,
    TuEvent, UserTimer,
};
use offhook::sip::header::{CSeq, FromTo};
use offhook::sip::message::{
    HeaderName, Method, OutgoingRequest, RequestBuilder, ResponseBuilder, StatusCode,
};
use offhook::{FlowId, Input, Instant, Limits, Machine, Output, Transport};

use crate::allocator::allocations;
use crate::harness::Bench;
use crate::worked::Worked;

const FLOW: FlowId = FlowId::from_driver(0);
const FEW: u64 = 1000;
/// What a transaction may cost beside a million, as a multiple of what it costs beside a thousand.
const GROWTH: f64 = 2.0;
/// Transactions of one run, and runs, of which the fastest counts.
const RUN: u32 = 200_000;
const RUNS: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    InviteClient,
    InviteServer,
    NonInviteClient,
    NonInviteServer,
}

/// With its case, and how long it lingers over UDP: timer D, I, K, J.
const KINDS: [(Kind, &str, Duration); 4] = [
    (
        Kind::InviteClient,
        "transaction/invite_client",
        Duration::from_secs(32),
    ),
    (
        Kind::InviteServer,
        "transaction/invite_server",
        Duration::from_secs(5),
    ),
    (
        Kind::NonInviteClient,
        "transaction/non_invite_client",
        Duration::from_secs(5),
    ),
    (
        Kind::NonInviteServer,
        "transaction/non_invite_server",
        Duration::from_secs(32),
    ),
];

/// Answers with one status, or not at all.
struct Answering(Option<StatusCode>);

impl TransactionUser for Answering {
    type Event = ();

    fn on_event(&mut self, stack: &mut Stack, event: TuEvent, _: &mut Events<()>) {
        let (
            TuEvent::Request {
                transaction,
                request,
                ..
            },
            Some(status),
        ) = (event, self.0)
        else {
            return;
        };
        let mut builder = ResponseBuilder::to(&request, status);
        if let Ok(response) = builder.to_tag(TO_TAG).finish() {
            let _ = stack.respond(transaction, response);
        }
    }

    fn on_timer(&mut self, _: &mut Stack, _: UserTimer, _: &mut Events<()>) {}

    fn on_flow(&mut self, _: &mut Stack, _: FlowId, _: FlowChange, _: &mut Events<()>) {}

    fn is_idle(&self) -> bool {
        true
    }

    fn check(&self, _: &Stack) -> Result<(), &'static str> {
        Ok(())
    }
}

const TO_TAG: &str = "1928301774";
/// Where the number of a transaction goes: sixteen digits.
const NUMBER: &str = "################";

/// A message with the places of its number.
struct Template {
    bytes: Vec<u8>,
    places: Vec<usize>,
}

impl Template {
    fn new(text: String) -> Self {
        let places = text.match_indices(NUMBER).map(|(at, _)| at).collect();
        let bytes = text.into_bytes();
        Self { bytes, places }
    }

    fn with(&mut self, number: &[u8]) -> &[u8] {
        for place in &self.places {
            self.bytes[*place..*place + number.len()].copy_from_slice(number);
        }
        &self.bytes
    }
}

fn request(method: &str, to_tag: &str) -> Template {
    Template::new(format!(
        "{method} sip:bob@192.0.2.1 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK{NUMBER};rport\r\n\
         Max-Forwards: 70\r\n\
         From: \"Alice\" <sip:alice@atlanta.example.com>;tag=9fxced76sl\r\n\
         To: \"Bob\" <sip:bob@biloxi.example.com>{to_tag}\r\n\
         Call-ID: {NUMBER}@192.0.2.2\r\n\
         CSeq: 1 {method}\r\n\
         Contact: <sip:alice@192.0.2.2>\r\n\
         Content-Length: 0\r\n\r\n"
    ))
}

/// An endpoint with transactions of one kind.
struct Party {
    kind: Kind,
    endpoint: Endpoint<Answering>,
    now: Instant,
    /// Between two transactions.
    step: Duration,
    begun: u64,
    bytes: Vec<u8>,
    outgoing: OutgoingRequest,
    target: Target,
    request: Template,
    /// The ACK of a server's INVITE, the response of a client's request.
    second: Template,
}

impl Party {
    fn new(kind: Kind, step: Duration, status: Option<StatusCode>) -> Self {
        Self::with(kind, step, status, OverloadPolicy::default())
    }

    fn with(
        kind: Kind,
        step: Duration,
        status: Option<StatusCode>,
        overload: OverloadPolicy,
    ) -> Self {
        let many = 4_000_000;
        let config = EndpointConfig {
            limits: Limits {
                client_transactions: many,
                server_transactions: many,
                server_transactions_per_source: many,
                ..Limits::default()
            },
            overload,
            ..EndpointConfig::default()
        };
        let mut endpoint = Endpoint::new(config, Answering(status), [3; 32]);
        let transport = Transport::Udp;
        let local = SocketAddr::from(([192, 0, 2, 1], 5060));
        endpoint.handle_input(
            Instant::ZERO,
            Input::Bound {
                flow: FLOW,
                transport,
                local,
            },
        );
        let method = match kind {
            Kind::InviteClient | Kind::InviteServer => Method::Invite,
            Kind::NonInviteClient | Kind::NonInviteServer => Method::Options,
        };
        let name = method.as_str();
        let outgoing = RequestBuilder::new(method, "sip:bob@192.0.2.2")
            .field(
                HeaderName::From,
                &FromTo::new("sip:alice@example.com", Some("9fxced76sl")),
            )
            .field(HeaderName::To, &FromTo::new("sip:bob@example.com", None))
            .field(HeaderName::CallId, "3848276298220188511@192.0.2.1")
            .field(HeaderName::CSeq, &CSeq { number: 1, method })
            .finish()
            .expect("a request");
        let target = endpoint.command(Instant::ZERO, |_, stack, _| stack.select("sip:192.0.2.2"));
        let second = match kind {
            Kind::InviteServer | Kind::NonInviteServer => request("ACK", &format!(";tag={TO_TAG}")),
            Kind::InviteClient | Kind::NonInviteClient => Template::new(format!(
                "SIP/2.0 486 Busy Here\r\n\
                 Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{NUMBER};rport=5060;received=192.0.2.1\r\n\
                 From: <sip:alice@example.com>;tag=9fxced76sl\r\n\
                 To: <sip:bob@example.com>;tag={TO_TAG}\r\n\
                 Call-ID: 3848276298220188511@192.0.2.1\r\n\
                 CSeq: 1 {name}\r\n\
                 Content-Length: 0\r\n\r\n"
            )),
        };
        Self {
            kind,
            endpoint,
            now: Instant::ZERO,
            step,
            begun: 0,
            bytes: Vec::with_capacity(2048),
            outgoing,
            target: target.expect("a target"),
            request: request(name, ""),
            second,
        }
    }

    /// One transaction from its first message until it lingers; `is_answered` or not at all.
    fn pass(&mut self, is_answered: bool) {
        self.now += self.step;
        self.begun += 1;
        let number = match self.kind {
            Kind::InviteClient | Kind::NonInviteClient => self.ask(),
            Kind::InviteServer | Kind::NonInviteServer => {
                let number = format!("{:016x}", self.begun);
                let number = number.as_bytes().try_into().unwrap_or([b'0'; 16]);
                let bytes = self.request.with(&number);
                arrives(&mut self.endpoint, self.now, bytes);
                number
            }
        };
        self.drain();
        if is_answered && self.kind != Kind::NonInviteServer {
            arrives(&mut self.endpoint, self.now, self.second.with(&number));
            self.drain();
        }
    }

    /// Sends a request; gives what its branch ends in.
    fn ask(&mut self) -> [u8; 16] {
        let (outgoing, target) = (&self.outgoing, self.target);
        let sent = self
            .endpoint
            .command(self.now, |_, stack, _| stack.request(outgoing, target));
        assert!(sent.is_ok(), "{sent:?}");
        let mut number = [b'0'; 16];
        loop {
            match self.endpoint.poll_output(&mut self.bytes) {
                Output::Transmit { .. } => {
                    let cookie = b"z9hG4bK";
                    let at = self.bytes.windows(cookie.len()).position(|w| w == cookie);
                    let at = at.expect("a branch") + cookie.len();
                    number.copy_from_slice(&self.bytes[at..at + 16]);
                }
                Output::Wait(_) => return number,
                Output::Connect { .. }
                | Output::Close { .. }
                | Output::Resolve { .. }
                | Output::Event(()) => {}
            }
        }
    }

    fn drain(&mut self) {
        while !matches!(self.endpoint.poll_output(&mut self.bytes), Output::Wait(_)) {
            black_box(&self.bytes);
        }
    }

    /// Has `count` of them linger, the oldest of which ends with each pass from here on.
    fn filled(kind: Kind, lingers: Duration, count: u64) -> Self {
        let step = Duration::from_nanos(u64::try_from(lingers.as_nanos()).unwrap_or(0) / count);
        let mut party = Self::new(kind, step, Some(StatusCode::BUSY_HERE));
        (0..count).for_each(|_| party.pass(true));
        let (clients, servers) = party.endpoint.stack().transaction_count();
        let there = (clients + servers) as u64;
        assert!(
            there.abs_diff(count) <= 2,
            "{there} of {count} transactions linger"
        );
        party
    }

    fn nothing_due(&mut self) {
        self.endpoint.handle_input(self.now, Input::Timeout);
        self.drain();
    }
}

fn arrives(endpoint: &mut Endpoint<Answering>, now: Instant, bytes: &[u8]) {
    let source = SocketAddr::from(([192, 0, 2, 2], 5060));
    endpoint.handle_input(
        now,
        Input::Datagram {
            flow: FLOW,
            source,
            bytes,
        },
    );
}

/// The cases beside a thousand others.
pub(crate) fn run(bench: &mut Bench) {
    for (kind, name, lingers) in KINDS {
        let mut party = Party::filled(kind, lingers, FEW);
        bench.case(name, || party.pass(true));
    }
    let mut party = Party::filled(Kind::NonInviteServer, Duration::from_secs(32), FEW);
    bench.case("transaction/nothing_due", || party.nothing_due());
    // An overloaded server: what it takes to say 503, and to take no notice of the ACK.
    let overload = OverloadPolicy {
        requests_per_second: NonZeroU32::new(1),
        ..OverloadPolicy::default()
    };
    let busy = Some(StatusCode::BUSY_HERE);
    let mut party = Party::with(Kind::InviteServer, Duration::ZERO, busy, overload);
    (0..100).for_each(|_| party.pass(false));
    bench.case("refused/invite", || party.pass(false));
}

/// What one kind costs beside many.
struct Scaled {
    name: &'static str,
    counts: [u64; 3],
    nanos: [f64; 3],
    allocations: f64,
    live: f64,
    lingering: f64,
}

/// Measures all kinds beside many others, prints the table, and says whether none grew dearer than
/// [`GROWTH`] allows.
pub(crate) fn check(bench: &Bench) -> bool {
    if !bench.wants("transaction/scaled") {
        return true;
    }
    println!(
        "\n| transaction | ns at 1,000 | at 100,000 | at 1,000,000 | growth | allocations | bytes live | bytes lingering |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let mut is_flat = true;
    for (kind, name, lingers) in KINDS {
        let scaled = measure(kind, name, lingers);
        let growth = scaled.nanos[2] / scaled.nanos[0];
        println!(
            "| {} | {:.0} | {:.0} | {:.0} | {growth:.2} | {:.1} | {:.0} | {:.0} |",
            scaled.name,
            scaled.nanos[0],
            scaled.nanos[1],
            scaled.nanos[2],
            scaled.allocations,
            scaled.live,
            scaled.lingering,
        );
        if growth > GROWTH {
            println!(
                "DEARER WITH MANY: {name} beside {} is {growth:.2} times",
                scaled.counts[2]
            );
            is_flat = false;
        }
    }
    is_flat & check_nothing_due()
}

fn measure(kind: Kind, name: &'static str, lingers: Duration) -> Scaled {
    let counts = [FEW, 100 * FEW, 1000 * FEW];
    let mut parties = counts.map(|count| Party::filled(kind, lingers, count));
    let passes = |party: &mut Party| (0..RUN).for_each(|_| party.pass(true));
    let nanos = fastest(&mut parties, passes).map(|nanos| nanos / f64::from(RUN));
    let allocated = allocations(|| (0..FEW).for_each(|_| parties[0].pass(true))).0;
    drop(parties);
    Scaled {
        name,
        counts,
        nanos,
        allocations: allocated as f64 / FEW as f64,
        live: held(kind, false),
        lingering: held(kind, true),
    }
}

/// Bytes that one holds, averaged over many, while it waits for an answer or lingers after it.
fn held(kind: Kind, is_answered: bool) -> f64 {
    let count = 16 * FEW;
    let status = is_answered.then_some(StatusCode::BUSY_HERE);
    let mut party = Party::new(kind, Duration::ZERO, status);
    let (_, held) = allocations(|| (0..count).for_each(|_| party.pass(is_answered)));
    held as f64 / count as f64
}

/// Whether an idle `Timeout` costs the same beside one transaction and beside a million.
fn check_nothing_due() -> bool {
    let lingers = Duration::from_secs(32);
    let mut parties =
        [1, 1000 * FEW].map(|count| Party::filled(Kind::NonInviteServer, lingers, count));
    // Long enough for a clock of hundredths of a second.
    let run = 100 * RUN;
    let passes = |party: &mut Party| (0..run).for_each(|_| party.nothing_due());
    let [one, many] = fastest(&mut parties, passes).map(|nanos| nanos / f64::from(run));
    println!(
        "\nhandle_input(Timeout) with nothing due: {one:.1} ns beside one, {many:.1} ns beside 1,000,000"
    );
    let is_flat = many <= one * GROWTH;
    if !is_flat {
        println!("DEARER WITH MANY: nothing due");
    }
    is_flat
}

/// The fastest run of each, in nanoseconds; they take turns, so that each has the same machine.
fn fastest<const N: usize>(parties: &mut [Party; N], run: impl Fn(&mut Party)) -> [f64; N] {
    let mut fastest = [f64::INFINITY; N];
    for _ in 0..RUNS {
        for (party, fastest) in parties.iter_mut().zip(&mut fastest) {
            let start = Worked::so_far();
            run(party);
            *fastest = fastest.min(start.nanos());
        }
    }
    fastest
}
