//! Reports, goodbyes, and the port they use (RFC 3550 §6, RFC 5761).

use super::*;

#[test]
fn after_a_report_each_way_the_round_trip_and_the_quality_are_known() {
    let mut pair = Pair::new();
    pair.connect([AudioDirection::SendRecv; 2]);
    pair.run(20_000);
    for me in 0..2 {
        let report = pair.streams[me].report();
        let trip = report.round_trip.unwrap();
        assert!(trip < Duration::from_millis(2), "{trip:?}");
        let remote = report.remote.unwrap();
        assert_eq!((remote.fraction_lost, remote.cumulative_lost), (0, 0));
        // Nothing lost and some 80 ms of delay.
        assert!(report.mos.hundredths() >= 430, "{}", report.mos);
        let reports = pair.events[me]
            .iter()
            .filter(|event| matches!(event, AudioEvent::Report(_)));
        assert!((2..=8).contains(&reports.count()));
    }
}

/// RFC 3556 §2: no bandwidth for reports, no reports; and more of them once there is some.
#[test]
fn reports_take_what_was_agreed_on() {
    let reports = |bandwidth: Option<Bandwidth>| {
        let mut alice = stream(1, AudioConfig::new("alice"));
        let mut agreed = plan(2, AudioDirection::SendRecv);
        agreed.bandwidth = bandwidth;
        alice.set_plan(ms(0), agreed);
        let mut count = 0;
        for second in 1..=300 {
            count += run(&mut alice, ms(second * 1000)).rtcp.len();
        }
        count
    };
    assert_eq!(reports(Some(Bandwidth::of_session(0))), 0);
    let usual = reports(None);
    assert!(usual > 40, "every 5 s or so: {usual}");
    let scarce = Bandwidth {
        senders: 20,
        receivers: 20,
    };
    assert!(reports(Some(scarce)) * 2 < usual);
}

#[test]
fn who_leaves_says_goodbye_and_falls_silent() {
    let mut pair = Pair::new();
    pair.connect([AudioDirection::SendRecv; 2]);
    pair.run(500);
    let alice = pair.streams[0].ssrc();
    pair.streams[0].leave(ms(pair.now));
    let packets = pair.packets[0];
    pair.run(5_000);
    assert_eq!(pair.packets[0], packets);
    assert!(pair.streams[0].is_ended());
    assert_eq!(pair.events[0].last(), Some(&AudioEvent::Left));
    let left = AudioEvent::RemoteLeft { ssrc: alice };
    assert!(pair.events[1].contains(&left));
    let out = timeout(&mut pair.streams[0], ms(100_000));
    assert_eq!((out.wait, out.rtp.len(), out.rtcp.len()), (None, 0, 0));
}

#[test]
fn who_never_sent_leaves_without_a_goodbye() {
    let mut stream = stream(1, AudioConfig::new("a"));
    stream.set_plan(ms(0), plan(2, AudioDirection::RecvOnly));
    stream.leave(ms(300));
    let out = run(&mut stream, ms(60_000));
    assert_eq!((out.rtp.len(), out.rtcp.len()), (0, 0));
    assert_eq!(out.events, [AudioEvent::Left]);
    // Nor one that never had a plan.
    let mut idle = self::stream(1, AudioConfig::new("a"));
    idle.leave(ms(0));
    assert_eq!(run(&mut idle, ms(1)).events, [AudioEvent::Left]);
}

#[test]
fn reports_share_the_port_of_media_if_that_was_agreed_on() {
    let mut stream = stream(1, AudioConfig::new("a"));
    let mut plan = plan(2, AudioDirection::SendRecv);
    plan.remote_rtcp = plan.remote_rtp;
    stream.set_plan(ms(0), plan);
    let out = run(&mut stream, ms(10_000));
    assert_eq!(out.rtcp.len(), 0);
    let (control, media): (Vec<_>, Vec<_>) = out
        .rtp
        .iter()
        .partition(|bytes| crate::rtp::rtcp::is_rtcp(bytes));
    assert_eq!(media.len(), 500);
    assert!(!control.is_empty());
    for bytes in control {
        assert!(Compound::parse(bytes).is_ok());
    }
    // And the other way.
    let mut bob = self::stream(2, AudioConfig::new("b"));
    bob.set_plan(ms(0), self::plan(1, AudioDirection::SendRecv));
    let rr = &run(&mut bob, ms(10_000)).rtcp[0];
    receive(&mut stream, ms(10_001), rr);
    assert!(stream.session.member(bob.ssrc()).is_some());
}

#[test]
fn sender_reports_fit_the_packets_around_them() {
    let mut stream = stream(1, AudioConfig::new("a"));
    stream.set_plan(ms(0), plan(2, AudioDirection::SendRecv));
    let out = run(&mut stream, ms(10_000));
    let first = Packet::parse(&out.rtp[0]).unwrap();
    let Some(RtcpPacket::SenderReport(sr)) =
        Compound::parse(&out.rtcp[0]).unwrap().packets().next()
    else {
        panic!()
    };
    // The first sample was taken at zero; so many ticks later, by the wall clock, the SR went out.
    let since = sr.info().ntp - UnixTime::from_nanos(1_700_000_000_000_000_000).to_ntp();
    let ticks = (since * 8_000) >> 32;
    let stamped = sr.info().timestamp.ticks_since(first.timestamp());
    assert!((i64::from(stamped) - i64::try_from(ticks).unwrap()).abs() <= 1);
}
