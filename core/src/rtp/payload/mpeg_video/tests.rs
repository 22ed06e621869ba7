use super::*;

const HEADER: MpegVideoHeader = MpegVideoHeader {
    temporal_reference: 0x2a5,
    has_new_header: Some(true),
    has_sequence_header: false,
    begins_slice: true,
    ends_slice: false,
    picture: PictureType::Bidirectional,
    backward: VectorCode {
        is_full_pixel: true,
        code: 5,
    },
    forward: VectorCode {
        is_full_pixel: false,
        code: 3,
    },
};

// shows: S053
#[test]
fn the_video_header_comes_back() {
    let payload = MpegVideo {
        header: HEADER,
        extension: None,
        data: &[0, 0, 1, 7],
    };
    let mut out = [0xee; 9];
    assert_eq!(payload.pack(&mut out), Some(8));
    // RFC 2250 §3.4: MBZ T TR | AN N S B E P | FBV BFC FFV FFC.
    assert_eq!(
        out[..4],
        [0b0000_0010, 0b1010_0101, 0b1101_0011, 0b1101_0011]
    );
    assert_eq!(MpegVideo::unpack(&out[..8]), Some(payload));
    assert_eq!(payload.pack(&mut out[..7]), None);
    out[0] |= 0xf8;
    assert_eq!(MpegVideo::unpack(&out[..8]), Some(payload));
    for (code, is_known) in [
        (0, false),
        (1, true),
        (2, true),
        (3, true),
        (4, true),
        (5, false),
    ] {
        assert_eq!(MpegVideo::unpack(&[0, 0, code, 0]).is_some(), is_known);
    }
    assert_eq!(MpegVideo::unpack(&[0, 0, 1]), None);
    // §3.4: I frames have no vectors, P frames no backward ones.
    for (picture, backward, forward, is_good) in [
        (
            PictureType::Intra,
            HEADER.backward,
            VectorCode::default(),
            false,
        ),
        (
            PictureType::Intra,
            VectorCode::default(),
            HEADER.forward,
            false,
        ),
        (
            PictureType::Predicted,
            HEADER.backward,
            HEADER.forward,
            false,
        ),
        (
            PictureType::Predicted,
            VectorCode::default(),
            HEADER.forward,
            true,
        ),
        (
            PictureType::Intra,
            VectorCode::default(),
            VectorCode::default(),
            true,
        ),
    ] {
        let header = MpegVideoHeader {
            picture,
            backward,
            forward,
            ..HEADER
        };
        let packed = MpegVideo { header, ..payload }.pack(&mut out);
        assert_eq!(packed.is_some(), is_good, "{header:?}");
    }
    let header = MpegVideoHeader {
        temporal_reference: 1024,
        ..HEADER
    };
    assert_eq!(MpegVideo { header, ..payload }.pack(&mut out), None);
}

// shows: S053
#[test]
fn the_extension_of_mpeg_2_comes_back() {
    let plain = Mpeg2Extension {
        f_codes: [1, 2, 0xf, 0xe],
        dc_precision: 2,
        structure: 3,
        flags: 0b1_0000_0011,
        composite_display: None,
        others: &[],
    };
    let payload = |extension| MpegVideo {
        header: HEADER,
        extension: Some(extension),
        data: &[9],
    };
    let mut out = [0xee; 24];
    assert_eq!(payload(plain).pack(&mut out), Some(9));
    // X E f[0,0] f[0,1] f[1,0] f[1,1] DC PS, nine flags, D.
    let word = 0b0000_0100_1011_1111_1010_1110_0000_0110_u32;
    assert_eq!(out[0] & 4, 4);
    assert_eq!(out[4..8], word.to_be_bytes());
    assert_eq!(MpegVideo::unpack(&out[..9]), Some(payload(plain)));
    let full = Mpeg2Extension {
        composite_display: Some(0xa_bcde),
        others: &[2, 1, 2, 3, 4, 5, 6, 7],
        ..plain
    };
    assert_eq!(payload(full).pack(&mut out), Some(21));
    assert_eq!(out[8..20], [0x00, 0x0a, 0xbc, 0xde, 2, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(MpegVideo::unpack(&out[..21]), Some(payload(full)));
    for cut in 0..20 {
        assert_eq!(MpegVideo::unpack(&out[..cut]), None, "{cut}");
    }
    // The length is in words and says how long they are.
    for others in [&[2, 0, 0, 0][..], &[1, 0, 0], &[0, 0, 0, 0]] {
        let extension = Mpeg2Extension { others, ..plain };
        assert_eq!(payload(extension).pack(&mut out), None);
    }
}

#[test]
fn a_decoder_begins_at_slices_and_headers() {
    let entry = |picture, begins_slice, code| {
        let header = MpegVideoHeader {
            picture,
            begins_slice,
            ..HEADER
        };
        MpegVideo {
            header,
            extension: None,
            data: &[0, 0, 1, code],
        }
        .entry()
    };
    assert_eq!(entry(PictureType::Intra, true, 0xb3), Entry::Refresh);
    assert_eq!(entry(PictureType::Intra, true, 0x00), Entry::Refresh);
    assert_eq!(entry(PictureType::Intra, true, 0x05), Entry::Intra);
    assert_eq!(entry(PictureType::Predicted, true, 0x00), Entry::Part);
    assert_eq!(entry(PictureType::Intra, false, 0x05), Entry::Inside);
}
