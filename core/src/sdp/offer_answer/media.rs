//! What we bring to a negotiation, and what comes out of it: plain data.

use alloc::vec::Vec;
use core::net::SocketAddr;

use crate::sdp::{Codec, Direction};

/// Packet time where nobody asked for another (RFC 3551 §4.2).
pub const DEFAULT_PTIME_MS: u16 = 20;

/// The audio stream we are willing to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalMedia {
    /// Where we receive RTP; RTCP is on the next port unless `rtcp_port` says otherwise.
    pub address: SocketAddr,
    /// The port we receive RTCP on when it is not the next one (RFC 3605).
    pub rtcp_port: Option<u16>,
    /// The formats we speak, the preferred one first.
    pub codecs: Vec<Codec>,
    /// What we want: it holds until it is changed, whatever a peer made us answer meanwhile
    /// (RFC 6337 §5.3).
    pub direction: Direction,
    /// The packet time we would like to receive, in milliseconds; not zero.
    pub ptime_ms: Option<u16>,
}

impl LocalMedia {
    /// G.711 in both laws and key presses, both ways, in packets of 20 ms.
    #[must_use]
    pub fn audio(address: SocketAddr) -> Self {
        Self {
            address,
            rtcp_port: None,
            codecs: Vec::from([Codec::PCMU, Codec::PCMA, Codec::TELEPHONE_EVENT]),
            direction: Direction::SendRecv,
            ptime_ms: Some(DEFAULT_PTIME_MS),
        }
    }

    /// Where we receive RTCP.
    #[must_use]
    pub fn rtcp_address(&self) -> SocketAddr {
        let next = self.address.port().wrapping_add(1);
        SocketAddr::new(self.address.ip(), self.rtcp_port.unwrap_or(next))
    }
}

/// A payload type and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// The number in the RTP header, 0 to 127.
    pub payload_type: u8,
    /// The payload format.
    pub codec: Codec,
}

/// An agreed audio stream: all an RTP session has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaPlan {
    /// Where we receive RTP.
    pub local: SocketAddr,
    /// Where we receive RTCP.
    pub local_rtcp: SocketAddr,
    /// Where the peer receives RTP. See [`MediaPlan::rtp_destination`] before sending there.
    pub remote: SocketAddr,
    /// Where the peer receives RTCP. See [`MediaPlan::rtcp_destination`] before sending there.
    pub remote_rtcp: SocketAddr,
    /// The number to send the codec with: the peer's (RFC 3264 §5.1, §6.1).
    pub send_payload_type: u8,
    /// The number the codec arrives with: ours.
    pub receive_payload_type: u8,
    /// The format to send: the one the peer prefers of those both named.
    pub codec: Codec,
    /// Every format that may arrive, `codec` and events included, by our numbers.
    pub receive_formats: Vec<Format>,
    /// Ours: what we do, not what the peer does.
    pub direction: Direction,
    /// The peer's own mark, as the peer sees it; one that does not receive may have put us on
    /// hold (RFC 6337 §5.3).
    pub remote_direction: Direction,
    /// Milliseconds of sound to put into a packet: what the peer asked for.
    pub ptime_ms: u16,
    /// The number to send key presses with, if the peer takes them.
    pub telephone_event: Option<u8>,
    /// The number key presses arrive with.
    pub receive_telephone_event: Option<u8>,
}

impl MediaPlan {
    /// Where to send RTP, if we are to send any now.
    #[must_use]
    pub fn rtp_destination(&self) -> Option<SocketAddr> {
        let reachable = is_reachable(self.remote) && self.direction.sends();
        reachable.then_some(self.remote)
    }

    /// Where to send RTCP: also while the stream is on hold (RFC 3264 §5.1), but not to a peer
    /// that gave the address 0.0.0.0 (§8.4).
    #[must_use]
    pub fn rtcp_destination(&self) -> Option<SocketAddr> {
        is_reachable(self.remote_rtcp).then_some(self.remote_rtcp)
    }

    /// Whether the peer takes nothing from us at present: on hold, as far as one can tell.
    #[must_use]
    pub fn is_held_by_peer(&self) -> bool {
        !self.remote_direction.receives() || !is_reachable(self.remote)
    }
}

fn is_reachable(address: SocketAddr) -> bool {
    !address.ip().is_unspecified() && address.port() != 0
}
