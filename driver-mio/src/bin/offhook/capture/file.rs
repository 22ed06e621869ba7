//! The file formats of captures: classic pcap and pcapng, read record by record in bounded memory.

use std::io::{self, Read};
use std::time::Duration;

/// No record of a sane capture is longer; what is, is damage.
const LONGEST: usize = 1 << 24;

/// The magic numbers of classic pcap: microseconds and nanoseconds, in either byte order.
const CLASSIC: [[u8; 4]; 4] = [
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0xc3, 0xd4],
    [0x4d, 0x3c, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
];
/// The type of the section header block that starts every pcapng, the same in either byte order.
const SECTION: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
/// The byte-order magic of a section as a little-endian machine writes it.
const LITTLE: [u8; 4] = [0x4d, 0x3c, 0x2b, 0x1a];

/// Whether a file that starts so is a capture.
pub(crate) fn is_capture(start: [u8; 4]) -> bool {
    start == SECTION || CLASSIC.contains(&start)
}

/// One packet as captured.
pub(super) struct Packet<'a> {
    /// When, since the beginning of 1970; the formats have packets that do not say.
    pub(super) at: Option<Duration>,
    /// The link layer it came from (a LINKTYPE number).
    pub(super) link: u16,
    pub(super) bytes: &'a [u8],
}

/// A capture being read.
pub(super) struct Capture<R> {
    source: R,
    is_big: bool,
    format: Format,
    block: Vec<u8>,
}

enum Format {
    /// All packets share one link layer, and one unit of time within the second.
    Classic { link: u16, unit: u32 },
    /// Each interface of the section has its own.
    Next { interfaces: Vec<Interface> },
}

/// Where packets of a section were captured.
#[derive(Clone, Copy)]
struct Interface {
    link: u16,
    clock: Clock,
}

/// How an interface tells the time: in units since 1970, or since some seconds after it.
#[derive(Clone, Copy)]
struct Clock {
    per_second: u64,
    offset: i64,
}

impl Clock {
    /// What stands for a clock of which nothing is said.
    const USUAL: Self = Self {
        per_second: 1_000_000,
        offset: 0,
    };

    fn time(self, units: u64) -> Option<Duration> {
        let secs = (units / self.per_second).checked_add_signed(self.offset)?;
        let rest = u128::from(units % self.per_second) * 1_000_000_000;
        let nanos = rest / u128::from(self.per_second);
        Some(Duration::new(secs, u32::try_from(nanos).ok()?))
    }
}

impl<R: Read> Capture<R> {
    /// Takes the header; `start` are the four bytes read already.
    pub(super) fn open(start: [u8; 4], mut source: R) -> io::Result<Self> {
        if start == SECTION {
            let mut capture = Self {
                source,
                is_big: false,
                format: Format::Next {
                    interfaces: Vec::new(),
                },
                block: Vec::new(),
            };
            capture.section()?;
            return Ok(capture);
        }
        let is_big = start[0] == 0xa1;
        let mut header = [0; 20];
        source.read_exact(&mut header)?;
        let [.., a, b, c, d] = header;
        let link = number([a, b, c, d], is_big) as u16;
        // The two magic numbers of each order: microseconds, nanoseconds.
        let is_fine = start.contains(&0x3c);
        let unit = if is_fine { 1 } else { 1000 };
        Ok(Self {
            source,
            is_big,
            format: Format::Classic { link, unit },
            block: Vec::new(),
        })
    }

