//! HMAC (RFC 2104) over any of the hashes, and comparing without telling where the difference is.

use super::{Hash, MAX_BLOCK_BYTES};

/// An HMAC under way.
#[derive(Clone)]
pub struct Hmac<H> {
    inner: H,
    outer: H,
}

impl<H: Hash> Hmac<H> {
    /// With a key of any length; one longer than a block is hashed first (§2).
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        let hashed;
        let key = if key.len() > H::BLOCK_BYTES {
            hashed = H::of(key);
            hashed.as_ref()
        } else {
            key
        };
        Self {
            inner: padded(key, 0x36),
            outer: padded(key, 0x5c),
        }
    }

    /// Authenticates on.
    pub fn update(&mut self, bytes: &[u8]) {
        self.inner.update(bytes);
    }

    /// The code of all that was fed.
    #[must_use]
    pub fn finish(self) -> H::Digest {
        let mut outer = self.outer;
        outer.update(self.inner.finish().as_ref());
        outer.finish()
    }

    /// The code of `bytes` under `key`.
    #[must_use]
    pub fn of(key: &[u8], bytes: &[u8]) -> H::Digest {
        let mut hmac = Self::new(key);
        hmac.update(bytes);
        hmac.finish()
    }
}

fn padded<H: Hash>(key: &[u8], pad: u8) -> H {
    let mut block = [pad; MAX_BLOCK_BYTES];
    for (byte, key) in block.iter_mut().zip(key) {
        *byte ^= key;
    }
    let mut hash = H::new();
    hash.update(block.get(..H::BLOCK_BYTES).unwrap_or(&block));
    hash
}

/// Whether two byte strings are equal, in a time that depends only on their lengths: how far a
/// guessed code is right must not show.
#[must_use]
pub fn is_equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let pairs = one.iter().zip(other);
    let difference = pairs.fold(0, |sum: u8, (a, b)| sum | (a ^ b));
    core::hint::black_box(difference) == 0
}
