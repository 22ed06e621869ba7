//! What does not fit in a datagram (RFC 1035 §4.2.2, RFC 7766 §5).

use super::*;

/// A bench whose question was answered with "there is more".
fn truncated(servers: u8) -> (Bench, FlowId) {
    let mut bench = Bench::new(servers, 1);
    bench.resolve(1, "a.example", RecordKind::A);
    bench.answer(|message| message.is_truncated = true);
    let (flow, peer) = *bench.connects.last().unwrap();
    assert_eq!(peer, server(1));
    (bench, flow)
}

fn connected(bench: &mut Bench, flow: FlowId) {
    bench.input(Input::Connected {
        flow,
        transport: Transport::Tcp,
        local: "192.0.2.200:50000".parse().unwrap(),
        peer: server(1),
        identity: None,
    });
}

/// The response to the query that left on the stream last, its length in front.
fn framed(bench: &Bench, change: impl FnOnce(&mut Message)) -> Vec<u8> {
    let (_, _, bytes) = bench.sent.last().unwrap();
    let (length, query) = bytes.split_first_chunk().unwrap();
    assert_eq!(usize::from(u16::from_be_bytes(*length)), query.len());
    let mut message = Message::parse(query, 8).unwrap();
    message.is_response = true;
    change(&mut message);
    let mut response = Vec::new();
    message.write(&mut response).unwrap();
    let length = u16::try_from(response.len()).unwrap();
    [&length.to_be_bytes()[..], &response].concat()
}

#[test]
fn what_was_cut_off_is_asked_for_over_a_connection() {
    let (mut bench, flow) = truncated(2);
    assert_eq!(bench.sent.len(), 1);
    connected(&mut bench, flow);
    assert_eq!(bench.sent.last().unwrap().0, flow);
    let many: Vec<_> = (0..200)
        .map(|n| record("a.example", 300, address(n)))
        .collect();
    let bytes = framed(&bench, |message| message.answers = many.clone());
    // Byte by byte, as streams may come.
    for byte in bytes {
        assert_eq!(bench.told, []);
        let bytes = &[byte];
        bench.input(Input::Stream { flow, bytes });
    }
    assert_eq!(bench.told, [(1, Answer::Records(many.into()))]);
    assert_eq!(bench.closes, [flow]);
    bench.assert_over();
}

#[test]
fn other_messages_on_the_stream_are_passed_over() {
    let (mut bench, flow) = truncated(1);
    connected(&mut bench, flow);
    let wrong = framed(&bench, |message| message.id ^= 1);
    let right = framed(&bench, |message| {
        message.answers = vec![record("a.example", 300, address(1))];
    });
    let nothing = [0, 0];
    let bytes = [&wrong[..], &nothing, &right, &right].concat();
    bench.input(Input::Stream {
        flow,
        bytes: &bytes,
    });
    assert_eq!(bench.told.len(), 1);
    assert_eq!(bench.dropped(ResolverDropReason::Unasked), 1);
    assert_eq!(bench.dropped(ResolverDropReason::Malformed), 1);
    bench.assert_over();
}

#[test]
fn a_connection_that_fails_leads_to_the_next_server() {
    let (mut bench, flow) = truncated(2);
    let reason = CloseReason::Unreachable;
    bench.input(Input::Closed { flow, reason });
    assert_eq!(bench.query().1, server(2));
    let (mut bench, flow) = truncated(2);
    connected(&mut bench, flow);
    let reason = CloseReason::Finished;
    bench.input(Input::Closed { flow, reason });
    assert_eq!(bench.query().1, server(2));
    assert_eq!(bench.closes, []);
}

#[test]
fn a_connection_that_stays_silent_is_closed() {
    let (mut bench, flow) = truncated(1);
    connected(&mut bench, flow);
    bench.run_to_deadline();
    assert_eq!(bench.closes, [flow]);
    let failure = LookupFailure::Timeout;
    assert_eq!(bench.told, [(1, Answer::Failed(failure))]);
    // What still comes on it is nobody's.
    bench.input(Input::Stream { flow, bytes: &[0] });
    connected(&mut bench, flow);
    assert_eq!(bench.dropped(ResolverDropReason::UnknownFlow), 2);
    bench.assert_over();
}

#[test]
fn without_a_socket_everything_goes_over_connections() {
    let mut bench = Bench::new(1, 0);
    bench.resolve(1, "a.example", RecordKind::A);
    let [(flow, peer)] = bench.connects[..] else {
        panic!("{:?}", bench.connects);
    };
    assert_eq!(peer, server(1));
    connected(&mut bench, flow);
    let bytes = framed(&bench, |message| {
        message.answers = vec![record("a.example", 300, address(1))];
    });
    bench.input(Input::Stream {
        flow,
        bytes: &bytes,
    });
    assert_eq!(bench.told.len(), 1);
}

#[test]
fn a_truncated_answer_on_a_stream_is_no_answer() {
    let (mut bench, flow) = truncated(1);
    connected(&mut bench, flow);
    let bytes = framed(&bench, |message| message.is_truncated = true);
    bench.input(Input::Stream {
        flow,
        bytes: &bytes,
    });
    let failure = LookupFailure::Refused(ResponseCode::NO_ERROR);
    assert_eq!(bench.told, [(1, Answer::Failed(failure))]);
    bench.assert_over();
}

#[test]
fn one_connection_too_many_passes_the_server_over() {
    let mut small = config(1);
    small.limits.connections = 1;
    let mut bench = Bench::with(small, 1);
    for (query, owner) in ["a.example", "b.example"].into_iter().enumerate() {
        bench.resolve(u64::try_from(query).unwrap(), owner, RecordKind::A);
        bench.answer(|message| message.is_truncated = true);
    }
    assert_eq!(bench.connects.len(), 1);
    assert_eq!(bench.dropped(ResolverDropReason::TooManyConnections), 1);
    let failure = LookupFailure::Unreachable;
    assert_eq!(bench.told, [(1, Answer::Failed(failure))]);
}
