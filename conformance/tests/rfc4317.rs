//! The offers and answers that RFC 4317 and RFC 3264 §10 print: our machine plays both sides of each, says
//! the same in meaning, and both sides end up in one session.
//!
//! Each side is given the media its printed description has, and reads the description the other side is
//! printed with. Payload types of ours are our own choice, so formats are compared by what they mean. Where
//! ours differs from what is printed, the trap is named in [`TRAPS`].

use std::collections::BTreeMap;
use std::path::PathBuf;

use offhook::sdp::{
    Codec, DescriptionLimits, Direction, LocalMedia, MediaDescription, MediaKind, MediaPlan,
    Negotiation, NegotiationError, SdpErrorKind, SessionDescription, Tolerance,
};

/// What is wrong or peculiar about a printed description.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Trap {
    /// A mark that RFC 3264 §6.1 does not allow as an answer to the offer's.
    ForbiddenMark,
    /// Formats in an answer that were not offered: allowed (§6.1), and of no use.
    UnofferedFormat,
    /// The connection address 0.0.0.0: understood, never sent (§8.4).
    ZeroAddress,
    /// Another number in the answer for the same format: allowed, and not recommended (§6.1).
    OtherNumber,
    /// A higher version of what has not changed: forbidden (§8).
    NeedlessVersion,
}

const TRAPS: [(&str, Trap); 6] = [
    ("rfc4317/2.3-2-answer", Trap::OtherNumber),
    ("rfc4317/3.2-4-answer", Trap::ForbiddenMark),
    ("rfc4317/3.2-4-answer", Trap::UnofferedFormat),
    ("rfc4317/3.2-4-answer", Trap::NeedlessVersion),
    ("rfc4317/5.2-1-offer", Trap::ZeroAddress),
    ("rfc4317/5.3-2-answer", Trap::ZeroAddress),
];

fn has_trap(name: &str, trap: Trap) -> bool {
    TRAPS.contains(&(name, trap))
}

/// The names printed, and the addresses they stand for here: a machine below names looks none up.
const HOSTS: [(&str, &str); 8] = [
    ("host.atlanta.example.com", "192.0.2.1"),
    ("host.anywhere.com", "192.0.2.1"),
    ("newhost.biloxi.example.com", "192.0.2.3"),
    ("otherhost.biloxi.example.com", "192.0.2.4"),
    ("placeholder.biloxi.example.com", "192.0.2.5"),
    ("mediaserver.biloxi.example.com", "192.0.2.6"),
    ("host.biloxi.example.com", "192.0.2.2"),
    ("host.example.com", "192.0.2.2"),
];

/// All printed descriptions, by the folder and the name of their file.
fn printed() -> BTreeMap<String, Vec<u8>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut all = BTreeMap::new();
    for folder in ["rfc3264", "rfc4317"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("the vectors") {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().expect("a name").to_string_lossy();
            let text = std::fs::read(&path).expect("a description");
            all.insert(format!("{folder}/{name}"), text);
        }
    }
    all
}

fn with_addresses(printed: &[u8]) -> Vec<u8> {
    let mut text = String::from_utf8(printed.to_vec()).expect("ASCII");
    for (host, address) in HOSTS {
        text = text.replace(host, address);
    }
    text.into_bytes()
}

/// The descriptions of each scenario, in order.
fn scenarios() -> BTreeMap<String, Vec<(String, Vec<u8>)>> {
    let mut scenarios: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for (name, text) in printed() {
        let section = name.split('-').next().expect("a section").to_owned();
        let text = with_addresses(&text);
        scenarios.entry(section).or_default().push((name, text));
    }
    scenarios
}

/// The media of whoever wrote a description.
fn media_of(name: &str, text: &[u8], own: std::net::IpAddr) -> Vec<LocalMedia> {
    let session = SessionDescription::parse(text).expect("a description");
    let local = |media: &MediaDescription<'_>| {
        let kinds = [MediaKind::Audio, MediaKind::Video];
        let kind = kinds.into_iter().find(|kind| kind.as_str() == media.media);
        let codecs = media
            .payload_types()
            .filter_map(|number| media.codec(number));
        let mut address = media.rtp_address(&session).expect("an address");
        if has_trap(name, Trap::ZeroAddress) {
            assert!(address.ip().is_unspecified());
            address.set_ip(own);
        }
        LocalMedia {
            direction: media.direction(&session),
            ..LocalMedia::rtp(kind.expect("a kind"), address, codecs.collect())
        }
    };
    session.media.iter().map(local).collect()
}

