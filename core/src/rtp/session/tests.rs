use super::*;
use crate::rtp::circuit_breaker::Tripped;
use crate::rtp::early_feedback::Handling;
use crate::rtp::interval::Bandwidth;
use crate::rtp::number::PayloadType;
use crate::rtp::packet::{Header, Outgoing, Packet};
use crate::rtp::rtcp::{
    Compound, CompoundWriter, ReportBlock, RtcpPacket, SdesItem, SdesKind, SenderInfo,
};
use crate::rtp::source::Arrival;
use crate::time::UnixTime;
use alloc::vec;
use core::time::Duration;

const FLOW: FlowId = FlowId::from_driver(1);
const PEER: Ssrc = Ssrc::new(0xb0b);

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn bob() -> SocketAddr {
    address("192.0.2.2:4000")
}

fn bob_rtcp() -> SocketAddr {
    address("192.0.2.2:4001")
}

fn eve() -> SocketAddr {
    address("198.51.100.9:666")
}

fn ms(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn session() -> Session {
    let config = SessionConfig::telephone("alice@example.com");
    let mut session = Session::new(config, Rng::from_seed([4; 32]));
    session.set_route(FLOW, bob_rtcp());
    session.join(Instant::ZERO);
    session
}

fn packet(ssrc: Ssrc, seq: u16, timestamp: u32) -> Vec<u8> {
    let header = Header {
        marker: false,
        payload_type: PayloadType::PCMU,
        sequence: SequenceNumber::new(seq),
        timestamp: Timestamp::new(timestamp),
        ssrc,
    };
    let mut out = vec![0; 172];
    let _ = Outgoing::new(header, &[0xff; 160]).write(&mut out).unwrap();
    out
}

/// Hears packets `seqs` of `PEER`, one every 20 ms from `start` on.
fn hear(session: &mut Session, start: u64, seqs: impl IntoIterator<Item = u16>) {
    for (n, seq) in seqs.into_iter().enumerate() {
        let now = ms(start + n as u64 * 20);
        let bytes = packet(PEER, seq, u32::from(seq) * 160);
        session.receive(now, bob(), &bytes).unwrap();
    }
}

fn send(session: &mut Session, now: Instant, timestamp: u32) -> Vec<u8> {
    let media = Media {
        marker: false,
        payload_type: PayloadType::PCMU,
        timestamp: Timestamp::new(timestamp),
        sampled: now,
        payload: &[0xff; 160],
    };
    let mut out = vec![0; 172];
    assert_eq!(session.send(now, &media, &mut out), Ok(172));
    out
}

fn cname(text: &[u8]) -> SdesItem<'_> {
    SdesItem {
        kind: SdesKind::Cname,
        text,
    }
}

fn report(ssrc: Ssrc, info: Option<&SenderInfo>, blocks: &[ReportBlock]) -> Vec<u8> {
    let mut out = vec![0; 1000];
    let size = CompoundWriter::new(&mut out)
        .report(ssrc, info, blocks)
        .source_description(ssrc, [cname(b"bob@example.org")])
        .finish();
    out.truncate(size.unwrap());
    out
}

fn goodbye(ssrc: Ssrc) -> Vec<u8> {
    let mut out = vec![0; 1000];
    let size = CompoundWriter::new(&mut out)
        .report(ssrc, None, &[])
        .source_description(ssrc, [cname(b"bob@example.org")])
        .goodbye(&[ssrc], b"")
        .finish();
    out.truncate(size.unwrap());
    out
}

/// Turns the machine until `end`; the compound packets it sent and the events it told.
fn run(session: &mut Session, end: Instant) -> (Vec<(Instant, Vec<u8>)>, Vec<SessionEvent>) {
    let (mut sent, mut events) = (Vec::new(), Vec::new());
    let mut bytes = Vec::new();
    let mut now = session.now;
    loop {
        match session.poll_output(&mut bytes) {
            Output::Transmit { flow, to } => {
                assert_eq!((flow, to), (FLOW, bob_rtcp()));
                sent.push((now, bytes.clone()));
            }
            Output::Event(event) => events.push(event),
            Output::Wait(Some(at)) if at <= end => {
                assert!(at > now, "P2");
                now = at;
                session.handle_input(now, Input::Timeout);
            }
            Output::Wait(_) => return (sent, events),
            Output::Connect { .. } | Output::Close { .. } | Output::Resolve { .. } => panic!(),
        }
    }
}

#[test]
fn a_silent_member_reports_an_empty_rr_every_five_seconds_or_so() {
    let mut session = session();
    let (sent, events) = run(&mut session, ms(120_000));
    assert_eq!(events, []);
    assert!((15..40).contains(&sent.len()), "{}", sent.len());
    for (_, bytes) in &sent {
        let packets: Vec<_> = Compound::parse(bytes).unwrap().packets().collect();
        let [
            RtcpPacket::ReceiverReport(rr),
            RtcpPacket::SourceDescription(sdes),
        ] = packets.as_slice()
        else {
            panic!()
        };
        assert_eq!((rr.ssrc(), rr.blocks().len()), (session.ssrc(), 0));
        let chunk = sdes.chunks().next().unwrap();
        assert_eq!(chunk.cname(), Some(&b"alice@example.com"[..]));
    }
}

