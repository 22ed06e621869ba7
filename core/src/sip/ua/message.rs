//! MESSAGE: instant messages, each for itself or in a call (RFC 3428). It begins no dialog, has no
//! Contact, and its answer has no body.
//!
//! | answer | meaning (§4, §7) |
//! |---|---|
//! | 200 | it has arrived, read or not |
//! | 202 | somebody keeps it, and it may arrive |
//! | 4xx, 5xx | it has not arrived |
//! | 6xx | it has, and is not wanted |
//!
//! So that a network is not flooded (§8), none is larger than 1300 bytes, and of those outside a
//! call the next to the same URI has to wait for the answer to the last, as has the next in a call.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use super::call::{Call, CallHandle, Cx, LegId};
use super::draft::{self, Draft};
use super::errors::{InDialogError, RequestError};
use super::events::UaEvent;
use super::identity::Identity;
use super::in_dialog::Saying;
use super::links::ClientUse;
use super::outcome::Outcome;
use super::standalone::{Content, Standalone};
use crate::arena::Handle;
use crate::machine::FlowId;
use crate::sip::body::Part;
use crate::sip::endpoint::{LocationHandle, SelectError, Stack, Way};
use crate::sip::header::{AcceptEncoding, AcceptLanguage, Date, MediaType};
use crate::sip::message::{
    HeaderName, Message, Method, OutgoingRequest, RequestBuilder, StatusCode,
};
use crate::sip::transaction::ClientHandle;
use crate::sip::uri::Uri;
use crate::time::UnixTime;

/// §8: the largest request, unless the way is known to bear more.
const LIMIT: usize = 1300;
/// What of it is left to the Via that the transport writes, beside our address.
const VIA: usize = 80;

/// Names one MESSAGE of ours outside a call.
pub type MessageHandle = Handle<OutgoingMessage>;

/// What a MESSAGE says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct InstantMessage {
    /// The same in several forms, the best first: when a form is refused, because it is too large or
    /// in a type, coding or language the far end cannot read, the next one that it can is sent
    /// (RFC 3261 §8.1.3.5). One that was received has one, or none if it was empty.
    pub forms: Vec<MessageForm>,
    /// How long it is worth reading, from `date` or else from its arrival on (RFC 3428 §4, §7); what
    /// to do with one that is not any more is up to the application.
    pub expires: Option<Duration>,
    /// When it was written. One that expires should say.
    pub date: Option<UnixTime>,
}

/// The words of a MESSAGE in one form.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MessageForm {
    /// The media type, such as `text/plain` or `message/cpim`.
    pub content_type: String,
    /// The coding `body` is in, such as `gzip`, if in any.
    pub coding: Option<String>,
    /// The language, such as `en`, if that is said.
    pub language: Option<String>,
    /// The words as they stand in the body.
    pub body: Vec<u8>,
}

impl InstantMessage {
    /// Plain text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        let form = MessageForm {
            content_type: "text/plain".into(),
            body: text.as_bytes().into(),
            ..MessageForm::default()
        };
        Self {
            forms: Vec::from([form]),
            ..Self::default()
        }
    }

    /// Takes the next form that a refusal leaves; `false` if there is none.
    fn repair(&mut self, refusal: &Message) -> bool {
        let Some(refused) = self.forms.first().map(|form| form.body.len()) else {
            return false;
        };
        let mut others = self.forms.iter().skip(1);
        let next = match refusal.status() {
            // §8.1.3.5: a body of smaller length.
            Some(StatusCode::REQUEST_ENTITY_TOO_LARGE) => {
                others.position(|form| form.body.len() < refused)
            }
            Some(StatusCode::UNSUPPORTED_MEDIA_TYPE) => {
                others.position(|form| form.is_accepted(refusal))
            }
            Some(_) | None => None,
        };
        let Some(next) = next else {
            return false;
        };
        // Those before it will not be taken either.
        self.forms.drain(..=next);
        true
    }

    fn write(&self, builder: &mut RequestBuilder) {
        if let Some(expires) = self.expires {
            builder.field(HeaderName::Expires, &draft::seconds(expires));
        }
        if let Some(date) = self.date {
            builder.field(HeaderName::Date, &Date::new(date));
        }
        if let Some(form) = self.forms.first() {
            form.describe(builder);
        }
    }

    /// What a received MESSAGE says, of which these parts are for us.
    pub(super) fn of(message: &Message, parts: &[Part<'_>]) -> Self {
        let date = message.field(HeaderName::Date);
        let date = date.and_then(|value| Date::parse(value).ok());
        let expires = message.expires().ok().flatten();
        Self {
            forms: parts
                .first()
                .and_then(MessageForm::of)
                .into_iter()
                .collect(),
            expires: expires.map(|secs| Duration::from_secs(secs.into())),
            date: date.map(Date::time),
        }
    }
}

