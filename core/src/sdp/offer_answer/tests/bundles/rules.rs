//! What RFC 9143 asks of offers and answers, and what is made of those that break it.

use super::*;
use crate::rng::Rng;
use crate::sdp::attribute::CryptoSuite;

fn refused(of: MediaKind, number: u8) -> LocalMedia {
    // Of another format than any that is offered.
    LocalMedia {
        codecs: Vec::from([Codec::audio("x", u32::from(number))]),
        ..media(of, "[2001:db8::1]:40000", 1, Vec::new())
    }
}

fn answer_to(offer: &str, theirs: Vec<LocalMedia>) -> (Negotiation, String) {
    let mut to = callee();
    to.receive_offer(&wire(offer)).unwrap();
    let answer = text(&to.create_answer(theirs).unwrap());
    (to, answer)
}

fn offer_with(group: &str, first: &str, second: &str) -> String {
    format!(
        "v=0
        o=alice 1 1 IN IP6 2001:db8::3
        s=-
        c=IN IP6 2001:db8::3
        t=0 0
        {group}
        m=audio 10000 RTP/AVP 0
        a=rtpmap:0 PCMU/8000
        {first}
        m=video 10002 RTP/AVP 32
        a=rtpmap:32 MPV/90000
        {second}"
    )
}

const APART: [Stream; 2] = [(20000, 10000, None), (30000, 10002, None)];
const BUNDLED: [Stream; 2] = [(20000, 10000, Some(0)); 2];

/// §7.3.1: if the first cannot be had, the next is the tagged one.
#[test]
fn the_first_that_is_had_is_the_tagged_one() {
    let mut from = caller();
    let offer = from.create_offer(callers()).unwrap();
    let mut theirs = callees();
    theirs[0] = refused(MediaKind::Audio, 1);
    let mut to = callee();
    to.receive_offer(&offer).unwrap();
    let answer = to.create_answer(theirs).unwrap();
    let printed = text(&answer);
    assert_eq!(lines(&printed, "a=group"), ["a=group:BUNDLE 2"]);
    assert_eq!(
        lines(&printed, "m="),
        ["m=audio 0 RTP/AVP 0", "m=video 30000 RTP/AVP 32"]
    );
    assert_eq!(lines(&printed, "a=rtcp-mux").len(), 1);
    assert_eq!(transports(&to), [(30000, 10002, Some(1))]);
    from.receive_answer(&answer).unwrap();
    assert_eq!(transports(&from), [(10002, 30000, Some(1))]);

    // §7.2.1: what is `bundle-only` is never the tagged one; without another it is refused.
    let mut ours = callers();
    ours[1] = ours[1].clone().bundle_only();
    let offer = caller().create_offer(ours).unwrap();
    let mut theirs = callees();
    theirs[0] = refused(MediaKind::Audio, 1);
    let mut to = callee();
    to.receive_offer(&offer).unwrap();
    assert_eq!(
        to.create_answer(theirs),
        Err(NegotiationError::NotAcceptable)
    );
}

