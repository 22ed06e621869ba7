//! The hashes that digest authentication and STUN need: MD5, SHA-1, SHA-2, HMAC, CRC-32.
//!
//! Every one is fed piece by piece and finished once. They are here because this crate depends on
//! nothing; ciphers and signatures are not, and never will be.
//!
//! ```
//! use offhook::hash::{Hash, Sha256};
//!
//! let mut hash = Sha256::new();
//! hash.update(b"a");
//! hash.update(b"bc");
//! assert_eq!(hash.finish(), Sha256::of(b"abc"));
//! ```

mod block;
mod crc32;
mod hmac;
mod md5;
mod sha1;
mod sha256;
mod sha512;

pub use crc32::Crc32;
pub use hmac::{Hmac, is_equal};
pub use md5::Md5;
pub use sha1::Sha1;
pub use sha256::Sha256;
pub use sha512::Sha512_256;

/// A hash function that takes its input in pieces.
pub trait Hash: Clone {
    /// The digest, an array of bytes.
    type Digest: AsRef<[u8]> + Copy;

    /// The bytes of a block of input, to which HMAC pads its key (RFC 2104 §2); up to
    /// [`MAX_BLOCK_BYTES`].
    const BLOCK_BYTES: usize;

    /// Nothing hashed yet.
    fn new() -> Self;

    /// Hashes on.
    fn update(&mut self, bytes: &[u8]);

    /// The digest of all that was hashed.
    #[must_use]
    fn finish(self) -> Self::Digest;

    /// The digest of `bytes`.
    #[must_use]
    fn of(bytes: &[u8]) -> Self::Digest {
        let mut hash = Self::new();
        hash.update(bytes);
        hash.finish()
    }
}

/// The largest [`Hash::BLOCK_BYTES`] there is.
pub const MAX_BLOCK_BYTES: usize = 128;

#[cfg(test)]
mod tests;
