//! Phones in memory, and people with pencils: one clock, packets that take ten milliseconds, and
//! losses by request. Whoever is at an address where no phone is hears and says what the test says.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use offhook::dns::{Answer, Name, Record, RecordData};
use offhook::sdp::LocalMedia;
use offhook::sip::endpoint::{Endpoint, EndpointConfig};
use offhook::sip::ua::{
    CallHandle, EndReason, UaEvent, UserAgent, UserAgentConfig, UserAgentEndpoint,
};
use offhook::{CloseReason, FlowId, Input, Instant, Machine, Output, Transport};

use super::text::{field, kind};

const LATENCY: Duration = Duration::from_millis(10);

/// Something that was sent.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) over: Transport,
    pub(crate) text: String,
}

impl Packet {
    pub(crate) fn kind(&self) -> String {
        kind(&self.text)
    }

    /// The first value of a name; empty without one.
    pub(crate) fn field(&self, name: &str) -> &str {
        field(&self.text, name).unwrap_or("")
    }
}

pub(crate) struct Phone {
    pub(crate) endpoint: UserAgentEndpoint,
    pub(crate) address: SocketAddr,
    pub(crate) events: Vec<UaEvent>,
    udp: FlowId,
}

type Loss = Box<dyn FnMut(&Packet) -> bool>;

pub(crate) struct Net {
    pub(crate) now: Instant,
    pub(crate) phones: Vec<Phone>,
    /// All that was sent.
    pub(crate) log: Vec<Packet>,
    flying: VecDeque<(Instant, Packet)>,
    /// What came where no phone is.
    heard: VecDeque<Packet>,
    losses: Vec<Loss>,
    /// What the DNS says.
    pub(crate) zone: Vec<(&'static str, RecordData)>,
    /// Who takes no connections.
    pub(crate) deaf: Vec<SocketAddr>,
    /// The connections of phones, by the number of the phone.
    pub(crate) wires: Vec<(usize, FlowId, SocketAddr)>,
    /// How many were asked for.
    pub(crate) connects: usize,
    bound: u32,
    /// What is done about an event before anything else is looked at.
    pub(crate) reacts: Option<Reaction>,
}

type Reaction = fn(&mut UserAgentEndpoint, Instant, &UaEvent);

/// 192.0.2.n.
pub(crate) fn at(n: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, n], 5060))
}

pub(crate) fn media(n: u8) -> LocalMedia {
    LocalMedia::audio(SocketAddr::from(([192, 0, 2, n], 4000)))
}

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Alice, who has nothing set.
pub(crate) fn alice() -> UserAgentConfig {
    UserAgentConfig::new("sip:alice@example.org")
}

pub(crate) fn bob() -> UserAgentConfig {
    UserAgentConfig::new("sip:bob@example.org")
}

/// A description of G.711 with further lines.
pub(crate) fn sdp(host: &str, more: &str) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n\
         m=audio 5000 RTP/AVP 0\r\n{more}"
    )
}

impl Net {
    /// Phones at 192.0.2.1, 192.0.2.2 and so on.
    pub(crate) fn new(configs: impl IntoIterator<Item = UserAgentConfig>) -> Self {
        Self::with(EndpointConfig::default(), configs)
    }

    /// Alice and Bob.
    pub(crate) fn pair() -> Self {
        Self::new([alice(), bob()])
    }

    pub(crate) fn with(
        endpoint: EndpointConfig,
        configs: impl IntoIterator<Item = UserAgentConfig>,
    ) -> Self {
        let mut net = Self {
            now: Instant::from_millis(1000),
            phones: Vec::new(),
            log: Vec::new(),
            flying: VecDeque::new(),
            heard: VecDeque::new(),
            losses: Vec::new(),
            zone: Vec::new(),
            deaf: Vec::new(),
            wires: Vec::new(),
            connects: 0,
            bound: 0,
            reacts: None,
        };
        for (n, config) in (1..).zip(configs) {
            let agent = UserAgent::new(config);
            net.phones.push(Phone {
                endpoint: Endpoint::new(endpoint.clone(), agent, [n; 32]),
                address: at(n),
                events: Vec::new(),
                udp: FlowId::from_driver(0),
            });
            net.bind(usize::from(n) - 1, at(n));
        }
        net
    }

    /// Gives a phone an address, and the one before to nobody.
    pub(crate) fn bind(&mut self, phone: usize, local: SocketAddr) {
        for transport in [Transport::Udp, Transport::Tcp] {
            self.bound += 1;
            let flow = FlowId::from_driver(self.bound);
            let bound = Input::Bound {
                flow,
                transport,
                local,
            };
            let now = self.now;
            let phone = &mut self.phones[phone];
            phone.endpoint.handle_input(now, bound);
            phone.address = local;
            if transport == Transport::Udp {
                phone.udp = flow;
            }
        }
    }

