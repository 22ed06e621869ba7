//! G.729 and its annexes (RFC 3551 §4.5.6 and §4.5.7): frames of speech of one size, and at the
//! end perhaps one of comfort noise, which only the length gives away.

use super::frames::Framing;

/// What a frame of G.729 or its annexes holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum G729Frame {
    /// 10 ms of speech.
    Speech,
    /// What silence sounds like (annex B), 2 octets.
    ComfortNoise,
}

/// The frames of G.729 and annex A: 10 octets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct G729;

/// The frames of annex D, 6.4 kbit/s: 8 octets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct G729D;

/// The frames of annex E, 11.8 kbit/s: 15 octets, the last two bits of which mean nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct G729E;

/// Two octets alone are comfort noise, anything else begins with speech.
const fn measure(octets: &[u8], speech: usize) -> Option<(G729Frame, usize)> {
    if octets.len() == 2 {
        Some((G729Frame::ComfortNoise, 2))
    } else {
        Some((G729Frame::Speech, speech))
    }
}

impl Framing for G729 {
    type Kind = G729Frame;

    const ENCODING_NAME: &'static str = "G729";
    const FRAME_TICKS: u32 = 80;

    fn measure(octets: &[u8]) -> Option<(G729Frame, usize)> {
        measure(octets, 10)
    }

    fn is_last(kind: G729Frame) -> bool {
        kind == G729Frame::ComfortNoise
    }
}

impl Framing for G729D {
    type Kind = G729Frame;

    const ENCODING_NAME: &'static str = "G729D";
    const FRAME_TICKS: u32 = 80;

    fn measure(octets: &[u8]) -> Option<(G729Frame, usize)> {
        measure(octets, 8)
    }

    fn is_last(kind: G729Frame) -> bool {
        kind == G729Frame::ComfortNoise
    }
}

impl Framing for G729E {
    type Kind = G729Frame;

    const ENCODING_NAME: &'static str = "G729E";
    const FRAME_TICKS: u32 = 80;

    fn measure(octets: &[u8]) -> Option<(G729Frame, usize)> {
        let (kind, size) = measure(octets, 15)?;
        // The first two bits say which mode: 00 forward adaptive, 11 backward adaptive.
        let is_mode = matches!(octets.first()? >> 6, 0 | 3);
        (kind == G729Frame::ComfortNoise || is_mode).then_some((kind, size))
    }

    fn is_last(kind: G729Frame) -> bool {
        kind == G729Frame::ComfortNoise
    }
}

#[cfg(test)]
mod tests;
