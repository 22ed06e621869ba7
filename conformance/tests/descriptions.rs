//! The session descriptions that RFCs print (`vectors/recover_descriptions.py`): each is read, and written again;
//! what a strict reader and the types of attributes find wrong with one is told by name.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use offhook::sdp::attribute::{
    AttributeCapability, ConferenceType, Crypto, Fingerprint, Group, MaxPacketRate,
    PotentialConfiguration, Property, Ptime, Semantics, Tool, TransportCapability,
};
use offhook::sdp::{
    Contact, DescriptionLimits, LocalMedia, Negotiation, SdpErrorKind, SessionDescription,
    Tolerance,
};
use offhook_conformance::fuzzing::attributes::{ATTRIBUTES, Room};
use offhook_conformance::fuzzing::session_description;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

fn vector(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// All of them by name.
fn vectors() -> BTreeMap<String, Vec<u8>> {
    let sums = fs::read_to_string(folder().join("SHA256SUMS.descriptions")).unwrap();
    let names = sums.lines().map(|line| line.split_once("  ").unwrap().1);
    names.map(|name| (name.to_owned(), vector(name))).collect()
}

fn strict(bytes: &[u8]) -> Result<SessionDescription<'_>, SdpErrorKind> {
    let limits = DescriptionLimits::default();
    let read = SessionDescription::parse_with(bytes, &Tolerance::STRICT, &limits);
    read.map_err(|error| error.kind)
}

/// Templates with words where the grammar has addresses and numbers.
const REFUSED: [(&str, SdpErrorKind); 2] = [
    ("rfc8839/12.2-1.sdp", SdpErrorKind::Malformed(b'm')),
    ("rfc8839/12.2-3.sdp", SdpErrorKind::Malformed(b'm')),
];

/// What a strict reader refuses, and how often: most leave `s=` empty or out, or put `t=` before `c=`;
/// RFC 4568 has a time to live with a unicast address, RFC 4585 multicast addresses without one.
const NOT_STRICT: [(&str, SdpErrorKind, usize); 14] = [
    ("rfc4567", SdpErrorKind::Misplaced(b'c'), 2),
    ("rfc4568", SdpErrorKind::Malformed(b'c'), 1),
    ("rfc4574", SdpErrorKind::Malformed(b's'), 1),
    ("rfc4585", SdpErrorKind::Malformed(b'c'), 2),
    ("rfc4585", SdpErrorKind::Misplaced(b'c'), 1),
    ("rfc5104", SdpErrorKind::Misplaced(b'c'), 1),
    ("rfc5104", SdpErrorKind::Missing(b't'), 6),
    ("rfc5109", SdpErrorKind::Misplaced(b'c'), 1),
    ("rfc5124", SdpErrorKind::Misplaced(b'c'), 1),
    ("rfc5763", SdpErrorKind::Misplaced(b't'), 6),
    ("rfc5888", SdpErrorKind::Missing(b's'), 16),
    ("rfc5939", SdpErrorKind::Malformed(b's'), 25),
    ("rfc8839", SdpErrorKind::Malformed(b's'), 3),
    ("rfc9143", SdpErrorKind::Malformed(b's'), 19),
];

/// Attributes that do not follow their own grammar: a `crypto` of a draft, without a tag, and an
/// `rtpmap` without a clock rate.
const MALFORMED: [(&str, &str); 2] = [
    ("rfc5124/3.4-2.sdp", "crypto"),
    ("rfc5888/8.4.1-5.sdp", "rtpmap"),
];

