//! RFC 3261 §25.1, RFC 5954 §4.1: names and addresses.

use super::*;
use core::net::IpAddr;

#[test]
fn hosts_are_names_or_addresses() {
    let ip = |text: &str| Host::parse(text).and_then(|host| host.ip());
    let six: IpAddr = "2001:db8::1".parse().unwrap();
    assert_eq!(ip("[2001:db8::1]"), Some(six));
    assert_eq!(ip("2001:db8::1"), Some(six));
    assert_eq!(ip("192.0.2.1"), Some("192.0.2.1".parse().unwrap()));
    for name in [
        "a",
        "example.com",
        "example.com.",
        "1.example",
        "xn--e1a",
        "under_score.x",
    ] {
        assert_eq!(Host::parse(name), Some(Host::Name(name)), "{name}");
    }
    for wrong in [
        "", ".", "a..b", "-a", "a.-b", "a-.b", "a-", "1", "1.2", "01.2.3.4", "a b",
    ] {
        assert_eq!(Host::parse(wrong), None, "{wrong}");
    }
    let mut out = alloc::vec::Vec::new();
    HostPort::parse("[2001:DB8:0::1]:5060")
        .unwrap()
        .write(&mut out);
    assert_eq!(out, b"[2001:db8::1]:5060");
}

/// RFC 5954 §4.1, as strict as the parser of the standard library.
#[test]
fn four_numbers_in_range_are_an_address_and_nothing_else_is() {
    for text in [
        "0.0.0.0",
        "192.0.2.1",
        "255.255.255.255",
        "255.255.255.256",
        "1.2.3.999",
        "1.2.3.1000",
        "1.2.3.65537",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.4.",
        "1..2.3",
        "1.2.3.",
        "01.2.3.4",
        "1.2.3.00",
        "1.2.3.-4",
        "1.2.3.4a",
        "1.2.3.a4",
    ] {
        let address = Host::parse(text).and_then(|host| host.ip());
        assert_eq!(address, text.parse().ok(), "{text}");
    }
}
