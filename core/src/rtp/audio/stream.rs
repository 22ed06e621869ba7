//! The audio stream itself: inputs, commands, outputs.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use super::capture::Capture;
use super::guard::{Admission, Guard};
use super::heard::Heard;
use super::report::Facts;
use super::tick::{Sender, Ticker};
use super::{AudioConfig, AudioEvent, AudioPlan, QualityReport};
use crate::machine::{FlowId, Input, Machine, Output};
use crate::rng::Rng;
use crate::rtp::drops::{DropReason, Drops};
use crate::rtp::jitter::span_of;
use crate::rtp::number::{PayloadType, SequenceNumber, Ssrc, Timestamp};
use crate::rtp::packet::Packet;
use crate::rtp::payload::comfort_noise::ComfortNoise;
use crate::rtp::playout::{Playout, Sound};
use crate::rtp::rtcp::is_rtcp;
use crate::rtp::session::{Received, RemoteReport, Session, SessionConfig, SessionEvent};
use crate::rtp::source::Arrival;
use crate::time::Instant;

/// Events kept for a driver that does not ask; one more is dropped.
const EVENTS: usize = 16;
/// While the source being played is silent for less than this, no other takes its place.
const SOURCE_SILENT: Duration = Duration::from_millis(60);

/// One leg of an audio call.
#[derive(Debug)]
pub struct AudioStream {
    pub(super) config: AudioConfig,
    pub(super) now: Instant,
    pub(super) session: Session,
    pub(super) playout: Playout,
    pub(super) capture: Capture,
    pub(super) heard: Heard,
    rtp: Option<FlowId>,
    rtcp: Option<FlowId>,
    pub(super) active: Option<Active>,
    /// The sampling instant our timestamps begin at; random (RFC 3550 §5.1).
    first_timestamp: Timestamp,
    source: Option<Ssrc>,
    last_played: Instant,
    last_heard: Instant,
    is_inactive: bool,
    held: Held,
    events: VecDeque<AudioEvent>,
    drops: Drops,
    sent: (u64, u64),
    most_jitter: Duration,
    remote: Option<RemoteReport>,
    round_trip: Option<Duration>,
}

/// What there is once a plan was agreed on.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) plan: AudioPlan,
    pub(super) guard: Guard,
    /// When frames are played.
    pub(super) player: Ticker,
    /// When packets are sent.
    pub(super) sender: Sender,
}

/// The last packet of a source that was not believed yet (RFC 3550 A.1): if the next one makes the
/// source valid, this one is played after all.
#[derive(Debug, Default)]
struct Held {
    from: Option<(Ssrc, SequenceNumber, Timestamp, Instant, PayloadType)>,
    payload: Vec<u8>,
}

impl AudioStream {
    /// A stream that has neither sockets nor a plan yet. `seed` decides SSRC, timestamps and the
    /// spacing of reports.
    #[must_use]
    pub fn new(config: AudioConfig, seed: [u8; 32]) -> Self {
        let mut rng = Rng::from_seed(seed);
        let session = SessionConfig {
            tool: config.tool.clone(),
            bandwidth: config.bandwidth,
            ..SessionConfig::telephone(&config.cname)
        };
        let frame = config.playout.frame as usize;
        Self {
            now: Instant::ZERO,
            session: Session::new(session, rng.fork()),
            playout: Playout::new(config.playout),
            capture: Capture::new(config.capture_samples),
            heard: Heard::new(config.heard_samples, frame),
            rtp: None,
            rtcp: None,
            active: None,
            first_timestamp: Timestamp::new(rng.next_u32()),
            source: None,
            last_played: Instant::ZERO,
            last_heard: Instant::ZERO,
            is_inactive: false,
            held: Held {
                from: None,
                payload: Vec::with_capacity(frame),
            },
            events: VecDeque::with_capacity(EVENTS),
            drops: Drops::default(),
            sent: (0, 0),
            most_jitter: Duration::ZERO,
            remote: None,
            round_trip: None,
            config,
        }
    }

