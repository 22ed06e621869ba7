//! What comes in: who may be heard, and what becomes of it.

use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use super::AudioEvent;
use super::guard::Admission;
use super::secure::Kind;
use super::stream::AudioStream;
use crate::machine::FlowId;
use crate::rtp::drops::DropReason;
use crate::rtp::number::{PayloadType, SequenceNumber, Ssrc, Timestamp};
use crate::rtp::packet::Packet;
use crate::rtp::payload::comfort_noise::ComfortNoise;
use crate::rtp::payload::red::{Block, Redundant};
use crate::rtp::playout::Sound;
use crate::rtp::rtcp::is_rtcp;
use crate::rtp::session::Received;
use crate::rtp::source::Arrival;
use crate::time::Instant;

/// While the source being played is silent for less than this, no other takes its place.
const SOURCE_SILENT: Duration = Duration::from_millis(60);

/// The last packet of a source that was not believed yet (RFC 3550 A.1): if the next one makes the
/// source valid, this one is played after all.
#[derive(Debug)]
pub(super) struct Held {
    from: Option<(Ssrc, SequenceNumber, Timestamp, Instant, PayloadType)>,
    payload: Vec<u8>,
}

impl AudioStream {
    pub(super) fn on_datagram(&mut self, flow: FlowId, from: SocketAddr, bytes: &[u8]) {
        let Some(active) = &self.active else {
            self.drops.add(DropReason::NotActive);
            return;
        };
        let shared = active.plan.remote_rtcp == active.plan.remote_rtp;
        let other = self.other.as_ref();
        let is_other = other.is_some_and(|it| it.rtp == flow);
        let is_rtcp_flow = Some(flow) == self.rtcp || other.is_some_and(|it| it.rtcp == Some(flow));
        let is_control = is_rtcp_flow || (shared && is_rtcp(bytes));
        let is_foreign = if is_control {
            !active.guard.admits_control(from, active.plan.remote_rtcp)
        } else if Some(flow) == self.rtp || is_other {
            active.guard.excludes(self.now, from)
        } else {
            return;
        };
        if is_foreign {
            self.drops.add(DropReason::ForeignAddress);
            return;
        }
        let kind = if is_control {
            Kind::Control
        } else {
            Kind::Media
        };
        self.unprotect(kind, bytes, |stream, bytes| match kind {
            // Counted there if it is no good.
            Kind::Control => {
                let _ = stream.session.receive_rtcp(stream.now, from, bytes);
            }
            Kind::Media => {
                let is_heard = stream.on_media(from, bytes);
                let other = stream.other.as_mut().filter(|_| is_heard);
                if let Some(other) = other.filter(|it| it.is_next == is_other) {
                    other.is_heard = true;
                }
            }
        });
    }

    /// Takes a packet of media; whether it is one.
    fn on_media(&mut self, from: SocketAddr, bytes: &[u8]) -> bool {
        let Some(active) = &mut self.active else {
            return false;
        };
        let Ok(packet) = Packet::parse(bytes) else {
            self.drops.add(DropReason::NotRtp);
            return false;
        };
        if !active.plan.receives(packet.payload_type()) {
            self.drops.add(DropReason::PayloadType);
            return false;
        }
        let again = active.plan.original_of(packet.payload_type());
        match active.guard.admit(self.now, from, &packet) {
            Admission::Admitted => {}
            Admission::Latched => {
                let address = active.guard.target();
                self.route_reports();
                self.tell(AudioEvent::Latched { address });
            }
            Admission::Foreign => {
                self.drops.add(DropReason::ForeignAddress);
                return false;
            }
        }
        let Ok(received) = self.session.receive_packet(self.now, from, packet) else {
            return false;
        };
        match again {
            Some(apt) => self.on_retransmission(&packet, apt),
            None => self.on_received(&received),
        }
        self.ask_for_missing();
        true
    }

    fn on_received(&mut self, received: &Received<'_>) {
        let packet = &received.packet;
        let ssrc = packet.ssrc();
        self.keep_for_parity(packet);
        match received.arrival {
            Arrival::OnProbation | Arrival::Jumped => {
                self.held.keep(self.now, packet);
            }
            Arrival::Started { extended } => {
                self.note_heard();
                if !self.may_play(ssrc) {
                    self.drops.add(DropReason::OtherSource);
                    return;
                }
                self.play_source(ssrc);
                self.play_held(packet, extended);
                self.play(packet, extended);
            }
            Arrival::Valid { extended } => {
                self.note_heard();
                if self.source != Some(ssrc) {
                    if !self.may_play(ssrc) {
                        self.drops.add(DropReason::OtherSource);
                        return;
                    }
                    self.play_source(ssrc);
                }
                self.play(packet, extended);
            }
        }
    }

