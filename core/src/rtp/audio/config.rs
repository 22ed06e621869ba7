//! What an audio stream is told: once at the start, and at every negotiation.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use super::{AudioProtection, Parity, Retransmissions};
use crate::rtp::interval::Bandwidth;
use crate::rtp::number::PayloadType;
use crate::rtp::payload::g711::Law;
use crate::rtp::playout::PlayoutConfig;

/// What stays for the whole call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioConfig {
    /// CNAME (RFC 3550 §6.5.1), at most 255 octets. Do not put in it what the far end should not
    /// know: it is sent to whoever the call is with (RFC 7022 would have it random).
    pub cname: String,
    /// The program's name, told now and then (§6.5.6).
    pub tool: Option<String>,
    /// Samples that may wait to be sent; more are not taken.
    pub capture_samples: usize,
    /// Samples that may wait to be heard; beyond that the oldest are thrown away.
    pub heard_samples: usize,
    /// The playout buffer.
    pub playout: PlayoutConfig,
    /// What is sent while nothing is captured.
    pub silence: Silence,
    /// Whose packets are taken.
    pub remote_rule: RemoteRule,
    /// How long no packet may come before [`super::AudioEvent::Inactive`].
    pub inactive_after: Duration,
    /// What reports may take.
    pub bandwidth: Bandwidth,
}

impl AudioConfig {
    /// The usual telephone: buffers of half a second, continuous packets, 30 s to inactivity.
    #[must_use]
    pub fn new(cname: &str) -> Self {
        Self {
            cname: cname.into(),
            tool: None,
            capture_samples: 4_000,
            heard_samples: 4_000,
            playout: PlayoutConfig::telephone(),
            silence: Silence::Send,
            remote_rule: RemoteRule::SameHost,
            inactive_after: Duration::from_secs(30),
            bandwidth: Bandwidth::TELEPHONE,
        }
    }

    /// As [`AudioConfig::new`], with buffers for a device of little memory.
    #[must_use]
    pub fn small(cname: &str) -> Self {
        let mut config = Self::new(cname);
        config.capture_samples = 640;
        config.heard_samples = 640;
        config.playout.packets = 16;
        config.playout.most_delay = Duration::from_millis(200);
        config
    }
}

/// What is sent while nothing is captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Packets of silence: keeps NATs open and the far end's statistics simple.
    Send,
    /// Nothing (RFC 3551 §4.1), after one comfort-noise packet if the plan has a payload type for
    /// it (RFC 3389). The next talk-spurt begins with the marker bit.
    Suppress,
}

/// From whom packets are taken, and to whom ours go: "RTP bleed" is taking them from anybody.
///
/// The signalled address is always good, and once it has been heard no other is. Packets go to
/// the signalled address until another one has been latched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteRule {
    /// Only the signalled address and port.
    Signalled,
    /// Another port of the signalled host may be latched (RFC 4961 was not heeded there): once,
    /// after two packets in sequence, in the first ten seconds after the plan named the host.
    SameHost,
    /// Likewise any address at all, for a far end behind a NAT that signalling does not see
    /// through. Whoever is first to guess our port in these seconds gets the call's audio.
    AnyOnce,
}

/// Which way media flows, from our point of view (RFC 3264 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudioDirection {
    /// Both ways.
    SendRecv,
    /// Only out: we have put the far end on hold.
    SendOnly,
    /// Only in: the far end has put us on hold.
    RecvOnly,
    /// Neither. Reports still flow.
    Inactive,
}

impl AudioDirection {
    /// Whether we send.
    #[must_use]
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether we receive.
    #[must_use]
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }
}

/// A payload type and the law it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioFormat {
    /// The number in the packets.
    pub payload_type: PayloadType,
    /// The encoding.
    pub law: Law,
}

impl AudioFormat {
    /// The static payload type of a law (RFC 3551 §6).
    #[must_use]
    pub const fn of(law: Law) -> Self {
        let payload_type = match law {
            Law::Mu => PayloadType::PCMU,
            Law::A => PayloadType::PCMA,
        };
        Self { payload_type, law }
    }
}

