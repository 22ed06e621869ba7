//! Exchanges that succeed, as the RFCs print them.

use super::*;

#[test]
fn an_offer_and_its_answer_agree_on_one_plan_from_both_ends() {
    let (caller, callee) = call();
    let (ours, theirs) = (caller.plan().unwrap(), callee.plan().unwrap());
    assert_eq!(ours.local, theirs.remote);
    assert_eq!(ours.remote, theirs.local);
    assert_eq!(ours.remote_rtcp, address("192.0.2.2:49921"));
    assert_eq!(ours.codec, Codec::PCMU);
    assert_eq!((ours.send_payload_type, ours.receive_payload_type), (0, 0));
    assert_eq!(ours.telephone_event, Some(96));
    assert_eq!(ours.direction, Direction::SendRecv);
    assert_eq!(theirs.direction, Direction::SendRecv);
    assert_eq!(ours.ptime_ms, 20);
}

/// RFC 3264 §10.1 with Bob as a phone without video, and addresses instead of host names.
// shows: S232
#[test]
fn every_place_of_an_offer_stays_in_the_answer() {
    let offer = wire(
        "v=0
        o=alice 2890844526 2890844526 IN IP4 192.0.2.1
        s=
        c=IN IP4 192.0.2.1
        t=0 0
        m=audio 49170 RTP/AVP 0
        a=rtpmap:0 PCMU/8000
        m=video 51372 RTP/AVP 31
        a=rtpmap:31 H261/90000
        m=video 53000 RTP/AVP 32
        a=rtpmap:32 MPV/90000",
    );
    let (mut callee, answer) = answered(&offer, bob());
    assert_eq!(
        lines(&answer, "m="),
        [
            "m=audio 49920 RTP/AVP 0",
            "m=video 0 RTP/AVP 31",
            "m=video 0 RTP/AVP 32"
        ]
    );
    // Bob moves his audio and nothing else: all places are still there, one version up.
    let moved = LocalMedia {
        address: address("192.0.2.2:65422"),
        ..bob()
    };
    let offer = callee.create_offer(moved.clone()).unwrap();
    assert_eq!(version(&offer), 2);
    let offer = text(&offer);
    assert_eq!(
        lines(&offer, "m=audio"),
        ["m=audio 65422 RTP/AVP 0 8 96"],
        "all that Bob can do, not only what Alice took (RFC 6337 §5.1)"
    );
    assert_eq!(lines(&offer, "m=").len(), 3);
    let answer = wire(
        "v=0
        o=alice 2890844526 2890844527 IN IP4 192.0.2.1
        s=
        c=IN IP4 192.0.2.1
        t=0 0
        m=audio 49170 RTP/AVP 0
        a=rtpmap:0 PCMU/8000
        m=video 0 RTP/AVP 31
        m=video 0 RTP/AVP 32",
    );
    callee.receive_answer(&answer).unwrap();
    assert_eq!(callee.plan().unwrap().local, moved.address);
}

/// RFC 3264 §10.2: codecs offered inactive, then one of them for real.
#[test]
fn one_of_n_codecs() {
    let g723 = Codec::audio("G723", 8000);
    let g729 = Codec::audio("G729", 8000);
    let all = with_codecs(alice(), &[Codec::PCMU, g723.clone(), g729]);
    let all = LocalMedia {
        direction: Direction::Inactive,
        ..all
    };
    let bob = with_codecs(bob(), &[Codec::PCMU, g723.clone()]);
    let (mut caller, mut callee) = both();
    let (offer, answer) = agree(&mut caller, all, &mut callee, bob.clone());
    assert_eq!(lines(&offer, "m="), ["m=audio 49170 RTP/AVP 0 4 18"]);
    assert_eq!(lines(&answer, "m="), ["m=audio 49920 RTP/AVP 0 4"]);
    assert!(answer.contains("a=inactive"));
    assert_eq!(caller.plan().unwrap().direction, Direction::Inactive);

    let one = with_codecs(alice(), &[g723]);
    let (offer, answer) = agree(&mut caller, one, &mut callee, bob);
    assert_eq!(lines(&offer, "m="), ["m=audio 49170 RTP/AVP 4"]);
    assert_eq!(lines(&answer, "m="), ["m=audio 49920 RTP/AVP 4"]);
    let plan = caller.plan().unwrap();
    assert_eq!(
        (plan.send_payload_type, plan.direction),
        (4, Direction::SendRecv)
    );
}

