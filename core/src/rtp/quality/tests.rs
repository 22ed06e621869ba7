use super::*;

/// The module's formulas in floating point.
fn exact(delay_ms: f64, loss: f64) -> (f64, f64) {
    let late = if delay_ms > 177.3 {
        delay_ms - 177.3
    } else {
        0.0
    };
    let id = 0.024 * delay_ms + 0.11 * late;
    let ie = 95.0 * loss / (loss + 4.3);
    let r = (93.2 - id - ie).max(0.0);
    let mos = 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6;
    (r, mos.max(1.0))
}

#[test]
fn integers_follow_the_formula() {
    for delay in [0_u64, 20, 60, 150, 177, 178, 250, 400, 800, 2000] {
        for lost in [0_u64, 1, 2, 5, 10, 30, 100, 500, 1000] {
            let rated = RFactor::of_g711(Duration::from_millis(delay), lost, 1000);
            let (r, mos) = exact(delay as f64, lost as f64 / 10.0);
            let off = (f64::from(rated.hundredths()) / 100.0 - r).abs();
            assert!(off < 0.03, "{delay} ms, {lost} lost: {rated} {r}");
            let off = (f64::from(rated.mos().hundredths()) / 100.0 - mos).abs();
            assert!(off < 0.03, "{delay} ms, {lost} lost: {} {mos}", rated.mos());
        }
    }
}

#[test]
fn a_perfect_call_is_4_41_and_worse_is_never_better() {
    let best = RFactor::of_g711(Duration::ZERO, 0, 1000);
    assert_eq!(best.hundredths(), 9320);
    assert_eq!(alloc::format!("{} {}", best, best.mos()), "93.20 4.40");
    let mut before = best;
    for lost in 0..=1000 {
        let rated = RFactor::of_g711(Duration::from_millis(100), lost, 1000);
        assert!(rated <= before);
        before = rated;
    }
}

#[test]
fn nonsense_is_rated_without_a_panic() {
    let worst = RFactor::of_g711(Duration::MAX, u64::MAX, 1);
    assert_eq!((worst.hundredths(), worst.mos().hundredths()), (0, 100));
    assert_eq!(RFactor::of_g711(Duration::ZERO, 5, 0).hundredths(), 9320);
}
