use super::*;
use alloc::vec::Vec;

/// `rtcp_interval` of A.7 as printed, with the random number as an argument.
fn printed(
    members: u32,
    senders: u32,
    rtcp_bw: f64,
    we_sent: bool,
    avg_rtcp_size: f64,
    initial: bool,
    drand48: f64,
) -> f64 {
    let mut rtcp_bw = rtcp_bw;
    let rtcp_min_time = if initial { 2.5 } else { 5.0 };
    let mut n = f64::from(members);
    if f64::from(senders) <= n * 0.25 {
        if we_sent {
            rtcp_bw *= 0.25;
            n = f64::from(senders);
        } else {
            rtcp_bw *= 0.75;
            n -= f64::from(senders);
        }
    }
    let t = (avg_rtcp_size * n / rtcp_bw).max(rtcp_min_time);
    t * (drand48 + 0.5) / (core::f64::consts::E - 1.5)
}

fn rng() -> Rng {
    Rng::from_seed([9; 32])
}

/// The number in [0, 1) that the schedule makes of 32 random bits.
fn drand48(random: u32) -> f64 {
    f64::from(random >> 12) / f64::from(1 << 20)
}

fn seconds(span: Duration) -> f64 {
    span.as_secs_f64()
}

/// 64 kbit/s session: 3.2 kbit/s, 400 octets a second, for reports.
fn bandwidth() -> Bandwidth {
    Bandwidth::of_session(64_000)
}

fn schedule() -> Schedule {
    Schedule::join(Instant::ZERO, bandwidth(), 128, &mut rng())
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= b * 0.001 + 0.001
}

// RFC 3556 §3: the one that is not named is the rest of the five per cent, but not less than nothing.
#[test]
fn what_a_description_names_of_the_bandwidth_leaves_the_rest() {
    let all = Bandwidth::of_session(64_000);
    assert_eq!((all.senders, all.receivers), (800, 2400));
    for (senders, receivers, agreed) in [
        (None, None, (800, 2400)),
        (Some(1000), None, (1000, 2200)),
        (None, Some(1000), (2200, 1000)),
        (Some(5000), None, (5000, 0)),
        (None, Some(5000), (0, 5000)),
        (Some(5000), Some(7000), (5000, 7000)),
        (Some(0), Some(0), (0, 0)),
    ] {
        let Bandwidth {
            senders: s,
            receivers: r,
        } = all.agreed(senders, receivers);
        assert_eq!((s, r), agreed);
    }
}

#[test]
fn reports_stop_and_go_on_with_their_bandwidth() {
    let mut rng = rng();
    let mut schedule = schedule();
    schedule.set_counts(2, 1, true);
    let none = Bandwidth::of_session(0);
    schedule.set_bandwidth(Instant::from_millis(1_000), none, &mut rng);
    assert_eq!(schedule.deadline(), None);
    schedule.set_bandwidth(Instant::from_millis(60_000), bandwidth(), &mut rng);
    let next = schedule.deadline().unwrap();
    assert!(next > Instant::from_millis(60_000) && next < Instant::from_millis(68_000));
}

#[test]
fn intervals_are_those_of_a_7() {
    let mut draws = rng();
    for members in [1, 2, 3, 4, 10, 100, 1_000, 100_000] {
        for senders in [0, 1, members / 4, members / 3, members] {
            for (we_sent, initial) in [(false, true), (true, false), (false, false)] {
                let we_sent = we_sent && senders > 0;
                let mut schedule = schedule();
                schedule.set_counts(members, senders, we_sent);
                schedule.initial = initial;
                let random = draws.clone().next_u32();
                let interval = schedule.draw(&mut draws).unwrap();
                let expected = printed(
                    members,
                    senders,
                    400.0,
                    we_sent,
                    128.0,
                    initial,
                    drand48(random),
                );
                let case = (members, senders, we_sent, initial);
                assert!(close(seconds(interval), expected), "{case:?}");
            }
        }
    }
}

