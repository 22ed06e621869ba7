//! The beat: when a frame is played and when a packet is sent.
//!
//! Ticks stand on an absolute schedule, so that lateness never adds up. A driver that comes late
//! finds the ticks it missed still due, up to a bound; what lies further back is gone, and the
//! timestamps say so.

use alloc::vec::Vec;
use core::time::Duration;

use super::stream::{Active, AudioStream};
use super::{AudioPlan, Silence};
use crate::rtp::jitter::ticks_of;
use crate::rtp::number::Timestamp;
use crate::rtp::packet::FIXED_HEADER;
use crate::rtp::payload::comfort_noise::ComfortNoise;
use crate::rtp::playout::PlayoutConfig;
use crate::rtp::session::Media;
use crate::time::Instant;

/// Packets sent at once by a driver that came late.
const MOST_PACKETS: u32 = 5;
/// Frames played at once by a driver that came late: a second's worth.
const MOST_FRAMES: u64 = 50;
/// The level of the pauses we announce: −70 dBov, a quiet room.
const PAUSE_LEVEL: u8 = 70;

/// The schedule of frames.
#[derive(Debug)]
pub(super) struct Ticker {
    start: Instant,
    frame: Duration,
    /// Ticks that have been run.
    done: u64,
}

impl Ticker {
    pub(super) fn new(now: Instant, playout: PlayoutConfig) -> Self {
        let rate = u64::from(playout.clock_rate.max(1));
        let nanos = u64::from(playout.frame).saturating_mul(1_000_000_000);
        Self {
            start: now,
            frame: Duration::from_nanos(nanos.checked_div(rate).unwrap_or(0).max(1_000_000)),
            done: 0,
        }
    }

    fn at(&self, tick: u64) -> Instant {
        let nanos = u64::try_from(self.frame.as_nanos()).unwrap_or(u64::MAX);
        self.start + Duration::from_nanos(nanos.saturating_mul(tick))
    }

    /// When the next tick is due.
    pub(super) fn next(&self) -> Instant {
        self.at(self.done.saturating_add(1))
    }

    /// How many ticks are due.
    fn due(&self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.start).as_nanos();
        let all = since.checked_div(self.frame.as_nanos()).unwrap_or(0);
        u64::try_from(all)
            .unwrap_or(u64::MAX)
            .saturating_sub(self.done)
    }
}

/// The schedule of packets, which is that of frames unless a packet holds another span than a
/// frame.
#[derive(Debug)]
pub(super) struct Sender {
    ptime_ms: u16,
    /// Ticks of media time the capture side has seen, in milliseconds not yet made into packets.
    credit_ms: u32,
    /// The timestamp of the next packet.
    timestamp: Timestamp,
    /// Packets due.
    due: u32,
    /// Whether the last packet's worth of time was not sent: the next packet begins a talk-spurt.
    paused: bool,
    /// Whether anything was sent yet.
    started: bool,
}

impl Sender {
    pub(super) fn new(timestamp: Timestamp, ptime_ms: u16) -> Self {
        Self {
            ptime_ms,
            credit_ms: 0,
            timestamp,
            due: 0,
            paused: true,
            started: false,
        }
    }

    pub(super) fn set_ptime(&mut self, ptime_ms: u16) {
        self.ptime_ms = ptime_ms;
    }

    /// `ticks` frames of time have passed.
    fn pass(&mut self, ticks: u64, frame: Duration, clock_rate: u32) {
        let millis = u64::try_from(frame.as_millis()).unwrap_or(0);
        let ptime = u64::from(self.ptime_ms.max(1));
        let all = ticks
            .saturating_mul(millis)
            .saturating_add(u64::from(self.credit_ms));
        let packets = all.checked_div(ptime).unwrap_or(0);
        self.credit_ms = u32::try_from(all.checked_rem(ptime).unwrap_or(0)).unwrap_or(0);
        let all = packets.saturating_add(u64::from(self.due));
        let most = u64::from(MOST_PACKETS);
        // What lies too far back is never sent. Its timestamps are used up all the same, and the
        // next packet shows the gap with a marker.
        let gone = all.saturating_sub(most);
        if gone > 0 {
            let samples = ticks_of(Duration::from_millis(ptime), clock_rate);
            let skipped = samples.wrapping_mul(gone) as u32;
            self.timestamp = self.timestamp.wrapping_add(skipped);
            self.paused = true;
        }
        self.due = u32::try_from(all.min(most)).unwrap_or(MOST_PACKETS);
    }
}

/// What one packet's worth of time comes to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Captured samples.
    Speech,
    /// Silence, as a packet of its own.
    Silence,
    /// Word that a pause begins.
    Pause,
    Nothing,
}

