//! A description as lines (RFC 8866 §5), and a value as words.

use crate::text::{find_byte, first_is_less};

use super::error::{SdpError, SdpErrorKind};
use super::parse::{DescriptionLimits, Tolerance};

/// One line without its end.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) letter: u8,
    pub(super) value: &'a [u8],
    /// The value, if all of the description is UTF-8.
    text: Option<&'a str>,
}

impl<'a> Line<'a> {
    /// The value as text; `None` if it is not UTF-8.
    #[inline]
    pub(super) fn text(&self) -> Option<&'a str> {
        match self.text {
            Some(text) => Some(text),
            None => core::str::from_utf8(self.value).ok(),
        }
    }
}

/// Goes from line to line.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    /// All of it, if it is UTF-8: checked here once, so that no line is checked by itself.
    text: Option<&'a str>,
    /// Where the line at hand begins.
    start: usize,
    /// Where the next one begins.
    next: usize,
    count: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            text: core::str::from_utf8(bytes).ok(),
            start: 0,
            next: 0,
            count: 0,
        }
    }

    /// How many bytes lie behind the line at hand.
    pub(super) fn ahead(&self) -> usize {
        self.bytes.len().saturating_sub(self.next)
    }

    /// The error that the line at hand shows.
    pub(super) fn error(&self, kind: SdpErrorKind) -> SdpError {
        let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
        SdpError {
            kind,
            at: number(self.start),
            line: number(self.count),
        }
    }

    /// The next line; `None` at the end, or at the blank lines after the last.
    pub(super) fn line(
        &mut self,
        tolerance: &Tolerance,
        limits: &DescriptionLimits,
    ) -> Result<Option<Line<'a>>, SdpErrorKind> {
        self.start = self.next;
        self.count = self.count.saturating_add(1);
        let Some(rest) = self.bytes.get(self.start..).filter(|rest| !rest.is_empty()) else {
            return Ok(None);
        };
        if self.count > limits.lines {
            return Err(SdpErrorKind::TooLarge);
        }
        let (length, end) = line_end(rest).ok_or(SdpErrorKind::NotALine)?;
        if length > limits.line_bytes {
            return Err(SdpErrorKind::TooLarge);
        }
        let stop = self.start.saturating_add(length);
        self.next = stop.saturating_add(end.length());
        let loose_end = tolerance.loose_end;
        if length == 0 && loose_end && rest.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
            return Ok(None);
        }
        match self.bytes.get(self.start..stop) {
            Some([letter, b'=', value @ ..]) if loose_end || end.is_whole() => Ok(Some(Line {
                letter: *letter,
                value,
                text: self
                    .text
                    .and_then(|text| text.get(self.start.saturating_add(2)..stop)),
            })),
            _ => Err(SdpErrorKind::NotALine),
        }
    }
}

/// How a line ends.
#[derive(Clone, Copy)]
enum LineEnd {
    /// As it should.
    CrLf,
    /// With a bare newline, which parsers should take too (§5).
    Lf,
    /// With the description, in the middle of a CRLF.
    Cr,
    /// With the description.
    Nothing,
}

impl LineEnd {
    const fn length(self) -> usize {
        match self {
            Self::CrLf => 2,
            Self::Lf | Self::Cr => 1,
            Self::Nothing => 0,
        }
    }

    const fn is_whole(self) -> bool {
        matches!(self, Self::CrLf | Self::Lf)
    }
}

/// How long the first line is, and how it ends; `None` if it holds a NUL or a bare CR.
#[inline]
fn line_end(rest: &[u8]) -> Option<(usize, LineEnd)> {
    let mut length: usize = 0;
    loop {
        // What is looked for is below 0x0E, and in a description hardly anything else is.
        length = length.saturating_add(first_is_less(rest.get(length..)?, 0x0e));
        let end = match rest.get(length..)? {
            [] => LineEnd::Nothing,
            [b'\n', ..] => LineEnd::Lf,
            [b'\r', b'\n', ..] => LineEnd::CrLf,
            [b'\r'] => LineEnd::Cr,
            [0 | b'\r', ..] => return None,
            _ => {
                length = length.saturating_add(1);
                continue;
            }
        };
        return Some((length, end));
    }
}

/// What stands before the first such byte, which is ASCII, and what behind it.
#[inline]
pub(super) fn cut(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = find_byte(text.as_bytes(), byte)?;
    Some((text.get(..at)?, text.get(at.saturating_add(1)..)?))
}

/// The words of a value, single spaces apart.
#[derive(Clone)]
pub(super) struct Words<'a> {
    rest: Option<&'a str>,
    /// Whether several spaces are as good as one.
    loose: bool,
}

impl<'a> Words<'a> {
    #[inline]
    pub(super) fn new(value: &'a str, tolerance: &Tolerance) -> Self {
        Self {
            rest: Some(value),
            loose: tolerance.extra_spaces,
        }
    }

    /// Takes these words, and the space behind them, if they are next.
    #[inline]
    pub(super) fn skip(&mut self, words: &str) -> bool {
        let rest = self.rest.and_then(|rest| rest.strip_prefix(words));
        let is_next = rest.is_some();
        self.rest = rest.or(self.rest);
        is_next
    }

    /// What no word was taken from yet.
    #[inline]
    pub(super) fn rest(&self) -> &'a str {
        self.rest.unwrap_or_default()
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    #[inline]
    fn next(&mut self) -> Option<&'a str> {
        loop {
            let rest = self.rest?;
            let (word, rest) = match cut(rest, b' ') {
                Some((word, rest)) => (word, Some(rest)),
                None => (rest, None),
            };
            self.rest = rest;
            if !(self.loose && word.is_empty()) {
                return Some(word);
            }
        }
    }
}
