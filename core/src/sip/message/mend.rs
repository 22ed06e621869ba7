//! The lenient reader: allowed deviations are put right before the strict reader sees the message
//! (RFC 4475 §3.1.2: what a liberal receiver ignores must not be in what it forwards).
//!
//! So there is one tokenizer and one grammar, and what is forwarded is well formed whatever came.

use alloc::vec::Vec;

use crate::Limits;
use crate::text::{Class, find_byte};

use super::{Deviation, HeaderName, Message, MessageView, ParseError, Policy, Scratch};

/// One deviation that was put right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mend {
    /// What was let pass.
    pub deviation: Deviation,
    /// Bytes from the start of what came to the place.
    pub at: u32,
    /// Bytes that were there.
    removed: u32,
    /// Where the replacement stands, and how long it is.
    new: u32,
    inserted: u32,
}

/// A message with its deviations put right; reusable room for one at a time.
#[derive(Clone, Debug, Default)]
pub struct Mended {
    bytes: Vec<u8>,
    mends: Vec<Mend>,
}

impl Mended {
    /// Room for one message; allocates only when there is something to put right.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            mends: Vec::new(),
        }
    }

    /// Puts right what the policy lets pass, and gives the message: `original` itself if there was
    /// nothing. One pass over the header; a message beyond the limits is left alone.
    pub fn mend<'a>(&'a mut self, original: &'a [u8], limits: &Limits, policy: Policy) -> &'a [u8] {
        self.bytes.clear();
        self.mends.clear();
        let longest = limits.message_bytes.min(u32::MAX as usize);
        if policy != Policy::STRICT && original.len() <= longest {
            let mut mender = Mender {
                original,
                policy,
                copied: 0,
                mended: self,
            };
            mender.message();
            mender.rest();
        }
        self.bytes(original)
    }

    /// What was put right in the last message, in order.
    #[must_use]
    pub fn mends(&self) -> &[Mend] {
        &self.mends
    }

    /// The last message again.
    #[must_use]
    pub fn bytes<'a>(&'a self, original: &'a [u8]) -> &'a [u8] {
        if self.mends.is_empty() {
            original
        } else {
            &self.bytes
        }
    }

    /// Where in the original a place of the mended message is.
    #[must_use]
    pub fn original(&self, at: u32) -> u32 {
        let before = self.mends.partition_point(|mend| mend.new <= at);
        let Some(mend) = before.checked_sub(1).and_then(|last| self.mends.get(last)) else {
            return at;
        };
        let into = at.saturating_sub(mend.new);
        match into.checked_sub(mend.inserted) {
            Some(behind) => mend.at.saturating_add(mend.removed).saturating_add(behind),
            None => mend.at.saturating_add(into.min(mend.removed)),
        }
    }
}

impl<'a, 's> MessageView<'a, 's> {
    /// As [`parse`](Self::parse), and lets pass what the policy allows. With
    /// [`Policy::STRICT`] it is the same; otherwise the view may borrow the mended bytes.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); the place is that of the original bytes.
    pub fn parse_with(
        bytes: &'a [u8],
        limits: &Limits,
        policy: Policy,
        scratch: &'s mut Scratch,
        mended: &'a mut Mended,
    ) -> Result<Self, ParseError> {
        if policy == Policy::STRICT {
            return Self::parse(bytes, limits, scratch);
        }
        mended.mend(bytes, limits, policy);
        let mended = &*mended;
        Self::parse(mended.bytes(bytes), limits, scratch).map_err(|error| ParseError {
            kind: error.kind,
            at: mended.original(error.at),
        })
    }
}

impl Message {
    /// As [`parse`](Self::parse), and lets pass what the policy allows. What it let pass is put
    /// right in the message.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); the place is that of the original bytes.
    pub fn parse_with(bytes: &[u8], limits: &Limits, policy: Policy) -> Result<Self, ParseError> {
        let mut scratch = Scratch::new();
        let mut mended = Mended::new();
        MessageView::parse_with(bytes, limits, policy, &mut scratch, &mut mended)
            .map(|view| view.to_message())
    }
}

/// One line of the header as places; `next` is where the following one starts.
#[derive(Clone, Copy)]
struct Line {
    start: usize,
    end: usize,
    next: usize,
}

