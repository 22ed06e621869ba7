use alloc::vec;

use super::*;
use crate::Rng;
use crate::rtp::number::{PayloadType, SequenceNumber, Ssrc, Timestamp};
use crate::rtp::packet::{Header, Outgoing};
use crate::rtp::payload::telephone_event::{EventCode, TelephoneEvent};
use crate::rtp::rtcp::{CompoundWriter, ReportBlock, SdesItem, SdesKind, SenderInfo};
use core::time::Duration;

const SSRC: Ssrc = Ssrc::new(0xdead_beef);

fn alice() -> SocketAddr {
    "192.0.2.1:4000".parse().unwrap()
}

fn bob() -> SocketAddr {
    "192.0.2.2:5000".parse().unwrap()
}

fn micros(micros: u64) -> Instant {
    Instant::from_nanos(micros * 1000)
}

fn bytes(number: u8, sequence: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        marker: false,
        payload_type: PayloadType::new(number).unwrap(),
        sequence: SequenceNumber::new(sequence),
        timestamp: Timestamp::new(timestamp),
        ssrc: SSRC,
    };
    let mut out = vec![0; 2000];
    let length = Outgoing::new(header, payload).write(&mut out).unwrap();
    out.truncate(length);
    out
}

/// An observer that packets of 20 ms of G.711 µ-law come by, from Alice to Bob.
struct Path(Observer);

impl Path {
    fn new() -> Self {
        Self(Observer::default())
    }

    fn speech(&mut self, at: Instant, sequence: u16, timestamp: u32) -> Observation {
        let packet = bytes(0, sequence, timestamp, &[0xff; 160]);
        self.0.observe(at, alice(), bob(), &packet)
    }

    /// Speech that comes exactly when it should, numbered and timed from these on.
    fn steady(&mut self, numbers: impl IntoIterator<Item = u16>) {
        for n in numbers {
            let at = Instant::from_millis(u64::from(n) * 20);
            self.speech(at, n, u32::from(n) * 160);
        }
    }

    fn report(&self) -> StreamReport {
        self.0.streams()[0].report()
    }
}

#[test]
fn a_source_nobody_announced_shows_itself_with_five_packets_and_all_are_counted() {
    let mut path = Path::new();
    for n in 0..4 {
        let seen = path.speech(Instant::from_millis(u64::from(n) * 20), n, 0);
        assert_eq!(seen, Observation::Candidate);
    }
    assert!(path.0.streams().is_empty());
    let seen = path.speech(Instant::from_millis(80), 4, 0);
    assert_eq!(seen, Observation::Media);
    let report = path.report();
    assert_eq!((report.packets, report.lost, report.missing), (5, 0, 0));
    assert_eq!(report.began, Instant::ZERO);
}

/// RFC 3550 A.1: two packets in sequence, where it is known that there may be some.
#[test]
fn an_announced_source_needs_two_packets_in_sequence() {
    let mut path = Path::new();
    path.0.announce(Announcement {
        address: bob(),
        payload_type: PayloadType::PCMU,
        name: "PCMU".into(),
        clock_rate: 8000,
    });
    assert_eq!(path.speech(Instant::ZERO, 10, 0), Observation::Candidate);
    let late = Instant::from_millis(40);
    assert_eq!(path.speech(late, 12, 320), Observation::Candidate);
    assert_eq!(path.speech(late, 13, 480), Observation::Media);
    assert_eq!((path.report().packets, path.report().lost), (3, 1));
}

#[test]
fn what_jumps_about_is_no_stream() {
    let mut path = Path::new();
    let mut rng = Rng::from_seed([5; 32]);
    for n in 0..10_000 {
        let sequence = rng.next_u32() as u16;
        path.speech(Instant::from_millis(n), sequence, rng.next_u32());
    }
    assert!(path.0.streams().is_empty());
    // Anything at all, to one address.
    for n in 0..10_000 {
        let junk: Vec<u8> = (0..rng.below(40)).map(|_| rng.next_u32() as u8).collect();
        let at = Instant::from_millis(n);
        path.0.observe(at, alice(), bob(), &junk);
    }
    assert!(path.0.streams().is_empty());
    assert!(path.0.candidates.len() <= 1024);
}

