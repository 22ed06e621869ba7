//! `name-addr` and `addr-spec` (RFC 3261 §20, §20.10, §25.1; RFC 8217), and Route, Record-Route,
//! Path and the other fields that are lists of them.

use alloc::vec::Vec;

use crate::text::{Class, Cursor};

use super::params::write_quoted;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Params, Value};

/// A URI with a display name before and parameters behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NameAddr<'a> {
    /// The display name, without quotes and still escaped; see [`crate::text::unquote`].
    pub display: Option<&'a [u8]>,
    /// The URI between `<` and `>`, or bare.
    pub uri: &'a str,
    /// The parameters of the header field, not those of the URI.
    pub params: Params<'a>,
}

impl<'a> NameAddr<'a> {
    /// A URI alone.
    #[must_use]
    pub const fn new(uri: &'a str) -> Self {
        Self {
            display: None,
            uri,
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

impl<'a> Element<'a> for NameAddr<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let (display, uri) = take_address(cursor)?;
        let params = Params::take(cursor, &[], |_, _| Ok(()))?;
        Ok(Self {
            display,
            uri,
            params,
        })
    }
}

impl Value for NameAddr<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_address(self.display, self.uri, out);
        self.params.write(out);
    }
}

/// A display name without its quotes, and the URI beside it.
pub(super) type Address<'a> = (Option<&'a [u8]>, &'a str);

/// Takes a display name and a URI; stands before the parameters.
pub(super) fn take_address<'a>(cursor: &mut Cursor<'a>) -> Result<Address<'a>, HeaderError> {
    cursor.skip_lws();
    let start = cursor.position();
    let fail = |kind, at| Err(HeaderError::new(kind, at));
    if cursor.peek() == Some(b'"') {
        let Some(display) = cursor.take_quoted() else {
            return fail(HeaderErrorKind::Quoted, start);
        };
        cursor.skip_lws();
        return Ok((Some(display), take_bracketed(cursor)?));
    }
    if cursor.peek() == Some(b'<') {
        return Ok((None, take_bracketed(cursor)?));
    }
    // Tokens up to a `<` are a display name; a colon after the first one makes it a URI.
    let all = cursor.rest();
    let first = cursor.take_while(Class::TOKEN);
    if cursor.peek() == Some(b':') {
        return Ok((None, take_bare(cursor, start)?));
    }
    if first.is_empty() {
        let kind = if cursor.is_at_end() {
            HeaderErrorKind::End
        } else {
            HeaderErrorKind::DisplayName
        };
        return fail(kind, start);
    }
    let mut end = cursor.position();
    loop {
        cursor.skip_lws();
        if cursor.peek() == Some(b'<') {
            let display = all.get(..end.wrapping_sub(start));
            return Ok((display, take_bracketed(cursor)?));
        }
        if cursor.take_token().is_none() {
            return fail(HeaderErrorKind::DisplayName, cursor.position());
        }
        end = cursor.position();
    }
}

/// `"<" addr-spec ">"`
fn take_bracketed<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, HeaderError> {
    if cursor.eat(b'<') {
        let uri = cursor.take_str(Class::URI);
        if !uri.is_empty() && cursor.eat(b'>') {
            return Ok(uri);
        }
    }
    let at = cursor.position();
    Err(HeaderError::new(HeaderErrorKind::Uri, at))
}

/// `addr-spec` without brackets. RFC 3261 §20: what follows a semicolon belongs to the header
/// field. RFC 8217 §3 with §20.10: a URI that has a comma or a question mark needs brackets, so a
/// comma ends the value and a question mark is an error.
fn take_bare<'a>(cursor: &mut Cursor<'a>, start: usize) -> Result<&'a str, HeaderError> {
    let ends = |b: u8| matches!(b, b';' | b',' | b'?') || !Class::URI.contains(b);
    let rest = cursor.rest();
    let length = rest.iter().position(|b| ends(*b)).unwrap_or(rest.len());
    cursor.take(length);
    match cursor.since(start) {
        Some(uri) if cursor.peek() != Some(b'?') => Ok(uri),
        _ => Err(HeaderError::new(HeaderErrorKind::Uri, cursor.position())),
    }
}

/// Takes a URI that the grammar has without brackets.
pub(super) fn take_unbracketed<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, HeaderError> {
    if !matches!(cursor.peek(), Some(b'<' | b'"')) {
        let at = cursor.position();
        return match take_address(cursor)? {
            (None, uri) => Ok(uri),
            (Some(_), _) => Err(HeaderError::new(HeaderErrorKind::Uri, at)),
        };
    }
    Err(HeaderError::new(HeaderErrorKind::Uri, cursor.position()))
}

/// Writes a display name, always quoted, and a URI, always in brackets (RFC 8217 §3).
pub(super) fn write_address(display: Option<&[u8]>, uri: &str, out: &mut Vec<u8>) {
    if let Some(display) = display {
        write_quoted(display, out);
        out.push(b' ');
    }
    out.push(b'<');
    out.extend_from_slice(uri.as_bytes());
    out.push(b'>');
}
