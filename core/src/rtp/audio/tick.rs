//! The beat: when a frame is played and when a packet is sent.
//!
//! Both stand on an absolute schedule, so that lateness never adds up. A driver that comes late
//! finds the ticks it missed still due, up to a bound; what lies further back is gone, and the
//! timestamps say so.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use super::capture::Capture;
use super::keys::REPORTS_OCTETS;
use super::parity::{Mender, Parity};
use super::stream::AudioStream;
use super::{AudioPlan, Silence};
use crate::rtp::jitter::{span_of, ticks_of};
use crate::rtp::number::{PayloadType, Timestamp};
use crate::rtp::packet::{FIXED_HEADER, Header, Packet};
use crate::rtp::payload::comfort_noise::ComfortNoise;
use crate::rtp::payload::red::Block;
use crate::rtp::session::Media;
use crate::time::Instant;

/// Packets sent at once by a driver that came late.
const MOST_PACKETS: u64 = 5;
/// Frames played at once by a driver that came late: a second's worth.
const MOST_FRAMES: u64 = 50;
/// The level of the pauses we announce: −70 dBov, a quiet room.
const PAUSE_LEVEL: u8 = 70;
/// The longest packet: 200 ms at 8 kHz (RFC 3551 §4.2).
const LARGEST: usize = 1600;

/// A schedule of evenly spaced ticks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticker {
    start: Instant,
    span: Duration,
    /// Ticks that have been run.
    done: u64,
}

impl Ticker {
    pub(super) fn new(start: Instant, span: Duration) -> Self {
        Self {
            start,
            span: span.max(Duration::from_millis(1)),
            done: 0,
        }
    }

    /// The schedule of frames of so many samples.
    pub(super) fn of_frames(start: Instant, samples: u32, clock_rate: u32) -> Self {
        Self::new(start, span_of(u64::from(samples), clock_rate))
    }

    fn at(&self, tick: u64) -> Instant {
        self.start + Duration::from_nanos(self.nanos().saturating_mul(tick))
    }

    /// When the next tick is due.
    pub(super) fn next(&self) -> Instant {
        self.at(self.done.saturating_add(1))
    }

    /// How many ticks are due.
    fn due(&self, now: Instant) -> u64 {
        let since = now.as_nanos().saturating_sub(self.start.as_nanos());
        let all = since.checked_div(self.nanos()).unwrap_or(0);
        all.saturating_sub(self.done)
    }

    /// The span in nanoseconds, in an integer that small processors can divide by.
    fn nanos(&self) -> u64 {
        u64::try_from(self.span.as_nanos()).unwrap_or(u64::MAX)
    }
}

/// The sending side's place in time.
#[derive(Debug)]
pub(super) struct Sender {
    ticker: Ticker,
    /// Packets due by the last `Timeout`.
    due: u64,
    /// The timestamp of the next packet.
    timestamp: Timestamp,
    /// Whether the last packet's worth of time was not sent: the next packet begins a talk-spurt.
    paused: bool,
    /// Whether speech was ever sent.
    started: bool,
}

impl Sender {
    pub(super) fn new(now: Instant, timestamp: Timestamp, ptime: Duration) -> Self {
        Self {
            ticker: Ticker::new(now, ptime),
            due: 0,
            timestamp,
            paused: true,
            started: false,
        }
    }

    pub(super) fn next(&self) -> Instant {
        self.ticker.next()
    }

    /// Packets hold another span from here on.
    pub(super) fn set_ptime(&mut self, ptime: Duration) {
        if ptime != self.ticker.span {
            self.ticker = Ticker::new(self.ticker.at(self.ticker.done), ptime);
            self.due = 0;
        }
    }

    /// Looks which packets are due.
    fn run(&mut self, now: Instant, clock_rate: u32) {
        let due = self.ticker.due(now);
        let gone = due.saturating_sub(MOST_PACKETS);
        if gone > 0 {
            // What lies too far back is never sent, but its time has passed.
            self.skip(gone, clock_rate);
            self.paused = true;
        }
        self.due = due.saturating_sub(gone);
    }

