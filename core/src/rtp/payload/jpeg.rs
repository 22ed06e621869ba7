//! JPEG video (RFC 2435 §3): the scan of a picture in fragments, and all that its headers would
//! say in a few octets.

mod tables;

pub use tables::{quantisers, zigzag};

use super::assembly::Assembly;
use super::depacketiser::{Dependency, Entry, Payload, Unpacked};

/// The Restart Marker header (§3.1.7), in types 64 to 127.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Restart {
    /// How many MCUs are between two restart markers; not 0.
    pub interval: u16,
    /// F: a chunk begins here.
    pub is_first: bool,
    /// L: a chunk ends here.
    pub is_last: bool,
    /// Which restart interval is the first of the chunk, 0 to 0x3ffe.
    pub count: u16,
}

impl Restart {
    /// The count, and both flags, of packets that do not end with restart intervals: the whole
    /// picture must be there to be decoded.
    pub const WHOLE: u16 = 0x3fff;

    /// The first MCU of the chunk, if its packets can be decoded without those before (§4.4).
    #[must_use]
    pub fn first_unit(&self) -> Option<u32> {
        let is_chunk = self.count != Self::WHOLE;
        is_chunk.then(|| u32::from(self.count).saturating_mul(self.interval.into()))
    }
}

/// The Quantization Table header (§3.1.8), in the first packet of a picture if Q is 128 or more.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct JpegTables<'a> {
    /// A bit for each table, that for the first one the least significant: 16 rather than 8 bits.
    pub precision: u8,
    /// The tables, in zigzag order; none if the same ones were sent before, or signalling named
    /// them.
    pub data: &'a [u8],
}

/// One payload.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Jpeg<'a> {
    /// For the types that are defined: 0 progressive, 1 odd field, 2 even field, 3 single field.
    pub type_specific: u8,
    /// Where in the scan the data begins, in octets: less than 2^24.
    pub offset: u32,
    /// The type: 0 is 4:2:2 and 1 is 4:2:0, 64 and 65 the same with restart markers.
    pub kind: u8,
    /// Q: 1 to 99 scale the usual tables, from 128 on tables are in the packet.
    pub q: u8,
    /// The width, in units of eight pixels.
    pub width: u8,
    /// The height, in units of eight pixels.
    pub height: u8,
    /// In types 64 to 127.
    pub restart: Option<Restart>,
    /// In first packets whose Q is 128 or more.
    pub tables: Option<JpegTables<'a>>,
    /// The scan.
    pub data: &'a [u8],
}

impl<'a> Jpeg<'a> {
    /// The encoding's name in SDP; the clock runs at 90 kHz, and the marker ends a picture.
    pub const ENCODING_NAME: &'static str = "JPEG";

    const fn has_restart(&self) -> bool {
        matches!(self.kind, 64..=127)
    }

    const fn has_tables(&self) -> bool {
        self.q >= 128 && self.offset == 0
    }

    /// Whether what is there is what the type, Q and the offset say, and within its ranges.
    fn is_sound(&self) -> bool {
        let end = u64::from(self.offset).saturating_add(self.data.len() as u64);
        let is_restart = self
            .restart
            .is_none_or(|restart| restart.interval != 0 && restart.count <= Restart::WHOLE);
        // §3.1.8: with Q 255 the tables are good for this picture alone, and must be there.
        let are_tables = self.tables.is_none_or(|tables| {
            tables.data.len() <= 0xffff && (self.q != 255 || !tables.data.is_empty())
        });
        end <= 1 << 24
            && self.offset < 1 << 24
            && is_restart
            && are_tables
            && self.restart.is_some() == self.has_restart()
            && self.tables.is_some() == self.has_tables()
    }

    /// Reads a payload. Nothing if a header is cut off, if the restart interval is 0, if there is
    /// less of tables than their length says or none at all with Q 255, or if the data reaches
    /// beyond 2^24.
    #[must_use]
    pub fn unpack(payload: &'a [u8]) -> Option<Self> {
        let ([type_specific, a, b, c, kind, q, width, height], mut rest) =
            payload.split_first_chunk()?;
        let mut this = Self {
            type_specific: *type_specific,
            offset: u32::from_be_bytes([0, *a, *b, *c]),
            kind: *kind,
            q: *q,
            width: *width,
            height: *height,
            restart: None,
            tables: None,
            data: &[],
        };
        if this.has_restart() {
            let ([a, b, c, d], behind) = rest.split_first_chunk()?;
            this.restart = Some(Restart {
                interval: u16::from_be_bytes([*a, *b]),
                is_first: c & 0x80 != 0,
                is_last: c & 0x40 != 0,
                count: u16::from_be_bytes([c & 0x3f, *d]),
            });
            rest = behind;
        }
        if this.has_tables() {
            let ([_, precision, a, b], behind) = rest.split_first_chunk()?;
            let length = usize::from(u16::from_be_bytes([*a, *b]));
            let (data, behind) = behind.split_at_checked(length)?;
            this.tables = Some(JpegTables {
                precision: *precision,
                data,
            });
            rest = behind;
        }
        this.data = rest;
        this.is_sound().then_some(this)
    }

