//! The non-INVITE server transaction (RFC 3261 §17.2.2, RFC 6026 §8.8, RFC 4320 §4).
//!
//! ```text
//!                 │ request: up; LateTrying and Abandon run
//!                 ▼
//!           ┌────────────┐
//!      ┌────│   Trying   │  request: absorbed
//!      │    └────────────┘
//!      │       │ LateTrying: send 100            Abandon: tell the user
//!      │       │ 100 from the user: send it    ┌───────────────────────┐
//!      │       ▼                               │ (from Trying as well) │
//!      │    ┌────────────┐ 100 from the user:  │                       │
//!      │    │ Proceeding │◀─┐ send it          │                       │
//!      │    │            │──┘ request: 100     │                       │
//!      │    └────────────┘    again            │                       │
//!      │       │     └─────────────────────────┘                       │
//!      └──────▶│ 200–699 from the user: send it, start J               │
//!              ▼                                                       │
//!           ┌────────────┐ request: response again                     │
//!           │ Completed  │◀─┐                                          │
//!           │            │──┘                                          │
//!           └────────────┘                                             │
//!              │ J                                                     │
//!              ▼                                                       ▼
//!           ┌────────────────────────────────────────────────────────────┐
//!           │                        Terminated                          │
//!           └────────────────────────────────────────────────────────────┘
//! ```
//!
//! A transport error is told to the user and changes no state (RFC 6026 §8.8).

use alloc::sync::Arc;

use super::Failure;
use super::cx::{Armed, Cx};
use super::server::{RespondError, ServerHandle, ServerUp};
use super::timer::{Timer, TimerKey};
use super::trying::trying_for;
use crate::sip::message::{Message, StatusCode};
use crate::sip::transport::{Payload, Target};
use crate::time::Instant;

/// How far our answer has come.
#[derive(Debug)]
enum State {
    /// Nothing was said.
    Trying,
    /// 100 was said. Holds it.
    Proceeding { last: Arc<[u8]> },
    /// A final response is out. Holds it.
    Completed { response: Arc<[u8]> },
    /// To be destroyed at once.
    Terminated,
}

/// One request received, neither INVITE nor ACK.
#[derive(Debug)]
pub(crate) struct NonInviteServer {
    state: State,
    armed: Armed,
    received: Instant,
}

