use std::net::SocketAddr;

use offhook::rtp::audio::{AudioConfig, AudioDirection, AudioStream};
use offhook::rtp::payload::g711::Law;
use offhook::sdp::offer_answer::Negotiation;
use offhook::{FlowId, Input, Instant, Machine, Output, Transport};

use super::*;
use crate::leg::{pcma, pcmu};

fn address(host: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, host], port))
}

fn media(host: u8, codecs: &[Codec], repair: Repair) -> LocalMedia {
    let mut media = LocalMedia::audio(address(host, 4000));
    media.codecs = codecs.to_vec();
    media.codecs.push(Codec::TELEPHONE_EVENT);
    repair.of(media)
}

/// What two phones agree on, and what they said.
fn agreed(alices: LocalMedia, bobs: LocalMedia) -> Option<([MediaPlan; 2], [String; 2])> {
    let mut alice = Negotiation::new(1, address(1, 0).ip());
    let mut bob = Negotiation::new(2, address(2, 0).ip());
    let offer = alice.create_offer(alices).expect("an offer");
    bob.receive_offer(&offer).expect("it is understood");
    let answer = bob.create_answer(bobs).ok()?;
    alice.receive_answer(&answer).expect("it fits");
    let plans = [alice, bob].map(|one| one.plan().expect("a plan").clone());
    let said = [offer, answer].map(|it| String::from_utf8(it).expect("text"));
    Some((plans, said))
}

const NOTHING: Repair = Repair {
    red: None,
    fec: false,
    rtx: None,
};
const RED: Repair = Repair {
    red: Some(1),
    ..NOTHING
};
const RTX: Repair = Repair {
    rtx: Some(Duration::from_millis(300)),
    ..NOTHING
};
const BOTH: Repair = Repair {
    red: Some(2),
    ..RTX
};
const FEC: Repair = Repair {
    fec: true,
    ..NOTHING
};
const RED_AND_FEC: Repair = Repair { fec: true, ..RED };

