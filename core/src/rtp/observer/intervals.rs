//! A stream over time, in as many intervals as a picture needs, whatever its length.

use alloc::vec::Vec;
use core::time::Duration;

use crate::time::Instant;

/// Intervals of one stream; with more, each becomes twice as long.
const MOST: usize = 512;
/// How long an interval is to begin with.
const FIRST: Duration = Duration::from_secs(1);

/// What happened to a stream in a piece of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Interval {
    /// Packets that the sequence numbers say were sent.
    pub expected: u32,
    /// Packets that came, duplicates left out.
    pub received: u32,
    /// The largest interarrival jitter.
    pub jitter: Duration,
}

impl Interval {
    /// Packets that did not come in this interval although they were due.
    #[must_use]
    pub const fn lost(&self) -> u32 {
        self.expected.saturating_sub(self.received)
    }

    fn with(self, other: Self) -> Self {
        Self {
            expected: self.expected.saturating_add(other.expected),
            received: self.received.saturating_add(other.received),
            jitter: self.jitter.max(other.jitter),
        }
    }
}

/// The intervals since the first packet.
#[derive(Debug)]
pub(super) struct Intervals {
    start: Instant,
    length: Duration,
    all: Vec<Interval>,
}

impl Intervals {
    pub(super) const fn new(start: Instant) -> Self {
        Self {
            start,
            length: FIRST,
            all: Vec::new(),
        }
    }

    pub(super) const fn length(&self) -> Duration {
        self.length
    }

    pub(super) fn all(&self) -> &[Interval] {
        &self.all
    }

    /// Adds what one packet made known at `at`.
    pub(super) fn add(&mut self, at: Instant, more: Interval) {
        let since = at.saturating_duration_since(self.start).as_nanos();
        let mut place = place(since, self.length);
        while place >= MOST {
            let halves = self.all.chunks(2);
            self.all = halves
                .map(|pair| {
                    pair.iter()
                        .fold(Interval::default(), |sum, one| sum.with(*one))
                })
                .collect();
            self.length = self.length.saturating_mul(2);
            place = self::place(since, self.length);
        }
        if self.all.len() <= place {
            self.all
                .resize(place.saturating_add(1), Interval::default());
        }
        if let Some(interval) = self.all.get_mut(place) {
            *interval = interval.with(more);
        }
    }
}

fn place(since: u128, length: Duration) -> usize {
    let place = since.checked_div(length.as_nanos()).unwrap_or(0);
    usize::try_from(place).unwrap_or(usize::MAX)
}
