use super::*;
use crate::rtp::payload::frames::Frames;
use alloc::vec::Vec;

// shows: S051
#[test]
fn two_bits_say_24_or_20_or_4_octets() {
    use G723Frame::{High, Low, SilenceInsertion};
    let frames = [
        (High, 24, 0xfc),
        (Low, 20, 0xfd),
        (SilenceInsertion, 4, 0xfe),
        (Low, 20, 0x01),
    ];
    let octets: Vec<Vec<u8>> = frames
        .iter()
        .map(|(_, size, first)| {
            let mut octets = alloc::vec![0xaa; *size];
            octets[0] = *first;
            octets
        })
        .collect();
    let mut out = [0; 68];
    let packed = Frames::<G723>::pack(octets.iter().map(Vec::as_slice), &mut out);
    assert_eq!(packed, Some(68));
    let payload = Frames::<G723>::unpack(&out).unwrap();
    let mut ticks = 0;
    for (frame, ((kind, ..), expected)) in payload.iter().zip(frames.iter().zip(&octets)) {
        assert_eq!(
            (frame.kind, frame.ticks, frame.octets),
            (*kind, ticks, expected.as_slice())
        );
        // 30 ms at 8000 Hz.
        ticks += 240;
    }
    assert_eq!(ticks, 4 * 240);
    assert_eq!(payload.iter().count(), 4);
}

#[test]
fn the_reserved_bits_and_frames_cut_off_are_refused() {
    assert!(Frames::<G723>::unpack(&[0x03; 24]).is_none());
    assert!(Frames::<G723>::unpack(&[0x00; 23]).is_none());
    assert!(Frames::<G723>::unpack(&[0x01; 24]).is_none());
    assert!(Frames::<G723>::unpack(&[0x02; 8]).is_some());
    assert_eq!(Frames::<G723>::pack([&[0x00; 20][..]], &mut [0; 40]), None);
    assert_eq!(Frames::<G723>::pack([&[0x00; 24][..]], &mut [0; 23]), None);
}
