//! What every request goes through, in the order of RFC 3261 §8.2: the method, the Request-URI,
//! requests that arrive twice, Require, the body; and inside a dialog its sequence (§12.2.2).

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::UserAgent;
use super::admission::{Served, check_require, check_session, check_support, served};
use super::call::LegState;
use super::config::UserAgentConfig;
use super::draft;
use super::event_service::Arrival;
use super::events::UaEvent;
use super::identity::config_of;
use super::session_timer;
use crate::sip::endpoint::{Events, Source, Stack, Target};
use crate::sip::header::HeaderError;
use crate::sip::message::{HeaderName, Message, Method, ResponseBuilder, StatusCode};
use crate::sip::transaction::ServerHandle;
use crate::sip::uri::is_sip;

/// A request as it came, with the transaction to answer it in.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) transaction: ServerHandle,
    pub(super) message: Arc<Message>,
    pub(super) source: Source,
}

/// Answers a request with what every response of ours has, and what `add` adds.
pub(super) fn respond(
    stack: &mut Stack,
    config: &UserAgentConfig,
    transaction: ServerHandle,
    message: &Message,
    status: StatusCode,
    tag: &str,
    add: impl FnOnce(&mut ResponseBuilder<'_>),
) {
    let mut builder = answer_to(message, status, tag, config);
    add(&mut builder);
    if let Ok(response) = builder.finish() {
        // A transaction that is gone has nobody to answer to.
        let _ = stack.respond(transaction, response);
    }
}

/// Begins a response with what every one of ours has.
pub(super) fn answer_to<'m>(
    message: &'m Message,
    status: StatusCode,
    tag: &str,
    config: &UserAgentConfig,
) -> ResponseBuilder<'m> {
    let mut builder = ResponseBuilder::to(message, status);
    builder.to_tag(tag);
    if !config.user_agent.is_empty() {
        builder.field(HeaderName::Server, config.user_agent.as_str());
    }
    if let Some(supported) = draft::more_support(config) {
        builder.field(HeaderName::Supported, supported);
    }
    builder
}

/// How a request is refused.
pub(super) struct Refusal {
    status: StatusCode,
    field: Option<(HeaderName, Vec<u8>)>,
}

impl From<StatusCode> for Refusal {
    fn from(status: StatusCode) -> Self {
        Self {
            status,
            field: None,
        }
    }
}

impl From<HeaderError> for Refusal {
    /// A header field that is needed cannot be read.
    fn from(_: HeaderError) -> Self {
        StatusCode::BAD_REQUEST.into()
    }
}

impl Refusal {
    pub(super) fn with(status: StatusCode, name: HeaderName, value: &[u8]) -> Self {
        Self {
            status,
            field: Some((name, value.into())),
        }
    }

    /// Answers `request` with it.
    pub(super) fn send(
        &self,
        stack: &mut Stack,
        config: &UserAgentConfig,
        request: &Request,
        tag: &str,
    ) {
        let Request {
            transaction,
            message,
            ..
        } = request;
        respond(
            stack,
            config,
            *transaction,
            message,
            self.status,
            tag,
            |response| {
                if let Some((name, value)) = &self.field {
                    response.field(*name, value.as_slice());
                }
            },
        );
    }
}

impl UserAgent {
    /// Takes a request in a new transaction.
    pub(super) fn on_request(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        request: &Request,
    ) {
        if request.message.method() == Method::Cancel {
            self.on_cancel(stack, events, request);
            return;
        }
        if let Err(refusal) = self.admit(stack, events, request) {
            let tag = stack.new_tag();
            refusal.send(stack, &self.config, request, &tag);
        }
    }

    fn admit(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        request: &Request,
    ) -> Result<(), Refusal> {
        let message = &*request.message;
        let served = served(message.method(), || self.config_of(self.called(message)))?;
        // §21.4.1: a proxy may pass on what it cannot read; whoever is asked may not guess.
        if let Some(answer) = message.fatal_finding().and_then(|found| found.answer) {
            return Err(answer.into());
        }
        match message.to()?.tag {
            Some(tag) if !tag.is_empty() => {
                self.admit_in_dialog(stack, events, request, served, tag)
            }
            Some(_) | None => self.admit_outside(stack, events, request, served),
        }
    }

