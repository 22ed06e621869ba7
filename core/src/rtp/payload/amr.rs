//! AMR and AMR-WB (RFC 4867): frames of 20 ms behind a table of contents, packed bit by bit or in
//! whole octets, and there perhaps with checksums, sorted by importance, or interleaved.

mod pack;
mod rate;

pub use pack::pack;
pub use rate::{AmrCodec, FrameType};

use super::bits::BitReader;
use super::depacketiser::{Entry, Payload};
use super::interleave::Interleave;

/// What signalling says of the payloads (§8): both sides must have agreed on it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AmrFormat {
    /// Which of the two codecs.
    pub codec: AmrCodec,
    /// How many channels (`channels`): the frames of one instant are a frame-block.
    pub channels: u8,
    /// How the payload is laid out.
    pub layout: AmrLayout,
}

/// How a payload is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AmrLayout {
    /// Field after field with no gaps (§4.3).
    BandwidthEfficient,
    /// Every field in octets of its own (§4.4; `octet-align=1`).
    OctetAligned {
        /// A checksum of the sensitive bits of each frame (`crc=1`).
        has_crc: bool,
        /// The first octets of all frames come first (`robust-sorting=1`).
        is_sorted: bool,
        /// There is a header for interleaving (`interleaving`).
        is_interleaved: bool,
    },
}

/// One payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Amr<'a> {
    format: AmrFormat,
    request: u8,
    interleave: Option<Interleave>,
    payload: &'a [u8],
    /// Where the table of contents begins, in bits.
    contents: usize,
    frames: usize,
}

/// How many bits an entry of the table of contents has.
const fn entry_bits(layout: AmrLayout) -> u32 {
    match layout {
        AmrLayout::BandwidthEfficient => 6,
        AmrLayout::OctetAligned { .. } => 8,
    }
}

impl<'a> Amr<'a> {
    /// Reads a payload. Nothing if it holds frames of an unknown type, not the same number for
    /// each channel, or is longer or shorter than its contents say (§4.5.1): all of it is then to
    /// be discarded.
    #[must_use]
    pub fn unpack(format: AmrFormat, payload: &'a [u8]) -> Option<Self> {
        let mut reader = BitReader::new(payload);
        let request = reader.small(4)?;
        let mut interleave = None;
        if let AmrLayout::OctetAligned { is_interleaved, .. } = format.layout {
            // Reserved bits are ignored.
            reader.skip(4)?;
            if is_interleaved {
                let (last, index) = (reader.small(4)?, reader.small(4)?);
                if index > last {
                    return None;
                }
                interleave = Some(Interleave { last, index });
            }
        }
        let mut this = Self {
            format,
            request,
            interleave,
            payload,
            contents: reader.position(),
            frames: 0,
        };
        let width = entry_bits(format.layout);
        let mut bits = 0_usize;
        loop {
            let is_followed = reader.flag()?;
            let kind = FrameType::new(format.codec, reader.small(4)?)?;
            reader.skip(width.wrapping_sub(5) as usize)?;
            this.frames = this.frames.wrapping_add(1);
            bits = bits.checked_add(frame_bits(format, kind))?;
            if !is_followed {
                break;
            }
        }
        let size = reader.position().checked_add(bits)?.div_ceil(8);
        let is_even = this.frames.checked_rem(format.channels.into()) == Some(0);
        (size == payload.len() && is_even).then_some(this)
    }

    /// The mode, 0 to 8, that the sender wants to receive; nothing if it asks for none. A receiver
    /// ignores one outside of the agreed modes.
    #[must_use]
    pub fn mode_request(&self) -> Option<u8> {
        let kind = FrameType::new(self.format.codec, self.request)?;
        kind.is_speech().then_some(self.request)
    }

    /// Where the payload stands in its group, if interleaving was agreed.
    #[must_use]
    pub const fn interleave(&self) -> Option<Interleave> {
        self.interleave
    }

