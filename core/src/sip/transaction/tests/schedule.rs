//! When things are sent again, to the millisecond.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use super::super::client::{ClientHandle, ClientUp};
use super::super::invite_client::InviteClient;
use super::super::invite_server::InviteServer;
use super::super::non_invite_client::NonInviteClient;
use super::super::non_invite_server::NonInviteServer;
use super::super::server::{RespondError, ServerHandle, ServerUp};
use super::super::{Cx, Failure, Timer, TimerKey};
use super::{bench, next_timer, request, response, sent, sent_bytes};
use crate::arena::Handle;
use crate::machine::Transport;
use crate::sip::message::StatusCode;
use crate::time::Instant;

const CLIENT: ClientHandle = Handle::from_raw(0, 0);
const SERVER: ServerHandle = Handle::from_raw(0, 0);
const LONG: Duration = Duration::from_secs(1000);

fn millis(cx: &Cx) -> u128 {
    cx.now.saturating_duration_since(Instant::ZERO).as_millis()
}

fn client_timer(key: TimerKey) -> Timer {
    match key {
        TimerKey::Client(_, timer) => timer,
        TimerKey::Server(..)
        | TimerKey::User(_)
        | TimerKey::Transport(_)
        | TimerKey::Location(_) => panic!("{key:?}"),
    }
}

fn server_timer(key: TimerKey) -> Timer {
    match key {
        TimerKey::Server(_, timer) => timer,
        TimerKey::Client(..)
        | TimerKey::User(_)
        | TimerKey::Transport(_)
        | TimerKey::Location(_) => panic!("{key:?}"),
    }
}

// shows: S118
#[test]
fn an_invite_that_nobody_answers() {
    let (mut cx, target) = bench(Transport::Udp);
    let invite = request("INVITE");
    let mut machine = InviteClient::new(&cx.timings);
    machine.start(&mut cx, CLIENT, target, &invite);
    let mut times = Vec::from([millis(&cx)]);
    assert_eq!(sent(&mut cx), ["INVITE"]);
    while let Some(key) = next_timer(&mut cx, LONG) {
        let up = machine.on_timer(&mut cx, CLIENT, target, &invite, client_timer(key));
        if up.is_some() {
            assert_eq!(up, Some(ClientUp::Failed(Failure::Timeout)));
            assert!(sent(&mut cx).is_empty(), "no ACK is due");
            break;
        }
        assert_eq!(sent(&mut cx), ["INVITE"]);
        times.push(millis(&cx));
    }
    assert_eq!(times, [0, 500, 1500, 3500, 7500, 15500, 31500]);
    assert_eq!(millis(&cx), 32_000);
    assert!(machine.is_terminated() && cx.timers.is_empty());
}

// shows: S118
#[test]
fn another_request_that_nobody_answers() {
    let (mut cx, target) = bench(Transport::Udp);
    let options = request("OPTIONS");
    let mut machine = NonInviteClient::new(&cx.timings);
    machine.start(&mut cx, CLIENT, target, &options);
    let mut times = Vec::from([millis(&cx)]);
    sent(&mut cx);
    while let Some(key) = next_timer(&mut cx, LONG) {
        let up = machine.on_timer(&mut cx, CLIENT, target, &options, client_timer(key));
        if up.is_some() {
            assert_eq!(up, Some(ClientUp::Failed(Failure::Timeout)));
            break;
        }
        assert_eq!(sent(&mut cx), ["OPTIONS"]);
        times.push(millis(&cx));
    }
    let expected = [
        0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500,
    ];
    assert_eq!(times, expected);
    assert_eq!(millis(&cx), 32_000);
    assert!(machine.is_terminated() && cx.timers.is_empty());
}

#[test]
fn nothing_is_sent_twice_over_a_connection() {
    for method in ["INVITE", "OPTIONS"] {
        let (mut cx, target) = bench(Transport::Tcp);
        let request = request(method);
        if method == "INVITE" {
            InviteClient::new(&cx.timings).start(&mut cx, CLIENT, target, &request);
        } else {
            NonInviteClient::new(&cx.timings).start(&mut cx, CLIENT, target, &request);
        }
        assert_eq!(sent(&mut cx), [method]);
        assert_eq!(cx.timers.len(), 1);
        assert_eq!(cx.timers.next(), Some(Instant::from_millis(32_000)));
    }
}