    /// The next packet; `None` at the end.
    pub(super) fn next_packet(&mut self) -> io::Result<Option<Packet<'_>>> {
        match &self.format {
            Format::Classic { link, unit } => {
                let (link, unit) = (*link, *unit);
                let Some((secs, units, captured)) = self.record()? else {
                    return Ok(None);
                };
                self.fill(captured)?;
                let within = Duration::from_nanos(u64::from(units) * u64::from(unit));
                Ok(Some(Packet {
                    at: Some(Duration::from_secs(u64::from(secs)) + within),
                    link,
                    bytes: &self.block,
                }))
            }
            Format::Next { .. } => self.next_block(),
        }
    }

    /// The header of a classic record: seconds, units within the second, and how much was captured.
    fn record(&mut self) -> io::Result<Option<(u32, u32, usize)>> {
        let mut header = [0; 16];
        if !start_of(&mut self.source, &mut header)? {
            return Ok(None);
        }
        let [s0, s1, s2, s3, u0, u1, u2, u3, c0, c1, c2, c3, ..] = header;
        let secs = number([s0, s1, s2, s3], self.is_big);
        let units = number([u0, u1, u2, u3], self.is_big);
        let captured = number([c0, c1, c2, c3], self.is_big) as usize;
        Ok(Some((secs, units, captured)))
    }

    fn fill(&mut self, length: usize) -> io::Result<()> {
        if length > LONGEST {
            return Err(damaged("a record that is too long"));
        }
        self.block.resize(length, 0);
        self.source.read_exact(&mut self.block)
    }

    /// The rest of a section header: it says the byte order of all that follows.
    fn section(&mut self) -> io::Result<()> {
        let mut header = [0; 8];
        self.source.read_exact(&mut header)?;
        let [a, b, c, d, order @ ..] = header;
        self.is_big = order != LITTLE;
        let length = number([a, b, c, d], self.is_big) as usize;
        let rest = length
            .checked_sub(12)
            .ok_or_else(|| damaged("a block that is too short"))?;
        self.fill(rest)?;
        self.format = Format::Next {
            interfaces: Vec::new(),
        };
        Ok(())
    }

    fn next_block(&mut self) -> io::Result<Option<Packet<'_>>> {
        loop {
            let mut kind = [0; 4];
            if !start_of(&mut self.source, &mut kind)? {
                return Ok(None);
            }
            if kind == SECTION {
                self.section()?;
                continue;
            }
            let mut length = [0; 4];
            self.source.read_exact(&mut length)?;
            let length = number(length, self.is_big) as usize;
            let rest = length
                .checked_sub(8)
                .ok_or_else(|| damaged("a block that is too short"))?;
            self.fill(rest)?;
            let word = |at: usize| self.word(at);
            let units = || Some((word(4) as u64) << 32 | word(8) as u64);
            let (interface, units, from, captured) = match number(kind, self.is_big) {
                // Interface description: link type in the first two bytes.
                1 => {
                    let (link, clock) = (self.half(0), self.clock());
                    if let Format::Next { interfaces } = &mut self.format {
                        interfaces.push(Interface { link, clock });
                    }
                    continue;
                }
                // Packet, obsolete: interface in two bytes, drops, time, captured length.
                2 => (usize::from(self.half(0)), units(), 20, word(12)),
                // Simple packet: the first interface; its length is that on the wire.
                3 => (0, None, 4, word(0).min(rest.saturating_sub(8))),
                // Enhanced packet: interface, time, captured length, length on the wire.
                6 => (word(0), units(), 20, word(12)),
                _ => continue,
            };
            let interface = match &self.format {
                Format::Next { interfaces } => interfaces.get(interface).copied(),
                Format::Classic { .. } => None,
            };
            let Interface { link, clock } =
                interface.ok_or_else(|| damaged("a packet of an unknown interface"))?;
            let at = units.and_then(|units| clock.time(units));
            let end = from + captured.min(LONGEST);
            if self.block.len() < end {
                return Err(damaged("a packet longer than its block"));
            }
            let bytes = &self.block[from..end];
            return Ok(Some(Packet { at, link, bytes }));
        }
    }

    /// The options of an interface description, after its eight bytes: the resolution of its time
    /// (9) and the seconds that are to be added to it (14).
    fn clock(&self) -> Clock {
        let mut clock = Clock::USUAL;
        let mut at = 8;
        while at + 4 <= self.block.len() {
            let (code, length) = (self.half(at), usize::from(self.half(at + 2)));
            let value = self.block.get(at + 4..at + 4 + length).unwrap_or_default();
            match (code, value) {
                (0, _) => break,
                (9, [power, ..]) => {
                    let (base, power) = match power & 0x80 {
                        0 => (10_u64, u32::from(*power)),
                        _ => (2_u64, u32::from(*power & 0x7f)),
                    };
                    clock.per_second = base.checked_pow(power).unwrap_or(u64::MAX);
                }
                (14, [_, _, _, _, _, _, _, _, ..]) => {
                    let (first, second) = (self.word(at + 4) as u64, self.word(at + 8) as u64);
                    let seconds = match self.is_big {
                        true => first << 32 | second,
                        false => second << 32 | first,
                    };
                    clock.offset = seconds as i64;
                }
                _ => {}
            }
            // Padded to four bytes.
            at += 4 + length.next_multiple_of(4);
        }
        clock
    }

    /// Four bytes of the block as a number; zero beyond its end.
    fn word(&self, at: usize) -> usize {
        let bytes = self.block.get(at..).and_then(|b| b.first_chunk::<4>());
        bytes.map_or(0, |bytes| number(*bytes, self.is_big) as usize)
    }

    fn half(&self, at: usize) -> u16 {
        let bytes = self.block.get(at..).and_then(|b| b.first_chunk::<2>());
        bytes.map_or(0, |bytes| match self.is_big {
            true => u16::from_be_bytes(*bytes),
            false => u16::from_le_bytes(*bytes),
        })
    }
}

fn number(bytes: [u8; 4], is_big: bool) -> u32 {
    match is_big {
        true => u32::from_be_bytes(bytes),
        false => u32::from_le_bytes(bytes),
    }
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the capture has {what}"),
    )
}

/// Fills `header`; false if the source ends before its first byte.
fn start_of(source: &mut impl Read, header: &mut [u8]) -> io::Result<bool> {
    let (first, rest) = header.split_at_mut(1);
    loop {
        match source.read(first) {
            Ok(0) => return Ok(false),
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    source.read_exact(rest)?;
    Ok(true)
}
