//! The computation itself (RFC 7616 §3.4.1 to §3.4.3; RFC 2617 §3.2.2.1 for servers without qop).

use core::fmt;

use super::{Algorithm, Ha1, HashAlgorithm, Qop};
use crate::hash::{Hash, Md5, Sha256, Sha512_256, is_equal};

/// A digest as the lower case hexadecimal digits it is sent and hashed on as: 32 of MD5, 64 of the
/// others (RFC 8760 §2.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HexDigest {
    digits: [u8; 64],
    length: u8,
}

impl HexDigest {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The digits.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.digits
            .get(..usize::from(self.length))
            .unwrap_or_default()
    }

    /// Whether `digits` are these, whatever the case of the letters, in constant time.
    #[must_use]
    pub fn is(&self, digits: &[u8]) -> bool {
        let mut lower = [0; 64];
        for (to, from) in lower.iter_mut().zip(digits) {
            *to = from.to_ascii_lowercase();
        }
        let same_length = digits.len() == usize::from(self.length);
        is_equal(&lower, &self.digits) && same_length
    }

    /// The digest that the digits say, if they are as many as they should be.
    #[must_use]
    pub fn from_text(algorithm: HashAlgorithm, text: &str) -> Option<Self> {
        let length = match algorithm {
            HashAlgorithm::Md5 => 32,
            HashAlgorithm::Sha256 | HashAlgorithm::Sha512_256 => 64,
        };
        let hexadecimal = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if text.len() != usize::from(length) || !hexadecimal {
            return None;
        }
        let mut digits = [0; 64];
        for (to, from) in digits.iter_mut().zip(text.bytes()) {
            *to = from.to_ascii_lowercase();
        }
        Some(Self { digits, length })
    }

    fn of(digest: &[u8]) -> Self {
        let mut digits = [0; 64];
        let digit = |nibble: u8| match nibble {
            0..=9 => b'0'.wrapping_add(nibble),
            _ => b'a'.wrapping_add(nibble.wrapping_sub(10)),
        };
        for (pair, byte) in digits.chunks_exact_mut(2).zip(digest) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        let length = digest.len().saturating_mul(2).min(64);
        Self {
            digits,
            length: u8::try_from(length).unwrap_or(64),
        }
    }
}

impl fmt::Debug for HexDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// H of the parts with colons between them.
pub(super) fn hash(algorithm: HashAlgorithm, parts: &[&[u8]]) -> HexDigest {
    match algorithm {
        HashAlgorithm::Md5 => HexDigest::of(&joined::<Md5>(parts)),
        HashAlgorithm::Sha256 => HexDigest::of(&joined::<Sha256>(parts)),
        HashAlgorithm::Sha512_256 => HexDigest::of(&joined::<Sha512_256>(parts)),
    }
}

fn joined<H: Hash>(parts: &[&[u8]]) -> H::Digest {
    let mut hash = H::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            hash.update(b":");
        }
        hash.update(part);
    }
    hash.finish()
}

/// All that goes into a digest beside the key.
#[derive(Clone, Copy, Debug)]
pub struct DigestInput<'a> {
    /// How to hash.
    pub algorithm: Algorithm,
    /// The server's nonce, unescaped.
    pub nonce: &'a [u8],
    /// Quality of protection, count and client nonce; nothing towards a server of RFC 2069.
    pub protection: Option<Protection<'a>>,
    /// The method; nothing for the digest of a response (RFC 7616 §3.5).
    pub method: &'a str,
    /// The Request-URI, as in the `uri` parameter.
    pub uri: &'a [u8],
    /// The body; of no effect but with `auth-int`.
    pub body: &'a [u8],
}

/// What `qop` adds to a digest.
#[derive(Clone, Copy, Debug)]
pub struct Protection<'a> {
    /// The quality.
    pub qop: Qop,
    /// The eight digits of the count.
    pub nonce_count: &'a [u8],
    /// The client's nonce, unescaped.
    pub cnonce: &'a [u8],
}

impl DigestInput<'_> {
    /// The `response`, or with an empty method the `rspauth`.
    #[must_use]
    pub fn digest(&self, ha1: &Ha1) -> HexDigest {
        let h = |parts: &[&[u8]]| hash(self.algorithm.hash, parts);
        let cnonce = self.protection.map_or(&b""[..], |one| one.cnonce);
        let session;
        let key = match self.algorithm.is_session {
            true => {
                session = h(&[ha1.as_str().as_bytes(), self.nonce, cnonce]);
                session.as_bytes()
            }
            false => ha1.as_str().as_bytes(),
        };
        let what = match self.protection {
            // RFC 8760 §2.6 item 7: no body hashes as the empty string does.
            Some(Protection {
                qop: Qop::AuthInt, ..
            }) => {
                let body = h(&[self.body]);
                h(&[self.method.as_bytes(), self.uri, body.as_bytes()])
            }
            Some(Protection { qop: Qop::Auth, .. }) | None => {
                h(&[self.method.as_bytes(), self.uri])
            }
        };
        match self.protection {
            Some(Protection {
                qop,
                nonce_count,
                cnonce,
            }) => {
                let qop = qop.as_str().as_bytes();
                h(&[key, self.nonce, nonce_count, cnonce, qop, what.as_bytes()])
            }
            None => h(&[key, self.nonce, what.as_bytes()]),
        }
    }
}