#[test]
fn every_other_packet_of_a_stream_is_a_stream_half_of_which_is_lost() {
    let mut path = Path::new();
    path.steady((0..200).step_by(2));
    let report = path.report();
    assert_eq!(
        (report.packets, report.expected, report.lost),
        (100, 199, 99)
    );
    assert_eq!(report.packet, None);
}

/// RFC 3550 A.3: expected is the highest extended number less the first, and one; copies count as
/// received, so that what is lost may be negative.
#[test]
fn losses_are_those_of_a3_and_copies_are_told_beside() {
    let mut path = Path::new();
    path.steady((0..100).filter(|n| ![50, 51, 70].contains(n)));
    let report = path.report();
    assert_eq!((report.expected, report.packets), (100, 97));
    assert_eq!((report.lost, report.missing), (3, 3));
    assert_eq!((report.reordered, report.duplicates), (0, 0));
    // One of them comes after all, and six come again.
    let end = Instant::from_millis(2000);
    path.speech(end, 70, 70 * 160);
    for n in 90..96 {
        path.speech(end, n, u32::from(n) * 160);
    }
    let report = path.report();
    assert_eq!((report.expected, report.packets), (100, 104));
    assert_eq!((report.lost, report.missing), (-4, 2));
    assert_eq!((report.reordered, report.duplicates), (1, 6));
}

/// Nobody expects what is from before the first packet there was (A.3): one of those that comes late
/// is one more than expected, and a copy of it a copy.
#[test]
fn what_comes_from_before_the_first_makes_nothing_missing() {
    let mut path = Path::new();
    path.steady(10..20);
    for _ in 0..2 {
        path.speech(Instant::from_millis(400), 7, 7 * 160);
    }
    let report = path.report();
    assert_eq!((report.expected, report.packets, report.lost), (10, 12, -2));
    assert_eq!(
        (report.missing, report.reordered, report.duplicates),
        (0, 1, 1)
    );
}

#[test]
fn numbers_wrap_and_a_source_that_begins_anew_goes_on_counting() {
    let mut path = Path::new();
    for n in 0..50_u16 {
        let at = Instant::from_millis(u64::from(n) * 20);
        path.speech(at, n.wrapping_sub(20), u32::from(n) * 160);
    }
    let report = path.report();
    assert_eq!(
        (report.packets, report.expected, report.restarts),
        (50, 50, 0)
    );
    // A.1: far from the others, and its successor: the first of the two is not counted.
    for n in 50..60_u16 {
        let at = Instant::from_millis(u64::from(n) * 20);
        path.speech(at, n + 30_000, u32::from(n) * 160);
    }
    let report = path.report();
    assert_eq!((report.packets, report.expected, report.lost), (59, 59, 0));
    assert_eq!(report.restarts, 1);
}

/// A.8 as printed, in the integers it has; the mean and the largest are over its values.
#[test]
fn jitter_is_that_of_a8() {
    let mut rng = Rng::from_seed([8; 32]);
    let mut path = Path::new();
    let (mut transit, mut jitter) = (0_i64, 0_u32);
    let (mut sum, mut most) = (0.0, 0.0_f64);
    for n in 0..1000_u16 {
        // Whole ticks of the clock, so that none is rounded.
        let late = rng.below(150);
        let ticks = u64::from(n) * 160 + late;
        path.speech(micros(ticks * 125), n, u32::from(n) * 160);
        let arrived = i64::try_from(late).unwrap();
        if n > 0 {
            let d = u32::try_from((arrived - transit).abs()).unwrap();
            jitter = jitter + d - ((jitter + 8) >> 4);
        }
        transit = arrived;
        let millis = f64::from(jitter) / 16.0 / 8.0;
        sum += millis;
        most = most.max(millis);
    }
    let report = path.report();
    let near = |span: Duration, millis: f64| (span.as_secs_f64() * 1000.0 - millis).abs() < 0.001;
    assert!(near(report.jitter, f64::from(jitter) / 128.0));
    assert!(near(report.most_jitter, most), "{report:?} {most}");
    assert!(near(report.mean_jitter, sum / 1000.0), "{report:?} {sum}");
    // 0 to 149 ticks after the fastest: some 9 ms on average, 18.625 ms at most.
    assert_eq!(report.most_delay_variation, Duration::from_micros(18_625));
    let mean = report.mean_delay_variation.as_secs_f64() * 1000.0;
    assert!((8.5..10.0).contains(&mean), "{mean}");
}

