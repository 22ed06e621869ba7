//! Parameters of header fields: `*( SEMI generic-param )` (RFC 3261 §7.3.1, §25.1).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::text::{Class, Cursor, is_quoted_text, quote, unquote, write_unfolded};

use super::{HeaderError, HeaderErrorKind};

/// The parameters that the type around them has no field for, kept as they came.
///
/// Two are equal if they have the same parameters in the same order, however they are spaced.
#[derive(Clone, Copy, Debug, Default)]
pub struct Params<'a> {
    raw: &'a [u8],
    /// Names that are fields of the type around this one.
    hidden: &'static [&'static str],
}

/// One parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Param<'a> {
    /// Its name, as spelt; compare it without regard to case.
    pub name: &'a str,
    /// What follows the equal sign, if one does.
    pub value: Option<ParamValue<'a>>,
}

/// What a parameter is set to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParamValue<'a> {
    /// A token or a host.
    Plain(&'a str),
    /// What stands between double quotes, still escaped.
    Quoted(&'a [u8]),
}

impl<'a> ParamValue<'a> {
    /// The plain text, or the quoted one unescaped.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        match *self {
            Self::Plain(text) => Cow::Borrowed(text),
            Self::Quoted(inside) => unquote(inside),
        }
    }

    /// The text of a value that is not quoted.
    #[must_use]
    pub const fn plain(&self) -> Option<&'a str> {
        match *self {
            Self::Plain(text) => Some(text),
            Self::Quoted(_) => None,
        }
    }

    /// A decimal number of at most 32 bits; larger ones saturate.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        let digits = self.plain()?.as_bytes();
        if !Class::DIGIT.holds(digits) {
            return None;
        }
        Some(digits.iter().fold(0_u32, |n, digit| {
            n.saturating_mul(10)
                .saturating_add(u32::from(digit.wrapping_sub(b'0')))
        }))
    }
}

impl<'a> Params<'a> {
    /// No parameters.
    pub const EMPTY: Self = Self {
        raw: &[],
        hidden: &[],
    };

    /// Takes `text`, which is empty or starts with a semicolon: `;a=1;b`.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &'a [u8]) -> Result<Self, HeaderError> {
        let mut cursor = Cursor::new(text);
        let params = Self::take(&mut cursor, &[], |_, _| Ok(()))?;
        if cursor.is_at_end() {
            Ok(params)
        } else {
            let at = cursor.position();
            Err(HeaderError::new(HeaderErrorKind::Syntax, at))
        }
    }

    /// Takes parameters as long as semicolons come, and shows each whose name is in `hidden` to
    /// `known` with its place in that list. A known name that comes twice is refused.
    pub(crate) fn take(
        cursor: &mut Cursor<'a>,
        hidden: &'static [&'static str],
        mut known: impl FnMut(usize, Option<ParamValue<'a>>) -> Result<(), HeaderErrorKind>,
    ) -> Result<Self, HeaderError> {
        Self::take_noting(cursor, hidden, |place, value, _| known(place, value))
    }

    /// As [`take`](Self::take), and says where each known parameter stands, without its semicolon.
    pub(super) fn take_noting(
        cursor: &mut Cursor<'a>,
        hidden: &'static [&'static str],
        mut known: impl FnMut(
            usize,
            Option<ParamValue<'a>>,
            Range<usize>,
        ) -> Result<(), HeaderErrorKind>,
    ) -> Result<Self, HeaderError> {
        let all = cursor.rest();
        let start = cursor.position();
        let mut end = start;
        let mut seen = 0_u32;
        let mut has_others = false;
        while cursor.eat_separator(b';') {
            let at = cursor.position();
            let param = Param::take(cursor)?;
            end = cursor.position();
            let place = hidden
                .iter()
                .position(|name| name.eq_ignore_ascii_case(param.name));
            has_others |= place.is_none();
            if let Some(place) = place {
                let bit = 1_u32.wrapping_shl(place as u32);
                if seen & bit != 0 {
                    return Err(HeaderError::new(HeaderErrorKind::Duplicate, at));
                }
                seen |= bit;
                known(place, param.value, at..end).map_err(|kind| HeaderError::new(kind, at))?;
            }
        }
        if !has_others {
            return Ok(Self::EMPTY);
        }
        let raw = all.get(..end.saturating_sub(start)).unwrap_or_default();
        Ok(Self { raw, hidden })
    }

    /// Those with other names than `hidden` in `raw`, which was taken as parameters before.
    pub(super) const fn of_parts(raw: &'a [u8], hidden: &'static [&'static str]) -> Self {
        Self { raw, hidden }
    }

    /// The parameters as they came.
    pub(crate) const fn as_bytes(&self) -> &'a [u8] {
        self.raw
    }

    /// The parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = Param<'a>> + Clone + use<'a> {
        let hidden = self.hidden;
        let mut cursor = Cursor::new(self.raw);
        core::iter::from_fn(move || {
            if cursor.eat_separator(b';') {
                Param::take(&mut cursor).ok()
            } else {
                None
            }
        })
        .filter(move |param| !hidden.iter().any(|h| h.eq_ignore_ascii_case(param.name)))
    }

    /// The first parameter of that name, in any case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Param<'a>> {
        self.iter().find(|p| p.name.eq_ignore_ascii_case(name))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Appends the parameters, each with its semicolon.
    pub fn write(&self, out: &mut Vec<u8>) {
        if self.raw.is_empty() {
            return;
        }
        for param in self.iter() {
            param.write(out);
        }
    }
}

