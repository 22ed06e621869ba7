//! One side of one WebSocket connection (RFC 6455 §4, §5, §7).
//!
//! ```text
//!   AwaitingRequest ── good ─▶ Answered ─┐
//!   AwaitingResponse ─ good ─────────────┴─▶ Open ── close() ─▶ Closing
//!        │ refused                            │ Close, fault       │ Close, fault
//!        ▼                                    ▼                    │
//!      Ending ◀───────────────────────────────┘                    │
//!        │ the user is told                                        │
//!        ▼                                                         │
//!       Over ◀─────────────────────────────────────────────────────┘
//! ```

use alloc::vec::Vec;

use super::error::{FrameError, FrameErrorKind, HandshakeError, HandshakeErrorKind};
use super::frame::{FrameHeader, Opcode, Role, apply_mask, write_frame};
use super::handshake::{ClientHandshake, answer, refusal};
use super::head;
use crate::rng::Rng;

/// The bounds of one connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WebSocketLimits {
    /// Bytes of the head of the other side's handshake.
    pub head_bytes: usize,
    /// Bytes of one message, over all its fragments.
    pub message_bytes: usize,
}

/// What became of the bytes that were pushed.
#[derive(PartialEq, Eq, Debug)]
pub enum Step<'a> {
    /// The handshake is over: messages may be sent.
    Open,
    /// A whole message.
    Message {
        /// [`Opcode::Text`], and it is UTF-8; or [`Opcode::Binary`].
        kind: Opcode,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// These bytes are for the other side, as they are.
    Send(Vec<u8>),
    /// A Pong came.
    Pong,
    /// It is over: the bytes given before are to be sent, and the connection closed.
    Ended(Ended),
}

/// Why it is over.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ended {
    /// The handshake failed.
    Handshake(HandshakeError),
    /// The other side closed, or answered our Close, with this status code (§7.1.5).
    Closed(Option<u16>),
    /// The other side broke a rule.
    Violation(FrameError),
}

/// One side of one connection. Push what arrives, then poll until there is nothing.
#[derive(Debug)]
pub struct WebSocket {
    role: Role,
    state: State,
    limits: WebSocketLimits,
    buffer: Vec<u8>,
    /// Where the next frame starts.
    start: usize,
    /// How far the end of the head was looked for.
    searched: usize,
    message: Vec<u8>,
    /// How much of a text message is known to be UTF-8.
    valid: usize,
    /// What the message is whose fragments are being gathered.
    gathering: Option<Opcode>,
    /// The payload of the last Ping that is not answered.
    ping: Option<Vec<u8>>,
}

#[derive(Debug)]
enum State {
    AwaitingResponse(ClientHandshake),
    AwaitingRequest(&'static str),
    /// The 101 was handed out.
    Answered,
    Open,
    /// Our Close was handed out.
    Closing,
    /// The last bytes were handed out.
    Ending(Ended),
    Over,
}

/// A whole frame in the buffer.
struct Frame {
    header: FrameHeader,
    payload: core::ops::Range<usize>,
}

impl WebSocket {
    /// The client's side; the request of `handshake` was sent, or will be before anything else.
    #[must_use]
    pub fn client(handshake: ClientHandshake, limits: WebSocketLimits) -> Self {
        Self::new(Role::Client, State::AwaitingResponse(handshake), limits)
    }

    /// The server's side, which speaks `protocol` and nothing else.
    #[must_use]
    pub fn server(protocol: &'static str, limits: WebSocketLimits) -> Self {
        Self::new(Role::Server, State::AwaitingRequest(protocol), limits)
    }

    const fn new(role: Role, state: State, limits: WebSocketLimits) -> Self {
        Self {
            role,
            state,
            limits,
            buffer: Vec::new(),
            start: 0,
            searched: 0,
            message: Vec::new(),
            valid: 0,
            gathering: None,
            ping: None,
        }
    }

    /// Takes the next bytes of the connection.
    pub fn push(&mut self, bytes: &[u8]) {
        if matches!(self.state, State::Ending(_) | State::Over) {
            return;
        }
        if self.start > 0 {
            self.buffer.drain(..self.start.min(self.buffer.len()));
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// What comes next of what was pushed; `None` until there is more.
    pub fn poll(&mut self, rng: &mut Rng) -> Option<Step<'_>> {
        match &self.state {
            State::AwaitingResponse(_) | State::AwaitingRequest(_) => self.shake_hands(),
            State::Answered => {
                self.state = State::Open;
                Some(Step::Open)
            }
            State::Open | State::Closing => match self.read_frames() {
                Ok(found) => self.step(found, rng),
                Err(fault) => {
                    let close = close_frame(self.role, rng, Some(fault.kind.close_code()));
                    Some(self.end(Ended::Violation(fault), close))
                }
            },
            State::Ending(why) => {
                let why = *why;
                self.state = State::Over;
                Some(Step::Ended(why))
            }
            State::Over => None,
        }
    }

    /// Whether messages may be sent.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// Which side this is.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Whether the other side has begun something, a head or a message, that it has not ended.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.start < self.buffer.len() || self.gathering.is_some()
    }