impl MessageForm {
    fn describe(&self, builder: &mut RequestBuilder) {
        if let Some(coding) = &self.coding {
            builder.field(HeaderName::ContentEncoding, coding.as_str());
        }
        if let Some(language) = &self.language {
            builder.field(HeaderName::ContentLanguage, language.as_str());
        }
    }

    fn of(part: &Part<'_>) -> Option<Self> {
        let text = |name| {
            let value = part.field(name)?.trim_ascii();
            Some(String::from_utf8_lossy(value).into_owned())
        };
        let body = part.decoded().ok().filter(|body| !body.is_empty())?;
        Some(Self {
            // RFC 2046 §5.2: what a part is that does not say.
            content_type: text(HeaderName::ContentType).unwrap_or("text/plain".into()),
            coding: None,
            language: text(HeaderName::ContentLanguage),
            body: body.into_owned(),
        })
    }

    /// Whether a 415 leaves this form (§21.4.13). What it says nothing about was not the fault.
    fn is_accepted(&self, refusal: &Message) -> bool {
        let says = |name| refusal.field(name).is_some();
        let kind = MediaType::parse(self.content_type.as_bytes());
        let mut types = refusal.elements::<MediaType<'_>>(HeaderName::Accept);
        let is_type = !says(HeaderName::Accept)
            || kind.is_ok_and(|kind| {
                types.any(|range| range.is_ok_and(|it| it.accepts(kind.kind, kind.subtype)))
            });
        let coding = self.coding.as_deref().unwrap_or("identity");
        let mut codings = refusal.elements::<AcceptEncoding<'_>>(HeaderName::AcceptEncoding);
        let is_coding = self.coding.is_none()
            || !says(HeaderName::AcceptEncoding)
            || codings.any(|it| it.is_ok_and(|it| it.coding == *coding || it.coding == *"*"));
        let mut languages = refusal.elements::<AcceptLanguage<'_>>(HeaderName::AcceptLanguage);
        let is_language = !says(HeaderName::AcceptLanguage)
            || self.language.as_ref().is_none_or(|language| {
                languages.any(|range| range.is_ok_and(|it| it.accepts(language)))
            });
        is_type && is_coding && is_language
    }
}

/// Holds a request that goes by `flow` against the limit of §8.
fn check_size(request: &OutgoingRequest, stack: &Stack, flow: FlowId) -> Result<(), RequestError> {
    let sent_by = stack.flow(flow).map(|flow| flow.sent_by().to_string());
    let via = VIA.saturating_add(sent_by.map_or(0, |host| host.len()));
    if request.bytes_without_via().saturating_add(via) > LIMIT {
        return Err(RequestError::TooLarge);
    }
    Ok(())
}

impl Content for InstantMessage {
    const METHOD: Method<'static> = Method::Message;

    fn body(&self) -> (&str, &[u8]) {
        let form = self.forms.first();
        form.map_or(("", &[]), |form| (&form.content_type, &form.body))
    }

