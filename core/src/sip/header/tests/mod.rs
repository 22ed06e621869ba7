//! Every type against its grammar: what it takes, what it refuses, and that it writes what it reads.

use super::*;
use crate::UnixTime;
use crate::sip::message::Method;
use crate::sip::uri::{Host, HostPort};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

macro_rules! round_trips {
    ($type:ty, $texts:expr) => {
        for text in $texts {
            let first = <$type>::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{text:?}: {e}"));
            let mut written = Vec::new();
            first.write(&mut written);
            let again = <$type>::parse(&written).unwrap_or_else(|e| panic!("{text:?}: {e}"));
            assert_eq!(first, again);
            let mut rewritten = Vec::new();
            again.write(&mut rewritten);
            assert_eq!(written, rewritten);
            assert!(!written.iter().any(|b| matches!(b, b'\r' | b'\n')));
        }
    };
}

macro_rules! refused {
    ($type:ty, $texts:expr) => {
        for text in $texts {
            assert!(<$type>::parse(text.as_bytes()).is_err(), "{text:?}");
        }
    };
}

mod extensions;
mod features;
mod fields;
mod private;

#[test]
fn via_round_trips_and_refuses() {
    round_trips!(
        Via<'_>,
        [
            "SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds",
            "SIP / 2.0 / UDP first.example.com: 4000;ttl=16\r\n ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1",
            "sip/2.0/tcp [2001:db8::9:255]:5060;received=[2001:db8::9:1];rport;x=\"a b\";y",
            "SIP/2.0/UNKNOWN t5.example.com;rport=5061;received=192.0.2.1",
        ]
    );
    refused!(
        Via<'_>,
        [
            "",
            "SIP/2.0/UDP",
            "SIP/2.0/UDP ",
            "SIP/2.0/UDPhost",
            "SIP/2.0 host",
            "SIP/3.0/UDP host",
            "HTTP/1.1/TCP host",
            "SIP/2.0/UDP host:",
            "SIP/2.0/UDP host:65536",
            "SIP/2.0/UDP [::1",
            "SIP/2.0/UDP host;branch",
            "SIP/2.0/UDP host;branch=",
            "SIP/2.0/UDP host;branch=a;BRANCH=b",
            "SIP/2.0/UDP host;received=name.example",
            "SIP/2.0/UDP host;ttl=256",
            "SIP/2.0/UDP host;rport=65536",
            "SIP/2.0/UDP host;;,;,,",
            "SIP/2.0/UDP host, SIP/2.0/UDP host",
        ]
    );
}

// RFC 5118 §4.5 prints received with and without brackets.
#[test]
fn received_is_accepted_with_brackets_and_written_without() {
    let via = Via::parse(b"SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255]").unwrap();
    let bare = Via::parse(b"SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255").unwrap();
    assert_eq!(via, bare);
    assert!(via.to_text().ends_with("received=2001:db8::9:255"));
}

#[test]
fn the_magic_cookie_marks_a_branch_of_rfc_3261() {
    let branch = |text: &'static str| Via::parse(text.as_bytes()).unwrap().rfc3261_branch();
    assert_eq!(branch("SIP/2.0/UDP h;branch=z9hG4bK1"), Some("z9hG4bK1"));
    assert_eq!(branch("SIP/2.0/UDP h;branch=1z9hG4bK"), None);
    assert_eq!(branch("SIP/2.0/UDP h"), None);
}

#[test]
fn addresses_round_trip_and_refuse() {
    round_trips!(
        FromTo<'_>,
        [
            "sip:bob@example.com",
            "sip:bob@example.com;tag=a",
            "<sip:bob@example.com;transport=tcp>;tag=a;x",
            "Bob <sip:bob@example.com>",
            "Mr.  Bob Smith\r\n <sip:bob@example.com> ; tag =\r\n\ta ; y = \"q\\\"\"",
            "\"\" <sip:bob@example.com>",
            "\"a, <b>; \\\"c\\\" \\\\\" <sip:bob@example.com>;tag=1",
            "\"\u{4e2d}\u{6587}\" <sip:bob@example.com>",
            "tel:+1-201-555-0123;tag=9",
            "<urn:service:sos>",
        ]
    );
    refused!(
        FromTo<'_>,
        [
            "",
            "<>",
            "<sip:a@b",
            "sip:a@b>",
            "<sip:a@b>>",
            "\"Bob <sip:a@b>",
            "\"Bob\" sip:a@b",
            "Bob sip:a@b",
            "Bell, Alexander <sip:a@b>",
            "< sip:a@b>",
            "<sip:a@b >",
            "<sip:a b@c>",
            "<sip:a@b>;tag",
            "<sip:a@b>;tag=",
            "<sip:a@b>;tag=a;tag=b",
            "<sip:a@b>;tag=\"a\"",
            "<sip:a@b>;;tag=a",
            "<sip:a@b>;",
            "<sip:a@b>,<sip:c@d>",
            "sip:a@b?Route=x",
        ]
    );
}

