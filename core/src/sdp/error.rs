//! Why a description was refused.

use core::fmt;

/// Why a description was refused, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SdpError {
    /// Why.
    pub kind: SdpErrorKind,
    /// The offset of the line that shows it.
    pub at: u32,
    /// The number of that line; the first is 1.
    pub line: u32,
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

impl SdpErrorKind {
    /// The section of RFC 8866 whose rule is broken; the limits are our own.
    #[must_use]
    pub const fn section(self) -> Option<&'static str> {
        Some(match self {
            Self::NotALine | Self::UnknownLine(_) | Self::Misplaced(_) => "5",
            Self::TooLarge => return None,
            Self::Malformed(letter) | Self::Missing(letter) => match letter {
                b'v' => "5.1",
                b'o' => "5.2",
                b's' => "5.3",
                b'i' => "5.4",
                b'u' => "5.5",
                b'e' | b'p' => "5.6",
                b'c' => "5.7",
                b'b' => "5.8",
                b't' => "5.9",
                b'r' => "5.10",
                b'z' => "5.11",
                b'k' => "5.12",
                b'a' => "5.13",
                _ => "5.14",
            },
        })
    }
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
        if let Some(section) = self.kind.section() {
            write!(f, " (RFC 8866 section {section})")?;
        }
        write!(f, " at line {}, byte {}", self.line, self.at)
    }
}

impl core::error::Error for SdpError {}
