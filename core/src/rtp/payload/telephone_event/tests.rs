use super::*;
use alloc::string::ToString;
use alloc::vec::Vec;

#[test]
fn the_reserved_bit_is_ignored_and_never_written() {
    // RFC 4733 §2.3.3, with every other bit of the second octet set.
    let event = TelephoneEvent::unpack(&[11, 0xff, 0x12, 0x34]).unwrap();
    assert_eq!(event.code.key(), Some('#'));
    assert_eq!(
        (event.end, event.volume, event.duration),
        (true, 63, 0x1234)
    );
    let mut out = [0xaa; 5];
    assert_eq!(event.pack(&mut out), Some(4));
    assert_eq!(out, [11, 0xbf, 0x12, 0x34, 0xaa]);
    assert_eq!(event.pack(&mut [0; 3]), None);
    assert_eq!(TelephoneEvent::unpack(&[11, 0, 0]), None);
}

/// RFC 4733 §2.3.4: other events than tones are sent with volume zero.
#[test]
fn only_tones_have_a_volume() {
    let event = |code| TelephoneEvent {
        code: EventCode::new(code),
        end: false,
        volume: 10,
        duration: 400,
    };
    assert_eq!(event(1).to_octets(), [1, 10, 1, 144]);
    // ABCD state, metering pulse, and one that is reserved since RFC 4733.
    for code in [144, 174, 16] {
        assert_eq!(event(code).to_octets(), [code, 0, 1, 144]);
    }
    let loud = TelephoneEvent {
        volume: 200,
        ..event(1)
    };
    assert_eq!(loud.to_octets()[1], 63);
}

/// RFC 4733 §2.3.5.
#[test]
fn a_duration_of_zero_is_for_states() {
    let event = |code, duration| TelephoneEvent {
        code: EventCode::new(code),
        end: false,
        volume: 0,
        duration,
    };
    assert!(event(144, 0).is_sensible());
    assert!(!event(5, 0).is_sensible());
    assert!(event(5, 1).is_sensible());
}

/// RFC 4733 §2.5.2.4: an event's beginning is the sum of those before it.
#[test]
fn events_of_one_packet_follow_each_other() {
    let payload = [37, 0x80, 0, 27, 38, 0x80, 0, 54, 37, 0, 0, 10, 99];
    let found: Vec<_> = events(&payload)
        .map(|(at, event)| (at, event.code.as_u8(), event.end))
        .collect();
    assert_eq!(found, [(0, 37, true), (27, 38, true), (81, 37, false)]);
}

#[test]
fn keys_have_their_numbers_and_frequencies() {
    for (number, key) in "0123456789*#ABCD".chars().enumerate() {
        let code = EventCode::of_key(key).unwrap();
        assert_eq!(usize::from(code.as_u8()), number);
        assert_eq!(code.key(), Some(key));
        assert_eq!(code.to_string(), key.to_string());
    }
    assert_eq!(EventCode::of_key('a'), EventCode::of_key('A'));
    assert_eq!(EventCode::of_key('E'), None);
    assert_eq!(EventCode::of_key('é'), None);
    let of = |key| EventCode::of_key(key).unwrap().frequencies();
    // ITU-T Q.23.
    assert_eq!(of('1'), Some((697, 1209)));
    assert_eq!(of('9'), Some((852, 1477)));
    assert_eq!(of('0'), Some((941, 1336)));
    assert_eq!(of('D'), Some((941, 1633)));
}

#[test]
fn trunk_tones_have_the_frequencies_of_rfc_5244() {
    let of = |code| EventCode::new(code).frequencies();
    // Table 1 and Table 2: code 11, KP, KP2, ST, code 12; digits 0, 1, 6 and 9.
    assert_eq!(of(123), Some((700, 1700)));
    assert_eq!(of(124), Some((1100, 1700)));
    assert_eq!(of(125), Some((1300, 1700)));
    assert_eq!(of(126), Some((1500, 1700)));
    assert_eq!(of(127), Some((900, 1700)));
    assert_eq!(of(128), Some((1300, 1500)));
    assert_eq!(of(129), Some((700, 900)));
    assert_eq!(of(134), Some((1100, 1300)));
    assert_eq!(of(137), Some((1100, 1500)));
    // Table 4: 1, 10 and 15; Table 5: 1, 4 and 15.
    assert_eq!(of(176), Some((1380, 1500)));
    assert_eq!(of(185), Some((1740, 1860)));
    assert_eq!(of(190), Some((1860, 1980)));
    assert_eq!(of(191), Some((1140, 1020)));
    assert_eq!(of(194), Some((1140, 780)));
    assert_eq!(of(205), Some((660, 540)));
    // States and patterns have none.
    assert_eq!(of(144), None);
    assert_eq!(of(54), None);
}

#[test]
fn events_are_named() {
    let name = |code| EventCode::new(code).to_string();
    assert_eq!(name(36), "CNG");
    assert_eq!(name(128), "MF 0");
    assert_eq!(name(129), "MF 1");
    assert_eq!(name(137), "MF 9");
    assert_eq!(name(149), "ABCD 0101");
    assert_eq!(name(207), "A 1");
    assert_eq!(name(209), "AB 01");
    assert_eq!(name(205), "MFC backward 15");
    // RFC 4733 Table 8: the flash of RFC 2833 is reserved.
    assert_eq!(name(16), "event 16");
    assert_eq!(EventCode::new(16).kind(), None);
}