    /// Lets `packets` packets' time pass.
    fn skip(&mut self, packets: u64, clock_rate: u32) {
        let samples = self.samples(clock_rate).wrapping_mul(packets);
        self.timestamp = self.timestamp.wrapping_add(samples as u32);
        self.ticker.done = self.ticker.done.saturating_add(packets);
    }

    fn samples(&self, clock_rate: u32) -> u64 {
        ticks_of(self.ticker.span, clock_rate)
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
    /// No packet.
    Nothing,
}

impl AudioStream {
    /// Runs the ticks that are due: plays frames, and notes which packets are to be sent.
    pub(super) fn run_ticks(&mut self) {
        let Some(active) = &mut self.active else {
            return;
        };
        active.sender.run(self.now, self.config.playout.clock_rate);
        let ticker = &mut active.player;
        let due = ticker.due(self.now);
        if due == 0 {
            return;
        }
        let past = due.saturating_sub(MOST_FRAMES);
        if past > 0 {
            // Asleep for seconds: nobody was there to hear what those frames held.
            self.playout.restart();
            ticker.done = ticker.done.saturating_add(past);
        }
        for _ in past..due {
            ticker.done = ticker.done.saturating_add(1);
            let (playout, at) = (&mut self.playout, ticker.at(ticker.done));
            self.heard.push_frame(|frame| playout.pull(at, frame));
        }
        self.received_events.tick(self.now);
        self.tell_events();
        self.watch_activity();
    }

    /// Writes the next packet that is due into `bytes`; whether there was one.
    pub(super) fn poll_media(&mut self, bytes: &mut Vec<u8>) -> bool {
        let rate = self.config.playout.clock_rate;
        loop {
            if self.poll_event_report(bytes) {
                return true;
            }
            let Some(active) = &mut self.active else {
                return false;
            };
            let (plan, sender) = (&active.plan, &mut active.sender);
            let Some(left) = sender.due.checked_sub(1) else {
                return false;
            };
            sender.due = left;
            let (timestamp, begun) = (sender.timestamp, sender.ticker.at(sender.ticker.done));
            let count = usize::try_from(sender.samples(rate)).unwrap_or(LARGEST);
            sender.skip(1, rate);
            if plan.send_events.is_some() {
                let overlaps = plan.send_redundancy.is_some_and(|one| one.events);
                if self.keys.turn(timestamp, sender.timestamp, rate, overlaps) {
                    // An event takes the place of speech (RFC 4733 §2.1: as another codec would).
                    self.capture.discard(count);
                    sender.paused = false;
                    sender.started = true;
                    continue;
                }
            }
            let turn = turn(plan, self.config.silence, &mut self.capture, count, sender);
            // RFC 3551 §4.1: the marker begins a talk-spurt, and without silence suppression there
            // are none.
            let suppress = self.config.silence == Silence::Suppress;
            let marker = suppress && turn == Turn::Speech && sender.paused;
            sender.paused = matches!(turn, Turn::Pause | Turn::Nothing);
            sender.started |= turn == Turn::Speech;
            let mut payload = [0; LARGEST];
            let Some((payload_type, size)) =
                write_payload(turn, plan, &mut self.capture, payload.get_mut(..count))
            else {
                continue;
            };
            let payload = payload.get(..size).unwrap_or(&[]);
            let redundancy = plan.send_redundancy.filter(|one| one.reach() > 0);
            let packed = match redundancy {
                None => None,
                Some(redundancy) => {
                    let parity = self.parity_out.as_mut().and_then(parity_block);
                    self.before
                        .pack(timestamp, payload_type, payload, parity)
                        .map(|packed| (redundancy.payload_type, packed))
                }
            };
            let (outer_type, outer) = packed.unwrap_or((payload_type, payload));
            let media = Media {
                marker,
                payload_type: outer_type,
                timestamp,
                // The first of these samples was taken when the tick before was due.
                sampled: begun,
                payload: outer,
            };
            let size = outer.len();
            bytes.clear();
            bytes.resize(FIXED_HEADER.saturating_add(size), 0);
            let is_sent = self.session.send(self.now, &media, bytes).is_ok();
            self.before.keep(timestamp, payload_type, payload);
            if is_sent {
                self.note_sent(size);
                self.keep_sent(bytes);
                protect_sent(self.parity_out.as_mut(), bytes, payload_type, payload);
                return true;
            }
        }
    }

