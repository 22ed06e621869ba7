//! What an audio stream tells.

use core::net::SocketAddr;
use core::time::Duration;

use crate::rtp::circuit_breaker::Tripped;
use crate::rtp::number::Ssrc;
use crate::rtp::payload::telephone_event::EventCode;
use crate::rtp::session::RemoteReport;

/// What an audio stream tells: rare things, never single packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudioEvent {
    /// Packets of a source are being played.
    Started {
        /// Which.
        ssrc: Ssrc,
    },
    /// Packets are taken from, and sent to, another address than the signalled one.
    Latched {
        /// Which.
        address: SocketAddr,
    },
    /// No packet came for as long as the configuration says, though some should have.
    Inactive,
    /// Packets come again.
    Active,
    /// The source that was being played said goodbye in RTCP; the call itself may go on.
    RemoteLeft {
        /// Which.
        ssrc: Ssrc,
    },
    /// The far end reported on what it hears.
    Report(RemoteReport),
    /// A telephone event of the far end has begun: a key was pressed, most likely. Each is told
    /// once, however many packets reported it (RFC 4733 §2.5.2).
    EventBegan {
        /// Which.
        code: EventCode,
    },
    /// It has ended, or nothing more is heard of it.
    EventEnded {
        /// Which.
        code: EventCode,
        /// How long it lasted, as far as is known.
        duration: Duration,
    },
    /// The network does not bear what is sent, or loses all of it (RFC 8083); it goes on until the
    /// application stops it.
    CircuitBroken(Tripped),
    /// Another used our SSRC, so we took a new one.
    SsrcChanged {
        /// The one in use now.
        ssrc: Ssrc,
    },
    /// A master key has served its time, ours or theirs, and what it was for does not flow any
    /// more: new keys must be agreed on (RFC 3711 §9.2).
    KeyExhausted,
    /// We have left, and said so if there was anybody to tell. Nothing more will come.
    Left,
}
