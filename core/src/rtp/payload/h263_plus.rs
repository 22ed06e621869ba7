//! H.263 of 1998 and later, and of 1996 too (RFC 4629 §5): start codes without their zeros, and
//! perhaps another copy of the picture's header.

use super::bits::{BitReader, BitWriter};
use super::depacketiser::{Entry, Payload};

/// Where a packet stands in a thread of pictures (§5.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RedundancyCoding {
    /// TID: the thread, 0 to 7.
    pub thread: u8,
    /// Trun: counts the packets of the thread, modulo 16.
    pub run: u8,
    /// S: the picture is one from which all threads go on.
    pub is_sync: bool,
}

/// One payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct H263Plus<'a> {
    /// P: the data begins with a start code, whose first two octets, both zero, are left out.
    pub is_start: bool,
    /// V: the field of Video Redundancy Coding, if there is one.
    pub redundancy: Option<RedundancyCoding>,
    /// An extra copy of the picture's header without the first two octets of its start code: up
    /// to 63 octets, or none.
    pub header: &'a [u8],
    /// How many bits at the end of that header are to be ignored: 0 to 7.
    pub header_skip_end: u8,
    /// The bit stream.
    pub data: &'a [u8],
}

/// What begins with a start code (§7).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum H263Start {
    /// A picture.
    Picture,
    /// A group of blocks or a slice.
    Segment,
    /// The end of the sequence, EOS or EOSBS.
    End,
}

impl<'a> H263Plus<'a> {
    /// The encoding's name in SDP; the clock runs at 90 kHz.
    pub const ENCODING_NAME: &'static str = "H263-1998";

    /// Reads a payload. Nothing if its header is cut off, says that bits of no extra header are to
    /// be ignored, or there is no data.
    #[must_use]
    pub fn unpack(payload: &'a [u8]) -> Option<Self> {
        let mut bits = BitReader::new(payload);
        // Reserved bits are ignored.
        bits.skip(5)?;
        let (is_start, has_redundancy) = (bits.flag()?, bits.flag()?);
        let size = usize::from(bits.small(6)?);
        let header_skip_end = bits.small(3)?;
        let mut redundancy = None;
        if has_redundancy {
            redundancy = Some(RedundancyCoding {
                thread: bits.small(3)?,
                run: bits.small(4)?,
                is_sync: bits.flag()?,
            });
        }
        let rest = payload.get(bits.position() / 8..)?;
        let (header, data) = rest.split_at_checked(size)?;
        let is_whole = !data.is_empty() && (size > 0 || header_skip_end == 0);
        is_whole.then_some(Self {
            is_start,
            redundancy,
            header,
            header_skip_end,
            data,
        })
    }

    /// Writes the payload to the front of `out` and says how many octets it took. Nothing if a
    /// field is out of its range, there is no data, or it does not fit.
    pub fn pack(&self, out: &mut [u8]) -> Option<usize> {
        let skip = self.header_skip_end;
        let is_header =
            self.header.len() < 64 && skip < 8 && (skip == 0 || !self.header.is_empty());
        if !is_header || self.data.is_empty() {
            return None;
        }
        let mut bits = BitWriter::new(out);
        bits.put(0, 5)?;
        bits.flag(self.is_start)?;
        bits.flag(self.redundancy.is_some())?;
        bits.put(self.header.len() as u32, 6)?;
        bits.put(skip.into(), 3)?;
        if let Some(coding) = self.redundancy {
            if coding.thread > 7 || coding.run > 15 {
                return None;
            }
            bits.put(coding.thread.into(), 3)?;
            bits.put(coding.run.into(), 4)?;
            bits.flag(coding.is_sync)?;
        }
        let start = bits.octets();
        let middle = start.checked_add(self.header.len())?;
        let end = middle.checked_add(self.data.len())?;
        out.get_mut(start..middle)?.copy_from_slice(self.header);
        out.get_mut(middle..end)?.copy_from_slice(self.data);
        Some(end)
    }

    /// What begins here, if a start code does.
    #[must_use]
    pub fn start(&self) -> Option<H263Start> {
        // After the zeros that are left out, a one and the number of the group.
        let first = self.data.first().filter(|_| self.is_start)?;
        match first >> 2 {
            0b10_0000 => Some(H263Start::Picture),
            // EOS and EOSBS are the numbers 31 and 30.
            0b11_1111 | 0b11_1110 => Some(H263Start::End),
            0b10_0001.. => Some(H263Start::Segment),
            _ => None,
        }
    }

    /// How many octets [`restore`](Self::restore) writes.
    #[must_use]
    pub const fn restored(&self) -> usize {
        let zeros = if self.is_start { 2 } else { 0 };
        self.data.len().saturating_add(zeros)
    }

    /// Writes the bit stream to the front of `out`, the zeros of its start code put back, and says
    /// how many octets it took, unless it does not fit.
    pub fn restore(&self, out: &mut [u8]) -> Option<usize> {
        let size = self.restored();
        let out = out.get_mut(..size)?;
        let (zeros, data) = out.split_at_mut_checked(size.checked_sub(self.data.len())?)?;
        zeros.fill(0);
        data.copy_from_slice(self.data);
        Some(size)
    }

    /// The packets of a picture, whose octets begin with its start code: each is one of `parts`,
    /// the octets at which aligned start codes begin, in order; a part that does not fit `most`
    /// octets goes on in follow-on packets (§6.2). The marker belongs on the last one, as the flag
    /// says.
    ///
    /// Nothing if a part does not begin with two zeros, the first one is not at 0, or `most`
    /// leaves no room for data.
    pub fn packetise(
        picture: &'a [u8],
        parts: &'a [usize],
        most: usize,
    ) -> Option<impl Iterator<Item = (Self, bool)>> {
        let room = most.checked_sub(2).filter(|room| *room > 0)?;
        let is_code = |part: &usize| {
            let code = picture.get(*part..part.checked_add(3)?)?;
            code.starts_with(&[0, 0]).then_some(())
        };
        if parts.first() != Some(&0) || !parts.is_sorted() {
            return None;
        }
        parts.iter().try_for_each(is_code)?;
        let ends = parts.iter().skip(1).copied().chain([picture.len()]);
        let packets = parts.iter().zip(ends).flat_map(move |(start, end)| {
            let part = picture.get(start.saturating_add(2)..end).unwrap_or(&[]);
            part.chunks(room).enumerate().map(move |(n, data)| {
                let is_last = n.saturating_add(1) >= part.len().div_ceil(room);
                let payload = Self {
                    is_start: n == 0,
                    redundancy: None,
                    header: &[],
                    header_skip_end: 0,
                    data,
                };
                (payload, is_last && end == picture.len())
            })
        });
        Some(packets)
    }

    /// Whether the picture that begins here refers to no other: bit 9 of PTYPE, or the type in
    /// MPPTYPE if there is PLUSPTYPE.
    fn is_intra(&self) -> Option<bool> {
        let mut bits = BitReader::new(self.data);
        // The end of the start code (6), TR (8), the first five bits of PTYPE.
        bits.skip(19)?;
        if bits.small(3)? != 0b111 {
            return Some(!bits.flag()?);
        }
        if bits.small(3)? == 1 {
            bits.skip(18)?;
        }
        Some(bits.small(3)? == 0)
    }
}

impl Payload for H263Plus<'_> {
    fn entry(&self) -> Entry {
        match self.start() {
            Some(H263Start::Picture) if self.is_intra() == Some(true) => Entry::Refresh,
            Some(_) => Entry::Part,
            None => Entry::Inside,
        }
    }
}

#[cfg(test)]
mod tests;
