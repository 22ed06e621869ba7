//! A participant of an RTP session that has sound to send and to play (RFC 3550 §3): the audio stream
//! itself, its inputs, commands and outputs.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use super::capture::Capture;
use super::guard::Guard;
use super::heard::Heard;
use super::keys::{Keys, PressError};
use super::parity::{Mender, Parity};
use super::receive::Held;
use super::redundancy::Before;
use super::report::Facts;
use super::retransmission::Repeating;
use super::secure::{Kind, Moved, Security};
use super::sockets::Other;
use super::tick::{Sender, Ticker};
use super::{AudioConfig, AudioEvent, AudioPlan, QualityReport, Redundancy};
use crate::machine::{FlowId, Input, Machine, Output};
use crate::rng::Rng;
use crate::rtp::drops::{DropReason, Drops};
use crate::rtp::event::{EventNews, EventReceiver};
use crate::rtp::jitter::{span_of, ticks_of};
use crate::rtp::number::{Ssrc, Timestamp};
use crate::rtp::payload::telephone_event::EventCode;
use crate::rtp::playout::{Concealment, Playout};
use crate::rtp::session::{RemoteReport, Session, SessionConfig, SessionEvent};
use crate::time::Instant;

/// Events kept for a driver that does not ask; one more is dropped.
const EVENTS: usize = 16;

/// One leg of an audio call.
#[derive(Debug)]
pub struct AudioStream {
    pub(super) config: AudioConfig,
    pub(super) now: Instant,
    pub(super) session: Session,
    pub(super) playout: Playout,
    pub(super) capture: Capture,
    pub(super) keys: Keys,
    pub(super) before: Before,
    /// Parity sent and received, as far as it was agreed on.
    pub(super) parity_out: Option<(Parity, Box<dyn Mender>)>,
    pub(super) parity_in: Option<(Parity, Box<dyn Mender>)>,
    /// Packets that are sent again, as far as that was agreed on.
    pub(super) repeating: Repeating,
    pub(super) heard: Heard,
    pub(super) received_events: EventReceiver,
    pub(super) rtp: Option<FlowId>,
    pub(super) rtcp: Option<FlowId>,
    /// The sockets of before, or those that come next.
    pub(super) other: Option<Other>,
    pub(super) active: Option<Active>,
    pub(super) security: Security,
    /// The sampling instant our timestamps begin at; random (RFC 3550 §5.1).
    first_timestamp: Timestamp,
    pub(super) source: Option<Ssrc>,
    pub(super) last_played: Instant,
    pub(super) last_heard: Instant,
    pub(super) is_inactive: bool,
    pub(super) held: Held,
    events: VecDeque<AudioEvent>,
    pub(super) drops: Drops,
    sent: (u64, u64),
    pub(super) most_jitter: Duration,
    remote: Option<RemoteReport>,
    pub(super) round_trip: Option<Duration>,
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
            keys: Keys::default(),
            before: Before::default(),
            parity_out: None,
            parity_in: None,
            repeating: Repeating::default(),
            heard: Heard::new(config.heard_samples, frame),
            received_events: EventReceiver::new(config.playout.clock_rate),
            rtp: None,
            rtcp: None,
            other: None,
            active: None,
            security: Security::default(),
            first_timestamp: Timestamp::new(rng.next_u32()),
            source: None,
            last_played: Instant::ZERO,
            last_heard: Instant::ZERO,
            is_inactive: false,
            held: Held::new(frame),
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
        let bandwidth = plan.bandwidth.unwrap_or(self.config.bandwidth);
        self.session.set_bandwidth(self.now, bandwidth);
        let moved = Moved {
            here: self.switch_sockets(),
            there: self
                .active
                .as_ref()
                .is_some_and(|active| active.plan.remote_rtp != plan.remote_rtp),
        };
        let protection = plan.protection.take();
        self.security.agree(self.now, protection.as_deref(), moved);
        let overhead = self.security.overhead(Kind::Control);
        self.session.set_report_overhead(overhead);
        let redundancy = plan.receive_redundancy;
        let reach = redundancy.map_or(0, |redundancy| redundancy.reach());
        let wait = ptime.saturating_mul(u32::from(reach));
        let again = plan.receive_retransmission.map(|one| one.time());
        self.playout
            .set_repair_time(wait.max(again.unwrap_or_default()));
        self.agree_on_retransmission(plan.send_retransmission, plan.receive_retransmission, ptime);
        if plan.send_events.is_none() || !plan.direction.sends() {
            // Keys pressed before must not be heard long after.
            self.keys.release_all();
        }
        self.before.set(plan.send_redundancy);
        agree(&mut self.parity_out, plan.send_redundancy);
        agree(&mut self.parity_in, redundancy);
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
                if moved.there {
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

    /// Sends a telephone event of this length, 40 ms at least (RFC 4733 §3.1), instead of what is
    /// captured meanwhile. Several follow each other with a pause between.
    ///
    /// # Errors
    /// [`PressError`]: the far end takes no events, or none now, or too many wait.
    pub fn press(
        &mut self,
        now: Instant,
        code: EventCode,
        duration: Duration,
    ) -> Result<(), PressError> {
        self.advance(now);
        let Some(active) = &self.active else {
            return Err(PressError::NotAgreed);
        };
        if active.plan.send_events.is_none() {
            return Err(PressError::NotAgreed);
        }
        if !active.plan.direction.sends() {
            return Err(PressError::OnHold);
        }
        let ticks = ticks_of(duration, self.config.playout.clock_rate);
        self.keys.press(code, ticks, self.config.playout.clock_rate)
    }

    /// Telephone events that wait to be sent, the one being sent included.
    #[must_use]
    pub fn events_waiting(&self) -> usize {
        self.keys.waiting()
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

    /// Lets another make up what was lost: a codec, or the application. Without one, it is the last
    /// frame again, fading away over three frames.
    pub fn set_concealment(&mut self, concealment: Option<Box<dyn Concealment>>) {
        self.playout.set_concealment(concealment);
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
            not_authentic: self.drops.count(DropReason::NotAuthentic),
            replayed: self.drops.count(DropReason::Replayed),
            concealed: span_of(stats.concealed, rate),
            jitter,
            most_jitter: self.most_jitter,
            playout_delay: self.playout.delay(),
            packet: Duration::from_millis(u64::from(ptime)),
            remote: self.remote,
            round_trip: self.round_trip,
        })
    }

