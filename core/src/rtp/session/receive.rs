//! Data packets in (RFC 3550 §6.3.3, §8.2, A.1).

use core::net::SocketAddr;

use super::conflict::Channel;
use super::{Sent, Session, SessionEvent, State};
use crate::rtp::drops::DropReason;
use crate::rtp::jitter::media_ticks;
use crate::rtp::number::Ssrc;
use crate::rtp::packet::Packet;
use crate::rtp::source::{Arrival, Source};
use crate::time::Instant;

/// A data packet that belongs to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received<'a> {
    /// The packet.
    pub packet: Packet<'a>,
    /// What its sequence number says. A packet of a source on probation may be kept and used once
    /// the source is found valid (A.1); one that jumped is not to be used.
    pub arrival: Arrival,
}

impl Session {
    /// Takes one datagram of the data socket.
    ///
    /// # Errors
    /// [`DropReason`] says why it is not used; it was counted.
    pub fn receive<'a>(
        &mut self,
        now: Instant,
        from: SocketAddr,
        bytes: &'a [u8],
    ) -> Result<Received<'a>, DropReason> {
        match Packet::parse(bytes) {
            Ok(packet) => self.receive_packet(now, from, packet),
            Err(_) => self.drop_for(DropReason::NotRtp),
        }
    }

    /// As [`Session::receive`], for a caller who has looked into the packet already.
    ///
    /// # Errors
    /// [`DropReason`] says why it is not used; it was counted.
    pub fn receive_packet<'a>(
        &mut self,
        now: Instant,
        from: SocketAddr,
        packet: Packet<'a>,
    ) -> Result<Received<'a>, DropReason> {
        self.advance(now);
        if matches!(self.state, State::Ended) {
            return self.drop_for(DropReason::NotActive);
        }
        let ssrc = packet.ssrc();
        if self.is_own(ssrc) {
            return self.own_ssrc_heard(ssrc, Channel::Data, from);
        }
        let now = self.now;
        let member = match self.members.hear(now, ssrc, Channel::Data, from) {
            Ok(member) => member,
            Err(reason) => return self.drop_for(reason),
        };
        let source = member
            .source
            .get_or_insert_with(|| Source::new(packet.sequence()));
        let arrival = source.update(packet.sequence());
        match arrival {
            Arrival::OnProbation => self.drops.add(DropReason::Probation),
            Arrival::Jumped => self.drops.add(DropReason::SequenceJump),
            Arrival::Valid { .. } | Arrival::Started { .. } => {
                if matches!(arrival, Arrival::Started { .. }) {
                    member.jitter.resume();
                }
                let arrived = media_ticks(now, self.config.clock_rate);
                member.jitter.update(arrived, packet.timestamp());
                member.heard_data = Some(now);
                member.unreported = true;
                self.data_heard(ssrc, arrival, &packet);
            }
        }
        Ok(Received { packet, arrival })
    }

    /// Keeps the counts of members and senders (§6.3.3) after a packet that is beyond doubt.
    fn data_heard(&mut self, ssrc: Ssrc, arrival: Arrival, packet: &Packet<'_>) {
        let mut changed = self.members.validate(ssrc);
        changed |= self.members.mark_sender(ssrc);
        if matches!(arrival, Arrival::Started { .. }) {
            self.report_event(SessionEvent::SourceStarted { ssrc });
        }
        // §6.3.3: those a mixer lists are members as well. Our own name among them is no
        // collision: a mixer that hears us says so.
        for contributing in packet.csrc() {
            if self.is_own(contributing) {
                continue;
            }
            changed |= self.members.contribute(self.now, contributing);
        }
        if changed {
            self.update_counts();
        }
    }

    /// An SSRC of our own, from elsewhere (§8.2): a collision the first time, a loop from then on.
    pub(super) fn own_ssrc_heard<T>(
        &mut self,
        old: Ssrc,
        channel: Channel,
        from: SocketAddr,
    ) -> Result<T, DropReason> {
        if self.conflicts.note(self.now, channel, from) {
            return self.drop_for(DropReason::Loop);
        }
        // The candidate must not be one that somebody has.
        let new = loop {
            let candidate = Ssrc::new(self.rng.next_u32());
            if !self.is_own(candidate) && !self.members.contains(candidate) {
                break candidate;
            }
        };
        if old == self.ssrc {
            if self.sent.anything {
                self.abandoned = Some(old);
            }
            self.ssrc = new;
            self.sequence = super::first_sequence(&mut self.rng);
            if let Some(label) = &mut self.label {
                label.restart();
            }
            self.sent = Sent {
                clock: self.sent.clock,
                ..Sent::default()
            };
            self.report_event(SessionEvent::SsrcChanged { old, new });
        } else if let Some(old) = self.begin_repeating_as(new) {
            // RFC 4588 §4: of two streams only the one that collides leaves.
            self.abandoned = Some(old);
        }
        // The other keeps the identifier; its packets from now on are its own.
        let _ = self.members.hear(self.now, old, channel, from);
        self.drop_for(DropReason::OwnSsrc)
    }
}
