//! Whom a request is served for and where that is known: P-Served-User (RFC 5502 §6) and
//! P-User-Database (RFC 4457 §4). P-Profile-Key (RFC 5002 §5) is a [`NameAddr`](super::NameAddr).

use alloc::vec::Vec;

use crate::text::Cursor;

use super::expect::{take_bracketed, token};
use super::name_addr::{take_address, write_address};
use super::params::write_param;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, ParamValue, Params, Value};

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

/// The database that has the user's data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UserDatabase<'a> {
    /// Its Diameter URI: `aaa://host…` or `aaas://host…` (RFC 6733 §4.3.1).
    pub uri: &'a str,
    /// The parameters of the header field.
    pub params: Params<'a>,
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

impl<'a> UserDatabase<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
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

impl<'a> Element<'a> for UserDatabase<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let at = cursor.position();
        let uri = take_bracketed(cursor)?;
        let is_diameter = uri.split_once("://").is_some_and(|(scheme, host)| {
            (scheme.eq_ignore_ascii_case("aaa") || scheme.eq_ignore_ascii_case("aaas"))
                && !host.is_empty()
        });
        if !is_diameter {
            return Err(HeaderError::new(HeaderErrorKind::Uri, at.saturating_add(1)));
        }
        let params = Params::take(cursor, &[], |_, _| Ok(()))?;
        Ok(Self { uri, params })
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

impl Value for UserDatabase<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_address(None, self.uri, out);
        self.params.write(out);
    }
}
