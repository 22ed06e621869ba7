//! Content-Type, Accept and Content-Disposition (RFC 3261 §20.15, §20.1, §20.11).

use alloc::vec::Vec;

use crate::text::Cursor;

use super::contact::QValue;
use super::token::take_token;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Params, Value};

/// A media type with its parameters: a Content-Type, or a range of an Accept.
#[derive(Clone, Copy, Debug)]
pub struct MediaType<'a> {
    /// The part before the slash, `*` in a range.
    pub kind: &'a str,
    /// The part behind the slash, `*` in a range.
    pub subtype: &'a str,
    /// How much a range is preferred to others.
    pub q: Option<QValue>,
    /// The other parameters, such as `boundary` and `charset`.
    pub params: Params<'a>,
}

impl<'a> MediaType<'a> {
    /// `application/sdp`
    pub const SDP: MediaType<'static> = MediaType {
        kind: "application",
        subtype: "sdp",
        q: None,
        params: Params::EMPTY,
    };

    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }

    /// Whether type and subtype are these, in any case; parameters do not matter.
    #[must_use]
    pub fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind) && self.subtype.eq_ignore_ascii_case(subtype)
    }

    /// Whether this range covers a type (RFC 3261 §20.1); `q=0` covers nothing.
    #[must_use]
    pub fn accepts(&self, kind: &str, subtype: &str) -> bool {
        let is_wanted = self.q.is_none_or(|q| q.thousandths() > 0);
        is_wanted
            && (self.kind == "*" || self.kind.eq_ignore_ascii_case(kind))
            && (self.subtype == "*" || self.subtype.eq_ignore_ascii_case(subtype))
    }
}

impl PartialEq for MediaType<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.is(other.kind, other.subtype) && self.q == other.q && self.params == other.params
    }
}

impl Eq for MediaType<'_> {}

impl<'a> Element<'a> for MediaType<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let kind = take_token(cursor)?;
        if !cursor.eat_separator(b'/') {
            let at = cursor.position();
            return Err(HeaderError::new(HeaderErrorKind::Syntax, at));
        }
        let subtype = take_token(cursor)?;
        let mut q = None;
        let params = Params::take(cursor, &["q"], |_, value| {
            q = value.and_then(|v| v.plain()).and_then(QValue::parse);
            q.map(|_| ()).ok_or(HeaderErrorKind::Number)
        })?;
        Ok(Self {
            kind,
            subtype,
            q,
            params,
        })
    }
}

impl Value for MediaType<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        for part in [self.kind, "/", self.subtype] {
            out.extend_from_slice(part.as_bytes());
        }
        self.params.write(out);
        if let Some(q) = self.q {
            out.extend_from_slice(b";q=");
            q.write(out);
        }
    }
}

/// What a body is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContentDisposition<'a> {
    /// `session`, `render`, `icon`, `alert`, …; compare it without regard to case.
    pub kind: &'a str,
    /// Whether a receiver that does not know the type or the disposition may go on without it.
    /// What is not said, or not known, counts as required.
    pub is_optional: bool,
    /// The other parameters.
    pub params: Params<'a>,
}

impl<'a> ContentDisposition<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> Element<'a> for ContentDisposition<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let kind = take_token(cursor)?;
        let mut is_optional = false;
        let params = Params::take(cursor, &["handling"], |_, value| {
            let handling = value
                .and_then(|v| v.plain())
                .ok_or(HeaderErrorKind::Parameter)?;
            is_optional = handling.eq_ignore_ascii_case("optional");
            Ok(())
        })?;
        Ok(Self {
            kind,
            is_optional,
            params,
        })
    }
}

impl Value for ContentDisposition<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.kind.as_bytes());
        if self.is_optional {
            out.extend_from_slice(b";handling=optional");
        }
        self.params.write(out);
    }
}
