//! The extensions of ours that a request names (RFC 3261 §19.2): all in Supported, until an answer
//! says that one is in the way (§21.4.15) or has to be used (§21.4.16).
//!
//! Every change is for good, and an extension that was left out does not come back, so that no
//! two servers can play with a request for ever.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::draft;
use crate::sip::message::{HeaderName, Message, RequestBuilder, StatusCode};

/// What is different from naming all in Supported: bits, in the order of [`draft::EXTENSIONS`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Extensions {
    left_out: u16,
    required: u16,
}

impl Extensions {
    /// Whether Supported names it.
    pub(super) fn names(self, tag: &str) -> bool {
        self.left_out & bit_of(tag) == 0
    }

    /// Takes note of a 420 or 421; `false` if that changes nothing, so that asking again is no use.
    pub(super) fn learn(&mut self, response: &Message) -> bool {
        let before = *self;
        match response.status() {
            // §8.1.3.5: without whatever Unsupported lists.
            Some(StatusCode::BAD_EXTENSION) => {
                let listed = listed(response, HeaderName::Unsupported);
                self.left_out |= listed;
                self.required &= !listed;
            }
            // §21.4.16: with those that are required, if we have all of them.
            Some(StatusCode::EXTENSION_REQUIRED) => {
                let wanted = draft::methods(response.fields(HeaderName::Require));
                let has = |tag: &String| bit_of(tag) & !self.left_out != 0;
                if wanted.iter().all(has) {
                    self.required |= listed(response, HeaderName::Require);
                }
            }
            Some(_) | None => {}
        }
        *self != before
    }

    /// The names of those that are left out.
    pub(super) fn left_out(self) -> Vec<String> {
        names(|bit| self.left_out & bit != 0)
    }

    /// The names of those that are required.
    pub(super) fn required(self) -> Vec<String> {
        names(|bit| self.required & bit != 0)
    }

    /// As they were with those names; one that is none of ours has no meaning.
    pub(super) fn restore(left_out: &[String], required: &[String]) -> Self {
        let set = |names: &[String]| names.iter().fold(0, |set, name| set | bit_of(name));
        let left_out = set(left_out);
        Self {
            left_out,
            required: set(required) & !left_out,
        }
    }

    /// Writes Supported and, where it is asked for, Require.
    pub(super) fn write(self, builder: &mut RequestBuilder) {
        let supported = self.supported();
        if !supported.is_empty() {
            builder.field(HeaderName::Supported, &*supported);
        }
        if self.required != 0 {
            let required = named(|bit| self.required & bit != 0);
            builder.field(HeaderName::Require, required.as_str());
        }
    }

    fn supported(self) -> Cow<'static, str> {
        match self.left_out {
            0 => Cow::Borrowed(draft::SUPPORTED),
            left_out => Cow::Owned(named(|bit| left_out & bit == 0)),
        }
    }
}

/// The bits of [`draft::EXTENSIONS`].
fn bits() -> impl Iterator<Item = (u16, &'static str)> {
    let bits = (0..u16::BITS).map(|n| 1_u16 << n);
    bits.zip(draft::EXTENSIONS)
}

/// The bit of an extension of ours; none of another.
fn bit_of(tag: &str) -> u16 {
    let is_it = |(_, known): &(u16, &str)| known.eq_ignore_ascii_case(tag);
    bits().find(is_it).map_or(0, |(bit, _)| bit)
}

/// Those of ours that a list has.
fn listed(response: &Message, name: HeaderName) -> u16 {
    let tags = draft::methods(response.fields(name));
    tags.iter().fold(0, |set, tag| set | bit_of(tag))
}

/// A list of those whose bit is wanted.
fn named(is_wanted: impl Fn(u16) -> bool) -> String {
    names(is_wanted).join(", ")
}

/// Those whose bit is wanted.
fn names(is_wanted: impl Fn(u16) -> bool) -> Vec<String> {
    let wanted = bits().filter(|(bit, _)| is_wanted(*bit));
    wanted.map(|(_, tag)| String::from(tag)).collect()
}