fn first_block(bytes: &[u8]) -> ReportBlock {
    let first = Compound::parse(bytes).unwrap().packets().next();
    match first {
        Some(RtcpPacket::ReceiverReport(report)) => report.blocks().next().unwrap(),
        Some(RtcpPacket::SenderReport(report)) => report.blocks().next().unwrap(),
        _ => panic!(),
    }
}

#[test]
fn a_block_tells_loss_jitter_and_the_last_sender_report() {
    let mut session = session();
    hear(&mut session, 0, (0..50).filter(|seq| seq % 10 != 5));
    let info = SenderInfo {
        ntp: 0xb44d_b705_2000_0000,
        timestamp: Timestamp::new(0),
        packets: 50,
        octets: 8000,
    };
    let sr = report(PEER, Some(&info), &[]);
    session.receive_rtcp(ms(1000), bob_rtcp(), &sr).unwrap();
    let (sent, events) = run(&mut session, ms(10_000));
    assert_eq!(events, [SessionEvent::SourceStarted { ssrc: PEER }]);
    let (at, bytes) = &sent[0];
    let block = first_block(bytes);
    // 1 to 49 were expected, five of them never came: 5·256/49.
    assert_eq!(
        (block.ssrc, block.fraction_lost, block.cumulative_lost),
        (PEER, 26, 5)
    );
    assert_eq!(block.extended_highest_sequence, 49);
    assert!(block.jitter > 0, "the gaps shift the others by 20 ms");
    assert_eq!(block.lsr, 0xb705_2000);
    let held = at.saturating_duration_since(ms(1000)).as_secs_f64();
    assert!((f64::from(block.dlsr) / 65_536.0 - held).abs() < 0.001);
    // Nothing was heard since: no block in the next report.
    let next = Compound::parse(&sent[1].1).unwrap().packets().next();
    let Some(RtcpPacket::ReceiverReport(next)) = next else {
        panic!()
    };
    assert_eq!(next.blocks().len(), 0);
}

/// §6.4.1: the timestamp of the report's own instant, not that of the last packet.
#[test]
fn sender_reports_carry_the_timestamp_of_their_ntp_instant() {
    let mut session = session();
    let unix = UnixTime::from_nanos(1_700_000_000_000_000_000);
    session.handle_input(Instant::ZERO, Input::WallClock { unix });
    for n in 0..50_u32 {
        let _ = send(&mut session, ms(u64::from(n) * 20), 7000 + n * 160);
    }
    let (sent, _) = run(&mut session, ms(4_000));
    let (at, bytes) = &sent[0];
    let first = Compound::parse(bytes).unwrap().packets().next();
    let Some(RtcpPacket::SenderReport(sr)) = first else {
        panic!("no SR")
    };
    let info = sr.info();
    assert_eq!((info.packets, info.octets), (50, 8000));
    let expected = 7000 + at.as_nanos() / 125_000;
    assert_eq!(u64::from(info.timestamp.as_u32()), expected);
    assert_ne!(info.timestamp.as_u32(), 7000 + 49 * 160);
    let now = unix.saturating_add(Duration::from_nanos(at.as_nanos()));
    assert_eq!(info.ntp, now.to_ntp());
    // §6.4: SR while data went out since the last report or the one before it, then RR.
    let kinds: Vec<bool> = run(&mut session, ms(60_000))
        .0
        .iter()
        .map(|(_, bytes)| bytes[1] == 200)
        .collect();
    assert!(kinds[0] && !kinds[1..].contains(&true), "{kinds:?}");
}

#[test]
fn a_report_about_us_gives_the_round_trip() {
    let mut session = session();
    let _ = send(&mut session, ms(0), 0);
    let (sent, _) = run(&mut session, ms(4_000));
    let (at, bytes) = &sent[0];
    let Some(RtcpPacket::SenderReport(sr)) = Compound::parse(bytes).unwrap().packets().next()
    else {
        panic!()
    };
    let block = ReportBlock {
        ssrc: session.ssrc(),
        fraction_lost: 128,
        cumulative_lost: 3,
        extended_highest_sequence: 9,
        jitter: 80,
        lsr: sr.info().middle_ntp(),
        dlsr: 65_536,
    };
    let other = ReportBlock {
        ssrc: Ssrc::new(1),
        ..block
    };
    let rr = report(PEER, None, &[other, block]);
    let back = *at + Duration::from_millis(1_050);
    session.receive_rtcp(back, bob_rtcp(), &rr).unwrap();
    let (_, events) = run(&mut session, back);
    let [SessionEvent::Reported(heard)] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!((heard.reporter, heard.fraction_lost), (PEER, 128));
    assert_eq!(heard.jitter, Duration::from_millis(10));
    let trip = heard.round_trip.unwrap().as_secs_f64();
    assert!((trip - 0.05).abs() < 0.001, "{trip}");
}

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

