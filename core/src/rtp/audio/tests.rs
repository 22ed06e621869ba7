use super::*;
use crate::machine::{FlowId, Input, Machine, Output, Transport};
use crate::rtp::circuit_breaker::Tripped;
use crate::rtp::drops::DropReason;
use crate::rtp::interval::Bandwidth;
use crate::rtp::number::{PayloadType, SequenceNumber, Ssrc, Timestamp};
use crate::rtp::packet::{Header, Outgoing, Packet};
use crate::rtp::payload::g711::Law;
use crate::rtp::rtcp::{Compound, RtcpPacket};
use crate::time::{Instant, UnixTime};
use alloc::vec;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

const RTP: FlowId = FlowId::from_driver(0);
const RTCP: FlowId = FlowId::from_driver(1);

fn ms(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn address(host: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, host], port))
}

fn stream(host: u8, config: AudioConfig) -> AudioStream {
    let mut stream = AudioStream::new(config, [host; 32]);
    for (flow, port) in [(RTP, 4000), (RTCP, 4001)] {
        let bound = Input::Bound {
            flow,
            transport: Transport::Udp,
            local: address(host, port),
        };
        stream.handle_input(Instant::ZERO, bound);
    }
    let unix = UnixTime::from_nanos(1_700_000_000_000_000_000);
    stream.handle_input(Instant::ZERO, Input::WallClock { unix });
    stream
}

fn plan(host: u8, direction: AudioDirection) -> AudioPlan {
    AudioPlan::new(Law::A, address(host, 4000), direction)
}

/// What a stream put out: datagrams and events.
#[derive(Default)]
struct Out {
    rtp: Vec<Vec<u8>>,
    rtcp: Vec<Vec<u8>>,
    events: Vec<AudioEvent>,
    wait: Option<Instant>,
}

fn drain(stream: &mut AudioStream, out: &mut Out) {
    let mut bytes = Vec::new();
    loop {
        match stream.poll_output(&mut bytes) {
            Output::Transmit { flow: RTP, .. } => out.rtp.push(bytes.clone()),
            Output::Transmit { .. } => out.rtcp.push(bytes.clone()),
            Output::Event(event) => out.events.push(event),
            Output::Wait(wait) => {
                out.wait = wait;
                return;
            }
            Output::Connect { .. } | Output::Close { .. } | Output::Resolve { .. } => panic!(),
        }
    }
}

fn timeout(stream: &mut AudioStream, now: Instant) -> Out {
    let mut out = Out::default();
    stream.handle_input(now, Input::Timeout);
    drain(stream, &mut out);
    out
}

/// Sleeps from deadline to deadline until `end`.
fn run(stream: &mut AudioStream, end: Instant) -> Out {
    let mut out = Out::default();
    drain(stream, &mut out);
    while let Some(at) = out.wait.filter(|at| *at <= end) {
        stream.handle_input(at, Input::Timeout);
        drain(stream, &mut out);
        assert!(out.wait.is_none_or(|wait| wait > at), "P2");
    }
    out
}

/// Two streams and the way between them.
struct Pair {
    streams: [AudioStream; 2],
    heard: [Vec<i16>; 2],
    events: [Vec<AudioEvent>; 2],
    packets: [usize; 2],
    now: u64,
}

impl Pair {
    fn new() -> Self {
        let alice = stream(1, AudioConfig::new("alice@a"));
        let bob = stream(2, AudioConfig::new("bob@b"));
        Self {
            streams: [alice, bob],
            heard: [Vec::new(), Vec::new()],
            events: [Vec::new(), Vec::new()],
            packets: [0, 0],
            now: 0,
        }
    }

    fn connect(&mut self, directions: [AudioDirection; 2]) {
        for (n, direction) in directions.into_iter().enumerate() {
            let other = if n == 0 { 2 } else { 1 };
            self.streams[n].set_plan(ms(self.now), plan(other, direction));
        }
    }

    /// Runs both in steps of a millisecond; the way takes none.
    fn run(&mut self, millis: u64) {
        let end = self.now + millis;
        while self.now < end {
            self.now += 1;
            for me in 0..2 {
                let mut out = timeout(&mut self.streams[me], ms(self.now));
                self.events[me].append(&mut out.events);
                self.packets[me] += out.rtp.len();
                let from = if me == 0 { 1 } else { 2 };
                let other = &mut self.streams[1 - me];
                for (flow, port, datagrams) in [(RTP, 4000, out.rtp), (RTCP, 4001, out.rtcp)] {
                    for bytes in &datagrams {
                        let source = address(from, port);
                        let input = Input::Datagram {
                            flow,
                            source,
                            bytes,
                        };
                        other.handle_input(ms(self.now), input);
                    }
                }
                let mut pcm = [0; 800];
                let count = self.streams[me].take_playout(&mut pcm);
                self.heard[me].extend_from_slice(&pcm[..count]);
            }
        }
    }
}