/// What a section means, apart from numbers: the kind, where to, the formats, the mark. Nothing but its
/// kind if it is not wanted.
type Meaning = (
    String,
    Option<(std::net::SocketAddr, Vec<Codec>, Direction)>,
);

fn meaning(text: &[u8]) -> Vec<Meaning> {
    let session = SessionDescription::parse(text).expect("a description");
    let one = |media: &MediaDescription<'_>| {
        let formats = media.payload_types().map(|number| media.codec(number));
        let open = (media.port != 0).then(|| {
            (
                media.rtp_address(&session).expect("an address"),
                formats.map(|codec| codec.expect("a format")).collect(),
                media.direction(&session),
            )
        });
        (media.media.to_owned(), open)
    };
    session.media.iter().map(one).collect()
}

fn version(text: &[u8]) -> u64 {
    let session = SessionDescription::parse(text).expect("a description");
    session.origin.session_version.parse().expect("a number")
}

/// Holds what we say against what is printed.
fn compare(name: &str, ours: &[u8], printed: &[u8]) {
    let (mut ours, mut theirs) = (meaning(ours), meaning(printed));
    assert_eq!(ours.len(), theirs.len(), "{name}: as many places");
    for (one, other) in ours.iter_mut().zip(&mut theirs) {
        let (Some(one), Some(other)) = (&mut one.1, &mut other.1) else {
            continue;
        };
        if has_trap(name, Trap::ZeroAddress) {
            assert!(other.0.ip().is_unspecified() && !one.0.ip().is_unspecified());
            other.0.set_ip(one.0.ip());
        }
        if has_trap(name, Trap::UnofferedFormat) {
            other.1.retain(|codec| one.1.contains(codec));
        }
        if has_trap(name, Trap::ForbiddenMark) && other.2 == Direction::SendRecv {
            assert_eq!(one.2, Direction::RecvOnly, "the most that may be said");
            other.2 = one.2;
        }
    }
    assert_eq!(ours, theirs, "{name}");
}

/// One side: the machine, and the last description it wrote and the last it is printed to have written.
struct Side {
    negotiation: Negotiation,
    address: std::net::IpAddr,
    last: Option<(Vec<u8>, Vec<u8>)>,
}

impl Side {
    fn new(address: &str) -> Self {
        let address = address.parse().expect("an address");
        Self {
            negotiation: Negotiation::new(7, address),
            address,
            last: None,
        }
    }

    /// RFC 3264 §8: one up if anything else changed, and only then; ours always, the printed ones but for the
    /// trap.
    fn count(&mut self, name: &str, ours: &[u8], printed: &[u8]) {
        if let Some((our_last, printed_last)) = &self.last {
            assert!(counts(our_last, ours), "{name}: ours");
            let needless = has_trap(name, Trap::NeedlessVersion);
            assert_eq!(counts(printed_last, printed), !needless, "{name}: printed");
        }
        self.last = Some((ours.to_vec(), printed.to_vec()));
    }
}

fn counts(before: &[u8], now: &[u8]) -> bool {
    let rest = |text: &[u8]| -> Vec<String> {
        let text = String::from_utf8_lossy(text).into_owned();
        let lines = text.lines().filter(|line| !line.starts_with("o="));
        lines.map(str::to_owned).collect()
    };
    let has_changed = rest(before) != rest(now);
    version(now) == version(before) + u64::from(has_changed)
}

