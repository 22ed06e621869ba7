//! How long a connection may be silent, or in the middle of something.
//!
//! A connection has one deadline, the sooner of two: what it has begun must end, and it must carry
//! something now and then. Activity moves the deadline without touching the timer; a timer that
//! finds its deadline moved is armed again.

use core::time::Duration;

use super::layer::{Lost, TransportLayer, TransportTimer};
use super::policy::TransportPolicy;
use super::stats::DropReason;
use crate::machine::FlowId;
use crate::time::Instant;

/// What is known of the life of one connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    /// When something whole last came or left.
    active: Instant,
    /// Since when something is under way that has not ended: the connection itself, its first
    /// message, or half a message.
    unfinished: Option<Instant>,
    /// Whether it has ever ended what it began.
    has_spoken: bool,
    /// What the timer is armed for.
    armed: Option<Instant>,
}

impl Watch {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            active: now,
            unfinished: Some(now),
            has_spoken: false,
            armed: None,
        }
    }

    /// Notes something whole.
    pub(super) const fn on_whole(&mut self, now: Instant) {
        self.active = now;
        self.unfinished = None;
        self.has_spoken = true;
    }

    /// Notes that something left.
    pub(super) const fn on_sent(&mut self, now: Instant) {
        self.active = now;
    }

    fn deadline(&self, policy: &TransportPolicy) -> (Instant, DropReason) {
        let idle = self.active + policy.idle;
        match self.unfinished.map(|since| since + policy.stall) {
            Some(stalled) if stalled <= idle => (stalled, DropReason::Stalled),
            Some(_) | None => (idle, DropReason::Idle),
        }
    }
}

impl TransportLayer {
    /// After bytes were taken in: whether something is under way that has not ended.
    pub(super) fn settle_watch(&mut self, id: FlowId, is_waiting: bool) {
        let now = self.now;
        if let Some(watch) = self.watch_mut(id) {
            if is_waiting || !watch.has_spoken {
                watch.unfinished.get_or_insert(now);
            } else {
                watch.unfinished = None;
            }
        }
        self.arm_watch(id);
    }

    /// Arms the timer of a connection if its deadline is sooner than what it is armed for.
    pub(super) fn arm_watch(&mut self, id: FlowId) {
        let (policy, now) = (self.policy, self.now);
        let Some(watch) = self.watch_mut(id) else {
            return;
        };
        let (deadline, _) = watch.deadline(&policy);
        // A user that allows no time at all still gets the step that uses it up (P2).
        let deadline = deadline.max(now + Duration::from_nanos(1));
        if watch.armed.is_none_or(|armed| deadline < armed) {
            watch.armed = Some(deadline);
            self.want_deadline(TransportTimer::Watch(id), Some(deadline));
        }
    }

    /// The timer of a connection: it has been silent or half done for too long, or not yet.
    pub(super) fn on_watch(&mut self, id: FlowId) -> Option<Lost> {
        let (policy, now) = (self.policy, self.now);
        let watch = self.watch_mut(id)?;
        watch.armed = None;
        let (deadline, reason) = watch.deadline(&policy);
        if deadline > now {
            self.arm_watch(id);
            return None;
        }
        self.stats.count(reason);
        self.close(id);
        Some(Lost::Flow(id))
    }
}