/// RFC 5888 §6, RFC 9143 §5, §6, §9: offers that break a rule, and what is made of them: no bundle, or
/// one without the stream that does not fit, which has a transport of its own then (§7.3.2).
#[test]
fn what_breaks_a_rule_is_not_bundled() {
    const EXT: &str = "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid";
    let named = |mid: &str, extension: &str| format!("a=mid:{mid}\na=rtcp-mux\n{extension}");
    let (foo, bar) = (named("foo", EXT), named("bar", EXT));
    let alone = [(20000, 10000, Some(0)), (30000, 10002, None)];
    let cases: [(&str, &str, &str, [Stream; 2]); 12] = [
        ("a=group:BUNDLE foo bar", &foo, &bar, BUNDLED),
        ("a=group:BUNDLE foo zen", &foo, &bar, APART),
        ("a=group:BUNDLE foo foo bar", &foo, &bar, APART),
        ("a=group:BUNDLE", &foo, &bar, APART),
        ("a=group:bundle foo bar", &foo, &bar, APART),
        // One name for both, or none.
        ("a=group:BUNDLE foo", &foo, &foo, APART),
        ("a=group:BUNDLE foo", &foo, "a=rtcp-mux", APART),
        // A section is in the first of two.
        (
            "a=group:BUNDLE foo bar\na=group:BUNDLE bar",
            &foo,
            &bar,
            BUNDLED,
        ),
        // Without RTCP on the same port there is no tagged section (§9.3.1.1).
        ("a=group:BUNDLE foo bar", "a=mid:foo", "a=mid:bar", APART),
        // §12: another number for the same extension.
        (
            "a=group:BUNDLE foo bar",
            &foo,
            &named("bar", "a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:mid"),
            alone,
        ),
        ("a=group:BUNDLE foo bar", &foo, &named("bar", ""), alone),
        // Who has no header extension at all tells streams by their payload types (§9.2).
        (
            "a=group:BUNDLE foo bar",
            &named("foo", ""),
            &named("bar", ""),
            BUNDLED,
        ),
    ];
    for (group, first, second, expected) in cases {
        let (to, answer) = answer_to(&offer_with(group, first, second), callees());
        assert_eq!(transports(&to), expected, "{group} {first} {second}");
        let is_any = expected.iter().any(|(_, _, shared)| shared.is_some());
        assert_eq!(answer.contains("a=group:BUNDLE"), is_any);
        let has_extension = to.plan().unwrap().bundle.as_ref();
        let has_extension = has_extension.is_some_and(|it| it.mid_extension.is_some());
        assert_eq!(answer.contains("urn:ietf"), has_extension);
    }
    // §6: outside of a bundle the attribute means nothing, and inside only with the port zero.
    let second = format!("{bar}\na=bundle-only");
    let (to, answer) = answer_to(&offer_with("", &foo, &second), callees());
    assert!(!answer.contains("bundle-only"));
    assert_eq!(transports(&to), APART);
    let (to, _) = answer_to(
        &offer_with("a=group:BUNDLE foo bar", &foo, &second),
        callees(),
    );
    assert_eq!(transports(&to), BUNDLED);
    // §7.2: the port zero without it takes the stream away.
    let offer = offer_with("a=group:BUNDLE foo bar", &foo, &bar).replace("10002", "0");
    let (to, answer) = answer_to(&offer, callees());
    assert_eq!(transports(&to), [BUNDLED[0]]);
    assert_eq!(lines(&answer, "a=group"), ["a=group:BUNDLE foo"]);
}

/// §9.1.1: one number with two meanings cannot be in one bundle; with one meaning it can.
#[test]
fn a_number_with_two_meanings_is_not_bundled() {
    let offer = |second: &str, port: u16, line: &str| {
        format!(
            "v=0
            o=alice 1 1 IN IP6 2001:db8::3
            s=-
            c=IN IP6 2001:db8::3
            t=0 0
            a=group:BUNDLE a b
            m=audio 10000 RTP/AVP 96
            a=mid:a
            a=rtcp-mux
            a=rtpmap:96 L16/8000
            m=audio {port} RTP/AVP 96
            a=mid:b
            a=rtcp-mux
            {line}
            a=rtpmap:96 {second}"
        )
    };
    let theirs = || {
        let codecs = ["L16", "speex"].map(|name| Codec::audio(name, 8000));
        let one = |at: &str| media(MediaKind::Audio, at, 100, codecs.to_vec());
        Vec::from([one("[2001:db8::1]:20000"), one("[2001:db8::1]:30000")])
    };
    let (to, _) = answer_to(&offer("L16/8000", 10002, ""), theirs());
    assert_eq!(transports(&to), BUNDLED);
    let (to, answer) = answer_to(&offer("speex/8000", 10002, ""), theirs());
    assert_eq!(transports(&to), [BUNDLED[0], APART[1]]);
    assert_eq!(lines(&answer, "a=group"), ["a=group:BUNDLE a"]);
    let (to, answer) = answer_to(&offer("speex/8000", 0, "a=bundle-only"), theirs());
    assert_eq!(transports(&to), [BUNDLED[0]], "{answer}");
}