#[test]
fn more_sources_than_fit_are_reported_in_turn() {
    let config = SessionConfig {
        max_report_blocks: 2,
        ..SessionConfig::telephone("alice@example.com")
    };
    let mut session = Session::new(config, Rng::from_seed([4; 32]));
    session.set_route(FLOW, bob_rtcp());
    session.join(Instant::ZERO);
    let mut reported = Vec::new();
    for second in 0..60_u16 {
        let now = ms(u64::from(second) * 1_000);
        for (_, bytes) in run(&mut session, now).0 {
            let first = Compound::parse(&bytes).unwrap().packets().next();
            if let Some(RtcpPacket::ReceiverReport(rr)) = first {
                reported.extend(rr.blocks().map(|block| block.ssrc.as_u32()));
            }
        }
        for n in 0..5 {
            let bytes = packet(Ssrc::new(10 + n), second, 0);
            session.receive(now, bob(), &bytes).unwrap();
        }
    }
    reported.truncate(10);
    assert_eq!(reported, [10, 11, 12, 13, 14, 10, 11, 12, 13, 14]);
}

#[test]
fn garbage_is_counted_and_changes_nothing() {
    let mut session = session();
    for bytes in [
        &b""[..],
        b"x",
        &[0x80; 11],
        b"OPTIONS sip:a SIP/2.0\r\n\r\n",
    ] {
        let result = session.receive(ms(1), eve(), bytes);
        assert_eq!(result, Err(DropReason::NotRtp));
        let result = session.receive_rtcp(ms(1), eve(), bytes);
        assert_eq!(result, Err(DropReason::NotRtcp));
    }
    assert_eq!(session.member_count(), 1);
    assert_eq!(session.drops().total(), 8);
}

#[test]
fn time_going_backwards_is_clamped() {
    let mut session = session();
    hear(&mut session, 10_000, 0..5);
    hear(&mut session, 0, 5..10);
    session.handle_input(ms(1), Input::Timeout);
    assert_eq!(session.now, ms(10_080));
}

/// P1 and P4 on noise that looks like RTCP from the right place.
#[test]
fn noise_never_panics_nor_floods() {
    let mut session = session();
    let mut rng = Rng::from_seed([6; 32]);
    let mut sent = 0;
    for n in 0..20_000_u64 {
        let mut bytes = match rng.below(3) {
            0 => report(Ssrc::new(rng.next_u32() % 64), None, &[]),
            1 => goodbye(Ssrc::new(rng.next_u32() % 64)),
            _ => packet(Ssrc::new(rng.next_u32() % 64), rng.next_u32() as u16, 0),
        };
        if rng.below(2) == 0 {
            let at = usize::try_from(rng.below(bytes.len() as u64)).unwrap();
            bytes[at] = rng.next_u32() as u8;
        }
        let from = if rng.below(4) == 0 { eve() } else { bob() };
        let now = ms(n * 10);
        let _ = session.receive(now, from, &bytes);
        let _ = session.receive_rtcp(now, from, &bytes);
        sent += run(&mut session, now).0.len();
    }
    // 200 s: some 40 reports, and a BYE for each of the few collisions with our own name.
    assert!(sent < 80, "{sent}");
    assert!(session.member_count() <= 17);
}

/// RFC 8083 §4.1: what nobody reports on is told about, once, and goes on all the same.
#[test]
fn sending_to_nobody_who_reports_is_told_and_does_not_stop() {
    let mut session = session();
    let mut told = 0;
    for packet in 0..3_000_u32 {
        let now = ms(u64::from(packet) * 20);
        assert_eq!(send(&mut session, now, packet * 160).len(), 172);
        let (_, events) = run(&mut session, now);
        let timed_out = SessionEvent::CircuitBroken(Tripped::RtcpTimeout);
        told += events.iter().filter(|event| **event == timed_out).count();
        assert!(told == 0 || now >= ms(15_000));
    }
    assert_eq!(told, 1);
}

/// RFC 3711 §3.4: what protection adds to reports counts for the bandwidth they may take.
#[test]
fn protected_reports_come_less_often_where_bandwidth_is_short() {
    let first = |overhead| {
        let mut config = SessionConfig::telephone("alice@example.com");
        config.bandwidth = Bandwidth::of_session(4_000);
        let mut session = Session::new(config, Rng::from_seed([4; 32]));
        session.set_report_overhead(overhead);
        session.join(Instant::ZERO);
        session.deadline().unwrap().as_nanos()
    };
    // RR and SDES with the name in 36 octets, and the headers of IP and UDP.
    let clear = 8 + 28 + 28;
    let (without, with) = (first(0), first(clear));
    assert!(
        with.abs_diff(2 * without) < without / 10,
        "{without} {with}"
    );
}

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