    fn write(&self, builder: &mut RequestBuilder) {
        InstantMessage::write(self, builder);
    }

    fn check(
        &self,
        request: &OutgoingRequest,
        stack: &Stack,
        flow: FlowId,
    ) -> Result<(), RequestError> {
        check_size(request, stack, flow)
    }

    fn repair(&mut self, refusal: &Message) -> bool {
        InstantMessage::repair(self, refusal)
    }
}

/// A MESSAGE of ours outside a call that waits for its answer.
pub struct OutgoingMessage(Standalone<InstantMessage>);

impl OutgoingMessage {
    pub(super) fn new(identity: Identity, draft: Draft, message: InstantMessage) -> Self {
        Self(Standalone::new(identity, draft, message))
    }

    /// Whose it is.
    pub(super) const fn identity(&self) -> Identity {
        self.0.identity
    }

    /// Whether it is for the same URI.
    pub(super) fn is_to(&self, uri: &str) -> bool {
        match (Uri::parse(self.0.request_uri()), Uri::parse(uri)) {
            (Ok(one), Ok(other)) => one.equivalent(&other),
            (Ok(_) | Err(_), _) => self.0.request_uri() == uri,
        }
    }

    /// Sends it, as soon as it is known where to.
    pub(super) fn send(&mut self, cx: &mut Cx<'_, MessageHandle>) -> Result<(), RequestError> {
        let used = ClientUse::Message(cx.me);
        self.0.send(cx, used)
    }

    /// Takes what came of the search for its server; whether it is over.
    pub(super) fn on_located(
        &mut self,
        cx: &mut Cx<'_, MessageHandle>,
        location: LocationHandle,
        found: Result<Way, SelectError>,
    ) -> bool {
        let used = ClientUse::Message(cx.me);
        let over = self.0.on_located(cx, used, location, found);
        over.is_some_and(|outcome| tell(cx, outcome))
    }

    /// Acts on what became of it; whether it is over.
    pub(super) fn on_outcome(
        &mut self,
        cx: &mut Cx<'_, MessageHandle>,
        outcome: Outcome<'_>,
    ) -> bool {
        let used = ClientUse::Message(cx.me);
        let over = self.0.on_outcome(cx, used, outcome);
        over.is_some_and(|outcome| tell(cx, outcome))
    }
}

fn tell(cx: &mut Cx<'_, MessageHandle>, outcome: Outcome<'_>) -> bool {
    cx.events.push(UaEvent::MessageAnswered {
        message: cx.me,
        status: outcome.reported(),
        details: outcome.details(),
    });
    true
}

impl Call {
    /// Sends a MESSAGE in the dialog the application talks through.
    pub(super) fn send_message(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        message: InstantMessage,
    ) -> Result<(), InDialogError> {
        let id = self.talking_leg()?.id;
        if self.messaging.is_some() {
            return Err(InDialogError::Pending);
        }
        let used = ClientUse::CallMessage(cx.me, id);
        self.messaging = Some(Box::new(self.say(cx, id, used, message)?));
        Ok(())
    }

    /// Acts on what became of a MESSAGE of ours in the call.
    pub(super) fn on_message_outcome(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        transaction: ClientHandle,
        id: LegId,
        outcome: Outcome<'_>,
    ) {
        if outcome.status().is_provisional() {
            return;
        }
        let is_current = |it: &mut Box<Saying<_>>| it.transaction == transaction;
        let Some(sent) = self.messaging.take_if(is_current) else {
            return;
        };
        let used = ClientUse::CallMessage(cx.me, id);
        let again = self.on_said(cx, (id, used), sent.content, outcome, |call, outcome| {
            UaEvent::CallMessageAnswered {
                call,
                status: outcome.reported(),
                details: outcome.details(),
            }
        });
        self.messaging = again.map(Box::new);
    }
}
