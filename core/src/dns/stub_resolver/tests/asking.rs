//! Whom it asks, when, and from where.

use super::*;

#[test]
fn an_answer_ends_the_question() {
    let mut bench = Bench::new(1, 4);
    bench.resolve(7, "a.example", RecordKind::A);
    let (_, to, query) = bench.query();
    assert_eq!(to, server(1));
    assert!(query.recursion_desired && !query.is_response);
    assert_eq!(query.payload_size, Some(1232));
    let expected = Question {
        name: name("a.example"),
        kind: RecordKind::A,
    };
    assert_eq!(query.question, Some(expected));
    let records = vec![
        record("a.example", 300, address(1)),
        record("a.example", 60, address(2)),
    ];
    bench.answer(|message| message.answers = records.clone());
    assert_eq!(bench.told, [(7, Answer::Records(records.into()))]);
    bench.assert_over();
}

#[test]
fn silence_leads_from_server_to_server_and_waits_longer_each_round() {
    let mut bench = Bench::new(2, 4);
    bench.resolve(1, "a.example", RecordKind::A);
    let mut waits = Vec::new();
    while let Some(deadline) = bench.wait {
        waits.push(deadline.saturating_duration_since(bench.now).as_secs());
        bench.run_to_deadline();
    }
    assert_eq!(waits, [1, 1, 2, 2, 4, 4]);
    let asked: Vec<_> = bench.sent.iter().map(|(_, to, _)| *to).collect();
    let (a, b) = (server(1), server(2));
    assert_eq!(asked, [a, b, a, b, a, b]);
    let timeout = Answer::Failed(LookupFailure::Timeout);
    assert_eq!(bench.told, [(1, timeout)]);
    bench.assert_over();
}

#[test]
fn a_server_that_refuses_is_asked_no_more() {
    let mut bench = Bench::new(2, 4);
    bench.resolve(1, "a.example", RecordKind::A);
    bench.answer(|message| message.code = ResponseCode::SERVER_FAILURE);
    assert_eq!(bench.query().1, server(2));
    bench.answer(|message| message.code = ResponseCode::REFUSED);
    let refused = LookupFailure::Refused(ResponseCode::REFUSED);
    assert_eq!(bench.told, [(1, Answer::Failed(refused))]);
    assert_eq!(bench.sent.len(), 2);
    bench.assert_over();
}

#[test]
fn the_next_question_begins_with_the_server_that_answered() {
    let mut bench = Bench::new(2, 4);
    bench.resolve(1, "a.example", RecordKind::A);
    bench.run_to_deadline();
    bench.answer(|message| message.answers = vec![record("a.example", 1, address(1))]);
    bench.resolve(2, "b.example", RecordKind::A);
    assert_eq!(bench.query().1, server(2));
}

#[test]
fn a_datagram_that_cannot_leave_is_as_good_as_a_refusal() {
    let mut bench = Bench::new(2, 1);
    bench.resolve(1, "a.example", RecordKind::A);
    let (flow, reason) = (bench.query().0, CloseReason::Unreachable);
    bench.input(Input::Closed { flow, reason });
    assert_eq!(bench.query().1, server(2));
    bench.input(Input::Closed { flow, reason });
    let failure = LookupFailure::Unreachable;
    assert_eq!(bench.told, [(1, Answer::Failed(failure))]);
    // The socket serves on.
    bench.resolve(2, "b.example", RecordKind::A);
    assert_eq!(bench.sent.len(), 3);
}

#[test]
fn a_socket_that_is_gone_takes_no_question_along() {
    let mut bench = Bench::new(1, 2);
    bench.resolve(1, "a.example", RecordKind::A);
    let first = bench.query().0;
    let reason = CloseReason::Finished;
    bench.input(Input::Closed {
        flow: first,
        reason,
    });
    let (second, ..) = bench.query();
    assert_ne!(first, second);
    bench.answer(|message| message.answers = vec![record("a.example", 1, address(1))]);
    assert_eq!(bench.told.len(), 1);
}

#[test]
fn without_a_server_there_is_no_answer() {
    let mut bench = Bench::new(0, 1);
    bench.resolve(1, "a.example", RecordKind::A);
    let failure = LookupFailure::NoServer;
    assert_eq!(bench.told, [(1, Answer::Failed(failure))]);
    bench.assert_over();
}

