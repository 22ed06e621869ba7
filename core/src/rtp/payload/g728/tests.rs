use super::*;
use crate::rtp::payload::frames::Frames;

// shows: S051
#[test]
fn four_vectors_are_five_octets_and_twenty_samples() {
    // Every bit of a vector goes to the place that the figure of §4.5.5 gives it.
    for vector in 0..4 {
        for bit in 0..10 {
            let mut vectors = [0; 4];
            vectors[vector] = 1 << (9 - bit);
            let place = vector * 10 + bit;
            let mut octets = [0; 5];
            octets[place / 8] = 0x80 >> (place % 8);
            assert_eq!(G728::frame(vectors), octets);
            assert_eq!(G728::vectors(octets), vectors);
        }
    }
    let mut out = [0; 10];
    let frames = [G728::frame([1, 2, 3, 4]), G728::frame([0x3ff, 0, 0x3ff, 5])];
    let packed = Frames::<G728>::pack(frames.iter().map(<[u8; 5]>::as_slice), &mut out);
    assert_eq!(packed, Some(10));
    let payload = Frames::<G728>::unpack(&out).unwrap();
    assert!(
        payload
            .iter()
            .map(|frame| frame.octets)
            .eq(frames.iter().map(<[u8; 5]>::as_slice))
    );
    assert!(payload.iter().map(|frame| frame.ticks).eq([0, 20]));
    assert!(Frames::<G728>::unpack(&out[..9]).is_none());
}
