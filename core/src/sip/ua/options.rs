//! Asking what the other side can do, and saying what we can (RFC 3261 §11).

use alloc::format;
use alloc::vec::Vec;

use super::call::{CallHandle, Cx};
use super::config::UserAgentConfig;
use super::draft::{self, Draft};
use super::errors::RequestError;
use super::events::UaEvent;
use super::identity::Identity;
use super::links::ClientUse;
use super::outcome::Outcome;
use super::requests::{Request, respond};
use super::route::Route;
use super::{UserAgent, authorize};
use crate::arena::Handle;
use crate::sdp::offer_answer::capabilities;
use crate::sip::auth::ClientAuth;
use crate::sip::endpoint::{Failure, LocationHandle, SelectError, Stack, Target, Way};
use crate::sip::message::{HeaderName, Method, StatusCode};

/// Names one OPTIONS of ours.
pub type QueryHandle = Handle<Query>;

/// An OPTIONS of ours that waits for its answer.
pub struct Query {
    pub(super) identity: Identity,
    draft: Draft,
    route: Route,
    auth: ClientAuth,
}

impl Query {
    pub(super) fn new(identity: Identity, draft: Draft) -> Self {
        Self {
            identity,
            draft,
            route: Route::Unknown,
            auth: ClientAuth::new(),
        }
    }

    /// Sends it, as soon as it is known where to.
    pub(super) fn send(&mut self, cx: &mut Cx<'_, QueryHandle>) -> Result<(), RequestError> {
        let used = ClientUse::Options(cx.me);
        match self.route.find(cx, &self.draft, used)? {
            Some(target) => self.send_to(cx, target),
            None => Ok(()),
        }
    }

    /// Takes what came of the search for its server; whether it is over.
    pub(super) fn on_located(
        &mut self,
        cx: &mut Cx<'_, QueryHandle>,
        location: LocationHandle,
        found: Result<Way, SelectError>,
    ) -> bool {
        match self.route.on_located(location, found) {
            Some(Ok(target)) => {
                let sent = self.send_to(cx, target).is_ok();
                !sent && self.on_outcome(cx, Outcome::Failed(Failure::Transport))
            }
            Some(Err(why)) => self.on_outcome(cx, Outcome::NoWay(why)),
            None => false,
        }
    }

    fn send_to(
        &mut self,
        cx: &mut Cx<'_, QueryHandle>,
        target: Target,
    ) -> Result<(), RequestError> {
        let secure = draft::is_secure(&self.draft.request_uri);
        let contact = draft::contact_uri(cx, target.flow, secure);
        let uri = &self.draft.request_uri;
        let credentials = self.auth.credentials(Method::Options, uri, &[]);
        let mut builder = self.draft.begin(cx, Method::Options, self.route.proxy());
        builder
            .field(HeaderName::Contact, format!("<{contact}>").as_str())
            .field(HeaderName::Accept, draft::ACCEPT);
        draft::sign(&mut builder, cx.config, &credentials);
        let transaction = cx.stack.request(&builder.finish()?, target)?;
        let used = ClientUse::Options(cx.me);
        cx.links.clients.insert(transaction, used);
        Ok(())
    }

    /// Acts on what became of it; whether it is over.
    pub(super) fn on_outcome(
        &mut self,
        cx: &mut Cx<'_, QueryHandle>,
        outcome: Outcome<'_>,
    ) -> bool {
        if outcome.status().is_provisional() {
            return false;
        }
        if self.answer_challenge(cx, outcome) {
            return false;
        }
        // RFC 3263 §4.3: the same request, to the next server.
        let used = ClientUse::Options(cx.me);
        match self.route.fail_over(cx, &self.draft, outcome, used) {
            Some(Some(target)) if self.send_to(cx, target).is_ok() => return false,
            Some(None) => return false,
            Some(Some(_)) | None => {}
        }
        let allow = outcome.message().map_or_else(Vec::new, |response| {
            draft::methods(response.fields(HeaderName::Allow))
        });
        cx.events.push(UaEvent::OptionsAnswered {
            query: cx.me,
            status: outcome.reported(),
            allow,
        });
        true
    }

    fn answer_challenge(&mut self, cx: &mut Cx<'_, QueryHandle>, outcome: Outcome<'_>) -> bool {
        let Some(response) = outcome.message().filter(|it| authorize::is_challenge(it)) else {
            return false;
        };
        let (accounts, rng) = (&cx.config.accounts, cx.stack.rng());
        if self
            .auth
            .receive_challenges(response, accounts, rng)
            .is_err()
        {
            return false;
        }
        self.draft.cseq = self.draft.cseq.wrapping_add(1);
        self.send(cx).is_ok()
    }
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
                    .field(HeaderName::Contact, format!("<{contact}>").as_str())
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
