//! The playout buffer: packets in whenever they come, one frame out at every tick.
//!
//! It puts packets back in order (RFC 3550 §5.1: by timestamp), waits just long enough for the
//! late ones, covers what is missing and follows a sender whose clock is not ours. Everything it
//! needs is allocated at the start.
//!
//! ```text
//!   transit of a packet = when it came − its timestamp     the least one of late: base
//!   excess = transit − base ─▶ peak, decaying ─▶ target    how long to wait
//!   delay  = when it is played − timestamp − base          how long it does wait
//!
//!     delay < target, nothing to play or nobody speaking: hold (a frame of cover, no time passes)
//!     delay > target by two frames, nobody speaking, or by far: skip a frame
//! ```

mod cover;
mod delay;
mod push;
mod slots;
mod window;

pub use self::cover::Concealment;

use alloc::boxed::Box;
use core::time::Duration;

use self::cover::Cover;
use self::delay::Delay;
use self::slots::{Content, Slots};
use self::window::Window;
use super::jitter::{span_of, ticks_of};
use super::number::Timestamp;
use super::payload::g711::Law;
use crate::time::Instant;

/// RFC 3551 §4.2: up to 200 ms in a packet; at 8 kHz that many octets.
const LARGEST: usize = 1600;

/// How a playout buffer is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayoutConfig {
    /// Ticks of the media clock per second.
    pub clock_rate: u32,
    /// Samples in the frame that each pull asks for.
    pub frame: u32,
    /// The least time a packet waits, if it came as fast as any.
    pub least_delay: Duration,
    /// The longest time it is made to wait.
    pub most_delay: Duration,
    /// Packets kept; one more is dropped and counted.
    pub packets: usize,
}

impl PlayoutConfig {
    /// Speech at 8 kHz in frames of 20 ms.
    #[must_use]
    pub const fn telephone() -> Self {
        Self {
            clock_rate: 8_000,
            frame: 160,
            least_delay: Duration::from_millis(40),
            most_delay: Duration::from_millis(400),
            packets: 64,
        }
    }
}

/// What became of the packets (all since the start).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct PlayoutStats {
    /// Packets taken, late and duplicate ones included.
    pub received: u64,
    /// Packets that were sent, judging by the sequence numbers.
    pub expected: u64,
    /// Packets that had come before.
    pub duplicates: u64,
    /// Packets that came after one sent later.
    pub reordered: u64,
    /// Packets that came after their time to be played, and were not.
    pub late: u64,
    /// Packets there was no room for, or that made no sense.
    pub refused: u64,
    /// Samples that were covered for want of the real ones.
    pub concealed: u64,
    /// Frames inserted to wait longer.
    pub held: u64,
    /// Frames left out to wait less.
    pub skipped: u64,
    /// Packets that were lost, or late by themselves, and were had back from others in time.
    pub repaired: u64,
}

impl PlayoutStats {
    /// Packets that never came.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        let unique = self.received.saturating_sub(self.duplicates);
        self.expected.saturating_sub(unique)
    }
}

/// What a payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound<'a> {
    /// G.711 speech.
    Speech(Law, &'a [u8]),
    /// A pause begins, with noise of this mean magnitude (RFC 3389).
    Noise(i16),
}

impl Sound<'_> {
    /// How many samples it is at least; `None` if it makes no sense.
    fn length(&self) -> Option<i64> {
        match self {
            Self::Speech(_, octets) if octets.is_empty() || octets.len() > LARGEST => None,
            Self::Speech(_, octets) => i64::try_from(octets.len()).ok(),
            Self::Noise(_) => Some(1),
        }
    }
}

/// What a push came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It will be played.
    Kept,
    /// It had come before.
    Duplicate,
    /// Its time has passed.
    Late,
    /// There is no room, or it makes no sense.
    Refused,
}

/// A playout buffer for one source at a time.
#[derive(Debug)]
pub struct Playout {
    config: PlayoutConfig,
    slots: Slots,
    delay: Delay,
    cover: Cover,
    /// Where in media time the next sample to be played stands; `None` before the first packet.
    next: Option<i64>,
    /// The last timestamp seen, extended, to extend others by.
    reference: Option<(Timestamp, i64)>,
    window: Window,
    /// Sequence number behind the last packet played, to tell a pause from a loss.
    following: Option<u32>,
    since_skip: u32,
    /// Whether playing has yet to begin: the first packets wait as long as all others.
    waiting: bool,
    stats: PlayoutStats,
}

impl Playout {
    /// An empty buffer.
    #[must_use]
    pub fn new(config: PlayoutConfig) -> Self {
        Self {
            slots: Slots::new(config.packets, config.frame as usize),
            delay: Delay::new(&config),
            cover: Cover::new(config.frame as usize),
            config,
            next: None,
            reference: None,
            window: Window::default(),
            following: None,
            since_skip: 0,
            waiting: true,
            stats: PlayoutStats::default(),
        }
    }

    /// Lets another make up what is lost from here on; without one, it is the last frame again,
    /// fading away over three frames.
    pub fn set_concealment(&mut self, concealment: Option<Box<dyn Concealment>>) {
        self.cover.set(concealment);
    }

    /// What became of the packets.
    #[must_use]
    pub const fn stats(&self) -> &PlayoutStats {
        &self.stats
    }

    /// How long a packet without any delay of its own waits to be played, at present.
    #[must_use]
    pub fn delay(&self) -> Duration {
        span_of(
            self.delay.current().max(0).unsigned_abs(),
            self.config.clock_rate,
        )
    }

    /// Begins anew with another source, or one that restarted; counts go on.
    pub fn restart(&mut self) {
        self.slots.clear();
        self.cover.restart();
        self.delay.restart();
        self.next = None;
        self.reference = None;
        self.window = Window::default();
        self.following = None;
        self.waiting = true;
    }

