//! CRC-32 as in ISO 3309 and ITU-T V.42, which STUN's fingerprint uses (RFC 8489 §14.7).

/// The polynomial, its bits turned round.
const POLYNOMIAL: u32 = 0xedb8_8320;

/// What a byte does to the rest, with none to three bytes behind it, so that four are taken at
/// once. Four kilobytes that only a program that speaks STUN has in it.
static TABLES: [[u32; 256]; 4] = tables();

/// A CRC-32 under way.
#[derive(Clone, Copy, Debug)]
pub struct Crc32(u32);

impl Crc32 {
    /// Nothing summed yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(u32::MAX)
    }

    /// Sums on.
    pub fn update(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((word, after)) = rest.split_first_chunk::<4>() {
            let [a, b, c, d] = (self.0 ^ u32::from_le_bytes(*word)).to_le_bytes();
            self.0 = behind(3, a) ^ behind(2, b) ^ behind(1, c) ^ behind(0, d);
            rest = after;
        }
        for byte in rest {
            let [first, ..] = self.0.to_le_bytes();
            self.0 = (self.0 >> 8) ^ behind(0, first ^ byte);
        }
    }

    /// The sum of all that was fed.
    #[must_use]
    pub const fn finish(self) -> u32 {
        !self.0
    }

    /// The sum of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> u32 {
        let mut crc = Self::new();
        crc.update(bytes);
        crc.finish()
    }
}

impl Default for Crc32 {
    fn default() -> Self {
        Self::new()
    }
}

/// What `byte` does with `count` bytes behind it.
#[inline]
#[expect(
    clippy::indexing_slicing,
    reason = "there are four tables, and a byte for each place in one"
)]
fn behind(count: usize, byte: u8) -> u32 {
    TABLES[count & 3][byte as usize]
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, bounded by the loops"
)]
const fn tables() -> [[u32; 256]; 4] {
    let mut tables = [[0; 256]; 4];
    let mut byte: u32 = 0;
    while byte < 256 {
        let mut crc = byte;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ POLYNOMIAL
            } else {
                crc >> 1
            };
            bit += 1;
        }
        tables[0][byte as usize] = crc;
        byte += 1;
    }
    let mut count = 1;
    while count < 4 {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[count - 1][byte];
            tables[count][byte] = (before >> 8) ^ tables[0][(before & 0xff) as usize];
            byte += 1;
        }
        count += 1;
    }
    tables
}
