//! Session policies: Policy-Contact and Policy-ID (RFC 6794 §4.4.5), and what a list server refused
//! to call: P-Refused-URI-List (RFC 5318 §5).

use alloc::vec::Vec;

use crate::text::Cursor;

use super::expect::{flag, hostname, quoted, take_bracketed, token};
use super::name_addr::{take_address, take_unbracketed, write_address};
use super::params::{write_param, write_quoted};
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Params, Value};

/// A policy server that is to be asked: one value of Policy-Contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PolicyContact<'a> {
    /// The server.
    pub uri: &'a str,
    /// Whether the server is not to be asked for later sessions too.
    pub is_non_cacheable: bool,
    /// The host of another URI for the same server.
    pub alternative: Option<&'a str>,
    /// The other parameters.
    pub params: Params<'a>,
}

/// A policy server that was asked: one value of Policy-ID.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PolicyId<'a> {
    /// The server: a URI without parameters, since it stands without brackets.
    pub uri: &'a str,
    /// What the server gave to tell the session by.
    pub token: Option<&'a str>,
    /// The other parameters.
    pub params: Params<'a>,
}

/// A list that was refused: one value of P-Refused-URI-List.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RefusedUriList<'a> {
    /// The display name, without quotes and still escaped; see [`crate::text::unquote`].
    pub display: Option<&'a [u8]>,
    /// The list.
    pub uri: &'a str,
    /// The `cid` URL of the body that says who is on it.
    pub members: Option<&'a [u8]>,
    /// The other parameters.
    pub params: Params<'a>,
}

impl<'a> PolicyContact<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> PolicyId<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> RefusedUriList<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Element<'a> for PolicyContact<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let uri = take_bracketed(cursor)?;
        let (mut is_non_cacheable, mut alternative) = (false, None);
        let params = Params::take(cursor, &["non-cacheable", "alt-uri"], |place, value| {
            match place {
                0 => {
                    flag(value)?;
                    is_non_cacheable = true;
                }
                _ => alternative = Some(hostname(value)?),
            }
            Ok(())
        })?;
        Ok(Self {
            uri,
            is_non_cacheable,
            alternative,
            params,
        })
    }
}

impl<'a> Element<'a> for PolicyId<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let uri = take_unbracketed(cursor)?;
        let mut given = None;
        let params = Params::take(cursor, &["token"], |_, value| {
            given = Some(token(value)?);
            Ok(())
        })?;
        Ok(Self {
            uri,
            token: given,
            params,
        })
    }
}

impl<'a> Element<'a> for RefusedUriList<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let (display, uri) = take_address(cursor)?;
        let mut members = None;
        let params = Params::take(cursor, &["members"], |_, value| {
            let inside = quoted(value)?;
            // RFC 5318 §5: a cid URL (RFC 2392).
            let scheme = inside.get(..4).unwrap_or_default();
            if !scheme.eq_ignore_ascii_case(b"cid:") {
                return Err(HeaderErrorKind::Uri);
            }
            members = Some(inside);
            Ok(())
        })?;
        Ok(Self {
            display,
            uri,
            members,
            params,
        })
    }
}

impl Value for PolicyContact<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_address(None, self.uri, out);
        if self.is_non_cacheable {
            out.extend_from_slice(b";non-cacheable");
        }
        if let Some(host) = self.alternative {
            write_param("alt-uri", host, out);
        }
        self.params.write(out);
    }
}

impl Value for PolicyId<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.uri.as_bytes());
        if let Some(token) = self.token {
            write_param("token", token, out);
        }
        self.params.write(out);
    }
}

impl Value for RefusedUriList<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_address(self.display, self.uri, out);
        if let Some(members) = self.members {
            out.extend_from_slice(b";members=");
            write_quoted(members, out);
        }
        self.params.write(out);
    }
}
