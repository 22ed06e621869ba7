//! One binding at a registrar, and the flow it is kept over (RFC 3261 §10.2; RFC 5626 §4.2, §4.5).
//!
//! ```text
//!                          ┌── 401, 407, 423: again ──┐
//!                          ▼                          │
//!   Standby ── begin ──▶ Trying ── 2xx ──▶ Bound ── before it runs out ──▶ Trying …
//!      ▲                   │  │               │    or when its flow has failed
//!      │ another flow does │  │               └── unregister ─▶ Removing ── any answer ──▶ Gone
//!      └───────────────────┤  └ no answer, 5xx ─▶ Waiting ── as long as §4.5 says ──▶ Trying
//!                          └ 403, wrong password ──▶ Gone
//! ```
//!
//! What became of a REGISTER is returned as [`Came`], and the registration, which knows the other
//! flows, says what comes next.

mod answer;
mod request;
mod saved;
mod way;

use alloc::boxed::Box;
use core::time::Duration;

use super::reply::Reply;
use super::{RegistrationHandle, proxy_of};
use crate::machine::FlowId;
use crate::sip::auth::ClientAuth;
use crate::sip::endpoint::{Failure, KeepAlive, Stack, StackTimer, Target};
use crate::sip::ua::call::{Cx, Kind};
use crate::sip::ua::config::UserAgentConfig;
use crate::sip::ua::draft::{self, Draft};
use crate::sip::ua::errors::RequestError;
use crate::sip::ua::events::RegistrationFailure;
use crate::sip::ua::outcome::Outcome;
use crate::sip::ua::route::Route;
use crate::time::Instant;

pub(super) use self::answer::reason;
pub(super) use self::saved::is_sip;
pub use self::saved::{SavedBinding, SavedFlow};

/// One binding of a registration.
pub struct RegisteredFlow {
    /// Its number among the flows of the registration, from 0.
    pub(super) number: u8,
    draft: Draft,
    route: Route,
    pub(super) state: State,
    auth: ClientAuth,
    /// What we ask for, in seconds; 423 raises it.
    wanted: u32,
    /// The Contact we sent last, to find it among all bindings.
    contact: Box<str>,
    pub(super) timer: Option<(StackTimer, Instant)>,
    /// What the last REGISTER went on, while that is open.
    pub(super) target: Option<Target>,
    /// Where the table of links has it.
    pub(super) linked: Option<FlowId>,
    /// What the registrar has of us, whether or not the way still works.
    bound: Option<Bound>,
    /// The way that works.
    live: Option<Live>,
    pub(super) failures: u32,
    /// Whether it asks to be bound as a flow. RFC 5626 §4.2.1: not after a 439, if all say that.
    pub(super) asks_outbound: bool,
    /// Asked for while a REGISTER was under way: the next one has to wait for its answer (§10.2).
    leaves: bool,
    /// The way it goes has changed while a REGISTER was under way.
    pub(super) moves: bool,
}

/// How far a binding has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// Not asked for: another flow comes first, or does it all.
    Standby,
    /// A REGISTER is under way.
    Trying,
    /// We are bound until the refresh.
    Bound,
    /// A failure; the next try is set.
    Waiting,
    /// The REGISTER that removes the binding is under way.
    Removing,
    /// Over.
    Gone,
}

/// A binding as the registrar has confirmed it.
struct Bound {
    contact: Box<str>,
    until: Instant,
    is_outbound: bool,
    path: Box<[Box<str>]>,
}

/// A way that works.
struct Live {
    target: Target,
    since: Instant,
    /// How it is kept alive, if it is.
    kept: Option<KeepAlive>,
    /// Whether a keep-alive was answered.
    is_answered: bool,
}

