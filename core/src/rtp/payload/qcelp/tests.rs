use super::*;
use alloc::vec::Vec;

fn frame(rate: u8, size: usize, fill: u8) -> Vec<u8> {
    let mut frame = alloc::vec![fill; size];
    frame[0] = rate;
    frame
}

// shows: S065
#[test]
fn a_bundle_of_every_rate_comes_back() {
    use QcelpRate::{Blank, Eighth, Full, Half, Quarter};
    let made = [(0, 1), (1, 4), (2, 8), (3, 17), (4, 35)].map(|(rate, size)| frame(rate, size, 7));
    let slices: Vec<&[u8]> = made.iter().map(Vec::as_slice).collect();
    let mut out = [0xee; 66];
    let alone = Interleave::default();
    assert_eq!(Qcelp::pack(alone, &slices, &mut out), Some(66));
    assert_eq!(out[..2], [0, 0]);
    let payload = Qcelp::unpack(&out).unwrap();
    assert!(
        payload
            .frames()
            .map(|frame| frame.octets)
            .eq(slices.iter().copied())
    );
    assert!(
        payload
            .frames()
            .map(|frame| frame.kind)
            .eq([Blank, Eighth, Quarter, Half, Full])
    );
    assert!(
        payload
            .frames()
            .map(|frame| frame.ticks)
            .eq([0, 160, 320, 480, 640])
    );
    assert_eq!(Qcelp::pack(alone, &slices, &mut out[..65]), None);
    // The reserved bits of the header are ignored.
    out[0] = 0xc0;
    assert_eq!(Qcelp::unpack(&out).unwrap().interleave, alone);
}

// shows: S065
#[test]
fn an_interleaving_group_is_put_together_again() {
    // RFC 2658 §3.4: L = 5, B = 10, so that the frames are 0 to 59.
    let all: Vec<Vec<u8>> = (0..60).map(|n| frame(1, 4, n)).collect();
    let mut found = Vec::new();
    for index in 0..6 {
        let interleave = Interleave { last: 5, index };
        let frames: Vec<&[u8]> = interleave.places(10).map(|place| &all[place][..]).collect();
        let mut out = [0; 41];
        assert_eq!(Qcelp::pack(interleave, &frames, &mut out), Some(41));
        assert_eq!(out[0], 5 << 3 | index);
        let payload = Qcelp::unpack(&out).unwrap();
        let sequence = SequenceNumber::new(2_u16.wrapping_add(u16::from(index)));
        assert_eq!(payload.group(sequence), SequenceNumber::new(2));
        // The timestamp of the packet is that of its first frame.
        let first = u32::from(index) * 160;
        let timed = |frame: Frame<'_, _>| (first + frame.ticks, frame.octets.to_vec());
        found.extend(payload.frames().map(timed));
    }
    found.sort();
    let expected: Vec<_> = all
        .into_iter()
        .zip(0..)
        .map(|(f, n)| (n * 160, f))
        .collect();
    assert_eq!(found, expected);
    let wrapped = Qcelp::unpack(&[5 << 3 | 3, 0])
        .unwrap()
        .group(SequenceNumber::new(1));
    assert_eq!(wrapped, SequenceNumber::new(65_534));
}

#[test]
fn reserved_values_and_too_many_frames_make_it_lost() {
    for header in 0..64_u8 {
        let (last, index) = (header >> 3, header & 7);
        let is_good = last <= 5 && index <= last;
        assert_eq!(
            Qcelp::unpack(&[header, 0]).is_some(),
            is_good,
            "{header:#o}"
        );
        let packed = Qcelp::pack(Interleave { last, index }, &[&[0]], &mut [0; 2]);
        assert_eq!(packed.is_some(), is_good);
    }
    for rate in 0..=255 {
        let is_known = matches!(rate, 0..=4 | 14);
        assert_eq!(QcelpFrames::measure(&[rate]).is_some(), is_known);
    }
    assert!(Qcelp::unpack(&[0; 11]).is_some());
    assert_eq!(Qcelp::unpack(&[0; 12]), None);
    assert_eq!(Qcelp::unpack(&[0]), None);
    assert_eq!(Qcelp::unpack(&[]), None);
    assert_eq!(Qcelp::unpack(&[0, 4, 0]), None);
    let alone = Interleave::default();
    assert_eq!(Qcelp::pack(alone, &[&[0][..]; 11], &mut [0; 99]), None);
    assert_eq!(Qcelp::pack(alone, &[], &mut [0; 99]), None);
    assert_eq!(Qcelp::pack(alone, &[&ERASURE], &mut [0; 99]), None);
}
