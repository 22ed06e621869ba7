//! Since when a world has been quiet, and since when nothing has gone wrong in it.

use std::time::Duration;

use offhook::Instant;

use super::subject::Subject;
use super::world::World;

/// What takes longer on its way may come too late for somebody who is in a hurry.
const LATE: Duration = Duration::from_secs(1);

/// What has been seen of a world.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moods {
    /// The last moment at which something was sent, came in or was commanded, or which a clock has
    /// put off.
    stirred: Instant,
    /// The last moment at which something was lost, refused or broken, or which a clock has put off.
    harmed: Option<Instant>,
    /// The last moment at which something arrives that was more than [`LATE`] on its way.
    late: Option<Instant>,
    /// Whether somebody was sent what nobody in the world has written.
    deceived: bool,
}

impl Moods {
    pub(super) const fn new() -> Self {
        Self {
            stirred: Instant::ZERO,
            harmed: None,
            late: None,
            deceived: false,
        }
    }

    /// Something happens on the network, or an application wants something.
    pub(super) fn stir(&mut self, now: Instant) {
        self.stirred = self.stirred.max(now);
    }

    /// Something does not go where it should, or somebody forgets everything.
    pub(super) fn harm(&mut self, now: Instant) {
        self.harmed = self.harmed.max(Some(now));
    }

    /// Something is on its way from now until then.
    pub(super) fn send(&mut self, now: Instant, arrives: Instant) {
        if arrives > now + LATE {
            self.late = self.late.max(Some(arrives));
        }
    }

    /// Somebody believes what a stranger says.
    pub(super) const fn deceive(&mut self) {
        self.deceived = true;
    }

    /// A clock falls back by so much: what its machine waits for comes that much later.
    pub(super) fn put_off(&mut self, now: Instant, span: Duration) {
        self.stirred = self.stirred.max(now) + span;
        self.harmed = Some(self.harmed.unwrap_or(now).max(now) + span);
    }
}

impl<S: Subject> World<S> {
    /// The moment from which on nothing was sent, nothing came in, no application wanted anything,
    /// and no clock fell back.
    #[must_use]
    pub const fn quiet_since(&self) -> Instant {
        self.moods.stirred
    }

    /// Whether it has been quiet for so long, as every machine can tell by its own clock: nothing
    /// is on its way, and no machine is late with what it should have done in that time.
    #[must_use]
    pub fn is_quiet(&self, span: Duration) -> bool {
        self.now >= self.moods.stirred + span && self.is_still()
    }

    /// The last moment at which a datagram was lost, a connection was refused or broke, a machine
    /// stopped, or a clock fell back (until it was where it had been); none if none ever did.
    #[must_use]
    pub const fn harmed_at(&self) -> Option<Instant> {
        self.moods.harmed
    }

    /// The last moment at which something arrives, or has arrived, that was more than a second on its
    /// way, as what a connection carries may be for as long as its hosts lose sight of each other.
    #[must_use]
    pub const fn late_at(&self) -> Option<Instant> {
        self.moods.late
    }

    /// Whether strangers have had their say: then anybody may believe anything.
    #[must_use]
    pub const fn is_deceived(&self) -> bool {
        self.moods.deceived
    }
}