/// What became of a REGISTER.
pub(super) enum Came<'a> {
    /// It goes on.
    Nothing,
    /// The registrar has the binding.
    Bound(Box<Reply>),
    /// It is not registered, and may be later.
    Failed(Outcome<'a>),
    /// It will not be registered.
    Refused(Outcome<'a>, RegistrationFailure),
    /// RFC 5626 §11.6: the first hop does not know flows.
    LacksOutbound(Outcome<'a>),
    /// The binding is removed, as far as can be known.
    Removed,
}

impl RegisteredFlow {
    /// A binding that nobody has asked for yet.
    pub(super) fn new(number: u8, draft: Draft, expires: Duration, is_instance: bool) -> Self {
        Self {
            number,
            draft,
            route: Route::Unknown,
            state: State::Standby,
            auth: ClientAuth::new(),
            wanted: draft::seconds(expires).max(1),
            contact: Box::from(""),
            timer: None,
            target: None,
            linked: None,
            bound: None,
            live: None,
            failures: 0,
            asks_outbound: is_instance,
            leaves: false,
            moves: false,
        }
    }

    /// Its number among the flows of the device (RFC 5626 §4.2): the same after every start, as the
    /// outbound proxies are in the same order.
    #[must_use]
    pub fn reg_id(&self) -> u32 {
        u32::from(self.number).saturating_add(1)
    }

    /// The Request-URI of its REGISTERs.
    pub(super) fn registrar(&self) -> &str {
        &self.draft.request_uri
    }

    /// The Call-ID of its REGISTERs.
    pub(super) fn call_id(&self) -> &str {
        &self.draft.call_id
    }

    /// Whether the binding stands, as far as we know.
    #[must_use]
    pub fn is_registered(&self) -> bool {
        self.state == State::Bound
    }

    /// The Path of the last 2xx: the proxies that what is for us passes, in order (RFC 3327 §5.1).
    pub fn path(&self) -> impl Iterator<Item = &str> {
        let path = self.bound.as_ref().map(|bound| bound.path.iter());
        path.into_iter().flatten().map(|uri| &**uri)
    }

    /// Whether the registrar has bound it as a flow (RFC 5626 §4.2.1).
    #[must_use]
    pub fn is_outbound(&self) -> bool {
        self.bound.as_ref().is_some_and(|bound| bound.is_outbound)
    }

    /// What it works over: we are registered over it, and nothing is known to be wrong with it.
    pub(super) fn live(&self) -> Option<Target> {
        self.live.as_ref().map(|live| live.target)
    }

    /// Until when the registrar has it.
    pub(super) fn until(&self) -> Option<Instant> {
        self.bound.as_ref().map(|bound| bound.until)
    }

    /// The number of the outbound proxy it goes through.
    pub(super) fn proxy(&self, config: &UserAgentConfig) -> usize {
        proxy_of(config, self.number).unwrap_or(self.route.proxy())
    }

    /// Begins a REGISTER that is not a repetition: the From tag is a new one.
    pub(super) fn begin(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        state: State,
    ) -> Came<'static> {
        self.state = state;
        self.moves = false;
        self.stop_timer(cx.stack);
        self.draft.from_tag = cx.stack.new_tag().into();
        self.route = match &self.live {
            // RFC 5626 §4.2.2: a mere refresh goes over the flow it refreshes.
            Some(live) if self.is_outbound() => Route::Flow(live.target, self.proxy(cx.config)),
            // The registrar may have moved meanwhile.
            Some(_) | None => Route::Unknown,
        };
        match self.send(cx) {
            Ok(()) => Came::Nothing,
            Err(RequestError::NoWay(why)) => self.failed(cx, Outcome::NoWay(why)),
            Err(_) => self.failed(cx, Outcome::Failed(Failure::Transport)),
        }
    }

    /// Removes the binding (§10.2.2), as soon as no other REGISTER is under way.
    pub(super) fn unregister(&mut self, cx: &mut Cx<'_, RegistrationHandle>) -> Came<'static> {
        match self.state {
            State::Trying => {
                self.leaves = true;
                Came::Nothing
            }
            // The binding may still be there from before the failure.
            State::Bound | State::Waiting => self.begin(cx, State::Removing),
            State::Standby => Came::Removed,
            State::Removing | State::Gone => Came::Nothing,
        }
    }

    /// Acts on the timer: a refresh, or another try.
    pub(super) fn on_timer(&mut self, cx: &mut Cx<'_, RegistrationHandle>) -> Came<'static> {
        self.stop_timer(cx.stack);
        match self.state {
            State::Bound | State::Waiting | State::Standby => self.begin(cx, State::Trying),
            State::Trying | State::Removing | State::Gone => Came::Nothing,
        }
    }

    /// Gives the credentials away; it needs them no more.
    pub(super) fn take_credentials(&mut self) -> ClientAuth {
        core::mem::take(&mut self.auth)
    }

    /// Leaves the binding to another flow, after `wait` if there is one.
    pub(super) fn stand_by(&mut self, cx: &mut Cx<'_, RegistrationHandle>, wait: Option<Duration>) {
        self.stop_timer(cx.stack);
        self.lose(cx.stack);
        self.state = State::Standby;
        if let Some(wait) = wait {
            self.arm(cx, wait);
        }
    }

    /// Is over.
    pub(super) fn end(&mut self, stack: &mut Stack) {
        self.stop_timer(stack);
        self.lose(stack);
        self.target = None;
        self.bound = None;
        self.state = State::Gone;
    }

    fn arm(&mut self, cx: &mut Cx<'_, RegistrationHandle>, after: Duration) {
        self.stop_timer(cx.stack);
        let timer = cx.stack.arm(after, Kind::Registration.of(cx.me));
        self.timer = Some((timer, cx.stack.now() + after));
    }

    pub(super) fn stop_timer(&mut self, stack: &mut Stack) {
        if let Some((timer, _)) = self.timer.take() {
            stack.disarm(timer);
        }
    }
}
