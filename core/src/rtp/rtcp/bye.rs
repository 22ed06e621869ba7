//! BYE: sources that leave (RFC 3550 §6.6).

use super::word;
use crate::rtp::number::Ssrc;

/// BYE.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Goodbye<'a> {
    sources: &'a [u8],
    reason: Option<&'a [u8]>,
}

impl<'a> Goodbye<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        let (sources, rest) = body.split_at_checked(usize::from(count).wrapping_mul(4))?;
        // The reason is optional: it is there if anything is.
        let reason = match rest.split_first() {
            None => None,
            Some((&length, text)) => Some(text.get(..usize::from(length))?),
        };
        Some(Self { sources, reason })
    }

    /// Who leaves.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = Ssrc> + Clone + use<'a> {
        self.sources.chunks_exact(4).map(|w| Ssrc::new(word(w)))
    }

    /// Why, in the sender's words.
    #[must_use]
    pub const fn reason(&self) -> Option<&'a [u8]> {
        self.reason
    }
}
