//! Groups of 2 to 10,000 participants share a bandwidth for reports without talking about it
//! (RFC 3550 §6.2, §6.3): together they keep to it, and each learns how many there are.
//!
//! Up to 150 are whole sessions with their tables of members, each hearing each. More than that
//! would take a table of everybody in everybody: there the timing alone is run, with the count that
//! all who hear everything have in common.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::SocketAddr;
use std::time::Duration;

use offhook::rtp::interval::{Bandwidth, Expiry, Schedule};
use offhook::rtp::number::{PayloadType, Timestamp};
use offhook::rtp::session::{Media, Session, SessionConfig};
use offhook::{FlowId, Instant, Rng};

/// The part of the session's bandwidth that is for reports (§6.2).
const PART: u32 = 20;
/// Headers of UDP and IPv4, which count (§6.2).
const BELOW: usize = 28;

/// Whole sessions in one group in which everything arrives at once.
struct Group {
    sessions: Vec<Option<Session>>,
    timers: BinaryHeap<Reverse<(Instant, usize)>>,
    now: Instant,
    /// Bits of reports sent since they were last asked for.
    bits: u64,
}

fn address(n: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, (n >> 8) as u8, n as u8], 5_000))
}

impl Group {
    fn new(count: usize, bits_per_second: u32) -> Self {
        let sessions = (0..count).map(|n| {
            let mut config = SessionConfig::telephone(&format!("member{n:05}@192.0.2.1"));
            config.bandwidth = Bandwidth::of_session(bits_per_second);
            config.max_members = count;
            let mut seed = [0; 32];
            seed[..8].copy_from_slice(&(n as u64).to_le_bytes());
            let mut session = Session::new(config, Rng::from_seed(seed));
            session.set_route(FlowId::from_driver(0), "224.2.0.1:5000".parse().unwrap());
            session.join(Instant::ZERO);
            Some(session)
        });
        let mut group = Self {
            sessions: sessions.collect(),
            timers: BinaryHeap::new(),
            now: Instant::ZERO,
            bits: 0,
        };
        (0..count).for_each(|n| group.set_timer(n));
        group
    }

    fn set_timer(&mut self, n: usize) {
        if let Some(deadline) = self.sessions[n].as_ref().and_then(Session::deadline) {
            self.timers.push(Reverse((deadline, n)));
        }
    }

    fn others(&mut self, n: usize) -> impl Iterator<Item = &mut Session> {
        let all = self.sessions.iter_mut().enumerate();
        all.filter_map(move |(other, session)| session.as_mut().filter(|_| other != n))
    }

    /// Somebody sends a packet of media, so that it counts as a sender.
    fn speak(&mut self, n: usize, count: u32) {
        let now = self.now;
        let media = Media {
            marker: false,
            payload_type: PayloadType::PCMU,
            timestamp: Timestamp::new(count.wrapping_mul(8_000)),
            sampled: now,
            payload: &[0xff; 160],
        };
        let mut bytes = [0; 172];
        let speaker = self.sessions[n].as_mut().unwrap();
        speaker.send(now, &media, &mut bytes).unwrap();
        for other in self.others(n) {
            // Not before it is believed (A.1).
            let _ = other.receive(now, address(n), &bytes);
        }
        self.set_timer(n);
    }

    /// Runs the timers that are due by then.
    fn run_to(&mut self, end: Instant) {
        let mut bytes = Vec::new();
        while let Some(&Reverse((at, n))) = self.timers.peek() {
            if at > end {
                break;
            }
            self.timers.pop();
            self.now = at;
            let Some(session) = &mut self.sessions[n] else {
                continue;
            };
            if session.deadline().is_some_and(|deadline| deadline > at) {
                // It was put off, and is in the queue with its new time.
                continue;
            }
            let written = session.poll_rtcp(at, &mut bytes);
            let is_ended = session.is_ended();
            if written {
                self.bits += (bytes.len() + BELOW) as u64 * 8;
                for other in self.others(n) {
                    other.receive_rtcp(at, address(n), &bytes).unwrap();
                }
            }
            if is_ended {
                self.sessions[n] = None;
                // §6.3.4: others may come sooner for it.
                (0..self.sessions.len()).for_each(|other| self.set_timer(other));
            }
            self.set_timer(n);
        }
        self.now = end;
    }

    /// Runs for so many seconds, with one who speaks; the rate of reports in bits per second.
    fn run(&mut self, seconds: u64, speaker: usize) -> f64 {
        self.bits = 0;
        for second in 0..seconds {
            self.speak(speaker, second as u32);
            self.run_to(self.now + Duration::from_secs(1));
        }
        self.bits as f64 / seconds as f64
    }

