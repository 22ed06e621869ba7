//! What became of a REGISTER: its answer, or that there was none (RFC 3261 §10.2.4, §10.2.7, §10.2.8;
//! RFC 5626 §4.2.1, §4.5).

use alloc::boxed::Box;
use core::time::Duration;

use super::{Bound, Came, RegisteredFlow, State};
use crate::sip::auth::InfoVerdict;
use crate::sip::endpoint::Failure;
use crate::sip::message::{HeaderName, Message, StatusCode};
use crate::sip::ua::authorize;
use crate::sip::ua::call::Cx;
use crate::sip::ua::events::RegistrationFailure;
use crate::sip::ua::links::ClientUse;
use crate::sip::ua::outcome::{self, Outcome};
use crate::sip::ua::registration::RegistrationHandle;
use crate::sip::ua::registration::reply::{Ours, Reply, seconds};

/// A refresh is sent this long before the binding runs out, or at half its time if that is later:
/// time for one that gets lost, its 32 seconds, and another.
const MARGIN: Duration = Duration::from_secs(90);
/// The longest Retry-After that is believed, in seconds: a day.
const RETRY_AFTER_LIMIT: u32 = 86_400;

impl RegisteredFlow {
    /// Acts on what became of a REGISTER.
    pub(in crate::sip::ua::registration) fn on_outcome<'a>(
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

    pub(super) fn failed<'a>(
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
                return Came::LacksOutbound(outcome);
            }
            // RFC 7616 §3.5: it has said yes, but does not know the password.
            Outcome::Response(_) if outcome.status().is_success() => {}
            Outcome::Response(_) if !may_pass(outcome.status()) => {
                return Came::Refused(outcome, RegistrationFailure::Rejected);
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
        Came::Refused(outcome, reason)
    }

    /// Waits before the next try (§10.2.7, RFC 5626 §4.5): longer each time, and at random, so that
    /// not everybody comes back together.
    pub(in crate::sip::ua::registration) fn wait(
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
}

/// Whether a refusal may be over later: the server is to blame, or has no time.
fn may_pass(status: StatusCode) -> bool {
    let code = status.as_u16();
    code == 408 || code == 480 || (500..600).contains(&code)
}

/// Why a registration failed that may be tried again.
pub(in crate::sip::ua::registration) fn reason(outcome: Outcome<'_>) -> RegistrationFailure {
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