#[test]
fn a_steady_stream_has_no_jitter_and_the_best_score_there_is() {
    let mut path = Path::new();
    path.steady(0..500);
    let report = path.report();
    assert_eq!(report.most_jitter, Duration::ZERO);
    assert_eq!(report.most_delay_variation, Duration::ZERO);
    assert_eq!(report.packet, Some(Duration::from_millis(20)));
    assert_eq!(report.longest_spacing, Duration::from_millis(20));
    // 93.2 less 0.024 for each of the 20 ms a packet takes.
    assert_eq!(report.r_factor.unwrap().hundredths(), 9272);
    let mut lossy = Path::new();
    lossy.steady((0..500).filter(|n| n % 20 != 7));
    assert!(lossy.report().r_factor < report.r_factor);
}

/// RFC 3611 §4.7.2: losses with fewer than 16 packets between them are a burst.
#[test]
fn bursts_and_gaps_are_told_apart() {
    let mut path = Path::new();
    let burst = [200, 203, 204, 210];
    path.steady((0..1000).filter(|n| !burst.contains(n) && *n != 500));
    let bursts = path.report().bursts;
    // Of the ten packets from the first of the burst to the last, four are lost; the one that stands
    // alone belongs to a gap. The burst lasts 11 packets.
    assert!(bursts.burst_density > 80, "{bursts:?}");
    assert!(bursts.gap_density <= 1, "{bursts:?}");
    assert!((100..=240).contains(&bursts.burst_duration), "{bursts:?}");
}

#[test]
fn an_interval_has_the_losses_and_the_jitter_of_its_second() {
    let mut path = Path::new();
    path.steady((0..150).filter(|n| !(60..70).contains(n)));
    let (length, intervals) = path.0.streams()[0].intervals();
    assert_eq!(length, Duration::from_secs(1));
    let lost: Vec<u32> = intervals.iter().map(Interval::lost).collect();
    assert_eq!(lost, [0, 10, 0]);
    assert!(intervals.iter().all(|it| it.jitter == Duration::ZERO));
}

#[test]
fn a_long_stream_has_longer_intervals_and_loses_none_of_its_counts() {
    let mut path = Path::new();
    // A packet every four seconds for an hour and a half.
    for n in 0..1400_u16 {
        let at = Instant::from_millis(u64::from(n) * 4000);
        path.speech(at, n, u32::from(n) * 32_000);
    }
    let (length, intervals) = path.0.streams()[0].intervals();
    assert_eq!(length, Duration::from_secs(16));
    assert!(intervals.len() <= 512);
    assert_eq!(intervals.iter().map(|it| it.received).sum::<u32>(), 1400);
}

/// Reports of a key as RFC 4733 §2.5.1.2 has them sent: one every 50 ms, the last three times.
fn press(path: &mut Path, number: u8, key: char, at: u64, sequence: u16, timestamp: u32) -> u16 {
    let durations = [400, 800, 1200, 1200, 1200];
    for (n, duration) in durations.into_iter().enumerate() {
        let event = TelephoneEvent {
            code: EventCode::of_key(key).unwrap(),
            end: n > 1,
            volume: 10,
            duration,
        };
        let n = u16::try_from(n).unwrap();
        let packet = bytes(number, sequence + n, timestamp, &event.to_octets());
        let when = Instant::from_millis(at + u64::from(n) * 50);
        path.0.observe(when, alice(), bob(), &packet);
    }
    sequence + 5
}

#[test]
fn keys_are_told_once_whether_announced_or_not() {
    for is_announced in [true, false] {
        let mut path = Path::new();
        if is_announced {
            path.0.announce(Announcement {
                address: bob(),
                payload_type: PayloadType::new(101).unwrap(),
                name: "Telephone-Event".into(),
                clock_rate: 8000,
            });
        }
        path.steady(0..50);
        let next = press(&mut path, 101, '4', 1000, 50, 50 * 160);
        let next = press(&mut path, 101, '4', 1300, next, 65 * 160);
        press(&mut path, 101, '#', 1600, next, 80 * 160);
        let report = path.report();
        assert_eq!(report.dtmf, "44#");
        assert_eq!((report.payload_type, report.lost), (PayloadType::PCMU, 0));
        assert_eq!(report.most_jitter, Duration::ZERO);
        let events = path.0.streams()[0].events();
        let lasted = Some(Duration::from_millis(150));
        assert!(events.iter().all(|event| event.duration == lasted));
    }
}

