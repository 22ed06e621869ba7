//! Two endpoints of a trivial user, a network in memory between them, and hostile datagrams.

mod addresses;
mod connections;
mod goodput;
mod hostile;
mod keep_alives;
mod overload;
mod sizes;
mod transactions;
mod vias;
mod websockets;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use super::{
    Endpoint, EndpointConfig, Events, FlowChange, ServerHandle, Source, Stack, TransactionUser,
    TuEvent, UserTimer,
};
use crate::machine::{FlowId, Input, Machine, Output, Transport};
use crate::sip::header::{CSeq, FromTo};
use crate::sip::message::{
    HeaderName, Message, Method, OutgoingRequest, RequestBuilder, ResponseBuilder, StatusCode,
};
use crate::time::Instant;

/// Notes what it is told, and answers each method as it was told to.
#[derive(Default)]
pub(super) struct Probe {
    pub(super) log: Vec<String>,
    pub(super) answers: BTreeMap<&'static str, Vec<u16>>,
    pub(super) received: Vec<(ServerHandle, Source)>,
    pub(super) responses: Vec<Arc<Message>>,
}

impl TransactionUser for Probe {
    type Event = String;

    fn on_event(&mut self, stack: &mut Stack, event: TuEvent, events: &mut Events<String>) {
        let line = match event {
            TuEvent::Request {
                transaction,
                request,
                source,
            } => {
                self.received.push((transaction, source));
                let method = request.method().as_str();
                for status in self.answers.get(method).into_iter().flatten() {
                    answer(stack, transaction, *status).unwrap();
                }
                format!("request {method}")
            }
            TuEvent::Ack { transaction, .. } => match transaction {
                Some(_) => "ack of an INVITE".to_string(),
                None => "ack".to_string(),
            },
            TuEvent::Response { response, .. } => {
                let line = format!(
                    "response {} {}",
                    response.status().unwrap(),
                    response.cseq().unwrap().method.as_str()
                );
                self.responses.push(response);
                line
            }
            TuEvent::ClientFailed { reason, .. } => format!("client failed: {reason:?}"),
            TuEvent::ServerFailed { reason, .. } => format!("server failed: {reason:?}"),
            TuEvent::ClientTerminated { .. } => "client ended".to_string(),
            TuEvent::ServerTerminated { .. } => "server ended".to_string(),
            TuEvent::Located { found, .. } => match found {
                Ok(way) => format!("located {}", way.target.address),
                Err(why) => format!("not located: {why}"),
            },
            TuEvent::StrayResponse { response } => {
                format!("stray {}", response.status().unwrap())
            }
        };
        events.push(line.clone());
        self.log.push(line);
    }

    fn on_timer(&mut self, _: &mut Stack, timer: UserTimer, _: &mut Events<String>) {
        self.log.push(format!("timer {}", timer.kind));
    }

    fn on_flow(&mut self, _: &mut Stack, flow: FlowId, change: FlowChange, _: &mut Events<String>) {
        self.log.push(format!("{flow:?} {change:?}"));
    }

    fn is_idle(&self) -> bool {
        true
    }

    fn check(&self, _: &Stack) -> Result<(), &'static str> {
        Ok(())
    }
}

pub(super) fn answer(
    stack: &mut Stack,
    transaction: ServerHandle,
    status: u16,
) -> Result<(), super::RespondError> {
    let request = Arc::clone(stack.received_request(transaction).unwrap());
    let response = ResponseBuilder::to(&request, StatusCode::new(status).unwrap())
        .to_tag("probe")
        .finish()
        .unwrap();
    stack.respond(transaction, response)
}

pub(super) fn outgoing(method: Method<'_>, to: &str) -> OutgoingRequest {
    RequestBuilder::new(method, to)
        .field(
            HeaderName::From,
            &FromTo::new("sip:a@example.com", Some("1")),
        )
        .field(HeaderName::To, &FromTo::new(to, None))
        .field(HeaderName::CallId, "call")
        .field(HeaderName::CSeq, &CSeq { number: 1, method })
        .finish()
        .unwrap()
}

pub(super) const FLOW: FlowId = FlowId::from_driver(0);

/// An endpoint on one socket.
pub(super) struct Node {
    pub(super) endpoint: Endpoint<Probe>,
    pub(super) address: SocketAddr,
}

impl Node {
    pub(super) fn new(address: &str, config: EndpointConfig) -> Self {
        let address: SocketAddr = address.parse().unwrap();
        let mut endpoint = Endpoint::new(config, Probe::default(), [7; 32]);
        let bound = Input::Bound {
            flow: FLOW,
            transport: Transport::Udp,
            local: address,
        };
        endpoint.handle_input(Instant::ZERO, bound);
        endpoint.user.log.clear();
        Self { endpoint, address }
    }

