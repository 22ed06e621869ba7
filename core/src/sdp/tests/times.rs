//! RFC 8866 §5.9 to §5.11: when a session is on.

use super::*;

fn times(lines: &str) -> Result<Vec<TimeDescription>, SdpErrorKind> {
    let sdp = format!("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\n{lines}");
    strict(&wire(&sdp)).map(|session| session.times)
}

/// RFC 8866 §5.10 and §5.11.
// shows: S018
#[test]
fn repeat_times_and_zone_adjustments() {
    let seconds = times("t=3724394400 3730536000\nr=604800 3600 0 90000").unwrap();
    let units = times("t=3724394400 3730536000\nr=7d 1h 0 25h").unwrap();
    assert_eq!(seconds, units);
    let [time] = seconds.as_slice() else {
        panic!("one time description");
    };
    let repeat = &time.repeats[0];
    let found: Vec<_> = time.occurrences(repeat).collect();
    assert_eq!(
        found.len(),
        22,
        "ten whole weeks and the last Monday and Tuesday"
    );
    assert_eq!(found[0], (3_724_394_400, 3_724_398_000));
    assert_eq!(found[1], (3_724_484_400, 3_724_488_000));
    assert_eq!(
        found[21].1, 3_730_536_000,
        "the end of the last is the end of all"
    );

    let zone = "t=3724394400 3754123200\nr=7d 1h 0 25h\nz=3730928400 -1h 3749680800 0";
    let zone = times(zone).unwrap();
    let time = &zone[0];
    assert_eq!(time.zone[0].offset, -3600);
    let plain = TimeDescription {
        zone: Vec::new(),
        ..time.clone()
    };
    let shifts = time
        .occurrences(&time.repeats[0])
        .zip(plain.occurrences(&time.repeats[0]));
    for ((adjusted, _), (base, _)) in shifts {
        let summer = (3_730_928_400..3_749_680_800).contains(&base);
        let expected = if summer { base - 3600 } else { base };
        assert_eq!(adjusted, expected, "not added up, and gone in winter");
    }
    // Written again in seconds, read again the same.
    let sdp = wire(
        "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=3724394400 0\nr=7d 1h 0 25h\nz=3730928400 -1h",
    );
    let session = strict(&sdp).unwrap();
    let written = session.to_bytes();
    assert_eq!(strict(&written).unwrap(), session);
    for wrong in [
        "t=1",
        "t=a b",
        "t=0 0\nr=7d",
        "t=0 0\nr=0 1 0",
        "t=0 0\nr=1w 1 0",
        "t=0 0\nr=1 1 0\nz=1",
        "t=0 0\nr=1 1 0\nz=",
        // §9: a time has ten digits or is 0, and does not begin with one.
        "t=1 0",
        "t=372439440 0",
        "t=03724394400 0",
        "t=+3724394400 0",
        "t=0 0 0",
        "t=0  0",
        "t=99999999999999999999 0",
        "t=0 0\nr=+1 1 0",
        "t=0 0\nr=1 1 -1",
        "t=0 0\nr=1.5h 1 0",
        "t=0 0\nr=1 1H 0",
        "t=0 0\nr=1 1 0\nz=1 1h",
        "t=0 0\nr=1 1 0\nz=3730928400 +1h",
    ] {
        assert!(
            matches!(times(wrong), Err(SdpErrorKind::Malformed(_))),
            "{wrong}"
        );
    }
    assert_eq!(times("r=1 1 0"), Err(SdpErrorKind::Misplaced(b'r')));
    assert_eq!(times("t=0 0\nz=1 1"), Err(SdpErrorKind::Misplaced(b'z')));
    let after_zone = "t=0 0\nr=1 1 0\nz=3730928400 0\nr=1 1 0";
    assert_eq!(times(after_zone), Err(SdpErrorKind::Misplaced(b'r')));
}

/// RFC 8866 §5.9: two intervals, each with what repeats it; §9: the z= belongs to the r= before it.
#[test]
fn several_times_each_with_its_own_repeats() {
    let lines = "t=3724394400 3724398000\n\
                 t=3724484400 3724488000\nr=7d 1h 0\nr=1d 30m 0 12h\nz=3730928400 -1h\n\
                 t=4102444800 0\nr=1 1 0";
    let times = times(lines).unwrap();
    let parts: Vec<_> = times
        .iter()
        .map(|time| (time.start, time.stop, time.repeats.len(), time.zone.len()))
        .collect();
    assert_eq!(
        parts,
        [
            (3_724_394_400, 3_724_398_000, 0, 0),
            (3_724_484_400, 3_724_488_000, 2, 1),
            (4_102_444_800, 0, 1, 0),
        ]
    );
    assert_eq!(times[1].repeats[1].offsets, [0, 43_200]);
}
