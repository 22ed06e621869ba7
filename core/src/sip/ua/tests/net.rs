//! A network of user agents and of puppets in memory: one clock, packets that take ten
//! milliseconds, and losses by request.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use core::net::SocketAddr;
use core::time::Duration;

use crate::dns::{Answer, QueryId, Question, Record};
use crate::machine::{CloseReason, FlowId, Input, Machine, Output, Transport};
use crate::peer::PeerIdentity;
use crate::sdp::offer_answer::LocalMedia;
use crate::sip::endpoint::{Endpoint, EndpointConfig};
use crate::sip::message::HeaderName;
use crate::sip::ua::{CallHandle, UaEvent, UserAgent, UserAgentConfig, UserAgentEndpoint};
use crate::time::Instant;

/// How long a packet takes.
pub(super) const LATENCY: Duration = Duration::from_millis(10);

/// One datagram that was sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) at: Instant,
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) text: String,
}

impl Sent {
    /// The method of a request, or the status of a response and the method it answers:
    /// `INVITE`, `200 INVITE`.
    pub(super) fn label(&self) -> String {
        let first = self.text.split(' ').next().unwrap();
        if first != "SIP/2.0" {
            return first.into();
        }
        let status = self.text.split(' ').nth(1).unwrap();
        let method = self.field("CSeq").split(' ').nth(1).unwrap().to_string();
        format!("{status} {method}")
    }

    /// The value of the first row of a name; empty without one.
    pub(super) fn field(&self, name: &str) -> &str {
        self.fields(name).first().copied().unwrap_or("")
    }

    /// The values of all rows of a name.
    pub(super) fn fields(&self, name: &str) -> Vec<&str> {
        let head = self.text.split("\r\n\r\n").next().unwrap();
        head.split("\r\n")
            .skip(1)
            .filter_map(|row| row.split_once(':'))
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .collect()
    }

    pub(super) fn request_uri(&self) -> &str {
        self.text.split(' ').nth(1).unwrap()
    }

    pub(super) fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").unwrap().1
    }

    pub(super) fn cseq(&self) -> u32 {
        let number = self.field("CSeq").split(' ').next().unwrap();
        number.parse().unwrap()
    }

    pub(super) fn tag(&self, name: &str) -> &str {
        self.field(name).split(";tag=").nth(1).unwrap_or("")
    }

    pub(super) fn branch(&self) -> &str {
        let via = self.field("Via");
        let after = via.split("branch=").nth(1).unwrap_or("");
        after.split(';').next().unwrap()
    }
}

pub(super) struct Node {
    pub(super) address: SocketAddr,
    pub(super) flow: FlowId,
    pub(super) endpoint: UserAgentEndpoint,
    pub(super) events: VecDeque<UaEvent>,
}

type Loss = alloc::boxed::Box<dyn FnMut(&Sent) -> bool>;

/// The network.
pub(super) struct Net {
    pub(super) now: Instant,
    pub(super) nodes: Vec<Node>,
    /// What arrived at addresses where no user agent is.
    pub(super) puppet: VecDeque<Sent>,
    pub(super) log: Vec<Sent>,
    flying: VecDeque<(Instant, Sent)>,
    /// What the DNS says; nobody answers without.
    pub(super) zone: Option<Vec<Record>>,
    /// What was asked of it.
    pub(super) asked: Vec<Question>,
    /// Where the network itself says that nobody is.
    pub(super) unreachable: Vec<SocketAddr>,
    /// Connections that nodes have opened to puppets: the number of the node, the flow, the far end.
    connections: Vec<(usize, FlowId, SocketAddr)>,
    losses: Vec<Loss>,
}

pub(super) const FLOW: FlowId = FlowId::from_driver(0);

pub(super) fn address(n: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, n], 5060))
}

pub(super) fn media(n: u8) -> LocalMedia {
    LocalMedia::audio(SocketAddr::from(([192, 0, 2, n], 4000)))
}

impl Net {
    /// User agents at 192.0.2.1, 192.0.2.2 and so on.
    pub(super) fn new(configs: impl IntoIterator<Item = UserAgentConfig>) -> Self {
        Self::with(
            configs
                .into_iter()
                .map(|config| (config, EndpointConfig::default())),
        )
    }