#[test]
fn the_draw_lies_between_half_and_one_and_a_half() {
    let base = Duration::from_secs(5);
    let least = seconds(randomise(base, 0));
    let most = seconds(randomise(base, u32::MAX));
    assert!(close(least, 2.5 / 1.21828), "{least}");
    assert!(close(most, 7.5 / 1.21828), "{most}");
}

#[test]
fn the_first_report_waits_half_the_minimum() {
    for seed in 0..50 {
        let mut rng = Rng::from_seed([seed; 32]);
        let schedule = Schedule::join(Instant::ZERO, bandwidth(), 128, &mut rng);
        let at = schedule.deadline().unwrap().as_nanos() as f64 / 1e9;
        assert!((1.02..3.08).contains(&at), "{at}");
    }
}

#[test]
fn the_average_moves_by_a_sixteenth() {
    let mut schedule = schedule();
    let mut average = 128.0;
    for size in [60, 1000, 28, 65_535, 90, 90, 90] {
        schedule.received(size);
        average = size as f64 / 16.0 + average * 15.0 / 16.0;
        let off = (schedule.average as f64 / 256.0 - average).abs();
        assert!(off < 0.2, "{off}");
    }
}

/// One participant whose random numbers and expected times are both known: `OnExpire` of A.7.
#[test]
fn a_timer_that_expires_is_reconsidered() {
    let mut rng = rng();
    let mut draws = rng.clone();
    let mut schedule = Schedule::join(Instant::ZERO, bandwidth(), 128, &mut rng);
    let first = printed(1, 0, 400.0, false, 128.0, true, drand48(draws.next_u32()));
    let tn = schedule.deadline().unwrap();
    assert!(close(tn.as_nanos() as f64 / 1e9, first));
    // Meanwhile a thousand others were heard: the report that was due is not sent.
    schedule.set_counts(1000, 0, false);
    assert_eq!(schedule.expire(tn, &mut rng), Expiry::Later);
    let moved = printed(
        1000,
        0,
        400.0,
        false,
        128.0,
        true,
        drand48(draws.next_u32()),
    );
    let tn = schedule.deadline().unwrap();
    assert!(close(tn.as_nanos() as f64 / 1e9, moved), "tp was zero");
    assert_eq!(schedule.pmembers, 1000);
    // When they all are gone again, it is.
    schedule.set_counts(1, 0, false);
    assert_eq!(schedule.expire(tn, &mut rng), Expiry::Send);
    let _ = draws.next_u32();
    schedule.sent(tn, 128, &mut rng);
    let next = printed(1, 0, 400.0, false, 128.0, true, drand48(draws.next_u32()));
    let span = schedule.deadline().unwrap().saturating_duration_since(tn);
    assert!(close(seconds(span), next), "drawn before initial falls");
    assert!(!schedule.initial);
}

/// §6.3.4: tn = tc + (members/pmembers)(tn − tc), tp = tc − (members/pmembers)(tc − tp).
#[test]
fn when_members_leave_the_next_report_comes_sooner() {
    let mut schedule = schedule();
    schedule.tp = Instant::from_millis(10_000);
    schedule.tn = Some(Instant::from_millis(50_000));
    schedule.pmembers = 100;
    schedule.set_counts(25, 0, false);
    schedule.reconsider(Instant::from_millis(30_000));
    assert_eq!(schedule.tn, Some(Instant::from_millis(35_000)));
    assert_eq!(schedule.tp, Instant::from_millis(25_000));
    assert_eq!(schedule.pmembers, 25);
    // More members than before: nothing moves.
    schedule.set_counts(30, 0, false);
    schedule.reconsider(Instant::from_millis(31_000));
    assert_eq!(schedule.tn, Some(Instant::from_millis(35_000)));
}