#[test]
fn every_description_is_read_and_written_again() {
    let (mut refused, mut not_strict) = (Vec::new(), Vec::<(&str, SdpErrorKind, usize)>::new());
    let vectors = vectors();
    assert_eq!(vectors.len(), 98);
    for (name, bytes) in &vectors {
        session_description(bytes);
        match SessionDescription::parse(bytes) {
            Err(error) => {
                refused.push((name.as_str(), error.kind));
                continue;
            }
            Ok(session) => {
                let written = session.to_bytes();
                assert_eq!(SessionDescription::parse(&written), Ok(session), "{name}");
            }
        }
        match strict(bytes) {
            Err(kind) => {
                let rfc = name.split('/').next().unwrap_or_default();
                match not_strict
                    .iter_mut()
                    .find(|(own, other, _)| *own == rfc && *other == kind)
                {
                    Some((.., count)) => *count += 1,
                    None => not_strict.push((rfc, kind, 1)),
                }
            }
            Ok(session) => assert_eq!(&session.to_bytes(), bytes, "{name}"),
        }
    }
    assert_eq!(refused, REFUSED);
    not_strict.sort_by_key(|(rfc, kind, _)| (*rfc, format!("{kind:?}")));
    assert_eq!(not_strict, NOT_STRICT);
}

#[test]
fn every_attribute_with_a_type_is_understood() {
    let (mut malformed, mut understood) = (Vec::new(), BTreeMap::new());
    let vectors = vectors();
    for (name, bytes) in &vectors {
        let Ok(session) = SessionDescription::parse(bytes) else {
            continue;
        };
        let levels = session.media.iter().map(|media| &media.attributes);
        for attribute in std::iter::once(&session.attributes).chain(levels).flatten() {
            let mut rows = ATTRIBUTES.iter().filter(|row| row.name == attribute.name);
            if let Some(row) = rows.next() {
                match (row.check)(attribute.text().unwrap_or_default(), &Room::new()) {
                    true => *understood.entry(row.name).or_insert(0) += 1,
                    false => malformed.push((name.as_str(), row.name)),
                }
            }
        }
    }
    assert_eq!(malformed, MALFORMED);
    for name in [
        "acap",
        "acfg",
        "accept-types",
        "crypto",
        "extmap",
        "fingerprint",
        "fmtp",
        "group",
        "key-mgmt",
        "label",
        "maxprate",
        "mid",
        "orient",
        "path",
        "pcfg",
        "rtcp-fb",
        "rtpmap",
        "setup",
        "tcap",
        "tool",
    ] {
        assert!(
            understood.contains_key(name),
            "no {name} among {understood:?}"
        );
    }
}

/// RFC 9143 §18.1, RFC 4568 §7.1.5, RFC 3890 §6.7: what the attributes of some of them say.
#[test]
fn what_some_of_them_say() {
    let bytes = vector("rfc9143/18.1-1.sdp");
    let session = SessionDescription::parse(&bytes).unwrap();
    let group = session.typed::<Group<'_>>().next().unwrap();
    assert_eq!(
        (group.semantics, group.mids),
        (Semantics::Bundle, vec!["foo", "bar"])
    );
    assert!(
        session
            .media
            .iter()
            .all(|media| media.has(Property::RtcpMux))
    );
    let bytes = vector("rfc4568/7.1.5-1.sdp");
    let session = SessionDescription::parse(&bytes).unwrap();
    let keys = session.media[0]
        .typed::<Crypto<'_>>()
        .map(|one| one.keys.len());
    assert_eq!(keys.collect::<Vec<_>>(), [1, 2]);
    let bytes = vector("rfc3890/6.7-1.sdp");
    let session = SessionDescription::parse(&bytes).unwrap();
    let rates = session
        .media
        .iter()
        .map(|media| media.typed::<MaxPacketRate>().next().unwrap().0.whole());
    assert_eq!(rates.collect::<Vec<_>>(), [10, 18]);
    let bytes = vector("rfc5763/7.1-1.sdp");
    let session = SessionDescription::parse(&bytes).unwrap();
    let print = session.media[0]
        .typed_in::<Fingerprint<'_>>(&session)
        .next()
        .unwrap();
    assert_eq!(print.digest[..3], [0x4a, 0xad, 0xb9]);
}

