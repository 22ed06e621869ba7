//! What the stack may refuse its user.

use core::fmt;

/// Why a request was not sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SendError {
    /// The limit of client transactions is reached.
    TooManyTransactions,
    /// The flow to send on is gone.
    NoFlow,
    /// The request lacks a mandatory header field, or exceeds a limit.
    Malformed,
    /// An ACK has no transaction, and nothing else goes without one.
    WrongMethod,
    /// The transaction to cancel is gone.
    Stale,
    /// There is nothing to cancel: no provisional response yet, or a final one already (RFC 3261
    /// §9.1).
    WrongState,
    /// The server has asked for less, and this request is among those held back (RFC 7339 §5.5). To
    /// be taken as a 503 without Retry-After (§5.10).
    HeldBack,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooManyTransactions => "the limit of client transactions is reached",
            Self::NoFlow => "the flow to send on is gone",
            Self::Malformed => "the request is malformed or exceeds a limit",
            Self::WrongMethod => "ACK has no transaction, and every other method has one",
            Self::Stale => "the transaction to cancel is gone",
            Self::WrongState => "the request cannot be cancelled now",
            Self::HeldBack => "the server has asked for fewer requests",
        })
    }
}

impl core::error::Error for SendError {}