    /// How many octets the headers take.
    #[must_use]
    pub const fn header_octets(&self) -> usize {
        let restart = if self.has_restart() { 12_usize } else { 8 };
        match self.tables {
            Some(tables) if self.has_tables() => {
                restart.saturating_add(4).saturating_add(tables.data.len())
            }
            _ => restart,
        }
    }

    /// Writes the payload to the front of `out` and says how many octets it took. Nothing if it
    /// breaks the rules that [`unpack`](Self::unpack) keeps, a header is missing or too many, or
    /// it does not fit.
    pub fn pack(&self, out: &mut [u8]) -> Option<usize> {
        let header = self.header_octets();
        let end = header.checked_add(self.data.len())?;
        let out = out.get_mut(..end).filter(|_| self.is_sound())?;
        let (main, mut rest) = out.split_first_chunk_mut::<8>()?;
        let [_, a, b, c] = self.offset.to_be_bytes();
        let (kind, q) = (self.kind, self.q);
        *main = [
            self.type_specific,
            a,
            b,
            c,
            kind,
            q,
            self.width,
            self.height,
        ];
        if let Some(restart) = self.restart {
            let (place, behind) = rest.split_first_chunk_mut::<4>()?;
            let [a, b] = restart.interval.to_be_bytes();
            let [c, d] = restart.count.to_be_bytes();
            let first = if restart.is_first { 0x80 } else { 0 };
            let last = if restart.is_last { 0x40 } else { 0 };
            *place = [a, b, c | first | last, d];
            rest = behind;
        }
        if let Some(tables) = self.tables {
            let (place, behind) = rest.split_first_chunk_mut::<4>()?;
            let [a, b] = (tables.data.len() as u16).to_be_bytes();
            *place = [0, tables.precision, a, b];
            let (place, behind) = behind.split_at_mut_checked(tables.data.len())?;
            place.copy_from_slice(tables.data);
            rest = behind;
        }
        rest.copy_from_slice(self.data);
        Some(end)
    }

    /// The payloads of a picture, of which this has the whole scan and the headers of the first
    /// packet, and whether the marker is set: it is on the last one only. No payload has more than
    /// `most` octets. If there are restart markers each packet says that the whole picture must be
    /// put together. Nothing if `most` has no room.
    pub fn fragments(self, most: usize) -> Option<impl Iterator<Item = (Self, bool)>> {
        most.checked_sub(self.header_octets())
            .filter(|room| *room > 0)?;
        let restart = self.restart.map(|restart| Restart {
            is_first: true,
            is_last: true,
            count: Restart::WHOLE,
            ..restart
        });
        let first = Self { restart, ..self };
        let later = Self {
            tables: None,
            ..first
        };
        let mut at = 0_usize;
        Some(core::iter::from_fn(move || {
            let part = if at == 0 { first } else { later };
            let left = self.data.get(at..).filter(|left| !left.is_empty())?;
            // Behind the first packet the tables are left out.
            let offset = u32::try_from(at).ok()?;
            let part = Self { offset, ..part };
            let room = most.saturating_sub(part.header_octets()).min(left.len());
            let data = left.get(..room)?;
            at = at.saturating_add(room);
            Some((Self { data, ..part }, at >= self.data.len()))
        }))
    }
}

impl Payload for Jpeg<'_> {
    /// No picture refers to another, and chunks of restart intervals not even within one.
    fn entry(&self) -> Entry {
        let is_chunk = |restart: Restart| restart.is_first && restart.first_unit().is_some();
        if self.offset == 0 {
            Entry::Refresh
        } else if self.restart.is_some_and(is_chunk) {
            Entry::Intra
        } else {
            Entry::Inside
        }
    }
}

/// Puts the scan of a picture together (§4.3).
#[derive(Clone, Debug, Default)]
pub struct JpegAssembler {
    assembly: Assembly,
}

impl JpegAssembler {
    /// One that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            assembly: Assembly::new(),
        }
    }

    /// Takes the next payload and the marker of its packet. If it ends a picture of which nothing
    /// is missing, its scan is at the front of `scan`, which must be the same octets each time,
    /// and this is its size.
    pub fn push(
        &mut self,
        unpacked: &Unpacked<Jpeg<'_>>,
        marker: bool,
        scan: &mut [u8],
    ) -> Option<usize> {
        let payload = unpacked.payload;
        if payload.offset == 0 {
            self.assembly.begin();
        } else if unpacked.missing > 0 || unpacked.dependency == Dependency::BeginningLost {
            self.assembly.give_up();
        }
        let offset = usize::try_from(payload.offset).ok()?;
        self.assembly.place(offset, payload.data, scan);
        let is_whole = marker && self.assembly.is_whole();
        let size = self.assembly.size();
        if marker {
            // What comes next must begin with the next picture.
            self.assembly.give_up();
        }
        is_whole.then_some(size)
    }
}

#[cfg(test)]
mod tests;
