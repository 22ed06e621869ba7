//! Messages: what is written is read, and what lies is refused.

use alloc::vec;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};

use super::*;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn text(bytes: &str) -> CharacterString {
    CharacterString::new(bytes.as_bytes()).unwrap()
}

fn record(owner: &str, data: RecordData) -> Record {
    Record {
        name: name(owner),
        ttl: 300,
        data,
    }
}

/// A header with these counts.
fn header(counts: [u16; 4]) -> Vec<u8> {
    let mut bytes = vec![0x12, 0x34, 0x81, 0x80];
    for count in counts {
        bytes.extend_from_slice(&count.to_be_bytes());
    }
    bytes
}

/// A record whose name is `name` on the wire.
fn raw_record(name: &[u8], kind: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = name.to_vec();
    bytes.extend_from_slice(&kind.to_be_bytes());
    bytes.extend_from_slice(&[0, 1, 0, 0, 0, 60]);
    bytes.extend_from_slice(&u16::try_from(data.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(data);
    bytes
}

fn fault(bytes: &[u8]) -> (DnsErrorKind, u32) {
    let error = Message::parse(bytes, 64).unwrap_err();
    (error.kind, error.at)
}

#[test]
fn every_kind_of_record_comes_back_as_it_was_written() {
    let response = Message {
        id: 0xbeef,
        is_response: true,
        is_authoritative: true,
        recursion_desired: true,
        recursion_available: true,
        question: Some(Question {
            name: name("example.com"),
            kind: RecordKind::Naptr,
        }),
        answers: vec![
            record("a.example", RecordData::A(Ipv4Addr::new(192, 0, 2, 1))),
            record("a.example", RecordData::Aaaa(Ipv6Addr::LOCALHOST)),
            record("b.example", RecordData::Cname(name("a.example"))),
            record(
                "_sip._udp.example",
                RecordData::Srv(Srv {
                    priority: 1,
                    weight: 65535,
                    port: 5060,
                    target: name("a.example"),
                }),
            ),
            record(
                "example",
                RecordData::Naptr(Naptr {
                    order: 50,
                    preference: 60,
                    flags: text("s"),
                    services: text("SIP+D2U"),
                    regexp: text(""),
                    replacement: name("_sip._udp.example"),
                }),
            ),
        ],
        authority: vec![record(
            "example",
            RecordData::Soa(Soa {
                primary: name("ns.example"),
                mailbox: name("root.example"),
                serial: 1,
                refresh: 2,
                retry: 3,
                expire: 4,
                minimum: 5,
            }),
        )],
        payload_size: Some(1232),
        ..Message::default()
    };
    let mut bytes = Vec::new();
    response.write(&mut bytes).unwrap();
    assert_eq!(Message::parse(&bytes, 64), Ok(response));
}

/// The names of RFC 1035 §4.1.4: F.ISI.ARPA at 20, FOO with a pointer to it, ARPA as a pointer
/// into it.
#[test]
fn pointers_lead_to_an_earlier_name_or_into_it() {
    let mut bytes = header([0, 3, 0, 0]);
    assert_eq!(bytes.len(), 12);
    bytes.extend(raw_record(b"\x01F\x03ISI\x04ARPA\x00", 1, &[192, 0, 2, 1]));
    bytes.extend(raw_record(b"\x03FOO\xc0\x0c", 5, b"\xc0\x12"));
    bytes.extend(raw_record(b"\xc0\x26", 1, &[192, 0, 2, 2]));
    let answers = Message::parse(&bytes, 64).unwrap().answers;
    assert_eq!(answers[0].name, name("f.isi.arpa"));
    assert_eq!(answers[1].name, name("foo.f.isi.arpa"));
    assert_eq!(answers[1].data, RecordData::Cname(name("arpa")));
    assert_eq!(answers[2].name, name("foo.f.isi.arpa"));
}

#[test]
fn pointers_never_loop_and_never_lead_forward() {
    // To itself, to what comes after, and back to a label that runs into it.
    for (hostile, at) in [
        (&b"\xc0\x0c"[..], 12),
        (&b"\xc0\x20"[..], 12),
        (&b"\x01a\xc0\x0c"[..], 14),
    ] {
        let mut bytes = header([0, 1, 0, 0]);
        bytes.extend(raw_record(hostile, 1, &[192, 0, 2, 1]));
        assert_eq!(fault(&bytes), (DnsErrorKind::PointerForward, at));
    }
    // Two pointers at each other: the second is read first.
    let mut bytes = header([0, 1, 0, 0]);
    bytes.extend(raw_record(b"\x01a\x00", 999, b"\xc0\x19\xc0\x17"));
    bytes[7] = 2;
    bytes.extend(raw_record(b"\xc0\x19", 1, &[192, 0, 2, 1]));
    assert_eq!(fault(&bytes).0, DnsErrorKind::PointerForward);
}

#[test]
fn a_chain_of_pointers_ends_where_a_name_would() {
    // A thousand pointers, each to the one before, after one name.
    let mut chain = b"\x01a\x00".to_vec();
    let start = 12 + 11;
    let mut last = start;
    for _ in 0..1000 {
        let here = start + chain.len();
        chain.push(0xc0 | u8::try_from(last >> 8).unwrap());
        chain.push(u8::try_from(last & 0xff).unwrap());
        last = here;
    }
    let mut bytes = header([0, 2, 0, 0]);
    bytes.extend(raw_record(b"\x00", 999, &chain));
    let pointer = [0xc0 | u8::try_from(last >> 8).unwrap(), (last & 0xff) as u8];
    bytes.extend(raw_record(&pointer, 1, &[192, 0, 2, 1]));
    assert_eq!(fault(&bytes).0, DnsErrorKind::TooManyPointers);
}

#[test]
fn the_two_reserved_types_of_label_are_refused() {
    for first in [0x40, 0x80] {
        let mut bytes = header([1, 0, 0, 0]);
        bytes.extend([first, 0, 0, 1, 0, 1]);
        assert_eq!(fault(&bytes), (DnsErrorKind::LabelType, 12));
    }
}

#[test]
fn data_is_as_long_as_it_says_and_as_its_kind_needs() {
    // RDLENGTH past the end of the message.
    let mut bytes = header([0, 1, 0, 0]);
    bytes.extend(raw_record(b"\x00", 1, &[192, 0, 2, 1]));
    let length_at = bytes.len() - 5;
    bytes[length_at] = 200;
    assert_eq!(fault(&bytes).0, DnsErrorKind::Truncated);
    for (kind, data) in [
        (1, &[192, 0, 2][..]),
        (1, &[192, 0, 2, 1, 0]),
        (28, &[0; 15]),
        (33, &[0, 1, 0, 1, 0, 1]),
        (33, &[0, 1, 0, 1, 0, 1, 0, 0]),
        // The target begins inside and would end outside.
        (33, &[0, 1, 0, 1, 0, 1, 5, b'a']),
        // The flags say they are longer than all that is left.
        (35, &[0, 1, 0, 1, 255, b's', 0, 0, 0]),
        (6, &[0, 0, 0, 0, 0, 1]),
    ] {
        let mut bytes = header([0, 2, 0, 0]);
        bytes.extend(raw_record(b"\x00", kind, data));
        bytes.extend(raw_record(b"\x00", 999, &[7; 300]));
        assert_eq!(fault(&bytes).0, DnsErrorKind::DataLength, "{kind} {data:?}");
    }
}

#[test]
fn counts_are_believed_only_as_far_as_they_are_wanted() {
    let mut bytes = header([0, 0xffff, 0xffff, 0xffff]);
    bytes.extend(raw_record(b"\x00", 1, &[192, 0, 2, 1]));
    assert_eq!(fault(&bytes).0, DnsErrorKind::TooManyRecords);
    assert_eq!(
        Message::parse(&bytes, usize::MAX).unwrap_err().kind,
        DnsErrorKind::Truncated
    );
    let mut bytes = header([0, 1000, 0, 0]);
    for _ in 0..1000 {
        bytes.extend(raw_record(b"\x00", 1, &[192, 0, 2, 1]));
    }
    assert_eq!(Message::parse(&bytes, 1000).unwrap().answers.len(), 1000);
    assert_eq!(fault(&bytes).0, DnsErrorKind::TooManyRecords);
    assert_eq!(
        fault(&header([2, 0, 0, 0])).0,
        DnsErrorKind::TooManyQuestions
    );
}

#[test]
fn a_message_cut_off_anywhere_is_refused() {
    let mut bytes = header([1, 1, 0, 0]);
    bytes.extend(b"\x01a\x00\x00\x01\x00\x01");
    bytes.extend(raw_record(b"\xc0\x0c", 1, &[192, 0, 2, 1]));
    assert!(Message::parse(&bytes, 64).is_ok());
    for end in 0..bytes.len() {
        assert!(Message::parse(&bytes[..end], 64).is_err(), "{end}");
    }
}

#[test]
fn other_kinds_and_classes_are_left_out() {
    let mut bytes = header([0, 3, 0, 0]);
    bytes.extend(raw_record(b"\x01a\x00", 16, b"\x03txt"));
    bytes.extend(raw_record(b"\x01a\x00", 1, &[192, 0, 2, 1]));
    let chaos = bytes.len();
    bytes.extend(raw_record(b"\x01a\x00", 1, &[192, 0, 2, 2]));
    bytes[chaos + 6] = 3;
    let answers = Message::parse(&bytes, 64).unwrap().answers;
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].data, RecordData::A(Ipv4Addr::new(192, 0, 2, 1)));
}

