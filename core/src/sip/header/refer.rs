//! Referred-By and Refer-Sub (RFC 3892 §3, RFC 4488 §4); Refer-To is a [`NameAddr`](super::NameAddr)
//! (RFC 3515 §2.1) and Refer-Events-At a [`UriReference`](super::UriReference) (RFC 7614 §4.8).

use alloc::vec::Vec;

use crate::text::Cursor;

use super::expect::{fail, quoted};
use super::name_addr::{take_address, write_address};
use super::params::write_quoted;
use super::token::take_token;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Params, Value};

/// Who asked for a request to be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReferredBy<'a> {
    /// The display name, without quotes and still escaped; see [`crate::text::unquote`].
    pub display: Option<&'a [u8]>,
    /// The referrer.
    pub uri: &'a str,
    /// The Content-ID of the token that proves it, without quotes.
    pub cid: Option<&'a [u8]>,
    /// The other parameters.
    pub params: Params<'a>,
}

/// Whether a REFER makes a subscription.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReferSub<'a> {
    /// Whether it does.
    pub is_wanted: bool,
    /// Parameters.
    pub params: Params<'a>,
}

impl<'a> ReferredBy<'a> {
    /// A referrer that proves nothing.
    #[must_use]
    pub const fn new(uri: &'a str) -> Self {
        Self {
            display: None,
            uri,
            cid: None,
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
}

impl<'a> ReferSub<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Element<'a> for ReferredBy<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let (display, uri) = take_address(cursor)?;
        let mut cid = None;
        let params = Params::take(cursor, &["cid"], |_, value| {
            // RFC 3892 §3: a message identifier has something on both sides of its sign.
            let id = quoted(value)?;
            let has_sides = matches!(id, [first, .., last]
                if id.contains(&b'@') && *first != b'@' && *last != b'@');
            cid = Some(id).filter(|_| has_sides);
            cid.map(|_| ()).ok_or(HeaderErrorKind::Parameter)
        })?;
        Ok(Self {
            display,
            uri,
            cid,
            params,
        })
    }
}

impl<'a> Element<'a> for ReferSub<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let is_wanted = match take_token(cursor)? {
            text if text.eq_ignore_ascii_case("true") => true,
            text if text.eq_ignore_ascii_case("false") => false,
            _ => return fail(HeaderErrorKind::Token, cursor),
        };
        let params = Params::take(cursor, &[], |_, _| Ok(()))?;
        Ok(Self { is_wanted, params })
    }
}

impl Value for ReferredBy<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_address(self.display, self.uri, out);
        if let Some(cid) = self.cid {
            out.extend_from_slice(b";cid=");
            write_quoted(cid, out);
        }
        self.params.write(out);
    }
}

impl Value for ReferSub<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let text: &[u8] = if self.is_wanted { b"true" } else { b"false" };
        out.extend_from_slice(text);
        self.params.write(out);
    }
}
