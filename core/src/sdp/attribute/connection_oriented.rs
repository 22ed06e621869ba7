//! Who opens the connection of a stream, and whether a new one: `setup` and `connection` (RFC 4145
//! §4, §5).

use core::fmt;

use super::{TypedAttribute, named};

/// `setup`: who opens the connection. Session or media level.
///
/// Without it an offer means active and an answer passive (§4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// The writer opens it.
    Active,
    /// The writer waits for it.
    Passive,
    /// The writer does as the other side likes; only in an offer.
    ActPass,
    /// Nobody opens it for now.
    HoldConn,
}

impl Setup {
    const ALL: [Self; 4] = [Self::Active, Self::Passive, Self::ActPass, Self::HoldConn];

    /// The value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Passive => "passive",
            Self::ActPass => "actpass",
            Self::HoldConn => "holdconn",
        }
    }

    /// Whether this may answer an offer (the table of §4.1).
    #[must_use]
    pub const fn may_answer(self, offer: Self) -> bool {
        match offer {
            Self::Active => matches!(self, Self::Passive | Self::HoldConn),
            Self::Passive => matches!(self, Self::Active | Self::HoldConn),
            Self::ActPass => matches!(self, Self::Active | Self::Passive | Self::HoldConn),
            Self::HoldConn => matches!(self, Self::HoldConn),
        }
    }
}

impl TypedAttribute<'_> for Setup {
    const NAME: &'static str = "setup";

    fn parse(value: &str) -> Option<Self> {
        named(&Self::ALL, Self::as_str, value)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `connection`: whether a stream goes over the connection it has. Session or media level; without
/// it, a new one (§5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionReuse {
    /// Another connection.
    New,
    /// The one there is.
    Existing,
}

impl ConnectionReuse {
    const ALL: [Self; 2] = [Self::New, Self::Existing];

    /// The value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Existing => "existing",
        }
    }
}

impl TypedAttribute<'_> for ConnectionReuse {
    const NAME: &'static str = "connection";

    fn parse(value: &str) -> Option<Self> {
        named(&Self::ALL, Self::as_str, value)
    }

    fn write(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
