//! Ciphers, which this crate uses and does not hold: what a provider of them must be able to do.
//!
//! A driver plugs in a well-kept library with the paths the hardware has; a small target plugs in
//! its chip's engine. What is keyed once is kept, so that a packet costs no key schedule and no
//! allocation.

use alloc::boxed::Box;
use core::fmt;

use crate::hash::{Hmac, Sha1};

/// Whoever has the ciphers. One for the whole program, usually a constant.
pub trait Ciphers: fmt::Debug + Send + Sync {
    /// AES (FIPS 197) in counter mode under a key of 16, 24 or 32 octets; `None` for a key of
    /// another length, or if there is no such cipher here.
    fn aes_counter_mode(&self, key: &[u8]) -> Option<Box<dyn CounterMode>>;

    /// AES in Galois/counter mode under a key of 16 or 32 octets, with a nonce of 12 octets and a
    /// tag of 16 (RFC 5116 §5.1, §5.2); `None` for a key of another length, or if there is no such
    /// cipher here.
    fn aes_gcm(&self, key: &[u8]) -> Option<Box<dyn Aead>>;

    /// HMAC-SHA1 (RFC 2104). This crate has one, but without the instructions some processors have
    /// for it.
    fn hmac_sha1(&self, key: &[u8]) -> Box<dyn Mac> {
        Box::new(Hmac::<Sha1>::new(key))
    }
}

/// A block cipher that turns successive numbers into a keystream.
pub trait CounterMode: Send + Sync {
    /// XORs the keystream onto `bytes`: the ciphers of `start`, `start + 1`, and so on, big-endian
    /// and modulo 2^128. The same again undoes it.
    fn apply(&self, start: &[u8; 16], bytes: &mut [u8]);
}

/// Encryption and authentication in one (RFC 5116 §2).
pub trait Aead: Send + Sync {
    /// Encrypts `bytes` in place and says the tag, which vouches for `associated` as well.
    ///
    /// A nonce must never come twice under one key: whoever sees both can forge from then on.
    fn seal(&self, nonce: &[u8; 12], associated: &[u8], bytes: &mut [u8]) -> [u8; 16];

    /// Whether the tag is right, and if so decrypts `bytes` in place; else they stay as they are.
    /// How far a wrong tag is right must not show in the time it takes.
    #[must_use]
    fn open(&self, nonce: &[u8; 12], associated: &[u8], bytes: &mut [u8], tag: &[u8; 16]) -> bool;
}

/// A keyed code of messages: HMAC-SHA1.
pub trait Mac: Send + Sync {
    /// The code of the first piece with the second behind it.
    fn code(&self, pieces: [&[u8]; 2]) -> [u8; 20];
}

impl Mac for Hmac<Sha1> {
    fn code(&self, pieces: [&[u8]; 2]) -> [u8; 20] {
        let mut hmac = self.clone();
        pieces.into_iter().for_each(|piece| hmac.update(piece));
        hmac.finish()
    }
}