/// §9.1.1, §9.2: our numbers tell whose packets they are, also those of a stream that had others
/// before it was bundled, and so do those of an answer.
#[test]
fn our_numbers_are_unique_in_a_bundle() {
    let codecs = |name: &'static str| Vec::from([Codec::audio(name, 8000)]);
    let ours = |bundled: bool| {
        let two = [("L16", "192.0.2.1:4000"), ("speex", "192.0.2.1:4002")];
        let two = two.map(|(name, at)| {
            let one = LocalMedia::rtp(MediaKind::Audio, address(at), codecs(name));
            if bundled { one.bundled() } else { one }
        });
        two.to_vec()
    };
    let theirs = || {
        let two = [("L16", "192.0.2.2:5000"), ("speex", "192.0.2.2:5002")];
        two.map(|(name, at)| LocalMedia::rtp(MediaKind::Audio, address(at), codecs(name)).bundled())
            .to_vec()
    };
    let (mut from, mut to) = both();
    let (offer, _) = agree(&mut from, ours(false), &mut to, theirs());
    assert_eq!(
        lines(&offer, "m="),
        ["m=audio 4000 RTP/AVP 96", "m=audio 4002 RTP/AVP 96"]
    );
    let (offer, answer) = agree(&mut from, ours(true), &mut to, theirs());
    let numbers = |sdp: &str| -> Vec<String> {
        let maps = lines(sdp, "a=rtpmap:").into_iter();
        maps.map(|line| line.split([':', ' ']).nth(1).unwrap().to_string())
            .collect()
    };
    for sdp in [&offer, &answer] {
        let numbers = numbers(sdp);
        assert_eq!(numbers.len(), 2);
        assert_ne!(numbers[0], numbers[1], "{sdp}");
    }
    for end in [&from, &to] {
        let plans: Vec<_> = end.plans().map(|(_, plan)| plan).collect();
        let [one, other] = plans[..] else { panic!() };
        assert_eq!((&*one.codec.name, &*other.codec.name), ("L16", "speex"));
        assert_ne!(one.receive_payload_type, other.receive_payload_type);
        for format in &one.receive_formats {
            let mut others = other.receive_formats.iter();
            assert!(!others.any(|it| it.payload_type == format.payload_type));
        }
    }
    // They stay as they are from now on (RFC 3264 §8.3.2), whoever offers.
    let (again, _) = agree(&mut from, ours(true), &mut to, theirs());
    assert_eq!(numbers(&again), numbers(&offer));
    agree(&mut to, theirs(), &mut from, ours(true));
    assert_eq!(transports(&from), [(4000, 5000, Some(0)); 2]);
}

/// An answer of Bob's to audio and video, with what stands in either section.
fn answer(group: &str, ports: (u16, u16), (first, second): (&str, &str)) -> Vec<u8> {
    wire(&format!(
        "v=0
        o=bob 1 1 IN IP6 2001:db8::1
        s=-
        c=IN IP6 2001:db8::1
        t=0 0
        {group}
        m=audio {} RTP/AVP 0
        {first}
        m=video {} RTP/AVP 32
        {second}",
        ports.0, ports.1
    ))
}

