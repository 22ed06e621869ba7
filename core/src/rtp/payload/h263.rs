//! H.263 of 1996 as RFC 2190 §5 packed it, for receivers alone: it is historic, and what is sent
//! is [`h263_plus`](super::h263_plus).

use super::bits::BitReader;
use super::depacketiser::{Entry, Payload};

/// What the header says of the picture's PB-frames.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct PbFrames {
    /// DBQ: how the quantiser of the B frame follows from that of the P frame.
    pub quantiser: u8,
    /// TRB: the temporal reference of the B frame.
    pub b_reference: u8,
    /// TR: that of the P frame.
    pub p_reference: u8,
}

/// What is in effect where a packet begins within a group of blocks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct H263State {
    /// QUANT: the quantiser, 0 to 31.
    pub quantiser: u8,
    /// GOBN: the number of the group.
    pub group: u8,
    /// MBA: the address of the first macroblock within the group, from 0.
    pub macroblock: u16,
    /// The motion vector predictors of the first block, across and down, in half pixels.
    pub first: (i8, i8),
    /// Those of the third one.
    pub third: (i8, i8),
}

/// One payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct H263<'a> {
    /// How many bits at the front of the data belong to the packet before: 0 to 7.
    pub skip_front: u8,
    /// How many bits at its end belong to the packet behind: 0 to 7.
    pub skip_end: u8,
    /// SRC: the resolution, as in PTYPE.
    pub source_format: u8,
    /// I: the picture refers to no other.
    pub is_intra: bool,
    /// U: motion vectors may point outside.
    pub has_unrestricted_vectors: bool,
    /// S: arithmetic coding.
    pub has_arithmetic_coding: bool,
    /// A: advanced prediction.
    pub has_advanced_prediction: bool,
    /// PB-frames, in the modes A and C that have them.
    pub pb_frames: Option<PbFrames>,
    /// Nothing in mode A, where a packet begins with a picture or a group of blocks; what is in
    /// effect in the modes B and C.
    pub state: Option<H263State>,
    /// The octets of the bit stream.
    pub data: &'a [u8],
}

impl<'a> H263<'a> {
    /// The encoding's name in SDP; the clock runs at 90 kHz.
    pub const ENCODING_NAME: &'static str = "H263";

    /// Reads a payload of any mode. Nothing if its header is cut off, or there are no bits.
    #[must_use]
    pub fn unpack(payload: &'a [u8]) -> Option<Self> {
        let mut header = BitReader::new(payload);
        let (is_inside, has_pb) = (header.flag()?, header.flag()?);
        let mut this = Self {
            skip_front: header.small(3)?,
            skip_end: header.small(3)?,
            source_format: header.small(3)?,
            is_intra: false,
            has_unrestricted_vectors: false,
            has_arithmetic_coding: false,
            has_advanced_prediction: false,
            pb_frames: None,
            state: None,
            data: &[],
        };
        let mut state = H263State {
            quantiser: 0,
            group: 0,
            macroblock: 0,
            first: (0, 0),
            third: (0, 0),
        };
        if is_inside {
            state.quantiser = header.small(5)?;
            state.group = header.small(5)?;
            state.macroblock = header.take(9)? as u16;
            header.skip(2)?;
        }
        // The bit is that of PTYPE, where 0 is intra.
        this.is_intra = !header.flag()?;
        this.has_unrestricted_vectors = header.flag()?;
        this.has_arithmetic_coding = header.flag()?;
        this.has_advanced_prediction = header.flag()?;
        if is_inside {
            state.first = (vector(&mut header)?, vector(&mut header)?);
            state.third = (vector(&mut header)?, vector(&mut header)?);
            this.state = Some(state);
        }
        if !is_inside || has_pb {
            // Reserved bits: 4 in mode A, 19 in mode C.
            header.skip(if is_inside { 19 } else { 4 })?;
            let pb = PbFrames {
                quantiser: header.small(2)?,
                b_reference: header.small(3)?,
                p_reference: header.small(8)?,
            };
            this.pb_frames = has_pb.then_some(pb);
        }
        this.data = payload.get(header.position() / 8..)?;
        (this.bits().left() > 0).then_some(this)
    }

    fn bits(&self) -> BitReader<'a> {
        BitReader::between(self.data, self.skip_front, self.skip_end)
    }

    /// Puts the bits of the payload behind the first `bits` of `stream`, and says how many there
    /// are then. Nothing if there is no room.
    pub fn append(&self, bits: usize, stream: &mut [u8]) -> Option<usize> {
        self.bits().append_to(bits, stream)
    }

    /// Whether a picture begins here: its start code is 22 bits, of which the 17th alone is set.
    #[must_use]
    pub fn begins_picture(&self) -> bool {
        self.state.is_none() && self.bits().take(22) == Some(0x20)
    }
}

/// Seven bits of two's complement.
fn vector(header: &mut BitReader<'_>) -> Option<i8> {
    Some((header.small(7)? << 1) as i8 >> 1)
}

impl Payload for H263<'_> {
    /// All modes tell what decoding needs but the picture before.
    fn entry(&self) -> Entry {
        match (self.is_intra, self.begins_picture()) {
            (true, true) => Entry::Refresh,
            (true, false) => Entry::Intra,
            (false, _) => Entry::Part,
        }
    }
}

#[cfg(test)]
mod tests;
