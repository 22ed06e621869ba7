//! MPEG audio (RFC 2250 §3.2 and §3.5): whole frames, or a fragment of one and where it belongs.

use super::depacketiser::{Entry, Payload};

/// One payload.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MpegAudio<'a> {
    /// Where in its frame the data begins, in octets; 0 for whole frames and for the first
    /// fragment.
    pub offset: u16,
    /// The data.
    pub data: &'a [u8],
}

impl<'a> MpegAudio<'a> {
    /// The encoding's name in SDP.
    pub const ENCODING_NAME: &'static str = "MPA";

    /// Reads a payload, unless it has no header.
    #[must_use]
    pub fn unpack(payload: &'a [u8]) -> Option<Self> {
        // The first half of the header must be zero from senders, and is ignored.
        let ([_, _, high, low], data) = payload.split_first_chunk()?;
        Some(Self {
            offset: u16::from_be_bytes([*high, *low]),
            data,
        })
    }

    /// Writes the payload to the front of `out` and says how many octets it took, unless it does
    /// not fit.
    pub fn pack(&self, out: &mut [u8]) -> Option<usize> {
        let size = self.data.len().checked_add(4)?;
        let (header, data) = out.get_mut(..size)?.split_first_chunk_mut()?;
        let [high, low] = self.offset.to_be_bytes();
        *header = [0, 0, high, low];
        data.copy_from_slice(self.data);
        Some(size)
    }

    /// The payloads of a frame too large for one of `most` octets, all with the same timestamp.
    /// Nothing if the frame is longer than offsets reach, or `most` leaves no room for data.
    pub fn fragments(frame: &'a [u8], most: usize) -> Option<impl Iterator<Item = Self>> {
        let room = most.checked_sub(4).filter(|room| *room > 0)?;
        if frame.len() > 0x1_0000 {
            return None;
        }
        let offsets = (0..frame.len()).step_by(room);
        Some(offsets.zip(frame.chunks(room)).map(|(offset, data)| Self {
            offset: offset as u16,
            data,
        }))
    }
}

impl Payload for MpegAudio<'_> {
    /// A frame of layer III may use bits that earlier frames left over, but a decoder begins
    /// anywhere, and sounds right after a frame or two.
    fn entry(&self) -> Entry {
        if self.offset == 0 {
            Entry::Refresh
        } else {
            Entry::Inside
        }
    }
}

#[cfg(test)]
mod tests;
