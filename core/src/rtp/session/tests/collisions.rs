//! RFC 3550 §8.2: one SSRC, two sources.

use super::*;

/// §8.2: BYE under the old name, a new one, once; then the looping address is ignored.
#[test]
fn our_own_ssrc_from_elsewhere_changes_it_once() {
    let mut session = session();
    let old = session.ssrc();
    let looped = send(&mut session, ms(0), 0);
    let result = session.receive(ms(5), eve(), &looped);
    assert_eq!(result, Err(DropReason::OwnSsrc));
    let new = session.ssrc();
    assert_ne!(old, new);
    let (sent, events) = run(&mut session, ms(5));
    assert_eq!(events, [SessionEvent::SsrcChanged { old, new }]);
    let packets: Vec<_> = Compound::parse(&sent[0].1).unwrap().packets().collect();
    let Some(RtcpPacket::Goodbye(bye)) = packets.last() else {
        panic!()
    };
    assert_eq!(bye.sources().collect::<Vec<_>>(), [old]);
    assert_eq!(session.sent(), (0, 0), "counts begin anew");
    // The loop brings the new name too: no second change, no second BYE.
    let looped = send(&mut session, ms(20), 160);
    assert_eq!(Packet::parse(&looped).unwrap().ssrc(), new);
    let result = session.receive(ms(25), eve(), &looped);
    assert_eq!(result, Err(DropReason::Loop));
    assert_eq!(session.ssrc(), new);
    assert_eq!(run(&mut session, ms(25)).0, []);
}

#[test]
fn our_own_ssrc_in_rtcp_is_a_collision_as_well() {
    let mut session = session();
    let old = session.ssrc();
    let rr = report(old, None, &[]);
    let result = session.receive_rtcp(ms(5), eve(), &rr);
    assert_eq!(result, Err(DropReason::OwnSsrc));
    assert_ne!(session.ssrc(), old);
    // Nothing had been sent under the old name, so there is nothing to take leave of.
    assert_eq!(run(&mut session, ms(5)).0, []);
}

#[test]
fn of_two_others_with_one_ssrc_the_first_keeps_it_until_it_falls_silent() {
    let mut session = session();
    hear(&mut session, 0, 0..5);
    let other = packet(PEER, 5, 800);
    let result = session.receive(ms(100), eve(), &other);
    assert_eq!(result, Err(DropReason::Collision));
    assert!(session.receive(ms(110), bob(), &other).is_ok());
    // A mobile source that has moved is followed.
    let moved = packet(PEER, 6, 960);
    assert!(session.receive(ms(2_200), eve(), &moved).is_ok());
    // Or at once, when signalling says so.
    let back = packet(PEER, 7, 1120);
    assert!(session.receive(ms(2_210), bob(), &back).is_err());
    session.forget_addresses();
    assert!(session.receive(ms(2_220), bob(), &back).is_ok());
}

#[test]
fn another_cname_for_a_known_ssrc_is_a_collision() {
    let mut session = session();
    let rr = report(PEER, None, &[]);
    session.receive_rtcp(ms(1), bob_rtcp(), &rr).unwrap();
    let mut out = vec![0; 200];
    let size = CompoundWriter::new(&mut out)
        .report(PEER, None, &[])
        .source_description(PEER, [cname(b"mallory@example.net")])
        .finish();
    let bytes = &out[..size.unwrap()];
    session.receive_rtcp(ms(2), bob_rtcp(), bytes).unwrap();
    assert_eq!(session.drops().count(DropReason::Collision), 1);
    assert_eq!(
        session.member(PEER).unwrap().cname,
        Some(&b"bob@example.org"[..])
    );
}
