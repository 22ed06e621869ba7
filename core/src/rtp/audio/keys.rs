//! Keys pressed at this end, sent as telephone events (RFC 4733 §2.5.1).

use alloc::collections::VecDeque;
use core::fmt;

use crate::rtp::event::{EventReport, EventSender};
use crate::rtp::number::{PayloadType, Timestamp};
use crate::rtp::payload::red::{Block, Redundant};
use crate::rtp::payload::telephone_event::EventCode;

/// Keys that may wait; one more is refused.
const WAITING: usize = 64;
/// Reports of one packet's time.
const REPORTS: usize = 5;
/// What they take together, as redundant data.
pub(super) const REPORTS_OCTETS: usize = REPORTS * 8;
/// The level of our events, in dB below 1 mW: what a telephone's keys have.
const VOLUME: u8 = 10;
/// RFC 4733 §3.1: what the older equipment of several countries takes for a key, in thousandths.
const LEAST_MILLIS: u64 = 40;
/// The pause between keys, in thousandths of a second: more than the 40 that equipment asks for.
const PAUSE_MILLIS: u32 = 60;
/// Longer than a minute nobody presses a key.
const MOST_MILLIS: u64 = 60_000;

/// Why a key press is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PressError {
    /// No payload type for telephone events was agreed on.
    NotAgreed,
    /// The stream does not send at present.
    OnHold,
    /// As many as are kept wait already.
    TooMany,
}

impl fmt::Display for PressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAgreed => "the far end takes no telephone events",
            Self::OnHold => "the stream does not send at present",
            Self::TooMany => "too many telephone events wait already",
        })
    }
}

impl core::error::Error for PressError {}

/// The keys that wait, and the reports of the one that is being sent.
#[derive(Debug)]
pub(super) struct Keys {
    waiting: VecDeque<(EventCode, u32)>,
    sender: EventSender,
    /// When what lasts is to end.
    until: Option<Timestamp>,
    /// Before that no other begins.
    pause_until: Option<Timestamp>,
    /// Reports to be sent now.
    reports: [Option<EventReport>; REPORTS],
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            waiting: VecDeque::with_capacity(WAITING),
            sender: EventSender::default(),
            until: None,
            pause_until: None,
            reports: [None; REPORTS],
        }
    }
}

impl Keys {
    /// Lets an event of so many ticks wait for its turn.
    pub(super) fn press(
        &mut self,
        code: EventCode,
        ticks: u64,
        clock_rate: u32,
    ) -> Result<(), PressError> {
        if self.waiting.len() >= WAITING {
            return Err(PressError::TooMany);
        }
        let limit = |millis: u64| u64::from(clock_rate).saturating_mul(millis) / 1000;
        let ticks = ticks.clamp(limit(LEAST_MILLIS), limit(MOST_MILLIS));
        let ticks = u32::try_from(ticks).unwrap_or(u32::MAX);
        self.waiting.push_back((code, ticks));
        Ok(())
    }

    /// How many wait, the one being sent included.
    pub(super) fn waiting(&self) -> usize {
        let now = usize::from(self.sender.is_busy() || self.reports.iter().any(Option::is_some));
        self.waiting.len().saturating_add(now)
    }

    /// Forgets everything, even what lasts.
    pub(super) fn release_all(&mut self) {
        *self = Self {
            waiting: core::mem::take(&mut self.waiting),
            ..Self::default()
        };
        self.waiting.clear();
    }

    /// Runs the packet time from `start` to `now`; whether it belongs to an event. With
    /// `overlaps` an event may begin while the one before is still being repeated.
    pub(super) fn turn(
        &mut self,
        start: Timestamp,
        now: Timestamp,
        clock_rate: u32,
        overlaps: bool,
    ) -> bool {
        let rests = self
            .pause_until
            .is_some_and(|until| start.ticks_since(until) < 0);
        let is_free = !self.sender.is_lasting() && (overlaps || !self.sender.is_busy());
        if is_free && !rests {
            if let Some((code, ticks)) = self.waiting.pop_front() {
                self.sender.begin(start, code, VOLUME);
                self.until = Some(start.wrapping_add(ticks));
            }
        }
        if let Some(until) = self.until.filter(|until| now.ticks_since(*until) >= 0) {
            self.sender.end(until);
            let pause = clock_rate.saturating_mul(PAUSE_MILLIS) / 1000;
            self.pause_until = Some(until.wrapping_add(pause));
            self.until = None;
        }
        let mut places = self.reports.iter_mut();
        self.sender.turn(now, |report| {
            if let Some(place) = places.next() {
                *place = Some(report);
            }
        });
        self.reports.iter().any(Option::is_some)
    }

    /// The next report to be sent now.
    pub(super) fn next_report(&mut self) -> Option<EventReport> {
        let first = self.reports.first().copied().flatten()?;
        self.reports.rotate_left(1);
        if let Some(last) = self.reports.last_mut() {
            *last = None;
        }
        Some(first)
    }

    /// Packs all reports to be sent now into redundant data, the newest being the primary one
    /// (§2.5.1.4), and gives that one. `None` if there is only one, which goes by itself, or one is
    /// too old for that.
    pub(super) fn pack(
        &mut self,
        payload_type: PayloadType,
        out: &mut [u8],
    ) -> Option<(EventReport, usize)> {
        let count = self.reports.iter().flatten().count();
        let newest = self.reports.get(count.checked_sub(1)?).copied()??;
        let older = self.reports.get(..count.checked_sub(1)?)?;
        if older.is_empty() {
            return None;
        }
        let mut octets = [[0; 4]; REPORTS];
        let mut offsets = [0; REPORTS];
        let places = octets.iter_mut().zip(&mut offsets);
        for ((octets, offset), report) in places.zip(older.iter().flatten()) {
            *octets = report.event.to_octets();
            *offset = u16::try_from(newest.timestamp.ticks_since(report.timestamp)).ok()?;
        }
        let blocks = octets.iter().zip(offsets).take(older.len());
        let blocks = blocks.map(|(payload, offset)| Block {
            payload_type,
            offset,
            payload,
        });
        let primary = newest.event.to_octets();
        let size = Redundant::pack(blocks, payload_type, &primary, out)?;
        self.reports = [None; REPORTS];
        Some((newest, size))
    }
}
