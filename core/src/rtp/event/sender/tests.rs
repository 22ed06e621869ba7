use super::*;
use alloc::vec::Vec;

fn at(ticks: u32) -> Timestamp {
    Timestamp::new(ticks)
}

fn key(key: char) -> EventCode {
    EventCode::of_key(key).unwrap()
}

fn turn(sender: &mut EventSender, now: u32) -> Vec<EventReport> {
    let mut sent = Vec::new();
    sender.turn(at(now), |report| sent.push(report));
    sent
}

/// Timestamp, duration, M and E.
fn brief(report: &EventReport) -> (u32, u16, bool, bool) {
    let EventReport {
        marker,
        timestamp,
        event,
    } = report;
    (timestamp.as_u32(), event.duration, *marker, event.end)
}

fn briefs(sender: &mut EventSender, now: u32) -> Vec<(u32, u16, bool, bool)> {
    turn(sender, now).iter().map(brief).collect()
}

/// RFC 4733 §2.5.1.2, §2.5.1.4: M on the first, E on the last three, one timestamp in all.
#[test]
fn an_event_whose_end_is_known_has_e_on_the_last_three() {
    let mut sender = EventSender::default();
    sender.begin(at(1000), key('5'), 10);
    assert_eq!(briefs(&mut sender, 1160), [(1000, 160, true, false)]);
    assert_eq!(briefs(&mut sender, 1320), [(1000, 320, false, false)]);
    sender.end(at(1480));
    for now in [1480, 1640, 1800] {
        assert_eq!(briefs(&mut sender, now), [(1000, 480, false, true)]);
    }
    assert!(!sender.is_busy());
    assert_eq!(turn(&mut sender, 1960), []);
}

#[test]
fn an_event_shorter_than_a_packet_has_m_on_the_first_of_three() {
    let mut sender = EventSender::default();
    sender.begin(at(0), key('#'), 10);
    sender.end(at(40));
    let all: Vec<_> = (1..=4).flat_map(|n| briefs(&mut sender, n * 160)).collect();
    let report = |marker| (0, 40, marker, true);
    assert_eq!(all, [report(true), report(false), report(false)]);
}

/// RFC 4733 §2.3.5: zero would last forever.
#[test]
fn an_event_of_no_duration_is_not_sent() {
    let mut sender = EventSender::default();
    sender.begin(at(7), key('1'), 10);
    assert_eq!(turn(&mut sender, 7), []);
    sender.end(at(7));
    assert!(!sender.is_busy());
}

/// RFC 4733 §2.5.1.3: the longest duration without E, and another segment from there on without M.
#[test]
fn a_long_event_goes_on_in_segments() {
    let mut sender = EventSender::default();
    let start = 0xffff_ff00_u32;
    sender.begin(at(start), key('0'), 10);
    let second = start.wrapping_add(0xffff);
    let mut all = Vec::new();
    for n in 1..=420 {
        all.extend(briefs(&mut sender, start.wrapping_add(n * 160)));
    }
    sender.end(at(start.wrapping_add(420 * 160 + 50)));
    for n in 421..=425 {
        all.extend(briefs(&mut sender, start.wrapping_add(n * 160)));
    }
    assert!(!sender.is_busy());
    assert_eq!(all.iter().filter(|(_, _, marker, _)| *marker).count(), 1);
    // 65,535 ticks are 409 packet times and a bit.
    let full: Vec<_> = all.iter().filter(|brief| brief.1 == 0xffff).collect();
    assert_eq!(full, [&(start, 0xffff, false, false); 3]);
    let first = all.iter().filter(|brief| brief.0 == start).count();
    assert_eq!(first, 409 + 3);
    let rest = u16::try_from(420 * 160 + 50 - 0xffff).unwrap();
    let ended: Vec<_> = all.iter().filter(|(_, _, _, end)| *end).collect();
    assert_eq!(ended, [&(second, rest, false, true); 3]);
    // The new segment is told of in the same turn as the end of the one before.
    assert_eq!(
        all[409..411],
        [(start, 0xffff, false, false), (second, 65, false, false)]
    );
}

/// RFC 4733 §2.5.1.3.1: the oldest generation stays within 14 bits.
#[test]
fn with_redundancy_segments_are_shorter() {
    let mut sender = EventSender::with_redundancy(2, 400);
    sender.begin(at(0), key('0'), 10);
    let mut longest = 0;
    for n in 1..100 {
        for (timestamp, duration, ..) in briefs(&mut sender, n * 400) {
            longest = longest.max(duration);
            assert!(u32::from(duration) + timestamp <= n * 400);
        }
    }
    assert_eq!(longest, 0x3fff - 400);
}

/// What is to be repeated comes along with what is new, the oldest first.
#[test]
fn the_next_event_does_not_wait_for_the_repetitions_of_the_last() {
    let mut sender = EventSender::default();
    sender.begin(at(0), key('1'), 10);
    assert_eq!(turn(&mut sender, 160).len(), 1);
    sender.begin(at(200), key('2'), 10);
    let mut sent = Vec::new();
    for now in [320, 480, 640, 800] {
        let keys = turn(&mut sender, now);
        sent.push(
            keys.iter()
                .filter_map(|r| r.event.code.key())
                .collect::<alloc::string::String>(),
        );
    }
    assert_eq!(sent, ["12", "12", "12", "2"]);
}

#[test]
fn events_faster_than_packets_push_out_the_oldest_report() {
    let mut sender = EventSender::default();
    for n in 0..6 {
        sender.begin(at(n * 10), EventCode::new(37 + (n % 2) as u8), 10);
    }
    sender.end(at(60));
    let first: Vec<_> = briefs(&mut sender, 160)
        .iter()
        .map(|brief| brief.0)
        .collect();
    assert_eq!(first, [20, 30, 40, 50]);
}
