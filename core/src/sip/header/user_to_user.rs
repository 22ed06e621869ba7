//! User-to-User (RFC 7433 §4): a few bytes of the application that go along with a call.

use alloc::vec::Vec;

use crate::text::{Class, Cursor, hex_decode};

use super::expect::token;
use super::network::take_token_or_quoted;
use super::params::{write_param, write_value};
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, ParamValue, Params, Value};

/// One piece of data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UserToUser<'a> {
    /// The data, as `encoding` has it.
    pub data: ParamValue<'a>,
    /// The package that it is of; none is that of the ISDN (RFC 7434).
    pub purpose: Option<&'a str>,
    /// What the data are.
    pub content: Option<&'a str>,
    /// How bytes are written: `hex`, or what the package says.
    pub encoding: Option<&'a str>,
    /// The other parameters.
    pub params: Params<'a>,
}

impl<'a> UserToUser<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }

    /// The bytes of what is written in hexadecimal digits; `None` in any other encoding, which is
    /// to be ignored unless its package is known (RFC 7433 §4.1).
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        if !self.is_hex() {
            return None;
        }
        hex_decode(self.data.text().as_bytes())
    }

    fn is_hex(&self) -> bool {
        self.encoding
            .is_some_and(|encoding| encoding.eq_ignore_ascii_case("hex"))
    }
}

impl<'a> Element<'a> for UserToUser<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let at = cursor.position();
        let data = take_token_or_quoted(cursor)?;
        let mut value = Self {
            data,
            purpose: None,
            content: None,
            encoding: None,
            params: Params::EMPTY,
        };
        let known = &["purpose", "content", "encoding"];
        value.params = Params::take(cursor, known, |place, text| {
            let text = Some(token(text)?);
            match place {
                0 => value.purpose = text,
                1 => value.content = text,
                _ => value.encoding = text,
            }
            Ok(())
        })?;
        // RFC 7433 §4.2: then it is base16 of whole octets, in quotes or not.
        let inside = match data {
            ParamValue::Plain(text) => text.as_bytes(),
            ParamValue::Quoted(inside) => inside,
        };
        if value.is_hex() && (inside.len() % 2 != 0 || !Class::HEX.holds(inside)) {
            return Err(HeaderError::new(HeaderErrorKind::Syntax, at));
        }
        Ok(value)
    }
}

impl Value for UserToUser<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        write_value(self.data, out);
        let known = [
            ("encoding", self.encoding),
            ("purpose", self.purpose),
            ("content", self.content),
        ];
        for (name, text) in known {
            if let Some(text) = text {
                write_param(name, text, out);
            }
        }
        self.params.write(out);
    }
}
