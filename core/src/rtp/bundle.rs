//! Which section of a description a packet is for, where several share one transport (RFC 9143
//! §9.2).
//!
//! A bundle is one RTP session, so nothing but the packets themselves tells its streams apart: by
//! the identification-tag they carry (MID, in a header extension or an SDES item), by their SSRC
//! once that is known, and else by a payload type that only one section has.

mod session;

pub use session::{BundledEvent, BundledPacket, BundledReport, BundledSection, BundledSession};

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use super::number::{PayloadType, SequenceNumber, Ssrc};
use super::packet::Packet;
use super::rtcp::{
    Compound, ExtendedReport, ExtendedReportBlock, Feedback, FeedbackPacket, RtcpPacket, SdesKind,
    SourceDescription,
};
use crate::time::Instant;

/// The most sources that are remembered. Packets of others are taken for what they say themselves.
pub const MOST_SOURCES: usize = 1024;

/// One section of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BundleSection {
    /// Its identification-tag (`a=mid`), of at most 255 octets.
    pub mid: Box<[u8]>,
    /// The payload types it is received with.
    pub payload_types: Vec<PayloadType>,
    /// Sources of it that the peer has announced (`a=ssrc`, RFC 5576).
    pub incoming: Vec<Ssrc>,
    /// Our own sources in it.
    pub outgoing: Vec<Ssrc>,
}

/// Why a packet is for no section: its stream is not decoded, and its payload is not used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Unassociated {
    /// The stream says it belongs to a section that is not in the bundle.
    UnknownMid,
    /// The section of the stream is not received with such a payload type.
    PayloadType,
    /// Nothing says what the stream is.
    UnknownStream,
}

/// The tables of a bundle.
///
/// A section is known by its place in the list it was given in.
#[derive(Clone, Debug)]
pub struct Bundle {
    sections: Vec<BundleSection>,
    /// The number of the header extension with the MID, if there is one.
    mid_extension: Option<u8>,
    /// How long after its BYE a source is still known (RFC 3550 §6.2.1).
    linger: Duration,
    sources: BTreeMap<Ssrc, Source>,
}

/// A stream that arrives.
#[derive(Clone, Debug, Default)]
struct Source {
    /// The last MID it has said.
    mid: Option<Box<[u8]>>,
    /// The section it is associated with.
    section: Option<usize>,
    /// The extended sequence number of the latest packet; 0 before any came.
    latest: u64,
    /// That of the packet that said `mid` last.
    updated: Option<u64>,
    /// When it is forgotten, once it has said BYE.
    gone: Option<Instant>,
}

impl Source {
    /// The number of a packet with its cycles (RFC 3550 A.1), from the nearest to the latest.
    fn extend(&mut self, sequence: SequenceNumber) -> u64 {
        // One cycle up, so that a packet before the first has a number as well.
        if self.latest == 0 {
            self.latest = u64::from(sequence.as_u16()).saturating_add(1 << 16);
        }
        let [.., high, low] = self.latest.to_be_bytes();
        let latest = SequenceNumber::new(u16::from_be_bytes([high, low]));
        let ahead = sequence.distance_from(latest);
        let extended = match ahead < 0x8000 {
            true => self.latest.saturating_add(ahead.into()),
            false => {
                let behind = latest.distance_from(sequence);
                self.latest.saturating_sub(behind.into())
            }
        };
        self.latest = self.latest.max(extended);
        extended
    }

    /// Notes its MID, which it says again and again.
    fn name(&mut self, mid: &[u8]) {
        if self.mid.as_deref() != Some(mid) {
            self.mid = Some(mid.into());
        }
    }
}

impl Bundle {
    /// The tables for these sections.
    ///
    /// `mid_extension` is the number that header extensions with a MID were agreed on with, and
    /// `linger` how long packets of a source may come late, after its BYE.
    #[must_use]
    pub fn new(sections: Vec<BundleSection>, mid_extension: Option<u8>, linger: Duration) -> Self {
        let mut bundle = Self {
            sections: Vec::new(),
            mid_extension,
            linger,
            sources: BTreeMap::new(),
        };
        bundle.set_sections(sections);
        bundle
    }

