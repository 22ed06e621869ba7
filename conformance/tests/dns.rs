//! DNS messages against a reader and writer nobody here wrote, and the stub resolver under inputs
//! in any order.

use std::net::SocketAddr;
use std::time::Duration;

use offhook::dns::stub_resolver::{ResolverConfig, ResolverEvent};
use offhook::dns::{
    CharacterString, Message, Name, Naptr, QueryId, Question, Record, RecordData, RecordKind,
    ResponseCode, Soa, Srv, StubResolver,
};
use offhook::sdp::offer_answer::LocalMedia;
use offhook::sip::endpoint::{Endpoint, EndpointConfig};
use offhook::sip::ua::{UserAgent, UserAgentConfig};
use offhook::{CloseReason, FlowId, Input, Instant, Machine, Output, Transport};
use proptest::collection::vec;
use proptest::prelude::*;
use simple_dns::rdata::RData;
use simple_dns::{CLASS, Packet, PacketFlag, QTYPE, RCODE, ResourceRecord, TYPE};

const RECORDS_MAX: usize = 64;

fn name() -> impl Strategy<Value = Name> {
    vec("[a-zA-Z0-9_-]{1,20}", 0..5).prop_map(|labels| {
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        Name::root().under(&labels).unwrap()
    })
}

fn text() -> impl Strategy<Value = CharacterString> {
    vec(any::<u8>(), 0..40).prop_map(|bytes| CharacterString::new(&bytes).unwrap())
}

fn seconds() -> impl Strategy<Value = u32> {
    0..=0x7fff_ffff_u32
}

fn soa() -> impl Strategy<Value = Soa> {
    let times = (seconds(), seconds(), seconds(), any::<u32>());
    (name(), name(), any::<u32>(), times).prop_map(|(primary, mailbox, serial, times)| {
        let (refresh, retry, expire, minimum) = times;
        Soa {
            primary,
            mailbox,
            serial,
            refresh,
            retry,
            expire,
            minimum,
        }
    })
}

fn data() -> impl Strategy<Value = RecordData> {
    let numbers = (any::<u16>(), any::<u16>(), any::<u16>());
    let srv = (numbers, name()).prop_map(|((priority, weight, port), target)| Srv {
        priority,
        weight,
        port,
        target,
    });
    let naptr = (any::<u16>(), any::<u16>(), text(), text(), text(), name()).prop_map(
        |(order, preference, flags, services, regexp, replacement)| Naptr {
            order,
            preference,
            flags,
            services,
            regexp,
            replacement,
        },
    );
    prop_oneof![
        any::<u32>().prop_map(|bits| RecordData::A(bits.into())),
        any::<u128>().prop_map(|bits| RecordData::Aaaa(bits.into())),
        name().prop_map(RecordData::Cname),
        soa().prop_map(RecordData::Soa),
        srv.prop_map(RecordData::Srv),
        naptr.prop_map(RecordData::Naptr),
    ]
}

fn records() -> impl Strategy<Value = Vec<Record>> {
    let record = (name(), seconds(), data());
    let record = record.prop_map(|(name, ttl, data)| Record { name, ttl, data });
    vec(record, 0..6)
}

fn question() -> impl Strategy<Value = Question> {
    let kind = proptest::sample::select(RecordKind::ALL.to_vec());
    (name(), kind).prop_map(|(name, kind)| Question { name, kind })
}

fn message() -> impl Strategy<Value = Message> {
    let code = proptest::sample::select(vec![
        ResponseCode::NO_ERROR,
        ResponseCode::SERVER_FAILURE,
        ResponseCode::NO_SUCH_NAME,
        ResponseCode::REFUSED,
    ]);
    let sections = (records(), records(), records());
    let header = (any::<u16>(), any::<[bool; 5]>(), code);
    let edns = proptest::option::of(any::<u16>());
    (header, proptest::option::of(question()), sections, edns).prop_map(
        |((id, flags, code), question, (answers, authority, additional), payload_size)| {
            let [response, authoritative, truncated, desired, available] = flags;
            Message {
                id,
                is_response: response,
                opcode: 0,
                is_authoritative: authoritative,
                is_truncated: truncated,
                recursion_desired: desired,
                recursion_available: available,
                code,
                question,
                answers,
                authority,
                additional,
                payload_size,
            }
        },
    )
}

fn written(message: &Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.write(&mut bytes).unwrap();
    bytes
}

