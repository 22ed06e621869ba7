//! One stream: the packets of a source from one address to another.

use alloc::collections::BTreeMap;
use core::net::SocketAddr;
use core::time::Duration;

use super::arrivals::{Arrivals, Place};
use super::candidate::{Held, Seen};
use super::control::Heard;
use super::format::{Formats, StreamFormat};
use super::intervals::{Interval, Intervals};
use super::keys::{Guess, Keys, Likeness, ObservedEvent};
use super::report::StreamReport;
use super::timing::{Timing, likely_clock};
use crate::rtp::number::{PayloadType, SequenceNumber, Ssrc, Timestamp};
use crate::rtp::source::{Arrival, Source};
use crate::time::Instant;

/// What tells streams apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StreamId {
    /// Where the packets come from.
    pub source: SocketAddr,
    /// Where they go.
    pub destination: SocketAddr,
    /// Who sends.
    pub ssrc: Ssrc,
}

/// A stream, and what is known of it.
#[derive(Debug)]
pub struct ObservedStream {
    pub(super) id: StreamId,
    pub(super) began: Instant,
    pub(super) ended: Instant,
    source: Source,
    pub(super) counts: Counts,
    pub(super) arrivals: Arrivals,
    pub(super) timing: Timing,
    pub(super) intervals: Intervals,
    /// The highest number an interval has counted as expected.
    counted: Option<u32>,
    pub(super) payloads: BTreeMap<u8, Payload>,
    keys: Keys,
    /// The clock of payload types of which nobody said it.
    fallback_clock: u32,
    /// The packet before, if it carried media: what comes next in sequence tells how long it was.
    before: Option<(SequenceNumber, Timestamp, PayloadType)>,
    /// The shortest step of the timestamp between packets in sequence, as time.
    pub(super) packet: Option<Duration>,
    pub(super) heard: Heard,
}

/// Sums over all the times the source counted anew.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    /// Expected and received before the source restarted last.
    pub(super) expected_before: u64,
    pub(super) received_before: u64,
    pub(super) octets: u64,
    pub(super) reordered: u64,
    pub(super) duplicates: u64,
    pub(super) restarts: u32,
    pub(super) longest_spacing: Duration,
}

/// One of the payload types of a stream.
#[derive(Clone, Debug)]
pub(super) struct Payload {
    pub(super) format: StreamFormat,
    pub(super) packets: u64,
    /// The edition of the announcements the format is from.
    edition: u64,
    guess: Guess,
    is_guessed: bool,
}

impl Payload {
    pub(super) fn is_telephone_event(&self) -> bool {
        self.is_guessed || self.format.is_telephone_event()
    }
}

impl ObservedStream {
    /// A stream that begins with these packets, which are to be taken next.
    pub(super) fn begin(id: StreamId, packets: &[Held]) -> Option<Self> {
        let (first, last) = (packets.first()?.seen, packets.last()?.seen);
        let ticks = last.timestamp.ticks_since(first.timestamp);
        let fallback_clock = likely_clock(ticks, last.at.saturating_duration_since(first.at));
        Some(Self {
            id,
            began: first.at,
            ended: first.at,
            source: Source::believed(first.sequence),
            counts: Counts::default(),
            arrivals: Arrivals::new(),
            timing: Timing::new(),
            intervals: Intervals::new(first.at),
            counted: None,
            payloads: BTreeMap::new(),
            keys: Keys::new(fallback_clock),
            fallback_clock,
            before: None,
            packet: None,
            heard: Heard::default(),
        })
    }

    /// Who sends what to whom.
    #[must_use]
    pub const fn id(&self) -> StreamId {
        self.id
    }

    /// When its first packet came.
    #[must_use]
    pub const fn began(&self) -> Instant {
        self.began
    }

    /// The telephone events it reported, each once, in the order they were first reported.
    #[must_use]
    pub fn events(&self) -> &[ObservedEvent] {
        self.keys.events()
    }

    /// What happened to it over time, since [`ObservedStream::began`]: intervals, and how long each
    /// is.
    #[must_use]
    pub fn intervals(&self) -> (Duration, &[Interval]) {
        (self.intervals.length(), self.intervals.all())
    }

    /// How it fared so far.
    #[must_use]
    pub fn report(&self) -> StreamReport {
        StreamReport::of(self)
    }

    pub(super) const fn fallback_clock(&self) -> u32 {
        self.fallback_clock
    }

    /// Packets that were expected, and those of them that came, by A.3: each copy counts.
    pub(super) fn totals(&self) -> (u64, u64) {
        let expected = u64::from(self.source.expected());
        let received = u64::from(self.source.received());
        (
            self.counts.expected_before.saturating_add(expected),
            self.counts.received_before.saturating_add(received),
        )
    }

