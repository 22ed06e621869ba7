use super::*;
use alloc::vec::Vec;

#[test]
fn level_and_coefficients_round_trip() {
    let noise = ComfortNoise {
        level: 70,
        coefficients: &[0, 127, 254],
    };
    let mut out = [0xaa; 5];
    assert_eq!(noise.pack(&mut out), Some(4));
    assert_eq!(out, [70, 0, 127, 254, 0xaa]);
    assert_eq!(ComfortNoise::unpack(&out[..4]), Some(noise));
    assert_eq!(noise.pack(&mut [0; 3]), None);
    assert_eq!(ComfortNoise::unpack(&[]), None);
}

#[test]
fn the_unused_bit_is_ignored_and_never_written() {
    assert_eq!(ComfortNoise::unpack(&[0x80 | 5]).unwrap().level, 5);
    let loud = ComfortNoise {
        level: 200,
        coefficients: &[],
    };
    let mut out = [0; 1];
    assert_eq!(loud.pack(&mut out), Some(1));
    assert_eq!(out, [127]);
}

/// RFC 3389 §3.2: k = 258 · (N − 127) / 32768.
#[test]
fn reflection_coefficients() {
    let noise = ComfortNoise::unpack(&[0, 0, 127, 128, 254, 255]).unwrap();
    let k: Vec<i16> = noise.reflections().collect();
    assert_eq!(k, [-32_766, 0, 258, 32_766, 0]);
}

#[test]
fn the_magnitude_halves_every_six_decibels() {
    let at = |level| {
        let noise = ComfortNoise {
            level,
            coefficients: &[],
        };
        f64::from(noise.magnitude())
    };
    assert_eq!(at(0), 32_124.0);
    for level in 1..60_u8 {
        let exact = 32_124.0 * 10_f64.powf(-f64::from(level) / 20.0);
        let off = (at(level) - exact).abs();
        assert!(off <= exact * 0.03 + 1.0, "{level}: {} {exact}", at(level));
    }
    assert_eq!(at(127), 0.0);
}
