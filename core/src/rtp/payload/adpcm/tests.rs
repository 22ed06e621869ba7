use super::*;

/// A sound that grows from nothing to full scale, as any language makes it.
pub(in crate::rtp::payload) fn sound() -> [i16; 400] {
    let mut state = 12_345_u32;
    core::array::from_fn(|n| {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345) & 0x7fff_ffff;
        let sample = (state >> 15 & 0xffff) as i32 - 32_768;
        let loud = sample * n.min(255) as i32;
        // Towards minus infinity.
        loud.div_euclid(256) as i16
    })
}

/// What the coder of Python's `audioop` makes of it, two codes to an octet.
pub(in crate::rtp::payload) const CODES: &str = "0f7f3a7fc27f0322ae10d582e020d95b3a289a50b78b2c3811d39d1939\
a7b805988a280b70a1c6b1181c2b6c039a02b5a29a4c3a902a58b8482e823c8913c00841aa1021f8b40b518180ba25f91\
28b30028f941a2f381b3c9691c8813d22c91408a94c40c2a28ab70b84a1b7d84a4a995a82d50ab5b04098a23f128ac593\
d4d5f7bb3b2b007c203f283d4908d2102e5d04c20aa70a2bc7d4d114e51b9401f0985883ca03b86b0839a85d68ca6c4d8\
4108e33a8989279b5a880d84a5c95c3b981798a05ba2842c021";

pub(in crate::rtp::payload) fn codes() -> impl Iterator<Item = u8> {
    CODES
        .bytes()
        .map(|digit| (digit as char).to_digit(16).unwrap() as u8)
}

#[test]
fn codes_are_those_of_another_coder() {
    let mut encoder = Adpcm::default();
    assert!(
        sound()
            .into_iter()
            .map(|sample| encoder.encode(sample))
            .eq(codes())
    );
    assert_eq!((encoder.predicted(), encoder.index()), (25_555, 84));
}

#[test]
fn samples_are_those_of_another_decoder() {
    let mut decoder = Adpcm::default();
    let samples: [i16; 400] = {
        let mut codes = codes();
        core::array::from_fn(|_| decoder.decode(codes.next().unwrap()))
    };
    let first = [0, -11, 19, -44, 19, -22, 90, -153, -466, -256, 318, -915];
    assert_eq!(samples[..12], first);
    let sum: i32 = samples.iter().map(|sample| i32::from(*sample)).sum();
    assert_eq!(sum, -301_056);
    assert_eq!((decoder.predicted(), decoder.index()), (25_555, 84));
}

#[test]
fn the_state_stays_in_its_table() {
    assert_eq!(Adpcm::new(0, 89), None);
    let mut state = Adpcm::new(i16::MAX, 88).unwrap();
    assert_eq!(state.decode(7), i16::MAX);
    assert_eq!(state.index(), 88);
    for _ in 0..100 {
        state.decode(8);
    }
    assert_eq!(state.index(), 0);
}
