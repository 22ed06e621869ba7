//! APP: packets an application defines for itself (RFC 3550 §6.7).

use super::word;
use crate::rtp::number::Ssrc;

/// APP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ApplicationDefined<'a> {
    /// Five bits for the application.
    pub subtype: u8,
    /// Who sends it.
    pub ssrc: Ssrc,
    /// Four ASCII characters that name the kind.
    pub name: [u8; 4],
    /// The application's data, a multiple of four octets.
    pub data: &'a [u8],
}

impl<'a> ApplicationDefined<'a> {
    pub(super) fn parse(subtype: u8, body: &'a [u8]) -> Option<Self> {
        let (ssrc, rest) = body.split_at_checked(4)?;
        let (name, data) = rest.split_first_chunk::<4>()?;
        Some(Self {
            subtype,
            ssrc: Ssrc::new(word(ssrc)),
            name: *name,
            data,
        })
    }
}
