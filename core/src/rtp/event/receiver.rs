//! The receiver of telephone events (RFC 4733 §2.5.2).
//!
//! ```text
//!   Idle ── a report of something new ──▶ Lasting ── E, or something newer, or no report ──▶ Idle
//!                                          │   ▲     for three packet times
//!                                          └───┘ more reports; a segment where the last one ended
//! ```
//!
//! A report belongs to the event that its timestamp says, however many others were lost or came in
//! another order: each event is told once.

use core::time::Duration;

use crate::rtp::jitter::span_of;
use crate::rtp::number::Timestamp;
use crate::rtp::payload::telephone_event::{EventCode, TelephoneEvent, events};
use crate::time::Instant;

/// Events that reports may still come of after their end.
const REMEMBERED: usize = 8;
/// News that wait for a caller who does not ask; one more is dropped.
const NEWS: usize = 16;
/// §2.5.2.2: after so many packet times without a report an event has ended.
const PATIENCE: u32 = 3;
/// The packet time that is assumed until reports show a longer one (§2.5.1.2 recommends 50 ms).
const LEAST_SPACING: Duration = Duration::from_millis(50);
/// The longest packet time that is believed (RFC 3551 §4.2).
const MOST_SPACING: Duration = Duration::from_millis(200);

/// What a receiver tells.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EventNews {
    /// An event has begun; how long it will last is not known yet.
    Began {
        /// Which.
        code: EventCode,
        /// When it began, on the sender's media clock.
        timestamp: Timestamp,
        /// The level, in dB below 1 mW.
        volume: u8,
    },
    /// It has ended, or nothing more was heard of it.
    Ended {
        /// Which.
        code: EventCode,
        /// When it began.
        timestamp: Timestamp,
        /// How long it lasted as far as is known, in ticks.
        duration: u32,
    },
}

/// Tells each event of a source once.
#[derive(Debug)]
pub struct EventReceiver {
    clock_rate: u32,
    lasting: Option<Lasting>,
    past: [Option<Past>; REMEMBERED],
    news: [Option<EventNews>; NEWS],
}

/// An event that has not ended.
#[derive(Clone, Copy, Debug)]
struct Lasting {
    code: EventCode,
    began: Timestamp,
    /// The beginning of the present segment.
    segment: Timestamp,
    /// How long the segment has lasted.
    duration: u16,
    /// Between reports, in ticks.
    spacing: u32,
    heard: Instant,
}

/// An event that has ended.
#[derive(Clone, Copy, Debug)]
struct Past {
    code: EventCode,
    began: Timestamp,
    duration: u32,
}

impl EventReceiver {
    /// A receiver for one source at a time, whose media clock has so many ticks a second.
    #[must_use]
    pub const fn new(clock_rate: u32) -> Self {
        Self {
            clock_rate,
            lasting: None,
            past: [None; REMEMBERED],
            news: [None; NEWS],
        }
    }

    /// Begins anew with another source. What lasted has ended.
    pub fn restart(&mut self) {
        self.finish();
        self.past = [None; REMEMBERED];
    }

    /// Takes the payload of a packet that came at `now`. Without a timestamp of its own a block of
    /// redundant data is taken likewise, with the timestamp that its offset gives.
    pub fn receive(&mut self, now: Instant, timestamp: Timestamp, payload: &[u8]) {
        for (after, event) in events(payload) {
            // §2.3.5: a duration of zero is ignored if the event is no state; and a state that is
            // told without one has no end to wait for.
            if event.is_sensible() {
                self.take(now, timestamp.wrapping_add(after), event);
            }
        }
    }

    /// Notices events of which nothing more is heard. To be called at every tick.
    pub fn tick(&mut self, now: Instant) {
        let Some(lasting) = &self.lasting else {
            return;
        };
        let spacing = span_of(u64::from(lasting.spacing), self.clock_rate);
        let silent = now.saturating_duration_since(lasting.heard);
        if silent
            > spacing
                .clamp(LEAST_SPACING, MOST_SPACING)
                .saturating_mul(PATIENCE)
        {
            self.finish();
        }
    }

    /// The next news, if there are any.
    pub fn poll_news(&mut self) -> Option<EventNews> {
        let first = self.news.first().copied().flatten()?;
        self.news.rotate_left(1);
        if let Some(last) = self.news.last_mut() {
            *last = None;
        }
        Some(first)
    }

