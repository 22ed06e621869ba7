use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::*;

fn wire(listing: &str) -> Vec<u8> {
    let lines = listing.lines().map(str::trim_start);
    let lines = lines.filter(|line| !line.is_empty());
    let lines = lines.flat_map(|line| [line, "\r\n"]);
    lines.collect::<String>().into_bytes()
}

fn strict(sdp: &[u8]) -> Result<SessionDescription<'_>, SdpErrorKind> {
    let limits = DescriptionLimits::default();
    let parsed = SessionDescription::parse_with(sdp, &Tolerance::STRICT, &limits);
    parsed.map_err(|error| error.kind)
}

/// The example of RFC 8866 §5.
const EXAMPLE: &str = "v=0
    o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1
    s=Call to John Smith
    i=SDP Offer #1
    u=http://www.jdoe.example.com/home.html
    e=Jane Doe <jane@jdoe.example.com>
    p=+1 617 555-6011
    c=IN IP4 198.51.100.1
    t=0 0
    m=audio 49170 RTP/AVP 0
    m=audio 49180 RTP/AVP 0
    m=video 51372 RTP/AVP 99
    c=IN IP6 2001:db8::2
    a=rtpmap:99 h263-1998/90000";

// shows: S016 S026
#[test]
fn the_example_of_the_standard_survives_byte_for_byte() {
    let sdp = wire(EXAMPLE);
    let session = strict(&sdp).unwrap();
    assert_eq!(session.to_bytes(), sdp);
    assert_eq!(session.origin.username, b"jdoe");
    assert_eq!(session.session_name, b"Call to John Smith");
    let [audio, _, video] = session.media.as_slice() else {
        panic!("three sections");
    };
    let address: SocketAddr = "198.51.100.1:49170".parse().unwrap();
    assert_eq!(audio.rtp_address(&session), Some(address));
    let address: SocketAddr = "[2001:db8::2]:51372".parse().unwrap();
    assert_eq!(video.rtp_address(&session), Some(address));
    assert_eq!(video.rtp_map(99).unwrap().name, "h263-1998");
    // The same through the entry for files and mail parts of that type (§8.1), also with bare
    // newlines and without the last one.
    assert_eq!(MEDIA_TYPE, "application/sdp");
    let file: String = EXAMPLE.replace("\n    ", "\n");
    assert_eq!(SessionDescription::parse(file.as_bytes()), Ok(session));
}

/// RFC 8866 §5: the order is fixed.
// shows: S017
#[test]
fn any_other_order_of_lines_is_an_error_unless_tolerated() {
    let sdp = wire(EXAMPLE);
    let lines: Vec<&[u8]> = sdp.split_inclusive(|byte| *byte == b'\n').collect();
    let session = strict(&sdp).unwrap();
    // Every pair of neighbours before the first m=, save v=, which makes it SDP at all.
    for at in 1..8 {
        let mut swapped = lines.clone();
        swapped.swap(at, at + 1);
        let swapped = swapped.concat();
        assert!(
            matches!(strict(&swapped), Err(SdpErrorKind::Misplaced(_))),
            "{at}"
        );
        assert_eq!(
            SessionDescription::parse(&swapped),
            Ok(session.clone()),
            "{at}"
        );
    }
    let mut late = lines.clone();
    late.swap(12, 13);
    assert_eq!(strict(&late.concat()), Err(SdpErrorKind::Misplaced(b'c')));
    let mut first = lines;
    first.swap(0, 1);
    let first = first.concat();
    let error = SessionDescription::parse(&first).map_err(|error| error.kind);
    assert_eq!(error, Err(SdpErrorKind::Missing(b'v')));
}

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

/// RFC 8866 §5.8, RFC 3890, RFC 3556.
// shows: S019
#[test]
fn bandwidth_of_every_kind() {
    let sdp = wire(
        "v=0
        o=- 1 1 IN IP4 192.0.2.1
        s=-
        c=IN IP4 192.0.2.1
        b=CT:128
        b=X-YZ:anything
        b=NEW:7
        t=0 0
        m=audio 5000 RTP/AVP 0
        b=AS:64
        b=TIAS:50780
        b=RS:800
        b=RR:2400",
    );
    let session = strict(&sdp).unwrap();
    let media = &session.media[0];
    for (kind, value) in [
        (BandwidthKind::ConferenceTotal, 128),
        (BandwidthKind::ApplicationSpecific, 64),
        (BandwidthKind::TransportIndependent, 50_780),
        (BandwidthKind::RtcpSenders, 800),
        (BandwidthKind::RtcpReceivers, 2400),
        (BandwidthKind::Other("NEW"), 7),
    ] {
        assert_eq!(media.bandwidth(&session, kind), Some(value), "{kind:?}");
    }
    assert_eq!(session.bandwidths.len(), 2);
    let broken = wire("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nb=AS:many");
    assert!(SessionDescription::parse(&broken).is_err());
}

