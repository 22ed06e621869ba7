//! Timestamp (RFC 3261 §20.38, §8.2.6.1).

use alloc::vec::Vec;

use crate::text::{Class, Cursor};

use super::expect::fail;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Value};

/// When a client sent a request, in its own time, and how long the server took to answer.
///
/// Both are kept as written, since a server has to send the time back unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timestamp<'a> {
    /// Seconds: digits, with a point and more digits or without.
    pub time: &'a str,
    /// Seconds in the same form, or with no digits at all.
    pub delay: Option<&'a str>,
}

impl<'a> Timestamp<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

/// `*DIGIT [ "." *DIGIT ]`.
fn take_seconds<'a>(cursor: &mut Cursor<'a>) -> &'a str {
    let start = cursor.position();
    cursor.take_while(Class::DIGIT);
    if cursor.eat(b'.') {
        cursor.take_while(Class::DIGIT);
    }
    cursor.since(start).unwrap_or_default()
}

impl<'a> Element<'a> for Timestamp<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        if !cursor.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return fail(HeaderErrorKind::Number, cursor);
        }
        let time = take_seconds(cursor);
        let has_space = !cursor.take_while(Class::LWS).is_empty();
        let delay = has_space.then(|| take_seconds(cursor));
        Ok(Self {
            time,
            delay: delay.filter(|delay| !delay.is_empty()),
        })
    }
}

impl Value for Timestamp<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.time.as_bytes());
        if let Some(delay) = self.delay {
            out.push(b' ');
            out.extend_from_slice(delay.as_bytes());
        }
    }
}