    /// The Close to send (§7.1.2); `None` if there is nothing to close.
    pub fn close(&mut self, code: u16, rng: &mut Rng) -> Option<Vec<u8>> {
        if !self.is_open() {
            return None;
        }
        self.state = State::Closing;
        Some(close_frame(self.role, rng, Some(code)))
    }

    fn shake_hands(&mut self) -> Option<Step<'_>> {
        let length = head::length(&self.buffer, &mut self.searched);
        let known = length.unwrap_or(self.buffer.len());
        if known > self.limits.head_bytes {
            return self.refuse(HandshakeError {
                kind: HandshakeErrorKind::TooLong,
                at: self.limits.head_bytes,
            });
        }
        let head = self.buffer.get(..length?).unwrap_or_default();
        let verdict = match &self.state {
            State::AwaitingResponse(handshake) => handshake.verify(head).map(|()| None),
            State::AwaitingRequest(protocol) => answer(head, protocol).map(Some),
            State::Answered | State::Open | State::Closing | State::Ending(_) | State::Over => {
                return None;
            }
        };
        match verdict {
            Ok(None) => {
                self.start = head.len();
                self.state = State::Open;
                Some(Step::Open)
            }
            Ok(Some(response)) => {
                self.start = head.len();
                self.state = State::Answered;
                Some(Step::Send(response))
            }
            Err(error) => self.refuse(error),
        }
    }

