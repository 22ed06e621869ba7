//! The boundary between the parts of a multipart (RFC 2046 §5.1.1).

use core::fmt;
use core::str;

use crate::Rng;
use crate::sip::header::MediaType;

use super::{BodyError, BodyErrorKind};

/// What stands behind two hyphens between two parts: 1 to 70 characters, the last no space.
#[derive(Clone, Copy)]
pub struct Boundary {
    bytes: [u8; Self::MAX],
    length: usize,
}

/// `bcharsnospace`.
const fn is_boundary_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'\'' | b'(' | b')' | b'+'..=b'/')
        || matches!(byte, b':' | b'=' | b'?' | b'_')
}

impl Boundary {
    /// The most characters it may have.
    pub const MAX: usize = 70;

    /// Takes a boundary as it is, without quotes.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let is_fine = text.iter().all(|b| is_boundary_byte(*b) || *b == b' ');
        if !is_fine || matches!(text, [] | [.., b' ']) {
            return None;
        }
        let mut bytes = [0; Self::MAX];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self {
            bytes,
            length: text.len(),
        })
    }

    /// The boundary that a Content-Type names.
    ///
    /// # Errors
    /// [`BodyErrorKind::Boundary`] if it names none.
    pub fn of(content_type: &MediaType<'_>) -> Result<Self, BodyError> {
        content_type
            .params
            .get("boundary")
            .and_then(|param| Self::parse(param.value?.text().as_bytes()))
            .ok_or(BodyError::new(BodyErrorKind::Boundary, 0))
    }

    /// One that stands in no text, as far as chance can tell: 128 bits of it.
    #[must_use]
    pub fn random(rng: &mut Rng) -> Self {
        let mut bytes = [0; Self::MAX];
        let high = rng.next_u64().to_be_bytes();
        let low = rng.next_u64().to_be_bytes();
        let digits = high
            .iter()
            .chain(&low)
            .flat_map(|byte| [byte >> 4, byte & 15])
            .map(|digit| match digit {
                0..=9 => b'0'.wrapping_add(digit),
                _ => b'a'.wrapping_add(digit).wrapping_sub(10),
            });
        let mut length: usize = 0;
        for (place, digit) in bytes.iter_mut().zip(digits) {
            *place = digit;
            length = length.wrapping_add(1);
        }
        Self { bytes, length }
    }

    /// The boundary without its hyphens.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Whether `line` starts with two hyphens and this, and what follows.
    pub(super) fn after<'a>(&self, line: &'a [u8]) -> Option<&'a [u8]> {
        line.strip_prefix(b"--")?.strip_prefix(self.as_bytes())
    }
}

impl PartialEq for Boundary {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Boundary {}

impl fmt::Debug for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Boundary").field(&self.as_str()).finish()
    }
}