    /// Takes other sections, or the same with other payload types or sources, after an exchange of
    /// descriptions. What streams have said of themselves stays.
    pub fn set_sections(&mut self, sections: Vec<BundleSection>) {
        let before = core::mem::replace(&mut self.sections, sections);
        let sections = &self.sections;
        let named = |mid: &[u8]| sections.iter().position(|one| *one.mid == *mid);
        self.sources.retain(|_, source| {
            source.section = match &source.mid {
                Some(mid) => named(mid),
                None => {
                    let section = source.section.and_then(|at| before.get(at));
                    section.and_then(|section| named(&section.mid))
                }
            };
            source.section.is_some() || source.mid.is_some()
        });
        let announced = self.sections.iter().enumerate();
        let announced = announced.flat_map(|(at, section)| {
            let incoming = section.incoming.iter();
            incoming.map(move |ssrc| (*ssrc, at))
        });
        let announced: Vec<(Ssrc, usize)> = announced.collect();
        for (ssrc, at) in announced {
            if let Some(source) = self.source(ssrc).filter(|source| source.mid.is_none()) {
                source.section = Some(at);
            }
        }
    }

    /// Says with which number header extensions with a MID are agreed on by now.
    pub fn set_mid_extension(&mut self, number: Option<u8>) {
        self.mid_extension = number;
    }

    /// The sections, in their order.
    #[must_use]
    pub fn sections(&self) -> &[BundleSection] {
        &self.sections
    }

    /// The section that a packet with media is for.
    ///
    /// # Errors
    ///
    /// When it is for none.
    pub fn rtp(&mut self, now: Instant, packet: &Packet<'_>) -> Result<usize, Unassociated> {
        let header = packet.header();
        let mid = self.mid_in(packet);
        let is_gone = |source: &Source| source.gone.is_some_and(|gone| gone <= now);
        if self.sources.get(&header.ssrc).is_some_and(is_gone) {
            self.sources.remove(&header.ssrc);
        }
        let named = mid.map(|mid| (mid, self.section_of(mid)));
        let only = self.only_with(header.payload_type);
        // Not for decoding. It may be later, so nothing of it need be remembered.
        if named.is_none() && only.is_none() && !self.sources.contains_key(&header.ssrc) {
            return Err(Unassociated::UnknownStream);
        }
        let Some(source) = self.source(header.ssrc) else {
            // No room to remember it.
            return match (named, only) {
                (Some((_, None)), _) => Err(Unassociated::UnknownMid),
                (Some((_, Some(section))), _) => self.checked(section, header.payload_type),
                (None, Some(section)) => Ok(section),
                (None, None) => Err(Unassociated::UnknownStream),
            };
        };
        let sequence = source.extend(header.sequence);
        // A MID holds from the packet on that says it: one that comes late says nothing new
        // (RFC 7941 §4.2.6).
        let is_new = source.updated.is_none_or(|updated| updated < sequence);
        if let Some((mid, section)) = named.filter(|_| is_new) {
            source.updated = Some(sequence);
            source.section = section;
            source.name(mid);
        }
        match (source.section, &source.mid, only) {
            // The section is known: by MID, by what the peer announced, or by an earlier packet.
            // With another payload type a stream does not move to another section.
            (Some(section), _, _) => self.checked(section, header.payload_type),
            // It has said that it belongs to a section which is not here.
            (None, Some(_), _) => Err(Unassociated::UnknownMid),
            // Nothing is known but the payload type, and only one section has that.
            (None, None, Some(section)) => {
                source.section = Some(section);
                Ok(section)
            }
            (None, None, None) => Err(Unassociated::UnknownStream),
        }
    }