    fn take(&mut self, now: Instant, timestamp: Timestamp, event: TelephoneEvent) {
        if self.is_past(timestamp, event.code) {
            return;
        }
        if let Some(lasting) = &mut self.lasting {
            match lasting.relation(timestamp, event.code) {
                Relation::Same => {
                    lasting.update(now, event.duration);
                    if event.end {
                        self.finish();
                    }
                    return;
                }
                Relation::Earlier => return,
                Relation::Continued => {
                    lasting.segment = timestamp;
                    lasting.duration = 0;
                    lasting.update(now, event.duration);
                    if event.end {
                        self.finish();
                    }
                    return;
                }
                // An older event, of which this is the first that is heard: it ended before the
                // one that lasts began, and does not put an end to it.
                Relation::Before => {
                    self.tell_whole(timestamp, event);
                    return;
                }
                Relation::After => self.finish(),
            }
        }
        let newest = self.past.first().copied().flatten();
        if newest.is_some_and(|newest| timestamp.ticks_since(newest.began) < 0) {
            self.tell_whole(timestamp, event);
        } else {
            self.begin(now, timestamp, event);
        }
    }

    fn begin(&mut self, now: Instant, timestamp: Timestamp, event: TelephoneEvent) {
        self.tell(EventNews::Began {
            code: event.code,
            timestamp,
            volume: event.volume,
        });
        self.lasting = Some(Lasting {
            code: event.code,
            began: timestamp,
            segment: timestamp,
            duration: event.duration,
            spacing: 0,
            heard: now,
        });
        if event.end {
            self.finish();
        }
    }

    /// An event that is over when it is first heard of. What is older than all that is remembered
    /// may be forgotten, and is not told again.
    fn tell_whole(&mut self, timestamp: Timestamp, event: TelephoneEvent) {
        let oldest = self.past.last().copied().flatten();
        if oldest.is_some_and(|oldest| timestamp.ticks_since(oldest.began) < 0) {
            return;
        }
        self.tell(EventNews::Began {
            code: event.code,
            timestamp,
            volume: event.volume,
        });
        self.end(Past {
            code: event.code,
            began: timestamp,
            duration: u32::from(event.duration),
        });
    }

    fn finish(&mut self) {
        if let Some(lasting) = self.lasting.take() {
            let before = lasting.segment.ticks_since(lasting.began);
            let before = u32::try_from(before).unwrap_or(0);
            self.end(Past {
                code: lasting.code,
                began: lasting.began,
                duration: before.saturating_add(u32::from(lasting.duration)),
            });
        }
    }

    fn end(&mut self, past: Past) {
        self.tell(EventNews::Ended {
            code: past.code,
            timestamp: past.began,
            duration: past.duration,
        });
        // The one that began last stands first, so that what is older is known as such.
        let newer =
            |kept: &Option<Past>| kept.is_some_and(|kept| kept.began.ticks_since(past.began) > 0);
        let at = self.past.iter().take_while(|kept| newer(kept)).count();
        if let Some(behind) = self.past.get_mut(at..) {
            behind.rotate_right(1);
            if let Some(first) = behind.first_mut() {
                *first = Some(past);
            }
        }
    }

    /// Whether a report is of an event that has ended: its own beginning, or that of a segment
    /// within.
    fn is_past(&self, timestamp: Timestamp, code: EventCode) -> bool {
        self.past.iter().flatten().any(|past| {
            let after = timestamp.ticks_since(past.began);
            let within = u32::try_from(after).is_ok_and(|after| after < past.duration);
            past.code == code && (after == 0 || within)
        })
    }

    fn tell(&mut self, news: EventNews) {
        if let Some(place) = self.news.iter_mut().find(|place| place.is_none()) {
            *place = Some(news);
        }
    }
}

/// What a report is to the event that lasts.
enum Relation {
    /// Of its present segment.
    Same,
    /// Of an earlier segment of it, come late.
    Earlier,
    /// The first that is heard of its next segment.
    Continued,
    /// Of another event that began before it.
    Before,
    /// Of another event that began after it.
    After,
}

impl Lasting {
    fn relation(&self, timestamp: Timestamp, code: EventCode) -> Relation {
        let after = timestamp.ticks_since(self.segment);
        let own = code == self.code;
        if after == 0 && own {
            return Relation::Same;
        }
        if after < 0 {
            let within = timestamp.ticks_since(self.began) >= 0;
            return if own && within {
                Relation::Earlier
            } else {
                Relation::Before
            };
        }
        // §2.5.2.3: no gap between the end of a segment and the next one. The report with the
        // longest duration may have been lost, so that duration is tried as well; with redundant
        // data segments are shorter (§2.5.2.3.1).
        let follows = |duration: u16| after == i32::from(duration);
        if own && (follows(self.duration) || follows(TelephoneEvent::LONGEST)) {
            Relation::Continued
        } else {
            Relation::After
        }
    }

    fn update(&mut self, now: Instant, duration: u16) {
        let more = duration.saturating_sub(self.duration);
        // A report that was lost makes two packet times look like one: more patience than is due.
        self.spacing = self.spacing.max(u32::from(more));
        self.duration = self.duration.max(duration);
        self.heard = now;
    }
}

#[cfg(test)]
mod tests;
