//! Writing header field values, and reading comma lists of them (RFC 3261 §7.3.1).

use alloc::string::String;
use alloc::vec::Vec;
use core::marker::PhantomData;

use crate::text::{Cursor, write_decimal, write_unfolded};

use super::{HeaderError, HeaderErrorKind};

/// A header field value that writes itself.
pub trait Value {
    /// Appends the value, without its name and line end.
    fn write(&self, out: &mut Vec<u8>);

    /// The value as text; bytes that are not UTF-8 become U+FFFD.
    fn to_text(&self) -> String {
        let mut out = Vec::new();
        self.write(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

impl Value for str {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
}

impl Value for String {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
}

/// A value taken from a message: its folds become spaces.
impl Value for [u8] {
    fn write(&self, out: &mut Vec<u8>) {
        write_unfolded(self, out);
    }
}

impl<const N: usize> Value for [u8; N] {
    fn write(&self, out: &mut Vec<u8>) {
        write_unfolded(self, out);
    }
}

impl Value for u32 {
    fn write(&self, out: &mut Vec<u8>) {
        write_decimal(u64::from(*self), out);
    }
}

impl Value for u8 {
    fn write(&self, out: &mut Vec<u8>) {
        write_decimal(u64::from(*self), out);
    }
}

impl<T: Value + ?Sized> Value for &T {
    fn write(&self, out: &mut Vec<u8>) {
        T::write(self, out);
    }
}

/// One value of a header field that may be a comma list.
pub trait Element<'a>: Sized {
    /// Takes one value; stands behind it, and behind white space.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError>;
}

/// Takes a whole value that is one element.
///
/// # Errors
/// What is wrong with it; something left over is [`HeaderErrorKind::Syntax`].
pub fn whole<'a, T: Element<'a>>(value: &'a [u8]) -> Result<T, HeaderError> {
    whole_of(Cursor::of_text(value))
}

/// As [`whole`] for what lies ahead.
pub(crate) fn whole_of<'a, T: Element<'a>>(mut cursor: Cursor<'a>) -> Result<T, HeaderError> {
    cursor.skip_lws();
    let element = T::element(&mut cursor)?;
    cursor.skip_lws();
    if cursor.is_at_end() {
        Ok(element)
    } else {
        Err(HeaderError::new(HeaderErrorKind::Syntax, cursor.position()))
    }
}

/// The elements of one comma list, in order; ends after the first malformed one.
#[derive(Clone, Debug)]
pub struct List<'a, T> {
    cursor: Cursor<'a>,
    is_done: bool,
    element: PhantomData<fn() -> T>,
}

impl<'a, T: Element<'a>> List<'a, T> {
    /// The elements of `value`; an empty value is an empty list.
    #[must_use]
    pub fn new(value: &'a [u8]) -> Self {
        Self::of(Cursor::of_text(value))
    }

    /// The elements of what lies ahead.
    pub(crate) fn of(mut cursor: Cursor<'a>) -> Self {
        cursor.skip_lws();
        Self {
            is_done: cursor.is_at_end(),
            cursor,
            element: PhantomData,
        }
    }

    fn step(&mut self) -> Result<T, HeaderError> {
        let element = T::element(&mut self.cursor)?;
        self.cursor.skip_lws();
        self.is_done = self.cursor.is_at_end();
        if self.is_done || self.cursor.eat_separator(b',') {
            Ok(element)
        } else {
            let at = self.cursor.position();
            Err(HeaderError::new(HeaderErrorKind::Syntax, at))
        }
    }
}

impl<'a, T: Element<'a>> Iterator for List<'a, T> {
    type Item = Result<T, HeaderError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let step = self.step();
        self.is_done |= step.is_err();
        Some(step)
    }
}
