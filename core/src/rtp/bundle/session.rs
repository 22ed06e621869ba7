//! The RTP session that the streams of a bundle share (RFC 9143 §9.1): its tables, and for each
//! section a participant, as each SSRC of an endpoint is one (RFC 8108 §5.1).
//!
//! ```text
//!   RTP in ──▶ [tables] ─ section ─▶ its participant ──▶ the packet, and for which section it is
//!   RTCP in ─▶ [tables] ───────────▶ each participant ─▶ what of it is for which section
//!   section, media ────────────────▶ its participant ──▶ RTP out, with the MID while that is needed
//! ```
//!
//! Each participant reports on what its own section receives, and counts all others as members. The
//! reports of several are not put into one compound, which not every peer would count right
//! (RFC 8108 §5.3.1).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::{Bundle, BundleSection, Unassociated};
use crate::machine::{FlowId, Input, Machine, Output};
use crate::rng::Rng;
use crate::rtp::drops::{DropReason, Drops};
use crate::rtp::interval::Bandwidth;
use crate::rtp::number::{PayloadType, Ssrc};
use crate::rtp::packet::Packet;
use crate::rtp::rtcp::{Compound, RtcpPacket, is_rtcp};
use crate::rtp::session::{
    AFTER_GOODBYE, Media, Received, SendError, Session, SessionConfig, SessionEvent, SessionMid,
};
use crate::time::{Instant, WallClock};

/// A section of a bundle, as offer and answer have agreed on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundledSection {
    /// Its identification-tag (`a=mid`), of 1 to 255 octets.
    pub mid: Box<[u8]>,
    /// The payload types it is received with.
    pub payload_types: Vec<PayloadType>,
    /// Sources of it that the peer has announced (`a=ssrc`, RFC 5576).
    pub incoming: Vec<Ssrc>,
    /// Its participant. The reports of all may take what the sections allow together (RFC 8859 §5).
    pub session: SessionConfig,
}

/// A data packet, and for which section it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BundledPacket<'a> {
    /// The place of the section in the list it was given in.
    pub section: usize,
    /// The packet.
    pub received: Received<'a>,
}

/// A compound packet that the session has taken.
#[derive(Clone, Copy, Debug)]
pub struct BundledReport<'s, 'p> {
    tables: &'s Bundle,
    compound: Compound<'p>,
}

impl<'p> BundledReport<'_, 'p> {
    /// What of it is for a section (RFC 9143 §9.2), in order.
    pub fn packets_for(&self, section: usize) -> impl Iterator<Item = RtcpPacket<'p>> {
        let packets = self.compound.packets();
        packets.filter(move |packet| self.tables.is_for(section, packet))
    }
}

/// What the session tells, and of which section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BundledEvent {
    /// The place of the section. Of a source that is of no section it is the first.
    pub section: usize,
    /// What.
    pub event: SessionEvent,
}

/// The RTP session of a bundle. From whom packets are taken, and what they are protected with, is
/// the same for all of it, and for the caller to see to.
#[derive(Debug)]
pub struct BundledSession {
    tables: Bundle,
    /// By section.
    participants: Vec<Session>,
    /// Those of sections that are gone, until they have said so.
    leaving: Vec<Session>,
    is_joined: bool,
    route: Option<(FlowId, SocketAddr)>,
    report_overhead: usize,
    now: Instant,
    clock: WallClock,
    rng: Rng,
    drops: Drops,
}

impl BundledSession {
    /// A session that has not been joined yet. `mid_extension` is the number that header extensions
    /// with a MID were agreed on with, and `rng` decides the SSRCs.
    #[must_use]
    pub fn new(sections: Vec<BundledSection>, mid_extension: Option<u8>, rng: Rng) -> Self {
        let mut session = Self {
            tables: Bundle::new(Vec::new(), mid_extension, AFTER_GOODBYE),
            participants: Vec::new(),
            leaving: Vec::new(),
            is_joined: false,
            route: None,
            report_overhead: 0,
            now: Instant::ZERO,
            clock: WallClock::default(),
            rng,
            drops: Drops::default(),
        };
        session.set_sections(Instant::ZERO, sections, mid_extension);
        session
    }

