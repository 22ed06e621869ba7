//! The experimental linear predictive encoding (RFC 3551 §4.5.12): frames of 20 ms in 14 octets.

use super::frames::Framing;

/// The frames of LPC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lpc;

impl Framing for Lpc {
    type Kind = ();

    const ENCODING_NAME: &'static str = "LPC";
    const FRAME_TICKS: u32 = 160;

    fn measure(_octets: &[u8]) -> Option<((), usize)> {
        Some(((), 14))
    }
}

#[cfg(test)]
mod tests;