fn is_named(theirs: &simple_dns::Name<'_>, ours: &Name) -> bool {
    theirs.as_bytes().eq(ours.labels())
}

/// Whether the oracle read what we wrote.
fn is_same(ours: &Record, theirs: &ResourceRecord<'_>) -> bool {
    let text = |bytes: &CharacterString| {
        simple_dns::CharacterString::new(bytes.as_bytes())
            .unwrap()
            .into_owned()
    };
    let data = match (&ours.data, &theirs.rdata) {
        (RecordData::A(ours), RData::A(theirs)) => ours.to_bits() == theirs.address,
        (RecordData::Aaaa(ours), RData::AAAA(theirs)) => ours.to_bits() == theirs.address,
        (RecordData::Cname(ours), RData::CNAME(theirs)) => is_named(&theirs.0, ours),
        (RecordData::Soa(ours), RData::SOA(theirs)) => {
            let times = [theirs.refresh, theirs.retry, theirs.expire];
            is_named(&theirs.mname, &ours.primary)
                && is_named(&theirs.rname, &ours.mailbox)
                && (theirs.serial, theirs.minimum) == (ours.serial, ours.minimum)
                && times.map(i64::from) == [ours.refresh, ours.retry, ours.expire].map(i64::from)
        }
        (RecordData::Srv(ours), RData::SRV(theirs)) => {
            let numbers = (theirs.priority, theirs.weight, theirs.port);
            is_named(&theirs.target, &ours.target)
                && numbers == (ours.priority, ours.weight, ours.port)
        }
        (RecordData::Naptr(ours), RData::NAPTR(theirs)) => {
            is_named(&theirs.replacement, &ours.replacement)
                && (theirs.order, theirs.preference) == (ours.order, ours.preference)
                && theirs.flags == text(&ours.flags)
                && theirs.services == text(&ours.services)
                && theirs.regexp == text(&ours.regexp)
        }
        _ => false,
    };
    data && is_named(&theirs.name, &ours.name)
        && theirs.ttl == ours.ttl
        && theirs.class == CLASS::IN
}

fn type_of(kind: RecordKind) -> TYPE {
    match kind {
        RecordKind::A => TYPE::A,
        RecordKind::Aaaa => TYPE::AAAA,
        RecordKind::Cname => TYPE::CNAME,
        RecordKind::Soa => TYPE::SOA,
        RecordKind::Srv => TYPE::SRV,
        RecordKind::Naptr => TYPE::NAPTR,
    }
}

