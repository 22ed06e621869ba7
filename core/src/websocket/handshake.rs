//! The opening handshake: what a client asks, and what a server answers (RFC 6455 §4).

use alloc::string::String;
use alloc::vec::Vec;

use super::error::{HandshakeError, HandshakeErrorKind};
use super::head::Head;
use crate::hash::{Hash, Sha1};
use crate::rng::Rng;
use crate::text::{base64_decode, base64_encode};

/// The version of the protocol there is (§4.1).
const VERSION: &str = "13";
/// What §1.3 appends to a key before it is hashed.
const ACCEPT_SUFFIX: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The value of Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (§4.2.2).
///
/// ```
/// let key = b"dGhlIHNhbXBsZSBub25jZQ==";
/// assert_eq!(offhook::websocket::accept_for(key), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// ```
#[must_use]
pub fn accept_for(key: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update(ACCEPT_SUFFIX);
    base64_encode(&hash.finish())
}

/// A client between its request and the server's answer.
#[derive(Clone, Debug)]
pub struct ClientHandshake {
    key: String,
    protocol: &'static str,
}

impl ClientHandshake {
    /// With a fresh key, for a subprotocol that has to be agreed to.
    #[must_use]
    pub fn new(rng: &mut Rng, protocol: &'static str) -> Self {
        let mut nonce = [0; 16];
        rng.fill(&mut nonce);
        Self {
            key: base64_encode(&nonce),
            protocol,
        }
    }

    /// The request to `host`, written as in a URI, for the resource `path` (§4.1).
    #[must_use]
    pub fn request(&self, host: &str, path: &str) -> Vec<u8> {
        alloc::format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {}\r\nSec-WebSocket-Protocol: {}\r\n\
             Sec-WebSocket-Version: {VERSION}\r\n\r\n",
            self.key,
            self.protocol,
        )
        .into_bytes()
    }

    /// Looks at the head of the response.
    ///
    /// # Errors
    /// The first rule of §4.1 it breaks: there is no connection then.
    pub fn verify(&self, head: &[u8]) -> Result<(), HandshakeError> {
        let head = Head::parse(head)?;
        let [version, status, _] = head.start_line()?;
        let bad_start = HandshakeError {
            kind: HandshakeErrorKind::StartLine,
            at: 0,
        };
        if !version.starts_with(b"HTTP/1.") {
            return Err(bad_start);
        }
        match status {
            b"101" => {}
            // Redirects and challenges are for whoever opened the connection.
            [b'1'..=b'9', b'0'..=b'9', b'0'..=b'9'] => {
                let digit = |byte: u8| u16::from(byte.wrapping_sub(b'0'));
                let number = status.iter().fold(0_u16, |sum, byte| {
                    sum.wrapping_mul(10).wrapping_add(digit(*byte))
                });
                return Err(HandshakeError {
                    kind: HandshakeErrorKind::Status(number),
                    at: 0,
                });
            }
            _ => return Err(bad_start),
        }
        let accept = head.single("Sec-WebSocket-Accept");
        let protocol = head.single("Sec-WebSocket-Protocol");
        let rules = [
            (
                head.has_token("Upgrade", "websocket"),
                HandshakeErrorKind::Upgrade,
            ),
            (
                head.has_token("Connection", "Upgrade"),
                HandshakeErrorKind::Connection,
            ),
            (
                accept == Some(accept_for(self.key.as_bytes()).as_bytes()),
                HandshakeErrorKind::Accept,
            ),
            (
                head.list("Sec-WebSocket-Extensions").next().is_none(),
                HandshakeErrorKind::Extension,
            ),
            // A server that does not name it back does not speak it.
            (
                protocol == Some(self.protocol.as_bytes()),
                HandshakeErrorKind::Protocol,
            ),
        ];
        hold(&head, &rules)
    }
}

/// What a server sends to accept the request with this head, if it offers `protocol` (§4.2).
///
/// # Errors
/// The first rule of §4.2.1 it breaks; [`refusal`] tells the client.
pub fn answer(head: &[u8], protocol: &str) -> Result<Vec<u8>, HandshakeError> {
    let head = Head::parse(head)?;
    let [method, target, version] = head.start_line()?;
    let key = head.single("Sec-WebSocket-Key").unwrap_or_default();
    let nonce = base64_decode(key).unwrap_or_default();
    let is_http = version
        .strip_prefix(b"HTTP/")
        .is_some_and(|rest| matches!(rest, [b'0'..=b'9', b'.', b'0'..=b'9']));
    let is_recent = is_http && !version.starts_with(b"HTTP/0") && version != b"HTTP/1.0";
    let rules = [
        (is_http && !target.is_empty(), HandshakeErrorKind::StartLine),
        (is_recent, HandshakeErrorKind::Version),
        (method == b"GET", HandshakeErrorKind::Method),
        (head.single("Host").is_some(), HandshakeErrorKind::Host),
        (
            head.has_token("Upgrade", "websocket"),
            HandshakeErrorKind::Upgrade,
        ),
        (
            head.has_token("Connection", "Upgrade"),
            HandshakeErrorKind::Connection,
        ),
        (
            head.single("Sec-WebSocket-Version") == Some(VERSION.as_bytes()),
            HandshakeErrorKind::WebSocketVersion,
        ),
        (nonce.len() == 16, HandshakeErrorKind::Key),
        // A subprotocol is a token, and its case counts (§11.5).
        (
            head.list("Sec-WebSocket-Protocol")
                .any(|offered| offered == protocol.as_bytes()),
            HandshakeErrorKind::Protocol,
        ),
    ];
    hold(&head, &rules)?;
    let response = alloc::format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n",
        accept_for(key),
    );
    Ok(response.into_bytes())
}

/// What a server sends before it closes a connection whose request it refuses: the status, and
/// what would have been right where HTTP has a field for it. `None` if nothing answers it.
#[must_use]
pub fn refusal(error: HandshakeError) -> Option<Vec<u8>> {
    let (status, phrase) = error.kind.response()?;
    let hint = match status {
        405 => "Allow: GET\r\n",
        // RFC 9110 §15.5.22: with what to upgrade to.
        426 => "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
        _ => "",
    };
    let connection = if status == 426 {
        "Upgrade, close"
    } else {
        "close"
    };
    let body = alloc::format!("{error}\n");
    let response = alloc::format!(
        "HTTP/1.1 {status} {phrase}\r\n{hint}Connection: {connection}\r\n\
         Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
        body.len(),
    );
    Some(response.into_bytes())
}

/// The first rule that does not hold.
fn hold(head: &Head<'_>, rules: &[(bool, HandshakeErrorKind)]) -> Result<(), HandshakeError> {
    match rules.iter().find(|(holds, _)| !holds) {
        Some((_, kind)) => Err(head.lacks(*kind)),
        None => Ok(()),
    }
}