/// RFC 5939 §4.1: who knows nothing of capabilities answers the description as it stands, and the
/// types tell who does know what else could be had.
// shows: S101
#[test]
fn capabilities_are_an_option_beside_plain_offer_and_answer() {
    let offer = vector("rfc5939/4.1-1.sdp");
    let session = SessionDescription::parse(&offer).unwrap();
    let media = &session.media[0];
    let transports = media
        .typed_in::<TransportCapability<'_>>(&session)
        .next()
        .unwrap();
    let best = media
        .typed::<PotentialConfiguration<'_>>()
        .min_by_key(|one| one.number)
        .unwrap();
    assert_eq!((best.number, best.parts.len()), (1, 2));
    assert_eq!(transports.proto(1), Some("RTP/SAVPF"));
    let names = media
        .typed_in::<AttributeCapability<'_>>(&session)
        .map(|one| one.name);
    assert_eq!(names.collect::<Vec<_>>(), ["crypto", "rtcp-fb"]);
    // §4.1 prints the plain answer last.
    let expected = vector("rfc5939/4.1-5.sdp");
    let expected = SessionDescription::parse(&expected).unwrap();
    let mut answerer = Negotiation::new(7, [192, 0, 2, 2].into());
    answerer.receive_offer(&offer).unwrap();
    let answer = answerer
        .create_answer(LocalMedia::audio(([192, 0, 2, 2], 54_568).into()))
        .unwrap();
    let answer = SessionDescription::parse(&answer).unwrap();
    let [stream] = answer.media.as_slice() else {
        panic!("one stream");
    };
    assert_eq!(
        (stream.proto, stream.port),
        (expected.media[0].proto, expected.media[0].port)
    );
    assert_eq!(
        stream.formats,
        ["0"],
        "of PCMU and G.729 we speak the first"
    );
    let known = ["rtpmap", "ptime", "sendrecv"];
    assert!(
        stream
            .attributes
            .iter()
            .all(|one| known.contains(&one.name)),
        "{stream:?}"
    );
}

/// The radio session of the tutorial, rebuilt from what it says of it: every line it has, `c=` below
/// `m=`, and a contact of neither standard form.
// shows: S238
#[test]
fn the_radio_session() {
    let text = "v=0\r\n\
        o=radio 3092839283 3092839291 IN IP4 192.0.2.7\r\n\
        s=Radio on the Mbone\r\n\
        i=Music all day\r\n\
        u=http://www.example.edu/radio/\r\n\
        e=UO Multicasters multicast@lists.example.edu\r\n\
        p=+1 541 555 0100\r\n\
        t=0 0\r\n\
        a=tool:sdr v2.9\r\n\
        a=type:test\r\n\
        m=audio 30554 RTP/AVP 0\r\n\
        c=IN IP4 224.2.246.13/127\r\n\
        a=ptime:40\r\n";
    let session = SessionDescription::parse(text.as_bytes()).unwrap();
    assert_eq!(session.to_bytes(), text.as_bytes());
    assert_eq!(strict(text.as_bytes()), Err(SdpErrorKind::Malformed(b'e')));
    assert_eq!(Contact::email(session.emails[0]), None);
    assert!(Contact::phone(session.phones[0]).is_some());
    assert_eq!(session.typed::<Tool<'_>>().next(), Some(Tool("sdr v2.9")));
    assert_eq!(
        session.typed::<ConferenceType>().next(),
        Some(ConferenceType::Test)
    );
    assert_eq!((session.times[0].start, session.times[0].stop), (0, 0));
    assert_eq!(session.connection, None);
    let media = &session.media[0];
    let connection = media.connection(&session).unwrap();
    assert_eq!(connection.ip(), Some([224, 2, 246, 13].into()));
    assert_eq!((connection.ttl, connection.count), (Some(127), None));
    assert!(connection.is_multicast());
    assert_eq!((media.port, media.ptime_ms()), (30_554, Some(40)));
    assert_eq!(media.typed::<Ptime>().count(), 1);
    assert_eq!(session.typed::<Ptime>().count(), 0);
}
