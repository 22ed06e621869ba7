//! Where a source's packets stand in all it sent: its sequence numbers and timestamps, without their
//! wrapping around.

use crate::rtp::number::{SequenceNumber, Timestamp};

/// A count that wraps on the wire, since its first value.
#[derive(Clone, Copy, Debug)]
struct Run {
    first: u32,
    /// The highest value so far, since the first.
    highest: i64,
}

/// The numbers of one source.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbers {
    sequence: Option<Run>,
    time: Option<Run>,
}

impl Numbers {
    /// The first sequence number there was.
    pub(super) fn first_sequence(&self) -> Option<u16> {
        self.sequence.map(|run| run.first as u16)
    }

    /// The highest packet so far: how many after the first one.
    pub(super) fn highest(&self) -> Option<i64> {
        self.sequence.map(|run| run.highest)
    }

    /// Takes a sequence number: how many after the first one it is, by the nearest to the highest.
    pub(super) fn take_sequence(&mut self, number: SequenceNumber) -> i64 {
        let run = self.sequence.get_or_insert(Run {
            first: number.as_u16().into(),
            highest: 0,
        });
        let after = nearest(run.first as u16, run.highest, number.as_u16());
        run.highest = run.highest.max(after);
        after
    }

    /// Takes a timestamp: how many ticks after the first one it is.
    pub(super) fn take_time(&mut self, time: Timestamp) -> i64 {
        let after = self.time(time);
        if let Some(run) = &mut self.time {
            run.highest = run.highest.max(after);
        }
        after
    }

    /// How many ticks after the first one a timestamp is. If it is the first, that is noted.
    pub(super) fn time(&mut self, time: Timestamp) -> i64 {
        let run = self.time.get_or_insert(Run {
            first: time.as_u32(),
            highest: 0,
        });
        let highest = Timestamp::new(run.first.wrapping_add(run.highest as u32));
        let ahead = i64::from(time.ticks_since(highest));
        run.highest.saturating_add(ahead)
    }

    /// The first timestamp there was.
    pub(super) fn first_time(&self) -> Option<u32> {
        self.time.map(|run| run.first)
    }
}

/// How many after the first one a sequence number is, if it is near to one that is so many after.
pub(super) fn nearest(first: u16, near: i64, number: u16) -> i64 {
    let there = first.wrapping_add(near as u16);
    let ahead = number.wrapping_sub(there) as i16;
    near.saturating_add(i64::from(ahead))
}