    pub(crate) fn phone(&mut self, n: usize) -> (&mut UserAgentEndpoint, Instant) {
        (&mut self.phones[n].endpoint, self.now)
    }

    /// Loses every packet for which `which` says so.
    pub(crate) fn lose(&mut self, which: impl FnMut(&Packet) -> bool + 'static) {
        self.losses.push(Box::new(which));
    }

    pub(crate) fn lose_nothing_more(&mut self) {
        self.losses.clear();
    }

    /// What the phones want, and the earliest deadline there is.
    pub(crate) fn drain(&mut self) -> Option<Instant> {
        let mut bytes = Vec::new();
        let mut earliest: Option<Instant> = None;
        for n in 0..self.phones.len() {
            loop {
                match self.phones[n].endpoint.poll_output(&mut bytes) {
                    Output::Transmit { flow, to } => self.transmit(n, flow, to, &bytes),
                    Output::Resolve { query, question } => {
                        let answer = &self.look_up(&question);
                        let resolved = Input::Resolved { query, answer };
                        self.phones[n].endpoint.handle_input(self.now, resolved);
                    }
                    Output::Event(event) => {
                        let phone = &mut self.phones[n];
                        if let Some(reacts) = self.reacts {
                            reacts(&mut phone.endpoint, self.now, &event);
                        }
                        phone.events.push(event);
                    }
                    Output::Connect {
                        flow,
                        peer,
                        transport,
                        ..
                    } => self.connect(n, flow, peer, transport),
                    Output::Close { flow } => self.wires.retain(|(_, wire, _)| *wire != flow),
                    Output::Wait(deadline) => {
                        earliest = [earliest, deadline].into_iter().flatten().min();
                        break;
                    }
                }
            }
            assert_eq!(self.phones[n].endpoint.check(), Ok(()));
        }
        earliest
    }

    fn transmit(&mut self, n: usize, flow: FlowId, to: SocketAddr, bytes: &[u8]) {
        let is_wire = self.wires.iter().any(|(_, wire, _)| *wire == flow);
        let over = if is_wire {
            Transport::Tcp
        } else {
            Transport::Udp
        };
        let packet = Packet {
            from: self.phones[n].address,
            to,
            over,
            text: String::from_utf8(bytes.to_vec()).expect("text"),
        };
        self.put(packet);
    }

    fn look_up(&self, question: &offhook::dns::Question) -> Answer {
        let named = |name: &str| Name::parse(name).expect("a name");
        let here = self
            .zone
            .iter()
            .filter(|(name, data)| named(name) == question.name && data.kind() == question.kind);
        let records: Vec<Record> = here
            .map(|(name, data)| Record {
                name: named(name),
                ttl: 60,
                data: data.clone(),
            })
            .collect();
        match records.is_empty() {
            true => Answer::NoSuchName { ttl: 60 },
            false => Answer::Records(records.into()),
        }
    }

    fn connect(&mut self, n: usize, flow: FlowId, peer: SocketAddr, transport: Transport) {
        self.connects += 1;
        let local = self.phones[n].address;
        let input = if self.deaf.contains(&peer) {
            let reason = CloseReason::Unreachable;
            Input::Closed { flow, reason }
        } else {
            self.wires.push((n, flow, peer));
            Input::Connected {
                flow,
                transport,
                local,
                peer,
                identity: None,
            }
        };
        self.phones[n].endpoint.handle_input(self.now, input);
    }

    fn put(&mut self, packet: Packet) {
        self.log.push(packet.clone());
        if !self.losses.iter_mut().any(|loss| loss(&packet)) {
            self.flying.push_back((self.now + LATENCY, packet));
        }
    }