/// §7.4, §7.3, §9.3.1.3: answers that do not fit the bundles of the offer.
#[test]
fn answers_that_bundle_otherwise_are_none() {
    let both = ("a=mid:1\na=rtcp-mux", "a=mid:2");
    let read = |ours: Vec<LocalMedia>, answer: Vec<u8>| {
        let mut from = caller();
        from.create_offer(ours).unwrap();
        from.receive_answer(&answer).map(|()| transports(&from))
    };
    let one_address = (20000, 20000);
    let mismatch = Err(NegotiationError::AnswerMismatch);
    let shared = [(10000, 20000, Some(0)); 2];
    let fine = read(callers(), answer("a=group:BUNDLE 1 2", one_address, both));
    assert_eq!(fine, Ok(shared.to_vec()));
    // §7.4.1: as RFC 8843 had it. What the others say of addresses does not count.
    let old = ("a=mid:1\na=rtcp-mux", "a=mid:2\na=bundle-only");
    let found = read(callers(), answer("a=group:BUNDLE 1 2", (20000, 0), old));
    assert_eq!(found, Ok(shared.to_vec()));
    let found = read(
        callers(),
        answer("a=group:BUNDLE 1 2", (20000, 30000), both),
    );
    assert_eq!(found, Ok(shared.to_vec()));
    // RFC 5888 §9.2: refused, whatever the group says.
    let found = read(callers(), answer("a=group:BUNDLE 1 2", (20000, 0), both));
    assert_eq!(found, Ok(Vec::from([(10000, 20000, Some(0))])));
    // RFC 5888 §9.1, §6: with other names, or unknown ones, there is no group.
    let apart = [(10000, 20000, None), (10002, 30000, None)];
    for (group, names) in [
        ("a=group:BUNDLE 2 1", ("a=mid:2\na=rtcp-mux", "a=mid:1")),
        ("a=group:BUNDLE 1 3", both),
        ("a=group:BUNDLE", both),
        ("", both),
    ] {
        let found = read(callers(), answer(group, (20000, 30000), names));
        assert_eq!(found, Ok(apart.to_vec()), "{group}");
    }
    // The tagged one is refused; no RTCP on its port.
    let found = read(callers(), answer("a=group:BUNDLE 1 2", (0, 20000), both));
    assert_eq!(found, mismatch);
    let no_mux = ("a=mid:1", "a=mid:2\na=rtcp-mux");
    let found = read(callers(), answer("a=group:BUNDLE 1 2", one_address, no_mux));
    assert_eq!(found, mismatch);
    // Two bundles out of one.
    let two = "a=group:BUNDLE 1\na=group:BUNDLE 2";
    let each = ("a=mid:1\na=rtcp-mux", "a=mid:2\na=rtcp-mux");
    assert_eq!(read(callers(), answer(two, one_address, each)), mismatch);
    // One was not offered so.
    let mut ours = callers();
    ours[1].bundling = None;
    let found = read(ours, answer("a=group:BUNDLE 1 2", one_address, both));
    assert_eq!(found, mismatch);
    // What is to be had bundled only is moved out, or is the tagged one.
    let mut ours = callers();
    ours[1] = ours[1].clone().bundle_only();
    let found = read(
        ours.clone(),
        answer("a=group:BUNDLE 1", (20000, 30000), both),
    );
    assert_eq!(found, mismatch);
    let found = read(ours, answer("a=group:BUNDLE 2 1", one_address, each));
    assert_eq!(found, mismatch);
    // §9.1.1: a number with two meanings.
    let clash = ("a=mid:1\na=rtcp-mux", "a=mid:2\na=rtpmap:0 MPV/90000");
    let mut found = answer("a=group:BUNDLE 1 2", one_address, clash);
    let at = text(&found).find("AVP 32").unwrap();
    found.splice(at..at + 6, *b"AVP 0");
    assert_eq!(read(callers(), found), mismatch);
}