#[test]
fn after_a_provisional_response_a_request_is_sent_every_t2() {
    let (mut cx, target) = bench(Transport::Udp);
    let options = request("OPTIONS");
    let mut machine = NonInviteClient::new(&cx.timings);
    machine.start(&mut cx, CLIENT, target, &options);
    machine.on_response(&mut cx, CLIENT, target, &response("OPTIONS", 100));
    let mut times = Vec::new();
    while let Some(key) = next_timer(&mut cx, Duration::from_secs(13)) {
        machine.on_timer(&mut cx, CLIENT, target, &options, client_timer(key));
        times.push(millis(&cx));
    }
    assert_eq!(times, [500, 4500, 8500, 12500]);
}

#[test]
fn a_refusal_that_nobody_acknowledges() {
    let (mut cx, path) = bench(Transport::Udp);
    let invite = request("INVITE");
    let mut machine = InviteServer::new();
    machine.start(&mut cx, SERVER, path);
    let busy = Arc::from(&b"SIP/2.0 486 Busy Here\r\n"[..]);
    machine
        .respond(&mut cx, SERVER, path, StatusCode::BUSY_HERE, busy)
        .unwrap();
    assert_eq!(sent(&mut cx), ["486"]);
    let mut times = Vec::new();
    while let Some(key) = next_timer(&mut cx, LONG) {
        let up = machine.on_timer(&mut cx, SERVER, path, &invite, server_timer(key));
        if up.is_some() {
            assert_eq!(up, Some(ServerUp::Failed(Failure::Timeout)));
            break;
        }
        assert_eq!(sent(&mut cx), ["486"]);
        times.push(millis(&cx));
    }
    let expected = [
        500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500,
    ];
    assert_eq!(times, expected);
    assert_eq!(millis(&cx), 32_000);
    assert!(machine.is_terminated() && cx.timers.is_empty());
}

#[test]
fn trying_is_said_after_200_ms_and_copies_the_timestamp_with_the_delay() {
    let (mut cx, path) = bench(Transport::Udp);
    let invite = request("INVITE");
    let mut machine = InviteServer::new();
    machine.start(&mut cx, SERVER, path);
    assert_eq!(machine.on_request(&mut cx, path), None);
    assert!(sent(&mut cx).is_empty(), "nothing was said yet");
    let key = next_timer(&mut cx, LONG).unwrap();
    assert_eq!(millis(&cx), 200);
    machine.on_timer(&mut cx, SERVER, path, &invite, server_timer(key));
    let bytes = sent_bytes(&mut cx).remove(0);
    let text = alloc::string::String::from_utf8(bytes).unwrap();
    assert!(text.starts_with("SIP/2.0 100 Trying\r\n"), "{text}");
    assert!(text.contains("Timestamp: 54 0.200\r\n"), "{text}");
    assert_eq!(text.matches("Timestamp").count(), 1);
    assert!(text.contains("To: Bob <sip:bob@biloxi.example.com>\r\n"));
    machine.on_request(&mut cx, path);
    assert_eq!(sent(&mut cx), ["100"]);
}

#[test]
fn an_answer_in_time_makes_trying_unnecessary() {
    let (mut cx, path) = bench(Transport::Udp);
    let mut machine = InviteServer::new();
    machine.start(&mut cx, SERVER, path);
    let ringing = Arc::from(&b"SIP/2.0 180 Ringing\r\n"[..]);
    machine
        .respond(&mut cx, SERVER, path, StatusCode::RINGING, ringing)
        .unwrap();
    assert_eq!(sent(&mut cx), ["180"]);
    assert!(cx.timers.is_empty());
}