    /// Takes what offer and answer agreed on: at the start, on hold and resume, and when the far
    /// end moves. SSRC, timestamps and counts go on (RFC 3264 §8).
    pub fn set_plan(&mut self, now: Instant, mut plan: AudioPlan) {
        self.advance(now);
        plan.ptime_ms = plan.ptime_ms.clamp(10, 200);
        let ptime = Duration::from_millis(u64::from(plan.ptime_ms));
        self.session.join(self.now);
        match &mut self.active {
            None => {
                let playout = &self.config.playout;
                let player = Ticker::of_frames(self.now, playout.frame, playout.clock_rate);
                self.last_heard = self.now;
                self.active = Some(Active {
                    guard: Guard::new(self.now, self.config.remote_rule, plan.remote_rtp),
                    sender: Sender::new(self.now, self.first_timestamp, ptime),
                    player,
                    plan,
                });
            }
            Some(active) => {
                let moved = active.plan.remote_rtp != plan.remote_rtp;
                if moved {
                    active.guard = Guard::new(self.now, self.config.remote_rule, plan.remote_rtp);
                    self.session.forget_addresses();
                }
                if plan.direction.receives() && !active.plan.direction.receives() {
                    self.last_heard = self.now;
                }
                active.sender.set_ptime(ptime);
                active.plan = plan;
            }
        }
        self.route_reports();
    }

    /// Samples from the microphone, 16 bits at 8 kHz; says how many there was room for. While the
    /// direction does not send, they are thrown away as time passes.
    pub fn push_capture(&mut self, pcm: &[i16]) -> usize {
        self.capture.push(pcm)
    }

    /// Samples that wait to be sent.
    #[must_use]
    pub fn capture_len(&self) -> usize {
        self.capture.len()
    }

    /// Moves samples for the loudspeaker to `out` and says how many there were. A frame of 20 ms
    /// comes into being with every tick, silence included.
    pub fn take_playout(&mut self, out: &mut [i16]) -> usize {
        self.heard.take(out)
    }

    /// Samples that wait to be heard.
    #[must_use]
    pub fn playout_len(&self) -> usize {
        self.heard.len()
    }

    /// Ends the stream: media stops at once, and a BYE is sent if anything ever was (RFC 3550
    /// §6.3.7). [`AudioEvent::Left`] follows.
    pub fn leave(&mut self, now: Instant) {
        self.advance(now);
        self.active = None;
        self.session.leave(self.now, b"");
    }