/// RFC 2181 §8.
#[test]
fn a_ttl_with_its_highest_bit_set_is_none() {
    let mut bytes = header([0, 1, 0, 0]);
    bytes.extend(raw_record(b"\x00", 1, &[192, 0, 2, 1]));
    bytes[12 + 5] = 0x80;
    assert_eq!(Message::parse(&bytes, 64).unwrap().answers[0].ttl, 0);
}

/// RFC 6891 §6.1.
#[test]
fn the_opt_record_says_how_much_is_welcome_and_widens_the_code() {
    let mut bytes = header([0, 0, 0, 1]);
    bytes.extend([0, 0, 41, 0x04, 0xd0, 1, 0, 0, 0, 0, 0]);
    let message = Message::parse(&bytes, 64).unwrap();
    assert_eq!(message.payload_size, Some(1232));
    assert_eq!(message.code, ResponseCode::BAD_VERSION);
    assert!(message.additional.is_empty());
    let mut twice = bytes.clone();
    twice[11] = 2;
    twice.extend([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(fault(&twice).0, DnsErrorKind::Edns);
    let mut query = Vec::new();
    let question = Question {
        name: Name::root(),
        kind: RecordKind::Soa,
    };
    let sent = Message::query(7, question, Some(1232));
    sent.write(&mut query).unwrap();
    assert!(query.ends_with(&[0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]));
}

#[test]
fn what_would_not_fit_in_a_message_is_not_written() {
    let text = text(&"x".repeat(255));
    let naptr = Naptr {
        order: 0,
        preference: 0,
        flags: text.clone(),
        services: text.clone(),
        regexp: text,
        replacement: Name::root(),
    };
    let message = Message {
        answers: vec![record(".", RecordData::Naptr(naptr)); 100],
        ..Message::default()
    };
    let error = message.write(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind, DnsErrorKind::MessageTooLong);
    let long = [b'x'; 256];
    let error = CharacterString::new(&long).unwrap_err();
    assert_eq!(error.kind, DnsErrorKind::CharacterStringTooLong);
}
