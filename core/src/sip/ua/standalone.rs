//! A request outside a dialog that begins none, such as OPTIONS or MESSAGE (RFC 3261 §8.1), and what
//! its method puts into it, which may be said in a dialog as well: sent, and sent again as long as its answers say how it is better asked (§8.1.3) or where else (§8.1.3.4;
//! RFC 3263 §4.3).

use alloc::boxed::Box;

use super::authorize;
use super::call::Cx;
use super::contact;
use super::draft::{self, Draft};
use super::errors::RequestError;
use super::identity::Identity;
use super::links::ClientUse;
use super::outcome::Outcome;
use super::redirect::{self, TargetSet};
use super::route::Route;
use crate::machine::FlowId;
use crate::sip::auth::ClientAuth;
use crate::sip::endpoint::{Failure, LocationHandle, SelectError, Stack, Target, Way};
use crate::sip::message::{Message, Method, OutgoingRequest, RequestBuilder};
use crate::sip::transaction::ClientHandle;

/// What one method puts into its request, in a dialog or outside.
pub(super) trait Content {
    /// The method.
    const METHOD: Method<'static>;

    /// The type of the body and the body, which credentials may cover; empty for none.
    fn body(&self) -> (&str, &[u8]);

    /// Writes the header fields of the method.
    fn write(&self, builder: &mut RequestBuilder);

    /// Writes where we are reached, if the method has that outside a dialog.
    fn write_contact(&self, _builder: &mut RequestBuilder, _contact: &str) {}

    /// Whether it may be sent as it is, by this flow.
    ///
    /// # Errors
    /// Why not.
    fn check(
        &self,
        _request: &OutgoingRequest,
        _stack: &Stack,
        _flow: FlowId,
    ) -> Result<(), RequestError> {
        Ok(())
    }

    /// Changes itself to what a refusal asks for; `false` if there is nothing to change.
    fn repair(&mut self, _refusal: &Message) -> bool {
        false
    }
}

/// A request of ours outside a dialog, until its final answer.
pub(super) struct Standalone<C> {
    /// In whose name it is sent.
    pub(super) identity: Identity,
    draft: Draft,
    route: Route,
    auth: ClientAuth,
    /// Where it was and will be tried, once somebody has sent it elsewhere.
    targets: Option<Box<TargetSet>>,
    content: C,
    /// In which it was sent last.
    transaction: Option<ClientHandle>,
}

impl<C: Content> Standalone<C> {
    pub(super) fn new(identity: Identity, draft: Draft, content: C) -> Self {
        Self {
            identity,
            draft,
            route: Route::Unknown,
            auth: ClientAuth::new(),
            targets: None,
            content,
            transaction: None,
        }
    }

    /// Where it goes.
    pub(super) fn request_uri(&self) -> &str {
        &self.draft.request_uri
    }

    /// The CSeq number it has, or had last.
    pub(super) const fn cseq(&self) -> u32 {
        self.draft.cseq
    }

    /// Whether that search is for its server.
    pub(super) fn awaits(&self, location: LocationHandle) -> bool {
        self.route.sought() == Some(location)
    }

    /// Whether it was sent in this transaction last.
    pub(super) fn is_sent_in(&self, transaction: ClientHandle) -> bool {
        self.transaction == Some(transaction)
    }

    /// What its method put into it, as it was sent last.
    pub(super) fn into_content(self) -> C {
        self.content
    }

    /// Sends it, as soon as it is known where to.
    pub(super) fn send<H>(
        &mut self,
        cx: &mut Cx<'_, H>,
        used: ClientUse,
    ) -> Result<(), RequestError> {
        if self.auth.is_empty() {
            let kept = authorize::take_credentials(cx, &self.draft.to);
            self.auth = kept.unwrap_or_default();
        }
        match self.route.find(cx, &self.draft, used)? {
            Some(target) => self.send_to(cx, used, target),
            None => Ok(()),
        }
    }

