//! Where a flow is played: one machine of ours, a network that knows the hosts of the RFC, and the
//! others, who say what is printed.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use offhook::dns::{
    Answer, CharacterString, Name, Naptr, Question, Record, RecordData, RecordKind, Srv,
};
use offhook::hash::{Hash, Md5};
use offhook::{FlowId, Input, Instant, Machine, Output, PeerIdentity, Transport};

use super::alike::assert_alike;
use super::names::Names;
use super::printed::{Printed, field, flow, kind, param, rows};

/// What every user's password is.
pub(crate) const PASSWORD: &str = "zanzibar";

const UDP: FlowId = FlowId::from_driver(0);
const TCP: FlowId = FlowId::from_driver(1);
const TLS: FlowId = FlowId::from_driver(2);

/// A host of the RFC.
pub(crate) struct Host {
    /// Who it is in the flow.
    pub(crate) party: &'static str,
    /// Its names, and the domains it serves.
    pub(crate) names: &'static [&'static str],
    /// The last number of its address, 192.0.2.x.
    pub(crate) number: u8,
}

impl Host {
    pub(crate) fn ip(&self) -> IpAddr {
        [192, 0, 2, self.number].into()
    }
}

struct Wire {
    flow: FlowId,
    peer: IpAddr,
}

struct Sent {
    to: IpAddr,
    text: String,
}

pub(crate) struct Stage<M: Machine> {
    pub(crate) machine: M,
    pub(crate) now: Instant,
    pub(crate) names: Names,
    pub(crate) events: VecDeque<M::Event>,
    own: SocketAddr,
    over: Transport,
    hosts: &'static [Host],
    /// Parties that are somewhere else by now, and under which other name.
    moved: Vec<(String, String)>,
    wires: Vec<Wire>,
    accepted: u32,
    sent: VecDeque<Sent>,
    deadline: Option<Instant>,
    /// Clients answer challenges of ours with a wrong password.
    pub(crate) misremembers: bool,
    /// What was said before the flow.
    before: u32,
    /// The nonces of our challenges, by realm, the latest last.
    challenges: Vec<(String, String)>,
}

impl<M: Machine> Stage<M> {
    /// Puts a machine at the address of a party, in a network that prefers one transport.
    pub(crate) fn new(machine: M, party: &str, over: Transport, hosts: &'static [Host]) -> Self {
        let own = hosts.iter().find(|host| host.party == party);
        let host = own.expect("a host of the flow");
        let own = host.ip();
        // Our machine goes by its address.
        let mut names = Names::default();
        names.say(host.names[0], &own.to_string());
        let mut stage = Self {
            machine,
            now: Instant::from_millis(1000),
            names,
            events: VecDeque::new(),
            own: SocketAddr::new(own, 5060),
            over,
            hosts,
            moved: Vec::new(),
            wires: Vec::new(),
            accepted: 10,
            sent: VecDeque::new(),
            deadline: None,
            misremembers: false,
            before: 0,
            challenges: Vec::new(),
        };
        for (flow, transport, port) in [
            (UDP, Transport::Udp, 5060),
            (TCP, Transport::Tcp, 5060),
            (TLS, Transport::Tls, 5061),
        ] {
            let local = SocketAddr::new(own, port);
            stage.feed(Input::Bound {
                flow,
                transport,
                local,
            });
        }
        stage
    }