    fn note_heard(&mut self) {
        self.last_heard = self.now;
        if self.is_inactive {
            self.is_inactive = false;
            self.tell(AudioEvent::Active);
        }
    }

    /// Whether a source may take the place of the one that is played.
    fn may_play(&self, ssrc: Ssrc) -> bool {
        let silent = self.now.saturating_duration_since(self.last_played);
        self.source.is_none_or(|source| source == ssrc) || silent >= SOURCE_SILENT
    }

    fn play_source(&mut self, ssrc: Ssrc) {
        self.most_jitter = self.most_jitter.max(self.jitter());
        self.playout.restart();
        self.received_events.restart();
        if let Some((_, missing)) = &mut self.repeating.missing {
            missing.restart();
        }
        if self.source.replace(ssrc) != Some(ssrc) {
            self.tell(AudioEvent::Started { ssrc });
        }
    }

    fn play(&mut self, packet: &Packet<'_>, extended: u32) {
        self.last_played = self.now;
        let (now, timestamp) = (self.now, packet.timestamp());
        self.note_arrived(extended, timestamp);
        self.play_payload(
            now,
            extended,
            timestamp,
            packet.payload_type(),
            packet.payload(),
        );
    }

    /// Plays the packet that was held back, if this one follows it.
    fn play_held(&mut self, packet: &Packet<'_>, extended: u32) {
        let Some((ssrc, sequence, timestamp, came, payload_type)) = self.held.from.take() else {
            return;
        };
        if ssrc == packet.ssrc() && sequence.next() == packet.sequence() {
            let payload = core::mem::take(&mut self.held.payload);
            let before = extended.wrapping_sub(1);
            self.play_payload(came, before, timestamp, payload_type, &payload);
            self.held.payload = payload;
        }
    }

    fn play_payload(
        &mut self,
        came: Instant,
        sequence: u32,
        timestamp: Timestamp,
        payload_type: PayloadType,
        payload: &[u8],
    ) {
        let Some(active) = &self.active else {
            return;
        };
        if !active.plan.direction.receives() {
            self.drops.add(DropReason::NotReceiving);
            // It is not heard, but it was not lost either.
            self.playout.push_soundless(sequence, timestamp);
            return;
        }
        if Some(payload_type) == active.plan.receive_parity() {
            // By itself, which nobody should send (RFC 5109 §14.2), but it repairs all the same.
            // What it gives back comes first: it may be of the same time.
            self.receive_parity(payload);
            self.play_restored(sequence);
            self.playout.push_soundless(sequence, timestamp);
        } else if Some(payload_type) == active.plan.receive_redundancy.map(|one| one.payload_type) {
            let what = Piece::Packet { came, sequence };
            self.play_redundant(what, timestamp, payload);
        } else {
            let what = Piece::Packet { came, sequence };
            self.play_piece(what, timestamp, payload_type, payload);
        }
        self.play_restored(sequence);
    }

    /// Plays a packet that was sent again.
    pub(super) fn play_again(
        &mut self,
        what: Piece,
        timestamp: Timestamp,
        payload_type: PayloadType,
        payload: &[u8],
    ) {
        let redundancy = self
            .active
            .as_ref()
            .and_then(|active| active.plan.receive_redundancy);
        if redundancy.is_some_and(|one| one.payload_type == payload_type) {
            self.play_redundant(what, timestamp, payload);
        } else {
            self.play_piece(what, timestamp, payload_type, payload);
        }
    }

    fn play_redundant(&mut self, what: Piece, timestamp: Timestamp, payload: &[u8]) {
        let Some(redundant) = Redundant::unpack(payload) else {
            self.drops.add(DropReason::NotRtp);
            return;
        };
        let parity = self.parity_in.as_ref().map(|(one, _)| one.payload_type());
        let is_parity = |block: &Block<'_>| Some(block.payload_type) == parity;
        for block in redundant.redundant().filter(is_parity) {
            self.receive_parity(block.payload);
        }
        let others = redundant.redundant().filter(|block| !is_parity(block));
        let mut back = u32::try_from(others.count()).unwrap_or(u32::MAX);
        for block in redundant.redundant().filter(|block| !is_parity(block)) {
            // Counted backwards: how packets lie that hold everything sent before them.
            let likely = what.sequence().wrapping_sub(back);
            back = back.saturating_sub(1);
            let (when, before) = (block.timestamp(timestamp, 0), Piece::Again { likely });
            self.play_piece(before, when, block.payload_type, block.payload);
        }
        let (primary_type, primary) = (redundant.primary_type(), redundant.primary());
        self.play_piece(what, timestamp, primary_type, primary);
    }