    /// Fills one frame, at the tick whose nominal time is `now`.
    pub fn pull(&mut self, now: Instant, out: &mut [i16]) {
        let Some(next) = self.next else {
            self.cover.pause(out);
            return;
        };
        let frame = i64::from(self.config.frame);
        self.since_skip = self.since_skip.saturating_add(1);
        let delay = self.delay.playing(self.ticks(now), next);
        let target = self.delay.target();
        if self.waiting && delay < target {
            self.cover.pause(out);
            return;
        }
        self.waiting = false;
        if delay.saturating_add(frame) <= target && self.may_hold(next) {
            self.stats.held = self.stats.held.saturating_add(1);
            if self.slots.first().is_none() {
                self.conceal(out);
            } else {
                self.cover.pause(out);
            }
            return;
        }
        if delay > self.delay.longest().saturating_add(frame.saturating_mul(2)) {
            // Longer than packets may be made to wait: a way that has become shorter, or a sender
            // that was held up and is not any more. Frame by frame it would take a minute, in
            // which there is no room for what comes.
            self.catch_up(next, delay.saturating_sub(target));
        } else if delay > target.saturating_add(frame.saturating_mul(2))
            && self.may_skip(delay, target)
        {
            self.catch_up(next, frame);
        }
        self.fill(out);
    }

    /// Whether a frame can be put in without being heard: there is nothing to play, or nothing but
    /// silence.
    fn may_hold(&self, next: i64) -> bool {
        match self.slots.first() {
            None => true,
            Some(slot) => slot.position > next || slot.is_quiet(),
        }
    }

    /// Whether a frame can be left out: silence at any time; speech only if the wait is far too
    /// long, and not often.
    fn may_skip(&self, delay: i64, target: i64) -> bool {
        let frame = i64::from(self.config.frame);
        match self.slots.first() {
            None => false,
            Some(slot) if slot.is_quiet() => true,
            Some(_) => {
                let far = target.saturating_add(frame.saturating_mul(6));
                delay > far && self.since_skip > 25
            }
        }
    }

    fn catch_up(&mut self, next: i64, ticks: i64) {
        self.next = Some(next.saturating_add(ticks));
        self.since_skip = 0;
        let frames = ticks.checked_div(i64::from(self.config.frame)).unwrap_or(0);
        let frames = u64::try_from(frames).unwrap_or(0).max(1);
        self.stats.skipped = self.stats.skipped.saturating_add(frames);
    }

    fn fill(&mut self, out: &mut [i16]) {
        let mut out = out;
        while !out.is_empty() {
            let Some(next) = self.next else {
                return;
            };
            let left = i64::try_from(out.len()).unwrap_or(i64::MAX);
            let step = match self.slots.first() {
                // Nothing there. Media time passes all the same: what comes now is late.
                None => Step::Missing(left),
                Some(slot) if slot.position > next => {
                    let gap = slot.position.saturating_sub(next).min(left);
                    // RFC 3551 §4.1: a gap in time without one in numbers is a pause, not a loss.
                    if self.following == Some(slot.sequence) {
                        Step::Pause(gap)
                    } else {
                        Step::Missing(gap)
                    }
                }
                Some(slot) => Step::Play(next.saturating_sub(slot.position)),
            };
            let (Step::Missing(count) | Step::Pause(count)) = step else {
                let done = self.play(step, out);
                out = out.get_mut(done..).unwrap_or(&mut []);
                continue;
            };
            let count = usize::try_from(count).unwrap_or(0).clamp(1, out.len());
            let Some((front, rest)) = out.split_at_mut_checked(count) else {
                return;
            };
            match step {
                Step::Pause(_) => self.cover.pause(front),
                Step::Missing(_) | Step::Play(_) => self.conceal(front),
            }
            self.pass(count);
            out = rest;
        }
    }

    /// Plays from the first slot; says how many samples that gave.
    fn play(&mut self, step: Step, out: &mut [i16]) -> usize {
        let Step::Play(offset) = step else {
            return 0;
        };
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let Some(slot) = self.slots.first() else {
            return 0;
        };
        let following = slot.sequence.wrapping_add(1);
        let (done, used_up) = match slot.content {
            Content::Noise(magnitude) => {
                self.cover.begin_pause(magnitude);
                (0, true)
            }
            Content::Speech(law) => {
                let octets = slot.octets().get(offset..).unwrap_or(&[]);
                let done = law.unpack(octets, out);
                (done, done >= octets.len())
            }
        };
        if used_up {
            self.slots.remove_first();
            self.following = Some(following);
        }
        if let Some(played) = out.get_mut(..done) {
            self.cover.heard(played);
        }
        self.pass(done);
        done
    }

    fn conceal(&mut self, out: &mut [i16]) {
        if self.cover.conceal(out) {
            let count = u64::try_from(out.len()).unwrap_or(0);
            self.stats.concealed = self.stats.concealed.saturating_add(count);
        }
    }

    fn pass(&mut self, samples: usize) {
        let samples = i64::try_from(samples).unwrap_or(0);
        self.next = self.next.map(|next| next.saturating_add(samples));
    }

    fn ticks(&self, now: Instant) -> i64 {
        let since = Duration::from_nanos(now.as_nanos());
        i64::try_from(ticks_of(since, self.config.clock_rate)).unwrap_or(i64::MAX)
    }
}

/// What the next samples are made of.
#[derive(Clone, Copy)]
enum Step {
    /// So many samples are missing.
    Missing(i64),
    /// So many samples were never sent.
    Pause(i64),
    /// The first slot, from this offset on.
    Play(i64),
}

#[cfg(test)]
mod tests;