    /// The frames, in the order of the table of contents.
    #[must_use]
    pub fn frames(&self) -> AmrFrames<'a> {
        let width = entry_bits(self.format.layout) as usize;
        let (frames, contents) = (self.frames, self.contents);
        let checksums = contents.saturating_add(frames.saturating_mul(width));
        let mut all = AmrFrames {
            amr: *self,
            next: 0,
            checksum: checksums,
            data: checksums,
        };
        if self.has_crc() {
            let checked = (0..frames).filter(|n| self.entry_at(*n).0.bits() > 0);
            all.data = checksums.saturating_add(checked.count().saturating_mul(8));
        }
        all
    }

    const fn has_crc(&self) -> bool {
        matches!(
            self.format.layout,
            AmrLayout::OctetAligned { has_crc: true, .. }
        )
    }

    const fn is_sorted(&self) -> bool {
        matches!(
            self.format.layout,
            AmrLayout::OctetAligned {
                is_sorted: true,
                ..
            }
        )
    }

    /// The type of the `n`th frame, and its quality bit.
    fn entry_at(&self, n: usize) -> (FrameType, bool) {
        let width = entry_bits(self.format.layout) as usize;
        let start = self.contents.saturating_add(n.saturating_mul(width));
        let mut reader = BitReader::within(self.payload, start, usize::MAX);
        let entry = reader.take(6).unwrap_or(0);
        let kind = FrameType::new(self.format.codec, (entry >> 1) as u8 & 0xf);
        (kind.unwrap_or(FrameType::NO_DATA), entry & 1 != 0)
    }

    /// Where the octet `at` of the `n`th of sorted frames is, counted in octets: behind so many of
    /// each frame as come before it.
    fn sorted_place(&self, n: usize, at: usize) -> usize {
        let before = (0..self.frames).map(|other| {
            let octets = self.entry_at(other).0.octets();
            octets.min(if other < n { at.saturating_add(1) } else { at })
        });
        before.fold(0, usize::saturating_add)
    }
}

impl Payload for Amr<'_> {
    /// Every frame can be decoded after any other.
    fn entry(&self) -> Entry {
        Entry::Refresh
    }
}

/// How many bits a frame of this type and its checksum take.
fn frame_bits(format: AmrFormat, kind: FrameType) -> usize {
    match format.layout {
        AmrLayout::BandwidthEfficient => kind.bits(),
        AmrLayout::OctetAligned { has_crc, .. } => {
            let octets = kind.octets();
            let checksum = usize::from(has_crc && octets > 0);
            octets.saturating_add(checksum).saturating_mul(8)
        }
    }
}

/// The frames of a payload.
#[derive(Clone, Debug)]
pub struct AmrFrames<'a> {
    amr: Amr<'a>,
    next: usize,
    /// Where the next checksum and the next frame are, in bits.
    checksum: usize,
    data: usize,
}

impl<'a> Iterator for AmrFrames<'a> {
    type Item = AmrFrame<'a>;

    fn next(&mut self) -> Option<AmrFrame<'a>> {
        if self.next >= self.amr.frames {
            return None;
        }
        let amr = self.amr;
        let index = self.next;
        self.next = index.wrapping_add(1);
        let (kind, is_good) = amr.entry_at(index);
        let channels = usize::from(amr.format.channels);
        let (block, channel) = (index.checked_div(channels)?, index.checked_rem(channels)?);
        let block = amr.interleave.unwrap_or_default().after(block);
        let mut frame = AmrFrame {
            kind,
            is_good,
            ticks: (block as u32).wrapping_mul(amr.format.codec.frame_ticks()),
            channel: channel as u8,
            amr,
            index,
            start: self.data,
        };
        let checksum = if amr.has_crc() && kind.bits() > 0 {
            8
        } else {
            0
        };
        let taken = frame_bits(amr.format, kind).saturating_sub(checksum);
        if checksum > 0 {
            let mut reader = BitReader::within(amr.payload, self.checksum, usize::MAX);
            // §4.4.2.1: a frame whose sensitive bits were damaged is no longer good.
            frame.is_good &= reader.small(8) == Some(kind.checksum(frame.octets()));
            self.checksum = self.checksum.saturating_add(checksum);
        }
        if !amr.is_sorted() {
            self.data = self.data.saturating_add(taken);
        }
        Some(frame)
    }
}

/// A frame of a payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AmrFrame<'a> {
    /// What it holds.
    pub kind: FrameType,
    /// Whether nothing says that it was damaged: Q, and its checksum if it has one.
    pub is_good: bool,
    /// How many ticks after the packet's timestamp its frame-block begins.
    pub ticks: u32,
    /// Which channel, from 0.
    pub channel: u8,
    amr: Amr<'a>,
    index: usize,
    start: usize,
}

impl<'a> AmrFrame<'a> {
    /// The frame's bits in octets, its first bit the most significant, unused bits zero: as files
    /// have them (§5.3) without their header.
    pub fn octets(&self) -> impl Iterator<Item = u8> + use<'a> {
        let this = *self;
        (0..self.kind.octets()).map(move |at| this.octet(at))
    }

    fn octet(&self, at: usize) -> u8 {
        let bits = self.kind.bits();
        let first = at.saturating_mul(8);
        let start = if self.amr.is_sorted() {
            let place = self.amr.sorted_place(self.index, at);
            self.start.saturating_add(place.saturating_mul(8))
        } else {
            self.start.saturating_add(first)
        };
        let width = bits.saturating_sub(first).min(8) as u32;
        let mut reader = BitReader::within(self.amr.payload, start, usize::MAX);
        let value = reader.small(width).unwrap_or(0);
        value.checked_shl(8_u32.saturating_sub(width)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
