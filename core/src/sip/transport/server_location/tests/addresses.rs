//! RFC 3263 §4.2: the addresses, in both families (RFC 7984), and the name they belong to (RFC 5922).

use super::*;

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
