//! What RTCP says of a stream (RFC 3550 §6): its sender's packets, and reports of those who receive it.

use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use super::stream::ObservedStream;
use crate::rtp::jitter::span_of;
use crate::rtp::rtcp::{Compound, ReportBlock, RtcpPacket, SenderInfo};
use crate::time::Instant;

/// What RTCP said of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Heard {
    /// Sender reports of its source.
    pub sender_reports: u64,
    /// Packets sent, by the last of them.
    pub sent: Option<u32>,
    /// Reports on it by whoever receives it.
    pub receiver_reports: u64,
    /// The last of those, as it stands there.
    pub last: Option<ReportBlock>,
    /// The source's CNAME.
    pub cname: Option<Vec<u8>>,
    /// Whether the source said goodbye.
    pub goodbye: bool,
    /// From where the packets were observed to the receiver and back, by the last pair of reports
    /// that tells.
    pub round_trip: Option<Duration>,
    /// The last sender report: the middle of its time, and when it passed.
    report: Option<(u32, Instant)>,
}

impl ObservedStream {
    /// Takes a compound packet from some host: it may be about this stream, or not.
    pub(super) fn hear(&mut self, at: Instant, from: IpAddr, compound: &Compound<'_>) {
        let ssrc = self.id.ssrc;
        let is_sender = from == self.id.source.ip();
        let is_receiver = from == self.id.destination.ip();
        if !is_sender && !is_receiver {
            return;
        }
        for packet in compound.packets() {
            match packet {
                RtcpPacket::SenderReport(report) => {
                    if is_sender && report.ssrc() == ssrc {
                        self.heard.sent(at, report.info());
                    }
                    let mut blocks = report.blocks();
                    let own = blocks.find(|block| is_receiver && block.ssrc == ssrc);
                    self.heard.received(at, own);
                }
                RtcpPacket::ReceiverReport(report) => {
                    let mut blocks = report.blocks();
                    let own = blocks.find(|block| is_receiver && block.ssrc == ssrc);
                    self.heard.received(at, own);
                }
                RtcpPacket::SourceDescription(description) => {
                    let mut chunks = description.chunks();
                    let own = chunks.find(|chunk| is_sender && chunk.ssrc() == ssrc);
                    if let Some(cname) = own.and_then(|chunk| chunk.cname()) {
                        self.heard.cname = Some(cname.to_vec());
                    }
                }
                RtcpPacket::Goodbye(goodbye) => {
                    let mut sources = goodbye.sources();
                    self.heard.goodbye |= is_sender && sources.any(|source| source == ssrc);
                }
                RtcpPacket::ApplicationDefined(_)
                | RtcpPacket::Feedback(_)
                | RtcpPacket::Extended(_)
                | RtcpPacket::Obsolete(_)
                | RtcpPacket::Unknown { .. } => {}
            }
        }
    }
}

impl Heard {
    fn sent(&mut self, at: Instant, info: SenderInfo) {
        self.sender_reports = self.sender_reports.saturating_add(1);
        self.sent = Some(info.packets);
        self.report = Some((info.middle_ntp(), at));
    }

    fn received(&mut self, at: Instant, block: Option<ReportBlock>) {
        let Some(block) = block else { return };
        self.receiver_reports = self.receiver_reports.saturating_add(1);
        self.last = Some(block);
        // §6.4.1: LSR names the sender report, and DLSR how long the receiver had it; here as seen
        // from between them.
        let Some((middle, then)) = self.report else {
            return;
        };
        if block.lsr != 0 && block.lsr == middle {
            let kept = span_of(u64::from(block.dlsr), 1 << 16);
            let passed = at.saturating_duration_since(then);
            self.round_trip = passed.checked_sub(kept);
        }
    }
}
