//! Which certificate a peer will show: `fingerprint` (RFC 8122 §5).

use alloc::vec::Vec;
use core::fmt;

use super::TypedAttribute;
use crate::sdp::token::is_token;

/// `fingerprint`: the hash of a certificate. Session or media level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint<'a> {
    /// How it was made.
    pub hash: HashFunction<'a>,
    /// The hash, as long as its function makes it.
    pub digest: Vec<u8>,
}

/// What a fingerprint is made with. Case has no meaning in its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashFunction<'a> {
    /// `sha-1`.
    Sha1,
    /// `sha-224`.
    Sha224,
    /// `sha-256`: preferred (§5).
    Sha256,
    /// `sha-384`.
    Sha384,
    /// `sha-512`.
    Sha512,
    /// `md5`: known, never to be used.
    Md5,
    /// `md2`: known, never to be used.
    Md2,
    /// Another one.
    Other(&'a str),
}

impl<'a> HashFunction<'a> {
    const KNOWN: [HashFunction<'static>; 7] = [
        HashFunction::Sha1,
        HashFunction::Sha224,
        HashFunction::Sha256,
        HashFunction::Sha384,
        HashFunction::Sha512,
        HashFunction::Md5,
        HashFunction::Md2,
    ];

    /// The function of a name.
    #[must_use]
    pub fn from_name(name: &'a str) -> Self {
        let mut known = Self::KNOWN.into_iter();
        let found = known.find(|one| one.as_str().eq_ignore_ascii_case(name));
        found.unwrap_or(Self::Other(name))
    }

    /// The name.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        match self {
            Self::Sha1 => "sha-1",
            Self::Sha224 => "sha-224",
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
            Self::Md5 => "md5",
            Self::Md2 => "md2",
            Self::Other(name) => name,
        }
    }

    /// How many bytes it makes, if it is known.
    #[must_use]
    pub const fn length(&self) -> Option<usize> {
        Some(match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
            Self::Md5 | Self::Md2 => 16,
            Self::Other(_) => return None,
        })
    }

    /// Whether it may tell certificates apart: MD5 and MD2 must not (§5).
    #[must_use]
    pub const fn is_usable(&self) -> bool {
        !matches!(self, Self::Md5 | Self::Md2)
    }
}

impl<'a> TypedAttribute<'a> for Fingerprint<'a> {
    const NAME: &'static str = "fingerprint";

    fn parse(value: &'a str) -> Option<Self> {
        // RFC 5763 §7.1 prints a space before the name.
        let (name, digest) = value.trim_ascii_start().split_once(' ')?;
        let hash = HashFunction::from_name(name);
        let digest = digest.trim_ascii().split(':').map(octet);
        let digest = digest.collect::<Option<Vec<u8>>>()?;
        let fits = hash.length().is_none_or(|length| length == digest.len());
        (fits && is_token(name)).then_some(Self { hash, digest })
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        f.write_str(self.hash.as_str())?;
        for (place, octet) in self.digest.iter().enumerate() {
            let lead = if place == 0 { ' ' } else { ':' };
            write!(f, "{lead}{octet:02X}")?;
        }
        Ok(())
    }
}

/// `2UHEX`; small letters are read too.
fn octet(digits: &str) -> Option<u8> {
    let are_hex = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    are_hex.then(|| u8::from_str_radix(digits, 16).ok())?
}
