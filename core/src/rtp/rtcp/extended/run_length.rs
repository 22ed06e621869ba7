//! Which packets came, as runs and bit vectors (RFC 3611 §4.1, §4.2).

use super::{put_range, range};
use crate::rtp::number::Ssrc;

/// A trace of one source's packets: one bit for each sequence number in the range, or for each
/// that is a multiple of 2^thinning.
#[derive(Clone, Copy, Debug)]
pub struct RunLength<'a> {
    /// Whose packets.
    pub source: Ssrc,
    /// T, from 0 to 15: only sequence numbers that are multiples of 2^T are reported on.
    pub thinning: u8,
    /// The first sequence number of the range.
    pub begin: u16,
    /// The one behind the last; both are the same when there is none.
    pub end: u16,
    chunks: Chunks<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Chunks<'a> {
    Wire(&'a [u8]),
    Ours(&'a [u16]),
}

impl<'a> RunLength<'a> {
    /// A trace whose chunks [`encode`] has made.
    #[must_use]
    pub const fn new(source: Ssrc, thinning: u8, begin: u16, end: u16, chunks: &'a [u16]) -> Self {
        Self {
            source,
            thinning: thinning & 0x0f,
            begin,
            end,
            chunks: Chunks::Ours(chunks),
        }
    }

    pub(super) fn parse(type_specific: u8, contents: &'a [u8]) -> Option<Self> {
        let (source, begin, end, rest) = range(contents)?;
        Some(Self {
            source,
            thinning: type_specific & 0x0f,
            begin,
            end,
            chunks: Chunks::Wire(rest),
        })
    }

    pub(super) fn write(&self, put: &mut dyn FnMut(&[u8])) {
        put_range(self.source, self.begin, self.end, put);
        let mut count = 0_usize;
        for chunk in self.chunks() {
            put(&chunk.to_be_bytes());
            count = count.wrapping_add(1);
        }
        // §4.1: a null chunk ends a block whose chunks are odd in number, and stands nowhere else.
        if count % 2 == 1 {
            put(&[0, 0]);
        }
    }

    /// The chunks, without the null chunk at the end.
    fn chunks(&self) -> impl Iterator<Item = u16> + use<'a> {
        let (wire, ours): (&[u8], &[u16]) = match self.chunks {
            Chunks::Wire(octets) => (octets, &[]),
            Chunks::Ours(chunks) => (&[], chunks),
        };
        let wire = wire.chunks_exact(2).map(|pair| match pair {
            [high, low] => u16::from_be_bytes([*high, *low]),
            _ => 0,
        });
        wire.chain(ours.iter().copied())
            .take_while(|chunk| *chunk != 0)
    }

    /// The trace: each sequence number reported on, and its bit. What chunks say beyond the range
    /// is ignored (§4.1); it ends early where the chunks do.
    #[must_use]
    pub fn trace(&self) -> Trace<impl Iterator<Item = u16> + use<'a>> {
        Trace {
            chunks: self.chunks(),
            chunk: Chunk::default(),
            numbers: Numbers::new(self.thinning, self.begin, self.end),
        }
    }
}

impl PartialEq for RunLength<'_> {
    fn eq(&self, other: &Self) -> bool {
        let key = |one: &Self| (one.source, one.thinning, one.begin, one.end);
        key(self) == key(other) && self.chunks().eq(other.chunks())
    }
}

impl Eq for RunLength<'_> {}

/// The sequence numbers of a range that are multiples of 2^T.
#[derive(Clone, Debug)]
struct Numbers {
    next: u16,
    left: u16,
    thinning: u8,
}

impl Numbers {
    fn new(thinning: u8, begin: u16, end: u16) -> Self {
        let mask = (1_u16 << (thinning & 0x0f)).wrapping_sub(1);
        let skipped = begin.wrapping_neg() & mask;
        let length = end.wrapping_sub(begin).checked_sub(skipped);
        // How many multiples there are: the length in steps, rounded up.
        let left = length.map_or(0, |length| {
            (length >> (thinning & 0x0f)).saturating_add(u16::from(length & mask != 0))
        });
        Self {
            next: begin.wrapping_add(skipped),
            left,
            thinning: thinning & 0x0f,
        }
    }
}

impl Iterator for Numbers {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        self.left = self.left.checked_sub(1)?;
        let number = self.next;
        self.next = number.wrapping_add(1 << self.thinning);
        Some(number)
    }
}

/// What is left of one chunk: so many events, the next in the lowest bit.
#[derive(Clone, Copy, Debug, Default)]
struct Chunk {
    left: u16,
    bits: u16,
    /// Whether all events are like the lowest bit.
    is_run: bool,
}

impl Chunk {
    const fn new(chunk: u16) -> Self {
        if chunk & 0x8000 == 0 {
            Self {
                left: chunk & 0x3fff,
                bits: chunk >> 14 & 1,
                is_run: true,
            }
        } else {
            Self {
                left: 15,
                // From left to right on the wire, from the lowest bit up here.
                bits: (chunk << 1).reverse_bits(),
                is_run: false,
            }
        }
    }

    fn next(&mut self) -> Option<bool> {
        self.left = self.left.checked_sub(1)?;
        let bit = self.bits & 1 == 1;
        if !self.is_run {
            self.bits >>= 1;
        }
        Some(bit)
    }
}

/// The events of a [`RunLength`].
#[derive(Clone, Debug)]
pub struct Trace<C> {
    chunks: C,
    chunk: Chunk,
    numbers: Numbers,
}

impl<C: Iterator<Item = u16>> Iterator for Trace<C> {
    type Item = (u16, bool);

    fn next(&mut self) -> Option<(u16, bool)> {
        let number = self.numbers.next()?;
        loop {
            if let Some(bit) = self.chunk.next() {
                return Some((number, bit));
            }
            self.chunk = Chunk::new(self.chunks.next()?);
        }
    }
}

/// The chunks for these events: a run where fifteen or more are alike, else a bit vector. Zeros
/// fill the last one (§4.1).
pub fn encode(events: impl IntoIterator<Item = bool>) -> impl Iterator<Item = u16> {
    let mut events = events.into_iter().peekable();
    // Alike events that were read and not yet written.
    let (mut alike, mut count) = (false, 0_u16);
    core::iter::from_fn(move || {
        if count == 0 {
            alike = events.next()?;
            count = 1;
        }
        while count < 0x3fff && events.next_if_eq(&alike).is_some() {
            count = count.wrapping_add(1);
        }
        if count >= 15 || events.peek().is_none() {
            let run = count | u16::from(alike) << 14;
            count = 0;
            return Some(run);
        }
        let mut vector = 0x8000;
        for place in (0..15_u32).rev() {
            let event = match count.checked_sub(1) {
                Some(fewer) => {
                    count = fewer;
                    alike
                }
                None => events.next().unwrap_or(false),
            };
            vector |= u16::from(event) << place;
        }
        Some(vector)
    })
}
