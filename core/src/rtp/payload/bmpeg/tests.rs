use super::*;

// shows: S054
#[test]
fn the_header_comes_back() {
    let payload = BundledMpeg {
        picture: PictureType::Bidirectional,
        has_new_headers: true,
        audio_offset: -2,
        video: &[0, 0, 1, 5],
        audio: &[7; 600],
    };
    let mut out = [0xee; 609];
    assert_eq!(payload.pack(&mut out), Some(608));
    // P = 2, N = 1, MBZ, audio length 600 (10 bits), MBZ, audio offset.
    assert_eq!(out[..4], [0b1010_0100, 0b1011_0000, 0xff, 0xfe]);
    assert_eq!(BundledMpeg::unpack(&out[..608]), Some(payload));
    assert_eq!(payload.pack(&mut out[..607]), None);
    // More audio than there is, a picture type that is none, and audio that no length can name.
    assert_eq!(BundledMpeg::unpack(&out[..603]), None);
    assert_eq!(BundledMpeg::unpack(&[0xc0, 0, 0, 0, 1]), None);
    assert_eq!(BundledMpeg::unpack(&[0; 3]), None);
    let long = BundledMpeg {
        audio: &[0; 1024],
        ..payload
    };
    assert_eq!(long.pack(&mut [0; 2_000]), None);
    let coarse = BundledMpeg {
        picture: PictureType::DcOnly,
        ..payload
    };
    assert_eq!(coarse.pack(&mut out), None);
}

#[test]
fn a_decoder_begins_at_the_headers_of_an_i_picture() {
    let entry = |picture, code| {
        let (video, has_new_headers) = (&[0, 0, 1, code], false);
        BundledMpeg {
            picture,
            has_new_headers,
            audio_offset: 0,
            video,
            audio: &[],
        }
        .entry()
    };
    for code in [0x00, 0xb3, 0xb8] {
        assert_eq!(entry(PictureType::Intra, code), Entry::Refresh);
        assert_eq!(entry(PictureType::Predicted, code), Entry::Part);
    }
    assert_eq!(entry(PictureType::Intra, 3), Entry::Intra);
}