/// §6.3.7: members counts BYEs, and only they move the average.
#[test]
fn leaving_a_large_session_backs_off() {
    let mut rng = rng();
    let mut schedule = schedule();
    schedule.set_counts(10_000, 5, true);
    let now = Instant::from_millis(60_000);
    schedule.leave(now, 100, &mut rng);
    assert_eq!((schedule.members(), schedule.senders()), (1, 0));
    let tn = schedule.deadline().unwrap();
    assert!(seconds(tn.saturating_duration_since(now)) < 3.1);
    // Nine thousand others leave in the same second.
    for _ in 0..9_000 {
        schedule.received_bye(100);
    }
    // Reports of those who stay count for nothing now.
    let average = schedule.average;
    schedule.received(1500);
    schedule.set_counts(1_000, 0, false);
    assert_eq!((schedule.members(), schedule.average), (9_001, average));
    assert_eq!(schedule.expire(tn, &mut rng), Expiry::Later);
    // 9001 BYEs of 100 octets at 300 octets a second are 3000 s; half to one and a half of that.
    let wait = seconds(schedule.deadline().unwrap().saturating_duration_since(now));
    assert!((1_200.0..3_700.0).contains(&wait), "{wait}");
}

/// §6.2: S and R apart; R of zero silences receivers, and they wake when they begin to send.
#[test]
fn receivers_without_bandwidth_are_silent() {
    let bandwidth = Bandwidth {
        senders: 800,
        receivers: 0,
    };
    let mut rng = rng();
    let mut schedule = Schedule::join(Instant::ZERO, bandwidth, 100, &mut rng);
    assert_eq!(schedule.deadline(), None);
    schedule.set_counts(2, 1, true);
    schedule.resume(Instant::ZERO, &mut rng);
    assert!(schedule.deadline().is_some());
    assert_eq!(
        schedule.expire(Instant::from_millis(60_000), &mut rng),
        Expiry::Send
    );
    schedule.set_counts(2, 0, false);
    schedule.sent(Instant::from_millis(60_000), 100, &mut rng);
    assert_eq!(schedule.deadline(), None);
    let none = Bandwidth {
        senders: 0,
        receivers: 0,
    };
    let schedule = Schedule::join(Instant::ZERO, none, 100, &mut rng);
    assert_eq!(schedule.deadline(), None);
}

#[test]
fn timeouts_are_five_intervals_of_a_receiver_and_never_under_25_s() {
    let mut schedule = schedule();
    schedule.set_counts(2, 1, true);
    assert_eq!(schedule.member_timeout(), Duration::from_secs(25));
    // 1000 receivers of 128 octets at 300 octets a second: 426.7 s, five times.
    schedule.set_counts(1_000, 0, false);
    assert!(close(
        seconds(schedule.member_timeout()),
        5.0 * 1_000.0 * 128.0 / 300.0
    ));
}

#[test]
fn the_wildest_numbers_stay_in_range() {
    let mut rng = rng();
    let narrow = Bandwidth {
        senders: 1,
        receivers: 1,
    };
    let mut schedule = Schedule::join(Instant::ZERO, narrow, usize::MAX, &mut rng);
    schedule.set_counts(u32::MAX, u32::MAX, true);
    let now = Instant::from_nanos(u64::MAX - 1);
    let _ = schedule.expire(now, &mut rng);
    schedule.sent(now, usize::MAX, &mut rng);
    schedule.set_counts(1, 0, false);
    schedule.reconsider(now);
    assert!(schedule.deadline().is_some());
}

/// A multicast session in miniature: everyone hears everyone at once, all join together.
struct Crowd {
    schedules: Vec<Schedule>,
    /// Who has heard whom: the count each has.
    heard: Vec<Vec<bool>>,
    counts: Vec<u32>,
    rngs: Vec<Rng>,
    reports: Vec<Instant>,
}

const SIZE: usize = 100;

impl Crowd {
    fn new(members: usize) -> Self {
        let mut rngs: Vec<Rng> = (0..members)
            .map(|n| Rng::from_seed([u8::try_from(n % 251).unwrap(); 32]))
            .collect();
        for (n, rng) in rngs.iter_mut().enumerate() {
            for _ in 0..n {
                rng.next_u32();
            }
        }
        let schedules = rngs
            .iter_mut()
            .map(|rng| Schedule::join(Instant::ZERO, bandwidth(), SIZE, rng))
            .collect();
        let heard = (0..members)
            .map(|me| (0..members).map(|other| other == me).collect())
            .collect();
        Self {
            schedules,
            heard,
            counts: alloc::vec![1; members],
            rngs,
            reports: Vec::new(),
        }
    }

