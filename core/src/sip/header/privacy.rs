//! Privacy (RFC 3323 §4.2; `id` of RFC 3325 §9.3, `history` of RFC 7044 §10.1).

use alloc::vec::Vec;

use crate::text::Cursor;

use super::token::take_token;
use super::value::whole;
use super::{Element, HeaderError, Token, Value};

/// What a user wants kept from others: one or more values, between semicolons.
#[derive(Clone, Copy, Debug)]
pub struct Privacy<'a>(&'a str);

impl<'a> Privacy<'a> {
    /// Nothing is to be kept from anybody, and nobody may change that.
    pub const NONE: Privacy<'static> = Privacy("none");

    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }

    /// The values in order.
    pub fn values(&self) -> impl Iterator<Item = Token<'a>> + Clone + use<'a> {
        let is_space = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
        self.0
            .split(';')
            .map(move |value| Token(value.trim_matches(is_space)))
    }

    /// Whether `value` is among them, in any case.
    #[must_use]
    pub fn contains(&self, value: &str) -> bool {
        self.values().any(|token| token == *value)
    }
}

impl PartialEq for Privacy<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.values().eq(other.values())
    }
}

impl Eq for Privacy<'_> {}

impl<'a> Element<'a> for Privacy<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let start = cursor.position();
        take_token(cursor)?;
        while cursor.eat_separator(b';') {
            take_token(cursor)?;
        }
        Ok(Self(cursor.since(start).unwrap_or_default()))
    }
}

impl Value for Privacy<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        for (place, value) in self.values().enumerate() {
            if place > 0 {
                out.push(b';');
            }
            value.write(out);
        }
    }
}
