//! What we bring to a negotiation, and what comes out of it: plain data.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::bundle::{BundledStream, Bundling};
use super::security::{self, AgreedCrypto, LocalCrypto};
use crate::sdp::attribute::EventList;
use crate::sdp::{Codec, Direction};

/// Packet time where nobody asked for another (RFC 3551 §4.2).
pub const DEFAULT_PTIME_MS: u16 = 20;

/// RTP over UDP, neither encrypted nor with early feedback (RFC 3551).
const RTP_AVP: &str = "RTP/AVP";

/// The media type of an `m=` line (RFC 8866 §5.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Moving pictures.
    Video,
    /// Text as it is typed (RFC 4103).
    Text,
    /// Anything else that is shared: a floor, a whiteboard.
    Application,
    /// Messages (RFC 4975).
    Message,
    /// Still pictures and fax (RFC 6466).
    Image,
}

impl MediaKind {
    const ALL: [Self; 6] = [
        Self::Audio,
        Self::Video,
        Self::Text,
        Self::Application,
        Self::Message,
        Self::Image,
    ];

    /// The word in the `m=` line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Text => "text",
            Self::Application => "application",
            Self::Message => "message",
            Self::Image => "image",
        }
    }

    /// The kind that a word in an `m=` line names; `None` if it is none of these.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// How much to send: the `b=` lines of a stream, each the wish of who receives (RFC 3264 §5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BandwidthLimits {
    /// `AS`: kilobits per second, with everything below RTP (RFC 8866 §5.8).
    pub session_kbps: Option<u32>,
    /// `TIAS`: bits per second of media alone (RFC 3890 §6.2).
    pub media_bps: Option<u32>,
    /// `RS`: bits per second of RTCP for those who send media (RFC 3556 §2).
    pub rtcp_senders_bps: Option<u32>,
    /// `RR`: bits per second of RTCP for those who do not (RFC 3556 §2).
    pub rtcp_receivers_bps: Option<u32>,
}

impl BandwidthLimits {
    /// Whether no media may be sent at all, and no RTCP either (RFC 3264 §5.1).
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.session_kbps == Some(0) || self.media_bps == Some(0)
    }
}

/// An attribute the negotiation knows nothing of: name and value.
pub type OtherAttribute = (Cow<'static, str>, Option<Cow<'static, str>>);

/// One media stream we are willing to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalMedia {
    /// What kind of stream.
    pub kind: MediaKind,
    /// The transport, as the `m=` line names it; a peer has to name the same.
    pub transport: Cow<'static, str>,
    /// Where we receive: RTP with RTCP on the next port unless `rtcp_port` or `rtcp_mux` say
    /// otherwise. A multicast address is a group we offer to meet in (RFC 3264 §5.2).
    ///
    /// The port 0 takes the stream away, and its place stays (RFC 3264 §8.2).
    pub address: SocketAddr,
    /// The port we receive RTCP on when it is not the next one (RFC 3605).
    pub rtcp_port: Option<u16>,
    /// Whether RTCP may come to the RTP port, if the peer wants that too (RFC 5761 §5.1.1).
    pub rtcp_mux: bool,
    /// Whether the stream may share its transport with others; without, it has one of its own, and
    /// so an RTP session of its own.
    pub bundling: Option<Bundling>,
    /// The formats we speak, the preferred one first. Of a stream without RTP only the names
    /// count, as [`Codec::audio`] makes them with a clock rate of 0. With `ulpfec` beside a `red` of
    /// the same clock rate and with a list, the number that the former gets is put at the end of that
    /// list (RFC 5109 §14.2).
    pub codecs: Vec<Codec>,
    /// What we want: it holds until it is changed, whatever a peer made us answer meanwhile
    /// (RFC 6337 §5.3).
    pub direction: Direction,
    /// Whether we have put the peer on hold: then we receive nothing, whatever `direction` wants
    /// again later (RFC 3264 §8.4).
    pub on_hold: bool,
    /// The packet time we would like to receive, in milliseconds; not zero.
    pub ptime_ms: Option<u16>,
    /// The longest packet we can take, in milliseconds; not zero.
    pub maxptime_ms: Option<u16>,
    /// How much we want to receive.
    pub bandwidth: BandwidthLimits,
    /// Whether we join a multicast group; how far our packets to one of IPv4 go.
    pub multicast_ttl: Option<u8>,
    /// The ways to protect the stream with keys in the description (RFC 4568), the preferred one
    /// first, no suite twice; empty for none. With any, the stream is had protected or not at all
    /// if its transport is one for that, as [`LocalMedia::secured`] makes it; beside `RTP/AVP` or
    /// `RTP/AVPF` it is had in the clear by a peer that cannot protect it (RFC 8643).
    pub crypto: Vec<LocalCrypto>,
    /// Attributes to write as they are, names and values being text of one line.
    pub attributes: Vec<OtherAttribute>,
}

