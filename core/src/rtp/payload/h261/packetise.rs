//! Dividing a picture of H.261 into packets (RFC 4587 §3 and §4.2), on boundaries of macroblocks
//! only.

use super::{H261, H261State};

/// Where a packet may begin.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct H261Point {
    /// How many bits of the picture are before it.
    pub bit: usize,
    /// What is in effect there, unless the header of a group of blocks, or of the picture, begins
    /// here.
    pub state: Option<H261State>,
}

/// The points at which groups of blocks begin, for encoders that do not tell where macroblocks do:
/// sixteen bits, of which the last alone is set. A group right behind the picture's header is left
/// out, for nothing that can be decoded is before it.
pub fn group_starts(picture: &[u8]) -> impl Iterator<Item = H261Point> {
    let mut zeros = 0_u32;
    let mut is_behind_header = false;
    let bits = (0..picture.len().saturating_mul(8)).filter_map(|at| {
        let octet = picture.get(at / 8)?;
        Some((at, octet & 0x80 >> (at % 8)))
    });
    bits.filter_map(move |(at, bit)| {
        let before = zeros;
        zeros = if bit == 0 { zeros.saturating_add(1) } else { 0 };
        if bit == 0 || before < 15 {
            return None;
        }
        let number = super::BitReader::within(picture, at.saturating_add(1), usize::MAX).small(4);
        // A group with the number 0 is a picture.
        let is_picture = number == Some(0);
        let is_point = is_picture || !core::mem::replace(&mut is_behind_header, false);
        is_behind_header |= is_picture;
        is_point.then_some(H261Point {
            bit: at.saturating_sub(15),
            state: None,
        })
    })
}

/// The packets of a picture of `bits` bits, each with as much as fits `most` octets, and whether
/// its marker is set: it is on the last one only. `points` are where a packet may begin, in order,
/// the first one at bit 0. V is set and I is not, as always is right (§4.1).
///
/// Nothing if the first point is elsewhere, or the bits between two points do not fit a packet.
pub fn packetise<'a>(
    picture: &'a [u8],
    bits: usize,
    points: &'a [H261Point],
    most: usize,
) -> Option<impl Iterator<Item = (H261<'a>, bool)>> {
    let end_of = move |n: usize| points.get(n).map_or(bits, |point| point.bit);
    let fits = move |start: usize, end: usize| {
        let octets = end.div_ceil(8).checked_sub(start / 8)?;
        (start < end && octets.checked_add(4)? <= most).then_some(())
    };
    if points.first()?.bit != 0 || bits > picture.len().checked_mul(8)? {
        return None;
    }
    for (n, point) in points.iter().enumerate() {
        fits(point.bit, end_of(n.saturating_add(1)))?;
    }
    let mut next = 0_usize;
    Some(core::iter::from_fn(move || {
        let point = points.get(next)?;
        next = next.saturating_add(1);
        while next < points.len() && fits(point.bit, end_of(next.saturating_add(1))).is_some() {
            next = next.saturating_add(1);
        }
        let end = end_of(next);
        let payload = H261 {
            skip_front: (point.bit % 8) as u8,
            skip_end: (end.wrapping_neg() % 8) as u8,
            is_intra: false,
            has_vectors: true,
            state: point.state,
            data: picture.get(point.bit / 8..end.div_ceil(8))?,
        };
        Some((payload, next >= points.len()))
    }))
}
