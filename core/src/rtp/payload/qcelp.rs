//! PureVoice, QCELP (RFC 2658): frames of 20 ms that begin with their rate, bundled, perhaps
//! interleaved.

use super::depacketiser::{Entry, Payload};
use super::frames::{Frame, Frames, Framing};
use super::interleave::Interleave;
use crate::rtp::number::SequenceNumber;

/// The frames of QCELP, each behind an octet that says its rate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QcelpFrames;

/// How much of the speech a frame has (§3.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum QcelpRate {
    /// Nothing.
    Blank,
    /// 20 bits.
    Eighth,
    /// 54 bits.
    Quarter,
    /// 124 bits.
    Half,
    /// 266 bits.
    Full,
    /// A frame that was lost, as a decoder wants to be told; a sender should not send it.
    Erasure,
}

/// What a decoder is given for each frame that did not come (§4).
pub const ERASURE: [u8; 1] = [14];

impl Framing for QcelpFrames {
    type Kind = QcelpRate;

    const ENCODING_NAME: &'static str = "QCELP";
    const FRAME_TICKS: u32 = 160;

    fn measure(octets: &[u8]) -> Option<(QcelpRate, usize)> {
        match octets.first()? {
            0 => Some((QcelpRate::Blank, 1)),
            1 => Some((QcelpRate::Eighth, 4)),
            2 => Some((QcelpRate::Quarter, 8)),
            3 => Some((QcelpRate::Half, 17)),
            4 => Some((QcelpRate::Full, 35)),
            14 => Some((QcelpRate::Erasure, 1)),
            // Reserved, 5 as well: the packet is taken for lost.
            _ => None,
        }
    }
}

/// The most frames in a payload (§3.3).
pub const MOST_BUNDLED: usize = 10;

/// One payload.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Qcelp<'a> {
    /// LLL, 0 to 5, and NNN.
    pub interleave: Interleave,
    frames: Frames<'a, QcelpFrames>,
}

impl<'a> Qcelp<'a> {
    /// Reads a payload. Nothing if its header or a frame has a reserved value, or there are too
    /// many frames or none: the packet is then taken for lost (§3.1).
    #[must_use]
    pub fn unpack(payload: &'a [u8]) -> Option<Self> {
        let (&header, frames) = payload.split_first()?;
        // The two reserved bits are ignored.
        let interleave = Interleave {
            last: header >> 3 & 7,
            index: header & 7,
        };
        let frames = Frames::unpack(frames)?;
        let is_bundle = (1..=MOST_BUNDLED).contains(&frames.iter().count());
        (is_header(interleave) && is_bundle).then_some(Self { interleave, frames })
    }

    /// The frames, the oldest first, those of the packets between left out.
    pub fn frames(&self) -> impl Iterator<Item = Frame<'a, QcelpRate>> + use<'a> {
        let interleave = self.interleave;
        self.frames.iter().enumerate().map(move |(n, frame)| Frame {
            ticks: (interleave.after(n) as u32).wrapping_mul(QcelpFrames::FRAME_TICKS),
            ..frame
        })
    }

    /// The first packet of the group of this one, which has the number `sequence` (§3.5).
    #[must_use]
    pub const fn group(&self, sequence: SequenceNumber) -> SequenceNumber {
        SequenceNumber::new(sequence.as_u16().wrapping_sub(self.interleave.index as u16))
    }

    /// Writes a payload to the front of `out` and says how many octets it took. Nothing if the
    /// place in the group is none, if there are more than ten frames or none, if one is no frame
    /// or an erasure, or if they do not fit.
    pub fn pack(interleave: Interleave, frames: &[&[u8]], out: &mut [u8]) -> Option<usize> {
        let is_bundle = (1..=MOST_BUNDLED).contains(&frames.len());
        if !is_header(interleave) || !is_bundle || frames.contains(&&ERASURE[..]) {
            return None;
        }
        let (header, rest) = out.split_first_mut()?;
        *header = interleave.last << 3 | interleave.index;
        Frames::<QcelpFrames>::pack(frames.iter().copied(), rest)?.checked_add(1)
    }
}

const fn is_header(interleave: Interleave) -> bool {
    interleave.last <= 5 && interleave.index <= interleave.last
}

impl Payload for Qcelp<'_> {
    fn entry(&self) -> Entry {
        Entry::Refresh
    }
}

#[cfg(test)]
mod tests;
