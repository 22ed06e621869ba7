use super::*;
use crate::rtp::event::{EventReport, EventSender};
use alloc::string::String;
use alloc::vec::Vec;

fn at(ticks: u32) -> Timestamp {
    Timestamp::new(ticks)
}

fn ms(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn event(code: u8, end: bool, duration: u16) -> [u8; 4] {
    let event = TelephoneEvent {
        code: EventCode::new(code),
        end,
        volume: 10,
        duration,
    };
    event.to_octets()
}

fn news(receiver: &mut EventReceiver) -> Vec<EventNews> {
    core::iter::from_fn(|| receiver.poll_news()).collect()
}

fn began(code: u8, timestamp: u32) -> EventNews {
    EventNews::Began {
        code: EventCode::new(code),
        timestamp: at(timestamp),
        volume: 10,
    }
}

fn ended(code: u8, timestamp: u32, duration: u32) -> EventNews {
    EventNews::Ended {
        code: EventCode::new(code),
        timestamp: at(timestamp),
        duration,
    }
}

/// All reports of some keys, 100 ms each with 60 ms between, with when they are sent.
fn dialled(keys: &str) -> Vec<(Instant, EventReport)> {
    let mut sender = EventSender::default();
    let mut sent = Vec::new();
    let mut turn = 0_u32;
    for key in keys.chars() {
        sender.begin(at(turn * 160), EventCode::of_key(key).unwrap(), 10);
        for n in 1..=8 {
            if n == 5 {
                sender.end(at((turn + n) * 160));
            }
            let now = ms(u64::from(turn + n) * 20);
            sender.turn(at((turn + n) * 160), |report| sent.push((now, report)));
        }
        turn += 8;
    }
    sent
}

fn keys(news: &[EventNews]) -> (String, Vec<u32>) {
    let mut began = String::new();
    let mut durations = Vec::new();
    for one in news {
        match one {
            EventNews::Began { code, .. } => began.push(code.key().unwrap()),
            EventNews::Ended { duration, .. } => durations.push(*duration),
        }
    }
    (began, durations)
}

/// RFC 4733 §2.6.2: with any two of every three packets lost, each key is heard once, and repeated
/// keys are as many as were pressed.
// shows: S075
#[test]
fn each_event_is_told_once_though_two_of_three_packets_are_lost() {
    let sent = dialled("9115#*00");
    assert_eq!(sent.len(), 8 * 7);
    for kept in 0..3 {
        let mut receiver = EventReceiver::new(8000);
        let mut all = Vec::new();
        for (number, (now, report)) in sent.iter().enumerate() {
            receiver.tick(*now);
            if number % 3 == kept {
                receiver.receive(*now, report.timestamp, &report.event.to_octets());
            }
            all.extend(news(&mut receiver));
        }
        receiver.tick(ms(10_000));
        all.extend(news(&mut receiver));
        let (began, durations) = keys(&all);
        assert_eq!(began, "9115#*00");
        // One of the last three packets comes through, so that the duration is right.
        assert_eq!(durations, [800; 8]);
    }
}

/// As long as one report of an event is heard, it is told once; whatever else is lost.
#[test]
fn each_event_is_told_once_whichever_reports_are_lost() {
    let sent = dialled("11");
    for lost in 0_u32..1 << 14 {
        let (one, two) = (lost & 0x7f, lost >> 7);
        if one == 0x7f || two == 0x7f {
            continue;
        }
        let mut receiver = EventReceiver::new(8000);
        let mut all = Vec::new();
        for (number, (now, report)) in sent.iter().enumerate() {
            if lost >> number & 1 == 0 {
                receiver.receive(*now, report.timestamp, &report.event.to_octets());
            }
            receiver.tick(*now);
            all.extend(news(&mut receiver));
        }
        receiver.tick(ms(10_000));
        all.extend(news(&mut receiver));
        let (began, durations) = keys(&all);
        assert_eq!((began.as_str(), durations.len()), ("11", 2), "{lost:b}");
    }
}

/// In any order, though not always in the right one: the timestamps are told.
#[test]
fn reports_out_of_order_tell_nothing_twice() {
    let sent = dialled("12");
    for first in 0..sent.len() {
        let mut receiver = EventReceiver::new(8000);
        let mut shuffled = sent.clone();
        shuffled.rotate_left(first);
        shuffled.swap(1, 9);
        for (now, report) in &shuffled {
            receiver.receive(*now, report.timestamp, &report.event.to_octets());
        }
        receiver.restart();
        let (began, durations) = keys(&news(&mut receiver));
        let mut began: Vec<_> = began.chars().collect();
        began.sort_unstable();
        assert_eq!(
            (began.as_slice(), durations.len()),
            (&['1', '2'][..], 2),
            "{first}"
        );
    }
}

/// RFC 4733 §2.5.2.3: the duration is the sum of the segments', the report of the full one lost or
/// not, and late reports of earlier segments change nothing.
#[test]
fn segments_without_a_gap_are_one_event() {
    for hears_full in [true, false] {
        let mut receiver = EventReceiver::new(8000);
        let start = 0xffff_fff0_u32;
        receiver.receive(ms(0), at(start), &event(3, false, 60_000));
        if hears_full {
            receiver.receive(ms(20), at(start), &event(3, false, 0xffff));
        }
        let second = start.wrapping_add(0xffff);
        receiver.receive(ms(40), at(second), &event(3, false, 100));
        receiver.receive(ms(50), at(start), &event(3, false, 0xffff));
        receiver.receive(ms(60), at(second), &event(3, true, 260));
        receiver.receive(ms(80), at(second), &event(3, true, 260));
        receiver.receive(ms(90), at(start), &event(3, false, 0xffff));
        let expected = [began(3, start), ended(3, start, 0xffff + 260)];
        assert_eq!(news(&mut receiver), expected);
    }
    // With a gap they are two.
    let mut receiver = EventReceiver::new(8000);
    receiver.receive(ms(0), at(0), &event(3, false, 800));
    receiver.receive(ms(20), at(1000), &event(3, false, 160));
    let expected = [began(3, 0), ended(3, 0, 800), began(3, 1000)];
    assert_eq!(news(&mut receiver), expected);
}

/// RFC 4733 §2.5.2.2: the next event ends the one before; silence does too.
#[test]
fn an_event_ends_with_the_next_or_with_silence() {
    let mut receiver = EventReceiver::new(8000);
    receiver.receive(ms(0), at(0), &event(1, false, 160));
    receiver.receive(ms(100), at(800), &event(2, false, 160));
    let expected = [began(1, 0), ended(1, 0, 160), began(2, 800)];
    assert_eq!(news(&mut receiver), expected);
    receiver.tick(ms(250));
    assert_eq!(news(&mut receiver), []);
    receiver.tick(ms(251));
    assert_eq!(news(&mut receiver), [ended(2, 800, 160)]);
    // It is not begun again by what comes now.
    receiver.receive(ms(260), at(800), &event(2, true, 1600));
    assert_eq!(news(&mut receiver), []);
}

/// RFC 4733 §2.3.5, §2.5.2.4.
#[test]
fn senseless_reports_are_ignored_and_packed_events_are_all_told() {
    let mut receiver = EventReceiver::new(8000);
    receiver.receive(ms(0), at(0), &event(1, false, 0));
    receiver.receive(ms(0), at(0), &[1, 0x80]);
    assert_eq!(news(&mut receiver), []);
    let packed = [
        event(37, true, 27),
        event(38, true, 27),
        event(37, false, 10),
    ]
    .concat();
    receiver.receive(ms(5), at(100), &packed);
    let expected = [
        began(37, 100),
        ended(37, 100, 27),
        began(38, 127),
        ended(38, 127, 27),
        began(37, 154),
    ];
    assert_eq!(news(&mut receiver), expected);
}

#[test]
fn news_nobody_asks_for_are_bounded() {
    let mut receiver = EventReceiver::new(8000);
    for n in 0..100 {
        receiver.receive(ms(0), at(n * 1000), &event(1, true, 160));
    }
    assert_eq!(news(&mut receiver).len(), 16);
}
