//! What a machine is lent for one step: the time, the timers, the way down.

use core::time::Duration;

use super::timer::{Timer, TimerKey};
use super::timings::Timings;
use crate::machine::Transport;
use crate::sip::transport::{Payload, Sender, Target, TransportLayer};
use crate::time::Instant;
use crate::timers::{TimerId, TimerQueue};

/// Lent to a transaction for one step. The stack owns it.
pub(crate) struct Cx {
    /// The time of the step.
    pub(crate) now: Instant,
    /// How long timers run.
    pub(crate) timings: Timings,
    /// The one queue.
    pub(crate) timers: TimerQueue<TimerKey>,
    /// Where messages leave.
    pub(crate) transport: TransportLayer,
    /// Whose step it is.
    pub(crate) sender: Sender,
}

impl Cx {
    /// Sends on behalf of whoever's step it is.
    pub(crate) fn send(&mut self, target: Target, payload: Payload) {
        self.transport.send(target, payload, self.sender);
    }
}

/// The timers one transaction has running; none of the machines ever has more than two.
#[derive(Debug, Default)]
pub(crate) struct Armed([Option<Running>; 2]);

#[derive(Clone, Copy, Debug)]
struct Running {
    timer: Timer,
    id: TimerId<TimerKey>,
    #[cfg(test)]
    span: Duration,
}

impl Armed {
    /// Sets `timer` to its first value over `transport`.
    pub(crate) fn start(
        &mut self,
        cx: &mut Cx,
        timer: Timer,
        transport: Transport,
        key: impl Fn(Timer) -> TimerKey,
    ) {
        let span = cx.timings.first(timer, transport);
        self.start_for(cx, timer, span, key);
    }

    /// Sets `timer` to `span`, whatever it was set to.
    pub(crate) fn start_for(
        &mut self,
        cx: &mut Cx,
        timer: Timer,
        span: Duration,
        key: impl Fn(Timer) -> TimerKey,
    ) {
        self.stop(cx, timer);
        let free = self.0.iter_mut().find(|slot| slot.is_none());
        debug_assert!(free.is_some(), "a third timer was started");
        if let Some(slot) = free {
            *slot = Some(Running {
                timer,
                id: cx.timers.arm(cx.now + span, key(timer)),
                #[cfg(test)]
                span,
            });
        }
    }

    /// Stops `timer` if it runs.
    pub(crate) fn stop(&mut self, cx: &mut Cx, timer: Timer) {
        for slot in &mut self.0 {
            if let Some(running) = slot.filter(|running| running.timer == timer) {
                cx.timers.cancel(running.id);
                *slot = None;
            }
        }
    }

    /// Stops whatever runs.
    pub(crate) fn stop_all(&mut self, timers: &mut TimerQueue<TimerKey>) {
        for slot in &mut self.0 {
            if let Some(running) = slot.take() {
                timers.cancel(running.id);
            }
        }
    }

    /// Notes that `timer` has fired.
    pub(crate) fn fired(&mut self, timer: Timer) {
        for slot in &mut self.0 {
            if slot.is_some_and(|running| running.timer == timer) {
                *slot = None;
            }
        }
    }

    /// How many run.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().flatten().count()
    }

    /// What runs, and for how long it was set.
    #[cfg(test)]
    pub(crate) fn running(&self) -> impl Iterator<Item = (Timer, Duration, TimerId<TimerKey>)> {
        self.0
            .iter()
            .flatten()
            .map(|running| (running.timer, running.span, running.id))
    }
}