/// Both sides of one exchange.
fn exchange(offerer: &mut Side, answerer: &mut Side, pair: &[(String, Vec<u8>)]) {
    let [(offer_name, offer), (answer_name, answer)] = pair else {
        panic!("an offer without its answer");
    };
    let local = media_of(offer_name, offer, offerer.address);
    let own = offerer.negotiation.create_offer(local).expect("an offer");
    compare(offer_name, &own, offer);
    offerer.count(offer_name, &own, offer);

    answerer.negotiation.receive_offer(offer).expect("an offer");
    let local = media_of(answer_name, answer, answerer.address);
    let own = answerer
        .negotiation
        .create_answer(local)
        .expect("an answer");
    compare(answer_name, &own, answer);
    answerer.count(answer_name, &own, answer);
    offerer
        .negotiation
        .receive_answer(answer)
        .expect("an answer");

    let plans = |side: &Side| -> Vec<MediaPlan> {
        side.negotiation
            .plans()
            .map(|(_, plan)| plan.clone())
            .collect()
    };
    let (one, other) = (plans(offerer), plans(answerer));
    assert_eq!(one.len(), other.len(), "{offer_name}");
    for (one, other) in one.iter().zip(&other) {
        assert!(one.codec.matches(&other.codec), "{offer_name}");
        // What a side could not say is not in force: nothing is sent to 0.0.0.0.
        let held = |plan: &MediaPlan| plan.remote.ip().is_unspecified();
        if !held(one) && !held(other) {
            assert_eq!(one.direction, other.direction.reversed(), "{offer_name}");
        }
        for (here, there, trap) in [(one, other, answer_name), (other, one, offer_name)] {
            if has_trap(trap, Trap::ZeroAddress) {
                assert_eq!(here.rtp_destination(), None, "{trap}");
                assert_eq!(here.rtcp_destination(), None, "{trap}");
                assert!(here.is_held_by_peer() && !here.direction.sends());
            } else {
                assert_eq!(here.remote, there.local, "{offer_name}");
            }
        }
    }
}

/// RFC 4317 §2 to §5 and RFC 3264 §10, whole.
// shows: S234
#[test]
fn every_printed_exchange_comes_out_as_printed() {
    let scenarios = scenarios();
    assert_eq!(scenarios.len(), 16 + 2);
    let count = scenarios.values().map(Vec::len).sum::<usize>();
    assert_eq!(count, 54 + 8);
    for (section, descriptions) in scenarios {
        let (mut alice, mut bob) = (Side::new("192.0.2.1"), Side::new("192.0.2.2"));
        for pair in descriptions.chunks(2) {
            let session = SessionDescription::parse(&pair[0].1).expect("a description");
            match session.origin.username {
                b"alice" => exchange(&mut alice, &mut bob, pair),
                b"bob" => exchange(&mut bob, &mut alice, pair),
                other => panic!("{section}: {other:?}"),
            }
        }
    }
}

/// The media side by side after the last exchange of a section, as its text tells them.
fn outcome(section: &str) -> (Side, Side) {
    let (mut alice, mut bob) = (Side::new("192.0.2.1"), Side::new("192.0.2.2"));
    for pair in scenarios()[section].chunks(2) {
        let session = SessionDescription::parse(&pair[0].1).expect("a description");
        match session.origin.username {
            b"alice" => exchange(&mut alice, &mut bob, pair),
            _ => exchange(&mut bob, &mut alice, pair),
        }
    }
    (alice, bob)
}

fn streams(side: &Side) -> Vec<(MediaKind, String, Direction)> {
    let plans = side.negotiation.plans();
    plans
        .map(|(_, plan)| (plan.kind, plan.codec.name.to_string(), plan.direction))
        .collect()
}

/// What the text of each section says came of it.
#[test]
fn every_session_is_the_one_the_text_tells_of() {
    use Direction::{RecvOnly, SendOnly, SendRecv};
    let audio = |codec: &str, direction| (MediaKind::Audio, codec.to_owned(), direction);
    let video = |codec: &str| (MediaKind::Video, codec.to_owned(), SendRecv);
    let tones = |direction| audio("telephone-event", direction);
    let voice = |codec: &str| audio(codec, SendRecv);
    for (section, alice) in [
        ("rfc4317/2.1", vec![voice("PCMU"), video("MPV")]),
        ("rfc4317/2.2", vec![voice("PCMU")]),
        ("rfc4317/2.3", vec![voice("iLBC"), video("H261")]),
        ("rfc4317/2.4", vec![voice("iLBC"), tones(SendOnly)]),
        ("rfc4317/2.5", vec![voice("iLBC"), video("H261")]),
        ("rfc4317/2.6", vec![voice("iLBC")]),
        ("rfc4317/2.7", vec![voice("iLBC"), video("H261")]),
        ("rfc4317/2.8", vec![voice("PCMU"), video("MPV")]),
        ("rfc4317/3.1", vec![voice("iLBC")]),
        (
            "rfc4317/3.2",
            vec![audio("iLBC", RecvOnly), tones(SendOnly)],
        ),
        ("rfc4317/4.1", vec![voice("iLBC"), tones(SendOnly)]),
        ("rfc4317/4.2", vec![voice("PCMU"), video("H261")]),
        ("rfc4317/4.3", vec![voice("iLBC")]),
        ("rfc4317/5.1", vec![voice("iLBC")]),
        ("rfc4317/5.2", vec![voice("iLBC")]),
        ("rfc4317/5.3", vec![voice("iLBC")]),
        (
            "rfc3264/10.1",
            vec![
                voice("PCMU"),
                video("MPV"),
                audio("telephone-events", SendOnly),
            ],
        ),
        ("rfc3264/10.2", vec![voice("G723")]),
    ] {
        let (one, other) = outcome(section);
        assert_eq!(streams(&one), alice, "{section}");
        let mirrored: Vec<_> = alice
            .into_iter()
            .map(|(kind, codec, direction)| (kind, codec, direction.reversed()))
            .collect();
        assert_eq!(streams(&other), mirrored, "{section}");
    }
}

