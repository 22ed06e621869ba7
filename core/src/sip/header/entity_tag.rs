//! SIP-ETag, SIP-If-Match (RFC 3903 §11.3) and Suppress-If-Match (RFC 5839 §7).

use alloc::vec::Vec;

use crate::text::Cursor;

use super::token::take_token;
use super::value::whole;
use super::{Element, HeaderError, Value};

/// Names a version of published state; compared byte by byte.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EntityTag<'a>(pub &'a str);

/// On which version of the state a NOTIFY may stay away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SuppressIfMatch<'a> {
    /// On any.
    Any,
    /// On this one.
    Tag(EntityTag<'a>),
}

impl<'a> EntityTag<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> SuppressIfMatch<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Element<'a> for EntityTag<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        take_token(cursor).map(Self)
    }
}

impl<'a> Element<'a> for SuppressIfMatch<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        // An asterisk is a token too, and alone it means any.
        match EntityTag::element(cursor)? {
            EntityTag("*") => Ok(Self::Any),
            tag => Ok(Self::Tag(tag)),
        }
    }
}

impl Value for EntityTag<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.as_bytes());
    }
}

impl Value for SuppressIfMatch<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Any => out.push(b'*'),
            Self::Tag(tag) => tag.write(out),
        }
    }
}