    /// Takes what another exchange of descriptions has agreed on. A section that stays, under its
    /// name, keeps its participant, SSRC and all; one that is gone says goodbye.
    pub fn set_sections(
        &mut self,
        now: Instant,
        sections: Vec<BundledSection>,
        mid_extension: Option<u8>,
    ) {
        self.now = self.now.max(now);
        let bandwidth = sections.iter().map(|section| section.session.bandwidth);
        let bandwidth = bandwidth.fold(Bandwidth::NONE, Bandwidth::together);
        let names = self.tables.sections().iter().map(|it| it.mid.clone());
        let mut before: Vec<(Box<[u8]>, Session)> =
            names.zip(core::mem::take(&mut self.participants)).collect();
        let mut tables = Vec::with_capacity(sections.len());
        for section in sections {
            let stays = before.iter().position(|(mid, _)| *mid == section.mid);
            let mut participant = match stays {
                Some(at) => before.swap_remove(at).1,
                None => self.begin(section.session, bandwidth),
            };
            participant.set_bandwidth(self.now, bandwidth);
            participant.set_mid(SessionMid::new(&section.mid, mid_extension));
            self.participants.push(participant);
            tables.push(BundleSection {
                mid: section.mid,
                payload_types: section.payload_types,
                incoming: section.incoming,
                outgoing: Vec::new(),
            });
        }
        self.tables.set_sections(tables);
        self.tables.set_mid_extension(mid_extension);
        for (_, mut participant) in before {
            participant.leave(self.now, b"");
            self.leaving.push(participant);
        }
    }

    /// A participant under an SSRC that no other has.
    fn begin(&mut self, mut config: SessionConfig, bandwidth: Bandwidth) -> Session {
        config.bandwidth = bandwidth;
        let mut participant = loop {
            let candidate = Session::new(config.clone(), self.rng.fork());
            if self.own(candidate.ssrc()).is_none() {
                break candidate;
            }
        };
        if let Some((flow, to)) = self.route {
            participant.set_route(flow, to);
        }
        participant.set_report_overhead(self.report_overhead);
        if let Some(unix) = self.clock.at(self.now) {
            participant.handle_input(self.now, Input::WallClock { unix });
        }
        if self.is_joined {
            participant.join(self.now);
        }
        participant
    }

    /// Joins: from now on reports are due (RFC 3550 §6.3.2). Joining twice changes nothing.
    pub fn join(&mut self, now: Instant) {
        self.now = self.now.max(now);
        self.is_joined = true;
        for participant in &mut self.participants {
            participant.join(self.now);
        }
    }

    /// Says where reports go: out of which socket, to which address. It is where media go as well
    /// (RFC 9143 §9.3).
    pub fn set_route(&mut self, flow: FlowId, to: SocketAddr) {
        self.route = Some((flow, to));
        for participant in self.all() {
            participant.set_route(flow, to);
        }
    }

    /// As [`Session::set_report_overhead`].
    pub fn set_report_overhead(&mut self, octets: usize) {
        self.report_overhead = octets;
        for participant in self.all() {
            participant.set_report_overhead(octets);
        }
    }

    /// As [`Session::forget_addresses`].
    pub fn forget_addresses(&mut self) {
        for participant in self.all() {
            participant.forget_addresses();
        }
    }

    /// Leaves, as [`Session::leave`] does.
    pub fn leave(&mut self, now: Instant, reason: &[u8]) {
        self.now = self.now.max(now);
        for participant in &mut self.participants {
            participant.leave(self.now, reason);
        }
    }

