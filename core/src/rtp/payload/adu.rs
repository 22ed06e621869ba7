//! Loss-tolerant MP3 (RFC 5219): application data units of MPEG audio, each behind a descriptor of
//! its size, perhaps in an order that spreads losses.

use super::assembly::Assembly;
use super::depacketiser::{Dependency, Entry, Payload, Unpacked};

/// The descriptor of an ADU frame (§4.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AduDescriptor {
    /// C: what follows goes on with the ADU of the packet before.
    pub is_continued: bool,
    /// The size of the whole ADU, which may be in several packets: 0 to 16383 octets.
    pub size: u16,
}

impl AduDescriptor {
    /// The largest size there is.
    pub const MOST: u16 = 0x3fff;

    /// Reads the descriptor at the front, and gives what is behind it. Nothing if it is cut off.
    #[must_use]
    pub fn unpack(octets: &[u8]) -> Option<(Self, &[u8])> {
        let (&first, rest) = octets.split_first()?;
        let mut size = u16::from(first & 0x3f);
        let mut rest = rest;
        // T: a second octet.
        if first & 0x40 != 0 {
            let (&second, behind) = rest.split_first()?;
            size = size << 8 | u16::from(second);
            rest = behind;
        }
        let is_continued = first & 0x80 != 0;
        Some((Self { is_continued, size }, rest))
    }

    /// Writes it to the front of `out`, in one octet if the size is below 64 and in two
    /// otherwise, and says how many. Nothing if the size is too large or there is no room.
    pub fn pack(self, out: &mut [u8]) -> Option<usize> {
        let continued = if self.is_continued { 0x80 } else { 0 };
        match (self.size, out) {
            (0..64, [only, ..]) => {
                *only = continued | self.size as u8;
                Some(1)
            }
            (64..=Self::MOST, [first, second, ..]) => {
                [*first, *second] = self.size.to_be_bytes();
                *first |= continued | 0x40;
                Some(2)
            }
            _ => None,
        }
    }

    const fn octets(self) -> usize {
        if self.size < 64 { 1 } else { 2 }
    }
}

/// An ADU frame, or as much of it as a packet has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Adu<'a> {
    /// What its descriptor says.
    pub descriptor: AduDescriptor,
    /// Its octets.
    pub octets: &'a [u8],
}

impl Adu<'_> {
    /// Whether all of it is here.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        !self.descriptor.is_continued && self.octets.len() == self.descriptor.size as usize
    }
}

/// One payload: whole ADUs, or a fragment of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Adus<'a> {
    payload: &'a [u8],
    is_continued: bool,
}

impl<'a> Adus<'a> {
    /// The encoding's name in SDP; the clock runs at 90 kHz (§9).
    pub const ENCODING_NAME: &'static str = "mpa-robust";

    /// Reads a payload. Nothing if it is empty, or a fragment is not alone or is more than its
    /// ADU.
    #[must_use]
    pub fn unpack(payload: &'a [u8]) -> Option<Self> {
        let (first, data) = AduDescriptor::unpack(payload)?;
        let is_continued = first.is_continued;
        let size = usize::from(first.size);
        if is_continued {
            return (data.len() <= size).then_some(Self {
                payload,
                is_continued,
            });
        }
        // A first fragment is alone as well.
        let mut rest = data.get(size..).unwrap_or(&[]);
        while !rest.is_empty() {
            let (descriptor, data) = AduDescriptor::unpack(rest)?;
            if descriptor.is_continued {
                return None;
            }
            rest = data.get(usize::from(descriptor.size)..)?;
        }
        Some(Self {
            payload,
            is_continued,
        })
    }

    /// The ADUs, in the order in which they were sent.
    pub fn iter(&self) -> impl Iterator<Item = Adu<'a>> + use<'a> {
        let mut rest = self.payload;
        core::iter::from_fn(move || {
            let (descriptor, data) = AduDescriptor::unpack(rest)?;
            let size = usize::from(descriptor.size).min(data.len());
            let (octets, behind) = data.split_at_checked(size)?;
            rest = behind;
            Some(Adu { descriptor, octets })
        })
    }

    /// Writes as many of these ADUs as fit to the front of `out`, the whole ones, and says how many
    /// they are and how many octets they took. If none is taken, the first one does not fit a
    /// packet of this size, and goes into [`fragments`].
    pub fn pack(adus: &[&[u8]], out: &mut [u8]) -> (usize, usize) {
        let (mut count, mut at) = (0_usize, 0_usize);
        for adu in adus {
            let next = out.get_mut(at..).and_then(|room| pack_one(adu, room));
            let Some(taken) = next else {
                break;
            };
            at = at.saturating_add(taken);
            count = count.saturating_add(1);
        }
        (count, at)
    }
}