/// §7.3, §7.3.2: once there is a bundle, an answer changes neither its tagged section nor moves
/// anything out.
#[test]
fn answers_do_not_take_a_bundle_apart() {
    for (group, ports, expected) in [
        ("a=group:BUNDLE 1 2", (20000, 20000), Ok(())),
        ("a=group:BUNDLE 1", (20000, 0), Ok(())),
        (
            "a=group:BUNDLE 2 1",
            (20000, 20000),
            Err(NegotiationError::AnswerMismatch),
        ),
        (
            "a=group:BUNDLE 1",
            (20000, 30000),
            Err(NegotiationError::AnswerMismatch),
        ),
        ("", (20000, 30000), Err(NegotiationError::AnswerMismatch)),
    ] {
        let (mut from, _) = bundled_call();
        from.create_reoffer(false).unwrap();
        let sections = ("a=mid:1\na=rtcp-mux", "a=mid:2\na=rtcp-mux");
        let answer = answer(group, ports, sections);
        assert_eq!(from.receive_answer(&answer), expected, "{group}");
    }
}

/// §7.3.2, §7.3.3: what is bundled stays so in our answers, whatever we want by now; what would be
/// new in it is refused; and without the tagged stream nothing of the bundle is there.
#[test]
fn our_answers_do_not_take_a_bundle_apart() {
    let (mut from, mut to) = bundled_call();
    let offer = from.create_reoffer(true).unwrap();
    let (_, answer) = take(&mut from, offer, &mut to, apart(callees()));
    assert_eq!(lines(&answer, "a=group"), ["a=group:BUNDLE 1 2"]);
    assert_eq!(transports(&to), BUNDLED);
    // Then it is our offer that moves them out (§7.5.2).
    let (offer, _) = agree(&mut to, apart(callees()), &mut from, callers());
    assert!(!offer.contains("a=group"));
    assert_eq!(transports(&to), APART);
    assert_eq!(
        transports(&from),
        [(10000, 20000, None), (10002, 30000, None)]
    );

    let (mut from, mut to) = bundled_call();
    let third = |at: &str| media(MediaKind::Video, at, 9, Vec::from([video(31)]));
    let (mut ours, mut theirs) = (callers(), callees());
    ours.push(third("[2001:db8::3]:50000"));
    theirs.push(third("[2001:db8::1]:60000"));
    theirs[2].bundling = None;
    let (_, answer) = agree(&mut from, ours, &mut to, theirs.clone());
    assert_eq!(lines(&answer, "a=group"), ["a=group:BUNDLE 1 2"]);
    assert_eq!(lines(&answer, "m=")[2], "m=video 0 RTP/AVP 31");

    let offer = from.create_reoffer(false).unwrap();
    theirs[0] = refused(MediaKind::Audio, 1);
    to.receive_offer(&offer).unwrap();
    assert_eq!(
        to.create_answer(theirs),
        Err(NegotiationError::NotAcceptable)
    );
}

/// §7.5: whoever offers next goes on with the bundle; §7.5.3: without its tagged stream it has
/// another, whose address it comes to then (§8.3.1 of RFC 3264: not at once).
#[test]
fn a_bundle_goes_on_without_its_tagged_stream() {
    let (mut from, mut to) = bundled_call();
    let offer = to.create_reoffer(true).unwrap();
    let (offer, _) = take(&mut to, offer, &mut from, callers());
    assert_eq!(lines(&offer, "a=group"), ["a=group:BUNDLE 1 2"]);
    assert_eq!(
        lines(&offer, "m="),
        ["m=audio 20000 RTP/AVP 0", "m=video 20000 RTP/AVP 32"]
    );
    assert_eq!(lines(&offer, "a=rtcp-mux").len(), 1);
    let mut theirs = callees();
    theirs[0].address.set_port(0);
    let (offer, answer) = agree(&mut to, theirs, &mut from, callers());
    assert_eq!(lines(&offer, "a=group"), ["a=group:BUNDLE 2"]);
    assert_eq!(lines(&answer, "a=group"), ["a=group:BUNDLE 2"]);
    assert_eq!(transports(&to), [(30000, 10002, Some(1))]);
    let moved = to.plan().unwrap().previous_local;
    assert_eq!(moved, Some(address("[2001:db8::1]:20000")));
}

