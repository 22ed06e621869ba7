//! Uncompressed video of BT.656 (RFC 2431 §5): scan lines, or parts of them.

use super::bits::{BitReader, BitWriter};
use super::depacketiser::{Entry, Payload};

/// What kind of picture the scan lines are of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Bt656Type {
    /// NTSC: 720 samples a line, 525 lines.
    Ntsc,
    /// PAL: 720 samples a line, 625 lines.
    Pal,
    /// High definition NTSC: 1144 samples a line, 525 lines.
    HighNtsc,
    /// High definition PAL: 1152 samples a line, 625 lines.
    HighPal,
}

impl Bt656Type {
    /// The luminance samples of a line.
    #[must_use]
    pub const fn samples(self) -> u16 {
        match self {
            Self::Ntsc | Self::Pal => 720,
            Self::HighNtsc => 1144,
            Self::HighPal => 1152,
        }
    }

    /// The lines of a picture.
    #[must_use]
    pub const fn lines(self) -> u16 {
        match self {
            Self::Ntsc | Self::HighNtsc => 525,
            Self::Pal | Self::HighPal => 625,
        }
    }
}

/// One payload.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Bt656<'a> {
    /// F: of the second field.
    pub is_second_field: bool,
    /// V: of the vertical interval.
    pub is_vertical_interval: bool,
    /// The kind of picture.
    pub kind: Bt656Type,
    /// P: samples of ten bits rather than eight.
    pub has_ten_bits: bool,
    /// SL: the scan line, 1 to 525 or 625.
    pub line: u16,
    /// SO: which pair of luminance samples of the line is the first here.
    pub offset: u16,
    /// The samples, Cb Y Cr Y for each pair: four octets, or five.
    pub data: &'a [u8],
}

impl<'a> Bt656<'a> {
    /// The encoding's name in SDP; the clock runs at 90 kHz, and the marker ends a picture.
    pub const ENCODING_NAME: &'static str = "BT656";

    /// How many octets a pair of samples has.
    #[must_use]
    pub const fn pair_octets(&self) -> usize {
        if self.has_ten_bits { 5 } else { 4 }
    }

    /// How many pairs there are.
    const fn pairs(&self) -> usize {
        let octets = self.data.len();
        if self.has_ten_bits {
            octets / 5
        } else {
            octets / 4
        }
    }

    /// Whether the line is one, the data whole pairs, and all of them within the line.
    const fn is_sound(&self) -> bool {
        let end = self.pairs().saturating_add(self.offset as usize);
        1 <= self.line
            && self.line <= self.kind.lines()
            && self.pairs().saturating_mul(self.pair_octets()) == self.data.len()
            && end <= (self.kind.samples() / 2) as usize
    }

    /// Reads a payload. Nothing if its header is cut off, names an unknown kind or a line that
    /// there is not, or if the data are not whole pairs of samples of that line.
    #[must_use]
    pub fn unpack(payload: &'a [u8]) -> Option<Self> {
        let mut bits = BitReader::new(payload);
        let (is_second_field, is_vertical_interval) = (bits.flag()?, bits.flag()?);
        let kind = match bits.small(4)? {
            0 => Bt656Type::Ntsc,
            1 => Bt656Type::Pal,
            2 => Bt656Type::HighNtsc,
            3 => Bt656Type::HighPal,
            _ => return None,
        };
        let has_ten_bits = bits.flag()?;
        // Z is ignored.
        bits.skip(2)?;
        let this = Self {
            is_second_field,
            is_vertical_interval,
            kind,
            has_ten_bits,
            line: bits.take(12)? as u16,
            offset: bits.take(11)? as u16,
            data: payload.get(4..)?,
        };
        this.is_sound().then_some(this)
    }

    /// Writes the payload to the front of `out` and says how many octets it took. Nothing if it
    /// breaks the rules that [`unpack`](Self::unpack) keeps, or does not fit.
    pub fn pack(&self, out: &mut [u8]) -> Option<usize> {
        let end = self.data.len().checked_add(4)?;
        let out = out.get_mut(..end).filter(|_| self.is_sound())?;
        let mut bits = BitWriter::new(out);
        bits.flag(self.is_second_field)?;
        bits.flag(self.is_vertical_interval)?;
        bits.put(
            match self.kind {
                Bt656Type::Ntsc => 0,
                Bt656Type::Pal => 1,
                Bt656Type::HighNtsc => 2,
                Bt656Type::HighPal => 3,
            },
            4,
        )?;
        bits.flag(self.has_ten_bits)?;
        bits.put(0, 2)?;
        bits.put(self.line.into(), 12)?;
        bits.put(self.offset.into(), 11)?;
        out.get_mut(4..)?.copy_from_slice(self.data);
        Some(end)
    }

    /// The payloads of a line, of which this has all samples, in parts of at most `most` octets
    /// between pairs of samples. Nothing if `most` has no room for one.
    pub fn fragments(self, most: usize) -> Option<impl Iterator<Item = Self>> {
        let pair = self.pair_octets();
        let pairs = most
            .checked_sub(4)?
            .checked_div(pair)
            .filter(|pairs| *pairs > 0)?;
        let parts = self.data.chunks(pairs.checked_mul(pair)?).enumerate();
        Some(parts.map(move |(n, data)| Self {
            offset: (n.saturating_mul(pairs) as u16).wrapping_add(self.offset),
            data,
            ..self
        }))
    }
}

impl Payload for Bt656<'_> {
    /// A line refers to no other.
    fn entry(&self) -> Entry {
        Entry::Intra
    }
}

#[cfg(test)]
mod tests;