/// RFC 4317 §2.3: the same codec under another number in the answer.
#[test]
fn each_side_sends_with_the_other_sides_numbers() {
    let ilbc = Codec::audio("iLBC", 8000);
    let local = with_codecs(alice(), &[Codec::PCMU, Codec::PCMA, ilbc]);
    let mut caller = negotiation(&local);
    let offer = caller.create_offer(local.clone()).unwrap();
    assert_eq!(lines(&text(&offer), "m="), ["m=audio 49170 RTP/AVP 0 8 96"]);
    let answer = wire(
        "v=0
        o=bob 2808844564 2808844564 IN IP4 192.0.2.2
        s=
        c=IN IP4 192.0.2.2
        t=0 0
        m=audio 49172 RTP/AVP 99
        a=rtpmap:99 ilbc/8000",
    );
    caller.receive_answer(&answer).unwrap();
    let plan = caller.plan().unwrap();
    assert_eq!(
        (plan.send_payload_type, plan.receive_payload_type),
        (99, 96)
    );
    assert_eq!(plan.codec.name, "iLBC");
    assert_eq!(plan.telephone_event, None);

    // The answerer's side of the same rule: 96 already means something else to it.
    let mut callee = negotiation(&bob());
    let opus = Codec::audio("opus", 48000);
    let speex = Codec::audio("speex", 16000);
    let both = with_codecs(bob(), &[opus, speex]);
    callee.create_offer(both.clone()).unwrap();
    callee.offer_rejected();
    let offer = wire(
        "v=0
        o=- 1 1 IN IP4 192.0.2.1
        s=-
        c=IN IP4 192.0.2.1
        t=0 0
        m=audio 49170 RTP/AVP 96
        a=rtpmap:96 speex/16000",
    );
    callee.receive_offer(&offer).unwrap();
    let answer = text(&callee.create_answer(both.clone()).unwrap());
    assert_eq!(lines(&answer, "m="), ["m=audio 49920 RTP/AVP 97"]);
    let plan = callee.plan().unwrap();
    assert_eq!(
        (plan.send_payload_type, plan.receive_payload_type),
        (96, 97)
    );
}

/// RFC 4317 §2.6: of two streams the one that will do.
#[test]
fn the_first_stream_that_will_do_is_taken() {
    let offer = wire(
        "v=0
        o=alice 2890844526 2890844526 IN IP4 192.0.2.1
        s=
        c=IN IP4 192.0.2.1
        t=0 0
        m=audio 49170 RTP/AVP 97
        a=rtpmap:97 iLBC/8000
        m=audio 51372 RTP/AVP 0 101
        a=rtpmap:101 telephone-event/8000
        a=fmtp:101 0-15
        a=ptime:30
        a=rtcp:60000",
    );
    let (mut callee, answer) = answered(&offer, bob());
    assert_eq!(
        lines(&answer, "m="),
        ["m=audio 0 RTP/AVP 97", "m=audio 49920 RTP/AVP 0 101"]
    );
    assert_eq!(
        lines(&answer, "a=rtpmap"),
        ["a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000"]
    );
    let plan = callee.plan().unwrap();
    assert_eq!(plan.remote, address("192.0.2.1:51372"));
    assert_eq!(plan.remote_rtcp, address("192.0.2.1:60000"));
    assert_eq!((plan.telephone_event, plan.ptime_ms), (Some(101), 30));
    assert_eq!(plan.local_rtcp, address("192.0.2.2:49921"));
    // The second place is ours now, also when we offer.
    let offer = text(&callee.create_offer(bob()).unwrap());
    assert_eq!(
        lines(&offer, "m="),
        ["m=audio 0 RTP/AVP 97", "m=audio 49920 RTP/AVP 0 8 101"]
    );
}

/// RFC 4733 §2.5.1.1: the peer's own list says what may be sent to it, and without one the keys.
#[test]
fn the_peer_says_which_events_it_takes() {
    for (list, codes) in [("a=fmtp:101 0-9,36", "0-9,36"), ("a=ptime:20", "0-15")] {
        let offer = wire(&format!(
            "v=0
            o=- 1 1 IN IP4 192.0.2.1
            s=-
            c=IN IP4 192.0.2.1
            t=0 0
            m=audio 49170 RTP/AVP 0 101
            a=rtpmap:101 telephone-event/8000
            {list}"
        ));
        let mut callee = negotiation(&bob());
        callee.receive_offer(&offer).unwrap();
        callee.create_answer(bob()).unwrap();
        assert_eq!(callee.plan().unwrap().telephone_events.to_string(), codes);
    }
}

