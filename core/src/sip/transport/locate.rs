//! Where a URI leads when it says so in numbers (RFC 3263 §4.1, §4.2).

use core::fmt;

/// Why there is nowhere to send to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SelectError {
    /// It is no URI.
    Malformed,
    /// It is a URI that is not reached by SIP.
    NotSip,
    /// It names a transport that is not known here.
    UnknownTransport,
    /// Its host is a name, which has to be looked up first.
    NeedsResolution,
    /// No socket of that transport and address family is bound.
    NoFlow,
    /// One more connection is beyond the limit of flows.
    TooManyFlows,
}

impl fmt::Display for SelectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "malformed uri",
            Self::NotSip => "the uri is not reached by sip",
            Self::UnknownTransport => "unknown transport",
            Self::NeedsResolution => "the host is a name that has to be looked up first",
            Self::NoFlow => "no socket is bound that could reach the address",
            Self::TooManyFlows => "the limit of flows is reached",
        })
    }
}

impl core::error::Error for SelectError {}
