//! What is forgiven, by name, what never is, and that nothing is too much.

use super::*;

#[test]
fn every_named_deviation_is_one() {
    let limits = DescriptionLimits::default();
    let ok = wire("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0");
    assert!(strict(&ok).is_ok());
    type Set = fn(&mut Tolerance);
    let base = "v=0\no=- 1 1 IN IP4 192.0.2.1\n";
    let deviations: [(&str, Set); 18] = [
        ("s=-\nt=0 0\nc=IN IP4 192.0.2.1\n", |t| t.line_order = true),
        ("s=\nc=IN IP4 192.0.2.1\nt=0 0\n", |t| {
            t.empty_session_name = true
        }),
        ("s=-\ni=\nc=IN IP4 192.0.2.1\nt=0 0\n", |t| {
            t.empty_values = true
        }),
        ("s=-\nu=\nc=IN IP4 192.0.2.1\nt=0 0\n", |t| {
            t.empty_values = true
        }),
        ("s=-\nc=IN IP4 192.0.2.1\nt=0 0\na=tool:\n", |t| {
            t.empty_values = true
        }),
        ("s=-\nc=IN IP4 192.0.2.1\nt=1 2\n", |t| t.short_times = true),
        ("s=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=x 1 udp a/b\n", |t| {
            t.loose_words = true
        }),
        ("s=-\nu=two words\nc=IN IP4 192.0.2.1\nt=0 0\n", |t| {
            t.loose_words = true
        }),
        ("s=-\nc=IN IP4 192.0.2.1\nt=0 0\nk=none\n", |t| {
            t.loose_words = true
        }),
        ("s=-\nc=IN IP4 192.0.2.1\nt=0 0\na=sendrecv \n", |t| {
            t.extra_spaces = true
        }),
        ("s=-\nc=IN IP4 192.0.2.1\nt=0  0\n", |t| {
            t.extra_spaces = true
        }),
        (
            "s=-\nt=0 0\nm=audio 1 RTP/AVP 0\nc=IN IP4 192.0.2.1\nc=IN IP4 192.0.2.2\n",
            |t| t.loose_connection = true,
        ),
        ("s=-\nm=audio 1 RTP/AVP 0\n", |t| t.missing_lines = true),
        ("s=-\ne=nobody\nc=IN IP4 192.0.2.1\nt=0 0\n", |t| {
            t.loose_contact = true
        }),
        ("s=-\nc=IN IP4 192.0.2.1\nt=0 0\nz=3730928400 1h\n", |t| {
            t.zone_without_repeat = true
        }),
        ("s=-\nc=IN IP4 233.252.0.1\nt=0 0\n", |t| {
            t.loose_connection = true
        }),
        (
            "s=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 1 RTP/AVP 0 \n",
            |t| t.extra_spaces = true,
        ),
        ("s=-\nc=IN IP4 192.0.2.1\nt=0 0\n\n", |t| t.loose_end = true),
    ];
    for (lines, allow) in deviations {
        let sdp = format!("{base}{lines}").replace('\n', "\r\n");
        assert!(strict(sdp.as_bytes()).is_err(), "{lines}");
        let mut tolerance = Tolerance::STRICT;
        allow(&mut tolerance);
        let read = SessionDescription::parse_with(sdp.as_bytes(), &tolerance, &limits);
        assert!(read.is_ok(), "{lines}: {read:?}");
        assert!(SessionDescription::parse(sdp.as_bytes()).is_ok());
    }
}

/// RFC 8866 §5.1: version 0, and for a strict reader nothing else.
#[test]
fn a_version_with_a_space_behind_it() {
    let sdp = b"v=0 \r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";
    assert_eq!(strict(sdp), Err(SdpErrorKind::Malformed(b'v')));
    assert!(SessionDescription::parse(sdp).is_ok());
    let other = SessionDescription::parse(b"v=1\r\n").map_err(|error| error.kind);
    assert_eq!(other, Err(SdpErrorKind::Malformed(b'v')));
}

