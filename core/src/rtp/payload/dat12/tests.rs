use super::*;

/// Table 1 of RFC 3190: the ends of each range, and their values. (−1,024 is FC00h; the table
/// prints FE00h, the code of −512.)
const ENDS: [(i16, i16); 28] = [
    (32_767, 0x7ff),
    (16_384, 0x700),
    (16_383, 0x6ff),
    (8_192, 0x600),
    (8_191, 0x5ff),
    (4_096, 0x500),
    (4_095, 0x4ff),
    (2_048, 0x400),
    (2_047, 0x3ff),
    (1_024, 0x300),
    (1_023, 0x2ff),
    (512, 0x200),
    (511, 0x1ff),
    (0, 0),
    (-1, -1),
    (-512, -512),
    (-513, -513),
    (-1_024, -768),
    (-1_025, -769),
    (-2_048, -1_024),
    (-2_049, -1_025),
    (-4_096, -1_280),
    (-4_097, -1_281),
    (-8_192, -1_536),
    (-8_193, -1_537),
    (-16_384, -1_792),
    (-16_385, -1_793),
    (-32_768, -2_048),
];

#[test]
fn the_ranges_are_those_of_table_1() {
    for (sample, value) in ENDS {
        assert_eq!(Dat12::compress(sample), value, "{sample}");
    }
}

/// The formula of each row, for every sample.
#[test]
fn every_sample_becomes_the_value_of_its_row() {
    for sample in i16::MIN..=i16::MAX {
        let x = i32::from(sample);
        // INT is cut towards zero.
        let y = match x {
            16_384.. => x / 64 + 0x600,
            8_192.. => x / 32 + 0x500,
            4_096.. => x / 16 + 0x400,
            2_048.. => x / 8 + 0x300,
            1_024.. => x / 4 + 0x200,
            512.. => x / 2 + 0x100,
            -512.. => x,
            -1_024.. => (x + 1) / 2 - 0x101,
            -2_048.. => (x + 1) / 4 - 0x201,
            -4_096.. => (x + 1) / 8 - 0x301,
            -8_192.. => (x + 1) / 16 - 0x401,
            -16_384.. => (x + 1) / 32 - 0x501,
            _ => (x + 1) / 64 - 0x601,
        };
        assert_eq!(i32::from(Dat12::compress(sample)), y, "{sample}");
    }
}

#[test]
fn every_value_comes_back_and_lies_in_its_range() {
    for value in -2_048..2_048_i16 {
        let sample = Dat12::expand(value);
        assert_eq!(Dat12::compress(sample), value);
        assert!(value == 0 || (sample < 0) == (value < 0));
    }
    assert_eq!(
        (Dat12::for_dv(-0x800), Dat12::for_dv(-0x7fe)),
        (-0x7ff, -0x7fe)
    );
}

// shows: S064
#[test]
fn two_samples_are_three_octets() {
    let mut codec = Dat12::new(1);
    let mut out = [0xee; 6];
    assert_eq!(codec.encode(&[0x123, -1, 32_767], &mut out), Some(5));
    assert_eq!(out, [0x12, 0x3f, 0xff, 0x7f, 0xf0, 0xee]);
    let mut samples = [0; 4];
    assert_eq!(codec.decode(&out[..5], &mut samples), Some(3));
    assert_eq!(samples, [0x123, -1, 32_704, 0]);
    assert_eq!(codec.decode(&out[..3], &mut samples), Some(2));
    assert_eq!(codec.decode(&out[..4], &mut samples), None);
    assert_eq!(codec.decode(&out[..5], &mut samples[..2]), None);
    assert_eq!(codec.encode(&[0; 3], &mut [0; 4]), None);
    assert_eq!(Dat12::new(2).encode(&[0; 3], &mut out), None);
    assert_eq!(Dat12::new(2).decode(&out[..5], &mut samples), None);
}
