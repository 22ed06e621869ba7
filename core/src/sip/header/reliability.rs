//! RSeq and RAck: reliable provisional responses (RFC 3262 §7.1, §7.2, §10).

use alloc::vec::Vec;

use crate::sip::message::Method;
use crate::text::{Class, Cursor, write_decimal};

use super::expect::fail;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Value};

/// The number of a reliable provisional response, from 1 to 2³² − 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RSeq(pub u32);

/// Which provisional response a PRACK acknowledges.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RAck<'a> {
    /// The RSeq of the response.
    pub response: u32,
    /// The number in the CSeq of the response.
    pub sequence: u32,
    /// The method in the CSeq of the response.
    pub method: Method<'a>,
}

impl RSeq {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &[u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> RAck<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

/// Takes a number that fits in 32 bits. RFC 3262 §7.1: an RSeq is compared with others, so one
/// that is too large must not pass for the largest.
fn take_exact(cursor: &mut Cursor<'_>) -> Result<u32, HeaderError> {
    let at = cursor.position();
    cursor
        .take_number()
        .and_then(|number| u32::try_from(number).ok())
        .ok_or(HeaderError::new(HeaderErrorKind::Number, at))
}

fn take_space(cursor: &mut Cursor<'_>) -> Result<(), HeaderError> {
    if cursor.take_while(Class::LWS).is_empty() {
        return fail(HeaderErrorKind::Syntax, cursor);
    }
    Ok(())
}

impl<'a> Element<'a> for RSeq {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let at = cursor.position();
        match take_exact(cursor)? {
            0 => Err(HeaderError::new(HeaderErrorKind::Number, at)),
            number => Ok(Self(number)),
        }
    }
}

impl<'a> Element<'a> for RAck<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let response = take_exact(cursor)?;
        take_space(cursor)?;
        let sequence = take_exact(cursor)?;
        take_space(cursor)?;
        let method = Method::element(cursor)?;
        Ok(Self {
            response,
            sequence,
            method,
        })
    }
}

impl Value for RSeq {
    fn write(&self, out: &mut Vec<u8>) {
        write_decimal(u64::from(self.0), out);
    }
}

impl Value for RAck<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_decimal(u64::from(self.response), out);
        out.push(b' ');
        write_decimal(u64::from(self.sequence), out);
        out.push(b' ');
        self.method.write(out);
    }
}
