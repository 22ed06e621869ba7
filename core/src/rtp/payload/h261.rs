//! H.261 (RFC 4587 §4.1): macroblocks, with what a decoder must know to begin at the first of them.

mod packetise;

pub use packetise::{H261Point, group_starts, packetise};

use super::bits::{BitReader, BitWriter};
use super::depacketiser::{Entry, Payload};

/// What is in effect where a packet begins within a group of blocks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct H261State {
    /// The number of the group, 1 to 15.
    pub group: u8,
    /// The address of the last macroblock before, 1 to 32.
    pub macroblock: u8,
    /// The quantiser, 0 to 31.
    pub quantiser: u8,
    /// The reference motion vector, across and down, −15 to 15 each; (0, 0) if there is none.
    pub vector: (i8, i8),
}

/// One payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct H261<'a> {
    /// How many bits at the front of the data belong to the packet before: 0 to 7.
    pub skip_front: u8,
    /// How many bits at its end belong to the packet behind: 0 to 7.
    pub skip_end: u8,
    /// I: nothing in the whole stream refers to an earlier picture.
    pub is_intra: bool,
    /// V: there may be motion vectors in the stream.
    pub has_vectors: bool,
    /// What is in effect, unless the packet begins with the header of a group of blocks.
    pub state: Option<H261State>,
    /// The octets of the bit stream.
    pub data: &'a [u8],
}

impl<'a> H261<'a> {
    /// The encoding's name in SDP; the clock runs at 90 kHz.
    pub const ENCODING_NAME: &'static str = "H261";

    /// Reads a payload. Nothing if a part of a motion vector is −16, or there are no bits.
    #[must_use]
    pub fn unpack(payload: &'a [u8]) -> Option<Self> {
        let (_, data) = payload.split_first_chunk::<4>()?;
        let mut header = BitReader::new(payload);
        let (skip_front, skip_end) = (header.small(3)?, header.small(3)?);
        let (is_intra, has_vectors) = (header.flag()?, header.flag()?);
        let (group, macroblock) = (header.small(4)?, header.small(5)?);
        let quantiser = header.small(5)?;
        let vector = (signed(header.small(5)?)?, signed(header.small(5)?)?);
        let state = (group != 0).then_some(H261State {
            group,
            // Biased by one, for the predictor is never 0.
            macroblock: macroblock.saturating_add(1),
            quantiser,
            vector,
        });
        let this = Self {
            skip_front,
            skip_end,
            is_intra,
            has_vectors,
            state,
            data,
        };
        (this.bits().left() > 0).then_some(this)
    }

    /// Writes the payload to the front of `out` and says how many octets it took. Nothing if a
    /// field is out of its range, a vector is there that V denies, or it does not fit.
    pub fn pack(&self, out: &mut [u8]) -> Option<usize> {
        let size = self.data.len().checked_add(4)?;
        let out = out.get_mut(..size)?;
        let state = self.state.unwrap_or(H261State {
            group: 0,
            macroblock: 1,
            quantiser: 0,
            vector: (0, 0),
        });
        let is_group = self.state.is_none() || (1..16).contains(&state.group);
        let (across, down) = state.vector;
        let is_vector = self.has_vectors || state.vector == (0, 0);
        let ranges = [
            self.skip_front < 8 && self.skip_end < 8 && self.bits().left() > 0,
            is_group && (1..=32).contains(&state.macroblock) && state.quantiser < 32,
            is_vector && (-15..=15).contains(&across) && (-15..=15).contains(&down),
        ];
        if ranges.contains(&false) {
            return None;
        }
        let mut header = BitWriter::new(out);
        header.put(self.skip_front.into(), 3)?;
        header.put(self.skip_end.into(), 3)?;
        header.flag(self.is_intra)?;
        header.flag(self.has_vectors)?;
        header.put(state.group.into(), 4)?;
        header.put(state.macroblock.wrapping_sub(1).into(), 5)?;
        header.put(state.quantiser.into(), 5)?;
        header.put(across as u32, 5)?;
        header.put(down as u32, 5)?;
        out.get_mut(4..)?.copy_from_slice(self.data);
        Some(size)
    }

    /// The bits of the data that count.
    fn bits(&self) -> BitReader<'a> {
        BitReader::between(self.data, self.skip_front, self.skip_end)
    }

    /// Puts the bits of the payload behind the first `bits` of `stream`, and says how many there
    /// are then; a packet begins in the octet in which the one before ended. Nothing if there is
    /// no room.
    pub fn append(&self, bits: usize, stream: &mut [u8]) -> Option<usize> {
        self.bits().append_to(bits, stream)
    }
}

/// Five bits of two's complement; −16 is forbidden.
const fn signed(bits: u8) -> Option<i8> {
    match bits {
        16 => None,
        17.. => Some((bits as i8).wrapping_sub(32)),
        _ => Some(bits as i8),
    }
}

impl Payload for H261<'_> {
    /// The header has all that decoding needs but the picture before.
    fn entry(&self) -> Entry {
        if self.is_intra {
            Entry::Intra
        } else {
            Entry::Part
        }
    }
}

#[cfg(test)]
mod tests;