    /// A port of our host.
    pub(crate) fn address(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.own.ip(), port)
    }

    /// Gives one input, and looks what comes of it.
    fn feed(&mut self, input: Input<'_>) {
        self.machine.handle_input(self.now, input);
        self.drain();
    }

    /// What the machine wants, up to its next deadline.
    pub(crate) fn drain(&mut self) {
        let mut bytes = Vec::new();
        loop {
            match self.machine.poll_output(&mut bytes) {
                Output::Transmit { to, .. } => {
                    let text = String::from_utf8(bytes.clone()).expect("text");
                    self.note_challenges(&text);
                    let to = to.ip();
                    self.sent.push_back(Sent { to, text });
                }
                Output::Connect {
                    flow,
                    peer,
                    transport,
                    ..
                } => {
                    self.wires.push(Wire {
                        flow,
                        peer: peer.ip(),
                    });
                    let identity = self.certificate(peer.ip());
                    let local = SocketAddr::new(self.own.ip(), 40_000);
                    let input = Input::Connected {
                        flow,
                        transport,
                        local,
                        peer,
                        identity: transport.is_secure().then_some(&identity),
                    };
                    self.machine.handle_input(self.now, input);
                }
                Output::Close { flow } => self.wires.retain(|wire| wire.flow != flow),
                Output::Resolve { query, question } => {
                    let answer = self.answer(&question);
                    let answer = &answer;
                    self.machine
                        .handle_input(self.now, Input::Resolved { query, answer });
                }
                Output::Event(event) => self.events.push_back(event),
                Output::Wait(deadline) => {
                    self.deadline = deadline;
                    return;
                }
            }
        }
    }

    fn host(&self, ip: IpAddr) -> &'static Host {
        let host = self.hosts.iter().find(|host| host.ip() == ip);
        host.unwrap_or_else(|| panic!("nobody is at {ip}"))
    }

    fn certificate(&self, peer: IpAddr) -> PeerIdentity {
        let names = self.host(peer).names.iter();
        PeerIdentity {
            uris: Vec::new(),
            dns_names: names.map(|name| (*name).to_owned()).collect(),
            is_verified: true,
        }
    }

    /// Every name has one address, and servers over the transport of the flow.
    fn answer(&self, question: &Question) -> Answer {
        let asked = question.name.to_string();
        let asked = asked.trim_end_matches('.');
        let (service, service_kind) = match self.over {
            Transport::Tls => ("_sips._tcp.", "SIPS+D2T"),
            Transport::Tcp => ("_sip._tcp.", "SIP+D2T"),
            _ => ("_sip._udp.", "SIP+D2U"),
        };
        let name = asked.strip_prefix(service).unwrap_or(asked);
        let host = self.hosts.iter().find(|host| host.names.contains(&name));
        let Some(host) = host else {
            return Answer::NoSuchName { ttl: 60 };
        };
        let named = |text: &str| Name::parse(text).expect("a name");
        let string = |text: &str| CharacterString::new(text.as_bytes()).expect("short");
        let data = match (question.kind, host.ip()) {
            (RecordKind::Naptr, _) => RecordData::Naptr(Naptr {
                order: 1,
                preference: 1,
                flags: string("s"),
                services: string(service_kind),
                regexp: string(""),
                replacement: named(&format!("{service}{name}")),
            }),
            (RecordKind::Srv, _) if asked.starts_with(service) => RecordData::Srv(Srv {
                priority: 1,
                weight: 1,
                port: if self.over.is_secure() { 5061 } else { 5060 },
                target: named(name),
            }),
            (RecordKind::A, IpAddr::V4(ip)) => RecordData::A(ip),
            _ => return Answer::NoData { ttl: 60 },
        };
        let name = question.name.clone();
        Answer::Records(
            [Record {
                name,
                ttl: 60,
                data,
            }]
            .into(),
        )
    }

    /// A party says what is printed, in the words of this call.
    pub(crate) fn receives(&mut self, printed: &Printed) {
        let text = self.names.live(&printed.text);
        let text = self.with_credentials(&text);
        let source = self.place_of(&printed.from);
        self.note_challenges(&text);
        let bytes = text.as_bytes();
        let via = field(&text, "Via").expect("a Via");
        if via.starts_with("SIP/2.0/UDP ") {
            let source = SocketAddr::new(source, 5060);
            self.feed(Input::Datagram {
                flow: UDP,
                source,
                bytes,
            });
        } else {
            let flow = self
                .wire_to(source)
                .unwrap_or_else(|| self.accept(source, &text));
            self.feed(Input::Stream { flow, bytes });
        }
        self.feed(Input::Timeout);
    }

    /// A party is from now on where another host is.
    pub(crate) fn moves(&mut self, party: &str, to: &str) {
        self.moved.push((party.to_owned(), to.to_owned()));
    }

    fn place_of(&self, party: &str) -> IpAddr {
        let moved = self.moved.iter().find(|(from, _)| from == party);
        let party = moved.map_or(party, |(_, to)| to);
        let host = self.hosts.iter().find(|host| host.party == party);
        host.unwrap_or_else(|| panic!("{party} has no host")).ip()
    }

    fn wire_to(&self, peer: IpAddr) -> Option<FlowId> {
        let wire = self.wires.iter().find(|wire| wire.peer == peer);
        wire.map(|wire| wire.flow)
    }

    fn accept(&mut self, peer: IpAddr, text: &str) -> FlowId {
        self.accepted += 1;
        let flow = FlowId::from_driver(self.accepted);
        let transport = match text.contains("\r\nVia: SIP/2.0/TLS ") {
            true => Transport::Tls,
            false => Transport::Tcp,
        };
        self.wires.push(Wire { flow, peer });
        let local = SocketAddr::new(
            self.own.ip(),
            if transport.is_secure() { 5061 } else { 5060 },
        );
        let peer = SocketAddr::new(peer, 30_000);
        self.feed(Input::Connected {
            flow,
            transport,
            local,
            peer,
            identity: None,
        });
        flow
    }

    /// Our machine has said what is printed, or says it within the time it takes.
    pub(crate) fn says(&mut self, printed: &Printed) {
        let to = self.place_of(&printed.to);
        let patience = self.now + std::time::Duration::from_secs(200);
        let found = loop {
            let mut sent = self.sent.iter();
            if let Some(at) = sent.position(|it| it.to == to && kind(&it.text) == printed.kind()) {
                break self.sent.remove(at).expect("what was found");
            }
            let waiting: Vec<String> = self.sent.iter().map(|it| kind(&it.text)).collect();
            let label = &printed.label;
            let next = self.deadline.filter(|next| *next <= patience);
            let next = next.unwrap_or_else(|| panic!("{label} is not said; waiting: {waiting:?}"));
            self.now = next;
            self.feed(Input::Timeout);
        };
        assert_alike(&mut self.names, printed, &found.text);
    }

    /// Nothing more was said than what is printed, but for 100 (RFC 3261 §8.2.6.1 leaves that to us).
    pub(crate) fn assert_silent(&self) {
        let rest = self.sent.iter().map(|it| kind(&it.text));
        let rest: Vec<String> = rest.filter(|it| !it.starts_with("100 ")).collect();
        assert!(rest.is_empty(), "what nobody prints: {rest:?}");
    }

    fn note_challenges(&mut self, text: &str) {
        for (name, value) in rows(text) {
            let is_challenge = ["WWW-Authenticate", "Proxy-Authenticate"].contains(&name);
            let is_md5 = param(value, "algorithm").is_none_or(|it| it.eq_ignore_ascii_case("MD5"));
            if let (true, Some(realm), Some(nonce)) = (
                is_challenge && is_md5,
                param(value, "realm"),
                param(value, "nonce"),
            ) {
                self.names.heard(realm);
                self.challenges.push((realm.to_owned(), nonce.to_owned()));
            }
        }
    }

    /// The digests of a printed request, made real: as a client would compute them that has never
    /// heard of qop (RFC 2617 §3.2.2.1).
    fn with_credentials(&self, text: &str) -> String {
        let method = text.split(' ').next().unwrap_or_default();
        let mut signed = text.to_owned();
        for (name, value) in rows(text) {
            let part = |name| param(value, name).unwrap_or_default();
            let (user, realm, uri) = (part("username"), part("realm"), part("uri"));
            let challenge = self.challenges.iter().rev().find(|(of, _)| of == realm);
            let (true, Some((_, nonce))) = (name.ends_with("Authorization"), challenge) else {
                continue;
            };
            let password = if self.misremembers { "wrong" } else { PASSWORD };
            let ha1 = md5(&format!("{user}:{realm}:{password}"));
            let response = md5(&format!(
                "{ha1}:{nonce}:{}",
                md5(&format!("{method}:{uri}"))
            ));
            let new = format!(
                "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", \
                 uri=\"{uri}\", response=\"{response}\""
            );
            signed = signed.replace(value, &new);
        }
        signed
    }
}

