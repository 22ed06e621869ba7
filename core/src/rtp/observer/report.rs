//! What is told of a stream.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::control::Heard;
use super::stream::{ObservedStream, StreamId};
use crate::rtp::burst::BurstMetrics;
use crate::rtp::number::PayloadType;
use crate::rtp::quality::RFactor;
use crate::time::Instant;

/// The longest that packets are assumed to be kept for the slow ones among them.
const MOST_PLAYOUT: Duration = Duration::from_millis(200);

/// How a stream fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamReport {
    /// Who sends what to whom.
    pub id: StreamId,
    /// The payload type of most packets, those of telephone events left out if there are others.
    pub payload_type: PayloadType,
    /// The name of its encoding, if it was announced or needs no announcement.
    pub name: Option<String>,
    /// Ticks of its timestamp a second: told, or, without a name, what fits best.
    pub clock_rate: u32,
    /// All payload types packets had, with how many each; not those of blocks within them.
    pub payload_types: Vec<(PayloadType, u64)>,
    /// When the first packet came.
    pub began: Instant,
    /// When the last one came.
    pub ended: Instant,
    /// Packets that came, each copy counted.
    pub packets: u64,
    /// Octets of their payloads.
    pub octets: u64,
    /// Packets that the sequence numbers say were sent (RFC 3550 A.3).
    pub expected: u64,
    /// Expected less those that came: negative if copies outnumber losses (A.3).
    pub lost: i64,
    /// Packets that never came.
    pub missing: u64,
    /// Packets that came after one sent later.
    pub reordered: u64,
    /// Packets that came again.
    pub duplicates: u64,
    /// How often the sequence numbers began anew.
    pub restarts: u32,
    /// How much sound or picture a packet holds, if two were seen that follow each other.
    pub packet: Option<Duration>,
    /// The interarrival jitter after the last packet (A.8).
    pub jitter: Duration,
    /// Its mean over all packets that carry media.
    pub mean_jitter: Duration,
    /// The largest it was.
    pub most_jitter: Duration,
    /// How much later than the fastest packet the others came on average (RFC 5481 §4.2).
    pub mean_delay_variation: Duration,
    /// How much later the slowest came.
    pub most_delay_variation: Duration,
    /// The longest time without a packet.
    pub longest_spacing: Duration,
    /// How losses lie: bursts and gaps (RFC 3611 §4.7.2).
    pub bursts: BurstMetrics,
    /// The rating of what a receiver hears, for G.711: from the packets that never came, one packet of
    /// delay, a playout buffer of twice the largest jitter, and half the round trip if it is known.
    pub r_factor: Option<RFactor>,
    /// The keys that were pressed, each once, in order (RFC 4733): in packets of their own or within
    /// redundant data (RFC 2198).
    pub dtmf: String,
    /// What RTCP said.
    pub heard: Heard,
}

impl StreamReport {
    pub(super) fn of(stream: &ObservedStream) -> Self {
        let payloads = stream.payloads.iter();
        let payloads = payloads.filter(|(_, payload)| payload.packets > 0);
        let types = payloads.clone();
        // The larger count wins, of two alike the smaller number.
        let most = payloads.max_by_key(|(number, payload)| {
            let is_media = !payload.is_telephone_event();
            (is_media, payload.packets, core::cmp::Reverse(**number))
        });
        let format = most.map(|(_, payload)| payload.format.clone());
        let format = format.unwrap_or_default();
        let is_events = most.is_some_and(|(_, payload)| payload.is_telephone_event());
        let name = format.name.clone();
        let name = name.or_else(|| is_events.then(|| "telephone-event".into()));
        let types = types.map(|(number, it)| (PayloadType::from_octet(*number), it.packets));
        let (expected, packets) = stream.totals();
        let (missing, bursts) = stream.arrivals.losses(stream.packet.unwrap_or_default());
        let (jitter, mean_jitter) = stream.timing.jitter();
        let (mean_delay_variation, most_delay_variation) = stream.timing.delay_variation();
        let most_jitter = stream.timing.most_jitter;
        let delay = || {
            let playout = most_jitter.saturating_mul(2).min(MOST_PLAYOUT);
            let network = stream.heard.round_trip.unwrap_or_default();
            let network = network.checked_div(2).unwrap_or_default();
            let packet = stream.packet.unwrap_or_default();
            packet.saturating_add(playout).saturating_add(network)
        };
        let r_factor = format
            .is_g711()
            .then(|| RFactor::of_g711(delay(), missing, expected));
        let keys = stream.events().iter();
        Self {
            id: stream.id,
            payload_type: PayloadType::from_octet(most.map_or(0, |(number, _)| *number)),
            name,
            clock_rate: match format.clock_rate {
                0 => stream.fallback_clock(),
                told => told,
            },
            payload_types: types.collect(),
            began: stream.began,
            ended: stream.ended,
            packets,
            octets: stream.counts.octets,
            expected,
            lost: i64::try_from(expected)
                .unwrap_or(i64::MAX)
                .saturating_sub(i64::try_from(packets).unwrap_or(i64::MAX)),
            missing,
            reordered: stream.counts.reordered,
            duplicates: stream.counts.duplicates,
            restarts: stream.counts.restarts,
            packet: stream.packet,
            jitter,
            mean_jitter,
            most_jitter,
            mean_delay_variation,
            most_delay_variation,
            longest_spacing: stream.counts.longest_spacing,
            bursts,
            r_factor,
            dtmf: keys.filter_map(|event| event.code.key()).collect(),
            heard: stream.heard.clone(),
        }
    }
}
