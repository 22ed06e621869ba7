//! What comes in: packets, and what is had back of those that were lost.

use core::time::Duration;

use super::delay::Verdict;
use super::window::Note;
use super::{Playout, Pushed, Sound};
use crate::rtp::number::Timestamp;
use crate::time::Instant;

impl Playout {
    /// Takes one packet that came at `now`, with its extended sequence number.
    pub fn push(
        &mut self,
        now: Instant,
        sequence: u32,
        timestamp: Timestamp,
        sound: Sound<'_>,
    ) -> Pushed {
        self.stats.received = self.stats.received.saturating_add(1);
        if !self.note_sequence(sequence) {
            self.stats.duplicates = self.stats.duplicates.saturating_add(1);
            return Pushed::Duplicate;
        }
        let arrived = self.ticks(now);
        let position = self.extend(timestamp);
        match self.delay.arrived(arrived, position) {
            Verdict::Plausible => {}
            Verdict::Strange => return self.refuse(),
            Verdict::Rebased => {
                // The sender's timestamps have moved for good: as if it had just begun.
                self.slots.clear();
                self.next = None;
                self.following = None;
                self.waiting = true;
            }
        }
        let Some(length) = sound.length() else {
            return self.refuse();
        };
        if self.slots.holds(position) {
            // It was had back from another packet before it came.
            return Pushed::Kept;
        }
        let next = self.begin_at(position);
        if position.saturating_add(length) <= next {
            self.stats.late = self.stats.late.saturating_add(1);
            return Pushed::Late;
        }
        if self.slots.insert(position, sequence, sound) {
            Pushed::Kept
        } else {
            self.refuse()
        }
    }

    /// Takes what was had back of a packet that has not come: from redundant data, parity or a
    /// retransmission. `sequence` is the extended number it likely had. What has come by itself,
    /// or is too late, changes nothing; how late repairs come has no say in how long packets wait
    /// ([`Playout::set_repair_time`] has).
    pub fn push_repair(&mut self, sequence: u32, timestamp: Timestamp, sound: Sound<'_>) -> Pushed {
        let position = self.extend(timestamp);
        let Some(length) = sound.length() else {
            return Pushed::Refused;
        };
        if self.slots.holds(position) {
            return Pushed::Duplicate;
        }
        let next = self.begin_at(position);
        if position.saturating_add(length) <= next {
            return Pushed::Late;
        }
        if self.slots.insert(position, sequence, sound) {
            self.stats.repaired = self.stats.repaired.saturating_add(1);
            Pushed::Kept
        } else {
            Pushed::Refused
        }
    }

    /// Where in media time playing stands, or will begin: before it has begun, a packet that was
    /// overtaken on its way, or lost and had back, is still the first one.
    fn begin_at(&mut self, position: i64) -> i64 {
        let next = match self.next {
            None => position,
            Some(next) if self.waiting && next.saturating_sub(position) <= self.delay.longest() => {
                next.min(position)
            }
            Some(next) => return next,
        };
        self.next = Some(next);
        next
    }

    /// Takes note of a packet of this source that is nothing to be played, such as a telephone
    /// event: it is not missing, and in its place there is a pause.
    pub fn push_soundless(&mut self, sequence: u32, timestamp: Timestamp) {
        self.stats.received = self.stats.received.saturating_add(1);
        if !self.note_sequence(sequence) {
            self.stats.duplicates = self.stats.duplicates.saturating_add(1);
            return;
        }
        // The timestamp stands still through many packets (RFC 4733 §2.5.1.2), so it says nothing
        // of how long they took, and all but the first find their place taken or past.
        let position = self.extend(timestamp);
        let is_ahead = self.next.is_some_and(|next| position >= next);
        if is_ahead && !self.slots.holds(position) {
            self.slots.insert(position, sequence, Sound::Noise(0));
        }
    }

    /// Lets packets wait at least as long as what repairs them may take to come, on top of what
    /// uneven arrival asks for.
    pub fn set_repair_time(&mut self, span: Duration) {
        self.delay.set_repair_time(span);
    }

    fn refuse(&mut self) -> Pushed {
        self.stats.refused = self.stats.refused.saturating_add(1);
        Pushed::Refused
    }

    /// The timestamp without its wrap: the nearest one to those before.
    fn extend(&mut self, timestamp: Timestamp) -> i64 {
        let position = match self.reference {
            None => i64::from(timestamp.as_u32()),
            Some((last, position)) => {
                position.saturating_add(i64::from(timestamp.ticks_since(last)))
            }
        };
        self.reference = Some((timestamp, position));
        position
    }

    /// Notes a sequence number; whether it is new.
    fn note_sequence(&mut self, sequence: u32) -> bool {
        let (new, skipped) = match self.window.note(sequence) {
            Note::Ahead(by) => (true, by),
            Note::Behind => {
                self.stats.reordered = self.stats.reordered.saturating_add(1);
                (true, 0)
            }
            Note::Again => (false, 0),
        };
        self.stats.expected = self.stats.expected.saturating_add(u64::from(skipped));
        new
    }
}
