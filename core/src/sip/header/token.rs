//! Lists of tokens: Allow, Supported, Require, Proxy-Require, Unsupported and their like (RFC 3261
//! §20.5, §20.29, §20.32, §20.37, §20.40).

use alloc::vec::Vec;

use crate::sip::message::Method;
use crate::text::Cursor;

use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Params, Value};

/// One token of a list, such as an option tag; tokens are compared without regard to case
/// (RFC 3261 §7.3.1).
#[derive(Clone, Copy, Debug)]
pub struct Token<'a>(pub &'a str);

impl<'a> Token<'a> {
    /// Takes a value that is one token.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }

    /// The token as spelt.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }
}

impl PartialEq for Token<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for Token<'_> {}

impl PartialEq<str> for Token<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }
}

impl<'a> Element<'a> for Token<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        take_token(cursor).map(Self)
    }
}

impl Value for Token<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.as_bytes());
    }
}

pub(super) fn take_token<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, HeaderError> {
    let at = cursor.position();
    cursor
        .take_token()
        .ok_or_else(|| HeaderError::new(HeaderErrorKind::Token, at))
}

/// Methods are tokens too, but compared with regard to case (RFC 3261 §7.1).
impl<'a> Element<'a> for Method<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let at = cursor.position();
        cursor
            .take_token()
            .and_then(Method::from_token)
            .ok_or_else(|| HeaderError::new(HeaderErrorKind::Token, at))
    }
}

impl Value for Method<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_str().as_bytes());
    }
}

/// A token with parameters: an event package, a coding, a language, a disposition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TokenWithParams<'a> {
    /// The token.
    pub token: Token<'a>,
    /// Its parameters.
    pub params: Params<'a>,
}

impl<'a> TokenWithParams<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Element<'a> for TokenWithParams<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let token = Token::element(cursor)?;
        let params = Params::take(cursor, &[], |_, _| Ok(()))?;
        Ok(Self { token, params })
    }
}

impl Value for TokenWithParams<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        self.token.write(out);
        self.params.write(out);
    }
}

/// Values written as one comma list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommaList<'a, T>(pub &'a [T]);

impl<T: Value> Value for CommaList<'_, T> {
    fn write(&self, out: &mut Vec<u8>) {
        for (place, value) in self.0.iter().enumerate() {
            if place > 0 {
                out.extend_from_slice(b", ");
            }
            value.write(out);
        }
    }
}
