//! What it keeps and for how long (RFC 1035 §7.4, RFC 2308 §5).

use super::*;

#[test]
fn an_answer_is_kept_for_its_ttl_and_ages() {
    let mut bench = Bench::new(1, 1);
    bench.resolve(1, "a.example", RecordKind::A);
    bench.answer(|message| {
        message.answers = vec![
            record("a.example", 300, address(1)),
            record("a.example", 100, address(2)),
        ];
    });
    bench.advance(Duration::from_secs(99));
    bench.resolve(2, "A.EXAMPLE", RecordKind::A);
    assert_eq!(bench.sent.len(), 1);
    let ttls = |answer: &Answer| -> Vec<u32> {
        answer.records().iter().map(|record| record.ttl).collect()
    };
    assert_eq!(ttls(&bench.told[1].1), [201, 1]);
    assert_eq!(bench.resolver.stats().cache_hits, 1);
    bench.advance(Duration::from_secs(1));
    bench.resolve(3, "a.example", RecordKind::A);
    assert_eq!(bench.sent.len(), 2);
}

#[test]
fn what_is_kept_wakes_nobody() {
    let mut bench = Bench::new(1, 1);
    bench.resolve(1, "a.example", RecordKind::A);
    bench.answer(|message| message.answers = vec![record("a.example", 300, address(1))]);
    assert_eq!((bench.resolver.cached(), bench.wait), (1, None));
    bench.assert_over();
}

#[test]
fn there_is_none_is_kept_as_its_zone_says() {
    for (code, expected) in [
        (ResponseCode::NO_ERROR, Answer::NoData { ttl: 60 }),
        (ResponseCode::NO_SUCH_NAME, Answer::NoSuchName { ttl: 60 }),
    ] {
        for (ttl, minimum) in [(60, 900), (900, 60)] {
            let mut bench = Bench::new(1, 1);
            bench.resolve(1, "a.example", RecordKind::Srv);
            bench.answer(|message| {
                message.code = code;
                message.authority = vec![zone("example", ttl, minimum)];
            });
            assert_eq!(bench.only_answer(), &expected);
            bench.advance(Duration::from_secs(59));
            bench.resolve(2, "a.example", RecordKind::Srv);
            assert_eq!(bench.sent.len(), 1);
            bench.advance(Duration::from_secs(1));
            bench.resolve(3, "a.example", RecordKind::Srv);
            assert_eq!(bench.sent.len(), 2);
        }
    }
}

#[test]
fn there_is_none_without_its_zone_is_not_kept() {
    let mut bench = Bench::new(1, 1);
    bench.resolve(1, "a.example", RecordKind::A);
    bench.answer(|message| {
        message.code = ResponseCode::NO_SUCH_NAME;
        // The zone of somebody else says nothing about this name.
        message.authority = vec![zone("other", 900, 900)];
    });
    assert_eq!(bench.only_answer(), &Answer::NoSuchName { ttl: 0 });
    assert_eq!(bench.resolver.cached(), 0);
}

#[test]
fn nothing_is_kept_for_longer_than_is_wise() {
    let mut bench = Bench::new(1, 1);
    bench.resolve(1, "a.example", RecordKind::A);
    let forever = u32::MAX >> 1;
    bench.answer(|message| message.answers = vec![record("a.example", forever, address(1))]);
    assert_eq!(bench.told[0].1.records()[0].ttl, 604_800);
    bench.resolve(2, "b.example", RecordKind::A);
    bench.answer(|message| message.authority = vec![zone("example", forever, forever)]);
    assert_eq!(bench.told[1].1, Answer::NoData { ttl: 10_800 });
}

#[test]
fn failures_and_a_ttl_of_none_are_not_kept() {
    let mut bench = Bench::new(1, 1);
    bench.resolve(1, "a.example", RecordKind::A);
    bench.answer(|message| message.answers = vec![record("a.example", 0, address(1))]);
    assert_eq!(bench.told.len(), 1);
    bench.resolve(2, "a.example", RecordKind::A);
    bench.answer(|message| message.code = ResponseCode::REFUSED);
    bench.resolve(3, "a.example", RecordKind::A);
    assert_eq!(bench.sent.len(), 3);
}

#[test]
fn one_answer_too_many_takes_the_place_of_the_first_to_expire() {
    let mut small = config(1);
    small.limits.cached = 2;
    let mut bench = Bench::with(small, 1);
    for (query, (owner, ttl)) in [("a", 300), ("b", 100), ("c", 200)].into_iter().enumerate() {
        bench.resolve(u64::try_from(query).unwrap(), owner, RecordKind::A);
        bench.answer(|message| message.answers = vec![record(owner, ttl, address(1))]);
    }
    assert_eq!(bench.resolver.cached(), 2);
    assert_eq!(bench.sent.len(), 3);
    bench.resolve(8, "a", RecordKind::A);
    bench.resolve(9, "c", RecordKind::A);
    assert_eq!(bench.sent.len(), 3);
    bench.resolve(10, "b", RecordKind::A);
    assert_eq!(bench.sent.len(), 4);
}