fn md5(text: &str) -> String {
    let digest = Md5::of(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a server has to know before a flow begins.
impl<M: Machine> Stage<M> {
    /// Bob has said where he is.
    pub(crate) fn registers(&mut self, domain: &str, contact: &str, over: Transport) {
        let text = format!(
            "REGISTER sip:{domain} SIP/2.0\r\n{}To: <sip:bob@{domain}>\r\n\
             Contact: <{contact}>\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n",
            self.begin("Bob", over)
        );
        self.says_beforehand("Bob", text, "200 REGISTER");
    }

    /// A user has asked for something before, and was asked for a password.
    pub(crate) fn was_asked(&mut self, party: &str, (method, uri): (&str, &str), over: Transport) {
        let text = format!(
            "{method} {uri} SIP/2.0\r\n{}To: <{uri}>\r\nCSeq: 1 {method}\r\n\
             Content-Length: 0\r\n\r\n",
            self.begin(party, over)
        );
        let status = if method == "REGISTER" { 401 } else { 407 };
        self.says_beforehand(party, text, &format!("{status} {method}"));
    }

    fn begin(&mut self, party: &str, over: Transport) -> String {
        self.before += 1;
        let (over, port) = match over {
            Transport::Tls => ("TLS", 5061),
            Transport::Tcp => ("TCP", 5060),
            _ => ("UDP", 5060),
        };
        let (place, before) = (self.place_of(party), self.before);
        format!(
            "Via: SIP/2.0/{over} {place}:{port};branch=z9hG4bKbefore{before}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:alice@atlanta.example.com>;tag=before\r\n\
             Call-ID: before{before}\r\n",
        )
    }

    fn says_beforehand(&mut self, party: &str, text: String, answer: &str) {
        self.receives(&Printed {
            label: "before".to_owned(),
            from: party.to_owned(),
            to: String::new(),
            text,
        });
        let answered = self.sent.pop_front().map(|sent| kind(&sent.text));
        assert_eq!(answered.as_deref(), Some(answer));
    }
}

/// Plays one flow: before each message `cue` may give commands.
pub(crate) fn play<M: Machine>(
    stage: &mut Stage<M>,
    (rfc, section): (u16, &str),
    role: &str,
    mut cue: impl FnMut(&str, &mut Stage<M>),
) {
    for message in flow(rfc, section) {
        cue(&message.label, stage);
        stage.drain();
        if message.from == role {
            stage.says(&message);
        } else if message.to == role {
            stage.receives(&message);
        }
    }
    cue("end", stage);
    stage.drain();
    stage.assert_silent();
}
