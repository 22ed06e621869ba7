//! A server alone with scripted peers: every message is written out or taken apart here.

mod access;
mod cancel;
mod credentials;
mod fork;
mod forward;
mod locate;
mod random;
mod redirect;
mod register;
mod route;
mod syntax;

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use super::{Server, ServerConfig, ServerEndpoint, ServerEvent};
use crate::dns::{QueryId, Question};
use crate::limits::Limits;
use crate::machine::{FlowId, Input, Machine, Output, Transport};
use crate::sip::endpoint::EndpointConfig;
use crate::sip::message::{HeaderName, Message};
use crate::time::{Instant, UnixTime};

pub(super) const SERVER: &str = "192.0.2.1:5060";
pub(super) const ALICE: &str = "192.0.2.10:5060";
pub(super) const BOB: &str = "192.0.2.20:5060";
pub(super) const BOB2: &str = "192.0.2.21:5060";
pub(super) const BOB3: &str = "192.0.2.22:5060";

/// The server, the time, and what is on its way.
pub(super) struct Net {
    pub(super) server: ServerEndpoint,
    pub(super) now: Instant,
    pub(super) events: Vec<ServerEvent>,
    sent: VecDeque<(SocketAddr, Message)>,
    branch: u32,
    /// Connections the server has asked for.
    pub(super) connecting: Vec<(FlowId, SocketAddr, Transport)>,
    /// Questions for the DNS.
    pub(super) asked: VecDeque<(QueryId, Question)>,
    /// Whether the tables are held against each other after every step: slow with large ones.
    pub(super) is_checked: bool,
}

impl Net {
    pub(super) fn new(config: ServerConfig) -> Self {
        Self::with_limits(config, Limits::default())
    }

    /// A server for `example.com` that asks for nothing.
    pub(super) fn open() -> Self {
        Self::new(ServerConfig::new("example.com"))
    }

    pub(super) fn with_limits(config: ServerConfig, limits: Limits) -> Self {
        Self::at(SERVER, config, limits)
    }

    pub(super) fn at(address: &str, config: ServerConfig, limits: Limits) -> Self {
        let user = Server::new(config, &limits, [7; 32]);
        let endpoint = EndpointConfig {
            limits,
            ..EndpointConfig::default()
        };
        let mut net = Self {
            server: ServerEndpoint::new(endpoint, user, [9; 32]),
            now: Instant::from_millis(1000),
            events: Vec::new(),
            sent: VecDeque::new(),
            branch: 0,
            connecting: Vec::new(),
            asked: VecDeque::new(),
            is_checked: true,
        };
        net.input(Input::Bound {
            flow: FlowId::from_driver(0),
            transport: Transport::Udp,
            local: address.parse().unwrap(),
        });
        net.input(Input::WallClock {
            unix: UnixTime::from_nanos(1_700_000_000_000_000_000),
        });
        net
    }

    pub(super) fn input(&mut self, input: Input<'_>) {
        self.server.handle_input(self.now, input);
        self.drain();
    }

    fn drain(&mut self) -> Option<Instant> {
        let mut bytes = Vec::new();
        let next = loop {
            match self.server.poll_output(&mut bytes) {
                Output::Transmit { to, .. } => {
                    let message = Message::parse(&bytes, &Limits::default()).unwrap();
                    self.sent.push_back((to, message));
                }
                Output::Event(event) => self.events.push(event),
                Output::Connect {
                    flow,
                    peer,
                    transport,
                    server_name: _,
                } => self.connecting.push((flow, peer, transport)),
                Output::Close { .. } => {}
                Output::Resolve { query, question } => self.asked.push_back((query, question)),
                Output::Wait(next) => break next,
            }
        };
        if self.is_checked {
            assert_eq!(self.server.check(), Ok(()));
        }
        assert!(next.is_none_or(|next| next > self.now), "P2");
        next
    }

    /// A datagram from `source`. Lines may be indented, and end as lines end here.
    pub(super) fn send(&mut self, source: &str, text: &str) {
        let text = text.trim().lines().map(str::trim);
        let mut bytes = text.collect::<Vec<_>>().join("\r\n");
        if !bytes.contains("\r\n\r\n") {
            bytes.push_str("\r\n\r\n");
        }
        self.input(Input::Datagram {
            flow: FlowId::from_driver(0),
            source: source.parse().unwrap(),
            bytes: bytes.as_bytes(),
        });
    }

