//! RFC 3550 §6.3.4, §6.3.7: who leaves, and what becomes of those that have left.

use super::*;

#[test]
fn who_never_sent_leaves_without_a_word() {
    let mut session = session();
    hear(&mut session, 0, 0..10);
    session.leave(ms(500), b"bye");
    let (sent, events) = run(&mut session, ms(60_000));
    assert_eq!(sent, []);
    assert_eq!(events.last(), Some(&SessionEvent::Left));
    assert!(session.is_ended());
    assert_eq!(
        session.receive(ms(600), bob(), &packet(PEER, 11, 0)),
        Err(DropReason::NotActive)
    );
}

#[test]
fn who_sent_says_goodbye_at_once_with_a_whole_compound_packet() {
    let mut session = session();
    let _ = send(&mut session, ms(0), 0);
    session.leave(ms(500), b"done");
    let (sent, events) = run(&mut session, ms(500));
    let packets: Vec<_> = Compound::parse(&sent[0].1).unwrap().packets().collect();
    let [
        RtcpPacket::SenderReport(_),
        RtcpPacket::SourceDescription(_),
        RtcpPacket::Goodbye(bye),
    ] = packets.as_slice()
    else {
        panic!()
    };
    assert_eq!(bye.sources().collect::<Vec<_>>(), [session.ssrc()]);
    assert_eq!(bye.reason(), Some(&b"done"[..]));
    assert_eq!(events, [SessionEvent::Left]);
    assert_eq!(run(&mut session, ms(100_000)).0.len(), 0);
}

fn crowded(members: u32) -> Session {
    let config = SessionConfig {
        max_members: 1000,
        bandwidth: Bandwidth::of_session(64_000),
        ..SessionConfig::telephone("alice@example.com")
    };
    let mut session = Session::new(config, Rng::from_seed([4; 32]));
    session.set_route(FLOW, bob_rtcp());
    session.join(Instant::ZERO);
    for n in 0..members {
        let ssrc = Ssrc::new(n * 0x0010_0001 + 1);
        let rr = report(ssrc, None, &[]);
        session.receive_rtcp(ms(1), bob_rtcp(), &rr).unwrap();
    }
    session
}

#[test]
fn who_leaves_a_crowd_waits() {
    for (members, waits) in [(49, false), (50, true)] {
        let mut session = crowded(members);
        assert_eq!(session.member_count(), members + 1);
        let _ = send(&mut session, ms(10), 0);
        let start = ms(20);
        session.leave(start, b"");
        let (now, _) = run(&mut session, start);
        assert_eq!(now.is_empty(), waits, "{members}");
        let (later, _) = run(&mut session, ms(10_000));
        assert_eq!(later.len(), usize::from(waits));
        assert!(session.is_ended());
    }
}

#[test]
fn members_that_say_goodbye_bring_the_next_report_forward() {
    let mut session = crowded(400);
    // Until the first timer has expired, pmembers is one and there is nothing to go back to.
    let first = session.deadline().unwrap();
    let _ = run(&mut session, first);
    let before = session.deadline().unwrap();
    for n in 0..400 {
        let bye = goodbye(Ssrc::new(n * 0x0010_0001 + 1));
        session.receive_rtcp(first, bob_rtcp(), &bye).unwrap();
    }
    assert_eq!(session.member_count(), 1);
    let after = session.deadline().unwrap();
    let (before, after) = (
        before.saturating_duration_since(first),
        after.saturating_duration_since(first),
    );
    assert!(after < before / 100, "{before:?} {after:?}");
}

#[test]
fn a_goodbye_counts_from_its_own_address_and_stragglers_do_not_bring_it_back() {
    let mut session = session();
    hear(&mut session, 0, 0..5);
    let rr = report(PEER, None, &[]);
    session.receive_rtcp(ms(100), bob_rtcp(), &rr).unwrap();
    let bye = goodbye(PEER);
    // From another address it is a collision, and the member stays.
    let refused = session.receive_rtcp(ms(110), eve(), &bye);
    assert_eq!(refused, Err(DropReason::Collision));
    assert_eq!(session.member_count(), 2);
    session.receive_rtcp(ms(120), bob_rtcp(), &bye).unwrap();
    assert_eq!(session.member_count(), 1);
    let late = packet(PEER, 5, 800);
    let dropped = session.receive(ms(130), bob(), &late);
    assert_eq!(dropped, Err(DropReason::AfterGoodbye));
    assert_eq!(session.member_count(), 1);
    // Seconds later it is somebody who came back.
    hear(&mut session, 3000, 100..103);
    assert_eq!(session.member_count(), 2);
}

/// Some phones say goodbye whenever the session changes, and go on under the same name as soon as it
/// has: what they send then is no straggler (§6.2.1).
#[test]
fn who_goes_on_after_a_goodbye_is_heard_again() {
    let mut session = session();
    hear(&mut session, 0, 0..5);
    let rr = report(PEER, None, &[]);
    session.receive_rtcp(ms(100), bob_rtcp(), &rr).unwrap();
    session
        .receive_rtcp(ms(120), bob_rtcp(), &goodbye(PEER))
        .unwrap();
    assert_eq!(session.member_count(), 1);
    // What comes over the control socket could be older than the goodbye for all one knows.
    let refused = session.receive_rtcp(ms(600), bob_rtcp(), &rr);
    assert_eq!(refused, Err(DropReason::AfterGoodbye));
    hear(&mut session, 620, 5..8);
    assert_eq!(session.member_count(), 2);
    session.receive_rtcp(ms(700), bob_rtcp(), &rr).unwrap();
}
