//! Keeping a binding at a registrar (RFC 3261 §10.2; waiting after failures as RFC 5626 §4.5).
//!
//! ```text
//!                ┌── 401, 407, 423: again ──┐
//!                ▼                          │
//!   register ─▶ Trying ── 2xx ──▶ Bound ── before it runs out ──▶ Trying …
//!                │  │                │    or when its connection is lost
//!                │  │                └── unregister ─▶ Removing ── any answer ──▶ gone
//!                │  └ no answer, 5xx ─▶ Waiting ── 30 s · 2^n, at random 50 to 100 % ──▶ Trying
//!                └ 403, wrong password ──▶ gone
//! ```

use alloc::boxed::Box;
use alloc::format;
use core::time::Duration;

use super::authorize;
use super::call::{Cx, Kind};
use super::draft::{self, Draft};
use super::errors::RequestError;
use super::events::{RegistrationFailure, UaEvent};
use super::identity::Identity;
use super::links::ClientUse;
use super::outcome::{self, Outcome};
use super::route::Route;
use crate::arena::Handle;
use crate::machine::FlowId;
use crate::sip::auth::{ClientAuth, InfoVerdict};
use crate::sip::endpoint::{Failure, LocationHandle, SelectError, StackTimer, Target, Way};
use crate::sip::header::Contact;
use crate::sip::message::{HeaderName, Message, Method, StatusCode};
use crate::sip::uri::Uri;
use crate::time::Instant;

/// Names one registration.
pub type RegistrationHandle = Handle<Registration>;

/// The base of the wait after a failure when nothing else of ours works (RFC 5626 §4.5).
const BACKOFF_BASE: Duration = Duration::from_secs(30);
/// A refresh is sent this long before the binding runs out, or at half its time if that is later:
/// time for one that gets lost, its 32 seconds, and another.
const MARGIN: Duration = Duration::from_secs(90);

/// A binding of ours at one registrar.
pub struct Registration {
    pub(super) identity: Identity,
    draft: Draft,
    route: Route,
    state: State,
    auth: ClientAuth,
    /// What we ask for, in seconds; 423 raises it.
    wanted: u32,
    /// The Contact we sent last, to find it among all bindings.
    contact: Box<str>,
    timer: Option<StackTimer>,
    /// What the last REGISTER went on, while that is open.
    flow: Option<FlowId>,
    /// When it last succeeded.
    bound_at: Instant,
    failures: u32,
    /// Asked for while a REGISTER was under way: the next one has to wait for its answer (§10.2).
    unregister: bool,
}

/// How far a registration has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
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

impl Registration {
    /// A registration of `aor` at `registrar`, for `expires`.
    pub(super) fn new(identity: Identity, draft: Draft, expires: Duration) -> Self {
        Self {
            identity,
            draft,
            route: Route::Unknown,
            state: State::Trying,
            auth: ClientAuth::new(),
            wanted: draft::seconds(expires).max(1),
            contact: Box::from(""),
            timer: None,
            flow: None,
            bound_at: Instant::ZERO,
            failures: 0,
            unregister: false,
        }
    }

    /// Whether it is over.
    pub(super) fn is_terminated(&self) -> bool {
        self.state == State::Gone
    }

    /// Whether the binding stands, as far as we know.
    #[must_use]
    pub fn is_registered(&self) -> bool {
        self.state == State::Bound
    }

    /// What its last REGISTER went on, unless that was closed.
    pub(super) const fn flow(&self) -> Option<FlowId> {
        self.flow
    }

    /// Sends the next REGISTER, as soon as it is known where to.
    pub(super) fn send(&mut self, cx: &mut Cx<'_, RegistrationHandle>) -> Result<(), RequestError> {
        let used = ClientUse::Register(cx.me);
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
    ) {
        let failed = match self.route.on_located(location, found) {
            Some(Ok(target)) if self.send_to(cx, target).is_ok() => return,
            Some(Ok(_)) => Outcome::Failed(Failure::Transport),
            Some(Err(why)) => Outcome::NoWay(why),
            None => return,
        };
        self.on_outcome(cx, failed);
    }

    /// Sends the next REGISTER: same Call-ID, CSeq one higher (§10.2).
    fn send_to(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        target: Target,
    ) -> Result<(), RequestError> {
        // §8.1.1.8 for the one, §10.2.1 for the other.
        let uris = [&self.draft.request_uri, &self.draft.to];
        let secure = uris.iter().any(|uri| draft::is_secure(uri));
        let contact = draft::contact_uri(cx.stack, cx.config, target.flow, secure);
        let expires = match self.state {
            State::Removing | State::Gone => 0,
            State::Trying | State::Bound | State::Waiting => self.wanted,
        };
        let request = self.draft.protected(Method::Register, &[]);
        let credentials = self.auth.credentials(&request);
        let mut builder = self
            .draft
            .begin(cx.config, Method::Register, self.route.proxy());
        builder
            .field(
                HeaderName::Contact,
                format!("<{contact}>;expires={expires}").as_str(),
            )
            .field(HeaderName::Expires, &expires);
        draft::sign(&mut builder, cx.config, &credentials);
        let request = builder.finish()?;
        self.contact = contact.into();
        let transaction = cx.stack.request(&request, target)?;
        self.flow = Some(target.flow);
        self.draft.cseq = self.draft.cseq.wrapping_add(1);
        let used = ClientUse::Register(cx.me);
        cx.links.clients.insert(transaction, used);
        Ok(())
    }