    /// Whether a packet has a contributing source that is of a section: that gets a copy of it.
    #[must_use]
    pub fn has_contributor(&self, section: usize, packet: &Packet<'_>) -> bool {
        let mut sources = packet.csrc();
        sources.any(|ssrc| self.incoming(ssrc) == Some(section))
    }

    /// Takes what a compound packet says of its sources, all of it before any of it is associated:
    /// [`Bundle::is_for`] then says of each of its packets where it belongs.
    pub fn rtcp(&mut self, now: Instant, compound: &Compound<'_>) {
        self.sources
            .retain(|_, source| source.gone.is_none_or(|gone| now < gone));
        for packet in compound.packets() {
            match packet {
                RtcpPacket::SourceDescription(description) => self.learn(&description),
                RtcpPacket::Goodbye(bye) => {
                    for ssrc in bye.sources() {
                        if let Some(source) = self.sources.get_mut(&ssrc) {
                            source.gone = source.gone.or(Some(now + self.linger));
                        }
                    }
                }
                RtcpPacket::SenderReport(_)
                | RtcpPacket::ReceiverReport(_)
                | RtcpPacket::Extended(_)
                | RtcpPacket::Feedback(_)
                | RtcpPacket::ApplicationDefined(_)
                | RtcpPacket::Obsolete(_)
                | RtcpPacket::Unknown { .. } => {}
            }
        }
    }

    /// Forgets a source: who was silent for so long has left without a word (RFC 3550 §6.3.5).
    pub fn forget(&mut self, ssrc: Ssrc) {
        self.sources.remove(&ssrc);
    }

    /// Takes the MID items of an SDES packet. It counts as sent after all that arrived before it.
    fn learn(&mut self, description: &SourceDescription<'_>) {
        for chunk in description.chunks() {
            let mut items = chunk.items().filter(|item| item.kind == SdesKind::Mid);
            let Some(mid) = items.next().map(|item| item.text) else {
                continue;
            };
            // Here an unknown one changes nothing, other than in a packet with media.
            let Some(section) = self.section_of(mid) else {
                continue;
            };
            if let Some(source) = self.source(chunk.ssrc()) {
                source.updated = Some(source.latest);
                source.section = Some(section);
                source.name(mid);
            }
        }
    }

    /// Whether a packet of a compound is for a section, by the kind of the packet: whose it is, or
    /// about whom. One for no section has still to be dealt with as the RTP session does with any.
    #[must_use]
    pub fn is_for(&self, section: usize, packet: &RtcpPacket<'_>) -> bool {
        let from = |ssrc: Ssrc| self.incoming(ssrc) == Some(section);
        let about = |ssrc: Ssrc| self.is_outgoing(section, ssrc);
        match packet {
            RtcpPacket::SenderReport(report) => {
                report.blocks().any(|block| about(block.ssrc)) || from(report.ssrc())
            }
            RtcpPacket::ReceiverReport(report) => report.blocks().any(|block| about(block.ssrc)),
            RtcpPacket::SourceDescription(description) => {
                description.chunks().any(|chunk| from(chunk.ssrc()))
            }
            RtcpPacket::Goodbye(bye) => bye.sources().any(from),
            RtcpPacket::Extended(report) => is_about(report, about) || from(report.ssrc()),
            RtcpPacket::Feedback(packet) => is_to(packet, from, about),
            // Its application knows whom it is for.
            RtcpPacket::ApplicationDefined(_)
            | RtcpPacket::Obsolete(_)
            | RtcpPacket::Unknown { .. } => false,
        }
    }

    /// The section of a stream that arrives, as far as it is known.
    #[must_use]
    pub fn incoming(&self, ssrc: Ssrc) -> Option<usize> {
        self.sources.get(&ssrc)?.section
    }

    /// Whether a stream of ours is of a section.
    fn is_outgoing(&self, section: usize, ssrc: Ssrc) -> bool {
        let section = self.sections.get(section);
        section.is_some_and(|section| section.outgoing.contains(&ssrc))
    }

