//! The INVITE client transaction (RFC 3261 §17.1.1, as changed by RFC 6026 §8.4).
//!
//! ```text
//!                 │ INVITE from the user: send it, start A (unreliable) and B
//!                 ▼
//!           ┌─────────────┐  A: send it again, double A
//!     ┌─────│   Calling   │◀─┐
//!     │     │             │──┘      B, or transport error: tell the user
//!     │     └─────────────┘───────────────────────────────────────────────┐
//!     │        │ 1xx: up, stop A and B                                     │
//!     │        ▼                                                           │
//!     │     ┌─────────────┐  1xx: up                                       │
//!     │     │ Proceeding  │◀─┐                                             │
//!     │     │             │──┘      Cancelled, 64·T1 after a CANCEL (§9.1) │
//!     │     └─────────────┘───────────────────────────────────────────────▶│
//!     │        │       │                                                   │
//!     │        │       └─────────────────────┐ 2xx: up, start M            │
//!     ├────────│─────────────────────────────┤                             │
//!     │        │ 300–699: up, ACK, start D   │                             │
//!     ▼        ▼                             ▼                             │
//!   ┌─────────────┐ 300–699: ACK      ┌─────────────┐ 2xx: up              │
//!   │  Completed  │◀─┐                │  Accepted   │◀─┐                   │
//!   │             │──┘                │             │──┘                   │
//!   └─────────────┘                   └─────────────┘                      │
//!     │ D, or transport error           │ M                                │
//!     ▼                                 ▼                                  ▼
//!   ┌────────────────────────────────────────────────────────────────────────┐
//!   │                              Terminated                                │
//!   └────────────────────────────────────────────────────────────────────────┘
//! ```

use alloc::sync::Arc;
use core::time::Duration;

use super::Failure;
use super::ack::ack_for;
use super::client::{ClientHandle, ClientUp};
use super::cx::{Armed, Cx};
use super::timer::{Timer, TimerKey};
use super::timings::Timings;
use crate::sip::message::{Message, StatusCode};
use crate::sip::transport::{Payload, Target};

/// How far an INVITE has come on our side.
#[derive(Debug)]
enum State {
    /// Sent, nothing heard. Holds what timer A was set to.
    Calling { interval: Duration },
    /// A provisional response came.
    Proceeding,
    /// A non-2xx final response came and was acknowledged. Holds the ACK, unless it could not be
    /// built from that response.
    Completed { ack: Option<Arc<[u8]>> },
    /// A 2xx came; there may be more of them (RFC 6026 §7.2).
    Accepted,
    /// To be destroyed at once.
    Terminated,
}

/// One INVITE sent.
#[derive(Debug)]
pub(crate) struct InviteClient {
    state: State,
    armed: Armed,
}

/// What a response means to this machine.
enum Class {
    Provisional,
    Success,
    Failure,
}

impl Class {
    fn of(status: StatusCode) -> Self {
        if status.is_provisional() {
            Self::Provisional
        } else if status.is_success() {
            Self::Success
        } else {
            Self::Failure
        }
    }
}

