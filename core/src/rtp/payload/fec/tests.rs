use super::*;
use crate::rtp::number::{PayloadType, Ssrc, Timestamp};
use crate::rtp::packet::{Extension, Header, Outgoing};
use alloc::vec::Vec;

const SSRC: Ssrc = Ssrc::new(2);

fn packet(sequence: u16, marker: bool, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        marker,
        payload_type: PayloadType::from_octet(11),
        sequence: SequenceNumber::new(sequence),
        timestamp: Timestamp::new(u32::from(sequence).wrapping_mul(160)),
        ssrc: SSRC,
    };
    let mut out = alloc::vec![0; 12 + payload.len()];
    Outgoing::new(header, payload).write(&mut out).unwrap();
    out
}

/// All but one of some packets.
fn others<'p>(
    packets: &'p [Vec<u8>],
    lost: SequenceNumber,
) -> impl Fn(SequenceNumber) -> Option<&'p [u8]> {
    move |number| {
        let octets = number.as_u16().to_be_bytes();
        let mut all = packets.iter().filter(|one| one[2..4] == octets);
        all.next().filter(|_| number != lost).map(Vec::as_slice)
    }
}

fn numbers(packets: &[Vec<u8>]) -> Vec<SequenceNumber> {
    packets
        .iter()
        .map(|one| SequenceNumber::new(u16::from_be_bytes([one[2], one[3]])))
        .collect()
}

/// Every header field, sources, extension and padding included, over the wrap of the numbers.
#[test]
fn any_one_packet_comes_back_octet_by_octet() {
    let mut packets = Vec::new();
    packets.push(packet(0xffff, true, b"first"));
    packets.push(packet(0, false, b""));
    let full = Outgoing {
        header: Header {
            marker: true,
            payload_type: PayloadType::from_octet(127),
            sequence: SequenceNumber::new(1),
            timestamp: Timestamp::new(0xffff_ffff),
            ssrc: SSRC,
        },
        csrc: &[Ssrc::new(77), Ssrc::new(78)],
        extension: Some(Extension {
            profile: 0xbede,
            data: &[1, 2, 3, 4],
        }),
        payload: b"with everything",
        padding: 4,
    };
    let mut octets = alloc::vec![0; full.size()];
    full.write(&mut octets).unwrap();
    packets.push(octets);

    let all: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
    let mut out = [0xaa; 256];
    let size = protect(&[Protection::of(&all)], &mut out).unwrap();
    let fec = Fec::unpack(&out[..size]).unwrap();
    assert_eq!(fec.base().as_u16(), 0xffff);
    for (lost, whole) in numbers(&packets).into_iter().zip(&packets) {
        let has = others(&packets, lost);
        assert_eq!(fec.missing(|number| has(number).is_some()), Some(lost));
        let mut again = [0xaa; 256];
        let recovered = fec.recover(lost, SSRC, has, &mut again).unwrap();
        assert!(recovered.is_whole());
        assert_eq!(&again[..recovered.size], &whole[..]);
    }
}

/// RFC 5109 §7.4: 48 bits where 16 are too few, the most significant for the first.
#[test]
fn packets_far_apart_take_the_long_mask() {
    for (last, octets) in [(15, 10 + 4), (16, 10 + 8), (47, 10 + 8)] {
        let packets = [packet(9, true, b""), packet(9 + last, false, b"")];
        let all: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
        let mut out = [0xaa; 64];
        let size = protect(&[Protection::of(&all)], &mut out).unwrap();
        assert_eq!(size, octets);
        assert_eq!(out[0] & 0x40 != 0, last > 15);
        let bit = 1_u64 << 47 | 1_u64 << (47 - last);
        assert_eq!(out[12..size], bit.to_be_bytes()[2..][..size - 12]);
        let mask = Fec::unpack(&out[..size]).unwrap().levels().next().unwrap();
        let far = u8::try_from(last).unwrap();
        assert_eq!(mask.mask.iter().collect::<Vec<_>>(), [0, far]);
    }
    let packets = [packet(9, true, b""), packet(9 + 48, false, b"")];
    let all: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
    assert_eq!(protect(&[Protection::of(&all)], &mut [0; 64]), None);
}