/// RFC 3264 §6: three alternatives and a stream of events, and a callee that speaks one of the three
/// and takes no events.
// shows: S241
#[test]
fn one_of_three_alternatives_and_no_extra_stream() {
    let offer = |events: &str| {
        wire(&format!(
            "v=0
            o=- 1 1 IN IP4 192.0.2.1
            s=-
            c=IN IP4 192.0.2.1
            t=0 0
            m=audio 49170 RTP/AVP 96 97 98
            a=rtpmap:96 G723/8000
            a=rtpmap:97 GSM/8000
            a=rtpmap:98 PCMU/8000
            m=audio 49172 RTP/AVP 99
            a=rtpmap:99 {events}"
        ))
    };
    let ulaw = with_codecs(bob(), &[Codec::PCMU]);
    let answer_to = |events: &str, local: &[LocalMedia]| {
        let (callee, answer) = answered(&offer(events), local);
        (lines(&answer, "m=").join("|"), callee.plans().count())
    };
    let without = "m=audio 49920 RTP/AVP 98|m=audio 0 RTP/AVP 99".to_string();
    let alone = core::slice::from_ref(&ulaw);
    assert_eq!(
        answer_to("telephone-event/8000", alone),
        (without.clone(), 1)
    );
    // One that takes events has to be told their clock, and their name as it is (RFC 4733 §2.4.1).
    let events = LocalMedia {
        address: address("192.0.2.2:49922"),
        ..with_codecs(bob(), &[Codec::TELEPHONE_EVENT])
    };
    let both = [ulaw, events];
    let with = "m=audio 49920 RTP/AVP 98|m=audio 49922 RTP/AVP 99".to_string();
    assert_eq!(answer_to("telephone-event/8000", &both), (with, 2));
    for wrong in [
        "telephone-events",
        "telephone-event",
        "telephone-events/8000",
    ] {
        assert_eq!(answer_to(wrong, &both), (without.clone(), 1), "{wrong}");
    }
}

/// RFC 3264 §6: of eight and sixteen bits the callee takes eight, of sound and picture the sound;
/// that is the session.
// shows: S242
#[test]
fn two_descriptions_are_aligned_to_one_stream() {
    let (l8, l16) = (Codec::audio("L8", 8000), Codec::audio("L16", 8000));
    let picture = LocalMedia::rtp(
        MediaKind::Video,
        address("192.0.2.1:51372"),
        Vec::from([Codec::audio("H261", 90000)]),
    );
    let (mut caller, mut callee) = both();
    let offered = [with_codecs(alice(), &[l16, l8.clone()]), picture];
    let eight = with_codecs(bob(), &[l8]);
    let (offer, answer) = agree(&mut caller, &offered, &mut callee, eight);
    let expected = ["m=audio 49170 RTP/AVP 96 97", "m=video 51372 RTP/AVP 31"];
    assert_eq!(lines(&offer, "m="), expected);
    let expected = ["m=audio 49920 RTP/AVP 97", "m=video 0 RTP/AVP 31"];
    assert_eq!(lines(&answer, "m="), expected);
    for end in [&caller, &callee] {
        let plans: Vec<_> = end.plans().map(|(_, plan)| plan).collect();
        assert_eq!(plans.len(), 1);
        assert_eq!(
            (plans[0].kind, plans[0].codec.name.as_ref()),
            (MediaKind::Audio, "L8")
        );
    }
}

/// RFC 4317 §5.1 and RFC 3264 §5: an offer without media is answered without media.
#[test]
fn nothing_offered_nothing_answered() {
    let offer = wire(
        "v=0
        o=- 1 1 IN IP4 192.0.2.9
        s=-
        c=IN IP4 192.0.2.9
        t=0 0",
    );
    let (mut callee, answer) = answered(&offer, bob());
    assert!(lines(&answer, "m=").is_empty());
    assert_eq!(callee.plan(), None);
    let offer = [&offer[..], b"m=audio 1000 RTP/AVP 0\r\n"].concat();
    callee.receive_offer(&offer).unwrap();
    callee.create_answer(bob()).unwrap();
    assert!(callee.plan().is_some());
}

