use super::*;
use crate::rtp::number::SequenceNumber;
use crate::rtp::payload::depacketiser::{Depacketiser, Dependency};
use alloc::vec::Vec;

const PLAIN: H263Plus<'_> = H263Plus {
    is_start: true,
    redundancy: None,
    header: &[],
    header_skip_end: 0,
    data: &[0x80, 1, 2],
};

// shows: S061
#[test]
fn the_header_comes_back() {
    // RFC 4629 §6.1.1: RR, P = 1, V, PLEN = 0, PEBIT = 0, data.
    let mut out = [0xee; 40];
    assert_eq!(PLAIN.pack(&mut out), Some(5));
    assert_eq!(out[..5], [0x04, 0, 0x80, 1, 2]);
    assert_eq!(H263Plus::unpack(&out[..5]), Some(PLAIN));
    // §6.1.2: PLEN = 9, with the last six bits of the start code; and §5.2.
    let full = H263Plus {
        redundancy: Some(RedundancyCoding {
            thread: 5,
            run: 9,
            is_sync: true,
        }),
        header: &[0x82, 1, 2, 3, 4, 5, 6, 7, 8],
        header_skip_end: 3,
        data: &[0x84, 9],
        ..PLAIN
    };
    assert_eq!(full.pack(&mut out), Some(14));
    assert_eq!(out[..3], [0b0000_0110, 0b0100_1011, 0b1011_0011]);
    assert_eq!(out[3..14], [0x82, 1, 2, 3, 4, 5, 6, 7, 8, 0x84, 9]);
    // Reserved bits are ignored.
    out[0] |= 0xf8;
    assert_eq!(H263Plus::unpack(&out[..14]), Some(full));
    assert_eq!(full.pack(&mut out[..13]), None);
    assert_eq!(H263Plus::unpack(&out[..12]), None);
    // §6.1.3: an EOS.
    let end = H263Plus::unpack(&[0x04, 0x00, 0xfc]).unwrap();
    assert_eq!(end.start(), Some(H263Start::End));
    // PEBIT without PLEN, and no data.
    assert_eq!(H263Plus::unpack(&[0x04, 0x01, 0x80]), None);
    assert_eq!(H263Plus::unpack(&[0x04, 0x00]), None);
    assert_eq!(
        H263Plus {
            header_skip_end: 1,
            ..PLAIN
        }
        .pack(&mut out),
        None
    );
    assert_eq!(
        H263Plus {
            header: &[0; 64],
            ..PLAIN
        }
        .pack(&mut [0; 99]),
        None
    );
    assert_eq!(H263Plus { data: &[], ..PLAIN }.pack(&mut out), None);
    let run = Some(RedundancyCoding {
        thread: 0,
        run: 16,
        is_sync: false,
    });
    assert_eq!(
        H263Plus {
            redundancy: run,
            ..PLAIN
        }
        .pack(&mut out),
        None
    );
}

// shows: S061
#[test]
fn the_zeros_of_a_start_code_are_put_back() {
    let mut out = [0xee; 6];
    assert_eq!(PLAIN.restore(&mut out), Some(5));
    assert_eq!(out, [0, 0, 0x80, 1, 2, 0xee]);
    let follow = H263Plus {
        is_start: false,
        ..PLAIN
    };
    assert_eq!(follow.restore(&mut out), Some(3));
    assert_eq!(out[..3], [0x80, 1, 2]);
    assert_eq!(PLAIN.restore(&mut out[..4]), None);
}

/// A picture of three segments, the second one long, and where they begin.
fn picture() -> (Vec<u8>, [usize; 3]) {
    // PSC, TR = 1, PTYPE 10 0 0 0 010 0: QCIF, intra.
    let mut picture = alloc::vec![0, 0, 0x80, 0x06, 0b0000_1000, 7];
    let second = picture.len();
    picture.extend([0, 0, 0x84]);
    picture.extend([9; 50]);
    let third = picture.len();
    picture.extend([0, 0, 0x88, 3]);
    (picture, [0, second, third])
}

// shows: S061
#[test]
fn a_picture_in_segments_and_follow_on_packets_comes_back() {
    let (picture, parts) = picture();
    let packets: Vec<_> = H263Plus::packetise(&picture, &parts, 22).unwrap().collect();
    let starts: Vec<_> = packets
        .iter()
        .map(|(payload, _)| payload.is_start)
        .collect();
    assert_eq!(starts, [true, true, false, false, true]);
    let markers: Vec<_> = packets.iter().map(|(_, marker)| *marker).collect();
    assert_eq!(markers, [false, false, false, false, true]);
    let mut whole: Vec<u8> = Vec::new();
    for (payload, _) in &packets {
        let mut out = [0; 22];
        let size = payload.pack(&mut out).unwrap();
        let mut restored = [0; 24];
        let size = H263Plus::unpack(&out[..size])
            .unwrap()
            .restore(&mut restored)
            .unwrap();
        whole.extend(&restored[..size]);
    }
    assert_eq!(whole, picture);
    assert!(H263Plus::packetise(&picture, &[0, 3], 22).is_none());
    assert!(H263Plus::packetise(&picture, &[6], 22).is_none());
    assert!(H263Plus::packetise(&picture, &parts, 2).is_none());
}

#[test]
fn a_follow_on_packet_needs_the_one_before() {
    use Dependency::{BeginningLost, Met, ReferenceLost};
    let (picture, parts) = picture();
    let packets: Vec<_> = H263Plus::packetise(&picture, &parts, 22).unwrap().collect();
    let run = |numbers: &[usize]| {
        let mut depacketiser = Depacketiser::new();
        let follow = |n: &usize| {
            let payload = Some(packets[*n % 5].0);
            let found = depacketiser.follow(SequenceNumber::new(*n as u16), payload)?;
            Some((found.missing, found.dependency))
        };
        numbers
            .iter()
            .map(follow)
            .collect::<Option<Vec<_>>>()
            .unwrap()
    };
    assert_eq!(run(&[0, 1, 2, 3, 4]), [(0, Met); 5]);
    assert_eq!(
        run(&[1, 3, 4, 5, 6]),
        [
            (0, ReferenceLost),
            (1, BeginningLost),
            (0, ReferenceLost),
            (0, Met),
            (0, Met)
        ]
    );
}

#[test]
fn the_type_of_a_picture_is_where_the_header_has_it() {
    let entry = |data| H263Plus { data, ..PLAIN }.entry();
    // PTYPE with a source format of its own: bit 9.
    assert_eq!(entry(&[0x80, 0x06, 0b0000_1000]), Entry::Refresh);
    assert_eq!(entry(&[0x80, 0x06, 0b0000_1010]), Entry::Part);
    // 111, UFEP = 000, then the type; 111, UFEP = 001, 18 bits, then the type.
    assert_eq!(
        entry(&[0x80, 0x06, 0b0001_1100, 0b0000_0000]),
        Entry::Refresh
    );
    assert_eq!(entry(&[0x80, 0x06, 0b0001_1100, 0b0001_0000]), Entry::Part);
    assert_eq!(
        entry(&[0x80, 0x06, 0b0001_1100, 0b1111_1111, 0xff, 0b1110_0000]),
        Entry::Refresh
    );
    assert_eq!(
        entry(&[0x80, 0x06, 0b0001_1100, 0b1111_1111, 0xff, 0b1110_0100]),
        Entry::Part
    );
    assert_eq!(entry(&[0x80]), Entry::Part);
    assert_eq!(entry(&[0x00]), Entry::Inside);
}