#[test]
fn two_missing_packets_are_one_too_many() {
    let packets = [packet(1, false, b"a"), packet(2, false, b"b")];
    let all: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
    let mut out = [0; 64];
    let size = protect(&[Protection::of(&all)], &mut out).unwrap();
    let fec = Fec::unpack(&out[..size]).unwrap();
    assert_eq!(fec.missing(|_| false), None);
    assert_eq!(fec.missing(|_| true), None);
    let lost = SequenceNumber::new(1);
    assert_eq!(fec.recover(lost, SSRC, |_| None, &mut [0; 64]), None);
    // Nor one that is not protected at all.
    let far = SequenceNumber::new(3);
    let has = others(&packets, far);
    assert_eq!(fec.recover(far, SSRC, has, &mut [0; 64]), None);
}

/// RFC 5109 §9.2: what no level protects is not known, and one says so.
#[test]
fn a_packet_is_recovered_in_part_and_then_more_of_it() {
    let packets = [
        packet(1, false, b"abcdef"),
        packet(2, true, b"ghijklmnopqr"),
    ];
    let all: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
    let low = Protection {
        packets: &all,
        length: 4,
    };
    let high = Protection {
        packets: &all,
        length: 20,
    };
    let (mut one, mut two) = ([0; 64], [0; 64]);
    let size = protect(&[low], &mut one).unwrap();
    let one = Fec::unpack(&one[..size]).unwrap();
    let size = protect(&[low, high], &mut two).unwrap();
    let two = Fec::unpack(&two[..size]).unwrap();
    let lost = SequenceNumber::new(2);
    let mut out = [0xaa; 64];
    let recovered = one.recover(lost, SSRC, others(&packets, lost), &mut out);
    let recovered = recovered.unwrap();
    assert_eq!((recovered.size, recovered.known), (24, 16));
    assert_eq!(out[..16], packets[1][..16]);
    assert_eq!(out[16..24], [0; 8]);
    let more = two.recover_level(1, lost, others(&packets, lost), &mut out, recovered);
    assert!(more.unwrap().is_whole());
    assert_eq!(out[..24], packets[1][..]);
}

#[test]
fn what_does_not_add_up_is_refused() {
    let packets = [packet(1, false, b"abc")];
    let all: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
    let level = Protection {
        packets: &all,
        length: 3,
    };
    let mut out = [0; 64];
    let size = protect(&[level, level], &mut out).unwrap();
    assert_eq!(size, 10 + 7 + 7);
    for end in 0..size {
        // Cut between the levels there is one less.
        assert_eq!(Fec::unpack(&out[..end]).is_some(), end == 17, "{end}");
    }
    assert_eq!(protect(&[level], &mut [0; 16]), None);
    assert_eq!(protect(&[], &mut out), None);
    let short: &[&[u8]] = &[b"no packet"];
    assert_eq!(protect(&[Protection::of(short)], &mut out), None);
}

/// RFC 2733 §6: the RTP header holds P, X, CC and M; the mask's least significant bit is the first
/// packet's; the fields stand elsewhere.
#[test]
fn the_older_form_is_read() {
    let packets = [
        packet(8, true, b"first"),
        packet(9, false, b"second one"),
        packet(31, false, b"third"),
    ];
    let mut old = alloc::vec![0x80, 96, 0, 1, 0, 0, 0, 9, 0, 0, 0, 2];
    let (mut bits, mut ticks, mut length) = (0_u16, 0_u32, 0_u16);
    let mut sum = [0; 10];
    for packet in &packets {
        bits ^= u16::from_be_bytes([packet[0], packet[1]]);
        ticks ^= u32::from_be_bytes(packet[4..8].try_into().unwrap());
        length ^= u16::try_from(packet.len() - 12).unwrap();
        for (place, octet) in sum.iter_mut().zip(&packet[12..]) {
            *place ^= octet;
        }
    }
    old[0] |= (bits >> 8) as u8 & 0x3f;
    old[1] |= bits as u8 & 0x80;
    old.extend(8_u16.to_be_bytes());
    old.extend(length.to_be_bytes());
    // Packets 0, 1 and 23 behind the base.
    old.extend([bits as u8 & 0x7f, 0x80, 0, 3]);
    old.extend(ticks.to_be_bytes());
    old.extend(sum);
    let fec = Fec::unpack_rfc2733(&old).unwrap();
    for (lost, whole) in numbers(&packets).into_iter().zip(&packets) {
        let mut out = [0; 64];
        let recovered = fec.recover(lost, SSRC, others(&packets, lost), &mut out);
        assert_eq!(&out[..recovered.unwrap().size], &whole[..]);
    }
    assert_eq!(Fec::unpack_rfc2733(&old[..23]), None);
}
