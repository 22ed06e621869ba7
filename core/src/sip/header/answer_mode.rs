//! Answer-Mode and Priv-Answer-Mode (RFC 5373 §2).

use alloc::vec::Vec;

use crate::text::Cursor;

use super::expect::flag;
use super::value::whole;
use super::{Element, HeaderError, Params, Token, Value};

/// Whether a call is to be answered by a person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AnswerMode<'a> {
    /// `Manual`, `Auto`, or one of an extension.
    pub mode: Token<'a>,
    /// Whether the call is to be refused if it cannot be answered so.
    pub is_required: bool,
    /// The other parameters.
    pub params: Params<'a>,
}

impl<'a> AnswerMode<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Element<'a> for AnswerMode<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let mode = Token::element(cursor)?;
        let mut is_required = false;
        let params = Params::take(cursor, &["require"], |_, value| {
            is_required = true;
            flag(value)
        })?;
        Ok(Self {
            mode,
            is_required,
            params,
        })
    }
}

impl Value for AnswerMode<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        self.mode.write(out);
        if self.is_required {
            out.extend_from_slice(b";require");
        }
        self.params.write(out);
    }
}
