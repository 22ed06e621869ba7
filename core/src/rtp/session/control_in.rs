//! Control packets in (RFC 3550 §6.3.3, §6.3.4, §6.4, §6.5, §6.6).

use core::net::SocketAddr;
use core::time::Duration;

use super::conflict::Channel;
use super::{RemoteReport, Session, SessionEvent, State};
use crate::rtp::drops::DropReason;
use crate::rtp::jitter::span_of;
use crate::rtp::number::Ssrc;
use crate::rtp::rtcp::{
    Compound, Goodbye, ReportBlock, RtcpPacket, SenderInfo, SourceDescription, round_trip,
};
use crate::time::Instant;

impl Session {
    /// Takes one datagram of the control socket.
    ///
    /// # Errors
    /// [`DropReason`] says why it is not used; it was counted.
    pub fn receive_rtcp(
        &mut self,
        now: Instant,
        from: SocketAddr,
        bytes: &[u8],
    ) -> Result<(), DropReason> {
        self.advance(now);
        if matches!(self.state, State::Idle | State::Ended) {
            return self.drop_for(DropReason::NotActive);
        }
        let Ok(compound) = Compound::parse(bytes) else {
            return self.drop_for(DropReason::NotRtcp);
        };
        let size = self.size_on_network(bytes.len());
        let mut has_goodbye = false;
        for packet in compound.packets() {
            match packet {
                RtcpPacket::SenderReport(report) => {
                    let info = Some(report.info());
                    self.report_heard(from, report.ssrc(), info, report.blocks())?;
                }
                RtcpPacket::ReceiverReport(report) => {
                    self.report_heard(from, report.ssrc(), None, report.blocks())?;
                }
                RtcpPacket::SourceDescription(description) => {
                    self.description_heard(from, &description)?;
                }
                RtcpPacket::Goodbye(goodbye) => {
                    has_goodbye = true;
                    self.goodbye_heard(from, &goodbye);
                }
                RtcpPacket::Feedback(feedback) => {
                    let own = self.ssrc;
                    if let Some(exchange) = &mut self.feedback {
                        exchange.heard(own, &feedback);
                    }
                }
                // §6.7: unrecognised names are ignored, and this end knows none. §6.1: so are
                // unknown types.
                RtcpPacket::ApplicationDefined(_)
                | RtcpPacket::Extended(_)
                | RtcpPacket::Obsolete(_)
                | RtcpPacket::Unknown { .. } => {}
            }
        }
        if let State::Member(schedule)
        | State::Leaving {
            back_off: Some(schedule),
            ..
        } = &mut self.state
        {
            if has_goodbye {
                schedule.received_bye(size);
            } else {
                schedule.received(size);
            }
        }
        self.update_counts();
        if has_goodbye {
            if let State::Member(schedule) = &mut self.state {
                schedule.reconsider(self.now);
            }
        }
        Ok(())
    }

    fn report_heard(
        &mut self,
        from: SocketAddr,
        ssrc: Ssrc,
        info: Option<SenderInfo>,
        mut blocks: impl Iterator<Item = ReportBlock>,
    ) -> Result<(), DropReason> {
        let now = self.now;
        if self.is_own(ssrc) {
            return self.own_ssrc_heard(ssrc, Channel::Control, from);
        }
        match self.members.hear(now, ssrc, Channel::Control, from) {
            Ok(member) => {
                if let Some(info) = info {
                    member.last_report = Some((info, now));
                }
            }
            Err(reason) => return self.drop_for(reason),
        }
        let own = self.ssrc;
        if let Some(block) = blocks.find(|block| block.ssrc == own) {
            let arrival = (self.ntp(now) >> 16) as u32;
            let round_trip = round_trip(arrival, &block).map(compact_ntp_span);
            self.report_event(SessionEvent::Reported(RemoteReport {
                reporter: ssrc,
                fraction_lost: block.fraction_lost,
                cumulative_lost: block.cumulative_lost,
                jitter: span_of(u64::from(block.jitter), self.config.clock_rate),
                round_trip,
            }));
            self.watch_report(&block, round_trip);
            self.mid_reported(&block);
        }
        Ok(())
    }

    fn description_heard(
        &mut self,
        from: SocketAddr,
        description: &SourceDescription<'_>,
    ) -> Result<(), DropReason> {
        for chunk in description.chunks() {
            let Some(cname) = chunk.cname() else {
                continue;
            };
            if self.is_own(chunk.ssrc()) {
                return self.own_ssrc_heard(chunk.ssrc(), Channel::Control, from);
            }
            let heard = self
                .members
                .hear(self.now, chunk.ssrc(), Channel::Control, from);
            match heard {
                // §8.2: behind one address, differing names are what tells two sources apart. The
                // first one keeps the identifier.
                Ok(member) if member.cname.as_deref().is_some_and(|known| known != cname) => {
                    self.drops.add(DropReason::Collision);
                }
                Ok(member) => {
                    if member.cname.is_none() {
                        member.cname = Some(cname.into());
                    }
                    for item in chunk.items() {
                        member.describe(&item);
                    }
                    // §6.2.1: a CNAME makes a member believable.
                    self.members.validate(chunk.ssrc());
                }
                Err(reason) => self.drops.add(reason),
            }
        }
        Ok(())
    }

    fn goodbye_heard(&mut self, from: SocketAddr, goodbye: &Goodbye<'_>) {
        for ssrc in goodbye.sources() {
            if self.is_own(ssrc) || !self.members.contains(ssrc) {
                continue;
            }
            // §8.2: a BYE counts only from the address the member is known by.
            match self.members.hear(self.now, ssrc, Channel::Control, from) {
                Ok(_) => {
                    if self.members.leave(self.now, ssrc) {
                        self.report_event(SessionEvent::SourceLeft { ssrc });
                    }
                }
                Err(reason) => self.drops.add(reason),
            }
        }
    }

    /// The NTP timestamp of an instant. Without a wall clock it is that of the driver's own clock,
    /// which §6.4.1 allows: differences hold, absolute times do not.
    pub(super) fn ntp(&self, now: Instant) -> u64 {
        match self.clock.at(now) {
            Some(unix) => unix.to_ntp(),
            None => {
                let nanos = now.as_nanos();
                let fraction = ((nanos % 1_000_000_000) << 32) / 1_000_000_000;
                ((nanos / 1_000_000_000) << 32) | fraction
            }
        }
    }
}

/// A span in 1/65536 s.
fn compact_ntp_span(span: u32) -> Duration {
    let nanos = u64::from(span).saturating_mul(1_000_000_000) >> 16;
    Duration::from_nanos(nanos)
}