/// RFC 4317 §2.3: 97 in the offer and 99 in the answer are one format, sent with the peer's number. §2.8: the
/// picture goes elsewhere than the sound. §2.5, §4.1: streams move, and the old place is known (RFC 3264
/// §8.3.1).
#[test]
fn numbers_and_places_are_those_of_the_receiver() {
    let (alice, bob) = outcome("rfc4317/2.3");
    let plan = |side: &Side, at| {
        side.negotiation
            .plans()
            .nth(at)
            .expect("a stream")
            .1
            .clone()
    };
    assert_eq!(plan(&alice, 0).send_payload_type, 99);
    assert_eq!(plan(&bob, 0).send_payload_type, 97);
    assert_ne!(plan(&alice, 0).receive_payload_type, 99);

    let (alice, _) = outcome("rfc4317/2.8");
    assert_eq!(plan(&alice, 0).remote, "192.0.2.2:49174".parse().unwrap());
    assert_eq!(plan(&alice, 1).remote, "192.0.2.4:49172".parse().unwrap());

    let (alice, bob) = outcome("rfc4317/2.5");
    assert_eq!(plan(&alice, 0).remote, "192.0.2.3:49178".parse().unwrap());
    assert_eq!(
        plan(&bob, 0).previous_local,
        Some("192.0.2.2:49174".parse().unwrap())
    );
    assert_eq!(plan(&alice, 0).previous_local, None);
    let (alice, _) = outcome("rfc4317/4.1");
    assert_eq!(plan(&alice, 1).remote, "192.0.2.6:48282".parse().unwrap());
    // RTCP comes from the media server even though no media do.
    assert_eq!(
        plan(&alice, 1).rtcp_destination(),
        Some("192.0.2.6:48283".parse().unwrap())
    );
}

/// The traps all these descriptions share: no session name (RFC 8866 §5.3 wants one), and names of hosts where
/// we want addresses; so as printed they can be read, and no stream of them be had.
#[test]
fn the_names_and_the_missing_names_are_traps() {
    for (name, text) in printed() {
        let strict = SessionDescription::parse_with(
            &text,
            &Tolerance::STRICT,
            &DescriptionLimits::default(),
        );
        let is_named = text.windows(4).any(|line| line == b"s=-\r");
        match strict {
            Ok(_) => assert!(is_named, "{name}"),
            Err(error) => assert_eq!(error.kind, SdpErrorKind::Malformed(b's'), "{name}"),
        }
        let session = SessionDescription::parse(&text).expect("a description");
        let is_offer = name.ends_with("offer");
        let zero = has_trap(&name, Trap::ZeroAddress);
        if !is_offer || zero || session.media.is_empty() {
            continue;
        }
        let mut bob = Negotiation::new(7, "192.0.2.2".parse().unwrap());
        bob.receive_offer(&text).expect("an offer");
        let mut local = media_of(&name, &with_addresses(&text), "192.0.2.2".parse().unwrap());
        for one in &mut local {
            one.direction = Direction::SendRecv;
        }
        let answer = bob.create_answer(local);
        assert_eq!(answer, Err(NegotiationError::NotAcceptable), "{name}");
    }
}
