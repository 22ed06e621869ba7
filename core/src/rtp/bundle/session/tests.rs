use super::*;
use crate::rtp::number::{SequenceNumber, Timestamp};
use crate::rtp::packet::{Header, Outgoing};
use crate::rtp::rtcp::{CompoundWriter, Feedback, FeedbackPacket};
use crate::rtp::session::SessionFeedback;
use core::time::Duration;

const FLOW: FlowId = FlowId::from_driver(1);
const MID: u8 = 3;

fn ms(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn address(host: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, host], 4000))
}

/// Both sections have the same payload type, so that it tells nothing.
fn section(mid: &str) -> BundledSection {
    BundledSection {
        mid: mid.as_bytes().into(),
        payload_types: Vec::from([PayloadType::PCMU]),
        incoming: Vec::new(),
        session: SessionConfig::telephone("someone"),
    }
}

fn end(seed: u8, mids: &[&str]) -> BundledSession {
    let sections = mids.iter().map(|mid| section(mid)).collect();
    let mut end = BundledSession::new(sections, Some(MID), Rng::from_seed([seed; 32]));
    end.set_route(FLOW, address(3 - seed));
    end.join(Instant::ZERO);
    end
}

fn media(payload: &[u8], number: u32) -> Media<'_> {
    Media {
        marker: false,
        payload_type: PayloadType::PCMU,
        timestamp: Timestamp::new(number.wrapping_mul(160)),
        sampled: ms(u64::from(number) * 20),
        payload,
    }
}

fn send(end: &mut BundledSession, section: usize, number: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = [0; 200];
    let now = ms(u64::from(number) * 20);
    let size = end.send(now, section, &media(payload, number), &mut out);
    out[..size.unwrap()].to_vec()
}

/// Where a packet belongs, and what is in it.
fn hear(
    end: &mut BundledSession,
    number: u32,
    bytes: &[u8],
) -> Result<(usize, Vec<u8>), DropReason> {
    let now = ms(u64::from(number) * 20);
    let heard = end.receive(now, address(1), bytes)?;
    Ok((heard.section, heard.received.packet.payload().to_vec()))
}

/// All reports that are due up to `until`.
fn reports(end: &mut BundledSession, until: Instant) -> Vec<(Instant, Vec<u8>)> {
    let mut all = Vec::new();
    while let Some(now) = end.deadline().filter(|now| *now <= until) {
        let mut bytes = Vec::new();
        if end.poll_rtcp(now, &mut bytes) {
            all.push((now, bytes));
        }
    }
    all
}

/// RFC 9143 §9.2: by MID alone, and by SSRC once the MID is known, though its first packets are lost.
#[test]
fn each_stream_arrives_at_its_section() {
    let (mut alice, mut bob) = (end(1, &["a", "b"]), end(2, &["a", "b"]));
    for number in 0..20 {
        for (section, payload) in [b"one", b"two"].into_iter().enumerate() {
            let bytes = send(&mut alice, section, number, payload);
            if number >= 5 {
                let expected = Ok((section, payload.to_vec()));
                assert_eq!(hear(&mut bob, number, &bytes), expected);
            }
        }
    }
    // Bob's reports say so, and from then on packets say no more than they must.
    for (now, bytes) in reports(&mut bob, ms(10_000)) {
        assert!(alice.receive_rtcp(now, address(2), &bytes).is_ok());
    }
    for section in 0..2 {
        let bytes = send(&mut alice, section, 600, b"more");
        assert_eq!(bytes.len(), 12 + 4);
        assert_eq!(hear(&mut bob, 600, &bytes), Ok((section, b"more".to_vec())));
    }
    let started = |section| {
        let event = SessionEvent::SourceStarted {
            ssrc: alice.participant(section).unwrap().ssrc(),
        };
        BundledEvent { section, event }
    };
    assert_eq!(bob.poll_event(), Some(started(0)));
    assert_eq!(bob.poll_event(), Some(started(1)));
}