impl AudioStream {
    /// Runs the ticks that are due.
    pub(super) fn run_ticks(&mut self) {
        let Some(active) = &mut self.active else {
            return;
        };
        let due = active.ticker.due(self.now);
        if due == 0 {
            return;
        }
        let first = active.ticker.done.saturating_add(1);
        let past = due.saturating_sub(MOST_FRAMES);
        if past > 0 {
            // Asleep for seconds: nobody heard what was played meanwhile.
            self.playout.restart();
        }
        for tick in (0..due.min(MOST_FRAMES)).map(|n| first.saturating_add(past).saturating_add(n))
        {
            let at = active.ticker.at(tick);
            let playout = &mut self.playout;
            self.heard.push_frame(|frame| playout.pull(at, frame));
        }
        active.ticker.done = active.ticker.done.saturating_add(due);
        let frame = active.ticker.frame;
        active
            .sender
            .pass(due, frame, self.config.playout.clock_rate);
        self.watch_activity();
    }

    /// Writes the next packet that is due into `bytes`; whether there was one.
    pub(super) fn poll_media(&mut self, bytes: &mut Vec<u8>) -> bool {
        let rate = self.config.playout.clock_rate;
        loop {
            let Some(Active { plan, sender, .. }) = &mut self.active else {
                return false;
            };
            if sender.due == 0 {
                return false;
            }
            sender.due = sender.due.saturating_sub(1);
            let span = Duration::from_millis(u64::from(sender.ptime_ms));
            let samples = ticks_of(span, rate) as u32;
            let timestamp = sender.timestamp;
            sender.timestamp = timestamp.wrapping_add(samples);
            let count = samples as usize;
            let turn = turn(plan, self.config.silence, &mut self.capture, count, sender);
            // RFC 3551 §4.1: the marker begins a talk-spurt, and without silence suppression there
            // are none.
            let suppress = self.config.silence == Silence::Suppress;
            let marker = suppress && turn == Turn::Speech && sender.paused;
            sender.paused = turn != Turn::Speech;
            let mut payload = [0_u8; 1600];
            let (payload_type, size) = match turn {
                Turn::Nothing => continue,
                Turn::Speech => {
                    let law = plan.send.law;
                    let capture = &mut self.capture;
                    for octet in payload.iter_mut().take(count) {
                        *octet = law.encode(capture.next());
                    }
                    (plan.send.payload_type, count)
                }
                Turn::Silence => {
                    let silence = plan.send.law.encode(0);
                    if let Some(packet) = payload.get_mut(..count) {
                        packet.fill(silence);
                    }
                    (plan.send.payload_type, count)
                }
                Turn::Pause => match (plan.comfort_noise, pause(&mut payload)) {
                    (Some(payload_type), Some(size)) => (payload_type, size),
                    _ => continue,
                },
            };
            sender.started = true;
            // The first of these samples was taken one packet's span before its tick.
            let behind = span.saturating_mul(sender.due.saturating_add(1));
            let nanos = u64::try_from(behind.as_nanos()).unwrap_or(0);
            let tick = active_tick(&self.active);
            let media = Media {
                marker,
                payload_type,
                timestamp,
                sampled: Instant::from_nanos(tick.as_nanos().saturating_sub(nanos)),
                payload: payload.get(..size).unwrap_or(&[]),
            };
            bytes.clear();
            bytes.resize(FIXED_HEADER.saturating_add(size), 0);
            if self.session.send(self.now, &media, bytes).is_ok() {
                self.note_sent(size);
                return true;
            }
        }
    }
}

/// The nominal time of the last tick that was run.
fn active_tick(active: &Option<Active>) -> Instant {
    match active {
        Some(active) => active.ticker.at(active.ticker.done),
        None => Instant::ZERO,
    }
}

/// Decides what one packet's worth of time comes to.
fn turn(
    plan: &AudioPlan,
    silence: Silence,
    capture: &mut super::capture::Capture,
    count: usize,
    sender: &Sender,
) -> Turn {
    if !plan.direction.sends() {
        // On hold: what the microphone hears meanwhile is nobody's business.
        capture.discard(count);
        return Turn::Nothing;
    }
    let has_frame = capture.has_frame(count);
    match silence {
        Silence::Send | Silence::Suppress if has_frame => Turn::Speech,
        Silence::Send => Turn::Silence,
        // One comfort-noise packet where a pause begins.
        Silence::Suppress if sender.started && !sender.paused => Turn::Pause,
        Silence::Suppress => Turn::Nothing,
    }
}

fn pause(payload: &mut [u8]) -> Option<usize> {
    let noise = ComfortNoise {
        level: PAUSE_LEVEL,
        coefficients: &[],
    };
    noise.pack(payload)
}
