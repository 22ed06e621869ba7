//! Keys at one end, events at the other (RFC 4733).

use super::*;
use crate::rtp::payload::red::Redundant;
use crate::rtp::payload::telephone_event::{EventCode, TelephoneEvent};
use alloc::string::String;

const EVENTS: PayloadType = PayloadType::from_octet(101);
const RED: PayloadType = PayloadType::from_octet(121);

/// A plan with events both ways.
pub(super) fn with_events(host: u8) -> AudioPlan {
    AudioPlan {
        send_events: Some(EVENTS),
        receive_events: Some(EVENTS),
        ..plan(host, AudioDirection::SendRecv)
    }
}

/// What one stream sends to another that takes those `keep` says, and hears; and all events.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) sent: Vec<Vec<u8>>,
    pub(super) pcm: Vec<i16>,
    pub(super) events: Vec<AudioEvent>,
}

/// Runs two streams in steps of a millisecond, and loses what `keep` does not let through.
pub(super) fn carry(
    from: &mut AudioStream,
    to: &mut AudioStream,
    millis: core::ops::Range<u64>,
    mut keep: impl FnMut(usize) -> bool,
) -> Heard {
    let mut heard = Heard::default();
    for now in millis {
        let out = timeout(from, ms(now));
        for bytes in out.rtp {
            if keep(heard.sent.len()) {
                receive_from(to, ms(now), address(1, 4000), &bytes);
            }
            heard.sent.push(bytes);
        }
        heard.events.append(&mut timeout(to, ms(now)).events);
        let mut pcm = [0; 800];
        let count = to.take_playout(&mut pcm);
        heard.pcm.extend_from_slice(&pcm[..count]);
    }
    heard
}

fn pair(plan: impl Fn(u8) -> AudioPlan) -> (AudioStream, AudioStream) {
    let mut alice = stream(1, AudioConfig::new("alice@a"));
    let mut bob = stream(2, AudioConfig::new("bob@b"));
    alice.set_plan(ms(0), plan(2));
    bob.set_plan(ms(0), plan(1));
    (alice, bob)
}

fn press(stream: &mut AudioStream, now: u64, keys: &str, millis: u64) {
    for key in keys.chars() {
        let code = EventCode::of_key(key).unwrap();
        let pressed = stream.press(ms(now), code, Duration::from_millis(millis));
        assert_eq!(pressed, Ok(()));
    }
}

/// The keys that began and how long each lasted; they begin and end by turns.
fn keys(events: &[AudioEvent]) -> (String, Vec<Duration>) {
    let (mut began, mut ended) = (String::new(), Vec::new());
    for event in events {
        match event {
            AudioEvent::EventBegan { code } => began.push(code.key().unwrap()),
            AudioEvent::EventEnded { code, duration } => {
                ended.push(*duration);
                assert_eq!(began.len(), ended.len());
                assert_eq!(began.chars().last(), code.key());
            }
            _ => {}
        }
    }
    (began, ended)
}

/// RFC 4733 §2.5.1: numbers and timestamps of the audio around it, the timestamp frozen, M on the
/// first, E on the last three, and no speech meanwhile.
// shows: S073
#[test]
fn a_key_is_sent_in_the_place_of_speech() {
    let (mut alice, mut bob) = pair(with_events);
    alice.push_capture(&wave(4000, 1));
    let mut sent = carry(&mut alice, &mut bob, 0..100, |_| true).sent;
    press(&mut alice, 100, "5", 110);
    assert_eq!(alice.events_waiting(), 1);
    sent.extend(carry(&mut alice, &mut bob, 100..400, |_| true).sent);
    assert_eq!(alice.events_waiting(), 0);
    let packets: Vec<_> = sent.iter().map(|b| Packet::parse(b).unwrap()).collect();
    for two in packets.windows(2) {
        assert_eq!(two[1].sequence(), two[0].sequence().next());
    }
    let is_event = |packet: &&Packet<'_>| packet.payload_type() == EVENTS;
    let reports: Vec<_> = packets.iter().filter(is_event).collect();
    let first = reports[0].timestamp();
    assert!(reports.iter().all(|report| report.timestamp() == first));
    let told: Vec<_> = reports
        .iter()
        .map(|report| {
            let event = TelephoneEvent::unpack(report.payload()).unwrap();
            assert_eq!((event.code.key(), event.volume), (Some('5'), 10));
            (event.duration, report.marker(), event.end)
        })
        .collect();
    let expected = [
        (160, true, false),
        (320, false, false),
        (480, false, false),
        (640, false, false),
        (800, false, false),
        (880, false, true),
        (880, false, true),
        (880, false, true),
    ];
    assert_eq!(told, expected);
    // Eight packets of speech are not sent, and what follows is where it would have been.
    let speech: Vec<_> = packets.iter().filter(|packet| !is_event(packet)).collect();
    let gaps = speech
        .windows(2)
        .map(|two| two[1].timestamp().ticks_since(two[0].timestamp()));
    let gaps: Vec<_> = gaps.filter(|gap| *gap != 160).collect();
    assert_eq!(gaps, [9 * 160]);
    assert!(
        packets
            .iter()
            .all(|packet| !packet.marker() || is_event(&packet))
    );
    // The event begins where the speech ended.
    let before = speech
        .iter()
        .rev()
        .find(|p| p.timestamp().ticks_since(first) < 0);
    assert_eq!(first.ticks_since(before.unwrap().timestamp()), 160);
}

