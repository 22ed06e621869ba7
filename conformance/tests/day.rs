//! A slice of the day that `soak --scenario day --hours 24` plays: a hundred calls a second come and
//! go, the memory held stays what it is, and when the last has ended nothing is left.

mod counting;

use std::time::Duration;

use offhook_conformance::worlds::Take;
use offhook_conformance::worlds::day::traffic;

/// Virtual time: six thousand calls.
const LENGTH: Duration = Duration::from_secs(60);
const STRETCH: Duration = Duration::from_secs(5);

#[test]
fn memory_is_flat_while_calls_come_and_go_and_every_table_is_empty_at_the_end() {
    let before = counting::held();
    let mut stretches = Vec::new();
    let run = traffic(&Take::new(0), LENGTH, STRETCH, |traffic| {
        stretches.push((counting::held() - before, traffic.clone()));
    });
    // P5 is part of the verdict.
    run.verdict.unwrap();
    let (held, end) = stretches.pop().unwrap();
    assert_eq!((end.calls, end.ended), (6000, 6000));
    assert_eq!((end.live_calls, end.live_transactions), (0, 0));
    // A transaction is kept for half a minute: after that, as many are forgotten as begin.
    let steady: Vec<usize> = stretches[7..].iter().map(|(held, _)| *held).collect();
    let (least, most) = (*steady.iter().min().unwrap(), *steady.iter().max().unwrap());
    assert!(most - least < most / 20, "{steady:?} octets held");
    assert!(
        held < least,
        "{held} octets held at the end, {least} before"
    );
    drop((stretches, end));
    let left = counting::held().saturating_sub(before);
    assert!(left < 64 * 1024, "{left} octets are never given back");
}
