//! What the application may ask of messages, and what becomes of those that come (RFC 3428 §7).

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::UserAgent;
use super::admission::check_body;
use super::body;
use super::call::{CallHandle, Cx};
use super::config::UserAgentConfig;
use super::draft::Draft;
use super::errors::{InDialogError, MessageError, RequestError};
use super::events::UaEvent;
use super::identity::{Identity, config_of};
use super::message::{InstantMessage, MessageHandle, OutgoingMessage};
use super::requests::{Refusal, Request, respond};
use crate::sip::body::{ContentCoding, Part};
use crate::sip::endpoint::{Endpoint, Events, Stack};
use crate::sip::header::MediaType;
use crate::sip::message::{Message, Method, StatusCode};
use crate::time::Instant;

impl Endpoint<UserAgent> {
    /// Says something to `to`, a SIP URI, outside any call (RFC 3428 §4);
    /// [`UaEvent::MessageAnswered`] is the answer.
    ///
    /// # Errors
    /// When it could not be sent; [`MessageError::Pending`] while the last one to the same URI has no
    /// answer (§8).
    pub fn message(
        &mut self,
        now: Instant,
        to: &str,
        message: InstantMessage,
    ) -> Result<MessageHandle, MessageError> {
        self.message_as(now, Identity::FIRST, to, message)
    }

    /// Says something to `to`, as `identity`.
    ///
    /// # Errors
    /// As of [`message`](Self::message).
    pub fn message_as(
        &mut self,
        now: Instant,
        identity: Identity,
        to: &str,
        message: InstantMessage,
    ) -> Result<MessageHandle, MessageError> {
        self.command(now, |user, stack, events| {
            user.message(stack, events, identity, to, message)
        })
    }

    /// Says something to the far end of a call, as a part of it (RFC 3428 §4);
    /// [`UaEvent::CallMessageAnswered`] is the answer.
    ///
    /// # Errors
    /// When it could not be sent; [`InDialogError::Pending`] while the last one in the call has no
    /// answer (§8).
    pub fn message_in_call(
        &mut self,
        now: Instant,
        call: CallHandle,
        message: InstantMessage,
    ) -> Result<(), InDialogError> {
        self.command(now, |user, stack, events| {
            user.with_call(stack, events, call, |call, cx| {
                call.send_message(cx, message)
            })
            .unwrap_or(Err(InDialogError::Stale))
        })
    }
}

impl UserAgent {
    pub(super) fn with_message<R>(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        me: MessageHandle,
        act: impl FnOnce(&mut OutgoingMessage, &mut Cx<'_, MessageHandle>) -> R,
    ) -> Option<R> {
        let message = self.messages.get_mut(me)?;
        let mut cx = Cx {
            me,
            identity: message.identity(),
            config: config_of(&self.config, &self.others, message.identity()),
            links: &mut self.links,
            stack,
            events,
        };
        Some(act(message, &mut cx))
    }

    fn message(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        identity: Identity,
        to: &str,
        message: InstantMessage,
    ) -> Result<MessageHandle, MessageError> {
        let draft = Draft::new(stack, self.config_of(identity), Method::Message, to)?;
        let uri = &draft.request_uri;
        if self.messages.iter().any(|(_, other)| other.is_to(uri)) {
            return Err(MessageError::Pending);
        }
        let handle = self
            .messages
            .insert(OutgoingMessage::new(identity, draft, message))
            .map_err(|_| RequestError::LimitReached)?;
        let sent = self.with_message(stack, events, handle, |message, cx| message.send(cx));
        if let Some(Err(error)) = sent {
            self.messages.remove(handle);
            return Err(error.into());
        }
        Ok(handle)
    }

    /// Answers a MESSAGE (§7) at once: what it says is for the application, and need not be read
    /// for it.
    pub(super) fn on_message(
        &mut self,
        stack: &mut Stack,
        events: &mut Events<UaEvent>,
        request: &Request,
        call: Option<CallHandle>,
    ) -> Result<(), Refusal> {
        let message = &*request.message;
        let identity = match call.and_then(|call| self.calls.get(call)) {
            Some(call) => call.identity(),
            None => self.called(message),
        };
        let config = self.config_of(identity);
        let parts = match message.body() {
            [] => Vec::new(),
            _ => readable_parts(message, config, stack)?,
        };
        let said = InstantMessage::of(message, &parts);
        let from = message.from()?;
        events.push(UaEvent::Message {
            call,
            identity,
            from: from.uri.into(),
            to: message.to()?.uri.into(),
            message: Box::new(said),
        });
        let status = if config.relays_messages {
            StatusCode::ACCEPTED
        } else {
            StatusCode::OK
        };
        let (transaction, tag) = (request.transaction, stack.new_tag());
        respond(stack, config, transaction, message, status, &tag, |_| {});
        Ok(())
    }
}

/// The parts of a MESSAGE that are of a type we take; §8.2.3: else a 415.
fn readable_parts<'a>(
    message: &'a Message,
    config: &UserAgentConfig,
    stack: &Stack,
) -> Result<Vec<Part<'a>>, Refusal> {
    let types = &config.message_types;
    let accepted = format!("{}, {}", types.join(", "), body::MULTIPARTS);
    let is_taken = |part: &Part<'a>| {
        let is_plain = |coding| coding == ContentCoding::Identity;
        let Ok(kind) = part.content_type() else {
            return false;
        };
        let is_it = |range: &String| {
            MediaType::parse(range.as_bytes())
                .is_ok_and(|range| range.accepts(kind.kind, kind.subtype))
        };
        types.iter().any(is_it) && part.content_codings().all(is_plain)
    };
    check_body(
        message,
        stack.limits(),
        accepted.trim_start_matches(", "),
        is_taken,
    )
}
