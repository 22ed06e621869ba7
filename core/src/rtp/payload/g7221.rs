//! G.722.1 (RFC 5577): frames of 20 ms, as long as the bit rate that signalling named makes them.

use super::depacketiser::{Entry, Payload};

/// What signalling says of a payload type (§5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct G7221Format {
    bitrate: u32,
    clock_rate: u32,
}

impl G7221Format {
    /// The encoding's name in SDP.
    pub const ENCODING_NAME: &'static str = "G7221";

    /// The format with this bit rate (`bitrate`), in bits per second, and clock. Nothing unless
    /// the rate is a multiple of 400, so that frames fill octets (§3.2), and the clock 16000 or
    /// 32000 Hz (§3.1).
    #[must_use]
    pub const fn new(bitrate: u32, clock_rate: u32) -> Option<Self> {
        let is_rate = bitrate > 0 && bitrate % 400 == 0;
        if is_rate && matches!(clock_rate, 16_000 | 32_000) {
            Some(Self {
                bitrate,
                clock_rate,
            })
        } else {
            None
        }
    }

    /// How many octets a frame has: a fiftieth of the bit rate.
    #[must_use]
    pub const fn frame_octets(self) -> usize {
        (self.bitrate / 400) as usize
    }

    /// How many ticks a frame lasts.
    #[must_use]
    pub const fn frame_ticks(self) -> u32 {
        self.clock_rate / 50
    }
}

/// One payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct G7221<'a> {
    format: G7221Format,
    octets: &'a [u8],
}

impl<'a> G7221<'a> {
    /// Reads a payload, unless it is not whole frames, one at least.
    #[must_use]
    pub const fn unpack(format: G7221Format, payload: &'a [u8]) -> Option<Self> {
        match payload.len().checked_rem(format.frame_octets()) {
            Some(0) if !payload.is_empty() => Some(Self {
                format,
                octets: payload,
            }),
            _ => None,
        }
    }

    /// The frames, the oldest first, each with how many ticks after the packet's timestamp it
    /// begins.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = (u32, &'a [u8])> + use<'a> {
        let ticks = self.format.frame_ticks();
        let frames = self.octets.chunks_exact(self.format.frame_octets().max(1));
        let timed = move |(n, frame)| ((n as u32).wrapping_mul(ticks), frame);
        frames.enumerate().map(timed)
    }

    /// Writes frames to the front of `out` and says how many octets they took. Nothing if there
    /// is none, one is not as long as the format says, or they do not fit.
    pub fn pack(format: G7221Format, frames: &[&[u8]], out: &mut [u8]) -> Option<usize> {
        let size = format.frame_octets();
        let total = size.checked_mul(frames.len())?;
        if total == 0 || frames.iter().any(|frame| frame.len() != size) {
            return None;
        }
        for (place, frame) in out.get_mut(..total)?.chunks_exact_mut(size).zip(frames) {
            place.copy_from_slice(frame);
        }
        Some(total)
    }
}

impl Payload for G7221<'_> {
    fn entry(&self) -> Entry {
        Entry::Refresh
    }
}

#[cfg(test)]
mod tests;