    fn send_to<H>(
        &mut self,
        cx: &mut Cx<'_, H>,
        used: ClientUse,
        target: Target,
    ) -> Result<(), RequestError> {
        let secure = self.draft.is_secure(cx.config, self.route.proxy());
        let contact = contact::uri(cx, target.flow, secure);
        let (content_type, body) = self.content.body();
        let credentials = self
            .auth
            .credentials(&self.draft.protected(C::METHOD, body));
        let proxy = self.route.proxy();
        let mut builder = self.draft.begin(cx, C::METHOD, proxy);
        draft::sign(&mut builder, cx.config, &credentials);
        self.content.write_contact(&mut builder, &contact);
        self.content.write(&mut builder);
        if !body.is_empty() {
            builder.body(content_type, body);
        }
        let request = builder.finish()?;
        self.content.check(&request, cx.stack, target.flow)?;
        let transaction = cx.stack.request(&request, target)?;
        cx.links.clients.insert(transaction, used);
        self.transaction = Some(transaction);
        Ok(())
    }

    /// Takes what came of the search for its server: what became of it, if it is over.
    pub(super) fn on_located<'a, H>(
        &mut self,
        cx: &mut Cx<'_, H>,
        used: ClientUse,
        location: LocationHandle,
        found: Result<Way, SelectError>,
    ) -> Option<Outcome<'a>> {
        let failed = match self.route.on_located(location, found)? {
            Ok(target) if self.send_to(cx, used, target).is_ok() => return None,
            Ok(_) => Outcome::Failed(Failure::Transport),
            Err(why) => Outcome::NoWay(why),
        };
        self.on_outcome(cx, used, failed)
    }

    /// Acts on what became of it: what is to be told, if it is over.
    pub(super) fn on_outcome<'a, H>(
        &mut self,
        cx: &mut Cx<'_, H>,
        used: ClientUse,
        outcome: Outcome<'a>,
    ) -> Option<Outcome<'a>> {
        if outcome.status().is_provisional() {
            return None;
        }
        // RFC 3263 §4.3: the same request, to the next server.
        match self.route.fail_over(cx, &self.draft, outcome, used) {
            Some(Some(target)) if self.send_to(cx, used, target).is_ok() => return None,
            Some(None) => return None,
            Some(Some(_)) | None => {}
        }
        if !self.is_improved(cx, outcome) {
            if let Some(success) = outcome.message().filter(|_| outcome.status().is_success()) {
                self.auth.receive_success(success, cx.stack.rng());
            }
            authorize::keep_credentials(cx, core::mem::take(&mut self.auth));
            return Some(outcome);
        }
        self.draft.cseq = self.draft.cseq.wrapping_add(1);
        match self.send(cx, used) {
            Ok(()) => None,
            Err(_) => Some(outcome),
        }
    }

    /// Changes the request, or its target, to what an answer asks for; `false` if nothing changes.
    fn is_improved<H>(&mut self, cx: &mut Cx<'_, H>, outcome: Outcome<'_>) -> bool {
        let status = outcome.status();
        if let Some(response) = outcome.message().filter(|_| !status.is_success()) {
            if authorize::is_challenge(response) {
                return authorize::receive_challenges(&mut self.auth, cx, response).is_ok();
            }
            if self.draft.repair(cx.config, response) || self.content.repair(response) {
                return true;
            }
            if redirect::is_redirection(status) && cx.config.follow_redirects {
                let uri = &self.draft.request_uri;
                let targets = self
                    .targets
                    .get_or_insert_with(|| Box::new(TargetSet::new(uri)));
                targets.add(response);
            }
        }
        let may_move = redirect::is_redirection(status) || redirect::is_local_failure(status);
        let targets = self.targets.as_mut().filter(|_| may_move);
        let moves = targets.is_some_and(|targets| targets.next(&mut self.draft));
        if moves {
            self.route = Route::Unknown;
        }
        moves
    }
}
