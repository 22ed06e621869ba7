//! The ciphers of the packets (RFC 3711 §4.1, RFC 7714 §8, §9) and what makes every packet's
//! keystream its own.

use alloc::boxed::Box;

use crate::cipher::{Aead, Ciphers, CounterMode};

use super::suite::{Cipher, Suite};

/// One cipher, keyed for one kind of packet.
pub(super) enum Transform {
    /// The NULL cipher (RFC 3711 §4.1.3).
    Null,
    /// AES in counter mode (§4.1.1).
    Counter {
        cipher: Box<dyn CounterMode>,
        salt: [u8; 14],
    },
    /// AES in f8-mode (§4.1.2): under the key, and under the key with the mask.
    F8 {
        cipher: Box<dyn CounterMode>,
        masked: Box<dyn CounterMode>,
    },
    /// AES-GCM (RFC 7714).
    Gcm { aead: Box<dyn Aead>, salt: [u8; 12] },
}

/// Which packet a keystream is for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) ssrc: u32,
    pub(super) index: u64,
    /// The initialization vector of f8-mode, if that is the cipher.
    pub(super) f8: [u8; 16],
}

impl Transform {
    /// The cipher of a suite; `None` if the provider has it not.
    pub(super) fn new(
        ciphers: &dyn Ciphers,
        cipher: Cipher,
        key: &[u8],
        salt: &[u8],
    ) -> Option<Self> {
        Some(match cipher {
            Cipher::Null => Self::Null,
            Cipher::Counter => Self::Counter {
                cipher: ciphers.aes_counter_mode(key)?,
                salt: salt.try_into().ok()?,
            },
            Cipher::F8 => Self::F8 {
                cipher: ciphers.aes_counter_mode(key)?,
                masked: ciphers.aes_counter_mode(&f8_masked(key, salt))?,
            },
            Cipher::Gcm => Self::Gcm {
                aead: ciphers.aes_gcm(key)?,
                salt: salt.try_into().ok()?,
            },
        })
    }

    /// Encrypts or decrypts in place; a GCM cipher does it with its tag instead.
    pub(super) fn apply(&self, place: &Place, bytes: &mut [u8]) {
        match self {
            Self::Null | Self::Gcm { .. } => {}
            Self::Counter { cipher, salt } => {
                cipher.apply(&counter_iv(salt, place.ssrc, place.index), bytes);
            }
            Self::F8 { .. } => {
                let mut stream = Keystream::new(self, place);
                for (at, byte) in bytes.iter_mut().enumerate() {
                    *byte ^= stream.octet(at);
                }
            }
        }
    }
}

/// The counter a packet begins with in counter mode (RFC 3711 §4.1.1): the salt, with the source
/// and the index XORed onto it, and 16 bits to count blocks.
#[must_use]
pub fn counter_iv(salt: &[u8; 14], ssrc: u32, index: u64) -> [u8; 16] {
    let mut iv = [0; 16];
    let number = (u128::from(ssrc) << 64) ^ (u128::from(index) << 16);
    let octets = number.to_be_bytes();
    for (byte, (salt, octet)) in iv.iter_mut().zip(salt.iter().chain(&[0; 2]).zip(octets)) {
        *byte = salt ^ octet;
    }
    iv
}

/// The nonce of a packet with GCM (RFC 7714 §8.1, §9.1): two octets of zero, the source and the
/// index in six octets, XORed onto the salt.
pub(super) fn gcm_nonce(salt: &[u8; 12], ssrc: u32, index: u64) -> [u8; 12] {
    let mut nonce = *salt;
    let number = (u128::from(ssrc) << 48) ^ u128::from(index);
    let octets = number.to_be_bytes();
    for (byte, octet) in nonce.iter_mut().zip(octets.into_iter().skip(4)) {
        *byte ^= octet;
    }
    nonce
}

/// The key with the mask on it: the salt, filled up with 0x55 (RFC 3711 §4.1.2.1).
fn f8_masked(key: &[u8], salt: &[u8]) -> [u8; 16] {
    let mut masked = [0x55; 16];
    for (byte, salt) in masked.iter_mut().zip(salt) {
        *byte = *salt;
    }
    for (byte, key) in masked.iter_mut().zip(key) {
        *byte ^= key;
    }
    masked
}

/// The octets of a keystream one by one, for what is not encrypted as a whole. They must be asked
/// for in order.
pub(super) struct Keystream<'a> {
    transform: &'a Transform,
    start: [u8; 16],
    /// The block there is now, and how many there were.
    block: [u8; 16],
    blocks: usize,
}

impl<'a> Keystream<'a> {
    pub(super) fn new(transform: &'a Transform, place: &Place) -> Self {
        let start = match transform {
            Transform::Null | Transform::Gcm { .. } => [0; 16],
            Transform::Counter { salt, .. } => counter_iv(salt, place.ssrc, place.index),
            // §4.1.2.1: the vector is never used as it is.
            Transform::F8 { masked, .. } => enciphered(masked.as_ref(), &place.f8),
        };
        Self {
            transform,
            start,
            block: [0; 16],
            blocks: 0,
        }
    }

    pub(super) fn octet(&mut self, at: usize) -> u8 {
        while self.blocks <= at >> 4 {
            let number = (self.blocks as u128).to_be_bytes();
            self.block = match self.transform {
                Transform::Null | Transform::Gcm { .. } => [0; 16],
                Transform::Counter { cipher, .. } => {
                    let counter = u128::from_be_bytes(self.start).wrapping_add(self.blocks as u128);
                    enciphered(cipher.as_ref(), &counter.to_be_bytes())
                }
                Transform::F8 { cipher, .. } => {
                    // S(j) = E(IV' xor j xor S(j-1)).
                    let mut input = self.start;
                    for (byte, (number, last)) in
                        input.iter_mut().zip(number.into_iter().zip(self.block))
                    {
                        *byte ^= number ^ last;
                    }
                    enciphered(cipher.as_ref(), &input)
                }
            };
            self.blocks = self.blocks.wrapping_add(1);
        }
        self.block.get(at & 15).copied().unwrap_or_default()
    }
}

/// One block through the cipher: its keystream from there on, of which there is one block.
fn enciphered(cipher: &dyn CounterMode, block: &[u8; 16]) -> [u8; 16] {
    let mut out = [0; 16];
    cipher.apply(block, &mut out);
    out
}

/// The initialization vector of f8-mode for media (§4.1.2.2): the header without its first octet,
/// and the rollover counter.
pub(super) fn f8_media_iv(suite: Suite, packet: &[u8], index: u64) -> [u8; 16] {
    let mut iv = [0; 16];
    if suite.cipher() == Cipher::F8 {
        let rollovers = ((index >> 16) as u32).to_be_bytes();
        let header = packet.iter().take(12).chain(&rollovers);
        iv.iter_mut()
            .zip(header)
            .skip(1)
            .for_each(|(to, from)| *to = *from);
    }
    iv
}

/// The same for RTCP (§4.1.2.3): the E flag and the index, and the first eight octets.
pub(super) fn f8_control_iv(suite: Suite, packet: &[u8], word: [u8; 4]) -> [u8; 16] {
    let mut iv = [0; 16];
    if suite.cipher() == Cipher::F8 {
        let octets = word.iter().chain(packet.iter().take(8));
        iv.iter_mut()
            .skip(4)
            .zip(octets)
            .for_each(|(to, from)| *to = *from);
    }
    iv
}
