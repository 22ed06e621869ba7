//! What a session tells.

use core::time::Duration;

use crate::rtp::circuit_breaker::Tripped;
use crate::rtp::number::Ssrc;

/// What a session tells: rare things, never single packets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionEvent {
    /// A source has been found valid and its packets count from here on.
    SourceStarted {
        /// Which.
        ssrc: Ssrc,
    },
    /// A source said goodbye (RFC 3550 §6.6).
    SourceLeft {
        /// Which.
        ssrc: Ssrc,
    },
    /// A member was silent for five report intervals and is forgotten (§6.3.5).
    TimedOut {
        /// Which.
        ssrc: Ssrc,
    },
    /// Somebody reported on what it hears from us.
    Reported(RemoteReport),
    /// The network does not bear what we send, or loses all of it (RFC 8083 §4). To go on, to send a
    /// tenth, or to stop is for the application to say: nothing has changed here.
    CircuitBroken(Tripped),
    /// Another uses our SSRC: we have said goodbye under it and taken a new one (§8.2).
    SsrcChanged {
        /// The one given up.
        old: Ssrc,
        /// The one in use now.
        new: Ssrc,
    },
    /// The session is over for us.
    Left,
}

/// What another member says it hears from us (RFC 3550 §6.4.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RemoteReport {
    /// Who says so.
    pub reporter: Ssrc,
    /// Lost since its previous report, in 1/256.
    pub fraction_lost: u8,
    /// Lost since it began to hear us.
    pub cumulative_lost: i32,
    /// Interarrival jitter at its end.
    pub jitter: Duration,
    /// The round trip, if it has heard one of our sender reports.
    pub round_trip: Option<Duration>,
}