#[test]
fn a_fold_in_a_display_name_is_written_as_a_space() {
    let folded = FromTo::parse(b"\"Mr.\r\n  Bob\" <sip:bob@example.com>").unwrap();
    assert_eq!(folded.to_text(), "\"Mr. Bob\" <sip:bob@example.com>");
}

// RFC 3261 §20, §20.10; RFC 8217 §3.
// shows: S150
#[test]
fn without_brackets_parameters_belong_to_the_header_field() {
    let bare = Contact::parse(b"sip:alice@example.com;methods=INVITE;expires=60").unwrap();
    let bare = bare.address().unwrap();
    assert_eq!(bare.uri, "sip:alice@example.com");
    assert_eq!(
        bare.params.get("methods").unwrap().value.unwrap().text(),
        "INVITE"
    );
    assert_eq!(bare.expires, Some(60));
    let inside = Contact::parse(b"<sip:alice@example.com;methods=INVITE>;expires=60").unwrap();
    let inside = inside.address().unwrap();
    assert_eq!(inside.uri, "sip:alice@example.com;methods=INVITE");
    assert!(inside.params.is_empty());
    // What we write has brackets, whatever is in the URI.
    for uri in [
        "sip:a,b@example.com",
        "sip:a@example.com;x",
        "sip:a@example.com?x=y",
        "sip:a@b.c",
    ] {
        let written = NameAddr::new(uri).to_text();
        assert_eq!(written, alloc::format!("<{uri}>"));
        assert_eq!(NameAddr::parse(written.as_bytes()).unwrap().uri, uri);
    }
}

#[test]
fn contacts_round_trip_and_refuse() {
    round_trips!(
        Contact<'_>,
        [
            "*",
            " * ",
            "<sip:a@b>",
            "* <sip:a@b>",
            "\"Mr. Watson\" <sip:watson@worcester.bell-telephone.com>;q=0.7; expires=3600",
            "<sip:a@b>;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\";reg-id=1",
            "<sip:a@b>;q=1.000;expires=0",
            "<sip:a@b>;q=0.",
            "<sip:a@b>;q=0.05",
        ]
    );
    refused!(
        Contact<'_>,
        [
            "",
            "**",
            "*;expires=0",
            "<sip:a@b>;q=1.001",
            "<sip:a@b>;q=2",
            "<sip:a@b>;q=.",
            "<sip:a@b>;q=0.1234",
            "<sip:a@b>;q=1.0000",
            "<sip:a@b>;q",
            "<sip:a@b>;expires=1;expires=2",
        ]
    );
}

#[test]
fn an_unreadable_expires_parameter_counts_as_an_hour() {
    for text in [
        "<sip:a@b>;expires=abc",
        "<sip:a@b>;expires",
        "<sip:a@b>;expires=\"60\"",
    ] {
        let contact = Contact::parse(text.as_bytes()).unwrap();
        assert_eq!(contact.address().unwrap().expires, Some(3600), "{text}");
    }
    let contact = Contact::parse(b"<sip:a@b>;expires=99999999999").unwrap();
    assert_eq!(contact.address().unwrap().expires, Some(u32::MAX));
}

#[test]
fn every_qvalue_round_trips() {
    for thousandths in 0..=1000 {
        let q = QValue::from_thousandths(thousandths).unwrap();
        let mut out = Vec::new();
        q.write(&mut out);
        assert_eq!(QValue::parse(&String::from_utf8(out).unwrap()), Some(q));
    }
    assert_eq!(QValue::from_thousandths(1001), None);
}

#[test]
fn cseq_stays_below_two_to_the_31() {
    round_trips!(
        CSeq<'_>,
        [
            "0 ACK",
            "2147483647 INVITE",
            "0009  \r\n\tInViTe",
            "1 NEWMETHOD"
        ]
    );
    refused!(
        CSeq<'_>,
        [
            "",
            "1",
            "1 ",
            "INVITE",
            "INVITE 1",
            "2147483648 INVITE",
            "4294967296 INVITE",
            "36893488147419103232 INVITE",
            "-1 INVITE",
            "1INVITE",
            "1 INV/ITE",
            "1 INVITE x"
        ]
    );
    assert_eq!(
        CSeq::parse(b"1 invite").unwrap().method,
        Method::Other("invite")
    );
}
