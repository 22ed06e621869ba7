//! Forming payloads of AMR and AMR-WB (RFC 4867 §4.3.4 and §4.4.4).

use super::{AmrFormat, AmrLayout, FrameType, entry_bits};
use crate::rtp::payload::bits::{BitReader, BitWriter};
use crate::rtp::payload::interleave::Interleave;

/// Writes a payload to the front of `out` and says how many octets it took.
///
/// Each frame has its type, whether it is good (Q), and its octets as [`AmrFrame::octets`] has
/// them; they are in the order of time, the channels of a frame-block side by side. `request` is
/// the mode that the other side is asked for. Where interleaving was not agreed `interleave` is
/// left out.
///
/// Nothing if there is no frame, or not the same number for each channel, if one is not as long as
/// its type, if the place in the group or the request are none, or if it does not fit.
///
/// [`AmrFrame::octets`]: super::AmrFrame::octets
pub fn pack(
    format: AmrFormat,
    request: Option<u8>,
    interleave: Interleave,
    frames: &[(FrameType, bool, &[u8])],
    out: &mut [u8],
) -> Option<usize> {
    let is_even = frames.len().checked_rem(format.channels.into()) == Some(0);
    let are_long = frames.iter().all(|(kind, _, octets)| {
        FrameType::new(format.codec, kind.number()) == Some(*kind) && kind.octets() == octets.len()
    });
    if frames.is_empty() || !is_even || !are_long {
        return None;
    }
    let mut writer = BitWriter::new(out);
    let request = match request {
        None => 15,
        Some(mode) => FrameType::new(format.codec, mode)
            .filter(|kind| kind.is_speech())?
            .number(),
    };
    writer.put(request.into(), 4)?;
    if let AmrLayout::OctetAligned { is_interleaved, .. } = format.layout {
        writer.put(0, 4)?;
        if is_interleaved {
            if interleave.last > 15 || interleave.index > interleave.last {
                return None;
            }
            writer.put(interleave.last.into(), 4)?;
            writer.put(interleave.index.into(), 4)?;
        }
    }
    let padding = entry_bits(format.layout).wrapping_sub(6);
    for (n, (kind, is_good, _)) in frames.iter().enumerate() {
        writer.flag(n.wrapping_add(1) < frames.len())?;
        writer.put(kind.number().into(), 4)?;
        writer.flag(*is_good)?;
        writer.put(0, padding)?;
    }
    match format.layout {
        AmrLayout::BandwidthEfficient => {
            for (kind, _, octets) in frames {
                writer.copy(&mut BitReader::within(octets, 0, kind.bits()))?;
            }
            writer.align()?;
        }
        AmrLayout::OctetAligned {
            has_crc, is_sorted, ..
        } => {
            if has_crc {
                for (kind, _, octets) in frames.iter().filter(|frame| frame.0.bits() > 0) {
                    writer.put(kind.checksum(octets.iter().copied()).into(), 8)?;
                }
            }
            speech(frames, is_sorted, &mut writer)?;
        }
    }
    Some(writer.octets())
}

/// Writes the frames in octets, one after the other or the first octets of all first.
fn speech(
    frames: &[(FrameType, bool, &[u8])],
    is_sorted: bool,
    writer: &mut BitWriter<'_>,
) -> Option<()> {
    if !is_sorted {
        return frames.iter().try_for_each(|frame| {
            let (kind, _, octets) = frame;
            writer.copy(&mut BitReader::within(octets, 0, kind.bits()))?;
            writer.align()
        });
    }
    let longest = frames.iter().map(|frame| frame.2.len()).max()?;
    for at in 0..longest {
        for (kind, _, octets) in frames.iter().filter(|frame| at < frame.2.len()) {
            let first = at.saturating_mul(8);
            let end = first.saturating_add(8).min(kind.bits());
            writer.copy(&mut BitReader::within(octets, first, end))?;
            writer.align()?;
        }
    }
    Some(())
}
