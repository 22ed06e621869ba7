//! Redundant data (RFC 2198): a packet's own payload, and again those of earlier packets.
//!
//! ```text
//!  1 block PT  timestamp offset (14)  block length (10)     × redundant blocks
//!  0 block PT                                               the primary one
//!  redundant payloads, in the order of their headers, then the primary payload
//! ```
//!
//! Offsets count backwards from the packet's timestamp (§3); where `forwardshift` was agreed on,
//! from a point that lies so far ahead (RFC 6354 §3).

use crate::rtp::number::{PayloadType, Timestamp};

/// The farthest back a redundant block may be, in ticks (§3).
pub const MOST_OFFSET: u16 = 0x3fff;
/// The longest redundant block, in octets (§3).
pub const MOST_LENGTH: usize = 0x3ff;

/// Octets of the header of a redundant block.
const HEADER: usize = 4;

/// One redundant block.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Block<'a> {
    /// What it holds.
    pub payload_type: PayloadType,
    /// How many ticks before the packet's timestamp it was sampled; 14 bits.
    pub offset: u16,
    /// The payload; empty ones are sent to keep count (RFC 4103 §5.2).
    pub payload: &'a [u8],
}

impl Block<'_> {
    /// When it was sampled: `packet` is the timestamp of the packet it came in, `forward_shift` what
    /// was agreed on for `fwdred`, or 0 (RFC 6354 §3).
    #[must_use]
    pub const fn timestamp(&self, packet: Timestamp, forward_shift: u32) -> Timestamp {
        let back = (self.offset as u32).wrapping_sub(forward_shift);
        packet.wrapping_add(0_u32.wrapping_sub(back))
    }
}

/// A payload of redundant data, borrowed and found consistent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Redundant<'a> {
    headers: &'a [u8],
    payloads: &'a [u8],
    primary_type: PayloadType,
    primary: &'a [u8],
}

impl<'a> Redundant<'a> {
    /// Reads a payload, unless its headers do not end or its blocks run past the end.
    #[must_use]
    pub fn unpack(payload: &'a [u8]) -> Option<Self> {
        let mut rest = payload;
        let mut octets = 0_usize;
        while let Some((&[first, _, high, low], behind)) = rest.split_first_chunk::<HEADER>() {
            if first & 0x80 == 0 {
                break;
            }
            let length = u16::from_be_bytes([high, low]) & 0x3ff;
            octets = octets.checked_add(usize::from(length))?;
            rest = behind;
        }
        let (&last, blocks) = rest.split_first()?;
        if last & 0x80 != 0 {
            return None;
        }
        let headers = payload.get(..payload.len().checked_sub(rest.len())?)?;
        let (payloads, primary) = blocks.split_at_checked(octets)?;
        Some(Self {
            headers,
            payloads,
            primary_type: PayloadType::from_octet(last),
            primary,
        })
    }

    /// What the primary block holds.
    #[must_use]
    pub const fn primary_type(&self) -> PayloadType {
        self.primary_type
    }

    /// The primary block, of the packet's own timestamp.
    #[must_use]
    pub const fn primary(&self) -> &'a [u8] {
        self.primary
    }

    /// The redundant blocks in the packet's order, which is usually from the oldest on.
    pub fn redundant(&self) -> impl ExactSizeIterator<Item = Block<'a>> + use<'a> {
        let mut payloads = self.payloads;
        self.headers.chunks_exact(HEADER).map(move |header| {
            let [first, o0, o1, low] = *header.first_chunk().unwrap_or(&[0; HEADER]);
            let length = u16::from_be_bytes([o1, low]) & 0x3ff;
            // Checked when they were unpacked.
            let whole = payloads.split_at_checked(usize::from(length));
            let (payload, rest) = whole.unwrap_or((&[], &[]));
            payloads = rest;
            Block {
                payload_type: PayloadType::from_octet(first),
                offset: u16::from_be_bytes([o0, o1]) >> 2,
                payload,
            }
        })
    }

    /// Writes a payload to the front of `out` and says how many octets it took; `None` if it does
    /// not fit, or a block is too old ([`MOST_OFFSET`]) or too long ([`MOST_LENGTH`]). Blocks are
    /// written in the order given: the oldest first, where the order is to tell their sequence
    /// numbers (RFC 4103 §4.2).
    pub fn pack<'b>(
        redundant: impl Iterator<Item = Block<'b>> + Clone,
        primary_type: PayloadType,
        primary: &[u8],
        out: &mut [u8],
    ) -> Option<usize> {
        let mut at = 0;
        for block in redundant.clone() {
            if block.offset > MOST_OFFSET || block.payload.len() > MOST_LENGTH {
                return None;
            }
            let [o0, o1] = (block.offset << 2).to_be_bytes();
            let [high, low] = u16::try_from(block.payload.len()).ok()?.to_be_bytes();
            let first = 0x80 | block.payload_type.as_u8();
            at = put(out, at, &[first, o0, o1 | high, low])?;
        }
        at = put(out, at, &[primary_type.as_u8()])?;
        for block in redundant {
            at = put(out, at, block.payload)?;
        }
        put(out, at, primary)
    }
}

/// Copies `octets` to `out` from `at` on and says where they end.
fn put(out: &mut [u8], at: usize, octets: &[u8]) -> Option<usize> {
    let end = at.checked_add(octets.len())?;
    out.get_mut(at..end)?.copy_from_slice(octets);
    Some(end)
}

#[cfg(test)]
mod tests;
