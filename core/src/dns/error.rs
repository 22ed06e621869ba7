//! Why bytes or text are no DNS name or message.

use core::fmt;

/// Why something could not be read or written, and where.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DnsError {
    /// What is wrong.
    pub kind: DnsErrorKind,
    /// Bytes from the start to the place.
    pub at: u32,
}

/// What is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DnsErrorKind {
    /// It ends too early.
    Truncated,
    /// A label without a byte, other than the root.
    EmptyLabel,
    /// A label of more than 63 bytes (RFC 1035 §2.3.4).
    LabelTooLong,
    /// A name of more than 255 bytes (RFC 1035 §2.3.4).
    NameTooLong,
    /// A backslash that is not followed by a byte or by three digits up to 255 (RFC 1035 §5.1).
    Escape,
    /// A length byte that begins with the bits 01 or 10 (RFC 1035 §4.1.4).
    LabelType,
    /// A pointer that does not point back (RFC 1035 §4.1.4: to a prior occurrence).
    PointerForward,
    /// More pointers in one name than a name can have labels.
    TooManyPointers,
    /// The data of a record is not as long as it says (RFC 1035 §3.2.1).
    DataLength,
    /// More than one question (RFC 9619 §4).
    TooManyQuestions,
    /// More records than the reader was ready to take.
    TooManyRecords,
    /// A second OPT record, or one that has a name (RFC 6891 §6.1.1, §6.1.2).
    Edns,
    /// A character-string of more than 255 bytes (RFC 1035 §3.3).
    CharacterStringTooLong,
    /// More bytes than a message can have (RFC 1035 §4.2.2).
    MessageTooLong,
}

impl DnsErrorKind {
    /// The kind at a place.
    pub(super) fn at(self, at: usize) -> DnsError {
        DnsError {
            kind: self,
            at: u32::try_from(at).unwrap_or(u32::MAX),
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Truncated => "ends too early",
            Self::EmptyLabel => "empty label",
            Self::LabelTooLong => "label longer than 63 bytes",
            Self::NameTooLong => "name longer than 255 bytes",
            Self::Escape => "malformed escape",
            Self::LabelType => "unknown type of label",
            Self::PointerForward => "pointer that does not point back",
            Self::TooManyPointers => "too many pointers",
            Self::DataLength => "record data of another length",
            Self::TooManyQuestions => "more than one question",
            Self::TooManyRecords => "too many records",
            Self::Edns => "malformed opt record",
            Self::CharacterStringTooLong => "character-string longer than 255 bytes",
            Self::MessageTooLong => "message longer than 65535 bytes",
        }
    }
}

impl fmt::Display for DnsErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl fmt::Display for DnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind, self.at)
    }
}

impl core::error::Error for DnsError {}
