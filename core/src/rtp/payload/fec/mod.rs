//! Generic forward error correction (RFC 5109): packets made of the exclusive or of others, from
//! which any one of those can be had back. What RFC 2733 made of the same idea is read as well.
//!
//! ```text
//!  E L P X CC M  PT recovery      SN base
//!  TS recovery
//!  length recovery
//!  protection length (16)   mask (16, or 48 if L)     level 0, and so on for the levels above
//!  protection length octets
//! ```
//!
//! Level n protects the octets behind those that the levels below it protect, counted from the end
//! of the fixed header (§8.2). All this is done before SRTP when sending, and after it when
//! receiving (RFC 3711 §10).

mod mask;
mod protect;
mod recover;

pub use mask::Mask;
pub use protect::{Protection, protect};
pub use recover::Recovered;

use crate::rtp::number::SequenceNumber;
use crate::rtp::packet::FIXED_HEADER;

/// Octets of the header in front of the levels.
const HEADER: usize = 10;
/// Octets of the header of RFC 2733 (§6.2 there).
const OLD_HEADER: usize = 12;
/// The bits of the first word that are recovered: P, X, CC, M and PT.
const RECOVERED: u16 = 0x3fff;

/// What protects other packets, borrowed and found consistent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fec<'a> {
    /// P, X, CC, M and PT, where the RTP header has them.
    first: u16,
    base: SequenceNumber,
    timestamp: u32,
    length: u16,
    lowest: Level<'a>,
    /// The levels above, not yet read.
    above: &'a [u8],
    is_long: bool,
}

/// One level of protection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Level<'a> {
    /// Which packets it protects.
    pub mask: Mask,
    /// How many octets behind the fixed header it begins.
    pub start: usize,
    /// The exclusive or of those octets.
    pub payload: &'a [u8],
}

impl<'a> Fec<'a> {
    /// Reads the payload of a packet, or the block of one of redundant data (§14.2), unless it is
    /// too short or its levels run past the end.
    #[must_use]
    pub fn unpack(payload: &'a [u8]) -> Option<Self> {
        let (header, levels) = payload.split_first_chunk::<HEADER>()?;
        let [f0, f1, b0, b1, t0, t1, t2, t3, l0, l1] = *header;
        let is_long = f0 & 0x40 != 0;
        let (lowest, above) = split_level(levels, is_long, 0)?;
        let mut rest = above;
        while !rest.is_empty() {
            (_, rest) = split_level(rest, is_long, 0)?;
        }
        Some(Self {
            // §7.3: E is ignored.
            first: u16::from_be_bytes([f0, f1]) & RECOVERED,
            base: SequenceNumber::new(u16::from_be_bytes([b0, b1])),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            length: u16::from_be_bytes([l0, l1]),
            lowest,
            above,
            is_long,
        })
    }

    /// Reads a packet as RFC 2733 has it, RTP header included: there it is the header that holds
    /// the recovery of P, X, CC and M, so that it fits no list of sources and no extension (§6.1
    /// there).
    #[must_use]
    pub fn unpack_rfc2733(packet: &'a [u8]) -> Option<Self> {
        let (header, payload) = packet.split_first_chunk::<FIXED_HEADER>()?;
        let (fec, payload) = payload.split_first_chunk::<OLD_HEADER>()?;
        let [first, second, ..] = *header;
        let [b0, b1, l0, l1, kind, m0, m1, m2, t0, t1, t2, t3] = *fec;
        if first >> 6 != 2 {
            return None;
        }
        Some(Self {
            first: u16::from_be_bytes([first, (second & 0x80) | (kind & 0x7f)]) & RECOVERED,
            base: SequenceNumber::new(u16::from_be_bytes([b0, b1])),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            length: u16::from_be_bytes([l0, l1]),
            lowest: Level {
                // §6.2 there: the least significant bit is the first packet's.
                mask: Mask::from_bits(u64::from(u32::from_be_bytes([0, m0, m1, m2]))),
                start: 0,
                payload,
            },
            above: &[],
            is_long: false,
        })
    }

    /// SN base: the number that masks count from.
    #[must_use]
    pub const fn base(&self) -> SequenceNumber {
        self.base
    }

    /// The levels, the lowest first. There is always that one.
    pub fn levels(&self) -> impl Iterator<Item = Level<'a>> + use<'a> {
        let (lowest, is_long) = (self.lowest, self.is_long);
        let mut start = lowest.payload.len();
        let mut rest = self.above;
        let above = core::iter::from_fn(move || {
            let (level, behind) = split_level(rest, is_long, start)?;
            start = start.saturating_add(level.payload.len());
            rest = behind;
            Some(level)
        });
        core::iter::once(lowest).chain(above)
    }

    /// The numbers of the packets a level protects.
    pub fn protected(&self, mask: Mask) -> impl Iterator<Item = SequenceNumber> + use<> {
        let base = self.base.as_u16();
        mask.iter()
            .map(move |at| SequenceNumber::new(base.wrapping_add(u16::from(at))))
    }
}

/// The level at the front of some octets, and what is behind it.
fn split_level(octets: &[u8], is_long: bool, start: usize) -> Option<(Level<'_>, &[u8])> {
    let (&[l0, l1, m0, m1], rest) = octets.split_first_chunk::<4>()?;
    let (mask, rest) = if is_long {
        let (&[m2, m3, m4, m5], rest) = rest.split_first_chunk::<4>()?;
        (Mask::from_long([m0, m1, m2, m3, m4, m5]), rest)
    } else {
        (Mask::from_short([m0, m1]), rest)
    };
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let (payload, rest) = rest.split_at_checked(length)?;
    let level = Level {
        mask,
        start,
        payload,
    };
    Some((level, rest))
}

#[cfg(test)]
mod tests;
