//! Retry-After (RFC 3261 §20.33).

use alloc::vec::Vec;

use crate::text::{Cursor, write_decimal};

use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Params, Value};

/// When to try again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RetryAfter<'a> {
    /// Seconds from now.
    pub seconds: u32,
    /// What stands between the parentheses, still escaped.
    pub comment: Option<&'a [u8]>,
    /// Seconds for which it will then be worth while.
    pub duration: Option<u32>,
    /// The other parameters.
    pub params: Params<'a>,
}

impl<'a> RetryAfter<'a> {
    /// A number of seconds and nothing else.
    #[must_use]
    pub const fn new(seconds: u32) -> Self {
        Self {
            seconds,
            comment: None,
            duration: None,
            params: Params::EMPTY,
        }
    }

    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

/// Takes a comment and gives what stands between its parentheses. Comments nest (RFC 3261 §25.1);
/// their depth is counted, not recursed into.
pub(super) fn take_comment<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    let start = *cursor;
    if !cursor.eat(b'(') {
        return None;
    }
    let inside = cursor.rest();
    let mut depth: usize = 1;
    let mut length: usize = 0;
    loop {
        match cursor.bump() {
            Some(b'(') => depth = depth.saturating_add(1),
            Some(b')') => depth = depth.saturating_sub(1),
            Some(b'\\') if cursor.bump().is_some() => length = length.saturating_add(1),
            Some(b'\\' | 0) | None => {
                *cursor = start;
                return None;
            }
            Some(_) => {}
        }
        if depth == 0 {
            return inside.get(..length);
        }
        length = length.saturating_add(1);
    }
}

/// Writes `inside` between parentheses, without those of its own if they do not match: they would
/// end the comment early.
pub(super) fn write_comment(inside: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b'(');
    crate::text::write_unfolded(inside, out);
    out.push(b')');
    let mut cursor = Cursor::new(out.get(start..).unwrap_or_default());
    if take_comment(&mut cursor).is_some() && cursor.is_at_end() {
        return;
    }
    out.truncate(start);
    out.push(b'(');
    out.extend(
        inside
            .iter()
            .filter(|b| !matches!(b, b'(' | b')' | b'\\' | 0)),
    );
    out.push(b')');
}

impl<'a> Element<'a> for RetryAfter<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let at = cursor.position();
        let seconds = cursor
            .take_number()
            .ok_or_else(|| HeaderError::new(HeaderErrorKind::Number, at))?;
        cursor.skip_lws();
        let at = cursor.position();
        let comment = if cursor.peek() == Some(b'(') {
            let comment = take_comment(cursor);
            Some(comment.ok_or_else(|| HeaderError::new(HeaderErrorKind::Quoted, at))?)
        } else {
            None
        };
        let mut duration = None;
        let params = Params::take(cursor, &["duration"], |_, value| {
            duration = value.and_then(|v| v.number());
            duration.map(|_| ()).ok_or(HeaderErrorKind::Number)
        })?;
        Ok(Self {
            seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
            comment,
            duration,
            params,
        })
    }
}

impl Value for RetryAfter<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_decimal(u64::from(self.seconds), out);
        if let Some(comment) = self.comment {
            out.push(b' ');
            write_comment(comment, out);
        }
        if let Some(duration) = self.duration {
            out.extend_from_slice(b";duration=");
            write_decimal(u64::from(duration), out);
        }
        self.params.write(out);
    }
}
