use super::*;
use crate::rng::Rng;
use crate::rtp::number::Ssrc;

fn limit(owner: u32, max_total: u64, overhead: u16) -> BitRate {
    BitRate {
        ssrc: Ssrc::new(owner),
        max_total,
        overhead,
    }
}

/// The example of RFC 5104 §3.5.4.2: A limits below 31.25 packets a second, B above.
#[test]
fn both_receivers_of_the_example_bind() {
    let a = limit(1, 35_000, 40);
    let b = limit(2, 40_000, 60);
    assert_eq!(bounding_set(&[b, a], None), [a, b]);
    // The session never sends so many packets that B could bind.
    assert_eq!(bounding_set(&[b, a], Some(31)), [a]);
    assert_eq!(bounding_set(&[b, a], Some(32)), [a, b]);
    // Figure 1: C is parallel to A and above it.
    let c = limit(3, 36_000, 40);
    assert_eq!(bounding_set(&[c, b, a], None), [a, b]);
    assert!(!would_bind(c, &[a, b], None));
    // The owner of A may change it, to whatever would bind.
    assert!(would_bind(limit(1, 34_000, 40), &[a, b], None));
    assert!(bounding_set(&[], None).is_empty());
    assert_eq!(bounding_set(&[a], None), [a]);
}

/// Media rate that a limit leaves at a packet rate.
fn left(limit: &BitRate, packets: u64) -> i128 {
    i128::from(limit.max_total) - i128::from(packets) * i128::from(limit.overhead) * 8
}

#[test]
fn at_every_packet_rate_the_set_is_as_tight_as_all() {
    let mut rng = Rng::from_seed([3; 32]);
    for round in 0..500 {
        let count = 1 + rng.next_u32() % 8;
        let all: Vec<_> = (0..count)
            .map(|owner| {
                let rate = 1_000 + u64::from(rng.next_u32() % 200_000);
                limit(owner, rate, 1 + (rng.next_u32() % 100) as u16)
            })
            .collect();
        let set = bounding_set(&all, None);
        for packets in 0..2_000 {
            let tightest = all.iter().map(|one| left(one, packets)).min().unwrap();
            let ours = set.iter().map(|one| left(one, packets)).min().unwrap();
            if tightest <= 0 {
                // Nothing may be sent at this rate: the set says so too.
                assert!(ours <= 0, "{round} {packets}");
                break;
            }
            assert_eq!(ours, tightest, "{round} {packets} {all:?} {set:?}");
        }
        // And none is in it for nothing: without it the region would be larger.
        for gone in &set {
            let others: Vec<_> = set.iter().copied().filter(|one| one != gone).collect();
            assert!(would_bind(*gone, &others, None), "{round} {gone:?}");
        }
    }
}

#[test]
fn the_largest_numbers_do_no_harm() {
    let huge = limit(1, u64::MAX, 511);
    let flat = limit(2, u64::MAX, 0);
    assert_eq!(bounding_set(&[huge, flat], Some(u64::MAX)), [huge]);
    assert_eq!(
        bounding_set(&[limit(1, 0, 0), huge], None),
        [limit(1, 0, 0)]
    );
}
