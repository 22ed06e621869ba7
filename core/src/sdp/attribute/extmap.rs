//! Header extensions of RTP: `extmap` (RFC 8285 §5, §7, §8).

use core::fmt;

use super::TypedAttribute;
use crate::sdp::direction::Direction;
use crate::sdp::token::{digits, is_uri};

/// `extmap`: the number under which an extension stands in the packets. Session or media level, but
/// not both in one description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extmap<'a> {
    /// 1 to 255 for an element of the two-byte form, of which 1 to 14 are also one of the one-byte
    /// form; 256 for the bits beside them (§4.3); or 4096 to 4351 in an offer that has more
    /// extensions than numbers (§7).
    pub id: u16,
    /// Which way it is used; without a word, as the stream.
    pub direction: Option<Direction>,
    /// What it is.
    pub uri: &'a str,
    /// What the extension says about itself.
    pub attributes: Option<&'a str>,
}

impl Extmap<'_> {
    /// Whether the number is in the valid range, and not only a place in an offer (§7).
    #[must_use]
    pub const fn is_in_valid_range(&self) -> bool {
        self.id <= 256
    }

    /// Whether the one-byte form can carry it (§4.2).
    #[must_use]
    pub const fn fits_one_byte_form(&self) -> bool {
        self.id < 15
    }
}

impl<'a> TypedAttribute<'a> for Extmap<'a> {
    const NAME: &'static str = "extmap";

    fn parse(value: &'a str) -> Option<Self> {
        let (entry, rest) = value.split_once(' ')?;
        let (id, direction) = match entry.split_once('/') {
            None => (entry, None),
            Some((id, direction)) => (id, Some(Direction::from_attribute(direction)?)),
        };
        let (uri, attributes) = match rest.split_once(' ') {
            None => (rest, None),
            Some((uri, attributes)) => (uri, Some(attributes).filter(|text| !text.is_empty())),
        };
        let extension = Self {
            id: u16::try_from(digits(id)?).ok()?,
            direction,
            uri,
            attributes,
        };
        let is_valid = matches!(extension.id, 1..=256 | 4096..=4351);
        (is_valid && is_uri(uri.as_bytes())).then_some(extension)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        write!(f, "{}", self.id)?;
        if let Some(direction) = self.direction {
            write!(f, "/{}", direction.as_str())?;
        }
        write!(f, " {}", self.uri)?;
        match self.attributes {
            Some(attributes) => write!(f, " {attributes}"),
            None => Ok(()),
        }
    }
}