/// §7.3.5: an offer in which the others of a bundle have the port zero, as RFC 8843 had it.
#[test]
fn later_offers_in_the_old_way_are_understood() {
    let (_, mut to) = bundled_call();
    let offer = offer_with(
        "a=group:BUNDLE 1 2",
        "a=mid:1\na=rtcp-mux\na=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
        "a=mid:2\na=bundle-only\na=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
    );
    to.receive_offer(&wire(&offer.replace("10002", "0")))
        .unwrap();
    to.create_answer(callees()).unwrap();
    assert_eq!(transports(&to), BUNDLED);
}

/// RFC 9143 §9.3.1.2, RFC 8858 §4: who cannot have RTCP elsewhere says so, and is told so in the
/// tagged section, and in one that is moved out.
#[test]
fn a_stream_that_needs_rtcp_on_its_port() {
    let offer = offer_with(
        "a=group:BUNDLE foo bar",
        "a=mid:foo\na=rtcp-mux\na=rtcp-mux-only",
        "a=mid:bar\na=rtcp-mux\na=rtcp-mux-only",
    );
    let only = |theirs: Vec<LocalMedia>| {
        let (_, answer) = answer_to(&offer, theirs);
        lines(&answer, "a=rtcp-mux-only").len()
    };
    assert_eq!(only(callees()), 1);
    let mut theirs = callees();
    theirs[1].bundling = None;
    assert_eq!(only(theirs.clone()), 2);
    theirs[1].rtcp_mux = false;
    let (_, answer) = answer_to(&offer, theirs);
    assert_eq!(lines(&answer, "m=")[1], "m=video 0 RTP/AVP 32");
}

/// RFC 8859 §5.5: one key protects all of a bundle, and stands in its tagged section; in the first
/// offer each has one, but not what is to be had bundled only.
#[test]
fn one_key_protects_a_bundle() {
    let secured = |locals: Vec<LocalMedia>| -> Vec<LocalMedia> {
        let ways = || Vec::from([LocalCrypto::new(CryptoSuite::AesCm128HmacSha1Tag80)]);
        locals.into_iter().map(|one| one.secured(ways())).collect()
    };
    let (mut from, mut to) = (caller(), callee());
    from.set_entropy(Rng::from_seed([1; 32]));
    to.set_entropy(Rng::from_seed([2; 32]));
    let (offer, answer) = agree(&mut from, secured(callers()), &mut to, secured(callees()));
    assert_eq!(lines(&offer, "a=crypto").len(), 2);
    assert_eq!(lines(&answer, "a=crypto").len(), 1);
    let keys = |of: &Negotiation| {
        let plans: Vec<_> = of
            .plans()
            .map(|(_, plan)| plan.crypto.clone().unwrap())
            .collect();
        assert_eq!(plans[0], plans[1]);
        (plans[0].local.clone(), plans[0].remote.clone())
    };
    let (local, remote) = keys(&from);
    assert_eq!(keys(&to), (remote.clone(), local.clone()));
    let offer = from.create_reoffer(false).unwrap();
    assert_eq!(lines(&text(&offer), "a=crypto").len(), 1);
    take(&mut from, offer, &mut to, secured(callees()));
    assert_eq!(keys(&from), (local, remote));

    // What one side wants protected and the other not is not in one bundle.
    let mut mixed = secured(callers());
    mixed[1] = callers()[1].clone();
    let offer = text(&from_entropy().create_offer(mixed).unwrap());
    assert_eq!(
        lines(&offer, "a=group"),
        ["a=group:BUNDLE 1", "a=group:BUNDLE 2"]
    );
}

fn from_entropy() -> Negotiation {
    let mut from = caller();
    from.set_entropy(Rng::from_seed([3; 32]));
    from
}

