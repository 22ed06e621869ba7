//! From and To (RFC 3261 §20.20, §20.39).

use alloc::vec::Vec;

use crate::text::Cursor;

use super::name_addr::{take_address, write_address};
use super::params::write_param;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Params, Value};

/// One end of a call and its tag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FromTo<'a> {
    /// The display name, without quotes and still escaped; see [`crate::text::unquote`].
    pub display: Option<&'a [u8]>,
    /// The URI.
    pub uri: &'a str,
    /// This end's half of the dialog's name.
    pub tag: Option<&'a str>,
    /// The other parameters.
    pub params: Params<'a>,
}

/// The parameters with a field of their own.
const HIDDEN: &[&str] = &["tag"];

impl<'a> FromTo<'a> {
    /// A URI, and a tag if there is one yet.
    #[must_use]
    pub const fn new(uri: &'a str, tag: Option<&'a str>) -> Self {
        Self {
            display: None,
            uri,
            tag,
            params: Params::EMPTY,
        }
    }

    /// One whose parts were taken from a value before.
    pub(crate) const fn of_parts(
        display: Option<&'a [u8]>,
        uri: &'a str,
        tag: Option<&'a str>,
        params: &'a [u8],
    ) -> Self {
        Self {
            display,
            uri,
            tag,
            params: Params::of_parts(params, HIDDEN),
        }
    }

    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Element<'a> for FromTo<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let (display, uri) = take_address(cursor)?;
        let mut tag = None;
        let params = Params::take(cursor, HIDDEN, |_, value| {
            tag = value.and_then(|v| v.plain());
            tag.map(|_| ()).ok_or(HeaderErrorKind::Parameter)
        })?;
        Ok(Self {
            display,
            uri,
            tag,
            params,
        })
    }
}

impl Value for FromTo<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_address(self.display, self.uri, out);
        if let Some(tag) = self.tag {
            write_param("tag", tag, out);
        }
        self.params.write(out);
    }
}
