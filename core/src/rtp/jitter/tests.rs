use super::*;

/// A.8 as printed, in floating point and in integers.
struct Printed {
    transit: i32,
    float: f64,
    scaled: u32,
}

// shows: S033
#[test]
fn a_thousand_packets_give_what_a_8_gives() {
    let mut rng = crate::Rng::from_seed([8; 32]);
    let mut jitter = Jitter::default();
    let mut printed = Printed {
        transit: 0,
        float: 0.0,
        scaled: 0,
    };
    for n in 0..1000_u32 {
        // The timestamp wraps on the way.
        let timestamp = 0xffff_0000_u32.wrapping_add(n * 160);
        let delay = u32::try_from(rng.below(400)).unwrap();
        let arrival = 1_000_000_u32.wrapping_add(n * 160).wrapping_add(delay);
        jitter.update(arrival, Timestamp::new(timestamp));
        let transit = arrival.wrapping_sub(timestamp) as i32;
        if n > 0 {
            let d = transit.wrapping_sub(printed.transit).abs();
            printed.float += (1.0 / 16.0) * (f64::from(d) - printed.float);
            let correction = (printed.scaled + 8) >> 4;
            printed.scaled = printed.scaled + d.unsigned_abs() - correction;
        }
        printed.transit = transit;
        assert_eq!(jitter.ticks(), printed.scaled >> 4, "packet {n}");
        assert!((f64::from(jitter.ticks()) - printed.float).abs() < 2.0);
    }
    assert!(jitter.ticks() > 50);
}

#[test]
fn an_even_stream_has_no_jitter_and_a_pause_adds_none() {
    let mut jitter = Jitter::default();
    for n in 0..100_u32 {
        jitter.update(n * 160, Timestamp::new(n * 160));
    }
    // A pause in which both clocks run.
    jitter.update(100_000, Timestamp::new(100_000));
    assert_eq!(jitter.ticks(), 0);
    // Timestamps that begin anew, and are said to.
    jitter.resume();
    jitter.update(100_160, Timestamp::new(5));
    assert_eq!(jitter.ticks(), 0);
}

#[test]
fn the_wildest_timestamps_stay_in_range() {
    let mut jitter = Jitter::default();
    for n in 0..1000_u32 {
        jitter.update(0, Timestamp::new(if n % 2 == 0 { 0 } else { 0x8000_0000 }));
    }
    assert!(jitter.ticks() > 0x7000_0000);
}

#[test]
fn spans_and_ticks_convert() {
    assert_eq!(media_ticks(Instant::from_millis(20), 8000), 160);
    assert_eq!(ticks_of(Duration::from_millis(1500), 90_000), 135_000);
    assert_eq!(span_of(12_000, 8000), Duration::from_millis(1500));
    assert_eq!(span_of(1, 0), Duration::from_secs(1));
    // The last instant there is.
    let _ = media_ticks(Instant::from_nanos(u64::MAX), 192_000);
    let _ = span_of(u64::MAX, 1);
}