#[test]
fn four_octets_of_something_else_are_no_key() {
    let mut path = Path::new();
    for n in 0..100_u16 {
        let at = Instant::from_millis(u64::from(n) * 20);
        // Each with a timestamp of its own, as frames of sound have.
        let packet = bytes(97, n, u32::from(n) * 160, &[1, 10, 0, 160]);
        path.0.observe(at, alice(), bob(), &packet);
    }
    assert_eq!(path.report().dtmf, "");
}

#[test]
fn a_clock_that_nobody_told_is_the_one_that_fits() {
    for (rate, step) in [(8000, 160), (16_000, 320), (48_000, 960), (90_000, 1800)] {
        let mut path = Path::new();
        for n in 0..50_u16 {
            // Not quite regular.
            let at = Instant::from_millis(u64::from(n) * 20 + u64::from(n % 3));
            let packet = bytes(96, n, u32::from(n) * step, &[0; 40]);
            path.0.observe(at, alice(), bob(), &packet);
        }
        let report = path.report();
        assert_eq!((report.clock_rate, report.name), (rate, None));
        assert_eq!(report.packet, Some(Duration::from_millis(20)));
        assert_eq!(report.r_factor, None);
    }
}

#[test]
fn an_announcement_that_comes_late_names_what_is_under_way() {
    let mut path = Path::new();
    let send = |path: &mut Path, numbers: core::ops::Range<u16>| {
        for n in numbers {
            let at = Instant::from_millis(u64::from(n) * 20);
            let packet = bytes(111, n, u32::from(n) * 960, &[0; 40]);
            path.0.observe(at, alice(), bob(), &packet);
        }
    };
    send(&mut path, 0..10);
    assert_eq!(path.report().name, None);
    path.0.announce(Announcement {
        // What those who send there say they receive.
        address: alice(),
        payload_type: PayloadType::new(111).unwrap(),
        name: "opus".into(),
        clock_rate: 48_000,
    });
    send(&mut path, 10..20);
    assert_eq!(path.report().name.as_deref(), Some("opus"));
    assert_eq!(path.report().most_jitter, Duration::ZERO);
}

#[test]
fn rtcp_is_heard_from_both_ends_and_tells_the_round_trip() {
    let mut path = Path::new();
    path.steady(0..50);
    let info = SenderInfo {
        ntp: 0x0001_b710_8000_0000,
        timestamp: Timestamp::new(8000),
        packets: 50,
        octets: 8000,
    };
    let cname = |text| SdesItem {
        kind: SdesKind::Cname,
        text,
    };
    let mut out = vec![0; 200];
    let mut writer = CompoundWriter::new(&mut out);
    writer.report(SSRC, Some(&info), &[]);
    writer.source_description(SSRC, [cname(b"alice@192.0.2.1")]);
    let length = writer.finish().unwrap();
    let from_alice = SocketAddr::new(alice().ip(), 4001);
    let to_bob = SocketAddr::new(bob().ip(), 5001);
    let at = Instant::from_millis(1000);
    let seen = path.0.observe(at, from_alice, to_bob, &out[..length]);
    assert_eq!(seen, Observation::Control);
    let block = ReportBlock {
        ssrc: SSRC,
        fraction_lost: 12,
        cumulative_lost: 3,
        extended_highest_sequence: 49,
        jitter: 5,
        lsr: info.middle_ntp(),
        // Half a second.
        dlsr: 1 << 15,
    };
    let mut out = vec![0; 200];
    let mut writer = CompoundWriter::new(&mut out);
    writer.report(Ssrc::new(2), None, &[block]);
    writer.source_description(Ssrc::new(2), [cname(b"bob@192.0.2.2")]);
    let length = writer.finish().unwrap();
    let at = Instant::from_millis(1560);
    path.0.observe(at, to_bob, from_alice, &out[..length]);
    let heard = path.report().heard;
    assert_eq!((heard.sender_reports, heard.sent), (1, Some(50)));
    assert_eq!((heard.receiver_reports, heard.last), (1, Some(block)));
    assert_eq!(heard.cname.as_deref(), Some(&b"alice@192.0.2.1"[..]));
    assert_eq!(heard.round_trip, Some(Duration::from_millis(60)));
    assert!(!heard.goodbye);
}

