//! Geolocation-Routing and Geolocation-Error (RFC 6442 §4.2, §4.4); a Geolocation is a list of
//! [`UriReference`](super::UriReference)s (§4.1).

use alloc::vec::Vec;

use crate::text::{Class, Cursor, write_decimal};

use super::expect::quoted;
use super::params::write_quoted;
use super::token::take_token;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Params, Value};

/// Whether a proxy may route by the location.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GeolocationRouting<'a> {
    /// It may.
    Yes,
    /// It must not.
    No,
    /// Another word, which means no (RFC 6442 §4.2).
    Other(&'a str),
}

/// What is wrong with a location.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GeolocationError<'a> {
    /// The code, up to 999.
    pub code: u16,
    /// The same for people, without quotes and still escaped.
    pub text: Option<&'a [u8]>,
    /// The other parameters.
    pub params: Params<'a>,
}

impl<'a> GeolocationRouting<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> GeolocationError<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Element<'a> for GeolocationRouting<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        Ok(match take_token(cursor)? {
            text if text.eq_ignore_ascii_case("yes") => Self::Yes,
            text if text.eq_ignore_ascii_case("no") => Self::No,
            text => Self::Other(text),
        })
    }
}

impl<'a> Element<'a> for GeolocationError<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let at = cursor.position();
        let digits = cursor.take_while(Class::DIGIT);
        let code = Cursor::new(digits)
            .take_number()
            .filter(|_| digits.len() <= 3)
            .and_then(|code| u16::try_from(code).ok())
            .ok_or(HeaderError::new(HeaderErrorKind::Number, at))?;
        let mut text = None;
        let params = Params::take(cursor, &["code"], |_, value| {
            text = Some(quoted(value)?);
            Ok(())
        })?;
        Ok(Self { code, text, params })
    }
}

impl Value for GeolocationRouting<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(match self {
            Self::Yes => b"yes",
            Self::No => b"no",
            Self::Other(text) => text.as_bytes(),
        });
    }
}

impl Value for GeolocationError<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_decimal(u64::from(self.code), out);
        if let Some(text) = self.text {
            out.extend_from_slice(b";code=");
            write_quoted(text, out);
        }
        self.params.write(out);
    }
}
