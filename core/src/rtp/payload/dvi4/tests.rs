use super::*;
use crate::rtp::payload::adpcm::tests::{codes, sound};

// shows: S051
#[test]
fn a_header_of_four_octets_goes_before_two_samples_to_the_octet() {
    let sound = sound();
    let mut codec = Dvi4::default();
    let mut payload = [0xee; 84];
    assert_eq!(codec.most_octets(160), 84);
    assert_eq!(codec.encode(&sound[..160], &mut payload), Some(84));
    assert_eq!(payload[..4], [0, 0, 0, 0]);
    // The first sample is in the upper half.
    let halves = payload[4..]
        .iter()
        .flat_map(|octet| [octet >> 4, octet & 15]);
    assert!(halves.eq(codes().take(160)));
    // The second packet begins where the first ended.
    assert_eq!(codec.encode(&sound[160..320], &mut payload), Some(84));
    let mut state = Adpcm::default();
    codes().take(160).for_each(|code| {
        state.decode(code);
    });
    let [high, low] = state.predicted().to_be_bytes();
    assert_eq!(payload[..4], [high, low, state.index(), 0]);
    assert_eq!(unpack(&payload).unwrap().0, state);
}

#[test]
fn a_decoder_begins_at_any_packet() {
    let sound = sound();
    let mut whole = [0; 400];
    let mut at_once = [0; 204];
    Dvi4::default().encode(&sound, &mut at_once).unwrap();
    assert_eq!(Dvi4::default().decode(&at_once, &mut whole), Some(400));
    let mut codec = Dvi4::default();
    let mut payload = [0; 104];
    codec.encode(&sound[..200], &mut payload).unwrap();
    codec.encode(&sound[200..], &mut payload).unwrap();
    let mut half = [0; 200];
    assert_eq!(Dvi4::default().decode(&payload, &mut half), Some(200));
    assert_eq!(half, whole[200..]);
}

#[test]
fn what_has_no_state_or_no_room_is_refused() {
    let mut codec = Dvi4::default();
    assert_eq!(codec.encode(&[0; 3], &mut [0; 9]), None);
    assert_eq!(codec.encode(&[0; 4], &mut [0; 5]), None);
    assert_eq!(codec.decode(&[0, 0, 89, 0], &mut [0; 9]), None);
    assert_eq!(codec.decode(&[0, 0, 0], &mut [0; 9]), None);
    assert_eq!(codec.decode(&[0, 0, 0, 0, 0], &mut [0; 1]), None);
    // The last octet of the header is ignored.
    assert_eq!(codec.decode(&[0, 0, 88, 0xff], &mut []), Some(0));
}

#[test]
fn vdvi_has_the_patterns_of_the_table() {
    // The codes 0 to 15 and 0, with their patterns of §4.5.17 side by side.
    let patterns = "00010110011100111100111110011111100111111101001111011110111110111111011\
                    11111011111111100";
    let mut bits: alloc::string::String = patterns.into();
    while bits.len() % 8 != 0 {
        bits.push('1');
    }
    let octets = bits.as_bytes().chunks(8).map(|octet| {
        octet
            .iter()
            .fold(0, |octet, bit| octet << 1 | u8::from(*bit == b'1'))
    });
    let mut payload = alloc::vec![0, 0, 0, 0];
    payload.extend(octets);
    let mut reader = BitReader::new(&payload[4..]);
    for code in (0..16).chain([0]) {
        assert_eq!(vdvi_code(&mut reader), Some(Some(code)));
    }
    assert_eq!(vdvi_code(&mut reader), Some(None));
    let mut samples = [0; 17];
    assert_eq!(Vdvi::default().decode(&payload, &mut samples), Some(17));
    let mut state = Adpcm::default();
    assert!(
        (0..16)
            .chain([0])
            .map(|code| state.decode(code))
            .eq(samples)
    );
    assert_eq!(Vdvi::default().decode(&payload, &mut samples[..16]), None);
}

#[test]
fn vdvi_sounds_like_dvi4() {
    let sound = sound();
    let (mut fixed, mut variable) = ([0; 205], [0; 403]);
    let mut expected = [0; 399];
    Dvi4::default().encode(&sound, &mut fixed).unwrap();
    // An odd number of samples is as good as an even one here.
    let size = Vdvi::default()
        .encode(&sound[..399], &mut variable)
        .unwrap();
    let mut samples = [0; 400];
    assert_eq!(
        Vdvi::default().decode(&variable[..size], &mut samples),
        Some(399)
    );
    let mut all = [0; 400];
    Dvi4::default().decode(&fixed[..204], &mut all).unwrap();
    expected.copy_from_slice(&all[..399]);
    assert_eq!(samples[..399], expected);
    assert_eq!(
        Vdvi::default().encode(&sound, &mut variable[..size - 1]),
        None
    );
    // Ones at the end are padding, other bits that begin a code are a code cut off.
    let decode = |octet| Vdvi::default().decode(&[0, 0, 0, 0, octet], &mut [0; 9]);
    assert_eq!(decode(0b0000_0010), Some(4));
    assert_eq!(decode(0b0000_0011), Some(3));
    assert_eq!(decode(0b0000_0001), None);
    assert_eq!(decode(0b0000_0110), None);
}
