//! Why a description was refused.

use core::fmt;

/// Why a description was refused, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SdpError {
    /// Why.
    pub kind: SdpErrorKind,
    /// The offset of the line that shows it.
    pub at: u32,
}

/// What is wrong with a description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SdpErrorKind {
    /// A line that is not `letter=value`, or holds a NUL or a bare carriage return.
    NotALine,
    /// A type letter the standard does not know; the whole description must go (§5).
    UnknownLine(u8),
    /// A known line where it may not stand, or once too often.
    Misplaced(u8),
    /// A line of this type whose value does not follow the grammar.
    Malformed(u8),
    /// No line of this type where one has to be.
    Missing(u8),
    /// A [`super::DescriptionLimits`] is exceeded.
    TooLarge,
}

impl fmt::Display for SdpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = |letter: u8| char::from(letter);
        match self.kind {
            SdpErrorKind::NotALine => write!(f, "not a line of SDP")?,
            SdpErrorKind::UnknownLine(one) => write!(f, "unknown type {:?}", letter(one))?,
            SdpErrorKind::Misplaced(one) => write!(f, "misplaced {}= line", letter(one))?,
            SdpErrorKind::Malformed(one) => write!(f, "malformed {}= line", letter(one))?,
            SdpErrorKind::Missing(one) => write!(f, "no {}= line", letter(one))?,
            SdpErrorKind::TooLarge => write!(f, "description too large")?,
        }
        write!(f, " at byte {}", self.at)
    }
}

impl core::error::Error for SdpError {}
