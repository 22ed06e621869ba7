//! The head of an HTTP message, as far as a handshake needs it (RFC 6455 §4, RFC 9110 §5).

use super::error::{HandshakeError, HandshakeErrorKind};
use crate::text::{Class, find_byte};

/// A start line and header fields whose every line was looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    start_line: &'a [u8],
    fields: &'a [u8],
    length: usize,
}

/// How long the head at the start of `bytes` is, its empty line included. `searched` is where to
/// go on looking, and is moved on.
pub(super) fn length(bytes: &[u8], searched: &mut usize) -> Option<usize> {
    while let Some(found) = find_byte(bytes.get(*searched..)?, b'\n') {
        let newline = searched.saturating_add(found);
        *searched = newline.saturating_add(1);
        if bytes.get(newline.saturating_sub(3)..=newline) == Some(b"\r\n\r\n") {
            return Some(*searched);
        }
    }
    *searched = bytes.len();
    None
}

impl<'a> Head<'a> {
    /// Takes a whole head, with the empty line that ends it.
    pub(super) fn parse(head: &'a [u8]) -> Result<Self, HandshakeError> {
        let fail = |kind, at| Err(HandshakeError { kind, at });
        let text = head.strip_suffix(b"\r\n").unwrap_or(head);
        let Some((start_line, fields)) = split_line(text) else {
            return fail(HandshakeErrorKind::StartLine, 0);
        };
        if !is_text(start_line) {
            return fail(HandshakeErrorKind::StartLine, 0);
        }
        let mut rest = fields;
        while !rest.is_empty() {
            let at = head.len().saturating_sub(rest.len().saturating_add(2));
            let Some((line, after)) = split_line(rest) else {
                return fail(HandshakeErrorKind::Field, at);
            };
            let Some((name, value)) = split_field(line) else {
                return fail(HandshakeErrorKind::Field, at);
            };
            // RFC 9110 §5.5, RFC 9112 §5.1: no space before the colon, no fold, no lone CR or LF.
            if !Class::TOKEN.holds(name) || !is_text(value) {
                return fail(HandshakeErrorKind::Field, at);
            }
            rest = after;
        }
        Ok(Self {
            start_line,
            fields,
            length: head.len(),
        })
    }

    /// An error about something that is not there.
    pub(super) const fn lacks(&self, kind: HandshakeErrorKind) -> HandshakeError {
        HandshakeError {
            kind,
            at: self.length,
        }
    }

    /// The three parts of the start line; the last may hold spaces.
    pub(super) fn start_line(&self) -> Result<[&'a [u8]; 3], HandshakeError> {
        let mut parts = self.start_line.splitn(3, |byte| *byte == b' ');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(first), Some(second), third) if !first.is_empty() && !second.is_empty() => {
                Ok([first, second, third.unwrap_or_default()])
            }
            _ => Err(HandshakeError {
                kind: HandshakeErrorKind::StartLine,
                at: 0,
            }),
        }
    }

    /// The values of all fields of that name, without the white space around them.
    pub(super) fn values(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let lines = self.fields.split(|byte| *byte == b'\n');
        lines.filter_map(move |line| {
            let (found, value) = split_field(line)?;
            found
                .eq_ignore_ascii_case(name.as_bytes())
                .then(|| value.trim_ascii())
        })
    }

    /// The value of a field that may stand there once; `None` if it stands there never or again.
    pub(super) fn single(&self, name: &'static str) -> Option<&'a [u8]> {
        let mut values = self.values(name);
        let only = values.next()?;
        values.next().is_none().then_some(only)
    }

    /// The elements of a list, over all fields of that name.
    pub(super) fn list(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.values(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|element| !element.is_empty())
    }

    /// Whether a list names `token`, compared without regard to case.
    pub(super) fn has_token(&self, name: &'static str, token: &str) -> bool {
        self.list(name)
            .any(|element| element.eq_ignore_ascii_case(token.as_bytes()))
    }
}

fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let newline = find_byte(bytes, b'\n')?;
    let (line, rest) = bytes.split_at_checked(newline.saturating_add(1))?;
    Some((line.strip_suffix(b"\r\n")?, rest))
}

fn split_field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = find_byte(line, b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    Some((name, value.get(1..)?))
}

/// Whether there is nothing in it but tabs and what can be seen, or is beyond ASCII.
fn is_text(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f))
}
