//! Identity (RFC 8224 §4): a signed statement of who calls; and what RFC 4474 §9 had before it, a bare
//! signature and an Identity-Info.

use alloc::vec::Vec;

use crate::text::{Cursor, find_byte};

use super::expect::{fail, take_bracketed, token};
use super::params::{write_param, write_quoted};
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Params, Value};

/// A PASSporT and where the certificate is that signed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Identity<'a> {
    /// The PASSporT (RFC 8225), full (`header.claims.signature`) or compact (`..signature`).
    pub digest: &'a str,
    /// Where the certificate is.
    pub info: &'a str,
    /// The algorithm of the signature.
    pub alg: Option<&'a str>,
    /// The extension of PASSporT that it follows.
    pub ppt: Option<&'a str>,
    /// The other parameters.
    pub params: Params<'a>,
}

/// The value of an Identity as RFC 4474 §9 had it: a signature in base64, between quotes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signature<'a>(pub &'a [u8]);

/// Where the certificate is that made a [`Signature`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IdentityInfo<'a> {
    /// Where the certificate is.
    pub uri: &'a str,
    /// The algorithm of the signature.
    pub alg: Option<&'a str>,
    /// The other parameters.
    pub params: Params<'a>,
}

impl<'a> Signature<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> IdentityInfo<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Identity<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

/// RFC 8224 §4 lets base64 and dots stand here. A PASSporT is of base64url (RFC 8225 §3), whose
/// `-` and `_` the grammar forgets and all senders use.
const fn is_digest(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+' | b'-' | b'_' | b'.')
}

impl<'a> Element<'a> for Identity<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let start = cursor.position();
        let rest = cursor.rest();
        let length = rest.iter().position(|byte| !is_digest(*byte));
        cursor.take(length.unwrap_or(rest.len()));
        let digest = cursor.since(start).filter(|digest| !digest.is_empty());
        let Some(digest) = digest else {
            return fail(HeaderErrorKind::Token, cursor);
        };
        if !(cursor.eat_separator(b';')
            && cursor.eat_ignore_case(b"info")
            && cursor.eat_separator(b'='))
        {
            return fail(HeaderErrorKind::Parameter, cursor);
        }
        let info = take_bracketed(cursor)?;
        let (mut alg, mut ppt) = (None, None);
        let params = Params::take(cursor, &["info", "alg", "ppt"], |place, value| {
            match place {
                0 => return Err(HeaderErrorKind::Duplicate),
                1 => alg = Some(token(value)?),
                // Many write it quoted, as the JSON it comes from does.
                _ => {
                    let text = value.and_then(|value| match value {
                        super::ParamValue::Plain(text) => Some(text),
                        super::ParamValue::Quoted(inside) => core::str::from_utf8(inside).ok(),
                    });
                    let text = text.filter(|text| crate::text::Class::TOKEN.holds(text.as_bytes()));
                    ppt = Some(text.ok_or(HeaderErrorKind::Parameter)?);
                }
            }
            Ok(())
        })?;
        Ok(Self {
            digest,
            info,
            alg,
            ppt,
            params,
        })
    }
}

impl<'a> Element<'a> for Signature<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let at = cursor.position();
        let inside = cursor.take_quoted().filter(|inside| {
            let fits = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
            !inside.is_empty() && inside.iter().all(fits)
        });
        inside
            .map(Self)
            .ok_or(HeaderError::new(HeaderErrorKind::Quoted, at))
    }
}

impl<'a> Element<'a> for IdentityInfo<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let uri = take_bracketed(cursor)?;
        let mut alg = None;
        let params = Params::take(cursor, &["alg"], |_, value| {
            alg = Some(token(value)?);
            Ok(())
        })?;
        Ok(Self { uri, alg, params })
    }
}

impl Identity<'_> {
    /// Whether only the signature is sent, and header and claims are to be made from the message.
    #[must_use]
    pub fn is_compact(&self) -> bool {
        find_byte(self.digest.as_bytes(), b'.') == Some(0)
    }
}

impl Value for Identity<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        for part in [self.digest, ";info=<", self.info, ">"] {
            out.extend_from_slice(part.as_bytes());
        }
        for (name, value) in [("alg", self.alg), ("ppt", self.ppt)] {
            if let Some(value) = value {
                write_param(name, value, out);
            }
        }
        self.params.write(out);
    }
}

impl Value for Signature<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_quoted(self.0, out);
    }
}

impl Value for IdentityInfo<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        for part in ["<", self.uri, ">"] {
            out.extend_from_slice(part.as_bytes());
        }
        if let Some(alg) = self.alg {
            write_param("alg", alg, out);
        }
        self.params.write(out);
    }
}
