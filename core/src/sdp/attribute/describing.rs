//! What a session is and who made it: `cat`, `keywds`, `tool`, `type`, `charset`, `sdplang` and
//! `lang` (RFC 8866 §6.1 to §6.3, §6.9 to §6.12).

use core::fmt;

use super::{TypedAttribute, named};
use crate::sdp::token::is_non_ws;

/// `cat`: a category with dots between its levels. Obsolete: not to be written, and to be ignored
/// (§6.1). Session level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cat<'a>(pub &'a str);

impl<'a> TypedAttribute<'a> for Cat<'a> {
    const NAME: &'static str = "cat";

    fn parse(value: &'a str) -> Option<Self> {
        is_non_ws(value.as_bytes()).then_some(Self(value))
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// `keywds`: keywords. Obsolete: not to be written, and to be ignored (§6.2). Session level.
///
/// Of another character set than UTF-8 there is only the attribute's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keywds<'a>(pub &'a str);

impl<'a> TypedAttribute<'a> for Keywds<'a> {
    const NAME: &'static str = "keywds";

    fn parse(value: &'a str) -> Option<Self> {
        (!value.is_empty()).then_some(Self(value))
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// `tool`: name and version of what made the description (§6.3). Session level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool<'a>(pub &'a str);

impl<'a> TypedAttribute<'a> for Tool<'a> {
    const NAME: &'static str = "tool";

    fn parse(value: &'a str) -> Option<Self> {
        (!value.is_empty()).then_some(Self(value))
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// `type`: what kind of conference this is (§6.9). Session level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConferenceType {
    /// Those who join only receive.
    Broadcast,
    /// All send and receive.
    Meeting,
    /// New members start muted; the floor is given.
    Moderated,
    /// Not to be shown to users.
    Test,
    /// Part of a loosely coupled session of H.332.
    H332,
}

impl ConferenceType {
    const ALL: [Self; 5] = [
        Self::Broadcast,
        Self::Meeting,
        Self::Moderated,
        Self::Test,
        Self::H332,
    ];

    /// The value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Broadcast => "broadcast",
            Self::Meeting => "meeting",
            Self::Moderated => "moderated",
            Self::Test => "test",
            Self::H332 => "H332",
        }
    }
}

impl TypedAttribute<'_> for ConferenceType {
    const NAME: &'static str = "type";

    fn parse(value: &str) -> Option<Self> {
        named(&Self::ALL, Self::as_str, value)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `charset`: the character set of the session name, the information and some attributes (§6.10).
/// Session level; case has no meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charset<'a>(pub &'a str);

impl Charset<'_> {
    /// Whether this is what holds without the attribute.
    #[must_use]
    pub fn is_utf8(&self) -> bool {
        self.0.eq_ignore_ascii_case("UTF-8")
    }
}

impl<'a> TypedAttribute<'a> for Charset<'a> {
    const NAME: &'static str = "charset";

    fn parse(value: &'a str) -> Option<Self> {
        let visible = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic());
        visible.then_some(Self(value))
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// `sdplang`: the language a description, or the information of a stream, is written in (§6.11).
/// Session or media level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SdpLang<'a>(pub &'a str);

impl<'a> TypedAttribute<'a> for SdpLang<'a> {
    const NAME: &'static str = "sdplang";

    fn parse(value: &'a str) -> Option<Self> {
        is_language_tag(value).then_some(Self(value))
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// `lang`: a language the session or stream can be had in; the preferred one stands first (§6.12).
/// Session or media level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lang<'a>(pub &'a str);

impl<'a> TypedAttribute<'a> for Lang<'a> {
    const NAME: &'static str = "lang";

    fn parse(value: &'a str) -> Option<Self> {
        is_language_tag(value).then_some(Self(value))
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The shape every language tag has (RFC 5646 §2.1): subtags of one to eight letters and digits,
/// the first of letters.
fn is_language_tag(value: &str) -> bool {
    let mut subtags = value.split('-');
    let first = subtags.next().unwrap_or_default();
    let sized = |subtag: &str| (1..=8).contains(&subtag.len());
    sized(first)
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && subtags
            .all(|subtag| sized(subtag) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
