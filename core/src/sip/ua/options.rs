//! Asking what the other side can do, and saying what we can (RFC 3261 §11).

use alloc::vec::Vec;

use super::UserAgent;
use super::body;
use super::call::{CallHandle, Cx};
use super::config::UserAgentConfig;
use super::contact;
use super::draft::{self, Draft};
use super::errors::RequestError;
use super::events::UaEvent;
use super::identity::Identity;
use super::links::ClientUse;
use super::outcome::Outcome;
use super::registration::{self, Fetch};
use super::requests::{Request, respond};
use super::standalone::{Content, Standalone};
use crate::arena::Handle;
use crate::sdp::offer_answer::capabilities;
use crate::sip::endpoint::{LocationHandle, SelectError, Stack, Way};
use crate::sip::header::NameAddr;
use crate::sip::message::{HeaderName, Method, RequestBuilder, StatusCode};

/// Names one OPTIONS of ours.
pub type QueryHandle = Handle<Query>;

/// A question of ours that waits for its answer: an OPTIONS, or a REGISTER that binds nothing.
pub struct Query(Question);

/// What is asked.
enum Question {
    Options(Standalone<Asking>),
    Bindings(Standalone<Fetch>),
}

/// What an OPTIONS has.
struct Asking;

impl Content for Asking {
    const METHOD: Method<'static> = Method::Options;

    fn body(&self) -> (&str, &[u8]) {
        ("", &[])
    }

    fn write(&self, builder: &mut RequestBuilder) {
        builder.field(HeaderName::Accept, body::ACCEPT);
    }

    fn write_contact(&self, builder: &mut RequestBuilder, contact: &str) {
        builder.field(HeaderName::Contact, &NameAddr::new(contact));
    }
}

impl Query {
    /// An OPTIONS.
    pub(super) fn new(identity: Identity, draft: Draft) -> Self {
        Self(Question::Options(Standalone::new(identity, draft, Asking)))
    }

    /// A question about bindings.
    pub(super) fn of_bindings(identity: Identity, draft: Draft, fetch: Fetch) -> Self {
        Self(Question::Bindings(Standalone::new(identity, draft, fetch)))
    }

    /// In whose name it is sent.
    pub(super) const fn identity(&self) -> Identity {
        match &self.0 {
            Question::Options(it) => it.identity,
            Question::Bindings(it) => it.identity,
        }
    }

    /// Sends it, as soon as it is known where to.
    pub(super) fn send(&mut self, cx: &mut Cx<'_, QueryHandle>) -> Result<(), RequestError> {
        let used = ClientUse::Options(cx.me);
        match &mut self.0 {
            Question::Options(it) => it.send(cx, used),
            Question::Bindings(it) => it.send(cx, used),
        }
    }

    /// Takes what came of the search for its server; whether it is over.
    pub(super) fn on_located(
        &mut self,
        cx: &mut Cx<'_, QueryHandle>,
        location: LocationHandle,
        found: Result<Way, SelectError>,
    ) -> bool {
        let used = ClientUse::Options(cx.me);
        let over = match &mut self.0 {
            Question::Options(it) => it.on_located(cx, used, location, found),
            Question::Bindings(it) => it.on_located(cx, used, location, found),
        };
        over.is_some_and(|outcome| self.tell(cx, outcome))
    }

    /// Acts on what became of it; whether it is over.
    pub(super) fn on_outcome(
        &mut self,
        cx: &mut Cx<'_, QueryHandle>,
        outcome: Outcome<'_>,
    ) -> bool {
        let used = ClientUse::Options(cx.me);
        let over = match &mut self.0 {
            Question::Options(it) => it.on_outcome(cx, used, outcome),
            Question::Bindings(it) => it.on_outcome(cx, used, outcome),
        };
        over.is_some_and(|outcome| self.tell(cx, outcome))
    }

    fn tell(&self, cx: &mut Cx<'_, QueryHandle>, outcome: Outcome<'_>) -> bool {
        match &self.0 {
            Question::Options(_) => tell(cx, outcome),
            Question::Bindings(_) => registration::tell(cx, outcome),
        }
        true
    }
}

/// Says what the answer was.
fn tell(cx: &mut Cx<'_, QueryHandle>, outcome: Outcome<'_>) {
    let allow = outcome.message().map_or_else(Vec::new, |response| {
        draft::methods(response.fields(HeaderName::Allow))
    });
    cx.events.push(UaEvent::OptionsAnswered {
        query: cx.me,
        status: outcome.reported(),
        allow,
        details: outcome.details(),
    });
}

impl UserAgent {
    /// Answers an OPTIONS (§11.2) with the status an INVITE would get: inside a dialog 200, and
    /// outside 486 when we have no room for a call.
    pub(super) fn on_options(
        &mut self,
        stack: &mut Stack,
        request: &Request,
        call: Option<CallHandle>,
    ) {
        let status = if call.is_none() && self.is_busy(stack) {
            StatusCode::BUSY_HERE
        } else {
            StatusCode::OK
        };
        // Inside a dialog To has its tag already.
        let tag = stack.new_tag();
        let identity = self.called(&request.message);
        let config = self.config_of(identity);
        let contact = contact::local_uri(stack, config, request.source.flow, false);
        let Request {
            transaction,
            message,
            ..
        } = request;
        let body = capabilities_for(stack, config, request);
        respond(
            stack,
            config,
            *transaction,
            message,
            status,
            &tag,
            |response| {
                if let Some(body) = body.filter(|_| status.is_success()) {
                    response.body(body::SDP, &body);
                }
                response
                    .field(HeaderName::Contact, &NameAddr::new(&contact))
                    .field(HeaderName::Allow, draft::allow(config))
                    .field(HeaderName::Accept, body::ACCEPT)
                    .field(HeaderName::AcceptEncoding, "identity")
                    .field(HeaderName::AcceptLanguage, "en")
                    .field(HeaderName::Supported, draft::SUPPORTED);
            },
        );
    }
}

/// The description of our media for an OPTIONS that can read one (§11.2: without Accept it
/// can).
fn capabilities_for(
    stack: &mut Stack,
    config: &UserAgentConfig,
    request: &Request,
) -> Option<Vec<u8>> {
    let mut accepted = request.message.fields(HeaderName::Accept).peekable();
    let any = accepted.peek().is_none();
    let ranges = ["application/sdp", "application/*", "*/*"];
    let reads = |range: &[u8]| {
        ranges
            .iter()
            .any(|one| one.as_bytes() == draft::token(range))
    };
    let reads = accepted.any(|value| value.split(|byte| *byte == b',').any(reads));
    if config.capabilities.is_empty() || !(any || reads) {
        return None;
    }
    let session_id = stack.rng().next_u64();
    let address = stack.flow(request.source.flow)?.local().ip();
    Some(capabilities(session_id, address, &config.capabilities))
}
