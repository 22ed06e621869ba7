//! Real-time pointers (RFC 2862): where on a picture somebody points.

use super::depacketiser::{Entry, Payload};

/// One payload. The marker bit of its packet says that the icon is a new one (§2.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Pointer {
    /// The left special effect (L).
    pub left: bool,
    /// The middle one (M).
    pub middle: bool,
    /// The right one (R).
    pub right: bool,
    /// How far from the left edge, in 1/4096 of the window's width: 0 to 4095.
    pub x: u16,
    /// Which icon, 0 to 7; 0 is the usual one.
    pub icon: u8,
    /// How far from the upper edge, in 1/4096 of the window's height: 0 to 4095.
    pub y: u16,
}

impl Pointer {
    /// The encoding's name in SDP.
    pub const ENCODING_NAME: &'static str = "pointer";

    /// Reads a payload, unless it is not four octets.
    #[must_use]
    pub fn unpack(payload: &[u8]) -> Option<Self> {
        let [a, b, c, d] = *<&[u8; 4]>::try_from(payload).ok()?;
        // The fourth bit of each half must be zero from senders, and is ignored.
        Some(Self {
            left: a & 0x80 != 0,
            middle: a & 0x40 != 0,
            right: a & 0x20 != 0,
            x: u16::from_be_bytes([a & 0x0f, b]),
            icon: c >> 4 & 7,
            y: u16::from_be_bytes([c & 0x0f, d]),
        })
    }

    /// The payload. A number too large is cut to the largest there is.
    #[must_use]
    pub fn pack(&self) -> [u8; 4] {
        let [a, b] = self.x.min(0x0fff).to_be_bytes();
        let [c, d] = self.y.min(0x0fff).to_be_bytes();
        let effects = [(self.left, 0x80), (self.middle, 0x40), (self.right, 0x20)];
        let set = effects.iter().filter(|(is_set, _)| *is_set);
        let a = set.fold(a, |octet, (_, bit)| octet | bit);
        [a, b, c | self.icon.min(7) << 4, d]
    }
}

impl Payload for Pointer {
    fn entry(&self) -> Entry {
        Entry::Refresh
    }
}

#[cfg(test)]
mod tests;
