use super::*;

const FRAME: Duration = Duration::from_millis(20);
const TD: Duration = Duration::from_secs(5);

fn at(seconds: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(seconds)
}

/// Five seconds of G.711: 250 packets of 172 octets.
fn seen(fraction_lost: u8, highest: u32, round_trip: u64) -> Observation {
    Observation {
        fraction_lost,
        extended_highest_sequence: highest,
        round_trip: Some(Duration::from_millis(round_trip)),
        octets: 250 * 172,
        packets: 250,
        interval: TD,
        reporter_interval: TD,
    }
}

/// §4.1.
#[test]
fn three_intervals_without_a_report_are_too_long() {
    let mut breaker = CircuitBreaker::new(at(0), FRAME, 1, TD);
    assert_eq!(breaker.deadline(), Some(at(15)));
    assert_eq!(breaker.expire(at(14)), None);
    assert_eq!(breaker.observe(at(14), &seen(0, 1, 50)), None);
    assert_eq!(breaker.expire(at(28)), None);
    assert_eq!(breaker.expire(at(29)), Some(Tripped::RtcpTimeout));
    // Told once.
    assert_eq!(breaker.deadline(), None);
    assert_eq!(breaker.expire(at(60)), None);
    breaker.observe(at(61), &seen(0, 2, 50));
    assert_eq!(breaker.deadline(), Some(at(76)));
}

/// §4.2: k reports with the same highest sequence number.
#[test]
fn five_reports_that_hear_nothing_new_are_too_many() {
    let mut breaker = CircuitBreaker::new(at(0), FRAME, 1, TD);
    assert_eq!(breaker.observe(at(5), &seen(0, 100, 50)), None);
    for report in 2..6 {
        assert_eq!(
            breaker.observe(at(5 * report), &seen(0, 100, 50)),
            None,
            "{report}"
        );
    }
    assert_eq!(
        breaker.observe(at(30), &seen(0, 100, 50)),
        Some(Tripped::MediaTimeout)
    );
    // One that hears cancels it.
    let mut breaker = CircuitBreaker::new(at(0), FRAME, 1, TD);
    for report in 1..40 {
        let highest = if report % 5 == 0 { report as u32 } else { 100 };
        assert_eq!(
            breaker.observe(at(5 * report), &seen(0, highest, 50)),
            None,
            "{report}"
        );
    }
    // Who sends nothing is not missed.
    let silent = Observation {
        packets: 0,
        octets: 0,
        ..seen(0, 100, 50)
    };
    for report in 40..80 {
        assert_eq!(breaker.observe(at(5 * report), &silent), None, "{report}");
    }
}

/// §4.2: where round trips are longer than reports are apart, more reports are waited for.
#[test]
fn a_long_path_gets_more_time() {
    let mut breaker = CircuitBreaker::new(at(0), FRAME, 1, TD);
    let slow = Observation {
        reporter_interval: Duration::from_millis(100),
        ..seen(0, 100, 300)
    };
    let mut reports = 0;
    while breaker.observe(at(reports), &slow).is_none() {
        reports += 1;
    }
    // The first one heard; ceil(5 · 300 / 100) = 15 others did not.
    assert_eq!(reports, 15);
}

/// §4.3: G.711 sends 8,600 octets a second in packets of 172. With a round trip of 200 ms TCP would
/// reach 172 / (0.2 · √(2p/3)), a tenth of the rate at p = 1.5, which no loss is; over 800 ms at
/// p = 0.094, so that a loss of 24/256 is just below and one of 25/256 just above.
// shows: S048
#[test]
fn three_reports_of_heavy_loss_trip_it_and_the_application_decides() {
    let reports = |fraction, round_trip| {
        let mut breaker = CircuitBreaker::new(at(0), FRAME, 1, TD);
        (1..=12_u32)
            .map(|report| {
                let seen = seen(fraction, report * 250, round_trip);
                breaker.observe(at(5 * u64::from(report)), &seen)
            })
            .position(|tripped| tripped == Some(Tripped::Congestion))
    };
    // The third report is the first that trips it.
    assert_eq!(reports(25, 800), Some(2));
    assert_eq!(reports(24, 800), None);
    assert_eq!(reports(255, 200), None);
    assert_eq!(reports(0, 4_000), None);
}

#[test]
fn one_bad_report_among_good_ones_is_no_congestion() {
    let mut breaker = CircuitBreaker::new(at(0), FRAME, 1, TD);
    for report in 1..60_u32 {
        let fraction = if report % 4 == 0 { 60 } else { 0 };
        let seen = seen(fraction, report * 250, 800);
        assert_eq!(
            breaker.observe(at(5 * u64::from(report)), &seen),
            None,
            "{report}"
        );
    }
}

/// §4.3: less than one packet per report says too little.
#[test]
fn a_trickle_does_not_trip_it() {
    let mut breaker = CircuitBreaker::new(at(0), FRAME, 1, TD);
    for report in 1..20_u32 {
        let one = Observation {
            packets: 1,
            octets: 100_000_000,
            ..seen(255, report, 800)
        };
        let now = at(6 * u64::from(report));
        assert_eq!(breaker.observe(now, &one), None, "{report}");
    }
}

#[test]
fn odd_observations_do_no_harm() {
    let mut breaker = CircuitBreaker::new(at(0), Duration::MAX, u32::MAX, Duration::MAX);
    let odd = Observation {
        fraction_lost: 255,
        extended_highest_sequence: 0,
        round_trip: Some(Duration::MAX),
        octets: u64::MAX,
        packets: u32::MAX,
        interval: Duration::MAX,
        reporter_interval: Duration::ZERO,
    };
    for second in 0..200 {
        let _ = breaker.observe(at(second / 2), &odd);
        let _ = breaker.expire(at(second));
    }
}
