//! GSM full rate (RFC 3551 §4.5.8) and enhanced full rate (§4.5.9): frames of 20 ms behind a
//! signature of four bits.

use super::frames::Framing;

/// The frames of GSM 06.10: the signature 1101 and 260 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gsm;

/// The frames of GSM 06.60: the signature 1100 and 244 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GsmEfr;

impl Framing for Gsm {
    type Kind = ();

    const ENCODING_NAME: &'static str = "GSM";
    const FRAME_TICKS: u32 = 160;

    fn measure(octets: &[u8]) -> Option<((), usize)> {
        (octets.first()? >> 4 == 0xd).then_some(((), 33))
    }
}

impl Framing for GsmEfr {
    type Kind = ();

    const ENCODING_NAME: &'static str = "GSM-EFR";
    const FRAME_TICKS: u32 = 160;

    fn measure(octets: &[u8]) -> Option<((), usize)> {
        (octets.first()? >> 4 == 0xc).then_some(((), 31))
    }
}

#[cfg(test)]
mod tests;
