//! Where the parts of a packet are (RFC 3711 §3.1, §3.4).

use crate::rtp::packet::FIXED_HEADER;

/// Octets of an RTCP packet that stay in the clear: its first word and the sender's SSRC.
pub(super) const CONTROL_CLEAR: usize = 8;
/// Octets of the E flag and the SRTCP index.
pub(super) const CONTROL_INDEX: usize = 4;

/// The parts of a media packet that are in the clear.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) ssrc: u32,
    pub(super) sequence: u16,
    /// Where the words of the header extension are, and its profile.
    pub(super) extension: Option<(u16, usize, usize)>,
    /// Where the payload begins.
    pub(super) payload: usize,
}

impl Layout {
    /// Finds them; the padding, which is encrypted, is not looked at.
    #[inline]
    pub(super) fn of(packet: &[u8]) -> Option<Self> {
        let &[first, _, s0, s1, _, _, _, _, r0, r1, r2, r3] =
            packet.first_chunk::<FIXED_HEADER>()?;
        if first >> 6 != 2 {
            return None;
        }
        let mut layout = Self {
            ssrc: u32::from_be_bytes([r0, r1, r2, r3]),
            sequence: u16::from_be_bytes([s0, s1]),
            extension: None,
            payload: FIXED_HEADER,
        };
        if first & 0x1f != 0 {
            let csrc = usize::from(first & 0x0f).checked_mul(4)?;
            layout.payload = FIXED_HEADER.checked_add(csrc)?;
            if first & 0x10 != 0 {
                let (_, rest) = packet.split_at_checked(layout.payload)?;
                let &[p0, p1, l0, l1] = rest.first_chunk::<4>()?;
                let octets = usize::from(u16::from_be_bytes([l0, l1])).checked_mul(4)?;
                let start = layout.payload.checked_add(4)?;
                let end = start.checked_add(octets)?;
                layout.extension = Some((u16::from_be_bytes([p0, p1]), start, end));
                layout.payload = end;
            }
            (packet.len() >= layout.payload).then_some(())?;
        }
        Some(layout)
    }
}

/// Whose RTCP packet it is: the SSRC of the first one of a compound.
pub(super) fn control_ssrc(packet: &[u8]) -> Option<u32> {
    let &[first, _, _, _, r0, r1, r2, r3] = packet.first_chunk::<CONTROL_CLEAR>()?;
    (first >> 6 == 2).then_some(u32::from_be_bytes([r0, r1, r2, r3]))
}
