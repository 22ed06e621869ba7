//! The INVITE server transaction (RFC 3261 §17.2.1, as changed by RFC 6026 §7.1).
//!
//! ```text
//!                      │ INVITE: up; Trying runs until the user answers
//!                      ▼
//!   INVITE:      ┌────────────┐  101–199 from the user: send
//!   last 1xx ┌──▶│ Proceeding │◀─┐ Trying: send 100
//!   again    └───│            │──┘ transport error: tell the user
//!                └────────────┘
//!      300–699 from │      │ 2xx from the user: send, start L
//!      the user:    │      └───────────────────────────┐
//!      send, start  ▼                                  ▼
//!      G, H   ┌────────────┐  INVITE, or G:     ┌────────────┐  INVITE: absorbed
//!         ┌───│ Completed  │◀─┐ response again  │  Accepted  │◀─┐ ACK: up
//!         │   │            │──┘ transport       │            │──┘ 2xx from the user: send
//!         │   └────────────┘    error: tell     └────────────┘    transport error: tell
//!         │         │ ACK: stop G and H, start I       │
//!         │         ▼                                  │
//!         │   ┌────────────┐  ACK, INVITE:             │
//!    H:   │   │ Confirmed  │◀─┐ absorbed               │ L
//!    tell │   │            │──┘                        │
//!         │   └────────────┘                           │
//!         │         │ I                                │
//!         ▼         ▼                                  ▼
//!      ┌──────────────────────────────────────────────────┐
//!      │                    Terminated                    │
//!      └──────────────────────────────────────────────────┘
//! ```

use alloc::sync::Arc;
use core::time::Duration;

use super::Failure;
use super::cx::{Armed, Cx};
use super::server::{RespondError, ServerHandle, ServerUp};
use super::timer::{Timer, TimerKey};
use super::trying::trying_for;
use crate::sip::message::{Message, StatusCode};
use crate::sip::transport::{Payload, Target};

/// How far our answer to an INVITE has come.
#[derive(Debug)]
enum State {
    /// Not decided. Holds the last provisional response.
    Proceeding { last: Option<Arc<[u8]>> },
    /// A non-2xx final response is out, the ACK is not in. Holds the response and what timer G was
    /// set to.
    Completed {
        response: Arc<[u8]>,
        interval: Duration,
    },
    /// The ACK came.
    Confirmed,
    /// A 2xx is out (RFC 6026 §7.1).
    Accepted,
    /// To be destroyed at once.
    Terminated,
}

/// One INVITE received.
#[derive(Debug)]
pub(crate) struct InviteServer {
    state: State,
    armed: Armed,
}

