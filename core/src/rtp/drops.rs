//! Why a datagram was not used, and how often: nothing that arrives is an error.

/// Why a datagram on a media port was dropped, or part of it not used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DropReason {
    /// Not an RTP packet (RFC 3550 A.1).
    NotRtp,
    /// Not an RTCP packet (RFC 3550 A.2).
    NotRtcp,
    /// From an address the session was not agreed on with.
    ForeignAddress,
    /// A payload type that was not agreed on (RFC 3550 §5.1: ignored).
    PayloadType,
    /// A source on probation (RFC 3550 A.1).
    Probation,
    /// A sequence number far from the ones before (RFC 3550 A.1).
    SequenceJump,
    /// Our own SSRC, for the first time from there: we have taken another one (RFC 3550 §8.2).
    OwnSsrc,
    /// Our own packets again, from where they came before (RFC 3550 §8.2).
    Loop,
    /// Two others use one SSRC; the first keeps it (RFC 3550 §8.2).
    Collision,
    /// After the source's BYE (RFC 3550 §6.2.1).
    AfterGoodbye,
    /// The member table is full.
    TooManyMembers,
    /// Another source than the one being played.
    OtherSource,
    /// Sent again without being asked for, or too late (RFC 4588 §5.3).
    NotAskedFor,
    /// Media that does not flow in this direction at present.
    NotReceiving,
    /// For no section of the bundle, as far as is known (RFC 9143 §9.2).
    Unassociated,
    /// The session is over, or was not agreed on yet.
    NotActive,
    /// Not protected as was agreed on: in clear, forged, or made with another key (RFC 3711 §3.3).
    NotAuthentic,
    /// Came before, or is too old to know whether it did (RFC 3711 §3.3.2).
    Replayed,
    /// Made with a master key that has served its time (RFC 3711 §9.2).
    KeyExhausted,
}

impl DropReason {
    /// Every reason, in order.
    pub const ALL: [Self; 19] = [
        Self::NotRtp,
        Self::NotRtcp,
        Self::ForeignAddress,
        Self::PayloadType,
        Self::Probation,
        Self::SequenceJump,
        Self::OwnSsrc,
        Self::Loop,
        Self::Collision,
        Self::AfterGoodbye,
        Self::TooManyMembers,
        Self::OtherSource,
        Self::NotAskedFor,
        Self::NotReceiving,
        Self::Unassociated,
        Self::NotActive,
        Self::NotAuthentic,
        Self::Replayed,
        Self::KeyExhausted,
    ];

    /// A name for logs and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotRtp => "not rtp",
            Self::NotRtcp => "not rtcp",
            Self::ForeignAddress => "foreign address",
            Self::PayloadType => "payload type",
            Self::Probation => "probation",
            Self::SequenceJump => "sequence jump",
            Self::OwnSsrc => "own ssrc",
            Self::Loop => "loop",
            Self::Collision => "collision",
            Self::AfterGoodbye => "after goodbye",
            Self::TooManyMembers => "too many members",
            Self::OtherSource => "other source",
            Self::NotAskedFor => "not asked for",
            Self::NotReceiving => "not receiving",
            Self::Unassociated => "unassociated",
            Self::NotActive => "not active",
            Self::NotAuthentic => "not authentic",
            Self::Replayed => "replayed",
            Self::KeyExhausted => "key exhausted",
        }
    }
}

/// How often each [`DropReason`] was met.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Drops {
    counts: [u64; DropReason::ALL.len()],
}

impl Drops {
    /// How often `reason` was met.
    #[must_use]
    pub fn count(&self, reason: DropReason) -> u64 {
        self.counts.get(reason as usize).copied().unwrap_or(0)
    }

    /// All of them together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts
            .iter()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }

    pub(crate) fn add(&mut self, reason: DropReason) {
        if let Some(count) = self.counts.get_mut(reason as usize) {
            *count = count.saturating_add(1);
        }
    }
}
