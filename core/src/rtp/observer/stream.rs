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
use crate::rtp::payload::red::Redundant;
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
    /// None if it was only within redundant data.
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

    /// Ticks of its timestamp a second: told, or those of what else is in the stream.
    fn clock_rate(&self, fallback: u32) -> u32 {
        match self.format.clock_rate {
            0 => fallback,
            told => told,
        }
    }

    /// What a payload of a type that nobody announced may be. Once there was a report among them,
    /// what looks like one is one: of some events a single report comes through.
    fn guess(&mut self, timestamp: Timestamp, payload: &[u8]) -> Likeness {
        let likeness = match self.guess.take(timestamp, payload) {
            Likeness::Alike if self.is_guessed => Likeness::Certain,
            other => other,
        };
        self.is_guessed |= likeness == Likeness::Certain;
        likeness
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
        let clock_rate = self.count(seen, formats);
        let number = seen.payload_type;
        let likeness = match self.redundant(seen, payload) {
            // RFC 4733 §2.5.1.4, §5: reports again, or beside what else is in the packet.
            Some(redundant) => {
                for block in redundant.redundant() {
                    let when = block.timestamp(seen.timestamp, 0);
                    self.take_block(at, block.payload_type, when, block.payload, formats);
                }
                let (number, primary) = (redundant.primary_type(), redundant.primary());
                self.take_block(at, number, seen.timestamp, primary, formats)
            }
            None => self.take_block(at, number, seen.timestamp, payload, formats),
        };
        // What is not reported any more has ended.
        self.keys.tick(at);
        if likeness != Likeness::None {
            // All reports of an event have its beginning for a timestamp (RFC 4733 §2.1): what they
            // lag behind it is no jitter.
            self.before = None;
            return self.timing.jitter().0;
        }
        self.measure_packet(seen, clock_rate);
        self.timing.take(at, seen.timestamp, clock_rate)
    }

    /// What is known of a payload type, by what was announced last.
    fn entry(&mut self, number: PayloadType, formats: &Formats) -> &mut Payload {
        let id = self.id;
        let entry = self.payloads.entry(number.as_u8());
        let known = entry.or_insert_with(|| Payload {
            format: formats.format(&id, number),
            packets: 0,
            edition: formats.edition,
            guess: Guess::default(),
            is_guessed: false,
        });
        if known.edition != formats.edition {
            known.edition = formats.edition;
            known.format = formats.format(&id, number);
        }
        known
    }

    /// Counts a packet of its payload type, of which the clock is returned.
    fn count(&mut self, seen: &Seen, formats: &Formats) -> u32 {
        let fallback_clock = self.fallback_clock;
        let known = self.entry(seen.payload_type, formats);
        known.packets = known.packets.saturating_add(1);
        let is_event = known.is_telephone_event();
        let clock_rate = known.clock_rate(fallback_clock);
        if !is_event {
            self.fallback_clock = clock_rate;
        }
        clock_rate
    }

    /// The blocks of a packet, if they are known to be redundant data or may be: of a type that nobody
    /// announced, with a redundant block that is none of its own type. Whether there are reports in
    /// them is asked as of packets.
    fn redundant<'a>(&self, seen: &Seen, payload: &'a [u8]) -> Option<Redundant<'a>> {
        let known = self.payloads.get(&seen.payload_type.as_u8())?;
        let is_told = known.format.is_redundant();
        let is_whole = payload.len() == seen.octets;
        if !is_whole || (!is_told && known.format.name.is_some()) {
            return None;
        }
        let redundant = Redundant::unpack(payload)?;
        let mut blocks = redundant.redundant();
        let is_other = blocks.next().is_some_and(|block| {
            block.payload_type != seen.payload_type && redundant.primary_type() != seen.payload_type
        });
        (is_told || is_other).then_some(redundant)
    }

    /// Takes a payload, or one of those in a packet: whether it reports events.
    fn take_block(
        &mut self,
        at: Instant,
        number: PayloadType,
        timestamp: Timestamp,
        payload: &[u8],
        formats: &Formats,
    ) -> Likeness {
        let fallback_clock = self.fallback_clock;
        let known = self.entry(number, formats);
        let is_nameless = known.format.name.is_none();
        let likeness = match known.format.is_telephone_event() {
            true => Likeness::Certain,
            false if is_nameless => known.guess(timestamp, payload),
            false => Likeness::None,
        };
        let clock_rate = known.clock_rate(fallback_clock);
        if likeness == Likeness::Certain {
            if self.keys.events().is_empty() {
                // Events count on the clock of the sound they go along with (RFC 4733 §2.1).
                self.keys.set_clock(clock_rate);
            }
            self.keys.take(at, timestamp, payload);
        }
        likeness
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