    /// Says under which SSRCs we send in a section by now.
    pub fn set_outgoing(&mut self, section: usize, sources: impl IntoIterator<Item = Ssrc>) {
        if let Some(section) = self.sections.get_mut(section) {
            section.outgoing.clear();
            section.outgoing.extend(sources);
        }
    }

    fn section_of(&self, mid: &[u8]) -> Option<usize> {
        self.sections
            .iter()
            .position(|section| *section.mid == *mid)
    }

    /// The section that has a payload type, if it is the only one: a number of several tells
    /// nothing.
    fn only_with(&self, number: PayloadType) -> Option<usize> {
        let sections = self.sections.iter().enumerate();
        let mut having = sections.filter(|(_, section)| section.payload_types.contains(&number));
        let (only, _) = having.next()?;
        having.next().is_none().then_some(only)
    }

    fn checked(&self, section: usize, number: PayloadType) -> Result<usize, Unassociated> {
        let has = |it: &BundleSection| it.payload_types.contains(&number);
        match self.sections.get(section).is_some_and(has) {
            true => Ok(section),
            false => Err(Unassociated::PayloadType),
        }
    }

    fn mid_in<'p>(&self, packet: &Packet<'p>) -> Option<&'p [u8]> {
        let number = self.mid_extension?;
        let mut elements = packet.extension()?.elements();
        elements.find(|it| it.id == number).map(|it| it.data)
    }

    /// What is known of a source, or is to be; `None` if there is no room for more.
    fn source(&mut self, ssrc: Ssrc) -> Option<&mut Source> {
        let is_full = self.sources.len() >= MOST_SOURCES;
        if is_full && !self.sources.contains_key(&ssrc) {
            return None;
        }
        Some(self.sources.entry(ssrc).or_default())
    }
}

/// Whether an extended report has a block about one of these sources.
fn is_about(report: &ExtendedReport<'_>, about: impl Fn(Ssrc) -> bool) -> bool {
    report.blocks().any(|block| match block {
        ExtendedReportBlock::LossRle(it) | ExtendedReportBlock::DuplicateRle(it) => {
            about(it.source)
        }
        ExtendedReportBlock::ReceiptTimes(it) => about(it.source),
        ExtendedReportBlock::StatisticsSummary(it) => about(it.source),
        ExtendedReportBlock::VoipMetrics(it) => about(it.source),
        ExtendedReportBlock::DelaysSinceReport(answers) => {
            answers.iter().any(|it| about(it.receiver))
        }
        ExtendedReportBlock::ReferenceTime(_) | ExtendedReportBlock::Unknown { .. } => false,
    })
}

/// Whether feedback is for whom these sources are `from`, or these of ours it is `about`.
fn is_to(
    packet: &FeedbackPacket<'_>,
    from: impl Fn(Ssrc) -> bool,
    about: impl Fn(Ssrc) -> bool,
) -> bool {
    match packet.feedback {
        // Requests: each entry names a stream that we send.
        Feedback::FullIntra(entries) => entries.iter().any(|it| about(it.ssrc)),
        Feedback::TradeOffRequest(entries) => entries.iter().any(|it| about(it.ssrc)),
        Feedback::MaxBitRateRequest(entries) => entries.iter().any(|it| about(it.ssrc)),
        Feedback::VideoBackChannel(entries) => entries.iter().any(|it| about(it.ssrc)),
        // Answers to requests: each entry names a stream that we receive.
        Feedback::TradeOffNotification(entries) => entries.iter().any(|it| from(it.ssrc)),
        Feedback::MaxBitRateNotification(entries) => entries.iter().any(|it| from(it.ssrc)),
        // The others say nothing but whose media they are about.
        Feedback::GenericNack(_)
        | Feedback::PictureLoss
        | Feedback::SliceLoss(_)
        | Feedback::ReferencePicture(_)
        | Feedback::Application(_)
        | Feedback::OtherTransport { .. }
        | Feedback::OtherPayload { .. } => about(packet.media_source),
    }
}

#[cfg(test)]
mod tests;
