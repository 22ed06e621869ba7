//! MPEG-4 Visual (RFC 6416 §5): the bit stream as it is, divided where a decoder can begin.

use super::depacketiser::{Entry, Payload};

/// What a payload begins with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mpeg4Start {
    /// Configuration: the header of a sequence, a visual object, a video object or its layer.
    Configuration,
    /// A group of planes.
    Group,
    /// A video object plane (VOP), that is a picture.
    Plane,
    /// A video packet, behind a marker for resynchronisation.
    VideoPacket,
    /// The end of a sequence.
    End,
    /// Another start code.
    Other,
}

/// One payload.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Mpeg4Visual<'a> {
    /// The bit stream.
    pub data: &'a [u8],
}

impl<'a> Mpeg4Visual<'a> {
    /// The encoding's name in SDP; the clock runs at 90 kHz if nothing else is said.
    pub const ENCODING_NAME: &'static str = "MP4V-ES";

    /// Reads a payload, unless it is empty.
    #[must_use]
    pub const fn unpack(payload: &'a [u8]) -> Option<Self> {
        if payload.is_empty() {
            None
        } else {
            Some(Self { data: payload })
        }
    }

    /// Writes the payload to the front of `out` and says how many octets it took, unless it does
    /// not fit.
    pub fn pack(&self, out: &mut [u8]) -> Option<usize> {
        let size = self.data.len();
        out.get_mut(..size)?.copy_from_slice(self.data);
        Some(size)
    }

    /// What it begins with, unless it goes on with the payload before: if there is any header in a
    /// payload, one is at its front (§5.2).
    #[must_use]
    pub const fn start(&self) -> Option<Mpeg4Start> {
        match self.data {
            [0, 0, 1, code, ..] => Some(match code {
                0x00..=0x2f | 0xb0 | 0xb5 => Mpeg4Start::Configuration,
                0xb3 => Mpeg4Start::Group,
                0xb6 => Mpeg4Start::Plane,
                0xb1 => Mpeg4Start::End,
                _ => Mpeg4Start::Other,
            }),
            // 16 to 22 zeros and a one, where start codes have 23 zeros.
            [0, 0, 2..=255, ..] => Some(Mpeg4Start::VideoPacket),
            _ => None,
        }
    }

    /// Whether the first plane of the payload refers to no other, if there is one.
    #[must_use]
    pub fn is_intra(&self) -> Option<bool> {
        let plane = self
            .data
            .windows(5)
            .find(|octets| octets.starts_with(&[0, 0, 1, 0xb6]))?;
        // vop_coding_type, 00 is intra.
        Some(plane.last()? >> 6 == 0)
    }

    /// The payloads of one plane with the configuration before it, and whether the marker is set:
    /// it is on the last one only. `parts` are the octets at which headers and video packets
    /// begin, in order, the first one at 0: each payload has as many of them as fit `most` octets;
    /// a part that alone does not fit is cut, and its end is a payload of its own.
    ///
    /// Nothing if the first part is elsewhere, or `most` has no room.
    pub fn packetise(
        plane: &'a [u8],
        parts: &'a [usize],
        most: usize,
    ) -> Option<impl Iterator<Item = (Self, bool)>> {
        let is_ordered = parts.first() == Some(&0) && parts.is_sorted();
        if !is_ordered || most == 0 || parts.last().is_some_and(|last| *last > plane.len()) {
            return None;
        }
        let mut at = 0_usize;
        Some(core::iter::from_fn(move || {
            let reach = at.saturating_add(most).min(plane.len());
            let is_part = parts.contains(&at);
            let mut ends = parts.iter().copied().chain([plane.len()]);
            let next = if is_part {
                ends.rfind(|end| (at.saturating_add(1)..=reach).contains(end))
            } else {
                // What goes on has no header at its front, so that none may be in it (§5.2, 2).
                ends.find(|end| *end > at).filter(|end| *end <= reach)
            };
            // If no part ends within reach, this one is cut.
            let end = next.unwrap_or(reach);
            let data = plane.get(at..end).filter(|data| !data.is_empty())?;
            at = end;
            Some((Self { data }, end == plane.len()))
        }))
    }
}

impl Payload for Mpeg4Visual<'_> {
    fn entry(&self) -> Entry {
        match (self.start(), self.is_intra()) {
            (None, _) => Entry::Inside,
            (Some(_), Some(true)) => Entry::Refresh,
            // Headers alone refer to nothing.
            (Some(Mpeg4Start::Configuration | Mpeg4Start::Group | Mpeg4Start::End), None) => {
                Entry::Intra
            }
            (Some(_), _) => Entry::Part,
        }
    }
}

#[cfg(test)]
mod tests;