proptest! {
    #[test]
    fn the_oracle_reads_what_we_write(message in message()) {
        let bytes = written(&message);
        let packet = Packet::parse(&bytes).unwrap();
        prop_assert_eq!(packet.id(), message.id);
        for (flag, ours) in [
            (PacketFlag::RESPONSE, message.is_response),
            (PacketFlag::AUTHORITATIVE_ANSWER, message.is_authoritative),
            (PacketFlag::TRUNCATION, message.is_truncated),
            (PacketFlag::RECURSION_DESIRED, message.recursion_desired),
            (PacketFlag::RECURSION_AVAILABLE, message.recursion_available),
        ] {
            prop_assert_eq!(packet.has_flags(flag), ours);
        }
        let code = match packet.rcode() {
            RCODE::NoError => ResponseCode::NO_ERROR,
            RCODE::ServerFailure => ResponseCode::SERVER_FAILURE,
            RCODE::NameError => ResponseCode::NO_SUCH_NAME,
            RCODE::Refused => ResponseCode::REFUSED,
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        };
        prop_assert_eq!(code, message.code);
        prop_assert_eq!(packet.opt().map(|opt| opt.udp_packet_size), message.payload_size);
        prop_assert_eq!(packet.questions.len(), usize::from(message.question.is_some()));
        for (theirs, ours) in packet.questions.iter().zip(&message.question) {
            prop_assert!(is_named(&theirs.qname, &ours.name));
            prop_assert_eq!(theirs.qtype, QTYPE::TYPE(type_of(ours.kind)));
        }
        for (theirs, ours) in [
            (&packet.answers, &message.answers),
            (&packet.name_servers, &message.authority),
            (&packet.additional_records, &message.additional),
        ] {
            prop_assert_eq!(theirs.len(), ours.len());
            for (theirs, ours) in theirs.iter().zip(ours) {
                prop_assert!(is_same(ours, theirs), "{:?} {:?}", ours, theirs);
            }
        }
    }

    /// The oracle compresses names, which we never do.
    #[test]
    fn we_read_what_the_oracle_writes(message in message()) {
        let bytes = written(&message);
        let packet = Packet::parse(&bytes).unwrap();
        for theirs in [packet.build_bytes_vec(), packet.build_bytes_vec_compressed()] {
            prop_assert_eq!(Message::parse(&theirs.unwrap(), RECORDS_MAX), Ok(message.clone()));
        }
    }

    #[test]
    fn a_name_in_text_is_read_back(labels in vec(vec(any::<u8>(), 1..20), 0..6)) {
        // By way of a message: text cannot hold every byte unescaped.
        let mut bytes = vec![0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in &labels {
            bytes.push(u8::try_from(label.len()).unwrap());
            bytes.extend_from_slice(label);
        }
        bytes.extend_from_slice(&[0, 0, 1, 0, 1]);
        let question = Message::parse(&bytes, 0).unwrap().question.unwrap();
        let text = question.name.to_string();
        prop_assert!(text.is_ascii());
        let again = Name::parse(&text).unwrap();
        prop_assert!(again.is_spelt_like(&question.name));
        prop_assert!(again.labels().eq(labels.iter().map(Vec::as_slice)));
    }

    #[test]
    fn no_bytes_make_the_reader_panic_and_what_it_takes_can_be_written(
        message in message(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        end in any::<prop::sample::Index>(),
    ) {
        let packet = written(&message);
        let packet = Packet::parse(&packet).unwrap();
        let mut bytes = packet.build_bytes_vec_compressed().unwrap();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let end = bytes.len() - end.index(bytes.len()) / 8;
        if let Ok(read) = Message::parse(&bytes[..end], RECORDS_MAX) {
            prop_assert_eq!(Message::parse(&written(&read), RECORDS_MAX + 1), Ok(read));
        }
    }
}

/// One thing that may happen to a resolver.
#[derive(Clone, Debug)]
enum Step {
    Resolve(usize, RecordKind),
    /// The n-th datagram that left is answered: faithfully with these records, or with the id
    /// changed.
    Answer(prop::sample::Index, Box<Message>, bool),
    Connect(prop::sample::Index),
    Stream(prop::sample::Index, Vec<u8>),
    Close(prop::sample::Index, CloseReason),
    Advance(u16),
}

const NAMES: [&str; 4] = ["a.example", "b.example", "A.EXAMPLE", "_sip._udp.example"];

/// Answers about the few names there are, so that aliases form chains and loops.
fn answer() -> impl Strategy<Value = Message> {
    let owner = || proptest::sample::select(NAMES.to_vec()).prop_map(|it| Name::parse(it).unwrap());
    let data = prop_oneof![
        Just(RecordData::A([10, 0, 0, 1].into())),
        owner().prop_map(RecordData::Cname),
    ];
    let record = (owner(), 0..400_u32, data);
    let record = record.prop_map(|(name, ttl, data)| Record { name, ttl, data });
    let zone = (0..400_u32, soa()).prop_map(|(ttl, soa)| Record {
        name: Name::parse("example").unwrap(),
        ttl,
        data: RecordData::Soa(soa),
    });
    let code = proptest::sample::select(vec![
        ResponseCode::NO_ERROR,
        ResponseCode::NO_ERROR,
        ResponseCode::NO_SUCH_NAME,
        ResponseCode::FORMAT_ERROR,
        ResponseCode::REFUSED,
    ]);
    (code, vec(record, 0..4), vec(zone, 0..2), any::<u8>()).prop_map(
        |(code, answers, authority, luck)| Message {
            is_response: true,
            is_truncated: luck < 40,
            code,
            answers,
            authority,
            ..Message::default()
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    let reason = proptest::sample::select(vec![
        CloseReason::Finished,
        CloseReason::Unreachable,
        CloseReason::Reset,
        CloseReason::Requested,
    ]);
    let kind = proptest::sample::select(vec![RecordKind::A, RecordKind::Srv]);
    prop_oneof![
        4 => (0..NAMES.len(), kind).prop_map(|(name, kind)| Step::Resolve(name, kind)),
        4 => (index(), answer(), any::<bool>())
            .prop_map(|(which, message, forged)| Step::Answer(which, message.into(), forged)),
        2 => index().prop_map(Step::Connect),
        1 => (index(), vec(any::<u8>(), 0..30)).prop_map(|(which, it)| Step::Stream(which, it)),
        1 => (index(), reason).prop_map(|(which, reason)| Step::Close(which, reason)),
        2 => (0..3000_u16).prop_map(Step::Advance),
    ]
}

/// A resolver, and all that ever left it.
struct Stage {
    resolver: StubResolver,
    now: Instant,
    sent: Vec<(FlowId, SocketAddr, Vec<u8>)>,
    flows: Vec<FlowId>,
    answered: Vec<u64>,
    wait: Option<Instant>,
}

impl Stage {
    fn new() -> Self {
        let mut config = ResolverConfig {
            servers: vec!["192.0.2.1:53".parse().unwrap(), "[::1]:53".parse().unwrap()],
            ..ResolverConfig::default()
        };
        config.limits.queries = 6;
        config.limits.connections = 2;
        config.limits.cached = 2;
        let mut stage = Self {
            resolver: StubResolver::new(config, [5; 32]),
            now: Instant::ZERO,
            sent: Vec::new(),
            flows: Vec::new(),
            answered: Vec::new(),
            wait: None,
        };
        for (n, local) in (0..).zip(["0.0.0.0:4000", "0.0.0.0:4001", "[::]:4000"]) {
            let flow = FlowId::from_driver(n);
            stage.flows.push(flow);
            stage.input(Input::Bound {
                flow,
                transport: Transport::Udp,
                local: local.parse().unwrap(),
            });
        }
        stage
    }

    fn input(&mut self, input: Input<'_>) {
        self.resolver.handle_input(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        let mut bytes = Vec::new();
        for outputs in 0.. {
            assert!(outputs < 64, "P4");
            match self.resolver.poll_output(&mut bytes) {
                Output::Transmit { flow, to } => self.sent.push((flow, to, bytes.clone())),
                Output::Connect { flow, .. } => self.flows.push(flow),
                Output::Close { .. } => {}
                Output::Resolve { .. } => panic!("a resolver asks servers"),
                Output::Event(ResolverEvent::Answered { query, .. }) => self.answered.push(query.0),
                Output::Wait(deadline) => {
                    assert!(deadline.is_none_or(|at| at > self.now), "P2");
                    self.wait = deadline;
                    break;
                }
            }
        }
        assert_eq!(self.resolver.check(), Ok(()));
    }

    fn step(&mut self, number: u64, step: &Step, asked: &mut Vec<u64>) {
        match step {
            Step::Resolve(name, kind) => {
                let name = Name::parse(NAMES[*name]).unwrap();
                let query = QueryId(number);
                if self.resolver.resolve(self.now, query, name, *kind).is_ok() {
                    asked.push(number);
                }
                self.drain();
            }
            Step::Answer(which, message, forged) if !self.sent.is_empty() => {
                let (flow, source, query) = self.sent[which.index(self.sent.len())].clone();
                let framed = flow.as_u32() % 2 == 0;
                let query = Message::parse(&query[if framed { 2 } else { 0 }..], 4).unwrap();
                let mut message = (**message).clone();
                message.id = query.id ^ u16::from(*forged);
                message.question = query.question;
                let mut bytes = written(&message);
                if framed {
                    let length = u16::try_from(bytes.len()).unwrap();
                    bytes.splice(0..0, length.to_be_bytes());
                    self.input(Input::Stream {
                        flow,
                        bytes: &bytes,
                    });
                } else {
                    self.input(Input::Datagram {
                        flow,
                        source,
                        bytes: &bytes,
                    });
                }
            }
            Step::Answer(..) => {}
            Step::Connect(which) => {
                let flow = self.flows[which.index(self.flows.len())];
                self.input(Input::Connected {
                    flow,
                    transport: Transport::Tcp,
                    local: "192.0.2.9:1000".parse().unwrap(),
                    peer: "192.0.2.1:53".parse().unwrap(),
                    identity: None,
                });
            }
            Step::Stream(which, bytes) => {
                let flow = self.flows[which.index(self.flows.len())];
                self.input(Input::Stream { flow, bytes });
            }
            Step::Close(which, reason) => {
                let flow = self.flows[which.index(self.flows.len())];
                let reason = *reason;
                self.input(Input::Closed { flow, reason });
            }
            Step::Advance(millis) => {
                self.now += Duration::from_millis(u64::from(*millis));
                self.input(Input::Timeout);
            }
        }
    }
}

proptest! {
    /// Whatever happens in whatever order, every question that was taken is answered once, and in
    /// the end nothing is left.
    #[test]
    fn every_question_is_answered_once(steps in vec(step(), 1..60)) {
        let mut stage = Stage::new();
        let mut asked = Vec::new();
        for (number, step) in (0..).zip(&steps) {
            stage.step(number, step, &mut asked);
        }
        for _ in 0..200 {
            let Some(deadline) = stage.wait else { break };
            stage.now = deadline;
            stage.input(Input::Timeout);
        }
        prop_assert_eq!(stage.wait, None);
        prop_assert!(stage.resolver.is_idle());
        stage.answered.sort_unstable();
        prop_assert_eq!(&stage.answered, &asked);
        stage.now += Duration::from_secs(1_000_000);
        stage.input(Input::Timeout);
        prop_assert_eq!(stage.resolver.cached(), 0);
    }
}

/// A name server that knows one host and its services, written with the oracle alone.
fn serve(query: &[u8]) -> Vec<u8> {
    let query = Packet::parse(query).unwrap();
    let mut reply = Packet::new_reply(query.id());
    let question = query.questions[0].clone();
    let host = simple_dns::Name::new("host.far.example").unwrap();
    let data = match (
        question.qname.to_string().to_lowercase().as_str(),
        question.qtype,
    ) {
        ("_sip._udp.far.example", QTYPE::TYPE(TYPE::SRV)) => {
            Some(RData::SRV(simple_dns::rdata::SRV {
                priority: 0,
                weight: 0,
                port: 5080,
                target: host,
            }))
        }
        ("host.far.example", QTYPE::TYPE(TYPE::A)) => {
            let address = u32::from_be_bytes([192, 0, 2, 9]);
            Some(RData::A(simple_dns::rdata::A { address }))
        }
        _ => None,
    };
    reply
        .answers
        .extend(data.map(|data| ResourceRecord::new(question.qname.clone(), CLASS::IN, 60, data)));
    reply.questions.push(question);
    reply.build_bytes_vec_compressed().unwrap()
}

/// The phone asks, the resolver looks up, and the INVITE goes where that leads; the second call
/// needs no name server any more.
#[test]
fn a_phone_with_the_resolver_beside_it_calls_a_name() {
    let server: SocketAddr = "192.0.2.53:53".parse().unwrap();
    let config = ResolverConfig {
        servers: vec![server],
        ..ResolverConfig::default()
    };
    let mut resolver = StubResolver::new(config, [1; 32]);
    let user = UserAgent::new(UserAgentConfig::new("sip:alice@example.com"));
    let mut phone = Endpoint::new(EndpointConfig::default(), user, [2; 32]);
    let now = Instant::from_millis(1);
    let (flow, transport) = (FlowId::from_driver(0), Transport::Udp);
    for (port, machine) in [(5060, 0), (40_000, 1)] {
        let local = SocketAddr::from(([192, 0, 2, 1], port));
        let bound = Input::Bound {
            flow,
            transport,
            local,
        };
        match machine {
            0 => phone.handle_input(now, bound),
            _ => resolver.handle_input(now, bound),
        }
    }
    let mut bytes = Vec::new();
    let mut served = Vec::new();
    for _ in 0..2 {
        let media = LocalMedia::audio("192.0.2.1:4000".parse().unwrap());
        phone.invite(now, "sip:bob@far.example", media).unwrap();
        let sent_to = loop {
            match phone.poll_output(&mut bytes) {
                Output::Transmit { to, .. } => break to,
                Output::Resolve { query, question } => {
                    let Question { name, kind } = question;
                    resolver.resolve(now, query, name, kind).unwrap();
                }
                Output::Wait(_) => match resolver.poll_output(&mut bytes) {
                    Output::Transmit { to, .. } => {
                        assert_eq!(to, server);
                        let bytes = &serve(&bytes);
                        served.push(bytes.len());
                        let source = server;
                        #[rustfmt::skip]
                        resolver.handle_input(now, Input::Datagram { flow, source, bytes });
                    }
                    Output::Event(ResolverEvent::Answered { query, answer }) => {
                        let answer = &answer;
                        phone.handle_input(now, Input::Resolved { query, answer });
                    }
                    other => panic!("{other:?}"),
                },
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(sent_to, SocketAddr::from(([192, 0, 2, 9], 5080)));
        assert!(bytes.starts_with(b"INVITE sip:bob@far.example SIP/2.0\r\n"));
    }
    // NAPTR, SRV for UDP and TCP, A; those that are not there cannot be kept without their zone.
    assert_eq!(served.len(), 4 + 2);
}
