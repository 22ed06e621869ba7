//! Asking what the other side can do, and saying what we can (RFC 3261 §11).

use alloc::vec::Vec;

use super::UserAgent;
use super::call::{CallHandle, Cx};
use super::config::UserAgentConfig;
use super::draft::{self, Draft};
use super::errors::RequestError;
use super::events::UaEvent;
use super::identity::Identity;
use super::links::ClientUse;
use super::outcome::Outcome;
use super::requests::{Request, respond};
use super::standalone::{Content, Standalone};
use crate::arena::Handle;
use crate::machine::FlowId;
use crate::sdp::offer_answer::capabilities;
use crate::sip::endpoint::{LocationHandle, SelectError, Stack, Way};
use crate::sip::header::NameAddr;
use crate::sip::message::{
    HeaderName, Message, Method, OutgoingRequest, RequestBuilder, StatusCode,
};

/// Names one OPTIONS of ours.
pub type QueryHandle = Handle<Query>;

/// An OPTIONS of ours that waits for its answer.
pub struct Query(Standalone<Asking>);

/// What an OPTIONS has.
struct Asking;

impl Content for Asking {
    const METHOD: Method<'static> = Method::Options;

    fn body(&self) -> (&str, &[u8]) {
        ("", &[])
    }

    fn write(&self, builder: &mut RequestBuilder, contact: &str) {
        builder
            .field(HeaderName::Contact, &NameAddr::new(contact))
            .field(HeaderName::Accept, draft::ACCEPT);
    }

    fn check(&self, _: &OutgoingRequest, _: &Stack, _: FlowId) -> Result<(), RequestError> {
        Ok(())
    }

    fn repair(&mut self, _: &Message) -> bool {
        false
    }
}

impl Query {
    pub(super) fn new(identity: Identity, draft: Draft) -> Self {
        Self(Standalone::new(identity, draft, Asking))
    }

    /// In whose name it is sent.
    pub(super) const fn identity(&self) -> Identity {
        self.0.identity
    }

    /// Sends it, as soon as it is known where to.
    pub(super) fn send(&mut self, cx: &mut Cx<'_, QueryHandle>) -> Result<(), RequestError> {
        let used = ClientUse::Options(cx.me);
        self.0.send(cx, used)
    }

    /// Takes what came of the search for its server; whether it is over.
    pub(super) fn on_located(
        &mut self,
        cx: &mut Cx<'_, QueryHandle>,
        location: LocationHandle,
        found: Result<Way, SelectError>,
    ) -> bool {
        let used = ClientUse::Options(cx.me);
        let over = self.0.on_located(cx, used, location, found);
        over.is_some_and(|outcome| tell(cx, outcome))
    }

    /// Acts on what became of it; whether it is over.
    pub(super) fn on_outcome(
        &mut self,
        cx: &mut Cx<'_, QueryHandle>,
        outcome: Outcome<'_>,
    ) -> bool {
        let used = ClientUse::Options(cx.me);
        let over = self.0.on_outcome(cx, used, outcome);
        over.is_some_and(|outcome| tell(cx, outcome))
    }
}

/// Says what the answer was.
fn tell(cx: &mut Cx<'_, QueryHandle>, outcome: Outcome<'_>) -> bool {
    let allow = outcome.message().map_or_else(Vec::new, |response| {
        draft::methods(response.fields(HeaderName::Allow))
    });
    cx.events.push(UaEvent::OptionsAnswered {
        query: cx.me,
        status: outcome.reported(),
        allow,
        details: outcome.details(),
    });
    true
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
        let contact = draft::local_contact(stack, config, request.source.flow, false);
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
                    response.body(draft::SDP, &body);
                }
                response
                    .field(HeaderName::Contact, &NameAddr::new(&contact))
                    .field(HeaderName::Allow, draft::ALLOW)
                    .field(HeaderName::Accept, draft::ACCEPT)
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
