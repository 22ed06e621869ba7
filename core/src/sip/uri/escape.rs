//! Percent escapes (RFC 3261 §19.1.2).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::text::{Class, Cursor, find_byte};

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Escapes what may not stand in a user part.
#[must_use]
pub fn escape_user(text: &str) -> Cow<'_, str> {
    escape(text, Class::USER)
}

/// Escapes what may not stand in a parameter name or value.
#[must_use]
pub fn escape_parameter(text: &str) -> Cow<'_, str> {
    escape(text, Class::PARAM)
}

/// Escapes what may not stand in a header name or value.
#[must_use]
pub fn escape_header(text: &str) -> Cow<'_, str> {
    escape(text, Class::HEADER)
}

/// Escapes every byte of `text` that is not in `plain`.
pub(super) fn escape(text: &str, plain: Class) -> Cow<'_, str> {
    if text.bytes().all(|b| plain.contains(b)) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len().saturating_add(16));
    for byte in text.bytes() {
        push_escaped(byte, plain, &mut escaped);
    }
    Cow::Owned(escaped)
}

pub(super) fn push_escaped(byte: u8, plain: Class, out: &mut String) {
    if plain.contains(byte) {
        out.push(char::from(byte));
        return;
    }
    out.push('%');
    for nibble in [byte >> 4, byte & 15] {
        out.push(HEX.get(usize::from(nibble)).map_or('0', |b| char::from(*b)));
    }
}

/// Escapes every `@` in the headers of a SIP URI. The grammar wants that, and links to services are
/// written without (RFC 3261 §25.1); a URI that is well formed stays as it is.
#[must_use]
pub fn escape_headers_at(uri: &str) -> Cow<'_, str> {
    let mut escaped = String::new();
    let mut rest = 0;
    for at in bare_at_in_headers(uri) {
        escaped.push_str(uri.get(rest..at).unwrap_or_default());
        escaped.push_str("%40");
        rest = at.saturating_add(1);
    }
    if rest == 0 {
        return Cow::Borrowed(uri);
    }
    escaped.push_str(uri.get(rest..).unwrap_or_default());
    Cow::Owned(escaped)
}

/// Where an `@` stands in the headers of a SIP URI. One before the first `?` ends the user part; if
/// there is none, the grammar reads the question mark as part of the user.
pub(crate) fn bare_at_in_headers(uri: &str) -> impl Iterator<Item = usize> {
    let is_sip = ["sip:", "sips:"].iter().any(|scheme| {
        uri.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    let host = find_byte(uri.as_bytes(), b'@').filter(|_| is_sip);
    let host = host.map_or(uri.len(), |at| at.saturating_add(1));
    let after = uri.get(host..).unwrap_or_default();
    let headers = find_byte(after.as_bytes(), b'?');
    let headers = headers.map_or(uri.len(), |question| host.saturating_add(question));
    let text = uri.get(headers..).unwrap_or_default();
    text.match_indices('@')
        .map(move |(at, _)| headers.saturating_add(at))
}

/// Undoes all escapes; the result may be any bytes. A `%` without two digits stays.
#[must_use]
pub fn unescape(text: &str) -> Cow<'_, [u8]> {
    if !text.contains('%') {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut plain = Vec::with_capacity(text.len());
    for piece in Pieces::new(text) {
        plain.push(piece.byte);
    }
    Cow::Owned(plain)
}

/// One byte that a URI means, and whether it stood there escaped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Piece {
    pub(super) byte: u8,
    pub(super) is_escaped: bool,
}

impl Piece {
    /// RFC 3261 §19.1.4: an escape equals the plain character, unless that is a reserved one.
    pub(super) fn canonical(self) -> Self {
        Self {
            byte: self.byte,
            is_escaped: self.is_escaped && is_reserved(self.byte),
        }
    }

    pub(super) fn lower(self) -> Self {
        Self {
            byte: self.byte.to_ascii_lowercase(),
            ..self
        }
    }
}

/// The `reserved` set of RFC 3261 §25.1.
const fn is_reserved(byte: u8) -> bool {
    matches!(
        byte,
        b';' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'+' | b'$' | b','
    )
}

/// The bytes that text with escapes means, one by one.
#[derive(Clone, Debug)]
pub(super) struct Pieces<'a> {
    rest: &'a [u8],
}

impl<'a> Pieces<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            rest: text.as_bytes(),
        }
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let (first, rest) = self.rest.split_first()?;
        if let (b'%', Some(([high, low], rest))) = (first, rest.split_first_chunk::<2>()) {
            let digits = (
                char::from(*high).to_digit(16),
                char::from(*low).to_digit(16),
            );
            if let (Some(high), Some(low)) = digits {
                self.rest = rest;
                return Some(Piece {
                    byte: (high << 4 | low) as u8,
                    is_escaped: true,
                });
            }
        }
        self.rest = rest;
        Some(Piece {
            byte: *first,
            is_escaped: false,
        })
    }
}

/// Whether `text` consists of bytes in `plain` and whole escapes.
pub(super) fn is_escaped_text(text: &str, plain: Class) -> bool {
    let mut cursor = Cursor::of_str(text);
    take_escaped(&mut cursor, plain);
    cursor.is_at_end()
}

/// Takes bytes in `plain` and whole escapes, possibly none.
#[inline]
pub(super) fn take_escaped<'a>(cursor: &mut Cursor<'a>, plain: Class) -> &'a str {
    let start = cursor.position();
    loop {
        cursor.take_while(plain);
        match cursor.rest() {
            [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                cursor.take(3);
            }
            _ => return cursor.since(start).unwrap_or_default(),
        }
    }
}

/// Whether both texts mean the same, with regard to case.
pub(super) fn is_same(a: &str, b: &str) -> bool {
    let a = Pieces::new(a).map(Piece::canonical);
    a.eq(Pieces::new(b).map(Piece::canonical))
}

/// Whether both texts mean the same, without regard to case.
pub(super) fn is_same_ignoring_case(a: &str, b: &str) -> bool {
    let a = Pieces::new(a).map(|p| p.canonical().lower());
    a.eq(Pieces::new(b).map(|p| p.canonical().lower()))
}
