//! What has to be so before a session begins: `curr`, `des` and `conf` (RFC 3312 §4).

use core::fmt;

use super::{TypedAttribute, named};
use crate::sdp::token::is_token;

/// Whose network a status is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusType {
    /// `e2e`: the whole way.
    EndToEnd,
    /// `local`: that of the writer.
    Local,
    /// `remote`: that of the reader.
    Remote,
}

impl StatusType {
    const ALL: [Self; 3] = [Self::EndToEnd, Self::Local, Self::Remote];

    /// The tag.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EndToEnd => "e2e",
            Self::Local => "local",
            Self::Remote => "remote",
        }
    }
}

/// Which ways a status holds, seen from the writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreconditionDirection {
    /// `none`.
    Neither,
    /// `send`.
    Send,
    /// `recv`.
    Recv,
    /// `sendrecv`.
    SendRecv,
}

impl PreconditionDirection {
    const ALL: [Self; 4] = [Self::Neither, Self::Send, Self::Recv, Self::SendRecv];

    /// The tag.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Neither => "none",
            Self::Send => "send",
            Self::Recv => "recv",
            Self::SendRecv => "sendrecv",
        }
    }
}

/// How much a precondition is wanted; each is more than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// `none`: not wanted.
    NotWanted,
    /// `optional`: to be tried, and not waited for.
    Optional,
    /// `mandatory`: to be waited for.
    Mandatory,
    /// `failure`: could not be met; only to refuse (§8).
    Failure,
    /// `unknown`: not understood; only to refuse (§8).
    Unknown,
}

impl Strength {
    const ALL: [Self; 5] = [
        Self::NotWanted,
        Self::Optional,
        Self::Mandatory,
        Self::Failure,
        Self::Unknown,
    ];

    /// The tag.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotWanted => "none",
            Self::Optional => "optional",
            Self::Mandatory => "mandatory",
            Self::Failure => "failure",
            Self::Unknown => "unknown",
        }
    }
}

/// `curr`: how things are. Media level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrentStatus<'a> {
    /// `qos`, or another token.
    pub precondition: &'a str,
    /// Whose network.
    pub status: StatusType,
    /// Which ways it is met.
    pub direction: PreconditionDirection,
}

/// `des`: how things have to be. Media level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DesiredStatus<'a> {
    /// `qos`, or another token.
    pub precondition: &'a str,
    /// How much it is wanted.
    pub strength: Strength,
    /// Whose network.
    pub status: StatusType,
    /// Which ways.
    pub direction: PreconditionDirection,
}

/// `conf`: when the writer wants to be told. Media level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfirmStatus<'a> {
    /// `qos`, or another token.
    pub precondition: &'a str,
    /// Whose network.
    pub status: StatusType,
    /// Which ways it has to be met then.
    pub direction: PreconditionDirection,
}

/// `precondition-type SP [strength-tag SP] status-type SP direction-tag`.
struct Parts<'a> {
    words: core::str::Split<'a, char>,
}

impl<'a> Parts<'a> {
    fn new(value: &'a str) -> Self {
        Self {
            words: value.trim_ascii_end().split(' '),
        }
    }

    fn precondition(&mut self) -> Option<&'a str> {
        self.words.next().filter(|word| is_token(word))
    }

    fn strength(&mut self) -> Option<Strength> {
        named(&Strength::ALL, Strength::as_str, self.words.next()?)
    }

    fn status(&mut self) -> Option<StatusType> {
        named(&StatusType::ALL, StatusType::as_str, self.words.next()?)
    }

    /// The last of them.
    fn direction(&mut self) -> Option<PreconditionDirection> {
        let word = self.words.next()?;
        let all = &PreconditionDirection::ALL;
        let direction = named(all, PreconditionDirection::as_str, word);
        direction.filter(|_| self.words.next().is_none())
    }
}

impl<'a> TypedAttribute<'a> for CurrentStatus<'a> {
    const NAME: &'static str = "curr";

    fn parse(value: &'a str) -> Option<Self> {
        let mut parts = Parts::new(value);
        Some(Self {
            precondition: parts.precondition()?,
            status: parts.status()?,
            direction: parts.direction()?,
        })
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        let (status, direction) = (self.status.as_str(), self.direction.as_str());
        write!(f, "{} {status} {direction}", self.precondition)
    }
}

impl<'a> TypedAttribute<'a> for DesiredStatus<'a> {
    const NAME: &'static str = "des";

    fn parse(value: &'a str) -> Option<Self> {
        let mut parts = Parts::new(value);
        Some(Self {
            precondition: parts.precondition()?,
            strength: parts.strength()?,
            status: parts.status()?,
            direction: parts.direction()?,
        })
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        let (status, direction) = (self.status.as_str(), self.direction.as_str());
        let strength = self.strength.as_str();
        write!(f, "{} {strength} {status} {direction}", self.precondition)
    }
}

impl<'a> TypedAttribute<'a> for ConfirmStatus<'a> {
    const NAME: &'static str = "conf";

    fn parse(value: &'a str) -> Option<Self> {
        let current = CurrentStatus::parse(value)?;
        Some(Self {
            precondition: current.precondition,
            status: current.status,
            direction: current.direction,
        })
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        let (status, direction) = (self.status.as_str(), self.direction.as_str());
        write!(f, "{} {status} {direction}", self.precondition)
    }
}
