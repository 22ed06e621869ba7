//! Control packets out (RFC 3550 §6.1, §6.3.6, §6.3.7, §6.4).

use alloc::vec::Vec;

use super::{Session, SessionEvent, State};
use crate::rtp::early_feedback::RegularAction;
use crate::rtp::interval::Expiry;
use crate::rtp::jitter::ticks_of;
use crate::rtp::number::Ssrc;
use crate::rtp::rtcp::{
    CompoundWriter, ReportBlock, RtcpWriteError, SdesItem, SdesKind, SenderInfo,
};
use crate::time::Instant;

/// What a path is sure to carry in one piece, less UDP and IP.
const MTU: usize = 1200;
/// §6.3.9: items besides CNAME go out with every so many reports.
const TOOL_EVERY: u32 = 8;

impl Session {
    /// Puts the compound packet that is due into `bytes`, and says whether one was.
    pub fn poll_rtcp(&mut self, now: Instant, bytes: &mut Vec<u8>) -> bool {
        self.advance(now);
        if let Some(old) = self.abandoned.take() {
            return self.write_goodbye(old, b"ssrc collision", bytes);
        }
        match &mut self.state {
            State::Idle | State::Ended => false,
            State::Leaving { back_off, reason } => {
                if let Some(schedule) = back_off {
                    if !is_due(schedule.deadline(), self.now)
                        || schedule.expire(self.now, &mut self.rng) == Expiry::Later
                    {
                        return false;
                    }
                }
                let reason = core::mem::take(reason);
                let written = self.write_goodbye(self.ssrc, &reason, bytes);
                self.state = State::Ended;
                self.report_event(SessionEvent::Left);
                written
            }
            State::Member(schedule) => {
                if let Some(exchange) = &self.feedback {
                    if is_due(exchange.early_due(), self.now) {
                        return self.write_early(bytes);
                    }
                }
                if !is_due(schedule.deadline(), self.now) {
                    return false;
                }
                self.expire_members();
                self.watch_silence();
                let State::Member(schedule) = &mut self.state else {
                    return false;
                };
                if schedule.expire(self.now, &mut self.rng) == Expiry::Later {
                    return false;
                }
                let action = self.regular_action();
                let written = match action {
                    RegularAction::Report => self.write_report(bytes),
                    RegularAction::Feedback => self.write_minimal(bytes),
                    RegularAction::Suppress => false,
                };
                let size = self.size_on_network(bytes.len());
                self.update_counts();
                if let State::Member(schedule) = &mut self.state {
                    match action {
                        RegularAction::Report | RegularAction::Feedback => {
                            schedule.sent(self.now, size, &mut self.rng);
                        }
                        RegularAction::Suppress => schedule.suppressed(self.now, &mut self.rng),
                    }
                    if let (Some(exchange), Some(planned)) =
                        (&mut self.feedback, schedule.planned())
                    {
                        exchange.regular_done(action, planned.interval);
                    }
                }
                written
            }
        }
    }

    /// What is to go out at tn (RFC 4585 §3.5.3): in plain RTP/AVP the whole report.
    fn regular_action(&mut self) -> RegularAction {
        let State::Member(schedule) = &self.state else {
            return RegularAction::Report;
        };
        match (&mut self.feedback, schedule.planned()) {
            (Some(exchange), Some(planned)) => exchange.regular(planned, self.rng.next_u32()),
            (None, _) | (_, None) => RegularAction::Report,
        }
    }

    /// Feedback that does not wait for the regular report (RFC 4585 §3.5.2 step 6).
    fn write_early(&mut self, bytes: &mut Vec<u8>) -> bool {
        let written = self.write_minimal(bytes);
        let size = self.size_on_network(bytes.len());
        if let (State::Member(schedule), Some(exchange)) = (&mut self.state, &mut self.feedback) {
            if let Some(planned) = schedule.planned() {
                schedule.early_sent(exchange.early_sent(planned), size);
            }
        }
        written
    }

