//! A position in a byte string, with the moves that the grammars need.

use core::str;

use super::Class;

/// Reads a byte string from left to right; every move is total.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The start of `bytes` that is known to be UTF-8, so that parts of it need no check.
    text: &'a str,
}

impl<'a> Cursor<'a> {
    /// Stands before the first byte.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            text: "",
        }
    }

    /// Stands before the first character.
    #[must_use]
    pub const fn of_str(text: &'a str) -> Self {
        Self {
            bytes: text.as_bytes(),
            at: 0,
            text,
        }
    }

    /// As [`new`](Self::new) for bytes that are most likely UTF-8: checked here once, so that
    /// [`since`](Self::since) need not check each part.
    #[must_use]
    pub fn of_text(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            text: str::from_utf8(bytes).unwrap_or_default(),
        }
    }

    /// What lies between `start` and here; `None` if it is not UTF-8.
    #[inline]
    #[must_use]
    pub fn since(&self, start: usize) -> Option<&'a str> {
        match self.text.get(start..self.at) {
            Some(text) => Some(text),
            None => str::from_utf8(self.bytes.get(start..self.at)?).ok(),
        }
    }

    /// How many bytes lie behind.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.at
    }

    /// What lies ahead.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Whether nothing lies ahead.
    #[must_use]
    pub const fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// The next byte.
    #[inline]
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Takes the next byte.
    #[inline]
    pub fn bump(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at = self.at.wrapping_add(1);
        Some(byte)
    }

    /// Takes the next byte if it is `byte`.
    #[inline]
    pub fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        if is_next {
            self.at = self.at.wrapping_add(1);
        }
        is_next
    }

    /// Takes `text` if it is next, compared without regard to case.
    pub fn eat_ignore_case(&mut self, text: &[u8]) -> bool {
        let end = self.at.saturating_add(text.len());
        match self.bytes.get(self.at..end) {
            Some(next) if next.eq_ignore_ascii_case(text) => {
                self.at = end;
                true
            }
            _ => false,
        }
    }

    /// Takes bytes as long as they are in `class`; possibly none.
    #[inline]
    pub fn take_while(&mut self, class: Class) -> &'a [u8] {
        let rest = self.rest();
        let (taken, _) = rest.split_at_checked(class.span(rest)).unwrap_or_default();
        self.at = self.at.wrapping_add(taken.len());
        taken
    }

    /// Takes bytes as long as they are in `class`, as text.
    #[inline]
    pub fn take_str(&mut self, class: Class) -> &'a str {
        let start = self.at;
        self.at = start.wrapping_add(class.span(self.rest()));
        self.since(start).unwrap_or_default()
    }

    /// Takes `count` bytes, or all there are.
    #[inline]
    pub fn take(&mut self, count: usize) -> &'a [u8] {
        let end = self.at.saturating_add(count).min(self.bytes.len());
        let taken = self.bytes.get(self.at..end).unwrap_or_default();
        self.at = end;
        taken
    }

    /// Takes bytes up to `byte`, which stays ahead; `None`, without a move, if it does not come.
    pub fn take_until(&mut self, byte: u8) -> Option<&'a [u8]> {
        let count = super::find_byte(self.rest(), byte)?;
        Some(self.take(count))
    }

    /// Skips white space and folds (`SWS` of RFC 3261 §25.1).
    #[inline]
    pub fn skip_lws(&mut self) {
        while self.peek().is_some_and(|b| Class::LWS.contains(b)) {
            self.at = self.at.wrapping_add(1);
        }
    }

    /// Takes a separator with the white space on both sides (`SEMI`, `EQUAL`, `COMMA`, …).
    /// Stands where it stood if something else is next.
    #[inline]
    pub fn eat_separator(&mut self, byte: u8) -> bool {
        let before = self.at;
        self.skip_lws();
        if self.eat(byte) {
            self.skip_lws();
            true
        } else {
            self.at = before;
            false
        }
    }

    /// Takes a `token`; `None` if none is next.
    #[inline]
    pub fn take_token(&mut self) -> Option<&'a str> {
        let token = self.take_str(Class::TOKEN);
        if token.is_empty() { None } else { Some(token) }
    }

    /// Takes a quoted string and gives what stands between the quotes, still escaped.
    /// `None`, without a move, if no complete one is next.
    pub fn take_quoted(&mut self) -> Option<&'a [u8]> {
        let before = *self;
        let inside = self.quoted();
        if inside.is_none() {
            *self = before;
        }
        inside
    }

    fn quoted(&mut self) -> Option<&'a [u8]> {
        if !self.eat(b'"') {
            return None;
        }
        let start = self.at;
        loop {
            self.take_while(Class::QUOTED);
            match self.bump()? {
                b'"' => return self.bytes.get(start..self.at.wrapping_sub(1)),
                // RFC 3261 §25.1 quoted-pair: any ASCII byte but CR and LF may be escaped.
                b'\\' => match self.bump()? {
                    b'\r' | b'\n' | 0x80..=0xff => return None,
                    _ => {}
                },
                _ => return None,
            }
        }
    }

    /// Takes decimal digits as a number; `None`, without a move, if no digit is next or the number
    /// exceeds 64 bits.
    pub fn take_number(&mut self) -> Option<u64> {
        let before = *self;
        let mut number: Option<u64> = None;
        while let Some(byte @ b'0'..=b'9') = self.peek() {
            let digit = u64::from(byte.wrapping_sub(b'0'));
            let grown = number
                .unwrap_or(0)
                .checked_mul(10)
                .and_then(|n| n.checked_add(digit));
            if grown.is_none() {
                *self = before;
                return None;
            }
            number = grown;
            self.at = self.at.wrapping_add(1);
        }
        number
    }
}
