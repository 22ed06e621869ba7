//! Why bytes are no option.

use core::fmt;

use crate::dns::{DnsError, DnsErrorKind};

/// Why an option could not be read, and where.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DhcpError {
    /// What is wrong.
    pub kind: DhcpErrorKind,
    /// Bytes from the start of what was read.
    pub at: u32,
}

/// What is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DhcpErrorKind {
    /// It ends too early: within an option, within an address, or before the first.
    Truncated,
    /// An encoding that is neither that of names nor that of addresses (RFC 3361 §3).
    Encoding,
    /// A name that cannot be read.
    Name(DnsErrorKind),
    /// A name that is the root.
    Root,
    /// A pointer where there may be none (RFC 8415 §10).
    Compressed,
    /// More servers than are taken.
    TooMany,
}

impl DhcpErrorKind {
    /// The kind at a place.
    pub(super) fn at(self, at: usize) -> DhcpError {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        DhcpError { kind: self, at }
    }
}

impl DhcpError {
    /// The same with `bytes` in front of what was read.
    pub(super) const fn after(self, bytes: u32) -> Self {
        Self {
            kind: self.kind,
            at: self.at.saturating_add(bytes),
        }
    }
}

impl From<DnsError> for DhcpError {
    fn from(error: DnsError) -> Self {
        Self {
            kind: DhcpErrorKind::Name(error.kind),
            at: error.at,
        }
    }
}

impl fmt::Display for DhcpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at;
        let text = match self.kind {
            DhcpErrorKind::Truncated => "ends too early",
            DhcpErrorKind::Encoding => "unknown encoding",
            DhcpErrorKind::Name(kind) => return DnsError { kind, at }.fmt(f),
            DhcpErrorKind::Root => "the root is no server",
            DhcpErrorKind::Compressed => "a pointer where there may be none",
            DhcpErrorKind::TooMany => "too many servers",
        };
        write!(f, "{text} at byte {at}")
    }
}

impl core::error::Error for DhcpError {}
