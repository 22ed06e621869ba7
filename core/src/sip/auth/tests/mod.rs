//! Digest authentication: the computation, the client, the server, and both together.

mod both;
mod client;
mod keyring;
mod server;
mod vectors;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::*;
use crate::limits::Limits;
use crate::sip::message::{HeaderName, Message, Method};
use crate::time::Instant;

fn digest(
    algorithm: Algorithm,
    ha1: &Ha1,
    nonce: &str,
    cnonce: Option<&str>,
    method: &str,
    uri: &str,
) -> String {
    let input = DigestInput {
        algorithm,
        nonce: nonce.as_bytes(),
        protection: cnonce.map(|cnonce| Protection {
            qop: Qop::Auth,
            nonce_count: b"00000001",
            cnonce: cnonce.as_bytes(),
        }),
        method,
        uri: uri.as_bytes(),
        body: b"",
    };
    input.digest(ha1).as_str().to_string()
}

const URI: &str = "sip:example.com";

/// What [`register`] asks for, without a body.
const REGISTER: ProtectedRequest<'static> = ProtectedRequest {
    method: Method::Register,
    request_uri: URI,
    cseq: 1,
    body: b"",
};

/// A request or response with the fields given.
fn message(start: &str, fields: &[(HeaderName, String)], body: &str) -> Message {
    let mut text = format!(
        "{start}\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@example.com>;tag=1\r\n\
         To: <sip:a@example.com>\r\nCall-ID: 1\r\nCSeq: 1 {}\r\nMax-Forwards: 70\r\n",
        start
            .split(' ')
            .next()
            .filter(|word| *word != "SIP/2.0")
            .unwrap_or("REGISTER"),
    );
    for (name, value) in fields {
        text.push_str(&format!("{}: {value}\r\n", name.as_str()));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    Message::parse(text.as_bytes(), &Limits::default()).unwrap()
}

fn response(fields: &[(HeaderName, String)]) -> Message {
    message("SIP/2.0 401 Unauthorized", fields, "")
}

fn register(fields: &[AuthorizationHeader]) -> Message {
    let fields: Vec<_> = fields
        .iter()
        .map(|one| (one.name, one.value.clone()))
        .collect();
    message(&format!("REGISTER {URI} SIP/2.0"), &fields, "")
}

fn guard(configure: impl FnOnce(&mut ServerAuthConfig)) -> ServerAuth {
    let mut config = ServerAuthConfig::new("example.com");
    configure(&mut config);
    ServerAuth::new(config, [3; 32])
}

fn users(user: &str, realm: &str, algorithm: HashAlgorithm) -> Option<Ha1> {
    let known = user == "alice" && realm == "example.com";
    known.then(|| Ha1::new(algorithm, "alice", "example.com", "wonderland"))
}

fn alice() -> [Account; 1] {
    [Account::new("alice", "wonderland")]
}

fn verify(guard: &mut ServerAuth, request: &Message) -> Verdict {
    guard.verify(Instant::ZERO, Challenger::Server, request, &users)
}

/// What a parameter says, between its quotes.
fn parameter(value: &str, name: &str) -> String {
    let start = format!("{name}=\"");
    let all = format!(" {value}");
    let (_, rest) = all.split_once(&format!(" {start}")).unwrap();
    rest.split_once('"').unwrap().0.into()
}

fn is_accepted(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Accepted(accepted) if accepted.username == "alice")
}
