//! Fields of URIs that always stand in brackets: Alert-Info, Call-Info, Error-Info (RFC 3261 §20.4,
//! §20.9, §20.18), Geolocation (RFC 6442 §4.1) and Refer-Events-At (RFC 7614 §4.8).

use alloc::vec::Vec;

use crate::text::Cursor;

use super::expect::take_bracketed;
use super::value::whole;
use super::{Element, HeaderError, ParamValue, Params, Value};

/// A URI in brackets and parameters behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UriReference<'a> {
    /// The URI.
    pub uri: &'a str,
    /// The parameters of the header field.
    pub params: Params<'a>,
}

impl<'a> UriReference<'a> {
    /// A URI alone.
    #[must_use]
    pub const fn new(uri: &'a str) -> Self {
        Self {
            uri,
            params: Params::EMPTY,
        }
    }

    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }

    /// What the URI of a Call-Info is for: `icon`, `info`, `card`, …; compare it without regard to
    /// case.
    #[must_use]
    pub fn purpose(&self) -> Option<&'a str> {
        match self.params.get("purpose")?.value? {
            ParamValue::Plain(text) => Some(text),
            ParamValue::Quoted(_) => None,
        }
    }
}

impl<'a> Element<'a> for UriReference<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let uri = take_bracketed(cursor)?;
        let params = Params::take(cursor, &[], |_, _| Ok(()))?;
        Ok(Self { uri, params })
    }
}

impl Value for UriReference<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'<');
        out.extend_from_slice(self.uri.as_bytes());
        out.push(b'>');
        self.params.write(out);
    }
}
