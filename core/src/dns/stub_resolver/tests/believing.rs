//! What it believes: nothing but the answer to its question, from whom it asked (RFC 5452 §9.1).

use super::*;

/// Asks, delivers the right answer changed by `change` to a place changed by `reroute`, and then
/// the right answer itself; tells for what reason the first was dropped.
fn refused(
    change: impl FnOnce(&mut Message),
    reroute: impl FnOnce(FlowId, SocketAddr) -> (FlowId, SocketAddr),
) -> ResolverDropReason {
    let mut bench = Bench::new(1, 1);
    bench.input(Input::Bound {
        flow: FlowId::from_driver(9),
        transport: Transport::Udp,
        local: "[::]:40000".parse().unwrap(),
    });
    bench.resolve(1, "a.example", RecordKind::A);
    let (flow, source, mut forged) = bench.query();
    forged.is_response = true;
    forged.answers = vec![record("a.example", 300, address(66))];
    change(&mut forged);
    let (to, from) = reroute(flow, source);
    bench.deliver(to, from, &forged);
    assert_eq!(bench.told, []);
    let reasons = [
        ResolverDropReason::UnknownFlow,
        ResolverDropReason::Unasked,
        ResolverDropReason::ForeignSource,
        ResolverDropReason::WrongQuestion,
        ResolverDropReason::NotAResponse,
        ResolverDropReason::Malformed,
    ];
    let mut counted = reasons.into_iter();
    let reason = counted.find(|reason| bench.dropped(*reason) == 1).unwrap();
    assert_eq!(bench.resolver.stats().dropped_total(), 1);
    // What was forged has not spoilt the question.
    bench.answer(|message| message.answers = vec![record("a.example", 300, address(1))]);
    assert_eq!(bench.only_answer().records()[0].data, address(1));
    reason
}

fn straight(flow: FlowId, source: SocketAddr) -> (FlowId, SocketAddr) {
    (flow, source)
}

#[test]
fn an_answer_needs_the_id_the_question_and_its_spelling() {
    let id = |message: &mut Message| message.id ^= 1;
    assert_eq!(refused(id, straight), ResolverDropReason::Unasked);
    let wrong = ResolverDropReason::WrongQuestion;
    let other = |message: &mut Message| {
        let question = message.question.as_mut().unwrap();
        question.name = name("b.example");
    };
    assert_eq!(refused(other, straight), wrong);
    let kind = |message: &mut Message| {
        message.question.as_mut().unwrap().kind = RecordKind::Aaaa;
    };
    assert_eq!(refused(kind, straight), wrong);
    let spelling = |message: &mut Message| {
        let question = message.question.as_mut().unwrap();
        let was = question.name.clone();
        let mut upper = false;
        question.name = was.respelt(|| {
            upper = !upper;
            upper
        });
        if question.name.is_spelt_like(&was) {
            question.name = was.respelt(|| false);
        }
    };
    assert_eq!(refused(spelling, straight), wrong);
    let none = |message: &mut Message| message.question = None;
    assert_eq!(refused(none, straight), wrong);
}

#[test]
fn an_answer_needs_the_server_and_the_socket() {
    let foreign = ResolverDropReason::ForeignSource;
    let other_host = |flow, _| (flow, server(99));
    assert_eq!(refused(|_| {}, other_host), foreign);
    let other_port = |flow, mut source: SocketAddr| {
        source.set_port(54);
        (flow, source)
    };
    assert_eq!(refused(|_| {}, other_port), foreign);
    let other_socket = |_, source| (FlowId::from_driver(9), source);
    assert_eq!(refused(|_| {}, other_socket), ResolverDropReason::Unasked);
    let no_socket = |_, source| (FlowId::from_driver(77), source);
    assert_eq!(refused(|_| {}, no_socket), ResolverDropReason::UnknownFlow);
}

#[test]
fn a_query_is_no_answer() {
    let not = ResolverDropReason::NotAResponse;
    let query = |message: &mut Message| message.is_response = false;
    assert_eq!(refused(query, straight), not);
    let update = |message: &mut Message| message.opcode = 5;
    assert_eq!(refused(update, straight), not);
}

#[test]
fn an_answer_of_a_thousand_records_is_dropped_and_the_question_goes_on() {
    let flood = |message: &mut Message| {
        message.answers = vec![record("a.example", 300, address(1)); 1000];
    };
    assert_eq!(refused(flood, straight), ResolverDropReason::Malformed);
}