    /// Lets time pass, deadline by deadline.
    pub(super) fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(next) = self.drain().filter(|next| *next <= end) {
            self.now = next;
            self.input(Input::Timeout);
        }
        self.now = end;
        self.input(Input::Timeout);
    }

    /// The next message for `peer`.
    pub(super) fn receive(&mut self, peer: &str) -> Message {
        let peer: SocketAddr = peer.parse().unwrap();
        let at = self.sent.iter().position(|(to, _)| *to == peer);
        let at = at.unwrap_or_else(|| panic!("nothing for {peer}; waiting: {}", self.waiting()));
        self.sent.remove(at).unwrap().1
    }

    /// The next message for `peer`, which is a response of this status.
    pub(super) fn response(&mut self, peer: &str, status: u16) -> Message {
        let response = self.receive(peer);
        assert_eq!(code(&response), status, "{}", text(&response));
        response
    }

    /// The next message for `peer`, which is a request of this method.
    pub(super) fn request(&mut self, peer: &str, method: &str) -> Message {
        let request = self.receive(peer);
        assert!(request.is_request(), "{}", text(&request));
        assert_eq!(request.method().as_str(), method);
        request
    }

    /// Nothing is on its way to anyone.
    pub(super) fn quiet(&self) {
        assert!(self.sent.is_empty(), "on its way: {}", self.waiting());
    }

    /// Forgets what is on its way: copies of messages that nobody answers in this test.
    pub(super) fn ignore_all(&mut self) {
        self.sent.clear();
    }

    fn waiting(&self) -> String {
        let mut all = String::new();
        for (to, message) in &self.sent {
            all.push_str(&format!("\n-> {to}\n{}", text(message)));
        }
        all
    }

    /// A request outside a dialog from `source`, with `extra` rows.
    pub(super) fn ask(&mut self, source: &str, method: &str, uri: &str, extra: &str) -> String {
        self.branch += 1;
        let asked = request(source, method, uri, self.branch, extra);
        self.send(source, &asked);
        asked
    }

    /// Registers `contact` for a user of the domain, and takes the 200.
    pub(super) fn register(&mut self, user: &str, contact: &str) -> Message {
        self.branch += 1;
        let branch = self.branch;
        let register = format!(
            "REGISTER sip:example.com SIP/2.0
             Via: SIP/2.0/UDP {ALICE};branch=z9hG4bKreg{branch}
             Max-Forwards: 70
             From: <sip:{user}@example.com>;tag=reg
             To: <sip:{user}@example.com>
             Call-ID: registration-{branch}
             CSeq: {branch} REGISTER
             Contact: {contact}
             Content-Length: 0"
        );
        self.send(ALICE, &register);
        self.response(ALICE, 200)
    }

    /// Sends a response to `request` back from `source`, with a To tag and `extra` rows.
    pub(super) fn answer(
        &mut self,
        source: &str,
        request: &Message,
        status: u16,
        tag: &str,
        extra: &str,
    ) {
        let response = response_to(request, status, tag, extra);
        self.send(source, &response);
    }

    /// Everything is over: after a long time no table holds anything but bindings.
    pub(super) fn ends_idle(&mut self) {
        self.pass(Duration::from_secs(700));
        assert!(self.server.is_idle(), "something is left (P5)");
    }
}

/// A request as a client writes it.
pub(super) fn request(source: &str, method: &str, uri: &str, branch: u32, extra: &str) -> String {
    let mut text = format!(
        "{method} {uri} SIP/2.0
         Via: SIP/2.0/UDP {source};branch=z9hG4bKtest{branch}
         Max-Forwards: 70
         From: \"Alice\" <sip:alice@example.com>;tag=a73kszlfl
         To: <sip:bob@example.com>
         Call-ID: call-{branch}@{source}
         CSeq: {branch} {method}
         Contact: <sip:alice@{source}>
         Content-Length: 0"
    );
    for row in extra.trim().lines() {
        let (name, _) = row.split_once(':').unwrap();
        // A row given takes the place of the usual one.
        let usual = format!("{}:", name.trim());
        text = text
            .lines()
            .filter(|line| !line.trim().starts_with(&usual))
            .collect::<Vec<_>>()
            .join("\n");
    }
    if !extra.trim().is_empty() {
        text.push('\n');
        text.push_str(extra.trim());
    }
    text
}

/// A response as a server writes it (RFC 3261 §8.2.6.2).
pub(super) fn response_to(request: &Message, status: u16, tag: &str, extra: &str) -> String {
    let mut response = format!("SIP/2.0 {status} Whatever\r\n");
    for row in request.rows() {
        let copied = [
            HeaderName::Via,
            HeaderName::From,
            HeaderName::To,
            HeaderName::CallId,
            HeaderName::CSeq,
        ];
        let record = row.name == HeaderName::RecordRoute && (101..300).contains(&status);
        if !copied.contains(&row.name) && !record {
            continue;
        }
        let value = String::from_utf8(row.value.to_vec()).unwrap();
        response.push_str(&format!("{}: {value}", row.name.as_str()));
        if row.name == HeaderName::To && !value.contains(";tag=") && status > 100 {
            response.push_str(&format!(";tag={tag}"));
        }
        response.push_str("\r\n");
    }
    if !extra.trim().is_empty() {
        response.push_str(extra.trim());
        response.push_str("\r\n");
    }
    response.push_str("Content-Length: 0\r\n\r\n");
    response
}

/// All values of a header field, as they are.
pub(super) fn values(message: &Message, name: HeaderName) -> Vec<String> {
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    message.fields(name).map(text).collect()
}

/// The one value of a header field.
pub(super) fn value(message: &Message, name: HeaderName) -> String {
    let mut all = values(message, name);
    assert_eq!(all.len(), 1, "{name:?} in {}", text(message));
    all.remove(0)
}

pub(super) fn code(message: &Message) -> u16 {
    message.status().map_or(0, |status| status.as_u16())
}

pub(super) fn text(message: &Message) -> String {
    String::from_utf8_lossy(message.as_bytes()).to_string()
}

pub(super) fn branch(message: &Message) -> String {
    message.top_via().unwrap().branch.unwrap().to_string()
}