/// Redundant data: packets that hold earlier ones again (RFC 2198).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redundancy {
    /// The number in the packets.
    pub payload_type: PayloadType,
    /// How many earlier packets of speech each one holds again: 0 to
    /// [`Redundancy::MOST_GENERATIONS`].
    pub generations: u8,
    /// Whether final reports of telephone events go along with the reports of the next one, which
    /// then need not wait for them (RFC 4733 §2.5.1.4).
    pub events: bool,
    /// Parity among the blocks (RFC 5109 §14.2).
    pub parity: Option<Parity>,
}

impl Redundancy {
    /// The most earlier packets that are held again.
    pub const MOST_GENERATIONS: u8 = 4;

    /// How many packets later a packet may still be had back.
    pub(super) fn reach(&self) -> u8 {
        let parity = self.parity.map_or(0, |parity| parity.packets());
        self.generations.max(parity)
    }
}

/// What offer and answer agreed on, in plain numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioPlan {
    /// Where RTP goes and is expected from.
    pub remote_rtp: SocketAddr,
    /// Where RTCP goes; the same as `remote_rtp` if they share a port (RFC 5761), in which case it
    /// leaves through the RTP socket.
    pub remote_rtcp: SocketAddr,
    /// Which way media flows.
    pub direction: AudioDirection,
    /// What we send.
    pub send: AudioFormat,
    /// What we understand. Other payload types are ignored (RFC 3550 §5.1).
    pub receive: Vec<AudioFormat>,
    /// Comfort noise, both ways, if it was agreed on (RFC 3389 §5.1).
    pub comfort_noise: Option<PayloadType>,
    /// What we send telephone events as, if the far end takes them; their clock is that of the
    /// audio (RFC 4733 §2.1).
    pub send_events: Option<PayloadType>,
    /// What telephone events arrive as.
    pub receive_events: Option<PayloadType>,
    /// Redundant data to send (RFC 2198).
    pub send_redundancy: Option<Redundancy>,
    /// Redundant data that may arrive: packets wait long enough for what repairs them.
    pub receive_redundancy: Option<Redundancy>,
    /// Packets of ours that are sent again where they are asked for (RFC 4588). One or both of this
    /// and the next make the profile RTP/AVPF (RFC 4585).
    pub send_retransmission: Option<Retransmissions>,
    /// Packets of theirs that are asked for where they are missing: packets wait long enough for
    /// what is sent again.
    pub receive_retransmission: Option<Retransmissions>,
    /// How much each packet of ours holds: whole milliseconds, 10 to 200.
    pub ptime_ms: u16,
    /// What reports may take, if a description says so (RFC 3556); without, what the configuration
    /// has.
    pub bandwidth: Option<Bandwidth>,
    /// How packets are protected; without any they go in clear.
    pub protection: Option<Box<AudioProtection>>,
}

impl AudioPlan {
    /// Whether packets of this payload type are taken.
    pub(super) fn receives(&self, payload_type: PayloadType) -> bool {
        let others = [
            self.comfort_noise,
            self.receive_events,
            self.receive_redundancy.map(|one| one.payload_type),
            self.receive_parity(),
        ];
        let mut formats = self.receive.iter();
        formats.any(|format| format.payload_type == payload_type)
            || others.contains(&Some(payload_type))
            || self.original_of(payload_type).is_some()
    }

    /// What packets that are sent again as this payload type were sent as.
    pub(super) fn original_of(&self, payload_type: PayloadType) -> Option<PayloadType> {
        self.receive_retransmission?.original_of(payload_type)
    }

    /// What parity arrives as.
    pub(super) fn receive_parity(&self) -> Option<PayloadType> {
        let parity = self.receive_redundancy?.parity?;
        Some(parity.payload_type())
    }

    /// A plan with static payload types, packets of 20 ms, and RTCP one port above RTP. We send
    /// `law` and understand both.
    #[must_use]
    pub fn new(law: Law, remote_rtp: SocketAddr, direction: AudioDirection) -> Self {
        let mut remote_rtcp = remote_rtp;
        remote_rtcp.set_port(remote_rtp.port().wrapping_add(1));
        Self {
            remote_rtp,
            remote_rtcp,
            direction,
            send: AudioFormat::of(law),
            receive: alloc::vec![AudioFormat::of(Law::Mu), AudioFormat::of(Law::A)],
            comfort_noise: None,
            send_events: None,
            receive_events: None,
            send_redundancy: None,
            receive_redundancy: None,
            send_retransmission: None,
            receive_retransmission: None,
            ptime_ms: 20,
            bandwidth: None,
            protection: None,
        }
    }
}
