use super::*;
use crate::rtp::number::SequenceNumber;
use crate::rtp::payload::depacketiser::Depacketiser;
use alloc::vec::Vec;

const PLAIN: Jpeg<'_> = Jpeg {
    type_specific: 0,
    offset: 0x01_0203,
    kind: 1,
    q: 50,
    width: 40,
    height: 30,
    restart: None,
    tables: None,
    data: &[9, 8],
};

const RESTART: Restart = Restart {
    interval: 0x1234,
    is_first: true,
    is_last: false,
    count: 0x2bc,
};

// shows: S056
#[test]
fn the_headers_come_back() {
    let mut out = [0xee; 160];
    // RFC 2435 §3.1: type-specific, offset (24), type, Q, width, height.
    assert_eq!(PLAIN.pack(&mut out), Some(10));
    assert_eq!(out[..10], [0, 1, 2, 3, 1, 50, 40, 30, 9, 8]);
    assert_eq!(Jpeg::unpack(&out[..10]), Some(PLAIN));
    // §3.1.7: interval, F, L, count.
    let restart = Jpeg {
        kind: 65,
        restart: Some(RESTART),
        ..PLAIN
    };
    assert_eq!(restart.pack(&mut out), Some(14));
    assert_eq!(out[8..12], [0x12, 0x34, 0x82, 0xbc]);
    assert_eq!(Jpeg::unpack(&out[..14]), Some(restart));
    assert_eq!(RESTART.first_unit(), Some(0x2bc * 0x1234));
    // §3.1.8: MBZ, precision, length, behind the Restart Marker header.
    let tables = Some(JpegTables {
        precision: 0,
        data: &[7; 128],
    });
    let full = Jpeg {
        q: 255,
        offset: 0,
        tables,
        ..restart
    };
    assert_eq!(full.pack(&mut out), Some(146));
    assert_eq!(full.header_octets(), 144);
    assert_eq!(out[12..16], [0, 0, 0, 128]);
    assert_eq!(out[16..144], [7; 128]);
    assert_eq!(Jpeg::unpack(&out[..146]), Some(full));
    assert_eq!(full.pack(&mut out[..145]), None);
    // Fewer octets than the length says: the packet is discarded.
    assert_eq!(Jpeg::unpack(&out[..143]), None);
    assert_eq!(Jpeg::unpack(&out[..11]), None);
    assert_eq!(Jpeg::unpack(&out[..7]), None);
    // Tables that were sent before.
    let before = Jpeg {
        q: 200,
        tables: Some(JpegTables {
            precision: 0,
            data: &[],
        }),
        ..full
    };
    assert_eq!(before.pack(&mut out), Some(18));
    assert_eq!(Jpeg::unpack(&out[..18]), Some(before));
}

// shows: S056
#[test]
fn what_must_not_be_is_refused() {
    // Q 255 without tables, an interval of 0.
    assert_eq!(
        Jpeg::unpack(&[0, 0, 0, 0, 1, 255, 1, 1, 0, 0, 0, 0, 9]),
        None
    );
    assert!(Jpeg::unpack(&[0, 0, 0, 0, 1, 254, 1, 1, 0, 0, 0, 0, 9]).is_some());
    assert_eq!(
        Jpeg::unpack(&[0, 0, 0, 0, 64, 1, 1, 1, 0, 0, 0xc0, 0, 9]),
        None
    );
    // Beyond 2^24.
    assert!(Jpeg::unpack(&[0, 0xff, 0xff, 0xff, 1, 1, 1, 1, 9]).is_some());
    assert_eq!(Jpeg::unpack(&[0, 0xff, 0xff, 0xff, 1, 1, 1, 1, 9, 9]), None);
    let mut out = [0; 64];
    let none = Restart {
        interval: 0,
        ..RESTART
    };
    let tables = Some(JpegTables {
        precision: 0,
        data: &[],
    });
    for wrong in [
        Jpeg { kind: 64, ..PLAIN },
        Jpeg {
            restart: Some(RESTART),
            ..PLAIN
        },
        Jpeg {
            kind: 64,
            restart: Some(none),
            ..PLAIN
        },
        Jpeg {
            kind: 64,
            restart: Some(Restart {
                count: 0x4000,
                ..RESTART
            }),
            ..PLAIN
        },
        Jpeg {
            q: 128,
            offset: 0,
            ..PLAIN
        },
        Jpeg {
            q: 128,
            tables,
            ..PLAIN
        },
        Jpeg {
            q: 255,
            offset: 0,
            tables,
            ..PLAIN
        },
        Jpeg {
            offset: 0xff_ffff,
            ..PLAIN
        },
        Jpeg {
            offset: 0x100_0000,
            data: &[],
            ..PLAIN
        },
    ] {
        assert_eq!(wrong.pack(&mut out), None, "{wrong:?}");
    }
}