impl PartialEq for Params<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Params<'_> {}

impl<'a> Param<'a> {
    /// `token [ EQUAL gen-value ]`
    pub(crate) fn take(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let at = cursor.position();
        let fail = |kind, at| Err(HeaderError::new(kind, at));
        let Some(name) = cursor.take_token() else {
            return fail(HeaderErrorKind::Token, at);
        };
        if !cursor.eat_separator(b'=') {
            return Ok(Self { name, value: None });
        }
        let at = cursor.position();
        if cursor.peek() == Some(b'"') {
            let Some(inside) = cursor.take_quoted() else {
                return fail(HeaderErrorKind::Quoted, at);
            };
            let value = Some(ParamValue::Quoted(inside));
            return Ok(Self { name, value });
        }
        let plain = cursor.take_str(Class::VALUE);
        if plain.is_empty() {
            return fail(HeaderErrorKind::Token, at);
        }
        Ok(Self {
            name,
            value: Some(ParamValue::Plain(plain)),
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(b';');
        out.extend_from_slice(self.name.as_bytes());
        match self.value {
            None => {}
            Some(value) => {
                out.push(b'=');
                write_value(value, out);
            }
        }
    }
}

/// Writes a value as it was: plain, or between quotes.
pub(super) fn write_value(value: ParamValue<'_>, out: &mut Vec<u8>) {
    match value {
        ParamValue::Plain(text) => out.extend_from_slice(text.as_bytes()),
        ParamValue::Quoted(inside) => write_quoted(inside, out),
    }
}

/// Writes `inside` between quotes: as it is if it is escaped as it should be, else escaped now.
pub(crate) fn write_quoted(inside: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    if is_quoted_text(inside) {
        out.extend_from_slice(inside);
    } else {
        write_unusual(inside, out);
    }
    out.push(b'"');
}

/// What holds folds, or is not escaped as it should be.
#[cold]
fn write_unusual(inside: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    write_unfolded(inside, out);
    if !out.get(start..).is_some_and(is_quoted_text) {
        out.truncate(start);
        out.extend_from_slice(quote(&String::from_utf8_lossy(inside)).as_bytes());
    }
}

/// Writes `;name=value`.
#[inline]
pub(crate) fn write_param(name: &str, value: &str, out: &mut Vec<u8>) {
    out.push(b';');
    out.extend_from_slice(name.as_bytes());
    out.push(b'=');
    out.extend_from_slice(value.as_bytes());
}
