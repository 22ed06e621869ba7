//! The protection operation (RFC 5109 §8).

use super::{HEADER, Mask, RECOVERED};
use crate::rtp::packet::FIXED_HEADER;

/// One level to be made.
#[derive(Clone, Copy, Debug)]
pub struct Protection<'a> {
    /// The packets it protects, RTP headers included, in any order.
    pub packets: &'a [&'a [u8]],
    /// How many octets of each; shorter ones are taken to go on with zeroes.
    pub length: u16,
}

impl<'a> Protection<'a> {
    /// The whole of some packets.
    #[must_use]
    pub fn of(packets: &'a [&'a [u8]]) -> Self {
        let behind = |packet: &&[u8]| packet.len().saturating_sub(FIXED_HEADER);
        let longest = packets.iter().map(behind).max().unwrap_or(0);
        Self {
            packets,
            length: u16::try_from(longest).unwrap_or(u16::MAX),
        }
    }
}

/// What of a packet goes into the header: P to PT, the timestamp, and its length.
pub(super) fn header_of(packet: &[u8]) -> Option<(u16, u16, u32, u16)> {
    let (&[a, b, s0, s1, t0, t1, t2, t3, ..], rest) = packet.split_first_chunk::<FIXED_HEADER>()?;
    Some((
        u16::from_be_bytes([a, b]) & RECOVERED,
        u16::from_be_bytes([s0, s1]),
        u32::from_be_bytes([t0, t1, t2, t3]),
        u16::try_from(rest.len()).ok()?,
    ))
}

/// The exclusive or of two strings, the second going on with zeroes.
pub(super) fn add(sum: &mut [u8], other: &[u8]) {
    for (place, octet) in sum.iter_mut().zip(other) {
        *place ^= octet;
    }
}

/// The octets of a packet that a level from `start` on is made of.
pub(super) fn octets_from(packet: &[u8], start: usize) -> &[u8] {
    let from = FIXED_HEADER.saturating_add(start);
    packet.get(from..).unwrap_or(&[])
}

/// Writes the payload of a packet that protects others, the lowest level first, to the front of
/// `out`, and says how many octets it took. `None` if there is no level or no packet, if one is not
/// an RTP packet, if they are too far apart for a mask, or if it does not fit.
pub fn protect(levels: &[Protection<'_>], out: &mut [u8]) -> Option<usize> {
    let base = base_of(levels)?;
    let (mut first, mut timestamp, mut length) = (0, 0, 0);
    for packet in levels.first()?.packets {
        let (bits, _, ticks, octets) = header_of(packet)?;
        first ^= bits;
        timestamp ^= ticks;
        length ^= octets;
    }
    let masks = || levels.iter().map(|level| mask_of(level, base));
    let is_long = masks().any(|mask| mask.is_some_and(Mask::is_long));
    let mask_octets = if is_long { 6 } else { 2 };

    let (header, mut rest) = out.split_first_chunk_mut::<HEADER>()?;
    let [f0, f1] = first.to_be_bytes();
    let [b0, b1] = base.to_be_bytes();
    let [t0, t1, t2, t3] = u32::to_be_bytes(timestamp);
    let [l0, l1] = u16::to_be_bytes(length);
    let long = if is_long { 0x40 } else { 0 };
    *header = [f0 | long, f1, b0, b1, t0, t1, t2, t3, l0, l1];

    let (mut size, mut start) = (HEADER, 0_usize);
    for (level, mask) in levels.iter().zip(masks()) {
        let (front, behind) = rest.split_first_chunk_mut::<2>()?;
        *front = level.length.to_be_bytes();
        let (front, behind) = behind.split_at_mut_checked(mask_octets)?;
        front.copy_from_slice(mask?.to_octets().get(..mask_octets)?);
        let octets = usize::from(level.length);
        let (sum, behind) = behind.split_at_mut_checked(octets)?;
        sum.fill(0);
        for packet in level.packets {
            add(sum, octets_from(packet, start));
        }
        size = size.checked_add(2)?.checked_add(mask_octets)?;
        size = size.checked_add(octets)?;
        start = start.checked_add(octets)?;
        rest = behind;
    }
    Some(size)
}

/// The lowest sequence number of all, the wrap taken into account (§7.3).
fn base_of(levels: &[Protection<'_>]) -> Option<u16> {
    let mut packets = levels.iter().flat_map(|level| level.packets);
    let (_, mut base, ..) = header_of(packets.next()?)?;
    for packet in packets {
        let (_, number, ..) = header_of(packet)?;
        if (number.wrapping_sub(base) as i16) < 0 {
            base = number;
        }
    }
    Some(base)
}

fn mask_of(level: &Protection<'_>, base: u16) -> Option<Mask> {
    level
        .packets
        .iter()
        .try_fold(Mask::default(), |mask, packet| {
            let (_, number, ..) = header_of(packet)?;
            mask.with(number.wrapping_sub(base))
        })
}
