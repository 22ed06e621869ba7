use super::*;
use alloc::vec;
use alloc::vec::Vec;

const PLAIN: [u8; 16] = [
    0x80, 0x80, 0x12, 0x34, 0, 0, 0, 160, 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4,
];

fn header() -> Header {
    Header {
        marker: true,
        payload_type: PayloadType::PCMU,
        sequence: SequenceNumber::new(0x1234),
        timestamp: Timestamp::new(160),
        ssrc: Ssrc::new(0xdead_beef),
    }
}

fn written(outgoing: &Outgoing<'_>) -> Vec<u8> {
    let mut out = vec![0xaa; outgoing.size()];
    assert_eq!(outgoing.write(&mut out), Ok(out.len()));
    out
}

#[test]
fn the_fixed_header_is_read_and_written() {
    let packet = Packet::parse(&PLAIN).unwrap();
    assert_eq!(packet.header(), header());
    assert_eq!(packet.payload(), [1, 2, 3, 4]);
    assert_eq!(packet.csrc().len(), 0);
    assert_eq!(packet.extension(), None);
    assert_eq!(written(&Outgoing::from(&packet)), PLAIN);
}

#[test]
fn every_part_together_round_trips() {
    let csrc: Vec<Ssrc> = (0..15).map(Ssrc::new).collect();
    let outgoing = Outgoing {
        csrc: &csrc,
        extension: Some(Extension {
            profile: 0xbede,
            data: &[0x10, 0xaa, 0, 0],
        }),
        padding: 4,
        ..Outgoing::new(header(), b"speech")
    };
    let bytes = written(&outgoing);
    let packet = Packet::parse(&bytes).unwrap();
    assert_eq!(packet.header(), header());
    assert_eq!(packet.csrc().collect::<Vec<_>>(), csrc);
    assert_eq!(packet.extension(), outgoing.extension);
    assert_eq!(packet.payload(), b"speech");
    assert_eq!(packet.padding(), 4);
    assert_eq!(bytes.last(), Some(&4));
}

#[test]
fn a_slice_too_small_is_left_alone() {
    let mut out = [0xaa; 15];
    let outgoing = Outgoing::new(header(), &[1, 2, 3, 4]);
    let error = WriteError::Buffer(BufferTooSmall { needed: 16 });
    assert_eq!(outgoing.write(&mut out), Err(error));
    let padded = Outgoing {
        padding: 1,
        ..outgoing
    };
    let error = WriteError::Buffer(BufferTooSmall { needed: 17 });
    assert_eq!(padded.write(&mut out), Err(error));
    assert_eq!(out, [0xaa; 15]);
}

#[test]
fn what_a_header_cannot_say_is_not_written() {
    let mut out = [0; 2000];
    let csrc = [Ssrc::new(1); 16];
    let many = Outgoing {
        csrc: &csrc,
        ..Outgoing::new(header(), &[])
    };
    assert_eq!(many.write(&mut out), Err(WriteError::TooManyCsrc));
    let odd = Outgoing {
        extension: Some(Extension {
            profile: 0,
            data: &[0; 3],
        }),
        ..Outgoing::new(header(), &[])
    };
    assert_eq!(odd.write(&mut out), Err(WriteError::ExtensionLength));
}

#[test]
fn lengths_0_to_11_are_short() {
    for length in 0..FIXED_HEADER {
        let result = Packet::parse(&PLAIN[..length]);
        assert_eq!(result, Err(PacketError::Short), "{length}");
    }
}

#[test]
fn versions_other_than_2_are_refused() {
    for version in [0, 1, 3] {
        let mut bytes = PLAIN;
        bytes[0] = version << 6;
        assert_eq!(Packet::parse(&bytes), Err(PacketError::Version));
    }
}