    fn counts(&self) -> Vec<u32> {
        let sessions = self.sessions.iter().flatten();
        sessions.map(Session::member_count).collect()
    }
}

/// A group joins at once, reports, and shrinks by half: how much it sends at each stage.
fn whole_sessions(count: usize, bits_per_second: u32) {
    let share = f64::from(bits_per_second / PART);
    let mut group = Group::new(count, bits_per_second);
    let begin = group.run(60, 0);
    assert!(begin <= share * 1.05, "{count}: {begin} of {share} bit/s");
    assert_eq!(
        group.counts(),
        vec![count as u32; count],
        "everybody knows everybody"
    );
    let steady = group.run(120, 0);
    assert!(steady <= share * 1.05, "{count}: {steady} of {share} bit/s");

    // Half of them leave at once.
    let now = group.now;
    for session in group.sessions[count.div_ceil(2)..].iter_mut().flatten() {
        session.leave(now, b"");
    }
    (0..count).for_each(|n| group.set_timer(n));
    let leaving = group.run(60, 0);
    assert!(
        leaving <= share * 1.05,
        "{count}: {leaving} of {share} bit/s"
    );
    let left = count.div_ceil(2);
    assert_eq!(group.counts(), vec![left as u32; left]);
    println!("{count}: {begin:.0}, {steady:.0}, {leaving:.0} of {share:.0} bit/s");
}

#[test]
fn whole_sessions_keep_to_their_share_and_know_each_other() {
    whole_sessions(2, 80_000);
    whole_sessions(10, 80_000);
    whole_sessions(60, 160_000);
    whole_sessions(150, 400_000);
}

/// Only the timing, of members who all hear everything at once: they have one count in common, and
/// reports of one size, so that the average never moves.
fn timing_alone(count: u32, bits_per_second: u32, intervals: u32) {
    const SIZE: usize = 100;
    let share = f64::from(bits_per_second / PART);
    let bandwidth = Bandwidth::of_session(bits_per_second);
    let mut rng = Rng::from_seed([count as u8; 32]);
    let mut members: Vec<(Schedule, bool)> = (0..count)
        .map(|_| {
            (
                Schedule::join(Instant::ZERO, bandwidth, SIZE, &mut rng),
                false,
            )
        })
        .collect();
    let mut timers: BinaryHeap<_> = (0..)
        .zip(&members)
        .map(|(n, (schedule, _))| Reverse((schedule.deadline().unwrap(), n)))
        .collect();
    // Nobody sends: receivers have three quarters (§6.2).
    let interval = f64::from(count) * (SIZE * 8) as f64 / f64::from(bandwidth.receivers);
    let span = Duration::from_secs_f64(interval.max(5.0));
    let mut heard = 0;
    let mut reports = vec![0_u32; intervals as usize];
    while let Some(Reverse((at, n))) = timers.pop() {
        let window = (at.as_nanos() / span.as_nanos() as u64) as usize;
        let Some(reports) = reports.get_mut(window) else {
            break;
        };
        let (schedule, has_reported) = &mut members[n];
        schedule.received(SIZE);
        // Those heard of, and itself.
        schedule.set_counts(heard + u32::from(!*has_reported), 0, false);
        if schedule.expire(at, &mut rng) == Expiry::Send {
            heard += u32::from(!std::mem::replace(has_reported, true));
            *reports += 1;
            schedule.sent(at, SIZE, &mut rng);
        }
        timers.push(Reverse((schedule.deadline().unwrap(), n)));
    }
    let rate = |reports: u32| f64::from(reports) * (SIZE * 8) as f64 / span.as_secs_f64();
    let rates: Vec<f64> = reports.into_iter().map(rate).collect();
    println!("{count}: {rates:.0?} of {share:.0} bit/s");
    // Everybody has been heard: all know all.
    assert_eq!(heard, count);
    assert!(members.iter().all(|(_, has_reported)| *has_reported));
    let receivers = f64::from(bandwidth.receivers);
    for (n, rate) in rates.iter().enumerate() {
        assert!(
            *rate <= share * 1.05,
            "{count}, window {n}: {rate} of {share} bit/s"
        );
    }
    // Once they know each other they make use of what they have.
    let steady = &rates[rates.len() / 2..];
    let mean = steady.iter().sum::<f64>() / steady.len() as f64;
    if interval > 5.0 {
        assert!(
            (mean / receivers - 1.0).abs() < 0.05,
            "{count}: {mean} of {receivers} bit/s"
        );
    }
}

#[test]
fn ten_thousand_keep_to_their_share() {
    timing_alone(2, 80_000, 20);
    timing_alone(100, 80_000, 20);
    timing_alone(1_000, 1_000_000, 20);
    timing_alone(10_000, 10_000_000, 12);
}
