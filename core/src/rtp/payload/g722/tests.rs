use super::*;

// shows: S051
#[test]
fn an_octet_is_a_tick_and_two_samples() {
    let octets: [u8; 160] = core::array::from_fn(|n| n as u8);
    let mut out = [0; 200];
    assert_eq!(G722 { octets: &octets }.pack(&mut out), Some(160));
    let payload = G722::unpack(&out[..160]);
    assert_eq!(payload.octets, octets);
    // 20 ms at 16 kHz, by a clock of 8000.
    assert_eq!((payload.ticks(), payload.samples()), (160, 320));
    assert_eq!(payload.pack(&mut [0; 159]), None);
}
