//! Streams that belong together: `mid` and `group` (RFC 5888 §4, §5; RFC 9143 §5).

use alloc::vec::Vec;
use core::fmt;

use super::TypedAttribute;
use crate::sdp::token::is_token;

/// `mid`: the name of a stream within a description, where it is unique. Media level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mid<'a>(pub &'a str);

impl<'a> TypedAttribute<'a> for Mid<'a> {
    const NAME: &'static str = "mid";

    fn parse(value: &'a str) -> Option<Self> {
        is_token(value).then_some(Self(value))
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// `group`: streams by their `mid`, and why they belong together. Session level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// Why.
    pub semantics: Semantics<'a>,
    /// The streams; in an answer perhaps none.
    pub mids: Vec<&'a str>,
}

/// Why streams belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Semantics<'a> {
    /// `LS`: lip synchronisation (RFC 5888 §7).
    LipSynchronization,
    /// `FID`: one flow in several streams (RFC 5888 §8).
    FlowIdentification,
    /// `BUNDLE`: all over one transport (RFC 9143 §5).
    Bundle,
    /// Another, whose streams are to be taken as if they were not grouped.
    Other(&'a str),
}

impl<'a> Semantics<'a> {
    /// The semantics a token names; case matters.
    #[must_use]
    pub fn from_token(token: &'a str) -> Self {
        match token {
            "LS" => Self::LipSynchronization,
            "FID" => Self::FlowIdentification,
            "BUNDLE" => Self::Bundle,
            other => Self::Other(other),
        }
    }

    /// The token.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        match self {
            Self::LipSynchronization => "LS",
            Self::FlowIdentification => "FID",
            Self::Bundle => "BUNDLE",
            Self::Other(token) => token,
        }
    }
}

impl<'a> TypedAttribute<'a> for Group<'a> {
    const NAME: &'static str = "group";

    fn parse(value: &'a str) -> Option<Self> {
        let mut words = value.trim_ascii_end().split(' ');
        let semantics = words.next().filter(|word| is_token(word))?;
        let token = |word| is_token(word).then_some(word);
        Some(Self {
            semantics: Semantics::from_token(semantics),
            mids: words.map(token).collect::<Option<_>>()?,
        })
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        f.write_str(self.semantics.as_str())?;
        self.mids.iter().try_for_each(|mid| write!(f, " {mid}"))
    }
}