#[test]
fn what_no_tolerance_forgives() {
    let base = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\n";
    let kind = |lines: &str| {
        let sdp = wire(&format!("{base}{lines}"));
        SessionDescription::parse(&sdp)
            .map(|_| ())
            .map_err(|error| error.kind)
    };
    // §5: a type letter nobody knows spoils the whole, unlike an attribute nobody knows.
    assert_eq!(kind("y=1"), Err(SdpErrorKind::UnknownLine(b'y')));
    assert_eq!(
        kind("m=audio 1 RTP/AVP 0\nG=1"),
        Err(SdpErrorKind::UnknownLine(b'G'))
    );
    assert_eq!(kind("a=y:1"), Ok(()));
    assert_eq!(kind("v=0"), Err(SdpErrorKind::Misplaced(b'v')));
    assert_eq!(
        kind("o=- 2 2 IN IP4 192.0.2.1"),
        Err(SdpErrorKind::Misplaced(b'o'))
    );
    assert_eq!(
        kind("m=audio 1 RTP/AVP 0\nt=0 0"),
        Err(SdpErrorKind::Misplaced(b't'))
    );
    assert_eq!(kind("nonsense"), Err(SdpErrorKind::NotALine));
    assert_eq!(kind("a=x\0"), Err(SdpErrorKind::NotALine));
    assert_eq!(kind("a=x\ry"), Err(SdpErrorKind::NotALine));
    for wrong in [
        "",
        "a",
        "audio",
        "audio 70000 RTP/AVP 0",
        "audio -1 RTP/AVP 0",
        "audio +1 RTP/AVP 0",
        "audio 1/0 RTP/AVP 0",
        "audio 1/+2 RTP/AVP 0",
        "audio 1/ RTP/AVP 0",
        "audio /2 RTP/AVP 0",
        "au/dio 1 RTP/AVP 0",
        "audio 1 RTP/AVP a\tb",
        "audio 1 RTP/AVP",
        "audio 1 RTP//AVP 0",
    ] {
        assert_eq!(
            kind(&format!("m={wrong}")),
            Err(SdpErrorKind::Malformed(b'm')),
            "{wrong}"
        );
    }
    assert_eq!(
        SessionDescription::parse(b"").map_err(|e| e.kind),
        Err(SdpErrorKind::Missing(b'v'))
    );
    let error = SessionDescription::parse(b"v=0\r\ns=-\r\no=- 1 x IN IP4 h\r\n").unwrap_err();
    assert_eq!((error.kind, error.at), (SdpErrorKind::Malformed(b'o'), 10));
    assert_eq!(
        format!("{error}"),
        "malformed o= line (RFC 8866 section 5.2) at line 3, byte 10"
    );
    let cut_short = SessionDescription::parse(b"v=0\n").unwrap_err();
    assert_eq!(
        format!("{cut_short}"),
        "no o= line (RFC 8866 section 5.2) at line 2, byte 4"
    );
}

#[test]
fn size_is_bounded() {
    let limits = DescriptionLimits {
        line_bytes: 60,
        lines: 10,
        media: 2,
        formats: 3,
    };
    let read = |lines: &str| {
        let sdp = wire(&format!(
            "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\n{lines}"
        ));
        let read = SessionDescription::parse_with(&sdp, &Tolerance::LENIENT, &limits);
        read.map(|_| ()).map_err(|error| error.kind)
    };
    let media = "m=audio 1 RTP/AVP 0\n";
    assert_eq!(read(&media.repeat(2)), Ok(()));
    assert_eq!(read(&media.repeat(3)), Err(SdpErrorKind::TooLarge));
    assert_eq!(read("m=audio 1 RTP/AVP 0 1 2"), Ok(()));
    assert_eq!(
        read("m=audio 1 RTP/AVP 0 1 2 3"),
        Err(SdpErrorKind::TooLarge)
    );
    assert_eq!(read(&"a=x\n".repeat(6)), Ok(()));
    assert_eq!(read(&"a=x\n".repeat(7)), Err(SdpErrorKind::TooLarge));
    assert_eq!(read(&format!("a={}", "x".repeat(58))), Ok(()));
    assert_eq!(
        read(&format!("a={}", "x".repeat(59))),
        Err(SdpErrorKind::TooLarge)
    );
}

/// Every single-byte change of the example, and random heaps of its lines: read or refused, never
/// a panic, and what is read survives being written and read again.
#[test]
fn whatever_comes_is_read_or_refused() {
    let sdp = wire(EXAMPLE);
    let again = |sdp: &[u8]| {
        if let Ok(session) = SessionDescription::parse(sdp) {
            let written = session.to_bytes();
            let reread = SessionDescription::parse(&written);
            assert_eq!(
                reread.as_ref(),
                Ok(&session),
                "{}",
                String::from_utf8_lossy(&written)
            );
        }
    };
    for at in 0..sdp.len() {
        for byte in [0, b' ', b'/', b':', b'=', b'0', b'9', b'\n', b'\r', 0xff] {
            let mut bent = sdp.clone();
            bent[at] = byte;
            again(&bent);
        }
        again(&sdp[..at]);
        again(&sdp[at..]);
    }
    let mut rng = crate::rng::Rng::from_seed([9; 32]);
    let lines: Vec<&[u8]> = sdp.split_inclusive(|byte| *byte == b'\n').collect();
    for _ in 0..2000 {
        let mut heap = b"v=0\r\n".to_vec();
        for _ in 0..rng.below(12) {
            heap.extend_from_slice(lines[rng.below(lines.len() as u64) as usize]);
        }
        again(&heap);
    }
}
