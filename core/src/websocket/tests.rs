use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::*;
use crate::rng::Rng;

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

fn first_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().next().unwrap_or_default().to_string()
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

// §1.3, §4.2.2.
#[test]
fn the_sample_key_is_answered_as_printed() {
    let response = answer(REQUEST.as_bytes(), "sip").unwrap();
    let text = String::from_utf8(response).unwrap();
    assert!(text.starts_with("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"));
    assert!(text.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    assert!(text.contains("\r\nSec-WebSocket-Protocol: sip\r\n"));
    assert!(text.ends_with("\r\n\r\n"));
}

// §4.2.1, §4.2.2 step 4.
#[test]
fn a_request_that_breaks_a_rule_is_told_which_status_it_earned() {
    let cases = [
        (
            "GET /chat HTTP/1.1",
            "POST /chat HTTP/1.1",
            "405 Method Not Allowed",
        ),
        (
            "GET /chat HTTP/1.1",
            "GET /chat HTTP/1.0",
            "505 HTTP Version Not Supported",
        ),
        ("GET /chat HTTP/1.1", "GET /chat", "400 Bad Request"),
        (
            "GET /chat HTTP/1.1",
            "INVITE sip:bob@example.com SIP/2.0",
            "400 Bad Request",
        ),
        ("Host: server.example.com\r\n", "", "400 Bad Request"),
        ("Host:", "Host: other.example\r\nHost:", "400 Bad Request"),
        ("Upgrade: websocket", "Upgrade: h2c", "426 Upgrade Required"),
        (
            "Connection: Upgrade",
            "Connection: keep-alive",
            "400 Bad Request",
        ),
        ("Version: 13", "Version: 8", "426 Upgrade Required"),
        (
            "dGhlIHNhbXBsZSBub25jZQ==",
            "dGhlIHNhbXBsZQ==",
            "400 Bad Request",
        ),
        ("dGhlIHNhbXBsZSBub25jZQ==", "not base64", "400 Bad Request"),
        (
            "Sec-WebSocket-Protocol: chat, sip\r\n",
            "",
            "400 Bad Request",
        ),
        ("chat, sip", "chat, SIP", "400 Bad Request"),
        ("Origin:", "Origin :", "400 Bad Request"),
        ("Origin:", "Origin: a\r\n folded:", "400 Bad Request"),
        ("Origin:", "no colon\r\nOrigin:", "400 Bad Request"),
        (
            "http://example.com",
            "http://exa\nmple.com",
            "400 Bad Request",
        ),
        (
            "http://example.com",
            "http://exa\0mple.com",
            "400 Bad Request",
        ),
    ];
    for (from, to, status) in cases {
        let request = REQUEST.replacen(from, to, 1);
        assert_ne!(request, REQUEST, "{from}");
        let error = answer(request.as_bytes(), "sip").unwrap_err();
        let refused = refusal(error).unwrap();
        assert_eq!(
            first_line(&refused),
            alloc::format!("HTTP/1.1 {status}"),
            "{from} → {to}"
        );
    }
    let old = REQUEST.replacen("Version: 13", "Version: 8", 1);
    let refused = refusal(answer(old.as_bytes(), "sip").unwrap_err()).unwrap();
    // §4.4.
    assert!(
        String::from_utf8(refused)
            .unwrap()
            .contains("\r\nSec-WebSocket-Version: 13\r\n")
    );
}

#[test]
fn names_and_tokens_of_a_handshake_are_compared_without_case_and_lists_are_lists() {
    let request = REQUEST
        .replacen("Upgrade: websocket", "UPGRADE:h2c , WebSocket", 1)
        .replacen(
            "Connection: Upgrade",
            "connection: keep-alive\r\nConnection: upgrade",
            1,
        )
        .replacen("chat, sip", "chat\r\nsec-websocket-protocol:\tsip", 1);
    assert!(answer(request.as_bytes(), "sip").is_ok());
}

#[test]
fn a_refused_request_is_answered_and_then_it_is_over() {
    let mut socket = WebSocket::server("sip", LIMITS);
    let request = REQUEST.replacen("GET", "PUT", 1);
    let seen = steps(&mut socket, request.as_bytes());
    assert_eq!(seen.len(), 2);
    assert!(seen[0].starts_with("send"));
    assert!(
        seen[1].contains("Handshake") && seen[1].contains("Method"),
        "{}",
        seen[1]
    );
    assert!(steps(&mut socket, REQUEST.as_bytes()).is_empty());
}

// A head of 100 kB, with and without an end.
#[test]
fn a_head_beyond_its_limit_is_refused_without_being_kept() {
    for end in ["", "\r\n\r\n"] {
        let mut socket = WebSocket::server("sip", LIMITS);
        let request = REQUEST.replacen(
            "\r\n\r\n",
            &alloc::format!("\r\nCookie: {}{end}", "x".repeat(100_000)),
            1,
        );
        let mut seen = Vec::new();
        for piece in request.as_bytes().chunks(700) {
            seen.extend(steps(&mut socket, piece));
        }
        assert_eq!(seen.len(), 2);
        assert!(seen[1].contains("TooLong"), "{}", seen[1]);
    }
}

// §4.1.
#[test]
fn a_client_believes_only_an_answer_to_its_own_key() {
    let handshake = ClientHandshake::new(&mut rng(), "sip");
    let request = handshake.request("server.example.com", "/");
    let response = String::from_utf8(answer(&request, "sip").unwrap()).unwrap();
    assert_eq!(handshake.verify(response.as_bytes()), Ok(()));
    let kind = |text: &str| handshake.verify(text.as_bytes()).unwrap_err().kind;
    let (before, accept) = response.split_once("Accept: ").unwrap();
    let other = if accept.starts_with('A') { 'B' } else { 'A' };
    let rest: String = accept.chars().skip(1).collect();
    let forged = alloc::format!("{before}Accept: {other}{rest}");
    assert_eq!(kind(&forged), HandshakeErrorKind::Accept);
    for (from, to, why) in [
        (
            "101 Switching Protocols",
            "401 Unauthorized",
            HandshakeErrorKind::Status(401),
        ),
        (
            "101 Switching Protocols",
            "1x1 Odd",
            HandshakeErrorKind::StartLine,
        ),
        ("HTTP/1.1", "SIP/2.0", HandshakeErrorKind::StartLine),
        (
            "Upgrade: websocket",
            "Upgrade: h2c",
            HandshakeErrorKind::Upgrade,
        ),
        (
            "Connection: Upgrade",
            "Connection: close",
            HandshakeErrorKind::Connection,
        ),
        (
            "Protocol: sip",
            "Protocol: chat",
            HandshakeErrorKind::Protocol,
        ),
        (
            "Sec-WebSocket-Protocol: sip\r\n",
            "",
            HandshakeErrorKind::Protocol,
        ),
        (
            "Upgrade: websocket",
            "Upgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate",
            HandshakeErrorKind::Extension,
        ),
    ] {
        assert_eq!(kind(&response.replacen(from, to, 1)), why);
    }
    let mut socket = WebSocket::client(handshake, LIMITS);
    let seen = steps(&mut socket, b"HTTP/1.1 403 Forbidden\r\n\r\n");
    assert_eq!(seen.len(), 1, "a response is not answered");
    assert!(seen[0].contains("Status(403)"));
}

// §4.1 rule 7.
#[test]
fn every_handshake_has_a_fresh_key_of_sixteen_bytes() {
    let mut rng = rng();
    let mut request = || {
        let handshake = ClientHandshake::new(&mut rng, "sip");
        let head = String::from_utf8(handshake.request("a.example", "/")).unwrap();
        let key = head
            .split("Key: ")
            .nth(1)
            .unwrap()
            .split("\r\n")
            .next()
            .unwrap();
        assert_eq!(
            crate::text::base64_decode(key.as_bytes()).unwrap().len(),
            16
        );
        key.to_string()
    };
    assert_ne!(request(), request());
}

// §5.7.
#[test]
fn the_examples_of_frames_are_read_and_written_as_printed() {
    let hello = b"Hello";
    let masked_hello = [
        0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
    ];
    assert_eq!(steps(&mut server(), &masked_hello), ["Text Hello"]);
    assert_eq!(masked(Opcode::Text, true, hello), masked_hello);
    let plain = [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
    assert_eq!(steps(&mut client(), &plain), ["Text Hello"]);
    let mut out = Vec::new();
    write_frame(Role::Server, &mut rng(), Opcode::Text, hello, &mut out);
    assert_eq!(out, plain);
    let fragments = [0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f];
    assert_eq!(steps(&mut client(), &fragments), ["Text Hello"]);
    // The answer to the Ping is masked: it comes from the client.
    let ping = [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
    let mut socket = client();
    socket.push(&ping);
    let Some(Step::Send(mut pong)) = socket.poll(&mut rng()) else {
        panic!("no pong");
    };
    let (header, length) = FrameHeader::parse(&pong).unwrap().unwrap();
    assert_eq!((header.opcode, header.length, length), (Opcode::Pong, 5, 6));
    apply_mask(header.mask.unwrap(), &mut pong[6..]);
    assert_eq!(&pong[6..], hello);
    for (length, start) in [
        (256_usize, &[0x82_u8, 0x7e, 0x01, 0x00][..]),
        (65_536, &[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]),
    ] {
        let mut out = Vec::new();
        write_frame(
            Role::Server,
            &mut rng(),
            Opcode::Binary,
            &alloc::vec![7; length],
            &mut out,
        );
        assert!(out.starts_with(start));
        assert_eq!(out.len(), start.len() + length);
        assert_eq!(steps(&mut client(), &out).len(), 1);
    }
}

#[test]
fn frames_come_whole_however_they_are_cut() {
    let mut all = masked(Opcode::Text, true, "grüße".as_bytes());
    all.extend(masked(Opcode::Ping, true, b"x"));
    all.extend(masked(Opcode::Binary, false, &[1, 2]));
    all.extend(masked(Opcode::Pong, true, b""));
    all.extend(masked(Opcode::Continuation, true, &[3]));
    all.extend(masked(Opcode::Text, true, b""));
    let whole = steps(&mut server(), &all);
    assert_eq!(whole.len(), 5);
    for size in 1..9 {
        let mut socket = server();
        let mut seen = Vec::new();
        for piece in all.chunks(size) {
            seen.extend(steps(&mut socket, piece));
        }
        assert_eq!(seen, whole, "{size}");
        assert!(!socket.is_waiting());
    }
}

// §5.1 to §5.5, §8.1.
#[test]
fn a_frame_that_breaks_a_rule_is_answered_with_its_close_code_and_then_it_is_over() {
    let close = |payload: &[u8]| masked(Opcode::Close, true, payload);
    let after = |mut first: Vec<u8>, second: Vec<u8>| {
        first.extend(second);
        first
    };
    let cases: [(&str, Vec<u8>, FrameErrorKind, u16); 19] = [
        (
            "compressed",
            [0xc1, 0x80].into(),
            FrameErrorKind::ReservedBit,
            1002,
        ),
        (
            "reserved",
            [0x91, 0x80].into(),
            FrameErrorKind::ReservedBit,
            1002,
        ),
        (
            "opcode 3",
            [0x83, 0x80].into(),
            FrameErrorKind::Opcode,
            1002,
        ),
        (
            "opcode 11",
            [0x8b, 0x80].into(),
            FrameErrorKind::Opcode,
            1002,
        ),
        (
            "part of a ping",
            [0x09, 0x80].into(),
            FrameErrorKind::FragmentedControl,
            1002,
        ),
        (
            "long ping",
            [0x89, 0xfe, 0, 126].into(),
            FrameErrorKind::LongControl,
            1002,
        ),
        (
            "unmasked",
            [0x81, 0x01, b'a'].into(),
            FrameErrorKind::Unmasked,
            1002,
        ),
        (
            "125 in two",
            [0x82, 0xfe, 0, 125].into(),
            FrameErrorKind::LengthForm,
            1002,
        ),
        (
            "65535 in eight",
            [0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff].into(),
            FrameErrorKind::LengthForm,
            1002,
        ),
        (
            "2^63",
            [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0].into(),
            FrameErrorKind::TooLong,
            1009,
        ),
        (
            "2^63 - 1",
            [
                0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
            ]
            .into(),
            FrameErrorKind::TooLong,
            1009,
        ),
        (
            "more than the limit in fragments",
            after(
                masked(Opcode::Binary, false, &alloc::vec![0; 150_000]),
                masked(Opcode::Continuation, true, &alloc::vec![0; 50_001]),
            ),
            FrameErrorKind::TooLong,
            1009,
        ),
        (
            "continuation of nothing",
            masked(Opcode::Continuation, true, b""),
            FrameErrorKind::Continuation,
            1002,
        ),
        (
            "message in message",
            after(
                masked(Opcode::Text, false, b"a"),
                masked(Opcode::Text, true, b"b"),
            ),
            FrameErrorKind::Interleaved,
            1002,
        ),
        (
            "latin-1",
            masked(Opcode::Text, true, &[0xfc]),
            FrameErrorKind::Text,
            1007,
        ),
        (
            "half a letter",
            after(
                masked(Opcode::Text, false, &[0xc3]),
                masked(Opcode::Continuation, true, b""),
            ),
            FrameErrorKind::Text,
            1007,
        ),
        (
            "close of one byte",
            close(&[3]),
            FrameErrorKind::Close,
            1002,
        ),
        (
            "close 1005",
            close(&1005_u16.to_be_bytes()),
            FrameErrorKind::Close,
            1002,
        ),
        (
            "close in latin-1",
            close(&[0x03, 0xe8, 0xfc]),
            FrameErrorKind::Close,
            1002,
        ),
    ];
    for (name, bytes, kind, code) in cases {
        let mut socket = server();
        let seen = steps(&mut socket, &bytes);
        assert_eq!(seen.len(), 2, "{name}: {seen:?}");
        let mut expected = Vec::new();
        write_frame(
            Role::Server,
            &mut rng(),
            Opcode::Close,
            &code.to_be_bytes(),
            &mut expected,
        );
        assert_eq!(seen[0], alloc::format!("send {expected:x?}"), "{name}");
        assert!(
            seen[1].contains(&alloc::format!("{kind:?}")),
            "{name}: {}",
            seen[1]
        );
        assert!(steps(&mut socket, &masked(Opcode::Text, true, b"late")).is_empty());
    }
    let seen = steps(&mut client(), &masked(Opcode::Text, true, b"a"));
    assert!(seen[1].contains("Masked"), "{seen:?}");
}

#[test]
fn a_letter_may_be_cut_by_a_fragment() {
    let mut all = masked(Opcode::Text, false, &[0xc3]);
    all.extend(masked(Opcode::Continuation, true, &[0xbc]));
    assert_eq!(steps(&mut server(), &all), ["Text ü"]);
}

// §5.5.3.
#[test]
fn of_a_flood_of_pings_the_last_is_answered() {
    let mut all = Vec::new();
    for number in 0..1000_u32 {
        all.extend(masked(Opcode::Ping, true, &number.to_be_bytes()));
    }
    all.extend(masked(Opcode::Text, true, b"after"));
    let mut pong = Vec::new();
    write_frame(
        Role::Server,
        &mut rng(),
        Opcode::Pong,
        &999_u32.to_be_bytes(),
        &mut pong,
    );
    assert_eq!(
        steps(&mut server(), &all),
        [alloc::format!("send {pong:x?}"), "Text after".to_string()]
    );
}

// §5.5.1, §7.1.
#[test]
fn a_close_is_answered_once_with_its_code() {
    let mut socket = server();
    let seen = steps(
        &mut socket,
        &masked(Opcode::Close, true, &3000_u16.to_be_bytes()),
    );
    assert_eq!(seen, ["send [88, 2, b, b8]", "Closed(Some(3000))"]);
    assert!(!socket.is_open());
    let mut socket = server();
    assert_eq!(
        socket.close(1001, &mut rng()).unwrap(),
        [0x88, 2, 0x03, 0xe9]
    );
    assert_eq!(socket.close(1001, &mut rng()), None);
    // What was under way still arrives.
    assert_eq!(
        steps(&mut socket, &masked(Opcode::Text, true, b"a")),
        ["Text a"]
    );
    let seen = steps(
        &mut socket,
        &masked(Opcode::Close, true, &1001_u16.to_be_bytes()),
    );
    assert_eq!(seen, ["Closed(Some(1001))"]);
    let seen = steps(&mut server(), &masked(Opcode::Close, true, &[]));
    assert_eq!(seen, ["send [88, 0]", "Closed(None)"]);
}

// §5.3.
#[test]
fn every_frame_of_a_client_has_a_mask_of_its_own() {
    let mut rng = rng();
    let mut mask = || {
        let mut out = Vec::new();
        write_frame(Role::Client, &mut rng, Opcode::Text, b"abc", &mut out);
        FrameHeader::parse(&out).unwrap().unwrap().0.mask.unwrap()
    };
    assert_ne!(mask(), mask());
}
