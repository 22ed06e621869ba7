//! G.723.1 (RFC 3551 §4.5.3): frames of 30 ms in three sizes, told by two bits.

use super::frames::Framing;

/// The frames of G.723.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct G723;

/// What a G.723.1 frame holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum G723Frame {
    /// Speech at 6.3 kbit/s, 24 octets.
    High,
    /// Speech at 5.3 kbit/s, 20 octets.
    Low,
    /// What silence sounds like (annex A), 4 octets.
    SilenceInsertion,
}

impl Framing for G723 {
    type Kind = G723Frame;

    const ENCODING_NAME: &'static str = "G723";
    const FRAME_TICKS: u32 = 240;

    fn measure(octets: &[u8]) -> Option<(G723Frame, usize)> {
        // The two least significant bits of the first octet; 11 is reserved.
        match octets.first()? & 3 {
            0 => Some((G723Frame::High, 24)),
            1 => Some((G723Frame::Low, 20)),
            2 => Some((G723Frame::SilenceInsertion, 4)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
