//! The options against the bytes of RFC 3361 and against bytes that lie.

use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::dns::DnsErrorKind;

fn names(texts: &[&str]) -> SipServers {
    let names = texts.iter().map(|text| Name::parse(text).unwrap());
    SipServers::Domains(names.collect())
}

fn addresses(texts: &[&str]) -> SipServers {
    SipServers::Addresses(texts.iter().map(|text| text.parse().unwrap()).collect())
}

fn fault(read: Result<SipServers, DhcpError>) -> (DhcpErrorKind, u32) {
    let error = read.unwrap_err();
    (error.kind, error.at)
}

/// RFC 3361 §3.1: the bytes of its figure.
const EXAMPLE: &[u8] = b"\x78\x1b\x00\x07example\x03com\x00\x07example\x03net\x00";

/// RFC 3361 §3.1, §3.2; RFC 3319 §3.1, §3.2.
// shows: S226 S472
#[test]
fn both_encodings_and_both_versions_are_read_and_written() {
    let domains = names(&["example.com", "example.net"]);
    assert_eq!(SipServers::of_v4(EXAMPLE), Ok(Some(domains.clone())));
    let mut out = Vec::new();
    domains.write_v4(&mut out);
    assert_eq!(out, EXAMPLE);

    let v4 = addresses(&["192.0.2.1", "192.0.2.2"]);
    let bytes = [120, 9, 1, 192, 0, 2, 1, 192, 0, 2, 2];
    assert_eq!(SipServers::of_v4(&bytes), Ok(Some(v4.clone())));
    let mut out = Vec::new();
    v4.write_v4(&mut out);
    assert_eq!(out, bytes);

    let bytes = b"\x00\x15\x00\x1a\x07example\x03com\x00\x07example\x03net\x00";
    assert_eq!(SipServers::of_v6(bytes), Ok(Some(domains.clone())));
    let mut out = Vec::new();
    domains.write_v6(&mut out);
    assert_eq!(out, bytes);

    let v6 = addresses(&["2001:db8::1", "2001:db8::2"]);
    let mut bytes = vec![0, 22, 0, 32];
    for last in [1, 2] {
        bytes.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    assert_eq!(SipServers::of_v6(&bytes), Ok(Some(v6.clone())));
    let mut out = Vec::new();
    v6.write_v6(&mut out);
    assert_eq!(out, bytes);
}

#[test]
fn the_option_is_found_among_others_and_put_together_from_its_parts() {
    // Padding, a subnet mask, the example in two parts cut within a name, the end, and rubbish.
    let (one, other) = EXAMPLE[2..].split_at(9);
    let mut options = vec![0, 0, 1, 4, 255, 255, 255, 0];
    for part in [one, other] {
        options.extend([120, part.len() as u8]);
        options.extend(part);
        options.extend([6, 4, 120, 2, 0, 0]);
    }
    options.extend([255, 120, 200]);
    let domains = names(&["example.com", "example.net"]);
    assert_eq!(SipServers::of_v4(&options), Ok(Some(domains)));
    assert_eq!(SipServers::of_v4(&[1, 1, 120, 255]), Ok(None));
    assert_eq!(SipServers::of_v4(&[]), Ok(None));
    assert_eq!(SipServers::of_v6(&[0, 23, 0, 1, 22]), Ok(None));
    assert_eq!(SipServers::of_v6(&[]), Ok(None));
}

/// RFC 3361 §3.1: what does not fit an option is cut up.
#[test]
fn a_long_list_is_written_in_parts_and_read_again() {
    let label = "a".repeat(60);
    let long: Vec<_> = (0..8).map(|n| alloc::format!("{label}.x{n}")).collect();
    let long: Vec<&str> = long.iter().map(|name| name.as_str()).collect();
    let servers = names(&long);
    let mut out = Vec::new();
    servers.write_v4(&mut out);
    assert_eq!((out[0], out[1]), (120, 255));
    assert!(out.len() > 2 * 255);
    assert_eq!(SipServers::of_v4(&out), Ok(Some(servers)));
}

/// RFC 3361 §3.1 wants pointers understood; RFC 8415 §10 forbids them.
#[test]
fn names_may_be_compressed_in_the_one_and_not_in_the_other() {
    let value = b"\x07example\x03com\x00\x03sip\xc0\x00";
    let both = names(&["example.com", "sip.example.com"]);
    let v4: Vec<u8> = [&[0], &value[..]].concat();
    assert_eq!(SipServers::parse_v4(&v4), Ok(both));
    let refused = SipServers::parse_v6_domains(value);
    assert_eq!(fault(refused), (DhcpErrorKind::Compressed, 13));
    // A pointer that leads to itself leads nowhere.
    let looping = SipServers::parse_v4(b"\x00\xc0\x00");
    let forward = DhcpErrorKind::Name(DnsErrorKind::PointerForward);
    assert_eq!(fault(looping), (forward, 1));
}

/// RFC 3319 §4.
#[test]
fn of_names_and_addresses_the_names_are_used() {
    let mut options = Vec::new();
    addresses(&["2001:db8::1"]).write_v6(&mut options);
    names(&["example.com"]).write_v6(&mut options);
    let found = SipServers::of_v6(&options).unwrap();
    assert_eq!(found, Some(names(&["example.com"])));
}

#[test]
fn what_lies_about_its_length_or_has_nothing_is_refused() {
    let truncated = DhcpErrorKind::Truncated;
    let v4 = |value: &[u8]| fault(SipServers::parse_v4(value));
    assert_eq!(v4(&[]), (truncated, 0));
    assert_eq!(v4(&[0]), (truncated, 1));
    assert_eq!(v4(&[0, 0]), (DhcpErrorKind::Root, 1));
    assert_eq!(v4(&[1]), (truncated, 1));
    assert_eq!(v4(&[1, 192, 0, 2]), (truncated, 1));
    assert_eq!(v4(&[1, 192, 0, 2, 1, 7]), (truncated, 5));
    assert_eq!(v4(&[2, 192, 0, 2, 1]), (DhcpErrorKind::Encoding, 0));
    let name = DhcpErrorKind::Name(DnsErrorKind::Truncated);
    assert_eq!(v4(b"\x00\x07exam"), (name, 2));
    assert!(SipServers::parse_v6_addresses(&[0; 15]).is_err());
    assert!(SipServers::parse_v6_addresses(&[]).is_err());
    assert!(SipServers::parse_v6_domains(&[]).is_err());
    for cut in 1..EXAMPLE.len() {
        assert!(SipServers::of_v4(&EXAMPLE[..cut]).is_err(), "{cut}");
    }
    for cut in 1..4 {
        assert!(SipServers::of_v6(&[0, 22, 0, 16][..cut]).is_err());
    }
}

/// However long the option, only so many servers are held, and however the names point.
#[test]
fn the_list_is_bounded() {
    let mut value = vec![0, 1, b'a', 0];
    for _ in 0..31 {
        value.extend([0xc0, 0]);
    }
    let SipServers::Domains(most) = SipServers::parse_v4(&value).unwrap() else {
        panic!("names")
    };
    assert_eq!(most.len(), 32);
    value.extend([0xc0, 0]);
    let refused = SipServers::parse_v4(&value);
    assert_eq!(fault(refused), (DhcpErrorKind::TooMany, 66));
    let refused = SipServers::parse_v4(&[1; 1 + 33 * 4]);
    assert_eq!(fault(refused), (DhcpErrorKind::TooMany, 129));
}

#[test]
fn each_server_is_a_uri() {
    let domains = names(&["example.com", "example.net"]);
    assert_eq!(domains.uris(), ["sip:example.com", "sip:example.net"]);
    // Whoever names the servers may not say more than that.
    let more = names(&[
        "a.example;lr",
        r"b\.c.example",
        "user@example",
        "example.org",
    ]);
    assert_eq!(more.uris(), ["sip:example.org"]);
    let mixed = addresses(&["192.0.2.1", "2001:db8::1"]);
    assert_eq!(mixed.uris(), ["sip:192.0.2.1", "sip:[2001:db8::1]"]);
}