// shows: S075
#[test]
fn each_key_is_heard_once_and_in_order_though_two_of_three_packets_are_lost() {
    for kept in 0..3 {
        let (mut alice, mut bob) = pair(with_events);
        carry(&mut alice, &mut bob, 0..100, |_| true);
        press(&mut alice, 100, "0118#99*A", 80);
        let heard = carry(&mut alice, &mut bob, 100..3000, |n| n % 3 == kept);
        let (began, ended) = keys(&heard.events);
        assert_eq!(began, "0118#99*A");
        assert_eq!(ended, [Duration::from_millis(80); 9]);
    }
}

/// What holds no sound is not lost sound.
#[test]
fn events_are_not_counted_as_lost_or_covered() {
    let (mut alice, mut bob) = pair(with_events);
    carry(&mut alice, &mut bob, 0..200, |_| true);
    press(&mut alice, 200, "123", 200);
    let heard = carry(&mut alice, &mut bob, 200..2000, |_| true);
    assert_eq!(keys(&heard.events).0, "123");
    let report = bob.report();
    assert_eq!((report.lost, report.late, report.duplicated), (0, 0, 0));
    assert_eq!(report.received, report.expected);
    // And speech goes on behind them as it was said.
    let said = wave(1600, 7);
    alice.push_capture(&said);
    let heard = carry(&mut alice, &mut bob, 2000..2600, |_| true);
    assert!(contains(&heard.pcm, &said));
}

/// RFC 4733 §2.5.1.4: with redundant data the last key's final reports ride along with the next
/// key's, and only then.
#[test]
fn final_reports_go_along_with_the_next_event_if_that_was_agreed_on() {
    let redundancy = Some(Redundancy {
        payload_type: RED,
        generations: 0,
        events: true,
        parity: None,
    });
    let (mut alice, mut bob) = pair(|host| AudioPlan {
        send_redundancy: redundancy,
        receive_redundancy: redundancy,
        ptime_ms: 40,
        ..with_events(host)
    });
    carry(&mut alice, &mut bob, 0..100, |_| true);
    press(&mut alice, 100, "12", 100);
    let heard = carry(&mut alice, &mut bob, 100..1000, |_| true);
    let (began, ended) = keys(&heard.events);
    assert_eq!((began.as_str(), ended.len()), ("12", 2));
    let packets = heard.sent.iter().map(|bytes| Packet::parse(bytes).unwrap());
    let both: Vec<_> = packets
        .filter(|packet| packet.payload_type() == RED)
        .collect();
    // The pause of 60 ms leaves one repetition of the first key for the time of the second.
    assert_eq!(both.len(), 1);
    let redundant = Redundant::unpack(both[0].payload()).unwrap();
    let primary = TelephoneEvent::unpack(redundant.primary()).unwrap();
    assert_eq!((primary.code.key(), both[0].marker()), (Some('2'), true));
    let block = redundant.redundant().next().unwrap();
    let again = TelephoneEvent::unpack(block.payload).unwrap();
    assert_eq!(
        (again.code.key(), again.end, again.duration),
        (Some('1'), true, 800)
    );
    // It tells of the first key even if nothing else did.
    let mut carol = stream(2, AudioConfig::new("carol@c"));
    carol.set_plan(
        ms(0),
        AudioPlan {
            receive_redundancy: redundancy,
            ..with_events(1)
        },
    );
    let at = heard
        .sent
        .iter()
        .position(|bytes| bytes[1] & 0x7f == RED.as_u8())
        .unwrap();
    let mut events = Vec::new();
    for bytes in &heard.sent[at..] {
        receive_from(&mut carol, ms(1000), address(1, 4000), bytes);
        events.append(&mut timeout(&mut carol, ms(1000)).events);
    }
    assert_eq!(keys(&events).0, "12");
}

#[test]
fn a_key_needs_somebody_who_takes_it() {
    let code = EventCode::of_key('1').unwrap();
    let second = Duration::from_secs(1);
    let mut alice = stream(1, AudioConfig::new("alice@a"));
    assert_eq!(alice.press(ms(0), code, second), Err(PressError::NotAgreed));
    alice.set_plan(ms(0), plan(2, AudioDirection::SendRecv));
    assert_eq!(alice.press(ms(0), code, second), Err(PressError::NotAgreed));
    let mut agreed = with_events(2);
    alice.set_plan(ms(0), agreed.clone());
    for _ in 0..64 {
        assert_eq!(alice.press(ms(0), code, second), Ok(()));
    }
    assert_eq!(alice.press(ms(0), code, second), Err(PressError::TooMany));
    // On hold what waits is forgotten, and nothing is pressed.
    let before = run(&mut alice, ms(100)).rtp.len();
    assert_eq!(before, 5);
    agreed.direction = AudioDirection::RecvOnly;
    alice.set_plan(ms(100), agreed.clone());
    assert_eq!(alice.events_waiting(), 0);
    assert_eq!(alice.press(ms(100), code, second), Err(PressError::OnHold));
    assert_eq!(run(&mut alice, ms(1000)).rtp.len(), 0);
    agreed.direction = AudioDirection::SendRecv;
    alice.set_plan(ms(1000), agreed);
    let packets = run(&mut alice, ms(1200)).rtp;
    assert!(
        packets
            .iter()
            .all(|bytes| bytes[1] == PayloadType::PCMA.as_u8())
    );
}

/// RFC 4733 §2.5.1.3, through the whole stream: ten seconds of one key.
#[test]
fn a_key_held_for_long_is_one_event() {
    let (mut alice, mut bob) = pair(with_events);
    carry(&mut alice, &mut bob, 0..100, |_| true);
    press(&mut alice, 100, "0", 10_000);
    let heard = carry(&mut alice, &mut bob, 100..11_000, |n| n % 2 == 0);
    assert_eq!(
        keys(&heard.events),
        ("0".into(), vec![Duration::from_secs(10)])
    );
}
