//! History-Info (RFC 7044 §5): where a request has been sent on its way.

use alloc::vec::Vec;

use crate::text::Cursor;

use super::expect::token;
use super::name_addr::{take_address, write_address};
use super::params::write_param;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Params, Value};

/// One target of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HistoryEntry<'a> {
    /// The display name, without quotes and still escaped; see [`crate::text::unquote`].
    pub display: Option<&'a [u8]>,
    /// The Request-URI; its headers may carry a Reason and a Privacy.
    pub uri: &'a str,
    /// The place in the tree of branches: `1.1.2`.
    pub index: &'a str,
    /// How the target came out of another one, and the index of that.
    pub source: Option<(Retarget, &'a str)>,
    /// The other parameters.
    pub params: Params<'a>,
}

/// How a target was determined.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Retarget {
    /// `rc`: another address of the same user.
    RegisteredContact,
    /// `mp`: another user.
    Mapped,
    /// `np`: none; the target is the same.
    Unchanged,
}

impl<'a> HistoryEntry<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl Retarget {
    /// The parameter's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RegisteredContact => "rc",
            Self::Mapped => "mp",
            Self::Unchanged => "np",
        }
    }
}

/// `number *( "." number )`, where a number has no leading zero.
fn is_index(text: &str) -> bool {
    text.split('.').all(|number| match number.as_bytes() {
        [] => false,
        [b'0', _, ..] => false,
        digits => digits.iter().all(u8::is_ascii_digit),
    })
}

impl<'a> Element<'a> for HistoryEntry<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let start = cursor.position();
        let (display, uri) = take_address(cursor)?;
        // A name-addr: the brackets have to be there.
        if !cursor.since(start).is_some_and(|text| text.ends_with('>')) {
            return Err(HeaderError::new(HeaderErrorKind::Uri, start));
        }
        let (mut index, mut source) = (None, None);
        let params = Params::take(cursor, &["index", "rc", "mp", "np"], |place, value| {
            let value = token(value)?;
            if !is_index(value) {
                return Err(HeaderErrorKind::Number);
            }
            let kind = match place {
                0 => {
                    index = Some(value);
                    return Ok(());
                }
                1 => Retarget::RegisteredContact,
                2 => Retarget::Mapped,
                _ => Retarget::Unchanged,
            };
            // RFC 7044 §5: an entry has at most one of the three.
            if source.is_some() {
                return Err(HeaderErrorKind::Duplicate);
            }
            source = Some((kind, value));
            Ok(())
        })?;
        // RFC 7044 §5: the index is mandatory, whatever the grammar says.
        match index {
            Some(index) => Ok(Self {
                display,
                uri,
                index,
                source,
                params,
            }),
            None => Err(HeaderError::new(
                HeaderErrorKind::Parameter,
                cursor.position(),
            )),
        }
    }
}

impl Value for HistoryEntry<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_address(self.display, self.uri, out);
        write_param("index", self.index, out);
        if let Some((kind, index)) = self.source {
            write_param(kind.as_str(), index, out);
        }
        self.params.write(out);
    }
}
