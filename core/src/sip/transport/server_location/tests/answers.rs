//! Answers that are none, that end a search, or that nobody waits for.

use super::*;

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
