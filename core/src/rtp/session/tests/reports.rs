//! RFC 3550 §6.4: what reports say, how often they come, and what is told of those that do not.

use super::*;
use crate::rtp::circuit_breaker::Tripped;
use crate::time::UnixTime;

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
