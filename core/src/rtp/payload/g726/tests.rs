use super::*;
use alloc::vec::Vec;

/// RFC 3551 §4.5.4, the figures: A is the first codeword, and its last bit that of the first octet.
#[test]
fn codewords_fill_octets_from_the_least_significant_bit() {
    let mut out = [0; 5];
    let packed = G726::Rate32.pack(&[0x1, 0x2, 0x3, 0x4], &mut out);
    assert_eq!((packed, &out[..2]), (Some(2), &[0x21, 0x43][..]));
    // C C B B B A A A | F E E E D D D C | H H H G G G F F
    let codewords = [0b001, 0b010, 0b101, 0b011, 0b100, 0b110, 0b111, 0b000];
    let packed = G726::Rate24.pack(&codewords, &mut out);
    assert_eq!(packed, Some(3));
    assert_eq!(out[..3], [0b0101_0001, 0b0100_0111, 0b0001_1111]);
    let packed = G726::Rate16.pack(&[0, 1, 2, 3], &mut out);
    assert_eq!((packed, out[0]), (Some(1), 0b1110_0100));
}

#[test]
fn every_rate_comes_back() {
    for rate in [G726::Rate16, G726::Rate24, G726::Rate32, G726::Rate40] {
        let most = 1_u8 << rate.bits();
        let codewords: Vec<u8> = (0..40_u8).map(|n| n.wrapping_mul(7) % most).collect();
        let mut out = [0; 25];
        let size = rate.pack(&codewords, &mut out).unwrap();
        assert_eq!(size, 40 * rate.bits() / 8);
        assert!(
            rate.unpack(&out[..size]).eq(codewords.iter().copied()),
            "{rate:?}"
        );
        assert_eq!(rate.pack(&codewords, &mut out[..size - 1]), None);
    }
    // Not whole octets.
    assert_eq!(G726::Rate40.pack(&[0; 7], &mut [0; 9]), None);
    assert_eq!(G726::Rate40.encoding_name(), "G726-40");
}
