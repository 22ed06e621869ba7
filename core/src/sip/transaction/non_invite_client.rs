//! The non-INVITE client transaction (RFC 3261 §17.1.2).
//!
//! ```text
//!              │ request from the user: send it, start E (unreliable) and F
//!              ▼
//!        ┌────────────┐  E: send it again, double E up to T2
//!   ┌────│   Trying   │◀─┐
//!   │    │            │──┘         F, or transport error: tell the user
//!   │    └────────────┘────────────────────────────────────┐
//!   │       │ 1xx: up                                       │
//!   │       ▼                                               │
//!   │    ┌────────────┐  1xx: up                            │
//!   │    │ Proceeding │◀─┐ E: send it again, E is T2        │
//!   │    │            │──┘         F, or transport error    │
//!   │    └────────────┘────────────────────────────────────▶│
//!   │       │                                               │
//!   └──────▶│ 200–699: up, stop E and F, start K            │
//!           ▼                                               │
//!        ┌────────────┐  any response: absorbed             │
//!        │ Completed  │◀─┐                                  │
//!        │            │──┘                                  │
//!        └────────────┘                                     │
//!           │ K                                             │
//!           ▼                                               ▼
//!        ┌──────────────────────────────────────────────────────┐
//!        │                     Terminated                       │
//!        └──────────────────────────────────────────────────────┘
//! ```

use alloc::sync::Arc;
use core::time::Duration;

use super::Failure;
use super::client::{ClientHandle, ClientUp};
use super::cx::{Armed, Cx};
use super::timer::{Timer, TimerKey};
use super::timings::Timings;
use crate::sip::message::Message;
use crate::sip::transport::{Payload, Target};

/// How far a request has come on our side.
#[derive(Debug)]
enum State {
    /// Sent, nothing heard. Holds what timer E was set to.
    Trying { interval: Duration },
    /// A provisional response came.
    Proceeding,
    /// A final response came; copies of it may follow.
    Completed,
    /// To be destroyed at once.
    Terminated,
}

/// One request sent, neither INVITE nor ACK.
#[derive(Debug)]
pub(crate) struct NonInviteClient {
    state: State,
    armed: Armed,
}

impl NonInviteClient {
    /// A machine that has sent nothing yet.
    pub(crate) fn new(timings: &Timings) -> Self {
        Self {
            state: State::Trying {
                interval: timings.t1,
            },
            armed: Armed::default(),
        }
    }

    /// Sends `request` and waits for what comes.
    pub(crate) fn start(
        &mut self,
        cx: &mut Cx,
        me: ClientHandle,
        target: Target,
        request: &Arc<Message>,
    ) {
        let key = |timer| TimerKey::Client(me, timer);
        cx.send(target, Payload::Message(Arc::clone(request)));
        // §17.1.2.2: E only where the transport may lose the request, F everywhere.
        if !target.transport.is_reliable() {
            self.armed.start(cx, Timer::E, target.transport, key);
        }
        self.armed.start(cx, Timer::F, target.transport, key);
    }

    /// Whether nothing has come back yet.
    pub(crate) const fn is_unanswered(&self) -> bool {
        matches!(self.state, State::Trying { .. })
    }

    /// Stops its timers, for another machine to take its place.
    pub(crate) fn stop(&mut self, cx: &mut Cx) {
        self.armed.stop_all(&mut cx.timers);
    }

    /// Takes a response that matches.
    pub(crate) fn on_response(
        &mut self,
        cx: &mut Cx,
        me: ClientHandle,
        target: Target,
        response: &Message,
    ) -> Option<ClientUp> {
        let is_final = !response.status()?.is_provisional();
        match (&self.state, is_final) {
            // §17.1.2.2: E keeps running, for only a copy of the request makes the server repeat a
            // final response that was lost.
            (State::Trying { .. }, false) => {
                self.state = State::Proceeding;
                Some(ClientUp::Response)
            }
            // §17.1.2.2, figure 6: further provisional responses go up.
            (State::Proceeding, false) => Some(ClientUp::Response),
            // §17.1.2.2: the first final response decides; K gives its copies time to arrive.
            (State::Trying { .. } | State::Proceeding, true) => {
                self.armed.stop_all(&mut cx.timers);
                self.armed.start(cx, Timer::K, target.transport, |timer| {
                    TimerKey::Client(me, timer)
                });
                self.state = State::Completed;
                Some(ClientUp::Response)
            }
            // §17.1.2.2: what this state is for.
            (State::Completed, true) => None,
            (State::Completed, false) | (State::Terminated, true | false) => None,
        }
    }

