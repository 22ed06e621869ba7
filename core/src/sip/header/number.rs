//! Fields that are one number: Expires, Min-Expires, Flow-Timer (RFC 3261 §20.19, §20.23, RFC 5626
//! §10), Max-Forwards (RFC 3261 §20.22) and Max-Breadth (RFC 5393 §5.8); and MIME-Version
//! (RFC 3261 §20.24).

use alloc::vec::Vec;

use crate::text::{Cursor, write_decimal};

use super::expect::{fail, take_decimal};
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Value};

/// `delta-seconds`; more than 2³² − 1 counts as that (RFC 3261 §20.19).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DeltaSeconds(pub u32);

/// How many more hops a request may take, at most 255.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MaxForwards(pub u8);

/// Into how many branches at once a request may still be forked. More than 2³² − 1 counts as that.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MaxBreadth(pub u32);

/// The version of MIME that a message follows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MimeVersion {
    /// Before the point.
    pub major: u32,
    /// Behind it.
    pub minor: u32,
}

impl DeltaSeconds {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &[u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl MaxForwards {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &[u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl MaxBreadth {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &[u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl MimeVersion {
    /// The only one there is.
    pub const ONE: Self = Self { major: 1, minor: 0 };

    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &[u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Element<'a> for DeltaSeconds {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        take_decimal(cursor).map(Self)
    }
}

impl<'a> Element<'a> for MaxForwards {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let at = cursor.position();
        match u8::try_from(take_decimal(cursor)?) {
            Ok(hops) => Ok(Self(hops)),
            Err(_) => Err(HeaderError::new(HeaderErrorKind::Number, at)),
        }
    }
}

impl<'a> Element<'a> for MaxBreadth {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        take_decimal(cursor).map(Self)
    }
}

impl<'a> Element<'a> for MimeVersion {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let major = take_decimal(cursor)?;
        if !cursor.eat(b'.') {
            return fail(HeaderErrorKind::Syntax, cursor);
        }
        let minor = take_decimal(cursor)?;
        Ok(Self { major, minor })
    }
}

impl Value for DeltaSeconds {
    fn write(&self, out: &mut Vec<u8>) {
        write_decimal(u64::from(self.0), out);
    }
}

impl Value for MaxForwards {
    fn write(&self, out: &mut Vec<u8>) {
        write_decimal(u64::from(self.0), out);
    }
}

impl Value for MaxBreadth {
    fn write(&self, out: &mut Vec<u8>) {
        write_decimal(u64::from(self.0), out);
    }
}

impl Value for MimeVersion {
    fn write(&self, out: &mut Vec<u8>) {
        write_decimal(u64::from(self.major), out);
        out.push(b'.');
        write_decimal(u64::from(self.minor), out);
    }
}
