//! Encrypted header extension elements (RFC 6904 §3): only the data of the elements that were
//! agreed on, neither their identifiers and lengths nor the padding.

use crate::rtp::packet::Extension;

use super::layout::Layout;
use super::policy::ExtensionIds;
use super::transform::{Keystream, Place, Transform};

/// Encrypts or decrypts, in place, what of a packet's header extension `ids` says.
pub(super) fn apply(
    transform: &Transform,
    place: &Place,
    layout: &Layout,
    ids: ExtensionIds,
    packet: &mut [u8],
) {
    let Some((profile, start, end)) = layout.extension else {
        return;
    };
    let Some(words) = packet.get_mut(start..end) else {
        return;
    };
    let mut stream = Keystream::new(transform, place);
    // Identifiers and lengths stay in the clear, so the next element is found also after the one
    // before it has changed.
    let mut at = 0_usize;
    loop {
        let data = words.get(at..).unwrap_or_default();
        let mut elements = Extension { profile, data }.elements();
        let Some(element) = elements.next() else {
            return;
        };
        let (id, length) = (element.id, element.data.len());
        at = words.len().saturating_sub(elements.remaining());
        if ids.has(id) {
            let start = at.saturating_sub(length);
            for (place, byte) in words.get_mut(start..at).into_iter().flatten().enumerate() {
                *byte ^= stream.octet(start.wrapping_add(place));
            }
        }
    }
}