    /// Hands it a datagram; gives what it sends.
    pub(super) fn receive(&mut self, now: Instant, source: &str, bytes: &[u8]) -> Vec<String> {
        let source = source.parse().unwrap();
        self.endpoint.handle_input(
            now,
            Input::Datagram {
                flow: FLOW,
                source,
                bytes,
            },
        );
        self.drain(now).into_iter().map(|(_, text)| text).collect()
    }

    /// Drains it; gives what it sends and where to. Holds it to P2 and to its invariants.
    pub(super) fn drain(&mut self, now: Instant) -> Vec<(SocketAddr, String)> {
        let mut out = Vec::new();
        let mut bytes = Vec::new();
        loop {
            match self.endpoint.poll_output(&mut bytes) {
                Output::Transmit { to, .. } => {
                    out.push((to, String::from_utf8_lossy(&bytes).into_owned()));
                }
                Output::Connect { .. }
                | Output::Close { .. }
                | Output::Resolve { .. }
                | Output::Event(_) => {}
                Output::Wait(deadline) => {
                    assert!(deadline.is_none_or(|at| at > now), "P2");
                    assert_eq!(self.endpoint.check(), Ok(()));
                    return out;
                }
            }
        }
    }

    pub(super) fn deadline(&mut self) -> Option<Instant> {
        self.endpoint.stack.cx.timers.next()
    }

    pub(super) fn log(&self) -> Vec<&str> {
        self.endpoint.user.log.iter().map(String::as_str).collect()
    }

    pub(super) fn send(&mut self, now: Instant, method: Method<'_>, to: &str) -> Sent {
        let request = outgoing(method, to);
        self.endpoint.command(now, |_, stack, _| {
            let target = stack.select(to).unwrap();
            stack.request(&request, target).unwrap()
        })
    }
}

pub(super) type Sent = super::ClientHandle;

/// Two nodes, ten milliseconds apart.
pub(super) struct Pair {
    pub(super) now: Instant,
    pub(super) a: Node,
    pub(super) b: Node,
    under_way: Vec<(Instant, SocketAddr, SocketAddr, String)>,
    /// First words of messages to lose, each once.
    pub(super) lose: Vec<&'static str>,
    /// First words of everything sent, with the milliseconds.
    pub(super) wire: Vec<(u64, String)>,
}

impl Pair {
    pub(super) fn new() -> Self {
        Self {
            now: Instant::ZERO,
            a: Node::new("192.0.2.1:5060", EndpointConfig::default()),
            b: Node::new("192.0.2.2:5060", EndpointConfig::default()),
            under_way: Vec::new(),
            lose: Vec::new(),
            wire: Vec::new(),
        }
    }

    pub(super) fn send(&mut self, method: Method<'_>) -> Sent {
        let to = format!("sip:{}", self.b.address);
        self.a.send(self.now, method, &to)
    }

    /// Runs for `span`.
    pub(super) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            self.collect();
            let arrival = self.under_way.iter().map(|(at, ..)| *at).min();
            let deadlines = [arrival, self.a.deadline(), self.b.deadline()];
            let next = deadlines.into_iter().flatten().min();
            let Some(next) = next.filter(|at| *at <= end) else {
                self.now = end;
                return;
            };
            self.now = next;
            let (due, later) = core::mem::take(&mut self.under_way)
                .into_iter()
                .partition(|(at, ..)| *at <= next);
            self.under_way = later;
            let due: Vec<(Instant, SocketAddr, SocketAddr, String)> = due;
            for (_, source, to, text) in due {
                let node = if to == self.a.address {
                    &mut self.a
                } else {
                    &mut self.b
                };
                node.endpoint.handle_input(
                    next,
                    Input::Datagram {
                        flow: FLOW,
                        source,
                        bytes: text.as_bytes(),
                    },
                );
            }
            for node in [&mut self.a, &mut self.b] {
                node.endpoint.handle_input(next, Input::Timeout);
            }
        }
    }

    pub(super) fn first_words(&self) -> Vec<&str> {
        self.wire.iter().map(|(_, words)| words.as_str()).collect()
    }

    fn collect(&mut self) {
        for node in [&mut self.a, &mut self.b] {
            for (to, text) in node.drain(self.now) {
                let words = first_words(&text);
                let millis = self.now.as_nanos() / 1_000_000;
                self.wire.push((millis, words.clone()));
                let lost = self.lose.iter().position(|lost| *lost == words);
                if let Some(lost) = lost {
                    self.lose.remove(lost);
                    continue;
                }
                let at = self.now + Duration::from_millis(10);
                self.under_way.push((at, node.address, to, text));
            }
        }
    }
}

pub(super) fn first_words(text: &str) -> String {
    let mut words = text.split([' ', '\r']);
    let first = words.next().unwrap();
    let word = if first == "SIP/2.0" {
        words.next().unwrap()
    } else {
        first
    };
    word.to_string()
}
