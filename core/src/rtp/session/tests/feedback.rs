//! RFC 4585, RFC 4588: feedback, and the stream of retransmissions.

use super::*;
use crate::rtp::early_feedback::Handling;

fn with_feedback() -> Session {
    let mut session = session();
    let feedback = SessionFeedback::new(Duration::from_millis(200), Duration::ZERO);
    session.set_feedback(ms(0), Some(feedback));
    session
}

fn repeat(session: &mut Session, now: Instant) -> Vec<u8> {
    let original = Media {
        marker: false,
        payload_type: PayloadType::PCMU,
        timestamp: Timestamp::new(160),
        sampled: now,
        payload: &[0xff; 160],
    };
    let mut out = vec![0; 174];
    let (number, again) = (SequenceNumber::new(7), PayloadType::from_octet(97));
    let size = session.retransmit(now, number, &original, again, &mut out);
    assert_eq!(size, Ok(174));
    out
}

/// The sources that say goodbye in what is sent until `end`.
fn goodbyes(session: &mut Session, end: Instant) -> Vec<Ssrc> {
    let mut all = Vec::new();
    for (_, bytes) in run(session, end).0 {
        for packet in Compound::parse(&bytes).unwrap().packets() {
            if let RtcpPacket::Goodbye(goodbye) = packet {
                all.extend(goodbye.sources());
            }
        }
    }
    all
}

/// RFC 4588 §4: only the stream that collides says goodbye and takes another SSRC.
#[test]
fn of_two_streams_of_ours_only_the_one_that_collides_changes() {
    let mut session = with_feedback();
    let own = session.ssrc();
    let old = session.retransmission_ssrc().unwrap();
    assert_ne!(own, old);
    send(&mut session, ms(20), 0);
    let first = repeat(&mut session, ms(30));
    assert_eq!(Packet::parse(&first).unwrap().ssrc(), old);
    let theirs = packet(old, 1, 0);
    let heard = session.receive(ms(40), eve(), &theirs);
    assert_eq!(heard, Err(DropReason::OwnSsrc));
    let new = session.retransmission_ssrc().unwrap();
    assert!(new != old && new != own);
    assert_eq!(session.ssrc(), own);
    assert_eq!(goodbyes(&mut session, ms(60)), [old]);
    let next = repeat(&mut session, ms(70));
    assert_eq!(Packet::parse(&next).unwrap().ssrc(), new);
    // And the other way round.
    let theirs = packet(own, 1, 0);
    let heard = session.receive(ms(80), address("198.51.100.8:666"), &theirs);
    assert_eq!(heard, Err(DropReason::OwnSsrc));
    assert_eq!(session.retransmission_ssrc(), Some(new));
    assert_ne!(session.ssrc(), own);
    assert_eq!(goodbyes(&mut session, ms(100)), [own]);
}

/// RFC 4588 §6.1: both streams end with a goodbye, the second one by itself if it is given up.
#[test]
fn a_stream_of_retransmissions_that_is_given_up_says_goodbye() {
    let mut session = with_feedback();
    let repeats = session.retransmission_ssrc().unwrap();
    send(&mut session, ms(20), 0);
    repeat(&mut session, ms(30));
    session.set_feedback(ms(40), None);
    assert_eq!(goodbyes(&mut session, ms(60)), [repeats]);
    assert_eq!(session.retransmission_ssrc(), None);
    assert_eq!(
        session.ask(ms(70), PEER, &[SequenceNumber::new(1)]),
        Handling::Discard
    );
}

/// RFC 4585 §3.5.3: with a T_rr_interval regular reports are suppressed, feedback that waits is not,
/// and the bandwidth alone says when it may go.
#[test]
fn feedback_that_waits_goes_out_where_a_report_is_suppressed() {
    let mut session = session();
    let interval = Duration::from_secs(20);
    let feedback = SessionFeedback::new(Duration::from_secs(9), interval);
    session.set_feedback(ms(0), Some(feedback));
    hear(&mut session, 0, 1..5);
    let (first, _) = run(&mut session, ms(3_000));
    assert_eq!(first.len(), 1, "the first report, and none after it");
    let missing = [SequenceNumber::new(9), SequenceNumber::new(12)];
    assert_eq!(
        session.ask(ms(3_000), PEER, &missing[..1]),
        Handling::Early(ms(3_000))
    );
    assert_eq!(session.ask(ms(3_000), PEER, &missing[1..]), Handling::Merge);
    let (early, _) = run(&mut session, ms(3_001));
    let nacks = |bytes: &[u8]| -> Vec<SequenceNumber> {
        let mut all = Vec::new();
        for packet in Compound::parse(bytes).unwrap().packets() {
            if let RtcpPacket::Feedback(one) = packet {
                assert_eq!(one.media_source, PEER);
                if let crate::rtp::rtcp::Feedback::GenericNack(entries) = one.feedback {
                    assert_eq!(entries.iter().count(), 1, "as few entries as can be");
                    entries.iter().for_each(|nack| all.extend(nack.packets()));
                }
            }
        }
        all
    };
    assert_eq!(early.len(), 1);
    assert_eq!(nacks(&early[0].1), missing);
    // It was the one early packet for now: the next waits for tn, which is no report's time.
    assert_eq!(session.ask(ms(3_010), PEER, &missing), Handling::Regular);
    let (regular, _) = run(&mut session, ms(8_000));
    assert_eq!(regular.len(), 1);
    assert!(regular[0].0 > ms(3_010));
    assert_eq!(nacks(&regular[0].1), missing);
}
