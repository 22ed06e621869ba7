//! What cuts the bytes of a connection into messages (RFC 3261 §18.3, RFC 4168 §3.2, RFC 7118 §5).

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::stats::DropReason;
use crate::limits::Limits;
use crate::machine::Transport;
use crate::rng::Rng;
use crate::sip::message::{Frame, StreamFramer};
use crate::websocket::{ClientHandshake, Ended, Step, WebSocket, WebSocketLimits};

/// The subprotocol of RFC 7118 §4.1.
const SUBPROTOCOL: &str = "sip";
/// The resource a client asks for: RFC 7118 names none.
const RESOURCE: &str = "/";
/// Bytes of the head of a WebSocket handshake; cookies and tokens of web sites have room in it.
const HEAD_BYTES: usize = 8192;

/// The framing of one connection.
#[derive(Debug)]
pub(crate) enum Framing {
    /// Messages that say their length.
    Sip(Box<StreamFramer>),
    /// One message in each message of a WebSocket.
    WebSocket(Box<WebSocket>),
    /// One message each time.
    Whole(Box<Whole>),
}

/// The last message of a connection that keeps them apart.
#[derive(Debug, Default)]
pub(crate) struct Whole {
    message: Vec<u8>,
    /// Whether nobody has looked at it yet.
    is_new: bool,
}

/// What a look into a connection brought.
#[derive(Debug)]
pub(crate) enum StreamItem<'a> {
    /// A whole message.
    Message(&'a [u8]),
    /// So many line ends between messages.
    Crlfs(u8),
    /// These bytes go back as they are.
    Send(Vec<u8>),
    /// Messages may be sent from now on.
    Open,
    /// Something that only shows that the other side lives.
    Alive,
    /// Nothing more can come: it is to be closed. With a reason if somebody is at fault.
    Ended(Option<DropReason>),
}

impl<'a> StreamItem<'a> {
    /// What a message of the transport is: RFC 7118 §6 has a keep-alive of RFC 5626 be one too.
    fn of_message(bytes: &'a [u8]) -> Self {
        match bytes {
            b"\r\n\r\n" => Self::Crlfs(2),
            b"\r\n" => Self::Crlfs(1),
            _ => Self::Message(bytes),
        }
    }
}

impl Framing {
    /// For a connection of SIP itself.
    pub(crate) fn sip(transport: Transport) -> Self {
        match transport {
            // RFC 4168 §3.2: SCTP keeps messages apart, whatever they say of their length.
            Transport::Sctp => Self::Whole(Box::default()),
            Transport::Udp
            | Transport::Tcp
            | Transport::Tls
            | Transport::Ws
            | Transport::Wss
            | Transport::TlsSctp => Self::Sip(Box::default()),
        }
    }

    /// For a WebSocket that was accepted.
    pub(crate) fn websocket_server(limits: &Limits) -> Self {
        Self::WebSocket(Box::new(WebSocket::server(
            SUBPROTOCOL,
            websocket_limits(limits),
        )))
    }

    /// For a WebSocket to `host` that was opened, and the request to send first.
    pub(crate) fn websocket_client(limits: &Limits, rng: &mut Rng, host: &str) -> (Self, Vec<u8>) {
        let handshake = ClientHandshake::new(rng, SUBPROTOCOL);
        let request = handshake.request(host, RESOURCE);
        let socket = WebSocket::client(handshake, websocket_limits(limits));
        (Self::WebSocket(Box::new(socket)), request)
    }

    /// Takes the next bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        match self {
            Self::Sip(framer) => framer.push(bytes),
            Self::WebSocket(socket) => socket.push(bytes),
            Self::Whole(last) => {
                last.message.clear();
                last.message.extend_from_slice(bytes);
                last.is_new = true;
            }
        }
    }

    /// What comes next; none when the rest is not here yet.
    pub(crate) fn next(&mut self, limits: &Limits, rng: &mut Rng) -> Option<StreamItem<'_>> {
        match self {
            Self::Sip(framer) => match framer.next_frame(limits) {
                Ok(Some(Frame::Message(bytes))) => Some(StreamItem::Message(bytes)),
                Ok(Some(Frame::Crlf)) => Some(StreamItem::Crlfs(1)),
                Ok(None) => None,
                Err(_) => Some(StreamItem::Ended(Some(DropReason::BrokenStream))),
            },
            Self::WebSocket(socket) => Some(match socket.poll(rng)? {
                Step::Open => StreamItem::Open,
                Step::Message { bytes, .. } => StreamItem::of_message(bytes),
                Step::Send(bytes) => StreamItem::Send(bytes),
                Step::Pong => StreamItem::Alive,
                Step::Ended(Ended::Closed(_)) => StreamItem::Ended(None),
                Step::Ended(Ended::Handshake(_)) => StreamItem::Ended(Some(DropReason::Handshake)),
                Step::Ended(Ended::Violation(_)) => {
                    StreamItem::Ended(Some(DropReason::BrokenStream))
                }
            }),
            Self::Whole(last) => {
                let is_new = core::mem::take(&mut last.is_new);
                is_new.then_some(StreamItem::of_message(&last.message))
            }
        }
    }

    /// Whether the other side has begun something that it has not ended.
    pub(crate) fn is_waiting(&self) -> bool {
        match self {
            Self::Sip(framer) => framer.waiting() > 0,
            Self::WebSocket(socket) => socket.is_waiting(),
            Self::Whole(_) => false,
        }
    }
}

const fn websocket_limits(limits: &Limits) -> WebSocketLimits {
    WebSocketLimits {
        head_bytes: HEAD_BYTES,
        message_bytes: limits.message_bytes,
    }
}
