use super::*;
use crate::rtp::payload::frames::Frames;

// shows: S051
#[test]
fn full_rate_frames_are_33_octets_that_begin_with_1101() {
    let (mut first, second) = ([0xd0; 33], [0xdf; 33]);
    let mut out = [0; 66];
    let packed = Frames::<Gsm>::pack([&first[..], &second], &mut out);
    assert_eq!(packed, Some(66));
    let payload = Frames::<Gsm>::unpack(&out).unwrap();
    let mut frames = payload.iter();
    let frame = frames.next().unwrap();
    assert_eq!((frame.ticks, frame.octets), (0, &first[..]));
    let frame = frames.next().unwrap();
    assert_eq!((frame.ticks, frame.octets), (160, &second[..]));
    assert_eq!(frames.next(), None);
    first[0] = 0xc0;
    assert!(Frames::<Gsm>::unpack(&first).is_none());
    assert!(Frames::<Gsm>::unpack(&out[..65]).is_none());
}

// shows: S052
#[test]
fn enhanced_full_rate_frames_are_31_octets_that_begin_with_1100() {
    let mut frame = [0xcf; 31];
    let mut out = [0; 31];
    assert_eq!(Frames::<GsmEfr>::pack([&frame[..]], &mut out), Some(31));
    let payload = Frames::<GsmEfr>::unpack(&out).unwrap();
    assert!(payload.iter().map(|frame| frame.octets).eq([&frame[..]]));
    frame[0] = 0xdf;
    assert!(Frames::<GsmEfr>::unpack(&frame).is_none());
    assert_eq!(Frames::<GsmEfr>::pack([&frame[..]], &mut out), None);
    assert!(Frames::<GsmEfr>::unpack(&out[..30]).is_none());
}
