//! What is refused, what is survived, and what holds whatever happens.

use super::*;

#[test]
fn offers_nobody_can_take_are_refused_as_a_whole() {
    let head = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n";
    for media in [
        "m=video 5000 RTP/AVP 31",
        "m=audio 5000 RTP/SAVP 0",
        "m=audio 5000 RTP/AVP 96\na=rtpmap:96 opus/48000/2",
        "m=audio 5000 RTP/AVP 96",
        "m=audio 5000 RTP/AVP 101\na=rtpmap:101 telephone-event/8000",
        "m=audio 5000 RTP/AVP 0\nc=IN IP6 2001:db8::1",
        "m=audio 5000 RTP/AVP 0\nc=IN IP4 host.example.com",
        "m=audio 5000 RTP/AVP 0\nc=IN IP4 233.252.0.1/127",
        // The tutorial's own misspelling: an unknown attribute, so 96 means nothing.
        "m=audio 5000 RTP/AVP 96\na=rtptime:96 PCMU/8000",
    ] {
        let mut callee = negotiation(&bob());
        callee
            .receive_offer(&wire(&format!("{head}{media}")))
            .unwrap();
        let answer = callee.create_answer(bob());
        assert_eq!(answer, Err(NegotiationError::NotAcceptable), "{media}");
    }
    // But a stream that is given up is given up.
    let (_, mut callee) = call();
    let gone = wire(&format!("{head}m=audio 0 RTP/AVP 0"));
    callee.receive_offer(&gone).unwrap();
    let answer = text(&callee.create_answer(bob()).unwrap());
    assert_eq!(lines(&answer, "m="), ["m=audio 0 RTP/AVP 0"]);
    assert_eq!(callee.plan(), None);
    // And a place cannot be taken away (§8).
    callee.receive_offer(&wire(head)).unwrap_err();
    assert!(callee.is_stable());
}

/// RFC 3264 §5.1, RFC 2198 §5: redundancy is a format like others, and only `a=rtpmap` maps it.
// shows: S077
#[test]
fn redundant_audio_is_negotiated_by_rtpmap_alone() {
    let red = Codec {
        parameters: Some("0/0".into()),
        ..Codec::audio("red", 8000)
    };
    let local = with_codecs(bob(), &[Codec::PCMU, red]);
    let offer = |attribute: &str| {
        wire(&format!(
            "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n\
             m=audio 20002 RTP/AVP 96 0\n{attribute}:96 red/8000/1\na=fmtp:96 0/0"
        ))
    };
    for (attribute, answered) in [("a=rtpmap", "96 0"), ("a=rtptime", "0")] {
        let mut callee = negotiation(&local);
        callee.receive_offer(&offer(attribute)).unwrap();
        let answer = text(&callee.create_answer(local.clone()).unwrap());
        let expected = format!("m=audio 49920 RTP/AVP {answered}");
        assert_eq!(lines(&answer, "m="), [expected]);
        assert_eq!(callee.plan().unwrap().codec, Codec::PCMU);
        assert_eq!(answer.contains("a=fmtp:96 0/0"), answered != "0");
    }
}

#[test]
fn answers_that_do_not_fit_end_the_exchange_and_change_nothing() {
    let head = "v=0\no=- 1 1 IN IP4 192.0.2.2\ns=-\nc=IN IP4 192.0.2.2\nt=0 0\n";
    for media in [
        "",
        "m=video 5000 RTP/AVP 0",
        "m=audio 5000 RTP/AVP 0\nm=audio 5002 RTP/AVP 0",
        "m=audio 5000 RTP/AVP 18",
        "m=audio 5000 RTP/SAVP 0",
        "m=audio 5000 RTP/AVP 0\nc=IN IP4 host.example.com",
    ] {
        let (mut caller, _) = call();
        let before = caller.plan().cloned();
        caller.create_reoffer(true).unwrap();
        let answer = caller.receive_answer(&wire(&format!("{head}{media}")));
        assert_eq!(answer, Err(NegotiationError::AnswerMismatch), "{media}");
        assert_eq!(caller.plan(), before.as_ref());
        assert!(caller.is_stable());
    }
    let (mut caller, _) = call();
    caller.create_reoffer(true).unwrap();
    let error = caller.receive_answer(b"v=1\r\n").unwrap_err();
    let NegotiationError::Description(error) = error else {
        panic!("{error}");
    };
    assert_eq!(error.kind, SdpErrorKind::Malformed(b'v'));
}

/// An answer marked against RFC 3264 §6.1 does not make us do what we did not offer.
#[test]
fn a_wrong_answer_is_read_as_the_most_it_allows() {
    for (offered, answered, ours) in [
        (Direction::SendOnly, "sendrecv", Direction::SendOnly),
        (Direction::SendOnly, "sendonly", Direction::Inactive),
        (Direction::Inactive, "sendrecv", Direction::Inactive),
        (Direction::RecvOnly, "recvonly", Direction::Inactive),
    ] {
        let (mut caller, _) = call();
        let marked = LocalMedia {
            direction: offered,
            ..alice()
        };
        caller.create_offer(marked).unwrap();
        let answer = wire(&format!(
            "v=0\no=- 1 1 IN IP4 192.0.2.2\ns=-\nc=IN IP4 192.0.2.2\nt=0 0\n\
             m=audio 5000 RTP/AVP 0\na={answered}"
        ));
        caller.receive_answer(&answer).unwrap();
        assert_eq!(caller.plan().unwrap().direction, ours);
    }
}

