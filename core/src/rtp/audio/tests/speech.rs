//! What one says and the other hears (RFC 3551 §4.5.14).

use super::*;

#[test]
fn what_one_says_the_other_hears_sample_for_sample() {
    let mut pair = Pair::new();
    pair.connect([AudioDirection::SendRecv; 2]);
    let said = [wave(16_000, 1), wave(16_000, 999)];
    for at in (0..16_000).step_by(1600) {
        for (stream, said) in pair.streams.iter_mut().zip(&said) {
            assert_eq!(stream.push_capture(&said[at..at + 1600]), 1600);
        }
        pair.run(200);
    }
    pair.run(200);
    assert!(contains(&pair.heard[1], &said[0]));
    assert!(contains(&pair.heard[0], &said[1]));
    for (me, other) in [(0, 1), (1, 0)] {
        let report = pair.streams[me].report();
        assert_eq!(report.received, report.expected);
        assert_eq!((report.lost, report.late, report.duplicated), (0, 0, 0));
        assert_eq!(report.jitter, Duration::ZERO);
        assert_eq!(report.sent, 110);
        let started = AudioEvent::Started {
            ssrc: pair.streams[other].ssrc(),
        };
        assert_eq!(pair.events[me].first(), Some(&started));
    }
}

/// The first packet of a source is on probation (RFC 3550 A.1); it is heard all the same.
#[test]
fn not_even_the_first_packet_goes_missing() {
    let mut pair = Pair::new();
    let said = wave(320, 5);
    pair.connect([AudioDirection::SendRecv; 2]);
    assert_eq!(pair.streams[0].push_capture(&said), 320);
    pair.run(400);
    assert!(contains(&pair.heard[1], &said));
}

// shows: S029
#[test]
fn packets_hold_what_was_agreed_on_and_numbers_count_them() {
    for (ptime_ms, samples) in [(20, 160), (40, 320), (10, 80), (30, 240)] {
        let mut stream = stream(1, AudioConfig::new("a"));
        let mut plan = plan(2, AudioDirection::SendRecv);
        plan.ptime_ms = ptime_ms;
        stream.set_plan(ms(0), plan);
        let out = run(&mut stream, ms(600));
        assert_eq!(out.rtp.len(), 600 / usize::from(ptime_ms));
        let packets: Vec<Packet<'_>> = out.rtp.iter().map(|b| Packet::parse(b).unwrap()).collect();
        for pair in packets.windows(2) {
            assert_eq!(pair[0].payload().len(), samples);
            assert_eq!(pair[1].sequence(), pair[0].sequence().next());
            let step = pair[1].timestamp().ticks_since(pair[0].timestamp());
            assert_eq!(usize::try_from(step).unwrap(), samples);
        }
    }
}

#[test]
fn queues_are_bounded() {
    let mut stream = stream(1, AudioConfig::new("a"));
    assert_eq!(stream.push_capture(&[0; 3000]), 3000);
    assert_eq!(stream.push_capture(&[0; 3000]), 1000);
    stream.set_plan(ms(0), plan(2, AudioDirection::SendRecv));
    let _ = run(&mut stream, ms(10_000));
    assert_eq!(stream.playout_len(), 4000);
    let mut pcm = [0; 5000];
    assert_eq!(stream.take_playout(&mut pcm), 4000);
}

#[test]
fn nothing_happens_before_a_plan() {
    let mut stream = stream(1, AudioConfig::new("a"));
    receive(&mut stream, ms(1), &packet(0, &[0; 160]));
    assert_eq!(stream.dropped(DropReason::NotActive), 1);
    let out = run(&mut stream, ms(100_000));
    assert_eq!((out.wait, out.rtp.len(), out.rtcp.len()), (None, 0, 0));
    // A plan before there are sockets sends nothing, and does not spin.
    let mut bare = AudioStream::new(AudioConfig::new("a"), [1; 32]);
    bare.set_plan(ms(0), plan(2, AudioDirection::SendRecv));
    let out = timeout(&mut bare, ms(1_000));
    assert_eq!((out.wait, out.rtp.len()), (Some(ms(1_020)), 0));
}
