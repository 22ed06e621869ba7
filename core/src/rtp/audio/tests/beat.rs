//! The beat, with drivers that come late.

use super::*;

#[test]
fn the_beat_does_not_drift_with_a_driver_that_is_always_late() {
    let mut stream = stream(1, AudioConfig::new("a"));
    stream.set_plan(ms(0), plan(2, AudioDirection::SendRecv));
    let mut count = 0;
    let mut now = ms(0);
    for _ in 0..1000 {
        let out = timeout(&mut stream, now);
        count += out.rtp.len();
        // Seven milliseconds too late, every time.
        now = out.wait.unwrap() + Duration::from_millis(7);
    }
    let _ = timeout(&mut stream, now);
    let expected = now.as_nanos() / 20_000_000;
    assert!(expected.abs_diff(count as u64) <= 1, "{expected} {count}");
}

#[test]
fn a_driver_that_slept_catches_up_with_five_packets_and_the_timestamps_tell() {
    let mut stream = stream(1, AudioConfig::new("a"));
    stream.set_plan(ms(0), plan(2, AudioDirection::SendRecv));
    let first = timeout(&mut stream, ms(20)).rtp;
    let out = timeout(&mut stream, ms(3_020));
    assert_eq!(out.rtp.len(), 5);
    assert_eq!(out.wait, Some(ms(3_040)));
    let before = Packet::parse(&first[0]).unwrap();
    let last = Packet::parse(&out.rtp[4]).unwrap();
    let gap = last.timestamp().ticks_since(before.timestamp());
    assert_eq!(gap, 150 * 160);
    assert_eq!(last.sequence().distance_from(before.sequence()), 5);
    // And no more than a second of frames came into being.
    assert!(stream.playout_len() <= 4000);
}

/// The driver wakes late with packets in the socket: those are played, not covered.
#[test]
fn frames_wait_for_the_packets_that_came_while_the_driver_slept() {
    let mut config = AudioConfig::new("a");
    config.heard_samples = 8_000;
    let mut stream = stream(1, config);
    stream.set_plan(ms(0), plan(2, AudioDirection::SendRecv));
    let said = wave(160 * 30, 3);
    for n in 0..30_u16 {
        let late = (10..20).contains(&n);
        let now = ms(if late { 420 } else { u64::from(n) * 20 + 20 });
        receive(&mut stream, now, &packet(n, &said[usize::from(n) * 160..]));
        let mut out = Out::default();
        drain(&mut stream, &mut out);
        assert!(out.wait.unwrap() > now, "P2");
        if !late || n == 19 {
            let _ = timeout(&mut stream, now);
        }
    }
    let _ = run(&mut stream, ms(800));
    let mut heard = vec![0; 8000];
    let count = stream.take_playout(&mut heard);
    assert!(contains(&heard[..count], &said));
    assert_eq!(stream.report().late, 0);
}
