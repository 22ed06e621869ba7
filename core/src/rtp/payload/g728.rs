//! G.728 (RFC 3551 §4.5.5): frames of four ten-bit vectors, 2.5 ms in five octets.

use super::frames::Framing;

/// The frames of G.728.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct G728;

impl G728 {
    /// The four vectors of a frame.
    #[must_use]
    pub const fn vectors(frame: [u8; 5]) -> [u16; 4] {
        let [a, b, c, d, e] = frame;
        let [a, b, c, d, e] = [a as u16, b as u16, c as u16, d as u16, e as u16];
        // The most significant bit of the first vector is that of the first octet.
        [
            a << 2 | b >> 6,
            (b & 0x3f) << 4 | c >> 4,
            (c & 0x0f) << 6 | d >> 2,
            (d & 0x03) << 8 | e,
        ]
    }

    /// The frame of four vectors, of which the low ten bits count.
    #[must_use]
    pub const fn frame(vectors: [u16; 4]) -> [u8; 5] {
        let [a, b, c, d] = vectors;
        [
            (a >> 2) as u8,
            ((a & 0x03) << 6 | (b >> 4) & 0x3f) as u8,
            ((b & 0x0f) << 4 | (c >> 6) & 0x0f) as u8,
            ((c & 0x3f) << 2 | (d >> 8) & 0x03) as u8,
            d as u8,
        ]
    }
}

impl Framing for G728 {
    type Kind = ();

    const ENCODING_NAME: &'static str = "G728";
    const FRAME_TICKS: u32 = 20;

    fn measure(_octets: &[u8]) -> Option<((), usize)> {
        Some(((), 5))
    }
}

#[cfg(test)]
mod tests;