/// What tells nothing is counted, and of another section is counted as that.
#[test]
fn what_is_for_no_section_is_dropped() {
    let (mut alice, mut bob) = (end(1, &["a", "zen"]), end(2, &["a", "b"]));
    let unknown = send(&mut alice, 1, 0, b"media");
    assert_eq!(hear(&mut bob, 0, &unknown), Err(DropReason::Unassociated));
    let mut other = media(b"media", 0);
    other.payload_type = PayloadType::PCMA;
    let mut out = [0; 100];
    let size = alice.send(ms(0), 0, &other, &mut out).unwrap();
    let wrong = Err(DropReason::PayloadType);
    assert_eq!(hear(&mut bob, 0, &out[..size]), wrong);
    assert_eq!(hear(&mut bob, 0, b"?"), Err(DropReason::NotRtp));
    for reason in [
        DropReason::Unassociated,
        DropReason::PayloadType,
        DropReason::NotRtp,
    ] {
        assert_eq!(bob.dropped(reason), 1);
    }
    assert_eq!(
        alice.send(ms(0), 2, &other, &mut out),
        Err(SendError::NotMember)
    );
}

/// RFC 3550 §8.2, RFC 9143 §9.1: one space of SSRCs, whatever the sections; and under another SSRC
/// the stream arrives where it did, whether its first packets come or not.
#[test]
fn a_stream_that_changes_its_ssrc_stays_in_its_section() {
    let (mut alice, mut bob) = (end(1, &["a", "b"]), end(2, &["a", "b"]));
    for number in 0..3 {
        let bytes = send(&mut alice, 1, number, b"before");
        assert_eq!(hear(&mut bob, number, &bytes), Ok((1, b"before".to_vec())));
    }
    for (now, bytes) in reports(&mut bob, ms(8_000)) {
        assert!(alice.receive_rtcp(now, address(2), &bytes).is_ok());
    }
    let before = alice.participant(1).unwrap().ssrc();
    // Somebody else has it, and says that it is for the other section.
    let mut out = [0; 100];
    let header = Header {
        marker: false,
        payload_type: PayloadType::PCMU,
        sequence: SequenceNumber::new(1),
        timestamp: Timestamp::new(0),
        ssrc: before,
    };
    let size = Outgoing::new(header, b"theirs").write(&mut out).unwrap();
    let collision = alice.receive(ms(8_000), address(9), &out[..size]);
    assert_eq!(collision.unwrap_err(), DropReason::OwnSsrc);
    let after = alice.participant(1).unwrap().ssrc();
    assert_ne!(after, before);
    let changed = SessionEvent::SsrcChanged {
        old: before,
        new: after,
    };
    let is_change = |event: BundledEvent| event.section == 1 && event.event == changed;
    assert!(core::iter::from_fn(|| alice.poll_event()).any(is_change));
    for number in 400..410 {
        let bytes = send(&mut alice, 1, number, b"after");
        if number >= 403 {
            assert_eq!(hear(&mut bob, number, &bytes), Ok((1, b"after".to_vec())));
        }
    }
    // Alice said goodbye under the old one, which is for that section as well.
    let mut goodbyes = [0; 2];
    let mut bytes = Vec::new();
    while alice.poll_rtcp(ms(8_200), &mut bytes) {
        let report = bob.receive_rtcp(ms(8_200), address(1), &bytes).unwrap();
        for (section, count) in goodbyes.iter_mut().enumerate() {
            let packets = report.packets_for(section);
            *count += packets
                .filter(|packet| matches!(packet, RtcpPacket::Goodbye(_)))
                .count();
        }
    }
    assert_eq!(goodbyes, [0, 1]);
    let left: Vec<BundledEvent> = core::iter::from_fn(|| bob.poll_event())
        .filter(|event| matches!(event.event, SessionEvent::SourceLeft { .. }))
        .collect();
    let event = SessionEvent::SourceLeft { ssrc: before };
    assert_eq!(left, [BundledEvent { section: 1, event }]);
}