    fn admit_outside(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        request: &Request,
        served: Served,
    ) -> Result<(), Refusal> {
        let message = &*request.message;
        // §8.2.2.1: the Request-URI, which is known to be well formed, has to be of a scheme we know; To
        // may be of any.
        if !message.request_uri().is_some_and(is_sip) {
            return Err(StatusCode::UNSUPPORTED_URI_SCHEME.into());
        }
        // §8.2.2.2: a fork that joins again brings the same request in another transaction.
        if stack.is_merged(request.transaction) {
            return Err(StatusCode::LOOP_DETECTED.into());
        }
        check_require(message, || self.config_of(self.called(message)))?;
        match served {
            Served::Invite => {
                check_support(message, self.config_of(self.called(message)))?;
                check_session(message, stack.limits())?;
                session_timer::check(message, &self.config)?;
                self.on_invite(stack, events, request)?;
            }
            Served::Options => {
                check_session(message, stack.limits())?;
                self.on_options(stack, request, None);
            }
            Served::Message => self.on_message(stack, events, request, None)?,
            Served::Subscribe | Served::Refer => {
                let entered = (request, served, Arrival::Outside);
                self.on_event_request(stack, events, entered)?;
            }
            // §15.1.2, RFC 3262 §3, RFC 3311 §5.2, RFC 6086 §4.2.1: one that names no dialog.
            // RFC 6665 §4.1.3: so does a NOTIFY.
            Served::Bye | Served::Info | Served::Prack | Served::Update | Served::Notify => {
                return Err(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST.into());
            }
        }
        Ok(())
    }

    fn admit_in_dialog(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        request: &Request,
        served: Served,
        tag: &str,
    ) -> Result<(), Refusal> {
        let message = &*request.message;
        let unknown = StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST;
        let Some(handle) = self.links.by_tag.get(tag).copied() else {
            return self.admit_in_subscription(stack, events, request, (served, tag));
        };
        let call = self.calls.get_mut(handle).ok_or(unknown)?;
        let remote_tag = message.from()?.tag.unwrap_or_default();
        let id = call
            .leg_of_peer(message.call_id()?, remote_tag)
            .ok_or(unknown)?;
        let identity = call.identity;
        let leg = call.leg_mut(id).ok_or(unknown)?;
        // RFC 5407 §2: a mortal dialog takes nothing but BYE.
        match leg.state {
            // RFC 5057 §4.1: or what belongs to another usage of it.
            LegState::Mortal(_) if matches!(served, Served::Notify | Served::Subscribe) => {}
            LegState::Terminated | LegState::Mortal(_) if served != Served::Bye => {
                return Err(unknown.into());
            }
            LegState::Early | LegState::Terminated | LegState::Confirmed | LegState::Mortal(_) => {}
        }
        if stack.flow(leg.fallback.flow).is_none() {
            // RFC 5626 §4.5: the connection has been replaced.
            leg.fallback = Target::from(request.source);
        }
        check_require(message, || config_of(&self.config, &self.others, identity))?;
        // The call is over whatever a BYE carries; what an INFO carries is not for us, and what a
        // MESSAGE does has its own types.
        let carries_session = !matches!(
            served,
            Served::Bye | Served::Info | Served::Message | Served::Notify | Served::Subscribe
        );
        if carries_session {
            check_session(message, stack.limits())?;
        }
        if matches!(served, Served::Invite | Served::Update) {
            session_timer::check(message, &self.config)?;
        }
        // §12.2.2: a number that is not higher is out of order.
        if leg.dialog.receive_sequence(message.cseq()?.number).is_err() {
            return Err(StatusCode::SERVER_INTERNAL_ERROR.into());
        }
        match served {
            Served::Options => self.on_options(stack, request, Some(handle)),
            Served::Message => self.on_message(stack, events, request, Some(handle))?,
            Served::Notify | Served::Subscribe | Served::Refer => {
                let entered = (request, served, Arrival::InCall(handle, id));
                self.on_event_request(stack, events, entered)?;
            }
            Served::Bye => {
                self.with_call(stack, events, handle, |call, cx| {
                    call.on_bye(cx, id, request);
                });
            }
            Served::Invite => {
                self.with_call(stack, events, handle, |call, cx| {
                    call.on_reinvite(cx, id, request);
                });
            }
            Served::Info => {
                self.with_call(stack, events, handle, |call, cx| {
                    call.on_info(cx, id, request);
                });
            }
            Served::Prack => {
                self.with_call(stack, events, handle, |call, cx| {
                    call.on_prack(cx, id, request);
                });
            }
            Served::Update => {
                self.with_call(stack, events, handle, |call, cx| {
                    call.on_update(cx, id, request);
                });
            }
        }
        Ok(())
    }