    /// §4.1, §4.2.1: there will be no connection.
    fn refuse(&mut self, error: HandshakeError) -> Option<Step<'_>> {
        let answer = match self.role {
            Role::Server => refusal(error),
            Role::Client => None,
        };
        self.forget();
        self.state = match answer {
            Some(_) => State::Ending(Ended::Handshake(error)),
            None => State::Over,
        };
        Some(match answer {
            Some(answer) => Step::Send(answer),
            None => Step::Ended(Ended::Handshake(error)),
        })
    }

    /// What the frames that are whole came to.
    fn step(&mut self, found: Found, rng: &mut Rng) -> Option<Step<'_>> {
        match found {
            Found::Nothing => None,
            Found::Message(kind) => Some(Step::Message {
                kind,
                bytes: &self.message,
            }),
            Found::Pong => Some(Step::Pong),
            // §5.5.3: what the Ping said, word for word.
            Found::Ping(payload) => {
                let mut pong = Vec::with_capacity(payload.len().saturating_add(6));
                write_frame(self.role, rng, Opcode::Pong, &payload, &mut pong);
                Some(Step::Send(pong))
            }
            // §5.5.1: answered with the code it had.
            Found::Close(code) => {
                let close = close_frame(self.role, rng, code);
                Some(self.end(Ended::Closed(code), close))
            }
        }
    }

    /// §7.1.7, §5.5.1: one Close from each side, then nothing.
    fn end(&mut self, why: Ended, close: Vec<u8>) -> Step<'_> {
        self.forget();
        if self.is_open() {
            self.state = State::Ending(why);
            Step::Send(close)
        } else {
            self.state = State::Over;
            Step::Ended(why)
        }
    }

    fn forget(&mut self) {
        self.buffer = Vec::new();
        self.message = Vec::new();
        self.start = 0;
        self.gathering = None;
        self.ping = None;
    }

    /// Takes frames until one of them comes to something.
    fn read_frames(&mut self) -> Result<Found, FrameError> {
        loop {
            let frame = self.next_frame()?;
            // §5.5.3: of Pings that follow each other the last may be answered alone, so that an
            // answer is never more than what was asked.
            if !matches!(&frame, Some(frame) if frame.header.opcode == Opcode::Ping) {
                if let Some(payload) = self.ping.take() {
                    return Ok(Found::Ping(payload));
                }
            }
            let Some(Frame { header, payload }) = frame else {
                return Ok(Found::Nothing);
            };
            self.start = payload.end;
            let payload = self.buffer.get_mut(payload).unwrap_or_default();
            if let Some(mask) = header.mask {
                apply_mask(mask, payload);
            }
            match header.opcode {
                Opcode::Ping => self.ping = Some(payload.to_vec()),
                Opcode::Pong => return Ok(Found::Pong),
                Opcode::Close => return close_code(payload).map(Found::Close),
                Opcode::Text | Opcode::Binary => {
                    self.message.clear();
                    self.valid = 0;
                    self.message.extend_from_slice(payload);
                    self.gathering = Some(header.opcode);
                }
                Opcode::Continuation => self.message.extend_from_slice(payload),
            }
            if header.opcode.is_control() {
                continue;
            }
            if self.gathering == Some(Opcode::Text) {
                self.check_text(header.is_final)?;
            }
            if header.is_final {
                if let Some(kind) = self.gathering.take() {
                    return Ok(Found::Message(kind));
                }
            }
        }
    }

    /// §5.6, §8.1: the whole message is UTF-8; a fragment may end within a letter.
    fn check_text(&mut self, is_final: bool) -> Result<(), FrameError> {
        let unchecked = self.message.get(self.valid..).unwrap_or_default();
        match core::str::from_utf8(unchecked) {
            Ok(text) => self.valid = self.valid.saturating_add(text.len()),
            Err(error) if error.error_len().is_none() && !is_final => {
                self.valid = self.valid.saturating_add(error.valid_up_to());
            }
            Err(_) => return Err(fault(FrameErrorKind::Text, 0)),
        }
        Ok(())
    }

    /// The next frame, still masked; `None` until all of it is here. A frame that breaks a rule is
    /// refused as soon as its header is here. It stays in the buffer: a Ping before it may want its
    /// answer first.
    fn next_frame(&self) -> Result<Option<Frame>, FrameError> {
        let rest = self.buffer.get(self.start..).unwrap_or_default();
        let Some((header, header_length)) = FrameHeader::parse(rest)? else {
            return Ok(None);
        };
        match (self.role, header.mask) {
            (Role::Server, None) => return Err(fault(FrameErrorKind::Unmasked, 1)),
            (Role::Client, Some(_)) => return Err(fault(FrameErrorKind::Masked, 1)),
            (Role::Server, Some(_)) | (Role::Client, None) => {}
        }
        let gathered = match (header.opcode, self.gathering) {
            (Opcode::Continuation, None) => return Err(fault(FrameErrorKind::Continuation, 0)),
            (Opcode::Text | Opcode::Binary, Some(_)) => {
                return Err(fault(FrameErrorKind::Interleaved, 0));
            }
            (Opcode::Continuation, Some(_)) => self.message.len(),
            (Opcode::Text | Opcode::Binary, None) => 0,
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => 0,
        };
        let length = usize::try_from(header.length).unwrap_or(usize::MAX);
        if length.saturating_add(gathered) > self.limits.message_bytes
            && !header.opcode.is_control()
        {
            return Err(fault(FrameErrorKind::TooLong, 1));
        }
        let start = self.start.saturating_add(header_length);
        let payload = start..start.saturating_add(length);
        let is_whole = payload.end <= self.buffer.len();
        Ok(is_whole.then_some(Frame { header, payload }))
    }
}

enum Found {
    Nothing,
    Message(Opcode),
    Ping(Vec<u8>),
    Pong,
    Close(Option<u16>),
}

const fn fault(kind: FrameErrorKind, at: usize) -> FrameError {
    FrameError { kind, at }
}

/// The status code of a Close, if it has a body (§5.5.1).
fn close_code(payload: &[u8]) -> Result<Option<u16>, FrameError> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return match payload {
            [] => Ok(None),
            [..] => Err(fault(FrameErrorKind::Close, 2)),
        };
    };
    let code = u16::from_be_bytes(*code);
    // §7.4: codes that only say something locally are never sent; the others below 3000 are those
    // of the RFC and its registry.
    let is_sendable = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    if !is_sendable || core::str::from_utf8(reason).is_err() {
        return Err(fault(FrameErrorKind::Close, 2));
    }
    Ok(Some(code))
}

fn close_frame(sender: Role, rng: &mut Rng, code: Option<u16>) -> Vec<u8> {
    let mut out = Vec::with_capacity(8);
    match code {
        Some(code) => write_frame(sender, rng, Opcode::Close, &code.to_be_bytes(), &mut out),
        None => write_frame(sender, rng, Opcode::Close, &[], &mut out),
    }
    out
}
