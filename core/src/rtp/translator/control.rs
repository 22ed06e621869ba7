//! RTCP through a translator (RFC 3550 §7.2).

use core::net::SocketAddr;

use super::machine::{TranslateError, Translator};
use super::sources::{Channel, Origin, Refusal, Sent};
use super::translation::Translation;
use crate::rtp::number::Ssrc;
use crate::rtp::rtcp::{
    Compound, CompoundWriter, Feedback, FeedbackPacket, Goodbye, RtcpPacket, RtcpWriteError,
    SdesItem, SdesKind, SourceDescription,
};
use crate::time::Instant;

/// Sources of a goodbye.
const MOST_OF_ONE: usize = 31;

/// A compound RTCP packet of which something may go on.
#[derive(Clone, Copy, Debug)]
pub struct Control<'a> {
    compound: Compound<'a>,
    origin: Origin,
    is_whole: bool,
}

impl Translator {
    /// Takes an RTCP packet that came in a cloud.
    ///
    /// # Errors
    /// [`Refusal`]: nothing of it is to be forwarded.
    pub fn receive_rtcp<'a>(
        &mut self,
        now: Instant,
        cloud: usize,
        from: SocketAddr,
        bytes: &'a [u8],
    ) -> Result<Control<'a>, Refusal> {
        let origin = self.origin(cloud, Channel::Control, from)?;
        let parse = match self.limits.reduced_size {
            true => Compound::parse_reduced_size,
            false => Compound::parse,
        };
        let compound = parse(bytes).map_err(|_| Refusal::Malformed)?;
        let mut is_whole = true;
        for (at, packet) in compound.packets().enumerate() {
            let taken = self.take(now, origin, &packet);
            is_whole &= taken.is_ok();
            if at == 0 {
                // §6.1: the rest would be no compound packet without its report.
                taken?;
            }
        }
        Ok(Control {
            compound,
            origin,
            is_whole,
        })
    }

    /// §8.2: "each element with its own SSRC identifier, for example an SDES chunk, requires a
    /// separate lookup".
    fn take(
        &mut self,
        now: Instant,
        origin: Origin,
        packet: &RtcpPacket<'_>,
    ) -> Result<(), Refusal> {
        let sources = &mut self.sources;
        match packet {
            RtcpPacket::SenderReport(report) => {
                let known = sources.admit(now, origin, report.ssrc(), None)?;
                known.numbers.time(report.info().timestamp);
            }
            RtcpPacket::ReceiverReport(report) => {
                sources.admit(now, origin, report.ssrc(), None)?;
            }
            RtcpPacket::SourceDescription(description) => {
                let mut all = Ok(());
                for chunk in description.chunks() {
                    let taken = sources.admit(now, origin, chunk.ssrc(), chunk.cname());
                    all = all.and(taken.map(drop));
                }
                return all;
            }
            RtcpPacket::Goodbye(goodbye) => {
                let mut all = Ok(());
                for ssrc in goodbye.sources() {
                    let taken = sources.admit(now, origin, ssrc, None).map(drop);
                    if taken.is_ok() {
                        sources.leave(ssrc);
                    }
                    all = all.and(taken);
                }
                return all;
            }
            RtcpPacket::ApplicationDefined(app) => {
                sources.admit(now, origin, app.ssrc, None)?;
            }
            RtcpPacket::Feedback(feedback) => {
                sources.admit(now, origin, feedback.sender, None)?;
            }
            RtcpPacket::Extended(report) => {
                sources.admit(now, origin, report.ssrc(), None)?;
            }
            RtcpPacket::Obsolete(_) | RtcpPacket::Unknown { .. } => {}
        }
        Ok(())
    }

    /// Writes what of an RTCP packet goes into another cloud, and says how long that is: 0 for
    /// nothing.
    ///
    /// # Errors
    /// [`TranslateError`].
    pub fn send_rtcp(
        &mut self,
        to: usize,
        control: &Control<'_>,
        out: &mut [u8],
    ) -> Result<usize, TranslateError> {
        let from = control.origin.cloud;
        let way = self.way(from, to).ok_or(TranslateError::NoCloud)?;
        let is_cname_alone = way.is_cname_alone();
        // §7.2: "A translator that does not modify the data packets MAY simply forward RTCP packets
        // unmodified as well"; one that does "MUST NOT".
        let is_plain = self.translations.iter().all(Translation::is_plain);
        let size = if is_plain && control.is_whole {
            let bytes = control.compound.as_bytes();
            let place = out.get_mut(..bytes.len());
            let error = TranslateError::Control(RtcpWriteError::BufferTooSmall);
            place.ok_or(error)?.copy_from_slice(bytes);
            bytes.len()
        } else {
            // Each report in a packet of its own, none aggregated: that would reduce the accuracy of
            // what LSR and DLSR measure.
            let mut writer = CompoundWriter::reduced_size(out);
            for packet in control.compound.packets() {
                self.translate(to, control, is_cname_alone, &packet, &mut writer);
            }
            writer.finish().map_err(TranslateError::Control)?
        };
        self.note_sent(to, control);
        Ok(size)
    }

    /// Notes which sources a cloud has heard of by now.
    fn note_sent(&mut self, to: usize, control: &Control<'_>) {
        for packet in control.compound.packets() {
            match packet {
                RtcpPacket::SenderReport(report) => self.note(to, control, report.ssrc(), true),
                RtcpPacket::ReceiverReport(report) => self.note(to, control, report.ssrc(), true),
                RtcpPacket::SourceDescription(description) => {
                    for chunk in description.chunks() {
                        self.note(to, control, chunk.ssrc(), true);
                    }
                }
                RtcpPacket::Goodbye(goodbye) => {
                    for ssrc in goodbye.sources() {
                        self.note(to, control, ssrc, false);
                    }
                }
                RtcpPacket::ApplicationDefined(_)
                | RtcpPacket::Feedback(_)
                | RtcpPacket::Extended(_)
                | RtcpPacket::Obsolete(_)
                | RtcpPacket::Unknown { .. } => {}
            }
        }
    }

    fn note(&mut self, to: usize, control: &Control<'_>, ssrc: Ssrc, is_known: bool) {
        if self.sources.is_of(ssrc, control.origin) {
            let known = self.sources.get_mut(ssrc);
            if let Some(sent) = known.and_then(|known| known.sent(to)) {
                sent.is_known = is_known;
            }
        }
    }

    /// Writes one packet of a compound as it goes into another cloud.
    fn translate(
        &self,
        to: usize,
        control: &Control<'_>,
        is_cname_alone: bool,
        packet: &RtcpPacket<'_>,
        writer: &mut CompoundWriter<'_>,
    ) {
        let origin = control.origin;
        let is_its = |ssrc: Ssrc| self.sources.is_of(ssrc, origin);
        match packet {
            // §7.2: "does not generate its own sender information, but forwards the SR packets
            // received from one cloud to the others. The SSRC is left intact".
            RtcpPacket::SenderReport(report) if is_its(report.ssrc()) => {
                let info = self.sender_info(to, origin.cloud, report.ssrc(), report.info());
                self.report(
                    to,
                    origin.cloud,
                    report.ssrc(),
                    Some(&info),
                    report.blocks(),
                    writer,
                );
            }
            // §7.2: "forwards reception reports received from one cloud to the others".
            RtcpPacket::ReceiverReport(report) if is_its(report.ssrc()) => {
                self.report(
                    to,
                    origin.cloud,
                    report.ssrc(),
                    None,
                    report.blocks(),
                    writer,
                );
            }
            RtcpPacket::SourceDescription(description) => {
                self.describe(origin, is_cname_alone, description, writer);
            }
            RtcpPacket::Goodbye(goodbye) => self.goodbye(origin, goodbye, writer),
            // §7.2: "forward APP packets unchanged".
            RtcpPacket::ApplicationDefined(app) if is_its(app.ssrc) => {
                writer.application(app);
            }
            RtcpPacket::Feedback(feedback) if is_its(feedback.sender) => {
                if self.makes_sense(to, origin.cloud, feedback) {
                    writer.feedback(feedback);
                }
            }
            // Of a source from elsewhere; and what reports on single packets, or is not known, makes
            // no sense where packets are others.
            RtcpPacket::SenderReport(_)
            | RtcpPacket::ReceiverReport(_)
            | RtcpPacket::ApplicationDefined(_)
            | RtcpPacket::Feedback(_)
            | RtcpPacket::Extended(_)
            | RtcpPacket::Obsolete(_)
            | RtcpPacket::Unknown { .. } => {}
        }
    }

    /// §7.2, SDES: "forward without change", or "filter non-CNAME SDES information if bandwidth is
    /// limited. The CNAMEs MUST be forwarded to allow SSRC identifier collision detection to work."
    fn describe(
        &self,
        origin: Origin,
        is_cname_alone: bool,
        description: &SourceDescription<'_>,
        writer: &mut CompoundWriter<'_>,
    ) {
        for chunk in description.chunks() {
            if self.sources.is_of(chunk.ssrc(), origin) {
                let items = chunk.items();
                let items = items.filter(|it| !is_cname_alone || it.kind == SdesKind::Cname);
                writer.source_description(chunk.ssrc(), items);
            }
        }
    }

    /// §7.2, BYE: "forward BYE packets unchanged"; less the sources that are somebody else's (§8.2).
    fn goodbye(&self, origin: Origin, goodbye: &Goodbye<'_>, writer: &mut CompoundWriter<'_>) {
        let mut names = [Ssrc::new(0); MOST_OF_ONE];
        let mut count = 0_usize;
        let its = goodbye.sources();
        let its = its.filter(|ssrc| self.sources.is_of(*ssrc, origin));
        for (place, ssrc) in names.iter_mut().zip(its) {
            *place = ssrc;
            count = count.saturating_add(1);
        }
        let names = names.get(..count).unwrap_or_default();
        if !names.is_empty() || goodbye.sources().len() == 0 {
            writer.goodbye(names, goodbye.reason().unwrap_or_default());
        }
    }

    /// Whether feedback on a source means the same where it goes: what names packets or parts of a
    /// picture does not where those are others.
    fn makes_sense(&self, to: usize, from: usize, feedback: &FeedbackPacket<'_>) -> bool {
        let home = self
            .sources
            .get(feedback.media_source)
            .map(|known| known.cloud);
        let keeps = |cloud: usize| {
            let way = home.and_then(|home| self.way(home, cloud));
            way.is_none_or(Translation::keeps_data)
        };
        match feedback.feedback {
            Feedback::PictureLoss
            | Feedback::FullIntra(_)
            | Feedback::MaxBitRateRequest(_)
            | Feedback::MaxBitRateNotification(_)
            | Feedback::TradeOffRequest(_)
            | Feedback::TradeOffNotification(_)
            | Feedback::Application(_) => true,
            Feedback::GenericNack(_)
            | Feedback::SliceLoss(_)
            | Feedback::ReferencePicture(_)
            | Feedback::VideoBackChannel(_)
            | Feedback::OtherTransport { .. }
            | Feedback::OtherPayload { .. } => home.is_some() && keeps(from) && keeps(to),
        }
    }

    /// Says goodbye for sources that were forwarded to a cloud, because the translator ceases to
    /// (§7.2): a packet for some of them, to be called until there is none, which is told by 0. A
    /// session of the translator's own says its own goodbye.
    ///
    /// # Errors
    /// [`TranslateError`].
    pub fn cease(&mut self, to: usize, out: &mut [u8]) -> Result<usize, TranslateError> {
        let mut names = [Ssrc::new(0); MOST_OF_ONE];
        let mut count = 0_usize;
        let told = self.sources.iter_mut();
        let is_known = |sent: &Sent| sent.is_known;
        let told = told.filter(|known| known.sent.get(to).is_some_and(is_known));
        for (place, known) in names.iter_mut().zip(told) {
            *place = known.ssrc;
            count = count.saturating_add(1);
        }
        let names = names.get(..count).unwrap_or_default();
        let Some(first) = names.first() else {
            return Ok(0);
        };
        // §6.1: a compound packet begins with a report and says who sends it.
        let cname = self.sources.get(*first).and_then(|known| known.cname());
        let kind = SdesKind::Cname;
        let cname = cname.map(|text| SdesItem { kind, text });
        let mut writer = CompoundWriter::reduced_size(out);
        writer.report(*first, None, &[]);
        if cname.is_some() {
            writer.source_description(*first, cname);
        }
        writer.goodbye(names, &[]);
        let size = writer.finish().map_err(TranslateError::Control)?;
        for ssrc in names {
            let known = self.sources.get_mut(*ssrc);
            if let Some(sent) = known.and_then(|known| known.sent.get_mut(to)) {
                sent.is_known = false;
            }
        }
        Ok(size)
    }
}