/// §7.1.3: what is of the transport stands in the tagged section only, once there is a bundle; the
/// number of the extension is one that means nothing else (§12).
#[test]
fn attributes_of_the_transport_stand_once() {
    let mut ours = callers();
    for one in &mut ours {
        one.attributes = Vec::from([
            ("setup".into(), Some("actpass".into())),
            ("extmap".into(), Some("1/sendonly urn:x".into())),
            ("label".into(), Some("7".into())),
        ]);
    }
    let (mut from, mut to) = (caller(), callee());
    let (offer, _) = agree(&mut from, ours.clone(), &mut to, callees());
    let count = |sdp: &str, kind: &str| lines(sdp, kind).len();
    assert_eq!((count(&offer, "a=setup"), count(&offer, "a=label")), (2, 2));
    assert_eq!(
        count(&offer, "a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:mid"),
        2
    );
    let (offer, _) = agree(&mut from, ours, &mut to, callees());
    assert_eq!((count(&offer, "a=setup"), count(&offer, "a=label")), (1, 2));
    assert_eq!(
        count(&offer, "a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:mid"),
        2
    );
    assert_eq!(
        to.plan().unwrap().bundle.as_ref().unwrap().mid_extension,
        Some(2)
    );
}

/// §7.2, §9.3: what cannot be bundled is not offered so.
#[test]
fn what_cannot_be_bundled_is_not_offered() {
    let changed = |change: fn(&mut Vec<LocalMedia>)| {
        let mut ours = callers();
        change(&mut ours);
        caller().create_offer(ours).map(|_| ())
    };
    assert_eq!(changed(|_| ()), Ok(()));
    for change in [
        |ours: &mut Vec<LocalMedia>| ours[0].rtcp_mux = false,
        |ours: &mut Vec<LocalMedia>| ours[1].address = ours[0].address,
        |ours: &mut Vec<LocalMedia>| ours[0].multicast_ttl = Some(3),
        |ours: &mut Vec<LocalMedia>| ours[0].transport = "udptl".into(),
        |ours: &mut Vec<LocalMedia>| {
            ours.iter_mut()
                .for_each(|one| one.bundling = Some(Bundling::ONLY))
        },
    ] {
        assert_eq!(changed(change), Err(NegotiationError::UnusableMedia));
    }
    // What is only had bundled needs no address of its own at first.
    let same = |ours: &mut Vec<LocalMedia>| {
        ours[1].address = ours[0].address;
        ours[1].bundling = Some(Bundling::ONLY);
    };
    assert_eq!(changed(same), Ok(()));
    // §9.1: another protocol is another bundle.
    let mut ours = callers();
    ours[1].transport = "RTP/AVPF".into();
    let offer = text(&caller().create_offer(ours).unwrap());
    assert_eq!(
        lines(&offer, "a=group"),
        ["a=group:BUNDLE 1", "a=group:BUNDLE 2"]
    );
    // And nothing moves from one kind to the other within its bundle.
    let (mut from, _) = bundled_call();
    let mut ours = callers();
    ours[1].transport = "RTP/AVPF".into();
    assert_eq!(
        from.create_offer(ours),
        Err(NegotiationError::UnusableMedia)
    );
}

/// A bundle outlives the program, and one that was not is not believed.
#[test]
fn a_bundle_is_saved() {
    let (from, mut to) = bundled_call();
    let saved = from.save().unwrap();
    let mut restored = Negotiation::restore(&saved).unwrap();
    assert_eq!(restored.save().unwrap(), saved);
    let (offer, _) = agree(&mut restored, callers(), &mut to, callees());
    assert_eq!(lines(&offer, "a=group"), ["a=group:BUNDLE 1 2"]);
    assert_eq!(transports(&restored), [(10000, 20000, Some(0)); 2]);
    for change in [
        |it: &mut BundledStream| it.tagged = 7,
        |it: &mut BundledStream| it.mid.push('\n'),
    ] {
        let mut wrong = saved.clone();
        change(wrong.plans[1].1.bundle.as_mut().unwrap());
        let error = Negotiation::restore(&wrong).unwrap_err();
        assert_eq!(error, SavedSessionError::Groups);
    }
}