impl NonInviteServer {
    /// A machine for a request received now.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            state: State::Trying,
            armed: Armed::default(),
            received: now,
        }
    }

    /// Waits for the user to answer.
    pub(crate) fn start(&mut self, cx: &mut Cx, me: ServerHandle, path: Target) {
        let key = |timer| TimerKey::Server(me, timer);
        // RFC 4320 §4.1: when the client is down to its slowest, 100 is due over any transport.
        self.armed.start(cx, Timer::LateTrying, path.transport, key);
        // RFC 4320 §4.2: a client that has given up gets no answer at all, so that nothing waits
        // here for a user that has none.
        self.armed.start(cx, Timer::Abandon, path.transport, key);
    }

    /// Takes a copy of the request.
    pub(crate) fn on_request(&mut self, cx: &mut Cx, path: Target) -> Option<ServerUp> {
        match &self.state {
            // §17.2.2: the last word again.
            State::Proceeding { last: bytes } | State::Completed { response: bytes } => {
                cx.send(path, Payload::Bytes(Arc::clone(bytes)));
                None
            }
            // §17.2.2: absorbed, as nothing was said yet.
            State::Trying => None,
            State::Terminated => None,
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
        match &self.state {
            State::Trying | State::Proceeding { .. } if status.is_provisional() => {
                self.may_say_provisionally(cx, path, status)?;
                // §17.2.2: sent, and kept for copies of the request.
                self.armed.stop(cx, Timer::LateTrying);
                cx.send(path, Payload::Bytes(Arc::clone(&bytes)));
                self.state = State::Proceeding { last: bytes };
                Ok(())
            }
            State::Trying | State::Proceeding { .. } => {
                // RFC 4320 §4.2: by the time anyone could say 408 the client has said it itself.
                if status == StatusCode::REQUEST_TIMEOUT {
                    return Err(RespondError::NotAllowed);
                }
                // §17.2.2: sent, and kept for copies of the request until J.
                self.armed.stop_all(&mut cx.timers);
                self.armed.start(cx, Timer::J, path.transport, |timer| {
                    TimerKey::Server(me, timer)
                });
                cx.send(path, Payload::Bytes(Arc::clone(&bytes)));
                self.state = State::Completed { response: bytes };
                Ok(())
            }
            // §17.2.2: there is one final response.
            State::Completed { .. } | State::Terminated => Err(RespondError::WrongState),
        }
    }

    /// Takes one of its timers.
    pub(crate) fn on_timer(
        &mut self,
        cx: &mut Cx,
        path: Target,
        request: &Message,
        timer: Timer,
    ) -> Option<ServerUp> {
        self.armed.fired(timer);
        match (timer, &self.state) {
            // RFC 4320 §4.1: not earlier over UDP, and not later over anything.
            (Timer::LateTrying, State::Trying) => {
                let late = cx.timings.until_e_reaches_t2();
                if let Some(bytes) = trying_for(request, late) {
                    cx.send(path, Payload::Bytes(Arc::clone(&bytes)));
                    self.state = State::Proceeding { last: bytes };
                }
                None
            }
            // RFC 4320 §4.2: nobody waits for the answer any more.
            (Timer::Abandon, State::Trying | State::Proceeding { .. }) => {
                self.terminate(cx);
                Some(ServerUp::Failed(Failure::Timeout))
            }
            // §17.2.2: copies of the request have had their time.
            (Timer::J, State::Completed { .. }) => {
                self.terminate(cx);
                Some(ServerUp::Terminated)
            }
            (Timer::LateTrying, State::Proceeding { .. } | State::Completed { .. })
            | (Timer::Abandon, State::Completed { .. })
            | (Timer::J, State::Trying | State::Proceeding { .. })
            | (Timer::LateTrying | Timer::Abandon | Timer::J, State::Terminated)
            // The timers of the other machines.
            | (
                Timer::A
                | Timer::B
                | Timer::D
                | Timer::E
                | Timer::F
                | Timer::G
                | Timer::H
                | Timer::I
                | Timer::K
                | Timer::L
                | Timer::M
                | Timer::Trying
                | Timer::Cancelled,
                State::Trying
                | State::Proceeding { .. }
                | State::Completed { .. }
                | State::Terminated,
            ) => None,
        }
    }

    /// Takes note that what it sent could not be sent.
    pub(crate) const fn on_transport_error(&self) -> Option<ServerUp> {
        match self.state {
            // RFC 6026 §8.8: tell the user, but stay.
            State::Proceeding { .. } | State::Completed { .. } => {
                Some(ServerUp::Failed(Failure::Transport))
            }
            // Nothing was sent.
            State::Trying | State::Terminated => None,
        }
    }

    /// Whether it is to be destroyed.
    pub(crate) const fn is_terminated(&self) -> bool {
        match self.state {
            State::Terminated => true,
            State::Trying | State::Proceeding { .. } | State::Completed { .. } => false,
        }
    }

    /// Its timers.
    pub(crate) const fn armed(&self) -> &Armed {
        &self.armed
    }

    /// The RFC's name of the state.
    pub(crate) const fn state_name(&self) -> &'static str {
        match self.state {
            State::Trying => "Trying",
            State::Proceeding { .. } => "Proceeding",
            State::Completed { .. } => "Completed",
            State::Terminated => "Terminated",
        }
    }

    /// RFC 4320 §4.1: no provisional response but 100, and over an unreliable transport not before
    /// the client's timer E has reached T2.
    fn may_say_provisionally(
        &self,
        cx: &Cx,
        path: Target,
        status: StatusCode,
    ) -> Result<(), RespondError> {
        let waited = cx.now.saturating_duration_since(self.received);
        let too_early = !path.transport.is_reliable() && waited < cx.timings.until_e_reaches_t2();
        if status != StatusCode::TRYING || too_early {
            return Err(RespondError::NotAllowed);
        }
        Ok(())
    }

    fn terminate(&mut self, cx: &mut Cx) {
        self.armed.stop_all(&mut cx.timers);
        self.state = State::Terminated;
    }
}