/// RFC 3551 §6: 72 to 76 would be RTCP with the marker bit, and are refused without it as well.
#[test]
fn rtcp_packet_types_are_no_payload_types() {
    for payload_type in 0..=255 {
        let mut bytes = PLAIN;
        bytes[1] = payload_type;
        let refused = Packet::parse(&bytes) == Err(PacketError::ReservedPayloadType);
        assert_eq!(refused, (72..=76).contains(&(payload_type & 0x7f)));
    }
}

// shows: S042
#[test]
fn impossible_counts_are_refused() {
    let with = |first: u8, last: u8| {
        let mut bytes = PLAIN;
        bytes[0] = first;
        bytes[15] = last;
        Packet::parse(&bytes).map(|packet| packet.payload().len())
    };
    // P with a last octet of zero, or more than there is behind the header.
    assert_eq!(with(0xa0, 0), Err(PacketError::Padding));
    assert_eq!(with(0xa0, 5), Err(PacketError::Padding));
    assert_eq!(with(0xa0, 255), Err(PacketError::Padding));
    assert_eq!(with(0xa0, 1), Ok(3));
    assert_eq!(with(0xa0, 4), Ok(0));
    // CC beyond the end: 15 sources in a packet of 12 and of 16 octets.
    assert_eq!(with(0x8f, 0), Err(PacketError::Csrc));
    assert_eq!(with(0x82, 0), Err(PacketError::Csrc));
    assert_eq!(with(0x81, 0), Ok(0));
    let mut bare = [0; 12];
    bare[0] = 0x8f;
    assert_eq!(Packet::parse(&bare), Err(PacketError::Csrc));
    // P with nothing behind the header at all.
    bare[0] = 0xa0;
    assert_eq!(Packet::parse(&bare), Err(PacketError::Padding));
    // V.
    assert_eq!(with(0x40, 0), Err(PacketError::Version));
}

#[test]
fn an_extension_past_the_end_is_refused() {
    let mut bytes = PLAIN.to_vec();
    bytes[0] = 0x90;
    for (length, fits) in [(0_u16, true), (1, false), (0xffff, false)] {
        bytes[14..16].copy_from_slice(&length.to_be_bytes());
        assert_eq!(Packet::parse(&bytes).is_ok(), fits, "{length}");
    }
    assert_eq!(Packet::parse(&bytes[..13]), Err(PacketError::Extension));
}

#[test]
fn padding_is_counted_behind_the_extension() {
    // Four octets are left behind an empty extension; padding may take them, and no more.
    let mut bytes = [0; 20];
    bytes[0] = 0xb0;
    bytes[19] = 4;
    assert_eq!(Packet::parse(&bytes).unwrap().payload(), []);
    bytes[19] = 5;
    assert_eq!(Packet::parse(&bytes), Err(PacketError::Padding));
}

fn elements(profile: u16, data: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let elements = Extension { profile, data }.elements();
    elements.map(|e| (e.id, e.data.to_vec())).collect()
}

/// RFC 8285 §4.2: an element of one octet, of two, padding between, and of four.
#[test]
fn one_byte_elements() {
    let data = [
        0x10, 0xa1, 0x21, 0xb1, 0xb2, 0, 0, 0x33, 0xc1, 0xc2, 0xc3, 0xc4,
    ];
    let expected = [
        (1, vec![0xa1]),
        (2, vec![0xb1, 0xb2]),
        (3, vec![0xc1, 0xc2, 0xc3, 0xc4]),
    ];
    assert_eq!(elements(0xbede, &data), expected);
}

/// RFC 8285 §4.3, with bits of the application in the profile word, and an empty element.
#[test]
fn two_byte_elements() {
    let data = [1, 0, 2, 1, 0xb1, 0, 255, 4, 1, 2, 3, 4];
    let expected = [(1, vec![]), (2, vec![0xb1]), (255, vec![1, 2, 3, 4])];
    assert_eq!(elements(0x1005, &data), expected);
}

