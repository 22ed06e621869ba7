//! Accept-Encoding, Accept-Language, Content-Encoding and Content-Language (RFC 3261 §20.2, §20.3,
//! §20.12, §20.13).

use alloc::vec::Vec;

use crate::text::Cursor;

use super::expect::token;
use super::token::take_token;
use super::value::whole;
use super::{Element, HeaderError, HeaderErrorKind, Params, QValue, Token, Value};

/// A coding that is understood, or `*` for any; a Content-Encoding is a list of [`Token`]s.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AcceptEncoding<'a> {
    /// The coding: `gzip`, `identity`, `*`, …
    pub coding: Token<'a>,
    /// How much it is preferred to others.
    pub q: Option<QValue>,
    /// The other parameters.
    pub params: Params<'a>,
}

/// A language that is understood, or `*` for any.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AcceptLanguage<'a> {
    /// The language, or the start of its tag: `en` covers `en-gb`.
    pub range: LanguageTag<'a>,
    /// How much it is preferred to others.
    pub q: Option<QValue>,
    /// The other parameters.
    pub params: Params<'a>,
}

/// A language, compared without regard to case. One value of Content-Language.
#[derive(Clone, Copy, Debug)]
pub struct LanguageTag<'a>(pub &'a str);

impl<'a> AcceptEncoding<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> AcceptLanguage<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl<'a> LanguageTag<'a> {
    /// Takes a value that is one of these.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        whole(value)
    }
}

impl AcceptLanguage<'_> {
    /// Whether the range covers a language: it is its tag or ends where one of its subtags does.
    /// `q=0` covers nothing.
    #[must_use]
    pub fn accepts(&self, language: &str) -> bool {
        let range = self.range.0;
        let is_covered = range == "*"
            || language
                .split_at_checked(range.len())
                .is_some_and(|(start, rest)| {
                    start.eq_ignore_ascii_case(range) && (rest.is_empty() || rest.starts_with('-'))
                });
        is_covered && self.q.is_none_or(|q| q.thousandths() > 0)
    }
}

impl PartialEq for LanguageTag<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for LanguageTag<'_> {}

/// `1*8ALPHA *( "-" 1*8ALPHA )`. RFC 5646 §2.1 has digits in subtags since.
fn is_language(text: &str) -> bool {
    let mut subtags = text.split('-');
    let is_alpha = |tag: &str| tag.bytes().all(|b| b.is_ascii_alphabetic());
    subtags
        .next()
        .is_some_and(|tag| (1..=8).contains(&tag.len()) && is_alpha(tag))
        && subtags.all(|tag| {
            (1..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

/// `*( SEMI accept-param )`.
fn take_accept_params<'a>(
    cursor: &mut Cursor<'a>,
) -> Result<(Option<QValue>, Params<'a>), HeaderError> {
    let mut q = None;
    let params = Params::take(cursor, &["q"], |_, value| {
        q = QValue::parse(token(value)?);
        q.map(|_| ()).ok_or(HeaderErrorKind::Number)
    })?;
    Ok((q, params))
}

fn write_accept_params(q: Option<QValue>, params: &Params<'_>, out: &mut Vec<u8>) {
    if let Some(q) = q {
        out.extend_from_slice(b";q=");
        q.write(out);
    }
    params.write(out);
}

impl<'a> Element<'a> for AcceptEncoding<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let coding = Token::element(cursor)?;
        let (q, params) = take_accept_params(cursor)?;
        Ok(Self { coding, q, params })
    }
}

impl<'a> Element<'a> for AcceptLanguage<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let range = if cursor.eat(b'*') {
            LanguageTag("*")
        } else {
            LanguageTag::element(cursor)?
        };
        let (q, params) = take_accept_params(cursor)?;
        Ok(Self { range, q, params })
    }
}

impl<'a> Element<'a> for LanguageTag<'a> {
    fn element(cursor: &mut Cursor<'a>) -> Result<Self, HeaderError> {
        let at = cursor.position();
        let text = take_token(cursor)?;
        if is_language(text) {
            Ok(Self(text))
        } else {
            Err(HeaderError::new(HeaderErrorKind::Token, at))
        }
    }
}

impl Value for AcceptEncoding<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        self.coding.write(out);
        write_accept_params(self.q, &self.params, out);
    }
}

impl Value for AcceptLanguage<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        self.range.write(out);
        write_accept_params(self.q, &self.params, out);
    }
}

impl Value for LanguageTag<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.as_bytes());
    }
}
