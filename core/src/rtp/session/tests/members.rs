//! RFC 3550 §6.2.1, §6.3.5: who is a member, and for how long.

use super::*;
use crate::rtp::source::Arrival;

// shows: S014
#[test]
fn silent_members_are_dropped_after_five_intervals_and_names_are_only_shown() {
    let mut session = session();
    let described = |ssrc, name: &[u8]| {
        let items = [
            (SdesKind::Cname, &b"bob@example.org"[..]),
            (SdesKind::Name, name),
            (SdesKind::Email, b"bob@example.org"),
            (SdesKind::Note, b"on the phone"),
        ];
        let items = items.map(|(kind, text)| SdesItem { kind, text });
        let mut out = vec![0; 1000];
        let size = CompoundWriter::new(&mut out)
            .report(ssrc, None, &[])
            .source_description(ssrc, items)
            .finish();
        out.truncate(size.unwrap());
        out
    };
    let sdes = described(PEER, b"Bob");
    session.receive_rtcp(ms(100), bob_rtcp(), &sdes).unwrap();
    assert_eq!(session.member_count(), 2);
    let shown = session.member(PEER).unwrap();
    assert_eq!(shown.cname, Some(&b"bob@example.org"[..]));
    assert_eq!(shown.name, Some(&b"Bob"[..]));
    assert_eq!(shown.email, Some(&b"bob@example.org"[..]));
    assert_eq!(shown.note, Some(&b"on the phone"[..]));
    // Somebody else claims to be Bob in every way: to the session those are two members, and the
    // liar's BYE ends only the liar.
    let liar = Ssrc::new(0xbad);
    let sdes = described(liar, b"Bob");
    session.receive_rtcp(ms(101), bob_rtcp(), &sdes).unwrap();
    assert_eq!(session.member_count(), 3);
    session
        .receive_rtcp(ms(102), bob_rtcp(), &goodbye(liar))
        .unwrap();
    assert_eq!(session.member_count(), 2);
    // Another name is no other member.
    let sdes = described(PEER, b"Robert");
    session.receive_rtcp(ms(103), bob_rtcp(), &sdes).unwrap();
    assert_eq!(session.member(PEER).unwrap().name, Some(&b"Robert"[..]));
    assert_eq!(session.member_count(), 2);
    // Five times five seconds, looked at once per interval.
    let (_, events) = run(&mut session, ms(24_000));
    assert_eq!(events, [SessionEvent::SourceLeft { ssrc: liar }]);
    let (_, events) = run(&mut session, ms(40_000));
    assert_eq!(events, [SessionEvent::TimedOut { ssrc: PEER }]);
    assert_eq!(session.member_count(), 1);
    assert_eq!(session.member(PEER), None);
}

#[test]
fn senders_that_pause_are_no_senders_after_two_intervals() {
    let mut session = session();
    hear(&mut session, 0, 0..5);
    assert_eq!(session.members.sender_count(), 1);
    let rr = report(PEER, None, &[]);
    for second in [5, 10, 15, 20] {
        let _ = run(&mut session, ms(second * 1000));
        session
            .receive_rtcp(ms(second * 1000), bob_rtcp(), &rr)
            .unwrap();
    }
    assert_eq!(session.members.sender_count(), 0);
    assert_eq!(session.member_count(), 2);
}

#[test]
fn sources_on_probation_are_not_members_and_make_room() {
    let mut session = session();
    hear(&mut session, 0, 0..5);
    for n in 0..100 {
        // One packet each: a spray of random sources.
        let bytes = packet(Ssrc::new(0x5000 + n), 9, 0);
        let received = session.receive(ms(200), bob(), &bytes).unwrap();
        assert_eq!(received.arrival, Arrival::OnProbation);
    }
    assert_eq!(session.member_count(), 2);
    assert!(
        session
            .receive(ms(210), bob(), &packet(PEER, 5, 800))
            .is_ok()
    );
    assert_eq!(session.drops().count(DropReason::Probation), 101);
}

#[test]
fn a_full_table_of_believable_members_refuses_more() {
    let mut session = session();
    for n in 0..20 {
        let rr = report(Ssrc::new(n + 1), None, &[]);
        let result = session.receive_rtcp(ms(1), bob_rtcp(), &rr);
        assert_eq!(result.is_ok(), n < 16, "{n}");
    }
    assert_eq!(session.member_count(), 17);
    assert_eq!(session.drops().count(DropReason::TooManyMembers), 4);
}

#[test]
fn contributing_sources_are_members() {
    let mut session = session();
    let own = session.ssrc();
    let header = Header {
        marker: false,
        payload_type: PayloadType::PCMU,
        sequence: SequenceNumber::new(0),
        timestamp: Timestamp::new(0),
        ssrc: PEER,
    };
    let csrc = [Ssrc::new(1), Ssrc::new(2), own];
    for seq in 0..3 {
        let outgoing = Outgoing {
            csrc: &csrc,
            ..Outgoing::new(
                Header {
                    sequence: SequenceNumber::new(seq),
                    ..header
                },
                &[0xff; 160],
            )
        };
        let mut out = vec![0; outgoing.size()];
        let _ = outgoing.write(&mut out).unwrap();
        session
            .receive(ms(u64::from(seq) * 20), bob(), &out)
            .unwrap();
    }
    // The mixer, its two contributors and ourselves; our own name in the list is no collision.
    assert_eq!(session.member_count(), 4);
    assert_eq!(session.ssrc(), own);
}
