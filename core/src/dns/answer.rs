//! What came of a question, for whoever asked it.

use alloc::sync::Arc;
use core::fmt;

use super::message::ResponseCode;
use super::record::Record;

/// Names one question of one asker, who picks the number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct QueryId(pub u64);

/// What came of a question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Records of the kind that was asked for, at least one. Their name is the one at the end of
    /// the aliases, and no TTL exceeds that of an alias on the way.
    Records(Arc<[Record]>),
    /// The name exists, and has no record of that kind.
    NoData {
        /// Seconds for which that may be kept (RFC 2308 §5).
        ttl: u32,
    },
    /// The name does not exist.
    NoSuchName {
        /// Seconds for which that may be kept (RFC 2308 §5).
        ttl: u32,
    },
    /// Nobody said whether there is anything.
    Failed(LookupFailure),
}

impl Answer {
    /// The records, of which there are none unless it is [`Answer::Records`].
    #[must_use]
    pub fn records(&self) -> &[Record] {
        match self {
            Self::Records(records) => records,
            Self::NoData { .. } | Self::NoSuchName { .. } | Self::Failed(_) => &[],
        }
    }
}

/// Why a question found no answer, neither yes nor no.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LookupFailure {
    /// There is nobody to ask.
    NoServer,
    /// Nobody answered in time.
    Timeout,
    /// The servers could not be reached, or broke off.
    Unreachable,
    /// The servers would not or could not answer.
    Refused(ResponseCode),
    /// As many questions wait for an answer as may.
    TooManyQueries,
    /// The aliases form a loop, or a longer chain than is followed.
    TooManyAliases,
}

impl fmt::Display for LookupFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoServer => f.write_str("no name server is known"),
            Self::Timeout => f.write_str("no name server answered"),
            Self::Unreachable => f.write_str("the name servers are out of reach"),
            Self::Refused(code) => write!(f, "refused by the name servers with {code:?}"),
            Self::TooManyQueries => f.write_str("too many questions wait for an answer"),
            Self::TooManyAliases => f.write_str("too many aliases"),
        }
    }
}

impl core::error::Error for LookupFailure {}
