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

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt::Write as _;
use core::net::IpAddr;
use core::time::Duration;

use super::super::authorize;
use super::super::call::{Cx, Kind};
use super::super::config::{GruuUse, UserAgentConfig};
use super::super::draft::{self, Draft};
use super::super::errors::RequestError;
use super::super::events::RegistrationFailure;
use super::super::links::ClientUse;
use super::super::outcome::{self, Outcome};
use super::super::route::Route;
use super::reply::{Ours, Reply, same, seconds};
use super::{RegistrationHandle, proxy_of};
use crate::machine::FlowId;
use crate::sip::auth::{ClientAuth, InfoVerdict};
use crate::sip::endpoint::{
    Failure, KeepAlive, LocationHandle, SelectError, Stack, StackTimer, Target, Way,
};
use crate::sip::message::{HeaderName, Message, Method, RequestBuilder, StatusCode};
use crate::time::Instant;

/// A refresh is sent this long before the binding runs out, or at half its time if that is later:
/// time for one that gets lost, its 32 seconds, and another.
const MARGIN: Duration = Duration::from_secs(90);
/// A flow that fails sooner than this and is not kept alive has been of no use: a registrar that
/// hangs up each time is not to be asked for ever without a pause.
const USEFUL: Duration = Duration::from_secs(30);
/// The longest Retry-After that is believed, in seconds: a day.
const RETRY_AFTER_LIMIT: u32 = 86_400;

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
    Refused(Option<StatusCode>, RegistrationFailure),
    /// RFC 5626 §11.6: the first hop does not know flows.
    LacksOutbound(Option<StatusCode>),
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

    /// Sends the next REGISTER, as soon as it is known where to.
    pub(super) fn send(&mut self, cx: &mut Cx<'_, RegistrationHandle>) -> Result<(), RequestError> {
        let used = ClientUse::Register(cx.me, self.number);
        match self.route.find(cx, &self.draft, used)? {
            Some(target) => self.send_to(cx, target),
            None => Ok(()),
        }
    }

    /// Takes what came of the search for the registrar.
    pub(super) fn on_located(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        location: LocationHandle,
        found: Result<Way, SelectError>,
    ) -> Came<'static> {
        let failed = match self.route.on_located(location, found) {
            Some(Ok(target)) if self.send_to(cx, target).is_ok() => return Came::Nothing,
            Some(Ok(_)) => Outcome::Failed(Failure::Transport),
            Some(Err(why)) => Outcome::NoWay(why),
            None => return Came::Nothing,
        };
        self.failed(cx, failed)
    }

    /// Sends the next REGISTER: same Call-ID, CSeq one higher (§10.2).
    fn send_to(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        target: Target,
    ) -> Result<(), RequestError> {
        // §8.1.1.8 for the one, §10.2.1 for the other.
        let proxy = self.proxy(cx.config);
        let secure = self.draft.is_secure(cx.config, proxy) || draft::is_secure(&self.draft.to);
        let mut contact = draft::local_contact(cx.stack, cx.config, target.flow, secure);
        if cx.config.instance.is_some() && cx.config.gruu != GruuUse::Never {
            // RFC 5626 §4.3: what is sent to the GRUU comes over the flow.
            contact.push_str(";ob");
        }
        let contacts = self.contacts(cx, &contact);
        let expires = match self.state {
            State::Removing | State::Gone => 0,
            State::Standby | State::Trying | State::Bound | State::Waiting => self.wanted,
        };
        let request = self.draft.protected(Method::Register, &[]);
        let credentials = self.auth.credentials(&request);
        let mut builder = self
            .draft
            .begin(cx, Method::Register, self.proxy(cx.config));
        builder
            .field(HeaderName::Contact, contacts.as_str())
            .field(HeaderName::Expires, &expires);
        self.say_support(&mut builder, cx.config);
        draft::sign(&mut builder, cx.config, &credentials);
        let request = builder.finish()?;
        self.contact = contact.into();
        let transaction = cx.stack.request(&request, target)?;
        self.target = Some(target);
        self.draft.cseq = self.draft.cseq.wrapping_add(1);
        let used = ClientUse::Register(cx.me, self.number);
        cx.links.clients.insert(transaction, used);
        Ok(())
    }

    /// The extensions a REGISTER has beside what any request of ours has.
    fn say_support(&self, builder: &mut RequestBuilder, config: &UserAgentConfig) {
        // RFC 3327 §5.1, RFC 5626 §4.2.1, RFC 5627 §4.1.
        let has_gruu = config.instance.is_some() && config.gruu != GruuUse::Never;
        builder.field(
            HeaderName::Supported,
            match (self.asks_outbound, has_gruu) {
                (true, true) => "path, outbound, gruu",
                (true, false) => "path, outbound",
                (false, true) => "path, gruu",
                (false, false) => "path",
            },
        );
    }

    /// The values of Contact: ours, and the one we had before, which is to go (§10.2.2). A registrar
    /// that binds flows replaces it by itself (RFC 5626 §6).
    fn contacts(&self, cx: &Cx<'_, RegistrationHandle>, contact: &str) -> String {
        let before = self.bound.as_ref().filter(|it| cx.stack.now() < it.until);
        let mut out = String::new();
        // Writing into a string cannot fail.
        let _ = match self.state {
            State::Removing | State::Gone => {
                let known = before.map_or(contact, |it| &*it.contact);
                write!(out, "<{known}>;expires=0")
            }
            State::Standby | State::Trying | State::Bound | State::Waiting => {
                write!(out, "<{contact}>;expires={}", self.wanted)
            }
        };
        if let Some(instance) = &cx.config.instance {
            let _ = write!(out, ";+sip.instance=\"<{instance}>\"");
            if self.asks_outbound {
                let _ = write!(out, ";reg-id={}", self.reg_id());
            }
        }
        let is_left = |it: &&Bound| !it.is_outbound && !same(&it.contact, contact);
        if let (true, Some(old)) = (self.state != State::Removing, before.filter(is_left)) {
            let _ = write!(out, ", <{}>;expires=0", old.contact);
        }
        out
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

    /// RFC 5626 §4.5: a flow that has failed is replaced at once, and the binding with it; after a
    /// while if it has never proved to work.
    pub(super) fn on_flow_failed(&mut self, cx: &mut Cx<'_, RegistrationHandle>) -> Came<'static> {
        self.target = None;
        let live = self.live.take();
        match self.state {
            State::Bound => {
                let now = cx.stack.now();
                let was_useful = live.is_some_and(|live| match live.kept {
                    Some(_) => live.is_answered,
                    None => now.saturating_duration_since(live.since) >= USEFUL,
                });
                if was_useful {
                    self.failures = 0;
                    self.begin(cx, State::Trying)
                } else {
                    Came::Failed(Outcome::Failed(Failure::Transport))
                }
            }
            // The REGISTER under way is told of by its transaction; the next one goes elsewhere.
            State::Standby | State::Trying | State::Waiting | State::Removing | State::Gone => {
                Came::Nothing
            }
        }
    }

    /// The local address `old` is no more: a way over it ends, through no fault of the registrar's.
    pub(super) fn prepare_move(&mut self, stack: &mut Stack, old: IpAddr) {
        let is_off = self.target.is_none_or(|target| {
            let flow = stack.flow(target.flow);
            flow.is_none_or(|flow| flow.local().ip() == old)
        });
        match self.state {
            State::Trying | State::Bound | State::Waiting if is_off => {
                self.lose(stack);
                self.target = None;
                self.moves = true;
                self.failures = 0;
            }
            State::Trying
            | State::Bound
            | State::Waiting
            | State::Standby
            | State::Removing
            | State::Gone => {}
        }
    }

    /// Registers from where we are now, unless a REGISTER is under way (§10.2).
    pub(super) fn complete_move(&mut self, cx: &mut Cx<'_, RegistrationHandle>) -> Came<'static> {
        match self.state {
            State::Bound | State::Waiting if self.moves => self.begin(cx, State::Trying),
            State::Bound
            | State::Waiting
            | State::Trying
            | State::Standby
            | State::Removing
            | State::Gone => Came::Nothing,
        }
    }

    /// A keep-alive was answered: the flow has proved to work.
    pub(super) fn on_alive(&mut self) {
        if let Some(live) = &mut self.live {
            live.is_answered = true;
            self.failures = 0;
        }
    }

    /// Acts on what became of a REGISTER.
    pub(super) fn on_outcome<'a>(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        outcome: Outcome<'a>,
    ) -> Came<'a> {
        let status = outcome.status();
        if status.is_provisional() {
            return Came::Nothing;
        }
        match outcome.message() {
            Some(response) if authorize::is_challenge(response) => {
                self.on_challenge(cx, response, outcome)
            }
            Some(response) if status == StatusCode::INTERVAL_TOO_BRIEF => {
                self.on_too_brief(cx, response, outcome)
            }
            Some(response) if status.is_success() => self.on_success(cx, response, outcome),
            Some(refusal) if self.draft.repair(cx.config, refusal) => match self.send(cx) {
                Ok(()) => Came::Nothing,
                Err(_) => self.failed(cx, Outcome::Failed(Failure::Transport)),
            },
            Some(_) | None => self.fail_over(cx, outcome),
        }
    }

    fn on_challenge<'a>(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        response: &Message,
        outcome: Outcome<'a>,
    ) -> Came<'a> {
        if authorize::receive_challenges(&mut self.auth, cx, response).is_err() {
            self.refused(outcome, RegistrationFailure::WrongPassword)
        } else if self.send(cx).is_err() {
            self.failed(cx, Outcome::Failed(Failure::Transport))
        } else {
            Came::Nothing
        }
    }

    /// §10.2.8: asks again for the shortest time the registrar takes.
    fn on_too_brief<'a>(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        response: &Message,
        outcome: Outcome<'a>,
    ) -> Came<'a> {
        let least = response.min_expires().ok().flatten().unwrap_or(0);
        // Without a longer time to ask for, asking again would go on for ever.
        if self.state != State::Trying || least <= self.wanted {
            return self.refused(outcome, RegistrationFailure::Rejected);
        }
        self.wanted = least;
        if self.send(cx).is_err() {
            return self.failed(cx, Outcome::Failed(Failure::Transport));
        }
        Came::Nothing
    }

    fn on_success<'a>(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        response: &Message,
        outcome: Outcome<'a>,
    ) -> Came<'a> {
        let proof = self.auth.receive_success(response, cx.stack.rng());
        if proof == InfoVerdict::Wrong {
            return self.failed(cx, outcome);
        }
        if self.state == State::Removing {
            return Came::Removed;
        }
        self.state = State::Bound;
        let reply = Reply::read(
            response,
            &Ours {
                uri: &self.contact,
                instance: cx.config.instance.as_ref(),
                reg_id: self.asks_outbound.then(|| self.reg_id()),
                wanted: self.wanted,
            },
        );
        let now = cx.stack.now();
        self.bound = Some(Bound {
            contact: self.contact.clone(),
            until: now + reply.span(),
            is_outbound: reply.is_outbound,
            path: reply.path.clone(),
        });
        if let Some(target) = self.target {
            self.keep(cx, target, &reply);
        }
        if self.leaves {
            return self.begin(cx, State::Removing);
        }
        if self.moves {
            return self.begin(cx, State::Trying);
        }
        // §10.2.4: refreshed before the time has run out.
        let refresh = reply.span().saturating_sub(MARGIN).max(reply.span() / 2);
        self.arm(cx, refresh);
        Came::Bound(Box::new(reply))
    }

    /// The flow works; it is kept alive if the first hop knows how (RFC 5626 §4.4).
    fn keep(&mut self, cx: &mut Cx<'_, RegistrationHandle>, target: Target, reply: &Reply) {
        let before = self.live.take().filter(|live| live.target == target);
        let wanted = (reply.takes_keep_alives || cx.config.keeps_alive)
            .then(|| reply.keep_alive(target.transport));
        let kept_before = before.as_ref().and_then(|live| live.kept);
        let kept = match wanted {
            Some(interval) if kept_before == Some(interval) => wanted,
            Some(interval) => wanted.filter(|_| cx.stack.keep_alive(target, interval).is_ok()),
            None => {
                if kept_before.is_some() {
                    cx.stack.stop_keep_alive(target);
                }
                None
            }
        };
        // §4.5: a flow that is not kept alive has proved to work by being registered over.
        if kept.is_none() {
            self.failures = 0;
        }
        self.live = Some(Live {
            target,
            since: cx.stack.now(),
            kept,
            is_answered: before.is_some_and(|live| live.is_answered),
        });
    }

    /// RFC 3263 §4.3: the next server, if there is one and the failure was of the last.
    fn fail_over<'a>(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        outcome: Outcome<'a>,
    ) -> Came<'a> {
        let used = ClientUse::Register(cx.me, self.number);
        match self.route.fail_over(cx, &self.draft, outcome, used) {
            Some(Some(target)) if self.send_to(cx, target).is_ok() => Came::Nothing,
            Some(None) => Came::Nothing,
            Some(Some(_)) | None => self.failed(cx, outcome),
        }
    }

    fn failed<'a>(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        outcome: Outcome<'a>,
    ) -> Came<'a> {
        if self.state == State::Removing || self.leaves {
            return Came::Removed;
        }
        match outcome {
            // The way does not work, whatever the registrar has of it.
            Outcome::Failed(_) | Outcome::NoWay(_) => self.lose(cx.stack),
            Outcome::Response(_)
                if outcome.status() == StatusCode::FIRST_HOP_LACKS_OUTBOUND_SUPPORT =>
            {
                return Came::LacksOutbound(outcome.reported());
            }
            // RFC 7616 §3.5: it has said yes, but does not know the password.
            Outcome::Response(_) if outcome.status().is_success() => {}
            Outcome::Response(_) if !may_pass(outcome.status()) => {
                return Came::Refused(outcome.reported(), RegistrationFailure::Rejected);
            }
            // RFC 5626 §4.2.2: a flow that works is not torn down for it.
            Outcome::Response(_) => {}
        }
        if self.moves {
            return self.begin_elsewhere(cx, outcome);
        }
        Came::Failed(outcome)
    }

    /// The way has changed meanwhile, so that the failure says nothing of the new one.
    fn begin_elsewhere<'a>(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        outcome: Outcome<'a>,
    ) -> Came<'a> {
        self.moves = false;
        self.failures = 0;
        match self.begin(cx, State::Trying) {
            Came::Failed(_) => Came::Failed(outcome),
            came => came,
        }
    }

    fn refused<'a>(&self, outcome: Outcome<'a>, reason: RegistrationFailure) -> Came<'a> {
        if self.state == State::Removing || self.leaves {
            return Came::Removed;
        }
        Came::Refused(outcome.reported(), reason)
    }

    /// Waits before the next try (§10.2.7, RFC 5626 §4.5): longer each time, and at random, so that
    /// not everybody comes back together.
    pub(super) fn wait(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        outcome: Outcome<'_>,
        all_failed: bool,
    ) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let rng = cx.stack.rng();
        let wait = cx
            .config
            .registration_back_off
            .wait(self.failures, all_failed, rng);
        let asked = outcome
            .message()
            .and_then(|response| seconds(response.field(HeaderName::RetryAfter)))
            .map(|secs| Duration::from_secs(secs.min(RETRY_AFTER_LIMIT).into()));
        let wait = match asked {
            // §4.2.1: zero is meant as it is said, but not for ever.
            Some(Duration::ZERO) if self.failures == 1 => Duration::ZERO,
            Some(asked) => wait.max(asked),
            None => wait,
        };
        self.state = State::Waiting;
        self.arm(cx, wait);
        wait
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

    fn lose(&mut self, stack: &mut Stack) {
        if let Some(Live { target, kept, .. }) = self.live.take() {
            if kept.is_some() {
                stack.stop_keep_alive(target);
            }
        }
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

/// Whether a refusal may be over later: the server is to blame, or has no time.
fn may_pass(status: StatusCode) -> bool {
    let code = status.as_u16();
    code == 408 || code == 480 || (500..600).contains(&code)
}

/// Why a registration failed that may be tried again.
pub(super) fn reason(outcome: Outcome<'_>) -> RegistrationFailure {
    match outcome {
        Outcome::Failed(Failure::Timeout) => RegistrationFailure::TimedOut,
        Outcome::Failed(Failure::Transport) => RegistrationFailure::Unreachable,
        Outcome::NoWay(why) => outcome::unlocated(why).map_or(
            RegistrationFailure::Unreachable,
            RegistrationFailure::NotLocated,
        ),
        Outcome::Response(response) if response.status().is_some_and(StatusCode::is_success) => {
            RegistrationFailure::ServerUnproven
        }
        Outcome::Response(_) => RegistrationFailure::Unavailable,
    }
}