#[test]
fn no_more_is_kept_than_the_limits_say() {
    let limits = ObserverLimits {
        streams: 2,
        candidates: 3,
        announcements: 1,
    };
    let mut observer = Observer::new(limits);
    for port in 1000..1010 {
        let from = SocketAddr::new(alice().ip(), port);
        for n in 0..10 {
            let at = Instant::from_millis(u64::from(n) * 20);
            observer.observe(at, from, bob(), &bytes(0, n, 0, &[0; 160]));
        }
        let other = SocketAddr::new(alice().ip(), port + 1000);
        observer.observe(Instant::ZERO, other, bob(), &bytes(0, 1, 0, &[0; 160]));
        observer.announce(Announcement {
            address: from,
            payload_type: PayloadType::PCMU,
            name: "PCMU".into(),
            clock_rate: 8000,
        });
    }
    assert_eq!(observer.streams().len(), 2);
    assert!(observer.candidates.len() <= 3);
    assert!(observer.no_room() > 0);
    assert!(observer.formats.knows(&StreamId {
        source: SocketAddr::new(alice().ip(), 1000),
        destination: bob(),
        ssrc: SSRC,
    }));
    assert!(!observer.formats.knows(&StreamId {
        source: SocketAddr::new(alice().ip(), 1001),
        destination: bob(),
        ssrc: SSRC,
    }));
}

#[test]
fn times_that_go_back_are_taken_for_now() {
    let mut path = Path::new();
    path.steady(0..50);
    path.speech(Instant::ZERO, 50, 50 * 160);
    assert_eq!(path.report().ended, Instant::from_millis(980));
}

/// Streams that are broken in every way, at times from any age, with an announcement now and then.
#[test]
fn nothing_that_comes_breaks_an_observer() {
    let mut rng = Rng::from_seed([9; 32]);
    for _ in 0..200 {
        let mut path = Path::new();
        let (mut sequence, mut timestamp, mut at) = (rng.next_u32() as u16, rng.next_u32(), 0_u64);
        for _ in 0..300 {
            let number = [0, 8, 13, 96, 101, 121][rng.below(6) as usize];
            let payload = [rng.below(16) as u8, 10, 0, 160];
            let length = rng.below(5) as usize;
            let mut packet = bytes(number, sequence, timestamp, payload.get(..length).unwrap());
            match rng.below(20) {
                0 => {
                    let place = rng.below(packet.len() as u64) as usize;
                    packet[place] = rng.next_u32() as u8;
                }
                1 => sequence = rng.next_u32() as u16,
                2 => timestamp = rng.next_u32(),
                3 => at = [0, u64::MAX, rng.next_u64()][rng.below(3) as usize],
                4 => path.0.announce(Announcement {
                    address: bob(),
                    payload_type: PayloadType::from_octet(number),
                    name: "telephone-event".into(),
                    clock_rate: [0, 1, 8000, u32::MAX][rng.below(4) as usize],
                }),
                5 => sequence = sequence.wrapping_sub(rng.below(200) as u16),
                6 => sequence = sequence.wrapping_add(rng.below(3100) as u16),
                _ => {}
            }
            path.0
                .observe(Instant::from_nanos(at), alice(), bob(), &packet);
            sequence = sequence.wrapping_add(1);
            timestamp = timestamp.wrapping_add(160);
            at = at.saturating_add(20_000_000);
        }
        for stream in path.0.streams() {
            let report = stream.report();
            let lost =
                i64::try_from(report.expected).unwrap() - i64::try_from(report.packets).unwrap();
            assert_eq!(report.lost, lost);
            assert!(report.missing <= report.expected, "{report:?}");
            assert!(report.mean_jitter <= report.most_jitter);
            assert!(stream.intervals().1.len() <= 512);
            let counts = report.payload_types.iter();
            assert!(counts.map(|(_, packets)| packets).sum::<u64>() >= report.packets);
        }
    }
}

mod redundant;
