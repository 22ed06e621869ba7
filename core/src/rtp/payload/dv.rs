//! DV video (RFC 6469 §2): DIF blocks of 80 octets, whole ones only.

use super::depacketiser::{Entry, Payload};

/// The octets of a DIF block.
pub const DIF_BLOCK: usize = 80;

/// What a DIF block holds, by the first three bits of its identification.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DifSection {
    /// The header of a DIF sequence.
    Header,
    /// Subcode.
    Subcode,
    /// Video auxiliary data.
    VideoAuxiliary,
    /// Audio.
    Audio,
    /// Video.
    Video,
    /// None that is defined.
    Reserved,
}

/// One payload: any number of DIF blocks, all of the same picture.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Dv<'a> {
    octets: &'a [u8],
}

impl<'a> Dv<'a> {
    /// The encoding's name in SDP; the clock runs at 90 kHz.
    pub const ENCODING_NAME: &'static str = "DV";

    /// Reads a payload, unless it is empty or not whole blocks.
    #[must_use]
    pub const fn unpack(payload: &'a [u8]) -> Option<Self> {
        if payload.is_empty() || payload.len() % DIF_BLOCK != 0 {
            return None;
        }
        Some(Self { octets: payload })
    }

    /// The blocks, in the order in which they were encoded.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = (DifSection, &'a [u8])> + use<'a> {
        let section = |block: &[u8]| match block.first().map(|first| first >> 5) {
            Some(0) => DifSection::Header,
            Some(1) => DifSection::Subcode,
            Some(2) => DifSection::VideoAuxiliary,
            Some(3) => DifSection::Audio,
            Some(4) => DifSection::Video,
            _ => DifSection::Reserved,
        };
        let blocks = self.octets.chunks_exact(DIF_BLOCK);
        blocks.map(move |block| (section(block), block))
    }

    /// Writes blocks, all of one picture, to the front of `out` and says how many octets they
    /// took. Nothing if there is none, one is not a block, or they do not fit.
    pub fn pack(blocks: &[&[u8]], out: &mut [u8]) -> Option<usize> {
        let size = blocks.len().checked_mul(DIF_BLOCK)?;
        if blocks.is_empty() || blocks.iter().any(|block| block.len() != DIF_BLOCK) {
            return None;
        }
        for (place, block) in out.get_mut(..size)?.chunks_exact_mut(DIF_BLOCK).zip(blocks) {
            place.copy_from_slice(block);
        }
        Some(size)
    }

    /// The payloads of one picture, each as many blocks as fit `most` octets, and whether its
    /// marker is set: it is on the last one only. Nothing if the picture is not whole blocks, or
    /// `most` has no room for one.
    pub fn packetise(picture: &'a [u8], most: usize) -> Option<impl Iterator<Item = (Self, bool)>> {
        let whole = Self::unpack(picture)?;
        let room = (most / DIF_BLOCK)
            .checked_mul(DIF_BLOCK)
            .filter(|room| *room > 0)?;
        let count = whole.octets.len().div_ceil(room);
        let payloads = whole.octets.chunks(room).enumerate();
        Some(payloads.map(move |(n, octets)| (Self { octets }, n.saturating_add(1) == count)))
    }
}

impl Payload for Dv<'_> {
    /// Blocks say where they belong, and no picture refers to another.
    fn entry(&self) -> Entry {
        Entry::Intra
    }
}

#[cfg(test)]
mod tests;
