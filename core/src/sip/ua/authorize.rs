//! Answering challenges (RFC 3261 §22.2, §22.3; RFC 7616).

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::call::{Call, CallHandle, Cx, LegId};
use super::draft::Draft;
use super::events::EndReason;
use crate::rng::Rng;
use crate::sip::auth::{AuthorizationHeader, ClientAuth, ProtectedRequest};
use crate::sip::message::{Message, Method, StatusCode};

/// Whether a response asks for credentials.
pub(super) fn is_challenge(response: &Message) -> bool {
    response.status().is_some_and(|status| {
        status == StatusCode::UNAUTHORIZED || status == StatusCode::PROXY_AUTHENTICATION_REQUIRED
    })
}

impl Call {
    /// Takes the challenge to a request of this call, if we have what it asks for.
    pub(super) fn receive_challenge(
        &mut self,
        cx: &mut Cx<'_, CallHandle>,
        response: &Message,
    ) -> Result<(), EndReason> {
        let auth = self.auth.get_or_insert_with(|| Box::new(ClientAuth::new()));
        auth.receive_challenges(response, &cx.config.accounts, cx.stack.rng())
            .map_err(|_| EndReason::WrongPassword)
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
