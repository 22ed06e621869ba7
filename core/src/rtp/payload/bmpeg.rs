//! Bundled MPEG (RFC 2343 §2): slices of video, and the frames of audio that go with them.

use super::depacketiser::{Entry, Payload};
use super::mpeg_video::PictureType;

/// One payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BundledMpeg<'a> {
    /// P: I, P or B.
    pub picture: PictureType,
    /// N: something in the headers is not as in those sent before.
    pub has_new_headers: bool,
    /// How many audio samples the audio begins after the packet's timestamp; negative if before.
    pub audio_offset: i16,
    /// The headers and slices, whole ones only.
    pub video: &'a [u8],
    /// The frames of audio, whole ones only, 1023 octets at most.
    pub audio: &'a [u8],
}

impl<'a> BundledMpeg<'a> {
    /// The encoding's name in SDP; the clock runs at 90 kHz, and the marker ends a picture.
    pub const ENCODING_NAME: &'static str = "BMPEG";

    /// Reads a payload. Nothing if its header is cut off, names no picture type, or says that there
    /// is more audio than there is.
    #[must_use]
    pub fn unpack(payload: &'a [u8]) -> Option<Self> {
        let ([a, b, c, d], data) = payload.split_first_chunk()?;
        let picture = match a >> 6 {
            0 => PictureType::Intra,
            1 => PictureType::Predicted,
            2 => PictureType::Bidirectional,
            _ => return None,
        };
        // Ten bits behind P, N and two that must be zero.
        let audio = usize::from(u16::from_be_bytes([a & 7, *b]) >> 1);
        let (video, audio) = data.split_at_checked(data.len().checked_sub(audio)?)?;
        Some(Self {
            picture,
            has_new_headers: a & 0x20 != 0,
            audio_offset: i16::from_be_bytes([*c, *d]),
            video,
            audio,
        })
    }

    /// Writes the payload to the front of `out` and says how many octets it took. Nothing if it is of
    /// a D picture, there is too much audio, or it does not fit.
    pub fn pack(&self, out: &mut [u8]) -> Option<usize> {
        let length = u16::try_from(self.audio.len()).ok().filter(|n| *n < 1024)?;
        let picture = match self.picture {
            PictureType::Intra => 0,
            PictureType::Predicted => 0x40,
            PictureType::Bidirectional => 0x80,
            PictureType::DcOnly => return None,
        };
        let new = if self.has_new_headers { 0x20 } else { 0 };
        let [a, b] = (length << 1).to_be_bytes();
        let [c, d] = self.audio_offset.to_be_bytes();
        let middle = self.video.len().checked_add(4)?;
        let end = middle.checked_add(self.audio.len())?;
        let out = out.get_mut(..end)?;
        out.get_mut(..4)?
            .copy_from_slice(&[a | picture | new, b, c, d]);
        out.get_mut(4..middle)?.copy_from_slice(self.video);
        out.get_mut(middle..)?.copy_from_slice(self.audio);
        Some(end)
    }
}

impl Payload for BundledMpeg<'_> {
    /// Slices are whole. What refers to nothing and begins with headers refreshes everything.
    fn entry(&self) -> Entry {
        let is_start = matches!(self.video, [0, 0, 1, 0 | 0xb3 | 0xb8, ..]);
        match (self.picture, is_start) {
            (PictureType::Intra, true) => Entry::Refresh,
            (PictureType::Intra, false) => Entry::Intra,
            _ => Entry::Part,
        }
    }
}

#[cfg(test)]
mod tests;