/// RFC 4320 §4.1.
// shows: S202
#[test]
fn provisional_responses_to_other_requests_are_100_and_late() {
    let (mut cx, path) = bench(Transport::Udp);
    let options = request("OPTIONS");
    let mut machine = NonInviteServer::new(cx.now);
    machine.start(&mut cx, SERVER, path);
    let say = |machine: &mut NonInviteServer, cx: &mut Cx, status: StatusCode| {
        let bytes = Arc::from(alloc::format!("SIP/2.0 {status} x\r\n").as_bytes());
        machine.respond(cx, SERVER, path, status, bytes)
    };
    let not_allowed = Err(RespondError::NotAllowed);
    cx.now = Instant::from_millis(3_499);
    assert_eq!(
        say(&mut machine, &mut cx, StatusCode::TRYING),
        not_allowed,
        "timer E of the client has not reached T2"
    );
    assert_eq!(
        say(&mut machine, &mut cx, StatusCode::REQUEST_TIMEOUT),
        not_allowed
    );
    let key = next_timer(&mut cx, LONG).unwrap();
    assert_eq!(millis(&cx), 3_500);
    machine.on_timer(&mut cx, path, &options, server_timer(key));
    assert_eq!(sent(&mut cx), ["100"], "by then it is due");
    assert_eq!(
        say(&mut machine, &mut cx, StatusCode::SESSION_PROGRESS),
        not_allowed
    );
    assert_eq!(say(&mut machine, &mut cx, StatusCode::TRYING), Ok(()));
    assert_eq!(sent(&mut cx), ["100"]);
}

/// RFC 4320 §4.2.
#[test]
fn a_request_nobody_answers_is_forgotten_without_a_word() {
    let (mut cx, path) = bench(Transport::Udp);
    let options = request("OPTIONS");
    let mut machine = NonInviteServer::new(cx.now);
    machine.start(&mut cx, SERVER, path);
    let mut up = None;
    while let Some(key) = next_timer(&mut cx, LONG) {
        up = machine.on_timer(&mut cx, path, &options, server_timer(key));
    }
    assert_eq!(up, Some(ServerUp::Failed(Failure::Timeout)));
    assert_eq!(sent(&mut cx), ["100"]);
    assert!(millis(&cx) >= 32_000, "its client may still ask again");
    assert!(machine.is_terminated());
}

/// RFC 3261 §17.1.1.3, the rules of the example there.
#[test]
fn the_ack_of_a_refusal_is_built_from_the_invite_and_the_response() {
    let (mut cx, target) = bench(Transport::Udp);
    let invite = request("INVITE");
    let mut machine = InviteClient::new(&cx.timings);
    machine.start(&mut cx, CLIENT, target, &invite);
    sent(&mut cx);
    let busy = response("INVITE", 486);
    machine.on_response(&mut cx, CLIENT, target, &invite, &busy);
    let ack = sent_bytes(&mut cx).remove(0);
    let expected = "ACK sip:bob@192.0.2.2 SIP/2.0\r\n\
        Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK74bf9;rport\r\n\
        Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>\r\n\
        Route: <sip:p3.example.com;lr>\r\n\
        Max-Forwards: 70\r\n\
        From: Alice <sip:alice@atlanta.example.com>;tag=9fxced76sl\r\n\
        To: Bob <sip:bob@biloxi.example.com>;tag=314159\r\n\
        Call-ID: 3848276298220188511\r\n\
        CSeq: 986759 ACK\r\n\
        Content-Length: 0\r\n\r\n";
    assert_eq!(core::str::from_utf8(&ack), Ok(expected));
    machine.on_response(&mut cx, CLIENT, target, &invite, &busy);
    assert_eq!(sent_bytes(&mut cx), [ack], "each copy brings the same ACK");
}

/// RFC 3261 §9.1.
#[test]
fn a_cancel_is_the_invite_with_another_method_and_no_require() {
    let cancel = super::super::ack::cancel_for(&request("INVITE"), &[]).unwrap();
    let text = core::str::from_utf8(&cancel).unwrap();
    assert!(text.starts_with("CANCEL sip:bob@192.0.2.2 SIP/2.0\r\n"));
    assert!(text.contains("To: Bob <sip:bob@biloxi.example.com>\r\n"));
    assert!(text.contains("CSeq: 986759 CANCEL\r\n"));
    assert!(text.contains("branch=z9hG4bK74bf9"));
    assert_eq!(text.matches("Route: ").count(), 2);
    assert!(!text.contains("Require"));
}
