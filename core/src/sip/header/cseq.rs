//! CSeq (RFC 3261 §20.16, §8.1.1.5).

use alloc::vec::Vec;

use crate::sip::message::Method;
use crate::text::{Cursor, write_decimal};

use super::value::whole_of;
use super::{Element, HeaderError, HeaderErrorKind, Value};

/// Orders the requests of a dialog, and tells a response which request it answers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CSeq<'a> {
    /// The sequence number, below 2^31.
    pub number: u32,
    /// The method of the request.
    pub method: Method<'a>,
}

impl<'a> CSeq<'a> {
    /// The highest number there may be (RFC 3261 §8.1.1.5).
    pub const MAX: u32 = (1 << 31) - 1;

    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where; a number of 2^31 or more is
    /// [`HeaderErrorKind::Number`].
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        // No text is taken from it but an unknown method, so it is not checked as a whole.
        whole_of(Cursor::new(value))
    }
}

impl<'a> Element<'a> for CSeq<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let at = cursor.position();
        let number = cursor
            .take_number()
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| *n <= Self::MAX)
            .ok_or_else(|| HeaderError::new(HeaderErrorKind::Number, at))?;
        let before = cursor.position();
        cursor.skip_lws();
        if cursor.position() == before {
            return Err(HeaderError::new(HeaderErrorKind::Syntax, before));
        }
        let at = cursor.position();
        let method = cursor
            .take_token()
            .and_then(Method::from_token)
            .ok_or_else(|| HeaderError::new(HeaderErrorKind::Token, at))?;
        Ok(Self { number, method })
    }
}

impl Value for CSeq<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_decimal(u64::from(self.number), out);
        out.push(b' ');
        out.extend_from_slice(self.method.as_str().as_bytes());
    }
}
