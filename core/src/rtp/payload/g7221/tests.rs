use super::*;

// shows: S066
#[test]
fn the_bit_rate_says_how_long_a_frame_is() {
    // RFC 5577 §3.2.
    for (bitrate, octets) in [(24_000, 60), (32_000, 80), (48_000, 120), (16_400, 41)] {
        let format = G7221Format::new(bitrate, 32_000).unwrap();
        assert_eq!((format.frame_octets(), format.frame_ticks()), (octets, 640));
        let (first, second) = (&[1; 120][..octets], &[2; 120][..octets]);
        let mut out = [0; 240];
        let size = G7221::pack(format, &[first, second], &mut out);
        assert_eq!(size, Some(2 * octets));
        let payload = G7221::unpack(format, &out[..2 * octets]).unwrap();
        assert!(payload.frames().eq([(0, first), (640, second)]));
        assert_eq!(G7221::unpack(format, &out[..2 * octets - 1]), None);
        assert_eq!(G7221::pack(format, &[first, &second[1..]], &mut out), None);
        assert_eq!(
            G7221::pack(format, &[first, second], &mut out[..2 * octets - 1]),
            None
        );
    }
    assert_eq!(G7221Format::new(24_000, 16_000).unwrap().frame_ticks(), 320);
}

#[test]
fn other_rates_and_clocks_there_are_none() {
    assert_eq!(G7221Format::new(24_001, 16_000), None);
    assert_eq!(G7221Format::new(0, 16_000), None);
    assert_eq!(G7221Format::new(24_000, 8_000), None);
    let format = G7221Format::new(24_000, 16_000).unwrap();
    assert_eq!(G7221::unpack(format, &[]), None);
    assert_eq!(G7221::pack(format, &[], &mut [0; 9]), None);
}
