use super::*;

// shows: S064
#[test]
fn samples_are_packed_from_the_most_significant_bit_and_come_back() {
    let cases: [(Width, &[i32], &[u8]); 5] = [
        (Width::L8, &[-128, 0, 127], &[0x00, 0x80, 0xff]),
        (Width::L16, &[-2, 0x1234], &[0xff, 0xfe, 0x12, 0x34]),
        (
            Width::L20,
            &[0x12345, -0x80000],
            &[0x12, 0x34, 0x58, 0x00, 0x00],
        ),
        // An odd number leaves four bits unused.
        (Width::L20, &[-1], &[0xff, 0xff, 0xf0]),
        (
            Width::L24,
            &[0x12_3456, -0x80_0000],
            &[0x12, 0x34, 0x56, 0x80, 0x00, 0x00],
        ),
    ];
    for (width, samples, octets) in cases {
        let mono = Linear::new(width, 1);
        let mut out = [0xee; 9];
        assert_eq!(
            mono.pack(samples, &mut out),
            Some(octets.len()),
            "{width:?}"
        );
        assert_eq!(&out[..octets.len()], octets);
        let mut back = [0; 4];
        assert_eq!(mono.unpack(octets, &mut back), Some(samples.len()));
        assert_eq!(&back[..samples.len()], samples);
        assert_eq!(mono.pack(samples, &mut out[..octets.len() - 1]), None);
        assert_eq!(mono.unpack(octets, &mut back[..samples.len() - 1]), None);
    }
}

#[test]
fn what_is_too_large_is_cut() {
    let mut out = [0; 6];
    let samples = [0x8000, -0x8001, 5];
    assert_eq!(Linear::new(Width::L16, 1).pack(&samples, &mut out), Some(6));
    assert_eq!(out, [0x7f, 0xff, 0x80, 0x00, 0, 5]);
}

/// RFC 3190 §7: all channels of one instant are in the same packet.
#[test]
fn every_channel_has_as_many_samples() {
    let stereo = Linear::new(Width::L20, 2);
    assert_eq!(stereo.samples(5), Some(2));
    assert_eq!(stereo.samples(10), Some(4));
    assert_eq!(stereo.samples(8), None);
    assert_eq!(stereo.pack(&[1, 2, 3], &mut [0; 20]), None);
    // More than an octet is left over: 48 bits are two samples and eight bits.
    assert_eq!(Linear::new(Width::L20, 1).samples(6), None);
    assert_eq!(Linear::new(Width::L24, 1).samples(4), None);
}

#[test]
fn a_phone_of_sixteen_bits_can_use_every_width() {
    let samples = [0, 0x1200, -0x3400, i16::MAX & !0xff, i16::MIN];
    for width in [Width::L8, Width::L16, Width::L20, Width::L24] {
        let mut codec = Linear::new(width, 1);
        let mut payload = [0; 15];
        let size = codec.encode(&samples, &mut payload).unwrap();
        assert_eq!(size, codec.most_octets(5));
        let mut back = [0; 5];
        assert_eq!(codec.decode(&payload[..size], &mut back), Some(5));
        assert_eq!(back, samples, "{width:?}");
    }
}

/// RFC 3190 §6.
#[test]
fn a_dv_system_never_sees_its_error_code() {
    assert_eq!(Width::L16.for_dv(-0x8000), -0x7fff);
    assert_eq!(Width::L16.for_dv(-0x7ffe), -0x7ffe);
    for last in 0..16 {
        assert_eq!(Width::L20.for_dv(-0x80000 + last), -0x7fff0);
    }
    assert_eq!(Width::L20.for_dv(-0x7fff0), -0x7fff0);
    assert_eq!(Width::L24.for_dv(-0x80_0000), -0x80_0000);
}
