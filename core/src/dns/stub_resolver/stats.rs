//! What was discarded and why, counted.

/// Why something that arrived was not taken for an answer. One variant per rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ResolverDropReason {
    /// It arrived on a flow that is not open here.
    UnknownFlow,
    /// No query with that id is open on that flow (RFC 5452 §9.1): late, double, or forged.
    Unasked,
    /// It comes from another address than the query went to (RFC 5452 §9.1).
    ForeignSource,
    /// It repeats another question, or spells it otherwise (RFC 5452 §9.1).
    WrongQuestion,
    /// It is a query, or not a standard one (RFC 1035 §7.3).
    NotAResponse,
    /// It cannot be read.
    Malformed,
    /// A bound socket beyond the limit.
    TooManyFlows,
    /// A connection beyond the limit.
    TooManyConnections,
}

/// How many reasons there are.
const REASONS: usize = ResolverDropReason::TooManyConnections as usize + 1;

/// Counters of a stub resolver since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResolverStats {
    /// Queries sent, repeated ones included.
    pub queries_sent: u64,
    /// Responses that were taken for what they say.
    pub responses_taken: u64,
    /// Questions answered from what was kept.
    pub cache_hits: u64,
    dropped: [u64; REASONS],
}

impl ResolverStats {
    /// How many were dropped for `reason`.
    #[must_use]
    pub fn dropped(&self, reason: ResolverDropReason) -> u64 {
        self.dropped.get(reason as usize).copied().unwrap_or(0)
    }

    /// How many were dropped, for whatever reason.
    #[must_use]
    pub fn dropped_total(&self) -> u64 {
        self.dropped.iter().sum()
    }

    /// Counts one more.
    pub(super) fn count(&mut self, reason: ResolverDropReason) {
        if let Some(counter) = self.dropped.get_mut(reason as usize) {
            *counter = counter.wrapping_add(1);
        }
    }
}
