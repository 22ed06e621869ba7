//! What every SIP stack must survive, one test for each kind of hostile input that has felled one:
//! through the parser, the validator and the framer, and through a user agent and a server.

mod bodies;
#[path = "../counting/mod.rs"]
mod counting;
mod output;
mod party;
mod syntax;
mod values;
mod vectors;

use offhook::Limits;
use offhook::sip::message::{Message, ParseErrorKind, StatusCode};
use offhook_conformance::fuzzing;

/// A request with these rows behind those it must have.
fn request_with(rows: &str) -> Vec<u8> {
    request("OPTIONS", "sip:b@192.0.2.1", rows)
}

fn request(method: &str, uri: &str, rows: &str) -> Vec<u8> {
    format!(
        "{method} {uri} SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKx\r\n\
         From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\n\
         Call-ID: c@example.com\r\nCSeq: 7 {method}\r\nMax-Forwards: 70\r\n{rows}\r\n"
    )
    .into_bytes()
}

/// As [`request_with`], with one of its rows replaced.
fn replaced(old: &str, new: &str) -> Vec<u8> {
    let text = String::from_utf8(request_with("Content-Length: 0\r\n")).unwrap();
    assert!(text.contains(old), "no {old}");
    text.replace(old, new).into_bytes()
}

/// What answers a message: nothing if it is fine.
fn refusal(bytes: &[u8]) -> Option<u16> {
    fuzzing::datagram(bytes);
    let message = match Message::parse(bytes, &Limits::default()) {
        Ok(message) => message,
        Err(error) => return error.kind.response().map(StatusCode::as_u16),
    };
    message.fatal_finding()?.answer.map(StatusCode::as_u16)
}

fn fault(bytes: &[u8]) -> Option<ParseErrorKind> {
    fuzzing::datagram(bytes);
    Message::parse(bytes, &Limits::default())
        .err()
        .map(|error| error.kind)
}
