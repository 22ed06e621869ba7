//! Why a handshake or a frame is refused (RFC 6455 §4, §7.4.1).

use core::fmt;

/// Why the head of an opening handshake was refused, and where.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct HandshakeError {
    /// What is wrong.
    pub kind: HandshakeErrorKind,
    /// Bytes from the start of the head to the line it is about; its length if something is
    /// missing.
    pub at: usize,
}

/// What is wrong with the head of an opening handshake.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HandshakeErrorKind {
    /// The head exceeds its limit.
    TooLong,
    /// The first line is not one of HTTP.
    StartLine,
    /// A line is no header field.
    Field,
    /// Another method than GET.
    Method,
    /// An HTTP version before 1.1.
    Version,
    /// Not exactly one Host.
    Host,
    /// Upgrade does not name websocket.
    Upgrade,
    /// Connection does not name Upgrade.
    Connection,
    /// Not exactly one Sec-WebSocket-Key, or not one of sixteen bytes.
    Key,
    /// Another Sec-WebSocket-Version than 13.
    WebSocketVersion,
    /// The subprotocol that is spoken here was not offered, or was not agreed to.
    Protocol,
    /// Sec-WebSocket-Accept does not answer the key.
    Accept,
    /// An extension nobody asked for.
    Extension,
    /// The server answered with this status instead of 101.
    Status(u16),
}

impl HandshakeErrorKind {
    /// The HTTP status that answers a request with this fault, and its phrase; `None` for what is
    /// wrong with a response, which nothing answers.
    #[must_use]
    pub const fn response(self) -> Option<(u16, &'static str)> {
        match self {
            Self::TooLong => Some((431, "Request Header Fields Too Large")),
            Self::Method => Some((405, "Method Not Allowed")),
            Self::Version => Some((505, "HTTP Version Not Supported")),
            // §4.2.2, §4.4: told with the version that is spoken here.
            Self::WebSocketVersion | Self::Upgrade => Some((426, "Upgrade Required")),
            Self::StartLine
            | Self::Field
            | Self::Host
            | Self::Connection
            | Self::Key
            | Self::Protocol => Some((400, "Bad Request")),
            Self::Accept | Self::Extension | Self::Status(_) => None,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::TooLong => "head too long",
            Self::StartLine => "malformed start line",
            Self::Field => "malformed header field",
            Self::Method => "another method than get",
            Self::Version => "http version before 1.1",
            Self::Host => "not exactly one host",
            Self::Upgrade => "no upgrade to websocket",
            Self::Connection => "no connection: upgrade",
            Self::Key => "missing or malformed key",
            Self::WebSocketVersion => "another websocket version than 13",
            Self::Protocol => "no common subprotocol",
            Self::Accept => "the key is not answered",
            Self::Extension => "an extension nobody asked for",
            Self::Status(_) => "refused by the server",
        }
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.text())?;
        match self.kind {
            HandshakeErrorKind::Status(status) => write!(f, " with status {status}"),
            HandshakeErrorKind::TooLong
            | HandshakeErrorKind::StartLine
            | HandshakeErrorKind::Field
            | HandshakeErrorKind::Method
            | HandshakeErrorKind::Version
            | HandshakeErrorKind::Host
            | HandshakeErrorKind::Upgrade
            | HandshakeErrorKind::Connection
            | HandshakeErrorKind::Key
            | HandshakeErrorKind::WebSocketVersion
            | HandshakeErrorKind::Protocol
            | HandshakeErrorKind::Accept
            | HandshakeErrorKind::Extension => write!(f, " at byte {}", self.at),
        }
    }
}

impl core::error::Error for HandshakeError {}

/// Why a frame was refused, and where.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FrameError {
    /// What is wrong.
    pub kind: FrameErrorKind,
    /// Bytes from the start of the frame to the place.
    pub at: usize,
}

/// What is wrong with a frame, or with the message it ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FrameErrorKind {
    /// A reserved bit is set, and no extension gives it a meaning (§5.2).
    ReservedBit,
    /// An opcode nobody has defined (§5.2).
    Opcode,
    /// A control frame that is a fragment (§5.5).
    FragmentedControl,
    /// A control frame of more than 125 bytes (§5.5).
    LongControl,
    /// A length written in more bytes than it needs (§5.2).
    LengthForm,
    /// The message exceeds its limit, or its length has the bit that must be zero (§5.2).
    TooLong,
    /// A client's frame is not masked (§5.1).
    Unmasked,
    /// A server's frame is masked (§5.1).
    Masked,
    /// A continuation of nothing (§5.4).
    Continuation,
    /// A new message before the last one ended (§5.4).
    Interleaved,
    /// A text message that is not UTF-8 (§8.1).
    Text,
    /// A Close with one byte, a code nobody may send, or a reason that is not UTF-8 (§5.5.1,
    /// §7.4).
    Close,
}

impl FrameErrorKind {
    /// The status code of the Close that answers it (§7.4.1).
    #[must_use]
    pub const fn close_code(self) -> u16 {
        match self {
            Self::TooLong => 1009,
            Self::Text => 1007,
            Self::ReservedBit
            | Self::Opcode
            | Self::FragmentedControl
            | Self::LongControl
            | Self::LengthForm
            | Self::Unmasked
            | Self::Masked
            | Self::Continuation
            | Self::Interleaved
            | Self::Close => 1002,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::ReservedBit => "a reserved bit is set",
            Self::Opcode => "unknown opcode",
            Self::FragmentedControl => "a control frame is fragmented",
            Self::LongControl => "a control frame is too long",
            Self::LengthForm => "a length is written too long",
            Self::TooLong => "message too long",
            Self::Unmasked => "a client's frame is not masked",
            Self::Masked => "a server's frame is masked",
            Self::Continuation => "a continuation of nothing",
            Self::Interleaved => "a message within a message",
            Self::Text => "a text that is not utf-8",
            Self::Close => "malformed close",
        }
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind.text(), self.at)
    }
}

impl core::error::Error for FrameError {}
