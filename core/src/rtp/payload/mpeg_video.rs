//! MPEG video (RFC 2250 §3.1 and §3.4): slices, and what a decoder should know of their picture.

use super::bits::{BitReader, BitWriter};
use super::depacketiser::{Entry, Payload};

/// What kind of picture it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PictureType {
    /// I: refers to none.
    Intra,
    /// P: refers to an earlier one.
    Predicted,
    /// B: refers to two, and none to it.
    Bidirectional,
    /// D: coarse, for searching.
    DcOnly,
}

/// A vector's range in the picture header of MPEG-1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct VectorCode {
    /// Whole pixels rather than halves (FBV, FFV).
    pub is_full_pixel: bool,
    /// f_code, 0 to 7 (BFC, FFC).
    pub code: u8,
}

/// The header of a payload.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MpegVideoHeader {
    /// TR: the place of the picture in its group, 0 to 1023.
    pub temporal_reference: u16,
    /// N, if AN says that it is used: the picture's header cannot be made from those before.
    pub has_new_header: Option<bool>,
    /// S: a sequence header is here.
    pub has_sequence_header: bool,
    /// B: a slice begins the payload, or only headers are before it.
    pub begins_slice: bool,
    /// E: the payload ends with the end of a slice.
    pub ends_slice: bool,
    /// P.
    pub picture: PictureType,
    /// Backward vectors, zero but in B pictures.
    pub backward: VectorCode,
    /// Forward vectors, zero but in P and B pictures.
    pub forward: VectorCode,
}

/// One payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MpegVideo<'a> {
    /// Its header.
    pub header: MpegVideoHeader,
    /// The header extension of MPEG-2 (§3.4.1), if T says so: four octets, and whatever they say
    /// follows them.
    pub extension: Option<Mpeg2Extension<'a>>,
    /// The elementary stream.
    pub data: &'a [u8],
}

/// What the picture coding extension of MPEG-2 said, in the order of its fields, and perhaps copies
/// of other extensions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Mpeg2Extension<'a> {
    /// The f_codes, forward across and down, backward across and down.
    pub f_codes: [u8; 4],
    /// intra_DC_precision, 0 to 3.
    pub dc_precision: u8,
    /// picture_structure, 0 to 3.
    pub structure: u8,
    /// The nine flags T, P, C, Q, V, A, R, H and G, in the low bits.
    pub flags: u16,
    /// The 20 bits of composite display information, if D says so.
    pub composite_display: Option<u32>,
    /// Other extensions, with the length octet they begin with, if E says so.
    pub others: &'a [u8],
}

impl<'a> Mpeg2Extension<'a> {
    fn unpack(octets: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let mut bits = BitReader::new(octets);
        // X is unused.
        bits.skip(1)?;
        let has_others = bits.flag()?;
        let mut this = Self {
            f_codes: [
                bits.small(4)?,
                bits.small(4)?,
                bits.small(4)?,
                bits.small(4)?,
            ],
            dc_precision: bits.small(2)?,
            structure: bits.small(2)?,
            flags: bits.take(9)? as u16,
            composite_display: None,
            others: &[],
        };
        if bits.flag()? {
            bits.skip(12)?;
            this.composite_display = Some(bits.take(20)?);
        }
        let mut rest = octets.get(bits.position() / 8..)?;
        if has_others {
            // In words of 32 bits, the octet that says it included.
            let size = usize::from(*rest.first()?)
                .checked_mul(4)
                .filter(|size| *size > 0)?;
            (this.others, rest) = rest.split_at_checked(size)?;
        }
        Some((this, rest))
    }

    fn pack(&self, out: &mut [u8]) -> Option<usize> {
        let words = self.others.len() / 4;
        let is_others = self.others.len() % 4 == 0
            && self
                .others
                .first()
                .is_none_or(|first| usize::from(*first) == words);
        let is_codes = self.f_codes.iter().all(|code| *code < 16);
        if !is_others || !is_codes || self.dc_precision > 3 || self.structure > 3 {
            return None;
        }
        let mut bits = BitWriter::new(out);
        bits.put(0, 1)?;
        bits.flag(!self.others.is_empty())?;
        for code in self.f_codes {
            bits.put(code.into(), 4)?;
        }
        bits.put(self.dc_precision.into(), 2)?;
        bits.put(self.structure.into(), 2)?;
        bits.put(self.flags.into(), 9)?;
        bits.flag(self.composite_display.is_some())?;
        if let Some(display) = self.composite_display {
            bits.put(0, 12)?;
            bits.put(display, 20)?;
        }
        let start = bits.octets();
        let end = start.checked_add(self.others.len())?;
        out.get_mut(start..end)?.copy_from_slice(self.others);
        Some(end)
    }
}

