//! What challenges and credentials share: a scheme, and parameters between commas
//! (RFC 3261 §25.1, `other-challenge` and `other-response`).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::str;

use crate::text::{Cursor, quote, unquote};

use super::params::write_quoted;
use super::{HeaderError, HeaderErrorKind, Param, ParamValue};

/// A quoted value as it stands between its quotes, so that it can be sent back unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quoted<'a>(&'a [u8]);

impl<'a> Quoted<'a> {
    /// What stands between the quotes, escaped where it has to be.
    #[must_use]
    pub const fn from_escaped(inside: &'a [u8]) -> Self {
        Self(inside)
    }

    /// What stands between the quotes.
    #[must_use]
    pub const fn escaped(self) -> &'a [u8] {
        self.0
    }

    /// The value itself: what a digest is computed over (`unq` of RFC 7616 §3.3).
    #[must_use]
    pub fn bytes(self) -> Cow<'a, [u8]> {
        let plain = !self
            .0
            .iter()
            .any(|byte| matches!(byte, b'\\' | b'\r' | b'\n'));
        match plain {
            true => Cow::Borrowed(self.0),
            false => Cow::Owned(unquote(self.0).into_owned().into_bytes()),
        }
    }

    /// The value as text.
    #[must_use]
    pub fn text(self) -> Cow<'a, str> {
        unquote(self.0)
    }
}

impl PartialEq<str> for Quoted<'_> {
    fn eq(&self, other: &str) -> bool {
        *self.bytes() == *other.as_bytes()
    }
}

/// `scheme SP name=value *( COMMA name=value )`, kept as it came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuthParams<'a> {
    /// `Digest`, in any case; or one we do not know.
    pub scheme: &'a str,
    raw: &'a [u8],
}

impl<'a> AuthParams<'a> {
    /// Takes a value apart. The parameters of a scheme other than Digest may be anything.
    ///
    /// # Errors
    /// What is wrong with it, and where: no scheme, or Digest parameters that are none or too many.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        let mut cursor = Cursor::new(value);
        cursor.skip_lws();
        let scheme = cursor
            .take_token()
            .and_then(|name| str::from_utf8(name).ok());
        let scheme = scheme.ok_or(HeaderError::new(HeaderErrorKind::Token, 0))?;
        cursor.skip_lws();
        let params = Self {
            scheme,
            raw: cursor.rest(),
        };
        if params.is_digest() {
            params.check(cursor.position())?;
        }
        Ok(params)
    }

    /// Takes parameters without a scheme.
    pub(super) fn bare(value: &'a [u8]) -> Result<Self, HeaderError> {
        let mut cursor = Cursor::new(value);
        cursor.skip_lws();
        let params = Self {
            scheme: "",
            raw: cursor.rest(),
        };
        params.check(cursor.position())?;
        Ok(params)
    }

    /// Whether all parameters are well-formed; they begin at byte `start` of the value.
    fn check(&self, start: usize) -> Result<(), HeaderError> {
        let mut rest = Cursor::new(self.raw);
        let mut count = 0;
        while !rest.is_at_end() {
            let at = |error: HeaderError| start.saturating_add(error.at as usize);
            next(&mut rest).map_err(|error| HeaderError::new(error.kind, at(error)))?;
            count += 1;
            if count > MAX_PARAMS {
                return Err(HeaderError::new(HeaderErrorKind::Syntax, start));
            }
        }
        Ok(())
    }

    /// Whether the scheme is Digest; servers must not take or ask for Basic (RFC 3261 §22).
    #[must_use]
    pub fn is_digest(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("Digest")
    }

    /// The parameters in order; ends at a malformed one.
    pub fn iter(&self) -> impl Iterator<Item = Param<'a>> + use<'a> {
        let mut rest = Cursor::new(self.raw);
        core::iter::from_fn(move || match rest.is_at_end() {
            true => None,
            false => next(&mut rest).ok(),
        })
    }

    /// What follows the scheme.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Every parameter handed to `known` once; a name that comes twice is an error.
    pub(super) fn each(
        &self,
        names: &[&str],
        mut known: impl FnMut(usize, ParamValue<'a>) -> Result<(), HeaderErrorKind>,
    ) -> Result<(), HeaderError> {
        let mut seen = 0_u32;
        for param in self.iter() {
            let is = |name: &&str| name.eq_ignore_ascii_case(param.name);
            let (Some(place), Some(value)) = (names.iter().position(is), param.value) else {
                continue;
            };
            let bit = 1_u32.wrapping_shl(place as u32);
            if seen & bit != 0 {
                return Err(HeaderError::new(HeaderErrorKind::Duplicate, 0));
            }
            seen |= bit;
            known(place, value).map_err(|kind| HeaderError::new(kind, 0))?;
        }
        Ok(())
    }
}

/// More parameters than any challenge has.
const MAX_PARAMS: usize = 64;

/// One parameter and the commas after it; peers are known to leave one at the end.
fn next<'a>(cursor: &mut Cursor<'a>) -> Result<Param<'a>, HeaderError> {
    let param = Param::take(cursor)?;
    let mut separated = false;
    while cursor.eat_separator(b',') {
        separated = true;
    }
    cursor.skip_lws();
    match separated || cursor.is_at_end() {
        true => Ok(param),
        false => Err(HeaderError::new(HeaderErrorKind::Syntax, cursor.position())),
    }
}

/// A value that should be quoted; without quotes it is taken as it stands.
pub(super) fn quoted(value: ParamValue<'_>) -> Quoted<'_> {
    match value {
        ParamValue::Quoted(inside) => Quoted(inside),
        ParamValue::Plain(text) => Quoted(text.as_bytes()),
    }
}

/// A token; also where it was quoted, as some peers do.
pub(super) fn token(value: ParamValue<'_>) -> Result<&str, HeaderErrorKind> {
    match value {
        ParamValue::Plain(text) => Ok(text),
        ParamValue::Quoted(inside) => str::from_utf8(inside).map_err(|_| HeaderErrorKind::Token),
    }
}

/// Writes `Digest name=value, …`.
pub(super) struct Writer<'o> {
    out: &'o mut Vec<u8>,
    is_first: bool,
}

impl<'o> Writer<'o> {
    pub(super) fn digest(out: &'o mut Vec<u8>) -> Self {
        out.extend_from_slice(b"Digest ");
        Self::bare(out)
    }

    pub(super) fn bare(out: &'o mut Vec<u8>) -> Self {
        Self {
            out,
            is_first: true,
        }
    }

    fn name(&mut self, name: &str) {
        if !core::mem::take(&mut self.is_first) {
            self.out.extend_from_slice(b", ");
        }
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'=');
    }

    pub(super) fn quoted(&mut self, name: &str, value: Option<Quoted<'_>>) {
        if let Some(Quoted(inside)) = value {
            self.name(name);
            write_quoted(inside, self.out);
        }
    }

    pub(super) fn token(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.name(name);
            self.out.extend_from_slice(value.as_bytes());
        }
    }
}

/// Escapes text for [`Quoted::from_escaped`].
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    // A control character has no way to be said in a quoted string at all.
    match text.chars().any(|c| c.is_ascii_control()) {
        false => quote(text),
        true => {
            let printable: String = text.chars().filter(|c| !c.is_ascii_control()).collect();
            Cow::Owned(quote(&printable).into_owned())
        }
    }
}
