//! Finding messages in a stream (RFC 3261 §7.5, §18.3; RFC 5626 §3.5.1).

use alloc::vec::Vec;

use crate::Limits;

use super::scratch::Scratch;
use super::token::{Framing, error, tokenize};
use super::{ParseError, ParseErrorKind};

/// Cuts a stream into messages.
///
/// Push what arrives, then ask for frames until there is none. After an error the stream has lost
/// its step: nothing more comes out of it, and the connection has to be closed.
#[derive(Clone, Debug, Default)]
pub struct StreamFramer {
    buffer: Vec<u8>,
    /// Where the next frame starts.
    start: usize,
    /// How far the end of the header was looked for.
    searched: usize,
    /// Length of the message that starts at `start`, once its header is there.
    length: Option<usize>,
    scratch: Scratch,
    fault: Option<ParseError>,
}

/// What a stream was found to hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Frame<'a> {
    /// A whole message, for [`Message::parse`](super::Message::parse).
    Message(&'a [u8]),
    /// A CRLF between messages. A keep-alive ping is two of them, its answer is one
    /// (RFC 5626 §3.5.1); to everyone else they mean nothing (RFC 3261 §7.5).
    Crlf,
}

impl StreamFramer {
    /// For a fresh connection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.fault.is_some() {
            return;
        }
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.searched = self.searched.saturating_sub(self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// How many bytes wait for the rest of their message.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.buffer.len().saturating_sub(self.start)
    }

    /// The next frame; `None` until more bytes are pushed.
    ///
    /// # Errors
    /// The stream holds something that is no message, or one beyond the limits. The error stays.
    pub fn next_frame(&mut self, limits: &Limits) -> Result<Option<Frame<'_>>, ParseError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        match self.find(limits) {
            Ok(Found::Nothing) => Ok(None),
            Ok(Found::Crlf) => Ok(Some(Frame::Crlf)),
            Ok(Found::Message(start)) => Ok(self.buffer.get(start..self.start).map(Frame::Message)),
            Err(fault) => {
                self.fault = Some(fault);
                self.buffer = Vec::new();
                self.start = 0;
                Err(fault)
            }
        }
    }

    fn find(&mut self, limits: &Limits) -> Result<Found, ParseError> {
        if self.length.is_none() {
            match self.buffer.get(self.start..).unwrap_or_default() {
                // RFC 3261 §7.5: line ends before a start line are not part of a message.
                [b'\r', b'\n', ..] => {
                    self.start = self.start.saturating_add(2);
                    self.searched = self.start;
                    return Ok(Found::Crlf);
                }
                [] | [b'\r'] => return Ok(Found::Nothing),
                _ => {}
            }
            self.searched = self.searched.max(self.start);
            let Some(header) = self.end_of_header() else {
                if self.waiting() > limits.message_bytes {
                    return Err(error(ParseErrorKind::MessageTooLong, 0));
                }
                return Ok(Found::Nothing);
            };
            let header = self.buffer.get(self.start..header).unwrap_or_default();
            if header.len() > limits.message_bytes {
                return Err(error(ParseErrorKind::MessageTooLong, 0));
            }
            let mut fault = None;
            let head = tokenize(
                header,
                limits,
                Framing::Stream,
                &mut self.scratch,
                &mut fault,
            )?;
            if let Some(fault) = fault.filter(|fault| loses_step(fault.kind)) {
                return Err(fault);
            }
            if head.end as usize > limits.message_bytes {
                return Err(error(ParseErrorKind::MessageTooLong, 0));
            }
            self.length = Some(head.end as usize);
        }
        let length = self.length.unwrap_or_default();
        if self.buffer.len().saturating_sub(self.start) < length {
            return Ok(Found::Nothing);
        }
        let start = self.start;
        self.start = start.saturating_add(length);
        self.searched = self.start;
        self.length = None;
        Ok(Found::Message(start))
    }

    /// Where the empty line ends, looking only at what was not looked at before.
    fn end_of_header(&mut self) -> Option<usize> {
        let mut at = self.searched;
        while let Some(found) = crate::text::find_byte(self.buffer.get(at..)?, b'\n') {
            let newline = at.saturating_add(found);
            let line = self
                .buffer
                .get(newline.saturating_sub(3).max(self.start)..=newline);
            if line == Some(b"\r\n\r\n") {
                return Some(newline.saturating_add(1));
            }
            at = newline.saturating_add(1);
        }
        self.searched = self.buffer.len();
        None
    }
}

enum Found {
    Nothing,
    Crlf,
    Message(usize),
}

/// Whether a fault hides where the message ends. A message with another fault is cut out and
/// refused when it is parsed, and the stream goes on.
const fn loses_step(kind: ParseErrorKind) -> bool {
    match kind {
        ParseErrorKind::ContentLength
        | ParseErrorKind::ContentLengthConflict
        | ParseErrorKind::NoContentLength
        | ParseErrorKind::BodyTooLong
        | ParseErrorKind::BodyTruncated
        | ParseErrorKind::MessageTooLong
        | ParseErrorKind::Empty
        | ParseErrorKind::LineEnd
        | ParseErrorKind::NoEmptyLine
        | ParseErrorKind::FieldName
        | ParseErrorKind::TooManyFields => true,
        ParseErrorKind::StartLine
        | ParseErrorKind::Method
        | ParseErrorKind::RequestUri
        | ParseErrorKind::Version
        | ParseErrorKind::Status => false,
    }
}