/// RFC 3264 §8.4, RFC 6337 §5.3: hold, hold from both ends, and each resuming its own.
// shows: S243 S245
#[test]
fn hold_and_resume() {
    let (mut caller, mut callee) = call();
    let (offer, answer) = exchange(&mut caller, Direction::SendOnly, &mut callee);
    assert!(offer.contains("a=sendonly") && answer.contains("a=recvonly"));
    assert!(!callee.plan().unwrap().direction.sends());
    assert!(callee.plan().unwrap().is_held_by_peer());
    assert_eq!(callee.plan().unwrap().rtp_destination(), None);
    assert!(
        callee.plan().unwrap().rtcp_destination().is_some(),
        "RTCP goes on (§5.1)"
    );
    // The callee holds too: the caller, which wants to go on sending, may not even receive.
    let (offer, answer) = exchange(&mut callee, Direction::SendOnly, &mut caller);
    assert!(
        offer.contains("a=sendonly") && answer.contains("a=inactive"),
        "{answer}"
    );
    // The caller resumes, and still hears nothing back; then so does the callee.
    let (_, answer) = exchange(&mut caller, Direction::SendRecv, &mut callee);
    assert!(answer.contains("a=sendonly"), "{answer}");
    let (_, answer) = exchange(&mut callee, Direction::SendRecv, &mut caller);
    assert!(answer.contains("a=sendrecv"), "{answer}");
    for plan in [caller.plan(), callee.plan()] {
        let plan = plan.unwrap();
        assert_eq!(plan.direction, Direction::SendRecv);
        assert_eq!(
            (plan.send_payload_type, plan.telephone_event),
            (0, Some(96))
        );
        assert!(!plan.is_held_by_peer());
    }
}

/// RFC 3264 §8.4, RFC 6337 §5.4: the hold of RFC 2543.
// shows: S245
#[test]
fn the_address_zero_is_understood_and_never_sent() {
    let (_, mut callee) = call();
    let offer = wire(
        "v=0
        o=- 1 2 IN IP4 192.0.2.1
        s=-
        c=IN IP4 0.0.0.0
        t=0 0
        m=audio 49170 RTP/AVP 0",
    );
    callee.receive_offer(&offer).unwrap();
    let answer = text(&callee.create_answer(bob()).unwrap());
    assert!(answer.contains("a=sendrecv"), "by the offer's direction");
    assert_eq!(lines(&answer, "c="), ["c=IN IP4 192.0.2.2"]);
    let plan = callee.plan().unwrap();
    assert!(plan.is_held_by_peer());
    assert_eq!(
        (plan.rtp_destination(), plan.rtcp_destination()),
        (None, None)
    );
    assert_eq!(plan.direction, Direction::RecvOnly);
    let nowhere = LocalMedia::audio(address("0.0.0.0:4000"));
    let offer = negotiation(&bob()).create_offer(nowhere.clone());
    assert_eq!(offer, Err(NegotiationError::UnusableMedia));
}

/// RFC 6157 §4.1: on IPv6 nowhere is a name in `.invalid`; an answer is of the family of its offer, and
/// what cannot be of that family is refused.
#[test]
fn nowhere_in_ipv6_is_a_name_and_families_are_never_mixed() {
    let six = LocalMedia::audio(address("[2001:db8::2]:4000"));
    let offer = |connection: &str| {
        wire(&format!(
            "v=0\no=- 1 1 IN IP6 2001:db8::1\ns=-\nc=IN {connection}\nt=0 0\n\
             m=audio 49170 RTP/AVP 0"
        ))
    };
    for connection in ["IP6 nowhere.invalid", "IP6 a.b.INVALID."] {
        let mut callee = negotiation(&six);
        callee.receive_offer(&offer(connection)).unwrap();
        let answer = text(&callee.create_answer(six.clone()).unwrap());
        assert_eq!(lines(&answer, "c="), ["c=IN IP6 2001:db8::2"]);
        let plan = callee.plan().unwrap();
        assert!(plan.is_held_by_peer());
        assert_eq!(
            (plan.rtp_destination(), plan.rtcp_destination()),
            (None, None)
        );
    }
    let mixed = [
        (&six, "IP4 0.0.0.0"),
        (&six, "IP4 192.0.2.1"),
        (&six, "IP6 valid.example"),
        (&six, "IP6 invalid"),
        (&bob(), "IP6 nowhere.invalid"),
        (&bob(), "IP6 2001:db8::1"),
    ];
    for (local, connection) in mixed {
        let mut callee = negotiation(local);
        callee.receive_offer(&offer(connection)).unwrap();
        let answer = callee.create_answer(local.clone());
        assert_eq!(answer, Err(NegotiationError::NotAcceptable), "{connection}");
    }
}

