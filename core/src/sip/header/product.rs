//! Server and User-Agent: products and comments (RFC 3261 §20.35, §20.41); Organization and Subject
//! are [`Text`](super::Text).

use alloc::vec::Vec;

use crate::text::{Class, Cursor};

use super::expect::fail;
use super::retry_after::{take_comment, write_comment};
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Value};

/// What a user agent or a server calls itself.
#[derive(Clone, Copy, Debug)]
pub struct Products<'a>(&'a [u8]);

/// One word of that.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Product<'a> {
    /// A name, and a version behind a slash.
    Named {
        /// The name.
        name: &'a str,
        /// The version.
        version: Option<&'a str>,
    },
    /// What stands between parentheses, still escaped.
    Comment(&'a [u8]),
}

impl<'a> Products<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }

    /// The words in order.
    pub fn iter(&self) -> impl Iterator<Item = Product<'a>> + Clone + use<'a> {
        let mut cursor = Cursor::of_text(self.0);
        core::iter::from_fn(move || {
            cursor.skip_lws();
            Product::element(&mut cursor).ok()
        })
    }
}

impl PartialEq for Products<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Products<'_> {}

impl<'a> Element<'a> for Product<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        if cursor.peek() == Some(b'(') {
            return match take_comment(cursor) {
                Some(inside) => Ok(Self::Comment(inside)),
                None => fail(HeaderErrorKind::Quoted, cursor),
            };
        }
        let Some(name) = cursor.take_token() else {
            return fail(HeaderErrorKind::Token, cursor);
        };
        let version = if cursor.eat_separator(b'/') {
            match cursor.take_token() {
                None => return fail(HeaderErrorKind::Token, cursor),
                version => version,
            }
        } else {
            None
        };
        Ok(Self::Named { name, version })
    }
}

impl<'a> Element<'a> for Products<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let all = cursor.rest();
        let start = cursor.position();
        loop {
            Product::element(cursor)?;
            let end = cursor.position().saturating_sub(start);
            if cursor.take_while(Class::LWS).is_empty() || cursor.is_at_end() {
                return Ok(Self(all.get(..end).unwrap_or_default()));
            }
        }
    }
}

impl Value for Product<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Comment(inside) => write_comment(inside, out),
            Self::Named { name, version } => {
                out.extend_from_slice(name.as_bytes());
                if let Some(version) = version {
                    out.push(b'/');
                    out.extend_from_slice(version.as_bytes());
                }
            }
        }
    }
}

impl Value for Products<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        for (place, product) in self.iter().enumerate() {
            if place > 0 {
                out.push(b' ');
            }
            product.write(out);
        }
    }
}