/// The line at `start`, ended by CRLF, LF or the end of the bytes; `None` at their end.
fn line(bytes: &[u8], start: usize) -> Option<Line> {
    let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
    let (length, next) = match find_byte(rest, b'\n') {
        Some(newline) => (newline, start.saturating_add(newline).saturating_add(1)),
        None => (rest.len(), bytes.len()),
    };
    let text = rest.get(..length).unwrap_or_default();
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    Some(Line {
        start,
        end: start.saturating_add(text.len()),
        next,
    })
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

pub(super) struct Mender<'a, 'm> {
    original: &'a [u8],
    pub(super) policy: Policy,
    /// How far the original is copied.
    copied: usize,
    mended: &'m mut Mended,
}

impl<'a> Mender<'a, '_> {
    pub(super) fn slice(&self, start: usize, end: usize) -> &'a [u8] {
        self.original.get(start..end).unwrap_or_default()
    }

    /// Replaces a place of the original, if the policy allows it. Places come in order.
    pub(super) fn replace(&mut self, deviation: Deviation, start: usize, end: usize, new: &[u8]) {
        if !self.policy.allows(deviation) || start < self.copied {
            return;
        }
        let before = self.slice(self.copied, start);
        self.mended.bytes.extend_from_slice(before);
        self.mended.mends.push(Mend {
            deviation,
            at: start as u32,
            removed: end.saturating_sub(start) as u32,
            new: self.mended.bytes.len() as u32,
            inserted: new.len() as u32,
        });
        self.mended.bytes.extend_from_slice(new);
        self.copied = end;
    }

    /// Copies what is left, if anything was replaced.
    fn rest(&mut self) {
        if !self.mended.mends.is_empty() {
            let rest = self.slice(self.copied, self.original.len());
            self.mended.bytes.extend_from_slice(rest);
        }
    }

    fn message(&mut self) {
        let mut start = 0;
        // RFC 3261 §7.5: line ends before the start line are ignored, here bare ones too.
        while let Some(line) = line(self.original, start).filter(|line| line.start == line.end) {
            if line.next == self.original.len() {
                return;
            }
            self.line_end(line);
            start = line.next;
        }
        let too_long = self.excessive_length(start);
        let mut is_first = true;
        while let Some(line) = line(self.original, start) {
            if line.start == line.end {
                self.line_end(line);
                return;
            }
            if is_first {
                self.start_line(line);
            } else {
                self.row(line.start, line.end);
            }
            if let Some((_, value, body)) = too_long.filter(|(row, ..)| *row == line.start) {
                let mut length = Vec::new();
                crate::sip::header::Value::write(&body, &mut length);
                self.replace(
                    Deviation::LengthBeyondDatagram,
                    value,
                    value.saturating_add(digits(self.slice(value, line.end))),
                    &length,
                );
            }
            is_first = false;
            if line.next == self.original.len() {
                let has_line_end = self.original.ends_with(b"\n");
                if has_line_end {
                    self.line_end(line);
                }
                let new: &[u8] = if has_line_end { b"\r\n" } else { b"\r\n\r\n" };
                let end = if has_line_end { line.next } else { line.end };
                self.replace(Deviation::NoEmptyLine, end, line.next, new);
                return;
            }
            self.line_end(line);
            start = line.next;
        }
    }

    fn line_end(&mut self, line: Line) {
        if self.slice(line.end, line.next) == b"\n" {
            self.replace(Deviation::BareLineFeed, line.end, line.next, b"\r\n");
        }
    }

    /// The one Content-Length that says more than there is: its row, its value, and what there is.
    /// With two rows nobody can say which one was meant, so neither is touched.
    fn excessive_length(&self, from: usize) -> Option<(usize, usize, u32)> {
        if !self.policy.allows(Deviation::LengthBeyondDatagram) {
            return None;
        }
        let mut start = from;
        let mut found = None;
        while let Some(line) = line(self.original, start) {
            start = line.next;
            if line.start == line.end {
                break;
            }
            let text = self.slice(line.start, line.end);
            let name = find_byte(text, b':').and_then(|colon| text.get(..colon));
            let Some(name) = name else { continue };
            if HeaderName::from_bytes(name.trim_ascii_end()) != HeaderName::ContentLength {
                continue;
            }
            if found.is_some() {
                return None;
            }
            let value = text.get(name.len().saturating_add(1)..).unwrap_or_default();
            found = Some((line, value));
        }
        let (line, value) = found?;
        let number = value.trim_ascii();
        if !Class::DIGIT.holds(number) {
            return None;
        }
        let body = self.original.len().saturating_sub(start);
        let wanted = number.iter().fold(0_usize, |n, digit| {
            n.saturating_mul(10)
                .saturating_add(usize::from(digit.wrapping_sub(b'0')))
        });
        let value = line.end.saturating_sub(value.trim_ascii_start().len());
        (wanted > body).then_some((line.start, value, body as u32))
    }

    fn start_line(&mut self, line: Line) {
        let mut words = [(0, 0); 3];
        let mut at = line.start;
        for word in &mut words {
            let start = at.saturating_add(blanks(self.slice(at, line.end)));
            let rest = self.slice(start, line.end);
            let length = rest.iter().position(|b| is_blank(*b)).unwrap_or(rest.len());
            at = start.saturating_add(length);
            *word = (start, at);
        }
        let [first, second, third] = words;
        let is_response = self
            .slice(first.0, first.1)
            .get(..4)
            .is_some_and(|protocol| protocol.eq_ignore_ascii_case(b"SIP/"));
        let space = Deviation::StartLineSpaces;
        if is_response {
            self.gap(space, line.start, first.0, b"");
            self.gap(space, first.1, second.0, b" ");
            if second.1 == line.end && second.0 < second.1 {
                self.replace(Deviation::NoReasonSpace, line.end, line.end, b" ");
            }
            return;
        }
        let behind = at.saturating_add(blanks(self.slice(at, line.end)));
        if third.0 == third.1 || behind < line.end {
            // Not three words: a space inside one of them, and nobody can say which.
            return;
        }
        self.gap(space, line.start, first.0, b"");
        self.gap(space, first.1, second.0, b" ");
        self.request_uri(second.0, second.1);
        self.gap(space, second.1, third.0, b" ");
        self.gap(space, third.1, line.end, b"");
    }

    fn gap(&mut self, deviation: Deviation, start: usize, end: usize, new: &[u8]) {
        if self.slice(start, end) != new {
            self.replace(deviation, start, end, new);
        }
    }
}

fn blanks(bytes: &[u8]) -> usize {
    let count = bytes.iter().position(|b| !is_blank(*b));
    count.unwrap_or(bytes.len())
}

fn digits(bytes: &[u8]) -> usize {
    let count = bytes.iter().position(|b| !b.is_ascii_digit());
    count.unwrap_or(bytes.len())
}
