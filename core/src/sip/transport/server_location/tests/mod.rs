//! Rules of RFC 3263 over answers made of hand.

mod addresses;
mod answers;
mod responses;
mod rules;
mod services;

use super::*;
use crate::dns::{CharacterString, Naptr, Record};
use crate::sip::header::Via;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};

/// What a zone says, and what was asked of it.
#[derive(Default)]
struct Zone {
    records: BTreeMap<Question, Vec<Record>>,
    asked: Vec<String>,
    broken: Vec<RecordKind>,
}

impl Zone {
    fn add(&mut self, owner: &str, ttl: u32, data: RecordData) {
        let question = Question {
            name: name(owner),
            kind: data.kind(),
        };
        let record = Record {
            name: name(owner),
            ttl,
            data,
        };
        self.records.entry(question).or_default().push(record);
    }

    fn naptr(&mut self, owner: &str, (order, preference): (u16, u16), service: &str, to: &str) {
        self.rule(owner, (order, preference), ["s", service, ""], to);
    }

    fn rule(&mut self, owner: &str, (order, preference): (u16, u16), texts: [&str; 3], to: &str) {
        let text = |text: &str| CharacterString::new(text.as_bytes()).unwrap();
        let [flags, services, regexp] = texts.map(text);
        let naptr = Naptr {
            order,
            preference,
            flags,
            services,
            regexp,
            replacement: name(to),
        };
        self.add(owner, 3000, RecordData::Naptr(naptr));
    }

    fn srv(&mut self, owner: &str, (priority, weight, port): (u16, u16, u16), target: &str) {
        let srv = Srv {
            priority,
            weight,
            port,
            target: name(target),
        };
        self.add(owner, 2000, RecordData::Srv(srv));
    }

    fn address(&mut self, owner: &str, ip: &str) {
        let data = match ip.parse().unwrap() {
            IpAddr::V4(ip) => RecordData::A(ip),
            IpAddr::V6(ip) => RecordData::Aaaa(ip),
        };
        self.add(owner, 1000, data);
    }

    fn answer(&mut self, question: &Question) -> Answer {
        self.asked
            .push(format!("{} {:?}", question.name, question.kind));
        if self.broken.contains(&question.kind) {
            return Answer::Failed(LookupFailure::Timeout);
        }
        match self.records.get(question) {
            Some(records) => Answer::Records(records.as_slice().into()),
            None => Answer::NoData { ttl: 0 },
        }
    }

    /// Goes through all destinations and why there are no more.
    fn walk(&mut self, mut location: ServerLocation) -> (Vec<Destination>, Exhausted) {
        let mut destinations = Vec::new();
        loop {
            match location.next_destination() {
                Next::Destination(destination) => destinations.push(destination),
                Next::Exhausted(why) => return (destinations, why),
                Next::Waiting => {
                    let question = location.poll_query().unwrap();
                    let answer = self.answer(&question);
                    location.on_answer(&question, &answer);
                }
            }
        }
    }

    /// Where a URI leads, as `UDP 192.0.2.1:5060`.
    fn locate(&mut self, uri: &str, transports: &[Transport]) -> Vec<String> {
        let (destinations, why) = self.walk(location(uri, transports, SrvOrder::Fixed));
        if !destinations.is_empty() {
            assert_eq!(why, Exhausted::UsedUp);
        }
        destinations.iter().map(shown).collect()
    }

    fn exhausted(&mut self, uri: &str) -> Exhausted {
        let (destinations, why) = self.walk(location(uri, &ALL, SrvOrder::Fixed));
        assert_eq!(destinations, []);
        why
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn shown(destination: &Destination) -> String {
    format!("{:?} {}", destination.transport, destination.address)
}

const ALL: [Transport; 3] = [Transport::Udp, Transport::Tcp, Transport::Tls];
const CLEAR: [Transport; 2] = [Transport::Udp, Transport::Tcp];

fn capabilities(transports: &[Transport]) -> Capabilities {
    Capabilities {
        transports: transports.to_vec(),
        families: vec![Family::V6, Family::V4],
    }
}

fn location(uri: &str, transports: &[Transport], order: SrvOrder) -> ServerLocation {
    let next_hop = NextHop::of_uri(uri).unwrap();
    ServerLocation::new(&next_hop, &capabilities(transports), order).unwrap()
}

/// The records RFC 3263 §4.1 prints, and addresses for its servers.
fn published() -> Zone {
    let mut zone = Zone::default();
    let domain = "example.com";
    zone.naptr(domain, (50, 50), "SIPS+D2T", "_sips._tcp.example.com.");
    zone.naptr(domain, (90, 50), "SIP+D2T", "_sip._tcp.example.com");
    zone.naptr(domain, (100, 50), "SIP+D2U", "_sip._udp.example.com.");
    zone.srv("_sip._tcp.example.com", (0, 1, 5060), "server1.example.com");
    zone.srv("_sip._tcp.example.com", (0, 2, 5060), "server2.example.com");
    zone.srv(
        "_sips._tcp.example.com",
        (0, 1, 5061),
        "server3.example.com",
    );
    zone.address("server1.example.com", "192.0.2.1");
    zone.address("server2.example.com", "192.0.2.2");
    zone.address("server3.example.com", "192.0.2.3");
    zone
}