    /// Goes on for a while.
    pub(crate) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while self.step(end) {}
        self.now = end;
    }

    /// Goes to the next thing that happens, up to `end`; false if nothing does.
    fn step(&mut self, end: Instant) -> bool {
        let deadline = self.drain();
        let packet = self.flying.front().map(|(at, _)| *at);
        let next = [deadline, packet].into_iter().flatten().min();
        let Some(next) = next.filter(|next| *next <= end) else {
            return false;
        };
        self.now = next;
        if packet == Some(next) {
            self.deliver();
        }
        for phone in &mut self.phones {
            phone.endpoint.handle_input(next, Input::Timeout);
        }
        true
    }

    fn deliver(&mut self) {
        let Some((_, packet)) = self.flying.pop_front() else {
            return;
        };
        let phones = &mut self.phones;
        let Some(n) = phones.iter().position(|phone| phone.address == packet.to) else {
            self.heard.push_back(packet);
            return;
        };
        let bytes = packet.text.as_bytes();
        let mut wires = self.wires.iter();
        let wire = wires.find(|(of, _, peer)| (*of, *peer) == (n, packet.from));
        let input = match wire {
            Some((_, flow, _)) => Input::Stream { flow: *flow, bytes },
            None => Input::Datagram {
                flow: phones[n].udp,
                source: packet.from,
                bytes,
            },
        };
        phones[n].endpoint.handle_input(self.now, input);
    }

    /// Somebody says something to a phone.
    pub(crate) fn says(&mut self, from: SocketAddr, to: SocketAddr, text: &str) {
        self.put(Packet {
            from,
            to,
            over: Transport::Udp,
            text: text.to_owned(),
        });
    }

    /// Somebody answers what came, with a tag of theirs and further rows.
    pub(crate) fn answers(&mut self, request: &Packet, status: &str, (tag, more): (&str, &str)) {
        self.answers_with(request, status, (tag, more), "");
    }

    pub(crate) fn answers_with(
        &mut self,
        request: &Packet,
        status: &str,
        (tag, more): (&str, &str),
        body: &str,
    ) {
        let mut out = format!("SIP/2.0 {status}\r\n");
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            for value in super::text::fields(&request.text, name) {
                out += &format!("{name}: {value}");
                if name == "To" && !value.contains(";tag=") {
                    out += &format!(";tag={tag}");
                }
                out += "\r\n";
            }
        }
        if !body.is_empty() {
            out += "Content-Type: application/sdp\r\n";
        }
        out += &format!("{more}Content-Length: {}\r\n\r\n{body}", body.len());
        self.says(request.to, request.from, &out);
    }

    /// The next of a kind that comes to where no phone is, after as long as it takes.
    pub(crate) fn hears(&mut self, kind: &str) -> Packet {
        let end = self.now + Duration::from_secs(1000);
        loop {
            while let Some(packet) = self.heard.pop_front() {
                if packet.kind() == kind {
                    return packet;
                }
            }
            assert!(self.step(end), "no {kind}: {:?}", self.kinds());
        }
    }

    pub(crate) fn kinds(&self) -> Vec<String> {
        self.log.iter().map(Packet::kind).collect()
    }

    /// Everything of a kind that was sent.
    pub(crate) fn sent(&self, kind: &str) -> Vec<&Packet> {
        let sent = self.log.iter().filter(|packet| packet.kind() == kind);
        sent.collect()
    }

    /// The latest that a phone has told of this.
    pub(crate) fn told<T>(&self, phone: usize, pick: impl Fn(&UaEvent) -> Option<T>) -> Option<T> {
        self.phones[phone].events.iter().rev().find_map(pick)
    }

    /// The latest call that has come in at a phone.
    pub(crate) fn incoming(&self, phone: usize) -> CallHandle {
        let call = self.told(phone, |event| match event {
            UaEvent::Incoming { call, .. } => Some(*call),
            _ => None,
        });
        call.expect("an incoming call")
    }

    pub(crate) fn ended(&self, phone: usize) -> Option<EndReason> {
        self.told(phone, |event| match event {
            UaEvent::Ended { reason, .. } => Some(*reason),
            _ => None,
        })
    }

    /// Alice calls somebody.
    pub(crate) fn call(&mut self, to: &str) -> CallHandle {
        let (alice, now) = self.phone(0);
        alice.invite(now, to, media(1)).expect("an INVITE")
    }

    /// Alice calls Bob, and it rings.
    pub(crate) fn ringing(&mut self) -> (CallHandle, CallHandle) {
        let a = self.call("sip:bob@192.0.2.2");
        self.run(ms(50));
        let b = self.incoming(1);
        let (bob, now) = self.phone(1);
        bob.ring(now, b).expect("it rings");
        self.run(ms(50));
        (a, b)
    }

    pub(crate) fn accepts(&mut self, phone: usize, call: CallHandle) {
        let number = phone as u8 + 1;
        let (endpoint, now) = self.phone(phone);
        endpoint
            .accept(now, call, media(number))
            .expect("an answer");
    }

    /// Alice calls Bob, and he answers.
    pub(crate) fn established(&mut self) -> (CallHandle, CallHandle) {
        let (a, b) = self.ringing();
        self.accepts(1, b);
        self.run(ms(50));
        (a, b)
    }

    pub(crate) fn hangs_up(&mut self, phone: usize, call: CallHandle) {
        let (endpoint, now) = self.phone(phone);
        endpoint.hang_up(now, call).expect("an end");
    }

    /// After all transactions have run out nobody holds anything, or waits for anything.
    pub(crate) fn assert_empty(&mut self) {
        self.lose_nothing_more();
        self.run(Duration::from_secs(120));
        for phone in &self.phones {
            assert!(phone.endpoint.is_idle());
            assert_eq!(phone.endpoint.user().calls().count(), 0);
            assert_eq!(phone.endpoint.stack().transaction_count(), (0, 0));
        }
    }
}