    pub(super) fn with(
        configs: impl IntoIterator<Item = (UserAgentConfig, EndpointConfig)>,
    ) -> Self {
        let mut net = Self {
            now: Instant::from_millis(1000),
            nodes: Vec::new(),
            puppet: VecDeque::new(),
            log: Vec::new(),
            flying: VecDeque::new(),
            zone: None,
            asked: Vec::new(),
            unreachable: Vec::new(),
            connections: Vec::new(),
            losses: Vec::new(),
        };
        for (n, (config, endpoint)) in (1..).zip(configs) {
            let mut endpoint = Endpoint::new(endpoint, UserAgent::new(config), [n; 32]);
            endpoint.handle_input(
                net.now,
                Input::Bound {
                    flow: FLOW,
                    transport: Transport::Udp,
                    local: address(n),
                },
            );
            net.nodes.push(Node {
                address: address(n),
                flow: FLOW,
                endpoint,
                events: VecDeque::new(),
            });
        }
        net
    }

    /// Alice at 192.0.2.1 and Bob at 192.0.2.2.
    pub(super) fn pair() -> Self {
        Self::new([
            UserAgentConfig::new("sip:alice@example.org"),
            UserAgentConfig::new("sip:bob@example.org"),
        ])
    }

    /// Loses every packet for which `which` says so.
    pub(super) fn lose(&mut self, which: impl FnMut(&Sent) -> bool + 'static) {
        self.losses.push(alloc::boxed::Box::new(which));
    }

    /// Loses the next packet with this label.
    pub(super) fn lose_next(&mut self, label: &'static str) {
        let mut done = false;
        self.lose(move |sent| {
            let hit = !done && sent.label() == label;
            done |= hit;
            hit
        });
    }

    pub(super) fn lose_nothing_more(&mut self) {
        self.losses.clear();
    }

    /// The endpoint of a node, and the time.
    pub(super) fn at(&mut self, node: usize) -> (&mut UserAgentEndpoint, Instant) {
        (&mut self.nodes[node].endpoint, self.now)
    }

    /// Takes outputs from all nodes until they wait.
    pub(super) fn drain(&mut self) -> Option<Instant> {
        let mut bytes = Vec::new();
        let mut earliest: Option<Instant> = None;
        let mut new = Vec::new();
        let mut queries = Vec::new();
        let mut connects = Vec::new();
        for (n, node) in self.nodes.iter_mut().enumerate() {
            loop {
                match node.endpoint.poll_output(&mut bytes) {
                    Output::Transmit { to, .. } => {
                        new.push(Sent {
                            at: self.now,
                            from: node.address,
                            to,
                            text: String::from_utf8(bytes.clone()).unwrap(),
                        });
                        if self.unreachable.contains(&to) {
                            let (flow, reason) = (FLOW, CloseReason::Unreachable);
                            let closed = Input::Closed { flow, reason };
                            node.endpoint.handle_input(self.now, closed);
                        }
                    }
                    Output::Resolve { query, question } => queries.push((n, query, question)),
                    Output::Event(event) => node.events.push_back(event),
                    Output::Connect {
                        flow,
                        peer,
                        transport,
                        ..
                    } => connects.push((n, flow, peer, transport)),
                    Output::Close { .. } => {}
                    Output::Wait(deadline) => {
                        if let Some(deadline) = deadline {
                            assert!(deadline > self.now, "a deadline that has come");
                        }
                        earliest = [earliest, deadline].into_iter().flatten().min();
                        break;
                    }
                }
            }
            node.endpoint.check().unwrap();
        }
        for sent in new {
            self.put(sent);
        }
        if self.look_up(queries) | self.connect(connects) {
            return self.drain();
        }
        earliest
    }

    /// Opens connections at once, to whoever is at an address in numbers; false if there are none.
    fn connect(&mut self, connects: Vec<(usize, FlowId, SocketAddr, Transport)>) -> bool {
        let some = !connects.is_empty();
        for (n, flow, peer, transport) in connects {
            let identity = PeerIdentity {
                uris: Vec::from([format!("sip:{}", peer.ip())]),
                dns_names: Vec::new(),
                is_verified: true,
            };
            let local = self.nodes[n].address;
            let connected = Input::Connected {
                flow,
                transport,
                local,
                peer,
                identity: Some(&identity),
            };
            self.connections.push((n, flow, peer));
            self.nodes[n].endpoint.handle_input(self.now, connected);
        }
        some
    }

