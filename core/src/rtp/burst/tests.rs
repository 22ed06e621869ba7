use alloc::vec::Vec;

use super::*;
use crate::rng::Rng;

const PACKET: Duration = Duration::from_millis(10);

fn count(gmin: u8, fates: impl IntoIterator<Item = Fate>) -> Bursts {
    let mut bursts = Bursts::new(gmin);
    for fate in fates {
        bursts.count(fate);
    }
    bursts
}

/// A.2 in floating point, as it is printed, for what it does not divide by nothing.
fn printed(gmin: u64, fates: &[Fate]) -> [f64; 6] {
    let [mut pkt, mut lost, mut loss_count, mut discard_count] = [0_u64; 4];
    let [mut c11, mut c13, mut c14, mut c22, mut c23, mut c33] = [0_u64; 6];
    for fate in fates {
        match fate {
            Fate::Received => {
                pkt += 1;
                continue;
            }
            Fate::Lost => loss_count += 1,
            Fate::Discarded => discard_count += 1,
        }
        if pkt >= gmin {
            if lost == 1 {
                c14 += 1;
            } else {
                c13 += 1;
            }
            lost = 1;
            c11 += pkt;
        } else {
            lost += 1;
            if pkt == 0 {
                c33 += 1;
            } else {
                c23 += 1;
                c22 += pkt - 1;
            }
        }
        pkt = 0;
    }
    let [c11, c13, c14, c22, c23, c33] = [c11, c13, c14, c22, c23, c33].map(|count| count as f64);
    let (c31, c32) = (c13, c23);
    let total = c11 + c14 + c13 + c22 + c23 + c31 + c32 + c33;
    let p32 = c32 / (c31 + c32 + c33);
    let p23 = if c22 + c23 < 1.0 {
        1.0
    } else {
        1.0 - c22 / (c22 + c23)
    };
    let gap = (c11 + c14 + c13) * 10.0 / c13;
    [
        256.0 * loss_count as f64 / total,
        256.0 * discard_count as f64 / total,
        256.0 * p23 / (p23 + p32),
        256.0 * c14 / (c11 + c14),
        total * 10.0 / c13 - gap,
        gap,
    ]
}

// shows: S082
#[test]
fn the_numbers_are_those_of_a_2() {
    let mut rng = Rng::from_seed([7; 32]);
    let mut compared = 0;
    for round in 0..300_u32 {
        let length = 50 + rng.next_u32() % 3000;
        // From a loss now and then to a storm, in bursts.
        let (calm, storm) = (1 + round % 40, 200 + round % 800);
        let mut stormy = false;
        let fates: Vec<_> = (0..length)
            .map(|_| {
                if rng.next_u32() % 100 == 0 {
                    stormy = !stormy;
                }
                let limit = if stormy { storm } else { calm };
                match (rng.next_u32() % 1000 < limit, rng.next_u32() % 3) {
                    (false, _) => Fate::Received,
                    (true, 0) => Fate::Discarded,
                    (true, _) => Fate::Lost,
                }
            })
            .collect();
        let gmin = 2 + (round % 20) as u8;
        let printed = printed(u64::from(gmin), &fates);
        if printed.iter().any(|number| !number.is_finite()) {
            continue;
        }
        compared += 1;
        let ours = count(gmin, fates).metrics(PACKET);
        let rates = [
            ours.loss_rate,
            ours.discard_rate,
            ours.burst_density,
            ours.gap_density,
        ];
        for (ours, printed) in rates.into_iter().zip(printed) {
            // The integer part, but for what floating point loses, and at most 255.
            let printed = printed.min(255.0);
            assert!(
                (f64::from(ours) - printed).abs() < 1.0 + 1e-9,
                "{ours} {printed}"
            );
            assert!(f64::from(ours) <= printed + 1e-9, "{ours} {printed}");
        }
        let spans = [ours.burst_duration, ours.gap_duration];
        for (ours, printed) in spans.into_iter().zip([printed[4], printed[5]]) {
            let printed = printed.min(65_535.0);
            assert!((f64::from(ours) - printed).abs() <= 1.0, "{ours} {printed}");
        }
    }
    assert!(compared > 200, "{compared}");
}

/// The pattern of §4.7.2: two losses alone, and one burst of twelve packets with two discards and
/// two losses. A.2 counts up to the last loss, so what the text says of the tail is not in it.
#[test]
fn the_pattern_of_4_7_2_has_one_burst() {
    let pattern = "11110111111111111111111X111X1011110111111111111111111X111111111";
    let bursts = count(
        16,
        pattern.bytes().map(|octet| match octet {
            b'0' => Fate::Lost,
            b'X' => Fate::Discarded,
            _ => Fate::Received,
        }),
    );
    let metrics = bursts.metrics(PACKET);
    assert_eq!((bursts.loss_count, bursts.discard_count), (3, 3));
    // 4 of 12 packets of the burst.
    assert!(metrics.burst_density.abs_diff(84) <= 12, "{metrics:?}");
    assert!(metrics.gap_density.abs_diff(10) <= 4, "{metrics:?}");
}

#[test]
fn a_stream_without_loss_is_one_gap() {
    let none = Bursts::new(0);
    assert_eq!(none.gap_threshold(), GAP_THRESHOLD);
    assert_eq!(none.metrics(PACKET), BurstMetrics::default());
    let metrics = count(16, [Fate::Received; 100]).metrics(PACKET);
    assert_eq!((metrics.loss_rate, metrics.burst_density), (0, 0));
    assert_eq!((metrics.burst_duration, metrics.gap_density), (0, 0));
    // Everything lost is one burst.
    let metrics = count(16, [Fate::Lost; 100]).metrics(PACKET);
    assert_eq!((metrics.loss_rate, metrics.burst_density), (255, 255));
}
