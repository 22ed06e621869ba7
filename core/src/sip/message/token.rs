//! The tokenizer under both doors: one pass over the header, word by word (RFC 3261 §7, §18.3).

use crate::Limits;
use crate::text::{Class, find_byte, find_line_break};

use super::scratch::{Field, Scratch};
use super::{HeaderName, ParseError, ParseErrorKind, name_table};

/// Where the parts of a message are, besides its rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Head {
    /// Length of the method at the start of a request; zero in a response.
    pub(super) method_end: u32,
    /// Where the Request-URI, or the reason phrase, ends. It starts one byte after the method, or
    /// after the status code.
    pub(super) target_end: u32,
    /// The status code; zero in a request.
    pub(super) status: u16,
    /// Where the first row starts.
    pub(super) fields: u32,
    /// Where the body starts.
    pub(super) body: u32,
    /// Where the body ends.
    pub(super) end: u32,
}

/// Bytes from the start of a Status-Line to its reason phrase: `SIP/2.0 200 `.
pub(super) const REASON_START: u32 = 12;

/// Whose job it is to find the end of the message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Framing {
    /// The transport: the body ends where the bytes do, unless the Content-Length says earlier.
    Packet,
    /// The Content-Length, which must be there; the bytes may end in the midst of the body.
    Stream,
}

/// Finds the parts of a message. `bytes` starts with the start line.
///
/// A fault that does not hide where the parts are goes to `fault`, the first one only, and the
/// search goes on: what is found then is enough to refuse the request. Others end it.
pub(super) fn tokenize(
    bytes: &[u8],
    limits: &Limits,
    framing: Framing,
    scratch: &mut Scratch,
    fault: &mut Option<ParseError>,
) -> Result<Head, ParseError> {
    scratch.clear();
    let line_end = end_of_line(bytes, 0)?;
    let line = bytes.get(..line_end).unwrap_or_default();
    let mut head = start_line(line, fault)?;
    if framing == Framing::Stream {
        // What is wrong with the start line is told when the message is read. Here it must not keep
        // a fault of the length, which would have the body read as the next message, out of sight.
        *fault = None;
    }
    let mut at = line_end.wrapping_add(2);
    head.fields = place(at);
    let mut length = None;
    loop {
        match bytes.get(at..) {
            Some([b'\r', b'\n', ..]) => break,
            Some([_, ..]) => {}
            Some([]) | None => return Err(error(ParseErrorKind::NoEmptyLine, bytes.len())),
        }
        if scratch.len() >= limits.header_fields {
            // Those that are there are enough to answer 400; the others are not looked at.
            note(fault, ParseErrorKind::TooManyFields, at);
            head.body = place(bytes.len());
            head.end = head.body;
            return Ok(head);
        }
        let (field, next) = row(bytes, at)?;
        if field.name == HeaderName::ContentLength {
            content_length(bytes, field, &mut length, fault);
        }
        scratch.push(field);
        at = next;
    }
    let body = at.wrapping_add(2);
    head.body = place(body);
    head.end = place(body_end(bytes, body, length, limits, framing, fault)?);
    Ok(head)
}

#[cold]
pub(super) fn error(kind: ParseErrorKind, at: usize) -> ParseError {
    ParseError {
        kind,
        at: place(at),
    }
}

fn note(fault: &mut Option<ParseError>, kind: ParseErrorKind, at: usize) {
    if fault.is_none() {
        *fault = Some(error(kind, at));
    }
}

/// Places fit: the callers refuse messages of more than 2^32 bytes first.
#[inline]
fn place(at: usize) -> u32 {
    at as u32
}

/// Where the line that starts at `from` ends: the index of its CR.
#[inline]
fn end_of_line(bytes: &[u8], from: usize) -> Result<usize, ParseError> {
    let Some(at) = find_line_break(bytes, from) else {
        return Err(error(ParseErrorKind::NoEmptyLine, bytes.len()));
    };
    // RFC 3261 §7: every line ends in CRLF. A lone CR or LF would be a line end to one element on
    // the way and text to the next, which is how requests are smuggled past a proxy.
    match bytes.get(at..) {
        Some([b'\r', b'\n', ..]) => Ok(at),
        Some([b'\r']) => Err(error(ParseErrorKind::NoEmptyLine, at)),
        _ => Err(error(ParseErrorKind::LineEnd, at)),
    }
}