    /// Takes a request to a tag of ours that is of no call: it may be of a subscription.
    fn admit_in_subscription(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        request: &Request,
        (served, tag): (Served, &str),
    ) -> Result<(), Refusal> {
        let message = &*request.message;
        match served {
            Served::Notify | Served::Subscribe => {
                check_require(message, || self.config_of(self.called(message)))?;
                self.on_event_request(stack, events, (request, served, Arrival::To(tag)))
            }
            Served::Invite
            | Served::Bye
            | Served::Options
            | Served::Info
            | Served::Prack
            | Served::Update
            | Served::Message
            | Served::Refer => Err(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST.into()),
        }
    }

    /// Takes an ACK that no transaction has absorbed: one for a 2xx.
    pub(super) fn on_ack(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        ack: &Message,
    ) {
        let (Ok(to), Ok(cseq)) = (ack.to(), ack.cseq()) else {
            return;
        };
        let handle = to.tag.and_then(|tag| self.links.by_tag.get(tag).copied());
        if let Some(handle) = handle {
            self.with_call(stack, events, handle, |call, cx| {
                call.on_ack(cx, ack, cseq.number);
            });
        }
    }

    /// Answers a CANCEL (§9.2): 200 if there is something it could cancel, and 487 to the INVITE
    /// if that has no final response yet.
    fn on_cancel(&mut self, stack: &mut Stack, events: &mut Events<UaEvent>, request: &Request) {
        let Request {
            transaction,
            message,
            ..
        } = request;
        let Some(invite) = stack.matching_invite(message) else {
            let tag = stack.new_tag();
            let status = StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST;
            respond(
                stack,
                &self.config,
                *transaction,
                message,
                status,
                &tag,
                |_| {},
            );
            return;
        };
        let handle = self.links.servers.get(&invite).copied();
        let call = handle.and_then(|handle| self.calls.get(handle));
        // The To tag of both answers is the same.
        let tag = call.map_or_else(|| stack.new_tag(), |call| (*call.local_tag).into());
        respond(
            stack,
            &self.config,
            *transaction,
            message,
            StatusCode::OK,
            &tag,
            |_| {},
        );
        if let Some(handle) = handle {
            self.with_call(stack, events, handle, |call, cx| {
                call.on_cancelled(cx, invite, message);
            });
        }
    }

    /// Whether a call more would be one too many, or the application is full.
    pub(super) fn is_busy(&self, stack: &Stack) -> bool {
        self.live >= stack.limits().calls
    }
}

/// §14.2, RFC 3311 §5.2: it came too early, and may come again after 0 to 10 seconds.
pub(super) fn come_back(stack: &mut Stack) -> Refusal {
    let secs = format!("{}", stack.rng().below(11));
    Refusal::with(
        StatusCode::SERVER_INTERNAL_ERROR,
        HeaderName::RetryAfter,
        secs.as_bytes(),
    )
}
