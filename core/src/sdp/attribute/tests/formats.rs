//! RFC 8866 §6.1 to §6.6 and §6.8 to §6.15, and the parameters of some formats.

use super::*;

/// RFC 8866 §6, the example of each section.
#[test]
fn every_example_of_the_standard() {
    assert_eq!(same::<Cat<'_>>("foo.bar").0, "foo.bar");
    same::<Keywds<'_>>("SDP session description protocol");
    assert_eq!(same::<Tool<'_>>("foobar V3.2").0, "foobar V3.2");
    assert_eq!(same::<Ptime>("20").0, Decimal::from_whole(20));
    assert_eq!(same::<MaxPtime>("20").0, Decimal::from_whole(20));
    assert_eq!(same::<Orientation>("portrait"), Orientation::Portrait);
    assert_eq!(
        same::<ConferenceType>("moderated"),
        ConferenceType::Moderated
    );
    assert_eq!(same::<Charset<'_>>("ISO-8859-1").0, "ISO-8859-1");
    assert_eq!(same::<SdpLang<'_>>("fr").0, "fr");
    assert_eq!(same::<Lang<'_>>("de").0, "de");
    assert_eq!(same::<FrameRate>("60").0, Decimal::from_whole(60));
    assert_eq!(same::<Quality>("10").0, 10);
    let fmtp = same::<Fmtp<'_>>("96 profile-level-id=42e016;max-mbps=108000;max-fs=3600");
    assert_eq!(fmtp.payload_type(), Some(96));
    assert_eq!(fmtp.list().get("Profile-Level-ID"), Some("42e016"));
    assert_eq!(fmtp.list().number("max-fs"), Some(3600));
    assert_eq!(fmtp.list().number("profile-level-id"), None);
    for name in ["broadcast", "meeting", "test", "H332"] {
        same::<ConferenceType>(name);
    }
    for name in ["landscape", "seascape"] {
        same::<Orientation>(name);
    }
    assert!(Charset("utf-8").is_utf8());
}

/// RFC 8866 §6.8 and §6.9: their names are case-sensitive; §9: the forms of the others.
#[test]
fn values_outside_the_grammar() {
    refused::<Cat<'_>>(&["", "foo bar", "a\tb"]);
    refused::<Keywds<'_>>(&[""]);
    refused::<Tool<'_>>(&[""]);
    refused::<ConferenceType>(&["", "Meeting", "h332", "meeting "]);
    refused::<Orientation>(&["", "Portrait", "upside-down"]);
    refused::<Charset<'_>>(&["", "ISO 8859-1"]);
    refused::<Lang<'_>>(&[
        "",
        "d e",
        "-de",
        "de-",
        "123",
        "abcdefghi",
        "de-abcdefghi",
        "de_CH",
    ]);
    refused::<SdpLang<'_>>(&["", "fr,en"]);
    refused::<Quality>(&["", "-1", "high", "4294967296"]);
    refused::<Fmtp<'_>>(&["", "96", "96:x y", "a/b c"]);
    same::<Lang<'_>>("zh-Hant-TW");
}

/// RFC 8866 §6.4, §6.5, §6.13: an integer or a real, not zero.
#[test]
fn times_and_rates_may_have_a_fraction() {
    let ntsc = same::<FrameRate>("29.97").0;
    assert_eq!((ntsc.whole(), ntsc.billionths()), (29, 970_000_000));
    assert_eq!(same::<Ptime>("2.5").0, Decimal::from_thousandths(2500));
    assert_eq!(same::<Ptime>("0.125").0, Decimal::from_thousandths(125));
    assert_eq!(same::<Ptime>("0.000000001").0.billionths(), 1);
    // Zeros at the end mean nothing, and beyond the billionth nobody looks.
    assert_eq!(Ptime::parse("20.0"), Some(Ptime(Decimal::from_whole(20))));
    assert_eq!(
        Decimal::parse("1.0000000019"),
        Decimal::parse("1.000000001")
    );
    let bad = [
        "", "0", "0.0", ".5", "5.", "1.2.3", "-20", "+20", "20ms", "1.x", "20;30",
    ];
    refused::<Ptime>(&bad);
    refused::<MaxPtime>(&bad);
    refused::<FrameRate>(&bad);
}

/// RFC 3890 §6.2 and §6.7, §6.4: what a stream takes with headers of 40 octets, and of 60.
#[test]
fn packet_rate_and_bandwidth() {
    let rate = MaxPacketRate::parse("28.0").unwrap();
    assert_eq!(rate, same::<MaxPacketRate>("28"));
    assert_eq!(rate.bit_rate(50_780, 40), 50_780 + 28 * 40 * 8);
    assert_eq!(rate.bit_rate(50_780, 60), 50_780 + 28 * 60 * 8);
    assert_eq!(
        same::<MaxPacketRate>("10.5").bit_rate(0, 1),
        88,
        "a begun packet is one"
    );
    assert_eq!(same::<MaxPacketRate>("0").bit_rate(7, 40), 7);
    refused::<MaxPacketRate>(&["", "x", "1.", ".1", "-1"]);
}

/// RFC 8866 §6.6.
#[test]
fn maps_of_payload_types() {
    let map = same::<RtpMap<'_>>("98 L16/16000/2");
    let parts = (map.payload_type, map.name, map.clock_rate, map.channels);
    assert_eq!(parts, (98, "L16", 16000, 2));
    assert_eq!(same::<RtpMap<'_>>("96 L8/8000").channels, 1);
    same::<RtpMap<'_>>("98 L16/11025/2");
    same::<RtpMap<'_>>("99 h263-1998/90000");
    refused::<RtpMap<'_>>(&[
        "",
        "96",
        "96 ",
        "96 L8",
        "96 L8/",
        "96 L8/0",
        "96 L8/+8000",
        "96 /8000",
        "128 L8/8000",
        "-1 L8/8000",
        "96 L8/8000/0",
        "96 L8/8000/x",
        "96 L 8/8000",
        "96 L8/4294967296",
    ]);
}

/// RFC 4855 §3: names of parameters in any case, spaces around them.
#[test]
fn lists_of_parameters() {
    let list = FormatParameters(" octet-align=1 ; Mode-Set=0,2;crc ;; x = a=b;");
    let all: Vec<_> = list.iter().collect();
    assert_eq!(
        all,
        [
            ("octet-align", Some("1")),
            ("Mode-Set", Some("0,2")),
            ("crc", None),
            ("x", Some("a=b")),
        ]
    );
    assert_eq!(list.get("mode-set"), Some("0,2"));
    assert_eq!((list.get("crc"), list.get("none")), (None, None));
}

/// RFC 4733 §2.4.1, its example and those of §2.5.1.1.
#[test]
fn telephone_events() {
    let events = EventList::parse("0-15,66,70").unwrap();
    assert_eq!(events.to_string(), "0-15,66,70");
    assert_eq!(events.iter().count(), 18);
    assert!(events.contains(15) && events.contains(66) && !events.contains(16));
    assert_eq!(EventList::parse("0-15"), Some(EventList::KEYS));
    assert_eq!(events.and(&EventList::KEYS), EventList::KEYS);
    let data = EventList::parse("32-49,52-60").unwrap();
    assert_eq!(data.to_string(), "32-49,52-60");
    assert_eq!(data.and(&EventList::KEYS), EventList::default());
    // Not sorted, one range in several pieces; and the form of the media type.
    assert_eq!(
        EventList::parse("10,0-4,15,5-9,11-14"),
        Some(EventList::KEYS)
    );
    assert_eq!(EventList::parse("events=0-15,66,70"), Some(events));
    let ends = EventList::parse("0,254-255").unwrap();
    assert_eq!(
        (ends.to_string(), ends.iter().last()),
        ("0,254-255".into(), Some(255))
    );
    for wrong in [
        "", ",", "1,", "5-5", "5-4", "256", "0-256", "0 - 15", "0-15, 66", "x", "-1", "1-",
    ] {
        assert_eq!(EventList::parse(wrong), None, "{wrong}");
    }
}

/// RFC 2198 §5 and RFC 4733 §2.5.1.1.
#[test]
fn redundant_encodings() {
    let text = description(
        "m=audio 12345 RTP/AVP 121 0 5
        a=rtpmap:121 red/8000/1
        a=fmtp:121 0/5
        m=audio 12346 RTP/AVP 100 101
        a=rtpmap:100 red/8000/1
        a=fmtp:100 101/101/101
        a=rtpmap:101 telephone-event/8000
        a=fmtp:101 0-15",
    );
    let session = SessionDescription::parse(text.as_bytes()).unwrap();
    for (media, red, formats) in [
        (&session.media[0], 121, &[0, 5][..]),
        (&session.media[1], 100, &[101, 101, 101]),
    ] {
        let parameters = media.format_parameters(red).unwrap();
        let read = RedFormats::parse(parameters).unwrap();
        assert_eq!(read.payload_types, formats);
        assert_eq!(read.to_string(), parameters);
        assert!(read.are_among(&media.payload_types().collect::<Vec<_>>()));
        assert!(!read.are_among(&[0]));
    }
    for wrong in ["", "/", "0/", "0/128", "0/x", "0 / 5"] {
        assert_eq!(RedFormats::parse(wrong), None, "{wrong}");
    }
}

/// RFC 4867 §8.1 and §8.2: the parameters, and which imply octet-aligned operation.
#[test]
fn adaptive_multi_rate() {
    let read = |text, wide| AmrParameters::parse(FormatParameters(text), wide);
    let plain = read("", false).unwrap();
    assert_eq!(plain, AmrParameters::default());
    assert!(!plain.is_octet_aligned() && plain.allows_mode(7));
    let text = "octet-align=1;mode-change-period=2;mode-change-capability=2;mode-change-neighbor=1;\
                crc=1;robust-sorting=1;mode-set=0,2,5,7;interleaving=30;max-red=220";
    let all = read(text, false).unwrap();
    assert_eq!(all.to_string(), text);
    assert!(all.allows_mode(2) && !all.allows_mode(1));
    assert_eq!(
        (all.interleaving, all.max_redundancy_ms),
        (Some(30), Some(220))
    );
    for implies in [
        "crc=1",
        "robust-sorting=1",
        "interleaving=1",
        "octet-align=1",
    ] {
        assert!(
            read(implies, false).unwrap().is_octet_aligned(),
            "{implies}"
        );
    }
    assert!(!read("crc=0;mode-set=1", false).unwrap().is_octet_aligned());
    // Mode 8 is one of the wideband codec's only.
    assert!(read("mode-set=8", true).unwrap().allows_mode(8));
    assert_eq!(read("mode-set=8", false), None);
    // RFC 3890 §6.7 leaves the value out.
    assert!(read("octet-align;", false).unwrap().octet_align);
    for wrong in [
        "octet-align=2",
        "mode-set=",
        "mode-set=9",
        "mode-set",
        "mode-change-period=0",
        "mode-change-capability=3",
        "interleaving=0",
        "interleaving",
        "max-red=65536",
        "crc=yes",
    ] {
        assert_eq!(read(wrong, true), None, "{wrong}");
    }
}
