//! RFC 5109 §10: parity over packets.

use offhook::rtp::number::{SequenceNumber, Ssrc};
use offhook::rtp::packet::Header;
use offhook::rtp::payload::fec::{Fec, Protection, Recovered, protect};
use offhook::rtp::payload::red::{Block, Redundant};

use super::{at, payload_type, vector, written};

/// The packets of RFC 5109 §10: numbers, timestamps and lengths as told there, payload of our own.
fn protected() -> Vec<Vec<u8>> {
    let packets = [
        (11, 200, true),
        (18, 140, false),
        (11, 100, true),
        (18, 340, false),
    ];
    packets
        .into_iter()
        .zip(0_u16..)
        .map(|((number, length, marker), n)| {
            let header = Header {
                marker,
                payload_type: payload_type(number),
                sequence: SequenceNumber::new(8 + n),
                timestamp: at(3 + 2 * u32::from(n)),
                ssrc: Ssrc::new(2),
            };
            let octet = |at: u16| (at.wrapping_mul(31) ^ n.wrapping_mul(77)) as u8 | 1;
            let payload: Vec<u8> = (0..length).map(octet).collect();
            written(header, &payload)
        })
        .collect()
}

fn fec_of(levels: &[(&[&[u8]], u16)]) -> Vec<u8> {
    let levels: Vec<_> = levels
        .iter()
        .map(|(packets, length)| Protection {
            packets,
            length: *length,
        })
        .collect();
    let mut out = [0; 1500];
    let size = protect(&levels, &mut out).unwrap();
    out[..size].to_vec()
}

/// Of the packets, all but those that are lost.
fn left<'p>(
    packets: &'p [Vec<u8>],
    lost: &'p [usize],
) -> impl Fn(SequenceNumber) -> Option<&'p [u8]> + Clone {
    move |number| {
        let at = usize::from(number.as_u16().checked_sub(8)?);
        let packet = packets.get(at).filter(|_| !lost.contains(&at))?;
        Some(packet.as_slice())
    }
}

/// The headers of one level over all four packets.
fn headers_over_four() -> Vec<u8> {
    [8, 9]
        .map(|figure| vector(&format!("rfc5109/figure-{figure}.bin")))
        .concat()
}

fn sequence(at: usize) -> SequenceNumber {
    SequenceNumber::new(8 + u16::try_from(at).unwrap())
}

// shows: S078
#[test]
fn one_level_over_four_packets_is_rfc_5109_section_10_1() {
    let packets = protected();
    let all: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
    let fec = fec_of(&[(&all, 340)]);
    assert_eq!(fec[..14], headers_over_four());
    assert_eq!(fec.len(), 14 + 340);
    assert_eq!(Protection::of(&all).length, 340);
    let header = Header {
        marker: false,
        payload_type: payload_type(127),
        sequence: SequenceNumber::new(1),
        timestamp: at(9),
        ssrc: Ssrc::new(2),
    };
    assert_eq!(written(header, &fec)[..12], vector("rfc5109/figure-7.bin"));

    let read = Fec::unpack(&fec).unwrap();
    let level = read.levels().next().unwrap();
    assert!(read.protected(level.mask).eq((0..4).map(sequence)));
    for lost in 0..4 {
        let gone = [lost];
        let has = left(&packets, &gone);
        assert_eq!(
            read.missing(|number| has(number).is_some()),
            Some(sequence(lost))
        );
        let mut out = [0xaa; 400];
        let recovered = read
            .recover(sequence(lost), Ssrc::new(2), has, &mut out)
            .unwrap();
        assert!(recovered.is_whole());
        assert_eq!(out[..recovered.size], packets[lost]);
    }
}

