//! Fields of free text: Organization and Subject (RFC 3261 §20.25, §20.36, §25.1).

use alloc::vec::Vec;

use crate::text::{Cursor, write_unfolded};

use super::expect::fail;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Value};

/// `TEXT-UTF8-TRIM`: UTF-8 without control characters, possibly folded, possibly nothing.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a>(pub &'a str);

impl<'a> Text<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl Text<'_> {
    /// Two texts are the same if they have the same words, whatever space is between them.
    fn words(&self) -> impl Iterator<Item = &str> {
        self.0
            .split([' ', '\t', '\r', '\n'])
            .filter(|word| !word.is_empty())
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.words().eq(other.words())
    }
}

impl Eq for Text<'_> {}

impl<'a> Element<'a> for Text<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let all = cursor.rest().trim_ascii_end();
        let is_control = |b: &u8| b.is_ascii_control() && !matches!(b, b'\t' | b'\r' | b'\n');
        if let Some(at) = all.iter().position(is_control) {
            cursor.take(at);
            return fail(HeaderErrorKind::Syntax, cursor);
        }
        let start = cursor.position();
        cursor.take(all.len());
        match cursor.since(start) {
            Some(text) => Ok(Self(text)),
            None => Err(HeaderError::new(HeaderErrorKind::Syntax, start)),
        }
    }
}

impl Value for Text<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_unfolded(self.0.as_bytes(), out);
    }
}