/// RFC 8866 §5.6: neither form of the standard, as in the tutorial's radio session.
// shows: S240
#[test]
fn a_contact_of_no_known_form_is_kept_only_when_tolerated() {
    let sdp = wire(
        "v=0
        o=- 1 1 IN IP4 192.0.2.1
        s=-
        e=UO Multicasters multicast@lists.example.edu
        c=IN IP4 192.0.2.1
        t=0 0",
    );
    assert_eq!(strict(&sdp), Err(SdpErrorKind::Malformed(b'e')));
    let session = SessionDescription::parse(&sdp).unwrap();
    assert_eq!(
        session.emails,
        [b"UO Multicasters multicast@lists.example.edu"]
    );
    assert_eq!(Contact::email(session.emails[0]), None);
}

/// RFC 8866 §9: the forms of `k=`; once in each section.
#[test]
fn keys_have_a_form_and_stand_once() {
    let base = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n";
    let read = |lines: &str| strict(&wire(&format!("{base}{lines}"))).map(|_| ());
    for right in [
        "prompt",
        "clear:x y",
        "base64:",
        "base64:AAA=",
        "uri:http://h.example/k",
    ] {
        assert_eq!(read(&format!("k={right}")), Ok(()), "{right}");
    }
    for wrong in [
        "",
        "Prompt",
        "clear",
        "clear:",
        "base64:AAA",
        "base64:A=AA",
        "uri:",
        "x:y",
    ] {
        let malformed = Err(SdpErrorKind::Malformed(b'k'));
        assert_eq!(read(&format!("k={wrong}")), malformed, "{wrong}");
    }
    assert_eq!(read("k=prompt\nm=audio 1 RTP/AVP 0\nk=prompt"), Ok(()));
    assert_eq!(
        read("k=prompt\nk=prompt"),
        Err(SdpErrorKind::Misplaced(b'k'))
    );
    assert_eq!(read("a=x\nk=prompt"), Err(SdpErrorKind::Misplaced(b'k')));
}

/// RFC 8866 §5.12: a key in a description is thrown away, at either level.
// shows: S268
#[test]
fn keys_are_discarded() {
    let with = wire(
        "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nk=prompt\nm=audio 1 RTP/AVP 0\nk=clear:secret\na=ptime:20",
    );
    let written = strict(&with).unwrap().to_bytes();
    let text = String::from_utf8(written).unwrap();
    assert!(!text.contains("k=") && !text.contains("secret"));
    assert!(text.ends_with("m=audio 1 RTP/AVP 0\r\na=ptime:20\r\n"));
}

/// The connection lines of RFC 5118 §4.6 and §4.8, an IPv4-mapped address among them.
// shows: S250
#[test]
fn ipv6_connection_lines() {
    let head = "v=0\no=assistant 971731711378798081 0 IN IP6 2001:db8::20\ns=-\nt=0 0\n";
    for (line, address) in [
        ("c=IN IP6 2001:db8::20", Some("2001:db8::20")),
        ("c=IN IP4 192.0.2.1", Some("192.0.2.1")),
        ("c=IN IP6 ::ffff:192.0.2.2", Some("::ffff:192.0.2.2")),
        ("c=IN IP4 2001:db8::20", None),
        ("c=IN IP6 192.0.2.1", None),
        ("c=IN IP4 host.example.com", None),
        ("c=ATM NSAP 47.0005", None),
    ] {
        let sdp = wire(&format!("{head}{line}"));
        let session = SessionDescription::parse(&sdp).unwrap();
        let expected = address.map(|text| text.parse().unwrap());
        assert_eq!(session.connection.unwrap().ip(), expected, "{line}");
    }
}

/// RFC 8866 §5.7.
#[test]
fn multicast_needs_its_time_to_live_and_only_where_it_belongs() {
    let head = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\nm=video 49170/2 RTP/AVP 31\n";
    let read = |line: &str| {
        let sdp = wire(&format!("{head}{line}"));
        let session = strict(&sdp).map_err(|_| ())?;
        assert_eq!(session.to_bytes(), sdp);
        let connection = session.media[0].connections[0];
        Ok((connection.ttl, connection.count))
    };
    assert_eq!(read("c=IN IP4 233.252.0.1/127"), Ok((Some(127), None)));
    assert_eq!(read("c=IN IP4 233.252.0.1/127/3"), Ok((Some(127), Some(3))));
    assert_eq!(read("c=IN IP6 ff00::db8:0:101/3"), Ok((None, Some(3))));
    assert_eq!(read("c=IN IP6 ff00::db8:0:101"), Ok((None, None)));
    for wrong in [
        "c=IN IP4 233.252.0.1",
        "c=IN IP4 233.252.0.1/256",
        "c=IN IP4 233.252.0.1/127/0",
        "c=IN IP6 ff00::1/127/3",
        "c=IN IP4 192.0.2.1/127",
        "c=IN IP4 192.0.2.1 x",
        "c=IN IP4",
        "c=IN IP4 ",
    ] {
        assert_eq!(read(wrong), Err(()), "{wrong}");
    }
    let session_level =
        wire("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 233.252.0.1/127/3\nt=0 0");
    assert!(SessionDescription::parse(&session_level).is_err());
}

