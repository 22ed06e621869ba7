//! Who is heard (RFC 4961): strangers, latching, and sources that change.

use super::*;
use crate::rtp::circuit_breaker::Tripped;

// shows: S041
#[test]
fn payload_types_nobody_agreed_on_are_ignored() {
    let mut stream = stream(1, AudioConfig::new("a"));
    stream.set_plan(ms(0), plan(2, AudioDirection::SendRecv));
    for seq in 0..5 {
        let unknown = PayloadType::new(101).unwrap();
        let bytes = packet_of(seq, 0, unknown, 7, &[0; 160]);
        receive(&mut stream, ms(1), &bytes);
    }
    assert_eq!(stream.dropped(DropReason::PayloadType), 5);
    assert_eq!(stream.remote_ssrc(), None);
}

#[test]
fn strangers_are_not_heard_and_get_nothing() {
    let mut stream = stream(1, AudioConfig::new("a"));
    stream.set_plan(ms(0), plan(2, AudioDirection::SendRecv));
    for seq in 0..50 {
        let bytes = packet(seq, &[9000; 160]);
        receive_from(
            &mut stream,
            ms(u64::from(seq) * 20),
            address(66, 4000),
            &bytes,
        );
    }
    assert_eq!(stream.dropped(DropReason::ForeignAddress), 50);
    assert_eq!(stream.report().received, 0);
    let mut bytes = Vec::new();
    stream.handle_input(ms(1000), Input::Timeout);
    let Output::Transmit { to, .. } = stream.poll_output(&mut bytes) else {
        panic!()
    };
    assert_eq!(to, address(2, 4000));
}

#[test]
fn another_port_of_the_same_host_is_latched_and_answered() {
    let mut stream = stream(1, AudioConfig::new("a"));
    stream.set_plan(ms(0), plan(2, AudioDirection::SendRecv));
    for seq in 0..10 {
        let bytes = packet(seq, &[9000; 160]);
        receive_from(&mut stream, ms(1), address(2, 7000), &bytes);
    }
    let mut bytes = Vec::new();
    stream.handle_input(ms(20), Input::Timeout);
    let Output::Transmit { to, .. } = stream.poll_output(&mut bytes) else {
        panic!()
    };
    assert_eq!(to, address(2, 7000));
    let out = run(&mut stream, ms(21));
    let latched = AudioEvent::Latched {
        address: address(2, 7000),
    };
    assert!(out.events.contains(&latched));
    // The one before the last of the two that latched is the only one not played.
    assert_eq!(stream.report().received, 9);
}

#[test]
fn silence_where_there_should_be_media_is_told_once_and_its_end_too() {
    let mut stream = stream(1, AudioConfig::new("a"));
    stream.set_plan(ms(0), plan(2, AudioDirection::SendRecv));
    let events = run(&mut stream, ms(100_000)).events;
    // Nor does anybody report on what is sent (RFC 8083 §4.1); how soon that is noticed depends on
    // when reports are due.
    let timed_out = AudioEvent::CircuitBroken(Tripped::RtcpTimeout);
    assert_eq!(
        events.iter().filter(|event| **event == timed_out).count(),
        1
    );
    let others: Vec<_> = events
        .into_iter()
        .filter(|event| *event != timed_out)
        .collect();
    assert_eq!(others, [AudioEvent::Inactive]);
    for seq in 0..3 {
        receive(&mut stream, ms(100_001), &packet(seq, &[0; 160]));
    }
    let events = run(&mut stream, ms(100_100)).events;
    assert!(events.contains(&AudioEvent::Active));
    // On hold nobody waits for media.
    stream.set_plan(ms(100_200), plan(2, AudioDirection::SendOnly));
    let events = run(&mut stream, ms(200_000)).events;
    assert!(!events.contains(&AudioEvent::Inactive), "{events:?}");
}

#[test]
fn the_far_end_that_moves_keeps_our_name_and_is_heard_at_once() {
    let mut stream = stream(1, AudioConfig::new("a"));
    stream.set_plan(ms(0), plan(2, AudioDirection::SendRecv));
    for seq in 0..10 {
        receive(
            &mut stream,
            ms(u64::from(seq) * 20),
            &packet(seq, &[900; 160]),
        );
    }
    let name = stream.ssrc();
    stream.set_plan(ms(200), plan(3, AudioDirection::SendRecv));
    let before = stream.report().received;
    for seq in 10..20 {
        let bytes = packet(seq, &[900; 160]);
        receive_from(
            &mut stream,
            ms(u64::from(seq) * 20),
            address(3, 4000),
            &bytes,
        );
    }
    assert_eq!(stream.report().received, before + 10);
    assert_eq!(stream.ssrc(), name);
    // The old address is a stranger now.
    receive(&mut stream, ms(400), &packet(20, &[900; 160]));
    assert_eq!(stream.dropped(DropReason::ForeignAddress), 1);
}

#[test]
fn another_source_takes_over_when_the_first_has_fallen_silent() {
    let mut stream = stream(1, AudioConfig::new("a"));
    stream.set_plan(ms(0), plan(2, AudioDirection::SendRecv));
    let from = |seq: u16, ssrc| {
        packet_of(
            seq,
            u32::from(seq) * 160,
            PayloadType::PCMA,
            ssrc,
            &[900; 160],
        )
    };
    for seq in 0..10_u16 {
        let now = ms(u64::from(seq) * 20);
        receive(&mut stream, now, &from(seq, 1));
        receive(&mut stream, now, &from(seq, 2));
    }
    assert_eq!(stream.remote_ssrc(), Some(Ssrc::new(1)));
    assert_eq!(stream.dropped(DropReason::OtherSource), 9);
    receive(&mut stream, ms(300), &from(10, 2));
    assert_eq!(stream.remote_ssrc(), Some(Ssrc::new(2)));
    assert_eq!(stream.report().lost, 0);
}

#[test]
fn noise_on_both_ports_is_survived() {
    let mut stream = stream(1, AudioConfig::new("a"));
    stream.set_plan(ms(0), plan(2, AudioDirection::SendRecv));
    let mut rng = crate::Rng::from_seed([11; 32]);
    for n in 0..30_000_u64 {
        let mut bytes = match rng.below(3) {
            0 => vec![0; usize::try_from(rng.below(64)).unwrap()],
            1 => packet(n as u16, &[0; 160]),
            _ => vec![0x81, 200 + (n % 5) as u8, 0, 6, 1, 2, 3, 4],
        };
        for _ in 0..rng.below(4) {
            let at = usize::try_from(rng.below(bytes.len().max(1) as u64)).unwrap();
            if let Some(octet) = bytes.get_mut(at) {
                *octet = rng.next_u32() as u8;
            }
        }
        let flow = if rng.below(2) == 0 { RTP } else { RTCP };
        let source = address(2 + u8::try_from(rng.below(2)).unwrap(), 4000);
        let now = ms(n);
        let input = Input::Datagram {
            flow,
            source,
            bytes: &bytes,
        };
        stream.handle_input(now, input);
        let mut out = Out::default();
        drain(&mut stream, &mut out);
        assert!(out.rtp.len() + out.rtcp.len() + out.events.len() < 12, "P4");
        assert!(out.wait.unwrap() > now, "P2");
        let _ = timeout(&mut stream, now);
    }
}
