//! Content-ID (RFC 8262 §3.2): a name for the body, to refer to from the header.

use alloc::vec::Vec;

use crate::text::Cursor;

use super::expect::fail;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Value};

/// What stands between the brackets: `left@right`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ContentId<'a>(pub &'a str);

impl<'a> ContentId<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }

    /// Whether a `cid` URL (RFC 2392 §2) refers to it.
    #[must_use]
    pub fn is_referred_to(&self, url: &str) -> bool {
        let Some((scheme, escaped)) = url.split_once(':') else {
            return false;
        };
        let id = crate::sip::uri::unescape(escaped);
        scheme.eq_ignore_ascii_case("cid") && *id == *self.0.as_bytes()
    }
}

/// `dot-atom-text` of RFC 5322 §3.2.3.
fn is_dot_atom(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
    text.split('.')
        .all(|atom| !atom.is_empty() && atom.bytes().all(fits))
}

/// `no-fold-literal` of RFC 5322 §3.6.4: anything printable but brackets and backslash in brackets.
fn is_literal(text: &str) -> bool {
    let inside = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    inside.is_some_and(|inside| {
        let fits = |b: u8| b.is_ascii_graphic() && !matches!(b, b'[' | b']' | b'\\');
        inside.bytes().all(fits)
    })
}

impl<'a> Element<'a> for ContentId<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        if !cursor.eat(b'<') {
            return fail(HeaderErrorKind::Syntax, cursor);
        }
        let at = cursor.position();
        let inside = cursor.take_until(b'>');
        let inside = inside.and_then(|inside| core::str::from_utf8(inside).ok());
        let id = inside.filter(|id| {
            id.split_once('@').is_some_and(|(left, right)| {
                is_dot_atom(left) && (is_dot_atom(right) || is_literal(right))
            })
        });
        match id {
            Some(id) if cursor.eat(b'>') => Ok(Self(id)),
            _ => Err(HeaderError::new(HeaderErrorKind::Syntax, at)),
        }
    }
}

impl Value for ContentId<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        for part in ["<", self.0, ">"] {
            out.extend_from_slice(part.as_bytes());
        }
    }
}
