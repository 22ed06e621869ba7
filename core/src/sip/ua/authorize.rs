//! Answering challenges (RFC 3261 §22.2, §22.3; RFC 7616).

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::call::{Call, CallHandle, Cx};
use super::events::EndReason;
use crate::sip::auth::{AuthorizationHeader, ClientAuth};
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

    /// The credentials of the next request: for every realm that has challenged this call.
    pub(super) fn credentials(
        &mut self,
        method: Method<'_>,
        uri: &str,
        body: &[u8],
    ) -> Vec<AuthorizationHeader> {
        match self.auth.as_mut() {
            Some(auth) => auth.credentials(method, uri, body),
            None => Vec::new(),
        }
    }
}