impl InviteClient {
    /// A machine that has sent nothing yet.
    pub(crate) fn new(timings: &Timings) -> Self {
        Self {
            state: State::Calling {
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
        // §17.1.1.2: A only where the transport may lose the request, B everywhere.
        if !target.transport.is_reliable() {
            self.armed.start(cx, Timer::A, target.transport, key);
        }
        self.armed.start(cx, Timer::B, target.transport, key);
    }

    /// Whether nothing has come back yet.
    pub(crate) const fn is_unanswered(&self) -> bool {
        matches!(self.state, State::Calling { .. })
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
        request: &Message,
        response: &Message,
    ) -> Option<ClientUp> {
        let status = response.status()?;
        let key = |timer| TimerKey::Client(me, timer);
        match (&self.state, Class::of(status)) {
            // §17.1.1.2: the request is not sent again once a provisional response came, and only
            // the user decides how long it may ring.
            (State::Calling { .. }, Class::Provisional) => {
                self.armed.stop(cx, Timer::A);
                self.armed.stop(cx, Timer::B);
                self.state = State::Proceeding;
                Some(ClientUp::Response)
            }
            // §17.1.1.2: every further provisional response goes up.
            (State::Proceeding, Class::Provisional) => Some(ClientUp::Response),
            // RFC 6026 §7.2: the first 2xx opens the time in which others may come. The user, not
            // this machine, acknowledges each of them.
            (State::Calling { .. } | State::Proceeding, Class::Success) => {
                self.armed.stop_all(&mut cx.timers);
                self.armed.start(cx, Timer::M, target.transport, key);
                self.state = State::Accepted;
                Some(ClientUp::Response)
            }
            // RFC 6026 §7.2: copies and the 2xx of other branches go up alike.
            (State::Accepted, Class::Success) => Some(ClientUp::Response),
            // §17.1.1.2: this machine acknowledges, over any transport, to where the INVITE went;
            // RFC 6026 §8.4: D runs whichever way Completed was entered.
            (State::Calling { .. } | State::Proceeding, Class::Failure) => {
                self.armed.stop_all(&mut cx.timers);
                self.armed.start(cx, Timer::D, target.transport, key);
                let ack = ack_for(request, response);
                if let Some(ack) = &ack {
                    cx.send(target, Payload::Bytes(Arc::clone(ack)));
                }
                self.state = State::Completed { ack };
                Some(ClientUp::Response)
            }
            // §17.1.1.2: the copy of a final response brings the ACK again and is not passed up.
            (State::Completed { ack }, Class::Failure) => {
                if let Some(ack) = ack {
                    cx.send(target, Payload::Bytes(Arc::clone(ack)));
                }
                None
            }
            // RFC 6026 figure 5 has no arrow for these: a late provisional response, a final one
            // of another branch after the first that decided.
            (State::Completed { .. }, Class::Provisional | Class::Success)
            | (State::Accepted, Class::Provisional | Class::Failure)
            | (State::Terminated, Class::Provisional | Class::Success | Class::Failure) => None,
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
            // §17.1.1.2: again, and each time after twice as long, without a bound but B.
            (Timer::A, State::Calling { interval }) => {
                *interval = interval.saturating_mul(2);
                let next = *interval;
                cx.send(target, Payload::Message(Arc::clone(request)));
                self.armed.start_for(cx, Timer::A, next, |timer| {
                    TimerKey::Client(me, timer)
                });
                None
            }
            // §17.1.1.2: nobody answered; no ACK is due.
            (Timer::B, State::Calling { .. })
            // §9.1: a cancelled INVITE that gets no final response counts as cancelled.
            | (Timer::Cancelled, State::Calling { .. } | State::Proceeding) => {
                self.terminate(cx);
                Some(ClientUp::Failed(Failure::Timeout))
            }
            // §17.1.1.2: copies of the final response have had their time.
            (Timer::D, State::Completed { .. })
            // RFC 6026 §7.2: and so have further 2xx.
            | (Timer::M, State::Accepted) => {
                self.terminate(cx);
                Some(ClientUp::Terminated)
            }
            (Timer::A | Timer::B, State::Proceeding | State::Completed { .. } | State::Accepted)
            | (Timer::Cancelled, State::Completed { .. } | State::Accepted)
            | (Timer::D, State::Calling { .. } | State::Proceeding | State::Accepted)
            | (Timer::M, State::Calling { .. } | State::Proceeding | State::Completed { .. })
            | (
                Timer::A | Timer::B | Timer::D | Timer::M | Timer::Cancelled,
                State::Terminated,
            )
            // The timers of the other machines.
            | (
                Timer::E
                | Timer::F
                | Timer::G
                | Timer::H
                | Timer::I
                | Timer::J
                | Timer::K
                | Timer::L
                | Timer::Trying
                | Timer::LateTrying
                | Timer::Abandon,
                State::Calling { .. }
                | State::Proceeding
                | State::Completed { .. }
                | State::Accepted
                | State::Terminated,
            ) => None,
        }
    }

    /// Takes note that what it sent could not be sent.
    pub(crate) fn on_transport_error(&mut self, cx: &mut Cx) -> Option<ClientUp> {
        match self.state {
            // §17.1.4, RFC 6026 figure 5: the INVITE or the ACK did not leave; tell the user and end.
            State::Calling { .. } | State::Completed { .. } => {
                self.terminate(cx);
                Some(ClientUp::Failed(Failure::Transport))
            }
            // RFC 6026 figure 5: here this machine sends nothing that could fail. The server may
            // still reach us, over a new connection if need be (§18.2.2).
            State::Proceeding | State::Accepted | State::Terminated => None,
        }
    }

    /// Takes note that a CANCEL was sent for it.
    pub(crate) fn on_cancel(&mut self, cx: &mut Cx, me: ClientHandle, target: Target) {
        match self.state {
            // §9.1: after the CANCEL the final response has 64·T1 to come; a server of RFC 2543
            // may send none.
            State::Proceeding => {
                self.armed
                    .start(cx, Timer::Cancelled, target.transport, |timer| {
                        TimerKey::Client(me, timer)
                    });
            }
            State::Calling { .. }
            | State::Completed { .. }
            | State::Accepted
            | State::Terminated => {}
        }
    }

    /// Whether a CANCEL has an effect: something provisional came and nothing final (§9.1).
    pub(crate) const fn may_be_cancelled(&self) -> bool {
        match self.state {
            State::Proceeding => true,
            State::Calling { .. }
            | State::Completed { .. }
            | State::Accepted
            | State::Terminated => false,
        }
    }

    /// Whether it is to be destroyed.
    pub(crate) const fn is_terminated(&self) -> bool {
        match self.state {
            State::Terminated => true,
            State::Calling { .. }
            | State::Proceeding
            | State::Completed { .. }
            | State::Accepted => false,
        }
    }

    /// Its timers.
    pub(crate) const fn armed(&self) -> &Armed {
        &self.armed
    }

    /// The RFC's name of the state.
    pub(crate) const fn state_name(&self) -> &'static str {
        match self.state {
            State::Calling { .. } => "Calling",
            State::Proceeding => "Proceeding",
            State::Completed { .. } => "Completed",
            State::Accepted => "Accepted",
            State::Terminated => "Terminated",
        }
    }

    fn terminate(&mut self, cx: &mut Cx) {
        self.armed.stop_all(&mut cx.timers);
        self.state = State::Terminated;
    }
}
