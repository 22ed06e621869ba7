//! The identification-tag of what is sent, where several streams share a transport (RFC 9143 §15).
//!
//! It goes along in an SDES item with every regular report, and in a header extension with every
//! packet of media until a report shows that one of those has arrived (RFC 7941 §4.2).

use alloc::boxed::Box;

use super::Session;
use crate::rtp::packet::{Element, Extension};
use crate::rtp::rtcp::{ReportBlock, SdesItem, SdesKind};

/// The most octets that an SDES item has.
const LONGEST: usize = 255;
/// RFC 8285 §4.2: the most that an element of the one-byte form has, and its highest number.
const ONE_BYTE: (usize, u8) = (16, 14);

/// The identification-tag that a participant sends (MID), which the peer has given to the section
/// that the stream is of (`a=mid`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionMid {
    tag: Box<[u8]>,
    /// The profile word and the words of a header extension with nothing but the tag.
    extension: Option<(u16, Box<[u8]>)>,
}

impl SessionMid {
    /// A tag of 1 to 255 octets. `extension` is the number that header extensions with a MID were
    /// agreed on with; without one only reports have it. `None` if it cannot be said so.
    #[must_use]
    pub fn new(tag: &[u8], extension: Option<u8>) -> Option<Self> {
        if !(1..=LONGEST).contains(&tag.len()) {
            return None;
        }
        let extension = match extension {
            None => None,
            Some(id) => {
                // RFC 8285 §4.1.2: two bytes only where one does not do.
                let is_short = tag.len() <= ONE_BYTE.0 && id <= ONE_BYTE.1;
                let profile = if is_short { 0xbede } else { 0x1000 };
                let mut words = [0; LONGEST + 5];
                let packed = Extension::pack(profile, &[Element { id, data: tag }], &mut words)?;
                Some((profile, packed.data.into()))
            }
        };
        Some(Self {
            tag: tag.into(),
            extension,
        })
    }
}

/// The tag, and how far it has got.
#[derive(Clone, Debug)]
pub(super) struct Label {
    mid: SessionMid,
    /// Packets in a row, up to the latest, that have gone out with it under the present SSRC.
    sent: u32,
    /// Whether one of them is known to have arrived.
    has_arrived: bool,
}

impl Label {
    /// The header extension that has it.
    pub(super) fn extension(&self) -> Option<Extension<'_>> {
        let (profile, data) = self.mid.extension.as_ref()?;
        let profile = *profile;
        Some(Extension { profile, data })
    }

    /// The same as far as the next packet needs it.
    pub(super) fn due(&self) -> Option<Extension<'_>> {
        self.extension().filter(|_| !self.has_arrived)
    }

    /// A packet went out.
    pub(super) fn sent(&mut self) {
        self.sent = self.sent.saturating_add(1);
    }

    /// Another SSRC has to say it anew (RFC 9143 §15).
    pub(super) fn restart(&mut self) {
        self.sent = 0;
        self.has_arrived = false;
    }

    pub(super) fn item(&self) -> SdesItem<'_> {
        SdesItem {
            kind: SdesKind::Mid,
            text: &self.mid.tag,
        }
    }
}

impl Session {
    /// Says which identification-tag goes along with what is sent from now on, if any.
    pub fn set_mid(&mut self, mid: Option<SessionMid>) {
        if self.label.as_ref().map(|label| &label.mid) != mid.as_ref() {
            self.label = mid.map(|mid| {
                Box::new(Label {
                    mid,
                    sent: 0,
                    has_arrived: false,
                })
            });
        }
    }

    /// Octets of the header of the next packet, but for contributing sources. They leave so much
    /// less room for the payload (RFC 9143 §15.2).
    #[must_use]
    pub fn header_size(&self) -> usize {
        let extension = self.label.as_ref().and_then(|label| label.due());
        let extension = extension.map_or(0, |it| it.data.len().saturating_add(4));
        extension.saturating_add(crate::rtp::packet::FIXED_HEADER)
    }

    /// Somebody reported on what we send. The highest number it has heard is that of a packet which
    /// has arrived there; if that one had the tag, the tag is known.
    pub(super) fn mid_reported(&mut self, block: &ReportBlock) {
        let next = self.sequence;
        if let Some(label) = &mut self.label {
            let highest = super::SequenceNumber::new(block.extended_highest_sequence as u16);
            let ago = u32::from(next.distance_from(highest));
            label.has_arrived |= (1..=label.sent).contains(&ago);
        }
    }
}

#[cfg(test)]
mod tests;
