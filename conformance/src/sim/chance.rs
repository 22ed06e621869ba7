//! Chance from a seed, in whole numbers.

use std::time::Duration;

use offhook::Rng;

/// A source of decisions; the same seed decides the same way.
pub struct Chance {
    key: [u8; 32],
    rng: Rng,
}

impl Chance {
    /// Chance that is decided by `seed`, and independent of that of another `purpose`.
    #[must_use]
    pub fn new(seed: u64, purpose: u64) -> Self {
        Self::from_key(key(seed, purpose))
    }

    fn from_key(key: [u8; 32]) -> Self {
        let rng = Rng::from_seed(key);
        Self { key, rng }
    }

    /// Chance for one occasion, whatever was decided on others: two numbers tell it apart.
    #[must_use]
    pub fn on(&self, when: u64, what: u64) -> Self {
        let mut key = self.key;
        key[16..24].copy_from_slice(&when.to_le_bytes());
        key[24..].copy_from_slice(&what.to_le_bytes());
        Self::from_key(key)
    }

    /// Happens `permille` times in a thousand.
    pub fn happens(&mut self, permille: u32) -> bool {
        // Drawn even when the answer is settled, so that one fault does not shift all others.
        self.below(1000) < u64::from(permille)
    }

    /// A number below `end`, or zero.
    pub fn below(&mut self, end: u64) -> u64 {
        let number = u64::from(self.rng.next_u32()) << 32 | u64::from(self.rng.next_u32());
        number.checked_rem(end).unwrap_or(0)
    }

    /// A span from `least` to `most`, both included.
    pub fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let spread = most.saturating_sub(least).as_nanos();
        let spread = u64::try_from(spread).unwrap_or(u64::MAX - 1);
        least + Duration::from_nanos(self.below(spread + 1))
    }

    /// One of the choices.
    ///
    /// # Panics
    /// If there is none.
    pub fn pick<'c, T>(&mut self, choices: &'c [T]) -> &'c T {
        let count = choices.len() as u64;
        &choices[usize::try_from(self.below(count)).unwrap_or(0)]
    }
}

/// 32 bytes for a machine or a purpose, from the number on the command line.
#[must_use]
pub fn key(seed: u64, purpose: u64) -> [u8; 32] {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&purpose.to_le_bytes());
    key
}
