use super::*;
use crate::rtp::number::PayloadType;
use crate::rtp::payload::dat12::Dat12;
use crate::rtp::payload::dvi4::{Dvi4, Vdvi};
use crate::rtp::payload::frames::{Frames, Framing};
use crate::rtp::payload::g711::Law;
use crate::rtp::payload::g723::G723;
use crate::rtp::payload::g729::G729;
use crate::rtp::payload::linear::{Linear, Width};
use crate::rtp::profile::{Assignment, assignment};

/// A quiet slope, which every encoding can follow.
fn slope(count: usize) -> alloc::vec::Vec<i16> {
    (0..count).map(|n| n as i16 * 8).collect()
}

#[test]
fn whoever_has_a_codec_can_use_any_of_them() {
    let codecs: [(&mut dyn Codec, &str, usize); 7] = [
        (&mut Law::Mu, "PCMU", 1),
        (&mut Law::A, "PCMA", 1),
        (&mut Dvi4::default(), "DVI4", 2),
        (&mut Vdvi::default(), "VDVI", 1),
        (&mut Linear::new(Width::L8, 1), "L8", 1),
        (&mut Linear::new(Width::L16, 2), "L16", 2),
        (&mut Dat12::new(1), "DAT12", 1),
    ];
    let samples = slope(160);
    for (codec, name, frame) in codecs {
        assert_eq!(
            (codec.encoding_name(), codec.frame_samples()),
            (name, frame)
        );
        let mut payload = alloc::vec![0; codec.most_octets(160)];
        let size = codec.encode(&samples, &mut payload).unwrap();
        let mut back = [0; 160];
        assert_eq!(
            codec.decode(&payload[..size], &mut back),
            Some(160),
            "{name}"
        );
        for (sample, back) in samples.iter().zip(back) {
            assert!((sample - back).abs() <= 512, "{name}: {sample} {back}");
        }
        assert_eq!(
            codec.decode(&payload[..size], &mut back[..159]),
            None,
            "{name}"
        );
        assert_eq!(codec.encode(&samples, &mut payload[..5]), None, "{name}");
        codec.conceal(&mut back);
        assert_eq!(back, [0; 160]);
    }
}

/// How many octets of so many whole frames are a payload, and what time they take.
fn framed<F: Framing>(payload: &[u8]) -> (usize, u32) {
    let frames = Frames::<F>::unpack(payload).unwrap();
    (
        frames.iter().count(),
        frames.iter().count() as u32 * F::FRAME_TICKS,
    )
}

// shows: S468
#[test]
fn the_codecs_of_a_phone_are_framed() {
    let format = |number| match assignment(PayloadType::new(number).unwrap()) {
        Assignment::Static(format) => format,
        _ => panic!(),
    };
    let samples = slope(160);
    for (number, mut law) in [(0, Law::Mu), (8, Law::A)] {
        assert_eq!(format(number).name, Codec::encoding_name(&law));
        // 20 ms, by the clock of the profile.
        assert_eq!(format(number).clock_rate / 50, 160);
        let mut payload = [0; 160];
        assert_eq!(Codec::encode(&mut law, &samples, &mut payload), Some(160));
    }
    assert_eq!(format(18).name, G729::ENCODING_NAME);
    assert_eq!(format(18).clock_rate / 50, 160);
    assert_eq!(framed::<G729>(&[0; 20]), (2, 160));
    assert_eq!(framed::<G729>(&[0; 22]), (3, 240));
    assert_eq!(format(4).name, G723::ENCODING_NAME);
    // 30 ms.
    assert_eq!(format(4).clock_rate * 3 / 100, 240);
    assert_eq!(framed::<G723>(&[0; 24]), (1, 240));
    assert_eq!(framed::<G723>(&[1; 20]), (1, 240));
    assert_eq!(framed::<G723>(&[2; 4]), (1, 240));
}
