//! Several streams, and what each can say of itself.

use super::*;

fn video(at: &str, codecs: &[&'static str]) -> LocalMedia {
    let codecs = codecs.iter().map(|name| Codec::audio(name, 90000));
    LocalMedia::rtp(MediaKind::Video, address(at), codecs.collect())
}

fn indices(of: &Negotiation) -> Vec<usize> {
    of.plans().map(|(local, _)| local).collect()
}

/// RFC 3264 §8.1, §8.2: streams are added below, taken away in place, and dead places used again
/// by their kind.
// shows: S232
#[test]
fn streams_come_and_go_and_places_stay() {
    let (mut caller, mut callee) = both();
    let text_stream = LocalMedia::rtp(
        MediaKind::Text,
        address("192.0.2.1:6000"),
        Vec::from([Codec::audio("t140", 1000)]),
    );
    let ours = [
        alice(),
        video("192.0.2.1:5000", &["H261", "H263"]),
        text_stream,
    ];
    let theirs = [bob(), video("192.0.2.2:5002", &["H263"])];
    let (offer, answer) = agree(&mut caller, &ours, &mut callee, &theirs);
    assert_eq!(
        lines(&offer, "m="),
        [
            "m=audio 49170 RTP/AVP 0 8 96",
            "m=video 5000 RTP/AVP 31 34",
            "m=text 6000 RTP/AVP 96"
        ]
    );
    assert_eq!(
        lines(&answer, "m="),
        [
            "m=audio 49920 RTP/AVP 0 8 96",
            "m=video 5002 RTP/AVP 34",
            "m=text 0 RTP/AVP 96"
        ]
    );
    assert_eq!(
        (indices(&caller), indices(&callee)),
        (Vec::from([0, 1]), Vec::from([0, 1]))
    );
    let (_, seen) = caller.plans().nth(1).unwrap();
    assert_eq!(
        (seen.kind, seen.codec.name.as_ref()),
        (MediaKind::Video, "H263")
    );
    assert_eq!(seen.remote, address("192.0.2.2:5002"));

    // The callee takes its video away and nothing else.
    let mut without = theirs.clone();
    without[1].address.set_port(0);
    let (offer, answer) = agree(&mut callee, &without, &mut caller, &ours);
    assert_eq!(lines(&offer, "m=video"), ["m=video 0 RTP/AVP 34"]);
    assert_eq!(lines(&answer, "m=video"), ["m=video 0 RTP/AVP 34"]);
    assert_eq!(
        (indices(&caller), indices(&callee)),
        (Vec::from([0]), Vec::from([0]))
    );

    // The caller tries again, all of it (RFC 6337 §5.2.5): each in the place of its kind.
    let (offer, answer) = agree(&mut caller, &ours, &mut callee, &theirs);
    assert_eq!(lines(&offer, "m=").len(), 3);
    assert_eq!(lines(&answer, "m=video"), ["m=video 5002 RTP/AVP 34"]);
    assert_eq!(indices(&callee), [0, 1]);

    // A second picture goes below: no place of its kind is free.
    let more = [&ours[..], &[video("192.0.2.1:5004", &["H263"])]].concat();
    let (offer, answer) = agree(&mut caller, more, &mut callee, &theirs);
    assert_eq!(lines(&offer, "m=").len(), 4);
    assert_eq!(
        lines(&answer, "m=video"),
        ["m=video 5002 RTP/AVP 34", "m=video 0 RTP/AVP 34"]
    );
    // A list that has become shorter is less media, in as many places.
    let (offer, _) = agree(&mut caller, &ours[..1], &mut callee, &theirs);
    let ports = ["m=audio 49170", "m=video 0", "m=text 0", "m=video 0"];
    for (line, port) in lines(&offer, "m=").iter().zip(ports) {
        assert!(line.starts_with(port), "{line}");
    }
    assert_eq!(lines(&offer, "m=").len(), 4);
    // And none at all ends every stream but not the session (§5).
    let (offer, answer) = agree(&mut caller, [], &mut callee, &theirs);
    assert!(lines(&offer, "m=").iter().all(|line| line.contains(" 0 ")));
    assert_eq!(lines(&answer, "m=").len(), 4);
    assert_eq!((caller.plan(), callee.plan()), (None, None));
}

/// RFC 3264 §8.3.2: the number of a format is its own for good, in each stream by itself.
#[test]
fn numbers_stay_through_refusal_removal_and_return() {
    let (mut caller, mut callee) = both();
    let codec = |name| Codec::audio(name, 16000);
    let first = with_codecs(alice(), &[codec("speex"), codec("opus")]);
    let (offer, _) = agree(&mut caller, first.clone(), &mut callee, first.clone());
    assert_eq!(lines(&offer, "m="), ["m=audio 49170 RTP/AVP 96 97"]);
    // An offer that is rejected has still been seen.
    let other = with_codecs(alice(), &[codec("new"), codec("opus")]);
    let offer = text(&caller.create_offer(other).unwrap());
    assert_eq!(lines(&offer, "m="), ["m=audio 49170 RTP/AVP 98 97"]);
    caller.offer_rejected();
    let mut gone = first.clone();
    gone.address.set_port(0);
    agree(&mut caller, &[gone], &mut callee, first.clone());
    let last = with_codecs(alice(), &[codec("newer"), codec("opus"), codec("new")]);
    let offer = text(&caller.create_offer(last).unwrap());
    assert_eq!(lines(&offer, "m="), ["m=audio 49170 RTP/AVP 99 97 98"]);
    // So has a place that only a rejected offer had.
    let mut third = negotiation(&alice());
    third
        .create_offer([alice(), first.clone()].to_vec())
        .unwrap();
    third.offer_rejected();
    third.create_offer(alice()).unwrap();
    third.offer_rejected();
    let again = [alice(), with_codecs(alice(), &[codec("new")])];
    let offer = text(&third.create_offer(again.to_vec()).unwrap());
    assert_eq!(lines(&offer, "m=")[1], "m=audio 49170 RTP/AVP 98");
    // Another stream counts for itself.
    let mut second = negotiation(&alice());
    let two = [first.clone(), with_codecs(alice(), &[codec("opus")])];
    let offer = text(&second.create_offer(two.to_vec()).unwrap());
    assert_eq!(
        lines(&offer, "m="),
        ["m=audio 49170 RTP/AVP 96 97", "m=audio 49170 RTP/AVP 96"]
    );
}

/// RFC 3264 §8.3.1: who has moved listens at the old place too until something comes to the new.
#[test]
fn a_stream_that_has_moved_names_its_old_place() {
    let (mut caller, mut callee) = call();
    assert_eq!(caller.plan().unwrap().previous_local, None);
    let mut moved = alice();
    moved.address = address("192.0.2.9:7000");
    agree(&mut caller, moved.clone(), &mut callee, &[bob()]);
    let plan = caller.plan().unwrap();
    assert_eq!(
        (plan.local, plan.previous_local),
        (moved.address, Some(alice().address))
    );
    assert_eq!(callee.plan().unwrap().previous_local, None);
    // An answer may move as well, and a mere refresh forgets nobody's place.
    let mut elsewhere = bob();
    elsewhere.address.set_port(50000);
    agree(&mut caller, &[moved], &mut callee, &[elsewhere]);
    assert_eq!(callee.plan().unwrap().previous_local, Some(bob().address));
    assert_eq!(caller.plan().unwrap().previous_local, None);
}

/// RFC 5761 §5.1.1: both have to want it; §4: and no number may look like RTCP.
#[test]
fn rtcp_shares_the_port_only_if_both_say_so() {
    let mux = |of: LocalMedia, rtcp_mux| LocalMedia {
        rtcp_mux,
        rtcp_port: Some(60000),
        ..of
    };
    for (ours, theirs) in [(true, true), (true, false), (false, true), (false, false)] {
        let (mut caller, mut callee) = both();
        let (offer, answer) = agree(
            &mut caller,
            &[mux(alice(), ours)],
            &mut callee,
            &[mux(bob(), theirs)],
        );
        let agreed = ours && theirs;
        assert_eq!(offer.contains("a=rtcp-mux"), ours);
        assert_eq!(answer.contains("a=rtcp-mux"), agreed);
        let (one, other) = (caller.plan().unwrap(), callee.plan().unwrap());
        assert_eq!((one.rtcp_mux, other.rtcp_mux), (agreed, agreed));
        assert_eq!(one.local_rtcp, other.remote_rtcp);
        assert_eq!(other.local_rtcp, one.remote_rtcp);
        let port = if agreed { 49920 } else { 60000 };
        assert_eq!(one.remote_rtcp.port(), port);
    }
    let offer = wire(
        "v=0
        o=- 1 1 IN IP4 192.0.2.1
        s=-
        c=IN IP4 192.0.2.1
        t=0 0
        m=audio 49170 RTP/AVP 72
        a=rtpmap:72 PCMU/8000
        a=rtcp-mux",
    );
    let (mut callee, answer) = answered(&offer, mux(bob(), true));
    assert!(!answer.contains("rtcp-mux"), "{answer}");
    assert!(!callee.plan().unwrap().rtcp_mux);
    // The number is ours now, so we do not ask for it either.
    let offer = text(&callee.create_offer(mux(bob(), true)).unwrap());
    assert!(!offer.contains("rtcp-mux"), "{offer}");
}

/// RFC 3264 §5.1, §6.1: packet time and bandwidth are each receiver's own wish; a bandwidth of
/// zero stops everything, RTCP too.
#[test]
fn each_side_says_how_much_and_how_long() {
    let ours = LocalMedia {
        ptime_ms: Some(40),
        maxptime_ms: Some(60),
        bandwidth: BandwidthLimits {
            session_kbps: Some(80),
            media_bps: Some(64_000),
            rtcp_senders_bps: Some(800),
            rtcp_receivers_bps: Some(2400),
        },
        ..alice()
    };
    let theirs = LocalMedia {
        ptime_ms: None,
        ..bob()
    };
    let (mut caller, mut callee) = both();
    let (offer, answer) = agree(&mut caller, ours.clone(), &mut callee, theirs.clone());
    assert_eq!(
        lines(&offer, "b="),
        ["b=AS:80", "b=TIAS:64000", "b=RS:800", "b=RR:2400"]
    );
    assert_eq!(lines(&offer, "a=maxptime"), ["a=maxptime:60"]);
    assert!(lines(&answer, "b=").is_empty() && !answer.contains("ptime"));
    let plan = callee.plan().unwrap();
    assert_eq!((plan.ptime_ms, plan.bandwidth), (40, ours.bandwidth));
    let plan = caller.plan().unwrap();
    assert_eq!(
        (plan.ptime_ms, plan.bandwidth),
        (20, BandwidthLimits::default())
    );

    let mut silent = ours;
    silent.bandwidth.session_kbps = Some(0);
    agree(&mut caller, &[silent], &mut callee, &[theirs]);
    let plan = callee.plan().unwrap();
    assert_eq!(
        (plan.rtp_destination(), plan.rtcp_destination()),
        (None, None)
    );
    assert!(caller.plan().unwrap().rtp_destination().is_some());
}

/// RFC 3264 §8.4: each stream is held by itself and comes back as what it was.
// shows: S243
#[test]
fn hold_is_taken_from_what_each_stream_wants() {
    let marked = |of: LocalMedia, direction| LocalMedia { direction, ..of };
    let events = with_codecs(alice(), &[Codec::TELEPHONE_EVENT]);
    let at = |port| {
        let mut events = events.clone();
        events.address.set_port(port);
        events
    };
    let ours = [alice(), marked(at(49172), Direction::RecvOnly)];
    let theirs = [
        bob(),
        marked(
            LocalMedia {
                address: address("192.0.2.2:49922"),
                ..events.clone()
            },
            Direction::SendOnly,
        ),
    ];
    let (mut caller, mut callee) = both();
    agree(&mut caller, &ours, &mut callee, &theirs);
    let marks = |sdp: &str| -> Vec<String> {
        let media = |line: &&str| {
            let mark = line.strip_prefix("a=").and_then(Direction::from_attribute);
            mark.is_some()
        };
        lines(sdp, "a=")
            .iter()
            .filter(|line| media(line))
            .map(ToString::to_string)
            .collect()
    };
    let turn = |caller: &mut Negotiation, callee: &mut Negotiation, direction| {
        let (offer, answer) = exchange(caller, direction, callee);
        (marks(&offer), marks(&answer))
    };
    let (offer, answer) = turn(&mut caller, &mut callee, Direction::SendOnly);
    assert_eq!(offer, ["a=sendonly", "a=inactive"]);
    assert_eq!(answer, ["a=recvonly", "a=inactive"]);
    let (offer, answer) = turn(&mut caller, &mut callee, Direction::SendRecv);
    assert_eq!(offer, ["a=sendrecv", "a=recvonly"]);
    assert_eq!(answer, ["a=sendrecv", "a=sendonly"]);
    assert_eq!(
        callee.plans().nth(1).unwrap().1.direction,
        Direction::SendOnly
    );
}

/// RFC 3264 §5.2, §6.2: one view of a group.
// shows: S244
#[test]
fn a_multicast_stream_is_answered_as_it_was_offered() {
    let offer = wire(
        "v=0
        o=- 1 1 IN IP4 192.0.2.1
        s=-
        c=IN IP4 192.0.2.1
        t=0 0
        m=audio 49170 RTP/AVP 0 8 96
        c=IN IP4 233.252.0.1/127
        b=AS:64
        a=rtpmap:96 opus/48000/2
        a=ptime:40
        a=recvonly",
    );
    let mut callee = negotiation(&bob());
    callee.receive_offer(&offer).unwrap();
    assert!(
        !callee.can_answer(bob()),
        "a group is joined by who wants to"
    );
    let joining = LocalMedia {
        multicast_ttl: Some(15),
        ..with_codecs(bob(), &[Codec::PCMA, Codec::PCMU])
    };
    let deaf = LocalMedia {
        direction: Direction::SendOnly,
        ..joining.clone()
    };
    assert!(
        !callee.can_answer(deaf),
        "no other direction may be answered"
    );
    let answer = text(&callee.create_answer(joining.clone()).unwrap());
    assert_eq!(lines(&answer, "m="), ["m=audio 49170 RTP/AVP 0 8"]);
    assert_eq!(
        lines(&answer, "c="),
        ["c=IN IP4 192.0.2.2", "c=IN IP4 233.252.0.1/127"]
    );
    assert_eq!(
        (lines(&answer, "b="), lines(&answer, "a=ptime")),
        (Vec::from(["b=AS:64"]), Vec::from(["a=ptime:40"]))
    );
    assert!(answer.contains("a=recvonly"), "not the other way round");
    let plan = callee.plan().unwrap();
    assert_eq!(
        (plan.local, plan.remote),
        (plan.remote, address("233.252.0.1:49170"))
    );
    assert_eq!(
        (plan.direction, plan.multicast_ttl),
        (Direction::RecvOnly, Some(127))
    );
    assert!(!plan.is_held_by_peer() && plan.rtp_destination().is_none());

    // We offer a group: the answer has to name the same.
    let group = LocalMedia {
        address: address("233.252.0.7:5000"),
        multicast_ttl: Some(3),
        direction: Direction::SendOnly,
        ..alice()
    };
    let mut caller = negotiation(&alice());
    let offer = caller.create_offer(group.clone()).unwrap();
    assert_eq!(
        lines(&text(&offer), "c="),
        ["c=IN IP4 192.0.2.1", "c=IN IP4 233.252.0.7/3"]
    );
    let mut callee = negotiation(&bob());
    callee.receive_offer(&offer).unwrap();
    let answer = callee.create_answer(joining).unwrap();
    caller.receive_answer(&answer).unwrap();
    let (one, other) = (caller.plan().unwrap(), callee.plan().unwrap());
    assert_eq!(
        (one.direction, other.direction),
        (Direction::SendOnly, Direction::SendOnly)
    );
    assert_eq!((one.remote, other.remote), (group.address, group.address));
    assert_eq!(one.codec, Codec::PCMU);
    caller.create_offer(group.clone()).unwrap();
    let elsewhere = text(&answer).replace("233.252.0.7", "233.252.0.8");
    let taken = caller.receive_answer(elsewhere.as_bytes());
    assert_eq!(taken, Err(NegotiationError::AnswerMismatch));
    // A group without a reach, or with RTCP among its media, is not offered.
    for wrong in [
        LocalMedia {
            multicast_ttl: None,
            ..group.clone()
        },
        LocalMedia {
            rtcp_mux: true,
            ..group
        },
    ] {
        let offer = caller.create_offer(wrong);
        assert_eq!(offer, Err(NegotiationError::UnusableMedia));
    }
}

/// RFC 8866 §5.7: layers are more groups than one, and a stream without its own is no stream.
#[test]
fn layered_groups_are_refused() {
    let offer = wire(
        "v=0
        o=- 1 1 IN IP4 192.0.2.1
        s=-
        t=0 0
        m=audio 49170 RTP/AVP 0
        c=IN IP4 233.252.0.1/127/3",
    );
    let mut callee = negotiation(&bob());
    callee.receive_offer(&offer).unwrap();
    let joining = LocalMedia {
        multicast_ttl: Some(15),
        ..bob()
    };
    assert!(!callee.can_answer(joining));
}

/// RFC 4583 §9 and RFC 4975 §8 in their outlines: no numbers, words; the attributes are passed on.
#[test]
fn streams_without_rtp_agree_on_words() {
    let messages = |at: &str, path: &'static str| LocalMedia {
        attributes: Vec::from([
            ("accept-types".into(), Some("text/plain".into())),
            ("path".into(), Some(path.into())),
        ]),
        ..LocalMedia::new(
            MediaKind::Message,
            "TCP/MSRP",
            address(at),
            Vec::from([Codec::audio("*", 0)]),
        )
    };
    let ours = messages("192.0.2.1:7394", "msrp://192.0.2.1:7394/2s93i9ek2a;tcp");
    let theirs = messages("192.0.2.2:8493", "msrp://192.0.2.2:8493/si438dsaodes;tcp");
    let (mut caller, mut callee) = both();
    let offered = [alice(), ours.clone()];
    let (offer, answer) = agree(&mut caller, &offered, &mut callee, &[theirs.clone(), bob()]);
    assert_eq!(lines(&offer, "m=message"), ["m=message 7394 TCP/MSRP *"]);
    assert_eq!(lines(&answer, "m=message"), ["m=message 8493 TCP/MSRP *"]);
    assert!(!offer.contains("rtpmap:0 *"));
    assert_eq!(
        (indices(&caller), indices(&callee)),
        (Vec::from([0, 1]), Vec::from([1, 0]))
    );
    let (_, plan) = caller.plans().nth(1).unwrap();
    assert_eq!((plan.codec.name.as_ref(), plan.remote.port()), ("*", 8493));
    assert_eq!(plan.attributes, theirs.attributes);
    // Another transport is another stream.
    let secure = LocalMedia {
        transport: "TCP/TLS/MSRP".into(),
        ..theirs
    };
    let (_, answer) = answered(offer.as_bytes(), [bob(), secure]);
    assert_eq!(lines(&answer, "m=message"), ["m=message 0 TCP/MSRP *"]);
    let broken = LocalMedia {
        attributes: Vec::from([("path".into(), Some("a\r\nm=x".into()))]),
        ..ours
    };
    let offer = negotiation(&alice()).create_offer(broken);
    assert_eq!(offer, Err(NegotiationError::UnusableMedia));
}

/// RFC 3264 §8.3.3: a stream may become one of another kind where it stands.
#[test]
fn the_kind_of_a_stream_may_change() {
    let fax = |at: &str| {
        LocalMedia::new(
            MediaKind::Image,
            "udptl",
            address(at),
            Vec::from([Codec::audio("t38", 0)]),
        )
    };
    let (mut caller, mut callee) = call();
    let offered = [fax("192.0.2.1:4000")];
    let (offer, answer) = agree(
        &mut caller,
        &offered,
        &mut callee,
        &[bob(), fax("192.0.2.2:4002")],
    );
    assert_eq!(lines(&offer, "m="), ["m=image 4000 udptl t38"]);
    assert_eq!(lines(&answer, "m="), ["m=image 4002 udptl t38"]);
    assert_eq!(callee.plan().unwrap().kind, MediaKind::Image);
    let (offer, _) = agree(
        &mut caller,
        &[alice()],
        &mut callee,
        &[bob(), fax("192.0.2.2:4002")],
    );
    assert_eq!(lines(&offer, "m="), ["m=audio 49170 RTP/AVP 0 8 96"]);
    assert_eq!(caller.plan().unwrap().codec, Codec::PCMU);
}