fn pack_one(adu: &[u8], out: &mut [u8]) -> Option<usize> {
    let descriptor = AduDescriptor {
        is_continued: false,
        size: u16::try_from(adu.len()).ok()?,
    };
    let header = descriptor.octets();
    let end = header.checked_add(adu.len())?;
    out.get_mut(header..end)?.copy_from_slice(adu);
    descriptor.pack(out)?;
    Some(end)
}

/// The packets of an ADU that does not fit one (§4.3): the descriptor and the data of each, which
/// together are at most `most` octets. Nothing if the ADU is too large for any descriptor, or
/// `most` leaves no room for data.
pub fn fragments(adu: &[u8], most: usize) -> Option<impl Iterator<Item = Adu<'_>>> {
    let size = u16::try_from(adu.len())
        .ok()
        .filter(|size| *size <= AduDescriptor::MOST)?;
    let first = AduDescriptor {
        is_continued: false,
        size,
    };
    let room = most.checked_sub(first.octets()).filter(|room| *room > 0)?;
    Some(adu.chunks(room).enumerate().map(move |(n, octets)| Adu {
        descriptor: AduDescriptor {
            is_continued: n > 0,
            size,
        },
        octets,
    }))
}

impl Payload for Adus<'_> {
    /// An ADU has all that its decoding needs.
    fn entry(&self) -> Entry {
        if self.is_continued {
            Entry::Inside
        } else {
            Entry::Refresh
        }
    }
}

/// Puts ADUs together that are in several packets (§6, step 5).
#[derive(Clone, Debug, Default)]
pub struct AduAssembler {
    assembly: Assembly,
    size: Option<u16>,
}

impl AduAssembler {
    /// One that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            assembly: Assembly::new(),
            size: None,
        }
    }

    /// Takes the next payload. If it ends an ADU of several packets, that is at the front of
    /// `unit`, which must be the same octets each time, and this is its size. Whole ADUs are in
    /// the payload itself.
    pub fn push(&mut self, unpacked: &Unpacked<Adus<'_>>, unit: &mut [u8]) -> Option<usize> {
        let adu = unpacked.payload.iter().next()?;
        if adu.is_whole() {
            self.size = None;
            return None;
        }
        if !adu.descriptor.is_continued {
            self.assembly.begin();
            self.size = Some(adu.descriptor.size);
        } else if unpacked.dependency != Dependency::Met || self.size != Some(adu.descriptor.size) {
            // One of its packets was lost, and so is all of it.
            self.size = None;
        }
        let size = usize::from(self.size?);
        self.assembly.append(adu.octets, unit);
        let is_end = self.assembly.size() >= size;
        if is_end || !self.assembly.is_whole() {
            self.size = None;
        }
        (is_end && self.assembly.size() == size).then_some(size)
    }
}

/// The number that says where an ADU stands in its interleaving cycle, in place of the first eleven
/// bits of its MPEG header (§7).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct InterleavingSequence {
    /// The place in the cycle.
    pub index: u8,
    /// Which cycle, 0 to 7.
    pub cycle: u8,
}

impl InterleavingSequence {
    /// Takes the number out of an ADU's header, and puts back the ones that a decoder expects.
    /// Nothing if there is no header. With no interleaving it is always (255, 7).
    pub fn take(adu: &mut [u8]) -> Option<Self> {
        let [first, second, ..] = adu else {
            return None;
        };
        let index = core::mem::replace(first, 0xff);
        let cycle = *second >> 5;
        *second |= 0xe0;
        Some(Self { index, cycle })
    }

    /// Puts the number into an ADU's header, unless there is none.
    pub fn put(self, adu: &mut [u8]) -> Option<()> {
        let [first, second, ..] = adu else {
            return None;
        };
        *first = self.index;
        *second = *second & 0x1f | self.cycle << 5;
        Some(())
    }

    /// Whether, when this comes after `last`, everything that came before is to be released, in
    /// the order of its indexes: a new cycle has begun, or there is no interleaving (B.2).
    #[must_use]
    pub fn begins_cycle(self, last: Self) -> bool {
        self.cycle != last.cycle || self.index == last.index
    }
}

#[cfg(test)]
mod tests;
