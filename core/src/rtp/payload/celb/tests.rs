use super::*;

// shows: S057
#[test]
fn the_header_comes_back() {
    let payload = CelB {
        x: 0x0050,
        y: 0x003b,
        width: 0x0140,
        height: 0x00f0,
        data: &[0x9f, 0x80],
    };
    let mut out = [0xee; 11];
    assert_eq!(payload.pack(&mut out), Some(10));
    assert_eq!(out, [0, 0x50, 0, 0x3b, 1, 0x40, 0, 0xf0, 0x9f, 0x80, 0xee]);
    assert_eq!(CelB::unpack(&out[..10]), Some(payload));
    assert_eq!(payload.pack(&mut out[..9]), None);
    assert_eq!(CelB::unpack(&out[..7]), None);
    // Cell coordinates go from 0 through a quarter of the size in pixels.
    for outside in [CelB { x: 81, ..payload }, CelB { y: 61, ..payload }] {
        assert_eq!(outside.pack(&mut out), None);
    }
    out[1] = 0x51;
    assert_eq!(CelB::unpack(&out), None);
}
