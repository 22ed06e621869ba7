//! The parts of a multipart, in order (RFC 2046 §5.1, RFC 5621 §4).

use crate::Limits;
use crate::text::find_byte;

use super::{BodyError, BodyErrorKind, Boundary, Part};

/// The parts of one multipart; ends after the first fault.
///
/// What stands before the first delimiter and behind the last is not shown (RFC 2046 §5.1.1).
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    body: &'a [u8],
    boundary: Boundary,
    /// Where the next part starts; `None` before the first delimiter has been looked for.
    next: Option<usize>,
    is_done: bool,
    left: usize,
    most_fields: usize,
}

/// A delimiter line: where it starts, where what follows it starts, and whether it is the last.
#[derive(Clone, Copy)]
struct Delimiter {
    start: usize,
    end: usize,
    is_last: bool,
}

impl<'a> Parts<'a> {
    /// The parts of `body`, between `boundary`.
    #[must_use]
    pub const fn new(body: &'a [u8], boundary: Boundary, limits: &Limits) -> Self {
        Self {
            body,
            boundary,
            next: None,
            is_done: false,
            left: limits.body_parts,
            most_fields: limits.header_fields,
        }
    }

    /// The next delimiter line from the line that starts at `at`. A line that goes on behind the
    /// boundary is none: another multipart's boundary may start with this one.
    fn find_delimiter(&self, mut at: usize) -> Option<Delimiter> {
        loop {
            let line = self.body.get(at..)?;
            let end = find_line_end(line);
            let (line, next) = match end {
                Some(end) => (line.get(..end)?, at.saturating_add(end).saturating_add(2)),
                None => (line, self.body.len()),
            };
            if let Some(after) = self.boundary.after(line) {
                let last = after.strip_prefix(b"--");
                let padding = last.unwrap_or(after);
                let is_last = last.is_some();
                // The last one may end with the body; others have a part behind them.
                if padding.iter().all(|b| matches!(b, b' ' | b'\t')) && (is_last || end.is_some()) {
                    return Some(Delimiter {
                        start: at,
                        end: next,
                        is_last,
                    });
                }
            }
            end?;
            at = next;
        }
    }

    fn step(&mut self) -> Result<Option<Part<'a>>, BodyError> {
        let fail = |kind, at| Err(BodyError::new(kind, at));
        let start = match self.next {
            Some(start) => start,
            None => match self.find_delimiter(0) {
                Some(first) if !first.is_last => first.end,
                // RFC 2046 §5.1: there is at least one part.
                Some(_) | None => return fail(BodyErrorKind::Delimiter, 0),
            },
        };
        if self.left == 0 {
            return fail(BodyErrorKind::TooManyParts, start);
        }
        self.left = self.left.saturating_sub(1);
        let Some(delimiter) = self.find_delimiter(start) else {
            return fail(BodyErrorKind::Delimiter, self.body.len());
        };
        // The line end before a delimiter belongs to it (RFC 2046 §5.1.1).
        let end = delimiter.start.saturating_sub(2).max(start);
        let bytes = self.body.get(start..end).unwrap_or_default();
        self.is_done = delimiter.is_last;
        self.next = Some(delimiter.end);
        match Part::take(bytes, self.most_fields) {
            Ok(part) => Ok(Some(part)),
            Err(at) => fail(BodyErrorKind::Field, start.saturating_add(at)),
        }
    }
}

/// Where the first CRLF is. A lone CR or LF is content: parts may be binary.
fn find_line_end(bytes: &[u8]) -> Option<usize> {
    let mut from: usize = 0;
    loop {
        let found = from.saturating_add(find_byte(bytes.get(from..)?, b'\n')?);
        let before = found.checked_sub(1);
        if let Some(before) = before.filter(|at| bytes.get(*at) == Some(&b'\r')) {
            return Some(before);
        }
        from = found.saturating_add(1);
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Result<Part<'a>, BodyError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let step = self.step();
        self.is_done |= step.is_err();
        step.transpose()
    }
}