    /// Whether the stream has ended and everything owed was sent.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.session.is_ended()
    }

    /// The SSRC we send under.
    #[must_use]
    pub const fn ssrc(&self) -> Ssrc {
        self.session.ssrc()
    }

    /// The source that is played.
    #[must_use]
    pub const fn remote_ssrc(&self) -> Option<Ssrc> {
        self.source
    }

    /// What was dropped in front of the session (addresses, payload types, directions) and in it.
    #[must_use]
    pub fn dropped(&self, reason: DropReason) -> u64 {
        let inner = self.session.drops().count(reason);
        self.drops.count(reason).saturating_add(inner)
    }

    /// How the call went so far.
    #[must_use]
    pub fn report(&self) -> QualityReport {
        let jitter = self.jitter();
        let rate = self.config.playout.clock_rate;
        let stats = self.playout.stats();
        let ptime = self.active.as_ref().map_or(20, |a| a.plan.ptime_ms);
        QualityReport::from(Facts {
            sent: self.sent.0,
            sent_octets: self.sent.1,
            playout: stats,
            concealed: span_of(stats.concealed, rate),
            jitter,
            most_jitter: self.most_jitter,
            playout_delay: self.playout.delay(),
            packet: Duration::from_millis(u64::from(ptime)),
            remote: self.remote,
            round_trip: self.round_trip,
        })
    }

    fn jitter(&self) -> Duration {
        self.source
            .and_then(|ssrc| self.session.member(ssrc))
            .map_or(Duration::ZERO, |member| member.jitter)
    }

    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    fn tell(&mut self, event: AudioEvent) {
        if self.events.len() < EVENTS {
            self.events.push_back(event);
        }
    }

    /// RTCP has a socket of its own unless the plan puts it on the one of RTP (RFC 5761).
    fn route_reports(&mut self) {
        let Some(active) = &self.active else {
            return;
        };
        let shared = active.plan.remote_rtcp == active.plan.remote_rtp;
        let flow = if shared { self.rtp } else { self.rtcp };
        if let Some(flow) = flow {
            let mut to = active.plan.remote_rtcp;
            if active.guard.target() != active.guard.signalled() {
                // Latched: reports follow, to the port beside the new one or to the same.
                let target = active.guard.target();
                let beside = if shared { 0 } else { 1 };
                to = SocketAddr::new(target.ip(), target.port().wrapping_add(beside));
            }
            self.session.set_route(flow, to);
        }
    }

    fn on_bound(&mut self, flow: FlowId) {
        if self.rtp.is_none() {
            self.rtp = Some(flow);
        } else if self.rtcp.is_none() {
            self.rtcp = Some(flow);
        }
        self.route_reports();
    }

    fn on_datagram(&mut self, flow: FlowId, from: SocketAddr, bytes: &[u8]) {
        let Some(active) = &self.active else {
            self.drops.add(DropReason::NotActive);
            return;
        };
        let shared = active.plan.remote_rtcp == active.plan.remote_rtp;
        let is_control = Some(flow) == self.rtcp || (shared && is_rtcp(bytes));
        if is_control {
            if active.guard.admits_control(from, active.plan.remote_rtcp) {
                // Counted there if it is no good.
                let _ = self.session.receive_rtcp(self.now, from, bytes);
            } else {
                self.drops.add(DropReason::ForeignAddress);
            }
        } else if Some(flow) == self.rtp {
            self.on_media(from, bytes);
        }
    }

    fn on_media(&mut self, from: SocketAddr, bytes: &[u8]) {
        let Some(active) = &mut self.active else {
            return;
        };
        let Ok(packet) = Packet::parse(bytes) else {
            self.drops.add(DropReason::NotRtp);
            return;
        };
        let plan = &active.plan;
        let payload_type = packet.payload_type();
        let known = plan.receive.iter().any(|f| f.payload_type == payload_type)
            || plan.comfort_noise == Some(payload_type);
        if !known {
            self.drops.add(DropReason::PayloadType);
            return;
        }
        match active.guard.admit(self.now, from, &packet) {
            Admission::Admitted => {}
            Admission::Latched => {
                let address = active.guard.target();
                self.route_reports();
                self.tell(AudioEvent::Latched { address });
            }
            Admission::Foreign => {
                self.drops.add(DropReason::ForeignAddress);
                return;
            }
        }
        if let Ok(received) = self.session.receive_packet(self.now, from, packet) {
            self.on_received(&received);
        }
    }

    fn on_received(&mut self, received: &Received<'_>) {
        let packet = &received.packet;
        let ssrc = packet.ssrc();
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
        if self.source.replace(ssrc) != Some(ssrc) {
            self.tell(AudioEvent::Started { ssrc });
        }
    }

    fn play(&mut self, packet: &Packet<'_>, extended: u32) {
        self.last_played = self.now;
        let (now, timestamp) = (self.now, packet.timestamp());
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
            return;
        }
        let formats = &active.plan.receive;
        let format = formats.iter().find(|f| f.payload_type == payload_type);
        let sound = match format {
            Some(format) => Sound::Speech(format.law, payload),
            None => match ComfortNoise::unpack(payload) {
                Some(noise) => Sound::Noise(noise.magnitude()),
                None => return,
            },
        };
        // What it came to is in the playout buffer's counts.
        let _ = self.playout.push(came, sequence, timestamp, sound);
    }

    /// Tells of silence where there should be none; looked at with every tick.
    pub(super) fn watch_activity(&mut self) {
        let Some(active) = &self.active else {
            return;
        };
        let silent = self.now.saturating_duration_since(self.last_heard);
        let limit = self.config.inactive_after;
        if active.plan.direction.receives() && !self.is_inactive && silent >= limit {
            self.is_inactive = true;
            self.tell(AudioEvent::Inactive);
        }
    }

    pub(super) fn note_sent(&mut self, octets: usize) {
        let octets = u64::try_from(octets).unwrap_or(0);
        self.sent.0 = self.sent.0.saturating_add(1);
        self.sent.1 = self.sent.1.saturating_add(octets);
    }

    /// Turns what the session tells into what this machine tells.
    fn translate(&mut self, event: SessionEvent) -> Option<AudioEvent> {
        match event {
            SessionEvent::Reported(report) => {
                self.remote = Some(report);
                self.round_trip = report.round_trip.or(self.round_trip);
                self.most_jitter = self.most_jitter.max(self.jitter());
                Some(AudioEvent::Report(report))
            }
            SessionEvent::SourceLeft { ssrc } => {
                if self.source != Some(ssrc) {
                    return None;
                }
                Some(AudioEvent::RemoteLeft { ssrc })
            }
            SessionEvent::SsrcChanged { new, .. } => Some(AudioEvent::SsrcChanged { ssrc: new }),
            SessionEvent::Left => Some(AudioEvent::Left),
            SessionEvent::SourceStarted { .. } | SessionEvent::TimedOut { .. } => None,
        }
    }

    fn next_deadline(&self, session: Option<Instant>) -> Option<Instant> {
        let tick = self.active.as_ref().map(|active| {
            let (play, send) = (active.player.next(), active.sender.next());
            // Without a socket nothing is ever sent.
            self.rtp.map_or(play, |_| play.min(send))
        });
        let first = match (tick, session) {
            (Some(tick), Some(session)) => Some(tick.min(session)),
            (tick, session) => tick.or(session),
        };
        // A tick that is due but not yet run waits for the driver's closing `Timeout`: packets
        // that are still in the socket are to be played, not covered.
        first.map(|at| at.max(self.now + Duration::from_nanos(1)))
    }
}

