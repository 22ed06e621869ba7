use super::*;
use crate::rtp::payload::bits::BitWriter;
use alloc::vec::Vec;

/// A header made of fields, each a value and its width, and an octet of data.
fn payload(fields: &[(u32, u32)], data: &[u8]) -> Vec<u8> {
    let mut out = [0; 12];
    let mut writer = BitWriter::new(&mut out);
    for (value, width) in fields {
        writer.put(*value, *width).unwrap();
    }
    assert_eq!(writer.bits() % 32, 0);
    let size = writer.octets();
    [&out[..size], data].concat()
}

const PICTURE: [u8; 4] = [0, 0, 0x80, 0x02];

// shows: S060
#[test]
fn mode_a_begins_with_a_picture_or_a_group() {
    // F P SBIT EBIT SRC I U S A R DBQ TRB TR.
    let fields = [
        (0, 1),
        (1, 1),
        (2, 3),
        (3, 3),
        (2, 3),
        (0, 1),
        (1, 1),
        (0, 1),
        (1, 1),
        (0, 4),
        (2, 2),
        (5, 3),
        (0xab, 8),
    ];
    let bytes = payload(&fields, &[0xff, 0xff]);
    let found = H263::unpack(&bytes).unwrap();
    let expected = H263 {
        skip_front: 2,
        skip_end: 3,
        source_format: 2,
        is_intra: true,
        has_unrestricted_vectors: true,
        has_arithmetic_coding: false,
        has_advanced_prediction: true,
        pb_frames: Some(PbFrames {
            quantiser: 2,
            b_reference: 5,
            p_reference: 0xab,
        }),
        state: None,
        data: &[0xff, 0xff],
    };
    assert_eq!(found, expected);
    assert_eq!(found.entry(), Entry::Intra);
    let mut stream = [0; 2];
    assert_eq!(found.append(4, &mut stream), Some(15));
    assert_eq!(stream, [0x0f, 0xfe]);
    let picture = payload(&[(0, 32)], &PICTURE);
    assert_eq!(H263::unpack(&picture).unwrap().entry(), Entry::Refresh);
    assert_eq!(H263::unpack(&picture).unwrap().pb_frames, None);
    // I of RFC 2190 is the bit of PTYPE: 1 is inter.
    let inter = payload(&[(0, 11), (1, 1), (0, 20)], &PICTURE);
    assert_eq!(H263::unpack(&inter).unwrap().entry(), Entry::Part);
}

// shows: S060
#[test]
fn modes_b_and_c_begin_with_a_macroblock() {
    // F P SBIT EBIT SRC QUANT GOBN MBA R | I U S A HMV1 VMV1 HMV2 VMV2.
    let b = [
        (1, 1),
        (0, 1),
        (0, 3),
        (0, 3),
        (3, 3),
        (17, 5),
        (9, 5),
        (300, 9),
        (0, 2),
        (1, 1),
        (0, 1),
        (1, 1),
        (0, 1),
        (0x7f, 7),
        (1, 7),
        (0x40, 7),
        (0x3f, 7),
    ];
    let state = H263State {
        quantiser: 17,
        group: 9,
        macroblock: 300,
        first: (-1, 1),
        third: (-64, 63),
    };
    let bytes = payload(&b, &[7]);
    let found = H263::unpack(&bytes).unwrap();
    assert_eq!(
        (found.state, found.pb_frames, found.data),
        (Some(state), None, &[7][..])
    );
    assert!(!found.is_intra && found.has_arithmetic_coding);
    assert_eq!(found.source_format, 3);
    // Mode C: P is set, and RR DBQ TRB TR follow.
    let mut c = b.to_vec();
    c[1] = (1, 1);
    c.extend([(0, 19), (1, 2), (6, 3), (200, 8)]);
    let bytes = payload(&c, &[7]);
    let found = H263::unpack(&bytes).unwrap();
    let pb = PbFrames {
        quantiser: 1,
        b_reference: 6,
        p_reference: 200,
    };
    assert_eq!(
        (found.state, found.pb_frames, found.data),
        (Some(state), Some(pb), &[7][..])
    );
    for cut in 0..12 {
        assert_eq!(H263::unpack(&bytes[..cut]), None);
    }
    assert_eq!(H263::unpack(&bytes[..12]), None);
}