    pub(super) fn jitter(&self) -> Duration {
        self.source
            .and_then(|ssrc| self.session.member(ssrc))
            .map_or(Duration::ZERO, |member| member.jitter)
    }

    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    pub(super) fn tell(&mut self, event: AudioEvent) {
        if self.events.len() < EVENTS {
            self.events.push_back(event);
        }
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

    /// Tells what is known of the far end's telephone events.
    pub(super) fn tell_events(&mut self) {
        let rate = self.config.playout.clock_rate;
        while let Some(news) = self.received_events.poll_news() {
            self.tell(match news {
                EventNews::Began { code, .. } => AudioEvent::EventBegan { code },
                EventNews::Ended { code, duration, .. } => AudioEvent::EventEnded {
                    code,
                    duration: span_of(u64::from(duration), rate),
                },
            });
        }
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
            SessionEvent::CircuitBroken(why) => Some(AudioEvent::CircuitBroken(why)),
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
        let missing = self.repeating.missing.as_ref();
        let missing = missing.and_then(|(_, missing)| missing.deadline());
        let first = [tick, session, missing].into_iter().flatten().min();
        // A tick that is due but not yet run waits for the driver's closing `Timeout`: packets
        // that are still in the socket are to be played, not covered.
        first.map(|at| at.max(self.now + Duration::from_nanos(1)))
    }
}

/// Has what parity takes, from when it was agreed on until it is not any more.
fn agree(place: &mut Option<(Parity, Box<dyn Mender>)>, redundancy: Option<Redundancy>) {
    let agreed = redundancy.and_then(|one| one.parity);
    if place.as_ref().map(|(parity, _)| *parity) != agreed {
        *place = agreed.map(|parity| (parity, parity.make()));
    }
}

impl Machine for AudioStream {
    type Event = AudioEvent;

    fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.advance(now);
        match input {
            Input::Timeout => {
                self.run_ticks();
                self.ask_for_missing();
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
            Input::Connected { .. }
            | Input::Stream { .. }
            | Input::Closed { .. }
            | Input::Resolved { .. } => {}
        }
    }

    fn poll_output(&mut self, bytes: &mut Vec<u8>) -> Output<AudioEvent> {
        if let (Some(flow), Some(active)) = (self.rtp, &self.active) {
            let to = active.guard.target();
            while self.poll_media(bytes) || self.poll_retransmission(bytes) {
                if self.protect(Kind::Media, bytes) {
                    return Output::Transmit { flow, to };
                }
            }
        }
        loop {
            match self.session.poll_output(bytes) {
                Output::Transmit { flow, to } => {
                    if self.protect(Kind::Control, bytes) {
                        return Output::Transmit { flow, to };
                    }
                }
                Output::Event(event) => {
                    if let Some(event) = self.translate(event) {
                        self.watch_retransmission(&event);
                        return Output::Event(event);
                    }
                }
                Output::Wait(deadline) => {
                    if let Some(event) = self.events.pop_front() {
                        return Output::Event(event);
                    }
                    return Output::Wait(self.next_deadline(deadline));
                }
                // A session opens and closes nothing, and knows no names.
                Output::Connect { .. } | Output::Close { .. } | Output::Resolve { .. } => {}
            }
        }
    }
}
