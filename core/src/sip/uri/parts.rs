//! Parameters and headers of a URI, as they are spelt (RFC 3261 §19.1.1).

use alloc::string::String;
use alloc::vec::Vec;

use super::escape::{is_escaped_text, is_same_ignoring_case, take_escaped, unescape};
use super::{UriError, UriErrorKind};
use crate::text::{Class, Cursor, find_byte};

/// The parameters of a URI, without the first semicolon.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct UriParams<'a>(&'a str);

/// The headers of a URI, without the question mark.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct UriHeaders<'a>(&'a str);

impl<'a> UriParams<'a> {
    /// No parameters.
    pub const EMPTY: Self = Self("");

    /// Takes `a=1;b`.
    ///
    /// # Errors
    /// A parameter is malformed, or stands twice.
    pub fn parse(text: &'a str) -> Result<Self, UriError> {
        if text.is_empty() {
            return Ok(Self::EMPTY);
        }
        let mut cursor = Cursor::of_str(text);
        let params = Self::take(&mut cursor)?;
        if cursor.is_at_end() {
            Ok(params)
        } else {
            let at = cursor.position();
            Err(UriError::new(UriErrorKind::Parameter, at))
        }
    }

    /// Takes parameters as long as semicolons come between them.
    pub(super) fn take(cursor: &mut Cursor<'a>) -> Result<Self, UriError> {
        let start = cursor.position();
        let mut names = NamesTaken::default();
        loop {
            let at = cursor.position();
            let name = take_escaped(cursor, Class::PARAM);
            let is_fine = !cursor.eat(b'=') || !take_escaped(cursor, Class::PARAM).is_empty();
            if name.is_empty() || !is_fine {
                return Err(UriError::new(UriErrorKind::Parameter, at));
            }
            names.add(name);
            if !cursor.eat(b';') {
                break;
            }
        }
        let params = Self(cursor.since(start).unwrap_or_default());
        if names.is_one_twice || names.count > FEW && params.has_duplicate() {
            return Err(UriError::new(UriErrorKind::Duplicate, start));
        }
        Ok(params)
    }

    /// Many names are sorted, so that a long URI costs no more than its length says.
    fn has_duplicate(self) -> bool {
        let mut names: Vec<_> = self.iter().map(|(name, _)| canonical_name(name)).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair.first() == pair.last())
    }

    /// Names and values, in order, still escaped.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, Option<&'a str>)> + Clone {
        let mut rest = Some(self.0);
        core::iter::from_fn(move || {
            let (param, after) = split(rest?, b';');
            rest = after;
            Some(param)
        })
        .filter(|param| !param.is_empty())
        .map(|param| split(param, b'='))
    }

    /// The value of the parameter of that name, in any case and escaped or not; empty if it has
    /// none.
    #[must_use]
    pub fn get(self, name: &str) -> Option<&'a str> {
        let (_, value) = self.iter().find(|(n, _)| is_name(n, name))?;
        Some(value.unwrap_or_default())
    }

    /// As it is spelt, without the first semicolon.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

impl<'a> UriHeaders<'a> {
    /// No headers.
    pub const EMPTY: Self = Self("");

    /// Takes `a=1&b=2`.
    ///
    /// # Errors
    /// A header has no name or no equal sign, or holds what it must escape.
    pub fn parse(text: &'a str) -> Result<Self, UriError> {
        let mut at: usize = 0;
        for header in text.split('&') {
            let is_fine = match split(header, b'=') {
                (name, Some(value)) => {
                    !name.is_empty()
                        && is_escaped_text(name, Class::HEADER)
                        && is_escaped_text(value, Class::HEADER)
                }
                (_, None) => false,
            };
            if !is_fine {
                return Err(UriError::new(UriErrorKind::Header, at));
            }
            at = at.saturating_add(header.len()).saturating_add(1);
        }
        Ok(Self(text))
    }

    /// Names and values, in order, still escaped.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> + Clone {
        let headers = self.0.split('&').filter(|header| !header.is_empty());
        headers.map(|header| {
            let (name, value) = split(header, b'=');
            (name, value.unwrap_or_default())
        })
    }

    /// As it is spelt, without the question mark.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

/// Names that are compared with each other; more are sorted.
const FEW: usize = 16;

/// The names of the parameters taken so far. RFC 3261 §19.1.1: each may come once.
#[derive(Default)]
struct NamesTaken<'a> {
    first: [&'a str; FEW],
    count: usize,
    has_escape: bool,
    is_one_twice: bool,
}

impl<'a> NamesTaken<'a> {
    fn add(&mut self, name: &'a str) {
        self.has_escape |= has_escape(name);
        let same = if self.has_escape {
            is_name
        } else {
            str::eq_ignore_ascii_case
        };
        let before = self.first.iter().take(self.count);
        self.is_one_twice |= before.into_iter().any(|other| same(other, name));
        if let Some(place) = self.first.get_mut(self.count) {
            *place = name;
        }
        self.count = self.count.saturating_add(1);
    }
}

/// RFC 3261 §19.1.4: an escaped letter is the letter, so `%6Cr` is `lr`.
fn is_name(spelt: &str, name: &str) -> bool {
    spelt.eq_ignore_ascii_case(name)
        || (has_escape(spelt) || has_escape(name)) && is_same_ignoring_case(spelt, name)
}

fn has_escape(text: &str) -> bool {
    find_byte(text.as_bytes(), b'%').is_some()
}

/// A parameter's name in lower case without escapes.
pub(super) fn canonical_name(name: &str) -> String {
    String::from_utf8_lossy(&unescape(name)).to_ascii_lowercase()
}

/// What stands before the first `separator`, and what behind it if there is one.
fn split(text: &str, separator: u8) -> (&str, Option<&str>) {
    let place = find_byte(text.as_bytes(), separator);
    match place.and_then(|place| text.split_at_checked(place)) {
        Some((before, after)) => (before, after.get(1..)),
        None => (text, None),
    }
}