    fn run_until(&mut self, end: Instant) {
        loop {
            let next = (0..self.schedules.len())
                .filter_map(|n| Some((self.schedules[n].deadline()?, n)))
                .min();
            let Some((now, speaker)) = next.filter(|(now, _)| *now < end) else {
                return;
            };
            let rng = &mut self.rngs[speaker];
            if self.schedules[speaker].expire(now, rng) == Expiry::Later {
                continue;
            }
            self.schedules[speaker].sent(now, SIZE, rng);
            self.reports.push(now);
            for (listener, schedule) in self.schedules.iter_mut().enumerate() {
                if listener == speaker {
                    continue;
                }
                let heard = &mut self.heard[listener][speaker];
                if !core::mem::replace(heard, true) {
                    self.counts[listener] += 1;
                }
                schedule.set_counts(self.counts[listener], 0, false);
                schedule.received(SIZE);
            }
        }
    }

    fn octets_per_second(&self, from: u64, to: u64) -> f64 {
        let within = |at: &&Instant| (from..to).contains(&(at.as_nanos() / 1_000_000_000));
        let count = self.reports.iter().filter(within).count();
        (count * SIZE) as f64 / (to - from) as f64
    }
}

/// Nobody sends data, so receivers have 3/4 of 400 octets a second: 300.
// shows: S047
#[test]
fn reports_of_many_stay_within_their_share_and_all_learn_the_count() {
    for members in [2, 20, 200] {
        let mut crowd = Crowd::new(members);
        crowd.run_until(Instant::from_millis(1_500_000));
        for heard in &crowd.heard {
            assert!(heard.iter().all(|heard| *heard), "{members} members");
        }
        let rate = crowd.octets_per_second(300, 1_500);
        // With two, the minimum interval holds; with more, the share is met from below.
        let share = (members as f64 * SIZE as f64 / 5.0).min(300.0);
        assert!(rate < share * 1.25, "{members}: {rate} of {share}");
        assert!(rate > share * 0.75, "{members}: {rate} of {share}");
        // And at the start, when nobody knows of the others, there is no flood: each at most once
        // in the least first interval, and reconsideration holds most of them back.
        let first = crowd.octets_per_second(0, 10);
        assert!(first < 6.0 * 300.0, "{members}: {first}");
    }
}

/// Two hundred leave at once: their BYEs take no more than the bandwidth of BYEs, instead of all
/// coming in the same moment.
#[test]
fn goodbyes_of_many_are_spread_out() {
    let members = 200;
    let mut crowd = Crowd::new(members);
    crowd.run_until(Instant::from_millis(600_000));
    let start = Instant::from_millis(600_000);
    for (schedule, rng) in crowd.schedules.iter_mut().zip(&mut crowd.rngs) {
        schedule.leave(start, SIZE, rng);
    }
    let mut goodbyes = Vec::new();
    let mut gone = alloc::vec![false; members];
    loop {
        let next = (0..members)
            .filter(|n| !gone[*n])
            .filter_map(|n| Some((crowd.schedules[n].deadline()?, n)))
            .min();
        let Some((now, leaver)) = next else {
            break;
        };
        if crowd.schedules[leaver].expire(now, &mut crowd.rngs[leaver]) == Expiry::Later {
            continue;
        }
        gone[leaver] = true;
        goodbyes.push(now);
        for (schedule, gone) in crowd.schedules.iter_mut().zip(&gone) {
            if !gone {
                schedule.received_bye(SIZE);
            }
        }
    }
    assert_eq!(goodbyes.len(), members);
    let span = seconds(goodbyes.last().unwrap().saturating_duration_since(start));
    // 200 BYEs of 100 octets at 300 octets a second would take 67 s.
    assert!((25.0..150.0).contains(&span), "{span}");
    let within_first = goodbyes
        .iter()
        .filter(|at| seconds(at.saturating_duration_since(start)) < 2.0)
        .count();
    assert!(within_first < members / 4, "{within_first}");
}