/// RFC 3264 §9.
#[test]
fn capabilities_cannot_be_taken_for_an_offer() {
    let codecs = [Codec::PCMU, Codec::PCMA, Codec::audio("opus", 48000)];
    let video = Vec::from([Codec::audio("H261", 90000), Codec::audio("H263", 90000)]);
    let media = [
        LocalMedia {
            ptime_ms: None,
            ..with_codecs(bob(), &codecs)
        },
        LocalMedia::rtp(MediaKind::Video, bob().address, video),
    ];
    let sdp = text(&capabilities(7, bob().address.ip(), &media));
    let expected = ["m=audio 0 RTP/AVP 0 8 96", "m=video 0 RTP/AVP 31 34"];
    assert_eq!(lines(&sdp, "m="), expected, "each kind, as in Figure 1");
    assert_eq!(lines(&sdp, "t="), ["t=0 0"]);
    assert_eq!(lines(&sdp, "a=rtpmap:96"), ["a=rtpmap:96 opus/48000"]);
    let mut callee = negotiation(&alice());
    callee.receive_offer(sdp.as_bytes()).unwrap();
    callee.create_answer(alice()).unwrap();
    assert_eq!(callee.plan(), None);
}

/// RFC 3264 §5, RFC 8866 §5: what we write is strictly what the standard says.
// shows: S230 S231
#[test]
fn our_own_descriptions_pass_the_strict_reader() {
    let v6 = LocalMedia {
        rtcp_port: Some(5005),
        ..LocalMedia::audio(address("[2001:db8::7]:5000"))
    };
    let mut caller = negotiation(&v6);
    let offer = caller.create_offer(v6.clone()).unwrap();
    let strict = SessionDescription::parse_with(
        &offer,
        &crate::sdp::Tolerance::STRICT,
        &crate::sdp::DescriptionLimits::default(),
    );
    assert_eq!(strict.unwrap().to_bytes(), offer);
    let offer = text(&offer);
    assert_eq!(lines(&offer, "t="), ["t=0 0"]);
    assert_eq!(lines(&offer, "v=").len(), 1);
    assert_eq!(lines(&offer, "c="), ["c=IN IP6 2001:db8::7"]);
    assert_eq!(lines(&offer, "a=rtpmap:0"), ["a=rtpmap:0 PCMU/8000"]);
    assert_eq!(lines(&offer, "a=rtcp"), ["a=rtcp:5005"]);
    for broken in [
        LocalMedia {
            codecs: Vec::new(),
            ..alice()
        },
        LocalMedia {
            codecs: Vec::from([Codec::audio("a\r\nm=x", 8000)]),
            ..alice()
        },
        LocalMedia {
            ptime_ms: Some(0),
            ..alice()
        },
    ] {
        let offer = negotiation(&alice()).create_offer(broken.clone());
        assert_eq!(offer, Err(NegotiationError::UnusableMedia));
    }
}

/// Random exchanges between two ends that start from either side: the places never go down or
/// change their kind, both ends agree on every plan, and a rejection changes nothing.
// shows: S232
#[test]
fn a_thousand_random_negotiations() {
    let mut rng = crate::rng::Rng::from_seed([5; 32]);
    let codecs = [
        Codec::PCMU,
        Codec::PCMA,
        Codec::audio("opus", 48000),
        Codec::audio("iLBC", 8000),
        Codec::TELEPHONE_EVENT,
    ];
    for _ in 0..1000 {
        let mut ends = [negotiation(&alice()), negotiation(&bob())];
        let mut places = 0;
        for _ in 0..rng.below(8) {
            let mut locals = [alice(), bob()];
            for local in &mut locals {
                local.codecs.clear();
                for codec in &codecs {
                    if rng.below(2) == 0 {
                        local.codecs.push(codec.clone());
                    }
                }
                let at = rng.below(4) as usize;
                local.direction = Direction::ALL[at];
            }
            let from = rng.below(2) as usize;
            let to = 1 - from;
            let before = [ends[0].plan().cloned(), ends[1].plan().cloned()];
            let Ok(offer) = ends[from].create_offer(locals[from].clone()) else {
                assert!(locals[from].codecs.is_empty());
                continue;
            };
            ends[to].receive_offer(&offer).unwrap();
            let Ok(answer) = ends[to].create_answer(locals[to].clone()) else {
                ends[to].reject_offer();
                ends[from].offer_rejected();
                let after = [ends[0].plan().cloned(), ends[1].plan().cloned()];
                assert_eq!(before, after);
                continue;
            };
            ends[from].receive_answer(&answer).unwrap();
            let (offer, answer) = (text(&offer), text(&answer));
            assert_eq!(lines(&offer, "m=").len(), lines(&answer, "m=").len());
            assert!(lines(&offer, "m=").len() >= places);
            places = lines(&offer, "m=").len();
            let (one, other) = (ends[0].plan().unwrap(), ends[1].plan().unwrap());
            assert!(one.codec.matches(&other.codec));
            assert_eq!(one.send_payload_type, other.receive_payload_type);
            assert_eq!(other.send_payload_type, one.receive_payload_type);
            assert_eq!(one.telephone_event, other.receive_telephone_event);
            assert_eq!(one.direction, other.direction.reversed());
            let desired = [locals[0].direction, locals[1].direction];
            assert_eq!(one.direction, desired[0].and(desired[1].reversed()));
            for number in [one.receive_payload_type, other.receive_payload_type] {
                assert!(number < 128);
            }
        }
    }
}