    /// The least compound packet there is around feedback: a report without blocks, and the CNAME
    /// (RFC 4585 §3.1).
    fn write_minimal(&mut self, bytes: &mut Vec<u8>) -> bool {
        let info = self.sender_info();
        // Lent to itself, so that it can write between what is ours.
        let mut exchange = self.feedback.take();
        let cname = self.cname();
        let written = write_into(bytes, |out| {
            let mut out = CompoundWriter::new(out);
            out.report(self.ssrc, info.as_ref(), &[])
                .source_description(self.ssrc, [cname]);
            if let Some(exchange) = &mut exchange {
                exchange.write(self.ssrc, &mut out);
            }
            out.finish()
        });
        self.feedback = exchange;
        self.sent.anything |= written;
        written
    }

    /// §6.3.5, once per interval, with reverse reconsideration if anyone went.
    fn expire_members(&mut self) {
        let State::Member(schedule) = &self.state else {
            return;
        };
        let (member_span, sender_span) = (schedule.member_timeout(), schedule.sender_timeout());
        if !self.conflicts.is_empty() {
            // Five intervals twice: "on the order of 10".
            self.conflicts
                .expire(self.now, member_span.saturating_mul(2));
        }
        if self.members.is_empty() {
            self.update_counts();
            return;
        }
        let mut gone = Vec::new();
        self.members
            .expire(self.now, member_span, sender_span, |ssrc| gone.push(ssrc));
        for ssrc in gone {
            self.report_event(SessionEvent::TimedOut { ssrc });
        }
        self.update_counts();
        if let State::Member(schedule) = &mut self.state {
            schedule.reconsider(self.now);
        }
    }

    /// SR or RR, and SDES.
    fn write_report(&mut self, bytes: &mut Vec<u8>) -> bool {
        let info = self.sender_info();
        let blocks = self.report_blocks();
        let tool = match &self.config.tool {
            Some(tool) if self.sent.reports % TOOL_EVERY == 0 => Some(SdesItem {
                kind: SdesKind::Tool,
                text: tool.as_bytes(),
            }),
            _ => None,
        };
        let mut exchange = self.feedback.take();
        let clock = exchange.as_ref().and_then(|_| self.sender_clock());
        let cname = self.cname();
        // RFC 9143 §15: in the first reports and regularly from then on.
        let mid = self.label.as_ref().map(|label| label.item());
        let size = write_into(bytes, |out| {
            let mut out = CompoundWriter::new(out);
            let items = [cname].into_iter().chain(mid).chain(tool);
            out.report(self.ssrc, info.as_ref(), &blocks)
                .source_description(self.ssrc, items);
            if let Some(exchange) = &mut exchange {
                let items = [cname].into_iter().chain(mid);
                Self::write_feedback(&mut **exchange, self.ssrc, clock, items, &mut out);
            }
            out.finish()
        });
        self.feedback = exchange;
        self.sent.since_previous_report = core::mem::take(&mut self.sent.since_report);
        self.sent.reports = self.sent.reports.wrapping_add(1);
        self.sent.anything |= size;
        size
    }

    /// RR or SR, SDES, BYE: even then the compound packet is whole (§6.1).
    fn write_goodbye(&mut self, ssrc: Ssrc, reason: &[u8], bytes: &mut Vec<u8>) -> bool {
        // After a collision the counts are the new identifier's; the old one leaves with an RR.
        let info = if ssrc == self.ssrc {
            self.sender_info()
        } else {
            None
        };
        // RFC 4588 §6.1: the stream of what was sent again ends with ours.
        let repeats = self.feedback.as_ref().map(|it| *it.stream_seen());
        let repeats = repeats.filter(|it| it.has_sent() && ssrc == self.ssrc);
        let sources: &[Ssrc] = match repeats {
            Some(repeats) => &[ssrc, repeats.ssrc],
            None => &[ssrc],
        };
        let cname = self.cname();
        write_into(bytes, |out| {
            CompoundWriter::new(out)
                .report(ssrc, info.as_ref(), &[])
                .source_description(ssrc, [cname])
                .goodbye(sources, reason)
                .finish()
        })
    }