    /// Keeps what parity may need of a packet to have others back: what it holds of the main codec
    /// (RFC 5109 §14.2).
    fn keep_for_parity(&mut self, packet: &Packet<'_>) {
        let (Some((_, mender)), Some(active)) = (&mut self.parity_in, &self.active) else {
            return;
        };
        if self.source.is_some_and(|source| source != packet.ssrc()) {
            return;
        }
        let (kind, payload) = (packet.payload_type(), packet.payload());
        if Some(kind) != active.plan.receive_redundancy.map(|one| one.payload_type) {
            mender.received(packet, kind, payload);
        } else if let Some(redundant) = Redundant::unpack(payload) {
            mender.received(packet, redundant.primary_type(), redundant.primary());
        }
    }

    fn receive_parity(&mut self, block: &[u8]) {
        if let Some((_, mender)) = &mut self.parity_in {
            mender.received_block(block);
        }
    }

    /// Plays what can be had back now; `sequence` is the extended number of the packet that came.
    fn play_restored(&mut self, sequence: u32) {
        // Lent to itself, so that it can be played from meanwhile.
        let Some((parity, mut mender)) = self.parity_in.take() else {
            return;
        };
        while let Some(bytes) = mender.restored() {
            let Ok(packet) = Packet::parse(bytes) else {
                break;
            };
            let ahead = packet.sequence().as_u16().wrapping_sub(sequence as u16) as i16;
            let likely = sequence.wrapping_add_signed(i32::from(ahead));
            let (when, kind) = (packet.timestamp(), packet.payload_type());
            self.play_piece(Piece::Again { likely }, when, kind, packet.payload());
        }
        self.parity_in = Some((parity, mender));
    }

    /// Plays a packet, or what one holds of an earlier one. What it came to is in the playout
    /// buffer's counts.
    fn play_piece(
        &mut self,
        what: Piece,
        timestamp: Timestamp,
        payload_type: PayloadType,
        payload: &[u8],
    ) {
        let Some(active) = &self.active else {
            return;
        };
        if Some(payload_type) == active.plan.receive_events {
            let now = match what {
                Piece::Packet { came, sequence } => {
                    self.playout.push_soundless(sequence, timestamp);
                    came
                }
                Piece::Again { .. } => self.now,
            };
            self.received_events.receive(now, timestamp, payload);
            self.tell_events();
            return;
        }
        let formats = &active.plan.receive;
        let format = formats.iter().find(|f| f.payload_type == payload_type);
        let sound = match format {
            Some(format) => Sound::Speech(format.law, payload),
            None if Some(payload_type) != active.plan.comfort_noise => return,
            None => match ComfortNoise::unpack(payload) {
                Some(noise) => Sound::Noise(noise.magnitude()),
                None => return,
            },
        };
        let _ = match what {
            Piece::Packet { came, sequence } => self.playout.push(came, sequence, timestamp, sound),
            Piece::Again { likely } => {
                if let Some((_, missing)) = &mut self.repeating.missing {
                    missing.repaired(likely);
                }
                self.playout.push_repair(likely, timestamp, sound)
            }
        };
    }
}

/// Where a payload comes from.
#[derive(Clone, Copy)]
pub(super) enum Piece {
    /// A packet of its own, with its extended sequence number.
    Packet { came: Instant, sequence: u32 },
    /// A later packet that holds it again; the sequence number it likely had.
    Again { likely: u32 },
}

impl Piece {
    const fn sequence(self) -> u32 {
        match self {
            Self::Packet { sequence, .. } => sequence,
            Self::Again { likely } => likely,
        }
    }
}

impl Held {
    pub(super) fn new(octets: usize) -> Self {
        Self {
            from: None,
            payload: Vec::with_capacity(octets),
        }
    }

    fn keep(&mut self, now: Instant, packet: &Packet<'_>) {
        self.from = Some((
            packet.ssrc(),
            packet.sequence(),
            packet.timestamp(),
            now,
            packet.payload_type(),
        ));
        self.payload.clear();
        self.payload.extend_from_slice(packet.payload());
    }
}
