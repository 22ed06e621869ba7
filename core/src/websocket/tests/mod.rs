//! RFC 6455: both ends, octet by octet.

mod control;
mod frames;
mod handshake;

use super::*;
use crate::rng::Rng;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const LIMITS: WebSocketLimits = WebSocketLimits {
    head_bytes: 1024,
    message_bytes: 200_000,
};

/// §1.2, with what RFC 7118 §4.1 adds.
const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Origin: http://example.com\r\nSec-WebSocket-Protocol: chat, sip\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

fn rng() -> Rng {
    Rng::from_seed([3; 32])
}

/// Everything that comes of `bytes`, as text.
fn steps(socket: &mut WebSocket, bytes: &[u8]) -> Vec<String> {
    let mut rng = rng();
    socket.push(bytes);
    let mut all = Vec::new();
    while let Some(step) = socket.poll(&mut rng) {
        all.push(match step {
            Step::Open => "open".to_string(),
            Step::Message { kind, bytes } => {
                alloc::format!("{kind:?} {}", String::from_utf8_lossy(bytes))
            }
            Step::Send(bytes) => alloc::format!("send {:x?}", bytes),
            Step::Pong => "pong".to_string(),
            Step::Ended(why) => alloc::format!("{why:?}"),
        });
    }
    all
}

/// A server's side that is open.
fn server() -> WebSocket {
    let mut socket = WebSocket::server("sip", LIMITS);
    assert_eq!(
        steps(&mut socket, REQUEST.as_bytes()).last().unwrap(),
        "open"
    );
    socket
}

/// A client's side that is open.
fn client() -> WebSocket {
    let handshake = ClientHandshake::new(&mut rng(), "sip");
    let request = handshake.request("server.example.com", "/");
    let mut socket = WebSocket::client(handshake, LIMITS);
    let response = answer(&request, "sip").unwrap();
    assert_eq!(steps(&mut socket, &response), ["open"]);
    socket
}

fn masked(opcode: Opcode, is_final: bool, payload: &[u8]) -> Vec<u8> {
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    let header = FrameHeader {
        is_final,
        opcode,
        mask: Some(mask),
        length: payload.len() as u64,
    };
    let mut out = Vec::new();
    header.write(&mut out);
    let start = out.len();
    out.extend_from_slice(payload);
    apply_mask(mask, &mut out[start..]);
    out
}
