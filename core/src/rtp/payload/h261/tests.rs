use super::*;
use alloc::vec::Vec;

const STATE: H261State = H261State {
    group: 5,
    macroblock: 32,
    quantiser: 17,
    vector: (-15, 9),
};

// shows: S059
#[test]
fn the_header_comes_back() {
    let payload = H261 {
        skip_front: 3,
        skip_end: 5,
        is_intra: false,
        has_vectors: true,
        state: Some(STATE),
        data: &[0xab, 0xcd],
    };
    let mut out = [0xee; 7];
    assert_eq!(payload.pack(&mut out), Some(6));
    // RFC 4587 §4.1: SBIT EBIT I V GOBN | MBAP QUANT HMVD VMVD, with MBAP biased by -1.
    let header = 0b0111_0101_0101_1111_1100_0110_0010_1001_u32;
    assert_eq!(out[..4], header.to_be_bytes());
    assert_eq!(out[4..], [0xab, 0xcd, 0xee]);
    assert_eq!(H261::unpack(&out[..6]), Some(payload));
    assert_eq!(payload.pack(&mut out[..5]), None);
    // At the header of a group of blocks all of it is zero.
    let group = H261 {
        state: None,
        ..payload
    };
    assert_eq!(group.pack(&mut out), Some(6));
    assert_eq!(out[..4], (0b0111_0101_u32 << 24).to_be_bytes());
    assert_eq!(H261::unpack(&out[..6]), Some(group));
}

// shows: S059
#[test]
fn a_vector_of_minus_16_is_refused() {
    for bits in 0..32_u32 {
        let value = if bits < 16 {
            bits as i8
        } else {
            bits as i8 - 32
        };
        for (across, down) in [(bits, 0), (0, bits)] {
            let mut payload = [0; 5];
            payload[..4].copy_from_slice(&(0x0110_0000 | across << 5 | down).to_be_bytes());
            let found = H261::unpack(&payload);
            if bits == 16 {
                assert_eq!(found, None);
                continue;
            }
            let vector = if across == bits && bits != 0 {
                (value, 0)
            } else {
                (0, value)
            };
            assert_eq!(found.unwrap().state.unwrap().vector, vector);
            let mut out = [0; 5];
            assert_eq!(found.unwrap().pack(&mut out), Some(5));
            assert_eq!(out, payload);
        }
    }
    let pack = |state, has_vectors| {
        let payload = H261 {
            skip_front: 0,
            skip_end: 0,
            is_intra: false,
            has_vectors,
            state: Some(state),
            data: &[0],
        };
        payload.pack(&mut [0; 9])
    };
    assert_eq!(pack(STATE, true), Some(5));
    assert_eq!(pack(STATE, false), None);
    assert_eq!(
        pack(
            H261State {
                vector: (-16, 0),
                ..STATE
            },
            true
        ),
        None
    );
    assert_eq!(
        pack(
            H261State {
                vector: (0, 16),
                ..STATE
            },
            true
        ),
        None
    );
    assert_eq!(
        pack(
            H261State {
                macroblock: 0,
                ..STATE
            },
            true
        ),
        None
    );
    assert_eq!(
        pack(
            H261State {
                macroblock: 33,
                ..STATE
            },
            true
        ),
        None
    );
    assert_eq!(pack(H261State { group: 0, ..STATE }, true), None);
    assert_eq!(
        pack(
            H261State {
                quantiser: 32,
                ..STATE
            },
            true
        ),
        None
    );
}

#[test]
fn a_payload_without_bits_is_refused() {
    assert_eq!(H261::unpack(&[0, 0, 0, 0]), None);
    assert_eq!(H261::unpack(&[0, 0, 0]), None);
    // Four bits at either end of one octet.
    assert_eq!(H261::unpack(&[0b1001_0000, 0, 0, 0, 0xff]), None);
    assert!(H261::unpack(&[0b1000_1100, 0, 0, 0, 0xff]).is_some());
}

/// A picture header and groups with these numbers of bits after their headers, and how many bits
/// it all is.
fn picture(groups: &[usize]) -> (Vec<u8>, usize) {
    let mut out = alloc::vec![0; 2_000];
    let mut writer = BitWriter::new(&mut out);
    // PSC, and ones for what follows it.
    writer.put(1, 16).unwrap();
    writer.put(0b0_0001_1111, 9).unwrap();
    for (number, bits) in (1..).zip(groups) {
        writer.put(1, 16).unwrap();
        writer.put(number, 4).unwrap();
        (0..*bits).for_each(|_| writer.put(1, 1).unwrap());
    }
    let bits = writer.bits();
    out.truncate(bits.div_ceil(8));
    (out, bits)
}

// shows: S059
#[test]
fn only_the_last_packet_of_a_picture_has_the_marker() {
    let (picture, bits) = picture(&[100, 33, 250, 7]);
    let points: Vec<H261Point> = group_starts(&picture).collect();
    // The first group goes with the picture's header.
    let starts: Vec<usize> = points.iter().map(|point| point.bit).collect();
    assert_eq!(starts, [0, 25 + 120, 25 + 120 + 53, 25 + 120 + 53 + 270]);
    for most in [39, 45, 60, 200] {
        let packets: Vec<_> = packetise(&picture, bits, &points, most).unwrap().collect();
        let markers: Vec<bool> = packets.iter().map(|(_, marker)| *marker).collect();
        let (last, others) = markers.split_last().unwrap();
        assert!(*last && !others.contains(&true));
        let mut stream = alloc::vec![0; picture.len()];
        let mut so_far = 0;
        for (payload, _) in packets {
            let mut out = alloc::vec![0; most];
            let size = payload.pack(&mut out).unwrap();
            let back = H261::unpack(&out[..size]).unwrap();
            assert_eq!((back, back.state), (payload, None));
            so_far = back.append(so_far, &mut stream).unwrap();
        }
        assert_eq!((so_far, &stream), (bits, &picture));
    }
    assert_eq!(packetise(&picture, bits, &points, 200).unwrap().count(), 1);
    // The third group does not fit, and nobody said where its macroblocks are.
    assert!(packetise(&picture, bits, &points, 38).is_none());
    let mut finer = points.clone();
    finer.insert(
        3,
        H261Point {
            bit: 300,
            state: Some(STATE),
        },
    );
    let packets: Vec<_> = packetise(&picture, bits, &finer, 38).unwrap().collect();
    assert!(
        packets
            .iter()
            .any(|(payload, _)| payload.state == Some(STATE))
    );
    assert!(packetise(&picture, bits, &points[1..], 200).is_none());
    assert!(packetise(&picture, bits + 8, &points, 200).is_none());
}

#[test]
fn no_room_is_no_stream() {
    let payload = H261::unpack(&[0b0010_0100, 0, 0, 0, 0xff, 0xff]).unwrap();
    assert_eq!(payload.append(3, &mut [0; 2]), None);
    let mut stream = [0; 3];
    assert_eq!(payload.append(3, &mut stream), Some(17));
    assert_eq!(stream, [0b0001_1111, 0xff, 0x80]);
}
