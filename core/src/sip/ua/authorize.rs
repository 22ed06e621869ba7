//! Answering challenges (RFC 3261 §22.2, §22.3; RFC 7616).

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::UserAgent;
use super::call::{Call, CallHandle, Cx, LegId};
use super::draft::Draft;
use super::events::EndReason;
use crate::rng::Rng;
use crate::sip::auth::{AuthError, AuthorizationHeader, Challenger, ClientAuth, ProtectedRequest};
use crate::sip::header::Challenge;
use crate::sip::message::{Message, Method, StatusCode};

/// Whether a response asks for credentials.
pub(super) fn is_challenge(response: &Message) -> bool {
    response.status().is_some_and(|status| {
        status == StatusCode::UNAUTHORIZED || status == StatusCode::PROXY_AUTHENTICATION_REQUIRED
    })
}

/// Takes the challenges of a response; of those we cannot answer the realm is kept.
pub(super) fn receive_challenges<H>(
    auth: &mut ClientAuth,
    cx: &mut Cx<'_, H>,
    response: &Message,
) -> Result<(), AuthError> {
    let met = auth.receive_challenges(response, &cx.config.accounts, cx.stack.rng());
    if met.is_err() {
        cx.links.unanswered_realm = realm(response);
    }
    met
}

/// The credentials that may be used for a first request to this To URI, before anybody asks.
pub(super) fn take_credentials<H>(cx: &mut Cx<'_, H>, to: &str) -> Option<ClientAuth> {
    let keyring = cx.links.keyrings.get_mut(&cx.identity)?;
    keyring.take(to, cx.config.outbound_proxy_realm.as_deref())
}

/// Keeps the credentials of what is over for what comes next.
pub(super) fn keep_credentials<H>(cx: &mut Cx<'_, H>, auth: ClientAuth) {
    if !auth.is_empty() {
        let keyring = cx.links.keyrings.entry(cx.identity).or_default();
        keyring.keep(auth, cx.config.outbound_proxy_realm.as_deref());
    }
}

/// The realm of the first challenge in a response.
fn realm(response: &Message) -> Option<Box<str>> {
    let challengers = [Challenger::Server, Challenger::Proxy].into_iter();
    let mut values = challengers.flat_map(|one| response.fields(one.challenge_field()));
    values.find_map(|value| Some(Challenge::parse(value).ok()??.realm.text().into()))
}

impl UserAgent {
    /// The realm that asked last for a password we have not, or have wrong: whoever sits before the
    /// user agent should be shown it (RFC 3261 §22.1).
    #[must_use]
    pub fn unanswered_realm(&self) -> Option<&str> {
        self.links.unanswered_realm.as_deref()
    }
}

impl Call {
    /// Takes the challenge to a request of this call, if we have what it asks for.
    pub(super) fn receive_challenge(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        response: &Message,
    ) -> Result<(), EndReason> {
        let auth = self.auth.get_or_insert_with(|| Box::new(ClientAuth::new()));
        receive_challenges(auth, cx, response).map_err(|_| EndReason::WrongPassword)
    }

    /// Takes a 2xx to a request of this call: the credentials it had, if any, are right. A server
    /// that does not prove itself, or does so wrongly, ends no call (RFC 7616 §3.5): what it says of
    /// the next nonce is then not believed.
    pub(super) fn receive_success(&mut self, response: &Message, rng: &mut Rng) {
        if let Some(auth) = self.auth.as_mut() {
            auth.receive_success(response, rng);
        }
    }

    /// The credentials of the next request in a dialog: for every realm that has challenged this
    /// call (§22.3).
    pub(super) fn credentials(
        &mut self,
        id: LegId,
        method: Method<'_>,
        body: &[u8],
    ) -> Vec<AuthorizationHeader> {
        let leg = self.legs.iter().find(|leg| leg.id == id);
        let (Some(auth), Some(leg)) = (self.auth.as_mut(), leg) else {
            return Vec::new();
        };
        auth.credentials(&ProtectedRequest {
            method,
            request_uri: &leg.dialog.request_uri(),
            cseq: leg.dialog.next_seq(),
            body,
        })
    }

    /// The credentials of the INVITE that begins the call.
    pub(super) fn initial_credentials(
        &mut self,
        draft: &Draft,
        offer: &[u8],
    ) -> Vec<AuthorizationHeader> {
        match self.auth.as_mut() {
            Some(auth) => auth.credentials(&draft.protected(Method::Invite, offer)),
            None => Vec::new(),
        }
    }
}
