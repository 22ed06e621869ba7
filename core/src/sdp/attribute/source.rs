//! The sources of a stream: `ssrc` and `ssrc-group` (RFC 5576 §4).

use alloc::vec::Vec;
use core::fmt;

use super::TypedAttribute;
use crate::sdp::token::{digits, is_token, token_length};

/// `ssrc`: an attribute of one source of a stream (§4.1). Media level.
///
/// `cname` is there for every source that has any (§6.1); `fmtp` has the same form as for a
/// stream (§6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceAttribute<'a> {
    /// The source.
    pub ssrc: u32,
    /// The name of the attribute; its case matters.
    pub name: &'a str,
    /// What follows its colon, which is not nothing.
    pub value: Option<&'a str>,
}

impl<'a> SourceAttribute<'a> {
    /// The canonical name the source sends in RTCP, if this says it (§6.1).
    #[must_use]
    pub fn cname(&self) -> Option<&'a str> {
        self.value.filter(|_| self.name == "cname")
    }

    /// The sources this one was before, if this says it (§6.2).
    #[must_use]
    pub fn previous_ssrcs(&self) -> Option<Vec<u32>> {
        let value = self.value.filter(|_| self.name == "previous-ssrc")?;
        value.split(' ').map(ssrc).collect()
    }

    /// What this means as an attribute of a type.
    #[must_use]
    pub fn typed<T: TypedAttribute<'a>>(&self) -> Option<T> {
        T::parse(self.value.filter(|_| self.name == T::NAME)?)
    }
}

impl<'a> TypedAttribute<'a> for SourceAttribute<'a> {
    const NAME: &'static str = "ssrc";

    fn parse(value: &'a str) -> Option<Self> {
        let (number, attribute) = value.split_once(' ')?;
        let length = token_length(attribute.as_bytes());
        let (name, rest) = attribute.split_at_checked(length)?;
        let value = match rest {
            "" => None,
            rest => Some(rest.strip_prefix(':').filter(|value| !value.is_empty())?),
        };
        let source = Self {
            ssrc: ssrc(number)?,
            name,
            value,
        };
        (!name.is_empty()).then_some(source)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write!(f, "{} {}", self.ssrc, self.name)?;
        match self.value {
            Some(value) => write!(f, ":{value}"),
            None => Ok(()),
        }
    }
}

/// `ssrc-group`: sources of a stream that belong together (§4.2). Media level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceGroup<'a> {
    /// Why: `FID`, `FEC` (§4.2), or another token.
    pub semantics: &'a str,
    /// The sources.
    pub ssrcs: Vec<u32>,
}

impl<'a> TypedAttribute<'a> for SourceGroup<'a> {
    const NAME: &'static str = "ssrc-group";

    fn parse(value: &'a str) -> Option<Self> {
        let mut words = value.trim_ascii_end().split(' ');
        Some(Self {
            semantics: words.next().filter(|word| is_token(word))?,
            ssrcs: words.map(ssrc).collect::<Option<_>>()?,
        })
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        f.write_str(self.semantics)?;
        self.ssrcs.iter().try_for_each(|ssrc| write!(f, " {ssrc}"))
    }
}

/// `ssrc-id`.
fn ssrc(word: &str) -> Option<u32> {
    u32::try_from(digits(word)?).ok()
}