    fn cname(&self) -> SdesItem<'_> {
        let text = self.config.cname.as_bytes();
        SdesItem {
            kind: SdesKind::Cname,
            text: text.get(..text.len().min(255)).unwrap_or(text),
        }
    }

    /// What an SR says, if one is due: data went out since the last report or the one before it
    /// (§6.4).
    fn sender_info(&self) -> Option<SenderInfo> {
        let is_due = self.sent.since_report || self.sent.since_previous_report;
        is_due.then(|| self.sender_clock())?
    }

    /// The same whether one is due or not, once anything went out.
    fn sender_clock(&self) -> Option<SenderInfo> {
        let (sampled, timestamp) = self.sent.clock?;
        // §6.4.1: the timestamp of this very moment, carried on from the last sampling instant;
        // no packet need ever have had it.
        let since = self.now.saturating_duration_since(sampled);
        let ticks = ticks_of(since, self.config.clock_rate) as u32;
        Some(SenderInfo {
            ntp: self.ntp(self.now),
            timestamp: timestamp.wrapping_add(ticks),
            packets: self.sent.packets,
            octets: self.sent.octets,
        })
    }

    /// A block for each source heard since the last report, as many as may go into one packet,
    /// and next time the others (§6.1).
    fn report_blocks(&mut self) -> Vec<ReportBlock> {
        let room = self.config.max_report_blocks;
        let after = self.members.cursor();
        let chosen: Vec<Ssrc> = self.members.unreported(after).take(room).collect();
        if let Some(last) = chosen.last() {
            self.members.set_cursor(*last);
        }
        let now = self.now;
        let mut blocks = Vec::with_capacity(chosen.len());
        for ssrc in chosen {
            let Some(member) = self.members.get_mut(ssrc) else {
                continue;
            };
            let Some(source) = &mut member.source else {
                continue;
            };
            let loss = source.report();
            let (lsr, dlsr) = match member.last_report {
                Some((info, came)) => (info.middle_ntp(), delay_since(now, came)),
                None => (0, 0),
            };
            blocks.push(ReportBlock {
                ssrc,
                fraction_lost: loss.fraction_lost,
                cumulative_lost: loss.cumulative_lost,
                extended_highest_sequence: source.extended_highest_sequence(),
                jitter: member.jitter.ticks(),
                lsr,
                dlsr,
            });
            member.unreported = false;
        }
        blocks
    }

    /// §6.3.2: the probable size of the first report: an empty RR and the CNAME.
    pub(super) fn first_report_size(&self) -> usize {
        let chunk = self.config.cname.len().saturating_add(12) & !3;
        self.size_on_network(chunk.saturating_add(12))
    }

    pub(super) fn goodbye_size(&self, reason: &[u8]) -> usize {
        let goodbye = reason.len().saturating_add(12) & !3;
        self.first_report_size().saturating_add(goodbye)
    }
}

fn is_due(deadline: Option<Instant>, now: Instant) -> bool {
    deadline.is_some_and(|deadline| deadline <= now)
}

/// DLSR: the time since, in 1/65536 s.
fn delay_since(now: Instant, came: Instant) -> u32 {
    let units = ticks_of(now.saturating_duration_since(came), 65_536);
    u32::try_from(units).unwrap_or(u32::MAX)
}

/// Lends `bytes` as a slice and cuts it to what was written; whether anything was.
fn write_into(
    bytes: &mut Vec<u8>,
    write: impl FnOnce(&mut [u8]) -> Result<usize, RtcpWriteError>,
) -> bool {
    bytes.clear();
    bytes.resize(MTU, 0);
    let size = write(bytes).unwrap_or(0);
    bytes.truncate(size);
    size > 0
}