impl<'a> MpegVideo<'a> {
    /// The encoding's name in SDP; the clock runs at 90 kHz.
    pub const ENCODING_NAME: &'static str = "MPV";

    /// Reads a payload. Nothing if a header is cut off, or names no picture type.
    #[must_use]
    pub fn unpack(payload: &'a [u8]) -> Option<Self> {
        let mut bits = BitReader::new(payload);
        // Must be zero, and is ignored.
        bits.skip(5)?;
        let has_extension = bits.flag()?;
        let temporal_reference = bits.take(10)? as u16;
        let (is_active, is_new) = (bits.flag()?, bits.flag()?);
        let header = MpegVideoHeader {
            temporal_reference,
            has_new_header: is_active.then_some(is_new),
            has_sequence_header: bits.flag()?,
            begins_slice: bits.flag()?,
            ends_slice: bits.flag()?,
            picture: match bits.small(3)? {
                1 => PictureType::Intra,
                2 => PictureType::Predicted,
                3 => PictureType::Bidirectional,
                4 => PictureType::DcOnly,
                _ => return None,
            },
            backward: vector(&mut bits)?,
            forward: vector(&mut bits)?,
        };
        let rest = payload.get(4..)?;
        let (extension, data) = if has_extension {
            let (extension, data) = Mpeg2Extension::unpack(rest)?;
            (Some(extension), data)
        } else {
            (None, rest)
        };
        Some(Self {
            header,
            extension,
            data,
        })
    }

    /// Writes the payload to the front of `out` and says how many octets it took. Nothing if a
    /// field is out of its range or must be zero in such a picture, or it does not fit.
    pub fn pack(&self, out: &mut [u8]) -> Option<usize> {
        let header = self.header;
        let none = VectorCode::default();
        let are_vectors = match header.picture {
            PictureType::Bidirectional => true,
            PictureType::Predicted => header.backward == none,
            PictureType::Intra | PictureType::DcOnly => {
                (header.backward, header.forward) == (none, none)
            }
        };
        let is_code = header.backward.code < 8 && header.forward.code < 8;
        if !are_vectors || !is_code || header.temporal_reference > 1023 {
            return None;
        }
        let mut bits = BitWriter::new(out);
        bits.put(0, 5)?;
        bits.flag(self.extension.is_some())?;
        bits.put(header.temporal_reference.into(), 10)?;
        bits.flag(header.has_new_header.is_some())?;
        bits.flag(header.has_new_header == Some(true))?;
        bits.flag(header.has_sequence_header)?;
        bits.flag(header.begins_slice)?;
        bits.flag(header.ends_slice)?;
        bits.put(
            match header.picture {
                PictureType::Intra => 1,
                PictureType::Predicted => 2,
                PictureType::Bidirectional => 3,
                PictureType::DcOnly => 4,
            },
            3,
        )?;
        for vector in [header.backward, header.forward] {
            bits.flag(vector.is_full_pixel)?;
            bits.put(vector.code.into(), 3)?;
        }
        let mut start = 4_usize;
        if let Some(extension) = &self.extension {
            start = start.checked_add(extension.pack(out.get_mut(4..)?)?)?;
        }
        let end = start.checked_add(self.data.len())?;
        out.get_mut(start..end)?.copy_from_slice(self.data);
        Some(end)
    }
}

fn vector(bits: &mut BitReader<'_>) -> Option<VectorCode> {
    Some(VectorCode {
        is_full_pixel: bits.flag()?,
        code: bits.small(3)?,
    })
}

impl Payload for MpegVideo<'_> {
    /// A decoder begins at a sequence header, or at any slice of a picture that refers to none.
    fn entry(&self) -> Entry {
        let is_alone = matches!(
            self.header.picture,
            PictureType::Intra | PictureType::DcOnly
        );
        // Headers are always at the front of a payload (§3.1).
        let is_start = matches!(self.data, [0, 0, 1, 0 | 0xb3 | 0xb8, ..]);
        match (is_alone, is_start || self.header.begins_slice) {
            (true, true) if is_start => Entry::Refresh,
            (true, true) => Entry::Intra,
            (false, true) => Entry::Part,
            (_, false) => Entry::Inside,
        }
    }
}

#[cfg(test)]
mod tests;