// shows: S077
#[test]
fn what_both_want_is_agreed_on() {
    let codecs = [pcma(), pcmu()];
    let (plans, said) = agreed(media(1, &codecs, BOTH), media(2, &codecs, BOTH)).expect("agreed");
    for text in &said {
        assert!(text.contains(" RTP/AVPF 8 0 "), "{text}");
        for line in [
            "red/8000",
            "8/8/8",
            "rtx/8000",
            "apt=8;rtx-time=300",
            "apt=0;rtx-time=300",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        assert!(text.contains("a=rtcp-fb:* nack\r\n"), "{text}");
        assert!(text.contains("a=rtcp-fb:* trr-int 5000\r\n"), "{text}");
    }
    for plan in &plans {
        assert_eq!(named(plan).as_deref(), Some("red, rtx"));
        let mut agreed = AudioPlan::new(Law::A, plan.remote, AudioDirection::SendRecv);
        agree(plan, &mut agreed);
        let red = agreed.send_redundancy.expect("red");
        assert_eq!((red.generations, agreed.receive_redundancy), (2, Some(red)));
        assert!(agreed.send_retransmission.is_some());
        assert_eq!(agreed.send_retransmission, agreed.receive_retransmission);
    }
}

#[test]
fn what_one_does_not_want_is_left_out() {
    let codecs = [pcmu()];
    let (plans, said) = agreed(media(1, &codecs, RED), media(2, &codecs, NOTHING)).expect("agreed");
    assert!(!said[1].contains("red"), "{}", said[1]);
    for plan in &plans {
        assert_eq!(named(plan), None);
        let mut agreed = AudioPlan::new(Law::Mu, plan.remote, AudioDirection::SendRecv);
        agree(plan, &mut agreed);
        assert_eq!(agreed.send_redundancy, None);
    }
    // RFC 4585 §4.2, §5.2: feedback is a profile of its own, which a peer has or has not.
    assert!(agreed(media(1, &codecs, RTX), media(2, &codecs, NOTHING)).is_none());
    // Of two numbers of generations each sends as many as the other takes.
    let two = Repair {
        red: Some(2),
        ..NOTHING
    };
    let (plans, _) = agreed(media(1, &codecs, RED), media(2, &codecs, two)).expect("agreed");
    let generations = plans.map(|plan| {
        let mut agreed = AudioPlan::new(Law::Mu, plan.remote, AudioDirection::SendRecv);
        agree(&plan, &mut agreed);
        agreed.send_redundancy.expect("red").generations
    });
    assert_eq!(generations, [2, 1]);
}

/// RFC 5109 §14.2: parity is named in the list of redundant data, by the number it has.
#[test]
fn parity_is_agreed_on_as_one_of_the_redundant_data() {
    let codecs = [pcma(), pcmu()];
    for (repair, words, generations, list) in [
        (FEC, "fec", 0, "a=fmtp:97 8/98\r\n"),
        (RED_AND_FEC, "red, fec", 1, "a=fmtp:97 8/8/98\r\n"),
    ] {
        let (plans, said) =
            agreed(media(1, &codecs, repair), media(2, &codecs, repair)).expect("agreed");
        for text in &said {
            assert!(text.contains(" RTP/AVP 8 0 96 97 98\r\n"), "{text}");
            assert!(text.contains("a=rtpmap:98 ulpfec/8000\r\n"), "{text}");
            assert!(text.contains(list), "{text}");
        }
        for plan in &plans {
            assert_eq!(named(plan).as_deref(), Some(words));
            let mut agreed = AudioPlan::new(Law::A, plan.remote, AudioDirection::SendRecv);
            agree(plan, &mut agreed);
            let red = agreed.send_redundancy.expect("red");
            assert_eq!(
                (red.generations, agreed.receive_redundancy),
                (generations, Some(red))
            );
            let parity = red.parity.expect("parity").payload_type();
            assert_eq!(parity.as_u8(), 98);
        }
    }
}

/// §14.3: the payload type is removed, and redundant data with it if they held nothing else.
#[test]
fn parity_that_one_does_not_want_is_left_out() {
    let codecs = [pcmu()];
    for (ours, theirs, words) in [
        (FEC, NOTHING, [None, None]),
        (FEC, RED, [None, None]),
        (RED_AND_FEC, RED, [Some("red"), Some("red")]),
        (RED, RED_AND_FEC, [Some("red"), Some("red")]),
    ] {
        let (plans, said) =
            agreed(media(1, &codecs, ours), media(2, &codecs, theirs)).expect("agreed");
        assert!(!said[1].contains("ulpfec"), "{}", said[1]);
        for (plan, words) in plans.iter().zip(words) {
            assert_eq!(named(plan).as_deref(), words, "{ours:?} {theirs:?}");
            let mut agreed = AudioPlan::new(Law::Mu, plan.remote, AudioDirection::SendRecv);
            agree(plan, &mut agreed);
            let parities = [agreed.send_redundancy, agreed.receive_redundancy];
            let mut parities = parities.into_iter().flatten().map(|one| one.parity);
            assert!(parities.all(|parity| parity.is_none()));
        }
    }
}

/// Two streams with what was agreed on, and a way that loses every so many packets of sound: what
/// one says the other hears, sample for sample.
#[test]
fn over_a_way_that_loses_packets_nothing_is_missing() {
    let fec = [(FEC, 5), (RED_AND_FEC, 5)];
    for (repair, every) in [(NOTHING, 0), (RED, 5), (RTX, 9), (BOTH, 5)]
        .into_iter()
        .chain(fec)
    {
        let whole = heard(repair, 0);
        assert_eq!(whole.1, 0);
        if every > 0 {
            let (lossy, repaired) = heard(repair, every);
            assert!(repaired > 5, "{repair:?}: {repaired}");
            assert_eq!(lossy, whole.0, "{repair:?}");
        }
    }
}

fn heard(repair: Repair, lose_every: usize) -> (Vec<i16>, u64) {
    let codecs = [pcma()];
    let (plans, _) = agreed(media(1, &codecs, repair), media(2, &codecs, repair)).expect("agreed");
    let mut host = 0;
    let mut ends = plans.map(|plan| {
        host += 1;
        let mut stream = AudioStream::new(AudioConfig::new("anybody"), [host; 32]);
        for n in 0..2_u8 {
            let input = Input::Bound {
                flow: FlowId::from_driver(n.into()),
                transport: Transport::Udp,
                local: address(host, 4000 + u16::from(n)),
            };
            stream.handle_input(Instant::ZERO, input);
        }
        stream.set_plan(
            Instant::ZERO,
            crate::leg::audio_plan(&plan).expect("one").expect("one"),
        );
        stream
    });
    let said: Vec<i16> = (0..16_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 17) as i16 | 0x1000)
        .collect();
    let mut rest = &said[..];
    let mut under_way: Vec<(u64, usize, FlowId, Vec<u8>)> = Vec::new();
    let (mut sound, mut sent, mut bytes) = (Vec::new(), 0, Vec::new());
    for now in 0..2_500_u64 {
        let taken = ends[0].push_capture(rest);
        rest = &rest[taken..];
        let at = Instant::from_millis(now);
        let (due, later) = under_way.into_iter().partition(|(at, ..)| *at <= now);
        under_way = later;
        let due: Vec<(u64, usize, FlowId, Vec<u8>)> = due;
        for (_, to, flow, bytes) in due {
            let is_rtp = flow == FlowId::from_driver(0);
            let host = if to == 0 { 2 } else { 1 };
            let source = address(host, if is_rtp { 4000 } else { 4001 });
            let bytes = &bytes;
            let input = Input::Datagram {
                flow,
                source,
                bytes,
            };
            ends[to].handle_input(at, input);
        }
        for (me, end) in ends.iter_mut().enumerate() {
            end.handle_input(at, Input::Timeout);
            loop {
                match end.poll_output(&mut bytes) {
                    Output::Transmit { flow, .. } => {
                        let is_sound = me == 0 && flow == FlowId::from_driver(0);
                        sent += usize::from(is_sound);
                        let is_lost = is_sound && lose_every > 0 && sent % lose_every == 0;
                        if !is_lost {
                            under_way.push((now + 15, 1 - me, flow, bytes.clone()));
                        }
                    }
                    Output::Wait(_) => break,
                    _ => {}
                }
            }
        }
        let mut pcm = [0; 800];
        let count = ends[1].take_playout(&mut pcm);
        sound.extend_from_slice(&pcm[..count]);
    }
    (sound, ends[1].report().repaired)
}
