//! Pauses of those who speak (RFC 3551 §4.1), and comfort noise (RFC 3389).

use super::*;

// shows: S044
#[test]
fn the_first_packet_after_silence_is_marked() {
    let mut config = AudioConfig::new("a");
    config.silence = Silence::Suppress;
    let mut stream = stream(1, config);
    stream.set_plan(ms(0), plan(2, AudioDirection::SendRecv));
    let mut packets = Vec::new();
    for (until, samples) in [(100, 480), (500, 320), (700, 0)] {
        let _ = stream.push_capture(&wave(samples, 1));
        packets.extend(run(&mut stream, ms(until)).rtp);
    }
    let marks: Vec<bool> = packets
        .iter()
        .map(|bytes| Packet::parse(bytes).unwrap().marker())
        .collect();
    assert_eq!(marks, [true, false, false, true, false]);
    // Without silence suppression there are no talk-spurts to begin.
    let mut steady = self::stream(1, AudioConfig::new("a"));
    steady.set_plan(ms(0), plan(2, AudioDirection::SendRecv));
    let _ = steady.push_capture(&wave(480, 1));
    for bytes in run(&mut steady, ms(400)).rtp {
        assert!(!Packet::parse(&bytes).unwrap().marker());
    }
}

// shows: S034
#[test]
fn timestamps_run_on_through_silence_and_numbers_do_not() {
    let mut config = AudioConfig::new("a");
    config.silence = Silence::Suppress;
    let mut stream = stream(1, config);
    stream.set_plan(ms(0), plan(2, AudioDirection::SendRecv));
    let _ = stream.push_capture(&wave(160, 1));
    let mut packets = run(&mut stream, ms(1_000)).rtp;
    let _ = stream.push_capture(&wave(160, 1));
    packets.extend(run(&mut stream, ms(1_100)).rtp);
    assert_eq!(packets.len(), 2);
    let [first, second] = [0, 1].map(|n| Packet::parse(&packets[n]).unwrap().header());
    assert_eq!(second.sequence, first.sequence.next());
    // The first went out at 20 ms, the other at 1020 ms.
    assert_eq!(second.timestamp.ticks_since(first.timestamp), 8_000);
}

// shows: S068
#[test]
fn a_pause_is_announced_by_comfort_noise_and_heard_as_such() {
    let config = |name| {
        let mut config = AudioConfig::new(name);
        config.silence = Silence::Suppress;
        config
    };
    let mut pair = Pair::new();
    pair.streams = [stream(1, config("a")), stream(2, config("b"))];
    let with_noise = |host| {
        let mut plan = plan(host, AudioDirection::SendRecv);
        plan.comfort_noise = Some(PayloadType::COMFORT_NOISE);
        plan
    };
    pair.streams[0].set_plan(ms(0), with_noise(2));
    pair.streams[1].set_plan(ms(0), with_noise(1));
    let spurts = [wave(800, 1), wave(800, 50)];
    let _ = pair.streams[0].push_capture(&spurts[0]);
    pair.run(1_000);
    let _ = pair.streams[0].push_capture(&spurts[1]);
    pair.run(1_000);
    // Five packets of speech and one of noise, twice.
    assert_eq!(pair.packets[0], 12);
    let heard = &pair.heard[1];
    let places: Vec<usize> = spurts
        .iter()
        .map(|spurt| heard.windows(800).position(|w| w == *spurt).unwrap())
        .collect();
    // A second apart, as they were said: the noise between keeps the time.
    assert_eq!(places[1] - places[0], 8_000);
    let pause = &heard[places[0] + 800..places[1]];
    assert!(pause.iter().any(|sample| *sample != 0));
    assert!(pause.iter().all(|sample| sample.abs() < 50));
    assert_eq!(pair.streams[1].report().lost, 0);
    assert_eq!(pair.streams[1].report().concealed, Duration::ZERO);
}

#[test]
fn the_tail_of_a_recording_is_sent_with_silence_behind_it() {
    let mut stream = stream(1, AudioConfig::new("a"));
    stream.set_plan(ms(0), plan(2, AudioDirection::SendRecv));
    let said = wave(200, 1);
    let _ = stream.push_capture(&said);
    let out = run(&mut stream, ms(200));
    let payload: Vec<i16> = out
        .rtp
        .iter()
        .flat_map(|bytes| Packet::parse(bytes).unwrap().payload().to_vec())
        .map(|octet| Law::A.decode(octet))
        .collect();
    assert!(contains(&payload, &said[..160]));
    assert!(contains(&payload, &said[160..]));
}