/// RFC 8866 §5.7 and §5.14: what a count of groups, several lines, and a count of ports stand for.
#[test]
fn layers_have_an_address_and_a_port_each() {
    let head = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\nm=video 49170/2 RTP/AVP 31\n";
    let layers = |lines: &str| {
        let sdp = wire(&format!("{head}{lines}"));
        let session = strict(&sdp).unwrap();
        let layers: Vec<_> = session.media[0].rtp_addresses(&session).collect();
        layers
            .iter()
            .map(|one| format!("{one}"))
            .collect::<Vec<_>>()
    };
    let two = ["233.252.0.1:49170", "233.252.0.2:49172"];
    assert_eq!(layers("c=IN IP4 233.252.0.1/127/2"), two);
    assert_eq!(
        layers("c=IN IP4 233.252.0.1/127\nc=IN IP4 233.252.0.2/127"),
        two
    );
    assert_eq!(
        layers("c=IN IP6 ff00::db8:0:101\nc=IN IP6 ff00::db8:0:102"),
        ["[ff00::db8:0:101]:49170", "[ff00::db8:0:102]:49172"]
    );
    // One address and several ports: the layers of a stream to one host.
    assert_eq!(
        layers("c=IN IP4 192.0.2.1"),
        ["192.0.2.1:49170", "192.0.2.1:49172"]
    );
    let top = Connection {
        count: Some(9),
        ..Connection::to_ip([255, 255, 255, 254].into(), "255.255.255.254")
    };
    assert_eq!(
        top.addresses().count(),
        2,
        "no address lies beyond the last"
    );
}

/// RFC 8866 §5: values whose bytes are not UTF-8 stay what they are; only words have to be text.
#[test]
fn free_text_of_another_character_set_is_kept() {
    let mut sdp = wire("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=Caf?\nc=IN IP4 192.0.2.1\nt=0 0");
    sdp.extend_from_slice(b"a=charset:ISO-8859-1\r\na=keywds:\xe9t\xe9\r\n");
    let at = sdp.iter().position(|byte| *byte == b'?').unwrap();
    sdp[at] = 0xe9;
    let session = strict(&sdp).unwrap();
    assert_eq!(session.session_name, b"Caf\xe9");
    let words = session.attribute("keywds").unwrap();
    assert_eq!(
        (words.value.as_deref(), words.text()),
        (Some(&b"\xe9t\xe9"[..]), None)
    );
    assert_eq!(session.to_bytes(), sdp);
    let mut bent = sdp.clone();
    bent[at + 8] = 0xe9;
    assert_eq!(strict(&bent), Err(SdpErrorKind::Malformed(b'c')));
}

/// RFC 8866 §6.7: at the media, else at the session, else both ways.
#[test]
fn directions_are_inherited() {
    let sdp = wire(
        "v=0
        o=jdoe 3724395000 3724395001 IN IP6 2001:db8::1
        s=-
        c=IN IP6 2001:db8::1
        t=0 0
        a=inactive
        m=audio 49170 RTP/AVP 0
        a=sendrecv
        m=audio 49180 RTP/AVP 0
        m=video 51372 RTP/AVP 99
        a=rtpmap:99 h263-1998/90000",
    );
    let session = strict(&sdp).unwrap();
    let directions = session.media.iter().map(|media| media.direction(&session));
    let directions: Vec<_> = directions.collect();
    let expected = [
        Direction::SendRecv,
        Direction::Inactive,
        Direction::Inactive,
    ];
    assert_eq!(directions, expected);
}

#[test]
fn attributes_of_a_stream() {
    let sdp = wire(
        "v=0
        o=- 1 1 IN IP4 192.0.2.1
        s=-
        c=IN IP4 192.0.2.1
        t=0 0
        m=audio 49170 RTP/AVP 8 96 97 x 300
        a=rtpmap:8 PCMA/8000
        a=rtpmap:96 L16/16000/2
        a=rtpmap:97 AMR/8000
        a=fmtp:97 octet-align=1; mode-set=0,2
        a=ptime:2.5
        a=maxptime:40
        a=rtcp:53020 IN IP4 126.16.64.4
        a=never-heard-of-it:1
        a=sendonly",
    );
    let session = SessionDescription::parse(&sdp).unwrap();
    let media = &session.media[0];
    assert_eq!(media.payload_types().collect::<Vec<_>>(), [8, 96, 97]);
    assert_eq!(media.rtp_map(96).unwrap().channels, 2);
    assert_eq!(
        media.codec(8),
        Some(Codec {
            name: "PCMA".into(),
            ..Codec::PCMA
        })
    );
    assert_eq!(media.rtp_map(0).unwrap().name, "PCMU");
    assert_eq!(media.mapped(0), None);
    assert_eq!((media.ptime_ms(), media.maxptime_ms()), (Some(2), Some(40)));
    let rtcp: SocketAddr = "126.16.64.4:53020".parse().unwrap();
    assert_eq!(media.rtcp_address(&session), Some(rtcp));
    assert_eq!(media.direction(&session), Direction::SendOnly);
}

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
