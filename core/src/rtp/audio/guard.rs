//! Whose packets are taken (symmetric RTP, RFC 4961, without "RTP bleed").
//!
//! ```text
//!            signalled address heard
//!   Open ───────────────────────────────▶ Closed(signalled)
//!    │                                        ▲
//!    │ two packets in sequence from           │ signalled address heard after all
//!    │ an address the rule allows,            │
//!    │ within the window                      │
//!    └────────────────────────▶ Closed(other) ┘
//!   a plan that names another address opens it anew
//! ```

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use super::RemoteRule;
use crate::rtp::number::{SequenceNumber, Ssrc};
use crate::rtp::packet::Packet;
use crate::time::Instant;

/// How long after a plan another address may be latched.
const WINDOW: Duration = Duration::from_secs(10);

/// What the guard says of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// Take it.
    Admitted,
    /// Take it; its address has just been latched.
    Latched,
    /// Drop it.
    Foreign,
}

#[derive(Debug)]
pub(super) struct Guard {
    rule: RemoteRule,
    signalled: SocketAddr,
    closed: Option<SocketAddr>,
    opened: Instant,
    candidate: Option<Candidate>,
}

/// An address that may be latched if its next packet follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Candidate {
    address: SocketAddr,
    ssrc: Ssrc,
    next: SequenceNumber,
}

impl Guard {
    pub(super) fn new(now: Instant, rule: RemoteRule, signalled: SocketAddr) -> Self {
        Self {
            rule,
            signalled: canonical(signalled),
            closed: None,
            opened: now,
            candidate: None,
        }
    }

    /// Where packets go.
    pub(super) fn target(&self) -> SocketAddr {
        self.closed.unwrap_or(self.signalled)
    }

    /// The address signalling gave.
    pub(super) fn signalled(&self) -> SocketAddr {
        self.signalled
    }

    /// Whether no data packet at all is taken from there, whatever is in it.
    pub(super) fn excludes(&self, now: Instant, from: SocketAddr) -> bool {
        let from = canonical(from);
        if from == self.signalled || Some(from) == self.closed {
            return false;
        }
        let allowed = match self.rule {
            RemoteRule::Signalled => false,
            RemoteRule::SameHost => from.ip() == self.signalled.ip(),
            RemoteRule::AnyOnce => true,
        };
        self.closed.is_some() || !allowed || now.saturating_duration_since(self.opened) > WINDOW
    }

    /// Judges a data packet.
    pub(super) fn admit(
        &mut self,
        now: Instant,
        from: SocketAddr,
        packet: &Packet<'_>,
    ) -> Admission {
        let from = canonical(from);
        if from == self.signalled {
            self.closed = Some(from);
            return Admission::Admitted;
        }
        if self.excludes(now, from) {
            return Admission::Foreign;
        }
        if Some(from) == self.closed {
            return Admission::Admitted;
        }
        let seen = Candidate {
            address: from,
            ssrc: packet.ssrc(),
            next: packet.sequence(),
        };
        if self.candidate == Some(seen) {
            self.closed = Some(from);
            return Admission::Latched;
        }
        self.candidate = Some(Candidate {
            next: packet.sequence().next(),
            ..seen
        });
        Admission::Foreign
    }

    /// Judges where a control packet came from: the host that media goes to, at any port, or the
    /// signalled address. What it could do there is confined to statistics.
    pub(super) fn admits_control(&self, from: SocketAddr, signalled: SocketAddr) -> bool {
        let from = canonical(from);
        from.ip() == self.target().ip() || from == canonical(signalled)
    }
}

/// An IPv4 address that a dual-stack socket shows as IPv6 is still that IPv4 address.
fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        ip @ IpAddr::V4(_) => SocketAddr::new(ip, address.port()),
        IpAddr::V6(_) => address,
    }
}

#[cfg(test)]
mod tests;
