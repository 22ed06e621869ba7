//! RFC 6455 §4: the handshake.

use super::*;

fn first_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().next().unwrap_or_default().to_string()
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