    /// Takes a packet.
    pub(super) fn take(&mut self, seen: &Seen, payload: &[u8], formats: &Formats) {
        // What was written down late was not late.
        let at = seen.at.max(self.ended);
        let spacing = at.saturating_duration_since(self.ended);
        self.counts.longest_spacing = self.counts.longest_spacing.max(spacing);
        self.ended = at;
        let (expected, received) = self.totals();
        let extended = match self.source.update(seen.sequence) {
            // A.1: far from the others; the next one will tell.
            Arrival::OnProbation | Arrival::Jumped => return,
            Arrival::Valid { extended } => extended,
            Arrival::Started { extended } => {
                self.restart(expected, received);
                extended
            }
        };
        let octets = u64::try_from(seen.octets).unwrap_or(u64::MAX);
        self.counts.octets = self.counts.octets.saturating_add(octets);
        let place = self.arrivals.take(extended);
        match place {
            Place::Newest => {}
            Place::Reordered => self.counts.reordered = self.counts.reordered.saturating_add(1),
            Place::Duplicate => self.counts.duplicates = self.counts.duplicates.saturating_add(1),
        }
        let jitter = self.take_payload(at, seen, payload, formats);
        let ahead = self.counted.map_or(1, |last| extended.wrapping_sub(last));
        let is_ahead = ahead < u32::MAX / 2;
        if is_ahead {
            self.counted = Some(extended);
        }
        let more = Interval {
            expected: if is_ahead { ahead } else { 0 },
            received: u32::from(place != Place::Duplicate),
            jitter,
        };
        self.intervals.add(at, more);
    }

    /// The source counts from somewhere else.
    fn restart(&mut self, expected: u64, received: u64) {
        self.counts.expected_before = expected;
        self.counts.received_before = received;
        self.counts.restarts = self.counts.restarts.saturating_add(1);
        self.arrivals.restart();
        self.timing.restart();
        self.counted = None;
        self.before = None;
    }

    /// Does what the payload type asks for; gives the jitter after it.
    fn take_payload(
        &mut self,
        at: Instant,
        seen: &Seen,
        payload: &[u8],
        formats: &Formats,
    ) -> Duration {
        let (likeness, clock_rate) = self.look_up(seen, payload, formats);
        if likeness == Likeness::Certain {
            self.keys.take(at, seen.timestamp, payload);
        } else {
            self.keys.tick(at);
        }
        if likeness != Likeness::None {
            // All reports of an event have its beginning for a timestamp (RFC 4733 §2.1): what they
            // lag behind it is no jitter.
            self.before = None;
            return self.timing.jitter().0;
        }
        self.measure_packet(seen, clock_rate);
        self.timing.take(at, seen.timestamp, clock_rate)
    }

    /// The entry of a packet's payload type: whether it reports events, and its clock.
    fn look_up(&mut self, seen: &Seen, payload: &[u8], formats: &Formats) -> (Likeness, u32) {
        let entry = self.payloads.entry(seen.payload_type.as_u8());
        let known = entry.or_insert_with(|| Payload {
            format: formats.format(&self.id, seen.payload_type),
            packets: 0,
            edition: formats.edition,
            guess: Guess::default(),
            is_guessed: false,
        });
        if known.edition != formats.edition {
            known.edition = formats.edition;
            known.format = formats.format(&self.id, seen.payload_type);
        }
        known.packets = known.packets.saturating_add(1);
        let is_nameless = known.format.name.is_none();
        let likeness = match known.format.is_telephone_event() {
            true => Likeness::Certain,
            false if is_nameless => known.guess.take(seen.timestamp, payload),
            false => Likeness::None,
        };
        if likeness == Likeness::Certain && is_nameless {
            known.is_guessed = true;
        }
        let clock_rate = match known.format.clock_rate {
            0 => self.fallback_clock,
            told => told,
        };
        if !known.is_telephone_event() && clock_rate != self.fallback_clock {
            self.fallback_clock = clock_rate;
        }
        if likeness == Likeness::Certain && self.keys.events().is_empty() {
            // Events count on the clock of the sound they go along with (RFC 4733 §2.1).
            self.keys.set_clock(clock_rate);
        }
        (likeness, clock_rate)
    }

    fn measure_packet(&mut self, seen: &Seen, clock_rate: u32) {
        let (sequence, timestamp, payload_type) =
            (seen.sequence, seen.timestamp, seen.payload_type);
        let before = self.before.replace((sequence, timestamp, payload_type));
        let follows = before.filter(|(earlier, _, of)| {
            *of == payload_type && sequence.distance_from(*earlier) == 1
        });
        let step = follows.map(|(_, earlier, _)| timestamp.ticks_since(earlier));
        let step = step.and_then(|step| u64::try_from(step).ok());
        if let Some(step) = step.filter(|step| *step > 0) {
            let span = crate::rtp::jitter::span_of(step, clock_rate);
            self.packet = Some(self.packet.map_or(span, |least| least.min(span)));
        }
    }
}
