//! RFC 3263 §4.1: the transport, by NAPTR records (RFC 3403).

use super::*;

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
