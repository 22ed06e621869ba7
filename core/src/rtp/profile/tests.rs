use super::*;

// shows: S040
#[test]
fn static_payload_types_are_those_of_tables_4_and_5() {
    let named = [
        (0, "PCMU", 8_000),
        (3, "GSM", 8_000),
        (4, "G723", 8_000),
        (5, "DVI4", 8_000),
        (6, "DVI4", 16_000),
        (7, "LPC", 8_000),
        (8, "PCMA", 8_000),
        (9, "G722", 8_000),
        (10, "L16", 44_100),
        (11, "L16", 44_100),
        (12, "QCELP", 8_000),
        (13, "CN", 8_000),
        (14, "MPA", 90_000),
        (15, "G728", 8_000),
        (16, "DVI4", 11_025),
        (17, "DVI4", 22_050),
        (18, "G729", 8_000),
        (25, "CelB", 90_000),
        (26, "JPEG", 90_000),
        (28, "nv", 90_000),
        (31, "H261", 90_000),
        (32, "MPV", 90_000),
        (33, "MP2T", 90_000),
        (34, "H263", 90_000),
    ];
    for number in 0..128 {
        let is = assignment(PayloadType::new(number).unwrap());
        let name = named.iter().find(|(n, ..)| *n == number);
        match (is, name, number) {
            (Assignment::Static(is), Some((_, name, rate)), _) => {
                assert_eq!((is.name, is.clock_rate), (*name, *rate));
            }
            (Assignment::Reserved, None, 1 | 2 | 19 | 72..=76) => {}
            (Assignment::Dynamic, None, 96..=127) => {}
            (Assignment::Unassigned, None, 20..=24 | 27 | 29 | 30 | 35..=71 | 77..=95) => {}
            wrong => panic!("{wrong:?}"),
        }
    }
    assert_eq!(PayloadType::new(128), None);
    // A packet of a reserved type is refused: RFC 3550 A.1.
    for number in 72..=76 {
        let mut bytes = [0; 12];
        (bytes[0], bytes[1]) = (0x80, number);
        assert!(crate::rtp::Packet::parse(&bytes).is_err());
    }
}

// shows: S038
#[test]
fn g722_counts_8000_although_sampled_at_16000() {
    let Assignment::Static(g722) = assignment(PayloadType::new(9).unwrap()) else {
        panic!()
    };
    assert_eq!((g722.name, g722.clock_rate), ("G722", 8_000));
}
