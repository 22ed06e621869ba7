use super::*;
use crate::rtp::payload::frames::{Frames, Framing};
use alloc::vec::Vec;

fn kinds<F: Framing<Kind = G729Frame>>(payload: &[u8]) -> Option<Vec<(G729Frame, u32, usize)>> {
    let frames = Frames::<F>::unpack(payload)?;
    let found = frames
        .iter()
        .map(|frame| (frame.kind, frame.ticks, frame.octets.len()));
    Some(found.collect())
}

// shows: S051
#[test]
fn frames_of_ten_octets_and_perhaps_two_of_comfort_noise() {
    use G729Frame::{ComfortNoise, Speech};
    let (speech, noise) = ([0x55; 10], [0x11, 0x22]);
    let mut out = [0; 22];
    let packed = Frames::<G729>::pack([&speech[..], &speech, &noise], &mut out);
    assert_eq!(packed, Some(22));
    let expected = alloc::vec![(Speech, 0, 10), (Speech, 80, 10), (ComfortNoise, 160, 2)];
    assert_eq!(kinds::<G729>(&out), Some(expected));
    assert_eq!(
        kinds::<G729>(&noise),
        Some(alloc::vec![(ComfortNoise, 0, 2)])
    );
    assert_eq!(kinds::<G729>(&[]), Some(alloc::vec![]));
    // Comfort noise comes last, and once.
    assert_eq!(Frames::<G729>::pack([&noise[..], &speech], &mut out), None);
    assert_eq!(kinds::<G729>(&[0; 4]), None);
    assert_eq!(kinds::<G729>(&[0; 14]), None);
    assert_eq!(kinds::<G729>(&[0; 11]), None);
}

#[test]
fn annexes_d_and_e_have_frames_of_8_and_15_octets() {
    use G729Frame::{ComfortNoise, Speech};
    let expected = |size| {
        alloc::vec![
            (Speech, 0, size),
            (Speech, 80, size),
            (ComfortNoise, 160, 2)
        ]
    };
    assert_eq!(kinds::<G729D>(&[0; 18]), Some(expected(8)));
    assert_eq!(kinds::<G729E>(&[0; 32]), Some(expected(15)));
    assert_eq!(
        kinds::<G729E>(&[0xc0; 15]),
        Some(alloc::vec![(Speech, 0, 15)])
    );
    // 01 and 10 are no modes.
    assert_eq!(kinds::<G729E>(&[0x40; 15]), None);
    assert_eq!(kinds::<G729E>(&[0x80; 15]), None);
}
