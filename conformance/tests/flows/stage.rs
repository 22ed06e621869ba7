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
use super::hosts::Host;
use super::names::Names;
use super::printed::{Printed, flow};
use super::text::{field, kind, param, rows};

/// What every user's password is.
pub(crate) const PASSWORD: &str = "zanzibar";

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
    /// Who our machine is.
    party: String,
    own: IpAddr,
    /// Where it receives datagrams.
    udp: FlowId,
    /// The last flow there is.
    last_flow: u32,
    over: Transport,
    hosts: &'static [Host],
    /// Parties that are somewhere else by now, and under which other name.
    moved: Vec<(String, String)>,
    wires: Vec<Wire>,
    sent: VecDeque<Sent>,
    deadline: Option<Instant>,
    /// Clients answer challenges of ours with a wrong password.
    pub(crate) misremembers: bool,
    /// What was said before the flow.
    pub(crate) before: u32,
    /// The nonces of our challenges, by realm, the latest last.
    challenges: Vec<(String, String)>,
}

impl<M: Machine> Stage<M> {
    /// Puts a machine at the address of a party, in a network that prefers one transport.
    pub(crate) fn new(machine: M, party: &str, over: Transport, hosts: &'static [Host]) -> Self {
        let mut stage = Self {
            machine,
            now: Instant::from_millis(1000),
            names: Names::default(),
            events: VecDeque::new(),
            party: party.to_owned(),
            own: IpAddr::from([0; 4]),
            udp: FlowId::from_driver(0),
            last_flow: 0,
            over,
            hosts,
            moved: Vec::new(),
            wires: Vec::new(),
            sent: VecDeque::new(),
            deadline: None,
            misremembers: false,
            before: 0,
            challenges: Vec::new(),
        };
        stage.settles(party);
        stage
    }

    /// Our machine is at the address of a host now, and goes by it.
    pub(crate) fn settles(&mut self, party: &str) {
        let host = self.hosts.iter().find(|host| host.party == party);
        let host = host.expect("a host of the flow");
        self.own = host.ip();
        self.names.say(host.names[0], &self.own.to_string());
        self.udp = FlowId::from_driver(self.last_flow + 1);
        for (transport, port) in [
            (Transport::Udp, 5060),
            (Transport::Tcp, 5060),
            (Transport::Tls, 5061),
        ] {
            let (flow, local) = (self.next_flow(), self.address(port));
            self.feed(Input::Bound {
                flow,
                transport,
                local,
            });
        }
    }

    fn next_flow(&mut self) -> FlowId {
        self.last_flow += 1;
        FlowId::from_driver(self.last_flow)
    }

    /// A port of our host.
    pub(crate) fn address(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.own, port)
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
                    let local = self.address(40_000);
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
        let text = self.with_credentials(&self.in_numbers(&text));
        let source = self.place_of(&printed.from);
        self.note_challenges(&text);
        let bytes = text.as_bytes();
        let via = field(&text, "Via").expect("a Via");
        if via.starts_with("SIP/2.0/UDP ") {
            let source = SocketAddr::new(source, 5060);
            self.feed(Input::Datagram {
                flow: self.udp,
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

    /// RFC 3666 describes media at hosts by their names, which user agents of ours do not look up.
    fn in_numbers(&self, text: &str) -> String {
        let Some((header, body)) = text.split_once("\r\n\r\n") else {
            return text.to_owned();
        };
        let mut described = body.to_owned();
        for host in self.hosts {
            let named = format!("c=IN IP4 {}\r\n", host.names[0]);
            described = described.replace(&named, &format!("c=IN IP4 {}\r\n", host.ip()));
        }
        let length = |body: &str| format!("\r\nContent-Length: {}", body.len());
        let header = header.replacen(&length(body), &length(&described), 1);
        format!("{header}\r\n\r\n{described}")
    }

    /// A party is from now on where another host is.
    pub(crate) fn moves(&mut self, party: &str, to: &str) {
        self.moved.push((party.to_owned(), to.to_owned()));
    }

    pub(crate) fn place_of(&self, party: &str) -> IpAddr {
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
        let flow = self.next_flow();
        let transport = match text.contains("\r\nVia: SIP/2.0/TLS ") {
            true => Transport::Tls,
            false => Transport::Tcp,
        };
        self.wires.push(Wire { flow, peer });
        let local = self.address(if transport.is_secure() { 5061 } else { 5060 });
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

    /// What was said first of what nobody has asked after, and is forgotten.
    pub(crate) fn answered(&mut self) -> Option<String> {
        self.sent.pop_front().map(|sent| kind(&sent.text))
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

/// Plays one flow: before each message, by its number as `F2`, `cue` may give commands.
pub(crate) fn play<M: Machine>(
    stage: &mut Stage<M>,
    (rfc, section): (u16, &str),
    mut cue: impl FnMut(&str, &mut Stage<M>),
) {
    for message in flow(rfc, section) {
        let (_, number) = message.label.rsplit_once(' ').expect("a number");
        cue(number, stage);
        stage.drain();
        if message.from == stage.party {
            stage.says(&message);
        } else if message.to == stage.party {
            stage.receives(&message);
        }
    }
    stage.assert_silent();
}
