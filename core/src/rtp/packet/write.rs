//! Writing a data packet into a caller's slice (RFC 3550 §5.1).

use core::fmt;

use super::{Extension, FIXED_HEADER, Header, Packet};
use crate::rtp::number::Ssrc;

/// The caller's slice cannot hold the packet; nothing was written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BufferTooSmall {
    /// How many octets it takes.
    pub needed: usize,
}

impl fmt::Display for BufferTooSmall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "buffer too small, {} octets needed", self.needed)
    }
}

impl core::error::Error for BufferTooSmall {}

/// Why a packet cannot be written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WriteError {
    /// The slice is too small.
    Buffer(BufferTooSmall),
    /// More than the 15 contributing sources CC can count (§5.1: only 15 can be named).
    TooManyCsrc,
    /// The extension is no whole number of words, or more words than its length can say.
    ExtensionLength,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Buffer(error) => error.fmt(f),
            Self::TooManyCsrc => f.write_str("more than 15 contributing sources"),
            Self::ExtensionLength => f.write_str("header extension is not a number of words"),
        }
    }
}

impl core::error::Error for WriteError {}

/// A packet about to be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outgoing<'a> {
    /// The fixed header.
    pub header: Header,
    /// Contributing sources, for a mixer; at most 15.
    pub csrc: &'a [Ssrc],
    /// The header extension.
    pub extension: Option<Extension<'a>>,
    /// The payload.
    pub payload: &'a [u8],
    /// Octets of padding to add, the count included; 0 for none.
    pub padding: u8,
}

impl<'a> Outgoing<'a> {
    /// A packet of header and payload, as audio has it.
    #[must_use]
    pub const fn new(header: Header, payload: &'a [u8]) -> Self {
        Self {
            header,
            csrc: &[],
            extension: None,
            payload,
            padding: 0,
        }
    }

    /// How many octets the packet takes.
    #[must_use]
    pub fn size(&self) -> usize {
        let extension = match self.extension {
            Some(extension) => extension.data.len().saturating_add(4),
            None => 0,
        };
        FIXED_HEADER
            .saturating_add(self.csrc.len().saturating_mul(4))
            .saturating_add(extension)
            .saturating_add(self.payload.len())
            .saturating_add(usize::from(self.padding))
    }

    /// Writes the packet to the front of `out` and says how many octets it took.
    ///
    /// # Errors
    /// [`WriteError`]; `out` is untouched then.
    #[inline]
    pub fn write(&self, out: &mut [u8]) -> Result<usize, WriteError> {
        if self.csrc.is_empty() && self.extension.is_none() && self.padding == 0 {
            return self.write_plain(out).map_err(WriteError::Buffer);
        }
        self.write_full(out)
    }

    #[inline]
    fn write_plain(&self, out: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let needed = FIXED_HEADER.saturating_add(self.payload.len());
        let Some(out) = out.get_mut(..needed) else {
            return Err(BufferTooSmall { needed });
        };
        let Some((fixed, rest)) = out.split_first_chunk_mut::<FIXED_HEADER>() else {
            return Err(BufferTooSmall { needed });
        };
        *fixed = self.header.to_octets(0x80);
        rest.copy_from_slice(self.payload);
        Ok(needed)
    }

    fn write_full(&self, out: &mut [u8]) -> Result<usize, WriteError> {
        let needed = self.size();
        let cc = match u8::try_from(self.csrc.len()) {
            Ok(cc) if cc <= 15 => cc,
            _ => return Err(WriteError::TooManyCsrc),
        };
        let mut first = 0x80 | cc;
        if let Some(extension) = self.extension {
            if extension.data.len() % 4 != 0 || extension.data.len() / 4 > usize::from(u16::MAX) {
                return Err(WriteError::ExtensionLength);
            }
            first |= 0x10;
        }
        if self.padding != 0 {
            first |= 0x20;
        }
        let Some(out) = out.get_mut(..needed) else {
            return Err(WriteError::Buffer(BufferTooSmall { needed }));
        };
        let mut octets = self.header.to_octets(first).into_iter().chain(
            self.csrc
                .iter()
                .flat_map(|ssrc| ssrc.as_u32().to_be_bytes()),
        );
        let mut rest = out;
        fill(
            &mut rest,
            &mut octets,
            FIXED_HEADER.saturating_add(usize::from(cc) * 4),
        );
        if let Some(extension) = self.extension {
            let [p0, p1] = extension.profile.to_be_bytes();
            let words = u16::try_from(extension.data.len() / 4).unwrap_or(u16::MAX);
            let [l0, l1] = words.to_be_bytes();
            fill(&mut rest, &mut [p0, p1, l0, l1].into_iter(), 4);
            fill(
                &mut rest,
                &mut extension.data.iter().copied(),
                extension.data.len(),
            );
        }
        fill(
            &mut rest,
            &mut self.payload.iter().copied(),
            self.payload.len(),
        );
        rest.fill(0);
        if let Some(last) = rest.last_mut() {
            *last = self.padding;
        }
        Ok(needed)
    }
}

/// Moves `count` octets to the front of `out` and leaves what is behind them in it.
fn fill(out: &mut &mut [u8], octets: &mut impl Iterator<Item = u8>, count: usize) {
    let whole = core::mem::take(out);
    let Some((front, rest)) = whole.split_at_mut_checked(count) else {
        return;
    };
    for (place, octet) in front.iter_mut().zip(octets) {
        *place = octet;
    }
    *out = rest;
}

impl Header {
    /// The twelve octets, after `first` (V, P, X and CC).
    #[inline]
    const fn to_octets(self, first: u8) -> [u8; FIXED_HEADER] {
        let marker = if self.marker { 0x80 } else { 0 };
        let [s0, s1] = self.sequence.as_u16().to_be_bytes();
        let [t0, t1, t2, t3] = self.timestamp.as_u32().to_be_bytes();
        let [r0, r1, r2, r3] = self.ssrc.as_u32().to_be_bytes();
        [
            first,
            marker | self.payload_type.as_u8(),
            s0,
            s1,
            t0,
            t1,
            t2,
            t3,
            r0,
            r1,
            r2,
            r3,
        ]
    }
}

impl<'a> From<&Packet<'a>> for Outgoing<'a> {
    /// The packet again, but for its contributing sources, which a caller must lend as a slice.
    fn from(packet: &Packet<'a>) -> Self {
        Self {
            header: packet.header,
            csrc: &[],
            extension: packet.extension,
            payload: packet.payload,
            padding: packet.padding,
        }
    }
}