    /// Answers from the zone at once; false if nobody does, or nothing was asked.
    fn look_up(&mut self, queries: Vec<(usize, QueryId, Question)>) -> bool {
        let mut answered = false;
        for (n, query, question) in queries {
            self.asked.push(question.clone());
            let Some(zone) = &self.zone else {
                continue;
            };
            let wanted = |record: &&Record| {
                record.name == question.name && record.data.kind() == question.kind
            };
            let records: Vec<Record> = zone.iter().filter(wanted).cloned().collect();
            let answer = if records.is_empty() {
                &Answer::NoSuchName { ttl: 0 }
            } else {
                &Answer::Records(records.into())
            };
            let resolved = Input::Resolved { query, answer };
            self.nodes[n].endpoint.handle_input(self.now, resolved);
            answered = true;
        }
        answered
    }

    fn put(&mut self, sent: Sent) {
        self.log.push(sent.clone());
        let lost = self.losses.iter_mut().any(|loss| loss(&sent));
        let lost = lost || self.unreachable.contains(&sent.to);
        if !lost {
            self.flying.push_back((self.now + LATENCY, sent));
        }
    }

    /// Sends a datagram from an address where no user agent is.
    pub(super) fn inject(&mut self, from: SocketAddr, to: SocketAddr, text: &str) {
        let sent = Sent {
            at: self.now,
            from,
            to,
            text: text.into(),
        };
        self.put(sent);
    }

    /// Goes on for `span`.
    pub(super) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            let deadline = self.drain();
            let packet = self.flying.front().map(|(at, _)| *at);
            let next = [deadline, packet].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= end) else {
                break;
            };
            self.now = next;
            if packet == Some(next) {
                self.deliver();
            }
            for node in &mut self.nodes {
                node.endpoint.handle_input(next, Input::Timeout);
            }
        }
        self.now = end;
    }

    fn deliver(&mut self) {
        let (_, sent) = self.flying.pop_front().unwrap();
        let Some(n) = self.nodes.iter().position(|node| node.address == sent.to) else {
            self.puppet.push_back(sent);
            return;
        };
        let bytes = sent.text.as_bytes();
        let mut connections = self.connections.iter();
        let input = match connections.find(|(at, _, peer)| *at == n && *peer == sent.from) {
            Some((_, flow, _)) => Input::Stream { flow: *flow, bytes },
            None => Input::Datagram {
                flow: self.nodes[n].flow,
                source: sent.from,
                bytes,
            },
        };
        self.nodes[n].endpoint.handle_input(self.now, input);
    }

    pub(super) fn run_ms(&mut self, millis: u64) {
        self.run(Duration::from_millis(millis));
    }

    pub(super) fn run_secs(&mut self, secs: u64) {
        self.run(Duration::from_secs(secs));
    }

    /// The next packet that a puppet got, after as many milliseconds as it takes.
    pub(super) fn puppet_receives(&mut self, label: &str) -> Sent {
        for _ in 0..10_000 {
            while let Some(sent) = self.puppet.pop_front() {
                if sent.label() == label {
                    return sent;
                }
            }
            self.run_ms(10);
        }
        panic!("no {label} came; {:#?}", self.labels());
    }

    /// The labels of all packets so far, each with the number of the node or puppet it came from.
    pub(super) fn labels(&self) -> Vec<String> {
        self.log
            .iter()
            .map(|sent| {
                let SocketAddr::V4(from) = sent.from else {
                    panic!("only IPv4 here");
                };
                format!("{} {}", from.ip().octets()[3], sent.label())
            })
            .collect()
    }

    /// Forgets the packets so far.
    pub(super) fn forget(&mut self) {
        self.log.clear();
        self.puppet.clear();
    }

    /// The packets with this label.
    pub(super) fn sent(&self, label: &str) -> Vec<&Sent> {
        self.log
            .iter()
            .filter(|sent| sent.label() == label)
            .collect()
    }

    /// The next event of a node for which `pick` finds something, the ones before it discarded.
    pub(super) fn expect<T>(&mut self, node: usize, pick: impl Fn(&UaEvent) -> Option<T>) -> T {
        self.drain();
        let mut seen = Vec::new();
        while let Some(event) = self.nodes[node].events.pop_front() {
            if let Some(found) = pick(&event) {
                return found;
            }
            seen.push(event);
        }
        panic!("node {node} had only {seen:#?}; {:#?}", self.labels());
    }

    /// Whether an event of a node, now or earlier, is this one.
    pub(super) fn saw(&self, node: usize, event: &UaEvent) -> bool {
        self.nodes[node].events.contains(event)
    }

    /// The call that comes in at a node.
    pub(super) fn incoming(&mut self, node: usize) -> CallHandle {
        self.expect(node, |event| match event {
            UaEvent::Incoming { call, .. } => Some(*call),
            _ => None,
        })
    }

    /// Why the call of a node ended.
    pub(super) fn ended(&mut self, node: usize) -> super::EndReason {
        self.expect(node, |event| match event {
            UaEvent::Ended { reason, .. } => Some(*reason),
            _ => None,
        })
    }

    /// Alice calls Bob: the calls of both, ringing.
    pub(super) fn ringing(&mut self) -> (CallHandle, CallHandle) {
        let (alice, now) = self.at(0);
        let a = alice.invite(now, "sip:bob@192.0.2.2", media(1)).unwrap();
        self.run_ms(50);
        let b = self.incoming(1);
        let (bob, now) = self.at(1);
        bob.ring(now, b).unwrap();
        self.run_ms(50);
        (a, b)
    }

    /// Alice calls Bob and he answers: the calls of both.
    pub(super) fn established(&mut self) -> (CallHandle, CallHandle) {
        let (a, b) = self.ringing();
        let (bob, now) = self.at(1);
        bob.accept(now, b, media(2)).unwrap();
        self.run_ms(50);
        (a, b)
    }

    /// A node gets another address instead of the one it had: its socket is bound there, and it is
    /// told.
    pub(super) fn rebind(&mut self, node: usize, new: SocketAddr) {
        let flow = FlowId::from_driver(100 + u32::try_from(self.log.len()).unwrap());
        let node = &mut self.nodes[node];
        let old = core::mem::replace(&mut node.address, new);
        node.flow = flow;
        let bound = Input::Bound {
            flow,
            transport: Transport::Udp,
            local: new,
        };
        node.endpoint.handle_input(self.now, bound);
        let (old, new) = (old.ip(), new.ip());
        node.endpoint.local_address_changed(self.now, old, new);
    }

    /// The program of a node starts anew, at an address: nothing is left of what it knew.
    pub(super) fn restart(&mut self, node: usize, config: UserAgentConfig, local: SocketAddr) {
        let seed = [200; 32];
        let user = UserAgent::new(config);
        let mut endpoint = Endpoint::new(EndpointConfig::default(), user, seed);
        let bound = Input::Bound {
            flow: FLOW,
            transport: Transport::Udp,
            local,
        };
        endpoint.handle_input(self.now, bound);
        self.connections.retain(|(of, ..)| *of != node);
        self.nodes[node] = Node {
            address: local,
            flow: FLOW,
            endpoint,
            events: VecDeque::new(),
        };
    }

    /// Lets all timers of transactions run out and asserts that nothing is left anywhere.
    pub(super) fn assert_idle(&mut self) {
        self.lose_nothing_more();
        self.run_secs(120);
        for (n, node) in self.nodes.iter().enumerate() {
            assert!(node.endpoint.is_idle(), "node {n} is not idle");
        }
    }
}