impl LocalMedia {
    /// G.711 in both laws and key presses, both ways, in packets of 20 ms.
    #[must_use]
    pub fn audio(address: SocketAddr) -> Self {
        Self {
            ptime_ms: Some(DEFAULT_PTIME_MS),
            ..Self::rtp(
                MediaKind::Audio,
                address,
                Vec::from([Codec::PCMU, Codec::PCMA, Codec::TELEPHONE_EVENT]),
            )
        }
    }

    /// A stream in RTP, both ways.
    #[must_use]
    pub const fn rtp(kind: MediaKind, address: SocketAddr, codecs: Vec<Codec>) -> Self {
        Self::new(kind, RTP_AVP, address, codecs)
    }

    /// A stream over any transport, both ways.
    #[must_use]
    pub const fn new(
        kind: MediaKind,
        transport: &'static str,
        address: SocketAddr,
        codecs: Vec<Codec>,
    ) -> Self {
        Self {
            kind,
            transport: Cow::Borrowed(transport),
            address,
            rtcp_port: None,
            rtcp_mux: false,
            bundling: None,
            codecs,
            direction: Direction::SendRecv,
            on_hold: false,
            ptime_ms: None,
            maxptime_ms: None,
            bandwidth: BandwidthLimits {
                session_kbps: None,
                media_bps: None,
                rtcp_senders_bps: None,
                rtcp_receivers_bps: None,
            },
            multicast_ttl: None,
            crypto: Vec::new(),
            attributes: Vec::new(),
        }
    }

    /// The stream protected in one of these ways, over `RTP/SAVP` or `RTP/SAVPF` instead of
    /// `RTP/AVP` or `RTP/AVPF`.
    #[must_use]
    pub fn secured(mut self, crypto: Vec<LocalCrypto>) -> Self {
        self.transport = security::secured(&self.transport);
        self.crypto = crypto;
        self
    }

    /// The stream bundled with others if the peer wants that too (RFC 9143). What it has of
    /// [`LocalMedia::address`] is where it is received if it is not bundled, or all of the bundle if
    /// it is the tagged one; no other stream has the same.
    #[must_use]
    pub fn bundled(mut self) -> Self {
        self.rtcp_mux = true;
        self.bundling = Some(Bundling::SHARED);
        self
    }

    /// The stream bundled with others or not had at all. Its address is of use only in later offers,
    /// once it is the tagged one or apart.
    #[must_use]
    pub fn bundle_only(mut self) -> Self {
        self.rtcp_mux = true;
        self.bundling = Some(Bundling::ONLY);
        self
    }

    /// Where we receive RTCP, unless it is multiplexed.
    #[must_use]
    pub fn rtcp_address(&self) -> SocketAddr {
        let next = self.address.port().wrapping_add(1);
        SocketAddr::new(self.address.ip(), self.rtcp_port.unwrap_or(next))
    }

    /// Whether the formats are payload types.
    #[must_use]
    pub fn is_rtp(&self) -> bool {
        is_rtp(&self.transport)
    }

    /// What we want at present: `direction`, less what hold takes from it.
    ///
    /// RFC 3264 §8.4: sendrecv becomes sendonly, and recvonly inactive.
    #[must_use]
    pub fn present_direction(&self) -> Direction {
        match self.on_hold {
            true => self.direction.and(Direction::SendOnly),
            false => self.direction,
        }
    }
}

impl From<LocalMedia> for Vec<LocalMedia> {
    /// The one stream of most calls.
    fn from(one: LocalMedia) -> Self {
        Self::from([one])
    }
}

/// Whether a transport of an `m=` line is one of RTP's (RFC 8866 §8.2.2).
pub(super) fn is_rtp(transport: &str) -> bool {
    transport.split('/').any(|part| part == "RTP")
}

/// A payload type and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// The number in the RTP header, 0 to 127.
    pub payload_type: u8,
    /// The payload format.
    pub codec: Codec,
}