/// The two packets are printed with M recovered from four packets, though each is made of two of
/// which one is marked: M recovery is 1 XOR 0 for each, by §8.1, where 0 is printed. Nothing else
/// differs.
// shows: S078
#[test]
fn two_levels_are_rfc_5109_section_10_2_but_for_the_marker_it_gets_wrong() {
    let packets = protected();
    let all: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
    let one = fec_of(&[(&all[..2], 70)]);
    let two = fec_of(&[(&all[2..], 70), (&all, 90)]);
    let mut first = [
        vector("rfc5109/figure-12.bin"),
        vector("rfc5109/figure-13.bin"),
    ]
    .concat();
    first[1] |= 0x80;
    assert_eq!(one[..14], first);
    assert_eq!(one.len(), 14 + 70);

    // The second names 8 as its base, for that is its lowest packet at any level (§7.3).
    let mut second = [
        vector("rfc5109/figure-15.bin"),
        vector("rfc5109/figure-16.bin"),
    ]
    .concat();
    second[1] |= 0x80;
    assert_eq!(two[..14], second);
    assert_eq!(two[84..88], vector("rfc5109/figure-17.bin"));
    assert_eq!(two.len(), 14 + 70 + 4 + 90);

    let (one, two) = (Fec::unpack(&one).unwrap(), Fec::unpack(&two).unwrap());
    let levels: Vec<_> = two
        .levels()
        .map(|level| (level.start, level.payload.len()))
        .collect();
    assert_eq!(levels, [(0, 70), (70, 90)]);
    // A comes back to the end of level 0 with the first packet, to that of level 1 with both.
    let gone = [0];
    let has = left(&packets, &gone);
    let mut out = [0; 400];
    let recovered = one
        .recover(sequence(0), Ssrc::new(2), has.clone(), &mut out)
        .unwrap();
    assert_eq!(
        recovered,
        Recovered {
            size: 212,
            known: 82
        }
    );
    let more = two
        .recover_level(1, sequence(0), has, &mut out, recovered)
        .unwrap();
    assert_eq!(
        more,
        Recovered {
            size: 212,
            known: 172
        }
    );
    assert_eq!(out[..172], packets[0][..172]);
    // C is shorter than both levels and comes back whole from the second packet alone.
    let gone = [2];
    let mut out = [0xaa; 400];
    let has = left(&packets, &gone);
    let recovered = two
        .recover(sequence(2), Ssrc::new(2), has, &mut out)
        .unwrap();
    assert!(recovered.is_whole());
    assert_eq!(out[..recovered.size], packets[2]);
    // One of A and B, and one of C and D: level 0 of both comes back.
    let gone = [1, 3];
    for (fec, lost) in [(one, 1), (two, 3)] {
        let mut out = [0xaa; 400];
        let has = left(&packets, &gone);
        let recovered = fec
            .recover(sequence(lost), Ssrc::new(2), has, &mut out)
            .unwrap();
        assert_eq!(recovered.known, 82);
        assert_eq!(out[..82], packets[lost][..82]);
    }
}

/// RFC 5109 §10.3: the same four packets, as primary blocks; what protects them is the redundant
/// block of the fifth.
// shows: S078
#[test]
fn protection_as_redundant_data_is_rfc_5109_section_10_3() {
    let lengths = [200, 140, 100, 340, 160];
    let fifth: Vec<u8> = vec![0x55; lengths[4]];
    // The virtual packets: the RED header with the primary's payload type, and so without M.
    let packets: Vec<_> = protected()
        .into_iter()
        .map(|mut packet| {
            packet[1] = 11;
            packet
        })
        .collect();
    let all: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
    let fec = fec_of(&[(&all, 340)]);
    assert_eq!(fec[..14], headers_over_four());
    let block = Block {
        payload_type: payload_type(127),
        offset: 0,
        payload: &fec,
    };
    let mut payload = [0; 600];
    let size = Redundant::pack([block].into_iter(), payload_type(11), &fifth, &mut payload);
    let payload = &payload[..size.unwrap()];
    assert_eq!(payload[..4], vector("rfc5109/figure-22.bin"));
    assert_eq!(payload[4..5], vector("rfc5109/figure-20.bin"));
    assert_eq!(payload.len(), 4 + 1 + 354 + 160);

    let read = Redundant::unpack(payload).unwrap();
    let read = Fec::unpack(read.redundant().next().unwrap().payload).unwrap();
    for lost in 0..4 {
        let gone = [lost];
        let mut out = [0; 400];
        let has = left(&packets, &gone);
        let recovered = read
            .recover(sequence(lost), Ssrc::new(2), has, &mut out)
            .unwrap();
        assert_eq!(out[..recovered.size], packets[lost]);
    }
}
