//! CellB (RFC 2029 §2.2): cells of four pixels by four, and where the first one belongs.

use super::depacketiser::{Entry, Payload};

/// One payload.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CelB<'a> {
    /// The column of the first cell, in cells.
    pub x: u16,
    /// Its row, in cells.
    pub y: u16,
    /// The width of the picture, in pixels.
    pub width: u16,
    /// Its height, in pixels.
    pub height: u16,
    /// The codes, whole ones only (§2.3).
    pub data: &'a [u8],
}

impl<'a> CelB<'a> {
    /// The encoding's name in SDP; the clock runs at 90 kHz, and the marker ends a picture.
    pub const ENCODING_NAME: &'static str = "CelB";

    /// Reads a payload. Nothing if its header is cut off, or the first cell is outside of the
    /// picture.
    #[must_use]
    pub fn unpack(payload: &'a [u8]) -> Option<Self> {
        let (header, data) = payload.split_first_chunk::<8>()?;
        let [a, b, c, d, e, f, g, h] = *header;
        let this = Self {
            x: u16::from_be_bytes([a, b]),
            y: u16::from_be_bytes([c, d]),
            width: u16::from_be_bytes([e, f]),
            height: u16::from_be_bytes([g, h]),
            data,
        };
        this.is_inside().then_some(this)
    }

    /// A cell may stand right behind the last one, but no further.
    const fn is_inside(&self) -> bool {
        self.x <= self.width / 4 && self.y <= self.height / 4
    }

    /// Writes the payload to the front of `out` and says how many octets it took. Nothing if the
    /// first cell is outside of the picture, or it does not fit.
    pub fn pack(&self, out: &mut [u8]) -> Option<usize> {
        let size = self.data.len().checked_add(8)?;
        let (header, data) = out.get_mut(..size)?.split_at_mut_checked(8)?;
        if !self.is_inside() {
            return None;
        }
        let fields = [self.x, self.y, self.width, self.height];
        for (place, field) in header.chunks_exact_mut(2).zip(fields) {
            place.copy_from_slice(&field.to_be_bytes());
        }
        data.copy_from_slice(self.data);
        Some(size)
    }
}

impl Payload for CelB<'_> {
    /// Cells say what they look like, but those that are skipped stay as they were.
    fn entry(&self) -> Entry {
        Entry::Part
    }
}

#[cfg(test)]
mod tests;
