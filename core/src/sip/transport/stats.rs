//! What was discarded and why, counted.

/// Why something that arrived, or was to leave, went nowhere. One variant per rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DropReason {
    /// It arrived on a flow nobody opened.
    UnknownFlow,
    /// Nothing but line ends: a keep-alive (RFC 3261 §7.5, RFC 5626 §3.5.1). Not an error.
    KeepAlive,
    /// It is not SIP at all.
    NotSip,
    /// A request that cannot be read and cannot be answered either.
    MalformedRequest,
    /// A response that cannot be read; it must not be answered (RFC 3261 §18.3).
    MalformedResponse,
    /// An ACK that cannot be read; an ACK is never answered (RFC 3261 §17).
    MalformedAck,
    /// A response whose top Via is not one we write (RFC 3261 §18.1.2).
    ForeignVia,
    /// A response that matches no transaction and was not wanted by the user (RFC 6026 §7.3).
    StrayResponse,
    /// A copy of a final response that was passed up before (RFC 3261 §17.1.2.2).
    ResponseCopy,
    /// A copy of a request that its transaction absorbed (RFC 3261 §17.2).
    RequestCopy,
    /// An ACK absorbed by its transaction (RFC 3261 §17.2.1).
    AbsorbedAck,
    /// An ACK that matches a transaction that has sent nothing final, or is not for an INVITE.
    UnexpectedAck,
    /// A request beyond the limit of server transactions, or of those of one address, answered 503
    /// (RFC 3261 §21.5.4).
    Overload,
    /// A request beyond the rate of requests, answered 503 (RFC 7339 §5.10.2).
    Throttled,
    /// A request of ours that was not sent, for its server has asked for less (RFC 7339 §5.5).
    HeldBack,
    /// A message beyond the limit of the transmit queue.
    TransmitQueueFull,
    /// A message for a flow that is gone.
    FlowGone,
    /// A flow beyond the limit of flows.
    TooManyFlows,
    /// A connection whose other end is not, by its certificate, the domain that was asked for
    /// (RFC 5922 §7.3).
    WrongIdentity,
    /// A stream that lost its framing or exceeded a limit (RFC 3261 §18.3), or broke a rule of
    /// WebSocket (RFC 6455 §7.1.7).
    BrokenStream,
    /// A WebSocket handshake that was refused (RFC 7118 §4.1).
    Handshake,
    /// A connection that was not up in time, or began something and did not end it.
    Stalled,
    /// A connection nobody used any more.
    Idle,
    /// A connection beyond the limit of those from one address.
    TooManyFromSource,
    /// STUN that asks nothing of us and answers nothing we asked, or is none after all (RFC 5626
    /// §8).
    Stun,
    /// A flow whose keep-alive was not answered, or answered from another place (RFC 5626 §4.4).
    FlowFailed,
    /// An answer of the DNS to a question nobody waits for any more.
    StrayAnswer,
}

/// How many reasons there are.
const REASONS: usize = DropReason::StrayAnswer as usize + 1;

/// Counters of an endpoint since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests that could be read.
    pub requests_received: u64,
    /// Responses that could be read.
    pub responses_received: u64,
    /// Messages put in the transmit queue, retransmissions included.
    pub messages_sent: u64,
    /// Requests answered 400, 413, 505 or 513 without a transaction.
    pub malformed_answered: u64,
    /// Client transactions that ended without a final response.
    pub client_failures: u64,
    /// Server transactions that ended without the ACK they waited for.
    pub server_failures: u64,
    dropped: [u64; REASONS],
}

impl Stats {
    /// How many were dropped for `reason`.
    #[must_use]
    pub fn dropped(&self, reason: DropReason) -> u64 {
        self.dropped.get(reason as usize).copied().unwrap_or(0)
    }

    /// How many were dropped, for whatever reason.
    #[must_use]
    pub fn dropped_total(&self) -> u64 {
        self.dropped.iter().sum()
    }

    /// Counts one more.
    pub(crate) fn count(&mut self, reason: DropReason) {
        if let Some(counter) = self.dropped.get_mut(reason as usize) {
            *counter = counter.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_counts_for_the_total() {
        let mut stats = Stats::default();
        assert_eq!(stats.dropped_total(), 0);
        for _ in 0..3 {
            stats.count(DropReason::KeepAlive);
        }
        stats.count(DropReason::ForeignVia);
        // The last of them has its place as well.
        stats.count(DropReason::StrayAnswer);
        assert_eq!(stats.dropped(DropReason::KeepAlive), 3);
        assert_eq!(stats.dropped(DropReason::StrayAnswer), 1);
        assert_eq!(stats.dropped_total(), 5);
    }
}