/// RFC 3264 §8: one version up on any change, none without.
// shows: S239
#[test]
fn the_version_counts_changes_and_nothing_else_of_the_origin_moves() {
    let (mut caller, mut callee) = call();
    let origin = |sdp: &str| {
        let line = lines(sdp, "o=")[0].to_string();
        let words: Vec<&str> = line.split(' ').collect();
        let version: u64 = words[2].parse().unwrap();
        assert!(version < 1 << 62 && words[1].parse::<i64>().is_ok());
        (words[1].to_string(), version, words[5].to_string())
    };
    let (first, _) = exchange(&mut caller, Direction::SendOnly, &mut callee);
    let (same, answer) = exchange(&mut caller, Direction::SendOnly, &mut callee);
    assert_eq!(first, same, "nothing changed, so not a byte does");
    let (again, answer_again) = exchange(&mut caller, Direction::SendOnly, &mut callee);
    assert_eq!((same, &answer), (again, &answer_again));
    // The peer's offer is answered with a description of ours, counted in the same row.
    let (_, back) = exchange(&mut callee, Direction::SendRecv, &mut caller);
    assert_eq!(back, first, "the answer happens to be what we offered");
    let (_, back) = exchange(&mut callee, Direction::Inactive, &mut caller);
    let (before, after) = (origin(&first), origin(&back));
    assert_eq!((before.0.clone(), before.1 + 1), (after.0, after.1));
    let moved = LocalMedia {
        address: address("198.51.100.7:4000"),
        ..alice()
    };
    let offer = text(&caller.create_offer(moved.clone()).unwrap());
    assert_eq!(origin(&offer), (before.0, before.1 + 2, before.2));
    assert_eq!(lines(&offer, "c="), ["c=IN IP4 198.51.100.7"]);
}

/// RFC 3264 §4: one offer at a time, and a rejected one leaves no trace but its version.
#[test]
fn an_exchange_is_atomic() {
    let (mut caller, mut callee) = call();
    let before = caller.plan().cloned();
    let offer = caller.create_reoffer(true).unwrap();
    assert_eq!(caller.plan(), before.as_ref());
    let unanswered = Err(NegotiationError::OfferUnanswered);
    assert_eq!(caller.create_reoffer(true), unanswered);
    assert_eq!(caller.receive_offer(&offer), Err(NegotiationError::Glare));
    caller.offer_rejected();
    assert_eq!(caller.plan(), before.as_ref());
    assert_eq!(
        caller.receive_answer(&offer),
        Err(NegotiationError::NoOffer)
    );
    assert_eq!(
        caller.create_answer(alice()),
        Err(NegotiationError::NoOffer)
    );

    callee.receive_offer(&offer).unwrap();
    assert_eq!(callee.create_reoffer(true), unanswered);
    let twice = callee.receive_offer(&offer);
    assert_eq!(twice, Err(NegotiationError::OfferUnanswered));
    callee.reject_offer();
    assert!(callee.is_stable() && callee.plan().unwrap().direction.sends());
    let (next, _) = exchange(&mut caller, Direction::SendRecv, &mut callee);
    assert_eq!(version(next.as_bytes()), 3, "1 agreed, 2 rejected");
}

/// RFC 4317 §2.2 and §4.3: fewer codecs in a second exchange; a video stream that comes and goes is
/// refused in its place and stays there. RFC 4317 §3.1: an answer that holds from the start.
#[test]
fn later_exchanges_keep_what_was_agreed_in_its_place() {
    let (mut caller, mut callee) = call();
    let one = with_codecs(alice(), &[Codec::PCMA]);
    let offer = caller.create_offer(one.clone()).unwrap();
    let video = [
        &offer[..],
        b"m=video 51372 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n",
    ]
    .concat();
    callee.receive_offer(&video).unwrap();
    let answer = text(&callee.create_answer(bob()).unwrap());
    let expected = ["m=audio 49920 RTP/AVP 8", "m=video 0 RTP/AVP 31"];
    assert_eq!(lines(&answer, "m="), expected);
    assert_eq!(callee.plan().unwrap().codec, Codec::PCMA);
    // What is still on its way with the old codec can be played (RFC 3264 §8.3.2).
    let formats = callee.plan().unwrap().receive_formats.iter();
    let formats: Vec<u8> = formats.map(|format| format.payload_type).collect();
    assert_eq!(formats, [8, 0, 96]);
    let offer = text(&callee.create_reoffer(false).unwrap());
    assert_eq!(lines(&offer, "m=video"), ["m=video 0 RTP/AVP 31"]);

    let (mut caller, mut callee) = both();
    let holding = LocalMedia {
        on_hold: true,
        ..bob()
    };
    agree(&mut caller, alice(), &mut callee, holding);
    assert_eq!(caller.plan().unwrap().direction, Direction::RecvOnly);
    let (offer, answer) = exchange(&mut callee, Direction::SendRecv, &mut caller);
    assert!(offer.contains("a=sendrecv") && answer.contains("a=sendrecv"));
}