impl Held {
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

impl Machine for AudioStream {
    type Event = AudioEvent;

    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.advance(now);
        match input {
            Input::Timeout => {
                self.run_ticks();
                self.session.handle_input(self.now, Input::Timeout);
            }
            Input::Bound { flow, .. } => self.on_bound(flow),
            Input::Datagram {
                flow,
                source,
                bytes,
            } => self.on_datagram(flow, source, bytes),
            Input::WallClock { unix } => {
                self.session
                    .handle_input(self.now, Input::WallClock { unix });
            }
            // A send that failed says that nobody listens there now. Signalling ends calls, not
            // this.
            Input::Connected { .. } | Input::Stream { .. } | Input::Closed { .. } => {}
        }
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<AudioEvent> {
        if let (Some(flow), Some(active)) = (self.rtp, &self.active) {
            let to = active.guard.target();
            if self.poll_media(bytes) {
                return Output::Transmit { flow, to };
            }
        }
        loop {
            match self.session.poll_output(bytes) {
                Output::Transmit { flow, to } => return Output::Transmit { flow, to },
                Output::Event(event) => {
                    if let Some(event) = self.translate(event) {
                        return Output::Event(event);
                    }
                }
                Output::Wait(deadline) => {
                    if let Some(event) = self.events.pop_front() {
                        return Output::Event(event);
                    }
                    return Output::Wait(self.next_deadline(deadline));
                }
                // A session opens and closes nothing.
                Output::Connect { .. } | Output::Close { .. } => {}
            }
        }
    }
}
