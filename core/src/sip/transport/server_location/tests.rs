//! Rules of RFC 3263 over answers made of hand.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};

use super::*;
use crate::dns::{CharacterString, Naptr, Record};
use crate::rng::Rng;
use crate::sip::header::Via;

/// What a zone says, and what was asked of it.
#[derive(Default)]
struct Zone {
    records: BTreeMap<Question, Vec<Record>>,
    asked: Vec<String>,
    broken: Vec<RecordKind>,
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
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

// shows: S163
#[test]
fn the_published_example_a_client_of_udp_and_tcp_takes_tcp() {
    let mut zone = published();
    let found = zone.locate("sip:user@example.com", &CLEAR);
    assert_eq!(found, ["Tcp 192.0.2.2:5060", "Tcp 192.0.2.1:5060"]);
    assert_eq!(
        zone.asked,
        [
            "example.com Naptr",
            "_sip._tcp.example.com Srv",
            "server2.example.com Aaaa",
            "server2.example.com A",
            "server1.example.com Aaaa",
            "server1.example.com A",
        ]
    );
    // One that has TLS too takes it for SIP as well.
    let found = published().locate("sip:user@example.com", &ALL);
    assert_eq!(found, ["Tls 192.0.2.3:5061"]);
}

#[test]
fn the_published_example_by_weight() {
    let mut firsts = [0, 0];
    let mut rng = Rng::from_seed([4; 32]);
    for _ in 0..300 {
        let order = SrvOrder::Weighted(rng.fork());
        let (found, _) = published().walk(location("sip:user@example.com", &CLEAR, order));
        assert_eq!(found.len(), 2);
        let first = usize::from(shown(&found[0]) == "Tcp 192.0.2.2:5060");
        firsts[first] += 1;
    }
    // Two thirds of 300, five deviations of 8 on each side.
    assert!((159..=241).contains(&firsts[1]), "{firsts:?}");
}

#[test]
fn sips_discards_every_service_that_is_not_sips() {
    let found = published().locate("sips:user@example.com", &ALL);
    assert_eq!(found, ["Tls 192.0.2.3:5061"]);
    // Without a secure rule, the secure service is asked for all the same, and no other.
    let mut zone = Zone::default();
    zone.naptr("example.com", (1, 1), "SIP+D2T", "_sip._tcp.example.com");
    zone.srv("_sip._tcp.example.com", (0, 1, 5060), "a.example.com");
    zone.address("a.example.com", "192.0.2.1");
    zone.address("example.com", "192.0.2.9");
    let found = zone.locate("sips:user@example.com", &ALL);
    assert_eq!(found, ["Tls 192.0.2.9:5061"]);
    assert!(!zone.asked.iter().any(|asked| asked.contains("_sip.")));
}

#[test]
fn services_we_do_not_know_or_cannot_speak_are_discarded() {
    let mut zone = Zone::default();
    let domain = "example.com";
    // ALL has no SCTP.
    zone.naptr(domain, (1, 1), "SIP+D2S", "_sip._sctp.example.com");
    zone.naptr(domain, (2, 1), "SIPS+D2U", "_sips._udp.example.com");
    zone.naptr(domain, (3, 1), "E2U+sip", "enum.example.com");
    zone.naptr(domain, (4, 1), "SIP+D2W", "_sip._ws.example.com");
    zone.rule(domain, (5, 1), ["a", "SIP+D2U", ""], "a.example.com");
    zone.rule(domain, (6, 1), ["s", "SIP+D2U", "!.*!x!"], "b.example.com");
    zone.rule(domain, (7, 1), ["s", "SIP+D2U", ""], ".");
    zone.rule(domain, (8, 1), ["S", "sip+d2u", ""], "c.example.com");
    zone.srv("c.example.com", (0, 0, 5070), "d.example.com");
    zone.address("d.example.com", "192.0.2.4");
    let found = zone.locate("sip:example.com", &ALL);
    assert_eq!(found, ["Udp 192.0.2.4:5070"]);
    assert_eq!(zone.asked[1], "c.example.com Srv");
}

#[test]
fn rules_that_lead_to_rules_are_not_followed_and_cannot_loop() {
    let mut zone = Zone::default();
    zone.rule("example.com", (1, 1), ["", "SIP+D2U", ""], "example.com");
    zone.address("example.com", "192.0.2.9");
    let found = zone.locate("sip:example.com", &ALL);
    assert_eq!(found, ["Udp 192.0.2.9:5060"]);
    let naptr = zone.asked.iter().filter(|asked| asked.contains("Naptr"));
    assert_eq!(naptr.count(), 1);
}

/// RFC 3403 §4.1.
#[test]
fn rules_of_one_order_stand_by_for_each_other_and_others_do_not() {
    let mut zone = Zone::default();
    let domain = "example.com";
    zone.naptr(domain, (10, 20), "SIP+D2U", "_sip._udp.example.com");
    zone.naptr(domain, (10, 10), "SIP+D2T", "_sip._tcp.example.com");
    zone.naptr(domain, (11, 0), "SIPS+D2T", "_sips._tcp.example.com");
    for (service, port) in [("_sip._udp", 1), ("_sip._tcp", 2), ("_sips._tcp", 3)] {
        let owner = format!("{service}.example.com");
        zone.srv(&owner, (0, 0, port), "a.example.com");
    }
    zone.address("a.example.com", "192.0.2.1");
    let found = zone.locate("sip:example.com", &ALL);
    assert_eq!(found, ["Tcp 192.0.2.1:2", "Udp 192.0.2.1:1"]);
}

#[test]
fn what_a_domain_prefers_equally_is_for_us_to_choose() {
    let mut zone = Zone::default();
    let domain = "example.com";
    zone.naptr(domain, (1, 1), "SIP+D2U", "_sip._udp.example.com");
    zone.naptr(domain, (1, 1), "SIP+D2T", "_sip._tcp.example.com");
    zone.srv("_sip._udp.example.com", (0, 0, 1), "a.example.com");
    zone.srv("_sip._tcp.example.com", (0, 0, 2), "a.example.com");
    zone.address("a.example.com", "192.0.2.1");
    let (udp, tcp) = ("Udp 192.0.2.1:1", "Tcp 192.0.2.1:2");
    assert_eq!(zone.locate("sip:example.com", &CLEAR), [udp, tcp]);
    let tcp_first = [Transport::Tcp, Transport::Udp];
    assert_eq!(zone.locate("sip:example.com", &tcp_first), [tcp, udp]);
}

#[test]
fn without_rules_the_services_we_support_are_asked_for_in_our_order() {
    let mut zone = Zone::default();
    zone.srv("_sip._udp.example.com", (0, 0, 1), "a.example.com");
    zone.srv("_sip._tcp.example.com", (0, 0, 2), "a.example.com");
    zone.srv("_sips._tcp.example.com", (0, 0, 3), "a.example.com");
    zone.address("a.example.com", "192.0.2.1");
    let tcp_first = [Transport::Tcp, Transport::Udp, Transport::Tls];
    let found = zone.locate("sip:example.com", &tcp_first);
    assert_eq!(found, ["Tcp 192.0.2.1:2", "Udp 192.0.2.1:1"]);
    assert_eq!(zone.locate("sips:example.com", &ALL), ["Tls 192.0.2.1:3"]);
    // Whoever has nothing but TLS wishes to use it.
    let only = [Transport::Tls];
    assert_eq!(zone.locate("sip:example.com", &only), ["Tls 192.0.2.1:3"]);
}

#[test]
fn a_transport_that_is_named_makes_rules_needless() {
    let mut zone = published();
    let found = zone.locate("sip:example.com;transport=udp", &ALL);
    assert!(found.is_empty());
    assert_eq!(zone.asked[0], "_sip._udp.example.com Srv");
    let found = zone.locate("sip:example.com;transport=TCP", &ALL);
    assert_eq!(found, ["Tcp 192.0.2.2:5060", "Tcp 192.0.2.1:5060"]);
    for uri in [
        "sip:example.com;transport=tls",
        "sips:example.com;transport=tcp",
    ] {
        assert_eq!(zone.locate(uri, &ALL), ["Tls 192.0.2.3:5061"], "{uri}");
    }
    assert!(!zone.asked.iter().any(|asked| asked.ends_with("Naptr")));
}

// shows: S166
#[test]
fn a_port_that_is_named_suppresses_rules_and_services() {
    let mut zone = published();
    zone.address("example.com", "192.0.2.9");
    for (uri, expected) in [
        ("sip:example.com:5060", "Udp 192.0.2.9:5060"),
        ("sip:example.com:5070;transport=tcp", "Tcp 192.0.2.9:5070"),
        ("sips:example.com:5062", "Tls 192.0.2.9:5062"),
    ] {
        assert_eq!(zone.locate(uri, &ALL), [expected], "{uri}");
    }
    assert!(
        zone.asked
            .iter()
            .all(|asked| asked.ends_with('A') || asked.ends_with("Aaaa"))
    );
    // Where nothing names a port, the transport does.
    let mut zone = Zone::default();
    zone.address("example.com", "192.0.2.9");
    for (uri, expected) in [
        ("sip:example.com", "Udp 192.0.2.9:5060"),
        ("sip:example.com;transport=tcp", "Tcp 192.0.2.9:5060"),
        ("sip:example.com;transport=tls", "Tls 192.0.2.9:5061"),
        ("sips:example.com", "Tls 192.0.2.9:5061"),
    ] {
        assert_eq!(zone.locate(uri, &ALL), [expected], "{uri}");
    }
}

// shows: S165
#[test]
fn addresses_of_the_domain_are_the_last_resort_in_both_families() {
    let mut zone = Zone::default();
    zone.address("example.com", "192.0.2.9");
    zone.address("example.com", "2001:db8::9");
    zone.address("sip.example.com", "192.0.2.66");
    let found = zone.locate("sip:example.com", &CLEAR);
    assert_eq!(found, ["Udp [2001:db8::9]:5060", "Udp 192.0.2.9:5060"]);
    assert_eq!(
        zone.asked,
        [
            "example.com Naptr",
            "_sip._udp.example.com Srv",
            "_sip._tcp.example.com Srv",
            "example.com Aaaa",
            "example.com A",
        ]
    );
}

/// RFC 7984 §4, its example.
#[test]
fn addresses_of_two_servers_are_never_mixed() {
    let mut zone = Zone::default();
    for (priority, server, last) in [(10, "sip-1", 45), (20, "sip-2", 75)] {
        let target = format!("{server}.example.com");
        zone.srv("_sip._tcp.example.com", (priority, 1, 5060), &target);
        zone.address(&target, &format!("192.0.2.{last}"));
        zone.address(&target, &format!("2001:db8:58:c02::{last}"));
    }
    let found = zone.locate("sip:example.com;transport=tcp", &CLEAR);
    let expected = [
        "Tcp [2001:db8:58:c02::45]:5060",
        "Tcp 192.0.2.45:5060",
        "Tcp [2001:db8:58:c02::75]:5060",
        "Tcp 192.0.2.75:5060",
    ];
    assert_eq!(found, expected);
}

/// A service that several records name is looked up once.
#[test]
fn a_service_is_tried_once_however_often_it_is_named() {
    let mut zone = Zone::default();
    for preference in [10, 20, 30] {
        zone.naptr(
            "example.com",
            (50, preference),
            "SIP+D2U",
            "_sip._udp.example.com",
        );
    }
    zone.srv("_sip._udp.example.com", (0, 1, 5060), "server.example.com");
    zone.address("server.example.com", "192.0.2.7");
    let found = zone.locate("sip:example.com", &CLEAR);
    assert_eq!(found, ["Udp 192.0.2.7:5060"]);
}

/// RFC 5922 §7.2: what a certificate has to be valid for is the name that was looked up, however many
/// others its records lead to. An address is not looked up.
#[test]
fn the_domain_is_the_name_that_was_asked_for() {
    for (uri, domain) in [
        ("sips:example.com", Some("example.com")),
        (
            "sip:example.com;maddr=relay.example.org",
            Some("relay.example.org"),
        ),
        ("sip:192.0.2.7", None),
    ] {
        let location = location(uri, &ALL, SrvOrder::Fixed);
        assert_eq!(location.domain(), domain.map(name).as_ref(), "{uri}");
    }
}

#[test]
fn maddr_is_the_target_and_numbers_need_no_question() {
    let mut zone = published();
    let found = zone.locate("sip:user@elsewhere.example;maddr=example.com", &CLEAR);
    assert_eq!(found.len(), 2);
    zone.asked.clear();
    for (uri, expected) in [
        ("sip:a@example.com;maddr=192.0.2.7", "Udp 192.0.2.7:5060"),
        ("sip:192.0.2.7;transport=tcp", "Tcp 192.0.2.7:5060"),
        ("sips:[2001:db8::1]", "Tls [2001:db8::1]:5061"),
    ] {
        assert_eq!(zone.locate(uri, &ALL), [expected], "{uri}");
    }
    assert_eq!(zone.asked, [""; 0]);
}

/// RFC 2782: a target of the root.
#[test]
fn a_service_that_is_decidedly_not_offered_is_not_looked_for_elsewhere() {
    let mut zone = Zone::default();
    zone.srv("_sip._udp.example.com", (0, 0, 0), ".");
    zone.address("example.com", "192.0.2.9");
    let uri = "sip:example.com;transport=udp";
    assert_eq!(zone.exhausted(uri), Exhausted::NotOffered);
    // Of several services, the one that is offered is used.
    zone.srv("_sip._tcp.example.com", (0, 0, 5), "example.com");
    assert_eq!(zone.locate("sip:example.com", &ALL), ["Tcp 192.0.2.9:5"]);
}

#[test]
fn a_server_without_address_is_passed_over() {
    let mut zone = Zone::default();
    for (priority, target) in [(0, "gone.example.com"), (1, "here.example.com")] {
        zone.srv("_sip._udp.example.com", (priority, 0, 5060), target);
    }
    zone.address("here.example.com", "192.0.2.1");
    let found = zone.locate("sip:example.com", &ALL);
    assert_eq!(found, ["Udp 192.0.2.1:5060"]);
}

#[test]
fn nothing_found_and_nothing_known_are_two_things() {
    let mut zone = Zone::default();
    assert_eq!(zone.exhausted("sip:example.com"), Exhausted::NotFound);
    zone.broken = vec![RecordKind::A];
    let failed = Exhausted::LookupFailed(LookupFailure::Timeout);
    assert_eq!(zone.exhausted("sip:example.com"), failed);
    // Rules that cannot be had do not stop what can.
    zone.broken = vec![RecordKind::Naptr];
    zone.address("example.com", "192.0.2.9");
    assert_eq!(zone.locate("sip:example.com", &ALL), ["Udp 192.0.2.9:5060"]);
}

#[test]
fn the_shortest_ttl_on_the_way_and_the_names_for_tls_are_carried() {
    let mut zone = published();
    let location = location("sips:user@example.com", &ALL, SrvOrder::Fixed);
    assert_eq!(location.domain(), Some(&name("example.com")));
    let (found, _) = zone.walk(location);
    let [destination] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(destination.server, Some(name("server3.example.com")));
    assert_eq!(destination.ttl, Some(1000));
    let mut zone = Zone::default();
    zone.srv("_sip._udp.example.com", (0, 0, 5060), "a.example.com");
    zone.add("a.example.com", 5000, RecordData::A([192, 0, 2, 1].into()));
    let (found, _) = zone.walk(self::location("sip:example.com", &ALL, SrvOrder::Fixed));
    assert_eq!(found[0].ttl, Some(2000));
}

/// RFC 3263 §4.4: whatever order the answers list them in.
#[test]
fn a_stateless_proxy_finds_the_same_order_each_time() {
    let run = |backwards: bool| {
        let mut zone = Zone::default();
        for n in 1..=4 {
            let target = format!("s{n}.example.com");
            zone.srv("_sip._udp.example.com", (0, 10, 5060), &target);
            zone.address(&target, &format!("192.0.2.{n}"));
            zone.address(&target, &format!("192.0.2.1{n}"));
        }
        if backwards {
            zone.records
                .values_mut()
                .for_each(|records| records.reverse());
        }
        zone.locate("sip:example.com", &CLEAR)
    };
    assert_eq!(run(false), run(true));
    assert_eq!(run(false).len(), 8);
}

#[test]
fn answers_nobody_waits_for_are_ignored() {
    let mut zone = published();
    let mut location = location("sip:user@example.com", &CLEAR, SrvOrder::Fixed);
    let stray = Question {
        name: name("evil.example"),
        kind: RecordKind::Naptr,
    };
    zone.naptr("evil.example", (0, 0), "SIP+D2U", "_sip._udp.evil.example");
    let answer = zone.answer(&stray);
    location.on_answer(&stray, &answer);
    assert_eq!(location.next_destination(), Next::Waiting);
    let (found, _) = zone.walk(location);
    assert_eq!(found.len(), 2);
}

#[test]
fn a_thousand_servers_are_cut_to_the_preferred_ones() {
    let mut zone = Zone::default();
    for n in (0..1000_u16).rev() {
        zone.srv("_sip._udp.example.com", (n, 65535, n), "a.example.com");
    }
    zone.address("a.example.com", "192.0.2.1");
    let found = zone.locate("sip:example.com", &CLEAR);
    assert_eq!(found.len(), SERVERS_MAX);
    assert_eq!(found[1], "Udp 192.0.2.1:1");
}

#[test]
fn what_we_cannot_do_is_an_error() {
    let fault = |uri: &str, transports: &[Transport]| {
        let next_hop = NextHop::of_uri(uri).unwrap();
        ServerLocation::new(&next_hop, &capabilities(transports), SrvOrder::Fixed).unwrap_err()
    };
    let unknown = SelectError::UnknownTransport;
    assert_eq!(fault("sips:example.com", &CLEAR), unknown);
    assert_eq!(fault("sip:example.com;transport=ws", &ALL), unknown);
    assert_eq!(fault("sip:example.com", &[]), unknown);
    let long = format!("sip:{}.example.com", "a".repeat(64));
    assert_eq!(fault(&long, &ALL), SelectError::Malformed);
}

/// RFC 3263 §5.
#[test]
fn responses_go_by_the_sent_by() {
    let mut zone = published();
    zone.address("client.example.com", "192.0.2.9");
    let mut by_via = |via: &str| -> Vec<String> {
        let via = Via::parse(via.as_bytes()).unwrap();
        let next_hop = NextHop::of_via(&via).unwrap();
        let can = capabilities(&ALL);
        let location = ServerLocation::new(&next_hop, &can, SrvOrder::Fixed).unwrap();
        let (found, _) = zone.walk(location);
        found.iter().map(shown).collect()
    };
    // A number is itself; a name with a port has addresses; one without has services first.
    for (via, expected) in [
        (
            "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1",
            "Udp 192.0.2.7:5060",
        ),
        (
            "SIP/2.0/TLS 192.0.2.7;branch=z9hG4bK1",
            "Tls 192.0.2.7:5061",
        ),
        (
            "SIP/2.0/TCP client.example.com:99;branch=z9hG4bK1",
            "Tcp 192.0.2.9:99",
        ),
        (
            "SIP/2.0/UDP client.example.com;branch=z9hG4bK1",
            "Udp 192.0.2.9:5060",
        ),
        (
            "SIP/2.0/TLS example.com;branch=z9hG4bK1",
            "Tls 192.0.2.3:5061",
        ),
    ] {
        assert_eq!(by_via(via), [expected], "{via}");
    }
    let tcp = by_via("SIP/2.0/TCP example.com;branch=z9hG4bK1");
    assert_eq!(tcp, ["Tcp 192.0.2.2:5060", "Tcp 192.0.2.1:5060"]);
    assert!(!zone.asked.iter().any(|asked| asked.ends_with("Naptr")));
    assert!(
        zone.asked
            .contains(&"_sip._udp.client.example.com Srv".to_string())
    );
}

/// RFC 4168 §4, §6 and §8: its services, its names in URIs and in Vias, and its default ports.
// shows: S115
#[test]
fn sctp_is_located_as_other_transports_are() {
    const SCTP: [Transport; 3] = [Transport::Sctp, Transport::TlsSctp, Transport::Udp];
    let domain = "example.com";
    let mut zone = Zone::default();
    zone.srv("_sip._sctp.example.com", (0, 0, 1), "a.example.com");
    zone.srv("_sips._sctp.example.com", (0, 0, 2), "a.example.com");
    zone.srv("_sip._udp.example.com", (0, 0, 3), "a.example.com");
    zone.address("a.example.com", "192.0.2.1");
    let (clear, secure, udp) = ("Sctp 192.0.2.1:1", "TlsSctp 192.0.2.1:2", "Udp 192.0.2.1:3");
    // Without rules, those we have in our order; with them, as the domain likes.
    assert_eq!(zone.locate("sip:example.com", &SCTP), [clear, udp]);
    assert_eq!(zone.locate("sips:example.com", &SCTP), [secure]);
    zone.naptr(domain, (1, 1), "SIPS+D2S", "_sips._sctp.example.com");
    zone.naptr(domain, (1, 2), "SIP+D2S", "_sip._sctp.example.com");
    zone.naptr(domain, (1, 3), "SIP+D2U", "_sip._udp.example.com");
    let found = zone.locate("sip:example.com", &SCTP);
    assert_eq!(found, [secure, clear, udp]);
    assert_eq!(zone.locate("sips:example.com", &SCTP), [secure]);
    assert_eq!(zone.locate("sip:example.com", &CLEAR), [udp]);
    for (uri, found) in [
        ("sip:example.com;transport=SCTP", clear),
        ("sip:example.com;transport=tls-sctp", secure),
        ("sips:example.com;transport=sctp", secure),
        ("sip:192.0.2.7;transport=sctp", "Sctp 192.0.2.7:5060"),
        ("sips:192.0.2.7;transport=sctp", "TlsSctp 192.0.2.7:5061"),
    ] {
        assert_eq!(zone.locate(uri, &SCTP), [found], "{uri}");
    }
    for (via, transport) in [
        ("SIP/2.0/SCTP ws1234.example.com:5060", Transport::Sctp),
        (
            "SIP/2.0/TLS-SCTP ws1234.example.com:5060",
            Transport::TlsSctp,
        ),
    ] {
        let via = Via::parse(via.as_bytes()).unwrap();
        let next = NextHop::of_via(&via).unwrap();
        assert_eq!(next.transport, Some(transport));
        assert_eq!(next.secure, transport.is_secure());
    }
}
