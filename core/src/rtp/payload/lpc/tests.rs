use super::*;
use crate::rtp::payload::frames::Frames;

#[test]
fn frames_are_14_octets_and_160_samples() {
    let payload = Frames::<Lpc>::unpack(&[7; 28]).unwrap();
    assert!(
        payload
            .iter()
            .map(|frame| (frame.ticks, frame.octets))
            .eq([(0, &[7; 14][..]), (160, &[7; 14][..]),])
    );
    assert!(Frames::<Lpc>::unpack(&[7; 15]).is_none());
}