fn start_line(line: &[u8], fault: &mut Option<ParseError>) -> Result<Head, ParseError> {
    match line.split_first_chunk::<4>() {
        Some((protocol, _)) if protocol.eq_ignore_ascii_case(b"SIP/") => status_line(line),
        _ => request_line(line, fault),
    }
}

/// RFC 3261 §7.1: Method SP Request-URI SP SIP-Version, single spaces and no others.
fn request_line(line: &[u8], fault: &mut Option<ParseError>) -> Result<Head, ParseError> {
    let Some(method_end) = find_byte(line, b' ') else {
        return Err(error(ParseErrorKind::StartLine, 0));
    };
    let (method, rest) = line.split_at_checked(method_end).unwrap_or((line, &[]));
    if !Class::TOKEN.holds(method) {
        return Err(error(ParseErrorKind::Method, 0));
    }
    let uri_start = method_end.wrapping_add(1);
    let rest = rest.get(1..).unwrap_or_default();
    let uri_length = find_byte(rest, b' ').unwrap_or(rest.len());
    let (uri, version) = rest.split_at_checked(uri_length).unwrap_or((rest, &[]));
    if !Class::URI.holds(uri) {
        note(fault, ParseErrorKind::RequestUri, uri_start);
    }
    let target_end = uri_start.wrapping_add(uri_length);
    match version {
        [b' ', version @ ..] => check_version(version, target_end.wrapping_add(1), fault),
        _ => note(fault, ParseErrorKind::StartLine, target_end),
    }
    Ok(Head {
        method_end: place(method_end),
        target_end: place(target_end),
        ..Head::default()
    })
}

/// RFC 3261 §7.1: the version is compared without regard to case, and only 2.0 is known.
fn check_version(version: &[u8], at: usize, fault: &mut Option<ParseError>) {
    if version.eq_ignore_ascii_case(b"SIP/2.0") {
        return;
    }
    let is_number = |n: &[u8]| Class::DIGIT.holds(n);
    let kind = match version.split_first_chunk::<4>() {
        Some((protocol, number)) if protocol.eq_ignore_ascii_case(b"SIP/") => {
            let mut parts = number.splitn(2, |b| *b == b'.');
            if parts.next().is_some_and(is_number) && parts.next().is_some_and(is_number) {
                ParseErrorKind::Version
            } else {
                ParseErrorKind::StartLine
            }
        }
        _ => ParseErrorKind::StartLine,
    };
    note(fault, kind, at);
}

/// RFC 3261 §7.2: SIP-Version SP Status-Code SP Reason-Phrase. The phrase may be empty, its space
/// may not be missing.
fn status_line(line: &[u8]) -> Result<Head, ParseError> {
    let Some((version, rest)) = line.split_first_chunk::<7>() else {
        return Err(error(ParseErrorKind::StartLine, 0));
    };
    if !version.eq_ignore_ascii_case(b"SIP/2.0") {
        return Err(error(ParseErrorKind::Version, 0));
    }
    let Some(([first_space, a, b, c, second_space], _)) = rest.split_first_chunk::<5>() else {
        return Err(error(ParseErrorKind::Status, version.len()));
    };
    let digits = [*a, *b, *c];
    let is_status = matches!(a, b'1'..=b'6') && Class::DIGIT.holds(&digits);
    if *first_space != b' ' || *second_space != b' ' || !is_status {
        return Err(error(ParseErrorKind::Status, version.len()));
    }
    let status = digits.iter().fold(0_u16, |n, digit| {
        n.wrapping_mul(10)
            .wrapping_add(u16::from(digit.wrapping_sub(b'0')))
    });
    Ok(Head {
        target_end: place(line.len()),
        status,
        ..Head::default()
    })
}