    /// Begins a REGISTER that is not a repetition: the From tag is a new one.
    fn begin(&mut self, cx: &mut Cx<'_, RegistrationHandle>, state: State) {
        self.state = state;
        self.stop_timer(cx);
        self.draft.from_tag = cx.stack.new_tag().into();
        // The registrar may have moved meanwhile.
        self.route = Route::Unknown;
        if self.send(cx).is_err() {
            let failed = Outcome::Failed(Failure::Transport);
            self.on_outcome(cx, failed);
        }
    }

    /// Removes the binding (§10.2.2), as soon as no other REGISTER is under way.
    pub(super) fn unregister(&mut self, cx: &mut Cx<'_, RegistrationHandle>) {
        match self.state {
            State::Trying => self.unregister = true,
            State::Bound => self.begin(cx, State::Removing),
            // The binding may still be there from before the failure.
            State::Waiting => self.begin(cx, State::Removing),
            State::Removing | State::Gone => {}
        }
    }

    /// Acts on the timer: a refresh, or another try.
    pub(super) fn on_timer(&mut self, cx: &mut Cx<'_, RegistrationHandle>) {
        self.timer = None;
        match self.state {
            State::Bound | State::Waiting => self.begin(cx, State::Trying),
            State::Trying | State::Removing | State::Gone => {}
        }
    }

    /// RFC 5626 §4.5: a connection that is lost is replaced at once, and the binding with it.
    pub(super) fn on_flow_closed(&mut self, cx: &mut Cx<'_, RegistrationHandle>) {
        self.flow = None;
        match self.state {
            State::Bound => {
                // A registrar that hangs up each time is not to be asked for ever without a pause.
                let age = cx.stack.now().saturating_duration_since(self.bound_at);
                if age >= BACKOFF_BASE {
                    self.begin(cx, State::Trying);
                } else {
                    self.stop_timer(cx);
                    let wait = at_random(cx, BACKOFF_BASE);
                    self.timer = Some(cx.stack.arm(wait, Kind::Registration.of(cx.me)));
                }
            }
            // The REGISTER under way is told of by its transaction; the next one goes elsewhere.
            State::Trying | State::Waiting | State::Removing | State::Gone => {}
        }
    }

    /// Acts on what became of a REGISTER.
    pub(super) fn on_outcome(&mut self, cx: &mut Cx<'_, RegistrationHandle>, outcome: Outcome<'_>) {
        let status = outcome.status();
        if status.is_provisional() {
            return;
        }
        match outcome.message() {
            Some(response) if authorize::is_challenge(response) => {
                self.on_challenge(cx, response);
            }
            Some(response) if status == StatusCode::INTERVAL_TOO_BRIEF => {
                self.on_too_brief(cx, response);
            }
            Some(response) if status.is_success() => self.on_success(cx, response),
            Some(refusal) if self.draft.repair(cx.config, refusal) => {
                if self.send(cx).is_err() {
                    self.on_failure(cx, Outcome::Failed(Failure::Transport));
                }
            }
            Some(_) | None => self.fail_over(cx, outcome),
        }
    }

    fn on_challenge(&mut self, cx: &mut Cx<'_, RegistrationHandle>, response: &Message) {
        if authorize::receive_challenges(&mut self.auth, cx, response).is_err() {
            self.give_up(cx, response.status(), RegistrationFailure::WrongPassword);
        } else if self.send(cx).is_err() {
            self.on_failure(cx, Outcome::Failed(Failure::Transport));
        }
    }

    /// §10.2.8: asks again for the shortest time the registrar takes.
    fn on_too_brief(&mut self, cx: &mut Cx<'_, RegistrationHandle>, response: &Message) {
        let least = response.min_expires().ok().flatten().unwrap_or(0);
        // Without a longer time to ask for, asking again would go on for ever.
        if self.state == State::Trying && least > self.wanted {
            self.wanted = least;
            if self.send(cx).is_err() {
                self.on_failure(cx, Outcome::Failed(Failure::Transport));
            }
            return;
        }
        self.give_up(cx, response.status(), RegistrationFailure::Rejected);
    }