#[test]
fn ids_sockets_and_spellings_cannot_be_told_beforehand() {
    let mut bench = Bench::new(1, 8);
    for query in 0..64 {
        let text = format!("abcdefgh-{query}.example");
        bench.resolve(query, &text, RecordKind::A);
    }
    let mut flows = Vec::new();
    let mut ids = Vec::new();
    let mut upper = 0;
    for (flow, _, bytes) in &bench.sent {
        let query = Message::parse(bytes, 8).unwrap();
        flows.push(*flow);
        ids.push(query.id);
        let label = query.question.unwrap().name.to_string();
        upper += label.bytes().filter(u8::is_ascii_uppercase).count();
    }
    flows.sort_unstable();
    flows.dedup();
    assert_eq!(flows.len(), 8);
    let mut steps: Vec<u16> = ids
        .windows(2)
        .map(|two| two[1].wrapping_sub(two[0]))
        .collect();
    steps.sort_unstable();
    steps.dedup();
    assert!(steps.len() > 60, "ids follow each other: {ids:?}");
    // Half of 64 times fifteen letters.
    assert!((400..560).contains(&upper), "{upper}");
}

#[test]
fn the_same_seed_asks_the_same() {
    let run = || {
        let mut bench = Bench::new(2, 8);
        bench.resolve(1, "a.example", RecordKind::A);
        bench.resolve(2, "b.example", RecordKind::Srv);
        bench.run_to_deadline();
        bench.sent
    };
    assert_eq!(run(), run());
}

#[test]
fn a_question_in_flight_is_not_asked_again() {
    let mut bench = Bench::new(1, 4);
    bench.resolve(1, "a.example", RecordKind::A);
    bench.resolve(2, "A.Example", RecordKind::A);
    bench.resolve(3, "a.example", RecordKind::Aaaa);
    assert_eq!(bench.sent.len(), 2);
    bench.answer(|_| {});
    assert_eq!(bench.told, [(3, Answer::NoData { ttl: 0 })]);
    bench.sent.pop();
    bench.answer(|message| message.answers = vec![record("a.example", 1, address(1))]);
    let asked: Vec<u64> = bench.told.iter().map(|(query, _)| *query).collect();
    assert_eq!(asked, [3, 1, 2]);
    bench.assert_over();
}

#[test]
fn one_question_too_many_is_refused() {
    let mut small = config(1);
    small.limits.queries = 2;
    let mut bench = Bench::with(small, 1);
    bench.resolve(1, "a.example", RecordKind::A);
    bench.resolve(2, "a.example", RecordKind::A);
    let refused = Err(ResolveError::TooManyQueries);
    assert_eq!(bench.try_resolve(3, "a.example", RecordKind::A), refused);
    assert_eq!(bench.try_resolve(4, "b.example", RecordKind::A), refused);
    bench.answer(|_| {});
    bench.resolve(5, "b.example", RecordKind::A);
}

#[test]
fn time_that_goes_back_stands_still() {
    let mut bench = Bench::new(1, 1);
    bench.resolve(1, "a.example", RecordKind::A);
    let deadline = bench.wait;
    bench.now = Instant::ZERO;
    bench.input(Input::Timeout);
    assert_eq!(bench.wait, deadline);
    assert_eq!(bench.sent.len(), 1);
}

/// RFC 6891 §7.
#[test]
fn a_server_that_does_not_know_edns_is_asked_without() {
    for code in [ResponseCode::FORMAT_ERROR, ResponseCode::NOT_IMPLEMENTED] {
        let mut bench = Bench::new(1, 1);
        bench.resolve(1, "a.example", RecordKind::A);
        bench.answer(|message| {
            message.code = code;
            message.payload_size = None;
        });
        let (_, to, query) = bench.query();
        assert_eq!((to, query.payload_size), (server(1), None));
        bench.answer(|message| message.code = code);
        let failure = LookupFailure::Refused(code);
        assert_eq!(bench.told, [(1, Answer::Failed(failure))]);
    }
}

#[test]
fn one_socket_too_many_is_closed() {
    let mut small = config(1);
    small.limits.flows = 2;
    let bench = Bench::with(small, 3);
    assert_eq!(bench.closes, [FlowId::from_driver(2)]);
    assert_eq!(bench.dropped(ResolverDropReason::TooManyFlows), 1);
}