/// RFC 6337 §2.2 pattern 2, the flow of RFC 3665 §3.6: the offer in the 200, the answer in the ACK.
#[test]
fn an_invite_without_an_offer() {
    let (mut caller, mut callee) = both();
    let (in_200, _) = agree(&mut callee, bob(), &mut caller, alice());
    assert_eq!(caller.plan().unwrap().remote, callee.plan().unwrap().local);

    // What cannot be had is refused in a valid answer, and BYE follows (RFC 6337 §5.2.4).
    let mut caller = negotiation(&alice());
    let deaf = with_codecs(alice(), &[Codec::audio("opus", 48000)]);
    caller.receive_offer(in_200.as_bytes()).unwrap();
    assert!(!caller.can_answer(deaf.clone()));
    assert_eq!(
        caller.create_answer(deaf.clone()),
        Err(NegotiationError::NotAcceptable)
    );
    assert!(caller.is_offer_received());
    let refusal = caller.create_refusal().unwrap();
    assert_eq!(lines(&text(&refusal), "m="), ["m=audio 0 RTP/AVP 0"]);
    assert_eq!(caller.plan(), None);
    let mut callee = negotiation(&bob());
    callee.create_offer(bob()).unwrap();
    callee.receive_answer(&refusal).unwrap();
    assert_eq!(callee.plan(), None, "a refused stream is no stream");
    // Its place can be used again (RFC 3264 §8.1).
    let offer = text(&callee.create_offer(bob()).unwrap());
    assert_eq!(lines(&offer, "m=").len(), 1);
}

/// RFC 6337 §3.1.1: the first answer counts, though only a reliable one ends the exchange.
#[test]
fn a_preview_is_taken_for_the_answer() {
    let mut caller = negotiation(&alice());
    let offer = caller.create_offer(alice()).unwrap();
    let answer_from = |local: &LocalMedia| answered(&offer, local.clone()).1.into_bytes();
    let first = answer_from(&bob());
    let mut other = LocalMedia::audio(address("192.0.2.3:7000"));
    let second = answer_from(&other);
    caller.preview_answer(&first).unwrap();
    caller.preview_answer(&second).unwrap();
    assert_eq!(caller.plan().unwrap().remote, bob().address);
    assert_eq!(
        caller.create_reoffer(false),
        Err(NegotiationError::OfferUnanswered)
    );
    // Another fork of the call is another negotiation, made from the same offer.
    let mut fork = negotiation(&alice());
    fork.create_offer(alice()).unwrap();
    fork.receive_answer(&second).unwrap();
    assert_eq!(fork.plan().unwrap().remote, other.address);
    other.address.set_port(7002);
    caller.receive_answer(&answer_from(&other)).unwrap();
    assert_eq!(caller.plan().unwrap().remote, bob().address);
    assert!(caller.is_stable());

    let mut caller = negotiation(&alice());
    caller.create_offer(alice()).unwrap();
    caller.preview_answer(&first).unwrap();
    caller.offer_rejected();
    assert_eq!(caller.plan(), None, "a preview goes with its offer");
}

/// RFC 3264 §6: the times of the session are not negotiable.
#[test]
fn the_answer_repeats_the_times() {
    let offer = wire(
        "v=0
        o=- 1 1 IN IP4 192.0.2.1
        s=-
        c=IN IP4 192.0.2.1
        t=3724394400 3724398000
        t=3724484400 3724488000
        m=audio 49170 RTP/AVP 0",
    );
    let (_, answer) = answered(&offer, bob());
    let times = ["t=3724394400 3724398000", "t=3724484400 3724488000"];
    assert_eq!(lines(&answer, "t="), times);
}