impl InviteServer {
    /// A machine that has heard of nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            state: State::Proceeding { last: None },
            armed: Armed::default(),
        }
    }

    /// Waits for the user to answer.
    pub(crate) fn start(&mut self, cx: &mut Cx, me: ServerHandle, path: Target) {
        // §17.2.1: 100, unless the user says something within 200 ms.
        self.armed
            .start(cx, Timer::Trying, path.transport, |timer| {
                TimerKey::Server(me, timer)
            });
    }

    /// Takes a copy of the INVITE.
    pub(crate) fn on_request(&mut self, cx: &mut Cx, path: Target) -> Option<ServerUp> {
        match &self.state {
            // §17.2.1: whoever repeats an INVITE has not seen the last provisional response.
            State::Proceeding { last: Some(bytes) }
            // §17.2.1: nor the final one.
            | State::Completed { response: bytes, .. } => {
                cx.send(path, Payload::Bytes(Arc::clone(bytes)));
                None
            }
            State::Proceeding { last: None } => None,
            // RFC 6026 §7.1: absorbed; the user repeats its 2xx by itself.
            State::Accepted => None,
            State::Confirmed | State::Terminated => None,
        }
    }

    /// Takes an ACK that matches.
    pub(crate) fn on_ack(
        &mut self,
        cx: &mut Cx,
        me: ServerHandle,
        path: Target,
    ) -> Option<ServerUp> {
        match self.state {
            // §17.2.1: the response has arrived; I gives copies of the ACK time to be absorbed.
            State::Completed { .. } => {
                self.armed.stop_all(&mut cx.timers);
                self.armed.start(cx, Timer::I, path.transport, |timer| {
                    TimerKey::Server(me, timer)
                });
                self.state = State::Confirmed;
                None
            }
            // RFC 6026 §7.1: it acknowledges the user's 2xx.
            State::Accepted => Some(ServerUp::Ack),
            // §17.2.1: what this state is for.
            State::Confirmed => None,
            // Nothing was said that could be acknowledged.
            State::Proceeding { .. } | State::Terminated => None,
        }
    }

    /// Sends what the user answers.
    pub(crate) fn respond(
        &mut self,
        cx: &mut Cx,
        me: ServerHandle,
        path: Target,
        status: StatusCode,
        bytes: Arc<[u8]>,
    ) -> Result<(), RespondError> {
        let key = |timer| TimerKey::Server(me, timer);
        match &mut self.state {
            State::Proceeding { last } => {
                self.armed.stop(cx, Timer::Trying);
                cx.send(path, Payload::Bytes(Arc::clone(&bytes)));
                if status.is_provisional() {
                    // §17.2.1: sent, kept for copies of the INVITE, not repeated by itself.
                    *last = Some(bytes);
                } else if status.is_success() {
                    // RFC 6026 §7.1: sent once; the user repeats it. L absorbs copies of the
                    // INVITE until nobody upstream waits any more.
                    self.armed.start(cx, Timer::L, path.transport, key);
                    self.state = State::Accepted;
                } else {
                    // §17.2.1: repeated by G where it may be lost, until the ACK or H.
                    let interval = cx.timings.first(Timer::G, path.transport);
                    if !path.transport.is_reliable() {
                        self.armed.start(cx, Timer::G, path.transport, key);
                    }
                    self.armed.start(cx, Timer::H, path.transport, key);
                    self.state = State::Completed {
                        response: bytes,
                        interval,
                    };
                }
                Ok(())
            }
            // RFC 6026 §7.1: the user's repetitions of its 2xx pass.
            State::Accepted if status.is_success() => {
                cx.send(path, Payload::Bytes(bytes));
                Ok(())
            }
            // There is one final response (§17.2.1).
            State::Accepted | State::Completed { .. } | State::Confirmed | State::Terminated => {
                Err(RespondError::WrongState)
            }
        }
    }

    /// Takes one of its timers.
    pub(crate) fn on_timer(
        &mut self,
        cx: &mut Cx,
        me: ServerHandle,
        path: Target,
        request: &Message,
        timer: Timer,
    ) -> Option<ServerUp> {
        self.armed.fired(timer);
        match (timer, &mut self.state) {
            // §17.2.1: quench the copies of the INVITE.
            (Timer::Trying, State::Proceeding { last }) => {
                if let Some(bytes) = trying_for(request, cx.timings.trying) {
                    *last = Some(Arc::clone(&bytes));
                    cx.send(path, Payload::Bytes(bytes));
                }
                None
            }
            // §17.2.1: again, and then after twice as long, but never more than T2.
            (Timer::G, State::Completed { response, interval }) => {
                *interval = cx.timings.doubled(*interval);
                let next = *interval;
                cx.send(path, Payload::Bytes(Arc::clone(response)));
                self.armed.start_for(cx, Timer::G, next, |timer| {
                    TimerKey::Server(me, timer)
                });
                None
            }
            // §17.2.1: the ACK never came.
            (Timer::H, State::Completed { .. }) => {
                self.terminate(cx);
                Some(ServerUp::Failed(Failure::Timeout))
            }
            // §17.2.1: copies of the ACK have had their time.
            (Timer::I, State::Confirmed)
            // RFC 6026 §7.1: so have copies of the INVITE.
            | (Timer::L, State::Accepted) => {
                self.terminate(cx);
                Some(ServerUp::Terminated)
            }
            (Timer::Trying, State::Completed { .. } | State::Confirmed | State::Accepted)
            | (
                Timer::G | Timer::H,
                State::Proceeding { .. } | State::Confirmed | State::Accepted,
            )
            | (
                Timer::I,
                State::Proceeding { .. } | State::Completed { .. } | State::Accepted,
            )
            | (
                Timer::L,
                State::Proceeding { .. } | State::Completed { .. } | State::Confirmed,
            )
            | (
                Timer::Trying | Timer::G | Timer::H | Timer::I | Timer::L,
                State::Terminated,
            )
            // The timers of the other machines.
            | (
                Timer::A
                | Timer::B
                | Timer::D
                | Timer::E
                | Timer::F
                | Timer::J
                | Timer::K
                | Timer::M
                | Timer::LateTrying
                | Timer::Abandon
                | Timer::Cancelled,
                State::Proceeding { .. }
                | State::Completed { .. }
                | State::Confirmed
                | State::Accepted
                | State::Terminated,
            ) => None,
        }
    }

    /// Takes note that what it sent could not be sent.
    pub(crate) const fn on_transport_error(&self) -> Option<ServerUp> {
        match self.state {
            // RFC 6026 §7.1: tell the user, but stay, so that copies of the INVITE are not taken
            // for new calls; timers end it.
            State::Proceeding { .. } | State::Completed { .. } | State::Accepted => {
                Some(ServerUp::Failed(Failure::Transport))
            }
            State::Confirmed | State::Terminated => None,
        }
    }

    /// Whether the user may still decide.
    pub(crate) const fn is_undecided(&self) -> bool {
        match self.state {
            State::Proceeding { .. } => true,
            State::Completed { .. } | State::Confirmed | State::Accepted | State::Terminated => {
                false
            }
        }
    }

    /// Whether it is to be destroyed.
    pub(crate) const fn is_terminated(&self) -> bool {
        match self.state {
            State::Terminated => true,
            State::Proceeding { .. }
            | State::Completed { .. }
            | State::Confirmed
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
            State::Proceeding { .. } => "Proceeding",
            State::Completed { .. } => "Completed",
            State::Confirmed => "Confirmed",
            State::Accepted => "Accepted",
            State::Terminated => "Terminated",
        }
    }

    fn terminate(&mut self, cx: &mut Cx) {
        self.armed.stop_all(&mut cx.timers);
        self.state = State::Terminated;
    }
}