// shows: S056
#[test]
fn fragment_offsets_put_a_picture_together_unless_one_is_lost() {
    let scan: Vec<u8> = (0..3_000).map(|n| (n % 251) as u8).collect();
    let whole = Jpeg {
        kind: 64,
        q: 255,
        offset: 0,
        restart: Some(RESTART),
        tables: Some(JpegTables {
            precision: 0,
            data: &[7; 128],
        }),
        data: &scan,
        ..PLAIN
    };
    let packets: Vec<(Vec<u8>, bool)> = whole
        .fragments(1_000)
        .unwrap()
        .map(|(payload, marker)| {
            let mut out = [0; 1_000];
            let size = payload.pack(&mut out).unwrap();
            (out[..size].to_vec(), marker)
        })
        .collect();
    assert!(
        packets
            .iter()
            .map(|(packet, _)| packet.len())
            .eq([1_000, 1_000, 1_000, 180])
    );
    assert!(
        packets
            .iter()
            .map(|(_, marker)| *marker)
            .eq([false, false, false, true])
    );
    let parts: Vec<Jpeg<'_>> = packets
        .iter()
        .map(|(p, _)| Jpeg::unpack(p).unwrap())
        .collect();
    assert!(
        parts
            .iter()
            .map(|part| part.offset)
            .eq([0, 856, 1_844, 2_832])
    );
    // Not divided between restart intervals.
    assert!(
        parts
            .iter()
            .all(|part| part.restart.unwrap().first_unit().is_none())
    );
    for lost in [None, Some(0), Some(1), Some(2), Some(3)] {
        let mut depacketiser = Depacketiser::new();
        let mut assembler = JpegAssembler::new();
        let mut room = [0; 3_000];
        let mut ends = Vec::new();
        for (n, (packet, marker)) in packets.iter().chain(&packets).enumerate() {
            if Some(n) != lost {
                let sequence = SequenceNumber::new(n as u16);
                let unpacked = depacketiser.follow(sequence, Jpeg::unpack(packet)).unwrap();
                if let Some(size) = assembler.push(&unpacked, *marker, &mut room) {
                    assert_eq!(room[..size], scan);
                    ends.push(n);
                }
            }
        }
        assert_eq!(ends, if lost.is_none() { &[3, 7][..] } else { &[7] });
    }
    assert!(whole.fragments(144).is_none());
}

#[test]
fn chunks_of_restart_intervals_need_no_other() {
    let entry = |offset, restart| {
        Jpeg {
            kind: 64,
            offset,
            restart: Some(restart),
            ..PLAIN
        }
        .entry()
    };
    assert_eq!(entry(0, RESTART), Entry::Refresh);
    assert_eq!(entry(5, RESTART), Entry::Intra);
    assert_eq!(
        entry(
            5,
            Restart {
                is_first: false,
                ..RESTART
            }
        ),
        Entry::Inside
    );
    assert_eq!(
        entry(
            5,
            Restart {
                count: Restart::WHOLE,
                ..RESTART
            }
        ),
        Entry::Inside
    );
    assert_eq!(PLAIN.entry(), Entry::Inside);
}

#[test]
fn q_scales_the_tables_of_the_standard() {
    // At 50 the tables are as they are.
    let [luminance, chrominance] = quantisers(50).unwrap();
    assert_eq!(luminance[..8], [16, 11, 10, 16, 24, 40, 51, 61]);
    assert_eq!(chrominance[..8], [17, 18, 24, 47, 99, 99, 99, 99]);
    // S = 5000 / Q below, 200 - 2 Q above; at 1 all are cut to 255, at 99 almost all are 1.
    let [luminance, _] = quantisers(25).unwrap();
    assert_eq!(luminance[..8], [32, 22, 20, 32, 48, 80, 102, 122]);
    let [luminance, _] = quantisers(75).unwrap();
    assert_eq!(luminance[..8], [8, 6, 5, 8, 12, 20, 26, 31]);
    assert_eq!(quantisers(1).unwrap(), [[255; 64]; 2]);
    assert_eq!(quantisers(99).unwrap()[0][..8], [1, 1, 1, 1, 1, 1, 1, 1]);
    for reserved in [0, 100, 127, 128, 255] {
        assert_eq!(quantisers(reserved), None);
    }
}

#[test]
fn zigzag_goes_along_the_diagonals() {
    let order = zigzag(&core::array::from_fn(|n| n as u8));
    let first = [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5];
    assert_eq!(order[..16], first);
    let last = [
        58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    ];
    assert_eq!(order[48..], last);
    let mut sorted = order;
    sorted.sort();
    assert!(sorted.into_iter().eq(0..64));
}
