//! The sender of telephone events (RFC 4733 §2.5.1).
//!
//! ```text
//!   Idle ── begin ──▶ Lasting ── end ──▶ (final report, twice again) ──▶ Idle
//!                      │   ▲
//!                      └───┘ longest duration reached: final report of this segment without E, twice
//!                            again; a new segment begins where it ends
//! ```
//!
//! At every turn, that is once per packet time, the sender gives what is to be sent then: reports
//! of what has ended that are to be repeated, the oldest first, then the one of what lasts.

use crate::rtp::number::Timestamp;
use crate::rtp::payload::red::MOST_OFFSET;
use crate::rtp::payload::telephone_event::{EventCode, TelephoneEvent};

/// §2.5.1.4: the final report of an event or segment is sent so often.
const FINALS: u8 = 3;
/// Final reports that may wait for their repetition at once: with two turns for each, no more come
/// together unless events follow each other within one packet time.
const MOST_FINALS: usize = 4;

/// One packet to be sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct EventReport {
    /// M: the first report of an event, but not of its later segments (§2.2.2).
    pub marker: bool,
    /// The beginning of the event or segment: the same in all of its reports.
    pub timestamp: Timestamp,
    /// The payload.
    pub event: TelephoneEvent,
}

/// Reports one event after the other.
#[derive(Clone, Debug)]
pub struct EventSender {
    longest: u16,
    state: State,
    finals: [Option<Final>; MOST_FINALS],
}

#[derive(Clone, Copy, Debug)]
enum State {
    Idle,
    Lasting(Lasting),
}

/// An event that has not ended.
#[derive(Clone, Copy, Debug)]
struct Lasting {
    code: EventCode,
    volume: u8,
    /// The beginning of the present segment.
    segment: Timestamp,
    /// Whether the next report is the event's first.
    is_new: bool,
    /// What the last report of the segment said.
    reported: u16,
}

/// A report that says how long something lasted, to be sent so many times more.
#[derive(Clone, Copy, Debug)]
struct Final {
    report: EventReport,
    left: u8,
}

impl Default for EventSender {
    fn default() -> Self {
        Self {
            longest: TelephoneEvent::LONGEST,
            state: State::Idle,
            finals: [None; MOST_FINALS],
        }
    }
}

impl EventSender {
    /// A sender whose reports are also carried as redundant data, whose offsets end at 0x3fff
    /// (§2.5.1.3.1): `generations` of them, one for every `period` ticks.
    #[must_use]
    pub fn with_redundancy(generations: u16, period: u16) -> Self {
        let back = generations.saturating_sub(1).saturating_mul(period);
        Self {
            // A segment is at least as long as a packet, or it would never get anywhere.
            longest: MOST_OFFSET.saturating_sub(back).max(period).max(1),
            ..Self::default()
        }
    }

    /// Begins an event at `at`. What lasts until then ends there.
    pub fn begin(&mut self, at: Timestamp, code: EventCode, volume: u8) {
        self.end(at);
        self.state = State::Lasting(Lasting {
            code,
            volume,
            segment: at,
            is_new: true,
            reported: 0,
        });
    }

    /// Ends what lasts, at `at`; with nothing going on, nothing happens. Where the report that was
    /// sent last has said the same duration already, that one counts as the first of the final
    /// ones, and only those that repeat it have E set (§2.5.1.2 leaves it open until then).
    pub fn end(&mut self, at: Timestamp) {
        loop {
            let State::Lasting(lasting) = self.state else {
                return;
            };
            let lasted = ticks_since(at, lasting.segment);
            if lasted > u32::from(self.longest) {
                self.end_segment(lasting);
                continue;
            }
            self.state = State::Idle;
            let duration = u16::try_from(lasted).unwrap_or(self.longest);
            if duration == 0 && lasting.is_new {
                // Nothing was sent of it, and zero would mean forever (§2.3.5).
                return;
            }
            let told = duration == lasting.reported;
            self.finish(lasting, duration.max(1), true, told);
            return;
        }
    }

    /// Whether there is something to be sent, now or at a later turn.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.is_lasting() || self.finals.iter().any(Option::is_some)
    }

    /// Whether an event has begun and not ended.
    #[must_use]
    pub const fn is_lasting(&self) -> bool {
        matches!(self.state, State::Lasting(_))
    }

    /// Gives what is to be sent at `now`, to be called once per packet time: up to three reports
    /// of what has ended and one of what lasts, in the order of their timestamps.
    pub fn turn(&mut self, now: Timestamp, mut send: impl FnMut(EventReport)) {
        let update = self.update(now);
        for place in &mut self.finals {
            let Some(kept) = place else { continue };
            send(kept.report);
            // §2.2.2: M is for the first report alone.
            kept.report.marker = false;
            kept.left = kept.left.saturating_sub(1);
            if kept.left == 0 {
                *place = None;
            }
        }
        if let Some(report) = update {
            send(report);
        }
        self.close_gaps();
    }

    /// The report of what lasts.
    fn update(&mut self, now: Timestamp) -> Option<EventReport> {
        loop {
            let State::Lasting(lasting) = &mut self.state else {
                return None;
            };
            let lasted = ticks_since(now, lasting.segment);
            if lasted > u32::from(self.longest) {
                let lasting = *lasting;
                self.end_segment(lasting);
                continue;
            }
            let duration = u16::try_from(lasted).unwrap_or(self.longest);
            if duration == 0 {
                return None;
            }
            lasting.reported = duration;
            let marker = core::mem::take(&mut lasting.is_new);
            let lasting = *lasting;
            return Some(lasting.report(marker, duration, false));
        }
    }

    /// §2.5.1.3: the longest duration is told without E, and the event goes on in another segment.
    fn end_segment(&mut self, lasting: Lasting) {
        let told = lasting.reported == self.longest;
        self.finish(lasting, self.longest, false, told);
        self.state = State::Lasting(Lasting {
            segment: lasting.segment.wrapping_add(u32::from(self.longest)),
            is_new: false,
            reported: 0,
            ..lasting
        });
    }

    /// Keeps a final report until it has been sent often enough.
    fn finish(&mut self, lasting: Lasting, duration: u16, end: bool, told: bool) {
        let kept = Final {
            report: lasting.report(lasting.is_new, duration, end),
            left: if told { FINALS.wrapping_sub(1) } else { FINALS },
        };
        self.close_gaps();
        if self.finals.iter().all(Option::is_some) {
            // Events faster than packets: the oldest has been sent at least as often as others.
            self.finals.rotate_left(1);
            if let Some(last) = self.finals.last_mut() {
                *last = Some(kept);
            }
            return;
        }
        if let Some(place) = self.finals.iter_mut().find(|place| place.is_none()) {
            *place = Some(kept);
        }
    }

    /// The oldest first, without gaps.
    fn close_gaps(&mut self) {
        let mut kept = self.finals.into_iter().flatten();
        self.finals = core::array::from_fn(|_| kept.next());
    }
}

impl Lasting {
    const fn report(&self, marker: bool, duration: u16, end: bool) -> EventReport {
        EventReport {
            marker,
            timestamp: self.segment,
            event: TelephoneEvent {
                code: self.code,
                end,
                volume: self.volume,
                duration,
            },
        }
    }
}

/// How far `now` is behind `then`, which is not after it.
fn ticks_since(now: Timestamp, then: Timestamp) -> u32 {
    u32::try_from(now.ticks_since(then)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