/// An agreed stream: all an RTP session has to know.
///
/// A stream without RTP has no numbers: they are 0, and `codec` only names the format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaPlan {
    /// What kind of stream.
    pub kind: MediaKind,
    /// Where we receive RTP; the group, if it is a multicast stream.
    pub local: SocketAddr,
    /// Where we received RTP before, if we have moved: media may come there until some has come to
    /// `local`, and until then one must not cease to listen (RFC 3264 §8.3.1).
    pub previous_local: Option<SocketAddr>,
    /// Where we receive RTCP.
    pub local_rtcp: SocketAddr,
    /// Where the peer receives RTP. See [`MediaPlan::rtp_destination`] before sending there.
    pub remote: SocketAddr,
    /// Where the peer receives RTCP. See [`MediaPlan::rtcp_destination`] before sending there.
    pub remote_rtcp: SocketAddr,
    /// Whether RTP and RTCP share one port on both sides (RFC 5761 §5.1.1).
    pub rtcp_mux: bool,
    /// The streams it shares all these addresses with, if it does with any; without it the stream
    /// has an RTP session of its own (RFC 3550 §5.2).
    pub bundle: Option<Box<BundledStream>>,
    /// The number to send the codec with: the peer's (RFC 3264 §5.1, §6.1).
    pub send_payload_type: u8,
    /// The number the codec arrives with: ours.
    pub receive_payload_type: u8,
    /// The format to send: the one the peer prefers of those both named, with the parameters that
    /// the peer asks for.
    pub codec: Codec,
    /// Every format that may arrive, `codec` and events included, by our numbers.
    pub receive_formats: Vec<Format>,
    /// Ours: what we do, not what the peer does.
    pub direction: Direction,
    /// The peer's own mark, as the peer sees it; one that does not receive may have put us on
    /// hold (RFC 6337 §5.3). Of a multicast stream it is what everybody does (RFC 3264 §5.2).
    pub remote_direction: Direction,
    /// Milliseconds of sound to put into a packet: what the peer asked for.
    pub ptime_ms: u16,
    /// How much the peer wants to receive.
    pub bandwidth: BandwidthLimits,
    /// How far packets to a multicast group of IPv4 go.
    pub multicast_ttl: Option<u8>,
    /// The number to send key presses with, if the peer takes them.
    pub telephone_event: Option<u8>,
    /// The events the peer takes: those of its list, the keys if it gives none; others must not be
    /// sent (RFC 4733 §2.5.1.1).
    pub telephone_events: EventList,
    /// The number key presses arrive with.
    pub receive_telephone_event: Option<u8>,
    /// What else the peer takes of what both named, by its numbers and with the parameters it asks
    /// for: redundant data, retransmissions, comfort noise.
    pub beside: Vec<Format>,
    /// Whether the peer takes requests for lost packets: over `RTP/AVPF` or `RTP/SAVPF`, it said
    /// `nack` of the codec or of all formats (RFC 4585 §4.2).
    pub generic_nack: bool,
    /// How the stream is protected, if keys in the descriptions say so (RFC 4568).
    pub crypto: Option<AgreedCrypto>,
    /// What else the peer says of a stream without RTP; empty for one with RTP.
    pub attributes: Vec<OtherAttribute>,
}

impl MediaPlan {
    /// Where to send RTP, if we are to send any now.
    #[must_use]
    pub fn rtp_destination(&self) -> Option<SocketAddr> {
        let reachable = is_reachable(self.remote) && self.direction.sends();
        reachable.then_some(self.remote)
    }

    /// Where to send RTCP: also while the stream is on hold (RFC 3264 §5.1), but not to a peer
    /// that gave the address 0.0.0.0 (§8.4) or no bandwidth (§5.1).
    #[must_use]
    pub fn rtcp_destination(&self) -> Option<SocketAddr> {
        let wanted = is_reachable(self.remote_rtcp) && !self.bandwidth.is_zero();
        wanted.then_some(self.remote_rtcp)
    }

    /// Whether the peer takes nothing from us at present: on hold, as far as one can tell.
    #[must_use]
    pub fn is_held_by_peer(&self) -> bool {
        let group = self.remote.ip().is_multicast();
        !group && (!self.remote_direction.receives() || !is_reachable(self.remote))
    }
}

fn is_reachable(address: SocketAddr) -> bool {
    !address.ip().is_unspecified() && address.port() != 0
}
