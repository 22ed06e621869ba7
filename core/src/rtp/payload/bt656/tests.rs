use super::*;
use alloc::vec::Vec;

// shows: S058
#[test]
fn the_scan_line_header_comes_back() {
    let payload = Bt656 {
        is_second_field: true,
        is_vertical_interval: false,
        kind: Bt656Type::HighPal,
        has_ten_bits: true,
        line: 0x271,
        offset: 0x155,
        data: &[1, 2, 3, 4, 5],
    };
    let mut out = [0xee; 10];
    assert_eq!(payload.pack(&mut out), Some(9));
    // RFC 2431 §5: F V Type P Z, SL (12), SO (11).
    let header = 0b1000_1110_0001_0011_1000_1001_0101_0101_u32;
    assert_eq!(out[..4], header.to_be_bytes());
    assert_eq!(Bt656::unpack(&out[..9]), Some(payload));
    assert_eq!(payload.pack(&mut out[..8]), None);
    // Z is ignored.
    let mut dirty = out;
    dirty[0] |= 1;
    dirty[1] |= 0x80;
    assert_eq!(Bt656::unpack(&dirty[..9]), Some(payload));
    for wrong in [
        Bt656 { line: 0, ..payload },
        Bt656 {
            line: 626,
            ..payload
        },
        Bt656 {
            kind: Bt656Type::HighNtsc,
            ..payload
        },
        Bt656 {
            data: &[1, 2, 3, 4],
            ..payload
        },
        Bt656 {
            has_ten_bits: false,
            ..payload
        },
        Bt656 {
            offset: 576,
            ..payload
        },
    ] {
        assert_eq!(wrong.pack(&mut out), None, "{wrong:?}");
    }
    // Types from 4 on are not defined.
    assert_eq!(Bt656::unpack(&[0x10, 0, 8, 0]), None);
    assert_eq!(Bt656::unpack(&[0x0c, 0, 8]), None);
}

// shows: S058
#[test]
fn a_line_is_divided_between_pairs_of_samples() {
    for (has_ten_bits, octets) in [(false, 1440), (true, 1800)] {
        let data: Vec<u8> = (0..octets).map(|n| n as u8).collect();
        let line = Bt656 {
            is_second_field: false,
            is_vertical_interval: false,
            kind: Bt656Type::Ntsc,
            has_ten_bits,
            line: 23,
            offset: 0,
            data: &data,
        };
        let mut back: Vec<u8> = Vec::new();
        for part in line.fragments(600).unwrap() {
            let mut out = [0; 600];
            let size = part.pack(&mut out).unwrap();
            let part = Bt656::unpack(&out[..size]).unwrap();
            assert_eq!(usize::from(part.offset) * part.pair_octets(), back.len());
            back.extend(part.data);
        }
        assert_eq!(back, data);
        assert!(line.fragments(7).is_none());
    }
    // §5: for a width of 720 the largest offset is 359.
    let last = Bt656 {
        is_second_field: false,
        is_vertical_interval: true,
        kind: Bt656Type::Pal,
        has_ten_bits: false,
        line: 1,
        offset: 359,
        data: &[0x80, 0x10, 0x80, 0x10],
    };
    assert_eq!(last.pack(&mut [0; 8]), Some(8));
    assert_eq!(
        Bt656 {
            offset: 360,
            ..last
        }
        .pack(&mut [0; 8]),
        None
    );
}