    /// Whether the session is over: left, and everything owed was sent.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        let mut all = self.participants.iter().chain(&self.leaving);
        all.all(Session::is_ended)
    }

    /// The tables by which packets are associated with sections.
    #[must_use]
    pub const fn tables(&self) -> &Bundle {
        &self.tables
    }

    /// The participant of a section.
    #[must_use]
    pub fn participant(&self, section: usize) -> Option<&Session> {
        self.participants.get(section)
    }

    /// The same, to agree with it on feedback, ask for packets and send them again.
    pub fn participant_mut(&mut self, section: usize) -> Option<&mut Session> {
        self.participants.get_mut(section)
    }

    /// How often something was dropped, for all sections.
    #[must_use]
    pub fn dropped(&self, reason: DropReason) -> u64 {
        let inner = self.participants.iter();
        let inner = inner.map(|participant| participant.drops().count(reason));
        inner.fold(self.drops.count(reason), u64::saturating_add)
    }

    /// Writes one data packet of a section to the front of `out` and says how many octets it took.
    ///
    /// # Errors
    /// As of [`Session::send`]; [`SendError::NotMember`] if there is no such section.
    pub fn send(
        &mut self,
        now: Instant,
        section: usize,
        media: &Media<'_>,
        out: &mut [u8],
    ) -> Result<usize, SendError> {
        match self.participants.get_mut(section) {
            Some(participant) => participant.send(now, media, out),
            None => Err(SendError::NotMember),
        }
    }

    /// Takes one datagram with media. Of contributing sources [`Bundle::has_contributor`] says which
    /// other sections get a copy.
    ///
    /// # Errors
    /// [`DropReason`] says why it is not used; it was counted.
    pub fn receive<'a>(
        &mut self,
        now: Instant,
        from: SocketAddr,
        bytes: &'a [u8],
    ) -> Result<BundledPacket<'a>, DropReason> {
        self.now = self.now.max(now);
        let Ok(packet) = Packet::parse(bytes) else {
            self.drops.add(DropReason::NotRtp);
            return Err(DropReason::NotRtp);
        };
        let section = match self.own(packet.ssrc()) {
            // §9.1: they all have one space of SSRCs, so it collides whatever it is for.
            Some(section) => section,
            None => self.associate(&packet)?,
        };
        match self.participants.get_mut(section) {
            Some(participant) => {
                let received = participant.receive_packet(self.now, from, packet)?;
                Ok(BundledPacket { section, received })
            }
            None => Err(DropReason::Unassociated),
        }
    }

    fn associate(&mut self, packet: &Packet<'_>) -> Result<usize, DropReason> {
        self.tables.rtp(self.now, packet).map_err(|why| {
            let reason = match why {
                Unassociated::UnknownMid | Unassociated::UnknownStream => DropReason::Unassociated,
                Unassociated::PayloadType => DropReason::PayloadType,
            };
            self.drops.add(reason);
            reason
        })
    }

    /// Takes one datagram with reports. All participants have heard it, whomever it is for (§9.2).
    ///
    /// # Errors
    /// [`DropReason`] says why it is not used, by one of them at least; it was counted.
    pub fn receive_rtcp<'p>(
        &mut self,
        now: Instant,
        from: SocketAddr,
        bytes: &'p [u8],
    ) -> Result<BundledReport<'_, 'p>, DropReason> {
        self.now = self.now.max(now);
        let Ok(compound) = Compound::parse(bytes) else {
            self.drops.add(DropReason::NotRtcp);
            return Err(DropReason::NotRtcp);
        };
        self.tables.rtcp(self.now, &compound);
        for participant in &mut self.leaving {
            // It only counts who else leaves (RFC 3550 §6.3.7).
            let _ = participant.receive_rtcp(self.now, from, bytes);
        }
        let mut taken = Ok(());
        for (section, participant) in self.participants.iter_mut().enumerate() {
            // The reports are on what was sent before: a collision may change the SSRC with this.
            let own = [Some(participant.ssrc()), participant.retransmission_ssrc()];
            self.tables.set_outgoing(section, own.into_iter().flatten());
            taken = taken.and(participant.receive_rtcp(self.now, from, bytes));
        }
        taken.map(|()| BundledReport {
            tables: &self.tables,
            compound,
        })
    }

    /// Puts a compound packet that is due into `bytes`, and says whether one was.
    pub fn poll_rtcp(&mut self, now: Instant, bytes: &mut Vec<u8>) -> bool {
        self.now = self.now.max(now);
        self.leaving.retain(|participant| !participant.is_ended());
        self.count_beside();
        let mut sent = None;
        for (at, participant) in self.all().enumerate() {
            if participant.poll_rtcp(now, bytes) {
                sent = Some(at);
                break;
            }
        }
        for (at, participant) in self.all().enumerate() {
            if sent.is_some_and(|sent| sent != at) {
                participant.reported_beside(bytes.len());
            }
        }
        sent.is_some()
    }

    /// Tells each participant of the others here, and of the senders that only they hear.
    fn count_beside(&mut self) {
        let senders = self.participants.iter().map(Session::sender_count);
        let senders = senders.fold(0, u32::saturating_add);
        let members = u32::try_from(self.participants.len()).unwrap_or(u32::MAX);
        for participant in &mut self.participants {
            let own = participant.sender_count();
            let (members, senders) = (members.saturating_sub(1), senders.saturating_sub(own));
            participant.set_beside(self.now, members, senders);
        }
    }

    /// The next event, for callers that do not run the machine.
    pub fn poll_event(&mut self) -> Option<BundledEvent> {
        for at in 0..self.participants.len() {
            while let Some(event) = self.participants.get_mut(at)?.poll_event() {
                if self.concerns(at, &event) {
                    return Some(BundledEvent { section: at, event });
                }
            }
        }
        None
    }

    /// Whether it is for this participant to tell: they all hear who comes to an end.
    fn concerns(&mut self, at: usize, event: &SessionEvent) -> bool {
        match *event {
            SessionEvent::SourceLeft { ssrc } => self.tables.incoming(ssrc).unwrap_or(0) == at,
            SessionEvent::TimedOut { ssrc } => {
                let concerns = self.tables.incoming(ssrc).unwrap_or(0) == at;
                if concerns {
                    self.tables.forget(ssrc);
                }
                concerns
            }
            SessionEvent::SourceStarted { .. }
            | SessionEvent::Reported(_)
            | SessionEvent::CircuitBroken(_)
            | SessionEvent::SsrcChanged { .. }
            | SessionEvent::Left => true,
        }
    }

    /// When [`BundledSession::poll_rtcp`] has something to send, or a timer to look at.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let all = self.participants.iter().chain(&self.leaving);
        all.filter_map(Session::deadline).min()
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Session> {
        self.participants.iter_mut().chain(&mut self.leaving)
    }

    /// The section of ours that sends under an SSRC.
    fn own(&self, ssrc: Ssrc) -> Option<usize> {
        self.participants.iter().position(|it| it.is_own(ssrc))
    }
}

impl Machine for BundledSession {
    type Event = BundledEvent;

    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.now = self.now.max(now);
        match input {
            Input::WallClock { unix } => {
                self.clock.set(self.now, unix);
                for participant in self.all() {
                    participant.handle_input(now, Input::WallClock { unix });
                }
            }
            Input::Datagram {
                flow,
                source,
                bytes,
            } if self.route.is_some_and(|(own, _)| own == flow) && is_rtcp(bytes) => {
                // The reason was counted; there is nobody to tell.
                let _ = self.receive_rtcp(now, source, bytes);
            }
            Input::Timeout
            | Input::Resolved { .. }
            | Input::Bound { .. }
            | Input::Connected { .. }
            | Input::Datagram { .. }
            | Input::Stream { .. }
            | Input::Closed { .. } => {}
        }
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<BundledEvent> {
        if self.poll_rtcp(self.now, bytes) {
            if let Some((flow, to)) = self.route {
                return Output::Transmit { flow, to };
            }
        }
        match self.poll_event() {
            Some(event) => Output::Event(event),
            None => Output::Wait(self.deadline()),
        }
    }
}

#[cfg(test)]
mod tests;
