//! How the call went.

use core::time::Duration;

use crate::rtp::playout::PlayoutStats;
use crate::rtp::quality::{Mos, RFactor};
use crate::rtp::session::RemoteReport;

/// How the call went so far, seen from one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QualityReport {
    /// Data packets sent.
    pub sent: u64,
    /// Payload octets sent.
    pub sent_octets: u64,
    /// Data packets received from the sources that were played, duplicates included.
    pub received: u64,
    /// Data packets they sent, judging by the sequence numbers.
    pub expected: u64,
    /// Packets that never came.
    pub lost: u64,
    /// Packets that came too late to be played.
    pub late: u64,
    /// Packets that were lost or late and were had back from others in time to be played.
    pub repaired: u64,
    /// Packets that came twice.
    pub duplicated: u64,
    /// Packets that came after one sent later.
    pub reordered: u64,
    /// Packets and reports that were not protected as agreed on: in clear, forged, or made with
    /// another key. None is counted anywhere else.
    pub not_authentic: u64,
    /// Protected packets and reports that came before, or were too old to know.
    pub replayed: u64,
    /// Time that was covered for want of packets.
    pub concealed: Duration,
    /// Interarrival jitter (RFC 3550 A.8), of the source played last.
    pub jitter: Duration,
    /// The longest of its values at the ends of report intervals and now.
    pub most_jitter: Duration,
    /// The round trip, once the far end has answered a sender report.
    pub round_trip: Option<Duration>,
    /// How long packets wait in the playout buffer.
    pub playout_delay: Duration,
    /// Mouth to ear, as far as is known: a packet's duration, the playout delay and half the round
    /// trip (nothing for the network if that is unknown).
    pub delay: Duration,
    /// The rating of what is heard here.
    pub r_factor: RFactor,
    /// The opinion score estimated from it. No packets: the worst.
    pub mos: Mos,
    /// What the far end last said about what it hears.
    pub remote: Option<RemoteReport>,
}

/// What a report is made of.
pub(super) struct Facts<'a> {
    pub(super) sent: u64,
    pub(super) sent_octets: u64,
    pub(super) playout: &'a PlayoutStats,
    pub(super) not_authentic: u64,
    pub(super) replayed: u64,
    pub(super) concealed: Duration,
    pub(super) jitter: Duration,
    pub(super) most_jitter: Duration,
    pub(super) playout_delay: Duration,
    pub(super) packet: Duration,
    pub(super) remote: Option<RemoteReport>,
    pub(super) round_trip: Option<Duration>,
}

impl From<Facts<'_>> for QualityReport {
    fn from(facts: Facts<'_>) -> Self {
        let played = facts.playout;
        let network = facts.round_trip.unwrap_or_default();
        let network = network.checked_div(2).unwrap_or_default();
        let delay = facts
            .packet
            .saturating_add(facts.playout_delay)
            .saturating_add(network);
        // What was had back is heard as if it had come.
        let missing = played.lost().saturating_add(played.late);
        let missing = missing.saturating_sub(played.repaired);
        let r_factor = if played.expected == 0 {
            RFactor::default()
        } else {
            RFactor::of_g711(delay, missing, played.expected)
        };
        Self {
            sent: facts.sent,
            sent_octets: facts.sent_octets,
            received: played.received,
            expected: played.expected,
            lost: played.lost(),
            late: played.late,
            repaired: played.repaired,
            duplicated: played.duplicates,
            reordered: played.reordered,
            not_authentic: facts.not_authentic,
            replayed: facts.replayed,
            concealed: facts.concealed,
            jitter: facts.jitter,
            most_jitter: facts.most_jitter.max(facts.jitter),
            round_trip: facts.round_trip,
            playout_delay: facts.playout_delay,
            delay,
            r_factor,
            mos: r_factor.mos(),
            remote: facts.remote,
        }
    }
}