    fn on_success(&mut self, cx: &mut Cx<'_, RegistrationHandle>, response: &Message) {
        let proof = self.auth.receive_success(response, cx.stack.rng());
        if proof == InfoVerdict::Wrong {
            self.on_failure(cx, Outcome::Response(response));
            return;
        }
        self.failures = 0;
        if self.state == State::Removing {
            self.finish(cx);
            return;
        }
        self.state = State::Bound;
        self.bound_at = cx.stack.now();
        if self.unregister {
            self.begin(cx, State::Removing);
            return;
        }
        let secs = self.granted(response);
        let expires = Duration::from_secs(secs.into());
        // §10.2.4: refreshed before the time has run out.
        let refresh = expires.saturating_sub(MARGIN).max(expires / 2);
        self.timer = Some(cx.stack.arm(refresh, Kind::Registration.of(cx.me)));
        cx.events.push(UaEvent::Registered {
            registration: cx.me,
            expires,
        });
    }

    /// §10.2.4: the time the registrar gave our Contact, found among all by comparison; else the
    /// one in Expires, else what we asked for. Malformed ones are an hour (§10.2).
    fn granted(&self, response: &Message) -> u32 {
        let ours = response.contacts().find_map(|contact| {
            let Contact::Address(address) = contact.ok()? else {
                return None;
            };
            same(address.uri, &self.contact).then_some(address.expires)
        });
        let expires = response.expires().unwrap_or(Some(3600));
        ours.flatten().or(expires).unwrap_or(self.wanted).max(1)
    }

    /// RFC 3263 §4.3: the next server, if there is one and the failure was of the last.
    fn fail_over(&mut self, cx: &mut Cx<'_, RegistrationHandle>, outcome: Outcome<'_>) {
        let used = ClientUse::Register(cx.me);
        match self.route.fail_over(cx, outcome, used) {
            Some(Some(target)) if self.send_to(cx, target).is_ok() => {}
            Some(None) => {}
            Some(Some(_)) | None => self.on_failure(cx, outcome),
        }
    }

    fn on_failure(&mut self, cx: &mut Cx<'_, RegistrationHandle>, outcome: Outcome<'_>) {
        let status = outcome.status();
        let reason = match outcome {
            Outcome::Failed(Failure::Timeout) => RegistrationFailure::TimedOut,
            Outcome::Failed(Failure::Transport) => RegistrationFailure::Unreachable,
            Outcome::NoWay(why) => outcome::unlocated(why).map_or(
                RegistrationFailure::Unreachable,
                RegistrationFailure::NotLocated,
            ),
            // RFC 7616 §3.5: it has said yes, but does not know the password.
            Outcome::Response(_) if status.is_success() => RegistrationFailure::ServerUnproven,
            Outcome::Response(_) if may_pass(status) => RegistrationFailure::Unavailable,
            Outcome::Response(_) => RegistrationFailure::Rejected,
        };
        if self.state == State::Removing || self.unregister {
            self.finish(cx);
            return;
        }
        if reason == RegistrationFailure::Rejected {
            self.give_up(cx, outcome.reported(), reason);
            return;
        }
        // §10.2.7: not at once. RFC 5626 §4.5: twice as long each time, and at random, so that
        // not everybody comes back together.
        let most = BACKOFF_BASE
            .saturating_mul(1 << self.failures.min(16))
            .min(cx.config.registration_backoff_limit);
        let wait = at_random(cx, most);
        self.failures = self.failures.saturating_add(1);
        self.state = State::Waiting;
        self.timer = Some(cx.stack.arm(wait, Kind::Registration.of(cx.me)));
        cx.events.push(UaEvent::RegistrationFailed {
            registration: cx.me,
            status: outcome.reported(),
            reason,
            retry_in: Some(wait),
        });
    }

    fn give_up(
        &mut self,
        cx: &mut Cx<'_, RegistrationHandle>,
        status: Option<StatusCode>,
        reason: RegistrationFailure,
    ) {
        if self.state == State::Removing || self.unregister {
            self.finish(cx);
            return;
        }
        self.state = State::Gone;
        self.stop_timer(cx);
        cx.events.push(UaEvent::RegistrationFailed {
            registration: cx.me,
            status,
            reason,
            retry_in: None,
        });
    }

    fn finish(&mut self, cx: &mut Cx<'_, RegistrationHandle>) {
        self.state = State::Gone;
        self.stop_timer(cx);
        cx.events.push(UaEvent::Unregistered {
            registration: cx.me,
        });
    }

    fn stop_timer(&mut self, cx: &mut Cx<'_, RegistrationHandle>) {
        if let Some(timer) = self.timer.take() {
            cx.stack.disarm(timer);
        }
    }
}

/// Between half of it and all of it.
fn at_random(cx: &mut Cx<'_, RegistrationHandle>, most: Duration) -> Duration {
    let half = u64::try_from(most.as_millis() / 2).unwrap_or(u64::MAX);
    Duration::from_millis(half.saturating_add(cx.stack.rng().below(half)))
}

/// Whether a refusal may be over later: the server is to blame, or has no time.
fn may_pass(status: StatusCode) -> bool {
    let code = status.as_u16();
    code == 408 || code == 480 || (500..600).contains(&code)
}

fn same(one: &str, other: &str) -> bool {
    match (Uri::parse(one), Uri::parse(other)) {
        (Ok(one), Ok(other)) => one.equivalent(&other),
        (Ok(_) | Err(_), _) => false,
    }
}
