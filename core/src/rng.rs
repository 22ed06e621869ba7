//! The only source of randomness: a required 32-byte seed, expanded by ChaCha20 (RFC 8439 §2.3).
//!
//! RFC 3261 §19.3 wants tags that are cryptographically random; RFC 3550 §8.1 the same of SSRCs.
//! The same seed gives the same numbers, which is what makes every run replayable.

const ROUNDS: usize = 10;
const SIGMA: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// A deterministic, cryptographically strong generator.
#[derive(Clone)]
pub struct Rng {
    key: [u32; 8],
    block: u64,
    buffer: [u32; 16],
    used: usize,
}

impl Rng {
    /// A generator whose whole output is decided by `seed`.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let mut key = [0; 8];
        for (word, bytes) in key.iter_mut().zip(seed.chunks_exact(4)) {
            *word = bytes
                .iter()
                .rev()
                .fold(0, |sum, byte| (sum << 8) | u32::from(*byte));
        }
        Self {
            key,
            block: 0,
            buffer: [0; 16],
            used: 16,
        }
    }

    /// A generator that is independent of this one from here on, for a machine inside a machine.
    pub fn fork(&mut self) -> Self {
        let mut seed = [0; 32];
        self.fill(&mut seed);
        Self::from_seed(seed)
    }

    /// The next 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.used >= self.buffer.len() {
            self.buffer = chacha20_block(&self.key, self.block);
            self.block = self.block.wrapping_add(1);
            self.used = 0;
        }
        let word = self.buffer.get(self.used).copied().unwrap_or(0);
        self.used += 1;
        word
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        (u64::from(self.next_u32()) << 32) | u64::from(self.next_u32())
    }

    /// A number below `bound`, each as likely as any other; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        // Numbers past the last whole multiple of `bound` would favour the small ones.
        let limit = u64::MAX - u64::MAX % bound;
        loop {
            let drawn = self.next_u64();
            if drawn < limit {
                return drawn % bound;
            }
        }
    }

    /// Fills `bytes` with random ones.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(4) {
            chunk.copy_from_slice(
                self.next_u32()
                    .to_le_bytes()
                    .get(..chunk.len())
                    .unwrap_or(&[]),
            );
        }
    }
}

impl core::fmt::Debug for Rng {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // The key decides every tag and nonce still to come: it does not belong in a log.
        f.debug_struct("Rng")
            .field("block", &self.block)
            .finish_non_exhaustive()
    }
}

fn chacha20_block(key: &[u32; 8], block: u64) -> [u32; 16] {
    let [k0, k1, k2, k3, k4, k5, k6, k7] = *key;
    let [s0, s1, s2, s3] = SIGMA;
    let low = (block & 0xffff_ffff) as u32;
    let high = (block >> 32) as u32;
    let start = [
        s0, s1, s2, s3, k0, k1, k2, k3, k4, k5, k6, k7, low, high, 0, 0,
    ];
    let mut x = start;
    for _ in 0..ROUNDS {
        let [
            a0,
            a1,
            a2,
            a3,
            b0,
            b1,
            b2,
            b3,
            c0,
            c1,
            c2,
            c3,
            d0,
            d1,
            d2,
            d3,
        ] = x;
        let (a0, b0, c0, d0) = quarter_round(a0, b0, c0, d0);
        let (a1, b1, c1, d1) = quarter_round(a1, b1, c1, d1);
        let (a2, b2, c2, d2) = quarter_round(a2, b2, c2, d2);
        let (a3, b3, c3, d3) = quarter_round(a3, b3, c3, d3);
        let (a0, b1, c2, d3) = quarter_round(a0, b1, c2, d3);
        let (a1, b2, c3, d0) = quarter_round(a1, b2, c3, d0);
        let (a2, b3, c0, d1) = quarter_round(a2, b3, c0, d1);
        let (a3, b0, c1, d2) = quarter_round(a3, b0, c1, d2);
        x = [
            a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3,
        ];
    }
    for (word, first) in x.iter_mut().zip(start) {
        *word = word.wrapping_add(first);
    }
    x
}

const fn quarter_round(a: u32, b: u32, c: u32, d: u32) -> (u32, u32, u32, u32) {
    let a = a.wrapping_add(b);
    let d = (d ^ a).rotate_left(16);
    let c = c.wrapping_add(d);
    let b = (b ^ c).rotate_left(12);
    let a = a.wrapping_add(b);
    let d = (d ^ a).rotate_left(8);
    let c = c.wrapping_add(d);
    let b = (b ^ c).rotate_left(7);
    (a, b, c, d)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8439 §2.1.1.
    #[test]
    fn quarter_round_vector() {
        let out = quarter_round(0x1111_1111, 0x0102_0304, 0x9b8d_6f43, 0x0123_4567);
        assert_eq!(out, (0xea2a_92f4, 0xcb1c_f8ce, 0x4581_472e, 0x5881_c4bb));
    }

    /// RFC 8439 appendix A.1, test vector 1: zero key, zero nonce, block counter 0.
    #[test]
    fn keystream_of_the_zero_key() {
        let mut rng = Rng::from_seed([0; 32]);
        let mut out = [0; 16];
        rng.fill(&mut out);
        let expected = [
            0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90, 0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86,
            0xbd, 0x28,
        ];
        assert_eq!(out, expected);
    }

    #[test]
    fn below_stays_below_and_reaches_every_value() {
        let mut rng = Rng::from_seed([7; 32]);
        let mut seen = [false; 5];
        for _ in 0..200 {
            seen[usize::try_from(rng.below(5)).unwrap()] = true;
        }
        assert_eq!(seen, [true; 5]);
        assert_eq!(rng.below(0), 0);
    }
}
