//! The private fields of operators' networks: P-Charging-Vector, P-Charging-Function-Addresses,
//! P-Visited-Network-ID (RFC 7315 §5) and P-Served-User (RFC 5502 §6); and User-to-User (RFC 7433
//! §4.1). P-Associated-URI, P-Called-Party-ID and the asserted and preferred identities (RFC 3325
//! §9) are [`NameAddr`](super::NameAddr)s; P-Access-Network-Info is a
//! [`TokenWithParams`](super::TokenWithParams), P-Early-Media a list of [`Token`](super::Token)s.

use alloc::vec::Vec;

use crate::text::Cursor;

use super::expect::{fail, token};
use super::name_addr::{take_address, write_address};
use super::params::{write_param, write_quoted};
use super::token::take_token;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Param, ParamValue, Params, Value};

/// Parameters of which none has a semicolon before it: the name and value of the first, and the
/// others. What P-Charging-Vector and P-Charging-Function-Addresses are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChargingParams<'a> {
    /// The first: in a P-Charging-Vector it is `icid-value`.
    pub first: Param<'a>,
    /// The others.
    pub params: Params<'a>,
}

/// A token or a quoted string, with parameters: P-Visited-Network-ID, User-to-User.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opaque<'a> {
    /// The value; as a token if it is plain.
    pub value: ParamValue<'a>,
    /// Its parameters: `purpose`, `content`, `encoding` in a User-to-User.
    pub params: Params<'a>,
}

/// Whom a request is served for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ServedUser<'a> {
    /// The display name, without quotes and still escaped; see [`crate::text::unquote`].
    pub display: Option<&'a [u8]>,
    /// The user.
    pub uri: &'a str,
    /// Whether the user calls: `sescase=orig`, and not `term`.
    pub is_originating: Option<bool>,
    /// Whether the user is registered: `regstate=reg`, and not `unreg`.
    pub is_registered: Option<bool>,
    /// The other parameters.
    pub params: Params<'a>,
}

impl<'a> ChargingParams<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Opaque<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> ServedUser<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Element<'a> for ChargingParams<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let first = Param::take(cursor)?;
        let params = Params::take(cursor, &[], |_, _| Ok(()))?;
        Ok(Self { first, params })
    }
}

impl<'a> Element<'a> for Opaque<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let value = if cursor.peek() == Some(b'"') {
            match cursor.take_quoted() {
                Some(inside) => ParamValue::Quoted(inside),
                None => return fail(HeaderErrorKind::Quoted, cursor),
            }
        } else {
            ParamValue::Plain(take_token(cursor)?)
        };
        let params = Params::take(cursor, &[], |_, _| Ok(()))?;
        Ok(Self { value, params })
    }
}

/// One of two words; which.
fn either(
    value: Option<ParamValue<'_>>,
    yes: &str,
    no: &str,
) -> Result<Option<bool>, HeaderErrorKind> {
    match token(value)? {
        text if text.eq_ignore_ascii_case(yes) => Ok(Some(true)),
        text if text.eq_ignore_ascii_case(no) => Ok(Some(false)),
        _ => Err(HeaderErrorKind::Parameter),
    }
}

impl<'a> Element<'a> for ServedUser<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let (display, uri) = take_address(cursor)?;
        let (mut is_originating, mut is_registered) = (None, None);
        let params = Params::take(cursor, &["sescase", "regstate"], |place, value| {
            match place {
                0 => is_originating = either(value, "orig", "term")?,
                _ => is_registered = either(value, "reg", "unreg")?,
            }
            Ok(())
        })?;
        Ok(Self {
            display,
            uri,
            is_originating,
            is_registered,
            params,
        })
    }
}

fn write_value(value: ParamValue<'_>, out: &mut Vec<u8>) {
    match value {
        ParamValue::Plain(text) => out.extend_from_slice(text.as_bytes()),
        ParamValue::Quoted(inside) => write_quoted(inside, out),
    }
}

impl Value for ChargingParams<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.first.name.as_bytes());
        if let Some(value) = self.first.value {
            out.push(b'=');
            write_value(value, out);
        }
        self.params.write(out);
    }
}

impl Value for Opaque<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_value(self.value, out);
        self.params.write(out);
    }
}

impl Value for ServedUser<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_address(self.display, self.uri, out);
        if let Some(is_originating) = self.is_originating {
            let case = if is_originating { "orig" } else { "term" };
            write_param("sescase", case, out);
        }
        if let Some(is_registered) = self.is_registered {
            let state = if is_registered { "reg" } else { "unreg" };
            write_param("regstate", state, out);
        }
        self.params.write(out);
    }
}
