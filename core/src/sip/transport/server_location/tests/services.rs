//! RFC 3263 §4.2: the port, by SRV records (RFC 2782).

use super::*;
use crate::rng::Rng;

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