#[test]
fn bytes_that_are_no_message_are_dropped() {
    let mut bench = Bench::new(1, 1);
    bench.resolve(1, "a.example", RecordKind::A);
    let (flow, source, query) = bench.query();
    let [high, low] = query.id.to_be_bytes();
    for bytes in [
        &[][..],
        &[high],
        &[high, low],
        &[high, low, 0x81, 0x80, 0, 1],
    ] {
        bench.input(Input::Datagram {
            flow,
            source,
            bytes,
        });
    }
    assert_eq!(bench.dropped(ResolverDropReason::Malformed), 4);
    assert_eq!(bench.told, []);
}

#[test]
fn an_answer_that_comes_too_late_or_twice_is_dropped() {
    let mut bench = Bench::new(1, 1);
    bench.resolve(1, "a.example", RecordKind::A);
    let (flow, source, mut late) = bench.query();
    late.is_response = true;
    bench.run_to_deadline();
    bench.deliver(flow, source, &late);
    assert_eq!(bench.dropped(ResolverDropReason::Unasked), 1);
    bench.answer(|_| {});
    bench.answer(|_| {});
    assert_eq!(bench.dropped(ResolverDropReason::Unasked), 2);
    assert_eq!(bench.told.len(), 1);
}

#[test]
fn records_of_other_names_are_not_believed() {
    let mut bench = Bench::new(1, 1);
    bench.resolve(1, "a.example", RecordKind::A);
    bench.answer(|message| {
        message.answers = vec![
            record("bank.example", 300, address(66)),
            record("a.example", 300, address(1)),
        ];
        message.additional = vec![record("bank.example", 300, address(66))];
    });
    assert_eq!(bench.only_answer().records().len(), 1);
    bench.resolve(2, "bank.example", RecordKind::A);
    assert_eq!(bench.sent.len(), 2);
}

#[test]
fn aliases_are_followed_within_an_answer_and_beyond_it() {
    let mut bench = Bench::new(1, 1);
    bench.resolve(1, "a.example", RecordKind::A);
    bench.answer(|message| {
        message.answers = vec![
            alias("b.example", 50, "c.example"),
            alias("a.example", 200, "b.example"),
        ];
    });
    assert_eq!(bench.told, []);
    assert_eq!(bench.query().2.question.unwrap().name, name("c.example"));
    bench.answer(|message| {
        message.answers = vec![
            alias("c.example", 90, "d.example"),
            record("d.example", 300, address(4)),
        ];
    });
    // No longer than the shortest alias on the way.
    let expected = Answer::Records(vec![record("d.example", 50, address(4))].into());
    assert_eq!(bench.told, [(1, expected)]);
    bench.assert_over();
}

#[test]
fn aliases_in_a_loop_or_a_long_chain_fail() {
    let failed = Answer::Failed(LookupFailure::TooManyAliases);
    let mut bench = Bench::new(1, 1);
    bench.resolve(1, "a.example", RecordKind::A);
    bench.answer(|message| {
        message.answers = vec![
            alias("a.example", 50, "b.example"),
            alias("b.example", 50, "a.example"),
        ];
    });
    assert_eq!(bench.told, [(1, failed.clone())]);
    // One alias an answer, without end.
    let mut bench = Bench::new(1, 1);
    bench.resolve(1, "n0.example", RecordKind::A);
    for n in 0..9 {
        assert_eq!(bench.told, []);
        let (from, to) = (format!("n{n}.example"), format!("n{}.example", n + 1));
        bench.answer(|message| message.answers = vec![alias(&from, 50, &to)]);
    }
    assert_eq!(bench.told, [(1, failed)]);
    assert_eq!(bench.sent.len(), 9);
    bench.assert_over();
}

/// RFC 6604 §2, RFC 2308 §2.
#[test]
fn the_end_of_the_aliases_decides_what_there_is_not() {
    let mut bench = Bench::new(1, 1);
    bench.resolve(1, "a.example", RecordKind::A);
    bench.answer(|message| {
        message.code = ResponseCode::NO_SUCH_NAME;
        message.answers = vec![alias("a.example", 50, "b.other")];
        message.authority = vec![zone("other", 900, 600)];
    });
    bench.resolve(2, "c.example", RecordKind::A);
    bench.answer(|message| {
        message.answers = vec![alias("c.example", 5000, "d.other")];
        message.authority = vec![zone("other", 900, 600)];
    });
    let expected = [
        (1, Answer::NoSuchName { ttl: 50 }),
        (2, Answer::NoData { ttl: 600 }),
    ];
    assert_eq!(bench.told, expected);
}
