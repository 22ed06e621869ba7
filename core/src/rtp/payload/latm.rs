//! MPEG-4 Audio in LATM (RFC 6416 §6): an audioMuxElement in each packet, or in several.

use super::assembly::Assembly;
use crate::rtp::number::SequenceNumber;

/// The encoding's name in SDP; the clock runs at 90 kHz if nothing else is said.
pub const ENCODING_NAME: &str = "MP4A-LATM";

/// The payloads of an audioMuxElement, each of at most `most` octets, and whether the marker is
/// set: it is on the last one (§6.2). Nothing if there is no element, or no room.
pub fn packetise(element: &[u8], most: usize) -> Option<impl Iterator<Item = (&[u8], bool)>> {
    if element.is_empty() || most == 0 {
        return None;
    }
    let last = element.len().div_ceil(most);
    let payloads = element.chunks(most).enumerate();
    Some(payloads.map(move |(n, payload)| (payload, n.saturating_add(1) == last)))
}

/// The frames of an element without configuration (`cpresent=0`), each behind its length. Nothing
/// if they do not end where the element does.
pub fn frames(element: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let mut rest = element;
    while !rest.is_empty() {
        (_, rest) = frame(rest)?;
    }
    let mut rest = element;
    Some(core::iter::from_fn(move || {
        let (octets, behind) = frame(rest)?;
        rest = behind;
        Some(octets)
    }))
}

/// The first frame, and what is behind it.
fn frame(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    // PayloadLengthInfo: octets of 255 and one that is less add up to the length.
    let full = octets.iter().take_while(|octet| **octet == 255).count();
    let last = usize::from(*octets.get(full)?);
    let length = full.checked_mul(255)?.checked_add(last)?;
    let start = full.checked_add(1)?;
    octets.get(start..)?.split_at_checked(length)
}

/// Writes an element without configuration, of these frames, to the front of `out` and says how
/// many octets it took, unless it does not fit.
pub fn pack<'f>(frames: impl IntoIterator<Item = &'f [u8]>, out: &mut [u8]) -> Option<usize> {
    let mut at = 0_usize;
    for frame in frames {
        let full = frame.len() / 255;
        let start = at.checked_add(full)?;
        out.get_mut(at..start)?.fill(255);
        *out.get_mut(start)? = (frame.len() % 255) as u8;
        let data = start.checked_add(1)?;
        at = data.checked_add(frame.len())?;
        out.get_mut(data..at)?.copy_from_slice(frame);
    }
    Some(at)
}

/// Puts elements together. Payloads have no header: where an element begins only the marker of the
/// packet before says, so that an assembler that starts somewhere, or lost a packet, waits for the
/// next marker.
#[derive(Clone, Debug, Default)]
pub struct LatmAssembler {
    next: Option<SequenceNumber>,
    assembly: Assembly,
    is_ended: bool,
}

/// What a packet was to its assembler.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LatmPiece {
    /// It ended an element, which has so many octets.
    Element(usize),
    /// It is a part of an element that goes on.
    Part,
    /// The beginning of its element was lost, or has not been seen.
    Lost,
    /// It comes again, or too late.
    Late,
}

impl LatmAssembler {
    /// One that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            next: None,
            assembly: Assembly::new(),
            is_ended: false,
        }
    }

    /// Takes the packet with this number. An element is put together at the front of `element`,
    /// which must be the same octets each time; one that has no room there is lost.
    pub fn push(
        &mut self,
        sequence: SequenceNumber,
        marker: bool,
        payload: &[u8],
        element: &mut [u8],
    ) -> LatmPiece {
        let missing = self.next.map(|next| sequence.distance_from(next));
        if missing.is_some_and(|missing| missing >= 0x8000) {
            return LatmPiece::Late;
        }
        self.next = Some(sequence.next());
        if missing != Some(0) {
            self.assembly.begin();
            self.assembly.give_up();
        } else if self.is_ended {
            self.assembly.begin();
        }
        self.is_ended = marker;
        if self.assembly.is_whole() {
            self.assembly.append(payload, element);
        }
        match (self.assembly.is_whole(), marker) {
            (false, _) => LatmPiece::Lost,
            (true, false) => LatmPiece::Part,
            (true, true) => LatmPiece::Element(self.assembly.size()),
        }
    }
}

#[cfg(test)]
mod tests;