    /// Writes the next report of a telephone event that is due into `bytes`; whether there was one.
    fn poll_event_report(&mut self, bytes: &mut Vec<u8>) -> bool {
        let rate = self.config.playout.clock_rate;
        let Some(active) = &self.active else {
            return false;
        };
        let (Some(payload_type), sender) = (active.plan.send_events, &active.sender) else {
            return false;
        };
        let redundancy = active.plan.send_redundancy.filter(|one| one.events);
        let mut payload = [0; REPORTS_OCTETS];
        let mut packed = None;
        if let Some(redundancy) = redundancy {
            let several = self.keys.pack(payload_type, &mut payload);
            packed = several.map(|(report, size)| (report, redundancy.payload_type, size));
        }
        if packed.is_none() {
            packed = self.keys.next_report().and_then(|report| {
                let size = report.event.pack(&mut payload)?;
                Some((report, payload_type, size))
            });
        }
        let Some((report, payload_type, size)) = packed else {
            return false;
        };
        // The event began some time before the packet that is due now.
        let before = sender.timestamp.ticks_since(report.timestamp);
        let before = span_of(u64::try_from(before).unwrap_or(0), rate);
        let due = sender.ticker.at(sender.ticker.done);
        let began = u64::try_from(before.as_nanos()).unwrap_or(u64::MAX);
        let media = Media {
            marker: report.marker,
            payload_type,
            timestamp: report.timestamp,
            sampled: Instant::from_nanos(due.as_nanos().saturating_sub(began)),
            payload: payload.get(..size).unwrap_or(&[]),
        };
        bytes.clear();
        bytes.resize(FIXED_HEADER.saturating_add(size), 0);
        let is_sent = self.session.send(self.now, &media, bytes).is_ok();
        if is_sent {
            self.note_sent(size);
        }
        is_sent
    }
}

/// The parity that goes along with the next packet. It says for itself which packets it is about, so
/// its block is of the packet's own time.
fn parity_block((parity, mender): &mut (Parity, Box<dyn Mender>)) -> Option<Block<'_>> {
    Some(Block {
        payload_type: parity.payload_type(),
        offset: 0,
        payload: mender.take_block()?,
    })
}

/// Protects what a packet that went out holds of the main codec.
fn protect_sent(
    parity: Option<&mut (Parity, Box<dyn Mender>)>,
    bytes: &[u8],
    payload_type: PayloadType,
    payload: &[u8],
) {
    if let (Some((_, mender)), Ok(packet)) = (parity, Packet::parse(bytes)) {
        let header = Header {
            payload_type,
            ..packet.header()
        };
        mender.sent(header, payload);
    }
}

/// Decides what one packet's worth of time comes to.
fn turn(
    plan: &AudioPlan,
    silence: Silence,
    capture: &mut Capture,
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

/// Fills a payload, and says of which type and size; `None` if there is to be no packet.
fn write_payload(
    turn: Turn,
    plan: &AudioPlan,
    capture: &mut Capture,
    payload: Option<&mut [u8]>,
) -> Option<(PayloadType, usize)> {
    let payload = payload?;
    let law = plan.send.law;
    match turn {
        Turn::Nothing => None,
        Turn::Speech => {
            for octet in payload.iter_mut() {
                *octet = law.encode(capture.next());
            }
            Some((plan.send.payload_type, payload.len()))
        }
        Turn::Silence => {
            payload.fill(law.encode(0));
            Some((plan.send.payload_type, payload.len()))
        }
        Turn::Pause => {
            let noise = ComfortNoise {
                level: PAUSE_LEVEL,
                coefficients: &[],
            };
            Some((plan.comfort_noise?, noise.pack(payload)?))
        }
    }
}