/// A wave that survives G.711 unchanged.
fn wave(len: usize, seed: u32) -> Vec<i16> {
    (0..len)
        .map(|n| {
            let n = u32::try_from(n).unwrap().wrapping_add(seed);
            let sample = (n.wrapping_mul(2_654_435_761) >> 17) as i16;
            Law::A.decode(Law::A.encode(sample | 0x400))
        })
        .collect()
}

fn contains(heard: &[i16], said: &[i16]) -> bool {
    heard.windows(said.len()).any(|window| window == said)
}

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

/// What comes while we do not receive is not heard, and not missing either; what was lost before is.
#[test]
fn what_comes_during_a_hold_is_not_lost() {
    let mut pair = Pair::new();
    pair.connect([AudioDirection::SendRecv; 2]);
    pair.run(400);
    // Bob holds, and for a while Alice does not know.
    pair.streams[1].set_plan(ms(400), plan(1, AudioDirection::SendOnly));
    pair.run(60);
    pair.streams[0].set_plan(ms(460), plan(2, AudioDirection::RecvOnly));
    pair.run(1_000);
    // Alice goes on before Bob does.
    pair.streams[0].set_plan(ms(1_460), plan(2, AudioDirection::SendRecv));
    pair.run(40);
    pair.streams[1].set_plan(ms(1_500), plan(1, AudioDirection::SendRecv));
    let said = wave(1600, 7);
    assert_eq!(pair.streams[0].push_capture(&said), 1600);
    pair.run(600);
    let bob = &pair.streams[1];
    assert_eq!(bob.dropped(DropReason::NotReceiving), 5);
    let report = bob.report();
    assert_eq!((report.lost, report.late), (0, 0));
    assert_eq!(report.received, pair.packets[0] as u64);
    assert!(contains(&pair.heard[1], &said));
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

fn packet(seq: u16, pcm: &[i16]) -> Vec<u8> {
    packet_of(seq, u32::from(seq) * 160, PayloadType::PCMA, 0xb0b, pcm)
}

fn packet_of(
    seq: u16,
    timestamp: u32,
    payload_type: PayloadType,
    ssrc: u32,
    pcm: &[i16],
) -> Vec<u8> {
    let header = Header {
        marker: false,
        payload_type,
        sequence: SequenceNumber::new(seq),
        timestamp: Timestamp::new(timestamp),
        ssrc: Ssrc::new(ssrc),
    };
    let payload: Vec<u8> = pcm.iter().take(160).map(|s| Law::A.encode(*s)).collect();
    let outgoing = Outgoing::new(header, &payload);
    let mut out = vec![0; outgoing.size()];
    let _ = outgoing.write(&mut out).unwrap();
    out
}

fn receive(stream: &mut AudioStream, now: Instant, bytes: &[u8]) {
    receive_from(stream, now, address(2, 4000), bytes);
}

fn receive_from(stream: &mut AudioStream, now: Instant, source: SocketAddr, bytes: &[u8]) {
    let input = Input::Datagram {
        flow: RTP,
        source,
        bytes,
    };
    stream.handle_input(now, input);
}

#[test]
fn on_hold_media_stops_and_reports_go_on() {
    for (ours, theirs) in [
        (AudioDirection::SendOnly, AudioDirection::RecvOnly),
        (AudioDirection::Inactive, AudioDirection::Inactive),
    ] {
        let mut pair = Pair::new();
        pair.connect([AudioDirection::SendRecv; 2]);
        pair.run(2_000);
        let before = pair.packets;
        pair.connect([ours, theirs]);
        pair.events = [Vec::new(), Vec::new()];
        pair.run(60_000);
        assert_eq!(pair.packets[0] > before[0], ours.sends());
        assert_eq!(pair.packets[1], before[1]);
        // RTCP flows on: each still hears reports of the other, about what was sent before.
        let later = |ssrc| {
            let view = |s: &AudioStream| s.session.member(ssrc).map(|m| m.cname.is_some());
            view(&pair.streams[1])
        };
        assert_eq!(later(pair.streams[0].ssrc()), Some(true));
        // After it, everything is as before, under the same names.
        let names = [pair.streams[0].ssrc(), pair.streams[1].ssrc()];
        pair.connect([AudioDirection::SendRecv; 2]);
        let said = wave(1600, 77);
        assert_eq!(pair.streams[1].push_capture(&said), 1600);
        pair.run(1_000);
        assert!(contains(&pair.heard[0], &said));
        assert_eq!(names, [pair.streams[0].ssrc(), pair.streams[1].ssrc()]);
        let lost = pair.streams[0].report().lost;
        assert_eq!(lost, 0, "a hold is no loss");
    }
}

/// What the microphone hears during hold is not sent after it.
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
fn captured_samples_are_thrown_away_on_hold() {
    let mut stream = stream(1, AudioConfig::new("a"));
    stream.set_plan(ms(0), plan(2, AudioDirection::RecvOnly));
    assert_eq!(stream.push_capture(&[5000; 1600]), 1600);
    let out = run(&mut stream, ms(300));
    assert_eq!(out.rtp.len(), 0);
    assert_eq!(stream.capture_len(), 0);
}

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

mod events;
mod repairs;
mod retransmissions;
mod secure;