/// RFC 9143 §9.2, §15.1: who has heard no media yet knows by the report whose it is.
#[test]
fn reports_arrive_at_their_sections() {
    let (mut alice, mut bob) = (end(1, &["a", "b"]), end(2, &["a", "b"]));
    send(&mut alice, 1, 0, b"lost");
    let all = reports(&mut alice, ms(6_000));
    assert!(all.len() >= 2);
    let mut described = [0; 2];
    for (now, bytes) in all {
        let report = bob.receive_rtcp(now, address(1), &bytes).unwrap();
        let of: Vec<usize> = (0..2)
            .filter(|section| report.packets_for(*section).count() > 0)
            .collect();
        assert_eq!(of.len(), 1);
        described[of[0]] += 1;
    }
    assert!(described[0] > 0 && described[1] > 0);
    // Feedback is for the stream of ours that it is about, and is taken there.
    let feedback = SessionFeedback::new(Duration::from_millis(100), Duration::ZERO);
    for section in 0..2 {
        let participant = alice.participant_mut(section).unwrap();
        participant.set_feedback(ms(6_000), Some(feedback));
    }
    let mut out = [0; 200];
    let size = CompoundWriter::reduced_size(&mut out)
        .report(Ssrc::new(7), None, &[])
        .feedback(&FeedbackPacket {
            sender: Ssrc::new(7),
            media_source: alice.participant(1).unwrap().ssrc(),
            feedback: Feedback::GenericNack(
                [crate::rtp::rtcp::Nack {
                    packet: SequenceNumber::new(5),
                    following: 0,
                }]
                .as_slice()
                .into(),
            ),
        })
        .finish()
        .unwrap();
    let report = alice.receive_rtcp(ms(6_000), address(2), &out[..size]);
    let report = report.unwrap();
    assert_eq!(report.packets_for(0).count(), 0);
    assert_eq!(report.packets_for(1).count(), 1);
    let asked = |alice: &mut BundledSession, section| {
        alice.participant_mut(section).unwrap().next_requested()
    };
    assert_eq!(asked(&mut alice, 0), None);
    assert_eq!(asked(&mut alice, 1), Some(SequenceNumber::new(5)));
}

/// RFC 8108 §5.1: each SSRC is a participant of its own, and all of them share the bandwidth: for each
/// section a twentieth of 4 kbit/s, which are 7,500 octets in five minutes.
#[test]
fn all_participants_share_the_bandwidth() {
    for mids in [&["a"][..], &["a", "b", "c"]] {
        let mut ends = [end(1, mids), end(2, mids)];
        for end in &mut ends {
            let narrow = |mid: &&str| {
                let mut one = section(mid);
                one.session.bandwidth = Bandwidth::of_session(4_000);
                one
            };
            let sections = mids.iter().map(narrow).collect();
            end.set_sections(Instant::ZERO, sections, Some(MID));
        }
        let mut octets = 0;
        for number in 0..15_000 {
            let now = ms(u64::from(number) * 20);
            for at in 0..2 {
                let (from, mut bytes) = (address(at as u8 + 1), Vec::new());
                for section in 0..mids.len() {
                    let bytes = send(&mut ends[at], section, number, b"media");
                    assert!(ends[1 - at].receive(now, from, &bytes).is_ok());
                }
                while ends[at].poll_rtcp(now, &mut bytes) {
                    octets += bytes.len() + 28;
                    assert!(ends[1 - at].receive_rtcp(now, from, &bytes).is_ok());
                }
            }
        }
        let share = 7_500 * mids.len();
        assert!(
            (share * 8 / 10..share * 11 / 10).contains(&octets),
            "{octets} of {share}"
        );
    }
}

/// RFC 9143 §7.5: sections come, and go with a BYE; who stays keeps its SSRC.
#[test]
fn sections_come_and_go() {
    let (mut alice, mut bob) = (end(1, &["a", "b"]), end(2, &["a", "b"]));
    for number in 0..3 {
        for section in 0..2 {
            let bytes = send(&mut alice, section, number, b"media");
            assert_eq!(hear(&mut bob, number, &bytes).unwrap().0, section);
        }
    }
    let ssrcs = [0, 1].map(|section| alice.participant(section).unwrap().ssrc());
    let now = ms(1_000);
    for end in [&mut alice, &mut bob] {
        let sections = ["b", "c"].map(section).into();
        end.set_sections(now, sections, Some(MID));
    }
    assert_eq!(alice.participant(0).unwrap().ssrc(), ssrcs[1]);
    assert!(!ssrcs.contains(&alice.participant(1).unwrap().ssrc()));
    let mut bytes = Vec::new();
    assert!(alice.poll_rtcp(now, &mut bytes));
    let goodbye = Compound::parse(&bytes).unwrap().packets().any(|packet| {
        let RtcpPacket::Goodbye(bye) = packet else {
            return false;
        };
        bye.sources().eq([ssrcs[0]])
    });
    assert!(goodbye);
    for number in 50..53 {
        for section in 0..2 {
            let bytes = send(&mut alice, section, number, b"media");
            assert_eq!(hear(&mut bob, number, &bytes).unwrap().0, section);
        }
    }
    alice.leave(ms(2_000), b"over");
    let said = reports(&mut alice, ms(60_000));
    assert_eq!(said.len(), 2);
    assert!(alice.is_ended() && alice.deadline().is_none());
}