    /// Takes one of its timers.
    pub(crate) fn on_timer(
        &mut self,
        cx: &mut Cx,
        me: ClientHandle,
        target: Target,
        request: &Arc<Message>,
        timer: Timer,
    ) -> Option<ClientUp> {
        self.armed.fired(timer);
        match (timer, &mut self.state) {
            // §17.1.2.2: again, and then after twice as long, but never more than T2.
            (Timer::E, State::Trying { interval }) => {
                *interval = cx.timings.doubled(*interval);
                let next = *interval;
                self.repeat(cx, me, target, request, next);
                None
            }
            // §17.1.2.2: the server is at work; T2 is often enough.
            (Timer::E, State::Proceeding) => {
                let next = cx.timings.t2;
                self.repeat(cx, me, target, request, next);
                None
            }
            // §17.1.2.2: nothing final came in 64·T1.
            (Timer::F, State::Trying { .. } | State::Proceeding) => {
                self.terminate(cx);
                Some(ClientUp::Failed(Failure::Timeout))
            }
            // §17.1.2.2: copies of the final response have had their time.
            (Timer::K, State::Completed) => {
                self.terminate(cx);
                Some(ClientUp::Terminated)
            }
            (Timer::E | Timer::F, State::Completed | State::Terminated)
            | (Timer::K, State::Trying { .. } | State::Proceeding | State::Terminated)
            // The timers of the other machines.
            | (
                Timer::A
                | Timer::B
                | Timer::D
                | Timer::G
                | Timer::H
                | Timer::I
                | Timer::J
                | Timer::L
                | Timer::M
                | Timer::Trying
                | Timer::LateTrying
                | Timer::Abandon
                | Timer::Cancelled,
                State::Trying { .. } | State::Proceeding | State::Completed | State::Terminated,
            ) => None,
        }
    }

    /// Takes note that what it sent could not be sent.
    pub(crate) fn on_transport_error(&mut self, cx: &mut Cx) -> Option<ClientUp> {
        match self.state {
            // §17.1.4: tell the user and end.
            State::Trying { .. } | State::Proceeding => {
                self.terminate(cx);
                Some(ClientUp::Failed(Failure::Transport))
            }
            // Nothing is sent any more, so nothing of ours failed.
            State::Completed | State::Terminated => None,
        }
    }

    /// Whether it is to be destroyed.
    pub(crate) const fn is_terminated(&self) -> bool {
        match self.state {
            State::Terminated => true,
            State::Trying { .. } | State::Proceeding | State::Completed => false,
        }
    }

    /// Its timers.
    pub(crate) const fn armed(&self) -> &Armed {
        &self.armed
    }

    /// The RFC's name of the state.
    pub(crate) const fn state_name(&self) -> &'static str {
        match self.state {
            State::Trying { .. } => "Trying",
            State::Proceeding => "Proceeding",
            State::Completed => "Completed",
            State::Terminated => "Terminated",
        }
    }

    fn repeat(
        &mut self,
        cx: &mut Cx,
        me: ClientHandle,
        target: Target,
        request: &Arc<Message>,
        next: Duration,
    ) {
        cx.send(target, Payload::Message(Arc::clone(request)));
        self.armed
            .start_for(cx, Timer::E, next, |timer| TimerKey::Client(me, timer));
    }

    fn terminate(&mut self, cx: &mut Cx) {
        self.armed.stop_all(&mut cx.timers);
        self.state = State::Terminated;
    }
}
