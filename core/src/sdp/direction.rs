//! Which way media flows (RFC 8866 §6.7) and which answers an offer allows (RFC 3264 §6.1).

/// The direction attribute of a media stream, seen by whoever wrote the description.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Direction {
    /// Both ways; also what the absence of an attribute means.
    #[default]
    SendRecv,
    /// The writer sends and does not want to receive.
    SendOnly,
    /// The writer receives and does not send.
    RecvOnly,
    /// Neither; RTCP goes on (RFC 3264 §5.1).
    Inactive,
}

impl Direction {
    /// All four, in the order of RFC 8866 §9.
    pub const ALL: [Self; 4] = [
        Self::SendRecv,
        Self::SendOnly,
        Self::RecvOnly,
        Self::Inactive,
    ];

    /// The direction in which media is sent and received as told.
    #[must_use]
    pub const fn new(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Whether the writer of the attribute sends media.
    #[must_use]
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether the writer of the attribute wants to receive media.
    #[must_use]
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The same stream seen from the other end.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self::new(self.receives(), self.sends())
    }

    /// What both this and `other` allow.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self::new(
            self.sends() && other.sends(),
            self.receives() && other.receives(),
        )
    }

    /// The attribute name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// The direction an attribute name stands for.
    #[must_use]
    pub fn from_attribute(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// A direction that RFC 3264 §6.1 allows as the answer to some offer.
///
/// It can only be made from an offered direction and a wish, so an answer that sends what nobody
/// wants to receive, or the other way round, cannot be written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AnswerDirection(Direction);

impl AnswerDirection {
    /// The most of `desired` that an offer marked `offered` leaves possible.
    ///
    /// An offer of sendonly is answered recvonly or inactive, recvonly is answered sendonly or
    /// inactive, inactive only inactive, and sendrecv whatever we like (§6.1).
    #[must_use]
    pub const fn to_offer(offered: Direction, desired: Direction) -> Self {
        Self(offered.reversed().and(desired))
    }

    /// The answer to the offer of a multicast stream: of a group there is one view only, so
    /// everybody does what the offer says (§6.2).
    #[must_use]
    pub const fn in_group(offered: Direction) -> Self {
        Self(offered)
    }

    /// The direction to write.
    #[must_use]
    pub const fn direction(self) -> Direction {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::AnswerDirection;
    use super::Direction::{self, Inactive, RecvOnly, SendOnly, SendRecv};

    /// RFC 3264 §6.1, every offered direction against every wish.
    // shows: S243
    #[test]
    fn every_answer_is_one_the_table_allows() {
        let answer = |offered, desired| AnswerDirection::to_offer(offered, desired).direction();
        let table = [
            (SendRecv, [SendRecv, SendOnly, RecvOnly, Inactive]),
            (SendOnly, [RecvOnly, Inactive, RecvOnly, Inactive]),
            (RecvOnly, [SendOnly, SendOnly, Inactive, Inactive]),
            (Inactive, [Inactive; 4]),
        ];
        for (offered, answers) in table {
            for (desired, expected) in Direction::ALL.into_iter().zip(answers) {
                assert_eq!(
                    answer(offered, desired),
                    expected,
                    "{offered:?} {desired:?}"
                );
            }
        }
    }

    #[test]
    fn names_round_trip() {
        for one in Direction::ALL {
            assert_eq!(Direction::from_attribute(one.as_str()), Some(one));
            assert_eq!(one.reversed().reversed(), one);
        }
        assert_eq!(Direction::from_attribute("SendOnly"), None);
    }
}
