//! Telephone events among a stream's packets (RFC 4733), announced or not.

use alloc::vec::Vec;
use core::time::Duration;

use crate::rtp::event::{EventNews, EventReceiver};
use crate::rtp::jitter::span_of;
use crate::rtp::number::Timestamp;
use crate::rtp::payload::telephone_event::{EventCode, TelephoneEvent};
use crate::time::Instant;

/// Events of one stream that are kept.
const MOST: usize = 1024;
/// Octets of a report.
const REPORT: usize = 4;

/// An event that was reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObservedEvent {
    /// Which.
    pub code: EventCode,
    /// When its first report came that was seen.
    pub at: Instant,
    /// How long it lasted as far as is known; `None` if it has not ended.
    pub duration: Option<Duration>,
}

/// The events of a stream, each once.
#[derive(Debug)]
pub(super) struct Keys {
    clock_rate: u32,
    receiver: EventReceiver,
    events: Vec<ObservedEvent>,
}

impl Keys {
    pub(super) const fn new(clock_rate: u32) -> Self {
        Self {
            clock_rate,
            receiver: EventReceiver::new(clock_rate),
            events: Vec::new(),
        }
    }

    /// For a stream whose clock is another than was thought, before its first event.
    pub(super) fn set_clock(&mut self, clock_rate: u32) {
        if clock_rate != self.clock_rate {
            *self = Self::new(clock_rate);
        }
    }

    pub(super) fn events(&self) -> &[ObservedEvent] {
        &self.events
    }

    pub(super) fn take(&mut self, at: Instant, timestamp: Timestamp, payload: &[u8]) {
        self.receiver.receive(at, timestamp, payload);
        self.listen(at);
    }

    /// Some other packet came: what is not reported any more has ended.
    pub(super) fn tick(&mut self, at: Instant) {
        self.receiver.tick(at);
        self.listen(at);
    }

    fn listen(&mut self, at: Instant) {
        while let Some(news) = self.receiver.poll_news() {
            match news {
                EventNews::Began { code, .. } => {
                    if self.events.len() < MOST {
                        self.events.push(ObservedEvent {
                            code,
                            at,
                            duration: None,
                        });
                    }
                }
                EventNews::Ended { code, duration, .. } => {
                    let mut open = self.events.iter_mut().rev();
                    let open = open.find(|one| one.code == code && one.duration.is_none());
                    if let Some(event) = open {
                        event.duration = Some(span_of(u64::from(duration), self.clock_rate));
                    }
                }
            }
        }
    }
}

/// Whether the packets of a payload type that nobody announced are reports of keys: the second of
/// two with one timestamp, of the same key, that has lasted at least as long (§2.5.1.2).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Guess {
    before: Option<(Timestamp, TelephoneEvent)>,
}

/// What a payload may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// No report of a key.
    None,
    /// It looks like one.
    Alike,
    /// It is one.
    Certain,
}

impl Guess {
    pub(super) fn take(&mut self, timestamp: Timestamp, payload: &[u8]) -> Likeness {
        let report = TelephoneEvent::unpack(payload).filter(|report| {
            let is_reserved = payload.get(1).is_none_or(|octet| octet & 0x40 != 0);
            payload.len() == REPORT && report.code.key().is_some() && !is_reserved
        });
        let before = core::mem::replace(&mut self.before, report.map(|it| (timestamp, it)));
        match (before, report) {
            (_, None) => Likeness::None,
            (Some((then, earlier)), Some(report))
                if then == timestamp
                    && earlier.code == report.code
                    && earlier.duration <= report.duration =>
            {
                Likeness::Certain
            }
            (Some(_) | None, Some(_)) => Likeness::Alike,
        }
    }
}