/// RFC 3261 §7.3.1: one row with its folds. Gives it and where the next one starts.
#[inline]
fn row(bytes: &[u8], start: usize) -> Result<(Field, usize), ParseError> {
    let line = bytes.get(start..).unwrap_or_default();
    let Some(colon) = find_byte(line, b':') else {
        return Err(error(ParseErrorKind::FieldName, start));
    };
    let mut name_length = colon;
    let mut name = name_table::find(line, colon);
    if name == HeaderName::Other {
        (name, name_length) = uncommon_name(line.get(..colon).unwrap_or_default())
            .ok_or(error(ParseErrorKind::FieldName, start))?;
    }
    let mut value = start.wrapping_add(colon).wrapping_add(1);
    let mut end = end_of_line(bytes, value)?;
    let mut next = end.wrapping_add(2);
    while matches!(bytes.get(next), Some(b' ' | b'\t')) {
        end = end_of_line(bytes, next)?;
        next = end.wrapping_add(2);
    }
    while value < end && bytes.get(value).is_some_and(|b| Class::LWS.contains(*b)) {
        value = value.wrapping_add(1);
    }
    while value < end
        && bytes
            .get(end.wrapping_sub(1))
            .is_some_and(|b| Class::LWS.contains(*b))
    {
        end = end.wrapping_sub(1);
    }
    let field = Field {
        start: place(start),
        value: place(value),
        end: place(end),
        name_length: name_length as u16,
        name,
    };
    Ok((field, next))
}

/// RFC 3261 §25.1 HCOLON: white space may stand before the colon. A name known by its bytes needs
/// no closer look, any other must be a token.
#[cold]
fn uncommon_name(before_colon: &[u8]) -> Option<(HeaderName, usize)> {
    let mut name = before_colon;
    while let [shorter @ .., b' ' | b'\t'] = name {
        name = shorter;
    }
    if name.len() > usize::from(u16::MAX) || !Class::TOKEN.holds(name) {
        return None;
    }
    Some((name_table::find(name, name.len()), name.len()))
}

/// RFC 3261 §20.14: digits, and only one opinion.
fn content_length(
    bytes: &[u8],
    field: Field,
    length: &mut Option<u64>,
    fault: &mut Option<ParseError>,
) {
    let value = bytes
        .get(field.value as usize..field.end as usize)
        .unwrap_or_default();
    if !Class::DIGIT.holds(value) {
        note(fault, ParseErrorKind::ContentLength, field.value as usize);
        return;
    }
    let number = value.iter().fold(0_u64, |n, digit| {
        n.saturating_mul(10)
            .saturating_add(u64::from(digit.wrapping_sub(b'0')))
    });
    if length.is_some_and(|other| other != number) {
        let at = field.value as usize;
        note(fault, ParseErrorKind::ContentLengthConflict, at);
    }
    *length = Some(number);
}

/// RFC 3261 §18.3: where the body ends.
fn body_end(
    bytes: &[u8],
    body: usize,
    length: Option<u64>,
    limits: &Limits,
    framing: Framing,
    fault: &mut Option<ParseError>,
) -> Result<usize, ParseError> {
    let there = bytes.len().saturating_sub(body);
    let wanted = match (length, framing) {
        (Some(length), _) => usize::try_from(length).unwrap_or(usize::MAX),
        (None, Framing::Packet) => there,
        (None, Framing::Stream) => {
            note(fault, ParseErrorKind::NoContentLength, body);
            0
        }
    };
    if wanted > limits.body_bytes {
        note(fault, ParseErrorKind::BodyTooLong, body);
    } else if wanted > there && framing == Framing::Packet {
        note(fault, ParseErrorKind::BodyTruncated, bytes.len());
    }
    let kept = match framing {
        Framing::Packet => wanted.min(there),
        Framing::Stream => wanted.min(limits.body_bytes),
    };
    Ok(body.saturating_add(kept))
}