// shows: S043
#[test]
fn elements_of_both_forms_round_trip_and_identifier_15_stops() {
    let parts: [(u8, &[u8]); 4] = [
        (1, b"a"),
        (14, b"sixteen octets.."),
        (7, b"xyz"),
        (2, b"bc"),
    ];
    let written = parts.map(|(id, data)| Element { id, data });
    for profile in [0xbede, 0x1000, 0x100f] {
        let mut out = [0xff; 64];
        let extension = Extension::pack(profile, &written, &mut out).unwrap();
        assert_eq!(extension.data.len() % 4, 0);
        let outgoing = Outgoing {
            extension: Some(extension),
            ..Outgoing::new(header(), b"payload")
        };
        let bytes = self::written(&outgoing);
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!(packet.payload(), b"payload");
        let read: Vec<_> = packet.extension().unwrap().elements().collect();
        assert_eq!(read, written);
    }
    let after_stop = [0x10, 0xa1, 0xf0, 0x10, 0x20, 0xb1, 0, 0];
    assert_eq!(elements(0xbede, &after_stop), [(1, vec![0xa1])]);
}

/// RFC 8285 §4.1.2: where identifier 0 has a length, which it must not, nothing behind it counts.
#[test]
fn identifier_0_with_a_length_stops() {
    let data = [0x10, 0xa1, 0x01, 0x20, 0xb1, 0x30, 0xc1, 0];
    assert_eq!(elements(0xbede, &data), [(1, vec![0xa1])]);
}

#[test]
fn elements_a_form_cannot_say_are_not_written() {
    let pack = |profile, id, data: &[u8]| {
        let mut out = [0; 300];
        Extension::pack(profile, &[Element { id, data }], &mut out).is_some()
    };
    assert!(pack(0xbede, 14, &[0; 16]));
    assert!(!pack(0xbede, 15, &[0; 1]));
    assert!(!pack(0xbede, 0, &[0; 1]));
    assert!(!pack(0xbede, 1, &[0; 17]));
    assert!(!pack(0xbede, 1, &[]));
    assert!(pack(0x1000, 255, &[0; 255]));
    assert!(!pack(0x1000, 1, &[0; 256]));
    assert!(!pack(0x1000, 0, &[]));
    assert!(!pack(0x1234, 1, &[1]));
    let mut small = [0; 3];
    let one = Element { id: 1, data: &[1] };
    assert_eq!(Extension::pack(0xbede, &[one], &mut small), None);
}

#[test]
fn elements_cut_short_end_the_list() {
    assert_eq!(elements(0xbede, &[0x10, 1, 0x2f, 2]), [(1, vec![1])]);
    assert_eq!(elements(0x1000, &[1, 1, 9, 2]), [(1, vec![9])]);
    assert_eq!(elements(0x1234, &[0x10, 1, 0, 0]), []);
}

/// Whatever the bytes, reading ends without a panic; and what is read writes the same packet.
// shows: S036
#[test]
fn any_bytes_are_read_without_panic_and_good_ones_come_back() {
    let mut rng = crate::Rng::from_seed([1; 32]);
    let mut good = 0;
    for _ in 0..20_000 {
        let length = usize::try_from(rng.below(80)).unwrap();
        let mut bytes = vec![0; length];
        rng.fill(&mut bytes);
        // Otherwise three in four fall at the first check.
        if let Some(first) = bytes.first_mut() {
            *first = (*first & 0x3f) | 0x80;
        }
        let Ok(packet) = Packet::parse(&bytes) else {
            continue;
        };
        good += 1;
        let csrc: Vec<Ssrc> = packet.csrc().collect();
        let again = written(&Outgoing {
            csrc: &csrc,
            ..Outgoing::from(&packet)
        });
        let again = Packet::parse(&again).unwrap();
        // What the padding is made of is not kept; everything else is.
        assert_eq!(again.header(), packet.header());
        assert_eq!(again.csrc().collect::<Vec<_>>(), csrc);
        assert_eq!(again.extension(), packet.extension());
        assert_eq!(again.payload(), packet.payload());
        assert_eq!(again.padding(), packet.padding());
        let _ = packet.extension().map(|e| e.elements().count());
    }
    assert!(good > 1000, "{good}");
}