/// A response to a request, as a puppet writes it: `to_tag` is put to To unless it has one, and
/// `more` are further rows, each with its line end.
pub(super) fn response(
    request: &Sent,
    status: &str,
    to_tag: &str,
    more: &str,
    body: &str,
) -> String {
    let mut out = format!("SIP/2.0 {status}\r\n");
    for via in request.fields("Via") {
        out.push_str(&format!("Via: {via}\r\n"));
    }
    for name in [
        HeaderName::From,
        HeaderName::To,
        HeaderName::CallId,
        HeaderName::CSeq,
    ] {
        let mut value = request.field(name.as_str()).to_string();
        if name == HeaderName::To && !value.contains(";tag=") && !to_tag.is_empty() {
            value.push_str(&format!(";tag={to_tag}"));
        }
        out.push_str(&format!("{}: {value}\r\n", name.as_str()));
    }
    out.push_str(more);
    if !body.is_empty() {
        out.push_str("Content-Type: application/sdp\r\n");
    }
    out.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    out
}

/// A description of G.711 µ-law at this address.
pub(super) fn sdp(host: u8, direction: &str) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 192.0.2.{host}\r\ns=-\r\nc=IN IP4 192.0.2.{host}\r\nt=0 0\r\n\
         m=audio 5000 RTP/AVP 0\r\na={direction}\r\n"
    )
}
